use indicator::stats::poisson::{below, first_detection, rate_interval, reaches};
use proptest::prelude::*;

use crate::close;

/// Garwood's limits: published tables to their three decimals, scipy to twelve digits.
#[test]
fn exact_intervals_are_those_of_the_tables() {
    for (count, low, high) in [
        (0, 0.0, 3.688_879_454_113_935_4),
        (1, 0.025_317_807_984_289_876, 5.571_643_390_938_898),
        (2, 0.242_209_278_543_964_96, 7.224_687_667_723_96),
        (4, 1.089_865_373_626_324_9, 10.241_588_675_403_694),
        (8, 3.453_832_176_748_501_4, 15.763_189_220_193_313),
        (20, 12.216_519_585_403_944, 30.888_377_902_674_5),
        (100, 81.363_991_250_923_14, 121.626_793_792_426_38),
    ] {
        let interval = rate_interval(count, 1.0, 0.95).unwrap();
        close(interval.low, low, 1e-10);
        close(interval.high, high, 1e-10);
    }
    let pooled = rate_interval(6, 2.0, 0.95).unwrap();
    close(pooled.low, 2.201_894_253_490_850_8 / 2.0, 1e-10);
    close(pooled.high, 13.059_474_022_518_685 / 2.0, 1e-10);
}

/// §5 ③: at a true rate of 8 one year misses 8 in 45 %, at 4 it reaches 8 in 5 %.
#[test]
fn one_year_says_little() {
    close(below(8, 8.0), 0.452_960_809_486_994_6, 1e-12);
    close(reaches(8, 4.0), 0.051_133_615_792_847_3, 1e-12);
    assert_eq!((below(0, 8.0), reaches(0, 0.0), below(3, 0.0)), (0.0, 1.0, 1.0));
}

/// From 4 in 2025 to 8 in 2040 in a straight line, against an unchanged rate; recomputed with scipy.
#[test]
fn a_miss_shows_only_after_years() {
    let required: Vec<f64> = (1..=15).map(|year| 4.0 + 4.0 * f64::from(year) / 15.0).collect();
    for (rate, years, at_most, power) in [
        (2.0, 4, 11, 0.888_075_998_981_481_5),
        (3.0, 7, 25, 0.837_700_990_640_679_2),
        (4.0, 12, 54, 0.826_833_445_593_226_5),
    ] {
        let found = first_detection(&required, &[rate; 15], 0.05, 0.8).unwrap();
        assert_eq!((found.years, found.at_most), (years, at_most));
        close(found.power, power, 1e-9);
    }
    assert_eq!(
        first_detection(&required, &required, 0.05, 0.8),
        None,
        "on the path there is nothing to find"
    );
    assert_eq!(first_detection(&required[..3], &[4.0; 3], 0.05, 0.8), None);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    assert_eq!(rate_interval(4, 0.0, 0.95).unwrap_err().kind, "years");
    assert_eq!(rate_interval(4, f64::NAN, 0.95).unwrap_err().kind, "years");
    assert_eq!(rate_interval(4, 1.0, 1.0).unwrap_err().kind, "level");
}

proptest! {
    /// The definition of the exact limits: at each end the tail of the count is (1 - level) / 2.
    #[test]
    fn the_ends_leave_equal_tails(count in 1_u64..500, level in 0.5..0.999_f64) {
        let interval = rate_interval(count, 1.0, level).unwrap();
        let tail = (1.0 - level) / 2.0;
        prop_assert!((reaches(count, interval.low) - tail).abs() < 1e-8);
        prop_assert!((below(count + 1, interval.high) - tail).abs() < 1e-8);
        prop_assert!(interval.contains(count as f64));
    }

    /// P(X < k) is the sum of the probabilities.
    #[test]
    fn tails_are_sums(count in 1_u64..40, rate in 0.01..40.0_f64) {
        let mut term = (-rate).exp();
        let mut sum = 0.0;
        for k in 0..count {
            sum += term;
            term *= rate / (k + 1) as f64;
        }
        prop_assert!((below(count, rate) - sum).abs() < 1e-11);
    }
}
