//! One record: what it says, how it came to say so, what refers to it; and the form that writes it.

use std::sync::Arc;

use app::{
    Completeness, Desk, RecordChange, RecordPage, RecordState, Register, RegisterEntry, SavedRecord, Seen,
};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::Kind;
use vocab::Refusal;

use super::super::work::{Part, moment, seen_version};
use super::super::{Answer, Here, at_desk, cases};
use super::files;
use super::form::{Given, elsewhere, fields, given, typed};
use super::{address, crumbs, json, merge, name, page, shown, told};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Column, Field, Link, PostForm, Table, Term};

/// `GET /registers/{kind}/{owner}/{id}`
pub async fn one(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id)): Path<(String, String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, &kind, &owner, Form::of(&id).0, None)
    })
    .await
}

/// The page of a record; with what was refused of the forms on it.
pub(in crate::pages) fn build_one(
    here: &Here<'_>,
    kind: &str,
    owner: &str,
    id: &str,
    entry: Option<&Entry>,
) -> Result<Answer, Refusal> {
    let t = here.t;
    let record = here.desk.record(&here.visit, kind, owner, id)?;
    let (kind, view) = (&record.kind, &record.view);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, &kind.id, &told(&record, here), || {
            vec![sheet(here, kind, view)]
        });
    }
    if let Some(address) = merge::leads_on(here, &record).filter(|_| entry.is_none()) {
        return Ok(Answer::elsewhere(address));
    }
    let answered = kind
        .fields
        .iter()
        .filter(|field| view.record.fields.contains_key(&field.name));
    let facts: Vec<Term> = answered
        .map(|field| fact(here, &record, field))
        .collect::<Result<_, _>>()?;
    let mut parts = record
        .case
        .as_ref()
        .map_or_else(Vec::new, |case| cases::parts(here, &record, case));
    if !record.history.is_empty() {
        parts.push(Part {
            title: t.text("record-history"),
            table: Some(history(t, kind, &record.history)),
            ..Part::default()
        });
    }
    parts.extend(referring(here, &record)?);
    parts.extend(merge::parts(here, &record));
    let mut forms = record
        .case
        .as_ref()
        .map_or_else(Vec::new, |case| cases::forms(here, &record, case));
    forms.extend(merge::form(here, &record));
    if let Some(entry) = entry {
        for field in forms.iter_mut().flat_map(|form| &mut form.fields) {
            entry.raw(&field.name).clone_into(&mut field.value);
        }
    }
    let owned = here.desk.organisation_name(&here.visit, &view.owner, t.lang());
    let kept = [
        Term::new(t.text("record-id"), format!("{}/{}", view.owner, view.id)),
        Term::new(t.text("record-owner"), owned),
        Term::new(t.text("record-state"), state(t, view.state)),
    ];
    Answer::page(&super::Work {
        next: match (view.state, record.may_change, &record.case) {
            (RecordState::Draft, true, _) => t.text("record-draft-next"),
            (_, _, Some(case)) => cases::next(t, case),
            _ => String::new(),
        },
        faults: entry.map_or_else(Vec::new, |entry| {
            entry.faults(t, forms.iter().flat_map(|form| &form.fields))
        }),
        steps: record
            .case
            .as_ref()
            .map_or_else(Vec::new, |case| cases::steps(here, &record, case)),
        facts: cases::facts(here, &record)
            .into_iter()
            .chain(facts)
            .chain(kept)
            .collect(),
        parts,
        forms,
        way: record.may_change.then(|| {
            Link::to(
                t.text("record-change"),
                t.path(&format!("{}/edit", address(kind, view))),
            )
        }),
        files: super::downloads(t, here.reader),
        ..page(here, name(kind, view, t), to_list(t, kind))
    })
}

/// What a field says; a reference leads to its record, or to the one that stays in its place.
fn fact(here: &Here<'_>, page: &RecordPage, field: &plan::Field) -> Result<Term, Refusal> {
    let (t, view) = (here.t, &page.view);
    let said = Term::new(field.title.get(t.lang()), shown(here, field, view));
    if let (plan::Shape::Attachment { .. }, Some(value)) = (&field.shape, view.record.fields.get(&field.name))
    {
        return Ok(Term {
            values: files::links(t, page, files::of(value)),
            ..said
        });
    }
    let (plan::Shape::Reference(kind), Some(value)) = (&field.shape, view.record.fields.get(&field.name))
    else {
        return Ok(said);
    };
    let mut values = vec![];
    for one in value.each() {
        let record::Value::Link(link) = one else {
            return Ok(said);
        };
        let owner = link.owner.as_deref().unwrap_or(&view.owner);
        let own = format!("{owner}/{}", link.id);
        let Some(found) = here.desk.referred(&here.visit, kind, owner, &link.id)? else {
            values.push(Link::plain(own));
            continue;
        };
        let now = format!("{}/{}", found.owner, found.id);
        let text = if now == own {
            format!("{} {own}", found.name)
        } else {
            t.with(
                "merge-reference",
                &[
                    ("name", found.name.as_str().into()),
                    ("before", own.as_str().into()),
                ],
            )
        };
        values.push(Link::to(text, t.path(&format!("/registers/{kind}/{now}"))));
    }
    Ok(Term { values, ..said })
}

