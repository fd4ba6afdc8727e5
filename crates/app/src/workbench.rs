//! The KPI workbench (§8): a KPI is proposed for an item of the plan; the workbench says what it still
//! lacks, and what its history would have said. Nothing is kept: the whole proposal stands in the address.

use indicator::approx;
use indicator::stats::poisson;
use indicator::stats::projection::{self, Fit, Model};
use plan::{NodeKind, Requirement};
use serde::Serialize;
use vocab::{Period, Quantity, Refusal, Unit};

use crate::ask::Rashin;
use crate::tree::NodeLink;

/// A proposed KPI as typed; every field may be empty.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Proposal {
    /// Node that it measures.
    pub node: String,
    /// Name.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Where the values come from.
    pub source: String,
    /// How often there is a value.
    pub frequency: String,
    /// Year and value of the start: `FY2025 4`.
    pub baseline: String,
    /// Year and value of the goal: `FY2030 8`.
    pub target: String,
    /// Months until a year's value is known.
    pub lag: String,
    /// Who collects it.
    pub owner: String,
    /// How it moves the KGI.
    pub mechanism: String,
    /// Values so far: `FY2022 10, FY2023 7`; or the id of a series of the plan.
    pub history: String,
}

/// What the workbench says of one requirement.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The requirement.
    pub requirement: Requirement,
    /// As typed.
    pub given: String,
    /// Whether it is met.
    pub met: bool,
    /// What is wrong with what was given.
    pub fault: Option<Refusal>,
}

/// What the history would have said.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    /// Years and values.
    pub points: Vec<(Period, String)>,
    /// The same as numbers, for the chart.
    #[serde(skip)]
    pub values: Vec<(Period, f64)>,
    /// The goal, for the chart.
    #[serde(skip)]
    pub goal: Option<(Period, f64)>,
    /// Mean yearly growth of a fitted line on logs.
    pub growth: Option<String>,
    /// Growth required from the last value to the target.
    pub required: Option<String>,
    /// Chance that the fitted model reaches the target.
    pub chance: Option<String>,
    /// Mean error of the model's own forecasts of the past, and that of "as last year".
    pub backtest: Result<(String, String), Refusal>,
    /// For counts: chance that one year alone reaches the target although nothing improved.
    pub luck: Option<String>,
    /// For counts: chance that one year alone misses the target although the goal is reached.
    pub mishap: Option<String>,
}

/// The workbench's page.
#[derive(Debug, Clone, Serialize)]
pub struct WorkbenchView {
    /// The proposal as typed.
    pub proposal: Proposal,
    /// The node that it measures.
    pub node: Option<NodeLink>,
    /// Items of the plan for which a KPI can be proposed, those without an indicator first.
    pub choices: Vec<(NodeLink, bool)>,
    /// Each requirement, in the plan's order.
    pub verdicts: Vec<Verdict>,
    /// How many are still open.
    pub open: usize,
    /// What its history would have said; none without one.
    pub history: Option<Result<History, Refusal>>,
    /// The proposal as an entry for the plan's files, once all requirements are met.
    pub entry: Option<String>,
}

impl Rashin {
    /// Judges a proposal.
    pub fn workbench(&self, proposal: Proposal) -> WorkbenchView {
        let plan = self.plan();
        let unit = proposal.unit.trim().parse::<Unit>();
        let verdicts: Vec<Verdict> = plan
            .requirements
            .iter()
            .map(|requirement| {
                let given = proposal.field(&requirement.id).to_owned();
                let fault = if given.trim().is_empty() {
                    None
                } else {
                    self.fault(&requirement.id, &given, unit.as_ref().ok())
                };
                Verdict {
                    met: !given.trim().is_empty() && fault.is_none(),
                    requirement: requirement.clone(),
                    given,
                    fault,
                }
            })
            .collect();
        let open = verdicts.iter().filter(|verdict| !verdict.met).count();
        let eligible = |kind| {
            matches!(
                kind,
                NodeKind::Focus | NodeKind::Issue | NodeKind::Measure | NodeKind::Part
            )
        };
        let mut choices: Vec<_> = plan
            .nodes
            .iter()
            .filter(|node| eligible(node.kind))
            .map(|node| (NodeLink::from(node), self.indicators_of(&node.id).is_empty()))
            .collect();
        choices.sort_by_key(|(_, empty)| !empty);
        let history =
            (!proposal.history.trim().is_empty()).then(|| self.history(&proposal, unit.as_ref().ok()));
        let node = plan.node(&proposal.node).map(NodeLink::from);
        let complete = open == 0 && node.is_some() && !proposal.title.trim().is_empty();
        let entry = complete.then(|| proposal.entry());
        WorkbenchView {
            proposal,
            node,
            choices,
            verdicts,
            open,
            history,
            entry,
        }
    }

