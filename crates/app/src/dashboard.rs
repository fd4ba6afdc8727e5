//! The plan at a glance.

use std::collections::BTreeMap;

use indicator::{Edition, Engine, Outlook, approx, decimal, published};
use jiff::civil::Date;
use plan::{Class, Direction, Files, Indicator, MeasureState, NodeKind, Text};
use serde::Serialize;
use vocab::{Period, Refusal};

use crate::ask::{Ask, Rashin};
use crate::library::RecordView;
use crate::tree::NodeLink;

/// The first page.
#[derive(Debug, Clone, Serialize)]
pub struct Dashboard {
    /// The plan's own words on itself.
    pub plan: plan::Head,
    /// Day of the newest thing known.
    pub as_of: Date,
    /// The vision.
    pub vision: Option<NodeLink>,
    /// The policies, with the ids of the indicators that measure each.
    pub policies: Vec<(NodeLink, Vec<String>)>,
    /// Key goal indicators.
    pub kgis: Vec<Summary>,
    /// Reference indicators, which have no target.
    pub references: Vec<Summary>,
    /// How many measures stand in which state.
    pub measures: Vec<StateCount>,
    /// How many findings there are on the whole plan.
    pub findings: usize,
    /// Issues and measures that lack an answer or an indicator.
    pub holes: usize,
    /// What is new since the last edition.
    pub news: News,
}

/// An indicator as one reads it on a card or in a list. Figures are decimal text in `unit`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Id.
    pub id: String,
    /// What it is for.
    pub class: Class,
    /// As printed.
    pub number: String,
    /// Full name.
    pub title: Text,
    /// Short name.
    pub short: Text,
    /// Unit.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// The nodes that it measures.
    pub measures: Vec<String>,
    /// Latest observed year and its published figure; for a figure without observed years, its value at the base year.
    pub latest: Option<(Period, String)>,
    /// Target year and figure.
    pub target: Option<(Period, String)>,
    /// The value that the required path has in the year after the latest observed one.
    pub required_next: Option<(Period, String)>,
    /// Chance that the implied path reaches the target.
    pub chance: Option<String>,
    /// Yearly growth required from now.
    pub growth_required: Option<String>,
    /// How many findings there are.
    pub findings: usize,
    /// Its course, for a small chart.
    pub course: Outlook,
}

/// Measures in one state.
#[derive(Debug, Clone, Serialize)]
pub struct StateCount {
    /// The state; none for measures whose state the report does not tell.
    pub state: Option<MeasureState>,
    /// How many measures and parts.
    pub count: usize,
    /// Which.
    pub nodes: Vec<NodeLink>,
}

/// What was recorded since the last edition.
#[derive(Debug, Clone, Serialize)]
pub struct News {
    /// Fiscal year, day and seal of the last edition; none where nothing was published yet.
    pub edition: Option<(Period, Date, String)>,
    /// Records since then, newest first; all of them where nothing was published yet.
    pub records: Vec<RecordView>,
    /// Published figures that would now be different: indicator, year, published, now.
    pub moved: Vec<(String, Text, Period, String, String)>,
    /// Whether the plan's files differ from those of the edition.
    pub plan_changed: bool,
}

impl Rashin {
    /// The first page.
    ///
    /// # Errors
    /// A refusal where a formula fails for another reason than missing data.
    pub fn dashboard(&self) -> Result<Dashboard, Refusal> {
        let plan = self.plan();
        let of_class = |class: Class| -> Result<Vec<Summary>, Refusal> {
            Ok(self
                .summaries()?
                .into_iter()
                .filter(|one| one.class == class)
                .collect())
        };
        let policies = plan.nodes.iter().filter(|node| node.kind == NodeKind::Policy);
        let coverage = self.coverage();
        Ok(Dashboard {
            plan: plan.head.clone(),
            as_of: self.as_of(),
            vision: plan
                .nodes
                .iter()
                .find(|node| node.kind == NodeKind::Vision)
                .map(NodeLink::from),
            policies: policies
                .map(|node| {
                    (
                        NodeLink::from(node),
                        self.indicators_of(&node.id)
                            .into_iter()
                            .map(|(id, _)| id)
                            .collect(),
                    )
                })
                .collect(),
            kgis: of_class(Class::Kgi)?,
            references: of_class(Class::Reference)?,
            measures: self.measure_states(),
            findings: self.engine(None).findings().len(),
            holes: coverage.holes.len(),
            news: self.news()?,
        })
    }

