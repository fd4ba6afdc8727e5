//! Which fields of a record somebody sees, of those who may read it. Whether they may read it at all is the policy's business, decided before.
//! What one does not see one cannot write either: a form without it leaves it as it was.

use std::collections::{BTreeMap, BTreeSet};

use plan::{Confidentiality, Filler, Kind, MINISTRY, Shape};

use crate::value::{Record, Value};

/// Who looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Codes of their roles; none for the public.
    pub roles: Vec<String>,
    /// The organisation for which they act.
    pub organisation: Option<String>,
    /// Whether their organisation takes part in what the record is about, beside [`parties`].
    pub party: bool,
}

pub(crate) fn of_the_ministry(viewer: &Viewer) -> bool {
    viewer.roles.iter().any(|role| MINISTRY.contains(&role.as_str()))
}

/// The organisation for which somebody answers. An administrator or auditor of an organisation does not.
pub(crate) fn answers_for(viewer: &Viewer) -> Option<&str> {
    let member = viewer.roles.iter().any(|role| role == "member");
    viewer.organisation.as_deref().filter(|_| member)
}

/// Whether somebody sees a field of this confidentiality in a record of this owner. `parties` are the organisations that the record names.
pub fn sees(
    confidentiality: Confidentiality,
    owner: &str,
    parties: &BTreeSet<&str>,
    viewer: &Viewer,
) -> bool {
    let ministry = of_the_ministry(viewer);
    let organisation = answers_for(viewer);
    let owns = organisation == Some(owner);
    let party = organisation.is_some_and(|one| viewer.party || parties.contains(one));
    match confidentiality {
        Confidentiality::Public => true,
        Confidentiality::Parties => ministry || owns || party,
        Confidentiality::Owner => ministry || owns,
        Confidentiality::Ministry => ministry,
    }
}

/// The organisations that a record makes a party to itself.
pub fn parties<'r>(kind: &Kind, record: &'r Record) -> BTreeSet<&'r str> {
    let mut found = BTreeSet::new();
    let mut take = |shape: &Shape, value: Option<&'r Value>| {
        if *shape == (Shape::Organisation { party: true }) {
            found.extend(
                value
                    .into_iter()
                    .flat_map(Value::each)
                    .filter_map(|one| match one {
                        Value::Text(id) => Some(id.as_str()),
                        _ => None,
                    }),
            );
        }
    };
    for field in &kind.fields {
        let value = record.fields.get(&field.name);
        match (&field.shape, value) {
            (Shape::Table(columns), Some(Value::Table(rows))) => {
                for row in rows {
                    for column in columns {
                        take(&column.shape, row.get(&column.name));
                    }
                }
            }
            (shape, value) => take(shape, value),
        }
    }
    found
}

/// The record as somebody sees it; `parties` are those of the organisations that it names which take part by now. What was answered to fields that are not asked any more has no confidentiality left to go by: the ministry
/// alone sees it.
pub fn redact(
    kind: &Kind,
    owner: &str,
    record: &Record,
    viewer: &Viewer,
    parties: &BTreeSet<&str>,
) -> Record {
    let seen = |confidentiality| sees(confidentiality, owner, parties, viewer);
    let fields = kind
        .fields
        .iter()
        .filter(|field| seen(field.confidentiality))
        .filter_map(|field| Some((field.name.clone(), record.fields.get(&field.name)?.clone())))
        .collect();
    let former = if seen(Confidentiality::Ministry) {
        record.former.clone()
    } else {
        BTreeMap::default()
    };
    Record { fields, former }
}

/// The fields that somebody who may change a record can answer: those that are still asked, that they see, and that are theirs to answer.
pub fn fillable<'k>(kind: &'k Kind, owner: &str, record: &Record, viewer: &Viewer) -> BTreeSet<&'k str> {
    let parties = parties(kind, record);
    kind.fields
        .iter()
        .filter(|field| field.deprecated_since.is_none())
        .filter(|field| sees(field.confidentiality, owner, &parties, viewer))
        .filter(|field| match field.filled_by {
            Filler::Anyone => true,
            Filler::Owner => viewer.organisation.as_deref() == Some(owner),
            Filler::Ministry => of_the_ministry(viewer),
        })
        .map(|field| field.name.as_str())
        .collect()
}

/// The record that somebody's answers make of the one before: `shown` are the fields that were on their form; all else stays as it was.
pub fn keep_unseen(before: &Record, mut typed: Record, shown: &BTreeSet<&str>) -> Record {
    typed.fields.retain(|name, _| shown.contains(name.as_str()));
    for (name, value) in &before.fields {
        if !shown.contains(name.as_str()) {
            typed.fields.insert(name.clone(), value.clone());
        }
    }
    typed.former.clone_from(&before.former);
    typed
}
