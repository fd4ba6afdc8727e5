//! Forms that write. A form that was sent is opened by [`submit`] alone, which has checked that one of our own pages gave it to this
//! browser; what is refused comes back as the page it was typed on, with what was typed and the reason beside its field.

use std::convert::Infallible;
use std::sync::Arc;

use app::{Person, Session, Visit};
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRef, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;
use vocab::Refusal;

use crate::house::House;
use crate::i18n::Texts;
use crate::pages::{Answer, Here, fault, status_of};
use crate::reader::{Reader, pairs};
use crate::session::{self, Browser};
use crate::site::Site;
use crate::ui::Field;

/// A form as it was sent, closed until [`submit`] opens it.
pub struct Posted {
    entry: Entry,
    /// Whether one of our own pages gave it to this browser, or a program brings it with its key.
    ours: Result<(), Refusal>,
    /// What a program sent instead of a form.
    pub(crate) json: Option<Json>,
}

/// JSON as a program sent it.
pub(crate) struct Json {
    /// What it says, or why it is not taken.
    pub body: Result<Value, Refusal>,
    /// `Idempotency-Key`: by what a program that lost the answer says that it sends the same again.
    pub again: Option<String>,
}

impl Json {
    async fn of(request: Request, by_key: bool) -> Self {
        let again = request.headers().get("idempotency-key").cloned();
        let body = match small(request).await {
            // Only what comes with a key is taken, so that no page of somebody else's can make a browser send it.
            _ if !by_key => Err(no_key()),
            None => Err(too_large()),
            Some(body) => serde_json::from_slice(&body).map_err(|error| not_json(&error.to_string())),
        };
        match again.map(|again| again.to_str().map(|text| text.trim().to_owned())) {
            None => Self { body, again: None },
            Some(Ok(text)) if (1..=LONGEST_KEY).contains(&text.len()) => Self {
                body,
                again: Some(text),
            },
            Some(_) => Self {
                body: body.and_then(|_| {
                    Err(not_json(&format!(
                        "Idempotency-Key: 1–{LONGEST_KEY} visible ASCII characters"
                    )))
                }),
                again: None,
            },
        }
    }
}

/// The longest `Idempotency-Key`.
const LONGEST_KEY: usize = 100;

fn too_large() -> Refusal {
    Refusal::new(
        "too-large",
        "入力が長すぎるか、途中で切れました。短くして、もう一度送ってください。",
        "What was sent is too long, or broke off. Please shorten it and send it again.",
    )
}

fn no_key() -> Refusal {
    Refusal::new(
        "no-key",
        "JSON を送るには、キーが要ります。アカウントの画面で作り、Authorization: Bearer に付けてください。",
        "Sending JSON takes a key. Make one on the account page and send it as Authorization: Bearer.",
    )
}

fn not_json(why: &str) -> Refusal {
    Refusal::new(
        "json",
        format!("送られた内容を読めません（{why}）。/api の例を確かめてください。"),
        format!("What was sent cannot be read ({why}). See the example on /en/api."),
    )
}

/// What an address does not take in the form in which it was sent.
fn media_type() -> Refusal {
    Refusal::new(
        "media-type",
        "この形式では受け付けていません。このアドレスが受け取る形式は、/openapi.json にあります。",
        "This address does not take that media type. Which it takes is said in /openapi.json.",
    )
}

impl FromRequest<House> for Posted {
    type Rejection = Infallible;

    async fn from_request(request: Request, house: &House) -> Result<Self, Infallible> {
        let near = is_same_origin(request.headers());
        let browser = request.extensions().get::<Browser>().cloned();
        let by_key = browser.as_ref().is_some_and(|browser| browser.by_key);
        let kind = media_type_of(request.headers());
        if kind == "application/json" {
            return Ok(Self {
                entry: Entry::default(),
                ours: Err(media_type()),
                json: Some(Json::of(request, by_key).await),
            });
        }
        if by_key && !["multipart/form-data", "application/x-www-form-urlencoded"].contains(&kind.as_str()) {
            return Ok(Self {
                entry: Entry::default(),
                ours: Err(media_type()),
                json: None,
            });
        }
        // What may be large is read for somebody who signed in, and for nobody else.
        let many = kind == "multipart/form-data";
        if many && request.extensions().get::<Person>().is_none() {
            let visit = request.extensions().get::<Visit>().cloned();
            return Ok(Self {
                entry: Entry::default(),
                ours: visit.map_or_else(|| Ok(()), |visit| Err(app::closed(&visit))),
                json: None,
            });
        }
        let entry = if many {
            parts(request, house).await
        } else {
            small(request).await.map(|body| Entry {
                values: pairs(&String::from_utf8_lossy(&body)),
                ..Entry::default()
            })
        };
        let Some(entry) = entry else {
            return Ok(Self {
                entry: Entry::default(),
                ours: Err(too_large()),
                json: None,
            });
        };
        let known = browser.is_some_and(|browser| browser.gave(entry.raw("token")));
        let ours = (by_key || near && known).then_some(()).ok_or_else(|| {
            Refusal::new(
                "token",
                "画面が古くなっていたため、まだ何も保存していません。入力した内容はこのまま残しています。確かめて、もう一度送ってください。",
                "This page had grown old, so nothing was saved yet. What you typed is still here: check it and send it again.",
            )
        });
        Ok(Self {
            entry,
            ours,
            json: None,
        })
    }
}

