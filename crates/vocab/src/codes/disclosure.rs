//! Codes of listed companies and of what they disclose: EDINET and securities codes.

use std::str::FromStr;

use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// EDINETコード: `E` (filers) or `G` (funds) and 5 digits.
    EdinetCode
}

code! {
    /// EDINET 書類管理番号: `S1` and 6 letters or digits.
    EdinetDocument
}

code! {
    /// 証券コード, kept as 5 characters: the four of the issuer and the reserve digit (0 for ordinary shares, which people leave out).
    ///
    /// Since 2024 the second and the fourth character may be letters, never B, E, I, O, Q, V or Z (証券コード協議会).
    SecuritiesCode
}

const EDINET: Form = Form {
    ja: "EDINETコードはEまたはGと5桁の数字です",
    en: "An EDINET code is E or G and 5 digits",
    example: "E02272",
};

const DOCUMENT: Form = Form {
    ja: "EDINETの書類管理番号はS1と6文字の英数字です",
    en: "An EDINET document number is S1 and 6 letters or digits",
    example: "S100W1NC",
};

const SECURITIES: Form = Form {
    ja: "証券コードは4文字か5文字で、2文字目と4文字目だけに英字（B・E・I・O・Q・V・Zを除く）が使われます",
    en: "A securities code is 4 or 5 characters; only the 2nd and 4th may be letters (not B, E, I, O, Q, V, Z)",
    example: "409A0",
};

impl FromStr for EdinetCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = text::compact(text);
        let digits = code.strip_prefix(['E', 'G']);
        if digits.is_some_and(|digits| text::is_digits(digits, 5)) {
            Ok(Self(code))
        } else {
            Err(EDINET.refuse(&code))
        }
    }
}

impl FromStr for EdinetDocument {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = text::compact(text);
        let serial = code.strip_prefix("S1");
        if serial.is_some_and(|s| s.len() == 6 && s.bytes().all(|b| b.is_ascii_alphanumeric())) {
            Ok(Self(code))
        } else {
            Err(DOCUMENT.refuse(&code))
        }
    }
}

impl FromStr for SecuritiesCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = text::compact(text);
        let allowed = |(position, c): (usize, char)| {
            let letter = position % 2 == 1 && c.is_ascii_uppercase() && !"BEIOQVZ".contains(c);
            c.is_ascii_digit() && (position > 0 || c != '0') || letter
        };
        match code.len() {
            4 | 5 if code.chars().enumerate().all(allowed) => Ok(Self(format!("{code:0<5}"))),
            _ => Err(SECURITIES.refuse(&code)),
        }
    }
}
