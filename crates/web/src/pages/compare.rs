//! Why figures moved between two editions: one waterfall a figure, with its words.

use app::Change;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::report::line::{Line, Plate};
use super::report::moved;
use super::{Answer, at_desk, name_of, shell};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{Link, Section, Shell};

#[derive(Template)]
#[template(path = "pages/compare.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    count: String,
    moved: Vec<(String, Line, Vec<Line>, Plate)>,
}

/// `GET /editions/{id}/compare/{other}`: from `other` to `id`.
pub async fn page(
    State(house): State<House>,
    reader: Reader,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        let (desk, visit, site, reader) = (here.desk, &here.visit, here.site, here.reader);
        let other = name_of(&file);
        let list = desk.compare(visit, other, &id)?;
        if reader.form != Form::Page {
            return Answer::data(reader.form, &format!("{id}-{other}"), &list, Vec::new);
        }
        let t = site.texts(reader.lang);
        let (changed, same): (Vec<_>, Vec<_>) = list.into_iter().partition(|one| one.before != one.after);
        let moved = changed.into_iter().map(|difference| {
            let trace = format!("moved-{}-{}-drawn", difference.id, difference.at).to_lowercase();
            let (title, words, plate) = moved(
                t,
                &Change {
                    difference,
                    trace: trace.clone(),
                },
            );
            (trace, title, words, plate)
        });
        let moved: Vec<_> = moved.collect();
        let crumbs = vec![
            Link::to(t.text("editions-title"), t.path("/editions")),
            Link::to(&*id, t.path(&format!("/editions/{id}"))),
        ];
        let counts = [("moved", moved.len().into()), ("unmoved", same.len().into())];
        Answer::page(&Page {
            count: t.with("compare-count", &counts),
            moved,
            shell: shell(
                site,
                reader,
                format!("{} {other} → {id}", t.text("compare-title")),
                Section::Editions,
                crumbs,
            ),
            t,
        })
    })
    .await
}
