//! The 47 prefectures as tiles of one size, so that a small one is not lost, and as a ranked table under it. Each tile carries its figure, so that it
//! is read without colour.

use super::About;
use super::canvas::{Anchor, Canvas, Hatch, Layout, Swatch, both};
use super::scale::figure_text;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One prefecture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tile {
    /// Number of the prefecture (JIS X 0401), 1 to 47; others are in the table only.
    pub code: u8,
    /// Its name in the reader's language, without 都, 府 or 県.
    pub name: String,
    /// Its figure; `None` if nobody reported.
    pub value: Option<f64>,
}

/// What [`tile_map`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TileMap {
    /// Its title, words and unit.
    pub about: About,
    /// The prefectures.
    pub tiles: Vec<Tile>,
}

/// Column and row of each prefecture in the order of its number.
const PLACES: [(u8, u8); 47] = [
    (11, 0), // 北海道
    (11, 1),
    (11, 2),
    (11, 3),
    (10, 2),
    (10, 3),
    (11, 4), // 東北
    (12, 5),
    (11, 5),
    (10, 5),
    (10, 6),
    (12, 6),
    (11, 6),
    (11, 7), // 関東
    (10, 4),
    (9, 4),
    (8, 4),
    (7, 5),
    (9, 6),
    (9, 5),
    (8, 5),
    (9, 7),
    (8, 6), // 中部
    (8, 7),
    (7, 6),
    (6, 6),
    (6, 7),
    (5, 6),
    (7, 7),
    (7, 8), // 近畿
    (4, 6),
    (3, 6),
    (4, 7),
    (3, 7),
    (2, 6), // 中国
    (5, 9),
    (5, 8),
    (4, 8),
    (4, 9), // 四国
    (1, 7),
    (0, 7),
    (0, 8),
    (1, 8),
    (2, 8),
    (2, 9),
    (1, 9),
    (0, 10), // 九州・沖縄
];

const COLUMNS: f64 = 13.0;
const ROWS: f64 = 11.0;
const CLASSES: usize = 5;
const FILLS: [&str; CLASSES] = [
    "chart-class-1",
    "chart-class-2",
    "chart-class-3",
    "chart-class-4",
    "chart-class-5",
];

/// Draws the chart and its table.
pub fn tile_map(data: &TileMap, t: Texts<'_>) -> Chart {
    let classes = Classes::of(data);
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data, &classes, t)),
        table: table(data, t),
    }
}

/// Five classes of about as many prefectures each, from the lowest.
struct Classes {
    /// Lowest and highest value of each class; a class may be empty where values are equal.
    ranges: Vec<(f64, f64)>,
}

impl Classes {
    fn of(data: &TileMap) -> Self {
        let mut values: Vec<f64> = data
            .tiles
            .iter()
            .filter_map(|tile| tile.value)
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        let mut ranges: Vec<(f64, f64)> = Vec::new();
        for class in 0..CLASSES {
            let (from, to) = (
                values.len() * class / CLASSES,
                values.len() * (class + 1) / CLASSES,
            );
            let Some(&high) = values[from..to].last() else {
                continue;
            };
            // Equal values stay in one class.
            match ranges.last_mut() {
                Some(before) if before.1 >= high => {}
                Some(before) => {
                    let low = values
                        .iter()
                        .copied()
                        .find(|&value| value > before.1)
                        .unwrap_or(high);
                    ranges.push((low, high));
                }
                None => ranges.push((values[from], high)),
            }
        }
        Self { ranges }
    }

    /// Class of a value, 0 the lowest.
    fn class(&self, value: f64) -> Option<usize> {
        self.ranges.iter().position(|range| value <= range.1)
    }
}

fn draw(canvas: &mut Canvas, data: &TileMap, classes: &Classes, t: Texts<'_>) {
    let side = canvas.width / COLUMNS;
    let mut legend: Vec<(Swatch, String)> = classes
        .ranges
        .iter()
        .enumerate()
        .map(|(class, (low, high))| {
            let (low, high) = (figure_text(*low), figure_text(*high));
            let range = t.with("chart-class", &[("from", (&low).into()), ("to", (&high).into())]);
            (Swatch::Field(FILLS[class]), range)
        })
        .collect();
    if data.tiles.iter().any(|tile| tile.value.is_none()) {
        legend.push((Swatch::Hatch(Hatch::Absent), t.text("chart-no-report")));
    }
    let bottom = side * ROWS;
    canvas.set_height(bottom + 12.0 + canvas.legend_height(&legend));
    for tile in &data.tiles {
        let Some(&(column, row)) = usize::from(tile.code)
            .checked_sub(1)
            .and_then(|code| PLACES.get(code))
        else {
            continue;
        };
        let (x, y) = (f64::from(column) * side, f64::from(row) * side);
        let (from, to) = ((x + 1.0, y + 1.0), (x + side - 1.0, y + side - 1.0));
        let middle = x + side / 2.0;
        let class = tile.value.and_then(|value| classes.class(value));
        match class {
            Some(class) => canvas.rect(FILLS[class], from, to),
            None => canvas.hatch(Hatch::Absent, from, to),
        }
        let ink = match class {
            Some(3..) => "chart-tile-light",
            Some(_) => "chart-tile-dark",
            None => "chart-tile-dark chart-halo",
        };
        let number = tile.value.map_or("–".to_owned(), figure_text);
        if canvas.layout == Layout::Wide {
            let name: String = tile
                .name
                .chars()
                .take(if tile.name.is_ascii() { 6 } else { 3 })
                .collect();
            canvas.write(ink, (middle, y + side * 0.44), Anchor::Middle, &name);
            canvas.write(ink, (middle, y + side * 0.80), Anchor::Middle, &number);
        } else {
            canvas.write(ink, (middle, y + side * 0.70), Anchor::Middle, &number);
        }
    }
    canvas.legend(bottom + 12.0, &legend);
}

/// Highest first; equal figures share a rank; those without a report come last.
fn table(data: &TileMap, t: Texts<'_>) -> Table {
    let mut order: Vec<&Tile> = data.tiles.iter().collect();
    order.sort_by(|a, b| match (a.value, b.value) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    let rank = |value: f64| {
        1 + order
            .iter()
            .filter(|tile| tile.value.is_some_and(|other| other > value))
            .count()
    };
    let rows = order.iter().map(|tile| {
        let (rank, value) = match tile.value {
            Some(value) => (rank(value).to_string(), figure_text(value)),
            None => (String::new(), t.text("chart-no-report")),
        };
        [tile.name.clone(), rank, value].map(Link::plain).into()
    });
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: vec![
            Column::words(t.text("chart-prefecture")),
            Column::figures(t.text("chart-rank")),
            Column::figures(t.text("chart-value")),
        ],
        rows: rows.collect(),
    }
}
