//! The gate before market: a hand-in that passes, and what each change of it brings.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fmt::Write;

use cyber::answer::Statements;
use cyber::database::{Collection, Database};
use cyber::document::{Bill, Limits, check, read};
use cyber::gate::{Decision, Paper, Submission, Verdict, judge};
use cyber::matching::match_components;
use cyber::osv::Record;
use cyber::priority::Catalogue;
use jiff::Timestamp;

const BILL: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
    "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555",
    "metadata": {"timestamp": "2026-03-31T00:00:00Z", "manufacturer": {"name": "架空メディカル株式会社"},
        "component": {"type": "device", "name": "輸液ポンプ", "version": "2.1", "bom-ref": "pump", "purl": "pkg:generic/pump@2.1"}},
    "components": [
        {"type": "library", "bom-ref": "demo", "name": "demo", "version": "1.0", "supplier": {"name": "架空ソフト"}, "purl": "pkg:pypi/demo@1.0"},
        {"type": "library", "bom-ref": "kev", "name": "kev", "version": "1.0", "supplier": {"name": "架空ソフト"}, "purl": "pkg:pypi/kev@1.0"},
        {"type": "library", "bom-ref": "low", "name": "low", "version": "1.0", "supplier": {"name": "架空ソフト"}, "purl": "pkg:pypi/low@1.0"}],
    "dependencies": [{"ref": "pump", "dependsOn": ["demo", "kev", "low"]}]}"#;

const VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "架空メディカル株式会社",
    "timestamp": "2026-03-31T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:generic/pump@2.1"}], "status": "affected",
     "action_statement": "2.2 に更新してください"},
    {"vulnerability": {"name": "CVE-2026-0002"}, "products": [{"@id": "pkg:generic/pump@2.1"}], "status": "not_affected",
     "justification": "vulnerable_code_not_in_execute_path"}]}"#;

