//! Records of the kinds that the plan defines: what somebody typed, read into typed values; their canonical bodies; who sees which field; what
//! is found by which words; how two versions differ. And the cases that go their way through its procedures, by its calendar.
//!
//! Everything follows from a [`plan::Kind`] or a [`plan::Procedure`] alone, so a new one needs no code. Nothing here reads a clock, a database or a file, and nothing
//! decides who may do what: the caller has authorised before it asks.

mod body;
mod calendar;
mod check;
mod difference;
mod fault;
mod form;
mod index;
mod kana_and_kanji;
mod need;
mod part;
pub mod procedure;
mod schema;
mod search;
mod sent;
mod show;
mod sight;
mod template;
mod upcast;
mod value;

pub use body::{from_body, to_body};
pub use calendar::{Calendar, in_japan};
pub use check::{complete, sound};
pub use difference::{Moved, difference};
pub use fault::Fault;
pub use form::{Completeness, ROWS as MOST_TABLE_ROWS, Typed, pairs, read_form};
pub use index::{Index, index, sortable};
pub use need::{FieldNeed, ShapeNeed, ViewNeed, satisfies};
pub use part::{FormPart, Progress, form_parts};
pub use schema::json_schema;
pub use search::{fold, terms, tokens};
pub use sent::{body_fields, controls};
pub use show::show;
pub use sight::{Viewer, fillable, keep_unseen, parties, redact, sees};
pub use template::{Column, TABLE_ROWS, columns, read_row, row, tallest};
pub use upcast::upcast;
pub use value::{Attachment, Record, Row, Value};
