//! Issues against measures and indicators, with the holes.

use std::sync::Arc;

use app::{Coverage, CoverageRow, NodeLink};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::words::{downloads, measuring_links, node_link, node_text, propose_path};
use super::{Answer, answer, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Download, Link, Section, Shell};

#[derive(Template)]
#[template(path = "pages/coverage.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    tallies: Vec<Tally>,
    measures: Vec<Measure>,
    groups: Vec<Group>,
    files: Vec<Download>,
}

/// How many of how many have a hole.
struct Tally {
    text: String,
    open: usize,
    all: usize,
}

/// A column.
struct Measure {
    number: String,
    link: Link,
    measured: bool,
    propose: String,
}

/// The issues of one focus item.
struct Group {
    policy: String,
    focus: Link,
    above: Vec<Link>,
    rows: Vec<Row>,
}

struct Row {
    issue: Link,
    marks: Vec<Option<Mark>>,
    answered: bool,
    indicators: Vec<Link>,
    propose: String,
}

/// A measure, or a part of one, that answers an issue.
struct Mark {
    number: String,
    link: Link,
    whole: bool,
}

/// `GET /coverage`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let coverage = site.coverage();
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "coverage", coverage, || vec![sheet(t, coverage)]);
        }
        Answer::page(&build(site, reader, coverage))
    })
    .await
}

fn build<'a>(site: &'a Site, reader: &Reader, coverage: &Coverage) -> Page<'a> {
    let t = site.texts(reader.lang);
    let plan = site.rashin().plan();
    let hole_of = |id: &str| coverage.holes.iter().find(|hole| hole.node.id == id);
    let unmeasured = |id: &str| hole_of(id).is_some_and(|hole| hole.unmeasured);
    let row = |row: &CoverageRow| Row {
        issue: node_link(t, &row.issue),
        marks: coverage
            .measures
            .iter()
            .zip(&row.answers)
            .map(|(measure, answers)| mark(t, measure, answers))
            .collect(),
        answered: row.answers.iter().any(|list| !list.is_empty()),
        indicators: measuring_links(t, plan, &row.indicators),
        propose: propose_path(t, &row.issue.id),
    };
    let same_focus = |a: &CoverageRow, b: &CoverageRow| a.focus == b.focus;
    let groups = coverage.rows.chunk_by(same_focus).map(|rows| Group {
        policy: rows[0]
            .policy
            .as_ref()
            .map_or_else(String::new, |node| node_text(node, t.lang())),
        focus: rows[0]
            .focus
            .as_ref()
            .map_or_else(Link::default, |node| node_link(t, node)),
        above: measuring_links(t, plan, &rows[0].indicators_above),
        rows: rows.iter().map(row).collect(),
    });
    let unanswered = coverage.holes.iter().filter(|hole| hole.unanswered).count();
    let count =
        |nodes: &mut dyn Iterator<Item = &NodeLink>| nodes.filter(|node| unmeasured(&node.id)).count();
    let tally = |key, open, all| Tally {
        text: t.text(key),
        open,
        all,
    };
    Page {
        tallies: vec![
            tally("coverage-unanswered", unanswered, coverage.rows.len()),
            tally(
                "coverage-unmeasured-issues",
                count(&mut coverage.rows.iter().map(|row| &row.issue)),
                coverage.rows.len(),
            ),
            tally(
                "coverage-unmeasured-measures",
                count(&mut coverage.measures.iter()),
                coverage.measures.len(),
            ),
        ],
        measures: coverage
            .measures
            .iter()
            .map(|node| Measure {
                number: node.number.clone(),
                link: node_link(t, node),
                measured: !unmeasured(&node.id),
                propose: propose_path(t, &node.id),
            })
            .collect(),
        groups: groups.collect(),
        files: downloads(t, reader),
        shell: shell(site, reader, t.text("coverage-title"), Section::Coverage, vec![]),
        t,
    }
}

/// The sign of a measure that answers: filled where the measure answers as a whole, hollow where only parts of it do.
fn mark(t: Texts<'_>, measure: &NodeLink, answers: &[NodeLink]) -> Option<Mark> {
    let whole = answers.iter().find(|node| node.id == measure.id);
    let shown = whole.or(answers.first())?;
    Some(Mark {
        number: measure.number.clone(),
        link: node_link(t, shown),
        whole: whole.is_some(),
    })
}

fn sheet(t: Texts<'_>, coverage: &Coverage) -> Sheet {
    let mut columns = vec![t.text("kind-policy"), t.text("kind-focus"), t.text("kind-issue")];
    columns.extend(coverage.measures.iter().map(|node| node_text(node, t.lang())));
    columns.push(t.text("indicator"));
    let text = |node: &Option<NodeLink>| {
        Cell::text(
            node.as_ref()
                .map_or_else(String::new, |node| node_text(node, t.lang())),
        )
    };
    let rows = coverage.rows.iter().map(|row| {
        let mut cells = vec![
            text(&row.policy),
            text(&row.focus),
            Cell::text(node_text(&row.issue, t.lang())),
        ];
        cells.extend(row.answers.iter().map(|list| {
            Cell::text(
                list.iter()
                    .map(|node| node.id.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        }));
        cells.push(Cell::text(
            row.indicators
                .iter()
                .map(|(id, _)| id.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        ));
        cells
    });
    Sheet {
        name: t.text("coverage-title"),
        rows: rows.collect(),
        columns,
    }
}
