//! Every bill of every device version against every record, kept fresh: unique versions of packages are matched, and what follows for bills
//! and devices is read off postings. A finding of a device is never stored, so a changed record costs what it touches.
//!
//! Whatever the order of changes, the state is that of matching what is left afresh.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::thread;

use crate::document::Status;
use crate::ecosystem::Ecosystem;
use crate::matching::Package;
use crate::osv::{Affected, Record};
use crate::priority::Score;
use crate::range::Rule;
use crate::version::Version;

/// Bills, devices, records and statements, and what follows from them.
#[derive(Debug, Default)]
pub struct Portfolio {
    units: Slots<Unit>,
    unit_of: HashMap<Package, u32>,
    bills: Slots<Bill>,
    bill_of: BTreeMap<String, u32>,
    devices: BTreeMap<String, u32>,
    records: Slots<Entry>,
    record_of: BTreeMap<String, u32>,
    /// Units and records of a package, whatever its release.
    packages: HashMap<String, Meeting>,
    /// Records by each of their names, which join them into groups.
    by_name: HashMap<String, Vec<u32>>,
    /// The most urgent first.
    urgent: BTreeSet<(Reverse<Urgency>, String, u32)>,
    exploited: BTreeSet<String>,
}

/// Known exploitation, then the score in tenths.
type Urgency = (bool, u16);

/// A version of a package that some bill has.
#[derive(Debug)]
struct Unit {
    package: Package,
    version: Option<Version>,
    bills: Vec<u32>,
    hits: Vec<u32>,
    doubts: Vec<u32>,
}

#[derive(Debug, Default)]
struct Bill {
    id: String,
    units: Vec<u32>,
    /// Sorted.
    devices: Vec<String>,
    assertions: Vec<Assertion>,
}

#[derive(Debug)]
struct Entry {
    id: String,
    /// Sorted, each once.
    names: Vec<String>,
    urgency: Urgency,
    score: u16,
    about: Vec<About>,
    hits: Vec<u32>,
    doubts: Vec<u32>,
}

/// What a record says of a package, read once.
#[derive(Debug)]
struct About {
    key: String,
    ecosystem: Ecosystem,
    rule: Rule,
    /// The same unread, where the package decides how it is read.
    nested: Option<Box<Affected>>,
}

#[derive(Debug, Default)]
struct Meeting {
    units: Vec<u32>,
    records: Vec<u32>,
}

/// What is said of a vulnerability in a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The document that says it.
    pub document: String,
    /// Any name of the vulnerability.
    pub vulnerability: String,
    /// The package that it is about; nothing for the product as a whole.
    pub package: Option<Package>,
    /// The status.
    pub status: Status,
    /// When it was said, in seconds since 1970.
    pub at: i64,
}

/// A finding as it follows from the postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implied<'p> {
    /// The device version.
    pub device: &'p str,
    /// The package.
    pub package: &'p Package,
    /// The record.
    pub advisory: &'p str,
    /// What the maker says: of several the newest, and of these the gravest.
    pub status: Option<Status>,
}

/// By what findings are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Known exploited first, then by score, then by record.
    Urgency,
    /// By device, then as each device's findings come.
    Device,
}

/// Things by small numbers; a number is given again when its thing is gone.
#[derive(Debug)]
struct Slots<T> {
    things: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    fn add(&mut self, thing: T) -> u32 {
        if let Some(place) = self.free.pop() {
            if let Some(slot) = self.things.get_mut(place as usize) {
                *slot = Some(thing);
            }
            return place;
        }
        self.things.push(Some(thing));
        u32::try_from(self.things.len() - 1).unwrap_or(u32::MAX)
    }

    fn remove(&mut self, place: u32) -> Option<T> {
        let thing = self.things.get_mut(place as usize)?.take();
        self.free.extend(thing.is_some().then_some(place));
        thing
    }

    fn get(&self, place: u32) -> Option<&T> {
        self.things.get(place as usize)?.as_ref()
    }

    fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.things.get_mut(place as usize)?.as_mut()
    }
}

/// Puts a number into a sorted list.
fn put(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}

/// Takes a number out of a sorted list.
fn take(list: &mut Vec<u32>, number: u32) {
    if let Ok(at) = list.binary_search(&number) {
        list.remove(at);
    }
}

