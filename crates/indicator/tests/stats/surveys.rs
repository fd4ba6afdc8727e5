use indicator::stats::coverage::{Coverage, Synthetic, coverage_study};
use indicator::stats::disclosure::{DisclosureRule, may_publish};
use indicator::stats::survey::{Estimate, Method, Survey, ratio_spread};
use proptest::prelude::*;

use crate::close;

/// Nine of 26 架空 firms: (investment, sales) in 10億円, out of sales of 730.
const PAIRS: [(f64, f64); 9] = [
    (1.9, 9.5),
    (0.45, 6.1),
    (8.4, 62.0),
    (2.2, 21.0),
    (0.6, 7.4),
    (14.1, 88.0),
    (3.3, 17.0),
    (0.9, 12.0),
    (9.15, 147.0),
];

fn estimate(survey: &Survey, method: Method) -> Estimate {
    *survey
        .estimates(0.95, 7)
        .unwrap()
        .iter()
        .find(|e| e.method == method)
        .unwrap()
}

/// Total, standard error, low and high computed with numpy from the textbook formulas.
#[test]
fn estimators_agree_with_an_independent_computation() {
    let survey = Survey::new(&PAIRS, 730.0, 26, None).unwrap();
    for (method, expected) in [
        (
            Method::Ratio,
            [
                80.891_891_891_891_9,
                14.678_014_147_995_727,
                47.044_330_570_028_51,
                114.739_453_213_755_3,
            ],
        ),
        (
            Method::RatioJackknife,
            [
                80.891_891_891_891_9,
                20.097_529_530_188_59,
                34.546_905_687_889_17,
                127.236_878_095_894_64,
            ],
        ),
        (
            Method::RatioLogJackknife,
            [
                80.891_891_891_891_9,
                20.097_529_530_188_59,
                45.612_810_407_384_94,
                143.457_465_466_545_8,
            ],
        ),
        (
            Method::RatioPrediction,
            [
                80.891_891_891_891_9,
                15.156_097_784_370_496,
                57.610_825_154_918_174,
                149.341_401_182_976_37,
            ],
        ),
        (
            Method::Expansion,
            [
                118.444_444_444_444_44,
                33.884_204_822_007_45,
                40.307_328_006_790_33,
                196.581_560_882_098_56,
            ],
        ),
        (
            Method::Regression,
            [
                90.691_567_133_845_65,
                20.400_480_685_227_162,
                42.452_095_761_407_33,
                138.931_038_506_283_98,
            ],
        ),
    ] {
        let e = estimate(&survey, method);
        for (actual, expected) in [e.total, e.standard_error, e.interval.low, e.interval.high]
            .iter()
            .zip(expected)
        {
            close(*actual, expected, 1e-10);
        }
    }
    assert_eq!(
        survey.recommended(0.95).unwrap(),
        estimate(&survey, Method::RECOMMENDED)
    );
}

/// Limits of 400,000 resamples with numpy's generator; 999 of ours differ by the noise of resampling only.
#[test]
fn bootstraps_agree_with_a_large_independent_one() {
    let survey = Survey::new(&PAIRS, 730.0, 26, None).unwrap();
    let rescaled = estimate(&survey, Method::RatioBootstrap);
    close(rescaled.standard_error, 13.975, 0.08);
    close(rescaled.interval.low, 57.70, 0.06);
    close(rescaled.interval.high, 106.54, 0.06);
    let studentised = estimate(&survey, Method::RatioBootstrapT).interval;
    close(studentised.high, 137.46, 0.15);
    assert!((studentised.low - -13.98).abs() < 15.0);
}

#[test]
fn firms_out_of_the_frame_are_predicted_too() {
    let survey = Survey::new(&PAIRS, 730.0, 26, Some(270.0)).unwrap();
    let e = estimate(&survey, Method::RatioPrediction);
    close(e.total, 110.810_810_810_810_8, 1e-12);
    close(e.standard_error, 24.087_872_048_053_093, 1e-10);
    close(e.interval.low, 72.503_972_725_297_14, 1e-10);
    close(e.interval.high, 214.710_402_293_018, 1e-10);
    close(
        estimate(&survey, Method::Ratio).interval.high,
        114.739_453_213_755_3 / 0.73,
        1e-10,
    );
    close(
        estimate(&survey, Method::Expansion).total,
        118.444_444_444_444_44 / 0.73,
        1e-10,
    );
    close(survey.covered_share(), 0.37, 1e-12);
}

/// The total of KGI 2's domestic part, §5 ②: 0.615 of 3.7 extended to 10 (兆円).
#[test]
fn the_report_s_own_extension_is_the_ratio_estimate() {
    let survey = Survey::new(&[(0.3, 2.0), (0.315, 1.7)], 7.3, 26, Some(2.7)).unwrap();
    close(survey.recommended(0.95).unwrap().total, 0.615 / 3.7 * 10.0, 1e-12);
    close(survey.non_response(1.0), 0.615 / 3.7 * 10.0, 1e-12);
    close(
        survey.non_response(0.5),
        0.615 + 0.615 / 3.7 * (0.5 * 3.6 + 2.7),
        1e-12,
    );
    close(ratio_spread(0.8, 9, 26).unwrap(), 0.215_628_677_350_037_32, 1e-14);
}

