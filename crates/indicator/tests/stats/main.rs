//! The statistics against published tables, against numbers computed independently (numpy 2, scipy 1), and against their laws.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::float_cmp, reason = "values that are exact by construction")]

mod counts;
mod disclosures;
mod draws;
mod projections;
mod surveys;

/// Asserts closeness relative to the expected value.
#[track_caller]
fn close(actual: f64, expected: f64, tolerance: f64) {
    let error = (actual - expected).abs() / expected.abs().max(1e-300);
    assert!(
        error <= tolerance || actual == expected,
        "{actual} is not {expected} (relative error {error:e})"
    );
}
