//! GS1 element strings, the carrier of a UDI: what the barcode on a device says, read from the bracketed text beside it or from the raw
//! output of a scanner. It never joins two barcodes and never fills in what a barcode does not say.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::gs1_table as table;
use super::gtin::Gtin;
use super::text::{self, Form, serde_as_text};
use crate::refusal::Refusal;

/// Elements of a GS1 barcode, in the order of the barcode. Text form: bracketed, `(01)04912345678904(17)270331(10)ABC123`, where a
/// bracket that belongs to the data is written `\(`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gs1ElementString(Vec<(String, String)>);

const FORM: Form = Form {
    ja: "GS1の文字列は(01)などの識別子と値、または読み取り機の出力（可変長の項目の後はFNC1）です",
    en: "A GS1 element string is identifiers such as (01) with their data, or a scanner's output with FNC1 after variable fields",
    example: "(01)04912345678904(17)270331(10)ABC123",
};

/// What scanners and people put for FNC1 between elements; the first is the standard one.
const SEPARATORS: [&str; 7] = ["\u{1d}", "\u{241d}", "^", "<GS>", "{GS}", "<FNC1>", "{FNC1}"];

/// Symbology identifiers of barcodes that carry GS1 element strings: GS1-128, `DataBar`, `DataMatrix`, QR, `DotCode`.
const SYMBOLOGIES: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];

/// Identifiers that contradict each other within one barcode.
const CONFLICTS: [(&str, &str); 4] = [("01", "02"), ("01", "03"), ("02", "03"), ("420", "421")];

impl Gs1ElementString {
    /// The elements as pairs of application identifier and data.
    pub fn elements(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(ai, data)| (ai.as_str(), data.as_str()))
    }

    /// The data of an application identifier.
    pub fn get(&self, ai: &str) -> Option<&str> {
        self.elements()
            .find(|&(found, _)| found == ai)
            .map(|(_, data)| data)
    }

    /// The item: AI (01).
    pub fn gtin(&self) -> Option<Gtin> {
        self.get("01")?.parse().ok()
    }

    /// The day of a date element such as (11) or (17). DD = 00 is the last day of the month; the century is the one that brings the year
    /// within 49 years before and 50 years after `this_year` (GS1 General Specifications, §7.12).
    pub fn day(&self, ai: &str, this_year: i16) -> Option<Date> {
        let data = self.get(ai).filter(|data| text::is_digits(data, 6))?;
        let part = |at: usize| data.get(at..at + 2)?.parse::<i8>().ok();
        let (yy, month, day) = (i16::from(part(0)?), part(2)?, part(4)?);
        let century = this_year.checked_sub(this_year.rem_euclid(100))?;
        let year = match yy - this_year.rem_euclid(100) {
            51.. => century.checked_sub(100)?,
            ..=-50 => century.checked_add(100)?,
            _ => century,
        };
        let first = Date::new(year.checked_add(yy)?, month, day.max(1)).ok()?;
        Some(if day == 0 { first.last_of_month() } else { first })
    }

    /// The string as a barcode carries it, with GS (U+001D) after fields of variable length and no symbology identifier.
    pub fn raw(&self) -> String {
        let mut raw = String::new();
        for (i, (ai, data)) in self.0.iter().enumerate() {
            raw.push_str(ai);
            raw.push_str(data);
            if i + 1 < self.0.len() && table::predefined_length(ai).is_none() {
                raw.push('\u{1d}');
            }
        }
        raw
    }

    fn push(&mut self, ai: &str, data: &str) -> Result<(), Refusal> {
        table::prove(ai, data)?;
        if ai == "01" || ai == "02" {
            Gtin::from_str(data)?;
        }
        match self.get(ai) {
            Some(known) if known == data => return Ok(()),
            Some(_) => return Err(conflict(ai, ai)),
            None => {}
        }
        let clash =
            |&(a, b): &(&str, &str)| a == ai && self.get(b).is_some() || b == ai && self.get(a).is_some();
        if let Some((a, b)) = CONFLICTS.into_iter().find(clash) {
            return Err(conflict(a, b));
        }
        self.0.push((ai.to_owned(), data.to_owned()));
        Ok(())
    }

    fn read_bracketed(text: &str) -> Result<Self, Refusal> {
        let mut read = Self(Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let (ai, after) = bracketed_ai(rest).ok_or_else(|| FORM.refuse(text))?;
            let mut data = String::new();
            rest = after;
            while bracketed_ai(rest).is_none() {
                let literal = rest
                    .strip_prefix('\\')
                    .filter(|escaped| escaped.starts_with(['(', ')']));
                let mut chars = literal.unwrap_or(rest).chars();
                let Some(c) = chars.next() else { break };
                data.push(c);
                rest = chars.as_str();
            }
            read.push(ai, data.trim_matches([' ', '\u{1d}']))?;
        }
        Ok(read)
    }

    fn read_raw(text: &str) -> Result<Self, Refusal> {
        let mut read = Self(Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let shown: String = rest.chars().take(4).collect();
            let ai = table::leading(rest).ok_or_else(|| table::unknown(&shown))?;
            let field = rest[ai.len()..].split('\u{1d}').next().unwrap_or_default();
            let data = match table::predefined_length(ai) {
                Some(length) => field.get(..length).unwrap_or(field),
                None => field,
            };
            read.push(ai, data)?;
            let after = &rest[ai.len() + data.len()..];
            rest = after.strip_prefix('\u{1d}').unwrap_or(after);
        }
        Ok(read)
    }
}

/// The identifier in brackets at the start of a text, and what follows.
fn bracketed_ai(text: &str) -> Option<(&str, &str)> {
    let (ai, rest) = text.strip_prefix('(')?.split_once(')')?;
    let digits = (2..=4).any(|length| text::is_digits(ai, length));
    digits.then_some((ai, rest))
}

fn conflict(a: &str, b: &str) -> Refusal {
    let (ja, en) = if a == b {
        (
            format!("AI ({a}) が違う値で二度あります"),
            format!("AI ({a}) occurs twice with different data"),
        )
    } else {
        (
            format!("AI ({a}) と ({b}) は一緒に使えません"),
            format!("AI ({a}) and ({b}) exclude each other"),
        )
    };
    Refusal::new(
        "conflict",
        format!("{ja}。別の物のバーコードが混ざっていないか確かめてください。"),
        format!("{en}. Check whether barcodes of different things were joined."),
    )
}

impl fmt::Display for Gs1ElementString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements()
            .try_for_each(|(ai, data)| write!(f, "({ai}){}", data.replace('(', "\\(")))
    }
}

impl FromStr for Gs1ElementString {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // Trimming must not take the separators, which Unicode does not count as space, and folding leaves them alone.
        let folded = SEPARATORS
            .iter()
            .fold(text::fold(text), |text, mark| text.replace(mark, "\u{1d}"));
        let symbology = SYMBOLOGIES.iter().find_map(|id| folded.strip_prefix(id));
        let bare = symbology.unwrap_or(&folded);
        let bare = bare.strip_prefix('\u{1d}').unwrap_or(bare);
        if bare.is_empty() {
            Err(FORM.refuse(bare))
        } else if bare.starts_with('(') {
            Self::read_bracketed(bare)
        } else {
            Self::read_raw(bare)
        }
    }
}

serde_as_text!(Gs1ElementString);
