//! What was written and what was named while the entries were read, with places, until the whole can be proved.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use jiff::civil::Date;
use vocab::{Calendar, Period, Quantity, Unit};

use crate::graph::NodeName;
use crate::model::{Formula, Input};

/// Where something was written, kept until references can be checked.
#[derive(Clone)]
pub(super) struct Place {
    pub file: String,
    pub span: Range<usize>,
}

/// A reference that has to lead somewhere.
pub(super) struct Reference {
    pub place: Place,
    pub id: String,
}

/// A formula that waits for its check, with the unit that it must have, if any.
pub(super) struct Pending {
    pub place: Place,
    pub owner: Owner,
    pub formula: Formula,
    pub unit: Option<Unit>,
    pub truth: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Named(NodeName),
    Leaf(Option<String>),
}

/// An observation as far as it could be read.
pub(super) struct SeenObservation {
    pub series: String,
    pub period: Option<Period>,
    pub period_place: Place,
    pub value: Option<Quantity>,
    pub value_place: Place,
    pub rounding: Option<Quantity>,
    pub rounding_place: Option<Place>,
    pub recorded: Option<Date>,
    pub recorded_place: Place,
    pub order: u32,
}

/// Where a survey's total goes, with the unit and calendar that it has.
pub(super) struct SeenTotal {
    pub place: Place,
    pub series: String,
    pub unit: Unit,
    pub calendar: Calendar,
}

/// The name of a step or assumption.
pub(super) struct Inner {
    pub place: Place,
    pub owner: String,
    pub name: String,
}

/// What was named and what was defined, with places.
#[derive(Default)]
pub(super) struct References {
    pub defined: BTreeMap<(&'static str, String), Vec<Place>>,
    pub needed: Vec<(&'static str, Reference)>,
    pub places: HashMap<String, Place>,
    pub indicators: HashMap<String, Place>,
    pub inner: Vec<Inner>,
    pub inputs: Vec<(Place, Input)>,
    pub observations: Vec<SeenObservation>,
    pub totals: Vec<SeenTotal>,
    /// Sections of the report on which kinds and procedures rest.
    pub sections: Vec<(Place, String)>,
    /// Those of the tree, be it in entries with mistakes.
    pub tree_sections: Vec<String>,
}

impl References {
    pub fn define(&mut self, kind: &'static str, place: Place, id: &str) {
        self.defined.entry((kind, id.into())).or_default().push(place);
    }

    /// Whether a name was written somewhere, be it in an entry with mistakes.
    pub fn names(&self, indicator: Option<&str>, name: &str) -> bool {
        let defined = |name: &str| self.defined.contains_key(&("name", name.to_owned()));
        let inside = |owner: &str, name: &str| {
            self.inner
                .iter()
                .any(|one| one.owner == owner && one.name == name)
        };
        match name.split_once('.') {
            Some((owner, rest)) => inside(owner, rest),
            None => defined(name) || indicator.is_some_and(|owner| inside(owner, name)),
        }
    }

    pub fn need(&mut self, kind: &'static str, place: Place, id: &str) {
        self.needed.push((kind, Reference { place, id: id.into() }));
    }
}
