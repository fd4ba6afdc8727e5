//! A firm's answer: the form for the firm, the same to read for the secretariat, and all answers of a round as a table for the secretariat.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{AnswerForm, AnswerView, RowFault, Submitted};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::{Lang, Refusal};

use super::batches::table_sheet;
use super::rounds::quantity;
use super::work::{Part, Work};
use super::{Answer, Here, at_desk, name_of};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// `GET /rounds/{id}/answers.xlsx`: every answer, as it reads back.
pub async fn table(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let table = here.desk.answer_table(&here.visit, &id)?;
        Answer::data(here.reader.form, "answers", &table, || {
            vec![table_sheet(here.t, &table)]
        })
    })
    .await
}

/// `GET /rounds/{id}/answers/{organisation}`: one answer, to read.
pub async fn read(
    State(house): State<House>,
    reader: Reader,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        let view = here.desk.answer(&here.visit, &id, name_of(&file))?;
        if here.reader.form != Form::Page {
            return Answer::data(Form::Json, "answer", &view, Vec::new);
        }
        let t = here.t;
        let crumbs = vec![
            Link::to(t.text("rounds-title"), t.path("/rounds")),
            Link::to(t.text("round"), t.path(&format!("/rounds/{id}"))),
        ];
        let page = Work {
            facts: facts(here, &view),
            parts: vec![history(here, &view)],
            ..Work::new(here, here.organisation_name(&view.organisation), crumbs)
        };
        Answer::page(&page)
    })
    .await
}

/// `GET /rounds/{id}/answer`: the caller's own answer.
pub async fn own(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build(here, name_of(&id), &Entry::default(), &[], false)
    })
    .await
}

fn own_view(here: &Here<'_>, id: &str) -> Result<AnswerView, Refusal> {
    // The public, who has no organisation, is asked to sign in by the use case.
    let organisation = here
        .visit
        .caller
        .as_ref()
        .map_or("", |caller| caller.organisation.as_str());
    here.desk.answer(&here.visit, id, organisation)
}

fn facts(here: &Here<'_>, view: &AnswerView) -> Vec<Term> {
    let t = here.t;
    let state = match (view.submissions.first(), view.pending) {
        (Some(_), true) => t.text("answer-correcting"),
        (Some(last), false) => t.with1("answer-submitted-on", "date", t.date(last.on).as_str()),
        (None, true) => t.text("answer-draft"),
        (None, false) => t.text("answer-none"),
    };
    vec![
        Term::new(t.text("organisation"), here.organisation_name(&view.organisation)),
        Term::new(t.text("round-part"), view.part.get(t.lang()).to_owned()),
        Term::new(t.text("round-period"), view.period.label(t.lang())),
        Term::new(t.text("round-due"), t.date(view.due)),
        Term::new(t.text("column-state"), state),
    ]
}

fn build(
    here: &Here<'_>,
    id: &str,
    entry: &Entry,
    faults: &[RowFault],
    confirm: bool,
) -> Result<Answer, Refusal> {
    let t = here.t;
    let view = own_view(here, id)?;
    if here.reader.form != Form::Page {
        return Answer::data(Form::Json, "answer", &view, Vec::new);
    }
    let plan = here.site.rashin().plan();
    let survey = plan.survey(&view.survey);
    let title = survey.map_or_else(
        || view.survey.clone(),
        |survey| survey.title.get(t.lang()).to_owned(),
    );
    let year = view.period.label(t.lang());
    let title = t.with(
        "round-name",
        &[("title", title.as_str().into()), ("year", year.as_str().into())],
    );
    let correcting = !view.submissions.is_empty();
    let next = match (view.open, correcting, view.pending) {
        (_, true, false) => "answer-next-done",
        (_, true, true) => "answer-next-correct",
        (true, false, _) => "answer-next-fill",
        (false, false, _) => "answer-next-closed",
    };
    let writable = view.open || correcting;
    let fields = fields(here, &view, entry, faults, confirm);
    let bad: Vec<Field> = fields
        .iter()
        .filter(|field| !field.error.is_empty())
        .cloned()
        .collect();
    let forms = if writable {
        vec![PostForm {
            id: "answer".into(),
            title: t.text(if correcting {
                "answer-correct"
            } else {
                "answer-fill"
            }),
            note: t.text("answer-note"),
            action: t.path(&format!("/rounds/{id}/answer")),
            hidden: vec![("version".into(), view.version.to_string())],
            fields,
            button: t.text("answer-submit"),
            second: Some(("do".into(), "save".into(), t.text("answer-save"))),
            solid: true,
            ..PostForm::default()
        }]
    } else {
        vec![]
    };
    let mut parts = vec![];
    if !view.submissions.is_empty() {
        parts.push(history(here, &view));
    }
    let page = Work {
        lead: survey.map_or_else(String::new, |survey| survey.intro.get(t.lang()).to_owned()),
        next: t.text(next),
        facts: facts(here, &view),
        parts,
        ..Work::new(
            here,
            title,
            vec![Link::to(t.text("rounds-title"), t.path("/rounds"))],
        )
    };
    let mut page = page.with_forms(entry, forms);
    page.faults.extend(bad);
    let answer = Answer::page(&page)?;
    Ok(if faults.is_empty() {
        answer
    } else {
        answer.refused()
    })
}

