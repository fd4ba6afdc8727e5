//! Where an indicator must go and where it is going: the required path, and three simple models with their predictive
//! distributions, each of which can be back-tested before it is shown. A series is `(year, value)` in rising order of years. It must never
//! choose a model by itself or hide that a series is too short to judge one.

use serde::Serialize;
use statrs::function::beta::beta_reg;
use vocab::Refusal;

use super::{mean, student_above, student_quantile};

/// A year and the value in it.
pub type Point = (i32, f64);

/// Fewest observations for a back-test: three to fit, two to forecast.
const BACKTEST_MINIMUM: usize = 5;
/// Fewest observations for a fit with an error: two parameters and one degree of freedom.
const FIT_MINIMUM: usize = 3;

/// The required value of a year when the same rate holds every year from `base` to `target` (both values above zero).
pub fn constant_growth_path(base: Point, target: Point, year: i32) -> f64 {
    base.1 * (target.1 / base.1).powf(share_of_time(base, target, year))
}

/// The required value of a year when the same amount is added every year from `base` to `target`; for counts.
pub fn linear_path(base: Point, target: Point, year: i32) -> f64 {
    base.1 + (target.1 - base.1) * share_of_time(base, target, year)
}

/// Yearly growth (0.05 for 5 %) that leads from `now` to `target`; `None` unless both values are above zero and the target lies ahead.
pub fn required_growth(now: Point, target: Point) -> Option<f64> {
    let years = f64::from(target.0) - f64::from(now.0);
    (years > 0.0 && now.1 > 0.0 && target.1 > 0.0).then(|| (target.1 / now.1).powf(1.0 / years) - 1.0)
}

fn share_of_time(base: Point, target: Point, year: i32) -> f64 {
    (f64::from(year) - f64::from(base.0)) / (f64::from(target.0) - f64::from(base.0))
}

/// A named model of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// A straight line through the logarithms, by least squares; values above zero.
    ConstantGrowth,
    /// The last value, moved each year by a random step on the log scale with the mean step so far; values above zero.
    RandomWalk,
    /// Counts around one unchanging yearly rate (Poisson, with Jeffreys' prior on the rate); values of zero or more.
    ConstantRate,
}

/// A model fitted to a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit(Shape);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Line {
        n: f64,
        mean_year: f64,
        mean_log: f64,
        slope: f64,
        sd: f64,
        squares: f64,
    },
    Walk {
        n: f64,
        last_year: f64,
        last_log: f64,
        drift: f64,
        sd: f64,
        span: f64,
    },
    Rate {
        count: f64,
        years: f64,
    },
}

impl Fit {
    /// Fits a model.
    ///
    /// # Errors
    /// Years that do not rise, values that the model cannot hold, or fewer observations than it needs (three; one for a rate).
    pub fn new(model: Model, series: &[Point]) -> Result<Self, Refusal> {
        check_series(model, series)?;
        let n = series.len() as f64;
        let logs = || series.iter().map(|p| p.1.ln());
        let years = || series.iter().map(|p| f64::from(p.0));
        Ok(Self(match (model, series) {
            (Model::ConstantGrowth, _) => {
                let (mean_year, mean_log) = (mean(years()), mean(logs()));
                let squares: f64 = years().map(|t| (t - mean_year).powi(2)).sum();
                let slope = years().zip(logs()).map(|(t, l)| (t - mean_year) * l).sum::<f64>() / squares;
                let residual = |(t, l): (f64, f64)| (l - mean_log - slope * (t - mean_year)).powi(2);
                let sd = (years().zip(logs()).map(residual).sum::<f64>() / (n - 2.0)).sqrt();
                Shape::Line {
                    n,
                    mean_year,
                    mean_log,
                    slope,
                    sd,
                    squares,
                }
            }
            (Model::RandomWalk, [first, .., last]) => {
                let span = f64::from(last.0) - f64::from(first.0);
                let drift = (last.1.ln() - first.1.ln()) / span;
                let squared_step = |w: &[Point]| {
                    let time = f64::from(w[1].0) - f64::from(w[0].0);
                    (w[1].1.ln() - w[0].1.ln() - drift * time).powi(2) / time
                };
                let sd = (series.windows(2).map(squared_step).sum::<f64>() / (n - 2.0)).sqrt();
                Shape::Walk {
                    n,
                    last_year: f64::from(last.0),
                    last_log: last.1.ln(),
                    drift,
                    sd,
                    span,
                }
            }
            _ => Shape::Rate {
                count: series.iter().map(|p| p.1).sum(),
                years: n,
            },
        }))
    }

