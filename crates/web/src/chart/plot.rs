//! The field that charts over years share: values up, years across, the unit above, and the target's sign.

use vocab::{Calendar, Period};

use super::Mark;
use super::canvas::{Anchor, Canvas, TYPE};
use super::scale::{Scale, text_width, tick_text, year_ticks};
use crate::i18n::Texts;

/// Where the field stands on the sheet, and its value axis.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// From values to places.
    pub(super) y: Scale,
    ticks: Vec<f64>,
}

impl Plot {
    /// A field whose values are enclosed by these ticks; on the left, as much room as their texts need.
    pub(super) fn new(ticks: Vec<f64>, right: f64, bottom: f64) -> Self {
        let top = 34.0;
        let y = Scale::new((ticks[0], ticks[ticks.len() - 1]), (bottom, top));
        let plot = Self {
            left: 0.0,
            right,
            top,
            bottom,
            y,
            ticks,
        };
        let widest = plot
            .tick_texts()
            .iter()
            .map(|text| text_width(text, TYPE))
            .fold(0.0, f64::max);
        Self {
            left: widest + 10.0,
            ..plot
        }
    }

    fn tick_texts(&self) -> Vec<String> {
        let step = self.ticks[1] - self.ticks[0];
        self.ticks.iter().map(|&tick| tick_text(tick, step)).collect()
    }

    /// Grid and value axis.
    pub(super) fn draw_values(&self, canvas: &mut Canvas, unit: &str) {
        for (&tick, text) in self.ticks.iter().zip(self.tick_texts()) {
            let place = self.y.at(tick);
            let class = if tick == 0.0 { "chart-axis" } else { "chart-grid" };
            canvas.line(class, (self.left, place), (self.right, place));
            canvas.write("chart-tick", (self.left - 6.0, place + 5.0), Anchor::End, &text);
        }
        canvas.write("chart-unit", (0.0, 16.0), Anchor::Start, unit);
    }

    /// As many years as have room, in steps back from the last one.
    pub(super) fn draw_years(
        &self,
        canvas: &mut Canvas,
        calendar: Calendar,
        (first, last): (i32, i32),
        x: impl Fn(i32) -> f64,
        t: Texts<'_>,
    ) {
        let label = |year| Period { calendar, year }.label(t.lang());
        let width = text_width(&label(last), TYPE) + 14.0;
        for year in year_ticks(first, last, x(last) - x(first), width) {
            canvas.line("chart-axis", (x(year), self.bottom), (x(year), self.bottom + 5.0));
            canvas.write(
                "chart-tick",
                (x(year), self.bottom + 22.0),
                Anchor::Middle,
                &label(year),
            );
        }
    }

    /// A ring, and its words to the upper left of it.
    pub(super) fn draw_target(&self, canvas: &mut Canvas, target: &Mark, x: f64, t: Texts<'_>) {
        let place = (x, self.y.at(target.value));
        canvas.circle("chart-target-ring", place, 8.0);
        canvas.circle("chart-target-dot", place, 3.0);
        let text = format!("{} {}", t.text("chart-target"), target.text);
        canvas.write("chart-strong", (x - 12.0, place.1 - 12.0), Anchor::End, &text);
    }
}
