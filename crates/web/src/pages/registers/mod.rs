//! Registers: which there are, and the list of one, with what it is searched and filtered by in its address.

pub mod files;
pub(super) mod form;
pub(super) mod json;
pub mod merge;
pub mod parts;
pub mod record;
pub(super) mod unsent;

use app::{List, RecordPage, RecordQuery, Register, RegisterEntry};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use plan::{Field as KindField, Kind, Shape};
pub(super) use record::{to_list, what_moved};
use serde_json::{Value, json};
use vocab::Refusal;

use super::batches::{table_sheet, upload};
use super::words::downloads;
use super::work::Work;
use super::{Answer, Here, at_desk, shell};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Download, Field, Link, PostForm, Section, Shell, Table};

/// Columns of a list beside the title: more would not fit a screen.
const COLUMNS: usize = 4;

/// `GET /registers`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_list).await
}

fn build_list(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let list = here.desk.registers(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "registers", &list, || {
            vec![sheet_of_all(t, &list)]
        });
    }
    let row = |one: &Register| {
        vec![
            Link::to(
                one.kind.title.get(t.lang()),
                t.path(&format!("/registers/{}", one.kind.id)),
            ),
            Link::plain(one.kind.intro.get(t.lang())),
        ]
    };
    let table = Table {
        id: "registers".into(),
        caption: t.text("registers-caption"),
        columns: vec![
            Column::short(t.text("register")),
            Column::words(t.text("register-for")),
        ],
        rows: list.iter().map(row).collect(),
    };
    Answer::page(&Work {
        lead: t.text("registers-lead"),
        table: Some(table),
        empty: t.text("registers-none"),
        way: Some(Link::to(t.text("procedures-title"), t.path("/procedures"))),
        files: downloads(t, here.reader),
        ..page(here, t.text("registers-title"), vec![])
    })
}

fn sheet_of_all(t: Texts<'_>, list: &[Register]) -> Sheet {
    let row = |one: &Register| {
        let kind = &one.kind;
        vec![
            Cell::text(&kind.id),
            Cell::text(kind.title.get(t.lang())),
            Cell::text(kind.intro.get(t.lang())),
            Cell::text(&kind.section),
        ]
    };
    Sheet {
        name: t.text("registers-title"),
        columns: ["column-id", "register", "register-for", "register-section"]
            .map(|key| t.text(key))
            .into(),
        rows: list.iter().map(row).collect(),
    }
}

/// The list of a register.
#[derive(Template)]
#[template(path = "pages/register.html")]
struct ListPage<'a> {
    t: Texts<'a>,
    shell: Shell,
    lead: String,
    done: String,
    add: Option<Link>,
    drafts: Option<Table>,
    words: Field,
    filters: Vec<Field>,
    filtered: bool,
    views: Vec<Link>,
    fault: Vec<Field>,
    action: String,
    found: String,
    table: Table,
    more: Option<Link>,
    again: Option<Link>,
    lists: Option<Link>,
    forms: Vec<PostForm>,
    files: Vec<Download>,
}

/// `GET /registers/{kind}`
pub async fn one(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_one(here, Form::of(&file).0)).await
}

fn build_one(here: &Here<'_>, id: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let register = here.desk.register(&here.visit, id)?;
    let asked = asked(here.reader, &register.kind);
    if here.reader.form != Form::Page {
        return data(here, &register.kind, &asked);
    }
    let filters = filters(t, register.narrows(&here.visit), &asked);
    let Register { kind, may_add } = register;
    // A filter that cannot be read is told above the list; the list is then that without it.
    let (list, refusal) = match here.desk.records(&here.visit, id, &asked) {
        Ok(list) => (list, None),
        Err(refusal) if ["sign-in", "not-found"].contains(&refusal.kind) => return Err(refusal),
        Err(refusal) => (
            here.desk.records(&here.visit, id, &RecordQuery::default())?,
            Some(refusal),
        ),
    };
    let drafts = if may_add {
        let only = RecordQuery {
            drafts: true,
            ..RecordQuery::default()
        };
        here.desk.records(&here.visit, id, &only)?.rows
    } else {
        vec![]
    };
    let narrowed = !asked.words.is_empty() || !asked.filters.is_empty();
    let views = super::views::of_list(here, &format!("/registers/{id}"), Some(&kind))?;
    let page = ListPage {
        t,
        shell: shell(
            here.site,
            here.reader,
            kind.title.get(t.lang()).to_owned(),
            Section::Registers,
            crumbs(t),
        ),
        lead: kind.intro.get(t.lang()).to_owned(),
        done: super::work::done(here),
        add: may_add.then(|| Link::to(t.text("record-add"), t.path(&format!("/registers/{id}/new")))),
        drafts: (!drafts.is_empty()).then(|| table(here, &kind, "drafts", t.text("record-drafts"), &drafts)),
        words: Field {
            name: "q".into(),
            label: t.text("register-words"),
            support: t.text("register-words-support"),
            value: asked.words.clone(),
            ..Field::default()
        },
        filters,
        filtered: !asked.filters.is_empty(),
        views: views.links,
        fault: refusal
            .iter()
            .map(|refusal| Field {
                error: refusal.text(t.lang()).to_owned(),
                ..Field::default()
            })
            .collect(),
        action: t.path(&format!("/registers/{id}")),
        found: found(t, list.found),
        table: table(here, &kind, "records", t.text("register-records"), &list.rows),
        more: list.next.as_ref().map(|next| {
            let address = next_page(here.reader, next);
            Link::to(t.text("register-more"), t.path(&address))
        }),
        lists: (may_add && List::filling(id).next().is_some())
            .then(|| Link::to(t.text("lists-go"), t.path(&format!("/registers/{id}/lists")))),
        again: narrowed.then(|| Link::to(t.text("register-all"), t.path(&format!("/registers/{id}")))),
        forms: may_add
            .then(|| {
                let template = t.path(&format!("/registers/{id}/template.xlsx"));
                let hidden = [("purpose", "records"), ("kind", kind.id.as_str())];
                upload(t, t.text("register-upload"), template, &hidden)
            })
            .into_iter()
            .chain(views.form.filter(|_| narrowed))
            .collect(),
        files: files(here, &kind),
    };
    Answer::page(&page)
}

