//! The figures of §5, recomputed from `plan/` and held against what the interim report prints and
//! against independent arithmetic.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::path::Path;

use indicator::{Engine, Settings, Trace, TraceKind};
use jiff::civil::date;
use plan::Plan;
use vocab::{Period, Quantity};

fn plan() -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    Plan::from_folder(&folder).unwrap_or_else(|faults| panic!("{faults}"))
}

fn engine(plan: &Plan) -> Engine<'_> {
    Engine::new(plan, None, Settings::default())
}

fn close(quantity: &Quantity, expected: f64, within: f64) {
    let value = quantity.in_unit().to_f64();
    assert!((value - expected).abs() <= within, "{value} is not {expected}");
}

#[test]
fn kgi1_from_ten_trillion_to_twenty_eight() {
    let plan = plan();
    let engine = engine(&plan);
    let run = engine.run(Period::fiscal(2040));
    // 7.3 / 0.724 is a fraction: exact.
    let base = run.step("kgi1", "base").unwrap();
    assert_eq!(base.in_unit().exact_text().as_deref(), Some("1825/181"));
    close(&base, 10.083, 0.000_5);
    close(
        &run.step("kgi1", "growth").unwrap(),
        100.0 * (7.0_f64.powf(1.0 / 30.0) - 1.0),
        1e-9,
    );
    close(
        &run.value("kgi1").unwrap(),
        7.3 / 0.724 * 7.0_f64.powf(16.0 / 30.0),
        1e-9,
    );
    close(&run.path("kgi1").unwrap(), 10.0 * 7.0_f64.powf(16.0 / 30.0), 1e-9);
    let now = engine.run(Period::fiscal(2024)).value("kgi1").unwrap();
    assert_eq!(now.in_unit().exact_text().as_deref(), Some("1825/181"));
    // Only sixteen years give the printed 28.
    for (year, figure) in [(2039, 26.5), (2041, 30.1)] {
        close(
            &engine.run(Period::fiscal(year)).path("kgi1").unwrap(),
            figure,
            0.05,
        );
    }
    let kgi1 = plan.indicator("kgi1").unwrap();
    let (low, high) = engine.rounding_span(kgi1, Period::fiscal(2040)).unwrap();
    close(&low, 28.25, 0.005);
    close(&high, 28.68, 0.005);
    let range = engine
        .interval(kgi1, Period::fiscal(2040), 50_000, 1)
        .unwrap()
        .unwrap();
    assert!(range.low > 28.25 && range.high < 28.68, "{range:?}");
}

#[test]
fn kgi2_whose_printed_parts_do_not_give_the_printed_total() {
    let plan = plan();
    let engine = engine(&plan);
    let run = engine.run(Period::fiscal(2040));
    let path = |step: &str| run.trace_step("kgi2", step).path.unwrap().parse::<f64>().unwrap();
    let near = |value: f64, expected: f64, within: f64| {
        assert!((value - expected).abs() <= within, "{value} {expected}");
    };
    near(path("domestic_yen"), 41.0 * 149.0, 1e-9);
    near(path("domestic"), 0.615 / 3.7 * 10.0, 1e-9);
    near(path("foreign_yen"), 14.3 * 149.0, 1e-9);
    near(path("total_now"), 1.864, 1e-9);
    let growth = 1.0512_f64.powi(16);
    near(growth, 2.2231, 0.000_1);
    near(path("domestic_2040"), 1.65 * growth, 1e-9);
    near(path("foreign_2040"), 2140.0 * growth, 1e-6);
    let total = run.path("kgi2").unwrap();
    close(&total, 1.65 * growth + 0.214 * growth, 1e-9);
    assert_eq!(total.in_unit().to_significant(4), "4.144");
    assert_eq!(total.in_unit().to_significant(2), "4.1");
    let kgi2 = plan.indicator("kgi2").unwrap();
    assert_eq!(
        kgi2.printed_at(Period::fiscal(2040))
            .unwrap()
            .value
            .in_unit()
            .to_decimal(),
        "4.2"
    );
    close(
        &run.value("kgi2").unwrap(),
        (0.6109 / 3.7 * 7.3 / 0.724 + 0.213_07) * growth,
        1e-9,
    );
}

#[test]
fn kgi3_two_four_eight() {
    let plan = plan();
    let engine = engine(&plan);
    for (year, count) in [(2024, "2"), (2025, "4"), (2040, "8")] {
        let value = engine.run(Period::fiscal(year)).value("kgi3").unwrap();
        assert_eq!(
            (
                value.in_unit().to_decimal().as_str(),
                value.unit().to_string().as_str()
            ),
            (count, "件/年")
        );
    }
    let outlook = engine.outlook(plan.indicator("kgi3").unwrap(), 1_000, 1).unwrap();
    // 8/4 over 15 years.
    assert!((outlook.growth_required.unwrap() - (2.0_f64.powf(1.0 / 15.0) - 1.0)).abs() < 1e-12);
    let counts = outlook.counts.unwrap();
    assert!((counts.miss_at_target - 0.453).abs() < 0.001, "{counts:?}");
    assert!((counts.reach_at_last - 0.051).abs() < 0.001, "{counts:?}");
}

