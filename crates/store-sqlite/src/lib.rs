//! The embedded default: one SQLite file, one writer, readers beside it.
//!
//! Writes go through one connection with `BEGIN IMMEDIATE`; readers see the last committed state (WAL). A commit is on
//! disk before it is acknowledged (`synchronous=FULL`).

mod bits;
mod find;
mod index;
mod jobs;
mod leaf;
mod pieces;
mod read;
mod schema;
mod write;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use store::{
    Blob, Change, Event, EventQuery, Fault, Head, Index, JobStatus, Key, Name, Progress, Query, Row, Store,
    Strikes, Token, TokenPurpose, Unsent, Version,
};

pub use crate::find::Limits;

/// How long a writer waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Readers that are kept open.
const READERS: usize = 8;

/// The most memory for pages that a connection keeps, as SQLite takes it: KiB, marked by the sign.
const WRITER_CACHE: &str = "-131072";
const READER_CACHE: &str = "-16384";

/// A store in one SQLite file.
pub struct Sqlite {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    limits: Limits,
}

impl Sqlite {
    /// Opens a store, making the file (readable by its owner alone) and bringing its schema up to date.
    ///
    /// # Errors
    /// [`Fault::Foreign`], [`Fault::TooNew`], and those of the database.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        // Made here and not by SQLite, whose files everybody may read. An empty file is an empty database.
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(Fault::engine)?;
        let mut writer = connect(path, WRITER_CACHE)?;
        schema::prepare(&mut writer)?;
        Ok(Self::with(path, writer))
    }

    /// Opens a store that is there already, changing nothing: for verification and backup.
    ///
    /// # Errors
    /// As [`Sqlite::open`], and [`Fault::TooOld`]; a missing file is not made.
    pub fn open_existing(path: &Path) -> Result<Self, Fault> {
        let mut writer = connect(path, WRITER_CACHE)?;
        schema::check(&mut writer)?;
        Ok(Self::with(path, writer))
    }

    fn with(path: &Path, writer: Connection) -> Self {
        Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            limits: Limits::default(),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked has rolled its transaction back.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut writer = self.writer();
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fault)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(fault)?;
        Ok(done)
    }

    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match kept {
            Some(reader) => reader,
            None => connect(&self.path, READER_CACHE)?,
        };
        let done = reader
            .transaction()
            .map_err(fault)
            .and_then(|transaction| work(&transaction));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(reader);
        }
        done
    }
}

fn connect(path: &Path, cache: &str) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.busy_timeout(PATIENCE).map_err(fault)?;
    // Otherwise a statement is prepared anew whenever other values are bound to it.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(fault)?;
    let pragmas = [
        ("synchronous", "FULL"),
        // What was erased is overwritten in the file, not only let go.
        ("secure_delete", "ON"),
        // A file that somebody tampered with runs nothing and is noticed early.
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
        // In KiB: what a large change touches, and what a reader meets again and again, stays in memory.
        ("cache_size", cache),
        // In pages: what several changes touch is written back to its place once. Each is on disk in the log before.
        ("wal_autocheckpoint", "16384"),
    ];
    for (name, value) in pragmas {
        connection.pragma_update(None, name, value).map_err(fault)?;
    }
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// What SQLite's own error means here.
fn fault(error: rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Fault::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => Fault::Corrupt(error.to_string()),
        _ => Fault::engine(error),
    }
}

impl Store for Sqlite {
    fn commit_all(&self, changes: &[Change]) -> Result<Vec<Event>, Fault> {
        self.write(|transaction| write::commit_all(transaction, changes))
    }

    fn newest(&self, key: &Key) -> Result<Option<Version>, Fault> {
        self.read(|transaction| Ok(read::versions(transaction, key, 1)?.pop()))
    }

    fn versions(&self, key: &Key) -> Result<Vec<Version>, Fault> {
        self.read(|transaction| read::versions(transaction, key, u32::MAX))
    }

    fn list(&self, query: &Query) -> Result<Vec<Version>, Fault> {
        self.read(|transaction| find::list(transaction, self.limits, query))
    }

    fn count(&self, query: &Query, up_to: u64) -> Result<u64, Fault> {
        self.read(|transaction| find::count(transaction, self.limits, query, up_to))
    }

    fn index(&self, entries: &[(Key, u32, Index)]) -> Result<(), Fault> {
        self.write(|transaction| index::index(transaction, entries))
    }

    fn index_stamp(&self, kind: &Name) -> Result<Option<String>, Fault> {
        self.read(|transaction| index::stamp(transaction, kind))
    }

    fn set_index_stamp(&self, kind: &Name, stamp: &str) -> Result<(), Fault> {
        self.write(|transaction| index::set_stamp(transaction, kind, stamp))
    }

