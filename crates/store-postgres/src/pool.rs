//! A few connections that are kept open. A lost one costs the call that meets it a fault and nothing more: it and all that
//! were waiting beside it are thrown away, and the next call connects anew.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postgres::{Client, Config, NoTls, Statement};
use store::Fault;

use crate::fault;

/// The most connections of one node.
const MOST: usize = 8;

/// How long a call waits for a connection, and a statement for a lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may take to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) statements: HashMap<String, Statement>,
}

pub(crate) struct Pool {
    config: Config,
    kept: Mutex<Kept>,
    freed: Condvar,
}

#[derive(Default)]
struct Kept {
    idle: Vec<Connection>,
    in_use: usize,
}

impl Pool {
    pub(crate) fn new(mut config: Config) -> Self {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("rashin");
        }
        Self {
            config,
            kept: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Does some work with a connection.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut lease = self.lease()?;
        let connection = match &mut lease.connection {
            Some(connection) => connection,
            none => none.insert(self.connect()?),
        };
        let done = work(connection);
        if matches!(done, Err(Fault::Engine(_))) && connection.client.is_valid(SIGN_OF_LIFE).is_err() {
            lease.connection = None;
            self.kept().idle.clear();
        }
        done
    }

    fn lease(&self) -> Result<Lease<'_>, Fault> {
        let (mut kept, _) = self
            .freed
            .wait_timeout_while(self.kept(), PATIENCE, |kept| kept.in_use >= MOST)
            .unwrap_or_else(PoisonError::into_inner);
        if kept.in_use >= MOST {
            return Err(Fault::engine(format!("{MOST} connections are in use")));
        }
        kept.in_use += 1;
        Ok(Lease {
            pool: self,
            connection: kept.idle.pop(),
        })
    }

    fn connect(&self) -> Result<Connection, Fault> {
        let mut client = self.config.connect(NoTls).map_err(fault)?;
        // An acknowledged change survives a crash of the server, whatever its default is. Every
        // statement has its index, and is too short to be compiled.
        let settings = format!(
            "SET lock_timeout = {};
             SET jit = off;
             SET enable_seqscan = off;
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            PATIENCE.as_millis()
        );
        client.batch_execute(&settings).map_err(fault)?;
        Ok(Connection {
            client,
            statements: HashMap::new(),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing is done under this lock that could leave it half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut self.kept().idle);
        if !idle.is_empty() {
            // A connection waits while it closes, which a thread of an asynchronous runtime must not.
            let _ = std::thread::spawn(move || drop(idle)).join();
        }
    }
}

/// A place among the connections in use; given back whatever happens to the work.
struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut kept = self.pool.kept();
        kept.in_use -= 1;
        kept.idle.extend(self.connection.take());
        self.pool.freed.notify_one();
    }
}
