//! Observations on their way into the books: what waits, a batch row by row, what it would move, and the decision of a second person.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{Action, Batch, BatchCheck, BatchRow, BatchState, Kept};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::Refusal;

use super::words::{downloads, figure_or_none};
use super::work::{Part, Work, seen, seen_version};
use super::{Answer, Here, at_desk, name_of};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// What a state is called.
pub(crate) fn state_name(t: Texts<'_>, state: BatchState) -> String {
    t.text(match state {
        BatchState::Draft => "batch-draft",
        BatchState::HandedIn => "batch-handed-in",
        BatchState::Approved => "batch-approved",
        BatchState::SentBack => "batch-sent-back",
        BatchState::Withdrawn => "batch-withdrawn",
    })
}

/// `GET /batches`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let list = here.desk.batches(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "batches", &list, || vec![list_sheet(t, &list)]);
    }
    let rows = list.iter().rev().map(|kept| {
        vec![
            Link::to(title(t, &kept.value), t.path(&format!("/batches/{}", kept.id))),
            Link::plain(state_name(t, kept.value.state)),
            Link::plain(kept.value.rows.len().to_string()),
        ]
    });
    let mut forms = vec![];
    if here.may(Action::ProposeBatch) {
        forms.push(PostForm {
            id: "start".into(),
            title: t.text("batch-start"),
            note: t.text("batch-start-note"),
            action: t.path("/batches"),
            fields: vec![Field {
                required: true,
                support: t.text("batch-title-support"),
                ..entry.field(t, "title", t.text("batch-title"))
            }],
            button: t.text("batch-start-go"),
            solid: true,
            ..PostForm::default()
        });
        forms.push(upload(
            t,
            t.text("batch-upload-note"),
            t.path("/batches/template.xlsx"),
            &[("purpose", "batch")],
        ));
    }
    let page = Work {
        lead: t.text("batches-lead"),
        table: Some(Table {
            id: "batches".into(),
            caption: t.text("batches-title"),
            columns: vec![
                Column::words(t.text("batch-title")),
                Column::short(t.text("column-state")),
                Column::figures(t.text("column-rows")),
            ],
            rows: rows.collect(),
        }),
        empty: t.text("batches-none"),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("batches-title"), vec![])
    };
    Answer::page(&page.with_forms(entry, forms))
}

/// The form that hands a file in.
pub(crate) fn upload(t: Texts<'_>, note: String, template: String, hidden: &[(&str, &str)]) -> PostForm {
    PostForm {
        id: "upload".into(),
        title: t.text("upload-title"),
        note,
        action: t.path("/imports"),
        hidden: hidden
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        fields: vec![Field {
            name: "file".into(),
            label: t.text("upload-file"),
            support: t.text("upload-file-support"),
            required: true,
            kind: FieldKind::File,
            ..Field::default()
        }],
        link: Some(Link::to(t.text("upload-template"), template)),
        button: t.text("upload-go"),
        ..PostForm::default()
    }
}

fn title(t: Texts<'_>, batch: &Batch) -> String {
    if batch.title.is_empty() {
        t.text("batch-untitled")
    } else {
        batch.title.clone()
    }
}

/// `POST /batches`
pub async fn start(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let id = here.desk.start_batch(&here.visit, entry.value("title"), vec![])?;
        Ok(Done::to(here.t.path(&format!("/batches/{id}"))))
    };
    submit(house, reader, posted, act, build_list).await
}

