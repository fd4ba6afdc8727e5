//! Signing in and out, and the one-time links that set a password. Looking at a link never uses it up: mail scanners look too.

use std::sync::Arc;

use app::{LinkView, Newcomer, Secret};
use axum::extract::{FromRef, Path, State};
use axum::response::Response;
use vocab::Refusal;

use super::work::Work;
use super::{Answer, Here, at_desk, fault, internal, missing, status_of};
use crate::form::{Done, Entry, Posted, same_site, submit};
use crate::house::House;
use crate::oidc::{self, Provider};
use crate::reader::{Reader, encoded};
use crate::session::Browser;
use crate::site::Site;
use crate::ui::{Field, FieldKind, Link, PostForm, Term};

/// Where people arrive who signed in.
const ARRIVAL: &str = "/today";

/// The longest address on this site that is kept while somebody signs in elsewhere, in bytes.
const LONGEST: usize = 2_000;

/// `GET /sign-in`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| form(here, &Entry::default())).await
}

fn form(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let next = if entry.is_blank() {
        here.reader.value("next").unwrap_or_default()
    } else {
        entry.value("next")
    };
    let fields = vec![
        Field {
            required: true,
            kind: FieldKind::OwnEmail,
            ..entry.field(t, "email", t.text("email"))
        },
        Field {
            required: true,
            kind: FieldKind::Password,
            ..entry.field(t, "password", t.text("password"))
        },
    ];
    let form = PostForm {
        id: "sign-in".into(),
        action: t.path("/sign-in"),
        hidden: vec![("next".into(), same_site(next).unwrap_or_default().to_owned())],
        fields,
        button: t.text("sign-in"),
        solid: true,
        ..PostForm::default()
    };
    let way = here.options.provider.as_ref().map(|provider| {
        let next = same_site(next).map(|next| format!("?next={}", encoded(next)));
        Link::to(
            t.with1("sign-in-with", "name", provider.name()),
            t.path(&format!("/sign-in/oidc{}", next.unwrap_or_default())),
        )
    });
    let page = Work {
        lead: t.text("sign-in-lead"),
        way,
        ..Work::new(here, t.text("sign-in"), vec![])
    };
    Answer::page(&page.with_forms(entry, vec![form]))
}

/// `POST /sign-in`
pub async fn sign_in(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let session = here
            .desk
            .sign_in(&here.visit, entry.raw("email"), entry.raw("password"))?;
        let arrival = here.t.path(ARRIVAL);
        let next = same_site(entry.value("next")).unwrap_or(&arrival);
        Ok(Done::to(next).signed_in(session))
    };
    submit(house, reader, posted, act, form).await
}

/// `GET /sign-in/oidc`: sends the browser to the provider.
pub async fn go_out(State(house): State<House>, reader: Reader) -> Response {
    let shown = reader.moved_to(reader.lang, "/sign-in");
    converse(house, shown, move |here, browser, provider| {
        let arrival = here.t.path(ARRIVAL);
        let next = reader.value("next").and_then(same_site);
        let next = next.filter(|next| next.len() <= LONGEST).unwrap_or(&arrival);
        let exchange = here.desk.begin_exchange(&here.visit, &browser.form, next)?;
        Ok(Done::to(provider.entrance(
            &exchange,
            reader.lang,
            here.visit.at,
        )?))
    })
    .await
}

/// `GET /sign-in/oidc/callback`: the provider sent the browser back.
pub async fn come_back(State(house): State<House>, reader: Reader) -> Response {
    let (lang, state) = oidc::of_state(reader.value("state").unwrap_or_default());
    let shown = reader.moved_to(lang, "/sign-in");
    converse(house, shown, move |here, browser, provider| {
        let exchange = here.desk.end_exchange(&here.visit, &browser.form, &state)?;
        let email = provider.email(|name| reader.value(name), &exchange, here.visit.at)?;
        let session = here.desk.sign_in_verified(&here.visit, &email)?;
        Ok(Done::to(exchange.next).signed_in(session))
    })
    .await
}

