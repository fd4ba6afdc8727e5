//! Figures in words: digit groups, and English names for the units that figures are printed in. Japanese units are their own names.

use crate::lang::Lang;

/// Unit as printed, English plural, English singular (for "per …").
const UNITS: &[(&str, &str, &str)] = &[
    ("円", "yen", "yen"),
    ("万円", "ten thousand yen", "ten thousand yen"),
    ("百万円", "million yen", "million yen"),
    ("億円", "hundred million yen", "hundred million yen"),
    ("兆円", "trillion yen", "trillion yen"),
    ("ドル", "US dollars", "US dollar"),
    ("万ドル", "ten thousand US dollars", "ten thousand US dollars"),
    (
        "億ドル",
        "hundred million US dollars",
        "hundred million US dollars",
    ),
    ("兆ドル", "trillion US dollars", "trillion US dollars"),
    ("ユーロ", "euros", "euro"),
    ("億ユーロ", "hundred million euros", "hundred million euros"),
    ("件", "cases", "case"),
    ("社", "firms", "firm"),
    ("人", "people", "person"),
    ("台", "units", "unit"),
    ("品目", "items", "item"),
    ("施設", "facilities", "facility"),
    ("回", "times", "time"),
    ("年", "years", "year"),
    ("月", "months", "month"),
    ("日", "days", "day"),
    ("%", "%", "%"),
    ("ポイント", "points", "point"),
];

/// A printed unit in words: `兆円/年` is "trillion yen per year" in English and itself in Japanese. A unit that has no English name is
/// shown as it is.
pub fn unit_label(unit: &str, lang: Lang) -> String {
    if lang == Lang::Ja {
        return unit.to_owned();
    }
    let find = |name: &str| UNITS.iter().find(|(ja, ..)| *ja == name);
    let mut parts = unit.split('/');
    let first = parts.next().unwrap_or_default();
    let mut words = find(first).map_or(first, |(_, plural, _)| plural).to_owned();
    for part in parts {
        words.push_str(if words.is_empty() { "per " } else { " per " });
        words.push_str(find(part).map_or(part, |(.., singular)| singular));
    }
    words
}

/// A number that is already text, with its unit in words: 4,757億円; 4,757 hundred million yen.
pub fn amount(number: &str, unit: &str, lang: Lang) -> String {
    match (lang, unit) {
        (Lang::Ja, _) => format!("{number}{unit}"),
        (Lang::En, "") => number.to_owned(),
        (Lang::En, _) if unit.starts_with('%') => format!("{number}{}", unit_label(unit, lang)),
        (Lang::En, _) => format!("{number} {}", unit_label(unit, lang)),
    }
}

/// Commas between groups of three digits before the point; sign and decimals stay as they are.
pub fn group_digits(number: &str) -> String {
    let start = number.find(|c: char| c.is_ascii_digit()).unwrap_or(number.len());
    let end = number[start..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(number.len(), |length| start + length);
    let digits = &number[start..end];
    let mut grouped = String::with_capacity(number.len() + digits.len() / 3);
    grouped.push_str(&number[..start]);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped.push_str(&number[end..]);
    grouped
}
