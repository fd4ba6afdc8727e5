//! Holidays, read entry by entry: rules that can be followed, years that are in order.

use crate::holiday::{Closure, Holiday, HolidayRule, month_day};
use crate::raw::{self, Word};

use super::Reader;
use super::seen::References;

impl Reader<'_> {
    pub(super) fn holiday(&mut self, raw: &raw::Holiday, refs: &mut References) -> Option<Holiday> {
        refs.define("holiday", self.place(&raw.id), raw.id.get_ref());
        let rule = HolidayRule::parse(raw.on.get_ref());
        if rule.is_none() {
            self.fault(
                &raw.on,
                "bad-holiday",
                "休日の決め方として読めません。",
                "this does not say when a holiday is.",
                "例: 05-03、2019-05-01、2nd Monday of 01、vernal equinox、autumnal equinox / For example 05-03 or `2nd Monday of 01`.",
            );
        }
        if let (Some(since), Some(until)) = (raw.since, raw.until)
            && since > until
        {
            self.fault(
                &raw.on,
                "years-upside-down",
                "始まりの年（since）が終わりの年（until）より後です。",
                "`since` is later than `until`.",
                "年を直してください。 / Correct the years.",
            );
        }
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let moved: Vec<_> = raw.moved.iter().map(|day| self.date(day)).collect();
        Some(Holiday {
            id: id?,
            title: title?,
            rule: rule?,
            since: raw.since,
            until: raw.until,
            moved: moved.into_iter().collect::<Option<_>>()?,
        })
    }

    pub(super) fn closure(&mut self, raw: &raw::Closure, refs: &mut References) -> Option<Closure> {
        refs.define("closure", self.place(&raw.id), raw.id.get_ref());
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let (from, to) = (self.month_day(&raw.from), self.month_day(&raw.to));
        Some(Closure {
            id: id?,
            title: title?,
            from: from?,
            to: to?,
        })
    }

    fn month_day(&mut self, word: &Word) -> Option<(i8, i8)> {
        let day = month_day(word.get_ref());
        if day.is_none() {
            self.fault(
                word,
                "bad-date",
                "月日として読めません。",
                "this is not a month and a day.",
                "12-29 のように、どの年にもある日を書いてください。 / Write a day that every year has, such as 12-29.",
            );
        }
        day
    }
}
