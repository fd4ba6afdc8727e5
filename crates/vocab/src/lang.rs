//! The languages of every text: Japanese first, English second. It must never grow translation logic.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

impl Lang {
    /// A day as people write it: 2027年1月31日; 31 January 2027.
    pub fn day(self, day: Date) -> String {
        match self {
            Self::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            Self::En => day.strftime("%-d %B %Y").to_string(),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ja => "ja",
            Self::En => "en",
        })
    }
}

impl FromStr for Lang {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        match text {
            "ja" => Ok(Self::Ja),
            "en" => Ok(Self::En),
            _ => Err(Refusal::new(
                "language",
                "言語は ja（日本語）か en（英語）で指定してください。",
                "Give the language as ja (Japanese) or en (English).",
            )),
        }
    }
}
