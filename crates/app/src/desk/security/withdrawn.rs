//! What was withdrawn by its publisher: whoever still has it before them is told, and has nothing left to do.

use jiff::Timestamp;
use plan::Kind as Form;
use serde_json::json;
use store::{Change, Name, Progress, Query, Test};
use vocab::Refusal;

use super::super::Desk;
use super::super::case::filter;
use super::super::kept::{TOGETHER, change, refused};
use super::super::register::{Found, opened, stored};
use super::super::supply::{indexed, texts};
use super::tell::done;
use super::{ANSWER, RESPONSE, program};
use crate::ask::Rashin;

/// The transition that ends what has no ground any more.
pub(super) const LAPSE: &str = "lapse";

impl Desk {
    /// Ends what hospitals and makers have before them of vulnerabilities that were withdrawn.
    pub(in crate::desk) fn tell_withdrawn(&self, at: Timestamp) -> Result<Progress, Refusal> {
        let rashin = self.rashin()?;
        let mut told = 0;
        for kind in [RESPONSE, ANSWER] {
            let Some(form) = rashin.plan().kind(kind) else {
                continue;
            };
            for name in self.different(kind, "name")? {
                told += self.end_withdrawn(at, &rashin, form, &name)?;
            }
        }
        Ok(done(told))
    }

    /// The same of what is called so.
    fn end_withdrawn(&self, at: Timestamp, rashin: &Rashin, form: &Form, name: &str) -> Result<u64, Refusal> {
        let query = Query {
            state: Some(Name::new("filed").map_err(refused)?),
            filters: vec![filter("name", Test::Is(indexed(name)))?],
            ..Query::of(stored(&form.id)?)
        };
        let (mut told, mut changes) = (0, vec![]);
        for version in self.every(query) {
            let found = opened(form, &version?)?;
            let names = texts(&found.record, "names");
            let gone = self.in_room(|room| room.is_withdrawn(&names))?.unwrap_or(false);
            if !gone || self.is_disclosed(&names)? {
                break;
            }
            changes.extend(self.ended(at, rashin, form, &found)?);
            if changes.len() >= TOGETHER {
                told += self
                    .store
                    .commit_all(&std::mem::take(&mut changes))
                    .map_err(refused)?
                    .len() as u64;
            }
        }
        Ok(told + self.store.commit_all(&changes).map_err(refused)?.len() as u64)
    }

    /// What is written where something ends; nothing where it has ended already.
    fn ended(
        &self,
        at: Timestamp,
        rashin: &Rashin,
        form: &Form,
        found: &Found,
    ) -> Result<Option<Change>, Refusal> {
        let visit = program(at);
        let (owner, id) = (&*found.owner, &*found.id);
        let moved = self.moved_on(&visit, rashin, (form, owner, id), &found.record, LAPSE)?;
        let end = |carried: super::super::case::Carried| {
            let detail = json!({ "kind": form.id, "record": id, "what": LAPSE });
            let by = (at, visit.actor(), authz::Action::KeepCases);
            change(by, owner, detail, carried.drafts, carried.jobs)
        };
        moved.map(end).transpose()
    }
}
