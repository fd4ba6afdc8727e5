//! Views of lists: links on top of a list, the form that saves what it is narrowed by, and the page on which one's own are renamed and removed. A view is
//! an address; nothing of it is kept anywhere else.

use std::sync::Arc;

use app::{Desk, SavedView};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::Kind;
use vocab::Refusal;

use super::work::{Part, Work};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Reader, encoded, pairs};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table};

/// What a list shows of views.
pub(super) struct Views {
    /// Those of this list: the plan's, then the reader's own, then where the own are kept.
    pub links: Vec<Link>,
    /// Saves what the list is narrowed by; only for those who are signed in, and where it is narrowed.
    pub form: Option<PostForm>,
}

/// The views of a list by its address without language; `kind` for that of a register.
pub(super) fn of_list(here: &Here<'_>, path: &str, kind: Option<&Kind>) -> Result<Views, Refusal> {
    let t = here.t;
    let standing = kind.map_or_else(Vec::new, |kind| Desk::standing_views(&here.visit, kind));
    let mut links: Vec<Link> = standing
        .into_iter()
        .map(|view| {
            let filters = view.filters.iter();
            let query = filters.map(|(field, value)| (format!("f.{field}"), value.clone()));
            Link::to(
                view.title.get(t.lang()),
                address(t, path, &query.collect::<Vec<_>>()),
            )
        })
        .collect();
    if here.visit.caller.is_none() {
        return Ok(Views { links, form: None });
    }
    let own = here.desk.saved_views(&here.visit)?;
    let before = links.len();
    links.extend(
        own.iter()
            .filter(|view| view.path == path)
            .map(|view| link(t, view)),
    );
    if links.len() > before {
        links.push(Link::to(t.text("views-keep"), t.path("/views")));
    }
    let query: Vec<(String, String)> = here
        .reader
        .query
        .iter()
        .filter(|(name, value)| !["after", "done"].contains(&name.as_str()) && !value.trim().is_empty())
        .cloned()
        .collect();
    Ok(Views {
        links,
        form: (!query.is_empty()).then(|| form(t, path, &line(&query), &Entry::default())),
    })
}

fn form(t: Texts<'_>, path: &str, query: &str, entry: &Entry) -> PostForm {
    PostForm {
        id: "save-view".into(),
        title: t.text("views-save"),
        note: t.text("views-save-note"),
        action: t.path("/views"),
        hidden: vec![
            ("list".into(), path.to_owned()),
            ("query".into(), query.to_owned()),
        ],
        fields: vec![Field {
            required: true,
            ..entry.field(t, "name", t.text("views-name"))
        }],
        button: t.text("views-save-go"),
        ..PostForm::default()
    }
}

fn line(query: &[(String, String)]) -> String {
    let pairs = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn address(t: Texts<'_>, path: &str, query: &[(String, String)]) -> String {
    format!("{}?{}", t.path(path), line(query))
}

fn link(t: Texts<'_>, view: &SavedView) -> Link {
    Link::to(&*view.name, address(t, &view.path, &view.query))
}

/// The views that somebody wants to see with today's work.
pub(super) fn on_today(here: &Here<'_>) -> Result<Option<Part>, Refusal> {
    let t = here.t;
    let own = here.desk.saved_views(&here.visit)?;
    let marked: Vec<_> = own.iter().filter(|view| view.today).collect();
    let row = |view: &&SavedView| vec![link(t, view), Link::plain(list_name(here, view))];
    Ok((!marked.is_empty()).then(|| Part {
        title: t.text("views-title"),
        table: Some(table(t, marked.iter().map(row).collect(), vec![])),
        ..Part::default()
    }))
}

fn table(t: Texts<'_>, rows: Vec<Vec<Link>>, more: Vec<Column>) -> Table {
    Table {
        id: "views".into(),
        caption: t.text("views-title"),
        columns: [
            Column::words(t.text("views-name")),
            Column::words(t.text("views-list")),
        ]
        .into_iter()
        .chain(more)
        .collect(),
        rows,
    }
}

fn list_name(here: &Here<'_>, view: &SavedView) -> String {
    let kind = view.path.strip_prefix("/registers/");
    let kind = kind.and_then(|kind| here.site.rashin().plan().kind(kind));
    kind.map_or_else(
        || here.t.text("cases-title"),
        |kind| kind.title.get(here.t.lang()).to_owned(),
    )
}

/// `GET /views`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let own = here.desk.saved_views(&here.visit)?;
    let row = |view: &SavedView| {
        vec![
            link(t, view),
            Link::plain(list_name(here, view)),
            Link::plain(if view.today {
                t.text("record-yes")
            } else {
                String::new()
            }),
            Link::to(t.text("views-change"), t.path(&format!("/views/{}", view.id))),
        ]
    };
    let more = vec![
        Column::short(t.text("views-today")),
        Column::short(t.text("views-change")),
    ];
    let page = Work {
        lead: t.text("views-lead"),
        table: Some(table(t, own.iter().map(row).collect(), more)),
        empty: t.text("views-none"),
        ..Work::new(here, t.text("views-title"), vec![])
    };
    // A form that was refused stands here again with what was typed.
    let forms = if entry.is_blank() {
        vec![]
    } else {
        vec![form(t, entry.value("list"), entry.raw("query"), entry)]
    };
    Answer::page(&page.with_forms(entry, forms))
}

/// `POST /views`
pub async fn save(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let (list, query) = (entry.value("list"), pairs(entry.raw("query")));
        here.desk
            .save_view(&here.visit, entry.value("name"), list, &query)?;
        Ok(Done::to(format!("{}&done=saved", address(here.t, list, &query))))
    };
    submit(house, reader, posted, act, build_list).await
}

/// `GET /views/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_one(here, &id, &Entry::default())).await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let own = here.desk.saved_views(&here.visit)?;
    let view = own.into_iter().find(|view| view.id == id);
    let Some(view) = view else {
        return Err(app::closed(&here.visit));
    };
    let mut name = Field {
        required: true,
        ..entry.field(t, "name", t.text("views-name"))
    };
    let mut today = Field {
        kind: FieldKind::Boxes,
        choices: vec![Choice::new("yes", t.text("views-today-yes"))],
        ..entry.field(t, "today", t.text("views-today"))
    };
    if entry.is_blank() {
        name.value.clone_from(&view.name);
        if view.today { "yes" } else { "" }.clone_into(&mut today.value);
    }
    let form = PostForm {
        id: "view".into(),
        title: t.text("views-change"),
        action: t.path(&format!("/views/{id}")),
        fields: vec![name, today],
        button: t.text("save"),
        second: Some(("remove".into(), "yes".into(), t.text("views-remove"))),
        solid: true,
        ..PostForm::default()
    };
    let crumbs = vec![Link::to(t.text("views-title"), t.path("/views"))];
    let page = Work {
        lead: list_name(here, &view),
        way: Some(link(t, &view)),
        ..Work::new(here, view.name.clone(), crumbs)
    };
    Answer::page(&page.with_forms(entry, vec![form]))
}

/// `POST /views/{id}`
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let at = Arc::new(id);
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        if entry.value("remove").is_empty() {
            let today = entry.value("today") == "yes";
            here.desk
                .change_view(&here.visit, &at, entry.value("name"), today)?;
        } else {
            here.desk.remove_view(&here.visit, &at)?;
        }
        Ok(Done::to(here.t.path("/views?done=saved")))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &again, entry);
    submit(house, reader, posted, act, page).await
}