fn key(ecosystem: &Ecosystem, name: &str) -> String {
    format!("{}\t{}", ecosystem.name(), ecosystem.normal_name(name))
}

impl Portfolio {
    /// Takes a record, or a later state of one, and says which devices it concerns now. A withdrawn one concerns nobody.
    pub fn put_record(&mut self, record: &Record) -> Vec<&str> {
        self.withdraw_record(&record.id);
        if record.withdrawn.is_some() {
            return Vec::new();
        }
        let about: Vec<About> = record.affected.iter().filter_map(About::of).collect();
        let scores = record.affected.iter().flat_map(|affected| &affected.severity);
        let scores = record.severity.iter().chain(scores);
        let tenths = scores.filter_map(|severity| Score::new(&record.id, severity).score);
        let names: BTreeSet<String> = [&record.id].into_iter().chain(&record.aliases).cloned().collect();
        let names: Vec<String> = names.into_iter().collect();
        let keys: BTreeSet<String> = about.iter().map(|about| about.key.clone()).collect();
        let place = self.records.add(Entry {
            id: record.id.clone(),
            urgency: (false, 0),
            score: tenths.map(in_tenths).max().unwrap_or(0),
            about,
            names: names.clone(),
            hits: Vec::new(),
            doubts: Vec::new(),
        });
        self.record_of.insert(record.id.clone(), place);
        for name in &names {
            put(self.by_name.entry(name.clone()).or_default(), place);
        }
        for key in keys {
            put(&mut self.packages.entry(key.clone()).or_default().records, place);
            for unit in self
                .packages
                .get(&key)
                .map(|meeting| meeting.units.clone())
                .unwrap_or_default()
            {
                self.meet(unit, place);
            }
        }
        // Its names may join groups that were apart: what is known of one then holds for all.
        self.rank(&self.group(place));
        self.affected(&record.id)
    }

    /// Takes a record out.
    pub fn withdraw_record(&mut self, id: &str) {
        let Some(place) = self.record_of.remove(id) else {
            return;
        };
        let group = self.group(place);
        let Some(entry) = self.records.remove(place) else {
            return;
        };
        self.urgent
            .remove(&(Reverse(entry.urgency), entry.id.clone(), place));
        for name in &entry.names {
            if let Some(records) = self.by_name.get_mut(name) {
                take(records, place);
                if records.is_empty() {
                    self.by_name.remove(name);
                }
            }
        }
        for about in &entry.about {
            if let Some(meeting) = self.packages.get_mut(&about.key) {
                take(&mut meeting.records, place);
            }
        }
        for unit in entry.hits.iter().chain(&entry.doubts) {
            if let Some(unit) = self.units.get_mut(*unit) {
                take(&mut unit.hits, place);
                take(&mut unit.doubts, place);
            }
        }
        self.rank(&group);
    }

    /// Takes the packages of a bill, in the place of what it had.
    pub fn put_bill(&mut self, id: &str, packages: impl IntoIterator<Item = Package>) {
        let place = self.bill(id);
        self.empty(place);
        let mut units: Vec<u32> = packages.into_iter().map(|package| self.unit(package)).collect();
        units.sort_unstable();
        units.dedup();
        for unit in &units {
            if let Some(unit) = self.units.get_mut(*unit) {
                put(&mut unit.bills, place);
            }
        }
        if let Some(bill) = self.bills.get_mut(place) {
            bill.units = units;
        }
        self.forget(place);
    }

    /// Takes a bill out; its devices have none then, and what is said of it is kept for the next of that name.
    pub fn withdraw_bill(&mut self, id: &str) {
        if let Some(place) = self.bill_of.get(id).copied() {
            self.empty(place);
            self.forget(place);
        }
    }

    /// Says which bill a device version has.
    pub fn put_device(&mut self, device: &str, bill: &str) {
        self.withdraw_device(device);
        let place = self.bill(bill);
        self.devices.insert(device.to_owned(), place);
        if let Some(bill) = self.bills.get_mut(place) {
            let at = bill.devices.partition_point(|other| other.as_str() < device);
            bill.devices.insert(at, device.to_owned());
        }
    }

