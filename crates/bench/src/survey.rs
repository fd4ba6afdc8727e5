//! The table in `indicator::stats::coverage`, computed again.

use std::error::Error;
use std::fmt::Write as _;

use indicator::stats::coverage::{Synthetic, coverage_study};
use indicator::stats::survey::Method;

const REPLICATIONS: u32 = 20_000;
const SEED: u64 = 20_260_318;
const BETWEEN_FIRMS: [f64; 3] = [0.5, 0.8, 1.0];

pub fn run() -> Result<String, Box<dyn Error>> {
    let mut table =
        format!("Coverage of 95 % intervals, 9 of 26 firms, {REPLICATIONS} replications, seed {SEED}\n");
    let mut studies = vec![];
    for cv in BETWEEN_FIRMS {
        studies.push(coverage_study(
            &Synthetic::nine_of_26(cv),
            &Method::ALL,
            REPLICATIONS,
            SEED,
        )?);
    }
    write!(table, "{:24}", "method")?;
    for cv in BETWEEN_FIRMS {
        write!(table, "  CV {cv:3.1}")?;
    }
    for (row, first) in studies[0].iter().enumerate() {
        write!(table, "\n{:24}", first.method.code())?;
        for study in &studies {
            write!(table, "  {:5.1}%", study[row].covered * 100.0)?;
        }
    }
    Ok(table)
}
