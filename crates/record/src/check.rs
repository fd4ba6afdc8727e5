//! Whether a record is sound (each answer is one that its field takes) and complete (nothing that is required is blank). A draft is sound; what
//! is filed is both.

use plan::{Field, Kind, Required, Shape, Test};
use vocab::Refusal;

use crate::fault::{Fault, Place};
use crate::form::{ITEMS, ROWS, pieces};
use crate::value::{Record, Row, Value};

/// Every answer that its field does not take as it stands, of a record that came in another way than by a form.
pub fn sound(kind: &Kind, record: &Record) -> Vec<Fault> {
    let mut faults = vec![];
    for field in &kind.fields {
        let Some(value) = record.fields.get(&field.name) else {
            continue;
        };
        match (value, &field.shape) {
            (Value::Table(rows), Shape::Table(columns)) => {
                if rows.is_empty() || rows.len() > ROWS {
                    faults.push(Place::of(&field.name).fault(too_many(ROWS)));
                }
                for (number, row) in (1..).zip(rows) {
                    for column in columns {
                        if let Some(value) = row.get(&column.name) {
                            let place = Place::cell(&field.name, number, &column.name);
                            faults.extend(value_fault(column, value).map(|refusal| place.fault(refusal)));
                        }
                    }
                }
            }
            _ => {
                faults.extend(value_fault(field, value).map(|refusal| Place::of(&field.name).fault(refusal)));
            }
        }
    }
    faults
}

fn value_fault(field: &Field, value: &Value) -> Option<Refusal> {
    let values: Vec<&Value> = value.each().collect();
    if values.is_empty() || values.len() > ITEMS {
        return Some(too_many(ITEMS));
    }
    values.into_iter().find_map(|value| {
        let text = value.text().unwrap_or_default();
        let several = matches!(value, Value::Text(_)) && field.many && pieces(field, &text).len() != 1;
        match Value::read(&field.shape, &text) {
            Err(refusal) => Some(refusal),
            Ok(read) if read != *value || several => Some(not_normal()),
            Ok(_) => None,
        }
    })
}

pub(crate) fn too_many(most: usize) -> Refusal {
    Refusal::new(
        "too_many",
        format!("多すぎます。{most}件までにしてください。"),
        format!("There are too many. Give at most {most}."),
    )
}

fn not_normal() -> Refusal {
    Refusal::new(
        "not_normal",
        "書き方が決まった形になっていません。空白や記号、桁区切りを確かめてください。",
        "This is not written in its normal form. Check spaces, signs and separators.",
    )
}

/// Every field that is blank and required as the other answers stand.
pub fn complete(kind: &Kind, record: &Record) -> Vec<Fault> {
    let mut faults = blanks(&kind.fields, &record.fields, Place::of);
    for field in &kind.fields {
        let (Shape::Table(columns), Some(Value::Table(rows))) =
            (&field.shape, record.fields.get(&field.name))
        else {
            continue;
        };
        for (number, row) in (1..).zip(rows) {
            faults.extend(blanks(columns, row, |column| {
                Place::cell(&field.name, number, column)
            }));
        }
    }
    faults
}

/// Whether a record is not complete without a field, as the answers beside it stand.
pub(crate) fn is_required(field: &Field, beside: &Row) -> bool {
    match &field.required {
        Required::No => false,
        Required::Always => true,
        Required::When(clauses) => clauses
            .iter()
            .all(|clause| holds(beside.get(&clause.field), &clause.test)),
    }
}

fn blanks<'f>(fields: &'f [Field], row: &Row, place: impl Fn(&'f str) -> Place<'f>) -> Vec<Fault> {
    let blank = |name: &str| !row.contains_key(name);
    let mut faults = vec![];
    for field in fields {
        let title = &field.title;
        if blank(&field.name) && is_required(field, row) {
            faults.push(place(&field.name).fault(Refusal::new(
                "required",
                format!("「{}」を入力してください。", title.ja),
                format!("Enter “{}”.", title.en),
            )));
        }
        let Shape::Money { year, .. } = &field.shape else {
            continue;
        };
        let dated = fields.iter().find(|field| field.name == *year && blank(year));
        if let Some(dated) = dated.filter(|_| !blank(&field.name)) {
            faults.push(place(&dated.name).fault(Refusal::new(
                "money_year",
                format!(
                    "「{}」がいつの金額か分かるように、「{}」を入力してください。",
                    title.ja, dated.title.ja
                ),
                format!(
                    "Enter “{}”, so that it is clear of which year “{}” is.",
                    dated.title.en, title.en
                ),
            )));
        }
    }
    // What is required is asked for once, also where money asks for it too.
    faults.sort_by(|a, b| (&a.name, a.code == "money_year").cmp(&(&b.name, b.code == "money_year")));
    faults.dedup_by(|later, earlier| later.name == earlier.name);
    let order = |fault: &Fault| {
        fields
            .iter()
            .position(|field| place(&field.name).name() == fault.name)
    };
    faults.sort_by_key(order);
    faults
}

/// Whether an answer is what a condition asks.
pub(crate) fn holds(value: Option<&Value>, test: &Test) -> bool {
    let Some(value) = value else { return false };
    let is = |code: &str| value.each().any(|one| one.text().as_deref() == Some(code));
    match test {
        Test::Filled => true,
        Test::Is(code) => is(code),
        Test::IsNot(code) => !is(code),
    }
}
