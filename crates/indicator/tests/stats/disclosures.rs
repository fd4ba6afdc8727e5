//! Publishing a cell again and again: what an attacker can work out from everything published, found here another way than the library does.

use std::collections::{BTreeMap, BTreeSet};

use indicator::stats::disclosure::{DisclosureRule, Published, may_publish, smallest_step};
use proptest::prelude::*;

const P: f64 = 0.10;

fn answers(list: &[(usize, f64)]) -> BTreeMap<String, f64> {
    list.iter()
        .map(|(firm, value)| (format!("firm-{firm:02}"), *value))
        .collect()
}

/// Nine firms, none dominant.
fn nine() -> Vec<(usize, f64)> {
    [6.0, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5, 2.0]
        .into_iter()
        .enumerate()
        .collect()
}

#[test]
fn a_correction_makes_the_rounding_coarser_or_the_cell_withheld() {
    let rule = DisclosureRule::default();
    let first = answers(&nine());
    assert_eq!(smallest_step(&[], &first, 0.1, &rule).unwrap(), 1);
    let published = |contributions: &BTreeMap<String, f64>, quantum: f64| Published {
        contributions: contributions.clone(),
        quantum,
    };
    for (what, change, step) in [
        ("nothing changed", vec![], Some(1)),
        ("one firm, by 1: (0.1 + q)/2 ≥ 0.1", vec![(0, 7.0)], Some(1)),
        ("one firm, by 6: (0.1 + q)/2 ≥ 0.6", vec![(0, 12.0)], Some(20)),
        ("a newcomer of 10: (0.1 + q)/2 ≥ 1", vec![(9, 10.0)], Some(20)),
        (
            "a newcomer of 40: its share of the total is too large to hide",
            vec![(9, 40.0)],
            None,
        ),
        (
            "three newcomers hide each other",
            vec![(9, 4.0), (10, 4.0), (11, 4.0)],
            Some(1),
        ),
    ] {
        let mut next = nine();
        for (firm, value) in change {
            next.retain(|(one, _)| *one != firm);
            next.push((firm, value));
        }
        let found = smallest_step(&[published(&first, 0.1)], &answers(&next), 0.1, &rule);
        assert_eq!(found.as_ref().ok().copied(), step, "{what}: {found:?}");
        if let Err(refusal) = found {
            assert_eq!(refusal.kind, "disclosure_difference");
            assert!(refusal.ja.ends_with('。') && refusal.en.ends_with('.'));
        }
    }
}

/// A year of a cell: what each firm answers in each table; none where it did not.
fn histories() -> impl Strategy<Value = Vec<BTreeMap<String, f64>>> {
    let value = (10_u32..2000).prop_map(|value| f64::from(value) / 10.0);
    let first = prop::collection::vec(prop::option::weighted(0.8, value.clone()), 5..10);
    let change = (0_usize..12, prop::option::weighted(0.85, value));
    let later = prop::collection::vec(prop::collection::vec(change, 0..4), 1..4);
    (first, later).prop_map(|(first, later)| {
        let mut now: BTreeMap<String, f64> = BTreeMap::new();
        for (firm, value) in first.into_iter().enumerate() {
            now.extend(value.map(|value| (format!("firm-{firm:02}"), value)));
        }
        let mut tables = vec![now.clone()];
        for changes in later {
            for (firm, value) in changes {
                let firm = format!("firm-{firm:02}");
                match value {
                    Some(value) => drop(now.insert(firm, value)),
                    None => drop(now.remove(&firm)),
                }
            }
            tables.push(now.clone());
        }
        tables
    })
}

fn interval(table: &Published) -> (f64, f64) {
    (
        table.value() - table.quantum / 2.0,
        table.value() + table.quantum / 2.0,
    )
}

/// The change of one firm from one value to another, as bits so that it can be a key.
type Change = (String, u64, u64);