pub(in crate::pages) fn to_list(t: Texts<'_>, kind: &Kind) -> Vec<Link> {
    let mut crumbs = crumbs(t);
    crumbs.push(Link::to(
        kind.title.get(t.lang()),
        t.path(&format!("/registers/{}", kind.id)),
    ));
    crumbs
}

fn state(t: Texts<'_>, state: RecordState) -> String {
    t.text(match state {
        RecordState::Draft => "record-draft",
        RecordState::Filed => "record-filed",
        RecordState::Merged => "record-merged",
    })
}

fn history(t: Texts<'_>, kind: &Kind, changes: &[RecordChange]) -> Table {
    let row = |(place, one): (usize, &RecordChange)| {
        let moved = one.moved.iter().map(|moved| {
            let field = kind.field(&moved.field);
            let title = field.map_or(moved.field.as_str(), |field| field.title.get(t.lang()));
            let say = |value: &Option<record::Value>| match (field, value) {
                (Some(field), Some(value)) => record::show(field, value, t.lang()),
                _ => t.text("record-blank"),
            };
            t.with(
                "record-moved",
                &[
                    ("field", title.into()),
                    ("before", say(&moved.before).into()),
                    ("after", say(&moved.after).into()),
                ],
            )
        });
        let merged = one.merge.iter().map(|note| merge::said(t, note));
        let moved = if place + 1 == changes.len() {
            t.text("record-first")
        } else {
            merged.chain(moved).collect::<Vec<_>>().join(" ")
        };
        vec![
            Link::plain(one.version.to_string()),
            Link::plain(moment(t, one.at)),
            Link::plain(one.by.clone().unwrap_or_default()),
            Link::plain(state(t, one.state)),
            Link::plain(moved),
        ]
    };
    Table {
        id: "history".into(),
        caption: t.text("record-history"),
        columns: vec![
            Column::short(t.text("record-version")),
            Column::short(t.text("record-at")),
            Column::short(t.text("record-by")),
            Column::short(t.text("record-state")),
            Column::words(t.text("record-what")),
        ],
        rows: changes.iter().enumerate().map(row).collect(),
    }
}

fn referring(here: &Here<'_>, record: &RecordPage) -> Result<Option<Part>, Refusal> {
    let t = here.t;
    let mut rows = vec![];
    for (kind, view) in &record.referring {
        let Register { kind, .. } = here.desk.register(&here.visit, kind)?;
        rows.push(vec![
            Link::to(name(&kind, view, t), t.path(&address(&kind, view))),
            Link::plain(kind.title.get(t.lang())),
        ]);
    }
    Ok((!rows.is_empty()).then(|| Part {
        title: t.text("record-referring"),
        table: Some(Table {
            id: "referring".into(),
            caption: t.text("record-referring"),
            columns: vec![Column::words(t.text("record")), Column::short(t.text("register"))],
            rows,
        }),
        ..Part::default()
    }))
}

fn sheet(here: &Here<'_>, kind: &Kind, view: &RegisterEntry) -> Sheet {
    let answered = kind
        .fields
        .iter()
        .filter(|field| view.record.fields.contains_key(&field.name));
    let row = |field: &plan::Field| {
        vec![
            Cell::text(field.title.get(here.t.lang())),
            Cell::text(shown(here, field, view)),
        ]
    };
    Sheet {
        name: kind.title.get(here.t.lang()).to_owned(),
        columns: vec![here.t.text("record-field"), here.t.text("record-answer")],
        rows: answered.map(row).collect(),
    }
}

/// Which record a form writes: none for a new one.
type Target = Option<(String, String)>;

/// `GET /registers/{kind}/new`
pub async fn blank(State(house): State<House>, reader: Reader, Path(kind): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_form(here, &kind, None, None)).await
}

/// `GET /registers/{kind}/{owner}/{id}/edit`
pub async fn edit(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id)): Path<(String, String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        build_form(here, &kind, Some(&(owner, id)), None)
    })
    .await
}

/// What was typed and what is wrong with it.
struct Refused<'a> {
    entry: &'a Entry,
    faults: &'a [record::Fault],
}