    /// Takes a device version out.
    pub fn withdraw_device(&mut self, device: &str) {
        if let Some(place) = self.devices.remove(device) {
            if let Some(bill) = self.bills.get_mut(place) {
                bill.devices.retain(|other| other != device);
            }
            self.forget(place);
        }
    }

    /// Takes what is said of a bill. It may come before the match, and before the bill.
    pub fn put_assertion(&mut self, bill: &str, assertion: Assertion) {
        let place = self.bill(bill);
        if let Some(bill) = self.bills.get_mut(place) {
            bill.assertions.push(assertion);
        }
    }

    /// Takes out all that a document said of a bill.
    pub fn withdraw_assertions(&mut self, bill: &str, document: &str) {
        if let Some(place) = self.bill_of.get(bill).copied() {
            if let Some(bill) = self.bills.get_mut(place) {
                bill.assertions.retain(|assertion| assertion.document != document);
            }
            self.forget(place);
        }
    }

    /// Says which vulnerabilities are known to be exploited, by any of their names.
    pub fn set_exploited(&mut self, names: BTreeSet<String>) {
        self.exploited = names;
        let all: BTreeSet<u32> = self.record_of.values().copied().collect();
        self.rank(&all);
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
        let mut devices: Vec<&str> = bills.flat_map(|bill| &bill.devices).map(String::as_str).collect();
        devices.sort_unstable();
        devices
    }

    /// Findings in an order, of the packages and records that are kept; none is made before it is reached.
    pub fn findings(
        &self,
        sort: Sort,
        keep: impl Fn(&Package, &str) -> bool,
    ) -> Box<dyn Iterator<Item = Implied<'_>> + '_> {
        // What is asked of a package and a record is asked once, not for every device.
        let kept = |unit: &Unit| {
            let hits = unit.hits.iter().copied();
            let kept = hits.filter(|hit| {
                self.records
                    .get(*hit)
                    .is_some_and(|entry| keep(&unit.package, &entry.id))
            });
            kept.collect::<Vec<u32>>()
        };
        let units = self.units.things.iter();
        let kept: Vec<Vec<u32>> = units
            .map(|unit| unit.as_ref().map(kept).unwrap_or_default())
            .collect();
        match sort {
            Sort::Urgency => {
                let holds = move |unit: u32, record: u32| {
                    kept.get(unit as usize)
                        .is_some_and(|kept| kept.binary_search(&record).is_ok())
                };
                let pairs = self.urgent.iter().flat_map(|(_, _, record)| {
                    let hits = self
                        .records
                        .get(*record)
                        .into_iter()
                        .flat_map(|entry| &entry.hits);
                    hits.map(|unit| (*unit, *record))
                });
                let pairs = pairs.filter(move |(unit, record)| holds(*unit, *record));
                Box::new(pairs.flat_map(move |(unit, record)| {
                    let bills = self.units.get(unit).into_iter().flat_map(|unit| &unit.bills);
                    bills.flat_map(move |bill| {
                        let devices = self.bills.get(*bill).into_iter().flat_map(|bill| &bill.devices);
                        devices.filter_map(move |device| self.implied(device, *bill, unit, record))
                    })
                }))
            }
            Sort::Device => {
                let kept = Rc::new(kept);
                Box::new(self.devices.iter().flat_map(move |(device, bill)| {
                    let units = self.bills.get(*bill).into_iter().flat_map(|bill| &bill.units);
                    let kept = Rc::clone(&kept);
                    units.flat_map(move |unit| {
                        let count = kept.get(*unit as usize).map_or(0, Vec::len);
                        let kept = Rc::clone(&kept);
                        (0..count).filter_map(move |index| {
                            let record = *kept.get(*unit as usize)?.get(index)?;
                            self.implied(device, *bill, *unit, record)
                        })
                    })
                }))
            }
        }
    }

