//! What became of every component of every bill: matched, clean, or not to be assessed and why. Of a component that is one version of a package
//! nothing more is kept; of every other, what keeps it from being that.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use vocab::Refusal;

use super::{Held, Portfolio};
use crate::document::Component;
use crate::ecosystem::Ecosystem;
use crate::matching::{Package, no_database, packages_of};
use crate::version::Version;

/// A component that is not one version of a package: none, several, or one that the bill has already. That of several bills is kept once.
#[derive(Debug)]
pub(super) struct Part {
    pub said: Arc<Said>,
    /// Its packages.
    pub units: Vec<u32>,
    /// How often bills have it.
    pub uses: u32,
}

/// What a bill says of a component.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Said {
    name: Box<str>,
    version: Option<Box<str>>,
    pub packages: Vec<Package>,
    /// Why one of its names could not be read as a package.
    pub cause: Option<Refusal>,
}

/// How many components of a bill, or of all bills, became what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The sum of the next three.
    pub components: u64,
    /// At least one record concerns them.
    pub matched: u64,
    /// No record concerns them.
    pub clean: u64,
    /// Nothing can be said of them.
    pub unassessable: u64,
    /// How many of these by the kind of their cause.
    pub causes: BTreeMap<&'static str, u64>,
}

/// A component that cannot be assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unassessable<'p> {
    /// Its name, or that of its package.
    pub name: &'p str,
    /// Its version.
    pub version: Option<&'p str>,
    /// The ecosystem of its package, where it names one.
    pub ecosystem: Option<String>,
    /// Why it cannot be assessed, and what to do.
    pub cause: Refusal,
    /// Records that may or may not concern it, sorted: a person must look.
    pub doubts: Vec<&'p str>,
    /// How many times the bill has it, or all bills together.
    pub times: u64,
}

/// How often bills have each unit as a component of its own, and each part.
struct Uses {
    units: Vec<u64>,
    parts: Vec<u64>,
}

impl Said {
    pub fn of(component: &Component) -> Self {
        let (packages, cause) = packages_of(component);
        Self {
            name: component.name.as_str().into(),
            version: component.version.as_deref().map(Into::into),
            packages,
            cause,
        }
    }
}

/// A package is a component by itself.
impl From<Package> for Said {
    fn from(package: Package) -> Self {
        Self {
            name: package.name.as_str().into(),
            version: Some(package.version.as_str().into()),
            packages: vec![package],
            cause: None,
        }
    }
}

impl Portfolio {
    /// What became of the components of a bill; nothing if there is no such bill.
    pub fn tally(&self, bill: &str) -> Option<Tally> {
        let held = self.bills.get(*self.bill_of.get(bill)?)?;
        Some(self.tally_of([held].into_iter()))
    }

    /// What became of the components of all bills. It walks over all of them: a second for tens of millions of components.
    pub fn tally_of_all(&self) -> Tally {
        self.tally_of(self.bills.all())
    }

