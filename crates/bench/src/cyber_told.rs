//! From an advisory to everybody who is to know of it, durably: a made-up country (架空) of device versions with bills, hospitals that hold them and a
//! database of advisories, in which one after another comes or changes while a worker looks as the server's does. How many hospitals were
//! told is held against who holds the device before any time is told.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ::cyber::database::{Collection, Database};
use ::cyber::osv::Record;
use app::{
    Advisories, AdvisoryBytes, Caller, CaseAct, Command, Completeness, Desk, FileFor, Role, SavedRecord,
    Visit,
};
use jiff::Timestamp;
use plan::Files;
use serde_json::{Value, json};
use store::{Change, Draft, Index, Key, Name, Query, Store};
use vocab::Refusal;

use crate::clock;
use crate::cyber::Pieces;
use crate::national::quantiles;

type Made<T> = Result<T, Box<dyn Error>>;

/// How many hospitals hold a device version, in turn.
const HOLDERS: [u64; 8] = [1, 10, 100, 30, 100, 300, 100, 1_000];
const HOSPITALS: u64 = 2_000;
/// Packages of a bill beside the one that no other bill has.
const COMPONENTS: u64 = 100;
/// Packages that bills and advisories speak of.
const PACKAGES: u64 = 50_000;
/// Rounds of advisories, half of them new and half changed; of every eighth the maker answers.
const ROUNDS: u64 = 64;
const MAKERS: u64 = 40;
const DAY: &str = "2026-06-01T03:00:00Z";

/// Measures so many device versions and advisories on a SQLite file, or on the empty database at `RASHIN_TEST_POSTGRES`.
pub fn run(plan: &Path, devices: u64, advisories: u64, postgres: bool) -> Made<Value> {
    if devices < ROUNDS {
        return Err(format!("at least {ROUNDS} devices: each round is about another").into());
    }
    let folder = std::env::temp_dir().join(format!("rashin-told-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let store: Arc<dyn Store> = if postgres {
        Arc::new(store_postgres::Postgres::open(&std::env::var(
            "RASHIN_TEST_POSTGRES",
        )?)?)
    } else {
        Arc::new(store_sqlite::Sqlite::open(&folder.join("rashin.db"))?)
    };
    let measured = Country::found(plan, &folder, store, devices, advisories).and_then(Country::measure);
    fs::remove_dir_all(&folder)?;
    let mut report = measured?;
    report["store"] = if postgres { "postgres" } else { "sqlite" }.into();
    Ok(report)
}

/// The file of advisories, watched as the server watches it.
struct Watched(PathBuf);

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::new(
        "unavailable",
        format!("読めません（{error}）。"),
        format!("Unreadable: {error}."),
    )
}

impl Advisories for Watched {
    fn stamp(&self) -> Result<String, Refusal> {
        let seen = fs::metadata(&self.0).map_err(|error| unreadable(&error))?;
        Ok(format!("{} {} {}", seen.ino(), seen.len(), seen.mtime_nsec()))
    }

    fn open(&self) -> Result<Box<dyn AdvisoryBytes>, Refusal> {
        Ok(Box::new(
            Pieces::open(&self.0).map_err(|error| unreadable(&error))?,
        ))
    }
}

struct Country {
    desk: Desk,
    store: Arc<dyn Store>,
    file: PathBuf,
    collection: Collection,
    devices: u64,
    advisories: u64,
    founded: f64,
}

/// What the worker has done, and whether it is to end.
#[derive(Default)]
struct Worker {
    ended: AtomicBool,
    /// Passes that found nothing to do.
    idle: AtomicU64,
    /// When the last pass that did something ended, in microseconds.
    last: AtomicU64,
    /// Microseconds in which it took a new file.
    taking: AtomicU64,
}

