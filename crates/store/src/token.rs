//! What lives for a while and is then gone: sessions, one-time links, counted failures. Kept beside the chain, not in it.

use jiff::Timestamp;

use crate::name::Name;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenPurpose {
    /// A signed-in browser.
    Session,
    /// A one-time link that sets a password: an invitation, or a way back in.
    Link,
    /// A sign-in under way with another service.
    Exchange,
    /// A program that acts for an account.
    Key,
}

impl TokenPurpose {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Exchange => "exchange",
            Self::Key => "key",
        }
    }

    /// The purpose of a name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Session, Self::Link, Self::Exchange, Self::Key]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// A secret that somebody holds, known here by its hash alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the secret.
    pub hash: String,
    /// What it opens.
    pub purpose: TokenPurpose,
    /// Whose it is: an account's id.
    pub account: Name,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub seen: Timestamp,
    /// From when it opens nothing.
    pub expires: Timestamp,
    /// What else is needed to use it, such as the nonce of an exchange.
    pub note: String,
}

/// Failures counted under one name, such as an account's wrong passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strikes {
    /// How many since they were last cleared.
    pub count: u32,
    /// When the last one was.
    pub last: Timestamp,
}
