//! A VEX document that a maker hands in after market is its answer to what it has been asked, where it says of every device of the question the same and
//! as much as the form asks for. What it leaves open stays with a person.

use std::collections::BTreeSet;

use authz::{Action, Caller, Role};
use cyber::document::{Statement, Status};
use jiff::Timestamp;
use record::{Record, Value};
use serde_json::json;
use vocab::Refusal;

use super::super::kept::{change, refused};
use super::super::register::{Found, RecordState, drafted};
use super::super::supply::texts;
use super::super::{Desk, Visit};
use super::ANSWER;
use super::item::linked;
use super::watch::Device;

impl Desk {
    /// Answers what a maker has been asked of a device, by the documents that were handed in for it, in the name of whoever handed them in; gives how
    /// much was answered.
    pub(super) fn answer_by_vex(
        &self,
        at: Timestamp,
        hand_in: &Found,
        device: &Device,
    ) -> Result<u64, Refusal> {
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(ANSWER).filter(|_| !device.vex.is_empty()) else {
            return Ok(0);
        };
        let visit = Visit {
            at,
            caller: Some(Caller {
                key: None,
                lent: None,
                account: hand_in.by().to_owned(),
                organisation: device.owner.clone(),
                roles: vec![Role::Member],
            }),
        };
        let mut answered = 0;
        for asked in self.every_filed(kind, Some(&device.owner))? {
            let asked = asked?;
            if !linked(&asked.record, "devices").contains(&device.id) {
                continue;
            }
            let file = self.case_file(&rashin, kind, &asked.owner, &asked.id)?;
            let is_open = file.is_some_and(|file| file.state().is_some_and(|state| state.id == "open"));
            if !is_open {
                continue;
            }
            let Some(record) = self.answer_of_documents(at, &asked)? else {
                continue;
            };
            let (owner, id) = (&*asked.owner, &*asked.id);
            let moved = self.moved_on(&visit, &rashin, (kind, owner, id), &record, "answer")?;
            let Some(carried) = moved else { continue };
            let filed = RecordState::Filed;
            let draft = drafted(&visit, kind, owner, id, asked.version, filed, &record)?;
            let drafts = [vec![draft], carried.drafts].concat();
            let by = (at, visit.actor(), Action::KeepCases);
            let detail = json!({ "kind": ANSWER, "record": id, "what": "answer", "by": "vex" });
            let change = change(by, owner, detail, drafts, carried.jobs)?;
            self.store.commit(&change).map_err(refused)?;
            answered += 1;
        }
        Ok(answered)
    }

    /// The maker's record with what the documents of all its devices say alike; nothing where they do not, or do not say enough.
    fn answer_of_documents(&self, at: Timestamp, asked: &Found) -> Result<Option<Record>, Refusal> {
        let names: BTreeSet<String> = texts(&asked.record, "names").into_iter().collect();
        let mut said: Vec<Statement> = vec![];
        for id in linked(&asked.record, "devices") {
            let device =
                self.in_room(|room| Ok(room.devices.get(&format!("{}/{id}", asked.owner)).cloned()))?;
            let Some(device) = device.flatten() else {
                return Ok(None);
            };
            let Some(Ok(assessed)) = self.assess(at, &device)? else {
                return Ok(None);
            };
            let is_asked = |name: &String| names.contains(name);
            let findings = assessed.matches.findings.iter();
            let findings = findings
                .filter(|finding| is_asked(&finding.advisory) || finding.aliases.iter().any(is_asked));
            let before = said.len();
            for finding in findings {
                // What contradicts itself a person has to settle.
                let counts = finding.answer.as_ref().filter(|answer| !answer.conflict);
                let counts = counts.map(|answer| &answer.counts);
                let counts = counts.filter(|said| device.vex.iter().any(|(name, _)| *name == said.document));
                let Some(counts) = counts else {
                    return Ok(None);
                };
                said.push(counts.statement.clone());
            }
            if said.len() == before {
                return Ok(None);
            }
        }
        let Some(first) = said.first() else {
            return Ok(None);
        };
        let alike = said.iter().all(|one| one.status == first.status);
        Ok(filled(&asked.record, first).filter(|_| alike))
    }
}

/// The record with what a statement says; nothing where it does not say what the form asks for.
fn filled(asked: &Record, said: &Statement) -> Option<Record> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (impact, action) = (text(&said.impact), text(&said.action));
    let (status, justification) = match said.status {
        Status::NotAffected => {
            impact.as_ref()?;
            let why = match said.justification_of_csaf()? {
                "vulnerable_code_cannot_be_controlled_by_adversary" => "not_controllable_by_adversary",
                other => other,
            };
            ("not-affected", Some(why.replace('_', "-")))
        }
        Status::Affected => {
            action.as_ref()?;
            ("affected", None)
        }
        Status::Fixed => ("fixed", None),
        Status::UnderInvestigation => return None,
    };
    let mut record = asked.clone();
    let says = [
        ("status", Some(status.to_owned())),
        ("justification", justification),
        ("impact", impact),
        ("action", action),
    ];
    for (field, text) in says {
        if let Some(text) = text {
            record.fields.insert(field.to_owned(), Value::Text(text));
        }
    }
    Some(record)
}
