//! Simulated numbers in text: six significant digits, as decimal strings, since no more of them mean anything.

use serde::{Serialize, Serializer};
use vocab::Number;

/// A simulated number as decimal text; empty if it is not finite.
pub fn approx(value: f64) -> String {
    Number::from_f64(value).map_or_else(String::new, |number| number.to_significant(6))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
pub(crate) fn one<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&approx(*value))
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn optional<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(approx).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn pair<S: Serializer>(value: &Option<(f64, f64)>, serializer: S) -> Result<S::Ok, S::Error> {
    value
        .map(|(low, high)| (approx(low), approx(high)))
        .serialize(serializer)
}

pub(crate) fn all<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|value| approx(*value)))
}
