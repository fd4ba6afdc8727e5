//! Lists of findings as they follow from the postings, in an order, filtered, and counted. None is made before it is reached.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::iter;
use std::ops::Bound;

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

/// By what findings are sorted. Whatever it is, the order of any two findings is the same each time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Known exploited first, then by score, then by the chance of exploitation, then by record.
    #[default]
    Urgency,
    /// By score, then known exploited first, then by the chance of exploitation, then by record.
    Severity,
    /// By the chance of exploitation, then known exploited first, then by score, then by record.
    Chance,
    /// By record.
    Advisory,
    /// By package, then as by urgency.
    Component,
    /// By device, then as by urgency.
    Device,
}

/// A list of findings as it is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Its order.
    pub sort: Sort,
    /// These device versions alone, each once, and [`Sort::Device`] in this order; all of them by name where none are named.
    pub devices: Option<&'a [&'a str]>,
    /// What comes behind this place alone. By device, places count from its device on if that is among those that are named.
    pub after: Option<&'a Place>,
}

/// A finding's place in every order; what stood there may be gone since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it was ordered by.
    pub urgency: Urgency,
    /// The record.
    pub advisory: String,
    /// The package.
    pub package: Package,
    /// The device version.
    pub device: String,
}

/// What is found on a package, as it stands in an order; devices that have the package follow by name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'p> {
    package_first: Option<&'p Package>,
    most: Reverse<[Option<u32>; 3]>,
    advisory: &'p str,
    package: &'p Package,
}

/// A record that is found on a unit.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair<'p> {
    rank: Rank<'p>,
    unit: u32,
    record: u32,
}

/// Bills with those of their devices that are asked for, sorted.
type Bearing<'p> = BTreeMap<u32, Vec<&'p str>>;

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All of them.
    pub findings: u64,
    /// Those that the maker has not said to be not affected or fixed.
    pub open: u64,
}

impl Sort {
    fn rank<'p>(self, urgency: Urgency, advisory: &'p str, package: &'p Package) -> Rank<'p> {
        let Urgency {
            exploited,
            tenths,
            chance,
        } = urgency;
        let (exploited, tenths) = (exploited.then_some(1), tenths.map(u32::from));
        Rank {
            package_first: (self == Self::Component).then_some(package),
            most: Reverse(match self {
                Self::Urgency | Self::Component | Self::Device => [exploited, tenths, chance],
                Self::Severity => [tenths, exploited, chance],
                Self::Chance => [chance, exploited, tenths],
                Self::Advisory => [None; 3],
            }),
            advisory,
            package,
        }
    }
}

impl Place {
    fn rank(&self, sort: Sort) -> Rank<'_> {
        sort.rank(self.urgency, &self.advisory, &self.package)
    }
}

impl From<&Implied<'_>> for Place {
    fn from(implied: &Implied<'_>) -> Self {
        Self {
            urgency: implied.urgency,
            advisory: implied.advisory.to_owned(),
            package: implied.package.clone(),
            device: implied.device.to_owned(),
        }
    }
}

