//! The plan at a glance: where the key goal indicators stand, what the measures do, what is new.

use std::sync::Arc;

use app::{Dashboard, Summary};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::words::{chance_words, code_of, digits, figure, figure_or_none, node_link, rate, state_of};
use super::{Answer, answer, say, shell};
use crate::chart::{Sparkline, sparkline};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::site::Site;
use crate::ui::{Column, Figure, IndicatorCard, Link, Section, Shell, Table, Term, Tone};

#[derive(Template)]
#[template(path = "pages/dashboard.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    subtitle: String,
    status: String,
    vision: Option<Link>,
    kgis: Vec<IndicatorCard>,
    policies: Vec<PolicyCard>,
    references: Table,
    states: Vec<StateRow>,
    findings: usize,
    holes: usize,
    news: Vec<String>,
    records: Table,
}

struct PolicyCard {
    link: Link,
    indicators: Vec<Link>,
}

struct StateRow {
    text: String,
    tone: Tone,
    count: usize,
    nodes: Vec<Link>,
}

/// `GET /`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let dashboard = site.dashboard()?;
        if reader.form != Form::Page {
            return Answer::data(reader.form, "index", dashboard, Vec::new);
        }
        Answer::page(&build(site, reader, dashboard))
    })
    .await
}

fn build<'a>(site: &'a Site, reader: &Reader, dashboard: &Dashboard) -> Page<'a> {
    let t = site.texts(reader.lang);
    let lang = reader.lang;
    let all = dashboard.kgis.iter().chain(&dashboard.references);
    let by_id = |id: &String| {
        let found = all.clone().find(|one| one.id == *id)?;
        let name = format!("{} {}", code_of(t, &found.id, found.class), found.short.get(lang));
        Some(Link::to(name, t.path(&format!("/indicators/{id}"))))
    };
    Page {
        subtitle: say(&dashboard.plan.subtitle, lang),
        status: say(&dashboard.plan.status, lang),
        vision: dashboard.vision.as_ref().map(|node| Link {
            text: say(&node.title, lang),
            ..node_link(t, node)
        }),
        kgis: dashboard.kgis.iter().map(|one| card(t, one)).collect(),
        policies: dashboard
            .policies
            .iter()
            .map(|(node, ids)| PolicyCard {
                link: node_link(t, node),
                indicators: ids.iter().filter_map(by_id).collect(),
            })
            .collect(),
        references: references(t, &dashboard.references),
        states: dashboard
            .measures
            .iter()
            .map(|state| {
                let (text, tone) = state_of(t, state.state);
                StateRow {
                    text,
                    tone,
                    count: state.count,
                    nodes: state.nodes.iter().map(|node| node_link(t, node)).collect(),
                }
            })
            .collect(),
        findings: dashboard.findings,
        holes: dashboard.holes,
        news: news(t, dashboard),
        records: records(t, dashboard),
        shell: shell(
            site,
            reader,
            say(&dashboard.plan.title, lang),
            Section::Top,
            vec![],
        ),
        t,
    }
}

