//! Editions of the follow-up: the list, and one edition's page, which tells whoever looks what to do next.

use std::sync::Arc;

use app::{Action, EditionLine, EditionView, Kept, Stage, Step, Typed, WordFault};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::{Lang, Period, Refusal};

use super::work::{done, seen_version};
use super::{Answer, Here, at_desk, name_of, shell};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{
    Choice, Column, Download, Field, FieldKind, Link, PostForm, Section, Shell, StepState, Table, Term,
};

#[derive(Template)]
#[template(path = "pages/editions.html")]
struct ListPage<'a> {
    t: Texts<'a>,
    shell: Shell,
    published: Option<Table>,
    preparing: Option<Table>,
    faults: Vec<Field>,
    forms: Vec<PostForm>,
}

/// `GET /editions`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let editions = here.desk.editions(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "editions", &editions, Vec::new);
    }
    let (published, preparing): (Vec<_>, Vec<_>) = editions
        .into_iter()
        .partition(|line| line.stage == Stage::Published);
    let forms = if here.may(Action::WriteDraft) {
        vec![start_form(here, entry, &published)]
    } else {
        vec![]
    };
    Answer::page(&ListPage {
        published: table(t, "published", &published),
        preparing: table(t, "preparing", &preparing),
        faults: entry.faults(t, forms.iter().flat_map(|form| &form.fields)),
        forms,
        shell: shell(
            here.site,
            here.reader,
            t.text("editions-title"),
            Section::Editions,
            vec![],
        ),
        t,
    })
}

/// The form that starts an edition: its year, the day up to which observations are known, and the one that it follows.
fn start_form(here: &Here<'_>, entry: &Entry, published: &[EditionLine]) -> PostForm {
    let t = here.t;
    let today = here.visit.today();
    let field = |name: &str, label: &str, support: &str, first: String| {
        let typed = entry.field(t, name, t.text(label));
        Field {
            required: true,
            support: t.text(support),
            value: if entry.is_blank() {
                first
            } else {
                typed.value.clone()
            },
            ..typed
        }
    };
    let last = published
        .iter()
        .max_by_key(|line| line.published.as_ref().map(|one| one.at));
    let none = Choice::new("", t.text("edition-follows-none"));
    let choices = published
        .iter()
        .map(|line| Choice::new(line.id.as_str(), format!("{}（{}）", name(t, line), line.id)));
    PostForm {
        id: "start".into(),
        title: t.text("edition-start"),
        note: t.text("edition-start-note"),
        action: t.path("/editions"),
        fields: vec![
            field(
                "year",
                "report-year",
                "round-period-support",
                Period::containing(today).to_string(),
            ),
            field(
                "as_of",
                "edition-as-of",
                "edition-as-of-support",
                today.to_string(),
            ),
            Field {
                required: false,
                kind: FieldKind::Select,
                choices: std::iter::once(none).chain(choices).collect(),
                ..field(
                    "follows",
                    "edition-follows",
                    "edition-follows-support",
                    last.map_or_else(String::new, |line| line.id.clone()),
                )
            },
        ],
        button: t.text("edition-start-go"),
        solid: true,
        ..PostForm::default()
    }
}

/// `POST /editions`
pub async fn start(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let year = super::rounds::year(entry.value("year")).map_err(|refusal| Refusal {
            kind: "year",
            ..refusal
        })?;
        let as_of = vocab::codes::parse_date(entry.value("as_of")).map_err(|refusal| Refusal {
            kind: "as_of",
            ..refusal
        })?;
        let follows = Some(entry.value("follows")).filter(|id| !id.is_empty());
        let id = here.desk.start_edition(&here.visit, year, as_of, follows)?;
        Ok(Done::to(here.t.path(&format!("/editions/{id}"))))
    };
    submit(house, reader, posted, act, build_list).await
}

