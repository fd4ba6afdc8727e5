//! Two records that may be the same: which are offered, both side by side with a choice for each field, and the way back.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{
    MergeField, MergeForm, MergeNote, MergePage, MergeStep, RecordPage, RegisterEntry, Seen, Standing,
};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::Kind;
use vocab::Refusal;

use super::super::work::{Part, Search, Work, seen_version};
use super::super::{Answer, Here, at_desk};
use super::record::to_list;
use super::{address, name, page, shown};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Reader, encoded};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table};

/// Kind, owner and id in an address.
type At = (String, String, String);

/// The answer of the record that goes is taken over.
const TAKE: &str = "take";

/// `GET /registers/{kind}/{owner}/{id}/merge`: `with` names the record that would stay, `q` finds others.
pub async fn choose(State(house): State<House>, reader: Reader, Path(at): Path<At>) -> Response {
    at_desk(house, reader, move |here| build(here, &at, &Entry::default())).await
}

fn build(here: &Here<'_>, at: &At, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let (kind, owner, id) = at;
    let asked = |name: &str| here.reader.value(name).unwrap_or_default().to_owned();
    let (with, words) = (asked("with"), asked("q"));
    let pair = here
        .desk
        .merging(&here.visit, kind, (owner, id), with.split_once('/'), &words)?;
    let mut crumbs = to_list(t, &pair.kind);
    crumbs.push(Link::to(
        name(&pair.kind, &pair.gone, t),
        t.path(&address(&pair.kind, &pair.gone)),
    ));
    let frame = page(here, t.text("merge-title"), crumbs);
    Answer::page(&match &pair.stays {
        Some(stays) => decide(here, frame, &pair, stays, entry),
        None => look(here, frame, &pair, &words),
    })
}

/// Which records may be the same.
fn look<'a>(here: &Here<'a>, frame: Work<'a>, pair: &MergePage, words: &str) -> Work<'a> {
    let t = here.t;
    let action = t.path(&format!("{}/merge", address(&pair.kind, &pair.gone)));
    let row = |one: &RegisterEntry| {
        let with = encoded(&format!("{}/{}", one.owner, one.id));
        vec![
            Link::to(name(&pair.kind, one, t), format!("{action}?with={with}")),
            Link::plain(format!("{}/{}", one.owner, one.id)),
            Link::plain(here.organisation_name(&one.owner)),
        ]
    };
    Work {
        lead: t.with1("merge-lead", "name", name(&pair.kind, &pair.gone, t).as_str()),
        search: Some(Search {
            fields: vec![Field {
                name: "q".into(),
                label: t.text("merge-words"),
                value: words.to_owned(),
                ..Field::default()
            }],
            again: (!words.is_empty()).then(|| Link::to(t.text("register-all"), action.clone())),
            action: action.clone(),
            title: String::new(),
            views: vec![],
        }),
        table: Some(Table {
            id: "offered".into(),
            caption: t.text("merge-offered"),
            columns: vec![
                Column::words(t.text("merge-stays")),
                Column::short(t.text("record-id")),
                Column::short(t.text("record-owner")),
            ],
            rows: pair.offered.iter().map(row).collect(),
        }),
        empty: t.text("merge-none"),
        ..frame
    }
}