/// A finding on `demo` of score 9.8, on `kev` that is known to be exploited, on `low` of score 4.4.
fn database(kev: bool) -> Vec<u8> {
    let mut collection = Collection::default();
    for (name, cve, vector) in [
        (
            "demo",
            "CVE-2026-0001",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        ),
        (
            "kev",
            "CVE-2026-0002",
            "CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:H",
        ),
        (
            "low",
            "CVE-2026-0003",
            "CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:H",
        ),
        ("unrated", "CVE-2026-0004", "unknown"),
    ] {
        let json = format!(
            r#"{{"id": "PYSEC-{name}", "modified": "2026-01-01T00:00:00Z", "aliases": ["{cve}"],
            "severity": [{{"type": "CVSS_V3", "score": "{vector}"}}], "affected": [{{"package": {{"ecosystem": "PyPI", "name": "{name}"}},
            "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "2.0"}}]}}]}}]}}"#
        );
        collection.add(&Record::parse(json.as_bytes()).unwrap());
    }
    let catalogue = br#"{"dateReleased": "2026-01-01T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2026-0002", "dateAdded": "2026-01-01"}]}"#;
    if kev {
        collection.add_exploited(Catalogue::parse(catalogue).unwrap());
    }
    collection.write().unwrap().0
}

fn judged(bill: &str, vex: &[&str], papers: Option<&[Paper]>, kev: bool) -> Verdict {
    let limits = Limits::UPLOAD;
    let bytes = database(kev);
    let database = Database::open(bytes.as_slice()).unwrap();
    let mut reports = Vec::new();
    let mut document = |name: &str, text: &str| {
        let document = read(text.as_bytes(), &limits).unwrap();
        reports.push((name.to_owned(), check(&document, Timestamp::UNIX_EPOCH, &limits)));
        document
    };
    let bill = Bill::of(&document("sbom.json", bill)).unwrap();
    let mut statements = Statements::default();
    for (index, vex) in vex.iter().enumerate() {
        let name = format!("vex-{index}.json");
        statements.add(&document(&name, vex), &name);
    }
    let mut matches = match_components(&database, &bill).unwrap();
    statements.answer(&bill, &mut matches).unwrap();
    let papers = papers.map(|papers| papers.iter().copied().collect::<BTreeSet<_>>());
    judge(&Submission {
        bill: &bill,
        matches: &matches,
        reports: &reports,
        papers: papers.as_ref(),
        known: database.summary(),
        threshold: 7.0,
    })
}

#[test]
fn what_is_complete_passes() {
    let all = Paper::ALL.map(|(paper, ..)| paper);
    for papers in [None, Some(&all[..])] {
        let verdict = judged(BILL, &[VEX], papers, true);
        assert_eq!((verdict.decision, verdict.reasons), (Decision::Pass, Vec::new()));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_change_brings_its_reason() {
    use Decision::{NotYet, Refer};
    let change = |bill: bool, from: &str, to: &str| {
        let (old, other) = if bill { (BILL, VEX) } else { (VEX, BILL) };
        let new = old.replace(from, to);
        assert_ne!(new, old, "{from}");
        let (bill, vex) = if bill {
            (new.as_str(), other)
        } else {
            (other, new.as_str())
        };
        judged(bill, &[vex], None, true)
    };
    let justification = r#", "status": "not_affected",
     "justification": "vulnerable_code_not_in_execute_path""#;
    let action = r#"
     "action_statement": "2.2 に更新してください""#;
    for (bill, from, to, rules) in [
        (
            true,
            r#", "manufacturer": {"name": "架空メディカル株式会社"}"#,
            "",
            &[("sbom-author", NotYet)][..],
        ),
        (
            true,
            r#""timestamp": "2026-03-31T00:00:00Z", "#,
            "",
            &[("sbom-timestamp", NotYet)],
        ),
        (
            true,
            r#", "supplier": {"name": "架空ソフト"}, "purl": "pkg:pypi/low@1.0""#,
            r#", "purl": "pkg:pypi/low@1.0""#,
            &[("sbom-supplier", NotYet)],
        ),
        (
            true,
            r#", "purl": "pkg:pypi/low@1.0""#,
            "",
            &[("sbom-identifier", NotYet), ("completeness", Refer)],
        ),
        (
            true,
            r#""name": "low", "version": "1.0""#,
            r#""name": "low""#,
            &[("sbom-version", NotYet)],
        ),
        (true, r#", "low"]}"#, "]}", &[("sbom-relationship", NotYet)]),
        (
            true,
            "\"type\": \"library\", \"bom-ref\": \"low\"",
            "\"type\": \"unheard\", \"bom-ref\": \"low\"",
            &[("documents-valid", NotYet)],
        ),
        (
            true,
            "\"name\": \"low\", \"version\": \"1.0\", \"supplier\": {\"name\": \"架空ソフト\"}, \"purl\": \"pkg:pypi/low@1.0\"",
            "\"name\": \"unrated\", \"version\": \"1.0\", \"supplier\": {\"name\": \"架空ソフト\"}, \"purl\": \"pkg:pypi/unrated@1.0\"",
            &[("unrated", Refer)],
        ),
        (
            false,
            "CVE-2026-0001",
            "CVE-2026-0009",
            &[("above-threshold", NotYet)],
        ),
        (
            false,
            action,
            r#" "status_notes": "x""#,
            &[("documents-valid", NotYet), ("above-threshold", NotYet)],
        ),
        (
            false,
            "CVE-2026-0002",
            "CVE-2026-0009",
            &[("known-exploited", NotYet)],
        ),
        (
            false,
            justification,
            r#", "status": "under_investigation""#,
            &[("known-exploited", NotYet)],
        ),
        (
            false,
            justification,
            r#", "status": "fixed""#,
            &[("known-exploited", Refer)],
        ),
        (
            false,
            justification,
            r#", "status": "not_affected", "impact_statement": "使っていません""#,
            &[("known-exploited", Refer)],
        ),
        (
            false,
            justification,
            r#", "status": "affected", "action_statement": "更新""#,
            &[("known-exploited", Refer)],
        ),
        (
            false,
            r#"[{"@id": "pkg:generic/pump@2.1"}], "status": "not"#,
            r#"[{"@id": "pkg:generic/pump@2.0"}], "status": "not"#,
            &[("known-exploited", NotYet), ("foreign-statement", Refer)],
        ),
    ] {
        let verdict = change(bill, from, to);
        let found: Vec<_> = verdict
            .reasons
            .iter()
            .map(|reason| (reason.rule, reason.decision))
            .collect();
        assert_eq!(found, rules, "{to}: {:?}", verdict.reasons);
        assert_eq!(
            Some(verdict.decision),
            rules.iter().map(|(_, decision)| *decision).max()
        );
    }
}

#[test]
fn what_is_missing_is_told_in_both_languages() {
    let empty = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#;
    let poor = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        {"type": "library", "name": "demo", "version": "1.0", "purl": "pkg:pypi/demo@1.0"},
        {"type": "library", "name": "kev", "version": "1.0", "purl": "pkg:pypi/kev@1.0"},
        {"type": "library", "name": "unrated", "version": "1.0", "purl": "pkg:pypi/unrated@1.0"},
        {"type": "library", "name": "nameless"}, {"type": "library", "name": "old", "version": "1", "purl": "pkg:npm/old@1"}]}"#;
    let against = VEX
        .replace("2026-03-31", "2026-03-30")
        .replace("not_affected", "fixed")
        .replace("affected\",\n     \"action", "fixed\",\n     \"action");
    let verdicts = [
        judged(empty, &[], None, false),
        judged(poor, &[], Some(&[Paper::Policy]), true),
        judged(BILL, &[VEX, &against], None, true),
    ];
    let mut text = String::new();
    for verdict in verdicts {
        writeln!(text, "{:?}", verdict.decision).unwrap();
        for reason in verdict.reasons {
            writeln!(
                text,
                "{} {:?} {:?} ({})\n  {}\n  {}\n  → {}\n  → {}",
                reason.rule,
                reason.decision,
                reason.subjects,
                reason.basis,
                reason.ja,
                reason.en,
                reason.todo_ja,
                reason.todo_en
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!("gate_reasons", text);
}
