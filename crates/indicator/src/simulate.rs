//! Simulation: the plan's formulas over many draws of what is uncertain.
//!
//! Inputs that the report prints to a digit vary within their rounding; assumptions vary as the plan
//! says. Formulas are compiled once, in the order in which they need each other, and run block by
//! block so that a block's columns stay in the cache. The same seed gives the same draws to the bit,
//! whatever the number of threads, and an input keeps its draws when others come or go.

use std::collections::HashMap;
use std::thread;

use formula::{Bind, Expr, Program, Scope, Slot, Type, compile};
use plan::{Formula, Input, Key, NodeName, Spread, resolve};
use vocab::{Period, Quantity, Refusal};

use crate::engine::Engine;
use crate::stats::sample;

/// What is simulated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Indicator id.
    pub indicator: String,
    /// The implied path instead of the indicator's own formula.
    pub implied: bool,
    /// Period.
    pub at: Period,
}

/// Compiled formulas with the spreads of their inputs.
pub struct Simulation {
    inputs: Vec<(Input, sample::Spread)>,
    stages: Vec<Stage>,
    outputs: Vec<(Column, f64)>,
}

/// Where a value stands: a column of draws, or the result of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Input(usize),
    Stage(usize),
}

struct Stage {
    program: Program,
    reads: Vec<Column>,
}

/// Draws by output, in the display unit of each indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws(pub Vec<Vec<f64>>);

impl Simulation {
    /// Compiles what is wanted.
    ///
    /// # Errors
    /// A refusal where a formula has no value, or cannot be simulated.
    pub fn new(engine: &Engine<'_>, wanted: &[Wanted]) -> Result<Self, Refusal> {
        let mut builder = Builder {
            engine,
            inputs: vec![],
            stages: vec![],
            nodes: HashMap::new(),
        };
        let mut outputs = vec![];
        for one in wanted {
            let indicator = engine
                .plan()
                .indicator(&one.indicator)
                .ok_or_else(|| formula::unknown_name(&one.indicator))?;
            let column = match (&indicator.implied, one.implied) {
                (Some(implied), true) => builder.stage(Some(&one.indicator), &implied.formula, one.at)?,
                _ => builder.node(
                    &NodeName {
                        indicator: one.indicator.clone(),
                        step: None,
                    },
                    one.at,
                )?,
            };
            outputs.push((column, indicator.unit.factor().to_f64()));
        }
        Ok(Self {
            inputs: builder.inputs,
            stages: builder.stages,
            outputs,
        })
    }

    /// The inputs that vary, with their spreads in base units.
    pub fn inputs(&self) -> &[(Input, sample::Spread)] {
        &self.inputs
    }

    /// The draws of one input, in base units, as [`Simulation::run`] uses them.
    ///
    /// # Errors
    /// A refusal if the spread contradicts itself.
    pub fn column(&self, input: &Input, draws: usize, seed: u64) -> Result<Vec<f64>, Refusal> {
        let mut column = vec![0.0; draws];
        if let Some((input, spread)) = self.inputs.iter().find(|(seen, _)| seen == input) {
            spread.fill(&mut column, seed, stream(input))?;
        }
        Ok(column)
    }

    /// Runs so many draws on all processors.
    ///
    /// # Errors
    /// A refusal if a spread contradicts itself.
    pub fn run(&self, draws: usize, seed: u64) -> Result<Draws, Refusal> {
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.run_on(draws, seed, threads)
    }

