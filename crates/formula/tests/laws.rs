//! Laws that hold for every formula: it prints back as itself, and its exact value and its float program agree with an evaluator
//! that shares nothing with this crate.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use formula::{Bind, Empty, Expr, Measure, Scope, Slot, Type, Value, calc, check, compile, eval, parse};
use proptest::prelude::*;
use vocab::{Dim, Number, Period, Quantity};

/// A formula that is written and computed at once: its text with no more parentheses than it needs, and its value.
#[derive(Debug, Clone)]
struct Computed {
    text: String,
    /// As a fraction of machine integers; `None` if it is undefined or does not fit.
    value: Option<(i128, i128)>,
    /// First-order bound of a float's error, in units of its relative rounding error.
    error: f64,
    /// How tightly the text binds: 0 if, 1 sum, 2 product, 3 sign, 4 power, 5 atom.
    binds: u8,
}

impl Computed {
    fn literal(text: String, value: Option<(i128, i128)>) -> Self {
        let error = float(value).abs();
        Self {
            text,
            value,
            error,
            binds: 5,
        }
    }

    fn float(&self) -> f64 {
        float(self.value).abs()
    }
}

fn float(value: Option<(i128, i128)>) -> f64 {
    value.map_or(f64::NAN, |(numerator, denominator)| {
        numerator as f64 / denominator as f64
    })
}

fn reduced(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let divisor = i128::try_from(a).ok().filter(|&divisor| divisor != 0)? * denominator.signum();
    Some((numerator / divisor, denominator / divisor))
}

fn plus(a: (i128, i128), b: (i128, i128)) -> Option<(i128, i128)> {
    let left = a.0.checked_mul(b.1)?;
    reduced(left.checked_add(b.0.checked_mul(a.1)?)?, a.1.checked_mul(b.1)?)
}

fn times(a: (i128, i128), b: (i128, i128)) -> Option<(i128, i128)> {
    reduced(a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?)
}

fn inverse(a: (i128, i128)) -> Option<(i128, i128)> {
    if a.0 == 0 { None } else { reduced(a.1, a.0) }
}

fn raised(a: (i128, i128), exponent: i128) -> Option<(i128, i128)> {
    let base = if exponent < 0 { inverse(a)? } else { a };
    (0..exponent.abs()).try_fold((1, 1), |power, _| times(power, base))
}

fn bracketed(part: &Computed, least: u8) -> String {
    if part.binds < least {
        format!("({})", part.text)
    } else {
        part.text.clone()
    }
}

fn sum(a: &Computed, b: &Computed, op: &str) -> Computed {
    let sign = if op.contains('-') { -1 } else { 1 };
    let value = a.value.zip(b.value).and_then(|(a, b)| plus(a, (sign * b.0, b.1)));
    Computed {
        text: format!("{}{op}{}", bracketed(a, 1), bracketed(b, 2)),
        value,
        error: a.error + b.error + float(value).abs(),
        binds: 1,
    }
}

fn product(a: &Computed, b: &Computed) -> Computed {
    let value = a.value.zip(b.value).and_then(|(a, b)| times(a, b));
    Computed {
        text: format!("{}×{}", bracketed(a, 2), bracketed(b, 3)),
        value,
        error: a.error * b.float() + a.float() * b.error + float(value).abs(),
        binds: 2,
    }
}

fn quotient(a: &Computed, b: &Computed) -> Computed {
    let value = a.value.zip(b.value).and_then(|(a, b)| times(a, inverse(b)?));
    Computed {
        text: format!("{} / {}", bracketed(a, 2), bracketed(b, 3)),
        value,
        error: (a.error + a.float() * b.error / b.float()) / b.float() + float(value).abs(),
        binds: 2,
    }
}

fn negation(a: &Computed) -> Computed {
    let value = a.value.map(|a| (-a.0, a.1));
    Computed {
        text: format!("-{}", bracketed(a, 3)),
        value,
        error: a.error,
        binds: 3,
    }
}

fn power(a: &Computed, exponent: i32) -> Computed {
    let value = a.value.and_then(|a| raised(a, exponent.into()));
    let slope = f64::from(exponent.abs()) * a.float().powi(exponent - 1);
    Computed {
        text: format!("{}^{exponent}", bracketed(a, 5)),
        value,
        error: if exponent == 0 {
            1.0
        } else {
            slope * a.error + 8.0 * float(value).abs()
        },
        binds: 4,
    }
}

fn choice(a: &Computed, b: &Computed, c: &Computed) -> Computed {
    let difference = a.value.zip(b.value).and_then(|(a, b)| plus(a, (-b.0, b.1)));
    let chosen = if difference.is_some_and(|difference| difference.0 < 0) {
        c
    } else {
        b
    };
    // Where a float might choose the other branch, nothing is claimed.
    let clear = float(difference).abs() > 1e-9 * (a.error + b.error);
    Computed {
        text: format!(
            "if {} < {} then {} else {}",
            bracketed(a, 1),
            bracketed(b, 1),
            c.text,
            b.text
        ),
        value: difference.and(chosen.value),
        error: if clear { chosen.error } else { f64::INFINITY },
        binds: 0,
    }
}

