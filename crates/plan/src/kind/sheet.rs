//! What the columns of a kind's sheet are called.

use crate::model::Text;

use super::{Field, Shape};

/// The most rows of a table.
pub const TABLE_ROWS: usize = 200;

/// The title of the column that says which record a row is.
pub fn id_title() -> Text {
    Text {
        ja: "記録番号".into(),
        en: "Record id".into(),
    }
}

/// The two ends of a period: the name of each within its control, and its title.
pub fn ends(title: &Text) -> [(&'static str, Text); 2] {
    [("from", "開始", "from"), ("to", "終了", "to")].map(|(end, ja, en)| {
        let title = Text {
            ja: format!("{}（{ja}）", title.ja),
            en: format!("{} ({en})", title.en),
        };
        (end, title)
    })
}

/// A column of a table in one of its rows, which count from 1.
pub fn cell(table: &Text, row: usize, column: &Text) -> Text {
    Text {
        ja: format!("{}{row} {}", table.ja, column.ja),
        en: format!("{} {row}: {}", table.en, column.en),
    }
}

/// Every title, in both languages, that a field may have in a sheet.
pub fn titles(field: &Field) -> Vec<String> {
    let said = |shape: &Shape, title: Text| match shape {
        Shape::Attachment { .. } => vec![],
        Shape::Period => ends(&title).map(|(_, title)| title).into(),
        _ => vec![title],
    };
    let all: Vec<Text> = match &field.shape {
        Shape::Table(columns) => (1..=TABLE_ROWS)
            .flat_map(|row| columns.iter().map(move |column| (row, column)))
            .flat_map(|(row, column)| said(&column.shape, cell(&field.title, row, &column.title)))
            .collect(),
        shape => said(shape, field.title.clone()),
    };
    all.into_iter().flat_map(|title| [title.ja, title.en]).collect()
}