/// `GET /batches/{id}`; `template` is the empty table.
pub async fn one(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, name_of(&file), &Entry::default())
    })
    .await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let template = id == "template";
    if here.reader.form != Form::Page {
        let table = here.desk.batch_table(&here.visit, (!template).then_some(id))?;
        return Answer::data(here.reader.form, "observations", &table, || {
            vec![table_sheet(t, &table)]
        });
    }
    let kept = here.desk.batch(&here.visit, id)?;
    let batch = &kept.value;
    let closed = matches!(batch.state, BatchState::Approved | BatchState::Withdrawn);
    let check = if closed {
        None
    } else {
        Some(here.desk.check_batch(&here.visit, id)?)
    };
    let mut facts = vec![Term::new(t.text("column-state"), state_name(t, batch.state))];
    if !batch.authors.is_empty() {
        let names: Vec<_> = batch.authors.iter().map(|id| here.name_of(id)).collect();
        facts.push(Term::new(
            t.text("batch-authors"),
            names.join(&t.text("list-comma")),
        ));
    }
    for reason in &batch.reasons {
        facts.push(Term::new(
            t.with1("batch-reason-on", "date", t.date(reason.on).as_str()),
            reason.text.clone(),
        ));
    }
    if let Some(round) = &batch.round {
        let mut term = Term::new(t.text("batch-round"), String::new());
        term.values = vec![Link::to(
            t.text("batch-round-open"),
            t.path(&format!("/rounds/{round}")),
        )];
        facts.push(term);
    }
    let mut parts = vec![];
    if let Some(check) = &check {
        parts.extend(check_parts(t, check));
    }
    let crumbs = vec![Link::to(t.text("batches-title"), t.path("/batches"))];
    let page = Work {
        next: next(here, batch, check.as_ref()),
        facts,
        table: Some(rows_table(here, id, batch)),
        empty: t.text("batch-empty"),
        parts,
        files: downloads(t, here.reader),
        ..Work::new(here, title(t, batch), crumbs)
    };
    let forms = forms(here, &kept, entry, check.as_ref());
    Answer::page(&page.with_forms(entry, forms))
}

/// What is to be done next, for whoever looks.
fn next(here: &Here<'_>, batch: &Batch, check: Option<&BatchCheck>) -> String {
    let sound = check.is_some_and(|check| check.faults.is_empty()) && !batch.rows.is_empty();
    let key = match batch.state {
        BatchState::Draft | BatchState::SentBack if !here.may(Action::ProposeBatch) => {
            "batch-next-wait-secretariat"
        }
        BatchState::Draft if sound => "batch-next-hand-in",
        BatchState::Draft => "batch-next-enter",
        BatchState::SentBack => "batch-next-mend",
        BatchState::HandedIn if here.approves(&batch.authors) => "batch-next-approve",
        BatchState::HandedIn => "batch-next-wait-approver",
        BatchState::Approved => "batch-next-none",
        BatchState::Withdrawn => "batch-next-withdrawn",
    };
    here.t.text(key)
}

fn check_parts(t: Texts<'_>, check: &BatchCheck) -> Vec<Part> {
    let mut parts = vec![];
    if !check.faults.is_empty() {
        parts.push(super::imports::faults_part(
            t,
            "faults",
            t.text("faults-title"),
            &check.faults,
        ));
    }
    if !check.moves.is_empty() {
        let rows = check.moves.iter().map(|one| {
            vec![
                Link::to(
                    one.title.get(t.lang()),
                    t.path(&format!("/indicators/{}", one.indicator)),
                ),
                Link::plain(one.at.label(t.lang())),
                Link::plain(figure_or_none(t, one.before.as_ref(), &one.unit)),
                Link::plain(figure_or_none(t, one.after.as_ref(), &one.unit)),
            ]
        });
        parts.push(Part {
            title: t.text("moves-title"),
            note: t.text("moves-note"),
            table: Some(Table {
                id: "moves".into(),
                caption: t.text("moves-title"),
                columns: vec![
                    Column::words(t.text("column-indicator")),
                    Column::short(t.text("column-year")),
                    Column::figures(t.text("column-before")),
                    Column::figures(t.text("column-after")),
                ],
                rows: rows.collect(),
            }),
            ..Part::default()
        });
    }
    parts
}

