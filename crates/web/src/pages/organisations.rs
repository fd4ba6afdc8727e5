//! Organisations that take part in the plan: the list, a new one, and one organisation's page.

use std::sync::Arc;

use app::{Action, Kept, Organisation, OrganisationDraft, OrganisationKind};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::Refusal;

use super::people::organisation_kind;
use super::words::downloads;
use super::work::{Work, seen, seen_version};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// `GET /organisations`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let list = here.desk.organisations(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "organisations", &list, || vec![sheet(t, &list)]);
    }
    let mut forms = vec![];
    if here.may(Action::KeepOrganisations) {
        forms.push(PostForm {
            id: "add".into(),
            title: t.text("organisation-add"),
            action: t.path("/organisations"),
            fields: fields(t, entry, None),
            button: t.text("organisation-add-go"),
            solid: true,
            ..PostForm::default()
        });
    }
    let page = Work {
        lead: t.text("organisations-lead"),
        table: Some(table(t, &list)),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("menu-organisations"), vec![])
    };
    Answer::page(&page.with_forms(entry, forms))
}

/// What an organisation is, with what was typed or else what is kept.
fn fields(t: Texts<'_>, entry: &Entry, kept: Option<&Organisation>) -> Vec<Field> {
    let kept = kept.filter(|_| entry.is_blank());
    let field = |name: &str, label: &str, value: Option<String>| {
        let typed = entry.field(t, name, label);
        Field {
            value: value.unwrap_or_else(|| typed.value.clone()),
            ..typed
        }
    };
    let number = kept.map(|kept| {
        kept.corporate_number
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    });
    let kinds = OrganisationKind::ALL.map(|kind| Choice::new(kind.code(), organisation_kind(t, kind)));
    vec![
        Field {
            required: true,
            ..field(
                "ja",
                &t.text("organisation-name-ja"),
                kept.map(|kept| kept.ja.clone()),
            )
        },
        Field {
            support: t.text("organisation-name-en-support"),
            ..field(
                "en",
                &t.text("organisation-name-en"),
                kept.map(|kept| kept.en.clone()),
            )
        },
        Field {
            required: true,
            kind: FieldKind::Select,
            choices: std::iter::once(Choice::new("", t.text("choose")))
                .chain(kinds)
                .collect(),
            ..field(
                "kind",
                &t.text("column-kind"),
                kept.map(|kept| kept.kind.code().to_owned()),
            )
        },
        Field {
            support: t.text("corporate-number-support"),
            ..field("corporate_number", &t.text("corporate-number"), number)
        },
    ]
}

fn draft(entry: &Entry) -> OrganisationDraft {
    let text = |name| entry.value(name).to_owned();
    OrganisationDraft {
        ja: text("ja"),
        en: text("en"),
        kind: text("kind"),
        corporate_number: text("corporate_number"),
    }
}

/// `POST /organisations`
pub async fn add(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let id = here.desk.add_organisation(&here.visit, &draft(entry))?;
        Ok(Done::to(here.t.path(&format!("/organisations/{id}?done=added"))))
    };
    submit(house, reader, posted, act, build_list).await
}

/// `GET /organisations/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_one(here, &id, &Entry::default())).await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let kept = here.desk.organisation(&here.visit, id)?;
    let organisation = &kept.value;
    let mut forms = vec![];
    if here.may(Action::KeepOrganisations) {
        forms.push(PostForm {
            id: "amend".into(),
            title: t.text("amend"),
            action: t.path(&format!("/organisations/{id}")),
            hidden: vec![seen(&kept)],
            fields: fields(t, entry, Some(organisation)),
            button: t.text("save"),
            solid: true,
            ..PostForm::default()
        });
    }
    let crumbs = vec![Link::to(t.text("menu-organisations"), t.path("/organisations"))];
    let page = Work {
        facts: vec![
            Term::new(t.text("organisation-name-ja"), organisation.ja.as_str()),
            Term::new(t.text("organisation-name-en"), organisation.en.as_str()),
            Term::new(t.text("column-kind"), organisation_kind(t, organisation.kind)),
            Term::new(t.text("corporate-number"), number(t, organisation)),
        ],
        ..Work::new(here, organisation.name(t.lang()).to_owned(), crumbs)
    };
    Answer::page(&page.with_forms(entry, forms))
}

/// `POST /organisations/{id}`
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        here.desk
            .amend_organisation(&here.visit, &id, seen_version(entry), &draft(entry))?;
        Ok(Done::to(here.t.path(&format!("/organisations/{id}?done=saved"))))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

fn number(t: Texts<'_>, organisation: &Organisation) -> String {
    let number = organisation.corporate_number.as_ref();
    number.map_or_else(|| t.text("corporate-number-none"), ToString::to_string)
}

fn table(t: Texts<'_>, list: &[Kept<Organisation>]) -> Table {
    let row = |kept: &Kept<Organisation>| {
        vec![
            Link::to(
                kept.value.name(t.lang()),
                t.path(&format!("/organisations/{}", kept.id)),
            ),
            Link::plain(organisation_kind(t, kept.value.kind)),
            Link::plain(number(t, &kept.value)),
        ]
    };
    Table {
        id: "organisations".into(),
        caption: t.text("organisations-caption"),
        columns: vec![
            Column::words(t.text("organisation")),
            Column::short(t.text("column-kind")),
            Column::short(t.text("corporate-number")),
        ],
        rows: list.iter().map(row).collect(),
    }
}

fn sheet(t: Texts<'_>, list: &[Kept<Organisation>]) -> Sheet {
    let row = |kept: &Kept<Organisation>| {
        let number = kept.value.corporate_number.as_ref();
        vec![
            Cell::text(&kept.id),
            Cell::text(&kept.value.ja),
            Cell::text(&kept.value.en),
            Cell::text(organisation_kind(t, kept.value.kind)),
            Cell::text(number.map_or("", |number| number.as_str())),
        ]
    };
    let heads = [
        "column-id",
        "organisation-name-ja",
        "organisation-name-en",
        "column-kind",
        "corporate-number",
    ];
    Sheet {
        name: t.text("menu-organisations"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: list.iter().map(row).collect(),
    }
}