    /// Every indicator in a line.
    ///
    /// # Errors
    /// As [`Rashin::dashboard`].
    pub fn summaries(&self) -> Result<Vec<Summary>, Refusal> {
        let engine = self.engine(None);
        let findings = engine.findings();
        self.plan()
            .indicators
            .iter()
            .map(|found| {
                let count = findings
                    .iter()
                    .filter(|finding| finding.about.contains(&found.id))
                    .count();
                self.summary(&engine, found, count)
            })
            .collect()
    }

    fn summary(&self, engine: &Engine<'_>, found: &Indicator, findings: usize) -> Result<Summary, Refusal> {
        let course = engine.outlook(found, Self::draws(&Ask::default())?, self.seed(&Ask::default()))?;
        let figure = |at: Period| {
            published(engine, found, at)
                .as_ref()
                .map(|value| (at, decimal(value)))
        };
        let observed = engine.observed_periods(found);
        let latest = match observed.last() {
            Some(at) => figure(*at),
            None => figure(engine.default_period(found)),
        };
        let required_next = latest.as_ref().and_then(|(at, _)| {
            let next = course.required.iter().find(|point| point.at > *at)?;
            Some((next.at, approx(next.value)))
        });
        Ok(Summary {
            id: found.id.clone(),
            class: found.class,
            number: found.number.clone(),
            title: found.title.clone(),
            short: found.short.clone(),
            unit: found.unit.to_string(),
            direction: found.direction,
            measures: found.measures.clone(),
            latest,
            target: found
                .target
                .as_ref()
                .map(|target| (target.period, decimal(&target.value))),
            required_next,
            chance: course.chance.map(approx),
            growth_required: course.growth_required.map(approx),
            findings,
            course,
        })
    }

    fn measure_states(&self) -> Vec<StateCount> {
        let mut states: BTreeMap<Option<MeasureState>, Vec<NodeLink>> = BTreeMap::new();
        for node in &self.plan().nodes {
            if node.kind == NodeKind::Measure {
                states.entry(node.state).or_default().push(NodeLink::from(node));
            }
        }
        states
            .into_iter()
            .map(|(state, nodes)| StateCount {
                state,
                count: nodes.len(),
                nodes,
            })
            .collect()
    }

    fn news(&self) -> Result<News, Refusal> {
        let since = self.edition().map(|edition| edition.as_of);
        let mut fresh: Vec<_> = self
            .plan()
            .observations
            .iter()
            .filter(|seen| since.is_none_or(|day| seen.recorded > day))
            .collect();
        fresh.sort_by_key(|seen| std::cmp::Reverse(seen.recorded));
        let records = fresh.into_iter().filter_map(|seen| self.record(seen)).collect();
        let Some(edition) = self.edition() else {
            return Ok(News {
                edition: None,
                records,
                moved: vec![],
                plan_changed: false,
            });
        };
        let seal = edition
            .sha256()
            .map_err(|fault| Refusal::new("edition", fault.to_string(), fault.to_string()))?;
        Ok(News {
            edition: Some((edition.fiscal_year, edition.as_of, seal)),
            records,
            moved: self.moved_since(edition),
            plan_changed: plan_of(edition) != self.files().sha256(),
        })
    }

    fn moved_since(&self, edition: &Edition) -> Vec<(String, Text, Period, String, String)> {
        let engine = self.engine(None);
        let moved = edition.results.iter().filter_map(|old| {
            let found = self.plan().indicator(&old.id)?;
            let now = decimal(&published(&engine, found, old.at)?);
            let before = old.published.clone()?;
            (before != now).then(|| (old.id.clone(), found.title.clone(), old.at, before, now))
        });
        moved.collect()
    }
}

/// The hash of an edition's plan without the edition's own words.
fn plan_of(edition: &Edition) -> String {
    let files = edition
        .files
        .iter()
        .filter(|(path, _)| !path.starts_with("edition/"));
    Files::from_texts(files.map(|(path, text)| (path.as_str(), text.as_str()))).sha256()
}
