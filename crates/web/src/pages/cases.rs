//! Cases: the list of those in which one takes part, what a record's page says of its case, and the page on which one step is taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{
    Acted, By, CaseAct, CaseEvent, CaseLine, CaseQuery, CaseStep, CaseView, Command, Happened, RecordPage,
};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::{Counterpart, Reason};
use vocab::{Lang, Refusal};

use super::registers::files;
use super::registers::form::{elsewhere, fields, given, typed};
use super::registers::json;
use super::registers::{address, found as how_many, name, next_page, to_list};
use super::words::downloads;
use super::work::{Part, Work, moment, narrowing, seen_version};
use super::{Answer, Here, at_desk, shell};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Section, Table, Term};

/// `GET /cases`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_list).await
}

fn build_list(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let value = |name: &str| here.reader.value(name).map(str::to_owned);
    let asked = CaseQuery {
        procedure: value("procedure"),
        state: value("state"),
        turn: value("turn").is_some(),
        words: value("q").unwrap_or_default(),
        after: value("after"),
    };
    let found = here.desk.cases(&here.visit, &asked)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "cases", &found, || vec![sheet(t, &found.rows)]);
    }
    let narrowed = here
        .reader
        .query
        .iter()
        .any(|(_, value)| !value.trim().is_empty());
    let all = Link::to(t.text("register-all"), t.path("/cases"));
    let views = super::views::of_list(here, "/cases", None)?;
    let mut page = Work {
        lead: t.text("cases-lead"),
        search: Some(super::work::Search {
            title: String::new(),
            action: t.path("/cases"),
            fields: search(here, &asked),
            again: narrowed.then_some(all),
            views: views.links,
        }),
        forms: views.form.into_iter().collect(),
        table: Some(Table {
            id: "cases".into(),
            caption: how_many(t, found.found),
            columns: vec![
                Column::words(t.text("case")),
                Column::short(t.text("case-number")),
                Column::words(t.text("case-state")),
                Column::short(t.text("round-due")),
            ],
            rows: found.rows.iter().map(|line| row(here, line)).collect(),
        }),
        empty: t.text("cases-none"),
        more: found
            .next
            .as_ref()
            .map(|next| Link::to(t.text("register-more"), t.path(&next_page(here.reader, next)))),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("cases-title"), vec![])
    };
    page.shell.section = Section::Cases;
    Answer::page(&page)
}

fn search(here: &Here<'_>, asked: &CaseQuery) -> Vec<Field> {
    let t = here.t;
    let plan = here.site.rashin().plan();
    let choice = |id: &str, title: &plan::Text| Choice::new(id, title.get(t.lang()));
    let procedures = plan.procedures.iter().map(|one| choice(&one.id, &one.title));
    let chosen = asked.procedure.as_deref().unwrap_or_default();
    let mut list = vec![
        Field {
            name: "q".into(),
            label: t.text("register-words"),
            support: t.text("cases-words-support"),
            value: asked.words.clone(),
            ..Field::default()
        },
        narrowing(t, "procedure", t.text("procedure"), chosen, procedures.collect()),
    ];
    // The states of one procedure can be chosen once it is.
    if let Some(procedure) = plan.procedure(chosen) {
        let states = procedure.states.iter().map(|one| choice(&one.id, &one.title));
        let chosen = asked.state.as_deref().unwrap_or_default();
        list.push(narrowing(
            t,
            "state",
            t.text("case-state"),
            chosen,
            states.collect(),
        ));
    }
    let mine = vec![Choice::new("yes", t.text("case-turn-mine"))];
    let chosen = if asked.turn { "yes" } else { "" };
    list.push(narrowing(t, "turn", t.text("case-turn"), chosen, mine));
    list
}

fn row(here: &Here<'_>, line: &CaseLine) -> Vec<Link> {
    let t = here.t;
    vec![
        Link::to(line.name.clone(), t.path(&page_of(line))),
        Link::plain(line.number.clone()),
        Link::plain(line.state.get(t.lang())),
        Link::plain(line.due.map_or_else(String::new, |due| t.date(due))),
    ]
}

/// The page of a case is that of its record.
pub(crate) fn page_of(line: &CaseLine) -> String {
    format!("/registers/{}/{}/{}", line.kind, line.owner, line.id)
}

