//! The orders against pairs of real and of odd versions whose order is known. Most pairs are not part of the repository; without them the
//! test that needs them says so and is skipped.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use cyber::ecosystem::Ecosystem;
use cyber::version::{Order, Version, compare};
use proptest::prelude::*;
use vocab::Refusal;

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
    let Some(folder) = shared::data("version-order") else {
        return;
    };
    let mut wrong = Vec::new();
    for (set, order) in SETS {
        for kind in ["versions", "versions-generated"] {
            match fs::read_to_string(folder.join(format!("{set}-{kind}.txt"))) {
                Ok(text) => wrong.extend(not_as_said(&Ok(order), &text)),
                Err(_) => assert_eq!(kind, "versions-generated", "{set} is missing"),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Of these there are no pairs elsewhere: each file says where the ecosystem itself tells its order. `?` stands between versions of which it tells none.
#[test]
fn what_ecosystems_say_of_their_order_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/version-order");
    let mut wrong = Vec::new();
    for (file, ecosystem) in [
        ("bitnami", "Bitnami"),
        ("ghc", "GHC"),
        ("github-actions", "GitHub Actions"),
        ("hex", "Hex"),
        ("julia", "Julia"),
        ("kubernetes", "Kubernetes"),
        ("linux", "Linux"),
        ("opam", "opam"),
    ] {
        let text = fs::read_to_string(folder.join(format!("{file}.txt"))).unwrap();
        let order = Ecosystem::parse(ecosystem).unwrap().order();
        let told = not_as_said(&order, &text).into_iter();
        wrong.extend(told.map(|line| format!("{ecosystem}: {line}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines of `A < B`, `A = B`, `A > B` or `A ? B` that an order does not say, either way round.
fn not_as_said(order: &Result<Order, Refusal>, text: &str) -> Vec<String> {
    let mark = |order| ["<", "=", ">"][usize::try_from(order as i8 + 1).unwrap()];
    let lines = text.lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines
        .filter_map(|line| {
            let [a, expected, b] = line.split(' ').collect::<Vec<_>>()[..] else {
                return Some(line.to_owned());
            };
            let said = |a, b| order.clone().and_then(|order| compare(order, a, b));
            let found = said(a, b).map_or("?", mark);
            let back = said(b, a).map_or("?", |order| mark(order.reverse()));
            let right = found == expected && back == expected;
            (!right).then(|| format!("{line}: {found} {back}"))
        })
        .collect()
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
        Order::Action => r"v?[0-9]{1,2}(\.[0-9]{1,3}){2}(-[0-9a-c](\.[0-9a-c-]{1,3}){0,2})?",
        Order::Linux => r"v?[0-9](\.[0-9]{1,2}){1,3}(-rc[0-9]{1,2})?",
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
        Order::Bitnami | Order::NuGet | Order::Pub | Order::Semver => {
            r"[0-9]{1,2}(\.[0-9]{1,20}){0,2}(-[0-9a-c](\.[0-9a-c-]{1,3}){0,2})?(\+[0-9a-c]{1,3})?"
        }
    };
    proptest::string::string_regex(shape).unwrap().boxed()
}

const ORDERS: [Order; 23] = [
    Order::Action,
    Order::Bitnami,
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
    Order::Linux,
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
