//! Findings: what a validation says of a document, with the number of the test, the place, and the reason in both languages.
//! A finding never changes the document.

use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The document breaks its specification and is not valid.
    Mandatory,
    /// The specification advises otherwise.
    Recommended,
    /// Worth knowing.
    Informative,
}

/// One thing found in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number of the test in the specification (`6.1.14`), or `schema` for its structure.
    pub test: &'static str,
    /// Its weight.
    pub level: Level,
    /// Where: a JSON pointer, a path of elements, or a line. Empty for the document as a whole.
    pub path: String,
    /// What is wrong and what is asked, in Japanese.
    pub ja: String,
    /// What is wrong and what is asked, in English.
    pub en: String,
}

/// The test of findings about a document's structure.
pub const SCHEMA: &str = "schema";

impl Finding {
    /// A finding about structure.
    pub(crate) fn schema(path: impl Into<String>, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            test: SCHEMA,
            level: Level::Mandatory,
            path: path.into(),
            ja: ja.into(),
            en: en.into(),
        }
    }
}
