//! Versions that are lists of numbers: R's and Haskell's, where the longer of two equal beginnings is the later, and `intdot`, where it is not.

use std::cmp::Ordering;

use super::natural::{Natural, padded, span};

/// Numbers in lexicographic order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct List(Vec<Natural>);

impl List {
    /// R's: dots and hyphens separate alike.
    pub fn cran(text: &str) -> Option<Self> {
        text.split(['.', '-'])
            .map(Natural::parse)
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Haskell's: dots alone.
    pub fn hackage(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        text.split('.')
            .map(Natural::parse)
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// The numbers at the beginning, as if followed by zeros.
#[derive(Debug, Clone)]
pub(crate) struct Intdot(Vec<Natural>);

impl Intdot {
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, _) = span(text, |byte| byte.is_ascii_digit() || byte == b'.');
        let numbers: Vec<Natural> = numbers.split('.').map_while(Natural::parse).collect();
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        padded(&self.0, &other.0)
    }
}
