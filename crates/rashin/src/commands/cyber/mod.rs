//! `rashin cyber`: versions, ranges and documents of device cybersecurity, judged without a server.

mod compare;
pub mod database;
mod device;
mod gate;
mod handed;
mod load;
mod matching;
mod validate;
mod vers;

use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use ::vocab::Refusal;
use serde::Serialize;

use crate::cli::Cyber;
use crate::failure::Failure;

pub fn run(command: Cyber, json: bool) -> Result<ExitCode, Failure> {
    match command {
        Cyber::Compare { ecosystem } => compare::run(&ecosystem, json),
        Cyber::Validate { file } => validate::run(&file, json),
        Cyber::Load { folder, db } => load::run(&folder, &db, json),
        Cyber::Match { query: true, db, .. } => matching::query(&db, json),
        Cyber::Match { bills, vex, db, .. } => matching::run(&bills, &vex, &db, json),
        Cyber::DeviceMatch {
            advisories,
            devices,
            db,
        } => device::run(&advisories, &devices, db.as_deref(), json),
        Cyber::Gate(asked) => gate::run(&asked, json),
        Cyber::Vers { from_native } => vers::run(from_native.as_deref(), json),
    }
}

/// What a line of input is answered.
#[derive(Serialize)]
struct Answer<'a, T: Serialize> {
    input: &'a str,
    ok: bool,
    #[serde(flatten)]
    found: Option<&'a T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Refusal>,
}

/// Answers each line of standard input by one line: what was found or why nothing was. One refusal makes the command fail.
fn answer_lines<T: Serialize + std::fmt::Display>(
    json: bool,
    answer: impl Fn(&str) -> Result<T, Refusal>,
) -> Result<ExitCode, Failure> {
    each_line(json, |line| {
        let found = answer(line);
        let text = match (&found, json) {
            (Ok(found), false) => found.to_string(),
            (Err(refusal), false) => format!("error\t{refusal}").replace(['\n', '\r'], " "),
            (found, true) => serde_json::to_string(&Answer {
                input: line,
                ok: found.is_ok(),
                found: found.as_ref().ok(),
                error: found.as_ref().err(),
            })
            .unwrap_or_default(),
        };
        (text, found.is_err())
    })
}

/// Answers each line of standard input by a line, and says of each whether it was refused. One refusal makes the command fail.
fn each_line(json: bool, answer: impl Fn(&str) -> (String, bool)) -> Result<ExitCode, Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut refused = false;
    // Bytes, not lines of text: a line in another encoding is refused, not a reason to stop.
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.map_err(|error| Failure::file(std::path::Path::new("-"), &error, json))?;
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let (text, wrong) = answer(line);
        refused |= wrong;
        if writeln!(out, "{text}").is_err() {
            break;
        }
    }
    let _ = out.flush();
    Ok(if refused {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The two fields of a line.
fn fields(line: &str) -> Result<(&str, &str), Refusal> {
    line.split_once('\t').ok_or_else(|| {
        Refusal::new(
            "no_tab",
            "1行に二つの値をタブで区切って書いてください。",
            "write two values a line, a tab between them.",
        )
    })
}
