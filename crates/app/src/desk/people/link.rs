//! One-time links: how a password is set the first time, or again. A link opens once, for three days, and looking at it does not use it up.

use authz::{Action, Role, Subject};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Name, Token, TokenPurpose};
use vocab::{Lang, Refusal};

use super::account::Account;
use super::email::Email;
use super::organisation::{Organisation, OrganisationKind};
use super::secret::Secret;
use super::session::Session;
use super::{line, password};
use crate::desk::kept::refused;
use crate::desk::{DIRECTORY, Desk, Edit, Kept, MINISTRY, Visit, Which};

/// How long a link opens.
const LIFE: SignedDuration = SignedDuration::from_hours(72);

/// Whose the link is that makes the first administrator.
const FIRST: &str = "first-administrator";

/// A link to hand over. It is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the address ends with: `/links/{secret}`.
    pub secret: Secret,
    /// Until when it opens.
    pub expires: Timestamp,
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkView {
    /// To make the first administrator.
    First,
    /// To set the password of an account.
    Account {
        /// The person's name.
        name: String,
        /// The address by which the person signs in.
        email: String,
    },
}

/// The first administrator, as typed.
#[derive(Debug, Clone, Default)]
pub struct Newcomer {
    /// The address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Name of the organisation that keeps the plan.
    pub organisation: String,
    /// The language.
    pub language: Lang,
}

impl Desk {
    /// The link that makes the first administrator, when nobody can administer: a server asks for it as it starts and shows it on its
    /// console, which only its operator reads. An earlier such link no longer opens.
    ///
    /// # Errors
    /// Those of the store.
    pub fn first_link(&self, visit: &Visit) -> Result<Option<Link>, Refusal> {
        if self.has_administrator()? {
            return Ok(None);
        }
        self.end_tokens(FIRST, visit.at)?;
        self.put_link(FIRST, visit.at).map(Some)
    }

    /// What a link is for; it can be looked at as often as one likes.
    ///
    /// # Errors
    /// `link` if it does not open any more.
    pub fn link(&self, visit: &Visit, secret: &Secret) -> Result<LinkView, Refusal> {
        Self::authorise(visit, Action::AcceptLink, Subject::default())?;
        Ok(match self.opened_link(secret, visit.at)? {
            None => LinkView::First,
            Some(account) => LinkView::Account {
                name: account.value.name.clone(),
                email: account.value.email().to_owned(),
            },
        })
    }

    /// Sets the password of the account that a link is for, and signs in. Waiting after wrong passwords ends.
    ///
    /// # Errors
    /// `link` if it does not open any more, `password` if that is not taken, and those of the store.
    pub fn accept_link(&self, visit: &Visit, secret: &Secret, password: &str) -> Result<Session, Refusal> {
        Self::authorise(visit, Action::AcceptLink, Subject::default())?;
        let account = self.opened_link(secret, visit.at)?.ok_or_else(closed)?;
        let phc = self.checked_password(&account.value, password)?;
        let edit = self.credential(&account.id, Some(phc))?;
        self.use_up(secret)?;
        self.write(
            &visit.of(account.caller()),
            Action::AcceptLink,
            DIRECTORY,
            json!({ "what": "password-set", "account": account.id }),
            vec![edit],
        )?;
        self.store
            .clear_strikes(Some(&account.value.email.login()), Timestamp::MIN)
            .map_err(refused)?;
        self.end_tokens(&account.id, visit.at)?;
        self.open_session(&account.id, visit.at)
    }

