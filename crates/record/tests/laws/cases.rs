//! Who takes part in cases that are tried, and records that have what a step needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Kind, Plan, Procedure, Shape, Test, Transition};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use record::procedure::{Actor, Case, Command, Event, Subject, apply};
use record::{Record, Value, Viewer};

use crate::samples::{full_records, real};

pub static PLAN: LazyLock<Plan> = LazyLock::new(real);

pub fn of_the_plan(id: &str) -> (&'static Procedure, &'static Kind) {
    let procedure = PLAN.procedures.iter().find(|one| one.id == id).unwrap();
    (procedure, kind_of(procedure))
}

pub fn kind_of(procedure: &Procedure) -> &'static Kind {
    PLAN.kinds.iter().find(|kind| kind.id == procedure.kind).unwrap()
}

pub fn person(account: &str, role: &str, organisation: &str) -> Actor {
    Actor::Person {
        account: account.to_owned(),
        viewer: Viewer {
            roles: vec![role.to_owned()],
            organisation: Some(organisation.to_owned()),
            party: organisation == "rival",
        },
        deputy_for: vec![],
    }
}

pub fn deputy_for(actor: Actor, away: &str) -> Actor {
    match actor {
        Actor::Person { account, viewer, .. } => Actor::Person {
            account,
            viewer,
            deputy_for: vec![away.to_owned()],
        },
        Actor::Clock => Actor::Clock,
    }
}

pub fn everybody() -> Vec<Actor> {
    vec![
        person("maker-1", "member", "maker"),
        person("rival-1", "member", "rival"),
        person("stranger", "member", "other"),
        person("clerk-1", "secretariat", "ministry"),
        person("clerk-2", "secretariat", "ministry"),
        person("head-1", "approver", "ministry"),
        person("head-2", "approver", "ministry"),
        Actor::Person {
            account: "both".to_owned(),
            viewer: Viewer {
                roles: vec!["secretariat".to_owned(), "approver".to_owned()],
                organisation: Some("ministry".to_owned()),
                party: false,
            },
            deputy_for: vec![],
        },
        person("watcher", "auditor", "ministry"),
        Actor::Clock,
    ]
}

pub fn named(account: &str) -> Actor {
    let is = |actor: &Actor| matches!(actor, Actor::Person { account: one, .. } if one == account);
    everybody().into_iter().find(is).unwrap()
}

pub fn viewer(account: &str) -> Viewer {
    match named(account) {
        Actor::Person { viewer, .. } => viewer,
        Actor::Clock => panic!("a clock looks at nothing"),
    }
}

/// Noon in Japan.
pub fn noon(day: Date) -> Timestamp {
    format!("{day}T12:00:00+09:00").parse().unwrap()
}

pub fn step(transition: &str, reason: &str) -> Command {
    Command::Move {
        transition: transition.to_owned(),
        reason: reason.to_owned(),
        dissent: String::new(),
    }
}

pub fn say(with: Option<&str>, text: &str) -> Command {
    Command::Say {
        with: with.map(str::to_owned),
        text: text.to_owned(),
        files: vec![],
    }
}

pub fn note(text: &str) -> Command {
    Command::Note {
        text: text.to_owned(),
        files: vec![format!("{} 10 pdf 資料.pdf", "0".repeat(64)).parse().unwrap()],
    }
}

pub fn about<'a>(procedure: &'a Procedure, kind: &'a Kind, record: &'a Record) -> Subject<'a> {
    Subject {
        procedure,
        kind,
        owner: "maker",
        record,
    }
}

/// A record that has every answer, the same each time.
pub fn full(kind: &Kind) -> Record {
    let tree = full_records(kind).new_tree(&mut TestRunner::deterministic());
    tree.unwrap().current()
}

/// The same with what a transition needs.
pub fn ready(kind: &Kind, transition: &Transition) -> Record {
    let mut record = full(kind);
    let mut wrong: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for clause in &transition.needs {
        let shape = &kind.field(&clause.field).unwrap().shape;
        let code = match &clause.test {
            Test::Filled => continue,
            Test::Is(code) => code.clone(),
            Test::IsNot(code) => {
                let wrong = wrong.entry(clause.field.as_str()).or_default();
                wrong.insert(code);
                let Shape::Choice(options) = shape else {
                    panic!("{shape:?}")
                };
                let right = options.iter().find(|one| !wrong.contains(one.code.as_str()));
                right.unwrap().code.clone()
            }
        };
        record
            .fields
            .insert(clause.field.clone(), Value::read(shape, &code).unwrap());
    }
    record
}

pub fn run(case: Case, events: &[Event]) -> Case {
    events.iter().fold(case, apply)
}
