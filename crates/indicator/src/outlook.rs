//! Where an indicator stands, where it must go and where it goes if things go on.
//!
//! The parts are never mixed up: *observed* values, the *required* path to the target, the *implied*
//! path by the plan's named model with its fan, and the figures that the *report* prints.

use plan::{Indicator, PathShape};
use serde::Serialize;
use vocab::{Period, Refusal};

use crate::engine::{Engine, rounded};
use crate::simulate::{Draws, Simulation, Wanted};
use crate::stats::projection::{self, Backtest, Fit, Model, Prediction};
use crate::stats::{poisson, quantile};

/// Probabilities of the fan's edges: 95 %, 80 % and 50 % bands around the median.
pub const FAN: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];

/// A value in a year, in the indicator's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Year.
    pub at: Period,
    /// Value.
    #[serde(serialize_with = "crate::approx::one")]
    pub value: f64,
    /// Exact interval of a count's yearly rate, if it is a count.
    #[serde(serialize_with = "crate::approx::pair")]
    pub interval: Option<(f64, f64)>,
}

/// A year's edges of the fan, in the order of [`FAN`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// Year.
    pub at: Period,
    /// Quantiles.
    #[serde(serialize_with = "crate::approx::all")]
    pub edges: [f64; 7],
}

/// What one year's count can tell (KGI 3).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CountPower {
    /// The target count.
    #[serde(serialize_with = "crate::approx::one")]
    pub target: f64,
    /// Yearly rate that the observations give.
    #[serde(serialize_with = "crate::approx::one")]
    pub rate: f64,
    /// Exact interval of that rate.
    #[serde(serialize_with = "crate::approx::one")]
    pub rate_low: f64,
    /// Exact interval of that rate.
    #[serde(serialize_with = "crate::approx::one")]
    pub rate_high: f64,
    /// Chance that one year misses the target although the true rate is the target.
    #[serde(serialize_with = "crate::approx::one")]
    pub miss_at_target: f64,
    /// Chance that one year reaches the target although the true rate is still the last observed count.
    #[serde(serialize_with = "crate::approx::one")]
    pub reach_at_last: f64,
    /// The last observed count.
    #[serde(serialize_with = "crate::approx::one")]
    pub last: f64,
    /// First year in which staying at the present rate would be told from the required path (5 % error, 80 % power, years pooled).
    pub detectable: Option<i32>,
}

/// An indicator's course.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// What was observed.
    pub observed: Vec<Point>,
    /// What the target requires, year by year.
    pub required: Vec<Point>,
    /// What the plan's model implies, year by year.
    pub implied: Vec<Point>,
    /// The fan around the implied path.
    pub fan: Vec<Band>,
    /// What the report prints.
    pub printed: Vec<Point>,
    /// Chance that the implied path reaches the target in its year.
    #[serde(serialize_with = "crate::approx::optional")]
    pub chance: Option<f64>,
    /// Yearly growth that leads from the last observation to the target.
    #[serde(serialize_with = "crate::approx::optional")]
    pub growth_required: Option<f64>,
    /// What a year's count can tell.
    pub counts: Option<CountPower>,
    /// How the model of constant growth would have forecast the observations, or why that cannot be said.
    pub backtest: Result<Backtest, Refusal>,
}

