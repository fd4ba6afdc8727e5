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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::jwk::KeyAlgorithm;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use p256::pkcs8::EncodePrivateKey;
    use proptest::prelude::*;
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::rand_core::{CryptoRng, RngCore, impls};
    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::*;

    const ISSUER: &str = "https://id.example.go.jp";
    const NOW: i64 = 1_780_272_000;

    /// Numbers that only look random, so that a key is the same each time.
    struct Draws(u64);

    impl RngCore for Draws {
        fn next_u32(&mut self) -> u32 {
            impls::next_u32_via_fill(self)
        }

        fn next_u64(&mut self) -> u64 {
            impls::next_u64_via_fill(self)
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            for part in bytes.chunks_mut(32) {
                self.0 += 1;
                part.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..part.len()]);
            }
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for Draws {}

    /// A provider's keys: one for RSA, one for ECDSA, and one for ECDSA that it does not publish.
    struct Ring {
        rsa: EncodingKey,
        ec: EncodingKey,
        foreign: EncodingKey,
        published: Vec<Jwk>,
    }

    static RING: LazyLock<Ring> = LazyLock::new(|| {
        let rsa = rsa::RsaPrivateKey::new(&mut Draws(0), 2_048).unwrap();
        let rsa = EncodingKey::from_rsa_der(rsa.to_pkcs1_der().unwrap().as_bytes());
        let ec = |seed: u8| {
            let key = p256::SecretKey::from_slice(&[seed; 32]).unwrap();
            EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes())
        };
        let public = |kid: &str, key, algorithm| {
            let mut key = Jwk::from_encoding_key(key, algorithm).unwrap();
            key.common.key_id = Some(kid.to_owned());
            key.common.key_algorithm = None;
            key
        };
        let (ec, foreign) = (ec(1), ec(2));
        Ring {
            published: vec![
                public("rsa", &rsa, Algorithm::RS256),
                public("ec", &ec, Algorithm::ES256),
            ],
            rsa,
            ec,
            foreign,
        }
    });

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "aud": "rashin", "sub": "248289761001", "nonce": "n-0S6", "iat": NOW, "exp": NOW + 600,
            "email": "hanako@example.go.jp", "email_verified": true,
        })
    }

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header {
            kid: kid.map(str::to_owned),
            ..Header::new(algorithm)
        }
    }

    fn signed(claims: &Value) -> String {
        encode(&header(Algorithm::ES256, Some("ec")), claims, &RING.ec).unwrap()
    }

    fn checked(token: &str, keys: &[Jwk]) -> Result<Who, Fault> {
        let expected = Expected {
            issuer: ISSUER,
            client: "rashin",
            nonce: "n-0S6",
            at: Timestamp::from_second(NOW).unwrap(),
        };
        check(token, keys, &expected)
    }

    fn said(token: &str) -> String {
        checked(token, &RING.published).map_or_else(|fault| fault.to_string(), |who| who.verified().unwrap())
    }

    #[test]
    fn what_the_provider_signed_is_believed() {
        for (algorithm, kid, key) in [
            (Algorithm::RS256, "rsa", &RING.rsa),
            (Algorithm::PS256, "rsa", &RING.rsa),
            (Algorithm::ES256, "ec", &RING.ec),
        ] {
            for kid in [Some(kid), None] {
                let token = encode(&header(algorithm, kid), &claims(), key).unwrap();
                assert_eq!(said(&token), "hanako@example.go.jp", "{algorithm:?} {kid:?}");
            }
        }
    }

    /// What each claim may be changed to, and what is then said; an empty text means that it is taken.
    #[test]
    fn a_claim_that_does_not_hold_is_named() {
        let missing = "the ID token does not say all that it has to";
        let (apart, expired) = (
            "the ID token was not made just now: the provider's clock and ours are apart",
            "the ID token has expired",
        );
        let other = "the ID token was given out to somebody else";
        let table = [
            (
                "iss",
                json!("https://id.example.com"),
                "the ID token comes from another issuer",
            ),
            (
                "iss",
                json!("https://id.example.go.jp/"),
                "the ID token comes from another issuer",
            ),
            ("iss", Value::Null, missing),
            ("aud", json!("another"), "the ID token is meant for somebody else"),
            (
                "aud",
                json!(["another"]),
                "the ID token is meant for somebody else",
            ),
            ("aud", json!(["rashin"]), ""),
            ("aud", json!(["rashin", "another"]), other),
            ("aud", Value::Null, missing),
            ("azp", json!("rashin"), ""),
            ("azp", json!("another"), other),
            ("exp", json!(NOW - 299), ""),
            ("exp", json!(NOW - 300), expired),
            ("exp", json!(0), expired),
            ("exp", json!("tomorrow"), missing),
            ("exp", Value::Null, missing),
            ("iat", json!(NOW - 300), ""),
            ("iat", json!(NOW - 301), apart),
            ("iat", json!(NOW + 300), ""),
            ("iat", json!(NOW + 301), apart),
            ("iat", json!(i64::MAX), apart),
            ("iat", Value::Null, missing),
            ("nonce", json!("another"), "the ID token answers another sign-in"),
            ("nonce", json!(""), "the ID token answers another sign-in"),
            ("nonce", Value::Null, "the ID token answers another sign-in"),
            ("sub", Value::Null, missing),
        ];
        for (claim, value, expected) in table {
            let mut claims = claims();
            claims[claim] = value.clone();
            let said = said(&signed(&claims));
            let expected = if expected.is_empty() {
                "hanako@example.go.jp"
            } else {
                expected
            };
            assert_eq!(said, expected, "{claim} {value}");
        }
    }

    #[test]
    fn only_the_json_value_true_verifies_an_address() {
        for (email, verified, taken) in [
            (json!("hanako@example.go.jp"), json!(true), true),
            (json!("hanako@example.go.jp"), json!("true"), false),
            (json!("hanako@example.go.jp"), json!(1), false),
            (json!("hanako@example.go.jp"), json!(false), false),
            (json!("hanako@example.go.jp"), Value::Null, false),
            (Value::Null, json!(true), false),
            (json!("a".repeat(255)), json!(true), false),
        ] {
            let mut claims = claims();
            claims["email"] = email;
            claims["email_verified"] = verified;
            let who = checked(&signed(&claims), &RING.published).unwrap();
            assert_eq!(who.verified().is_ok(), taken, "{claims}");
        }
    }

    #[test]
    fn a_signature_that_is_not_the_providers_is_refused() {
        let unsigned = |algorithm: &str| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!(
                "{}.{}.",
                part(&json!({ "alg": algorithm, "kid": "ec" })),
                part(&claims())
            )
        };
        let none = "the ID token is not a signed one";
        assert_eq!(said(&unsigned("none")), none);
        assert_eq!(said(&unsigned("None")), none);
        assert_eq!(said(""), none);
        assert_eq!(said("a.b.c"), none);
        assert!(checked(&unsigned("ES256"), &RING.published).is_err());

        // A public key is no secret: it must never serve as one.
        let public = serde_json::to_vec(&RING.published[1]).unwrap();
        let shared = EncodingKey::from_secret(&public);
        let shared = encode(&header(Algorithm::HS256, Some("ec")), &claims(), &shared).unwrap();
        assert_eq!(said(&shared), "the ID token is signed in a way that is not taken");

        let foreign = |kid| encode(&header(Algorithm::ES256, kid), &claims(), &RING.foreign).unwrap();
        let forged = "the signature of the ID token does not hold";
        assert_eq!(said(&foreign(Some("ec"))), forged);
        assert_eq!(said(&foreign(None)), forged);
        let unknown = checked(&foreign(Some("new")), &RING.published);
        assert!(matches!(unknown, Err(Fault::UnknownKey)), "{unknown:?}");

        let token = signed(&claims());
        let (_, signature) = token.rsplit_once('.').unwrap();
        let mut changed = claims();
        changed["email"] = json!("kanri@example.go.jp");
        let (body, _) = signed(&changed)
            .rsplit_once('.')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        assert_eq!(said(&format!("{body}.{signature}")), forged);
    }

    #[test]
    fn a_key_signs_only_what_it_is_for() {
        let token = signed(&claims());
        let with = |change: &dyn Fn(&mut Jwk)| {
            let mut keys = RING.published.clone();
            change(&mut keys[1]);
            checked(&token, &keys)
        };
        assert!(with(&|_| ()).is_ok());
        assert!(with(&|key| key.common.key_algorithm = Some(KeyAlgorithm::ES256)).is_ok());
        for change in [
            &|key: &mut Jwk| key.common.key_algorithm = Some(KeyAlgorithm::ES384),
            &|key: &mut Jwk| key.common.public_key_use = Some(PublicKeyUse::Encryption),
            &|key: &mut Jwk| key.common.key_id = None,
        ] as [&dyn Fn(&mut Jwk); 3]
        {
            assert!(matches!(with(change), Err(Fault::UnknownKey)));
        }
        // Without a name it has to be the only one that fits.
        let unnamed = encode(&header(Algorithm::ES256, None), &claims(), &RING.ec).unwrap();
        let twice = [RING.published[1].clone(), RING.published[1].clone()];
        assert!(matches!(checked(&unnamed, &twice), Err(Fault::UnknownKey)));
    }

    proptest! {
        #[test]
        fn whatever_comes_as_a_token_is_refused_without_a_panic(token in "[A-Za-z0-9_.-]{0,200}") {
            prop_assert!(checked(&token, &RING.published).is_err());
        }
    }
}
