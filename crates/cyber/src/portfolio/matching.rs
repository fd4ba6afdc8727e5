//! Versions of packages against records: what each record says of each version is found once and kept as postings on both sides.

use std::thread;

use vocab::Refusal;

use super::Portfolio;
use super::slots::put;
use crate::cpe;
use crate::ecosystem::Ecosystem;
use crate::matching::Package;
use crate::osv::{Affected, Reach};
use crate::range::{Hit, Miss};
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
    reach: Reach,
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

    /// Whether what a record says of a package may be about this one.
    pub fn meets(&self, about: &About) -> bool {
        about.meeting == self.meeting || self.package.ecosystem.is_cpe() && about.is_wide()
    }

    /// Whether a record affects it, by what the record says of its package; nothing where it cannot be told.
    fn is_said(&self, all: &[About]) -> Option<bool> {
        let package = &self.package;
        let mut told = Some(false);
        for about in all {
            if !self.meets(about) || !about.ecosystem.covers(&package.ecosystem) {
                continue;
            }
            let nested = about.nested.as_ref();
            let nested = nested.map(|affected| affected.reach(&package.ecosystem));
            let reach = nested.as_ref().unwrap_or(&about.reach);
            match reach.affects(&package.name, &package.version, self.version.as_ref()) {
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
            reach: affected.reach(&ecosystem),
            nested: ecosystem.is_nested().then(|| Box::new(affected.clone())),
            ecosystem,
        })
    }

    /// Whether it leaves open which package it is about: then it meets all that have CPE names.
    pub fn is_wide(&self) -> bool {
        self.reach.is_wide()
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
        let nested = nested.map(|affected| affected.reach(&package.ecosystem));
        let reach = nested.as_ref().unwrap_or(&self.reach);
        let covers = self.ecosystem.covers(&package.ecosystem);
        covers.then(|| reach.assess(&package.name, &package.version))
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
        let threads = threads.max(1);
        let this = &*self;
        // Every so many-th each: meetings that are made together are alike in size.
        let found: Vec<Vec<(u32, u32, bool)>> = thread::scope(|scope| {
            let parts = (0..threads).map(|first| {
                let part = meetings.iter().skip(first).step_by(threads);
                scope.spawn(move || part.flat_map(|meeting| this.all_said(meeting)).collect())
            });
            let parts: Vec<_> = parts.collect();
            parts.into_iter().filter_map(|part| part.join().ok()).collect()
        });
        // Postings of either side are written by a thread of its own.
        let (units, records) = (&mut self.units, &mut self.records);
        thread::scope(|scope| {
            scope.spawn(|| {
                for (unit, record, sure) in found.iter().flatten() {
                    if let Some(unit) = units.get_mut(*unit) {
                        (if *sure { &mut unit.hits } else { &mut unit.doubts }).push(*record);
                    }
                }
                for unit in units.all_mut() {
                    sort(&mut unit.hits);
                    sort(&mut unit.doubts);
                }
            });
            for (unit, record, sure) in found.iter().flatten() {
                if let Some(entry) = records.get_mut(*record) {
                    (if *sure { &mut entry.hits } else { &mut entry.doubts }).push(*unit);
                }
            }
            for entry in records.all_mut() {
                sort(&mut entry.hits);
                sort(&mut entry.doubts);
            }
        });
    }

    /// What records say of the versions that meet them: unit, record, and whether it is sure.
    fn all_said(&self, meeting: &Meeting) -> Vec<(u32, u32, bool)> {
        let units = meeting.units.iter();
        let units: Vec<(u32, &Unit)> = units
            .filter_map(|unit| Some((*unit, self.units.get(*unit)?)))
            .collect();
        let mut said = Vec::new();
        for record in &meeting.records {
            let Some(entry) = self.records.get(*record) else {
                continue;
            };
            for (place, unit) in &units {
                let told = unit.is_said(&entry.about);
                if told != Some(false) {
                    said.push((*place, *record, told.is_some()));
                }
            }
        }
        said
    }

    /// Holds a version against a record.
    pub(super) fn meet(&mut self, unit: u32, record: u32) {
        let said = self.said_of(unit, record);
        if said == Some(false) {
            return;
        }
        let sure = said == Some(true);
        let place = unit;
        if let Some(unit) = self.units.get_mut(place) {
            put(if sure { &mut unit.hits } else { &mut unit.doubts }, record);
        }
        if let Some(entry) = self.records.get_mut(record) {
            put(if sure { &mut entry.hits } else { &mut entry.doubts }, place);
        }
    }

    fn said_of(&self, unit: u32, record: u32) -> Option<bool> {
        match (self.units.get(unit), self.records.get(record)) {
            (Some(unit), Some(entry)) => unit.is_said(&entry.about),
            _ => Some(false),
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
        let wide = self.wide_of(&package);
        self.unit_of.insert(package, place);
        let mut records = Vec::new();
        for meeting in [Some(meeting), wide].into_iter().flatten() {
            if let Some(meeting) = self.meetings.get_mut(meeting) {
                put(&mut meeting.units, place);
                records.extend(&meeting.records);
            }
        }
        for record in records {
            self.meet(place, record);
        }
        place
    }

    /// Where a package that a CPE name is meets the records that leave their product open.
    pub(super) fn wide_of(&mut self, package: &Package) -> Option<u32> {
        let ecosystem = &package.ecosystem;
        ecosystem.is_cpe().then(|| self.meeting(ecosystem, cpe::WIDE))
    }
}

/// As [`put`] would have left them.
fn sort(list: &mut Vec<u32>) {
    list.sort_unstable();
    list.dedup();
}
