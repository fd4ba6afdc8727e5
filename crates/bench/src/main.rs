//! The parts of `benches/run` that measure Rashin itself; `benches/README.md` says what each prints. Like the binary it may read
//! clocks, files and arguments; nothing that ships may depend on it.

mod clock;
mod cyber;
mod cyber_devices;
mod cyber_sbom;
mod cyber_told;
mod draws;
mod grid;
mod live;
mod national;
mod survey;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    // The benchmark runs from a checkout, whose plan it measures.
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    let result = match std::env::args().nth(1).as_deref() {
        Some("cyber") => {
            let number = |place, default: u64| {
                std::env::args()
                    .nth(place)
                    .map_or(Ok(default), |text| text.parse())
            };
            serde_json::to_string_pretty(&cyber::run(number(2, 100_000)?, number(3, 300_000)?)?)?
        }
        Some("cyber-devices") => {
            let devices = std::env::args().nth(2).map_or(Ok(100_000), |text| text.parse())?;
            serde_json::to_string_pretty(&cyber_devices::run(devices)?)?
        }
        Some("cyber-sbom") => {
            let folder = std::env::args().nth(2).ok_or("cyber-sbom FOLDER [ADVISORIES]")?;
            let advisories = std::env::args().nth(3).map_or(Ok(300_000), |text| text.parse())?;
            serde_json::to_string_pretty(&cyber_sbom::run(Path::new(&folder), advisories)?)?
        }
        Some("cyber-told") => {
            let words: Vec<String> = std::env::args().skip(2).collect();
            let numbers: Vec<&String> = words.iter().filter(|word| *word != "postgres").collect();
            let number =
                |place: usize, default: u64| numbers.get(place).map_or(Ok(default), |text| text.parse());
            let postgres = numbers.len() < words.len();
            let told = cyber_told::run(&plan, number(0, 300)?, number(1, 300_000)?, postgres)?;
            serde_json::to_string_pretty(&told)?
        }
        Some("draws") => draws::run(&plan)?.to_string(),
        Some("grid") => grid::run()?.to_string(),
        Some("live") => live::run()?.to_string(),
        Some("national") => {
            let (engine, percent) = (std::env::args().nth(2), std::env::args().nth(3));
            let percent = percent.as_deref().unwrap_or("100").parse()?;
            let file = std::env::args().nth(4);
            national::run(
                engine.as_deref().unwrap_or("sqlite"),
                percent,
                file.as_deref().map(Path::new),
            )?
        }
        Some("survey-coverage") => survey::run()?,
        _ => {
            return Err(
                "usage: bench cyber [DEVICES [ADVISORIES]]|cyber-devices [DEVICES]|cyber-sbom FOLDER [ADVISORIES]|cyber-told [DEVICES [ADVISORIES]] [postgres]|draws|grid|live|national [sqlite|postgres [PERCENT [FILE]]]|survey-coverage".into(),
            );
        }
    };
    writeln!(std::io::stdout(), "{result}")?;
    Ok(())
}
