//! Which records of the database concern which components of a bill, and why. Every match has its proof, every component its row in the
//! ledger. Text that cannot be read goes to a person; it never becomes "not affected".

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;
use vocab::Refusal;
use vocab::lang::Lang;

use crate::answer::{Answer, Unused};
use crate::cpe;
use crate::database::{Database, Source};
use crate::document::{Bill, Component};
use crate::ecosystem::Ecosystem;
use crate::ledger::{Doubt, Ledger};
use crate::osv::{Record, Severity, Verdict};
use crate::priority::{Chance, Priority, Score};
use crate::purl::Purl;
use crate::range::Hit;
use crate::version::Version;

/// A version of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Its ecosystem, with the release where it is known.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What the database says of a version of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// Records that it is affected by, by identifier.
    pub hits: Vec<Affecting>,
    /// Records that cannot be told from the version.
    pub doubts: Vec<Doubt>,
    /// Why the version as a whole cannot be assessed: then having no hit does not mean "not affected".
    pub cause: Option<Refusal>,
}

/// A record that affects a version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affecting {
    /// What it says of this package: as [`Database::about`] has it.
    pub record: Record,
    /// The range or list that the version lies in.
    pub range: Hit,
    /// The same as a sentence.
    pub proof: Proof,
}

/// Why a record matched, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// That a record concerns a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Place of the component in [`Bill::components`] and in the ledger.
    pub component: usize,
    /// Its reference within the document.
    pub reference: Option<String>,
    /// Ecosystem of the package that matched, with the release where it is known.
    pub ecosystem: String,
    /// Name of that package: the component's own, or that of the source package it is built from.
    pub package: String,
    /// The version that was assessed.
    pub version: String,
    /// Identifier of the record.
    pub advisory: String,
    /// Other names of the same vulnerability.
    pub aliases: Vec<String>,
    /// The record in a line.
    pub summary: Option<String>,
    /// The range or list that the version lies in.
    pub range: Hit,
    /// The same as a sentence.
    pub proof: Proof,
    /// What it is ordered by.
    pub priority: Priority,
    /// Names of each vulnerability upstream that the record rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<Vec<String>>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// What the database says of a bill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matches {
    /// Findings, the most urgent first.
    pub findings: Vec<Finding>,
    /// What became of every component.
    pub ledger: Ledger,
    /// Statements that answer no finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Unused>,
}

/// Matches every component of a bill.
///
/// # Errors
///
/// `damaged_database`, `unreadable_database`: then nothing can be said of the bill.
pub fn match_components<S: Source>(database: &Database<S>, bill: &Bill) -> Result<Matches, Refusal> {
    let mut assessed: BTreeMap<Package, Assessment> = BTreeMap::new();
    let mut known: BTreeMap<(Package, String), Advisory> = BTreeMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    let mut ledger = Ledger::default();
    for (place, component) in bill.components.iter().enumerate() {
        let (names, mut cause) = packages_of(component);
        let mut doubts: Vec<Doubt> = Vec::new();
        let first = findings.len();
        for package in &names {
            let assessment = match assessed.entry(package.clone()) {
                Entry::Occupied(assessed) => assessed.into_mut(),
                Entry::Vacant(place) => place.insert(assess(database, package)?),
            };
            if package.decides(names.iter()) {
                cause = cause.or_else(|| assessment.cause.clone());
            }
            for doubt in &assessment.doubts {
                if !doubts.contains(doubt) {
                    doubts.push(doubt.clone());
                }
            }
            for Affecting { record, range, proof } in &assessment.hits {
                let id = &record.id;
                let mut here = findings.iter().skip(first);
                if here.any(|finding| finding.advisory == *id) {
                    continue;
                }
                let key = (package.clone(), id.clone());
                let advisory = match known.entry(key) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => place.insert(Advisory::read(database, record, package)?),
                };
                findings.push(Finding {
                    component: place,
                    reference: component.reference.clone(),
                    ecosystem: package.ecosystem.to_string(),
                    package: package.name.clone(),
                    version: package.version.clone(),
                    advisory: id.clone(),
                    aliases: advisory.aliases.clone(),
                    summary: record.summary.clone(),
                    range: range.clone(),
                    proof: proof.clone(),
                    priority: advisory.priority.clone(),
                    upstream: advisory.upstream.clone(),
                    answer: None,
                });
            }
        }
        ledger.write(component, findings.len() > first, cause, doubts);
    }
    findings.sort_by(|a, b| {
        a.priority
            .compare(&b.priority)
            .then_with(|| a.advisory.cmp(&b.advisory))
            .then_with(|| a.component.cmp(&b.component))
    });
    Ok(Matches {
        findings,
        ledger,
        unused: Vec::new(),
    })
}

