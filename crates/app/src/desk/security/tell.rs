//! Whom a vulnerability concerns is told by a record of their own: its makers, who answer, and the hospitals that hold its devices, who act. What a maker
//! answers is told to the hospitals that hold its devices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use plan::{Kind as Form, Text};
use record::procedure::Channel;
use serde_json::json;
use store::{Name, Progress};
use vocab::Refusal;

use super::super::Desk;
use super::super::kept::refused;
use super::super::notice::{Notice, Once};
use super::super::register::{Found, key, opened};
use super::super::supply::{ASSET, device_of, products_as, text, texts};
use super::facts::{Concerned, Facts};
use super::item::{Item, Items};
use super::watch::{Device, Room, closed};
use super::worklist::MakerAnswer;
use super::{ANSWER, DEVICE, RESPONSE};
use crate::ask::Rashin;

/// For so long a job waits for a server whose database says what the one says that put it in.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

impl Desk {
    /// Tells whom an advisory concerns. A server whose database says something else of it than the one that put this in leaves it, for a while, to
    /// one that knows better.
    pub(in crate::desk) fn tell_vulnerability(
        &self,
        at: Timestamp,
        advisory: &str,
        (says, since): (&str, SignedDuration),
    ) -> Result<Progress, Refusal> {
        self.watch_advisories(at)?;
        let known = self.in_room(|room| room.says(advisory))?.flatten();
        if !says.is_empty() && known.as_deref() != Some(says) && since < PATIENCE {
            return Err(closed());
        }
        let found = self.in_room(|room| {
            let facts = room.facts(advisory)?;
            Ok(facts.map(|facts| {
                let concerned = room.concerned(advisory, &facts.names);
                (facts, concerned)
            }))
        })?;
        let told = match found.flatten() {
            Some((facts, concerned)) => self.tell(at, &facts, &concerned, None)?,
            None => 0,
        };
        Ok(done(told))
    }

    /// Matches what was handed in for a device, or what a hospital holds, and tells whom that concerns.
    pub(in crate::desk) fn match_record(
        &self,
        at: Timestamp,
        kind: &str,
        owner: &str,
        id: &str,
    ) -> Result<Progress, Refusal> {
        self.watch_advisories(at)?;
        let rashin = self.rashin()?;
        let Some(form) = rashin.plan().kind(kind) else {
            return Ok(Progress::default());
        };
        let version = self.store.newest(&key(form, owner, id)?).map_err(refused)?;
        let Some(found) = version.map(|version| opened(form, &version)).transpose()? else {
            return Ok(Progress::default());
        };
        if kind == ASSET {
            return self.match_asset(at, form, &found).map(done);
        }
        let device = Device::of(owner, id, &found.record);
        self.put_device(&device)?;
        // Before it is matched: what another server learns from here on, that one tells.
        self.note_taken(at, owner, id)?;
        let told = self.tell_devices(at, std::slice::from_ref(&device), None)?;
        let answered = self.answer_by_vex(at, &found, &device)?;
        Ok(done(told + answered))
    }

    /// Matches what a hospital holds: with what was handed in for it, and with advisories that name it in words.
    fn match_asset(&self, at: Timestamp, form: &Form, found: &Found) -> Result<u64, Refusal> {
        let link = device_of(&found.owner, &found.record);
        let links = self.same_registered(link.as_deref())?;
        let held = |room: &Room| {
            let devices = room.devices.values();
            let held = devices.filter(|device| device.is_held_as(&found.record, device.is_one_of(&links)));
            Ok(held.cloned().collect::<Vec<_>>())
        };
        let devices = self.in_room(held)?.unwrap_or_default();
        let only = Some(&*found.owner);
        let mut told = self.tell_devices(at, &devices, only)?;
        for device in &devices {
            told += self.tell_stage_of(at, form, device, only)?;
        }
        told += self.tell_asset_in_words(at, found)?;
        Ok(told)
    }

    /// Takes a device into the room, with its bill where there is one that can be read.
    pub(super) fn put_device(&self, device: &Device) -> Result<(), Refusal> {
        let papers = self.papers(device)?;
        let makers = self.maker_names(&device.owner)?;
        let put = self.change_room(|room| room.put(device.clone(), &makers, &papers))?;
        put.unwrap_or(Ok(()))
    }

    /// Tells of every vulnerability of these devices, `only` one hospital if it is named.
    pub(super) fn tell_devices(
        &self,
        at: Timestamp,
        devices: &[Device],
        only: Option<&str>,
    ) -> Result<u64, Refusal> {
        let mut told = 0;
        for device in devices {
            for (facts, is_sure) in self.findings_of(at, device)? {
                let mut concerned = Concerned::default();
                if is_sure {
                    concerned.sure.push(device.clone());
                } else {
                    concerned.doubtful.push(device.clone());
                }
                told += self.tell(at, &facts, &concerned, only)?;
            }
        }
        Ok(told)
    }

