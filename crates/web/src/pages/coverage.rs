//! Issues against measures and indicators, with the holes.

use std::sync::Arc;

use app::{Coverage, Hole};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::words::{downloads, indicator_link, node_link};
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
    measures: Vec<(String, Link)>,
    rows: Vec<Row>,
    unanswered: Vec<HoleRow>,
    unmeasured: Vec<HoleRow>,
    files: Vec<Download>,
}

struct Row {
    policy: String,
    issue: Link,
    answers: Vec<Vec<Link>>,
    indicators: Vec<Link>,
    above: Vec<Link>,
}

struct HoleRow {
    node: Link,
    propose: String,
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
    let hole = |hole: &Hole| HoleRow {
        node: node_link(t, &hole.node),
        propose: t.path(&format!("/workbench?node={}", hole.node.id)),
    };
    Page {
        measures: coverage
            .measures
            .iter()
            .map(|node| (node.number.clone(), node_link(t, node)))
            .collect(),
        rows: coverage
            .rows
            .iter()
            .map(|row| Row {
                policy: row
                    .policy
                    .as_ref()
                    .map_or_else(String::new, |node| node.number.clone()),
                issue: node_link(t, &row.issue),
                answers: row
                    .answers
                    .iter()
                    .map(|list| list.iter().map(|node| node_link(t, node)).collect())
                    .collect(),
                indicators: row.indicators.iter().map(|one| indicator_link(t, one)).collect(),
                above: row
                    .indicators_above
                    .iter()
                    .map(|one| indicator_link(t, one))
                    .collect(),
            })
            .collect(),
        unanswered: coverage
            .holes
            .iter()
            .filter(|one| one.unanswered)
            .map(hole)
            .collect(),
        unmeasured: coverage
            .holes
            .iter()
            .filter(|one| one.unmeasured)
            .map(hole)
            .collect(),
        files: downloads(t, reader),
        shell: shell(site, reader, t.text("coverage-title"), Section::Coverage, vec![]),
        t,
    }
}

fn sheet(t: Texts<'_>, coverage: &Coverage) -> Sheet {
    let mut columns = vec![t.text("kind-policy"), t.text("kind-focus"), t.text("kind-issue")];
    columns.extend(
        coverage
            .measures
            .iter()
            .map(|node| super::words::node_text(node, t.lang())),
    );
    columns.push(t.text("indicator"));
    let text = |node: &Option<app::NodeLink>| {
        Cell::text(
            node.as_ref()
                .map_or_else(String::new, |node| super::words::node_text(node, t.lang())),
        )
    };
    let rows = coverage.rows.iter().map(|row| {
        let mut cells = vec![
            text(&row.policy),
            text(&row.focus),
            Cell::text(super::words::node_text(&row.issue, t.lang())),
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
