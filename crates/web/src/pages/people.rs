//! Accounts, for those who look after them: the list, an invitation, and one account's page. A link is shown once, to be handed over.

use std::sync::Arc;

use app::{
    Action, Amendment, Invitation, Kept, Link as OneTime, Member, Organisation, OrganisationKind, Role,
};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::{Lang, Refusal};

use super::words::downloads;
use super::work::{Handed, Work, moment, seen, seen_version};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// What a role is called.
pub(crate) fn role_name(t: Texts<'_>, role: Role) -> String {
    t.text(match role {
        Role::Secretariat => "role-secretariat",
        Role::Approver => "role-approver",
        Role::Council => "role-council",
        Role::Member => "role-member",
        Role::Auditor => "role-auditor",
        Role::Administrator => "role-administrator",
    })
}

/// What several roles are called.
pub(crate) fn role_names(t: Texts<'_>, roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role_name(t, *role)).collect();
    names.join(&t.text("list-comma"))
}

/// What a kind of organisation is called.
pub(crate) fn organisation_kind(t: Texts<'_>, kind: OrganisationKind) -> String {
    t.text(match kind {
        OrganisationKind::Ministry => "organisation-ministry",
        OrganisationKind::Council => "organisation-council",
        OrganisationKind::Manufacturer => "organisation-manufacturer",
        OrganisationKind::StartUp => "organisation-start-up",
        OrganisationKind::ForeignFirm => "organisation-foreign-firm",
        OrganisationKind::Hospital => "organisation-hospital",
        OrganisationKind::Hub => "organisation-hub",
        OrganisationKind::Academia => "organisation-academia",
        OrganisationKind::Society => "organisation-society",
        OrganisationKind::Agency => "organisation-agency",
        OrganisationKind::Other => "organisation-other",
    })
}

/// `GET /people`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let people = here.desk.people(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "people", &people, || vec![sheet(t, &people)]);
    }
    let mut forms = vec![];
    if here.may(Action::KeepAccounts) {
        let organisations = here.desk.organisations(&here.visit)?;
        let mut fields = vec![Field {
            required: true,
            support: t.text("invite-email-support"),
            ..entry.field(t, "email", t.text("email"))
        }];
        fields.extend(amendable(here, entry, &organisations, None));
        forms.push(PostForm {
            id: "invite".into(),
            title: t.text("invite"),
            note: t.text("invite-note"),
            action: t.path("/people"),
            fields,
            button: t.text("invite-go"),
            solid: true,
            ..PostForm::default()
        });
    }
    let page = Work {
        lead: t.text("people-lead"),
        table: Some(table(t, &people)),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("menu-people"), vec![])
    };
    Answer::page(&page.with_forms(entry, forms))
}

/// What an account can be given, with what was typed or else what is kept.
fn amendable(
    here: &Here<'_>,
    entry: &Entry,
    organisations: &[Kept<Organisation>],
    member: Option<&Member>,
) -> Vec<Field> {
    let t = here.t;
    let account = member
        .filter(|_| entry.is_blank())
        .map(|member| &member.account.value);
    let field = |name: &str, kept: Option<String>| {
        let typed = entry.field(t, name, t.text(name));
        Field {
            required: true,
            value: kept.unwrap_or_else(|| typed.value.clone()),
            ..typed
        }
    };
    let firms = organisations
        .iter()
        .map(|kept| Choice::new(kept.id.as_str(), kept.value.name(t.lang())));
    let codes = |roles: &[Role]| roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" ");
    vec![
        field("name", account.map(|account| account.name.clone())),
        Field {
            kind: FieldKind::Select,
            choices: std::iter::once(Choice::new("", t.text("choose")))
                .chain(firms)
                .collect(),
            ..field(
                "organisation",
                account.map(|account| account.organisation.clone()),
            )
        },
        Field {
            kind: FieldKind::Boxes,
            support: t.text("roles-support"),
            choices: Role::ALL
                .map(|role| Choice::new(role.code(), role_name(t, role)))
                .into(),
            ..field("roles", account.map(|account| codes(&account.roles)))
        },
        Field {
            kind: FieldKind::Select,
            choices: vec![Choice::new("ja", "日本語"), Choice::new("en", "English")],
            ..field("language", account.map(|account| account.language.to_string()))
        },
    ]
}

fn amendment(entry: &Entry) -> Amendment {
    Amendment {
        name: entry.value("name").to_owned(),
        organisation: entry.value("organisation").to_owned(),
        roles: entry.values("roles"),
        language: entry.value("language").parse().unwrap_or(Lang::Ja),
    }
}

