//! Lists of findings as they follow from the postings, in an order, filtered, and counted. None is made before it is reached.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::matching::Unit;
use super::rank::{Grade, Urgency};
use super::said::Assertion;
use super::{Held, Portfolio};
use crate::document::Status;
use crate::matching::Package;

/// A finding as it follows from the postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implied<'p> {
    /// The device version.
    pub device: &'p str,
    /// Its bill, for [`Portfolio::explain`].
    pub bill: &'p str,
    /// The package.
    pub package: &'p Package,
    /// The record.
    pub advisory: &'p str,
    /// What it is ordered by.
    pub urgency: Urgency,
    /// What the maker says: of several the newest, and of these the gravest.
    pub status: Option<Status>,
}

/// By what findings are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Known exploited first, then by score, then by the chance of exploitation, then by record.
    Urgency,
    /// By device, then as each device's findings come.
    Device,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All of them.
    pub findings: u64,
    /// Those that the maker has not said to be not affected or fixed.
    pub open: u64,
}

impl Portfolio {
    /// Findings in an order, of the packages and records that are kept; none is made before it is reached.
    pub fn findings(
        &self,
        sort: Sort,
        keep: impl Fn(&Package, &str) -> bool,
    ) -> Box<dyn Iterator<Item = Implied<'_>> + Send + '_> {
        // What is asked of a package and a record is asked once, not for every device.
        let kept = self.units.map(|unit: &Unit| {
            let hits = unit.hits.iter().copied();
            let kept = hits.filter(|hit| {
                let entry = self.records.get(*hit);
                entry.is_some_and(|entry| keep(&unit.package, &entry.id))
            });
            kept.collect::<Vec<u32>>()
        });
        match sort {
            Sort::Urgency => {
                let holds = move |unit: u32, record: u32| {
                    kept.get(unit as usize)
                        .is_some_and(|kept| kept.binary_search(&record).is_ok())
                };
                let pairs = self.urgent.iter().flat_map(|(_, _, record)| {
                    let entry = self.records.get(*record);
                    let hits = entry.into_iter().flat_map(|entry| &entry.hits);
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
                let kept = Arc::new(kept);
                Box::new(self.devices.iter().flat_map(move |(device, bill)| {
                    let units = self.bills.get(*bill).into_iter().flat_map(|bill| &bill.units);
                    let kept = Arc::clone(&kept);
                    units.flat_map(move |unit| {
                        let count = kept.get(*unit as usize).map_or(0, Vec::len);
                        let kept = Arc::clone(&kept);
                        (0..count).filter_map(move |index| {
                            let record = *kept.get(*unit as usize)?.get(index)?;
                            self.implied(device, *bill, *unit, record)
                        })
                    })
                }))
            }
        }
    }

    /// The findings of a device version, the most urgent first.
    pub fn findings_of(&self, device: &str) -> Vec<Implied<'_>> {
        let Some((device, place)) = self.devices.get_key_value(device) else {
            return Vec::new();
        };
        let pairs = self
            .bills
            .get(*place)
            .into_iter()
            .flat_map(|held| self.pairs(held));
        let implied = pairs.filter_map(|(unit, record)| self.implied(device, *place, unit, record));
        let mut all: Vec<Implied<'_>> = implied.collect();
        all.sort_by(|a, b| {
            let urgency = b.urgency.cmp(&a.urgency);
            urgency.then_with(|| (a.advisory, a.package).cmp(&(b.advisory, b.package)))
        });
        all
    }

    /// Whether all findings of a record on a device version are answered by what calls for no action; nothing if there is no such finding.
    pub fn is_settled(&self, device: &str, record: &str) -> Option<bool> {
        let held = self.bills.get(*self.devices.get(device)?)?;
        let place = *self.record_of.get(record)?;
        let hits = &self.records.get(place)?.hits;
        let mut units = hits
            .iter()
            .filter(|unit| held.units.binary_search(unit).is_ok())
            .peekable();
        units.peek()?;
        Some(units.all(|unit| {
            let status = self.status(held, *unit, place);
            matches!(status, Some(Status::NotAffected | Status::Fixed))
        }))
    }

    /// How many findings device versions have by grade; a device version that is named twice counts twice, one that is not known not at all.
    pub fn counts<'d>(&self, devices: impl IntoIterator<Item = &'d str>) -> BTreeMap<Grade, Count> {
        let mut times: BTreeMap<u32, u64> = BTreeMap::new();
        for bill in devices.into_iter().filter_map(|device| self.devices.get(device)) {
            *times.entry(*bill).or_default() += 1;
        }
        let mut counts: BTreeMap<Grade, Count> = BTreeMap::new();
        for (place, times) in times {
            let Some(held) = self.bills.get(place) else {
                continue;
            };
            for (unit, record) in self.pairs(held) {
                let urgency = self.records.get(record).and_then(|entry| entry.urgency);
                let count = counts.entry(urgency.unwrap_or_default().grade()).or_default();
                count.findings += times;
                let settled = matches!(
                    self.status(held, unit, record),
                    Some(Status::NotAffected | Status::Fixed)
                );
                count.open += if settled { 0 } else { times };
            }
        }
        counts
    }

    /// Findings that something is said of, the most urgent first.
    pub fn answered(&self) -> impl Iterator<Item = Implied<'_>> {
        let mut found = BTreeSet::new();
        for (place, bill) in self
            .bill_of
            .values()
            .filter_map(|place| Some((*place, self.bills.get(*place)?)))
        {
            let names = bill.assertions.iter().flat_map(Assertion::names);
            let names = names.filter_map(|name| self.names.find(name));
            for record in names.flat_map(|name| self.of_name(name)) {
                let Some(entry) = self.records.get(record) else {
                    continue;
                };
                let hits = entry
                    .hits
                    .iter()
                    .filter(|unit| bill.units.binary_search(unit).is_ok());
                found.extend(hits.map(|unit| (Reverse(entry.urgency), &entry.id, *unit, place, record)));
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
        let units = self.units.all();
        units
            .map(|unit| unit.hits.len() as u64 * unit.bills.iter().map(devices).sum::<u64>())
            .sum()
    }

    /// The packages of a bill that records are found on.
    fn pairs<'p>(&'p self, held: &'p Held) -> impl Iterator<Item = (u32, u32)> + 'p {
        held.units.iter().flat_map(move |unit| {
            let hits = self.units.get(*unit).into_iter().flat_map(|unit| &unit.hits);
            hits.map(move |record| (*unit, *record))
        })
    }

    fn implied<'p>(&'p self, device: &'p str, bill: u32, unit: u32, record: u32) -> Option<Implied<'p>> {
        let held = self.bills.get(bill)?;
        let entry = self.records.get(record)?;
        Some(Implied {
            device,
            bill: &held.id,
            package: &self.units.get(unit)?.package,
            advisory: &entry.id,
            urgency: entry.urgency.unwrap_or_default(),
            status: self.status(held, unit, record),
        })
    }
}
