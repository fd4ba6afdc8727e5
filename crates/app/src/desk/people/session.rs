//! Signing in and staying so. A session is a random secret in the browser, known here by its hash; it ends twelve hours after its last use
//! and seven days after it began.

use authz::{Action, Caller, Role, Sight, Subject, sight};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use store::{Name, Token, TokenPurpose};
use vocab::{Lang, Refusal};

use super::account::{Account, Credential, Login};
use super::email::Email;
use super::organisation::Organisation;
use super::secret::Secret;
use super::{lock, password};
use crate::desk::kept::refused;
use crate::desk::{DIRECTORY, Desk, Kept, Visit, unknown};

const IDLE: SignedDuration = SignedDuration::from_hours(12);
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// That a session is in use is written down so often at most.
const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// A session that was just opened: its secret goes to the browser and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the browser keeps.
    pub secret: Secret,
    /// Its longest life.
    pub expires: Timestamp,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends unless it is used.
    pub expires: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Who is signed in, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The account's id.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The address by which the person signs in.
    pub email: String,
    /// The organisation that the person acts for.
    pub organisation: Organisation,
    /// What the person may act as.
    pub roles: Vec<Role>,
    /// The person's language.
    pub language: Lang,
    #[serde(skip)]
    caller: Caller,
}

impl Person {
    /// Whether there is anything that the person may do this to: what a menu offers.
    pub fn may(&self, action: Action) -> bool {
        sight(Some(&self.caller), action) != Sight::Nothing
    }
}

impl Desk {
    /// Signs in by address and password. What is told does not depend on whether the address has an account.
    ///
    /// # Errors
    /// `wrong` if they do not fit, `locked` if too many tries went before, and those of the store.
    pub fn sign_in(&self, visit: &Visit, email: &str, password: &str) -> Result<Session, Refusal> {
        Self::authorise(visit, Action::SignIn, Subject::default())?;
        let email = Email::folded(email);
        let account = self.active_account(&email)?;
        let account = self.prove(visit, &email, account, password)?.ok_or_else(wrong)?;
        self.welcome(visit, &account)
    }

    /// Signs in by an address that a service we trust has verified. No account is made: one has to be there. Waiting after wrong passwords ends.
    ///
    /// # Errors
    /// `no-account` if no active account has the address, and those of the store.
    pub fn sign_in_verified(&self, visit: &Visit, email: &str) -> Result<Session, Refusal> {
        Self::authorise(visit, Action::SignIn, Subject::default())?;
        // A letter beyond ASCII may fold to one within, and would be somebody else's address.
        let account = if email.is_ascii() {
            self.active_account(&Email::folded(email))?
        } else {
            None
        };
        let account = account.ok_or_else(|| no_account(email))?;
        self.store
            .clear_strikes(Some(&account.value.email.login()), Timestamp::MIN)
            .map_err(refused)?;
        self.welcome(visit, &account)
    }

    fn active_account(&self, email: &Email) -> Result<Option<Kept<Account>>, Refusal> {
        let Some(login) = self.find::<Login>(DIRECTORY, &email.login())? else {
            return Ok(None);
        };
        let account = self.find::<Account>(DIRECTORY, &login.value.account)?;
        Ok(account.filter(|kept| kept.value.active))
    }

    /// Opens a session for somebody who has proved to be the account's person.
    fn welcome(&self, visit: &Visit, account: &Kept<Account>) -> Result<Session, Refusal> {
        self.write(
            &visit.of(account.caller()),
            Action::SignIn,
            DIRECTORY,
            json!({ "what": "signed-in" }),
            vec![],
        )?;
        self.store.clear_tokens(None, visit.at).map_err(refused)?;
        self.open_session(&account.id, visit.at)
    }

    /// Whether the password is the account's, counted as a try of the address.
    fn prove(
        &self,
        visit: &Visit,
        email: &Email,
        account: Option<Kept<Account>>,
        typed: &str,
    ) -> Result<Option<Kept<Account>>, Refusal> {
        let strikes = self.count_try(&email.login(), visit.at)?;
        let credential = match &account {
            Some(account) => self.find::<Credential>(DIRECTORY, &account.id)?,
            None => None,
        };
        let kept = credential.and_then(|kept| kept.value.phc);
        if password::holds(typed, kept.as_deref())? {
            self.store
                .clear_strikes(Some(&email.login()), Timestamp::MIN)
                .map_err(refused)?;
            return Ok(account);
        }
        let Some(until) = lock::until(strikes) else {
            return Ok(None);
        };
        if let Some(account) = account {
            let detail = json!({ "what": "locked", "account": account.id, "wrong": strikes.count });
            self.write(visit, Action::SignIn, DIRECTORY, detail, vec![])?;
        }
        Err(lock::refusal(until))
    }

