//! Codes that say what kind of device something is: JMDN, EMDN, HS, and the codes of insured materials. It knows their shape; which of
//! them exist is data, not code.

use std::str::FromStr;

use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// JMDN 一般的名称コード: 8 digits without a check digit. Risk class and 特定保守 are attributes of the name, not of the code.
    JmdnCode
}

code! {
    /// EMDN (European Medical Device Nomenclature): a category letter, then up to six pairs of digits.
    EmdnCode
}

code! {
    /// HS code: 6 digits (international) or 9 (Japanese statistical code), chapters 01 to 97.
    HsCode
}

code! {
    /// 機能区分コード: `B`, 3 digits, then pairs of digits.
    FunctionalCategory
}

code! {
    /// 特定器材コード: 9 digits starting with 7.
    SpecifiedMaterial
}

const JMDN: Form = Form {
    ja: "一般的名称コード（JMDN）は8桁の数字です",
    en: "A JMDN code is 8 digits",
    example: "37618010",
};

const EMDN: Form = Form {
    ja: "EMDNは分類の英字1文字（E・I・Oを除く）と2桁の数字の組（6組まで）です",
    en: "An EMDN code is a category letter (not E, I or O) and up to six pairs of digits",
    example: "A010101",
};

const HS: Form = Form {
    ja: "HSコードは6桁（国際）か9桁（日本の統計品目番号）の数字です",
    en: "An HS code is 6 digits (international) or 9 (Japan)",
    example: "901812",
};

const FUNCTIONAL: Form = Form {
    ja: "機能区分コードはBと3桁の数字、続く2桁の数字の組です",
    en: "A functional category is B, 3 digits, then pairs of digits",
    example: "B00101",
};

const MATERIAL: Form = Form {
    ja: "特定器材コードは7で始まる9桁の数字です",
    en: "A specified material code is 9 digits starting with 7",
    example: "710010172",
};

impl FromStr for JmdnCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = JMDN.digits(text, &[8])?;
        if code.bytes().all(|b| b == b'0') {
            Err(JMDN.placeholder(&code))
        } else {
            Ok(Self(code))
        }
    }
}

impl FromStr for EmdnCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = text::compact(text);
        let category = |c: char| c.is_ascii_uppercase() && !matches!(c, 'E' | 'I' | 'O');
        let pairs = code.strip_prefix(category);
        if pairs.is_some_and(|pairs| pairs.len() <= 12 && is_pairs(pairs)) {
            Ok(Self(code))
        } else {
            Err(EMDN.refuse(&code))
        }
    }
}

impl FromStr for HsCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = HS.digits(&text::without_separators(&text::fold(text), &['.']), &[6, 9])?;
        if ("01"..="97").contains(&&code[..2]) {
            return Ok(Self(code));
        }
        Err(Refusal::new(
            "chapter",
            format!(
                "「{}」という類はありません。HSの類は01から97までです。",
                &code[..2]
            ),
            format!(
                "There is no chapter {}; the chapters of the HS are 01 to 97.",
                &code[..2]
            ),
        ))
    }
}

impl FromStr for FunctionalCategory {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = text::compact(text);
        let parts = code.strip_prefix('B').and_then(|rest| rest.split_at_checked(3));
        if parts
            .is_some_and(|(group, pairs)| text::is_digits(group, 3) && pairs.len() <= 12 && is_pairs(pairs))
        {
            Ok(Self(code))
        } else {
            Err(FUNCTIONAL.refuse(&code))
        }
    }
}

impl FromStr for SpecifiedMaterial {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let code = MATERIAL.digits(text, &[9])?;
        if code.starts_with('7') {
            Ok(Self(code))
        } else {
            Err(MATERIAL.refuse(&code))
        }
    }
}

fn is_pairs(text: &str) -> bool {
    text.len().is_multiple_of(2) && text::is_digits(text, text.len())
}