fn sheet(t: Texts<'_>, rows: &[CaseLine]) -> Sheet {
    let row = |line: &CaseLine| {
        vec![
            Cell::text(&line.number),
            Cell::text(&line.name),
            Cell::text(line.procedure.get(t.lang())),
            Cell::text(line.state.get(t.lang())),
            Cell::text(line.due.map_or_else(String::new, |due| due.to_string())),
        ]
    };
    Sheet {
        name: t.text("cases-title"),
        columns: ["case-number", "case", "procedure", "case-state", "round-due"]
            .map(|key| t.text(key))
            .into(),
        rows: rows.iter().map(row).collect(),
    }
}

/// What stands first on a record's page: where its case is, whose turn it is, by when.
pub(super) fn facts(here: &Here<'_>, record: &RecordPage) -> Vec<Term> {
    let t = here.t;
    let Some(case) = &record.case else {
        let state = record.public_state.iter();
        return state
            .map(|state| Term::new(t.text("case-state"), state.get(t.lang())))
            .collect();
    };
    let Some(state) = &case.state else { return vec![] };
    let since = case.since.map_or_else(String::new, |since| moment(t, since));
    let stands = t.with(
        "case-since",
        &[
            ("state", state.title.get(t.lang()).into()),
            ("since", since.into()),
        ],
    );
    let mut list = vec![
        Term::new(t.text("case-number"), case.number.clone()),
        Term::new(t.text("case-state"), stands),
    ];
    for clock in &case.clocks {
        let left = clock.left.abs().to_string();
        let (key, by) = match (clock.by, clock.overdue) {
            (None, _) => ("case-paused", String::new()),
            (Some(by), true) => ("case-overdue", t.date(by)),
            (Some(by), false) if clock.business => ("case-left-business", t.date(by)),
            (Some(by), false) => ("case-left", t.date(by)),
        };
        let said = t.with(key, &[("by", by.into()), ("n", left.into())]);
        list.push(Term::new(clock.title.get(t.lang()), said));
    }
    list
}

/// What the one who looks should know first.
pub(super) fn next(t: Texts<'_>, case: &CaseView) -> String {
    match (&case.state, case.turn) {
        (Some(_), true) if case.steps.is_empty() => t.text("case-your-word"),
        (Some(_), true) => t.text("case-your-turn"),
        _ => String::new(),
    }
}

/// A way on for each step that can be taken.
pub(super) fn steps(here: &Here<'_>, record: &RecordPage, case: &CaseView) -> Vec<Link> {
    let t = here.t;
    let at = address(&record.kind, &record.view);
    let step = |step: &CaseStep| {
        let path = format!("{at}/do/{}", step.transition.id);
        Link::to(step.transition.title.get(t.lang()), t.path(&path))
    };
    case.steps.iter().map(step).collect()
}

/// What has happened, and the forms by which one speaks.
pub(super) fn parts(here: &Here<'_>, record: &RecordPage, case: &CaseView) -> Vec<Part> {
    let t = here.t;
    let rows: Vec<Vec<Link>> = case
        .history
        .iter()
        .rev()
        .filter_map(|event| {
            let (what, said) = told(here, case, event)?;
            Some(vec![
                Link::plain(moment(t, event.at)),
                Link::plain(who(here, &event.by)),
                Link::plain(what),
                Link::plain(said),
            ])
        })
        .collect();
    if rows.is_empty() {
        return vec![];
    }
    let sent = case.history.iter().rev().filter_map(|event| {
        let links = files::links(t, record, event.files().iter().cloned());
        (!links.is_empty()).then(|| Term {
            name: format!("{} {}", moment(t, event.at), who(here, &event.by)),
            values: links,
        })
    });
    let sent: Vec<Term> = sent.collect();
    let attached = (!sent.is_empty()).then(|| Part {
        title: t.text("case-files"),
        facts: sent,
        ..Part::default()
    });
    let history = Part {
        title: t.text("case-history"),
        table: Some(Table {
            id: "case-history".into(),
            caption: t.text("case-history"),
            columns: vec![
                Column::short(t.text("record-at")),
                Column::short(t.text("case-who")),
                Column::words(t.text("case-what")),
                Column::words(t.text("case-words")),
            ],
            rows,
        }),
        link: Some(Link::to(
            t.text("case-procedure"),
            t.path(&format!("/procedures/{}", case.procedure.id)),
        )),
        ..Part::default()
    };
    std::iter::once(history).chain(attached).collect()
}

