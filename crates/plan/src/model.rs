//! A plan as typed definitions: what the engines and pages work with. A value of these types has been
//! proved: its references resolve, its units agree, its texts stand in both languages.

use std::collections::{BTreeMap, HashMap};

use formula::{Basis, Expr, Measure, Type};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vocab::{Calendar, Lang, Number, Period, Quantity, Unit};

/// A text in both languages; neither is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Japanese, the first language.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

/// A whole plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What `plan.toml` says of the plan as a whole.
    pub head: Head,
    /// The tree, in the order of the files; the vision is first and parents stand before children.
    pub nodes: Vec<Node>,
    /// Meetings, by date.
    pub meetings: Vec<Meeting>,
    /// Sources by id.
    pub sources: BTreeMap<String, Source>,
    /// Series by id.
    pub series: BTreeMap<String, Series>,
    /// Every observation, in the order of recording; append-only in meaning.
    pub observations: Vec<Observation>,
    /// Indicators, in the order of the files.
    pub indicators: Vec<Indicator>,
    /// Checks, in the order of the files.
    pub checks: Vec<Check>,
    /// What a KPI needs before it is adopted (§8).
    pub requirements: Vec<Requirement>,
    /// Glossary.
    pub terms: Vec<Term>,
    /// Surveys, in the order of the files.
    pub surveys: Vec<crate::Survey>,
    /// Words with live figures, in the order of the files.
    pub passages: Vec<Passage>,
    /// Kinds of records, in the order of the files.
    pub kinds: Vec<crate::Kind>,
    /// Procedures, in the order of the files.
    pub procedures: Vec<crate::Procedure>,
    /// When there is no business.
    pub holidays: crate::Holidays,
    /// Every named formula in an order in which each stands after all that it needs.
    pub order: Vec<crate::NodeName>,
    /// SHA-256 of the plan's files.
    pub sha256: String,
    pub(crate) places: HashMap<String, usize>,
    pub(crate) types: HashMap<crate::NodeName, Type>,
}

/// `plan.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    /// Stable id of the plan.
    pub id: String,
    /// Name of the plan.
    pub title: Text,
    /// Which text of the plan this is.
    pub subtitle: Text,
    /// The year of the vision and of most targets.
    pub vision_year: Period,
    /// The year from which growth is counted.
    pub base_year: Period,
    /// Level of every interval shown, between 0 and 1.
    pub confidence: Number,
    /// Seed of every simulation.
    pub seed: u64,
    /// Day of the text on which the plan folder rests.
    pub published: Date,
    /// Source id of that text.
    pub source: String,
    /// Where the plan stands (interim report, draft, adopted).
    pub status: Text,
}

/// What a node of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// 将来像.
    Vision,
    /// 基本方針.
    Policy,
    /// 重点的に進めていくべき事項.
    Focus,
    /// 課題.
    Issue,
    /// 優先的に取り組むべき施策.
    Measure,
    /// A part of a measure.
    Part,
    /// 次年度の検討事項.
    Task,
}

/// How far a measure has come, in the report's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureState {
    /// 検討.
    UnderStudy,
    /// 準備・整備中.
    InPreparation,
    /// 実施中.
    Running,
}

/// A node of the plan's tree.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// Stable id, also its address.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// As printed: `1`, `①`, `I`, `(1)`.
    pub number: String,
    /// Id of the node above; only the vision has none.
    pub parent: Option<String>,
    /// The ministry's own words.
    pub title: Text,
    /// Our explanation.
    pub text: Text,
    /// Section of the interim report.
    pub section: String,
    /// Ids of the issues that a measure answers.
    pub answers: Vec<String>,
    /// How far a measure has come.
    pub state: Option<MeasureState>,
    /// Why the state is said to be so.
    pub state_reason: Option<Text>,
}

/// A meeting of the council or its task force (§1).
#[derive(Debug, Clone, Serialize)]
pub struct Meeting {
    /// Stable id.
    pub id: String,
    /// Which body met.
    pub body: Text,
    /// The how-manieth meeting.
    pub number: u32,
    /// Day.
    pub date: Date,
    /// What was discussed.
    pub agenda: Vec<Text>,
    /// Section of the interim report.
    pub section: String,
}

/// A publication on which figures rest.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// Stable id.
    pub id: String,
    /// Footnote number in the interim report.
    pub number: Option<u32>,
    /// Citation.
    pub title: Text,
    /// Who published it.
    pub publisher: Text,
    /// Address, if the report gives one.
    pub url: Option<String>,
    /// Day on which the ministry looked it up.
    pub accessed: Option<Date>,
    /// Day of publication.
    pub published: Option<Date>,
}

