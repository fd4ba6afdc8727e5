//! Alpine's order, as `apk` computes it: numbers, a letter, suffixes such as `_rc1`, a commit, a revision such as `-r2`.
//!
//! What is no version to `apk` is compared as the databases of advisories compare it: by the parts that can be read, or by its characters.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct Alpine {
    text: Box<str>,
    numbers: Vec<Box<str>>,
    letter: Option<u8>,
    suffixes: Vec<(u8, Option<Natural>)>,
    commit: Option<Box<str>>,
    revision: Option<Natural>,
    /// Nothing can be made of what follows the suffixes.
    odd: bool,
    /// `apk` would not take it.
    invalid: bool,
    /// Something follows that belongs to no part.
    rest: bool,
}

/// Suffixes by rank; the end of the version stands between pre-releases and what comes after the release.
const SUFFIXES: [(&str, u8); 9] = [
    ("alpha", 0),
    ("beta", 1),
    ("pre", 2),
    ("rc", 3),
    ("cvs", 5),
    ("svn", 6),
    ("git", 7),
    ("hg", 8),
    ("p", 9),
];
const RELEASE: u8 = 4;

impl Alpine {
    pub fn parse(text: &str) -> Self {
        let mut invalid = false;
        let (numbers, mut rest) = numbers(text);
        invalid |= numbers.is_empty() || text[..text.len() - rest.len()].ends_with('.');
        let letter = rest.bytes().next().filter(u8::is_ascii_lowercase);
        if letter.is_some() {
            rest = &rest[1..];
        }
        let mut suffixes = Vec::new();
        while let Some((rank, after)) = suffix(rest) {
            let (digits, after) = span(after, |byte| byte.is_ascii_digit());
            invalid |= digits.is_empty() && after.starts_with(|c: char| c.is_ascii_lowercase());
            suffixes.push((rank, Natural::parse(digits)));
            rest = after;
        }
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let commit = rest
            .strip_prefix('~')
            .map(|after| span(after, hex))
            .filter(|(hash, _)| !hash.is_empty());
        if let Some((_, after)) = commit {
            rest = after;
        }
        let built = rest
            .strip_prefix("-r")
            .map(|after| span(after, |byte| byte.is_ascii_digit()));
        let odd = built.is_none() && !rest.is_empty();
        if let Some((digits, after)) = built {
            invalid |= digits.is_empty();
            rest = after;
        }
        Self {
            text: text.into(),
            numbers: numbers.into_iter().map(Into::into).collect(),
            letter,
            suffixes,
            commit: commit.map(|(hash, _)| hash.into()),
            revision: built.map(|(digits, _)| Natural::parse(digits).unwrap_or(Natural::ZERO)),
            odd,
            invalid: invalid || !rest.is_empty(),
            rest: !rest.is_empty(),
        }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        if self.odd && other.odd {
            return self.text.cmp(&other.text);
        }
        if self.invalid || other.invalid {
            return self.compare_leniently(other);
        }
        let longest = self.numbers.len().max(other.numbers.len());
        (0..longest)
            .map(
                |index| match (self.numbers.get(index), other.numbers.get(index)) {
                    (Some(a), Some(b)) => compare_numbers(index, a, b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                },
            )
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| self.compare_suffixes(other))
            .then_with(|| match (&self.commit, &other.commit) {
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
            .then_with(|| self.revision.cmp(&other.revision))
    }

    fn compare_suffixes(&self, other: &Self) -> Ordering {
        let longest = self.suffixes.len().max(other.suffixes.len());
        for index in 0..longest {
            let (a, b) = (self.suffixes.get(index), other.suffixes.get(index));
            let rank = |suffix: Option<&(u8, Option<Natural>)>| suffix.map_or(RELEASE, |(rank, _)| *rank);
            let order = rank(a).cmp(&rank(b));
            if order.is_ne() {
                return order;
            }
            let number =
                |suffix: Option<&(u8, Option<Natural>)>| suffix.and_then(|(_, number)| number.clone());
            let (number_a, number_b) = (number(a), number(b));
            if number_a == number_b {
                continue;
            }
            // To `apk` a further suffix after the release outranks a number: `_p_git` comes after `_p1`.
            let further = |version: &Self| {
                version
                    .suffixes
                    .get(index + 1)
                    .is_some_and(|(rank, _)| *rank > RELEASE)
            };
            return match (&number_a, &number_b) {
                (None, Some(_)) if further(self) => Ordering::Greater,
                (Some(_), None) if further(other) => Ordering::Less,
                _ => number_a.cmp(&number_b),
            };
        }
        Ordering::Equal
    }

    /// What is missing counts as zero, and a version after which something unknown follows comes before the same without it.
    fn compare_leniently(&self, other: &Self) -> Ordering {
        let zero = || Natural::ZERO;
        let number = |version: &Self, index: usize| version.numbers.get(index).cloned();
        let suffix = |version: &Self, index: usize| match version.suffixes.get(index) {
            Some((rank, number)) => (*rank, number.clone().unwrap_or_else(zero)),
            None => (RELEASE, zero()),
        };
        (0..self.numbers.len().max(other.numbers.len()))
            .map(|index| match (number(self, index), number(other, index)) {
                (Some(a), Some(b)) => compare_numbers(index, &a, &b),
                (a, b) => compare_numbers(0, a.as_deref().unwrap_or("0"), b.as_deref().unwrap_or("0")),
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| {
                (0..self.suffixes.len().max(other.suffixes.len()))
                    .map(|index| suffix(self, index).cmp(&suffix(other, index)))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            })
            .then_with(|| {
                let revision = |version: &Self| version.revision.clone().unwrap_or_else(zero);
                revision(self).cmp(&revision(other))
            })
            .then_with(|| other.rest.cmp(&self.rest))
    }
}

/// The numbers between dots at the beginning, and what follows them.
fn numbers(text: &str) -> (Vec<&str>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let (digits, after) = span(rest, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return (found, rest);
        }
        found.push(digits);
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None => return (found, after),
        }
    }
}

/// A number that is not the first and has a leading zero is compared by its characters, as a fraction would be.
fn compare_numbers(index: usize, a: &str, b: &str) -> Ordering {
    if index > 0 && (a.starts_with('0') || b.starts_with('0')) {
        return a.cmp(b);
    }
    Natural::parse(a).cmp(&Natural::parse(b))
}

fn suffix(text: &str) -> Option<(u8, &str)> {
    let text = text.strip_prefix('_')?;
    SUFFIXES
        .iter()
        .find_map(|(name, rank)| Some((*rank, text.strip_prefix(name)?)))
}
