//! The completeness ledger: what became of each component of a bill. Every component has a row, and a row that could not be assessed says
//! why; nothing is dropped silently and nothing unknown is called clean.

use std::collections::BTreeMap;

use serde::Serialize;
use vocab::Refusal;

use crate::document::Component;

/// What became of each component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// How many components there are: the sum of the next three.
    pub components: usize,
    /// Components with at least one finding.
    pub matched: usize,
    /// Components that no record concerns.
    pub clean: usize,
    /// Components that nothing can be said of.
    pub unassessable: usize,
    /// How many of these by the kind of their cause.
    pub causes: BTreeMap<&'static str, usize>,
    /// A row a component, in the order of the bill.
    pub rows: Vec<Row>,
}

/// What became of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where it stands in the document.
    pub path: String,
    /// Its reference within the document.
    pub reference: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// What became of it.
    pub standing: Standing,
    /// What could not be assessed: of an unassessable component always something, of a matched one possibly too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Refusal>,
    /// Records about the package that cannot be told from a version: a person must look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// What became of a component, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// At least one record concerns it.
    Matched,
    /// No record of the database concerns it.
    Clean,
    /// It cannot be said.
    Unassessable,
}

/// A record that may or may not concern a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// Its identifier.
    pub advisory: String,
    /// Why it cannot be told.
    pub cause: Refusal,
}

impl Ledger {
    /// Writes a component's row; without findings it is clean only if nothing was left open.
    pub(crate) fn write(
        &mut self,
        component: &Component,
        found: bool,
        cause: Option<Refusal>,
        doubts: Vec<Doubt>,
    ) {
        let cause = match (found, cause, doubts.first()) {
            (false, None, Some(doubt)) => Some(doubt.cause.clone()),
            (_, cause, _) => cause,
        };
        let standing = match (found, &cause) {
            (true, _) => Standing::Matched,
            (false, None) => Standing::Clean,
            (false, Some(_)) => Standing::Unassessable,
        };
        self.components += 1;
        match (standing, &cause) {
            (Standing::Matched, _) => self.matched += 1,
            (Standing::Clean, _) => self.clean += 1,
            (Standing::Unassessable, cause) => {
                self.unassessable += 1;
                let kind = cause.as_ref().map_or("", |cause| cause.kind);
                *self.causes.entry(kind).or_default() += 1;
            }
        }
        self.rows.push(Row {
            path: component.path.clone(),
            reference: component.reference.clone(),
            name: component.name.clone(),
            version: component.version.clone(),
            standing,
            cause,
            doubts,
        });
    }
}
