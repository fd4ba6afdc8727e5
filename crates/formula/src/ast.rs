//! The syntax tree of a formula: what lineage, units and evaluation are read from. It prints back as a formula that parses to the
//! same tree.

use std::fmt;
use std::ops::Range;

use vocab::{Period, Quantity};

use crate::function::Function;

/// A formula or a part of one, with the bytes of the source it came from. Equality looks at the structure alone.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the source, in bytes.
    pub span: Range<usize>,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `7.3兆円`, `2`, or a bare unit word, which is one of it.
    Quantity(Quantity),
    /// `"text"`
    Text(String),
    /// `FY2024`, `CY2025`
    Period(Period),
    /// `at`: the period being evaluated.
    At,
    /// A name, possibly dotted: `kgi1.base`.
    Name(String),
    /// `series[period]`; the first is always a [`ExprKind::Name`].
    Index(Box<Expr>, Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `not c`
    Not(Box<Expr>),
    /// `a + b` and its like.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `f(a, b where c)`
    Call(Function, Vec<Expr>, Option<Box<Expr>>),
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after what they write")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// How tightly a part of a formula binds, from loose to tight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Whole,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl BinaryOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }

    pub(crate) fn binding(self) -> Binding {
        match self {
            Self::Or => Binding::Or,
            Self::And => Binding::And,
            Self::Equal | Self::NotEqual | Self::Less | Self::AtMost | Self::Greater | Self::AtLeast => {
                Binding::Comparison
            }
            Self::Add | Self::Subtract => Binding::Sum,
            Self::Multiply | Self::Divide => Binding::Product,
            Self::Power => Binding::Power,
        }
    }
}

/// One step of a chain `first op right op right …`: the node that the step completes, its operator and its right operand.
pub(crate) type Step<'a> = (&'a Expr, BinaryOp, &'a Expr);

impl Expr {
    /// A formula part at a place.
    pub const fn new(kind: ExprKind, span: Range<usize>) -> Self {
        Self { kind, span }
    }

    /// The left spine of a chain of binary operators, unrolled, so that `1 + 1 + 1 + …` of any length needs no stack.
    pub(crate) fn spine(&self) -> (&Self, Vec<Step<'_>>) {
        let (mut first, mut steps) = (self, Vec::new());
        while let ExprKind::Binary(op, left, right) = &first.kind {
            steps.push((first, *op, right.as_ref()));
            first = left;
        }
        steps.reverse();
        (first, steps)
    }

    fn binding(&self) -> Binding {
        match &self.kind {
            ExprKind::If(..) => Binding::Whole,
            ExprKind::Not(_) => Binding::Not,
            ExprKind::Negate(_) => Binding::Sign,
            ExprKind::Binary(op, ..) => op.binding(),
            _ => Binding::Atom,
        }
    }

    /// Prints a part where only what binds at least so tightly may stand bare.
    fn print(&self, f: &mut fmt::Formatter<'_>, least: Binding) -> fmt::Result {
        if self.binding() < least {
            f.write_str("(")?;
            self.print(f, Binding::Whole)?;
            return f.write_str(")");
        }
        match &self.kind {
            ExprKind::Quantity(quantity) => write!(f, "{quantity}"),
            ExprKind::Text(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            ExprKind::Period(period) => write!(f, "{period}"),
            ExprKind::At => f.write_str("at"),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Index(series, period) => {
                series.print(f, Binding::Atom)?;
                f.write_str("[")?;
                period.print(f, Binding::Whole)?;
                f.write_str("]")
            }
            ExprKind::Negate(operand) => {
                f.write_str("-")?;
                operand.print(f, Binding::Sign)
            }
            ExprKind::Not(operand) => {
                f.write_str("not ")?;
                operand.print(f, Binding::Not)
            }
            ExprKind::Binary(BinaryOp::Power, base, exponent) => {
                base.print(f, Binding::Atom)?;
                f.write_str(" ^ ")?;
                exponent.print(f, Binding::Sign)
            }
            ExprKind::Binary(..) => self.print_chain(f),
            ExprKind::If(condition, then, otherwise) => {
                f.write_str("if ")?;
                condition.print(f, Binding::Whole)?;
                f.write_str(" then ")?;
                then.print(f, Binding::Whole)?;
                f.write_str(" else ")?;
                otherwise.print(f, Binding::Whole)
            }
            ExprKind::Call(function, arguments, filter) => {
                write!(f, "{}(", function.name())?;
                for (i, argument) in arguments.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    argument.print(f, Binding::Whole)?;
                }
                if let Some(filter) = filter {
                    f.write_str(" where ")?;
                    filter.print(f, Binding::Whole)?;
                }
                f.write_str(")")
            }
        }
    }

