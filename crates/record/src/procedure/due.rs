//! What is due in a case by when, from its clocks and the calendar. The day on which a clock starts or goes on does not count, the last day does.

use jiff::ToSpan;
use jiff::civil::Date;
use plan::{Clock, Length, Procedure};

use super::case::{Case, Timer};
use crate::calendar::Calendar;

/// How a clock stands on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Due<'p> {
    /// The clock.
    pub clock: &'p Clock,
    /// The last day; none while the clock stands still.
    pub by: Option<Date>,
    /// Days that are left, business days where the clock counts these; negative where it is over.
    pub left: i32,
    /// Whether the time is over.
    pub overdue: bool,
    /// Whether it is time to remind those whose turn it is.
    pub remind: bool,
}

impl Due<'_> {
    /// Whether those are to be told to whom the clock escalates.
    pub const fn escalates(&self) -> bool {
        self.overdue && !self.clock.escalate.is_empty()
    }
}

/// Every clock that runs or stands still, in the order of the plan. A clock that the plan has no more is left out.
pub fn due<'p>(procedure: &'p Procedure, case: &Case, today: Date, calendar: &Calendar) -> Vec<Due<'p>> {
    procedure
        .clocks
        .iter()
        .filter_map(|clock| {
            let timer = case.clocks.get(&clock.id).filter(|timer| timer.runs())?;
            stand(clock, timer, today, calendar)
        })
        .collect()
}

/// None for what runs until a day that the record does not say.
fn stand<'p>(clock: &'p Clock, timer: &Timer, today: Date, calendar: &Calendar) -> Option<Due<'p>> {
    let length = &clock.length;
    if length.field().is_some() {
        let day = timer.until?;
        let by = match length {
            Length::Until(_) => day.yesterday().unwrap_or(Date::MIN),
            _ => day,
        };
        return Some(stands(clock, Some(by), (by - today).get_days(), today));
    }
    let whole = allowance(length, timer.started);
    let left = whole - used(length, timer, today, calendar);
    let by = (!timer.is_paused()).then(|| {
        let resumed = timer
            .pauses
            .last()
            .and_then(|pause| pause.to)
            .unwrap_or(timer.started);
        add(
            length,
            resumed,
            whole - used(length, timer, resumed, calendar),
            calendar,
        )
    });
    Some(stands(clock, by, left, today))
}

fn stands(clock: &Clock, by: Option<Date>, left: i32, today: Date) -> Due<'_> {
    let overdue = by.map_or(left < 0, |by| today > by);
    let soon = |before| left <= i32::try_from(before).unwrap_or(i32::MAX);
    Due {
        clock,
        by,
        left,
        overdue,
        remind: by.is_some() && !overdue && clock.remind_before.is_some_and(soon),
    }
}

/// Days that there are from the start.
fn allowance(length: &Length, started: Date) -> i32 {
    match length {
        Length::Days(days) | Length::BusinessDays(days) => i32::try_from(*days).unwrap_or(i32::MAX),
        Length::MonthsFromNext(months) => {
            let end = started
                .first_of_month()
                .checked_add(i64::from(*months).months())
                .map_or(Date::MAX, Date::last_of_month);
            (end - started).get_days()
        }
        Length::Until(_) | Length::Through(_) => 0,
    }
}

/// Days that have been used up to a day, without those on which the clock stood still; never negative.
fn used(length: &Length, timer: &Timer, until: Date, calendar: &Calendar) -> i32 {
    let mut from = timer.started;
    let mut days = 0;
    for pause in &timer.pauses {
        days += count(length, from, pause.from.min(until), calendar);
        from = pause.to.unwrap_or(until);
    }
    days + count(length, from, until, calendar)
}

fn count(length: &Length, from: Date, to: Date, calendar: &Calendar) -> i32 {
    let days = match length {
        Length::BusinessDays(_) => calendar.business_days_between(from, to),
        _ => (to - from).get_days(),
    };
    days.max(0)
}

fn add(length: &Length, from: Date, days: i32, calendar: &Calendar) -> Date {
    match length {
        Length::BusinessDays(_) => calendar.add_business_days(from, days),
        _ => from.checked_add(days.days()).unwrap_or(Date::MAX),
    }
}