/// So much is read of what brings no files.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// What was sent, if it is not too large and did not break off.
async fn small(request: Request) -> Option<Bytes> {
    to_bytes(request.into_body(), BODY_LIMIT).await.ok()
}

/// The media type of what was sent, in lower case and without parameters.
fn media_type_of(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let text = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    text.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A form with files; none if it is too large or breaks off.
async fn parts(request: Request, house: &House) -> Option<Entry> {
    let mut sent = Multipart::from_request(request, house).await.ok()?;
    let mut entry = Entry::default();
    while let Some(field) = sent.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            // A browser sends an empty part for a file that was not chosen.
            Some(file) if file.is_empty() => {}
            Some(file) => {
                let bytes = field.bytes().await.ok()?;
                entry.files.push((name, File { name: file, bytes }));
            }
            None => entry.values.push((name, field.text().await.ok()?)),
        }
    }
    Some(entry)
}

/// A file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// What its sender calls it.
    pub name: String,
    /// Its contents, shared by every copy of the form.
    pub bytes: Bytes,
}

/// Whether a browser says that a request comes from our own pages. A browser that says nothing is judged by the form's token alone.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return ["same-origin", "none"].contains(&site);
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(header::HOST)
}

/// What was typed into a page's form, and why it was refused, if it was. A page that is only read has an empty one.
#[derive(Clone, Default)]
pub(crate) struct Entry {
    values: Vec<(String, String)>,
    files: Vec<(String, File)>,
    refusal: Option<Refusal>,
}

impl Entry {
    /// The same, refused.
    pub(crate) fn refused(self, refusal: Refusal) -> Self {
        Self {
            refusal: Some(refusal),
            ..self
        }
    }

    /// The first value of a name as it was typed; empty if there is none.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The same without surrounding space.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Every value of a name, as boxes that were ticked.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let named = self.values.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    /// Everything that was typed, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The file that was sent under a name.
    pub(crate) fn file(&self, name: &str) -> Option<&File> {
        self.files
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, file)| file)
    }

    /// Every file that was sent, each under its name, in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file))
    }

    /// The same with another value of a name, beside those that are there or in their place.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: String, beside: bool) -> Self {
        self.values.retain(|(key, _)| beside || key != name);
        self.values.push((name.to_owned(), value));
        self
    }

    /// Whether anything was typed: else a form shows what is kept.
    pub(crate) fn is_blank(&self) -> bool {
        self.values.is_empty()
    }

    /// A field with what was typed and what is wrong with it: a refusal belongs to the field that is called like its kind.
    pub(crate) fn field(&self, t: Texts<'_>, name: &str, label: impl Into<String>) -> Field {
        Field {
            name: name.to_owned(),
            label: label.into(),
            value: self.values(name).join(" "),
            error: self.error(t, name),
            ..Field::default()
        }
    }

    /// What is wrong with the field of a name; empty if nothing is.
    pub(crate) fn error(&self, t: Texts<'_>, name: &str) -> String {
        let refusal = self.refusal.as_ref().filter(|refusal| refusal.kind == name);
        refusal.map_or_else(String::new, |refusal| refusal.text(t.lang()).to_owned())
    }

    /// What the error summary says: the field that is wrong or, for a refusal that belongs to none of these, the sentence alone.
    pub(crate) fn faults<'f>(&self, t: Texts<'_>, fields: impl IntoIterator<Item = &'f Field>) -> Vec<Field> {
        let Some(refusal) = &self.refusal else {
            return vec![];
        };
        let own = fields.into_iter().find(|field| field.name == refusal.kind);
        vec![own.cloned().unwrap_or_else(|| Field {
            error: refusal.text(t.lang()).to_owned(),
            ..Field::default()
        })]
    }
}