impl Worker {
    /// Works as the server's worker does.
    fn run(&self, desk: &Desk) -> Result<(), Refusal> {
        let now = || now().unwrap_or(Timestamp::UNIX_EPOCH);
        let _ending = Ending(self);
        while !self.ended.load(Ordering::Relaxed) {
            let began = clock::wall();
            let watched = desk.watch_advisories(now())?;
            if watched {
                let spent = micros(clock::wall() - began);
                self.taking.store(spent, Ordering::Relaxed);
            }
            if desk.work(&now, &|| true)? || watched {
                self.last.store(micros(clock::wall()), Ordering::SeqCst);
            } else {
                self.idle.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(app::REST_MILLISECONDS));
            }
        }
        Ok(())
    }

    /// When the last pass that did something ended.
    fn mark(&self) -> u64 {
        self.last.load(Ordering::SeqCst)
    }

    /// Waits until it has done what was not there at a mark and is now; gives when it had, in seconds.
    fn done(&self, before: u64) -> Made<f64> {
        // A pass may have begun before what it is to see stood there: the one after it has not.
        let idle = self.idle.load(Ordering::SeqCst);
        while self.mark() == before || self.idle.load(Ordering::SeqCst) < idle + 2 {
            if self.ended.load(Ordering::SeqCst) {
                return Err("the worker has stopped".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(self.mark() as f64 / 1e6)
    }
}

/// Tells that the worker has ended, however it did.
struct Ending<'w>(&'w Worker);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::SeqCst);
    }
}

fn micros(seconds: f64) -> u64 {
    Duration::from_secs_f64(seconds.max(0.0))
        .as_micros()
        .try_into()
        .unwrap_or(u64::MAX)
}

fn now() -> Made<Timestamp> {
    Ok(DAY.parse()?)
}

fn visit(organisation: &str) -> Made<Visit> {
    Ok(Visit {
        at: now()?,
        caller: Some(Caller {
            account: format!("{organisation}-tanto"),
            organisation: organisation.into(),
            roles: vec![Role::Member],
            key: None,
            lent: None,
        }),
    })
}

fn maker(device: u64) -> String {
    format!("maker-{}", device % MAKERS)
}

fn holders(device: u64) -> u64 {
    HOLDERS
        .into_iter()
        .cycle()
        .nth((device % 8) as usize)
        .unwrap_or_default()
}

fn hospital(device: u64, place: u64) -> String {
    format!("hospital-{}", (device * 37 + place) % HOSPITALS)
}

fn called(device: u64) -> String {
    format!("架空監視装置{device}")
}

fn bill(device: u64) -> Vec<u8> {
    let component = |name: String| {
        let reference = format!("pkg:npm/{name}@1.0.0");
        json!({ "type": "library", "bom-ref": reference, "name": name, "version": "1.0.0", "purl": reference,
            "supplier": { "name": "架空ソフト" } })
    };
    let shared =
        (0..COMPONENTS).map(|place| component(format!("kakuu-{}", (device * 61 + place * 7) % PACKAGES)));
    let components: Vec<Value> = shared.chain([component(format!("kakuu-own-{device}"))]).collect();
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "timestamp": "2026-05-01T00:00:00Z", "component": { "type": "device", "bom-ref": "device", "name": called(device) } },
        "components": components,
    });
    bill.to_string().into_bytes()
}

/// An advisory on versions of a package below one.
fn advisory(id: &str, package: &str, fixed: &str, day: u64) -> Made<Record> {
    let record = json!({
        "id": id, "modified": format!("2026-05-{day:02}T00:00:00Z"), "summary": "架空の脆弱性", "details": "架空の説明。".repeat(20),
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    });
    Ok(Record::parse(record.to_string().as_bytes())?)
}

/// The advisory of a round: those of odd ones stand in the database from the beginning and concern nobody then.
fn of_round(round: u64) -> String {
    format!("EXAMPLE-2026-{round:05}")
}

