//! Ranges as ecosystems write them, made into `vers:` ranges.
//!
//! The result lists the ends that the text names, in the order of versions, as the specification's cases do; it does not merge alternatives.
//! Where a version is written in part (`<3.11` in npm), the rest is zeros, as in those cases.

use vocab::Refusal;

use super::Comparator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
use super::{Comparator, Constraints, Scheme, Vers};
use crate::version::{Natural, OpenSsl, Semver};

/// What a text names.
enum Native {
    /// Every version.
    Any,
    /// The ends of its ranges.
    Ends(Vec<End>),
}

type End = (Comparator, String);

pub(super) fn read(scheme: Scheme, text: &str) -> Result<Vers, Refusal> {
    let native = match scheme.name() {
        "npm" | "cargo" | "pub" | "dart" => semantic(scheme, text),
        "composer" => semantic(scheme, &text.replace(',', " ")),
        "conan" => conan(text),
        "pypi" => pypi(text),
        "gem" | "hex" => pessimistic(scheme, text),
        "maven" | "nuget" => intervals(scheme, text),
        "nginx" => nginx(text),
        "openssl" => openssl(text),
        _ if scheme.order().is_some() => plain(text),
        _ => {
            return Err(Refusal::new(
                "no_native_range",
                format!("{} には独自の範囲の書き方がありません。", scheme.name()),
                format!("{} has no notation of its own for ranges.", scheme.name()),
            ));
        }
    };
    match native.ok_or_else(|| refuse(scheme, text))? {
        Native::Any => Ok(Vers {
            scheme,
            constraints: Constraints::Any,
        }),
        Native::Ends(ends) => Vers::build(
            scheme,
            ends.iter()
                .map(|(comparator, version)| (*comparator, version.as_str())),
        ),
    }
}

fn refuse(scheme: Scheme, text: &str) -> Refusal {
    Refusal::new(
        "bad_range",
        format!(
            "「{text}」は {} の範囲として読めません。書き方を確かめてください。",
            scheme.name()
        ),
        format!(
            "`{text}` is not a range of {}. Check how it is written.",
            scheme.name()
        ),
    )
}

/// Comparators before versions, between commas, blanks or `||`: Debian, rpm, Alpine, Go, advisories.
fn plain(text: &str) -> Option<Native> {
    let text = text.replace(['(', ')', ',', '|'], " ");
    if text.trim() == "*" {
        return Some(Native::Any);
    }
    let ends = joined(&text)
        .iter()
        .map(|part| comparison(part))
        .collect::<Option<Vec<_>>>()?;
    (!ends.is_empty()).then_some(Native::Ends(ends))
}

/// Words, a comparator that stands alone joined to the word after it.
fn joined(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut sign = String::new();
    for word in text.split_whitespace() {
        sign.push_str(word);
        if word.ends_with(|c: char| !"<>=!~^".contains(c)) {
            parts.push(std::mem::take(&mut sign));
        }
    }
    if !sign.is_empty() {
        parts.push(sign);
    }
    parts
}

/// A comparator and a version; none means equality.
fn comparison(text: &str) -> Option<End> {
    let signs = [
        ("<<", Less),
        (">>", Greater),
        ("<>", NotEqual),
        ("!=", NotEqual),
        ("<=", LessEqual),
        (">=", GreaterEqual),
        ("==", Equal),
        ("=", Equal),
        ("<", Less),
        (">", Greater),
    ];
    let found = signs
        .iter()
        .find_map(|(sign, comparator)| Some((*comparator, text.strip_prefix(sign)?)));
    let (comparator, version) = found.unwrap_or((Equal, text));
    let version = version.trim();
    let bad = version.is_empty() || version.contains(|c: char| "<>=!~^*|".contains(c));
    (!bad).then(|| (comparator, version.to_owned()))
}

/// A version written in part: numbers, how many were written before a wildcard, and what follows them.
struct Partial {
    numbers: Vec<Natural>,
    wildcard: bool,
    rest: String,
}

impl Partial {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', 'V', '=']);
        let (main, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
        let mut numbers = Vec::new();
        let mut wildcard = false;
        for part in main.split('.') {
            if matches!(part, "x" | "X" | "*") {
                wildcard = true;
            } else if !wildcard {
                numbers.push(part);
            } else {
                return None;
            }
        }
        // Letters on the last number, as in `1.0.0rc1`, belong to what follows.
        let last = numbers.last().copied().unwrap_or_default();
        let letters = last
            .find(|c: char| !c.is_ascii_digit())
            .filter(|at| *at > 0 && !wildcard);
        let mut rest = rest.to_owned();
        if let Some(at) = letters {
            rest = format!("-{}{rest}", &last[at..]);
            *numbers.last_mut()? = &last[..at];
        }
        let numbers = numbers
            .into_iter()
            .map(Natural::parse)
            .collect::<Option<Vec<_>>>()?;
        (wildcard || !numbers.is_empty()).then_some(Self {
            numbers,
            wildcard,
            rest,
        })
    }

