//! The pages, one file an idea. A page asks a use case, turns the answer into components, and gives
//! the same answer as JSON, CSV or an Excel workbook when its address ends so.

pub mod account;
pub mod answers;
pub mod api;
pub mod audit;
pub mod batches;
pub mod cases;
pub mod compare;
pub mod coverage;
pub mod cyber;
pub mod dashboard;
pub mod disclosed;
pub mod editions;
pub mod findings;
pub mod imports;
pub mod indicator;
pub mod indicators;
pub mod library;
pub mod lists;
pub mod organisations;
pub mod people;
pub mod plan;
pub mod procedures;
pub mod registers;
pub mod report;
pub mod rounds;
pub mod sign_in;
pub mod supply;
pub mod today;
pub mod views;
mod words;
mod work;
pub mod workbench;

use std::sync::Arc;

use app::{Action, Desk, Secret, Visit};
use askama::Template;
use axum::extract::{FromRef, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vocab::{Lang, Refusal};

use crate::form::see_other;
use crate::house::{House, Options};
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::session::Browser;
use crate::sheet::{self, Sheet};
use crate::site::Site;
use crate::ui::{Link, Section, Shell};

/// What a page gives back.
pub(crate) struct Answer {
    body: Vec<u8>,
    kind: &'static str,
    file: Option<String>,
    status: StatusCode,
    /// The page to go to instead.
    location: Option<String>,
}

impl Answer {
    /// A page.
    pub(crate) fn page(page: &impl Template) -> Result<Self, Refusal> {
        let body = page.render().map_err(|error| internal(&error))?.into_bytes();
        Ok(Self {
            body,
            kind: "text/html; charset=utf-8",
            file: None,
            status: StatusCode::OK,
            location: None,
        })
    }

    /// A file as it is; `name` is its name with its ending, empty for what a page loads itself.
    pub(crate) fn file(body: Vec<u8>, kind: &'static str, name: &str) -> Self {
        Self {
            body,
            kind,
            file: (!name.is_empty()).then(|| format!("rashin-{name}")),
            status: StatusCode::OK,
            location: None,
        }
    }

    /// Another page in the place of the one that was asked for.
    pub(crate) fn elsewhere(address: String) -> Self {
        Self {
            body: vec![],
            kind: "text/plain; charset=utf-8",
            file: None,
            status: StatusCode::SEE_OTHER,
            location: Some(address),
        }
    }

    /// The same, kept by the browser under this name.
    #[must_use]
    pub(crate) fn called(self, name: String) -> Self {
        Self {
            file: Some(name),
            ..self
        }
    }

    /// The same page, saying that something typed was refused.
    #[must_use]
    pub(crate) fn refused(self) -> Self {
        self.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// The same answer with another status.
    #[must_use]
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Data in the form asked for; `name` is the file's name without its ending.
    pub(crate) fn data(
        form: Form,
        name: &str,
        json: &impl Serialize,
        sheets: impl FnOnce() -> Vec<Sheet>,
    ) -> Result<Self, Refusal> {
        let (body, kind, ending) = match form {
            Form::Page | Form::Json => {
                let body = serde_json::to_vec_pretty(json).map_err(|error| internal(&error))?;
                return Ok(Self {
                    body,
                    kind: "application/json; charset=utf-8",
                    file: None,
                    status: StatusCode::OK,
                    location: None,
                });
            }
            Form::Csv => {
                let body = sheets().first().map(sheet::csv).unwrap_or_default().into_bytes();
                (body, "text/csv; charset=utf-8", "csv")
            }
            Form::Xlsx => {
                let body = sheet::xlsx(&sheets()).map_err(|error| internal(&error))?;
                (
                    body,
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    "xlsx",
                )
            }
        };
        Ok(Self {
            body,
            kind,
            file: Some(format!("rashin-{name}.{ending}")),
            status: StatusCode::OK,
            location: None,
        })
    }
}

/// What tells a browser to keep an answer under a name. A name that is not plain is written as RFC 8187 has it.
fn disposition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(plain) {
        format!("attachment; filename=\"{name}\"")
    } else {
        format!("attachment; filename*=UTF-8''{}", encoded(name))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Some(location) = self
            .location
            .and_then(|address| HeaderValue::from_str(&address).ok())
        {
            headers.insert(header::LOCATION, location);
        }
        let file = self
            .file
            .and_then(|file| HeaderValue::from_str(&disposition(&file)).ok());
        if let Some(file) = file {
            headers.insert(header::CONTENT_DISPOSITION, file);
        }
        response
    }
}

/// Works out an answer off the network threads; a refusal becomes a page or JSON that says what to do.
pub(crate) async fn answer(
    site: Arc<Site>,
    reader: Reader,
    work: impl FnOnce(&Site, &Reader) -> Result<Answer, Refusal> + Send + 'static,
) -> Response {
    let for_fault = (Arc::clone(&site), reader.clone());
    match site.work(move |site| work(site, &reader)).await {
        Ok(answer) => answer.into_response(),
        Err(refusal) => fault(&for_fault.0, &for_fault.1, &refusal),
    }
}

/// Where a page for signed-in people is made: who asks the desk for what.
pub(crate) struct Here<'a> {
    /// The site as it stands.
    pub site: &'a Site,
    /// The desk.
    pub desk: &'a Desk,
    /// How the server stands towards the world.
    pub options: &'a Options,
    /// Who asks, and when.
    pub visit: Visit,
    /// For which page.
    pub reader: &'a Reader,
    /// The words of the page.
    pub t: Texts<'a>,
}

