//! The grid: 10,000 indicators for 2,000 organisations over 15 years, written in the language and compiled for a year and the
//! year before it, whichever they are; organisation by year is a lane.

use std::error::Error;
use std::thread;

use formula::{Bind, Expr, Fault, Measure, Program, Scope, Slot, Type, check, compile, parse};
use serde_json::{Map, Value, json};
use vocab::{Base, Calendar, Dim, Period};

use crate::clock;

const INDICATORS: usize = 10_000;
const ORGANISATIONS: usize = 2_000;
const YEARS: usize = 15;
const COLUMNS: usize = 40;
const KINDS: [&str; 4] = ["share", "ratio", "growth", "per_capita"];
/// Indicators that one program computes, and lanes at a time: what they write stays in the second-level cache.
const TOGETHER: usize = 16;
const LANES: usize = 1_000;
/// The year for which formulas are compiled; any would do.
const AT: Period = Period::fiscal(2025);

pub fn run() -> Result<Value, Box<dyn Error>> {
    let columns: Vec<Vec<f64>> = (0..COLUMNS).map(column).collect();
    let began = clock::processor();
    let mut programs = vec![];
    for kind in 0..KINDS.len() {
        let mut members: Vec<usize> = (kind..INDICATORS).step_by(KINDS.len()).collect();
        // Those that differ in their weight alone share all but one operation.
        members.sort_by_key(|i| text(*i));
        for some in members.chunks(TOGETHER) {
            programs.push(Part {
                kind,
                outputs: some.len(),
                program: program(some)?,
            });
        }
    }
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = programs.len().div_ceil(threads);
    let parts: Vec<[f64; KINDS.len()]> = thread::scope(|scope| {
        let columns = &columns;
        let handles: Vec<_> = programs
            .chunks(share)
            .map(|some| scope.spawn(move || sums(some, columns)))
            .collect();
        handles
            .into_iter()
            .filter_map(|handle| handle.join().ok())
            .collect()
    });
    let seconds = clock::processor() - began;
    let sums: Map<_, _> = KINDS
        .iter()
        .enumerate()
        .map(|(kind, name)| {
            (
                (*name).to_owned(),
                parts.iter().map(|part| part[kind]).sum::<f64>().into(),
            )
        })
        .collect();
    Ok(json!({ "cpu_seconds": seconds, "sums": sums }))
}

/// Year by year, organisation by organisation.
fn column(column: usize) -> Vec<f64> {
    let cells = (0..YEARS).flat_map(|year| (0..ORGANISATIONS).map(move |organisation| (year, organisation)));
    cells
        .map(|(year, organisation)| {
            1.0 + ((7919 * column + 104_729 * organisation + 1_299_709 * year) % 10_007) as f64 / 10_007.0
        })
        .collect()
}

/// An indicator as a plan would write it, before its weight.
fn text(i: usize) -> String {
    let first = i % 39;
    let (a, b) = (first, (first + 1 + i / 39 % 38) % 39);
    match i % KINDS.len() {
        0 => format!("share(c{a}[at], c{a}[at] + c{b}[at])"),
        1 => format!("c{a}[at] / c{b}[at]"),
        2 => format!("yoy(c{a}, at)"),
        _ => format!("per_capita(c{a}[at] + c{b}[at], c39[at])"),
    }
}

/// Indicators of one kind, compiled together.
struct Part {
    kind: usize,
    outputs: usize,
    program: Program,
}

fn program(indicators: &[usize]) -> Result<Program, Fault> {
    let formulas = indicators.iter().map(|i| {
        let expr = parse(&format!("1.{i:04} * ({})", text(*i)))?;
        check(&expr, &Columns)?;
        Ok(expr)
    });
    let formulas = formulas.collect::<Result<Vec<_>, Fault>>()?;
    compile(&formulas.iter().collect::<Vec<_>>(), &mut Columns)
}

/// The sum of every value, by kind.
fn sums(parts: &[Part], columns: &[Vec<f64>]) -> [f64; KINDS.len()] {
    let mut sums = [0.0; KINDS.len()];
    let mut values = vec![vec![0.0; LANES]; TOGETHER];
    for Part {
        kind,
        outputs,
        program,
    } in parts
    {
        // Only growth looks back, and so starts with the second year.
        let first = if KINDS[*kind] == "growth" {
            ORGANISATIONS
        } else {
            0
        };
        for start in (first..YEARS * ORGANISATIONS).step_by(LANES) {
            let now = columns.iter().map(|column| &column[start..start + LANES]);
            let before = columns
                .iter()
                .map(|column| &column[start.saturating_sub(ORGANISATIONS)..][..LANES]);
            let lanes: Vec<&[f64]> = now.chain(before).collect();
            let values = &mut values[..*outputs];
            let mut out: Vec<&mut [f64]> = values.iter_mut().map(Vec::as_mut_slice).collect();
            program.run(&lanes, &mut out);
            sums[*kind] += values.iter().map(|values| sum(values)).sum::<f64>();
        }
    }
    sums
}

/// Four running sums, which the processor adds at once.
fn sum(values: &[f64]) -> f64 {
    let (four, rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for values in four {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    sums.iter().chain(rest).sum()
}

/// The columns as series, the last of them people: slots 0 to 39 are this year's values, 40 to 79 those of the year before.
struct Columns;

impl Columns {
    fn number(name: &str) -> Option<usize> {
        name.strip_prefix('c')?
            .parse()
            .ok()
            .filter(|column| *column < COLUMNS)
    }
}

impl Scope for Columns {
    fn lookup(&self, name: &str) -> Option<Type> {
        let people = Self::number(name)? == COLUMNS - 1;
        let dim = if people {
            Dim::of(Base::PERSON, 1)
        } else {
            Dim::none()
        };
        Some(Type::Series(Measure {
            dim,
            calendar: Some(Calendar::Fiscal),
            basis: None,
        }))
    }

    fn names(&self) -> Vec<String> {
        vec![]
    }
}

impl Bind for Columns {
    fn scalar(&mut self, _name: &str) -> Option<Slot> {
        None
    }

    fn indexed(&mut self, series: &str, period: Period) -> Option<Slot> {
        let back = usize::try_from(period.years_until(AT)?)
            .ok()
            .filter(|back| *back <= 1)?;
        Some(Slot::Column(Self::number(series)? + back * COLUMNS))
    }

    fn at(&self) -> Option<Period> {
        Some(AT)
    }

    fn constant(&mut self, _expr: &Expr) -> Option<f64> {
        None
    }
}
