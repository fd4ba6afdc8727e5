//! A nation's device versions (架空) with the packages that real bills have, against as many advisories as are published: matching all of it
//! afresh, one new advisory, and the first page of a list that is sorted and filtered. What is found is compared before any time is told.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use ::cyber::answer::Said;
use ::cyber::database::Source;
use ::cyber::document::{Bill, Limits, Statement, Status, read};
use ::cyber::ecosystem::Ecosystem;
use ::cyber::matching::Package;
use ::cyber::osv::Record;
use ::cyber::portfolio::{Asked, Assertion, Portfolio, Sort};
use serde_json::{Value, json};

use crate::clock;
use crate::national::{draw, skewed};

const COMPONENTS: u64 = 300;
/// Versions that a package has beside those of real bills.
const VERSIONS: u64 = 27;
const CHANGES: u64 = 400;
const PAGE: usize = 50;

/// Measures so many devices against so many advisories.
pub fn run(devices: u64, advisories: u64) -> Result<Value, Box<dyn Error>> {
    let names = names()?;
    let began = clock::wall();
    let mut portfolio = Portfolio::default();
    for number in 0..advisories {
        portfolio.put_record(&advisory(number, &names)?);
    }
    for device in 0..devices {
        let bill = format!("bill-{device:06}");
        portfolio.put_bill(
            &bill,
            (0..COMPONENTS).map(|place| component(device, place, &names)),
        );
        portfolio.put_device(&format!("device-{device:06}"), &bill);
        if device.is_multiple_of(7) {
            portfolio.put_assertion(&bill, assertion(device, advisories));
        }
    }
    portfolio.set_exploited((0..advisories / 200).map(|number| cve(number * 190)).collect());
    let loaded = clock::wall() - began;
    let findings = portfolio.count();
    let memory = memory("VmRSS:")?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (began, spent) = (clock::wall(), clock::processor());
    portfolio.rematch(threads);
    let (full, full_processor) = (clock::wall() - began, clock::processor() - spent);
    if portfolio.count() != findings || findings == 0 {
        return Err(format!("{findings} findings by changes, {} afresh", portfolio.count()).into());
    }
    let (mut milliseconds, mut reached) = (vec![], vec![]);
    for change in 0..CHANGES {
        let record = advisory(advisories + change, &names)?;
        let began = clock::wall();
        let affected = portfolio.put_record(&record).len();
        milliseconds.push((clock::wall() - began) * 1e3);
        reached.push(affected);
    }
    milliseconds.sort_by(f64::total_cmp);
    reached.sort_unstable();
    let rank = |share: usize| milliseconds.len() * share / 100;
    let (rare, of_package) = (
        names[names.len() / 2].1.clone(),
        |package: &Package, name: &str| package.name == name,
    );
    let last = cve(advisories - 1).replace("CVE", "X");
    let last_device = format!("device-{:06}", devices.saturating_sub(1));
    let pages = json!({
        "by_urgency": page(&portfolio, Sort::Urgency, |_, _| true),
        "by_severity": page(&portfolio, Sort::Severity, |_, _| true),
        "by_chance": page(&portfolio, Sort::Chance, |_, _| true),
        "by_advisory": page(&portfolio, Sort::Advisory, |_, _| true),
        "by_component": page(&portfolio, Sort::Component, |_, _| true),
        "by_device": page(&portfolio, Sort::Device, |_, _| true),
        "by_urgency_of_one_device": of_device(&portfolio, Sort::Urgency, &last_device),
        "by_severity_of_one_device": of_device(&portfolio, Sort::Severity, &last_device),
        "by_urgency_of_one_package": page(&portfolio, Sort::Urgency, |package, _| of_package(package, &rare)),
        "by_device_of_one_package": page(&portfolio, Sort::Device, |package, _| of_package(package, &rare)),
        "by_device_of_one_advisory": page(&portfolio, Sort::Device, |_, advisory| advisory == last),
        "by_urgency_answered": timed(|| portfolio.answered().take(PAGE).count()),
    });
    Ok(json!({
        "devices": devices, "advisories": advisories, "names": names.len(), "unique": portfolio.unique(), "findings": findings,
        "load_seconds": loaded, "rematch_seconds": full, "rematch_cpu_seconds": full_processor, "threads": threads,
        "memory_mb": memory, "peak_mb": self::memory("VmHWM:")?,
        "advisory_p50_ms": milliseconds[rank(50)], "advisory_p99_ms": milliseconds[rank(99)],
        "advisory_devices_p50": reached[rank(50)], "advisory_devices_p99": reached[rank(99)],
        "first_page_ms": pages,
    }))
}

fn page(portfolio: &Portfolio, sort: Sort, keep: impl Fn(&Package, &str) -> bool) -> Value {
    let asked = Asked {
        sort,
        ..Asked::default()
    };
    let keep = |package: &Package, advisory: &str, _| keep(package, advisory);
    timed(|| portfolio.findings(&asked, keep).take(PAGE).count())
}

fn of_device(portfolio: &Portfolio, sort: Sort, device: &str) -> Value {
    let asked = Asked {
        sort,
        devices: Some(&[device]),
        after: None,
    };
    timed(|| portfolio.findings(&asked, |_, _, _| true).take(PAGE).count())
}

