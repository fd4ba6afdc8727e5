//! What makers have said of findings: VEX statements of any format, laid beside the findings that they answer. A statement never removes a
//! finding; it counts for every name of the vulnerability, and one that answers nothing is listed too, as it may come before the match.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use vocab::Refusal;

use crate::cpe::{Attribute, Cpe, Value};
use crate::document::{Bill, Component, Document, Statement, Status, Target, author};
use crate::matching::{Matches, Package, packages_of};
use crate::portfolio::Assertion;
use crate::purl::Purl;
use crate::vers::Vers;

/// A statement and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Name of the document that it was read from.
    pub document: String,
    /// Who speaks in it, where it says so.
    pub by: Option<String>,
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
}

/// Why a statement counts and another about the same does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It is newer.
    Newer,
    /// It says when it was made, the other does not.
    Dated,
    /// Their times do not tell, and it asks for more care.
    Graver,
}

impl Said {
    /// When it was made, by its own timestamp; nothing where that is missing or cannot be read.
    pub fn at(&self) -> Option<Timestamp> {
        let at = self.statement.timestamp.as_deref()?.trim();
        let whole = || format!("{at}T00:00:00Z");
        // Documents write a moment with or without the time of day.
        at.parse().ok().or_else(|| whole().parse().ok())
    }

    /// Of statements on the same the newest counts, one without a time being older than any that has one; of several at one moment the one that asks
    /// for most care.
    pub fn cmp_by_weight(&self, other: &Self) -> Ordering {
        let (a, b) = (self.statement.status, other.statement.status);
        let graver = (a.graver(b) == a).cmp(&(b.graver(a) == b));
        self.at().cmp(&other.at()).then(graver)
    }

    /// Why it counts before another.
    pub fn counts_because(&self, other: &Self) -> Because {
        match (self.at(), other.at()) {
            (Some(own), Some(other)) if own > other => Because::Newer,
            (Some(_), None) => Because::Dated,
            _ => Because::Graver,
        }
    }
}

/// What is said of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The statement that counts: the newest by its own timestamp; of several at that moment the one that asks for most care.
    pub counts: Said,
    /// The others that are about the finding too, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Said>,
    /// Whether any of them states another status.
    pub conflict: bool,
}

/// A statement that answers no finding of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unused {
    /// The statement.
    #[serde(flatten)]
    pub said: Said,
    /// Why it answers none.
    pub cause: Refusal,
}

/// Statements gathered from documents.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    all: Vec<Said>,
    /// Places of statements by the names of vulnerabilities, in capitals.
    by_name: BTreeMap<String, BTreeSet<usize>>,
}

/// Comparisons of a name with a component that one bill may cost.
const MOST: usize = 4_000_000;

impl Statements {
    /// Takes every statement of a document and says how many there are.
    pub fn add(&mut self, document: &Document, name: &str) -> usize {
        let by = author(document);
        let before = self.all.len();
        for statement in Statement::all(document) {
            for name in &statement.vulnerabilities {
                let places = self.by_name.entry(name.to_uppercase()).or_default();
                places.insert(self.all.len());
            }
            self.all.push(Said {
                document: name.to_owned(),
                by: by.clone(),
                statement,
            });
        }
        self.all.len() - before
    }

    /// Lays the statements beside the findings of a bill, and lists those that answer none.
    ///
    /// # Errors
    ///
    /// `too_many` if statements and findings are too many to be held against each other.
    pub fn answer(&self, bill: &Bill, matches: &mut Matches) -> Result<(), Refusal> {
        let mut left = MOST;
        let mut used = BTreeSet::new();
        let bearers = Bearers::of(bill);
        for finding in &mut matches.findings {
            let Some(component) = bearers.components.get(finding.component) else {
                continue;
            };
            let mut ask = |names: &mut dyn Iterator<Item = &String>| {
                let mut meeting = Vec::new();
                for place in self.about(names) {
                    let Some(said) = self.all.get(place) else { continue };
                    let targets = &said.statement.products;
                    let cost = targets.iter().map(name_count).sum();
                    left = left.checked_sub(cost).ok_or_else(too_many)?;
                    if targets.iter().any(|target| bearers.meets(target, component)) {
                        used.insert(place);
                        meeting.push(said);
                    }
                }
                Ok(Answer::of(meeting))
            };
            let own = std::iter::once(&finding.advisory).chain(&finding.aliases);
            let answer = match finding.upstream.as_slice() {
                [] => ask(&mut own.into_iter())?,
                [only] => ask(&mut own.chain(only))?,
                several => match ask(&mut own.into_iter())? {
                    Some(answer) => Some(answer),
                    None => {
                        let each = several.iter().map(|names| ask(&mut names.iter()));
                        Answer::of_all(each.collect::<Result<_, _>>()?)
                    }
                },
            };
            finding.answer = answer;
        }
        let unused = self
            .all
            .iter()
            .enumerate()
            .filter(|(place, _)| !used.contains(place));
        for (_, said) in unused {
            let targets = &said.statement.products;
            let cost = targets.iter().map(name_count).sum::<usize>();
            let cost = cost.saturating_mul(bearers.components.len().max(1));
            left = left.checked_sub(cost).ok_or_else(too_many)?;
            let known = targets.iter().any(|target| bearers.has(target));
            matches.unused.push(Unused {
                said: said.clone(),
                cause: if known { no_finding() } else { no_product() },
            });
        }
        Ok(())
    }

