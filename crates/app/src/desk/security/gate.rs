//! What a device's documents say, held against everything that is known: the findings with what is said of them, what became of each component, and the
//! gate's verdict. The gate's verdict at submission is written into the hand-in, as what the decision rested on; people decide.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use authz::Action;
use cyber::answer::{Answer, Because, Said, Statements};
use cyber::document::{Bill, Limits, Report, Statement, Status, Target, check};
use cyber::gate::{Decision, Paper, Reason, Submission, Verdict, judge};
use cyber::ledger::Row;
use cyber::matching::{Matches, match_components};
use jiff::Timestamp;
use jiff::civil::Date;
use record::{Record, Value};
use serde::Serialize;
use serde_json::json;
use store::Progress;
use vocab::Refusal;

use super::super::kept::{change, refused};
use super::super::register::{RecordState, drafted, key, opened};
use super::super::{Desk, MINISTRY, Visit};
use super::facts::severity;
use super::support::LifePart;
use super::watch::{Device, Room, status_of};
use super::words::Wording;
use super::worklist::MakerAnswer;
use super::{ANSWER, DEVICE, program};

/// From this score on every finding is to be answered before market.
const THRESHOLD: f64 = 7.0;
/// Subjects of a reason that are named in the hand-in.
const NAMED: usize = 10;

/// What was handed in, matched.
pub(super) struct Assessed {
    pub bill: Bill,
    pub matches: Matches,
    pub reports: Vec<(String, Report)>,
}

/// A device version with all that is known of its security, for its maker and the ministry.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceSecurity {
    /// The maker.
    pub maker: String,
    /// Id of the hand-in.
    pub id: String,
    /// Brand name.
    pub name: String,
    /// Version of the software.
    pub version: String,
    /// Start of limited support.
    pub eol: Option<Date>,
    /// End of support.
    pub eos: Option<Date>,
    /// Its life, from its first part to its last.
    pub life: Vec<LifePart>,
    /// Whom to write to.
    pub contact: String,
    /// Whether matching is ready; until then nothing below says anything.
    pub ready: bool,
    /// Why the bill cannot be read, or that there is none.
    pub fault: Option<Refusal>,
    /// What the gate says of it now.
    pub verdict: Option<Verdict>,
    /// What concerns it, the most urgent first.
    pub findings: Vec<DeviceFinding>,
    /// How advisories name the device itself.
    pub named: Vec<Wording>,
    /// How many components there are, and how many are matched, clean and not to be assessed.
    pub components: [usize; 4],
    /// Of those not to be assessed: how many by cause.
    pub causes: BTreeMap<String, usize>,
    /// What became of each component.
    pub ledger: Vec<Row>,
}

/// A vulnerability of a component.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceFinding {
    /// Identifier of the advisory.
    pub advisory: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// In a line.
    pub summary: String,
    /// The component and its version.
    pub component: String,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// `critical`, `high`, `medium`, `low`, `unknown`.
    pub severity: String,
    /// The highest score.
    pub score: Option<f64>,
    /// The chance that it is exploited within thirty days.
    pub chance: Option<f64>,
    /// Why it matches, in Japanese and English.
    pub proof: [String; 2],
    /// What is said of it; empty where nothing is. As an option of the form: `not-affected`.
    pub status: String,
    /// Who says so, and where.
    pub said_by: String,
    /// In which words.
    pub words: Vec<String>,
    /// Where statements contradict each other: the one that counts, and every other.
    pub conflict: Vec<Spoken>,
}

/// A statement of several that contradict each other.
#[derive(Debug, Clone, Serialize)]
pub struct Spoken {
    /// What it says, as an option of the form.
    pub status: String,
    /// In which words.
    pub words: Vec<String>,
    /// Who says so; empty where the document does not say.
    pub by: String,
    /// Name of the document; empty where it was answered here.
    pub document: String,
    /// When, by the statement itself.
    pub at: Option<Timestamp>,
    /// Why the one that counts does so rather than this one; nothing for the one that counts.
    pub because: Option<Because>,
}

