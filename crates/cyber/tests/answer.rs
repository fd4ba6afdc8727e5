//! VEX statements laid beside findings: who is answered by what, and what is never answered by mistake.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use cyber::answer::{Because, Statements};
use cyber::database::{Change, Collection, Database};
use cyber::document::{Advisory, Bill, Document, Limits, Status, read};
use cyber::matching::{Matches, match_components};
use cyber::osv::Record;

fn document(json: &str) -> Document {
    read(json.as_bytes(), &Limits::UPLOAD).unwrap()
}

const BILL: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 2,
    "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555",
    "metadata": {"component": {"type": "device", "name": "pump", "bom-ref": "pump", "purl": "pkg:generic/pump@2.1"}},
    "components": [
        {"type": "library", "bom-ref": "demo", "name": "demo", "version": "1.0", "purl": "pkg:pypi/demo@1.0",
            "cpe": "cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*"},
        {"type": "library", "bom-ref": "other", "name": "other", "version": "1.0", "purl": "pkg:pypi/other@1.0"},
        {"type": "library", "bom-ref": "built", "name": "built", "version": "1.0-1", "purl": "pkg:deb/debian/built@1.0-1?distro=debian-12"}]}"#;

/// What matching finds in the bill: GHSA-1 of CVE-1 on `demo` and `other`, and DEBIAN-1, which rests on CVE-2 and CVE-3, on `built`.
fn matched() -> (Bill, Matches) {
    let range = r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]"#;
    let mut collection = Collection::default();
    for json in [
        format!(
            r#"{{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-1"], "affected": [
            {{"package": {{"ecosystem": "PyPI", "name": "demo"}}, {range}}}, {{"package": {{"ecosystem": "PyPI", "name": "other"}}, {range}}}]}}"#
        ),
        format!(
            r#"{{"id": "DEBIAN-1", "modified": "2026-01-01T00:00:00Z", "upstream": ["CVE-2", "CVE-3"], "affected": [
            {{"package": {{"ecosystem": "Debian:12", "name": "built"}}, {range}}}]}}"#
        ),
    ] {
        collection.add(&Record::parse(json.as_bytes()).unwrap());
    }
    let bytes = collection.write().unwrap().0;
    let bill = Bill::of(&document(BILL)).unwrap();
    let matches = match_components(&Database::open(bytes.as_slice()).unwrap(), &bill).unwrap();
    (bill, matches)
}

fn answered(vex: &[String]) -> Matches {
    let (bill, mut matches) = matched();
    let mut statements = Statements::default();
    for (index, json) in vex.iter().enumerate() {
        statements.add(&document(json), &format!("vex-{index}"));
    }
    statements.answer(&bill, &mut matches).unwrap();
    matches
}

fn openvex(statements: &str) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "架空メディカル株式会社",
        "timestamp": "2026-02-01T00:00:00Z", "version": 1, "statements": [{statements}]}}"#
    )
}

fn said(vulnerability: &str, products: &str, status: &str) -> String {
    openvex(&format!(
        r#"{{"vulnerability": {{"name": "{vulnerability}"}}, "products": [{products}], "status": "{status}"}}"#
    ))
}

fn cyclonedx(affects: &str) -> String {
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {{"timestamp": "2026-02-01T00:00:00Z"}},
        "vulnerabilities": [{{"id": "CVE-1", "analysis": {{"state": "not_affected"}}, "affects": [{affects}]}}]}}"#
    )
}

/// What a maker says of a product whose version stands in a branch.
fn csaf_of(helper: &str, name: &str, version: &str) -> String {
    format!(
        r#"{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "publisher": {{"name": "架空メディカル株式会社"}}, "title": "demo",
        "tracking": {{"id": "K-2", "current_release_date": "2026-02-01T00:00:00Z"}}}},
        "product_tree": {{"branches": [{{"category": "product_version", "name": "{version}", "product":
            {{"name": "demo", "product_id": "D", "product_identification_helper": {{"{helper}": "{name}"}}}}}}]}},
        "vulnerabilities": [{{"cve": "CVE-1", "product_status": {{"known_not_affected": ["D"]}}}}]}}"#
    )
}

