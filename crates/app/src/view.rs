//! Everything on an indicator's page.

use indicator::{Bar, Outlook, TraceKind, decimal};
use plan::{Class, Direction, Frequency, Indicator, Input, Text};
use serde::Serialize;
use vocab::{Lang, Period, Refusal};

use crate::answer::Evaluation;
use crate::ask::{Ask, Rashin};
use crate::library::RecordView;

/// An indicator with its figures, its course and its sources.
#[derive(Debug, Clone, Serialize)]
pub struct IndicatorView {
    /// What it is for.
    pub class: Class,
    /// As printed.
    pub number: String,
    /// Short name.
    pub short: Text,
    /// Which way is better.
    pub direction: Direction,
    /// How often it is observed.
    pub frequency: Frequency,
    /// Months until a year's value is known.
    pub lag_months: u32,
    /// Who answers for it.
    pub owner: Text,
    /// The nodes that it measures: id and title.
    pub measures: Vec<(String, Text)>,
    /// Section of the interim report.
    pub section: String,
    /// Sources: id and citation.
    pub sources: Vec<(String, Text)>,
    /// Why it was chosen.
    pub why: Text,
    /// How it is found, in words.
    pub method: Text,
    /// How it is found, as a formula.
    pub formula: String,
    /// Year of the target, figure and why.
    pub target: Option<TargetView>,
    /// Name of the model of the implied path, and why it was chosen.
    pub implied: Option<(Text, Text)>,
    /// The year's evaluation; its keys stand beside those of the page, as `rashin eval --json` prints them.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Its figures at the base year, the latest observed year and the target year.
    pub course: Outlook,
    /// Which input moves it.
    pub tornado: Vec<Bar>,
    /// What a reader may move.
    pub controls: Vec<Control>,
    /// From part to part: unrounded, on the printed path, printed.
    pub path: Vec<PathRow>,
    /// Every record on which it rests.
    pub records: Vec<RecordView>,
    /// Observations that were recorded more than once.
    pub restatements: Vec<Restatement>,
    /// Settings in force, as typed.
    pub set: Vec<(String, String)>,
}

/// Where an indicator should go.
#[derive(Debug, Clone, Serialize)]
pub struct TargetView {
    /// By when.
    pub at: Period,
    /// To which value, in the indicator's unit.
    pub value: String,
    /// From which year the path starts.
    pub from: Period,
    /// Why.
    pub why: Text,
}

/// Something that a reader may move.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    /// Name in the address and in `--set`.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// Unit of the values.
    pub unit: String,
    /// Value in force.
    pub value: String,
    /// Value that the plan takes.
    pub plan: String,
    /// Lowest value offered.
    pub low: Option<String>,
    /// Highest value offered.
    pub high: Option<String>,
    /// Step offered.
    pub step: Option<String>,
    /// Whether it is moved.
    pub set: bool,
    /// Why the plan takes its value.
    pub why: Option<Text>,
}

/// One part of the rounding path.
#[derive(Debug, Clone, Serialize)]
pub struct PathRow {
    /// Name in formulas.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// How it is found.
    pub formula: String,
    /// Unit of the figures.
    pub unit: String,
    /// Nothing rounded on the way.
    pub value: Option<String>,
    /// On the printed path, before its own rounding.
    pub path: Option<String>,
    /// As the report prints it.
    pub printed: Option<String>,
    /// As the report writes it.
    pub printed_text: String,
    /// Whether the report carries the printed figure on.
    pub carried: bool,
    /// What a reader should know.
    pub note: Option<Text>,
}

/// An observation that was recorded more than once.
#[derive(Debug, Clone, Serialize)]
pub struct Restatement {
    /// Series id.
    pub series: String,
    /// Its name.
    pub title: Text,
    /// Period.
    pub at: Period,
    /// Each version, oldest first.
    pub versions: Vec<RecordView>,
}

