//! The local database of vulnerabilities: records by package, advisories, names of the same vulnerability, known exploitation, chances of exploitation.
//!
//! One file that is opened without reading it whole: a question costs what it touches. The same contents are always the same bytes. It is
//! made by a [`Collection`]; nothing is changed in place.

mod collection;
mod table;
mod taken;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vocab::Refusal;

use crate::cpe;
use crate::document::Advisory;
use crate::ecosystem::Ecosystem;
use crate::osv::Record;
use crate::priority::{Chance, Exploited};

pub use collection::{Change, Collection};
pub use table::Source;
pub use taken::Taken;

use table::{Span, Table, damaged};

/// What every file begins with: the form of this version.
const MAGIC: &[u8; 16] = b"rashin cyber 2\n\0";

/// How many tables a file has.
const TABLES: usize = 6;

/// A database that is open.
#[derive(Debug)]
pub struct Database<S> {
    source: S,
    summary: Summary,
    ecosystems: Vec<Ecosystem>,
    packages: Table,
    records: Table,
    aliases: Table,
    kev: Table,
    epss: Table,
    advisories: Table,
}

/// What a database holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Records, withdrawn ones too.
    pub records: usize,
    /// Of these, withdrawn: they are kept and never match.
    pub withdrawn: usize,
    /// Of these, naming no package that could be asked about: commits alone, or an ecosystem that is not known.
    pub without_package: usize,
    /// Security advisories (CSAF), withdrawn ones too.
    pub advisories: usize,
    /// Packages with at least one record.
    pub packages: usize,
    /// Records that are not withdrawn by ecosystem with its release, as OSV writes it.
    pub ecosystems: BTreeMap<String, usize>,
    /// When the catalogue of known exploited vulnerabilities was released.
    pub kev_released: Option<Timestamp>,
    /// How many it names.
    pub kev: usize,
    /// The day of the chances of exploitation, as written.
    pub epss_date: Option<String>,
    /// How many there are.
    pub epss: usize,
}

/// The key of a package: one for every release, as a bill may leave the release open.
fn package_key(ecosystem: &Ecosystem, name: &str) -> String {
    format!("{}\t{}", ecosystem.name(), ecosystem.normal_name(name))
}

impl<S: Source> Database<S> {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// `foreign_database` if it is something else or of another version, `damaged_database`, `unreadable_database`.
    pub fn open(source: S) -> Result<Self, Refusal> {
        let start = MAGIC.len() + Span::SIZE;
        if source.size() < start as u64 {
            return Err(foreign());
        }
        let bytes = Span::first(start).read_unproved(&source)?;
        let Some(head) = bytes.strip_prefix(MAGIC).and_then(Span::from_bytes) else {
            return Err(foreign());
        };
        let head = head.read(&source)?;
        let (tables, summary) = head.split_at_checked(TABLES * Span::SIZE).ok_or_else(damaged)?;
        let summary: Summary = decode(summary)?;
        let mut tables = tables
            .chunks(Span::SIZE)
            .map(|span| Table::open(&source, Span::from_bytes(span).ok_or_else(damaged)?));
        let mut next = || tables.next().unwrap_or_else(|| Err(damaged()));
        let [packages, records, aliases, kev, epss, advisories]: [Table; TABLES] =
            [next()?, next()?, next()?, next()?, next()?, next()?];
        drop(tables);
        let ecosystems = summary.ecosystems.keys().flat_map(|text| Ecosystem::parse(text));
        Ok(Self {
            ecosystems: ecosystems.collect(),
            source,
            summary,
            packages,
            records,
            aliases,
            kev,
            epss,
            advisories,
        })
    }

    /// What it holds.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether it has records that could speak of packages of an ecosystem and release.
    pub fn knows(&self, ecosystem: &Ecosystem) -> bool {
        self.ecosystems.iter().any(|known| known.covers(ecosystem))
    }

    /// A record by its identifier.
    ///
    /// # Errors
    ///
    /// `damaged_database`, `unreadable_database`; so for every question.
    pub fn record(&self, id: &str) -> Result<Option<Record>, Refusal> {
        self.find(&self.records, id)
    }

    /// What records that are not withdrawn say of a package of any release, by identifier: of each what matching needs, with the parts about
    /// this package alone.
    ///
    /// # Errors
    ///
    /// As [`Database::record`].
    pub fn about(&self, ecosystem: &Ecosystem, name: &str) -> Result<Vec<Record>, Refusal> {
        let of_key = |name| self.find(&self.packages, &package_key(ecosystem, name));
        let mut found: Vec<Record> = of_key(name)?.unwrap_or_default();
        if ecosystem.is_cpe() {
            let wide: Vec<Record> = of_key(cpe::WIDE)?.unwrap_or_default();
            for record in wide {
                match found.iter_mut().find(|own| own.id == record.id) {
                    Some(own) => own.affected.extend(record.affected),
                    None => found.push(record),
                }
            }
            found.sort_by(|a, b| a.id.cmp(&b.id));
        }
        Ok(found)
    }

    /// Every name of a vulnerability, sorted; its own alone if no other is known.
    ///
    /// # Errors
    ///
    /// As [`Database::record`].
    pub fn names(&self, id: &str) -> Result<Vec<String>, Refusal> {
        let group = self.find(&self.aliases, id)?;
        Ok(group.unwrap_or_else(|| vec![id.to_owned()]))
    }

    /// Whether a CVE is known to be exploited.
    ///
    /// # Errors
    ///
    /// As [`Database::record`].
    pub fn exploited(&self, cve: &str) -> Result<Option<Exploited>, Refusal> {
        self.find(&self.kev, cve)
    }

    /// The chance that a CVE is exploited.
    ///
    /// # Errors
    ///
    /// As [`Database::record`].
    pub fn chance(&self, cve: &str) -> Result<Option<Chance>, Refusal> {
        self.find(&self.epss, cve)
    }

    /// Hands over every record, withdrawn ones too, in no order of meaning.
    ///
    /// # Errors
    ///
    /// As [`Database::record`], and what the taker refuses.
    pub fn records(&self, mut take: impl FnMut(Record) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.records.each(&self.source, |_, json| take(decode(&json)?))
    }

    /// Every vulnerability that is known to be exploited.
    ///
    /// # Errors
    ///
    /// As [`Database::record`].
    pub fn all_exploited(&self) -> Result<BTreeSet<String>, Refusal> {
        let mut names = BTreeSet::new();
        self.kev.places(&self.source, |name, _| {
            names.insert(name.to_owned());
            Ok(())
        })?;
        Ok(names)
    }

    /// Hands over every advisory, in no order of meaning.
    ///
    /// # Errors
    ///
    /// As [`Database::record`], and what the taker refuses.
    pub fn advisories(&self, mut take: impl FnMut(Advisory) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.advisories.each(&self.source, |_, json| take(decode(&json)?))
    }

    fn find<T: DeserializeOwned>(&self, table: &Table, key: &str) -> Result<Option<T>, Refusal> {
        let bytes = table.get(&self.source, key)?;
        bytes.map(|bytes| decode(&bytes)).transpose()
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| damaged())
}

fn foreign() -> Refusal {
    Refusal::new(
        "foreign_database",
        "この版の脆弱性データベースではありません。ファイルの指定を確かめるか、rashin cyber load で新しいファイルに作り直してください。",
        "this is no vulnerability database of this version. Check which file is named, or make a new one with `rashin cyber load`.",
    )
}