/// What follows a form that was taken.
pub(crate) struct Done {
    step: Step,
    session: Change,
}

/// What becomes of the browser's session.
enum Change {
    Stays,
    Begins(Session),
    Ends,
}

enum Step {
    To(String),
    Shown(Answer),
}

impl Done {
    /// Another page.
    pub(crate) fn to(address: impl Into<String>) -> Self {
        Self {
            step: Step::To(address.into()),
            session: Change::Stays,
        }
    }

    /// An answer that is shown once and cannot be asked for again.
    pub(crate) fn shown(answer: Answer) -> Self {
        Self {
            step: Step::Shown(answer),
            session: Change::Stays,
        }
    }

    /// With a session that was opened.
    pub(crate) fn signed_in(self, session: Session) -> Self {
        Self {
            session: Change::Begins(session),
            ..self
        }
    }

    /// With the session ended.
    pub(crate) fn signed_out(self) -> Self {
        Self {
            session: Change::Ends,
            ..self
        }
    }

    /// What the browser is told; `secure` as in [`crate::Options`].
    pub(crate) fn into_response(self, now: Timestamp, secure: bool) -> Response {
        let mut response = match self.step {
            Step::Shown(answer) => answer.into_response(),
            Step::To(address) => see_other(&address),
        };
        let cookie = match self.session {
            Change::Begins(session) => session::opened(&session, now, secure),
            Change::Ends => session::closed(secure),
            Change::Stays => None,
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Refusals that are an answer by themselves, wherever the form stood.
const OWN_ANSWER: [&str; 3] = ["sign-in", "not-found", "media-type"];

/// Does what a form asks for, off the network threads. A refusal becomes `page` with what was typed; one that tells nothing (not signed in,
/// not there) becomes its own answer.
pub(crate) async fn submit(
    house: House,
    reader: Reader,
    posted: Posted,
    act: impl FnOnce(&Here<'_>, &Entry) -> Result<Done, Refusal> + Send + 'static,
    page: impl FnOnce(&Here<'_>, &Entry) -> Result<Answer, Refusal> + Send + 'static,
) -> Response {
    let site = Arc::<Site>::from_ref(&house);
    let for_fault = reader.clone();
    let (secure, now) = (house.options().secure, house.now());
    let work = move |site: &Site| {
        let here = Here::new(&house, site, &reader);
        let Posted { entry, ours, .. } = posted;
        match ours.and_then(|()| act(&here, &entry)) {
            Ok(done) => Ok(done),
            Err(refusal) if reader.by_key || OWN_ANSWER.contains(&refusal.kind) => Err(refusal),
            Err(refusal) => {
                let status = status_of(&refusal);
                let answer = page(&here, &entry.refused(refusal))?;
                Ok(Done::shown(answer.with_status(status)))
            }
        }
    };
    match site.work(work).await {
        Ok(done) => done.into_response(now, secure),
        Err(refusal) => fault(&site, &for_fault, &refusal),
    }
}

/// Sends a browser to another page of ours.
pub(crate) fn see_other(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// An address to go on to, if it is a page of this site: nothing that a browser could take for another one.
pub(crate) fn same_site(address: &str) -> Option<&str> {
    let own = address.starts_with('/')
        && !address.starts_with("//")
        && address
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    own.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_gone_on_to() {
        for good in ["/", "/en/people?done=saved", "/indicators/kgi1?growth=5%25#trace"] {
            assert_eq!(same_site(good), Some(good));
        }
        for bad in [
            "",
            "people",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: a=b",
            "/ /evil.example",
            "/\t/evil.example",
            "/架空",
        ] {
            assert_eq!(same_site(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_browser_that_says_where_a_form_comes_from_is_believed() {
        for (headers, ours) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://rashin.example"),
                    ("host", "rashin.example"),
                ],
                false,
            ),
            (
                &[("origin", "http://rashin.example"), ("host", "rashin.example")],
                true,
            ),
            (
                &[("origin", "http://rashin.example:81"), ("host", "rashin.example")],
                false,
            ),
            (
                &[("origin", "http://evil.example"), ("host", "rashin.example")],
                false,
            ),
            (&[("origin", "null"), ("host", "rashin.example")], false),
            (&[("origin", "http://rashin.example")], false),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| {
                    (
                        name.parse::<header::HeaderName>().unwrap(),
                        value.parse::<HeaderValue>().unwrap(),
                    )
                })
                .collect();
            assert_eq!(is_same_origin(&map), ours, "{headers:?}");
        }
    }
}
