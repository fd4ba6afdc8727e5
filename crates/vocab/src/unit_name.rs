//! Figures in words: digit groups, and English names for the units that figures are printed in. Japanese units are their own names.

use crate::lang::Lang;

/// Base unit as printed, English plural, English singular (for "per …").
const BASES: &[(&str, &str, &str)] = &[
    ("円", "yen", "yen"),
    ("ドル", "US dollars", "US dollar"),
    ("ユーロ", "euros", "euro"),
    ("ポンド", "pounds", "pound"),
    ("スイスフラン", "Swiss francs", "Swiss franc"),
    ("元", "yuan", "yuan"),
    ("ウォン", "won", "won"),
    ("件", "cases", "case"),
    ("社", "firms", "firm"),
    ("人", "people", "person"),
    ("台", "units", "unit"),
    ("国", "countries", "country"),
    ("施設", "facilities", "facility"),
    ("機関", "institutions", "institution"),
    ("団体", "bodies", "body"),
    ("拠点", "hubs", "hub"),
    ("品目", "items", "item"),
    ("製品", "products", "product"),
    ("本", "pieces", "piece"),
    ("個", "pieces", "piece"),
    ("回", "times", "time"),
    ("点", "points", "point"),
    ("床", "beds", "bed"),
    ("年", "years", "year"),
    ("月", "months", "month"),
    ("日", "days", "day"),
    ("時間", "hours", "hour"),
    ("%", "%", "%"),
    ("‰", "per mille", "per mille"),
    ("倍", "times", "time"),
    ("ポイント", "points", "point"),
];

/// Scales before a base unit.
const SCALES: &[(&str, &str)] = &[
    ("百万", "million"),
    ("十億", "billion"),
    ("千", "thousand"),
    ("万", "ten thousand"),
    ("億", "hundred million"),
    ("兆", "trillion"),
];

/// A printed unit in words: `兆円/年` is "trillion yen per year" in English and itself in Japanese. A unit that has no English name is
/// shown as it is.
pub fn unit_label(unit: &str, lang: Lang) -> String {
    if lang == Lang::Ja {
        return unit.to_owned();
    }
    let mut parts = unit.split('/');
    let mut words = named(parts.next().unwrap_or_default(), false);
    for part in parts {
        words.push_str(if words.is_empty() { "per " } else { " per " });
        words.push_str(&named(part, true));
    }
    words
}

fn named(unit: &str, singular: bool) -> String {
    let base = |name: &str| {
        let (_, plural, one) = BASES.iter().find(|(ja, ..)| *ja == name)?;
        Some(if singular { *one } else { *plural })
    };
    if let Some(name) = base(unit) {
        return name.to_owned();
    }
    let scaled = SCALES
        .iter()
        .find_map(|(ja, en)| Some(format!("{en} {}", base(unit.strip_prefix(ja)?)?)));
    scaled.unwrap_or_else(|| unit.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Unit;

    #[test]
    fn every_unit_has_an_english_name() {
        for word in Unit::words() {
            let Some(unit) = Unit::word(word) else { continue };
            let printed = unit.to_string();
            let name = unit_label(&printed, Lang::En);
            assert!(name.is_ascii() || printed == "‰", "{printed} has no English name");
        }
        assert_eq!(
            unit_label("億ドル/年", Lang::En),
            "hundred million US dollars per year"
        );
        assert_eq!(unit_label("兆円/社", Lang::En), "trillion yen per firm");
    }
}
