//! The years that figures speak of: Japanese fiscal years (年度, April to March) and calendar years.
//! The two are never converted into one another here; a formula that mixes them has to say how.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::codes::era;
use crate::codes::text::serde_as_text;
use crate::lang::Lang;
use crate::refusal::Refusal;

/// Which twelve months a year means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calendar {
    /// 年度: 1 April to 31 March of the next year.
    Fiscal,
    /// 暦年: 1 January to 31 December.
    Calendar,
}

/// One fiscal or calendar year. Text form `FY2024` or `CY2025`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Fiscal or calendar.
    pub calendar: Calendar,
    /// Year of the common era in which the period starts.
    pub year: i32,
}

impl Period {
    /// The fiscal year that starts in April of `year`.
    pub const fn fiscal(year: i32) -> Self {
        Self {
            calendar: Calendar::Fiscal,
            year,
        }
    }

    /// The calendar year `year`.
    pub const fn calendar(year: i32) -> Self {
        Self {
            calendar: Calendar::Calendar,
            year,
        }
    }

    /// The fiscal year in which a day falls.
    pub fn containing(day: Date) -> Self {
        let year = i32::from(day.year());
        Self::fiscal(if day.month() >= 4 { year } else { year - 1 })
    }

    /// First day. Saturates at the ends of the calendar (year ±9999).
    pub fn start(self) -> Date {
        match self.calendar {
            Calendar::Fiscal => day(self.year, 4, 1),
            Calendar::Calendar => day(self.year, 1, 1),
        }
    }

    /// Last day, inclusive. Saturates at the ends of the calendar (year ±9999).
    pub fn end(self) -> Date {
        match self.calendar {
            Calendar::Fiscal => day(self.year.saturating_add(1), 3, 31),
            Calendar::Calendar => day(self.year, 12, 31),
        }
    }

    /// The period so many years later (earlier if negative).
    #[must_use]
    pub fn shift(self, years: i32) -> Self {
        Self {
            year: self.year.saturating_add(years),
            ..self
        }
    }

    /// Years from this period to another; `None` if one is fiscal and the other is not.
    pub fn years_until(self, other: Self) -> Option<i32> {
        (self.calendar == other.calendar).then(|| other.year.saturating_sub(self.year))
    }

    /// For readers: 2024年度 or 2025年 in Japanese, FY2024 or 2025 in English.
    pub fn label(self, lang: Lang) -> String {
        let year = self.year;
        match (lang, self.calendar) {
            (Lang::Ja, Calendar::Fiscal) => format!("{year}年度"),
            (Lang::Ja, Calendar::Calendar) => format!("{year}年"),
            (Lang::En, Calendar::Fiscal) => format!("FY{year}"),
            (Lang::En, Calendar::Calendar) => year.to_string(),
        }
    }

    /// For readers who count in eras: 令和6年度, 平成元年. Before Meiji, as [`Period::label`].
    pub fn era_label(self) -> String {
        let unit = match self.calendar {
            Calendar::Fiscal => "年度",
            Calendar::Calendar => "年",
        };
        match era::name_year(self.year) {
            Some(name) => format!("{name}{unit}"),
            None => self.label(Lang::Ja),
        }
    }
}

fn day(year: i32, month: i8, day: i8) -> Date {
    let saturated = if year < 0 { Date::MIN } else { Date::MAX };
    i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, month, day).ok())
        .unwrap_or(saturated)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.calendar {
            Calendar::Fiscal => "FY",
            Calendar::Calendar => "CY",
        };
        write!(f, "{prefix}{:04}", self.year)
    }
}

impl FromStr for Period {
    type Err = Refusal;

    /// Reads exactly what [`Display`](fmt::Display) writes, for years 0001 to 9999. People's spellings (令和8年度) are the work of
    /// [`FiscalYear`](crate::codes::FiscalYear).
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let year = |digits: &str| -> Option<i32> {
            let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
            plain
                .then(|| digits.parse().ok())
                .flatten()
                .filter(|&year| year > 0)
        };
        let fiscal = text.strip_prefix("FY").and_then(year).map(Self::fiscal);
        let calendar = || text.strip_prefix("CY").and_then(year).map(Self::calendar);
        fiscal.or_else(calendar).ok_or_else(|| {
            Refusal::new(
                "period",
                "期間は FY2024（年度）か CY2025（暦年）の形で書いてください。",
                "Write the period as FY2024 (fiscal year) or CY2025 (calendar year).",
            )
        })
    }
}

serde_as_text!(Period);
