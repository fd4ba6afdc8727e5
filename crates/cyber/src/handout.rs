//! What is handed on of a device version: its vulnerabilities with what is said of each, as a CSAF 2.0 document of the profile `csaf_vex` (OASIS CSAF 2.0,
//! section 4.5), and its bill with the same, as `CycloneDX` 1.6. A vulnerability that nobody has answered is under investigation, never left out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::alias::is_cve;
use crate::document::cvss::{Vector, severity};
use crate::document::{Bill, Component, Statement, Status};
use crate::matching::Finding;
use crate::provider::{ENGINE, Publisher, score};

/// A device version with what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Handout<'a> {
    /// Who hands it on.
    pub publisher: &'a Publisher,
    /// The document's identifier.
    pub id: &'a str,
    /// A number that is the document's alone, as 32 hexadecimal digits.
    pub serial: &'a str,
    /// Who makes the device.
    pub maker: &'a str,
    /// Its brand name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its product codes.
    pub codes: &'a [String],
    /// Its bill.
    pub bill: &'a Bill,
    /// What concerns its components.
    pub findings: &'a [Finding],
    /// When it is handed on.
    pub at: Timestamp,
    /// The version of the program.
    pub program: &'a str,
}

/// The device's id in a CSAF document.
const PRODUCT: &str = "CSAFPID-0001";

/// A vulnerability in any of the components.
struct Vulnerability<'a> {
    /// The CVE number, if it has one, otherwise the record's identifier.
    id: &'a str,
    /// Its other names.
    others: Vec<&'a str>,
    summary: &'a str,
    /// The components that it is in, by their places.
    components: BTreeSet<usize>,
    status: Status,
    /// What is said of it, of several the one that asks for most care.
    said: Option<&'a Statement>,
    /// A vector that its severity is scored by.
    vector: Option<&'a str>,
}

