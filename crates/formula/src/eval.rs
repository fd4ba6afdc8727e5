//! Exact evaluation. It runs what `check` has accepted; what only values can show (a division by zero, a missing observation) is a
//! fault at the part that met it. It must never use a float, and never ask the surroundings for what the formula does not need.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use vocab::{Base, Calendar, Dim, Number, Period, Quantity, Refusal, Unit};

use crate::ast::{BinaryOp, Expr, ExprKind, table_of};
use crate::check::{Exchange, exchange, no_exchange};
use crate::fault::Fault;
use crate::function::Function;
use crate::value::{Env, EvalProblem, SeriesValue, TableValue, Value};

/// The exact value of a formula. `if`, `and` and `or` ask only for what they need.
///
/// # Errors
/// The first fault met, at the part of the formula that met it.
pub fn eval(expr: &Expr, env: &dyn Env) -> Result<Value, Fault> {
    match &expr.kind {
        ExprKind::Quantity(quantity) => Ok(Value::Quantity(quantity.clone(), None)),
        ExprKind::Text(text) => Ok(Value::Text(text.clone())),
        ExprKind::Period(period) => Ok(Value::Period(*period)),
        ExprKind::At => at(expr, env),
        ExprKind::Name(name) => env.value(name).map_err(|problem| Fault::at(&expr.span, problem)),
        ExprKind::Index(series, index) => {
            let period = period(index, env)?;
            observation(series, period, &expr.span, env)
        }
        ExprKind::Negate(operand) => {
            let (quantity, period) = quantity(operand, env)?;
            Ok(Value::Quantity(quantity.negated(), period))
        }
        ExprKind::Not(operand) => truth(operand, env).map(|truth| Value::Bool(!truth)),
        ExprKind::Binary(..) => chain(expr, env),
        ExprKind::If(condition, then, otherwise) => {
            eval(if truth(condition, env)? { then } else { otherwise }, env)
        }
        ExprKind::Call(function, arguments, filter) => Call {
            function: *function,
            arguments,
            filter: filter.as_deref(),
            span: &expr.span,
            env,
        }
        .value(),
    }
}

fn chain(expr: &Expr, env: &dyn Env) -> Result<Value, Fault> {
    let (first, steps) = expr.spine();
    let mut left = eval(first, env)?;
    let mut place = &first.span;
    for (node, op, right) in steps {
        left = binary(op, left, place, right, &node.span, env)?;
        place = &node.span;
    }
    Ok(left)
}

fn binary(
    op: BinaryOp,
    left: Value,
    place: &Range<usize>,
    right: &Expr,
    whole: &Range<usize>,
    env: &dyn Env,
) -> Result<Value, Fault> {
    if matches!(op, BinaryOp::And | BinaryOp::Or) {
        let left = left.as_bool().ok_or_else(|| wrong_value(place))?;
        let settled = left == (op == BinaryOp::Or);
        return if settled {
            Ok(Value::Bool(left))
        } else {
            truth(right, env).map(Value::Bool)
        };
    }
    let right_value = eval(right, env)?;
    let faulty = |refusal: Refusal| {
        // A zero is the right operand's doing; anything else is the whole operation's.
        let blamed = if matches!(refusal.kind, "division_by_zero" | "unit" | "exponent_unit") {
            &right.span
        } else {
            whole
        };
        Fault::at(blamed, refusal)
    };
    match (op, left, right_value) {
        (BinaryOp::Subtract, Value::Period(a), Value::Period(b)) => {
            let years = b.years_until(a).ok_or_else(|| mixed_calendars(&right.span))?;
            Ok(Quantity::new(&Number::from(years), Unit::years()).into())
        }
        (BinaryOp::Add | BinaryOp::Subtract, Value::Period(a), Value::Quantity(step, _)) => {
            let years = whole_number(step.number(), &right.span)?;
            Ok(Value::Period(a.shift(if op == BinaryOp::Add {
                years
            } else {
                -years
            })))
        }
        (op, Value::Quantity(a, p), Value::Quantity(b, q)) => {
            let result = match op {
                BinaryOp::Add => a.plus(&b),
                BinaryOp::Subtract => a.minus(&b),
                BinaryOp::Multiply => a.times(&b),
                BinaryOp::Divide => a.over(&b),
                BinaryOp::Power => a.pow(&b),
                _ => {
                    return a
                        .compare(&b)
                        .map(|order| Value::Bool(holds(op, order)))
                        .map_err(faulty);
                }
            };
            result
                .map(|quantity| Value::Quantity(quantity, joint_period(p, q)))
                .map_err(faulty)
        }
        (op, Value::Period(a), Value::Period(b)) if a.calendar == b.calendar => {
            Ok(Value::Bool(holds(op, a.cmp(&b))))
        }
        (op, Value::Date(a), Value::Date(b)) => Ok(Value::Bool(holds(op, a.cmp(&b)))),
        (op, Value::Text(a), Value::Text(b)) => Ok(Value::Bool(holds(op, a.cmp(&b)))),
        (op, Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(holds(op, a.cmp(&b)))),
        _ => Err(wrong_value(&right.span)),
    }
}

