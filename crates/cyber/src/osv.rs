//! Records of vulnerabilities in OSV's format, and whether one speaks of a version of a package.
//!
//! Fields that are not known are passed over, fields that may be missing are empty: feeds grow. A withdrawn record concerns nobody.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use vocab::Refusal;
use vocab::lang::Lang;

use crate::cpe::{self, Named};
use crate::ecosystem::Ecosystem;
use crate::range::{Event, Hit, Miss, Range, Rule};
use crate::version::Version;

/// A vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Such as `GHSA-…` or `PYSEC-…`.
    pub id: String,
    /// When the record last changed, RFC 3339.
    #[serde(default)]
    pub modified: String,
    /// When it was published, RFC 3339.
    #[serde(default)]
    pub published: Option<String>,
    /// Since when it is withdrawn, RFC 3339.
    #[serde(default)]
    pub withdrawn: Option<String>,
    /// Other identifiers of the same vulnerability.
    #[serde(default, deserialize_with = "nullable")]
    pub aliases: Vec<String>,
    /// Identifiers of vulnerabilities that are close to it.
    #[serde(default, deserialize_with = "nullable")]
    pub related: Vec<String>,
    /// Identifiers of the vulnerabilities upstream that it rests on.
    #[serde(default, deserialize_with = "nullable")]
    pub upstream: Vec<String>,
    /// One line.
    #[serde(default)]
    pub summary: Option<String>,
    /// Markdown.
    #[serde(default)]
    pub details: Option<String>,
    /// Scores that hold for every package.
    #[serde(default, deserialize_with = "nullable")]
    pub severity: Vec<Severity>,
    /// Which packages it concerns.
    #[serde(default, deserialize_with = "nullable")]
    pub affected: Vec<Affected>,
    /// Where more is written.
    #[serde(default, deserialize_with = "nullable")]
    pub references: Vec<Reference>,
}

/// A score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severity {
    /// Such as `CVSS_V3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A vector or a word, by the type.
    pub score: String,
}

/// A page about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Such as `ADVISORY` or `FIX`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Its address.
    pub url: String,
}

/// A package and which of its versions are affected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Which package; a record about commits may name none.
    #[serde(default)]
    pub package: Option<Package>,
    /// Scores for this package.
    #[serde(default, deserialize_with = "nullable")]
    pub severity: Vec<Severity>,
    /// Ranges of affected versions.
    #[serde(default, deserialize_with = "nullable")]
    pub ranges: Vec<Range>,
    /// Affected versions one by one.
    #[serde(default, deserialize_with = "nullable")]
    pub versions: Vec<String>,
}

/// A package of an ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// As OSV names it.
    pub ecosystem: String,
    /// Its name there.
    pub name: String,
    /// Its package URL without a version.
    #[serde(default)]
    pub purl: Option<String>,
}

/// A list that may be missing or null.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What a record says of a version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is affected.
    Affected(Hit),
    /// It is not affected.
    NotAffected(Clean),
    /// It cannot be told: a person must look.
    Unassessable(Refusal),
}

/// Why a record does not concern a version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clean {
    /// The record was withdrawn then.
    Withdrawn(String),
    /// It names other packages.
    OtherPackage,
    /// No range and no list holds the version.
    Outside(Vec<Miss>),
}

impl Record {
    /// Reads a record from JSON.
    ///
    /// # Errors
    ///
    /// `bad_record`, with the place where it is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(bytes).map_err(|error| {
            Refusal::new(
                "bad_record",
                format!(
                    "OSV の記録として読めません（{} 行 {} 列）。",
                    error.line(),
                    error.column()
                ),
                format!("not an OSV record: {error}."),
            )
        })
    }

    /// What the record says of a version of a package, by OSV's own rule of evaluation.
    pub fn affects(&self, ecosystem: &Ecosystem, name: &str, version: &str) -> Verdict {
        if let Some(withdrawn) = &self.withdrawn {
            return Verdict::NotAffected(Clean::Withdrawn(withdrawn.clone()));
        }
        let mut misses = Vec::new();
        let mut unassessable = None;
        let mut named = false;
        for affected in self
            .affected
            .iter()
            .filter(|affected| affected.concerns(ecosystem, name))
        {
            named = true;
            match affected.reach(ecosystem).assess(name, version) {
                Ok(Ok(hit)) => return Verdict::Affected(hit),
                Ok(Err(miss)) => misses.extend(miss),
                Err(cause) => unassessable = Some(cause),
            }
        }
        match (unassessable, named) {
            (Some(cause), _) => Verdict::Unassessable(cause),
            (None, true) => Verdict::NotAffected(Clean::Outside(misses)),
            (None, false) => Verdict::NotAffected(Clean::OtherPackage),
        }
    }
}

impl Affected {
    /// Whether this is about a package, as far as the key tells under which both are looked up.
    pub fn concerns(&self, ecosystem: &Ecosystem, name: &str) -> bool {
        self.package.as_ref().is_some_and(|package| {
            Ecosystem::parse(&package.ecosystem).is_ok_and(|own| {
                let key = own.normal_name(&package.name);
                own.covers(ecosystem)
                    && (key == ecosystem.normal_name(name) || own.is_cpe() && key == cpe::WIDE)
            })
        })
    }

    /// Its ranges and versions, ready to be asked.
    pub fn rule(&self, ecosystem: &Ecosystem) -> Rule {
        Rule::new(ecosystem.order(), &self.ranges, &self.versions)
    }

    /// What is said of packages of an ecosystem, ready to be asked.
    pub(crate) fn reach(&self, ecosystem: &Ecosystem) -> Reach {
        match &self.package {
            Some(package) if ecosystem.is_file() => Reach::File(package.name.clone()),
            Some(package) if ecosystem.is_cpe() => Reach::Names(Box::new(Named::new(self, &package.name))),
            _ => Reach::Versions(self.rule(ecosystem)),
        }
    }
}

