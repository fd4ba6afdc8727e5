//! How far a figure is off, and through which input: the span that printed digits allow, the interval
//! over all that is uncertain, the tornado and the shares of variance. The causes stay apart.

use plan::{Indicator, Input, Spread};
use serde::Serialize;
use vocab::{Lang, Number, Period, Quantity, Refusal};

use crate::engine::{Engine, Settings};
use crate::simulate::{Draws, Simulation, Wanted};
use crate::stats::quantile;
use crate::stats::sensitivity::variance_shares;
use crate::trace::{Trace, TraceKind};

/// An interval around a simulated figure, in the indicator's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Probability that it is made to cover.
    #[serde(serialize_with = "crate::approx::one")]
    pub level: f64,
    /// Lower end.
    #[serde(serialize_with = "crate::approx::one")]
    pub low: f64,
    /// Upper end.
    #[serde(serialize_with = "crate::approx::one")]
    pub high: f64,
}

/// What one input does to a figure when it alone goes to the ends of its range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// The input.
    pub input: Input,
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// Its lower end, in its own unit.
    pub low: String,
    /// Its upper end.
    pub high: String,
    /// Whether the range is the rounding of a printed figure (else an assumption's).
    pub rounding: bool,
    /// The figure at the lower end.
    #[serde(serialize_with = "crate::approx::one")]
    pub at_low: f64,
    /// The figure at the upper end.
    #[serde(serialize_with = "crate::approx::one")]
    pub at_high: f64,
    /// Share of the simulated variance, 0 to 1.
    #[serde(serialize_with = "crate::approx::one")]
    pub share: f64,
}

