//! Documents handed in: bills of materials, VEX statements and advisories, read and held against their specifications.

mod bill;
mod csaf;
pub(crate) mod cvss;
mod cyclonedx;
mod finding;
mod recognise;

pub mod json;
mod licence;
mod limits;
mod rules;
mod tag_value;
mod validate;
mod vex;
pub mod xml;

pub use bill::{Bill, Component, Dependency, Minimum, Missing};
pub use csaf::model::{Advisory, Product, Text, Vulnerability};
pub use finding::{Finding, Level, SCHEMA};
pub use json::Json;
pub use limits::Limits;
pub use recognise::{Document, Format, Tree, read};
pub use tag_value::is_tag_value;
pub use validate::{Report, Verdict, check, validate};
pub use vex::{Statement, Status, Target, author};
