//! Whom a vulnerability concerns is told by a record of their own, with a case: its makers, who answer, and the hospitals that hold its devices, who act.
//! One record a vulnerability (by whatever name) and organisation, however often this is tried; what grows or becomes graver opens it again.

use std::collections::{BTreeMap, BTreeSet};

use authz::Action;
use cyber::document::Status;
use cyber::priority::Score;
use jiff::Timestamp;
use plan::{Kind as Form, RecordLink, Text};
use record::procedure::Channel;
use record::{Record, Value, fold};
use serde_json::json;
use store::{Name, Progress, Query, Test, sha256};
use vocab::Refusal;

use super::super::case::filter;
use super::super::kept::{change, refused};
use super::super::notice::Notice;
use super::super::register::{Found, RecordState, drafted, key, opened, stored};
use super::super::supply::{ASSET, text, texts};
use super::super::{Desk, MINISTRY};
use super::watch::{Device, Room, assert};
use super::{ANSWER, DEVICE, RESPONSE, SEVERITIES, program};
use crate::ask::Rashin;

/// What is known of a vulnerability.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Every name, the one that it is called by first.
    pub names: Vec<String>,
    pub summary: String,
    pub exploited: bool,
    pub severity: &'static str,
}

/// A record that somebody is to have.
struct Item<'a> {
    kind: &'a Form,
    owner: &'a str,
    facts: &'a Facts,
    /// The field of what it is about, and ids of the owner's records in it.
    about: &'static str,
    links: BTreeSet<String>,
    makers: BTreeSet<String>,
}

/// The option for a score.
pub(super) fn severity(score: Option<f64>) -> &'static str {
    let place = match score {
        Some(score) if score >= 9.0 => 0,
        Some(score) if score >= 7.0 => 1,
        Some(score) if score >= 4.0 => 2,
        Some(score) if score > 0.0 => 3,
        _ => 4,
    };
    SEVERITIES[place]
}

impl Room {
    /// What the database says of a vulnerability by any of its names; nothing of one that it does not know any more.
    pub fn facts(&self, advisory: &str) -> Result<Option<Facts>, Refusal> {
        let Some(database) = &self.database else {
            return Ok(None);
        };
        let mut names = database.names(advisory)?;
        // What a CVE number is given to is known by it; otherwise by the record that was found.
        names.sort_by_key(|name| (!name.starts_with("CVE-"), name != advisory, name.clone()));
        let (mut exploited, mut score, mut summary) = (false, None::<f64>, None);
        for name in &names {
            exploited |= database.exploited(name)?.is_some();
            let record = database.record(name)?.filter(|record| record.withdrawn.is_none());
            if let Some(record) = record {
                let inner = record.affected.iter().flat_map(|affected| &affected.severity);
                let scores = record.severity.iter().chain(inner);
                let scores = scores.filter_map(|severity| Score::new(&record.id, severity).score);
                score = scores.chain(score).reduce(f64::max);
                summary = summary.or(record.summary);
            }
        }
        Ok(Some(Facts {
            names,
            summary: summary.unwrap_or_default(),
            exploited,
            severity: severity(score),
        }))
    }

