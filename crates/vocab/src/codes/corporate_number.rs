//! 法人番号. It knows the rule of the number, never whether the corporation exists.

use std::str::FromStr;

use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// 法人番号: 13 digits, the first of which is a check digit over the other twelve (番号法施行令: 9 − Σ Pn·Qn mod 9).
    ///
    /// The check digit is 1 to 9. Working modulo 9, it cannot see a 0 written for a 9 or a 9 for a 0.
    CorporateNumber
}

const FORM: Form = Form {
    ja: "法人番号は13桁の数字です",
    en: "A corporate number is 13 digits",
    example: "3011001015116",
};

impl FromStr for CorporateNumber {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let digits = FORM.digits(text, &[13])?;
        let (found, body) = digits.split_at(1);
        if body.bytes().all(|b| b == b'0') {
            return Err(FORM.placeholder(&digits));
        }
        let sum: u32 = text::digit_values(body)
            .rev()
            .zip([1, 2].into_iter().cycle())
            .map(|(p, q)| p * q)
            .sum();
        let expected = char::from_digit(9 - sum % 9, 10).unwrap_or('0');
        match found.chars().next() {
            Some(found) if found != expected => {
                Err(text::check_digit("先頭の桁", "first digit", found, expected))
            }
            _ => Ok(Self(digits)),
        }
    }
}
