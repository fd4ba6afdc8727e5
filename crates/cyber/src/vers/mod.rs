//! `vers:` version ranges: `vers:npm/1.2.3|>=2.0.0|<5.0.0`, parsed, validated, asked, and made from the ranges that ecosystems write.
//!
//! Reading is strict about letters (a text is canonical or it is refused) and lenient about order, as the specification's own cases are:
//! [`Vers::check`] holds a range to the rules on order, repetition and sequence, [`Vers::canonical`] sorts it.

mod native;
mod scheme;

use std::cmp::Ordering;
use std::fmt;

use vocab::Refusal;

pub use scheme::Scheme;

use crate::percent;
use crate::version::{Version, sort_by};

/// A range of versions.
#[derive(Debug, Clone)]
pub struct Vers {
    scheme: Scheme,
    constraints: Constraints,
}

#[derive(Debug, Clone)]
enum Constraints {
    /// `*`
    Any,
    Of(Vec<Constraint>),
}

#[derive(Debug, Clone)]
struct Constraint {
    comparator: Comparator,
    text: String,
    version: Version,
}

/// How a version stands to that of a constraint. In the order of their signs, which decides between constraints on one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparator {
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// No sign.
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

use Comparator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};

impl Comparator {
    /// The sign as the range writes it; nothing for equality.
    pub fn sign(self) -> &'static str {
        match self {
            NotEqual => "!=",
            Less => "<",
            LessEqual => "<=",
            Equal => "",
            Greater => ">",
            GreaterEqual => ">=",
        }
    }

    /// The sign at the beginning of a text, and the text after it.
    fn strip(text: &str) -> (Self, &str) {
        let signs = [GreaterEqual, LessEqual, NotEqual, Less, Greater];
        let found = signs
            .into_iter()
            .find_map(|comparator| Some((comparator, text.strip_prefix(comparator.sign())?)));
        found.unwrap_or((Equal, text))
    }

    fn is_lower_end(self) -> bool {
        matches!(self, Greater | GreaterEqual)
    }

    fn is_upper_end(self) -> bool {
        matches!(self, Less | LessEqual)
    }

    fn inverted(self) -> Self {
        match self {
            NotEqual => Equal,
            Less => GreaterEqual,
            LessEqual => Greater,
            Equal => NotEqual,
            Greater => LessEqual,
            GreaterEqual => Less,
        }
    }
}