impl Engine<'_> {
    /// The course of an indicator, simulated with so many draws.
    ///
    /// # Errors
    /// A refusal where the implied path cannot be computed for another reason than missing data.
    pub fn outlook(&self, indicator: &Indicator, draws: usize, seed: u64) -> Result<Outlook, Refusal> {
        let factor = indicator.unit.factor().to_f64();
        let value_at = |at: Period| -> Option<f64> {
            Some(self.run(at).value(&indicator.id).ok()?.number().to_f64() / factor)
        };
        let count = indicator.implied.as_ref().is_some_and(|implied| implied.count);
        let level = self.plan().head.confidence.to_f64();
        let point = |at: Period, value: f64| Point {
            at,
            value,
            interval: None,
        };
        let observed: Vec<Point> = self
            .observed_periods(indicator)
            .into_iter()
            .filter_map(|at| {
                let value = value_at(at)?;
                let interval = if count {
                    count_interval(value, 1.0, level)
                } else {
                    None
                };
                Some(Point { at, value, interval })
            })
            .collect();
        let printed = indicator.printed.iter();
        let printed = printed
            .map(|one| point(one.period, one.value.number().to_f64() / factor))
            .collect();
        let series: Vec<projection::Point> = observed.iter().map(|seen| (seen.at.year, seen.value)).collect();
        let backtest = projection::backtest(
            if count {
                Model::ConstantRate
            } else {
                Model::ConstantGrowth
            },
            &series,
        );
        let mut outlook = Outlook {
            observed,
            required: vec![],
            implied: vec![],
            fan: vec![],
            printed,
            chance: None,
            growth_required: None,
            counts: None,
            backtest,
        };
        let Some(target) = &indicator.target else {
            return Ok(outlook);
        };
        let goal = target.value.number().to_f64() / factor;
        let years = || target.from.year..=target.period.year;
        let in_year = |year: i32| Period { year, ..target.from };
        if let Some(base) = value_at(target.from) {
            let (from, to) = ((target.from.year, base), (target.period.year, goal));
            let path = |year| match target.path {
                PathShape::ConstantGrowth => projection::constant_growth_path(from, to, year),
                PathShape::Linear => projection::linear_path(from, to, year),
            };
            outlook.required = years().map(|year| point(in_year(year), path(year))).collect();
        }
        if let Some(last) = outlook.observed.last() {
            outlook.growth_required =
                projection::required_growth((last.at.year, last.value), (target.period.year, goal));
        }
        if count {
            Self::count_course(&mut outlook, &series, goal, level, years(), in_year)?;
        } else if indicator.implied.is_some() {
            self.implied_course(&mut outlook, indicator, goal, draws, seed, years(), in_year)?;
        }
        Ok(outlook)
    }

    /// A count goes on at the pooled rate of its observations; the fan is its predictive distribution.
    fn count_course(
        outlook: &mut Outlook,
        series: &[projection::Point],
        goal: f64,
        level: f64,
        years: impl Iterator<Item = i32>,
        in_year: impl Fn(i32) -> Period,
    ) -> Result<(), Refusal> {
        let Some(last) = outlook.observed.last().copied() else {
            return Ok(());
        };
        let fit = Fit::new(Model::ConstantRate, series)?;
        let total: f64 = series.iter().map(|(_, value)| value).sum();
        let span = series.len() as f64;
        let rate = total / span;
        for year in years.filter(|year| *year >= last.at.year) {
            let at = in_year(year);
            outlook.implied.push(Point {
                at,
                value: rate,
                interval: None,
            });
            let prediction: Prediction = fit.predict(year);
            outlook.fan.push(Band {
                at,
                edges: FAN.map(|probability| prediction.quantile(probability)),
            });
            outlook.chance = Some(prediction.reaches(goal));
        }
        let required: Vec<f64> = outlook
            .required
            .iter()
            .filter(|point| point.at > last.at)
            .map(|point| point.value)
            .collect();
        let going_on = vec![rate; required.len()];
        let detection = poisson::first_detection(&required, &going_on, 1.0 - level, 0.8);
        let first = outlook
            .required
            .iter()
            .map(|point| point.at.year)
            .find(|year| *year > last.at.year);
        let (rate_low, rate_high) = count_interval(total, span, level).unwrap_or((rate, rate));
        outlook.counts = Some(CountPower {
            target: goal,
            rate,
            rate_low,
            rate_high,
            miss_at_target: poisson::below(whole(goal), goal),
            reach_at_last: poisson::reaches(whole(goal), last.value),
            last: last.value,
            detectable: detection
                .zip(first)
                .map(|(found, first)| first + i32::try_from(found.years).unwrap_or(0) - 1),
        });
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the course of one indicator, taken apart for reading"
    )]
    fn implied_course(
        &self,
        outlook: &mut Outlook,
        indicator: &Indicator,
        goal: f64,
        draws: usize,
        seed: u64,
        years: impl Iterator<Item = i32>,
        in_year: impl Fn(i32) -> Period,
    ) -> Result<(), Refusal> {
        let wanted: Vec<Wanted> = years
            .map(|year| Wanted {
                indicator: indicator.id.clone(),
                implied: true,
                at: in_year(year),
            })
            .collect();
        let simulation = match Simulation::new(self, &wanted) {
            Err(refusal) if crate::is_missing(&refusal) => return Ok(()),
            simulation => simulation?,
        };
        let Draws(columns) = simulation.run(draws, seed)?;
        for (one, mut column) in wanted.iter().zip(columns) {
            if let Some(implied) = &indicator.implied
                && let Ok(value) = self.run(one.at).eval(Some(&indicator.id), &implied.formula)
                && let Some(value) = value.as_quantity()
            {
                let value = value.number().to_f64() / indicator.unit.factor().to_f64();
                outlook.implied.push(Point {
                    at: one.at,
                    value,
                    interval: None,
                });
            }
            outlook.chance = Some(share_reaching(&column, goal));
            if let Some(edges) =
                quantile::quantiles(&mut column, &FAN).and_then(|edges| edges.try_into().ok())
            {
                outlook.fan.push(Band { at: one.at, edges });
            }
        }
        Ok(())
    }
}

fn share_reaching(column: &[f64], goal: f64) -> f64 {
    if column.is_empty() {
        return 0.0;
    }
    column.iter().filter(|value| **value >= goal).count() as f64 / column.len() as f64
}

fn count_interval(count: f64, years: f64, level: f64) -> Option<(f64, f64)> {
    let interval = poisson::rate_interval(whole(count), years, level).ok()?;
    Some((interval.low, interval.high))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small whole numbers, never below zero"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}

/// The published figure of an indicator at a year: its value rounded as the plan says, in its unit.
pub fn published(engine: &Engine<'_>, indicator: &Indicator, at: Period) -> Option<vocab::Quantity> {
    let value = engine.run(at).value(&indicator.id).ok()?;
    Some(
        indicator
            .round
            .as_ref()
            .map_or_else(|| value.clone(), |quantum| rounded(&value, quantum)),
    )
}
