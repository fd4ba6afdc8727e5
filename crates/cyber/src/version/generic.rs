//! An order for versions of no known scheme: runs of digits and letters, where `alpha`, `beta`, `rc` and other words come before a release and
//! `patch` after it, and a letter on a number (`1.0b`) after that number.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct Generic(Vec<Part>);

/// In order; a part that is missing is `Zero`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Before(u8),
    Zero,
    After(u8),
    Number(Natural),
    Letter(u8),
}

impl Generic {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut on_number = false;
        while !rest.is_empty() {
            let (digits, after) = span(rest, |byte| byte.is_ascii_digit());
            if let Some(number) = Natural::parse(digits) {
                parts.push(if number == Natural::ZERO {
                    Part::Zero
                } else {
                    Part::Number(number)
                });
                (rest, on_number) = (after, true);
                continue;
            }
            let (word, after) = span(rest, |byte| byte.is_ascii_alphabetic());
            if let Some(first) = word.bytes().next() {
                let goes_on = after.starts_with(|c: char| c.is_ascii_digit());
                parts.push(word_part(word, first.to_ascii_lowercase(), on_number && !goes_on));
                (rest, on_number) = (after, false);
                continue;
            }
            let (_, after) = span(rest, |byte| !byte.is_ascii_alphanumeric());
            (rest, on_number) = (after, false);
        }
        let known = parts
            .iter()
            .any(|part| matches!(part, Part::Zero | Part::Number(_)));
        known.then_some(Self(parts))
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let at = |list: &[Part], index: usize| list.get(index).cloned().unwrap_or(Part::Zero);
        (0..self.0.len().max(other.0.len()))
            .map(|index| at(&self.0, index).cmp(&at(&other.0, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

fn word_part(word: &str, first: u8, on_number: bool) -> Part {
    let word = word.to_ascii_lowercase();
    let before = ["alpha", "beta", "rc"].contains(&word.as_str()) || word.starts_with("pre");
    let after =
        ["pl", "errata"].contains(&word.as_str()) || word.starts_with("post") || word.starts_with("patch");
    match (before, after) {
        (true, _) => Part::Before(first),
        (_, true) => Part::After(first),
        _ if on_number => Part::Letter(first),
        _ => Part::Before(first),
    }
}
