//! Every bill of every device version against every record, kept fresh: unique versions of packages are matched, and what follows for bills
//! and devices is read off postings. A finding of a device is never stored, so a changed record costs what it touches.
//!
//! Whatever the order of changes, the state is that of matching what is left afresh. A server puts in what it has with [`Portfolio::put_record`],
//! [`Portfolio::put_document`] and [`Portfolio::put_device`], and asks: [`Portfolio::affected`] by a record, [`Portfolio::findings_of`] a device,
//! [`Portfolio::counts`] of devices, [`Portfolio::explain`] a finding, [`Portfolio::tally`] and [`Portfolio::unassessable`] of a bill.

mod complete;
mod list;
mod matching;
mod rank;
mod said;
mod slots;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use vocab::Refusal;

use crate::answer::Statements;
use crate::document;
use crate::ecosystem::Ecosystem;
use crate::matching::Package;
use crate::osv::Record;
use crate::priority::Score;

pub use complete::{Tally, Unassessable};
pub use list::{Asked, Count, Implied, Place, Sort};
pub use rank::{Grade, Urgency};
pub use said::{Assertion, Explanation};

use complete::{Part, Said};
use matching::{About, Meeting, Unit};
use rank::{Names, Scores};
use slots::{Slots, put, take};

/// Bills, devices, records and statements, and what follows from them.
#[derive(Debug, Default)]
pub struct Portfolio {
    units: Slots<Unit>,
    unit_of: HashMap<Package, u32>,
    parts: Slots<Part>,
    part_of: HashMap<Arc<Said>, u32>,
    bills: Slots<Held>,
    bill_of: BTreeMap<Arc<str>, u32>,
    devices: BTreeMap<Arc<str>, u32>,
    records: Slots<Entry>,
    record_of: HashMap<Arc<str>, u32>,
    meetings: Slots<Meeting>,
    meeting_of: HashMap<String, u32>,
    /// Ecosystems that records speak of, and in how many places.
    known: BTreeMap<Ecosystem, u32>,
    names: Names,
    exploited: BTreeSet<String>,
    chances: HashMap<Box<str>, u32>,
}

/// A bill.
#[derive(Debug, Default)]
struct Held {
    id: Arc<str>,
    /// Every version of a package in it, sorted.
    units: Vec<u32>,
    /// Components that are not one of these and nothing else, sorted, each as often as it is there.
    parts: Vec<u32>,
    /// Sorted.
    devices: Vec<Arc<str>>,
    assertions: Vec<Assertion>,
}

/// A record.
#[derive(Debug)]
struct Entry {
    id: Arc<str>,
    /// Its names, its own among them.
    names: Box<[u32]>,
    /// Names of the vulnerabilities upstream that it rests on.
    upstream: Box<[u32]>,
    /// What it is ordered by.
    urgency: Urgency,
    scores: Scores,
    about: Box<[About]>,
    hits: Vec<u32>,
    doubts: Vec<u32>,
}