    /// Makes the first administrator, and the organisation that keeps the plan if it is not there yet, and signs in.
    ///
    /// # Errors
    /// `link` if it does not open any more, the name of the field that is not taken, and those of the store.
    pub fn accept_first_link(
        &self,
        visit: &Visit,
        secret: &Secret,
        newcomer: &Newcomer,
        password: &str,
    ) -> Result<Session, Refusal> {
        Self::authorise(visit, Action::AcceptLink, Subject::default())?;
        if self.opened_link(secret, visit.at)?.is_some() || self.has_administrator()? {
            return Err(closed());
        }
        let mut edits = vec![];
        if self.find::<Organisation>(DIRECTORY, MINISTRY)?.is_none() {
            let name = line("organisation", &newcomer.organisation, 200)?;
            let ministry = Organisation {
                en: name.clone(),
                ja: name,
                kind: OrganisationKind::Ministry,
                corporate_number: None,
            };
            edits.push(Edit::first(MINISTRY, &ministry)?);
        }
        let account = Account {
            email: Email::parse(&newcomer.email)?,
            name: line("name", &newcomer.name, 100)?,
            organisation: MINISTRY.to_owned(),
            roles: vec![Role::Administrator],
            active: true,
            language: newcomer.language,
            stands_in: vec![],
        };
        let id = self.new_id();
        edits.extend(self.new_account(&id, &account)?);
        let phc = self.checked_password(&account, password)?;
        edits.push(self.credential(&id, Some(phc))?);
        self.use_up(secret)?;
        let first = Kept {
            owner: DIRECTORY.to_owned(),
            id,
            version: 1,
            value: account,
        };
        self.write(
            &visit.of(first.caller()),
            Action::AcceptLink,
            DIRECTORY,
            json!({ "what": "first-administrator", "account": first.id, "organisation": MINISTRY }),
            edits,
        )?;
        self.open_session(&first.id, visit.at)
    }

    /// The account that a link is for; none for the link that makes the first administrator.
    fn opened_link(&self, secret: &Secret, at: Timestamp) -> Result<Option<Kept<Account>>, Refusal> {
        let token = self
            .store
            .token(TokenPurpose::Link, &secret.hash(), at)
            .map_err(refused)?
            .ok_or_else(closed)?;
        if token.account.as_str() == FIRST {
            return Ok(None);
        }
        let account: Option<Kept<Account>> = self.find(DIRECTORY, token.account.as_str())?;
        account
            .filter(|kept| kept.value.active)
            .map(Some)
            .ok_or_else(closed)
    }

    /// Of two who use a link at once, one gets in.
    fn use_up(&self, secret: &Secret) -> Result<(), Refusal> {
        let taken = self.store.take_token(&secret.hash()).map_err(refused)?;
        taken.then_some(()).ok_or_else(closed)
    }

    pub(super) fn put_link(&self, account: &str, at: Timestamp) -> Result<Link, Refusal> {
        let link = Link {
            secret: self.secret(),
            expires: at.saturating_add(LIFE).unwrap_or(at),
        };
        let token = Token {
            hash: link.secret.hash(),
            purpose: TokenPurpose::Link,
            account: Name::new(account).map_err(refused)?,
            created: at,
            seen: at,
            expires: link.expires,
            note: String::new(),
        };
        self.store.put_token(&token).map_err(refused)?;
        Ok(link)
    }

    /// The text under which a password that is taken is kept.
    pub(super) fn checked_password(&self, account: &Account, typed: &str) -> Result<String, Refusal> {
        password::check(typed, &[account.email(), account.email.local(), &account.name])?;
        password::hash(typed, &self.random())
    }

    fn has_administrator(&self) -> Result<bool, Refusal> {
        let active: Vec<Kept<Account>> = self.all(&Which {
            owner: Some(DIRECTORY),
            state: Some("active"),
            ..Which::default()
        })?;
        Ok(active
            .iter()
            .any(|kept| kept.value.roles.contains(&Role::Administrator)))
    }
}

/// A link that does not open: used, too old, replaced, or never there. Which of them is not said.
fn closed() -> Refusal {
    Refusal::new(
        "link",
        "このリンクは使えません。すでに使われたか、期限（3日）が過ぎています。管理者に新しいリンクを依頼してください。",
        "This link does not open. It was used, or its three days are over. Please ask an administrator for a new one.",
    )
}