/// Which part of a later difference a change of this series belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Reported values.
    Data,
    /// Exchange rates.
    ExchangeRate,
    /// Who belongs to the surveyed population.
    Frame,
}

/// How often something is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Every year.
    Yearly,
    /// Once.
    Once,
    /// Now and then.
    Irregular,
}

/// A quantity followed over time.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// Name in formulas.
    pub id: String,
    /// Name for readers.
    pub title: Text,
    /// Unit of every observation.
    pub unit: Unit,
    /// Fiscal or calendar years.
    #[serde(serialize_with = "calendar_name")]
    pub calendar: Calendar,
    /// Price basis of money (`nominal`), if it is money.
    #[serde(skip)]
    pub basis: Option<Basis>,
    /// How often it is observed.
    pub frequency: Frequency,
    /// Months from the end of a period until its value is known.
    pub lag_months: u32,
    /// Part of a re-statement to which a change belongs.
    pub group: Group,
    /// Who answers for it.
    pub owner: Text,
    /// Section of the interim report.
    pub section: String,
    /// What a reader should know.
    pub note: Option<Text>,
}

/// One value of a series for one period, as it was known from one day on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// Series id.
    pub series: String,
    /// The period it speaks of.
    pub period: Period,
    /// The value, in the unit in which it was written.
    pub value: Quantity,
    /// Last printed digit; none where the value is exact.
    pub rounding: Option<Quantity>,
    /// As the source prints it.
    pub printed: String,
    /// Source id of the text it was read in.
    pub source: String,
    /// Source id of the text that the source itself cites.
    pub via: Option<String>,
    /// Section of the source.
    pub section: String,
    /// Day from which it was known here.
    pub recorded: Date,
    /// Its place among what was recorded that day: of two values for one period the later one holds.
    pub order: u32,
    /// Who wrote it down.
    pub author: String,
    /// Who approved it: never the author.
    pub approver: String,
    /// What a reader should know.
    pub note: Option<Text>,
}

/// What an indicator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// 主要目標達成指標.
    Kgi,
    /// 参考指標: ordered without a target.
    Reference,
    /// A figure of the situation (§2, §6).
    Situation,
    /// A KPI of the second plan.
    History,
    /// A KPI proposed for the third plan (§8).
    Proposed,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// To be kept.
    Steady,
    /// Neither.
    None,
}

/// A formula with the text it was written in.
#[derive(Debug, Clone)]
pub struct Formula {
    /// As written.
    pub text: String,
    /// Its syntax tree; spans count bytes of `text`.
    pub expr: Expr,
}

/// What an indicator may name as counted; the program knows how each is counted, from records and cases alone.
///
/// `covered-devices`: devices of Japanese origin by the fiscal year of their first coverage in category C. `supply-reports`: supply reports by the
/// fiscal year in which they were filed.
pub const COUNTS: [&str; 2] = ["covered-devices", "supply-reports"];

/// An indicator: how a figure is computed, what it rests on and where it should go.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// Stable id, also its name in formulas and its address.
    pub id: String,
    /// What it is for.
    pub class: Class,
    /// As printed.
    pub number: String,
    /// Full name.
    pub title: Text,
    /// Short name for cards.
    pub short: Text,
    /// Unit in which it is shown.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How often it is observed.
    pub frequency: Frequency,
    /// Months from the end of a year until its value is known.
    pub lag_months: u32,
    /// Who answers for it.
    pub owner: Text,
    /// Ids of the nodes that it measures.
    pub measures: Vec<String>,
    /// Section of the interim report.
    pub section: String,
    /// Source ids.
    pub sources: Vec<String>,
    /// Why it was chosen.
    pub why: Text,
    /// How it is found, in words.
    pub method: Text,
    /// The value at `at`.
    pub formula: Formula,
    /// Series whose periods are the observed ones.
    pub observes: Option<String>,
    /// The value at an observed period, if it is found in another way than by `formula`.
    pub observed: Option<Formula>,
    /// What the program counts for it beside the observed values: one of [`COUNTS`].
    pub counted: Option<&'static str>,
    /// Quantum to which the final figure is rounded.
    pub round: Option<Quantity>,
    /// First year of the path.
    pub baseline: Option<Period>,
    /// Named sub-expressions.
    pub steps: Vec<Step>,
    /// What is assumed.
    pub assumptions: Vec<Assumption>,
    /// The figures that the report prints.
    pub printed: Vec<Printed>,
    /// Where it should go.
    pub target: Option<Target>,
    /// Where it goes if things go on.
    pub implied: Option<Implied>,
    /// What a reader may move, in order of meaning.
    pub controls: Vec<Input>,
}

