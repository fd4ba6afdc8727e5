//! What is done with the plan, by whom: use cases that load, authorise, decide and write.
//!
//! A use case is a method of [`Desk`]. It takes a [`Visit`] (who asks, and when), authorises before it reads anything that is not public,
//! and writes whole changes only. Nothing here knows HTTP or SQL, reads a clock or draws at random by itself.

mod answer;
mod attachment;
mod audit;
mod batch;
mod books;
mod case;
mod count;
mod disclose;
mod estimate;
mod follow_up;
mod import;
mod import_staging;
mod kept;
mod mail;
mod merge;
mod named;
mod notice;
mod people;
mod register;
mod register_import;
mod registry;
mod report_count;
mod round;
mod saved_view;
mod security;
mod sent;
mod supply;
mod today;
mod unsent;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use authz::{Action, Caller, Sight, Subject, allows, sight};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::Files;
use serde_json::Value;
use store::Store;
use vocab::Refusal;

use crate::ask::{Rashin, not_found};
use crate::report::Report;

pub use answer::{AnswerForm, AnswerView, Submission, Submitted};
pub use attachment::FileFor;
pub use audit::{AuditEvent, AuditPage, AuditPlace};
pub use batch::{Batch, BatchCheck, BatchRow, BatchState, Move, Reason};
pub use case::{Acted, CaseAct, CaseClock, CaseLine, CaseList, CaseQuery, CaseStep, CaseView};
pub use count::{Count, CountedYear, CoveredDevice, DeviceCount, Uncounted, UncountedDevice};
pub use estimate::PartEstimate;
pub use follow_up::{
    Answer, Comment, EditionLine, EditionView, FollowUp, Publication, Stage, Step, Typed, WordFault,
};
pub use import::{Column, RowFault, RowName, Table};
pub(crate) use import::{not_text, text_of, tidy};
pub use import_staging::{Purpose, RowChange, Staged, Staging, Taken};
pub use kept::Kept;
pub(crate) use kept::{Edit, Kind, Which};
pub use mail::{Letter, Post};
pub use merge::{MergeField, MergeForm, MergeNote, MergePage, MergeStep, Standing};
pub use notice::NoticeView;
pub use people::{
    Account, Amendment, Colleague, Deputies, Deputy, Exchange, Invitation, KEY_DAYS, KeyView, Link, LinkView,
    Member, NewKey, Newcomer, Organisation, OrganisationDraft, OrganisationKind, Person, Secret, Session,
    SessionView,
};
pub use record::procedure::message_file;
pub use record::procedure::{By, Change as ClockChange, Command, Event as CaseEvent, What as Happened};
pub use record::{Attachment, Completeness, in_japan};
pub use register::{
    RecordChange, RecordList, RecordPage, RecordQuery, RecordState, Register, RegisterEntry, SavedRecord,
    Seen,
};
pub use registry::{ListImport, ListReport, ListStanding};
pub use report_count::{ReportCount, ReportYear};
pub use round::{
    Cell, Firm, FirmRow, PartProgress, Progress, Reminder, Round, RoundCard, RoundState, RoundTable,
};
pub use saved_view::SavedView;
pub use security::{
    Advisories, AdvisoryBytes, AdvisoryPage, AdvisoryProduct, Because, ComponentRow, ComponentStanding,
    Confidence, CsafTree, DeviceFinding, DeviceSecurity, Disclosed, FeedNews, FeedView, FindingPage,
    FindingPlace, FindingQuery, FindingSort, HandoutForm, LifeDays, LifePart, LifeStage, ListedFinding,
    MakerAnswer, MakerCount, MakerItem, OwnAsset, Publisher, SecurityBoard, SecurityInbox, SecurityItem,
    SecurityWork, Spoken, SupportEnd, TouchedDevice, Wording,
};
pub use supply::{HeldAsset, Substitute, SupplyBoard, SupplyForHolder, SupplyQuery, SupplyReport};
pub use today::{Task, What};
pub use unsent::{FormOf, UnsentForm, UnsentLine};
pub use work::{Clock, REST_MILLISECONDS};

/// The organisation that keeps the plan: owner of observations, rounds and editions.
pub const MINISTRY: &str = "ministry";

/// The owner of organisations and accounts.
pub(crate) const DIRECTORY: &str = "directory";

/// Reports that are kept once made.
const KEPT_REPORTS: usize = 8;

/// Fills bytes from a source that nobody can guess.
pub type Random = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// The desk: the plan, the store, and what is done with them.
pub struct Desk {
    store: Arc<dyn Store>,
    files: Files,
    random: Random,
    books: RwLock<Option<books::Books>>,
    /// Reports already made, by the seals of their editions.
    reports: Mutex<HashMap<String, Arc<Report>>>,
    /// The public supply reports as they were last read.
    supply: Mutex<Option<Arc<supply::PublicReports>>>,
    /// When all accounts were last gone through for letters.
    letters_looked: Mutex<Option<Timestamp>>,
    /// What is known of the security of devices, matched and kept fresh.
    watch: security::Watch,
    /// By what letters are sent; without it none are.
    post: Option<Post>,
}

