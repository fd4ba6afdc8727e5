//! Typed records over the store: a [`Kind`] is a Rust type whose values are kept, version after version.

use std::collections::VecDeque;

use authz::Action;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{After, Blob, Change, Draft, Event, Fault, Index, Job, Key, Name, Query, Version};
use vocab::Refusal;

use super::{Desk, Visit};

/// So many organisations are written to in one transaction, of work that concerns many: it is made durable once, and nobody waits for it long.
pub(super) const TOGETHER: usize = 250;

/// A type whose values are kept.
pub(crate) trait Kind: Serialize + DeserializeOwned {
    /// Its name in the store.
    const KIND: &'static str;

    /// What a value belongs to, for lists.
    fn parent(&self) -> Option<String> {
        None
    }

    /// Where a value stands, for lists.
    fn state(&self) -> Option<String> {
        None
    }
}

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept<T> {
    /// The organisation that it belongs to.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its version; 1 for the first.
    pub version: u32,
    /// The value.
    pub value: T,
}

impl<T> Kept<T> {
    /// The value, if it is still the version that the caller saw.
    ///
    /// # Errors
    /// `conflict`.
    pub(crate) fn seen_at(self, version: u32) -> Result<Self, Refusal>
    where
        T: Kind,
    {
        unmoved::<T>(&self.owner, &self.id, version, self.version).map(|()| self)
    }
}

/// Refuses to write after a version that is not the newest any more.
///
/// # Errors
/// `conflict`.
pub(crate) fn unmoved<T: Kind>(owner: &str, id: &str, seen: u32, newest: u32) -> Result<(), Refusal> {
    if seen == newest {
        return Ok(());
    }
    Err(refused(Fault::Conflict {
        key: Key::new(owner, T::KIND, id).map_err(refused)?,
        expected: seen,
        found: newest,
    }))
}

/// Which values to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which<'a> {
    pub owner: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub state: Option<&'a str>,
}

/// One record's next version.
pub(crate) struct Edit {
    draft: Draft,
    forget: bool,
}

impl Edit {
    /// A value under an id that is not taken yet.
    pub(crate) fn first<T: Kind>(id: &str, value: &T) -> Result<Self, Refusal> {
        Self::after(id, 0, value)
    }

    /// The next version of a value that was read before.
    pub(crate) fn next<T: Kind>(kept: &Kept<T>, value: &T) -> Result<Self, Refusal> {
        Self::after(&kept.id, kept.version, value)
    }

    /// With what lists see of it.
    #[must_use]
    pub(crate) fn indexed(mut self, index: Index) -> Self {
        self.draft.index = index;
        self
    }

    /// Forgets what the version before said, as one does with a secret. Its hash stays.
    #[must_use]
    pub(crate) fn forgetting(self) -> Self {
        Self { forget: true, ..self }
    }

    /// The version itself, for a change that is put together elsewhere.
    pub(crate) fn into_draft(self) -> Draft {
        self.draft
    }

    pub(crate) fn after<T: Kind>(id: &str, expected: u32, value: &T) -> Result<Self, Refusal> {
        let name = |text: Option<String>| text.map(Name::new).transpose().map_err(refused);
        let draft = Draft {
            kind: Name::new(T::KIND).map_err(refused)?,
            id: Name::new(id).map_err(refused)?,
            expected,
            parent: name(value.parent())?,
            state: name(value.state())?,
            body: serde_json::to_value(value).map_err(|error| refused(Fault::engine(error)))?,
            index: Index::default(),
        };
        Ok(Self { draft, forget: false })
    }

    /// The version that is forgotten, if one is.
    fn forgotten(&self, owner: &Name) -> Option<(Key, u32)> {
        let Draft {
            kind, id, expected, ..
        } = &self.draft;
        let key = Key {
            owner: owner.clone(),
            kind: kind.clone(),
            id: id.clone(),
        };
        (self.forget && *expected > 0).then_some((key, *expected))
    }
}

/// What a query finds, all of it.
pub(crate) struct Every<'d> {
    desk: &'d Desk,
    /// What is read next; none after the last page.
    next: Option<Query>,
    page: VecDeque<Version>,
}