fn holds(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::AtMost => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// The one period that both operands speak of; an operand without a period agrees with any.
fn joint_period(left: Option<Period>, right: Option<Period>) -> Option<Period> {
    match (left, right) {
        (Some(left), Some(right)) => (left == right).then_some(left),
        (left, right) => left.or(right),
    }
}

fn at(expr: &Expr, env: &dyn Env) -> Result<Value, Fault> {
    env.at().map(Value::Period).ok_or_else(|| {
        Fault::new(
            expr.span.clone(),
            "no_period",
            "ここでは評価する年が決まっていないので、at は使えません。",
            "No period is being evaluated here, so “at” means nothing.",
        )
    })
}

fn observation(series: &Expr, period: Period, span: &Range<usize>, env: &dyn Env) -> Result<Value, Fault> {
    let ExprKind::Name(name) = &series.kind else {
        return Err(wrong_value(&series.span));
    };
    env.index(name, period)
        .map_err(|problem| Fault::at(span, problem))
}

fn quantity(expr: &Expr, env: &dyn Env) -> Result<(Quantity, Option<Period>), Fault> {
    match eval(expr, env)? {
        Value::Quantity(quantity, period) => Ok((quantity, period)),
        _ => Err(wrong_value(&expr.span)),
    }
}

fn truth(expr: &Expr, env: &dyn Env) -> Result<bool, Fault> {
    eval(expr, env)?.as_bool().ok_or_else(|| wrong_value(&expr.span))
}

fn period(expr: &Expr, env: &dyn Env) -> Result<Period, Fault> {
    match eval(expr, env)? {
        Value::Period(period) => Ok(period),
        _ => Err(wrong_value(&expr.span)),
    }
}

fn years_between(from: Period, to: Period, blamed: &Range<usize>) -> Result<i32, Fault> {
    from.years_until(to).ok_or_else(|| mixed_calendars(blamed))
}

/// A whole number of years or of items, within reason.
fn whole_number(number: &Number, span: &Range<usize>) -> Result<i32, Fault> {
    let whole = number
        .to_i64()
        .and_then(|whole| i32::try_from(whole).ok())
        .filter(|whole| whole.abs() < 10_000);
    whole.ok_or_else(|| {
        Fault::new(
            span.clone(),
            "whole_number",
            "ここには整数（1 万未満）が要ります。",
            "Expected a whole number (below 10,000) here.",
        )
    })
}

fn wrong_value(span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "type",
        "値の種類が、ここで使えるものではありません。",
        "A value of this kind cannot be used here.",
    )
}

fn mixed_calendars(span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "calendar",
        "年度と暦年は、そのままでは一緒に使えません。",
        "Fiscal and calendar years do not mix.",
    )
    .hint(
        "同じ年とみなしてよければ as_fy(…) か as_cy(…) で囲んでください。",
        "If one may stand for the other, say so with as_fy(…) or as_cy(…).",
    )
}

