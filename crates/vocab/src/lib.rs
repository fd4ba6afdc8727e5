//! The words of the field as types: identifiers, years, numbers with units. Everything that enters Rashin as text is read here
//! once and has one normal form afterwards. It knows no plan, no store and no clock.

pub mod codes;
pub mod lang;
pub mod number;
pub mod period;
pub mod quantity;
pub mod refusal;
pub mod unit;
pub mod unit_name;

pub use lang::Lang;
pub use number::Number;
pub use period::{Calendar, Period};
pub use quantity::Quantity;
pub use refusal::Refusal;
pub use unit::{Base, Dim, Unit};
