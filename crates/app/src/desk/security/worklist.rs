//! What makers say of vulnerabilities in their devices: what of it counts at a time, and the list of what they have still to answer, what is known
//! to be exploited first. A form that was saved and not handed over is nobody's answer yet.

use std::collections::{BTreeMap, BTreeSet};

use authz::Sight;
use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Kind as Form, Text};
use record::procedure::{What, due};
use serde::Serialize;
use store::{Name, Query};
use vocab::Refusal;

use super::super::kept::refused;
use super::super::register::{key, opened, reading, stored};
use super::super::supply::{text, texts};
use super::super::{Desk, Visit, closed};
use super::item::linked;
use super::{ANSWER, RESPONSE, SEVERITIES};
use crate::ask::Rashin;

/// So many are read for a list.
const READ: u32 = 2_000;
/// What a maker does to answer.
const ANSWERING: [&str; 3] = ["answer", "investigate", "revise"];

/// What a maker says of a vulnerability in its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MakerAnswer {
    /// The maker.
    pub maker: String,
    /// Id of its record.
    pub id: String,
    /// `affected`, `not-affected`, `fixed`, `under-investigation`.
    pub status: String,
    /// Code of why it is not affected; may be empty.
    pub justification: String,
    /// What it means for the device; may be empty.
    pub impact: String,
    /// What is to be done; may be empty.
    pub action: String,
    /// The version with the fix; may be empty.
    pub fixed_in: String,
    /// Ids of the hand-ins that it is about.
    pub devices: BTreeSet<String>,
    /// When it was given.
    pub at: Timestamp,
}

/// A vulnerability that a maker has to answer.
#[derive(Debug, Clone, Serialize)]
pub struct MakerItem {
    /// The maker.
    pub maker: String,
    /// Id of the record.
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
    /// Its devices: id of the hand-in, name and version.
    pub devices: Vec<(String, String)>,
    /// What it has said so far.
    pub answer: Option<MakerAnswer>,
    /// Where it stands.
    pub state: Text,
    /// Id of that state.
    pub state_id: String,
    /// Since when it is asked for an answer.
    pub since: Timestamp,
    /// How many whole days that is.
    pub age: i64,
    /// The last day for an answer; none once it is given.
    pub by: Option<Date>,
    /// Whether that day is over.
    pub overdue: bool,
    /// How many hospitals ask it about this.
    pub asked: usize,
}

