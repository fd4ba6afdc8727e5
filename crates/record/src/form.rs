//! What somebody typed into a form or a row of a sheet, read into a record. Every mistake is told at once, what was typed is kept, and what was
//! typed is hostile until it is read: its size is limited before anything is built from it.
//!
//! A control is called by its field: `name`; `name.from` and `name.to` for a period; `name.2.column` for the second row of a table. Several
//! answers are several controls of one name, or one with `;` or line breaks between them.

use std::collections::{BTreeMap, BTreeSet};

use plan::{DateRange, Field, Kind, Shape};
use vocab::Refusal;

use crate::check::{complete, too_many};
use crate::fault::{Fault, Place};
use crate::value::{Record, Row, Value};

/// The most answers to one field.
pub(crate) const ITEMS: usize = 100;
/// The most rows of a table.
pub const ROWS: usize = plan::sheet::TABLE_ROWS;
/// The most controls of a form.
const CONTROLS: usize = 10_000;
/// The most that is typed into a form, in bytes.
const TYPED: usize = 1_000_000;

/// Whether blanks are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Blanks are fine: more will be typed later.
    Draft,
    /// What is required is there.
    Final,
}

/// What was typed, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What could be read.
    pub record: Record,
    /// What was typed, by name of control; empty where a form is too large to be given back.
    pub typed: BTreeMap<String, Vec<String>>,
    /// Every mistake, in the order of the fields.
    pub faults: Vec<Fault>,
}

/// Reads the controls of a form. Controls that are no field of the kind are left alone.
pub fn read_form(kind: &Kind, controls: &[(String, String)], completeness: Completeness) -> Typed {
    let size: usize = controls
        .iter()
        .map(|(name, text)| name.len().saturating_add(text.len()))
        .sum();
    if controls.len() > CONTROLS || size > TYPED {
        return Typed {
            record: Record::default(),
            typed: BTreeMap::new(),
            faults: vec![Place::of("").fault(Refusal::new(
                "too_large",
                "入力が多すぎます。文章を短くするか、添付ファイルにしてください。",
                "There is too much in this form. Shorten the texts or attach a file.",
            ))],
        };
    }
    let mut typed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in controls {
        typed.entry(name.clone()).or_default().push(text.clone());
    }
    let mut reading = Reading {
        typed: &typed,
        faults: vec![],
    };
    let mut record = Record::default();
    // Which typed row each row of a table is: blank rows are left out.
    let mut numbers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for field in &kind.fields {
        let value = match &field.shape {
            Shape::Table(columns) => {
                let (rows, places) = reading.table(field, columns);
                numbers.insert(&field.name, places);
                (!rows.is_empty()).then_some(Value::Table(rows))
            }
            _ => reading.answer(field, Place::of(&field.name)),
        };
        if let Some(value) = value {
            record.fields.insert(field.name.clone(), value);
        }
    }
    let mut faults = reading.faults;
    if completeness == Completeness::Final {
        let told: BTreeSet<String> = faults
            .iter()
            .map(|fault| control(&fault.name).to_owned())
            .collect();
        let blanks = complete(kind, &record).into_iter().map(|mut fault| {
            let place = fault
                .row
                .and_then(|row| numbers.get(fault.field.as_str())?.get(row - 1));
            if let (Some(place), Some(column)) = (place, fault.name.rsplit('.').next()) {
                fault.name = format!("{}.{place}.{column}", fault.field);
                fault.row = Some(*place);
            }
            fault
        });
        faults.extend(blanks.filter(|fault| !told.contains(&fault.name)));
    }
    faults.sort_by_key(|fault| order(kind, fault));
    Typed {
        record,
        typed,
        faults,
    }
}

/// Where the control of a mistake stands in the form.
fn order(kind: &Kind, fault: &Fault) -> (Option<usize>, Option<usize>, Option<usize>) {
    let place = |fields: &[Field], name: &str| fields.iter().position(|field| field.name == name);
    let field = place(&kind.fields, &fault.field);
    let column = field.and_then(|at| match &kind.fields[at].shape {
        Shape::Table(columns) => place(columns, control(&fault.name).rsplit('.').next()?),
        _ => None,
    });
    (field, fault.row, column)
}

/// The name of an answer, whichever end of a period is meant.
fn control(name: &str) -> &str {
    name.strip_suffix(".from")
        .or_else(|| name.strip_suffix(".to"))
        .unwrap_or(name)
}

