//! The follow-up report: an edition laid out as a document. A pure function of the edition and the one before it.
//!
//! Every numeral in it is a figure with a trace in the annex, or a mark that says what else it is (see [`Piece`]). Nothing here is set in
//! type: that is the pages' work.

mod annex;
mod prov;
mod sdmx;
mod words;

use std::collections::BTreeSet;

use indicator::{Difference, Edition, EditionFault, Engine, Finding, differences};
use jiff::civil::Date;
use plan::{Check, Class, Files, Indicator, MeasureState, Node, NodeKind, Passage, Text};
use serde::Serialize;
use vocab::{Lang, Period, Refusal};

use crate::ask::{Ask, Rashin};
use crate::library::RecordView;
use crate::tree::NodeLink;
use crate::view::IndicatorView;
use annex::Annex;
use words::traced;

pub use annex::{Entry, Row};
pub use words::{Mark, Piece, Sentence};

/// A follow-up report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What it is, of which year and day, under which seal.
    pub cover: Cover,
    /// Words on the whole.
    pub summary: Vec<Sentence>,
    /// One chapter a policy.
    pub chapters: Vec<Chapter>,
    /// Reference indicators, which have no target.
    pub references: Vec<Chart>,
    /// Other figures: situation, history.
    pub situation: Vec<Line>,
    /// What is said of none of the above.
    pub findings: Vec<Said>,
    /// Why figures moved since the edition before; none for the first.
    pub changes: Option<Changes>,
    /// Every figure of the edition.
    pub figures: Vec<Number>,
    /// Every observation known on the day, in the order of recording.
    pub records: Vec<RecordView>,
    /// Publications on which it rests.
    pub sources: Vec<plan::Source>,
    /// How each figure came about.
    pub annex: Vec<Entry>,
}

/// A figure of the edition; decimal text in `unit`.
#[derive(Debug, Clone, Serialize)]
pub struct Number {
    /// Indicator id.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Year.
    pub at: Period,
    /// Unit.
    pub unit: String,
    /// As published; none where there is no value yet.
    pub published: Option<String>,
    /// Nothing rounded on the way.
    pub value: Option<String>,
    /// To what it is rounded.
    pub rounding: String,
    /// How it is found.
    pub formula: String,
    /// Source ids.
    pub sources: Vec<String>,
    /// Section of the interim report.
    pub section: String,
}

/// The first page.
#[derive(Debug, Clone, Serialize)]
pub struct Cover {
    /// Id of the plan.
    pub plan: String,
    /// Name of the plan.
    pub title: Text,
    /// Which text of the plan this is.
    pub subtitle: Text,
    /// Where the plan stands; the plan's own words.
    pub status: Text,
    /// The fiscal year that the report is about.
    pub fiscal_year: Period,
    /// Day up to which observations are known.
    pub as_of: Date,
    /// SHA-256 of the edition.
    pub seal: String,
    /// SHA-256 of the plan's files.
    pub plan_sha256: String,
    /// Seed of every simulation.
    pub seed: u64,
}

/// A policy.
#[derive(Debug, Clone, Serialize)]
pub struct Chapter {
    /// The policy.
    pub policy: NodeLink,
    /// Words on the policy and what stands below it.
    pub passages: Vec<Sentence>,
    /// Its goal indicators that no chapter before it shows.
    pub indicators: Vec<Goal>,
    /// Its goal indicators that a chapter before it shows: id and title.
    pub shown_before: Vec<(String, Text)>,
    /// The measures that answer its issues.
    pub measures: Vec<Measure>,
}

/// A goal indicator.
#[derive(Debug, Clone, Serialize)]
pub struct Goal {
    /// Its course.
    pub chart: Chart,
    /// Target year and figure.
    pub target: Option<(Period, Sentence)>,
    /// Words on it.
    pub passages: Vec<Sentence>,
    /// What the plan's checks say.
    pub findings: Vec<Said>,
}

/// An indicator with its course.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// Everything on its page, as known on the day.
    pub view: IndicatorView,
    /// Latest observed year and its published figure.
    pub latest: Option<(Period, Sentence)>,
    /// Id of the annex entry on its course.
    pub course: String,
    /// Words on it, where no chapter has them.
    pub passages: Vec<Sentence>,
}

/// An indicator in one line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Id.
    pub id: String,
    /// What it is for.
    pub class: Class,
    /// Name.
    pub title: Text,
    /// Latest year.
    pub at: Period,
    /// Its published figure.
    pub figure: Sentence,
    /// Section of the interim report.
    pub section: String,
}

