//! `rashin cyber match`: which known vulnerabilities concern the components of bills of materials, or versions of packages line by line.

use std::path::Path;
use std::process::ExitCode;

use ::vocab::Refusal;
use cyber::answer::{Answer as Said, Unused};
use cyber::database::Database;
use cyber::document::{Statement, Status};
use cyber::ecosystem::Ecosystem;
use cyber::ledger::{Row, Standing};
use cyber::matching::{Finding, Matches, Package, assess, match_components};
use cyber::priority::Basis;
use serde::Serialize;

use super::super::{print, print_json};
use super::database::{self, Pieces};
use super::{each_line, handed};
use crate::failure::Failure;

#[derive(Serialize)]
struct Matched<'a> {
    file: String,
    #[serde(flatten)]
    matches: &'a Matches,
}

/// The answer to a line of input.
#[derive(Serialize)]
struct Answer<'a> {
    query: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    /// Records that cannot be told from the version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

pub fn run(
    bills: &[impl AsRef<Path>],
    vex: &[impl AsRef<Path>],
    db: &Path,
    json: bool,
) -> Result<ExitCode, Failure> {
    let database = database::open(db, json)?;
    let statements = handed::statements(vex, json)?;
    let mut all = Vec::new();
    for path in bills {
        let path = path.as_ref();
        let bill = handed::bill(path, json)?;
        let mut matches =
            match_components(&database, &bill).map_err(|refusal| database::named(db, refusal, json))?;
        statements
            .answer(&bill, &mut matches)
            .map_err(|refusal| database::named(path, refusal, json))?;
        all.push((path, matches));
    }
    if json {
        let documents = all.iter().map(|(path, matches)| Matched {
            file: path.display().to_string(),
            matches,
        });
        return Ok(print_json(&documents.collect::<Vec<_>>()));
    }
    let texts: Vec<String> = all.iter().map(|(path, matches)| text(path, matches)).collect();
    Ok(print(&texts.join("\n")))
}

fn text(path: &Path, matches: &Matches) -> String {
    let ledger = &matches.ledger;
    let (path, all) = (path.display(), ledger.components);
    let (matched, clean, open) = (ledger.matched, ledger.clean, ledger.unassessable);
    let mut lines = vec![
        format!(
            "{path}: 部品 {all} 件のうち、該当 {matched} 件、該当なし {clean} 件、判定できない {open} 件"
        ),
        format!("{path}: {all} components: {matched} matched, {clean} clean, {open} unassessable"),
    ];
    lines.extend(matches.findings.iter().map(finding));
    lines.extend(ledger.rows.iter().filter_map(open_row));
    lines.extend(matches.unused.iter().map(unused));
    lines.join("\n")
}

fn finding(finding: &Finding) -> String {
    let Finding {
        ecosystem,
        package,
        version,
        advisory,
        aliases,
        proof,
        priority,
        answer,
        ..
    } = finding;
    let kev = if priority.by == Basis::Kev { "KEV" } else { "-" };
    let score = priority
        .score()
        .map_or("-".to_owned(), |score| format!("{score:.1}"));
    let chance = priority
        .epss
        .map_or("-".to_owned(), |chance| format!("{:.5}", chance.score));
    let names = std::iter::once(advisory).chain(aliases).map(String::as_str);
    let names = names.collect::<Vec<_>>().join(" ");
    let answer = answer.as_ref().map(said).unwrap_or_default();
    format!(
        "{kev}\t{score}\t{chance}\t{names}\t{ecosystem} {package} {version}\t{} / {}{answer}",
        proof.ja, proof.en
    )
}

/// What is said of a finding, and by whom, on a line below it.
fn said(answer: &Said) -> String {
    let counts = &answer.counts;
    let Statement {
        justification,
        impact,
        action,
        timestamp,
        ..
    } = &counts.statement;
    let reasons = [justification, impact, action].into_iter().flatten();
    let reasons: Vec<&str> = reasons.map(String::as_str).collect();
    let conflict = if answer.conflict {
        let others = answer.others.iter();
        let others = others.map(|other| format!("{} {}", word(other.statement.status), by(other)));
        format!(
            "\t矛盾する記述 / contradicted by: {}",
            others.collect::<Vec<_>>().join("; ")
        )
    } else {
        String::new()
    };
    // A document's words never break the lines of the answer.
    let reasons = reasons.join("; ").replace(char::is_control, " ");
    format!(
        "\n  VEX\t{}\t{reasons}\t{}\t{}{conflict}",
        word(answer.status()),
        by(counts),
        timestamp.as_deref().unwrap_or("-"),
    )
}

fn by(said: &cyber::answer::Said) -> String {
    match &said.by {
        Some(by) => format!("{} ({})", by.replace(char::is_control, " "), said.document),
        None => said.document.clone(),
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::NotAffected => "影響なし / not affected",
        Status::Affected => "影響あり / affected",
        Status::Fixed => "修正済み / fixed",
        Status::UnderInvestigation => "調査中 / under investigation",
    }
}

/// A statement that answers no finding, and why.
fn unused(unused: &Unused) -> String {
    let said = &unused.said;
    let names = said.statement.vulnerabilities.join(" ");
    format!(
        "VEX?\t{names}\t{}\t{}\t{}",
        word(said.statement.status),
        by(said),
        unused.cause
    )
}

/// What could not be assessed, and why.
fn open_row(row: &Row) -> Option<String> {
    let version = row.version.as_deref().unwrap_or("-");
    let doubts = row.doubts.iter().map(|doubt| doubt.advisory.as_str());
    let doubts = doubts.collect::<Vec<_>>().join(" ");
    let cause = row
        .cause
        .as_ref()
        .or(row.doubts.first().map(|doubt| &doubt.cause))?;
    let mark = if row.standing == Standing::Unassessable {
        "?"
    } else {
        "!?"
    };
    Some(format!("{mark}\t{}\t{version}\t{doubts}\t{cause}", row.name))
}

/// Answers each line `ecosystem<TAB>name<TAB>version` of standard input by one line of JSON.
pub fn query(db: &Path, json: bool) -> Result<ExitCode, Failure> {
    let database = database::open(db, json)?;
    each_line(json, |line| {
        let answer = answer(&database, line);
        let refused = answer.error.is_some();
        (serde_json::to_string(&answer).unwrap_or_default(), refused)
    })
}

fn answer<'a>(database: &Database<Pieces>, line: &'a str) -> Answer<'a> {
    let assessment = package(line).and_then(|package| assess(database, &package));
    let mut answer = Answer {
        query: line,
        ids: None,
        doubts: Vec::new(),
        error: None,
    };
    match assessment {
        Err(refusal) => answer.error = Some(refusal),
        Ok(assessment) => {
            answer.doubts = assessment
                .doubts
                .into_iter()
                .map(|doubt| doubt.advisory)
                .collect();
            let ids: Vec<String> = assessment.hits.into_iter().map(|hit| hit.record.id).collect();
            match assessment.cause {
                Some(cause) if ids.is_empty() => answer.error = Some(cause),
                _ => answer.ids = Some(ids),
            }
        }
    }
    answer
}

fn package(line: &str) -> Result<Package, Refusal> {
    let mut fields = line.split('\t');
    let (Some(ecosystem), Some(name), Some(version), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(Refusal::new(
            "no_tab",
            "1行にエコシステム、名前、バージョンの三つをタブで区切って書いてください。",
            "write ecosystem, name and version on a line, tabs between them.",
        ));
    };
    Ok(Package {
        ecosystem: Ecosystem::parse(ecosystem)?,
        name: name.to_owned(),
        version: version.to_owned(),
    })
}
