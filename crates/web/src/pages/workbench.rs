//! The KPI workbench (§8). The whole proposal stands in the address, so it can be bookmarked, sent and printed.

use std::sync::Arc;

use app::{History, Proposal, Verdict, WorkbenchView};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use vocab::Calendar;

use super::words::{chance, chance_words, digits, kind_of, node_link, node_text, rate};
use super::{Answer, answer, shell};
use crate::chart::{About, LineFan, Mark, line_fan};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::site::Site;
use crate::ui::{Chart, Choice, Field, Link, Section, Shell, Tone};

#[derive(Template)]
#[template(path = "pages/workbench.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    node: Field,
    fields: Vec<Field>,
    faults: Vec<Field>,
    chosen: Option<Link>,
    started: bool,
    verdicts: Vec<VerdictRow>,
    open: String,
    history: Vec<String>,
    chart: Option<Chart>,
    entry: String,
}

struct VerdictRow {
    title: String,
    help: String,
    word: String,
    tone: Tone,
    say: String,
    field: String,
}

/// `GET /workbench`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let text = |name: &str| reader.value(name).unwrap_or_default().to_owned();
        let proposal = Proposal {
            node: text("node"),
            title: text("title"),
            unit: text("unit"),
            source: text("source"),
            frequency: text("frequency"),
            baseline: text("baseline"),
            target: text("target"),
            lag: text("lag"),
            owner: text("owner"),
            mechanism: text("mechanism"),
            history: text("history"),
        };
        let view = site.rashin().workbench(proposal);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "workbench", &view, Vec::new);
        }
        Answer::page(&build(site, reader, &view))
    })
    .await
}

fn build<'a>(site: &'a Site, reader: &Reader, view: &WorkbenchView) -> Page<'a> {
    let t = site.texts(reader.lang);
    let known = match &view.history {
        Some(Ok(history)) => Some(history),
        _ => None,
    };
    let fields = fields(t, view);
    Page {
        chosen: view.node.as_ref().map(|node| node_link(t, node)),
        started: !reader.query.is_empty(),
        verdicts: view.verdicts.iter().map(|verdict| row(t, verdict)).collect(),
        open: t.with(
            "workbench-open",
            &[("n", view.open.into()), ("total", view.verdicts.len().into())],
        ),
        history: known.map_or_else(Vec::new, |history| history_words(t, history)),
        chart: known.map(|history| history_chart(t, view, history)),
        entry: view.entry.clone().unwrap_or_default(),
        faults: fields
            .iter()
            .filter(|field| !field.error.is_empty())
            .cloned()
            .collect(),
        fields,
        node: node_field(t, view),
        shell: shell(
            site,
            reader,
            t.text("workbench-title"),
            Section::Workbench,
            vec![],
        ),
        t,
    }
}

/// The choice of the item, those without an indicator first.
fn node_field(t: Texts<'_>, view: &WorkbenchView) -> Field {
    let mut choices = vec![Choice::new("", t.text("workbench-choose"))];
    choices.extend(view.choices.iter().map(|(node, empty)| {
        let mark = if *empty {
            format!("{} ", t.text("workbench-empty"))
        } else {
            String::new()
        };
        let text = node_text(node, t.lang());
        Choice::new(
            node.id.as_str(),
            format!("{mark}[{}] {text}", kind_of(t, node.kind)),
        )
    }));
    Field {
        name: "node".into(),
        label: t.text("workbench-node"),
        support: t.text("workbench-node-support"),
        value: view.proposal.node.clone(),
        choices,
        ..Field::default()
    }
}

