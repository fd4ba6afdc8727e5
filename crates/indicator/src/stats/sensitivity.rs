//! Which input moves a figure: one at a time (tornado), and each one's share of the variance over the draws of a simulation. It must
//! never sample again: shares are computed from the draws that gave the figure, so that both tell one story.

use serde::Serialize;

use super::quantile::quantiles;

/// One input's bar in a tornado.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bar {
    /// Index of the input.
    pub input: usize,
    /// The figure with this input at the low end of its range and the others at their base.
    pub at_low: f64,
    /// The figure with this input at the high end of its range.
    pub at_high: f64,
}

impl Bar {
    /// How far the input moves the figure.
    pub fn swing(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// Moves each input to both ends of its range (`(low, high)`, in step with `base`), the others staying; widest swing first.
pub fn tornado(base: &[f64], ranges: &[(f64, f64)], mut figure: impl FnMut(&[f64]) -> f64) -> Vec<Bar> {
    let mut inputs = base.to_vec();
    let mut bars = Vec::with_capacity(base.len());
    for (input, (&centre, &(low, high))) in base.iter().zip(ranges).enumerate() {
        inputs[input] = low;
        let at_low = figure(&inputs);
        inputs[input] = high;
        let at_high = figure(&inputs);
        inputs[input] = centre;
        bars.push(Bar {
            input,
            at_low,
            at_high,
        });
    }
    bars.sort_by(|a, b| b.swing().total_cmp(&a.swing()));
    bars
}

/// First-order share of the output's variance (0..=1) for each input: Var(E[Y|X]) / Var(Y), the correlation ratio over bins of equal
/// frequency, corrected for the bins (epsilon squared, Kelley 1935). Inputs drawn independently: the shares add to at most
/// about 1 and what is missing is interaction. Columns are in step; the error is about 1/√draws.
pub fn variance_shares(inputs: &[&[f64]], output: &[f64]) -> Vec<f64> {
    let draws = output.len() as f64;
    let centre = output.iter().sum::<f64>() / draws;
    let total: f64 = output.iter().map(|y| (y - centre).powi(2)).sum();
    inputs
        .iter()
        .map(|input| {
            if total > 0.0 {
                share(input, output, centre, total)
            } else {
                0.0
            }
        })
        .collect()
}

fn share(input: &[f64], output: &[f64], centre: f64, total: f64) -> f64 {
    let Some(edges) = bin_edges(input) else { return 0.0 };
    let mut bins = vec![(0.0_f64, 0.0_f64); edges.len() + 1];
    for (x, y) in input.iter().zip(output) {
        let bin = &mut bins[edges.partition_point(|edge| edge < x)];
        bin.0 += 1.0;
        bin.1 += y - centre;
    }
    let filled = bins.iter().filter(|bin| bin.0 > 0.0);
    let between: f64 = filled.clone().map(|(count, sum)| sum * sum / count).sum();
    let (draws, groups) = (output.len() as f64, filled.count() as f64);
    if draws <= groups {
        return 0.0;
    }
    let unexplained = (1.0 - between / total) * (draws - 1.0) / (draws - groups);
    (1.0 - unexplained).clamp(0.0, 1.0)
}

/// Inner edges of at most 64 bins of equal frequency, at least some 50 draws each; equal draws share a bin.
fn bin_edges(input: &[f64]) -> Option<Vec<f64>> {
    let bins = (input.len() / 50).clamp(2, 64);
    let probabilities: Vec<f64> = (1..bins).map(|edge| edge as f64 / bins as f64).collect();
    let mut edges = quantiles(&mut input.to_vec(), &probabilities)?;
    edges.dedup();
    Some(edges)
}