/// What an event was, and the words that go with it; the clocks speak for themselves elsewhere.
fn told(here: &Here<'_>, case: &CaseView, event: &CaseEvent) -> Option<(String, String)> {
    let t = here.t;
    match &event.what {
        Happened::Moved {
            transition,
            reason,
            dissent,
            ..
        } => {
            let title = case.procedure.transition(transition);
            let title = title.map_or(transition.as_str(), |one| one.title.get(t.lang()));
            let reason = reason.clone().into_iter();
            let dissent = dissent
                .iter()
                .map(|text| t.with1("case-dissented", "text", text.as_str()));
            Some((
                title.to_owned(),
                reason.chain(dissent).collect::<Vec<_>>().join(" "),
            ))
        }
        Happened::Said { with, text, .. } => {
            let with = here.desk.organisation_in_answer(with, t.lang());
            Some((t.with1("case-said", "with", with.as_str()), text.clone()))
        }
        Happened::Noted { text, .. } => Some((t.text("case-noted"), text.clone())),
        Happened::Timed { .. } => None,
    }
}

fn who(here: &Here<'_>, by: &By) -> String {
    let t = here.t;
    match by {
        By::Clock => t.text("case-by-clock"),
        By::Person {
            ministry: true,
            account,
            ..
        } if account.is_empty() => t.text("case-by-ministry"),
        By::Person {
            account,
            organisation,
            deputy_for,
            ..
        } => {
            let organisation = organisation
                .as_deref()
                .map(|id| here.desk.organisation_in_answer(id, t.lang()));
            let own = here
                .visit
                .caller
                .as_ref()
                .is_some_and(|caller| caller.account == *account);
            let person = (!account.is_empty()).then(|| here.name_of(account));
            // A name that one may not know comes back as the account itself.
            let person = match person {
                _ if own => here.reader.person.as_ref().map(|person| person.name.clone()),
                Some(name) if name != *account => Some(name),
                _ => None,
            };
            let names = deputy_for.iter().map(|one| here.name_of(one));
            let names = names.collect::<Vec<_>>().join(", ");
            let place = (!names.is_empty()).then(|| t.with1("case-deputy", "name", names));
            organisation
                .into_iter()
                .chain(person)
                .chain(place)
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

/// The forms by which one speaks and notes.
pub(super) fn forms(here: &Here<'_>, record: &RecordPage, case: &CaseView) -> Vec<PostForm> {
    let t = here.t;
    let at = address(&record.kind, &record.view);
    let hidden = vec![("version".to_owned(), case.version.to_string())];
    let mut list = vec![];
    let text = |name: &str, label: &str| Field {
        name: name.into(),
        label: t.text(label),
        kind: FieldKind::Area,
        required: true,
        ..Field::default()
    };
    if !case.speaks.is_empty() {
        let mut fields = vec![];
        if case.chooses {
            let choice =
                |id: &String| Choice::new(id.as_str(), here.desk.organisation_in_answer(id, t.lang()));
            fields.push(Field {
                name: "with".into(),
                label: t.text("case-with"),
                choices: case.speaks.iter().map(choice).collect(),
                kind: FieldKind::Select,
                ..Field::default()
            });
        }
        fields.extend([text("text", "case-text"), files::message(t)]);
        list.push(PostForm {
            id: "say".into(),
            title: t.text("case-say"),
            note: t.text(match (case.chooses, case.procedure.messages) {
                (true, _) => "case-say-note-one",
                (false, Counterpart::Ministry) => "case-say-note",
                (false, Counterpart::Owner) => "case-say-note-owner",
            }),
            action: t.path(&format!("{at}/say")),
            hidden: hidden.clone(),
            fields,
            button: t.text("case-send"),
            ..PostForm::default()
        });
    }
    if case.notes {
        list.push(PostForm {
            id: "note".into(),
            title: t.text("case-note"),
            note: t.text("case-note-note"),
            action: t.path(&format!("{at}/note")),
            hidden,
            fields: vec![text("memo", "case-memo"), files::message(t)],
            button: t.text("case-keep-note"),
            ..PostForm::default()
        });
    }
    list
}

/// Kind, owner and id of a record, and the transition.
type At = (String, String, String, String);

/// `GET /registers/{kind}/{owner}/{id}/do/{transition}`
pub async fn step(State(house): State<House>, reader: Reader, Path(at): Path<At>) -> Response {
    at_desk(house, reader, move |here| build_step(here, &at, None)).await
}

/// What was typed and what is wrong with it.
struct Refused<'a> {
    entry: &'a Entry,
    faults: &'a [record::Fault],
}

fn build_step(here: &Here<'_>, at: &At, refused: Option<&Refused<'_>>) -> Result<Answer, Refusal> {
    let t = here.t;
    let (kind, owner, id, transition) = at;
    let page = here.desk.record(&here.visit, kind, owner, id)?;
    let case = page.case.as_ref().ok_or_else(|| app::closed(&here.visit))?;
    let back = t.path(&address(&page.kind, &page.view));
    let called = name(&page.kind, &page.view, t);
    let mut crumbs = to_list(t, &page.kind);
    crumbs.push(Link::to(called.clone(), back.clone()));
    let way = Some(Link::to(t.text("case-back"), back.clone()));
    let Some(step) = case.steps.iter().find(|step| step.transition.id == *transition) else {
        // It is another's to do, or somebody else was first: the record's page says what can be done now.
        let known = case
            .procedure
            .transition(transition)
            .ok_or_else(|| app::closed(&here.visit))?;
        let state = case.state.as_ref().map(|state| state.id.as_str());
        let is_open = state.is_some_and(|state| known.from.iter().any(|from| from == state));
        let why = if is_open {
            "case-step-not-yours"
        } else {
            "case-step-gone"
        };
        return Answer::page(&Work {
            next: t.text(why),
            faults: refused.map_or_else(Vec::new, |refused| refused.entry.faults(t, &[])),
            way,
            ..step_page(here, known.title.get(t.lang()).to_owned(), crumbs)
        });
    };
    let one = &step.transition;
    let controls = step_controls(here, &page, step, refused);
    let faults = refused.map_or_else(Vec::new, |refused| summary(t, &controls, refused));
    let version = match refused {
        Some(refused) => refused.entry.value("version").to_owned(),
        None => case.version.to_string(),
    };
    let after = case.procedure.state(&one.to);
    let title = [
        ("step", one.title.get(t.lang()).into()),
        ("name", called.as_str().into()),
    ];
    let typed_wrongly = !faults.is_empty();
    let answer = Answer::page(&Work {
        lead: after.map_or_else(String::new, |state| {
            t.with1("case-step-lead", "state", state.title.get(t.lang()))
        }),
        faults,
        parts: step_parts(here, &page, step, &back),
        forms: vec![PostForm {
            id: "step".into(),
            action: format!("{back}/do/{}", one.id),
            hidden: vec![("version".into(), version)],
            fields: controls,
            button: one.title.get(t.lang()).to_owned(),
            solid: true,
            ..PostForm::default()
        }],
        way,
        ..step_page(here, t.with("case-step-title", &title), crumbs)
    })?;
    Ok(if typed_wrongly { answer.refused() } else { answer })
}

/// The fields that a step needs and this person fills in, its reason, and a dissenting opinion.
fn step_controls(
    here: &Here<'_>,
    page: &RecordPage,
    step: &CaseStep,
    refused: Option<&Refused<'_>>,
) -> Vec<Field> {
    let t = here.t;
    let fill: BTreeSet<&str> = step.fill.iter().map(String::as_str).collect();
    let (shown, faults) = match refused {
        None => (given(&page.kind, &page.view.record), &[][..]),
        Some(refused) => (typed(refused.entry), refused.faults),
    };
    let mut controls = fields(here, &page.kind, &fill, &shown, faults);
    for control in &mut controls {
        // Parts are those of the whole form.
        control.heading.clear();
        control.required = true;
    }
    let blank = Entry::default();
    let entry = refused.map_or(&blank, |refused| refused.entry);
    let area = |name: &str, label: &str, required: bool| Field {
        kind: FieldKind::Area,
        required,
        ..entry.field(t, name, t.text(label))
    };
    match step.transition.reason {
        Reason::Required => controls.push(area("reason", "case-reason", true)),
        Reason::Optional => controls.push(area("reason", "case-reason-optional", false)),
        Reason::None => {}
    }
    if step.transition.dissent {
        controls.push(area("dissent", "case-dissent", false));
    }
    controls
}

fn summary(t: Texts<'_>, controls: &[Field], refused: &Refused<'_>) -> Vec<Field> {
    let wrong = controls
        .iter()
        .filter(|control| !control.error.is_empty())
        .cloned();
    let summary: Vec<Field> = wrong.chain(elsewhere(t, controls, refused.faults)).collect();
    if summary.is_empty() {
        return refused.entry.faults(t, controls);
    }
    summary
}

/// What is missing and is not this person's to fill in, said before they begin; and whom the step tells what.
fn step_parts(here: &Here<'_>, page: &RecordPage, step: &CaseStep, back: &str) -> Vec<Part> {
    let t = here.t;
    let others = step
        .missing
        .iter()
        .filter(|fault| !step.fill.contains(&fault.field));
    let tells = step.transition.tells.iter();
    let parts = [
        Part {
            title: t.text("case-missing"),
            note: t.text("case-missing-note"),
            lines: others
                .map(|fault| match t.lang() {
                    Lang::Ja => fault.ja.clone(),
                    Lang::En => fault.en.clone(),
                })
                .collect(),
            link: page
                .may_change
                .then(|| Link::to(t.text("record-change"), format!("{back}/edit"))),
            ..Part::default()
        },
        Part {
            title: t.text("case-tells"),
            lines: tells.map(|tell| tell.text.get(t.lang()).to_owned()).collect(),
            ..Part::default()
        },
    ];
    parts.into_iter().filter(|part| !part.lines.is_empty()).collect()
}

fn step_page<'a>(here: &Here<'a>, title: String, crumbs: Vec<Link>) -> Work<'a> {
    Work {
        shell: shell(here.site, here.reader, title, Section::Registers, crumbs),
        ..Work::new(here, String::new(), vec![])
    }
}

