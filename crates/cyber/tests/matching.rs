//! The database of vulnerabilities and what it says of bills: laws over random contents, made-up bills, and real records where they are at hand.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use std::collections::BTreeMap;

use cyber::database::{Change, Collection, Database};
use cyber::document::{Advisory, Bill, Limits, read};
use cyber::ecosystem::Ecosystem;
use cyber::ledger::Standing;
use cyber::matching::{Matches, Package, assess, match_components};
use cyber::osv::Record;
use cyber::priority::{Basis, Catalogue, Chance, Chances};
use proptest::prelude::*;

fn record(json: &str) -> Record {
    Record::parse(json.as_bytes()).unwrap()
}

/// A record about one package, affected below 2.0.
fn below_two(id: &str, day: u32, ecosystem: &str, name: &str, more: &str) -> Record {
    record(&format!(
        r#"{{"id": "{id}", "modified": "2025-01-{day:02}T00:00:00Z"{more}, "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
            "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "2.0"}}]}}]}}]}}"#
    ))
}

fn written(records: &[Record]) -> Vec<u8> {
    let mut collection = Collection::default();
    for record in records {
        collection.add(record);
    }
    collection.write().unwrap().0
}

fn ids(database: &Database<&[u8]>, ecosystem: &str, name: &str, version: &str) -> Vec<String> {
    let package = Package {
        ecosystem: Ecosystem::parse(ecosystem).unwrap(),
        name: name.to_owned(),
        version: version.to_owned(),
    };
    let hits = assess(database, &package).unwrap().hits;
    hits.into_iter().map(|hit| hit.record.id).collect()
}

