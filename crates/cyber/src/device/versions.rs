//! Version texts as advisories about devices write them, `<= 2.1`, `versions prior to 3.0`, `2.0 以前`, read as ranges. A text that is not
//! understood to its end never says "not affected": what it holds beside a range is a note, and a note leaves everything outside to a person.

use std::cmp::Ordering;

use super::names::fold;
use crate::version::Natural;

/// How sure an answer is, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Every part agrees.
    Certain,
    /// It agrees in what distinguishes it.
    Likely,
    /// It may be: something is missing or written otherwise.
    Possible,
}

/// Where a version stands to what an advisory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It is among the versions named.
    Inside(Confidence),
    /// It is not.
    Outside,
    /// It cannot be told.
    Unknown,
}

/// The versions that an advisory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The text, folded: a version written the same is meant.
    text: String,
    reading: Reading,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reading {
    All,
    /// Ranges, and whether the text says more than these.
    Ranges {
        ranges: Vec<Span>,
        note: bool,
    },
    Unreadable,
}

/// From one version to another; an end that is missing is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Span {
    low: Option<End>,
    high: Option<End>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    level: Level,
    included: bool,
    /// Whether every version that begins with it is meant, as in `5.x`.
    whole: bool,
}

/// A version of a device: numbers and words in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Level(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Number(Natural),
    Word(String),
}

/// How one version stands to another.
struct Compared {
    order: Ordering,
    /// The first begins with all of the second and goes on.
    extends: bool,
    /// A leading word of one of them was set aside.
    loose: bool,
}

/// Words that say nothing of a version.
#[rustfmt::skip]
const NOISE: &[&str] = &[
    "version", "versions", "ver", "vers", "v", "rev", "revision", "revisions", "release", "releases",
    "firmware", "software", "sw", "fw", "build", "than", "the", "including", "inclusive", "バージヨン", "ソフトウエア", "フアームウエア",
];

impl Level {
    fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let same = |c: char| {
                if first.is_ascii_digit() {
                    c.is_ascii_digit()
                } else {
                    c.is_alphabetic() || c == 'ー'
                }
            };
            let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at_checked(end.max(first.len_utf8()))?;
            rest = after;
            if let Some(number) = Natural::parse(run) {
                parts.push(Part::Number(number));
            } else if first.is_alphabetic() && !NOISE.contains(&run) {
                parts.push(Part::Word(run.to_owned()));
            }
        }
        let letter = |part: &Part| matches!(part, Part::Word(word) if word.chars().count() == 1);
        let readable = parts.iter().any(|part| matches!(part, Part::Number(_)))
            || parts.len() == 1 && parts.iter().all(letter);
        readable.then_some(Self(parts))
    }

    fn compare(&self, other: &Self) -> Option<Compared> {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut loose = false;
        match (a, b) {
            ([Part::Word(_), rest @ ..], [Part::Number(_), ..]) if !rest.is_empty() => {
                (a, loose) = (rest, true);
            }
            ([Part::Number(_), ..], [Part::Word(_), rest @ ..]) if !rest.is_empty() => {
                (b, loose) = (rest, true);
            }
            _ => {}
        }
        let told = |order, extends| {
            Some(Compared {
                order,
                extends,
                loose,
            })
        };
        let mut index = 0;
        loop {
            let order = match (a.get(index), b.get(index)) {
                (None, None) => return told(Ordering::Equal, false),
                (Some(Part::Number(a)), Some(Part::Number(b))) => a.cmp(b),
                (Some(Part::Word(a)), Some(Part::Word(b)))
                    if a == b || a.strip_prefix('v') == Some(b) || b.strip_prefix('v') == Some(a) =>
                {
                    Ordering::Equal
                }
                (Some(Part::Word(a)), Some(Part::Word(b))) => letter(a, b)?.cmp(letter(b, a)?),
                (Some(_), Some(_)) => return None,
                (Some(_), None) => return told(after(a.get(index..)?), true),
                (None, Some(_)) => return told(after(b.get(index..)?).reverse(), false),
            };
            if order.is_ne() {
                return told(order, false);
            }
            index += 1;
        }
    }
}

