//! Formulas in surroundings: series, tables, references, calendars, price bases, lineage, and programs over them. The figures are
//! those of §5 of the interim report.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use formula::{
    Basis, Bind, Env, EvalProblem, Expr, Fault, Measure, Scope, Slot, TableValue, Type, Value, check,
    compile, eval, parse, references, unknown_name,
};
use jiff::civil::date;
use vocab::{Calendar, Dim, Period, Quantity, Unit};

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn dim(unit: &str) -> Dim {
    unit.parse::<Unit>().unwrap().dim()
}

/// A small world: figures of the report, a survey of 架空 firms, and a log of the observations that were asked for.
struct World {
    values: BTreeMap<&'static str, (Value, Type)>,
    at: Option<Period>,
    asked: RefCell<Vec<String>>,
}

fn series(unit: &str, calendar: Calendar, observations: &[(i32, &str)]) -> (Value, Type) {
    let period = |year: i32| Period { calendar, year };
    let values = observations
        .iter()
        .map(|(year, text)| (period(*year), quantity(text)))
        .collect();
    (
        Value::Series(Arc::new(values)),
        Type::Series(Measure {
            calendar: Some(calendar),
            ..Measure::of(dim(unit))
        }),
    )
}

fn figure(text: &str, period: Option<Period>, basis: Option<Basis>) -> (Value, Type) {
    let quantity = quantity(text);
    let measure = Measure {
        dim: quantity.dim(),
        calendar: period.map(|period| period.calendar),
        basis,
    };
    (Value::Quantity(quantity, period), Type::Quantity(measure))
}

fn survey() -> (Value, Type) {
    let cell = |text: &str| {
        if text.is_empty() {
            None
        } else {
            Some(quantity(text).into())
        }
    };
    let name = |text: &str| Some(Value::Text(text.to_owned()));
    let columns = BTreeMap::from([
        (
            "y".to_owned(),
            vec![cell("3億円"), cell("5億円"), cell("1億円"), cell("")],
        ),
        (
            "x".to_owned(),
            vec![cell("30億円"), cell("40億円"), cell("20億円"), cell("25億円")],
        ),
        (
            "国名".to_owned(),
            vec![name("日本"), name("米国"), name("日本"), name("日本")],
        ),
    ]);
    let types = BTreeMap::from([
        ("y".to_owned(), Type::quantity(dim("円"))),
        ("x".to_owned(), Type::quantity(dim("円"))),
        ("国名".to_owned(), Type::Text),
    ]);
    (Value::Table(Arc::new(TableValue { columns })), Type::Table(types))
}

fn world() -> World {
    let values = BTreeMap::from([
        (
            "件数",
            series(
                "件",
                Calendar::Fiscal,
                &[(2022, "3件"), (2023, "1件"), (2024, "2件"), (2025, "4件")],
            ),
        ),
        (
            "売上.系列",
            series("円", Calendar::Calendar, &[(2023, "80億円"), (2024, "100億円")]),
        ),
        ("base", figure("10兆円", Some(Period::fiscal(2024)), None)),
        ("rate", figure("149円/ドル", Some(Period::calendar(2025)), None)),
        ("invest", figure("41億ドル", Some(Period::fiscal(2024)), None)),
        ("nominal", figure("3円", None, Some(Basis::Nominal))),
        ("real", figure("3円", None, Some(Basis::Real(2020)))),
        ("cy", figure("5兆円", Some(Period::calendar(2024)), None)),
        ("flag", (Value::Bool(true), Type::Bool)),
        ("survey", survey()),
    ]);
    World {
        values,
        at: Some(Period::fiscal(2025)),
        asked: RefCell::default(),
    }
}

impl Scope for World {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.values.get(name).map(|value| value.1.clone())
    }

    fn names(&self) -> Vec<String> {
        self.values.keys().map(ToString::to_string).collect()
    }
}

impl Env for World {
    fn value(&self, name: &str) -> Result<Value, EvalProblem> {
        self.asked.borrow_mut().push(name.to_owned());
        self.values
            .get(name)
            .map(|value| value.0.clone())
            .ok_or_else(|| unknown_name(name))
    }

    fn at(&self) -> Option<Period> {
        self.at
    }

