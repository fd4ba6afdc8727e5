//! Counts over time as bars of parts that add up, one for each month or the like. A time without a report is hatched: it is not a zero.

use super::About;
use super::canvas::{Anchor, Canvas, Hatch, Layout, Swatch, both};
use super::plot::Plot;
use super::scale::{text_width, whole_ticks};
use super::share_bar::FILLINGS;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One bar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// What stands under it: `2026-11`.
    pub name: String,
    /// The sizes of its parts, in the order of their names; all zero where nothing was reported.
    pub parts: Vec<u32>,
}

/// What [`stacked_bars`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StackedBars {
    /// Its title, words and unit.
    pub about: About,
    /// What the bars stand for, as the head of the table's first column.
    pub over: String,
    /// Names of the parts, from the ground up; from the sixth on, fillings repeat.
    pub parts: Vec<String>,
    /// The bars in order, without holes.
    pub stacks: Vec<Stack>,
}

impl Stack {
    fn total(&self) -> u32 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
    }
}

/// Draws the chart and its table.
pub fn stacked_bars(data: &StackedBars, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data, t)),
        table: table(data, t),
    }
}

fn draw(canvas: &mut Canvas, data: &StackedBars, t: Texts<'_>) {
    let wide = canvas.layout == Layout::Wide;
    let totals = data.stacks.iter().map(|stack| f64::from(stack.total()));
    let plot = Plot::new(
        whole_ticks(totals, 5),
        canvas.width - 8.0,
        if wide { 260.0 } else { 220.0 },
    );
    let legend = legend(data, t);
    canvas.set_height(plot.bottom + 34.0 + canvas.legend_height(&legend));
    plot.draw_values(canvas, &data.about.unit);
    let slots = u32::try_from(data.stacks.len()).unwrap_or(u32::MAX).max(1);
    let slot = (plot.right - plot.left) / f64::from(slots);
    // As many names as have room, counted back from the last.
    let widest = data
        .stacks
        .iter()
        .map(|stack| text_width(&stack.name, super::canvas::TYPE));
    let room = widest.fold(0.0, f64::max) + 14.0;
    let (mut middle, mut free) = (plot.right - slot * 0.5, f64::INFINITY);
    for stack in data.stacks.iter().rev() {
        if middle + room * 0.5 <= free {
            free = middle - room * 0.5;
            canvas.write(
                "chart-tick",
                (middle, plot.bottom + 22.0),
                Anchor::Middle,
                &stack.name,
            );
        }
        draw_stack(canvas, stack, &plot, middle, slot);
        middle -= slot;
    }
    canvas.legend(plot.bottom + 34.0, &legend);
}

/// One bar around the middle of its slot.
fn draw_stack(canvas: &mut Canvas, stack: &Stack, plot: &Plot, middle: f64, slot: f64) {
    if stack.total() == 0 {
        let around = slot * 0.45;
        return canvas.hatch(
            Hatch::Absent,
            (middle - around, plot.top),
            (middle + around, plot.bottom),
        );
    }
    let half = (slot * 0.36).min(20.0);
    let mut below = 0.0;
    for (part, filling) in stack.parts.iter().zip(FILLINGS.iter().cycle()) {
        let above = below + f64::from(*part);
        let corners = (
            (middle - half, plot.y.at(above)),
            (middle + half, plot.y.at(below)),
        );
        match *filling {
            Swatch::Hatch(hatch) if *part > 0 => canvas.hatch(hatch, corners.0, corners.1),
            _ if *part > 0 => canvas.rect("chart-bar", corners.0, corners.1),
            _ => {}
        }
        below = above;
    }
}

fn legend(data: &StackedBars, t: Texts<'_>) -> Vec<(Swatch, String)> {
    let absent = data.stacks.iter().any(|stack| stack.total() == 0);
    let parts = FILLINGS.iter().copied().cycle().zip(data.parts.iter().cloned());
    let absent = absent.then(|| (Swatch::Hatch(Hatch::Absent), t.text("chart-no-report")));
    parts.chain(absent).collect()
}

fn table(data: &StackedBars, t: Texts<'_>) -> Table {
    let row = |stack: &Stack| {
        let total = stack.total();
        let said = if total == 0 {
            t.text("chart-no-report")
        } else {
            total.to_string()
        };
        let part = |part: &u32| match total {
            0 => String::new(),
            _ => part.to_string(),
        };
        std::iter::once(stack.name.clone())
            .chain(stack.parts.iter().map(part))
            .chain([said])
            .map(Link::plain)
            .collect()
    };
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: std::iter::once(Column::words(&*data.over))
            .chain(data.parts.iter().map(|name| Column::figures(&**name)))
            .chain([Column::figures(t.text("chart-sum"))])
            .collect(),
        rows: data.stacks.iter().map(row).collect(),
    }
}