/// The name, one field a requirement of the plan, and the history, each as it was typed.
fn fields(t: Texts<'_>, view: &WorkbenchView) -> Vec<Field> {
    let lang = t.lang();
    let name = Field {
        name: "title".into(),
        label: t.text("workbench-name"),
        support: t.text("workbench-name-support"),
        value: view.proposal.title.clone(),
        ..Field::default()
    };
    let required = view.verdicts.iter().map(|verdict| {
        let fault = verdict.fault.as_ref();
        Field {
            name: verdict.requirement.id.clone(),
            label: verdict.requirement.title.get(lang).to_owned(),
            support: verdict.requirement.help.get(lang).to_owned(),
            error: fault.map_or_else(String::new, |fault| fault.text(lang).to_owned()),
            value: verdict.given.clone(),
            ..Field::default()
        }
    });
    let history = Field {
        name: "history".into(),
        label: t.text("workbench-history"),
        support: t.text("workbench-history-support"),
        error: match &view.history {
            Some(Err(refusal)) => refusal.text(lang).to_owned(),
            _ => String::new(),
        },
        value: view.proposal.history.clone(),
        ..Field::default()
    };
    std::iter::once(name).chain(required).chain([history]).collect()
}

fn row(t: Texts<'_>, verdict: &Verdict) -> VerdictRow {
    let (word, tone) = match (&verdict.fault, verdict.met) {
        (Some(_), _) => (t.text("workbench-wrong"), Tone::Error),
        (None, true) => (t.text("workbench-met"), Tone::Success),
        (None, false) => (t.text("workbench-missing"), Tone::Warning),
    };
    VerdictRow {
        title: verdict.requirement.title.get(t.lang()).to_owned(),
        help: verdict.requirement.help.get(t.lang()).to_owned(),
        word,
        tone,
        say: if verdict.met {
            verdict.given.clone()
        } else {
            String::new()
        },
        field: verdict.requirement.id.clone(),
    }
}

fn history_words(t: Texts<'_>, history: &History) -> Vec<String> {
    let mut lines = vec![t.with1("history-count", "n", history.points.len())];
    if let Some(growth) = &history.growth {
        lines.push(t.with1("history-growth", "rate", rate(growth).as_str()));
    }
    if let Some(required) = &history.required {
        lines.push(t.with1("history-required", "rate", rate(required).as_str()));
    }
    if let Some(probability) = &history.chance {
        lines.push(t.with1("history-chance", "chance", chance_words(t, probability).as_str()));
    }
    if let (Some(luck), Some(mishap)) = (&history.luck, &history.mishap) {
        lines.push(t.with(
            "history-luck",
            &[
                ("luck", chance(t, luck).as_str().into()),
                ("mishap", chance(t, mishap).as_str().into()),
            ],
        ));
    }
    lines.push(match &history.backtest {
        Ok((model, naive)) => t.with(
            "course-backtest",
            &[
                ("model", rate(model).as_str().into()),
                ("naive", rate(naive).as_str().into()),
            ],
        ),
        Err(refusal) => refusal.text(t.lang()).to_owned(),
    });
    lines
}

fn history_chart(t: Texts<'_>, view: &WorkbenchView, history: &History) -> Chart {
    let title = if view.proposal.title.is_empty() {
        t.text("workbench-proposal")
    } else {
        view.proposal.title.clone()
    };
    let last = history.values.last();
    let required = last
        .zip(history.goal)
        .map_or_else(Vec::new, |((at, value), (goal_at, goal))| {
            vec![(at.year, *value), (goal_at.year, goal)]
        });
    let calendar = last.map_or(Calendar::Fiscal, |(at, _)| at.calendar);
    line_fan(
        &LineFan {
            about: About {
                id: "history".into(),
                title,
                description: history_words(t, history).join(" "),
                unit: t.unit(&view.proposal.unit),
            },
            calendar,
            observed: history
                .values
                .iter()
                .map(|(at, value)| (at.year, Some(*value)))
                .collect(),
            required,
            implied: vec![],
            fan: vec![],
            target: history.goal.map(|(at, value)| Mark {
                year: at.year,
                value,
                text: t.amount(&digits(&indicator::approx(value), 4), view.proposal.unit.trim()),
            }),
            printed: vec![],
        },
        t,
    )
}