fn table(t: Texts<'_>, id: &str, lines: &[EditionLine]) -> Option<Table> {
    let rows = lines.iter().map(|line| {
        let published = line.published.as_ref();
        vec![
            Link::to(name(t, line), t.path(&format!("/editions/{}", line.id))),
            Link::plain(&line.id),
            Link::plain(t.date(line.as_of)),
            Link::plain(stage(t, line.stage)),
            Link::plain(published.map_or_else(String::new, |one| one.seal.chars().take(16).collect())),
        ]
    });
    (!lines.is_empty()).then(|| Table {
        id: id.into(),
        caption: t.text("edition-caption"),
        columns: vec![
            Column::words(t.text("editions-title")),
            Column::short(t.text("edition-id")),
            Column::short(t.text("edition-as-of")),
            Column::short(t.text("edition-stage")),
            Column::short(t.text("edition-seal")),
        ],
        rows: rows.collect(),
    })
}

pub(crate) fn name(t: Texts<'_>, line: &EditionLine) -> String {
    t.with1("edition-name", "year", line.fiscal_year.label(t.lang()))
}

fn stage(t: Texts<'_>, stage: Stage) -> String {
    t.text(match stage {
        Stage::Draft => "stage-draft",
        Stage::Comments => "stage-comments",
        Stage::HandedIn => "stage-handed-in",
        Stage::Published => "stage-published",
    })
}

#[derive(Template)]
#[template(path = "pages/edition.html")]
struct EditionPage<'a> {
    t: Texts<'a>,
    shell: Shell,
    stages: Vec<crate::ui::Step>,
    next: Vec<String>,
    sent_back: String,
    read: Vec<Link>,
    facts: Vec<Term>,
    faults: Vec<(String, String)>,
    words: Option<Table>,
    private: bool,
    comments: Option<Table>,
    refused: Vec<Field>,
    done: String,
    forms: Vec<PostForm>,
    files: Vec<Download>,
}

/// `GET /editions/{id}`
pub async fn page(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, name_of(&file), &Entry::default())
    })
    .await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let view = here.desk.edition(&here.visit, id)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, &view.line.id, &view, Vec::new);
    }
    let crumbs = vec![Link::to(t.text("editions-title"), t.path("/editions"))];
    let title = name(t, &view.line);
    let forms = forms(here, &view, entry);
    Answer::page(&EditionPage {
        refused: entry.faults(t, forms.iter().flat_map(|form| &form.fields)),
        done: done(here),
        forms,
        ..build(
            t,
            here,
            &view,
            shell(here.site, here.reader, title, Section::Editions, crumbs),
        )
    })
}

/// What the one who looks can do, a form each.
fn forms(here: &Here<'_>, view: &EditionView, entry: &Entry) -> Vec<PostForm> {
    let t = here.t;
    let steps = view.steps.iter();
    steps
        .flat_map(|step| step_forms(here, view, entry, *step, t))
        .collect()
}

