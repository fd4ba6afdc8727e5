//! Rule tables: what a format's specification asks of structure, in one notation of our own, read for one version of the format.
//!
//! A table begins with `objects` (JSON) or `elements` (XML) and the versions it knows, oldest first. Then come definitions,
//! `name = shape`. Anything may be limited to versions: `@1.5+` (and later), `@1.2-1.4`, `@1.6`.
//!
//! | shape | means |
//! |---|---|
//! | `text <date-time> 1..99 ~"^a"` | a string with a format, a length and a pattern |
//! | `number 0..1 by 0.1`, `integer`, `boolean`, `true`, `false`, `null`, `any`, `never` | as it says |
//! | `("a" "b"@1.5+)` | one of these strings |
//! | `[shape] unique 1..9` | a list |
//! | `{ name!: shape other: shape } 1..` | an object with these members only, `!` required; `...` lets others in |
//! | `one(…)`, `some(…)`, `all(…)`, `not(…)`, `when(if, then, else)`, `has(a, b)` | combinations |
//! | a name | the definition of that name |
//! | `<token> 0..1 length 1.. ~"a"` | (XML) a simple type, its range, length and pattern |
//! | `{ @name!: type  = type  child?: shape  seq* { … }  alt { … }  other* }` | (XML) an element: attributes, own text, content in order |
//!
//! `@*` allows every attribute, `@other` those of other namespaces. The tables are ours; no text of a specification is in them.

pub(crate) mod format;
pub(crate) mod object;
mod parse;
pub(crate) mod xml;

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;

/// Index of a shape in its table.
pub(crate) type Id = usize;

/// The rules of one version of one format.
#[derive(Debug)]
pub(crate) struct Rules {
    shapes: Vec<Shape>,
    named: HashMap<String, Id>,
}

impl Rules {
    /// Reads a table for one version.
    ///
    /// # Errors
    /// The table has a fault: line and what was expected there.
    pub(crate) fn read(table: &str, version: &str) -> Result<Self, String> {
        parse::read(table, version)
    }

    pub(crate) fn root(&self, name: &str) -> Option<Id> {
        self.named.get(name).copied()
    }

    /// Patterns that do not compile and formats that nobody knows: none, as a test of each table says.
    #[cfg(test)]
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for shape in &self.shapes {
            if let Shape::Text(text) = shape {
                if !format::known(&text.format) {
                    faults.push(format!("format {}", text.format));
                }
                if let Some(pattern) = &text.pattern
                    && pattern.regex(false).is_none()
                {
                    faults.push(format!("pattern {}", pattern.source));
                }
            }
        }
        faults
    }

    /// The shape behind names.
    fn shape(&self, mut id: Id) -> &Shape {
        let mut hops = 0;
        while let Some(Shape::Same(next)) = self.shapes.get(id) {
            id = *next;
            hops += 1;
            if hops > self.shapes.len() {
                break;
            }
        }
        self.shapes.get(id).unwrap_or(&Shape::Never)
    }
}

#[derive(Debug)]
enum Shape {
    Any,
    Never,
    Null,
    Boolean,
    Exactly(bool),
    Text(Text),
    Number(Number),
    Words(Vec<String>),
    List(List),
    Object(Object),
    Has(Vec<String>),
    One(Vec<Id>),
    Some(Vec<Id>),
    All(Vec<Id>),
    Not(Id),
    When(Id, Id, Id),
    Same(Id),
    Element(Element),
}

#[derive(Debug, Default)]
struct Text {
    /// Format (JSON) or simple type (XML), empty for any text.
    format: String,
    length: Span,
    range: Span,
    pattern: Option<Pattern>,
}

#[derive(Debug)]
struct Number {
    whole: bool,
    range: Span,
    step: Option<f64>,
}

#[derive(Debug)]
struct List {
    item: Id,
    unique: bool,
    count: Span,
}

#[derive(Debug)]
struct Object {
    members: HashMap<String, Id>,
    required: Vec<String>,
    rest: Option<Id>,
    count: Span,
}

#[derive(Debug, Default)]
struct Element {
    attributes: HashMap<String, (bool, Id)>,
    foreign: Foreign,
    text: Option<Id>,
    mixed: bool,
    content: Vec<Particle>,
}

/// Which attributes beside the named ones an element may have.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    #[default]
    None,
    Other,
    Any,
}

/// A piece of an element's content with how often it may stand there.
#[derive(Debug)]
struct Particle {
    least: usize,
    most: Option<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Child(String, Id),
    Other,
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
}

/// Bounds, both inclusive.
#[derive(Debug, Default, Clone, Copy)]
struct Span {
    low: Option<f64>,
    high: Option<f64>,
}

impl Span {
    fn holds(self, value: f64) -> bool {
        self.low.is_none_or(|low| value >= low) && self.high.is_none_or(|high| value <= high)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(low) = self.low {
            write!(f, "{low}")?;
        }
        f.write_str("..")?;
        if let Some(high) = self.high {
            write!(f, "{high}")?;
        }
        Ok(())
    }
}

/// A pattern, compiled when first asked.
#[derive(Debug)]
struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(source: String) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the text has the pattern; a pattern that does not compile is had by nothing (a test compiles each).
    fn holds(&self, text: &str, whole: bool) -> bool {
        self.regex(whole).is_some_and(|regex| regex.is_match(text))
    }

    fn regex(&self, whole: bool) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                let source = self.source.replace("\\d", "[0-9]");
                let source = if whole { format!("^(?:{source})$") } else { source };
                Regex::new(&source).ok()
            })
            .as_ref()
    }
}