impl<'a> Handout<'a> {
    /// Each vulnerability once, in the order of the findings.
    fn vulnerabilities(&self) -> Vec<Vulnerability<'a>> {
        let mut all: Vec<Vulnerability<'a>> = vec![];
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in self.findings {
            let said = finding.answer.as_ref().map(|answer| &answer.counts.statement);
            let status = said.map_or(Status::UnderInvestigation, |said| said.status);
            let names: Vec<&str> = std::iter::once(&finding.advisory)
                .chain(&finding.aliases)
                .map(String::as_str)
                .collect();
            let id = names
                .iter()
                .copied()
                .find(|name| is_cve(name))
                .unwrap_or(&finding.advisory);
            let place = *places.entry(id).or_insert_with(|| {
                let mut others: Vec<&str> = names.iter().copied().filter(|name| *name != id).collect();
                others.sort_unstable();
                others.dedup();
                let scores = finding.priority.cvss.iter().filter(|score| score.score.is_some());
                all.push(Vulnerability {
                    id,
                    others,
                    summary: finding.summary.as_deref().unwrap_or_default(),
                    components: BTreeSet::new(),
                    status,
                    said,
                    vector: scores
                        .max_by(|a, b| {
                            a.score
                                .unwrap_or_default()
                                .total_cmp(&b.score.unwrap_or_default())
                        })
                        .map(|score| score.vector.as_str()),
                });
                all.len() - 1
            });
            if let Some(one) = all.get_mut(place) {
                one.components.insert(finding.component);
                if one.status.graver(status) != one.status {
                    (one.status, one.said) = (status, said);
                }
            }
        }
        all
    }

    /// When something was said, in order: what the document's revisions are; its own day where nothing was.
    fn revisions(&self) -> Vec<Timestamp> {
        let said = self.findings.iter().filter_map(|finding| finding.answer.as_ref());
        let times = said.filter_map(|answer| answer.counts.statement.timestamp.as_deref()?.parse().ok());
        let times: BTreeSet<Timestamp> = times.filter(|at| *at <= self.at).collect();
        if times.is_empty() {
            vec![self.at]
        } else {
            times.into_iter().collect()
        }
    }

    /// The document of the profile `csaf_vex`. It has a vulnerability at least: there is none of a device without findings.
    pub fn csaf(&self) -> Option<Value> {
        let vulnerabilities = self.vulnerabilities();
        if vulnerabilities.is_empty() {
            return None;
        }
        let revisions = self.revisions();
        let history = revisions.iter().zip(1..).map(|(at, number)| {
            let summary = if number == 1 { "初版" } else { "回答を反映" };
            json!({ "date": at.to_string(), "number": number.to_string(), "summary": summary })
        });
        let title = format!("{} {} の脆弱性（VEX）", self.name, self.version);
        let mut product = json!({ "name": format!("{} {} {}", self.maker, self.name, self.version), "product_id": PRODUCT });
        if !self.codes.is_empty() {
            product["product_identification_helper"] = json!({ "skus": self.codes });
        }
        let version = json!({ "category": "product_version", "name": self.version, "product": product });
        let name = json!({ "category": "product_name", "name": self.name, "branches": [version] });
        let vendor = json!({ "category": "vendor", "name": self.maker, "branches": [name] });
        Some(json!({
            "document": {
                "category": "csaf_vex",
                "csaf_version": "2.0",
                "distribution": { "tlp": { "label": "AMBER", "url": "https://www.first.org/tlp/" } },
                "lang": "ja",
                "notes": [{
                    "category": "summary", "title": "概要",
                    "text": "製造販売業者の回答をまとめたものです。回答のない脆弱性は調査中としています。",
                }],
                "publisher": self.publisher.json(),
                "title": title,
                "tracking": {
                    "current_release_date": revisions.last().map(Timestamp::to_string),
                    "generator": { "engine": { "name": ENGINE, "version": self.program } },
                    "id": self.id,
                    "initial_release_date": revisions.first().map(Timestamp::to_string),
                    "revision_history": history.collect::<Vec<_>>(),
                    "status": "interim",
                    "version": revisions.len().to_string(),
                },
            },
            "product_tree": { "branches": [vendor] },
            "vulnerabilities": vulnerabilities.iter().map(|one| self.csaf_of(one)).collect::<Vec<_>>(),
        }))
    }

    fn csaf_of(&self, one: &Vulnerability<'_>) -> Value {
        let components = one
            .components
            .iter()
            .filter_map(|place| self.bill.components.get(*place));
        let components: Vec<String> = components.map(called).collect();
        let text = match one.summary {
            "" => format!("含まれる部品: {}", components.join("、")),
            summary => format!("{summary}\n含まれる部品: {}", components.join("、")),
        };
        let (list, label) = match one.status {
            Status::NotAffected => (
                "known_not_affected",
                justification(one.said).and_then(|(csaf, _)| csaf),
            ),
            Status::Affected => ("known_affected", None),
            Status::Fixed => ("fixed", None),
            Status::UnderInvestigation => ("under_investigation", None),
        };
        let said = |text: Option<&String>| text.filter(|text| !text.trim().is_empty()).cloned();
        let (impact, action) = (
            said(one.said.and_then(|said| said.impact.as_ref())),
            said(one.said.and_then(|said| said.action.as_ref())),
        );
        let mut all = Map::new();
        if is_cve(one.id) {
            all.insert("cve".into(), one.id.into());
        }
        let ids = one
            .others
            .iter()
            .copied()
            .chain((!is_cve(one.id)).then_some(one.id));
        let ids: Vec<Value> = ids
            .map(|name| json!({ "system_name": source(name), "text": name }))
            .collect();
        if !ids.is_empty() {
            all.insert("ids".into(), ids.into());
        }
        all.insert(
            "notes".into(),
            json!([{ "category": "description", "text": text, "title": "内容" }]),
        );
        all.insert("product_status".into(), json!({ list: [PRODUCT] }));
        all.insert("title".into(), one.id.into());
        if let Some(label) = label {
            all.insert(
                "flags".into(),
                json!([{ "label": label, "product_ids": [PRODUCT] }]),
            );
        }
        // Whoever is not affected is told why: by a flag or in words.
        let words = one.said.and_then(|said| said.justification.clone());
        let unsaid = (one.status == Status::NotAffected && label.is_none())
            .then(|| words.unwrap_or_else(|| "影響を受けないと製造販売業者が回答しています。".to_owned()));
        if let Some(details) = impact.or(unsaid) {
            all.insert(
                "threats".into(),
                json!([{ "category": "impact", "details": details, "product_ids": [PRODUCT] }]),
            );
        }
        if one.status == Status::Affected {
            let (category, details) = match action {
                Some(action) => ("mitigation", action),
                None => ("none_available", "対応は、まだ示されていません。".to_owned()),
            };
            all.insert(
                "remediations".into(),
                json!([{ "category": category, "details": details, "product_ids": [PRODUCT] }]),
            );
            if let Some((version, score)) = one.vector.and_then(score) {
                all.insert(
                    "scores".into(),
                    json!([{ version: score, "products": [PRODUCT] }]),
                );
            }
        }
        Value::Object(all)
    }

    /// The bill with its vulnerabilities.
    pub fn cyclonedx(&self) -> Value {
        let references = references(&self.bill.components);
        let components = self.bill.components.iter().zip(&references);
        let components: Vec<Value> = components
            .map(|(one, reference)| component(one, reference))
            .collect();
        let device = "rashin:device";
        let by_own: BTreeMap<&str, &str> = self
            .bill
            .components
            .iter()
            .zip(&references)
            .rev()
            .filter_map(|(one, reference)| Some((one.reference.as_deref()?, reference.as_str())))
            .collect();
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let subject = self
            .bill
            .subject
            .as_ref()
            .and_then(|subject| subject.reference.as_deref());
        for dependency in &self.bill.dependencies {
            let from = by_own.get(dependency.from.as_str()).copied();
            let from = from.or_else(|| (Some(dependency.from.as_str()) == subject).then_some(device));
            let Some(from) = from else { continue };
            let to = dependency
                .to
                .iter()
                .filter_map(|to| by_own.get(to.as_str()).copied());
            needs.entry(from).or_default().extend(to.filter(|to| *to != from));
        }
        let needs = needs
            .iter()
            .map(|(from, to)| json!({ "ref": from, "dependsOn": to }));
        let revisions = self.revisions();
        let mut bill = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": format!("urn:uuid:{}", uuid(self.serial)),
            "version": revisions.len(),
            "metadata": {
                "timestamp": self.at.to_string(),
                "tools": { "components": [{ "type": "application", "name": ENGINE, "version": self.program }] },
                "component": {
                    "type": "device", "bom-ref": device, "name": self.name, "version": self.version,
                    "supplier": { "name": self.maker },
                },
            },
            "components": components,
            "dependencies": needs.collect::<Vec<_>>(),
        });
        let vulnerabilities = self.vulnerabilities();
        if !vulnerabilities.is_empty() {
            let all = vulnerabilities.iter().map(|one| cyclonedx_of(one, &references));
            bill["vulnerabilities"] = all.collect::<Vec<_>>().into();
        }
        bill
    }
}

