//! Arch Linux's order, as `vercmp` computes it: epoch, version, and the release where both have one.

use std::cmp::Ordering;

use super::natural::{Natural, span};

#[derive(Debug, Clone)]
pub(crate) struct Alpm {
    epoch: Natural,
    version: Box<str>,
    release: Option<Box<str>>,
}

impl Alpm {
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, rest) = span(text, |byte| byte.is_ascii_digit());
        let (epoch, rest) = match rest.strip_prefix(':') {
            Some(rest) => (Natural::parse(digits).unwrap_or(Natural::ZERO), rest),
            None => (Natural::ZERO, text),
        };
        let (version, release) = rest
            .rsplit_once('-')
            .map_or((rest, None), |(version, release)| (version, Some(release)));
        (!version.is_empty()).then(|| Self {
            epoch,
            version: version.into(),
            release: release.map(Into::into),
        })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let version = || compare_parts(&self.version, &other.version);
        self.epoch
            .cmp(&other.epoch)
            .then_with(version)
            .then_with(|| match (&self.release, &other.release) {
                (Some(a), Some(b)) => compare_parts(a, b),
                _ => Ordering::Equal,
            })
    }
}

fn compare_parts(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() && !b.is_empty() {
        let other = |byte: u8| !byte.is_ascii_alphanumeric();
        let ((separator_a, rest_a), (separator_b, rest_b)) = (span(a, other), span(b, other));
        (a, b) = (rest_a, rest_b);
        if a.is_empty() || b.is_empty() {
            break;
        }
        let order = separator_a.len().cmp(&separator_b.len());
        if order.is_ne() {
            return order;
        }
        let numeric = a.starts_with(|c: char| c.is_ascii_digit());
        let fits = |byte: u8| {
            if numeric {
                byte.is_ascii_digit()
            } else {
                byte.is_ascii_alphabetic()
            }
        };
        let ((run_a, rest_a), (run_b, rest_b)) = (span(a, fits), span(b, fits));
        if run_b.is_empty() {
            return if numeric {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        let order = match (Natural::parse(run_a), Natural::parse(run_b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => run_a.cmp(run_b),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    let letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        // What goes on with letters is a pre-release of what has ended.
        _ if letter(a) || (a.is_empty() && !letter(b)) => Ordering::Less,
        _ => Ordering::Greater,
    }
}
