//! Figures in sentences: a formula's value as words print it, with what it rests on.
//!
//! A figure that is only named takes the rounding under which the plan publishes it; one whose data are missing is told to be missing,
//! never shown as zero.

use formula::{ExprKind, Value};
use plan::{Formula, Key, Text, resolve};
use serde::Serialize;
use vocab::{Lang, Number, Period, Quantity, Refusal};

use crate::engine::{Engine, is_missing, rounded};
use crate::finding::{quantum, show};
use crate::trace::Trace;

/// What a figure in a sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownAs {
    /// A quantity.
    Figure,
    /// A year.
    Year,
    /// A day.
    Day,
    /// A value that is not known yet.
    Missing,
}

/// A formula's value as a sentence prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What it is.
    pub shown_as: ShownAs,
    /// As printed.
    pub text: Text,
    /// The indicator and year whose published figure it is, if it is nothing else.
    pub figure_of: Option<(String, Period)>,
    /// What it rests on, in the order of the formula.
    pub inputs: Vec<Trace>,
}

impl Engine<'_> {
    /// A formula's value for a sentence; a bare name is taken at `at`.
    ///
    /// # Errors
    /// The refusal of a formula that fails for another reason than missing data.
    pub fn show(&self, formula: &Formula, at: Period) -> Result<Shown, Refusal> {
        let run = self.run(at);
        let named = self.named(formula, at);
        let (value, uses) = match run.eval_with_uses(None, formula) {
            Ok(found) => found,
            Err(refusal) if is_missing(&refusal) => {
                return Ok(Shown {
                    shown_as: ShownAs::Missing,
                    text: Text {
                        ja: "値なし".into(),
                        en: "no value".into(),
                    },
                    figure_of: None,
                    inputs: vec![],
                });
            }
            Err(refusal) => return Err(refusal),
        };
        let published = named.as_ref().and_then(|named| named.round.as_ref());
        let (value, quantum): (Value, Option<Number>) = match (value, published) {
            (Value::Quantity(value, period), Some(quantum)) => (
                Value::Quantity(rounded(&value, quantum), period),
                Some(quantum.number().clone()),
            ),
            (value, _) => (value, quantum(formula)),
        };
        Ok(Shown {
            shown_as: match value {
                Value::Period(_) => ShownAs::Year,
                Value::Date(_) => ShownAs::Day,
                _ => ShownAs::Figure,
            },
            text: Text {
                ja: show(&value, quantum.as_ref(), Lang::Ja),
                en: show(&value, quantum.as_ref(), Lang::En),
            },
            figure_of: named.and_then(|named| named.figure_of),
            inputs: uses.iter().flat_map(|used| run.trace_use(used)).collect(),
        })
    }

    /// What a formula that is only a name, perhaps with a year, names.
    fn named(&self, formula: &Formula, at: Period) -> Option<Named> {
        let (name, at) = match &formula.expr.kind {
            ExprKind::Name(name) => (name, at),
            ExprKind::Index(named, year) => match (&named.kind, &year.kind) {
                (ExprKind::Name(name), ExprKind::Period(year)) => (name, *year),
                _ => return None,
            },
            _ => return None,
        };
        let Key::Formula(node) = resolve(self.plan(), None, name)? else {
            return None;
        };
        let indicator = self.plan().indicator(&node.indicator)?;
        Some(match &node.step {
            Some(step) => Named {
                round: indicator.step(step)?.round.clone(),
                figure_of: None,
            },
            None => Named {
                round: indicator.round.clone(),
                figure_of: Some((node.indicator, at)),
            },
        })
    }
}

struct Named {
    round: Option<Quantity>,
    figure_of: Option<(String, Period)>,
}
