//! Semantic Versioning 2.0, and the orders built on it: `NuGet`'s, Dart's and Julia's, Bitnami's, and that of tags of GitHub Actions.
//!
//! Advisories and bills of materials hold versions that the specification would refuse (`v1.2`, `1.0.0alpha`, `1.2.3.4`). They are read as the
//! databases of advisories read them: missing numbers are zero, numbers past the last counted one belong to the pre-release part.

use std::cmp::Ordering;

use super::natural::{Natural, padded, span};

/// A semantic version.
#[derive(Debug, Clone)]
pub(crate) struct Semver {
    pub numbers: Vec<Natural>,
    /// Identifiers of the pre-release part; a release has none.
    pub pre: Vec<Identifier>,
}

/// A part between dots. Numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identifier {
    Number(Natural),
    Word(Box<str>),
}

impl Semver {
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, 3)
    }

    /// `NuGet`'s: a fourth number counts, letters are compared without regard to case.
    pub fn nuget(text: &str) -> Option<Self> {
        Self::read(&text.to_lowercase(), 4)
    }

    fn read(text: &str, counted: usize) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let (main, rest) = span(text, |byte| byte.is_ascii_digit() || byte == b'.');
        let mut numbers: Vec<Natural> = main.split('.').filter_map(Natural::parse).collect();
        let rest = rest.split('+').next().unwrap_or_default();
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let mut pre = identifiers(rest);
        if numbers.len() > counted {
            if pre.is_empty() {
                pre.push(Identifier::Word("".into()));
            }
            pre.extend(numbers.drain(counted..).map(Identifier::Number));
        }
        numbers.shrink_to_fit();
        Some(Self { numbers, pre })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        padded(&self.numbers, &other.numbers)
            .then_with(|| self.pre.is_empty().cmp(&other.pre.is_empty()))
            .then_with(|| self.pre.cmp(&other.pre))
    }
}

fn identifiers(text: &str) -> Vec<Identifier> {
    if text.is_empty() {
        return Vec::new();
    }
    let identifier = |part: &str| match Natural::parse(part) {
        Some(number) => Identifier::Number(number),
        None => Identifier::Word(part.into()),
    };
    text.split('.').map(identifier).collect()
}

/// Dart's and Julia's: a build part makes a version later than the same without it.
#[derive(Debug, Clone)]
pub(crate) struct Pub {
    semver: Semver,
    build: Vec<Identifier>,
}

impl Pub {
    pub fn parse(text: &str) -> Option<Self> {
        let build = text.split_once('+').map_or("", |(_, build)| build);
        Some(Self {
            semver: Semver::parse(text)?,
            build: identifiers(build),
        })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        self.semver
            .compare(&other.semver)
            .then_with(|| self.build.cmp(&other.build))
    }
}

/// Bitnami's: what follows the numbers is the revision of a package, and later than the same without it.
#[derive(Debug, Clone)]
pub(crate) struct Bitnami(Semver);

impl Bitnami {
    pub fn parse(text: &str) -> Option<Self> {
        Semver::parse(text).map(Self)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        padded(&self.0.numbers, &other.0.numbers).then_with(|| self.0.pre.cmp(&other.0.pre))
    }
}

/// A tag of a GitHub Action that stays where it is, which takes all three numbers: `v4` and `v4.1` move to the latest of their releases. A branch or
/// commit is none.
pub(crate) fn fixed_tag(text: &str) -> Option<Semver> {
    Semver::parse(text).filter(|version| version.numbers.len() == 3)
}
