//! What of a case's history somebody sees, of those who may read the case. Organisations speak with the ministry, or where the
//! procedure says so with the record's owner, and not with each other: what one of them said, no other learns.

use plan::{Counterpart, Who};

use super::case::{By, Case, Event, What};
use super::who::Subject;
use crate::sight::{Viewer, answers_for, of_the_ministry};

/// The history as somebody sees it. The ministry sees all; the owner no notes, and no other's messages unless they were said to it; a party
/// neither reasons nor opinions besides; anybody else nothing.
pub fn history(subject: &Subject<'_>, case: &Case, viewer: &Viewer) -> Vec<Event> {
    if of_the_ministry(viewer) {
        return case.history.clone();
    }
    let Some(own) = answers_for(viewer) else {
        return vec![];
    };
    let owns = own == subject.owner;
    if !(owns || viewer.party || subject.names(case, own)) {
        return vec![];
    }
    let hears = owns && subject.procedure.messages == Counterpart::Owner;
    let seen = |event: &Event| {
        let what = match &event.what {
            What::Noted { .. } => return None,
            What::Said { with, .. } if with != own && !hears => return None,
            What::Moved {
                transition, from, to, ..
            } if !owns => What::Moved {
                transition: transition.clone(),
                from: from.clone(),
                to: to.clone(),
                reason: None,
                dissent: None,
            },
            // What the ministry says within itself is not for the owner before it tells it.
            What::Moved {
                transition, from, to, ..
            } if is_within(subject, event, transition) => What::Moved {
                transition: transition.clone(),
                from: from.clone(),
                to: to.clone(),
                reason: None,
                dissent: None,
            },
            what => what.clone(),
        };
        Some(Event {
            at: event.at,
            by: known(&event.by, own),
            what,
        })
    };
    case.history.iter().filter_map(seen).collect()
}

/// Whether a step of the ministry is told to the ministry alone.
fn is_within(subject: &Subject<'_>, event: &Event, transition: &str) -> bool {
    let by_ministry = matches!(event.by, By::Person { ministry: true, .. });
    let step = subject
        .procedure
        .transitions
        .iter()
        .find(|one| one.id == transition);
    let told = step.is_some_and(|step| step.tells.iter().any(|tell| tell.who.contains(&Who::Owner)));
    by_ministry && !told
}

/// A person of another organisation is known as the organisation alone.
fn known(by: &By, own: &str) -> By {
    match by {
        By::Person {
            organisation,
            ministry,
            ..
        } if organisation.as_deref() != Some(own) => By::Person {
            account: String::new(),
            organisation: organisation.clone(),
            ministry: *ministry,
            deputy_for: vec![],
        },
        by => by.clone(),
    }
}