impl Country {
    fn found(plan: &Path, folder: &Path, store: Arc<dyn Store>, devices: u64, advisories: u64) -> Made<Self> {
        let began = clock::wall();
        let file = folder.join("cyber.db");
        let mut collection = Collection::default();
        for number in 0..advisories {
            let package = format!("kakuu-{}", number % PACKAGES);
            collection.add(&advisory(&format!("KAKUU-{number:06}"), &package, "0.9.0", 1)?);
        }
        for round in (1..ROUNDS).step_by(2) {
            collection.add(&advisory(
                &of_round(round),
                &format!("kakuu-own-{round}"),
                "0.9.0",
                1,
            )?);
        }
        fs::write(&file, collection.write()?.0)?;
        let count = AtomicU64::new(0);
        // Different each time, which is all that ids need here.
        let random = move |bytes: &mut [u8]| {
            let number = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            bytes.fill(0);
            bytes
                .iter_mut()
                .zip(number)
                .for_each(|(byte, digit)| *byte = digit);
        };
        let files = Files::from_folder(plan).map_err(|faults| format!("{faults:?}"))?;
        let desk = Desk::new(files, Arc::clone(&store), Box::new(random))
            .with_advisories(Some(Box::new(Watched(file.clone()))));
        let mut country = Self {
            desk,
            store,
            file,
            collection,
            devices,
            advisories,
            founded: 0.0,
        };
        country.settle()?;
        country.founded = clock::wall() - began;
        Ok(country)
    }

    /// Lets makers hand in their bills and hospitals hold their devices.
    fn settle(&self) -> Made<()> {
        let mut held: Vec<Vec<Draft>> = vec![vec![]; usize::try_from(HOSPITALS)?];
        let names = (0..MAKERS)
            .map(|n| format!("maker-{n}"))
            .chain((0..HOSPITALS).map(|n| format!("hospital-{n}")));
        let body = json!({ "ja": "架空の組織", "en": "Made-up organisation", "kind": "manufacturer", "corporate_number": null });
        let organisations: Made<Vec<Draft>> = names
            .map(|id| draft("organisation", &id, body.clone(), None, Index::default()))
            .collect();
        self.store.commit(&change("directory", organisations?)?)?;
        for device in 0..self.devices {
            let visit = visit(&maker(device))?;
            let place = FileFor {
                kind: "device-security",
                record: None,
                field: Some("sbom"),
            };
            let file = self
                .desk
                .keep_file(&visit, &place, "bill.json", bill(device))?
                .to_string();
            let fields = [
                ("name", &*called(device)),
                ("version_name", "1.0"),
                ("sbom", &*file),
                ("contact", "psirt@kakuu.example"),
            ];
            self.save(&visit, "device-security", &fields)?;
            let first = hospital(device, 0);
            let fields = [
                ("name", &*called(device)),
                ("software_version", "1.0"),
                ("quantity", "3"),
                ("department", "架空病棟"),
                ("institution", "1318616104"),
            ];
            let id = self.save(&self::visit(&first)?, "hospital-asset", &fields)?;
            // What the others hold is written as the first one's was.
            let key = Key::new(first, "of.hospital-asset", id)?;
            let kept = self.store.newest(&key)?.ok_or("an asset is not there")?;
            let state = kept.state.as_ref().map(ToString::to_string);
            let index = self.index(&called(device))?;
            for place in 1..holders(device) {
                let owner = usize::try_from((device * 37 + place) % HOSPITALS)?;
                let body = kept.body.clone().ok_or("an asset says nothing")?;
                held[owner].push(draft(
                    "of.hospital-asset",
                    &format!("a-{device}"),
                    body,
                    state.as_deref(),
                    index.clone(),
                )?);
            }
        }
        for (owner, drafts) in held
            .into_iter()
            .enumerate()
            .filter(|(_, drafts)| !drafts.is_empty())
        {
            self.store
                .commit(&change(&format!("hospital-{owner}"), drafts)?)?;
        }
        tell("handed in")?;
        self.desk.watch_advisories(now()?)?;
        while self
            .desk
            .work(&|| now().unwrap_or(Timestamp::UNIX_EPOCH), &|| true)?
        {}
        Ok(())
    }