/// What the address asks for: `q` for words, a field's name for what it has to be, `sort` and `down`, `after`.
fn asked(reader: &Reader, kind: &Kind) -> RecordQuery {
    let value = |name: &str| reader.value(name).map(str::to_owned);
    // Also those of fields that are not there: nobody is shown a list that was narrowed by less than they asked.
    let filters = reader.query.iter().filter_map(|(name, text)| {
        let field = name.strip_prefix("f.")?;
        (!text.trim().is_empty()).then(|| (field.to_owned(), text.trim().to_owned()))
    });
    // By name unless asked otherwise, which is how one looks for something in a list.
    let by_name = kind.field(&kind.title_field).filter(|field| field.indexed);
    let by_name = by_name.map(|field| field.name.clone());
    RecordQuery {
        words: value("q").unwrap_or_default(),
        filters: filters.collect(),
        order: value("sort")
            .or(by_name)
            .map(|field| (field, value("down").is_some())),
        after: value("after"),
        drafts: false,
    }
}

pub(super) fn next_page(reader: &Reader, next: &str) -> String {
    let kept = reader
        .query
        .iter()
        .filter(|(name, value)| name != "after" && !value.trim().is_empty());
    let pairs = kept.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let pairs: Vec<String> = pairs.chain([format!("after={}", encoded(next))]).collect();
    format!("{}?{}", reader.path, pairs.join("&"))
}

pub(super) fn found(t: Texts<'_>, found: u64) -> String {
    let key = match found {
        0 => "register-found-none",
        // The desk stops counting at a thousand.
        1_000.. => "register-found-many",
        _ => "register-found",
    };
    t.with(key, &[("n", found.to_string().into())])
}

/// One control for each field that lists can be narrowed by.
fn filters(t: Texts<'_>, fields: Vec<&KindField>, asked: &RecordQuery) -> Vec<Field> {
    let typed = |name: &str| {
        let found = asked.filters.iter().find(|(field, _)| field == name);
        found.map_or_else(String::new, |(_, text)| text.clone())
    };
    fields
        .into_iter()
        .map(|field| {
            let control = Field {
                name: format!("f.{}", field.name),
                label: field.title.get(t.lang()).to_owned(),
                value: typed(&field.name),
                ..Field::default()
            };
            match form::choices(t, &field.shape) {
                Some(choices) => Field {
                    choices: std::iter::once(Choice::new("", t.text("register-any")))
                        .chain(choices)
                        .collect(),
                    kind: crate::ui::FieldKind::Select,
                    ..control
                },
                None => Field {
                    support: match field.shape {
                        Shape::Number(_) | Shape::Money { .. } | Shape::Date | Shape::FiscalYear => {
                            t.text("register-range-support")
                        }
                        _ => String::new(),
                    },
                    ..control
                },
            }
        })
        .collect()
}

/// The fields that a list shows beside the title: the first that are indexed and answered in any of its records.
fn listed<'k>(kind: &'k Kind, rows: &[RegisterEntry]) -> Vec<&'k KindField> {
    kind.fields
        .iter()
        .filter(|field| {
            field.indexed && field.name != kind.title_field && !matches!(field.shape, Shape::Table(_))
        })
        .filter(|field| rows.iter().any(|one| one.record.fields.contains_key(&field.name)))
        .take(COLUMNS)
        .collect()
}

fn table(here: &Here<'_>, kind: &Kind, id: &str, caption: String, rows: &[RegisterEntry]) -> Table {
    let t = here.t;
    let listed = listed(kind, rows);
    let titles = listed.iter().map(|field| {
        let title = field.title.get(t.lang());
        match field.shape {
            Shape::Number(_) | Shape::Money { .. } => Column::figures(title),
            Shape::Text | Shape::Reference(_) => Column::words(title),
            _ => Column::short(title),
        }
    });
    let row = |one: &RegisterEntry| {
        let cells = listed.iter().map(|field| Link::plain(shown(here, field, one)));
        std::iter::once(Link::to(name(kind, one, t), t.path(&address(kind, one))))
            .chain(cells)
            .collect()
    };
    Table {
        id: id.into(),
        caption,
        columns: kind
            .field(&kind.title_field)
            .map(|field| Column::words(field.title.get(t.lang())))
            .into_iter()
            .chain(titles)
            .collect(),
        rows: rows.iter().map(row).collect(),
    }
}

