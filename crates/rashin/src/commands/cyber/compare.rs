//! `rashin cyber compare`: which of two versions comes first, one pair a line.

use std::cmp::Ordering;
use std::fmt;
use std::process::ExitCode;

use cyber::ecosystem::Ecosystem;
use cyber::vers::Scheme;
use cyber::version::compare;
use serde::Serialize;

use super::{answer_lines, fields};
use crate::failure::Failure;

#[derive(Serialize)]
struct Found {
    order: &'static str,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.order)
    }
}

/// The ecosystem is named as OSV names it, or as a type of version ranges is named, such as `alpm`.
pub fn run(ecosystem: &str, json: bool) -> Result<ExitCode, Failure> {
    let order = match (
        Ecosystem::parse(ecosystem),
        Scheme::find(ecosystem).and_then(Scheme::order),
    ) {
        (Ok(ecosystem), _) => ecosystem.order(),
        (Err(_), Some(order)) => Ok(order),
        (Err(refusal), None) => return Err(Failure::input(refusal, json)),
    };
    answer_lines(json, |line| {
        let (a, b) = fields(line)?;
        let order = match compare(order.clone()?, a, b)? {
            Ordering::Less => "<",
            Ordering::Equal => "=",
            Ordering::Greater => ">",
        };
        Ok(Found { order })
    })
}