impl Portfolio {
    /// Takes a record, or a later state of one, and says which devices it concerns now. A withdrawn one concerns nobody.
    pub fn put_record(&mut self, record: &Record) -> Vec<&str> {
        self.withdraw_record(&record.id);
        if record.withdrawn.is_some() {
            return Vec::new();
        }
        let about = record.affected.iter();
        let about: Box<[About]> = about
            .filter_map(|affected| About::of(affected, |ecosystem, name| self.meeting(ecosystem, name)))
            .collect();
        let meetings: BTreeSet<u32> = about.iter().map(|about| about.meeting).collect();
        for about in &about {
            *self.known.entry(about.ecosystem.clone()).or_default() += 1;
        }
        let tenths = |severity| Score::new(&record.id, severity).score.map(in_tenths);
        let general = record.severity.iter().filter_map(tenths).max();
        let of_packages = record.affected.iter().flat_map(|affected| &affected.severity);
        let highest = of_packages.filter_map(tenths).max().max(general);
        let id: Arc<str> = record.id.as_str().into();
        let place = self.records.add(Entry {
            id: Arc::clone(&id),
            names: Box::default(),
            upstream: Box::default(),
            urgency: Urgency::default(),
            scores: Scores { highest, general },
            about,
            hits: Vec::new(),
            doubts: Vec::new(),
        });
        let mut bear = |names: BTreeSet<&String>, own| {
            let names = names.into_iter().map(|name| self.names.bear(name, place, own));
            let mut names: Vec<u32> = names.collect();
            names.sort_unstable();
            names.dedup();
            names.into_boxed_slice()
        };
        let own = bear([&record.id].into_iter().chain(&record.aliases).collect(), true);
        let upstream = bear(record.upstream.iter().collect(), false);
        if let Some(entry) = self.records.get_mut(place) {
            (entry.names, entry.upstream) = (own, upstream);
        }
        self.record_of.insert(id, place);
        for meeting in meetings {
            let mut units = Vec::new();
            if let Some(meeting) = self.meetings.get_mut(meeting) {
                put(&mut meeting.records, place);
                units.clone_from(&meeting.units);
            }
            for unit in units {
                self.meet(unit, place);
            }
        }
        // Its names may join groups that were apart: what is known of one then holds for all.
        for record in self.touched(place) {
            self.rank(record);
        }
        self.affected(&record.id)
    }

    /// Takes a record out.
    pub fn withdraw_record(&mut self, id: &str) {
        let Some(place) = self.record_of.remove(id) else {
            return;
        };
        let touched = self.touched(place);
        let Some(entry) = self.records.remove(place) else {
            return;
        };
        for (names, own) in [(&entry.names, true), (&entry.upstream, false)] {
            for name in names {
                self.names.bare(*name, place, own);
            }
        }
        for about in &entry.about {
            if let Some(count) = self.known.get_mut(&about.ecosystem) {
                *count -= 1;
                if *count == 0 {
                    self.known.remove(&about.ecosystem);
                }
            }
            if let Some(meeting) = self.meetings.get_mut(about.meeting) {
                take(&mut meeting.records, place);
            }
            self.part(about.meeting);
        }
        for unit in entry.hits.iter().chain(&entry.doubts) {
            if let Some(unit) = self.units.get_mut(*unit) {
                take(&mut unit.hits, place);
                take(&mut unit.doubts, place);
            }
        }
        for record in touched {
            self.rank(record);
        }
    }

    /// Takes a bill as it was handed in with all that is said of it, in the place of what there was: its packages, what of it cannot be assessed,
    /// and which of its packages each statement is about. After a change of either it is put again; what stayed the same is not matched again.
    ///
    /// # Errors
    ///
    /// `too_many` if the statements are too many to be held against the components; then nothing is changed.
    pub fn put_document(
        &mut self,
        id: &str,
        bill: &document::Bill,
        said: &Statements,
    ) -> Result<(), Refusal> {
        let assertions = said.resolve(bill)?;
        self.hold(id, bill.components.iter().map(Said::of).collect());
        let place = self.bill(id);
        if let Some(held) = self.bills.get_mut(place) {
            held.assertions = assertions;
        }
        self.forget(place);
        Ok(())
    }

    /// Takes the packages of a bill, each a component, in the place of what it had. What is said of it stays.
    pub fn put_bill(&mut self, id: &str, packages: impl IntoIterator<Item = Package>) {
        self.hold(id, packages.into_iter().map(Said::from).collect());
    }

    /// Takes a bill out; its devices have none then, and what is said of it is kept for the next of that name.
    pub fn withdraw_bill(&mut self, id: &str) {
        if self.bill_of.contains_key(id) {
            self.hold(id, Vec::new());
        }
    }

    /// Says which bill a device version has.
    pub fn put_device(&mut self, device: &str, bill: &str) {
        self.withdraw_device(device);
        let place = self.bill(bill);
        let device: Arc<str> = device.into();
        if let Some(bill) = self.bills.get_mut(place) {
            let at = bill.devices.partition_point(|other| *other < device);
            bill.devices.insert(at, Arc::clone(&device));
        }
        self.devices.insert(device, place);
    }

