//! What the database of advisories says of one vulnerability, by any of its names, and which devices it concerns.

use std::collections::BTreeSet;
use std::sync::Arc;

use cyber::priority::Score;
use vocab::Refusal;

use super::SEVERITIES;
use super::watch::{Device, Room};
use super::words::InWords;

/// What is known of a vulnerability.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Every name, the one that it is called by first.
    pub names: Vec<String>,
    pub summary: String,
    pub exploited: bool,
    pub severity: &'static str,
}

/// Whom a vulnerability concerns.
#[derive(Debug, Clone, Default)]
pub(super) struct Concerned {
    pub sure: Vec<Device>,
    /// Of these a person must tell: their makers are asked, and who holds them is told once the makers have answered.
    pub doubtful: Vec<Device>,
    /// Advisories that speak of it in words, each with its first name there: what is held beside these devices is held against them.
    pub in_words: Vec<(Arc<InWords>, String)>,
}

/// The option for a score.
pub(super) fn severity(score: Option<f64>) -> &'static str {
    let place = match score {
        Some(score) if score >= 9.0 => 0,
        Some(score) if score >= 7.0 => 1,
        Some(score) if score >= 4.0 => 2,
        Some(score) if score > 0.0 => 3,
        _ => 4,
    };
    SEVERITIES[place]
}

impl Room {
    /// What the database says of a vulnerability by any of its names; nothing of one that it does not know any more.
    pub fn facts(&self, advisory: &str) -> Result<Option<Facts>, Refusal> {
        let Some(database) = &self.database else {
            return Ok(None);
        };
        let mut names = database.names(advisory)?;
        let known: BTreeSet<String> = names.iter().cloned().collect();
        let in_words: Vec<_> = self.words.named(&known).collect();
        for name in in_words.iter().flat_map(|(_, one)| &one.names) {
            names.extend(database.names(name)?);
        }
        // What a CVE number is given to is known by it; otherwise by the record that was found.
        names.sort_by_key(|name| (!name.starts_with("CVE-"), name != advisory, name.clone()));
        names.dedup();
        let (mut exploited, mut score, mut summary) = (false, None::<f64>, None);
        for name in &names {
            exploited |= database.exploited(name)?.is_some();
            let record = database.record(name)?.filter(|record| record.withdrawn.is_none());
            if let Some(record) = record {
                let inner = record.affected.iter().flat_map(|affected| &affected.severity);
                let scores = record.severity.iter().chain(inner);
                let scores = scores.filter_map(|severity| Score::new(&record.id, severity).score);
                score = scores.chain(score).reduce(f64::max);
                summary = summary.or(record.summary);
            }
        }
        for (id, one) in in_words {
            let scores = one
                .severity
                .iter()
                .filter_map(|severity| Score::new(id, severity).score);
            score = scores.chain(score).reduce(f64::max);
            summary = summary.or_else(|| Some(one.title.clone()));
        }
        Ok(Some(Facts {
            names,
            summary: summary.unwrap_or_default(),
            exploited,
            severity: severity(score),
        }))
    }

    /// Whether all that was known of a vulnerability by these names was withdrawn. What is not known any more is not withdrawn by that.
    pub fn is_withdrawn(&self, names: &[String]) -> Result<bool, Refusal> {
        let Some(database) = &self.database else {
            return Ok(false);
        };
        let mut gone = names.iter().any(|name| self.words.is_withdrawn(name));
        for name in names {
            if let Some(record) = database.record(name)? {
                if record.withdrawn.is_none() {
                    return Ok(false);
                }
                gone = true;
            }
        }
        let names = names.iter().cloned().collect();
        Ok(gone && self.words.named(&names).next().is_none())
    }

    /// The devices that a vulnerability concerns, by any of its names.
    pub fn concerned(&self, advisory: &str, names: &[String]) -> Concerned {
        let ids: BTreeSet<String> = names.iter().cloned().chain([advisory.to_owned()]).collect();
        let mut sure: BTreeSet<&str> = ids.iter().flat_map(|id| self.portfolio.affected(id)).collect();
        let mut doubtful = BTreeSet::new();
        let mut in_words = vec![];
        for (_, one) in self.words.named(&ids) {
            for (key, is_sure) in &one.devices {
                if *is_sure { &mut sure } else { &mut doubtful }.insert(key.as_str());
            }
            in_words.push((Arc::clone(&one.by), one.first.clone()));
        }
        doubtful.retain(|key| !sure.contains(key));
        let devices = |keys: BTreeSet<&str>| {
            let devices = keys.into_iter().filter_map(|key| self.devices.get(key).cloned());
            devices.collect()
        };
        Concerned {
            sure: devices(sure),
            doubtful: devices(doubtful),
            in_words,
        }
    }
}