    /// Findings that something is said of, the most urgent first.
    pub fn answered(&self) -> impl Iterator<Item = Implied<'_>> {
        let mut found = BTreeSet::new();
        for place in self.bill_of.values() {
            let Some(bill) = self.bills.get(*place) else {
                continue;
            };
            for assertion in &bill.assertions {
                let named = self.by_name.get(&assertion.vulnerability).into_iter().flatten();
                for record in named.flat_map(|record| self.group(*record)) {
                    let Some(entry) = self.records.get(record) else {
                        continue;
                    };
                    let hits = entry
                        .hits
                        .iter()
                        .filter(|unit| bill.units.binary_search(unit).is_ok());
                    found.extend(hits.map(|unit| (Reverse(entry.urgency), &entry.id, *unit, *place, record)));
                }
            }
        }
        found.into_iter().flat_map(move |(_, _, unit, place, record)| {
            let devices = self.bills.get(place).into_iter().flat_map(|bill| &bill.devices);
            let implied = devices.filter_map(move |device| self.implied(device, place, unit, record));
            implied.filter(|implied| implied.status.is_some())
        })
    }

    /// How many findings follow.
    pub fn count(&self) -> u64 {
        let devices = |bill: &u32| self.bills.get(*bill).map_or(0, |bill| bill.devices.len() as u64);
        let units = self.units.things.iter().flatten();
        units
            .map(|unit| unit.hits.len() as u64 * unit.bills.iter().map(devices).sum::<u64>())
            .sum()
    }

    /// How many different versions of packages there are.
    pub fn unique(&self) -> usize {
        self.unit_of.len()
    }

    /// Matches everything afresh, on as many threads.
    pub fn rematch(&mut self, threads: usize) {
        for unit in self.units.things.iter_mut().flatten() {
            unit.hits.clear();
            unit.doubts.clear();
        }
        for entry in self.records.things.iter_mut().flatten() {
            entry.hits.clear();
            entry.doubts.clear();
        }
        let meetings: Vec<(&String, &Meeting)> = self.packages.iter().collect();
        let share = meetings.len().div_ceil(threads.max(1)).max(1);
        let this = &*self;
        let found: Vec<Vec<(u32, u32, Option<bool>)>> = thread::scope(|scope| {
            let parts = meetings.chunks(share).map(|part| {
                scope.spawn(move || {
                    let pairs = part.iter().flat_map(|(key, meeting)| {
                        meeting.records.iter().flat_map(|record| {
                            let about = this.about(key, *record);
                            let units = meeting.units.iter();
                            units.filter_map(move |unit| {
                                let said = this.units.get(*unit)?.is_said(&about);
                                (said != Some(false)).then_some((*unit, *record, said))
                            })
                        })
                    });
                    pairs.collect::<Vec<_>>()
                })
            });
            let parts: Vec<_> = parts.collect();
            parts.into_iter().filter_map(|part| part.join().ok()).collect()
        });
        for (unit, record, said) in found.into_iter().flatten() {
            self.note(unit, record, said);
        }
        for unit in self.units.things.iter_mut().flatten() {
            unit.hits.sort_unstable();
            unit.doubts.sort_unstable();
            unit.bills.shrink_to_fit();
        }
        for entry in self.records.things.iter_mut().flatten() {
            entry.hits.sort_unstable();
            entry.doubts.sort_unstable();
        }
    }

    /// The whole state as text, whatever the numbers of things: equal states are equal bytes.
    pub fn canonical(&self) -> String {
        let record = |place: &u32| self.records.get(*place).map(|entry| entry.id.as_str());
        let mut lines: Vec<String> = Vec::new();
        for unit in self.units.things.iter().flatten() {
            let list = |places: &[u32]| places.iter().filter_map(record).collect::<BTreeSet<_>>();
            let bills: BTreeSet<&str> = unit
                .bills
                .iter()
                .filter_map(|bill| Some(self.bills.get(*bill)?.id.as_str()))
                .collect();
            lines.push(format!(
                "unit {:?} {bills:?} {:?} {:?}",
                unit.package,
                list(&unit.hits),
                list(&unit.doubts)
            ));
        }
        for entry in self.records.things.iter().flatten() {
            let unit = |place: &u32| self.units.get(*place).map(|unit| &unit.package);
            let list = |places: &[u32]| places.iter().filter_map(unit).collect::<BTreeSet<_>>();
            lines.push(format!(
                "record {} {:?} {:?} {:?} {:?}",
                entry.id,
                entry.names,
                entry.urgency,
                list(&entry.hits),
                list(&entry.doubts)
            ));
        }
        for bill in self.bills.things.iter().flatten() {
            let mut said: Vec<String> = bill.assertions.iter().map(|said| format!("{said:?}")).collect();
            said.sort_unstable();
            lines.push(format!(
                "bill {} {} {:?} {said:?}",
                bill.id,
                bill.units.len(),
                bill.devices
            ));
        }
        let findings = self
            .findings(Sort::Device, |_, _| true)
            .map(|implied| format!("finding {implied:?}"));
        lines.extend(findings);
        let order: Vec<&String> = self.urgent.iter().map(|(_, id, _)| id).collect();
        lines.push(format!("urgent {order:?}"));
        lines.sort_unstable();
        lines.join("\n")
    }

    fn implied<'p>(&'p self, device: &'p str, bill: u32, unit: u32, record: u32) -> Option<Implied<'p>> {
        let (bill, unit) = (self.bills.get(bill)?, self.units.get(unit)?);
        Some(Implied {
            device,
            package: &unit.package,
            advisory: &self.records.get(record)?.id,
            status: if bill.assertions.is_empty() {
                None
            } else {
                self.status(bill, unit, record)
            },
        })
    }

    /// What is said in a bill of a record's vulnerability, by any of its names.
    fn status(&self, bill: &Bill, unit: &Unit, record: u32) -> Option<Status> {
        let names = self.names(&self.group(record));
        let of = |assertion: &&Assertion| {
            let about = assertion.package.as_ref();
            names.contains(&assertion.vulnerability) && about.is_none_or(|package| *package == unit.package)
        };
        let said = bill.assertions.iter().filter(of);
        let newest = said.clone().map(|assertion| assertion.at).max()?;
        let newest = said.filter(|assertion| assertion.at == newest);
        newest.map(|assertion| assertion.status).reduce(Status::graver)
    }

    /// Records of the same vulnerability: whatever names reach.
    fn group(&self, record: u32) -> BTreeSet<u32> {
        let mut group = BTreeSet::from([record]);
        let mut open = vec![record];
        while let Some(next) = open.pop() {
            let names = self.records.get(next).into_iter().flat_map(|entry| &entry.names);
            let others = names.filter_map(|name| self.by_name.get(name)).flatten();
            open.extend(others.filter(|other| group.insert(**other)));
        }
        group
    }

    fn names(&self, group: &BTreeSet<u32>) -> BTreeSet<String> {
        let entries = group.iter().filter_map(|record| self.records.get(*record));
        entries.flat_map(|entry| &entry.names).cloned().collect()
    }

    /// Orders records anew by what is known of their groups.
    fn rank(&mut self, records: &BTreeSet<u32>) {
        let mut left: BTreeSet<u32> = records
            .iter()
            .copied()
            .filter(|place| self.records.get(*place).is_some())
            .collect();
        while let Some(first) = left.pop_first() {
            let group = self.group(first);
            let exploited = !self.exploited.is_empty()
                && self
                    .names(&group)
                    .iter()
                    .any(|name| self.exploited.contains(name));
            for place in group {
                left.remove(&place);
                let Some(entry) = self.records.get_mut(place) else {
                    continue;
                };
                let old = (Reverse(entry.urgency), entry.id.clone(), place);
                entry.urgency = (exploited, entry.score);
                let new = (Reverse(entry.urgency), entry.id.clone(), place);
                self.urgent.remove(&old);
                self.urgent.insert(new);
            }
        }
    }

    fn bill(&mut self, id: &str) -> u32 {
        if let Some(place) = self.bill_of.get(id) {
            return *place;
        }
        let place = self.bills.add(Bill {
            id: id.to_owned(),
            ..Bill::default()
        });
        self.bill_of.insert(id.to_owned(), place);
        place
    }

    /// Takes the packages of a bill out.
    fn empty(&mut self, place: u32) {
        let units = self
            .bills
            .get_mut(place)
            .map(|bill| std::mem::take(&mut bill.units));
        for unit in units.unwrap_or_default() {
            if let Some(kept) = self.units.get_mut(unit) {
                take(&mut kept.bills, place);
                if kept.bills.is_empty() {
                    self.drop_unit(unit);
                }
            }
        }
    }

    /// Lets go of a bill that nothing is left of.
    fn forget(&mut self, place: u32) {
        let gone =
            |bill: &Bill| bill.units.is_empty() && bill.devices.is_empty() && bill.assertions.is_empty();
        if self.bills.get(place).is_some_and(gone)
            && let Some(bill) = self.bills.remove(place)
        {
            self.bill_of.remove(&bill.id);
        }
    }

    fn unit(&mut self, package: Package) -> u32 {
        if let Some(place) = self.unit_of.get(&package) {
            return *place;
        }
        let order = package.ecosystem.order();
        let version = order
            .and_then(|order| Version::parse(order, &package.version))
            .ok();
        let key = key(&package.ecosystem, &package.name);
        let place = self.units.add(Unit {
            package: package.clone(),
            version,
            bills: Vec::new(),
            hits: Vec::new(),
            doubts: Vec::new(),
        });
        self.unit_of.insert(package, place);
        let meeting = self.packages.entry(key).or_default();
        put(&mut meeting.units, place);
        for record in meeting.records.clone() {
            self.meet(place, record);
        }
        place
    }

    fn drop_unit(&mut self, place: u32) {
        let Some(unit) = self.units.remove(place) else {
            return;
        };
        for record in unit.hits.iter().chain(&unit.doubts) {
            if let Some(entry) = self.records.get_mut(*record) {
                take(&mut entry.hits, place);
                take(&mut entry.doubts, place);
            }
        }
        if let Some(meeting) = self
            .packages
            .get_mut(&key(&unit.package.ecosystem, &unit.package.name))
        {
            take(&mut meeting.units, place);
        }
        self.unit_of.remove(&unit.package);
    }

    /// What a record says of a package, whatever its release.
    fn about(&self, key: &str, record: u32) -> Vec<&About> {
        let entry = self.records.get(record).into_iter();
        entry
            .flat_map(|entry| &entry.about)
            .filter(|about| about.key == key)
            .collect()
    }

    fn meet(&mut self, unit: u32, record: u32) {
        let Some(package) = self.units.get(unit).map(|unit| &unit.package) else {
            return;
        };
        let said = self.units.get(unit).map_or(Some(false), |unit| {
            unit.is_said(&self.about(&key(&package.ecosystem, &package.name), record))
        });
        if said == Some(false) {
            return;
        }
        self.note(unit, record, said);
        if let Some(unit) = self.units.get_mut(unit) {
            unit.hits.sort_unstable();
            unit.doubts.sort_unstable();
        }
        if let Some(entry) = self.records.get_mut(record) {
            entry.hits.sort_unstable();
            entry.doubts.sort_unstable();
        }
    }

    /// Writes down that a record concerns a unit, or that it cannot be told.
    fn note(&mut self, unit: u32, record: u32, said: Option<bool>) {
        let sure = said == Some(true);
        if let Some(unit) = self.units.get_mut(unit) {
            (if sure { &mut unit.hits } else { &mut unit.doubts }).push(record);
        }
        if let Some(entry) = self.records.get_mut(record) {
            (if sure { &mut entry.hits } else { &mut entry.doubts }).push(unit);
        }
    }
}