    /// Yearly growth of the fitted model (0.05 for 5 %); zero for a constant rate.
    pub fn growth(&self) -> f64 {
        match self.0 {
            Shape::Line { slope, .. } => slope.exp_m1(),
            Shape::Walk { drift, .. } => drift.exp_m1(),
            Shape::Rate { .. } => 0.0,
        }
    }

    /// Distribution of one new observation in a year. A random walk answers for years from its last one on; earlier years give that.
    pub fn predict(&self, year: i32) -> Prediction {
        let year = f64::from(year);
        match self.0 {
            Shape::Line {
                n,
                mean_year,
                mean_log,
                slope,
                sd,
                squares,
            } => {
                let ahead = year - mean_year;
                let scale = sd * (1.0 + 1.0 / n + ahead.powi(2) / squares).sqrt();
                Prediction::LogStudent {
                    location: mean_log + slope * ahead,
                    scale,
                    df: n - 2.0,
                }
            }
            Shape::Walk {
                n,
                last_year,
                last_log,
                drift,
                sd,
                span,
            } => {
                let ahead = (year - last_year).max(0.0);
                let scale = sd * (ahead * (1.0 + ahead / span)).sqrt();
                Prediction::LogStudent {
                    location: last_log + drift * ahead,
                    scale,
                    df: n - 2.0,
                }
            }
            Shape::Rate { count, years } => Prediction::Count {
                shape: count + 0.5,
                exposure: years,
            },
        }
    }

    /// Quantiles at `probabilities` for each of `years`: the fan of a chart.
    pub fn fan(&self, years: impl IntoIterator<Item = i32>, probabilities: &[f64]) -> Vec<Vec<f64>> {
        let row = |year| {
            let prediction = self.predict(year);
            probabilities.iter().map(|p| prediction.quantile(*p)).collect()
        };
        years.into_iter().map(row).collect()
    }
}

/// The predictive distribution of one year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prediction {
    /// The logarithm follows a shifted and scaled Student's t.
    LogStudent {
        /// Centre of the logarithm.
        location: f64,
        /// Scale of the logarithm.
        scale: f64,
        /// Degrees of freedom.
        df: f64,
    },
    /// Negative binomial: a Poisson count whose rate has a gamma distribution.
    Count {
        /// Shape of the rate's gamma distribution.
        shape: f64,
        /// Years of observation behind it.
        exposure: f64,
    },
}

impl Prediction {
    /// The single best figure: the median, for a count the mean.
    pub fn centre(&self) -> f64 {
        match *self {
            Self::LogStudent { location, .. } => location.exp(),
            Self::Count { shape, exposure } => shape / exposure,
        }
    }

    /// Quantile at a probability strictly between 0 and 1; for a count the least whole number that reaches it.
    pub fn quantile(&self, probability: f64) -> f64 {
        match *self {
            Self::LogStudent { location, scale, df } => {
                if scale > 0.0 {
                    (location + scale * student_quantile(probability, df)).exp()
                } else {
                    location.exp()
                }
            }
            Self::Count { .. } => {
                let enough = |count: f64| 1.0 - self.reaches(count + 1.0) >= probability;
                let mut high = 1.0;
                while !enough(high) && high < 1e15 {
                    high *= 2.0;
                }
                let mut low = -1.0;
                while high - low > 1.0 {
                    let middle = f64::midpoint(low, high).floor();
                    if enough(middle) {
                        high = middle;
                    } else {
                        low = middle;
                    }
                }
                high
            }
        }
    }

