//! A sheet of a plan's values at one period that stays fresh while inputs are set, for a reader who moves a control or a survey
//! that comes in answer by answer.
//!
//! Every formula remembers what it read when it was last computed: a cell, a whole series, an assumption, another formula. Setting
//! an input computes again the formulas that read it, in the plan's order, and from there only those that read a value which
//! really changed. Values are exact, and are those of a fresh [`Engine`] with the same settings. A sheet must never answer with a
//! value that is out of date, and never compute what does not depend on the input.

mod tape;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use formula::{Env, Expr, SeriesValue, Value, eval, no_observation, references, unknown_name};
use plan::{Formula, Input, Key, NodeName, Plan, resolve};
use vocab::{Number, Period, Quantity, Refusal, Unit};

use self::tape::Tape;
use crate::engine::{Engine, Mode, Settings, shown};

/// The values of every formula of a plan at one period, kept fresh.
pub struct Live<'p> {
    engine: Engine<'p>,
    at: Period,
    settings: Settings,
    series: Vec<Series<'p>>,
    assumptions: Vec<Assumption<'p>>,
    /// In the plan's order: each stands after all that it can need.
    nodes: Vec<Node<'p>>,
    places: HashMap<Key, Place>,
    /// The formulas that read what is not a formula.
    readers: HashMap<Read, Readers>,
    tape: Tape,
    /// Whether an input was set to a quantity of another dimension; units are then looked at again.
    alien: bool,
}

/// A name's number on the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Series(usize),
    Assumption(usize),
    Node(usize),
}

/// What a formula can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Read {
    Cell(usize, Period),
    All(Place),
}

struct Series<'p> {
    id: &'p str,
    unit: &'p Unit,
    values: Arc<SeriesValue>,
}

struct Assumption<'p> {
    unit: &'p Unit,
    value: Quantity,
}

/// A formula with its last value and what it read for it.
struct Node<'p> {
    name: &'p NodeName,
    expr: &'p Expr,
    /// The same on the tape, if it is plain arithmetic.
    recorded: Option<Range<usize>>,
    unit: &'p Unit,
    names: Vec<(String, Place)>,
    /// If it asks about a name (`path(…)`), the engine answers, and all that lies below counts as read.
    asks: Option<Vec<Read>>,
    /// What a reader set instead of the formula.
    set: Option<Quantity>,
    value: Result<Quantity, Refusal>,
    /// Whether the tape found the value, so that it has the formula's unit.
    played: bool,
    reads: Vec<Read>,
    /// The formulas that read it.
    readers: Readers,
}

/// Places of formulas, in order: a list, because it is walked far more often than it changes.
type Readers = Vec<usize>;

/// A formula whose value changed, with the new one.
pub type Changed<'l, 'p> = (&'p NodeName, &'l Result<Quantity, Refusal>);

impl<'p> Live<'p> {
    /// Computes every formula of the engine's plan at one period.
    pub fn new(engine: &Engine<'p>, at: Period) -> Self {
        let plan = engine.plan();
        let mut live = Self {
            engine: engine.clone(),
            at,
            settings: Settings::default(),
            series: vec![],
            assumptions: vec![],
            nodes: vec![],
            places: HashMap::new(),
            readers: HashMap::new(),
            tape: Tape::default(),
            alien: false,
        };
        for (id, series) in &plan.series {
            let values = engine
                .observations(id)
                .map(|seen| (seen.period, shown(&seen.value, &series.unit)));
            live.places
                .insert(Key::Series(id.clone()), Place::Series(live.series.len()));
            live.series.push(Series {
                id,
                unit: &series.unit,
                values: Arc::new(values.collect()),
            });
        }
        for indicator in &plan.indicators {
            for assumption in &indicator.assumptions {
                let key = Key::Assumption {
                    indicator: indicator.id.clone(),
                    name: assumption.name.clone(),
                };
                let (unit, value) = (&assumption.unit, shown(&assumption.value, &assumption.unit));
                live.places.insert(key, Place::Assumption(live.assumptions.len()));
                live.assumptions.push(Assumption { unit, value });
            }
        }
        for name in &plan.order {
            let Some(node) = live.node(name) else { continue };
            live.places
                .insert(Key::Formula(name.clone()), Place::Node(live.nodes.len()));
            live.nodes.push(node);
        }
        for (input, value) in engine.settings().iter() {
            live.put(input, value);
        }
        for place in 0..live.nodes.len() {
            if let Some(recorded) = &live.nodes[place].recorded {
                live.rewire(place, live.tape.reads(recorded));
            }
            live.refresh(place);
        }
        live
    }

    /// The period.
    pub fn at(&self) -> Period {
        self.at
    }

    /// All that is set: on the engine from which the sheet was made, and since.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The value of an indicator's step, or its final value without one; `None` if the plan has no such formula.
    pub fn get(&self, name: &NodeName) -> Option<&Result<Quantity, Refusal>> {
        match self.places.get(&Key::Formula(name.clone()))? {
            Place::Node(place) => Some(&self.nodes[*place].value),
            _ => None,
        }
    }

