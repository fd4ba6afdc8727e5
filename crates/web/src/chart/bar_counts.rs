//! Counts a year, each with what chance alone would do to it. A zero stands on the axis as a zero; a year without a report is hatched.

use vocab::{Calendar, Period};

use super::canvas::{Anchor, Canvas, Hatch, Layout, Swatch, both};
use super::plot::Plot;
use super::scale::{figure_text, whole_ticks};
use super::{About, Mark};
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One year.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bar {
    /// The year.
    pub year: i32,
    /// How many; `None` if nobody reported.
    pub count: Option<u32>,
    /// Exact 95 % interval of the rate behind the count.
    pub interval: Option<(f64, f64)>,
    /// Counted before the year was over.
    pub partial: bool,
}

/// What [`bar_counts`] draws.
#[derive(Debug, Clone, PartialEq)]
pub struct BarCounts {
    /// Its title, words and unit.
    pub about: About,
    /// Which years these are.
    pub calendar: Calendar,
    /// The years in order, without holes: a year that is not in the list is not on the axis.
    pub bars: Vec<Bar>,
    /// The path to the target, within the years of `bars` or beyond; may be empty.
    pub required: Vec<(i32, f64)>,
    /// The target.
    pub target: Option<Mark>,
}

/// Draws the chart and its table.
pub fn bar_counts(data: &BarCounts, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data, t)),
        table: table(data, t),
    }
}

fn draw(canvas: &mut Canvas, data: &BarCounts, t: Texts<'_>) {
    let wide = canvas.layout == Layout::Wide;
    let all = data
        .bars
        .iter()
        .map(|bar| bar.year)
        .chain(data.required.iter().map(|point| point.0));
    let years: Vec<i32> = all.chain(data.target.iter().map(|mark| mark.year)).collect();
    let (first, last) = (
        years.iter().min().copied().unwrap_or(0),
        years.iter().max().copied().unwrap_or(0),
    );
    let heights = data
        .bars
        .iter()
        .flat_map(|bar| [bar.count.map(f64::from), bar.interval.map(|interval| interval.1)]);
    let paths = data
        .required
        .iter()
        .map(|point| point.1)
        .chain(data.target.iter().map(|mark| mark.value));
    let ticks = whole_ticks(heights.flatten().chain(paths), 5);
    let plot = Plot::new(ticks, canvas.width - 8.0, if wide { 300.0 } else { 250.0 });
    let legend = legend(data, t);
    canvas.set_height(plot.bottom + 34.0 + canvas.legend_height(&legend));

    let slot = (plot.right - plot.left) / f64::from(last.saturating_sub(first).saturating_add(1));
    let x = |year: i32| plot.left + slot * (f64::from(year.saturating_sub(first)) + 0.5);
    plot.draw_values(canvas, &data.about.unit);
    plot.draw_years(canvas, data.calendar, (first, last), x, t);
    for bar in &data.bars {
        draw_bar(canvas, bar, &plot, x(bar.year), slot);
    }
    let path: Vec<_> = data
        .required
        .iter()
        .map(|&(year, value)| (x(year), plot.y.at(value)))
        .collect();
    canvas.polyline("chart-line chart-required", &path);
    if let Some(target) = &data.target {
        plot.draw_target(canvas, target, x(target.year), t);
    }
    canvas.legend(plot.bottom + 34.0, &legend);
}

/// One year around the middle of its slot.
fn draw_bar(canvas: &mut Canvas, bar: &Bar, plot: &Plot, middle: f64, slot: f64) {
    let half = (slot * 0.32).min(26.0);
    let Some(count) = bar.count else {
        let around = slot * 0.45;
        return canvas.hatch(
            Hatch::Absent,
            (middle - around, plot.top),
            (middle + around, plot.bottom),
        );
    };
    let (ground, height) = (plot.y.at(0.0), plot.y.at(f64::from(count)));
    let corners = ((middle - half, height), (middle + half, ground));
    if bar.partial {
        canvas.hatch(Hatch::Rising, corners.0, corners.1);
    } else {
        canvas.rect("chart-bar", corners.0, corners.1);
    }
    if let Some((low, high)) = bar.interval {
        let (low, high) = (plot.y.at(low), plot.y.at(high));
        canvas.line("chart-whisker", (middle, low), (middle, high));
        for end in [low, high] {
            canvas.line(
                "chart-whisker",
                (middle - half * 0.4, end),
                (middle + half * 0.4, end),
            );
        }
    }
    // Just above the bar, left of the whisker, so that the line does not cross it.
    canvas.write(
        "chart-strong",
        (middle - half * 0.5 - 2.0, height - 6.0),
        Anchor::Middle,
        &count.to_string(),
    );
}

fn legend(data: &BarCounts, t: Texts<'_>) -> Vec<(Swatch, String)> {
    let any = |test: fn(&Bar) -> bool| data.bars.iter().any(test);
    let entries = [
        (
            any(|bar| bar.count.is_some() && !bar.partial),
            Swatch::Field("chart-bar"),
            "chart-observed",
        ),
        (
            any(|bar| bar.count.is_some() && bar.partial),
            Swatch::Hatch(Hatch::Rising),
            "chart-partial",
        ),
        (
            any(|bar| bar.interval.is_some()),
            Swatch::Line("chart-whisker"),
            "chart-interval",
        ),
        (
            !data.required.is_empty(),
            Swatch::Line("chart-line chart-required"),
            "chart-required",
        ),
        (
            any(|bar| bar.count.is_none()),
            Swatch::Hatch(Hatch::Absent),
            "chart-no-report",
        ),
    ];
    entries
        .into_iter()
        .filter(|entry| entry.0)
        .map(|(_, swatch, key)| (swatch, t.text(key)))
        .collect()
}

fn table(data: &BarCounts, t: Texts<'_>) -> Table {
    let row = |bar: &Bar| {
        let count = match bar.count {
            Some(count) if bar.partial => format!("{count} ({})", t.text("chart-partial")),
            Some(count) => count.to_string(),
            None => t.text("chart-no-report"),
        };
        let interval = bar
            .interval
            .map(|(low, high)| format!("{}–{}", figure_text(low), figure_text(high)));
        vec![
            Link::plain(
                Period {
                    calendar: data.calendar,
                    year: bar.year,
                }
                .label(t.lang()),
            ),
            Link::plain(count),
            Link::plain(interval.unwrap_or_default()),
        ]
    };
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: vec![
            Column::words(t.text("chart-year")),
            Column::figures(t.text("chart-count")),
            Column::figures(t.text("chart-interval")),
        ],
        rows: data.bars.iter().map(row).collect(),
    }
}
