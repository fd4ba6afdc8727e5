//! `rashin cyber validate`: what a document is, whether it is valid, and what was found, by test number.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use cyber::document::{Bill, Level, Limits, Minimum, Missing, Report, Statement, Verdict, check, read};
use serde::Serialize;

use super::handed;
use crate::edge;
use crate::failure::Failure;

/// The answer as data.
#[derive(Serialize)]
struct Answer<'a> {
    name: String,
    #[serde(flatten)]
    report: &'a Report,
    /// Of a bill of materials: how many components it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<usize>,
    /// Of a bill of materials: which minimum element is missing where.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a [Missing]>,
    /// How many statements about the status of products it makes.
    statements: usize,
}

/// Exit code 0 for a valid document, 1 for an invalid one; one that cannot be read is bad input.
pub fn run(path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let limits = Limits::UPLOAD;
    let bytes = handed::bytes(path, limits.bytes, json)?;
    let document = read(&bytes, &limits).map_err(|refusal| Failure::input(refusal, json))?;
    let report = check(&document, edge::now(), &limits);
    let bill = Bill::of(&document);
    let missing = bill.as_ref().map(Bill::missing);
    let answer = Answer {
        name: report.format.name(),
        report: &report,
        components: bill.as_ref().map(|bill| bill.components.len()),
        missing: missing.as_deref(),
        statements: Statement::all(&document).len(),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    // A reader that has gone away is no reason to fail.
    let _ = if json {
        serde_json::to_writer(&mut out, &answer)
            .map_err(Into::into)
            .and_then(|()| writeln!(out))
    } else {
        text(&mut out, &answer)
    };
    let _ = out.flush();
    Ok(match report.verdict {
        Verdict::Valid => ExitCode::SUCCESS,
        Verdict::Invalid => ExitCode::FAILURE,
    })
}

fn text(out: &mut impl Write, answer: &Answer<'_>) -> std::io::Result<()> {
    let verdict = match answer.report.verdict {
        Verdict::Valid => "仕様に合っています / valid",
        Verdict::Invalid => "仕様に合っていません / invalid",
    };
    writeln!(out, "{}: {verdict}", answer.name)?;
    for finding in &answer.report.findings {
        let level = match finding.level {
            Level::Mandatory => "必須 / mandatory",
            Level::Recommended => "推奨 / recommended",
            Level::Informative => "参考 / informative",
        };
        let path = if finding.path.is_empty() {
            "/"
        } else {
            &finding.path
        };
        writeln!(out, "{} [{level}] {path}", finding.test)?;
        writeln!(out, "  {}", finding.ja)?;
        writeln!(out, "  {}", finding.en)?;
    }
    let Some(missing) = answer.missing else {
        return Ok(());
    };
    let components = answer.components.unwrap_or_default();
    writeln!(
        out,
        "部品 {components} 件。最小要素の不足 / {components} components. Minimum elements missing:"
    )?;
    let elements = [
        Minimum::Author,
        Minimum::Timestamp,
        Minimum::Supplier,
        Minimum::Name,
        Minimum::Version,
        Minimum::UniqueIdentifier,
        Minimum::Dependency,
    ];
    for element in elements {
        let count = missing
            .iter()
            .filter(|missing| missing.element == element)
            .count();
        if count > 0 {
            let (ja, en) = element.advice();
            writeln!(out, "  {count}: {ja} / {en}")?;
        }
    }
    Ok(())
}
