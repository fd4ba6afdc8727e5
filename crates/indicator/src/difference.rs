//! Why a figure moved from one edition to another: an exact decomposition into data, method,
//! assumption, exchange rate, frame and rounding.
//!
//! The first five groups share the unrounded difference by their Shapley values (Shapley 1953): the
//! mean, over every order in which the groups could have changed, of what each change moved. The
//! rounding of the published figure takes what is left. The parts sum to the difference exactly.

use std::collections::BTreeMap;

use plan::{Group, Plan, Text};
use serde::Serialize;
use vocab::{Number, Period, Quantity};

use crate::edition::{Edition, EditionFault};
use crate::engine::{Engine, Settings};

/// A reason for which a figure can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Reported values.
    Data,
    /// Formulas and steps.
    Method,
    /// What is taken as given.
    Assumption,
    /// Exchange rates.
    ExchangeRate,
    /// Who belongs to the surveyed population.
    Frame,
    /// Rounding of the published figure.
    Rounding,
}

impl Cause {
    /// The causes that share the unrounded difference.
    const SHARED: [Self; 5] = [
        Self::Data,
        Self::Method,
        Self::Assumption,
        Self::ExchangeRate,
        Self::Frame,
    ];

    fn name(self) -> Text {
        let (ja, en) = match self {
            Self::Data => ("データ", "data"),
            Self::Method => ("計算方法", "method"),
            Self::Assumption => ("仮定", "assumptions"),
            Self::ExchangeRate => ("為替レート", "exchange rate"),
            Self::Frame => ("対象企業の範囲", "survey frame"),
            Self::Rounding => ("四捨五入", "rounding"),
        };
        Text {
            ja: ja.into(),
            en: en.into(),
        }
    }
}

/// One cause's part of a difference; decimal text in the indicator's unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The cause.
    pub cause: Cause,
    /// Its name.
    pub title: Text,
    /// How much it moved the published figure.
    pub amount: String,
    /// The same in a sentence.
    pub say: Text,
}

/// Why one indicator's published figure moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Indicator id.
    pub id: String,
    /// Name for readers.
    pub title: Text,
    /// Period.
    pub at: Period,
    /// Unit of every amount.
    pub unit: String,
    /// Published in the first edition.
    pub before: String,
    /// Published in the second edition.
    pub after: String,
    /// `after − before`.
    pub change: String,
    /// What it consists of; sums to `change` exactly.
    pub parts: Vec<Part>,
}

/// Decimal places to which the shared parts are given; the rest of a digit goes to rounding.
const PLACES: i32 = -9;

/// Decomposes the difference of every figure that stands in both editions.
///
/// # Errors
/// [`EditionFault::Plan`] if a plan inside no longer passes its checks.
pub fn differences(before: &Edition, after: &Edition) -> Result<Vec<Difference>, EditionFault> {
    let (first, second) = (before.plan()?, after.plan()?);
    let states = Cause::SHARED.len();
    let mixed: Vec<Plan> = (0..1_usize << states)
        .map(|set| mix(&first, before, &second, after, set))
        .collect();
    let engines: Vec<Engine<'_>> = mixed
        .iter()
        .map(|plan| Engine::new(plan, None, Settings::default()))
        .collect();
    let mut list = vec![];
    for result in &after.results {
        let Some(old) = before
            .results
            .iter()
            .find(|old| old.id == result.id && old.at == result.at)
        else {
            continue;
        };
        let (Some(old_figure), Some(new_figure)) = (&old.published, &result.published) else {
            continue;
        };
        let Some(indicator) = second.indicator(&result.id) else {
            continue;
        };
        let values: Option<Vec<Number>> = engines
            .iter()
            .map(|engine| {
                engine
                    .run(result.at)
                    .value(&result.id)
                    .ok()
                    .map(|value| in_unit(&value, &indicator.unit))
            })
            .collect();
        // A mixture can lack a value that neither edition lacks; then the causes cannot be told apart.
        let Some(values) = values else { continue };
        let (Ok(from), Ok(to)) = (old_figure.parse::<Number>(), new_figure.parse::<Number>()) else {
            continue;
        };
        let Ok(difference) = decompose(&values, &from, &to) else {
            continue;
        };
        let (change, amounts) = difference;
        let parts = amounts
            .into_iter()
            .map(|(cause, amount)| {
                let title = cause.name();
                let say = sentence(&title, &amount, &indicator.unit.to_string());
                Part {
                    cause,
                    title,
                    amount: amount.to_decimal(),
                    say,
                }
            })
            .collect();
        list.push(Difference {
            id: result.id.clone(),
            title: indicator.title.clone(),
            at: result.at,
            unit: result.unit.clone(),
            before: old_figure.clone(),
            after: new_figure.clone(),
            change: change.to_decimal(),
            parts,
        });
    }
    Ok(list)
}

