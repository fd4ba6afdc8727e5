//! The same store on PostgreSQL, for several stateless nodes: one database, a few connections a node.
//!
//! A chain is serialised by a lock on its row; everything else follows from `READ COMMITTED` under that lock. Readers see
//! one moment (`REPEATABLE READ`). There are no triggers and no advisory locks. Of several servers the one that takes writes
//! is found again after a failover. An address that demands TLS gets it, to a server that proves who it is; one that does
//! not names a socket, a private network or a tunnel.

mod find;
mod index;
mod jobs;
mod pool;
mod read;
mod schema;
mod tls;
mod work;
mod write;

use std::fmt;

use jiff::Timestamp;
use postgres::error::SqlState;
use postgres::{Client, Config};
use store::{
    Blob, Change, Event, EventQuery, Fault, Head, Index, JobStatus, Key, Name, Progress, Query, Row, Store,
    Strikes, Token, TokenPurpose, Unsent, Version,
};

use crate::pool::{Failed, Pool};
use crate::work::Work;

pub use crate::find::Limits;

/// A store in one PostgreSQL database, or in the schema that its address names.
pub struct Postgres {
    pool: Pool,
    limits: Limits,
}

/// Where a database is: one server, or several of which one takes writes at a time.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`, with what else libpq understands.
    pub url: &'a str,
    /// Gives the certificates, as DER, of the authorities that are believed where the address says `sslmode=require`.
    pub trusted: &'a dyn Fn() -> Vec<Vec<u8>>,
}

/// A server that is reached without TLS.
impl<'a> From<&'a str> for Server<'a> {
    fn from(url: &'a str) -> Self {
        Self {
            url,
            trusted: &Vec::new,
        }
    }
}

impl<'a> From<&'a String> for Server<'a> {
    fn from(url: &'a String) -> Self {
        Self::from(url.as_str())
    }
}

impl Postgres {
    /// Opens a store, bringing its schema up to date; any number of nodes may do so at once.
    ///
    /// # Errors
    /// [`Fault::Foreign`] for a database with other tables in it, [`Fault::TooNew`], and those of the database.
    pub fn open<'a>(server: impl Into<Server<'a>>) -> Result<Self, Fault> {
        Self::with(server.into(), schema::prepare)
    }

    /// Opens a store that is there already, changing nothing: for verification and backup.
    ///
    /// # Errors
    /// As [`Postgres::open`], and [`Fault::TooOld`].
    pub fn open_existing<'a>(server: impl Into<Server<'a>>) -> Result<Self, Fault> {
        Self::with(server.into(), schema::check)
    }

    fn with(server: Server<'_>, begin: fn(&mut Client) -> Result<(), Fault>) -> Result<Self, Fault> {
        // The parser's own words may repeat parts of a password.
        let config: Config = server
            .url
            .parse()
            .map_err(|_| Fault::engine("not of the form postgres://USER:PASSWORD@HOST/DATABASE"))?;
        let pool = Pool::new(config, server.trusted)?;
        pool.with(|connection| Ok(begin(&mut connection.client)?))?;
        Ok(Self {
            pool,
            limits: Limits::default(),
        })
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn write<T, E: Into<Failed>>(
        &self,
        mut work: impl FnMut(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        self.pool.with(|connection| {
            let mut open = Work::begin(connection, false)?;
            let done = work(&mut open).map_err(E::into)?;
            open.commit().map_err(Failed::for_good)?;
            Ok(done)
        })
    }

    fn read<T, E: Into<Failed>>(
        &self,
        mut work: impl FnMut(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        self.pool
            .with(|connection| work(&mut Work::begin(connection, true)?).map_err(E::into))
    }
}

/// What PostgreSQL said, without particulars, which may repeat what was to be stored.
#[derive(Debug)]
struct Said {
    code: SqlState,
    message: String,
}

impl Said {
    fn of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        error.downcast_ref()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.message)
    }
}

impl std::error::Error for Said {}

/// What PostgreSQL's own error means here.
fn fault(error: postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(said) => Fault::engine(Said {
            code: said.code().clone(),
            message: said.message().to_owned(),
        }),
        None => match std::error::Error::source(&error) {
            Some(cause) => Fault::engine(format!("{error}: {cause}")),
            None => Fault::engine(error),
        },
    }
}

impl Store for Postgres {
    fn commit_all(&self, changes: &[Change]) -> Result<Vec<Event>, Fault> {
        self.write(|work| write::commit_all(work, changes))
    }

    fn newest(&self, key: &Key) -> Result<Option<Version>, Fault> {
        self.read(|work| read::versions(work, key, 1).map(|mut found| found.pop()))
    }

    fn versions(&self, key: &Key) -> Result<Vec<Version>, Fault> {
        self.read(|work| read::versions(work, key, u32::MAX))
    }

    fn list(&self, query: &Query) -> Result<Vec<Version>, Fault> {
        self.read(|work| find::list(work, self.limits, query))
    }

