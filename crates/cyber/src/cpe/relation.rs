//! How what two names say of an attribute stands to each other: table 6-2 of NISTIR 7696. Wild cards mean something on the side that asks alone.

use super::{Text, Value, Wild};

/// How a set of products stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// It holds the other and more.
    Superset,
    /// The other holds it and more.
    Subset,
    /// Both are the same.
    Equal,
    /// They have nothing in common.
    Disjoint,
    /// The specification does not say: the other is a pattern.
    Undefined,
}

impl Value {
    /// How this value stands to another.
    pub fn relation(&self, other: &Self) -> Relation {
        match (self, other) {
            (Self::Any, Self::Any) | (Self::NotApplicable, Self::NotApplicable) => Relation::Equal,
            (_, Self::Text(other)) if other.is_wild() => Relation::Undefined,
            (Self::Any, _) => Relation::Superset,
            (_, Self::Any) => Relation::Subset,
            (Self::Text(own), Self::Text(other)) if own.is_wild() && own.matches(&other.literal) => {
                Relation::Superset
            }
            (Self::Text(own), Self::Text(other)) if own == other => Relation::Equal,
            _ => Relation::Disjoint,
        }
    }
}

impl Text {
    /// Whether a text is one of those that it is a pattern of.
    fn matches(&self, text: &str) -> bool {
        let allows = |wild, length: usize| match wild {
            Wild::No => length == 0,
            Wild::UpTo(most) => length <= most.into(),
            Wild::Any => true,
        };
        (0..=text.len())
            .filter(|start| allows(self.before, *start))
            .any(|start| {
                let rest = text.get(start..).unwrap_or_default();
                rest.strip_prefix(&*self.literal)
                    .is_some_and(|after| allows(self.after, after.len()))
            })
    }
}