/// An indicator's card: the target large, where it stands and how likely the target is beside it.
pub(crate) fn card(t: Texts<'_>, one: &Summary) -> IndicatorCard {
    let lang = t.lang();
    let shown = one.target.as_ref().or(one.latest.as_ref());
    let figure_of = shown.map_or_else(
        || Figure {
            name: t.text("latest"),
            number: t.text("no-value"),
            unit: String::new(),
        },
        |(at, value)| Figure {
            name: t.with(
                if one.target.is_some() {
                    "target-in"
                } else {
                    "latest-in"
                },
                &[("year", at.label(lang).as_str().into())],
            ),
            number: crate::i18n::group_digits(&digits(value, 4)),
            unit: t.unit(&one.unit),
        },
    );
    let mut facts = vec![];
    if let Some((at, value)) = &one.latest {
        facts.push(Term::new(
            t.with1("latest-in", "year", at.label(lang).as_str()),
            figure(t, value, &one.unit),
        ));
    }
    if let Some((at, value)) = &one.required_next {
        facts.push(Term::new(
            t.with1("required-in", "year", at.label(lang).as_str()),
            figure(t, &digits(value, 3), &one.unit),
        ));
    }
    if let Some(growth) = &one.growth_required {
        facts.push(Term::new(
            t.text("growth-required"),
            t.with1("a-year", "rate", rate(growth).as_str()),
        ));
    }
    if let Some(probability) = &one.chance {
        facts.push(Term::new(t.text("chance"), chance_words(t, probability)));
    }
    let observed: Vec<_> = one
        .course
        .observed
        .iter()
        .map(|point| (point.at.year, Some(point.value)))
        .collect();
    let target = one
        .target
        .as_ref()
        .and_then(|(at, value)| Some((at.year, value.parse().ok()?)));
    IndicatorCard {
        href: t.path(&format!("/indicators/{}", one.id)),
        code: code_of(t, &one.id, one.class),
        title: say(&one.short, lang),
        figure: figure_of,
        facts,
        spark: sparkline(&Sparkline {
            id: format!("spark-{}", one.id),
            description: t.with1("spark", "name", one.short.get(lang)),
            observed,
            target,
        }),
        findings: one.findings,
    }
}

fn references(t: Texts<'_>, list: &[Summary]) -> Table {
    let rows = list.iter().map(|one| {
        let latest = one.latest.as_ref();
        vec![
            Link::to(
                format!("{} {}", code_of(t, &one.id, one.class), one.title.get(t.lang())),
                t.path(&format!("/indicators/{}", one.id)),
            ),
            Link::plain(latest.map_or_else(String::new, |(at, _)| at.label(t.lang()))),
            Link::plain(figure_or_none(t, latest.map(|(_, value)| value), &one.unit)),
            Link::plain(t.with1("card-findings", "n", one.findings)),
        ]
    });
    Table {
        id: "references".into(),
        caption: t.text("references-caption"),
        columns: vec![
            Column::words(t.text("indicator")),
            Column::short(t.text("year")),
            Column::figures(t.text("value")),
            Column::short(t.text("findings")),
        ],
        rows: rows.collect(),
    }
}

fn news(t: Texts<'_>, dashboard: &Dashboard) -> Vec<String> {
    let news = &dashboard.news;
    let Some((year, day, _)) = &news.edition else {
        return vec![t.with1("news-none", "n", news.records.len())];
    };
    let mut lines = vec![t.with(
        "news-since",
        &[
            ("year", year.label(t.lang()).as_str().into()),
            ("day", t.date(*day).as_str().into()),
            ("n", news.records.len().into()),
        ],
    )];
    for (_, title, at, before, now) in &news.moved {
        lines.push(t.with(
            "news-moved",
            &[
                ("name", title.get(t.lang()).into()),
                ("year", at.label(t.lang()).as_str().into()),
                ("before", before.as_str().into()),
                ("now", now.as_str().into()),
            ],
        ));
    }
    if news.plan_changed {
        lines.push(t.text("news-plan-changed"));
    }
    lines
}

fn records(t: Texts<'_>, dashboard: &Dashboard) -> Table {
    let rows = dashboard.news.records.iter().take(8).map(|record| {
        vec![
            Link::to(
                record.title.get(t.lang()),
                t.path(&format!("/series/{}", record.series)),
            ),
            Link::plain(record.at.label(t.lang())),
            Link::plain(figure(t, &record.value, &record.unit)),
            Link::plain(t.date(record.recorded)),
        ]
    });
    Table {
        id: "news".into(),
        caption: t.text("news-caption"),
        columns: vec![
            Column::words(t.text("series")),
            Column::short(t.text("year")),
            Column::figures(t.text("value")),
            Column::short(t.text("recorded")),
        ],
        rows: rows.collect(),
    }
}