/// Asks the database about a version of a package.
///
/// # Errors
///
/// `damaged_database`, `unreadable_database`.
pub fn assess<S: Source>(database: &Database<S>, package: &Package) -> Result<Assessment, Refusal> {
    let Package {
        ecosystem,
        name,
        version,
    } = package;
    let mut found = Assessment::default();
    for record in database.about(ecosystem, name)? {
        let verdict = record.affects(ecosystem, name, version);
        match &verdict {
            Verdict::Affected(range) => found.hits.push(Affecting {
                range: range.clone(),
                proof: Proof {
                    ja: verdict.text(Lang::Ja),
                    en: verdict.text(Lang::En),
                },
                record,
            }),
            Verdict::Unassessable(cause) => found.doubts.push(Doubt {
                advisory: record.id,
                cause: cause.clone(),
            }),
            Verdict::NotAffected(_) => {}
        }
    }
    let order = ecosystem.order();
    let readable = order.and_then(|order| Version::parse(order, version));
    found.cause = readable
        .err()
        .or_else(|| (!database.knows(ecosystem)).then(|| no_database(ecosystem)));
    Ok(found)
}

/// What findings of a record about a package have in common.
struct Advisory {
    aliases: Vec<String>,
    upstream: Vec<Vec<String>>,
    priority: Priority,
}

impl Advisory {
    fn read<S: Source>(database: &Database<S>, record: &Record, package: &Package) -> Result<Self, Refusal> {
        let id = &record.id;
        let mut names = database.names(id)?;
        let aliases: Vec<String> = names.iter().filter(|name| *name != id).cloned().collect();
        // A distribution's record rests on vulnerabilities upstream: what is exploited and scored there is so here.
        let upstream = record.upstream.iter().map(|name| database.names(name));
        let upstream = upstream.collect::<Result<Vec<_>, _>>()?;
        names.extend(upstream.iter().flatten().cloned());
        let mut scores = scores(record, package);
        let unscored = scores.is_empty();
        let mut kev = None;
        let mut epss: Option<Chance> = None;
        for name in &names {
            kev = kev.or(database.exploited(name)?);
            let chance = database.chance(name)?;
            epss = epss
                .into_iter()
                .chain(chance)
                .max_by(|a, b| a.score.total_cmp(&b.score));
            if unscored && name != id {
                let other = database.record(name)?.filter(|other| other.withdrawn.is_none());
                scores.extend(other.iter().flat_map(|other| scored(other, &other.severity)));
            }
        }
        Ok(Self {
            aliases,
            upstream,
            priority: Priority::new(kev, scores, epss),
        })
    }
}

/// The scores that a record gives for a package.
fn scores(record: &Record, package: &Package) -> Vec<Score> {
    let of_package = record
        .affected
        .iter()
        .filter(|affected| affected.concerns(&package.ecosystem, &package.name))
        .flat_map(|affected| scored(record, &affected.severity));
    scored(record, &record.severity).chain(of_package).collect()
}

fn scored<'r>(record: &'r Record, severity: &'r [Severity]) -> impl Iterator<Item = Score> + 'r {
    severity.iter().map(|severity| Score::new(&record.id, severity))
}

/// The packages that a component is, and why one of its names could not be read as one. Where no package URL can, its CPE names tell which it is.
pub(crate) fn packages_of(component: &Component) -> (Vec<Package>, Option<Refusal>) {
    let mut packages = Vec::new();
    let mut cause = component.purls.is_empty().then(no_purl);
    for purl in &component.purls {
        match Package::of(purl, component.version.as_deref()) {
            Ok(found) => packages.extend(found),
            Err(refusal) => cause = Some(refusal),
        }
    }
    let mut unread = None;
    let by_purl = packages.len();
    for cpe in &component.cpes {
        match cpe::of_component(cpe, component.version.as_deref()) {
            Ok((name, version)) => packages.push(Package {
                ecosystem: Ecosystem::cpe(),
                name,
                version,
            }),
            Err(refusal) => unread = Some(refusal),
        }
    }
    if by_purl == 0 && !component.cpes.is_empty() {
        cause = match (packages.is_empty(), component.purls.is_empty()) {
            (true, false) => cause,
            _ => unread,
        };
    }
    let files = component.hashes.iter().filter_map(|(algorithm, digest)| {
        Some(Package {
            ecosystem: Ecosystem::file(),
            name: file_name(algorithm, digest)?,
            version: component.version.clone().unwrap_or_default(),
        })
    });
    packages.extend(files);
    packages.sort_unstable();
    packages.dedup();
    (packages, cause)
}

