//! The study that chose the recommended survey interval: synthetic surveys whose totals are known, and how often each method's 95 %
//! interval covers them. It must never be tuned to make a method look good: sizes, ratios and the draw are stated here and fixed.
//!
//! Sizes are log-normal with a standard deviation of 1 on the log scale (the largest of 26 firms has about a fifth of the total), ratios
//! y/x are log-normal with a stated coefficient of variation between firms, independent of size, and each replication draws a new
//! population and a simple random sample without replacement. The total to be covered is that of the finite population.
//!
//! Coverage in % for 9 of 26 firms, 20,000 replications (standard error about 0.2), seed 20260318:
//!
//! | between-firm CV | 0.5 | 0.8 | 1.0 |
//! |---|---|---|---|
//! | `ratio_prediction` (recommended) | 95.7 | 95.2 | 94.8 |
//! | `ratio` | 84.2 | 82.4 | 81.3 |
//! | `ratio_jackknife` | 87.8 | 85.9 | 84.4 |
//! | `ratio_log_jackknife` | 88.7 | 87.7 | 87.0 |
//! | `ratio_bootstrap` | 82.0 | 80.5 | 79.6 |
//! | `ratio_bootstrap_t` | 89.1 | 88.6 | 88.3 |
//! | `expansion` | 83.8 | 81.7 | 80.4 |
//! | `regression` | 75.3 | 73.8 | 72.8 |
//!
//! With more even sizes (0.5 on the log scale) the recommended method covers 96.0, 95.3 and 94.7, with less even ones (1.2) 95.4, 95.0
//! and 94.7. Its price is width: the mean interval is 1.05, 1.76 and 2.24 times the total, where the plain one is 0.61 to 1.08.
//!
//! Limits: the method was chosen on this design, among several that correct for skewness. Other surveys of 26 firms cover 93.9–94.9 with
//! 5 answers, 95.8–96.4 with 15 and 97.2–97.9 with 22; 30 of 200 cover 94.1–94.8, but 9 of 2,000 only 91.6–93.1. Answers that are not
//! like a random sample are covered by none of these figures: see [`Survey::non_response`].

use rand_distr::{Distribution, LogNormal};
use serde::Serialize;
use vocab::Refusal;

use super::sample::generator;
use super::survey::{Estimate, Method, Survey};

/// A synthetic population and the sample drawn from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synthetic {
    /// Firms that answer.
    pub answers: usize,
    /// Firms of the frame.
    pub frame_n: usize,
    /// Standard deviation of the logarithm of the sizes.
    pub size_log_sd: f64,
    /// Coefficient of variation of the ratios y/x between firms.
    pub ratio_cv: f64,
}

impl Synthetic {
    /// The survey of KGI 2 (§5 ②): 9 of 26 firms, with the given coefficient of variation between firms.
    pub fn nine_of_26(ratio_cv: f64) -> Self {
        Self {
            answers: 9,
            frame_n: 26,
            size_log_sd: 1.0,
            ratio_cv,
        }
    }
}

/// How one method fared; shares are of the replications.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// The method.
    pub method: Method,
    /// Share of intervals that hold the true total.
    pub covered: f64,
    /// Share of intervals that lie wholly above the true total.
    pub too_high: f64,
    /// Share of intervals that lie wholly below the true total.
    pub too_low: f64,
    /// Mean width of the interval, relative to the true total.
    pub width: f64,
}

/// Coverage of the 95 % intervals of `methods` over `replications` synthetic surveys; a method that the design does not allow is left out.
///
/// # Errors
/// A design that no survey can have (see [`Survey::new`]), or a spread that is negative or not a number.
pub fn coverage_study(
    design: &Synthetic,
    methods: &[Method],
    replications: u32,
    seed: u64,
) -> Result<Vec<Coverage>, Refusal> {
    let log_sd = design.ratio_cv.powi(2).ln_1p().sqrt();
    let (Ok(sizes), Ok(ratios), true) = (
        LogNormal::new(0.0, design.size_log_sd),
        LogNormal::new(-log_sd * log_sd / 2.0, log_sd),
        design.size_log_sd >= 0.0 && design.ratio_cv >= 0.0 && design.answers <= design.frame_n,
    ) else {
        return Err(Refusal::new(
            "synthetic_design",
            "合成調査のばらつきは 0 以上の数値、回答数は対象企業数以下で指定してください。",
            "Give the spreads of the synthetic survey as numbers of zero or more, and no more answers than firms.",
        ));
    };
    let mut tallies: Vec<Tally> = methods.iter().map(|method| Tally::new(*method)).collect();
    for replication in 0..replications {
        let mut rng = generator(seed, 1, replication.into());
        let firms: Vec<(f64, f64)> = (0..design.frame_n)
            .map(|_| {
                let x = sizes.sample(&mut rng);
                (ratios.sample(&mut rng) * x, x)
            })
            .collect();
        let (truth, frame_total) = firms
            .iter()
            .fold((0.0, 0.0), |(y, x), firm| (y + firm.0, x + firm.1));
        // Firms are exchangeable, so the first of them are a simple random sample.
        let survey = Survey::new(&firms[..design.answers], frame_total, design.frame_n, None)?;
        for tally in &mut tallies {
            tally.add(&survey, truth, replication.into());
        }
    }
    Ok(tallies
        .iter()
        .filter(|tally| tally.count > 0)
        .map(Tally::coverage)
        .collect())
}

/// Running counts of one method.
struct Tally {
    method: Method,
    count: u32,
    too_high: u32,
    too_low: u32,
    width: f64,
}

impl Tally {
    fn new(method: Method) -> Self {
        Self {
            method,
            count: 0,
            too_high: 0,
            too_low: 0,
            width: 0.0,
        }
    }

    fn add(&mut self, survey: &Survey, truth: f64, seed: u64) {
        let Some(Estimate { interval, .. }) = survey.estimate(self.method, 0.95, seed) else {
            return;
        };
        self.count += 1;
        self.too_high += u32::from(truth < interval.low);
        self.too_low += u32::from(truth > interval.high);
        self.width += (interval.high - interval.low) / truth;
    }

    fn coverage(&self) -> Coverage {
        let share = |count: u32| f64::from(count) / f64::from(self.count);
        Coverage {
            method: self.method,
            covered: share(self.count - self.too_high - self.too_low),
            too_high: share(self.too_high),
            too_low: share(self.too_low),
            width: self.width / f64::from(self.count),
        }
    }
}
