//! How much one may ask for: a bucket of turns for each address and kind of request, and for each account whose key programs bring, which fills
//! again with time. It keeps guessing slow and one visitor from crowding out the others; who may do what is none of its business.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, Method};
use jiff::Timestamp;

/// Kinds of requests, from the dearest to the cheapest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Signing in and one-time links: here secrets can be guessed.
    Strict,
    /// A key that opens nothing. Apart from signing in, so that a program with an old key shuts nobody of its office out.
    Guess,
    /// Everything else that writes.
    Write,
    /// Reading.
    Read,
}

impl Class {
    /// The class of a request; the path is without the language.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let reads = method.is_safe();
        match path {
            path if path.starts_with("/links/") || path.starts_with("/sign-in/") => Self::Strict,
            "/sign-in" | "/account" if !reads => Self::Strict,
            _ if reads => Self::Read,
            _ => Self::Write,
        }
    }

    /// Turns in a full bucket, and milliseconds until one more is there. A whole office may share one address.
    const fn measure(self) -> (u32, i64) {
        match self {
            Self::Strict | Self::Guess => (30, 2_000),
            Self::Write => (120, 500),
            Self::Read => (3_000, 10),
        }
    }
}

/// Whose turns are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// Everybody's at one address.
    Address(IpAddr),
    /// An account's, whichever of its keys are used and wherever.
    Account(String),
}

impl From<IpAddr> for Whose {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

/// The buckets of all addresses and accounts.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<(Whose, Class), Bucket>>);

#[derive(Debug)]
struct Bucket {
    turns: u32,
    /// When the turns were counted, in milliseconds.
    counted: i64,
}

impl Limits {
    /// So many buckets at most are remembered; the full ones are forgotten first, since a new one is full too.
    const MOST: usize = 100_000;

    /// Takes a turn.
    ///
    /// # Errors
    /// Seconds to wait until there is one.
    pub(crate) fn take(&self, whose: impl Into<Whose>, class: Class, now: Timestamp) -> Result<(), u32> {
        let (most, refill) = class.measure();
        let now = now.as_millisecond();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= Self::MOST {
            buckets.retain(|(_, class), bucket| !bucket.is_full(*class, now));
        }
        if buckets.len() >= Self::MOST {
            buckets.clear();
        }
        let bucket = buckets.entry((whose.into(), class)).or_insert(Bucket {
            turns: most,
            counted: now,
        });
        bucket.fill(class, now);
        if bucket.turns == 0 {
            let wait = (refill - (now - bucket.counted).clamp(0, refill)).div_euclid(1_000) + 1;
            return Err(u32::try_from(wait).unwrap_or(1));
        }
        bucket.turns -= 1;
        Ok(())
    }
}

impl Bucket {
    fn fill(&mut self, class: Class, now: i64) {
        let (most, refill) = class.measure();
        let gained = (now - self.counted).max(0) / refill;
        self.turns = most.min(
            self.turns
                .saturating_add(u32::try_from(gained).unwrap_or(u32::MAX)),
        );
        // What is left over counts towards the next turn; a clock that was set back begins anew.
        self.counted = if now < self.counted {
            now
        } else {
            self.counted + gained * refill
        };
    }

    fn is_full(&self, class: Class, now: i64) -> bool {
        let (most, refill) = class.measure();
        i64::from(most - self.turns) * refill <= now - self.counted
    }
}

/// Who asks: the address at the other end of the connection or, behind a proxy of ours, the last one that the proxy wrote down. None where
/// there is no connection, as in a test.
pub(crate) fn address(extensions: &Extensions, headers: &HeaderMap, behind_proxy: bool) -> Option<IpAddr> {
    let ConnectInfo(socket) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = || {
        let line = headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()?
            .to_str()
            .ok()?;
        // Only what our own proxy added is believed: everything before it could have been sent by anyone.
        line.rsplit(',').next()?.trim().parse().ok()
    };
    let ip = behind_proxy.then(forwarded).flatten().unwrap_or(socket.ip());
    Some(network(ip.to_canonical()))
}

/// One household has a whole /64 of IPv6 addresses.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_bucket_empties_and_fills_and_is_one_address_alone() {
        let limits = Limits::default();
        for _ in 0..30 {
            assert_eq!(limits.take(ONE, Class::Strict, at(0)), Ok(()));
        }
        assert_eq!(limits.take(ONE, Class::Strict, at(0)), Err(3));
        assert_eq!(limits.take(ONE, Class::Read, at(0)), Ok(()));
        let account = Whose::Account("a".into());
        assert_eq!(limits.take(account, Class::Strict, at(0)), Ok(()));
        let other: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(limits.take(other, Class::Strict, at(0)), Ok(()));
        assert_eq!(limits.take(ONE, Class::Strict, at(1_999)), Err(1));
        assert_eq!(limits.take(ONE, Class::Strict, at(2_000)), Ok(()));
        assert_eq!(limits.take(ONE, Class::Strict, at(2_001)), Err(2));
        // A clock that is set back neither panics nor gives turns away.
        assert!(limits.take(ONE, Class::Strict, at(-1_000_000)).is_err());
    }

    #[test]
    fn a_forwarded_address_is_believed_only_behind_our_proxy_and_only_its_own_entry() {
        let mut extensions = Extensions::new();
        let mut headers = HeaderMap::new();
        assert_eq!(address(&extensions, &headers, true), None);
        extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 9], 1))));
        headers.append("x-forwarded-for", "198.51.100.1, 203.0.113.7".parse().unwrap());
        let seen = |behind| address(&extensions, &headers, behind).unwrap().to_string();
        assert_eq!(seen(false), "192.0.2.9");
        assert_eq!(seen(true), "203.0.113.7");
        headers.append("x-forwarded-for", "2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(
            address(&extensions, &headers, true).unwrap().to_string(),
            "2001:db8:1:2::"
        );
        headers.append("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(
            address(&extensions, &headers, true).unwrap().to_string(),
            "192.0.2.9"
        );
    }

    proptest! {
        /// Whatever the pace, no more is given than a full bucket and what has come in since.
        #[test]
        fn never_more_than_the_measure(steps in prop::collection::vec(0_i64..5_000, 1..200)) {
            let limits = Limits::default();
            let (mut now, mut given) = (0, 0);
            for step in steps {
                now += step;
                given += i64::from(limits.take(ONE, Class::Strict, at(now)).is_ok());
            }
            prop_assert!(given <= 30 + now / 2_000);
        }
    }
}
