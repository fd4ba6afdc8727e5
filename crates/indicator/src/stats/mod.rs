//! The statistics of the indicator engine: survey totals, counts, spreads, quantiles, projections, sensitivity.
//! Everything here is a pure function of numbers (`f64`, in whatever unit the caller keeps) and of a seed; it must never read a
//! clock, a file or a global generator, and never turn an assumption into a sampling error.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use vocab::Refusal;

pub mod coverage;
pub mod disclosure;
pub mod poisson;
pub mod projection;
pub mod quantile;
pub mod sample;
pub mod sensitivity;
pub mod survey;

/// An interval with the probability that it is made to cover.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Nominal probability, between 0 and 1; 0.95 for a 95 % interval.
    pub level: f64,
    /// Lower end, in the unit of the estimate.
    pub low: f64,
    /// Upper end, in the unit of the estimate.
    pub high: f64,
}

impl Interval {
    /// Whether the interval holds a value, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Refuses a level that is not strictly between 0 and 1.
pub(crate) fn check_level(level: f64) -> Result<(), Refusal> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Refusal::new(
        "level",
        format!(
            "信頼水準 {level} は使えません。0 より大きく 1 より小さい値（95% なら 0.95）を指定してください。"
        ),
        format!("Level {level} cannot be used; give a value between 0 and 1 (0.95 for 95 %)."),
    ))
}

/// Quantile of Student's t with `df` degrees of freedom (above zero).
pub(crate) fn student_quantile(probability: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |t| t.inverse_cdf(probability))
}

/// Quantile of the standard normal distribution.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Half-width factor of a two-sided interval: the t quantile that leaves `(1 - level) / 2` above it.
pub(crate) fn student_factor(level: f64, df: f64) -> f64 {
    student_quantile(0.5 + level / 2.0, df)
}

/// Probability that Student's t with `df` degrees of freedom exceeds `t`.
pub(crate) fn student_above(t: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |student| student.sf(t))
}

/// Arithmetic mean; NaN when there is nothing to average.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