impl<'a> Here<'a> {
    pub(crate) fn new(house: &'a House, site: &'a Site, reader: &'a Reader) -> Self {
        let nobody = || Visit {
            at: house.now(),
            caller: None,
        };
        Self {
            site,
            desk: house.desk(),
            options: house.options(),
            visit: reader.visit.clone().unwrap_or_else(nobody),
            reader,
            t: site.texts(reader.lang),
        }
    }

    /// The secret of the session that asks; one that opens nothing if there is none.
    pub(crate) fn secret(&self) -> Secret {
        let browser = self.reader.browser.as_ref();
        let session = browser.and_then(|browser| browser.session.clone());
        session.unwrap_or_else(|| Secret::new(""))
    }

    /// Whether there is anything that the person who asks may do this to.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.reader
            .person
            .as_ref()
            .is_some_and(|person| person.may(action))
    }

    /// The name of an organisation.
    pub(crate) fn organisation_name(&self, id: &str) -> String {
        self.desk.organisation_name(&self.visit, id, self.t.lang())
    }

    /// The name of an account's person.
    pub(crate) fn name_of(&self, account: &str) -> String {
        self.desk.person_name(&self.visit, account)
    }

    /// Whether the one who asks may be the second pair of eyes on the work of these accounts.
    pub(crate) fn approves(&self, authors: &[String]) -> bool {
        authors.iter().all(|author| self.visit.approves(author))
    }

    /// The whole address of a page in the reader's language, to be handed to somebody.
    pub(crate) fn whole_address(&self, path: &str) -> String {
        let scheme = if self.options.secure { "https" } else { "http" };
        let path = self.t.path(path);
        match self.reader.host.as_str() {
            "" => path,
            host => format!("{scheme}://{host}{path}"),
        }
    }
}

/// Works out an answer for whoever asks, as [`answer`] does.
pub(crate) async fn at_desk(
    house: House,
    reader: Reader,
    work: impl FnOnce(&Here<'_>) -> Result<Answer, Refusal> + Send + 'static,
) -> Response {
    let site = Arc::<Site>::from_ref(&house);
    answer(site, reader, move |site, reader| {
        work(&Here::new(&house, site, reader))
    })
    .await
}

/// Something that should not happen.
pub(crate) fn internal(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        "internal",
        format!("ページを作れませんでした（{error}）。時間をおいて、もう一度お試しください。"),
        format!("The page could not be made ({error}). Please try again later."),
    )
}

#[derive(Template)]
#[template(path = "pages/fault.html")]
struct FaultPage<'a> {
    t: Texts<'a>,
    shell: Shell,
    say: String,
}

#[derive(Serialize)]
struct FaultBody<'a> {
    error: &'a Refusal,
}