impl Observation {
    /// Orders observations as they were recorded.
    pub fn by_recording(&self, other: &Self) -> std::cmp::Ordering {
        let key = |one: &Self| (one.recorded, one.order);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.series.cmp(&other.series))
            .then_with(|| self.period.cmp(&other.period))
    }
}

impl Indicator {
    /// The figure that the report prints for a period.
    pub fn printed_at(&self, period: Period) -> Option<&Printed> {
        self.printed.iter().find(|printed| printed.period == period)
    }

    /// One step by name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// One assumption by name.
    pub fn assumption(&self, name: &str) -> Option<&Assumption> {
        self.assumptions.iter().find(|assumption| assumption.name == name)
    }
}

/// A named sub-expression of an indicator, with the rounding that the report gives it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Name inside the indicator.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// How it is found.
    pub formula: Formula,
    /// Unit in which it is shown.
    pub unit: Unit,
    /// Quantum of its printed figure.
    pub round: Option<Quantity>,
    /// The report's own figure.
    pub printed: Option<Quantity>,
    /// Whether the report carries the printed figure into the next step.
    pub carried: bool,
    /// As the report writes it.
    pub printed_text: String,
    /// What a reader should know.
    pub note: Option<Text>,
}

/// Something that is taken as given, with how far it could be off.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// Name inside the indicator.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// The value that the plan takes.
    pub value: Quantity,
    /// Unit in which it is shown and set.
    pub unit: Unit,
    /// Lowest value that a reader may try.
    pub low: Option<Quantity>,
    /// Highest value that a reader may try.
    pub high: Option<Quantity>,
    /// Step of the control.
    pub step: Option<Quantity>,
    /// Why this value.
    pub why: Text,
    /// How far it could be off.
    pub spread: Spread,
}

/// How far an assumption could be off; every quantity has the assumption's dimension.
#[derive(Debug, Clone, PartialEq)]
pub enum Spread {
    /// Taken as certain.
    None,
    /// Anywhere between two values.
    Uniform {
        /// Lowest.
        low: Quantity,
        /// Highest.
        high: Quantity,
    },
    /// Normal around the assumption's value.
    Normal {
        /// Standard deviation, above zero.
        sd: Quantity,
    },
    /// Student's t around the assumption's value.
    StudentT {
        /// Scale, above zero.
        scale: Quantity,
        /// Degrees of freedom, above zero.
        df: f64,
    },
    /// Triangular.
    Triangular {
        /// Lowest.
        low: Quantity,
        /// Most likely.
        mode: Quantity,
        /// Highest.
        high: Quantity,
    },
}

/// A final figure as the report prints it.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// For which period.
    pub period: Period,
    /// As a quantity.
    pub value: Quantity,
    /// As written.
    pub text: String,
    /// Section of the interim report.
    pub section: String,
}

/// Shape of the path from the base to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PathShape {
    /// The same rate every year.
    ConstantGrowth,
    /// The same amount every year: for counts.
    Linear,
}

/// Where an indicator should go.
#[derive(Debug, Clone)]
pub struct Target {
    /// By when.
    pub period: Period,
    /// To which value, as printed.
    pub value: Quantity,
    /// On which path.
    pub path: PathShape,
    /// From which year.
    pub from: Period,
    /// Why this value.
    pub why: Text,
}

/// Where an indicator goes if things go on as observed.
#[derive(Debug, Clone)]
pub struct Implied {
    /// The value at `at`.
    pub formula: Formula,
    /// Name of the model.
    pub title: Text,
    /// Why this model.
    pub why: Text,
    /// Whether the values are counts that scatter as Poisson.
    pub count: bool,
}

/// Something in a computation that can be set from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// An assumption or a step, by indicator and name.
    Named {
        /// Indicator id.
        indicator: String,
        /// Assumption or step.
        name: String,
    },
    /// A series at a period.
    Observed {
        /// Series id.
        series: String,
        /// Period.
        period: Period,
    },
}

/// How serious a check's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Something to look into.
    Finding,
    /// Something to know.
    Note,
}

