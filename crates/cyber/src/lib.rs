//! Device cybersecurity: which component of which device a known vulnerability concerns, and why.
//!
//! A pure library: it is given documents as bytes and answers with values. It knows no file, no database, no clock and no
//! network, and what it cannot assess it says so, never "not affected".

mod percent;

pub mod alias;
pub mod answer;
pub mod cpe;
pub mod database;
pub mod device;
pub mod document;
pub mod ecosystem;
pub mod gate;
pub mod handout;
pub mod ledger;
pub mod matching;
pub mod osv;
pub mod portfolio;
pub mod priority;
pub mod provider;
pub mod purl;
pub mod range;
pub mod vers;
pub mod version;