/// A finding in words.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// Check id.
    pub id: String,
    /// Heading.
    pub title: Sentence,
    /// The sentence.
    pub say: Sentence,
    /// What one could do.
    pub hint: Option<Sentence>,
    /// Section of the interim report.
    pub section: String,
}

/// A measure and how far it has come.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// The measure.
    pub node: NodeLink,
    /// How far it has come.
    pub state: Option<MeasureState>,
    /// Why that is said.
    pub reason: Option<Text>,
    /// Section of the interim report.
    pub section: String,
}

/// What moved since the edition before.
#[derive(Debug, Clone, Serialize)]
pub struct Changes {
    /// Id of that edition.
    pub edition: String,
    /// Its fiscal year.
    pub fiscal_year: Period,
    /// Its day.
    pub as_of: Date,
    /// Every figure that moved.
    pub moved: Vec<Change>,
    /// How many figures stand in both and did not move.
    pub unmoved: usize,
}

/// A figure that moved.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What moved it; sums exactly.
    pub difference: Difference,
    /// Id of the annex entry on it.
    pub trace: String,
}

impl Report {
    /// The report of an edition; `before` is the one that it follows, with its id.
    ///
    /// # Errors
    /// `edition` if a plan inside an edition no longer passes its checks, and the fault of a formula that fails for another reason than
    /// missing data.
    pub fn make(edition: &Edition, before: Option<(&str, &Edition)>) -> Result<Self, Refusal> {
        let files = edition
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let rashin = Rashin::open(Files::from_texts(files))
            .map_err(|faults| broken(&EditionFault::Plan(faults.to_string())))?;
        let engine = rashin.engine(Some(edition.as_of));
        let mut maker = Maker {
            rashin: &rashin,
            edition,
            engine: &engine,
            annex: Annex::new(&engine),
            findings: engine.findings(),
            shown: BTreeSet::new(),
        };
        maker.report(before)
    }
}

/// An edition that cannot be used.
pub(crate) fn broken(fault: &EditionFault) -> Refusal {
    let text = fault.to_string();
    let (ja, en) = text.split_once(" / ").unwrap_or((&text, &text));
    Refusal::new("edition", ja, en)
}

struct Maker<'a> {
    rashin: &'a Rashin,
    edition: &'a Edition,
    engine: &'a Engine<'a>,
    annex: Annex<'a, 'a>,
    /// Findings that were not said yet.
    findings: Vec<Finding>,
    /// Indicators that were shown already.
    shown: BTreeSet<String>,
}

