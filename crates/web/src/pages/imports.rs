//! A file that was handed in: what is wrong with which row, and the decision to take it, whole or without the faulty rows.

use std::sync::Arc;

use app::{Purpose, RowChange, RowFault, RowName, Staged, Taken};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::Refusal;

use super::registers::what_moved;
use super::work::{Part, Work};
use super::{Answer, Here, at_desk};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{Column, Link, PostForm, Table, Term};

/// So many changes of records are shown before a file is taken.
const SHOWN: usize = 100;

/// Faults as a table: where, and what.
pub(crate) fn faults_part(t: Texts<'_>, id: &str, title: String, faults: &[RowFault]) -> Part {
    let rows = faults.iter().map(|fault| {
        let say = match t.lang() {
            vocab::Lang::Ja => &fault.ja,
            vocab::Lang::En => &fault.en,
        };
        vec![Link::plain(fault.place(t.lang())), Link::plain(say.clone())]
    });
    Part {
        title: title.clone(),
        table: Some(Table {
            id: id.into(),
            caption: title,
            columns: vec![
                Column::words(t.text("column-place")),
                Column::words(t.text("column-what")),
            ],
            rows: rows.collect(),
        }),
        ..Part::default()
    }
}

/// `POST /imports`: a file, and what it is taken for.
pub async fn stage(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let purpose = match (entry.value("purpose"), entry.value("round")) {
            ("answers", round) => Purpose::Answers {
                round: round.to_owned(),
            },
            ("records", _) => Purpose::Records {
                kind: entry.value("kind").to_owned(),
            },
            _ => Purpose::Batch,
        };
        let file = entry.file("file").ok_or_else(|| {
            Refusal::new(
                "file",
                "ファイルが選ばれていません。.xlsx か .csv のファイルを選んでください。",
                "No file was chosen. Choose an .xlsx or .csv file.",
            )
        })?;
        let id = here
            .desk
            .stage(&here.visit, purpose, &file.name, file.bytes.to_vec())?;
        Ok(Done::to(here.t.path(&format!("/imports/{id}"))))
    };
    submit(house, reader, posted, act, build_refused).await
}

/// The form again, with what was wrong with the file.
fn build_refused(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let hidden: Vec<_> = ["purpose", "round", "kind"]
        .iter()
        .map(|name| (*name, entry.value(name)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let template = match (entry.value("round"), entry.value("kind")) {
        ("", "") => t.path("/batches/template.xlsx"),
        ("", kind) => t.path(&format!("/registers/{kind}/template.xlsx")),
        (round, _) => t.path(&format!("/rounds/{round}/answers.xlsx")),
    };
    let form = super::batches::upload(t, String::new(), template, &hidden);
    let page = Work::new(here, t.text("upload-title"), vec![]);
    Answer::page(&page.with_forms(entry, vec![form]))
}

/// `GET /imports/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, super::name_of(&id), &Entry::default())
    })
    .await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let staged = here.desk.staged(&here.visit, id)?;
    if here.reader.form != Form::Page {
        return Answer::data(Form::Json, "import", &staged, Vec::new);
    }
    let staging = &staged.staging.value;
    let mut parts = vec![];
    if !staged.faults.is_empty() {
        parts.push(faults_part(
            t,
            "faults",
            t.with1("faults-title-n", "n", staged.faults.len()),
            &staged.faults,
        ));
    }
    if !staged.warnings.is_empty() {
        parts.push(faults_part(
            t,
            "warnings",
            t.text("warnings-title"),
            &staged.warnings,
        ));
    }
    if let Purpose::Records { kind } = &staging.purpose
        && !staged.changes.is_empty()
    {
        parts.push(changes_part(here, kind, &staged.changes)?);
    }
    let back = match &staging.purpose {
        Purpose::Batch => Link::to(t.text("batches-title"), t.path("/batches")),
        Purpose::Answers { round } => Link::to(t.text("round"), t.path(&format!("/rounds/{round}"))),
        Purpose::Records { kind } => Link::to(t.text("register"), t.path(&format!("/registers/{kind}"))),
    };
    let page = Work {
        next: t.text(next(&staged)),
        facts: vec![
            Term::new(t.text("import-file"), staging.file.clone()),
            Term::new(t.text("import-rows"), staged.rows.to_string()),
            Term::new(t.text("import-fresh"), staged.fresh.to_string()),
            Term::new(t.text("import-faulty"), staged.faulty.len().to_string()),
        ],
        parts,
        ..Work::new(here, t.text("import-title"), vec![back])
    };
    let mut forms = vec![];
    if !staging.taken && !is_idle(&staged) && (staged.faults.is_empty() || staged.mendable) {
        let clean = staged.faults.is_empty();
        forms.push(PostForm {
            id: "take".into(),
            title: t.text(if clean { "import-take" } else { "import-take-rest" }),
            note: if clean {
                t.text("import-take-note")
            } else {
                t.with(
                    "import-take-rest-note",
                    &[
                        ("n", staged.faulty.len().into()),
                        ("rest", (staged.rows - staged.faulty.len()).into()),
                    ],
                )
            },
            action: t.path(&format!("/imports/{id}")),
            // The rows that are left out are named, so that nothing is left out that was not seen.
            hidden: staged
                .faulty
                .iter()
                .map(|row| ("leave_out".to_owned(), written(row)))
                .collect(),
            button: t.text(if clean {
                "import-take-go"
            } else {
                "import-take-rest-go"
            }),
            solid: clean,
            ..PostForm::default()
        });
    }
    Answer::page(&page.with_forms(entry, forms))
}

