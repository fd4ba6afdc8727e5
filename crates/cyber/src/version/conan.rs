//! Conan's order: numbers where they are numbers, texts otherwise; a pre-release comes before, a build after.

use std::cmp::Ordering;

use super::natural::Natural;

#[derive(Debug, Clone)]
pub(crate) struct Conan {
    /// Without trailing zeros.
    items: Vec<Item>,
    pre: Option<Box<Conan>>,
    build: Option<Box<Conan>>,
}

#[derive(Debug, Clone)]
enum Item {
    Number(Natural),
    Word(Box<str>),
}

impl Conan {
    pub fn parse(text: &str) -> Self {
        let (text, build) = split(text, '+');
        let (text, pre) = split(text, '-');
        let item = |part: &str| Natural::parse(part).map_or_else(|| Item::Word(part.into()), Item::Number);
        let mut items: Vec<Item> = text.split('.').map(item).collect();
        while matches!(items.last(), Some(Item::Number(Natural::Small(0)))) {
            items.pop();
        }
        Self { items, pre, build }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let items = self.items.iter().zip(&other.items).map(|(a, b)| a.compare(b));
        items
            .into_iter()
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.items.len().cmp(&other.items.len()))
            .then_with(|| match (&self.pre, &other.pre) {
                (Some(a), Some(b)) => a.compare(b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            })
            .then_with(|| match (&self.build, &other.build) {
                (Some(a), Some(b)) => a.compare(b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }
}

/// What stands before the last mark, and the version after it.
fn split(text: &str, mark: char) -> (&str, Option<Box<Conan>>) {
    match text.rsplit_once(mark) {
        Some((before, after)) => (before, Some(Box::new(Conan::parse(after)))),
        None => (text, None),
    }
}

impl Item {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Number(a), Self::Word(b)) => a.to_string().as_str().cmp(b),
            (Self::Word(a), Self::Number(b)) => (**a).cmp(b.to_string().as_str()),
        }
    }
}