/// A version without the word or letter that says that it is one.
fn bare(text: &str) -> &str {
    let marks = ["version", "ver.", "ver", "v"];
    let bare = marks.iter().find_map(|mark| text.strip_prefix(mark));
    bare.unwrap_or(text).trim_start()
}

/// A letter, which counts as numbers do, also with the `v` that the other is written without; words have no order.
fn letter<'w>(word: &'w str, other: &str) -> Option<&'w str> {
    let bare = word
        .strip_prefix('v')
        .filter(|_| word.len() == 2 && other.len() == 1);
    Some(bare.unwrap_or(word)).filter(|letter| letter.len() == 1)
}

/// How a version that goes on stands to one that ends here.
fn after(rest: &[Part]) -> Ordering {
    for part in rest {
        match part {
            Part::Number(number) if *number == Natural::ZERO => {}
            Part::Word(word) if ["alpha", "beta", "rc", "pre"].contains(&word.as_str()) => {
                return Ordering::Less;
            }
            _ => return Ordering::Greater,
        }
    }
    Ordering::Equal
}

impl Span {
    fn holds(&self, level: &Level) -> Stand {
        let mut confidence = Confidence::Certain;
        let mut loose = false;
        for (end, is_low) in [(&self.low, true), (&self.high, false)] {
            let Some(end) = end else { continue };
            let Some(compared) = level.compare(&end.level) else {
                return Stand::Unknown;
            };
            loose |= compared.loose;
            let order = if is_low {
                compared.order
            } else {
                compared.order.reverse()
            };
            let beyond = compared.extends && !is_low && end.included;
            match order {
                Ordering::Greater => {}
                Ordering::Equal if end.included => {}
                // A letter names every version under it; a number may have been written short.
                Ordering::Less
                    if beyond && (end.whole || matches!(end.level.0.last(), Some(Part::Word(_)))) => {}
                Ordering::Less if beyond => confidence = Confidence::Possible,
                Ordering::Less | Ordering::Equal if compared.loose => return Stand::Unknown,
                Ordering::Less | Ordering::Equal => return Stand::Outside,
            }
        }
        Stand::Inside(if loose { Confidence::Possible } else { confidence })
    }
}

impl Claim {
    /// Reads a text; without one nothing is known of versions.
    pub fn read(text: Option<&str>) -> Self {
        let text = fold(text.unwrap_or_default());
        Self {
            reading: read(&text).unwrap_or(Reading::Unreadable),
            text,
        }
    }

    /// Whether the text was read as a range.
    pub fn is_readable(&self) -> bool {
        self.reading != Reading::Unreadable
    }

    /// Whether a version of a device is meant. One that is not registered may be any.
    pub fn holds(&self, version: &str) -> Stand {
        let version = fold(version);
        match &self.reading {
            Reading::All => Stand::Inside(Confidence::Certain),
            _ if version.is_empty() => Stand::Inside(Confidence::Possible),
            _ if bare(&version) == bare(&self.text) => Stand::Inside(Confidence::Certain),
            Reading::Unreadable => Stand::Unknown,
            Reading::Ranges { ranges, note } => {
                let Some(level) = Level::parse(&version) else {
                    return Stand::Unknown;
                };
                let stands: Vec<Stand> = ranges.iter().map(|range| range.holds(&level)).collect();
                let inside = stands.iter().filter_map(|stand| match stand {
                    Stand::Inside(confidence) => Some(*confidence),
                    _ => None,
                });
                match inside.min() {
                    Some(confidence) if *note => Stand::Inside(confidence.max(Confidence::Likely)),
                    Some(confidence) => Stand::Inside(confidence),
                    None if *note || stands.contains(&Stand::Unknown) => Stand::Unknown,
                    None => Stand::Outside,
                }
            }
        }
    }
}

/// A word of a version text by what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Sign(Ordering, bool),
    Version(String),
    Or,
    Through,
    Prior,
    Later,
    /// Strictly before the version that stands before it, as Japanese says it.
    Under,
    UpTo,
    All,
    Noise,
    Other,
}