    /// As a whole version, missing numbers zero.
    fn whole(&self) -> String {
        let mut numbers: Vec<String> = self.numbers.iter().map(ToString::to_string).collect();
        while numbers.len() < 3 {
            numbers.push("0".to_owned());
        }
        format!("{}{}", numbers.join("."), self.rest)
    }

    /// The first version in which the number at that place is one higher.
    fn above(&self, place: usize) -> String {
        let number = |at: usize| self.numbers.get(at).cloned().unwrap_or(Natural::ZERO);
        let raised = |at: usize| match at.cmp(&place) {
            std::cmp::Ordering::Less => number(at),
            std::cmp::Ordering::Equal => number(at).next(),
            std::cmp::Ordering::Greater => Natural::ZERO,
        };
        let numbers: Vec<String> = (0..3.max(place + 1)).map(|at| raised(at).to_string()).collect();
        numbers.join(".")
    }

    /// From it to below the next version at that place.
    fn until(&self, place: usize) -> Vec<End> {
        vec![(GreaterEqual, self.whole()), (Less, self.above(place))]
    }

    /// The leftmost number that is not zero may not change.
    fn caret(&self) -> Vec<End> {
        let not_zero = self.numbers.iter().position(|number| *number != Natural::ZERO);
        self.until(not_zero.unwrap_or(self.numbers.len().saturating_sub(1)))
    }

    /// The number before the last that is written may not change, at most the second.
    fn tilde(&self) -> Vec<End> {
        self.until(self.numbers.len().saturating_sub(1).min(1))
    }
}

/// npm's notation and what was built on it: alternatives of comparators, `^`, `~`, wildcards and ranges with a hyphen.
fn semantic(scheme: Scheme, text: &str) -> Option<Native> {
    let mut ends = Vec::new();
    let bar = if scheme.name() == "composer" && !text.contains("||") {
        "|"
    } else {
        "||"
    };
    for alternative in text.split(bar) {
        let alternative = alternative.replace(',', " ");
        match alternative_ends(scheme, alternative.trim())? {
            Native::Ends(more) => ends.extend(more),
            Native::Any => return Some(Native::Any),
        }
    }
    Some(Native::Ends(ends))
}

fn alternative_ends(scheme: Scheme, text: &str) -> Option<Native> {
    if matches!(text, "" | "*" | "x" | "X" | "any") {
        return Some(Native::Any);
    }
    if let Some((from, to)) = text.split_once(" - ") {
        let (from, to) = (Partial::read(from.trim())?, Partial::read(to.trim())?);
        let upper = if to.numbers.len() < 3 || to.wildcard {
            (Less, to.above(to.numbers.len().checked_sub(1)?))
        } else {
            (LessEqual, to.whole())
        };
        return Some(Native::Ends(vec![(GreaterEqual, from.whole()), upper]));
    }
    let mut ends = Vec::new();
    for part in joined(text) {
        if let Some(version) = part.strip_prefix('^') {
            ends.extend(Partial::read(version)?.caret());
        } else if let Some(version) = part.strip_prefix("~>").or_else(|| part.strip_prefix('~')) {
            let version = Partial::read(version)?;
            // Composer's tilde lets the last number grow: `~1.2` is below 2.
            let place = version.numbers.len().saturating_sub(2);
            let composer = scheme.name() == "composer";
            ends.extend(if composer {
                version.until(place)
            } else {
                version.tilde()
            });
        } else if let Native::Ends(more) = compared(scheme, &part, text)? {
            ends.extend(more);
        }
    }
    // Only wildcards: they narrow nothing.
    Some(if ends.is_empty() {
        Native::Any
    } else {
        Native::Ends(ends)
    })
}

