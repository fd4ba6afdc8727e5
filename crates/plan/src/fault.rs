//! A mistake in a plan, said so that the person who wrote the plan can mend it: file, line, a caret
//! under the words that are wrong, one sentence in Japanese and one in English, and a hint.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::files::Files;

/// One mistake. `file` is relative to the plan's folder; `span` counts bytes in that file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path inside the plan folder.
    pub file: String,
    /// Where in the file; empty at the start for a fault of the file as a whole.
    pub span: Range<usize>,
    /// Stable name of the kind of mistake, such as `unknown-reference`.
    pub code: &'static str,
    /// What is wrong, in Japanese.
    pub ja: String,
    /// What is wrong, in English.
    pub en: String,
    /// What to do, in both languages; may be empty.
    pub hint: String,
}

impl Fault {
    /// A fault of a file as a whole.
    pub fn file(file: &str, code: &'static str, ja: &str, en: &str, hint: &str) -> Self {
        Self {
            file: file.into(),
            span: 0..0,
            code,
            ja: ja.into(),
            en: en.into(),
            hint: hint.into(),
        }
    }

    /// Line and column (both from 1, the column in characters) of the first wrong byte.
    pub fn position(&self, files: &Files) -> (usize, usize) {
        let text = files.text(&self.file).unwrap_or_default();
        let before = text.get(..self.span.start.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The fault as it is shown on a terminal, without colour.
    pub fn render(&self, files: &Files) -> String {
        let title = format!("{} / {}", self.ja, self.en);
        let mut group = Group::with_title(Level::ERROR.primary_title(&title).id(self.code));
        if let Some(text) = files.text(&self.file) {
            let start = self.span.start.min(text.len());
            let end = self.span.end.clamp(start, text.len());
            group = group.element(
                Snippet::source(text)
                    .path(&self.file)
                    .annotation(AnnotationKind::Primary.span(start..end)),
            );
        } else {
            group = group.element(Origin::path(&self.file));
        }
        if !self.hint.is_empty() {
            group = group.element(Level::HELP.message(&self.hint));
        }
        Renderer::plain().render(&[group])
    }
}
/// Every mistake found in one plan, with the files they stand in.
#[derive(Debug, Clone)]
pub struct Faults {
    /// The plan's files, as far as they could be read.
    pub files: Files,
    /// The mistakes, in the order of file and place; never empty.
    pub list: Vec<Fault>,
}

impl Faults {
    pub(crate) fn new(files: Files, mut list: Vec<Fault>) -> Self {
        list.sort_by(|a, b| {
            (&a.file, a.span.start, a.span.end, a.code).cmp(&(&b.file, b.span.start, b.span.end, b.code))
        });
        list.dedup();
        Self { files, list }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.list {
            writeln!(f, "{}\n", fault.render(&self.files))?;
        }
        let count = self.list.len();
        write!(f, "計画の誤り: {count}件 / Faults in the plan: {count}")
    }
}

impl std::error::Error for Faults {}