/// What is said of a package: of its versions, by a CPE name, or of one file by its digest.
#[derive(Debug)]
pub(crate) enum Reach {
    File(String),
    Versions(Rule),
    Names(Box<Named>),
}

impl Reach {
    /// Whether a version of a package is affected, and why.
    ///
    /// # Errors
    ///
    /// What cannot be assessed.
    pub fn assess(&self, name: &str, version: &str) -> Result<Result<Hit, Vec<Miss>>, Refusal> {
        match self {
            Self::File(digest) if digest == name => Ok(Ok(Hit::SameFile(digest.clone()))),
            Self::File(_) => Ok(Err(vec![Miss::Unlisted])),
            Self::Versions(rule) => rule.assess(version),
            Self::Names(named) => named.assess(name, version),
        }
    }

    /// The same of a version that is read already, without the proof; nothing where it cannot be assessed.
    pub fn affects(&self, name: &str, text: &str, version: Option<&Version>) -> Option<bool> {
        match self {
            Self::File(digest) => Some(digest == name),
            Self::Versions(rule) => rule.affects(text, version),
            Self::Names(named) => named.assess(name, text).ok().map(|said| said.is_ok()),
        }
    }

    /// Whether it leaves open which package it is about.
    pub fn is_wide(&self) -> bool {
        match self {
            Self::File(_) | Self::Versions(_) => false,
            Self::Names(named) => named.is_wide(),
        }
    }
}

impl Verdict {
    /// The proof as a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let ja = lang == Lang::Ja;
        match self {
            Self::Affected(Hit::Listed(version)) if ja => {
                format!("影響を受けるバージョンの一覧に {version} があります。")
            }
            Self::Affected(Hit::Listed(version)) => format!("{version} is in the list of affected versions."),
            Self::Affected(Hit::SameFile(digest)) if ja => {
                format!("記録が挙げているファイルと同じです（{digest}）。")
            }
            Self::Affected(Hit::SameFile(digest)) => {
                format!("it is a file that the record names ({digest}).")
            }
            Self::Affected(Hit::Named { name, version }) => {
                let version = version
                    .as_ref()
                    .map(|hit| Self::Affected((**hit).clone()).text(lang));
                let version = version.unwrap_or_default();
                if ja {
                    format!("記録が CPE 名 {name} で挙げています。{version}")
                } else {
                    format!("the record names it by the CPE name `{name}`. {version}")
                        .trim_end()
                        .to_owned()
                }
            }
            Self::Affected(Hit::Range { from, to, .. }) => {
                let to = to.as_ref().map(|event| In(event, lang).to_string());
                match (to, ja) {
                    (Some(to), true) => format!("影響を受ける範囲にあります（{}、{to}）。", In(from, lang)),
                    (None, true) => format!("影響を受ける範囲にあります（{}、修正版なし）。", In(from, lang)),
                    (Some(to), false) => format!("it lies in an affected range ({}, {to}).", In(from, lang)),
                    (None, false) => format!("it lies in an affected range ({}, not fixed).", In(from, lang)),
                }
            }
            Self::NotAffected(Clean::Withdrawn(at)) if ja => format!("記録は {at} に取り下げられています。"),
            Self::NotAffected(Clean::Withdrawn(at)) => format!("the record was withdrawn at {at}."),
            Self::NotAffected(Clean::OtherPackage) if ja => {
                "記録は別のパッケージについてのものです。".to_owned()
            }
            Self::NotAffected(Clean::OtherPackage) => "the record is about other packages.".to_owned(),
            Self::NotAffected(Clean::Outside(misses)) => {
                let reasons: Vec<String> = misses.iter().map(|miss| miss_text(miss, lang)).collect();
                if ja {
                    format!("影響を受ける範囲の外です（{}）。", reasons.join("、"))
                } else {
                    format!("it lies outside every affected range ({}).", reasons.join("; "))
                }
            }
            Self::Unassessable(cause) => cause.text(lang).to_owned(),
        }
    }
}

fn miss_text(miss: &Miss, lang: Lang) -> String {
    match (miss, lang) {
        (Miss::Before(event), Lang::Ja) => format!("{} より前", event.version()),
        (Miss::Before(event), Lang::En) => format!("before {}", event.version()),
        (Miss::After(event), _) => In(event, lang).to_string(),
        (Miss::Unlisted, Lang::Ja) => "一覧にない".to_owned(),
        (Miss::Unlisted, Lang::En) => "not in the list".to_owned(),
        (Miss::Named(name), Lang::Ja) => format!("{name} とは別の製品"),
        (Miss::Named(name), Lang::En) => format!("not {name}"),
    }
}

/// An event in a language.
struct In<'a>(&'a Event, Lang);

impl fmt::Display for In<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.0.version();
        match (self.0, self.1) {
            (Event::Introduced(_), Lang::Ja) => write!(f, "{version} から"),
            (Event::Introduced(_), Lang::En) => write!(f, "introduced in {version}"),
            (Event::Fixed(_), Lang::Ja) => write!(f, "{version} で修正"),
            (Event::Fixed(_), Lang::En) => write!(f, "fixed in {version}"),
            (Event::LastAffected(_), Lang::Ja) => write!(f, "{version} まで"),
            (Event::LastAffected(_), Lang::En) => write!(f, "last affected {version}"),
            (Event::Limit(_), Lang::Ja) => write!(f, "{version} より前に限る"),
            (Event::Limit(_), Lang::En) => write!(f, "limited to before {version}"),
        }
    }
}
