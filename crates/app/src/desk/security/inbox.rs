//! A hospital's inbox: of the devices that it holds, what is vulnerable, what is out of support or soon will be, and what it has done. Everything is read from
//! records and their cases, so it can be asked as of any earlier day: what came later does not change that answer.

use std::collections::BTreeMap;

use authz::{Action, Role, Subject};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::offset;
use plan::{Kind as Form, Text};
use record::Record;
use record::procedure::{Case, What};
use serde::Serialize;
use store::{Name, Query};
use vocab::Refusal;

use super::super::kept::refused;
use super::super::register::{Found, key, opened, stored};
use super::super::supply::{ASSET, HeldAsset, date, text, texts};
use super::super::{Desk, Visit, closed};
use super::item::linked;
use super::support::{LifeDays, LifeStage};
use super::watch::Room;
use super::worklist::MakerAnswer;
use super::{ANSWER, RESPONSE, SEVERITIES};
use crate::ask::Rashin;

/// So many items are read for an inbox.
const READ: u32 = 1_000;

/// What a hospital is to know.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityInbox {
    /// Vulnerabilities of its devices: what is open first, then what is exploited, then by severity, the newest first.
    pub items: Vec<SecurityItem>,
    /// Devices that are not in full support or will soon not be, the gravest first. Not asked as of an earlier day.
    pub support: Vec<SupportEnd>,
    /// As of the end of which day; none for now.
    pub as_of: Option<Date>,
}

/// A vulnerability of devices that a hospital holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecurityItem {
    /// The hospital.
    pub owner: String,
    /// Id of its record.
    pub id: String,
    /// Reference number.
    pub number: String,
    /// What the vulnerability is called.
    pub name: String,
    /// Every name of it.
    pub names: Vec<String>,
    /// In a line; may be empty.
    pub summary: String,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// `critical`, `high`, `medium`, `low`, `unknown`.
    pub severity: String,
    /// Which devices.
    pub assets: Vec<HeldAsset>,
    /// What their makers say, by maker; a maker that is not there has not said anything.
    pub answers: Vec<MakerAnswer>,
    /// The makers.
    pub makers: Vec<String>,
    /// Where the hospital's response stands.
    pub state: Text,
    /// Id of that state.
    pub state_id: String,
    /// Whether it is over.
    pub over: bool,
    /// When the hospital was first told.
    pub told: Timestamp,
}

/// A device whose support ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportEnd {
    /// What the hospital holds.
    pub asset: HeldAsset,
    /// Where it stands.
    pub stage: LifeStage,
    /// On which days that changes.
    pub days: LifeDays,
    /// Whom to write to; may be empty.
    pub contact: String,
}

impl Desk {
    /// The inbox of the hospital of the one who asks; with `as_of` what it knew at the end of that day.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for whoever answers for no organisation.
    pub fn security_inbox(&self, visit: &Visit, as_of: Option<Date>) -> Result<SecurityInbox, Refusal> {
        Self::authorise(visit, Action::KeepOwnAccount, Subject::default())?;
        let caller = visit.caller.as_ref().filter(|caller| caller.is(Role::Member));
        let own = caller.ok_or_else(|| closed(visit))?.organisation.clone();
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        let (Some(kind), Some(asset)) = (plan.kind(RESPONSE), plan.kind(ASSET)) else {
            return Ok(SecurityInbox::default());
        };
        let until = as_of.map(end_of).transpose()?;
        let query = Query {
            owner: Some(Name::new(&*own).map_err(refused)?),
            limit: READ,
            ..Query::of(stored(&kind.id)?)
        };
        let mut items = vec![];
        for newest in self.store.list(&query).map_err(refused)? {
            let id = newest.key.id.to_string();
            let Some(found) = self.record_at(kind, &own, &id, until)? else {
                continue;
            };
            items.extend(self.item(&rashin, (kind, asset), &own, found, until)?);
        }
        items.sort_by_key(|item| {
            let severity = SEVERITIES.iter().position(|one| *one == item.severity);
            (
                item.over,
                item.state_id != "open",
                !item.exploited,
                severity.unwrap_or(9),
                std::cmp::Reverse(item.told),
                item.id.clone(),
            )
        });
        let support = match as_of {
            None => self.support(visit, asset, &own)?,
            Some(_) => vec![],
        };
        Ok(SecurityInbox {
            items,
            support,
            as_of,
        })
    }

