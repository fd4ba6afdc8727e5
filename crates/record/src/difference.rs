//! What changed between two versions of a record, field by field. It says what moved, never why or by whom.

use plan::Kind;

use crate::value::{Record, Value};

/// One answer that is another one now.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Name of the field.
    pub field: String,
    /// What it was; none where it was blank.
    pub before: Option<Value>,
    /// What it is; none where it is blank.
    pub after: Option<Value>,
}

/// The fields that differ, in the order of the form. Answers to fields that are not asked any more do not change.
pub fn difference(kind: &Kind, old: &Record, new: &Record) -> Vec<Moved> {
    kind.fields
        .iter()
        .filter_map(|field| {
            let (before, after) = (old.fields.get(&field.name), new.fields.get(&field.name));
            (before != after).then(|| Moved {
                field: field.name.clone(),
                before: before.cloned(),
                after: after.cloned(),
            })
        })
        .collect()
}
