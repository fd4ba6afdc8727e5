//! `rashin cyber load`: feeds below a folder into the local database of vulnerabilities. What is no feed is named and passed over; a feed that
//! cannot be read in part is loaded as far as it can be and makes the command fail. Archives are limited in what they unpack to.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::vocab::Refusal;
use cyber::database::{Change, Collection, Summary};
use cyber::document::{self, Advisory, Format, Limits};
use cyber::osv::Record;
use cyber::priority::{Catalogue, Chances};
use flate2::read::GzDecoder;
use serde::Serialize;
use zip::ZipArchive;

use super::super::{print, print_json};
use super::database;
use crate::failure::Failure;

/// A record or a JSON file, in bytes.
const RECORD: u64 = 64 << 20;
/// A table of scores, in bytes.
const TABLE: u64 = 256 << 20;
/// All that an archive unpacks to, in bytes.
const ARCHIVE: u64 = 8 << 30;
/// Files in an archive.
const ENTRIES: usize = 2_000_000;
/// Folders in folders.
const DEPTH: usize = 16;
/// Files that are named one by one; the rest is counted.
const NAMED: usize = 1_000;

/// What loading did.
#[derive(Default, Serialize)]
struct Loaded {
    added: usize,
    replaced: usize,
    unchanged: usize,
    /// Whether catalogues of exploitation and scores came in.
    kev: bool,
    epss: bool,
    /// Files that are no feed.
    unknown: Passed,
    /// Feeds, or records of one, that cannot be read.
    refused: Passed,
    database: Summary,
}

/// Files that were passed over.
#[derive(Default, Serialize)]
struct Passed {
    count: usize,
    files: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    file: String,
    reason: Refusal,
}

impl Passed {
    fn push(&mut self, file: String, reason: Refusal) {
        self.count += 1;
        if self.files.len() < NAMED {
            self.files.push(Named { file, reason });
        }
    }
}

