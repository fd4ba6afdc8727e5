//! Computes a plan's indicators: exactly with lineage, under uncertainty, over time, and from one
//! edition to the next. A pure library: no clock, no files, no network, no global state; randomness
//! is a seed.

mod approx;
mod difference;
mod edition;
mod engine;
mod finding;
mod live;
mod outlook;
mod passage;
mod sensitivity;
mod setting;
mod simulate;
pub mod stats;
mod trace;

pub use approx::approx;
pub use difference::{Cause, Difference, Part, differences};
pub use edition::{Edition, EditionFault, EditionResult};
pub use engine::{Engine, Run, Settings, is_missing};
pub use finding::Finding;
pub use live::{Changed, Live};
pub use outlook::{Band, CountPower, FAN, Outlook, Point, published};
pub use passage::{Shown, ShownAs};
pub use sensitivity::{Bar, Range};
pub use simulate::{Draws, Simulation, Wanted};
pub use trace::{Origin, Trace, TraceKind, decimal};