fn step_forms(here: &Here<'_>, view: &EditionView, entry: &Entry, step: Step, t: Texts<'_>) -> Vec<PostForm> {
    let form = |what: &str, title: &str, note: &str, button: &str| PostForm {
        id: what.into(),
        title: t.text(title),
        note: t.text(note),
        action: t.path(&format!("/editions/{}", view.line.id)),
        hidden: vec![
            ("do".into(), what.into()),
            ("version".into(), view.version.to_string()),
        ],
        button: t.text(button),
        ..PostForm::default()
    };
    let area = |name: &str, label: &str, support: String| Field {
        required: true,
        support,
        kind: FieldKind::Area,
        ..entry.field(t, name, t.text(label))
    };
    match step {
        Step::Write => {
            let mut form = form("words", "edition-write", "edition-write-note", "save");
            form.fields = word_fields(here, view, entry);
            vec![form]
        }
        Step::Open => vec![form(
            "open",
            "edition-open",
            "edition-open-note",
            "edition-open-go",
        )],
        Step::Comment => {
            let mut form = form(
                "comment",
                "edition-comment",
                "edition-comment-note",
                "edition-comment-go",
            );
            form.fields = vec![
                topic_field(t, view, entry, "about", ""),
                area("text", "edition-comment-text", String::new()),
            ];
            form.solid = true;
            vec![form]
        }
        Step::Answer => {
            let open = view.comments.iter().filter(|kept| kept.value.answer.is_none());
            open.map(|kept| {
                let name = format!("reply-{}", kept.id);
                let mut form = form(&name, "edition-reply", "edition-reply-note", "edition-reply-go");
                form.hidden.push(("comment".into(), kept.id.clone()));
                form.note = format!("{}: {}", topic(t, view, &kept.value.about), kept.value.text);
                form.fields = vec![area(&name, "edition-comment-answer", String::new())];
                form
            })
            .collect()
        }
        Step::HandIn => vec![form(
            "hand-in",
            "edition-hand-in",
            "edition-hand-in-note",
            "edition-hand-in-go",
        )],
        Step::Decide => {
            let mut publish = form(
                "publish",
                "edition-publish",
                "edition-publish-note",
                "edition-publish-go",
            );
            publish.solid = true;
            let mut back = form(
                "send-back",
                "batch-send-back",
                "edition-send-back-note",
                "batch-send-back-go",
            );
            back.fields = vec![area(
                "why",
                "batch-send-back-reason",
                t.text("batch-send-back-support"),
            )];
            vec![publish, back]
        }
        Step::Mend | Step::Follow => vec![],
    }
}

/// What a passage is about.
fn topic_field(t: Texts<'_>, view: &EditionView, entry: &Entry, name: &str, first: &str) -> Field {
    let typed = entry.field(t, name, t.text("edition-about"));
    let summary = Choice::new(::plan::Passage::SUMMARY, t.text("edition-summary"));
    let topics = view
        .topics
        .iter()
        .map(|(id, title)| Choice::new(id.as_str(), title.get(t.lang())));
    Field {
        required: true,
        kind: FieldKind::Select,
        choices: std::iter::once(summary).chain(topics).collect(),
        value: if entry.is_blank() {
            first.to_owned()
        } else {
            typed.value.clone()
        },
        ..typed
    }
}

/// One passage, in both languages; the address names which.
fn word_fields(here: &Here<'_>, view: &EditionView, entry: &Entry) -> Vec<Field> {
    let t = here.t;
    let about = here.reader.value("about").unwrap_or(::plan::Passage::SUMMARY);
    let kept = view.passages.iter().find(|typed| typed.about == about);
    let area = |name: &str, label: &str, first: &str| {
        let typed = entry.field(t, name, t.text(label));
        Field {
            kind: FieldKind::Area,
            support: t.text("edition-words-support"),
            value: if entry.is_blank() {
                first.to_owned()
            } else {
                typed.value.clone()
            },
            ..typed
        }
    };
    vec![
        topic_field(t, view, entry, "about", about),
        area("ja", "edition-fault-lang-ja", kept.map_or("", |typed| &typed.ja)),
        area("en", "edition-fault-lang-en", kept.map_or("", |typed| &typed.en)),
    ]
}

/// The words with one passage replaced, added or, where it is empty in both languages, taken away.
fn with_passage(view: &EditionView, entry: &Entry) -> Vec<Typed> {
    let fresh = Typed {
        about: entry.value("about").to_owned(),
        ja: entry.value("ja").to_owned(),
        en: entry.value("en").to_owned(),
    };
    let mut words = view.passages.clone();
    match words.iter().position(|typed| typed.about == fresh.about) {
        Some(at) if fresh.ja.is_empty() && fresh.en.is_empty() => {
            words.remove(at);
        }
        Some(at) => words[at] = fresh,
        None => words.push(fresh),
    }
    words
}

