//! `rashin cyber gate`: whether a bill with its VEX documents is ready for a person's decision before market, and why not.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use cyber::answer::Statements;
use cyber::document::{Bill, Limits, check};
use cyber::gate::{Decision, Paper, Reason, Submission, Verdict, judge};
use cyber::ledger::Ledger;
use cyber::matching::match_components;
use serde::Serialize;

use super::super::{print, print_json};
use super::{database, handed};
use crate::cli::Gate;
use crate::edge;
use crate::failure::Failure;

/// The answer as data.
#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    threshold: f64,
    #[serde(flatten)]
    verdict: &'a Verdict,
    findings: usize,
    answered: usize,
    ledger: &'a Ledger,
}

/// Exit code 0 if the gate lets it pass, 1 if not.
pub fn run(asked: &Gate, json: bool) -> Result<ExitCode, Failure> {
    let Gate {
        bill: path,
        vex,
        db,
        threshold,
        papers,
    } = asked;
    let database = database::open(db, json)?;
    let limits = Limits::UPLOAD;
    let now = edge::now();
    let mut reports = Vec::new();
    let mut read = |path: &Path| {
        let document = handed::document(path, json)?;
        reports.push((path.display().to_string(), check(&document, now, &limits)));
        Ok(document)
    };
    let document = read(path)?;
    let bill = Bill::of(&document).ok_or_else(|| handed::no_bill(path, &document, json))?;
    let mut statements = Statements::default();
    for path in vex {
        let document = read(path)?;
        handed::take(&mut statements, path, &document, json)?;
    }
    let mut matches =
        match_components(&database, &bill).map_err(|refusal| database::named(db, refusal, json))?;
    statements
        .answer(&bill, &mut matches)
        .map_err(|refusal| database::named(path, refusal, json))?;
    let papers: Option<BTreeSet<Paper>> = papers.as_ref().map(|papers| papers.iter().copied().collect());
    let verdict = judge(&Submission {
        bill: &bill,
        matches: &matches,
        reports: &reports,
        papers: papers.as_ref(),
        known: database.summary(),
        threshold: *threshold,
    });
    let answered = matches.findings.iter().filter(|finding| finding.answer.is_some());
    let answer = Answer {
        file: path.display().to_string(),
        threshold: *threshold,
        verdict: &verdict,
        findings: matches.findings.len(),
        answered: answered.count(),
        ledger: &matches.ledger,
    };
    if json {
        print_json(&answer);
    } else {
        print(&text(&answer));
    }
    Ok(if verdict.decision == Decision::Pass {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Subjects of a reason that are named one by one; `--json` names all.
const NAMED: usize = 20;

fn text(answer: &Answer<'_>) -> String {
    let Answer {
        file,
        threshold,
        findings,
        answered,
        ledger,
        ..
    } = answer;
    let verdict = match answer.verdict.decision {
        Decision::Pass => "通過 / pass",
        Decision::Refer => "人の判断が必要 / refer to a person",
        Decision::NotYet => "まだ受け付けられない / not yet",
    };
    let mut lines = vec![
        format!("{file}: {verdict}"),
        format!(
            "部品 {} 件（判定できない {} 件）、該当 {findings} 件のうち回答あり {answered} 件、CVSS {threshold:.1} 以上はすべて回答が必要",
            ledger.components, ledger.unassessable
        ),
        format!(
            "{} components ({} unassessable), {findings} findings of which {answered} answered; each from CVSS {threshold:.1} must be",
            ledger.components, ledger.unassessable
        ),
    ];
    lines.extend(answer.verdict.reasons.iter().map(reason));
    lines.join("\n")
}

fn reason(reason: &Reason) -> String {
    let mark = if reason.decision == Decision::Refer {
        "人 / person"
    } else {
        "不足 / missing"
    };
    let named: Vec<String> = reason
        .subjects
        .iter()
        .take(NAMED)
        .map(|subject| subject.replace(char::is_control, " "))
        .collect();
    let more = reason.subjects.len() - named.len();
    let more = if more > 0 {
        format!(" … +{more}")
    } else {
        String::new()
    };
    let subjects = if named.is_empty() {
        String::new()
    } else {
        format!("\n  - {}{more}", named.join("; "))
    };
    format!(
        "{} [{mark}] {} / {}{subjects}\n  → {} / {}",
        reason.rule, reason.ja, reason.en, reason.todo_ja, reason.todo_en
    )
}
