//! HIBC supplier labels (ANSI/HIBC 2.6), the other carrier of a UDI: primary data (what it is), secondary data (lot, serial, dates), or both
//! joined by a slash. It never joins two barcodes and never repairs a check character.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::text::{self, Form, serde_as_text};
use crate::refusal::Refusal;

/// One HIBC barcode. Text form: the barcode without the asterisks printed around it, a space as the underscore that stands for it in print.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hibc {
    text: String,
    /// Where the primary data end, if the barcode has them.
    primary: Option<usize>,
}

const FORM: Form = Form {
    ja: "HIBCは「+」で始まり、英字で始まるラベラー4文字・品番1〜18文字・単位1桁・検査文字1文字か、「$」や数字で始まる二次データです",
    en: "An HIBC starts with '+': labeler 4 (letter first), product 1 to 18, unit 1, check character 1; or secondary data after '$' or a digit",
    example: "+A123BJC5D6E71G",
};

/// Characters in the order of their modulo 43 values; the underscore stands for the space.
const VALUES: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-._$/+%";

/// The longest lot or serial number.
const NUMBER: usize = 18;

impl Hibc {
    /// Labeler identification code, 4 characters; `None` for a secondary barcode, which does not carry it.
    pub fn labeler(&self) -> Option<&str> {
        self.text.get(1..self.primary?.min(5))
    }

    /// Labeler's product or catalogue number.
    pub fn product(&self) -> Option<&str> {
        self.text.get(5..self.primary? - 1)
    }

    /// Unit of measure, one digit: 0 the single unit, larger ones packages, 9 variable.
    pub fn unit(&self) -> Option<u8> {
        let end = self.primary?;
        self.text.get(end - 1..end)?.parse().ok()
    }

    /// Secondary data without check and link characters: fields such as `$$52001510X3`, `S77DEFG45`, `16D20111212`.
    pub fn secondary(&self) -> impl Iterator<Item = &str> {
        let fields = match self.primary {
            Some(end) => self.text.get(end + 1..self.text.len() - 1),
            None => self.text.get(1..self.text.len() - 2),
        };
        fields
            .into_iter()
            .flat_map(|fields| fields.split('/'))
            .filter(|field| !field.is_empty())
    }
}

impl FromStr for Hibc {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // A space can be the check character, so the trailing space that trimming takes is tried again when the rest does not fit.
        let trimmed = text::fold(text);
        let cleaned = clean(&trimmed);
        Self::read(&cleaned).or_else(|refusal| {
            let spaces = text.chars().rev().take_while(|&c| c == ' ').count().min(2);
            (1..=spaces)
                .find_map(|count| Self::read(&format!("{cleaned}{}", "_".repeat(count))).ok())
                .ok_or(refusal)
        })
    }
}

/// Without the symbology identifier of a scanner and the asterisks of the print; an inner space as an underscore.
fn clean(text: &str) -> String {
    let symbology = text
        .get(3..)
        .filter(|rest| text.starts_with(']') && rest.starts_with('+'));
    let text = symbology.unwrap_or(text);
    let printed = text.strip_prefix('*').and_then(|text| text.strip_suffix('*'));
    printed.unwrap_or(text).replace(' ', "_")
}

