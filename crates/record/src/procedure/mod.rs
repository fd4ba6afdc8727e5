//! Cases that go their way through a procedure of the plan: a command is decided into events or a refusal, events are applied to the case, and from
//! the two follow what can be done, what is due, who is told and how the procedure is drawn.
//!
//! Nothing here reads a clock, sends a message or runs a hook, and nothing decides who may read a case: the caller has authorised before it asks.

mod case;
mod channel;
mod choice;
mod decide;
mod diagram;
mod due;
mod sight;
mod tell;
mod who;

pub use case::{By, Case, Change, Event, Pause, Timer, What, apply};
pub use channel::{Channel, listens, reached, takes_part, waits};
pub use choice::{Choice, choices, waits_for};
pub use decide::{Command, decide, follow, message_file};
pub use diagram::{Diagram, Edge, diagram};
pub use due::{Due, due};
pub use sight::history;
pub use tell::{Notice, Recipient, tells};
pub use who::{Actor, Subject, involves_parties};