impl Desk {
    /// A device version with what is known of its security.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn device_security(&self, visit: &Visit, owner: &str, id: &str) -> Result<DeviceSecurity, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(DEVICE).ok_or_else(super::super::unknown)?;
        let found = self.seen_record(visit, &rashin, kind, owner, id)?;
        let device = Device::of(owner, id, &found.record);
        let assessed = self.assess(visit.at, &device)?;
        let mut page = DeviceSecurity {
            maker: owner.to_owned(),
            id: id.to_owned(),
            name: device.name.clone(),
            version: device.version.clone(),
            eol: device.eol,
            eos: device.eos,
            life: device.days().life(visit.today()),
            contact: device.contact.clone(),
            ready: assessed.is_some(),
            fault: None,
            verdict: None,
            findings: vec![],
            named: self
                .in_room(|room| Ok(room.words.of_device(&device.key()).cloned().collect()))?
                .unwrap_or_default(),
            components: [0; 4],
            causes: BTreeMap::new(),
            ledger: vec![],
        };
        match assessed {
            None => {}
            Some(Err(refusal)) => page.fault = Some(refusal),
            Some(Ok(assessed)) => {
                page.verdict = self.verdict(&assessed, &found.record)?;
                let Matches { findings, ledger, .. } = assessed.matches;
                page.findings = findings.into_iter().map(DeviceFinding::of).collect();
                page.components = [
                    ledger.components,
                    ledger.matched,
                    ledger.clean,
                    ledger.unassessable,
                ];
                page.causes = ledger
                    .causes
                    .iter()
                    .map(|(cause, count)| ((*cause).to_owned(), *count))
                    .collect();
                page.ledger = ledger.rows;
            }
        }
        Ok(page)
    }

    /// What was handed in for a device, matched: nothing while matching is not ready or has no advisories, a refusal where there is no bill that can
    /// be read.
    pub(super) fn assess(
        &self,
        at: Timestamp,
        device: &Device,
    ) -> Result<Option<Result<Assessed, Refusal>>, Refusal> {
        let limits = Limits::UPLOAD;
        let mut reports = vec![];
        let bill = match &device.bill {
            None => return Ok(Some(Err(no_bill()))),
            Some((name, hash)) => match self.document(&device.owner, name, hash)? {
                Err(refusal) => return Ok(Some(Err(refusal))),
                Ok(document) => {
                    reports.push((name.clone(), check(&document, at, &limits)));
                    Bill::of(&document)
                }
            },
        };
        let Some(bill) = bill else {
            return Ok(Some(Err(no_bill())));
        };
        let mut statements = Statements::default();
        for (name, hash) in &device.vex {
            match self.document(&device.owner, name, hash)? {
                Err(refusal) => return Ok(Some(Err(refusal))),
                Ok(document) => {
                    reports.push((name.clone(), check(&document, at, &limits)));
                    statements.add(&document, name);
                }
            }
        }
        let matched = self.in_room(|room: &Room| {
            room.database
                .as_ref()
                .map(|database| match_components(database, &bill))
                .transpose()
        })?;
        let Some(mut matches) = matched.flatten() else {
            return Ok(None);
        };
        if let Err(refusal) = statements.answer(&bill, &mut matches) {
            return Ok(Some(Err(refusal)));
        }
        self.lay_answers(device, &mut matches)?;
        Ok(Some(Ok(Assessed {
            bill,
            matches,
            reports,
        })))
    }

    /// Lays what the maker has answered here beside the findings: it counts where no document says anything newer.
    fn lay_answers(&self, device: &Device, matches: &mut Matches) -> Result<(), Refusal> {
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(ANSWER) else {
            return Ok(());
        };
        let mut known: BTreeMap<String, Vec<MakerAnswer>> = BTreeMap::new();
        for finding in &mut matches.findings {
            let names: Vec<String> = std::iter::once(&finding.advisory)
                .chain(&finding.aliases)
                .cloned()
                .collect();
            let given = match known.entry(finding.advisory.clone()) {
                Entry::Occupied(given) => given.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(self.answers_of(&rashin, kind, [&device.owner], &names, None)?)
                }
            };
            let newest = MakerAnswer::newest(given, &device.id);
            if let Some(said) = newest.and_then(|answer| said(answer, &names)) {
                finding.answer = Some(beside(said, finding.answer.take()));
            }
        }
        Ok(())
    }

    fn verdict(&self, assessed: &Assessed, record: &Record) -> Result<Option<Verdict>, Refusal> {
        let papers = papers(record);
        let judged = self.in_room(|room: &Room| {
            Ok(room.database.as_ref().map(|database| {
                judge(&Submission {
                    bill: &assessed.bill,
                    matches: &assessed.matches,
                    reports: &assessed.reports,
                    papers: Some(&papers),
                    known: database.summary(),
                    threshold: THRESHOLD,
                })
            }))
        })?;
        Ok(judged.flatten())
    }

    /// Holds what was handed in against the rules of the gate and writes the verdict into the hand-in.
    pub(in crate::desk) fn run_gate(
        &self,
        at: Timestamp,
        owner: &str,
        id: &str,
    ) -> Result<Progress, Refusal> {
        self.watch_advisories(at)?;
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(DEVICE) else {
            return Ok(Progress::default());
        };
        let version = self.store.newest(&key(kind, owner, id)?).map_err(refused)?;
        let found = version.map(|version| opened(kind, &version)).transpose()?;
        // What was merged since this was called for stays as it was.
        let Some(found) = found.filter(|found| found.state() == RecordState::Filed) else {
            return Ok(Progress::default());
        };
        let device = Device::of(owner, id, &found.record);
        let (decision, reasons) = match self.assess(at, &device)? {
            Some(Err(refusal)) => ("not-yet", format!("{}\n{}", refusal.ja, refusal.en)),
            Some(Ok(assessed)) => match self.verdict(&assessed, &found.record)? {
                Some(verdict) => (
                    code(verdict.decision),
                    verdict.reasons.iter().map(told).collect::<Vec<_>>().join("\n\n"),
                ),
                None => unmatched(),
            },
            None => unmatched(),
        };
        let mut record = found.record;
        let reasons = if reasons.is_empty() {
            "指摘はありません。\nNothing was found.".to_owned()
        } else {
            reasons
        };
        for (field, value) in [("verdict", decision.to_owned()), ("reasons", reasons)] {
            record.fields.insert(field.to_owned(), Value::Text(value));
        }
        let visit = program(at);
        let mut drafts = vec![drafted(
            &visit,
            kind,
            owner,
            id,
            found.version,
            RecordState::Filed,
            &record,
        )?];
        drafts.extend(self.case_follows(&visit, &rashin, kind, owner, id, &record)?);
        let detail = json!({ "kind": DEVICE, "record": id, "what": "run-gate", "verdict": decision });
        let change = change((at, MINISTRY, Action::KeepCases), owner, detail, drafts, vec![])?;
        self.store.commit(&change).map_err(refused)?;
        Ok(Progress {
            done: 1,
            total: 1,
            text: String::new(),
        })
    }
}

