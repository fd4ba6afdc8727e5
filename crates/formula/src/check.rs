//! Static typing: units, calendars, price bases, arities and names are proved before a formula ever runs. It must accept nothing
//! that mixes what may not be mixed, and its caret stands under the operand that does not fit what is on its left.

use std::collections::BTreeMap;
use std::ops::Range;

use vocab::{Base, Calendar, Dim, Number};

use crate::ast::{BinaryOp, Expr, ExprKind, table_of};
use crate::fault::{Fault, nearest};
use crate::function::Function;
use crate::types::{Basis, Measure, Scope, Type};

/// The type of a formula in a scope.
///
/// # Errors
/// The first fault: a name that is not there, a unit, calendar or price basis that does not fit, a wrong kind of value.
pub fn check(expr: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    match &expr.kind {
        ExprKind::Quantity(quantity) => Ok(Type::quantity(quantity.dim())),
        ExprKind::Text(_) => Ok(Type::Text),
        ExprKind::Period(period) => Ok(Type::Period(Some(period.calendar))),
        ExprKind::At => Ok(Type::Period(None)),
        ExprKind::Name(name) => scope
            .lookup(name)
            .ok_or_else(|| unknown_name(name, &expr.span, scope)),
        ExprKind::Index(series, period) => {
            let measure = match (&series.kind, check(series, scope)?) {
                (ExprKind::Name(name), Type::Quantity(measure)) if scope.has_years(name) => measure,
                _ => series_measure(series, scope)?,
            };
            periods(measure.calendar, &[period], scope)?;
            Ok(Type::Quantity(measure))
        }
        ExprKind::Negate(operand) => quantity(operand, scope).map(Type::Quantity),
        ExprKind::Not(operand) => truth(operand, scope),
        ExprKind::Binary(..) => {
            let (first, steps) = expr.spine();
            let mut left = check(first, scope)?;
            let mut place = &first.span;
            for (node, op, right) in steps {
                left = binary(op, left, place, right, scope)?;
                place = &node.span;
            }
            Ok(left)
        }
        ExprKind::If(condition, then, otherwise) => {
            truth(condition, scope)?;
            let left = check(then, scope)?;
            let right = check(otherwise, scope)?;
            same_type(left, right, &otherwise.span)
        }
        ExprKind::Call(function, arguments, filter) => {
            call(*function, arguments, filter.as_deref(), scope, expr)
        }
    }
}

fn binary(
    op: BinaryOp,
    left: Type,
    place: &Range<usize>,
    right: &Expr,
    scope: &dyn Scope,
) -> Result<Type, Fault> {
    match op {
        BinaryOp::Or | BinaryOp::And => {
            require_truth(&left, place)?;
            truth(right, scope)
        }
        BinaryOp::Power => {
            let base = require_quantity(left, place)?;
            power(base, right, scope)
        }
        BinaryOp::Add | BinaryOp::Subtract => {
            let right_type = check(right, scope)?;
            match (left, right_type) {
                (Type::Period(a), Type::Period(b)) if op == BinaryOp::Subtract => {
                    joint_calendar(a, b, &right.span)?;
                    Ok(Type::quantity(Dim::of(Base::YEAR, 1)))
                }
                (Type::Period(calendar), Type::Quantity(step)) => {
                    if step.dim.is_none() || step.dim == Dim::of(Base::YEAR, 1) {
                        return Ok(Type::Period(calendar));
                    }
                    Err(unit_fault(&Dim::of(Base::YEAR, 1), &step.dim, &right.span))
                }
                (left, right_type) => {
                    let left = require_quantity(left, place)?;
                    let right_measure = require_quantity(right_type, &right.span)?;
                    unify(left, &right_measure, &right.span).map(Type::Quantity)
                }
            }
        }
        BinaryOp::Multiply | BinaryOp::Divide => {
            let left = require_quantity(left, place)?;
            let right_measure = quantity(right, scope)?;
            let dim = match op {
                BinaryOp::Multiply => left.dim.times(&right_measure.dim),
                _ => left.dim.over(&right_measure.dim),
            };
            let calendar = joint_calendar(left.calendar, right_measure.calendar, &right.span)?;
            let basis =
                joint_basis(left.basis, right_measure.basis, &right.span)?.filter(|_| dim.has_money());
            Ok(Type::Quantity(Measure { dim, calendar, basis }))
        }
        comparison => {
            let right_type = check(right, scope)?;
            let ordered = !matches!(comparison, BinaryOp::Equal | BinaryOp::NotEqual);
            if ordered && matches!(left, Type::Text | Type::Bool) {
                return Err(Fault::new(
                    place.clone(),
                    "type",
                    format!("{}に大小はありません。= か != を使ってください。", left.ja()),
                    format!("There is no order in {}. Use = or !=.", left.en()),
                ));
            }
            if matches!(left, Type::Series(_) | Type::Table(_)) {
                require_quantity(left.clone(), place)?;
            }
            same_type(left, right_type, &right.span)?;
            Ok(Type::Bool)
        }
    }
}

