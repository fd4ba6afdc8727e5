//! One record: what it says, how it came to say so, what refers to it; and the form that writes it.

use std::sync::Arc;

use app::{
    Completeness, Desk, FormOf, RecordChange, RecordPage, RecordState, Register, RegisterEntry, SavedRecord,
    Seen,
};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::Kind;
use vocab::Refusal;

use super::super::work::{Part, moment, seen_version};
use super::super::{Answer, Here, at_desk, cases, cyber};
use super::files;
use super::form::{Given, elsewhere, fields, given, typed};
use super::unsent::{self, Before};
use super::{address, crumbs, json, merge, name, page, parts, said, shown, told};
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
    let mut parts: Vec<Part> = cyber::way_to_advisory(here, &kind.id, &view.record)
        .into_iter()
        .collect();
    if let Some(case) = &record.case {
        parts.extend(cases::parts(here, &record, case));
    }
    if !record.history.is_empty() {
        parts.push(Part {
            title: t.text("record-history"),
            table: Some(history(here, kind, &record.history)),
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
    // Whoever may not know the organisation's name is not told its id either, as if it were one.
    let owned = Some(here.organisation_name(&view.owner)).filter(|name| *name != view.owner);
    let kept = [
        Some(Term::new(
            t.text("record-id"),
            format!("{}/{}", view.owner, view.id),
        )),
        owned.map(|name| Term::new(t.text("record-owner"), name)),
        Some(Term::new(t.text("record-state"), state(here, kind, view.state))),
    ];
    let frame = super::Work {
        next: match (view.state, record.may_change, &record.case) {
            (RecordState::Draft, true, _) => t.text("record-draft-next"),
            (_, _, Some(case)) => cases::next(t, case),
            _ => String::new(),
        },
        steps: record
            .case
            .as_ref()
            .map_or_else(Vec::new, |case| cases::steps(here, &record, case)),
        facts: cases::facts(here, &record)
            .into_iter()
            .chain(facts)
            .chain(kept.into_iter().flatten())
            .collect(),
        parts,
        way: record.may_change.then(|| {
            Link::to(
                t.text(match view.state {
                    RecordState::Draft => "record-continue",
                    _ => "record-change",
                }),
                t.path(&format!("{}/edit", address(kind, view))),
            )
        }),
        files: super::downloads(t, here.reader),
        ..page(here, name(kind, view, t), to_list(t, kind))
    };
    Answer::page(&frame.with_forms(entry.unwrap_or(&Entry::default()), forms))
}

/// What a field says; a reference leads to its record, or to the one that stays in its place.
pub(super) fn fact(here: &Here<'_>, page: &RecordPage, field: &plan::Field) -> Result<Term, Refusal> {
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
            found.name
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

/// Where a record stands: what goes through a procedure is handed in, what is only kept is registered.
fn state(here: &Here<'_>, kind: &Kind, state: RecordState) -> String {
    let goes_on = here.site.rashin().plan().procedure_of(&kind.id).is_some();
    here.t.text(match state {
        RecordState::Draft => "record-draft",
        RecordState::Filed if goes_on => "record-handed-in",
        RecordState::Filed => "record-filed",
        RecordState::Merged => "record-merged",
    })
}

/// What became of one field, as a sentence.
pub(in crate::pages) fn what_moved(here: &Here<'_>, kind: &Kind, moved: &record::Moved) -> String {
    let t = here.t;
    let field = kind.field(&moved.field);
    let title = field.map_or(moved.field.as_str(), |field| field.title.get(t.lang()));
    let say = |value: &Option<record::Value>| match (field, value) {
        // The sentence has its own end.
        (Some(field), Some(value)) => said(here, field, value).trim_end_matches(['。', '.']).to_owned(),
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
}

fn history(here: &Here<'_>, kind: &Kind, changes: &[RecordChange]) -> Table {
    let t = here.t;
    let row = |(place, one): (usize, &RecordChange)| {
        let moved = one.moved.iter().map(|moved| what_moved(here, kind, moved));
        let merged = one.merge.iter().map(|note| merge::said(t, note));
        let moved = if place + 1 == changes.len() {
            t.text("record-first")
        } else {
            merged.chain(moved).collect::<Vec<_>>().join(" ")
        };
        vec![
            Link::plain(one.version.to_string()),
            Link::plain(moment(t, one.at)),
            Link::plain(match one.by.as_deref() {
                Some("system") => t.text("record-by-program"),
                by => by.unwrap_or_default().to_owned(),
            }),
            Link::plain(state(here, kind, one.state)),
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

/// What a form writes: a record of a kind, which is there or new; the whole of it, or one part.
#[derive(Clone)]
pub(super) struct Target {
    kind: String,
    record: Option<(String, String)>,
    part: Option<String>,
}

impl Target {
    fn new_one(kind: String, part: Option<String>) -> Self {
        Self {
            kind,
            record: None,
            part,
        }
    }

    fn of((kind, owner, id): (String, String, String), part: Option<String>) -> Self {
        Self {
            kind,
            record: Some((owner, id)),
            part,
        }
    }

    fn owned(&self) -> Option<(&str, &str)> {
        let record = self.record.as_ref();
        record.map(|(owner, id)| (owner.as_str(), id.as_str()))
    }

    fn form(&self) -> FormOf<'_> {
        FormOf {
            kind: &self.kind,
            record: self.owned(),
            part: self.part.as_deref(),
        }
    }
}

/// Owner and id of a record, after its kind and before the part of its form.
type PartPath = Path<(String, String, String, String)>;

/// `GET /registers/{kind}/new`
pub async fn blank(State(house): State<House>, reader: Reader, Path(kind): Path<String>) -> Response {
    form(house, reader, Target::new_one(kind, None)).await
}

/// `GET /registers/{kind}/new/{part}`
pub async fn blank_part(
    State(house): State<House>,
    reader: Reader,
    Path((kind, part)): Path<(String, String)>,
) -> Response {
    form(house, reader, Target::new_one(kind, Some(part))).await
}

/// `GET /registers/{kind}/{owner}/{id}/edit`
pub async fn edit(
    State(house): State<House>,
    reader: Reader,
    Path(path): Path<(String, String, String)>,
) -> Response {
    form(house, reader, Target::of(path, None)).await
}

/// `GET /registers/{kind}/{owner}/{id}/edit/{part}`
pub async fn edit_part(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id, part)): PartPath,
) -> Response {
    form(house, reader, Target::of((kind, owner, id), Some(part))).await
}

async fn form(house: House, reader: Reader, target: Target) -> Response {
    at_desk(house, reader, move |here| build_form(here, &target, None)).await
}

/// What was typed and what is wrong with it.
pub(super) struct Refused<'a> {
    pub entry: &'a Entry,
    pub faults: &'a [record::Fault],
}

impl Refused<'_> {
    /// The lines of the summary: faults at their controls, those that stand at none, and why the form was refused as a whole.
    pub fn summary(&self, t: Texts<'_>, controls: &[Field]) -> Vec<Field> {
        let at = controls.iter().filter(|control| !control.error.is_empty());
        let at = at.cloned().chain(elsewhere(t, controls, self.faults));
        at.chain(self.entry.faults(t, &[])).collect()
    }
}

fn build_form(here: &Here<'_>, target: &Target, refused: Option<&Refused<'_>>) -> Result<Answer, Refusal> {
    let t = here.t;
    let Register { kind, may_add } = here.desk.register(&here.visit, &target.kind)?;
    let kept = match &target.record {
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
    let filed = kept.as_ref().is_some_and(|view| view.state == RecordState::Filed);
    if let Some(part) = &target.part {
        return match &kept {
            Some(view) if filed && refused.is_none() => Ok(Answer::elsewhere(
                t.path(&format!("{}/edit", address(&kind, view))),
            )),
            kept => parts::one(here, &kind, kept.as_ref(), Some(part), refused),
        };
    }
    if kind.is_long() && !filed && refused.is_none() {
        return match &kept {
            Some(view) => parts::list(here, &kind, view),
            None => parts::one(here, &kind, None, None, None),
        };
    }
    let faults = refused.map_or(&[][..], |refused| refused.faults);
    let fill = Desk::fields_to_fill(&here.visit, &kind, kept.as_ref());
    let before = match refused {
        Some(refused) => Before::refused(typed(refused.entry)),
        None => {
            let now = kept
                .as_ref()
                .map_or_else(Given::new, |view| given(&kind, &view.record));
            Before::of(here, (target.form(), &kind, &fill), kept.as_ref(), now)?
        }
    };
    let controls = fields(here, &kind, &fill, before.given(), faults);
    let summary = refused.map_or_else(Vec::new, |refused| refused.summary(t, &controls));
    let form = PostForm {
        id: "record".into(),
        title: t.text("record-form"),
        action: t.path(&match &kept {
            None => format!("/registers/{}/new", kind.id),
            Some(view) => format!("{}/edit", address(&kind, view)),
        }),
        hidden: vec![("version".into(), version(kept.as_ref(), refused))],
        fields: controls,
        button: t.text(if filed { "save" } else { "record-file" }),
        second: (!filed).then(|| ("draft".into(), "yes".into(), t.text("record-save-draft"))),
        solid: true,
        keep: before.keep(t),
        ..PostForm::default()
    };
    let (title, crumbs) = head(here, &kind, kept.as_ref());
    let prepare = prepare(t, &kind).filter(|_| kept.is_none());
    let answer = Answer::page(&super::Work {
        lead: t.with("record-minutes", &[("n", kind.minutes.to_string().into())]),
        faults: summary,
        next: before.note(t),
        parts: prepare.into_iter().chain(before.part(t)).collect(),
        forms: before.discard(t).into_iter().chain([form]).collect(),
        ..page(here, title, crumbs)
    })?;
    Ok(if faults.is_empty() {
        answer
    } else {
        answer.refused()
    })
}

/// The version that a form was made from.
pub(super) fn version(kept: Option<&RegisterEntry>, refused: Option<&Refused<'_>>) -> String {
    match refused {
        Some(refused) => refused.entry.value("version").to_owned(),
        None => kept.map_or(0, |view| view.version).to_string(),
    }
}

/// What the page of a form is called, and what leads to it.
pub(super) fn head(here: &Here<'_>, kind: &Kind, kept: Option<&RegisterEntry>) -> (String, Vec<Link>) {
    let t = here.t;
    let mut crumbs = to_list(t, kind);
    let Some(view) = kept else {
        return (
            t.with("record-new", &[("kind", kind.title.get(t.lang()).into())]),
            crumbs,
        );
    };
    let name = name(kind, view, t);
    crumbs.push(Link::to(name.as_str(), t.path(&address(kind, view))));
    (t.with("record-edit", &[("name", name.into())]), crumbs)
}

/// What to have at hand, if the kind says so.
pub(super) fn prepare(t: Texts<'_>, kind: &Kind) -> Option<Part> {
    let lines = kind.prepare.iter().map(|text| text.get(t.lang()).to_owned());
    (!kind.prepare.is_empty()).then(|| Part {
        title: t.text("record-prepare"),
        lines: lines.collect(),
        ..Part::default()
    })
}

/// `POST /registers/{kind}/new`
pub async fn add(
    State(house): State<House>,
    reader: Reader,
    Path(kind): Path<String>,
    posted: Posted,
) -> Response {
    write(house, reader, Target::new_one(kind, None), posted).await
}

/// `POST /registers/{kind}/new/{part}`
pub async fn add_part(
    State(house): State<House>,
    reader: Reader,
    Path((kind, part)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    write(house, reader, Target::new_one(kind, Some(part)), posted).await
}

/// `POST /registers/{kind}/{owner}/{id}/edit`
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(path): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    write(house, reader, Target::of(path, None), posted).await
}

/// `POST /registers/{kind}/{owner}/{id}/edit/{part}`
pub async fn change_part(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id, part)): PartPath,
    posted: Posted,
) -> Response {
    let target = Target::of((kind, owner, id), Some(part));
    write(house, reader, target, posted).await
}

async fn write(house: House, reader: Reader, target: Target, mut posted: Posted) -> Response {
    // A program sends a record as a whole; at a part its JSON is refused as elsewhere.
    if let Some(sent) = posted.json.take_if(|_| target.part.is_none()) {
        return json::take(house, reader, sent, move |here, sent| {
            json::save(here, sent, &target.kind, target.owned())
        })
        .await;
    }
    let target = Arc::new(target);
    let again = Arc::clone(&target);
    let act = move |here: &Here<'_>, entry: &Entry| {
        if let Some(done) = unsent::taken(here, target.form(), entry)? {
            return Ok(done);
        }
        let kind = &target.kind;
        let seen = target.owned().map(|(owner, id)| Seen {
            owner,
            id,
            version: seen_version(entry),
        });
        let completeness = if entry.value("draft").is_empty() {
            Completeness::Final
        } else {
            Completeness::Draft
        };
        let (entry, faults) = files::taken(here, kind, target.owned(), entry)?;
        let controls: Vec<(String, String)> = entry
            .all()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let (desk, visit) = (here.desk, &here.visit);
        let saved = match &target.part {
            _ if !faults.is_empty() => SavedRecord::Faults(faults),
            Some(part) => desk.save_part(visit, kind, seen, part, &controls)?,
            None => desk.save_record(visit, kind, seen, &controls, completeness)?,
        };
        match (saved, &target.part) {
            (SavedRecord::Kept(owner, id), Some(part)) => {
                let to = parts::after(here, (kind, &owner, &id), part, &entry)?;
                Ok(Done::to(to))
            }
            (SavedRecord::Kept(owner, id), None) => {
                let done = if target.record.is_some() || completeness == Completeness::Draft {
                    "saved"
                } else {
                    "added"
                };
                Ok(Done::to(
                    here.t
                        .path(&format!("/registers/{kind}/{owner}/{id}?done={done}")),
                ))
            }
            (SavedRecord::Faults(faults), _) => {
                let refused = Refused {
                    entry: &entry,
                    faults: &faults,
                };
                Ok(Done::shown(build_form(here, &target, Some(&refused))?))
            }
        }
    };
    let page = move |here: &Here<'_>, entry: &Entry| {
        let refused = Refused { entry, faults: &[] };
        build_form(here, &again, Some(&refused))
    };
    submit(house, reader, posted, act, page).await
}
