//! Work that is done later: a job is put into its queue by the change that calls for it, in the same transaction, and is
//! claimed by one worker at a time until one of them ends it. Kept beside the chain, not in it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::name::Name;

/// Work to be done, once, by whoever claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose turn it is: workers claim from one queue.
    pub queue: Name,
    /// The job's name among all jobs. A job of a name that is there already, in whatever state, is not put in again.
    pub key: Name,
    /// What the worker needs to know: never a secret.
    pub payload: Value,
    /// It is not claimed before.
    pub not_before: Timestamp,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// The job.
    pub job: Job,
    /// Where it stands.
    pub state: JobState,
    /// How often it was claimed. Whoever claimed it says with this number which claim was theirs.
    pub attempt: u32,
    /// From when it may be claimed: for a running job, when its lease runs out; none once it has ended.
    pub due: Option<Timestamp>,
    /// What its worker said last.
    pub progress: Progress,
}

impl JobStatus {
    /// When to try a job again that failed at `now`: after ten seconds, then twice as long each time, at most an hour; none
    /// after a dozen attempts.
    pub fn again(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = 10_i64 << self.attempt.saturating_sub(1).min(9);
        let wait = SignedDuration::from_secs(wait.min(3600));
        (self.attempt < 12).then(|| now.checked_add(wait).unwrap_or(now))
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a worker, for the first time or again.
    Waiting,
    /// A worker has claimed it.
    Running,
    /// It was done.
    Done,
    /// It was given up.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

/// How far a job has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// Of how much; 0 where that is not known.
    pub total: u64,
    /// In words: what is being done, what came of it, or why it failed.
    pub text: String,
}

impl JobState {
    const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