fn power(base: Measure, exponent: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    let measure = quantity(exponent, scope)?;
    if !measure.dim.is_none() {
        return Err(Fault::new(
            exponent.span.clone(),
            "exponent_unit",
            format!(
                "指数に単位「{}」が付いています。指数は単位のない数にしてください。",
                measure.dim
            ),
            format!(
                "The exponent has the unit “{}”. An exponent is a number without a unit.",
                measure.dim
            ),
        )
        .hint(
            "年数を指数にするには years(FY2024, FY2040) を使います。",
            "For a number of years write years(FY2024, FY2040).",
        ));
    }
    if base.dim.is_none() {
        return Ok(Type::Quantity(base));
    }
    let Some(dim) = constant(exponent).and_then(|exponent| base.dim.pow(&exponent)) else {
        return Err(Fault::new(
            exponent.span.clone(),
            "unit_power",
            format!(
                "単位「{}」のある数の指数は、単位が定まる定数（2、-1 など）に限ります。",
                base.dim
            ),
            format!(
                "A number in “{}” takes only a constant exponent that leaves a unit, such as 2 or -1.",
                base.dim
            ),
        ));
    };
    let basis = base.basis.filter(|_| dim.has_money());
    Ok(Type::Quantity(Measure { dim, basis, ..base }))
}

/// The value of an exponent that is written out in numbers.
fn constant(expr: &Expr) -> Option<Number> {
    match &expr.kind {
        ExprKind::Quantity(quantity) => Some(quantity.number().clone()),
        ExprKind::Negate(operand) => Some(-&constant(operand)?),
        ExprKind::Binary(BinaryOp::Divide, above, below) => constant(above)?.over(&constant(below)?).ok(),
        _ => None,
    }
}

