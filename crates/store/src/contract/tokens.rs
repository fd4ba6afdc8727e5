//! Laws of what lives for a while: tokens and strikes.

use super::records::taken;
use super::{Open, name, rows, time};
use crate::{Fault, Strikes, Token, TokenPurpose, sha256};
use jiff::Timestamp;

fn token(secret: &str, account: &str, expires: i64) -> Token {
    Token {
        hash: sha256(secret.as_bytes()),
        purpose: TokenPurpose::Session,
        account: name(account),
        created: time(0),
        seen: time(0),
        expires: time(expires),
        note: format!("架空の控え {secret}"),
    }
}

/// A token opens for its purpose, before it expires, until its account's tokens are cleared.
pub fn tokens_open_until_they_expire(open: Open<'_>) {
    let store = open();
    let (short, long, other) = (token("1", "a", 10), token("2", "a", 100), token("3", "b", 100));
    for token in [&short, &long, &other] {
        store.put_token(token).unwrap();
    }
    let is_open = |token: &Token, at: i64| store.token(token.purpose, &token.hash, time(at)).unwrap();
    assert_eq!(is_open(&short, 9), Some(short.clone()));
    assert_eq!(is_open(&short, 10), None, "it opens nothing from that moment on");
    assert_eq!(
        store.token(TokenPurpose::Link, &long.hash, time(0)).unwrap(),
        None,
        "another purpose"
    );
    assert!(
        matches!(store.put_token(&short), Err(Fault::Engine(_))),
        "a hash is kept once"
    );

    store.touch_token(&short.hash, time(9), time(30)).unwrap();
    let touched = Token {
        seen: time(9),
        expires: time(30),
        ..short.clone()
    };
    assert_eq!(is_open(&short, 29), Some(touched));

    store.clear_tokens(None, time(30)).unwrap();
    assert_eq!(is_open(&short, 0), None, "expired and cleared away");
    assert_eq!(is_open(&long, 0), Some(long.clone()));
    store.clear_tokens(Some(&name("a")), time(31)).unwrap();
    assert_eq!((is_open(&long, 0), is_open(&other, 0)), (None, Some(other)));
    assert_eq!(rows(&*store), [], "tokens are not part of what is kept for good");
}

/// A token opens and is listed for its own purpose and for no other.
pub fn a_token_opens_for_its_purpose_alone(open: Open<'_>) {
    use TokenPurpose::{Exchange, Key, Link, Session};
    let store = open();
    let purposes = [Session, Link, Exchange, Key];
    for purpose in purposes {
        assert_eq!(TokenPurpose::parse(purpose.as_str()), Some(purpose));
        let kept = Token {
            purpose,
            ..token(purpose.as_str(), "a", 100)
        };
        store.put_token(&kept).unwrap();
        for other in purposes {
            let found = store.token(other, &kept.hash, time(0)).unwrap();
            assert_eq!(found, (other == purpose).then(|| kept.clone()));
        }
        assert_eq!(store.tokens(purpose, &kept.account, time(0)).unwrap(), [kept]);
    }
}

/// A one-time link opens once, even when it is used several times at once.
pub fn a_token_is_taken_once(open: Open<'_>) {
    let store = open();
    assert!(!store.take_token(&sha256(b"none")).unwrap());
    for round in 0..8 {
        let token = token(&round.to_string(), "a", 100);
        store.put_token(&token).unwrap();
        assert_eq!(taken(|| store.take_token(&token.hash).unwrap()), 1);
        assert_eq!(store.token(token.purpose, &token.hash, time(0)).unwrap(), None);
    }
}

/// Failures are counted under any text, each name by itself.
pub fn strikes_are_counted_until_they_are_cleared(open: Open<'_>) {
    let store = open();
    for strange in ["架空 太郎", "", "\0'; --"] {
        assert_eq!(store.strikes(strange).unwrap(), None);
        for count in 1..4 {
            let counted = Strikes {
                count,
                last: time(i64::from(count)),
            };
            assert_eq!(store.strike(strange, counted.last).unwrap(), counted);
            assert_eq!(store.strikes(strange).unwrap(), Some(counted));
        }
        store.clear_strikes(None, time(2)).unwrap();
        assert!(
            store.strikes(strange).unwrap().is_some(),
            "the last is not that old"
        );
        store.clear_strikes(Some(strange), Timestamp::MIN).unwrap();
        assert_eq!(store.strikes(strange).unwrap(), None);
        assert_eq!(store.strike(strange, time(9)).unwrap().count, 1);
    }
    assert_eq!(store.strikes("other").unwrap(), None);
    store.clear_strikes(None, time(9)).unwrap();
    assert_eq!(store.strikes("").unwrap(), None, "what is long ago is forgotten");
    let name = "together";
    taken(|| store.strike(name, time(0)).is_ok());
    assert_eq!(
        store.strikes(name).unwrap().map(|strikes| strikes.count),
        Some(6),
        "none is lost"
    );
}