    /// Runs so many draws on so many threads; the draws do not depend on the number.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_on(&self, draws: usize, seed: u64, threads: usize) -> Result<Draws, Refusal> {
        let mut columns: Vec<Vec<f64>> = self.outputs.iter().map(|_| vec![0.0; draws]).collect();
        let blocks = draws.div_ceil(sample::BLOCK).max(1);
        let share = blocks.div_ceil(threads.max(1)) * sample::BLOCK;
        // Each thread owns the same stretch of every output column.
        let mut stretches: Vec<Vec<&mut [f64]>> = vec![];
        for column in &mut columns {
            for (place, stretch) in column.chunks_mut(share.max(1)).enumerate() {
                if stretches.len() <= place {
                    stretches.push(vec![]);
                }
                stretches[place].push(stretch);
            }
        }
        let work = |(place, mut stretch): (usize, Vec<&mut [f64]>)| {
            self.run_stretch(&mut stretch, (place * share / sample::BLOCK) as u64, seed)
        };
        if stretches.len() <= 1 {
            stretches.into_iter().enumerate().try_for_each(work)?;
        } else {
            thread::scope(|scope| {
                let handles: Vec<_> = stretches
                    .into_iter()
                    .enumerate()
                    .map(|part| scope.spawn(move || work(part)))
                    .collect();
                handles.into_iter().try_for_each(|handle| {
                    handle
                        .join()
                        .unwrap_or_else(|cause| std::panic::resume_unwind(cause))
                })
            })?;
        }
        Ok(Draws(columns))
    }

    fn run_stretch(&self, out: &mut [&mut [f64]], first_block: u64, seed: u64) -> Result<(), Refusal> {
        let length = out.first().map_or(0, |column| column.len());
        let mut inputs = vec![vec![0.0; sample::BLOCK]; self.inputs.len()];
        let mut results = vec![vec![0.0; sample::BLOCK]; self.stages.len()];
        for (block, start) in (first_block..).zip((0..length).step_by(sample::BLOCK)) {
            let lanes = sample::BLOCK.min(length - start);
            for ((input, spread), column) in self.inputs.iter().zip(&mut inputs) {
                spread.fill_block(&mut column[..lanes], seed, stream(input), block)?;
            }
            for place in 0..self.stages.len() {
                let (before, rest) = results.split_at_mut(place);
                let stage = &self.stages[place];
                let reads: Vec<&[f64]> = stage
                    .reads
                    .iter()
                    .map(|column| match column {
                        Column::Input(input) => &inputs[*input][..lanes],
                        Column::Stage(stage) => &before[*stage][..lanes],
                    })
                    .collect();
                stage.program.run(&reads, &mut [&mut rest[0][..lanes]]);
            }
            for ((column, factor), out) in self.outputs.iter().zip(out.iter_mut()) {
                let values = match column {
                    Column::Input(input) => &inputs[*input],
                    Column::Stage(stage) => &results[*stage],
                };
                for (to, from) in out[start..start + lanes].iter_mut().zip(values) {
                    *to = from / factor;
                }
            }
        }
        Ok(())
    }
}

/// A stream of draws that belongs to an input's name alone (FNV-1a).
fn stream(input: &Input) -> u64 {
    input
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

struct Builder<'e, 'p> {
    engine: &'e Engine<'p>,
    inputs: Vec<(Input, sample::Spread)>,
    stages: Vec<Stage>,
    nodes: HashMap<(NodeName, Period), Column>,
}

impl Builder<'_, '_> {
    fn node(&mut self, name: &NodeName, at: Period) -> Result<Column, Refusal> {
        if let Some(column) = self.nodes.get(&(name.clone(), at)) {
            return Ok(*column);
        }
        let plan = self.engine.plan();
        let indicator = plan
            .indicator(&name.indicator)
            .ok_or_else(|| formula::unknown_name(&name.indicator))?;
        let formula = match &name.step {
            None => self.engine.formula_at(indicator, at),
            Some(step) => {
                &indicator
                    .step(step)
                    .ok_or_else(|| formula::unknown_name(step))?
                    .formula
            }
        };
        let column = self.stage(Some(&name.indicator), formula, at)?;
        self.nodes.insert((name.clone(), at), column);
        Ok(column)
    }

    fn stage(&mut self, indicator: Option<&str>, formula: &Formula, at: Period) -> Result<Column, Refusal> {
        let mut names = Names {
            builder: self,
            indicator,
            at,
            reads: vec![],
            refused: None,
        };
        let program = compile(&[&formula.expr], &mut names);
        let (reads, refused) = (names.reads, names.refused);
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        let program = program.map_err(|fault| Refusal {
            kind: fault.kind,
            ja: fault.ja,
            en: fault.en,
        })?;
        self.stages.push(Stage { program, reads });
        Ok(Column::Stage(self.stages.len() - 1))
    }

    fn input(&mut self, input: Input, spread: sample::Spread) -> Column {
        let place = self
            .inputs
            .iter()
            .position(|(seen, _)| *seen == input)
            .unwrap_or_else(|| {
                self.inputs.push((input, spread));
                self.inputs.len() - 1
            });
        Column::Input(place)
    }
}

/// The spread of an observation within its rounding, in base units.
pub(crate) fn rounding_spread(value: &Quantity, rounding: &Quantity) -> (f64, f64) {
    let half = rounding.number().to_f64() / 2.0;
    (value.number().to_f64() - half, value.number().to_f64() + half)
}

/// The spread of an assumption around a value, in base units.
pub(crate) fn assumption_spread(value: &Quantity, spread: &Spread) -> sample::Spread {
    let base = |quantity: &Quantity| quantity.number().to_f64();
    let mean = base(value);
    match spread {
        Spread::None => sample::Spread::None { value: mean },
        Spread::Uniform { low, high } => sample::Spread::Uniform {
            low: base(low),
            high: base(high),
        },
        Spread::Normal { sd } => sample::Spread::Normal { mean, sd: base(sd) },
        Spread::StudentT { scale, df } => sample::Spread::StudentT {
            loc: mean,
            scale: base(scale),
            df: *df,
        },
        Spread::Triangular { low, mode, high } => sample::Spread::Triangular {
            low: base(low),
            mode: base(mode),
            high: base(high),
        },
    }
}

/// The names of one formula while it is compiled.
struct Names<'b, 'e, 'p> {
    builder: &'b mut Builder<'e, 'p>,
    indicator: Option<&'b str>,
    at: Period,
    reads: Vec<Column>,
    refused: Option<Refusal>,
}