    /// Lays the statements beside the components of a bill, whatever is found on them. A statement that calls for no action counts for a package
    /// only if it is about every component that is this package: one of them that nothing is said of must not look answered.
    ///
    /// # Errors
    ///
    /// `too_many` if statements and components are too many to be held against each other.
    pub(crate) fn resolve(&self, bill: &Bill) -> Result<Vec<Assertion>, Refusal> {
        let mut left = MOST;
        let bearers = Bearers::of(bill);
        let packages = bill.components.iter().map(|component| packages_of(component).0);
        let packages: Vec<Vec<Package>> = packages.collect();
        let mut assertions = Vec::new();
        for said in &self.all {
            let Statement { products, status, .. } = &said.statement;
            let cost = products.iter().map(name_count).sum::<usize>();
            let cost = cost.saturating_mul(bearers.components.len().max(1));
            left = left.checked_sub(cost).ok_or_else(too_many)?;
            let mut whole = products.iter().filter(|target| target.parts.is_empty());
            if whole.any(|target| bearers.is_of(target)) {
                assertions.push(Assertion::new(said.clone(), None));
                continue;
            }
            let (mut met, mut spared) = (BTreeSet::new(), BTreeSet::new());
            for (component, packages) in bearers.components.iter().zip(&packages) {
                let is_met = products.iter().any(|target| bearers.meets(target, component));
                (if is_met { &mut met } else { &mut spared }).extend(packages.iter().cloned());
            }
            if matches!(status, Status::NotAffected | Status::Fixed) {
                met.retain(|package| !spared.contains(package));
            }
            assertions.push(Assertion::new(said.clone(), Some(met)));
        }
        Ok(assertions)
    }

    /// Places of statements about a vulnerability of these names.
    fn about(&self, names: &mut dyn Iterator<Item = &String>) -> BTreeSet<usize> {
        names
            .filter_map(|name| self.by_name.get(&name.to_uppercase()))
            .flatten()
            .copied()
            .collect()
    }
}

impl Answer {
    pub(crate) fn of(mut said: Vec<&Said>) -> Option<Self> {
        said.sort_by(|a, b| b.cmp_by_weight(a));
        let mut said = said.into_iter().cloned();
        let counts = said.next()?;
        let others: Vec<Said> = said.collect();
        let conflict = others
            .iter()
            .any(|other| other.statement.status != counts.statement.status);
        Some(Self {
            counts,
            others,
            conflict,
        })
    }

    /// What is said of an advisory that rests on several vulnerabilities: something only if each is answered, and then the gravest.
    pub(crate) fn of_all(each: Vec<Option<Self>>) -> Option<Self> {
        let answers: Vec<Self> = each.into_iter().collect::<Option<_>>()?;
        let gravest = answers.iter().map(Self::status).reduce(Status::graver)?;
        let (mut first, rest): (Vec<Self>, Vec<Self>) =
            answers.into_iter().partition(|answer| answer.status() == gravest);
        let mut answer = first.remove(0);
        for Self {
            counts,
            others,
            conflict,
        } in first.into_iter().chain(rest)
        {
            answer.others.extend([counts].into_iter().chain(others));
            answer.conflict |= conflict;
        }
        Some(answer)
    }

    /// The status that counts.
    pub fn status(&self) -> Status {
        self.counts.statement.status
    }
}

/// A bill whose package URLs and CPE names are read once.
struct Bearers<'b> {
    bill: &'b Bill,
    components: Vec<Bearer<'b>>,
    subject: Option<Bearer<'b>>,
}

struct Bearer<'b> {
    component: &'b Component,
    purls: Vec<Purl>,
    cpes: Vec<Cpe>,
}

impl<'b> Bearers<'b> {
    fn of(bill: &'b Bill) -> Self {
        Self {
            bill,
            components: bill.components.iter().map(Bearer::of).collect(),
            subject: bill.subject.as_ref().map(Bearer::of),
        }
    }

    /// Whether a target is a component: itself, or as part of what the bill is of, or with the whole that the bill is of.
    fn meets(&self, target: &Target, component: &Bearer<'b>) -> bool {
        if target.parts.is_empty() && component.is(target, self.bill) {
            return true;
        }
        let part = |names: &Vec<String>| names.iter().any(|name| component.is_named(name, self.bill));
        self.is_of(target) && (target.parts.is_empty() || target.parts.iter().any(part))
    }

