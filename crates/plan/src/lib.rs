//! Reads a plan folder and proves it whole.
//!
//! A plan is a folder of TOML files: the tree (vision, policies, focus items, issues, measures), the
//! series with their observations, the indicators with their formulas, the checks, the surveys, the meetings, the
//! sources, the kinds of records, the procedures, the holidays and the glossary. [`Plan::read`] turns it into typed definitions in which every reference
//! resolves, every unit agrees and every text stands in Japanese and English, or into a list of
//! [`Fault`]s that name file, line and column and say what to do. Nothing here computes an
//! indicator, reads a clock or writes a file.

mod fault;
mod files;
mod graph;
mod holiday;
mod kind;
mod model;
mod procedure;
mod raw;
mod read;
mod survey;

pub use fault::{Fault, Faults};
pub use files::Files;
pub use graph::{Key, NodeName, resolve};
pub use holiday::{Closure, Holiday, HolidayRule, Holidays};
pub use kind::{
    Choice, Clause, Confidentiality, DateRange, FILE_TYPES, Field, Figure, Filler, Grant, Kind, MINISTRY,
    Move, Owner, Part, ROLES, RecordLink, Required, Shape, Test, Upcast, View, sheet,
};
pub use model::*;
pub use procedure::{
    Clock, Counterpart, HOOKS, Length, NumberPattern, Procedure, Reason, State, Tell, Transition, Who,
};
pub use survey::{DisclosureParameters, Question, Survey, SurveyPart, SurveyTotal, TotalOf};