    /// What lists see of an asset of this name.
    fn index(&self, called: &str) -> Made<Index> {
        let rashin = self.desk.rashin()?;
        let kind = rashin
            .plan()
            .kind("hospital-asset")
            .ok_or("no assets in the plan")?;
        let fields = kind.fields.iter().filter(|field| field.indexed);
        let keys = fields.map(|field| {
            let value = match field.name.as_str() {
                "name" => called,
                "software_version" => "1.0",
                _ => "",
            };
            Ok((Name::new(field.name.as_str())?, value.to_owned()))
        });
        Ok(Index {
            keys: keys.collect::<Made<_>>()?,
            ..Index::default()
        })
    }

    fn save(&self, visit: &Visit, kind: &str, fields: &[(&str, &str)]) -> Made<String> {
        let fields: Vec<(String, String)> = fields
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect();
        match self
            .desk
            .save_record(visit, kind, None, &fields, Completeness::Final)?
        {
            SavedRecord::Kept(_, id) => Ok(id),
            SavedRecord::Faults(faults) => Err(format!("{kind}: {faults:?}").into()),
        }
    }

    fn count(&self, kind: &str) -> Made<u64> {
        Ok(self.store.count(&Query::of(Name::new(kind)?), u64::MAX)?)
    }

    fn measure(mut self) -> Made<Value> {
        let worker = Worker::default();
        let mut loading = vec![];
        let mut told: Vec<(u64, f64, f64)> = vec![];
        let mut answered: Vec<(u64, f64)> = vec![];
        let load = self.load()?;
        tell(&format!(
            "founded in {:.0} s, one loaded in {load} s",
            self.founded
        ))?;
        let desk = &self.desk;
        std::thread::scope(|scope| -> Made<()> {
            let hand = scope.spawn(|| worker.run(desk));
            let rounds = (|| -> Made<()> {
                for round in 0..ROUNDS {
                    let record = advisory(&of_round(round), &format!("kakuu-own-{round}"), "2.0.0", 2)?;
                    self.collection.add(&record);
                    let began = clock::wall();
                    let bytes = self.collection.write()?.0;
                    loading.push((clock::wall() - began) * 1e3);
                    let beside = self.file.with_extension("new");
                    let mut file = File::create(&beside)?;
                    file.write_all(&bytes)?;
                    file.sync_all()?;
                    let before = (
                        Self::count_of(&self.store, "of.vulnerability-response")?,
                        Self::count_of(&self.store, "notice")?,
                    );
                    let mark = worker.mark();
                    fs::rename(&beside, &self.file)?;
                    let began = clock::wall();
                    let spent = (worker.done(mark)? - began) * 1e3;
                    let after = (
                        Self::count_of(&self.store, "of.vulnerability-response")?,
                        Self::count_of(&self.store, "notice")?,
                    );
                    let hospitals = holders(round);
                    if after.0 - before.0 != hospitals || after.1 - before.1 < hospitals {
                        return Err(format!(
                            "round {round}: {hospitals} hospitals are to know, {before:?} became {after:?}"
                        )
                        .into());
                    }
                    tell(&format!("round {round}: {hospitals} hospitals in {spent:.0} ms"))?;
                    told.push((
                        hospitals,
                        spent,
                        worker.taking.load(Ordering::Relaxed) as f64 / 1e3,
                    ));
                }
                for round in 0..ROUNDS / 4 {
                    let before = Self::count_of(&self.store, "notice")?;
                    let mark = worker.mark();
                    let began = answer(desk, round)?;
                    let spent = (worker.done(mark)? - began) * 1e3;
                    let notices = Self::count_of(&self.store, "notice")? - before;
                    if notices < holders(round) {
                        return Err(format!(
                            "answer {round}: {notices} notices to {} hospitals",
                            holders(round)
                        )
                        .into());
                    }
                    answered.push((holders(round), spent));
                }
                Ok(())
            })();
            worker.ended.store(true, Ordering::Relaxed);
            hand.join().map_err(|_| "the worker has stopped")??;
            rounds
        })?;
        let times = |least: u64, most: u64| {
            told.iter()
                .filter(move |one| (least..=most).contains(&one.0))
                .map(|one| one.1)
                .collect()
        };
        let answers = |least: u64, most: u64| {
            answered
                .iter()
                .filter(move |one| (least..=most).contains(&one.0))
                .map(|one| one.1)
                .collect()
        };
        Ok(json!({
            "devices": self.devices, "advisories": self.advisories, "hospitals": HOSPITALS, "assets": self.count("of.hospital-asset")?,
            "founded_seconds": self.founded.round(), "rest_ms": app::REST_MILLISECONDS,
            "told_up_to_100": quantiles(times(1, 100)), "told_100": quantiles(times(100, 100)),
            "told_300": quantiles(times(300, 300)), "told_1000": quantiles(times(1_000, 1_000)),
            "of_it_taking_the_file": quantiles(told.iter().map(|one| one.2).collect()),
            "answer_up_to_100": quantiles(answers(1, 100)), "answer_1000": quantiles(answers(1_000, 1_000)),
            "load_one_seconds": load, "writing_the_file": quantiles(loading),
        }))
    }