fn computed() -> impl Strategy<Value = Computed> {
    let literal = prop_oneof![
        (0i128..1000).prop_map(|n| Computed::literal(n.to_string(), Some((n, 1)))),
        (0i128..100_000)
            .prop_map(|n| Computed::literal(format!("{}.{:03}", n / 1000, n % 1000), reduced(n, 1000))),
        (0i128..500).prop_map(|n| Computed::literal(format!("{n}e-2"), reduced(n, 100))),
    ];
    literal.prop_recursive(6, 64, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| sum(&a, &b, " + ")),
            pair.clone().prop_map(|(a, b)| sum(&a, &b, "-")),
            pair.clone().prop_map(|(a, b)| product(&a, &b)),
            pair.prop_map(|(a, b)| quotient(&a, &b)),
            inner.clone().prop_map(|a| negation(&a)),
            (inner.clone(), -4i32..5).prop_map(|(a, exponent)| power(&a, exponent)),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| choice(&a, &b, &c)),
        ]
    })
}

/// Any tree that the grammar can write, by its text: names, series, calls and all.
fn any_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[0-9]{1,3}(\\.[0-9]{1,2})?(円|兆円|%|億ドル|円/ドル|%/年| 件)?",
        Just("at".to_owned()),
        Just("FY2024".to_owned()),
        Just("\"a \\\"b\\\" \\\\\"".to_owned()),
        Just("kgi1.base".to_owned()),
        Just("年".to_owned()),
        Just("売上[at - 1]".to_owned()),
        Just("count(t where not 国名 = \"x\")".to_owned()),
    ];
    leaf.prop_recursive(6, 80, 3, |inner| {
        let op = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("and"),
            Just("or"),
            Just("="),
            Just("<="),
            Just("^"),
            Just("!=")
        ];
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} * {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} - {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})^-({b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("min({a}, {b})")),
        ]
    })
}

struct Columns(RefCell<BTreeMap<String, usize>>);

impl Scope for Columns {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.0
            .borrow()
            .contains_key(name)
            .then(|| Type::Quantity(Measure::of(Dim::none())))
    }

    fn names(&self) -> Vec<String> {
        self.0.borrow().keys().cloned().collect()
    }
}

impl Bind for Columns {
    fn scalar(&mut self, name: &str) -> Option<Slot> {
        self.0.borrow().get(name).copied().map(Slot::Column)
    }

    fn indexed(&mut self, _: &str, _: Period) -> Option<Slot> {
        None
    }

    fn at(&self) -> Option<Period> {
        None
    }

    fn constant(&mut self, _: &Expr) -> Option<f64> {
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn exact_values_agree_with_an_independent_evaluator(formula in computed()) {
        let Some((numerator, denominator)) = formula.value else { return Ok(()) };
        let value = calc(&formula.text).unwrap();
        let wanted: Number = format!("{numerator}/{denominator}").parse().unwrap();
        prop_assert_eq!(value, Value::Quantity(Quantity::plain(wanted), None), "{}", formula.text);
    }

    #[test]
    fn a_formula_prints_as_a_formula_with_the_same_tree(text in any_text()) {
        if let Ok(tree) = parse(&text) {
            let printed = tree.to_string();
            prop_assert_eq!(parse(&printed), Ok(tree), "{} printed as {}", text, printed);
        }
    }

    #[test]
    fn no_text_panics(text in "[-+*/^()\\[\\],<>=!\"#%.0-9a-zA-Z_ 円年度兆億ドル％（）－　０-９×÷]{0,60}") {
        if let Ok(tree) = parse(&text) && check(&tree, &Empty).is_ok() {
            let _ = eval(&tree, &Empty);
        }
    }

    /// Every literal of a formula becomes a column, so that nothing is folded; lane 0 then holds the formula's own value.
    #[test]
    fn the_float_program_agrees_with_the_exact_value(formula in computed()) {
        let tree = parse(&formula.text).unwrap();
        let Ok(Value::Quantity(exact, _)) = eval(&tree, &Empty) else { return Ok(()) };
        let exact = exact.number().to_f64();
        let folded = run(&tree, &mut Columns(RefCell::default()), &[]);
        let mut literals = Vec::new();
        let opened = named(&formula.text, &mut literals);
        let names = (0..literals.len()).map(|i| (format!("x{i}"), i)).collect();
        let lanes: Vec<Vec<f64>> = literals.iter().map(|&x| vec![x; 1500]).collect();
        let columns: Vec<&[f64]> = lanes.iter().map(Vec::as_slice).collect();
        let spread = run(&parse(&opened).unwrap(), &mut Columns(RefCell::new(names)), &columns);
        for found in [folded, spread] {
            let allowed = 1e-15 * formula.error;
            prop_assert!(
                (found - exact).abs() <= allowed || !allowed.is_finite() || formula.value.is_none(),
                "{}: {found} for {exact}, within {allowed}", formula.text
            );
        }
    }
}

/// The text with its literals (but not exponents) replaced by x0, x1, …
fn named(text: &str, literals: &mut Vec<f64>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = vocab::quantity::number_length(rest);
        if length > 0 && !out.ends_with('^') && !out.ends_with("^-") {
            out.extend(["x".to_owned(), literals.len().to_string()]);
            literals.push(rest[..length].parse().unwrap());
        } else {
            out.push_str(&rest[..length.max(first.len_utf8())]);
        }
        rest = &rest[length.max(first.len_utf8())..];
    }
    out
}

fn run(tree: &Expr, bind: &mut Columns, columns: &[&[f64]]) -> f64 {
    let program = compile(&[tree], bind).unwrap();
    let mut out = vec![0.0; 1500];
    program.run(columns, &mut [&mut out]);
    assert!(
        out.iter().all(|lane| lane.to_bits() == out[0].to_bits()),
        "lanes differ"
    );
    out[0]
}