/// A comparator with a version that may be written in part.
fn compared(scheme: Scheme, part: &str, text: &str) -> Option<Native> {
    let signs = ["<=", ">=", "!=", "==", "=", "<", ">"];
    let sign = signs
        .into_iter()
        .find(|sign| part.starts_with(sign))
        .unwrap_or_default();
    let version = Partial::read(&part[sign.len()..])?;
    if version.wildcard {
        let Some(last) = version.numbers.len().checked_sub(1) else {
            return Some(Native::Any);
        };
        // The specification's cases take `>= 1.x`, a blank between, for `1.x`.
        let apart = sign == ">=" && !text.contains(part);
        let ends = match sign {
            "" | "=" | "==" => version.until(last),
            ">=" if apart => version.until(last),
            ">=" => vec![(GreaterEqual, version.whole())],
            ">" => vec![(GreaterEqual, version.above(last))],
            "<" => vec![(Less, version.whole())],
            "<=" => vec![(Less, version.above(last))],
            _ => return None,
        };
        return Some(Native::Ends(ends));
    }
    // A bare version means a caret in Cargo alone.
    if sign.is_empty() && scheme.name() == "cargo" {
        return Some(Native::Ends(version.caret()));
    }
    let comparator = match sign {
        "<" => Less,
        "<=" => LessEqual,
        ">" => Greater,
        ">=" => GreaterEqual,
        "!=" => NotEqual,
        _ => Equal,
    };
    Some(Native::Ends(vec![(comparator, version.whole())]))
}

/// Conan's: alternatives of comparators, `~` and `^`, whose upper end leaves pre-releases out.
fn conan(text: &str) -> Option<Native> {
    let text = text.split(',').next().unwrap_or_default();
    let mut ends = Vec::new();
    for alternative in text.split("||") {
        let words = joined(alternative);
        if words.is_empty() {
            ends.push((GreaterEqual, "0.0.0".to_owned()));
        }
        for word in words {
            let word = word.strip_suffix('-').unwrap_or(&word);
            match word.strip_prefix(['~', '^']) {
                Some(version) => ends.extend(conan_family(version, word.starts_with('~'))?),
                None if word.is_empty() || word == "*" => ends.push((GreaterEqual, "0.0.0".to_owned())),
                None => ends.push(comparison(word)?),
            }
        }
    }
    Some(Native::Ends(ends))
}

fn conan_family(version: &str, tilde: bool) -> Option<Vec<End>> {
    let main = version.split(['+', '-']).next()?;
    let items: Vec<&str> = main.split('.').collect();
    let place = if tilde {
        items.len().min(2) - 1
    } else {
        let not_zero = items
            .iter()
            .position(|item| Natural::parse(item) != Some(Natural::ZERO));
        not_zero.unwrap_or(items.len() - 1)
    };
    let raised = Natural::parse(items[place])?.next().to_string();
    let upper: Vec<&str> = items[..place].iter().copied().chain([raised.as_str()]).collect();
    Some(vec![
        (GreaterEqual, version.to_owned()),
        (Less, format!("{}-", upper.join("."))),
    ])
}

/// PEP 440's specifiers; string equality (`===`) is no range of versions.
fn pypi(text: &str) -> Option<Native> {
    let mut ends = Vec::new();
    for part in text.split(',').map(|part| part.replace(' ', "")) {
        if part == "*" {
            return Some(Native::Any);
        }
        if part.starts_with("===") || part.contains([';', '@']) {
            return None;
        }
        if let Some(version) = part.strip_prefix("~=") {
            let release: Vec<&str> = version.split('.').collect();
            let fixed = release
                .split_last()
                .map(|(_, fixed)| fixed)
                .filter(|fixed| !fixed.is_empty())?;
            ends.extend([(GreaterEqual, version.to_owned()), (Less, pypi_above(fixed)?)]);
            continue;
        }
        let (comparator, version) = match part.strip_suffix(".*") {
            Some(family) => (comparison(family)?, true),
            None => (comparison(&part)?, false),
        };
        let (comparator, version) = match (comparator, version) {
            ((Equal, family), true) => {
                let release: Vec<&str> = family.split('.').collect();
                ends.extend([
                    (GreaterEqual, format!("{family}.dev0")),
                    (Less, pypi_above(&release)?),
                ]);
                continue;
            }
            (_, true) => return None,
            (comparison, false) => comparison,
        };
        ends.push((comparator, version));
    }
    Some(Native::Ends(ends))
}

/// The first version of the next family: of `1.4`, `1.5.dev0`.
fn pypi_above(release: &[&str]) -> Option<String> {
    let (last, before) = release.split_last()?;
    let raised = Natural::parse(last)?.next().to_string();
    let numbers: Vec<&str> = before.iter().copied().chain([raised.as_str()]).collect();
    Some(format!("{}.dev0", numbers.join(".")))
}