    /// Sets an input and computes again what depends on it. The answer is every formula whose value changed, in the plan's order;
    /// an input that the plan does not know changes nothing.
    pub fn set(&mut self, input: &Input, value: &Quantity) -> Vec<Changed<'_, 'p>> {
        let mut stale = vec![false; self.nodes.len()];
        for place in self.put(input, value) {
            stale[place] = true;
        }
        let mut changed = vec![];
        // A formula stands after all that it reads, so one pass meets each after the last change below it.
        for place in 0..stale.len() {
            if stale[place] && self.refresh(place) {
                changed.push(place);
                for &reader in &self.nodes[place].readers {
                    stale[reader] = true;
                }
            }
        }
        changed
            .into_iter()
            .map(|place| (self.nodes[place].name, &self.nodes[place].value))
            .collect()
    }

    fn node(&mut self, name: &'p NodeName) -> Option<Node<'p>> {
        let plan = self.engine.plan();
        let indicator = plan.indicator(&name.indicator)?;
        let (formula, unit) = match &name.step {
            None => (self.engine.formula_at(indicator, self.at), &indicator.unit),
            Some(step) => indicator.step(step).map(|step| (&step.formula, &step.unit))?,
        };
        let place = |key| self.places.get(&key).copied();
        let references = references(&formula.expr);
        let asks = references.iter().any(|reference| reference.meta.is_some());
        let names = references.into_iter().filter_map(|reference| {
            let found = resolve(plan, Some(&name.indicator), &reference.name).and_then(place);
            found.map(|place| (reference.name, place))
        });
        let names: Vec<(String, Place)> = names.collect();
        let asks = asks.then(|| self.below(name));
        let recorded = self.tape.record(&formula.expr, self.at, &names);
        Some(Node {
            name,
            expr: &formula.expr,
            recorded,
            unit,
            names,
            asks,
            set: None,
            value: Err(unknown_name(&name.to_string())),
            played: false,
            reads: vec![],
            readers: vec![],
        })
    }

    /// Everything that a formula can reach, at whatever period.
    fn below(&self, name: &NodeName) -> Vec<Read> {
        let plan = self.engine.plan();
        let mut reached = HashSet::from([Key::Formula(name.clone())]);
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            for key in needs(plan, &name) {
                if let Key::Formula(node) = &key
                    && !reached.contains(&key)
                {
                    open.push(node.clone());
                }
                reached.insert(key);
            }
        }
        reached
            .iter()
            .filter_map(|key| self.places.get(key).copied().map(Read::All))
            .collect()
    }

    fn readers(&self, read: Read) -> impl Iterator<Item = usize> {
        let readers = match read {
            Read::All(Place::Node(place)) => Some(&self.nodes[place].readers),
            read => self.readers.get(&read),
        };
        readers.into_iter().flatten().copied()
    }

    /// Puts a value where formulas read it; the answer is the formulas that have to be computed again.
    fn put(&mut self, input: &Input, value: &Quantity) -> Vec<usize> {
        let key = match input {
            Input::Observed { series, .. } => Some(Key::Series(series.clone())),
            Input::Named { indicator, name } => {
                resolve(self.engine.plan(), None, &format!("{indicator}.{name}"))
            }
        };
        let Some(place) = key.and_then(|key| self.places.get(&key).copied()) else {
            return vec![];
        };
        self.settings.set(input.clone(), value.clone());
        let mut stale: Vec<usize> = self.readers(Read::All(place)).collect();
        match (place, input) {
            (Place::Series(place), Input::Observed { period, .. }) => {
                let Series { unit, values, .. } = &mut self.series[place];
                self.alien |= value.dim() != unit.dim();
                Arc::make_mut(values).insert(*period, shown(value, unit));
                stale.extend(self.readers(Read::Cell(place, *period)));
            }
            (Place::Assumption(place), _) => {
                let assumption = &mut self.assumptions[place];
                self.alien |= value.dim() != assumption.unit.dim();
                assumption.value = shown(value, assumption.unit);
            }
            (Place::Node(place), _) => {
                self.alien |= value.dim() != self.nodes[place].unit.dim();
                self.nodes[place].set = Some(value.clone());
                stale.push(place);
            }
            (Place::Series(_), Input::Named { .. }) => {}
        }
        stale
    }

    /// Computes one formula again; the answer is whether its value changed.
    fn refresh(&mut self, place: usize) -> bool {
        if let Some(number) = self.plain(&self.nodes[place]) {
            return self.nodes[place].play(number);
        }
        let node = &self.nodes[place];
        let (value, reads) = if let Some(set) = &node.set {
            (Ok(set.clone()), Some(vec![]))
        } else if let Some(below) = &node.asks {
            let engine = self.engine.with(self.settings.clone());
            let found = engine.run(self.at).outcome(node.name, Mode::Exact);
            (found.map(|found| found.value), Some(below.clone()))
        } else {
            let reads = RefCell::default();
            let reading = Reading {
                live: self,
                names: &node.names,
                reads: &reads,
            };
            let value = match eval(node.expr, &reading) {
                Ok(Value::Quantity(value, _)) => Ok(shown(&value, node.unit)),
                Ok(_) => Err(unknown_name(&node.name.to_string())),
                Err(fault) => Err(Refusal {
                    kind: fault.kind,
                    ja: fault.ja,
                    en: fault.en,
                }),
            };
            (value, node.recorded.is_none().then(|| reads.into_inner()))
        };
        let changed = !same(&node.value, &value);
        self.nodes[place].value = value;
        self.nodes[place].played = false;
        if let Some(reads) = reads {
            self.rewire(place, reads);
        }
        changed
    }

