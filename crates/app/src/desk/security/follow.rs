//! What other servers on the same store have taken into their rooms. Whoever takes a device in notes it; every other server takes it in too, before it does
//! anything else with what it knows, so that it makes no difference which of them does a job.

use std::collections::BTreeMap;

use authz::Action;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Direction, Fault, Index, Name, Query, Test, sha256};
use vocab::Refusal;

use super::super::case::filter;
use super::super::kept::{change, opened as kept_opened, refused};
use super::super::notice::sortable;
use super::super::register::{key, opened};
use super::super::{Desk, Edit, Kind, MINISTRY};
use super::watch::Device;
use super::{DEVICE, program};

/// Clocks of servers differ by less than this, and so does the time from when a note is dated to when it is there for others.
const APART: SignedDuration = SignedDuration::from_mins(2);

/// That a device was taken in.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Taken {
    owner: String,
    id: String,
    at: Timestamp,
    /// The database of advisories with which it was matched.
    with: Option<String>,
}

impl Kind for Taken {
    const KIND: &'static str = "taken-in";
}

/// The notes that a room has followed: versions by id, as far back as one may still come.
#[derive(Debug, Default)]
pub(super) struct Followed {
    seen: BTreeMap<String, (u32, Timestamp)>,
    newest: Option<Timestamp>,
}

impl Followed {
    fn see(&mut self, id: &str, version: u32, at: Timestamp) {
        self.seen.insert(id.to_owned(), (version, at));
        self.newest = self.newest.max(Some(at));
        let from = self.from();
        self.seen.retain(|_, (_, at)| from.is_none_or(|from| *at >= from));
    }

    /// Notes from here on may not have been followed.
    fn from(&self) -> Option<Timestamp> {
        self.newest.and_then(|newest| newest.checked_sub(APART).ok())
    }
}

impl Desk {
    /// The notes that there are before a room is built: what they tell of is in the room then.
    pub(super) fn followed_so_far(&self) -> Result<Followed, Refusal> {
        let newest = Query {
            order: Some((Name::new("at").map_err(refused)?, Direction::Down)),
            limit: 1,
            ..notes()?
        };
        let mut followed = Followed::default();
        for version in self.store.list(&newest).map_err(refused)? {
            followed.newest = Some(kept_opened::<Taken>(version)?.value.at);
        }
        for (id, version, note) in self.notes_from(followed.from())? {
            followed.see(&id, version, note.at);
        }
        Ok(followed)
    }

    /// Notes that a device was taken in by this server, for the others.
    pub(super) fn note_taken(&self, at: Timestamp, owner: &str, id: &str) -> Result<(), Refusal> {
        const TRIES: usize = 50;
        let note = Taken {
            owner: owner.to_owned(),
            id: id.to_owned(),
            at,
            with: self.in_room(|room| Ok(room.stamp().cloned()))?.flatten(),
        };
        let mut name = sha256(format!("{owner}/{id}").as_bytes());
        name.truncate(32);
        let index = Index {
            keys: vec![(Name::new("at").map_err(refused)?, sortable(at))],
            ..Index::default()
        };
        let visit = program(at);
        let mut tries = 0;
        loop {
            let seen = self
                .find::<Taken>(MINISTRY, &name)?
                .map_or(0, |kept| kept.version);
            let edit = Edit::after(&name, seen, &note)?.indexed(index.clone());
            let by = (at, visit.actor(), Action::KeepCases);
            let detail = json!({ "what": "taken-in", "kind": DEVICE, "record": id });
            let change = change(by, MINISTRY, detail, vec![edit.into_draft()], vec![])?;
            tries += 1;
            match self.store.commit(&change) {
                Ok(_) => {
                    self.change_room(|room| room.followed.see(&name, seen + 1, at))?;
                    return Ok(());
                }
                Err(Fault::Conflict { .. }) if tries < TRIES => {}
                Err(fault) => return Err(refused(fault)),
            }
        }
    }

    /// Takes in what others have noted. What was matched with another database than this server's is matched with this one too: of what the other
    /// did not know nobody else would tell.
    pub(super) fn follow_others(&self, at: Timestamp) -> Result<(), Refusal> {
        let Some((from, with)) = self.in_room(|room| Ok((room.followed.from(), room.stamp().cloned())))?
        else {
            return Ok(());
        };
        let notes = self.notes_from(from)?;
        let news = self.in_room(|room| {
            let seen = |id: &str, version| room.followed.seen.get(id).is_some_and(|seen| seen.0 >= version);
            Ok(notes
                .into_iter()
                .filter(|(id, version, _)| !seen(id, *version))
                .collect::<Vec<_>>())
        })?;
        for (id, version, note) in news.into_iter().flatten() {
            self.take_in(at, &note, with.as_ref())?;
            self.change_room(|room| room.followed.see(&id, version, note.at))?;
        }
        Ok(())
    }

    fn take_in(&self, at: Timestamp, note: &Taken, with: Option<&String>) -> Result<(), Refusal> {
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(DEVICE) else {
            return Ok(());
        };
        let record = key(kind, &note.owner, &note.id)?;
        let version = self.store.newest(&record).map_err(refused)?;
        let version = version.filter(|version| version.body.is_some());
        let Some(found) = version.map(|version| opened(kind, &version)).transpose()? else {
            return Ok(());
        };
        let device = Device::of(&note.owner, &note.id, &found.record);
        self.put_device(&device)?;
        if note.with.as_ref() != with {
            self.tell_devices(at, &[device], None)?;
        }
        Ok(())
    }

    /// Notes from a time on: id, version and what they say.
    fn notes_from(&self, from: Option<Timestamp>) -> Result<Vec<(String, u32, Taken)>, Refusal> {
        let mut query = notes()?;
        if let Some(from) = from {
            query.filters.push(filter("at", Test::From(sortable(from)))?);
        }
        let list = self.store.list(&query).map_err(refused)?;
        let list = list.into_iter().filter(|version| version.body.is_some());
        list.map(|version| {
            let kept = kept_opened::<Taken>(version)?;
            Ok((kept.id, kept.version, kept.value))
        })
        .collect()
    }
}

fn notes() -> Result<Query, Refusal> {
    Ok(Query {
        owner: Some(Name::new(MINISTRY).map_err(refused)?),
        limit: u32::MAX,
        ..Query::of(Name::new(Taken::KIND).map_err(refused)?)
    })
}
