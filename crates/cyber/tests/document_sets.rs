//! Documents of the specifications' own tests and real ones. The sets are not part of the repository: without them a test says so
//! and is skipped. Each test lists every file that comes out wrong, by name.

#![expect(clippy::unwrap_used, reason = "a set that cannot be read fails the test")]

mod shared;

use std::fs;
use std::path::PathBuf;

use cyber::document::{Bill, Json, Level, Limits, Report, Verdict, read, validate};
use jiff::Timestamp;

fn report(path: &std::path::Path) -> Report {
    let now = Timestamp::constant(1_767_225_600, 0);
    validate(&fs::read(path).unwrap(), now, &Limits::UPLOAD).unwrap()
}

/// The files of a set, sorted by name.
fn files(set: &str) -> Vec<PathBuf> {
    let entries = shared::data(set).map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn cyclonedx_conformance() {
    let mut wrong = Vec::new();
    for path in files("cyclonedx-conformance") {
        let name = name(&path);
        let expected = if name.contains("__invalid-") {
            Verdict::Invalid
        } else {
            Verdict::Valid
        };
        let report = report(&path);
        if report.verdict != expected {
            wrong.push(format!("{name}: {:?}", report.findings.first()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_bill_is_read_whole() {
    let mut wrong = Vec::new();
    for path in files("sbom") {
        let name = name(&path);
        match read(&fs::read(&path).unwrap(), &Limits::UPLOAD) {
            Ok(document) => match Bill::of(&document) {
                Some(bill) if !bill.components.is_empty() => {}
                _ => wrong.push(format!("{name}: no components")),
            },
            Err(refusal) => wrong.push(format!("{name}: {refusal}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that come out otherwise than their table says, each with the reason. One that comes out right has to leave the list.
const OTHERWISE: [(&str, &str); 6] = [
    (
        "oasis_csaf_tc-csaf_2_0-2021-6-3-06-02.json",
        "whether an address answers takes a network",
    ),
    (
        "oasis_csaf_tc-csaf_2_0-2021-6-2-08-02.json",
        "called valid, yet names MD5 twice for a file, which 6.1.25 forbids in so many words",
    ),
    (
        "oasis_csaf_tc-csaf_2_1-2024-6-2-08-02.json",
        "called valid, yet names MD5 twice for a file, which 6.1.25 forbids in so many words",
    ),
    (
        "oasis_csaf_tc-csaf_2_1-2024-6-1-50-14.json",
        "called valid, yet defines a product ID twice, which 6.1.2 forbids in so many words",
    ),
    (
        "oasis_csaf_tc-csaf_2_1-2024-6-1-60-03-02.json",
        "what an extension may do stands in its own metadata, which the document does not hold",
    ),
    (
        "oasis_csaf_tc-csaf_2_1-2024-6-3-16-01.json",
        "a mistake of grammar takes a grammar of each language",
    ),
];

/// Holds every file of a set to what its table says: which test it fails or passes, and whether it is valid on the whole; but those that are
/// known to come out otherwise.
fn csaf(set: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(folder) = shared::data(set) else {
        return wrong;
    };
    let table = fs::read(folder.join("testcases.json")).unwrap();
    let table = Json::read(&table, &Limits::UPLOAD).unwrap();
    for test in table.at("tests").items() {
        let number = test.text_at("id").unwrap();
        for (list, fails) in [("failures", true), ("valid", false)] {
            for file in test.at(list).items() {
                let name = file.text_at("name").unwrap();
                let path = folder.join(name);
                if !path.exists() {
                    continue;
                }
                let known = OTHERWISE.iter().any(|(known, _)| name.ends_with(known));
                let before = wrong.len();
                let report = report(&path);
                let of_test = report.findings.iter().filter(|finding| finding.test == number);
                let failed = of_test
                    .clone()
                    .any(|finding| number.starts_with("6.1") == (finding.level == Level::Mandatory));
                if failed != fails {
                    wrong.push(format!(
                        "{name}: fails {number} = {failed}: {:?}",
                        of_test.clone().next()
                    ));
                }
                let valid = *file.at("valid") == Json::Bool(true);
                if valid != (report.verdict == Verdict::Valid) {
                    let why = report
                        .findings
                        .iter()
                        .find(|finding| finding.level == Level::Mandatory);
                    wrong.push(format!("{name}: valid = {}: {why:?}", !valid));
                }
                if known && wrong.len() == before {
                    wrong.push(format!("{name}: comes out right"));
                } else if known {
                    wrong.truncate(before);
                }
            }
        }
    }
    wrong
}

#[test]
fn csaf_2_0() {
    let wrong = csaf("csaf-validator-2.0");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn csaf_2_1() {
    let wrong = csaf("csaf-validator-2.1");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Real advisories on medical devices. Six of them call `vers:all/*` a version, which is a range.
#[test]
fn medical_advisories_are_read() {
    let mut wrong = Vec::new();
    for path in files("csaf-icsma") {
        let report = report(&path);
        let mandatory = report
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Mandatory);
        wrong.extend(
            mandatory
                .filter(|finding| finding.test != "6.1.31")
                .map(|finding| format!("{}: {finding:?}", name(&path))),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