#[test]
fn a_survey_that_cannot_be_is_refused_in_both_languages() {
    let two = [(1.0, 2.0), (2.0, 3.0)];
    for (kind, pairs, total, firms, out) in [
        ("survey_too_few", &two[..1], 9.0, 26, None),
        ("survey_too_few", &[], 9.0, 26, None),
        ("survey_more_than_frame", &two, 9.0, 1, None),
        ("survey_size", &[(1.0, 0.0), (2.0, 3.0)], 9.0, 26, None),
        ("survey_size", &[(1.0, 1.0), (2.0, -3.0)], 9.0, 26, None),
        ("survey_size", &[(1.0, f64::NAN), (2.0, 3.0)], 9.0, 26, None),
        ("survey_size", &[(1.0, f64::INFINITY), (2.0, 3.0)], 9.0, 26, None),
        ("survey_size", &[(1.0, 1e300), (2.0, 3.0)], 9.0, 26, None),
        ("survey_answer", &[(f64::NAN, 1.0), (2.0, 3.0)], 9.0, 26, None),
        ("survey_answer", &[(-1.0, 1.0), (2.0, 3.0)], 9.0, 26, None),
        ("survey_all_zero", &[(0.0, 1.0), (0.0, 3.0)], 9.0, 26, None),
        ("survey_frame", &two, f64::NAN, 26, None),
        ("survey_frame", &two, 9.0, 26, Some(-1.0)),
        ("survey_frame", &two, 9.0, 26, Some(f64::INFINITY)),
        ("survey_frame_total", &two, 4.0, 26, None),
        ("survey_frame_rest", &two, 5.0, 26, None),
        ("survey_frame_rest", &two, 9.0, 2, None),
    ] {
        let refusal = Survey::new(pairs, total, firms, out).unwrap_err();
        assert_eq!(refusal.kind, kind, "{pairs:?} {total} {firms}");
        assert!(!refusal.ja.is_empty() && !refusal.en.is_empty());
    }
    let survey = Survey::new(&two, 9.0, 26, None).unwrap();
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(survey.estimates(level, 1).unwrap_err().kind, "level");
        assert_eq!(survey.recommended(level).unwrap_err().kind, "level");
    }
    for (cv, n, frame) in [(-0.1, 9, 26), (f64::NAN, 9, 26), (0.8, 0, 26), (0.8, 27, 26)] {
        assert_eq!(ratio_spread(cv, n, frame).unwrap_err().kind, "ratio_spread");
    }
}

#[test]
fn two_answers_give_what_two_answers_can() {
    let survey = Survey::new(&[(1.0, 2.0), (2.0, 3.0)], 9.0, 26, None).unwrap();
    let methods: Vec<Method> = survey
        .estimates(0.95, 1)
        .unwrap()
        .iter()
        .map(|e| e.method)
        .collect();
    assert_eq!(
        methods,
        [
            Method::RatioPrediction,
            Method::Ratio,
            Method::RatioJackknife,
            Method::RatioLogJackknife,
            Method::Expansion
        ]
    );
}

fn surveys() -> impl Strategy<Value = (Vec<(f64, f64)>, f64, usize)> {
    (
        prop::collection::vec((0.01..50.0_f64, 0.1..100.0_f64), 2..15),
        1.0..500.0_f64,
        1..40_usize,
    )
        .prop_map(|(pairs, rest, others)| {
            let total = pairs.iter().map(|p| p.1).sum::<f64>() + rest;
            let frame = pairs.len() + others;
            (pairs, total, frame)
        })
}

