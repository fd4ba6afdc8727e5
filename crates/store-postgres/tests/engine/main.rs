//! PostgreSQL under the contract, beside SQLite and with connections that are lost.
//!
//! The tests need a server: `scripts/with-postgres cargo test -p store-postgres`. Without one they are skipped, and say so.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod connections;
mod contract;
mod faults;
mod scratch;