impl Names<'_, '_, '_> {
    fn read(&mut self, column: Column) -> Slot {
        let place = self
            .reads
            .iter()
            .position(|seen| *seen == column)
            .unwrap_or_else(|| {
                self.reads.push(column);
                self.reads.len() - 1
            });
        Slot::Column(place)
    }
}

impl Scope for Names<'_, '_, '_> {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.builder.engine.plan().type_of(self.indicator, name)
    }

    fn names(&self) -> Vec<String> {
        vec![]
    }
}

impl Bind for Names<'_, '_, '_> {
    fn scalar(&mut self, name: &str) -> Option<Slot> {
        let engine = self.builder.engine;
        match resolve(engine.plan(), self.indicator, name)? {
            Key::Series(_) => None,
            Key::Assumption { indicator, name } => {
                let assumption = engine.plan().indicator(&indicator)?.assumption(&name)?;
                let input = Input::Named { indicator, name };
                if let Some(set) = engine.settings().get(&input) {
                    return Some(Slot::Const(set.number().to_f64()));
                }
                match assumption_spread(&assumption.value, &assumption.spread) {
                    sample::Spread::None { value } => Some(Slot::Const(value)),
                    spread => {
                        let column = self.builder.input(input, spread);
                        Some(self.read(column))
                    }
                }
            }
            Key::Formula(node) => {
                if let Some(step) = &node.step {
                    let input = Input::Named {
                        indicator: node.indicator.clone(),
                        name: step.clone(),
                    };
                    if let Some(set) = engine.settings().get(&input) {
                        return Some(Slot::Const(set.number().to_f64()));
                    }
                }
                match self.builder.node(&node, self.at) {
                    Ok(column) => Some(self.read(column)),
                    Err(refusal) => {
                        self.refused.get_or_insert(refusal);
                        None
                    }
                }
            }
        }
    }

    fn indexed(&mut self, series: &str, period: Period) -> Option<Slot> {
        let engine = self.builder.engine;
        let Key::Series(series) = resolve(engine.plan(), self.indicator, series)? else {
            return None;
        };
        let input = Input::Observed {
            series: series.clone(),
            period,
        };
        if let Some(set) = engine.settings().get(&input) {
            return Some(Slot::Const(set.number().to_f64()));
        }
        let Some(seen) = engine.observation(&series, period) else {
            self.refused
                .get_or_insert_with(|| formula::no_observation(&series, period));
            return None;
        };
        match &seen.rounding {
            None => Some(Slot::Const(seen.value.number().to_f64())),
            Some(rounding) => {
                let (low, high) = rounding_spread(&seen.value, rounding);
                let column = self.builder.input(input, sample::Spread::Uniform { low, high });
                Some(self.read(column))
            }
        }
    }

    fn at(&self) -> Option<Period> {
        Some(self.at)
    }

    fn latest(&mut self, series: &str, until: Option<Period>) -> Option<Period> {
        let engine = self.builder.engine;
        let Key::Series(series) = resolve(engine.plan(), self.indicator, series)? else {
            return None;
        };
        let known = engine.observations(&series).map(|seen| seen.period);
        known
            .filter(|period| until.is_none_or(|until| *period <= until))
            .last()
    }

    /// Aggregates over a series are taken at the recorded values: their rounding is not simulated.
    fn constant(&mut self, expr: &Expr) -> Option<f64> {
        for reference in formula::references(expr) {
            if reference.meta.is_none() && matches!(self.scalar(&reference.name), Some(Slot::Column(_))) {
                return None;
            }
        }
        let run = self.builder.engine.run(self.at);
        let formula = Formula {
            text: String::new(),
            expr: expr.clone(),
        };
        match run.eval(self.indicator, &formula) {
            Ok(value) => value.as_quantity().map(|quantity| quantity.number().to_f64()),
            Err(refusal) => {
                self.refused.get_or_insert(refusal);
                None
            }
        }
    }
}
