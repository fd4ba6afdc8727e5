//! The types of formula values, and what a formula may see of its surroundings before it runs.

use std::collections::BTreeMap;
use std::fmt;

use vocab::{Calendar, Dim};

/// At whose prices an amount of money is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Prices of the time (名目).
    Nominal,
    /// Prices of one year (実質).
    Real(i32),
}

/// What is known of a quantity before it is computed. `None` means unstated, and agrees with anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measure {
    /// Its dimension.
    pub dim: Dim,
    /// Whether it speaks of fiscal or of calendar years.
    pub calendar: Option<Calendar>,
    /// Its price basis, if it is money.
    pub basis: Option<Basis>,
}

impl Measure {
    /// A quantity of which only the dimension is stated.
    pub const fn of(dim: Dim) -> Self {
        Self {
            dim,
            calendar: None,
            basis: None,
        }
    }
}

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A number with its unit.
    Quantity(Measure),
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// A year, fiscal or calendar if that is known.
    Period(Option<Calendar>),
    /// A day.
    Date,
    /// A quantity by period.
    Series(Measure),
    /// Rows with named columns, each of a type of its own.
    Table(BTreeMap<String, Type>),
}

impl Type {
    /// A quantity of which only the dimension is stated.
    pub const fn quantity(dim: Dim) -> Self {
        Self::Quantity(Measure::of(dim))
    }

    /// A plain number.
    pub const fn number() -> Self {
        Self::quantity(Dim::none())
    }

    pub(crate) const fn ja(&self) -> &'static str {
        match self {
            Self::Quantity(_) => "数量",
            Self::Bool => "真偽",
            Self::Text => "文字列",
            Self::Period(_) => "年度・年",
            Self::Date => "日付",
            Self::Series(_) => "系列",
            Self::Table(_) => "表",
        }
    }

    pub(crate) const fn en(&self) -> &'static str {
        match self {
            Self::Quantity(_) => "a quantity",
            Self::Bool => "a truth value",
            Self::Text => "text",
            Self::Period(_) => "a period",
            Self::Date => "a date",
            Self::Series(_) => "a series",
            Self::Table(_) => "a table",
        }
    }
}

/// For developers, in English: `a quantity in 円/ドル`. What users read is in faults.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantity(measure) | Self::Series(measure) => write!(f, "{} in {}", self.en(), measure.dim),
            other => f.write_str(other.en()),
        }
    }
}

/// The names that a formula may use, with their types.
pub trait Scope {
    /// The type of a name, or `None` if there is no such name.
    fn lookup(&self, name: &str) -> Option<Type>;

    /// All names, for the hint of a misspelt one.
    fn names(&self) -> Vec<String>;

    /// Whether a quantity of this name has a value in every year, so that `name[FY2024]` asks for one. Formulas that others rest
    /// on say no: they could come to need themselves.
    fn has_years(&self, _name: &str) -> bool {
        false
    }
}

/// A scope of literals only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Empty;

impl Scope for Empty {
    fn lookup(&self, _: &str) -> Option<Type> {
        None
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}