/// Talks to the provider, off the network threads and not in the place of work on pages, which would wait for it. A refusal becomes the page
/// for signing in.
async fn converse(
    house: House,
    shown: Reader,
    act: impl FnOnce(&Here<'_>, &Browser, &Provider) -> Result<Done, Refusal> + Send + 'static,
) -> Response {
    let site = Arc::<Site>::from_ref(&house);
    let (Some(provider), Some(browser)) = (house.options().provider.clone(), shown.browser.clone()) else {
        return missing(State(site), shown).await;
    };
    let turn = provider.turn().await;
    let talk = {
        let (house, site, shown, provider) = (house.clone(), site.clone(), shown.clone(), provider.clone());
        move || {
            let here = Here::new(&house, &site, &shown);
            act(&here, &browser, &provider).or_else(|refusal| {
                let status = status_of(&refusal);
                let answer = form(&here, &Entry::default().refused(refusal))?;
                Ok(Done::shown(answer.with_status(status)))
            })
        }
    };
    let done = tokio::task::spawn_blocking(talk).await;
    drop(turn);
    match done.unwrap_or_else(|broken| Err(internal(&broken))) {
        Ok(done) => done.into_response(house.now(), house.options().secure),
        Err(refusal) => fault(&site, &shown, &refusal),
    }
}

/// `POST /sign-out`
pub async fn sign_out(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, _: &Entry| {
        here.desk.sign_out(&here.secret())?;
        Ok(Done::to(here.t.path("/sign-in?done=signed-out")).signed_out())
    };
    submit(house, reader, posted, act, form).await
}

/// `GET /links/{secret}`
pub async fn link(State(house): State<House>, reader: Reader, Path(secret): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        link_form(here, &Secret::new(secret), &Entry::default())
    })
    .await
}

fn link_form(here: &Here<'_>, secret: &Secret, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let text = |name: &str| Field {
        required: true,
        ..entry.field(t, name, t.text(name))
    };
    let view = here.desk.link(&here.visit, secret)?;
    let (title, lead, facts, mut fields) = match view {
        LinkView::First => {
            let own = Field {
                kind: FieldKind::OwnEmail,
                ..text("email")
            };
            let organisation = Field {
                label: t.text("link-organisation"),
                support: t.text("link-organisation-support"),
                ..text("organisation")
            };
            let fields = vec![own, text("name"), organisation];
            (t.text("link-first"), t.text("link-first-lead"), vec![], fields)
        }
        LinkView::Account { name, email } => {
            let facts = vec![Term::new(t.text("name"), name), Term::new(t.text("email"), email)];
            (t.text("link-title"), t.text("link-lead"), facts, vec![])
        }
    };
    fields.extend(new_password(here, entry));
    let form = PostForm {
        id: "link".into(),
        action: t.path(&format!("/links/{}", encoded(secret.reveal()))),
        fields,
        button: t.text("link-go"),
        solid: true,
        ..PostForm::default()
    };
    let page = Work {
        lead,
        facts,
        ..Work::new(here, title, vec![])
    };
    Answer::page(&page.with_forms(entry, vec![form]))
}

/// `POST /links/{secret}`
pub async fn accept(
    State(house): State<House>,
    reader: Reader,
    Path(secret): Path<String>,
    posted: Posted,
) -> Response {
    let secret = Secret::new(secret);
    let shown = secret.clone();
    let act = move |here: &Here<'_>, entry: &Entry| {
        let first = here.desk.link(&here.visit, &secret)? == LinkView::First;
        let password = typed_twice(entry)?;
        let session = if first {
            let newcomer = Newcomer {
                email: entry.value("email").to_owned(),
                name: entry.value("name").to_owned(),
                organisation: entry.value("organisation").to_owned(),
                language: here.reader.lang,
            };
            here.desk
                .accept_first_link(&here.visit, &secret, &newcomer, password)?
        } else {
            here.desk.accept_link(&here.visit, &secret, password)?
        };
        Ok(Done::to(here.t.path(ARRIVAL)).signed_in(session))
    };
    let page = move |here: &Here<'_>, entry: &Entry| link_form(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

/// The two fields of a password that is being made.
pub(crate) fn new_password(here: &Here<'_>, entry: &Entry) -> [Field; 2] {
    let t = here.t;
    let field = |name: &str, label: &str| Field {
        required: true,
        kind: FieldKind::NewPassword,
        ..entry.field(t, name, label)
    };
    [
        Field {
            support: t.text("new-password-support"),
            ..field("password", &t.text("new-password"))
        },
        field("again", &t.text("new-password-again")),
    ]
}

/// The password that was typed the same twice.
pub(crate) fn typed_twice(entry: &Entry) -> Result<&str, Refusal> {
    let password = entry.raw("password");
    if password == entry.raw("again") {
        return Ok(password);
    }
    Err(Refusal::new(
        "again",
        "上に入力したパスワードと違います。同じものを入力してください。",
        "This is not the password typed above. Please type the same one.",
    ))
}
