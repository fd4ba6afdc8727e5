//! The engine room: every device's bill of materials matched with every advisory, kept fresh. It holds nothing that is not in the store or in the
//! database of advisories; thrown away, it is built again. Findings are never written down: what somebody did about one is a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, RwLock};

use authz::Action;
use cyber::answer::Statements;
use cyber::database::{Database, Source};
use cyber::document::{Bill, Limits, Status, read};
use cyber::portfolio::Portfolio;
use jiff::Timestamp;
use jiff::civil::Date;
use record::{Record, Value, fold};
use serde_json::json;
use store::{Name, sha256};
use vocab::Refusal;

use super::super::kept::{change, refused};
use super::super::people::Organisation;
use super::super::supply::{date, device_of, text, texts};
use super::super::work::Work;
use super::super::{DIRECTORY, Desk, MINISTRY};
use super::follow::Followed;
use super::same_version::may_be_same;
use super::taken::Told;
use super::words::Words;
use super::{DEVICE, program};

/// Jobs of one change.
const JOBS: usize = 500;

/// The database of advisories that a server watches.
pub trait Advisories: Send + Sync {
    /// A text that changes whenever the database does.
    ///
    /// # Errors
    /// Why it cannot be looked at.
    fn stamp(&self) -> Result<String, Refusal>;

    /// The bytes of the database as it stands now; they stay what they are when it is replaced.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn open(&self) -> Result<Box<dyn AdvisoryBytes>, Refusal>;
}

/// Bytes that are read where they are asked, by several threads.
pub trait AdvisoryBytes: Source + Send + Sync {}

impl<T: Source + Send + Sync> AdvisoryBytes for T {}

/// The same as one type.
pub(super) struct Bytes(Box<dyn AdvisoryBytes>);

impl Source for Bytes {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        self.0.read(at, length)
    }
}

/// The room, once it is built, and what it looks at.
#[derive(Default)]
pub(in crate::desk) struct Watch {
    advisories: Option<Box<dyn Advisories>>,
    room: RwLock<Option<Room>>,
    /// When each source of advisories was last looked at by this server.
    looked: Mutex<BTreeMap<String, Timestamp>>,
}

/// What is known, matched.
pub(super) struct Room {
    stamp: Option<String>,
    /// What the operator supplies; none without.
    pub database: Option<Database<Bytes>>,
    /// What of it was taken, and what is still to be told.
    pub told: Told,
    pub portfolio: Portfolio,
    /// What advisories say of devices in words.
    pub words: Words,
    /// Device versions, by owner and id.
    pub devices: BTreeMap<String, Device>,
    /// What other servers have taken in.
    pub followed: Followed,
}

/// What was handed in for a device version, as far as it can be read.
#[derive(Default)]
pub(super) struct Papers {
    pub bill: Option<Bill>,
    /// What its VEX documents say.
    pub said: Statements,
}

/// What a hand-in says of a device version, as far as it is needed to find who holds it and what concerns it.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub owner: String,
    pub id: String,
    pub name: String,
    pub version: String,
    /// The registered device, as a link from elsewhere is written.
    pub registered: Option<String>,
    pub gtins: Vec<String>,
    pub eol: Option<Date>,
    pub eos: Option<Date>,
    pub contact: String,
    /// Name and hash of the bill.
    pub bill: Option<(String, String)>,
    /// Names and hashes of VEX documents.
    pub vex: Vec<(String, String)>,
}

impl Watch {
    /// A watch over a database of advisories.
    pub(in crate::desk) fn over(advisories: Option<Box<dyn Advisories>>) -> Self {
        Self {
            advisories,
            ..Self::default()
        }
    }

    pub fn looked(&self, source: &str, at: Timestamp) {
        if let Ok(mut looked) = self.looked.lock() {
            looked.insert(source.to_owned(), at);
        }
    }

    pub fn all_looked(&self) -> BTreeMap<String, Timestamp> {
        self.looked
            .lock()
            .map(|looked| looked.clone())
            .unwrap_or_default()
    }
}

impl Device {
    pub fn of(owner: &str, id: &str, record: &Record) -> Self {
        let files = |field: &str| -> Vec<(String, String)> {
            let values = record.fields.get(field).into_iter().flat_map(Value::each);
            let file = |value: &Value| match value {
                Value::File(file) => Some((file.name.clone(), file.sha256.clone())),
                _ => None,
            };
            values.filter_map(file).collect()
        };
        Self {
            owner: owner.to_owned(),
            id: id.to_owned(),
            name: text(record, "name"),
            version: text(record, "version_name"),
            registered: device_of(owner, record),
            gtins: texts(record, "product_codes"),
            eol: date(record, "eol_on"),
            eos: date(record, "eos_on"),
            contact: text(record, "contact"),
            bill: files("sbom").into_iter().next(),
            vex: files("vex"),
        }
    }

