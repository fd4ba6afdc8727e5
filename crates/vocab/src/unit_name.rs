//! Figures in words: digit groups, and English names for the units that figures are printed in. Japanese units are their own names.

use crate::lang::Lang;
use crate::number::Number;

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

/// A number that is already text, with its unit in words: 4,757億円; 475.7 billion yen.
pub fn amount(number: &str, unit: &str, lang: Lang) -> String {
    match (lang, unit) {
        (Lang::Ja, _) => format!("{number}{unit}"),
        (Lang::En, "") => number.to_owned(),
        (Lang::En, _) if unit.starts_with('%') => format!("{number}{}", unit_label(unit, lang)),
        (Lang::En, _) if number == "1" => format!("1 {}", singular_label(unit)),
        (Lang::En, _) => {
            english_amount(number, unit).unwrap_or_else(|| format!("{number} {}", unit_label(unit, lang)))
        }
    }
}

/// English counts in thousands: an amount in 億 or 万 becomes one in millions, billions or thousands.
fn english_amount(number: &str, unit: &str) -> Option<String> {
    let exact: Number = number.replace(',', "").parse().ok()?;
    let (power, scale, rest) = match (unit.strip_prefix('億'), unit.strip_prefix('万')) {
        (Some(rest), _) if exact.abs() < Number::from(10) => (2, "百万", rest),
        (Some(rest), _) => (-1, "十億", rest),
        (_, Some(rest)) => (1, "千", rest),
        _ => return None,
    };
    let number = exact.times(&Number::power_of_ten(power)).ok()?.to_decimal();
    let unit = unit_label(&format!("{scale}{rest}"), Lang::En);
    Some(format!("{} {unit}", group_digits(&number)))
}

/// A unit in words after "1".
fn singular_label(unit: &str) -> String {
    let (first, rest) = unit.split_once('/').unwrap_or((unit, ""));
    let label = unit_label(unit, Lang::En);
    label
        .strip_prefix(&named(first, false))
        .filter(|tail| rest.is_empty() || !tail.is_empty())
        .map_or_else(|| label.clone(), |tail| format!("{}{tail}", named(first, true)))
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

    #[test]
    fn amounts_read_as_english_counts() {
        for (number, unit, said) in [
            ("41", "億ドル", "4.1 billion US dollars"),
            ("4,757", "億円/年", "475.7 billion yen per year"),
            ("0.5", "億円", "50 million yen"),
            ("-14.3", "億ドル", "-1.43 billion US dollars"),
            ("12", "万人", "120 thousand people"),
            ("28.46", "兆円", "28.46 trillion yen"),
            ("1", "社", "1 firm"),
            ("1", "件/年", "1 case per year"),
            ("2", "社", "2 firms"),
        ] {
            assert_eq!(amount(number, unit, Lang::En), said);
        }
    }
}
