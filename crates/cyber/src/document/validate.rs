//! Validation of any document: recognised by content, then held against its specification. A document that cannot be read is refused;
//! one that breaks its specification is read and reported, never repaired.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Serialize;
use vocab::Refusal;

use super::finding::{Finding, Level};
use super::json::Json;
use super::limits::Limits;
use super::recognise::{Document, Format, Tree, read};
use super::rules::{Rules, object};
use super::{csaf, cyclonedx};

/// What validation says of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the document is.
    pub format: Format,
    /// Whether it is valid.
    pub verdict: Verdict,
    /// What was found, in the order of the tests.
    pub findings: Vec<Finding>,
}

/// Valid or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing mandatory is broken.
    Valid,
    /// Something mandatory is broken.
    Invalid,
}

/// Reads, recognises and validates a document as of `now`: one test asks whether a date is past.
///
/// # Errors
/// The document cannot be read: see [`read`].
pub fn validate(bytes: &[u8], now: Timestamp, limits: &Limits) -> Result<Report, Refusal> {
    Ok(check(&read(bytes, limits)?, now, limits))
}

/// Validates a document that is read already.
pub fn check(document: &Document, now: Timestamp, limits: &Limits) -> Report {
    let most = limits.findings;
    let findings = match (&document.format, &document.tree) {
        (Format::CycloneDxJson(version), Tree::Json(json)) => cyclonedx::check_json(json, version, most),
        (Format::CycloneDxXml(version), Tree::Xml(root)) => cyclonedx::check_xml(root, version, most),
        (Format::SpdxJson(version) | Format::SpdxTagValue(version), Tree::Json(json)) => {
            let table = if version == "2.2" { &SPDX22 } else { &SPDX23 };
            structure(table, "spdx", json, most)
        }
        (Format::Csaf(version), Tree::Json(json)) => csaf::check(json, version, now, most),
        (Format::Spdx3(_), Tree::Json(json)) => structure(&SPDX3, "spdx3", json, most),
        (Format::OpenVex(_), Tree::Json(json)) => structure(&OPENVEX, "openvex", json, most),
        (Format::Osv(_), Tree::Json(json)) => structure(&OSV, "osv", json, most),
        _ => Vec::new(),
    };
    let broken = findings.iter().any(|finding| finding.level == Level::Mandatory);
    Report {
        format: document.format.clone(),
        verdict: if broken { Verdict::Invalid } else { Verdict::Valid },
        findings,
    }
}

type Table = LazyLock<Result<Rules, String>>;

static SPDX22: Table = LazyLock::new(|| Rules::read(include_str!("rules/spdx.rules"), "2.2"));
static SPDX23: Table = LazyLock::new(|| Rules::read(include_str!("rules/spdx.rules"), "2.3"));
static SPDX3: Table = LazyLock::new(|| Rules::read(include_str!("rules/spdx3.rules"), "3.0"));
static OPENVEX: Table = LazyLock::new(|| Rules::read(include_str!("rules/openvex.rules"), "1"));
static OSV: Table = LazyLock::new(|| Rules::read(include_str!("rules/osv.rules"), "1"));

/// A table with a fault would find nothing; that no table has one is tested.
fn structure(table: &'static Table, root: &str, json: &Json, most: usize) -> Vec<Finding> {
    match &**table {
        Ok(rules) => object::check(rules, root, json, most),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        for table in [&SPDX22, &SPDX23, &SPDX3, &OPENVEX, &OSV] {
            assert_eq!(table.as_ref().unwrap().faults(), Vec::<String>::new());
        }
    }
}
