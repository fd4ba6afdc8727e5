//! Keys: secrets by which a program acts for an account, with the account's rights and no more than [`Action::by_key`] of them. A key is shown
//! once, kept by its hash alone, and ends by itself; whatever ends an account's sessions (a new password, shutting out) ends its keys too.

use authz::{Action, Caller};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use store::{Name, Token, TokenPurpose};
use vocab::Refusal;

use super::line;
use super::secret::Secret;
use crate::desk::kept::refused;
use crate::desk::{DIRECTORY, Desk, Visit, unknown};

/// How many days a key can be made for.
pub const KEY_DAYS: [u16; 4] = [30, 90, 180, 365];

/// So many keys an account has at most.
const MOST: usize = 20;

/// The longest name, in characters.
const NAME: usize = 60;

/// By this whoever finds a key knows what it opens.
const MARK: &str = "rashin_";

/// A key that was just made. Its secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What the program sends.
    pub secret: Secret,
    /// From when it opens nothing.
    pub expires: Timestamp,
}

/// A key as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// By what it is taken back.
    pub id: String,
    /// What its account calls it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, to the minute; none if it never was.
    pub used: Option<Timestamp>,
    /// From when it opens nothing.
    pub expires: Timestamp,
}

impl KeyView {
    fn of(token: Token) -> Self {
        Self {
            id: id(&token),
            used: (token.seen > token.created).then_some(token.seen),
            created: token.created,
            expires: token.expires,
            name: token.note,
        }
    }
}

/// A piece of the hash: it says which key is meant, and opens nothing.
fn id(token: &Token) -> String {
    token.hash.chars().take(12).collect()
}

impl Desk {
    /// Makes a key for the caller's own account, for one of [`KEY_DAYS`].
    ///
    /// # Errors
    /// `sign-in`; `key` for whoever came by a key; `key-name`, `key-days`, `keys` where there are too many; and those of the store.
    pub fn make_key(&self, visit: &Visit, name: &str, days: &str) -> Result<NewKey, Refusal> {
        let caller = Self::oneself(visit)?;
        let name = line("key-name", name, NAME)?;
        let days = KEY_DAYS
            .into_iter()
            .find(|one| one.to_string() == days)
            .ok_or_else(|| {
                Refusal::new(
                    "key-days",
                    "有効な日数を選んでください。",
                    "Choose for how many days it holds.",
                )
            })?;
        let kept = self.own_keys(visit, caller)?;
        if kept.iter().any(|token| token.note == name) {
            return Err(Refusal::new(
                "key-name",
                "同じ名前のキーがあります。記録で見分けられるように、別の名前にしてください。",
                "There is a key of this name. Choose another, so that records tell them apart.",
            ));
        }
        if kept.len() >= MOST {
            return Err(Refusal::new(
                "keys",
                format!("キーは{MOST}個までです。使っていないものを取り消してください。"),
                format!("An account has at most {MOST} keys. Take back those that are not used."),
            ));
        }
        let life = SignedDuration::from_hours(24 * i64::from(days));
        let key = NewKey {
            secret: Secret::new(format!("{MARK}{}", self.secret().reveal())),
            expires: visit.at.saturating_add(life).unwrap_or(visit.at),
        };
        let detail = json!({ "what": "key-made", "key": name, "days": days });
        self.write(visit, Action::KeepOwnAccount, DIRECTORY, detail, vec![])?;
        let token = Token {
            hash: key.secret.hash(),
            purpose: TokenPurpose::Key,
            account: Name::new(caller.account.as_str()).map_err(refused)?,
            created: visit.at,
            seen: visit.at,
            expires: key.expires,
            note: name,
        };
        self.store.put_token(&token).map_err(refused)?;
        Ok(key)
    }

    /// The caller's own keys, the last used first.
    ///
    /// # Errors
    /// `sign-in`, `key`, and those of the store.
    pub fn keys(&self, visit: &Visit) -> Result<Vec<KeyView>, Refusal> {
        let caller = Self::oneself(visit)?;
        let tokens = self.own_keys(visit, caller)?;
        Ok(tokens.into_iter().map(KeyView::of).collect())
    }

    /// Takes one of the caller's own keys back: from now on it opens nothing.
    ///
    /// # Errors
    /// `sign-in`, `key`, `not-found` if there is none of this id, and those of the store.
    pub fn end_key(&self, visit: &Visit, key: &str) -> Result<(), Refusal> {
        let caller = Self::oneself(visit)?;
        let tokens = self.own_keys(visit, caller)?;
        let token = tokens
            .into_iter()
            .find(|token| id(token) == key)
            .ok_or_else(unknown)?;
        self.store.take_token(&token.hash).map_err(refused)?;
        let detail = json!({ "what": "key-ended", "key": token.note });
        self.write(visit, Action::KeepOwnAccount, DIRECTORY, detail, vec![])?;
        Ok(())
    }

    /// Who a key acts for, as the account stands now; none if it opens nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn key_caller(&self, secret: &Secret, at: Timestamp) -> Result<Option<Caller>, Refusal> {
        let held = self.holder(TokenPurpose::Key, secret, at, |token| token.expires)?;
        held.map(|(token, account)| {
            Ok(Caller {
                key: Some(token.note),
                ..self.caller_of(&account, at)?
            })
        })
        .transpose()
    }

    fn own_keys(&self, visit: &Visit, caller: &Caller) -> Result<Vec<Token>, Refusal> {
        let account = Name::new(caller.account.as_str()).map_err(refused)?;
        self.store
            .tokens(TokenPurpose::Key, &account, visit.at)
            .map_err(refused)
    }
}
