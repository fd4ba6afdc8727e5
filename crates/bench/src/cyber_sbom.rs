//! One bill of 1,000 real components against a local file of advisories, from bytes to verdict: read, validated, matched, gated. The bill, the file
//! and its records are left in a folder, where `benches/peers/cyber.py` runs whole programs on the same.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use ::cyber::database::{Collection, Database};
use ::cyber::document::{Bill, Limits, check, read};
use ::cyber::gate::{Submission, judge};
use ::cyber::matching::{Package, match_components};
use ::cyber::osv::Record;
use ::cyber::purl::Purl;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock;
use crate::cyber::{Names, Pieces, advisory, data, names};
use crate::national::draw;

const COMPONENTS: usize = 1_000;
const ROUNDS: usize = 100;
/// Of so many advisories one is about a package of a real bill; the rest is what else a database holds.
const OTHERS: u64 = 50;

/// Leaves a bill and a file of so many advisories in a folder, and measures.
pub fn run(folder: &Path, advisories: u64) -> Result<Value, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let (bill, file) = (folder.join("bill.json"), folder.join("advisories.db"));
    fs::write(&bill, made()?)?;
    let names = names()?;
    let mut collection = Collection::default();
    let mut lines = BufWriter::new(File::create(folder.join("records.jsonl"))?);
    for number in 0..advisories {
        let record = record(number, &names)?;
        writeln!(lines, "{}", serde_json::to_string(&record)?)?;
        collection.add(&record);
    }
    lines.flush()?;
    fs::write(&file, collection.write()?.0)?;
    drop(collection);
    let now: Timestamp = "2026-03-31T00:00:00Z".parse()?;
    let mut steps: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let (mut whole, mut spent, mut said) = (vec![], vec![], None);
    for _ in 0..ROUNDS {
        let (began, processor) = (clock::wall(), clock::processor());
        let mut last = began;
        let mut step = |name| {
            let now = clock::wall();
            steps.entry(name).or_default().push((now - last) * 1e3);
            last = now;
        };
        let document = read(&fs::read(&bill)?, &Limits::UPLOAD)?;
        let parsed = Bill::of(&document).ok_or("the bill is none")?;
        step("parse");
        let report = check(&document, now, &Limits::UPLOAD);
        step("validate");
        let database = Database::open(Pieces::open(&file)?)?;
        step("open");
        let matches = match_components(&database, &parsed)?;
        step("match");
        let verdict = judge(&Submission {
            bill: &parsed,
            matches: &matches,
            reports: &[("bill.json".to_owned(), report)],
            papers: None,
            known: database.summary(),
            threshold: 7.0,
        });
        step("gate");
        whole.push((clock::wall() - began) * 1e3);
        spent.push((clock::processor() - processor) * 1e3);
        let found = (
            matches.ledger.components,
            matches.findings.len(),
            verdict.reasons.len(),
        );
        if *said.get_or_insert(found) != found || found.0 != COMPONENTS || found.1 == 0 {
            return Err(format!("{found:?} after {said:?}").into());
        }
    }
    let steps: BTreeMap<&str, f64> = steps
        .into_iter()
        .map(|(name, all)| (name, rank(all, 50)))
        .collect();
    Ok(json!({
        "components": COMPONENTS, "advisories": advisories, "findings": said.map(|said| said.1), "rounds": ROUNDS,
        "p50_ms": rank(whole.clone(), 50), "p99_ms": rank(whole, 99), "cpu_ms": rank(spent, 50), "steps_p50_ms": steps,
    }))
}

fn rank(mut all: Vec<f64>, percent: usize) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() * percent / 100).copied().unwrap_or_default()
}

/// A bill of 1,000 packages that stand in real ones, evenly from all of them.
fn made() -> Result<String, Box<dyn Error>> {
    let mut purls: BTreeSet<String> = BTreeSet::new();
    for file in fs::read_dir(data().join("cyber/sbom"))? {
        let Ok(document) = read(&fs::read(file?.path())?, &Limits::UPLOAD) else {
            continue;
        };
        let components = Bill::of(&document).into_iter().flat_map(|bill| bill.components);
        let listed = components.flat_map(|component| component.purls);
        purls.extend(listed.filter(|purl| Package::of(purl, None).is_ok()));
    }
    let step = (purls.len() / COMPONENTS).max(1);
    let components = purls.iter().step_by(step).take(COMPONENTS).map(|text| {
        let purl = Purl::read(text)?;
        // Maven alone has a group apart from the name; of others, some programs read the name only.
        let space = purl.namespace().unwrap_or_default();
        let (group, name) = match purl.kind() {
            "maven" => (space, purl.name().to_owned()),
            _ if space.is_empty() => (space, purl.name().to_owned()),
            _ => ("", format!("{space}/{}", purl.name())),
        };
        Ok(json!({
            "type": "library", "bom-ref": text, "purl": text, "group": group, "name": name, "version": purl.version(),
            "supplier": { "name": "架空メディカル株式会社" },
        }))
    });
    let components: Vec<Value> = components.collect::<Result<_, vocab::Refusal>>()?;
    if components.len() != COMPONENTS {
        return Err(format!("only {} packages are at hand", components.len()).into());
    }
    let needs: Vec<&Value> = components.iter().map(|component| &component["bom-ref"]).collect();
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:11111111-2222-4333-8444-555555555555",
        "metadata": {
            "timestamp": "2026-03-31T00:00:00Z",
            "authors": [{ "name": "架空メディカル株式会社" }],
            "component": { "type": "device", "bom-ref": "pump", "name": "架空ポンプ", "version": "2.1" },
        },
        "dependencies": [{ "ref": "pump", "dependsOn": needs }],
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&bill)?)
}

/// An advisory on a package of a real bill, or on one that no bill has.
fn record(number: u64, names: &Names) -> Result<Record, Box<dyn Error>> {
    let mut record = advisory(number, names)?;
    if draw(number, 9, OTHERS) > 0 {
        let packages = record
            .affected
            .iter_mut()
            .filter_map(|affected| affected.package.as_mut());
        packages.for_each(|package| package.name = format!("made-up-{}", number / 5));
    }
    Ok(record)
}
