//! The GS1 application identifiers and the form of the data after each (GS1 General Specifications, §3). It is a table: what the
//! elements of one string mean together is not decided here.

use super::gtin;
use super::text;
use crate::refusal::Refusal;

/// Characters that a part may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// Digits.
    Numeric,
    /// GS1 character set 82.
    Text,
    /// GS1 character set 39.
    Restricted,
    /// URL-safe Base64.
    Base64,
}

/// What the characters of a part have to be, beyond their set.
#[derive(Clone, Copy)]
enum Check {
    Any,
    /// Last digit is the GS1 modulo 10 check digit.
    Mod10,
    /// Last two characters are the GS1 check character pair (modulo 1021).
    Mod1021,
    /// YYMMDD; the flag says whether DD may be 00, the end of the month.
    Day(bool),
    /// YYYYMMDD.
    LongDay,
    /// Each is one of these characters.
    OneOf(&'static str),
    /// A number within bounds.
    Range(u64, u64),
    /// Piece and total, two digits each, piece at most total.
    Pieces,
    /// Percent-encoded text.
    Percent,
}

/// One part of the data of an element.
#[derive(Clone, Copy)]
pub(super) struct Part {
    set: Set,
    min: usize,
    max: usize,
    check: Check,
    optional: bool,
}

impl Part {
    const fn new(set: Set, min: usize, max: usize) -> Self {
        Self {
            set,
            min,
            max,
            check: Check::Any,
            optional: false,
        }
    }

    const fn is(self, check: Check) -> Self {
        Self { check, ..self }
    }

