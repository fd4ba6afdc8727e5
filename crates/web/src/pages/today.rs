//! The front page of those who work here: what waits for this person, and where to do it.

use std::collections::BTreeSet;

use app::{Task, What};
use axum::extract::State;
use axum::response::Response;
use vocab::Refusal;

use super::cases::page_of;
use super::work::{Part, Work, moment};
use super::{Answer, Here, at_desk};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::ui::{Column, Link, Section, Shell, Table};

/// `GET /today`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build).await
}

fn build(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let tasks = here.desk.today(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(Form::Json, "today", &tasks, Vec::new);
    }
    let rows = tasks.iter().map(|task| {
        vec![
            said(here, task),
            Link::plain(task.due.map_or_else(String::new, |due| {
                let late = due < here.visit.today();
                let key = if late { "today-late" } else { "today-by" };
                t.with1(key, "by", t.date(due))
            })),
        ]
    });
    let mut page = Work {
        lead: if tasks.is_empty() {
            String::new()
        } else {
            t.text("today-lead")
        },
        table: Some(Table {
            id: "tasks".into(),
            caption: t.text("today-title"),
            columns: vec![
                Column::words(t.text("today-what")),
                Column::short(t.text("round-due")),
            ],
            rows: rows.collect(),
        }),
        empty: t.text("today-none"),
        more: beyond(
            t,
            here.desk.more_turns(&here.visit)?,
            |n| t.with1("today-more", "n", n),
            "/cases?turn=yes",
        ),
        ..Work::new(here, t.text("today-title"), vec![])
    };
    page.shell.section = Section::Today;
    page.parts.extend(super::views::on_today(here)?);
    page.parts.extend(super::registers::unsent::on_today(here)?);
    page.parts.extend(news(here)?);
    page.parts.push(places(t, &page.shell));
    Answer::page(&page)
}

/// What this person was told lately.
fn news(here: &Here<'_>) -> Result<Option<Part>, Refusal> {
    let t = here.t;
    let mut list = here.desk.notices(&here.visit)?;
    // One line for each record: the newest. Its page tells the rest.
    let mut seen = BTreeSet::new();
    list.retain(|notice| seen.insert((notice.kind.clone(), notice.owner.clone(), notice.id.clone())));
    let row = |notice: &app::NoticeView| {
        let path = crate::letter::about(notice);
        vec![
            Link::to(format!("{} {}", notice.number, notice.name), t.path(&path)),
            Link::plain(notice.text.get(t.lang())),
            Link::plain(moment(t, notice.at)),
        ]
    };
    let more = here.desk.more_news(&here.visit)?;
    Ok((!list.is_empty()).then(|| Part {
        title: t.text("today-news"),
        table: Some(Table {
            id: "news".into(),
            caption: t.text("today-news"),
            columns: vec![
                Column::words(t.text("case")),
                Column::words(t.text("case-what")),
                Column::short(t.text("record-at")),
            ],
            rows: list.iter().map(row).collect(),
        }),
        link: beyond(t, more, |n| t.with1("today-news-more", "n", n), "/cases"),
        ..Part::default()
    }))
}

/// Where what does not stand here is found, if there is more.
fn beyond(t: Texts<'_>, more: u64, say: impl Fn(usize) -> String, address: &str) -> Option<Link> {
    let more = usize::try_from(more).unwrap_or(usize::MAX);
    (more > 0).then(|| Link::to(say(more), t.path(address)))
}

/// Where this person works, for whom nothing waits or who wants something else.
fn places(t: Texts<'_>, shell: &Shell) -> Part {
    let rows = shell.menu().into_iter().map(|(key, path)| {
        let lead = format!("{}-lead", path.trim_start_matches('/').replace('/', "-"));
        vec![Link::to(t.text(key), t.path(path)), Link::plain(t.text(&lead))]
    });
    Part {
        title: t.text("today-places"),
        table: Some(Table {
            id: "places".into(),
            caption: t.text("today-places"),
            columns: vec![
                Column::words(t.text("today-place")),
                Column::words(t.text("today-place-for")),
            ],
            rows: rows.collect(),
        }),
        ..Part::default()
    }
}

fn said(here: &Here<'_>, task: &Task) -> Link {
    let t = here.t;
    if let Some(line) = &task.case {
        let words = [
            ("name", line.name.as_str().into()),
            ("state", line.state.get(t.lang()).into()),
            ("procedure", line.procedure.get(t.lang()).into()),
        ];
        return Link::to(t.with("today-case", &words), t.path(&page_of(line)));
    }
    let (key, address) = match task.what {
        What::Answer => ("today-answer", format!("/rounds/{}/answer", task.id)),
        What::AnswerReminded => ("today-answer-reminded", format!("/rounds/{}/answer", task.id)),
        What::FinishCorrection => ("today-finish-correction", format!("/rounds/{}/answer", task.id)),
        What::CloseRound => ("today-close-round", format!("/rounds/{}", task.id)),
        What::SettleRound => ("today-settle-round", format!("/rounds/{}", task.id)),
        What::FinishBatch => ("today-finish-batch", format!("/batches/{}", task.id)),
        What::MendBatch => ("today-mend-batch", format!("/batches/{}", task.id)),
        What::ApproveBatch => ("today-approve-batch", format!("/batches/{}", task.id)),
        What::WriteEdition => ("today-write-edition", format!("/editions/{}", task.id)),
        What::AnswerComments => ("today-answer-comments", format!("/editions/{}", task.id)),
        What::CommentEdition => ("today-comment-edition", format!("/editions/{}", task.id)),
        What::PublishEdition => ("today-publish-edition", format!("/editions/{}", task.id)),
        // A case is said above; one without its line is known by its number.
        What::Case => return Link::to(&*task.id, t.path("/cases?turn=yes")),
    };
    let year = task.year.map(|year| year.label(t.lang()));
    let title = match (&task.title, year) {
        (Some(title), Some(year)) => t.with(
            "round-name",
            &[
                ("title", title.get(t.lang()).into()),
                ("year", year.as_str().into()),
            ],
        ),
        (Some(title), None) => title.get(t.lang()).to_owned(),
        (None, Some(year)) => t.with1("today-edition-name", "year", year.as_str()),
        (None, None) => t.text("batch-untitled"),
    };
    Link::to(t.with1(key, "title", title.as_str()), t.path(&address))
}