    fn count_of(store: &Arc<dyn Store>, kind: &str) -> Made<u64> {
        Ok(store.count(&Query::of(Name::new(kind)?), u64::MAX)?)
    }

    /// How long it takes to load one record into the file, as `rashin cyber load` does; the file stays as it was.
    fn load(&self) -> Made<f64> {
        let began = clock::wall();
        let mut collection = Collection::from_database(&Database::open(Pieces::open(&self.file)?)?)?;
        collection.add(&advisory("EXAMPLE-2026-LOAD", "kakuu-1", "0.9.0", 1)?);
        let beside = self.file.with_extension("load");
        let mut file = File::create(&beside)?;
        file.write_all(&collection.write()?.0)?;
        file.sync_all()?;
        let spent = clock::wall() - began;
        fs::remove_file(beside)?;
        Ok((spent * 100.0).round() / 100.0)
    }
}

/// Lets the maker say that the vulnerability of a round affects its device; gives when it had said so.
fn answer(desk: &Desk, round: u64) -> Made<f64> {
    let owner = maker(round);
    let visit = visit(&owner)?;
    let items = desk.security_work(&visit, usize::MAX)?.items;
    let item = items
        .into_iter()
        .find(|item| item.name == of_round(round))
        .ok_or("the maker was not told")?;
    let kind = "vulnerability-answer";
    let seen = desk.record(&visit, kind, &owner, &item.id)?;
    let controls = [("status", "affected"), ("action", "架空の版に更新してください。")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let command = Command::Move {
        transition: "answer".into(),
        reason: String::new(),
        dissent: String::new(),
    };
    let version = seen.case.map_or(0, |case| case.version);
    let acted = desk.act(
        &visit,
        &CaseAct {
            kind,
            owner: &owner,
            id: &item.id,
            version,
            command,
            controls: &controls,
        },
    )?;
    let began = clock::wall();
    if acted == app::Acted::Done {
        Ok(began)
    } else {
        Err(format!("answer {round}: {acted:?}").into())
    }
}

fn draft(kind: &str, id: &str, body: Value, state: Option<&str>, index: Index) -> Made<Draft> {
    let state = state.map(Name::new).transpose()?;
    Ok(Draft {
        kind: Name::new(kind)?,
        id: Name::new(id)?,
        expected: 0,
        parent: None,
        state,
        index,
        body,
    })
}

fn change(owner: &str, drafts: Vec<Draft>) -> Made<Change> {
    Ok(Change {
        owner: Name::new(owner)?,
        at: now()?,
        actor: Name::new("bench")?,
        action: Name::new("record.keep")?,
        detail: json!({}),
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs: vec![],
    })
}

/// How far it has come: founding a country takes minutes.
fn tell(text: &str) -> Made<()> {
    Ok(writeln!(std::io::stderr(), "{text}")?)
}
