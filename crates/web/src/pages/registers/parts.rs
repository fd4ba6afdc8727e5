//! Long forms, part by part: the list of the parts with how far each is, the page of one part, and all answers to be checked before they are
//! filed. Which kinds have these follows from the kind alone; what is filed already is changed on one page.

use std::collections::BTreeSet;

use app::{Desk, FormOf, RecordPage, RecordState, RegisterEntry, SavedRecord, Seen};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::Kind;
use record::{Fault, FormPart, Progress, Record, form_parts};
use vocab::Refusal;

use super::super::work::{Part, seen_version};
use super::super::{Answer, Here, at_desk};
use super::form::{fields, given, typed};
use super::record::{Refused, fact, head, prepare, version};
use super::unsent::Before;
use super::{address, page};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::Reader;
use crate::ui::{Column, Field, Link, PostForm, Table, Term};

/// The parts of a draft, each with how far it is, and at the end the page where it is filed.
pub(super) fn list(here: &Here<'_>, kind: &Kind, view: &RegisterEntry) -> Result<Answer, Refusal> {
    let t = here.t;
    let at = t.path(&address(kind, view));
    let fill = Desk::fields_to_fill(&here.visit, kind, Some(view));
    let parts = form_parts(kind, &view.record, &fill);
    let missing: usize = parts.iter().map(|one| one.missing).sum();
    let row = |one: &FormPart<'_>| {
        let href = format!("{at}/edit/{}", one.part.id);
        vec![
            Link::to(one.part.title.get(t.lang()), href),
            Link::plain(progress(t, one)),
        ]
    };
    let last = vec![
        Link::to(t.text("record-check"), format!("{at}/check")),
        Link::plain(match missing {
            0 => t.text("record-ready"),
            n => t.with("record-waits", &[("n", n.to_string().into())]),
        }),
    ];
    let (title, crumbs) = head(here, kind, Some(view));
    Answer::page(&super::Work {
        lead: t.with("record-minutes", &[("n", kind.minutes.to_string().into())]),
        next: t.text("record-parts-next"),
        table: Some(Table {
            id: "parts".into(),
            caption: t.text("record-parts"),
            columns: vec![
                Column::words(t.text("record-part")),
                Column::short(t.text("record-state")),
            ],
            rows: parts.iter().map(row).chain([last]).collect(),
        }),
        ..page(here, title, crumbs)
    })
}

fn progress(t: Texts<'_>, one: &FormPart<'_>) -> String {
    match one.progress {
        Progress::Blank => t.text("record-part-blank"),
        Progress::Optional => t.text("record-part-optional"),
        Progress::Begun => t.with("record-part-begun", &[("n", one.missing.to_string().into())]),
        Progress::Done => t.text("record-part-done"),
    }
}

/// The page of one part, or of the first; of a draft or of a new record.
pub(super) fn one(
    here: &Here<'_>,
    kind: &Kind,
    kept: Option<&RegisterEntry>,
    part: Option<&str>,
    refused: Option<&Refused<'_>>,
) -> Result<Answer, Refusal> {
    let t = here.t;
    let nothing = Record::default();
    let record = kept.map_or(&nothing, |view| &view.record);
    let fill = Desk::fields_to_fill(&here.visit, kind, kept);
    let parts = form_parts(kind, record, &fill);
    let place = parts
        .iter()
        .position(|one| part.is_none_or(|id| one.part.id == id));
    let Some(place) = place.filter(|_| kind.is_long()) else {
        return Err(app::closed(&here.visit));
    };
    let one = &parts[place];
    let form = FormOf {
        kind: &kind.id,
        record: kept.map(|view| (view.owner.as_str(), view.id.as_str())),
        part: Some(&one.part.id),
    };
    let before = match refused {
        Some(refused) => Before::refused(typed(refused.entry)),
        None => Before::of(here, (form, kind, &one.fields), kept, given(kind, record))?,
    };
    let faults = refused.map_or(&[][..], |refused| refused.faults);
    let mut controls = fields(here, kind, &one.fields, before.given(), faults);
    // The part's heading is that of the form.
    for control in &mut controls {
        control.heading.clear();
    }
    let summary = refused.map_or_else(Vec::new, |refused| refused.summary(t, &controls));
    let at = kept.map(|view| t.path(&address(kind, view)));
    let form = PostForm {
        id: "record".into(),
        title: t.with(
            "record-part-of",
            &[
                ("part", one.part.title.get(t.lang()).into()),
                ("n", (place + 1).to_string().into()),
                ("all", parts.len().to_string().into()),
            ],
        ),
        action: t.path(&form.path()),
        hidden: vec![("version".into(), version(kept, refused))],
        fields: controls,
        button: t.text("record-part-save"),
        second: Some(("then".into(), "list".into(), t.text("record-part-save-list"))),
        solid: true,
        keep: before.keep(t),
        ..PostForm::default()
    };
    let (title, mut crumbs) = head(here, kind, kept);
    crumbs.extend(
        at.as_ref()
            .map(|at| Link::to(t.text("record-parts"), format!("{at}/edit"))),
    );
    let new = kept.is_none();
    let answer = Answer::page(&super::Work {
        lead: if new {
            t.with("record-minutes", &[("n", kind.minutes.to_string().into())])
        } else {
            String::new()
        },
        faults: summary,
        next: before.note(t),
        parts: prepare(t, kind)
            .filter(|_| new)
            .into_iter()
            .chain(before.part(t))
            .collect(),
        forms: before.discard(t).into_iter().chain([form]).collect(),
        way: Some(match &at {
            None => Link::to(
                t.text("record-by-sheet"),
                t.path(&format!("/registers/{}#upload", kind.id)),
            ),
            Some(at) => Link::to(t.text("record-parts-back"), format!("{at}/edit")),
        }),
        ..page(here, title, crumbs)
    })?;
    Ok(if faults.is_empty() {
        answer
    } else {
        answer.refused()
    })
}

