//! Rashin's use cases: what a reader or a program asks, answered from a proved plan.
//!
//! Each answer is a plain structure that serialises to the JSON of the API; pages are drawn from the
//! same structures. Nothing here knows HTTP, HTML or SQL, reads a clock or draws at random: days and
//! seeds are parameters.

mod answer;
mod ask;
mod coverage;
mod dashboard;
pub mod demo;
mod desk;
mod file_type;
mod library;
mod registry;
mod report;
mod survey;
mod tree;
mod view;
mod workbench;

pub use answer::{Evaluation, Interval, Span};
pub use ask::{Ask, Rashin};
pub use authz::{Action, Caller, Role};
pub use coverage::{Coverage, CoverageRow, Hole};
pub use dashboard::{Dashboard, News, StateCount, Summary};
pub use demo::{DemoAccount, demo_advisories};
pub use desk::*;
pub use library::{RecordView, SeriesView, SourceView};
pub use registry::{List, RefusedRow};
pub use report::{
    Change, Changes, Chapter, Chart, Cover, Entry, Goal, Line, Mark, Measure, Number, Piece, Report, Row,
    Said, Sentence,
};
pub use survey::{SurveyAnswer, SurveyEstimate, survey};
pub use tree::{NodeLink, NodeView, TreeItem};
pub use view::{Control, IndicatorView, PathRow, Restatement};
pub use workbench::{History, Proposal, Verdict, WorkbenchView};
