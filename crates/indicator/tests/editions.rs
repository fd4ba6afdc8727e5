//! Editions stay what they were, and the difference of any two is decomposed to the last digit.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::path::Path;

use indicator::{Cause, Edition, EditionFault, differences};
use jiff::civil::{Date, date};
use plan::{Files, Plan};
use proptest::prelude::*;
use vocab::{Number, Period};

fn files() -> Files {
    Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap()
}

/// The plan's files with words replaced; each must be there.
fn edited(edits: &[(&str, &str, &str)]) -> Files {
    let mut texts: Vec<(String, String)> = files()
        .iter()
        .map(|(path, text)| (path.into(), text.into()))
        .collect();
    for (file, find, replace) in edits {
        let text = &mut texts
            .iter_mut()
            .find(|(path, _)| path == file)
            .unwrap_or_else(|| panic!("{file}"))
            .1;
        assert!(text.contains(find), "{file}: {find}");
        *text = text.replacen(find, replace, 1);
    }
    Files::from_texts(texts)
}

fn edition(files: &Files, as_of: Date) -> Edition {
    let plan = Plan::read(files.clone()).unwrap_or_else(|faults| panic!("{faults}"));
    Edition::make(&plan, files, Period::fiscal(2026), as_of)
}

const DAY: Date = date(2026, 3, 18);

/// A later observation of a series.
fn correction(series: &str, period: &str, value: &str, recorded: &str) -> String {
    format!(
        "\n[[observation]]\nseries = \"{series}\"\nperiod = \"{period}\"\nvalue = \"{value}\"\nprinted = \"訂正\"\n\
         source = \"interim-2026\"\nsection = \"架空\"\nrecorded = \"{recorded}\"\nauthor = \"a\"\napprover = \"b\"\n"
    )
}

/// The plan with observations added.
fn corrected(added: &[String]) -> Files {
    let mut texts: Vec<(String, String)> = files()
        .iter()
        .map(|(path, text)| (path.into(), text.into()))
        .collect();
    texts.push(("series/zz-corrections.toml".into(), added.concat()));
    Files::from_texts(texts)
}

fn sum(parts: &[indicator::Part]) -> Number {
    parts.iter().fold(Number::ZERO, |total, part| {
        total.plus(&part.amount.parse().unwrap()).unwrap()
    })
}

fn assert_sums(before: &Edition, after: &Edition) -> Vec<indicator::Difference> {
    let list = differences(before, after).unwrap();
    assert!(!list.is_empty());
    for one in &list {
        let change: Number = one.change.parse().unwrap();
        let (from, to): (Number, Number) = (one.before.parse().unwrap(), one.after.parse().unwrap());
        assert_eq!(change, to.minus(&from).unwrap(), "{} {}", one.id, one.at);
        assert_eq!(sum(&one.parts), change, "{} {}", one.id, one.at);
    }
    list
}

#[test]
fn the_first_edition_stays_the_same_to_the_byte() {
    let first = edition(&files(), DAY).to_bytes().unwrap();
    for round in 0..13 {
        let added = vec![correction(
            "sales_large_firms",
            "FY2024",
            &format!("7.{round}5兆円"),
            &format!("2026-04-{:02}", round + 1),
        )];
        let later = corrected(&added);
        // A later state of the data makes another edition ...
        let second = edition(&later, date(2026, 5, 1)).to_bytes().unwrap();
        assert_ne!(first, second);
        // ... and the first, read back and written out, is what it was.
        let kept = Edition::parse(&first).unwrap();
        assert_eq!(kept.to_bytes().unwrap(), first);
        assert!(kept.recompute().unwrap().is_empty());
    }
    assert_eq!(edition(&files(), DAY).to_bytes().unwrap(), first);
}

