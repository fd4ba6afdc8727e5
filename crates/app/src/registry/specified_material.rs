//! The master of specified treatment materials (特定器材マスター): 38 columns without titles. In an update the first column says what changes, and a
//! row that changes something leaves blank what stays.

use std::collections::BTreeMap;

use csv::StringRecord;
use record::{ShapeNeed, ViewNeed};
use vocab::codes::SpecifiedMaterial;

use super::{ListRow, RefusedRow, Taken, need};
use crate::desk::tidy;

pub(super) const NEED: ViewNeed = ViewNeed {
    engine: "specified-material",
    kind: "specified-material",
    fields: &[
        need("name", ShapeNeed::Words),
        need("code", ShapeNeed::Code("specified-material")),
        need("short_name", ShapeNeed::Words),
        need("kana", ShapeNeed::Words),
        need("unit", ShapeNeed::Words),
        need(
            "price_basis",
            ShapeNeed::Choice(&["price", "purchase", "percent", "factor"]),
        ),
        need("price", ShapeNeed::Figure("円")),
        need("rate", ShapeNeed::Figure("1")),
        need("former_price", ShapeNeed::Figure("円")),
        need("changed_on", ShapeNeed::Date),
        need("transition_until", ShapeNeed::Date),
        need("ends_on", ShapeNeed::Date),
        need("annex", ShapeNeed::Words),
        need("item", ShapeNeed::Words),
        need("remanufactured", ShapeNeed::Flag),
        need("listed", ShapeNeed::Flag),
    ],
};

const COLUMNS: usize = 38;
const CHANGE: usize = 0;
const MASTER: usize = 1;
const CODE: usize = 2;

/// What a price is before it is known whether it is yen or a rate; [`settle`] tells.
const AMOUNT: &str = "amount";
const FORMER: &str = "former_amount";

#[derive(Clone, Copy)]
enum As {
    Words,
    Basis,
    Amount,
    /// Eight digits; all noughts or nines are none.
    Date,
    /// Not remanufactured if it is noughts.
    Remanufactured,
}

/// Columns (from 0), their titles and the field that each fills.
const FILLS: [(usize, &str, &str, As); 14] = [
    (CODE, "特定器材コード", "code", As::Words),
    (4, "漢字名称", "short_name", As::Words),
    (6, "カナ名称", "kana", As::Words),
    (9, "単位", "unit", As::Words),
    (10, "金額種別", "price_basis", As::Basis),
    (11, "新又は現金額", AMOUNT, As::Amount),
    (17, "旧金額", FORMER, As::Amount),
    (27, "変更年月日", "changed_on", As::Date),
    (28, "経過措置年月日", "transition_until", As::Date),
    (29, "廃止年月日", "ends_on", As::Date),
    (30, "別表番号", "annex", As::Words),
    (31, "区分番号", "item", As::Words),
    (36, "基本漢字名称", "name", As::Words),
    (37, "再製造単回使用医療機器", "remanufactured", As::Remanufactured),
];

const BASES: [(&str, &str); 4] = [
    ("1", "price"),
    ("2", "purchase"),
    ("5", "percent"),
    ("9", "factor"),
];

/// A row: of the whole master, or of an update.
pub(super) fn row(line: u64, row: &StringRecord, whole: bool) -> Taken {
    let refused =
        |column: &str, ja: String, en: String| Taken::Refused(RefusedRow::new(line, column, ja, en));
    let cells: Vec<String> = row.iter().map(tidy).collect();
    if cells.len() != COLUMNS || cells[MASTER] != "T" {
        return refused(
            "マスター種別",
            format!("特定器材マスター（T、{COLUMNS} 列）の行ではありません。"),
            format!("is not a row of the master of specified treatment materials (T, {COLUMNS} columns)."),
        );
    }
    let code = match cells[CODE].parse::<SpecifiedMaterial>() {
        Ok(code) => code.to_string(),
        Err(refusal) => return refused("特定器材コード", refusal.ja, refusal.en),
    };
    // From here on it is known which material the row is about.
    let refused = |column: &str, ja: String, en: String| {
        Taken::Refused(RefusedRow::new(line, column, ja, en).about(&code))
    };
    // 0 stays, 1 taken out, 3 new, 5 changed, 9 abolished.
    let (partial, listed) = match cells[CHANGE].as_str() {
        "0" | "3" => (false, "yes"),
        "5" => (!whole, "yes"),
        "1" | "9" => (!whole, "no"),
        other => {
            return refused(
                "変更区分",
                format!("「{other}」は知らない変更区分です。"),
                format!("{other} is not a kind of change that is known here."),
            );
        }
    };
    let mut said = BTreeMap::from([("listed", listed.to_owned())]);
    for (place, title, field, kind) in FILLS {
        let text = &cells[place];
        if text.is_empty() && partial {
            continue;
        }
        let read = match kind {
            As::Words | As::Amount => Some(text.clone()),
            As::Basis => BASES
                .iter()
                .find(|(number, _)| number == text)
                .map(|(_, basis)| (*basis).to_owned()),
            As::Date => date(text),
            As::Remanufactured => Some(
                if text.bytes().all(|b| b == b'0') {
                    "no"
                } else {
                    "yes"
                }
                .to_owned(),
            ),
        };
        let Some(read) = read else {
            return refused(
                title,
                format!("「{text}」は読み取れません。"),
                format!("{text} cannot be read."),
            );
        };
        said.insert(field, read);
    }
    Taken::Row(ListRow {
        id: code.clone(),
        line,
        partial,
        cells: said,
    })
}

fn date(text: &str) -> Option<String> {
    match text {
        "" | "00000000" | "99999999" => Some(String::new()),
        _ if text.len() == 8 && text.is_ascii() => {
            Some(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
        }
        _ => None,
    }
}

/// Takes an amount as yen, or as a rate, by what the record says of its price; what was paid for a material is no amount.
pub(super) fn settle(cells: &mut BTreeMap<String, String>) {
    let basis = cells.get("price_basis").cloned().unwrap_or_default();
    let price = basis == "price";
    if let Some(amount) = cells.remove(AMOUNT) {
        let rate = matches!(basis.as_str(), "percent" | "factor");
        let either = |is: bool| if is { amount.clone() } else { String::new() };
        cells.insert("price".into(), either(price));
        cells.insert("rate".into(), either(rate));
    }
    if let Some(former) = cells.remove(FORMER) {
        cells.insert("former_price".into(), if price { former } else { String::new() });
    }
}
