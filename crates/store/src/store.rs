//! The trait that each database implements, and the rows that pass through backup and verification.

use jiff::Timestamp;

use crate::change::{Blob, Change};
use crate::fault::Fault;
use crate::index::Index;
use crate::job::{JobStatus, Progress};
use crate::name::{Key, Name};
use crate::record::{Event, EventQuery, Head, Query, Version};
use crate::token::{Strikes, Token, TokenPurpose};
use crate::unsent::Unsent;

/// A database. Every call is one transaction; a call that returns an error has changed nothing. There is one doubt that no
/// database can spare its caller: where the connection is lost while a change is being made final, [`Fault::Engine`] leaves
/// open whether it was. The versions that drafts expect make repeating it safe.
///
/// Calls block: a server runs them off its network threads.
pub trait Store: Send + Sync {
    /// Writes changes one after another, all of them or none: of each its event with its seal, its versions with their index, its files, its
    /// jobs. They may be of many owners; a later one sees what an earlier one wrote. What is acknowledged survives a crash. Gives the events.
    ///
    /// # Errors
    /// [`Fault::Conflict`] if a record is not at the version that its draft expects.
    fn commit_all(&self, changes: &[Change]) -> Result<Vec<Event>, Fault>;

    /// Writes one change whole.
    ///
    /// # Errors
    /// As [`Store::commit_all`].
    fn commit(&self, change: &Change) -> Result<Event, Fault> {
        let mut events = self.commit_all(std::slice::from_ref(change))?;
        events
            .pop()
            .ok_or_else(|| Fault::engine("a change was made and its event not given"))
    }

    /// The newest version of a record.
    ///
    /// # Errors
    /// Those of the database.
    fn newest(&self, key: &Key) -> Result<Option<Version>, Fault>;

    /// Every version of a record, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    fn versions(&self, key: &Key) -> Result<Vec<Version>, Fault>;

    /// Newest versions that meet a query, in its order.
    ///
    /// # Errors
    /// Those of the database.
    fn list(&self, query: &Query) -> Result<Vec<Version>, Fault>;

    /// How many records meet a query, whatever its order, page and limit; it stops counting at `up_to`.
    ///
    /// # Errors
    /// Those of the database.
    fn count(&self, query: &Query, up_to: u64) -> Result<u64, Fault>;

    /// Replaces the index of records where this is still their newest version; of others nothing is changed. For a store
    /// that was restored, and for a kind that is indexed in another way than before.
    ///
    /// # Errors
    /// Those of the database.
    fn index(&self, entries: &[(Key, u32, Index)]) -> Result<(), Fault>;

    /// What was last noted of how a kind is indexed; none if nothing was, or if the store was restored since.
    ///
    /// # Errors
    /// Those of the database.
    fn index_stamp(&self, kind: &Name) -> Result<Option<String>, Fault>;

    /// Notes how a kind is indexed, once all its records are.
    ///
    /// # Errors
    /// Those of the database.
    fn set_index_stamp(&self, kind: &Name, stamp: &str) -> Result<(), Fault>;

    /// Claims the job of a queue that has been due for longest, until `lease`; none if no job is due. A job whose lease ran
    /// out is due again.
    ///
    /// # Errors
    /// Those of the database.
    fn claim_job(&self, queue: &Name, now: Timestamp, lease: Timestamp) -> Result<Option<JobStatus>, Fault>;

    /// Says how far a claimed job has come and keeps it until `lease`. False if the claim does not hold any more: the job was
    /// cancelled, or its lease ran out and another worker has it. Its worker then stops.
    ///
    /// # Errors
    /// Those of the database.
    fn progress_job(
        &self,
        key: &Name,
        attempt: u32,
        progress: &Progress,
        lease: Timestamp,
    ) -> Result<bool, Fault>;

    /// Ends a claimed job that was done, with what came of it. False if the claim does not hold any more.
    ///
    /// # Errors
    /// Those of the database.
    fn finish_job(&self, key: &Name, attempt: u32, result: &Progress) -> Result<bool, Fault>;

    /// Gives a claimed job back that could not be done: it is claimed again from `again` on, or given up if there is none.
    /// False if the claim does not hold any more.
    ///
    /// # Errors
    /// Those of the database.
    fn fail_job(&self, key: &Name, attempt: u32, why: &str, again: Option<Timestamp>) -> Result<bool, Fault>;

    /// Cancels a job that has not ended; false if there is none. Its worker, if it has one, is told at its next progress.
    ///
    /// # Errors
    /// Those of the database.
    fn cancel_job(&self, key: &Name) -> Result<bool, Fault>;

    /// A job as it stands.
    ///
    /// # Errors
    /// Those of the database.
    fn job(&self, key: &Name) -> Result<Option<JobStatus>, Fault>;

    /// Events, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    fn events(&self, query: &EventQuery) -> Result<Vec<Event>, Fault>;