/// Where somebody goes on after a part was saved: to the list if they say so, else to the next part, and from the last to the check.
pub(super) fn after(
    here: &Here<'_>,
    (kind, owner, id): (&str, &str, &str),
    part: &str,
    entry: &Entry,
) -> Result<String, Refusal> {
    let at = here.t.path(&format!("/registers/{kind}/{owner}/{id}"));
    if entry.value("then") == "list" {
        return Ok(format!("{at}/edit?done=saved"));
    }
    let RecordPage { kind, view, .. } = here.desk.record(&here.visit, kind, owner, id)?;
    let fill = Desk::fields_to_fill(&here.visit, &kind, Some(&view));
    let parts = form_parts(&kind, &view.record, &fill);
    let mut rest = parts.iter().skip_while(|one| one.part.id != part).skip(1);
    Ok(match rest.next() {
        Some(next) => format!("{at}/edit/{}?done=saved", next.part.id),
        None => format!("{at}/check?done=saved"),
    })
}

/// Kind, owner and id of a draft.
type At = (String, String, String);

/// `GET /registers/{kind}/{owner}/{id}/check`
pub async fn check(State(house): State<House>, reader: Reader, Path(at): Path<At>) -> Response {
    at_desk(house, reader, move |here| build_check(here, &at, None)).await
}

/// `POST /registers/{kind}/{owner}/{id}/check`
pub async fn file(
    State(house): State<House>,
    reader: Reader,
    Path(at): Path<At>,
    posted: Posted,
) -> Response {
    let again = at.clone();
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &at;
        let seen = Seen {
            owner,
            id,
            version: seen_version(entry),
        };
        match here.desk.file_draft(&here.visit, kind, seen)? {
            SavedRecord::Kept(owner, id) => {
                let to = format!("/registers/{kind}/{owner}/{id}?done=filed");
                Ok(Done::to(here.t.path(&to)))
            }
            SavedRecord::Faults(faults) => {
                let refused = Refused {
                    entry,
                    faults: &faults,
                };
                Ok(Done::shown(build_check(here, &at, Some(&refused))?))
            }
        }
    };
    let page = move |here: &Here<'_>, entry: &Entry| {
        let refused = Refused { entry, faults: &[] };
        build_check(here, &again, Some(&refused))
    };
    submit(house, reader, posted, act, page).await
}