/// A file by its digest, `sha256:` and hexadecimal digits, whatever the format that writes it: `SHA-256`, `SHA256`, `sha256`; nothing for what is
/// no digest in hexadecimal digits.
pub(crate) fn file_name(algorithm: &str, digest: &str) -> Option<String> {
    let letters = algorithm.chars().filter(char::is_ascii_alphanumeric);
    let algorithm: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let digest = digest.trim().to_ascii_lowercase();
    let is_digest = digest.len() >= SHORTEST && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digest && !algorithm.is_empty()).then(|| format!("{algorithm}:{digest}"))
}

/// Digits of the shortest digest that tells a file, MD5.
const SHORTEST: usize = 32;

impl Package {
    /// Whether a component of these packages can be assessed only if this one can: a CPE name adds to what a package URL tells, and a digest to
    /// both.
    pub(crate) fn decides<'p>(&self, mut all: impl Iterator<Item = &'p Self>) -> bool {
        let is_purl = |package: &Self| !package.ecosystem.is_cpe() && !package.ecosystem.is_file();
        is_purl(self) || self.ecosystem.is_cpe() && !all.any(is_purl)
    }

    /// The packages that a package URL names: its own, and where it says so the source package that it is built from, under whose name
    /// distributions keep their records. The given version counts if the URL has none.
    ///
    /// # Errors
    ///
    /// `bad_purl`, `unknown_type`, `no_version`.
    pub fn of(purl: &str, version: Option<&str>) -> Result<Vec<Self>, Refusal> {
        let purl = Purl::read(purl)?;
        let (ecosystem, name) = Ecosystem::of(&purl).ok_or_else(|| unknown_type(&purl))?;
        let version = purl.version().or(version).ok_or_else(no_version)?;
        let version = match purl.qualifier("epoch") {
            Some(epoch) if purl.kind() == "rpm" && !version.contains(':') => format!("{epoch}:{version}"),
            _ => version.to_owned(),
        };
        let source = purl
            .qualifier("upstream")
            .map(|upstream| source(upstream, &version));
        let own = Self {
            ecosystem,
            name,
            version,
        };
        let source = source.map(|(name, version)| Self {
            ecosystem: own.ecosystem.clone(),
            name,
            version,
        });
        Ok([own].into_iter().chain(source).collect())
    }
}

/// A source package as package URLs write it, `name`, `name@version` or `name-version-release.src.rpm`; its version is the binary's unless it
/// says another.
fn source(upstream: &str, version: &str) -> (String, String) {
    let rpm = upstream.strip_suffix(".src.rpm").and_then(|stem| {
        let (rest, release) = stem.rsplit_once('-')?;
        let (name, number) = rest.rsplit_once('-')?;
        // The file name leaves out the epoch, which is the binary's.
        let epoch = version
            .split_once(':')
            .map_or(String::new(), |(epoch, _)| format!("{epoch}:"));
        Some((name.to_owned(), format!("{epoch}{number}-{release}")))
    });
    let (name, stated) = upstream.split_once('@').unwrap_or((upstream, version));
    rpm.unwrap_or_else(|| (name.to_owned(), stated.to_owned()))
}

fn no_purl() -> Refusal {
    Refusal::new(
        "no_purl",
        "部品に package URL（purl）も CPE 名もなく、どのパッケージか分かりません。SBOM に purl を書いてください。",
        "the component has neither a package URL (purl) nor a CPE name, so which package it is cannot be told. Write its purl in the SBOM.",
    )
}

pub(crate) fn no_version() -> Refusal {
    Refusal::new(
        "no_version",
        "部品のバージョンが書かれていません。SBOM にバージョンを書いてください。",
        "the component has no version. Write it in the SBOM.",
    )
}

fn unknown_type(purl: &Purl) -> Refusal {
    Refusal::new(
        "unknown_type",
        format!("「{purl}」の種類のパッケージには脆弱性の記録の体系がありません。人が確かめてください。"),
        format!("no ecosystem of vulnerability records is known for `{purl}`. A person must look at it."),
    )
}

pub(crate) fn no_database(ecosystem: &Ecosystem) -> Refusal {
    if ecosystem.is_cpe() {
        return Refusal::new(
            "no_database",
            "CPE 名で製品を挙げる勧告（CSAF）がデータベースにありません。rashin cyber load で読み込むか、SBOM に purl を書いてください。",
            "the database has no advisory (CSAF) that names products by CPE. Load some with `rashin cyber load`, or write purls in the SBOM.",
        );
    }
    Refusal::new(
        "no_database",
        format!(
            "{ecosystem} の記録がデータベースにありません。OSV の {ecosystem} の記録を rashin cyber load で読み込んでください。"
        ),
        format!(
            "the database has no records of {ecosystem}. Load OSV's records of {ecosystem} with `rashin cyber load`."
        ),
    )
}
