//! Answers as values. A value is made from a text by the shape of its field, and shows itself as the normal form of that text.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use plan::{DateRange, FILE_TYPES, RecordLink, Shape};
use vocab::{Number, Period, Refusal};

/// The longest name of a file, in characters.
const FILE_NAME: usize = 200;

/// One record: its answers by name of field. A blank answer is not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The answers.
    pub fields: Row,
    /// What was answered to fields that are not asked any more, as it was stored.
    pub former: BTreeMap<String, serde_json::Value>,
}

/// Answers by name.
pub type Row = BTreeMap<String, Value>;

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words, the code of an option, an identifier, an organisation or a person.
    Text(String),
    /// A figure in the unit of its field.
    Number(Number),
    /// A day.
    Date(Date),
    /// A fiscal year.
    Year(Period),
    /// From one day to another.
    Range(DateRange),
    /// Yes or no.
    Flag(bool),
    /// Another record.
    Link(RecordLink),
    /// A file.
    File(Attachment),
    /// Several answers, none of them twice; never empty.
    List(Vec<Value>),
    /// Rows of a table; never empty, and no row is.
    Table(Vec<Row>),
}

impl Value {
    /// One answer as it was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(shape: &Shape, text: &str) -> Result<Self, Refusal> {
        if let Shape::Attachment { types, megabytes } = shape {
            return text
                .parse::<Attachment>()?
                .taken(types, *megabytes)
                .map(Self::File);
        }
        Self::parse(shape, &shape.normal(text)?)
    }

    /// One answer from its normal form. Bounds and options are not looked at: these may have changed since it was kept.
    pub(crate) fn parse(shape: &Shape, normal: &str) -> Result<Self, Refusal> {
        Ok(match shape {
            Shape::Number(_) | Shape::Money { .. } => Self::Number(normal.parse()?),
            Shape::Date => Self::Date(vocab::codes::parse_date(normal)?),
            Shape::FiscalYear => Self::Year(normal.parse()?),
            Shape::Period => Self::Range(normal.parse()?),
            Shape::Reference(_) => Self::Link(normal.parse()?),
            Shape::Flag => Self::Flag(normal == "yes"),
            Shape::Attachment { .. } => Self::File(normal.parse()?),
            _ => Self::Text(normal.to_owned()),
        })
    }

    /// The normal form of one answer; none of several.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_decimal(),
            Self::Date(date) => date.to_string(),
            Self::Year(year) => year.to_string(),
            Self::Range(range) => range.to_string(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::Link(link) => link.to_string(),
            Self::File(file) => file.to_string(),
            Self::List(_) | Self::Table(_) => return None,
        })
    }

    /// The answers one by one: those of a list, or the one that it is. A table has none.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::List(values) => values.as_slice(),
            Self::Table(_) => &[],
            one => std::slice::from_ref(one),
        }
        .iter()
    }
}

/// A file that was kept. What it holds stands elsewhere, under its hash; whoever takes a record in proves that it is there and is what is said.
///
/// Text form: hash, size, type and name with spaces between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// SHA-256 of the contents, lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// A name of [`FILE_TYPES`].
    pub file_type: &'static str,
    /// As its owner called it.
    pub name: String,
}

impl Attachment {
    /// The file, if a field takes it.
    pub(crate) fn taken(self, types: &[&'static str], megabytes: u32) -> Result<Self, Refusal> {
        if !types.contains(&self.file_type) {
            let list = types.join(", ");
            return Err(Refusal::new(
                "file_type",
                format!("この形式のファイルは添付できません。次の形式にしてください: {list}"),
                format!("Files of this type are not taken. Attach one of: {list}"),
            ));
        }
        if self.bytes > u64::from(megabytes) * 1_000_000 {
            return Err(Refusal::new(
                "file_size",
                format!("ファイルが大きすぎます。{megabytes} MB 以内にしてください。"),
                format!("The file is too large. Keep it within {megabytes} MB."),
            ));
        }
        Ok(self)
    }
}

impl FromStr for Attachment {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let refused = || {
            Refusal::new(
                "file",
                "添付ファイルを読み取れません。もう一度添付してください。",
                "The attachment cannot be read. Attach it again.",
            )
        };
        let mut parts = text.splitn(4, ' ');
        let mut part = || parts.next().ok_or_else(refused);
        let (sha256, bytes, file_type, name) = (part()?, part()?, part()?, part()?);
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let known = FILE_TYPES.iter().find(|(known, _)| *known == file_type);
        let plain = !name.trim().is_empty()
            && name == name.trim()
            && name.chars().count() <= FILE_NAME
            && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
        match known {
            Some((file_type, _)) if sha256.len() == 64 && sha256.bytes().all(hex) && plain => Ok(Self {
                sha256: sha256.to_owned(),
                bytes: bytes.parse().map_err(|_| refused())?,
                file_type,
                name: name.to_owned(),
            }),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sha256,
            bytes,
            file_type,
            name,
        } = self;
        write!(f, "{sha256} {bytes} {file_type} {name}")
    }
}