/// A component in a line.
fn called(one: &Component) -> String {
    [one.name.as_str(), one.version.as_deref().unwrap_or_default()]
        .join(" ")
        .trim()
        .to_owned()
}

/// Who gave a vulnerability its name: what stands before the first hyphen.
fn source(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

impl Statement {
    /// Why the product is not affected, as CSAF 2.0 has it; nothing where it is not said or in words that mean nothing there.
    pub fn justification_of_csaf(&self) -> Option<&'static str> {
        justification(Some(self)).and_then(|(csaf, _)| csaf)
    }
}

/// Why something is not affected, in the words of CSAF and of `CycloneDX`: those that each has.
fn justification(said: Option<&Statement>) -> Option<(Option<&'static str>, Option<&'static str>)> {
    let words = said?
        .justification
        .as_deref()?
        .trim()
        .to_lowercase()
        .replace('-', "_");
    Some(match words.as_str() {
        "component_not_present" => (Some("component_not_present"), Some("code_not_present")),
        "vulnerable_code_not_present" | "code_not_present" => {
            (Some("vulnerable_code_not_present"), Some("code_not_present"))
        }
        "vulnerable_code_not_in_execute_path" | "code_not_reachable" => (
            Some("vulnerable_code_not_in_execute_path"),
            Some("code_not_reachable"),
        ),
        "vulnerable_code_cannot_be_controlled_by_adversary" | "not_controllable_by_adversary" => {
            (Some("vulnerable_code_cannot_be_controlled_by_adversary"), None)
        }
        "inline_mitigations_already_exist" | "protected_by_mitigating_control" => (
            Some("inline_mitigations_already_exist"),
            Some("protected_by_mitigating_control"),
        ),
        "protected_by_compiler" => (
            Some("inline_mitigations_already_exist"),
            Some("protected_by_compiler"),
        ),
        "protected_at_runtime" => (
            Some("inline_mitigations_already_exist"),
            Some("protected_at_runtime"),
        ),
        "protected_at_perimeter" => (
            Some("inline_mitigations_already_exist"),
            Some("protected_at_perimeter"),
        ),
        "requires_configuration" => (None, Some("requires_configuration")),
        "requires_dependency" => (None, Some("requires_dependency")),
        "requires_environment" => (None, Some("requires_environment")),
        _ => return None,
    })
}

/// A reference for each component, none twice: its own where it has one that none before it has.
fn references(components: &[Component]) -> Vec<String> {
    let mut taken = BTreeSet::from(["rashin:device".to_owned()]);
    let mut all = vec![];
    for (place, one) in components.iter().enumerate() {
        let own = one
            .reference
            .clone()
            .filter(|own| !own.is_empty() && !taken.contains(own));
        let mut made = (0..).map(|again| format!("rashin:component:{}{}", place + 1, "'".repeat(again)));
        let reference = own
            .or_else(|| made.find(|made| !taken.contains(made)))
            .unwrap_or_default();
        taken.insert(reference.clone());
        all.push(reference);
    }
    all
}

/// Kinds of component that `CycloneDX` 1.6 has.
const KINDS: [&str; 13] = [
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
];