/// The change and each cause's part. `values[set]` is the unrounded value when the causes in the bit set `set` are new.
fn decompose(
    values: &[Number],
    from: &Number,
    to: &Number,
) -> Result<(Number, BTreeMap<Cause, Number>), vocab::Refusal> {
    let count = Cause::SHARED.len();
    let quantum = Number::power_of_ten(PLACES);
    let change = to.minus(from)?;
    let mut rest = change.clone();
    let mut amounts = BTreeMap::new();
    for (place, cause) in Cause::SHARED.into_iter().enumerate() {
        let bit = 1 << place;
        let mut share = Number::ZERO;
        for set in (0..values.len()).filter(|set| set & bit == 0) {
            let step = values[set | bit].minus(&values[set])?;
            share = share.plus(&step.times(&weight(set.count_ones(), count)?)?)?;
        }
        let share = exactly(&share.round_to(&quantum));
        rest = rest.minus(&share)?;
        amounts.insert(cause, share);
    }
    amounts.insert(Cause::Rounding, exactly(&rest));
    Ok((exactly(&change), amounts))
}

/// `|S|! (n − |S| − 1)! / n!`
fn weight(size: u32, count: usize) -> Result<Number, vocab::Refusal> {
    let factorial = |n: usize| (1..=i64::try_from(n).unwrap_or(20)).product::<i64>();
    let size = size as usize;
    Number::from(factorial(size) * factorial(count - size - 1)).over(&Number::from(factorial(count)))
}

/// A number that was rounded to a decimal is that decimal, however it was come by.
fn exactly(number: &Number) -> Number {
    number.to_decimal().parse().unwrap_or_else(|_| number.clone())
}

fn in_unit(value: &Quantity, unit: &vocab::Unit) -> Number {
    crate::engine::shown(value, unit).in_unit()
}

fn sentence(title: &Text, amount: &Number, unit: &str) -> Text {
    let size = vocab::unit_name::group_digits(&amount.abs().to_significant(4));
    if amount.is_zero() {
        return Text {
            ja: format!("{}による変化はありません。", title.ja),
            en: format!("No change from {}.", title.en),
        };
    }
    let (ja, en) = if amount.is_negative() {
        ("下がりました", "down")
    } else {
        ("上がりました", "up")
    };
    Text {
        ja: format!("{}により {size}{unit} {ja}。", title.ja),
        en: format!("Moved {en} by {size} {unit} through {}.", title.en),
    }
}

/// The plan in which the causes of the bit set `set` are the second edition's and the others the first's.
fn mix(first: &Plan, before: &Edition, second: &Plan, after: &Edition, set: usize) -> Plan {
    let new = |cause: Cause| {
        Cause::SHARED
            .iter()
            .position(|one| *one == cause)
            .is_some_and(|place| set & (1 << place) != 0)
    };
    let mut plan = if new(Cause::Method) {
        second.clone()
    } else {
        first.clone()
    };
    let mut series = first.series.clone();
    series.extend(second.series.clone());
    plan.observations.clear();
    for (id, definition) in &series {
        let cause = match definition.group {
            Group::Data => Cause::Data,
            Group::ExchangeRate => Cause::ExchangeRate,
            Group::Frame => Cause::Frame,
        };
        let of = |plan: &Plan, edition: &Edition| -> Vec<_> {
            let known = plan
                .observations
                .iter()
                .filter(|seen| seen.series == *id && seen.recorded <= edition.as_of);
            known.cloned().collect()
        };
        let (old, fresh) = (of(first, before), of(second, after));
        // A series that one edition does not have at all came or went with the method that needs it.
        let pick = match (old.is_empty(), fresh.is_empty()) {
            (true, _) => fresh,
            (_, true) => old,
            _ if new(cause) => fresh,
            _ => old,
        };
        plan.observations.extend(pick);
    }
    plan.observations.sort_by(plan::Observation::by_recording);
    plan.series = series;
    let assumptions = if new(Cause::Assumption) { second } else { first };
    for indicator in &mut plan.indicators {
        for assumption in &mut indicator.assumptions {
            let picked = assumptions
                .indicator(&indicator.id)
                .and_then(|found| found.assumption(&assumption.name));
            if let Some(picked) = picked {
                assumption.value = picked.value.clone();
            }
        }
    }
    plan
}