/// `POST /registers/{kind}/{owner}/{id}/do/{transition}`
pub async fn take(
    State(house): State<House>,
    reader: Reader,
    Path(at): Path<At>,
    mut posted: Posted,
) -> Response {
    if let Some(sent) = posted.json.take() {
        let (kind, owner, id, transition) = at;
        let step =
            move |here: &Here<'_>, sent: &json::Sent| json::step(here, sent, &(kind, owner, id), &transition);
        return json::take(house, reader, sent, step).await;
    }
    let at = Arc::new(at);
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id, transition) = &*at;
        let (entry, faults) = files::taken(here, kind, Some((owner, id)), entry)?;
        let entry = &entry;
        if !faults.is_empty() {
            let refused = Refused {
                entry,
                faults: &faults,
            };
            return Ok(Done::shown(build_step(here, &at, Some(&refused))?));
        }
        let controls: Vec<(String, String)> = entry
            .all()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let done = here.desk.act(
            &here.visit,
            &CaseAct {
                kind,
                owner,
                id,
                version: seen_version(entry),
                command: Command::Move {
                    transition: transition.clone(),
                    reason: entry.value("reason").to_owned(),
                    dissent: entry.value("dissent").to_owned(),
                },
                controls: &controls,
            },
        )?;
        match done {
            Acted::Done => Ok(Done::to(
                here.t.path(&format!("/registers/{kind}/{owner}/{id}?done=case")),
            )),
            Acted::Faults(faults) => {
                let refused = Refused {
                    entry,
                    faults: &faults,
                };
                Ok(Done::shown(build_step(here, &at, Some(&refused))?))
            }
        }
    };
    let page =
        move |here: &Here<'_>, entry: &Entry| build_step(here, &again, Some(&Refused { entry, faults: &[] }));
    submit(house, reader, posted, act, page).await
}

