//! The plan's procedures, as anybody may read them: where a case can stand, who can do what, what has to be there, and how long each part may take.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use plan::{Clause, Kind, Length, Procedure, Test, Transition, Who};
use record::procedure::diagram;
use vocab::Refusal;

use super::words::downloads;
use super::work::Work;
use super::{Answer, Here, at_desk, shell};
use crate::chart::{About, Flow, FlowEdge, FlowState, flow};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Chart, Column, Download, Link, Section, Shell, Table};

/// `GET /procedures`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_list).await
}

fn build_list(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let all = &here.site.rashin().plan().procedures;
    if here.reader.form != Form::Page {
        let row = |one: &Procedure| {
            vec![
                Cell::text(&one.id),
                Cell::text(one.title.get(t.lang())),
                Cell::text(one.intro.get(t.lang())),
                Cell::text(&one.section),
            ]
        };
        return Answer::data(here.reader.form, "procedures", all, || {
            vec![Sheet {
                name: t.text("procedures-title"),
                columns: ["column-id", "procedure", "register-for", "register-section"]
                    .map(|key| t.text(key))
                    .into(),
                rows: all.iter().map(row).collect(),
            }]
        });
    }
    let row = |one: &Procedure| {
        vec![
            Link::to(
                one.title.get(t.lang()),
                t.path(&format!("/procedures/{}", one.id)),
            ),
            Link::plain(one.intro.get(t.lang())),
        ]
    };
    let mut page = Work {
        lead: t.text("procedures-lead"),
        table: Some(Table {
            id: "procedures".into(),
            caption: t.text("procedures-title"),
            columns: vec![
                Column::short(t.text("procedure")),
                Column::words(t.text("register-for")),
            ],
            rows: all.iter().map(row).collect(),
        }),
        empty: t.text("procedures-none"),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("procedures-title"), vec![])
    };
    page.shell.section = Section::Registers;
    Answer::page(&page)
}

#[derive(Template)]
#[template(path = "pages/procedure.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    lead: String,
    flow: Chart,
    states: Table,
    steps: Table,
    clocks: Table,
    register: Link,
    files: Vec<Download>,
}

/// `GET /procedures/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_one(here, Form::of(&file).0)).await
}

fn build_one(here: &Here<'_>, id: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let plan = here.site.rashin().plan();
    let known = plan
        .procedure(id)
        .and_then(|found| Some((found, plan.kind(&found.kind)?)));
    let Some((procedure, kind)) = known else {
        return Err(Refusal::new(
            "not-found",
            format!("手続き「{id}」はありません。一覧から選んでください。"),
            format!("There is no procedure “{id}”. Choose one of the list."),
        ));
    };
    let steps = steps(t, procedure, kind);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, id, procedure, || {
            vec![Sheet {
                name: procedure.title.get(t.lang()).to_owned(),
                columns: steps.columns.iter().map(|column| column.title.clone()).collect(),
                rows: steps
                    .rows
                    .iter()
                    .map(|row| row.iter().map(|cell| Cell::text(&cell.text)).collect())
                    .collect(),
            }]
        });
    }
    let crumbs = vec![Link::to(t.text("procedures-title"), t.path("/procedures"))];
    let title = procedure.title.get(t.lang()).to_owned();
    Answer::page(&Page {
        t,
        shell: shell(here.site, here.reader, title, Section::Registers, crumbs),
        lead: procedure.intro.get(t.lang()).to_owned(),
        flow: drawn(t, procedure),
        states: states(t, procedure),
        steps,
        clocks: clocks(t, procedure, kind),
        register: Link::to(
            kind.title.get(t.lang()),
            t.path(&format!("/registers/{}", kind.id)),
        ),
        files: downloads(t, here.reader),
    })
}

