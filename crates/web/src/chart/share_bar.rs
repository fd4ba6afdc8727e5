//! The parts of a whole as one bar.

use super::About;
use super::canvas::{Canvas, Hatch, Swatch, both};
use super::scale::figure_text;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Its size, in the unit of the chart; negative sizes are drawn as nothing.
    pub value: f64,
}

/// What [`share_bar`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShareBar {
    /// Its title, words and unit.
    pub about: About,
    /// The parts; from the sixth on, fillings repeat.
    pub shares: Vec<Share>,
}

/// What parts are filled with, so that they differ without colour.
pub(super) const FILLINGS: [Swatch; 5] = [
    Swatch::Field("chart-bar"),
    Swatch::Hatch(Hatch::Rising),
    Swatch::Hatch(Hatch::Dots),
    Swatch::Hatch(Hatch::Falling),
    Swatch::Hatch(Hatch::Grid),
];

impl ShareBar {
    /// Each part's share of the whole, 0 to 1.
    fn parts(&self) -> Vec<f64> {
        let sizes = self.shares.iter().map(|share| {
            if share.value.is_finite() {
                share.value.max(0.0)
            } else {
                0.0
            }
        });
        let sizes: Vec<f64> = sizes.collect();
        let whole: f64 = sizes.iter().sum();
        sizes
            .iter()
            .map(|size| if whole > 0.0 { size / whole } else { 0.0 })
            .collect()
    }

    fn percent(part: f64) -> String {
        format!("{:.1}%", part * 100.0)
    }
}

/// Draws the chart and its table.
pub fn share_bar(data: &ShareBar, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data)),
        table: table(data, t),
    }
}

fn draw(canvas: &mut Canvas, data: &ShareBar) {
    let parts = data.parts();
    let named = data.shares.iter().zip(&parts).zip(FILLINGS.iter().cycle());
    let legend: Vec<(Swatch, String)> = named
        .map(|((share, part), filling)| (*filling, format!("{} {}", share.name, ShareBar::percent(*part))))
        .collect();
    canvas.set_height(52.0 + canvas.legend_height(&legend));
    let mut from = 0.0;
    for (part, filling) in parts.iter().zip(FILLINGS.iter().cycle()) {
        let to = from + part * canvas.width;
        match *filling {
            Swatch::Hatch(hatch) => canvas.hatch(hatch, (from, 2.0), (to, 38.0)),
            _ => canvas.rect("chart-bar", (from, 2.0), (to, 38.0)),
        }
        from = to;
    }
    canvas.legend(50.0, &legend);
}

fn table(data: &ShareBar, t: Texts<'_>) -> Table {
    let rows = data.shares.iter().zip(data.parts());
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: vec![
            Column::words(t.text("chart-item")),
            Column::figures(t.text("chart-value")),
            Column::figures(t.text("chart-share")),
        ],
        rows: rows
            .map(|(share, part)| {
                [
                    share.name.clone(),
                    figure_text(share.value),
                    ShareBar::percent(part),
                ]
                .map(Link::plain)
                .into()
            })
            .collect(),
    }
}
