//! The law of the live sheet: after any sequence of changes its values are those of a fresh engine, and what it says has changed
//! is what has.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use indicator::{Engine, Live, Settings};
use plan::{Files, Input, NodeName, Plan};
use proptest::prelude::*;
use vocab::{Number, Period, Quantity, Refusal, Unit};

static REAL: LazyLock<Plan> =
    LazyLock::new(|| Plan::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap());
static MADE_UP: LazyLock<Plan> = LazyLock::new(made_up);

/// Formulas that read in every way: a known cell, one that may be missing, the latest, a whole series, one branch or the other,
/// an assumption, a step, and the printed path.
const FORMULAS: [&str; 8] = [
    "sales_a[at] / sales_b[at]",
    "x0 - share(sales_b[at], sales_a[at - 1])",
    "last(sales_a, at) / mean(sales_b)",
    "if sales_a[FY2024] > sales_b[FY2024] then x0 else x1 * half",
    "yoy(sales_b, at) + half",
    "moving_total(sales_a, 2, at) / sum(sales_b, FY2024, FY2025)",
    "path(x7) - x5",
    "-x0 * (half + 1) ^ 2 / part",
];

fn made_up() -> Plan {
    let text = |ja: &str| format!(r#"{{ ja = "{ja}", en = "Made up" }}"#);
    let head = format!(
        "id = 'live'\ntitle = {0}\nsubtitle = {0}\nvision_year = 'FY2040'\nbase_year = 'FY2025'\n\
         confidence = '95%'\nseed = 1\npublished = '2026-03-18'\nsource = 'made-up'\nstatus = {0}\n",
        text("架空")
    );
    let mut rest = format!(
        "[[source]]\nid = 'made-up'\ntitle = {0}\npublisher = {0}\n\
         [[node]]\nid = 'vision'\nkind = 'vision'\ntitle = {0}\ntext = {0}\nsection = '§1'\n\
         [[node]]\nid = 'policy-1'\nkind = 'policy'\nnumber = '1'\nparent = 'vision'\ntitle = {0}\ntext = {0}\nsection = '§1'\n",
        text("架空")
    );
    for (series, years) in [("sales_a", 2022..=2025), ("sales_b", 2024..=2025)] {
        write!(
            rest,
            "[[series]]\nid = '{series}'\ntitle = {0}\nunit = '億円'\ncalendar = 'fiscal'\nbasis = 'nominal'\n\
             frequency = 'yearly'\nlag_months = 6\ngroup = 'data'\nowner = {0}\nsection = '§1'\n",
            text("架空の売上")
        )
        .unwrap();
        for year in years {
            write!(
                rest,
                "[[observation]]\nseries = '{series}'\nperiod = 'FY{year}'\nvalue = '{0}億円'\nprinted = '{0}億円'\n\
                 source = 'made-up'\nsection = '§1'\nrecorded = '2026-03-18'\nauthor = 'author'\napprover = 'approver'\n",
                year - 2000
            )
            .unwrap();
        }
    }
    for (i, formula) in FORMULAS.iter().enumerate() {
        write!(
            rest,
            "[[indicator]]\nid = 'x{i}'\nclass = 'situation'\ntitle = {0}\nshort = {0}\nunit = '%'\ndirection = 'up'\n\
             frequency = 'yearly'\nlag_months = 6\nowner = {0}\nmeasures = ['policy-1']\nsection = '§1'\n\
             sources = ['made-up']\nwhy = {0}\nmethod = {0}\nformula = '{formula}'\nround = '0.1%'\n",
            text("架空の割合")
        )
        .unwrap();
        if formula.contains("half") {
            write!(
                rest,
                "[[indicator.assumption]]\nname = 'half'\ntitle = {0}\nvalue = '50%'\nunit = '%'\nwhy = {0}\n\
                 spread = {{ kind = 'none' }}\n",
                text("半分")
            )
            .unwrap();
        }
        if formula.contains("part") {
            write!(
                rest,
                "[[indicator.step]]\nname = 'part'\ntitle = {0}\nformula = 'sales_a[FY2023] / sales_b[FY2024]'\n\
                 unit = '%'\nround = '1%'\nprinted = '96%'\ncarried = true\nprinted_text = '96%'\n",
                text("途中")
            )
            .unwrap();
        }
    }
    Plan::read(Files::from_texts([("plan.toml", head), ("rest.toml", rest)])).unwrap()
}

/// Everything that can be set: each observation and the year after it, each assumption and each step.
fn inputs(plan: &Plan) -> Vec<(Input, Quantity)> {
    let mut inputs = vec![];
    for seen in &plan.observations {
        for period in [seen.period, seen.period.shift(1)] {
            let input = Input::Observed {
                series: seen.series.clone(),
                period,
            };
            inputs.push((input, seen.value.clone()));
        }
    }
    for indicator in &plan.indicators {
        let steps = indicator
            .steps
            .iter()
            .map(|step| (&step.name, Quantity::new(&Number::ONE, step.unit.clone())));
        let assumptions = indicator
            .assumptions
            .iter()
            .map(|one| (&one.name, one.value.clone()));
        for (name, value) in steps.chain(assumptions) {
            let input = Input::Named {
                indicator: indicator.id.clone(),
                name: name.clone(),
            };
            inputs.push((input, value));
        }
    }
    inputs
}

/// A value near the usual one, the usual one, zero, or one of another dimension.
fn moved(value: &Quantity, by: i64) -> Quantity {
    let factor = match by {
        0 => return Quantity::from_base(Number::ONE, Unit::years()),
        1 => Number::ZERO,
        by => Number::ratio(by, 10).unwrap(),
    };
    Quantity::from_base(value.number() * &factor, value.unit().clone())
}

type Values = Vec<(NodeName, Result<Quantity, Refusal>)>;

fn fresh(engine: &Engine<'_>, at: Period) -> Values {
    let run = engine.run(at);
    let value = |name: &NodeName| match &name.step {
        None => run.value(&name.indicator),
        Some(step) => run.step(&name.indicator, step),
    };
    engine
        .plan()
        .order
        .iter()
        .map(|name| (name.clone(), value(name)))
        .collect()
}

fn is_exact(value: &Result<Quantity, Refusal>) -> bool {
    value.as_ref().is_ok_and(|value| value.number().is_exact())
}

fn follows_the_engine(
    plan: &Plan,
    at: Period,
    start: usize,
    changes: &[(prop::sample::Index, i64)],
) -> Result<(), TestCaseError> {
    let inputs = inputs(plan);
    let pick = |(index, by): &(prop::sample::Index, i64)| {
        let (input, value) = index.get(&inputs);
        (input.clone(), moved(value, *by))
    };
    let (given, later) = changes.split_at(start.min(changes.len()));
    let mut settings = Settings::default();
    for (input, value) in given.iter().map(pick) {
        settings.set(input, value);
    }
    let base = Engine::new(plan, None, Settings::default());
    let mut live = Live::new(&base.with(settings.clone()), at);
    let mut before = fresh(&base.with(settings.clone()), at);
    for (name, value) in &before {
        prop_assert_eq!(live.get(name).unwrap(), value, "{} at first", name);
    }
    for (input, value) in later.iter().map(pick) {
        settings.set(input.clone(), value.clone());
        let after = fresh(&base.with(settings.clone()), at);
        let changed: Values = live
            .set(&input, &value)
            .into_iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in &after {
            let found = live.get(name).unwrap();
            prop_assert_eq!(found, value, "{} after {}", name, input);
            prop_assert_eq!(is_exact(found), is_exact(value), "{} after {}", name, input);
        }
        let differs = |((_, before), (_, after)): &(&_, &(NodeName, _))| {
            before != after || is_exact(before) != is_exact(after)
        };
        let expected: Values = before
            .iter()
            .zip(&after)
            .filter(differs)
            .map(|(_, after)| after.clone())
            .collect();
        prop_assert_eq!(changed, expected, "what {} changed", input);
        before = after;
    }
    prop_assert_eq!(live.settings(), &settings);
    Ok(())
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, i64)>> {
    // Another dimension and zero are rare: after them little is left to compare.
    let by = prop_oneof![20 => 5..15_i64, 2 => Just(1_i64), 1 => Just(0_i64)];
    prop::collection::vec((any::<prop::sample::Index>(), by), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_real_plan_stays_fresh(year in prop::sample::select(vec![2024, 2025, 2040]), start in 0..4_usize, changes in changes()) {
        follows_the_engine(&REAL, Period::fiscal(year), start, &changes)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_way_of_reading_stays_fresh(year in 2024..2027, start in 0..4_usize, changes in changes()) {
        follows_the_engine(&MADE_UP, Period::fiscal(year), start, &changes)?;
    }
}

#[test]
fn an_input_that_is_not_there_changes_nothing() {
    let mut live = Live::new(
        &Engine::new(&MADE_UP, None, Settings::default()),
        Period::fiscal(2025),
    );
    for name in ["nothing[FY2024]", "x0.nothing", "nothing.half"] {
        let input = Input::parse(name, None).unwrap();
        assert!(live.set(&input, &Quantity::from(1)).is_empty(), "{name}");
        assert!(live.settings().is_empty(), "{name}");
    }
    assert!(
        live.get(&NodeName {
            indicator: "nothing".into(),
            step: None
        })
        .is_none()
    );
}

/// A cell that only some formulas read, set twice to the same value.
#[test]
fn a_change_stops_where_values_stop_changing() {
    let mut live = Live::new(
        &Engine::new(&MADE_UP, None, Settings::default()),
        Period::fiscal(2025),
    );
    let cell = Input::parse("sales_a[FY2024]", None).unwrap();
    let value: Quantity = "30億円".parse().unwrap();
    let names = |changed: Vec<indicator::Changed<'_, '_>>| {
        changed
            .into_iter()
            .map(|(name, _)| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(live.set(&cell, &value)), ["x1", "x3", "x5", "x6"]);
    assert_eq!(names(live.set(&cell, &value)), [""; 0]);
}
