//! Holidays as the law gives them: named days by rule, and when the ministry is closed besides. Which days follow from the rules in which year is
//! computed where a calendar is needed, not here.

use jiff::civil::{Date, Weekday};
use serde::Serialize;

use crate::model::Text;

/// When there is no business.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holidays {
    /// National holidays (国民の祝日).
    pub days: Vec<Holiday>,
    /// Other days on which government offices are closed (行政機関の休日), whatever the year.
    pub closures: Vec<Closure>,
}

/// A national holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// When it is.
    pub rule: HolidayRule,
    /// First year in which it is.
    pub since: Option<i16>,
    /// Last year in which it is.
    pub until: Option<i16>,
    /// In these years, which are those of the days, it is on another day.
    pub moved: Vec<Date>,
}

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayRule {
    /// Once, by a law of its own.
    Once(Date),
    /// On the same day each year: month and day.
    Yearly(i8, i8),
    /// On the so-manieth such weekday of a month.
    Nth {
        /// From 1.
        nth: i8,
        /// Day of the week.
        #[serde(serialize_with = "weekday_name")]
        weekday: Weekday,
        /// Month.
        month: i8,
    },
    /// On the day of the vernal equinox (春分日).
    VernalEquinox,
    /// On the day of the autumnal equinox (秋分日).
    AutumnalEquinox,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn weekday_name<S: serde::Serializer>(weekday: &Weekday, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{weekday:?}"))
}

impl HolidayRule {
    pub(crate) const WEEKDAYS: [(&str, Weekday); 7] = [
        ("Monday", Weekday::Monday),
        ("Tuesday", Weekday::Tuesday),
        ("Wednesday", Weekday::Wednesday),
        ("Thursday", Weekday::Thursday),
        ("Friday", Weekday::Friday),
        ("Saturday", Weekday::Saturday),
        ("Sunday", Weekday::Sunday),
    ];

    /// `2019-05-01`, `05-03`, `2nd Monday of 01`, `vernal equinox`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "vernal equinox" => return Some(Self::VernalEquinox),
            "autumnal equinox" => return Some(Self::AutumnalEquinox),
            _ => {}
        }
        if let Ok(day) = text.parse() {
            return Some(Self::Once(day));
        }
        if let Some((month, day)) = month_day(text) {
            return Some(Self::Yearly(month, day));
        }
        let words: Vec<&str> = text.split(' ').collect();
        let [nth, weekday, "of", month] = words.as_slice() else {
            return None;
        };
        let nth = (1..)
            .zip(["1st", "2nd", "3rd", "4th"])
            .find(|(_, word)| word == nth)?
            .0;
        let weekday = Self::WEEKDAYS.iter().find(|(name, _)| name == weekday)?.1;
        let (month, _) = month_day(&format!("{month}-01"))?;
        Some(Self::Nth { nth, weekday, month })
    }
}

/// `12-29`: a month and a day that every year has.
pub(crate) fn month_day(text: &str) -> Option<(i8, i8)> {
    let day: Date = (text.len() == 5)
        .then(|| format!("2001-{text}").parse().ok())
        .flatten()?;
    Some((day.month(), day.day()))
}

/// Days on which government offices are closed, from one to the other, over the turn of the year if need be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closure {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// First day: month and day.
    pub from: (i8, i8),
    /// Last day: month and day.
    pub to: (i8, i8),
}
