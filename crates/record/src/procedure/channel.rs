//! Ways to reach people: all who have a role, all who answer for an organisation, one account. Whose turn a case is, who takes part in it and who is
//! told of it are sets of these, which a database can look up; a person listens to a few of them.

use std::collections::BTreeSet;
use std::fmt;

use plan::Who;
use serde::{Deserialize, Serialize};

use super::case::{By, Case, What};
use super::tell::Recipient;
use super::who::{Subject, involves_parties};
use crate::sight::{Viewer, answers_for, parties};

/// Some people, written `role:…`, `organisation:…` or `account:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Whoever has this role.
    Role(String),
    /// Whoever answers for this organisation.
    Organisation(String),
    /// One person.
    Account(String),
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Organisation(id) => write!(f, "organisation:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
        }
    }
}

/// What a person is reached by.
pub fn listens(account: &str, viewer: &Viewer) -> BTreeSet<Channel> {
    let roles = viewer.roles.iter().cloned().map(Channel::Role);
    let own = answers_for(viewer).map(|one| Channel::Organisation(one.to_owned()));
    let account = Channel::Account(account.to_owned());
    roles.chain(own).chain([account]).collect()
}

/// Those whose turn it is.
pub fn waits(subject: &Subject<'_>, case: &Case) -> BTreeSet<Channel> {
    let state = case.state.as_deref().and_then(|id| subject.procedure.state(id));
    let waiting = state.into_iter().flat_map(|state| &state.waits_for);
    let of = |who: &Who| {
        let heard = |channel: &Channel| match channel {
            Channel::Organisation(id) => *who == Who::Party && has_answered(subject, case, id),
            Channel::Role(_) | Channel::Account(_) => false,
        };
        let mut all = one(subject, case, *who);
        all.retain(|channel| !heard(channel));
        all
    };
    waiting.flat_map(of).collect()
}

/// Whether a party, where all that it can do is to speak, has spoken since it was last asked: by the case coming to where it stands, or by a message.
pub(super) fn has_answered(subject: &Subject<'_>, case: &Case, party: &str) -> bool {
    let state = case.state.as_deref();
    if subject
        .procedure
        .leaving(state)
        .any(|one| one.by.contains(&Who::Party))
    {
        return false;
    }
    let last = case.history.iter().rev().find_map(|event| match &event.what {
        What::Moved { from, to, .. } if state == Some(to) && from.as_deref() != state => Some(false),
        What::Said { with, .. } if with == party => Some(matches!(
            &event.by,
            By::Person { organisation: Some(own), .. } if own == party
        )),
        _ => None,
    });
    last == Some(true)
}

/// Those who take part in a case at any time.
pub fn takes_part(subject: &Subject<'_>, case: &Case) -> BTreeSet<Channel> {
    let procedure = subject.procedure;
    let by = procedure.transitions.iter().flat_map(|one| &one.by);
    let waiting = procedure.states.iter().flat_map(|state| &state.waits_for);
    let roles = by.chain(waiting).flat_map(|who| one(subject, case, *who));
    roles
        .chain(one(subject, case, Who::Owner))
        .chain(one(subject, case, Who::Party))
        .collect()
}

/// Those who are told.
pub fn reached(subject: &Subject<'_>, case: &Case, who: &[Recipient]) -> BTreeSet<Channel> {
    who.iter()
        .flat_map(|recipient| match recipient {
            Recipient::Who(who) => one(subject, case, *who),
            Recipient::Organisation(id) => vec![Channel::Organisation(id.clone())],
        })
        .collect()
}

fn one(subject: &Subject<'_>, case: &Case, who: Who) -> Vec<Channel> {
    match who {
        Who::Role(role) => vec![Channel::Role(role.to_owned())],
        Who::Owner => vec![Channel::Organisation(subject.owner.to_owned())],
        Who::Party if involves_parties(subject.procedure, case) => parties(subject.kind, subject.record)
            .into_iter()
            .map(|id| Channel::Organisation(id.to_owned()))
            .collect(),
        Who::Party => vec![],
        Who::Author => match case.author() {
            Some(By::Person { account, .. }) => vec![Channel::Account(account.clone())],
            _ => vec![],
        },
    }
}