    /// The vulnerabilities that concern a device, each once, and whether that is sure.
    fn findings_of(&self, at: Timestamp, device: &Device) -> Result<Vec<(Facts, bool)>, Refusal> {
        let assessed = self.assess(at, device)?.and_then(Result::ok);
        let matched = assessed.iter().flat_map(|assessed| &assessed.matches.findings);
        let all = self.in_room(|room| {
            let key = device.key();
            let mut seen = BTreeSet::new();
            let mut all = vec![];
            let matched = matched.map(|finding| (&finding.advisory, true));
            // What is sure is told first: it may be the same under another name.
            let worded = |sure| {
                let in_words = room.words.vulnerabilities_of(&key);
                in_words.filter(move |(_, is_sure)| *is_sure == sure)
            };
            for (advisory, is_sure) in matched.chain(worded(true)).chain(worded(false)) {
                if !seen.contains(advisory)
                    && let Some(facts) = room.facts(advisory)?
                {
                    seen.extend(facts.names.iter().cloned());
                    all.push((facts, is_sure));
                }
            }
            Ok(all)
        })?;
        Ok(all.unwrap_or_default())
    }

    /// Tells the makers of these devices and those who hold them (`only` one hospital, if it is named); gives how many were told something new.
    /// Hospitals are not told of what the maker has answered does not concern them, nor of what only a person can tell.
    fn tell(
        &self,
        at: Timestamp,
        facts: &Facts,
        concerned: &Concerned,
        only: Option<&str>,
    ) -> Result<u64, Refusal> {
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        let (Some(answer), Some(response), Some(asset)) =
            (plan.kind(ANSWER), plan.kind(RESPONSE), plan.kind(ASSET))
        else {
            return Ok(0);
        };
        let mut makers: BTreeMap<&str, Vec<&Device>> = BTreeMap::new();
        for device in concerned.sure.iter().chain(&concerned.doubtful) {
            makers.entry(&device.owner).or_default().push(device);
        }
        let doubtful: BTreeSet<String> = concerned.doubtful.iter().map(Device::key).collect();
        let mut asked = vec![];
        let mut holders: BTreeMap<String, Item> = BTreeMap::new();
        for (maker, devices) in makers {
            let answered = self.answered(&rashin, answer, maker, &facts.names)?;
            let mut links = BTreeSet::new();
            for device in devices {
                // What the maker has answered here counts, whatever its documents say.
                let answer = answered.get(&device.id).copied();
                if answer.is_none() && self.is_settled_by_vex(device, facts)?
                    || self.is_withdrawn(&rashin, device)?
                {
                    continue;
                }
                links.insert(device.id.clone());
                if answer == Some(true) || doubtful.contains(&device.key()) {
                    continue;
                }
                for (holder, id) in self.holding(asset, device, only)? {
                    let item = Item::of(&mut holders, holder);
                    item.links.insert(id);
                    item.makers.insert(maker.to_owned());
                    item.sure = true;
                }
            }
            if !links.is_empty() {
                let maker = maker.to_owned();
                asked.push(Item {
                    links,
                    ..Item::new(maker)
                });
            }
        }
        for held in self.held_in_words(asset, concerned, only)? {
            let item = Item::of(&mut holders, held.owner);
            item.links.insert(held.id);
            item.sure |= held.sure;
        }
        let mut told = 0;
        if only.is_none() {
            let items = Items {
                kind: answer,
                facts,
                about: "devices",
            };
            told += self.keep_items(at, &rashin, &items, &asked)?;
        }
        let items = Items {
            kind: response,
            facts,
            about: "assets",
        };
        let of: Vec<Item> = holders.into_values().collect();
        told += self.keep_items(at, &rashin, &items, &of)?;
        Ok(told)
    }

    /// Whether what was handed in for a device was taken back.
    fn is_withdrawn(&self, rashin: &Rashin, device: &Device) -> Result<bool, Refusal> {
        let Some(kind) = rashin.plan().kind(DEVICE) else {
            return Ok(false);
        };
        let file = self.case_file(rashin, kind, &device.owner, &device.id)?;
        Ok(file.is_some_and(|file| file.state().is_some_and(|state| state.withdrawn)))
    }

    /// What is held of a device version: holder and id.
    pub(super) fn holding(
        &self,
        kind: &Form,
        device: &Device,
        only: Option<&str>,
    ) -> Result<BTreeSet<(String, String)>, Refusal> {
        let links = self.same_registered(device.registered.as_deref())?;
        let sought = products_as(links.clone(), device.gtins.clone(), &device.name)?;
        let only = only.map(Name::new).transpose().map_err(refused)?;
        let mut holding = BTreeSet::new();
        self.each_asset(kind, sought, only.as_ref(), |found| {
            let linked = device_of(&found.owner, &found.record).is_some_and(|link| links.contains(&link));
            if device.is_held_as(&found.record, linked) {
                holding.insert((found.owner, found.id));
            }
        })?;
        Ok(holding)
    }