    fn fault(&self, requirement: &str, given: &str, unit: Option<&Unit>) -> Option<Refusal> {
        match requirement {
            "unit" if unit.is_none() => Some(Refusal::new(
                "bad-unit",
                format!("「{given}」は知らない単位です。件/年、億円/年、% のように書いてください。"),
                format!("the unit `{given}` is not known. Write one such as 件/年, 億円/年 or %."),
            )),
            "baseline" | "target" => dated(given, unit).err(),
            "lag"
                if given
                    .trim()
                    .trim_end_matches("か月")
                    .trim()
                    .parse::<u32>()
                    .is_err() =>
            {
                Some(Refusal::new(
                    "bad-lag",
                    format!("「{given}」を月数として読めません。3 のように数で書いてください。"),
                    format!("`{given}` is not a number of months. Write a number such as 3."),
                ))
            }
            "mechanism" => {
                let kgis: Vec<_> = self
                    .plan()
                    .indicators
                    .iter()
                    .filter(|found| found.class == plan::Class::Kgi)
                    .collect();
                let squeezed = given.to_lowercase().replace([' ', '　'], "");
                let names = kgis
                    .iter()
                    .map(|kgi| kgi.id.to_uppercase())
                    .collect::<Vec<_>>()
                    .join("、");
                (!kgis.iter().any(|kgi| squeezed.contains(&kgi.id))).then(|| {
                    Refusal::new(
                        "no-kgi",
                        format!(
                            "どの KGI を動かすのかが読み取れません。{names} のどれかを文に書いてください。"
                        ),
                        format!("it does not say which KGI moves. Name one of {names} in the sentence."),
                    )
                })
            }
            _ => None,
        }
    }

    fn history(&self, proposal: &Proposal, unit: Option<&Unit>) -> Result<History, Refusal> {
        let text = proposal.history.trim();
        let mut values: Vec<(Period, f64)> = if let Some(series) = self.plan().series.get(text) {
            let engine = self.engine(None);
            let scale = series.unit.factor().to_f64();
            engine
                .observations(text)
                .map(|seen| (seen.period, seen.value.number().to_f64() / scale))
                .collect()
        } else {
            let entries = text
                .split([',', '、', '\n', ';'])
                .map(str::trim)
                .filter(|entry| !entry.is_empty());
            entries
                .map(|entry| dated(entry, unit))
                .collect::<Result<_, _>>()?
        };
        values.sort_by_key(|(at, _)| *at);
        let goal = dated(&proposal.target, unit).ok();
        let points: Vec<projection::Point> = values.iter().map(|(at, value)| (at.year, *value)).collect();
        let count = unit.is_some_and(|unit| unit.to_string().starts_with('件'))
            && values.iter().all(|(_, value)| value.fract() == 0.0);
        let model = if count {
            Model::ConstantRate
        } else {
            Model::ConstantGrowth
        };
        let fit = Fit::new(model, &points);
        let last = points.last().copied();
        let required = last
            .zip(goal)
            .and_then(|(last, (at, goal))| projection::required_growth(last, (at.year, goal)));
        let chance = fit
            .as_ref()
            .ok()
            .zip(goal)
            .map(|(fit, (at, goal))| fit.predict(at.year).reaches(goal));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count is a small whole number"
        )]
        let reaching = |goal: f64| goal.max(0.0).ceil() as u64;
        let mean = points.iter().map(|(_, value)| value).sum::<f64>() / points.len().max(1) as f64;
        let counted = goal.filter(|_| count && !points.is_empty());
        Ok(History {
            points: values.iter().map(|(at, value)| (*at, approx(*value))).collect(),
            goal,
            growth: fit
                .as_ref()
                .ok()
                .filter(|_| !count)
                .map(|fit| approx(fit.growth())),
            required: required.map(approx),
            chance: chance.map(approx),
            backtest: projection::backtest(model, &points)
                .map(|test| (approx(test.model_error), approx(test.naive_error))),
            luck: counted.map(|(_, goal)| approx(poisson::reaches(reaching(goal), mean))),
            mishap: counted.map(|(_, goal)| approx(poisson::below(reaching(goal), goal))),
            values,
        })
    }
}