fn drawn(t: Texts<'_>, procedure: &Procedure) -> Chart {
    let plan = diagram(procedure);
    let order: Vec<&String> = plan.layers.iter().flatten().collect();
    let place = |id: &str| order.iter().position(|one| *one == id);
    let state = |id: &&String| {
        let found = procedure.state(id);
        FlowState {
            title: found.map_or_else(|| (*id).clone(), |state| state.title.get(t.lang()).to_owned()),
            last: found.is_some_and(|state| state.last),
        }
    };
    let edges = plan.edges.iter().filter_map(|edge| {
        let step = procedure.transition(&edge.transition)?;
        Some(FlowEdge {
            title: step.title.get(t.lang()).to_owned(),
            by: people(t, &step.by),
            from: match &edge.from {
                None => None,
                Some(from) => Some(place(from)?),
            },
            to: place(&edge.to)?,
        })
    });
    let data = Flow {
        about: About {
            id: "flow".into(),
            title: procedure.title.get(t.lang()).to_owned(),
            description: procedure.intro.get(t.lang()).to_owned(),
            unit: String::new(),
        },
        states: order.iter().map(state).collect(),
        edges: edges.collect(),
    };
    flow(&data, t)
}

/// Those who take part, as they are called.
fn people(t: Texts<'_>, who: &[Who]) -> String {
    let one = |who: &Who| match who {
        Who::Role(role) => t.text(match *role {
            "secretariat" => "role-secretariat",
            "approver" => "role-approver",
            "council" => "role-council",
            "auditor" => "role-auditor",
            "administrator" => "role-administrator",
            _ => "role-member",
        }),
        Who::Owner => t.text("procedure-owner"),
        Who::Party => t.text("procedure-party"),
        Who::Author => t.text("procedure-author"),
    };
    if who.is_empty() {
        return t.text("case-by-clock");
    }
    who.iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(t.text("procedure-and").as_str())
}

fn states(t: Texts<'_>, procedure: &Procedure) -> Table {
    let row = |state: &plan::State| {
        let waits = if state.last {
            t.text("procedure-end")
        } else {
            people(t, &state.waits_for)
        };
        let public = state.public.as_ref();
        vec![
            Link::plain(state.title.get(t.lang())),
            Link::plain(waits),
            Link::plain(public.map_or_else(
                || t.text("procedure-not-public"),
                |text| text.get(t.lang()).to_owned(),
            )),
        ]
    };
    Table {
        id: "states".into(),
        caption: t.text("procedure-states"),
        columns: ["case-state", "procedure-waits", "procedure-public"]
            .map(|key| Column::words(t.text(key)))
            .into(),
        rows: procedure.states.iter().map(row).collect(),
    }
}

fn steps(t: Texts<'_>, procedure: &Procedure, kind: &Kind) -> Table {
    let named = |id: &String| {
        procedure
            .state(id)
            .map_or(id.as_str(), |state| state.title.get(t.lang()))
            .to_owned()
    };
    let row = |step: &Transition| {
        let from: Vec<String> = step.from.iter().map(named).collect();
        let from = if from.is_empty() {
            t.text("procedure-begin")
        } else {
            from.join(t.text("procedure-and").as_str())
        };
        let complete = step.complete.then(|| t.text("procedure-complete"));
        let needs = step.needs.iter().map(|clause| need(t, kind, clause));
        let told: Vec<String> = step.tells.iter().map(|tell| people(t, &tell.who)).collect();
        [
            step.title.get(t.lang()).to_owned(),
            from,
            named(&step.to),
            by(t, procedure, step),
            complete
                .into_iter()
                .chain(needs)
                .collect::<Vec<_>>()
                .join(t.text("procedure-and").as_str()),
            told.join(t.text("procedure-and").as_str()),
        ]
        .map(Link::plain)
        .into()
    };
    let columns = [
        "procedure-step",
        "procedure-from",
        "procedure-to",
        "procedure-by",
        "procedure-needs",
        "procedure-tells",
    ];
    Table {
        id: "steps".into(),
        caption: t.text("procedure-steps"),
        columns: columns.map(|key| Column::words(t.text(key))).into(),
        rows: procedure.transitions.iter().map(row).collect(),
    }
}

