//! A kind as the columns of a sheet: one row is one record, one column one control of its form. Files are not in sheets; of a table a template
//! has the first few rows.

use std::collections::BTreeMap;

use plan::sheet;
use plan::{Field, Kind, Required, Shape, Text};
use serde::Serialize;

use crate::form::{Completeness, Typed, pairs, read_form};
use crate::value::{Record, Value};

/// How many rows of a table a template has.
pub const TABLE_ROWS: usize = 3;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Name of the control.
    pub name: String,
    /// Its title, told apart from all others.
    pub title: Text,
    /// Whether a sheet without it is refused.
    pub required: bool,
}

/// The columns of a kind, with so many rows of each table. Fields that are not asked any more are left out.
pub fn columns(kind: &Kind, table_rows: usize) -> Vec<Column> {
    let asked = |field: &&Field| field.deprecated_since.is_none();
    let mut list = vec![];
    for field in kind.fields.iter().filter(asked) {
        let Shape::Table(inside) = &field.shape else {
            let required = field.required == Required::Always;
            push(field, &field.name, &field.title, required, &mut list);
            continue;
        };
        for number in 1..=table_rows {
            for column in inside.iter().filter(asked) {
                let name = format!("{}.{number}.{}", field.name, column.name);
                let title = sheet::cell(&field.title, number, &column.title);
                push(column, &name, &title, false, &mut list);
            }
        }
    }
    list
}

fn push(field: &Field, name: &str, title: &Text, required: bool, list: &mut Vec<Column>) {
    let column = |name: String, title: Text| Column {
        name,
        title,
        required,
    };
    match &field.shape {
        Shape::Attachment { .. } => {}
        Shape::Period => {
            for (end, title) in sheet::ends(title) {
                list.push(column(format!("{name}.{end}"), title));
            }
        }
        _ => list.push(column(name.to_owned(), title.clone())),
    }
}

/// How many rows the longest table of a record has.
pub fn tallest(record: &Record) -> usize {
    let tables = record.fields.values().filter_map(|value| match value {
        Value::Table(rows) => Some(rows.len()),
        _ => None,
    });
    tables.max().unwrap_or(0)
}

/// Reads one row of a sheet: cells by name of column.
pub fn read_row(kind: &Kind, cells: &BTreeMap<String, String>, completeness: Completeness) -> Typed {
    let controls: Vec<(String, String)> = cells
        .iter()
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    read_form(kind, &controls, completeness)
}

/// The cells of a record; several answers stand in one cell with `; ` between them. Reading them gives the record again, but for its files.
pub fn row(kind: &Kind, record: &Record) -> BTreeMap<String, String> {
    let mut bare = record.clone();
    bare.fields
        .retain(|_, value| !value.each().any(|one| matches!(one, Value::File(_))));
    let mut cells: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in pairs(kind, &bare) {
        let cell = cells.entry(name).or_default();
        if !cell.is_empty() {
            cell.push_str("; ");
        }
        cell.push_str(&text);
    }
    cells
}
