//! Which record comes first: known exploitation, then the score, then the chance of exploitation. What is known of one name of a vulnerability holds
//! for every record of the same group, and for the records of distributions that rest on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::Portfolio;
use super::slots::{Slots, put, take};
use crate::priority::Chance;

/// What a record is ordered by; greater is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Urgency {
    /// Known to be exploited.
    pub exploited: bool,
    /// The highest CVSS base score in tenths, 0 to 100; nothing where no record of the vulnerability has one.
    pub tenths: Option<u16>,
    /// The chance of exploitation (EPSS) in hundred-thousandths.
    pub chance: Option<u32>,
}

/// Urgency in a word: the bands of CVSS, and known exploitation above them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Known to be exploited.
    Exploited,
    /// From 9.0.
    Critical,
    /// From 7.0.
    High,
    /// From 4.0.
    Medium,
    /// Below 4.0.
    Low,
    /// No record of it has a score.
    Unrated,
}

impl Urgency {
    /// The score from 0 to 10, where there is one.
    pub fn score(self) -> Option<f64> {
        self.tenths.map(|tenths| f64::from(tenths) / 10.0)
    }

    /// Its grade.
    pub fn grade(self) -> Grade {
        match (self.exploited, self.tenths) {
            (true, _) => Grade::Exploited,
            (_, Some(90..)) => Grade::Critical,
            (_, Some(70..)) => Grade::High,
            (_, Some(40..)) => Grade::Medium,
            (_, Some(_)) => Grade::Low,
            (_, None) => Grade::Unrated,
        }
    }
}

/// The scores that a record itself gives, in tenths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scores {
    /// The highest of all.
    pub highest: Option<u16>,
    /// The highest that holds whatever the package.
    pub general: Option<u16>,
}

/// Names of vulnerabilities and which records bear them. They are compared without regard to case.
#[derive(Debug, Default)]
pub(super) struct Names {
    of: HashMap<Arc<str>, u32>,
    all: Slots<Name>,
}

#[derive(Debug)]
struct Name {
    /// In capitals.
    key: Arc<str>,
    /// As written, where that differs.
    written: Option<Box<str>>,
    /// Records whose name it is.
    own: Vec<u32>,
    /// Records that rest on it.
    rests: Vec<u32>,
}

impl Names {
    /// The number of a name, for a record whose own it is or that rests on it.
    pub fn bear(&mut self, text: &str, record: u32, own: bool) -> u32 {
        let key = text.to_uppercase();
        let place = self.of.get(key.as_str()).copied().unwrap_or_else(|| {
            let key: Arc<str> = key.into();
            let place = self.all.add(Name {
                key: Arc::clone(&key),
                written: (*key != *text).then(|| text.into()),
                own: Vec::new(),
                rests: Vec::new(),
            });
            self.of.insert(key, place);
            place
        });
        if let Some(name) = self.all.get_mut(place) {
            put(if own { &mut name.own } else { &mut name.rests }, record);
        }
        place
    }

    /// Takes a record off a name.
    pub fn bare(&mut self, place: u32, record: u32, own: bool) {
        let Some(name) = self.all.get_mut(place) else {
            return;
        };
        take(if own { &mut name.own } else { &mut name.rests }, record);
        if name.own.is_empty() && name.rests.is_empty() {
            self.of.remove(&name.key);
            self.all.remove(place);
        }
    }

    /// The number of a name in capitals.
    pub fn find(&self, key: &str) -> Option<u32> {
        self.of.get(key).copied()
    }

    /// In capitals.
    pub fn key(&self, place: u32) -> &str {
        self.all.get(place).map_or("", |name| &name.key)
    }

    /// As written.
    pub fn text(&self, place: u32) -> &str {
        let written = self.all.get(place).and_then(|name| name.written.as_deref());
        written.unwrap_or_else(|| self.key(place))
    }

    fn own(&self, place: u32) -> &[u32] {
        self.all.get(place).map_or(&[], |name| &name.own)
    }

    fn rests(&self, place: u32) -> &[u32] {
        self.all.get(place).map_or(&[], |name| &name.rests)
    }
}

impl Portfolio {
    /// Says which vulnerabilities are known to be exploited, by any of their names.
    pub fn set_exploited(&mut self, names: BTreeSet<String>) {
        self.exploited = names.into_iter().map(|name| name.to_uppercase()).collect();
        self.rank_all();
    }

