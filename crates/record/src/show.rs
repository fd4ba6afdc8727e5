//! An answer as people read it: options in words, figures with their unit, days as people write them. It writes plain text and no markup; how a page
//! writes years of an era is the page's business.

use plan::{Choice, DateRange, Field, Shape};
use vocab::codes::Prefecture;
use vocab::unit_name::{amount, group_digits};
use vocab::{Lang, Unit};

use crate::value::{Row, Value};

/// The text of one field's answer.
pub fn show(field: &Field, value: &Value, lang: Lang) -> String {
    let comma = match lang {
        Lang::Ja => "、",
        Lang::En => ", ",
    };
    match (value, &field.shape) {
        (Value::List(values), _) => values
            .iter()
            .map(|value| show(field, value, lang))
            .collect::<Vec<_>>()
            .join(comma),
        (Value::Table(rows), Shape::Table(columns)) => rows
            .iter()
            .map(|row| line(columns, row, lang, comma))
            .collect::<Vec<_>>()
            .join(" / "),
        (Value::Text(code), Shape::Choice(options) | Shape::Choices(options)) => words(options, code, lang),
        (Value::Text(code), Shape::Code("prefecture")) => code
            .parse::<Prefecture>()
            .map_or_else(|_| code.clone(), |place| place.name(lang).to_owned()),
        (Value::Number(number), Shape::Number(figure) | Shape::Money { figure, .. }) => {
            figure_text(&number.to_decimal(), &figure.unit, lang)
        }
        (Value::Year(year), _) => year.label(lang),
        (Value::Date(day), _) => lang.day(*day),
        (Value::Range(range), _) => range_text(range, lang),
        (Value::Flag(flag), _) => match (lang, flag) {
            (Lang::Ja, true) => "はい",
            (Lang::Ja, false) => "いいえ",
            (Lang::En, true) => "Yes",
            (Lang::En, false) => "No",
        }
        .to_owned(),
        (Value::File(file), _) => file.name.clone(),
        (one, _) => one.text().unwrap_or_default(),
    }
}

/// The words of an option; its code where the plan has the option no more.
fn words(options: &[Choice], code: &str, lang: Lang) -> String {
    let option = options.iter().find(|option| option.code == code);
    option.map_or(code, |option| option.title.get(lang)).to_owned()
}

fn figure_text(number: &str, unit: &Unit, lang: Lang) -> String {
    let grouped = group_digits(number);
    if unit.is_plain() {
        grouped
    } else {
        amount(&grouped, &unit.to_string(), lang)
    }
}

fn range_text(range: &DateRange, lang: Lang) -> String {
    let end = |day: Option<jiff::civil::Date>| day.map(|day| lang.day(day)).unwrap_or_default();
    let (from, to) = (end(range.from), end(range.to));
    match (lang, range.from, range.to) {
        (Lang::Ja, ..) => format!("{from}〜{to}"),
        (Lang::En, None, _) => format!("until {to}"),
        (Lang::En, _, None) => format!("from {from}"),
        (Lang::En, ..) => format!("{from} to {to}"),
    }
}

fn line(columns: &[Field], row: &Row, lang: Lang, comma: &str) -> String {
    columns
        .iter()
        .filter_map(|column| {
            let value = show(column, row.get(&column.name)?, lang);
            Some(format!("{}: {value}", column.title.get(lang)))
        })
        .collect::<Vec<_>>()
        .join(comma)
}
