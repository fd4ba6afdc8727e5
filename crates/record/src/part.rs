//! How far a long form is, part by part, for somebody who fills in some of its fields. A part is theirs if one of its fields is; what is
//! required in it follows from the whole record, wherever the answers stand.

use std::collections::BTreeSet;

use plan::{Kind, Part};

use crate::check::complete;
use crate::value::Record;

/// How far a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is answered, and something is required.
    Blank,
    /// Nothing is answered, and nothing has to be.
    Optional,
    /// Something is answered, and something required is not.
    Begun,
    /// Everything required is answered.
    Done,
}

/// A part of a form, as somebody fills it in.
#[derive(Debug, Clone)]
pub struct FormPart<'k> {
    /// The part.
    pub part: &'k Part,
    /// The names of those of its fields that are theirs; never empty.
    pub fields: BTreeSet<&'k str>,
    /// How many answers are required and not there.
    pub missing: usize,
    /// How far it is.
    pub progress: Progress,
}

/// The parts that somebody fills in, in the order of the form. `fill` are the fields that are theirs.
pub fn form_parts<'k>(kind: &'k Kind, record: &Record, fill: &BTreeSet<&str>) -> Vec<FormPart<'k>> {
    let blanks = complete(kind, record);
    let part = |part: &'k Part| {
        let fields: BTreeSet<&str> = kind
            .fields_of(&part.id)
            .map(|field| field.name.as_str())
            .filter(|name| fill.contains(name))
            .collect();
        let missing = blanks
            .iter()
            .filter(|fault| fields.contains(fault.field.as_str()))
            .count();
        let answered = fields.iter().any(|name| record.fields.contains_key(*name));
        let progress = match (answered, missing) {
            (false, 0) => Progress::Optional,
            (false, _) => Progress::Blank,
            (true, 0) => Progress::Done,
            (true, _) => Progress::Begun,
        };
        FormPart {
            part,
            fields,
            missing,
            progress,
        }
    };
    let parts = kind.parts.iter().map(part);
    parts.filter(|part| !part.fields.is_empty()).collect()
}
