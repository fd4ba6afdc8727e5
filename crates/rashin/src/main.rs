//! The `rashin` binary: the server and the commands that need none. It is the only place that knows
//! the process: arguments, files, standard streams, signals and exit codes.

mod cli;
mod commands;
mod database;
mod edge;
mod failure;
mod feeds;
mod home;
mod post;
mod worker;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match commands::run(arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
