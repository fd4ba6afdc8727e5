//! The gate before market: what still stands between a hand-in and a person's decision. It never approves in a person's place: where words
//! must be weighed it says so, and each reason names its rule, what it rests on and what to do.
//!
//! One rule is one function; `RULES` lists them in the order of the verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::answer::Answer;
use crate::database::Summary;
use crate::document::{Bill, Level, Minimum, Report, Status, Verdict as Validity};
use crate::ledger::Row;
use crate::matching::{Finding, Matches};
use crate::priority::Basis;

/// What is handed in, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'s> {
    /// The bill of materials.
    pub bill: &'s Bill,
    /// What was found on it, with what is said of the findings.
    pub matches: &'s Matches,
    /// Each document by its name, held against its specification.
    pub reports: &'s [(String, Report)],
    /// Kinds of papers that came with it; nothing where papers are looked at elsewhere.
    pub papers: Option<&'s BTreeSet<Paper>>,
    /// What the database held that it was matched against.
    pub known: &'s Summary,
    /// The CVSS score from which every finding must be answered.
    pub threshold: f64,
}

/// A paper on a device's security that is handed in beside bill and VEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// The policy on vulnerabilities and their disclosure.
    Policy,
    /// The plan of support until its end (EOL, EOS).
    LifeCycle,
    /// MDS2, or MDS/SDS.
    Disclosure,
    /// Evidence of a secure development process by JIS T 81001-5-1.
    Process,
}

impl Paper {
    /// Each with its code and its name in Japanese and English.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 4] = [
        (
            Self::Policy,
            "policy",
            "脆弱性対応と開示の方針",
            "the policy on vulnerabilities and their disclosure",
        ),
        (
            Self::LifeCycle,
            "life-cycle",
            "EOL・EOS の計画",
            "the plan of support until its end (EOL, EOS)",
        ),
        (
            Self::Disclosure,
            "disclosure",
            "MDS2（または MDS/SDS）",
            "MDS2, or MDS/SDS",
        ),
        (
            Self::Process,
            "process",
            "JIS T 81001-5-1 への適合の証拠",
            "evidence of conformity with JIS T 81001-5-1",
        ),
    ];
}

/// What the gate says, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// No rule objects.
    Pass,
    /// A person must weigh something.
    Refer,
    /// Something must be handed in first.
    NotYet,
}

/// Why the gate does not simply pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Code of the rule.
    pub rule: &'static str,
    /// What it decides.
    pub decision: Decision,
    /// What it is about: components, findings, documents.
    pub subjects: Vec<String>,
    /// What is so, in Japanese.
    pub ja: String,
    /// What is so, in English.
    pub en: String,
    /// What to do, in Japanese.
    pub todo_ja: String,
    /// What to do, in English.
    pub todo_en: String,
    /// On what the rule rests.
    pub basis: &'static str,
}

/// What the gate says of a hand-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The gravest of its reasons.
    pub decision: Decision,
    /// Every reason, by rule.
    pub reasons: Vec<Reason>,
    /// Codes of the rules that were asked, also those that found nothing.
    pub asked: Vec<&'static str>,
}

