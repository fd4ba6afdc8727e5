//! A database of advisories taken into the room, and whom to tell of what it says anew. What is to be told is kept in the room until its jobs stand in
//! the store; a room that is built again asks of every advisory, so that a crash at any point leaves nothing untold.

use std::collections::{BTreeMap, BTreeSet};

use cyber::database::{Database, Taken};
use store::sha256;
use vocab::Refusal;

use super::watch::{Bytes, Room};
use super::words::{Vulnerability, Words};

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
        for id in changed.iter() {
            match text_of(taken, &database, id)? {
                None => drop(waits.remove(id)),
                Some(text) if !self.portfolio.affected(id).is_empty() => drop(waits.insert(id.clone(), text)),
                Some(_) => {}
            }
        }
        for (id, one) in self.words.named(changed) {
            waits.insert(id.clone(), text_in_words(&database, id, one)?);
        }
        changed.clear();
        self.database = Some(database);
        worded
    }

    /// A text that changes when what is known of an advisory does; none of what is not known here.
    pub fn says(&self, advisory: &str) -> Result<Option<String>, Refusal> {
        let Some(database) = &self.database else {
            return Ok(None);
        };
        match self.words.vulnerability(advisory) {
            Some(one) => text_in_words(database, advisory, one).map(Some),
            None => text_of(&self.told.taken, database, advisory),
        }
    }
}

fn text_of(taken: &Taken, database: &Database<Bytes>, id: &str) -> Result<Option<String>, Refusal> {
    let Some(says) = taken.says(id) else {
        return Ok(None);
    };
    let exploited = is_exploited(database, &database.names(id)?)?;
    Ok(Some(sha256(format!("{id} {says} {exploited}").as_bytes())))
}

fn text_in_words(database: &Database<Bytes>, id: &str, one: &Vulnerability) -> Result<String, Refusal> {
    let mut exploited = false;
    for name in &one.names {
        exploited |= is_exploited(database, &database.names(name)?)?;
    }
    let says = &one.says;
    Ok(sha256(format!("{id} {says} {exploited}").as_bytes()))
}

fn is_exploited(database: &Database<Bytes>, names: &[String]) -> Result<bool, Refusal> {
    let mut names = names.iter();
    names.try_fold(false, |found, name| {
        Ok(found || database.exploited(name)?.is_some())
    })
}