    /// Prints a left-associative chain. Where the binding changes along it, the part before stands in parentheses if it needs them.
    fn print_chain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, steps) = self.spine();
        // A left operand may stand bare in a chain of its own binding, but not in a comparison, which does not chain.
        let bare = |left: &Self, op: BinaryOp| {
            left.binding()
                >= if op.binding() == Binding::Comparison {
                    Binding::Sum
                } else {
                    op.binding()
                }
        };
        let opened: Vec<bool> = steps
            .iter()
            .enumerate()
            .map(|(i, (_, op, _))| i > 0 && (!bare(steps[i - 1].0, *op) || *op == BinaryOp::Power))
            .collect();
        for _ in opened.iter().filter(|opened| **opened) {
            f.write_str("(")?;
        }
        let least = |op: BinaryOp| match op.binding() {
            Binding::Comparison => Binding::Sum,
            Binding::Power => Binding::Atom,
            binding => binding,
        };
        first.print(f, steps.first().map_or(Binding::Whole, |(_, op, _)| least(*op)))?;
        for ((_, op, right), opened) in steps.iter().zip(opened) {
            f.write_str(if opened { ")" } else { "" })?;
            write!(f, " {} ", op.symbol())?;
            let least = match op.binding() {
                Binding::Or => Binding::And,
                Binding::And => Binding::Not,
                Binding::Comparison => Binding::Sum,
                Binding::Sum => Binding::Product,
                Binding::Product | Binding::Power => Binding::Sign,
                other => other,
            };
            right.print(f, least)?;
        }
        Ok(())
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, Binding::Whole)
    }
}

/// A name that a formula speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name as written.
    pub name: String,
    /// Where.
    pub span: Range<usize>,
    /// The period, if it is asked for by a literal one: `s[FY2024]`.
    pub period: Option<Period>,
    /// The function that asks about the name rather than for its value: `printed`, `path`, `recorded`, `sources`, `period`.
    pub meta: Option<Function>,
    /// The table in whose `where` the name stands; it is then a column of that table first.
    pub within: Option<String>,
}

/// Every name in a formula, in the order of the source. Enough for lineage and for finding cycles.
pub fn references(expr: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(expr, None, None, &mut found);
    found
}

fn collect(expr: &Expr, meta: Option<Function>, within: Option<&str>, found: &mut Vec<Reference>) {
    let mut name = |name: &str, span: &Range<usize>, period| {
        let within = within.map(str::to_owned);
        found.push(Reference {
            name: name.to_owned(),
            span: span.clone(),
            period,
            meta,
            within,
        });
    };
    match &expr.kind {
        ExprKind::Quantity(_) | ExprKind::Text(_) | ExprKind::Period(_) | ExprKind::At => {}
        ExprKind::Name(text) => name(text, &expr.span, None),
        ExprKind::Index(series, index) => {
            let literal = if let ExprKind::Period(period) = index.kind {
                Some(period)
            } else {
                None
            };
            if let ExprKind::Name(text) = &series.kind {
                name(text, &series.span, literal);
            }
            collect(index, None, within, found);
        }
        ExprKind::Negate(operand) | ExprKind::Not(operand) => collect(operand, None, within, found),
        ExprKind::Binary(..) => {
            let (first, steps) = expr.spine();
            collect(first, None, within, found);
            for (_, _, right) in steps {
                collect(right, None, within, found);
            }
        }
        ExprKind::If(condition, then, otherwise) => {
            for part in [condition, then, otherwise] {
                collect(part, None, within, found);
            }
        }
        ExprKind::Call(function, arguments, filter) => {
            for (i, argument) in arguments.iter().enumerate() {
                collect(
                    argument,
                    (i == 0 && function.refers()).then_some(*function),
                    within,
                    found,
                );
            }
            if let Some(filter) = filter {
                collect(filter, None, arguments.first().and_then(table_of), found);
            }
        }
    }
}

/// The table that an aggregate runs over, from its first argument: `t` or `t.column`.
pub(crate) fn table_of(argument: &Expr) -> Option<&str> {
    match &argument.kind {
        ExprKind::Name(name) => Some(name.rsplit_once('.').map_or(name.as_str(), |(table, _)| table)),
        _ => None,
    }
}
