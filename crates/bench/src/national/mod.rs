//! A register of national size (架空): how fast a store takes it in, finds what is in it, and goes on writing, with one table of all that.

mod asked;
mod draw;
mod made;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use store::{Name, Query, Store};
use store_postgres::Postgres;
use store_sqlite::Sqlite;

use crate::clock;
use asked::QUESTIONS;
pub use draw::{draw, skewed};
use made::{Kind, Nation, change};

const ROUNDS: usize = 400;

/// So many rows or more are written in one transaction.
const TOGETHER: usize = 5_000;
/// Between two changes that are written while questions are asked.
const PACE: Duration = Duration::from_millis(100);

/// Measures so many hundredths of the country on one engine: `sqlite`, in a file of its own or in one that stays, or `postgres` at the address
/// in `RASHIN_TEST_POSTGRES`. A database that holds the country is asked at once. Gives a table in Markdown and the same as JSON.
pub fn run(engine: &str, percent: u64, file: Option<&Path>) -> Result<String, Box<dyn Error>> {
    if percent == 0 {
        return Err("0 percent: there is no country to measure".into());
    }
    let nation = Nation::of(percent);
    let report = match engine {
        "sqlite" if let Some(file) = file => sqlite(file, &nation)?,
        "sqlite" => {
            let folder = std::env::temp_dir().join(format!("rashin-national-{}", std::process::id()));
            std::fs::create_dir_all(&folder)?;
            let measured = sqlite(&folder.join("national.db"), &nation);
            std::fs::remove_dir_all(&folder)?;
            measured?
        }
        "postgres" => {
            let url = std::env::var("RASHIN_TEST_POSTGRES")?;
            let store = Postgres::open(&url)?;
            measure(&store, &nation, &|| size_of_database(&url))?
        }
        other => return Err(format!("{other}: neither sqlite nor postgres").into()),
    };
    Ok(format!(
        "{}\n{}",
        table(engine, &report)?,
        serde_json::to_string_pretty(&report)?
    ))
}

fn sqlite(path: &Path, nation: &Nation) -> Result<Value, Box<dyn Error>> {
    let store = Sqlite::open(path)?;
    measure(&store, nation, &|| Ok(std::fs::metadata(path)?.len()))
}

/// After what an importer leaves to the server's own housekeeping: fresh statistics, and pending entries merged.
fn size_of_database(url: &str) -> Result<u64, Box<dyn Error>> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute("VACUUM ANALYZE")?;
    let size: i64 = client
        .query_one("SELECT pg_database_size(current_database())", &[])?
        .get(0);
    Ok(size.unsigned_abs())
}

fn measure(
    store: &dyn Store,
    nation: &Nation,
    size: &dyn Fn() -> Result<u64, Box<dyn Error>>,
) -> Result<Value, Box<dyn Error>> {
    let mut imports = vec![];
    let stands = store.count(&Query::of(Name::new("device")?), 1)? > 0;
    for kind in Kind::ALL.into_iter().filter(|_| !stands) {
        let import = import(store, nation, kind)?;
        tell(&format!("{}: {import}", kind.title()))?;
        imports.push(import);
    }
    let bytes = size()?;
    let ended = AtomicBool::new(false);
    let (questions, meanwhile) = std::thread::scope(|scope| {
        let writer =
            scope.spawn(|| write_meanwhile(store, nation, &ended).map_err(|error| error.to_string()));
        let asked = ask(store, nation);
        ended.store(true, Ordering::Relaxed);
        let written = writer
            .join()
            .unwrap_or_else(|_| Err("the writer has stopped".into()));
        (asked, written)
    });
    Ok(json!({
        "imports": imports, "questions": questions?, "a device is written meanwhile": meanwhile?,
        "bytes": bytes, "peak_memory_kb": peak_memory()?,
    }))
}

