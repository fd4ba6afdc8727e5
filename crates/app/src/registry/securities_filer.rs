//! EDINET's list of codes: a first line that says how many rows there are, titles, and one filer a row. Natural persons are left out.

use std::collections::BTreeMap;

use csv::StringRecord;
use jiff::civil::Date;
use record::{ShapeNeed, ViewNeed};
use vocab::Refusal;
use vocab::codes::EdinetCode;

use super::{ListRow, RefusedRow, Taken, need};
use crate::desk::tidy;

pub(super) const NEED: ViewNeed = ViewNeed {
    engine: "edinet",
    kind: "securities-filer",
    fields: &[
        need("name", ShapeNeed::Words),
        need("name_en", ShapeNeed::Words),
        need("name_kana", ShapeNeed::Words),
        need("edinet", ShapeNeed::Code("edinet-code")),
        need("corporate_number", ShapeNeed::Code("corporate-number")),
        need("securities", ShapeNeed::Code("securities-code")),
        need(
            "type",
            ShapeNeed::Choice(&[
                "domestic",
                "domestic-other",
                "foreign",
                "foreign-other",
                "government",
            ]),
        ),
        need("on_exchange", ShapeNeed::Choice(&["listed", "unlisted"])),
        need("consolidated", ShapeNeed::Flag),
        need("capital", ShapeNeed::Figure("百万円")),
        need("year_end", ShapeNeed::Words),
        need("industry", ShapeNeed::Words),
        need("address", ShapeNeed::Words),
        need("listed", ShapeNeed::Flag),
    ],
};

/// Titles of the columns, with the field that each fills.
const COLUMNS: [(&str, &str); 13] = [
    ("EDINETコード", "edinet"),
    ("提出者種別", "type"),
    ("上場区分", "on_exchange"),
    ("連結の有無", "consolidated"),
    ("資本金", "capital"),
    ("決算日", "year_end"),
    ("提出者名", "name"),
    ("提出者名(英字)", "name_en"),
    ("提出者名(ヨミ)", "name_kana"),
    ("所在地", "address"),
    ("提出者業種", "industry"),
    ("証券コード", "securities"),
    ("提出者法人番号", "corporate_number"),
];

const TYPES: [(&str, &str); 5] = [
    ("内国法人・組合", "domestic"),
    (
        "内国法人・組合（有価証券報告書等の提出義務者以外）",
        "domestic-other",
    ),
    ("外国法人・組合", "foreign"),
    (
        "外国法人・組合（有価証券報告書等の提出義務者以外）",
        "foreign-other",
    ),
    ("外国政府等", "government"),
];
const EXCHANGE: [(&str, &str); 2] = [("上場", "listed"), ("非上場", "unlisted")];
const FLAG: [(&str, &str); 2] = [("有", "yes"), ("無", "no")];

/// What natural persons among the filers are called.
const PERSON: &str = "個人";

type Rows<'r> = &'r [(u64, StringRecord)];

/// Where each of the columns stands, and the rows below the titles.
pub(super) fn columns(rows: Rows<'_>) -> Result<([usize; 13], Rows<'_>), Refusal> {
    let folded = |text: &str| -> String { tidy(text).chars().map(vocab::unit::fold_width).collect() };
    let header = rows
        .iter()
        .take(2)
        .position(|(_, row)| row.get(0).is_some_and(|cell| folded(cell) == COLUMNS[0].0));
    let header = header.ok_or_else(|| {
        Refusal::new(
            "no-header",
            "見出し「ＥＤＩＮＥＴコード」の行が、1行目にも2行目にもありません。EDINETコードリストの CSV を指定してください。",
            "Neither line 1 nor line 2 has the title ＥＤＩＮＥＴコード. Name the CSV file of EDINET's list of codes.",
        )
    })?;
    let titles: Vec<String> = rows[header].1.iter().map(folded).collect();
    let mut places = [0; 13];
    for (place, (title, _)) in places.iter_mut().zip(COLUMNS) {
        *place = titles.iter().position(|found| found == title).ok_or_else(|| {
            Refusal::new(
                "no-header",
                format!(
                    "見出し「{title}」の列がありません。EDINETコードリストの CSV をそのまま指定してください。"
                ),
                format!(
                    "The column {title} is missing. Name the CSV file of EDINET's list of codes as it is."
                ),
            )
        })?;
    }
    let below = &rows[header + 1..];
    if let Some(said) = rows[..header].first().and_then(|(_, row)| stated(row))
        && said != below.len()
    {
        let found = below.len();
        return Err(Refusal::new(
            "incomplete",
            format!(
                "1行目には {said} 件とありますが、{found} 件しか読めません。ダウンロードし直してください。"
            ),
            format!("Line 1 says {said} rows, but {found} are there. Download it again."),
        ));
    }
    Ok((places, below))
}

/// The day that the first line says: ダウンロード実行日,2026年05月01日現在,…
pub(super) fn day(row: &StringRecord) -> Option<Date> {
    let said = row
        .iter()
        .find(|cell| cell.contains('年') && cell.contains('日'))?;
    let mut numbers = said
        .split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty());
    let mut number = || numbers.next()?.parse::<i16>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// How many rows the first line says there are: ダウンロード実行日,…,件数,11223件
fn stated(row: &StringRecord) -> Option<usize> {
    let place = row.iter().position(|cell| cell == "件数")?;
    row.get(place + 1)?.trim_end_matches('件').parse().ok()
}

pub(super) fn row(line: u64, row: &StringRecord, places: &[usize; 13]) -> Taken {
    let mut cells = BTreeMap::from([("listed", "yes".to_owned())]);
    for (place, (title, field)) in places.iter().zip(COLUMNS) {
        let text = row.get(*place).map(tidy).unwrap_or_default();
        let words: &[(&str, &str)] = match field {
            "type" if text.starts_with(PERSON) => return Taken::LeftOut,
            "type" => &TYPES,
            "on_exchange" => &EXCHANGE,
            "consolidated" => &FLAG,
            _ => &[],
        };
        let code = match words {
            _ if text.is_empty() || text == "-" => String::new(),
            [] => text,
            words => match words.iter().find(|(word, _)| *word == text) {
                Some((_, code)) => (*code).to_owned(),
                None => {
                    let refused = RefusedRow::new(
                        line,
                        title,
                        format!("「{text}」は知らない区分です。"),
                        format!("{text} is not a word that is known here."),
                    );
                    return Taken::Refused(match row.get(places[0]).map(str::parse::<EdinetCode>) {
                        Some(Ok(code)) => refused.about(code.as_str()),
                        _ => refused,
                    });
                }
            },
        };
        cells.insert(field, code);
    }
    match cells["edinet"].parse::<EdinetCode>() {
        Ok(code) => Taken::Row(ListRow {
            id: code.to_string(),
            line,
            partial: false,
            cells,
        }),
        Err(refusal) => Taken::Refused(RefusedRow::new(line, COLUMNS[0].0, refusal.ja, refusal.en)),
    }
}
