//! Packagist's order: PHP's `version_compare`, on which Composer rests, a leading `v` set aside.

use std::cmp::Ordering;

use super::natural::Natural;

#[derive(Debug, Clone)]
pub(crate) struct Packagist(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Number(Natural),
    /// A word's rank: unknown, dev, alpha, beta, rc, (a number), patch.
    Word(u8),
}

/// Where a number stands among words.
const NUMBER: u8 = 5;

impl Packagist {
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut parts = Vec::new();
        let mut rest = text.as_bytes();
        while let Some(first) = rest.first() {
            let digit = first.is_ascii_digit();
            let same = |byte: &u8| byte.is_ascii_alphanumeric() && byte.is_ascii_digit() == digit;
            let end = rest.iter().position(|byte| !same(byte)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            match std::str::from_utf8(run).ok() {
                // A separator, or a byte that PHP takes for one.
                None | Some("") => rest = &rest[1..],
                Some(run) => {
                    parts.push(Natural::parse(run).map_or_else(|| Part::Word(rank(run)), Part::Number));
                    rest = after;
                }
            }
        }
        Self(parts)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let shared = self
            .0
            .iter()
            .zip(&other.0)
            .map(|(a, b)| match (a, b) {
                (Part::Number(a), Part::Number(b)) => a.cmp(b),
                _ => weight(a).cmp(&weight(b)),
            })
            .find(|order| order.is_ne());
        shared.unwrap_or_else(|| match (self.0.get(other.0.len()), other.0.get(self.0.len())) {
            (Some(more), _) => beyond(more),
            (_, Some(more)) => beyond(more).reverse(),
            (None, None) => Ordering::Equal,
        })
    }
}

/// How a version that goes on with this part stands to one that has ended.
fn beyond(part: &Part) -> Ordering {
    match part {
        Part::Number(_) => Ordering::Greater,
        Part::Word(rank) => rank.cmp(&NUMBER),
    }
}

fn weight(part: &Part) -> u8 {
    match part {
        Part::Number(_) => NUMBER,
        Part::Word(rank) => *rank,
    }
}

fn rank(word: &str) -> u8 {
    let known = [("dev", 1), ("a", 2), ("b", 3), ("RC", 4), ("rc", 4), ("p", 6)];
    known
        .iter()
        .find(|(form, _)| word.starts_with(form))
        .map_or(0, |(_, rank)| *rank)
}