/// `POST /people`
pub async fn invite(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let invitation = Invitation {
            email: entry.value("email").to_owned(),
            amendment: amendment(entry),
        };
        let (id, link) = here.desk.invite(&here.visit, &invitation)?;
        build_one(here, &id, &Entry::default(), Some(&link)).map(Done::shown)
    };
    submit(house, reader, posted, act, build_list).await
}

/// `GET /people/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, &id, &Entry::default(), None)
    })
    .await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry, link: Option<&OneTime>) -> Result<Answer, Refusal> {
    let t = here.t;
    let member = here.desk.member(&here.visit, id)?;
    let account = &member.account.value;
    let mut forms = vec![];
    if here.may(Action::KeepAccounts) {
        let organisations = here.desk.organisations(&here.visit)?;
        let form = |what: &str, title: &str, note: &str, button: &str| PostForm {
            id: what.to_owned(),
            title: t.text(title),
            note: t.text(note),
            action: t.path(&format!("/people/{id}")),
            hidden: vec![("do".into(), what.to_owned()), seen(&member.account)],
            button: t.text(button),
            ..PostForm::default()
        };
        forms.push(PostForm {
            fields: amendable(here, entry, &organisations, Some(&member)),
            solid: true,
            ..form("amend", "amend", "amend-note", "save")
        });
        if account.active {
            forms.push(form("link", "recover", "recover-note", "recover-go"));
            forms.push(form("shut-out", "shut-out", "shut-out-note", "shut-out-go"));
        } else {
            forms.push(form("let-in", "let-in", "let-in-note", "let-in-go"));
        }
    }
    let crumbs = vec![Link::to(t.text("menu-people"), t.path("/people"))];
    let page = Work {
        handed: link.map(|link| handed(here, link)),
        facts: vec![
            Term::new(t.text("email"), account.email()),
            Term::new(t.text("organisation"), member.organisation.name(t.lang())),
            Term::new(t.text("roles"), role_names(t, &account.roles)),
            Term::new(t.text("state"), state(t, &member)),
        ],
        ..Work::new(here, account.name.clone(), crumbs)
    };
    Answer::page(&page.with_forms(entry, forms))
}

fn handed(here: &Here<'_>, link: &OneTime) -> Handed {
    let t = here.t;
    Handed {
        title: t.text("handed"),
        note: t.with1("handed-note", "until", moment(t, link.expires)),
        text: here.whole_address(&format!("/links/{}", link.secret.reveal())),
    }
}

/// `POST /people/{id}`
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (desk, visit) = (here.desk, &here.visit);
        let done = match entry.value("do") {
            "link" => {
                let link = desk.recover(visit, &id)?;
                return build_one(here, &id, &Entry::default(), Some(&link)).map(Done::shown);
            }
            "shut-out" => desk.shut_out(visit, &id).map(|()| "shut-out"),
            "let-in" => desk.let_in(visit, &id).map(|()| "let-in"),
            _ => desk
                .amend_account(visit, &id, seen_version(entry), &amendment(entry))
                .map(|()| "saved"),
        }?;
        Ok(Done::to(here.t.path(&format!("/people/{id}?done={done}"))))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry, None);
    submit(house, reader, posted, act, page).await
}

fn state(t: Texts<'_>, member: &Member) -> String {
    t.text(match (member.account.value.active, member.has_password) {
        (false, _) => "account-shut-out",
        (true, true) => "account-active",
        (true, false) => "account-invited",
    })
}

fn table(t: Texts<'_>, people: &[Member]) -> Table {
    let row = |member: &Member| {
        let account = &member.account.value;
        vec![
            Link::to(
                account.name.as_str(),
                t.path(&format!("/people/{}", member.account.id)),
            ),
            Link::plain(member.organisation.name(t.lang())),
            Link::plain(role_names(t, &account.roles)),
            Link::plain(account.email()),
            Link::plain(state(t, member)),
        ]
    };
    Table {
        id: "people".into(),
        caption: t.text("people-caption"),
        columns: vec![
            Column::words(t.text("name")),
            Column::words(t.text("organisation")),
            Column::words(t.text("roles")),
            Column::words(t.text("email")),
            Column::short(t.text("state")),
        ],
        rows: people.iter().map(row).collect(),
    }
}

fn sheet(t: Texts<'_>, people: &[Member]) -> Sheet {
    let row = |member: &Member| {
        let account = &member.account.value;
        vec![
            Cell::text(&member.account.id),
            Cell::text(&account.name),
            Cell::text(account.email()),
            Cell::text(member.organisation.name(t.lang())),
            Cell::text(role_names(t, &account.roles)),
            Cell::text(state(t, member)),
        ]
    };
    let heads = ["column-id", "name", "email", "organisation", "roles", "state"];
    Sheet {
        name: t.text("menu-people"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: people.iter().map(row).collect(),
    }
}
