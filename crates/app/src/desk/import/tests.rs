//! What is given out reads back as it was, as a workbook and as CSV; a hostile file is refused, never a crash.

use plan::Text;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use vocab::Lang;

use super::{Column, Table, read, tidy};

fn columns() -> Vec<Column> {
    ["series", "value", "note"]
        .map(|name| Column {
            name: name.into(),
            title: Text {
                ja: format!("{name}の見出し"),
                en: format!("Title of {name}"),
            },
            required: true,
        })
        .to_vec()
}

fn workbook(table: &Table, lang: Lang) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string(0, place, column.title.get(lang)).unwrap();
    }
    for (row, cells) in (1..).zip(&table.rows) {
        for (place, cell) in (0..).zip(cells) {
            sheet.write_string(row, place, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// As the pages write it: a byte-order mark, and text that looks like a formula disarmed.
fn csv_text(table: &Table, lang: Lang) -> Vec<u8> {
    // Excel ends lines with two characters.
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    writer
        .write_record(table.columns.iter().map(|column| column.title.get(lang)))
        .unwrap();
    for row in &table.rows {
        let disarmed = row.iter().map(|cell| {
            if cell.starts_with(['=', '+', '-', '@']) {
                format!("'{cell}")
            } else {
                cell.clone()
            }
        });
        writer.write_record(disarmed).unwrap();
    }
    writer.into_inner().unwrap()
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ -~]{0,12}",
        "[ぁ-んァ-ヶ一-龠０-９〜・＝]{1,8}",
        "[=+@-][ -~]{0,6}",
        "\\PC{0,10}",
        any::<String>(),
    ]
    .prop_map(|text| tidy(&text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rows_survive_the_round_trip(rows in prop::collection::vec(prop::collection::vec(words(), 3), 0..8), english in any::<bool>()) {
        let table = Table {
            name: Text { ja: "表".into(), en: "Table".into() },
            columns: columns(),
            rows: rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect(),
        };
        let lang = if english { Lang::En } else { Lang::Ja };
        for bytes in [workbook(&table, lang), csv_text(&table, lang)] {
            let sheets = read(&bytes, &table.columns).unwrap();
            prop_assert_eq!(&sheets.faults, &vec![]);
            let back: Vec<Vec<String>> = sheets.rows.iter().map(|row| {
                table.columns.iter().map(|column| row.cells.get(&column.name).cloned().unwrap_or_default()).collect()
            }).collect();
            prop_assert_eq!(&back, &table.rows);
        }
    }

    #[test]
    fn no_file_brings_it_down(bytes in prop::collection::vec(any::<u8>(), 0..600), zip in any::<bool>()) {
        let bytes = if zip { [b"PK\x03\x04".to_vec(), bytes].concat() } else { bytes };
        let _ = read(&bytes, &columns());
    }

    #[test]
    fn no_spoilt_workbook_brings_it_down(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let name = Text { ja: "表".into(), en: "Table".into() };
        let mut bytes = workbook(&Table { name, columns: columns(), rows: vec![] }, Lang::Ja);
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let _ = read(&bytes, &columns());
    }

    #[test]
    fn tidying_twice_changes_nothing(text in any::<String>()) {
        prop_assert_eq!(tidy(&tidy(&text)), tidy(&text));
    }
}