fn rows_table(here: &Here<'_>, id: &str, batch: &Batch) -> Table {
    let t = here.t;
    let plan = here.site.rashin().plan();
    let editable = can_edit(here, batch);
    let rows = batch.rows.iter().enumerate().map(|(at, row)| {
        let series = plan.series.get(&row.series).map_or_else(
            || row.series.clone(),
            |series| series.title.get(t.lang()).to_owned(),
        );
        let first = if editable {
            Link::to(
                series,
                format!("{}#row", t.path(&format!("/batches/{id}?row={}", at + 1))),
            )
        } else {
            Link::plain(series)
        };
        vec![
            first,
            Link::plain(row.period.clone()),
            Link::plain(row.value.clone()),
            Link::plain(row.rounding.clone()),
            Link::plain(plan.sources.get(&row.source).map_or_else(
                || row.source.clone(),
                |source| source.title.get(t.lang()).to_owned(),
            )),
            Link::plain(row.section.clone()),
        ]
    });
    let title = |name: &str| {
        let column = BatchRow::columns().into_iter().find(|column| column.name == name);
        column.map_or_else(String::new, |column| column.title.get(t.lang()).to_owned())
    };
    Table {
        id: "rows".into(),
        caption: t.text("batch-rows"),
        columns: vec![
            Column::words(title("series")),
            Column::short(title("period")),
            Column::figures(title("value")),
            Column::figures(title("rounding")),
            Column::words(title("source")),
            Column::short(title("section")),
        ],
        rows: rows.collect(),
    }
}

fn can_edit(here: &Here<'_>, batch: &Batch) -> bool {
    here.may(Action::ProposeBatch)
        && batch.round.is_none()
        && matches!(batch.state, BatchState::Draft | BatchState::SentBack)
}

fn forms(here: &Here<'_>, kept: &Kept<Batch>, entry: &Entry, check: Option<&BatchCheck>) -> Vec<PostForm> {
    let t = here.t;
    let batch = &kept.value;
    let action = t.path(&format!("/batches/{}", kept.id));
    let form = |id: &str, title: &str, button: &str| PostForm {
        id: id.into(),
        title: t.text(title),
        action: action.clone(),
        hidden: vec![seen(kept), ("do".into(), id.into())],
        button: t.text(button),
        ..PostForm::default()
    };
    let mut forms = vec![];
    let sound = check.is_some_and(|check| check.faults.is_empty()) && !batch.rows.is_empty();
    if here.may(Action::ProposeBatch) && batch.state == BatchState::Draft && sound {
        forms.push(PostForm {
            note: t.text("batch-hand-in-note"),
            solid: true,
            ..form("hand-in", "batch-hand-in", "batch-hand-in-go")
        });
    }
    if batch.state == BatchState::HandedIn && here.approves(&batch.authors) {
        forms.push(PostForm {
            note: t.text("batch-approve-note"),
            solid: true,
            ..form("approve", "batch-approve", "batch-approve-go")
        });
        forms.push(PostForm {
            fields: vec![Field {
                required: true,
                support: t.text("batch-send-back-support"),
                kind: FieldKind::Area,
                ..entry.field(t, "reason", t.text("batch-send-back-reason"))
            }],
            ..form("send-back", "batch-send-back", "batch-send-back-go")
        });
    }
    if can_edit(here, batch) {
        let at = here.reader.value("row").and_then(|row| row.parse::<usize>().ok());
        let row = at.and_then(|at| batch.rows.get(at.checked_sub(1)?));
        let place = row.and(at).unwrap_or(batch.rows.len() + 1);
        let mut edit = form("row", "batch-row-add", "batch-row-add-go");
        if row.is_some() {
            edit.title = t.with1("batch-row-edit", "n", place);
            edit.button = t.text("save");
        }
        edit.hidden.push(("row".into(), place.to_string()));
        edit.fields = row_fields(here, entry, row);
        edit.solid = !sound || row.is_some();
        forms.push(edit);
        if row.is_some() {
            let mut remove = form("remove", "batch-row-remove", "batch-row-remove-go");
            remove.hidden.push(("row".into(), place.to_string()));
            forms.push(remove);
        }
    }
    if here.may(Action::ProposeBatch) && !matches!(batch.state, BatchState::Approved | BatchState::Withdrawn)
    {
        forms.push(PostForm {
            note: t.text("batch-withdraw-note"),
            ..form("withdraw", "batch-withdraw", "batch-withdraw-go")
        });
    }
    forms
}

