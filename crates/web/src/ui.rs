//! What the components in `templates/components/` are filled with. Plain data, already in the reader's language: nothing here knows a
//! plan, a request or how a figure came about.

use std::fmt;

use app::{Action, Person};
use askama::Template;

/// HTML or SVG that this crate wrote itself, and that templates print as it is. Never made from what a person typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(pub(crate) String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// The frame around a page: `templates/base.html`.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Title of the page without the service name; also its first heading.
    pub title: String,
    /// Path and query without the language: `/indicators/kgi1?growth=5%25`. The language switch keeps it.
    pub path: String,
    /// Which entry of the navigation the page belongs to.
    pub section: Section,
    /// The way from the top to the page's parent; the page itself is added by the template.
    pub crumbs: Vec<Link>,
    /// Whether all that people entered is made up: every page says so.
    pub made_up: bool,
    /// When the figures were taken, in words: every page says it.
    pub as_of: String,
    /// Where the figures come from, for the footer.
    pub source: Link,
    /// Who is signed in; none for the public.
    pub person: Option<Person>,
    /// What every form that writes carries in its field `token`.
    pub token: String,
}

impl Shell {
    /// The same page in English.
    pub fn english_path(&self) -> String {
        match self.path.strip_prefix('/') {
            Some(rest) if rest.is_empty() || rest.starts_with('?') => format!("/en{rest}"),
            _ => format!("/en{}", self.path),
        }
    }

    /// The entries of the signed-in person's menu that lead somewhere for this person: message key and path.
    pub fn menu(&self) -> Vec<(&'static str, &'static str)> {
        let may = |action| self.person.as_ref().is_some_and(|person| person.may(action));
        PERSON_MENU
            .into_iter()
            .filter(|(_, _, action)| may(*action))
            .map(|(key, path, _)| (key, path))
            .collect()
    }

    /// Whether the page is the one that a navigation entry leads to.
    pub fn is_at(&self, path: &str) -> bool {
        self.path.split('?').next() == Some(path)
    }
}

/// The entries of the global navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The plan at a glance; reached through the service name.
    Top,
    /// 計画
    Plan,
    /// 指標
    Indicators,
    /// 指摘
    Findings,
    /// 対応表
    Coverage,
    /// KPI検討
    Workbench,
    /// 件; reached through the person's menu.
    Cases,
    /// 供給
    Supply,
    /// 登録簿
    Registers,
    /// フォローアップ
    Editions,
    /// データ・API
    Data,
    /// 今日すること: what the signed-in person is to do.
    Today,
    /// Accounts, organisations and the audit log; reached through the person's menu.
    People,
}

impl Section {
    /// The navigation in its order: entry, message key, path.
    pub const NAVIGATION: [(Self, &'static str, &'static str); 9] = [
        (Self::Plan, "nav-plan", "/plan"),
        (Self::Indicators, "nav-indicators", "/indicators"),
        (Self::Findings, "nav-findings", "/findings"),
        (Self::Coverage, "nav-coverage", "/coverage"),
        (Self::Workbench, "nav-workbench", "/workbench"),
        (Self::Supply, "nav-supply", "/supply"),
        (Self::Registers, "nav-registers", "/registers"),
        (Self::Editions, "nav-editions", "/editions"),
        (Self::Data, "nav-data", "/api"),
    ];
}

/// The entries of the signed-in person's menu: message key, path, and what one must be granted to find anything there.
const PERSON_MENU: [(&str, &str, Action); 11] = [
    ("cases-title", "/cases", Action::KeepCases),
    ("supply-mine-title", "/supply/mine", Action::WriteAnswer),
    ("cyber-mine-title", "/cyber/mine", Action::WriteAnswer),
    ("cyber-work-title", "/cyber/work", Action::WriteAnswer),
    ("cyber-title", "/cyber", Action::ReadEstimate),
    ("rounds-title", "/rounds", Action::ReadRound),
    ("batches-title", "/batches", Action::ReadBatches),
    ("menu-account", "/account", Action::KeepOwnAccount),
    ("menu-people", "/people", Action::ReadAccounts),
    ("menu-organisations", "/organisations", Action::ReadOrganisations),
    ("menu-audit", "/audit", Action::ReadAudit),
];

/// A text that leads somewhere; without an address it is only the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// What is read.
    pub text: String,
    /// Where it leads, or empty.
    pub href: String,
}

