//! Days on which the ministry is open. From the holidays of the plan follow, by the law on national holidays (国民の祝日に関する法律), those of each
//! year: moved ones, substitutes (振替休日) and days between two holidays (国民の休日). It knows no clock: whoever asks brings the day.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use plan::{Closure, Holiday, HolidayRule, Holidays, Text};

/// The years for which holidays are computed; the formula of the equinoxes holds in these. The government announces the two days a year ahead.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

/// Date and time in Japan.
pub fn in_japan(at: Timestamp) -> DateTime {
    // Japan has had no summer time since 1951, so its time is a fixed offset.
    Offset::constant(9).to_datetime(at)
}

/// The holidays and business days of 2000 to 2099.
#[derive(Debug, Clone)]
pub struct Calendar {
    holidays: BTreeMap<Date, Text>,
    /// Business days up to each day and with it, from the first day on.
    open: Vec<i32>,
}

impl Calendar {
    /// The first day that is known.
    pub const FIRST: Date = date(*YEARS.start(), 1, 1);
    /// The last day that is known.
    pub const LAST: Date = date(*YEARS.end(), 12, 31);

    /// Computes every holiday once, so that counting is a look-up.
    pub fn new(holidays: &Holidays) -> Self {
        let mut calendar = Self {
            holidays: YEARS
                .flat_map(|year| {
                    holidays
                        .days
                        .iter()
                        .filter_map(move |one| Some((day_of(one, year)?, one)))
                })
                .map(|(day, holiday)| (day, holiday.title.clone()))
                .collect(),
            open: vec![],
        };
        let followers = calendar.followers();
        calendar.holidays.extend(followers);
        let mut open = 0;
        for day in Self::FIRST.series(1.day()).take_while(|day| *day <= Self::LAST) {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let closed = weekend
                || calendar.holidays.contains_key(&day)
                || holidays.closures.iter().any(|closure| closes(closure, day));
            open += i32::from(!closed);
            calendar.open.push(open);
        }
        calendar
    }

    /// What follows from the holidays: a holiday on a Sunday makes the next day that is none a holiday, and so is a day between two.
    fn followers(&self) -> BTreeMap<Date, Text> {
        let named = |day: &Date| self.holidays.contains_key(day);
        let substitutes = self
            .holidays
            .keys()
            .filter(|day| day.weekday() == Weekday::Sunday)
            .filter_map(|day| day.series(1.day()).find(|next| !named(next)))
            .map(|day| (day, "振替休日", "Substitute holiday"));
        let between = self
            .holidays
            .keys()
            .filter_map(|day| day.checked_add(1.day()).ok())
            .filter(|day| !named(day) && day.weekday() != Weekday::Sunday)
            .filter(|day| day.checked_add(1.day()).is_ok_and(|next| named(&next)))
            .map(|day| (day, "国民の休日", "Citizens' holiday"));
        // A day that is both is a substitute.
        between
            .chain(substitutes)
            .map(|(day, ja, en)| {
                let (ja, en) = (ja.to_owned(), en.to_owned());
                (day, Text { ja, en })
            })
            .collect()
    }

    /// The name of a holiday.
    pub fn holiday(&self, day: Date) -> Option<&Text> {
        self.holidays.get(&day)
    }

    /// Whether the ministry is open.
    pub fn is_open(&self, day: Date) -> bool {
        day.checked_sub(1.day())
            .is_ok_and(|before| self.business_days_between(before, day) == 1)
    }

    /// Business days after `from`, up to `to` and with it; negative if `to` is earlier. Days that are not known count for nothing.
    pub fn business_days_between(&self, from: Date, to: Date) -> i32 {
        self.open_until(to) - self.open_until(from)
    }

    /// The day that is so many business days after another, or before it if negative; with none, the same day. Beyond the days that are known, the
    /// first or last of them.
    pub fn add_business_days(&self, from: Date, days: i32) -> Date {
        if days == 0 {
            return from;
        }
        let wanted = self.open_until(from).saturating_add(days);
        // Backwards from a day that is closed, the last open day before it is one day back already.
        let wanted = wanted + i32::from(days < 0 && !self.is_open(from));
        let place = self.open.partition_point(|open| *open < wanted);
        i32::try_from(place)
            .ok()
            .and_then(|place| Self::FIRST.checked_add(place.days()).ok())
            .map_or(Self::LAST, |day| day.min(Self::LAST))
    }

    fn open_until(&self, day: Date) -> i32 {
        let place = (day - Self::FIRST).get_days();
        match usize::try_from(place) {
            Ok(place) => self
                .open
                .get(place)
                .or(self.open.last())
                .copied()
                .unwrap_or_default(),
            Err(_) => 0,
        }
    }
}

/// The day of a holiday in a year.
fn day_of(holiday: &Holiday, year: i16) -> Option<Date> {
    let in_force =
        holiday.since.is_none_or(|since| since <= year) && holiday.until.is_none_or(|until| year <= until);
    if !in_force {
        return None;
    }
    if let Some(moved) = holiday.moved.iter().find(|day| day.year() == year) {
        return Some(*moved);
    }
    match holiday.rule {
        HolidayRule::Once(day) => (day.year() == year).then_some(day),
        HolidayRule::Yearly(month, day) => Date::new(year, month, day).ok(),
        HolidayRule::Nth { nth, weekday, month } => Date::new(year, month, 1)
            .ok()?
            .nth_weekday_of_month(nth, weekday)
            .ok(),
        HolidayRule::VernalEquinox => equinox(year, 3, 20_843_100),
        HolidayRule::AutumnalEquinox => equinox(year, 9, 23_248_800),
    }
}

/// The usual formula for 1980 to 2099, in millionths of a day: the moment of 1980, a tropical year's excess over 365 days for each year since, less
/// the leap days.
fn equinox(year: i16, month: i8, moment: i32) -> Option<Date> {
    let years = i32::from(year) - 1980;
    let day = (moment + 242_194 * years).div_euclid(1_000_000) - years.div_euclid(4);
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}

fn closes(closure: &Closure, day: Date) -> bool {
    let day = (day.month(), day.day());
    if closure.from <= closure.to {
        (closure.from..=closure.to).contains(&day)
    } else {
        day >= closure.from || day <= closure.to
    }
}
