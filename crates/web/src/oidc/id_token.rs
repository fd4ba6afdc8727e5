//! What is believed of an ID token: only what the provider signed, with a key of its own, for us, just now, in answer to what we asked.
//! Signatures are a library's work; the time is a parameter.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use super::Fault;

/// Signatures that are taken: never one that a shared secret makes, and never none.
const SIGNED_BY: [Algorithm; 3] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256];

/// So far may the provider's clock and ours be apart.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// What a token has to say.
pub(super) struct Expected<'a> {
    /// Who signed it.
    pub issuer: &'a str,
    /// For whom: our name at the provider.
    pub client: &'a str,
    /// What we asked with.
    pub nonce: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// Whom a token, or the provider's page about a person, speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Who {
    sub: String,
    email: Option<String>,
    /// Left as it came: only the JSON value `true` is believed.
    #[serde(default)]
    email_verified: Value,
}

impl Who {
    /// The longest address that mail can carry.
    const LONGEST: usize = 254;

    /// Whether an address is told at all.
    pub fn has_email(&self) -> bool {
        self.email.is_some()
    }

    /// Whether both speak of the same person.
    pub fn is(&self, other: &Self) -> bool {
        self.sub == other.sub
    }

    /// The address, if the provider says that it is verified.
    pub fn verified(self) -> Result<String, Fault> {
        let verified = self.email_verified == Value::Bool(true);
        let email = self
            .email
            .filter(|email| verified && email.len() <= Self::LONGEST);
        email.ok_or(Fault::Unverified)
    }
}

#[derive(Deserialize)]
struct Claims {
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(flatten)]
    who: Who,
}

/// Whom a token speaks of, once all of it holds.
///
/// # Errors
/// `UnknownKey` if it was signed with a key that is not among these, `Unsound` with what does not hold.
pub(super) fn check(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Who, Fault> {
    let header = decode_header(token).map_err(|_| Fault::Unsound("the ID token is not a signed one"))?;
    if !SIGNED_BY.contains(&header.alg) {
        return Err(Fault::Unsound(
            "the ID token is signed in a way that is not taken",
        ));
    }
    let key = key_of(keys, header.kid.as_deref(), header.alg).ok_or(Fault::UnknownKey)?;
    let key =
        DecodingKey::from_jwk(key).map_err(|_| Fault::Unsound("a key of the provider cannot be read"))?;
    let mut rules = Validation::new(header.alg);
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.client]);
    rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // The library would read the clock by itself; time is checked below.
    rules.validate_exp = false;
    let claims = decode::<Claims>(token, &key, &rules)
        .map_err(|error| Fault::Unsound(reason(error.kind())))?
        .claims;
    holds(&claims, expected).map_err(Fault::Unsound)?;
    Ok(claims.who)
}

/// The key that a token names or, if it names none, the only one that it can be.
fn key_of<'k>(keys: &'k [Jwk], kid: Option<&str>, algorithm: Algorithm) -> Option<&'k Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let signs = !matches!(common.public_key_use, Some(PublicKeyUse::Encryption));
        let named = kid.is_none() || common.key_id.as_deref() == kid;
        let family = DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == algorithm.family());
        let own = common
            .key_algorithm
            .is_none_or(|own| own.to_string() == format!("{algorithm:?}"));
        signs && named && family && own
    };
    let mut fitting = keys.iter().filter(fits);
    let key = fitting.next()?;
    (kid.is_some() || fitting.next().is_none()).then_some(key)
}

fn reason(kind: &jsonwebtoken::errors::ErrorKind) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => "the signature of the ID token does not hold",
        ErrorKind::InvalidIssuer => "the ID token comes from another issuer",
        ErrorKind::InvalidAudience => "the ID token is meant for somebody else",
        _ => "the ID token does not say all that it has to",
    }
}

/// What the library does not check.
fn holds(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let others = claims.aud.as_array().is_some_and(|all| all.len() > 1);
    if claims.azp.as_deref().map_or(others, |azp| azp != expected.client) {
        return Err("the ID token was given out to somebody else");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err("the ID token answers another sign-in");
    }
    // A time that is none is long ago.
    let time = |seconds| Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
    if expected.at.duration_since(time(claims.exp)) >= APART {
        return Err("the ID token has expired");
    }
    if expected.at.duration_since(time(claims.iat)).abs() > APART {
        return Err("the ID token was not made just now: the provider's clock and ours are apart");
    }
    Ok(())
}
