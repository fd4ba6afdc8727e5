//! What changes one after another leave is what matching the rest afresh gives, bit for bit, and what a naive walk over everything says.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use cyber::alias::Groups;
use cyber::document::Status;
use cyber::ecosystem::Ecosystem;
use cyber::matching::Package;
use cyber::osv::{Record, Verdict};
use cyber::portfolio::{Assertion, Portfolio, Sort};
use proptest::prelude::*;

/// A change of a small world.
#[derive(Debug, Clone)]
enum Step {
    Record(u8, Record),
    Withdraw(u8),
    Bill(u8, Vec<Package>),
    WithdrawBill(u8),
    Device(u8, u8),
    WithdrawDevice(u8),
    Say(u8, u8, Assertion),
    Unsay(u8, u8),
    Exploited(BTreeSet<String>),
}

fn package(number: u8, version: u8) -> Package {
    let (ecosystem, name) = [
        ("PyPI", "demo"),
        ("PyPI", "Demo_2"),
        ("npm", "demo"),
        ("Debian:12", "demo"),
        ("Debian", "demo"),
    ][usize::from(number % 5)];
    let version = ["0.9", "1.0", "1.5", "2.0", "2.1", "no version!"][usize::from(version % 6)];
    Package {
        ecosystem: Ecosystem::parse(ecosystem).unwrap(),
        name: name.to_owned(),
        version: version.to_owned(),
    }
}

fn record(id: u8, number: u8, fixed: u8, alias: u8, form: u8) -> Record {
    let package = package(number, 0);
    let (ecosystem, name) = (package.ecosystem.to_string(), package.name);
    let withdrawn = if form.is_multiple_of(8) {
        r#", "withdrawn": "2026-02-01T00:00:00Z""#
    } else {
        ""
    };
    let range = match form % 3 {
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
    let json = format!(
        r#"{{"id": "X-{id}", "modified": "2026-01-01T00:00:00Z"{withdrawn}, "aliases": ["Y-{}", "X-{}"], "severity": [{{"type": "CVSS_V3", "score": "{vector}"}}],
        "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, {range}}}]}}"#,
        alias % 4,
        (alias / 4) % 12
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
            let assertion = Assertion {
                document: document.to_string(),
                vulnerability: format!("Y-{name}"),
                package: about.map(|(number, version)| package(number, version)),
                status: statuses[usize::from(status)],
                at,
            };
            (document, assertion)
        });
    prop_oneof![
        4 => (0u8..8, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(id, number, fixed, alias, form)| Step::Record(id, record(id, number, fixed, alias, form))),
        1 => (0u8..8).prop_map(Step::Withdraw),
        4 => (0u8..4, packages).prop_map(|(bill, packages)| Step::Bill(bill, packages)),
        1 => (0u8..4).prop_map(Step::WithdrawBill),
        3 => (0u8..5, 0u8..4).prop_map(|(device, bill)| Step::Device(device, bill)),
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
        for record in self.records.values().rev() {
            portfolio.put_record(record);
        }
        portfolio.rematch(2);
        portfolio
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
                    let group = groups.iter().find(|group| group.contains(&record.id)).unwrap();
                    let said = self.said.iter().filter(|(b, _, said)| {
                        b == bill
                            && group.contains(&said.vulnerability)
                            && said.package.as_ref().is_none_or(|about| about == package)
                    });
                    let newest = said.clone().map(|(.., said)| said.at).max();
                    let status = said
                        .filter(|(.., said)| Some(said.at) == newest)
                        .map(|(.., said)| said.status)
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
    #![proptest_config(ProptestConfig::with_cases(1000))]

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
        for sort in [Sort::Device, Sort::Urgency] {
            let found: Vec<String> = portfolio
                .findings(sort, |_, _| true)
                .map(|finding| format!("{} {:?} {} {:?}", finding.device, finding.package, finding.advisory, finding.status))
                .collect();
            prop_assert_eq!(found.len() as u64, portfolio.count());
            prop_assert_eq!(&found.into_iter().collect::<BTreeSet<_>>(), &naive);
        }
        let some = portfolio.findings(Sort::Urgency, |package, advisory| package.name == "demo" && advisory == "X-1");
        prop_assert_eq!(some.count(), naive.iter().filter(|finding| finding.contains("name: \"demo\"") && finding.contains(" X-1 ")).count());
        let answered = portfolio.answered().map(|finding| format!("{} {:?} {}", finding.device, finding.package, finding.advisory));
        let expected = naive.iter().filter(|finding| !finding.ends_with("None"));
        prop_assert_eq!(answered.collect::<BTreeSet<_>>().len(), expected.count());
        for record in world.records.values() {
            let devices: BTreeSet<&str> = portfolio.affected(&record.id).into_iter().collect();
            let expected = naive.iter().filter(|finding| finding.contains(&format!(" {} ", record.id)));
            let expected: BTreeSet<&str> = expected.map(|finding| finding.split(' ').next().unwrap()).collect();
            prop_assert_eq!(devices, expected);
        }
    }
}