/// Packages whose findings have an answer, sorted.
fn packages(matches: &Matches) -> Vec<&str> {
    let answered = matches.findings.iter().filter(|finding| finding.answer.is_some());
    let mut names: Vec<&str> = answered.map(|finding| finding.package.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_statement_meets_what_it_names_and_nothing_else() {
    let csaf = |product: &str, relationships: &str, status: &str| {
        format!(
            r#"{{"document": {{"category": "csaf_vex", "csaf_version": "2.0", "publisher": {{"name": "架空メディカル株式会社"}}, "title": "pump",
            "tracking": {{"id": "K-1", "current_release_date": "2026-02-01T00:00:00Z"}}}},
            "product_tree": {{"full_product_names": [
                {{"name": "pump", "product_id": "P", "product_identification_helper": {{"purl": "pkg:generic/pump@2.1"}}}},
                {{"name": "demo", "product_id": "C", "product_identification_helper": {{"purl": "pkg:pypi/demo"}}}}],
                "relationships": [{relationships}]}},
            "vulnerabilities": [{{"cve": "CVE-1", "product_status": {{"{status}": ["{product}"]}}}}]}}"#
        )
    };
    let within = r#"{"category": "default_component_of", "product_reference": "C", "relates_to_product_reference": "P",
        "full_product_name": {"name": "demo in pump", "product_id": "PC"}}"#;
    let elsewhere = within.replace(
        "\"relates_to_product_reference\": \"P\"",
        "\"relates_to_product_reference\": \"Q\"",
    );
    let whole = r#"{"@id": "pkg:generic/pump@2.1"}"#;
    for (vex, expected) in [
        (
            said("CVE-1", r#"{"@id": "pkg:pypi/demo@1.0"}"#, "not_affected"),
            &["demo"][..],
        ),
        (
            said("cve-1", r#"{"@id": "pkg:pypi/demo"}"#, "not_affected"),
            &["demo"],
        ),
        (said("GHSA-1", whole, "not_affected"), &["demo", "other"]),
        (
            said("CVE-1", r#"{"@id": "pkg:pypi/demo@1.1"}"#, "not_affected"),
            &[],
        ),
        (said("CVE-9", whole, "not_affected"), &[]),
        (
            said(
                "CVE-1",
                r#"{"@id": "pkg:generic/pump@2.1", "subcomponents": [{"@id": "pkg:pypi/demo"}]}"#,
                "fixed",
            ),
            &["demo"],
        ),
        // The component within another product says nothing of the component here.
        (
            said(
                "CVE-1",
                r#"{"@id": "pkg:generic/monitor@1", "subcomponents": [{"@id": "pkg:pypi/demo"}]}"#,
                "fixed",
            ),
            &[],
        ),
        (
            said("CVE-1", r#"{"@id": "pkg:pypi/demo@1.0?arch=arm"}"#, "fixed"),
            &[],
        ),
        (
            said("CVE-1", r#"{"@id": "cpe:/a:acme:demo"}"#, "fixed"),
            &["demo"],
        ),
        (said("CVE-1", r#"{"@id": "cpe:/a:acme:demo:1.1"}"#, "fixed"), &[]),
        (said("CVE-1", r#"{"@id": "cpe:/a:%02:demo:1.0"}"#, "fixed"), &[]),
        (cyclonedx(r#"{"ref": "demo"}"#), &["demo"]),
        (
            cyclonedx(r#"{"ref": "demo", "versions": [{"version": "1.1"}]}"#),
            &[],
        ),
        (
            cyclonedx(r#"{"ref": "demo", "versions": [{"range": "vers:pypi/<1.5"}]}"#),
            &["demo"],
        ),
        (
            cyclonedx(r#"{"ref": "urn:cdx:11111111-2222-4333-8444-555555555555/2#other"}"#),
            &["other"],
        ),
        (
            cyclonedx(r#"{"ref": "urn:cdx:11111111-2222-4333-8444-555555555555/1#other"}"#),
            &[],
        ),
        (
            cyclonedx(r#"{"ref": "urn:cdx:11111111-2222-4333-8444-555555555555/2"}"#),
            &["demo", "other"],
        ),
        (csaf("C", "", "known_not_affected"), &["demo"]),
        // A product of one version is not every version that its name leaves open.
        (csaf_of("purl", "pkg:pypi/demo", "1.0"), &["demo"]),
        (csaf_of("purl", "pkg:pypi/demo", "1.1"), &[]),
        (csaf_of("cpe", "cpe:/a:acme:demo", "1.0"), &["demo"]),
        (csaf_of("cpe", "cpe:/a:acme:demo", "1.1"), &[]),
        (csaf_of("cpe", "cpe:/a:acme:demo:1.0", "any"), &["demo"]),
        (csaf("P", "", "fixed"), &["demo", "other"]),
        (csaf("PC", within, "fixed"), &["demo"]),
        (csaf("PC", &elsewhere, "fixed"), &[]),
        // What rests on several vulnerabilities is not answered by a statement on one.
        (said("CVE-2", whole, "fixed"), &[]),
    ] {
        let matches = answered(&[vex]);
        assert_eq!(packages(&matches), expected, "{:?}", matches.unused);
        assert_eq!(matches.findings.len(), 3);
    }
}

#[test]
fn a_reference_that_the_document_defines_is_its_own() {
    let own = r#", "components": [{"type": "library", "bom-ref": "demo", "name": "demo", "purl": "pkg:npm/demo@1.0"}]"#;
    let vex = cyclonedx(r#"{"ref": "demo"}"#).replacen(
        "\"specVersion\"",
        &format!("\"version\": 1{own}, \"specVersion\""),
        1,
    );
    assert!(packages(&answered(&[vex])).is_empty());
}

#[test]
fn the_gravest_answers_for_several_upstream() {
    let whole = r#"{"@id": "pkg:generic/pump@2.1"}"#;
    let later = said("CVE-3", whole, "not_affected").replace("2026-02", "2026-03");
    let matches = answered(&[said("CVE-2", whole, "affected"), later]);
    let built = matches
        .findings
        .iter()
        .find(|finding| finding.package == "built")
        .unwrap();
    let answer = built.answer.as_ref().unwrap();
    assert_eq!((answer.status(), answer.others.len()), (Status::Affected, 1));
    assert!(matches.unused.is_empty());
}

#[test]
fn the_newest_counts_and_a_conflict_is_named() {
    let at = |status: &str, time: &str| {
        said("CVE-1", r#"{"@id": "pkg:pypi/demo"}"#, status).replace("2026-02-01T00:00:00Z", time)
    };
    for (vex, status, because) in [
        (
            [
                at("affected", "2026-02-01T00:00:00Z"),
                at("fixed", "2026-02-01T00:00:01Z"),
            ],
            Status::Fixed,
            Some(Because::Newer),
        ),
        // The same moment in another zone: the graver counts.
        (
            [
                at("not_affected", "2026-02-01T00:00:00Z"),
                at("under_investigation", "2026-02-01T09:00:00+09:00"),
            ],
            Status::UnderInvestigation,
            Some(Because::Graver),
        ),
        (
            [at("fixed", "yesterday"), at("affected", "2020-01-01")],
            Status::Affected,
            Some(Because::Dated),
        ),
        (
            [at("fixed", "2026-01-01"), at("fixed", "2026-01-02")],
            Status::Fixed,
            None,
        ),
    ] {
        for vex in [vex.clone(), [vex[1].clone(), vex[0].clone()]] {
            let matches = answered(&vex);
            let demo = matches
                .findings
                .iter()
                .find(|finding| finding.package == "demo")
                .unwrap();
            let answer = demo.answer.as_ref().unwrap();
            assert_eq!(
                (answer.status(), answer.others.len(), answer.conflict),
                (status, 1, because.is_some()),
                "{vex:?}"
            );
            if let Some(because) = because {
                assert_eq!(answer.counts.counts_because(&answer.others[0]), because);
            }
            assert_eq!(answer.counts.by.as_deref(), Some("架空メディカル株式会社"));
        }
    }
}

#[test]
fn what_answers_nothing_is_listed_with_its_cause() {
    let vex = openvex(
        r#"{"vulnerability": {"name": "CVE-9"}, "products": [{"@id": "pkg:pypi/demo"}], "status": "fixed"},
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/unheard"}], "status": "fixed"},
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/demo"}], "status": "fixed"}"#,
    );
    let unused = answered(&[vex]).unused;
    let told: Vec<_> = unused
        .iter()
        .map(|unused| (unused.said.statement.path.as_str(), unused.cause.kind))
        .collect();
    assert_eq!(
        told,
        [("/statements/0", "no_finding"), ("/statements/1", "no_product")]
    );
}

/// An advisory whose products have package URLs is matched as records are, under each vulnerability's name.
#[test]
fn advisories_match_components() {
    let json = r#"{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "publisher": {"name": "架空メディカル株式会社"},
        "title": "demo", "tracking": {"id": "K-1", "current_release_date": "2026-02-01T00:00:00Z", "status": "final"}},
        "product_tree": {"branches": [{"category": "vendor", "name": "架空", "branches": [{"category": "product_name", "name": "demo", "branches": [
            {"category": "product_version_range", "name": "vers:pypi/<2.0", "product": {"name": "demo", "product_id": "D",
                "product_identification_helper": {"purl": "pkg:pypi/demo"}}},
            {"category": "product_version", "name": "1.0", "product": {"name": "other 1.0", "product_id": "O",
                "product_identification_helper": {"purl": "pkg:pypi/other@1.0"}}}]}]}]},
        "vulnerabilities": [{"cve": "CVE-7", "product_status": {"known_affected": ["D", "O"]},
            "scores": [{"products": ["D"], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]},
            {"cve": "CVE-8", "product_status": {"fixed": ["D"]}}]}"#;
    let advisory = Advisory::of(&document(json)).unwrap();
    let mut collection = Collection::default();
    assert_eq!(collection.add_advisory(&advisory), Change::Added);
    assert_eq!(collection.add_advisory(&advisory), Change::Unchanged);
    let (bytes, summary) = collection.write().unwrap();
    assert_eq!((summary.advisories, summary.records), (1, 0));
    let database = Database::open(bytes.as_slice()).unwrap();
    let again = Collection::from_database(&database).unwrap().write().unwrap().0;
    assert!(again == bytes);
    let matches = match_components(&database, &Bill::of(&document(BILL)).unwrap()).unwrap();
    let found: Vec<_> = matches
        .findings
        .iter()
        .map(|finding| {
            (
                finding.advisory.as_str(),
                finding.package.as_str(),
                finding.aliases.join(" "),
                finding.priority.score(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("K-1/CVE-7", "demo", "CVE-7".to_owned(), Some(9.8)),
            ("K-1/CVE-7", "other", "CVE-7".to_owned(), Some(9.8)),
        ]
    );
}

/// A product that an advisory names by the digest of its file is what has that file, whatever it is called.
#[test]
fn a_file_is_found_by_its_digest() {
    let digest = "0F".repeat(32);
    let json = format!(
        r#"{{"document": {{"category": "csaf_security_advisory", "csaf_version": "2.0", "publisher": {{"name": "架空メディカル株式会社"}},
        "title": "demo", "tracking": {{"id": "K-2", "current_release_date": "2026-02-01T00:00:00Z", "status": "final"}}}},
        "product_tree": {{"full_product_names": [{{"name": "loader", "product_id": "L", "product_identification_helper":
            {{"hashes": [{{"filename": "loader.bin", "file_hashes": [{{"algorithm": "sha256", "value": "{digest}"}}]}}]}}}}]}},
        "vulnerabilities": [{{"cve": "CVE-9", "product_status": {{"known_affected": ["L"]}}}}]}}"#
    );
    let mut collection = Collection::default();
    collection.add_advisory(&Advisory::of(&document(&json)).unwrap());
    let (bytes, _) = collection.write().unwrap();
    let database = Database::open(bytes.as_slice()).unwrap();
    let bill = |algorithm: &str, content: &str| {
        let bill = format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [
            {{"type": "file", "name": "firmware part", "hashes": [{{"alg": "{algorithm}", "content": "{content}"}}]}}]}}"#
        );
        match_components(&database, &Bill::of(&document(&bill)).unwrap()).unwrap()
    };
    let same = bill("SHA-256", &digest.to_lowercase());
    assert_eq!(same.findings.len(), 1);
    assert_eq!(same.findings[0].advisory, "K-2/CVE-9");
    assert!(
        same.findings[0]
            .proof
            .en
            .starts_with("it is a file that the record names (sha256:0f0f")
    );
    // Another file, another algorithm: nothing is found, and that says nothing of a component that has no other name.
    for (algorithm, content) in [("SHA-256", "1f".repeat(32)), ("SHA3-256", digest)] {
        let other = bill(algorithm, &content);
        assert_eq!((other.findings.len(), other.ledger.unassessable), (0, 1));
    }
}
