//! People and trust: organisations, accounts, how one signs in and how one is kept out.
//!
//! All of it belongs to the directory, an owner of its own. A secret (password, session, one-time link) is kept by its hash alone and never
//! stands in an event, an error or a log. Who a caller is, is read from the account at every request, so a change takes effect at the next.

mod account;
mod deputy;
mod email;
mod exchange;
mod key;
mod link;
mod lock;
mod organisation;
mod password;
mod secret;
mod session;

pub use account::{Account, Amendment, Invitation, Member};
pub use deputy::{Colleague, Deputies, Deputy};
pub use exchange::Exchange;
pub use key::{KEY_DAYS, KeyView, NewKey};
pub use link::{Link, LinkView, Newcomer};
pub use organisation::{Organisation, OrganisationDraft, OrganisationKind};
pub use secret::Secret;
pub use session::{Person, Session, SessionView};

use vocab::Refusal;

/// A line of text that somebody typed: without surrounding space, not empty, not longer than `longest`, on one line.
/// The refusal's kind is the name of the field.
pub(crate) fn line(field: &'static str, typed: &str, longest: usize) -> Result<String, Refusal> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(Refusal::new(field, "入力してください。", "Please fill this in."));
    }
    let length = text.chars().count();
    if length > longest {
        return Err(Refusal::new(
            field,
            format!("{longest}字までで入力してください（いまは{length}字です）。"),
            format!("Use up to {longest} characters (it has {length})."),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::new(
            field,
            "改行などの見えない文字を取り除いてください。",
            "Please remove line breaks and other invisible characters.",
        ));
    }
    Ok(text.to_owned())
}