pub fn run(folder: &Path, db: &Path, json: bool) -> Result<ExitCode, Failure> {
    let _lock = database::lock(db, json)?;
    let mut collection = Collection::default();
    let exists = db.exists();
    if exists {
        let old = database::open(db, json)?;
        collection = Collection::from_database(&old).map_err(|refusal| database::named(db, refusal, json))?;
    }
    let mut files = Vec::new();
    list(folder, 0, &mut files).map_err(|error| Failure::file(folder, &error, json))?;
    let own = db.canonicalize().ok();
    let mut loaded = Loaded::default();
    for path in files {
        if own.is_none() || path.canonicalize().ok() != own {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            loaded.file(&mut collection, &path, &name);
        }
    }
    let (bytes, summary) = collection
        .write()
        .map_err(|refusal| database::named(db, refusal, json))?;
    loaded.database = summary;
    if !exists || loaded.added + loaded.replaced > 0 || loaded.kev || loaded.epss {
        database::replace(db, &bytes, json)?;
    }
    if json {
        print_json(&loaded);
    } else {
        print(&loaded.text(db));
    }
    Ok(if loaded.refused.count > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Every file below a folder, by name. A link to a folder is not followed: it could lead back.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if depth > DEPTH {
        return Err(std::io::Error::other("folders nest too deeply"));
    }
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            list(&entry.path(), depth + 1, files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

impl Loaded {
    fn file(&mut self, collection: &mut Collection, path: &Path, name: &str) {
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        let loaded = match ending.to_ascii_lowercase().as_str() {
            "zip" => {
                let loaded = self.archive(collection, path, name);
                if let Err(refusal) = loaded {
                    self.refused.push(name.to_owned(), refusal);
                }
                return;
            }
            "gz" => return self.packed(collection, path, name),
            "json" => limited(path, RECORD).and_then(|bytes| self.json(collection, &bytes)),
            "csv" => limited(path, TABLE).and_then(|bytes| self.table(collection, &bytes)),
            _ => Err(unknown()),
        };
        self.passed(name, loaded);
    }

    /// A file that is packed by itself: what comes out is judged by the ending before.
    fn packed(&mut self, collection: &mut Collection, path: &Path, name: &str) {
        let inner = path.file_stem().map(Path::new).and_then(Path::extension);
        let table = inner.is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        let taken = File::open(path)
            .map_err(|error| unreadable(&error))
            .and_then(|file| take(GzDecoder::new(file), if table { TABLE } else { RECORD }));
        let loaded = taken.and_then(|bytes| {
            if table {
                self.table(collection, &bytes)
            } else {
                self.json(collection, &bytes)
            }
        });
        self.passed(name, loaded);
    }

    fn passed(&mut self, name: &str, loaded: Result<(), Refusal>) {
        match loaded {
            Ok(()) => {}
            Err(reason) if reason.kind == "unknown_file" => self.unknown.push(name.to_owned(), reason),
            Err(reason) => self.refused.push(name.to_owned(), reason),
        }
    }

    /// An archive of records.
    fn archive(&mut self, collection: &mut Collection, path: &Path, name: &str) -> Result<(), Refusal> {
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let mut archive = ZipArchive::new(file).map_err(|error| bad_archive(&error))?;
        let count = archive.len();
        // A progress line that nobody sees is no fault.
        let _ = writeln!(std::io::stderr(), "{name}: {count}");
        if count > ENTRIES {
            return Err(too_large());
        }
        let mut left = ARCHIVE;
        for index in 0..count {
            let entry = archive.by_index(index).map_err(|error| bad_archive(&error))?;
            if entry.is_dir() {
                continue;
            }
            let inner = format!("{name}/{}", entry.name());
            // What the archive says of sizes may be a lie: what comes out is counted.
            let bytes = match take(entry, RECORD.min(left)) {
                Ok(bytes) => bytes,
                Err(_) if left < RECORD => return Err(too_large()),
                Err(refusal) => {
                    self.refused.push(inner, refusal);
                    left = left.saturating_sub(RECORD);
                    continue;
                }
            };
            left -= bytes.len() as u64;
            match Record::parse(&bytes) {
                Ok(record) => self.count(collection.add(&record)),
                Err(refusal) => self.refused.push(inner, refusal),
            }
        }
        Ok(())
    }

    /// A record, a catalogue of known exploited vulnerabilities or an advisory.
    fn json(&mut self, collection: &mut Collection, bytes: &[u8]) -> Result<(), Refusal> {
        if let Some(catalogue) = Catalogue::parse(bytes) {
            self.kev |= collection.add_exploited(catalogue) != Change::Unchanged;
            return Ok(());
        }
        match Record::parse(bytes) {
            // Other documents have an `id` too; every record says when it was modified.
            Ok(record) if !record.modified.is_empty() => {
                self.count(collection.add(&record));
                Ok(())
            }
            _ => self.advisory(collection, bytes),
        }
    }

    fn advisory(&mut self, collection: &mut Collection, bytes: &[u8]) -> Result<(), Refusal> {
        let document = document::read(bytes, &Limits::UPLOAD).map_err(|_| unknown())?;
        let is_csaf = matches!(document.format, Format::Csaf(_));
        let advisory = Advisory::of(&document).ok_or_else(if is_csaf { unnamed } else { unknown })?;
        self.count(collection.add_advisory(&advisory));
        Ok(())
    }

    /// A table of chances of exploitation.
    fn table(&mut self, collection: &mut Collection, bytes: &[u8]) -> Result<(), Refusal> {
        let chances = Chances::parse(&String::from_utf8_lossy(bytes)).ok_or_else(unknown)??;
        self.epss |= collection.add_chances(chances) != Change::Unchanged;
        Ok(())
    }

    fn count(&mut self, change: Change) {
        match change {
            Change::Added => self.added += 1,
            Change::Replaced => self.replaced += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }

    fn text(&self, db: &Path) -> String {
        let db = db.display();
        let Self {
            added,
            replaced,
            unchanged,
            database,
            ..
        } = self;
        let Summary {
            records,
            withdrawn,
            advisories,
            packages,
            kev,
            epss,
            ..
        } = database;
        let mut lines = vec![
            format!(
                "{db}: 記録 {records} 件（うち取り下げ {withdrawn}）、CSAF {advisories} 件、パッケージ {packages} 件、KEV {kev} 件、EPSS {epss} 件。今回の記録と CSAF: 追加 {added}、更新 {replaced}、変わらず {unchanged}"
            ),
            format!(
                "{db}: {records} records ({withdrawn} withdrawn), {advisories} CSAF, {packages} packages, {kev} KEV, {epss} EPSS; records and CSAF now {added} added, {replaced} replaced, {unchanged} unchanged"
            ),
        ];
        for passed in [&self.unknown, &self.refused] {
            let named = passed.files.iter();
            lines.extend(named.map(|Named { file, reason }| format!("{file}: {reason}")));
            let more = passed.count - passed.files.len();
            if more > 0 {
                lines.push(format!("ほか {more} 件 / {more} more"));
            }
        }
        lines.join("\n")
    }
}

fn limited(path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    take(file, limit)
}

/// All that there is to read, or a refusal if that is more than the limit.
fn take(from: impl Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

fn unknown() -> Refusal {
    Refusal::new(
        "unknown_file",
        "OSV の記録、CSAF、KEV の一覧、EPSS の表のどれでもないので読み飛ばしました。",
        "passed over: neither OSV records, nor CSAF, nor a KEV catalogue, nor a table of EPSS scores.",
    )
}

fn unnamed() -> Refusal {
    Refusal::new(
        "no_identifier",
        "CSAF の文書に識別子（document.tracking.id）がありません。発行元の正しいファイルか確かめてください。",
        "the CSAF document has no identifier (document.tracking.id). Check that it is the publisher's own file.",
    )
}

fn too_large() -> Refusal {
    Refusal::new(
        "too_large",
        "大きすぎるので読み込みませんでした。配布元の正しいファイルか確かめてください。",
        "too large to be loaded. Check that it is the publisher's own file.",
    )
}

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::new(
        "unreadable_file",
        format!("読めません（{error}）。ファイルが壊れていないか、開いてよいかを確かめてください。"),
        format!("it cannot be read ({error}). Check that it is whole and may be opened."),
    )
}

fn bad_archive(error: &zip::result::ZipError) -> Refusal {
    Refusal::new(
        "bad_archive",
        format!("zip として読めません（{error}）。取得し直してください。"),
        format!("not a readable zip ({error}). Fetch it again."),
    )
}
