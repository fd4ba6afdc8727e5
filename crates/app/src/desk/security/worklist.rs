//! What makers say of vulnerabilities in their devices: what of it counts at a time, and the list of what they have still to answer, what is known
//! to be exploited first. A form that was saved and not handed over is nobody's answer yet.

use std::collections::{BTreeMap, BTreeSet};

use authz::Sight;
use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Kind as Form, State, Text};
use record::procedure::{Case, What, due};
use serde::Serialize;
use store::{Name, Query, Test};
use vocab::Refusal;

use super::super::case::filter;
use super::super::kept::refused;
use super::super::register::{Found, key, opened, reading};
use super::super::supply::{text, texts};
use super::super::{Desk, Kind, Visit, closed};
use super::item::linked;
use super::watch::Device;
use super::{ANSWER, RESPONSE, SEVERITIES};
use crate::ask::Rashin;

/// What a maker does to answer.
const ANSWERING: [&str; 3] = ["answer", "investigate", "revise"];

/// What asks it for another answer.
const SENT_BACK: &str = "ask-again";

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

/// What makers have to answer.
#[derive(Debug, Clone, Default)]
pub struct SecurityWork {
    /// What is open first, what is exploited before the rest, then by severity, the oldest first.
    pub items: Vec<MakerItem>,
    /// How many there are in all.
    pub all: usize,
    /// How many of them wait for an answer.
    pub open: usize,
}

/// How a maker's answer stands.
pub(super) struct Standing {
    pub found: Found,
    number: String,
    state: State,
    since: Timestamp,
    /// How many whole days that is.
    pub age: i64,
    by: Option<Date>,
    pub overdue: bool,
}

impl MakerAnswer {
    /// What a maker has said last of one of its devices, of all its answers to a vulnerability.
    pub(super) fn newest<'a>(answers: &'a [Self], device: &str) -> Option<&'a Self> {
        let about = answers.iter().filter(|answer| answer.devices.contains(device));
        about.max_by_key(|answer| answer.at)
    }
}

impl Standing {
    pub fn is_open(&self) -> bool {
        self.state.id == "open"
    }

    pub fn is_exploited(&self) -> bool {
        text(&self.found.record, "exploited") == "yes"
    }

    /// The most urgent first.
    fn rank(&self) -> impl Ord + use<> {
        let severity = text(&self.found.record, "severity");
        let severity = SEVERITIES.iter().position(|one| *one == severity);
        let state = ["open", "answered"].iter().position(|one| *one == self.state.id);
        (
            state.unwrap_or(9),
            !self.is_exploited(),
            severity.unwrap_or(9),
            self.since,
            self.found.id.clone(),
        )
    }
}

impl Desk {
    /// What the one who asks has to answer, or for the ministry what everybody has; `most` of it are read in full.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for whoever is neither.
    pub fn security_work(&self, visit: &Visit, most: usize) -> Result<SecurityWork, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(ANSWER).ok_or_else(super::super::unknown)?;
        let owner = match reading(visit, kind) {
            Sight::All => None,
            Sight::Organisation(own) => Some(own),
            Sight::Nothing => return Err(closed(visit)),
        };
        let mut all = self.answers_standing(visit, &rashin, kind, owner.as_deref())?;
        all.sort_by_cached_key(Standing::rank);
        let mut work = SecurityWork {
            items: vec![],
            all: all.len(),
            open: all.iter().filter(|one| one.is_open()).count(),
        };
        let asked = self.asked(&rashin, owner.as_deref())?;
        for one in all.into_iter().take(most) {
            work.items.push(self.maker_item(&rashin, kind, &asked, one)?);
        }
        Ok(work)
    }

    /// How every answer stands, of one maker or of all, once it is authorised.
    pub(super) fn answers_standing(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        owner: Option<&str>,
    ) -> Result<Vec<Standing>, Refusal> {
        let mut all = vec![];
        for found in self.every_filed(kind, owner)? {
            let found = found?;
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
            all.push(Standing {
                number: case.number.clone(),
                state,
                since: first.at,
                age: (visit.at.as_second() - first.at.as_second()) / 86_400,
                by: dues.iter().filter_map(|due| due.by).min(),
                overdue: dues.iter().any(|due| due.overdue),
                found,
            });
        }
        Ok(all)
    }

    /// The same in full, with how many hospitals ask by maker and name.
    fn maker_item(
        &self,
        rashin: &Rashin,
        kind: &Form,
        asked: &BTreeMap<(String, String), usize>,
        one: Standing,
    ) -> Result<MakerItem, Refusal> {
        let exploited = one.is_exploited();
        let Standing { found, .. } = one;
        let names = texts(&found.record, "names");
        let devices = linked(&found.record, "devices");
        let ask = names
            .iter()
            .filter_map(|name| asked.get(&(found.owner.clone(), name.clone())));
        Ok(MakerItem {
            answer: self.answer_at(rashin, kind, &found.owner, &found.id, None)?,
            number: one.number,
            name: text(&found.record, "name"),
            summary: text(&found.record, "summary"),
            exploited,
            severity: text(&found.record, "severity"),
            devices: self.device_names(&found.owner, &devices)?,
            state: one.state.title,
            state_id: one.state.id,
            since: one.since,
            age: one.age,
            by: one.by,
            overdue: one.overdue,
            asked: ask.max().copied().unwrap_or(0),
            names,
            maker: found.owner,
            id: found.id,
        })
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
        let query = Query {
            state: Some(Name::new("asked").map_err(refused)?),
            filters: vec![filter("procedure", Test::Is(RESPONSE.into()))?],
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        for version in self.every(query) {
            let version = version?;
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
        let moves = kept
            .value
            .history
            .iter()
            .rev()
            .filter_map(|event| match &event.what {
                What::Moved { transition, .. } if until.is_none_or(|until| event.at <= until) => {
                    Some((event, transition.as_str()))
                }
                _ => None,
            });
        // An answer that was sent back is none.
        let given = moves
            .take_while(|(_, transition)| *transition != SENT_BACK)
            .find(|(_, transition)| ANSWERING.contains(transition));
        let Some((given, _)) = given else { return Ok(None) };
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

    /// What these makers say of a vulnerability of these names, as far as they had said it by a time.
    pub(super) fn answers_of(
        &self,
        rashin: &Rashin,
        kind: &Form,
        makers: impl IntoIterator<Item = impl AsRef<str>>,
        names: &[String],
        until: Option<Timestamp>,
    ) -> Result<Vec<MakerAnswer>, Refusal> {
        let mut answers = vec![];
        for maker in makers {
            let maker = maker.as_ref();
            for found in self.about(kind, Some(maker), names)? {
                answers.extend(self.answer_at(rashin, kind, maker, &found.id, until)?);
            }
        }
        Ok(answers)
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
                let name = device.map(Device::called);
                (id.clone(), name.unwrap_or_else(|| id.clone()))
            };
            Ok(ids.iter().map(name).collect())
        })?;
        Ok(named.unwrap_or_else(|| ids.iter().map(|id| (id.clone(), id.clone())).collect()))
    }
}