impl Maker<'_> {
    fn report(&mut self, before: Option<(&str, &Edition)>) -> Result<Report, Refusal> {
        let plan = self.rashin.plan();
        let head = &plan.head;
        let summary = self.passages(|about| about == Passage::SUMMARY)?;
        let policies = plan.nodes.iter().filter(|node| node.kind == NodeKind::Policy);
        let chapters = policies
            .map(|policy| self.chapter(policy))
            .collect::<Result<_, _>>()?;
        let references = self
            .of_class(&[Class::Reference])
            .map(|found| self.chart(found))
            .collect::<Result<_, _>>()?;
        let situation = self
            .of_class(&[Class::Situation, Class::History, Class::Proposed])
            .map(|found| self.line(found))
            .collect::<Result<_, _>>()?;
        let findings = self.said(|_| true)?;
        let changes = before.map(|before| self.changes(before)).transpose()?;
        Ok(Report {
            cover: Cover {
                plan: head.id.clone(),
                title: head.title.clone(),
                subtitle: head.subtitle.clone(),
                status: head.status.clone(),
                fiscal_year: self.edition.fiscal_year,
                as_of: self.edition.as_of,
                seal: self.edition.sha256().map_err(|fault| broken(&fault))?,
                plan_sha256: self.edition.plan_sha256.clone(),
                seed: self.edition.seed,
            },
            summary,
            chapters,
            references,
            situation,
            findings,
            changes,
            figures: self.figures(),
            records: plan
                .observations
                .iter()
                .filter(|seen| seen.recorded <= self.edition.as_of)
                .filter_map(|seen| self.rashin.record(seen))
                .collect(),
            sources: plan.sources.values().cloned().collect(),
            annex: std::mem::take(&mut self.annex.entries),
        })
    }

    fn figures(&self) -> Vec<Number> {
        let results = self.edition.results.iter().filter_map(|result| {
            let found = self.rashin.plan().indicator(&result.id)?;
            let formula = found.observed.as_ref().filter(|_| {
                let observed = self.engine.observed_periods(found);
                observed.contains(&result.at)
            });
            Some(Number {
                id: result.id.clone(),
                title: found.title.clone(),
                at: result.at,
                unit: result.unit.clone(),
                published: result.published.clone(),
                value: result.value.clone(),
                rounding: found.round.as_ref().map_or_else(String::new, ToString::to_string),
                formula: formula.unwrap_or(&found.formula).text.clone(),
                sources: found.sources.clone(),
                section: found.section.clone(),
            })
        });
        results.collect()
    }

    fn of_class<'p>(&self, classes: &'static [Class]) -> impl Iterator<Item = &'p Indicator> + use<'p>
    where
        Self: 'p,
    {
        let plan: &'p plan::Plan = self.rashin.plan();
        plan.indicators
            .iter()
            .filter(move |found| classes.contains(&found.class))
    }

    fn passages(&mut self, about: impl Fn(&str) -> bool) -> Result<Vec<Sentence>, Refusal> {
        let passages = self.rashin.plan().passages.iter();
        passages
            .filter(|passage| about(&passage.about))
            .map(|passage| self.annex.words(passage))
            .collect()
    }

    fn chapter(&mut self, policy: &Node) -> Result<Chapter, Refusal> {
        let plan = self.rashin.plan();
        let mut below = BTreeSet::from([policy.id.as_str()]);
        // Parents stand before children.
        for node in &plan.nodes {
            if node
                .parent
                .as_deref()
                .is_some_and(|parent| below.contains(parent))
            {
                below.insert(&node.id);
            }
        }
        let goals: Vec<&Indicator> = self
            .of_class(&[Class::Kgi])
            .filter(|found| found.measures.contains(&policy.id))
            .collect();
        let passages = self.passages(|about| below.contains(about))?;
        let mut indicators = vec![];
        let mut shown_before = vec![];
        for found in goals {
            if self.shown.insert(found.id.clone()) {
                indicators.push(self.goal(found)?);
            } else {
                shown_before.push((found.id.clone(), found.title.clone()));
            }
        }
        let answers = |node: &&Node| node.answers.iter().any(|issue| below.contains(issue.as_str()));
        Ok(Chapter {
            policy: NodeLink::from(policy),
            passages,
            indicators,
            shown_before,
            measures: plan
                .nodes
                .iter()
                .filter(answers)
                .map(|node| Measure {
                    node: NodeLink::from(node),
                    state: node.state,
                    reason: node.state_reason.clone(),
                    section: node.section.clone(),
                })
                .collect(),
        })
    }

    fn goal(&mut self, found: &Indicator) -> Result<Goal, Refusal> {
        let target = found.target.as_ref().map(|target| target.period);
        Ok(Goal {
            target: target.map(|at| Ok((at, self.target(found, at)?))).transpose()?,
            chart: self.chart(found)?,
            passages: self.passages(|about| about == found.id)?,
            findings: self.said(|finding| finding.about.contains(&found.id))?,
        })
    }

    /// The target as the plan sets it; its trace is that of the year's computed figure.
    fn target(&mut self, found: &Indicator, at: Period) -> Result<Sentence, Refusal> {
        self.annex.figure(&found.id, at)?;
        let Some(target) = &found.target else {
            return Ok(Sentence::default());
        };
        let number = vocab::unit_name::group_digits(&indicator::decimal(&target.value));
        let trace = format!("trace-{}-{at}", found.id).to_lowercase();
        Ok(Sentence::of(|lang| {
            let text = vocab::unit_name::amount(&number, &target.value.unit().to_string(), lang);
            vec![Piece::figure(text, trace.clone())]
        }))
    }

    fn latest(&mut self, found: &Indicator) -> Result<Option<(Period, Sentence)>, Refusal> {
        let observed = self.engine.observed_periods(found).last().copied();
        observed
            .map(|at| Ok((at, self.annex.figure(&found.id, at)?)))
            .transpose()
    }

    fn chart(&mut self, found: &Indicator) -> Result<Chart, Refusal> {
        let ask = Ask {
            as_of: Some(self.edition.as_of),
            seed: Some(self.edition.seed),
            ..Ask::default()
        };
        let view = self.rashin.view(&found.id, &ask)?;
        let mut rests_on = vec![];
        for at in self.engine.observed_periods(found) {
            self.annex.figure(&found.id, at)?;
            rests_on.push(format!("trace-{}-{at}", found.id).to_lowercase());
        }
        if let Some(target) = &found.target {
            rests_on.push(format!("trace-{}-{}", found.id, target.period).to_lowercase());
        }
        let course = format!("course-{}", found.id);
        let say = |lang: Lang| {
            let parts = [
                found.target.as_ref().map(|target| &target.why),
                found.implied.as_ref().map(|implied| &implied.title),
                found.implied.as_ref().map(|implied| &implied.why),
            ];
            let parts: Vec<_> = parts.into_iter().flatten().map(|text| text.get(lang)).collect();
            parts.join(if lang == Lang::Ja { "／" } else { " / " })
        };
        self.annex.put(Entry {
            id: course.clone(),
            title: Sentence::of(|lang| {
                let rest = match lang {
                    Lang::Ja => "の実績と道筋",
                    Lang::En => ": observed values and course",
                };
                vec![
                    Piece::named(found.title.get(lang), Mark::Name),
                    Piece::Words { text: rest.into() },
                ]
            }),
            shown: Text {
                ja: String::new(),
                en: String::new(),
            },
            formula: found
                .implied
                .as_ref()
                .map_or_else(String::new, |implied| implied.formula.text.clone()),
            method: Some(Text {
                ja: say(Lang::Ja),
                en: say(Lang::En),
            }),
            rows: vec![],
            rests_on,
        });
        // A goal's own words stand in its chapter.
        let passages = if found.class == Class::Kgi {
            vec![]
        } else {
            self.passages(|about| about == found.id)?
        };
        Ok(Chart {
            view,
            latest: self.latest(found)?,
            course,
            passages,
        })
    }

    fn line(&mut self, found: &Indicator) -> Result<Line, Refusal> {
        let at = self
            .engine
            .observed_periods(found)
            .last()
            .copied()
            .unwrap_or_else(|| self.engine.default_period(found));
        Ok(Line {
            id: found.id.clone(),
            class: found.class,
            title: found.title.clone(),
            at,
            figure: self.annex.figure(&found.id, at)?,
            section: found.section.clone(),
        })
    }

    /// The findings of some kind that were not said yet.
    fn said(&mut self, which: impl Fn(&Finding) -> bool) -> Result<Vec<Said>, Refusal> {
        let (now, later) = std::mem::take(&mut self.findings).into_iter().partition(which);
        self.findings = later;
        let plan = self.rashin.plan();
        let mut said = vec![];
        for finding in &now {
            let Some(check) = plan.checks.iter().find(|check| check.id == finding.id) else {
                continue;
            };
            said.push(self.finding(check)?);
        }
        Ok(said)
    }

    fn finding(&mut self, check: &Check) -> Result<Said, Refusal> {
        let id = format!("finding-{}", check.id);
        let condition = self.engine.show(&check.when, check.at)?;
        self.annex.put(Entry {
            id: id.clone(),
            title: Sentence::named(&check.title, Mark::Name),
            shown: Text {
                ja: String::new(),
                en: String::new(),
            },
            formula: check.when.text.clone(),
            method: None,
            rows: annex::rows(&condition.inputs),
            rests_on: vec![],
        });
        let mut say = Sentence::default();
        for (lang, pieces) in [(Lang::Ja, &mut say.ja), (Lang::En, &mut say.en)] {
            let mut rest = check.say.get(lang);
            while let Some((words, after)) = rest.split_once('{') {
                let Some((name, after)) = after.split_once('}') else {
                    break;
                };
                pieces.extend(traced(words, &id));
                if let Some(formula) = check.show.get(name) {
                    let shown = self.annex.formula(formula, check.at)?;
                    pieces.extend_from_slice(shown.get(lang));
                }
                rest = after;
            }
            pieces.extend(traced(rest, &id));
        }
        let traced_text = |text: &Text| Sentence::of(|lang| traced(text.get(lang), &id));
        Ok(Said {
            id: check.id.clone(),
            title: traced_text(&check.title),
            say,
            hint: check.hint.as_ref().map(traced_text),
            section: check.section.clone(),
        })
    }

    fn changes(&mut self, (id, before): (&str, &Edition)) -> Result<Changes, Refusal> {
        let list = differences(before, self.edition).map_err(|fault| broken(&fault))?;
        let both = list.len();
        let mut moved = vec![];
        for difference in list.into_iter().filter(|one| one.before != one.after) {
            self.annex.figure(&difference.id, difference.at)?;
            let now = format!("trace-{}-{}", difference.id, difference.at).to_lowercase();
            let trace = self.annex.difference(&difference, vec![now]);
            moved.push(Change { difference, trace });
        }
        Ok(Changes {
            edition: id.to_owned(),
            fiscal_year: before.fiscal_year,
            as_of: before.as_of,
            unmoved: both - moved.len(),
            moved,
        })
    }
}