    /// Who brings a secret, as the account stands now; none if nobody is signed in by it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn caller(&self, secret: &Secret, at: Timestamp) -> Result<Option<Caller>, Refusal> {
        let held = self.holder(TokenPurpose::Session, secret, at, |token| {
            expires(token.created, at)
        })?;
        held.map(|(_, account)| self.caller_of(&account, at)).transpose()
    }

    /// The token of a secret and its account, if that may sign in. That it is in use is noted, and until when it holds from now on.
    pub(super) fn holder(
        &self,
        purpose: TokenPurpose,
        secret: &Secret,
        at: Timestamp,
        expires: impl FnOnce(&Token) -> Timestamp,
    ) -> Result<Option<(Token, Kept<Account>)>, Refusal> {
        let token = self.store.token(purpose, &secret.hash(), at).map_err(refused)?;
        let Some(token) = token else {
            return Ok(None);
        };
        let account: Option<Kept<Account>> = self.find(DIRECTORY, token.account.as_str())?;
        let Some(account) = account.filter(|kept| kept.value.active) else {
            return Ok(None);
        };
        if at.duration_since(token.seen) >= NOTED {
            self.store
                .touch_token(&token.hash, at, expires(&token))
                .map_err(refused)?;
        }
        Ok(Some((token, account)))
    }

    /// Who a caller is, for the frame of pages.
    ///
    /// # Errors
    /// `not-found` if the account is gone, and those of the store.
    pub fn person(&self, caller: &Caller) -> Result<Person, Refusal> {
        let account = self.own_account(caller)?.value;
        let organisation: Kept<Organisation> =
            self.find(DIRECTORY, &account.organisation)?.ok_or_else(unknown)?;
        Ok(Person {
            account: caller.account.clone(),
            email: account.email().to_owned(),
            name: account.name,
            organisation: organisation.value,
            roles: account.roles,
            language: account.language,
            caller: caller.clone(),
        })
    }

    /// The caller's own sessions, the last used first. `secret` is the one that asks.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn sessions(&self, visit: &Visit, secret: &Secret) -> Result<Vec<SessionView>, Refusal> {
        let caller = Self::oneself(visit)?;
        let account = Name::new(caller.account.as_str()).map_err(refused)?;
        let hash = secret.hash();
        let tokens = self
            .store
            .tokens(TokenPurpose::Session, &account, visit.at)
            .map_err(refused)?;
        let view = |token: Token| SessionView {
            created: token.created,
            seen: token.seen,
            expires: token.expires,
            current: token.hash == hash,
        };
        Ok(tokens.into_iter().map(view).collect())
    }

    /// Ends one session. It is not an error if it had ended before.
    ///
    /// # Errors
    /// Those of the store.
    pub fn sign_out(&self, secret: &Secret) -> Result<(), Refusal> {
        self.store.take_token(&secret.hash()).map_err(refused)?;
        Ok(())
    }

    /// Ends every session of the caller, this one too.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn sign_out_everywhere(&self, visit: &Visit) -> Result<(), Refusal> {
        let caller = Self::oneself(visit)?;
        self.write(
            visit,
            Action::KeepOwnAccount,
            DIRECTORY,
            json!({ "what": "signed-out-everywhere" }),
            vec![],
        )?;
        self.end_tokens(&caller.account, visit.at)
    }

    /// Changes the caller's own password; every session ends and a new one is opened.
    ///
    /// # Errors
    /// `sign-in`, `current` if the present password is not right, `locked` after too many tries, `password` if the new one is not taken, and
    /// those of the store.
    pub fn change_password(&self, visit: &Visit, current: &str, new: &str) -> Result<Session, Refusal> {
        let caller = Self::oneself(visit)?;
        let account = self.own_account(caller)?;
        let email = account.value.email.clone();
        let account = self
            .prove(visit, &email, Some(account), current)?
            .ok_or_else(|| {
                Refusal::new(
                    "current",
                    "いまのパスワードが違います。もう一度入力してください。",
                    "This is not your present password. Please type it again.",
                )
            })?;
        let phc = self.checked_password(&account.value, new)?;
        let edit = self.credential(&account.id, Some(phc))?;
        let detail = json!({ "what": "password-changed" });
        self.write(visit, Action::KeepOwnAccount, DIRECTORY, detail, vec![edit])?;
        self.end_tokens(&account.id, visit.at)?;
        self.open_session(&account.id, visit.at)
    }

    /// The caller, who may look after the own account.
    pub(super) fn oneself(visit: &Visit) -> Result<&Caller, Refusal> {
        Self::authorise(visit, Action::KeepOwnAccount, Subject::default())?;
        visit.caller.as_ref().ok_or_else(unknown)
    }

    fn own_account(&self, caller: &Caller) -> Result<Kept<Account>, Refusal> {
        self.find(DIRECTORY, &caller.account)?.ok_or_else(unknown)
    }

    pub(super) fn open_session(&self, account: &str, at: Timestamp) -> Result<Session, Refusal> {
        let secret = self.secret();
        let token = Token {
            hash: secret.hash(),
            purpose: TokenPurpose::Session,
            account: Name::new(account).map_err(refused)?,
            created: at,
            seen: at,
            expires: expires(at, at),
            note: String::new(),
        };
        self.store.put_token(&token).map_err(refused)?;
        Ok(Session {
            secret,
            expires: at.saturating_add(LONGEST).unwrap_or(at),
        })
    }

    /// Ends every session, link and key of an account.
    pub(super) fn end_tokens(&self, account: &str, at: Timestamp) -> Result<(), Refusal> {
        let account = Name::new(account).map_err(refused)?;
        self.store.clear_tokens(Some(&account), at).map_err(refused)
    }
}

/// When a session ends that began then and is used now.
fn expires(created: Timestamp, at: Timestamp) -> Timestamp {
    let idle = at.saturating_add(IDLE).unwrap_or(at);
    let longest = created.saturating_add(LONGEST).unwrap_or(created);
    idle.min(longest)
}

fn no_account(email: &str) -> Refusal {
    Refusal::new(
        "no-account",
        format!(
            "{email} の利用者は登録されていないか、利用を停止しています。管理者に、このメールアドレスでの登録を依頼してください。別のメールアドレスで登録している場合は、そのアドレスでログインしてください。"
        ),
        format!(
            "There is no active account for {email}. Please ask an administrator for one, or sign in with the address that your account has."
        ),
    )
}

fn wrong() -> Refusal {
    Refusal::new(
        "wrong",
        "メールアドレスかパスワードが違います。もう一度入力してください。続けて10回間違えると、しばらくログインできなくなります。",
        "The e-mail address or the password is not right. Please type them again. After ten wrong passwords in a row one has to wait.",
    )
}