    /// Takes a device version out.
    pub fn withdraw_device(&mut self, device: &str) {
        if let Some(place) = self.devices.remove(device) {
            if let Some(bill) = self.bills.get_mut(place) {
                bill.devices.retain(|other| **other != *device);
            }
            self.forget(place);
        }
    }

    /// Device versions that a record concerns, sorted.
    pub fn affected(&self, record: &str) -> Vec<&str> {
        let entry = self
            .record_of
            .get(record)
            .and_then(|place| self.records.get(*place));
        let units = entry.into_iter().flat_map(|entry| &entry.hits);
        let mut bills: Vec<u32> = units
            .filter_map(|unit| self.units.get(*unit))
            .flat_map(|unit| &unit.bills)
            .copied()
            .collect();
        bills.sort_unstable();
        bills.dedup();
        let bills = bills.iter().filter_map(|bill| self.bills.get(*bill));
        let mut devices: Vec<&str> = bills
            .flat_map(|bill| &bill.devices)
            .map(|device| &**device)
            .collect();
        devices.sort_unstable();
        devices
    }

    /// The bill of a device version.
    pub fn bill_of(&self, device: &str) -> Option<&str> {
        let held = self.bills.get(*self.devices.get(device)?)?;
        Some(&held.id)
    }

    /// How many different versions of packages there are.
    pub fn unique(&self) -> usize {
        self.unit_of.len()
    }

    /// The whole state as text, whatever the numbers of things: equal states are equal bytes.
    pub fn canonical(&self) -> String {
        let record = |place: &u32| self.records.get(*place).map(|entry| &*entry.id);
        let mut lines: Vec<String> = Vec::new();
        for unit in self.units.all() {
            let list = |places: &[u32]| places.iter().filter_map(record).collect::<BTreeSet<_>>();
            let bills = unit.bills.iter();
            let bills: BTreeSet<&str> = bills
                .filter_map(|bill| Some(&*self.bills.get(*bill)?.id))
                .collect();
            let (hits, doubts) = (list(&unit.hits), list(&unit.doubts));
            lines.push(format!("unit {:?} {bills:?} {hits:?} {doubts:?}", unit.package));
        }
        for entry in self.records.all() {
            let unit = |place: &u32| self.units.get(*place).map(|unit| &unit.package);
            let list = |places: &[u32]| places.iter().filter_map(unit).collect::<BTreeSet<_>>();
            let names = |places: &[u32]| {
                places
                    .iter()
                    .map(|name| self.names.key(*name))
                    .collect::<BTreeSet<_>>()
            };
            lines.push(format!(
                "record {} {:?} {:?} {:?} {:?} {:?}",
                entry.id,
                names(&entry.names),
                names(&entry.upstream),
                entry.urgency,
                list(&entry.hits),
                list(&entry.doubts)
            ));
        }
        for part in self.parts.all() {
            lines.push(format!("part {:?} {}", part.said, part.uses));
        }
        for bill in self.bills.all() {
            let mut said: Vec<String> = bill.assertions.iter().map(|said| format!("{said:?}")).collect();
            said.sort_unstable();
            lines.push(format!(
                "bill {} {} {:?} {said:?} {:?} {:?}",
                bill.id,
                bill.units.len(),
                bill.devices,
                self.tally(&bill.id),
                self.unassessable(&bill.id),
            ));
        }
        let findings = self
            .findings(&Asked::default(), |_, _, _| true)
            .map(|implied| format!("finding {implied:?}"));
        lines.extend(findings);
        lines.push(format!("known {:?}", self.known));
        lines.sort_unstable();
        lines.join("\n")
    }

    fn bill(&mut self, id: &str) -> u32 {
        if let Some(place) = self.bill_of.get(id) {
            return *place;
        }
        let id: Arc<str> = id.into();
        let place = self.bills.add(Held {
            id: Arc::clone(&id),
            ..Held::default()
        });
        self.bill_of.insert(id, place);
        place
    }

