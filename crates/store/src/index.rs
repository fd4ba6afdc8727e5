//! What of a record lists and searches see beyond its owner, parent and state. An index is a read model: it follows from
//! the newest version, is replaced whole with it, and is neither sealed nor backed up, so it must never say what its record
//! does not.

use std::borrow::Cow;
use std::ops::Bound;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::name::{Key, Name};
use crate::record::Query;

/// What lists and searches see of a record. Empty for a record that only its owner, parent and state find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Values of fields, as they sort; a field may have several. Give a blank field an empty value: an order lists those
    /// alone that have its field.
    pub keys: Vec<(Name, String)>,
    /// Which records it refers to, and by which field.
    pub references: Vec<(Name, Key)>,
    /// What searching finds it by, folded and cut by whoever searches.
    pub tokens: Vec<String>,
}

impl Index {
    /// The longest value or token, in bytes. Longer ones are cut, and so is what they are compared with.
    pub const LONGEST: usize = 400;

    /// True if lists and searches see nothing of the record.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.references.is_empty() && self.tokens.is_empty()
    }

    /// Where an order by a field places the record: at the least value of that field.
    pub fn least(&self, field: &Name) -> Option<&str> {
        let values = self.keys.iter().filter(|(of, _)| of == field);
        values.map(|(_, value)| cut(value)).min()
    }

    /// Every term that finds a record with this index, once each, in their order.
    pub fn terms<'a>(
        &'a self,
        owner: &'a Name,
        parent: Option<&'a Name>,
        state: Option<&'a Name>,
    ) -> Vec<Term<'a>> {
        let mut terms: Vec<Term<'a>> = self.terms_as_they_come(owner, parent, state).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// The same in no order, and some of them more than once: for many records at a time.
    pub fn terms_as_they_come<'a>(
        &'a self,
        owner: &'a Name,
        parent: Option<&'a Name>,
        state: Option<&'a Name>,
    ) -> impl Iterator<Item = Term<'a>> {
        let keys = self.keys.iter().map(|(field, value)| Term::key(field, value));
        let tokens = self.tokens.iter().map(|token| Term::token(token));
        let referred = self
            .references
            .iter()
            .flat_map(|(field, to)| [Term::refers(None, to), Term::refers(Some(field), to)]);
        let places = places(Some(owner), parent, state);
        let several = self
            .keys
            .iter()
            .filter(|(field, value)| self.least(field) != Some(cut(value)));
        let several = several.map(|(field, _)| Term::several(field));
        keys.chain(tokens).chain(referred).chain(places).chain(several)
    }

    /// True if a value of a field lies within a span.
    pub fn has_within(&self, field: &Name, span: &Span) -> bool {
        let mut values = self.keys.iter().filter(|(of, _)| of == field);
        values.any(|(_, value)| within(span, cut(value)))
    }
}

/// What finds a record: a field with one of its values. A token, a reference or a place in lists is a term of a field whose
/// name no caller can give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term<'a> {
    /// The field.
    pub field: Cow<'a, str>,
    /// The value.
    pub value: Cow<'a, str>,
}

impl<'a> Term<'a> {
    fn key(field: &'a Name, value: &'a str) -> Self {
        Self {
            field: field.as_str().into(),
            value: cut(value).into(),
        }
    }

    /// Finds the records that have several values of a field: their least one does not tell which spans they are in.
    pub fn several(field: &'a Name) -> Self {
        Self {
            field: "@several".into(),
            value: field.as_str().into(),
        }
    }

    /// A number for the term among those of a kind: the beginning of a SHA-256, for a database that finds numbers faster than
    /// texts.
    pub fn number(&self, kind: &Name) -> i64 {
        let mut hash = Sha256::new();
        for part in [kind.as_str(), &self.field, &self.value] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let begin = hash.finalize().first_chunk().copied().unwrap_or_default();
        i64::from_le_bytes(begin)
    }

    /// True if the term is a value that a record gives a field.
    pub fn is_key(&self) -> bool {
        !self.field.starts_with('@')
    }

    fn token(token: &'a str) -> Self {
        Self {
            field: "@token".into(),
            value: cut(token).into(),
        }
    }

    fn refers(field: Option<&Name>, to: &Key) -> Self {
        Self {
            field: field.map_or_else(|| "@to".into(), |field| format!("@to/{field}").into()),
            value: to.to_string().into(),
        }
    }
}

/// The terms of a place in lists.
fn places<'a>(
    owner: Option<&'a Name>,
    parent: Option<&'a Name>,
    state: Option<&'a Name>,
) -> impl Iterator<Item = Term<'a>> {
    let places = [("@owner", owner), ("@parent", parent), ("@state", state)];
    places.into_iter().filter_map(|(field, at)| {
        Some(Term {
            field: field.into(),
            value: at?.as_str().into(),
        })
    })
}

