//! One change: what is written together, by whom and when.

use jiff::Timestamp;
use serde_json::Value;

use crate::name::{Key, Name};

/// What is written in one transaction: an event in its owner's chain, with the record versions that it made.
#[derive(Debug, Clone)]
pub struct Change {
    /// Whose records: every draft belongs to this organisation.
    pub owner: Name,
    /// When; the store takes the last event's time if that is later, so a chain never runs backwards.
    pub at: Timestamp,
    /// Who: an account, or `system`.
    pub actor: Name,
    /// What was done: the name of an action.
    pub action: Name,
    /// Facts for the audit log, readable by an auditor: never a secret and never a confidential answer.
    pub detail: Value,
    /// New record versions.
    pub drafts: Vec<Draft>,
    /// Versions whose bodies are to be forgotten; their hashes stay.
    pub erase: Vec<(Key, u32)>,
    /// Files, addressed by their SHA-256.
    pub blobs: Vec<Blob>,
}

/// The next version of a record.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Kind of the record.
    pub kind: Name,
    /// Id of the record.
    pub id: Name,
    /// The version that the writer has seen; 0 for a record that is not there yet.
    pub expected: u32,
    /// What it belongs to, for lists.
    pub parent: Option<Name>,
    /// Where it stands, for lists.
    pub state: Option<Name>,
    /// What it says. Numbers that must be exact are decimal text.
    pub body: Value,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the contents, lower-case hexadecimal.
    pub sha256: String,
    /// The contents.
    pub bytes: Vec<u8>,
}

impl Blob {
    /// A file under its own hash.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            sha256: crate::seal::sha256(&bytes),
            bytes,
        }
    }
}