/// Papers that came with a hand-in. The plan of support is there as a paper or as its day.
fn papers(record: &Record) -> BTreeSet<Paper> {
    let given = |field: &str| record.fields.contains_key(field);
    [
        (Paper::Policy, given("policy")),
        (Paper::LifeCycle, given("life_cycle") || given("eos_on")),
        (Paper::Disclosure, given("disclosure")),
        (Paper::Process, given("process")),
    ]
    .into_iter()
    .filter(|(_, given)| *given)
    .map(|(paper, _)| paper)
    .collect()
}

const fn code(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Refer => "refer",
        Decision::NotYet => "not-yet",
    }
}

fn told(reason: &Reason) -> String {
    let subjects = match reason.subjects.len() {
        0 => String::new(),
        count => {
            let named: Vec<&str> = reason.subjects.iter().take(NAMED).map(String::as_str).collect();
            let more = if count > NAMED { " …" } else { "" };
            format!("（{}{more}）", named.join("、"))
        }
    };
    format!(
        "{}{subjects}→ {}\n{} → {}",
        reason.ja, reason.todo_ja, reason.en, reason.todo_en
    )
}

fn unmatched() -> (&'static str, String) {
    (
        "refer",
        "脆弱性のデータベースがないため、照合していません。人が確かめてください。\nThere is no database of vulnerabilities, so nothing was matched. A person must look.".to_owned(),
    )
}

