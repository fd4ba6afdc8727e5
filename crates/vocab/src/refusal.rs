//! A refusal says, in Japanese and in English, why a text is not what it should be and what to do about it.
//! It never carries a corrected value: the person who wrote the text decides what was meant.

use serde::Serialize;

use crate::lang::Lang;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[error("{ja} / {en}")]
pub struct Refusal {
    /// Stable code of the reason, for programs, such as `check_digit`.
    pub kind: &'static str,
    /// The reason and the remedy in Japanese.
    pub ja: String,
    /// The reason and the remedy in English.
    pub en: String,
}

impl Refusal {
    /// A refusal of the given kind with its sentence in both languages.
    pub fn new(kind: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            kind,
            ja: ja.into(),
            en: en.into(),
        }
    }

    /// The sentence in one language.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}
