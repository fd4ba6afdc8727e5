//! The calendar against the lists that the Cabinet Office has published, and against counting day by day.

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use record::Calendar;

use crate::samples::real;

pub static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::new(&real().holidays));

/// 国民の祝日・休日 as published, without their names.
const PUBLISHED: [(i16, &str); 7] = [
    (
        2019,
        "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 10/22 11/3 11/4 11/23",
    ),
    (
        2020,
        "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23",
    ),
    (
        2021,
        "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23",
    ),
    (
        2024,
        "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23",
    ),
    (
        2025,
        "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24",
    ),
    (
        2026,
        "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    ),
    (
        2027,
        "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
    ),
];

#[test]
fn holidays_are_those_that_were_published() {
    for (year, published) in PUBLISHED {
        let found: Vec<String> = date(year, 1, 1)
            .series(1.day())
            .take_while(|day| day.year() == year)
            .filter(|day| CALENDAR.holiday(*day).is_some())
            .map(|day| format!("{}/{}", day.month(), day.day()))
            .collect();
        assert_eq!(found.join(" "), published, "{year}");
    }
    let name = |day| CALENDAR.holiday(day).map(|text| text.ja.as_str());
    assert_eq!(name(date(2019, 5, 1)), Some("天皇の即位の日"));
    assert_eq!(name(date(2019, 4, 30)), Some("国民の休日"));
    assert_eq!(name(date(2020, 7, 24)), Some("スポーツの日"));
    assert_eq!(name(date(2026, 5, 6)), Some("振替休日"));
    assert_eq!(name(date(2026, 9, 22)), Some("国民の休日"));
    assert_eq!(name(date(2018, 12, 23)), Some("天皇誕生日"));
}

#[test]
fn business_days() {
    let open = |day: Date| CALENDAR.is_open(day);
    let closed = [
        date(2026, 12, 29),
        date(2027, 1, 3),
        date(2027, 1, 1),
        date(2026, 11, 22),
        date(2026, 11, 23),
    ];
    assert!(closed.into_iter().all(|day| !open(day)));
    assert!(open(date(2026, 12, 28)) && open(date(2027, 1, 4)) && open(date(2026, 11, 24)));
    let add = |from, days| CALENDAR.add_business_days(from, days);
    // Over the turn of the year, and over the five days of 2026's silver week.
    assert_eq!(add(date(2026, 12, 28), 1), date(2027, 1, 4));
    assert_eq!(add(date(2026, 9, 18), 1), date(2026, 9, 24));
    assert_eq!(add(date(2026, 9, 20), 2), date(2026, 9, 25));
    assert_eq!(add(date(2026, 9, 24), -1), date(2026, 9, 18));
    assert_eq!(add(date(2026, 9, 22), -1), date(2026, 9, 18));
    assert_eq!(add(date(2026, 9, 22), 0), date(2026, 9, 22));
    assert_eq!(add(date(2099, 12, 25), 30), Calendar::LAST);
    assert_eq!(add(date(2000, 1, 5), -30), Calendar::FIRST);
    assert_eq!(
        CALENDAR.business_days_between(date(2026, 12, 28), date(2027, 1, 4)),
        1
    );
    assert_eq!(
        CALENDAR.business_days_between(date(2027, 1, 4), date(2026, 12, 28)),
        -1
    );
}

fn day() -> impl Strategy<Value = Date> {
    (0..36_000_i32).prop_map(|days| Calendar::FIRST + days.days())
}

proptest! {
    #[test]
    fn counting_is_counting_day_by_day(from in day(), days in 0..90_i32) {
        let to = from + days.days();
        let open = (1..=days)
            .map(|days| from + days.days())
            .filter(|day| {
                let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
                let turn = (day.month() == 12 && day.day() >= 29) || (day.month() == 1 && day.day() <= 3);
                !weekend && !turn && CALENDAR.holiday(*day).is_none()
            })
            .count();
        prop_assert_eq!(usize::try_from(CALENDAR.business_days_between(from, to)), Ok(open));
    }

    #[test]
    fn adding_is_the_way_back_from_counting(from in day(), days in -200..200_i32) {
        prop_assume!(from > date(2001, 1, 1) && from < date(2098, 1, 1));
        let to = CALENDAR.add_business_days(from, days);
        prop_assert!(days == 0 || CALENDAR.is_open(to));
        let back = CALENDAR.business_days_between(from, to);
        // A day that is closed lies between two open ones: the first day back is then one that has been counted already.
        let closed = i32::from(days < 0 && !CALENDAR.is_open(from));
        prop_assert_eq!(back, days + closed);
    }
}
