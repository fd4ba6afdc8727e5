//! A record kind as the plan defines it: what a form asks, of what type each field is, who may see and write it, and how records of earlier
//! versions become those of today. It holds no record, knows no database and draws no page.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use vocab::{Number, Unit};

use crate::model::Text;

pub mod sheet;
mod typed;

pub use typed::{DateRange, RecordLink};

/// The roles that a kind may name: the codes of the one policy, which stands above this crate. A test holds the two lists together.
pub const ROLES: [&str; 6] = [
    "secretariat",
    "approver",
    "council",
    "member",
    "auditor",
    "administrator",
];

/// Those of the roles that act for the ministry.
pub const MINISTRY: [&str; 2] = ["secretariat", "approver"];

/// The files that a field may ask for: name, media type.
pub const FILE_TYPES: [(&str, &str); 9] = [
    ("pdf", "application/pdf"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("csv", "text/csv"),
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("spdx", "text/spdx"),
];

/// A kind of record: one form, one register.
#[derive(Debug, Clone, Serialize)]
pub struct Kind {
    /// Stable id, also its address and its name in the store.
    pub id: String,
    /// Name of one record.
    pub title: Text,
    /// What it is for.
    pub intro: Text,
    /// How long filling it in takes, in minutes.
    pub minutes: u32,
    /// What to have at hand.
    pub prepare: Vec<Text>,
    /// Section of the interim report, or the notice, on which it rests.
    pub section: String,
    /// To whom a record belongs.
    pub owner: Owner,
    /// The field that names a record in lists; always required and public.
    pub title_field: String,
    /// Who may add records.
    pub create: Vec<Grant>,
    /// Who may read records.
    pub read: Vec<Grant>,
    /// Who may change records.
    pub change: Vec<Grant>,
    /// Version of the definition; 1 for the first.
    pub version: u32,
    /// The parts of the form, each under its heading, with every field in one of them; none for a short form.
    pub parts: Vec<Part>,
    /// What is asked, in order; never empty.
    pub fields: Vec<Field>,
    /// From each earlier version to the next: `upcasts[0]` begins at version 1.
    pub upcasts: Vec<Upcast>,
    /// Lists of its register that many people need.
    pub views: Vec<View>,
}

/// A list of a register, narrowed to what many people look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Indexed fields and the values that they have to have, as they are typed.
    pub filters: Vec<(String, String)>,
}

/// The most fields of a form with parts that stands on one page.
const ONE_PAGE: usize = 12;

impl Kind {
    /// One field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields of one part of the form.
    pub fn fields_of<'a>(&'a self, part: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields
            .iter()
            .filter(move |field| field.part.as_deref() == Some(part))
    }

    /// Whether a draft is filled in part by part, each on a page of its own, rather than on one page: it has parts, and asks for much.
    pub fn is_long(&self) -> bool {
        let asked = self
            .fields
            .iter()
            .filter(|field| field.deprecated_since.is_none());
        !self.parts.is_empty() && asked.count() > ONE_PAGE
    }
}

/// To whom a record belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The organisation for which its author acts.
    Author,
    /// The ministry.
    Ministry,
}

/// One entry of a list of who may do something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Code of a role; none for everybody, signed in or not.
    pub role: Option<&'static str>,
    /// Only on what belongs to the caller's organisation.
    pub own: bool,
}

