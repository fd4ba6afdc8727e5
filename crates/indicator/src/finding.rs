//! Findings: what the plan's own checks say of its figures, as known on a day and with a reader's
//! settings. A check speaks when its condition is true; one whose data are missing keeps silent.

use std::collections::BTreeMap;

use formula::{ExprKind, Function, Value};
use plan::{Check, CheckKind, Formula, Text};
use serde::Serialize;
use vocab::unit_name::{amount, group_digits};
use vocab::{Lang, Number};

use crate::engine::Engine;

/// A check that spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Check id.
    pub id: String,
    /// Indicator ids.
    pub about: Vec<String>,
    /// How serious.
    pub kind: CheckKind,
    /// Heading.
    pub title: Text,
    /// The sentence, with its figures.
    pub say: Text,
    /// What one could do.
    pub hint: Option<Text>,
    /// Section of the interim report.
    pub section: String,
    /// The condition.
    pub when: String,
    /// The figures in the sentence, by name, with their formulas' values.
    pub shown: BTreeMap<String, String>,
}

impl Engine<'_> {
    /// Every check that speaks, in the plan's order.
    pub fn findings(&self) -> Vec<Finding> {
        self.plan()
            .checks
            .iter()
            .filter_map(|check| self.finding(check))
            .collect()
    }

    fn finding(&self, check: &Check) -> Option<Finding> {
        let run = self.run(check.at);
        let Ok(Value::Bool(true)) = run.eval(None, &check.when) else {
            return None;
        };
        let values: BTreeMap<&str, (Value, Option<Number>)> = check
            .show
            .iter()
            .map(|(name, formula)| Some((name.as_str(), (run.eval(None, formula).ok()?, quantum(formula)))))
            .collect::<Option<_>>()?;
        let in_language = |lang: Lang| -> BTreeMap<String, String> {
            values
                .iter()
                .map(|(name, (value, quantum))| ((*name).to_owned(), show(value, quantum.as_ref(), lang)))
                .collect()
        };
        let (ja, en) = (in_language(Lang::Ja), in_language(Lang::En));
        Some(Finding {
            id: check.id.clone(),
            about: check.about.clone(),
            kind: check.kind,
            title: check.title.clone(),
            say: Text {
                ja: fill(&check.say.ja, &ja),
                en: fill(&check.say.en, &en),
            },
            hint: check.hint.clone(),
            section: check.section.clone(),
            when: check.when.text.clone(),
            shown: ja,
        })
    }
}

/// The quantum of `round(x, quantum)`, in base units: a rounded figure shows every digit that it was rounded to.
pub(crate) fn quantum(formula: &Formula) -> Option<Number> {
    let ExprKind::Call(Function::Round, arguments, None) = &formula.expr.kind else {
        return None;
    };
    match &arguments.get(1)?.kind {
        ExprKind::Quantity(quantum) => Some(quantum.number().clone()),
        _ => None,
    }
}

/// A value for a sentence: a number with digit groups and its unit, a year, a day.
pub(crate) fn show(value: &Value, quantum: Option<&Number>, lang: Lang) -> String {
    match value {
        Value::Quantity(value, _) => {
            let number = value.in_unit();
            let places =
                quantum.and_then(|quantum| quantum.over(&value.unit().factor()).ok()?.decimal_places());
            let ends = number.decimal_places().is_some_and(|places| places <= 6);
            let mut text = if ends && number.is_exact() || places.is_some() {
                number.to_decimal()
            } else {
                number.to_significant(4)
            };
            let shown = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            if let Some(missing) = places
                .and_then(|places| places.checked_sub(shown))
                .filter(|missing| *missing > 0)
            {
                if shown == 0 {
                    text.push('.');
                }
                text.extend(std::iter::repeat_n('0', missing));
            }
            amount(&group_digits(&text), &value.unit().to_string(), lang)
        }
        Value::Period(period) => period.label(lang),
        Value::Date(date) => lang.day(*date),
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) => text.clone(),
        Value::Series(_) | Value::Table(_) => String::new(),
    }
}

fn fill(sentence: &str, shown: &BTreeMap<String, String>) -> String {
    shown.iter().fold(sentence.into(), |text: String, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}