fn call(
    function: Function,
    arguments: &[Expr],
    filter: Option<&Expr>,
    scope: &dyn Scope,
    whole: &Expr,
) -> Result<Type, Fault> {
    let [first, rest @ ..] = arguments else {
        return Ok(Type::number());
    };
    match function {
        Function::Abs => quantity(first, scope).map(Type::Quantity),
        Function::Min | Function::Max => {
            let mut measure = quantity(first, scope)?;
            for argument in rest {
                measure = unify(measure, &quantity(argument, scope)?, &argument.span)?;
            }
            Ok(Type::Quantity(measure))
        }
        Function::Round => {
            let measure = quantity(first, scope)?;
            let quantum = quantity(&rest[0], scope)?;
            same_dim(&measure.dim, &quantum.dim, &rest[0].span)?;
            Ok(Type::Quantity(measure))
        }
        Function::Sqrt => root(first, scope),
        Function::Cagr => {
            let from = quantity(first, scope)?;
            unify(from, &quantity(&rest[0], scope)?, &rest[0].span)?;
            periods(None, &[&rest[1], &rest[2]], scope)?;
            Ok(Type::quantity(Dim::of(Base::YEAR, -1)))
        }
        Function::Project => project(first, rest, scope),
        Function::Line => {
            let from = quantity(first, scope)?;
            let measure = unify(from, &quantity(&rest[0], scope)?, &rest[0].span)?;
            let calendar = periods(measure.calendar, &[&rest[1], &rest[2], &rest[3]], scope)?;
            Ok(Type::Quantity(Measure { calendar, ..measure }))
        }
        Function::Fx => exchanged(first, &rest[0], scope),
        Function::Years => {
            periods(None, &[first, &rest[0]], scope)?;
            Ok(Type::number())
        }
        Function::AsFy => taken_as(Calendar::Fiscal, first, scope),
        Function::AsCy => taken_as(Calendar::Calendar, first, scope),
        Function::Share => {
            let part = quantity(first, scope)?;
            let both = unify(part, &quantity(&rest[0], scope)?, &rest[0].span)?;
            Ok(Type::Quantity(Measure {
                dim: Dim::none(),
                basis: None,
                ..both
            }))
        }
        Function::PerCapita => {
            let measure = quantity(first, scope)?;
            let people = Dim::of(Base::PERSON, 1);
            same_dim(&people, &quantity(&rest[0], scope)?.dim, &rest[0].span)?;
            Ok(Type::Quantity(Measure {
                dim: measure.dim.over(&people),
                ..measure
            }))
        }
        Function::Last => {
            let measure = series_measure(first, scope)?;
            let bounds: Vec<&Expr> = rest.iter().collect();
            periods(measure.calendar, &bounds, scope)?;
            Ok(Type::Quantity(measure))
        }
        Function::First => series_measure(first, scope).map(Type::Quantity),
        Function::Latest => series_measure(first, scope).map(|measure| Type::Period(measure.calendar)),
        Function::Yoy => {
            let measure = series_measure(first, scope)?;
            periods(measure.calendar, &[&rest[0]], scope)?;
            Ok(Type::Quantity(Measure {
                dim: Dim::none(),
                basis: None,
                ..measure
            }))
        }
        Function::MovingTotal => {
            let measure = series_measure(first, scope)?;
            same_dim(&Dim::none(), &quantity(&rest[0], scope)?.dim, &rest[0].span)?;
            periods(measure.calendar, &[&rest[1]], scope)?;
            Ok(Type::Quantity(measure))
        }
        Function::Sum | Function::Count | Function::Mean | Function::Median | Function::Quantile => {
            aggregate(function, first, rest, filter, scope, whole)
        }
        Function::RatioTotal => ratio_total(first, rest, filter, scope),
        Function::Start | Function::End => {
            periods(None, &[first], scope)?;
            Ok(Type::Date)
        }
        Function::Printed | Function::Path | Function::Recorded | Function::Sources | Function::Period => {
            about(function, first, rest, scope)
        }
    }
}

fn root(operand: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    let measure = quantity(operand, scope)?;
    let half = Number::ratio(1, 2).unwrap_or(Number::ONE);
    let dim = measure.dim.pow(&half).ok_or_else(|| {
        Fault::new(
            operand.span.clone(),
            "unit_power",
            format!("単位「{}」の平方根という単位はありません。", measure.dim),
            format!("The square root of the unit “{}” does not exist.", measure.dim),
        )
    })?;
    Ok(Type::Quantity(Measure { dim, ..measure }))
}

fn exchanged(amount: &Expr, rate: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    let from = quantity(amount, scope)?;
    let by = quantity(rate, scope)?;
    let dim = match exchange(&from.dim, &by.dim) {
        Some(Exchange::Times) => from.dim.times(&by.dim),
        Some(Exchange::Over) => from.dim.over(&by.dim),
        None => return Err(no_exchange(&from.dim, &by.dim, &rate.span)),
    };
    Ok(Type::Quantity(Measure { dim, ..from }))
}

fn project(base: &Expr, rest: &[Expr], scope: &dyn Scope) -> Result<Type, Fault> {
    let measure = quantity(base, scope)?;
    let rate = quantity(&rest[0], scope)?;
    if rate.dim != Dim::of(Base::YEAR, -1) {
        return Err(
            unit_fault(&Dim::of(Base::YEAR, -1), &rate.dim, &rest[0].span).hint(
                "伸び率は 6.7%/年 のように、1年あたりで書いてください。",
                "Write a growth rate per year, as 6.7%/年.",
            ),
        );
    }
    let calendar = periods(measure.calendar, &[&rest[1], &rest[2]], scope)?;
    Ok(Type::Quantity(Measure { calendar, ..measure }))
}

