//! What is wrong with one answer, said so that the person who gave it can mend it. It never repeats a confidential answer of somebody else.

use serde::Serialize;
use vocab::Refusal;

/// What is wrong with one answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// Name of the control or column: `field`, `field.from`, `table.2.column`.
    pub name: String,
    /// Name of the field; empty for a form as a whole.
    pub field: String,
    /// Row of a table, from 1.
    pub row: Option<usize>,
    /// Stable name of the kind of mistake.
    pub code: &'static str,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Where an answer stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub field: &'a str,
    /// Row from 1, and column.
    pub cell: Option<(usize, &'a str)>,
}

impl<'a> Place<'a> {
    pub(crate) const fn of(field: &'a str) -> Self {
        Self { field, cell: None }
    }

    pub(crate) const fn cell(table: &'a str, row: usize, column: &'a str) -> Self {
        Self {
            field: table,
            cell: Some((row, column)),
        }
    }

    /// The name of the control.
    pub(crate) fn name(self) -> String {
        match self.cell {
            None => self.field.to_owned(),
            Some((row, column)) => format!("{}.{row}.{column}", self.field),
        }
    }

    pub(crate) fn fault(self, refusal: Refusal) -> Fault {
        Fault {
            name: self.name(),
            field: self.field.to_owned(),
            row: self.cell.map(|(row, _)| row),
            code: refusal.kind,
            ja: refusal.ja,
            en: refusal.en,
        }
    }
}
