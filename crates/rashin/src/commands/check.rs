//! `rashin check`: proves a plan.

use std::path::Path;
use std::process::ExitCode;

use plan::Plan;
use serde::Serialize;

use super::{print, print_json};
use crate::failure::Failure;
use crate::home;

#[derive(Serialize)]
struct Answer {
    ok: bool,
    indicators: usize,
    nodes: usize,
    observations: usize,
    sha256: String,
    faults: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    code: &'static str,
    ja: String,
    en: String,
    hint: String,
}

pub fn run(folder: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let files = home::files(folder, json)?;
    let sha256 = files.sha256();
    match Plan::read(files) {
        Ok(plan) => {
            let (indicators, nodes, observations) =
                (plan.indicators.len(), plan.nodes.len(), plan.observations.len());
            if json {
                return Ok(print_json(&Answer {
                    ok: true,
                    indicators,
                    nodes,
                    observations,
                    sha256,
                    faults: vec![],
                }));
            }
            Ok(print(&format!(
                "計画に誤りはありません（指標 {indicators}、項目 {nodes}、観測値 {observations}）。\n\
                 The plan is whole ({indicators} indicators, {nodes} items, {observations} observations)."
            )))
        }
        Err(faults) => {
            if json {
                let places = faults
                    .list
                    .iter()
                    .map(|fault| {
                        let (line, column) = fault.position(&faults.files);
                        let (file, code) = (fault.file.clone(), fault.code);
                        let (ja, en, hint) = (fault.ja.clone(), fault.en.clone(), fault.hint.clone());
                        Place {
                            file,
                            line,
                            column,
                            code,
                            ja,
                            en,
                            hint,
                        }
                    })
                    .collect();
                print_json(&Answer {
                    ok: false,
                    indicators: 0,
                    nodes: 0,
                    observations: 0,
                    sha256,
                    faults: places,
                });
            } else {
                print(&faults.to_string());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
