//! A database of advisories taken into the room, and whom to tell of what it says anew. What is to be told is kept in the room until its jobs stand in
//! the store; a room that is built again asks of every advisory, so that a crash at any point leaves nothing untold.

use std::collections::{BTreeMap, BTreeSet};

use cyber::database::{Database, Taken};
use store::sha256;
use vocab::Refusal;

use super::watch::{Bytes, Room};

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
        taken.take(&database, &mut self.portfolio, changed)?;
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
            let Some(says) = taken.says(id) else {
                waits.remove(id);
                continue;
            };
            if !self.portfolio.affected(id).is_empty() {
                let names = database.names(id)?;
                let exploited = names.iter().try_fold(false, |found, name| {
                    Ok::<_, Refusal>(found || database.exploited(name)?.is_some())
                })?;
                let text = sha256(format!("{id} {says} {exploited}").as_bytes());
                waits.insert(id.clone(), text);
            }
        }
        changed.clear();
        self.database = Some(database);
        Ok(())
    }
}
