//! Work that is done later: what a job of the desk's queue holds, and how one is claimed, done, and ended or given back. The use case that puts a
//! job in has authorised it; a job holds ids alone.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Fault, Job, Name, Progress};
use vocab::Refusal;

use super::Desk;
use super::kept::refused;

/// The queue of the desk's jobs.
const DESK: &str = "desk";
/// The queue of letters, so that a mail server that does not answer holds up nothing else.
const MAIL: &str = "mail";
/// What cannot be done here, or not now, is tried again after so long.
const LATER: SignedDuration = SignedDuration::from_mins(5);
/// How long a job is held from its last word on. What was cut off is then taken up where it was.
const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// How long whoever does the desk's work rests when there is none, in milliseconds: what a new advisory or an answer calls for waits no longer.
pub const REST_MILLISECONDS: u64 = 200;

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub(super) enum Work {
    /// The side effect of a transition: one of [`plan::HOOKS`].
    Hook {
        /// Its name.
        hook: String,
        /// The organisation to which the record belongs.
        owner: String,
        /// Id of the record.
        id: String,
        /// Which event of the case calls for it.
        event: usize,
    },
    /// Write somebody what waits and what happened between two times.
    Letter {
        /// Id of the account.
        account: String,
        /// From when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
        /// What is urgent alone.
        urgent: bool,
    },
    /// Match a bill of materials, or what a hospital holds, with the advisories that are known, and tell whom they concern.
    Security {
        /// Kind of the record.
        kind: String,
        /// The organisation to which it belongs.
        owner: String,
        /// Its id.
        id: String,
    },
    /// Tell whom an advisory concerns.
    Vulnerability {
        /// Its identifier.
        advisory: String,
        /// A text that changes when what it says does; empty where nobody wrote it down.
        #[serde(default)]
        says: String,
    },
    /// End what makers and hospitals have before them of vulnerabilities that were withdrawn.
    Withdrawn,
    /// Tell whoever holds a device version to which stage of its life it has come.
    Support {
        /// The maker.
        owner: String,
        /// Id of the hand-in.
        id: String,
    },
    /// Tell whom it touches that a public supply report was changed by a version of its record.
    SupplyChanged {
        /// The organisation that reported.
        owner: String,
        /// Id of the record.
        id: String,
        /// The version.
        version: u32,
    },
    /// Take a published list into its register.
    ImportList {
        /// Id of the import.
        import: String,
    },
}

impl Work {
    const fn queue(&self) -> &'static str {
        match self {
            Self::Letter { .. } => MAIL,
            Self::Hook { .. }
            | Self::Security { .. }
            | Self::Vulnerability { .. }
            | Self::Withdrawn
            | Self::Support { .. }
            | Self::SupplyChanged { .. }
            | Self::ImportList { .. } => DESK,
        }
    }

    /// A job under a name that no other job has.
    pub(super) fn job(&self, key: String, at: Timestamp) -> Result<Job, Refusal> {
        Ok(Job {
            queue: Name::new(self.queue()).map_err(refused)?,
            key: Name::new(key).map_err(refused)?,
            payload: serde_json::to_value(self).map_err(|error| refused(Fault::engine(error)))?,
            not_before: at,
        })
    }
}

/// What time it is now.
pub type Clock<'a> = dyn Fn() -> Timestamp + 'a;

/// Hears how far a piece of work has come; false asks it to stop there.
pub(super) type Heard<'a> = dyn FnMut(&Progress) -> Result<bool, Refusal> + 'a;

impl Desk {
    /// Does the job that has been due for longest; false if none is. `go_on` is asked between its changes: when it says no, the job is given back
    /// and goes on from there another time. A long job holds itself by the clock with every word on how far it is.
    ///
    /// # Errors
    /// Those of the store, when the job can be neither ended nor given back.
    pub fn work(&self, clock: &Clock<'_>, go_on: &dyn Fn() -> bool) -> Result<bool, Refusal> {
        self.work_in(DESK, clock, go_on)
    }

    /// Sends the letter that has been due for longest; false if none is, or if this desk writes no letters.
    ///
    /// # Errors
    /// As [`Desk::work`].
    pub fn send(&self, clock: &Clock<'_>, go_on: &dyn Fn() -> bool) -> Result<bool, Refusal> {
        Ok(self.post.is_some() && self.work_in(MAIL, clock, go_on)?)
    }

    fn work_in(&self, queue: &str, clock: &Clock<'_>, go_on: &dyn Fn() -> bool) -> Result<bool, Refusal> {
        let at = clock();
        let held_from = |now: Timestamp| now.checked_add(LEASE).unwrap_or(now);
        let queue = Name::new(queue).map_err(refused)?;
        let claimed = self.store.claim_job(&queue, at, held_from(at));
        let Some(status) = claimed.map_err(refused)? else {
            return Ok(false);
        };
        let (key, attempt) = (&status.job.key, status.attempt);
        let stopped = Cell::new(false);
        let mut heard = |progress: &Progress| {
            let lease = held_from(clock());
            let held = self.store.progress_job(key, attempt, progress, lease);
            let on = held.map_err(refused)? && go_on();
            stopped.set(!on);
            Ok(on)
        };
        let give_back = |why: &str, again| self.store.fail_job(key, attempt, why, again);
        let ended = match self.do_work(&status.job, at, &mut heard) {
            Ok(Some(result)) => self.store.finish_job(key, attempt, &result),
            Ok(None) if !stopped.get() => {
                let now = clock();
                give_back("", Some(now.checked_add(LATER).unwrap_or(now)))
            }
            Ok(None) => give_back("", Some(clock())),
            Err(refusal) if ["unavailable", "conflict"].contains(&refusal.kind) => {
                give_back(&refusal.ja, status.again(clock()))
            }
            Err(refusal) => give_back(&refusal.ja, None),
        };
        ended.map_err(refused).map(|_| true)
    }

    /// What came of it; none if it stopped before its end.
    fn do_work(&self, job: &Job, at: Timestamp, heard: &mut Heard<'_>) -> Result<Option<Progress>, Refusal> {
        let work = serde_json::from_value(job.payload.clone())
            .map_err(|error| refused(Fault::Corrupt(format!("job {}: {error}", job.key))))?;
        match work {
            Work::Hook {
                hook,
                owner,
                id,
                event,
            } => match hook.as_str() {
                "tell-holders" => self.tell_holders(at, (&owner, &id, event), heard),
                "tell-disclosed" => self.tell_disclosed(at, &owner, &id, event).map(Some),
                "run-gate" => self.run_gate(at, &owner, &id).map(Some),
                "tell-answer" => self.tell_answer(at, &owner, &id, event).map(Some),
                // The plan's reader lets no other through; a newer program's job waits for that program.
                _ => Ok(None),
            },
            Work::Letter {
                account,
                from,
                to,
                urgent,
            } => self.send_letter(at, &account, (from, to), urgent),
            Work::Security { kind, owner, id } => self.match_record(at, &kind, &owner, &id).map(Some),
            Work::Vulnerability { advisory, says } => {
                let since = at.duration_since(job.not_before);
                self.tell_vulnerability(at, &advisory, (&says, since)).map(Some)
            }
            Work::Withdrawn => self.tell_withdrawn(at).map(Some),
            Work::Support { owner, id } => self.tell_stage(at, &owner, &id).map(Some),
            Work::SupplyChanged { owner, id, version } => {
                self.tell_changed(at, (&owner, &id, version), heard)
            }
            Work::ImportList { import } => self.run_import(&import, at, heard),
        }
    }
}
