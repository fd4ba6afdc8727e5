//! Conformance cases and real documents, which are not part of the repository.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use std::io::Read as _;
use std::path::PathBuf;

use cyber::osv::Record;
use serde_json::Value;

#[path = "../../../../tests/data.rs"]
mod sets;

/// A file or folder of the data sets on cybersecurity; nothing where there are none.
pub fn data(of: &str) -> Option<PathBuf> {
    sets::data(&format!("cyber/{of}"))
}

/// The `tests` of every file of a set.
pub fn cases(set: &str) -> Vec<Value> {
    let files = data(set).map(|folder| std::fs::read_dir(folder).unwrap());
    files
        .into_iter()
        .flatten()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let cases: Value = serde_json::from_str(&text).unwrap();
            cases["tests"].as_array().unwrap().clone()
        })
        .collect()
}

/// The OSV records of an ecosystem.
pub fn records(ecosystem: &str) -> Vec<Record> {
    let Some(path) = data(&format!("osv/{ecosystem}/all.zip")) else {
        return vec![];
    };
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut bytes = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut bytes).unwrap();
            Record::parse(&bytes).unwrap()
        })
        .collect()
}
