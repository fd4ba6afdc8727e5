//! E-mail addresses as names of accounts: one form for every way of writing the same one.

use serde::{Deserialize, Serialize};
use vocab::Refusal;

/// An e-mail address in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Email(String);

impl Email {
    /// The longest address that mail can carry.
    const LONGEST: usize = 254;

    /// What was typed, folded; it need not be an address, as when somebody tries to sign in.
    pub(crate) fn folded(typed: &str) -> Self {
        Self(typed.trim().to_lowercase())
    }

    /// An address.
    ///
    /// # Errors
    /// `email` if it cannot be one. Whether anybody reads it is not known.
    pub(crate) fn parse(typed: &str) -> Result<Self, Refusal> {
        let email = Self::folded(typed);
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"@\"(),:;<>[]\\".contains(&byte))
        };
        let sound = email.0.split_once('@').is_some_and(|(local, domain)| {
            plain(local) && plain(domain) && domain.split('.').count() > 1 && domain.split('.').all(plain)
        });
        if sound && email.0.len() <= Self::LONGEST {
            return Ok(email);
        }
        Err(Refusal::new(
            "email",
            "メールアドレスを name@example.go.jp のような形で入力してください。",
            "Enter an e-mail address such as name@example.go.jp.",
        ))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the @.
    pub(crate) fn local(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }

    /// The name under which an account is found by it: one record for one address, so no address has two accounts.
    pub(crate) fn login(&self) -> String {
        store::sha256(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ways_of_writing_one_address_are_one() {
        let folded = Email::parse(" Taro.KAKU@Example.GO.jp ").unwrap();
        assert_eq!(folded.as_str(), "taro.kaku@example.go.jp");
        assert_eq!(folded.local(), "taro.kaku");
        assert_eq!(folded, Email::folded("taro.kaku@example.go.jp"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for typed in [
            "",
            "x",
            "@",
            "a@b",
            "a@b.",
            "a@.jp",
            "a b@c.jp",
            "a@b@c.jp",
            "架空@c.jp",
            "a\n@c.jp",
            "<a@c.jp>",
        ] {
            assert_eq!(Email::parse(typed).unwrap_err().kind, "email", "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(typed in any::<String>()) {
            let once = Email::folded(&typed);
            prop_assert_eq!(Email::folded(once.as_str()), once);
        }
    }
}