    /// Puts components in the place of those that a bill had.
    fn hold(&mut self, id: &str, components: Vec<Said>) {
        let place = self.bill(id);
        let mut times: HashMap<&Package, u32> = HashMap::new();
        for package in components.iter().flat_map(|said| &said.packages) {
            *times.entry(package).or_default() += 1;
        }
        let plain = |said: &Said| match said.packages.as_slice() {
            [only] => said.cause.is_none() && times.get(only) == Some(&1),
            _ => false,
        };
        let plain: Vec<bool> = components.iter().map(plain).collect();
        let (mut units, mut parts) = (Vec::new(), Vec::new());
        for (said, plain) in components.into_iter().zip(plain) {
            if plain {
                units.extend(said.packages.into_iter().map(|package| self.unit(package)));
            } else {
                let part = self.component(said);
                units.extend(self.parts.get(part).into_iter().flat_map(|part| &part.units));
                parts.push(part);
            }
        }
        units.sort_unstable();
        units.dedup();
        units.shrink_to_fit();
        parts.sort_unstable();
        for unit in &units {
            if let Some(unit) = self.units.get_mut(*unit) {
                put(&mut unit.bills, place);
            }
        }
        let Some(held) = self.bills.get_mut(place) else {
            return;
        };
        let old_parts = std::mem::replace(&mut held.parts, parts);
        let old_units = std::mem::replace(&mut held.units, units);
        for part in old_parts {
            self.drop_part(part);
        }
        for unit in old_units {
            let held = self.bills.get(place);
            if held.is_some_and(|held| held.units.binary_search(&unit).is_err()) {
                self.leave(unit, place);
            }
        }
        self.forget(place);
    }

    /// The number of a component that is not one version of a package.
    fn component(&mut self, said: Said) -> u32 {
        if let Some(place) = self.part_of.get(&said).copied() {
            if let Some(part) = self.parts.get_mut(place) {
                part.uses += 1;
            }
            return place;
        }
        let units = said.packages.iter();
        let units = units.map(|package| self.unit(package.clone())).collect();
        let said = Arc::new(said);
        let place = self.parts.add(Part {
            said: Arc::clone(&said),
            units,
            uses: 1,
        });
        self.part_of.insert(said, place);
        place
    }

    fn drop_part(&mut self, place: u32) {
        let Some(part) = self.parts.get_mut(place) else {
            return;
        };
        part.uses -= 1;
        if part.uses == 0
            && let Some(part) = self.parts.remove(place)
        {
            self.part_of.remove(&part.said);
        }
    }

    /// Takes a version of a package out of a bill, and out of everything if that was the last one.
    fn leave(&mut self, place: u32, bill: u32) {
        let Some(unit) = self.units.get_mut(place) else {
            return;
        };
        take(&mut unit.bills, bill);
        if !unit.bills.is_empty() {
            return;
        }
        let Some(unit) = self.units.remove(place) else {
            return;
        };
        for record in unit.hits.iter().chain(&unit.doubts) {
            if let Some(entry) = self.records.get_mut(*record) {
                take(&mut entry.hits, place);
                take(&mut entry.doubts, place);
            }
        }
        let wide = self.wide_of(&unit.package);
        for meeting in [Some(unit.meeting), wide].into_iter().flatten() {
            if let Some(meeting) = self.meetings.get_mut(meeting) {
                take(&mut meeting.units, place);
            }
            self.part(meeting);
        }
        self.unit_of.remove(&unit.package);
    }

    /// Lets go of a bill that nothing is left of.
    fn forget(&mut self, place: u32) {
        let gone = |bill: &Held| {
            bill.units.is_empty()
                && bill.parts.is_empty()
                && bill.devices.is_empty()
                && bill.assertions.is_empty()
        };
        if self.bills.get(place).is_some_and(gone)
            && let Some(bill) = self.bills.remove(place)
        {
            self.bill_of.remove(&bill.id);
        }
    }
}

/// A score from 0 to 10 in tenths.
fn in_tenths(score: f64) -> u16 {
    let tenths = (score * 10.0).round().clamp(0.0, 100.0);
    (0..=100).find(|whole| f64::from(*whole) >= tenths).unwrap_or(100)
}
