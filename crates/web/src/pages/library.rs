//! The records behind the figures: series, sources, meetings and words.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::indicator::{records_sheet, records_table};
use super::words::{downloads, frequency_of, indicator_link};
use super::{Answer, answer, name_of, say, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Column, Download, Link, Section, Shell, Table, Term};

/// A page of one table under a few facts.
#[derive(Template)]
#[template(path = "pages/list.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    lead: String,
    facts: Vec<Term>,
    table: Table,
    files: Vec<Download>,
}

/// `GET /series`
pub async fn all_series(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let t = site.texts(reader.lang);
        let plan = site.rashin().plan();
        let series: Vec<_> = plan.series.values().collect();
        let latest = |id: &str| site.rashin().records(id).into_iter().last();
        if reader.form != Form::Page {
            let records: Vec<_> = series
                .iter()
                .flat_map(|one| site.rashin().records(&one.id))
                .collect();
            return Answer::data(reader.form, "series", &series, || {
                vec![records_sheet(t, t.text("series-title"), &records)]
            });
        }
        let rows = series.iter().map(|one| {
            let last = latest(&one.id);
            vec![
                Link::to(one.title.get(reader.lang), t.path(&format!("/series/{}", one.id))),
                Link::plain(
                    last.as_ref()
                        .map_or_else(String::new, |record| record.at.label(reader.lang)),
                ),
                Link::plain(last.map_or_else(
                    || t.text("no-value"),
                    |record| super::words::figure(t, &record.value, &record.unit),
                )),
                Link::plain(one.section.clone()),
            ]
        });
        let columns = vec![
            Column::words(t.text("series")),
            Column::short(t.text("year")),
            Column::figures(t.text("latest")),
            Column::short(t.text("section")),
        ];
        Answer::page(&Page {
            t,
            lead: t.text("series-lead"),
            facts: vec![],
            table: Table {
                id: "series".into(),
                caption: t.text("series-title"),
                columns,
                rows: rows.collect(),
            },
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("series-title"), Section::Data, vec![]),
        })
    })
    .await
}

/// `GET /series/{id}`
pub async fn series(State(site): State<Arc<Site>>, reader: Reader, Path(file): Path<String>) -> Response {
    answer(site, reader, move |site, reader| {
        let id = name_of(&file);
        let view = site.rashin().series(id)?;
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, id, &view, || {
                vec![records_sheet(
                    t,
                    say(&view.series.title, reader.lang),
                    &view.records,
                )]
            });
        }
        let mut facts = vec![
            Term::new(t.text("unit"), t.unit(&view.series.unit.to_string())),
            Term::new(t.text("frequency"), frequency_of(t, view.series.frequency)),
            Term::new(
                t.text("lag"),
                t.with1(
                    "months",
                    "n",
                    usize::try_from(view.series.lag_months).unwrap_or(0),
                ),
            ),
            Term::new(t.text("owner"), view.series.owner.get(reader.lang)),
            Term::new(t.text("section"), view.series.section.clone()),
        ];
        if !view.used_by.is_empty() {
            facts.push(Term {
                name: t.text("used-by"),
                values: view.used_by.iter().map(|one| indicator_link(t, one)).collect(),
            });
        }
        let title = say(&view.series.title, reader.lang);
        let crumbs = vec![Link::to(t.text("series-title"), t.path("/series"))];
        Answer::page(&Page {
            t,
            lead: view
                .series
                .note
                .as_ref()
                .map_or_else(String::new, |note| say(note, reader.lang)),
            facts,
            table: records_table(t, "records", t.text("records-caption"), &view.records),
            files: downloads(t, reader),
            shell: shell(site, reader, title, Section::Data, crumbs),
        })
    })
    .await
}

/// `GET /sources`
pub async fn sources(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let t = site.texts(reader.lang);
        let list: Vec<_> = site.rashin().plan().sources.values().collect();
        if reader.form != Form::Page {
            return Answer::data(reader.form, "sources", &list, || {
                let row = |source: &&plan::Source| {
                    vec![
                        Cell::text(&source.id),
                        Cell::text(source.title.get(reader.lang)),
                        Cell::text(source.publisher.get(reader.lang)),
                        Cell::text(source.url.as_deref().unwrap_or_default()),
                        Cell::text(source.accessed.map_or_else(String::new, |day| day.to_string())),
                    ]
                };
                let heads = ["column-id", "source", "publisher", "address", "accessed"];
                vec![Sheet {
                    name: t.text("sources-title"),
                    columns: heads.iter().map(|key| t.text(key)).collect(),
                    rows: list.iter().map(row).collect(),
                }]
            });
        }
        let rows = list.iter().map(|source| {
            vec![
                Link::to(
                    source.title.get(reader.lang),
                    t.path(&format!("/sources/{}", source.id)),
                ),
                Link::plain(source.publisher.get(reader.lang)),
                Link::plain(
                    source
                        .number
                        .map_or_else(String::new, |number| number.to_string()),
                ),
                Link::plain(source.accessed.map_or_else(String::new, |day| t.date(day))),
            ]
        });
        let columns = vec![
            Column::words(t.text("source")),
            Column::words(t.text("publisher")),
            Column::figures(t.text("footnote")),
            Column::short(t.text("accessed")),
        ];
        Answer::page(&Page {
            t,
            lead: t.text("sources-lead"),
            facts: vec![],
            table: Table {
                id: "sources".into(),
                caption: t.text("sources-title"),
                columns,
                rows: rows.collect(),
            },
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("sources-title"), Section::Data, vec![]),
        })
    })
    .await
}

