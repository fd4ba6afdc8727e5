//! `rashin verify`: proves a whole database, and that it still holds what an earlier proof noted.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use store::{Broken, Fault, Head, Verified};
use vocab::Refusal;

use super::{print, print_json};
use crate::database::Database;
use crate::failure::Failure;

#[derive(Serialize)]
struct Holds<'a> {
    ok: bool,
    #[serde(flatten)]
    verified: &'a Verified,
}

#[derive(Serialize)]
struct DoesNot<'a> {
    ok: bool,
    broken: &'a Broken,
}

/// What is taken from an earlier `verify --json`.
#[derive(Deserialize)]
struct Noted {
    heads: Vec<Head>,
}

pub fn run(database: &Database, heads: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let remembered = heads.map_or(Ok(vec![]), |path| noted(path, json))?;
    let proved = match database.open_existing(json)? {
        Ok(store) => store::verify(&*store, &remembered),
        Err(fault @ Fault::Engine(_)) => return Err(database.failure(&fault, json)),
        Err(fault) => Err(Box::new(Broken::unreadable(&fault))),
    };
    Ok(show(&database.name(), &proved, json))
}

/// Prints a proof; a broken one ends with 1.
pub fn show(name: &str, proved: &Result<Verified, Box<Broken>>, json: bool) -> ExitCode {
    match (proved, json) {
        (Ok(verified), true) => print_json(&Holds { ok: true, verified }),
        (Ok(verified), false) => {
            let Verified {
                heads,
                events,
                versions,
                blobs,
            } = verified;
            let mut text = format!(
                "{name}: すべての封印がつながっています（変更 {events} 件、版 {versions} 件、ファイル {blobs} 件）。\n\
                 {name}: every seal holds ({events} events, {versions} versions, {blobs} files)."
            );
            for Head { owner, seq, seal } in heads {
                let _ = write!(text, "\n{owner} {seq} {seal}");
            }
            print(&text)
        }
        (Err(broken), true) => {
            print_json(&DoesNot { ok: false, broken });
            ExitCode::FAILURE
        }
        (Err(broken), false) => {
            print(&format!("{name}: {}\n{name}: {}", broken.ja, broken.en));
            ExitCode::FAILURE
        }
    }
}

fn noted(path: &Path, json: bool) -> Result<Vec<Head>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error, json))?;
    let noted: Noted = serde_json::from_slice(&bytes).map_err(|_| {
        let path = path.display();
        let refusal = Refusal::new(
            "heads",
            format!("{path}: 控えとして読めません。rashin verify --json の出力を保存したファイルを指定してください。"),
            format!("{path}: this is not a note of heads. Name a file with the output of `rashin verify --json`."),
        );
        Failure::input(refusal, json)
    })?;
    Ok(noted.heads)
}