    fn plain(&self, node: &Node<'_>) -> Option<Number> {
        if self.alien || node.set.is_some() || node.asks.is_some() {
            return None;
        }
        let read = |read| match read {
            Read::Cell(series, period) => self.series[series].values.get(&period),
            Read::All(Place::Assumption(place)) => Some(&self.assumptions[place].value),
            Read::All(Place::Node(place)) => self.nodes[place].value.as_ref().ok(),
            Read::All(Place::Series(_)) => None,
        };
        self.tape
            .play(node.recorded.as_ref()?, |place| read(place).map(Quantity::number))
    }

    fn rewire(&mut self, place: usize, reads: Vec<Read>) {
        if self.nodes[place].reads == reads {
            return;
        }
        for read in std::mem::take(&mut self.nodes[place].reads) {
            self.readers_mut(read).retain(|reader| *reader != place);
        }
        for read in &reads {
            let readers = self.readers_mut(*read);
            if let Err(at) = readers.binary_search(&place) {
                readers.insert(at, place);
            }
        }
        self.nodes[place].reads = reads;
    }

    fn readers_mut(&mut self, read: Read) -> &mut Readers {
        match read {
            Read::All(Place::Node(place)) => &mut self.nodes[place].readers,
            read => self.readers.entry(read).or_default(),
        }
    }
}

impl Node<'_> {
    /// Takes a number that the tape found; the answer is whether the value changed.
    fn play(&mut self, number: Number) -> bool {
        match &mut self.value {
            // The unit stands already: only the number is looked at and replaced, which is most of the work of a large sheet.
            Ok(value) if self.played => {
                let changed = *value.number() != number || value.number().is_exact() != number.is_exact();
                value.set_base(number);
                changed
            }
            _ => {
                let value = Ok(Quantity::from_base(number, self.unit.clone()));
                let changed = !same(&self.value, &value);
                self.value = value;
                self.played = true;
                changed
            }
        }
    }
}

/// What the formulas name by which one value may be found, at one period or another.
fn needs(plan: &Plan, name: &NodeName) -> Vec<Key> {
    let Some(indicator) = plan.indicator(&name.indicator) else {
        return vec![];
    };
    let formulas: Vec<&Formula> = match &name.step {
        Some(step) => indicator
            .step(step)
            .map(|step| &step.formula)
            .into_iter()
            .collect(),
        None => std::iter::once(&indicator.formula)
            .chain(&indicator.observed)
            .collect(),
    };
    let references = formulas.into_iter().flat_map(|formula| references(&formula.expr));
    references
        .filter_map(|reference| resolve(plan, Some(&indicator.id), &reference.name))
        .collect()
}

/// Two numbers can be equal and one of them cut from an irrational one.
fn same(a: &Result<Quantity, Refusal>, b: &Result<Quantity, Refusal>) -> bool {
    let exact =
        |value: &Result<Quantity, Refusal>| value.as_ref().is_ok_and(|value| value.number().is_exact());
    a == b && exact(a) == exact(b)
}

/// The names of one formula, logged before they are looked up: a value that is missing is read too.
struct Reading<'l, 'p> {
    live: &'l Live<'p>,
    names: &'l [(String, Place)],
    reads: &'l RefCell<Vec<Read>>,
}

impl Reading<'_, '_> {
    fn place(&self, name: &str) -> Result<Place, Refusal> {
        let found = self.names.iter().find(|(seen, _)| seen == name);
        found.map(|(_, place)| *place).ok_or_else(|| unknown_name(name))
    }

    fn log(&self, read: Read) {
        let mut reads = self.reads.borrow_mut();
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
}

impl Env for Reading<'_, '_> {
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        let place = self.place(name)?;
        self.log(Read::All(place));
        match place {
            Place::Series(place) => Ok(Value::Series(Arc::clone(&self.live.series[place].values))),
            Place::Assumption(place) => Ok(Value::from(self.live.assumptions[place].value.clone())),
            Place::Node(place) => self.live.nodes[place].value.clone().map(Value::from),
        }
    }

    fn at(&self) -> Option<Period> {
        Some(self.live.at)
    }

    fn index(&self, series: &str, period: Period) -> Result<Value, Refusal> {
        let Place::Series(place) = self.place(series)? else {
            return Err(unknown_name(series));
        };
        self.log(Read::Cell(place, period));
        let Series { id, values, .. } = &self.live.series[place];
        let value = values.get(&period).ok_or_else(|| no_observation(id, period))?;
        Ok(Value::Quantity(value.clone(), Some(period)))
    }
}
