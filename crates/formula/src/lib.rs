#![doc = include_str!("../README.md")]

mod ast;
mod check;
mod eval;
mod fault;
mod function;
mod lexer;
mod parser;
mod program;
mod types;
mod value;

pub use ast::{BinaryOp, Expr, ExprKind, Reference, references};
pub use check::check;
pub use eval::eval;
pub use fault::{Fault, nearest};
pub use function::Function;
pub use parser::parse;
pub use program::{Bind, Program, Slot, compile};
pub use types::{Basis, Empty, Measure, Scope, Type};
pub use value::{Env, EvalProblem, SeriesValue, TableValue, Value, no_observation, unknown_name};

/// Reads, checks and evaluates a formula of literals alone.
///
/// # Errors
/// The first fault in it.
pub fn calc(source: &str) -> Result<Value, Fault> {
    let expr = parse(source)?;
    check(&expr, &Empty)?;
    eval(&expr, &Empty)
}
