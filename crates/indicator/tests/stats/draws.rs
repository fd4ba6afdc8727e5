use indicator::stats::quantile::{quantile, quantiles};
use indicator::stats::sample::{BLOCK, Spread};
use indicator::stats::sensitivity::{tornado, variance_shares};
use proptest::prelude::*;

use crate::close;

const SPREADS: [Spread; 7] = [
    Spread::None { value: 3.5 },
    Spread::Uniform {
        low: 7.25,
        high: 7.35,
    },
    Spread::Normal { mean: 10.0, sd: 2.0 },
    Spread::StudentT {
        loc: -1.0,
        scale: 0.5,
        df: 8.0,
    },
    Spread::Triangular {
        low: 0.0,
        mode: 1.0,
        high: 4.0,
    },
    Spread::LogNormal {
        median: 2.0,
        log_sd: 0.5,
    },
    Spread::Poisson { rate: 4.0 },
];

fn column(spread: &Spread, draws: usize, seed: u64, stream: u64) -> Vec<f64> {
    let mut out = vec![f64::NAN; draws];
    spread.fill(&mut out, seed, stream).unwrap();
    out
}

/// Mean and standard deviation in closed form, met within five standard errors of 400,000 draws.
#[test]
fn draws_have_the_moments_of_their_spread() {
    let moments = [
        (3.5, 0.0),
        (7.3, 0.1 / 12_f64.sqrt()),
        (10.0, 2.0),
        (-1.0, 0.5 * (8.0_f64 / 6.0).sqrt()),
        (5.0 / 3.0, (13.0_f64 / 18.0).sqrt()),
        (
            2.0 * 0.125_f64.exp(),
            2.0 * 0.125_f64.exp() * 0.25_f64.exp_m1().sqrt(),
        ),
        (4.0, 2.0),
    ];
    let draws = 400_000;
    for (spread, (mean, sd)) in SPREADS.iter().zip(moments) {
        let values = column(spread, draws, 1, 2);
        let found = values.iter().sum::<f64>() / draws as f64;
        let spread_found = (values.iter().map(|v| (v - found).powi(2)).sum::<f64>() / draws as f64).sqrt();
        assert!(
            (found - mean).abs() <= 5.0 * sd / (draws as f64).sqrt() + 1e-12,
            "{spread:?}: mean {found}"
        );
        assert!(
            (spread_found - sd).abs() <= 0.02 * sd + 1e-12,
            "{spread:?}: sd {spread_found}"
        );
    }
}

/// Four threads that take blocks in turns write the bits of one thread; a longer column begins with the shorter one.
#[test]
fn threads_do_not_change_a_bit() {
    for spread in &SPREADS {
        let whole = column(spread, 10 * BLOCK + 17, 42, 3);
        let mut shared = vec![0.0; whole.len()];
        std::thread::scope(|scope| {
            let mut parts: [Vec<(u64, &mut [f64])>; 4] = Default::default();
            for (block, part) in (0..).zip(shared.chunks_mut(BLOCK)) {
                parts[usize::try_from(block % 4).unwrap()].push((block, part));
            }
            for part in parts {
                scope.spawn(move || {
                    for (block, out) in part.into_iter().rev() {
                        spread.fill_block(out, 42, 3, block).unwrap();
                    }
                });
            }
        });
        assert_eq!(whole, shared);
        assert_eq!(whole[..3 * BLOCK + 5], column(spread, 3 * BLOCK + 5, 42, 3));
    }
}

/// Published editions pin their seed: these bits may change only together with a new edition format.
#[test]
fn the_first_draws_stay_what_they_are() {
    for (spread, bits) in [
        (
            Spread::Uniform {
                low: 7.25,
                high: 7.35,
            },
            0x401d_4782_8d39_cd2e_u64,
        ),
        (Spread::Normal { mean: 10.0, sd: 2.0 }, 0x4026_f79f_55c5_de56),
        (
            Spread::Triangular {
                low: 0.0,
                mode: 1.0,
                high: 4.0,
            },
            0x4000_c774_4985_13c1,
        ),
    ] {
        assert_eq!(column(&spread, 2, 20_260_318, 1)[1].to_bits(), bits, "{spread:?}");
    }
}

#[test]
fn seeds_streams_and_blocks_are_independent() {
    let unit = Spread::Uniform { low: 0.0, high: 1.0 };
    let base = column(&unit, 2 * BLOCK, 1, 1);
    let correlation = |other: &[f64]| {
        12.0 * base
            .iter()
            .zip(other)
            .map(|(a, b)| (a - 0.5) * (b - 0.5))
            .sum::<f64>()
            / other.len() as f64
    };
    for other in [
        column(&unit, 2 * BLOCK, 2, 1),
        column(&unit, 2 * BLOCK, 1, 2),
        column(&unit, 2 * BLOCK, 0, 1),
    ] {
        assert!(correlation(&other).abs() < 0.06);
    }
    assert!(correlation(&base[BLOCK..]).abs() < 0.08, "blocks differ");
}

