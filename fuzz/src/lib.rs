//! What each fuzz target does with the bytes that it is given: the same steps as the program takes with a document handed in. A target fails by
//! a panic, by taking too long or too much memory, or where a law of the thing does not hold.

use std::cmp::Ordering;

use cyber::answer::Statements;
use cyber::cpe::Cpe;
use cyber::database::{Collection, Database};
use cyber::device::{Device, Devices};
use cyber::document::{Advisory, Bill, Format, Limits, Statement, check, read};
use cyber::ecosystem::Ecosystem;
use cyber::matching::{Package, match_components};
use cyber::osv::Record;
use cyber::priority::{Catalogue, Chances};
use cyber::purl::Purl;
use cyber::vers::{Scheme, Vers};
use cyber::version::{Version, compare};
use jiff::Timestamp;
use libfuzzer_sys::Corpus;

/// A document of one format, through everything that may happen to it.
pub fn document(bytes: &[u8], wanted: impl Fn(&Format) -> bool) -> Corpus {
    let limits = Limits::UPLOAD;
    let Ok(document) = read(bytes, &limits) else {
        return Corpus::Keep;
    };
    if !wanted(&document.format) {
        return Corpus::Reject;
    }
    check(&document, Timestamp::UNIX_EPOCH, &limits);
    let statements = Statement::all(&document);
    let mut said = Statements::default();
    assert_eq!(said.add(&document, "fuzz"), statements.len());
    if let Some(bill) = Bill::of(&document) {
        bill.missing();
        let empty = Collection::default().write().expect("an empty database").0;
        let database = Database::open(empty.as_slice()).expect("an empty database");
        let mut matches = match_components(&database, &bill).expect("an empty database");
        let ledger = &matches.ledger;
        assert_eq!(ledger.components, bill.components.len());
        assert_eq!(
            ledger.components,
            ledger.matched + ledger.clean + ledger.unassessable
        );
        let _ = said.answer(&bill, &mut matches);
    }
    if let Some(advisory) = Advisory::of(&document) {
        let records = advisory.records();
        let device = Device {
            maker: "Example Medical".to_owned(),
            name: "Pump".to_owned(),
            version: "1.0".to_owned(),
            ..Device::default()
        };
        let _ = Devices::new(vec![device]).against(&advisory);
        for record in &records {
            ask(record);
        }
    }
    Corpus::Keep
}

/// A record of OSV, written into a database and asked there.
pub fn osv(bytes: &[u8]) -> Corpus {
    let Ok(record) = Record::parse(bytes) else {
        return Corpus::Keep;
    };
    ask(&record);
    let mut collection = Collection::default();
    collection.add(&record);
    let (file, _) = collection.write().expect("a record is written");
    let database = Database::open(file.as_slice()).expect("what was written opens");
    assert!(
        database
            .record(&record.id)
            .expect("what was written is read")
            .is_some()
    );
    Corpus::Keep
}

/// What a record says of the versions that stand in it.
fn ask(record: &Record) {
    for affected in record.affected.iter().take(4) {
        let Some((package, ecosystem)) = affected
            .package
            .as_ref()
            .and_then(|package| Some((package, Ecosystem::parse(&package.ecosystem).ok()?)))
        else {
            continue;
        };
        let events = affected.ranges.iter().flat_map(|range| &range.events);
        let events = events.map(|event| event.version());
        for version in affected
            .versions
            .iter()
            .map(String::as_str)
            .chain(events)
            .chain(["1.0"])
            .take(8)
        {
            record.affects(&ecosystem, &package.name, version);
        }
    }
}

/// A catalogue of known exploited vulnerabilities.
pub fn kev(bytes: &[u8]) -> Corpus {
    if let Some(catalogue) = Catalogue::parse(bytes) {
        let mut collection = Collection::default();
        collection.add_exploited(catalogue);
        collection.write().expect("a catalogue is written");
    }
    Corpus::Keep
}

/// A day's chances of exploitation.
pub fn epss(bytes: &[u8]) -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    if let Some(Ok(chances)) = Chances::parse(&text) {
        let mut collection = Collection::default();
        collection.add_chances(chances);
        collection.write().expect("chances are written");
    }
    Corpus::Keep
}

/// A package URL: what is written canonically is read again as the same, by the rule that it was read by.
pub fn purl(bytes: &[u8]) -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    for read in [Purl::parse, Purl::read] {
        if let Ok(purl) = read(&text) {
            let again = read(&purl.to_string()).expect("its own text is read");
            assert_eq!(again.to_string(), purl.to_string());
        }
    }
    let _ = Package::of(&text, Some("1.0"));
    Corpus::Keep
}