/// The status that goes with a refusal.
pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal.kind {
        "json" => StatusCode::BAD_REQUEST,
        "sign-in" | "wrong-key" | "no-key" => StatusCode::UNAUTHORIZED,
        "token" | "key" => StatusCode::FORBIDDEN,
        "not-found" => StatusCode::NOT_FOUND,
        "method" => StatusCode::METHOD_NOT_ALLOWED,
        "conflict" | "idempotency" => StatusCode::CONFLICT,
        "media-type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        "too-many" => StatusCode::TOO_MANY_REQUESTS,
        "internal" => StatusCode::INTERNAL_SERVER_ERROR,
        "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A refusal as a page or as data. Whoever has to sign in for a page is sent there, and back afterwards.
pub(crate) fn fault(site: &Site, reader: &Reader, refusal: &Refusal) -> Response {
    let status = status_of(refusal);
    let as_data = reader.by_key || reader.form != Form::Page;
    if refusal.kind == "sign-in" && !as_data {
        let t = site.texts(reader.lang);
        let next = encoded(&t.path(&reader.address()));
        return see_other(&format!("{}?next={next}", t.path("/sign-in")));
    }
    if as_data {
        return refused_as_data(status, &FaultBody { error: refusal });
    }
    let t = site.texts(reader.lang);
    let title = t.text(if status == StatusCode::NOT_FOUND {
        "fault-not-found"
    } else {
        "fault-refused"
    });
    let shell = shell(site, reader, title, Section::Top, vec![]);
    let page = FaultPage {
        t,
        shell,
        say: refusal.text(reader.lang).to_owned(),
    };
    let body = page.render().unwrap_or_else(|_| refusal.to_string());
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

/// What was refused, as data. Whoever is not known is told by what one is: a key.
pub(crate) fn refused_as_data(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_default();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let mut response = (status, [(header::CONTENT_TYPE, json)], body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let asked = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, asked);
    }
    response
}

/// What has no page.
pub async fn missing(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    let refusal = Refusal::new(
        "not-found",
        "このアドレスのページはありません。上の見出しから探してください。",
        "There is no page at this address. Please look for it from the headings above.",
    );
    fault(&site, &reader, &refusal)
}

/// A method that no page takes.
pub async fn wrong_method(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    let refusal = Refusal::new(
        "method",
        "このアドレスでは、その方法（HTTP メソッド）を使えません。前の画面に戻って、リンクかボタンから進んでください。",
        "This address does not take that HTTP method. Please go back and follow a link or a button.",
    );
    fault(&site, &reader, &refusal)
}

/// More requests than one address may make.
pub(crate) fn too_many(site: &Site, reader: &Reader, seconds: u32) -> Response {
    let refusal = Refusal::new(
        "too-many",
        format!("短い時間に多くの要求がありました。{seconds}秒ほど待ってから、もう一度お試しください。"),
        format!(
            "There were many requests in a short time. Please wait about {seconds} seconds and try again."
        ),
    );
    let mut response = fault(site, reader, &refusal);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// An address that is not text.
pub(crate) fn unreadable() -> Response {
    (
        StatusCode::BAD_REQUEST,
        "アドレスが文字として読めません。 / The address is not readable text.",
    )
        .into_response()
}

/// Every component and chart on invented data, for those who build pages and for the browser tests.
pub async fn gallery(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let body = crate::ui::gallery(site.texts(reader.lang))
            .map_err(|error| internal(&error))?
            .into_bytes();
        Ok(Answer {
            body,
            kind: "text/html; charset=utf-8",
            file: None,
            status: StatusCode::OK,
            location: None,
        })
    })
    .await
}

/// The frame of a page.
pub(crate) fn shell(
    site: &Site,
    reader: &Reader,
    title: String,
    section: Section,
    crumbs: Vec<Link>,
) -> Shell {
    let t = site.texts(reader.lang);
    let head = &site.rashin().plan().head;
    let source = site.rashin().plan().sources.get(&head.source);
    Shell {
        title,
        path: reader.address(),
        section,
        crumbs,
        person: reader.person.clone(),
        token: reader.browser.as_ref().map_or_else(String::new, Browser::token),
        as_of: t.date(site.rashin().as_of()),
        made_up: site.made_up(),
        source: source.map_or_else(Link::default, |source| {
            Link::to(
                source.title.get(reader.lang),
                t.path(&format!("/sources/{}", source.id)),
            )
        }),
    }
}

/// The name in an address without its ending.
pub(crate) fn name_of(file: &str) -> &str {
    Form::of(file).0
}

/// A text of the plan in the reader's language.
pub(crate) fn say(text: &::plan::Text, lang: Lang) -> String {
    text.get(lang).to_owned()
}
