//! `rashin demo`: fills a new database with a made-up year (架空データ) to walk through.

use std::path::Path;
use std::process::ExitCode;

use app::{DemoAccount, Desk, Visit};
use serde::Serialize;

use super::cyber::database;
use super::{print, print_json};
use crate::cli;
use crate::edge;
use crate::failure::Failure;
use crate::home;

#[derive(Serialize)]
struct Filled<'a> {
    database: String,
    password: &'a str,
    accounts: &'a [DemoAccount],
}

pub fn run(plan: Option<&Path>, options: &cli::Demo, json: bool) -> Result<ExitCode, Failure> {
    let files = home::rashin(plan, json)?.files().clone();
    let desk = Desk::new(files, options.database.open(json)?, Box::new(edge::random));
    let visit = Visit {
        at: edge::now(),
        caller: None,
    };
    let password = options.password.clone().unwrap_or_else(new_password);
    let accounts = desk
        .fill_demo(&visit, &password, options.seed)
        .map_err(|refusal| Failure::input(refusal, json))?;
    if let Some(path) = &options.advisories {
        let bytes = app::demo_advisories().map_err(|refusal| Failure::input(refusal, json))?;
        database::replace(path, &bytes, json)?;
    }
    let database = options.database.name();
    if json {
        return Ok(print_json(&Filled {
            database,
            password: &password,
            accounts: &accounts,
        }));
    }
    let list: Vec<_> = accounts
        .iter()
        .map(|account| format!("  {:<32} {}", account.email, account.name.ja))
        .collect();
    Ok(print(&format!(
        "{database}: 架空データを入れました。次のアカウントでログインできます（パスワードはすべて {password}）。\n\
         {database}: filled with made-up data. Sign in with one of these accounts (the password of all is {password}).\n{}",
        list.join("\n")
    )))
}

/// A password that nobody can guess, in letters that are not mistaken for one another.
fn new_password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    edge::random(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}