/// What the rows change of records that there are, the first of them.
fn changes_part(here: &Here<'_>, kind: &str, changes: &[RowChange]) -> Result<Part, Refusal> {
    let t = here.t;
    let kind = here.desk.register(&here.visit, kind)?.kind;
    let row = |change: &RowChange| {
        let (owner, id) = &change.record;
        let own = format!("{owner}/{id}");
        let moved = change.moved.iter().map(|moved| what_moved(here, &kind, moved));
        vec![
            Link::plain(change.place.text(t.lang())),
            Link::to(own.clone(), t.path(&format!("/registers/{}/{own}", kind.id))),
            Link::plain(moved.collect::<Vec<_>>().join(" ")),
        ]
    };
    let title = t.with1("import-changes", "n", changes.len());
    let note = if changes.len() > SHOWN {
        t.with1("import-changes-first", "n", SHOWN)
    } else {
        String::new()
    };
    Ok(Part {
        note,
        table: Some(Table {
            id: "changes".into(),
            caption: title.clone(),
            columns: vec![
                Column::short(t.text("column-place")),
                Column::short(t.text("record-id")),
                Column::words(t.text("record-what")),
            ],
            rows: changes.iter().take(SHOWN).map(row).collect(),
        }),
        title,
        ..Part::default()
    })
}

fn next(staged: &Staged) -> &'static str {
    if staged.staging.value.taken {
        "import-next-taken"
    } else if is_idle(staged) {
        "import-next-none"
    } else if staged.faults.is_empty() {
        "import-next-take"
    } else {
        "import-next-mend"
    }
}

/// Whether nothing in a file of records would change anything: there is nothing to take in.
fn is_idle(staged: &Staged) -> bool {
    staged.fresh == 0 && matches!(staged.staging.value.purpose, Purpose::Records { .. })
}

/// A row's name in a form: its number, and its sheet.
fn written(row: &RowName) -> String {
    format!("{}:{}", row.row, row.sheet.as_deref().unwrap_or_default())
}

fn read(text: &str) -> Option<RowName> {
    let (row, sheet) = text.split_once(':')?;
    Some(RowName {
        sheet: (!sheet.is_empty()).then(|| sheet.to_owned()),
        row: row.parse().ok()?,
    })
}

/// `POST /imports/{id}`
pub async fn take(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let leave_out: Vec<RowName> = entry
            .values("leave_out")
            .iter()
            .filter_map(|text| read(text))
            .collect();
        let purpose = here.desk.staged(&here.visit, &id)?.staging.value.purpose;
        let taken = here.desk.take(&here.visit, &id, &leave_out)?;
        let address = match (taken, purpose) {
            (Taken::Batch(batch), _) => format!("/batches/{batch}?done=taken"),
            (_, Purpose::Answers { round }) => format!("/rounds/{round}?done=taken"),
            (_, Purpose::Records { kind }) => format!("/registers/{kind}?done=taken"),
            (_, Purpose::Batch) => "/batches?done=taken".to_owned(),
        };
        Ok(Done::to(here.t.path(&address)))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}