/// What Japanese texts say, folded, as words that the reader knows; longer ones first.
#[rustfmt::skip]
const JAPANESE: &[(&str, &str)] = &[
    ("全バージヨン", " all version "), ("バージヨン", " version "), ("ソフトウエア", " software "), ("フアームウエア", " firmware "),
    ("スベテノ", " all "), ("全テノ", " all "), ("カラ", " through "), ("マデ", " and prior "), ("ヨリ前", " under "),
    ("未満", " under "), ("以前", " and prior "), ("以下", " and prior "), ("以降", " and later "), ("以上", " and later "),
    ("マタハ", " | "), ("オヨビ", " | "), ("及ビ", " | "), ("、", " | "), ("〜", " through "), ("~", " through "),
];

fn words(text: &str) -> Vec<Word> {
    let mut spaced = text.replace('≤', "<=").replace('≥', ">=");
    for (from, to) in JAPANESE {
        spaced = spaced.replace(from, to);
    }
    for sign in ["<", ">", "|", ",", ";"] {
        spaced = spaced.replace(sign, &format!(" {sign}"));
    }
    spaced = spaced.replace("<=", "<= ").replace(">=", ">= ");
    let mut words: Vec<Word> = Vec::new();
    for word in spaced.split_whitespace() {
        let mut word = word;
        if let Some(rest) = word
            .strip_prefix(['<', '>', '|', ',', ';'])
            .filter(|rest| !rest.is_empty())
        {
            let sign = word
                .split_at_checked(word.len() - rest.len())
                .map_or("", |(sign, _)| sign);
            if rest == "=" {
                words.push(if sign == "<" {
                    Word::Sign(Ordering::Less, true)
                } else {
                    Word::Sign(Ordering::Greater, true)
                });
                continue;
            }
            words.push(sign_of(sign));
            word = rest;
        }
        let expected = matches!(words.last(), Some(Word::Sign(..) | Word::Noise));
        words.push(word_of(word.trim_matches(['.', ':', '"']), expected));
    }
    words
}

fn sign_of(sign: &str) -> Word {
    match sign {
        "<" => Word::Sign(Ordering::Less, false),
        ">" => Word::Sign(Ordering::Greater, false),
        _ => Word::Or,
    }
}

/// `expected`: the word before it asks for a version, which may then be a letter.
fn word_of(word: &str, expected: bool) -> Word {
    let letters = |c: char| c.is_alphanumeric() || "._+-/:#=".contains(c);
    match word {
        "<" | ">" | "|" | "," | ";" => sign_of(word),
        "and" | "or" | "&" => Word::Or,
        "through" | "thru" | "to" | "until" | "-" => Word::Through,
        "prior" | "earlier" | "older" | "below" | "lower" | "previous" | "before" | "less" | "preceding" => {
            Word::Prior
        }
        "later" | "newer" | "above" | "higher" | "greater" | "after" | "subsequent" | "onwards" => {
            Word::Later
        }
        "under" => Word::Under,
        "up" => Word::UpTo,
        "all" | "any" | "every" | "*" => Word::All,
        "from" | "" => Word::Noise,
        _ if NOISE.contains(&word) => Word::Noise,
        _ if word.chars().all(letters) && word.contains(|c: char| c.is_ascii_digit()) => {
            Word::Version(word.trim_start_matches('=').to_owned())
        }
        _ if expected && word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Word::Version(word.to_owned())
        }
        _ => Word::Other,
    }
}

fn read(text: &str) -> Option<Reading> {
    let (text, note) = match text.split_once(['(', '[']) {
        Some((head, _)) if !head.trim().is_empty() => (head, true),
        _ => (text, false),
    };
    let text = match text.strip_prefix("vers:").and_then(|rest| rest.split_once('/')) {
        Some((_, constraints)) => constraints,
        None => text,
    };
    let words = words(text);
    let mut ranges: Vec<Span> = Vec::new();
    let mut note = note;
    let mut all = false;
    let mut rest = words.as_slice();
    while let [first, after @ ..] = rest {
        let after_noise = |mut rest: &'_ [Word]| -> usize {
            let before = rest.len();
            while let [Word::Noise | Word::Or | Word::Through, more @ ..] = rest {
                rest = more;
            }
            before - rest.len()
        };
        match first {
            Word::Noise | Word::Or => rest = after,
            Word::All => (all, rest) = (true, after),
            Word::Sign(order, included) => {
                let skipped = after.get(after.iter().take_while(|word| **word == Word::Noise).count()..)?;
                let [Word::Version(version), more @ ..] = skipped else {
                    return None;
                };
                push(&mut ranges, *order, *included, version)?;
                rest = more;
            }
            // `prior to 3.0`, `up to and including 3.0`.
            Word::Prior | Word::UpTo | Word::Later => {
                let [Word::Version(version), more @ ..] = after.get(after_noise(after)..)? else {
                    return None;
                };
                let order = if *first == Word::Later {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                push(&mut ranges, order, *first == Word::UpTo, version)?;
                rest = more;
            }
            Word::Version(version) => {
                let (span, more) = from_version(version, after)?;
                ranges.push(span);
                rest = more;
            }
            Word::Through | Word::Under | Word::Other if ranges.is_empty() => return None,
            Word::Through | Word::Under | Word::Other => {
                note = true;
                break;
            }
        }
    }
    match (ranges.is_empty(), all) {
        (false, _) => Some(Reading::Ranges { ranges, note }),
        // All of some kind: which, the note says.
        (true, true) if note => Some(Reading::Ranges {
            ranges: vec![Span::default()],
            note,
        }),
        (true, true) => Some(Reading::All),
        (true, false) => None,
    }
}