/// A bill of components given as name, version and package URL; empty is missing.
fn bill(components: &[(&str, &str, &str)]) -> Bill {
    let components: Vec<_> = components
        .iter()
        .map(|(name, version, purl)| {
            format!(r#"{{"type": "library", "name": "{name}", "version": "{version}", "purl": "{purl}"}}"#)
        })
        .collect();
    let json = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}}"#,
        components.join(",")
    );
    Bill::of(&read(json.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap()
}

fn small() -> Vec<u8> {
    let mut collection = Collection::default();
    let low =
        r#", "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:H/I:H/A:H"}]"#;
    let high =
        r#", "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]"#;
    for record in [
        below_two(
            "PYSEC-1",
            1,
            "PyPI",
            "Demo_App",
            r#", "aliases": ["CVE-2025-0001"]"#,
        ),
        below_two(
            "GHSA-1",
            1,
            "PyPI",
            "demo-app",
            &format!(r#", "aliases": ["CVE-2025-0001"]{low}"#),
        ),
        below_two("GHSA-2", 1, "PyPI", "other", high),
        below_two(
            "GHSA-3",
            1,
            "PyPI",
            "gone",
            r#", "withdrawn": "2025-01-02T00:00:00Z""#,
        ),
        below_two(
            "DEBIAN-1",
            1,
            "Debian:12",
            "source",
            r#", "upstream": ["CVE-2025-0002"]"#,
        ),
        record(
            r#"{"id": "GHSA-4", "modified": "2025-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "commits"},
                "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]}"#,
        ),
    ] {
        assert_eq!(collection.add(&record), Change::Added);
    }
    let kev = br#"{"dateReleased": "2025-08-25T17:04:19Z", "vulnerabilities": [{"cveID": "CVE-2025-0002", "dateAdded": "2025-08-25"}]}"#;
    collection.add_exploited(Catalogue::parse(kev).unwrap());
    let epss = "cve,epss,percentile\nCVE-2025-0001,0.25,0.5\n";
    collection.add_chances(Chances::parse(epss).unwrap().unwrap());
    collection.write().unwrap().0
}

fn matched(components: &[(&str, &str, &str)]) -> Matches {
    let bytes = small();
    match_components(&Database::open(bytes.as_slice()).unwrap(), &bill(components)).unwrap()
}

#[test]
fn findings_are_ordered_and_explained() {
    let matches = matched(&[
        ("demo-app", "1.0", "pkg:pypi/demo.app@1.0"),
        ("other", "1.0", "pkg:pypi/other"),
        (
            "libdemo",
            "1.5-1",
            "pkg:deb/debian/libdemo@1.5-1?upstream=source%401.0-1&distro=debian-12",
        ),
    ]);
    let found: Vec<_> = matches
        .findings
        .iter()
        .map(|finding| (finding.advisory.as_str(), finding.component, finding.priority.by))
        .collect();
    assert_eq!(
        found,
        [
            ("DEBIAN-1", 2, Basis::Kev),
            ("GHSA-2", 1, Basis::Cvss),
            ("GHSA-1", 0, Basis::Cvss),
            ("PYSEC-1", 0, Basis::Cvss),
        ]
    );
    let last = &matches.findings[3];
    assert_eq!(last.aliases, ["CVE-2025-0001", "GHSA-1"]);
    assert_eq!(last.priority.cvss[0].from, "GHSA-1");
    assert_eq!(
        last.priority.epss,
        Some(Chance {
            score: 0.25,
            percentile: 0.5
        })
    );
    assert_eq!(
        last.proof.en,
        "it lies in an affected range (introduced in 0, fixed in 2.0)."
    );
    assert_eq!(matches.findings[0].package, "source");
}

#[test]
fn every_component_has_its_row_and_cause() {
    for (name, version, purl, standing, cause) in [
        ("demo-app", "2.0", "pkg:pypi/demo-app@2.0", Standing::Clean, ""),
        ("gone", "1.0", "pkg:pypi/gone@1.0", Standing::Clean, ""),
        ("unheard", "1.0", "pkg:pypi/unheard@1.0", Standing::Clean, ""),
        (
            "demo-app",
            "",
            "pkg:pypi/demo-app",
            Standing::Unassessable,
            "no_version",
        ),
        ("demo-app", "1.0", "", Standing::Unassessable, "no_purl"),
        ("demo-app", "1.0", "demo-app", Standing::Unassessable, "bad_purl"),
        (
            "demo",
            "1.0",
            "pkg:generic/demo@1.0",
            Standing::Unassessable,
            "unknown_type",
        ),
        (
            "demo",
            "1.0",
            "pkg:npm/demo@1.0",
            Standing::Unassessable,
            "no_database",
        ),
        (
            "source",
            "1.0-1",
            "pkg:deb/debian/source@1.0-1?distro=debian-13",
            Standing::Unassessable,
            "no_database",
        ),
        (
            "commits",
            "1.0",
            "pkg:pypi/commits@1.0",
            Standing::Unassessable,
            "only_commits",
        ),
    ] {
        let ledger = matched(&[(name, version, purl)]).ledger;
        let row = &ledger.rows[0];
        let kind = row.cause.as_ref().map_or("", |cause| cause.kind);
        assert_eq!((row.standing, kind), (standing, cause), "{purl}");
    }
}

/// An advisory that names a product by CPE, and the category and name of the branch that tells its version.
fn by_cpe(cpe: &str, branch: Option<(&str, &str)>) -> Advisory {
    let product = format!(
        r#"{{"name": "lib", "product_id": "P", "product_identification_helper": {{"cpe": "{}"}}}}"#,
        cpe.replace('\\', "\\\\")
    );
    let tree = match branch {
        Some((category, name)) => {
            format!(r#""branches": [{{"category": "{category}", "name": "{name}", "product": {product}}}]"#)
        }
        None => format!(r#""full_product_names": [{product}]"#),
    };
    let json = format!(
        r#"{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "publisher": {{"name": "架空メディカル株式会社"}}, "title": "lib",
        "tracking": {{"id": "K-1", "current_release_date": "2026-02-01T00:00:00Z"}}}}, "product_tree": {{{tree}}},
        "vulnerabilities": [{{"cve": "CVE-1", "product_status": {{"known_affected": ["P"]}}}}]}}"#
    );
    Advisory::of(&read(json.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap()
}

/// What the advisory names, vendor, product and version of an application unless it is a whole name; the branch that tells the version; the component
/// and what else stands in it; what becomes of it.
const BY_CPE: [(&str, &str, &str, &str, &str); 33] = [
    // The same, a pattern of versions, and every version.
    ("acme:lib:1.0", "", "acme:lib:1.0", "", "matched"),
    ("cpe:/a:acme:lib:1.0", "", "acme:lib:1.0", "", "matched"),
    ("acme:lib:1.*", "", "acme:lib:1.0", "", "matched"),
    ("acme:lib:*", "", "acme:lib:1.0", "", "matched"),
    ("acme:lib:1.1", "", "acme:lib:1.0", "", "clean"),
    ("acme:lib:2.*", "", "acme:lib:1.0", "", "clean"),
    ("acme:other:1.0", "", "acme:lib:1.0", "", "clean"),
    ("other:lib:1.0", "", "acme:lib:1.0", "", "clean"),
    ("cpe:/o:acme:lib:1.0", "", "acme:lib:1.0", "", "clean"),
    // The branch tells the version that the name leaves open.
    ("acme:lib:*", "= 1.0", "acme:lib:1.0", "", "matched"),
    ("acme:lib:*", "= 1.1", "acme:lib:1.0", "", "clean"),
    ("acme:lib:-", "= 1.0", "acme:lib:1.0", "", "matched"),
    ("acme:lib:-", "", "acme:lib:1.0", "", "vague_cpe"),
    ("acme:lib:*", "vers:generic/<1.1", "acme:lib:1.0", "", "matched"),
    ("acme:lib:*", "vers:generic/<1.0", "acme:lib:1.0", "", "clean"),
    ("acme:lib:*", "vers:deb/<1.1", "acme:lib:1.0", "", "no_range"),
    ("acme:lib:*", "before 1.1", "acme:lib:1.0", "", "no_range"),
    // Nothing is concluded from wild cards on either side.
    ("*:lib:1.0", "", "acme:lib:1.0", "", "wild_cpe"),
    ("*:lib:1.1", "", "acme:lib:1.0", "", "clean"),
    ("acme:*:1.0", "", "acme:lib:1.0", "", "wild_cpe"),
    ("acme:li?:1.0", "", "acme:lib:1.0", "", "wild_cpe"),
    ("other:*:1.0", "", "acme:lib:1.0", "", "clean"),
    ("acme:lib:1.0", "", "*:lib:1.0", "", "wild_cpe"),
    ("acme:lib:1.0", "", "acme:*:1.0", "", "wild_cpe"),
    ("cpe:/a:acme:lib:1.0:sp1", "", "acme:lib:1.0", "", "vague_cpe"),
    // A component's own version counts where its name has none.
    (
        "acme:lib:1.0",
        "",
        "acme:lib:*",
        r#", "version": "1.0""#,
        "matched",
    ),
    ("acme:lib:1.0", "", "acme:lib:*", r#", "version": "1.1""#, "clean"),
    ("acme:lib:1.0", "", "acme:lib:*", "", "no_version"),
    ("acme:lib:1.0", "", "cpe:1.0", "", "bad_cpe"),
    // A name beside a package URL adds to it and takes nothing away.
    (
        "acme:lib:1.0",
        "",
        "acme:lib:1.0",
        r#", "purl": "pkg:pypi/lib@1.0""#,
        "matched",
    ),
    (
        "acme:lib:1.1",
        "",
        "acme:lib:1.0",
        r#", "purl": "pkg:pypi/lib@1.0""#,
        "no_database",
    ),
    (
        "acme:lib:1.1",
        "",
        "acme:lib:1.0",
        r#", "purl": "pkg:generic/lib@1.0""#,
        "clean",
    ),
    (
        "acme:lib:1.1",
        "",
        "cpe:1.0",
        r#", "purl": "pkg:generic/lib@1.0""#,
        "unknown_type",
    ),
];

/// A component with a CPE name.
fn bill_by_cpe(cpe: &str, more: &str) -> Bill {
    let json = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{{"type": "library", "name": "lib", "cpe": "{cpe}"{more}}}]}}"#
    );
    Bill::of(&read(json.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap()
}

#[test]
fn components_are_matched_by_cpe() {
    let name = |text: &str| match text.strip_prefix("cpe:") {
        Some(_) => text.to_owned(),
        None => format!("cpe:2.3:a:{text}:*:*:*:*:*:*:*"),
    };
    for (said, branch, own, more, expected) in BY_CPE {
        let branch = match (branch, branch.strip_prefix("= ")) {
            ("", _) => None,
            (_, Some(version)) => Some(("product_version", version)),
            (range, None) => Some(("product_version_range", range)),
        };
        let mut collection = Collection::default();
        collection.add_advisory(&by_cpe(&name(said), branch));
        let file = collection.write().unwrap().0;
        let database = Database::open(file.as_slice()).unwrap();
        let matches = match_components(&database, &bill_by_cpe(&name(own), more)).unwrap();
        let row = &matches.ledger.rows[0];
        let found = match row.standing {
            Standing::Matched => "matched",
            Standing::Clean => "clean",
            Standing::Unassessable => row.cause.as_ref().unwrap().kind,
        };
        assert_eq!(found, expected, "{said} {branch:?} {own} {more}");
        assert_eq!(matches.findings.len(), usize::from(found == "matched"), "{said}");
    }
    let empty = Collection::default().write().unwrap().0;
    let database = Database::open(empty.as_slice()).unwrap();
    let ledger = match_components(&database, &bill_by_cpe(&name("acme:lib:1.0"), ""))
        .unwrap()
        .ledger;
    assert_eq!(ledger.causes.keys().collect::<Vec<_>>(), [&"no_database"]);
}

/// The proof says which name covers it, and why its version is affected.
#[test]
fn a_match_by_cpe_is_proved() {
    let mut collection = Collection::default();
    collection.add_advisory(&by_cpe(
        "cpe:/a:acme:lib",
        Some(("product_version_range", "vers:generic/<1.1")),
    ));
    let file = collection.write().unwrap().0;
    let package = Package {
        ecosystem: Ecosystem::cpe(),
        name: "cpe:2.3:a:acme:lib:*:*:*:*:*:*:*:*".to_owned(),
        version: "1.0".to_owned(),
    };
    let hits = assess(&Database::open(file.as_slice()).unwrap(), &package)
        .unwrap()
        .hits;
    assert_eq!(
        hits[0].proof.en,
        "the record names it by the CPE name `cpe:2.3:a:acme:lib:*:*:*:*:*:*:*:*`. it lies in an affected range (introduced in 0, fixed in 1.1)."
    );
    assert_eq!(
        hits[0].proof.ja,
        "記録が CPE 名 cpe:2.3:a:acme:lib:*:*:*:*:*:*:*:* で挙げています。影響を受ける範囲にあります（0 から、1.1 で修正）。"
    );
}

#[test]
fn a_foreign_or_cut_file_is_refused() {
    let bytes = small();
    let open = |bytes: &[u8]| Database::open(bytes).map(|_| ()).unwrap_err().kind;
    assert_eq!(open(b""), "foreign_database");
    assert_eq!(open(&[b'x'; 100]), "foreign_database");
    assert_eq!(open(&bytes[..bytes.len() - 1]), "damaged_database");
}

/// Every answer to a flipped byte is the right one or a refusal, never another.
#[test]
fn a_flipped_byte_never_changes_an_answer() {
    let bytes = small();
    let bill = bill(&[
        ("demo-app", "1.0", "pkg:pypi/demo-app@1.0"),
        ("other", "1.0", "pkg:pypi/other@1.0"),
    ]);
    let ask = |bytes: &[u8]| Database::open(bytes).and_then(|database| match_components(&database, &bill));
    let right = ask(&bytes).unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        if let Ok(answer) = ask(&damaged) {
            assert_eq!(answer, right, "byte {place}");
        }
    }
}