/// The questions, with what was typed or else what is kept; a correction says why, and what looks unusual is confirmed.
fn fields(
    here: &Here<'_>,
    view: &AnswerView,
    entry: &Entry,
    faults: &[RowFault],
    confirm: bool,
) -> Vec<Field> {
    let t = here.t;
    let survey = here.site.rashin().plan().survey(&view.survey);
    let questions = survey
        .map(|survey| survey.questions.as_slice())
        .unwrap_or_default();
    let mut fields: Vec<Field> = questions
        .iter()
        .map(|question| {
            let typed = entry.field(t, &question.name, question.title.get(t.lang()));
            let kept = view.typed.get(&question.name).cloned().unwrap_or_default();
            let fault = faults
                .iter()
                .find(|fault| fault.field.as_deref() == Some(&question.name));
            Field {
                value: if entry.is_blank() {
                    kept
                } else {
                    typed.value.clone()
                },
                support: question.help.get(t.lang()).to_owned(),
                unit: t.unit(&question.unit.to_string()),
                required: question.required,
                error: fault.map_or_else(|| typed.error.clone(), |fault| said(t, fault)),
                ..typed
            }
        })
        .collect();
    if !view.submissions.is_empty() {
        fields.push(Field {
            required: true,
            support: t.text("answer-reason-support"),
            ..entry.field(t, "reason", t.text("answer-reason"))
        });
    }
    if confirm {
        fields.push(Field {
            kind: FieldKind::Boxes,
            choices: vec![Choice::new("yes", t.text("answer-confirm-yes"))],
            support: t.text("answer-confirm-support"),
            ..entry.field(t, "confirmed", t.text("answer-confirm"))
        });
    }
    fields
}

fn said(t: Texts<'_>, fault: &RowFault) -> String {
    match t.lang() {
        Lang::Ja => fault.ja.clone(),
        Lang::En => fault.en.clone(),
    }
}

/// Every submission, the newest first.
fn history(here: &Here<'_>, view: &AnswerView) -> Part {
    let t = here.t;
    let survey = here.site.rashin().plan().survey(&view.survey);
    let questions = survey
        .map(|survey| survey.questions.as_slice())
        .unwrap_or_default();
    let mut columns = vec![Column::short(t.text("date"))];
    columns.extend(
        questions
            .iter()
            .map(|question| Column::figures(question.title.get(t.lang()))),
    );
    columns.push(Column::words(t.text("answer-reason")));
    let rows = view.submissions.iter().map(|one| {
        let mut row = vec![Link::plain(t.date(one.on))];
        row.extend(questions.iter().map(|question| {
            let value = one.values.get(&question.name);
            Link::plain(value.map_or_else(|| t.text("no-value"), |value| quantity(t, value)))
        }));
        row.push(Link::plain(one.reason.clone()));
        row
    });
    Part {
        title: t.text("answer-history"),
        table: Some(Table {
            id: "history".into(),
            caption: t.text("answer-history"),
            columns,
            rows: rows.collect(),
        }),
        ..Part::default()
    }
}

/// `POST /rounds/{id}/answer`
pub async fn write(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let view = own_view(here, &id)?;
        let version = entry.value("version").parse().unwrap_or(u32::MAX);
        let survey = here.site.rashin().plan().survey(&view.survey);
        let questions = survey
            .map(|survey| survey.questions.as_slice())
            .unwrap_or_default();
        let typed: BTreeMap<String, String> = questions
            .iter()
            .map(|question| (question.name.clone(), entry.value(&question.name).to_owned()))
            .collect();
        let (desk, visit) = (here.desk, &here.visit);
        let address = |done: &str| here.t.path(&format!("/rounds/{id}/answer?done={done}"));
        if entry.value("do") == "save" {
            desk.save_answer(visit, &id, &view.organisation, version, &typed)?;
            return Ok(Done::to(address("saved")));
        }
        let form = AnswerForm {
            typed,
            reason: entry.value("reason").to_owned(),
            confirmed: entry.value("confirmed") == "yes",
        };
        match desk.submit_answer(visit, &id, &view.organisation, version, &form)? {
            Submitted::Taken(_) => Ok(Done::to(address("submitted"))),
            Submitted::Faults(faults) => build(here, &id, entry, &faults, false).map(Done::shown),
            Submitted::Confirm(unusual) => build(here, &id, entry, &unusual, true).map(Done::shown),
        }
    };
    let page = move |here: &Here<'_>, entry: &Entry| build(here, &shown, entry, &[], false);
    submit(house, reader, posted, act, page).await
}
