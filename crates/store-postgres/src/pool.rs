//! A few connections that are kept open, to whichever of the address's servers takes writes. A lost one, and one to a server
//! that takes writes no more, is thrown away with all that were waiting beside it, and the work is done again on a fresh one,
//! unless it may have been made final already: what is in doubt is left to whoever asked for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postgres::config::{SslMode, TargetSessionAttrs};
use postgres::error::{Severity, SqlState};
use postgres::{Client, Config, NoTls, Statement};
use store::Fault;

use crate::tls::Tls;
use crate::{Said, fault};

/// The most connections of one node.
const MOST: usize = 8;

/// How long a call waits for a connection, and a statement for a lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one server may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(2);

/// How long a connection may take to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// How often work is begun whose connection was lost.
const TRIES: u32 = 3;

/// Pauses between knocks while no server takes writes, in milliseconds: long enough for a standby to be promoted, short
/// enough for somebody to wait.
const PAUSES: [u64; 9] = [50, 100, 200, 400, 800, 1_200, 1_600, 2_000, 2_400];

pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) statements: HashMap<String, Statement>,
    /// Whether the server has warned since this was last put back.
    pub(crate) warned: Arc<AtomicBool>,
}

pub(crate) struct Pool {
    config: Config,
    /// None for an address that does not demand TLS.
    tls: Option<Tls>,
    kept: Mutex<Kept>,
    freed: Condvar,
}

#[derive(Default)]
struct Kept {
    idle: Vec<Connection>,
    in_use: usize,
    /// Whether the last one who knocked was answered: nobody waits for a server that others waited for in vain.
    reached: bool,
}

/// Why some work failed, and whether it may be done again if that was the connection's fault.
pub(crate) struct Failed {
    fault: Fault,
    again: bool,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { fault, again: true }
    }
}

impl Failed {
    /// Of work that may have been done for all one knows, or that cannot be begun anew.
    pub(crate) fn for_good(fault: Fault) -> Self {
        Self { fault, again: false }
    }
}

impl Pool {
    /// A pool for an address. `trusted` gives the authorities, as DER, by which a server is believed.
    pub(crate) fn new(mut config: Config, trusted: &dyn Fn() -> Vec<Vec<u8>>) -> Result<Self, Fault> {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(KNOCK);
        }
        if config.get_application_name().is_none() {
            config.application_name("rashin");
        }
        // A server that vanished without a word, with its machine or its network, is missed within seconds.
        if config.get_keepalives_interval().is_none() {
            config.keepalives_idle(SIGN_OF_LIFE * 5);
            config.keepalives_interval(SIGN_OF_LIFE).keepalives_retries(5);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        // Of several servers one takes writes, and only it knows everything.
        if config.get_hosts().len().max(config.get_hostaddrs().len()) > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = config.get_ssl_mode() == SslMode::Require;
        Ok(Self {
            tls: tls.then(|| Tls::trusting(trusted())).transpose()?,
            config,
            kept: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Does some work with a connection; again with a fresh one if it was lost and the work allows.
    pub(crate) fn with<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Failed>,
    ) -> Result<T, Fault> {
        let mut lease = self.lease()?;
        let mut tries = 0;
        loop {
            let connection = match &mut lease.connection {
                Some(connection) => connection,
                none => none.insert(self.reach()?),
            };
            let Failed { fault, again } = match work(connection) {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            if !is_lost(&fault, &mut connection.client) {
                return Err(fault);
            }
            lease.connection = None;
            let idle = std::mem::take(&mut self.kept().idle);
            drop(idle);
            tries += 1;
            if !again || tries == TRIES {
                return Err(fault);
            }
        }
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

    /// Connects, waiting a while where a server is about to come back or to be promoted.
    fn reach(&self) -> Result<Connection, Fault> {
        let pauses: &[u64] = if self.kept().reached { &PAUSES } else { &[] };
        let mut pauses = pauses.iter();
        loop {
            let connected = self.connect();
            let waits = connected.as_ref().is_err_and(may_pass).then(|| pauses.next());
            let Some(Some(pause)) = waits else {
                self.kept().reached = connected.is_ok();
                return connected;
            };
            std::thread::sleep(Duration::from_millis(*pause));
        }
    }

    fn connect(&self) -> Result<Connection, Fault> {
        let warned = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&warned);
        let mut config = self.config.clone();
        config.notice_callback(move |notice| {
            if notice.parsed_severity() == Some(Severity::Warning) {
                heard.store(true, Ordering::Relaxed);
            }
        });
        let connected = match &self.tls {
            Some(tls) => config.connect(tls.clone()),
            None => config.connect(NoTls),
        };
        let mut client = connected.map_err(fault)?;
        // An acknowledged change survives a crash of the server, and of its machine where a synchronous standby is
        // named, whatever the server's default is. Every statement has its index, and is too short to be compiled.
        let settings = format!(
            "SET lock_timeout = {};
             SET jit = off;
             SET enable_seqscan = off;
             SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')",
            PATIENCE.as_millis()
        );
        client.batch_execute(&settings).map_err(fault)?;
        Ok(Connection {
            client,
            statements: HashMap::new(),
            warned,
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

/// Whether a fault is the connection's: it is gone, or its server is going, or takes writes no more.
fn is_lost(fault: &Fault, client: &mut Client) -> bool {
    let Fault::Engine(error) = fault else { return false };
    let parted = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
    ];
    Said::of(error.as_ref()).is_some_and(|said| parted.contains(&said.code))
        || client.is_valid(SIGN_OF_LIFE).is_err()
}

/// Whether knocking again may help: nobody answered, or the server is starting, ending or full. One that says that there
/// is no such user or database says so again.
fn may_pass(fault: &Fault) -> bool {
    let passing = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    let Fault::Engine(error) = fault else { return false };
    Said::of(error.as_ref()).is_none_or(|said| passing.contains(&said.code))
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