/// `POST /editions/{id}`: what to do is in `do`.
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (desk, visit) = (here.desk, &here.visit);
        let done = match entry.value("do") {
            "words" => {
                let words = with_passage(&desk.edition(visit, &id)?, entry);
                desk.save_passages(visit, &id, seen_version(entry), words)
                    .map(|_| "saved")?
            }
            "open" => desk.open_for_comments(visit, &id).map(|()| "opened-comments")?,
            "comment" => desk
                .comment(visit, &id, entry.value("about"), entry.value("text"))
                .map(|_| "commented")?,
            "hand-in" => desk.hand_in(visit, &id).map(|()| "handed-in")?,
            "publish" => desk.publish(visit, &id).map(|_| "published")?,
            "send-back" => desk
                .send_back(visit, &id, entry.value("why"))
                .map(|()| "sent-back")?,
            reply => desk
                .answer_comment(visit, &id, entry.value("comment"), entry.value(reply))
                .map(|()| "replied")?,
        };
        let about = match entry.value("about") {
            about
                if done == "saved"
                    && about
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) =>
            {
                format!("&about={about}")
            }
            _ => String::new(),
        };
        Ok(Done::to(
            here.t.path(&format!("/editions/{id}?done={done}{about}")),
        ))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

/// `GET /editions/{id}/edition.json`: the sealed file, to the byte.
pub async fn export(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let bytes = here.desk.export(&here.visit, &id)?;
        let name = format!("{id}.edition.json");
        Ok(Answer::file(bytes, "application/json; charset=utf-8", &name))
    })
    .await
}

fn build<'a>(t: Texts<'a>, here: &Here<'_>, view: &EditionView, shell: Shell) -> EditionPage<'a> {
    let line = &view.line;
    let private = line.stage != Stage::Published;
    let address = |rest: &str| t.path(&format!("/editions/{}{rest}", line.id));
    let report = if private {
        "edition-read-draft"
    } else {
        "edition-read-report"
    };
    let mut read = vec![Link::to(t.text(report), address("/report"))];
    if let Some(before) = &line.follows {
        read.push(Link::to(
            t.text("edition-compare"),
            address(&format!("/compare/{before}")),
        ));
    }
    let stages =
        [Stage::Draft, Stage::Comments, Stage::HandedIn, Stage::Published].map(|one| crate::ui::Step {
            link: Link::plain(stage(t, one)),
            state: match one.cmp(&line.stage) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal => StepState::Current,
                std::cmp::Ordering::Greater => StepState::Ahead,
            },
        });
    let file = |text: &str, rest: &str, kind: &str| Download {
        link: Link::to(t.text(text), address(rest)),
        kind: kind.into(),
        note: String::new(),
    };
    let mut files = vec![
        file("download-xlsx", "/report.xlsx", "Excel"),
        file("download-json", "/report.json", "JSON"),
        file("edition-sdmx", "/report.sdmx.csv", "SDMX-CSV"),
    ];
    if !private {
        files.push(file("edition-file", "/edition.json", "JSON"));
    }
    EditionPage {
        stages: stages.into(),
        next: next(t, view),
        sent_back: view.sent_back.clone().unwrap_or_default(),
        read,
        facts: facts(t, line),
        faults: view
            .faults
            .iter()
            .map(|fault| fault_words(t, view, fault))
            .collect(),
        words: words(t, view),
        private,
        comments: comments(t, here, view),
        refused: vec![],
        done: String::new(),
        forms: vec![],
        files,
        shell,
        t,
    }
}

fn next(t: Texts<'_>, view: &EditionView) -> Vec<String> {
    let steps = view.steps.iter().map(|step| match step {
        Step::Write => "step-write",
        Step::Mend => "step-mend",
        Step::Open => "step-open",
        Step::Comment => "step-comment",
        Step::Answer => "step-answer",
        Step::HandIn => "step-hand-in",
        Step::Decide => "step-decide",
        Step::Follow => "step-follow",
    });
    let mut keys: Vec<&str> = steps.collect();
    if keys.is_empty() {
        keys.extend(match view.line.stage {
            Stage::Draft => Some("step-wait-draft"),
            Stage::Comments => Some("step-wait-comments"),
            Stage::HandedIn => Some("step-wait-handed-in"),
            Stage::Published => None,
        });
    }
    keys.into_iter().map(|key| t.text(key)).collect()
}

