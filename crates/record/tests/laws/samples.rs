//! Kinds to try, and records of any kind made at random: every answer is one that its field takes.

use std::collections::BTreeMap;
use std::path::Path;

use plan::{Field, Figure, Files, Kind, Plan, Shape};
use proptest::prelude::*;
use record::{Record, Row, Value};
use vocab::Number;

const HEAD: &str = r#"
id = "test"
title = { ja = "架空の計画", en = "An imaginary plan" }
subtitle = { ja = "試験用", en = "For tests" }
vision_year = "FY2040"
base_year = "FY2024"
confidence = "95%"
seed = 1
published = "2026-03-18"
source = "report"
status = { ja = "試験中", en = "Under test" }
"#;

const SOURCES: &str = r#"
[[source]]
id = "report"
title = { ja = "架空の報告書", en = "An imaginary report" }
publisher = { ja = "架空の省", en = "An imaginary ministry" }
"#;

pub fn plan_of(kinds: &str) -> Plan {
    let files = [
        ("plan.toml", HEAD),
        ("sources.toml", SOURCES),
        ("kinds.toml", kinds),
    ];
    let files: BTreeMap<String, String> = files.map(|(name, text)| (name.into(), text.into())).into();
    Plan::read(Files::from_texts(files)).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The example in a section of what contributors read.
pub fn example(section: &str) -> &'static str {
    let text = include_str!("../../../../CONTRIBUTING.md");
    let part = text
        .split("\n## ")
        .find(|part| part.starts_with(section))
        .unwrap();
    let rest = part.split("```toml").nth(1).unwrap();
    rest.split("```").next().unwrap()
}

pub fn real() -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    Plan::from_folder(&folder).unwrap_or_else(|faults| panic!("{faults}"))
}

pub fn sample() -> Kind {
    plan_of(include_str!("kinds/sample.toml")).kinds.remove(0)
}

/// The sample and every kind of the plan.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = real().kinds;
    assert!(kinds.len() >= 6);
    kinds.push(sample());
    kinds
}

/// A kind with a record of it.
pub fn any_record() -> impl Strategy<Value = (Kind, Record)> {
    proptest::sample::select(kinds()).prop_flat_map(|kind| {
        let records = records(&kind);
        (Just(kind), records)
    })
}

pub fn records(kind: &Kind) -> BoxedStrategy<Record> {
    answered(kind, false)
}

/// Records in which every field is answered.
pub fn full_records(kind: &Kind) -> BoxedStrategy<Record> {
    answered(kind, true)
}

fn answered(kind: &Kind, full: bool) -> BoxedStrategy<Record> {
    rows(&kind.fields, full)
        .prop_map(|fields| Record {
            fields,
            former: BTreeMap::new(),
        })
        .boxed()
}

fn rows(fields: &[Field], full: bool) -> BoxedStrategy<Row> {
    let each: Vec<_> = fields
        .iter()
        .map(|field| {
            let name = field.name.clone();
            blank_or(answers(field, full), full).prop_map(move |value| Some((name.clone(), value?)))
        })
        .collect();
    each.prop_map(|each| each.into_iter().flatten().collect()).boxed()
}

fn blank_or(answers: BoxedStrategy<Value>, full: bool) -> BoxedStrategy<Option<Value>> {
    if full {
        answers.prop_map(Some).boxed()
    } else {
        proptest::option::of(answers).boxed()
    }
}