fn component(one: &Component, reference: &str) -> Value {
    let kind = one.kind.as_deref().map(str::to_lowercase).unwrap_or_default();
    let kind = KINDS
        .into_iter()
        .find(|known| *known == kind)
        .unwrap_or("library");
    let mut all = Map::from_iter([
        ("type".to_owned(), json!(kind)),
        ("bom-ref".to_owned(), json!(reference)),
        ("name".to_owned(), json!(one.name)),
    ]);
    let firsts = [
        ("group", one.group.as_ref()),
        ("version", one.version.as_ref()),
        ("purl", one.purls.first()),
        ("cpe", one.cpes.first()),
    ];
    for (field, text) in firsts {
        if let Some(text) = text {
            all.insert(field.into(), text.as_str().into());
        }
    }
    if let Some(supplier) = &one.supplier {
        all.insert("supplier".into(), json!({ "name": supplier }));
    }
    let hashes = one
        .hashes
        .iter()
        .filter_map(|(name, digits)| Some(json!({ "alg": digest(name, digits)?, "content": digits })));
    let hashes: Vec<Value> = hashes.collect();
    if !hashes.is_empty() {
        all.insert("hashes".into(), hashes.into());
    }
    if !one.licences.is_empty() {
        let licences = one
            .licences
            .iter()
            .map(|name| json!({ "license": { "name": name } }));
        all.insert("licenses".into(), licences.collect::<Vec<_>>().into());
    }
    all.into()
}

/// The name that `CycloneDX` has for a digest; nothing for one that it does not have, or whose digits are not of its length.
fn digest(name: &str, digits: &str) -> Option<&'static str> {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let (known, length) = match plain.as_str() {
        "md5" => ("MD5", 32),
        "sha1" => ("SHA-1", 40),
        "sha256" => ("SHA-256", 64),
        "sha384" => ("SHA-384", 96),
        "sha512" => ("SHA-512", 128),
        "sha3256" => ("SHA3-256", 64),
        "sha3384" => ("SHA3-384", 96),
        "sha3512" => ("SHA3-512", 128),
        _ => return None,
    };
    let fits = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    fits.then_some(known)
}

fn cyclonedx_of(one: &Vulnerability<'_>, references: &[String]) -> Value {
    let state = match one.status {
        Status::NotAffected => "not_affected",
        Status::Affected => "exploitable",
        Status::Fixed => "resolved",
        Status::UnderInvestigation => "in_triage",
    };
    let mut analysis = json!({ "state": state });
    if one.status == Status::NotAffected
        && let Some((_, Some(word))) = justification(one.said)
    {
        analysis["justification"] = word.into();
    }
    if let Some(said) = one.said {
        let words = [&said.justification, &said.impact, &said.action];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        if !words.is_empty() {
            analysis["detail"] = words.join("\n").into();
        }
    }
    let affects = one.components.iter().filter_map(|place| references.get(*place));
    let mut all = json!({
        "bom-ref": format!("rashin:vulnerability:{}", one.id),
        "id": one.id,
        "source": { "name": source(one.id) },
        "analysis": analysis,
        "affects": affects.map(|reference| json!({ "ref": reference })).collect::<Vec<_>>(),
    });
    if !one.summary.is_empty() {
        all["description"] = one.summary.into();
    }
    if !one.others.is_empty() {
        let others = one
            .others
            .iter()
            .map(|name| json!({ "id": name, "source": { "name": source(name) } }));
        all["references"] = others.collect::<Vec<_>>().into();
    }
    if let Some(rating) = one.vector.and_then(rating) {
        all["ratings"] = json!([rating]);
    }
    all
}

/// The score of a vector, as `CycloneDX` states it.
fn rating(text: &str) -> Option<Value> {
    let vector = Vector::parse(text.trim())?;
    let base = vector.base()?;
    let method = match vector.version() {
        "2.0" => "CVSSv2",
        "3.0" => "CVSSv3",
        "3.1" => "CVSSv31",
        "4.0" => "CVSSv4",
        _ => "other",
    };
    Some(
        json!({ "score": base, "severity": severity(base).to_lowercase(), "method": method, "vector": text }),
    )
}

/// 32 hexadecimal digits as a UUID that somebody made up (RFC 9562, version 8).
fn uuid(digits: &str) -> String {
    let mut digits: Vec<char> = digits
        .chars()
        .filter(char::is_ascii_hexdigit)
        .chain(std::iter::repeat('0'))
        .take(32)
        .collect();
    for (place, digit) in [(12, '8'), (16, 'a')] {
        if let Some(there) = digits.get_mut(place) {
            *there = digit;
        }
    }
    let mut text = String::new();
    for (place, digit) in digits.into_iter().enumerate() {
        if [8, 12, 16, 20].contains(&place) {
            text.push('-');
        }
        text.push(digit.to_ascii_lowercase());
    }
    text
}
