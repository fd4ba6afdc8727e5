//! Tables that people hand in: .xlsx and .csv read into rows of text, by the titles of a column list that also makes the template.
//!
//! A file is hostile until it is read: its size, its unpacked size, its rows and its columns are limited before anything is built from
//! them, formulas count as their values, and nothing here decides what a row means.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx};
use encoding_rs::SHIFT_JIS;
use plan::Text;
use serde::Serialize;
use vocab::{Lang, Refusal};

#[cfg(test)]
mod tests;

/// The largest file, in bytes.
const LARGEST: usize = 5 * 1024 * 1024;
/// The largest workbook once unpacked, in bytes.
const UNPACKED: u64 = 64 * 1024 * 1024;
/// The most files inside a workbook.
const PARTS: usize = 1_000;
/// The most rows of a sheet.
const ROWS: usize = 10_000;
/// The most columns of a sheet: tables within a record lie side by side.
const COLUMNS: usize = 4_000;
/// So many titles are named where a sheet has none of them.
const NAMED: usize = 30;
/// The titles stand in one of so many first rows.
const HEADER_WITHIN: usize = 10;

/// One column of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Name of the field.
    pub name: String,
    /// Its title in a sheet, in either language.
    pub title: Text,
    /// Whether a sheet without it is refused.
    pub required: bool,
}

/// A table as it is given out: a template if it has no rows. Reading it back gives the same rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Name of the sheet.
    pub name: Text,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Rows, each as long as `columns`; every cell is text.
    pub rows: Vec<Vec<String>>,
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub place: RowName,
    pub cells: BTreeMap<String, String>,
}

/// Which row of which sheet; rows count from 1, with the titles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RowName {
    /// Name of the sheet; none in a CSV file or on a form.
    pub sheet: Option<String>,
    /// Number of the row.
    pub row: usize,
}

/// What is wrong with a cell, a row or, where it is the row of titles, a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// Where.
    #[serde(flatten)]
    pub place: RowName,
    /// Letter of the column, in a file.
    pub letter: Option<String>,
    /// Name of the field.
    pub field: Option<String>,
    /// Title of the field.
    pub title: Option<Text>,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

impl RowFault {
    /// Where it is, as a person says it: シート「観測値」5行目 C列「値」.
    pub fn place(&self, lang: Lang) -> String {
        let title = self.title.as_ref().map(|title| title.get(lang));
        let row = Some(self.place.text(lang));
        match lang {
            Lang::Ja => {
                let letter = self.letter.as_ref().map(|letter| format!(" {letter}列"));
                let title = title.map(|title| format!("「{title}」"));
                [row, letter, title].into_iter().flatten().collect()
            }
            Lang::En => {
                let letter = self.letter.as_ref().map(|letter| format!("column {letter}"));
                let title = title.map(|title| format!("“{title}”"));
                let all: Vec<String> = [row, letter, title].into_iter().flatten().collect();
                all.join(", ")
            }
        }
    }
}

impl RowName {
    /// Which row, as a person says it: シート「観測値」5行目.
    pub fn text(&self, lang: Lang) -> String {
        let Self { sheet, row } = self;
        match (sheet, lang) {
            (Some(sheet), Lang::Ja) => format!("シート「{sheet}」{row}行目"),
            (Some(sheet), Lang::En) => format!("sheet “{sheet}”, row {row}"),
            (None, Lang::Ja) => format!("{row}行目"),
            (None, Lang::En) => format!("row {row}"),
        }
    }
}

/// A file as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sheets {
    pub rows: Vec<Row>,
    pub faults: Vec<RowFault>,
    /// Where each field stands: sheet, field, letter of the column.
    letters: BTreeMap<(Option<String>, String), String>,
}

impl Sheets {
    /// Whether the sheet of a row has a column.
    pub(crate) fn has(&self, row: &RowName, column: &str) -> bool {
        self.letters.contains_key(&(row.sheet.clone(), column.to_owned()))
    }

    /// A fault of one field of a row.
    pub(crate) fn fault(&self, row: &RowName, column: Option<&Column>, ja: String, en: String) -> RowFault {
        let letter = column.and_then(|column| {
            self.letters
                .get(&(row.sheet.clone(), column.name.clone()))
                .cloned()
        });
        RowFault {
            place: row.clone(),
            letter,
            field: column.map(|column| column.name.clone()),
            title: column.map(|column| column.title.clone()),
            ja,
            en,
        }
    }
}

/// A cell as it is kept: without control characters, without white space around it, and without the apostrophe that disarms a formula.
pub(crate) fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let plain = plain.trim();
    let bare = plain.trim_start_matches('\'').trim_start();
    let disarmed = bare.len() < plain.len() && bare.starts_with(['=', '+', '-', '@']);
    if disarmed { bare } else { plain }.to_owned()
}

