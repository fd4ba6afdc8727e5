//! Formulas of plain arithmetic as one flat list of operations over exact numbers, so that thousands of them are computed in the
//! time that walking their trees would take to find them in memory.
//!
//! A plan's check has proved the units, so numbers in base units suffice. A tape must give the very number that `formula::eval`
//! gives, or none: then the formula itself says what it is.

use std::borrow::Cow;
use std::ops::Range;

use formula::{BinaryOp, Expr, ExprKind, Function};
use vocab::{Number, Period};

use super::{Place, Read};

/// Chains and nestings deeper than this are left to `eval`, which unrolls them.
const DEEPEST: usize = 50;

enum Op {
    Literal(usize),
    Read(Read),
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Negate,
}

/// Recorded formulas, one after another.
#[derive(Default)]
pub(super) struct Tape {
    /// Operands before operators.
    ops: Vec<Op>,
    literals: Vec<Number>,
}

impl Tape {
    /// Records a formula at one period, if it is made of names, observations at known periods, figures, `+ - * / ^`, `share`,
    /// `per_capita`, `yoy` and `project` alone.
    pub(super) fn record(
        &mut self,
        expr: &Expr,
        at: Period,
        names: &[(String, Place)],
    ) -> Option<Range<usize>> {
        let start = self.ops.len();
        let mut recorder = Recorder {
            tape: self,
            at,
            names,
        };
        let whole = recorder.expr(expr, 0);
        if whole.is_none() {
            self.ops.truncate(start);
        }
        whole.map(|()| start..self.ops.len())
    }

    /// What a recorded formula reads.
    pub(super) fn reads(&self, formula: &Range<usize>) -> Vec<Read> {
        let mut reads = vec![];
        for op in &self.ops[formula.clone()] {
            if let Op::Read(read) = op
                && !reads.contains(read)
            {
                reads.push(*read);
            }
        }
        reads
    }

    /// The number of a recorded formula; none if something that it reads has none, or an operation is refused.
    pub(super) fn play<'a>(
        &'a self,
        formula: &Range<usize>,
        read: impl Fn(Read) -> Option<&'a Number>,
    ) -> Option<Number> {
        let mut stack: Vec<Cow<'_, Number>> = Vec::with_capacity(8);
        for op in &self.ops[formula.clone()] {
            let result = match op {
                Op::Literal(place) => Cow::Borrowed(&self.literals[*place]),
                Op::Read(place) => Cow::Borrowed(read(*place)?),
                Op::Negate => Cow::Owned(-stack.pop()?.as_ref()),
                operator => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    Cow::Owned(match operator {
                        Op::Add => left.plus(&right).ok()?,
                        Op::Subtract => left.minus(&right).ok()?,
                        Op::Multiply => left.times(&right).ok()?,
                        Op::Divide => left.over(&right).ok()?,
                        _ => left.pow(&right).ok()?,
                    })
                }
            };
            stack.push(result);
        }
        stack.pop().map(Cow::into_owned)
    }
}

struct Recorder<'t> {
    tape: &'t mut Tape,
    at: Period,
    names: &'t [(String, Place)],
}

impl Recorder<'_> {
    fn expr(&mut self, expr: &Expr, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match &expr.kind {
            ExprKind::Quantity(quantity) => self.literal(quantity.number().clone()),
            ExprKind::Name(name) => match self.place(name)? {
                Place::Series(_) => return None,
                place => self.tape.ops.push(Op::Read(Read::All(place))),
            },
            ExprKind::Index(series, period) => {
                let period = self.period(period)?;
                self.cell(series, period)?;
            }
            ExprKind::Negate(operand) => {
                self.expr(operand, depth + 1)?;
                self.tape.ops.push(Op::Negate);
            }
            ExprKind::Binary(op, left, right) => {
                let op = match op {
                    BinaryOp::Add => Op::Add,
                    BinaryOp::Subtract => Op::Subtract,
                    BinaryOp::Multiply => Op::Multiply,
                    BinaryOp::Divide => Op::Divide,
                    BinaryOp::Power => Op::Power,
                    _ => return None,
                };
                self.expr(left, depth + 1)?;
                self.expr(right, depth + 1)?;
                self.tape.ops.push(op);
            }
            ExprKind::Call(function, arguments, None) => match (function, &arguments[..]) {
                (Function::Share | Function::PerCapita, [part, whole]) => {
                    self.expr(part, depth + 1)?;
                    self.expr(whole, depth + 1)?;
                    self.tape.ops.push(Op::Divide);
                }
                (Function::Yoy, [series, period]) => {
                    let period = self.period(period)?;
                    self.cell(series, period)?;
                    self.cell(series, period.shift(-1))?;
                    self.tape.ops.push(Op::Divide);
                    self.literal(Number::ONE);
                    self.tape.ops.push(Op::Subtract);
                }
                (Function::Project, [base, rate, from, to]) => {
                    let years = self.period(from)?.years_until(self.period(to)?)?;
                    self.expr(rate, depth + 1)?;
                    self.literal(Number::ONE);
                    self.tape.ops.push(Op::Add);
                    self.literal(Number::from(years));
                    self.tape.ops.push(Op::Power);
                    self.expr(base, depth + 1)?;
                    self.tape.ops.push(Op::Multiply);
                }
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    fn place(&self, name: &str) -> Option<Place> {
        self.names
            .iter()
            .find(|(seen, _)| seen == name)
            .map(|(_, place)| *place)
    }

    fn literal(&mut self, number: Number) {
        self.tape.ops.push(Op::Literal(self.tape.literals.len()));
        self.tape.literals.push(number);
    }

    fn cell(&mut self, series: &Expr, period: Period) -> Option<()> {
        let ExprKind::Name(name) = &series.kind else {
            return None;
        };
        let Place::Series(place) = self.place(name)? else {
            return None;
        };
        self.tape.ops.push(Op::Read(Read::Cell(place, period)));
        Some(())
    }

    fn period(&self, expr: &Expr) -> Option<Period> {
        match &expr.kind {
            ExprKind::Period(period) => Some(*period),
            ExprKind::At => Some(self.at),
            ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract), period, years) => {
                let ExprKind::Quantity(years) = &years.kind else {
                    return None;
                };
                let years = i32::try_from(years.number().to_i64()?)
                    .ok()
                    .filter(|years| years.abs() < 10_000)?;
                let period = self.period(period)?;
                Some(period.shift(if *op == BinaryOp::Add { years } else { -years }))
            }
            _ => None,
        }
    }
}
