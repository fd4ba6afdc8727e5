//! The order of releases of the Linux kernel as kernel.org names them: numbers, and `-rc` before a release. A distribution's kernel (`6.8.0-45-generic`)
//! is refused: what was put right in it does not follow from the release that it began with.

use std::cmp::Ordering;

use super::natural::{Natural, padded};

#[derive(Debug, Clone)]
pub(crate) struct Linux {
    numbers: Vec<Natural>,
    /// A release has none.
    candidate: Option<Natural>,
}

impl Linux {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (numbers, candidate) = match text.split_once("-rc") {
            Some((numbers, candidate)) => (numbers, Some(Natural::parse(candidate)?)),
            None => (text, None),
        };
        Some(Self {
            numbers: numbers.split('.').map(Natural::parse).collect::<Option<_>>()?,
            candidate,
        })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        padded(&self.numbers, &other.numbers)
            .then_with(|| self.candidate.is_none().cmp(&other.candidate.is_none()))
            .then_with(|| self.candidate.cmp(&other.candidate))
    }
}
