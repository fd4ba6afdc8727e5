//! Who sees and does what in every state of every procedure, found by taking records there and asking as everybody.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use std::fmt::Write as _;

use app::{Acted, CaseAct, Command, Completeness, Happened, RecordPage, SavedRecord, Seen, Visit};
use authz::Role;
use desk::{Office, answers, approver, member, office_with, public, secretariat, step, visit, ways};
use plan::{Counterpart, Kind, Shape};
use serde_json::json;

const DAY: &str = "2026-06-01";
const OWNER: &str = "firm-a";
const PARTY: &str = "maker-b";
const OTHER: &str = "firm-c";

fn everybody() -> Vec<(&'static str, Visit)> {
    vec![
        ("owner", member(OWNER, DAY)),
        ("party", member(PARTY, DAY)),
        ("another firm", member(OTHER, DAY)),
        ("secretariat", secretariat(DAY)),
        ("approver", approver(DAY)),
        ("council", visit("c", "council", Role::Council, DAY)),
        ("auditor", visit("k", app::MINISTRY, Role::Auditor, DAY)),
        (
            "administrator",
            visit("a", app::MINISTRY, Role::Administrator, DAY),
        ),
        ("public", public(DAY)),
    ]
}

/// Everything that is asked, so that no step lacks anything; what a choice is matters to one step alone.
fn everything(kind: &Kind) -> Vec<(String, String)> {
    let mut list = answers(kind, PARTY);
    for (name, text) in &mut list {
        if name == "phase" {
            *text = "avoided".into();
        }
    }
    list
}

/// A record that was filed with everything, and what the ministry adds once it may.
fn filed(office: &Office, kind: &Kind) -> String {
    let whole = everything(kind);
    let saved = office
        .desk
        .save_record(&member(OWNER, DAY), &kind.id, None, &whole, Completeness::Final)
        .unwrap();
    let SavedRecord::Kept(owner, id) = saved else {
        panic!("{saved:?}")
    };
    assert_eq!(owner, OWNER);
    let ministry = secretariat(DAY);
    let page = office.desk.record(&ministry, &kind.id, OWNER, &id);
    if page.is_ok_and(|page| page.may_change) {
        let seen = Seen {
            owner: OWNER,
            id: &id,
            version: 1,
        };
        let saved = office
            .desk
            .save_record(&ministry, &kind.id, Some(seen), &whole, Completeness::Final)
            .unwrap();
        assert!(matches!(saved, SavedRecord::Kept(..)), "{saved:?}");
    } else {
        // What the ministry says of a record that it does not write is the program's word.
        let fields = kind.fields.iter();
        for field in fields.filter(|field| matches!(field.shape, Shape::Organisation { party: true })) {
            office.answer_for((&kind.id, OWNER, &id), &field.name, json!([PARTY]));
        }
    }
    id
}

fn seen(office: &Office, who: &Visit, kind: &Kind, id: &str) -> Option<RecordPage> {
    office.desk.record(who, &kind.id, OWNER, id).ok()
}

/// Which fields of a kind's records people see: each set once, under a number.
#[derive(Default)]
struct Sights(Vec<Vec<String>>);

impl Sights {
    fn name(&mut self, page: &RecordPage) -> String {
        let seen: Vec<String> = page.view.record.fields.keys().cloned().collect();
        let place = self.0.iter().position(|one| *one == seen).unwrap_or_else(|| {
            self.0.push(seen);
            self.0.len() - 1
        });
        format!("sight {}", place + 1)
    }
}