impl Hibc {
    fn read(text: &str) -> Result<Self, Refusal> {
        let (Some(data), true) = (
            text.strip_prefix('+'),
            text.bytes().all(|b| VALUES.as_bytes().contains(&b)),
        ) else {
            return Err(FORM.refuse(text));
        };
        let Some((data, check)) = data.len().checked_sub(1).and_then(|at| data.split_at_checked(at)) else {
            return Err(FORM.refuse(text));
        };
        let primary = data.starts_with(|c: char| c.is_ascii_uppercase());
        let (identity, fields) = match data.split_once('/') {
            _ if !primary => ("", data.len().checked_sub(1).and_then(|at| data.get(..at))),
            Some((identity, fields)) => (identity, Some(fields)),
            None => (data, None),
        };
        let identified = !primary || is_identity(identity);
        let complete = (primary || fields.is_some_and(|fields| !fields.is_empty()))
            && fields
                .into_iter()
                .flat_map(|fields| fields.split('/'))
                .all(is_field);
        if !identified || !complete {
            return Err(FORM.refuse(text));
        }
        let (found, expected) = (
            check.chars().next().unwrap_or('_'),
            mod43(&text[..text.len() - 1]),
        );
        if found != expected {
            return Err(text::check_digit("最後の文字", "last character", found, expected));
        }
        Ok(Self {
            text: text.to_owned(),
            primary: primary.then_some(identity.len() + 1),
        })
    }
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Labeler, product and unit.
fn is_identity(text: &str) -> bool {
    (6..=23).contains(&text.len()) && is_alphanumeric(text) && text.ends_with(|c: char| c.is_ascii_digit())
}

/// One field of the secondary data (ANSI/HIBC 2.6, §2.2 and §2.3).
fn is_field(field: &str) -> bool {
    // Labels print lots with hyphens and points although the standard speaks of letters and digits.
    let number = |text: &str| {
        text.len() <= NUMBER
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-.".contains(&b))
    };
    if let Some(dated) = field.strip_prefix("$$+") {
        return after_expiry(dated).is_some_and(number);
    }
    if let Some(dated) = field.strip_prefix("$$") {
        let counted = match dated.as_bytes().first() {
            Some(b'8') => after_digits(&dated[1..], 2),
            Some(b'9') => after_digits(&dated[1..], 5),
            _ => Some(dated),
        };
        // A quantity may stand alone; a lot without a date comes after the flag 7.
        return counted.is_some_and(|rest| {
            after_expiry(rest).is_some_and(number) || (rest.is_empty() && !dated.is_empty())
        });
    }
    if let Some(serial) = field.strip_prefix("$+").or_else(|| field.strip_prefix('S')) {
        return !serial.is_empty() && number(serial);
    }
    if let Some(lot) = field.strip_prefix('$') {
        return number(lot);
    }
    if let Some(day) = field.strip_prefix("16D").or_else(|| field.strip_prefix("14D")) {
        return is_date("YYYYMMDD", day);
    }
    if let Some(quantity) = field.strip_prefix('Q') {
        return (1..=5).any(|length| text::is_digits(quantity, length));
    }
    field
        .split_at_checked(5)
        .is_some_and(|(day, lot)| is_date("YYJJJ", day) && number(lot))
}

/// What follows the expiry date, whose form its first digit tells (ANSI/HIBC 2.6, table 2).
fn after_expiry(text: &str) -> Option<&str> {
    let (flag, rest) = (text.chars().next()?, text.get(1..)?);
    let (form, text) = match flag {
        '0' | '1' => ("MMYY", text),
        '2' => ("MMDDYY", rest),
        '3' => ("YYMMDD", rest),
        '4' => ("YYMMDDHH", rest),
        '5' => ("YYJJJ", rest),
        '6' => ("YYJJJHH", rest),
        '7' => return Some(rest),
        _ => return None,
    };
    let (date, after) = text.split_at_checked(form.len())?;
    is_date(form, date).then_some(after)
}

fn after_digits(text: &str, length: usize) -> Option<&str> {
    let (digits, after) = text.split_at_checked(length)?;
    text::is_digits(digits, length).then_some(after)
}

/// Whether digits are a date of a form written in Y, M, D, H and J (day of the year), such as `YYJJJ`.
fn is_date(form: &str, text: &str) -> bool {
    let value = |letter: char| -> Option<i16> {
        let digits: String = form
            .chars()
            .zip(text.chars())
            .filter(|&(f, _)| f == letter)
            .map(|(_, c)| c)
            .collect();
        digits.parse().ok()
    };
    let small = |letter| value(letter).map_or(1, |n| i8::try_from(n).unwrap_or(0));
    let year = value('Y').map(|year| if year < 100 { 2000 + year } else { year });
    let first = year.and_then(|year| Date::new(year, small('M'), small('D')).ok());
    text::is_digits(text, form.len())
        && value('H').is_none_or(|hour| hour < 24)
        && first.is_some_and(|first| value('J').is_none_or(|day| (1..=first.days_in_year()).contains(&day)))
}

/// The check character to append (ANSI/HIBC 2.6, appendix B).
fn mod43(text: &str) -> char {
    let sum: usize = text.chars().filter_map(|c| VALUES.find(c)).sum();
    VALUES.chars().nth(sum % 43).unwrap_or('_')
}

impl fmt::Display for Hibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(Hibc);
