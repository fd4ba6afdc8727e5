//! The records under an indicator as tables, and its sheets to take away.

use app::{IndicatorView, RecordView};
use indicator::Point;
use vocab::Period;

use crate::i18n::Texts;
use crate::pages::words::figure;
use crate::sheet::{Cell, Sheet};
use crate::ui::{Column, Link, Table};

/// Records as a table.
pub(crate) fn records_table(t: Texts<'_>, id: &str, caption: String, records: &[RecordView]) -> Table {
    let lang = t.lang();
    let rows = records.iter().map(|record| {
        let via = record
            .via
            .as_ref()
            .map_or_else(String::new, |(_, via)| format!(" ← {}", via.get(lang)));
        vec![
            Link::to(
                record.title.get(lang),
                t.path(&format!("/series/{}", record.series)),
            ),
            Link::plain(record.at.label(lang)),
            Link::plain(figure(t, &record.value, &record.unit)),
            Link::to(
                format!("{} {}{via}", record.source.1.get(lang), record.section),
                t.path(&format!("/sources/{}", record.source.0)),
            ),
            Link::plain(t.date(record.recorded)),
        ]
    });
    Table {
        id: id.into(),
        caption,
        columns: vec![
            Column::words(t.text("series")),
            Column::short(t.text("year")),
            Column::figures(t.text("value")),
            Column::words(t.text("source")),
            Column::short(t.text("recorded")),
        ],
        rows: rows.collect(),
    }
}

pub(super) fn restated_table(t: Texts<'_>, view: &IndicatorView) -> Table {
    let all: Vec<RecordView> = view
        .restatements
        .iter()
        .flat_map(|one| one.versions.iter().cloned())
        .collect();
    records_table(t, "restated", t.text("restated-caption"), &all)
}

/// The year-by-year course, the rounding path and the records.
pub(super) fn sheets(t: Texts<'_>, view: &IndicatorView) -> Vec<Sheet> {
    let course = &view.course;
    let heads = |keys: &[&str]| keys.iter().map(|key| t.text(key)).collect::<Vec<_>>();
    let mut years: Vec<Period> = [
        &course.observed,
        &course.required,
        &course.implied,
        &course.printed,
    ]
    .into_iter()
    .flatten()
    .map(|point| point.at)
    .collect();
    years.push(view.evaluation.at);
    years.sort_unstable();
    years.dedup();
    let at = |points: &[Point], year: Period| {
        points
            .iter()
            .find(|point| point.at == year)
            .map(|point| indicator::approx(point.value))
    };
    let rows = years.iter().map(|year| {
        let edges = course
            .fan
            .iter()
            .find(|band| band.at == *year)
            .map(|band| band.edges);
        let mut row = vec![
            Cell::text(year.to_string()),
            Cell::figure(at(&course.observed, *year)),
            Cell::figure(at(&course.required, *year)),
            Cell::figure(at(&course.implied, *year)),
        ];
        row.extend((0..7).map(|place| Cell::figure(edges.map(|edges| indicator::approx(edges[place])))));
        row.push(Cell::figure(at(&course.printed, *year)));
        row.push(Cell::text(&view.evaluation.unit));
        row
    });
    let mut columns = heads(&["year", "column-observed", "column-required", "column-implied"]);
    columns.extend(["2.5%", "10%", "25%", "50%", "75%", "90%", "97.5%"].map(str::to_owned));
    columns.extend(heads(&["value-printed", "unit"]));
    let course_sheet = Sheet {
        name: t.text("sheet-course"),
        columns,
        rows: rows.collect(),
    };
    let path_rows = view.path.iter().map(|row| {
        vec![
            Cell::text(&row.name),
            Cell::text(row.title.get(t.lang())),
            Cell::text(format!("式: {}", row.formula.trim())),
            Cell::figure(row.value.as_ref()),
            Cell::figure(row.path.as_ref()),
            Cell::figure(row.printed.as_ref()),
            Cell::text(&row.unit),
        ]
    });
    let path_sheet = Sheet {
        name: t.text("path-title"),
        columns: heads(&[
            "column-id",
            "path-part",
            "formula",
            "value-exact",
            "value-path",
            "value-printed",
            "unit",
        ]),
        rows: path_rows.collect(),
    };
    let record_sheet = records_sheet(t, t.text("records-title"), &view.records);
    vec![course_sheet, path_sheet, record_sheet]
}

/// Records as a sheet.
pub(crate) fn records_sheet(t: Texts<'_>, name: String, records: &[RecordView]) -> Sheet {
    let lang = t.lang();
    let row = |record: &RecordView| {
        vec![
            Cell::text(&record.series),
            Cell::text(record.title.get(lang)),
            Cell::text(record.at.to_string()),
            Cell::figure(Some(&record.value)),
            Cell::text(&record.unit),
            Cell::figure(record.rounding.as_ref()),
            Cell::text(record.source.1.get(lang)),
            Cell::text(record.via.as_ref().map_or("", |(_, via)| via.get(lang))),
            Cell::text(&record.section),
            Cell::text(record.recorded.to_string()),
            Cell::text(&record.author),
            Cell::text(&record.approver),
            Cell::text(record.note.as_ref().map_or("", |note| note.get(lang))),
        ]
    };
    let heads = [
        "column-id",
        "series",
        "year",
        "value",
        "unit",
        "column-rounding",
        "source",
        "column-via",
        "section",
        "recorded",
        "column-author",
        "column-approver",
        "column-note",
    ];
    Sheet {
        name,
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: records.iter().map(row).collect(),
    }
}