/// Which way an amount goes through an exchange rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchange {
    Times,
    Over,
}

/// How an amount in one currency is exchanged at a rate between two; `None` if the rate does not know the amount's currency.
pub(crate) fn exchange(amount: &Dim, rate: &Dim) -> Option<Exchange> {
    let currency = amount.currency()?;
    let sides: Vec<(Base, i32)> = rate.iter().collect();
    let [(a, p), (b, q)] = sides[..] else { return None };
    let between = [a, b].iter().all(|base| Dim::of(*base, 1).has_money()) && p * q == -1;
    let power = if a == currency {
        p
    } else if b == currency {
        q
    } else {
        return None;
    };
    between.then_some(if power < 0 {
        Exchange::Times
    } else {
        Exchange::Over
    })
}

pub(crate) fn no_exchange(amount: &Dim, rate: &Dim, span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "exchange",
        format!("「{rate}」のレートでは「{amount}」の金額を換算できません。"),
        format!("A rate in “{rate}” cannot exchange an amount in “{amount}”."),
    )
    .hint(
        "レートは 149円/ドル のように、金額の通貨を含めて書いてください。",
        "Write a rate that names the amount's currency, as 149円/ドル.",
    )
}

fn taken_as(calendar: Calendar, expr: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    match check(expr, scope)? {
        Type::Period(_) => Ok(Type::Period(Some(calendar))),
        other => {
            let measure = require_quantity(other, &expr.span)?;
            Ok(Type::Quantity(Measure {
                calendar: Some(calendar),
                ..measure
            }))
        }
    }
}

/// What an aggregate runs over.
enum Subject {
    Series(Measure),
    Column(Type),
    Table,
}

fn subject(argument: &Expr, scope: &dyn Scope) -> Result<Subject, Fault> {
    let ExprKind::Name(name) = &argument.kind else {
        return Err(not_aggregable(&argument.span));
    };
    match scope.lookup(name) {
        Some(Type::Series(measure)) => return Ok(Subject::Series(measure)),
        Some(Type::Table(_)) => return Ok(Subject::Table),
        Some(_) => return Err(not_aggregable(&argument.span)),
        None => {}
    }
    let Some((table, column)) = name.rsplit_once('.') else {
        return Err(unknown_name(name, &argument.span, scope));
    };
    let Some(Type::Table(columns)) = scope.lookup(table) else {
        return Err(unknown_name(name, &argument.span, scope));
    };
    match columns.get(column) {
        Some(found) => Ok(Subject::Column(found.clone())),
        None => Err(misspelt(
            name,
            columns.keys().map(String::as_str),
            column,
            &argument.span,
        )),
    }
}

fn not_aggregable(span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "not_aggregable",
        "集計できるのは、系列、表、表の列（表.列）だけです。",
        "Only a series, a table or a column of a table (table.column) can be aggregated.",
    )
}

