//! Schemas of a server that live as long as one test.

use std::any::Any;
use std::cell::RefCell;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

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