/// One request: who asks, and when.
#[derive(Debug, Clone)]
pub struct Visit {
    /// When.
    pub at: Timestamp,
    /// Who; none for the public.
    pub caller: Option<Caller>,
}

impl Visit {
    /// The day in Japan.
    pub fn today(&self) -> Date {
        in_japan(self.at).date()
    }

    /// The same request, made by this caller.
    pub(crate) fn of(&self, caller: Caller) -> Self {
        Self {
            at: self.at,
            caller: Some(caller),
        }
    }

    /// The same request, made by the caller as nobody's deputy.
    pub(crate) fn alone(&self) -> Self {
        Self {
            at: self.at,
            caller: self.caller.as_ref().map(Caller::alone),
        }
    }

    /// Whether there is anything that the one who asks may do this to.
    pub fn may(&self, action: Action) -> bool {
        sight(self.caller.as_ref(), action) != Sight::Nothing
    }

    /// Whether the one who asks may be the second pair of eyes on the work of an account.
    pub fn approves(&self, author: &str) -> bool {
        allows(self.caller.as_ref(), Action::Publish, Subject::by(author))
    }

    /// The account that asks, for the audit log.
    pub(crate) fn actor(&self) -> &str {
        self.caller.as_ref().map_or("public", |caller| &caller.account)
    }

    /// What is told of a change, with the name of the key by which it was made, if it was, and for whom its maker stood in.
    pub(crate) fn signed(&self, mut detail: Value) -> Value {
        if let Some(lent) = self.caller.as_ref().and_then(|caller| caller.lent.as_ref()) {
            detail["deputy_for"] = lent.by.clone().into();
        }
        if let Some(key) = self.caller.as_ref().and_then(|caller| caller.key.as_ref()) {
            detail["key"] = key.as_str().into();
        }
        detail
    }

    /// What is said to somebody who came by a key and would have to sign in for this.
    fn without_key(&self, action: Action, subject: Subject<'_>) -> Option<Refusal> {
        let signed_in = self.caller.clone().map(|caller| Caller { key: None, ..caller });
        allows(signed_in.as_ref(), action, subject).then(|| {
            Refusal::new(
                "key",
                "この操作はキーではできません。ブラウザーでログインして行ってください。",
                "This cannot be done with a key. Please sign in with a browser to do it.",
            )
        })
    }
}

impl Desk {
    /// A desk over a plan and a store.
    pub fn new(files: Files, store: Arc<dyn Store>, random: Random) -> Self {
        Self {
            store,
            files,
            random,
            books: RwLock::new(None),
            reports: Mutex::default(),
            supply: Mutex::default(),
            letters_looked: Mutex::default(),
            watch: security::Watch::default(),
            post: None,
        }
    }

    /// The same, which also writes letters.
    #[must_use]
    pub fn with_post(self, post: Option<Post>) -> Self {
        Self { post, ..self }
    }

    /// The same, which also watches a database of advisories.
    #[must_use]
    pub fn with_advisories(self, advisories: Option<Box<dyn Advisories>>) -> Self {
        Self {
            watch: security::Watch::over(advisories),
            ..self
        }
    }

    /// Refuses what the caller may not do: the public is asked to sign in, anyone else learns nothing.
    pub(crate) fn authorise(visit: &Visit, action: Action, subject: Subject<'_>) -> Result<(), Refusal> {
        if allows(visit.caller.as_ref(), action, subject) {
            return Ok(());
        }
        Err(visit
            .without_key(action, subject)
            .unwrap_or_else(|| closed(visit)))
    }

    /// So many bytes that nobody can guess.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

/// What one may not do: the public is asked to sign in, anyone else learns nothing.
pub fn closed(visit: &Visit) -> Refusal {
    if visit.caller.is_some() {
        return unknown();
    }
    Refusal::new(
        "sign-in",
        "この画面を使うには、ログインしてください。",
        "Please sign in to use this page.",
    )
}

/// What is not there, or not there for the one who asks.
pub(crate) fn unknown() -> Refusal {
    not_found(
        "このアドレスのものはありません。一覧から選び直してください。",
        "There is nothing at this address. Please choose again from the list.",
    )
}

impl Desk {
    /// The plan with everything that was approved, as of now.
    ///
    /// # Errors
    /// `unavailable` if the store cannot be read.
    pub fn rashin(&self) -> Result<Arc<Rashin>, Refusal> {
        self.open_books()
    }
}
