//! One change: what is written together, by whom and when.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::fault::Fault;
use crate::index::Index;
use crate::job::Job;
use crate::name::{Key, Name};
use crate::record::{Event, Head, Version, Written};
use crate::seal::{canonical, sha256};

/// The deepest nesting of a body: JSON is read back up to 128, and a backup's line wraps it.
const DEEPEST: usize = 100;

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
    /// Versions of the owner's records whose bodies are to be forgotten; their hashes stay.
    pub erase: Vec<(Key, u32)>,
    /// Files, addressed by their SHA-256.
    pub blobs: Vec<Blob>,
    /// Work that this calls for.
    pub jobs: Vec<Job>,
}

impl Change {
    /// The same changes in runs, in each of which every one is another owner's: an engine may write what a run writes at once.
    pub fn runs(mut changes: &[Self]) -> Vec<&[Self]> {
        let mut runs = vec![];
        while !changes.is_empty() {
            let mut owners = HashSet::new();
            let again = changes.iter().position(|change| !owners.insert(&change.owner));
            let (run, rest) = changes.split_at(again.unwrap_or(changes.len()));
            runs.push(run);
            changes = rest;
        }
        runs
    }
}

/// A record with what lists and searches see of it from now on.
#[derive(Debug, Clone)]
pub struct Indexed<'a> {
    /// Which record.
    pub key: Key,
    /// Its newest version.
    pub version: u32,
    /// What it belongs to.
    pub parent: Option<&'a Name>,
    /// Where it stands.
    pub state: Option<&'a Name>,
    /// What they see.
    pub index: &'a Index,
}

/// The end of a chain, as much as the next event needs of it.
#[derive(Debug, Clone)]
pub struct Link {
    /// Number of the last event.
    pub seq: u64,
    /// When it was.
    pub at: Timestamp,
    /// Its seal.
    pub seal: String,
}

impl Event {
    /// The event that `change` is, after `last` in its owner's chain, and the canonical text of what each draft says. `newest`
    /// gives the number of a record's newest version, 0 for none. Every engine asks this while it holds the chain, then
    /// writes what the event says.
    ///
    /// # Errors
    /// [`Fault::Conflict`] if a record is not at the version that its draft expects or a version to be forgotten is not
    /// there, [`Fault::TooDeep`], and those of `newest`.
    pub fn after(
        last: Option<&Link>,
        change: &Change,
        mut newest: impl FnMut(&Key) -> Result<u32, Fault>,
    ) -> Result<(Self, Vec<String>), Fault> {
        let bodies = change.drafts.iter().map(|draft| &draft.body);
        if bodies
            .chain([&change.detail])
            .any(|body| !nests_within(body, DEEPEST))
        {
            return Err(Fault::TooDeep);
        }
        // Databases keep microseconds: what is given back must be what is read back.
        let at = Timestamp::from_microsecond(change.at.as_microsecond()).unwrap_or(change.at);
        let mut event = Self {
            owner: change.owner.clone(),
            seq: last.map_or(1, |last| last.seq + 1),
            at: last.map_or(at, |last| at.max(last.at)),
            actor: change.actor.clone(),
            action: change.action.clone(),
            detail: change.detail.clone(),
            written: Vec::with_capacity(change.drafts.len()),
            erased: Vec::with_capacity(change.erase.len()),
            blobs: change.blobs.iter().map(|blob| blob.sha256.clone()).collect(),
            seal: String::new(),
        };
        // A change may write a record and then its next version, or forget what it has just written.
        let mut written: HashMap<(&Name, &Name), u32> = HashMap::with_capacity(change.drafts.len());
        let mut found = |written: &HashMap<(&Name, &Name), u32>, key: &Key| {
            let just_now = written.get(&(&key.kind, &key.id)).copied();
            just_now.map_or_else(|| newest(key), Ok)
        };
        let mut texts = Vec::with_capacity(change.drafts.len());
        for draft in &change.drafts {
            let key = Key {
                owner: change.owner.clone(),
                kind: draft.kind.clone(),
                id: draft.id.clone(),
            };
            let found = found(&written, &key)?;
            if found != draft.expected {
                return Err(Fault::Conflict {
                    key,
                    expected: draft.expected,
                    found,
                });
            }
            let text = canonical(&draft.body);
            event.written.push(Written {
                kind: key.kind,
                id: key.id,
                version: found + 1,
                parent: draft.parent.clone(),
                state: draft.state.clone(),
                sha256: sha256(text.as_bytes()),
            });
            texts.push(text);
            written.insert((&draft.kind, &draft.id), found + 1);
        }
        for (key, version) in &change.erase {
            let found = if key.owner == change.owner {
                found(&written, key)?
            } else {
                0
            };
            if !(1..=found).contains(version) {
                return Err(Fault::Conflict {
                    key: key.clone(),
                    expected: *version,
                    found,
                });
            }
            event.erased.push((key.kind.clone(), key.id.clone(), *version));
        }
        event.seal = event.seal_after(last.map(|last| last.seal.as_str()))?;
        Ok((event, texts))
    }

