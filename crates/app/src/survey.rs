//! A survey total from firm-level answers, as `rashin survey --json` prints it.

use indicator::approx;
use indicator::stats::survey::{Method, Survey};
use serde::Serialize;
use vocab::{Lang, Refusal};

use crate::answer::Interval;

/// Every estimate of one survey. Numbers are decimal text in the unit of `y`.
#[derive(Debug, Clone, Serialize)]
pub struct SurveyAnswer {
    /// One estimate a method.
    pub estimates: Vec<SurveyEstimate>,
    /// The one to use.
    pub recommended: SurveyEstimate,
    /// Share of the frame's size that the answers cover.
    pub covered: String,
    /// Total if firms that did not answer invest `k` times as much as those that did: pairs of `k` and total. Bounds, not noise.
    pub non_response: Vec<(String, String)>,
}

/// One method's estimate.
#[derive(Debug, Clone, Serialize)]
pub struct SurveyEstimate {
    /// Stable name of the method.
    pub method: &'static str,
    /// Its name in Japanese and English.
    pub label: (&'static str, &'static str),
    /// Estimated total.
    pub total: String,
    /// Its standard error.
    pub standard_error: String,
    /// Its interval.
    pub interval: Interval,
}

/// Estimates a total from pairs `(y, x)` of the firms that answered.
///
/// # Errors
/// What [`Survey::new`] refuses.
pub fn survey(
    pairs: &[(f64, f64)],
    frame_total: f64,
    frame_n: usize,
    out_of_frame: Option<f64>,
    level: f64,
    seed: u64,
) -> Result<SurveyAnswer, Refusal> {
    let survey = Survey::new(pairs, frame_total, frame_n, out_of_frame)?;
    let estimates: Vec<SurveyEstimate> = survey
        .estimates(level, seed)?
        .into_iter()
        .map(|one| SurveyEstimate {
            method: one.method.code(),
            label: (one.method.label(Lang::Ja), one.method.label(Lang::En)),
            total: approx(one.total),
            standard_error: approx(one.standard_error),
            interval: Interval {
                level: approx(one.interval.level),
                low: approx(one.interval.low),
                high: approx(one.interval.high),
            },
        })
        .collect();
    let best = Method::RECOMMENDED.code();
    let recommended = estimates
        .iter()
        .find(|one| one.method == best)
        .cloned()
        .ok_or_else(|| {
            Refusal::new(
                "no-estimate",
                "推計できる方法がありません。回答を増やしてください。",
                "no method gives an estimate; more answers are needed.",
            )
        })?;
    let non_response = [0.5, 0.75, 1.0, 1.25, 1.5]
        .map(|k| (approx(k), approx(survey.non_response(k))))
        .to_vec();
    Ok(SurveyAnswer {
        estimates,
        recommended,
        covered: approx(survey.covered_share()),
        non_response,
    })
}