    fn meta(&self, function: &str, name: &str, period: Option<Period>) -> Result<Value, EvalProblem> {
        self.asked
            .borrow_mut()
            .push(format!("{function} {name} {period:?}"));
        Ok(match function {
            "recorded" => Value::Date(date(2026, 3, 18)),
            "sources" => Quantity::from(4).into(),
            "period" => Value::Period(Period::fiscal(2024)),
            _ => quantity("28兆円").into(),
        })
    }
}

fn checked(source: &str, world: &World) -> Result<Value, Fault> {
    let expr = parse(source)?;
    check(&expr, world)?;
    eval(&expr, world)
}

fn shown(source: &str) -> String {
    match checked(source, &world()) {
        Ok(Value::Quantity(quantity, period)) => {
            let number = quantity.in_unit();
            let period = period.map(|period| format!(" {period}")).unwrap_or_default();
            format!("{}{}{period}", number.to_significant(5), quantity.unit())
        }
        Ok(Value::Bool(truth)) => truth.to_string(),
        Ok(Value::Period(period)) => period.to_string(),
        Ok(Value::Date(date)) => date.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(fault) => {
            let place = source.get(fault.span.clone()).unwrap_or("?").to_owned();
            let hint = fault.hint_en.map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{} at {place}{hint}", fault.kind)
        }
    }
}

/// Formulas and what they give: the value in its unit, or the kind and the place of the fault.
const TABLE: &[(&str, &str)] = &[
    // the report's own chains
    (
        "project(7.3兆円/72.4%, cagr(3兆円, 21兆円, CY2020, CY2050), FY2024, FY2040)",
        "28.464兆円 FY2040",
    ),
    (
        "project(round(7.3兆円/72.4%, 1兆円), cagr(3兆円, 21兆円, CY2020, CY2050), FY2024, FY2040)",
        "28.231兆円 FY2040",
    ),
    ("0.615兆円/3.7兆円 * base", "1.6622兆円 FY2024"),
    ("fx(invest, rate)", "6109億円 FY2024"),
    ("round(3.668兆円, 0.1兆円) + 0.476兆円", "4.176兆円"),
    ("cagr(4件, 8件, FY2025, FY2040)", "4.7294%/年"),
    // series
    ("件数[FY2024]", "2件 FY2024"),
    ("件数[at]", "4件 FY2025"),
    ("件数[at - 1]", "2件 FY2024"),
    ("件数[at] / 件数[at - 1] * 1件", "2件"),
    ("件数[FY2030]", "no_observation at 件数[FY2030]"),
    (
        "件数[CY2024]",
        "calendar at CY2024 (If one may stand for the other, say so with as_fy(…).)",
    ),
    ("last(件数)", "4件 FY2025"),
    ("last(件数, FY2024)", "2件 FY2024"),
    ("last(件数, FY2020)", "no_observation at last(件数, FY2020)"),
    ("first(件数)", "3件 FY2022"),
    ("latest(件数)", "FY2025"),
    ("sum(件数)", "10件"),
    ("sum(件数, FY2023, FY2025)", "7件"),
    (
        "sum(件数, FY2021, FY2025)",
        "no_observation at sum(件数, FY2021, FY2025)",
    ),
    (
        "sum(件数, FY2025, FY2023)",
        "period_order at sum(件数, FY2025, FY2023)",
    ),
    ("mean(件数)", "2.5件"),
    ("mean(件数, FY2010, FY2023)", "2件"),
    ("median(件数)", "2.5件"),
    ("quantile(件数, 25%)", "1.75件"),
    ("quantile(件数, 100%)", "4件"),
    ("quantile(件数, 2)", "level at 2"),
    ("count(件数)", "4"),
    ("count(件数, FY2024, FY2030)", "2"),
    ("yoy(件数, FY2025)", "100% FY2025"),
    ("yoy(売上.系列, CY2024)", "25% CY2024"),
    ("moving_total(件数, 3, at)", "7件 FY2025"),
    (
        "moving_total(件数, 5, at)",
        "no_observation at moving_total(件数, 5, at)",
    ),
    ("sum(売上.系列)", "180億円"),
    // tables
    ("count(survey)", "4"),
    ("count(survey.y)", "3"),
    ("sum(survey.y)", "9億円"),
    ("sum(survey.y where 国名 = \"日本\")", "4億円"),
    (
        "sum(survey.y where survey.国名 = \"日本\" and x > 20億円)",
        "3億円",
    ),
    ("sum(survey.y where 国名 = \"英国\")", "0億円"),
    (
        "mean(survey.y where 国名 = \"英国\")",
        "empty at mean(survey.y where 国名 = \"英国\")",
    ),
    ("count(survey where y > 2億円)", "2"),
    ("count(survey where x > base)", "0"),
    ("median(survey.x)", "27.5億円"),
    ("quantile(survey.x, 90%)", "37億円"),
    ("ratio_total(survey.y, survey.x, 10兆円)", "10000億円"),
    (
        "ratio_total(survey.y, survey.x, 180億円 where 国名 = \"日本\")",
        "14.4億円",
    ),
    // references
    ("printed(base) = 28兆円", "true"),
    ("path(base, FY2040)", "28兆円"),
    ("recorded(件数[FY2025]) < end(FY2025)", "true"),
    ("sources(base)", "4"),
    ("period(base)", "FY2024"),
    ("end(period(base))", "2025-03-31"),
    ("printed(base + 1兆円)", "not_a_reference at base + 1兆円"),
    // calendars and bases
    (
        "base + cy",
        "calendar at cy (If one may stand for the other, say so with as_fy(…).)",
    ),
    ("base + as_fy(cy)", "15兆円 FY2024"),
    (
        "share(cy, base)",
        "calendar at base (If one may stand for the other, say so with as_cy(…).)",
    ),
    (
        "base > cy",
        "calendar at cy (If one may stand for the other, say so with as_fy(…).)",
    ),
    ("nominal + real", "basis at real"),
    ("nominal + 1円", "4円"),
    ("nominal / nominal * real", "3円"),
    (
        "if flag then base else cy",
        "calendar at cy (If one may stand for the other, say so with as_fy(…).)",
    ),
    // names and kinds
    ("bass", "unknown_name at bass (Did you mean “base”?)"),
    (
        "件数 + 1件",
        "type at 件数 (Say which year of the series: s[FY2024], s[at] or last(s).)",
    ),
    ("survey.z", "unknown_name at survey.z (Did you mean “survey”?)"),
    ("sum(survey.z)", "unknown_name at survey.z (Did you mean “x”?)"),
    ("sum(survey)", "not_aggregable at survey (Write table.column.)"),
    ("sum(base)", "not_aggregable at base"),
    ("sum(survey.国名)", "type at survey.国名"),
    ("sum(件数 where 1 = 1)", "no_filter at 1 = 1"),
    ("sum(件数, FY2024)", "arity at sum(件数, FY2024)"),
    (
        "fx(invest, 3円)",
        "exchange at 3円 (Write a rate that names the amount's currency, as 149円/ドル.)",
    ),
    ("base > 0", "unit at 0 (Write the unit, as 0円.)"),
    (
        "base + invest",
        "unit at invest (Exchange currencies with fx(amount, rate).)",
    ),
];

