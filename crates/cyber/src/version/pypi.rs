//! Python's order: PEP 440, and before every such version those that are only of setuptools' older rule.

use std::cmp::Ordering;

use super::natural::{Natural, padded, span};

#[derive(Debug, Clone)]
pub(crate) enum Pypi {
    /// Words and numbers of a version that PEP 440 does not know.
    Legacy(Vec<Box<str>>),
    Pep440(Box<Pep440>),
}

#[derive(Debug, Clone)]
pub(crate) struct Pep440 {
    epoch: Natural,
    release: Vec<Natural>,
    /// `a`, `b` or `r` for a release candidate, and its number.
    pre: Option<(u8, Natural)>,
    post: Option<Natural>,
    dev: Option<Natural>,
    local: Vec<Local>,
}

/// A part of a local version; words come before numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Word(Box<str>),
    Number(Natural),
}

impl Pypi {
    pub fn parse(text: &str) -> Self {
        let text = text.to_lowercase();
        match pep440(&text) {
            Some(version) => Self::Pep440(Box::new(version)),
            None => Self::Legacy(legacy(&text)),
        }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Legacy(a), Self::Legacy(b)) => a.cmp(b),
            (Self::Legacy(_), Self::Pep440(_)) => Ordering::Less,
            (Self::Pep440(_), Self::Legacy(_)) => Ordering::Greater,
            (Self::Pep440(a), Self::Pep440(b)) => a.compare(b),
        }
    }
}

impl Pep440 {
    fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| padded(&self.release, &other.release))
            .then_with(|| self.phase().cmp(&other.phase()))
            .then_with(|| self.post.cmp(&other.post))
            .then_with(|| match (&self.dev, &other.dev) {
                (Some(a), Some(b)) => a.cmp(b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            })
            .then_with(|| self.local.cmp(&other.local))
    }

    /// A development release of nothing else comes before every pre-release; a release after them.
    fn phase(&self) -> (u8, Option<&(u8, Natural)>) {
        match &self.pre {
            Some(pre) => (1, Some(pre)),
            None if self.post.is_none() && self.dev.is_some() => (0, None),
            None => (2, None),
        }
    }
}

/// Reads lower-case text by the grammar of PEP 440's appendix B; each part is taken as long as it can be.
fn pep440(text: &str) -> Option<Pep440> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (epoch, text) = match text.split_once('!') {
        Some((epoch, rest)) => (Natural::parse(epoch)?, rest),
        None => (Natural::ZERO, text),
    };
    let (release, mut text) = release(text)?;
    let mut version = Pep440 {
        epoch,
        release,
        pre: None,
        post: None,
        dev: None,
        local: Vec::new(),
    };
    let words = ["alpha", "beta", "preview", "pre", "rc", "a", "b", "c"];
    if let Some((word, number, rest)) = labelled(text, &words) {
        let phase = if matches!(word, "alpha" | "a") {
            b'a'
        } else if matches!(word, "beta" | "b") {
            b'b'
        } else {
            b'r'
        };
        version.pre = Some((phase, number));
        text = rest;
    }
    let implicit = text
        .strip_prefix('-')
        .map(|rest| span(rest, |byte| byte.is_ascii_digit()));
    if let Some((number, rest)) = implicit.and_then(|(digits, rest)| Some((Natural::parse(digits)?, rest))) {
        version.post = Some(number);
        text = rest;
    } else if let Some((_, number, rest)) = labelled(text, &["post", "rev", "r"]) {
        version.post = Some(number);
        text = rest;
    }
    if let Some((_, number, rest)) = labelled(text, &["dev"]) {
        version.dev = Some(number);
        text = rest;
    }
    if let Some(local) = text.strip_prefix('+') {
        version.local = local
            .split(['-', '_', '.'])
            .map(local_part)
            .collect::<Option<_>>()?;
        text = "";
    }
    text.is_empty().then_some(version)
}

fn release(mut text: &str) -> Option<(Vec<Natural>, &str)> {
    let mut numbers = Vec::new();
    loop {
        let (digits, rest) = span(text, |byte| byte.is_ascii_digit());
        numbers.push(Natural::parse(digits)?);
        match rest
            .strip_prefix('.')
            .filter(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        {
            Some(after) => text = after,
            None => return Some((numbers, rest)),
        }
    }
}

/// A word of the list with the number after it, zero without one; a separator may stand before each.
fn labelled<'a>(text: &'a str, words: &[&'static str]) -> Option<(&'static str, Natural, &'a str)> {
    let separators = ['-', '_', '.'];
    let start = text.strip_prefix(separators).unwrap_or(text);
    let (word, rest) = words
        .iter()
        .find_map(|word| Some((*word, start.strip_prefix(word)?)))?;
    let (digits, after) = span(rest.strip_prefix(separators).unwrap_or(rest), |byte| {
        byte.is_ascii_digit()
    });
    Some((word, Natural::parse(digits).unwrap_or(Natural::ZERO), after))
}

fn local_part(text: &str) -> Option<Local> {
    let fits = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    fits.then(|| Natural::parse(text).map_or_else(|| Local::Word(text.into()), Local::Number))
}

/// The key of setuptools' older rule: numbers filled to eight digits, words marked, zeros before words dropped.
fn legacy(text: &str) -> Vec<Box<str>> {
    let mut parts: Vec<Box<str>> = Vec::new();
    for part in words(text).into_iter().chain(["final"]) {
        let part: Box<str> = match part {
            "pre" | "preview" | "rc" => "*c".into(),
            "-" => "*final-".into(),
            "dev" => "*@".into(),
            digits if digits.starts_with(|c: char| c.is_ascii_digit()) => format!("{digits:0>8}").into(),
            word => format!("*{word}").into(),
        };
        if part.starts_with('*') {
            if &*part < "*final" {
                while parts.last().is_some_and(|last| &**last == "*final-") {
                    parts.pop();
                }
            }
            while parts.last().is_some_and(|last| &**last == "00000000") {
                parts.pop();
            }
        }
        parts.push(part);
    }
    parts
}

/// Runs of digits, of letters, single hyphens, and what is none of these; dots only separate.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '-' => 2,
        '.' => 3,
        _ => 4,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let alone = matches!(kind(first), 2 | 3);
        let end = if alone {
            1
        } else {
            rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        if word != "." {
            words.push(word);
        }
        rest = after;
    }
    words
}
