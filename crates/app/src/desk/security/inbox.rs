//! A hospital's inbox: of the devices that it holds, what is vulnerable, what is out of support or soon will be, and what it has done. Everything is read from
//! records and their cases, so it can be asked as of any earlier day: what came later does not change that answer.

use std::collections::BTreeMap;

use authz::{Action, Role, Subject};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::offset;
use plan::{Kind as Form, State, Text};
use record::Record;
use record::procedure::{Case, What};
use serde::Serialize;
use store::{Name, Query};
use vocab::Refusal;

use super::super::kept::refused;
use super::super::register::{Found, key, opened, stored};
use super::super::supply::{ASSET, HeldAsset, date, device_of, text, texts};
use super::super::{Desk, Visit, closed};
use super::item::{CERTAINTY, TO_CHECK, linked};
use super::support::{LifeDays, LifeStage};
use super::watch::Room;
use super::worklist::MakerAnswer;
use super::{ANSWER, RESPONSE, SEVERITIES};
use crate::ask::Rashin;

/// What a hospital is to know.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityInbox {
    /// Vulnerabilities of its devices: what is open first, then what is exploited, then by severity, the newest first.
    pub items: Vec<SecurityItem>,
    /// How many of these there are in all.
    pub all: usize,
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
    /// Whether the hospital is to look whether it concerns them at all.
    pub to_check: bool,
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

/// How a hospital's response stands.
struct Stands {
    found: Found,
    number: String,
    state: State,
    told: Timestamp,
}

impl Stands {
    /// The most urgent first.
    fn rank(&self) -> impl Ord + use<> {
        let record = &self.found.record;
        let severity = text(record, "severity");
        let severity = SEVERITIES.iter().position(|one| *one == severity);
        (
            self.state.last,
            self.state.id != "open",
            text(record, "exploited") != "yes",
            severity.unwrap_or(9),
            std::cmp::Reverse(self.told),
            self.found.id.clone(),
        )
    }
}

impl Desk {
    /// The inbox of the hospital of the one who asks, `most` of its items in full; with `as_of` what it knew at the end of that day.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for whoever answers for no organisation.
    pub fn security_inbox(
        &self,
        visit: &Visit,
        as_of: Option<Date>,
        most: usize,
    ) -> Result<SecurityInbox, Refusal> {
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
            ..Query::of(stored(&kind.id)?)
        };
        let mut all = vec![];
        for newest in self.every(query) {
            let newest = newest?;
            let found = match until {
                None => Some(opened(kind, &newest)?),
                Some(until) => self.record_at(kind, &own, newest.key.id.as_str(), until)?,
            };
            if let Some(found) = found {
                all.extend(self.stands(&rashin, kind, found, until)?);
            }
        }
        all.sort_by_cached_key(Stands::rank);
        let support = match as_of {
            None => self.support(visit, asset, &own)?,
            Some(_) => vec![],
        };
        Ok(SecurityInbox {
            all: all.len(),
            items: all
                .into_iter()
                .take(most)
                .map(|one| self.item(&rashin, asset, one, until))
                .collect::<Result<_, _>>()?,
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
        until: Timestamp,
    ) -> Result<Option<Found>, Refusal> {
        // The newest first.
        for version in self.store.versions(&key(kind, owner, id)?).map_err(refused)? {
            if version.body.is_some() {
                let found = opened(kind, &version)?;
                if found.written() <= until {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// How a hospital's response stands, or stood at a time.
    fn stands(
        &self,
        rashin: &Rashin,
        kind: &Form,
        found: Found,
        until: Option<Timestamp>,
    ) -> Result<Option<Stands>, Refusal> {
        let Some(file) = self.case_file(rashin, kind, &found.owner, &found.id)? else {
            return Ok(None);
        };
        let Some(kept) = &file.kept else { return Ok(None) };
        let case = &kept.value;
        let state = state_at(case, until).and_then(|id| file.procedure.state(id));
        let (Some(state), Some(first)) = (state, case.history.first()) else {
            return Ok(None);
        };
        Ok(Some(Stands {
            number: case.number.clone(),
            state: state.clone(),
            told: first.at,
            found,
        }))
    }

    fn item(
        &self,
        rashin: &Rashin,
        asset: &Form,
        one: Stands,
        until: Option<Timestamp>,
    ) -> Result<SecurityItem, Refusal> {
        let Stands {
            found: Found {
                owner, id, record, ..
            },
            number,
            state,
            told,
        } = one;
        let names = texts(&record, "names");
        let makers = texts(&record, "makers");
        let answers = match rashin.plan().kind(ANSWER) {
            Some(kind) => self.answers_of(rashin, kind, &makers, &names, until)?,
            None => vec![],
        };
        let mut assets = vec![];
        for id in linked(&record, "assets") {
            let held = match until {
                None => {
                    let newest = self.store.newest(&key(asset, &owner, &id)?).map_err(refused)?;
                    let newest = newest.filter(|version| version.body.is_some());
                    newest.map(|version| opened(asset, &version)).transpose()?
                }
                Some(until) => self.record_at(asset, &owner, &id, until)?,
            };
            assets.extend(held.map(|held| held_as(id, &held.record)));
        }
        Ok(SecurityItem {
            owner,
            number,
            name: text(&record, "name"),
            summary: text(&record, "summary"),
            exploited: text(&record, "exploited") == "yes",
            severity: text(&record, "severity"),
            to_check: text(&record, CERTAINTY) == TO_CHECK,
            assets,
            answers,
            state: state.title,
            state_id: state.id,
            over: state.last,
            told,
            names,
            makers,
            id,
        })
    }

    /// What a hospital holds that is not in full support or will soon not be, by its makers' word or by its own contract, whichever is graver.
    fn support(&self, visit: &Visit, asset: &Form, own: &str) -> Result<Vec<SupportEnd>, Refusal> {
        let today = visit.today();
        let mut held = BTreeMap::new();
        for found in self.every_filed(asset, Some(own))? {
            let found = found?;
            if text(&found.record, "use") != "retired" {
                let link = device_of(own, &found.record);
                held.insert(found.id, (found.record, self.same_registered(link.as_deref())?));
            }
        }
        let ends = |room: &Room| {
            let end = |(id, (record, links)): (&String, &(Record, Vec<String>))| {
                let devices = room.devices.values();
                let said = devices.filter(|device| device.is_held_as(record, device.is_one_of(links)));
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

pub(super) fn held_as(id: String, record: &Record) -> HeldAsset {
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