impl Desk {
    /// What the one who asks has to answer, or for the ministry what everybody has: what is open first, what is exploited before the rest, then by
    /// severity, the oldest first.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for whoever is neither.
    pub fn security_work(&self, visit: &Visit) -> Result<Vec<MakerItem>, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(ANSWER).ok_or_else(super::super::unknown)?;
        let owner = match reading(visit, kind) {
            Sight::All => None,
            Sight::Organisation(own) => Some(own),
            Sight::Nothing => return Err(closed(visit)),
        };
        self.maker_items(visit, &rashin, kind, owner.as_deref())
    }

    /// The same, of one maker or of all, once it is authorised.
    pub(super) fn maker_items(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        owner: Option<&str>,
    ) -> Result<Vec<MakerItem>, Refusal> {
        let query = Query {
            owner: owner.map(Name::new).transpose().map_err(refused)?,
            state: Some(Name::new("filed").map_err(refused)?),
            limit: READ,
            ..Query::of(stored(&kind.id)?)
        };
        let asked = self.asked(rashin, owner)?;
        let mut items = vec![];
        for version in self.store.list(&query).map_err(refused)? {
            if version.body.is_none() {
                continue;
            }
            let found = opened(kind, &version)?;
            let Some(file) = self.case_file(rashin, kind, &found.owner, &found.id)? else {
                continue;
            };
            let (Some(state), Some(kept)) = (file.state().cloned(), &file.kept) else {
                continue;
            };
            let case = &kept.value;
            let Some(first) = case.history.first() else {
                continue;
            };
            let dues = due(file.procedure, case, visit.today(), rashin.calendar());
            let names = texts(&found.record, "names");
            let devices = linked(&found.record, "devices");
            items.push(MakerItem {
                answer: self.answer_at(rashin, kind, &found.owner, &found.id, None)?,
                number: case.number.clone(),
                name: text(&found.record, "name"),
                summary: text(&found.record, "summary"),
                exploited: text(&found.record, "exploited") == "yes",
                severity: text(&found.record, "severity"),
                devices: self.device_names(&found.owner, &devices)?,
                state: state.title,
                state_id: state.id,
                since: first.at,
                age: (visit.at.as_second() - first.at.as_second()) / 86_400,
                by: dues.iter().filter_map(|due| due.by).min(),
                overdue: dues.iter().any(|due| due.overdue),
                asked: names
                    .iter()
                    .filter_map(|name| asked.get(&(found.owner.clone(), name.clone())))
                    .max()
                    .copied()
                    .unwrap_or(0),
                names,
                maker: found.owner,
                id: found.id,
            });
        }
        items.sort_by_key(|item| {
            let severity = SEVERITIES.iter().position(|one| *one == item.severity);
            let state = ["open", "answered"].iter().position(|one| *one == item.state_id);
            (
                state.unwrap_or(9),
                !item.exploited,
                severity.unwrap_or(9),
                item.since,
                item.id.clone(),
            )
        });
        Ok(items)
    }

    /// How many hospitals ask a maker about a vulnerability, by maker and name.
    fn asked(
        &self,
        rashin: &Rashin,
        maker: Option<&str>,
    ) -> Result<BTreeMap<(String, String), usize>, Refusal> {
        let mut asked = BTreeMap::new();
        let Some(kind) = rashin.plan().kind(RESPONSE) else {
            return Ok(asked);
        };
        let mut query = Query {
            state: Some(Name::new("asked").map_err(refused)?),
            limit: READ,
            ..Query::of(Name::new("case").map_err(refused)?)
        };
        query.filters = vec![super::super::case::filter(
            "procedure",
            store::Test::Is(RESPONSE.into()),
        )?];
        for version in self.store.list(&query).map_err(refused)? {
            let owner = version.key.owner.to_string();
            let id = version.key.id.as_str().split_once('.').map_or("", |(_, id)| id);
            let Some(version) = self.store.newest(&key(kind, &owner, id)?).map_err(refused)? else {
                continue;
            };
            let record = opened(kind, &version)?.record;
            for one in texts(&record, "makers") {
                if maker.is_none_or(|maker| maker == one) {
                    for name in texts(&record, "names") {
                        *asked.entry((one.clone(), name)).or_insert(0) += 1;
                    }
                }
            }
        }
        Ok(asked)
    }

    /// What a maker says of a vulnerability, as it was last handed over by a time; nothing where it has said nothing by then.
    pub(super) fn answer_at(
        &self,
        rashin: &Rashin,
        kind: &Form,
        owner: &str,
        id: &str,
        until: Option<Timestamp>,
    ) -> Result<Option<MakerAnswer>, Refusal> {
        let file = self.case_file(rashin, kind, owner, id)?;
        let Some(kept) = file.and_then(|file| file.kept) else {
            return Ok(None);
        };
        let given = kept.value.history.iter().rev().find(|event| {
            until.is_none_or(|until| event.at <= until)
                && matches!(&event.what, What::Moved { transition, .. } if ANSWERING.contains(&transition.as_str()))
        });
        let Some(given) = given else { return Ok(None) };
        // The newest first: what was typed later and not handed over is passed by.
        for version in self.store.versions(&key(kind, owner, id)?).map_err(refused)? {
            if version.body.is_none() {
                continue;
            }
            let found = opened(kind, &version)?;
            if found.written() <= given.at {
                let record = &found.record;
                return Ok(Some(MakerAnswer {
                    maker: owner.to_owned(),
                    id: id.to_owned(),
                    status: text(record, "status"),
                    justification: text(record, "justification"),
                    impact: text(record, "impact"),
                    action: text(record, "action"),
                    fixed_in: text(record, "fixed_in"),
                    devices: linked(record, "devices"),
                    at: given.at,
                }));
            }
        }
        Ok(None)
    }

    /// Hand-ins by id, with name and version.
    pub(super) fn device_names(
        &self,
        owner: &str,
        ids: &BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let named = self.in_room(|room| {
            let name = |id: &String| {
                let device = room.devices.get(&format!("{owner}/{id}"));
                let name = device.map(|device| format!("{} {}", device.name, device.version));
                (id.clone(), name.unwrap_or_else(|| id.clone()))
            };
            Ok(ids.iter().map(name).collect())
        })?;
        Ok(named.unwrap_or_else(|| ids.iter().map(|id| (id.clone(), id.clone())).collect()))
    }
}
