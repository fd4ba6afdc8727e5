//! The values of formulas, and the surroundings that supply them. Values are exact; the engine that implements [`Env`] sees every
//! name and every observation that a formula really used, which is what lineage is.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use vocab::{Period, Quantity, Refusal};

use crate::types::Empty;

/// Observations by period.
pub type SeriesValue = BTreeMap<Period, Quantity>;

/// Rows with named columns. A blank cell is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableValue {
    /// Cells by column; all columns have the same length.
    pub columns: BTreeMap<String, Vec<Option<Value>>>,
}

impl TableValue {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.values().map(Vec::len).max().unwrap_or(0)
    }
}

/// The value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A quantity, and the one period it speaks of, if it speaks of one.
    Quantity(Quantity, Option<Period>),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(String),
    /// A year.
    Period(Period),
    /// A day.
    Date(Date),
    /// A quantity by period.
    Series(Arc<SeriesValue>),
    /// Rows with named columns.
    Table(Arc<TableValue>),
}

impl Value {
    /// The quantity, if it is one.
    pub const fn as_quantity(&self) -> Option<&Quantity> {
        match self {
            Self::Quantity(quantity, _) => Some(quantity),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Self::Quantity(quantity, None)
    }
}

/// Why the surroundings could not give a value; it becomes a fault at the name that asked.
pub type EvalProblem = Refusal;

/// What a formula evaluates in.
pub trait Env {
    /// The value of a name.
    ///
    /// # Errors
    /// Whatever keeps the name from having a value; `unknown_name` if there is no such name.
    fn value(&self, name: &str) -> Result<Value, EvalProblem>;

    /// The period being evaluated: what `at` means.
    fn at(&self) -> Option<Period> {
        None
    }

    /// The observation of a series for one period. An engine may override it to log which observation was used.
    ///
    /// # Errors
    /// `no_observation` if the series has none there; those of [`value`](Self::value).
    fn index(&self, series: &str, period: Period) -> Result<Value, EvalProblem> {
        match self.value(series)? {
            Value::Series(observations) => match observations.get(&period) {
                Some(quantity) => Ok(Value::Quantity(quantity.clone(), Some(period))),
                None => Err(no_observation(series, period)),
            },
            _ => Err(Refusal::new(
                "type",
                format!("「{series}」は系列ではないので、[{period}] で年を選べません。"),
                format!("“{series}” is not a series, so [{period}] cannot choose a year of it."),
            )),
        }
    }

    /// The answer to a function that asks about a name (`printed`, `path`, `recorded`, `sources`, `period`).
    ///
    /// # Errors
    /// Whatever keeps the question from having an answer.
    fn meta(&self, function: &str, name: &str, _period: Option<Period>) -> Result<Value, EvalProblem> {
        Err(Refusal::new(
            "no_answer",
            format!("ここでは {function}({name}) に答えられません。"),
            format!("{function}({name}) has no answer here."),
        ))
    }
}

/// The refusal of a period for which a series has no observation.
pub fn no_observation(series: &str, period: Period) -> Refusal {
    Refusal::new(
        "no_observation",
        format!("系列「{series}」には {period} の値がありません。"),
        format!("The series “{series}” has no observation for {period}."),
    )
}

/// The refusal of a name that is not there.
pub fn unknown_name(name: &str) -> Refusal {
    let name: String = name.chars().take(60).collect();
    Refusal::new(
        "unknown_name",
        format!("「{name}」という名前はありません。"),
        format!("There is no name “{name}”."),
    )
}

impl Env for Empty {
    fn value(&self, name: &str) -> Result<Value, EvalProblem> {
        Err(unknown_name(name))
    }
}