fn build_form(
    here: &Here<'_>,
    kind: &str,
    target: Option<&(String, String)>,
    refused: Option<&Refused<'_>>,
) -> Result<Answer, Refusal> {
    let t = here.t;
    let Register { kind, may_add } = here.desk.register(&here.visit, kind)?;
    let kept = match target {
        None if may_add => None,
        None => return Err(app::closed(&here.visit)),
        Some((owner, id)) => {
            let record = here.desk.record(&here.visit, &kind.id, owner, id)?;
            if !record.may_change {
                return Err(app::closed(&here.visit));
            }
            Some(record.view)
        }
    };
    let shown: Given = match (refused, &kept) {
        (Some(refused), _) => typed(refused.entry),
        (None, Some(view)) => given(&kind, &view.record),
        (None, None) => Given::new(),
    };
    let faults = refused.map_or(&[][..], |refused| refused.faults);
    let fill = Desk::fields_to_fill(&here.visit, &kind, kept.as_ref());
    let controls = fields(here, &kind, &fill, &shown, faults);
    let mut summary: Vec<Field> = controls
        .iter()
        .filter(|control| !control.error.is_empty())
        .cloned()
        .collect();
    summary.extend(elsewhere(t, &controls, faults));
    if let Some(refused) = refused {
        summary.extend(refused.entry.faults(t, &[]));
    }
    let version = match refused {
        Some(refused) => refused.entry.value("version").to_owned(),
        None => kept
            .as_ref()
            .map_or_else(|| "0".to_owned(), |view| view.version.to_string()),
    };
    let filed = kept.as_ref().is_some_and(|view| view.state == RecordState::Filed);
    let form = PostForm {
        id: "record".into(),
        title: t.text("record-form"),
        action: t.path(&match &kept {
            None => format!("/registers/{}/new", kind.id),
            Some(view) => format!("{}/edit", address(&kind, view)),
        }),
        hidden: vec![("version".into(), version)],
        fields: controls,
        button: t.text(if filed { "save" } else { "record-file" }),
        second: (!filed).then(|| ("draft".into(), "yes".into(), t.text("record-save-draft"))),
        solid: true,
        ..PostForm::default()
    };
    let title = match &kept {
        None => t.with("record-new", &[("kind", kind.title.get(t.lang()).into())]),
        Some(view) => t.with("record-edit", &[("name", name(&kind, view, t).into())]),
    };
    let mut crumbs = to_list(t, &kind);
    if let Some(view) = &kept {
        crumbs.push(Link::to(name(&kind, view, t), t.path(&address(&kind, view))));
    }
    let prepare: Vec<String> = kind
        .prepare
        .iter()
        .map(|text| text.get(t.lang()).to_owned())
        .collect();
    let parts = (kept.is_none() && !prepare.is_empty()).then(|| Part {
        title: t.text("record-prepare"),
        lines: prepare,
        ..Part::default()
    });
    let answer = Answer::page(&super::Work {
        lead: t.with("record-minutes", &[("n", kind.minutes.to_string().into())]),
        faults: summary,
        parts: parts.into_iter().collect(),
        forms: vec![form],
        ..page(here, title, crumbs)
    })?;
    Ok(if faults.is_empty() {
        answer
    } else {
        answer.refused()
    })
}

/// `POST /registers/{kind}/new`
pub async fn add(
    State(house): State<House>,
    reader: Reader,
    Path(kind): Path<String>,
    posted: Posted,
) -> Response {
    write(house, reader, kind, None, posted).await
}

/// `POST /registers/{kind}/{owner}/{id}/edit`
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    write(house, reader, kind, Some((owner, id)), posted).await
}

async fn write(house: House, reader: Reader, kind: String, target: Target, mut posted: Posted) -> Response {
    if let Some(sent) = posted.json.take() {
        return json::take(house, reader, sent, move |here, sent| {
            let target = target.as_ref().map(|(owner, id)| (owner.as_str(), id.as_str()));
            json::save(here, sent, &kind, target)
        })
        .await;
    }
    let at: Arc<(String, Target)> = Arc::new((kind, target));
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, target) = &*at;
        let seen = target.as_ref().map(|(owner, id)| Seen {
            owner,
            id,
            version: seen_version(entry),
        });
        let completeness = if entry.value("draft").is_empty() {
            Completeness::Final
        } else {
            Completeness::Draft
        };
        let at = target.as_ref().map(|(owner, id)| (owner.as_str(), id.as_str()));
        let (entry, faults) = files::taken(here, kind, at, entry)?;
        let controls: Vec<(String, String)> = entry
            .all()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let saved = if faults.is_empty() {
            here.desk
                .save_record(&here.visit, kind, seen, &controls, completeness)?
        } else {
            SavedRecord::Faults(faults)
        };
        match saved {
            SavedRecord::Kept(owner, id) => {
                let done = if target.is_some() || completeness == Completeness::Draft {
                    "saved"
                } else {
                    "added"
                };
                Ok(Done::to(
                    here.t
                        .path(&format!("/registers/{kind}/{owner}/{id}?done={done}")),
                ))
            }
            SavedRecord::Faults(faults) => {
                let refused = Refused {
                    entry: &entry,
                    faults: &faults,
                };
                Ok(Done::shown(build_form(
                    here,
                    kind,
                    target.as_ref(),
                    Some(&refused),
                )?))
            }
        }
    };
    let page = move |here: &Here<'_>, entry: &Entry| {
        let refused = Refused { entry, faults: &[] };
        build_form(here, &again.0, again.1.as_ref(), Some(&refused))
    };
    submit(house, reader, posted, act, page).await
}