/// What somebody sees and can do: the record, their turn, steps, with whom they speak, and how much of what happened.
fn told(page: Option<&RecordPage>, who: &Visit, sights: &mut Sights) -> String {
    let Some(page) = page else {
        return "nothing".to_owned();
    };
    let mut line = sights.name(page);
    let Some(case) = &page.case else {
        return line;
    };
    let _ = write!(line, ", {} events", case.history.len());
    let notes = case
        .history
        .iter()
        .filter(|event| matches!(event.what, Happened::Noted { .. }));
    let messages = case
        .history
        .iter()
        .filter(|event| matches!(event.what, Happened::Said { .. }));
    let _ = write!(line, " ({} notes, {} messages)", notes.count(), messages.count());
    if case.turn {
        line.push_str(", their turn");
    }
    let steps: Vec<&str> = case
        .steps
        .iter()
        .map(|step| step.transition.id.as_str())
        .collect();
    if !steps.is_empty() {
        let _ = write!(line, "; steps: {}", steps.join(", "));
    }
    if !case.speaks.is_empty() {
        let own = who.caller.as_ref().map(|caller| caller.organisation.as_str());
        let with = case.speaks.iter().map(|one| {
            if Some(one.as_str()) == own {
                match case.procedure.messages {
                    Counterpart::Ministry => "the ministry",
                    Counterpart::Owner => "the owner",
                }
            } else {
                one
            }
        });
        let _ = write!(line, "; speaks with {}", with.collect::<Vec<_>>().join(", "));
    }
    if case.notes {
        line.push_str("; notes");
    }
    line
}

/// The ministry says something to everybody with whom it speaks and notes something, so that there is something to see.
fn talk(office: &Office, kind: &Kind, id: &str) {
    let ministry = secretariat(DAY);
    let speaks = seen(office, &ministry, kind, id)
        .and_then(|page| page.case)
        .unwrap()
        .speaks;
    let mut commands: Vec<Command> = speaks
        .into_iter()
        .map(|with| Command::Say {
            with: Some(with),
            text: "架空の連絡です。".into(),
            files: vec![],
        })
        .collect();
    commands.push(Command::Note {
        text: "架空のメモです。".into(),
        files: vec![],
    });
    for command in commands {
        let case = seen(office, &ministry, kind, id)
            .and_then(|page| page.case)
            .unwrap();
        let act = CaseAct {
            kind: &kind.id,
            owner: OWNER,
            id,
            version: case.version,
            command,
            controls: &[],
        };
        assert!(matches!(office.desk.act(&ministry, &act).unwrap(), Acted::Done));
    }
}

#[test]
fn the_matrix_of_procedures_states_and_people_is_this() {
    let office = office_with([OWNER, PARTY, OTHER]);
    let rashin = office.desk.rashin().unwrap();
    let mut text = String::new();
    for procedure in &rashin.plan().procedures {
        let kind = rashin.plan().kind(&procedure.kind).unwrap();
        let mut sights = Sights::default();
        for ((state, asked), way) in ways(procedure) {
            let id = filed(&office, kind);
            for transition in way {
                let act = CaseAct {
                    kind: &kind.id,
                    owner: OWNER,
                    id: &id,
                    version: 0,
                    command: Command::Move {
                        transition: transition.into(),
                        reason: "架空の理由です。".into(),
                        dissent: String::new(),
                    },
                    controls: &everything(kind),
                };
                step(&office.desk, everybody().iter().map(|(_, who)| who), &act);
            }
            if !procedure.states.iter().any(|one| one.id == state && one.last) {
                talk(&office, kind, &id);
            }
            let asked = if asked { ", with a party asked" } else { "" };
            let _ = writeln!(text, "{}: {state}{asked}", procedure.id);
            for (name, who) in everybody() {
                let page = seen(&office, &who, kind, &id);
                if let Some(case) = page.as_ref().and_then(|page| page.case.as_ref()) {
                    assert_eq!(case.state.as_ref().unwrap().id, state);
                }
                let _ = writeln!(text, "  {name}: {}", told(page.as_ref(), &who, &mut sights));
            }
        }
        for (place, fields) in sights.0.iter().enumerate() {
            let _ = writeln!(
                text,
                "{}: sight {}: {}",
                procedure.id,
                place + 1,
                fields.join(", ")
            );
        }
    }
    insta::assert_snapshot!(text);
}