/// `GET /sources/{id}`
pub async fn source(State(site): State<Arc<Site>>, reader: Reader, Path(file): Path<String>) -> Response {
    answer(site, reader, move |site, reader| {
        let id = name_of(&file);
        let view = site.rashin().source(id)?;
        let t = site.texts(reader.lang);
        let title = say(&view.source.title, reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, id, &view, || {
                vec![records_sheet(t, title.clone(), &view.records)]
            });
        }
        let mut facts = vec![Term::new(
            t.text("publisher"),
            view.source.publisher.get(reader.lang),
        )];
        if let Some(url) = &view.source.url {
            facts.push(Term {
                name: t.text("address"),
                values: vec![Link::to(url, url)],
            });
        }
        if let Some(day) = view.source.published {
            facts.push(Term::new(t.text("published"), t.date(day)));
        }
        if let Some(day) = view.source.accessed {
            facts.push(Term::new(t.text("accessed"), t.date(day)));
        }
        if let Some(number) = view.source.number {
            facts.push(Term::new(t.text("footnote"), number.to_string()));
        }
        let crumbs = vec![Link::to(t.text("sources-title"), t.path("/sources"))];
        Answer::page(&Page {
            t,
            lead: t.with1("source-lead", "n", view.records.len()),
            facts,
            table: records_table(t, "records", t.text("records-caption"), &view.records),
            files: downloads(t, reader),
            shell: shell(site, reader, title, Section::Data, crumbs),
        })
    })
    .await
}

/// `GET /meetings`
pub async fn meetings(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let t = site.texts(reader.lang);
        let list = &site.rashin().plan().meetings;
        let agenda = |meeting: &plan::Meeting| {
            meeting
                .agenda
                .iter()
                .map(|item| item.get(reader.lang))
                .collect::<Vec<_>>()
                .join(" / ")
        };
        let name = |meeting: &plan::Meeting| {
            t.with(
                "meeting-name",
                &[
                    ("body", meeting.body.get(reader.lang).into()),
                    ("n", meeting.number.to_string().as_str().into()),
                ],
            )
        };
        if reader.form != Form::Page {
            return Answer::data(reader.form, "meetings", list, || {
                let row = |meeting: &plan::Meeting| {
                    vec![
                        Cell::text(&meeting.id),
                        Cell::text(name(meeting)),
                        Cell::text(meeting.date.to_string()),
                        Cell::text(agenda(meeting)),
                    ]
                };
                let heads = ["column-id", "meeting", "date", "agenda"];
                vec![Sheet {
                    name: t.text("meetings-title"),
                    columns: heads.iter().map(|key| t.text(key)).collect(),
                    rows: list.iter().map(row).collect(),
                }]
            });
        }
        let rows = list.iter().map(|meeting| {
            vec![
                Link::plain(name(meeting)),
                Link::plain(t.date(meeting.date)),
                Link::plain(agenda(meeting)),
                Link::plain(meeting.section.clone()),
            ]
        });
        let columns = vec![
            Column::words(t.text("meeting")),
            Column::short(t.text("date")),
            Column::words(t.text("agenda")),
            Column::short(t.text("section")),
        ];
        Answer::page(&Page {
            t,
            lead: t.text("meetings-lead"),
            facts: vec![],
            table: Table {
                id: "meetings".into(),
                caption: t.text("meetings-title"),
                columns,
                rows: rows.collect(),
            },
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("meetings-title"), Section::Plan, vec![]),
        })
    })
    .await
}

/// `GET /terms`
pub async fn terms(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let t = site.texts(reader.lang);
        let list = &site.rashin().plan().terms;
        if reader.form != Form::Page {
            return Answer::data(reader.form, "terms", list, || {
                let row = |term: &plan::Term| {
                    vec![
                        Cell::text(&term.ja),
                        Cell::text(&term.en),
                        Cell::text(term.meaning.get(reader.lang)),
                    ]
                };
                let heads = ["term-ja", "term-en", "meaning"];
                vec![Sheet {
                    name: t.text("terms-title"),
                    columns: heads.iter().map(|key| t.text(key)).collect(),
                    rows: list.iter().map(row).collect(),
                }]
            });
        }
        let rows = list.iter().map(|term| {
            vec![
                Link::plain(term.ja.clone()),
                Link::plain(term.en.clone()),
                Link::plain(term.meaning.get(reader.lang)),
            ]
        });
        let columns = ["term-ja", "term-en", "meaning"]
            .map(|key| Column::words(t.text(key)))
            .to_vec();
        Answer::page(&Page {
            t,
            lead: t.text("terms-lead"),
            facts: vec![],
            table: Table {
                id: "terms".into(),
                caption: t.text("terms-title"),
                columns,
                rows: rows.collect(),
            },
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("terms-title"), Section::Plan, vec![]),
        })
    })
    .await
}
