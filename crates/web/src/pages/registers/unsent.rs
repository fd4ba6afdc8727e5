//! What somebody typed into a register's form before and has not sent: it stands in the form again when they come back, says so, and can be thrown
//! away. Where the record has moved on since, it stands beside the form, and only its author decides what becomes of it.

use std::collections::BTreeSet;

use app::{FormOf, RegisterEntry, UnsentForm};
use plan::{Kind, Shape};
use vocab::Refusal;

use super::form::{Given, fields};
use super::name;
use crate::form::{Done, Entry};
use crate::i18n::Texts;
use crate::pages::work::{Part, moment, seen_version};
use crate::pages::{Answer, Here};
use crate::ui::{Column, Field, FieldKind, Link, PostForm, Table, Term};

/// What was typed before into the form that is being shown.
pub(super) struct Before {
    action: String,
    typed: Option<UnsentForm>,
    /// What of it differs from the record as it is now, where that has moved on and nothing was decided yet.
    beside: Vec<Term>,
    given: Given,
}

impl Before {
    /// Of a form that shows what was just refused: nothing else is put in its place.
    pub fn refused(given: Given) -> Self {
        Self {
            action: String::new(),
            typed: None,
            beside: vec![],
            given,
        }
    }

    /// Of a form that would show what is `given`, for the fields that are filled in there.
    pub fn of(
        here: &Here<'_>,
        (form, kind, fill): (FormOf<'_>, &Kind, &BTreeSet<&str>),
        kept: Option<&RegisterEntry>,
        given: Given,
    ) -> Result<Self, Refusal> {
        let nothing = Self::refused(given);
        if here.reader.by_key {
            return Ok(nothing);
        }
        let Some(typed) = here.desk.unsent(&here.visit, form)? else {
            return Ok(nothing);
        };
        let now = nothing.given;
        let mut then = Given::new();
        for (name, value) in &typed.fields {
            then.entry(name.clone()).or_default().push(value.clone());
        }
        // Files are not kept with what was typed: those of the record stay.
        let is_file = |name: &str| {
            let field = kind.field(name);
            field.is_some_and(|field| matches!(field.shape, Shape::Attachment { .. }))
        };
        let files = now.iter().filter(|(name, _)| is_file(name));
        then.extend(files.map(|(name, texts)| (name.clone(), texts.clone())));
        let was = fields(here, kind, fill, &now, &[]);
        let different: Vec<Term> = fields(here, kind, fill, &then, &[])
            .iter()
            .filter(|control| {
                was.iter()
                    .find(|one| one.name == control.name)
                    .is_none_or(|one| differs(one, control))
            })
            .map(|control| Term::new(&*control.label, said(here.t, control)))
            .collect();
        if different.is_empty() {
            return Ok(Self::refused(now));
        }
        let moved = typed.version != kept.map_or(0, |view| view.version);
        let beside = moved && here.reader.value("typed") != Some("again");
        Ok(Self {
            action: here.t.path(&form.path()),
            typed: Some(typed),
            beside: if beside { different } else { vec![] },
            given: if beside { now } else { then },
        })
    }

    /// What the form shows.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// What a form says when it cannot keep what is typed; empty where it keeps nothing, so that what stands beside it is not lost.
    pub fn keep(&self, t: Texts<'_>) -> String {
        if self.beside.is_empty() {
            t.text("unsent-failed")
        } else {
            String::new()
        }
    }

    /// What whoever comes back is told; may be empty.
    pub fn note(&self, t: Texts<'_>) -> String {
        let Some(typed) = &self.typed else {
            return String::new();
        };
        let at = moment(t, typed.at);
        if self.beside.is_empty() {
            t.with1("unsent-shown", "at", at)
        } else {
            t.with1("unsent-beside", "at", at)
        }
    }

    /// What was typed, where it stands beside the form, and the way to put it there.
    pub fn part(&self, t: Texts<'_>) -> Option<Part> {
        (!self.beside.is_empty()).then(|| Part {
            title: t.text("unsent-typed"),
            facts: self.beside.clone(),
            link: Some(Link::to(
                t.text("unsent-again"),
                format!("{}?typed=again", self.action),
            )),
            ..Part::default()
        })
    }

    /// The way to throw it away.
    pub fn discard(&self, t: Texts<'_>) -> Option<PostForm> {
        self.typed.as_ref().map(|_| PostForm {
            id: "discard".into(),
            action: self.action.clone(),
            hidden: vec![("do".into(), "discard".into())],
            button: t.text("unsent-discard"),
            ..PostForm::default()
        })
    }
}

/// Whether a control was answered in another way. A browser ends lines as it likes.
fn differs(one: &Field, other: &Field) -> bool {
    !one.value.lines().eq(other.value.lines())
}

/// What stands in a control, in words.
fn said(t: Texts<'_>, control: &Field) -> String {
    let chosen: Vec<&str> = match control.kind {
        FieldKind::Boxes => control.value.split(' ').collect(),
        _ => vec![&control.value],
    };
    let label = |value: &str| {
        let choice = control.choices.iter().find(|choice| choice.value == value);
        choice.map_or_else(|| value.to_owned(), |choice| choice.label.clone())
    };
    if control.value.trim().is_empty() {
        return t.text("record-blank");
    }
    chosen.into_iter().map(label).collect::<Vec<_>>().join(" / ")
}

/// Keeps what was typed so far, or forgets it, where the form says so; none if it is to be saved.
pub(super) fn taken(here: &Here<'_>, form: FormOf<'_>, entry: &Entry) -> Result<Option<Done>, Refusal> {
    let t = here.t;
    match entry.value("do") {
        "keep" => {
            let typed: Vec<(String, String)> = entry
                .all()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            here.desk
                .keep_unsent(&here.visit, form, seen_version(entry), &typed)?;
            let now = app::in_japan(here.visit.at);
            let time = format!("{}:{:02}", now.hour(), now.minute());
            let said = t.with1("unsent-kept", "time", time);
            let answer = Answer::file(said.into_bytes(), "text/plain; charset=utf-8", "");
            Ok(Some(Done::shown(answer)))
        }
        "discard" => {
            here.desk.drop_unsent(&here.visit, form)?;
            Ok(Some(Done::to(t.path(&form.path()))))
        }
        _ => Ok(None),
    }
}

/// The forms that somebody began and has not sent, for their page of today's work.
pub(in crate::pages) fn on_today(here: &Here<'_>) -> Result<Option<Part>, Refusal> {
    let t = here.t;
    let list = here.desk.unsent_forms(&here.visit)?;
    let row = |line: &app::UnsentLine| {
        let kind = line.kind.title.get(t.lang());
        let record = match &line.entry {
            Some(entry) => name(&line.kind, entry, t),
            None => t.with1("record-new", "kind", kind),
        };
        vec![
            Link::to(record, t.path(&line.path)),
            Link::plain(match &line.part {
                Some(part) => part.get(t.lang()),
                None => kind,
            }),
            Link::plain(moment(t, line.at)),
        ]
    };
    Ok((!list.is_empty()).then(|| Part {
        title: t.text("unsent-title"),
        table: Some(Table {
            id: "unsent".into(),
            caption: t.text("unsent-title"),
            columns: vec![
                Column::words(t.text("record")),
                Column::words(t.text("unsent-form")),
                Column::short(t.text("record-at")),
            ],
            rows: list.iter().map(row).collect(),
        }),
        ..Part::default()
    }))
}
