//! Passwords: what is taken as one, and how it is kept (argon2id with the parameters that OWASP gives first). No rule asks for signs or
//! digits: length and not being on everybody's list are what helps (NIST SP 800-63B).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use store::Fault;
use vocab::Refusal;

use crate::desk::kept::refused;

/// Fewest and most characters.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// Passwords of twelve characters or more that stand high in published lists of stolen ones. All in lower case.
const COMMONEST: [&str; 27] = [
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qazxsw23edc",
    "1234567890ab",
    "1234567890qwerty",
    "123456789012",
    "1234567891011",
    "a1b2c3d4e5f6",
    "abcdefghijkl",
    "abcd1234abcd",
    "administrator",
    "adminadminadmin",
    "changemeplease",
    "iloveyou1234",
    "letmeinplease",
    "p@ssw0rd1234",
    "passw0rd1234",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "qazwsxedcrfv",
    "qwer1234qwer",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopas",
    "welcome12345",
];

/// Whether a text is taken as a password of somebody who has these names.
///
/// # Errors
/// `password`, saying what to change.
pub(crate) fn check(password: &str, names: &[&str]) -> Result<(), Refusal> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        return Err(Refusal::new(
            "password",
            format!(
                "パスワードは{}字以上{}字までで入力してください（いまは{length}字です）。",
                LENGTH.start(),
                LENGTH.end()
            ),
            format!(
                "Use {} to {} characters for the password (it has {length}).",
                LENGTH.start(),
                LENGTH.end()
            ),
        ));
    }
    let folded = password.trim().to_lowercase();
    if names.iter().any(|name| folded == name.trim().to_lowercase()) {
        return Err(Refusal::new(
            "password",
            "メールアドレスや名前は、パスワードに使えません。ほかの言葉にしてください。",
            "The e-mail address or the name cannot be the password. Please choose something else.",
        ));
    }
    let first = folded.chars().next();
    if COMMONEST.contains(&folded.as_str()) || folded.chars().all(|one| Some(one) == first) {
        return Err(Refusal::new(
            "password",
            "多くの人が使う、推測されやすいパスワードです。いくつかの言葉をつないだものなどにしてください。",
            "This password is on the list that attackers try first. Please choose another, such as several words in a row.",
        ));
    }
    Ok(())
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The text under which a password is kept (PHC string format).
pub(crate) fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Refusal> {
    let hash: PasswordHash = hasher()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| refused(Fault::Corrupt(error.to_string())))?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was kept. Where none was, as long is spent as if one had been, so that time does not tell.
pub(crate) fn holds(password: &str, kept: Option<&str>) -> Result<bool, Refusal> {
    let Some(kept) = kept else {
        hash(password, &[0; 16])?;
        return Ok(false);
    };
    let kept = PasswordHash::new(kept).map_err(|error| refused(Fault::Corrupt(error.to_string())))?;
    Ok(hasher().verify_password(password.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_being_unguessable_are_asked_for_and_nothing_else() {
        let names = [
            "kaku.taro@example.go.jp",
            "kaku.taro.long",
            "架空 太郎と十二字になる名前",
        ];
        let check = |password: &str| check(password, &names).is_ok();
        for good in [
            "correct horse",
            "ひらがなだけでも十二字あれば",
            &"x1".repeat(128),
            " leading space ",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "",
            "eleven char",
            &"x1".repeat(129),
            "Password1234",
            "aaaaaaaaaaaaaa",
            "KAKU.taro@example.go.jp",
            "kaku.taro.long",
            "架空 太郎と十二字になる名前",
        ] {
            assert!(!check(bad), "{bad}");
        }
        assert!(
            COMMONEST
                .iter()
                .all(|one| *one == one.to_lowercase() && one.chars().count() >= *LENGTH.start())
        );
    }

    #[test]
    fn a_password_is_kept_as_argon2id_and_opens_alone() {
        let kept = hash("correct horse battery", &[7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(holds("correct horse battery", Some(&kept)).unwrap());
        assert!(!holds("correct horse batterY", Some(&kept)).unwrap());
        assert!(!holds("correct horse battery", None).unwrap());
        assert_ne!(kept, hash("correct horse battery", &[8; 16]).unwrap());
    }
}
