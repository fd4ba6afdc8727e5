//! `rashin restore`: fills an empty database from a backup, whole or not at all, and proves what is there then.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use store::{Fault, read_backup};

use super::verify;
use crate::database::Database;
use crate::failure::Failure;

pub fn run(database: &Database, path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error, json))?;
    let store = database.open(json)?;
    read_backup(&*store, &mut BufReader::new(file)).map_err(|fault| match fault {
        Fault::Backup { .. } => Failure::store(&path.display().to_string(), &fault, json),
        fault => database.failure(&fault, json),
    })?;
    Ok(verify::show(&database.name(), &store::verify(&*store, &[]), json))
}