/// What begins with a version: a range to another, everything before or after it, or itself.
fn from_version<'w>(version: &str, after: &'w [Word]) -> Option<(Span, &'w [Word])> {
    let end = |version: &str, high: bool| end(version, true, high);
    let low = |version| Some(end(version, false)).flatten();
    let high = |version| Some(end(version, true)).flatten();
    Some(match after {
        [Word::Through | Word::Sign(Ordering::Less, true), rest @ ..] => {
            let skip = rest.iter().take_while(|word| **word == Word::Noise).count();
            let [Word::Version(last), more @ ..] = rest.get(skip..)? else {
                return None;
            };
            // `2.0 から 3.1 まで` says both ends.
            let more = more.strip_prefix(&[Word::Or, Word::Prior]).unwrap_or(more);
            let span = Span {
                low: Some(low(version)?),
                high: Some(high(last)?),
            };
            (span, more)
        }
        [Word::Under, more @ ..] => (
            Span {
                low: None,
                high: Some(End {
                    included: false,
                    ..high(version)?
                }),
            },
            more,
        ),
        [Word::Or, Word::Noise, rest @ ..] | [Word::Or, rest @ ..] | rest
            if matches!(rest, [Word::Prior | Word::Later, ..]) && !precedes(rest) =>
        {
            let later = matches!(rest, [Word::Later, ..]);
            let more = rest.get(1..)?;
            let span = if later {
                Span {
                    low: Some(low(version)?),
                    high: None,
                }
            } else {
                Span {
                    low: None,
                    high: Some(high(version)?),
                }
            };
            (span, more)
        }
        more => (
            Span {
                low: Some(low(version)?),
                high: Some(high(version)?),
            },
            more,
        ),
    })
}

/// Whether `prior` speaks of a version that follows it, as in `1.0, prior to 3.0`.
fn precedes(words: &[Word]) -> bool {
    matches!(words, [_, Word::Through | Word::Noise, Word::Version(_), ..])
}

/// Adds a constraint; an upper end closes the range that a lower one has just opened.
fn push(ranges: &mut Vec<Span>, order: Ordering, included: bool, version: &str) -> Option<()> {
    let upper = order == Ordering::Less;
    let end = end(version, included, upper)?;
    match ranges.last_mut() {
        Some(open) if upper && open.high.is_none() && open.low.is_some() => open.high = Some(end),
        _ if upper => ranges.push(Span {
            low: None,
            high: Some(end),
        }),
        _ => ranges.push(Span {
            low: Some(end),
            high: None,
        }),
    }
    Some(())
}

/// An end of a range: `5.x` is every version that begins with 5, `c.0x` ends at c.09.
fn end(version: &str, included: bool, high: bool) -> Option<End> {
    let mut text = version;
    while let Some(rest) = text.strip_suffix(".x").or_else(|| text.strip_suffix(".*")) {
        text = rest;
    }
    let whole = text.len() < version.len();
    let digit = text
        .strip_suffix('x')
        .filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()));
    let text = match digit {
        Some(rest) => format!("{rest}{}", if high { '9' } else { '0' }),
        None => text.to_owned(),
    };
    Some(End {
        level: Level::parse(&text)?,
        included,
        whole,
    })
}