/// Reads a file. What is wrong inside it is gathered in [`Sheets::faults`].
///
/// # Errors
/// A file that is too large, of another format, or without the titles of the columns.
pub(crate) fn read(bytes: &[u8], columns: &[Column]) -> Result<Sheets, Refusal> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    let grids = if bytes.starts_with(b"PK\x03\x04") {
        unpacks_small(bytes)?;
        // The reader of workbooks is not ours; whatever it does with a hostile file ends here.
        catch_unwind(AssertUnwindSafe(|| workbook(bytes))).unwrap_or_else(|_| Err(unreadable()))?
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Refusal::new(
            "old-workbook",
            "古い形式（.xls）またはパスワードの付いたファイルは読めません。パスワードなしの .xlsx で保存し直してください。",
            "Old workbooks (.xls) and workbooks with a password cannot be read. Save it as .xlsx without a password.",
        ));
    } else {
        vec![text_file(bytes)?]
    };
    let mut sheets = Sheets::default();
    let mut found = false;
    for grid in &grids {
        found |= sheet(grid, columns, &mut sheets);
    }
    if found {
        return Ok(sheets);
    }
    let titles = |lang| {
        columns
            .iter()
            .take(NAMED)
            .map(|column| column.title.get(lang))
            .collect::<Vec<_>>()
    };
    Err(Refusal::new(
        "no-header",
        format!(
            "見出しの行が見つかりません。ひな形と同じ見出し（{}）を、はじめの {HEADER_WITHIN} 行のどこかに置いてください。",
            titles(Lang::Ja).join("、")
        ),
        format!(
            "There is no row of titles. Put the template's titles ({}) into one of the first {HEADER_WITHIN} rows.",
            titles(Lang::En).join(", ")
        ),
    ))
}

/// A sheet as cells of text by row and column (from 0), and the cells that hold an error.
struct Grid {
    name: Option<String>,
    rows: BTreeMap<usize, BTreeMap<usize, String>>,
    errors: Vec<(usize, usize)>,
}

fn too_large() -> Refusal {
    Refusal::new(
        "too-large",
        format!(
            "ファイルが大きすぎます。{} MB 以内、{ROWS} 行以内、{COLUMNS} 列以内に分けてください。",
            LARGEST / 1024 / 1024
        ),
        format!(
            "The file is too large. Keep it within {} MB, {ROWS} rows and {COLUMNS} columns.",
            LARGEST / 1024 / 1024
        ),
    )
}

fn unreadable() -> Refusal {
    Refusal::new(
        "bad-workbook",
        "Excel のファイルとして読めません。Excel で開いて .xlsx 形式で保存し直してください。",
        "This cannot be read as a workbook. Open it in Excel and save it again as .xlsx.",
    )
}

/// Refuses a workbook that unpacks to more than it should: what it declares first, then what is really there.
fn unpacks_small(bytes: &[u8]) -> Result<(), Refusal> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if archive.len() > PARTS {
        return Err(too_large());
    }
    let mut declared = 0_u64;
    for place in 0..archive.len() {
        let part = archive.by_index_raw(place).map_err(|_| unreadable())?;
        declared = declared.saturating_add(part.size());
    }
    if declared > UNPACKED {
        return Err(too_large());
    }
    let mut left = UNPACKED;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| unreadable())?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    Ok(())
}

fn workbook(bytes: &[u8]) -> Result<Vec<Grid>, Refusal> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut grids = vec![];
    for name in book.sheet_names() {
        let mut grid = Grid {
            name: Some(name.clone()),
            rows: BTreeMap::new(),
            errors: vec![],
        };
        // Cell by cell: a range would be as large as its farthest cell says.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else {
            continue;
        };
        while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
            let (row, column) = cell.get_position();
            let (row, column) = (row as usize, column as usize);
            let text = match cell.get_value() {
                DataRef::Empty => continue,
                DataRef::Int(number) => number.to_string(),
                DataRef::Float(number) => number.to_string(),
                DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                    text.clone()
                }
                DataRef::SharedString(text) => (*text).to_owned(),
                DataRef::Bool(truth) => truth.to_string().to_uppercase(),
                DataRef::DateTime(time) if time.is_datetime() => {
                    let (year, month, day, ..) = time.to_ymd_hms_milli();
                    format!("{year:04}-{month:02}-{day:02}")
                }
                DataRef::DateTime(time) => time.as_f64().to_string(),
                DataRef::Error(_) => {
                    grid.errors.push((row, column));
                    // As many errors as there may be rows are enough to send the file back.
                    if grid.errors.len() > ROWS {
                        return Err(too_large());
                    }
                    continue;
                }
            };
            grid.put(row, column, &text)?;
        }
        grids.push(grid);
    }
    Ok(grids)
}

impl Grid {
    fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), Refusal> {
        let text = tidy(text);
        if text.is_empty() {
            return Ok(());
        }
        if row > ROWS + HEADER_WITHIN || column >= COLUMNS {
            return Err(too_large());
        }
        self.rows.entry(row).or_default().insert(column, text);
        Ok(())
    }
}

/// The text of a file in UTF-8 or `Shift_JIS`, as Excel and Japanese agencies write it.
///
/// # Errors
/// `bad-text`.
pub(crate) fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or_else(not_text)?,
    };
    if text.contains('\0') {
        return Err(not_text());
    }
    Ok(text)
}