/// A condition on a field: it holds if one of the record's values passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The field.
    pub field: Name,
    /// What a value must be.
    pub test: Test,
}

/// What a value must be. Values compare by their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// This value.
    Is(String),
    /// One of these values.
    OneOf(Vec<String>),
    /// This value or a greater one.
    From(String),
    /// This value or a lesser one.
    To(String),
    /// From the first to the second, both included.
    Between(String, String),
    /// A value that begins so.
    Prefix(String),
}

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least value first.
    Up,
    /// The greatest value first: the exact reverse.
    Down,
}

/// Values from one bound to another.
pub type Span = (Bound<String>, Bound<String>);

/// A part of a query that a record must meet, as an engine looks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need<'a> {
    /// One of these terms.
    Terms(Vec<Term<'a>>),
    /// A value of the field within the span.
    Within(&'a Name, Span),
}

impl Test {
    fn need<'a>(&'a self, field: &'a Name) -> Need<'a> {
        let bound = |text: &str| Bound::Included(cut(text).to_owned());
        let span = match self {
            Self::Is(value) => return Need::Terms(vec![Term::key(field, value)]),
            Self::OneOf(values) => {
                return Need::Terms(values.iter().map(|value| Term::key(field, value)).collect());
            }
            Self::From(from) => (bound(from), Bound::Unbounded),
            Self::To(to) => (Bound::Unbounded, bound(to)),
            Self::Between(from, to) => (bound(from), bound(to)),
            Self::Prefix(prefix) => (bound(prefix), after_prefix(cut(prefix))),
        };
        Need::Within(field, span)
    }
}

impl Query {
    /// True if the query asks nothing of the index: owner, parent and state are known of every record.
    pub fn is_plain(&self) -> bool {
        self.filters.is_empty() && self.order.is_none() && self.tokens.is_empty() && self.refers.is_none()
    }

    /// What a record must meet, all of it.
    pub fn needs(&self) -> Vec<Need<'_>> {
        let places = places(self.owner.as_ref(), self.parent.as_ref(), self.state.as_ref());
        let tokens = self.tokens.iter().map(|token| Term::token(token));
        let refers = self
            .refers
            .iter()
            .map(|(field, to)| Term::refers(field.as_ref(), to));
        let terms = places
            .chain(tokens)
            .chain(refers)
            .map(|term| Need::Terms(vec![term]));
        let filters = self.filters.iter().map(|Filter { field, test }| test.need(field));
        terms.chain(filters).collect()
    }
}

/// True if a value lies within a span.
pub fn within((from, to): &Span, value: &str) -> bool {
    let after = match from {
        Bound::Included(from) => value >= from.as_str(),
        Bound::Excluded(from) => value > from.as_str(),
        Bound::Unbounded => true,
    };
    let before = match to {
        Bound::Included(to) => value <= to.as_str(),
        Bound::Excluded(to) => value < to.as_str(),
        Bound::Unbounded => true,
    };
    after && before
}

/// As much of a text as is kept of a value.
fn cut(text: &str) -> &str {
    let mut ends = (0..=text.len().min(Index::LONGEST)).rev();
    &text[..ends.find(|end| text.is_char_boundary(*end)).unwrap_or(0)]
}

/// The end of the texts that begin with `prefix`: the least text after all of them.
fn after_prefix(prefix: &str) -> Bound<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // A range of characters steps over what is none (surrogates).
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Bound::Excluded(text);
        }
    }
    Bound::Unbounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_spans_what_begins_with_it(prefix in ".{0,3}", rest in ".{0,3}", other in ".{0,4}") {
            let (field, test) = (Name::new("f").unwrap(), Test::Prefix(prefix.clone()));
            let Need::Within(_, span) = test.need(&field) else { panic!("no span") };
            let begins = prefix.clone() + &rest;
            prop_assert!(within(&span, &begins));
            prop_assert_eq!(within(&span, &other), other.starts_with(&prefix));
        }
    }

    #[test]
    fn the_last_characters_have_an_end_too() {
        for (prefix, end) in [
            ("a", Bound::Excluded("b")),
            ("\u{d7ff}", Bound::Excluded("\u{e000}")),
            ("a\u{10ffff}", Bound::Excluded("b")),
            ("\u{10ffff}", Bound::Unbounded),
            ("", Bound::Unbounded),
        ] {
            assert_eq!(after_prefix(prefix), end.map(str::to_owned), "{prefix:?}");
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = "羅".repeat(200);
        assert_eq!(cut(&long).len(), 399);
        let index = Index {
            keys: vec![(Name::new("f").unwrap(), long.clone())],
            ..Index::default()
        };
        let owner = Name::new("a").unwrap();
        let (field, longer) = (Name::new("f").unwrap(), long + "x");
        let asked = Term::key(&field, &longer);
        assert!(index.terms(&owner, None, None).contains(&asked));
    }
}
