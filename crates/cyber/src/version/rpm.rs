//! rpm's order: epoch, version and release, each by `rpmvercmp`, with `~` before and `^` after the end.

use std::cmp::Ordering;

use super::natural::span;

#[derive(Debug, Clone)]
pub(crate) struct Rpm {
    epoch: Box<str>,
    version: Box<str>,
    /// With the hyphen in front; nothing if there is none, which comes before any release.
    release: Box<str>,
}

impl Rpm {
    pub fn parse(text: &str) -> Self {
        let (epoch, rest) = text
            .split_once(':')
            .filter(|(epoch, _)| epoch.bytes().all(|byte| byte.is_ascii_digit()))
            .unwrap_or(("", text));
        let (version, release) = rest.split_at(rest.find('-').unwrap_or(rest.len()));
        Self {
            epoch: if epoch.is_empty() { "0" } else { epoch }.into(),
            version: version.into(),
            release: release.into(),
        }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        compare_parts(&self.epoch, &other.epoch)
            .then_with(|| compare_parts(&self.version, &other.version))
            .then_with(|| compare_parts(&self.release, &other.release))
    }
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        return a.len().min(1).cmp(&b.len().min(1));
    }
    let separator = |c: char| !(c.is_ascii_alphanumeric() || c == '~' || c == '^');
    let (mut a, mut b) = (a, b);
    loop {
        a = a.trim_start_matches(separator);
        b = b.trim_start_matches(separator);
        match (a.strip_prefix('~'), b.strip_prefix('~')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (a.strip_prefix('^'), b.strip_prefix('^')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            (Some(_), None) if b.is_empty() => return Ordering::Greater,
            (None, Some(_)) if a.is_empty() => return Ordering::Less,
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        if a.is_empty() || b.is_empty() {
            return a.len().min(1).cmp(&b.len().min(1));
        }
        let numeric = a.starts_with(|c: char| c.is_ascii_digit());
        let fits = |byte: u8| {
            if numeric {
                byte.is_ascii_digit()
            } else {
                byte.is_ascii_alphabetic()
            }
        };
        let (run_a, rest_a) = span(a, fits);
        let (run_b, rest_b) = span(b, fits);
        if run_b.is_empty() {
            return if numeric {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        let order = if numeric {
            let (run_a, run_b) = (run_a.trim_start_matches('0'), run_b.trim_start_matches('0'));
            run_a.len().cmp(&run_b.len()).then_with(|| run_a.cmp(run_b))
        } else {
            run_a.cmp(run_b)
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}