    /// The devices that a vulnerability concerns, by any of its names.
    pub fn concerned(&self, advisory: &str, names: &[String]) -> Vec<Device> {
        let ids = std::iter::once(advisory).chain(names.iter().map(String::as_str));
        let keys: BTreeSet<&str> = ids.flat_map(|id| self.portfolio.affected(id)).collect();
        keys.into_iter()
            .filter_map(|key| self.devices.get(key).cloned())
            .collect()
    }
}

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
            let bill = self.bill(&device)?.and_then(Result::ok);
            self.change_room(|room| room.put(device.clone(), bill.as_ref()))?;
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
        let mut told = 0;
        for device in &devices {
            for facts in self.findings_of(at, device)? {
                told += self.tell(at, &facts, std::slice::from_ref(device), only)?;
            }
        }
        Ok(done(told))
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
        let mut told = 0;
        let mut makers: BTreeMap<&str, Vec<&Device>> = BTreeMap::new();
        for device in devices {
            if !self.is_settled_by_vex(at, device, facts)? {
                makers.entry(&device.owner).or_default().push(device);
            }
        }
        let mut holders: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for (maker, devices) in makers {
            if only.is_none() {
                told += u64::from(self.keep_item(
                    at,
                    &rashin,
                    &Item {
                        kind: answer,
                        owner: maker,
                        facts,
                        about: "devices",
                        links: devices.iter().map(|device| device.id.clone()).collect(),
                        makers: BTreeSet::new(),
                    },
                )?);
            }
            let settled = self.settled(&rashin, answer, maker, &facts.names)?;
            for device in devices.into_iter().filter(|device| !settled.contains(&device.id)) {
                for (holder, id) in self.holding(asset, device, only)? {
                    let (assets, makers) = holders.entry(holder).or_default();
                    assets.insert(id);
                    makers.insert(maker.to_owned());
                }
            }
        }
        for (holder, (links, makers)) in &holders {
            told += u64::from(self.keep_item(
                at,
                &rashin,
                &Item {
                    kind: response,
                    owner: holder,
                    facts,
                    about: "assets",
                    links: links.clone(),
                    makers: makers.clone(),
                },
            )?);
        }
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

    /// The filed records of a kind about a vulnerability of any of these names, in the order of owner and id.
    pub(super) fn about(
        &self,
        kind: &Form,
        owner: Option<&str>,
        names: &[String],
    ) -> Result<Vec<Found>, Refusal> {
        let query = Query {
            owner: owner.map(Name::new).transpose().map_err(refused)?,
            state: Some(Name::new("filed").map_err(refused)?),
            filters: vec![filter(
                "names",
                Test::OneOf(names.iter().map(|name| indexed(name)).collect()),
            )?],
            ..Query::of(stored(&kind.id)?)
        };
        let page = self.store.list(&query).map_err(refused)?;
        let page = page.iter().filter(|version| version.body.is_some());
        page.map(|version| opened(kind, version)).collect()
    }

    /// Lets somebody have the record of a vulnerability, or brings theirs up to date; false if it said all that already.
    fn keep_item(&self, at: Timestamp, rashin: &Rashin, item: &Item<'_>) -> Result<bool, Refusal> {
        let visit = program(at);
        let existing = self.about(item.kind, Some(item.owner), &item.facts.names)?;
        let closed = existing.len();
        let mut covered = BTreeSet::new();
        for found in existing {
            let file = self.case_file(rashin, item.kind, item.owner, &found.id)?;
            let over = file.is_some_and(|file| file.state().is_none_or(|state| state.last));
            let news = item.news(&found.record);
            if over {
                if !news.graver {
                    covered.extend(linked(&found.record, item.about));
                }
                continue;
            }
            if !news.any() {
                return Ok(false);
            }
            let record = item.record(found.record);
            let (owner, id) = (item.owner, &*found.id);
            let mut drafts = vec![drafted(
                &visit,
                item.kind,
                owner,
                id,
                found.version,
                RecordState::Filed,
                &record,
            )?];
            let mut jobs = vec![];
            let carried = if news.graver || news.more {
                self.moved_on(&visit, rashin, (item.kind, owner, id), &record, "widen")?
            } else {
                None
            };
            match carried {
                Some(carried) => {
                    drafts.extend(carried.drafts);
                    jobs = carried.jobs;
                }
                None => drafts.extend(self.case_follows(&visit, rashin, item.kind, owner, id, &record)?),
            }
            return self.commit_item(&visit, item, id, "widen", drafts, jobs);
        }
        if item.links.is_subset(&covered) {
            return Ok(false);
        }
        let record = item.record(Record::default());
        let mut id = sha256(item.facts.names.first().map_or("", String::as_str).as_bytes());
        id.truncate(16);
        if closed > 0 {
            id = format!("{id}.{}", closed + 1);
        }
        let mut drafts = vec![drafted(
            &visit,
            item.kind,
            item.owner,
            &id,
            0,
            RecordState::Filed,
            &record,
        )?];
        let opened = self.open_cases(&visit, rashin, item.kind, item.owner, &[(id.clone(), &record)])?;
        let carried = opened.map_err(|faults| {
            let fault = faults.into_iter().next();
            fault.map_or_else(super::super::unknown, |fault| {
                Refusal::new("faults", fault.ja, fault.en)
            })
        })?;
        drafts.extend(carried.drafts);
        self.commit_item(&visit, item, &id, "open", drafts, carried.jobs)
    }

    fn commit_item(
        &self,
        visit: &super::Visit,
        item: &Item<'_>,
        id: &str,
        what: &str,
        drafts: Vec<store::Draft>,
        jobs: Vec<store::Job>,
    ) -> Result<bool, Refusal> {
        let by = (visit.at, visit.actor(), Action::KeepCases);
        let detail = json!({ "kind": item.kind.id, "record": id, "what": what });
        let change = change(by, item.owner, detail, drafts, jobs)?;
        self.store.commit(&change).map_err(refused).map(|_| true)
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
        self.change_room(|room| assert(room, &found.record, &answer))?;
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
        let mut told = 0;
        for item in self.about(response, None, &texts(&found.record, "names"))? {
            let file = self.case_file(&rashin, response, &item.owner, &item.id)?;
            let Some(kept) = file.and_then(|file| file.kept) else {
                continue;
            };
            let name = format!("answer.{id}.{event}.{}", item.id);
            if !texts(&item.record, "makers").iter().any(|maker| maker == owner)
                || self.find::<Notice>(&item.owner, &name)?.is_some()
            {
                continue;
            }
            let notice = Notice {
                to: vec![Channel::Organisation(item.owner.clone()).to_string()],
                text: words.clone(),
                urgent: false,
                kind: response.id.clone(),
                owner: item.owner.clone(),
                id: item.id.clone(),
                number: kept.value.number,
                at,
            };
            let detail = json!({ "kind": RESPONSE, "what": "told", "number": notice.number });
            let by = (at, MINISTRY, Action::KeepCases);
            let change = change(by, &item.owner, detail, vec![notice.draft(&name)?], vec![])?;
            match self.store.commit(&change) {
                Ok(_) => told += 1,
                // Another worker was first.
                Err(store::Fault::Conflict { .. }) => {}
                Err(fault) => return Err(refused(fault)),
            }
        }
        Ok(done(told))
    }
}

