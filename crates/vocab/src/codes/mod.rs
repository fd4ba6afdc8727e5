//! Every identifier that Rashin reads: one type a code, made by `parse`, shown in its normal form by `Display`, stored as that text.
//!
//! A type here proves the rule of its code (shape, check digit, dates inside) and refuses with a [`Refusal`] in Japanese and English.
//! It never looks anything up and never corrects: whether a code is in use, and by whom, is data elsewhere. What may differ without
//! changing the meaning (full-width characters, spaces around, hyphens between groups) is accepted and leaves no trace.

mod classification;
mod corporate_number;
mod day;
mod disclosure;
pub(crate) mod era;
mod fiscal_year;
mod gs1;
mod gs1_table;
mod gtin;
mod hibc;
mod licensing;
mod medical_institution;
mod prefecture;
pub(crate) mod text;

use std::fmt::Display;
use std::str::FromStr;

pub use classification::{EmdnCode, FunctionalCategory, HsCode, JmdnCode, SpecifiedMaterial};
pub use corporate_number::CorporateNumber;
pub use day::parse_date;
pub use disclosure::{EdinetCode, EdinetDocument, SecuritiesCode};
pub use fiscal_year::FiscalYear;
pub use gs1::Gs1ElementString;
pub use gtin::Gtin;
pub use hibc::Hibc;
pub use licensing::{ApprovalNumber, CertificationNumber, MahLicence, NotificationNumber};
pub use medical_institution::MedicalInstitutionCode;
pub use prefecture::Prefecture;

use crate::refusal::Refusal;

type Normalise = fn(&str) -> Result<String, Refusal>;

const TABLE: [(&str, Normalise); 20] = [
    ("corporate-number", normal::<CorporateNumber>),
    ("medical-institution-code", normal::<MedicalInstitutionCode>),
    ("gtin", normal::<Gtin>),
    ("gs1", normal::<Gs1ElementString>),
    ("hibc", normal::<Hibc>),
    ("approval-number", normal::<ApprovalNumber>),
    ("certification-number", normal::<CertificationNumber>),
    ("notification-number", normal::<NotificationNumber>),
    ("mah-licence", normal::<MahLicence>),
    ("jmdn", normal::<JmdnCode>),
    ("emdn", normal::<EmdnCode>),
    ("hs", normal::<HsCode>),
    ("functional-category", normal::<FunctionalCategory>),
    ("specified-material", normal::<SpecifiedMaterial>),
    ("edinet-code", normal::<EdinetCode>),
    ("edinet-document", normal::<EdinetDocument>),
    ("securities-code", normal::<SecuritiesCode>),
    ("prefecture", normal::<Prefecture>),
    ("fiscal-year", normal::<FiscalYear>),
    ("date", |text| parse_date(text).map(|date| date.to_string())),
];

/// The names that [`normalise`] knows, as used on the command line and in plan files.
pub const KINDS: [&str; TABLE.len()] = {
    let mut kinds = [""; TABLE.len()];
    let mut i = 0;
    while i < TABLE.len() {
        kinds[i] = TABLE[i].0;
        i += 1;
    }
    kinds
};

fn normal<T: FromStr<Err = Refusal> + Display>(text: &str) -> Result<String, Refusal> {
    text.parse::<T>().map(|code| code.to_string())
}

/// The normal form of a text read as a code of a kind; `None` if there is no such kind.
pub fn normalise(kind: &str, text: &str) -> Option<Result<String, Refusal>> {
    TABLE
        .iter()
        .find(|(name, _)| *name == kind)
        .map(|(_, normalise)| normalise(text))
}
