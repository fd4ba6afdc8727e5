//! Pages and JSON API over the use cases: server-rendered HTML that is complete without JavaScript, in Japanese and English. It must never
//! compute a figure itself: it shows what the use cases give, with source, unit and as-of time.

pub mod assets;
pub mod chart;
pub mod i18n;
pub mod ui;

mod form;
mod house;
mod letter;
mod limit;
mod oidc;
pub mod pages;
mod reader;
mod server;
mod session;
mod sheet;
mod site;

pub use house::{Clock, House, HouseFault, Options};
pub use letter::{Secretary, Written};
pub use oidc::{Provider, Setup};
pub use server::{router, serve};
