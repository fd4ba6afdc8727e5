//! Who may see and do what in the world, as the plan's files say it: from the grants and fields of a kind and the states of a procedure alone, by
//! none of the ways by which the program itself comes to it.

use std::collections::BTreeSet;

use app::{MINISTRY, RecordState};
use plan::{Counterpart, Grant, Owner, Who};
use record::{Viewer, sees};

use crate::world::{Canary, PARTY, Person, Place, Placed, World};

fn role(person: &Person) -> &'static str {
    let caller = person.visit.caller.as_ref();
    caller.map_or("", |caller| caller.roles[0].code())
}

fn organisation(person: &Person) -> &str {
    let caller = person.visit.caller.as_ref();
    caller.map_or("", |caller| &caller.organisation)
}

pub fn of_the_ministry(person: &Person) -> bool {
    plan::MINISTRY.contains(&role(person))
}

fn is_member_of(person: &Person, own: &str) -> bool {
    role(person) == "member" && organisation(person) == own
}

pub fn granted(list: &[Grant], person: &Person, owner: &str) -> bool {
    list.iter().any(|grant| match grant.role {
        None => true,
        Some(code) => role(person) == code && (!grant.own || organisation(person) == owner),
    })
}

/// Whether what somebody adds to a register belongs to this owner.
fn is_home(person: &Person, one: &Placed) -> bool {
    let home = match one.kind.owner {
        Owner::Ministry => MINISTRY,
        Owner::Author => organisation(person),
    };
    !role(person).is_empty() && home == one.owner && granted(&one.kind.create, person, organisation(person))
}

/// The organisations that the record names and that take part by now.
fn joined(one: &Placed) -> BTreeSet<&str> {
    let names = one
        .kind
        .fields
        .iter()
        .any(|field| field.shape == (plan::Shape::Organisation { party: true }));
    let asks = |procedure: &plan::Procedure| {
        procedure
            .states
            .iter()
            .any(|state| state.waits_for.contains(&Who::Party))
    };
    let takes_part = match (&one.procedure, &one.case) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(procedure), Some(case)) => case.asked || !asks(procedure),
    };
    // Nothing is a draft's to tell.
    let takes_part = takes_part && one.state != RecordState::Draft;
    if names && takes_part {
        BTreeSet::from([PARTY])
    } else {
        BTreeSet::new()
    }
}

fn is_party(person: &Person, one: &Placed) -> bool {
    role(person) == "member" && joined(one).contains(organisation(person))
}

fn may_keep(person: &Person, one: &Placed) -> bool {
    granted(&one.kind.change, person, &one.owner) && (one.state != RecordState::Draft || is_home(person, one))
}

/// Whether somebody reads a record at all.
pub fn reads(person: &Person, one: &Placed) -> bool {
    let public = || {
        let (Some(procedure), Some(case)) = (&one.procedure, &one.case) else {
            return false;
        };
        procedure
            .state(&case.state)
            .is_some_and(|state| state.public.is_some())
    };
    let by_case = || one.procedure.is_some() && is_party(person, one) || public();
    may_keep(person, one)
        || one.state != RecordState::Draft && (granted(&one.kind.read, person, &one.owner) || by_case())
}

/// Whether somebody sees a field of a record.
pub fn sees_field(person: &Person, one: &Placed, field: &str) -> bool {
    let viewer = Viewer {
        roles: vec![role(person).to_owned()],
        organisation: Some(organisation(person).to_owned()).filter(|own| !own.is_empty()),
        party: false,
    };
    let field = one.kind.field(field).unwrap();
    reads(person, one) && sees(field.confidentiality, &one.owner, &joined(one), &viewer)
}

/// Whether somebody takes part in the case of a record as more than a reader.
fn takes_part(person: &Person, one: &Placed) -> bool {
    let named = one
        .kind
        .read
        .iter()
        .filter(|grant| grant.role.is_some())
        .cloned()
        .collect::<Vec<_>>();
    reads(person, one)
        && (granted(&named, person, &one.owner)
            || may_keep(person, one)
            || is_party(person, one)
            || is_member_of(person, &one.owner)
            || of_the_ministry(person))
}

fn knows(person: &Person, one: &Placed, place: &Place) -> bool {
    let owns = is_member_of(person, &one.owner);
    let ministry = of_the_ministry(person);
    match place {
        Place::Field(name) => sees_field(person, one, name),
        Place::Note => takes_part(person, one) && ministry,
        Place::Reason => takes_part(person, one) && (ministry || owns),
        Place::Message(with) => {
            let hears = one
                .procedure
                .as_ref()
                .is_some_and(|one| one.messages == Counterpart::Owner);
            takes_part(person, one) && (ministry || is_member_of(person, with) || owns && hears)
        }
        // Who wrote a version is known to those who know people: the organisation itself, and the ministry's without its council.
        Place::Merge => {
            let people = ["secretariat", "auditor", "administrator"].contains(&role(person));
            reads(person, one) && (owns || people)
        }
    }
}

/// Whether somebody may come to know a word.
pub fn may_know(world: &World, person: &Person, canary: usize) -> bool {
    match &world.canaries[canary] {
        Canary::Only(names) => names.contains(&person.name),
        Canary::Of(at, place) => knows(person, &world.records[*at], place),
    }
}

/// Whether somebody may send a form to an address of a record or register. `rest` is what follows the record in the pattern.
pub fn may_send(person: &Person, one: &Placed, rest: &str, last: &str) -> bool {
    let changes = one.state != RecordState::Merged && may_keep(person, one);
    let filed = one.state == RecordState::Filed;
    match rest {
        "/edit" | "/edit/{part}" | "/check" => changes,
        "/merge" => changes && filed,
        "/part" => one.state == RecordState::Merged && may_keep(person, one) && role(person) != "member",
        "/do/{transition}" => {
            let transition = one
                .procedure
                .as_ref()
                .and_then(|procedure| procedure.transition(last));
            let by =
                transition.is_some_and(|transition| transition.by.iter().any(|who| is(person, one, *who)));
            filed && by && takes_part(person, one)
        }
        "/{how}" => {
            let open = one.case.is_some() && filed && takes_part(person, one);
            let of_owner = one
                .procedure
                .as_ref()
                .is_some_and(|one| one.messages == Counterpart::Owner);
            let says = is_party(person, one)
                || is_member_of(person, &one.owner)
                || of_the_ministry(person) && !of_owner;
            open && if last == "note" {
                of_the_ministry(person)
            } else {
                says
            }
        }
        other => panic!("nobody says who may send a form to a record's {other}"),
    }
}

fn is(person: &Person, one: &Placed, who: Who) -> bool {
    match who {
        Who::Role(code) => role(person) == code,
        Who::Owner | Who::Author => is_member_of(person, &one.owner),
        Who::Party => is_party(person, one),
    }
}