/// The time of a first page, in milliseconds, and how many findings are on it.
fn timed(page: impl FnOnce() -> usize) -> Value {
    let began = clock::wall();
    let found = page();
    json!({ "ms": (clock::wall() - began) * 1e3, "findings": found })
}

/// Megabytes of memory as the system counts them.
fn memory(kind: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(kind));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no memory is told")?;
    Ok(kilobytes.parse::<u64>()? / 1024)
}

/// A file that is read where it is asked, as the program reads it.
pub struct Pieces(File, u64);

impl Pieces {
    /// The file at a path.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self(file, size))
    }
}

impl Source for Pieces {
    fn size(&self) -> u64 {
        self.1
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }
}

/// Packages of real bills with the versions that stand there.
pub type Names = Vec<(Ecosystem, String, Vec<String>)>;

/// The folder of real documents: beside the checkout unless `RASHIN_DATA` names another.
pub fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("RASHIN_DATA").map_or_else(beside, PathBuf::from)
}

/// The packages of every real bill.
pub fn names() -> Result<Names, Box<dyn Error>> {
    let mut found: BTreeMap<(Ecosystem, String), BTreeSet<String>> = BTreeMap::new();
    for file in fs::read_dir(data().join("cyber/sbom"))? {
        let Ok(document) = read(&fs::read(file?.path())?, &Limits::UPLOAD) else {
            continue;
        };
        for component in Bill::of(&document).into_iter().flat_map(|bill| bill.components) {
            let packages = component.purls.iter();
            let packages = packages.filter_map(|purl| Package::of(purl, component.version.as_deref()).ok());
            for package in packages.flatten() {
                found
                    .entry((package.ecosystem, package.name))
                    .or_default()
                    .insert(package.version);
            }
        }
    }
    let names = found.into_iter();
    let names = names.map(|((ecosystem, name), versions)| (ecosystem, name, versions.into_iter().collect()));
    let names: Names = names.collect();
    if names.is_empty() {
        Err("no bills are at hand: set RASHIN_DATA".into())
    } else {
        Ok(names)
    }
}

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// A version of a package: one of a real bill with its last number raised that stands by itself, not in a word or a hash.
fn version(versions: &[String], raise: u64) -> String {
    let first = versions.first().map_or("1.0", String::as_str);
    let is_digit = |at: usize| first.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let begins = |at: &usize| is_digit(*at) && !(*at > 0 && is_digit(at - 1));
    let after_point = |at: &usize| *at == 0 || first.as_bytes().get(at - 1) == Some(&b'.');
    let groups = || (0..first.len()).rev().filter(begins);
    let start = groups()
        .find(after_point)
        .or_else(|| groups().next())
        .unwrap_or(first.len());
    let end = (start..first.len())
        .find(|at| !is_digit(*at))
        .unwrap_or(first.len());
    let number = first[start..end].parse::<u64>().unwrap_or_default();
    format!(
        "{}{}{}",
        &first[..start],
        number.saturating_add(raise),
        &first[end..]
    )
}

/// Devices of a family share most of their packages; a few packages are in very many.
fn component(device: u64, place: u64, names: &Names) -> Package {
    let family = device / 40;
    let own = draw(device * COMPONENTS + place, 1, 10) == 0;
    let seed = if own { device } else { family } * COMPONENTS + place;
    let (ecosystem, name, versions) = &names[at(skewed(seed, 2, names.len() as u64))];
    Package {
        ecosystem: ecosystem.clone(),
        name: name.clone(),
        version: version(versions, draw(seed, 3, VERSIONS)),
    }
}

fn cve(number: u64) -> String {
    format!("CVE-2026-{number:06}")
}

/// An advisory on one version of a package and the next.
pub fn advisory(number: u64, names: &Names) -> Result<Record, Box<dyn Error>> {
    let (ecosystem, name, versions) = &names[at(draw(number, 4, names.len() as u64))];
    let raise = draw(number, 5, VERSIONS);
    let score = ["L", "H", "N"][at(draw(number, 6, 3))];
    let record = json!({
        "id": cve(number).replace("CVE", "X"), "modified": "2026-03-31T00:00:00Z", "aliases": [cve(number)],
        "severity": [{ "type": "CVSS_V3", "score": format!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:{score}/A:H") }],
        "affected": [{
            "package": { "ecosystem": ecosystem.to_string(), "name": name },
            "ranges": [{ "type": "ECOSYSTEM", "events": [
                { "introduced": version(versions, raise) }, { "fixed": version(versions, raise + 1 + draw(number, 7, 2)) },
            ] }],
        }],
    });
    Ok(Record::parse(record.to_string().as_bytes())?)
}

fn assertion(device: u64, advisories: u64) -> Assertion {
    let said = Said {
        document: "vex".to_owned(),
        by: None,
        statement: Statement {
            path: String::new(),
            vulnerabilities: vec![cve(draw(device, 8, advisories))],
            products: Vec::new(),
            status: Status::NotAffected,
            justification: None,
            impact: None,
            action: None,
            timestamp: None,
        },
    };
    Assertion::new(said, None)
}