    /// A record as it was at a time.
    fn record_at(
        &self,
        kind: &Form,
        owner: &str,
        id: &str,
        until: Option<Timestamp>,
    ) -> Result<Option<Found>, Refusal> {
        let key = key(kind, owner, id)?;
        let Some(until) = until else {
            let newest = self.store.newest(&key).map_err(refused)?;
            let newest = newest.filter(|version| version.body.is_some());
            return newest.map(|version| opened(kind, &version)).transpose();
        };
        // The newest first.
        for version in self.store.versions(&key).map_err(refused)? {
            if version.body.is_some() {
                let found = opened(kind, &version)?;
                if found.written() <= until {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    fn item(
        &self,
        rashin: &Rashin,
        (kind, asset): (&Form, &Form),
        own: &str,
        found: Found,
        until: Option<Timestamp>,
    ) -> Result<Option<SecurityItem>, Refusal> {
        let Some(file) = self.case_file(rashin, kind, own, &found.id)? else {
            return Ok(None);
        };
        let Some(kept) = &file.kept else { return Ok(None) };
        let case = &kept.value;
        let state = state_at(case, until).and_then(|id| file.procedure.state(id));
        let (Some(state), Some(first)) = (state, case.history.first()) else {
            return Ok(None);
        };
        let record = &found.record;
        let names = texts(record, "names");
        let makers = texts(record, "makers");
        let mut answers = vec![];
        if let Some(kind) = rashin.plan().kind(ANSWER) {
            for maker in &makers {
                for found in self.about(kind, Some(maker), &names)? {
                    answers.extend(self.answer_at(rashin, kind, maker, &found.id, until)?);
                }
            }
        }
        let mut assets = vec![];
        for id in linked(record, "assets") {
            if let Some(held) = self.record_at(asset, own, &id, until)? {
                assets.push(held_as(id, &held.record));
            }
        }
        Ok(Some(SecurityItem {
            owner: own.to_owned(),
            number: case.number.clone(),
            name: text(record, "name"),
            summary: text(record, "summary"),
            exploited: text(record, "exploited") == "yes",
            severity: text(record, "severity"),
            assets,
            answers,
            state: state.title.clone(),
            state_id: state.id.clone(),
            over: state.last,
            told: first.at,
            names,
            makers,
            id: found.id,
        }))
    }

    /// What a hospital holds that is not in full support or will soon not be, by its makers' word or by its own contract, whichever is graver.
    fn support(&self, visit: &Visit, asset: &Form, own: &str) -> Result<Vec<SupportEnd>, Refusal> {
        let query = Query {
            owner: Some(Name::new(own).map_err(refused)?),
            state: Some(Name::new("filed").map_err(refused)?),
            ..Query::of(stored(&asset.id)?)
        };
        let today = visit.today();
        let mut held = BTreeMap::new();
        for version in self.store.list(&query).map_err(refused)? {
            if version.body.is_some() {
                let found = opened(asset, &version)?;
                if text(&found.record, "use") != "retired" {
                    held.insert(found.id, found.record);
                }
            }
        }
        let ends = |room: &Room| {
            let end = |(id, record): (&String, &Record)| {
                let said = room.devices.values().filter(|device| device.is_held_as(record));
                let said = said.map(|device| (device.days(), device.contact.as_str()));
                let contract = LifeDays {
                    eol: None,
                    eos: date(record, "support_until"),
                };
                let ends = said.chain([(contract, "")]);
                let (stage, days, contact) =
                    ends.map(|(days, contact)| (days.stage(today), days, contact))
                        .max_by_key(|(stage, days, _)| (*stage, std::cmp::Reverse(days.eos)))?;
                (stage > LifeStage::Supported).then(|| SupportEnd {
                    asset: held_as(id.clone(), record),
                    stage,
                    days,
                    contact: contact.to_owned(),
                })
            };
            Ok(held.iter().filter_map(end).collect::<Vec<_>>())
        };
        let mut ends = self.in_room(ends)?.unwrap_or_default();
        ends.sort_by_key(|end| {
            (
                std::cmp::Reverse(end.stage),
                end.days.eos,
                end.asset.name.clone(),
                end.asset.id.clone(),
            )
        });
        Ok(ends)
    }
}

fn held_as(id: String, record: &Record) -> HeldAsset {
    HeldAsset {
        id,
        name: text(record, "name"),
        department: text(record, "department"),
    }
}

/// The state in which a case was at a time.
fn state_at(case: &Case, until: Option<Timestamp>) -> Option<&str> {
    let events = case.history.iter().rev();
    events
        .filter(|event| until.is_none_or(|until| event.at <= until))
        .find_map(|event| match &event.what {
            What::Moved { to, .. } => Some(to.as_str()),
            _ => None,
        })
}

/// The last moment of a day in Japan.
fn end_of(day: Date) -> Result<Timestamp, Refusal> {
    let next = day.tomorrow().ok();
    let midnight = |day: Date| offset(9).to_timestamp(day.to_datetime(Time::midnight())).ok();
    let end = next.and_then(midnight);
    let end = end.and_then(|end| end.checked_sub(jiff::SignedDuration::from_micros(1)).ok());
    end.ok_or_else(|| {
        Refusal::new(
            "as_of",
            "いつの時点かは、2026-11-23 のような日付で指定してください。",
            "Say as of which day like 2026-11-23.",
        )
    })
}
