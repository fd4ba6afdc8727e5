//! Words for the plan's own kinds, and figures as readers read them.

use app::NodeLink;
use plan::{Class, Direction, Frequency, Indicator, MeasureState, NodeKind, Plan, Text};
use vocab::{Lang, Number};

use crate::i18n::Texts;
use crate::reader::encoded;
use crate::ui::{Download, Link, Tone};

/// A whole number of more digits than this is written as a power of ten; only a wild what-if comes there.
const LONGEST: usize = 15;

/// A decimal with at most so many significant digits, without its unit.
pub(crate) fn digits(decimal: &str, significant: usize) -> String {
    let Ok(number) = decimal.parse::<Number>() else {
        return decimal.to_owned();
    };
    let short = number.to_significant(significant);
    let (sign, figures) = short
        .strip_prefix('-')
        .map_or(("", short.as_str()), |rest| ("-", rest));
    let whole = figures.split('.').next().unwrap_or_default();
    if whole.len() > LONGEST {
        let (first, rest) = whole.split_at(1);
        let rest = rest[..significant.saturating_sub(1).min(rest.len())].trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}×10^{}", whole.len() - 1);
    }
    // A whole number is never cut: 12,345 cases stay 12,345.
    if number.is_integer() {
        number.to_decimal()
    } else {
        short
    }
}

/// A figure with its unit.
pub(crate) fn figure(t: Texts<'_>, decimal: &str, unit: &str) -> String {
    t.amount(&digits(decimal, 4), unit)
}

/// Two ends and their unit, which is said once unless they are told in different ones: English tells 億 in millions or in billions.
pub(crate) fn range(t: Texts<'_>, low: &str, high: &str, unit: &str) -> String {
    let unit_at = |told: &str| {
        let unit = told.find(|one: char| !(one.is_ascii_digit() || "+-−.,×^".contains(one)));
        unit.unwrap_or(told.len())
    };
    let (mut low, high) = (t.amount(low, unit), t.amount(high, unit));
    let number = unit_at(&low);
    if low[number..] == high[unit_at(&high)..] {
        low.truncate(number);
    }
    t.with("range", &[("low", low.into()), ("high", high.into())])
}

/// A figure with its unit, or the words for "no value yet".
pub(crate) fn figure_or_none(t: Texts<'_>, decimal: Option<&String>, unit: &str) -> String {
    decimal.map_or_else(|| t.text("no-value"), |decimal| figure(t, decimal, unit))
}

/// A probability from 0 to 1 as one would say it: so many times out of so many, with the percentage; what is nearly sure is not said to be sure.
pub(crate) fn chance_words(t: Texts<'_>, probability: &str) -> String {
    let Ok(value) = probability.parse::<f64>() else {
        return String::new();
    };
    let percent = chance(t, probability);
    let say = |key, n: f64| {
        let n = format!("{n:.0}");
        t.with(
            key,
            &[("n", n.as_str().into()), ("percent", percent.as_str().into())],
        )
    };
    match value {
        v if v < 0.01 => say("chance-hardly", 0.0),
        v if v > 0.99 => say("chance-almost", 0.0),
        v if v < 0.075 => say("chance-one-in", if v < 0.035 { 50.0 } else { 20.0 }),
        v => say("chance-of-ten", (v * 10.0).round().min(9.0)),
    }
}

/// A probability from 0 to 1 as a percentage; what is nearly sure is not said to be sure.
pub(crate) fn chance(t: Texts<'_>, probability: &str) -> String {
    let Ok(value) = probability.parse::<f64>() else {
        return String::new();
    };
    match value {
        v if v < 0.01 => t.with1("chance-below", "n", "1"),
        v if v > 0.99 => t.with1("chance-above", "n", "99"),
        v => format!("{:.0}%", v * 100.0),
    }
}

/// A rate from 0 to 1 as a percentage with one decimal.
pub(crate) fn rate(value: &str) -> String {
    value
        .parse::<f64>()
        .map_or_else(|_| String::new(), |value| format!("{:.1}%", value * 100.0))
}

/// The message that names what a node is.
pub(crate) fn kind_of(t: Texts<'_>, kind: NodeKind) -> String {
    t.text(match kind {
        NodeKind::Vision => "kind-vision",
        NodeKind::Policy => "kind-policy",
        NodeKind::Focus => "kind-focus",
        NodeKind::Issue => "kind-issue",
        NodeKind::Measure => "kind-measure",
        NodeKind::Part => "kind-part",
        NodeKind::Task => "kind-task",
    })
}

/// How far a measure has come.
pub(crate) fn state_of(t: Texts<'_>, state: Option<MeasureState>) -> (String, Tone) {
    match state {
        Some(MeasureState::Running) => (t.text("state-running"), Tone::Success),
        Some(MeasureState::InPreparation) => (t.text("state-in-preparation"), Tone::Info),
        Some(MeasureState::UnderStudy) => (t.text("state-under-study"), Tone::Warning),
        None => (t.text("state-untold"), Tone::Neutral),
    }
}

/// What an indicator is for.
pub(crate) fn class_of(t: Texts<'_>, class: Class) -> String {
    t.text(match class {
        Class::Kgi => "class-kgi",
        Class::Reference => "class-reference",
        Class::Situation => "class-situation",
        Class::History => "class-history",
        Class::Proposed => "class-proposed",
    })
}