impl Rashin {
    /// An indicator's page.
    ///
    /// # Errors
    /// As [`Rashin::evaluate`].
    pub fn view(&self, id: &str, ask: &Ask) -> Result<IndicatorView, Refusal> {
        let found = self.indicator(id)?;
        let engine = self.engine_for(found, ask)?;
        let at = ask.at.unwrap_or_else(|| engine.default_period(found));
        let evaluation = self.evaluation(&engine, found, at, ask)?;
        let (draws, seed) = (Self::draws(ask)?, self.seed(ask));
        let tornado = if evaluation.value.is_some() {
            engine.tornado(found, at, draws, seed)?
        } else {
            vec![]
        };
        let run = engine.run(at);
        let plan = self.plan();
        let title_of_node = |id: &String| plan.node(id).map(|node| (id.clone(), node.title.clone()));
        let title_of_source = |id: &String| {
            plan.sources
                .get(id)
                .map(|source| (id.clone(), source.title.clone()))
        };
        let path = found
            .steps
            .iter()
            .map(|step| {
                let line = run.trace_step(id, &step.name);
                PathRow {
                    name: step.name.clone(),
                    title: step.title.clone(),
                    formula: step.formula.text.clone(),
                    unit: step.unit.to_string(),
                    value: line.value,
                    path: line.path,
                    printed: line.printed,
                    printed_text: step.printed_text.clone(),
                    carried: step.carried,
                    note: step.note.clone(),
                }
            })
            .collect();
        let leaves = evaluation.trace.leaves();
        let observed = leaves.iter().filter(|leaf| leaf.kind == TraceKind::Observation);
        let mut records = vec![];
        let mut restatements = vec![];
        for leaf in observed {
            let Some(Input::Observed { series, period }) = Input::parse(&leaf.name, None) else {
                continue;
            };
            let versions: Vec<RecordView> = self
                .records(&series)
                .into_iter()
                .filter(|one| one.at == period)
                .collect();
            if let Some(seen) = engine.observation(&series, period) {
                records.extend(versions.iter().rfind(|v| v.recorded == seen.recorded).cloned());
            }
            if versions.len() > 1 {
                restatements.push(Restatement {
                    series,
                    title: leaf.title.clone(),
                    at: period,
                    versions,
                });
            }
        }
        Ok(IndicatorView {
            class: found.class,
            number: found.number.clone(),
            short: found.short.clone(),
            direction: found.direction,
            frequency: found.frequency,
            lag_months: found.lag_months,
            owner: found.owner.clone(),
            measures: found.measures.iter().filter_map(title_of_node).collect(),
            section: found.section.clone(),
            sources: found.sources.iter().filter_map(title_of_source).collect(),
            why: found.why.clone(),
            method: found.method.clone(),
            formula: found.formula.text.clone(),
            target: found.target.as_ref().map(|target| TargetView {
                at: target.period,
                value: decimal(&target.value),
                from: target.from,
                why: target.why.clone(),
            }),
            implied: found
                .implied
                .as_ref()
                .map(|implied| (implied.title.clone(), implied.why.clone())),
            course: engine.outlook(found, draws, seed)?,
            tornado,
            controls: found
                .controls
                .iter()
                .filter_map(|input| Self::control(&engine, found, &run, input))
                .collect(),
            path,
            records,
            restatements,
            set: ask.set.clone(),
            evaluation,
        })
    }

    fn control(
        engine: &indicator::Engine<'_>,
        found: &Indicator,
        run: &indicator::Run<'_, '_>,
        input: &Input,
    ) -> Option<Control> {
        let unit = engine.unit_of(input)?;
        let set = engine.settings().get(input);
        let text = |quantity: &vocab::Quantity| {
            let quantity = quantity.shown_in(&unit).unwrap_or_else(|_| quantity.clone());
            let number = quantity.in_unit();
            let short = number.is_exact() && number.decimal_places().is_some_and(|places| places <= 6);
            if short {
                number.to_decimal()
            } else {
                number.to_significant(6)
            }
        };
        let title = Text {
            ja: engine.title_of(input, Lang::Ja),
            en: engine.title_of(input, Lang::En),
        };
        let (plan, low, high, step, why) = match input {
            Input::Named { indicator, name } => {
                let owner = engine.plan().indicator(indicator)?;
                if let Some(one) = owner.assumption(name) {
                    let end = |quantity: &Option<vocab::Quantity>| quantity.as_ref().map(text);
                    (
                        text(&one.value),
                        end(&one.low),
                        end(&one.high),
                        end(&one.step),
                        Some(one.why.clone()),
                    )
                } else {
                    let unset = engine.with(indicator::Settings::default());
                    let value = unset.run(run.at()).step(indicator, name).ok()?;
                    (text(&value), None, None, None, owner.step(name)?.note.clone())
                }
            }
            Input::Observed { series, period } => {
                let seen = engine.observation(series, *period)?;
                (text(&seen.value), None, None, None, seen.note.clone())
            }
        };
        let name = match input {
            Input::Named { indicator, name } if *indicator == found.id => name.clone(),
            other => other.to_string(),
        };
        let value = set.map_or_else(|| plan.clone(), text);
        Some(Control {
            name,
            title,
            unit: unit.to_string(),
            value,
            plan,
            low,
            high,
            step,
            set: set.is_some(),
            why,
        })
    }
}
