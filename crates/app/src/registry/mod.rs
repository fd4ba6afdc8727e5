//! Lists that agencies publish, read into rows for the registers: which lists there are, and what a row of each says of which record.
//!
//! Pure: bytes in; rows, and what cannot be taken with its line, out. A file is hostile until it is read. Nothing here decides what becomes of a
//! row, and nothing is corrected: what a list leaves out stays blank.

mod file;
mod medical_institution;
mod securities_filer;
mod specified_material;

use std::collections::{BTreeMap, btree_map::Entry};
use std::str::FromStr;

use csv::StringRecord;
use jiff::civil::Date;
use record::{FieldNeed, ShapeNeed, ViewNeed};
use serde::{Deserialize, Serialize};
use vocab::Refusal;

/// A list that can be taken into a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// Medical institutions: a zip of one CSV file, or that file.
    MedicalInstitution,
    /// EDINET's list of codes: the CSV file, or the zip in which it comes.
    Edinet,
    /// The whole master of specified treatment materials.
    SpecifiedMaterial,
    /// What changes in that master.
    SpecifiedMaterialUpdate,
}

/// What a list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// What can be taken, one row a record, in the order of the ids.
    pub rows: Vec<ListRow>,
    /// Rows that stand in the list more than once, word for word: each is taken once.
    pub repeated: u64,
    /// Rows that are not for the register: natural persons.
    pub left_out: u64,
    /// What cannot be taken, in the order of the lines.
    pub refused: Vec<RefusedRow>,
    /// The day that the file gives for the whole.
    pub stated: Option<Date>,
}

impl Listed {
    /// The last day of which it speaks: that of the whole, or of the last change of a row.
    pub fn day(&self) -> Option<Date> {
        let changed = self
            .rows
            .iter()
            .filter_map(|row| row.cells.get("changed_on")?.parse().ok());
        self.stated.or_else(|| changed.max())
    }
}

/// What one row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Id of its record, made from the official code alone.
    pub id: String,
    /// Line of the file, from 1.
    pub line: u64,
    /// Whether it says only what changes in a record that is there.
    pub partial: bool,
    /// Fields and what they are from now on, blank for nothing. A field that is not here stays as it was.
    pub cells: BTreeMap<&'static str, String>,
}

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Id of the record that it is about, where that can be told.
    pub id: Option<String>,
    /// Line of the file, from 1.
    pub line: u64,
    /// Column, as the list calls it; none where it is the row as a whole.
    pub column: Option<String>,
    /// What is wrong, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// What a row turned out to be.
enum Taken {
    Row(ListRow),
    LeftOut,
    Refused(RefusedRow),
}

impl RefusedRow {
    /// Where it is, in Japanese and English.
    pub fn place(&self) -> (String, String) {
        let line = self.line;
        self.column.as_ref().map_or_else(
            || (format!("{line}行目"), format!("Line {line}")),
            |column| {
                (
                    format!("{line}行目「{column}」"),
                    format!("Line {line}, “{column}”"),
                )
            },
        )
    }

    /// The same, about this record.
    fn about(self, id: &str) -> Self {
        Self {
            id: Some(id.to_owned()),
            ..self
        }
    }

    fn new(line: u64, column: &str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            id: None,
            line,
            column: Some(column.to_owned()),
            ja: ja.into(),
            en: en.into(),
        }
    }
}

const fn need(name: &'static str, shape: ShapeNeed) -> FieldNeed {
    FieldNeed {
        name,
        shape,
        indexed: false,
        always: false,
    }
}

impl List {
    /// Every list.
    pub const ALL: [Self; 4] = [
        Self::MedicalInstitution,
        Self::Edinet,
        Self::SpecifiedMaterial,
        Self::SpecifiedMaterialUpdate,
    ];

