//! What is read back: record versions, events, and how lists of them are asked for.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::index::{Direction, Filter};
use crate::name::{Key, Name};

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Which record.
    pub key: Key,
    /// 1 for the first.
    pub version: u32,
    /// What it belongs to.
    pub parent: Option<Name>,
    /// Where it stands.
    pub state: Option<Name>,
    /// What it says; none once it was erased.
    // In a backup an erased body is left out: `null` is a body like any other.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub body: Option<Value>,
    /// SHA-256 of the canonical body.
    pub sha256: String,
    /// Number, in the owner's chain, of the event that wrote it.
    pub event: u64,
}

fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What an event wrote, as its seal covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Kind of the record.
    pub kind: Name,
    /// Id of the record.
    pub id: Name,
    /// Which version.
    pub version: u32,
    /// What it belongs to.
    pub parent: Option<Name>,
    /// Where it stands.
    pub state: Option<Name>,
    /// SHA-256 of the canonical body.
    pub sha256: String,
}

/// One link of an owner's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose chain.
    pub owner: Name,
    /// 1 for the first.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Name,
    /// What was done.
    pub action: Name,
    /// Facts for the audit log.
    pub detail: Value,
    /// What was written.
    pub written: Vec<Written>,
    /// Versions whose bodies were forgotten: kind, id, version.
    pub erased: Vec<(Name, Name, u32)>,
    /// Files that were kept: their SHA-256.
    pub blobs: Vec<String>,
    /// SHA-256 over the previous seal and all of the above.
    pub seal: String,
}

/// The end of an owner's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose chain.
    pub owner: Name,
    /// Number of its last event.
    pub seq: u64,
    /// Seal of its last event.
    pub seal: String,
}

/// Which newest versions to list: what meets every part, in the order of owner and id if no other is asked for. A query that
/// asks for more than owner, parent and state sees those records alone that have an index.
#[derive(Debug, Clone)]
pub struct Query {
    /// Kind.
    pub kind: Name,
    /// Only this owner's.
    pub owner: Option<Name>,
    /// Only what belongs to this.
    pub parent: Option<Name>,
    /// Only what stands here.
    pub state: Option<Name>,
    /// Only what passes all of these.
    pub filters: Vec<Filter>,
    /// Only what is found by all of these.
    pub tokens: Vec<String>,
    /// Only what refers to this record, by this field or by any.
    pub refers: Option<(Option<Name>, Key)>,
    /// By the least value of a field: those that have it. Equal values come in the order in which their records were first
    /// indexed.
    pub order: Option<(Name, Direction)>,
    /// Only what comes after this.
    pub after: Option<After>,
    /// At most so many.
    pub limit: u32,
}

impl Query {
    /// Everything of a kind.
    pub fn of(kind: Name) -> Self {
        Self {
            kind,
            owner: None,
            parent: None,
            state: None,
            filters: vec![],
            tokens: vec![],
            refers: None,
            order: None,
            after: None,
            limit: 10_000,
        }
    }
}

/// Where a page of a list ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Owner of the last record.
    pub owner: Name,
    /// Its id.
    pub id: Name,
    /// Its least value of the field that the list is ordered by ([`crate::Index::least`]); unused where no order is asked for.
    pub value: String,
}

impl After {
    /// After a record, in the order of owner and id.
    pub fn of(key: &Key) -> Self {
        Self {
            owner: key.owner.clone(),
            id: key.id.clone(),
            value: String::new(),
        }
    }
}

/// Which events to list, the newest first.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Only this owner's chain.
    pub owner: Option<Name>,
    /// Only what comes before this time, owner and number.
    pub before: Option<(Timestamp, Name, u64)>,
    /// At most so many.
    pub limit: u32,
}