    /// Whether a target is what the bill is of.
    fn is_of(&self, target: &Target) -> bool {
        let whole = |name: &String| link(name, self.bill) == Some("");
        target.names.iter().any(whole)
            || self
                .subject
                .as_ref()
                .is_some_and(|subject| subject.is(target, self.bill))
    }

    /// Whether a target is in the bill at all.
    fn has(&self, target: &Target) -> bool {
        self.is_of(target)
            || self
                .components
                .iter()
                .any(|component| self.meets(target, component))
    }
}

impl<'b> Bearer<'b> {
    fn of(component: &'b Component) -> Self {
        let purls = component.purls.iter().filter_map(|purl| Purl::read(purl).ok());
        let version = Value::plain(component.version.as_deref().unwrap_or_default());
        let cpes = component.cpes.iter().filter_map(|cpe| Cpe::parse(cpe).ok());
        let cpes = cpes.map(|cpe| match cpe.get(Attribute::Version) {
            Value::Any => cpe.with(Attribute::Version, version.clone()),
            _ => cpe,
        });
        Self {
            component,
            purls: purls.collect(),
            cpes: cpes.collect(),
        }
    }

    fn is(&self, target: &Target, bill: &Bill) -> bool {
        let named = target.names.iter().any(|name| self.is_named(name, bill));
        let version = self.purls.iter().find_map(Purl::version);
        let by_cpe = || {
            self.cpes
                .iter()
                .find_map(|cpe| cpe.get(Attribute::Version).exact())
        };
        let version = version.or(self.component.version.as_deref()).or_else(by_cpe);
        let within = |range: &String| match version {
            Some(version) if range.starts_with("vers:") => {
                Vers::parse(range).is_ok_and(|range| range.contains(version) == Ok(true))
            }
            Some(version) => range == version,
            None => false,
        };
        named && (target.versions.is_empty() || target.versions.iter().any(within))
    }

    /// Whether a name is this component's: its reference, a link to it in this bill, or an identifier that says no more than its own.
    fn is_named(&self, name: &str, bill: &Bill) -> bool {
        let component = self.component;
        let reference = component.reference.as_deref();
        if reference == Some(name)
            || component.cpes.iter().any(|cpe| cpe == name)
            || component.identifiers.iter().any(|id| id == name)
            || reference.is_some() && link(name, bill) == reference
        {
            return true;
        }
        if let Ok(said) = Cpe::parse(name) {
            return self.cpes.iter().any(|own| said.covers(own));
        }
        Purl::read(name).is_ok_and(|said| {
            self.purls
                .iter()
                .any(|own| covers(&said, own, component.version.as_deref()))
        })
    }
}

/// Whether a package URL that something is said of covers a component's own: the same package, and whatever else it states the same.
fn covers(said: &Purl, own: &Purl, version: Option<&str>) -> bool {
    let same = (said.kind(), said.namespace(), said.name()) == (own.kind(), own.namespace(), own.name());
    let mut qualifiers = said.qualifiers();
    same && said
        .version()
        .is_none_or(|said| own.version().or(version) == Some(said))
        && said.subpath().is_none_or(|said| own.subpath() == Some(said))
        && qualifiers.all(|(key, value)| own.qualifier(key) == Some(value))
}

/// The reference that a link to this bill ends in, empty if it is to the bill as a whole; nothing if it is no link to this bill. Links are
/// written `urn:cdx:serial/revision#reference`, or with an SPDX document's namespace before the `#`.
fn link<'n>(name: &'n str, bill: &Bill) -> Option<&'n str> {
    let serial = bill.serial.as_deref()?;
    let (document, reference) = name.split_once('#').unwrap_or((name, ""));
    if document == serial {
        return Some(reference);
    }
    let (number, revision) = document.strip_prefix("urn:cdx:")?.split_once('/')?;
    let same = serial.strip_prefix("urn:uuid:").unwrap_or(serial) == number
        && bill.revision.as_deref().is_none_or(|own| own == revision);
    same.then_some(reference)
}

/// How many names there are to compare of a target.
fn name_count(target: &Target) -> usize {
    1 + target.names.len() + target.parts.iter().map(Vec::len).sum::<usize>()
}

fn too_many() -> Refusal {
    Refusal::new(
        "too_many",
        "VEX の記述と該当の組合せが多すぎます。製品ごとに分けた VEX を指定してください。",
        "there are too many VEX statements for the findings. Name VEX documents made for this product.",
    )
}

pub(crate) fn no_finding() -> Refusal {
    Refusal::new(
        "no_finding",
        "この SBOM の製品か部品についての記述ですが、いまその脆弱性の該当はありません。",
        "it is about a product or component of this bill, but nothing of that vulnerability is found on it at present.",
    )
}

pub(crate) fn no_product() -> Refusal {
    Refusal::new(
        "no_product",
        "記述の対象がこの SBOM に見つかりません。purl か bom-ref が SBOM と同じか確かめてください。",
        "what it is about is not in this bill. Check that its purl or bom-ref is that of the SBOM.",
    )
}
