//! A database of advisories taken into the room, and whom to tell of what it says anew. What is to be told is kept in the room until its jobs stand in
//! the store; a room that is built again asks of every advisory, so that a crash at any point leaves nothing untold.

use std::collections::{BTreeMap, BTreeSet};

use cyber::database::{Database, Taken};
use store::sha256;
use vocab::Refusal;

use super::watch::{Bytes, Room};
use super::words::Words;

/// What was taken, and what of it is still to be told.
#[derive(Default)]
pub(super) struct Told {
    taken: Taken,
    /// Names of which something changed that was not held against the devices yet.
    changed: BTreeSet<String>,
    /// Advisories that concern some device, each with a text that changes when what it says does.
    waits: BTreeMap<String, String>,
}

impl Told {
    /// What jobs are still to be put in for.
    pub fn waits(&self) -> &BTreeMap<String, String> {
        &self.waits
    }

    /// Says that the jobs stand in the store.
    pub fn done(&mut self, told: &BTreeMap<String, String>) {
        self.waits
            .retain(|advisory, says| told.get(advisory) != Some(says));
    }
}

impl Room {
    /// Takes a database of advisories, as far as it says something else than before, and works out which of what changed concerns some device.
    pub fn take(&mut self, database: Database<Bytes>) -> Result<(), Refusal> {
        let Told {
            taken,
            changed,
            waits,
        } = &mut self.told;
        let mut in_words = vec![];
        let taken_in = taken.take(&database, &mut self.portfolio, changed, |key, advisory| {
            in_words.push((key.to_owned(), advisory.filter(Words::are_in)));
        });
        // What was handed over is not handed over again.
        let worded = self.words.take(in_words, changed);
        taken_in?;
        // An advisory is exploited if any of its names is: which names are its own follows from others that changed, as they were and as they are.
        if let Some(before) = &self.database {
            let mut together = BTreeSet::new();
            for name in changed.iter() {
                together.extend(before.names(name)?);
                together.extend(database.names(name)?);
            }
            changed.extend(together);
        }
        let exploited = |names: &[String]| {
            let mut names = names.iter();
            names.try_fold(false, |found, name| {
                Ok::<_, Refusal>(found || database.exploited(name)?.is_some())
            })
        };
        for id in changed.iter() {
            let Some(says) = taken.says(id) else {
                waits.remove(id);
                continue;
            };
            if !self.portfolio.affected(id).is_empty() {
                let exploited = exploited(&database.names(id)?)?;
                let text = sha256(format!("{id} {says} {exploited}").as_bytes());
                waits.insert(id.clone(), text);
            }
        }
        for (id, one) in self.words.named(changed) {
            let mut names = BTreeSet::new();
            for name in &one.names {
                names.extend(database.names(name)?);
            }
            let exploited = exploited(&Vec::from_iter(names))?;
            let text = sha256(format!("{id} {} {exploited}", one.says).as_bytes());
            waits.insert(id.clone(), text);
        }
        changed.clear();
        self.database = Some(database);
        worded
    }
}