/// Takes all of a kind in. What belongs to many organisations is written as an import of the program writes it: a change for each, many in one
/// transaction.
fn import(store: &dyn Store, nation: &Nation, kind: Kind) -> Result<Value, Box<dyn Error>> {
    let (mut rows, mut making, mut writing, mut processor, mut times) = (0, 0.0, 0.0, 0.0, vec![]);
    let mut at = 0;
    while at < nation.changes(kind) {
        let begun = clock::wall();
        let (mut changes, mut drafts) = (vec![], 0);
        while at < nation.changes(kind) && drafts < TOGETHER {
            let change = nation.change(kind, at)?;
            drafts += change.drafts.len();
            changes.push(change);
            at += 1;
        }
        let (began, ran) = (clock::wall(), clock::processor());
        store.commit_all(&changes)?;
        processor += clock::processor() - ran;
        let spent = clock::wall() - began;
        making += began - begun;
        writing += spent;
        rows += drafts;
        times.push(spent * 1e3);
    }
    let per_row = |seconds: f64| (seconds * 1e6 / rows as f64).round();
    let mut import = quantiles(times);
    import["what"] = kind.title().into();
    import["rows"] = rows.into();
    import["changes"] = nation.changes(kind).into();
    import["rows_per_s"] = (rows as f64 / writing).round().into();
    import["cpu_us_per_row"] = per_row(processor).into();
    import["generator_us_per_row"] = per_row(making).into();
    Ok(import)
}

fn ask(store: &dyn Store, nation: &Nation) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut answers = vec![];
    for (what, question) in QUESTIONS {
        let mut milliseconds = vec![];
        for round in (0_u64..).take(ROUNDS) {
            let began = clock::wall();
            question(store, nation, round).map_err(|error| format!("{what}: {error}"))?;
            milliseconds.push((clock::wall() - began) * 1e3);
        }
        let mut answer = quantiles(milliseconds);
        answer["what"] = (*what).into();
        answers.push(answer);
    }
    Ok(answers)
}

/// Writes a device now and again until all questions are asked: the last ones, which no question writes.
fn write_meanwhile(store: &dyn Store, nation: &Nation, ended: &AtomicBool) -> Result<Value, Box<dyn Error>> {
    let mut milliseconds = vec![];
    for n in (0..nation.devices).rev() {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        let device = nation.device(n);
        let began = clock::wall();
        let change = change(
            &device.owner(),
            vec![device.draft(asked::stands(store, &device.key()?)?)?],
        )?;
        store.commit(&change)?;
        milliseconds.push((clock::wall() - began) * 1e3);
        std::thread::sleep(PACE);
    }
    Ok(quantiles(milliseconds))
}

/// Half of them, all but one in a hundred, and all took no longer.
pub fn quantiles(mut milliseconds: Vec<f64>) -> Value {
    milliseconds.sort_by(f64::total_cmp);
    let at = |part: usize| {
        let time = milliseconds
            .get(milliseconds.len() * part / 100)
            .or(milliseconds.last());
        (time.copied().unwrap_or_default() * 100.0).round() / 100.0
    };
    json!({ "rounds": milliseconds.len(), "p50_ms": at(50), "p99_ms": at(99), "max_ms": at(100) })
}

/// The most memory that this process has had, in KiB.
fn peak_memory() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM")?.parse()?)
}

fn table(engine: &str, report: &Value) -> Result<String, Box<dyn Error>> {
    let list = |of: &str| report[of].as_array().cloned().unwrap_or_default();
    let mut text = format!(
        "| {engine}: taken in | rows | changes | rows/s | CPU µs/row | a transaction, p50 ms | p99 ms |\n|---|---|---|---|---|---|---|\n"
    );
    for import in list("imports") {
        let cell = |name: &str| import[name].to_string();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            import["what"].as_str().unwrap_or_default(),
            cell("rows"),
            cell("changes"),
            cell("rows_per_s"),
            cell("cpu_us_per_row"),
            cell("p50_ms"),
            cell("p99_ms"),
        )?;
    }
    text += "\n| asked, while others write | p50 ms | p99 ms |\n|---|---|---|\n";
    for answer in list("questions") {
        let what = answer["what"].as_str().unwrap_or_default();
        writeln!(text, "| {what} | {} | {} |", answer["p50_ms"], answer["p99_ms"])?;
    }
    writeln!(
        text,
        "\n{:.2} GB in the database, {:.0} MB of memory at most in this process.",
        report["bytes"].as_f64().unwrap_or_default() / 1e9,
        report["peak_memory_kb"].as_f64().unwrap_or_default() / 1e3
    )?;
    Ok(text)
}

/// How far it has come: a whole country takes minutes.
fn tell(text: &str) -> Result<(), Box<dyn Error>> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stderr(), "{text}")?)
}