/// A part of a long form.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// Stable id.
    pub id: String,
    /// Its heading.
    pub title: Text,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Stable name; in a table, unique among the columns.
    pub name: String,
    /// What is asked, in short; unique in a kind, as it is also the title of a column in a sheet.
    pub title: Text,
    /// How to answer.
    pub help: Option<Text>,
    /// An answer that the field takes.
    pub example: Option<String>,
    /// What an answer is.
    pub shape: Shape,
    /// Whether there may be several answers.
    pub many: bool,
    /// When a record is not complete without it.
    pub required: Required,
    /// The part of the form in which it stands.
    pub part: Option<String>,
    /// Who may see it, of those who may read the record.
    pub confidentiality: Confidentiality,
    /// Who may answer it, of those who may change the record and see it.
    pub filled_by: Filler,
    /// Whether lists can be filtered and sorted by it.
    pub indexed: bool,
    /// Whether full-text search looks into it; only what is public is searched, as a hit gives away what was found.
    pub searched: bool,
    /// The day since which it is not asked any more, for readers: from the change of the plan on, no form has it. What was answered stays.
    pub deprecated_since: Option<Date>,
}

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// One of some options.
    Choice(Vec<Choice>),
    /// Any of some options.
    Choices(Vec<Choice>),
    /// A figure in a unit.
    Number(Figure),
    /// An amount of money, whose year stands in another field.
    Money {
        /// The amount; its unit is a currency or a scale of one.
        figure: Figure,
        /// The field beside it (fiscal year, date or period) that says of which year the money is.
        year: String,
    },
    /// A day.
    Date,
    /// A fiscal year (年度).
    FiscalYear,
    /// From one day to another, either of which may be open.
    Period,
    /// An identifier, by its kind in [`vocab::codes::KINDS`].
    Code(&'static str),
    /// Another record, by the id of its kind.
    Reference(String),
    /// An organisation.
    Organisation {
        /// Whether it becomes a party to the record, and may see what parties may.
        party: bool,
    },
    /// A person.
    Person,
    /// A file.
    Attachment {
        /// Names of [`FILE_TYPES`].
        types: Vec<&'static str>,
        /// Largest size, in megabytes (10^6 bytes).
        megabytes: u32,
    },
    /// Rows, each with the same fields.
    Table(Vec<Field>),
    /// Yes or no.
    Flag,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Stable code.
    pub code: String,
    /// Its words.
    pub title: Text,
    /// The day since which it is not offered any more, for readers. What was chosen stays.
    pub deprecated_since: Option<Date>,
}

/// A number with its unit and its bounds, which are in that unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The unit in which it is kept.
    pub unit: Unit,
    /// The least that is taken.
    pub least: Option<Number>,
    /// The most that is taken.
    pub most: Option<Number>,
    /// The most digits after the point.
    pub decimals: Option<u32>,
}

/// When a record is not complete without a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Never.
    No,
    /// Always. In a table: in every row.
    Always,
    /// When all of these hold, of fields beside it.
    When(Vec<Clause>),
}

/// One condition on another field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The other field.
    pub field: String,
    /// What it has to be.
    pub test: Test,
}

/// What a field has to be for a condition to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// This option, or one of several; `yes` or `no` of a flag.
    Is(String),
    /// Filled, and not this option.
    IsNot(String),
    /// Filled.
    Filled,
}

/// Who may see a field, of those who may read the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidentiality {
    /// Whoever may read the record.
    Public,
    /// The organisation to which it belongs, the ministry and the parties that the record names.
    Parties,
    /// The organisation to which it belongs, and the ministry.
    Owner,
    /// The ministry alone.
    Ministry,
}

/// Who may answer a field, of those who may change the record and see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filler {
    /// All of them.
    Anyone,
    /// The organisation to which the record belongs, alone: its own word, such as its consent, which nobody gives for it.
    Owner,
    /// The ministry alone: what it confirms or decides, others only read.
    Ministry,
}

/// How a record of one version becomes one of the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upcast {
    /// The version from which it starts.
    pub from: u32,
    /// What is done, in order.
    pub moves: Vec<Move>,
}

/// One step of an upcast. A name is that of a field, or `table.column`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// A field is called otherwise; a column stays in its table.
    Rename {
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
    /// A field is not asked any more; what was answered is kept under `former`.
    Drop {
        /// Its name before.
        name: String,
    },
    /// Codes of a choice become other codes.
    Map {
        /// Its name after the renaming.
        name: String,
        /// New codes by old ones; a code that is not named stays.
        codes: BTreeMap<String, String>,
    },
    /// A field that has no answer gets one.
    Default {
        /// Its name after the renaming.
        name: String,
        /// The answer, in its normal form.
        value: String,
    },
}
