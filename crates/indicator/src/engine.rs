//! Evaluates a plan's indicators exactly, with lineage.
//!
//! An [`Engine`] is a plan as it was known on one day, with what a reader set. It computes every
//! formula in two ways at once: *exactly* (nothing rounded on the way) and on the *printed path*
//! (each part that the report carries on takes the figure that the report prints). It never
//! simulates, reads a clock or touches a file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use formula::{Env, Fault, SeriesValue, Value, no_observation, unknown_name};
use jiff::civil::Date;
use plan::{Formula, Indicator, Input, Key, NodeName, Observation, Plan, Step, resolve};
use vocab::{Number, Period, Quantity, Refusal, Unit};

/// What a reader sets: inputs and the values they take instead of the plan's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings(BTreeMap<Input, Quantity>);

impl Settings {
    /// Sets an input.
    pub fn set(&mut self, input: Input, value: Quantity) {
        self.0.insert(input, value);
    }

    /// The inputs that are set, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Input, &Quantity)> {
        self.0.iter()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value set for an input.
    pub fn get(&self, input: &Input) -> Option<&Quantity> {
        self.0.get(input)
    }
}

/// Which of the two computations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    Exact,
    Path,
}

/// A plan as known on one day, with a reader's settings.
#[derive(Clone)]
pub struct Engine<'p> {
    plan: &'p Plan,
    known: Arc<HashMap<&'p str, Known<'p>>>,
    /// Series in which a reader set an observation.
    set: HashMap<String, Arc<SeriesValue>>,
    settings: Settings,
    as_of: Option<Date>,
}

/// A series as known on the engine's day.
#[derive(Default)]
struct Known<'p> {
    observations: BTreeMap<Period, &'p Observation>,
    values: Arc<SeriesValue>,
}

/// One value that a formula used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    Formula(NodeName),
    FormulaAt { name: NodeName, at: Period },
    Assumption { indicator: String, name: String },
    Observed { series: String, period: Period },
    Series(String),
}

/// What came of one formula.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub value: Quantity,
    pub uses: Vec<Use>,
    /// Whether anything below was set by a reader or restated after the report.
    pub moved: bool,
}

impl<'p> Engine<'p> {
    /// The plan with every observation recorded up to `as_of` (all of them without one).
    pub fn new(plan: &'p Plan, as_of: Option<Date>, settings: Settings) -> Self {
        let mut known: HashMap<&str, Known<'_>> = HashMap::new();
        // Observations stand in the order of recording, so a later one replaces an earlier one.
        for seen in plan
            .observations
            .iter()
            .filter(|seen| as_of.is_none_or(|day| seen.recorded <= day))
        {
            known
                .entry(&seen.series)
                .or_default()
                .observations
                .insert(seen.period, seen);
        }
        for (id, series) in &mut known {
            let Some(definition) = plan.series.get(*id) else {
                continue;
            };
            let values = series
                .observations
                .iter()
                .map(|(period, seen)| (*period, shown(&seen.value, &definition.unit)));
            series.values = Arc::new(values.collect());
        }
        Self {
            plan,
            known: Arc::new(known),
            set: HashMap::new(),
            settings: Settings::default(),
            as_of,
        }
        .with(settings)
    }

    /// The same knowledge with other settings; what is known is shared, not copied.
    #[must_use]
    pub fn with(&self, settings: Settings) -> Self {
        let mut set: HashMap<String, Arc<SeriesValue>> = HashMap::new();
        for (input, value) in settings.iter() {
            let Input::Observed { series, period } = input else {
                continue;
            };
            let Some(definition) = self.plan.series.get(series) else {
                continue;
            };
            let values = set
                .entry(series.clone())
                .or_insert_with(|| self.known_values(series));
            Arc::make_mut(values).insert(*period, shown(value, &definition.unit));
        }
        Self {
            plan: self.plan,
            known: Arc::clone(&self.known),
            set,
            settings,
            as_of: self.as_of,
        }
    }

    fn known_values(&self, series: &str) -> Arc<SeriesValue> {
        self.known
            .get(series)
            .map(|known| Arc::clone(&known.values))
            .unwrap_or_default()
    }

    fn values(&self, series: &str) -> Arc<SeriesValue> {
        self.set
            .get(series)
            .map_or_else(|| self.known_values(series), Arc::clone)
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The day up to which observations are known; none for all.
    pub fn as_of(&self) -> Option<Date> {
        self.as_of
    }

    /// What the reader set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The observation of a series for a period, as known.
    pub fn observation(&self, series: &str, period: Period) -> Option<&'p Observation> {
        self.known.get(series)?.observations.get(&period).copied()
    }

