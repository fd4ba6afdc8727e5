//! The parts of `benches/run` that measure Rashin itself; `benches/README.md` says what each prints. Like the binary it may read
//! clocks, files and arguments; nothing that ships may depend on it.

mod clock;
mod draws;
mod grid;
mod live;
mod survey;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    // The benchmark runs from a checkout, whose plan it measures.
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    let result = match std::env::args().nth(1).as_deref() {
        Some("draws") => draws::run(&plan)?.to_string(),
        Some("grid") => grid::run()?.to_string(),
        Some("live") => live::run()?.to_string(),
        Some("survey-coverage") => survey::run()?,
        _ => return Err("usage: bench draws|grid|live|survey-coverage".into()),
    };
    writeln!(std::io::stdout(), "{result}")?;
    Ok(())
}
