//! `rashin check`: proves a plan.

use std::path::Path;
use std::process::ExitCode;

use app::Desk;
use plan::{Fault, Faults, Files, Plan};
use serde::Serialize;
use vocab::Refusal;

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

/// A plan whose kinds have what the program reads of them.
fn suffices(plan: Plan, files: Files) -> Result<Plan, Box<Faults>> {
    let fault = |(kind, lack): (&str, Refusal)| {
        let said = format!("id = \"{kind}\"");
        let own = files.iter().find_map(|(file, text)| {
            let mut heads = text
                .match_indices("[[kind]]")
                .filter(|_| file.starts_with("kinds/"));
            heads.find_map(|(at, head)| {
                let rest = text.get(at + head.len()..)?;
                let rest = rest.split("\n[[").next().unwrap_or(rest);
                let at = at + head.len() + rest.find(&said)?;
                Some((file.to_owned(), at..at + said.len()))
            })
        });
        let (file, span) = own?;
        Some(Fault {
            file,
            span,
            code: lack.kind,
            ja: lack.ja,
            en: lack.en,
            hint: "この種類に、その名前と型の項目を置いてください。プログラムが読みます。 / Give this kind a field of that name and type: the program reads it.".into(),
        })
    };
    let list: Vec<Fault> = Desk::kinds_lack(&plan).into_iter().filter_map(fault).collect();
    if list.is_empty() {
        return Ok(plan);
    }
    Err(Box::new(Faults { files, list }))
}

pub fn run(folder: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let files = home::files(folder, json)?;
    let sha256 = files.sha256();
    match Plan::read(files.clone()).and_then(|plan| suffices(plan, files)) {
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
