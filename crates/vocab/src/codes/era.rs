//! Japanese eras (元号) and the arithmetic between an era year and a year of the common era.
//! It must never guess: a year that an era did not have is refused, with the era that did have it.

use crate::refusal::Refusal;

/// One era: how people write it, and when it ran.
pub(crate) struct Era {
    name: &'static str,
    /// What may stand for the name: initial letter, first kanji, the squared character.
    short: [&'static str; 3],
    /// Year of the common era that is its first year (元年).
    first_year: i32,
    /// First day, as year, month, day. Meiji begins with the solar calendar (明治6年): earlier dates are lunar.
    first_day: (i32, i32, i32),
}

const ERAS: [Era; 5] = [
    Era {
        name: "明治",
        short: ["M", "明", "㍾"],
        first_year: 1868,
        first_day: (1873, 1, 1),
    },
    Era {
        name: "大正",
        short: ["T", "大", "㍽"],
        first_year: 1912,
        first_day: (1912, 7, 30),
    },
    Era {
        name: "昭和",
        short: ["S", "昭", "㍼"],
        first_year: 1926,
        first_day: (1926, 12, 25),
    },
    Era {
        name: "平成",
        short: ["H", "平", "㍻"],
        first_year: 1989,
        first_day: (1989, 1, 8),
    },
    Era {
        name: "令和",
        short: ["R", "令", "㋿"],
        first_year: 2019,
        first_day: (2019, 5, 1),
    },
];

/// Places of the eras that approval numbers count in.
pub(crate) const SHOWA: usize = 2;
pub(crate) const HEISEI: usize = 3;
pub(crate) const REIWA: usize = 4;

/// The era that a text starts with, as its index, and the rest of the text.
pub(crate) fn strip(text: &str) -> Option<(usize, &str)> {
    ERAS.iter().enumerate().find_map(|(index, era)| {
        let long = text.strip_prefix(era.name);
        let rest = long.or_else(|| era.short.iter().find_map(|s| text.strip_prefix(s)));
        let lower = || text.strip_prefix(era.short[0].to_ascii_lowercase().as_str());
        rest.or_else(lower).map(|rest| (index, rest.trim_start()))
    })
}

/// The era year that a year of the common era is called by (令和元年 for 2019), without 年 or 年度.
/// `None` before Meiji.
pub(crate) fn name_year(year: i32) -> Option<String> {
    let era = ERAS.iter().rev().find(|era| era.first_year <= year)?;
    Some(match year - era.first_year + 1 {
        1 => format!("{}元", era.name),
        n => format!("{}{n}", era.name),
    })
}

/// Year of the common era of year `n` of an era.
///
/// # Errors
/// Year 0, and a year after the one in which the era ended; that last year itself is accepted.
pub(crate) fn year(era: usize, n: i32) -> Result<i32, Refusal> {
    let Some(this) = ERAS.get(era) else {
        return Err(out_of_era("", n, n));
    };
    let year = this.first_year + n - 1;
    let last = ERAS.get(era + 1).map_or(i32::MAX, |next| next.first_year);
    if n < 1 {
        return Err(Refusal::new(
            "era_year",
            format!(
                "{}に{n}年はありません。元年（1年）から数えて書いてください。",
                this.name
            ),
            format!(
                "There is no year {n} of {}; the first year is 元年 (1).",
                this.name
            ),
        ));
    }
    if year > last {
        Err(out_of_era(this.name, n, year))
    } else {
        Ok(year)
    }
}

fn out_of_era(name: &str, n: i32, year: i32) -> Refusal {
    let meant = name_year(year).unwrap_or_else(|| year.to_string());
    Refusal::new(
        "era_year",
        format!("{name}{n}年はありません。{meant}年のことであれば、そのように書いてください。"),
        format!("{name} had no year {n}. If you mean {meant}年 ({year}), write that."),
    )
}

/// Whether a day belongs to an era.
///
/// # Errors
/// A day before the era's first or after its last, such as 平成31年5月1日.
pub(crate) fn holds(era: usize, (y, m, d): (i32, i32, i32)) -> Result<(), Refusal> {
    let from = ERAS.get(era).map_or((i32::MIN, 0, 0), |era| era.first_day);
    let to = ERAS.get(era + 1).map_or((i32::MAX, 0, 0), |era| era.first_day);
    if from <= (y, m, d) && (y, m, d) < to {
        return Ok(());
    }
    let name = ERAS.get(era).map_or("", |era| era.name);
    Err(Refusal::new(
        "era_day",
        format!("{y}年{m}月{d}日は{name}の期間にありません。元号を直すか、西暦で書いてください。"),
        format!(
            "{y}-{m:02}-{d:02} does not fall in {name}. Correct the era or write the year of the common era."
        ),
    ))
}

/// The year within an era as written: 元, up to two digits, or kanji numerals.
pub(crate) fn parse_year(text: &str) -> Option<i32> {
    let digits = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    match text {
        "元" => Some(1),
        _ if digits(text) => text.parse().ok(),
        _ => kanji_number(text).map(i32::from),
    }
}

/// A number below 100 in kanji: 八, 十八, 三十一.
pub(crate) fn kanji_number(text: &str) -> Option<u8> {
    let digit = |text: &str| -> Option<u8> {
        let mut chars = text.chars();
        let (c, None) = (chars.next()?, chars.next()) else {
            return None;
        };
        let place = "一二三四五六七八九".chars().position(|kanji| kanji == c)?;
        u8::try_from(place + 1).ok()
    };
    let or = |text: &str, default| {
        if text.is_empty() {
            Some(default)
        } else {
            digit(text)
        }
    };
    match text.split_once('十') {
        Some((tens, ones)) => Some(or(tens, 1)? * 10 + or(ones, 0)?),
        None => digit(text),
    }
}
