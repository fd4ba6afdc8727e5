//! Whom a vulnerability concerns is told by a record of their own: its makers, who answer, and the hospitals that hold its devices, who act. What a maker
//! answers is told to the hospitals that hold its devices.

use std::collections::{BTreeMap, BTreeSet};

use cyber::document::Status;
use jiff::Timestamp;
use plan::{Kind as Form, Text};
use record::fold;
use record::procedure::Channel;
use serde_json::json;
use store::{Name, Progress, Test};
use vocab::Refusal;

use super::super::Desk;
use super::super::case::filter;
use super::super::kept::refused;
use super::super::notice::{Notice, Once};
use super::super::register::{key, opened};
use super::super::supply::{ASSET, texts};
use super::facts::Facts;
use super::item::{Item, Items};
use super::watch::{Device, Room};
use super::{ANSWER, DEVICE, RESPONSE};
use crate::ask::Rashin;

impl Desk {
    /// Tells whom an advisory concerns.
    pub(in crate::desk) fn tell_vulnerability(
        &self,
        at: Timestamp,
        advisory: &str,
    ) -> Result<Progress, Refusal> {
        self.watch_advisories(at)?;
        let found = self.in_room(|room| {
            let facts = room.facts(advisory)?;
            Ok(facts.map(|facts| {
                let devices = room.concerned(advisory, &facts.names);
                (facts, devices)
            }))
        })?;
        let told = match found.flatten() {
            Some((facts, devices)) => self.tell(at, &facts, &devices, None)?,
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
        let devices = if kind == DEVICE {
            let device = Device::of(owner, id, &found.record);
            self.put_device(&device)?;
            // Before it is matched: what another server learns from here on, that one tells.
            self.note_taken(at, owner, id)?;
            vec![device]
        } else {
            let held = |room: &Room| {
                let devices = room.devices.values();
                let held = devices.filter(|device| device.is_held_as(&found.record));
                Ok(held.cloned().collect())
            };
            self.in_room(held)?.unwrap_or_default()
        };
        let only = (kind == ASSET).then_some(owner);
        Ok(done(self.tell_devices(at, &devices, only)?))
    }

    /// Takes a device into the room, with its bill where there is one that can be read.
    pub(super) fn put_device(&self, device: &Device) -> Result<(), Refusal> {
        let bill = self.bill(device)?.and_then(Result::ok);
        self.change_room(|room| room.put(device.clone(), bill.as_ref()))
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
            for facts in self.findings_of(at, device)? {
                told += self.tell(at, &facts, std::slice::from_ref(device), only)?;
            }
        }
        Ok(told)
    }

    /// The vulnerabilities that concern a device, each once.
    fn findings_of(&self, at: Timestamp, device: &Device) -> Result<Vec<Facts>, Refusal> {
        let Some(Ok(assessed)) = self.assess(at, device)? else {
            return Ok(vec![]);
        };
        let all = self.in_room(|room| {
            let mut seen = BTreeSet::new();
            let mut all = vec![];
            for finding in &assessed.matches.findings {
                if !seen.contains(&finding.advisory)
                    && let Some(facts) = room.facts(&finding.advisory)?
                {
                    seen.extend(facts.names.iter().cloned());
                    all.push(facts);
                }
            }
            Ok(all)
        })?;
        Ok(all.unwrap_or_default())
    }

