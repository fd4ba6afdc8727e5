//! Published lists on their way into a register: hand one in, see how far it has come, what it changed and which rows were refused.

use app::{Kept, List, ListImport, ListStanding};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::{Lang, Refusal};

use super::words::downloads;
use super::work::{Part, Work, moment};
use super::{Answer, Here, at_desk, name_of};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Section, Table, Term};

/// Refused rows that a page shows; the data have all that were kept.
const SHOWN: usize = 100;

/// `GET /registers/{kind}/lists`
pub async fn all(State(house): State<House>, reader: Reader, Path(kind): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_all(here, &kind, &Entry::default())
    })
    .await
}

fn build_all(here: &Here<'_>, kind: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let (lists, imports) = here.desk.list_imports(&here.visit, kind)?;
    let mut rows = Vec::with_capacity(imports.len());
    for import in &imports {
        rows.push(vec![
            Link::to(
                import.value.file.clone(),
                t.path(&format!("/registers/{kind}/lists/{}", import.id)),
            ),
            Link::plain(t.text(title(import.value.list))),
            Link::plain(handed_in(t, &import.value)),
            Link::plain(standing(t, &here.desk.list_standing(&import.value)?)),
        ]);
    }
    let page = Work {
        lead: t.text("lists-lead"),
        table: (!rows.is_empty()).then(|| Table {
            id: "lists".into(),
            caption: t.text("lists-handed-in"),
            columns: vec![
                Column::words(t.text("import-file")),
                Column::words(t.text("list")),
                Column::short(t.text("list-when")),
                Column::words(t.text("list-standing")),
            ],
            rows,
        }),
        empty: t.text("lists-none"),
        ..framed(here, kind, t.text("lists-title"), vec![])?
    };
    Answer::page(&page.with_forms(entry, vec![form(t, kind, &lists, entry)]))
}

/// A page below a register.
fn framed<'a>(here: &Here<'a>, kind: &str, name: String, more: Vec<Link>) -> Result<Work<'a>, Refusal> {
    let t = here.t;
    let register = here.desk.register(&here.visit, kind)?;
    let mut crumbs = vec![
        Link::to(t.text("registers-title"), t.path("/registers")),
        Link::to(
            register.kind.title.get(t.lang()),
            t.path(&format!("/registers/{kind}")),
        ),
    ];
    crumbs.extend(more);
    let mut page = Work::new(here, name, crumbs);
    page.shell.section = Section::Registers;
    Ok(page)
}

fn form(t: Texts<'_>, kind: &str, lists: &[List], entry: &Entry) -> PostForm {
    let choose = Field {
        name: "list".into(),
        label: t.text("list"),
        required: true,
        value: entry.value("list").to_owned(),
        choices: lists
            .iter()
            .map(|list| Choice::new(list.code(), t.text(title(*list))))
            .collect(),
        kind: FieldKind::Select,
        ..Field::default()
    };
    let file = Field {
        name: "file".into(),
        label: t.text("import-file"),
        support: t.text("list-file-support"),
        required: true,
        accept: ".zip,.csv".into(),
        kind: FieldKind::File,
        ..Field::default()
    };
    let anyway = Field {
        name: "anyway".into(),
        label: t.text("list-anyway"),
        choices: vec![Choice::new("yes", t.text("list-anyway-yes"))],
        value: entry.value("anyway").to_owned(),
        kind: FieldKind::Boxes,
        ..Field::default()
    };
    PostForm {
        id: "hand-in".into(),
        title: t.text("list-hand-in"),
        note: t.text("list-hand-in-note"),
        action: t.path(&format!("/registers/{kind}/lists")),
        fields: vec![choose, file, anyway],
        button: t.text("list-hand-in-go"),
        ..PostForm::default()
    }
}

