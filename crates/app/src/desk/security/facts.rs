//! What the database of advisories says of one vulnerability, by any of its names, and which devices it concerns.

use std::collections::BTreeSet;

use cyber::priority::Score;
use vocab::Refusal;

use super::SEVERITIES;
use super::watch::{Device, Room};

/// What is known of a vulnerability.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Every name, the one that it is called by first.
    pub names: Vec<String>,
    pub summary: String,
    pub exploited: bool,
    pub severity: &'static str,
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
        // What a CVE number is given to is known by it; otherwise by the record that was found.
        names.sort_by_key(|name| (!name.starts_with("CVE-"), name != advisory, name.clone()));
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
        Ok(Some(Facts {
            names,
            summary: summary.unwrap_or_default(),
            exploited,
            severity: severity(score),
        }))
    }

    /// The devices that a vulnerability concerns, by any of its names.
    pub fn concerned(&self, advisory: &str, names: &[String]) -> Vec<Device> {
        let ids = std::iter::once(advisory).chain(names.iter().map(String::as_str));
        let keys: BTreeSet<&str> = ids.flat_map(|id| self.portfolio.affected(id)).collect();
        keys.into_iter()
            .filter_map(|key| self.devices.get(key).cloned())
            .collect()
    }
}
