//! Signing in by `OpenID` Connect: what is said to the provider (authorization code with PKCE) and what is believed of its answers. The provider
//! says whose address it is; who may come in with that address is for the desk to say. Everything here blocks, so it runs off the network
//! threads; nothing that the provider says is waited for longer, or read further, than it should take.

mod id_token;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::{Exchange, Secret};
use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};
use vocab::{Lang, Refusal};

use crate::reader::encoded;
use id_token::{Expected, Who};

/// Where the provider sends browsers back to, on this site.
pub(crate) const CALLBACK: &str = "/sign-in/oidc/callback";

/// The longest that an answer of the provider is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most that is read of an answer, in bytes.
const LONGEST: u64 = 256 * 1024;

/// So many sign-ins at most wait for the provider at once.
const AT_ONCE: usize = 8;

/// What the provider says of itself is asked again after this long.
const LASTS: SignedDuration = SignedDuration::from_hours(1);

/// A key that is not known is asked for no more often than this.
const KEYS_LAST: SignedDuration = SignedDuration::from_mins(1);

/// A provider as an operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Its address, exactly as it writes it in its tokens.
    pub issuer: String,
    /// Our name there.
    pub client: String,
    /// Our secret there; a public client has none.
    pub secret: Option<Secret>,
    /// What people call it.
    pub name: String,
    /// The address at which browsers reach this site.
    pub public_url: String,
    /// Certificates of the authorities that are trusted, as DER.
    pub trusted: Vec<Vec<u8>>,
}

/// The provider by which people can sign in.
pub struct Provider {
    setup: Setup,
    agent: Agent,
    known: Mutex<Option<Arc<Known>>>,
    turns: Semaphore,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup { issuer, client, .. } = &self.setup;
        f.debug_struct("Provider")
            .field("issuer", issuer)
            .field("client", client)
            .finish_non_exhaustive()
    }
}