/// A CPE name and, after a line break, another: each binding is read again as the same, and what is covered is no other's.
pub fn cpe(bytes: &[u8]) -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    let (one, other) = text.split_once('\n').unwrap_or((&text, &text));
    if let (Ok(one), Ok(other)) = (Cpe::parse(one), Cpe::parse(other)) {
        for name in [&one, &other] {
            assert_eq!(Cpe::parse(&name.to_string()).as_ref(), Ok(name));
            assert_eq!(Cpe::parse(&name.uri()).as_ref(), Ok(name));
        }
        if one.covers(&other) && other.covers(&one) {
            assert_eq!(one, other);
        }
    }
    Corpus::Keep
}

/// A `vers:` range and, after a line break, a version; or a native range of the scheme that the first line names.
pub fn vers(bytes: &[u8]) -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    let (range, version) = text.split_once('\n').unwrap_or((&text, "1.0"));
    let native = Scheme::find(range).and_then(|scheme| Vers::from_native(scheme, version).ok());
    for range in Vers::parse(range).into_iter().chain(native) {
        let _ = (range.check(), range.inverted());
        let said = range.contains(version);
        let again = Vers::parse(&range.to_string());
        if let (Ok(again), Ok(said)) = (again, said) {
            assert_eq!(again.contains(version), Ok(said), "{range}");
        }
        let _ = range.canonical();
    }
    Corpus::Keep
}

/// An ecosystem and three versions, a line each: the order is one.
pub fn version(bytes: &[u8]) -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let name = lines.next().unwrap_or_default();
    let order = Ecosystem::parse(name)
        .and_then(|ecosystem| ecosystem.order())
        .ok();
    let Some(order) = order.or_else(|| Scheme::find(name)?.order()) else {
        return Corpus::Keep;
    };
    let versions: Vec<Version> = lines
        .take(3)
        .flat_map(|line| Version::parse(order, line))
        .collect();
    for a in &versions {
        assert_eq!(a.compare(a), Some(Ordering::Equal), "{a:?}");
        for b in &versions {
            let said = a.compare(b).expect("one order");
            assert_eq!(b.compare(a).map(Ordering::reverse), Some(said), "{a:?} {b:?}");
        }
    }
    let _ = compare(order, name, name);
    Corpus::Keep
}

/// A file that is opened as a database: the bytes themselves, and a good file with some of its bytes changed. The second is refused where a change
/// is met, or answers as the good one does.
pub fn database(bytes: &[u8]) -> Corpus {
    let _ = Database::open(bytes).map(|database| questions(&database));
    let good = good();
    let mut changed = good.clone();
    for edit in bytes.chunks_exact(3).take(64) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % good.len();
        changed[at] = edit[2];
    }
    let said = Database::open(good.as_slice()).map(|database| questions(&database));
    if let (Ok(said), Ok(database)) = (said, Database::open(changed.as_slice())) {
        for (a, b) in said.into_iter().zip(questions(&database)) {
            assert!(b.is_none() || a == b, "{a:?} became {b:?}");
        }
    }
    Corpus::Keep
}

/// What a database says to each question; nothing where it refuses to.
fn questions(database: &Database<&[u8]>) -> Vec<Option<String>> {
    let ecosystem = Ecosystem::parse("PyPI").expect("it is known");
    let mut advisories = 0;
    let mut said = vec![
        database
            .about(&ecosystem, "demo")
            .ok()
            .map(|said| format!("{said:?}")),
        database.record("X-1").ok().map(|said| format!("{said:?}")),
        database
            .names("CVE-2026-0001")
            .ok()
            .map(|said| format!("{said:?}")),
        database
            .exploited("CVE-2026-0001")
            .ok()
            .map(|said| format!("{said:?}")),
        database
            .chance("CVE-2026-0001")
            .ok()
            .map(|said| format!("{said:?}")),
    ];
    let all = database.advisories(|_| {
        advisories += 1;
        Ok(())
    });
    said.push(all.ok().map(|()| advisories.to_string()));
    let again = Collection::from_database(database).and_then(|collection| collection.write());
    said.push(again.ok().map(|(bytes, _)| format!("{bytes:?}")));
    said
}

/// A database of what the other targets begin with.
fn good() -> Vec<u8> {
    let mut collection = Collection::default();
    let record = Record::parse(include_bytes!("../seeds/osv/record.json")).expect("a record");
    collection.add(&record);
    let csaf = read(include_bytes!("../seeds/csaf/vex.json"), &Limits::UPLOAD).expect("an advisory");
    collection.add_advisory(&Advisory::of(&csaf).expect("an advisory"));
    let kev = Catalogue::parse(include_bytes!("../seeds/kev/kev.json")).expect("a catalogue");
    collection.add_exploited(kev);
    let epss = Chances::parse(include_str!("../seeds/epss/epss.csv")).expect("chances");
    collection.add_chances(epss.expect("chances"));
    collection.write().expect("a database is written").0
}
