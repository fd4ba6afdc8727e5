//! What is wrong with a formula, and where: every refusal of this crate is one of these. It says what to do in both languages and
//! never guesses a repair.

use std::ops::Range;

use vocab::{Lang, Refusal};

/// A fault at a place in the source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{ja} / {en}")]
pub struct Fault {
    /// Bytes of the source to put the caret under.
    pub span: Range<usize>,
    /// Stable code, such as `unit` or `unknown_name`.
    pub kind: &'static str,
    /// What is wrong, in Japanese.
    pub ja: String,
    /// What is wrong, in English.
    pub en: String,
    /// What to do, in Japanese.
    pub hint_ja: Option<Box<str>>,
    /// What to do, in English.
    pub hint_en: Option<Box<str>>,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(span: Range<usize>, kind: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            span,
            kind,
            ja: ja.into(),
            en: en.into(),
            hint_ja: None,
            hint_en: None,
        }
    }

    /// A refusal of a value, at the place that asked for it.
    pub fn at(span: &Range<usize>, refusal: Refusal) -> Self {
        Self::new(span.clone(), refusal.kind, refusal.ja, refusal.en)
    }

    /// The fault with a hint.
    #[must_use]
    pub fn hint(self, ja: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self {
            hint_ja: Some(ja.into()),
            hint_en: Some(en.into()),
            ..self
        }
    }

    /// The sentence in one language.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }

    /// The hint in one language.
    pub fn hint_text(&self, lang: Lang) -> Option<&str> {
        match lang {
            Lang::Ja => self.hint_ja.as_deref(),
            Lang::En => self.hint_en.as_deref(),
        }
    }
}

/// The candidate nearest to a misspelt word, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let reach = 1 + word.chars().count() / 4;
    let distances = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    distances
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's edit distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