/// What a record does not say yet.
struct News {
    /// A name that was not known.
    named: bool,
    /// Something more that it concerns.
    more: bool,
    /// It is exploited now.
    graver: bool,
}

impl News {
    fn any(&self) -> bool {
        self.named || self.more || self.graver
    }
}

impl Item<'_> {
    fn news(&self, record: &Record) -> News {
        let names: BTreeSet<String> = texts(record, "names").into_iter().collect();
        News {
            named: self.facts.names.iter().any(|name| !names.contains(name)),
            more: !self.links.is_subset(&linked(record, self.about)),
            graver: self.facts.exploited && text(record, "exploited") != "yes",
        }
    }

    /// What the record says from now on; what its owner wrote stays.
    fn record(&self, mut record: Record) -> Record {
        let facts = self.facts;
        let title = match record.fields.get("name") {
            Some(Value::Text(title)) => title.clone(),
            _ => facts.names.first().cloned().unwrap_or_default(),
        };
        let list = |values: Vec<Value>| (!values.is_empty()).then_some(Value::List(values));
        let words = |texts: BTreeSet<String>| list(texts.into_iter().map(Value::Text).collect());
        let names = texts(&record, "names")
            .into_iter()
            .chain(facts.names.iter().cloned());
        let links: BTreeSet<String> = linked(&record, self.about)
            .into_iter()
            .chain(self.links.iter().cloned())
            .collect();
        let links = links
            .into_iter()
            .map(|id| Value::Link(RecordLink { owner: None, id }));
        let makers = texts(&record, "makers")
            .into_iter()
            .chain(self.makers.iter().cloned());
        let summary = (!facts.summary.is_empty()).then(|| Value::Text(facts.summary.clone()));
        let severity = Value::Text(facts.severity.to_owned());
        let says = [
            ("name", Some(Value::Text(title))),
            ("names", words(names.collect())),
            ("summary", summary),
            ("exploited", Some(Value::Flag(facts.exploited))),
            ("severity", Some(severity)),
            (self.about, list(links.collect())),
            ("makers", words(makers.collect())),
        ];
        for (field, value) in says {
            if let Some(value) = value {
                record.fields.insert(field.to_owned(), value);
            }
        }
        record
    }
}

/// Whether nothing is left to be done about it.
pub(super) fn is_settled(status: Status) -> bool {
    matches!(status, Status::NotAffected | Status::Fixed)
}

/// Ids of the owner's own records that a field names.
pub(super) fn linked(record: &Record, field: &str) -> BTreeSet<String> {
    let values = record.fields.get(field).into_iter().flat_map(Value::each);
    let id = |value: &Value| match value {
        Value::Link(link) => Some(link.id.clone()),
        _ => None,
    };
    values.filter_map(id).collect()
}

/// A text as lists are filtered by it.
fn indexed(text: &str) -> String {
    fold(text).chars().take(100).collect()
}

fn done(told: u64) -> Progress {
    Progress {
        done: told,
        total: told,
        text: String::new(),
    }
}
