//! One cell of a made-up plan (架空) changes, and 10,000 indicators that depend on it, some through one another, are fresh again.

use std::error::Error;

use indicator::{Engine, Live, Settings};
use plan::{Files, Input, Plan};
use serde_json::{Value, json};
use vocab::{Period, Quantity};

use crate::clock;

const INDICATORS: usize = 10_000;
const SERIES: usize = 500;
const CHANGES: usize = 300;
const AT: Period = Period::fiscal(2025);

pub fn run() -> Result<Value, Box<dyn Error>> {
    let plan = Plan::read(Files::from_texts(files()))?;
    let mut live = Live::new(&Engine::new(&plan, None, Settings::default()), AT);
    let cell = Input::Observed {
        series: "market".into(),
        period: AT,
    };
    let (mut milliseconds, mut processor) = (vec![], vec![]);
    for change in 0..CHANGES {
        let value: Quantity = format!("{}.7億円", 90_000 + change).parse()?;
        let (began, spent) = (clock::wall(), clock::processor());
        let changed = live.set(&cell, &value);
        milliseconds.push((clock::wall() - began) * 1e3);
        processor.push((clock::processor() - spent) * 1e3);
        if changed.len() != INDICATORS || changed.iter().any(|(_, value)| value.is_err()) {
            return Err(format!("{} of {INDICATORS} indicators changed", changed.len()).into());
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    processor.sort_by(f64::total_cmp);
    let (p50, p99) = (milliseconds[CHANGES / 2], milliseconds[CHANGES * 99 / 100]);
    Ok(json!({ "dependents": INDICATORS, "p50_ms": p50, "p99_ms": p99, "cpu_ms": processor[CHANGES / 2] }))
}

/// The plan: a market, firms' sales in it, and indicators that all rest on the market of the year.
fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("plan.toml".to_owned(), HEAD.to_owned()),
        ("tree.toml".to_owned(), TREE.to_owned()),
    ];
    let mut series = one_series("market", 90_000.0);
    for firm in 0..SERIES {
        series += &one_series(&format!("sales_{firm}"), 100.0 + firm as f64);
    }
    files.push(("series.toml".to_owned(), series));
    for first in (0..INDICATORS).step_by(1000) {
        let text = (first..first + 1000).map(one_indicator).collect();
        files.push((format!("indicators/{first:05}.toml"), text));
    }
    files
}

fn one_series(id: &str, first: f64) -> String {
    let mut text = SERIES_TEXT.replace("ID", id);
    for year in 2023..=AT.year {
        let value = format!("{:.1}億円", first * (1.0 + 0.03 * f64::from(year - 2023)));
        text += &OBSERVATION
            .replace("ID", id)
            .replace("YEAR", &year.to_string())
            .replace("VALUE", &value);
    }
    text
}

fn one_indicator(i: usize) -> String {
    let (firm, other) = (i % SERIES, (i + 7) % SERIES);
    let formula = match i % 4 {
        0 => format!("sales_{firm}[at] / market[at]"),
        1 => format!("x_{} - share(sales_{other}[at], market[at])", i - 1),
        2 => format!("yoy(market, at) - yoy(sales_{firm}, at)"),
        _ => format!("(x_{} + x_{}) / 2", i - 2, i - 1),
    };
    INDICATOR
        .replace("ID", &format!("x_{i}"))
        .replace("FORMULA", &formula)
}

const HEAD: &str = r#"
id = "live"
title = { ja = "架空の計画", en = "Made-up plan" }
subtitle = { ja = "速さを測るためのもの", en = "For measuring speed" }
vision_year = "FY2040"
base_year = "FY2025"
confidence = "95%"
seed = 1
published = "2026-03-18"
source = "made-up"
status = { ja = "架空です。", en = "Made up." }
"#;

const TREE: &str = r#"
[[source]]
id = "made-up"
title = { ja = "架空の資料", en = "Made-up source" }
publisher = { ja = "架空の部署", en = "Made-up office" }

[[node]]
id = "vision"
kind = "vision"
title = { ja = "架空の将来像", en = "Made-up vision" }
text = { ja = "架空です。", en = "Made up." }
section = "§1"

[[node]]
id = "policy-1"
kind = "policy"
number = "1"
parent = "vision"
title = { ja = "架空の方針", en = "Made-up policy" }
text = { ja = "架空です。", en = "Made up." }
section = "§1"
"#;

const SERIES_TEXT: &str = r#"
[[series]]
id = "ID"
title = { ja = "架空の売上", en = "Made-up sales" }
unit = "億円"
calendar = "fiscal"
basis = "nominal"
frequency = "yearly"
lag_months = 6
group = "data"
owner = { ja = "架空の部署", en = "Made-up office" }
section = "§1"
"#;

const OBSERVATION: &str = r#"
[[observation]]
series = "ID"
period = "FYYEAR"
value = "VALUE"
printed = "VALUE"
source = "made-up"
section = "§1"
recorded = "2026-03-18"
author = "author"
approver = "approver"
"#;

const INDICATOR: &str = r#"
[[indicator]]
id = "ID"
class = "situation"
title = { ja = "架空の割合", en = "Made-up share" }
short = { ja = "割合", en = "Share" }
unit = "%"
direction = "up"
frequency = "yearly"
lag_months = 6
owner = { ja = "架空の部署", en = "Made-up office" }
measures = ["policy-1"]
section = "§1"
sources = ["made-up"]
why = { ja = "架空です。", en = "Made up." }
method = { ja = "架空です。", en = "Made up." }
formula = 'FORMULA'
round = "0.1%"
"#;
