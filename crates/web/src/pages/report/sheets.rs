//! The report as a workbook: contents, figures with how they are found, observations, sources, traces.

use app::Report;

use crate::i18n::Texts;
use crate::pages::indicator::records_sheet;
use crate::sheet::{Cell, Sheet};

pub fn sheets(t: Texts<'_>, report: &Report) -> Vec<Sheet> {
    let mut sheets = vec![
        figures(t, report),
        records_sheet(t, t.text("report-sheet-records"), &report.records),
        sources(t, report),
        traces(t, report),
    ];
    sheets.insert(0, contents(t, report, &sheets));
    sheets
}

fn contents(t: Texts<'_>, report: &Report, sheets: &[Sheet]) -> Sheet {
    let lang = t.lang();
    let cover = &report.cover;
    let fact = |name: &str, value: String| vec![Cell::text(t.text(name)), Cell::text(value)];
    let mut rows = vec![
        fact("report-plan", cover.title.get(lang).to_owned()),
        fact("report-year", cover.fiscal_year.label(lang)),
        fact("report-as-of", t.date(cover.as_of)),
        fact("report-seal", cover.seal.clone()),
        fact("report-seed", cover.seed.to_string()),
    ];
    rows.extend(sheets.iter().map(|sheet| {
        let count = t.with1("report-rows", "n", sheet.rows.len());
        vec![Cell::text(&sheet.name), Cell::text(count)]
    }));
    Sheet {
        name: t.text("report-contents"),
        columns: vec![t.text("report-item"), t.text("report-item-value")],
        rows,
    }
}

fn figures(t: Texts<'_>, report: &Report) -> Sheet {
    let lang = t.lang();
    let rows = report.figures.iter().map(|one| {
        vec![
            Cell::text(&one.id),
            Cell::text(one.title.get(lang)),
            Cell::text(one.at.label(lang)),
            Cell::figure(one.published.as_ref()),
            Cell::text(t.unit(&one.unit)),
            Cell::figure(one.value.as_ref()),
            Cell::text(&one.rounding),
            Cell::text(&one.formula),
            Cell::text(one.sources.join(", ")),
            Cell::text(&one.section),
        ]
    });
    let columns = [
        "column-id",
        "indicator",
        "year",
        "value",
        "unit",
        "value-exact",
        "report-rounding",
        "formula",
        "source",
        "section",
    ];
    Sheet {
        name: t.text("report-sheet-figures"),
        columns: columns.map(|key| t.text(key)).into(),
        rows: rows.collect(),
    }
}

fn sources(t: Texts<'_>, report: &Report) -> Sheet {
    let lang = t.lang();
    let rows = report.sources.iter().map(|source| {
        vec![
            Cell::text(&source.id),
            Cell::text(source.title.get(lang)),
            Cell::text(source.publisher.get(lang)),
            Cell::figure(source.number.map(|number| number.to_string())),
            Cell::text(source.url.clone().unwrap_or_default()),
        ]
    });
    Sheet {
        name: t.text("source"),
        columns: ["column-id", "source", "publisher", "footnote", "address"]
            .map(|key| t.text(key))
            .into(),
        rows: rows.collect(),
    }
}

fn traces(t: Texts<'_>, report: &Report) -> Sheet {
    let lang = t.lang();
    let rows = report.annex.iter().flat_map(|entry| {
        let top = vec![
            Cell::text(&entry.id),
            Cell::figure(Some("0")),
            Cell::text(
                entry
                    .title
                    .get(lang)
                    .iter()
                    .map(app::Piece::text)
                    .collect::<String>(),
            ),
            Cell::text(entry.shown.get(lang)),
            Cell::text(""),
            Cell::text(&entry.formula),
            Cell::text(""),
        ];
        let below = entry.rows.iter().map(|row| {
            let source = row.source.as_ref();
            vec![
                Cell::text(&entry.id),
                Cell::figure(Some((row.depth + 1).to_string())),
                Cell::text(row.title.get(lang)),
                Cell::figure(row.value.as_ref()),
                Cell::text(t.unit(&row.unit)),
                Cell::text(row.formula.clone().unwrap_or_default()),
                Cell::text(source.map_or_else(String::new, |(id, _, section)| format!("{id} {section}"))),
            ]
        });
        std::iter::once(top).chain(below).collect::<Vec<_>>()
    });
    let columns = [
        "column-id",
        "report-depth",
        "report-row",
        "value",
        "unit",
        "formula",
        "source",
    ];
    Sheet {
        name: t.text("report-sheet-traces"),
        columns: columns.map(|key| t.text(key)).into(),
        rows: rows.collect(),
    }
}
