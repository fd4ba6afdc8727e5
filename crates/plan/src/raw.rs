//! The plan's files word for word, as TOML gives them: strings that still know where they stand.
//!
//! Nothing is checked here beyond TOML itself, the names of the keys and their types.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(crate) type Word = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub id: Word,
    pub title: Spanned<Text>,
    pub subtitle: Spanned<Text>,
    pub vision_year: Word,
    pub base_year: Word,
    pub confidence: Word,
    pub seed: u64,
    pub published: Word,
    pub source: Word,
    pub status: Spanned<Text>,
}

/// Both languages, either of which a writer may have forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub ja: Option<Word>,
    pub en: Option<Word>,
}

/// Any file but `plan.toml`: entries of any kind.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entries {
    pub node: Vec<Node>,
    pub meeting: Vec<Meeting>,
    pub source: Vec<Source>,
    pub series: Vec<Series>,
    pub observation: Vec<Observation>,
    pub indicator: Vec<Indicator>,
    pub check: Vec<Check>,
    pub requirement: Vec<Requirement>,
    pub term: Vec<Term>,
    pub survey: Vec<Survey>,
    pub passage: Vec<Passage>,
    pub kind: Vec<Kind>,
    pub procedure: Vec<Procedure>,
    pub holiday: Vec<Holiday>,
    pub closure: Vec<Closure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passage {
    pub about: Word,
    pub ja: Word,
    pub en: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    pub id: Word,
    pub kind: Word,
    #[serde(default)]
    pub number: String,
    pub parent: Option<Word>,
    pub title: Spanned<Text>,
    pub text: Spanned<Text>,
    pub section: String,
    #[serde(default)]
    pub answers: Vec<Word>,
    pub state: Option<Word>,
    pub state_reason: Option<Spanned<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meeting {
    pub id: Word,
    pub body: Spanned<Text>,
    pub number: u32,
    pub date: Word,
    pub agenda: Vec<Spanned<Text>>,
    pub section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub id: Word,
    pub number: Option<u32>,
    pub title: Spanned<Text>,
    pub publisher: Spanned<Text>,
    pub url: Option<String>,
    pub accessed: Option<Word>,
    pub published: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series {
    pub id: Word,
    pub title: Spanned<Text>,
    pub unit: Word,
    pub calendar: Word,
    pub basis: Option<Word>,
    pub frequency: Word,
    pub lag_months: u32,
    pub group: Word,
    pub owner: Spanned<Text>,
    pub section: String,
    pub note: Option<Spanned<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Observation {
    pub series: Word,
    pub period: Word,
    pub value: Word,
    pub rounding: Option<Word>,
    #[serde(default)]
    pub printed: String,
    pub source: Word,
    pub via: Option<Word>,
    pub section: String,
    pub recorded: Word,
    pub order: Option<Spanned<u32>>,
    pub author: Word,
    pub approver: Word,
    pub note: Option<Spanned<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Indicator {
    pub id: Word,
    pub class: Word,
    #[serde(default)]
    pub number: String,
    pub title: Spanned<Text>,
    pub short: Spanned<Text>,
    pub unit: Word,
    pub direction: Word,
    pub frequency: Word,
    pub lag_months: u32,
    pub owner: Spanned<Text>,
    pub measures: Vec<Word>,
    pub section: String,
    pub sources: Vec<Word>,
    pub why: Spanned<Text>,
    pub method: Spanned<Text>,
    pub formula: Word,
    pub observes: Option<Word>,
    pub observed: Option<Word>,
    pub counted: Option<Word>,
    pub round: Option<Word>,
    pub baseline: Option<Word>,
    #[serde(default)]
    pub step: Vec<Step>,
    #[serde(default)]
    pub assumption: Vec<Assumption>,
    #[serde(default)]
    pub printed: Vec<Printed>,
    pub target: Option<Target>,
    pub implied: Option<Implied>,
    #[serde(default)]
    pub controls: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub name: Word,
    pub title: Spanned<Text>,
    pub formula: Word,
    pub unit: Word,
    pub round: Option<Word>,
    pub printed: Option<Word>,
    #[serde(default)]
    pub carried: bool,
    #[serde(default)]
    pub printed_text: String,
    pub note: Option<Spanned<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assumption {
    pub name: Word,
    pub title: Spanned<Text>,
    pub value: Word,
    pub unit: Word,
    pub low: Option<Word>,
    pub high: Option<Word>,
    pub step: Option<Word>,
    pub why: Spanned<Text>,
    pub spread: Option<Spanned<Spread>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    pub kind: Word,
    pub low: Option<Word>,
    pub mode: Option<Word>,
    pub high: Option<Word>,
    pub sd: Option<Word>,
    pub scale: Option<Word>,
    pub df: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Printed {
    pub period: Word,
    pub value: Word,
    pub text: String,
    pub section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub period: Word,
    pub value: Word,
    pub path: Word,
    pub from: Word,
    pub why: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Implied {
    pub formula: Word,
    pub title: Spanned<Text>,
    pub why: Spanned<Text>,
    #[serde(default)]
    pub count: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub id: Word,
    pub about: Vec<Word>,
    pub kind: Word,
    pub at: Option<Word>,
    pub when: Word,
    #[serde(default)]
    pub show: BTreeMap<String, Word>,
    pub title: Spanned<Text>,
    pub say: Spanned<Text>,
    pub hint: Option<Spanned<Text>>,
    pub section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    pub id: Word,
    pub title: Spanned<Text>,
    pub help: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Term {
    pub id: Word,
    pub ja: Word,
    pub en: Word,
    pub meaning: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Survey {
    pub id: Word,
    pub title: Spanned<Text>,
    pub intro: Spanned<Text>,
    pub indicator: Word,
    pub calendar: Word,
    pub source: Word,
    pub section: String,
    pub amount: Word,
    pub size: Word,
    pub minimum_frequency: Spanned<u32>,
    pub dominance: Spanned<Dominance>,
    pub p: Word,
    #[serde(default)]
    pub question: Vec<Question>,
    #[serde(default)]
    pub part: Vec<SurveyPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dominance {
    pub largest: u32,
    pub share: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub name: Word,
    pub title: Spanned<Text>,
    pub help: Spanned<Text>,
    pub unit: Word,
    #[serde(default)]
    pub required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyPart {
    pub name: Word,
    pub title: Spanned<Text>,
    pub beyond: Option<Word>,
    #[serde(default)]
    pub total: Vec<SurveyTotal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyTotal {
    pub of: Word,
    pub series: Word,
    pub precision: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub id: Word,
    pub title: Spanned<Text>,
    pub intro: Spanned<Text>,
    pub minutes: u32,
    #[serde(default)]
    pub prepare: Vec<Spanned<Text>>,
    pub section: Word,
    pub owner: Word,
    pub title_field: Word,
    pub confidentiality: Word,
    pub create: Vec<Word>,
    pub read: Vec<Word>,
    pub change: Vec<Word>,
    pub version: Spanned<u32>,
    #[serde(default)]
    pub part: Vec<KindPart>,
    #[serde(default)]
    pub field: Vec<Field>,
    #[serde(default)]
    pub upcast: Vec<Upcast>,
    #[serde(default)]
    pub view: Vec<View>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct View {
    pub id: Word,
    pub title: Spanned<Text>,
    #[serde(rename = "where")]
    pub conditions: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindPart {
    pub id: Word,
    pub title: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub name: Word,
    #[serde(rename = "type")]
    pub shape: Word,
    pub title: Spanned<Text>,
    pub help: Option<Spanned<Text>>,
    pub example: Option<Word>,
    pub required: Option<Spanned<Required>>,
    pub part: Option<Word>,
    pub confidentiality: Option<Word>,
    pub filled_by: Option<Word>,
    pub indexed: Option<Spanned<bool>>,
    pub searched: Option<Spanned<bool>>,
    pub many: Option<Spanned<bool>>,
    pub deprecated_since: Option<Word>,
    pub unit: Option<Word>,
    pub least: Option<Word>,
    pub most: Option<Word>,
    pub decimals: Option<Spanned<u32>>,
    pub year: Option<Word>,
    pub kind: Option<Word>,
    pub party: Option<Spanned<bool>>,
    pub types: Option<Spanned<Vec<Word>>>,
    pub megabytes: Option<Spanned<u32>>,
    #[serde(default)]
    pub option: Vec<Choice>,
    #[serde(default)]
    pub column: Vec<Field>,
}

/// `true`, `false` or `'when …'`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "invalid type: `required` is true, false or 'when FIELD is CODE'"
)]
pub(crate) enum Required {
    Flatly(bool),
    When(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub code: Word,
    pub title: Spanned<Text>,
    pub deprecated_since: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upcast {
    pub from: Spanned<u32>,
    #[serde(default)]
    pub rename: BTreeMap<Word, Word>,
    #[serde(default)]
    pub drop: Vec<Word>,
    #[serde(default)]
    pub map: BTreeMap<Word, BTreeMap<Word, Word>>,
    #[serde(default)]
    pub default: BTreeMap<Word, Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Procedure {
    pub id: Word,
    pub title: Spanned<Text>,
    pub intro: Spanned<Text>,
    pub section: Word,
    pub kind: Word,
    pub number: Word,
    pub messages: Option<Word>,
    #[serde(default)]
    pub state: Vec<State>,
    #[serde(default)]
    pub transition: Vec<Transition>,
    #[serde(default)]
    pub clock: Vec<Clock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pub id: Word,
    pub title: Spanned<Text>,
    pub public: Option<Spanned<Text>>,
    #[serde(default)]
    pub last: bool,
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(default)]
    pub fixed: bool,
    #[serde(default)]
    pub waits_for: Vec<Word>,
    #[serde(default)]
    pub formerly: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transition {
    pub id: Word,
    pub title: Spanned<Text>,
    #[serde(default)]
    pub from: Vec<Word>,
    pub to: Word,
    #[serde(default)]
    pub by: Vec<Word>,
    #[serde(default)]
    pub not_by: Vec<Word>,
    #[serde(default)]
    pub needs: Vec<Word>,
    pub reason: Option<Word>,
    #[serde(default)]
    pub dissent: bool,
    #[serde(default)]
    pub tell: Vec<Tell>,
    pub hook: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tell {
    pub who: Vec<Word>,
    pub text: Spanned<Text>,
    #[serde(default)]
    pub urgent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    pub id: Word,
    pub title: Spanned<Text>,
    pub starts_on: Vec<Word>,
    #[serde(default)]
    pub stops_on: Vec<Word>,
    #[serde(default)]
    pub pauses_in: Vec<Word>,
    #[serde(default)]
    pub when: Vec<Word>,
    pub length: Word,
    pub remind_before: Option<Spanned<u32>>,
    #[serde(default)]
    pub escalate: Vec<Word>,
    pub late: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holiday {
    pub id: Word,
    pub title: Spanned<Text>,
    pub on: Word,
    pub since: Option<i16>,
    pub until: Option<i16>,
    #[serde(default)]
    pub moved: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closure {
    pub id: Word,
    pub title: Spanned<Text>,
    pub from: Word,
    pub to: Word,
}