    /// What it is called on the command line and in the audit log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MedicalInstitution => "medical-institution",
            Self::Edinet => "edinet",
            Self::SpecifiedMaterial => "specified-material",
            Self::SpecifiedMaterialUpdate => "specified-material-update",
        }
    }

    /// Whether the list names everything there is, so that what is missing is no longer there.
    pub const fn is_whole(self) -> bool {
        !matches!(self, Self::SpecifiedMaterialUpdate)
    }

    /// The kind that it fills, and what it fills in there.
    pub const fn need(self) -> &'static ViewNeed {
        match self {
            Self::MedicalInstitution => &medical_institution::NEED,
            Self::Edinet => &securities_filer::NEED,
            Self::SpecifiedMaterial | Self::SpecifiedMaterialUpdate => &specified_material::NEED,
        }
    }

    /// The lists that fill a kind.
    pub fn filling(kind: &str) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |list| list.need().kind == kind)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that is too large, damaged, or not this list.
    pub fn read(self, bytes: &[u8]) -> Result<Listed, Refusal> {
        let rows = file::rows(bytes)?;
        let mut listed = match self {
            Self::MedicalInstitution => {
                let (places, rows) = medical_institution::places(&rows);
                gathered(rows, |line, row| medical_institution::row(line, row, &places))
            }
            Self::Edinet => {
                let stated = rows.first().and_then(|(_, row)| securities_filer::day(row));
                let (columns, rows) = securities_filer::columns(&rows)?;
                let listed = gathered(rows, |line, row| securities_filer::row(line, row, &columns));
                Listed { stated, ..listed }
            }
            Self::SpecifiedMaterial => gathered(&rows, |line, row| specified_material::row(line, row, true)),
            Self::SpecifiedMaterialUpdate => {
                gathered(&rows, |line, row| specified_material::row(line, row, false))
            }
        };
        let good = listed.rows.len() as u64 + listed.left_out;
        if good == 0 || (listed.refused.len() as u64) > good {
            return Err(wrong_list(self, listed.refused.first()));
        }
        listed.rows.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    /// Brings what a record says after a row into the kind's own fields, where that depends on what it said before.
    pub fn settle(self, cells: &mut BTreeMap<String, String>) {
        if matches!(self, Self::SpecifiedMaterial | Self::SpecifiedMaterialUpdate) {
            specified_material::settle(cells);
        }
    }
}

impl FromStr for List {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let known = Self::ALL.into_iter().find(|list| list.code() == text);
        known.ok_or_else(|| {
            let all = Self::ALL.map(Self::code).join(", ");
            Refusal::new(
                "list",
                format!("「{text}」という一覧はありません。次のどれかを指定してください: {all}"),
                format!("There is no list `{text}`. Name one of: {all}"),
            )
        })
    }
}

/// The rows one by one: those that say the same twice are taken once, those that contradict one another are refused.
fn gathered(rows: &[(u64, StringRecord)], read: impl Fn(u64, &StringRecord) -> Taken) -> Listed {
    let mut listed = Listed::default();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let says = |row: &StringRecord| row.iter().any(|cell| !cell.trim().is_empty());
    for (line, row) in rows.iter().filter(|(_, row)| says(row)) {
        match read(*line, row) {
            Taken::LeftOut => listed.left_out += 1,
            Taken::Refused(refused) => listed.refused.push(refused),
            Taken::Row(row) => match places.entry(row.id.clone()) {
                Entry::Vacant(place) => {
                    place.insert(listed.rows.len());
                    listed.rows.push(row);
                }
                Entry::Occupied(place) => {
                    let first = &listed.rows[*place.get()];
                    if first.cells == row.cells {
                        listed.repeated += 1;
                        continue;
                    }
                    let (id, before) = (&row.id, first.line);
                    listed.refused.push(RefusedRow {
                        id: Some(row.id.clone()),
                        line: row.line,
                        column: None,
                        ja: format!("{before} 行目と同じコード「{id}」で、内容が違います。{before} 行目を採りました。"),
                        en: format!("has the code {id} of line {before}, but says something else. Line {before} was taken."),
                    });
                }
            },
        }
    }
    listed
}

fn wrong_list(list: List, first: Option<&RefusedRow>) -> Refusal {
    let code = list.code();
    let (ja, en) = first.map_or_else(
        || ("行がありません。".to_owned(), "It has no rows.".to_owned()),
        |row| {
            let (ja, en) = row.place();
            (
                format!("たとえば{ja}: {}", row.ja),
                format!("{en}, for one: {}", row.en),
            )
        },
    );
    Refusal::new(
        "wrong-list",
        format!("「{code}」の一覧として読めません。一覧の種類とファイルを確かめてください。{ja}"),
        format!("This cannot be read as the list `{code}`. Check which list and which file you mean. {en}"),
    )
}