/// `POST /registers/{kind}/{owner}/{id}/say` and `…/note`
pub async fn speak(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id, how)): Path<At>,
    mut posted: Posted,
) -> Response {
    if let Some(sent) = posted.json.take() {
        let speak =
            move |here: &Here<'_>, sent: &json::Sent| json::speak(here, sent, &(kind, owner, id), &how);
        return json::take(house, reader, sent, speak).await;
    }
    let at = Arc::new((kind, owner, id));
    let again = Arc::clone(&at);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &*at;
        let command = match how.as_str() {
            "say" => Command::Say {
                with: Some(entry.value("with").to_owned()).filter(|with| !with.is_empty()),
                text: entry.raw("text").to_owned(),
                files: files::sent(here, (kind, owner, id), entry)?,
            },
            "note" => Command::Note {
                text: entry.raw("memo").to_owned(),
                files: files::sent(here, (kind, owner, id), entry)?,
            },
            _ => return Err(app::closed(&here.visit)),
        };
        here.desk.act(
            &here.visit,
            &CaseAct {
                kind,
                owner,
                id,
                version: seen_version(entry),
                command,
                controls: &[],
            },
        )?;
        Ok(Done::to(
            here.t.path(&format!("/registers/{kind}/{owner}/{id}?done=said")),
        ))
    };
    let page = move |here: &Here<'_>, entry: &Entry| {
        let (kind, owner, id) = &*again;
        super::registers::record::build_one(here, kind, owner, id, Some(entry))
    };
    submit(house, reader, posted, act, page).await
}
