//! GTIN, the trade item number in the device identifier of a UDI. It knows the rule of the number, never the item.

use std::str::FromStr;

use super::text::{self, Form, code};
use crate::refusal::Refusal;

code! {
    /// GTIN-8, -12, -13 (JAN) or -14, kept as 14 digits with leading zeros, as GS1 asks of stored numbers (GS1 General
    /// Specifications, §3.3.2): a JAN code and its 14-digit form are the same item. Modulo 10, weights 3 and 1 from the right.
    Gtin
}

const FORM: Form = Form {
    ja: "GTINは8・12・13・14桁の数字です",
    en: "A GTIN is 8, 12, 13 or 14 digits",
    example: "04912345678904",
};

impl FromStr for Gtin {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let digits = FORM.digits(text, &[8, 12, 13, 14])?;
        if digits.bytes().all(|b| b == b'0') {
            return Err(FORM.placeholder(&digits));
        }
        check(&digits)?;
        Ok(Self(format!("{digits:0>14}")))
    }
}

/// Proves the last digit of a GS1 key: modulo 10 with weights 3 and 1 from the right (GS1 General Specifications, §7.9).
pub(super) fn check(digits: &str) -> Result<(), Refusal> {
    let mut values = text::digit_values(digits).rev();
    let found = values.next().unwrap_or(0);
    let sum: u32 = values
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    let expected = (10 - sum % 10) % 10;
    if found == expected {
        return Ok(());
    }
    let shown = |digit| char::from_digit(digit, 10).unwrap_or('0');
    Err(text::check_digit(
        "最後の桁",
        "last digit",
        shown(found),
        shown(expected),
    ))
}
