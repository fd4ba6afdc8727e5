//! The one policy: who may do what to what.
//!
//! Every use case asks [`allows`] before it reads, and every list asks [`sight`] which rows may be in it; both follow from the same table,
//! [`Action::grants`]. Nothing here reads a database: the caller gives the facts. What is not granted is refused.

mod action;
mod role;

pub use action::{Action, Grant, Scope};
pub use role::Role;

/// Who asks: a signed-in account with its organisation and roles. The public is the absence of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's id.
    pub account: String,
    /// The organisation that it acts for.
    pub organisation: String,
    /// What it may act as, with what it was lent.
    pub roles: Vec<Role>,
    /// In whose absence it acts as well; none for most.
    pub lent: Option<Lent>,
    /// Name of the key that a program brought for it; none for a person who signed in. A key reaches [`Action::by_key`] alone.
    pub key: Option<String>,
}

/// What a deputy was lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The accounts of those who are away and whose roles are more than the deputy's own.
    pub by: Vec<String>,
    /// What the deputy may act as without them.
    pub own: Vec<Role>,
}

impl Caller {
    /// The caller as nobody's deputy.
    #[must_use]
    pub fn alone(&self) -> Self {
        match &self.lent {
            None => self.clone(),
            Some(lent) => Self {
                roles: lent.own.clone(),
                lent: None,
                ..self.clone()
            },
        }
    }

    /// Whether an account is the caller's, or that of somebody for whom the caller stands in: they are not four eyes.
    fn stands_for(&self, account: &str) -> bool {
        let lent = self.lent.iter().flat_map(|lent| &lent.by);
        self.account == account || lent.into_iter().any(|one| one == account)
    }

    /// Whether the caller may act as this.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// What is acted upon, as far as the policy looks at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The organisation that it belongs to, or that is named in it.
    pub organisation: Option<&'a str>,
    /// The account whose work it is: whoever made it cannot approve it.
    pub author: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// Something that belongs to an organisation.
    pub fn of(organisation: &'a str) -> Self {
        Self {
            organisation: Some(organisation),
            author: None,
        }
    }

    /// The work of an account.
    pub fn by(author: &'a str) -> Self {
        Self {
            organisation: None,
            author: Some(author),
        }
    }
}

/// Which rows of a list a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// All of them.
    All,
    /// Those of one organisation.
    Organisation(String),
    /// None.
    Nothing,
}

/// Whether a caller may do this to that.
pub fn allows(caller: Option<&Caller>, action: Action, subject: Subject<'_>) -> bool {
    // Who stands in for somebody is not that one where they do what is their own to do.
    let alone = caller.filter(|caller| caller.lent.is_some()).map(Caller::alone);
    reaches(caller, action)
        && (holds(caller, action.grants(), subject)
            || alone.is_some_and(|alone| holds(Some(&alone), action.grants(), subject)))
}

/// Which rows a caller may see of what `action` reads.
pub fn sight(caller: Option<&Caller>, action: Action) -> Sight {
    if !reaches(caller, action) {
        return Sight::Nothing;
    }
    sight_by(caller, action.grants())
}

/// Whether this can be done in the way in which the caller came.
fn reaches(caller: Option<&Caller>, action: Action) -> bool {
    action.by_key() || caller.is_none_or(|caller| caller.key.is_none())
}

/// Whether one of these grants lets a caller do something to that. For what is granted elsewhere than in [`Action::grants`], such as by a
/// record kind of the plan: that narrows what an action grants and never widens it.
pub fn holds(caller: Option<&Caller>, grants: &[Grant], subject: Subject<'_>) -> bool {
    grants.iter().any(|grant| {
        grant.is_for(caller)
            && match grant.scope {
                Scope::Any => true,
                Scope::Own => caller.is_some_and(|caller| subject.organisation == Some(&caller.organisation)),
                Scope::OthersWork => caller
                    .is_some_and(|caller| subject.author.is_some_and(|author| !caller.stands_for(author))),
            }
    })
}

/// Which rows these grants let a caller see.
pub fn sight_by(caller: Option<&Caller>, grants: &[Grant]) -> Sight {
    let mut sight = Sight::Nothing;
    for grant in grants.iter().filter(|grant| grant.is_for(caller)) {
        match (grant.scope, caller) {
            (Scope::Any, _) => return Sight::All,
            (Scope::Own, Some(caller)) => sight = Sight::Organisation(caller.organisation.clone()),
            _ => {}
        }
    }
    sight
}

impl Grant {
    fn is_for(self, caller: Option<&Caller>) -> bool {
        self.role
            .is_none_or(|role| caller.is_some_and(|caller| caller.is(role)))
    }
}
