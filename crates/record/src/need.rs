//! What an engine needs of a kind of records. It is declared beside the engine, and a test proves that the kinds of the plan that ships have it:
//! whoever changes a kind learns at once what rests on it.

use std::fmt;

use plan::{Field, Plan, Required, Shape};
use vocab::{Refusal, Unit};

/// The view of a kind that an engine needs.
#[derive(Debug, Clone, Copy)]
pub struct ViewNeed {
    /// The engine, as it is called where it is shown.
    pub engine: &'static str,
    /// Id of the kind.
    pub kind: &'static str,
    /// What it reads.
    pub fields: &'static [FieldNeed],
}

/// One field that an engine reads.
#[derive(Debug, Clone, Copy)]
pub struct FieldNeed {
    /// Name of the field.
    pub name: &'static str,
    /// What it has to be.
    pub shape: ShapeNeed,
    /// Whether lists have to be filtered by it.
    pub indexed: bool,
    /// Whether it has to be filled in every complete record.
    pub always: bool,
}

impl FieldNeed {
    /// A field that may be blank.
    pub const fn new(name: &'static str, shape: ShapeNeed, indexed: bool) -> Self {
        Self {
            name,
            shape,
            indexed,
            always: false,
        }
    }
}

/// What a field has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeNeed {
    /// Words of one or several lines.
    Words,
    /// Several answers in words.
    SeveralWords,
    /// A choice with at least these options.
    Choice(&'static [&'static str]),
    /// A figure, or money, that can be shown in this unit.
    Figure(&'static str),
    /// A day.
    Date,
    /// A fiscal year.
    FiscalYear,
    /// A period.
    Period,
    /// An identifier of this kind.
    Code(&'static str),
    /// Several identifiers of this kind.
    Codes(&'static str),
    /// A record of this kind.
    Reference(&'static str),
    /// An organisation.
    Organisation,
    /// Yes or no.
    Flag,
}

/// As the plan's files call it.
impl fmt::Display for ShapeNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words => f.write_str("text"),
            Self::SeveralWords => f.write_str("several text"),
            Self::Choice(codes) => write!(f, "choice: {}", codes.join(", ")),
            Self::Figure(unit) => write!(f, "number: {unit}"),
            Self::Date => f.write_str("date"),
            Self::FiscalYear => f.write_str("fiscal-year"),
            Self::Period => f.write_str("period"),
            Self::Code(kind) => f.write_str(kind),
            Self::Codes(kind) => write!(f, "several {kind}"),
            Self::Reference(kind) => write!(f, "reference: {kind}"),
            Self::Organisation => f.write_str("organisation"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Whether a plan has what an engine needs.
///
/// # Errors
/// Everything that it lacks.
pub fn satisfies(plan: &Plan, need: &ViewNeed) -> Result<(), Vec<Refusal>> {
    let Some(kind) = plan.kind(need.kind) else {
        return Err(vec![Refusal::new(
            "view_kind",
            format!(
                "「{}」が使う記録の種類「{}」が計画にありません。",
                need.engine, need.kind
            ),
            format!(
                "The plan has no kind “{}”, which “{}” reads.",
                need.kind, need.engine
            ),
        )]);
    };
    let lacks: Vec<Refusal> = need
        .fields
        .iter()
        .filter(|wanted| !kind.field(wanted.name).is_some_and(|field| fits(field, wanted)))
        .map(|wanted| {
            let mut what = wanted.shape.to_string();
            for (said, word) in [(wanted.indexed, ", indexed"), (wanted.always, ", required")] {
                if said {
                    what.push_str(word);
                }
            }
            Refusal::new(
                "view_field",
                format!(
                    "「{}」が使う項目「{}.{}」が、必要な形（{what}）で計画にありません。",
                    need.engine, need.kind, wanted.name
                ),
                format!(
                    "“{}” reads the field “{}.{}” as {what}; the plan does not have it so.",
                    need.engine, need.kind, wanted.name
                ),
            )
        })
        .collect();
    if lacks.is_empty() { Ok(()) } else { Err(lacks) }
}

fn fits(field: &Field, need: &FieldNeed) -> bool {
    let shape = match (&field.shape, need.shape) {
        (Shape::Text | Shape::LongText, ShapeNeed::Words | ShapeNeed::SeveralWords)
        | (Shape::Date, ShapeNeed::Date)
        | (Shape::FiscalYear, ShapeNeed::FiscalYear)
        | (Shape::Period, ShapeNeed::Period)
        | (Shape::Organisation { .. }, ShapeNeed::Organisation)
        | (Shape::Flag, ShapeNeed::Flag) => true,
        (Shape::Choice(options), ShapeNeed::Choice(codes)) => codes
            .iter()
            .all(|code| options.iter().any(|option| option.code == *code)),
        (Shape::Number(figure) | Shape::Money { figure, .. }, ShapeNeed::Figure(unit)) => unit
            .parse::<Unit>()
            .is_ok_and(|unit| unit.dim() == figure.unit.dim()),
        (Shape::Code(kind), ShapeNeed::Code(wanted) | ShapeNeed::Codes(wanted)) => *kind == wanted,
        (Shape::Reference(kind), ShapeNeed::Reference(wanted)) => kind == wanted,
        _ => false,
    };
    shape
        && field.many == matches!(need.shape, ShapeNeed::Codes(_) | ShapeNeed::SeveralWords)
        && (field.indexed || !need.indexed)
        && (field.required == Required::Always || !need.always)
}