fn aggregate(
    function: Function,
    first: &Expr,
    rest: &[Expr],
    filter: Option<&Expr>,
    scope: &dyn Scope,
    whole: &Expr,
) -> Result<Type, Fault> {
    let bounds = if function == Function::Quantile {
        let level = quantity(&rest[0], scope)?;
        same_dim(&Dim::none(), &level.dim, &rest[0].span)?;
        &rest[1..]
    } else {
        rest
    };
    let subject = subject(first, scope)?;
    let by_rows = !matches!(subject, Subject::Series(_));
    if bounds.len() == 1 || (by_rows && !bounds.is_empty()) {
        return Err(Fault::new(
            whole.span.clone(),
            "arity",
            "期間は、系列に対して、始めと終わりの二つを書いてください。",
            "Give a series two periods, the first and the last; a table takes none.",
        ));
    }
    if let Some(filter) = filter {
        if !by_rows {
            return Err(Fault::new(
                filter.span.clone(),
                "no_filter",
                "where は表の行を選ぶもので、系列には使えません。",
                "where chooses rows of a table; a series has none.",
            ));
        }
        filter_rows(first, filter, scope)?;
    }
    let measure = match subject {
        Subject::Series(measure) => {
            let bounds: Vec<&Expr> = bounds.iter().collect();
            periods(measure.calendar, &bounds, scope)?;
            measure
        }
        Subject::Table | Subject::Column(_) if function == Function::Count => Measure::default(),
        Subject::Table => {
            return Err(not_aggregable(&first.span).hint("表.列 と書いてください。", "Write table.column."));
        }
        Subject::Column(column) => require_quantity(column, &first.span)?,
    };
    if function == Function::Count {
        return Ok(Type::Quantity(Measure {
            calendar: measure.calendar,
            ..Measure::default()
        }));
    }
    Ok(Type::Quantity(measure))
}

/// Checks a `where` in the scope of the rows of the table that `first` names.
fn filter_rows(first: &Expr, filter: &Expr, scope: &dyn Scope) -> Result<(), Fault> {
    let whole_name = if let ExprKind::Name(name) = &first.kind {
        Some(name.as_str())
    } else {
        None
    };
    let named = |name: Option<&str>| match name.and_then(|name| Some((name, scope.lookup(name)?))) {
        Some((name, Type::Table(columns))) => Some((name.to_owned(), columns)),
        _ => None,
    };
    let found = named(whole_name).or_else(|| named(table_of(first)));
    let Some((table, columns)) = found else {
        return Err(not_aggregable(&first.span));
    };
    truth(
        filter,
        &Rows {
            table,
            columns,
            outer: scope,
        },
    )
    .map(|_| ())
}

/// Inside `where`: columns come first, then what is visible outside.
struct Rows<'a> {
    table: String,
    columns: BTreeMap<String, Type>,
    outer: &'a dyn Scope,
}

impl Scope for Rows<'_> {
    fn lookup(&self, name: &str) -> Option<Type> {
        let column = name
            .strip_prefix(self.table.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(name);
        self.columns
            .get(column)
            .cloned()
            .or_else(|| self.outer.lookup(name))
    }

    fn names(&self) -> Vec<String> {
        self.columns.keys().cloned().chain(self.outer.names()).collect()
    }
}

fn ratio_total(y: &Expr, rest: &[Expr], filter: Option<&Expr>, scope: &dyn Scope) -> Result<Type, Fault> {
    let column = |argument: &Expr| match subject(argument, scope)? {
        Subject::Column(column) => require_quantity(column, &argument.span),
        _ => Err(not_aggregable(&argument.span).hint("表.列 と書いてください。", "Write table.column.")),
    };
    let (x, total) = (&rest[0], &rest[1]);
    let y_measure = column(y)?;
    let x_measure = column(x)?;
    if table_of(y) != table_of(x) {
        return Err(Fault::new(
            x.span.clone(),
            "two_tables",
            "ratio_total の二つの列は、同じ表のものにしてください。",
            "The two columns of ratio_total belong to one table.",
        ));
    }
    if let Some(filter) = filter {
        filter_rows(y, filter, scope)?;
    }
    let total_measure = quantity(total, scope)?;
    let frame = unify(x_measure, &total_measure, &total.span)?;
    let calendar = joint_calendar(y_measure.calendar, frame.calendar, &total.span)?;
    Ok(Type::Quantity(Measure {
        calendar,
        ..y_measure
    }))
}

