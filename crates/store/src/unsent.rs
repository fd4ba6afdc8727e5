//! What somebody typed into a form and has not sent: kept for its account alone and beside the chain, neither sealed nor backed up, until the form
//! is sent or it has grown old.

use jiff::Timestamp;

use crate::name::Name;

/// A form as it was last typed into.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Whose: an account's id. Nobody else is ever shown it.
    pub account: Name,
    /// Which form: an account keeps one state of each.
    pub form: String,
    /// The version of the record that the form was made from; 0 for one that is not there yet.
    pub version: u32,
    /// When it was last typed into.
    pub at: Timestamp,
    /// What was typed, as whoever keeps it reads it again; without NUL.
    pub fields: String,
}

/// What was typed is nobody else's business, a log's neither.
impl std::fmt::Debug for Unsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsent")
            .field("account", &self.account)
            .field("form", &self.form)
            .field("version", &self.version)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