fn same_period(span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "same_period",
        "始めと終わりが同じ年なので、その間の変化は定まりません。",
        "The first and the last period are the same, so there is no change between them.",
    )
}

fn empty(span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "empty",
        "集計する値が一つもありません。",
        "There is nothing to aggregate.",
    )
}

/// What an aggregate runs over, blank cells left out.
enum Items {
    Series(Arc<SeriesValue>),
    /// Chosen cells, and the unit of the column, which an empty sum needs.
    Cells(Vec<Value>, Option<Unit>),
    Rows(usize),
}

struct Call<'a> {
    function: Function,
    arguments: &'a [Expr],
    filter: Option<&'a Expr>,
    span: &'a Range<usize>,
    env: &'a dyn Env,
}

impl Call<'_> {
    fn value(&self) -> Result<Value, Fault> {
        match self.function {
            Function::Abs => self
                .quantity(0)
                .map(|(x, period)| Value::Quantity(x.abs(), period)),
            Function::Min => self.extreme(Ordering::Less),
            Function::Max => self.extreme(Ordering::Greater),
            Function::Round => {
                let (x, period) = self.quantity(0)?;
                let (quantum, _) = self.quantity(1)?;
                self.checked(x.round_to(&quantum), period)
            }
            Function::Sqrt => {
                let (x, period) = self.quantity(0)?;
                let half = Quantity::plain(Number::ratio(1, 2).unwrap_or(Number::ONE));
                self.checked(x.pow(&half), period)
            }
            Function::Cagr => self.cagr(),
            Function::Project => self.project(),
            Function::Line => self.line(),
            Function::Fx => self.fx(),
            Function::Years => {
                let years = years_between(self.period(0)?, self.period(1)?, self.place(1))?;
                Ok(Quantity::from(i64::from(years)).into())
            }
            Function::AsFy => self.taken_as(Calendar::Fiscal),
            Function::AsCy => self.taken_as(Calendar::Calendar),
            Function::Share => {
                let (part, p) = self.quantity(0)?;
                let (whole, q) = self.quantity(1)?;
                part.compare(&whole)
                    .map_err(|refusal| Fault::at(self.place(1), refusal))?;
                let share = part
                    .over(&whole)
                    .map_err(|refusal| Fault::at(self.place(1), refusal))?;
                Ok(Value::Quantity(
                    Quantity::from_base(share.number().clone(), Unit::percent()),
                    joint_period(p, q),
                ))
            }
            Function::PerCapita => {
                let (x, period) = self.quantity(0)?;
                let (people, _) = self.quantity(1)?;
                let people = people.shown_in(&Unit::from(&Dim::of(Base::PERSON, 1)));
                self.checked(people.and_then(|people| x.over(&people)), period)
            }
            Function::Last | Function::First | Function::Latest => self.edge(),
            Function::Yoy => self.yoy(),
            Function::MovingTotal => self.moving_total(),
            Function::Sum | Function::Count | Function::Mean | Function::Median | Function::Quantile => {
                self.aggregate()
            }
            Function::RatioTotal => self.ratio_total(),
            Function::Start => self.period(0).map(|period| Value::Date(period.start())),
            Function::End => self.period(0).map(|period| Value::Date(period.end())),
            Function::Printed
            | Function::Path
            | Function::Recorded
            | Function::Sources
            | Function::Period => self.about(),
        }
    }

    fn argument(&self, index: usize) -> Result<&Expr, Fault> {
        self.arguments.get(index).ok_or_else(|| wrong_value(self.span))
    }

    fn place(&self, index: usize) -> &Range<usize> {
        self.arguments
            .get(index)
            .map_or(self.span, |argument| &argument.span)
    }

    fn quantity(&self, index: usize) -> Result<(Quantity, Option<Period>), Fault> {
        quantity(self.argument(index)?, self.env)
    }

    fn period(&self, index: usize) -> Result<Period, Fault> {
        period(self.argument(index)?, self.env)
    }

    fn checked(&self, result: Result<Quantity, Refusal>, period: Option<Period>) -> Result<Value, Fault> {
        result
            .map(|quantity| Value::Quantity(quantity, period))
            .map_err(|refusal| Fault::at(self.span, refusal))
    }

    fn extreme(&self, wanted: Ordering) -> Result<Value, Fault> {
        let (mut best, mut period) = self.quantity(0)?;
        for index in 1..self.arguments.len() {
            let (candidate, its_period) = self.quantity(index)?;
            let order = candidate
                .compare(&best)
                .map_err(|refusal| Fault::at(self.place(index), refusal))?;
            if order == wanted {
                (best, period) = (candidate, its_period);
            }
        }
        Ok(Value::Quantity(best, period))
    }

    fn cagr(&self) -> Result<Value, Fault> {
        let (from, _) = self.quantity(0)?;
        let (to, _) = self.quantity(1)?;
        let years = years_between(self.period(2)?, self.period(3)?, self.place(3))?;
        let one_over = Number::ratio(1, i64::from(years)).ok_or_else(|| same_period(self.place(3)))?;
        let ratio = to
            .number()
            .over(from.number())
            .map_err(|refusal| Fault::at(self.place(0), refusal))?;
        let growth = ratio.pow(&one_over).and_then(|factor| factor.minus(&Number::ONE));
        self.checked(
            growth.map(|growth| Quantity::from_base(growth, Unit::percent_a_year())),
            None,
        )
    }

    fn project(&self) -> Result<Value, Fault> {
        let (base, _) = self.quantity(0)?;
        let (rate, _) = self.quantity(1)?;
        let (from, to) = (self.period(2)?, self.period(3)?);
        let years = years_between(from, to, self.place(3))?;
        let factor = rate
            .number()
            .plus(&Number::ONE)
            .and_then(|growth| growth.pow(&Number::from(years)));
        let grown = factor.and_then(|factor| factor.times(base.number()));
        self.checked(
            grown.map(|number| Quantity::from_base(number, base.unit().clone())),
            Some(to),
        )
    }

    fn line(&self) -> Result<Value, Fault> {
        let (from, _) = self.quantity(0)?;
        let (to, _) = self.quantity(1)?;
        let (start, end, wanted) = (self.period(2)?, self.period(3)?, self.period(4)?);
        let span = years_between(start, end, self.place(3))?;
        let run = years_between(start, wanted, self.place(4))?;
        let part =
            Number::ratio(i64::from(run), i64::from(span)).ok_or_else(|| same_period(self.place(3)))?;
        let reached = to
            .minus(&from)
            .and_then(|rise| rise.times(&Quantity::plain(part)));
        self.checked(reached.and_then(|rise| from.plus(&rise)), Some(wanted))
    }

    fn fx(&self) -> Result<Value, Fault> {
        let (amount, period) = self.quantity(0)?;
        let (rate, _) = self.quantity(1)?;
        let exchanged = match exchange(&amount.dim(), &rate.dim()) {
            Some(Exchange::Times) => amount.times(&rate),
            Some(Exchange::Over) => amount.over(&rate),
            None => return Err(no_exchange(&amount.dim(), &rate.dim(), self.place(1))),
        };
        self.checked(exchanged, period)
    }

    fn taken_as(&self, calendar: Calendar) -> Result<Value, Fault> {
        let taken = |period: Period| Period { calendar, ..period };
        match eval(self.argument(0)?, self.env)? {
            Value::Quantity(quantity, period) => Ok(Value::Quantity(quantity, period.map(taken))),
            Value::Period(period) => Ok(Value::Period(taken(period))),
            _ => Err(wrong_value(self.place(0))),
        }
    }

    fn series(&self) -> Result<Arc<SeriesValue>, Fault> {
        match eval(self.argument(0)?, self.env)? {
            Value::Series(series) => Ok(series),
            _ => Err(wrong_value(self.place(0))),
        }
    }

    fn observation(&self, period: Period) -> Result<Quantity, Fault> {
        match observation(self.argument(0)?, period, self.span, self.env)? {
            Value::Quantity(quantity, _) => Ok(quantity),
            _ => Err(wrong_value(self.place(0))),
        }
    }

    /// `last`, `first` and `latest`.
    fn edge(&self) -> Result<Value, Fault> {
        let series = self.series()?;
        let until = if self.arguments.len() > 1 {
            Some(self.period(1)?)
        } else {
            None
        };
        let mut periods = series
            .keys()
            .filter(|period| until.is_none_or(|until| **period <= until));
        let found = if self.function == Function::First {
            periods.next()
        } else {
            periods.next_back()
        };
        let Some(&found) = found else {
            return Err(match until {
                Some(until) => Fault::new(
                    self.span.clone(),
                    "no_observation",
                    format!("{until} までの値がありません。"),
                    format!("There is no observation up to {until}."),
                ),
                None => empty(self.span),
            });
        };
        if self.function == Function::Latest {
            return Ok(Value::Period(found));
        }
        Ok(Value::Quantity(self.observation(found)?, Some(found)))
    }

    fn yoy(&self) -> Result<Value, Fault> {
        let period = self.period(1)?;
        let (now, before) = (self.observation(period)?, self.observation(period.shift(-1))?);
        let change = now
            .number()
            .over(before.number())
            .and_then(|ratio| ratio.minus(&Number::ONE));
        self.checked(
            change.map(|change| Quantity::from_base(change, Unit::percent())),
            Some(period),
        )
    }

    fn moving_total(&self) -> Result<Value, Fault> {
        let years = whole_number(self.quantity(1)?.0.number(), self.place(1))?;
        let last = self.period(2)?;
        if years < 1 {
            return Err(empty(self.place(1)));
        }
        self.total(last.shift(1 - years), last, Some(last))
    }

    /// The sum over every year from `first` to `last`, all of which must have an observation.
    fn total(&self, first: Period, last: Period, speaks_of: Option<Period>) -> Result<Value, Fault> {
        let mut sum = self.observation(first)?;
        for year in 1..=years_between(first, last, self.span)? {
            let next = self.observation(first.shift(year))?;
            sum = sum.plus(&next).map_err(|refusal| Fault::at(self.span, refusal))?;
        }
        Ok(Value::Quantity(sum, speaks_of))
    }

    fn aggregate(&self) -> Result<Value, Fault> {
        let bounds_at = if self.function == Function::Quantile { 2 } else { 1 };
        let bounds = if self.arguments.len() > bounds_at {
            Some((self.period(bounds_at)?, self.period(bounds_at + 1)?))
        } else {
            None
        };
        if let Some((first, last)) = bounds
            && years_between(first, last, self.place(bounds_at + 1))? < 0
        {
            return Err(Fault::new(
                self.span.clone(),
                "period_order",
                format!("期間の始め {first} が終わり {last} より後です。"),
                format!("The period runs backwards, from {first} to {last}."),
            ));
        }
        let items = self.items(self.argument(0)?)?;
        if let (Function::Sum, Items::Series(_), Some((first, last))) = (self.function, &items, bounds) {
            return self.total(first, last, None);
        }
        let (cells, unit) = match items {
            Items::Rows(rows) => return Ok(count(rows)),
            Items::Cells(cells, unit) => (cells, unit),
            Items::Series(series) => {
                let within =
                    |period: &Period| bounds.is_none_or(|(first, last)| (first..=last).contains(period));
                let chosen = series.iter().filter(|(period, _)| within(period));
                let cells: Vec<Value> = chosen.map(|(_, quantity)| quantity.clone().into()).collect();
                (
                    cells,
                    series.values().next().map(|quantity| quantity.unit().clone()),
                )
            }
        };
        if self.function == Function::Count {
            return Ok(count(cells.len()));
        }
        let quantities = cells
            .iter()
            .map(|cell| cell.as_quantity().cloned())
            .collect::<Option<Vec<_>>>();
        let quantities = quantities.ok_or_else(|| wrong_value(self.place(0)))?;
        let unit = unit.ok_or_else(|| empty(self.span))?;
        let result = match self.function {
            Function::Sum => sum(&quantities, &unit),
            _ if quantities.is_empty() => return Err(empty(self.span)),
            Function::Mean => sum(&quantities, &unit).and_then(|sum| {
                let number = Number::from(i64::try_from(quantities.len()).unwrap_or(i64::MAX));
                Ok(Quantity::from_base(sum.number().over(&number)?, unit))
            }),
            Function::Median => quantile(&quantities, &Number::ratio(1, 2).unwrap_or(Number::ONE)),
            _ => {
                let (level, _) = self.quantity(1)?;
                if level.number().is_negative() || *level.number() > Number::ONE {
                    return Err(Fault::new(
                        self.place(1).clone(),
                        "level",
                        "分位は 0% から 100% の間で書いてください。",
                        "A quantile's level lies between 0% and 100%.",
                    ));
                }
                quantile(&quantities, level.number())
            }
        };
        self.checked(result, None)
    }

    /// What the name in an aggregate's first argument stands for, rows chosen by `where`.
    fn items(&self, argument: &Expr) -> Result<Items, Fault> {
        let ExprKind::Name(name) = &argument.kind else {
            return Err(wrong_value(&argument.span));
        };
        match self.env.value(name) {
            Ok(Value::Series(series)) => return Ok(Items::Series(series)),
            Ok(Value::Table(table)) => return Ok(Items::Rows(self.chosen(name, &table)?.len())),
            Ok(_) => return Err(wrong_value(&argument.span)),
            Err(problem) if problem.kind != "unknown_name" => return Err(Fault::at(&argument.span, problem)),
            Err(_) => {}
        }
        let (table, cells) = self.column(argument)?;
        let unit = cells
            .iter()
            .flatten()
            .find_map(|cell| cell.as_quantity().map(|cell| cell.unit().clone()));
        let chosen = self.chosen(table_of(argument).unwrap_or_default(), &table)?;
        Ok(Items::Cells(
            chosen
                .into_iter()
                .filter_map(|row| cells.get(row).cloned().flatten())
                .collect(),
            unit,
        ))
    }

    /// The table and the cells of `table.column`.
    fn column(&self, argument: &Expr) -> Result<(Arc<TableValue>, Vec<Option<Value>>), Fault> {
        let ExprKind::Name(name) = &argument.kind else {
            return Err(wrong_value(&argument.span));
        };
        let unknown = || Fault::at(&argument.span, crate::value::unknown_name(name));
        let (table, column) = name.rsplit_once('.').ok_or_else(unknown)?;
        match self
            .env
            .value(table)
            .map_err(|problem| Fault::at(&argument.span, problem))?
        {
            Value::Table(table) => {
                let cells = table.columns.get(column).cloned().ok_or_else(unknown)?;
                Ok((table, cells))
            }
            _ => Err(unknown()),
        }
    }

    /// The rows for which `where` holds; all of them without one. A row whose blank cell leaves it open does not count.
    fn chosen(&self, name: &str, table: &Arc<TableValue>) -> Result<Vec<usize>, Fault> {
        let rows = 0..table.rows();
        let Some(filter) = self.filter else {
            return Ok(rows.collect());
        };
        let mut chosen = Vec::new();
        for row in rows {
            match truth(
                filter,
                &RowEnv {
                    name,
                    table,
                    row,
                    outer: self.env,
                },
            ) {
                Ok(true) => chosen.push(row),
                Ok(false) => {}
                Err(fault) if fault.kind == BLANK => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(chosen)
    }

    /// Σy / Σx over the rows where both are present, times the total of x.
    fn ratio_total(&self) -> Result<Value, Fault> {
        let (y_column, x_column) = (self.argument(0)?, self.argument(1)?);
        let (total, period) = self.quantity(2)?;
        let (table, y) = self.column(y_column)?;
        let (_, x) = self.column(x_column)?;
        let rows = self.chosen(table_of(y_column).unwrap_or_default(), &table)?;
        let cell = |cells: &[Option<Value>], row: usize| cells.get(row)?.as_ref()?.as_quantity().cloned();
        let pairs: Vec<_> = rows
            .into_iter()
            .filter_map(|row| Some((cell(&y, row)?, cell(&x, row)?)))
            .collect();
        let (ys, xs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let (Some(y_unit), Some(x_unit)) = (ys.first().map(Quantity::unit), xs.first().map(Quantity::unit))
        else {
            return Err(empty(self.span));
        };
        let ratio = sum(&ys, y_unit).and_then(|y| y.number().over(sum(&xs, x_unit)?.number()));
        let estimate = ratio.and_then(|ratio| ratio.times(total.number()));
        self.checked(
            estimate.map(|number| Quantity::from_base(number, y_unit.clone())),
            period,
        )
    }

    fn about(&self) -> Result<Value, Fault> {
        let first = self.argument(0)?;
        let (name, period) = match &first.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index(series, index) => match &series.kind {
                ExprKind::Name(name) => (name, Some(period(index, self.env)?)),
                _ => return Err(wrong_value(&first.span)),
            },
            _ => return Err(wrong_value(&first.span)),
        };
        let period = if self.arguments.len() > 1 {
            Some(self.period(1)?)
        } else {
            period
        };
        let answer = self.env.meta(self.function.name(), name, period);
        answer.map_err(|problem| Fault::at(self.span, problem))
    }
}

fn count(rows: usize) -> Value {
    Quantity::from(i64::try_from(rows).unwrap_or(i64::MAX)).into()
}

fn sum(quantities: &[Quantity], unit: &Unit) -> Result<Quantity, Refusal> {
    quantities
        .iter()
        .try_fold(Quantity::from_base(Number::ZERO, unit.clone()), |sum, next| {
            sum.plus(next)
        })
}

/// Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, as numpy and Excel's `PERCENTILE.INC` do).
fn quantile(quantities: &[Quantity], level: &Number) -> Result<Quantity, Refusal> {
    let mut sorted: Vec<&Quantity> = quantities.iter().collect();
    sorted.sort_by(|a, b| a.number().cmp(b.number()));
    let steps = Number::from(i64::try_from(sorted.len().saturating_sub(1)).unwrap_or(i64::MAX));
    let position = level.times(&steps)?;
    let floor = position.floor();
    let below = floor
        .to_i64()
        .and_then(|below| usize::try_from(below).ok())
        .unwrap_or(0);
    let fraction = position.minus(&floor)?;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    high.minus(low)?
        .times(&Quantity::plain(fraction))
        .and_then(|part| low.plus(&part))
}

const BLANK: &str = "blank";

/// One row of a table in front of the outer surroundings.
struct RowEnv<'a> {
    name: &'a str,
    table: &'a TableValue,
    row: usize,
    outer: &'a dyn Env,
}

impl Env for RowEnv<'_> {
    fn value(&self, name: &str) -> Result<Value, EvalProblem> {
        let column = name
            .strip_prefix(self.name)
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(name);
        match self.table.columns.get(column) {
            Some(cells) => cells.get(self.row).cloned().flatten().ok_or_else(|| {
                Refusal::new(
                    BLANK,
                    format!("「{column}」が空欄です。"),
                    format!("“{column}” is blank."),
                )
            }),
            None => self.outer.value(name),
        }
    }

    fn at(&self) -> Option<Period> {
        self.outer.at()
    }

    fn index(&self, series: &str, period: Period) -> Result<Value, EvalProblem> {
        self.outer.index(series, period)
    }

    fn meta(&self, function: &str, name: &str, period: Option<Period>) -> Result<Value, EvalProblem> {
        self.outer.meta(function, name, period)
    }
}
