//! What is said of findings: VEX statements by the packages of a bill that they are about. A statement never takes a finding away; it counts for every
//! name of the vulnerability, and may come before the match.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use vocab::lang::Lang;

use super::rank::Urgency;
use super::{Held, Portfolio};
use crate::answer::{Answer, Said, Unused, no_finding, no_product};
use crate::document::Status;
use crate::matching::{Package, Proof};
use crate::osv::Verdict;
use crate::range::Hit;

/// A statement about packages of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The statement and who made it.
    pub said: Arc<Said>,
    /// The packages that it counts for; nothing for the product as a whole, empty where the bill has nothing that it is about.
    pub packages: Option<BTreeSet<Package>>,
    at: Option<Timestamp>,
    /// Names of the vulnerability in capitals.
    names: Vec<String>,
}

/// Why a record is found on a package of a bill, how urgent it is, and what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The range or list that the version lies in.
    pub range: Hit,
    /// The same as a sentence.
    pub proof: Proof,
    /// Other names of the same vulnerability, sorted.
    pub aliases: Vec<String>,
    /// Names of each vulnerability upstream that the record rests on.
    pub upstream: Vec<Vec<String>>,
    /// What it is ordered by.
    pub urgency: Urgency,
    /// Who said what of it, when and why: the statement that counts, and the others.
    pub answer: Option<Answer>,
}

impl Assertion {
    /// A statement that counts for these packages, or for the product as a whole.
    pub fn new(said: Said, packages: Option<BTreeSet<Package>>) -> Self {
        let statement = &said.statement;
        let names = statement.vulnerabilities.iter();
        Self {
            at: said.at(),
            names: names.map(|name| name.to_uppercase()).collect(),
            said: Arc::new(said),
            packages,
        }
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.said.statement.status
    }

    /// Names of the vulnerability in capitals.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    fn counts_for(&self, package: &Package) -> bool {
        let packages = self.packages.as_ref();
        packages.is_none_or(|packages| packages.contains(package))
    }
}

/// Of statements on the same the newest, and of these the gravest.
fn status(said: &[&Assertion]) -> Option<Status> {
    let newest = said.iter().map(|assertion| assertion.at).max()?;
    let newest = said.iter().filter(|assertion| assertion.at == newest);
    newest.map(|assertion| assertion.status()).reduce(Status::graver)
}

fn statuses(each: Vec<Option<Status>>) -> Option<Status> {
    let each: Option<Vec<Status>> = each.into_iter().collect();
    each?.into_iter().reduce(Status::graver)
}

fn answer(said: &[&Assertion]) -> Option<Answer> {
    Answer::of(said.iter().map(|assertion| &*assertion.said).collect())
}

impl Portfolio {
    /// Takes a statement about packages of a bill. It may come before the match, and before the bill.
    pub fn put_assertion(&mut self, bill: &str, assertion: Assertion) {
        let place = self.bill(bill);
        if let Some(bill) = self.bills.get_mut(place) {
            bill.assertions.push(assertion);
        }
    }

    /// Takes out all that a document said of a bill.
    pub fn withdraw_assertions(&mut self, bill: &str, document: &str) {
        if let Some(place) = self.bill_of.get(bill).copied() {
            if let Some(bill) = self.bills.get_mut(place) {
                bill.assertions
                    .retain(|assertion| assertion.said.document != document);
            }
            self.forget(place);
        }
    }

    /// The proof of a finding and what is said of it; nothing if the record is not found on that package of that bill.
    pub fn explain(&self, bill: &str, package: &Package, advisory: &str) -> Option<Explanation> {
        let held = self.bills.get(*self.bill_of.get(bill)?)?;
        let unit = *self.unit_of.get(package)?;
        let record = *self.record_of.get(advisory)?;
        held.units.binary_search(&unit).ok()?;
        let entry = self.records.get(record)?;
        entry.hits.binary_search(&unit).ok()?;
        let met = self.units.get(unit)?;
        let mut about = entry.about.iter().filter(|about| met.meets(about));
        let range = about.find_map(|about| about.hit(package))?;
        let verdict = Verdict::Affected(range.clone());
        let texts = |names: &BTreeSet<u32>| {
            let mut texts: Vec<String> = names
                .iter()
                .map(|name| self.names.text(*name).to_owned())
                .collect();
            texts.sort_unstable();
            texts
        };
        let mut aliases = texts(&self.names_of(&self.group(record)));
        aliases.retain(|name| !name.eq_ignore_ascii_case(advisory));
        Some(Explanation {
            range,
            proof: Proof {
                ja: verdict.text(Lang::Ja),
                en: verdict.text(Lang::En),
            },
            aliases,
            upstream: self.upstream(record).iter().map(texts).collect(),
            urgency: entry.urgency,
            answer: self.settle(held, unit, record, answer, Answer::of_all),
        })
    }

    /// Statements of a bill that answer no finding of it, with the reason.
    pub fn unused(&self, bill: &str) -> Vec<Unused> {
        let Some(held) = self.bill_of.get(bill).and_then(|place| self.bills.get(*place)) else {
            return Vec::new();
        };
        let answers = |assertion: &&Assertion| {
            held.units.iter().any(|place| {
                let Some(unit) = self.units.get(*place) else {
                    return false;
                };
                assertion.counts_for(&unit.package)
                    && unit.hits.iter().any(|record| {
                        let mut names = self.names_of(&self.group(*record));
                        names.extend(self.upstream(*record).into_iter().flatten());
                        self.speaks_of(assertion, &names)
                    })
            })
        };
        let unused = held.assertions.iter().filter(|assertion| !answers(assertion));
        let unused = unused.map(|assertion| Unused {
            said: (*assertion.said).clone(),
            cause: match &assertion.packages {
                Some(packages) if packages.is_empty() => no_product(),
                _ => no_finding(),
            },
        });
        unused.collect()
    }

    /// What is said in a bill of a record's vulnerability.
    pub(super) fn status(&self, bill: &Held, unit: u32, record: u32) -> Option<Status> {
        self.settle(bill, unit, record, status, statuses)
    }

    /// Gathers what is said by any name of the vulnerability. A record that rests on several is answered by its own names, else only if each of the
    /// several is.
    fn settle<T>(
        &self,
        bill: &Held,
        unit: u32,
        record: u32,
        of: impl Fn(&[&Assertion]) -> Option<T>,
        of_all: impl Fn(Vec<Option<T>>) -> Option<T>,
    ) -> Option<T> {
        if bill.assertions.is_empty() {
            return None;
        }
        let package = &self.units.get(unit)?.package;
        let ask = |names: &BTreeSet<u32>| {
            let said = bill.assertions.iter();
            let said =
                said.filter(|assertion| assertion.counts_for(package) && self.speaks_of(assertion, names));
            of(&said.collect::<Vec<_>>())
        };
        let mut own = self.names_of(&self.group(record));
        match self.upstream(record).as_slice() {
            [] => ask(&own),
            [only] => {
                own.extend(only);
                ask(&own)
            }
            several => ask(&own).or_else(|| of_all(several.iter().map(ask).collect())),
        }
    }

    fn speaks_of(&self, assertion: &Assertion, names: &BTreeSet<u32>) -> bool {
        let mut said = assertion.names.iter();
        said.any(|name| self.names.find(name).is_some_and(|name| names.contains(&name)))
    }
}