impl Link {
    /// A text with an address.
    pub fn to(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: href.into(),
        }
    }

    /// A text alone.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: String::new(),
        }
    }
}

/// What a banner or a chip is about. Each has a word and a sign of its own, so that colour is never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Info,
    /// Something went well, or is on course.
    Success,
    /// Something to look at.
    Warning,
    /// Something went wrong, or is refused.
    Error,
    /// A finding of a check: neither an error nor an accusation.
    Finding,
    /// Nothing in particular.
    Neutral,
}

impl Tone {
    /// The class that carries its colours.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Info => "tone-info",
            Self::Success => "tone-success",
            Self::Warning => "tone-warning",
            Self::Error => "tone-error",
            Self::Finding => "tone-finding",
            Self::Neutral => "tone-neutral",
        }
    }

    /// The message that names it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Info => "tone-info",
            Self::Success => "tone-success",
            Self::Warning => "tone-warning",
            Self::Error => "tone-error",
            Self::Finding => "tone-finding",
            Self::Neutral => "tone-neutral",
        }
    }
}

/// A table: the first cell of each row is its heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Unique on the page; the scrolling region is named by it.
    pub id: String,
    /// What the table shows, with unit and years where they are the same for all of it.
    pub caption: String,
    /// Heads of the columns.
    pub columns: Vec<Column>,
    /// The rows; each as long as `columns`.
    pub rows: Vec<Vec<Link>>,
}

/// The head of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds, which decides how it is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColumnKind {
    /// Words, broken where they must be.
    #[default]
    Words,
    /// A year, a day or another short word, never broken.
    Short,
    /// Figures, aligned to the right.
    Figures,
}

impl ColumnKind {
    /// Class that carries its look.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Short => "short",
            Self::Figures => "numeric",
        }
    }
}

impl Column {
    /// A column of words.
    pub fn words(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            kind: ColumnKind::Words,
        }
    }

    /// A column of years, days or short words.
    pub fn short(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            kind: ColumnKind::Short,
        }
    }

    /// A column of figures.
    pub fn figures(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            kind: ColumnKind::Figures,
        }
    }
}

/// One pair of a description list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Term {
    /// What is described.
    pub name: String,
    /// Its descriptions; several are listed below each other.
    pub values: Vec<Link>,
}

impl Term {
    /// A name with one plain description.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            values: vec![Link::plain(value)],
        }
    }
}

/// An indicator as a card.
#[derive(Debug, Clone)]
pub struct IndicatorCard {
    /// Page of the indicator.
    pub href: String,
    /// Short sign above the title: KGI 1.
    pub code: String,
    /// Name of the indicator.
    pub title: String,
    /// The large figure: number and unit apart, so that the unit can be set smaller.
    pub figure: Figure,
    /// Target, required path, chance and the like.
    pub facts: Vec<Term>,
    /// Drawn by [`crate::chart::sparkline`]; may be empty.
    pub spark: Markup,
    /// How many findings there are.
    pub findings: usize,
}

/// A figure set large.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// What it is, with its year: 目標（2040年度）.
    pub name: String,
    /// The number: 28.
    pub number: String,
    /// The unit: 兆円.
    pub unit: String,
}

/// A field of a form: input, select or a group of radio buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Name in the query or body, and the `id` of the control.
    pub name: String,
    /// Its label.
    pub label: String,
    /// How to fill it in; may be empty.
    pub support: String,
    /// What is wrong with the value given and what to do; empty when nothing is.
    pub error: String,
    /// What was given, kept as it was typed.
    pub value: String,
    /// Unit shown after an input; may be empty.
    pub unit: String,
    /// Must be filled in.
    pub required: bool,
    /// What can be chosen (select, radio, boxes).
    pub choices: Vec<Choice>,
    /// The endings of files that are taken, as browsers read them; empty for tables.
    pub accept: String,
    /// Whether several files can be chosen at once.
    pub many: bool,
    /// How it is asked for in a [`PostForm`].
    pub kind: FieldKind,
    /// Heading of the part of a long form that begins with it; else empty.
    pub heading: String,
    /// Address of the page on which it stands, if that is another one; else empty.
    pub page: String,
}