#[test]
fn formulas_see_series_tables_and_references() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter(|(source, wanted)| shown(source) != *wanted)
        .map(|(source, wanted)| format!("{source}: {} instead of {wanted}", shown(source)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn carets_stand_under_the_operand_that_does_not_fit() {
    let source = "１０兆円 ＋ ３億ドル # 単位";
    let fault = checked(source, &world()).unwrap_err();
    assert_eq!(&source[fault.span], "３億ドル");
}

#[test]
fn references_are_listed_with_what_asks_for_them() {
    let expr =
        parse("base * 件数[FY2024] + printed(kgi1) - sum(survey.y where 国名 = x) + last(s, at) * 3円")
            .unwrap();
    let listed: Vec<String> = references(&expr)
        .into_iter()
        .map(|r| {
            let meta = r
                .meta
                .map(|function| format!(" by {}", function.name()))
                .unwrap_or_default();
            let period = r.period.map(|period| format!("[{period}]")).unwrap_or_default();
            let within = r.within.map(|table| format!(" in {table}")).unwrap_or_default();
            format!("{}{period}{meta}{within}", r.name)
        })
        .collect();
    assert_eq!(
        listed,
        [
            "base",
            "件数[FY2024]",
            "kgi1 by printed",
            "survey.y",
            "国名 in survey",
            "x in survey",
            "s"
        ]
    );
}

#[test]
fn only_what_is_needed_is_asked_for() {
    let world = world();
    checked("if flag then base else as_fy(cy)", &world).unwrap();
    assert_eq!(world.asked.take(), ["flag", "base"]);
    checked("flag or cy > 0円", &world).unwrap();
    assert_eq!(world.asked.take(), ["flag"]);
    checked("sum(件数, FY2024, FY2025) > 0件", &world).unwrap();
    checked("recorded(件数[FY2024]) = recorded(base)", &world).unwrap();
    assert_eq!(
        world.asked.take()[3..],
        [
            "recorded 件数 Some(Period { calendar: Fiscal, year: 2024 })",
            "recorded base None"
        ]
    );
}

/// `invest` and 件数[FY2025] vary; the rest is constant.
struct Simulated(World);

impl Scope for Simulated {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.0.lookup(name)
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }
}

impl Bind for Simulated {
    fn scalar(&mut self, name: &str) -> Option<Slot> {
        (name == "invest").then_some(Slot::Column(0))
    }

    fn indexed(&mut self, series: &str, period: Period) -> Option<Slot> {
        (series == "件数" && period == Period::fiscal(2025)).then_some(Slot::Column(1))
    }

    fn at(&self) -> Option<Period> {
        self.0.at
    }

    fn latest(&mut self, series: &str, until: Option<Period>) -> Option<Period> {
        (series == "件数" && until.is_none()).then_some(Period::fiscal(2025))
    }

    fn constant(&mut self, expr: &Expr) -> Option<f64> {
        if references(expr)
            .iter()
            .any(|reference| reference.name == "invest")
        {
            return None;
        }
        match eval(expr, &self.0).ok()? {
            Value::Quantity(quantity, _) => Some(quantity.number().to_f64()),
            Value::Bool(truth) => Some(f64::from(truth)),
            _ => None,
        }
    }
}

#[test]
fn a_program_computes_every_output_in_base_units() {
    let sources = [
        ("fx(invest, rate)", 41e8 * 149.0),
        ("fx(invest, rate) / base * 100", 41e8 * 149.0 / 10e12 * 100.0),
        (
            "project(invest, 5.12%/年, FY2024, at + 15)",
            41e8 * 1.0512f64.powi(16),
        ),
        (
            "cagr(invest, 82億ドル, FY2024, FY2040)",
            2f64.powf(1.0 / 16.0) - 1.0,
        ),
        ("line(invest, 82億ドル, FY2024, FY2040, FY2032)", 61.5e8),
        ("件数[at] + 件数[at - 1]", 6.0),
        ("last(件数) * 2", 8.0),
        ("yoy(件数, at)", 1.0),
        ("moving_total(件数, 3, FY2025)", 7.0),
        ("sum(survey.y)", 9e8),
        ("if invest > 40億ドル and not 件数[at] > 4件 then 1 else 2", 1.0),
        ("if at - FY2024 > 0年 then invest else 1ドル", 41e8),
        ("if at > FY2030 then 件数[at + 10] / 1件 else 3", 3.0),
        ("round(invest, 3億ドル)", 42e8),
        ("max(invest, 1ドル, 5億ドル) - min(2ドル, invest)", 41e8 - 2.0),
        ("sqrt(invest ^ 2) + abs(-invest)", 82e8),
        ("share(invest, 82億ドル)", 0.5),
        ("printed(base)", 28e12),
        ("(invest / 1ドル) ^ 0.3", 41e8f64.powf(0.3)),
        ("2 ^ -(件数[at] / 1件)", 0.0625),
        ("invest", 41e8),
        ("7%", 0.07),
        ("件数[at] = 4件 or 件数[at] != 4件", 1.0),
        ("years(FY2024, FY2040) * invest", 16.0 * 41e8),
    ];
    let exprs: Vec<Expr> = sources.iter().map(|(source, _)| parse(source).unwrap()).collect();
    let mut simulated = Simulated(world());
    for expr in &exprs {
        check(expr, &simulated).unwrap();
    }
    let program = compile(&exprs.iter().collect::<Vec<_>>(), &mut simulated).unwrap();
    let lanes = 2500;
    let columns = [vec![41e8; lanes], vec![4.0; lanes]];
    let mut out = vec![vec![f64::NAN; lanes]; sources.len()];
    let mut slices: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(&[&columns[0], &columns[1]], &mut slices);
    for ((source, wanted), lanes) in sources.iter().zip(&out) {
        for lane in lanes {
            assert!(
                (lane - wanted).abs() <= 1e-12 * wanted.abs(),
                "{source}: {lane} instead of {wanted}"
            );
        }
    }
    let unknown = parse("sum(survey.x where x > invest) + 1円").unwrap();
    assert_eq!(
        compile(&[&unknown], &mut simulated).unwrap_err().kind,
        "not_simulated"
    );
}
