//! What is handed on of a device version keeps every rule of its format and says what was found and answered, no more and no less.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use std::collections::BTreeMap;

use cyber::answer::{Answer, Said};
use cyber::database::{Collection, Database};
use cyber::document::{Bill, Document, Limits, Statement, Status, Target, Verdict, read, validate};
use cyber::handout::Handout;
use cyber::matching::{Finding, Package, match_components};
use cyber::osv::Record;
use cyber::provider::Publisher;
use jiff::Timestamp;
use serde_json::{Value, json};

const AT: &str = "2026-12-01T00:00:00Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

/// A document as those who are given it read it.
fn given(value: &Value) -> Document {
    let text = serde_json::to_vec(value).unwrap();
    let report = validate(&text, at(), &Limits::UPLOAD).unwrap();
    let named: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.en.as_str())
        .collect();
    assert_eq!(report.verdict, Verdict::Valid, "{named:?}");
    read(&text, &Limits::UPLOAD).unwrap()
}

/// What a document says of each vulnerability, by its first name.
fn statuses(document: &Document) -> BTreeMap<String, Status> {
    let statements = Statement::all(document).into_iter();
    statements
        .filter_map(|one| Some((one.vulnerabilities.first()?.clone(), one.status)))
        .collect()
}

fn answer(status: Status, justification: &str, impact: &str, action: &str) -> Answer {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Answer {
        counts: Said {
            document: "vex".into(),
            by: None,
            statement: Statement {
                path: String::new(),
                vulnerabilities: vec![],
                products: vec![Target::default()],
                status,
                justification: filled(justification),
                impact: filled(impact),
                action: filled(action),
                timestamp: Some("2026-11-20T01:00:00Z".into()),
            },
        },
        others: vec![],
        conflict: false,
    }
}

struct Both {
    csaf: Option<Value>,
    cyclonedx: Value,
}

fn handed_on(bill: &Bill, findings: &[Finding]) -> Both {
    let publisher = Publisher {
        name: "架空の省".into(),
        namespace: "https://rashin.example".into(),
    };
    let handout = Handout {
        publisher: &publisher,
        id: "VEX-maker-a-0001",
        serial: "00112233445566778899aabbccddeeff",
        maker: "架空メディカル株式会社",
        name: "架空輸液ポンプC",
        version: "2.4.1",
        codes: &["09501101020917".to_owned()],
        bill,
        findings,
        at: at(),
        program: "0.1.0",
    };
    Both {
        csaf: handout.csaf(),
        cyclonedx: handout.cyclonedx(),
    }
}

/// Findings of records that list these versions of packages.
fn found(bill: &Bill, packages: &[Package]) -> Vec<Finding> {
    let mut collection = Collection::default();
    for (number, package) in packages.iter().enumerate() {
        let record = json!({
            "id": format!("EXAMPLE-2026-{number:04}"), "modified": "2026-03-31T00:00:00Z", "summary": "架空の脆弱性です。",
            "aliases": if number % 2 == 0 { vec![format!("CVE-2026-{:05}", 10_000 + number)] } else { vec![] },
            "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H" }],
            "affected": [{
                "package": { "ecosystem": package.ecosystem.to_string(), "name": package.name },
                "versions": [package.version],
            }],
        });
        collection.add(&Record::parse(record.to_string().as_bytes()).unwrap());
    }
    let bytes = collection.write().unwrap().0;
    let database = Database::open(bytes.as_slice()).unwrap();
    match_components(&database, bill).unwrap().findings
}

const BILL: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
    "metadata": {"component": {"type": "device", "name": "pump", "bom-ref": "pump"}},
    "dependencies": [{"ref": "pump", "dependsOn": ["a", "b"]}, {"ref": "a", "dependsOn": ["c", "gone"]}],
    "components": [
        {"type": "library", "bom-ref": "a", "name": "left", "version": "1.0", "purl": "pkg:pypi/left@1.0", "licenses": [{"license": {"id": "MIT"}}],
            "hashes": [{"alg": "SHA-256", "content": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]},
        {"type": "library", "bom-ref": "b", "name": "right", "version": "1.0", "purl": "pkg:pypi/right@1.0", "supplier": {"name": "架空ソフト株式会社"}},
        {"type": "library", "bom-ref": "c", "name": "inner", "version": "1.0", "purl": "pkg:pypi/inner@1.0"},
        {"type": "library", "name": "unnamed", "version": "1.0", "purl": "pkg:pypi/unnamed@1.0"},
        {"type": "firmware", "name": "own", "version": "2.4.1"}]}"#;