/// A rule of the gate.
struct Rule {
    code: &'static str,
    basis: &'static str,
    check: fn(&Submission<'_>) -> Vec<Found>,
}

/// What a rule found.
struct Found {
    decision: Decision,
    subjects: Vec<String>,
    ja: String,
    en: String,
    todo: (String, String),
}

const ELEMENTS: &str = "基本要件基準第12条第3項: SBOM の最小要素 / minimum elements of a bill of materials";
const PAPERS: &str = "基本要件基準第12条第3項: 医療機関に渡す文書 / papers that hospitals are given";
const KEV: &str = "CISA Catalog of Known Exploited Vulnerabilities";
const SCORE: &str = "CVSS から計算した値と、指定された境目 / the CVSS score and the threshold that was set";
const OWN: &str = "Rashin: what cannot be assessed goes to a person";

#[rustfmt::skip]
const RULES: [Rule; 17] = [
    Rule { code: "sbom-author", basis: ELEMENTS, check: author },
    Rule { code: "sbom-timestamp", basis: ELEMENTS, check: timestamp },
    Rule { code: "sbom-components", basis: ELEMENTS, check: components },
    Rule { code: "sbom-supplier", basis: ELEMENTS, check: supplier },
    Rule { code: "sbom-name", basis: ELEMENTS, check: name },
    Rule { code: "sbom-version", basis: ELEMENTS, check: version },
    Rule { code: "sbom-identifier", basis: ELEMENTS, check: identifier },
    Rule { code: "sbom-relationship", basis: ELEMENTS, check: relationship },
    Rule { code: "sbom-subject", basis: ELEMENTS, check: subject },
    Rule { code: "documents-valid", basis: "each document's own specification", check: valid },
    Rule { code: "papers", basis: PAPERS, check: papers },
    Rule { code: "known-exploited", basis: KEV, check: exploited },
    Rule { code: "above-threshold", basis: SCORE, check: above_threshold },
    Rule { code: "unrated", basis: OWN, check: unrated },
    Rule { code: "contradiction", basis: OWN, check: contradiction },
    Rule { code: "foreign-statement", basis: OWN, check: foreign_statement },
    Rule { code: "completeness", basis: OWN, check: completeness },
];

/// Asks every rule.
pub fn judge(submission: &Submission<'_>) -> Verdict {
    let found = RULES.iter().flat_map(|rule| {
        (rule.check)(submission).into_iter().map(|found| Reason {
            rule: rule.code,
            decision: found.decision,
            subjects: found.subjects,
            ja: found.ja,
            en: found.en,
            todo_ja: found.todo.0,
            todo_en: found.todo.1,
            basis: rule.basis,
        })
    });
    let reasons: Vec<Reason> = found.collect();
    let decisions = reasons.iter().map(|reason| reason.decision);
    Verdict {
        decision: decisions.max().unwrap_or(Decision::Pass),
        reasons,
        asked: RULES.iter().map(|rule| rule.code).collect(),
    }
}

fn todo(ja: impl Into<String>, en: impl Into<String>) -> (String, String) {
    (ja.into(), en.into())
}

fn counted(count: usize, thing: &str) -> String {
    let several = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{several}")
}

/// What a bill lacks of one minimum element, for all components together.
fn lacking(submission: &Submission<'_>, element: Minimum, ja: &str, en: &str) -> Vec<Found> {
    let bill = submission.bill;
    let missing: Vec<_> = bill
        .missing()
        .into_iter()
        .filter(|missing| missing.element == element)
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let subjects: Vec<String> = missing
        .iter()
        .filter_map(|missing| {
            let component = bill.components.get(missing.component?)?;
            let named = !component.name.is_empty();
            Some(if named {
                component.name.clone()
            } else {
                missing.path.clone()
            })
        })
        .collect();
    let count = subjects.len();
    let (todo_ja, todo_en) = element.advice();
    vec![Found {
        decision: Decision::NotYet,
        ja: match count {
            0 => format!("SBOM に{ja}がありません。"),
            _ => format!("部品 {count} 件に{ja}がありません。"),
        },
        en: match count {
            0 => format!("the SBOM has no {en}."),
            _ => format!("{} without {en}.", counted(count, "component")),
        },
        subjects,
        todo: todo(todo_ja, todo_en),
    }]
}

fn author(submission: &Submission<'_>) -> Vec<Found> {
    lacking(submission, Minimum::Author, "作成者", "author")
}

fn timestamp(submission: &Submission<'_>) -> Vec<Found> {
    lacking(submission, Minimum::Timestamp, "作成日時", "timestamp")
}

fn supplier(submission: &Submission<'_>) -> Vec<Found> {
    lacking(submission, Minimum::Supplier, "供給者", "supplier")
}

fn name(submission: &Submission<'_>) -> Vec<Found> {
    lacking(submission, Minimum::Name, "名前", "name")
}

fn version(submission: &Submission<'_>) -> Vec<Found> {
    lacking(submission, Minimum::Version, "バージョン", "version")
}

fn identifier(submission: &Submission<'_>) -> Vec<Found> {
    lacking(
        submission,
        Minimum::UniqueIdentifier,
        "識別子",
        "unique identifier",
    )
}

fn relationship(submission: &Submission<'_>) -> Vec<Found> {
    lacking(
        submission,
        Minimum::Dependency,
        "依存関係",
        "place among the dependencies",
    )
}

/// A bill of nothing says nothing.
fn components(submission: &Submission<'_>) -> Vec<Found> {
    if !submission.bill.components.is_empty() {
        return Vec::new();
    }
    vec![Found {
        decision: Decision::NotYet,
        subjects: Vec::new(),
        ja: "SBOM に部品が一つも書かれていません。".to_owned(),
        en: "the SBOM names no component.".to_owned(),
        todo: todo(
            "機器に含まれるソフトウェア部品をすべて書いてください。",
            "list every software component of the device",
        ),
    }]
}

/// Without its subject nobody can tell which device a bill is of.
fn subject(submission: &Submission<'_>) -> Vec<Found> {
    if submission.bill.subject.is_some() {
        return Vec::new();
    }
    vec![Found {
        decision: Decision::Refer,
        subjects: Vec::new(),
        ja: "何の SBOM か（製品の名前とバージョン）が書かれていません。".to_owned(),
        en: "the SBOM does not say what product it is of.".to_owned(),
        todo: todo(
            "CycloneDX では metadata.component、SPDX では DESCRIBES に製品を書いてください。",
            "name the product: metadata.component in CycloneDX, DESCRIBES in SPDX",
        ),
    }]
}

/// Each document follows its specification.
fn valid(submission: &Submission<'_>) -> Vec<Found> {
    let broken = submission
        .reports
        .iter()
        .filter(|(_, report)| report.verdict == Validity::Invalid);
    broken
        .map(|(name, report)| {
            let mandatory = report
                .findings
                .iter()
                .filter(|finding| finding.level == Level::Mandatory);
            let first = mandatory.clone().next();
            let count = mandatory.count();
            let format = report.format.name();
            let [ja, en] = [first.map(|finding| &finding.ja), first.map(|finding| &finding.en)]
                .map(|text| text.map_or("", String::as_str));
            Found {
                decision: Decision::NotYet,
                subjects: vec![name.clone()],
                ja: format!("{format} の仕様に合わない点が {count} 件あります（初めの一つ: {ja}）。"),
                en: format!("it breaks the specification of {format} in {count} points, the first: {en}."),
                todo: todo(
                    "rashin cyber validate で示される点を直してください。",
                    "mend what `rashin cyber validate` names",
                ),
            }
        })
        .collect()
}

/// Each paper came with it, where papers are handed in here.
fn papers(submission: &Submission<'_>) -> Vec<Found> {
    let Some(given) = submission.papers else {
        return Vec::new();
    };
    let missing = Paper::ALL.iter().filter(|(paper, ..)| !given.contains(paper));
    missing
        .map(|(_, code, ja, en)| Found {
            decision: Decision::NotYet,
            subjects: vec![(*code).to_owned()],
            ja: format!("{ja}が提出されていません。"),
            en: format!("{en} is not handed in."),
            todo: todo(format!("{ja}を提出してください。"), format!("hand in {en}")),
        })
        .collect()
}

/// Each known exploited vulnerability is answered; and whatever leaves it in the device, or mends it under the same version, is weighed by
/// a person.
fn exploited(submission: &Submission<'_>) -> Vec<Found> {
    let kev = |finding: &&Finding| finding.priority.by == Basis::Kev;
    let mut found: Vec<Found> = submission
        .matches
        .findings
        .iter()
        .filter(kev)
        .filter_map(|finding| unanswered(finding).or_else(|| weighed(finding)))
        .collect();
    if submission.known.kev == 0 {
        found.push(Found {
            decision: Decision::Refer,
            subjects: Vec::new(),
            ja: "悪用が確認された脆弱性の一覧（KEV）がデータベースにないため、該当するか判定できません。".to_owned(),
            en: "the database has no catalogue of known exploited vulnerabilities (KEV), so this cannot be told.".to_owned(),
            todo: todo(
                "KEV の一覧を rashin cyber load で読み込んでから判定し直してください。",
                "load the KEV catalogue with `rashin cyber load` and judge again",
            ),
        });
    }
    found
}

/// Each finding from the threshold up is answered.
fn above_threshold(submission: &Submission<'_>) -> Vec<Found> {
    let high = |finding: &&Finding| {
        finding.priority.by != Basis::Kev
            && finding
                .priority
                .score()
                .is_some_and(|score| score >= submission.threshold)
    };
    let findings = submission.matches.findings.iter().filter(high);
    findings.filter_map(unanswered).collect()
}

/// A finding without a score may be above any threshold.
fn unrated(submission: &Submission<'_>) -> Vec<Found> {
    let unrated =
        |finding: &&Finding| finding.priority.by != Basis::Kev && finding.priority.score().is_none();
    let findings = submission.matches.findings.iter().filter(unrated);
    let open = findings.filter_map(unanswered);
    open.map(|found| Found {
        decision: Decision::Refer,
        ja: format!("深刻度の分からない脆弱性です。{}", found.ja),
        en: format!("its severity is not known: {}", found.en),
        ..found
    })
    .collect()
}

/// Statements on one finding that contradict each other.
fn contradiction(submission: &Submission<'_>) -> Vec<Found> {
    let findings = submission.matches.findings.iter();
    findings
        .filter_map(|finding| {
            let answer = finding.answer.as_ref().filter(|answer| answer.conflict)?;
            let documents: Vec<&str> = [&answer.counts]
                .into_iter()
                .chain(&answer.others)
                .map(|said| said.document.as_str())
                .collect();
            let documents = documents.join(", ");
            Some(Found {
                decision: Decision::Refer,
                subjects: vec![shown(finding)],
                ja: format!("VEX の記述が食い違っています（{documents}。新しいものを採りました）。"),
                en: format!("VEX statements contradict each other ({documents}; the newest counts)."),
                todo: todo(
                    "どの記述が正しいかを製造販売業者に確かめてください。",
                    "ask the maker which statement holds",
                ),
            })
        })
        .collect()
}

/// Statements about what is not in the bill: most often a document of another product.
fn foreign_statement(submission: &Submission<'_>) -> Vec<Found> {
    let foreign = submission
        .matches
        .unused
        .iter()
        .filter(|unused| unused.cause.kind == "no_product");
    let subjects: Vec<String> = foreign
        .map(|unused| {
            let said = &unused.said;
            format!("{} {}", said.document, said.statement.vulnerabilities.join(" "))
        })
        .collect();
    let count = subjects.len();
    if count == 0 {
        return Vec::new();
    }
    vec![Found {
        decision: Decision::Refer,
        subjects,
        ja: format!("VEX の記述 {count} 件は、対象がこの SBOM にありません。"),
        en: format!(
            "{} of no product or component in this bill.",
            counted(count, "VEX statement")
        ),
        todo: todo(
            "別の製品の VEX でないか、purl や bom-ref が SBOM と同じかを確かめてください。",
            "check that the VEX is of this product, and that its purls or bom-refs are those of the SBOM",
        ),
    }]
}

/// What could not be assessed, by its cause.
fn completeness(submission: &Submission<'_>) -> Vec<Found> {
    let mut causes: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    let rows = &submission.matches.ledger.rows;
    for row in rows {
        let doubts = row.doubts.iter().map(|doubt| &doubt.cause);
        let told: BTreeSet<_> = row
            .cause
            .iter()
            .chain(doubts)
            .map(|cause| (cause.kind, cause.ja.as_str(), cause.en.as_str()))
            .collect();
        for cause in told {
            causes.entry(cause).or_default().push(component(row));
        }
    }
    causes
        .into_iter()
        .map(|((_, ja, en), subjects)| Found {
            decision: Decision::Refer,
            ja: format!("判定できない部品が {} 件あります: {ja}", subjects.len()),
            en: format!(
                "{} cannot be assessed: {en}",
                counted(subjects.len(), "component")
            ),
            subjects,
            todo: todo(
                "書き足せるものは SBOM に書き足し、残りは人が確かめてください。",
                "add to the SBOM what can be added; a person must look at the rest",
            ),
        })
        .collect()
}

fn component(row: &Row) -> String {
    let name = if row.name.is_empty() { &row.path } else { &row.name };
    let version = row.version.as_deref().unwrap_or_default();
    format!("{name} {version}").trim_end().to_owned()
}

/// A finding as a person names it.
fn shown(finding: &Finding) -> String {
    let Finding {
        advisory,
        aliases,
        package,
        version,
        ..
    } = finding;
    let names: Vec<&str> = [advisory]
        .into_iter()
        .chain(aliases)
        .map(String::as_str)
        .collect();
    format!("{} {package} {version}", names.join(" "))
}

/// What is missing of the answer to a finding: any at all, an action where it is affected, a reason where it is not.
fn unanswered(finding: &Finding) -> Option<Found> {
    let answer = finding.answer.as_ref();
    let statement = answer.map(|answer| &answer.counts.statement);
    let (ja, en, todo_ja, todo_en) = match (answer.map(Answer::status), statement) {
        (None, _) | (_, None) => (
            "VEX の記述がありません。",
            "no VEX statement answers it.",
            "影響の有無と理由、または対策を VEX に書いてください。",
            "state in VEX whether the product is affected, and why or what is done",
        ),
        (Some(Status::UnderInvestigation), _) => (
            "調査中のままです。",
            "it is still under investigation.",
            "調査を終え、結果を VEX に書いてください。",
            "finish the investigation and state its result in VEX",
        ),
        (Some(Status::Affected), Some(statement)) if statement.action.is_none() => (
            "影響ありとされていますが、対策が書かれていません。",
            "it is stated to be affected, without what is to be done.",
            "更新や回避策など、取るべき対策（action statement）を書いてください。",
            "add an action statement: update, mitigation or workaround",
        ),
        (Some(Status::NotAffected), Some(statement))
            if statement.justification.is_none() && statement.impact.is_none() =>
        {
            (
                "影響なしとされていますが、理由が書かれていません。",
                "it is stated not to be affected, without a reason.",
                "影響がない理由（justification）を書いてください。",
                "add the justification",
            )
        }
        _ => return None,
    };
    Some(Found {
        decision: Decision::NotYet,
        subjects: vec![shown(finding)],
        ja: ja.to_owned(),
        en: en.to_owned(),
        todo: todo(todo_ja, todo_en),
    })
}

/// What a person weighs of the answer to a known exploited vulnerability.
fn weighed(finding: &Finding) -> Option<Found> {
    let answer = finding.answer.as_ref()?;
    let statement = &answer.counts.statement;
    let (ja, en, todo_ja, todo_en) = match answer.status() {
        Status::Affected => (
            "悪用が確認された脆弱性の影響を受けるとされています。",
            "the product is stated to be affected by a vulnerability that is known to be exploited.",
            "書かれた対策で足りるかを判断してください。",
            "decide whether what is done about it is enough",
        ),
        Status::Fixed => (
            "修正済みとされていますが、記録ではこのバージョンは影響を受けます。",
            "it is stated to be fixed, though by the record this version is affected.",
            "修正を取り込んだ証拠（パッチの番号など）を確かめてください。",
            "check the evidence of the fix, such as the patch that was taken in",
        ),
        Status::NotAffected if statement.justification.is_none() => (
            "影響がない理由が、決まった区分（justification）ではなく文章だけで書かれています。",
            "the reason for not being affected is given in free words alone, without a justification code.",
            "文章を読んで判断するか、区分を書くよう求めてください。",
            "weigh the words, or ask for a justification code",
        ),
        Status::NotAffected | Status::UnderInvestigation => return None,
    };
    Some(Found {
        decision: Decision::Refer,
        subjects: vec![shown(finding)],
        ja: ja.to_owned(),
        en: en.to_owned(),
        todo: todo(todo_ja, todo_en),
    })
}