/// Who may do it, and who may not because of what they did before.
fn by(t: Texts<'_>, procedure: &Procedure, step: &Transition) -> String {
    let people = people(t, &step.by);
    let before = step.not_by.iter().filter_map(|id| procedure.transition(id));
    let before: Vec<&str> = before.map(|step| step.title.get(t.lang())).collect();
    if before.is_empty() {
        return people;
    }
    let steps = before.join(t.text("procedure-and").as_str());
    t.with(
        "procedure-not-by",
        &[("who", people.into()), ("steps", steps.into())],
    )
}

/// What has to be there, in words.
fn need(t: Texts<'_>, kind: &Kind, clause: &Clause) -> String {
    let field = kind.field(&clause.field);
    let title = field.map_or(clause.field.as_str(), |field| field.title.get(t.lang()));
    let word = |code: &String| match field {
        Some(field) if field.shape == plan::Shape::Flag => {
            record::show(field, &record::Value::Flag(code == "yes"), t.lang())
        }
        Some(field) => record::show(field, &record::Value::Text(code.clone()), t.lang()),
        None => code.clone(),
    };
    match &clause.test {
        Test::Filled => title.to_owned(),
        Test::Is(code) => t.with(
            "procedure-is",
            &[("field", title.into()), ("value", word(code).into())],
        ),
        Test::IsNot(code) => t.with(
            "procedure-is-not",
            &[("field", title.into()), ("value", word(code).into())],
        ),
    }
}

/// What happens when a clock has run out.
fn over(t: Texts<'_>, procedure: &Procedure, clock: &plan::Clock) -> String {
    let tells = (!clock.escalate.is_empty())
        .then(|| t.with1("procedure-over-tells", "who", people(t, &clock.escalate)));
    let late = clock.late.as_ref().and_then(|id| procedure.transition(id));
    let late = late.map(|step| t.with1("procedure-over-step", "step", step.title.get(t.lang())));
    let all: Vec<String> = tells.into_iter().chain(late).collect();
    all.join(t.text("procedure-and").as_str())
}

fn clocks(t: Texts<'_>, procedure: &Procedure, kind: &Kind) -> Table {
    let named = |ids: &[String]| {
        let titles = ids
            .iter()
            .filter_map(|id| Some(procedure.state(id)?.title.get(t.lang()).to_owned()));
        titles.collect::<Vec<_>>().join(t.text("procedure-and").as_str())
    };
    let titled = |name: &str| {
        let field = kind.field(name);
        field.map_or_else(|| name.to_owned(), |field| field.title.get(t.lang()).to_owned())
    };
    let row = |clock: &plan::Clock| {
        let days = |key, n: &u32| t.with(key, &[("n", n.to_string().into())]);
        let length = match &clock.length {
            Length::Days(n) => days("procedure-days", n),
            Length::BusinessDays(n) => days("procedure-business-days", n),
            Length::MonthsFromNext(n) => days("procedure-months", n),
            Length::Until(name) => t.with1("procedure-until", "field", titled(name)),
            Length::Through(name) => t.with1("procedure-through", "field", titled(name)),
        };
        [
            clock.title.get(t.lang()).to_owned(),
            length,
            named(&clock.starts_on),
            named(&clock.stops_on),
            named(&clock.pauses_in),
            clock
                .remind_before
                .as_ref()
                .map_or_else(String::new, |n| match clock.length {
                    Length::BusinessDays(_) => days("procedure-before-business", n),
                    _ => days("procedure-before", n),
                }),
            over(t, procedure, clock),
        ]
        .map(Link::plain)
        .into()
    };
    let columns = [
        "procedure-clock",
        "procedure-length",
        "procedure-starts",
        "procedure-stops",
        "procedure-pauses",
        "procedure-reminds",
        "procedure-over",
    ];
    Table {
        id: "clocks".into(),
        caption: t.text("procedure-clocks"),
        columns: columns.map(|key| Column::words(t.text(key))).into(),
        rows: procedure.clocks.iter().map(row).collect(),
    }
}
