//! Years as people write them: 令和8年度, R8, 2026年度, FY2026. Every spelling becomes one fiscal year.

use std::fmt;
use std::str::FromStr;

use super::era;
use super::text::{self, Form, serde_as_text};
use crate::period::Period;
use crate::refusal::Refusal;

/// 年度, read from any usual spelling; text form `FY2026`. The year of an era or of the common era names the fiscal year that starts
/// in its April.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalYear(Period);

const FORM: Form = Form {
    ja: "年度は令和8年度・R8・2026年度・FY2026のように書きます",
    en: "A fiscal year is written 令和8年度, R8, 2026年度 or FY2026",
    example: "FY2026",
};

impl FiscalYear {
    /// The fiscal year as a period.
    pub fn period(self) -> Period {
        self.0
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FiscalYear {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let folded = text::fold(text);
        let bare = |text: &str| -> String {
            let text = text
                .strip_suffix("年度")
                .or_else(|| text.strip_suffix('年'))
                .unwrap_or(text);
            text.trim().to_owned()
        };
        let year = if let Some((era, rest)) = era::strip(&folded) {
            let n = era::parse_year(&bare(rest)).ok_or_else(|| FORM.refuse(&folded))?;
            era::year(era, n)?
        } else {
            let number = folded
                .strip_prefix("FY")
                .or_else(|| folded.strip_prefix("fy"))
                .unwrap_or(&folded);
            let number = bare(number.trim_start());
            let year = if text::is_digits(&number, 4) {
                number.parse().unwrap_or(0)
            } else {
                0
            };
            if era::name_year(year).is_none() {
                return Err(FORM.refuse(&folded));
            }
            year
        };
        Ok(Self(Period::fiscal(year)))
    }
}

serde_as_text!(FiscalYear);
