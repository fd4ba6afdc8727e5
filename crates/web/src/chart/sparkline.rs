//! A line small enough for a card: the shape of a series and how far its target is. The card carries the figures.

use std::fmt::Write as _;

use super::canvas::escape;
use super::scale::Scale;
use crate::ui::Markup;

/// What [`sparkline`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sparkline {
    /// Unique on the page.
    pub id: String,
    /// What is seen, in one sentence: the only words of the drawing.
    pub description: String,
    /// Observations; `None` breaks the line.
    pub observed: Vec<(i32, Option<f64>)>,
    /// Year and value of the target.
    pub target: Option<(i32, f64)>,
}

const SIZE: (f64, f64) = (240.0, 64.0);
const INSET: f64 = 8.0;

/// Draws it; empty if there is nothing to draw.
pub fn sparkline(data: &Sparkline) -> Markup {
    let known = data
        .observed
        .iter()
        .filter_map(|&(year, value)| Some((year, value.filter(|value| value.is_finite())?)));
    let known: Vec<(i32, f64)> = known.collect();
    let target = data.target.filter(|target| target.1.is_finite());
    let all = || known.iter().copied().chain(target);
    let (Some(first), Some(last)) = (all().map(|point| point.0).min(), all().map(|point| point.0).max())
    else {
        return Markup::default();
    };
    let high = all().map(|point| point.1).fold(0.0, f64::max);
    let low = all().map(|point| point.1).fold(0.0, f64::min);
    let x = Scale::new((f64::from(first), f64::from(last)), (INSET, SIZE.0 - INSET));
    let y = Scale::new(
        (low, if high > low { high } else { low + 1.0 }),
        (SIZE.1 - INSET, INSET),
    );
    let at = |(year, value): (i32, f64)| (x.at(f64::from(year)), y.at(value));
    let write = |(x, y): (f64, f64)| format!("{x:.1},{y:.1}");

    let (ground, end) = (y.at(0.0), SIZE.0 - INSET);
    let mut body =
        format!(r#"<line class="chart-grid" x1="{INSET}" y1="{ground:.1}" x2="{end}" y2="{ground:.1}"/>"#);
    if let (Some(target), Some(&latest)) = (target, known.last()) {
        let points = format!("{} {}", write(at(latest)), write(at(target)));
        let _ = write!(
            body,
            r#"<polyline class="chart-line chart-required" points="{points}"/>"#
        );
    }
    for run in data
        .observed
        .split(|(_, value)| value.is_none_or(|value| !value.is_finite()))
    {
        let points: Vec<String> = run
            .iter()
            .filter_map(|&(year, value)| Some(write(at((year, value?)))))
            .collect();
        if points.len() > 1 {
            let _ = write!(
                body,
                r#"<polyline class="chart-line chart-observed" points="{}"/>"#,
                points.join(" ")
            );
        }
    }
    if let Some(&latest) = known.last() {
        let (x, y) = at(latest);
        let _ = write!(
            body,
            r#"<circle class="chart-point" cx="{x:.1}" cy="{y:.1}" r="5"/>"#
        );
    }
    if let Some(target) = target {
        let (x, y) = at(target);
        let _ = write!(
            body,
            r#"<circle class="chart-target-ring" cx="{x:.1}" cy="{y:.1}" r="6"/>"#
        );
    }
    let (id, title) = (escape(&data.id), escape(&data.description));
    Markup(format!(
        r#"<svg class="sparkline" viewBox="0 0 {} {}" role="img" aria-labelledby="{id}-title"><title id="{id}-title">{title}</title>{body}</svg>"#,
        SIZE.0, SIZE.1
    ))
}