    /// Its name among all devices.
    pub fn key(&self) -> String {
        format!("{}/{}", self.owner, self.id)
    }

    /// Its brand name and version.
    pub fn called(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Whether what a hospital holds may be this version: it is `linked` to the same registered device, or a product code or the brand name is the
    /// same, and the hospital names no other version of the software.
    pub fn is_held_as(&self, asset: &Record, linked: bool) -> bool {
        let gtin = text(asset, "gtin");
        let named = || fold(&text(asset, "name")) == fold(&self.name);
        (linked || self.gtins.contains(&gtin) || named())
            && may_be_same(&text(asset, "software_version"), &self.version)
    }

    /// Whether the registered device is one of these.
    pub fn is_one_of(&self, links: &[String]) -> bool {
        self.registered.as_ref().is_some_and(|own| links.contains(own))
    }
}

impl Room {
    /// Which database was taken last.
    pub const fn stamp(&self) -> Option<&String> {
        self.stamp.as_ref()
    }

    /// Takes a device, in the place of what it said before, with the names of its maker and what was handed in for it.
    ///
    /// # Errors
    /// `too_many` if its statements are too many to be held against its bill.
    pub fn put(&mut self, device: Device, makers: &[String], papers: &Papers) -> Result<(), Refusal> {
        let key = device.key();
        match &papers.bill {
            Some(bill) => {
                self.portfolio.put_document(&key, bill, &papers.said)?;
                self.portfolio.put_device(&key, &key);
            }
            None => {
                self.portfolio.withdraw_device(&key);
                self.portfolio.withdraw_bill(&key);
            }
        }
        self.words.put(&device, makers);
        self.devices.insert(key, device);
        Ok(())
    }
}

impl Desk {
    /// Builds the room if it is not there, and takes the database of advisories again if it has changed: whom a new or changed advisory concerns is
    /// told by jobs, each once however often the same database is taken. What other servers have taken in is taken in before that. False if there was
    /// nothing to do with the database.
    ///
    /// # Errors
    /// Those of the store; why the database cannot be read.
    pub fn watch_advisories(&self, at: Timestamp) -> Result<bool, Refusal> {
        self.follow_others(at)?;
        let stamp = self
            .watch
            .advisories
            .as_ref()
            .map(|one| one.stamp())
            .transpose()?;
        let same = |room: &Room| room.stamp == stamp;
        let fresh = |room: &Room| same(room) && room.told.waits().is_empty();
        let (built, taken) = {
            let room = self.watch.room.read().map_err(|_| closed())?;
            if room.as_ref().is_some_and(fresh) {
                return Ok(false);
            }
            (room.is_some(), room.as_ref().is_some_and(same))
        };
        let taken_in = stamp.clone().filter(|_| !taken);
        let open = |one: &dyn Advisories| Database::open(Bytes(one.open()?));
        let advisories = self.watch.advisories.as_deref().filter(|_| !taken);
        let database = advisories.map(open);
        let new = if built { None } else { Some(self.build()?) };
        let waits = {
            let mut room = self.watch.room.write().map_err(|_| closed())?;
            if new.is_some() {
                *room = new;
            }
            let room = room.as_mut().ok_or_else(closed)?;
            // What was handed in is known, whatever becomes of the database.
            if let Some(database) = database.transpose().map_err(unready)? {
                room.take(database).map_err(unready)?;
            }
            room.stamp.clone_from(&stamp);
            room.told.waits().clone()
        };
        let tell = |(advisory, says): (&String, &String)| {
            let advisory = advisory.clone();
            let key = format!("vulnerability.{says}");
            let says = says.clone();
            (key, Work::Vulnerability { advisory, says })
        };
        self.later(at, "advisories", &waits.iter().map(tell).collect::<Vec<_>>())?;
        if let Some(taken) = &taken_in {
            let key = format!("withdrawn.{}", sha256(taken.as_bytes()));
            self.later(at, "withdrawn", &[(key, Work::Withdrawn)])?;
        }
        self.change_room(|room| room.told.done(&waits))?;
        Ok(true)
    }

    /// What is known, or nothing while it is being put together.
    pub(super) fn in_room<T>(
        &self,
        ask: impl FnOnce(&Room) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        let room = self.watch.room.read().map_err(|_| closed())?;
        room.as_ref().map(ask).transpose()
    }

    /// Changes what is known.
    pub(super) fn change_room<T>(&self, change: impl FnOnce(&mut Room) -> T) -> Result<Option<T>, Refusal> {
        let mut room = self.watch.room.write().map_err(|_| closed())?;
        Ok(room.as_mut().map(change))
    }

