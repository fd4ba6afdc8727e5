//! What decides which finding comes first: known exploited vulnerabilities (KEV), then the CVSS score, then the chance of exploitation
//! (EPSS). It only orders: nothing is left out because it comes last, and each finding says by what it stands where it does.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vocab::Refusal;

use crate::document::cvss::Vector;
use crate::osv::Severity;

/// A catalogue of known exploited vulnerabilities, as CISA publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// When it was released.
    pub released: Timestamp,
    /// By CVE.
    pub entries: BTreeMap<String, Exploited>,
}

/// That a vulnerability is known to be exploited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploited {
    /// The day it came into the catalogue, as written.
    pub added: String,
    /// The day by which federal agencies must act, as written.
    pub due: Option<String>,
    /// Whether extortionists are known to use it.
    pub ransomware: bool,
}

/// A day's chances of exploitation, as FIRST publishes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chances {
    /// The day of the scores as the file says it; empty where it does not.
    pub date: String,
    /// By CVE.
    pub entries: BTreeMap<String, Chance>,
}

/// The chance that a vulnerability is exploited within thirty days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// From 0 to 1.
    pub score: f64,
    /// Share of vulnerabilities with at most this score, from 0 to 1.
    pub percentile: f64,
}

/// A score as a record gives it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The record that gives it: the finding's own, or one of the same vulnerability.
    pub from: String,
    /// Such as `CVSS_V3`.
    pub kind: String,
    /// The vector or word as written.
    pub vector: String,
    /// Base score from 0 to 10; nothing for what is no CVSS vector.
    pub score: Option<f64>,
}

/// What a finding is ordered by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Priority {
    /// The first of the three that is known of it.
    pub by: Basis,
    /// Known exploitation.
    pub kev: Option<Exploited>,
    /// Every score.
    pub cvss: Vec<Score>,
    /// Chance of exploitation.
    pub epss: Option<Chance>,
}

/// By what a finding stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// It is known to be exploited.
    Kev,
    /// Its score.
    Cvss,
    /// Its chance of exploitation.
    Epss,
    /// Nothing is known of it.
    Unrated,
}

impl Priority {
    /// From what is known of a vulnerability.
    pub fn new(kev: Option<Exploited>, cvss: Vec<Score>, epss: Option<Chance>) -> Self {
        let scored = cvss.iter().any(|score| score.score.is_some());
        let by = match (&kev, scored, epss) {
            (Some(_), _, _) => Basis::Kev,
            (None, true, _) => Basis::Cvss,
            (None, false, Some(_)) => Basis::Epss,
            (None, false, None) => Basis::Unrated,
        };
        Self { by, kev, cvss, epss }
    }

    /// The highest score: of several nothing is understated.
    pub fn score(&self) -> Option<f64> {
        self.cvss
            .iter()
            .filter_map(|score| score.score)
            .max_by(f64::total_cmp)
    }

    /// Less is more urgent. What has no score comes after what has one.
    pub fn compare(&self, other: &Self) -> Ordering {
        let higher = |a: Option<f64>, b: Option<f64>| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0));
        let chance = |priority: &Self| priority.epss.map(|chance| chance.score);
        other
            .kev
            .is_some()
            .cmp(&self.kev.is_some())
            .then_with(|| higher(self.score(), other.score()))
            .then_with(|| higher(chance(self), chance(other)))
    }
}

impl Score {
    /// A record's severity with its score computed.
    pub fn new(from: &str, severity: &Severity) -> Self {
        Self {
            from: from.to_owned(),
            kind: severity.kind.clone(),
            vector: severity.score.clone(),
            score: Vector::parse(&severity.score).and_then(|vector| vector.base()),
        }
    }
}

impl Catalogue {
    /// Reads the catalogue's JSON; nothing if it is another document.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct File {
            date_released: Timestamp,
            vulnerabilities: Vec<Entry>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            #[serde(rename = "cveID")]
            cve: String,
            date_added: String,
            due_date: Option<String>,
            known_ransomware_campaign_use: Option<String>,
        }
        let file: File = serde_json::from_slice(bytes).ok()?;
        let entries = file.vulnerabilities.into_iter().map(|entry| {
            let exploited = Exploited {
                added: entry.date_added,
                due: entry.due_date,
                ransomware: entry.known_ransomware_campaign_use.as_deref() == Some("Known"),
            };
            (entry.cve, exploited)
        });
        Some(Self {
            released: file.date_released,
            entries: entries.collect(),
        })
    }
}

