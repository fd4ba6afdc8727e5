//! Editions: a follow-up as it was published, pinned for ever.
//!
//! An edition carries the plan's files, the observations known on its day, the seed and every
//! result, as canonical JSON (keys sorted, no white space, numbers as decimal strings) under its
//! SHA-256. Two makings from the same state are the same bytes; a changed byte is found by
//! [`Edition::parse`]. An edition is never rewritten: a re-examination makes a new one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use plan::{Files, Plan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vocab::Period;

use crate::engine::{Engine, Settings, rounded};
use crate::trace::decimal;

/// Version of the edition's own layout.
const LAYOUT: u32 = 1;

/// A published follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Version of this layout.
    pub layout: u32,
    /// Id of the plan.
    pub plan: String,
    /// Fiscal year that the follow-up is about.
    pub fiscal_year: Period,
    /// Day up to which observations are known.
    pub as_of: Date,
    /// Seed of every simulation.
    pub seed: u64,
    /// SHA-256 of the plan's files.
    pub plan_sha256: String,
    /// The plan's files: formulas, assumptions, observations, words.
    pub files: BTreeMap<String, String>,
    /// What was computed.
    pub results: Vec<EditionResult>,
}

/// One indicator's figures in an edition; decimal text in `unit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionResult {
    /// Indicator id.
    pub id: String,
    /// Period.
    pub at: Period,
    /// Unit.
    pub unit: String,
    /// Nothing rounded on the way; none where there is no value yet.
    pub value: Option<String>,
    /// On the printed path.
    pub printed_path: Option<String>,
    /// As it is published: `value` rounded as the plan says.
    pub published: Option<String>,
}

/// Why a file is not an edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditionFault {
    /// Not the JSON of an edition.
    #[error(
        "版のファイルとして読めません（{0}）。rashin edition make で作ったファイルを指定してください。 / this is not an edition file ({0}). Name a file made by `rashin edition make`."
    )]
    NotAnEdition(String),
    /// The seal does not fit the contents.
    #[error(
        "中身が公開時と違います。封印は {sealed}、今の中身は {found} です。公開時の控えと取り替えてください。 / the contents are not what was published: sealed {sealed}, found {found}. Replace the file by the published copy."
    )]
    Broken {
        /// Hash written in the file.
        sealed: String,
        /// Hash of what is there.
        found: String,
    },
    /// The plan inside does not pass its checks.
    #[error("版に収められた計画が読めません。 / the plan inside the edition cannot be read.\n{0}")]
    Plan(String),
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    edition: serde_json::Value,
    sha256: String,
}

impl Edition {
    /// Makes the edition of a fiscal year from a plan as known on a day: each indicator at its default period and at every
    /// period that it observed.
    pub fn make(plan: &Plan, files: &Files, fiscal_year: Period, as_of: Date) -> Self {
        let engine = Engine::new(plan, Some(as_of), Settings::default());
        let mut results = vec![];
        for indicator in &plan.indicators {
            let mut periods = engine.observed_periods(indicator);
            periods.push(engine.default_period(indicator));
            periods.sort_unstable();
            periods.dedup();
            for at in periods {
                let run = engine.run(at);
                let value = run.value(&indicator.id).ok();
                let published = value.as_ref().map(|value| match &indicator.round {
                    Some(quantum) => rounded(value, quantum),
                    None => value.clone(),
                });
                results.push(EditionResult {
                    id: indicator.id.clone(),
                    at,
                    unit: indicator.unit.to_string(),
                    value: value.as_ref().map(decimal),
                    printed_path: run.path(&indicator.id).ok().as_ref().map(decimal),
                    published: published.as_ref().map(decimal),
                });
            }
        }
        Self {
            layout: LAYOUT,
            plan: plan.head.id.clone(),
            fiscal_year,
            as_of,
            seed: plan.head.seed,
            plan_sha256: plan.sha256.clone(),
            files: files
                .iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
            results,
        }
    }

    /// The edition's file: canonical JSON with its seal.
    ///
    /// # Errors
    /// None in practice: an edition is always JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EditionFault> {
        let fault = |error: serde_json::Error| EditionFault::NotAnEdition(error.to_string());
        // `serde_json::Value` keeps object keys sorted, which makes the text canonical.
        let edition = serde_json::to_value(self).map_err(fault)?;
        let sha256 = sha256(&serde_json::to_vec(&edition).map_err(fault)?);
        let mut bytes = serde_json::to_vec(&Sealed { edition, sha256 }).map_err(fault)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads an edition's file and checks its seal.
    ///
    /// # Errors
    /// [`EditionFault::NotAnEdition`] or [`EditionFault::Broken`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EditionFault> {
        let fault = |error: serde_json::Error| EditionFault::NotAnEdition(error.to_string());
        let sealed: Sealed = serde_json::from_slice(bytes).map_err(fault)?;
        let found = sha256(&serde_json::to_vec(&sealed.edition).map_err(fault)?);
        if found != sealed.sha256 {
            return Err(EditionFault::Broken {
                sealed: sealed.sha256,
                found,
            });
        }
        let edition: Self = serde_json::from_value(sealed.edition).map_err(fault)?;
        // The seal covers the meaning of the JSON; a published file is also the same to the byte.
        if edition.to_bytes()? != bytes {
            return Err(EditionFault::Broken {
                sealed: sealed.sha256,
                found: "書き方の違う同じ内容 / same contents, other bytes".into(),
            });
        }
        Ok(edition)
    }

    /// The seal.
    ///
    /// # Errors
    /// As [`Edition::to_bytes`].
    pub fn sha256(&self) -> Result<String, EditionFault> {
        let fault = |error: serde_json::Error| EditionFault::NotAnEdition(error.to_string());
        let edition = serde_json::to_value(self).map_err(fault)?;
        Ok(sha256(&serde_json::to_vec(&edition).map_err(fault)?))
    }

    /// The plan inside, proved anew.
    ///
    /// # Errors
    /// [`EditionFault::Plan`] if it no longer passes.
    pub fn plan(&self) -> Result<Plan, EditionFault> {
        let files = Files::from_texts(
            self.files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str())),
        );
        Plan::read(files).map_err(|faults| EditionFault::Plan(faults.to_string()))
    }

    /// Recomputes every result from the files inside and names those that differ from what was published.
    ///
    /// # Errors
    /// [`EditionFault::Plan`] if the plan inside cannot be read.
    pub fn recompute(&self) -> Result<Vec<EditionResult>, EditionFault> {
        let plan = self.plan()?;
        let files = Files::from_texts(
            self.files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str())),
        );
        let again = Self::make(&plan, &files, self.fiscal_year, self.as_of);
        Ok(again
            .results
            .into_iter()
            .filter(|result| !self.results.contains(result))
            .collect())
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