fn build_check(
    here: &Here<'_>,
    (kind, owner, id): &At,
    refused: Option<&Refused<'_>>,
) -> Result<Answer, Refusal> {
    let t = here.t;
    let record = here.desk.record(&here.visit, kind, owner, id)?;
    let (kind, view) = (&record.kind, &record.view);
    if !record.may_change || !kind.is_long() {
        return Err(app::closed(&here.visit));
    }
    let at = t.path(&address(kind, view));
    if view.state != RecordState::Draft && refused.is_none() {
        return Ok(Answer::elsewhere(format!("{at}/edit")));
    }
    let fill = Desk::fields_to_fill(&here.visit, kind, Some(view));
    let form_parts = form_parts(kind, &view.record, &fill);
    let faults: Vec<Fault> = match refused {
        Some(refused) => refused.faults.to_vec(),
        None => record::complete(kind, &view.record)
            .into_iter()
            .filter(|fault| fill.contains(fault.field.as_str()))
            .collect(),
    };
    let controls = controls(here, kind, view, &fill, &faults, &at);
    let missing = Part {
        title: t.with("record-missing", &[("n", faults.len().to_string().into())]),
        facts: form_parts
            .iter()
            .filter_map(|one| wanting(t, one, &controls))
            .collect(),
        ..Part::default()
    };
    let mut parts: Vec<Part> = vec![];
    parts.extend(Some(missing).filter(|part| refused.is_none() && !part.facts.is_empty()));
    for one in &form_parts {
        parts.push(answers(here, &record, one, &at)?);
    }
    let (title, mut crumbs) = head(here, kind, Some(view));
    crumbs.push(Link::to(t.text("record-parts"), format!("{at}/edit")));
    let answer = Answer::page(&super::Work {
        lead: t.text("record-check-lead"),
        faults: refused.map_or_else(Vec::new, |refused| refused.summary(t, &controls)),
        parts,
        forms: vec![PostForm {
            id: "file".into(),
            action: format!("{at}/check"),
            hidden: vec![("version".into(), view.version.to_string())],
            button: t.text("record-hand-in"),
            solid: faults.is_empty(),
            ..PostForm::default()
        }],
        way: Some(Link::to(t.text("record-parts-back"), format!("{at}/edit"))),
        ..page(
            here,
            t.with("record-check-title", &[("form", title.into())]),
            crumbs,
        )
    })?;
    Ok(match refused {
        Some(refused) if !refused.faults.is_empty() => answer.refused(),
        _ => answer,
    })
}

/// The controls of a draft with what is wrong with them, each with the page on which it stands.
fn controls(
    here: &Here<'_>,
    kind: &Kind,
    view: &RegisterEntry,
    fill: &BTreeSet<&str>,
    faults: &[Fault],
    at: &str,
) -> Vec<Field> {
    let mut controls = fields(here, kind, fill, &given(kind, &view.record), faults);
    for control in &mut controls {
        let field = control.name.split('.').next().and_then(|name| kind.field(name));
        let part = field.and_then(|field| field.part.as_deref()).unwrap_or_default();
        control.page = format!("{at}/edit/{part}");
    }
    controls
}

/// What is missing in a part, each as a link to its field; none if nothing is.
fn wanting(t: Texts<'_>, one: &FormPart<'_>, controls: &[Field]) -> Option<Term> {
    let is_here = |control: &&Field| {
        let field = control.name.split('.').next().unwrap_or_default();
        !control.error.is_empty() && one.fields.contains(field)
    };
    let values: Vec<Link> = controls
        .iter()
        .filter(is_here)
        .map(|control| Link::to(&*control.label, format!("{}#{}", control.page, control.name)))
        .collect();
    (!values.is_empty()).then(|| Term {
        name: one.part.title.get(t.lang()).to_owned(),
        values,
    })
}

/// What was answered in a part, blanks too, and where it is changed.
fn answers(here: &Here<'_>, record: &RecordPage, one: &FormPart<'_>, at: &str) -> Result<Part, Refusal> {
    let t = here.t;
    let title = one.part.title.get(t.lang());
    let asked = record.kind.fields_of(&one.part.id);
    let said = |field: &plan::Field| {
        if record.view.record.fields.contains_key(&field.name) {
            return fact(here, record, field);
        }
        let blank = t.text("record-part-blank");
        Ok(Term::new(field.title.get(t.lang()), blank))
    };
    let facts = asked
        .filter(|field| one.fields.contains(field.name.as_str()))
        .map(said);
    Ok(Part {
        title: title.to_owned(),
        facts: facts.collect::<Result<_, Refusal>>()?,
        link: Some(Link::to(
            t.with("record-part-change", &[("part", title.into())]),
            format!("{at}/edit/{}", one.part.id),
        )),
        ..Part::default()
    })
}
