//! The laws of records, on a kind with every type and on the kinds of the plan.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod calendars;
mod cases;
mod forms;
mod procedures;
mod samples;
mod searches;
mod sights;
mod views;
mod walks;
