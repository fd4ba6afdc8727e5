//! A secret that somebody holds. It is shown to its holder once and kept by its hash alone; nothing prints it by accident.

use std::fmt;

use crate::desk::Desk;

/// What somebody holds to be let in: 32 random bytes as hexadecimal text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret as somebody brings it; it may be any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for its holder alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 under which it is kept.
    pub(crate) fn hash(&self) -> String {
        store::sha256(self.0.as_bytes())
    }

    /// A text that only a holder of the secret can know, and from which the secret cannot be found.
    pub fn token_for(&self, purpose: &str) -> String {
        store::sha256(format!("{purpose}{}", self.0).as_bytes())
    }

    /// Whether `given` is [`Secret::token_for`] this purpose. How long it takes tells nothing about how much of it was right.
    pub fn is_token(&self, purpose: &str, given: &str) -> bool {
        store::sha256(given.as_bytes()) == store::sha256(self.token_for(purpose).as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Desk {
    /// A new secret.
    pub fn secret(&self) -> Secret {
        Secret(store::hex(&self.random::<32>()))
    }

    /// A new id: short, not guessable, never used before.
    pub(crate) fn new_id(&self) -> String {
        store::hex(&self.random::<8>())
    }
}
