//! `rashin backup`: a copy of one moment, also while a server writes. A file that is there is never overwritten, and one
//! that could not be finished is not left behind.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use store::{Fault, Manifest, Store, write_backup};

use super::{print, print_json};
use crate::database::Database;
use crate::failure::Failure;

#[derive(Serialize)]
struct Answer {
    file: String,
    #[serde(flatten)]
    manifest: Manifest,
}

pub fn run(database: &Database, path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let failed = |fault: Fault| database.failure(&fault, json);
    let store = database.open_existing(json)?.map_err(failed)?;
    // It holds what only some may read.
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let out = created.map_err(|error| Failure::file(path, &error, json))?;
    let manifest = copy(&*store, out, path).map_err(|fault| {
        // Half a backup is no use; what hindered the copy is said.
        let _ = std::fs::remove_file(path);
        failed(fault)
    })?;
    let answer = Answer {
        file: path.display().to_string(),
        manifest,
    };
    if json {
        return Ok(print_json(&answer));
    }
    let Answer {
        file,
        manifest: Manifest { rows, sha256 },
    } = answer;
    Ok(print(&format!(
        "{file}: バックアップを作りました（{rows} 行、SHA-256 {sha256}）。\n\
         {file}: made the backup ({rows} rows, SHA-256 {sha256})."
    )))
}

/// Writes the backup so that it is on the disk, with its name.
fn copy(store: &dyn Store, out: File, path: &Path) -> Result<Manifest, Fault> {
    let mut out = BufWriter::new(out);
    let manifest = write_backup(store, &mut out)?;
    out.flush().map_err(Fault::engine)?;
    out.get_ref().sync_all().map_err(Fault::engine)?;
    let folder = path
        .parent()
        .filter(|folder| *folder != Path::new(""))
        .unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Fault::engine)?;
    Ok(manifest)
}
