//! The list of medical institutions: number of prefecture and institution, number of institution, name, postcode, address; without a row of titles these
//! five and no other, with one in any order beside others. The digit of the fee table is not in it: the check digit tells it, but for four prefectures where it does not cover that digit.

use std::collections::BTreeMap;

use csv::StringRecord;
use record::{ShapeNeed, ViewNeed};
use vocab::codes::MedicalInstitutionCode;

use super::{ListRow, RefusedRow, Taken, need};
use crate::desk::tidy;

pub(super) const NEED: ViewNeed = ViewNeed {
    engine: "medical-institution",
    kind: "medical-institution",
    fields: &[
        need("name", ShapeNeed::Words),
        need("code", ShapeNeed::Code("medical-institution-code")),
        need("fee_table", ShapeNeed::Choice(&["check-digit", "assumed"])),
        need("prefecture", ShapeNeed::Code("prefecture")),
        need("postcode", ShapeNeed::Words),
        need("address", ShapeNeed::Words),
        need("listed", ShapeNeed::Flag),
    ],
};

const TITLES: [&str; 5] = [
    "都道府県・医療機関番号",
    "医療機関番号",
    "名称",
    "郵便番号",
    "所在地",
];

/// Where each column stands; none where the list has no row of titles.
type Places = Option<[usize; 5]>;

/// Where the columns stand, and the rows below the titles.
pub(super) fn places(rows: &[(u64, StringRecord)]) -> (Places, &[(u64, StringRecord)]) {
    let Some(((_, first), below)) = rows.split_first() else {
        return (None, rows);
    };
    let titles: Vec<String> = first.iter().map(tidy).collect();
    let found = TITLES.map(|title| titles.iter().position(|found| found == title));
    match found {
        [
            Some(number),
            Some(body),
            Some(name),
            Some(postcode),
            Some(address),
        ] => (Some([number, body, name, postcode, address]), below),
        _ => (None, rows),
    }
}

/// Digits in half width, and without the hyphen of a postcode.
fn plain(text: &str) -> String {
    let folded = text.chars().map(vocab::unit::fold_width);
    folded.filter(|c| !['-', '‐', '−', 'ー'].contains(c)).collect()
}

pub(super) fn row(line: u64, row: &StringRecord, places: &Places) -> Taken {
    let refused =
        |column: usize, ja: &str, en: &str| Taken::Refused(RefusedRow::new(line, TITLES[column], ja, en));
    let mut cells: Vec<String> = row.iter().map(tidy).collect();
    if let Some(places) = places {
        let cell = |place: &usize| cells.get(*place).cloned().unwrap_or_default();
        cells = places.iter().map(cell).collect();
    }
    // Columns beside these that say nothing.
    while cells.len() > TITLES.len() && cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    for place in [0, 1, 3] {
        if let Some(cell) = cells.get_mut(place) {
            *cell = plain(cell);
        }
    }
    let [number, body, name, postcode, address] = cells.as_slice() else {
        return Taken::Refused(RefusedRow {
            id: None,
            line,
            column: None,
            ja: format!(
                "{} 列あります。5 列（番号、番号、名称、郵便番号、所在地）です。",
                cells.len()
            ),
            en: format!(
                "has {} columns instead of 5 (number, number, name, postcode, address).",
                cells.len()
            ),
        });
    };
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(number, 9) {
        return refused(0, "9 桁の数字ではありません。", "is not 9 digits.");
    }
    // From here on it is known which institution the row is about.
    let refused = |column: usize, ja: &str, en: &str| {
        Taken::Refused(RefusedRow::new(line, TITLES[column], ja, en).about(number))
    };
    if number[2..] != **body {
        return refused(
            1,
            "1 列目の番号と合いません。",
            "does not agree with the first column.",
        );
    }
    if !digits(postcode, 7) {
        return refused(3, "7 桁の数字ではありません。", "is not 7 digits.");
    }
    let prefecture = &number[..2];
    let code = |table: char| format!("{prefecture}{table}{body}").parse::<MedicalInstitutionCode>();
    let (code, basis) = match (code('1'), code('3')) {
        (Ok(medical), Ok(_)) => (medical, "assumed"),
        (Ok(code), Err(_)) | (Err(_), Ok(code)) => (code, "check-digit"),
        (Err(refusal), Err(_)) => return refused(0, &refusal.ja, &refusal.en),
    };
    let cells = [
        ("name", name.clone()),
        ("code", code.to_string()),
        ("fee_table", basis.to_owned()),
        ("prefecture", prefecture.to_owned()),
        ("postcode", format!("{}-{}", &postcode[..3], &postcode[3..])),
        ("address", address.clone()),
        ("listed", "yes".to_owned()),
    ];
    Taken::Row(ListRow {
        id: number.clone(),
        line,
        partial: false,
        cells: BTreeMap::from(cells),
    })
}
