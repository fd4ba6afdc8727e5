//! Numbers given under the 医薬品医療機器等法 (PMD Act): marketing approvals, certifications, notifications and the licence of a marketing
//! authorisation holder. It knows their shape, never whether they were granted.

use std::str::FromStr;

use super::era;
use super::prefecture::Prefecture;
use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// 承認番号: era 1 (1 昭和, 2 平成, 3 令和), year 2, `00`, `BZX` (before 2005 `BZZ`, `BZY`; foreign `BZI`, `BZG`), serial 5, branch 3.
    /// The branch may start with a letter (22500BZX00021A03: a second sales name).
    ApprovalNumber
}

code! {
    /// 認証番号: as an approval number, with the two letters of the certification body in place of `00`.
    CertificationNumber
}

code! {
    /// 届出番号: the licence of the marketing authorisation holder 10, serial 6 (digits or letters).
    NotificationNumber
}

code! {
    /// 医療機器製造販売業許可番号: prefecture 2, `B`, class 1 to 3, `X`, serial 5.
    MahLicence
}

const APPROVAL: Form = Form {
    ja: "承認番号は元号1桁・年2桁・00・BZX（BZZ・BZY・BZI・BZG）・5桁・枝番3桁の16文字です",
    en: "An approval number is 16 characters: era 1, year 2, 00, BZX (BZZ, BZY, BZI, BZG), 5 digits, branch 3",
    example: "22200BZX00790000",
};

const CERTIFICATION: Form = Form {
    ja: "認証番号は元号1桁・年2桁・認証機関2文字・BZX・5桁・枝番3桁の16文字です",
    en: "A certification number is 16 characters: era 1, year 2, certification body 2, BZX, 5 digits, branch 3",
    example: "229AFBZX00027000",
};

const NOTIFICATION: Form = Form {
    ja: "届出番号は製造販売業許可番号10文字と続き番号6文字の16文字です",
    en: "A notification number is 16 characters: the licence of the holder 10, serial 6",
    example: "13B1X10166001027",
};

const LICENCE: Form = Form {
    ja: "医療機器製造販売業許可番号は都道府県2桁・B・種別1〜3・X・5桁の10文字です",
    en: "A licence of a marketing authorisation holder is 10 characters: prefecture 2, B, class 1 to 3, X, 5 digits",
    example: "27B2X00150",
};

impl NotificationNumber {
    /// The licence of the marketing authorisation holder who notified.
    pub fn licence(&self) -> Option<MahLicence> {
        self.0.get(..10).map(|licence| MahLicence(licence.to_owned()))
    }
}

impl FromStr for ApprovalNumber {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let number = unwrapped(text);
        match body_of_granted(&number) {
            Some("00") => granted_year(&number).map(|()| Self(number)),
            Some(body) if is_letters(body) => Err(other_kind(
                "承認番号",
                "an approval",
                "認証番号",
                "a certification",
            )),
            _ => Err(APPROVAL.refuse(&number)),
        }
    }
}

impl FromStr for CertificationNumber {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let number = unwrapped(text);
        match body_of_granted(&number) {
            Some(body) if is_letters(body) => granted_year(&number).map(|()| Self(number)),
            Some("00") => Err(other_kind(
                "認証番号",
                "a certification",
                "承認番号",
                "an approval",
            )),
            _ => Err(CERTIFICATION.refuse(&number)),
        }
    }
}

impl FromStr for NotificationNumber {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let number = unwrapped(text);
        match number.split_at_checked(10) {
            Some((licence, serial))
                if number.len() == 16 && is_licence(licence) && is_alphanumeric(serial) =>
            {
                Prefecture::from_str(&licence[..2])?;
                Ok(Self(number))
            }
            _ => Err(NOTIFICATION.refuse(&number)),
        }
    }
}

impl FromStr for MahLicence {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let number = unwrapped(text);
        if !is_licence(&number) {
            return Err(LICENCE.refuse(&number));
        }
        Prefecture::from_str(&number[..2])?;
        Ok(Self(number))
    }
}

/// The number without the 第 … 号 that documents put around it.
fn unwrapped(text: &str) -> String {
    let text = text::fold(text);
    let bare = text
        .strip_prefix('第')
        .and_then(|text| text.strip_suffix('号'))
        .unwrap_or(&text);
    text::compact(bare)
}

/// The two characters that tell approval (`00`) from certification (letters), if all else has the shape of either.
fn body_of_granted(number: &str) -> Option<&str> {
    let shaped = number.len() == 16
        && number.is_ascii()
        && text::is_digits(&number[..3], 3)
        && ["BZX", "BZZ", "BZY", "BZI", "BZG"].contains(&&number[5..8])
        && text::is_digits(&number[8..13], 5)
        && is_alphanumeric(&number[13..14])
        && text::is_digits(&number[14..], 2);
    shaped.then(|| &number[3..5])
}

/// Proves era and year of a granted number: 1 昭和, 2 平成, 3 令和.
fn granted_year(number: &str) -> Result<(), Refusal> {
    let era = match &number[..1] {
        "1" => era::SHOWA,
        "2" => era::HEISEI,
        "3" => era::REIWA,
        digit => {
            return Err(Refusal::new(
                "era",
                format!("先頭の「{digit}」は元号を表しません。1（昭和）・2（平成）・3（令和）のどれかです。"),
                format!("The first digit '{digit}' names no era; it is 1 (昭和), 2 (平成) or 3 (令和)."),
            ));
        }
    };
    era::year(era, number[1..3].parse().unwrap_or(0)).map(|_| ())
}

fn is_licence(text: &str) -> bool {
    text.len() == 10
        && text.is_ascii()
        && text::is_digits(&text[..2], 2)
        && ["B1X", "B2X", "B3X"].contains(&&text[2..5])
        && text::is_digits(&text[5..], 5)
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn other_kind(wanted_ja: &str, wanted_en: &str, found_ja: &str, found_en: &str) -> Refusal {
    Refusal::new(
        "other_kind",
        format!("{found_ja}の形をしています。{wanted_ja}の欄には{wanted_ja}を書いてください。"),
        format!("This has the form of {found_en} number. Write {wanted_en} number here."),
    )
}
