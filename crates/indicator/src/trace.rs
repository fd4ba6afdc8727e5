//! The trace of a figure: a tree from the figure down to the observations and assumptions it rests on.

use jiff::civil::Date;
use plan::{Input, NodeName, Text};
use serde::Serialize;
use vocab::{Period, Quantity, Refusal};

use crate::engine::{Mode, Run, Use, shown};

/// What a line of a trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// An indicator's final value.
    Indicator,
    /// A named part of an indicator.
    Step,
    /// Something taken as given.
    Assumption,
    /// A value read from a source.
    Observation,
}

/// Where an observation was read, and who stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Source id.
    pub source: String,
    /// Citation.
    pub title: Text,
    /// Citation of the text that the source itself cites.
    pub via: Option<Text>,
    /// Section of the source.
    pub section: String,
    /// As the source prints it.
    pub printed: String,
    /// Day from which it was known.
    pub recorded: Date,
    /// Who wrote it down.
    pub author: String,
    /// Who approved it.
    pub approver: String,
}

/// One line of a trace with what stands under it. Values are decimal text in `unit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// What it is.
    pub kind: TraceKind,
    /// Name in formulas; an observation is `series[period]`.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// The value, nothing rounded on the way; none where it is missing.
    pub value: Option<String>,
    /// Unit of the values.
    pub unit: String,
    /// Whether every step that led to the value was exact.
    pub exact: bool,
    /// The formula.
    pub formula: Option<String>,
    /// The value on the printed path, before its own rounding.
    pub path: Option<String>,
    /// The figure that the report prints.
    pub printed: Option<String>,
    /// Whether the report carries that figure on.
    pub carried: bool,
    /// Size of the last printed digit.
    pub rounding: Option<String>,
    /// Whether a reader set this value.
    pub set: bool,
    /// Why this value is taken.
    pub why: Option<Text>,
    /// Where it was read.
    pub origin: Option<Origin>,
    /// Why there is no value.
    pub problem: Option<Refusal>,
    /// What it rests on, in the order of the formula.
    pub inputs: Vec<Trace>,
}

impl Trace {
    /// Every observation and assumption below, each once, in the order of first use.
    pub fn leaves(&self) -> Vec<&Self> {
        let mut leaves: Vec<&Self> = vec![];
        let mut open = vec![self];
        while let Some(line) = open.pop() {
            open.extend(line.inputs.iter().rev());
            let leaf = matches!(line.kind, TraceKind::Observation | TraceKind::Assumption);
            if leaf && !leaves.iter().any(|seen| seen.name == line.name) {
                leaves.push(line);
            }
        }
        leaves
    }
}

/// A quantity as decimal text in its display unit.
pub fn decimal(quantity: &Quantity) -> String {
    quantity.in_unit().to_decimal()
}

impl Run<'_, '_> {
    /// The trace of an indicator's final value at this period.
    pub fn trace(&self, indicator: &str) -> Trace {
        self.trace_formula(&NodeName {
            indicator: indicator.into(),
            step: None,
        })
    }

    /// The trace of one step at this period.
    pub fn trace_step(&self, indicator: &str, step: &str) -> Trace {
        self.trace_formula(&NodeName {
            indicator: indicator.into(),
            step: Some(step.into()),
        })
    }