    /// What lists and searches see, after `change`, of each record that it wrote or made forget its newest version: of a
    /// forgotten one nothing. `newest` gives the number of a record's newest version before the change.
    pub fn indexed<'a>(&self, change: &'a Change, newest: impl Fn(&Key) -> u32) -> Vec<Indexed<'a>> {
        static NOTHING: Index = Index {
            keys: vec![],
            references: vec![],
            tokens: vec![],
        };
        let mut list: Vec<Indexed<'a>> = Vec::with_capacity(change.drafts.len());
        let mut places: HashMap<(&Name, &Name), usize> = HashMap::with_capacity(change.drafts.len());
        let drafts = change.drafts.iter().map(|draft| {
            let key = Key {
                owner: change.owner.clone(),
                kind: draft.kind.clone(),
                id: draft.id.clone(),
            };
            Indexed {
                key,
                version: draft.expected + 1,
                parent: draft.parent.as_ref(),
                state: draft.state.as_ref(),
                index: &draft.index,
            }
        });
        let forgotten = change.erase.iter().map(|(key, version)| Indexed {
            key: key.clone(),
            version: *version,
            parent: None,
            state: None,
            index: &NOTHING,
        });
        let names = change.drafts.iter().map(|draft| (&draft.kind, &draft.id));
        let names = names.chain(change.erase.iter().map(|(key, _)| (&key.kind, &key.id)));
        for (name, now) in names.zip(drafts.chain(forgotten)) {
            match places.get(&name) {
                Some(place) if list[*place].version <= now.version => list[*place] = now,
                None if newest(&now.key) <= now.version => {
                    places.insert(name, list.len());
                    list.push(now);
                }
                _ => {}
            }
        }
        list
    }

    /// The versions that the event wrote, with the text of each, in the order of kind, id and version: the order in which
    /// databases find them. Beside these, an engine takes the bodies out of the versions that are erased.
    pub fn entries<'a>(&'a self, texts: &'a [String]) -> Vec<Entry<'a>> {
        let entry = |(written, text): (&'a Written, &'a String)| Entry {
            place: Place {
                owner: &self.owner,
                kind: &written.kind,
                id: &written.id,
                version: written.version,
                parent: written.parent.as_ref(),
                state: written.state.as_ref(),
            },
            body: Some(text.into()),
            sha256: &written.sha256,
            event: self.seq,
        };
        let mut entries: Vec<Entry<'a>> = self.written.iter().zip(texts).map(entry).collect();
        entries.sort_by_key(|Entry { place, .. }| (place.kind, place.id, place.version));
        entries
    }

    /// The end of the owner's chain with this event.
    pub fn head(&self) -> Head {
        Head {
            owner: self.owner.clone(),
            seq: self.seq,
            seal: self.seal.clone(),
        }
    }
}

/// A record's place in lists, as a database writes it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose.
    pub owner: &'a Name,
    /// Its kind.
    pub kind: &'a Name,
    /// Its id.
    pub id: &'a Name,
    /// The version.
    pub version: u32,
    /// What it belongs to.
    pub parent: Option<&'a Name>,
    /// Where it stands.
    pub state: Option<&'a Name>,
}

impl<'a> Place<'a> {
    /// Which record stands there.
    pub const fn names(&self) -> (&'a Name, &'a Name, &'a Name) {
        (self.owner, self.kind, self.id)
    }
}

/// A version as a database writes it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Which, and where it stands.
    pub place: Place<'a>,
    /// The canonical text of what it says; none of an erased one.
    pub body: Option<Cow<'a, str>>,
    /// SHA-256 of that text.
    pub sha256: &'a str,
    /// Number of the event that wrote it.
    pub event: u64,
}

impl<'a> From<&'a Version> for Entry<'a> {
    fn from(version: &'a Version) -> Self {
        Self {
            place: Place {
                owner: &version.key.owner,
                kind: &version.key.kind,
                id: &version.key.id,
                version: version.version,
                parent: version.parent.as_ref(),
                state: version.state.as_ref(),
            },
            body: version.body.as_ref().map(|body| canonical(body).into()),
            sha256: &version.sha256,
            event: version.event,
        }
    }
}

fn nests_within(value: &Value, levels: usize) -> bool {
    let within = |value| nests_within(value, levels - 1);
    match value {
        Value::Array(list) => levels > 0 && list.iter().all(within),
        Value::Object(map) => levels > 0 && map.values().all(within),
        _ => true,
    }
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
    /// What lists and searches see of it.
    pub index: Index,
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
            sha256: sha256(&bytes),
            bytes,
        }
    }
}