#[test]
fn what_is_handed_on_of_a_device_is_this() {
    let bill = Bill::of(&read(BILL.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap();
    let purls = bill.components.iter().flat_map(|component| &component.purls);
    let packages: Vec<Package> = purls.flat_map(|purl| Package::of(purl, None).unwrap()).collect();
    let mut findings = found(&bill, &packages);
    let answers = [
        Some(answer(
            Status::Affected,
            "",
            "流量が変わるおそれがあります。",
            "2.4.2に更新してください。",
        )),
        Some(answer(
            Status::NotAffected,
            "not-controllable-by-adversary",
            "",
            "",
        )),
        Some(answer(Status::Fixed, "", "", "")),
        None,
    ];
    assert_eq!(findings.len(), answers.len());
    for (finding, answer) in findings.iter_mut().zip(answers) {
        finding.answer = answer;
    }
    let both = handed_on(&bill, &findings);
    let expected = BTreeMap::from([
        ("CVE-2026-10000".to_owned(), Status::Affected),
        ("EXAMPLE-2026-0001".to_owned(), Status::NotAffected),
        ("CVE-2026-10002".to_owned(), Status::Fixed),
        ("EXAMPLE-2026-0003".to_owned(), Status::UnderInvestigation),
    ]);
    let csaf = both.csaf.unwrap();
    assert_eq!(statuses(&given(&csaf)), expected);
    assert_eq!(statuses(&given(&both.cyclonedx)), expected);
    insta::assert_snapshot!("csaf", serde_json::to_string_pretty(&csaf).unwrap());
    insta::assert_snapshot!(
        "cyclonedx",
        serde_json::to_string_pretty(&both.cyclonedx).unwrap()
    );
    // Nothing to say is no document of the profile, and the bill is handed on all the same.
    let none = handed_on(&bill, &[]);
    assert!(none.csaf.is_none());
    assert_eq!(Bill::of(&given(&none.cyclonedx)).unwrap().components.len(), 5);
}

/// Each real bill is handed on with all that it names, whatever is found in it and however that is answered.
#[test]
fn real_bills_are_handed_on_whole() {
    let Some(folder) = shared::data("sbom") else {
        return;
    };
    let mut handed = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let document = read(&std::fs::read(&path).unwrap(), &Limits::UPLOAD).unwrap();
        let Some(bill) = Bill::of(&document) else { continue };
        let purls = bill
            .components
            .iter()
            .step_by(7)
            .flat_map(|component| &component.purls);
        let packages: Vec<Package> = purls
            .filter_map(|purl| Package::of(purl, None).ok())
            .flatten()
            .collect();
        let mut findings = found(&bill, &packages);
        for (place, finding) in findings.iter_mut().enumerate() {
            finding.answer = match place % 5 {
                0 => Some(answer(Status::Affected, "", "", "")),
                1 => Some(answer(Status::NotAffected, "code_not_reachable", "", "")),
                2 => Some(answer(Status::NotAffected, "架空の理由です。", "", "")),
                3 => Some(answer(Status::Fixed, "", "", "更新しました。")),
                _ => None,
            };
        }
        let both = handed_on(&bill, &findings);
        let again = Bill::of(&given(&both.cyclonedx)).unwrap();
        assert_eq!(
            again.components.len(),
            bill.components.len(),
            "{}",
            path.display()
        );
        for (one, other) in again.components.iter().zip(&bill.components) {
            assert_eq!((&one.name, &one.version), (&other.name, &other.version));
            assert_eq!(one.purls.first(), other.purls.first());
        }
        let said = statuses(&given(&both.cyclonedx));
        match both.csaf {
            None => assert!(findings.is_empty() && said.is_empty()),
            Some(csaf) => assert_eq!(statuses(&given(&csaf)), said),
        }
        handed += usize::from(!said.is_empty());
    }
    assert!(handed > 5, "{handed}");
}
