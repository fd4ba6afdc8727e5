//! Maven's order, by the specification of version order in its POM reference: numbers and qualifiers, each with the dot or hyphen before it.
//!
//! Releases of Maven's own code depart from the specification, each in its own way; databases of advisories follow the specification.

use std::cmp::Ordering;

use super::natural::Natural;

#[derive(Debug, Clone)]
pub(crate) struct Maven(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// A hyphen stands before it, or digits and letters meet there; otherwise a dot, or nothing before the first.
    hyphen: bool,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(Natural),
    Qualifier(Qualifier),
}

/// Known qualifiers have a rank; unknown ones come after them, by their letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Qualifier {
    rank: u8,
    unknown: Box<str>,
}

/// The rank of the release itself, between `snapshot` and `sp`.
const RELEASE: u8 = 5;
const SERVICE_PACK: u8 = 6;
const UNKNOWN: u8 = 7;

impl Qualifier {
    fn new(word: &str, before_digit: bool) -> Self {
        let rank = match word {
            "alpha" => 0,
            "a" if before_digit => 0,
            "beta" => 1,
            "b" if before_digit => 1,
            "milestone" => 2,
            "m" if before_digit => 2,
            "rc" | "cr" => 3,
            "snapshot" => 4,
            "" | "ga" | "final" | "release" => RELEASE,
            "sp" => SERVICE_PACK,
            _ => UNKNOWN,
        };
        let unknown = if rank == UNKNOWN { word } else { "" };
        Self {
            rank,
            unknown: unknown.into(),
        }
    }
}

impl Maven {
    pub fn parse(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut tokens = Vec::new();
        let mut hyphen = false;
        let mut rest = text.as_str();
        loop {
            let end = rest.find(['.', '-']).unwrap_or(rest.len());
            read_part(&rest[..end], hyphen, &mut tokens);
            let mut after = rest[end..].chars();
            match after.next() {
                Some(separator) => (hyphen, rest) = (separator == '-', after.as_str()),
                None => break,
            }
        }
        trim(&mut tokens);
        Self(tokens)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        (0..self.0.len().max(other.0.len()))
            .map(|index| match (self.0.get(index), other.0.get(index)) {
                (Some(a), Some(b)) => a.compare(b),
                (Some(a), None) => a.compare_to_nothing(),
                (None, Some(b)) => b.compare_to_nothing().reverse(),
                (None, None) => Ordering::Equal,
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// Splits what stands between separators where digits and letters meet; nothing counts as zero.
fn read_part(part: &str, hyphen: bool, tokens: &mut Vec<Token>) {
    if part.is_empty() {
        tokens.push(Token {
            hyphen,
            value: Value::Number(Natural::ZERO),
        });
        return;
    }
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let digit = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != digit)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let qualifier = || Value::Qualifier(Qualifier::new(run, !after.is_empty()));
        tokens.push(Token {
            hyphen: hyphen || rest.len() < part.len(),
            value: Natural::parse(run).map_or_else(qualifier, Value::Number),
        });
        rest = after;
    }
}

/// Drops what means nothing from the end, and before each hyphen that is left.
fn trim(tokens: &mut Vec<Token>) {
    let mut end = tokens.len();
    while end > 1 {
        if tokens[end - 1].is_nothing() {
            tokens.remove(end - 1);
            end -= 1;
        } else {
            end = tokens[..end].iter().rposition(|token| token.hyphen).unwrap_or(0);
        }
    }
}

impl Token {
    fn is_nothing(&self) -> bool {
        match &self.value {
            Value::Number(number) => *number == Natural::ZERO,
            Value::Qualifier(qualifier) => qualifier.rank == RELEASE,
        }
    }

    /// Where the separator differs: a dotted qualifier, a hyphenated one, a hyphenated number, a dotted one.
    fn separated(&self) -> u8 {
        match (&self.value, self.hyphen) {
            (Value::Qualifier(_), false) => 0,
            (Value::Qualifier(_), true) => 1,
            (Value::Number(_), true) => 2,
            (Value::Number(_), false) => 3,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        if self.hyphen != other.hyphen {
            return self.separated().cmp(&other.separated());
        }
        match (&self.value, &other.value) {
            (Value::Number(a), Value::Number(b)) => a.cmp(b),
            (Value::Qualifier(a), Value::Qualifier(b)) => a.cmp(b),
            (Value::Number(_), Value::Qualifier(_)) => Ordering::Greater,
            (Value::Qualifier(_), Value::Number(_)) => Ordering::Less,
        }
    }

    /// A version that ends is filled with zeros after dots and with the release after hyphens.
    fn compare_to_nothing(&self) -> Ordering {
        match &self.value {
            Value::Number(_) if self.hyphen => Ordering::Greater,
            Value::Number(number) => number.cmp(&Natural::ZERO),
            // Known qualifiers but `sp` come before a filled zero, even the release when something follows it.
            Value::Qualifier(qualifier) if self.hyphen => qualifier.rank.cmp(&RELEASE),
            Value::Qualifier(qualifier) if qualifier.rank <= RELEASE => Ordering::Less,
            Value::Qualifier(_) => Ordering::Greater,
        }
    }
}
