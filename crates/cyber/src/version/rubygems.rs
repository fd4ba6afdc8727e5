//! The order of `Gem::Version`: numbers and words in turn, a word before any number, trailing zeros of each half set aside.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct RubyGems(Vec<Segment>);

/// Words come before numbers: `1.0.a` is a pre-release of `1.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(Box<str>),
    Number(Natural),
}

const ZERO: Segment = Segment::Number(Natural::ZERO);

impl RubyGems {
    pub fn parse(text: &str) -> Self {
        let text = text.replace('-', ".pre.");
        let mut segments = Vec::new();
        for mut part in text.split('.') {
            while !part.is_empty() {
                let (digits, rest) = span(part, |byte| byte.is_ascii_digit());
                let (word, rest) = span(rest, |byte| !byte.is_ascii_digit());
                segments.extend(Natural::parse(digits).map(Segment::Number));
                if !word.is_empty() {
                    segments.push(Segment::Word(word.into()));
                }
                part = rest;
            }
        }
        let words = segments
            .iter()
            .position(|segment| matches!(segment, Segment::Word(_)));
        let mut words = segments.split_off(words.unwrap_or(segments.len()));
        for half in [&mut segments, &mut words] {
            while half.last() == Some(&ZERO) {
                half.pop();
            }
        }
        segments.append(&mut words);
        Self(segments)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let at = |list: &[Segment], index: usize| list.get(index).cloned().unwrap_or(ZERO);
        (0..self.0.len().max(other.0.len()))
            .map(|index| at(&self.0, index).cmp(&at(&other.0, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}
