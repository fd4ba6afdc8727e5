//! One indicator over the years: what was observed, the path to the target, where the observed growth would lead, how wide the
//! projection is. A year without a report is hatched, so that it is never taken for a zero.

use vocab::{Calendar, Period};

use super::canvas::{Canvas, Hatch, Layout, Swatch, TYPE, both};
use super::plot::Plot;
use super::scale::{Scale, figure_text, nice_ticks, text_width};
use super::{About, Mark};
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One year of a projection, as quantiles in the unit of the chart.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FanYear {
    /// The year.
    pub year: i32,
    /// 2.5 % and 97.5 %.
    pub band95: (f64, f64),
    /// 10 % and 90 %.
    pub band80: (f64, f64),
    /// 25 % and 75 %.
    pub band50: (f64, f64),
    /// 50 %.
    pub median: f64,
}

/// What [`line_fan`] draws. Every part may be empty.
#[derive(Debug, Clone, PartialEq)]
pub struct LineFan {
    /// Its title, words and unit.
    pub about: About,
    /// Which years these are.
    pub calendar: Calendar,
    /// Observations; `None` is a year that nobody reported.
    pub observed: Vec<(i32, Option<f64>)>,
    /// The path from the baseline to the target.
    pub required: Vec<(i32, f64)>,
    /// Where the growth observed so far would lead.
    pub implied: Vec<(i32, f64)>,
    /// The projection, year by year.
    pub fan: Vec<FanYear>,
    /// The target.
    pub target: Option<Mark>,
    /// Figures that the report prints.
    pub printed: Vec<Mark>,
}

impl LineFan {
    fn years(&self) -> (i32, i32) {
        let all = self.observed.iter().map(|&(year, _)| year);
        let all = all.chain(self.required.iter().chain(&self.implied).map(|&(year, _)| year));
        let all = all.chain(self.fan.iter().map(|fan| fan.year));
        let all = all.chain(self.target.iter().chain(&self.printed).map(|mark| mark.year));
        let years: Vec<i32> = all.collect();
        (
            years.iter().min().copied().unwrap_or(0),
            years.iter().max().copied().unwrap_or(0),
        )
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let observed = self.observed.iter().filter_map(|&(_, value)| value);
        let paths = self.required.iter().chain(&self.implied).map(|&(_, value)| value);
        let fan = self
            .fan
            .iter()
            .flat_map(|fan| [fan.band95.0, fan.band95.1, fan.median]);
        let marks = self.target.iter().chain(&self.printed).map(|mark| mark.value);
        observed.chain(paths).chain(fan).chain(marks)
    }
}

/// Draws the chart and its table.
pub fn line_fan(data: &LineFan, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data, t)),
        table: table(data, t),
    }
}

/// The name of a line or band: its swatch, its words, and the value at which it leaves the chart on the right, if it does.
struct Name {
    swatch: Swatch,
    text: String,
    end: Option<f64>,
}

fn draw(canvas: &mut Canvas, data: &LineFan, t: Texts<'_>) {
    let wide = canvas.layout == Layout::Wide;
    let (first, last) = data.years();
    let names = names(data, last, t);
    let widest = names
        .iter()
        .map(|name| text_width(&name.text, TYPE))
        .fold(0.0, f64::max);
    let right = canvas.width
        - if wide {
            (widest + 54.0).clamp(24.0, 280.0)
        } else {
            8.0
        };
    // A figure is judged by its distance from nothing, so nothing is always on the axis.
    let ticks = nice_ticks(data.values().chain([0.0]), if wide { 6 } else { 5 });
    let plot = Plot::new(ticks, right, if wide { 356.0 } else { 276.0 });
    let legend: Vec<(Swatch, String)> = if wide {
        Vec::new()
    } else {
        names
            .iter()
            .map(|name| (name.swatch, name.text.clone()))
            .collect()
    };
    canvas.set_height(plot.bottom + 32.0 + canvas.legend_height(&legend));

    let years = (f64::from(first), f64::from(last.max(first.saturating_add(1))));
    let scale = Scale::new(years, (plot.left + 10.0, right - 10.0));
    let x = |year: i32| scale.at(f64::from(year));
    plot.draw_values(canvas, &data.about.unit);
    plot.draw_years(canvas, data.calendar, (first, last), x, t);
    let half = (x(1) - x(0)) / 2.0;
    for &(year, _) in data.observed.iter().filter(|(_, value)| value.is_none()) {
        let (from, to) = ((x(year) - half).max(plot.left), (x(year) + half).min(right));
        canvas.hatch(Hatch::Absent, (from, plot.top), (to, plot.bottom));
    }
    draw_figures(canvas, data, |year, value| (x(year), plot.y.at(value)));
    if let Some(target) = &data.target {
        plot.draw_target(canvas, target, x(target.year), t);
    }
    if wide {
        end_labels(canvas, &names, &plot);
    } else {
        canvas.legend(plot.bottom + 34.0, &legend);
    }
}