/// What everything published tells an attacker about single firms' changes: for each two tables the change of all, less the attacker's own;
/// where one other firm changed, that is its change. Several tables that speak of the same change are put together.
fn reconstructed(tables: &[Published], attacker: Option<&String>) -> BTreeMap<Change, (f64, f64)> {
    let mut found: BTreeMap<Change, (f64, f64)> = BTreeMap::new();
    for (place, before) in tables.iter().enumerate() {
        for after in &tables[place + 1..] {
            let value =
                |table: &Published, firm: &String| table.contributions.get(firm).copied().unwrap_or(0.0);
            let firms: BTreeSet<&String> = before
                .contributions
                .keys()
                .chain(after.contributions.keys())
                .collect();
            let changed: Vec<&String> = firms
                .into_iter()
                .filter(|firm| value(before, firm) != value(after, firm))
                .collect();
            let own: f64 = changed
                .iter()
                .filter(|firm| Some(**firm) == attacker)
                .map(|firm| value(after, firm) - value(before, firm))
                .sum();
            let others: Vec<&String> = changed
                .into_iter()
                .filter(|firm| Some(*firm) != attacker)
                .collect();
            let [other] = others[..] else { continue };
            let (low, high) = (
                interval(after).0 - interval(before).1 - own,
                interval(after).1 - interval(before).0 - own,
            );
            let (from, to) = (value(before, other), value(after, other));
            for (key, (low, high)) in [
                ((other.clone(), from.to_bits(), to.to_bits()), (low, high)),
                ((other.clone(), to.to_bits(), from.to_bits()), (-high, -low)),
            ] {
                let known = found.entry(key).or_insert((f64::NEG_INFINITY, f64::INFINITY));
                *known = (known.0.max(low), known.1.min(high));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is published, one table after the other, no attacker gets a firm's change or answer more closely than p.
    #[test]
    fn nothing_published_gives_an_answer_away(history in histories(), finest in prop::sample::select(vec![0.1, 1.0, 5.0])) {
        let rule = DisclosureRule { p_share: P, ..DisclosureRule::default() };
        let mut published: Vec<Published> = vec![];
        for contributions in history {
            if let Ok(step) = smallest_step(&published, &contributions, finest, &rule) {
                published.push(Published { contributions, quantum: f64::from(step) * finest });
            }
        }
        let firms: BTreeSet<&String> = published.iter().flat_map(|table| table.contributions.keys()).collect();
        for attacker in std::iter::once(None).chain(firms.iter().copied().map(Some)) {
            for ((firm, from, to), (low, high)) in reconstructed(&published, attacker) {
                let change = f64::from_bits(to) - f64::from_bits(from);
                prop_assert!(low - 1e-6 <= change && change <= high + 1e-6, "the attack itself is sound");
                prop_assert!(
                    (high - low) / 2.0 >= P * change.abs() - 1e-6,
                    "{attacker:?} knows the change {change} of {firm} to lie in {low}..{high}"
                );
            }
            // One table alone: all that the others, known to be zero or more, leave for one firm.
            for table in &published {
                let own = attacker.and_then(|attacker| table.contributions.get(attacker)).copied().unwrap_or(0.0);
                for (firm, value) in table.contributions.iter().filter(|(firm, _)| Some(*firm) != attacker) {
                    prop_assert!(
                        interval(table).1 - own - value >= P * value - table.quantum - 1e-6,
                        "{attacker:?} bounds {firm}"
                    );
                }
            }
        }
    }

    /// The step is the smallest: a finer one on the ladder is refused, and what is published alone passes the rules for one table.
    #[test]
    fn no_finer_step_would_do(history in histories()) {
        let rule = DisclosureRule::default();
        let [first, second, ..] = &history[..] else { return Ok(()) };
        let Ok(step) = smallest_step(&[], first, 0.1, &rule) else { return Ok(()) };
        prop_assert_eq!(step, 1);
        let before = Published { contributions: first.clone(), quantum: 0.1 };
        if let Ok(step) = smallest_step(std::slice::from_ref(&before), second, 0.1, &rule) {
            prop_assert!(may_publish(&second.values().copied().collect::<Vec<_>>(), &rule).is_ok());
            let largest = second.keys().chain(first.keys())
                .map(|firm| (second.get(firm).unwrap_or(&0.0) - first.get(firm).unwrap_or(&0.0)).abs())
                .fold(0.0, f64::max);
            // One firm alone needs (q₁ + q₂)/2 ≥ p·d; the ladder overshoots by 2.5 at most, the attack over both totals by little more.
            prop_assert!(f64::from(step) * 0.1 <= (2.0 * P * largest).max(0.1) * 5.0 + 1e-9, "{step} for {largest}");
        }
    }
}
