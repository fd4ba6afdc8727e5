//! What a browser brings and keeps: the session cookie of somebody who signed in, and the cookie that ties a form to the browser of somebody
//! who did not. A secret goes into a cookie that scripts cannot read, and nowhere else.

use app::{Secret, Session};
use axum::http::{HeaderMap, HeaderValue, header};

const SESSION: &str = "rashin_session";
const FORM: &str = "rashin_form";

/// Pages with forms for people who are not signed in. They set a cookie and are never kept by a cache.
const SIGNED_OUT_FORMS: [&str; 3] = ["/sign-in", "/sign-in/", "/links/"];

/// Purpose of the token in every form.
const TOKEN: &str = "form";

/// The secrets of one request.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// The session that was brought; whether it opens anything is for the desk to say.
    pub session: Option<Secret>,
    /// What forms are tied to: the session of somebody who is signed in, else a cookie for forms.
    pub form: Secret,
    /// The cookie for forms is new and has to be set.
    fresh: bool,
    /// A program asks, by a key that it brought. No browser sends one by itself, so nothing has to prove that a page of ours gave a form out.
    pub by_key: bool,
}

impl Browser {
    /// What a request brings. `new` makes a secret.
    pub(crate) fn of(headers: &HeaderMap, new: impl FnOnce() -> Secret) -> Self {
        let form = cookie(headers, FORM);
        Self {
            session: cookie(headers, SESSION),
            fresh: form.is_none(),
            form: form.unwrap_or_else(new),
            by_key: false,
        }
    }

    /// What a program has that brings a key: its cookies are not looked at, and it is given none.
    pub(crate) fn of_program(form: Secret) -> Self {
        Self {
            session: None,
            form,
            fresh: false,
            by_key: true,
        }
    }

    /// The same, once it is known that the session is somebody's.
    pub(crate) fn signed_in(self) -> Self {
        match self.session.clone() {
            Some(form) => Self {
                form,
                fresh: false,
                ..self
            },
            None => self,
        }
    }

    /// The text that every form carries in its field `token`.
    pub(crate) fn token(&self) -> String {
        self.form.token_for(TOKEN)
    }

    /// Whether a form was given out to this browser.
    pub(crate) fn gave(&self, token: &str) -> bool {
        !self.fresh && self.form.is_token(TOKEN, token)
    }

    /// The cookie to set on a page with a form for people who are not signed in.
    pub(crate) fn form_cookie(&self, path: &str, secure: bool) -> Option<HeaderValue> {
        let needed = self.fresh && is_signed_out_form(path);
        needed
            .then(|| set(FORM, self.form.reveal(), "", secure))
            .flatten()
    }
}

/// Whether a path, without the language, is a form for people who are not signed in.
pub(crate) fn is_signed_out_form(path: &str) -> bool {
    SIGNED_OUT_FORMS
        .iter()
        .any(|form| path == *form || form.ends_with('/') && path.starts_with(form))
}

/// The cookie of a session that was just opened; it ends with the session's longest life.
pub(crate) fn opened(session: &Session, now: jiff::Timestamp, secure: bool) -> Option<HeaderValue> {
    let life = session.expires.duration_since(now).as_secs();
    set(
        SESSION,
        session.secret.reveal(),
        &format!("; Max-Age={life}"),
        secure,
    )
}

/// Takes the session's cookie away.
pub(crate) fn closed(secure: bool) -> Option<HeaderValue> {
    set(SESSION, "", "; Max-Age=0", secure)
}

fn set(name: &str, value: &str, life: &str, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let mut cookie = HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax{life}{secure}"
    ))
    .ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

/// The key that a program brings: `Authorization: Bearer …`.
pub(crate) fn key(headers: &HeaderMap) -> Option<Secret> {
    let line = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::new(key.trim()))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| Secret::new(value))
}