/// A small world of records: several states of few identifiers about few packages.
fn states() -> impl Strategy<Value = Vec<Record>> {
    let state =
        (0u8..6, 1u32..5, 0u8..4, any::<bool>(), 0u8..6).prop_map(|(id, day, name, withdrawn, alias)| {
            let withdrawn = if withdrawn {
                r#", "withdrawn": "2025-02-01T00:00:00Z""#
            } else {
                ""
            };
            let more = format!(r#"{withdrawn}, "aliases": ["X-{alias}"]"#);
            below_two(&format!("X-{id}"), day, "PyPI", &format!("demo-{name}"), &more)
        });
    prop::collection::vec(state, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The file depends on what was loaded alone: not on the order, on repetition, or on where a file was written in between.
    #[test]
    fn loading_is_incremental(states in states(), cut in 0usize..24) {
        let whole = written(&states);
        let reversed: Vec<Record> = states.iter().rev().cloned().collect();
        prop_assert!(written(&reversed) == whole);
        let first = written(&states[..cut.min(states.len())]);
        let mut rest = Collection::from_database(&Database::open(first.as_slice()).unwrap()).unwrap();
        for state in &states {
            rest.add(state);
        }
        prop_assert!(rest.write().unwrap().0 == whole);
        for state in &states {
            prop_assert_eq!(rest.add(state), Change::Unchanged);
        }
    }

    /// What the file answers is what walking over the latest states answers.
    #[test]
    fn the_file_answers_as_the_records_do(states in states()) {
        let bytes = written(&states);
        let database = Database::open(bytes.as_slice()).unwrap();
        let mut latest: BTreeMap<&str, &Record> = BTreeMap::new();
        let key = |record: &Record| (record.modified.clone(), serde_json::to_string(record).unwrap());
        for state in &states {
            let kept = latest.entry(&state.id).or_insert(state);
            if key(kept) < key(state) {
                *kept = state;
            }
        }
        for name in 0..5 {
            let name = format!("demo-{name}");
            let expected: Vec<&str> = latest
                .values()
                .filter(|record| record.withdrawn.is_none())
                .filter(|record| record.affected[0].package.as_ref().unwrap().name == name)
                .map(|record| record.id.as_str())
                .collect();
            prop_assert_eq!(ids(&database, "PyPI", &name, "1.0"), expected);
            prop_assert!(ids(&database, "PyPI", &name, "2.0").is_empty());
        }
    }

    /// Matched, clean and unassessable components are all components, row by row.
    #[test]
    fn counts_sum(parts in prop::collection::vec((0usize..5, 0usize..6, 0usize..4), 0..30)) {
        let names = ["demo-app", "other", "gone", "commits", "unheard"];
        let kinds = ["pkg:pypi/", "pkg:npm/", "pkg:generic/", "pkg:deb/debian/", "broken ", ""];
        let versions = ["1.0", "2.0", "", "not a version!"];
        let components: Vec<_> = parts
            .iter()
            .map(|(name, kind, version)| {
                let purl = if kinds[*kind].is_empty() { String::new() } else { format!("{}{}", kinds[*kind], names[*name]) };
                (names[*name], versions[*version], purl)
            })
            .collect();
        let given: Vec<_> = components.iter().map(|(name, version, purl)| (*name, *version, purl.as_str())).collect();
        let Matches { findings, ledger, .. } = matched(&given);
        prop_assert_eq!(ledger.components, given.len());
        prop_assert_eq!(ledger.rows.len(), given.len());
        prop_assert_eq!(ledger.matched + ledger.clean + ledger.unassessable, ledger.components);
        prop_assert_eq!(ledger.causes.values().sum::<usize>(), ledger.unassessable);
        for (place, row) in ledger.rows.iter().enumerate() {
            let found = findings.iter().any(|finding| finding.component == place);
            prop_assert_eq!(found, row.standing == Standing::Matched);
            prop_assert_eq!(row.standing == Standing::Clean, !found && row.cause.is_none());
        }
    }
}

/// Each version that a real record lists leads back to it, and a withdrawn record never comes.
#[test]
fn listed_versions_are_recalled() {
    let records = shared::records("PyPI");
    if records.is_empty() {
        return;
    }
    let bytes = written(&records);
    let database = Database::open(bytes.as_slice()).unwrap();
    let mut asked = 0;
    // The first listed version of every tenth record: an even sample that stays fast.
    for record in records.iter().step_by(10) {
        for affected in &record.affected {
            let (Some(package), Some(version)) = (&affected.package, affected.versions.first()) else {
                continue;
            };
            let found = ids(&database, &package.ecosystem, &package.name, version);
            assert_eq!(
                found.contains(&record.id),
                record.withdrawn.is_none(),
                "{} {version}",
                record.id
            );
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}
