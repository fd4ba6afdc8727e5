use indicator::stats::projection::{
    Fit, Model, Point, Prediction, backtest, constant_growth_path, linear_path, required_growth,
};

use crate::close;

const SALES: [Point; 8] = [
    (2015, 5.1),
    (2016, 5.4),
    (2017, 5.6),
    (2018, 6.1),
    (2019, 6.0),
    (2020, 6.6),
    (2021, 7.2),
    (2022, 7.3),
];

/// §5: 3 to 21 over thirty years is 6.701 % a year; 10 at 6.7 % reaches 28.23 in 16 years; 4 to 8 in a straight line.
#[test]
fn required_paths_are_the_report_s() {
    close(
        required_growth((2020, 3.0), (2050, 21.0)).unwrap(),
        0.067_01,
        1e-4,
    );
    close(constant_growth_path((2020, 3.0), (2050, 21.0), 2040), 10.98, 1e-3);
    close(
        constant_growth_path((2024, 10.0), (2054, 70.0), 2040),
        28.23,
        1e-4,
    );
    assert_eq!(linear_path((2025, 4.0), (2040, 8.0), 2040), 8.0);
    close(
        linear_path((2025, 4.0), (2040, 8.0), 2030),
        4.0 + 4.0 / 3.0,
        1e-14,
    );
    for (now, target) in [
        ((2040, 3.0), (2040, 8.0)),
        ((2025, 0.0), (2040, 8.0)),
        ((2025, 4.0), (2040, -1.0)),
    ] {
        assert_eq!(required_growth(now, target), None);
    }
}

/// Medians, 95 % prediction limits and the chance of reaching 11, recomputed with numpy and scipy.
#[test]
fn fits_agree_with_an_independent_computation() {
    let growth = Fit::new(Model::ConstantGrowth, &SALES).unwrap();
    close(growth.growth(), 0.052_681_272_299_404_4_f64.exp_m1(), 1e-10);
    for (actual, expected) in growth.fan([2030], &[0.025, 0.5, 0.975])[0].iter().zip([
        9.865_070_400_000_327,
        11.209_588_754_022_956,
        12.737_352_592_467_436,
    ]) {
        close(*actual, expected, 1e-9);
    }
    close(growth.predict(2030).reaches(11.0), 0.634_929_060_486_628_7, 1e-8);
    assert_eq!(growth.predict(2030).reaches(-1.0), 1.0);

    let walk = Fit::new(Model::RandomWalk, &SALES).unwrap();
    for (actual, expected) in walk.fan([2030], &[0.025, 0.5, 0.975])[0].iter().zip([
        7.177_447_480_725_297,
        10.998_309_264_767_29,
        16.853_178_934_197_157,
    ]) {
        close(*actual, expected, 1e-9);
    }
    assert_eq!(
        walk.fan([2022], &[0.1, 0.9])[0],
        vec![7.3_f64.ln().exp(); 2],
        "the last value is known"
    );
    close(walk.predict(2030).centre(), 10.998_309_264_767_29, 1e-12);
}

/// KGI 3, §5 ③: 2 and 4 cases; the next year's count at one unchanged rate (negative binomial, scipy).
#[test]
fn two_counts_predict_a_third() {
    let next = Fit::new(Model::ConstantRate, &[(2024, 2.0), (2025, 4.0)])
        .unwrap()
        .predict(2040);
    assert_eq!(
        next,
        Prediction::Count {
            shape: 6.5,
            exposure: 2.0
        }
    );
    assert_eq!([0.025, 0.5, 0.975].map(|p| next.quantile(p)), [0.0, 3.0, 8.0]);
    close(next.reaches(8.0), 0.045_202_199_467_843_77, 1e-10);
    close(next.reaches(7.5), 0.045_202_199_467_843_77, 1e-10);
    close(next.centre(), 3.25, 1e-15);
    let none = Fit::new(Model::ConstantRate, &[(2025, 0.0)]).unwrap();
    assert_eq!((none.predict(2026).quantile(0.5), none.growth()), (0.0, 0.0));
}

#[test]
fn a_perfect_series_has_no_error() {
    let exact: Vec<Point> = (0..6).map(|i| (2020 + i, 100.0 * 1.05_f64.powi(i))).collect();
    for model in [Model::ConstantGrowth, Model::RandomWalk] {
        let fit = Fit::new(model, &exact).unwrap();
        close(fit.growth(), 0.05, 1e-9);
        close(fit.predict(2040).centre(), 100.0 * 1.05_f64.powi(20), 1e-9);
        let back = backtest(model, &exact).unwrap();
        assert!(back.forecasts == 3 && back.model_error < 1e-10);
        close(back.naive_error, 1.0 - 1.0 / 1.05, 1e-10);
    }
}

#[test]
fn back_tests_agree_with_an_independent_computation() {
    let back = backtest(Model::ConstantGrowth, &SALES).unwrap();
    assert_eq!(back.forecasts, 5);
    close(back.model_error, 0.037_466_039_240_235_21, 1e-10);
    close(back.naive_error, 0.057_314_986_832_166_22, 1e-10);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let cases: [(&str, Model, &[Point]); 7] = [
        ("series_too_short", Model::ConstantGrowth, &SALES[..2]),
        ("series_too_short", Model::ConstantRate, &[]),
        (
            "series_order",
            Model::RandomWalk,
            &[(2020, 1.0), (2020, 2.0), (2021, 3.0)],
        ),
        ("series_order", Model::ConstantRate, &[(2021, 1.0), (2020, 2.0)]),
        (
            "series_value",
            Model::ConstantGrowth,
            &[(2020, 1.0), (2021, 0.0), (2022, 3.0)],
        ),
        ("series_value", Model::ConstantRate, &[(2020, -1.0)]),
        ("series_value", Model::ConstantRate, &[(2020, f64::NAN)]),
    ];
    for (kind, model, series) in cases {
        assert_eq!(Fit::new(model, series).unwrap_err().kind, kind);
    }
    assert_eq!(
        backtest(Model::ConstantRate, &SALES[..4]).unwrap_err().kind,
        "too_short_to_backtest"
    );
    let zero = [(2020, 1.0), (2021, 0.0), (2022, 3.0), (2023, 1.0), (2024, 2.0)];
    assert_eq!(
        backtest(Model::ConstantRate, &zero).unwrap_err().kind,
        "backtest_zero"
    );
}