    const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

const fn n(length: usize) -> Part {
    Part::new(Set::Numeric, length, length)
}

const fn n_to(max: usize) -> Part {
    Part::new(Set::Numeric, 1, max)
}

const fn x(length: usize) -> Part {
    Part::new(Set::Text, length, length)
}

const fn x_to(max: usize) -> Part {
    Part::new(Set::Text, 1, max)
}

const GTIN: Part = n(14).is(Check::Mod10);
const LOCATION: Part = n(13).is(Check::Mod10);
const SERVICE: Part = n(18).is(Check::Mod10);
const COUNTRY: Part = n(3);
const DAY: Part = n(6).is(Check::Day(false));
const HOUR: Part = n(2).is(Check::Range(0, 23));
const SIXTIETH: Part = n(2).is(Check::Range(0, 59));
const PIECES: Part = n(4).is(Check::Pieces);
const MINUS: Part = x(1).is(Check::OneOf("-")).optional();

const fn percent(max: usize) -> Part {
    x_to(max).is(Check::Percent)
}

/// Identifiers (single or `first-last`) and the parts of their data. The measures 31nn to 36nn follow a rule, see [`parts`].
const TABLE: &[(&str, &[Part])] = &[
    ("00", &[SERVICE]),
    ("01-03", &[GTIN]),
    ("11-13 15-17", &[n(6).is(Check::Day(true))]),
    ("20", &[n(2)]),
    (
        "10 21 22 243 254 420 710-717 4318 7020-7022 7240 8002 8012",
        &[x_to(20)],
    ),
    ("235", &[x_to(28)]),
    (
        "240 241 250 251 400 401 403 90 4308 4319 7002 7023 8004",
        &[x_to(30)],
    ),
    ("91-99", &[x_to(90)]),
    ("242", &[n_to(6)]),
    ("253", &[LOCATION, x_to(17).optional()]),
    ("255", &[LOCATION, n_to(12).optional()]),
    ("30 37", &[n_to(8)]),
    ("3900-3909 3920-3929", &[n_to(15)]),
    ("3910-3919 3930-3939", &[n(3), n_to(15)]),
    ("3940-3943 8111", &[n(4)]),
    ("3950-3955 8005", &[n(6)]),
    ("402", &[n(17).is(Check::Mod10)]),
    ("410-417", &[LOCATION]),
    ("421", &[COUNTRY, x_to(9)]),
    ("422 424 426", &[COUNTRY]),
    (
        "423 425",
        &[
            COUNTRY,
            COUNTRY.optional(),
            COUNTRY.optional(),
            COUNTRY.optional(),
            COUNTRY.optional(),
        ],
    ),
    ("427 7008", &[x_to(3)]),
    ("4300 4301 4310 4311 4320", &[percent(35)]),
    ("4302-4306 4312-4316 7257", &[percent(70)]),
    (
        "4307 4317",
        &[x(2).is(Check::OneOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))],
    ),
    (
        "4309",
        &[
            n(10).is(Check::Range(0, 1_800_000_000)),
            n(10).is(Check::Range(0, 3_600_000_000)),
        ],
    ),
    ("4321-4323", &[n(1).is(Check::OneOf("01"))]),
    // A delivery window may leave the time open as 9999.
    ("4324 4325", &[n(6).is(Check::Day(true)), n(4)]),
    ("4326 7006", &[DAY]),
    ("4330-4333", &[n(6), MINUS]),
    ("7001", &[n(13)]),
    ("7003", &[DAY, HOUR, SIXTIETH]),
    ("7004", &[n_to(4)]),
    ("7005", &[x_to(12)]),
    ("7007", &[DAY, DAY.optional()]),
    ("7009 7255", &[x_to(10)]),
    ("7010", &[x_to(2)]),
    ("7011", &[DAY, HOUR.optional(), SIXTIETH.optional()]),
    ("7030-7039", &[COUNTRY, x_to(27)]),
    ("7040", &[n(1), x(1), x(1), x(1)]),
    ("7041", &[x_to(4)]),
    ("7230-7239", &[x(2), x_to(28)]),
    ("7241", &[n(2)]),
    ("7242 8020", &[x_to(25)]),
    ("7250", &[n(8).is(Check::LongDay)]),
    ("7251", &[n(8).is(Check::LongDay), HOUR, SIXTIETH]),
    ("7252", &[n(1).is(Check::OneOf("0129"))]),
    ("7253 7254 7259", &[percent(40)]),
    ("7256", &[percent(90)]),
    ("7258", &[n(1), x(1).is(Check::OneOf("/")), n(1)]),
    (
        "8001",
        &[
            n(4).is(Check::Range(1, 9999)),
            n(5).is(Check::Range(1, 99999)),
            n(3).is(Check::Range(1, 999)),
            n(1).is(Check::OneOf("019")),
            n(1),
        ],
    ),
    (
        "8003",
        &[n(1).is(Check::OneOf("0")), LOCATION, x_to(16).optional()],
    ),
    ("8006 8026", &[GTIN, PIECES]),
    ("8007", &[x_to(34)]),
    ("8008", &[DAY, HOUR, SIXTIETH.optional(), SIXTIETH.optional()]),
    ("8009", &[x_to(50)]),
    ("8010", &[Part::new(Set::Restricted, 1, 30)]),
    ("8011", &[n_to(12)]),
    ("8013 8014", &[x_to(25).is(Check::Mod1021)]),
    ("8017 8018", &[SERVICE]),
    ("8019", &[n_to(10)]),
    ("8030", &[Part::new(Set::Base64, 1, 90)]),
    ("8040 8041", &[n(15)]),
    ("8042", &[n(32)]),
    ("8043", &[n(18), n_to(2).optional()]),
    ("8110 8112 8200", &[x_to(70)]),
];

const MEASURE: &[Part] = &[n(6)];

/// The parts of the data of an application identifier; `None` if there is no such identifier.
pub(super) fn parts(ai: &str) -> Option<&'static [Part]> {
    if let [b'3', group @ b'1'..=b'6', measure @ b'0'..=b'9', b'0'..=b'5'] = ai.as_bytes() {
        let last = [b'6', b'9', b'7', b'9', b'7', b'9'][usize::from(group - b'1')];
        return (*measure <= last).then_some(MEASURE);
    }
    let listed = |entry: &str| {
        let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
        ai.len() == first.len() && first <= ai && ai <= last
    };
    TABLE
        .iter()
        .find(|(ais, _)| ais.split(' ').any(listed))
        .map(|&(_, parts)| parts)
}

/// The application identifier at the start of a text. None is the beginning of another.
pub(super) fn leading(text: &str) -> Option<&str> {
    (2..=4)
        .filter_map(|length| text.get(..length))
        .find(|ai| parts(ai).is_some())
}

/// Length of the data of those identifiers that need no separator after them (GS1 General Specifications, §7.8.5).
pub(super) fn predefined_length(ai: &str) -> Option<usize> {
    let prefix: u8 = ai.get(..2)?.parse().ok()?;
    let predefined = matches!(prefix, 0..=4 | 11..=20 | 31..=36 | 41);
    predefined
        .then(|| parts(ai).map(|parts| parts.iter().map(|part| part.max).sum()))
        .flatten()
}

/// Proves the data of one element against its parts.
pub(super) fn prove(ai: &str, data: &str) -> Result<(), Refusal> {
    let Some(parts) = parts(ai) else {
        return Err(unknown(ai));
    };
    if !data.is_ascii() {
        return Err(malformed(ai, data, parts));
    }
    let mut rest = data;
    for part in parts {
        if rest.is_empty() && part.optional {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(part.max));
        if piece.len() < part.min || !piece.bytes().all(|b| part.set.has(b)) {
            return Err(malformed(ai, data, parts));
        }
        part.check.prove(ai, piece)?;
        rest = after;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(malformed(ai, data, parts))
    }
}

