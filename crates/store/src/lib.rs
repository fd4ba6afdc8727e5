//! The narrow waist: what Rashin asks of a database, and nothing more.
//!
//! Whatever is kept is a *record*: an owner, a kind, an id, and versions that are only ever added. Whatever changes
//! records is one [`Change`]: it is written whole in one transaction, as an event that is sealed into its owner's chain,
//! or not at all. Nothing here knows what a record is about, decides who may read it, reads a clock or draws at random.

mod backup;
mod change;
#[cfg(feature = "contract")]
pub mod contract;
mod fault;
mod index;
mod job;
mod name;
mod record;
mod seal;
mod store;
mod token;
mod unsent;
mod verify;

pub use backup::{Manifest, read_backup, write_backup};
pub use change::{Blob, Change, Draft, Entry, Indexed, Link, Place};
pub use fault::Fault;
pub use index::{Direction, Filter, Index, Need, Span, Term, Test, within};
pub use job::{Job, JobState, JobStatus, Progress};
pub use name::{Key, Name};
pub use record::{After, Event, EventQuery, Head, Query, Version, Written};
pub use seal::{canonical, hex, sha256};
pub use store::{Row, Store};
pub use token::{Strikes, Token, TokenPurpose};
pub use unsent::Unsent;
pub use verify::{Broken, Verified, verify};
