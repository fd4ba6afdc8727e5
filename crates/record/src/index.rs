//! What a database keeps beside a record's body, so that lists can be filtered and sorted, words found, and references followed both ways. The
//! keys are text that sorts as the values do; a key is as confidential as its field, so who filters by it has to see the field.

use std::collections::BTreeSet;

use plan::{Field, Kind, Shape};
use serde::Serialize;
use vocab::Number;

use crate::search::{fold, tokens};
use crate::value::{Record, Row, Value};

/// The longest key, in characters: more would not make two records easier to tell apart.
const KEY: usize = 100;

/// What is kept beside the body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Field (`table.column` inside a table) and sortable value; several of one field where it has several answers.
    pub keys: Vec<(String, String)>,
    /// Field, and the record that it names: kind, owner, id.
    pub references: Vec<(String, String, String, String)>,
    /// What full-text search finds, sorted, each once.
    pub tokens: Vec<String>,
}

/// What is kept beside the body of a record that belongs to `owner`.
pub fn index(kind: &Kind, owner: &str, record: &Record) -> Index {
    let mut index = Index::default();
    let mut words = BTreeSet::new();
    let mut take = |name: &str, field: &Field, row: &Row| {
        for one in row.get(&field.name).into_iter().flat_map(Value::each) {
            if field.indexed {
                index
                    .keys
                    .extend(sortable(&field.shape, one).map(|key| (name.to_owned(), key)));
            }
            match (one, &field.shape) {
                (Value::Link(link), Shape::Reference(to)) => {
                    let of = link.owner.as_deref().unwrap_or(owner).to_owned();
                    index
                        .references
                        .push((name.to_owned(), to.clone(), of, link.id.clone()));
                }
                (Value::Text(text), _) if field.searched => words.extend(tokens(text)),
                _ => {}
            }
        }
    };
    for field in &kind.fields {
        match (&field.shape, record.fields.get(&field.name)) {
            (Shape::Table(columns), Some(Value::Table(rows))) => {
                for column in columns {
                    let name = format!("{}.{}", field.name, column.name);
                    for row in rows {
                        take(&name, column, row);
                    }
                }
            }
            _ => take(&field.name, field, &record.fields),
        }
    }
    index.keys.sort();
    index.keys.dedup();
    index.references.sort();
    index.references.dedup();
    index.tokens = words.into_iter().collect();
    index
}

/// The key of one answer: text whose order is that of the values of its field. Words are folded as for a search, codes and ids are not. None for
/// a file, a list or a table.
pub fn sortable(shape: &Shape, value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if *shape == Shape::Text => Some(fold(text).chars().take(KEY).collect()),
        Value::Number(number) => Some(sortable_number(number)),
        Value::File(_) => None,
        other => other.text(),
    }
}

/// Sign, length of the whole part, digits. Below zero every digit is taken from nine and the end is marked with what sorts after a digit, so
/// that the larger amount comes first.
fn sortable_number(number: &Number) -> String {
    let text = number.abs().to_decimal();
    let whole = text.split('.').next().unwrap_or_default();
    let key = format!("{:03}{text}", whole.len());
    if !number.is_negative() {
        return format!("1{key}");
    }
    let turned: String = key
        .chars()
        .map(|c| match c.to_digit(10) {
            Some(digit) => char::from_digit(9 - digit, 10).unwrap_or(c),
            None => c,
        })
        .collect();
    format!("0{turned}~")
}
