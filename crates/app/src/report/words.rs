//! Words of a report: text in which every numeral is a figure with a trace, or a mark that says what else it is.
//!
//! A numeral never stands in plain words: whoever builds a sentence has to say what each one is.

use plan::Text;
use serde::Serialize;
use vocab::{Lang, Period};

/// One piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Piece {
    /// Words without a numeral.
    Words {
        /// As read.
        text: String,
    },
    /// A figure.
    Figure {
        /// As read, with its unit.
        text: String,
        /// Id of the entry of the annex that shows how it came about.
        trace: String,
    },
    /// A numeral that is no figure.
    Mark {
        /// As read.
        text: String,
        /// What it is.
        mark: Mark,
    },
}

/// What a numeral is that is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Part of a name: 第3期, a title, a citation.
    Name,
    /// A year.
    Year,
    /// A day.
    Day,
    /// A section of a text.
    Section,
    /// A formula, a seal, an id, a seed.
    Code,
    /// A value that is not known yet.
    Missing,
}

impl Mark {
    /// Its name in a page's markup.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Year => "year",
            Self::Day => "day",
            Self::Section => "section",
            Self::Code => "code",
            Self::Missing => "missing",
        }
    }
}

impl Piece {
    /// Text as a whole under a mark; without a numeral it is words.
    pub fn named(text: impl Into<String>, mark: Mark) -> Self {
        let text = text.into();
        if text.contains(char::is_numeric) {
            Self::Mark { text, mark }
        } else {
            Self::Words { text }
        }
    }

    /// A figure under a trace.
    pub fn figure(text: impl Into<String>, trace: impl Into<String>) -> Self {
        Self::Figure {
            text: text.into(),
            trace: trace.into(),
        }
    }

    /// A year.
    pub fn year(at: Period, lang: Lang) -> Self {
        Self::named(at.label(lang), Mark::Year)
    }

    /// As read.
    pub fn text(&self) -> &str {
        match self {
            Self::Words { text } | Self::Figure { text, .. } | Self::Mark { text, .. } => text,
        }
    }
}

/// A sentence in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// Japanese.
    pub ja: Vec<Piece>,
    /// English.
    pub en: Vec<Piece>,
}

impl Sentence {
    /// The sentence in one language.
    pub fn get(&self, lang: Lang) -> &[Piece] {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }

    /// A sentence made alike in both languages.
    pub(super) fn of(make: impl Fn(Lang) -> Vec<Piece>) -> Self {
        Self {
            ja: make(Lang::Ja),
            en: make(Lang::En),
        }
    }

    /// A text of the plan as a whole.
    pub(super) fn named(text: &Text, mark: Mark) -> Self {
        Self::of(|lang| vec![Piece::named(text.get(lang), mark)])
    }
}

/// A text whose numerals all rest on one trace.
pub(super) fn traced(text: &str, trace: &str) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut rest = text;
    while !rest.is_empty() {
        let numeral = rest.starts_with(char::is_numeric);
        let end = rest
            .find(|c: char| c.is_numeric() != numeral)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        pieces.push(if numeral {
            Piece::figure(part, trace)
        } else {
            Piece::Words {
                text: part.to_owned(),
            }
        });
        rest = after;
    }
    pieces
}
