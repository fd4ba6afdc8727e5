//! Which input moves the figure most: for each, the figure at its low end and at its high end.

use super::About;
use super::canvas::{Anchor, Canvas, Hatch, Swatch, both};
use super::rows::{BAR, LINE, Rows, widest};
use super::scale::figure_text;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Swing {
    /// Its name with the range it was moved over: `年平均成長率（5.7～7.7%）`.
    pub name: String,
    /// The figure with the input at its low end.
    pub low: f64,
    /// The figure with the input at its high end.
    pub high: f64,
}

/// What [`tornado`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tornado {
    /// Its title, words and unit.
    pub about: About,
    /// The figure with every input at its stated value.
    pub base: f64,
    /// The inputs; drawn in the order given, the widest first.
    pub swings: Vec<Swing>,
}

/// Draws the chart and its table.
pub fn tornado(data: &Tornado, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data, t)),
        table: table(data, t),
    }
}

fn draw(canvas: &mut Canvas, data: &Tornado, t: Texts<'_>) {
    let texts: Vec<[String; 2]> = data
        .swings
        .iter()
        .map(|swing| [swing.low, swing.high].map(figure_text))
        .collect();
    let room = widest(texts.iter().flatten().map(String::as_str)) + 10.0;
    let values = data
        .swings
        .iter()
        .flat_map(|swing| [swing.low, swing.high])
        .chain([data.base]);
    let legend = [
        (Swatch::Hatch(Hatch::Rising), t.text("chart-low")),
        (Swatch::Field("chart-bar"), t.text("chart-high")),
        (
            Swatch::Line("chart-base"),
            format!("{} {}", t.text("chart-base"), figure_text(data.base)),
        ),
    ];
    let below = canvas.legend_height(&legend) + 4.0;
    let names = data.swings.iter().map(|swing| swing.name.clone());
    let rows = Rows::new(canvas, names, values, room, below);
    rows.ground(canvas, &data.about.unit);
    let base = rows.x.at(data.base);
    for (row, (swing, [low, high])) in data.swings.iter().zip(&texts).enumerate() {
        let top = rows.top(row);
        let mut side = |value: f64, other: f64, text: &str, solid: bool| {
            let end = rows.x.at(value);
            let corners = ((base, top), (end, top + BAR));
            if solid {
                canvas.rect("chart-bar", corners.0, corners.1);
            } else {
                canvas.hatch(Hatch::Rising, corners.0, corners.1);
            }
            let (place, anchor) = if value < other {
                (end - 6.0, Anchor::End)
            } else {
                (end + 6.0, Anchor::Start)
            };
            canvas.write("chart-value", (place, top + BAR / 2.0 + 5.0), anchor, text);
        };
        side(swing.low, swing.high, low, false);
        side(swing.high, swing.low, high, true);
        canvas.line("chart-base", (base, top - 3.0), (base, top + BAR + 3.0));
    }
    canvas.legend(rows.bottom() + 2.0 * LINE + 6.0, &legend);
}

fn table(data: &Tornado, t: Texts<'_>) -> Table {
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: vec![
            Column::words(t.text("chart-item")),
            Column::figures(t.text("chart-low")),
            Column::figures(t.text("chart-high")),
        ],
        rows: data
            .swings
            .iter()
            .map(|swing| {
                [
                    swing.name.clone(),
                    figure_text(swing.low),
                    figure_text(swing.high),
                ]
                .map(Link::plain)
                .into()
            })
            .collect(),
    }
}
