//! A sign-in under way with another service: from the moment a browser is sent there until it comes back, ten minutes at most, and once.
//!
//! What ties the two together follows from the state, which travels in addresses, and from the cookie of the browser, which does not. So only
//! the browser that went out can come back, and what is kept here is no more than a hash.

use authz::{Action, Subject};
use jiff::SignedDuration;
use store::{Name, Token, TokenPurpose};
use vocab::Refusal;

use super::secret::Secret;
use crate::desk::kept::refused;
use crate::desk::{Desk, Visit};

/// How long somebody may take to sign in there.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Whose an exchange is: who will come back is not known yet.
const SOMEBODY: &str = "exchange";

/// A sign-in under way with another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the browser carries there and back.
    pub state: Secret,
    /// What the service has to repeat in its statement: 64 hexadecimal digits.
    pub nonce: String,
    /// What proves to the service that whoever fetches the statement is who asked for it (PKCE): 64 hexadecimal digits.
    pub verifier: Secret,
    /// Address on this site to go on to.
    pub next: String,
}

impl Exchange {
    fn new(state: Secret, tie: &Secret, next: String) -> Self {
        Self {
            state,
            nonce: tie.token_for("nonce"),
            verifier: Secret::new(tie.token_for("verifier")),
            next,
        }
    }
}

impl Desk {
    /// Begins an exchange for the browser that holds this secret.
    ///
    /// # Errors
    /// Those of the store.
    pub fn begin_exchange(&self, visit: &Visit, browser: &Secret, next: &str) -> Result<Exchange, Refusal> {
        Self::authorise(visit, Action::SignIn, Subject::default())?;
        // Whoever goes out and never comes back leaves nothing behind for long.
        self.store.clear_tokens(None, visit.at).map_err(refused)?;
        let state = self.secret();
        let tie = tie(browser, &state);
        let token = Token {
            hash: tie.hash(),
            purpose: TokenPurpose::Exchange,
            account: Name::new(SOMEBODY).map_err(refused)?,
            created: visit.at,
            seen: visit.at,
            expires: visit.at.saturating_add(LIFE).unwrap_or(visit.at),
            note: next.to_owned(),
        };
        self.store.put_token(&token).map_err(refused)?;
        Ok(Exchange::new(state, &tie, next.to_owned()))
    }

    /// Ends the exchange that this browser began with this state. It cannot be ended again, whatever comes of it.
    ///
    /// # Errors
    /// `exchange` if there is none, and those of the store.
    pub fn end_exchange(&self, visit: &Visit, browser: &Secret, state: &Secret) -> Result<Exchange, Refusal> {
        Self::authorise(visit, Action::SignIn, Subject::default())?;
        let tie = tie(browser, state);
        let token = self
            .store
            .token(TokenPurpose::Exchange, &tie.hash(), visit.at)
            .map_err(refused)?
            .ok_or_else(over)?;
        // Of two who come back at once, one gets in.
        let taken = self.store.take_token(&token.hash).map_err(refused)?;
        taken
            .then(|| Exchange::new(state.clone(), &tie, token.note))
            .ok_or_else(over)
    }
}

/// What only the server knows of an exchange, and only while the browser is there.
fn tie(browser: &Secret, state: &Secret) -> Secret {
    Secret::new(browser.token_for(&format!("exchange {} ", state.reveal())))
}

fn over() -> Refusal {
    Refusal::new(
        "exchange",
        "このログインの手続きは、すでに終わったか、始めてから10分が過ぎたか、別のブラウザーで始めたものです。このブラウザーで、もう一度最初からログインしてください。",
        "This sign-in is over, is older than ten minutes, or was begun in another browser. Please begin again in this browser.",
    )
}