/// How a field is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldKind {
    /// One line of text.
    #[default]
    Text,
    /// The reader's own e-mail address, which a browser may fill in.
    OwnEmail,
    /// A password that exists: a browser may fill it in.
    Password,
    /// A password that is being made.
    NewPassword,
    /// One of a list.
    Select,
    /// Several lines of text.
    Area,
    /// A file to be handed in.
    File,
    /// Files, beside those that are there already: its choices, each of which is kept unless it is unticked.
    Files,
    /// Any of a few, all seen. The field's value names the chosen ones, with spaces between.
    Boxes,
}

/// A form that writes, with its heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostForm {
    /// Unique on the page.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What happens when it is sent; may be empty.
    pub note: String,
    /// Address that it is sent to.
    pub action: String,
    /// Names and values that nobody types.
    pub hidden: Vec<(String, String)>,
    /// What is typed.
    pub fields: Vec<Field>,
    /// Something to take before it is filled in, such as a template.
    pub link: Option<Link>,
    /// Words of its button.
    pub button: String,
    /// A second button that sends the same form with another name and value: name, value, words.
    pub second: Option<(String, String, String)>,
    /// Whether it is what the page is for.
    pub solid: bool,
    /// Where what is typed is kept as it is typed: what is said when that does not succeed. Else empty.
    pub keep: String,
}

impl PostForm {
    /// Whether a file is handed in with it.
    pub fn has_file(&self) -> bool {
        let kinds = [FieldKind::File, FieldKind::Files];
        self.fields.iter().any(|field| kinds.contains(&field.kind))
    }
}

impl Field {
    /// Whether a choice is among the chosen ones.
    pub fn has(&self, choice: &str) -> bool {
        self.value.split(' ').any(|chosen| chosen == choice)
    }

    /// The ids that describe the control, for `aria-describedby`; empty if there are none.
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.support.is_empty() {
            ids.push(format!("{}-support", self.name));
        }
        if !self.error.is_empty() {
            ids.push(format!("{}-error", self.name));
        }
        ids.join(" ")
    }
}

/// One choice of a select or a group of radio buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// A step of a procedure.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name; with an address it can be visited.
    pub link: Link,
    /// Where the reader stands.
    pub state: StepState,
}

/// Where a reader stands with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Behind.
    Done,
    /// Here.
    Current,
    /// Ahead.
    Ahead,
}

impl StepState {
    /// Class that carries its look.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Done => "is-done",
            Self::Current => "is-current",
            Self::Ahead => "is-ahead",
        }
    }

    /// The message that names it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Done => "step-done",
            Self::Current => "step-current",
            Self::Ahead => "step-ahead",
        }
    }
}

/// A file that can be taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Download {
    /// What is in it, and its address.
    pub link: Link,
    /// Kind of file: CSV, JSON, Excel.
    pub kind: String,
    /// What else to know: number of rows, size; may be empty.
    pub note: String,
}

/// A node of a tree that opens: how a figure came about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeNode {
    /// What it is.
    pub label: String,
    /// Its figure; may be empty.
    pub value: String,
    /// How it was found, as typed in the plan; may be empty.
    pub formula: String,
    /// What else to know; may be empty.
    pub note: String,
    /// Where it comes from; may be empty.
    pub source: Link,
    /// What it rests on.
    pub children: Vec<TreeNode>,
    /// Shown opened.
    pub open: bool,
}

/// The nested lists of a tree; a page prints `{{ tree }}`.
#[derive(Debug, Clone, Template)]
#[template(path = "components/tree.html")]
pub struct Tree<'a> {
    /// The nodes of one level.
    pub nodes: &'a [TreeNode],
    /// Begins the ids of this level, so that what a reader opened can be found again on the next page.
    pub prefix: String,
}

impl<'a> Tree<'a> {
    /// The level below a node, which stands at `index` of this one.
    fn below(&self, node: &'a TreeNode, index: impl fmt::Display) -> Tree<'a> {
        Tree {
            nodes: &node.children,
            prefix: format!("{}-{index}", self.prefix),
        }
    }
}

impl askama::filters::HtmlSafe for Tree<'_> {}

/// A chart with its words and its table, as `components/chart.html` sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Title above the drawing.
    pub title: String,
    /// The drawings, one for wide and one for narrow places.
    pub drawing: Markup,
    /// What the drawing shows, as a table under it.
    pub table: Table,
}

/// All components and charts on one page, on invented data: for those who build pages, and for the browser tests.
pub use gallery::gallery;

mod gallery;
