//! What changes one after another leave is what matching the rest afresh gives, bit for bit, and what a naive walk over everything says.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cyber::alias::Groups;
use cyber::answer::{Answer, Said, Statements};
use cyber::database::{Collection, Database, Taken};
use cyber::document::{Advisory, Bill, Component, Document, Limits, Statement, Status, read};
use cyber::ecosystem::Ecosystem;
use cyber::ledger::{Ledger, Standing};
use cyber::matching::{Package, match_components};
use cyber::osv::{Record, Verdict};
use cyber::portfolio::{Asked, Assertion, Implied, Place, Portfolio, Sort};
use cyber::priority::{Catalogue, Chance, Exploited};
use proptest::prelude::*;
use serde_json::json;

/// A change of a small world.
#[derive(Debug, Clone)]
enum Step {
    Record(u8, Record),
    Withdraw(u8),
    Bill(u8, Vec<Package>),
    WithdrawBill(u8),
    /// Components of a bill as it is handed in, and a VEX about some of them.
    Document(u8, Box<Handed>),
    Device(u8, u8),
    WithdrawDevice(u8),
    Say(u8, u8, Assertion),
    Unsay(u8, u8),
    Exploited(BTreeSet<String>),
}

/// A bill and a VEX as they are handed in.
#[derive(Clone)]
struct Handed {
    bill: Bill,
    vex: Document,
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |component: &Component| {
            format!(
                "{:?} {:?} {:?}",
                component.purls, component.cpes, component.version
            )
        };
        let purls = self.bill.components.iter().map(names);
        let said = Statement::all(&self.vex).into_iter();
        let said = said.map(|said| (said.vulnerabilities, said.products, said.status));
        f.debug_struct("Handed")
            .field("purls", &purls.collect::<Vec<_>>())
            .field("said", &said.collect::<Vec<_>>())
            .finish()
    }
}