    fn claim_job(&self, queue: &Name, now: Timestamp, lease: Timestamp) -> Result<Option<JobStatus>, Fault> {
        // Workers ask often and mostly in vain, which is not to keep a writer waiting.
        if !self.read(|transaction| jobs::is_due(transaction, queue, now))? {
            return Ok(None);
        }
        self.write(|transaction| jobs::claim(transaction, queue, now, lease))
    }

    fn progress_job(
        &self,
        key: &Name,
        attempt: u32,
        progress: &Progress,
        lease: Timestamp,
    ) -> Result<bool, Fault> {
        self.write(|transaction| jobs::progress(transaction, key, attempt, progress, lease))
    }

    fn finish_job(&self, key: &Name, attempt: u32, result: &Progress) -> Result<bool, Fault> {
        self.write(|transaction| jobs::finish(transaction, key, attempt, result))
    }

    fn fail_job(&self, key: &Name, attempt: u32, why: &str, again: Option<Timestamp>) -> Result<bool, Fault> {
        self.write(|transaction| jobs::fail(transaction, key, attempt, why, again))
    }

    fn cancel_job(&self, key: &Name) -> Result<bool, Fault> {
        self.write(|transaction| jobs::cancel(transaction, key))
    }

    fn job(&self, key: &Name) -> Result<Option<JobStatus>, Fault> {
        self.read(|transaction| jobs::job(transaction, key))
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<Event>, Fault> {
        self.read(|transaction| read::events(transaction, query))
    }

    fn head(&self, owner: &Name) -> Result<Option<Head>, Fault> {
        self.read(|transaction| read::head(transaction, owner))
    }

    fn blob(&self, owner: &Name, sha256: &str) -> Result<Option<Blob>, Fault> {
        self.read(|transaction| read::file(transaction, owner, sha256))
    }

    fn put_token(&self, token: &Token) -> Result<(), Fault> {
        self.write(|transaction| write::put_token(transaction, token))
    }

    fn token(&self, purpose: TokenPurpose, hash: &str, now: Timestamp) -> Result<Option<Token>, Fault> {
        self.read(|transaction| read::token(transaction, purpose, hash, now))
    }

    fn tokens(&self, purpose: TokenPurpose, account: &Name, now: Timestamp) -> Result<Vec<Token>, Fault> {
        self.read(|transaction| read::tokens(transaction, purpose, account, now))
    }

    fn touch_token(&self, hash: &str, seen: Timestamp, expires: Timestamp) -> Result<(), Fault> {
        self.write(|transaction| write::touch_token(transaction, hash, seen, expires))
    }

    fn take_token(&self, hash: &str) -> Result<bool, Fault> {
        self.write(|transaction| write::take_token(transaction, hash))
    }

    fn clear_tokens(&self, account: Option<&Name>, now: Timestamp) -> Result<(), Fault> {
        self.write(|transaction| write::clear_tokens(transaction, account, now))
    }

    fn strike(&self, name: &str, now: Timestamp) -> Result<Strikes, Fault> {
        self.write(|transaction| write::strike(transaction, name, now))
    }

    fn strikes(&self, name: &str) -> Result<Option<Strikes>, Fault> {
        self.read(|transaction| read::strikes(transaction, name))
    }

    fn clear_strikes(&self, name: Option<&str>, until: Timestamp) -> Result<(), Fault> {
        self.write(|transaction| write::clear_strikes(transaction, name, until))
    }

    fn keep_unsent(&self, unsent: &Unsent, most: u32) -> Result<(), Fault> {
        self.write(|transaction| write::keep_unsent(transaction, unsent, most))
    }

    fn unsent(&self, account: &Name, form: Option<&str>) -> Result<Vec<Unsent>, Fault> {
        self.read(|transaction| read::unsent(transaction, account, form))
    }

    fn drop_unsent(&self, account: &Name, form: &str) -> Result<(), Fault> {
        self.write(|transaction| write::drop_unsent(transaction, account, form))
    }

    fn clear_unsent(&self, account: Option<&Name>, until: Timestamp) -> Result<(), Fault> {
        self.write(|transaction| write::clear_unsent(transaction, account, until))
    }

    fn walk(&self, visit: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault> {
        self.read(|transaction| read::walk(transaction, visit))
    }

    fn inspect(&self) -> Result<Vec<String>, Fault> {
        self.read(read::inspect)
    }

    fn load(&self, rows: &mut dyn Iterator<Item = Result<Row, Fault>>) -> Result<(), Fault> {
        self.write(|transaction| write::load(transaction, rows))
    }
}
