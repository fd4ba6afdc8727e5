//! Documents of the specifications' own tests and real ones. The sets are not part of the repository: a test whose set is missing
//! says so and passes. Each test lists every file that comes out wrong, by name. `RASHIN_DATA` names the folder of the sets where it
//! is not beside the repository.

#![expect(clippy::unwrap_used, reason = "a set that cannot be read fails the test")]

use std::fs;
use std::path::PathBuf;

use cyber::document::{Bill, Limits, Verdict, read, validate};

/// The files of a set, sorted by name.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn files(set: &str) -> Vec<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("RASHIN_DATA").map_or_else(beside, PathBuf::from);
    let folder = data.join("cyber").join(set);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("skipped: {} is missing", folder.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
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
        match validate(&fs::read(&path).unwrap(), &Limits::UPLOAD) {
            Ok(report) if report.verdict == expected => {}
            Ok(report) => wrong.push(format!("{name}: {:?}", report.findings.first())),
            Err(refusal) => wrong.push(format!("{name}: {refusal}")),
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