/// The widest band first, what was observed last.
fn draw_figures(canvas: &mut Canvas, data: &LineFan, at: impl Fn(i32, f64) -> (f64, f64)) {
    type Band = fn(&FanYear) -> (f64, f64);
    let bands: [(&str, Band); 3] = [
        ("chart-band chart-band-95", |fan| fan.band95),
        ("chart-band chart-band-80", |fan| fan.band80),
        ("chart-band chart-band-50", |fan| fan.band50),
    ];
    for (class, band) in bands {
        let lower = data.fan.iter().map(|fan| at(fan.year, band(fan).0));
        let upper = data.fan.iter().rev().map(|fan| at(fan.year, band(fan).1));
        canvas.polygon(class, &lower.chain(upper).collect::<Vec<_>>());
    }
    let path = |points: &[(i32, f64)]| {
        points
            .iter()
            .map(|&(year, value)| at(year, value))
            .collect::<Vec<_>>()
    };
    let median: Vec<(i32, f64)> = data.fan.iter().map(|fan| (fan.year, fan.median)).collect();
    canvas.polyline("chart-line chart-median", &path(&median));
    canvas.polyline("chart-line chart-implied", &path(&data.implied));
    canvas.polyline("chart-line chart-required", &path(&data.required));
    for run in data.observed.split(|(_, value)| value.is_none()) {
        let run: Vec<_> = run
            .iter()
            .filter_map(|&(year, value)| Some(at(year, value?)))
            .collect();
        canvas.polyline("chart-line chart-observed", &run);
        for &point in &run {
            canvas.circle("chart-point", point, 4.5);
        }
    }
    for mark in &data.printed {
        canvas.diamond("chart-printed", at(mark.year, mark.value), 8.0);
    }
}

/// Every line and band that there is, in the order of a legend.
fn names(data: &LineFan, last: i32, t: Texts<'_>) -> Vec<Name> {
    let end = |points: &[(i32, f64)]| {
        points
            .last()
            .filter(|(year, _)| *year == last)
            .map(|&(_, value)| value)
    };
    let fan = data.fan.last().filter(|fan| fan.year == last);
    let mut names = Vec::new();
    let mut name = |swatch, text, end| names.push(Name { swatch, text, end });
    if data.observed.iter().any(|(_, value)| value.is_some()) {
        let end = data
            .observed
            .last()
            .filter(|(year, _)| *year == last)
            .and_then(|&(_, value)| value);
        name(
            Swatch::Line("chart-line chart-observed"),
            t.text("chart-observed"),
            end,
        );
    }
    if !data.required.is_empty() {
        name(
            Swatch::Line("chart-line chart-required"),
            t.text("chart-required"),
            end(&data.required),
        );
    }
    if !data.implied.is_empty() {
        name(
            Swatch::Line("chart-line chart-implied"),
            t.text("chart-implied"),
            end(&data.implied),
        );
    }
    if !data.fan.is_empty() {
        let band = |level| t.with1("chart-band", "level", level);
        name(
            Swatch::Line("chart-line chart-median"),
            t.text("chart-median"),
            fan.map(|fan| fan.median),
        );
        name(
            Swatch::Field("chart-band chart-band-50"),
            band("50"),
            fan.map(|fan| fan.band50.1),
        );
        name(
            Swatch::Field("chart-band chart-band-80"),
            band("80"),
            fan.map(|fan| fan.band80.1),
        );
        name(
            Swatch::Field("chart-band chart-band-95"),
            band("95"),
            fan.map(|fan| fan.band95.1),
        );
    }
    if !data.printed.is_empty() {
        name(Swatch::Diamond("chart-printed"), t.text("chart-printed"), None);
    }
    if data.observed.iter().any(|(_, value)| value.is_none()) {
        name(Swatch::Hatch(Hatch::Absent), t.text("chart-no-report"), None);
    }
    names
}

