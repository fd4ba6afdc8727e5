//! Gentoo's order, of the package manager specification: numbers, a letter, suffixes such as `_rc1`, a revision such as `-r2`.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct Gentoo {
    numbers: Vec<Box<str>>,
    letter: Option<u8>,
    suffixes: Vec<(i8, Natural)>,
    revision: Natural,
}

/// Suffixes by rank; the end of the version has rank 0.
const SUFFIXES: [(&str, i8); 5] = [("alpha", -4), ("beta", -3), ("pre", -2), ("rc", -1), ("p", 1)];

impl Gentoo {
    pub fn parse(text: &str) -> Option<Self> {
        let (text, revision) = match text.rsplit_once("-r") {
            Some((text, digits)) => (text, Natural::parse(digits)?),
            None => (text, Natural::ZERO),
        };
        let mut parts = text.split('_');
        let main = parts.next()?;
        let letter = main.bytes().last().filter(u8::is_ascii_alphabetic);
        let main = &main[..main.len() - usize::from(letter.is_some())];
        let numbers = main
            .split('.')
            .map(|part| Natural::parse(part).map(|_| part.into()))
            .collect::<Option<_>>()?;
        let suffixes = parts.map(suffix).collect::<Option<_>>()?;
        Some(Self {
            numbers,
            letter,
            suffixes,
            revision,
        })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(&other.numbers).enumerate();
        numbers
            .map(|(index, (a, b))| compare_numbers(index, a, b))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.numbers.len().cmp(&other.numbers.len()))
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| self.compare_suffixes(other))
            .then_with(|| self.revision.cmp(&other.revision))
    }

    fn compare_suffixes(&self, other: &Self) -> Ordering {
        for index in 0..self.suffixes.len().max(other.suffixes.len()) {
            let order = match (self.suffixes.get(index), other.suffixes.get(index)) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some((rank, _)), None) => rank.cmp(&0),
                (None, Some((rank, _))) => 0.cmp(rank),
                (None, None) => Ordering::Equal,
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// A number with a leading zero is compared as a fraction.
fn compare_numbers(index: usize, a: &str, b: &str) -> Ordering {
    if index > 0 && (a.starts_with('0') || b.starts_with('0')) {
        return a.trim_end_matches('0').cmp(b.trim_end_matches('0'));
    }
    Natural::parse(a).cmp(&Natural::parse(b))
}

fn suffix(text: &str) -> Option<(i8, Natural)> {
    let (word, digits) = span(text, |byte| byte.is_ascii_lowercase());
    let (_, rank) = SUFFIXES.iter().find(|(name, _)| *name == word)?;
    let number = if digits.is_empty() {
        Natural::ZERO
    } else {
        Natural::parse(digits)?
    };
    Some((*rank, number))
}