#[test]
fn reference_indicators_have_no_targets_and_silence_is_not_zero() {
    let plan = plan();
    let engine = engine(&plan);
    for id in ["ref1", "ref2", "ref3", "ref4"] {
        let found = plan.indicator(id).unwrap();
        assert!(found.target.is_none(), "{id}");
        let value = engine.run(engine.default_period(found)).value(id);
        match id {
            "ref1" => close(&value.unwrap(), 13.08, 0.01),
            _ => assert!(indicator::is_missing(&value.unwrap_err()), "{id}"),
        }
    }
}

/// The findings that the design asks for, by the check that makes each.
#[test]
fn every_finding_fires_and_speaks_with_its_figures() {
    let plan = plan();
    let findings = engine(&plan).findings();
    let said: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.id, finding.say.ja))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(findings.len(), plan.checks.len(), "a check kept silent");
    for finding in &findings {
        assert!(
            !finding.say.ja.contains('{') && !finding.say.en.contains('{'),
            "{}",
            finding.id
        );
    }
    let all = said.join(" ");
    for figure in [
        "4.144", "6,109", "2,131", "72.4%", "10.98", "18.6", "15.0", "26.5", "30.1", "3.8%", "0.6%",
    ] {
        assert!(all.contains(figure), "{figure} is told nowhere");
    }
}

#[test]
fn a_check_keeps_silent_once_its_cause_is_gone() {
    let plan = plan();
    let base = engine(&plan);
    let settings = base
        .settings_for("kgi2", [("exchange_rate[CY2025]", "150円/ドル")])
        .unwrap();
    let mended: BTreeSet<String> = base
        .with(settings)
        .findings()
        .into_iter()
        .map(|finding| finding.id)
        .collect();
    let before: BTreeSet<String> = base.findings().into_iter().map(|finding| finding.id).collect();
    assert!(before.contains("printed-yen-domestic") && !mended.contains("printed-yen-domestic"));
}

#[test]
fn every_leaf_of_a_trace_has_a_source_or_a_reason() {
    fn leaves(line: &Trace) {
        match line.kind {
            TraceKind::Observation => assert!(line.origin.is_some(), "{}", line.name),
            TraceKind::Assumption => assert!(line.why.is_some(), "{}", line.name),
            TraceKind::Indicator | TraceKind::Step => {
                assert!(
                    line.problem.is_some() || !line.inputs.is_empty(),
                    "{} rests on nothing",
                    line.name
                );
            }
        }
        assert!(
            !line.unit.is_empty() || line.value.is_none() || line.kind == TraceKind::Step,
            "{}",
            line.name
        );
        line.inputs.iter().for_each(leaves);
    }
    let plan = plan();
    let engine = engine(&plan);
    for found in &plan.indicators {
        leaves(&engine.run(engine.default_period(found)).trace(&found.id));
    }
}

#[test]
fn a_setting_moves_the_figure_and_leaves_the_printed_path_behind() {
    let plan = plan();
    let base = engine(&plan);
    let at = Period::fiscal(2040);
    let moved = |pairs: &[(&str, &str)]| base.with(base.settings_for("kgi1", pairs.iter().copied()).unwrap());
    close(
        &moved(&[("growth", "5%")]).run(at).value("kgi1").unwrap(),
        7.3 / 0.724 * 1.05_f64.powi(16),
        1e-9,
    );
    close(
        &moved(&[("sales_large_firms", "8兆円")])
            .run(at)
            .value("kgi1")
            .unwrap(),
        8.0 / 7.3 * 28.464_48,
        1e-4,
    );
    // The report's printed 10兆円 no longer stands once its inputs moved: the path rounds as the report would.
    let path = moved(&[("sales_large_firms[FY2024]", "8")])
        .run(at)
        .path("kgi1")
        .unwrap();
    close(&path, 11.0 * 7.0_f64.powf(16.0 / 30.0), 1e-9);
    for wrong in [
        ("growth", "5円"),
        ("growth", "abc"),
        ("nothing", "1"),
        ("meti_market", "3兆円"),
        ("kgi9.base", "1兆円"),
    ] {
        let refusal = base.settings_for("kgi1", [wrong]).unwrap_err();
        assert!(!refusal.ja.is_empty() && !refusal.en.is_empty(), "{wrong:?}");
    }
}

#[test]
fn only_what_was_recorded_is_known() {
    let plan = plan();
    let before = Engine::new(&plan, Some(date(2026, 3, 17)), Settings::default());
    assert!(indicator::is_missing(
        &before.run(Period::fiscal(2040)).value("kgi1").unwrap_err()
    ));
}

#[test]
fn a_simulation_does_not_depend_on_the_number_of_threads() {
    use indicator::{Simulation, Wanted};
    let plan = plan();
    let engine = engine(&plan);
    let at = Period::fiscal(2040);
    let wanted = ["kgi1", "kgi2"].map(|id| Wanted {
        indicator: id.into(),
        implied: false,
        at,
    });
    let simulation = Simulation::new(&engine, &wanted).unwrap();
    let one = simulation.run_on(10_000, 7, 1).unwrap();
    for threads in [2, 3, 8] {
        assert_eq!(
            simulation.run_on(10_000, 7, threads).unwrap(),
            one,
            "{threads} threads"
        );
    }
    assert_ne!(simulation.run_on(10_000, 8, 1).unwrap(), one);
}
