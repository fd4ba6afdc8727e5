//! The orders against pairs of real and of odd versions whose order is known. The pairs are not part of the repository; without them the tests
//! that need them say so and pass.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use std::cmp::Ordering;
use std::path::PathBuf;

use cyber::version::{Order, compare};

#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/cyber")
        .join(path);
    let found = path.exists();
    if !found {
        eprintln!("skipped: {} is missing", path.display());
    }
    found.then_some(path)
}

const SETS: [(&str, Order); 13] = [
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
    ("semver", Order::Semver),
];

#[test]
fn known_pairs_are_in_order() {
    let mut wrong = Vec::new();
    for (set, order) in SETS {
        for kind in ["versions", "versions-generated"] {
            let Some(path) = data("version-order").map(|folder| folder.join(format!("{set}-{kind}.txt")))
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
                let found = compare(order, a, b).map(mark).unwrap_or("?");
                let back = compare(order, b, a)
                    .map(|order| mark(order.reverse()))
                    .unwrap_or("?");
                if found != expected || back != expected {
                    wrong.push(format!("{set}: {line}: {found} {back}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_equals_itself_less_than_equal() {
    assert_eq!(compare(Order::Semver, "1.0.0+a", "1.0.0+b"), Ok(Ordering::Equal));
}