/// What the provider says of itself, and when it said so.
struct Known {
    at: Timestamp,
    places: Places,
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Places {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    /// How we may show who we are; HTTP Basic if it says nothing.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Keys {
    /// Read one by one: a kind that is not known spoils no other.
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

/// Why a sign-in by the provider came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It did not answer, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// It did not let the person, or us, in.
    #[error("{0}")]
    Declined(String),
    /// What it says does not hold.
    #[error("{0}")]
    Unsound(&'static str),
    /// It signed with a key that it does not publish.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// It does not say that the address is the person's.
    #[error("no verified e-mail address")]
    Unverified,
}

impl Fault {
    /// What the person is told; `name` is what the provider is called.
    fn say(&self, name: &str) -> Refusal {
        match self {
            Self::Unreachable(_) => Refusal::new(
                "unavailable",
                format!(
                    "{name} につながりませんでした（{self}）。しばらく待って、もう一度お試しください。続くときは管理者に知らせるか、パスワードでログインしてください。"
                ),
                format!(
                    "{name} could not be reached ({self}). Please try again in a while. If it goes on, tell an administrator, or sign in with your password."
                ),
            ),
            Self::Declined(_) => Refusal::new(
                "oidc",
                format!(
                    "{name} でのログインは完了しませんでした（{self}）。もう一度最初からお試しください。続くときは管理者に知らせてください。"
                ),
                format!(
                    "The sign-in with {name} was not completed ({self}). Please begin again. If it goes on, tell an administrator."
                ),
            ),
            Self::Unsound(_) | Self::UnknownKey => Refusal::new(
                "oidc",
                format!(
                    "{name} の返事を確かめられなかったため、ログインしていません（{self}）。もう一度最初からお試しください。続くときは、この文をそのまま管理者に知らせてください。"
                ),
                format!(
                    "You are not signed in, because the answer of {name} could not be proved ({self}). Please begin again. If it goes on, tell an administrator this sentence."
                ),
            ),
            Self::Unverified => Refusal::new(
                "oidc",
                format!(
                    "{name} では、メールアドレスの確認が済んでいません。{name} でメールアドレスを確認してから、もう一度ログインしてください。"
                ),
                format!(
                    "{name} does not say that your e-mail address is verified. Please verify it there, then sign in again."
                ),
            ),
        }
    }
}

impl Provider {
    /// A provider; it is not asked anything yet.
    ///
    /// # Errors
    /// `issuer` or `public-url` if that is not an https address (plain http is for the machine's own loopback), `trusted` if https can be proved
    /// by nobody.
    pub fn new(setup: Setup) -> Result<Self, Refusal> {
        let own = is_loopback(&setup.issuer);
        if !is_safe(&setup.issuer, own) || setup.issuer.contains('?') {
            return Err(no_address("issuer", &setup.issuer));
        }
        let public = setup.public_url.trim_end_matches('/').to_owned();
        let at_root = public
            .parse()
            .is_ok_and(|address: Uri| address.path() == "/" && address.query().is_none());
        if !is_safe(&public, true) || !at_root {
            return Err(no_address("public-url", &setup.public_url));
        }
        let trusted: Vec<_> = setup
            .trusted
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        if trusted.is_empty() && !own {
            return Err(nobody_trusted());
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .https_only(!own)
            .tls_config(tls)
            .user_agent("rashin");
        let config = if own { config.proxy(None) } else { config };
        Ok(Self {
            agent: config.build().new_agent(),
            setup: Setup {
                public_url: public,
                ..setup
            },
            known: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
        })
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &str {
        &self.setup.name
    }

    /// Waits until there is a turn to talk to the provider.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Where a browser goes to sign in. Blocks.
    ///
    /// # Errors
    /// `unavailable` or `oidc`, with what to do.
    pub(crate) fn entrance(&self, exchange: &Exchange, lang: Lang, at: Timestamp) -> Result<String, Refusal> {
        let known = self.known(at, LASTS).map_err(|fault| fault.say(self.name()))?;
        let door = &known.places.authorization_endpoint;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(exchange.verifier.reveal()));
        let asked = [
            ("response_type", "code"),
            ("scope", "openid email"),
            ("client_id", &self.setup.client),
            ("redirect_uri", &self.callback()),
            ("state", &format!("{lang}.{}", exchange.state.reveal())),
            ("nonce", &exchange.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("ui_locales", &lang.to_string()),
        ];
        let asked: Vec<_> = asked
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let joint = if door.contains('?') { '&' } else { '?' };
        Ok(format!("{door}{joint}{}", asked.join("&")))
    }

    /// The verified address of the person whom the provider sent back. `value` looks up what came with the browser. Blocks.
    ///
    /// # Errors
    /// `unavailable` or `oidc`, with what to do.
    pub(crate) fn email<'v>(
        &self,
        value: impl Fn(&str) -> Option<&'v str>,
        exchange: &Exchange,
        at: Timestamp,
    ) -> Result<String, Refusal> {
        self.redeem(value, exchange, at)
            .map_err(|fault| fault.say(self.name()))
    }

    fn redeem<'v>(
        &self,
        value: impl Fn(&str) -> Option<&'v str>,
        exchange: &Exchange,
        at: Timestamp,
    ) -> Result<String, Fault> {
        // A provider that names itself (RFC 9207) is not taken for another.
        if value("iss").is_some_and(|issuer| issuer != self.setup.issuer) {
            return Err(Fault::Unsound("another provider sent the browser back"));
        }
        if let Some(error) = value("error") {
            return Err(Fault::Declined(code(error)));
        }
        let given = value("code").ok_or(Fault::Unsound("the browser brought no code"))?;
        let known = self.known(at, LASTS)?;
        let tokens = self.tokens(&known.places, given, &exchange.verifier)?;
        let expected = Expected {
            issuer: &self.setup.issuer,
            client: &self.setup.client,
            nonce: &exchange.nonce,
            at,
        };
        let who = match id_token::check(&tokens.id_token, &known.keys, &expected) {
            // Providers change their keys now and then.
            Err(Fault::UnknownKey) => {
                id_token::check(&tokens.id_token, &self.known(at, KEYS_LAST)?.keys, &expected)?
            }
            who => who?,
        };
        match &known.places.userinfo_endpoint {
            Some(page) if !who.has_email() => self.who_else(page, &tokens.access_token, &who)?.verified(),
            _ => who.verified(),
        }
    }

    fn callback(&self) -> String {
        format!("{}{CALLBACK}", self.setup.public_url)
    }

    /// What the provider says of itself, not older than this.
    fn known(&self, at: Timestamp, lasts: SignedDuration) -> Result<Arc<Known>, Fault> {
        // Held while it is asked, so that it is asked once.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref()
            && (SignedDuration::ZERO..lasts).contains(&at.duration_since(known.at))
        {
            return Ok(Arc::clone(known));
        }
        let issuer = &self.setup.issuer;
        let address = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let places: Places = self.get(&address)?;
        if places.issuer != *issuer {
            return Err(Fault::Unsound("the provider calls itself by another address"));
        }
        let own = is_loopback(issuer);
        let all = [
            &places.authorization_endpoint,
            &places.token_endpoint,
            &places.jwks_uri,
        ];
        if !all
            .into_iter()
            .chain(&places.userinfo_endpoint)
            .all(|address| is_safe(address, own))
        {
            return Err(Fault::Unsound("the provider names an address that is not https"));
        }
        let keys: Keys = self.get(&places.jwks_uri)?;
        let keys = keys
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        Ok(Arc::clone(known.insert(Arc::new(Known { at, places, keys }))))
    }

    /// Changes the code that the browser brought for what it stands for.
    fn tokens(&self, places: &Places, given: &str, verifier: &Secret) -> Result<Tokens, Fault> {
        let Setup { client, secret, .. } = &self.setup;
        let callback = self.callback();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", given),
            ("redirect_uri", &callback),
            ("code_verifier", verifier.reveal()),
        ];
        let mut request = self
            .agent
            .post(&places.token_endpoint)
            .header("accept", "application/json");
        let basic = places
            .token_endpoint_auth_methods_supported
            .as_ref()
            .is_none_or(|ways| ways.iter().any(|way| way == "client_secret_basic"));
        match secret {
            Some(secret) if basic => {
                let pair = format!("{}:{}", encoded(client), encoded(secret.reveal()));
                request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => form.extend([("client_id", client.as_str()), ("client_secret", secret.reveal())]),
            None => form.push(("client_id", client)),
        }
        let answer = request.send_form(form).map_err(|error| unreachable(&error))?;
        if answer.status().is_client_error() {
            #[derive(Deserialize)]
            struct Error {
                error: String,
            }
            let said: Error = read(answer)?;
            return Err(Fault::Declined(code(&said.error)));
        }
        read(succeeded(answer)?)
    }

    /// What the provider's page about a person adds to the token.
    fn who_else(&self, page: &str, access: &str, known: &Who) -> Result<Who, Fault> {
        let answer = self
            .agent
            .get(page)
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {access}"))
            .call()
            .map_err(|error| unreachable(&error))?;
        let who: Who = read(succeeded(answer)?)?;
        who.is(known)
            .then_some(who)
            .ok_or(Fault::Unsound("the provider spoke of two people"))
    }

    fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, Fault> {
        let request = self.agent.get(address).header("accept", "application/json");
        let answer = request.call().map_err(|error| unreachable(&error))?;
        read(succeeded(answer)?)
    }
}

/// Language and secret of the state that a browser carries there and back: with the language even a refusal comes in the right one.
pub(crate) fn of_state(state: &str) -> (Lang, Secret) {
    let (lang, secret) = state.split_once('.').unwrap_or_default();
    (lang.parse().unwrap_or_default(), Secret::new(secret))
}

fn succeeded(answer: Response<Body>) -> Result<Response<Body>, Fault> {
    let status = answer.status();
    if status == 200 {
        return Ok(answer);
    }
    Err(Fault::Unreachable(format!("HTTP {}", status.as_u16())))
}

fn read<T: DeserializeOwned>(mut answer: Response<Body>) -> Result<T, Fault> {
    let body = answer.body_mut().with_config().limit(LONGEST).read_to_vec();
    let body = body.map_err(|error| unreachable(&error))?;
    serde_json::from_slice(&body).map_err(|_| Fault::Unsound("its answer is not what the standard says"))
}

fn unreachable(error: &ureq::Error) -> Fault {
    Fault::Unreachable(error.to_string())
}

/// An error's code as the standard has them; anything else is not repeated to anybody.
fn code(error: &str) -> String {
    let plain = error.len() <= 64
        && error
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { error } else { "error" }.to_owned()
}

/// Whether an address can be trusted with secrets: https or, where `own` allows it, plain http within this machine.
fn is_safe(address: &str, own: bool) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    let plain = uri
        .authority()
        .is_some_and(|authority| !authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("https") => plain,
        Some("http") => plain && own && is_loopback(address),
        _ => false,
    }
}

fn is_loopback(address: &str) -> bool {
    let uri = address.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

fn no_address(option: &'static str, given: &str) -> Refusal {
    Refusal::new(
        option,
        format!(
            "{given}: https:// で始まるアドレスを指定してください（同じ機械の中だけなら http://127.0.0.1:8080 なども使えます）。--public-url には、パスを付けないでください。"
        ),
        format!(
            "{given}: give an address that begins with https:// (within this machine http://127.0.0.1:8080 will do). --public-url takes no path."
        ),
    )
}

fn nobody_trusted() -> Refusal {
    Refusal::new(
        "trusted",
        "この機械には、信頼する認証局の証明書がありません。ca-certificates などのパッケージを入れてから、もう一度始めてください。",
        "This machine trusts no certificate authority. Install a package such as ca-certificates, then start again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(issuer: &str, public_url: &str) -> Setup {
        Setup {
            issuer: issuer.to_owned(),
            client: "rashin".to_owned(),
            secret: Some(Secret::new("hidden")),
            name: "架空ID".to_owned(),
            public_url: public_url.to_owned(),
            trusted: vec![vec![0x30]],
        }
    }

    #[test]
    fn secrets_travel_over_tls_or_not_off_the_machine() {
        let (there, here) = ("https://id.example.go.jp", "https://rashin.example.go.jp");
        for (issuer, public_url, said) in [
            (there, here, ""),
            (
                "https://id.example.go.jp/realm/",
                "https://rashin.example.go.jp/",
                "",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:8080", ""),
            ("http://[::1]:3000", "http://localhost:8080", ""),
            ("http://id.example.go.jp", here, "issuer"),
            ("http://127.0.0.1.example.com", here, "issuer"),
            ("http://127.0.0.1@example.com", here, "issuer"),
            ("https://user:password@id.example.go.jp", here, "issuer"),
            ("https://id.example.go.jp/?a=b", here, "issuer"),
            ("file:///etc/passwd", here, "issuer"),
            ("id.example.go.jp", here, "issuer"),
            ("", here, "issuer"),
            (there, "http://rashin.example.go.jp", "public-url"),
            (there, "https://example.go.jp/rashin", "public-url"),
            (there, "https://example.go.jp?a", "public-url"),
            (there, "/", "public-url"),
        ] {
            let refusal = Provider::new(setup(issuer, public_url)).err();
            assert_eq!(
                refusal.map_or("", |refusal| refusal.kind),
                said,
                "{issuer} {public_url}"
            );
        }
        let nobody = Setup {
            trusted: vec![],
            ..setup(there, here)
        };
        assert_eq!(Provider::new(nobody).unwrap_err().kind, "trusted");
    }

    #[test]
    fn nothing_secret_is_shown_by_accident() {
        let provider =
            Provider::new(setup("https://id.example.go.jp", "https://rashin.example.go.jp")).unwrap();
        assert!(!format!("{provider:?}").contains("hidden"));
    }

    #[test]
    fn an_issuer_on_the_net_cannot_send_us_to_our_own_machine() {
        assert!(is_safe("https://id.example.go.jp/token", false));
        assert!(!is_safe("http://127.0.0.1/token", false));
        assert!(is_safe("http://127.0.0.1/token", true));
    }

    #[test]
    fn only_codes_of_the_standard_are_repeated() {
        assert_eq!(code("access_denied"), "access_denied");
        for odd in ["<b>", "Access Denied", "架空", &"a".repeat(65)] {
            assert_eq!(code(odd), "error");
        }
    }

    #[test]
    fn a_state_says_its_language() {
        assert_eq!(of_state("en.0123"), (Lang::En, Secret::new("0123")));
        assert_eq!(of_state("ja.0123"), (Lang::Ja, Secret::new("0123")));
        assert_eq!(of_state("xx.0123"), (Lang::Ja, Secret::new("0123")));
        assert_eq!(of_state("0123"), (Lang::Ja, Secret::new("")));
    }
}
