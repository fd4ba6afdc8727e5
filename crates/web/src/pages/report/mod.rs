//! The follow-up report for screen and A4, and the same contents as files.
//!
//! The document is the `main` element of the page. Every digit in it stands in an element that leads to a trace or says what else it
//! is; a test walks the page.

mod document;
pub(crate) mod line;
mod sheets;

pub(crate) use document::moved;

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Answer, at_desk, internal};
use crate::house::House;
use crate::reader::{Form, Reader};

/// `GET /editions/{id}/report`
pub async fn page(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let (desk, visit, site, reader) = (here.desk, &here.visit, here.site, here.reader);
        let report = desk.report(visit, &id)?;
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            let name = format!("{id}-report");
            return Answer::data(reader.form, &name, &*report, || sheets::sheets(t, &report));
        }
        let edition = desk.edition(visit, &id)?;
        Answer::page(&document::build(t, &edition.line, &report))
    })
    .await
}

/// `GET /editions/{id}/report.sdmx.csv`
pub async fn sdmx(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let (desk, visit) = (here.desk, &here.visit);
        let body = desk.sdmx(visit, &id)?.into_bytes();
        let name = format!("{id}.sdmx.csv");
        Ok(Answer::file(
            body,
            "application/vnd.sdmx.data+csv; version=2.0.0",
            &name,
        ))
    })
    .await
}

/// `GET /editions/{id}/report.css`: what stands at the head of each printed page.
pub async fn style(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let (desk, visit, site, reader) = (here.desk, &here.visit, here.site, here.reader);
        let edition = desk.edition(visit, &id)?.line;
        let t = site.texts(reader.lang);
        let title = site.rashin().plan().head.title.get(reader.lang);
        let head = t.with(
            "report-running",
            &[
                ("plan", title.into()),
                ("year", edition.fiscal_year.label(reader.lang).into()),
            ],
        );
        let css = format!(
            "@page {{ @top-left {{ content: {}; }} }}\n@page :first {{ @top-left {{ content: none; }} }}\n",
            quoted(&head)
        );
        Ok(Answer::file(css.into_bytes(), "text/css; charset=utf-8", ""))
    })
    .await
}

/// `GET /editions/{id}/trace/{entry}.prov.json`
pub async fn prov(
    State(house): State<House>,
    reader: Reader,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        let (desk, visit) = (here.desk, &here.visit);
        let report = desk.report(visit, &id)?;
        let entry = file.strip_suffix(".prov.json");
        let document = entry.and_then(|entry| report.prov(entry)).ok_or_else(|| {
            vocab::Refusal::new(
                "not-found",
                "この根拠はありません。報告書の付属資料から選んでください。",
                "There is no such trace. Choose one in the annex of the report.",
            )
        })?;
        let body = serde_json::to_vec_pretty(&document).map_err(|error| internal(&error))?;
        Ok(Answer::file(body, "application/json; charset=utf-8", ""))
    })
    .await
}

/// A string of CSS.
fn quoted(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    let escaped: String = plain
        .flat_map(|c| match c {
            '"' | '\\' | '<' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_its_string() {
        assert_eq!(quoted("a\"; } b\\\n</style>"), r#""a\"; } b\\\</style>""#);
    }
}