/// `POST /registers/{kind}/lists`
pub async fn hand_in(
    State(house): State<House>,
    reader: Reader,
    Path(kind): Path<String>,
    posted: Posted,
) -> Response {
    let shown = kind.clone();
    let act = move |here: &Here<'_>, entry: &Entry| {
        // Whoever may not, is told so before anything of the file is.
        let (lists, _) = here.desk.list_imports(&here.visit, &kind)?;
        let list: List = entry.value("list").parse()?;
        let file = entry.file("file").ok_or_else(|| {
            Refusal::new(
                "file",
                "ファイルが選ばれていません。公表された一覧のファイルを選んでください。",
                "No file was chosen. Choose the file of the published list.",
            )
        })?;
        if !lists.contains(&list) {
            return Err(Refusal::new(
                "list",
                "この登録簿の一覧を選んでください。",
                "Please choose a list of this register.",
            ));
        }
        let id = here
            .desk
            .import_list(
                &here.visit,
                list,
                &file.name,
                file.bytes.to_vec(),
                !entry.value("anyway").is_empty(),
            )
            .map_err(|refusal| match refusal.kind {
                "sign-in" | "not-found" | "unavailable" | "conflict" => refusal,
                // What is wrong with the file stands beside the file.
                _ => Refusal {
                    kind: "file",
                    ..refusal
                },
            })?;
        Ok(Done::to(
            here.t
                .path(&format!("/registers/{kind}/lists/{id}?done=received")),
        ))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_all(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

/// `GET /registers/{kind}/lists/{id}`
pub async fn one(
    State(house): State<House>,
    reader: Reader,
    Path((kind, file)): Path<(String, String)>,
) -> Response {
    at_desk(house, reader, move |here| build_one(here, &kind, name_of(&file))).await
}

fn build_one(here: &Here<'_>, kind: &str, id: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let Kept { value: import, .. } = here.desk.list_import(&here.visit, id)?;
    if import.list.need().kind != kind {
        return Err(Refusal::new(
            "not-found",
            "この登録簿に、その取り込みはありません。一覧から選んでください。",
            "This register has no such import. Choose one of the list.",
        ));
    }
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "list-import", &import, || {
            vec![sheet(t, &import)]
        });
    }
    let now = here.desk.list_standing(&import)?;
    let report = &import.report;
    let counts = [
        ("list-added", report.added),
        ("list-changed", report.changed),
        ("list-unchanged", report.unchanged),
        ("list-gone", report.gone),
        ("list-repeated", report.repeated),
        ("list-left-out", report.left_out),
        ("list-refused", report.refused),
    ];
    let mut facts = vec![
        Term::new(t.text("list-standing"), standing(t, &now)),
        Term::new(t.text("list"), t.text(title(import.list))),
        Term::new(t.text("list-when"), handed_in(t, &import)),
    ];
    facts.extend(counts.map(|(key, count)| Term::new(t.text(key), count.to_string())));
    let again = t.path(&format!("/registers/{kind}/lists/{id}"));
    let page = Work {
        next: match now {
            ListStanding::Done => String::new(),
            ListStanding::Stopped { .. } => t.text("list-next-again"),
            ListStanding::Waiting | ListStanding::Running { .. } => t.text("list-next-wait"),
        },
        facts,
        parts: refused(t, &import).into_iter().collect(),
        way: (now != ListStanding::Done).then(|| Link::to(t.text("list-look-again"), again)),
        files: downloads(t, here.reader),
        ..framed(
            here,
            kind,
            import.file.clone(),
            vec![Link::to(
                t.text("lists-title"),
                t.path(&format!("/registers/{kind}/lists")),
            )],
        )?
    };
    Answer::page(&page)
}

/// The rows that were not taken, with what is wrong with each.
fn refused(t: Texts<'_>, import: &ListImport) -> Option<Part> {
    let report = &import.report;
    if report.refused_rows.is_empty() {
        return None;
    }
    let rows = report.refused_rows.iter().take(SHOWN).map(|row| {
        let (ja, en) = row.place();
        let (place, say) = match t.lang() {
            Lang::Ja => (ja, &row.ja),
            Lang::En => (en, &row.en),
        };
        vec![Link::plain(place), Link::plain(say.clone())]
    });
    let name = t.with1("list-refused-title", "n", report.refused.to_string());
    Some(Part {
        title: name.clone(),
        note: if report.refused_rows.len() > SHOWN {
            t.with1("list-refused-first", "n", SHOWN)
        } else {
            String::new()
        },
        table: Some(Table {
            id: "refused".into(),
            caption: name,
            columns: vec![
                Column::words(t.text("column-place")),
                Column::words(t.text("column-what")),
            ],
            rows: rows.collect(),
        }),
        ..Part::default()
    })
}

fn sheet(t: Texts<'_>, import: &ListImport) -> Sheet {
    let rows = import.report.refused_rows.iter().map(|row| {
        let say = match t.lang() {
            Lang::Ja => &row.ja,
            Lang::En => &row.en,
        };
        vec![
            Cell::text(row.line.to_string()),
            Cell::text(row.column.as_deref().unwrap_or_default()),
            Cell::text(row.id.as_deref().unwrap_or_default()),
            Cell::text(say),
        ]
    });
    Sheet {
        name: t.text("list-refused"),
        columns: ["column-line", "column-column", "column-id", "column-what"]
            .map(|key| t.text(key))
            .into(),
        rows: rows.collect(),
    }
}

fn handed_in(t: Texts<'_>, import: &ListImport) -> String {
    import.handed_in.map(|at| moment(t, at)).unwrap_or_default()
}

/// The message with a list's name.
const fn title(list: List) -> &'static str {
    match list {
        List::MedicalInstitution => "list-medical-institution",
        List::Edinet => "list-edinet",
        List::SpecifiedMaterial => "list-specified-material",
        List::SpecifiedMaterialUpdate => "list-specified-material-update",
    }
}

fn standing(t: Texts<'_>, standing: &ListStanding) -> String {
    match standing {
        ListStanding::Waiting => t.text("list-waiting"),
        ListStanding::Running { total: 0, .. } => t.text("list-running"),
        ListStanding::Running { done, total } => t.with(
            "list-running-n",
            &[
                ("done", done.to_string().into()),
                ("total", total.to_string().into()),
            ],
        ),
        ListStanding::Done => t.text("list-done"),
        ListStanding::Stopped { why } if why.is_empty() => t.text("list-stopped"),
        ListStanding::Stopped { why } => t.with1("list-stopped-why", "why", why.as_str()),
    }
}