/// The fields of one row, with what was typed or else what is kept.
fn row_fields(here: &Here<'_>, entry: &Entry, row: Option<&BatchRow>) -> Vec<Field> {
    let t = here.t;
    let plan = here.site.rashin().plan();
    let kept: BTreeMap<&str, &str> = row
        .map(|row| row.cells().into_iter().collect())
        .unwrap_or_default();
    let choose = || Choice::new("", t.text("choose"));
    BatchRow::columns()
        .into_iter()
        .map(|column| {
            let typed = entry.field(t, &column.name, column.title.get(t.lang()));
            let value = if entry.is_blank() {
                kept.get(column.name.as_str())
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            } else {
                typed.value.clone()
            };
            let (kind, choices) = match column.name.as_str() {
                "series" => {
                    let list = plan
                        .series
                        .iter()
                        .map(|(id, series)| Choice::new(id.as_str(), series.title.get(t.lang())));
                    (FieldKind::Select, std::iter::once(choose()).chain(list).collect())
                }
                "source" | "via" => {
                    let list = plan
                        .sources
                        .iter()
                        .map(|(id, source)| Choice::new(id.as_str(), source.title.get(t.lang())));
                    (FieldKind::Select, std::iter::once(choose()).chain(list).collect())
                }
                _ => (FieldKind::Text, vec![]),
            };
            let support = match column.name.as_str() {
                "period" => t.text("batch-period-support"),
                "value" => t.text("batch-value-support"),
                "rounding" => t.text("batch-rounding-support"),
                "section" => t.text("batch-section-support"),
                "printed" => t.text("batch-printed-support"),
                _ => String::new(),
            };
            Field {
                value,
                kind,
                choices,
                support,
                required: column.required,
                ..typed
            }
        })
        .collect()
}

/// `POST /batches/{id}`: what to do is in `do`.
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (desk, visit, version) = (here.desk, &here.visit, seen_version(entry));
        let done = match entry.value("do") {
            "hand-in" => desk.hand_in_batch(visit, &id, version).map(|_| "handed-in")?,
            "approve" => desk.approve_batch(visit, &id, version).map(|()| "approved")?,
            "send-back" => desk
                .send_batch_back(visit, &id, version, entry.value("reason"))
                .map(|_| "sent-back")?,
            "withdraw" => desk.withdraw_batch(visit, &id, version).map(|_| "withdrawn")?,
            what => {
                let batch = desk.batch(visit, &id)?.value;
                let mut rows = batch.rows;
                let at = entry
                    .value("row")
                    .parse::<usize>()
                    .unwrap_or(usize::MAX)
                    .wrapping_sub(1);
                match (what, at) {
                    ("remove", at) if at < rows.len() => {
                        rows.remove(at);
                    }
                    ("row", at) if at < rows.len() => rows[at] = row_typed(entry),
                    _ => rows.push(row_typed(entry)),
                }
                desk.save_batch(visit, &id, version, &batch.title, rows)
                    .map(|_| "saved")?
            }
        };
        Ok(Done::to(here.t.path(&format!("/batches/{id}?done={done}"))))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

fn row_typed(entry: &Entry) -> BatchRow {
    let cells = BatchRow::columns().into_iter().map(|column| {
        let value = entry.value(&column.name).to_owned();
        (column.name, value)
    });
    BatchRow::from_cells(&cells.collect())
}

fn list_sheet(t: Texts<'_>, list: &[Kept<Batch>]) -> Sheet {
    let row = |kept: &Kept<Batch>| {
        vec![
            Cell::text(&kept.id),
            Cell::text(&kept.value.title),
            Cell::text(state_name(t, kept.value.state)),
            Cell::text(kept.value.rows.len().to_string()),
        ]
    };
    Sheet {
        name: t.text("batches-title"),
        columns: ["column-id", "batch-title", "column-state", "column-rows"]
            .map(|key| t.text(key))
            .to_vec(),
        rows: list.iter().map(row).collect(),
    }
}

/// A table that reads back as it is.
pub(crate) fn table_sheet(t: Texts<'_>, table: &app::Table) -> Sheet {
    Sheet {
        name: table.name.get(t.lang()).to_owned(),
        columns: table
            .columns
            .iter()
            .map(|column| column.title.get(t.lang()).to_owned())
            .collect(),
        rows: table
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::text).collect())
            .collect(),
    }
}