/// Both records side by side, with a choice for each field in which they differ.
fn decide<'a>(
    here: &Here<'a>,
    frame: Work<'a>,
    pair: &MergePage,
    stays: &RegisterEntry,
    entry: &Entry,
) -> Work<'a> {
    let t = here.t;
    let kind = &pair.kind;
    let title = |field: &MergeField| {
        let found = kind.field(&field.name);
        found.map_or_else(
            || field.name.clone(),
            |found| found.title.get(t.lang()).to_owned(),
        )
    };
    let say = |field: &MergeField, one: &RegisterEntry| {
        let text = kind
            .field(&field.name)
            .map_or_else(String::new, |found| shown(here, found, one));
        if text.is_empty() {
            t.text("record-blank")
        } else {
            text
        }
    };
    let row = |field: &MergeField| {
        vec![
            Link::plain(title(field)),
            Link::plain(say(field, stays)),
            Link::plain(say(field, &pair.gone)),
        ]
    };
    let choice = |field: &MergeField| {
        let control = format!("take.{}", field.name);
        let typed = entry.value(&control);
        let taken = if typed.is_empty() {
            field.taken
        } else {
            typed == TAKE
        };
        Field {
            label: title(field),
            value: if taken { TAKE } else { "keep" }.into(),
            kind: FieldKind::Select,
            choices: vec![
                Choice::new("keep", t.with1("merge-keep", "value", say(field, stays).as_str())),
                Choice::new(
                    TAKE,
                    t.with1("merge-take", "value", say(field, &pair.gone).as_str()),
                ),
            ],
            name: control,
            ..Field::default()
        }
    };
    let at = |one: &RegisterEntry| format!("{}/{}", one.owner, one.id);
    let (gone_at, stays_at) = (encoded(&at(&pair.gone)), encoded(&at(stays)));
    let mut fields: Vec<Field> = pair
        .fields
        .iter()
        .filter(|field| field.choice)
        .map(choice)
        .collect();
    fields.push(Field {
        kind: FieldKind::Area,
        support: t.text("merge-reason-support"),
        ..entry.field(t, "reason", t.text("merge-reason"))
    });
    let form = PostForm {
        id: "merge".into(),
        title: t.text("merge-choose"),
        note: t.text("merge-note"),
        action: t.path(&format!("{}/merge?with={stays_at}", address(kind, &pair.gone))),
        hidden: vec![
            ("version".into(), pair.gone.version.to_string()),
            ("stays".into(), stays.version.to_string()),
        ],
        fields,
        button: t.text("merge-go"),
        solid: true,
        ..PostForm::default()
    };
    let swapped = t.path(&format!("{}/merge?with={gone_at}", address(kind, stays)));
    Work {
        lead: t.with(
            "merge-decide",
            &[
                ("gone", name(kind, &pair.gone, t).into()),
                ("stays", name(kind, stays, t).into()),
            ],
        ),
        table: Some(Table {
            id: "pair".into(),
            caption: t.text("merge-pair"),
            columns: vec![
                Column::words(t.text("record-field")),
                Column::words(format!("{} {}", t.text("merge-stays"), at(stays))),
                Column::words(format!("{} {}", t.text("merge-gone"), at(&pair.gone))),
            ],
            rows: pair.fields.iter().map(row).collect(),
        }),
        way: Some(Link::to(t.text("merge-swap"), swapped)),
        ..frame.with_forms(entry, vec![form])
    }
}

/// `POST /registers/{kind}/{owner}/{id}/merge`
pub async fn merge(
    State(house): State<House>,
    reader: Reader,
    Path(at): Path<At>,
    posted: Posted,
) -> Response {
    let at = Arc::new(at);
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &*at;
        let with = here.reader.value("with").unwrap_or_default().to_owned();
        let Some((stays_owner, stays)) = with.split_once('/') else {
            return Err(app::closed(&here.visit));
        };
        let taken: BTreeSet<String> = entry
            .all()
            .filter(|(_, value)| *value == TAKE)
            .filter_map(|(name, _)| name.strip_prefix("take."))
            .map(str::to_owned)
            .collect();
        here.desk.merge(
            &here.visit,
            &MergeForm {
                kind,
                gone: Seen {
                    owner,
                    id,
                    version: seen_version(entry),
                },
                stays: Seen {
                    owner: stays_owner,
                    id: stays,
                    version: entry.value("stays").parse().unwrap_or(u32::MAX),
                },
                taken: &taken,
                reason: entry.raw("reason"),
            },
        )?;
        Ok(Done::to(here.t.path(&format!(
            "/registers/{kind}/{stays_owner}/{stays}?done=merged"
        ))))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build(here, &again, entry);
    submit(house, reader, posted, act, page).await
}

