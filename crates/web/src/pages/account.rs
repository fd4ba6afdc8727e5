//! One's own account: who one is here, the password, where one is signed in, and the keys by which programs act for one.

use app::{Deputies, Deputy, KEY_DAYS, KeyView, NewKey, Person, SessionView};
use axum::extract::State;
use axum::response::Response;
use vocab::Refusal;

use super::people::role_names;
use super::sign_in::{new_password, typed_twice};
use super::work::{Handed, Part, Work, moment};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::Reader;
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// `GET /account`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build(here, &Entry::default())).await
}

fn build(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    build_with(here, entry, None)
}

/// The page; with a key that was just made, which is shown this once.
fn build_with(here: &Here<'_>, entry: &Entry, made: Option<&NewKey>) -> Result<Answer, Refusal> {
    let t = here.t;
    let sessions = here.desk.sessions(&here.visit, &here.secret())?;
    let keys = here.desk.keys(&here.visit)?;
    let deputies = here.desk.deputies(&here.visit)?;
    let mut fields = vec![Field {
        required: true,
        kind: FieldKind::Password,
        ..entry.field(t, "current", t.text("current-password"))
    }];
    fields.extend(new_password(here, entry));
    let form = |id: &str, title: &str, button: &str| form(t, id, title, button);
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
        handed: made.map(|key| Handed {
            title: t.text("key-made"),
            note: t.with1("key-made-note", "at", moment(t, key.expires)),
            text: key.secret.reveal().to_owned(),
        }),
        parts: deputies_part(t, &deputies)
            .into_iter()
            .chain([keys_part(t, &keys)])
            .collect(),
        ..Work::new(here, t.text("menu-account"), vec![])
    };
    let make = PostForm {
        fields: vec![
            Field {
                required: true,
                support: t.text("key-name-support"),
                ..entry.field(t, "key-name", t.text("key-name"))
            },
            Field {
                kind: FieldKind::Select,
                choices: KEY_DAYS
                    .iter()
                    .map(|days| Choice::new(days.to_string(), t.with1("key-days-n", "n", days.to_string())))
                    .collect(),
                ..entry.field(t, "key-days", t.text("key-days"))
            },
        ],
        ..form("make-key", "key-make", "key-make-go")
    };
    let end = PostForm {
        fields: vec![Field {
            kind: FieldKind::Select,
            choices: keys
                .iter()
                .map(|key| Choice::new(&*key.id, key.name.as_str()))
                .collect(),
            ..entry.field(t, "key", t.text("key"))
        }],
        ..form("end-key", "key-end", "key-end-go")
    };
    let end = (!keys.is_empty()).then_some(end);
    let forms = deputy_forms(t, entry, &deputies)
        .into_iter()
        .chain([make])
        .chain(end)
        .chain([change, everywhere]);
    Answer::page(&page.with_forms(entry, forms.collect()))
}

/// A form of this page, known by its id.
fn form(t: Texts<'_>, id: &str, title: &str, button: &str) -> PostForm {
    PostForm {
        id: id.to_owned(),
        title: t.text(title),
        action: t.path("/account"),
        hidden: vec![("do".into(), id.to_owned())],
        button: t.text(button),
        ..PostForm::default()
    }
}

/// The forms by which a deputy is named, where there is a colleague, and by which that ends.
fn deputy_forms(t: Texts<'_>, entry: &Entry, deputies: &Deputies) -> Vec<PostForm> {
    let name = PostForm {
        note: t.text("deputy-note"),
        fields: vec![
            Field {
                kind: FieldKind::Select,
                choices: deputies
                    .colleagues
                    .iter()
                    .map(|one| Choice::new(&*one.account, one.name.as_str()))
                    .collect(),
                ..entry.field(t, "deputy", t.text("deputy"))
            },
            Field {
                required: true,
                support: t.text("round-due-support"),
                ..entry.field(t, "from", t.text("deputy-from"))
            },
            Field {
                required: true,
                ..entry.field(t, "until", t.text("deputy-until"))
            },
        ],
        ..form(t, "name-deputy", "deputy-name", "deputy-name-go")
    };
    let name = (!deputies.colleagues.is_empty()).then_some(name);
    let end = deputies.mine.is_some().then(|| PostForm {
        note: t.text("deputy-end-note"),
        ..form(t, "end-deputy", "deputy-end", "deputy-end-go")
    });
    name.into_iter().chain(end).collect()
}

/// Who stands in for whom; nothing where nobody does.
fn deputies_part(t: Texts<'_>, deputies: &Deputies) -> Option<Part> {
    let said = |key: &str, one: &Deputy| {
        let (from, until) = (t.date(one.from), t.date(one.until));
        let given = [
            ("name", one.other.name.as_str().into()),
            ("from", from.into()),
            ("until", until.into()),
        ];
        Term::new(t.text(key), t.with("deputy-days", &given))
    };
    let mine = deputies.mine.iter().map(|one| said("deputy-mine", one));
    let facts: Vec<Term> = mine
        .chain(deputies.others.iter().map(|one| said("deputy-other", one)))
        .collect();
    (!facts.is_empty()).then(|| Part {
        title: t.text("deputy"),
        facts,
        ..Part::default()
    })
}

fn keys_part(t: Texts<'_>, keys: &[KeyView]) -> Part {
    let row = |key: &KeyView| {
        let used = key.used.map_or_else(|| t.text("key-unused"), |at| moment(t, at));
        vec![
            Link::plain(key.name.clone()),
            Link::plain(moment(t, key.created)),
            Link::plain(used),
            Link::plain(moment(t, key.expires)),
        ]
    };
    Part {
        title: t.text("keys"),
        note: t.text("keys-note"),
        table: (!keys.is_empty()).then(|| Table {
            id: "keys".into(),
            caption: t.text("keys-caption"),
            columns: vec![
                Column::words(t.text("key")),
                Column::words(t.text("key-created")),
                Column::words(t.text("key-used")),
                Column::words(t.text("key-expires")),
            ],
            rows: keys.iter().map(row).collect(),
        }),
        link: Some(Link::to(t.text("key-how"), t.path("/api"))),
        ..Part::default()
    }
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
        match entry.value("do") {
            "everywhere" => {
                here.desk.sign_out_everywhere(&here.visit)?;
                return Ok(Done::to(here.t.path("/sign-in?done=signed-out")).signed_out());
            }
            "name-deputy" => {
                let (from, until) = (entry.value("from"), entry.value("until"));
                here.desk
                    .name_deputy(&here.visit, entry.value("deputy"), from, until)?;
                return Ok(Done::to(here.t.path("/account?done=saved")));
            }
            "end-deputy" => {
                here.desk.end_deputy(&here.visit)?;
                return Ok(Done::to(here.t.path("/account?done=saved")));
            }
            "make-key" => {
                let (name, days) = (entry.value("key-name"), entry.value("key-days"));
                let key = here.desk.make_key(&here.visit, name, days)?;
                return Ok(Done::shown(build_with(here, &Entry::default(), Some(&key))?));
            }
            "end-key" => {
                here.desk.end_key(&here.visit, entry.value("key"))?;
                return Ok(Done::to(here.t.path("/account?done=key-ended")));
            }
            _ => {}
        }
        let password = typed_twice(entry)?;
        let session = here
            .desk
            .change_password(&here.visit, entry.raw("current"), password)?;
        Ok(Done::to(here.t.path("/account?done=password")).signed_in(session))
    };
    submit(house, reader, posted, act, build).await
}