fn answers(field: &Field, full: bool) -> BoxedStrategy<Value> {
    let one = texts(&field.shape);
    let shape = field.shape.clone();
    let read =
        move |text: String| Value::read(&shape, &text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    if let Shape::Table(columns) = &field.shape {
        let row = rows(columns, full).prop_filter("no row is empty", |row| !row.is_empty());
        return proptest::collection::vec(row, 1..4)
            .prop_map(Value::Table)
            .boxed();
    }
    if field.many || matches!(field.shape, Shape::Choices(_)) {
        return proptest::collection::vec(one.prop_map(read), 1..4)
            .prop_map(|mut values| {
                let mut seen = vec![];
                values.retain(|value| {
                    !seen.contains(value) && {
                        seen.push(value.clone());
                        true
                    }
                });
                Value::List(values)
            })
            .boxed();
    }
    one.prop_map(read).boxed()
}

fn texts(shape: &Shape) -> BoxedStrategy<String> {
    let day = || (2000..2099_i32, 1..13_i32, 1..29_i32).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    match shape {
        Shape::Text => "[ぁ-んァ-ヶ一-龠a-zA-Z0-9]{1,3}[ぁ-んァ-ヶ一-龠 ーa-zA-Z0-9=+@-]{0,9}[a-z]".boxed(),
        Shape::LongText => "[ぁ-ん一-龠a-z]{1,9}(\n[ぁ-ん一-龠、。; a-z]{0,9}[a-z]){0,3}".boxed(),
        Shape::Choice(options) | Shape::Choices(options) => {
            proptest::sample::select(options.iter().map(|one| one.code.clone()).collect::<Vec<_>>()).boxed()
        }
        Shape::Number(figure) | Shape::Money { figure, .. } => figures(figure),
        Shape::Date => day().boxed(),
        Shape::FiscalYear => (1950..2100).prop_map(|year| format!("FY{year}")).boxed(),
        Shape::Period => prop_oneof![
            day().prop_map(|day| format!("{day}/..")),
            day().prop_map(|day| format!("../{day}")),
            (day(), day()).prop_map(|(a, b)| format!("{}/{}", a.clone().min(b.clone()), a.max(b))),
        ]
        .boxed(),
        Shape::Code(kind) => {
            let good = codes(kind).iter().map(ToString::to_string).collect::<Vec<_>>();
            proptest::sample::select(good).boxed()
        }
        Shape::Reference(_) => "([a-z][a-z0-9-]{0,8}/)?[A-Za-z0-9][A-Za-z0-9._:-]{0,8}".boxed(),
        Shape::Organisation { .. } | Shape::Person => "[a-z][a-z0-9-]{0,8}".boxed(),
        Shape::Attachment { types, .. } => {
            let types = types.clone();
            (
                "[0-9a-f]{64}",
                1..900_000_u64,
                proptest::sample::select(types),
                "[一-龠a-z]{1,5}( [a-z]{1,3})?",
            )
                .prop_map(|(hash, bytes, kind, name)| format!("{hash} {bytes} {kind} {name}.{kind}"))
                .boxed()
        }
        Shape::Flag => prop_oneof!["yes", "no"].boxed(),
        Shape::Table(_) => Just(String::new()).boxed(),
    }
}

fn figures(figure: &Figure) -> BoxedStrategy<String> {
    let whole =
        |bound: &Option<Number>, otherwise| bound.as_ref().and_then(Number::to_i64).unwrap_or(otherwise);
    let (least, most) = (whole(&figure.least, -99_999), whole(&figure.most, 99_999));
    let places = figure.decimals.unwrap_or(4);
    (least..most, 0..10_i64.pow(places), Just(places))
        .prop_map(|(whole, part, places)| match places {
            0 => whole.to_string(),
            // Below zero the part would lead out of the bounds.
            _ if whole < 0 => format!("{whole}"),
            places => format!("{whole}.{part:0width$}", width = places as usize),
        })
        .boxed()
}

/// Codes that are good, by their kind.
fn codes(kind: &str) -> &'static [&'static str] {
    match kind {
        "corporate-number" => &["3011001015116", "5011001005222"],
        "medical-institution-code" => &["0110112489", "1318616104", "2719900249"],
        "gtin" => &["09501101020917", "04912345678904"],
        "approval-number" => &["22200BZX00790000", "30800BZX00176000"],
        "certification-number" => &["229AFBZX00027000", "229ABBZX00080Z00"],
        "notification-number" => &["13B1X10166001027"],
        "mah-licence" => &["27B2X00150", "10B1X10003"],
        "jmdn" => &["37618010", "40887003"],
        "emdn" => &["A", "A010101"],
        "hs" => &["901812", "902150"],
        "functional-category" => &["B00101"],
        "specified-material" => &["710010172"],
        "edinet-code" => &["E02272", "G01001"],
        "securities-code" => &["409A0", "13760"],
        "prefecture" => &["01", "13", "47"],
        other => panic!("no example of {other}"),
    }
}
