//! Style sheets, script and fonts, carried inside the binary. Every address names the content it stands for, so a browser may keep
//! it for ever; a file that is not embedded does not exist. It must never read the disk of the machine it serves from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

/// The policy that every page is served with: nothing but our own style, script, font and image files, forms back to ourselves.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of what is not shown but kept: it reaches nothing, and nothing in it runs.
pub const FILE_SECURITY_POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

#[derive(Embed)]
#[folder = "assets/public"]
struct Public;

/// Name → first 16 hexadecimal digits of the SHA-256 of the content.
static VERSIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let version = |name: &str| {
        let file = Public::get(name)?;
        Some(hex(&file.metadata.sha256_hash()[..8]))
    };
    Public::iter()
        .filter_map(|name| Some((name.to_string(), version(&name)?)))
        .collect()
});

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The address of an embedded file: `asset("rashin.css")` is `/assets/rashin.css?v=<hash>`. An unknown name gives an address that
/// answers 404, which the tests over all templates catch.
pub fn asset(name: &str) -> String {
    match VERSIONS.get(name) {
        Some(version) => format!("/assets/{name}?v={version}"),
        None => format!("/assets/{name}"),
    }
}

/// `GET /assets/{*name}`. An address with a version is immutable; one without is checked against its `ETag` each time.
pub async fn serve(Path(name): Path<String>, uri: Uri, request: HeaderMap) -> Response {
    let (Some(file), Some(version)) = (Public::get(&name), VERSIONS.get(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{version}\"");
    let lifetime = if uri.query().is_some_and(|query| query.starts_with("v=")) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let unchanged = request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let (status, body) = if unchanged {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(file.data))
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    for (header, value) in [
        (header::CONTENT_TYPE, content_type(file.metadata.mimetype())),
        (header::ETAG, tag),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
    response
}

/// All text here is UTF-8, and says so.
fn content_type(mime: &str) -> String {
    if mime.starts_with("text/") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn addresses_carry_the_content_hash() {
        let address = asset("rashin.css");
        let (path, version) = address.split_once("?v=").expect("embedded");
        assert_eq!(path, "/assets/rashin.css");
        assert_eq!(version.len(), 16);
        assert_eq!(asset("no-such.css"), "/assets/no-such.css");
    }

    /// The handler waits for nothing, so it is ready when asked once.
    fn get(address: &str, known: Option<&str>) -> Response {
        let uri: Uri = address.parse().unwrap();
        let name = uri.path().trim_start_matches("/assets/").to_owned();
        let headers = known
            .map(|tag| (header::IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap()))
            .into_iter()
            .collect();
        let mut answer = std::pin::pin!(serve(Path(name), uri, headers));
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => response,
            Poll::Pending => panic!("waits"),
        }
    }

    #[test]
    fn what_has_a_version_is_kept_and_what_has_none_is_asked_for_again() {
        let versioned = get(&asset("rashin.css"), None);
        assert_eq!(versioned.status(), StatusCode::OK);
        assert_eq!(
            versioned.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        assert_eq!(
            versioned.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        let tag = versioned.headers()[header::ETAG].to_str().unwrap();
        let plain = get("/assets/rashin.css", Some(tag));
        assert_eq!(
            (plain.status(), &plain.headers()[header::CACHE_CONTROL]),
            (StatusCode::NOT_MODIFIED, &"no-cache".parse().unwrap())
        );
        for missing in ["/assets/no-such.css", "/assets/../Cargo.toml", "/assets/"] {
            assert_eq!(get(missing, None).status(), StatusCode::NOT_FOUND, "{missing}");
        }
    }

    #[test]
    fn every_url_in_the_style_sheets_is_embedded() {
        for sheet in ["tokens.css", "fonts.css", "rashin.css"] {
            let css = String::from_utf8(Public::get(sheet).expect(sheet).data.into_owned()).unwrap();
            for address in css
                .split("url(")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                let name = address.trim_matches('"').split('?').next().unwrap();
                assert!(VERSIONS.contains_key(name), "{sheet} asks for {address}");
            }
        }
    }

    #[test]
    fn third_party_files_come_with_their_licences() {
        for licence in ["fonts/OFL.txt", "tokens.LICENSE.txt"] {
            assert!(VERSIONS.contains_key(licence), "{licence}");
        }
    }

    #[test]
    fn nothing_inline_is_allowed() {
        for policy in [CONTENT_SECURITY_POLICY, FILE_SECURITY_POLICY] {
            assert!(!policy.contains("unsafe"));
        }
    }
}
