//! What the charts made of rows share: a name above each bar, broken into lines where it must be, and a value axis below.

use super::canvas::{Anchor, Canvas, TYPE};
use super::scale::{Scale, nice_ticks, text_width, tick_text, wrap};

/// Height of a line of text.
pub(super) const LINE: f64 = 20.0;
/// Height of a bar.
pub(super) const BAR: f64 = 22.0;
/// Space between rows.
const GAP: f64 = 16.0;

/// Where the rows and the axis stand.
pub(super) struct Rows {
    /// From values to places.
    pub(super) x: Scale,
    /// Lines of the name and top of the bar, row by row.
    places: Vec<(Vec<String>, f64)>,
    ticks: Vec<f64>,
    bottom: f64,
}

impl Rows {
    /// Places rows with these names over an axis that encloses these values, and sets the height of the sheet. `room` is kept free at both
    /// ends for texts beside the bars.
    pub(super) fn new(
        canvas: &mut Canvas,
        names: impl IntoIterator<Item = String>,
        values: impl IntoIterator<Item = f64>,
        room: f64,
        below: f64,
    ) -> Self {
        let mut top = 4.0;
        let mut places = Vec::new();
        for name in names {
            let lines = wrap(&name, TYPE, canvas.width);
            top += lines.len() as f64 * LINE;
            places.push((lines, top));
            top += BAR + GAP;
        }
        let ticks = nice_ticks(values, if canvas.width > 500.0 { 6 } else { 3 });
        let x = Scale::new((ticks[0], ticks[ticks.len() - 1]), (room, canvas.width - room));
        canvas.set_height(top + 2.0 * LINE + 4.0 + below);
        Self {
            x,
            places,
            ticks,
            bottom: top,
        }
    }

    /// Grid and axis, and the names. To be drawn first.
    pub(super) fn ground(&self, canvas: &mut Canvas, unit: &str) {
        let step = self.ticks[1] - self.ticks[0];
        for &tick in &self.ticks {
            let place = self.x.at(tick);
            canvas.line("chart-grid", (place, 0.0), (place, self.bottom));
            canvas.line("chart-axis", (place, self.bottom), (place, self.bottom + 5.0));
            canvas.write(
                "chart-tick",
                (place, self.bottom + LINE),
                Anchor::Middle,
                &tick_text(tick, step),
            );
        }
        let ends = (
            self.x.at(self.ticks[0]),
            self.x.at(self.ticks[self.ticks.len() - 1]),
        );
        canvas.line("chart-axis", (ends.0, self.bottom), (ends.1, self.bottom));
        canvas.write(
            "chart-unit",
            (canvas.width, self.bottom + 2.0 * LINE - 2.0),
            Anchor::End,
            unit,
        );
        for (lines, top) in &self.places {
            for (n, line) in lines.iter().rev().enumerate() {
                canvas.write(
                    "chart-label chart-halo",
                    (0.0, top - 6.0 - n as f64 * LINE),
                    Anchor::Start,
                    line,
                );
            }
        }
    }

    /// Top of a row's bar.
    pub(super) fn top(&self, row: usize) -> f64 {
        self.places.get(row).map_or(0.0, |row| row.1)
    }

    /// Where the axis stands.
    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }
}

/// The widest of some texts.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> f64 {
    texts
        .into_iter()
        .map(|text| text_width(text, TYPE))
        .fold(0.0, f64::max)
}
