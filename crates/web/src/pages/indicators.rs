//! Every indicator in a line.

use std::sync::Arc;

use app::Summary;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use plan::Class;

use super::words::{chance_words, class_of, code_of, downloads, figure};
use super::{Answer, answer, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Column, Download, Link, Section, Shell, Table};

#[derive(Template)]
#[template(path = "pages/indicators.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    groups: Vec<(String, Table)>,
    files: Vec<Download>,
}

/// `GET /indicators`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let list = site.summaries()?;
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "indicators", &list, || vec![sheet(t, list)]);
        }
        let classes = [
            Class::Kgi,
            Class::Reference,
            Class::Proposed,
            Class::Situation,
            Class::History,
        ];
        let groups = classes.into_iter().filter_map(|class| {
            let members: Vec<_> = list.iter().filter(|one| one.class == class).collect();
            (!members.is_empty()).then(|| (class_of(t, class), table(t, class, &members)))
        });
        Answer::page(&Page {
            t,
            groups: groups.collect(),
            files: downloads(t, reader),
            shell: shell(
                site,
                reader,
                t.text("indicators-title"),
                Section::Indicators,
                vec![],
            ),
        })
    })
    .await
}

fn table(t: Texts<'_>, class: Class, members: &[&Summary]) -> Table {
    let goal = class == Class::Kgi;
    let mut columns = vec![
        Column::words(t.text("indicator")),
        Column::short(t.text("year")),
        Column::figures(t.text("value")),
    ];
    if goal {
        columns.push(Column::figures(t.text("target")));
        columns.push(Column::figures(t.text("chance")));
    }
    columns.push(Column::short(t.text("findings")));
    let rows = members.iter().map(|one| {
        let code = if matches!(class, Class::Kgi | Class::Reference) {
            format!("{} ", code_of(t, &one.id, class))
        } else {
            String::new()
        };
        let latest = one.latest.as_ref();
        let mut row = vec![
            Link::to(
                format!("{code}{}", one.title.get(t.lang())),
                t.path(&format!("/indicators/{}", one.id)),
            ),
            Link::plain(latest.map_or_else(String::new, |(at, _)| at.label(t.lang()))),
            Link::plain(latest.map_or_else(|| t.text("no-value"), |(_, value)| figure(t, value, &one.unit))),
        ];
        if goal {
            row.push(Link::plain(
                one.target.as_ref().map_or_else(String::new, |(at, value)| {
                    format!("{} {}", at.label(t.lang()), figure(t, value, &one.unit))
                }),
            ));
            row.push(Link::plain(
                one.chance
                    .as_ref()
                    .map_or_else(String::new, |value| chance_words(t, value)),
            ));
        }
        row.push(Link::plain(t.with1("card-findings", "n", one.findings)));
        row
    });
    Table {
        id: format!("list-{class:?}").to_lowercase(),
        caption: t.with1(
            if goal {
                "indicators-goal-caption"
            } else {
                "indicators-caption"
            },
            "class",
            class_of(t, class),
        ),
        columns,
        rows: rows.collect(),
    }
}

fn sheet(t: Texts<'_>, list: &[Summary]) -> Sheet {
    let heads = [
        "column-id",
        "column-class",
        "indicator",
        "year",
        "value",
        "unit",
        "target-year",
        "target",
        "chance",
        "findings",
    ];
    let rows = list.iter().map(|one| {
        let (latest, target) = (one.latest.as_ref(), one.target.as_ref());
        vec![
            Cell::text(&one.id),
            Cell::text(class_of(t, one.class)),
            Cell::text(one.title.get(t.lang())),
            Cell::text(latest.map_or_else(String::new, |(at, _)| at.to_string())),
            Cell::figure(latest.map(|(_, value)| value)),
            Cell::text(&one.unit),
            Cell::text(target.map_or_else(String::new, |(at, _)| at.to_string())),
            Cell::figure(target.map(|(_, value)| value)),
            Cell::figure(one.chance.as_ref()),
            Cell::figure(Some(one.findings.to_string())),
        ]
    });
    Sheet {
        name: t.text("indicators-title"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: rows.collect(),
    }
}
