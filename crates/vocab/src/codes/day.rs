//! Days as people write them: 2026-03-18, 2026/3/18, 令和8年3月18日, R8.3.18. Every spelling becomes one civil date.

use jiff::civil::Date;

use super::era;
use super::text::{self, Form};
use crate::refusal::Refusal;

const FORM: Form = Form {
    ja: "日付は2026-03-18・2026/3/18・令和8年3月18日・R8.3.18のように年・月・日の順に書きます",
    en: "A date is written year first: 2026-03-18, 2026/3/18, 令和8年3月18日 or R8.3.18",
    example: "2026-03-18",
};

/// Reads a day in any usual spelling.
///
/// # Errors
/// Another form, a day that the calendar does not have, and a day outside the era named with it.
pub fn parse_date(text: &str) -> Result<Date, Refusal> {
    let folded = text::fold(text);
    let refuse = || FORM.refuse(&folded);
    let (era, rest) = match era::strip(&folded) {
        Some((era, rest)) => (Some(era), rest),
        None => (None, folded.as_str()),
    };
    let [y, m, d] = fields(rest).ok_or_else(refuse)?;
    let year = match era {
        Some(era) => era::year(era, era::parse_year(y).ok_or_else(refuse)?)?,
        None if text::is_digits(y, 4) => y.parse().map_err(|_| refuse())?,
        None => return Err(refuse()),
    };
    let (month, day) = (
        month_or_day(m).ok_or_else(refuse)?,
        month_or_day(d).ok_or_else(refuse)?,
    );
    let date = i16::try_from(year)
        .ok()
        .filter(|&year| year > 0)
        .and_then(|year| Date::new(year, month, day).ok());
    let date = date.ok_or_else(|| {
        Refusal::new(
            "no_such_day",
            format!("{year}年{month}月{day}日は暦にありません。月と日を確かめてください。"),
            format!("The calendar has no {year:04}-{month:02}-{day:02}. Check the month and the day."),
        )
    })?;
    if let Some(era) = era {
        era::holds(era, (year, month.into(), day.into()))?;
    }
    Ok(date)
}

/// Year, month and day as written: with 年月日, with one kind of separator, or as eight digits.
fn fields(text: &str) -> Option<[&str; 3]> {
    let split = |first: char, second: char, text| -> Option<[&str; 3]> {
        let (y, rest) = str::split_once(text, first)?;
        let (m, d) = rest.split_once(second)?;
        Some([y.trim(), m.trim(), d.trim()])
    };
    if let Some(text) = text.strip_suffix('日') {
        return split('年', '月', text);
    }
    if text::is_digits(text, 8) {
        return Some([&text[..4], &text[4..6], &text[6..]]);
    }
    ['-', '/', '.'].into_iter().find_map(|c| split(c, c, text))
}

fn month_or_day(text: &str) -> Option<i8> {
    let n = if text.len() <= 2 {
        text.parse::<u8>().ok()
    } else {
        era::kanji_number(text)
    };
    n.and_then(|n| i8::try_from(n).ok())
}