/// What a record is called: its title field, or that it has none yet.
pub(super) fn name(kind: &Kind, one: &RegisterEntry, t: Texts<'_>) -> String {
    let field = kind.field(&kind.title_field);
    let found = field.and_then(|field| {
        Some(::record::show(
            field,
            one.record.fields.get(&field.name)?,
            t.lang(),
        ))
    });
    found
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| t.text("record-unnamed"))
}

/// One answer in words; empty if there is none.
pub(super) fn shown(here: &Here<'_>, field: &KindField, one: &RegisterEntry) -> String {
    let value = one.record.fields.get(&field.name);
    value.map_or_else(String::new, |value| said(here, field, value))
}

/// An answer in words, organisations by their names.
pub(super) fn said(here: &Here<'_>, field: &KindField, value: &::record::Value) -> String {
    if !matches!(field.shape, Shape::Organisation { .. }) {
        return ::record::show(field, value, here.t.lang());
    }
    let ids = value.each().filter_map(::record::Value::text);
    let names = ids.map(|id| here.desk.organisation_in_answer(&id, here.t.lang()));
    names.collect::<Vec<_>>().join("、")
}

pub(super) fn address(kind: &Kind, one: &RegisterEntry) -> String {
    format!("/registers/{}/{}/{}", kind.id, one.owner, one.id)
}

/// A record as data, with its case for those who take part, and what whoever reads it can do to it.
fn told(page: &RecordPage, here: &Here<'_>) -> Value {
    let mut told = row(&page.kind, &page.view);
    told["case"] = json!(page.case);
    told["public_state"] = json!(page.public_state);
    if let Some(stays) = &page.stays {
        told["merged_into"] = json!(stays);
    }
    if !page.merged.is_empty() {
        told["merged"] = json!(page.merged);
    }
    told["actions"] = json!(json::actions(page, here));
    told
}

/// A record of a list as data.
fn row(kind: &Kind, one: &RegisterEntry) -> Value {
    json!({
        "kind": kind.id,
        "owner": one.owner,
        "id": one.id,
        "version": one.version,
        "state": one.state,
        "record": ::record::to_body(kind, &one.record),
    })
}

fn data(here: &Here<'_>, kind: &Kind, asked: &RecordQuery) -> Result<Answer, Refusal> {
    if here.reader.form == Form::Json {
        let list = here.desk.records(&here.visit, &kind.id, asked)?;
        let rows: Vec<Value> = list.rows.iter().map(|one| row(kind, one)).collect();
        let page = json!({ "found": list.found, "next": list.next, "records": rows });
        return Answer::data(Form::Json, &kind.id, &page, Vec::new);
    }
    table_answer(here, kind, Some(asked))
}

/// Records as a sheet that can be taken in again; without a query it is the template.
fn table_answer(here: &Here<'_>, kind: &Kind, asked: Option<&RecordQuery>) -> Result<Answer, Refusal> {
    let table = here.desk.record_table(&here.visit, &kind.id, asked)?;
    let form = match here.reader.form {
        Form::Csv => Form::Csv,
        _ => Form::Xlsx,
    };
    Answer::data(form, &kind.id, &(), || vec![table_sheet(here.t, &table)])
}

fn files(here: &Here<'_>, kind: &Kind) -> Vec<Download> {
    let t = here.t;
    let more = [
        ("schema.json", "JSON Schema", "register-schema"),
        ("template.xlsx", "Excel", "register-template"),
    ];
    let more = more.map(|(file, what, key)| Download {
        link: Link::to(t.text(key), t.path(&format!("/registers/{}/{file}", kind.id))),
        kind: what.to_owned(),
        note: String::new(),
    });
    downloads(t, here.reader).into_iter().chain(more).collect()
}

/// `GET /registers/{kind}/schema.json`
pub async fn schema(State(house): State<House>, reader: Reader, Path(kind): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let kind = here.desk.register(&here.visit, &kind)?.kind;
        Answer::data(Form::Json, &kind.id, &::record::json_schema(&kind), Vec::new)
    })
    .await
}

/// `GET /registers/{kind}/template.xlsx`
pub async fn template(State(house): State<House>, reader: Reader, Path(kind): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let kind = here.desk.register(&here.visit, &kind)?.kind;
        table_answer(here, &kind, None)
    })
    .await
}

fn crumbs(t: Texts<'_>) -> Vec<Link> {
    vec![Link::to(t.text("registers-title"), t.path("/registers"))]
}

/// A page of work that stands among the registers.
fn page<'a>(here: &Here<'a>, title: String, crumbs: Vec<Link>) -> Work<'a> {
    Work {
        shell: shell(here.site, here.reader, title, Section::Registers, crumbs),
        ..Work::new(here, String::new(), vec![])
    }
}
