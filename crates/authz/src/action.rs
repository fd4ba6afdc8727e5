//! What can be done, and who is granted it. An action's name is also its name in the audit log.

use crate::role::Role;

/// One line of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Who; none for everybody, signed in or not.
    pub role: Option<Role>,
    /// On what.
    pub scope: Scope,
}

/// On what a grant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On all of it.
    Any,
    /// On what belongs to the caller's organisation.
    Own,
    /// On the work of others: four eyes.
    OthersWork,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $code:literal: [$($grant:expr),* $(,)?];)*) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $action,)* }

        impl Action {
            /// Every action, in the order of the policy.
            pub const ALL: &'static [Self] = &[$(Self::$action),*];

            /// Its name in the audit log.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$action => $code,)* }
            }

            /// Who is granted it.
            pub const fn grants(self) -> &'static [Grant] {
                match self { $(Self::$action => const { &[$($grant),*] },)* }
            }
        }
    };
}

const fn any(role: Role) -> Grant {
    Grant {
        role: Some(role),
        scope: Scope::Any,
    }
}

const fn own(role: Role) -> Grant {
    Grant {
        role: Some(role),
        scope: Scope::Own,
    }
}

const fn others_work(role: Role) -> Grant {
    Grant {
        role: Some(role),
        scope: Scope::OthersWork,
    }
}

const EVERYBODY: Grant = Grant {
    role: None,
    scope: Scope::Any,
};

use Role::{Administrator, Approver, Auditor, Council, Member, Secretariat};

actions! {
    /// Read the plan, its figures and published editions.
    ReadPlan = "plan.read": [EVERYBODY];
    /// Sign in.
    SignIn = "session.open": [EVERYBODY];
    /// Set a password by a one-time link.
    AcceptLink = "link.accept": [EVERYBODY];
    /// Look after one's own account: password, sessions.
    KeepOwnAccount = "account.own": [
        any(Secretariat), any(Approver), any(Council), any(Member), any(Auditor), any(Administrator),
    ];
    /// See what waits for oneself and what touches one's organisation.
    ReadOwnWork = "work.read": [
        any(Secretariat), any(Approver), any(Council), any(Member), any(Auditor), any(Administrator),
    ];
    /// See organisations.
    ReadOrganisations = "organisation.read": [any(Administrator), any(Secretariat), any(Auditor), own(Member)];
    /// Add and change organisations.
    KeepOrganisations = "organisation.keep": [any(Administrator), any(Secretariat)];
    /// See accounts.
    ReadAccounts = "account.read": [any(Administrator), any(Auditor)];
    /// Invite accounts, give them roles, shut them out and let them back in.
    KeepAccounts = "account.keep": [any(Administrator)];
    /// See observations on their way into the books.
    ReadBatches = "batch.read": [any(Secretariat), any(Approver), any(Auditor)];
    /// Enter or import observations and hand them in for approval.
    ProposeBatch = "batch.propose": [any(Secretariat)];
    /// Take observations into the books, or send them back.
    ApproveBatch = "batch.approve": [others_work(Approver)];
    /// See a survey round: what is asked, of whom, by when.
    ReadRound = "round.read": [any(Secretariat), any(Approver), any(Auditor), own(Member)];
    /// Open, remind, close and settle a survey round.
    KeepRound = "round.keep": [any(Secretariat)];
    /// See a firm's answer.
    ReadAnswer = "answer.read": [any(Secretariat), own(Member)];
    /// Write a firm's answer.
    WriteAnswer = "answer.write": [own(Member)];
    /// Take answers in from a file, for the firms.
    ImportAnswers = "answer.import": [any(Secretariat)];
    /// See the estimate of a round: totals and intervals, never a single answer.
    ReadEstimate = "estimate.read": [any(Secretariat), any(Approver)];
    /// See an edition that is not published yet.
    ReadDraft = "edition.read": [any(Secretariat), any(Approver), any(Council), any(Auditor)];
    /// Start an edition and write its words.
    WriteDraft = "edition.write": [any(Secretariat)];
    /// Comment on an edition before it is published.
    Comment = "edition.comment": [any(Council), any(Approver)];
    /// Publish an edition.
    Publish = "edition.publish": [others_work(Approver)];
    /// See records of the plan's kinds. The kind narrows it.
    ReadRecords = "record.read": [EVERYBODY];
    /// Add and change records of the plan's kinds. The kind narrows it.
    KeepRecords = "record.keep": [any(Secretariat), any(Approver), any(Council), any(Administrator), own(Member)];
    /// Move a case of the plan's procedures on, or say something in it. The procedure narrows it.
    KeepCases = "case.keep": [any(Secretariat), any(Approver), any(Council), any(Administrator), any(Member)];
    /// Read the audit log.
    ReadAudit = "audit.read": [any(Auditor)];
}

impl Action {
    /// Whether a program may do it by a key of the account: read what the work goes by, keep records and move cases. Passwords, keys, people, and
    /// what the ministry decides stay with somebody who signed in.
    pub const fn by_key(self) -> bool {
        matches!(
            self,
            Self::ReadPlan
                | Self::ReadOwnWork
                | Self::ReadOrganisations
                | Self::ReadBatches
                | Self::ReadRound
                | Self::ReadAnswer
                | Self::ReadEstimate
                | Self::ReadDraft
                | Self::ReadRecords
                | Self::KeepRecords
                | Self::KeepCases
        )
    }
}
