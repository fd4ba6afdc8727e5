//! The orders against pairs of real and of odd versions whose order is known. The pairs are not part of the repository; without them the tests
//! that need them say so and pass.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use std::cmp::Ordering;

use cyber::version::{Order, Version, compare};
use proptest::prelude::*;

const SETS: [(&str, Order); 12] = [
    ("alpine", Order::Alpine),
    ("cran", Order::Cran),
    ("debian", Order::Debian),
    ("hackage", Order::Hackage),
    ("maven", Order::Maven),
    ("nuget", Order::NuGet),
    ("packagist", Order::Packagist),
    ("pub", Order::Pub),
    ("pypi", Order::Pypi),
    ("redhat", Order::Rpm),
    ("rubygems", Order::RubyGems),
    ("semver", Order::Semver),
];

#[test]
fn known_pairs_are_in_order() {
    let mut wrong = Vec::new();
    for (set, order) in SETS {
        for kind in ["versions", "versions-generated"] {
            let Some(path) =
                shared::data("version-order").map(|folder| folder.join(format!("{set}-{kind}.txt")))
            else {
                return;
            };
            let Ok(text) = std::fs::read_to_string(&path) else {
                assert_eq!(kind, "versions-generated", "{} is missing", path.display());
                continue;
            };
            for line in text
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with("//"))
            {
                let [a, expected, b] = line.split(' ').collect::<Vec<_>>()[..] else {
                    continue;
                };
                let mark = |order| ["<", "=", ">"][usize::try_from(order as i8 + 1).unwrap()];
                let found = compare(order, a, b).map_or("?", mark);
                let back = compare(order, b, a).map_or("?", |order| mark(order.reverse()));
                if found != expected || back != expected {
                    wrong.push(format!("{set}: {line}: {found} {back}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Texts of the kinds of parts that versions of an order are made of.
fn versions(order: Order) -> BoxedStrategy<String> {
    let shape = match order {
        Order::Alpine => {
            r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,3}){0,3}[a-z]?(_(alpha|beta|rc|git|p)[0-9]{0,2}){0,2}(-r[0-9]{1,2})?"
        }
        Order::Alpm | Order::Rpm | Order::Debian => {
            r"([0-3]:)?[0-9]{1,2}([.+~a-c0-9]{0,5})(-[0-9a-c.]{1,4})?"
        }
        Order::Conan => r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}(-[0-9]{1,2})?(\+[0-9]{1,2})?",
        Order::Cran | Order::Hackage | Order::Intdot => r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}",
        Order::Datetime => {
            r"202[0-4]-0[1-9]-1[0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?(Z|[+-]0[0-9]:00)"
        }
        Order::Generic | Order::Lexicographic => r"[0-9]{1,2}([._-]?([0-9]{1,2}|alpha|b|rc|post|x)){0,3}",
        Order::Gentoo => {
            r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}[a-c]?(_(alpha|pre|rc|p)[0-9]{0,2}){0,2}(-r[0-9]{1,2})?"
        }
        Order::Maven => r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}(-(alpha|beta|rc|SNAPSHOT|foo|sp)(-[0-9]{1,2})?)?",
        Order::OpenSsl => r"1\.0\.[0-2](-beta[0-9])?[a-z]?|[34]\.[0-9]\.[0-9]{1,2}(-alpha[0-9])?",
        Order::Packagist => r"v?[0-9]{1,2}(\.[0-9]{1,2}){3}(-(dev|alpha|beta|RC|p)[0-9]{0,2})?",
        Order::Pypi => {
            r"([01]!)?[0-9]{1,2}(\.[0-9]{1,2}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?(\+[a-c0-9](\.[a-c0-9]){0,2})?"
        }
        Order::RubyGems => r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}(\.(a|b|pre|rc)[0-9]{0,2}(\.[0-9])?)?",
        Order::NuGet | Order::Pub | Order::Semver => {
            r"[0-9]{1,2}(\.[0-9]{1,20}){0,2}(-[0-9a-c](\.[0-9a-c-]{1,3}){0,2})?(\+[0-9a-c]{1,3})?"
        }
    };
    proptest::string::string_regex(shape).unwrap().boxed()
}

const ORDERS: [Order; 20] = [
    Order::Alpine,
    Order::Alpm,
    Order::Conan,
    Order::Cran,
    Order::Datetime,
    Order::Debian,
    Order::Generic,
    Order::Gentoo,
    Order::Hackage,
    Order::Intdot,
    Order::Lexicographic,
    Order::Maven,
    Order::NuGet,
    Order::OpenSsl,
    Order::Packagist,
    Order::Pub,
    Order::Pypi,
    Order::Rpm,
    Order::RubyGems,
    Order::Semver,
];

fn triples() -> impl Strategy<Value = (Order, String, String, String)> {
    proptest::sample::select(&ORDERS[..])
        .prop_flat_map(|order| (Just(order), versions(order), versions(order), versions(order)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn versions_are_totally_ordered((order, a, b, c) in triples()) {
        let read = |text: &str| Version::parse(order, text).unwrap();
        let mut sorted = [read(&a), read(&b), read(&c)];
        for (x, y) in [(0, 1), (1, 2), (0, 2)] {
            let there = sorted[x].compare(&sorted[y]).unwrap();
            prop_assert_eq!(sorted[y].compare(&sorted[x]), Some(there.reverse()));
        }
        sorted.sort_by(|x, y| x.compare(y).unwrap());
        prop_assert!(sorted[0].compare(&sorted[2]).unwrap().is_le(), "{:?}: {} {} {}", order, a, b, c);
        prop_assert_eq!(sorted[0].compare(&sorted[0]), Some(Ordering::Equal));
    }

    #[test]
    fn no_text_panics(order in proptest::sample::select(&ORDERS[..]), a in "\\PC{0,12}", b in "[0-9a-c.~^:_+!v-]{0,12}") {
        let there = compare(order, &a, &b);
        let back = compare(order, &b, &a);
        prop_assert_eq!(there.map(Ordering::reverse).ok(), back.ok());
    }
}

#[test]
fn different_orders_are_not_compared() {
    let read = |order| Version::parse(order, "1.0").unwrap();
    assert_eq!(read(Order::Pypi).compare(&read(Order::Semver)), None);
}