fn no_bill() -> Refusal {
    Refusal::new(
        "no_bill",
        "SBOMが提出されていません。CycloneDXかSPDXのファイルを提出してください。",
        "No SBOM was handed in. Hand in a CycloneDX or SPDX file.",
    )
}

/// What a maker has answered here, as a statement of VEX.
pub(super) fn said(answer: &MakerAnswer, names: &[String]) -> Option<Said> {
    let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
    let fix = filled(&answer.fixed_in);
    Some(Said {
        document: answer.id.clone(),
        by: Some(answer.maker.clone()),
        statement: Statement {
            path: String::new(),
            vulnerabilities: names.to_vec(),
            products: vec![Target::default()],
            status: status_of(&answer.status)?,
            justification: filled(&answer.justification),
            impact: filled(&answer.impact),
            action: filled(&answer.action).or(fix),
            timestamp: Some(answer.at.to_string()),
        },
    })
}

/// A statement beside what documents say: the newer counts.
pub(super) fn beside(said: Said, before: Option<Answer>) -> Answer {
    let Some(before) = before else {
        return Answer {
            counts: said,
            others: vec![],
            conflict: false,
        };
    };
    let conflict = before.conflict || before.status() != said.statement.status;
    let Answer {
        counts, mut others, ..
    } = before;
    let (counts, other) = if said.cmp_by_weight(&counts).is_ge() {
        (said, counts)
    } else {
        (counts, said)
    };
    others.insert(0, other);
    Answer {
        counts,
        others,
        conflict,
    }
}

impl DeviceFinding {
    fn of(finding: cyber::matching::Finding) -> Self {
        let score = finding.priority.score();
        let answer = finding.answer.as_ref();
        let said = answer.map(|answer| &answer.counts);
        Self {
            component: format!("{} {}", finding.package, finding.version),
            exploited: finding.priority.kev.is_some(),
            severity: severity(score).to_owned(),
            score,
            chance: finding.priority.epss.map(|chance| chance.score),
            proof: [finding.proof.ja, finding.proof.en],
            status: answer.map_or("", |answer| option(answer.status())).to_owned(),
            words: said.map(words).unwrap_or_default(),
            said_by: said
                .map(|said| said.by.clone().unwrap_or_else(|| said.document.clone()))
                .unwrap_or_default(),
            conflict: answer.map(Spoken::all).unwrap_or_default(),
            advisory: finding.advisory,
            aliases: finding.aliases,
            summary: finding.summary.unwrap_or_default(),
        }
    }
}

impl Spoken {
    /// Statements that contradict each other, the one that counts first; none where all say the same.
    fn all(answer: &Answer) -> Vec<Self> {
        if !answer.conflict {
            return vec![];
        }
        let counts = &answer.counts;
        let others = answer.others.iter();
        let others = others.map(|other| (other, Some(counts.counts_because(other))));
        let all = std::iter::once((counts, None)).chain(others);
        all.map(|(said, because)| Self {
            status: option(said.statement.status).to_owned(),
            words: words(said),
            by: said.by.clone().unwrap_or_default(),
            // Only a document has places.
            document: if said.statement.path.is_empty() {
                String::new()
            } else {
                said.document.clone()
            },
            at: said.at(),
            because,
        })
        .collect()
    }
}

/// The words of a statement.
fn words(said: &Said) -> Vec<String> {
    let statement = &said.statement;
    let words = [&statement.justification, &statement.impact, &statement.action];
    words.into_iter().flatten().cloned().collect()
}

/// The option of the form that a status is.
pub(super) const fn option(status: Status) -> &'static str {
    match status {
        Status::Affected => "affected",
        Status::NotAffected => "not-affected",
        Status::Fixed => "fixed",
        Status::UnderInvestigation => "under-investigation",
    }
}