/// Writes each name as near as there is room to where its line ends; names of what ends earlier stand below them.
fn end_labels(canvas: &mut Canvas, names: &[Name], plot: &Plot) {
    const LINE: f64 = 22.0;
    let (right, bottom) = (plot.right, plot.bottom);
    let mut order: Vec<(f64, &Name)> = names
        .iter()
        .map(|name| (name.end.map_or(bottom, |end| plot.y.at(end)), name))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = order.len() as f64;
    let mut next = plot.top;
    for (rank, (wanted, name)) in order.into_iter().enumerate() {
        // Leave room for those below.
        let lowest = bottom - (count - 1.0 - rank as f64) * LINE;
        let place = wanted.min(lowest).max(next);
        next = place + LINE;
        if name.end.is_some() {
            canvas.line("chart-leader", (right - 8.0, wanted), (right + 10.0, place));
        }
        canvas.legend_entry((right + 14.0, place), name.swatch, &name.text);
    }
}

/// The same figures, a row a year.
fn table(data: &LineFan, t: Texts<'_>) -> Table {
    let mut columns = vec![Column::words(t.text("chart-year"))];
    let parts: [(&str, bool); 6] = [
        ("chart-observed", !data.observed.is_empty()),
        ("chart-printed", !data.printed.is_empty()),
        ("chart-target", data.target.is_some()),
        ("chart-required", !data.required.is_empty()),
        ("chart-implied", !data.implied.is_empty()),
        ("chart-median", !data.fan.is_empty()),
    ];
    columns.extend(
        parts
            .iter()
            .filter(|part| part.1)
            .map(|part| Column::figures(t.text(part.0))),
    );
    if !data.fan.is_empty() {
        columns.push(Column::figures(t.with1("chart-band", "level", "95")));
    }
    let (first, last) = data.years();
    let find = |points: &[(i32, f64)], year| points.iter().find(|point| point.0 == year).map(|point| point.1);
    let figure = |value: Option<f64>| Link::plain(value.map_or_else(String::new, figure_text));
    let row = |year| {
        let observed = match data.observed.iter().find(|point| point.0 == year) {
            Some((_, Some(value))) => figure_text(*value),
            Some((_, None)) => t.text("chart-no-report"),
            None => String::new(),
        };
        let printed = data.printed.iter().find(|mark| mark.year == year);
        let target = data.target.iter().find(|mark| mark.year == year);
        let fan = data.fan.iter().find(|fan| fan.year == year);
        let cells = [
            Link::plain(observed),
            Link::plain(printed.map_or("", |mark| &mark.text)),
            Link::plain(target.map_or("", |mark| &mark.text)),
            figure(find(&data.required, year)),
            figure(find(&data.implied, year)),
            figure(fan.map(|fan| fan.median)),
        ];
        let mut row = vec![Link::plain(
            Period {
                calendar: data.calendar,
                year,
            }
            .label(t.lang()),
        )];
        row.extend(
            cells
                .into_iter()
                .zip(parts)
                .filter(|(_, part)| part.1)
                .map(|(cell, _)| cell),
        );
        if !data.fan.is_empty() {
            let band = fan.map(|fan| format!("{}–{}", figure_text(fan.band95.0), figure_text(fan.band95.1)));
            row.push(Link::plain(band.unwrap_or_default()));
        }
        row
    };
    let filled = |row: &Vec<Link>| row[1..].iter().any(|cell| !cell.text.is_empty());
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns,
        rows: (first..=last).map(row).filter(filled).collect(),
    }
}
