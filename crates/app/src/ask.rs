//! The opened plan and what one asks of it.

use std::sync::OnceLock;

use indicator::{Edition, Engine, Settings};
use jiff::civil::Date;
use plan::{Faults, Files, Indicator, Plan};
use record::Calendar;
use vocab::{Period, Refusal};

/// Draws of every simulation that a page or a command runs, unless told otherwise.
const DRAWS: usize = 20_000;

/// A plan ready to answer.
pub struct Rashin {
    plan: Plan,
    files: Files,
    edition: Option<Edition>,
    calendar: OnceLock<Calendar>,
}

/// How an indicator is to be evaluated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Ask {
    /// The year; the indicator's own default without one.
    pub at: Option<Period>,
    /// Inputs and the values that they take, as typed.
    pub set: Vec<(String, String)>,
    /// Only what was recorded up to this day.
    pub as_of: Option<Date>,
    /// Number of draws.
    pub draws: Option<usize>,
    /// Seed; the plan's without one.
    pub seed: Option<u64>,
}

impl Rashin {
    /// Opens a plan: reads and proves its files.
    ///
    /// # Errors
    /// Every mistake in the plan.
    pub fn open(files: Files) -> Result<Self, Box<Faults>> {
        Ok(Self {
            plan: Plan::read(files.clone())?,
            files,
            edition: None,
            calendar: OnceLock::new(),
        })
    }

    /// The same with the last published edition, against which news are told.
    #[must_use]
    pub fn with_edition(self, edition: Option<Edition>) -> Self {
        Self { edition, ..self }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The days on which the ministry is open.
    pub fn calendar(&self) -> &Calendar {
        self.calendar.get_or_init(|| Calendar::new(&self.plan.holidays))
    }

    /// The plan's files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The last published edition.
    pub fn edition(&self) -> Option<&Edition> {
        self.edition.as_ref()
    }

    /// Day of the newest thing known: what "as of" says on pages.
    pub fn as_of(&self) -> Date {
        let newest = self.plan.observations.iter().map(|seen| seen.recorded).max();
        newest.map_or(self.plan.head.published, |day| day.max(self.plan.head.published))
    }

    /// One indicator.
    ///
    /// # Errors
    /// `not-found`, naming the indicators that exist.
    pub fn indicator(&self, id: &str) -> Result<&Indicator, Refusal> {
        self.plan.indicator(id).ok_or_else(|| {
            let mut list: Vec<_> = self
                .plan
                .indicators
                .iter()
                .map(|found| (found.class, found.id.as_str()))
                .collect();
            list.sort_by_key(|(class, _)| *class);
            let list = list
                .into_iter()
                .take(7)
                .map(|(_, id)| id)
                .collect::<Vec<_>>()
                .join(", ");
            not_found(
                &format!("指標「{id}」はありません。指標の一覧（{list} など）から選んでください。"),
                &format!("there is no indicator `{id}`. Choose one of the list ({list} …)."),
            )
        })
    }

    /// The engine for what is known on a day, nothing set.
    pub fn engine(&self, as_of: Option<Date>) -> Engine<'_> {
        Engine::new(&self.plan, as_of, Settings::default())
    }

    pub(crate) fn engine_for(&self, indicator: &Indicator, ask: &Ask) -> Result<Engine<'_>, Refusal> {
        let engine = self.engine(ask.as_of);
        let pairs = ask
            .set
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let settings = engine.settings_for(&indicator.id, pairs)?;
        Ok(engine.with(settings))
    }

    pub(crate) fn draws(ask: &Ask) -> Result<usize, Refusal> {
        match ask.draws {
            None => Ok(DRAWS),
            Some(draws @ 100..=10_000_000) => Ok(draws),
            Some(draws) => Err(Refusal::new(
                "bad-draws",
                format!("試行回数 {draws} は使えません。100 から 10,000,000 の間で指定してください。"),
                format!("{draws} draws cannot be used; give 100 to 10,000,000."),
            )),
        }
    }

    pub(crate) fn seed(&self, ask: &Ask) -> u64 {
        ask.seed.unwrap_or(self.plan.head.seed)
    }
}

/// What does not exist, or may not be read.
pub(crate) fn not_found(ja: &str, en: &str) -> Refusal {
    Refusal::new("not-found", ja, en)
}