impl Portfolio {
    /// Findings in an order, of the packages and records that are kept; none is made before it is reached.
    pub fn findings<'p>(
        &'p self,
        asked: &Asked<'_>,
        keep: impl Fn(&Package, &str, Urgency) -> bool,
    ) -> Box<dyn Iterator<Item = Implied<'p>> + 'p> {
        // What is asked of a package and a record is asked once, not for every device.
        let kept = self.units.map(|unit: &Unit| {
            let hits = unit.hits.iter().copied();
            let kept = hits.filter(|hit| {
                let entry = self.records.get(*hit);
                entry.is_some_and(|entry| keep(&unit.package, &entry.id, entry.urgency))
            });
            kept.collect::<Vec<u32>>()
        });
        let named = asked.devices.map(|devices| {
            let known = devices
                .iter()
                .filter_map(|device| self.devices.get_key_value(*device));
            known.map(|(device, bill)| (&**device, *bill)).collect()
        });
        if asked.sort == Sort::Device {
            self.by_device(named, asked.after.cloned(), kept)
        } else {
            self.by_rank(asked.sort, named, asked.after.cloned(), &kept)
        }
    }

    /// Findings by what they are ranked by, and devices after that.
    fn by_rank<'p>(
        &'p self,
        sort: Sort,
        named: Option<Vec<(&'p str, u32)>>,
        after: Option<Place>,
        kept: &[Vec<u32>],
    ) -> Box<dyn Iterator<Item = Implied<'p>> + 'p> {
        let from = after.as_ref().map(|after| after.rank(sort));
        let pairs = (0..).zip(kept);
        let pairs = pairs.flat_map(|(unit, hits)| hits.iter().map(move |record| (unit, *record)));
        let pairs = pairs.filter_map(|(unit, record)| self.pair(sort, unit, record));
        let pairs = pairs.filter(|pair| from.as_ref().is_none_or(|from| pair.rank >= *from));
        // Few of them are ever reached, so they are not sorted as a whole.
        let mut heap: BinaryHeap<Reverse<Pair<'p>>> = pairs.map(Reverse).collect();
        let named = named.map(|named| {
            let mut bearing = Bearing::new();
            for (device, bill) in named {
                bearing.entry(bill).or_default().push(device);
            }
            bearing
        });
        let pairs = iter::from_fn(move || heap.pop());
        Box::new(pairs.flat_map(move |Reverse(Pair { rank, unit, record })| {
            let mut devices = self.bearing(unit, named.as_ref());
            if let Some(after) = after.as_ref().filter(|after| after.rank(sort) == rank) {
                devices.retain(|(device, _)| **device > *after.device);
            }
            let each = devices.into_iter();
            each.filter_map(move |(device, bill)| self.implied(device, bill, unit, record))
        }))
    }

    /// Findings device by device, of each the most urgent first.
    fn by_device<'p>(
        &'p self,
        named: Option<Vec<(&'p str, u32)>>,
        after: Option<Place>,
        kept: Vec<Vec<u32>>,
    ) -> Box<dyn Iterator<Item = Implied<'p>> + 'p> {
        let last = after.as_ref().map_or("", |after| &after.device);
        let mut devices: Vec<(&str, u32)> = if let Some(mut named) = named {
            let gone = named.iter().position(|(device, _)| *device == last);
            named.split_off(gone.unwrap_or(0))
        } else {
            let from = (Bound::Included(last), Bound::Unbounded);
            let all = self.devices.range::<str, _>(from);
            all.map(|(device, bill)| (&**device, *bill)).collect()
        };
        // Where little is kept, few devices have any of it: the others are not walked over.
        let units = (0..).zip(&kept).filter(|(_, hits)| !hits.is_empty());
        let units: Vec<&Unit> = units.filter_map(|(unit, _)| self.units.get(unit)).collect();
        if units.iter().map(|unit| unit.bills.len()).sum::<usize>() < devices.len() {
            let bills: BTreeSet<u32> = units.iter().flat_map(|unit| &unit.bills).copied().collect();
            devices.retain(|(_, bill)| bills.contains(bill));
        }
        Box::new(devices.into_iter().flat_map(move |(device, bill)| {
            let mut pairs = self.pairs_of(bill, |unit| kept.get(unit as usize).map_or(&[], Vec::as_slice));
            if let Some(after) = after.as_ref().filter(|after| after.device == device) {
                pairs.retain(|pair| pair.rank > after.rank(Sort::Device));
            }
            let each = pairs.into_iter();
            each.filter_map(move |pair| self.implied(device, bill, pair.unit, pair.record))
        }))
    }

    /// The findings of a device version, the most urgent first.
    pub fn findings_of(&self, device: &str) -> Vec<Implied<'_>> {
        let Some((device, bill)) = self.devices.get_key_value(device) else {
            return Vec::new();
        };
        let pairs = self.pairs_of(*bill, |unit| self.hits(unit)).into_iter();
        let implied = pairs.filter_map(|pair| self.implied(device, *bill, pair.unit, pair.record));
        implied.collect()
    }

    /// Every name of a record's vulnerability, its own among them, sorted; none of a record that is not known.
    pub fn names(&self, advisory: &str) -> Vec<&str> {
        let Some(record) = self.record_of.get(advisory) else {
            return Vec::new();
        };
        let names = self.names_of(&self.group(*record));
        let mut names: Vec<&str> = names.iter().map(|name| self.names.text(*name)).collect();
        names.sort_unstable();
        names
    }

    /// Records of the vulnerability of a name, in any case, and those of distributions that rest on it.
    pub fn records_named(&self, name: &str) -> BTreeSet<&str> {
        let name = self.names.find(&name.to_uppercase());
        let records = name.into_iter().flat_map(|name| self.of_name(name));
        let entries = records.filter_map(|record| self.records.get(record));
        entries.map(|entry| &*entry.id).collect()
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
                let urgency = self.records.get(record).map(|entry| entry.urgency);
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
        let units = held.units.iter();
        units.flat_map(move |unit| self.hits(*unit).iter().map(move |record| (*unit, *record)))
    }

    /// Records that are found on a package.
    fn hits(&self, unit: u32) -> &[u32] {
        self.units.get(unit).map_or(&[], |unit| &unit.hits)
    }

    /// The packages of a bill with those of these records that are found on each, the most urgent first.
    fn pairs_of<'h>(&self, bill: u32, hits: impl Fn(u32) -> &'h [u32]) -> Vec<Pair<'_>> {
        let units = self.bills.get(bill).into_iter().flat_map(|held| &held.units);
        let mut pairs = vec![];
        for unit in units {
            let found = hits(*unit).iter();
            pairs.extend(found.filter_map(|record| self.pair(Sort::Device, *unit, *record)));
        }
        pairs.sort_unstable();
        pairs
    }

    fn pair(&self, sort: Sort, unit: u32, record: u32) -> Option<Pair<'_>> {
        let entry = self.records.get(record)?;
        let package = &self.units.get(unit)?.package;
        Some(Pair {
            rank: sort.rank(entry.urgency, &entry.id, package),
            unit,
            record,
        })
    }

    /// Device versions that have a package, by name, each with its bill: all, or those that are asked for.
    fn bearing<'p>(&'p self, unit: u32, named: Option<&Bearing<'p>>) -> Vec<(&'p str, u32)> {
        let bills = self.units.get(unit).map_or(&[][..], |unit| &unit.bills);
        let mut devices: Vec<(&str, u32)> = vec![];
        match named {
            None => {
                for bill in bills {
                    let all = self.bills.get(*bill).into_iter().flat_map(|held| &held.devices);
                    devices.extend(all.map(|device| (&**device, *bill)));
                }
            }
            Some(named) if named.len() < bills.len() => {
                let named = named.iter().filter(|(bill, _)| bills.binary_search(bill).is_ok());
                devices.extend(named.flat_map(|(bill, all)| all.iter().map(|device| (*device, *bill))));
            }
            Some(named) => {
                let named = bills.iter().filter_map(|bill| Some((bill, named.get(bill)?)));
                devices.extend(named.flat_map(|(bill, all)| all.iter().map(|device| (*device, *bill))));
            }
        }
        devices.sort_unstable();
        devices
    }

    fn implied<'p>(&'p self, device: &'p str, bill: u32, unit: u32, record: u32) -> Option<Implied<'p>> {
        let held = self.bills.get(bill)?;
        let entry = self.records.get(record)?;
        Some(Implied {
            device,
            bill: &held.id,
            package: &self.units.get(unit)?.package,
            advisory: &entry.id,
            urgency: entry.urgency,
            status: self.status(held, unit, record),
        })
    }
}