/// `POST /registers/{kind}/{owner}/{id}/part`
pub async fn part(
    State(house): State<House>,
    reader: Reader,
    Path(at): Path<At>,
    posted: Posted,
) -> Response {
    let at = Arc::new(at);
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &*at;
        let seen = Seen {
            owner,
            id,
            version: seen_version(entry),
        };
        let back = here.desk.part(&here.visit, kind, seen, entry.raw("reason"))?;
        let done = if back { "parted" } else { "parted-alone" };
        Ok(Done::to(
            here.t
                .path(&format!("/registers/{kind}/{owner}/{id}?done={done}")),
        ))
    };
    let page = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &*again;
        super::record::build_one(here, kind, owner, id, Some(entry))
    };
    submit(house, reader, posted, act, page).await
}

/// Where the readers of a merged record are sent; nobody who asked for the record itself.
pub(super) fn leads_on(here: &Here<'_>, record: &RecordPage) -> Option<String> {
    let stays = record.stays.as_ref()?;
    here.reader
        .query
        .is_empty()
        .then(|| here.t.path(&of(&record.kind, stays)))
}

fn of(kind: &Kind, one: &Standing) -> String {
    format!("/registers/{}/{}/{}", kind.id, one.owner, one.id)
}

/// What a record's page says of merges: where it went, what it took, and where one begins.
pub(super) fn parts(here: &Here<'_>, record: &RecordPage) -> Vec<Part> {
    let t = here.t;
    let mut parts = vec![];
    if let Some(stays) = &record.stays {
        parts.push(Part {
            title: t.text("merge-into-title"),
            note: t.text("merge-into-note"),
            link: Some(Link::to(
                t.with1("merge-into", "name", stays.name.as_str()),
                t.path(&of(&record.kind, stays)),
            )),
            ..Part::default()
        });
    }
    if !record.merged.is_empty() {
        let row = |one: &Standing| {
            let path = format!("{}?merged=yes", of(&record.kind, one));
            vec![
                Link::to(&*one.name, t.path(&path)),
                Link::plain(format!("{}/{}", one.owner, one.id)),
            ]
        };
        parts.push(Part {
            title: t.text("merge-took-title"),
            table: Some(Table {
                id: "merged".into(),
                caption: t.text("merge-took-title"),
                columns: vec![
                    Column::words(t.text("record")),
                    Column::short(t.text("record-id")),
                ],
                rows: record.merged.iter().map(row).collect(),
            }),
            ..Part::default()
        });
    }
    if record.may_change && record.view.state == app::RecordState::Filed {
        parts.push(Part {
            title: t.text("merge-title"),
            note: t.text("merge-when"),
            link: Some(Link::to(
                t.text("merge-begin"),
                t.path(&format!("{}/merge", address(&record.kind, &record.view))),
            )),
            ..Part::default()
        });
    }
    parts
}

/// The way back, for whoever may take it.
pub(super) fn form(here: &Here<'_>, record: &RecordPage) -> Option<PostForm> {
    let t = here.t;
    record.may_part.then(|| PostForm {
        id: "part".into(),
        title: t.text("merge-part"),
        note: t.text("merge-part-note"),
        action: t.path(&format!("{}/part", address(&record.kind, &record.view))),
        hidden: vec![("version".into(), record.view.version.to_string())],
        fields: vec![Field {
            name: "reason".into(),
            label: t.text("merge-reason"),
            kind: FieldKind::Area,
            ..Field::default()
        }],
        button: t.text("merge-part-go"),
        ..PostForm::default()
    })
}

/// What a version had to do with a merge, in a sentence.
pub(super) fn said(t: Texts<'_>, note: &MergeNote) -> String {
    let key = match note.step {
        MergeStep::Into => "merge-step-into",
        MergeStep::Took => "merge-step-took",
        MergeStep::Parted => "merge-step-parted",
        MergeStep::GaveBack => "merge-step-gave-back",
    };
    let other = format!("{}/{}", note.owner, note.id);
    t.with(
        key,
        &[
            ("other", other.as_str().into()),
            ("reason", note.reason.as_str().into()),
        ],
    )
}
