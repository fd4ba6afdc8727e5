//! The page on which signed-in people work: what is so, what can be done about it, and what was refused. One template for all of them, so that
//! forms, faults and tables stand in the same place everywhere.

use app::Kept;
use askama::Template;
use jiff::Timestamp;

use super::{Here, shell};
use crate::form::Entry;
use crate::i18n::Texts;
use crate::ui::{Choice, Download, Field, FieldKind, Link, PostForm, Section, Shell, Table, Term};

/// A page of work.
#[derive(Template)]
#[template(path = "pages/work.html")]
pub(crate) struct Work<'a> {
    /// The words.
    pub t: Texts<'a>,
    /// The frame.
    pub shell: Shell,
    /// What the page is for, in a sentence; may be empty.
    pub lead: String,
    /// What was done just before; may be empty.
    pub done: String,
    /// What is to be done next, for whoever looks; may be empty.
    pub next: String,
    /// Steps that can be taken now, each on a page of its own.
    pub steps: Vec<Link>,
    /// What was refused.
    pub faults: Vec<Field>,
    /// A secret that is shown this once, with what to do with it.
    pub handed: Option<Handed>,
    /// What is so.
    pub facts: Vec<Term>,
    /// What the list can be narrowed by.
    pub search: Option<Search>,
    /// A list, if the page has one.
    pub table: Option<Table>,
    /// Said in place of a list without rows.
    pub empty: String,
    /// Where the list goes on.
    pub more: Option<Link>,
    /// What else there is to see.
    pub parts: Vec<Part>,
    /// Another way on.
    pub way: Option<Link>,
    /// What can be done.
    pub forms: Vec<PostForm>,
    /// The list to take away.
    pub files: Vec<Download>,
}

/// What a list can be narrowed by, in its address.
pub(crate) struct Search {
    /// What it is for; empty where something is sought.
    pub title: String,
    /// Address of the list.
    pub action: String,
    /// What is typed.
    pub fields: Vec<Field>,
    /// The list without it, if it is narrowed.
    pub again: Option<Link>,
    /// The list as it is often narrowed.
    pub views: Vec<Link>,
}

/// One of a few, or any: what a list is narrowed by.
pub(crate) fn narrowing(
    t: Texts<'_>,
    name: &str,
    label: String,
    chosen: &str,
    options: Vec<Choice>,
) -> Field {
    Field {
        name: name.to_owned(),
        label,
        value: chosen.to_owned(),
        choices: std::iter::once(Choice::new("", t.text("register-any")))
            .chain(options)
            .collect(),
        kind: FieldKind::Select,
        ..Field::default()
    }
}

/// A part of the page under its own heading.
#[derive(Default)]
pub(crate) struct Part {
    /// Its heading.
    pub title: String,
    /// What it shows; may be empty.
    pub note: String,
    /// Sentences.
    pub lines: Vec<String>,
    /// What is so.
    pub facts: Vec<Term>,
    /// A table.
    pub table: Option<Table>,
    /// Where to go on.
    pub link: Option<Link>,
}

/// A secret that is shown once.
pub(crate) struct Handed {
    /// What it is.
    pub title: String,
    /// What to do with it.
    pub note: String,
    /// The secret.
    pub text: String,
}

impl<'a> Work<'a> {
    /// An empty page; `crumbs` lead to it.
    pub(crate) fn new(here: &Here<'a>, title: String, crumbs: Vec<Link>) -> Self {
        Self {
            t: here.t,
            shell: shell(here.site, here.reader, title, Section::People, crumbs),
            lead: String::new(),
            done: done(here),
            next: String::new(),
            steps: vec![],
            faults: vec![],
            handed: None,
            facts: vec![],
            search: None,
            table: None,
            empty: String::new(),
            more: None,
            parts: vec![],
            way: None,
            forms: vec![],
            files: vec![],
        }
    }

    /// With forms, and with what was refused of one of them.
    #[must_use]
    pub(crate) fn with_forms(self, entry: &Entry, mut forms: Vec<PostForm>) -> Self {
        for field in forms.iter_mut().flat_map(|form| &mut form.fields) {
            if field.error.is_empty() {
                field.error = entry.error(self.t, &field.name);
            }
        }
        let faults = entry.faults(self.t, forms.iter().flat_map(|form| &form.fields));
        Self {
            faults,
            forms,
            ..self
        }
    }
}

/// What the page before says was done: it sends one here with `?done=`.
pub(crate) fn done(here: &Here<'_>) -> String {
    let key = match here.reader.value("done") {
        Some("saved") => "done-saved",
        Some("filed") => "done-filed",
        Some("added") => "done-added",
        Some("password") => "done-password",
        Some("shut-out") => "done-shut-out",
        Some("let-in") => "done-let-in",
        Some("signed-out") => "done-signed-out",
        Some("opened") => "done-opened",
        Some("reminded") => "done-reminded",
        Some("closed") => "done-closed",
        Some("handed-in") => "done-handed-in",
        Some("received") => "done-received",
        Some("approved") => "done-approved",
        Some("sent-back") => "done-sent-back",
        Some("withdrawn") => "done-withdrawn",
        Some("taken") => "done-taken",
        Some("submitted") => "done-submitted",
        Some("opened-comments") => "done-opened-comments",
        Some("commented") => "done-commented",
        Some("replied") => "done-replied",
        Some("published") => "done-published",
        Some("case") => "done-case",
        Some("said") => "done-said",
        Some("merged") => "done-merged",
        Some("parted") => "done-parted",
        Some("parted-alone") => "done-parted-alone",
        Some("key-ended") => "done-key-ended",
        _ => return String::new(),
    };
    here.t.text(key)
}

/// The version of a record that a form was made from, to be sent back with it.
pub(crate) fn seen<T>(kept: &Kept<T>) -> (String, String) {
    ("version".to_owned(), kept.version.to_string())
}

/// The version that a form was made from; one that was never written if it is missing, so that nothing is overwritten unseen.
pub(crate) fn seen_version(entry: &Entry) -> u32 {
    entry.value("version").parse().unwrap_or(u32::MAX)
}

/// Date and time in Japan: 2026年6月1日 9:30; 1 June 2026, 9:30.
pub(crate) fn moment(t: Texts<'_>, at: Timestamp) -> String {
    let there = app::in_japan(at);
    let time = format!("{}:{:02}", there.hour(), there.minute());
    t.with(
        "moment",
        &[("date", t.date(there.date()).into()), ("time", time.into())],
    )
}
