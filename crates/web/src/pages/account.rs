//! One's own account: who one is here, the password, and where one is signed in.

use app::{Person, SessionView};
use axum::extract::State;
use axum::response::Response;
use vocab::Refusal;

use super::people::role_names;
use super::sign_in::{new_password, typed_twice};
use super::work::{Work, moment};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::Reader;
use crate::ui::{Column, Field, FieldKind, Link, PostForm, Table, Term};

/// `GET /account`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build(here, &Entry::default())).await
}

fn build(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let sessions = here.desk.sessions(&here.visit, &here.secret())?;
    let mut fields = vec![Field {
        required: true,
        kind: FieldKind::Password,
        ..entry.field(t, "current", t.text("current-password"))
    }];
    fields.extend(new_password(here, entry));
    let form = |id: &str, title: &str, button: &str| PostForm {
        id: id.to_owned(),
        title: t.text(title),
        action: t.path("/account"),
        hidden: vec![("do".into(), id.to_owned())],
        button: t.text(button),
        ..PostForm::default()
    };
    let change = PostForm {
        note: t.text("change-password-note"),
        fields,
        solid: true,
        ..form("change-password", "change-password", "change-password-go")
    };
    let everywhere = PostForm {
        note: t.text("everywhere-note"),
        ..form("everywhere", "everywhere", "everywhere-go")
    };
    let page = Work {
        lead: t.text("account-lead"),
        facts: here
            .reader
            .person
            .as_ref()
            .map_or_else(Vec::new, |person| facts(t, person)),
        table: Some(table(t, &sessions)),
        way: Some(Link::to(t.text("views-title"), t.path("/views"))),
        ..Work::new(here, t.text("menu-account"), vec![])
    };
    Answer::page(&page.with_forms(entry, vec![change, everywhere]))
}

fn facts(t: Texts<'_>, person: &Person) -> Vec<Term> {
    vec![
        Term::new(t.text("name"), person.name.clone()),
        Term::new(t.text("email"), person.email.clone()),
        Term::new(t.text("organisation"), person.organisation.name(t.lang())),
        Term::new(t.text("roles"), role_names(t, &person.roles)),
    ]
}

fn table(t: Texts<'_>, sessions: &[SessionView]) -> Table {
    let row = |session: &SessionView| {
        let here = if session.current {
            "session-this"
        } else {
            "session-other"
        };
        vec![
            Link::plain(t.text(here)),
            Link::plain(moment(t, session.created)),
            Link::plain(moment(t, session.seen)),
            Link::plain(moment(t, session.expires)),
        ]
    };
    Table {
        id: "sessions".into(),
        caption: t.text("sessions"),
        columns: vec![
            Column::short(t.text("session")),
            Column::words(t.text("session-created")),
            Column::words(t.text("session-seen")),
            Column::words(t.text("session-expires")),
        ],
        rows: sessions.iter().map(row).collect(),
    }
}

/// `POST /account`
pub async fn change(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        if entry.value("do") == "everywhere" {
            here.desk.sign_out_everywhere(&here.visit)?;
            return Ok(Done::to(here.t.path("/sign-in?done=signed-out")).signed_out());
        }
        let password = typed_twice(entry)?;
        let session = here
            .desk
            .change_password(&here.visit, entry.raw("current"), password)?;
        Ok(Done::to(here.t.path("/account?done=password")).signed_in(session))
    };
    submit(house, reader, posted, act, build).await
}
