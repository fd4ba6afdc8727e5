//! `rashin cyber vers`: whether versions lie in `vers:` ranges, and what ranges of ecosystems are as `vers:`.

use std::fmt;
use std::process::ExitCode;

use cyber::vers::{Vers, scheme};
use serde::Serialize;

use super::{answer_lines, fields};
use crate::failure::Failure;

#[derive(Serialize)]
struct Contained {
    contains: bool,
}

impl fmt::Display for Contained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.contains.fmt(f)
    }
}

#[derive(Serialize)]
struct Native {
    vers: String,
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.vers)
    }
}

pub fn run(from_native: Option<&str>, json: bool) -> Result<ExitCode, Failure> {
    let Some(name) = from_native else {
        return answer_lines(json, |line| {
            let (range, version) = fields(line)?;
            let contains = Vers::parse(range)?.contains(version)?;
            Ok(Contained { contains })
        });
    };
    let scheme = scheme(name).map_err(|refusal| Failure::input(refusal, json))?;
    answer_lines(json, |line| {
        let vers = Vers::from_native(scheme, line)?.to_string();
        Ok(Native { vers })
    })
}