fn facts(t: Texts<'_>, line: &EditionLine) -> Vec<Term> {
    let mut facts = vec![
        Term::new(t.text("edition-id"), line.id.clone()),
        Term::new(t.text("report-year"), t.period(line.fiscal_year)),
        Term::new(t.text("edition-as-of"), t.date(line.as_of)),
    ];
    if let Some(before) = &line.follows {
        facts.push(Term {
            name: t.text("edition-follows"),
            values: vec![Link::to(before, t.path(&format!("/editions/{before}")))],
        });
    }
    if let Some(published) = &line.published {
        let day = app::in_japan(published.at).date();
        facts.push(Term::new(t.text("edition-published-at"), t.date(day)));
        facts.push(Term::new(t.text("edition-seal"), published.seal.clone()));
        let ends = published
            .heads
            .iter()
            .map(|head| Link::plain(format!("{} {}: {}", head.owner, head.seq, head.seal)));
        facts.push(Term {
            name: t.text("edition-anchor"),
            values: ends.collect(),
        });
    }
    facts
}

fn topic(t: Texts<'_>, view: &EditionView, about: &str) -> String {
    let known = view.topics.iter().find(|(id, _)| id == about);
    match known {
        Some((_, title)) => title.get(t.lang()).to_owned(),
        None if about == ::plan::Passage::SUMMARY => t.text("edition-summary"),
        None => about.to_owned(),
    }
}

fn fault_words(t: Texts<'_>, view: &EditionView, fault: &WordFault) -> (String, String) {
    let about = view.passages.get(fault.passage).map_or("", |one| &one.about);
    let lang = if fault.lang.as_deref() == Some("en") {
        "edition-fault-lang-en"
    } else {
        "edition-fault-lang-ja"
    };
    let place = t.with(
        "edition-fault",
        &[
            ("about", topic(t, view, about).into()),
            ("lang", t.text(lang).into()),
            ("column", fault.column.into()),
            ("quote", fault.quote.as_str().into()),
        ],
    );
    let say = match t.lang() {
        Lang::Ja => &fault.ja,
        Lang::En => &fault.en,
    };
    (place, say.clone())
}

fn words(t: Texts<'_>, view: &EditionView) -> Option<Table> {
    let rows = view.passages.iter().map(|typed| {
        let name = topic(t, view, &typed.about);
        let first = if view.steps.contains(&Step::Write) {
            Link::to(
                name,
                format!(
                    "{}#words",
                    t.path(&format!("/editions/{}?about={}", view.line.id, typed.about))
                ),
            )
        } else {
            Link::plain(name)
        };
        vec![
            first,
            Link::plain(typed.ja.clone()),
            Link::plain(typed.en.clone()),
        ]
    });
    (!view.passages.is_empty()).then(|| Table {
        id: "words-table".into(),
        caption: t.text("edition-words-caption"),
        columns: vec![
            Column::words(t.text("edition-about")),
            Column::words(t.text("edition-fault-lang-ja")),
            Column::words(t.text("edition-fault-lang-en")),
        ],
        rows: rows.collect(),
    })
}

fn comments(t: Texts<'_>, here: &Here<'_>, view: &EditionView) -> Option<Table> {
    let row = |kept: &Kept<app::Comment>| {
        let comment = &kept.value;
        let answer = comment.answer.as_ref();
        let answer = answer.map_or_else(|| t.text("edition-comment-open"), |one| one.text.clone());
        [
            topic(t, view, &comment.about),
            comment.text.clone(),
            here.name_of(&comment.by),
            answer,
        ]
        .map(Link::plain)
        .into()
    };
    (!view.comments.is_empty()).then(|| Table {
        id: "comments-table".into(),
        caption: t.text("edition-comments"),
        columns: vec![
            Column::words(t.text("edition-about")),
            Column::words(t.text("edition-comment-text")),
            Column::short(t.text("edition-comment-by")),
            Column::words(t.text("edition-comment-answer")),
        ],
        rows: view.comments.iter().map(row).collect(),
    })
}
