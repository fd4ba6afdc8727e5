//! A report's series in SDMX-CSV 2.0: one line a value, dimensions `FREQ`, `INDICATOR` and `TIME_PERIOD`.
//!
//! Structure `RASHIN:FOLLOW_UP(1.0)`. Published figures and the observations under them stand in one data flow; their ids never meet.
//! A fiscal year is the reporting year `2024-A1` with `REPORTING_YEAR_START_DAY` `--04-01`; a calendar year is `2024`. `OBS_STATUS`: `A`
//! observed, `E` estimated from observations, `F` forecast (a year after the edition's day), `M` missing. A value is given in
//! `UNIT_MEASURE` × 10^`UNIT_MULT`; percentages are `PC`.

use std::fmt::Write as _;

use indicator::Edition;
use vocab::{Calendar, Number, Period, Unit};

use super::Report;

const COLUMNS: [&str; 14] = [
    "STRUCTURE",
    "STRUCTURE_ID",
    "ACTION",
    "FREQ",
    "INDICATOR",
    "TIME_PERIOD",
    "OBS_VALUE",
    "UNIT_MEASURE",
    "UNIT_MULT",
    "OBS_STATUS",
    "REPORTING_YEAR_START_DAY",
    "SOURCE",
    "RECORDED",
    "EDITION",
];

impl Report {
    /// The series of the report's edition as SDMX-CSV 2.0.
    pub fn sdmx(&self, edition: &Edition) -> String {
        let mut text = COLUMNS.join(",");
        text.push_str("\r\n");
        for result in &edition.results {
            let status = match &result.published {
                None => "M",
                Some(_) if result.at.start() > edition.as_of => "F",
                Some(_) => "E",
            };
            self.line(
                &mut text,
                &Observed {
                    id: &result.id,
                    at: result.at,
                    value: result.published.as_deref().unwrap_or_default(),
                    unit: &result.unit,
                    status,
                    source: "",
                    recorded: &edition.as_of.to_string(),
                },
            );
        }
        for (place, record) in self.records.iter().enumerate() {
            // A later record of the same year takes the place of an earlier one: a series has one value a period.
            let replaced = self.records[place + 1..]
                .iter()
                .any(|later| later.series == record.series && later.at == record.at);
            if !replaced {
                self.line(
                    &mut text,
                    &Observed {
                        id: &record.series,
                        at: record.at,
                        value: &record.value,
                        unit: &record.unit,
                        status: if record.at.start() > record.recorded {
                            "F"
                        } else {
                            "A"
                        },
                        source: &record.source.0,
                        recorded: &record.recorded.to_string(),
                    },
                );
            }
        }
        text
    }

    fn line(&self, text: &mut String, seen: &Observed<'_>) {
        let (measure, multiplier) = measure(seen.unit);
        let (period, start) = match seen.at.calendar {
            Calendar::Fiscal => (format!("{}-A1", seen.at.year), "--04-01"),
            Calendar::Calendar => (seen.at.year.to_string(), ""),
        };
        let Observed {
            id,
            value,
            status,
            source,
            recorded,
            ..
        } = seen;
        let seal = &self.cover.seal;
        // Ids, codes, numbers and days have no comma and no quote.
        let _ = write!(
            text,
            "dataflow,RASHIN:FOLLOW_UP(1.0),I,A,{id},{period},{value},{measure},{multiplier},{status},{start},{source},{recorded},{seal}\r\n"
        );
    }
}

struct Observed<'a> {
    id: &'a str,
    at: Period,
    value: &'a str,
    unit: &'a str,
    status: &'a str,
    source: &'a str,
    recorded: &'a str,
}

/// Codes of a unit: measure and power of ten.
fn measure(unit: &str) -> (String, i32) {
    let percent = unit.starts_with('%');
    let Ok(unit) = unit.parse::<Unit>() else {
        return (String::new(), 0);
    };
    let multiplier = (-9..=18)
        .find(|tens| Number::power_of_ten(*tens) == unit.factor())
        .filter(|_| !percent)
        .unwrap_or(0);
    let code = |symbol: &str| {
        match symbol {
            "円" => "JPY",
            "ドル" => "USD",
            "ユーロ" => "EUR",
            "ポンド" => "GBP",
            "スイスフラン" => "CHF",
            "元" => "CNY",
            "ウォン" => "KRW",
            "人" => "PS",
            "年" => "YR",
            "日" => "DAY",
            "時間" => "HUR",
            _ => "NUM",
        }
        .to_owned()
    };
    let dim = unit.dim();
    let (above, below): (Vec<_>, Vec<_>) = dim.iter().partition(|(_, power)| *power > 0);
    let names = |side: Vec<(vocab::Base, i32)>| {
        let codes: Vec<String> = side.into_iter().map(|(base, _)| code(base.symbol())).collect();
        codes.join("_")
    };
    let above = match (percent, above.is_empty()) {
        (true, _) => "PC".to_owned(),
        (false, true) => "PN".to_owned(),
        (false, false) => names(above),
    };
    if below.is_empty() {
        (above, multiplier)
    } else {
        (format!("{above}_PER_{}", names(below)), multiplier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_codes_and_powers_of_ten() {
        for (unit, code, tens) in [
            ("兆円", "JPY", 12),
            ("兆円/年", "JPY_PER_YR", 12),
            ("億ドル/年", "USD_PER_YR", 8),
            ("円/ドル", "JPY_PER_USD", 0),
            ("%", "PC", 0),
            ("%/年", "PC_PER_YR", 0),
            ("件/年", "NUM_PER_YR", 0),
            ("倍", "PN", 0),
        ] {
            assert_eq!(measure(unit), (code.to_owned(), tens), "{unit}");
        }
    }
}
