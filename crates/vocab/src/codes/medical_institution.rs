//! 医療機関コード as used for insurance claims. It knows the rule of the code, never which institution it is.

use std::str::FromStr;

use super::prefecture::Prefecture;
use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// 医療機関コード: prefecture 2, fee table 1 (1 医科, 3 歯科), body 7 whose last digit is a Luhn check digit.
    ///
    /// The check digit covers the nine digits before it, except in prefectures 11 to 14 (埼玉・千葉・東京・神奈川), where it covers
    /// the first six digits of the body only.
    MedicalInstitutionCode
}

const FORM: Form = Form {
    ja: "医療機関コードは10桁の数字（都道府県2桁、点数表1桁、番号7桁）です",
    en: "A medical institution code is 10 digits (prefecture 2, fee table 1, number 7)",
    example: "0110112489",
};

impl MedicalInstitutionCode {
    /// The prefecture of the institution.
    pub fn prefecture(&self) -> Option<Prefecture> {
        self.0.get(..2)?.parse().ok()
    }
}

impl FromStr for MedicalInstitutionCode {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // Claims print the body as 01,1248,9.
        let digits = FORM.digits(
            &text::without_separators(&text::fold(text), &[',', '.', '・']),
            &[10],
        )?;
        let (prefecture, rest) = digits.split_at(2);
        Prefecture::from_str(prefecture)?;
        if !rest.starts_with(['1', '3']) {
            return Err(Refusal::new(
                "fee_table",
                format!(
                    "3桁目「{}」は点数表の区分です。医科は1、歯科は3です（薬局・訪問看護のコードは使えません）。",
                    &rest[..1]
                ),
                format!(
                    "Digit 3, '{}', is the fee table: 1 for medical, 3 for dental (no pharmacies or visiting nurses).",
                    &rest[..1]
                ),
            ));
        }
        let covered = if ("11"..="14").contains(&prefecture) {
            &rest[1..7]
        } else {
            &digits[..9]
        };
        let expected = luhn(covered);
        match digits.chars().last() {
            Some(found) if found != expected => {
                Err(text::check_digit("最後の桁", "last digit", found, expected))
            }
            _ => Ok(Self(digits)),
        }
    }
}

/// The Luhn check digit to append to digits (ISO/IEC 7812-1, annex B).
fn luhn(digits: &str) -> char {
    let doubled = |d: u32| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = text::digit_values(digits)
        .rev()
        .enumerate()
        .map(|(i, d)| if i % 2 == 0 { doubled(d) } else { d })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}