impl Proposal {
    /// The field that a requirement asks for.
    pub fn field(&self, requirement: &str) -> &str {
        match requirement {
            "unit" => &self.unit,
            "source" => &self.source,
            "frequency" => &self.frequency,
            "baseline" => &self.baseline,
            "target" => &self.target,
            "lag" => &self.lag,
            "owner" => &self.owner,
            "mechanism" => &self.mechanism,
            _ => "",
        }
    }

    /// The proposal as an entry that the secretariat completes in English and puts into `plan/indicators/`.
    fn entry(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text.trim()).unwrap_or_default();
        let mut lines = vec![format!("# {}", self.title.trim().replace('\n', " "))];
        for (key, value) in [
            ("measures", format!("[{}]", quoted(&self.node))),
            ("title.ja", quoted(&self.title)),
            ("unit", quoted(&self.unit)),
            ("source", quoted(&self.source)),
            ("frequency", quoted(&self.frequency)),
            ("baseline", quoted(&self.baseline)),
            ("target", quoted(&self.target)),
            ("lag", quoted(&self.lag)),
            ("owner.ja", quoted(&self.owner)),
            ("why.ja", quoted(&self.mechanism)),
        ] {
            lines.push(format!("{key} = {value}"));
        }
        lines.join("\n")
    }
}

/// `FY2024 10`, `令和6年度 10件/年`, `2024=10`: a year and a value.
fn dated(text: &str, unit: Option<&Unit>) -> Result<(Period, f64), Refusal> {
    let fault = || {
        Refusal::new(
            "bad-dated-value",
            format!(
                "「{text}」を年と値として読めません。「2024年度 10」のように、年と値を空けて書いてください。"
            ),
            format!("`{text}` is not a year with a value. Write it like `FY2024 10`."),
        )
    };
    let text_trimmed = text.trim();
    let cut = text_trimmed
        .find(['=', ' ', '　', ':', '：', '\t'])
        .ok_or_else(fault)?;
    let (year, rest) = text_trimmed.split_at(cut);
    let value = rest
        .trim_start_matches(['=', ' ', '　', ':', '：', '\t'])
        .replace(',', "");
    let period = match year.parse::<Period>() {
        Ok(period) => period,
        Err(_) => year
            .parse::<vocab::codes::FiscalYear>()
            .map_err(|_| fault())?
            .period(),
    };
    let quantity: Quantity = value.parse().map_err(|_| fault())?;
    match unit {
        Some(unit) if !quantity.unit().is_plain() => {
            let shown = quantity.shown_in(unit).map_err(|_| {
                Refusal::new(
                    "unit-clash",
                    format!("「{text}」の単位が、選んだ単位 {unit} と合いません。"),
                    format!("the unit in `{text}` does not fit the chosen unit {unit}."),
                )
            })?;
            Ok((period, shown.in_unit().to_f64()))
        }
        _ => Ok((period, quantity.in_unit().to_f64())),
    }
}
