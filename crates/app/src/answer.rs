//! The evaluation of one indicator, as `rashin eval --json` prints it.

use indicator::{Engine, Finding, Trace, approx, decimal, is_missing};
use plan::{Indicator, Text};
use serde::Serialize;
use vocab::{Period, Refusal};

use crate::ask::{Ask, Rashin};

/// One indicator at one year. Numbers are decimal text in `unit`.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// Indicator id.
    pub id: String,
    /// Name.
    pub title: Text,
    /// Year.
    pub at: Period,
    /// Unit of the numbers.
    pub unit: String,
    /// Nothing rounded on the way; none where there is no value yet.
    pub value: Option<String>,
    /// `value` rounded as the plan says.
    pub rounded: Option<String>,
    /// Each part rounded as the report prints it, before the last rounding.
    pub printed_path: Option<String>,
    /// The report's own figure for this year.
    pub printed: Option<String>,
    /// Interval over all that is uncertain.
    pub interval: Option<Interval>,
    /// What the rounding of the inputs alone allows.
    pub rounding: Option<Span>,
    /// What the plan's checks say about it.
    pub findings: Vec<Finding>,
    /// Why there is no value.
    pub problem: Option<Refusal>,
    /// How it came about.
    pub trace: Trace,
}

/// An interval with its level.
#[derive(Debug, Clone, Serialize)]
pub struct Interval {
    /// Probability that it is made to cover, such as 0.95.
    pub level: String,
    /// Lower end.
    pub low: String,
    /// Upper end.
    pub high: String,
}

/// Two extremes.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    /// Lowest.
    pub low: String,
    /// Highest.
    pub high: String,
}

impl Rashin {
    /// Evaluates one indicator.
    ///
    /// # Errors
    /// `not-found` for an unknown indicator, a refusal for a setting that cannot be read, and the fault of a formula that fails
    /// for another reason than missing data.
    pub fn evaluate(&self, id: &str, ask: &Ask) -> Result<Evaluation, Refusal> {
        let indicator = self.indicator(id)?;
        let engine = self.engine_for(indicator, ask)?;
        let at = ask.at.unwrap_or_else(|| engine.default_period(indicator));
        self.evaluation(&engine, indicator, at, ask)
    }

    pub(crate) fn evaluation(
        &self,
        engine: &Engine<'_>,
        indicator: &Indicator,
        at: Period,
        ask: &Ask,
    ) -> Result<Evaluation, Refusal> {
        let run = engine.run(at);
        let (value, problem) = match run.value(&indicator.id) {
            Ok(value) => (Some(value), None),
            Err(refusal) if is_missing(&refusal) => (None, Some(refusal)),
            Err(refusal) => return Err(refusal),
        };
        let interval = match value {
            Some(_) => engine.interval(indicator, at, Self::draws(ask)?, self.seed(ask))?,
            None => None,
        };
        let rounding = engine.rounding_span(indicator, at);
        Ok(Evaluation {
            id: indicator.id.clone(),
            title: indicator.title.clone(),
            at,
            unit: indicator.unit.to_string(),
            value: value.as_ref().map(decimal),
            rounded: indicator::published(engine, indicator, at).as_ref().map(decimal),
            printed_path: run.path(&indicator.id).ok().as_ref().map(decimal),
            printed: indicator.printed_at(at).map(|printed| decimal(&printed.value)),
            interval: interval.map(|range| Interval {
                level: approx(range.level),
                low: approx(range.low),
                high: approx(range.high),
            }),
            rounding: rounding.map(|(low, high)| Span {
                low: decimal(&low),
                high: decimal(&high),
            }),
            findings: engine
                .findings()
                .into_iter()
                .filter(|finding| finding.about.contains(&indicator.id))
                .collect(),
            problem,
            trace: run.trace(&indicator.id),
        })
    }
}