/// Which way is better.
pub(crate) fn direction_of(t: Texts<'_>, direction: Direction) -> String {
    t.text(match direction {
        Direction::Up => "direction-up",
        Direction::Down => "direction-down",
        Direction::Steady => "direction-steady",
        Direction::None => "direction-none",
    })
}

/// How often something is observed.
pub(crate) fn frequency_of(t: Texts<'_>, frequency: Frequency) -> String {
    t.text(match frequency {
        Frequency::Yearly => "frequency-yearly",
        Frequency::Once => "frequency-once",
        Frequency::Irregular => "frequency-irregular",
    })
}

/// A node as a link: its number as printed and its title.
pub(crate) fn node_link(t: Texts<'_>, node: &NodeLink) -> Link {
    Link::to(node_text(node, t.lang()), t.path(&format!("/plan/{}", node.id)))
}

/// A node's number as printed and its title.
pub(crate) fn node_text(node: &NodeLink, lang: Lang) -> String {
    let title = node.title.get(lang);
    if node.number.is_empty() {
        title.to_owned()
    } else {
        format!("{} {title}", node.number)
    }
}

/// An indicator as a link.
pub(crate) fn indicator_link(t: Texts<'_>, (id, title): &(String, Text)) -> Link {
    Link::to(title.get(t.lang()), t.path(&format!("/indicators/{id}")))
}

/// The goal, reference and proposed indicators of a list, named shortly; figures of the situation do not measure anything.
pub(crate) fn measuring_links(t: Texts<'_>, plan: &Plan, list: &[(String, Text)]) -> Vec<Link> {
    let found = list.iter().filter_map(|(id, _)| plan.indicator(id));
    found
        .filter(|one| matches!(one.class, Class::Kgi | Class::Reference | Class::Proposed))
        .map(|one| indicator_tag(t, one))
        .collect()
}

/// An indicator as a link: its code and short name.
pub(crate) fn indicator_tag(t: Texts<'_>, one: &Indicator) -> Link {
    let name = format!("{} {}", code_of(t, &one.id, one.class), one.short.get(t.lang()));
    Link::to(name, t.path(&format!("/indicators/{}", one.id)))
}

/// Where a KPI for a node can be thought out.
pub(crate) fn propose_path(t: Texts<'_>, node: &str) -> String {
    t.path(&format!("/workbench?node={}", encoded(node)))
}

/// The code of an indicator for readers: KGI 1, `ref4` → 参考 4.
pub(crate) fn code_of(t: Texts<'_>, id: &str, class: Class) -> String {
    let number: String = id.chars().filter(char::is_ascii_digit).collect();
    match class {
        Class::Kgi => format!("KGI {number}"),
        Class::Reference => t.with1("code-reference", "n", number.as_str()),
        other => class_of(t, other),
    }
}

/// The three forms in which a page can be taken away.
pub(crate) fn downloads(t: Texts<'_>, reader: &crate::reader::Reader) -> Vec<Download> {
    [
        (".csv", "CSV", "download-csv"),
        (".xlsx", "Excel", "download-xlsx"),
        (".json", "JSON", "download-json"),
    ]
    .into_iter()
    .map(|(ending, kind, key)| Download {
        link: Link::to(t.text(key), t.path(&reader.address_as(ending))),
        kind: kind.to_owned(),
        note: String::new(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Messages;

    #[test]
    fn figures_are_short_and_whole_numbers_whole() {
        for (given, shown) in [
            ("28.4617", "28.46"),
            ("12345", "12345"),
            ("-0.000123456", "-0.0001235"),
            ("not a number", "not a number"),
            ("-1050000000000000000000", "-1.05×10^21"),
            ("1000000000000000", "1×10^15"),
        ] {
            assert_eq!(digits(given, 4), shown);
        }
    }

    #[test]
    fn both_ends_of_a_range_are_told_in_the_unit_that_is_said() {
        let messages = Messages::load().unwrap();
        for (low, high, unit, ja, en) in [
            (
                "1200",
                "1500.5",
                "兆円",
                "1,200～1,500.5兆円",
                "1,200 to 1,500.5 trillion yen",
            ),
            (
                "30",
                "35.3",
                "億ドル/年",
                "30～35.3億ドル/年",
                "3 to 3.53 billion US dollars per year",
            ),
            (
                "9",
                "12",
                "億円",
                "9～12億円",
                "900 million yen to 1.2 billion yen",
            ),
            ("-5", "5", "%", "-5～5%", "-5 to 5%"),
        ] {
            assert_eq!(range(messages.texts(Lang::Ja), low, high, unit), ja);
            assert_eq!(range(messages.texts(Lang::En), low, high, unit), en);
        }
    }

    #[test]
    fn a_chance_is_said_so_that_anyone_understands_it() {
        let messages = Messages::load().unwrap();
        for (value, ja, en) in [
            ("0", "ほとんどない（1%未満）", "hardly any (below 1%)"),
            ("0.02", "50回に1回ほど（2%）", "about 1 in 50 (2%)"),
            ("0.05", "20回に1回ほど（5%）", "about 1 in 20 (5%)"),
            ("0.22", "10回に2回ほど（22%）", "about 2 in 10 (22%)"),
            ("0.98", "10回に9回ほど（98%）", "about 9 in 10 (98%)"),
            ("1", "ほぼ確実（99%より高い）", "almost certain (above 99%)"),
        ] {
            assert_eq!(chance_words(messages.texts(Lang::Ja), value), ja);
            assert_eq!(chance_words(messages.texts(Lang::En), value), en);
        }
    }
}
