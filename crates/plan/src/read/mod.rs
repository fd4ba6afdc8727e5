//! From raw entries to a proved [`Plan`]: each word is read into its type where it stands, then the
//! references, texts, units and orders of the whole are checked. All mistakes are gathered; a plan
//! with one is not built.

use std::collections::{BTreeMap, HashMap};

use vocab::Number;

use crate::fault::{Fault, Faults};
use crate::files::Files;
use crate::model::{Head, Plan, Requirement, Term};
use crate::raw::{self};

mod entries;
mod holiday;
mod kind;
mod passages;
mod procedure;
mod prove;
mod seen;
mod survey;
mod words;

use seen::{Pending, References};

const HEAD: &str = "plan.toml";

impl Plan {
    /// Reads and proves a plan.
    ///
    /// # Errors
    /// Every mistake that could be found, each with its place.
    pub fn read(files: Files) -> Result<Self, Box<Faults>> {
        let mut reader = Reader {
            files: &files,
            faults: vec![],
            file: String::new(),
        };
        let plan = reader.plan();
        let faults = reader.faults;
        match plan {
            Some(plan) if faults.is_empty() => Ok(plan),
            _ => Err(Box::new(Faults::new(files, faults))),
        }
    }

    /// Reads and proves the plan in a folder.
    ///
    /// # Errors
    /// As [`Plan::read`], and a fault for each file that cannot be read.
    pub fn from_folder(folder: &std::path::Path) -> Result<Self, Box<Faults>> {
        match Files::from_folder(folder) {
            Ok(files) => Self::read(files),
            Err(faults) => Err(Box::new(Faults::new(Files::default(), faults))),
        }
    }
}
struct Reader<'a> {
    files: &'a Files,
    faults: Vec<Fault>,
    file: String,
}