impl Unit {
    /// Whether a record affects it; nothing where it cannot be told.
    fn is_said(&self, all: &[&About]) -> Option<bool> {
        let package = &self.package;
        let mut told = Some(false);
        for about in all
            .iter()
            .filter(|about| about.ecosystem.covers(&package.ecosystem))
        {
            let nested = about.nested.as_ref();
            let nested = nested.map(|affected| affected.rule(&package.ecosystem));
            let rule = nested.as_ref().unwrap_or(&about.rule);
            match rule.affects(&package.version, self.version.as_ref()) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => told = None,
            }
        }
        told
    }
}

impl About {
    fn of(affected: &Affected) -> Option<Self> {
        let package = affected.package.as_ref()?;
        let ecosystem = Ecosystem::parse(&package.ecosystem).ok()?;
        Some(Self {
            key: key(&ecosystem, &package.name),
            rule: affected.rule(&ecosystem),
            nested: ecosystem.is_nested().then(|| Box::new(affected.clone())),
            ecosystem,
        })
    }
}

/// A score from 0 to 10 in tenths.
fn in_tenths(score: f64) -> u16 {
    let tenths = (score * 10.0).round().clamp(0.0, 100.0);
    (0..=100).find(|whole| f64::from(*whole) >= tenths).unwrap_or(100)
}
