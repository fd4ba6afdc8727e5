//! Exact quantiles of a sample by selection instead of sorting, several at once in linear time.
//! It must never approximate: the answer is that of sorting the sample and interpolating (type 7 of Hyndman & Fan 1996, the default
//! of numpy and R).

/// Quantiles of `values` at `probabilities` (each in 0..=1, in any order); reorders `values`.
/// `None` when the sample is empty, holds a NaN, or a probability is out of range.
pub fn quantiles(values: &mut [f64], probabilities: &[f64]) -> Option<Vec<f64>> {
    let last = values.len().checked_sub(1)?;
    if values.iter().any(|v| v.is_nan()) || !probabilities.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let places: Vec<(usize, f64)> = probabilities.iter().map(|p| place(*p, last)).collect();
    let mut ranks: Vec<usize> = places
        .iter()
        .flat_map(|(rank, _)| [*rank, (rank + 1).min(last)])
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    select(values, 0, &ranks);
    Some(
        places
            .into_iter()
            .map(|(rank, fraction)| interpolate(values[rank], values[(rank + 1).min(last)], fraction))
            .collect(),
    )
}

/// One quantile; see [`quantiles`].
pub fn quantile(values: &mut [f64], probability: f64) -> Option<f64> {
    quantiles(values, &[probability])?.first().copied()
}

/// Rank below the quantile (0-based) and how far the quantile lies towards the next rank.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 <= p <= 1 keeps it within the slice"
)]
fn place(probability: f64, last: usize) -> (usize, f64) {
    let position = probability * last as f64;
    (position.floor() as usize, position.fract())
}

/// Puts each wanted rank at its place: the middle one first, then the two sides on their own.
fn select(values: &mut [f64], offset: usize, ranks: &[usize]) {
    let Some(&middle) = ranks.get(ranks.len() / 2) else {
        return;
    };
    let (below, above) = (&ranks[..ranks.len() / 2], &ranks[ranks.len() / 2 + 1..]);
    let (left, _, right) = values.select_nth_unstable_by(middle - offset, f64::total_cmp);
    select(left, offset, below);
    select(right, middle + 1, above);
}

/// Linear interpolation, anchored at the nearer end as numpy does, so that both ends are met exactly.
fn interpolate(low: f64, high: f64, fraction: f64) -> f64 {
    if fraction == 0.0 || low >= high {
        low
    } else if fraction < 0.5 {
        low + (high - low) * fraction
    } else {
        high - (high - low) * (1.0 - fraction)
    }
}