fn text_file(bytes: &[u8]) -> Result<Grid, Refusal> {
    let text = text_of(bytes)?;
    let mut grid = Grid {
        name: None,
        rows: BTreeMap::new(),
        errors: vec![],
    };
    // Rows are counted by line feeds: Excel ends lines with two characters, of which the reader counts the second one late.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    // A line break inside a cell does not begin a row of the sheet.
    let mut inside = 0;
    for record in reader.records() {
        let record = record.map_err(|_| not_text())?;
        let line = record.position().map_or(1, csv::Position::line);
        let row = usize::try_from(line).unwrap_or(usize::MAX) - 1 - inside;
        for (column, cell) in record.iter().enumerate() {
            inside += cell.matches('\n').count();
            grid.put(row, column, cell)?;
        }
    }
    Ok(grid)
}

pub(crate) fn not_text() -> Refusal {
    Refusal::new(
        "bad-text",
        "CSV として読めません。Excel の「CSV UTF-8（コンマ区切り）」か「CSV（コンマ区切り）」で保存し直してください。",
        "This cannot be read as CSV. Save it from Excel as “CSV UTF-8 (comma delimited)” or “CSV (comma delimited)”.",
    )
}

/// A title without what does not matter in it: width, case, white space.
fn folded(title: &str) -> String {
    title
        .chars()
        .map(vocab::unit::fold_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Letter of a column that counts from 0: A, B … Z, AA …
fn letter(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
    match column / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

/// Takes the rows of a sheet that has a row of titles; false if it has none.
fn sheet(grid: &Grid, columns: &[Column], sheets: &mut Sheets) -> bool {
    let matching = |title: &str| {
        let title = folded(title);
        columns.iter().find(|column| {
            [&column.title.ja, &column.title.en, &column.name]
                .map(|one| folded(one))
                .contains(&title)
        })
    };
    let Some((header, titles)) = grid
        .rows
        .iter()
        .take(HEADER_WITHIN)
        .find(|(_, cells)| cells.values().any(|cell| matching(cell).is_some()))
    else {
        return false;
    };
    let at = |row: usize| RowName {
        sheet: grid.name.clone(),
        row: row + 1,
    };
    let mut fields: BTreeMap<usize, &Column> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (place, title) in titles {
        let told = |ja: String, en: String| RowFault {
            place: at(*header),
            letter: Some(letter(*place)),
            field: None,
            title: None,
            ja,
            en,
        };
        match matching(title) {
            Some(column) if seen.insert(&column.name) => {
                let name = (grid.name.clone(), column.name.clone());
                sheets.letters.insert(name, letter(*place));
                fields.insert(*place, column);
            }
            Some(_) => sheets.faults.push(told(
                format!("見出し「{title}」が二つあります。どちらかの列を消してください。"),
                format!("The title “{title}” stands twice. Remove one of the columns."),
            )),
            None => sheets.faults.push(told(
                format!("見出し「{title}」はひな形にありません。列を消すか、ひな形の見出しに直してください。"),
                format!("The title “{title}” is not in the template. Remove the column or give it a title of the template."),
            )),
        }
    }
    for column in columns
        .iter()
        .filter(|column| column.required && !seen.contains(&column.name))
    {
        let (ja, en) = (
            format!(
                "見出し「{}」の列がありません。ひな形の列を加えてください。",
                column.title.ja
            ),
            format!(
                "The column “{}” is missing. Add it as in the template.",
                column.title.en
            ),
        );
        let fault = sheets.fault(&at(*header), Some(column), ja, en);
        sheets.faults.push(fault);
    }
    for (row, column) in grid.errors.iter().filter(|(row, _)| row > header) {
        let (ja, en) = (
            "エラーの値（#N/A、#REF! など）が入っています。値を入れ直してください。".into(),
            "The cell holds an error (#N/A, #REF! …). Enter its value.".into(),
        );
        let mut fault = sheets.fault(&at(*row), fields.get(column).copied(), ja, en);
        fault.letter = Some(letter(*column));
        sheets.faults.push(fault);
    }
    for (row, cells) in grid.rows.range(header + 1..) {
        let mut taken = BTreeMap::new();
        // One value beside the table is enough to say so.
        let mut stray = false;
        for (place, text) in cells {
            if let Some(column) = fields.get(place) {
                taken.insert(column.name.clone(), text.clone());
            } else if !titles.contains_key(place) && !stray {
                stray = true;
                let (ja, en) = (
                    "見出しのない列に値があります。消すか、見出しのある列に移してください。".into(),
                    "There is a value in a column without a title. Remove it or move it below a title."
                        .into(),
                );
                let mut fault = sheets.fault(&at(*row), None, ja, en);
                fault.letter = Some(letter(*place));
                sheets.faults.push(fault);
            }
        }
        if !taken.is_empty() {
            sheets.rows.push(Row {
                place: at(*row),
                cells: taken,
            });
        }
    }
    true
}
