//! `rashin edition`: makes, verifies and compares editions.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use indicator::{Difference, EditionResult};
use plan::Plan;
use serde::Serialize;
use vocab::{Period, Refusal};

use super::{print, print_json};
use crate::cli::Edition as Command;
use crate::failure::Failure;
use crate::home;

#[derive(Serialize)]
struct Made {
    file: String,
    sha256: String,
    fiscal_year: Period,
    as_of: jiff::civil::Date,
    results: usize,
}

#[derive(Serialize)]
struct Verified {
    ok: bool,
    sha256: String,
    results: usize,
    different: Vec<EditionResult>,
}

pub fn run(plan: Option<&Path>, command: Command, json: bool) -> Result<ExitCode, Failure> {
    match command {
        Command::Make { out, as_of, at } => make(plan, &out, as_of, at, json),
        Command::Verify { file } => verify(&file, json),
        Command::Diff { before, after } => diff(&before, &after, json),
    }
}

/// Reads an edition file and checks its seal.
pub fn read(path: &Path, json: bool) -> Result<indicator::Edition, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error, json))?;
    indicator::Edition::parse(&bytes).map_err(|fault| Failure::edition(path, &fault, json))
}

fn make(
    folder: Option<&Path>,
    out: &Path,
    as_of: Option<jiff::civil::Date>,
    at: Option<Period>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let files = home::files(folder, json)?;
    let plan = Plan::read(files.clone()).map_err(|faults| Failure::plan(&faults, json))?;
    let newest = plan
        .observations
        .iter()
        .map(|seen| seen.recorded)
        .max()
        .unwrap_or(plan.head.published);
    let as_of = as_of.unwrap_or_else(|| newest.max(plan.head.published));
    let fiscal_year = at.unwrap_or_else(|| Period::containing(as_of));
    let edition = indicator::Edition::make(&plan, &files, fiscal_year, as_of);
    let fault = |fault| Failure::edition(out, &fault, json);
    let bytes = edition.to_bytes().map_err(fault)?;
    // An edition is never overwritten.
    let mut file = std::fs::File::create_new(out).map_err(|error| Failure::file(out, &error, json))?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| Failure::file(out, &error, json))?;
    let made = Made {
        file: out.display().to_string(),
        sha256: edition.sha256().map_err(fault)?,
        fiscal_year,
        as_of,
        results: edition.results.len(),
    };
    if json {
        return Ok(print_json(&made));
    }
    let Made {
        file,
        sha256,
        results,
        ..
    } = made;
    Ok(print(&format!(
        "{file}: {fiscal_year} の版を作りました（{as_of} 時点、{results} 件の値、封印 {sha256}）。\n\
         {file}: made the edition for {fiscal_year} (as of {as_of}, {results} figures, seal {sha256})."
    )))
}

fn verify(path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let edition = read(path, json)?;
    let different = edition
        .recompute()
        .map_err(|fault| Failure::edition(path, &fault, json))?;
    let sha256 = edition
        .sha256()
        .map_err(|fault| Failure::edition(path, &fault, json))?;
    let ok = different.is_empty();
    if json {
        print_json(&Verified {
            ok,
            sha256,
            results: edition.results.len(),
            different,
        });
    } else if ok {
        let (name, count) = (path.display(), edition.results.len());
        print(&format!(
            "{name}: 封印は正しく、{count} 件の値をすべて計算し直して一致しました。\n\
             {name}: the seal holds and all {count} figures were recomputed alike."
        ));
    } else {
        let list: Vec<_> = different
            .iter()
            .map(|one| format!("{} {}", one.id, one.at))
            .collect();
        let text = format!(
            "封印は正しいですが、計算し直すと違う値があります: {}\nthe seal holds, but these figures are recomputed differently.",
            list.join(", ")
        );
        print(&text);
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn diff(before: &Path, after: &Path, json: bool) -> Result<ExitCode, Failure> {
    let (first, second) = (read(before, json)?, read(after, json)?);
    if first.plan != second.plan {
        let refusal = Refusal::new(
            "other-plan",
            format!("違う計画の版です（{} と {}）。", first.plan, second.plan),
            format!(
                "these are editions of different plans ({} and {}).",
                first.plan, second.plan
            ),
        );
        return Err(Failure::input(refusal, json));
    }
    let list =
        indicator::differences(&first, &second).map_err(|fault| Failure::edition(after, &fault, json))?;
    Ok(if json {
        print_json(&list)
    } else {
        print(&text(&list))
    })
}

fn text(list: &[Difference]) -> String {
    let moved: Vec<_> = list.iter().filter(|one| one.before != one.after).collect();
    let mut text = format!("{} 件の値のうち {} 件が変わりました。", list.len(), moved.len());
    for one in moved {
        let _ = write!(
            text,
            "\n{}（{}） {}: {} → {} {}",
            one.title.ja, one.id, one.at, one.before, one.after, one.unit
        );
        for part in &one.parts {
            let _ = write!(text, "\n  {:>14} {}　{}", part.amount, one.unit, part.say.ja);
        }
        let _ = write!(text, "\n  {:>14} {}　合計", one.change, one.unit);
    }
    text
}
