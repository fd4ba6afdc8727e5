//! Records gathered from feeds, from which a database file is written. What is gathered does not depend on the order of gathering: the same
//! feed twice changes nothing, and of two states of a record the one modified later stays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::Refusal;

use super::table::{Source, Span, Writer};
use super::{Database, MAGIC, Summary, decode, package_key};
use crate::alias::Groups;
use crate::document::Advisory;
use crate::ecosystem::Ecosystem;
use crate::osv::{Affected, Record, Severity};
use crate::priority::{Catalogue, Chances};

/// What is to be in a database.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    records: BTreeMap<String, Kept>,
    advisories: BTreeMap<String, Kept>,
    kev: Option<Catalogue>,
    epss: Option<Chances>,
}

/// A record as it is kept; of two the later modified is greater, then the one whose text is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    modified: Option<Timestamp>,
    json: Vec<u8>,
}

/// What adding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Added,
    /// It took the place of an older one.
    Replaced,
    /// It was there, or a newer one is.
    Unchanged,
}

/// What the package table says of a record, all that matching needs: read back as a [`Record`] without its other parts.
#[derive(Serialize)]
struct Entry<'r> {
    id: &'r str,
    upstream: &'r [String],
    summary: Option<&'r str>,
    severity: &'r [Severity],
    affected: Vec<&'r Affected>,
}

impl Collection {
    /// Everything in a database.
    ///
    /// # Errors
    ///
    /// `damaged_database`, `unreadable_database`.
    pub fn from_database<S: Source>(database: &Database<S>) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(alias = "released")]
            modified: String,
        }
        let mut all = Self::default();
        let (source, summary) = (&database.source, &database.summary);
        for (table, kept) in [
            (&database.records, &mut all.records),
            (&database.advisories, &mut all.advisories),
        ] {
            table.each(source, |id, json| {
                let head: Head = decode(&json)?;
                let modified = head.modified.parse().ok();
                kept.insert(id.to_owned(), Kept { modified, json });
                Ok(())
            })?;
        }
        if let Some(released) = summary.kev_released {
            let mut entries = BTreeMap::new();
            database.kev.each(source, |cve, json| {
                entries.insert(cve.to_owned(), decode(&json)?);
                Ok(())
            })?;
            all.kev = Some(Catalogue { released, entries });
        }
        if let Some(date) = summary.epss_date.clone() {
            let mut entries = BTreeMap::new();
            database.epss.each(source, |cve, json| {
                entries.insert(cve.to_owned(), decode(&json)?);
                Ok(())
            })?;
            all.epss = Some(Chances { date, entries });
        }
        Ok(all)
    }

    /// Adds a record, or a later state of one.
    pub fn add(&mut self, record: &Record) -> Change {
        keep(&mut self.records, &record.id, &record.modified, record)
    }

    /// Adds an advisory, or a later state of one. What it says of packages is matched as records are.
    pub fn add_advisory(&mut self, advisory: &Advisory) -> Change {
        keep(&mut self.advisories, &advisory.id, &advisory.released, advisory)
    }

    /// Takes a catalogue of known exploited vulnerabilities, unless it has the same or a later one.
    pub fn add_exploited(&mut self, catalogue: Catalogue) -> Change {
        replace(&mut self.kev, catalogue, |old, new| old.released < new.released)
    }

    /// Takes a day's chances of exploitation, unless it has that day's or a later one's.
    pub fn add_chances(&mut self, chances: Chances) -> Change {
        replace(&mut self.epss, chances, |old, new| old.date < new.date)
    }

    /// Writes the file and says what is in it.
    ///
    /// # Errors
    ///
    /// `damaged_database` if what a database held cannot be read.
    pub fn write(&self) -> Result<(Vec<u8>, Summary), Refusal> {
        let mut writer = Writer::default();
        writer.bytes.extend_from_slice(MAGIC);
        writer.bytes.extend_from_slice(&[0; Span::SIZE]);
        let mut summary = Summary {
            records: self.records.len(),
            advisories: self.advisories.len(),
            ..Summary::default()
        };
        let mut groups = Groups::default();
        let mut packages: BTreeMap<String, Vec<Box<str>>> = BTreeMap::new();
        let mut spans = Vec::new();
        let mut say = |record: &Record, summary: &mut Summary| {
            let counted = usize::from(record.withdrawn.is_none());
            for ecosystem in ecosystems(record) {
                *summary.ecosystems.entry(ecosystem).or_default() += counted;
            }
            if record.withdrawn.is_some() {
                return;
            }
            for alias in &record.aliases {
                groups.join(&record.id, alias);
            }
            for (key, affected) in by_package(record) {
                let entry = encode(&Entry {
                    id: &record.id,
                    upstream: &record.upstream,
                    summary: record.summary.as_deref(),
                    severity: &record.severity,
                    affected,
                });
                let text = String::from_utf8_lossy(&entry).into();
                packages.entry(key).or_default().push(text);
            }
        };
        for (id, kept) in &self.records {
            spans.push((id.as_str(), writer.put(&kept.json)));
            let record: Record = decode(&kept.json)?;
            summary.without_package += usize::from(ecosystems(&record).is_empty());
            summary.withdrawn += usize::from(record.withdrawn.is_some());
            say(&record, &mut summary);
        }
        let mut advisories = Vec::new();
        for (id, kept) in &self.advisories {
            advisories.push((id.as_str(), writer.put(&kept.json)));
            let advisory: Advisory = decode(&kept.json)?;
            for record in advisory.records() {
                say(&record, &mut summary);
            }
        }
        let advisories = writer.table(advisories.into_iter());
        for entries in packages.values_mut() {
            // Each begins with its identifier.
            entries.sort_unstable();
        }
        let records = writer.table(spans.into_iter());
        summary.packages = packages.len();
        let spans: Vec<_> = packages
            .iter()
            .map(|(key, entries)| {
                (
                    key.as_str(),
                    writer.put(format!("[{}]", entries.join(",")).as_bytes()),
                )
            })
            .collect();
        let packages = writer.table(spans.into_iter());
        let groups = groups.all();
        let mut spans = Vec::new();
        for group in &groups {
            let span = writer.put(&encode(group));
            spans.extend(group.iter().map(|name| (name.as_str(), span)));
        }
        let aliases = writer.table(spans.into_iter());
        let (kev, epss) = (
            values(&mut writer, self.kev.as_ref().map(|kev| &kev.entries)),
            values(&mut writer, self.epss.as_ref().map(|epss| &epss.entries)),
        );
        summary.kev_released = self.kev.as_ref().map(|kev| kev.released);
        summary.kev = self.kev.as_ref().map_or(0, |kev| kev.entries.len());
        summary.epss_date = self.epss.as_ref().map(|epss| epss.date.clone());
        summary.epss = self.epss.as_ref().map_or(0, |epss| epss.entries.len());
        let mut head: Vec<u8> = [packages, records, aliases, kev, epss, advisories]
            .into_iter()
            .flat_map(Span::to_bytes)
            .collect();
        head.extend(encode(&summary));
        let head = writer.put(&head).to_bytes();
        let mut bytes = writer.bytes;
        for (place, byte) in bytes.iter_mut().skip(MAGIC.len()).zip(head) {
            *place = byte;
        }
        Ok((bytes, summary))
    }
}

