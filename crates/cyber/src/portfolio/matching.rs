//! Versions of packages against records: what each record says of each version is found once and kept as postings on both sides.

use std::thread;

use vocab::Refusal;

use super::Portfolio;
use super::slots::put;
use crate::ecosystem::Ecosystem;
use crate::matching::Package;
use crate::osv::Affected;
use crate::range::{Hit, Miss, Rule};
use crate::version::Version;

/// A version of a package that some bill has.
#[derive(Debug)]
pub(super) struct Unit {
    pub package: Package,
    version: Option<Version>,
    /// The package, whatever its version and release.
    pub meeting: u32,
    pub bills: Vec<u32>,
    pub hits: Vec<u32>,
    pub doubts: Vec<u32>,
}

/// What a record says of a package, read once.
#[derive(Debug)]
pub(super) struct About {
    pub meeting: u32,
    pub ecosystem: Ecosystem,
    rule: Rule,
    /// The same unread, where the package decides how it is read.
    nested: Option<Box<Affected>>,
}

/// The versions and the records of a package, whatever its release.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    key: String,
    pub units: Vec<u32>,
    pub records: Vec<u32>,
}

impl Unit {
    pub fn new(package: Package, meeting: u32) -> Self {
        let order = package.ecosystem.order();
        let version = order.and_then(|order| Version::parse(order, &package.version));
        Self {
            package,
            version: version.ok(),
            meeting,
            bills: Vec::new(),
            hits: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// Whether a record affects it, by what the record says of its package; nothing where it cannot be told.
    fn is_said(&self, all: &[About]) -> Option<bool> {
        let package = &self.package;
        let mut told = Some(false);
        for about in all {
            if about.meeting != self.meeting || !about.ecosystem.covers(&package.ecosystem) {
                continue;
            }
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
    /// What a record says of a package; nothing of one that could never be asked about.
    pub fn of(affected: &Affected, meeting: impl FnOnce(&Ecosystem, &str) -> u32) -> Option<Self> {
        let package = affected.package.as_ref()?;
        let ecosystem = Ecosystem::parse(&package.ecosystem).ok()?;
        Some(Self {
            meeting: meeting(&ecosystem, &package.name),
            rule: affected.rule(&ecosystem),
            nested: ecosystem.is_nested().then(|| Box::new(affected.clone())),
            ecosystem,
        })
    }

    /// The range or list that a version of its package lies in.
    pub fn hit(&self, package: &Package) -> Option<Hit> {
        self.assess(package)?.ok()?.ok()
    }

    /// Why it cannot be told of a version of its package.
    pub fn doubt(&self, package: &Package) -> Option<Refusal> {
        self.assess(package)?.err()
    }

    fn assess(&self, package: &Package) -> Option<Result<Result<Hit, Vec<Miss>>, Refusal>> {
        let nested = self.nested.as_ref();
        let nested = nested.map(|affected| affected.rule(&package.ecosystem));
        let rule = nested.as_ref().unwrap_or(&self.rule);
        let covers = self.ecosystem.covers(&package.ecosystem);
        covers.then(|| rule.assess(&package.version))
    }
}

impl Portfolio {
    /// Matches everything afresh, on as many threads.
    pub fn rematch(&mut self, threads: usize) {
        for unit in self.units.all_mut() {
            unit.hits.clear();
            unit.doubts.clear();
        }
        for entry in self.records.all_mut() {
            entry.hits.clear();
            entry.doubts.clear();
        }
        let meetings: Vec<&Meeting> = self.meetings.all().collect();
        let share = meetings.len().div_ceil(threads.max(1)).max(1);
        let this = &*self;
        let found: Vec<Vec<(u32, u32, Option<bool>)>> = thread::scope(|scope| {
            let parts = meetings.chunks(share).map(|part| {
                scope.spawn(move || {
                    let mut found = Vec::new();
                    for meeting in part {
                        let units = meeting.units.iter();
                        let units: Vec<(u32, &Unit)> = units
                            .filter_map(|unit| Some((*unit, this.units.get(*unit)?)))
                            .collect();
                        let records = meeting.records.iter();
                        for (record, entry) in
                            records.filter_map(|record| Some((*record, this.records.get(*record)?)))
                        {
                            for (place, unit) in &units {
                                let said = unit.is_said(&entry.about);
                                if said != Some(false) {
                                    found.push((*place, record, said));
                                }
                            }
                        }
                    }
                    found
                })
            });
            let parts: Vec<_> = parts.collect();
            parts.into_iter().filter_map(|part| part.join().ok()).collect()
        });
        for (unit, record, said) in found.into_iter().flatten() {
            self.note(unit, record, said);
        }
        for unit in self.units.all_mut() {
            unit.hits.sort_unstable();
            unit.doubts.sort_unstable();
        }
        for entry in self.records.all_mut() {
            entry.hits.sort_unstable();
            entry.doubts.sort_unstable();
        }
    }

    /// Holds a version against a record.
    pub(super) fn meet(&mut self, unit: u32, record: u32) {
        let said = self.said_of(unit, record);
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

    fn said_of(&self, unit: u32, record: u32) -> Option<bool> {
        match (self.units.get(unit), self.records.get(record)) {
            (Some(unit), Some(entry)) => unit.is_said(&entry.about),
            _ => Some(false),
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

    /// Where the versions and records of a package meet.
    pub(super) fn meeting(&mut self, ecosystem: &Ecosystem, name: &str) -> u32 {
        let key = format!("{}\t{}", ecosystem.name(), ecosystem.normal_name(name));
        if let Some(place) = self.meeting_of.get(&key) {
            return *place;
        }
        let place = self.meetings.add(Meeting {
            key: key.clone(),
            ..Meeting::default()
        });
        self.meeting_of.insert(key, place);
        place
    }

    /// Lets go of a package that neither a bill nor a record has.
    pub(super) fn part(&mut self, place: u32) {
        let empty = |meeting: &Meeting| meeting.units.is_empty() && meeting.records.is_empty();
        if self.meetings.get(place).is_some_and(empty)
            && let Some(meeting) = self.meetings.remove(place)
        {
            self.meeting_of.remove(&meeting.key);
        }
    }

    /// The number of a version of a package, which is matched if it is new.
    pub(super) fn unit(&mut self, package: Package) -> u32 {
        if let Some(place) = self.unit_of.get(&package) {
            return *place;
        }
        let meeting = self.meeting(&package.ecosystem, &package.name);
        let place = self.units.add(Unit::new(package.clone(), meeting));
        self.unit_of.insert(package, place);
        let mut records = Vec::new();
        if let Some(meeting) = self.meetings.get_mut(meeting) {
            put(&mut meeting.units, place);
            records.clone_from(&meeting.records);
        }
        for record in records {
            self.meet(place, record);
        }
        place
    }
}