    /// Whether the VEX documents of a device say that this does not concern it, or not any more.
    fn is_settled_by_vex(&self, device: &Device, facts: &Facts) -> Result<bool, Refusal> {
        if device.vex.is_empty() {
            return Ok(false);
        }
        let settled = self.in_room(|room| {
            let names = facts.names.iter();
            let said = names.filter_map(|name| room.portfolio.is_settled(&device.key(), name));
            Ok(said.reduce(|all, one| all && one))
        })?;
        Ok(settled.flatten().unwrap_or(false))
    }

    /// The devices of which their maker has answered here, each with whether it is settled by that.
    fn answered(
        &self,
        rashin: &Rashin,
        kind: &Form,
        maker: &str,
        names: &[String],
    ) -> Result<BTreeMap<String, bool>, Refusal> {
        let mut answered = BTreeMap::new();
        for answer in self.answers_of(rashin, kind, [maker], names, None)? {
            let settles = ["not-affected", "fixed"].contains(&&*answer.status);
            for device in answer.devices {
                let settled = answered.entry(device).or_insert(settles);
                *settled &= settles;
            }
        }
        Ok(answered)
    }

    /// Tells the hospitals that hold its devices what a maker says of a vulnerability; told once for one event, however often it is tried. Whom it concerns
    /// by the maker's word alone is told of the vulnerability.
    pub(in crate::desk) fn tell_answer(
        &self,
        at: Timestamp,
        owner: &str,
        id: &str,
        event: usize,
    ) -> Result<Progress, Refusal> {
        let rashin = self.rashin()?;
        let (Some(kind), Some(response)) = (rashin.plan().kind(ANSWER), rashin.plan().kind(RESPONSE)) else {
            return Ok(Progress::default());
        };
        let version = self.store.newest(&key(kind, owner, id)?).map_err(refused)?;
        let found = version.map(|version| opened(kind, &version)).transpose()?;
        let answer = self.answer_at(&rashin, kind, owner, id, None)?;
        let (Some(found), Some(answer)) = (found, answer) else {
            return Ok(Progress::default());
        };
        let (ja, en) = match &*answer.status {
            "affected" => ("影響あり", "affected"),
            "not-affected" => ("影響なし", "not affected"),
            "fixed" => ("修正済み", "fixed"),
            _ => ("調査中", "under investigation"),
        };
        let words = Text {
            ja: format!("お持ちの機器の脆弱性に、製造販売業者が回答しました（{ja}）。"),
            en: format!("The maker has answered a vulnerability of devices that you hold ({en})."),
        };
        let mut all = vec![];
        for item in self.about(response, None, &texts(&found.record, "names"))? {
            if !texts(&item.record, "makers").iter().any(|maker| maker == owner) {
                continue;
            }
            let file = self.case_file(&rashin, response, &item.owner, &item.id)?;
            let Some(kept) = file.and_then(|file| file.kept) else {
                continue;
            };
            let number = kept.value.number;
            all.push(Once {
                name: format!("answer.{id}.{event}.{}", item.id),
                detail: json!({ "kind": RESPONSE, "what": "told", "number": number }),
                notice: Notice {
                    to: vec![Channel::Organisation(item.owner.clone()).to_string()],
                    text: words.clone(),
                    urgent: false,
                    kind: response.id.clone(),
                    owner: item.owner.clone(),
                    id: item.id,
                    number,
                    at,
                },
                owner: item.owner,
            });
        }
        let mut told = self.tell_once(at, all)?;
        if answer.status == "affected" {
            told += self.tell_affected(at, owner, &found, &answer)?;
        }
        Ok(done(told))
    }

    /// Lets those who hold what a maker says is affected have their record of it, if they have none.
    fn tell_affected(
        &self,
        at: Timestamp,
        maker: &str,
        found: &Found,
        answer: &MakerAnswer,
    ) -> Result<u64, Refusal> {
        let of_answer = self.in_room(|room| {
            let devices = answer.devices.iter().map(|id| format!("{maker}/{id}"));
            let sure = devices
                .filter_map(|key| room.devices.get(&key).cloned())
                .collect();
            let concerned = Concerned {
                sure,
                ..Concerned::default()
            };
            let facts = room.facts(&text(&found.record, "name"))?;
            Ok(facts.map(|facts| (facts, concerned)))
        })?;
        match of_answer.flatten() {
            Some((facts, concerned)) => self.tell(at, &facts, &concerned, None),
            None => Ok(0),
        }
    }
}

/// What a job says at its end that told so many.
pub(super) fn done(told: u64) -> Progress {
    Progress {
        done: told,
        total: told,
        text: String::new(),
    }
}
