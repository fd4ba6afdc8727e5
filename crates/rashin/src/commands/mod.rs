//! One file a command. A command reads its input, asks the use cases or an engine, and prints.

mod backup;
mod calc;
mod check;
pub mod cyber;
mod demo;
mod edition;
mod eval;
mod migrate;
mod registry;
mod restore;
mod serve;
mod survey;
mod verify;
mod vocab;

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;

/// Runs the command that was asked for.
pub fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (plan, json) = (arguments.plan.as_deref(), arguments.json);
    match arguments.command {
        Command::Serve(options) => serve::run(plan, &options),
        Command::Check { folder } => check::run(folder.as_deref().or(plan), json),
        Command::Eval(options) => eval::run(plan, options, json),
        Command::Calc { expressions } => calc::run(expressions),
        Command::Survey(options) => survey::run(&options, json),
        Command::Vocab { kind } => vocab::run(&kind, json),
        Command::Cyber(command) => cyber::run(command, json),
        Command::Demo(options) => demo::run(plan, &options, json),
        Command::Registry(command) => registry::run(plan, &command, json),
        Command::Edition(command) => edition::run(plan, command, json),
        Command::Verify { database, heads } => verify::run(&database, heads.as_deref(), json),
        Command::Backup { database, file } => backup::run(&database, &file, json),
        Command::Restore { database, file } => restore::run(&database, &file, json),
        Command::Migrate(database) => migrate::run(&database, json),
    }
}

/// Prints lines; a reader that went away (`| head`) is no fault.
pub fn print(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    ExitCode::SUCCESS
}

/// Prints one JSON document.
pub fn print_json(value: &impl Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&text),
        Err(_) => ExitCode::FAILURE,
    }
}