impl Vers {
    /// Parses a range.
    ///
    /// # Errors
    ///
    /// `bad_vers` with what is not canonical, `unknown_scheme`, or `bad_version` for a version that the type does not know.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.contains(|c: char| c.is_ascii_whitespace() || !c.is_ascii() || c.is_ascii_control()) {
            return Err(refuse(
                text,
                "空白や ASCII 以外の文字があります",
                "it has blanks or characters that are not ASCII",
            ));
        }
        let Some((name, constraints)) = text.strip_prefix("vers:").and_then(|rest| rest.split_once('/'))
        else {
            return Err(refuse(
                text,
                "「vers:型/条件」の形ではありません",
                "it does not have the form `vers:type/constraints`",
            ));
        };
        let scheme = scheme(name)?;
        if constraints == "*" {
            return Ok(Self {
                scheme,
                constraints: Constraints::Any,
            });
        }
        if scheme.order().is_none() {
            return Err(refuse(
                text,
                "この型の条件は * だけです",
                "`*` is the only constraint of this type",
            ));
        }
        let read = |part: &str| {
            let (comparator, written) = Comparator::strip(part);
            if written.is_empty() {
                return Err(refuse(
                    text,
                    "バージョンのない条件があります",
                    "a constraint has no version",
                ));
            }
            let version = percent::decode(written).filter(|version| encode(version) == written).ok_or_else(|| {
                refuse(
                    text,
                    format!("「{written}」の符号化が正規の形ではありません（% で符号化するのは > < = ! * | % と ASCII 以外だけです）"),
                    format!("`{written}` is not canonically encoded: only > < = ! * | % and what is not ASCII is percent-encoded"),
                )
            })?;
            Constraint::new(scheme, comparator, &version)
        };
        Ok(Self {
            scheme,
            constraints: Constraints::Of(constraints.split('|').map(read).collect::<Result<_, _>>()?),
        })
    }

    /// A range of constraints, in the order of versions.
    ///
    /// # Errors
    ///
    /// `bad_version` for a version that the type does not know.
    pub fn build<'a>(
        scheme: Scheme,
        constraints: impl IntoIterator<Item = (Comparator, &'a str)>,
    ) -> Result<Self, Refusal> {
        let read = |(comparator, version): (Comparator, &str)| Constraint::new(scheme, comparator, version);
        let constraints = constraints.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self {
            scheme,
            constraints: Constraints::Of(constraints),
        }
        .canonical())
    }

    /// The range that an ecosystem's own notation means.
    ///
    /// # Errors
    ///
    /// `bad_range` for what the notation does not allow, `bad_version`, or `no_native_range` for a type without a notation.
    pub fn from_native(scheme: Scheme, text: &str) -> Result<Self, Refusal> {
        native::read(scheme, text)
    }

    /// Its type.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its constraints with their versions; none for `*`.
    pub fn constraints(&self) -> impl Iterator<Item = (Comparator, &str)> {
        self.list()
            .iter()
            .map(|constraint| (constraint.comparator, constraint.text.as_str()))
    }

    fn list(&self) -> &[Constraint] {
        match &self.constraints {
            Constraints::Any => &[],
            Constraints::Of(list) => list,
        }
    }

    /// The same range in the order of versions.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        if let Constraints::Of(list) = &mut self.constraints {
            sort_by(list, |a, b| {
                a.compare(b).then_with(|| a.comparator.cmp(&b.comparator))
            });
        }
        self
    }

    /// Holds the range to the rules on order, repetition and sequence.
    ///
    /// # Errors
    ///
    /// `bad_vers` with the rule that it breaks.
    pub fn check(&self) -> Result<(), Refusal> {
        let text = self.to_string();
        for pair in self.list().windows(2) {
            match pair[0].compare(&pair[1]) {
                Ordering::Less => {}
                Ordering::Equal => {
                    return Err(refuse(
                        &text,
                        "同じバージョンの条件が二つあります",
                        "a version stands in two constraints",
                    ));
                }
                Ordering::Greater => {
                    return Err(refuse(
                        &text,
                        "条件がバージョンの順に並んでいません",
                        "its constraints are not in the order of versions",
                    ));
                }
            }
        }
        let without = |left_out: &[Comparator]| -> Vec<Comparator> {
            let comparators = self.list().iter().map(|constraint| constraint.comparator);
            comparators
                .filter(|comparator| !left_out.contains(comparator))
                .collect()
        };
        let equal_then_end = without(&[NotEqual])
            .windows(2)
            .any(|pair| pair[0] == Equal && pair[1].is_upper_end());
        let same_ends = |pair: &[Comparator]| pair[0].is_upper_end() == pair[1].is_upper_end();
        if equal_then_end || without(&[NotEqual, Equal]).windows(2).any(same_ends) {
            return Err(refuse(
                &text,
                "重なる条件、または成り立たない条件の並びがあります",
                "its constraints overlap or cannot follow each other so",
            ));
        }
        Ok(())
    }

    /// Whether a version lies in the range.
    ///
    /// # Errors
    ///
    /// `bad_version` for a version that the type does not know.
    pub fn contains(&self, text: &str) -> Result<bool, Refusal> {
        let Some(order) = self.scheme.order() else {
            return Ok(self.scheme.kind == scheme::Kind::All);
        };
        let version = Version::parse(order, text)?;
        let Constraints::Of(list) = &self.constraints else {
            return Ok(true);
        };
        let compare =
            |constraint: &Constraint| version.compare(&constraint.version).unwrap_or(Ordering::Equal);
        let equal = || {
            list.iter()
                .filter(|constraint| compare(constraint).is_eq())
                .map(|constraint| constraint.comparator)
        };
        if equal().any(|comparator| matches!(comparator, Equal | LessEqual | GreaterEqual)) {
            return Ok(true);
        }
        if equal().any(|comparator| comparator == NotEqual) {
            return Ok(false);
        }
        let mut ends: Vec<&Constraint> = list
            .iter()
            .filter(|constraint| !matches!(constraint.comparator, Equal | NotEqual))
            .collect();
        if ends.is_empty() {
            // Only exceptions: all other versions are in the range.
            return Ok(list.iter().all(|constraint| constraint.comparator == NotEqual));
        }
        sort_by(&mut ends, |a, b| a.compare(b));
        let below = ends.iter().rfind(|constraint| compare(constraint).is_gt());
        let above = ends.iter().find(|constraint| compare(constraint).is_le());
        Ok(match (below, above) {
            (Some(below), None) => below.comparator.is_lower_end(),
            (None, Some(above)) => above.comparator.is_upper_end() && compare(above).is_lt(),
            (Some(below), Some(above)) => {
                below.comparator.is_lower_end() && above.comparator.is_upper_end() && compare(above).is_lt()
            }
            (None, None) => false,
        })
    }

    /// The range of every other version; nothing for `*`, whose complement no range can write.
    pub fn inverted(&self) -> Option<Self> {
        let Constraints::Of(list) = &self.constraints else {
            return None;
        };
        let inverted = list.iter().cloned().map(|constraint| Constraint {
            comparator: constraint.comparator.inverted(),
            ..constraint
        });
        Some(Self {
            scheme: self.scheme,
            constraints: Constraints::Of(inverted.collect()),
        })
    }
}