    /// The known observations of a series, by period.
    pub fn observations(&self, series: &str) -> impl Iterator<Item = &'p Observation> {
        self.known
            .get(series)
            .into_iter()
            .flat_map(|known| known.observations.values().copied())
    }

    /// The periods at which an indicator is observed.
    pub fn observed_periods(&self, indicator: &Indicator) -> Vec<Period> {
        indicator
            .observes
            .iter()
            .flat_map(|series| self.observations(series))
            .map(|seen| seen.period)
            .collect()
    }

    /// The year at which an indicator is shown when none is named: its target's, else the last observed one, else the plan's base.
    pub fn default_period(&self, indicator: &Indicator) -> Period {
        let target = indicator.target.as_ref().map(|target| target.period);
        let observed = || self.observed_periods(indicator).last().copied();
        target.or_else(observed).unwrap_or(self.plan.head.base_year)
    }

    /// The formula by which an indicator is found at a period.
    pub(crate) fn formula_at<'i>(&self, indicator: &'i Indicator, at: Period) -> &'i Formula {
        match (&indicator.observed, &indicator.observes) {
            (Some(observed), Some(series)) if self.observation(series, at).is_some() => observed,
            _ => &indicator.formula,
        }
    }

    /// A computation at one period. Values already found are kept for as long as it lives.
    pub fn run(&self, at: Period) -> Run<'_, 'p> {
        Run {
            engine: self,
            at,
            found: RefCell::default(),
        }
    }

    /// Whether an observation is what the report knew, not a later re-statement.
    fn restated(&self, series: &str, period: Period) -> bool {
        self.observation(series, period)
            .is_some_and(|seen| seen.recorded > self.plan.head.published)
    }
}

/// Values of a plan's formulas at one period.
pub struct Run<'e, 'p> {
    engine: &'e Engine<'p>,
    at: Period,
    found: RefCell<HashMap<(NodeName, Mode), Result<Outcome, Refusal>>>,
}

impl<'e, 'p> Run<'e, 'p> {
    /// The engine whose plan is computed.
    pub fn engine(&self) -> &'e Engine<'p> {
        self.engine
    }

    /// The period.
    pub fn at(&self) -> Period {
        self.at
    }

    /// An indicator's final value, nothing rounded on the way.
    ///
    /// # Errors
    /// `no_observation` where a value is missing ([`is_missing`]), else the fault of the formula.
    pub fn value(&self, indicator: &str) -> Result<Quantity, Refusal> {
        self.outcome(
            &NodeName {
                indicator: indicator.into(),
                step: None,
            },
            Mode::Exact,
        )
        .map(|found| found.value)
    }

    /// An indicator's final value on the printed path, before its own rounding.
    ///
    /// # Errors
    /// As [`Run::value`].
    pub fn path(&self, indicator: &str) -> Result<Quantity, Refusal> {
        self.outcome(
            &NodeName {
                indicator: indicator.into(),
                step: None,
            },
            Mode::Path,
        )
        .map(|found| found.value)
    }

    /// A step's value, nothing rounded on the way.
    ///
    /// # Errors
    /// As [`Run::value`].
    pub fn step(&self, indicator: &str, step: &str) -> Result<Quantity, Refusal> {
        let name = NodeName {
            indicator: indicator.into(),
            step: Some(step.into()),
        };
        self.outcome(&name, Mode::Exact).map(|found| found.value)
    }

    /// Evaluates a formula that nothing else names, such as a check or an implied path.
    ///
    /// # Errors
    /// As [`Run::value`].
    pub fn eval(&self, indicator: Option<&str>, formula: &Formula) -> Result<Value, Refusal> {
        self.eval_with_uses(indicator, formula).map(|(value, _)| value)
    }

    pub(crate) fn eval_with_uses(
        &self,
        indicator: Option<&str>,
        formula: &Formula,
    ) -> Result<(Value, Vec<Use>), Refusal> {
        let scope = Names {
            run: self,
            indicator,
            mode: Mode::Exact,
            uses: RefCell::default(),
        };
        let value = formula::eval(&formula.expr, &scope).map_err(refusal)?;
        Ok((value, scope.uses.into_inner()))
    }

    pub(crate) fn outcome(&self, name: &NodeName, mode: Mode) -> Result<Outcome, Refusal> {
        if let Some(found) = self.found.borrow().get(&(name.clone(), mode)) {
            return found.clone();
        }
        let found = self.compute(name, mode);
        self.found
            .borrow_mut()
            .insert((name.clone(), mode), found.clone());
        found
    }