impl Iterator for Every<'_> {
    type Item = Result<Version, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        /// Few enough that nobody who writes waits for them.
        const PAGE: u32 = 500;
        loop {
            while let Some(version) = self.page.pop_front() {
                if version.body.is_some() {
                    return Some(Ok(version));
                }
            }
            let mut query = self.next.take()?;
            query.limit = PAGE;
            match self.desk.store.list(&query).map_err(refused) {
                Ok(page) => self.page = page.into(),
                Err(refusal) => return Some(Err(refusal)),
            }
            if let Some(last) = self.page.back().filter(|_| self.page.len() == PAGE as usize) {
                query.after = Some(After::of(&last.key));
                self.next = Some(query);
            }
        }
    }
}

impl Desk {
    /// The newest version of a value.
    pub(crate) fn find<T: Kind>(&self, owner: &str, id: &str) -> Result<Option<Kept<T>>, Refusal> {
        // A text that cannot be a name names nothing.
        let Ok(key) = Key::new(owner, T::KIND, id) else {
            return Ok(None);
        };
        self.store.newest(&key).map_err(refused)?.map(opened).transpose()
    }

    /// Every version of a value, the newest first; versions that were erased are left out.
    pub(crate) fn history<T: Kind>(&self, owner: &str, id: &str) -> Result<Vec<Kept<T>>, Refusal> {
        let Ok(key) = Key::new(owner, T::KIND, id) else {
            return Ok(vec![]);
        };
        let versions = self.store.versions(&key).map_err(refused)?;
        versions
            .into_iter()
            .filter(|version| version.body.is_some())
            .map(opened)
            .collect()
    }

    /// The newest version of everything that a query finds, in the order of owner and id, read page by page as it is asked for; nothing of what was
    /// erased.
    pub(crate) const fn every(&self, query: Query) -> Every<'_> {
        Every {
            desk: self,
            next: Some(query),
            page: VecDeque::new(),
        }
    }

    /// The newest version of every value of a kind that fits, in the order of owner and id.
    pub(crate) fn all<T: Kind>(&self, which: &Which<'_>) -> Result<Vec<Kept<T>>, Refusal> {
        let name = |text: Option<&str>| text.map(Name::new).transpose().map_err(refused);
        let query = Query {
            owner: name(which.owner)?,
            parent: name(which.parent)?,
            state: name(which.state)?,
            ..Query::of(Name::new(T::KIND).map_err(refused)?)
        };
        self.every(query).map(|version| opened(version?)).collect()
    }

    /// Writes edits of one owner's records as one change. `detail` is for the audit log: no secret, no confidential answer.
    pub(crate) fn write(
        &self,
        visit: &Visit,
        action: Action,
        owner: &str,
        detail: Value,
        edits: Vec<Edit>,
    ) -> Result<Event, Refusal> {
        self.write_with(visit, action, owner, detail, edits, vec![])
    }

    /// The same with files.
    pub(crate) fn write_with(
        &self,
        visit: &Visit,
        action: Action,
        owner: &str,
        detail: Value,
        edits: Vec<Edit>,
        blobs: Vec<Blob>,
    ) -> Result<Event, Refusal> {
        let owner = Name::new(owner).map_err(refused)?;
        let change = Change {
            at: visit.at,
            actor: Name::new(visit.actor()).map_err(refused)?,
            action: Name::new(action.code()).map_err(refused)?,
            detail: visit.signed(detail),
            erase: edits.iter().filter_map(|edit| edit.forgotten(&owner)).collect(),
            drafts: edits.into_iter().map(|edit| edit.draft).collect(),
            owner,
            blobs,
            jobs: vec![],
        };
        self.store.commit(&change).map_err(refused)
    }
}

/// A change of an owner's records with the work that it calls for: nothing forgotten, no files.
pub(super) fn change(
    (at, actor, action): (Timestamp, &str, Action),
    owner: &str,
    detail: Value,
    drafts: Vec<Draft>,
    jobs: Vec<Job>,
) -> Result<Change, Refusal> {
    Ok(Change {
        owner: Name::new(owner).map_err(refused)?,
        at,
        actor: Name::new(actor).map_err(refused)?,
        action: Name::new(action.code()).map_err(refused)?,
        detail,
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs,
    })
}

pub(super) fn opened<T: Kind>(version: Version) -> Result<Kept<T>, Refusal> {
    let key = version.key;
    let value = version
        .body
        .ok_or_else(|| Fault::Corrupt(format!("{key}: erased")))
        .and_then(|body| {
            serde_json::from_value(body).map_err(|error| Fault::Corrupt(format!("{key}: {error}")))
        })
        .map_err(refused)?;
    Ok(Kept {
        owner: key.owner.to_string(),
        id: key.id.to_string(),
        version: version.version,
        value,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(crate) fn refused(fault: Fault) -> Refusal {
    fault.refusal()
}