impl Chances {
    /// Reads the scores' CSV (`cve,epss,percentile`, a comment with the day before it); nothing if it is another table.
    ///
    /// # Errors
    ///
    /// `bad_epss`, with the first line that is no score.
    pub fn parse(text: &str) -> Option<Result<Self, Refusal>> {
        let mut lines = text.lines().zip(1..);
        let mut date = "";
        let mut first = lines.next()?;
        if let Some(comment) = first.0.strip_prefix('#') {
            let stated = comment
                .split(',')
                .find_map(|part| part.trim().strip_prefix("score_date:"));
            date = stated.unwrap_or_default();
            first = lines.next()?;
        }
        if first.0.trim() != "cve,epss,percentile" {
            return None;
        }
        let entries = lines
            .filter(|(line, _)| !line.trim().is_empty())
            .map(|(line, number)| row(line).ok_or_else(|| bad_row(number)))
            .collect::<Result<_, _>>();
        Some(entries.map(|entries| Self {
            date: date.to_owned(),
            entries,
        }))
    }
}

fn row(line: &str) -> Option<(String, Chance)> {
    let (cve, numbers) = line.split_once(',')?;
    let (score, percentile) = numbers.split_once(',')?;
    let share = |text: &str| {
        let share = text.trim().parse::<f64>().ok()?;
        (0.0..=1.0).contains(&share).then_some(share)
    };
    let chance = Chance {
        score: share(score)?,
        percentile: share(percentile)?,
    };
    Some((cve.trim().to_owned(), chance))
}

fn bad_row(number: usize) -> Refusal {
    Refusal::new(
        "bad_epss",
        format!("{number} 行目が EPSS の値（CVE、0 から 1 の値二つ）として読めません。"),
        format!("line {number} is no EPSS score: a CVE and two numbers from 0 to 1 are expected."),
    )
}

#[cfg(test)]
mod tests {
    use super::{Basis, Catalogue, Chance, Chances, Exploited, Priority, Score};
    use crate::osv::Severity;

    fn priority(kev: bool, vector: Option<&str>, epss: Option<f64>) -> Priority {
        let exploited = Exploited {
            added: "2025-01-01".to_owned(),
            due: None,
            ransomware: false,
        };
        let severity = vector.map(|vector| Severity {
            kind: "CVSS_V3".to_owned(),
            score: vector.to_owned(),
        });
        Priority::new(
            kev.then_some(exploited),
            severity
                .iter()
                .map(|severity| Score::new("X-1", severity))
                .collect(),
            epss.map(|score| Chance {
                score,
                percentile: score,
            }),
        )
    }

    #[test]
    fn exploited_comes_first_then_score_then_chance() {
        let high = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        let low = "CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:H/I:H/A:H";
        let ordered = [
            priority(true, None, None),
            priority(false, Some(high), Some(0.9)),
            priority(false, Some(high), Some(0.1)),
            priority(false, Some(high), None),
            priority(false, Some(low), Some(1.0)),
            priority(false, Some("not a vector"), Some(1.0)),
            priority(false, None, None),
        ];
        for pair in ordered.windows(2) {
            assert!(pair[0].compare(&pair[1]).is_lt(), "{pair:?}");
        }
        let by: Vec<Basis> = ordered.iter().map(|priority| priority.by).collect();
        assert_eq!(
            by,
            [
                Basis::Kev,
                Basis::Cvss,
                Basis::Cvss,
                Basis::Cvss,
                Basis::Cvss,
                Basis::Epss,
                Basis::Unrated
            ]
        );
    }

    #[test]
    fn files_are_told_by_what_they_hold() {
        let csv = "#model_version:v2025.03.14,score_date:2025-08-25T12:55:00Z\ncve,epss,percentile\nCVE-2025-0001,0.5,0.75\n";
        let chances = Chances::parse(csv).unwrap().unwrap();
        assert_eq!(chances.date, "2025-08-25T12:55:00Z");
        let expected = Chance {
            score: 0.5,
            percentile: 0.75,
        };
        assert_eq!(chances.entries["CVE-2025-0001"], expected);
        assert!(Chances::parse("a,b\n1,2\n").is_none());
        let refusal = Chances::parse("cve,epss,percentile\nCVE-2025-0001,2,0.75\n")
            .unwrap()
            .unwrap_err();
        assert_eq!(refusal.kind, "bad_epss");
        assert!(refusal.en.contains("line 2"));
        let kev = br#"{"dateReleased": "2025-08-25T17:04:19.9796Z", "vulnerabilities":
            [{"cveID": "CVE-2025-0001", "dateAdded": "2025-08-25", "knownRansomwareCampaignUse": "Known"}]}"#;
        assert!(Catalogue::parse(kev).unwrap().entries["CVE-2025-0001"].ransomware);
        assert!(Catalogue::parse(br#"{"id": "X-1"}"#).is_none());
    }
}
