//! SQLite under the contract, under damage and under faults.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod contract;
mod damage;
mod faults;
mod leaves;
