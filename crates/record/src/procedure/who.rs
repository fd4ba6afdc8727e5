//! Who takes part in a case, as the plan names them: by role, or by what the record and the case make of an organisation or a person.

use plan::{Kind, Procedure, State, Who};

use super::case::{By, Case, What};
use crate::sight::{Viewer, answers_for, of_the_ministry, parties};
use crate::value::Record;

/// What a case is about, and how it is dealt with.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The procedure.
    pub procedure: &'a Procedure,
    /// The kind of the record, which is that of the procedure.
    pub kind: &'a Kind,
    /// The organisation to which the record belongs.
    pub owner: &'a str,
    /// The record as it stands.
    pub record: &'a Record,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A clock whose time is over.
    Clock,
    /// A person.
    Person {
        /// Their account.
        account: String,
        /// What they are.
        viewer: Viewer,
        /// The accounts of those in whose absence they act.
        deputy_for: Vec<String>,
    },
}

impl Actor {
    pub(super) fn by(&self) -> By {
        match self {
            Self::Clock => By::Clock,
            Self::Person {
                account,
                viewer,
                deputy_for,
            } => By::Person {
                account: account.clone(),
                deputy_for: deputy_for.clone(),
                organisation: viewer.organisation.clone(),
                ministry: of_the_ministry(viewer),
            },
        }
    }
}

/// Whether the organisations that a record names take part in its case by now: from when it first waits for them, so that a name that was noted
/// down for later tells nobody anything; where a procedure never waits for them, from its opening.
pub fn involves_parties(procedure: &Procedure, case: &Case) -> bool {
    let waits = |state: &State| state.waits_for.contains(&Who::Party);
    if !procedure.states.iter().any(waits) {
        return case.state.is_some();
    }
    case.history.iter().any(|event| match &event.what {
        What::Moved { to, .. } => procedure.state(to).is_some_and(waits),
        _ => false,
    })
}

impl Subject<'_> {
    /// Whether somebody is one of these.
    pub(super) fn takes_part(&self, case: &Case, actor: &Actor, who: &[Who]) -> bool {
        let Actor::Person {
            account,
            viewer,
            deputy_for,
        } = actor
        else {
            return false;
        };
        who.iter().any(|who| match who {
            Who::Role(role) => viewer.roles.iter().any(|one| one == role),
            Who::Owner => answers_for(viewer) == Some(self.owner),
            Who::Party => answers_for(viewer).is_some_and(|one| viewer.party || self.names(case, one)),
            // Whoever has gone to another organisation since is its author no more.
            Who::Author => matches!(
                case.author(),
                Some(By::Person { account: author, organisation, .. })
                    if (author == account || deputy_for.contains(author)) && *organisation == viewer.organisation
            ),
        })
    }

    /// Whether the record makes an organisation a party, and the case has come to where parties take part.
    pub(super) fn names(&self, case: &Case, organisation: &str) -> bool {
        involves_parties(self.procedure, case) && parties(self.kind, self.record).contains(organisation)
    }
}