/// Ruby's and Elixir's: comparators, and `~>`, which lets the last number grow.
fn pessimistic(scheme: Scheme, text: &str) -> Option<Native> {
    let text = text
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .replace(" and ", ",")
        .replace(" or ", ",");
    let mut ends: Vec<End> = Vec::new();
    for part in text.split([',', '|']).filter(|part| !part.trim().is_empty()) {
        let part = part.replace([' ', '\'', '"'], "");
        let found = match part.strip_prefix("~>") {
            Some(version) => vec![(GreaterEqual, version.to_owned()), (Less, gem_above(version)?)],
            None => vec![comparison(&part)?],
        };
        for (comparator, version) in found {
            // The same end twice is one, as it was written last.
            ends.retain(|(other, known)| *other != comparator || !same(scheme, known, &version));
            ends.push((comparator, version));
        }
    }
    (!ends.is_empty()).then_some(Native::Ends(ends))
}

fn same(scheme: Scheme, a: &str, b: &str) -> bool {
    scheme
        .order()
        .is_some_and(|order| crate::version::compare(order, a, b).is_ok_and(std::cmp::Ordering::is_eq))
}

/// Without its last number and its letters, the number before it one higher.
fn gem_above(version: &str) -> Option<String> {
    let mut numbers: Vec<Natural> = version.split(['.', '-']).map_while(Natural::parse).collect();
    if numbers.len() > 1 {
        numbers.pop();
    }
    let last = numbers.pop()?;
    numbers.push(last.next());
    Some(
        numbers
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("."),
    )
}

/// Intervals in brackets; a bare version is itself in Maven, the lowest allowed in `NuGet`.
fn intervals(scheme: Scheme, text: &str) -> Option<Native> {
    let text: String = text.split_whitespace().collect();
    let mut ends = Vec::new();
    let mut rest = text.as_str();
    if !rest.starts_with(['[', '(']) {
        if rest.contains(['<', '>', '=']) {
            return plain(rest);
        }
        let bare = if scheme.name() == "nuget" {
            GreaterEqual
        } else {
            Equal
        };
        return (!rest.is_empty() && !rest.contains([',', ']', ')']))
            .then(|| Native::Ends(vec![(bare, rest.to_owned())]));
    }
    while !rest.is_empty() {
        let close = rest.find([']', ')'])?;
        let (interval, after) = rest.split_at(close + 1);
        let inclusive = (interval.starts_with('['), interval.ends_with(']'));
        let inner = interval.strip_prefix(['[', '('])?.strip_suffix([']', ')'])?;
        match inner.split_once(',') {
            None if inclusive == (true, true) && !inner.is_empty() => ends.push((Equal, inner.to_owned())),
            None => return None,
            Some(("", "")) => return Some(Native::Any),
            Some((from, to)) if from == to => return None,
            Some((from, to)) => {
                let bounds = [
                    (if inclusive.0 { GreaterEqual } else { Greater }, from),
                    (if inclusive.1 { LessEqual } else { Less }, to),
                ];
                let present = bounds.into_iter().filter(|(_, bound)| !bound.is_empty());
                ends.extend(present.map(|(comparator, bound)| (comparator, bound.to_owned())));
            }
        }
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some(Native::Ends(ends))
}

/// nginx's advisories: `1.5.10`, `0.7.52-0.8.39`, and `1.22.0+`, which stays in its branch if that is stable (its second number even).
fn nginx(text: &str) -> Option<Native> {
    let text: String = text.split_whitespace().collect::<String>().to_lowercase();
    if text == "all" {
        return Some(Native::Any);
    }
    let mut ends = Vec::new();
    for part in text.split(',') {
        if let Some((from, to)) = part.split_once('-') {
            ends.extend([(GreaterEqual, from.to_owned()), (LessEqual, to.to_owned())]);
        } else if let Some(version) = part.strip_suffix('+') {
            let partial = Partial::read(version)?;
            let second = partial.numbers.get(1)?.to_string();
            ends.push((GreaterEqual, version.to_owned()));
            if second.ends_with(['0', '2', '4', '6', '8']) {
                ends.push((Less, partial.above(1)));
            }
        } else {
            ends.push((Equal, part.to_owned()));
        }
    }
    let known = |(_, version): &(Comparator, String)| Semver::parse(version).is_some();
    ends.iter().all(known).then_some(Native::Ends(ends))
}

/// OpenSSL's advisories: versions one by one.
fn openssl(text: &str) -> Option<Native> {
    let text: String = text.split_whitespace().collect::<String>().to_lowercase();
    let versions: Vec<_> = text
        .split(',')
        .map(|version| (Equal, version.to_owned()))
        .collect();
    versions
        .iter()
        .all(|(_, version)| OpenSsl::parse(version).is_some())
        .then_some(Native::Ends(versions))
}
