//! The ministry's overview: what makers have still to answer, how complete the matching is, and for one advisory whom it concerns, how far each maker has
//! answered and where hospitals have acted. Makers and hospitals see what of it is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use authz::Sight;
use cyber::database::Summary;
use jiff::civil::Date;
use plan::Kind as Form;
use serde::Serialize;
use store::{Name, Query};
use vocab::Refusal;

use super::super::kept::refused;
use super::super::register::{Found, key, opened, reading};
use super::super::supply::{ASSET, HeldAsset, date, text, texts};
use super::super::{Desk, Visit, closed, unknown};
use super::disclosed::Disclosed;
use super::facts::{Concerned, Facts};
use super::feed::FeedView;
use super::held::called;
use super::inbox::held_as;
use super::item::linked;
use super::support::{LifeDays, LifeStage};
use super::watch::{Device, Room};
use super::words::{InWords, Wording};
use super::worklist::MakerAnswer;
use super::{ANSWER, DEVICE, RESPONSE};
use crate::ask::Rashin;

/// Devices that are named on an advisory's page.
const NAMED: usize = 500;

/// The overview.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityBoard {
    /// Whether matching is ready, and with a database of advisories.
    pub ready: bool,
    /// What that database holds.
    pub known: Option<Summary>,
    /// Device versions handed in, and how many of them with a bill that is matched.
    pub devices: [usize; 2],
    /// Components in all, matched, clean, not to be assessed.
    pub components: [usize; 4],
    /// Of those not to be assessed: how many by cause.
    pub causes: BTreeMap<String, usize>,
    /// Device versions without a bill that can be read.
    pub unreadable: usize,
    /// Vulnerabilities that wait for a maker's answer: known exploited ones under `exploited`, the others by severity.
    pub urgencies: BTreeMap<String, usize>,
    /// By maker, the most overdue first.
    pub makers: Vec<MakerCount>,
    /// Hospitals' items by the id of their state.
    pub responses: BTreeMap<String, usize>,
    /// Device versions by where they stand in their lives.
    pub stages: BTreeMap<LifeStage, usize>,
    /// Where advisories come from.
    pub feeds: Vec<FeedView>,
}

/// What a maker has still to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MakerCount {
    /// The maker.
    pub maker: String,
    /// How many wait for its answer.
    pub open: usize,
    /// Of these known to be exploited.
    pub exploited: usize,
    /// Of these over their time.
    pub overdue: usize,
    /// Answered.
    pub answered: usize,
    /// For how many days the oldest has waited.
    pub oldest: i64,
}

/// An advisory and whom it concerns, as far as the one who asks may know.
#[derive(Debug, Clone, Serialize)]
pub struct AdvisoryPage {
    /// What it is called.
    pub name: String,
    /// Every name.
    pub names: Vec<String>,
    /// In a line.
    pub summary: String,
    /// In full, as its publisher wrote it.
    pub details: String,
    /// Where more is written.
    pub references: Vec<String>,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// `critical`, `high`, `medium`, `low`, `unknown`.
    pub severity: String,
    /// Devices that it concerns, by maker and name.
    pub devices: Vec<TouchedDevice>,
    /// Whether there are more than are named.
    pub cut: bool,
    /// For a hospital: owner and id of its own record of it, the newest.
    pub item: Option<(String, String)>,
    /// For a hospital: which of its own it concerns.
    pub own: Vec<OwnAsset>,
    /// For a hospital: what the makers of these say.
    pub answers: Vec<MakerAnswer>,
    /// Hospitals that hold such devices, by prefecture (`00` where it is not known), for the ministry: how many there are, and how many have acted.
    pub prefectures: BTreeMap<String, [usize; 2]>,
    /// Hospitals by the id of their item's state, for the ministry.
    pub responses: BTreeMap<String, usize>,
}

/// What a hospital holds that an advisory concerns.
#[derive(Debug, Clone, Serialize)]
pub struct OwnAsset {
    /// Which.
    pub asset: HeldAsset,
    /// How advisories name it; nothing where what its maker handed in tells of it.
    pub named: Vec<Wording>,
}

/// A device that an advisory concerns.
#[derive(Debug, Clone, Serialize)]
pub struct TouchedDevice {
    /// The maker.
    pub maker: String,
    /// Id of the hand-in.
    pub id: String,
    /// Brand name.
    pub name: String,
    /// Version of the software.
    pub version: String,
    /// Whether a person must tell that it concerns the device at all.
    pub doubtful: bool,
    /// What the maker says of it; nothing if it has not answered.
    pub answer: Option<MakerAnswer>,
    /// Where it stands in its life.
    pub stage: LifeStage,
    /// On which days that changes.
    pub days: LifeDays,
}