/// Refuses an identifier that GS1 has not defined.
pub(super) fn unknown(ai: &str) -> Refusal {
    let shown = text::excerpt(ai);
    Refusal::new(
        "unknown_ai",
        format!(
            "「{shown}」というGS1アプリケーション識別子（AI）はありません。可変長の項目の後の区切り（FNC1）が抜けていないか確かめてください。"
        ),
        format!(
            "There is no GS1 application identifier \"{shown}\". Check for a missing separator (FNC1) after a field of variable length."
        ),
    )
}

fn malformed(ai: &str, data: &str, parts: &[Part]) -> Refusal {
    let sum = |length: fn(&Part) -> usize| parts.iter().map(length).sum::<usize>();
    let (min, max) = (
        sum(|part| if part.optional { 0 } else { part.min }),
        sum(|part| part.max),
    );
    let length = if min == max {
        min.to_string()
    } else {
        format!("{min}–{max}")
    };
    let digits = parts.iter().all(|part| part.set == Set::Numeric);
    let (ja, en) = if digits {
        ("数字", "digits")
    } else {
        ("GS1で使える英数字・記号", "GS1 characters")
    };
    let shown = text::excerpt(data);
    Refusal::new(
        "element",
        format!(
            "AI ({ai}) の値「{shown}」は形が違います。{length}文字の{ja}です。可変長の項目の後にはFNC1が要ります。"
        ),
        format!(
            "The data \"{shown}\" of AI ({ai}) has another form: {length} {en}. A field of variable length ends with FNC1."
        ),
    )
}

impl Set {
    fn has(self, b: u8) -> bool {
        let alphanumeric = b.is_ascii_alphanumeric();
        match self {
            Self::Numeric => b.is_ascii_digit(),
            Self::Text => alphanumeric || b"!\"%&'()*+,-./:;<=>?_".contains(&b),
            Self::Restricted => b.is_ascii_digit() || b.is_ascii_uppercase() || b"#-/".contains(&b),
            Self::Base64 => alphanumeric || b"-_=".contains(&b),
        }
    }
}

impl Check {
    fn prove(self, ai: &str, piece: &str) -> Result<(), Refusal> {
        let number = || piece.parse::<u64>().ok();
        let holds = match self {
            Self::Any => true,
            Self::Mod10 => return gtin::check(piece),
            Self::Mod1021 => check_pair(piece),
            Self::Day(end_of_month) => is_day(&format!("20{piece}"), end_of_month),
            Self::LongDay => is_day(piece, false),
            Self::OneOf(allowed) => piece.chars().all(|c| allowed.contains(c)),
            Self::Range(low, high) => number().is_some_and(|n| (low..=high).contains(&n)),
            Self::Pieces => number().is_some_and(|n| (1..=n % 100).contains(&(n / 100))),
            Self::Percent => {
                let hex = |text: &str| {
                    text.get(..2)
                        .is_some_and(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))
                };
                piece.split('%').skip(1).all(hex)
            }
        };
        if holds {
            return Ok(());
        }
        let (kind, ja, en) = match self {
            Self::Day(_) | Self::LongDay => {
                ("no_such_day", "暦にない日付です", "is not a day of the calendar")
            }
            Self::Mod1021 => (
                "check_digit",
                "検査文字が合いません",
                "does not fit its check characters",
            ),
            _ => (
                "element_value",
                "許される値ではありません",
                "is not an allowed value",
            ),
        };
        Err(Refusal::new(
            kind,
            format!("AI ({ai}) の値「{piece}」は{ja}。表示と照らし合わせてください。"),
            format!("The value \"{piece}\" of AI ({ai}) {en}. Compare with the label."),
        ))
    }
}

/// Whether YYYYMMDD is a day; DD = 00, the end of the month, where that is allowed.
fn is_day(text: &str, end_of_month: bool) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i16>().ok());
    let (Some(y), Some(m), Some(d)) = (part(0..4), part(4..6), part(6..8)) else {
        return false;
    };
    let day = if d == 0 && end_of_month { 1 } else { d };
    let small = |n: i16| i8::try_from(n).unwrap_or(0);
    jiff::civil::Date::new(y, small(m), small(day)).is_ok()
}

/// GS1 check character pair: prime weights from the right, modulo 1021, as two characters of 32 (GS1 General Specifications, §7.9.5).
fn check_pair(text: &str) -> bool {
    const VALUES: &[u8] =
        b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    const PRIMES: [usize; 23] = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
    ];
    const PAIR: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((body, pair)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)) else {
        return false;
    };
    let value = |b: u8| VALUES.iter().position(|&v| v == b).unwrap_or(0);
    let sum: usize = body
        .bytes()
        .rev()
        .zip(PRIMES)
        .map(|(b, prime)| value(b) * prime)
        .sum();
    let (high, low) = (sum % 1021 / 32, sum % 1021 % 32);
    [PAIR.get(high), PAIR.get(low)] == [pair.as_bytes().first(), pair.as_bytes().get(1)]
}