impl Reader<'_> {
    fn plan(&mut self) -> Option<Plan> {
        let head = self.head();
        let mut plan = Plan {
            head: head?,
            nodes: vec![],
            meetings: vec![],
            sources: BTreeMap::new(),
            series: BTreeMap::new(),
            observations: vec![],
            indicators: vec![],
            checks: vec![],
            requirements: vec![],
            terms: vec![],
            surveys: vec![],
            passages: vec![],
            kinds: vec![],
            procedures: vec![],
            holidays: crate::Holidays::default(),
            order: vec![],
            sha256: self.files.sha256(),
            places: HashMap::new(),
            types: HashMap::new(),
        };
        let mut refs = References::default();
        let mut pending = vec![];
        let mut passages = vec![];
        let mut procedures = vec![];
        let files = self.files;
        let mut readable = true;
        for (path, text) in files.iter().filter(|(path, _)| *path != HEAD) {
            self.file = path.into();
            match self.parse::<raw::Entries>(text) {
                Some(mut entries) => {
                    passages.push((path, std::mem::take(&mut entries.passage)));
                    procedures.push((path, std::mem::take(&mut entries.procedure)));
                    self.entries(entries, &mut plan, &mut refs, &mut pending);
                }
                None => readable = false,
            }
        }
        if !readable {
            // What a file that cannot be read would have defined is not missing.
            return None;
        }
        plan.meetings.sort_by_key(|meeting| meeting.date);
        plan.observations.sort_by(crate::Observation::by_recording);
        self.procedures(&mut plan, &mut refs, procedures);
        self.references(&plan, &refs);
        self.tree(&mut plan, &refs);
        self.series(&plan, &refs);
        self.formulas(&mut plan, &refs, &pending);
        self.surveys(&plan, &refs);
        self.passages(&mut plan, passages);
        Some(plan)
    }

    fn head(&mut self) -> Option<Head> {
        self.file = HEAD.into();
        let Some(text) = self.files.text(HEAD) else {
            self.faults.push(Fault::file(
                HEAD,
                "no-head",
                "plan.toml がありません。",
                "plan.toml is missing.",
                "計画の題名、基準年度などを書いた plan.toml を置いてください。 / Add plan.toml with the plan's title and years.",
            ));
            return None;
        };
        let raw: raw::Head = self.parse(text)?;
        let confidence = self.quantity(&raw.confidence);
        if let Some(level) = &confidence {
            let inside = *level.number() > Number::ZERO && *level.number() < Number::ONE;
            if !inside || !level.dim().is_none() {
                self.fault(
                    &raw.confidence,
                    "bad-confidence",
                    "信頼水準は 0% と 100% の間で書いてください。",
                    "a confidence level lies between 0% and 100%.",
                    "例: \"95%\"",
                );
            }
        }
        Some(Head {
            id: self.id(&raw.id)?,
            title: self.text(&raw.title)?,
            subtitle: self.text(&raw.subtitle)?,
            vision_year: self.period(&raw.vision_year)?,
            base_year: self.period(&raw.base_year)?,
            confidence: confidence?.number().clone(),
            seed: raw.seed,
            published: self.date(&raw.published)?,
            source: raw.source.get_ref().clone(),
            status: self.text(&raw.status)?,
        })
    }

    fn entries(
        &mut self,
        raw: raw::Entries,
        plan: &mut Plan,
        refs: &mut References,
        pending: &mut Vec<Pending>,
    ) {
        for entry in raw.node {
            if let Some(node) = self.node(entry, refs) {
                plan.nodes.push(node);
            }
        }
        for entry in raw.meeting {
            refs.define("meeting", self.place(&entry.id), entry.id.get_ref());
            if let Some(meeting) = self.meeting(&entry) {
                plan.meetings.push(meeting);
            }
        }
        for entry in raw.source {
            refs.define("source", self.place(&entry.id), entry.id.get_ref());
            if let Some(source) = self.source(&entry) {
                plan.sources.insert(source.id.clone(), source);
            }
        }
        for entry in raw.series {
            refs.define("name", self.place(&entry.id), entry.id.get_ref());
            if let Some(series) = self.one_series(&entry) {
                plan.series.insert(series.id.clone(), series);
            }
        }
        for entry in raw.observation {
            if let Some(observation) = self.observation(&entry, refs) {
                plan.observations.push(observation);
            }
        }
        for entry in raw.indicator {
            if let Some(indicator) = self.indicator(entry, refs, pending) {
                plan.places.insert(indicator.id.clone(), plan.indicators.len());
                plan.indicators.push(indicator);
            }
        }
        for entry in raw.check {
            refs.define("check", self.place(&entry.id), entry.id.get_ref());
            if let Some(check) = self.check(&entry, plan.head.vision_year, refs, pending) {
                plan.checks.push(check);
            }
        }
        for entry in raw.requirement {
            refs.define("requirement", self.place(&entry.id), entry.id.get_ref());
            let (id, title, help) = (
                self.id(&entry.id),
                self.text(&entry.title),
                self.text(&entry.help),
            );
            if let (Some(id), Some(title), Some(help)) = (id, title, help) {
                plan.requirements.push(Requirement { id, title, help });
            }
        }
        for entry in raw.term {
            refs.define("term", self.place(&entry.id), entry.id.get_ref());
            let (id, meaning) = (self.id(&entry.id), self.text(&entry.meaning));
            if let (Some(id), Some(meaning)) = (id, meaning) {
                let (ja, en) = (entry.ja.into_inner(), entry.en.into_inner());
                plan.terms.push(Term { id, ja, en, meaning });
            }
        }
        for entry in raw.survey {
            if let Some(survey) = self.survey(entry, refs, pending) {
                plan.surveys.push(survey);
            }
        }
        for entry in raw.kind {
            if let Some(kind) = self.kind(entry, refs) {
                plan.kinds.push(kind);
            }
        }
        for entry in raw.holiday {
            if let Some(holiday) = self.holiday(&entry, refs) {
                plan.holidays.days.push(holiday);
            }
        }
        for entry in raw.closure {
            if let Some(closure) = self.closure(&entry, refs) {
                plan.holidays.closures.push(closure);
            }
        }
    }
}
