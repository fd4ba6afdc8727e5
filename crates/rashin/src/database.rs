//! Which database: the SQLite file or the PostgreSQL address that was named, else `RASHIN_DATABASE_URL`, else `rashin.db`
//! in the working directory. An address may hold a password, so neither it nor any part of it is ever shown.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use store::{Fault, Store};
use store_postgres::{Postgres, Server};
use store_sqlite::Sqlite;

use crate::edge;
use crate::failure::Failure;

const NEAR: &str = "rashin.db";
const VARIABLE: &str = "RASHIN_DATABASE_URL";

/// Which database.
#[derive(Debug, Args)]
pub struct Database {
    /// SQLite のファイル（省略時は rashin.db） / file of a SQLite database
    #[arg(long, value_name = "FILE", conflicts_with = "database_url")]
    database: Option<PathBuf>,
    #[arg(
        long,
        value_name = "URL",
        help = "PostgreSQL のアドレス（環境変数 RASHIN_DATABASE_URL でも指定できます） / address of a PostgreSQL database"
    )]
    database_url: Option<Address>,
}

/// An address that is not shown.
#[derive(Clone)]
struct Address(String);

impl Address {
    /// The server of this address; one that is reached by TLS is believed as other servers are on this machine.
    fn server(&self) -> Server<'_> {
        Server {
            url: &self.0,
            trusted: &edge::trusted,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://…")
    }
}

impl FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

enum Place {
    File(PathBuf),
    Server(Address),
}

impl Database {
    /// Opens the database; a new one is made, an older one is brought up to date.
    pub fn open(&self, json: bool) -> Result<Arc<dyn Store>, Failure> {
        let opened = match self.place() {
            Place::File(path) => Sqlite::open(&path).map(share),
            Place::Server(address) => Postgres::open(address.server()).map(share),
        };
        opened.map_err(|fault| self.failure(&fault, json))
    }

    /// Opens the database as it is. The inner fault is the database's own; a file that is not there is a failure.
    pub fn open_existing(&self, json: bool) -> Result<Result<Arc<dyn Store>, Fault>, Failure> {
        Ok(match self.place() {
            Place::File(path) => {
                std::fs::metadata(&path).map_err(|error| Failure::file(&path, &error, json))?;
                Sqlite::open_existing(&path).map(share)
            }
            Place::Server(address) => Postgres::open_existing(address.server()).map(share),
        })
    }

    /// The file that opening it would make.
    pub fn unmade(&self) -> Option<PathBuf> {
        match self.place() {
            Place::File(path) => Some(path).filter(|path| !path.exists()),
            Place::Server(_) => None,
        }
    }

    /// The failure of a fault in this database.
    pub fn failure(&self, fault: &Fault, json: bool) -> Failure {
        Failure::store(&self.name(), fault, json)
    }

    /// What it is called in sentences.
    pub fn name(&self) -> String {
        match self.place() {
            Place::File(path) => path.display().to_string(),
            Place::Server(_) => "PostgreSQL".to_owned(),
        }
    }

    fn place(&self) -> Place {
        let named = || std::env::var(VARIABLE).ok().map(Address);
        match (&self.database, &self.database_url) {
            (Some(path), _) => Place::File(path.clone()),
            (None, Some(address)) => Place::Server(address.clone()),
            (None, None) => named().map_or_else(|| Place::File(Path::new(NEAR).to_owned()), Place::Server),
        }
    }
}

fn share(store: impl Store + 'static) -> Arc<dyn Store> {
    Arc::new(store)
}