#[test]
fn a_changed_byte_breaks_the_seal() {
    let bytes = edition(&files(), DAY).to_bytes().unwrap();
    for place in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let fault = Edition::parse(&changed).unwrap_err();
        assert!(
            matches!(fault, EditionFault::Broken { .. } | EditionFault::NotAnEdition(_)),
            "{place}"
        );
    }
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(Edition::parse(&bytes[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn each_cause_is_told_apart() {
    let before = edition(&files(), DAY);
    let only = |files: &Files, cause: Cause| {
        let list = assert_sums(&before, &edition(files, date(2026, 12, 1)));
        let moved = list.iter().filter(|one| one.before != one.after);
        for one in moved {
            for part in &one.parts {
                let still = part.amount == "0";
                assert!(
                    still || part.cause == cause || part.cause == Cause::Rounding,
                    "{}: {:?} {}",
                    one.id,
                    part.cause,
                    part.amount
                );
            }
        }
        list
    };
    let data = only(
        &corrected(&[correction("sales_large_firms", "FY2024", "8.0兆円", "2026-10-01")]),
        Cause::Data,
    );
    let kgi1 = data
        .iter()
        .find(|one| one.id == "kgi1" && one.at == Period::fiscal(2040))
        .unwrap();
    assert_eq!(
        (kgi1.before.as_str(), kgi1.after.as_str(), kgi1.change.as_str()),
        ("28", "31", "3")
    );
    only(
        &corrected(&[correction("exchange_rate", "CY2025", "160円/ドル", "2026-10-01")]),
        Cause::ExchangeRate,
    );
    only(
        &edited(&[(
            "indicators/kgi1.toml",
            "'project(base, growth, FY2024, at)'",
            "'project(base, growth, FY2023, at)'",
        )]),
        Cause::Method,
    );
    only(
        &edited(&[("indicators/kgi2.toml", "value = \"0%\"", "value = \"10%\"")]),
        Cause::Assumption,
    );
}

#[test]
fn causes_that_act_together_share_what_they_did() {
    let before = edition(&files(), DAY);
    let mut texts: Vec<(String, String)> =
        edited(&[("indicators/kgi2.toml", "value = \"0%\"", "value = \"10%\"")])
            .iter()
            .map(|(path, text)| (path.into(), text.into()))
            .collect();
    let added = [
        correction("domestic_investment_usd", "FY2024", "50億ドル/年", "2026-10-01"),
        correction("exchange_rate", "CY2025", "160円/ドル", "2026-10-01"),
    ];
    texts.push(("series/zz-corrections.toml".into(), added.concat()));
    let list = assert_sums(&before, &edition(&Files::from_texts(texts), date(2026, 12, 1)));
    let kgi2 = list
        .iter()
        .find(|one| one.id == "kgi2" && one.at == Period::fiscal(2040))
        .unwrap();
    for cause in [Cause::Data, Cause::ExchangeRate, Cause::Assumption] {
        let part = kgi2.parts.iter().find(|part| part.cause == cause).unwrap();
        assert!(
            !part.amount.starts_with('-') && part.amount != "0",
            "{cause:?} {}",
            part.amount
        );
        assert!(part.say.ja.contains("上がりました"), "{}", part.say.ja);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_two_states_decompose_exactly(sales in 10_i32..200, rate in 800_i32..2_000, dollars in 1_i32..200, spread in -5_i32..5) {
        let before = edition(&files(), DAY);
        let added = [
            correction("sales_large_firms", "FY2024", &format!("{}兆円", f64::from(sales) / 10.0), "2026-09-01"),
            correction("exchange_rate", "CY2025", &format!("{}円/ドル", f64::from(rate) / 10.0), "2026-09-02"),
            correction("domestic_investment_usd", "FY2024", &format!("{dollars}億ドル/年"), "2026-09-03"),
        ];
        let mut texts: Vec<(String, String)> = edited(&[("indicators/kgi2.toml", "value = \"0%\"", &format!("value = \"{}%\"", spread * 5))])
            .iter().map(|(path, text)| (path.into(), text.into())).collect();
        texts.push(("series/zz-corrections.toml".into(), added.concat()));
        assert_sums(&before, &edition(&Files::from_texts(texts), date(2026, 12, 1)));
    }
}