/// What is known of a vulnerability.
struct Known {
    facts: Facts,
    /// As the database of advisories has it.
    record: Option<cyber::osv::Record>,
    concerned: Concerned,
    /// As it was published here.
    disclosed: Option<Disclosed>,
}

impl SecurityBoard {
    /// Takes in what is known of the devices, and how complete that is.
    fn take(&mut self, room: &Room, today: Date) {
        self.known = room.database.as_ref().map(|database| database.summary().clone());
        self.ready = self.known.is_some();
        self.devices[0] = room.devices.len();
        for device in room.devices.values() {
            *self.stages.entry(device.days().stage(today)).or_default() += 1;
        }
        if !self.ready {
            return;
        }
        let all = room.devices.keys();
        self.devices[1] = all.filter(|key| room.portfolio.bill_of(key).is_some()).count();
        self.unreadable = self.devices[0] - self.devices[1];
        let tally = room.portfolio.tally_of_all();
        let whole = |count| usize::try_from(count).unwrap_or(usize::MAX);
        self.components = [tally.components, tally.matched, tally.clean, tally.unassessable].map(whole);
        let causes = tally.causes.into_iter();
        self.causes = causes
            .map(|(cause, count)| (cause.to_owned(), whole(count)))
            .collect();
    }
}

impl Desk {
    /// The ministry's overview.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for all others.
    pub fn security_board(&self, visit: &Visit) -> Result<SecurityBoard, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(ANSWER).ok_or_else(unknown)?;
        if reading(visit, kind) != Sight::All {
            return Err(closed(visit));
        }
        let mut board = SecurityBoard {
            feeds: self.feeds()?,
            ..SecurityBoard::default()
        };
        self.in_room(|room| {
            board.take(room, visit.today());
            Ok(())
        })?;
        let mut makers: BTreeMap<String, MakerCount> = BTreeMap::new();
        for one in self.answers_standing(visit, &rashin, kind, None)? {
            let maker = one.found.owner.clone();
            let count = makers.entry(maker.clone()).or_insert_with(|| MakerCount {
                maker,
                open: 0,
                exploited: 0,
                overdue: 0,
                answered: 0,
                oldest: 0,
            });
            if !one.is_open() {
                count.answered += 1;
                continue;
            }
            count.open += 1;
            count.exploited += usize::from(one.is_exploited());
            count.overdue += usize::from(one.overdue);
            count.oldest = count.oldest.max(one.age);
            let urgency = if one.is_exploited() {
                "exploited".to_owned()
            } else {
                text(&one.found.record, "severity")
            };
            *board.urgencies.entry(urgency).or_default() += 1;
        }
        board.makers = makers.into_values().collect();
        board.makers.sort_by_key(|count| {
            (
                std::cmp::Reverse((count.overdue, count.exploited, count.open)),
                count.maker.clone(),
            )
        });
        if let Some(kind) = rashin.plan().kind(RESPONSE) {
            board.responses = self.responses(&rashin, kind)?;
        }
        Ok(board)
    }

    /// Hospitals' items by state.
    fn responses(&self, rashin: &Rashin, kind: &Form) -> Result<BTreeMap<String, usize>, Refusal> {
        let mut counts = BTreeMap::new();
        let states = rashin.plan().procedure_of(&kind.id).map(|procedure| {
            procedure
                .states
                .iter()
                .map(|state| state.id.clone())
                .collect::<Vec<_>>()
        });
        for state in states.unwrap_or_default() {
            let query = Query {
                state: Some(Name::new(&*state).map_err(refused)?),
                filters: vec![super::super::case::filter(
                    "procedure",
                    store::Test::Is(kind.id.clone()),
                )?],
                ..Query::of(Name::new("case").map_err(refused)?)
            };
            let count = self.store.count(&query, 1_000_000).map_err(refused)?;
            if count > 0 {
                counts.insert(state, usize::try_from(count).unwrap_or(usize::MAX));
            }
        }
        Ok(counts)
    }

    /// An advisory by any of its names: for the ministry with all that it concerns, for a maker with its own devices, for a hospital that it
    /// concerns with what it says.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for all others, and for what is not known.
    pub fn advisory(&self, visit: &Visit, id: &str) -> Result<AdvisoryPage, Refusal> {
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        let kind = plan.kind(ANSWER).ok_or_else(unknown)?;
        let sight = reading(visit, kind);
        if sight == Sight::Nothing {
            return Err(closed(visit));
        }
        let Known {
            facts,
            record,
            concerned,
            disclosed,
        } = self.known(id)?;
        let unsure: BTreeSet<String> = concerned.doubtful.iter().map(Device::key).collect();
        let mut devices = [concerned.sure, concerned.doubtful].concat();
        if record.is_none() && devices.is_empty() && concerned.in_words.is_empty() && disclosed.is_none() {
            return Err(unknown());
        }
        let (mut own_assets, mut own_answers, mut item) = (vec![], vec![], None);
        let response = plan.kind(RESPONSE);
        if let Sight::Organisation(own) = &sight {
            let own = own.as_str();
            devices.retain(|device| device.owner == own);
            let items = match response {
                Some(kind) => self.about(kind, Some(own), &facts.names)?,
                None => vec![],
            };
            // Whom it does not concern learns nothing of it here.
            if devices.is_empty() && items.is_empty() {
                return Err(unknown());
            }
            item = items.last().map(|item| (item.owner.clone(), item.id.clone()));
            own_assets = self.own_assets(&rashin, &items, &concerned.in_words)?;
            let makers: BTreeSet<String> = items
                .iter()
                .flat_map(|item| texts(&item.record, "makers"))
                .collect();
            own_answers = self.answers_of(&rashin, kind, &makers, &facts.names, None)?;
        }
        let cut = devices.len() > NAMED;
        let touched = self.touched(visit, &rashin, kind, &facts, (devices, &unsure))?;
        let (prefectures, responses) = match (response, &sight) {
            (Some(kind), Sight::All) => self.acted(&rashin, kind, &facts)?,
            _ => (BTreeMap::new(), BTreeMap::new()),
        };
        let references = record.iter().flat_map(|record| &record.references);
        Ok(AdvisoryPage {
            name: facts.names.first().cloned().unwrap_or_default(),
            references: references.map(|reference| reference.url.clone()).collect(),
            details: record
                .as_ref()
                .and_then(|record| record.details.clone())
                .or_else(|| disclosed.as_ref().map(Disclosed::in_full))
                .unwrap_or_default(),
            summary: facts.summary,
            exploited: facts.exploited,
            severity: facts.severity.to_owned(),
            names: facts.names,
            devices: touched,
            cut,
            item,
            own: own_assets,
            answers: own_answers,
            prefectures,
            responses,
        })
    }

    /// What is known of a vulnerability by any of its names.
    fn known(&self, id: &str) -> Result<Known, Refusal> {
        let found = self.in_room(|room: &Room| {
            let Some(facts) = room.facts(id)? else {
                return Ok(None);
            };
            let mut record = None;
            for name in facts.names.iter().filter(|_| room.database.is_some()) {
                if let Some(database) = &room.database {
                    record = record.or(database.record(name)?);
                }
            }
            let concerned = room.concerned(id, &facts.names);
            Ok(Some((facts, record, concerned)))
        })?;
        let disclosed = self.disclosed()?.into_iter().find(|one| one.is_called(id));
        let (facts, record, concerned) = match (found.flatten(), &disclosed) {
            (Some((facts, record, concerned)), None) => (facts, record, concerned),
            (found, Some(one)) => {
                let (record, concerned) = found.map_or_else(Default::default, |found| (found.1, found.2));
                (self.facts_of(one)?, record, concerned)
            }
            (None, None) => return Err(unknown()),
        };
        Ok(Known {
            facts,
            record,
            concerned,
            disclosed,
        })
    }

    /// The first of these devices by maker and name, each with what its maker says of the vulnerability.
    fn touched(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        facts: &Facts,
        (devices, unsure): (Vec<Device>, &BTreeSet<String>),
    ) -> Result<Vec<TouchedDevice>, Refusal> {
        let mut answers: BTreeMap<String, Vec<MakerAnswer>> = BTreeMap::new();
        for maker in devices
            .iter()
            .map(|device| device.owner.clone())
            .collect::<BTreeSet<_>>()
        {
            let said = self.answers_of(rashin, kind, [&maker], &facts.names, None)?;
            answers.insert(maker, said);
        }
        let mut touched: Vec<TouchedDevice> = devices
            .into_iter()
            .take(NAMED)
            .map(|device| TouchedDevice {
                doubtful: unsure.contains(&device.key()),
                answer: answers
                    .get(&device.owner)
                    .and_then(|said| MakerAnswer::newest(said, &device.id).cloned()),
                stage: device.days().stage(visit.today()),
                days: device.days(),
                maker: device.owner,
                id: device.id,
                name: device.name,
                version: device.version,
            })
            .collect();
        touched.sort_by_key(|device| (device.maker.clone(), device.name.clone(), device.version.clone()));
        Ok(touched)
    }

    /// What a hospital's items are about, and how these advisories name it.
    fn own_assets(
        &self,
        rashin: &Rashin,
        items: &[Found],
        in_words: &[(Arc<InWords>, String)],
    ) -> Result<Vec<OwnAsset>, Refusal> {
        let mut own = BTreeMap::new();
        let Some(kind) = rashin.plan().kind(ASSET) else {
            return Ok(vec![]);
        };
        for item in items {
            for id in linked(&item.record, "assets") {
                let newest = self
                    .store
                    .newest(&key(kind, &item.owner, &id)?)
                    .map_err(refused)?;
                let Some(version) = newest.filter(|version| version.body.is_some()) else {
                    continue;
                };
                let record = opened(kind, &version)?.record;
                let called = called(&record);
                let named = in_words
                    .iter()
                    .filter_map(|(one, first)| one.says_of(&called).remove(first));
                let asset = OwnAsset {
                    named: named.collect(),
                    asset: held_as(id.clone(), &record),
                };
                own.insert(id, asset);
            }
        }
        Ok(own.into_values().collect())
    }

    /// How many hospitals are concerned and how many have acted, by prefecture; and how many stand in which state.
    #[expect(clippy::type_complexity, reason = "two counts of one pass")]
    fn acted(
        &self,
        rashin: &Rashin,
        kind: &Form,
        facts: &Facts,
    ) -> Result<(BTreeMap<String, [usize; 2]>, BTreeMap<String, usize>), Refusal> {
        let mut states = BTreeMap::new();
        // A hospital has acted once none of its items is open; one in several prefectures counts in each.
        let mut hospitals: BTreeMap<(String, String), bool> = BTreeMap::new();
        for found in self.about(kind, None, &facts.names)? {
            let file = self.case_file(rashin, kind, &found.owner, &found.id)?;
            let Some(state) = file.as_ref().and_then(|file| file.state()) else {
                continue;
            };
            *states.entry(state.id.clone()).or_default() += 1;
            for place in self.places(rashin, &found)? {
                let acted = hospitals.entry((place, found.owner.clone())).or_insert(true);
                *acted &= state.id != "open";
            }
        }
        let mut prefectures: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for ((place, _), acted) in hospitals {
            let counts = prefectures.entry(place).or_default();
            counts[0] += 1;
            counts[1] += usize::from(acted);
        }
        Ok((prefectures, states))
    }

    /// The prefectures in which a hospital holds what an item is about, `00` where that is not known.
    fn places(&self, rashin: &Rashin, item: &Found) -> Result<BTreeSet<String>, Refusal> {
        let mut places = BTreeSet::new();
        if let Some(asset) = rashin.plan().kind(ASSET) {
            for id in linked(&item.record, "assets") {
                let newest = self.store.newest(&key(asset, &item.owner, &id)?);
                let newest = newest.map_err(refused)?.filter(|version| version.body.is_some());
                if let Some(version) = newest {
                    let code = text(&opened(asset, &version)?.record, "institution");
                    places.extend(code.get(..2).map(str::to_owned));
                }
            }
        }
        if places.is_empty() {
            places.insert("00".to_owned());
        }
        Ok(places)
    }

    /// The devices that a maker has handed in, or for the ministry all: how each stands.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn security_devices(&self, visit: &Visit) -> Result<Vec<TouchedDevice>, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(DEVICE).ok_or_else(unknown)?;
        let owner = match reading(visit, kind) {
            Sight::All => None,
            Sight::Organisation(own) => Some(own),
            Sight::Nothing => return Err(closed(visit)),
        };
        let mut list = vec![];
        for found in self.every_filed(kind, owner.as_deref())? {
            let found = found?;
            let days = LifeDays {
                eol: date(&found.record, "eol_on"),
                eos: date(&found.record, "eos_on"),
            };
            list.push(TouchedDevice {
                stage: days.stage(visit.today()),
                days,
                name: text(&found.record, "name"),
                version: text(&found.record, "version_name"),
                maker: found.owner,
                id: found.id,
                doubtful: false,
                answer: None,
            });
        }
        Ok(list)
    }
}
