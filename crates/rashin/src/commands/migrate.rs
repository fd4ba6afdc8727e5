//! `rashin migrate`: brings a database up to date, or makes a new one. A server does the same when it starts.

use std::process::ExitCode;

use serde::Serialize;

use super::{print, print_json};
use crate::database::Database;
use crate::failure::Failure;

#[derive(Serialize)]
struct Answer {
    ok: bool,
    database: String,
}

pub fn run(options: &Database, json: bool) -> Result<ExitCode, Failure> {
    options.open(json)?;
    let database = options.name();
    if json {
        return Ok(print_json(&Answer { ok: true, database }));
    }
    Ok(print(&format!(
        "{database}: データベースの形式は最新です。\n{database}: the database is up to date."
    )))
}