/// Keeps a state of something unless the same or a later one is there.
fn keep(all: &mut BTreeMap<String, Kept>, id: &str, modified: &str, state: &impl Serialize) -> Change {
    let kept = Kept {
        modified: modified.parse().ok(),
        json: encode(state),
    };
    match all.get_mut(id) {
        None => {
            all.insert(id.to_owned(), kept);
            Change::Added
        }
        Some(old) if *old < kept => {
            *old = kept;
            Change::Replaced
        }
        Some(_) => Change::Unchanged,
    }
}

fn replace<T>(kept: &mut Option<T>, new: T, later: impl Fn(&T, &T) -> bool) -> Change {
    let change = match kept {
        None => Change::Added,
        Some(old) if later(old, &new) => Change::Replaced,
        Some(_) => return Change::Unchanged,
    };
    *kept = Some(new);
    change
}

/// The ecosystems of a record's packages as OSV writes them, those that are known.
fn ecosystems(record: &Record) -> BTreeSet<String> {
    let packages = record
        .affected
        .iter()
        .filter_map(|affected| affected.package.as_ref());
    packages
        .filter_map(|package| Ecosystem::parse(&package.ecosystem).ok())
        .map(|ecosystem| ecosystem.to_string())
        .collect()
}

/// What a record says of each package.
fn by_package(record: &Record) -> BTreeMap<String, Vec<&Affected>> {
    let mut packages: BTreeMap<String, Vec<&Affected>> = BTreeMap::new();
    for affected in &record.affected {
        if let Some(package) = &affected.package
            && let Ok(ecosystem) = Ecosystem::parse(&package.ecosystem)
        {
            let key = package_key(&ecosystem, &package.name);
            packages.entry(key).or_default().push(affected);
        }
    }
    packages
}

fn values<T: Serialize>(writer: &mut Writer, entries: Option<&BTreeMap<String, T>>) -> Span {
    let spans: Vec<_> = entries
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), writer.put(&encode(value))))
        .collect();
    writer.table(spans.into_iter())
}

/// Values of this module are lists, texts and numbers: they always have a form as JSON.
fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
