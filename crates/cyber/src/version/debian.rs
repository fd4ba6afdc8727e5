//! Debian's order, as `dpkg` computes it: epoch, upstream version, revision.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct Debian {
    epoch: Natural,
    upstream: Box<str>,
    revision: Box<str>,
}

impl Debian {
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (Natural::parse(epoch)?, rest),
            None => (Natural::ZERO, text),
        };
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Some(Self {
            epoch,
            upstream: upstream.into(),
            revision: revision.into(),
        })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_parts(&self.upstream, &other.upstream))
            .then_with(|| compare_parts(&self.revision, &other.revision))
    }
}

/// Compares runs of other characters and runs of digits in turn.
fn compare_parts<'a>(mut a: &'a str, mut b: &'a str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (words, numbers);
        (words, (a, b)) = pair(a, b, |byte| !byte.is_ascii_digit());
        let order = compare_words(words.0, words.1);
        if order.is_ne() {
            return order;
        }
        (numbers, (a, b)) = pair(a, b, |byte| byte.is_ascii_digit());
        let number = |digits| Natural::parse(digits).unwrap_or(Natural::ZERO);
        let order = number(numbers.0).cmp(&number(numbers.1));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

type Pair<'a> = (&'a str, &'a str);

/// The leading run of each that fits, and what follows each.
fn pair<'a>(a: &'a str, b: &'a str, fits: fn(u8) -> bool) -> (Pair<'a>, Pair<'a>) {
    let ((a, rest_a), (b, rest_b)) = (span(a, fits), span(b, fits));
    ((a, b), (rest_a, rest_b))
}

/// A tilde comes before the end, the end before letters, letters before everything else.
fn compare_words(a: &str, b: &str) -> Ordering {
    let weight = |text: &str, index: usize| match text.as_bytes().get(index) {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    (0..a.len().max(b.len()))
        .map(|index| weight(a, index).cmp(&weight(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
