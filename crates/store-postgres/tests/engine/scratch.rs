//! Schemas of a server that live as long as one test.

use std::any::Any;
use std::cell::RefCell;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use postgres::{Client, NoTls};
use store_postgres::Postgres;

/// Schemas on the server of `RASHIN_TEST_POSTGRES`; dropped with this.
pub struct Scratch {
    _turn: Box<dyn Any>,
    server: String,
    made: RefCell<Vec<String>>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Tests share the server; one that crashes it has it alone.
static TURNS: RwLock<()> = RwLock::new(());

impl Scratch {
    /// None, with the reason on standard error, where no server was named.
    pub fn new() -> Option<Self> {
        Self::with(Box::new(TURNS.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The server while no other test uses it; none also where it is not one that `scripts/with-postgres` started.
    pub fn alone() -> Option<Self> {
        let turn = TURNS.write().unwrap_or_else(PoisonError::into_inner);
        std::env::var_os("RASHIN_TEST_POSTGRES_PRIVATE")?;
        Self::with(Box::new(turn))
    }

    fn with(turn: Box<dyn Any>) -> Option<Self> {
        let Ok(server) = std::env::var("RASHIN_TEST_POSTGRES") else {
            // Past the test harness, which keeps back what `eprintln!` says.
            let why =
                "skipped: RASHIN_TEST_POSTGRES names no server (run scripts/with-postgres cargo test)\n";
            std::io::stderr().write_all(why.as_bytes()).unwrap();
            return None;
        };
        Some(Self {
            _turn: turn,
            server,
            made: RefCell::default(),
        })
    }

    /// A connection past the store.
    pub fn client(&self) -> Client {
        Client::connect(&self.server, NoTls).unwrap()
    }

    /// The process that writes checkpoints, once the server answers with another than the one given.
    pub fn checkpointer(&self, but: Option<i32>) -> i32 {
        let sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
        let found = (0..1_200).find_map(|_| {
            let asked =
                Client::connect(&self.server, NoTls).and_then(|mut client| client.query_one(sql, &[]));
            let process = asked
                .ok()
                .map(|row| row.get(0))
                .filter(|process| Some(*process) != but);
            if process.is_none() {
                std::thread::sleep(Duration::from_millis(50));
            }
            process
        });
        found.unwrap()
    }

    /// The address of a new, empty schema.
    pub fn url(&self) -> String {
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        self.client()
            .batch_execute(&format!("CREATE SCHEMA {name}"))
            .unwrap();
        let join = if self.server.contains('?') { '&' } else { '?' };
        let url = format!(
            "{}{join}options=-csearch_path%3D{name}&application_name={name}",
            self.server
        );
        self.made.borrow_mut().push(name);
        url
    }

    /// Cuts every connection to the schema of an address.
    pub fn cut(&self, url: &str) {
        let name = url.rsplit_once('=').unwrap().1;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
        assert!(self.client().execute(sql, &[&name]).unwrap() > 0);
    }

    /// The process that serves a connection to the schema of an address, once one waits for such a thing.
    pub fn waiting(&self, url: &str, event: &str) -> i32 {
        let name = url.rsplit_once('=').unwrap().1;
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event = $2";
        let mut client = self.client();
        let found = (0..2_000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(5));
            client
                .query(sql, &[&name, &event])
                .unwrap()
                .first()
                .map(|row| row.get(0))
        });
        found.unwrap()
    }

    /// Does something while the server waits for a standby of a name before it acknowledges anything.
    pub fn with_standby_named<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let say = |sql: &str| {
            self.client().batch_execute(sql).unwrap();
            self.client().batch_execute("SELECT pg_reload_conf()").unwrap();
        };
        say(&format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'"));
        let shown = || {
            let row = self
                .client()
                .query_one("SHOW synchronous_standby_names", &[])
                .unwrap();
            row.get::<_, String>(0)
        };
        while shown() != name {}
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        say("ALTER SYSTEM RESET synchronous_standby_names");
        while !shown().is_empty() {}
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// A new, empty store.
    pub fn open(&self) -> Postgres {
        Postgres::open(&self.url()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut client = self.client();
        for name in self.made.borrow().iter() {
            let _ = client.batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}