impl Engine<'_> {
    /// The extremes of a figure when every printed input lies anywhere within its last digit (exact, all inputs at once; each input
    /// is taken to act in one direction). `None` where there is no value or nothing is rounded.
    pub fn rounding_span(&self, indicator: &Indicator, at: Period) -> Option<(Quantity, Quantity)> {
        let trace = self.run(at).trace(&indicator.id);
        let inputs: Vec<_> = self.rounded_inputs(&trace).collect();
        if inputs.is_empty() {
            return None;
        }
        let value = |settings: Settings| self.with(settings).run(at).value(&indicator.id).ok();
        let (mut lowest, mut highest) = (self.settings().clone(), self.settings().clone());
        for (input, low, high) in inputs {
            let one = |end: &Quantity| {
                let mut settings = self.settings().clone();
                settings.set(input.clone(), end.clone());
                value(settings)
            };
            let rising = one(&low)?.number() <= one(&high)?.number();
            let (down, up) = if rising { (low, high) } else { (high, low) };
            lowest.set(input.clone(), down);
            highest.set(input, up);
        }
        Some((value(lowest)?, value(highest)?))
    }

    /// The interval of a figure at the plan's level over every input that varies.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub fn interval(
        &self,
        indicator: &Indicator,
        at: Period,
        draws: usize,
        seed: u64,
    ) -> Result<Option<Range>, Refusal> {
        let wanted = [Wanted {
            indicator: indicator.id.clone(),
            implied: false,
            at,
        }];
        let simulation = Simulation::new(self, &wanted)?;
        if simulation.inputs().is_empty() {
            return Ok(None);
        }
        let Draws(mut columns) = simulation.run(draws, seed)?;
        let level = self.plan().head.confidence.to_f64();
        let tail = (1.0 - level) / 2.0;
        let ends = columns
            .first_mut()
            .and_then(|column| quantile::quantiles(column, &[tail, 1.0 - tail]));
        Ok(ends.map(|ends| Range {
            level,
            low: ends[0],
            high: ends[1],
        }))
    }

    /// The tornado of a figure, widest bar first: printed inputs within their rounding, assumptions within nine tenths of their
    /// spread, or within the range that a reader may try where no spread is given.
    ///
    /// # Errors
    /// As [`Simulation::new`].
    pub fn tornado(
        &self,
        indicator: &Indicator,
        at: Period,
        draws: usize,
        seed: u64,
    ) -> Result<Vec<Bar>, Refusal> {
        let factor = indicator.unit.factor().to_f64();
        let figure = |settings: Settings| -> Option<f64> {
            Some(
                self.with(settings)
                    .run(at)
                    .value(&indicator.id)
                    .ok()?
                    .number()
                    .to_f64()
                    / factor,
            )
        };
        let trace = self.run(at).trace(&indicator.id);
        let shares = self.shares(indicator, at, draws, seed)?;
        let rounded = self
            .rounded_inputs(&trace)
            .map(|(input, low, high)| (input, low, high, true));
        let assumed = self
            .assumed_inputs(&trace)
            .map(|(input, low, high)| (input, low, high, false));
        let mut bars: Vec<Bar> = rounded
            .chain(assumed)
            .filter_map(|(input, low, high, rounding)| {
                let one = |end: &Quantity| {
                    let mut settings = self.settings().clone();
                    settings.set(input.clone(), end.clone());
                    figure(settings)
                };
                let share = shares
                    .iter()
                    .find(|(seen, _)| *seen == input)
                    .map_or(0.0, |(_, share)| *share);
                let text = |end: &Quantity| format!("{}{}", end.in_unit().to_significant(4), end.unit());
                Some(Bar {
                    ja: self.title_of(&input, Lang::Ja),
                    en: self.title_of(&input, Lang::En),
                    low: text(&low),
                    high: text(&high),
                    rounding,
                    at_low: one(&low)?,
                    at_high: one(&high)?,
                    share,
                    input,
                })
            })
            .collect();
        bars.sort_by(|a, b| {
            (b.at_high - b.at_low)
                .abs()
                .total_cmp(&(a.at_high - a.at_low).abs())
        });
        Ok(bars)
    }

    fn shares(
        &self,
        indicator: &Indicator,
        at: Period,
        draws: usize,
        seed: u64,
    ) -> Result<Vec<(Input, f64)>, Refusal> {
        let simulation = Simulation::new(
            self,
            &[Wanted {
                indicator: indicator.id.clone(),
                implied: false,
                at,
            }],
        )?;
        let Draws(output) = simulation.run(draws, seed)?;
        let mut columns = vec![];
        for (input, _) in simulation.inputs() {
            columns.push(simulation.column(input, draws, seed)?);
        }
        let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let shares = output
            .first()
            .map(|output| variance_shares(&inputs, output))
            .unwrap_or_default();
        Ok(simulation
            .inputs()
            .iter()
            .map(|(input, _)| input.clone())
            .zip(shares)
            .collect())
    }

    fn rounded_inputs<'t>(
        &'t self,
        trace: &'t Trace,
    ) -> impl Iterator<Item = (Input, Quantity, Quantity)> + 't {
        unset_inputs(trace, TraceKind::Observation).filter_map(|input| {
            let Input::Observed { series, period } = &input else {
                return None;
            };
            let seen = self.observation(series, *period)?;
            let half = seen.rounding.as_ref()?.number().over(&Number::from(2)).ok()?;
            let end = |number: Result<Number, Refusal>| {
                Some(Quantity::from_base(number.ok()?, seen.value.unit().clone()))
            };
            let (low, high) = (
                end(seen.value.number().minus(&half))?,
                end(seen.value.number().plus(&half))?,
            );
            Some((input, low, high))
        })
    }

    fn assumed_inputs<'t>(
        &'t self,
        trace: &'t Trace,
    ) -> impl Iterator<Item = (Input, Quantity, Quantity)> + 't {
        unset_inputs(trace, TraceKind::Assumption).filter_map(|input| {
            let Input::Named { indicator, name } = &input else {
                return None;
            };
            let assumption = self.plan().indicator(indicator)?.assumption(name)?;
            let around = |half: f64| -> Option<(Quantity, Quantity)> {
                let half = Number::from_f64(half)?;
                let end = |number: Number| Quantity::from_base(number, assumption.unit.clone());
                let middle = assumption.value.number();
                Some((end(middle.minus(&half).ok()?), end(middle.plus(&half).ok()?)))
            };
            let (low, high) = match &assumption.spread {
                Spread::None => (assumption.low.clone()?, assumption.high.clone()?),
                Spread::Uniform { low, high } | Spread::Triangular { low, high, .. } => {
                    (low.clone(), high.clone())
                }
                Spread::Normal { sd } => around(crate::stats::normal_quantile(0.95) * sd.number().to_f64())?,
                Spread::StudentT { scale, df } => {
                    around(crate::stats::student_quantile(0.95, *df) * scale.number().to_f64())?
                }
            };
            Some((input, low, high))
        })
    }
}

/// The inputs of one kind on which a figure rests, without those that a reader set.
fn unset_inputs(trace: &Trace, kind: TraceKind) -> impl Iterator<Item = Input> {
    let leaves = trace.leaves().into_iter();
    let unset = leaves.filter(move |leaf| leaf.kind == kind && !leaf.set);
    unset.filter_map(|leaf| Input::parse(&leaf.name, None))
}