    /// The components of a bill that cannot be assessed, by name.
    pub fn unassessable(&self, bill: &str) -> Vec<Unassessable<'_>> {
        let held = self.bill_of.get(bill).and_then(|place| self.bills.get(*place));
        self.unassessable_of(held.into_iter())
    }

    /// The components of all bills that cannot be assessed, those first that most bills have. It walks over all of them.
    pub fn unassessable_of_all(&self) -> Vec<Unassessable<'_>> {
        let mut all = self.unassessable_of(self.bills.all());
        all.sort_by_key(|component| Reverse(component.times));
        all
    }

    fn tally_of<'p>(&'p self, bills: impl Iterator<Item = &'p Held>) -> Tally {
        let mut tally = Tally::default();
        self.each(bills, |_, units, named, times| {
            tally.components += times;
            if self.is_matched(units) {
                tally.matched += times;
            } else if let Some(cause) = self.cause(units, named) {
                tally.unassessable += times;
                *tally.causes.entry(cause.kind).or_default() += times;
            } else {
                tally.clean += times;
            }
        });
        tally
    }

    fn unassessable_of<'p>(&'p self, bills: impl Iterator<Item = &'p Held>) -> Vec<Unassessable<'p>> {
        let mut all = Vec::new();
        self.each(bills, |said, units, named, times| {
            if self.is_matched(units) {
                return;
            }
            let Some(cause) = self.cause(units, named) else {
                return;
            };
            let units = || units.iter().filter_map(|unit| self.units.get(*unit));
            let package = units().next().map(|unit| &unit.package);
            let doubts = units().flat_map(|unit| &unit.doubts);
            let doubts = doubts.filter_map(|record| Some(&*self.records.get(*record)?.id));
            let doubts: BTreeSet<&str> = doubts.collect();
            all.push(Unassessable {
                name: said.map_or_else(|| package.map_or("", |package| &package.name), |said| &said.name),
                version: said
                    .and_then(|said| said.version.as_deref())
                    .or_else(|| package.map(|package| package.version.as_str())),
                ecosystem: package.map(|package| package.ecosystem.to_string()),
                cause,
                doubts: doubts.into_iter().collect(),
                times,
            });
        });
        // As texts, so that the order does not rest on numbers that things were given.
        all.sort_by_cached_key(|open| (format!("{open:?}"), open.times));
        all
    }

    /// Every different component of bills: what is said of it, its units, what is wrong with its names, and how often it is there.
    fn each<'p>(
        &'p self,
        bills: impl Iterator<Item = &'p Held>,
        mut take: impl FnMut(Option<&'p Said>, &[u32], Option<&Refusal>, u64),
    ) {
        let uses = self.uses(bills);
        for (unit, times) in (0..).zip(uses.units).filter(|(_, times)| *times > 0) {
            take(None, &[unit], None, times);
        }
        for (part, times) in (0..).zip(uses.parts).filter(|(_, times)| *times > 0) {
            if let Some(part) = self.parts.get(part) {
                take(Some(&part.said), &part.units, part.said.cause.as_ref(), times);
            }
        }
    }

    fn uses<'p>(&'p self, bills: impl Iterator<Item = &'p Held>) -> Uses {
        let mut uses = Uses {
            units: self.units.map(|_| 0),
            parts: self.parts.map(|_| 0),
        };
        let add = |all: &mut Vec<u64>, place: u32| {
            if let Some(times) = all.get_mut(place as usize) {
                *times += 1;
            }
        };
        for bill in bills {
            let parts = bill.parts.iter().filter_map(|part| self.parts.get(*part));
            let covered: BTreeSet<u32> = parts.flat_map(|part| &part.units).copied().collect();
            for unit in bill.units.iter().filter(|unit| !covered.contains(unit)) {
                add(&mut uses.units, *unit);
            }
            for part in &bill.parts {
                add(&mut uses.parts, *part);
            }
        }
        uses
    }

    fn is_matched(&self, units: &[u32]) -> bool {
        let mut units = units.iter().filter_map(|unit| self.units.get(*unit));
        units.any(|unit| !unit.hits.is_empty())
    }

    /// Why "no record found" would not mean "clean": as the ledger of a single bill has it.
    fn cause(&self, units: &[u32], named: Option<&Refusal>) -> Option<Refusal> {
        let units = || units.iter().filter_map(|unit| self.units.get(*unit));
        let package = |package: &Package| {
            let order = package.ecosystem.order();
            let readable = order.and_then(|order| Version::parse(order, &package.version));
            let known = || (!self.knows(&package.ecosystem)).then(|| no_database(&package.ecosystem));
            readable.err().or_else(known)
        };
        named
            .cloned()
            .or_else(|| {
                let packages = || units().map(|unit| &unit.package);
                let mut deciding = packages().filter(|package| package.decides(packages()));
                deciding.find_map(package)
            })
            .or_else(|| {
                let unit = units().find(|unit| !unit.doubts.is_empty())?;
                let doubts = unit.doubts.iter().filter_map(|record| self.records.get(*record));
                let entry = doubts.min_by_key(|entry| &entry.id)?;
                let about = entry.about.iter().filter(|about| unit.meets(about));
                // The last; what leaves its product open comes after what does not.
                let doubts = about.filter_map(|about| Some((about.is_wide(), about.doubt(&unit.package)?)));
                doubts.max_by_key(|(wide, _)| *wide).map(|(_, doubt)| doubt)
            })
    }

    /// Whether there are records that could speak of packages of an ecosystem and release.
    fn knows(&self, ecosystem: &Ecosystem) -> bool {
        self.known.keys().any(|known| known.covers(ecosystem))
    }
}