struct Reading<'t> {
    typed: &'t BTreeMap<String, Vec<String>>,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn texts(&self, name: &str) -> Vec<&str> {
        let texts = self.typed.get(name).into_iter().flatten();
        texts
            .map(String::as_str)
            .filter(|text| !text.trim().is_empty())
            .collect()
    }

    fn answer(&mut self, field: &Field, place: Place<'_>) -> Option<Value> {
        let name = place.name();
        if field.shape == Shape::Period {
            return self.period(&name, place);
        }
        let texts = self.texts(&name);
        if !several(field) {
            let text = texts.last()?;
            return self.told(Value::read(&field.shape, text), place);
        }
        let mut values: Vec<Value> = vec![];
        let mut refused = None;
        for text in texts.into_iter().flat_map(|text| pieces(field, text)) {
            match Value::read(&field.shape, &text) {
                Ok(value) if values.contains(&value) => {}
                Ok(value) => values.push(value),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        if values.len() > ITEMS {
            refused = refused.or_else(|| Some(too_many(ITEMS)));
        }
        match refused {
            Some(refusal) => self.told(Err(refusal), place),
            None => (!values.is_empty()).then_some(Value::List(values)),
        }
    }

    fn period(&mut self, name: &str, place: Place<'_>) -> Option<Value> {
        let [from, to] = ["from", "to"].map(|end| format!("{name}.{end}"));
        let (from, to) = (self.texts(&from), self.texts(&to));
        if from.is_empty() && to.is_empty() {
            return None;
        }
        let text = |texts: &[&str]| texts.last().copied().unwrap_or_default().to_owned();
        let range = DateRange::of(&text(&from), &text(&to)).map(Value::Range);
        let value = self.told(range, place);
        if let Some(fault) = self.faults.last_mut().filter(|_| value.is_none()) {
            fault.name.push_str(".from");
        }
        value
    }

    fn told(&mut self, read: Result<Value, Refusal>, place: Place<'_>) -> Option<Value> {
        match read {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.faults.push(place.fault(refusal));
                None
            }
        }
    }

    /// The rows that are not blank, and the number under which each was typed.
    fn table(&mut self, table: &Field, columns: &[Field]) -> (Vec<Row>, Vec<usize>) {
        let prefix = format!("{}.", table.name);
        let numbers: BTreeSet<usize> = self
            .typed
            .range(prefix.clone()..)
            .take_while(|(name, _)| name.starts_with(&prefix))
            .filter_map(|(name, _)| name[prefix.len()..].split('.').next()?.parse().ok())
            .collect();
        let (mut rows, mut places) = (vec![], vec![]);
        for number in numbers {
            let before = self.faults.len();
            let row: Row = columns
                .iter()
                .filter_map(|column| {
                    let place = Place::cell(&table.name, number, &column.name);
                    Some((column.name.clone(), self.answer(column, place)?))
                })
                .collect();
            if !row.is_empty() || self.faults.len() > before {
                rows.push(row);
                places.push(number);
            }
            if rows.len() > ROWS {
                self.faults.push(Place::of(&table.name).fault(too_many(ROWS)));
                break;
            }
        }
        (rows, places)
    }
}

/// Whether a field takes several answers.
pub(crate) fn several(field: &Field) -> bool {
    field.many || matches!(field.shape, Shape::Choices(_))
}

/// The answers in one control: those between `;` and line breaks, and of options also between commas, unless these stand in an option's words.
pub(crate) fn pieces(field: &Field, text: &str) -> Vec<String> {
    let split = |text: &str, separators: &[char]| -> Vec<String> {
        text.split(separators)
            .filter(|piece| !piece.trim().is_empty())
            .map(str::to_owned)
            .collect()
    };
    if matches!(field.shape, Shape::Attachment { .. }) {
        return vec![text.to_owned()];
    }
    let pieces = split(text, &['\n', ';', '；']);
    if !matches!(field.shape, Shape::Choices(_)) {
        return pieces;
    }
    let options = pieces
        .into_iter()
        .flat_map(|piece| match field.shape.normal(&piece) {
            Ok(_) => vec![piece],
            Err(_) => split(&piece, &['、', ',', '，']),
        });
    options.collect()
}

/// The controls of a form that show a record: reading them gives the record again.
pub fn pairs(kind: &Kind, record: &Record) -> Vec<(String, String)> {
    let mut controls = vec![];
    for field in &kind.fields {
        match record.fields.get(&field.name) {
            Some(Value::Table(rows)) => {
                for (number, row) in (1..).zip(rows) {
                    for (column, value) in row {
                        write(
                            &Place::cell(&field.name, number, column).name(),
                            value,
                            &mut controls,
                        );
                    }
                }
            }
            Some(value) => write(&field.name, value, &mut controls),
            None => {}
        }
    }
    controls
}

fn write(name: &str, value: &Value, controls: &mut Vec<(String, String)>) {
    if let Value::Range(range) = value {
        for (end, day) in [("from", range.from), ("to", range.to)] {
            controls.extend(day.map(|day| (format!("{name}.{end}"), day.to_string())));
        }
        return;
    }
    controls.extend(
        value
            .each()
            .filter_map(|one| Some((name.to_owned(), one.text()?))),
    );
}
