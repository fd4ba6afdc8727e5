//! Editions of the follow-up: the list, and one edition's page, which tells whoever looks what to do next.

use app::{EditionLine, EditionView, Kept, Stage, Step, WordFault};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::Lang;

use super::{Answer, desk_answer, name_of, shell};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{Column, Download, Link, Section, Shell, StepState, Table, Term};

#[derive(Template)]
#[template(path = "pages/editions.html")]
struct ListPage<'a> {
    t: Texts<'a>,
    shell: Shell,
    published: Option<Table>,
    preparing: Option<Table>,
}

/// `GET /editions`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    desk_answer(house, reader, |desk, visit, site, reader| {
        let editions = desk.editions(visit)?;
        if reader.form != Form::Page {
            return Answer::data(reader.form, "editions", &editions, Vec::new);
        }
        let t = site.texts(reader.lang);
        let (published, preparing): (Vec<_>, Vec<_>) = editions
            .into_iter()
            .partition(|line| line.stage == Stage::Published);
        Answer::page(&ListPage {
            published: table(t, "published", &published),
            preparing: table(t, "preparing", &preparing),
            shell: shell(site, reader, t.text("editions-title"), Section::Editions, vec![]),
            t,
        })
    })
    .await
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
    files: Vec<Download>,
}

/// `GET /editions/{id}`
pub async fn page(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    desk_answer(house, reader, move |desk, visit, site, reader| {
        let view = desk.edition(visit, name_of(&file))?;
        if reader.form != Form::Page {
            return Answer::data(reader.form, &view.line.id, &view, Vec::new);
        }
        let t = site.texts(reader.lang);
        let crumbs = vec![Link::to(t.text("editions-title"), t.path("/editions"))];
        let title = name(t, &view.line);
        Answer::page(&build(
            t,
            &view,
            shell(site, reader, title, Section::Editions, crumbs),
        ))
    })
    .await
}

/// `GET /editions/{id}/edition.json`: the sealed file, to the byte.
pub async fn export(State(house): State<House>, reader: Reader, Path(id): Path<String>) -> Response {
    desk_answer(house, reader, move |desk, visit, _, _| {
        let bytes = desk.export(visit, &id)?;
        let name = format!("{id}.edition.json");
        Ok(Answer::file(bytes, "application/json; charset=utf-8", &name))
    })
    .await
}

fn build<'a>(t: Texts<'a>, view: &EditionView, shell: Shell) -> EditionPage<'a> {
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
        comments: comments(t, view),
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
        // Japan has had no summer time since 1951, so its time is a fixed offset.
        let day = jiff::tz::Offset::constant(9).to_datetime(published.at).date();
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
        [topic(t, view, &typed.about), typed.ja.clone(), typed.en.clone()]
            .map(Link::plain)
            .into()
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

fn comments(t: Texts<'_>, view: &EditionView) -> Option<Table> {
    let row = |kept: &Kept<app::Comment>| {
        let comment = &kept.value;
        let answer = comment.answer.as_ref();
        let answer = answer.map_or_else(|| t.text("edition-comment-open"), |one| one.text.clone());
        [
            topic(t, view, &comment.about),
            comment.text.clone(),
            comment.by.clone(),
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
