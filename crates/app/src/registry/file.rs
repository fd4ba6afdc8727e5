//! A published list as lines of cells: CSV in UTF-8 or `Shift_JIS`, alone or as the one file of a zip archive. Size, unpacked size, rows and cells are
//! limited before anything is built from them.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use csv::StringRecord;
use vocab::Refusal;

use crate::desk::{not_text, text_of};

/// The largest file, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// The largest file once unpacked, in bytes.
const UNPACKED: u64 = 64 * 1024 * 1024;
/// The most rows.
const ROWS: usize = 500_000;
/// The longest row, in bytes.
const ROW: usize = 10_000;

/// The rows with their lines, from 1.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<(u64, StringRecord)>, Refusal> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    let bytes = if bytes.starts_with(b"PK\x03\x04") {
        Cow::Owned(unpacked(bytes)?)
    } else {
        Cow::Borrowed(bytes)
    };
    let text = text_of(&bytes)?;
    // The reader counts lines by line feeds, and the second character of a line's end late.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = vec![];
    for row in reader.records() {
        let row = row.map_err(|_| not_text())?;
        if rows.len() == ROWS || row.as_slice().len() > ROW {
            return Err(too_large());
        }
        rows.push((row.position().map_or(0, csv::Position::line), row));
    }
    Ok(rows)
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| bad_archive())?;
    if archive.len() != 1 {
        return Err(Refusal::new(
            "many-files",
            "zip の中のファイルは一つにしてください。",
            "The archive must hold one file.",
        ));
    }
    let part = archive.by_index(0).map_err(|_| bad_archive())?;
    if part.size() > UNPACKED {
        return Err(too_large());
    }
    // What an archive says of its size is not proof of it.
    let mut text = vec![];
    part.take(UNPACKED + 1)
        .read_to_end(&mut text)
        .map_err(|_| bad_archive())?;
    if text.len() as u64 > UNPACKED {
        return Err(too_large());
    }
    Ok(text)
}

fn bad_archive() -> Refusal {
    Refusal::new(
        "bad-archive",
        "zip として読めません。ダウンロードし直してください。",
        "This cannot be read as a zip archive. Download it again.",
    )
}

fn too_large() -> Refusal {
    Refusal::new(
        "too-large",
        format!(
            "ファイルが大きすぎます。{} MB（展開して {} MB）、{ROWS} 行以内にしてください。",
            LARGEST / 1024 / 1024,
            UNPACKED / 1024 / 1024
        ),
        format!(
            "The file is too large. Keep it within {} MB ({} MB unpacked) and {ROWS} rows.",
            LARGEST / 1024 / 1024,
            UNPACKED / 1024 / 1024
        ),
    )
}