    /// The end of one owner's chain; none if nothing was written yet. Cheap: it tells whether something is new.
    ///
    /// # Errors
    /// Those of the database.
    fn head(&self, owner: &Name) -> Result<Option<Head>, Fault>;

    /// A file of an owner.
    ///
    /// # Errors
    /// Those of the database.
    fn blob(&self, owner: &Name, sha256: &str) -> Result<Option<Blob>, Fault>;

    /// Keeps a token.
    ///
    /// # Errors
    /// Those of the database.
    fn put_token(&self, token: &Token) -> Result<(), Fault>;

    /// The token of a hash, if it has not expired by `now`.
    ///
    /// # Errors
    /// Those of the database.
    fn token(&self, purpose: TokenPurpose, hash: &str, now: Timestamp) -> Result<Option<Token>, Fault>;

    /// An account's tokens of one purpose that have not expired by `now`, the last used first.
    ///
    /// # Errors
    /// Those of the database.
    fn tokens(&self, purpose: TokenPurpose, account: &Name, now: Timestamp) -> Result<Vec<Token>, Fault>;

    /// Notes that a token was used and until when it holds from now on.
    ///
    /// # Errors
    /// Those of the database.
    fn touch_token(&self, hash: &str, seen: Timestamp, expires: Timestamp) -> Result<(), Fault>;

    /// Takes a token away; false if it was not there, so that a one-time link opens once even when it is used twice at once.
    ///
    /// # Errors
    /// Those of the database.
    fn take_token(&self, hash: &str) -> Result<bool, Fault>;

    /// Takes away every token of an account, and all that expired before `now`.
    ///
    /// # Errors
    /// Those of the database.
    fn clear_tokens(&self, account: Option<&Name>, now: Timestamp) -> Result<(), Fault>;

    /// Counts one more failure and gives the count.
    ///
    /// # Errors
    /// Those of the database.
    fn strike(&self, name: &str, now: Timestamp) -> Result<Strikes, Fault>;

    /// The failures counted so far.
    ///
    /// # Errors
    /// Those of the database.
    fn strikes(&self, name: &str) -> Result<Option<Strikes>, Fault>;

    /// Forgets the failures of a name, and those of every name whose last was at `until` or before.
    ///
    /// # Errors
    /// Those of the database.
    fn clear_strikes(&self, name: Option<&str>, until: Timestamp) -> Result<(), Fault>;

    /// Keeps a form as it was typed, in place of what was kept of it. Of its account's forms the `most` last typed ones stay.
    ///
    /// # Errors
    /// Those of the database.
    fn keep_unsent(&self, unsent: &Unsent, most: u32) -> Result<(), Fault>;

    /// One form of an account, or all of them, the last typed first.
    ///
    /// # Errors
    /// Those of the database.
    fn unsent(&self, account: &Name, form: Option<&str>) -> Result<Vec<Unsent>, Fault>;

    /// Forgets a form of an account, if it is kept.
    ///
    /// # Errors
    /// Those of the database.
    fn drop_unsent(&self, account: &Name, form: &str) -> Result<(), Fault>;

    /// Forgets every form of an account, and all that were last typed at `until` or before.
    ///
    /// # Errors
    /// Those of the database.
    fn clear_unsent(&self, account: Option<&Name>, until: Timestamp) -> Result<(), Fault>;

    /// Gives every row, of one moment: each owner's events in order, each event followed by its versions and files.
    ///
    /// # Errors
    /// Those of the database and of `visit`.
    fn walk(&self, visit: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault>;

    /// What the database finds wrong with itself, below what rows show; empty if nothing.
    ///
    /// # Errors
    /// Those of the database.
    fn inspect(&self) -> Result<Vec<String>, Fault>;

    /// Fills an empty database with rows in the order of [`Store::walk`], in one transaction.
    ///
    /// # Errors
    /// [`Fault::NotEmpty`], and those of the rows.
    fn load(&self, rows: &mut dyn Iterator<Item = Result<Row, Fault>>) -> Result<(), Fault>;
}

/// One row of what is kept for good.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// The end of a chain as the database states it; comes before the chain's events.
    Head(Head),
    /// An event.
    Event(Event),
    /// A record version.
    Version(Version),
    /// A record's newest version as lists see it; comes after all versions of its owner.
    Listed {
        /// Which record.
        key: Key,
        /// Its newest version.
        version: u32,
        /// What it belongs to.
        parent: Option<Name>,
        /// Where it stands.
        state: Option<Name>,
    },
    /// A file.
    Blob {
        /// Whose.
        owner: Name,
        /// SHA-256 as the database states it.
        sha256: String,
        /// Contents; hexadecimal in a backup.
        #[serde(
            serialize_with = "crate::seal::as_hex",
            deserialize_with = "crate::seal::from_hex"
        )]
        bytes: Vec<u8>,
    },
}
