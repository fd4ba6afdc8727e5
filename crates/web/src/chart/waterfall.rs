//! How one figure became another: a total, what changed it, the new total.

use super::About;
use super::canvas::{Anchor, Canvas, Hatch, both};
use super::rows::{BAR, Rows, widest};
use super::scale::figure_text;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// What a row is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChangeKind {
    /// A level, drawn from nothing.
    Total,
    /// A change, drawn from where the row before ended.
    #[default]
    Change,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// The level, or by how much it changes.
    pub value: f64,
    /// Which of the two.
    pub kind: ChangeKind,
}

/// What [`waterfall`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waterfall {
    /// Its title, words and unit.
    pub about: About,
    /// The rows in order.
    pub changes: Vec<Change>,
}

impl Waterfall {
    /// Where each row starts and ends.
    fn spans(&self) -> Vec<(f64, f64)> {
        let mut level = 0.0;
        let span = |change: &Change| {
            let from = if change.kind == ChangeKind::Total {
                0.0
            } else {
                level
            };
            level = from + change.value;
            (from, level)
        };
        self.changes.iter().map(span).collect()
    }
}

/// Draws the chart and its table.
pub fn waterfall(data: &Waterfall, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data)),
        table: table(data, t),
    }
}

/// A change carries its sign; a level does not need one.
fn text(change: &Change) -> String {
    let figure = figure_text(change.value);
    if change.kind == ChangeKind::Change && change.value >= 0.0 {
        format!("+{figure}")
    } else {
        figure.replace('-', "−")
    }
}

fn draw(canvas: &mut Canvas, data: &Waterfall) {
    let texts: Vec<String> = data.changes.iter().map(text).collect();
    let room = widest(texts.iter().map(String::as_str)) + 10.0;
    let spans = data.spans();
    let values = spans.iter().flat_map(|span| [span.0, span.1]);
    let names = data.changes.iter().map(|change| change.name.clone());
    let rows = Rows::new(canvas, names, values.chain([0.0]), room, 0.0);
    rows.ground(canvas, &data.about.unit);
    for (row, ((change, text), (from, to))) in data.changes.iter().zip(&texts).zip(spans).enumerate() {
        let (from, to, top) = (rows.x.at(from), rows.x.at(to), rows.top(row));
        let corners = ((from, top), (to, top + BAR));
        match change.kind {
            ChangeKind::Total => canvas.rect("chart-bar", corners.0, corners.1),
            ChangeKind::Change if change.value < 0.0 => canvas.hatch(Hatch::Falling, corners.0, corners.1),
            ChangeKind::Change => canvas.hatch(Hatch::Rising, corners.0, corners.1),
        }
        if row + 1 < data.changes.len() {
            canvas.line("chart-leader", (to, top + BAR), (to, rows.top(row + 1)));
        }
        canvas.write(
            "chart-value",
            (from.max(to) + 6.0, top + BAR / 2.0 + 5.0),
            Anchor::Start,
            text,
        );
    }
}

fn table(data: &Waterfall, t: Texts<'_>) -> Table {
    let rows = data.changes.iter().zip(data.spans());
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: vec![
            Column::words(t.text("chart-item")),
            Column::figures(t.text("chart-change")),
            Column::figures(t.text("chart-value")),
        ],
        rows: rows
            .map(|(change, (_, level))| {
                let moved = if change.kind == ChangeKind::Total {
                    String::new()
                } else {
                    text(change)
                };
                [change.name.clone(), moved, figure_text(level)]
                    .map(Link::plain)
                    .into()
            })
            .collect(),
    }
}