    fn compute(&self, name: &NodeName, mode: Mode) -> Result<Outcome, Refusal> {
        let indicator = self
            .engine
            .plan
            .indicator(&name.indicator)
            .ok_or_else(|| unknown_name(&name.indicator))?;
        let (formula, unit) = match &name.step {
            None => (self.engine.formula_at(indicator, self.at), &indicator.unit),
            Some(step) => {
                let input = Input::Named {
                    indicator: name.indicator.clone(),
                    name: step.clone(),
                };
                if let Some(value) = self.engine.settings.get(&input) {
                    return Ok(Outcome {
                        value: value.clone(),
                        uses: vec![],
                        moved: true,
                    });
                }
                let step = indicator
                    .step(step)
                    .ok_or_else(|| unknown_name(&name.to_string()))?;
                (&step.formula, &step.unit)
            }
        };
        let scope = Names {
            run: self,
            indicator: Some(&name.indicator),
            mode,
            uses: RefCell::default(),
        };
        let value = formula::eval(&formula.expr, &scope).map_err(refusal)?;
        let uses = scope.uses.into_inner();
        let Value::Quantity(value, _) = value else {
            return Err(unknown_name(&name.to_string()));
        };
        let moved = uses.iter().any(|used| self.moved(used, mode));
        Ok(Outcome {
            value: shown(&value, unit),
            uses,
            moved,
        })
    }

    fn moved(&self, used: &Use, mode: Mode) -> bool {
        match used {
            Use::Formula(name) => self.outcome(name, mode).is_ok_and(|found| found.moved),
            Use::FormulaAt { name, at } => self
                .engine
                .run(*at)
                .outcome(name, mode)
                .is_ok_and(|found| found.moved),
            Use::Assumption { indicator, name } => {
                let input = Input::Named {
                    indicator: indicator.clone(),
                    name: name.clone(),
                };
                self.engine.settings.get(&input).is_some()
            }
            Use::Observed { series, period } => self.observation_moved(series, *period),
            Use::Series(series) => self
                .engine
                .observations(series)
                .any(|seen| self.observation_moved(series, seen.period)),
        }
    }

    fn observation_moved(&self, series: &str, period: Period) -> bool {
        let input = Input::Observed {
            series: series.into(),
            period,
        };
        self.engine.settings.get(&input).is_some() || self.engine.restated(series, period)
    }

    /// The figure of a step that the report carries on: its own printed one while its inputs are the report's, else the value
    /// rounded in the same way.
    pub(crate) fn carried(step: &Step, found: &Outcome) -> Quantity {
        if !step.carried {
            return found.value.clone();
        }
        match (&step.printed, &step.round) {
            (Some(printed), _) if !found.moved => shown(printed, &step.unit),
            (_, Some(quantum)) => rounded(&found.value, quantum),
            _ => found.value.clone(),
        }
    }
}

/// The names of one formula, logged as they are used.
struct Names<'r, 'e, 'p> {
    run: &'r Run<'e, 'p>,
    indicator: Option<&'r str>,
    mode: Mode,
    uses: RefCell<Vec<Use>>,
}

impl Names<'_, '_, '_> {
    fn log(&self, used: Use) {
        let mut uses = self.uses.borrow_mut();
        if !uses.contains(&used) {
            uses.push(used);
        }
    }

    fn key(&self, name: &str) -> Result<Key, Refusal> {
        resolve(self.run.engine.plan, self.indicator, name).ok_or_else(|| unknown_name(name))
    }
}

