//! What records say of versions: OSV's rule of evaluation, made-up corners of it, and real records where they are at hand.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use cyber::ecosystem::Ecosystem;
use cyber::osv::{Clean, Record, Verdict};
use cyber::range::{Hit, Kind};
use vocab::lang::Lang;

/// What each mark stands for: affected, not affected, unassessable.
fn mark(verdict: &Verdict) -> char {
    match verdict {
        Verdict::Affected(_) => '!',
        Verdict::NotAffected(_) => '.',
        Verdict::Unassessable(_) => '?',
    }
}

fn record(affected: &str) -> Record {
    Record::parse(
        format!(r#"{{"id": "X-1", "modified": "2025-01-01T00:00:00Z", "affected": [{affected}]}}"#)
            .as_bytes(),
    )
    .unwrap()
}

fn marks(affected: &str, versions: &[&str]) -> String {
    let record = record(affected);
    let ecosystem = Ecosystem::parse("PyPI").unwrap();
    versions
        .iter()
        .map(|version| mark(&record.affects(&ecosystem, "demo", version)))
        .collect()
}

#[test]
fn events_are_walked_in_order() {
    let package = r#""package": {"ecosystem": "PyPI", "name": "Demo"}"#;
    let versions = ["0.1", "1.0", "1.5", "2.0", "3.0", "4.0"];
    for (body, expected) in [
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]"#,
            "!!!!!!",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "2.0"}]}]"#,
            ".!!...",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "2.0"}, {"introduced": "1.0"}]}]"#,
            ".!!...",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"last_affected": "2.0"}]}]"#,
            ".!!!..",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"fixed": "4.0"}]}]"#,
            "!..!!.",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"limit": "2.0"}]}]"#,
            "!!!...",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"limit": "*"}]}]"#,
            ".!!!!!",
        ),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0", "fixed": "1.5"}]}], "versions": ["3"]"#,
            ".!..!.",
        ),
        (r#""versions": ["1.0.0", "4"]"#, ".!...!"),
        (
            r#""ranges": [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]"#,
            "??????",
        ),
        (
            r#""ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}], "versions": ["1.5"]"#,
            "..!...",
        ),
        (r#""ranges": [{"type": "NEW", "events": []}]"#, "??????"),
        (
            r#""ranges": [{"type": "ECOSYSTEM", "events": []}], "versions": null"#,
            "??????",
        ),
        ("\"severity\": []", "??????"),
    ] {
        assert_eq!(
            marks(&format!("{{{package}, {body}}}"), &versions),
            expected,
            "{body}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_never_unaffected() {
    let npm = Ecosystem::parse("npm").unwrap();
    let package = r#""package": {"ecosystem": "npm", "name": "demo"}"#;
    let ask = |body: &str, version: &str| {
        mark(&record(&format!("{{{package}, {body}}}")).affects(&npm, "demo", version))
    };
    let range = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "2.0.0"}]}], "versions": ["nightly"]"#;
    assert_eq!(ask(range, "latest"), '?');
    assert_eq!(ask(range, ""), '?');
    assert_eq!(ask(range, "nightly"), '!');
    let broken = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "soon"}]}]"#;
    assert_eq!(ask(broken, "1.5.0"), '!');
    assert_eq!(ask(broken, "0.5.0"), '?');
    let android = Ecosystem::parse("Android").unwrap();
    let android_record = record(
        r#"{"package": {"ecosystem": "Android", "name": "demo"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}"#,
    );
    assert_eq!(mark(&android_record.affects(&android, "demo", "13")), '?');
}

#[test]
fn only_the_package_of_the_record_is_judged() {
    let all = r#"{"package": {"ecosystem": "Debian:11", "name": "demo"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}"#;
    let mut record = record(all);
    for (ecosystem, name, expected) in [
        ("Debian:11", "demo", '!'),
        ("Debian", "demo", '!'),
        ("Debian:12", "demo", '.'),
        ("Debian:11", "other", '.'),
        ("PyPI", "demo", '.'),
    ] {
        let verdict = record.affects(&Ecosystem::parse(ecosystem).unwrap(), name, "1.0");
        assert_eq!(mark(&verdict), expected, "{ecosystem} {name}");
    }
    record.withdrawn = Some("2025-02-01T00:00:00Z".to_owned());
    let verdict = record.affects(&Ecosystem::parse("Debian:11").unwrap(), "demo", "1.0");
    assert_eq!(
        verdict,
        Verdict::NotAffected(Clean::Withdrawn("2025-02-01T00:00:00Z".to_owned()))
    );
}

#[test]
fn proofs_are_sentences() {
    let record = record(
        r#"{"package": {"ecosystem": "PyPI", "name": "demo"}, "versions": ["9"],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "3.0"}]}]}"#,
    );
    let ecosystem = Ecosystem::parse("PyPI").unwrap();
    let text = |version: &str| {
        let verdict = record.affects(&ecosystem, "demo", version);
        format!(
            "{version}\n  {}\n  {}\n",
            verdict.text(Lang::Ja),
            verdict.text(Lang::En)
        )
    };
    insta::assert_snapshot!(["0.5", "1.5", "2.5", "3.5", "9", ""].map(text).concat());
    assert!(matches!(
        record.affects(&ecosystem, "demo", "1.5"),
        Verdict::Affected(Hit::Range {
            kind: Kind::Ecosystem,
            to: Some(_),
            ..
        })
    ));
}

#[test]
fn real_records_are_read_and_nearly_all_lists_lie_in_their_ranges() {
    let mut outside = Vec::new();
    let mut asked = 0_usize;
    for ecosystem in ["PyPI", "Go"] {
        let own = Ecosystem::parse(ecosystem).unwrap();
        for record in shared::records(ecosystem) {
            for affected in record
                .affected
                .iter()
                .filter(|affected| !affected.ranges.is_empty())
            {
                let mut ranges_alone = affected.clone();
                ranges_alone.versions.clear();
                let (rule, whole) = (ranges_alone.rule(&own), affected.rule(&own));
                for version in &affected.versions {
                    asked += 1;
                    assert!(
                        matches!(whole.assess(version), Ok(Ok(_))),
                        "{} {version}",
                        record.id
                    );
                    if matches!(rule.assess(version), Ok(Err(_))) {
                        outside.push(format!("{} {version}", record.id));
                    }
                }
                for event in affected
                    .ranges
                    .iter()
                    .flat_map(|range| &range.events)
                    .filter(|event| event.version() != "0")
                {
                    assert!(
                        rule.assess(event.version()).is_ok()
                            || affected.ranges.iter().all(|range| range.kind == Kind::Git),
                        "{}",
                        record.id
                    );
                }
            }
        }
    }
    // A few records list versions that their own ranges leave out: pre-releases of the first, or ranges that overlap.
    let few = outside.len() * 5000 <= asked;
    assert!(
        few,
        "{} of {asked} listed versions lie outside:\n{}",
        outside.len(),
        outside.join("\n")
    );
}