fn about(function: Function, first: &Expr, rest: &[Expr], scope: &dyn Scope) -> Result<Type, Fault> {
    let (name, index) = match &first.kind {
        ExprKind::Name(_) => (first, None),
        ExprKind::Index(series, period) if rest.is_empty() => (series.as_ref(), Some(period.as_ref())),
        _ => {
            return Err(Fault::new(
                first.span.clone(),
                "not_a_reference",
                format!(
                    "{} には、値ではなく名前（または s[FY2024]）を書いてください。",
                    function.name()
                ),
                format!(
                    "{} asks about a name (or s[FY2024]), not about a value.",
                    function.name()
                ),
            ));
        }
    };
    let named = check(name, scope)?;
    let measure = match &named {
        Type::Quantity(measure) | Type::Series(measure) => Some(measure.clone()),
        _ => None,
    };
    let calendar = measure.as_ref().and_then(|measure| measure.calendar);
    let asked: Vec<&Expr> = index.into_iter().chain(rest).collect();
    periods(calendar, &asked, scope)?;
    Ok(match function {
        Function::Recorded => Type::Date,
        Function::Sources => Type::number(),
        Function::Period => Type::Period(calendar),
        _ => measure.map_or(named, Type::Quantity),
    })
}

fn quantity(expr: &Expr, scope: &dyn Scope) -> Result<Measure, Fault> {
    require_quantity(check(expr, scope)?, &expr.span)
}

fn require_quantity(found: Type, span: &Range<usize>) -> Result<Measure, Fault> {
    match found {
        Type::Quantity(measure) => Ok(measure),
        Type::Series(_) => Err(wrong_type("数量", "a quantity", &found, span).hint(
            "系列のどの年かを s[FY2024]、s[at]、last(s) のように書いてください。",
            "Say which year of the series: s[FY2024], s[at] or last(s).",
        )),
        Type::Table(_) => Err(wrong_type("数量", "a quantity", &found, span).hint(
            "sum(表.列) のように集計してください。",
            "Aggregate it, as in sum(table.column).",
        )),
        _ => Err(wrong_type("数量", "a quantity", &found, span)),
    }
}

fn truth(expr: &Expr, scope: &dyn Scope) -> Result<Type, Fault> {
    let found = check(expr, scope)?;
    require_truth(&found, &expr.span)?;
    Ok(Type::Bool)
}

fn require_truth(found: &Type, span: &Range<usize>) -> Result<(), Fault> {
    if *found == Type::Bool {
        return Ok(());
    }
    Err(wrong_type("条件", "a condition", found, span).hint(
        "x > 0円 のような比較を書いてください。",
        "Write a comparison, as x > 0円.",
    ))
}

fn series_measure(expr: &Expr, scope: &dyn Scope) -> Result<Measure, Fault> {
    match check(expr, scope)? {
        Type::Series(measure) if matches!(expr.kind, ExprKind::Name(_)) => Ok(measure),
        other => Err(wrong_type("系列", "a series", &other, &expr.span)),
    }
}

fn wrong_type(wanted_ja: &str, wanted_en: &str, found: &Type, span: &Range<usize>) -> Fault {
    Fault::new(
        span.clone(),
        "type",
        format!("ここには{wanted_ja}が要りますが、{}です。", found.ja()),
        format!("Expected {wanted_en} here, found {}.", found.en()),
    )
}

/// All must be periods of one calendar, which is returned if it is known.
fn periods(
    calendar: Option<Calendar>,
    exprs: &[&Expr],
    scope: &dyn Scope,
) -> Result<Option<Calendar>, Fault> {
    exprs
        .iter()
        .try_fold(calendar, |known, expr| match check(expr, scope)? {
            Type::Period(found) => joint_calendar(known, found, &expr.span),
            other => Err(wrong_type("年度か年", "a period", &other, &expr.span).hint(
                "FY2024、CY2024、at などと書いてください。",
                "Write FY2024, CY2024 or at.",
            )),
        })
}

fn same_type(left: Type, right: Type, span: &Range<usize>) -> Result<Type, Fault> {
    match (left, right) {
        (Type::Quantity(left), Type::Quantity(right)) => unify(left, &right, span).map(Type::Quantity),
        (Type::Period(left), Type::Period(right)) => joint_calendar(left, right, span).map(Type::Period),
        (left, right) if left == right => Ok(left),
        (left, right) => Err(wrong_type(left.ja(), left.en(), &right, span)),
    }
}