proptest! {
    /// Changing the unit of y, the unit of x or the order of the firms changes nothing but the unit of the answer.
    #[test]
    fn units_and_order_do_not_matter((pairs, total, frame) in surveys(), a in 0.001..1000.0_f64, b in 0.001..1000.0_f64) {
        let plain = Survey::new(&pairs, total, frame, None).unwrap();
        let other: Vec<_> = pairs.iter().rev().map(|(y, x)| (a * y, b * x)).collect();
        let other = Survey::new(&other, b * total, frame, None).unwrap();
        let closed = |e: &&Estimate| !matches!(e.method, Method::RatioBootstrap | Method::RatioBootstrapT);
        let (left, right) = (plain.estimates(0.9, 1).unwrap(), other.estimates(0.9, 1).unwrap());
        for (left, right) in left.iter().filter(closed).zip(right.iter().filter(closed)) {
            prop_assert_eq!(left.method, right.method);
            let scale = a * (left.total.abs() + left.standard_error);
            for (l, r) in [
                (left.total, right.total),
                (left.standard_error, right.standard_error),
                (left.interval.low, right.interval.low),
                (left.interval.high, right.interval.high),
            ] {
                prop_assert!((a * l - r).abs() <= 1e-8 * scale.max(r.abs()), "{:?}: {} {}", left.method, a * l, r);
            }
        }
    }

    /// The recommended interval holds its estimate, never falls below what was answered, and widens with the level.
    #[test]
    fn the_recommended_interval_is_sensible((pairs, total, frame) in surveys()) {
        let survey = Survey::new(&pairs, total, frame, None).unwrap();
        let (narrow, wide) = (survey.recommended(0.8).unwrap(), survey.recommended(0.95).unwrap());
        let answered: f64 = pairs.iter().map(|p| p.0).sum();
        prop_assert!(wide.interval.low <= narrow.interval.low && narrow.interval.high <= wide.interval.high);
        prop_assert!(narrow.interval.contains(narrow.total));
        prop_assert!(wide.interval.low >= answered * (1.0 - 1e-12));
        prop_assert!((survey.non_response(1.0) - wide.total).abs() <= 1e-9 * wide.total);
        prop_assert!(survey.non_response(0.5) < survey.non_response(1.5));
    }

    /// When every firm has answered there is nothing left to estimate.
    #[test]
    fn a_census_is_exact(pairs in prop::collection::vec((0.01..50.0_f64, 0.1..100.0_f64), 2..15)) {
        let (y, x) = pairs.iter().fold((0.0, 0.0), |(y, x), p| (y + p.0, x + p.1));
        let survey = Survey::new(&pairs, x, pairs.len(), None).unwrap();
        for e in survey.estimates(0.95, 1).unwrap() {
            for value in [e.total, e.interval.low, e.interval.high] {
                prop_assert!((value - y).abs() <= 1e-6 * y, "{e:?} {y}");
            }
        }
    }
}

/// A small run of the study that chose the recommended method; the bounds leave room for 4,000 replications.
#[test]
fn the_recommended_interval_covers() {
    for cv in [0.5, 0.8, 1.0] {
        let methods = [Method::RECOMMENDED, Method::Ratio];
        let rows = coverage_study(&Synthetic::nine_of_26(cv), &methods, 4_000, 20_260_318).unwrap();
        assert_eq!(rows.iter().map(|row| row.method).collect::<Vec<_>>(), methods);
        assert!(
            (0.935..=0.97).contains(&rows[0].covered),
            "CV {cv}: {:?}",
            rows[0]
        );
        assert!(
            rows[1].covered < 0.90,
            "the plain t interval covers less: {:?}",
            rows[1]
        );
    }
}

#[test]
fn the_study_is_repeatable_and_adds_up() {
    let design = Synthetic::nine_of_26(0.8);
    let run = || coverage_study(&design, &Method::ALL, 20, 5).unwrap();
    assert_eq!(run(), run());
    assert_eq!(run().len(), Method::ALL.len());
    assert!(
        run()
            .iter()
            .all(|r: &Coverage| (r.covered + r.too_high + r.too_low - 1.0).abs() < 1e-12)
    );
    let none = coverage_study(&Synthetic { answers: 2, ..design }, &[Method::Regression], 20, 5).unwrap();
    assert_eq!(none, []);
    for (broken, kind) in [
        (
            Synthetic {
                ratio_cv: f64::NAN,
                ..design
            },
            "synthetic_design",
        ),
        (
            Synthetic {
                size_log_sd: -1.0,
                ..design
            },
            "synthetic_design",
        ),
        (
            Synthetic {
                answers: 27,
                ..design
            },
            "synthetic_design",
        ),
        (Synthetic { answers: 1, ..design }, "survey_too_few"),
    ] {
        assert_eq!(
            coverage_study(&broken, &Method::ALL, 20, 5).unwrap_err().kind,
            kind
        );
    }
}

#[test]
fn one_firm_s_answer_is_never_given_away() {
    let rule = DisclosureRule::default();
    for (values, verdict) in [
        (&[10.0, 9.0, 8.0, 7.0][..], None),
        (&[10.0, 9.0], Some("disclosure_frequency")),
        (&[10.0, 9.0, 0.0], Some("disclosure_frequency")),
        (&[], Some("disclosure_frequency")),
        (&[60.0, 30.0, 5.0, 5.0], Some("disclosure_dominance")),
        (&[10.0, 0.4, 0.3, 0.3], Some("disclosure_dominance")),
        (&[10.0, f64::NAN, 8.0, 7.0], Some("disclosure_value")),
        (&[10.0, -1.0, 8.0, 7.0], Some("disclosure_value")),
    ] {
        assert_eq!(
            may_publish(values, &rule).err().map(|r| r.kind),
            verdict,
            "{values:?}"
        );
    }
    let p_rule = DisclosureRule {
        dominance: (1, 1.0),
        ..rule
    };
    assert!(may_publish(&[100.0, 50.0, 6.0, 4.0], &p_rule).is_ok());
    let refusal = may_publish(&[100.0, 50.0, 5.0, 4.9], &p_rule).unwrap_err();
    assert_eq!(refusal.kind, "disclosure_p_percent");
    assert!(refusal.ja.contains("10%") && refusal.en.contains("10 %"));
}
