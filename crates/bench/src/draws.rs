//! Draws of KGI 1 and KGI 2 from the plan itself: through the language, with the trace of every figure. It must never know a
//! figure of the plan.

use std::error::Error;
use std::path::Path;

use indicator::stats::quantile::quantiles;
use indicator::stats::sample::Spread;
use indicator::{Draws, Engine, Settings, Simulation, Trace, Wanted};
use plan::{Input, Plan};
use serde_json::{Map, Value, json};
use vocab::{Period, Refusal};

use crate::clock;

const DRAWS: usize = 1_000_000;
const RUNS: usize = 5;
const LEVELS: [f64; 3] = [0.025, 0.5, 0.975];
const INDICATORS: [&str; 2] = ["kgi1", "kgi2"];

pub fn run(plan: &Path) -> Result<Value, Box<dyn Error>> {
    let plan = Plan::from_folder(plan)?;
    let engine = Engine::new(&plan, None, Settings::default());
    let (at, seed) = (plan.head.vision_year, plan.head.seed);
    let mut seconds = vec![];
    let mut last = None;
    for _ in 0..RUNS {
        let began = clock::processor();
        last = Some(once(&engine, at, seed)?);
        seconds.push(clock::processor() - began);
    }
    seconds.sort_by(f64::total_cmp);
    let (quantiles, traces) = last.ok_or("no run")?;
    let simulation = Simulation::new(&engine, &wanted(at))?;
    let mut inputs = Map::new();
    for leaf in traces.iter().flat_map(Trace::leaves) {
        inputs.insert(
            leaf.name.clone(),
            input(&engine, &simulation, &leaf.name).ok_or(leaf.name.as_str())?,
        );
    }
    let quantiles: Map<_, _> = INDICATORS
        .map(str::to_owned)
        .into_iter()
        .zip(quantiles.into_iter().map(Value::from))
        .collect();
    Ok(json!({
        "draws": DRAWS, "seed": seed, "cpu_seconds": seconds[RUNS / 2], "inputs": inputs, "quantiles": quantiles,
    }))
}

fn wanted(at: Period) -> Vec<Wanted> {
    INDICATORS
        .map(|indicator| Wanted {
            indicator: indicator.into(),
            implied: false,
            at,
        })
        .into()
}

/// What is timed: compiling, drawing, quantiles in yen, and the traces.
fn once(engine: &Engine<'_>, at: Period, seed: u64) -> Result<(Vec<Vec<f64>>, Vec<Trace>), Refusal> {
    let Draws(mut columns) = Simulation::new(engine, &wanted(at))?.run(DRAWS, seed)?;
    let factors = INDICATORS.map(|id| {
        engine
            .plan()
            .indicator(id)
            .map_or(f64::NAN, |found| found.unit.factor().to_f64())
    });
    let found = columns.iter_mut().zip(factors).map(|(column, factor)| {
        let levels = quantiles(column, &LEVELS).unwrap_or_default();
        levels.into_iter().map(|level| level * factor).collect()
    });
    let run = engine.run(at);
    Ok((
        found.collect(),
        INDICATORS.map(|indicator| run.trace(indicator)).into(),
    ))
}

/// Value and spread of an input of the trace, in base units.
fn input(engine: &Engine<'_>, simulation: &Simulation, name: &str) -> Option<Value> {
    let input = Input::parse(name, None)?;
    let value = match &input {
        Input::Observed { series, period } => &engine.observation(series, *period)?.value,
        Input::Named { indicator, name } => &engine.plan().indicator(indicator)?.assumption(name)?.value,
    };
    let spread = simulation
        .inputs()
        .iter()
        .find(|(varies, _)| *varies == input)
        .map(|(_, spread)| *spread);
    let spread = match spread {
        None | Some(Spread::None { .. }) => json!({ "kind": "none" }),
        Some(Spread::Uniform { low, high }) => json!({ "kind": "uniform", "low": low, "high": high }),
        Some(Spread::Normal { sd, .. }) => json!({ "kind": "normal", "sd": sd }),
        Some(Spread::StudentT { scale, df, .. }) => json!({ "kind": "student_t", "scale": scale, "df": df }),
        Some(Spread::Triangular { low, mode, high }) => {
            json!({ "kind": "triangular", "low": low, "mode": mode, "high": high })
        }
        Some(Spread::LogNormal { .. } | Spread::Poisson { .. }) => return None,
    };
    Some(json!({ "value": value.number().to_f64(), "spread": spread }))
}