    fn trace_formula(&self, name: &NodeName) -> Trace {
        let plan = self.engine().plan();
        let indicator = plan.indicator(&name.indicator);
        let step = name.step.as_deref().and_then(|step| indicator?.step(step));
        let (title, unit, formula, printed, carried, round) = match (indicator, step) {
            (_, Some(step)) => (
                step.title.clone(),
                step.unit.to_string(),
                Some(step.formula.text.clone()),
                step.printed.clone(),
                step.carried,
                step.round.as_ref(),
            ),
            (Some(found), None) => (
                found.title.clone(),
                found.unit.to_string(),
                Some(self.engine().formula_at(found, self.at()).text.clone()),
                found.printed_at(self.at()).map(|printed| printed.value.clone()),
                false,
                found.round.as_ref(),
            ),
            (None, None) => (
                Text {
                    ja: name.to_string(),
                    en: name.to_string(),
                },
                String::new(),
                None,
                None,
                false,
                None,
            ),
        };
        let unit_of = step.map(|step| &step.unit).or(indicator.map(|found| &found.unit));
        let text = |quantity: &Quantity| {
            unit_of.map_or_else(|| decimal(quantity), |unit| decimal(&shown(quantity, unit)))
        };
        let (exact, path) = (self.outcome(name, Mode::Exact), self.outcome(name, Mode::Path));
        let set = step.is_some_and(|step| {
            let input = Input::Named {
                indicator: name.indicator.clone(),
                name: step.name.clone(),
            };
            self.engine().settings().get(&input).is_some()
        });
        let uses = exact.as_ref().map(|found| found.uses.clone()).unwrap_or_default();
        Trace {
            kind: if name.step.is_some() {
                TraceKind::Step
            } else {
                TraceKind::Indicator
            },
            name: name.to_string(),
            title,
            value: exact.as_ref().ok().map(|found| text(&found.value)),
            unit,
            exact: exact.as_ref().is_ok_and(|found| found.value.number().is_exact()),
            formula,
            path: path.ok().map(|found| text(&found.value)),
            printed: printed.as_ref().map(text),
            carried,
            rounding: round.map(text),
            set,
            why: step.and_then(|step| step.note.clone()),
            origin: None,
            problem: exact.err(),
            inputs: uses.iter().flat_map(|used| self.trace_use(used)).collect(),
        }
    }

    pub(crate) fn trace_use(&self, used: &Use) -> Vec<Trace> {
        match used {
            Use::Formula(name) => vec![self.trace_formula(name)],
            Use::FormulaAt { name, at } => vec![self.engine().run(*at).trace_formula(name)],
            Use::Assumption { indicator, name } => {
                self.trace_assumption(indicator, name).into_iter().collect()
            }
            Use::Observed { series, period } => self.trace_observation(series, *period).into_iter().collect(),
            Use::Series(series) => self
                .engine()
                .observations(series)
                .filter_map(|seen| self.trace_observation(series, seen.period))
                .collect(),
        }
    }

    fn trace_assumption(&self, indicator: &str, name: &str) -> Option<Trace> {
        let assumption = self.engine().plan().indicator(indicator)?.assumption(name)?;
        let input = Input::Named {
            indicator: indicator.into(),
            name: name.into(),
        };
        let set = self.engine().settings().get(&input);
        let value = shown(set.unwrap_or(&assumption.value), &assumption.unit);
        Some(Trace {
            value: Some(decimal(&value)),
            exact: value.number().is_exact(),
            set: set.is_some(),
            why: Some(assumption.why.clone()),
            ..leaf(
                TraceKind::Assumption,
                input.to_string(),
                assumption.title.clone(),
                assumption.unit.to_string(),
            )
        })
    }

    fn trace_observation(&self, series: &str, period: Period) -> Option<Trace> {
        let plan = self.engine().plan();
        let definition = plan.series.get(series)?;
        let seen = self.engine().observation(series, period)?;
        let input = Input::Observed {
            series: series.into(),
            period,
        };
        let set = self.engine().settings().get(&input);
        let text = |quantity: &Quantity| decimal(&shown(quantity, &definition.unit));
        let title_of = |id: &str| plan.sources.get(id).map(|source| source.title.clone());
        let origin = title_of(&seen.source).map(|title| Origin {
            source: seen.source.clone(),
            title,
            via: seen.via.as_deref().and_then(title_of),
            section: seen.section.clone(),
            printed: seen.printed.clone(),
            recorded: seen.recorded,
            author: seen.author.clone(),
            approver: seen.approver.clone(),
        });
        Some(Trace {
            value: Some(text(set.unwrap_or(&seen.value))),
            exact: true,
            rounding: seen.rounding.as_ref().map(text),
            set: set.is_some(),
            why: seen.note.clone().or_else(|| definition.note.clone()),
            origin,
            ..leaf(
                TraceKind::Observation,
                input.to_string(),
                definition.title.clone(),
                definition.unit.to_string(),
            )
        })
    }
}

fn leaf(kind: TraceKind, name: String, title: Text, unit: String) -> Trace {
    Trace {
        kind,
        name,
        title,
        value: None,
        unit,
        exact: false,
        formula: None,
        path: None,
        printed: None,
        carried: false,
        rounding: None,
        set: false,
        why: None,
        origin: None,
        problem: None,
        inputs: vec![],
    }
}