#[cfg(test)]
mod tests {
    use super::{Claim, Confidence, Stand};

    #[test]
    fn texts_are_read_as_they_are_meant() {
        use Confidence::{Certain, Likely, Possible};
        use Stand::{Inside, Outside, Unknown};
        for (text, version, stand) in [
            ("vers:all/*", "anything", Inside(Certain)),
            ("All versions", "", Inside(Certain)),
            ("すべてのバージョン", "1.0", Inside(Certain)),
            ("* (end-of-life 2011)", "1.0", Inside(Likely)),
            ("<=2.1", "2.1", Inside(Certain)),
            ("<=2.1", "v2.0.9", Inside(Certain)),
            ("<=2.1", "2.1.4", Inside(Possible)),
            ("<=2.1", "2.2", Outside),
            ("<= 2.1", "", Inside(Possible)),
            ("< 3.0", "3.0", Outside),
            ("< 3.0", "3.0 beta", Inside(Certain)),
            ("versions prior to 3.0", "2.9", Inside(Certain)),
            ("All versions prior to 3.0", "3.0", Outside),
            ("Version 3.1 or prior", "3.1", Inside(Certain)),
            ("Versions 9.33 and prior versions", "9.40", Outside),
            ("up to and including 3.1", "3.1", Inside(Certain)),
            ("4.0 and later", "3.9", Outside),
            ("4.0 and later", "12", Inside(Certain)),
            (">= 2.5 | <= 3.11", "3.2", Inside(Certain)),
            (">= 2.5 | <= 3.11", "2.4", Outside),
            (">= 2.5 | <= 3.11", "3.12", Outside),
            ("Versions 2.5 through 3.11", "3.11", Inside(Certain)),
            ("1.1.7.333 | 2.1.1.3069", "2.1.1.3069", Inside(Certain)),
            ("1.1.7.333 | 2.1.1.3069", "2.1.1.3070", Outside),
            ("B.02 | C.02 | C.03", "C.02", Inside(Certain)),
            ("B.02 | C.02 | C.03", "C.01", Outside),
            ("A.01 <= C.0x | 4.0", "B.05", Inside(Certain)),
            ("A.01 <= C.0x | 4.0", "C.10", Unknown),
            ("5.x.x", "5.7", Inside(Certain)),
            ("5.x.x", "6.0", Outside),
            ("<=N", "M.04", Inside(Certain)),
            ("<=N", "N.01", Inside(Certain)),
            ("<=N", "P.00", Outside),
            ("< B.06.18", "B.06.17", Inside(Certain)),
            ("< B.06.18", "vB.06.18", Outside),
            ("<= VM5.0", "vVM5.0", Inside(Certain)),
            ("<= VM5.0", "4.1", Inside(Possible)),
            ("<= VM5.0", "VM5.1", Outside),
            ("<= VM5.0", "QL6", Unknown),
            ("<=5.17.1-754993421", "5.17.1-754993420", Inside(Certain)),
            ("<=2023.3_Build_9342", "2023.3 (Build 9343)", Outside),
            ("<= 1.54 (integrated into GE MobileLink)", "1.50", Inside(Likely)),
            ("<= 1.54 (integrated into GE MobileLink)", "1.60", Unknown),
            ("<=11.2 on Windows 8.1 with IIS 7.5", "12.0", Unknown),
            ("9.x model 35700BAX3", "9.02", Inside(Likely)),
            ("< july 1 2017", "1.0", Unknown),
            ("2nd Edition", "2nd edition", Inside(Certain)),
            ("Windows 10 Professional Operating System", "Windows 7", Unknown),
            ("vers:generic/>=1.0|<2.0", "1.5", Inside(Certain)),
            ("vers:generic/>=1.0|<2.0", "2.0", Outside),
            ("3.0 以前", "3.1", Outside),
            ("３．０未満", "3.0", Outside),
            ("2.0から3.1まで", "2.5", Inside(Certain)),
            ("2.0から3.1まで", "3.2", Outside),
            ("2.0 以降", "1.9", Outside),
            ("", "1.0", Unknown),
        ] {
            let claim = Claim::read(Some(text));
            assert_eq!(claim.holds(version), stand, "{text} / {version}: {claim:?}");
        }
    }
}