/// A rule over the plan's figures that speaks when it holds.
#[derive(Debug, Clone)]
pub struct Check {
    /// Stable id.
    pub id: String,
    /// Indicator ids.
    pub about: Vec<String>,
    /// How serious.
    pub kind: CheckKind,
    /// Year at which bare indicator names are taken.
    pub at: Period,
    /// Speaks when this is true.
    pub when: Formula,
    /// Values for the placeholders in `say`.
    pub show: BTreeMap<String, Formula>,
    /// Heading.
    pub title: Text,
    /// The sentence, with `{name}` placeholders.
    pub say: Text,
    /// What one could do.
    pub hint: Option<Text>,
    /// Section of the interim report.
    pub section: String,
}

/// Words about a part of the plan. Every figure in them is live: it is computed where they are read, never typed.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Id of a node or an indicator, or [`Passage::SUMMARY`].
    pub about: String,
    /// In Japanese.
    pub ja: Vec<Segment>,
    /// In English.
    pub en: Vec<Segment>,
}

impl Passage {
    /// What a passage on the whole is about.
    pub const SUMMARY: &str = "summary";

    /// The words in one language.
    pub fn get(&self, lang: Lang) -> &[Segment] {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

/// A piece of a passage.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Words without a figure of their own.
    Words(String),
    /// A name of the plan that has a digit in it: 第3期, KGI 2, §5 ①.
    Name(String),
    /// `{…}`: what a formula gives. A bare name is taken at the plan's vision year.
    Figure(Formula),
}

/// Something that a KPI needs before it is adopted.
#[derive(Debug, Clone, Serialize)]
pub struct Requirement {
    /// Stable id: the field of a proposal.
    pub id: String,
    /// Name.
    pub title: Text,
    /// What is asked.
    pub help: Text,
}

/// A word explained.
#[derive(Debug, Clone, Serialize)]
pub struct Term {
    /// Stable id.
    pub id: String,
    /// The Japanese word.
    pub ja: String,
    /// The English word.
    pub en: String,
    /// What it means here.
    pub meaning: Text,
}

impl Plan {
    /// One node by id.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// One indicator by id.
    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.places.get(id).and_then(|place| self.indicators.get(*place))
    }

    /// The type of a name as a formula of `indicator` (or of none) sees it.
    pub fn type_of(&self, indicator: Option<&str>, name: &str) -> Option<Type> {
        match crate::resolve(self, indicator, name)? {
            crate::Key::Series(id) => {
                let series = self.series.get(&id)?;
                let (dim, calendar) = (series.unit.dim(), Some(series.calendar));
                Some(Type::Series(Measure {
                    dim,
                    calendar,
                    basis: series.basis,
                }))
            }
            crate::Key::Assumption { indicator, name } => {
                let assumption = self.indicator(&indicator)?.assumption(&name)?;
                Some(Type::quantity(assumption.unit.dim()))
            }
            crate::Key::Formula(name) => self.types.get(&name).cloned(),
        }
    }

    /// One survey by id.
    pub fn survey(&self, id: &str) -> Option<&crate::Survey> {
        self.surveys.iter().find(|survey| survey.id == id)
    }

    /// One kind of record by id.
    pub fn kind(&self, id: &str) -> Option<&crate::Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// One procedure by id.
    pub fn procedure(&self, id: &str) -> Option<&crate::Procedure> {
        self.procedures.iter().find(|procedure| procedure.id == id)
    }

    /// The procedure that records of a kind go through; a kind has one at most.
    pub fn procedure_of(&self, kind: &str) -> Option<&crate::Procedure> {
        self.procedures.iter().find(|procedure| procedure.kind == kind)
    }

    /// The nodes directly below a node.
    pub fn children<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes
            .iter()
            .filter(move |node| node.parent.as_deref() == Some(id))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn calendar_name<S: serde::Serializer>(calendar: &Calendar, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match calendar {
        Calendar::Fiscal => "fiscal",
        Calendar::Calendar => "calendar",
    })
}

impl Input {
    /// Reads `name` (of `indicator`), `indicator.name` or `series[FY2024]`.
    pub fn parse(text: &str, indicator: Option<&str>) -> Option<Self> {
        if let Some((series, rest)) = text.split_once('[') {
            let period = rest.strip_suffix(']')?.trim().parse().ok()?;
            return Some(Self::Observed {
                series: series.trim().into(),
                period,
            });
        }
        if let Some((id, name)) = text.split_once('.') {
            return Some(Self::Named {
                indicator: id.into(),
                name: name.into(),
            });
        }
        Some(Self::Named {
            indicator: indicator?.into(),
            name: text.into(),
        })
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named { indicator, name } => write!(f, "{indicator}.{name}"),
            Self::Observed { series, period } => write!(f, "{series}[{period}]"),
        }
    }
}