    /// Tells the makers of these devices and those who hold them (`only` one hospital, if it is named); gives how many were told something new.
    /// Hospitals are not told of what the maker has answered does not concern them.
    fn tell(
        &self,
        at: Timestamp,
        facts: &Facts,
        devices: &[Device],
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
        for device in devices {
            if !self.is_settled_by_vex(at, device, facts)? {
                makers.entry(&device.owner).or_default().push(device);
            }
        }
        let mut told = 0;
        if only.is_none() {
            let of = makers.iter().map(|(maker, devices)| Item {
                owner: (*maker).to_owned(),
                links: devices.iter().map(|device| device.id.clone()).collect(),
                makers: BTreeSet::new(),
            });
            let items = Items {
                kind: answer,
                facts,
                about: "devices",
            };
            told += self.keep_items(at, &rashin, &items, &of.collect::<Vec<_>>())?;
        }
        let mut holders: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for (maker, devices) in makers {
            let settled = self.settled(&rashin, answer, maker, &facts.names)?;
            for device in devices.into_iter().filter(|device| !settled.contains(&device.id)) {
                for (holder, id) in self.holding(asset, device, only)? {
                    let (assets, makers) = holders.entry(holder).or_default();
                    assets.insert(id);
                    makers.insert(maker.to_owned());
                }
            }
        }
        let of = holders
            .into_iter()
            .map(|(owner, (links, makers))| Item { owner, links, makers });
        let items = Items {
            kind: response,
            facts,
            about: "assets",
        };
        told += self.keep_items(at, &rashin, &items, &of.collect::<Vec<_>>())?;
        Ok(told)
    }

    /// What is held of a device version: holder and id.
    pub(super) fn holding(
        &self,
        kind: &Form,
        device: &Device,
        only: Option<&str>,
    ) -> Result<BTreeSet<(String, String)>, Refusal> {
        let mut sought = vec![];
        if let Some(registered) = &device.registered {
            sought.push(filter("device", Test::Is(registered.clone()))?);
        }
        if !device.gtins.is_empty() {
            sought.push(filter("gtin", Test::OneOf(device.gtins.clone()))?);
        }
        sought.push(filter("name", Test::Is(indexed(&device.name)))?);
        let only = only.map(Name::new).transpose().map_err(refused)?;
        let mut holding = BTreeSet::new();
        self.each_asset(kind, sought, only.as_ref(), |found| {
            if device.is_held_as(&found.record) {
                holding.insert((found.owner, found.id));
            }
        })?;
        Ok(holding)
    }

    /// Whether the VEX documents of a device say that this does not concern it, or not any more.
    fn is_settled_by_vex(&self, at: Timestamp, device: &Device, facts: &Facts) -> Result<bool, Refusal> {
        if device.vex.is_empty() {
            return Ok(false);
        }
        let Some(Ok(assessed)) = self.assess(at, device)? else {
            return Ok(false);
        };
        let findings = assessed.matches.findings.iter();
        let mut about = findings
            .filter(|finding| facts.names.contains(&finding.advisory))
            .peekable();
        Ok(about.peek().is_some()
            && about.all(|finding| {
                finding
                    .answer
                    .as_ref()
                    .is_some_and(|answer| is_settled(answer.status()))
            }))
    }

    /// The devices of which their maker has answered that this does not concern them, or not any more.
    fn settled(
        &self,
        rashin: &Rashin,
        kind: &Form,
        maker: &str,
        names: &[String],
    ) -> Result<BTreeSet<String>, Refusal> {
        let mut settled = BTreeSet::new();
        for found in self.about(kind, Some(maker), names)? {
            let answer = self.answer_at(rashin, kind, &found.owner, &found.id, None)?;
            if let Some(answer) = answer.filter(|answer| ["not-affected", "fixed"].contains(&&*answer.status))
            {
                settled.extend(answer.devices);
            }
        }
        Ok(settled)
    }

    /// Tells the hospitals that hold its devices what a maker says of a vulnerability; told once for one event, however often it is tried.
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
        Ok(done(self.tell_once(at, all)?))
    }
}

/// Whether nothing is left to be done about it.
pub(super) fn is_settled(status: Status) -> bool {
    matches!(status, Status::NotAffected | Status::Fixed)
}

/// A text as lists are filtered by it.
pub(super) fn indexed(text: &str) -> String {
    fold(text).chars().take(100).collect()
}

/// What a job says at its end that told so many.
pub(super) fn done(told: u64) -> Progress {
    Progress {
        done: told,
        total: told,
        text: String::new(),
    }
}