impl Handed {
    /// Each component by its form and its version; each statement by its vulnerability, the component that it is about, and its status.
    fn new(components: &[(u8, u8)], statements: &[(u8, u8, u8)]) -> Self {
        let version = |version: u8| ["0.9", "1.0", "2.0"][usize::from(version % 3)];
        // What statements call it by, and the rest of the component.
        let named = |(form, number): (u8, u8)| {
            let version = version(number);
            let purl = |purl: String| (Some(purl.clone()), format!(r#""purl": "{purl}""#));
            let cpe = |cpe: String, more: String| (Some(cpe.clone()), format!(r#""cpe": "{cpe}"{more}"#));
            match form % 13 {
                0 => purl(format!("pkg:pypi/demo@{version}")),
                1 => purl("pkg:pypi/demo".to_owned()),
                2 => purl(format!("pkg:npm/demo@{version}")),
                3 => purl(format!(
                    "pkg:deb/debian/built@{version}?upstream=demo&distro=debian-12"
                )),
                4 => purl(format!("pkg:generic/demo@{version}")),
                5 => purl(format!("pkg:cargo/demo@{version}")),
                6 => cpe(named_by("acme:demo", version), String::new()),
                7 => cpe(named_by("*:demo", version), String::new()),
                8 => cpe(named_by("acme:*", version), String::new()),
                9 => cpe(
                    "cpe:/a:acme:demo".to_owned(),
                    format!(r#", "version": "{version}""#),
                ),
                10 => cpe(
                    named_by("acme:demo", version),
                    format!(r#", "purl": "pkg:pypi/demo@{version}""#),
                ),
                11 => {
                    let digest = digest(number);
                    let hashes = format!(r#", "hashes": [{{"alg": "SHA-256", "content": "{digest}"}}]"#);
                    let purl = format!("pkg:pypi/demo@{version}");
                    (Some(purl.clone()), format!(r#""purl": "{purl}"{hashes}"#))
                }
                _ => (None, r#""version": "1""#.to_owned()),
            }
        };
        let named: Vec<(Option<String>, String)> =
            components.iter().map(|component| named(*component)).collect();
        let (purls, rest): (Vec<Option<String>>, Vec<String>) = named.into_iter().unzip();
        let listed = rest
            .iter()
            .map(|rest| format!(r#"{{"type": "library", "name": "demo", {rest}}}"#));
        let bill = format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{}]}}"#,
            listed.collect::<Vec<_>>().join(",")
        );
        let said = statements.iter().filter_map(|(name, about, status)| {
            let purl = purls.get(usize::from(*about) % purls.len().max(1))?.as_ref()?;
            let status = ["not_affected", "affected", "fixed", "under_investigation"][usize::from(status % 4)];
            let name = name % 4;
            Some(format!(
                r#"{{"vulnerability": {{"name": "Y-{name}"}}, "products": [{{"@id": "{purl}"}}], "status": "{status}"}}"#
            ))
        });
        let vex = format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "架空メディカル株式会社",
            "timestamp": "2026-02-01T00:00:00Z", "version": 1, "statements": [{}]}}"#,
            said.collect::<Vec<_>>().join(",")
        );
        let read = |json: &str| read(json.as_bytes(), &Limits::UPLOAD).unwrap();
        Self {
            bill: Bill::of(&read(&bill)).unwrap(),
            vex: read(&vex),
        }
    }

    fn said(&self) -> Statements {
        let mut said = Statements::default();
        said.add(&self.vex, "handed");
        said
    }
}

/// A CPE name of a vendor and product, and a version.
fn named_by(product: &str, version: &str) -> String {
    format!("cpe:2.3:a:{product}:{version}:*:*:*:*:*:*:*")
}

/// A file's digest.
fn digest(number: u8) -> String {
    ["a", "b", "c"][usize::from(number % 3)].repeat(64)
}

fn package(number: u8, version: u8) -> Package {
    let by_cpe = ["acme:demo", "other:demo", "*:demo", "acme:*"].map(|product| named_by(product, "*"));
    let [acme, other, any_vendor, any_product] = by_cpe.each_ref().map(|name| ("CPE", name.as_str()));
    let file = format!("sha256:{}", digest(number / 10));
    let (ecosystem, name) = [
        acme,
        other,
        any_vendor,
        any_product,
        ("PyPI", "demo"),
        ("PyPI", "Demo_2"),
        ("npm", "demo"),
        ("Debian:12", "demo"),
        ("Debian", "demo"),
        ("File", file.as_str()),
    ][usize::from(number % 10)];
    let version = ["0.9", "1.0", "1.5", "2.0", "2.1", "no version!"][usize::from(version % 6)];
    Package {
        ecosystem: Ecosystem::parse(ecosystem).unwrap(),
        name: name.to_owned(),
        version: version.to_owned(),
    }
}

fn record(id: u8, number: u8, fixed: u8, alias: u8, form: u8) -> Record {
    let about = |number: u8| {
        let Package { ecosystem, name, .. } = package(number, 0);
        // By a CPE name the version may be told as well, or be left open.
        let name = match form % 5 {
            2 => name.replacen(":*:*:*:*:*:*:*:*", ":1.*:*:*:*:*:*:*:*", 1),
            _ => name,
        };
        format!(r#""package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}"#)
    };
    let withdrawn = if form.is_multiple_of(8) {
        r#", "withdrawn": "2026-02-01T00:00:00Z""#
    } else {
        ""
    };
    let range = match form % 4 {
        3 => r#""versions": []"#.to_owned(),
        0 => r#""versions": ["1.0", "2.0"]"#.to_owned(),
        1 => r#""ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]"#.to_owned(),
        _ => format!(
            r#""ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{}.0"}}]}}]"#,
            fixed % 3 + 1
        ),
    };
    let vector = if form.is_multiple_of(2) {
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    } else {
        "unknown"
    };
    let upstream = if form.is_multiple_of(5) {
        format!(r#", "upstream": ["Y-{}"]"#, fixed % 4)
    } else {
        String::new()
    };
    let more = if form.is_multiple_of(7) {
        format!(", {{{}, {range}}}", about(alias))
    } else {
        String::new()
    };
    let json = format!(
        r#"{{"id": "X-{id}", "modified": "2026-01-01T00:00:00Z"{withdrawn}{upstream}, "aliases": ["Y-{}", "X-{}"], "severity": [{{"type": "CVSS_V3", "score": "{vector}"}}],
        "affected": [{{{}, {range}}}{more}]}}"#,
        alias % 4,
        (alias / 4) % 12,
        about(number),
    );
    Record::parse(json.as_bytes()).unwrap()
}

fn step() -> impl Strategy<Value = Step> {
    let packages = prop::collection::vec((any::<u8>(), any::<u8>()), 0..6).prop_map(|packages| {
        packages
            .into_iter()
            .map(|(number, version)| package(number, version))
            .collect::<Vec<_>>()
    });
    let said = (
        0u8..3,
        0u8..4,
        prop::option::of((any::<u8>(), any::<u8>())),
        0u8..4,
        0i64..3,
    )
        .prop_map(|(document, name, about, status, at)| {
            let statuses = [
                Status::NotAffected,
                Status::Affected,
                Status::Fixed,
                Status::UnderInvestigation,
            ];
            let said = Said {
                document: document.to_string(),
                by: None,
                statement: Statement {
                    path: String::new(),
                    vulnerabilities: vec![format!("y-{name}")],
                    products: Vec::new(),
                    status: statuses[usize::from(status)],
                    justification: None,
                    impact: None,
                    action: None,
                    timestamp: (at > 0).then(|| format!("2026-01-0{at}")),
                },
            };
            let packages = about.map(|(number, version)| BTreeSet::from([package(number, version)]));
            (document, Assertion::new(said, packages))
        });
    prop_oneof![
        4 => (0u8..8, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(id, number, fixed, alias, form)| Step::Record(id, record(id, number, fixed, alias, form))),
        1 => (0u8..8).prop_map(Step::Withdraw),
        4 => (0u8..4, packages).prop_map(|(bill, packages)| Step::Bill(bill, packages)),
        1 => (0u8..4).prop_map(Step::WithdrawBill),
        3 => (4u8..6, prop::collection::vec((any::<u8>(), any::<u8>()), 0..6), prop::collection::vec(any::<(u8, u8, u8)>(), 0..3))
            .prop_map(|(bill, components, said)| Step::Document(bill, Box::new(Handed::new(&components, &said)))),
        3 => (0u8..5, 0u8..6).prop_map(|(device, bill)| Step::Device(device, bill)),
        1 => (0u8..5).prop_map(Step::WithdrawDevice),
        2 => (0u8..4, said).prop_map(|(bill, (document, assertion))| Step::Say(bill, document, assertion)),
        1 => (0u8..4, 0u8..3).prop_map(|(bill, document)| Step::Unsay(bill, document)),
        1 => prop::collection::btree_set((0u8..4).prop_map(|name| format!("Y-{name}")), 0..2).prop_map(Step::Exploited),
    ]
}

/// What is left when every change is done.
#[derive(Default)]
struct World {
    records: BTreeMap<u8, Record>,
    bills: BTreeMap<u8, Vec<Package>>,
    /// Beside these, bills that were handed in as documents.
    handed: BTreeMap<u8, Handed>,
    devices: BTreeMap<u8, u8>,
    said: Vec<(u8, u8, Assertion)>,
    exploited: BTreeSet<String>,
}

impl World {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Record(id, record) => drop(self.records.insert(*id, record.clone())),
            Step::Withdraw(id) => drop(self.records.remove(id)),
            Step::Bill(bill, packages) => drop(self.bills.insert(*bill, packages.clone())),
            Step::WithdrawBill(bill) => drop(self.bills.remove(bill)),
            Step::Document(bill, handed) => drop(self.handed.insert(*bill, Handed::clone(handed))),
            Step::Device(device, bill) => drop(self.devices.insert(*device, *bill)),
            Step::WithdrawDevice(device) => drop(self.devices.remove(device)),
            Step::Say(bill, document, assertion) => self.said.push((*bill, *document, assertion.clone())),
            Step::Unsay(bill, document) => self.said.retain(|(b, d, _)| (b, d) != (bill, document)),
            Step::Exploited(names) => self.exploited.clone_from(names),
        }
    }

    /// The same world, built in another order and matched at once.
    fn afresh(&self) -> Portfolio {
        let mut portfolio = Portfolio::default();
        portfolio.set_exploited(self.exploited.clone());
        for (device, bill) in self.devices.iter().rev() {
            portfolio.put_device(&format!("D-{device}"), &format!("B-{bill}"));
        }
        for (bill, _, assertion) in self.said.iter().rev() {
            portfolio.put_assertion(&format!("B-{bill}"), assertion.clone());
        }
        for (bill, packages) in self.bills.iter().rev() {
            portfolio.put_bill(&format!("B-{bill}"), packages.iter().rev().cloned());
        }
        for (bill, handed) in self.handed.iter().rev() {
            portfolio
                .put_document(&format!("B-{bill}"), &handed.bill, &handed.said())
                .unwrap();
        }
        for record in self.records.values().rev() {
            portfolio.put_record(record);
        }
        portfolio.rematch(2);
        portfolio
    }

    /// Bills that were handed in: the portfolio says of each what matching it alone against a database of the same records says.
    fn handed_in(&self, portfolio: &Portfolio) -> Result<(), String> {
        let mut collection = Collection::default();
        for record in self.records.values().filter(|record| record.withdrawn.is_none()) {
            collection.add(record);
        }
        let file = collection.write().unwrap().0;
        let database = Database::open(file.as_slice()).unwrap();
        for (number, handed) in &self.handed {
            let id = format!("B-{number}");
            let mut matches = match_components(&database, &handed.bill).unwrap();
            handed.said().answer(&handed.bill, &mut matches).unwrap();
            let Ledger {
                components,
                matched,
                clean,
                unassessable,
                causes,
                rows,
            } = &matches.ledger;
            let expected = (
                *components as u64,
                *matched as u64,
                *clean as u64,
                *unassessable as u64,
            );
            let tally = portfolio.tally(&id).unwrap_or_default();
            let found = (tally.components, tally.matched, tally.clean, tally.unassessable);
            let kinds: BTreeMap<&str, u64> = causes
                .iter()
                .map(|(kind, count)| (*kind, *count as u64))
                .collect();
            if found != expected || tally.causes != kinds {
                return Err(format!("{id}: {tally:?} for {:?}", matches.ledger));
            }
            // A component that is one package goes by the package's name, so causes alone are compared.
            let open = portfolio.unassessable(&id).into_iter();
            let mut open: Vec<String> = open
                .flat_map(|open| (0..open.times).map(move |_| open.cause.en.clone()))
                .collect();
            let mut expected: Vec<String> = rows
                .iter()
                .filter(|row| row.standing == Standing::Unassessable)
                .map(|row| row.cause.clone().unwrap().en)
                .collect();
            open.sort();
            expected.sort();
            if open != expected {
                return Err(format!("{id}: {open:?} for {rows:?}"));
            }
            for finding in &matches.findings {
                let package = Package {
                    ecosystem: Ecosystem::parse(&finding.ecosystem).unwrap(),
                    name: finding.package.clone(),
                    version: finding.version.clone(),
                };
                let explained = portfolio
                    .explain(&id, &package, &finding.advisory)
                    .ok_or("not found")?;
                if (&explained.range, &explained.proof) != (&finding.range, &finding.proof) {
                    return Err(format!("{explained:?} for {finding:?}"));
                }
                let status = |answer: &Option<Answer>| answer.as_ref().map(Answer::status);
                let twins = matches
                    .findings
                    .iter()
                    .filter(|other| other.advisory == finding.advisory && other.package == finding.package);
                let alike = twins
                    .clone()
                    .all(|other| status(&other.answer) == status(&finding.answer));
                if alike && status(&explained.answer) != status(&finding.answer) {
                    return Err(format!("{explained:?} for {finding:?}"));
                }
                if explained.urgency.exploited != finding.priority.kev.is_some() && self.exploited.is_empty()
                {
                    return Err(format!("{explained:?} for {finding:?}"));
                }
            }
        }
        Ok(())
    }

    /// Findings as a walk over every device, package and record says them.
    fn naive(&self) -> BTreeSet<String> {
        let mut groups = Groups::default();
        let valid = || self.records.values().filter(|record| record.withdrawn.is_none());
        for record in valid() {
            for alias in &record.aliases {
                groups.join(&record.id, alias);
            }
        }
        let groups = groups.all();
        let mut found = BTreeSet::new();
        for (device, bill) in &self.devices {
            for package in self.bills.get(bill).into_iter().flatten() {
                for record in valid() {
                    let verdict = record.affects(&package.ecosystem, &package.name, &package.version);
                    if !matches!(verdict, Verdict::Affected(_)) {
                        continue;
                    }
                    let group = |name: &String| groups.iter().find(|group| group.contains(name)).cloned();
                    let mut names = group(&record.id).unwrap();
                    for upstream in &record.upstream {
                        names.extend(group(upstream).unwrap_or_else(|| vec![upstream.clone()]));
                    }
                    let said = self.said.iter().filter(|(b, _, said)| {
                        let packages = said.packages.as_ref();
                        b == bill
                            && names.contains(&said.said.statement.vulnerabilities[0].to_uppercase())
                            && packages.is_none_or(|packages| packages.contains(package))
                    });
                    let said = said.map(|(.., said)| &said.said.statement);
                    let newest = said.clone().map(|said| said.timestamp.as_deref()).max();
                    let status = said
                        .filter(|said| Some(said.timestamp.as_deref()) == newest)
                        .map(|said| said.status)
                        .reduce(Status::graver);
                    found.insert(format!("D-{device} {package:?} {} {status:?}", record.id));
                }
            }
        }
        found
    }
}

fn apply(portfolio: &mut Portfolio, step: &Step) {
    match step {
        Step::Record(_, record) => drop(portfolio.put_record(record)),
        Step::Withdraw(id) => portfolio.withdraw_record(&format!("X-{id}")),
        Step::Bill(bill, packages) => portfolio.put_bill(&format!("B-{bill}"), packages.iter().cloned()),
        Step::WithdrawBill(bill) => portfolio.withdraw_bill(&format!("B-{bill}")),
        Step::Document(bill, handed) => {
            let said = handed.said();
            portfolio
                .put_document(&format!("B-{bill}"), &handed.bill, &said)
                .unwrap();
        }
        Step::Device(device, bill) => portfolio.put_device(&format!("D-{device}"), &format!("B-{bill}")),
        Step::WithdrawDevice(device) => portfolio.withdraw_device(&format!("D-{device}")),
        Step::Say(bill, _, assertion) => portfolio.put_assertion(&format!("B-{bill}"), assertion.clone()),
        Step::Unsay(bill, document) => {
            portfolio.withdraw_assertions(&format!("B-{bill}"), &document.to_string());
        }
        Step::Exploited(names) => portfolio.set_exploited(names.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn incremental_is_full(steps in prop::collection::vec(step(), 0..40)) {
        let mut portfolio = Portfolio::default();
        let mut world = World::default();
        for step in &steps {
            apply(&mut portfolio, step);
            world.take(step);
        }
        let afresh = world.afresh();
        prop_assert_eq!(portfolio.canonical(), afresh.canonical());
        let naive = world.naive();
        let handed = world.handed_in(&portfolio);
        for sort in SORTS {
            let found: Vec<(&str, String)> = listed(&portfolio, sort)
                .map(|finding| (finding.bill, shown(&finding)))
                .collect();
            prop_assert_eq!(found.len() as u64, portfolio.count());
            let found = found.into_iter().filter(|(bill, _)| *bill < "B-4");
            prop_assert_eq!(&found.map(|(_, shown)| shown).collect::<BTreeSet<_>>(), &naive);
        }
        let bare = |finding: &Implied<'_>| finding.bill < "B-4";
        let some = portfolio.findings(&Asked::default(), |package, advisory, _| package.name == "demo" && advisory == "X-1");
        let expected = naive.iter().filter(|finding| finding.contains("name: \"demo\"") && finding.contains(" X-1 "));
        prop_assert_eq!(some.filter(bare).count(), expected.count());
        let answered: BTreeSet<String> = portfolio.answered().map(|finding| shown(&finding)).collect();
        let all = listed(&portfolio, Sort::Device).filter(|finding| finding.status.is_some());
        prop_assert_eq!(answered, all.map(|finding| shown(&finding)).collect::<BTreeSet<_>>());
        for record in world.records.values() {
            let devices: BTreeSet<&str> = portfolio.affected(&record.id).into_iter().collect();
            let all = portfolio.findings(&Asked::default(), |_, advisory, _| advisory == record.id);
            prop_assert_eq!(devices, all.map(|finding| finding.device).collect::<BTreeSet<_>>());
        }
        for device in world.devices.keys().map(|device| format!("D-{device}")) {
            let all: Vec<Implied<'_>> = listed(&portfolio, Sort::Urgency).filter(|finding| finding.device == device).collect();
            let own = portfolio.findings_of(&device);
            prop_assert_eq!(
                all.iter().map(|finding| (finding.urgency, finding.advisory)).collect::<Vec<_>>(),
                own.iter().map(|finding| (finding.urgency, finding.advisory)).collect::<Vec<_>>()
            );
            let open = own.iter().filter(|finding| !matches!(finding.status, Some(Status::NotAffected | Status::Fixed)));
            let counts = portfolio.counts([device.as_str(), device.as_str()]);
            prop_assert_eq!(counts.values().map(|count| count.findings).sum::<u64>(), 2 * own.len() as u64);
            prop_assert_eq!(counts.values().map(|count| count.open).sum::<u64>(), 2 * open.count() as u64);
        }
        prop_assert!(handed.is_ok(), "{:?}", handed);
    }
}

const SORTS: [Sort; 6] = [
    Sort::Urgency,
    Sort::Severity,
    Sort::Chance,
    Sort::Advisory,
    Sort::Component,
    Sort::Device,
];

fn listed(portfolio: &Portfolio, sort: Sort) -> Box<dyn Iterator<Item = Implied<'_>> + '_> {
    let asked = Asked {
        sort,
        ..Asked::default()
    };
    portfolio.findings(&asked, |_, _, _| true)
}

/// What a sort says it goes by, as texts that sort the same: the greatest first is written as what is left to the greatest.
fn goes_by(sort: Sort, finding: &Implied<'_>) -> Vec<String> {
    let urgency = finding.urgency;
    let left = |value: Option<u32>| format!("{:07}", 1_000_000 - value.map_or(-1, i64::from));
    let exploited = left(urgency.exploited.then_some(1));
    let (score, chance) = (left(urgency.tenths.map(u32::from)), left(urgency.chance));
    let record = finding.advisory.to_owned();
    let device = finding.device.to_owned();
    match sort {
        Sort::Urgency => vec![exploited, score, chance, record],
        Sort::Severity => vec![score, exploited, chance, record],
        Sort::Chance => vec![chance, exploited, score, record],
        Sort::Advisory => vec![record],
        Sort::Component => vec![
            finding.package.ecosystem.to_string(),
            finding.package.name.clone(),
            finding.package.version.clone(),
            exploited,
            score,
            chance,
            record,
        ],
        Sort::Device => vec![device, exploited, score, chance, record],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_list_is_in_its_order_and_goes_on_behind_any_place(
        steps in prop::collection::vec(step(), 0..40),
        chances in prop::collection::btree_map((0u8..4).prop_map(|name| format!("Y-{name}")), 0u8..3, 0..3),
        named in prop::collection::vec(0u8..6, 0..4),
    ) {
        let mut portfolio = Portfolio::default();
        for step in &steps {
            apply(&mut portfolio, step);
        }
        let chance = |tenths| Chance { score: f64::from(tenths) / 10.0, percentile: 0.5 };
        portfolio.set_chances(&chances.into_iter().map(|(name, tenths)| (name, chance(tenths))).collect());
        let named: BTreeSet<String> = named.iter().map(|device| format!("D-{device}")).collect();
        // Not by name, so that it is seen whose order it is.
        let named: Vec<&str> = named.iter().rev().map(String::as_str).collect();
        for sort in SORTS {
            let all: Vec<String> = listed(&portfolio, sort).map(|finding| shown(&finding)).collect();
            let by: Vec<Vec<String>> = listed(&portfolio, sort).map(|finding| goes_by(sort, &finding)).collect();
            // Ecosystems are not ordered as texts are; what matters is that each is in one place.
            if sort == Sort::Component {
                let heads = |of: fn(&Implied<'_>) -> String| listed(&portfolio, sort).map(|finding| of(&finding)).collect::<Vec<_>>();
                let mut runs = heads(|finding| format!("{:?}", finding.package));
                runs.dedup();
                prop_assert_eq!(runs.len(), runs.iter().collect::<BTreeSet<_>>().len());
                prop_assert!(by.windows(2).all(|two| two[0][..3] != two[1][..3] || two[0] <= two[1]));
            } else {
                prop_assert!(by.is_sorted(), "{:?} {:?}", sort, by);
            }
            for (at, finding) in listed(&portfolio, sort).enumerate() {
                let place = Place::from(&finding);
                let rest = portfolio.findings(&Asked { sort, after: Some(&place), ..Asked::default() }, |_, _, _| true);
                prop_assert_eq!(rest.map(|finding| shown(&finding)).collect::<Vec<_>>(), &all[at + 1..]);
            }
            let of_one = portfolio.findings(&Asked { sort, ..Asked::default() }, |package, advisory, _| advisory == "X-1" && package.name == "demo");
            let expected = listed(&portfolio, sort).filter(|finding| finding.advisory == "X-1" && finding.package.name == "demo");
            prop_assert_eq!(of_one.map(|finding| shown(&finding)).collect::<Vec<_>>(), expected.map(|finding| shown(&finding)).collect::<Vec<_>>());
            let asked = Asked { sort, devices: Some(&named), after: None };
            let some: Vec<String> = portfolio.findings(&asked, |_, _, _| true).map(|finding| shown(&finding)).collect();
            let mut expected: Vec<Implied<'_>> = listed(&portfolio, sort).filter(|finding| named.contains(&finding.device)).collect();
            if sort == Sort::Device {
                expected.sort_by_key(|finding| named.iter().position(|device| *device == finding.device));
            }
            prop_assert_eq!(&some, &expected.iter().map(shown).collect::<Vec<_>>());
            for (at, finding) in expected.iter().enumerate() {
                let place = Place::from(finding);
                let rest = portfolio.findings(&Asked { after: Some(&place), ..asked }, |_, _, _| true);
                prop_assert_eq!(rest.map(|finding| shown(&finding)).collect::<Vec<_>>(), &some[at + 1..]);
            }
        }
    }
}

/// A database of some records, advisories and known exploitation; each advisory speaks of packages by its number and may be withdrawn.
#[derive(Debug, Clone)]
struct Held {
    records: BTreeMap<u8, Record>,
    advisories: BTreeMap<u8, (u8, bool)>,
    exploited: BTreeSet<String>,
}

impl Held {
    fn written(&self) -> Vec<u8> {
        let mut collection = Collection::default();
        for record in self.records.values() {
            collection.add(record);
        }
        for (id, (number, withdrawn)) in &self.advisories {
            let product =
                json!({ "id": "P", "name": "demo", "purls": ["pkg:npm/demo@1.0"], "cpes": [], "models": [] });
            // As many vulnerabilities as its number says: records of an advisory come and go with its states.
            let vulnerabilities: Vec<_> = (0..number % 3)
                .map(|at| format!("Y-{}", (number / 3 + at) % 4))
                .map(|name| json!({ "names": [name], "products": { "P": "affected" }, "severity": [] }))
                .collect();
            let advisory = json!({
                "id": format!("A-{id}"), "released": "2026-01-01T00:00:00Z", "withdrawn": withdrawn,
                "products": [product], "vulnerabilities": vulnerabilities,
            });
            collection.add_advisory(&serde_json::from_value(advisory).unwrap());
        }
        let said = Exploited {
            added: "2026-01-01".to_owned(),
            due: None,
            ransomware: false,
        };
        let entries = self.exploited.iter().map(|name| (name.clone(), said.clone()));
        collection.add_exploited(Catalogue {
            released: "2026-01-01T00:00:00Z".parse().unwrap(),
            entries: entries.collect(),
        });
        collection.write().unwrap().0
    }
}

fn held() -> impl Strategy<Value = Held> {
    let bytes = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    let records = prop::collection::btree_map(0u8..8, bytes, 0..8).prop_map(|records| {
        let records = records.into_iter();
        let made = |(id, (number, fixed, alias, form))| (id, record(id, number, fixed, alias, form));
        records.map(made).collect()
    });
    let advisories = prop::collection::btree_map(0u8..4, (0u8..12, any::<bool>()), 0..4);
    let exploited = prop::collection::btree_set((0u8..4).prop_map(|name| format!("Y-{name}")), 0..3);
    (records, advisories, exploited).prop_map(|(records, advisories, exploited)| Held {
        records,
        advisories,
        exploited,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn databases_one_after_another_leave_what_the_last_alone_does(
        steps in prop::collection::vec(step(), 0..12),
        databases in prop::collection::vec(held(), 1..4),
    ) {
        let bills = || {
            let mut portfolio = Portfolio::default();
            let steps = steps.iter().filter(|step| !matches!(step, Step::Record(..) | Step::Withdraw(_) | Step::Exploited(_)));
            steps.for_each(|step| apply(&mut portfolio, step));
            portfolio
        };
        let (mut portfolio, mut taken) = (bills(), Taken::default());
        let mut before: BTreeMap<String, u64> = BTreeMap::new();
        let mut advisories = BTreeMap::new();
        for held in &databases {
            let bytes = held.written();
            let database = Database::open(bytes.as_slice()).unwrap();
            let (mut alone, mut first, mut all) = (bills(), Taken::default(), BTreeSet::new());
            let mut own = BTreeMap::new();
            let hear = |advisories: &mut BTreeMap<String, Advisory>, key: &str, advisory| match advisory {
                Some(advisory) => drop(advisories.insert(key.to_owned(), advisory)),
                None => drop(advisories.remove(key)),
            };
            first.take(&database, &mut alone, &mut all, |key, said| hear(&mut own, key, said)).unwrap();
            let mut changed = BTreeSet::new();
            taken.take(&database, &mut portfolio, &mut changed, |key, said| hear(&mut advisories, key, said)).unwrap();
            prop_assert_eq!(&advisories, &own);
            prop_assert_eq!(portfolio.canonical(), alone.canonical());
            // What a first taking calls changed is all there is.
            let says: BTreeMap<&String, u64> = all.iter().filter_map(|id| Some((id, first.says(id)?))).collect();
            for (id, says) in &says {
                prop_assert_eq!(taken.says(id), Some(*says));
                prop_assert!(before.get(id.as_str()) == Some(says) || changed.contains(*id), "{} says something else", id);
            }
            for id in before.keys() {
                prop_assert!(says.contains_key(id) || taken.says(id).is_none() && changed.contains(id), "{} went", id);
            }
            before = says.into_iter().map(|(id, says)| (id.clone(), says)).collect();
            // The same again changes nothing.
            let mut again = BTreeSet::new();
            taken.take(&database, &mut portfolio, &mut again, |key, _| panic!("{key} is as it was")).unwrap();
            prop_assert_eq!(again, BTreeSet::new());
        }
    }
}

const fn shared<T: Send + Sync>() {}

/// A server may hold it, and ask it from many threads.
const _: () = shared::<Portfolio>();

fn shown(finding: &Implied<'_>) -> String {
    format!(
        "{} {:?} {} {:?}",
        finding.device, finding.package, finding.advisory, finding.status
    )
}