impl Constraint {
    fn new(scheme: Scheme, comparator: Comparator, text: &str) -> Result<Self, Refusal> {
        let order = scheme.order().ok_or_else(|| {
            refuse(
                text,
                "この型の条件は * だけです",
                "`*` is the only constraint of this type",
            )
        })?;
        Ok(Self {
            comparator,
            text: text.to_owned(),
            version: Version::parse(order, text)?,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.version.compare(&other.version).unwrap_or(Ordering::Equal)
    }
}

impl fmt::Display for Vers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vers:{}/", self.scheme.name())?;
        let Constraints::Of(list) = &self.constraints else {
            return f.write_str("*");
        };
        for (index, constraint) in list.iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            write!(
                f,
                "{separator}{}{}",
                constraint.comparator.sign(),
                encode(&constraint.text)
            )?;
        }
        Ok(())
    }
}

/// The type of a name.
///
/// # Errors
///
/// `unknown_scheme`.
pub fn scheme(name: &str) -> Result<Scheme, Refusal> {
    Scheme::find(name).ok_or_else(|| {
        let list = Scheme::all().map(Scheme::name).collect::<Vec<_>>().join(", ");
        Refusal::new(
            "unknown_scheme",
            format!(
                "バージョン範囲の型「{name}」は知られていません。次のどれかを小文字で書いてください: {list}"
            ),
            format!(
                "the type `{name}` of version ranges is not known. Write one of these in lower case: {list}"
            ),
        )
    })
}

fn refuse(text: &str, ja: impl AsRef<str>, en: impl AsRef<str>) -> Refusal {
    Refusal::new(
        "bad_vers",
        format!(
            "「{text}」はバージョン範囲として正しくありません: {}。",
            ja.as_ref()
        ),
        format!("`{text}` is not a valid version range: {}.", en.as_ref()),
    )
}

fn encode(version: &str) -> String {
    percent::encode(version, |byte| {
        byte.is_ascii_graphic() && !b"><=!*|%".contains(&byte)
    })
}