impl Env for Names<'_, '_, '_> {
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        let engine = self.run.engine;
        match self.key(name)? {
            Key::Series(id) => {
                let series = engine.values(&id);
                self.log(Use::Series(id));
                Ok(Value::Series(series))
            }
            Key::Assumption { indicator, name } => {
                let found = engine
                    .plan
                    .indicator(&indicator)
                    .and_then(|found| found.assumption(&name));
                let assumption = found.ok_or_else(|| unknown_name(&name))?;
                let input = Input::Named {
                    indicator: indicator.clone(),
                    name: name.clone(),
                };
                let value = shown(
                    engine.settings.get(&input).unwrap_or(&assumption.value),
                    &assumption.unit,
                );
                self.log(Use::Assumption { indicator, name });
                Ok(Value::from(value))
            }
            Key::Formula(node) => {
                self.log(Use::Formula(node.clone()));
                let found = self.run.outcome(&node, self.mode)?;
                let step = node
                    .step
                    .as_deref()
                    .and_then(|step| engine.plan.indicator(&node.indicator)?.step(step));
                Ok(Value::from(match (self.mode, step) {
                    (Mode::Path, Some(step)) => Run::carried(step, &found),
                    _ => found.value,
                }))
            }
        }
    }

    fn at(&self) -> Option<Period> {
        Some(self.run.at)
    }

    fn index(&self, series: &str, period: Period) -> Result<Value, Refusal> {
        let id = match self.key(series)? {
            Key::Series(id) => id,
            Key::Formula(name) => {
                let found = self.run.engine.run(period).outcome(&name, self.mode)?;
                self.log(Use::FormulaAt { name, at: period });
                return Ok(Value::from(found.value));
            }
            Key::Assumption { .. } => return Err(unknown_name(series)),
        };
        let values = self.run.engine.values(&id);
        let value = values
            .get(&period)
            .ok_or_else(|| no_observation(&id, period))?
            .clone();
        self.log(Use::Observed { series: id, period });
        Ok(Value::Quantity(value, Some(period)))
    }

    fn meta(&self, function: &str, name: &str, period: Option<Period>) -> Result<Value, Refusal> {
        let engine = self.run.engine;
        let key = self.key(name)?;
        match (function, key) {
            ("printed", Key::Formula(node)) => {
                let indicator = engine.plan.indicator(&node.indicator);
                let printed = match &node.step {
                    Some(step) => indicator.and_then(|found| found.step(step)?.printed.clone()),
                    None => indicator.and_then(|found| {
                        Some(found.printed_at(period.unwrap_or(self.run.at))?.value.clone())
                    }),
                };
                let at = period.unwrap_or(self.run.at);
                self.log(Use::FormulaAt { name: node, at });
                Ok(Value::from(printed.ok_or_else(|| not_printed(name))?))
            }
            ("path", Key::Formula(node)) => {
                self.log(Use::Formula(node.clone()));
                let found = match period {
                    Some(period) if period != self.run.at => engine.run(period).outcome(&node, Mode::Path)?,
                    _ => self.run.outcome(&node, Mode::Path)?,
                };
                Ok(Value::from(found.value))
            }
            ("recorded", Key::Series(id)) => {
                let period = period.ok_or_else(|| unknown_name(name))?;
                let seen = engine
                    .observation(&id, period)
                    .ok_or_else(|| no_observation(&id, period))?;
                self.log(Use::Observed { series: id, period });
                Ok(Value::Date(seen.recorded))
            }
            ("sources", Key::Series(id)) => {
                let mut sources: Vec<&str> = engine
                    .observations(&id)
                    .map(|seen| seen.via.as_deref().unwrap_or(&seen.source))
                    .collect();
                sources.sort_unstable();
                sources.dedup();
                self.log(Use::Series(id));
                Ok(Value::from(Quantity::plain(Number::from(
                    i64::try_from(sources.len()).unwrap_or(i64::MAX),
                ))))
            }
            ("period", Key::Series(id)) => {
                let latest = engine.observations(&id).last().map(|seen| seen.period);
                let period = period.or(latest).ok_or_else(|| unknown_name(name))?;
                self.log(Use::Observed { series: id, period });
                Ok(Value::Period(period))
            }
            _ => Err(unknown_name(name)),
        }
    }
}

/// A quantity in another unit of its dimension; the plan's check has proved that the dimensions agree.
pub(crate) fn shown(quantity: &Quantity, unit: &Unit) -> Quantity {
    quantity.shown_in(unit).unwrap_or_else(|_| quantity.clone())
}

/// A quantity rounded to a quantum of its dimension, as statistics print it (四捨五入).
pub(crate) fn rounded(quantity: &Quantity, quantum: &Quantity) -> Quantity {
    quantity.round_to(quantum).unwrap_or_else(|_| quantity.clone())
}

/// Whether a refusal says that data are missing, rather than that something is wrong. "No report" is not zero.
pub fn is_missing(refusal: &Refusal) -> bool {
    matches!(refusal.kind, "no_observation" | "empty")
}

fn refusal(fault: Fault) -> Refusal {
    Refusal {
        kind: fault.kind,
        ja: fault.ja,
        en: fault.en,
    }
}

fn not_printed(name: &str) -> Refusal {
    Refusal::new(
        "not_printed",
        format!("「{name}」の値を報告書は示していません。"),
        format!("The report prints no figure for “{name}”."),
    )
}
