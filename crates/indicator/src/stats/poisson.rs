//! What a count can tell: exact intervals, the chance of reaching or missing a figure, and the first year in which a miss would show.
//! Counts are Poisson around a yearly rate; it must never use a normal approximation, because the counts of KGI 3 (§5) are 2 to 8.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Gamma};
use statrs::function::gamma::gamma_ur;
use vocab::Refusal;

use super::{Interval, check_level};

/// Exact two-sided interval of the yearly rate from `count` cases in `years` years (Garwood 1936). Pooled years: give their sum.
///
/// # Errors
/// A level outside 0..1 or a number of years that is not above zero.
pub fn rate_interval(count: u64, years: f64, level: f64) -> Result<Interval, Refusal> {
    check_level(level)?;
    if !(years.is_finite() && years > 0.0) {
        return Err(Refusal::new(
            "years",
            format!("年数 {years} は使えません。0 より大きい年数を指定してください。"),
            format!("{years} years cannot be used; give a number of years above zero."),
        ));
    }
    let tail = (1.0 - level) / 2.0;
    let count = count as f64;
    let low = if count > 0.0 {
        gamma_quantile(count, tail)
    } else {
        0.0
    };
    let high = gamma_quantile(count + 1.0, 1.0 - tail);
    Ok(Interval {
        level,
        low: low / years,
        high: high / years,
    })
}

/// Probability that a count with mean `rate` is below `count`: P(X < count).
pub fn below(count: u64, rate: f64) -> f64 {
    match count {
        0 => 0.0,
        _ if rate <= 0.0 => 1.0,
        _ => gamma_ur(count as f64, rate),
    }
}

/// Probability that a count with mean `rate` reaches `count`: P(X >= count).
pub fn reaches(count: u64, rate: f64) -> f64 {
    1.0 - below(count, rate)
}

/// The first year in which staying behind the required path would be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Detection {
    /// Years counted together, the first year of the path being 1.
    pub years: usize,
    /// The required path counts as missed when the cumulative count is at most this.
    pub at_most: u64,
    /// Probability of noticing by then, if the actual rates hold.
    pub power: f64,
}

/// The first year in which a test of the cumulative count at level `alpha` (chance of calling a miss although the required path
/// holds) has at least `power` to notice that the rates are `actual` instead of `required`. Both are yearly rates, in step.
/// `None` when no year of the path is enough.
pub fn first_detection(required: &[f64], actual: &[f64], alpha: f64, power: f64) -> Option<Detection> {
    let (mut due, mut real) = (0.0, 0.0);
    // Counts 0, 1 … below this one speak against the path; it only rises, because what is due does.
    let mut limit = 0;
    for (year, (required, actual)) in required.iter().zip(actual).enumerate() {
        due += required;
        real += actual;
        while alpha < 1.0 && below(limit + 1, due) <= alpha {
            limit += 1;
        }
        let chance = below(limit, real);
        if limit > 0 && chance >= power {
            return Some(Detection {
                years: year + 1,
                at_most: limit - 1,
                power: chance,
            });
        }
    }
    None
}

fn gamma_quantile(shape: f64, probability: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(f64::NAN, |gamma| gamma.inverse_cdf(probability))
}