    /// What a maker is called.
    pub(super) fn maker_names(&self, maker: &str) -> Result<Vec<String>, Refusal> {
        let kept = self.find::<Organisation>(DIRECTORY, maker)?;
        let names = kept.map(|kept| BTreeSet::from([kept.value.ja, kept.value.en]));
        Ok(names.into_iter().flatten().collect())
    }

    /// A room of all that was filed, without advisories.
    fn build(&self) -> Result<Room, Refusal> {
        let mut room = Room {
            stamp: None,
            database: None,
            told: Told::default(),
            portfolio: Portfolio::default(),
            words: Words::default(),
            devices: BTreeMap::new(),
            followed: self.followed_so_far()?,
        };
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        if let Some(kind) = plan.kind(DEVICE) {
            for found in self.every_filed(kind, None)? {
                let found = found?;
                let device = Device::of(&found.owner, &found.id, &found.record);
                let papers = self.papers(&device)?;
                room.put(device, &self.maker_names(&found.owner)?, &papers)?;
            }
        }
        Ok(room)
    }

    /// What was handed in for a device, as far as it can be read.
    pub(super) fn papers(&self, device: &Device) -> Result<Papers, Refusal> {
        let mut papers = Papers {
            bill: self.bill(device)?.and_then(Result::ok),
            said: Statements::default(),
        };
        for (name, hash) in &device.vex {
            if let Ok(document) = self.document(&device.owner, name, hash)? {
                papers.said.add(&document, name);
            }
        }
        Ok(papers)
    }

    /// The bill that was handed in for a device: nothing where none was, a refusal where it cannot be read.
    pub(super) fn bill(&self, device: &Device) -> Result<Option<Result<Bill, Refusal>>, Refusal> {
        let Some((name, hash)) = &device.bill else {
            return Ok(None);
        };
        let document = self.document(&device.owner, name, hash)?;
        Ok(Some(document.and_then(|document| {
            Bill::of(&document).ok_or_else(|| {
                Refusal::new(
                    "no_bill",
                    format!("{name} はSBOMではありません。CycloneDXかSPDXのファイルを提出してください。"),
                    format!("{name} is no SBOM. Hand in a CycloneDX or SPDX file."),
                )
            })
        })))
    }

    /// A document that was handed in.
    pub(super) fn document(
        &self,
        owner: &str,
        name: &str,
        hash: &str,
    ) -> Result<Result<cyber::document::Document, Refusal>, Refusal> {
        let owner = Name::new(owner).map_err(refused)?;
        let Some(blob) = self.store.blob(&owner, hash).map_err(refused)? else {
            return Ok(Err(Refusal::new(
                "no_file",
                format!("{name} の中身が見つかりません。もう一度提出してください。"),
                format!("What {name} held cannot be found. Hand it in again."),
            )));
        };
        let named = |refusal: Refusal| {
            let Refusal { kind, ja, en } = refusal;
            Refusal::new(kind, format!("{name}: {ja}"), format!("{name}: {en}"))
        };
        Ok(read(&blob.bytes, &Limits::UPLOAD).map_err(named))
    }

    /// Puts work in under these keys; what was put in before is not put in again.
    pub(super) fn later(&self, at: Timestamp, what: &str, works: &[(String, Work)]) -> Result<(), Refusal> {
        for part in works.chunks(JOBS) {
            let mut jobs = vec![];
            for (key, work) in part {
                let job = work.job(key.clone(), at)?;
                if self.store.job(&job.key).map_err(refused)?.is_none() {
                    jobs.push(job);
                }
            }
            if !jobs.is_empty() {
                let visit = program(at);
                let by = (at, visit.actor(), Action::KeepCases);
                let detail = json!({ "what": what, "count": jobs.len() });
                let change = change(by, MINISTRY, detail, vec![], jobs)?;
                self.store.commit(&change).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// The status of VEX that an option of the form is.
pub(super) fn status_of(code: &str) -> Option<Status> {
    Some(match code {
        "affected" => Status::Affected,
        "not-affected" => Status::NotAffected,
        "fixed" => Status::Fixed,
        "under-investigation" => Status::UnderInvestigation,
        _ => return None,
    })
}

/// A file that is being replaced, or was spoilt, is looked at again later: what waits for it waits.
fn unready(refusal: Refusal) -> Refusal {
    match refusal.kind {
        "foreign_database" | "damaged_database" | "unreadable_database" => {
            Refusal::new("unavailable", refusal.ja, refusal.en)
        }
        _ => refusal,
    }
}

/// Somebody who changed what is known has not come to an end.
pub(super) fn closed() -> Refusal {
    Refusal::new(
        "unavailable",
        "照合の準備ができていません。時間をおいて、もう一度お試しください。",
        "The matching is not ready. Please try again later.",
    )
}