fn unify(left: Measure, right: &Measure, span: &Range<usize>) -> Result<Measure, Fault> {
    same_dim(&left.dim, &right.dim, span)?;
    Ok(Measure {
        calendar: joint_calendar(left.calendar, right.calendar, span)?,
        basis: joint_basis(left.basis, right.basis, span)?,
        dim: left.dim,
    })
}

fn same_dim(left: &Dim, right: &Dim, span: &Range<usize>) -> Result<(), Fault> {
    if left == right {
        Ok(())
    } else {
        Err(unit_fault(left, right, span))
    }
}

fn unit_fault(left: &Dim, right: &Dim, span: &Range<usize>) -> Fault {
    let ja = |dim: &Dim| {
        if dim.is_none() {
            "単位なし".to_owned()
        } else {
            format!("「{dim}」")
        }
    };
    let en = |dim: &Dim| {
        if dim.is_none() {
            "no unit".to_owned()
        } else {
            format!("“{dim}”")
        }
    };
    let fault = Fault::new(
        span.clone(),
        "unit",
        format!("単位が合いません: {}が要りますが、{}です。", ja(left), ja(right)),
        format!("The units differ: expected {}, found {}.", en(left), en(right)),
    );
    if left.currency().is_some() && right.currency().is_some() {
        return fault.hint(
            "通貨は fx(金額, レート) で換算してください。",
            "Exchange currencies with fx(amount, rate).",
        );
    }
    if right.is_none() {
        return fault.hint(
            format!("0{left} のように単位を付けてください。"),
            format!("Write the unit, as 0{left}."),
        );
    }
    fault
}

fn joint_calendar(
    left: Option<Calendar>,
    right: Option<Calendar>,
    span: &Range<usize>,
) -> Result<Option<Calendar>, Fault> {
    match (left, right) {
        (Some(left), Some(right)) if left != right => {
            let (ja, en, function) = match left {
                Calendar::Fiscal => (
                    "左は年度、ここは暦年です",
                    "fiscal years on the left, calendar years here",
                    "as_fy",
                ),
                Calendar::Calendar => (
                    "左は暦年、ここは年度です",
                    "calendar years on the left, fiscal years here",
                    "as_cy",
                ),
            };
            Err(Fault::new(
                span.clone(),
                "calendar",
                format!("年度と暦年は、そのままでは一緒に使えません（{ja}）。"),
                format!("Fiscal and calendar years do not mix ({en})."),
            )
            .hint(
                format!("同じ年とみなしてよければ {function}(…) で囲んでください。"),
                format!("If one may stand for the other, say so with {function}(…)."),
            ))
        }
        (left, right) => Ok(left.or(right)),
    }
}

fn joint_basis(
    left: Option<Basis>,
    right: Option<Basis>,
    span: &Range<usize>,
) -> Result<Option<Basis>, Fault> {
    match (left, right) {
        (Some(left), Some(right)) if left != right => {
            let ja = |basis| match basis {
                Basis::Nominal => "名目".to_owned(),
                Basis::Real(year) => format!("{year}年価格の実質"),
            };
            let en = |basis| match basis {
                Basis::Nominal => "nominal".to_owned(),
                Basis::Real(year) => format!("real, at prices of {year}"),
            };
            Err(Fault::new(
                span.clone(),
                "basis",
                format!(
                    "価格の基準が違います: 左は{}、ここは{}です。",
                    ja(left),
                    ja(right)
                ),
                format!(
                    "The price bases differ: {} on the left, {} here.",
                    en(left),
                    en(right)
                ),
            ))
        }
        (left, right) => Ok(left.or(right)),
    }
}

fn unknown_name(name: &str, span: &Range<usize>, scope: &dyn Scope) -> Fault {
    let names = scope.names();
    misspelt(name, names.iter().map(String::as_str), name, span)
}

fn misspelt<'a>(
    shown: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    word: &str,
    span: &Range<usize>,
) -> Fault {
    let fault = Fault::at(span, crate::value::unknown_name(shown));
    match nearest(word, candidates) {
        Some(name) => fault.hint(format!("「{name}」ですか。"), format!("Did you mean “{name}”?")),
        None => fault,
    }
}
