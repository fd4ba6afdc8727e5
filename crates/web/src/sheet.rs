//! A table that is taken away: the same rows as CSV and as an Excel workbook.
//!
//! Text that a spreadsheet would run as a formula is disarmed with a leading apostrophe; figures are
//! numbers in Excel, not text.

use std::fmt::Write as _;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

/// One sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Name of the sheet.
    pub name: String,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A figure as decimal text.
    Figure(String),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A figure; an absent one is an empty cell, never a zero.
    pub fn figure(decimal: Option<impl Into<String>>) -> Self {
        decimal.map_or_else(
            || Self::Text(String::new()),
            |decimal| Self::Figure(decimal.into()),
        )
    }
}

/// CSV in UTF-8 with a byte-order mark, which Excel needs to read Japanese.
pub fn csv(sheet: &Sheet) -> String {
    let mut text = String::from('\u{feff}');
    let heads = sheet.columns.iter().map(|head| quoted(head));
    line(&mut text, heads);
    for row in &sheet.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(words) => quoted(&harmless(words)),
            Cell::Figure(decimal) => decimal.clone(),
        });
        line(&mut text, cells);
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{cell}");
    }
    text.push_str("\r\n");
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A workbook of several sheets.
///
/// # Errors
/// What the workbook's own limits refuse.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let words = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for sheet in sheets {
        let page = book.add_worksheet();
        page.set_name(sheet_name(&sheet.name))?;
        page.set_freeze_panes(1, 0)?;
        for (place, column) in (0..).zip(&sheet.columns) {
            page.write_string_with_format(0, place, column, &head)?;
            let widest = sheet
                .rows
                .iter()
                .filter_map(|row| row.get(usize::from(place)))
                .map(|cell| match cell {
                    Cell::Text(text) | Cell::Figure(text) => text.chars().count(),
                });
            let width = widest.max().unwrap_or(0).max(column.chars().count()).clamp(6, 40);
            page.set_column_width(place, width as f64 * 1.6)?;
        }
        for (row, cells) in (1..).zip(&sheet.rows) {
            for (place, cell) in (0..).zip(cells) {
                match cell {
                    Cell::Text(text) => page.write_string_with_format(row, place, text, &words)?,
                    Cell::Figure(decimal) => match decimal.parse::<f64>() {
                        Ok(number) => page.write_number(row, place, number)?,
                        Err(_) => page.write_string(row, place, decimal)?,
                    },
                };
            }
        }
    }
    book.save_to_buffer()
}

/// Excel allows 31 characters, no `[]:*?/\`, and no apostrophe at either end.
fn sheet_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if "[]:*?/\\".contains(c) { ' ' } else { c })
        .take(31)
        .collect();
    let name = plain.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    if name.is_empty() {
        "1".into()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_text_is_disarmed_and_a_figure_is_left_alone() {
        let sheet = Sheet {
            name: "x".into(),
            columns: vec!["名前".into(), "値".into()],
            rows: vec![
                vec![Cell::text("=HYPERLINK(\"http://x\")"), Cell::figure(Some("-1.5"))],
                vec![Cell::text("a, \"b\""), Cell::figure(None::<String>)],
            ],
        };
        let expected = "\u{feff}名前,値\r\n\"'=HYPERLINK(\"\"http://x\"\")\",-1.5\r\n\"a, \"\"b\"\"\",\r\n";
        assert_eq!(csv(&sheet), expected);
        assert_eq!(&xlsx(&[sheet]).unwrap()[..2], b"PK");
    }

    #[test]
    fn a_sheet_may_be_called_anything() {
        for name in [
            "",
            "a/b[c]",
            &"長".repeat(50),
            "'",
            "The thirty-first character is a's",
        ] {
            let sheet = Sheet {
                name: name.into(),
                ..Sheet::default()
            };
            assert!(xlsx(&[sheet]).is_ok(), "{name}");
        }
    }
}