    /// Says how likely vulnerabilities are to be exploited, by any of their names.
    pub fn set_chances(&mut self, chances: &BTreeMap<String, Chance>) {
        let chances = chances.iter().map(|(name, chance)| {
            let rounded = (chance.score * 1e5).round().clamp(0.0, 1e5);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 0..=100,000"
            )]
            let whole = rounded as u32;
            (name.to_uppercase().into(), whole)
        });
        self.chances = chances.collect();
        self.rank_all();
    }

    fn rank_all(&mut self) {
        let all: Vec<u32> = self.record_of.values().copied().collect();
        for record in all {
            self.rank(record);
        }
    }

    /// Records of the same vulnerability: whatever names reach.
    pub(super) fn group(&self, record: u32) -> BTreeSet<u32> {
        let mut group = BTreeSet::from([record]);
        let mut open = vec![record];
        while let Some(next) = open.pop() {
            let names = self.records.get(next).into_iter().flat_map(|entry| &entry.names);
            let others = names.flat_map(|name| self.names.own(*name));
            open.extend(others.filter(|other| group.insert(**other)));
        }
        group
    }

    /// Every name of the records of a group.
    pub(super) fn names_of(&self, group: &BTreeSet<u32>) -> BTreeSet<u32> {
        let entries = group.iter().filter_map(|record| self.records.get(*record));
        entries.flat_map(|entry| &entry.names).copied().collect()
    }

    /// Records of the vulnerability of a name.
    pub(super) fn bearers(&self, name: u32) -> BTreeSet<u32> {
        let first = self.names.own(name).first();
        first.map_or_else(BTreeSet::new, |record| self.group(*record))
    }

    /// Records of the vulnerability of a name, and those that rest on it.
    pub(super) fn of_name(&self, name: u32) -> BTreeSet<u32> {
        let mut records = self.bearers(name);
        let mut names = self.names_of(&records);
        names.insert(name);
        records.extend(names.iter().flat_map(|name| self.names.rests(*name)));
        records
    }

    /// Every name of each vulnerability upstream that a record rests on.
    pub(super) fn upstream(&self, record: u32) -> Vec<BTreeSet<u32>> {
        let rests = self.records.get(record).map_or(&[][..], |entry| &entry.upstream);
        let each = rests.iter().map(|name| {
            let mut names = self.names_of(&self.bearers(*name));
            names.insert(*name);
            names
        });
        each.collect()
    }

    /// Records whose place may change with a record: its group, and what rests on it.
    pub(super) fn touched(&self, record: u32) -> BTreeSet<u32> {
        let mut touched = self.group(record);
        let names = self.names_of(&touched);
        touched.extend(names.iter().flat_map(|name| self.names.rests(*name)));
        touched
    }

    /// Orders a record anew by what is known of it.
    pub(super) fn rank(&mut self, place: u32) {
        let urgency = self.urgency(place);
        if let Some(entry) = self.records.get_mut(place) {
            entry.urgency = urgency;
        }
    }

    fn urgency(&self, place: u32) -> Urgency {
        let Some(entry) = self.records.get(place) else {
            return Urgency::default();
        };
        let mut tenths = entry.scores.highest;
        // Most records are alone under their names, and then nothing is to be gathered.
        let alone = |name: &u32| self.names.own(*name) == [place];
        let (mut names, mut group) = (BTreeSet::new(), BTreeSet::new());
        if !entry.upstream.is_empty() || !entry.names.iter().all(alone) {
            group = self.group(place);
            names = self.names_of(&group);
            for name in &entry.upstream {
                let bearers = self.bearers(*name);
                names.extend(self.names_of(&bearers));
                names.insert(*name);
                group.extend(bearers);
            }
        } else {
            names.extend(&entry.names);
        }
        if tenths.is_none() {
            let others = group.iter().filter_map(|other| self.records.get(*other));
            tenths = others.filter_map(|other| other.scores.general).max();
        }
        let keys = || names.iter().map(|name| self.names.key(*name));
        Urgency {
            exploited: !self.exploited.is_empty() && keys().any(|key| self.exploited.contains(key)),
            tenths,
            chance: if self.chances.is_empty() {
                None
            } else {
                keys().filter_map(|key| self.chances.get(key).copied()).max()
            },
        }
    }
}
