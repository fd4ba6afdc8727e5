//! Sentences of a report as markup: a figure is a link to its trace, every other numeral says what it is.

use app::{Mark, Piece};
use askama::Template;

use crate::i18n::Texts;
use crate::ui::{Chart, ColumnKind, Table};

/// A sentence; a page prints `{{ line }}`.
#[derive(Debug, Clone, Default, Template)]
#[template(
    ext = "html",
    source = r##"{% for piece in pieces %}{% match piece %}{% when Piece::Words { text } %}{{ text }}{% when Piece::Figure { text, trace } %}<a class="traced" href="#{{ trace }}">{{ text }}</a>{% when Piece::Mark { text, mark } %}<span data-mark="{{ mark.name() }}">{{ text }}</span>{% endmatch %}{% endfor %}"##
)]
pub struct Line {
    pieces: Vec<Piece>,
}

impl askama::filters::HtmlSafe for Line {}

impl From<&[Piece]> for Line {
    fn from(pieces: &[Piece]) -> Self {
        Self {
            pieces: pieces.to_vec(),
        }
    }
}

impl Line {
    /// Text under a mark.
    pub fn named(text: impl Into<String>, mark: Mark) -> Self {
        Self {
            pieces: vec![Piece::named(text, mark)],
        }
    }

    /// Words of the interface, which have no numerals.
    pub fn words(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece::Words { text: text.into() }],
        }
    }

    /// A figure under a trace.
    pub fn figure(text: impl Into<String>, trace: &str) -> Self {
        Self {
            pieces: vec![Piece::figure(text, trace)],
        }
    }

    /// A message whose variables are pieces.
    pub fn message(t: Texts<'_>, key: &str, arguments: &[(&str, &[Piece])]) -> Self {
        // Characters for private use stand in for the pieces: no message and no text of a plan has them.
        const FIRST: u32 = 0xE000;
        let stand_ins: Vec<(&str, String)> = (FIRST..)
            .zip(arguments)
            .filter_map(|(code, (name, _))| Some((*name, char::from_u32(code)?.to_string())))
            .collect();
        let named: Vec<_> = stand_ins
            .iter()
            .map(|(name, stand_in)| (*name, stand_in.as_str().into()))
            .collect();
        let text = t.with(key, &named);
        let mut pieces = vec![];
        for part in text.split_inclusive(|c| (FIRST..FIRST + 0x100).contains(&u32::from(c))) {
            let end = part
                .chars()
                .next_back()
                .filter(|c| (FIRST..FIRST + 0x100).contains(&u32::from(*c)));
            let place = end.and_then(|c| usize::try_from(u32::from(c) - FIRST).ok());
            let found = place.and_then(|place| arguments.get(place));
            let words = found.map_or(part, |_| &part[..part.len() - '\u{E000}'.len_utf8()]);
            if !words.is_empty() {
                pieces.push(Piece::Words { text: words.into() });
            }
            if let Some((_, piece)) = found {
                pieces.extend_from_slice(piece);
            }
        }
        Self { pieces }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| piece.text().is_empty())
    }
}

/// A table of sentences.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    pub id: String,
    pub caption: Line,
    pub columns: Vec<(String, ColumnKind)>,
    pub rows: Vec<Vec<Line>>,
    /// On what numerals in the heads of columns rest: the level of an interval.
    pub trace: String,
}

impl Grid {
    /// The head of a column.
    pub fn head(&self, title: &str) -> Line {
        if title.contains(char::is_numeric) {
            Line::figure(title, &self.trace)
        } else {
            Line::words(title)
        }
    }

    /// The table under a chart: its first column names, the others are figures that rest on the chart's trace.
    pub fn of_chart(table: &Table, trace: &str) -> Self {
        let cell = |(place, text): (usize, &crate::ui::Link)| {
            if place == 0 || !text.text.contains(char::is_numeric) {
                Line::named(&text.text, Mark::Year)
            } else {
                Line::figure(&text.text, trace)
            }
        };
        Self {
            id: table.id.clone(),
            caption: Line::named(&table.caption, Mark::Name),
            columns: table
                .columns
                .iter()
                .map(|column| (column.title.clone(), column.kind))
                .collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.iter().enumerate().map(cell).collect())
                .collect(),
            trace: trace.to_owned(),
        }
    }
}

/// A drawing that as a whole leads to its trace, with its table.
#[derive(Debug, Clone)]
pub struct Plate {
    pub title: Line,
    pub drawing: crate::ui::Markup,
    pub trace: String,
    pub grid: Grid,
}

impl Plate {
    pub fn of(chart: Chart, trace: &str) -> Self {
        Self {
            title: Line::named(chart.title, Mark::Name),
            drawing: chart.drawing,
            trace: trace.to_owned(),
            grid: Grid::of_chart(&chart.table, trace),
        }
    }
}