    /// Probability of reaching a target: P(value >= target).
    pub fn reaches(&self, target: f64) -> f64 {
        match *self {
            Self::LogStudent { .. } | Self::Count { .. } if target <= 0.0 => 1.0,
            Self::LogStudent { location, scale, df } if scale > 0.0 => {
                student_above((target.ln() - location) / scale, df)
            }
            Self::LogStudent { location, .. } => f64::from(u8::from(location.exp() >= target)),
            Self::Count { shape, exposure } => beta_reg(target.ceil(), shape, 1.0 / (exposure + 1.0)),
        }
    }
}

/// How a model would have forecast its own past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Backtest {
    /// Forecasts made.
    pub forecasts: usize,
    /// Mean absolute error of the model, as a share of the observed value.
    pub model_error: f64,
    /// The same for the naive forecast, which repeats the last value.
    pub naive_error: f64,
}

/// Forecasts each observation from the third on by the ones before it (rolling origin, one observation ahead).
///
/// # Errors
/// Fewer than five observations ("too short to back-test"), a value of zero, of which no error has a share, and what [`Fit::new`] refuses.
pub fn backtest(model: Model, series: &[Point]) -> Result<Backtest, Refusal> {
    if series.len() < BACKTEST_MINIMUM {
        return Err(Refusal::new(
            "too_short_to_backtest",
            format!(
                "観測値が {} 個では短すぎ、予測の当てはまりを過去で検証できません（{BACKTEST_MINIMUM} 個以上必要です）。",
                series.len()
            ),
            format!(
                "{} observations are too short to back-test; it takes at least {BACKTEST_MINIMUM}.",
                series.len()
            ),
        ));
    }
    if let Some((year, _)) = series.iter().find(|p| p.1 == 0.0) {
        return Err(Refusal::new(
            "backtest_zero",
            format!("{year} 年の値が 0 のため、誤差率を計算できません。"),
            format!("The value of {year} is zero, so an error in per cent cannot be computed."),
        ));
    }
    let (mut model_error, mut naive_error) = (0.0, 0.0);
    for origin in FIT_MINIMUM..series.len() {
        let (past, (year, actual)) = (&series[..origin], series[origin]);
        model_error += (Fit::new(model, past)?.predict(year).centre() / actual - 1.0).abs();
        naive_error += (past[origin - 1].1 / actual - 1.0).abs();
    }
    let forecasts = series.len() - FIT_MINIMUM;
    let count = forecasts as f64;
    Ok(Backtest {
        forecasts,
        model_error: model_error / count,
        naive_error: naive_error / count,
    })
}

fn check_series(model: Model, series: &[Point]) -> Result<(), Refusal> {
    let (minimum, floor_is_allowed) = match model {
        Model::ConstantGrowth | Model::RandomWalk => (FIT_MINIMUM, false),
        Model::ConstantRate => (1, true),
    };
    if series.len() < minimum {
        return Err(Refusal::new(
            "series_too_short",
            format!(
                "観測値が {} 個では足りません。このモデルには {minimum} 個以上必要です。",
                series.len()
            ),
            format!(
                "{} observations are not enough; this model needs at least {minimum}.",
                series.len()
            ),
        ));
    }
    if let Some(pair) = series.windows(2).find(|w| w[1].0 <= w[0].0) {
        return Err(Refusal::new(
            "series_order",
            format!(
                "{} 年の次に {} 年があります。年の順に、1 年に 1 つだけ並べてください。",
                pair[0].0, pair[1].0
            ),
            format!(
                "{} is followed by {}; order the series by year, one value a year.",
                pair[0].0, pair[1].0
            ),
        ));
    }
    let holds = |v: f64| v.is_finite() && (v > 0.0 || floor_is_allowed && v == 0.0);
    if let Some((year, value)) = series.iter().find(|p| !holds(p.1)) {
        return Err(Refusal::new(
            "series_value",
            format!(
                "{year} 年の値 {value} はこのモデルでは使えません。正の値（件数は 0 以上）にしてください。"
            ),
            format!(
                "The value {value} of {year} cannot be used by this model; it takes values above zero (counts: or zero)."
            ),
        ));
    }
    Ok(())
}
