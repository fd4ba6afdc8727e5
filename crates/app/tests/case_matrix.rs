//! Who sees and does what in every state of every procedure, found by taking records there and asking as everybody.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use app::{Acted, CaseAct, Command, Completeness, Happened, RecordPage, SavedRecord, Seen, Visit};
use authz::Role;
use desk::{Office, answers, approver, member, office_with, public, secretariat, visit};
use plan::{Kind, Procedure, Reason};

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

/// A shortest way from nothing to each state, as ids of transitions.
fn ways(procedure: &Procedure) -> BTreeMap<&str, Vec<&str>> {
    let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for first in procedure.transitions.iter().filter(|one| one.from.is_empty()) {
        ways.insert(&first.to, vec![]);
        queue.push_back(first.to.as_str());
    }
    while let Some(at) = queue.pop_front() {
        let way = ways[at].clone();
        for next in procedure
            .transitions
            .iter()
            .filter(|one| one.from.iter().any(|from| from == at))
        {
            if !ways.contains_key(next.to.as_str()) {
                let mut longer = way.clone();
                longer.push(&next.id);
                ways.insert(&next.to, longer);
                queue.push_back(&next.to);
            }
        }
    }
    ways
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
    }
    id
}

/// Takes a step as the first who is offered it.
fn step(office: &Office, kind: &Kind, id: &str, transition: &str) {
    for (_, who) in everybody() {
        let Some(case) = seen(office, &who, kind, id).and_then(|page| page.case) else {
            continue;
        };
        let Some(offered) = case.steps.iter().find(|step| step.transition.id == transition) else {
            continue;
        };
        let reason = match offered.transition.reason {
            Reason::None => "",
            Reason::Required | Reason::Optional => "架空の理由です。",
        };
        let done = office.desk.act(
            &who,
            &CaseAct {
                kind: &kind.id,
                owner: OWNER,
                id,
                version: case.version,
                command: Command::Move {
                    transition: transition.into(),
                    reason: reason.into(),
                    dissent: String::new(),
                },
                controls: &everything(kind),
            },
        );
        match done.unwrap() {
            Acted::Done => return,
            Acted::Faults(faults) => panic!("{transition}: {faults:?}"),
        }
    }
    panic!("{transition}: nobody is offered it");
}

fn seen(office: &Office, who: &Visit, kind: &Kind, id: &str) -> Option<RecordPage> {
    office.desk.record(who, &kind.id, OWNER, id).ok()
}

/// What somebody sees and can do: the record, their turn, steps, with whom they speak, and how much of what happened.
fn told(page: Option<&RecordPage>, who: &Visit) -> String {
    let Some(page) = page else {
        return "nothing".to_owned();
    };
    let fields = page.view.record.fields.len();
    let Some(case) = &page.case else {
        return format!("{fields} fields");
    };
    let mut line = format!("{fields} fields, {} events", case.history.len());
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
                "the ministry"
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
        let ways = ways(procedure);
        for state in &procedure.states {
            let way = &ways[state.id.as_str()];
            let id = filed(&office, kind);
            for transition in way {
                step(&office, kind, &id, transition);
            }
            if !state.last {
                talk(&office, kind, &id);
            }
            let _ = writeln!(text, "{}: {}", procedure.id, state.id);
            for (name, who) in everybody() {
                let page = seen(&office, &who, kind, &id);
                if let Some(case) = page.as_ref().and_then(|page| page.case.as_ref()) {
                    assert_eq!(case.state.as_ref().unwrap().id, state.id);
                }
                let _ = writeln!(text, "  {name}: {}", told(page.as_ref(), &who));
            }
        }
    }
    insta::assert_snapshot!(text);
}