#[test]
fn a_spread_that_contradicts_itself_is_refused() {
    for spread in [
        Spread::None { value: f64::NAN },
        Spread::Uniform { low: 2.0, high: 1.0 },
        Spread::Uniform {
            low: f64::NEG_INFINITY,
            high: 1.0,
        },
        Spread::Normal { mean: 0.0, sd: -1.0 },
        Spread::Normal {
            mean: f64::NAN,
            sd: 1.0,
        },
        Spread::StudentT {
            loc: 0.0,
            scale: 1.0,
            df: 0.0,
        },
        Spread::Triangular {
            low: 0.0,
            mode: 5.0,
            high: 4.0,
        },
        Spread::LogNormal {
            median: 0.0,
            log_sd: 1.0,
        },
        Spread::Poisson { rate: 0.0 },
        Spread::Poisson { rate: 1e300 },
    ] {
        assert_eq!(
            spread.fill(&mut [0.0], 1, 1).unwrap_err().kind,
            "spread",
            "{spread:?}"
        );
    }
    let mut point = [0.0];
    for spread in [
        Spread::Uniform { low: 2.0, high: 2.0 },
        Spread::Triangular {
            low: 2.0,
            mode: 2.0,
            high: 2.0,
        },
    ] {
        spread.fill(&mut point, 1, 1).unwrap();
        assert_eq!(point, [2.0]);
    }
}

/// numpy.quantile of the same values.
#[test]
fn quantiles_are_numpy_s() {
    let mut values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0];
    let found = quantiles(&mut values, &[0.0, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 1.0]).unwrap();
    assert_eq!(found, [1.0, 1.0, 1.0, 2.5, 4.0, 5.0, 6.0, 8.25, 9.0]);
    assert_eq!(quantile(&mut [7.0], 0.3), Some(7.0));
    assert_eq!(quantile(&mut [], 0.5), None);
    assert_eq!(quantile(&mut [1.0, f64::NAN], 0.5), None);
    assert_eq!(quantile(&mut [1.0, 2.0], 1.1), None);
}

proptest! {
    #[test]
    fn selecting_is_sorting(mut values in prop::collection::vec(-1e6..1e6_f64, 1..400), ps in prop::collection::vec(0.0..=1.0_f64, 0..9)) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let found = quantiles(&mut values, &ps).unwrap();
        for (p, q) in ps.iter().zip(found) {
            // The definition: position p * (n - 1) between the sorted values.
            let position = p * (sorted.len() - 1) as f64;
            let (rank, below) = sorted.iter().enumerate().rev().find(|(rank, _)| *rank as f64 <= position).unwrap();
            let above = sorted.get(rank + 1).unwrap_or(below);
            let expected = below + (above - below) * (position - rank as f64);
            prop_assert!((q - expected).abs() <= 1e-9 * (1.0 + expected.abs()));
        }
    }
}

#[test]
fn a_tornado_puts_the_widest_first() {
    let bars = tornado(&[1.0, 2.0, 3.0], &[(0.9, 1.1), (0.0, 4.0), (3.0, 3.0)], |v| {
        v[0] * 10.0 + v[1] * v[2]
    });
    let order: Vec<usize> = bars.iter().map(|bar| bar.input).collect();
    assert_eq!(order, [1, 0, 2]);
    assert_eq!(
        (bars[0].at_low, bars[0].at_high, bars[2].swing()),
        (10.0, 22.0, 0.0)
    );
}

/// The Ishigami function (a = 7, b = 0.1), whose first-order indices are known in closed form: 0.3139, 0.4424, 0; an additive model;
/// and inputs that are constant or discrete.
#[test]
fn variance_shares_are_the_known_ones() {
    let draws = 200_000;
    let pi = std::f64::consts::PI;
    let x: Vec<Vec<f64>> = (0..3)
        .map(|i| column(&Spread::Uniform { low: -pi, high: pi }, draws, 9, i))
        .collect();
    let ishigami: Vec<f64> = (0..draws)
        .map(|i| x[0][i].sin() + 7.0 * x[1][i].sin().powi(2) + 0.1 * x[2][i].powi(4) * x[0][i].sin())
        .collect();
    for (share, expected) in variance_shares(&[&x[0], &x[1], &x[2]], &ishigami)
        .iter()
        .zip([0.3139, 0.4424, 0.0])
    {
        assert!((share - expected).abs() < 0.01, "{share} is not {expected}");
    }

    let count = column(&Spread::Poisson { rate: 4.0 }, draws, 9, 5);
    let normal = column(&Spread::Normal { mean: 0.0, sd: 2.0 }, draws, 9, 6);
    let fixed = vec![1.0; draws];
    let sum: Vec<f64> = count.iter().zip(&normal).map(|(a, b)| a + b).collect();
    let shares = variance_shares(&[&count, &normal, &fixed], &sum);
    assert!(
        (shares[0] - 0.5).abs() < 0.01 && (shares[1] - 0.5).abs() < 0.01,
        "{shares:?}"
    );
    close(shares[2], 0.0, 0.0);
    assert_eq!(variance_shares(&[&count], &fixed), [0.0]);
    assert_eq!(variance_shares(&[&[]], &[]), [0.0]);
}
