//! Exact numbers, units and quantities: texts, laws, and powers against an independent computation.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use proptest::prelude::*;
use vocab::quantity::literal_quantum;
use vocab::{Number, Quantity, Unit};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn numbers_read_and_write_their_normal_form() {
    let table = [
        ("7.3", "7.3"),
        ("-0.05", "-0.05"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("2.5E-3", "0.0025"),
        (".5", "0.5"),
        ("-0", "0"),
        ("1/3", "1/3"),
        ("-6/4", "-1.5"),
        ("~1.41", "~1.41"),
    ];
    for (text, normal) in table {
        assert_eq!(number(text).to_string(), normal, "{text}");
    }
    for text in [
        "", "-", "1,000", "1_000", "１", "e3", "1e", "1e+", "0x10", "1.2.3", "1/2/3", "inf", "NaN", "--1",
    ] {
        assert_eq!(text.parse::<Number>().unwrap_err().kind, "number", "{text}");
    }
    assert_eq!("1/0".parse::<Number>().unwrap_err().kind, "division_by_zero");
    for text in [
        "1e999999",
        "1e-30000",
        "1e99999999999999999999",
        &"9".repeat(30_000),
    ] {
        assert_eq!(text.parse::<Number>().unwrap_err().kind, "too_large");
    }
}

#[test]
fn decimals_are_whole_where_they_end_and_34_digits_where_they_do_not() {
    assert_eq!(number("1/3").to_decimal(), "0.3333333333333333333333333333333333");
    assert_eq!(number("1/3").exact_text().unwrap(), "1/3");
    assert_eq!(number("2/3").to_decimal(), "0.6666666666666666666666666666666667");
    assert_eq!(
        number("-200/3").to_decimal(),
        "-66.66666666666666666666666666666667"
    );
    assert_eq!(number("1/1024").to_decimal(), "0.0009765625");
    assert_eq!(number("1/1024").exact_text(), None);
    assert_eq!(number("28.4567").to_significant(4), "28.46");
    assert_eq!(number("9.9996").to_significant(4), "10");
    assert_eq!(number("123456").to_significant(2), "120000");
    assert_eq!(number("0").to_significant(3), "0");
}

#[test]
fn rounding_goes_half_away_from_zero() {
    let table = [
        ("2.5", "1", "3"),
        ("-2.5", "1", "-3"),
        ("2.4999", "1", "2"),
        ("10.083", "1", "10"),
        ("1.8636", "0.1", "1.9"),
        ("6109", "50", "6100"),
        ("6125", "50", "6150"),
        ("4756.6", "10", "4760"),
        ("1.625", "0.05", "1.65"),
        ("7", "0", "7"),
    ];
    for (value, quantum, rounded) in table {
        assert_eq!(
            number(value).round_to(&number(quantum)),
            number(rounded),
            "{value} to {quantum}"
        );
    }
}

#[test]
fn powers_are_exact_where_they_can_be() {
    let exact = [
        ("4", "0.5", "2"),
        ("8/27", "2/3", "4/9"),
        ("8/27", "-1/3", "1.5"),
        ("-2", "3", "-8"),
        ("-2", "-2", "0.25"),
        ("0", "0", "1"),
        ("0", "1/3", "0"),
        ("1", "1/7", "1"),
        ("-1", "123456789012345678901", "-1"),
        ("7", "1", "7"),
    ];
    for (base, exponent, power) in exact {
        let found = number(base).pow(&number(exponent)).unwrap();
        assert!(
            found == number(power) && found.is_exact(),
            "{base}^{exponent} = {found}"
        );
    }
    let refused = [
        ("-8", "1/3", "negative_root"),
        ("0", "-1", "division_by_zero"),
        ("9", "387420489", "too_large"),
        ("2", "20001.5", "too_large"),
        ("2", "1e300", "too_large"),
        ("1.0000000001", "1e12", "too_large"),
    ];
    for (base, exponent, kind) in refused {
        assert_eq!(
            number(base).pow(&number(exponent)).unwrap_err().kind,
            kind,
            "{base}^{exponent}"
        );
    }
}

#[test]
fn an_inexact_number_does_not_grow_without_bound() {
    let root = number("2").pow(&number("0.5")).unwrap();
    let power = root.pow(&number("1000")).unwrap();
    assert_eq!(
        power.to_significant(40),
        number("2").pow(&number("500")).unwrap().to_significant(40)
    );
    assert!((-&root).pow(&number("1001")).unwrap().is_negative());
    let product = (0..1000)
        .try_fold(Number::ONE, |product, _| product.times(&root))
        .unwrap();
    assert_eq!(product.to_significant(40), power.to_significant(40));
    assert!(!product.is_exact());
}

/// The digits are those of OEIS A002193 (√2), A002580 (2^(1/3)) and A010467 (√10); 7^(1/30), the growth of KGI 1, is by Python's
/// `decimal` at 80 digits.
#[test]
fn irrational_powers_have_fifty_right_digits() {
    let table = [
        ("2", "0.5", "~1.4142135623730950488016887242096980785696718753769"),
        ("2", "1/3", "~1.2599210498948731647672106072782283505702514647015"),
        (
            "0.01",
            "0.25",
            "~0.31622776601683793319988935444327185337195551393252",
        ),
        (
            "7",
            "1/30",
            "~1.0670135502557426740762897615526484253047772485543",
        ),
    ];
    for (base, exponent, digits) in table {
        let found = number(base).pow(&number(exponent)).unwrap();
        assert!(!found.is_exact());
        assert_eq!(found.to_string(), digits, "{base}^{exponent}");
    }
}

#[test]
fn units_combine_as_people_write_them() {
    let unit = |text: &str| text.parse::<Unit>().unwrap();
    let table = [
        ("億ドル", "*", "円/ドル", "億円"),
        ("億円", "/", "円/ドル", "億ドル"),
        ("兆円", "/", "兆円", ""),
        ("兆円", "/", "社", "兆円/社"),
        ("兆円", "*", "%", "兆円"),
        ("兆円", "/", "%", "兆円"),
        ("%", "*", "%", ""),
        ("%", "/", "%", ""),
        ("", "*", "%/年", "%/年"),
        ("%/年", "*", "年", "%"),
        ("兆円", "*", "%/年", "兆円/年"),
        ("件/月", "*", "月", "件"),
        ("件/年", "*", "月", "件"),
        ("千人", "*", "百万円/人", "十億円"),
        ("兆円", "*", "億円/円", "兆円"),
        ("%", "/", "年", "%/年"),
        ("件/年", "/", "人", "件/人/年"),
        ("円", "*", "円", "円・円"),
    ];
    for (left, op, right, result) in table {
        let (a, b) = (unit(left), unit(right));
        let combined = if op == "*" { a.times(&b) } else { a.over(&b) };
        assert_eq!(combined.to_string(), result, "{left} {op} {right}");
    }
    assert_eq!(unit("億USD").to_string(), "億ドル");
    assert_eq!(unit("JPY / USD").to_string(), "円/ドル");
    assert_eq!(unit("％／年"), Unit::percent_a_year());
    for text in ["兆年", "兆", "億件円", "円//ドル", "圓", "円/"] {
        assert_eq!(text.parse::<Unit>().unwrap_err().kind, "unknown_unit", "{text}");
    }
}

#[test]
fn quantities_read_write_and_keep_their_unit() {
    for text in [
        "7.3兆円",
        "149円/ドル",
        "6.7%/年",
        "8件/年",
        "16年",
        "2",
        "-5.12%",
        "0.5 1/年",
        "1/3兆円",
        "3百万円",
    ] {
        assert_eq!(text.parse::<Quantity>().unwrap().to_string(), text);
    }
    let quantity = |text: &str| text.parse::<Quantity>().unwrap();
    assert_eq!(quantity(" ４１ 億ドル "), quantity("41億ドル"));
    assert_eq!(*quantity("7.3兆円").number(), number("7.3e12"));
    assert_eq!(quantity("7.3兆円").in_unit(), number("7.3"));
    assert_eq!(quantity("18月").number().to_decimal(), "1.5");
    assert!(quantity("1000円").compare(&quantity("1千円")).unwrap().is_eq());
    assert_eq!(quantity("1円").plus(&quantity("1ドル")).unwrap_err().kind, "unit");
    let quanta = [
        ("7.3兆円", "0.1兆円"),
        ("10兆円", "1兆円"),
        ("5.12%/年", "0.01%/年"),
        ("1.5e3円", "100円"),
        ("41億ドル", "1億ドル"),
    ];
    for (figure, quantum) in quanta {
        assert_eq!(literal_quantum(figure).unwrap(), quantity(quantum), "{figure}");
    }
}

proptest! {
    #[test]
    fn a_number_reads_back_as_itself(numerator: i64, denominator in 1..=i64::MAX) {
        let value = Number::ratio(numerator, denominator).unwrap();
        prop_assert_eq!(value.to_string().parse::<Number>().unwrap(), value);
    }

    #[test]
    fn no_text_panics(text in ".{0,40}") {
        let _ = text.parse::<Number>();
        let _ = text.parse::<Quantity>();
        let _ = text.parse::<Unit>();
        let _ = literal_quantum(&text);
    }

    /// The q-th power of a 50-digit root lies within half a digit of the base, computed in whole numbers only.
    #[test]
    fn a_root_brackets_its_base(base in 2u32..100_000, p in 1i32..12, q in 2i32..12) {
        let exponent = Number::ratio(p.into(), q.into()).unwrap();
        let root = Number::from(i64::from(base)).pow(&exponent).unwrap();
        let target = Number::from(i64::from(base)).pow(&Number::from(p)).unwrap();
        if root.is_exact() {
            prop_assert_eq!(root.pow(&Number::from(q)).unwrap(), target);
        } else {
            let digits = root.to_f64().log10().floor();
            #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
            let half = &Number::power_of_ten(digits as i32 - 49) * &Number::ratio(1, 2).unwrap();
            prop_assert!((&root - &half).pow(&Number::from(q)).unwrap() <= target);
            prop_assert!((&root + &half).pow(&Number::from(q)).unwrap() >= target);
        }
    }

    #[test]
    fn floats_come_and_go(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        prop_assert_eq!(Number::from_f64(value).unwrap().to_f64().to_bits(), (value + 0.0).to_bits());
    }

    #[test]
    fn rounding_moves_by_half_a_quantum_at_most(n in -1_000_000i64..1_000_000, d in 1i64..1000, q in 1i64..1000) {
        let (value, quantum) = (Number::ratio(n, d).unwrap(), Number::ratio(q, 7).unwrap());
        let moved = (&value - &value.round_to(&quantum)).abs();
        prop_assert!(&moved + &moved <= quantum);
    }
}
