//! Who asks, and for what: the language and form of a page, read from its address alone.

use std::convert::Infallible;
use std::fmt::Write as _;

use app::{Person, Visit};
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header;
use axum::http::request::Parts;
use vocab::Lang;

use crate::session::{self, Browser};

/// The form in which an address asks for its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page.
    Page,
    /// `.json`
    Json,
    /// `.csv`
    Csv,
    /// `.xlsx`
    Xlsx,
}

impl Form {
    const ENDINGS: [(&'static str, Self); 3] =
        [(".json", Self::Json), (".csv", Self::Csv), (".xlsx", Self::Xlsx)];

    /// Takes the ending off a name.
    pub fn of(name: &str) -> (&str, Self) {
        let found = Self::ENDINGS
            .into_iter()
            .find_map(|(ending, form)| Some((name.strip_suffix(ending)?, form)));
        found.unwrap_or((name, Self::Page))
    }
}

/// The reader's language, the address without it, and the query.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Japanese, or English under `/en`.
    pub lang: Lang,
    /// Path without the language and the ending: `/indicators/kgi1`.
    pub path: String,
    /// The form asked for.
    pub form: Form,
    /// Name of the server as the browser knows it, with its port; empty if it said none.
    pub host: String,
    /// Who asks, and when; none on the way to an asset.
    pub visit: Option<Visit>,
    /// Who that is, for the frame of the page; none for the public.
    pub person: Option<Person>,
    /// The secrets that the browser brought; none on the way to an asset.
    pub(crate) browser: Option<Browser>,
    /// Whether a program asks, by a key: what is refused is told as data whatever the address.
    pub by_key: bool,
    /// Names and values of the query, in order, decoded.
    pub query: Vec<(String, String)>,
    raw_query: String,
}

impl Reader {
    /// The first value of a name in the query, without surrounding space; none if it is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The same reader on another page, without a query.
    pub(crate) fn moved_to(&self, lang: Lang, path: &str) -> Self {
        Self {
            lang,
            path: path.to_owned(),
            form: Form::Page,
            query: vec![],
            raw_query: String::new(),
            ..self.clone()
        }
    }

    /// Path and query without the language, as the language switch keeps them.
    pub fn address(&self) -> String {
        if self.raw_query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.raw_query)
        }
    }

    /// The same contents in another form.
    pub fn address_as(&self, ending: &str) -> String {
        let path = if self.path == "/" { "/index" } else { &self.path };
        if self.raw_query.is_empty() {
            format!("{path}{ending}")
        } else {
            format!("{path}{ending}?{}", self.raw_query)
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        let (lang, path) = language_of(uri.path());
        let (path, form) = Form::of(path);
        let path = if path == "/index" { "/" } else { path };
        let raw_query = uri.query().unwrap_or_default().to_owned();
        let query = pairs(&raw_query);
        Ok(Self {
            lang,
            path: path.to_owned(),
            form,
            host: parts
                .headers
                .get(header::HOST)
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            visit: parts.extensions.get::<Visit>().cloned(),
            person: parts.extensions.get::<Person>().cloned(),
            browser: parts.extensions.get::<Browser>().cloned(),
            by_key: session::key(&parts.headers).is_some(),
            query,
            raw_query,
        })
    }
}

/// The language of a path, and the path without it.
pub(crate) fn language_of(path: &str) -> (Lang, &str) {
    match path.strip_prefix("/en") {
        Some("") => (Lang::En, "/"),
        Some(rest) if rest.starts_with('/') => (Lang::En, rest),
        _ => (Lang::Ja, path),
    }
}

/// Names and values of a query or a form, in order, decoded; what is not UTF-8 is left out.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((
                decoded(&name.replace('+', " "))?,
                decoded(&value.replace('+', " "))?,
            ))
        })
        .collect()
}

/// Undoes `%41`; `None` if the result is not UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high)? * 16 + hex(*low)?);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// A name or value for a query: everything but letters, digits and `-_.~` is escaped.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ending_names_the_form() {
        assert_eq!(Form::of("kgi1.json"), ("kgi1", Form::Json));
        assert_eq!(Form::of("kgi1"), ("kgi1", Form::Page));
        assert_eq!(Form::of("kgi1.exe"), ("kgi1.exe", Form::Page));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in any::<String>()) {
            prop_assert_eq!(decoded(&encoded(&text)), Some(text));
        }

        #[test]
        fn nothing_typed_in_an_address_panics(text in any::<String>()) {
            let _ = decoded(&text);
        }
    }
}
