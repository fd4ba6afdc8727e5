//! Work that is done later: put into the queue by the change that calls for it, done by whichever server claims it, and safe to be done twice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Fault, Job, Name, Progress};
use vocab::Refusal;

use super::Desk;
use super::kept::refused;

/// The queue of this program.
const QUEUE: &str = "desk";
/// A worker that says nothing for so long is taken to be gone.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub(super) enum Work {
    /// The side effect of a transition: one of [`plan::HOOKS`].
    Hook {
        hook: String,
        kind: String,
        owner: String,
        id: String,
        /// Which event of the case calls for it.
        event: usize,
    },
}

/// A job under a name that is the same however often it is called for.
pub(super) fn job(key: &str, work: &Work, at: Timestamp) -> Result<Job, Refusal> {
    Ok(Job {
        queue: Name::new(QUEUE).map_err(refused)?,
        key: Name::new(key).map_err(refused)?,
        payload: serde_json::to_value(work).map_err(|error| refused(Fault::engine(error)))?,
        not_before: at,
    })
}

impl Desk {
    /// Does what has been due for longest; false if nothing is due. What fails is tried again later, each time after a longer while.
    ///
    /// # Errors
    /// Those of the store; not those of the work itself, which are noted with it.
    pub fn work(&self, at: Timestamp) -> Result<bool, Refusal> {
        let queue = Name::new(QUEUE).map_err(refused)?;
        let lease = at.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let Some(claimed) = self.store.claim_job(&queue, at, lease).map_err(refused)? else {
            return Ok(false);
        };
        let done = serde_json::from_value(claimed.job.payload.clone())
            .map_err(|error| refused(Fault::Corrupt(error.to_string())))
            .and_then(|work| self.do_work(at, work));
        let key = &claimed.job.key;
        match done {
            Ok(text) => {
                let said = Progress {
                    text,
                    ..Progress::default()
                };
                self.store
                    .finish_job(key, claimed.attempt, &said)
                    .map_err(refused)?
            }
            Err(refusal) => {
                let again = claimed.again(at);
                self.store
                    .fail_job(key, claimed.attempt, &refusal.en, again)
                    .map_err(refused)?
            }
        };
        Ok(true)
    }

    fn do_work(&self, at: Timestamp, work: Work) -> Result<String, Refusal> {
        match work {
            Work::Hook {
                hook,
                owner,
                id,
                event,
                ..
            } => match hook.as_str() {
                "tell-holders" => self.tell_holders(at, &owner, &id, event),
                // A hook of a newer program waits for it.
                other => Err(refused(Fault::Corrupt(format!("no hook {other}")))),
            },
        }
    }
}