    fn count(&self, query: &Query, up_to: u64) -> Result<u64, Fault> {
        self.read(|work| find::count(work, self.limits, query, up_to))
    }

    fn index(&self, entries: &[(Key, u32, Index)]) -> Result<(), Fault> {
        self.write(|work| index::index(work, entries))
    }

    fn index_stamp(&self, kind: &Name) -> Result<Option<String>, Fault> {
        self.read(|work| index::stamp(work, kind))
    }

    fn set_index_stamp(&self, kind: &Name, stamp: &str) -> Result<(), Fault> {
        self.write(|work| index::set_stamp(work, kind, stamp))
    }

    fn claim_job(&self, queue: &Name, now: Timestamp, lease: Timestamp) -> Result<Option<JobStatus>, Fault> {
        self.write(|work| jobs::claim(work, queue, now, lease))
    }

    fn progress_job(
        &self,
        key: &Name,
        attempt: u32,
        progress: &Progress,
        lease: Timestamp,
    ) -> Result<bool, Fault> {
        self.write(|work| jobs::progress(work, key, attempt, progress, lease))
    }

    fn finish_job(&self, key: &Name, attempt: u32, result: &Progress) -> Result<bool, Fault> {
        self.write(|work| jobs::finish(work, key, attempt, result))
    }

    fn fail_job(&self, key: &Name, attempt: u32, why: &str, again: Option<Timestamp>) -> Result<bool, Fault> {
        self.write(|work| jobs::fail(work, key, attempt, why, again))
    }

    fn cancel_job(&self, key: &Name) -> Result<bool, Fault> {
        self.write(|work| jobs::cancel(work, key))
    }

    fn job(&self, key: &Name) -> Result<Option<JobStatus>, Fault> {
        self.read(|work| jobs::job(work, key))
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<Event>, Fault> {
        self.read(|work| read::events(work, query))
    }

    fn head(&self, owner: &Name) -> Result<Option<Head>, Fault> {
        self.read(|work| read::head(work, owner))
    }

    fn blob(&self, owner: &Name, sha256: &str) -> Result<Option<Blob>, Fault> {
        self.read(|work| read::blob(work, owner, sha256))
    }

    fn put_token(&self, token: &Token) -> Result<(), Fault> {
        self.write(|work| write::put_token(work, token))
    }

    fn token(&self, purpose: TokenPurpose, hash: &str, now: Timestamp) -> Result<Option<Token>, Fault> {
        self.read(|work| read::token(work, purpose, hash, now))
    }

    fn tokens(&self, purpose: TokenPurpose, account: &Name, now: Timestamp) -> Result<Vec<Token>, Fault> {
        self.read(|work| read::tokens(work, purpose, account, now))
    }

    fn touch_token(&self, hash: &str, seen: Timestamp, expires: Timestamp) -> Result<(), Fault> {
        self.write(|work| write::touch_token(work, hash, seen, expires))
    }

    fn take_token(&self, hash: &str) -> Result<bool, Fault> {
        self.write(|work| write::take_token(work, hash))
    }

    fn clear_tokens(&self, account: Option<&Name>, now: Timestamp) -> Result<(), Fault> {
        self.write(|work| write::clear_tokens(work, account, now))
    }

    fn strike(&self, name: &str, now: Timestamp) -> Result<Strikes, Fault> {
        self.write(|work| write::strike(work, name, now))
    }

    fn strikes(&self, name: &str) -> Result<Option<Strikes>, Fault> {
        self.read(|work| read::strikes(work, name))
    }

    fn clear_strikes(&self, name: Option<&str>, until: Timestamp) -> Result<(), Fault> {
        self.write(|work| write::clear_strikes(work, name, until))
    }

    fn keep_unsent(&self, unsent: &Unsent, most: u32) -> Result<(), Fault> {
        self.write(|work| write::keep_unsent(work, unsent, most))
    }

    fn unsent(&self, account: &Name, form: Option<&str>) -> Result<Vec<Unsent>, Fault> {
        self.read(|work| read::unsent(work, account, form))
    }

    fn drop_unsent(&self, account: &Name, form: &str) -> Result<(), Fault> {
        self.write(|work| write::drop_unsent(work, account, form))
    }

    fn clear_unsent(&self, account: Option<&Name>, until: Timestamp) -> Result<(), Fault> {
        self.write(|work| write::clear_unsent(work, account, until))
    }

    fn walk(&self, visit: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault> {
        // Rows that were given out are not taken back.
        self.read(|work| read::walk(work, visit).map_err(Failed::for_good))
    }

    fn inspect(&self) -> Result<Vec<String>, Fault> {
        self.read(read::inspect)
    }

    fn load(&self, rows: &mut dyn Iterator<Item = Result<Row, Fault>>) -> Result<(), Fault> {
        self.write(|work| write::load(work, rows).map_err(Failed::for_good))
    }
}
