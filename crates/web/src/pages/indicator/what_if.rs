//! The what-if of an indicator: what the address asks for, and the form that writes such addresses. It keeps what was typed, right or wrong.

use app::{Ask, Control, IndicatorView};
use vocab::{Period, Refusal};

use crate::i18n::Texts;
use crate::reader::Reader;
use crate::ui::Field;

/// What the query asks for.
pub(super) fn ask(reader: &Reader) -> Result<Ask, Refusal> {
    let mut ask = Ask::default();
    for (name, value) in &reader.query {
        let value = value.trim();
        match name.as_str() {
            _ if value.is_empty() => {}
            "at" => ask.at = Some(year(value)?),
            "as_of" => {
                ask.as_of = Some(vocab::codes::parse_date(value)?);
            }
            _ => ask.set.push((name.clone(), value.to_owned())),
        }
    }
    Ok(ask)
}

fn year(text: &str) -> Result<Period, Refusal> {
    match text.parse::<Period>() {
        Ok(period) => Ok(period),
        Err(_) => Ok(text.parse::<vocab::codes::FiscalYear>()?.period()),
    }
}

/// The what-if form: the year and each input, kept as it was typed.
pub(super) fn fields(
    t: Texts<'_>,
    reader: &Reader,
    view: &IndicatorView,
    refusal: Option<&Refusal>,
) -> (Vec<Field>, Vec<Field>) {
    let typed = |name: &str| {
        reader
            .query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let error = |name: &str, value: &str| match refusal {
        Some(refusal) if !value.trim().is_empty() && refusal.ja.contains(name) => {
            refusal.text(t.lang()).to_owned()
        }
        _ => String::new(),
    };
    let year = typed("at").unwrap_or_default();
    let mut fields = vec![Field {
        name: "at".into(),
        label: t.text("what-if-year"),
        support: t.with1(
            "what-if-year-support",
            "year",
            view.evaluation.at.label(t.lang()).as_str(),
        ),
        error: refusal
            .filter(|_| !year.is_empty() && self::year(&year).is_err())
            .map_or_else(String::new, |refusal| refusal.text(t.lang()).to_owned()),
        value: year,
        ..Field::default()
    }];
    fields.extend(view.controls.iter().map(|control| {
        let value = typed(&control.name).unwrap_or_default();
        Field {
            label: control.title.get(t.lang()).to_owned(),
            support: support(t, control),
            error: error(&control.name, &value),
            unit: t.unit(&control.unit),
            name: control.name.clone(),
            value,
            ..Field::default()
        }
    }));
    // A name that the page does not offer was typed into the address by hand.
    let told = fields.iter().any(|field| !field.error.is_empty());
    if let Some(refusal) = refusal.filter(|_| !told) {
        let stray = Field {
            name: "at".into(),
            label: t.text("what-if-address"),
            error: refusal.text(t.lang()).to_owned(),
            ..Field::default()
        };
        return (fields, vec![stray]);
    }
    let faults = fields
        .iter()
        .filter(|field| !field.error.is_empty())
        .cloned()
        .collect();
    (fields, faults)
}

fn support(t: Texts<'_>, control: &Control) -> String {
    let plan = t.amount(&control.plan, &control.unit);
    match (&control.low, &control.high) {
        (Some(low), Some(high)) => t.with(
            "what-if-support-range",
            &[
                ("plan", plan.as_str().into()),
                ("low", low.as_str().into()),
                ("high", t.amount(high, &control.unit).as_str().into()),
            ],
        ),
        _ => t.with1("what-if-support", "plan", plan.as_str()),
    }
}
