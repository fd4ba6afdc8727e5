//! `rashin restore`: fills an empty database from a backup, whole or not at all, and proves what is there then. A database that was made for a backup
//! that cannot be taken goes again.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use store::{Fault, read_backup};

use super::verify;
use crate::database::Database;
use crate::failure::Failure;

pub fn run(database: &Database, path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error, json))?;
    let unmade = database.unmade();
    let store = database.open(json)?;
    if let Err(fault) = read_backup(&*store, &mut BufReader::new(file)) {
        drop(store);
        unmade.as_deref().into_iter().for_each(discard);
        return Err(match fault {
            Fault::Backup { .. } => Failure::store(&path.display().to_string(), &fault, json),
            fault => database.failure(&fault, json),
        });
    }
    Ok(verify::show(&database.name(), &store::verify(&*store, &[]), json))
}

/// Removes a file of a database with what SQLite keeps beside it; what cannot be removed stays empty.
fn discard(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        let _ = fs::remove_file(beside);
    }
}
