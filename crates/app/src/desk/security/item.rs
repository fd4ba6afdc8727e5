//! What somebody is to have of a vulnerability that concerns them: one record a vulnerability (by whatever name) and organisation, however often this
//! is tried, with a case. What grows or becomes graver opens it again. Of those whom it concerns many are written to in one transaction.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use authz::Action;
use jiff::Timestamp;
use plan::{Kind as Form, RecordLink};
use record::procedure::{Case, What};
use record::{Record, Value};
use serde_json::json;
use store::{Change, Draft, Fault, Job, Name, Query, Test, sha256};
use vocab::Refusal;

use super::super::Desk;
use super::super::case::{Filed, filter};
use super::super::kept::{TOGETHER, change, refused};
use super::super::register::{Found, RecordState, drafted, opened, stored};
use super::super::supply::{indexed, text, texts};
use super::facts::Facts;
use super::withdrawn::LAPSE;
use super::{RESPONSE, SEVERITIES, Visit, program};
use crate::ask::Rashin;

/// The field that says whether it is sure that a hospital's devices are meant, and its options.
pub(super) const CERTAINTY: &str = "certainty";
pub(super) const CERTAIN: &str = "certain";
pub(super) const TO_CHECK: &str = "to-check";

/// Records of a kind about one vulnerability.
pub(super) struct Items<'a> {
    pub kind: &'a Form,
    pub facts: &'a Facts,
    /// The field of what they are about.
    pub about: &'static str,
}

/// What one organisation's record is to say besides.
pub(super) struct Item {
    pub owner: String,
    /// Ids of the owner's records that it is about.
    pub links: BTreeSet<String>,
    pub makers: BTreeSet<String>,
    /// Whether it surely concerns one of these; otherwise its owner is to look whether it does. Said to hospitals alone.
    pub sure: bool,
}

impl Item {
    pub const fn new(owner: String) -> Self {
        Self {
            owner,
            links: BTreeSet::new(),
            makers: BTreeSet::new(),
            sure: false,
        }
    }

    /// What an organisation's record is to say, of those of all.
    pub fn of(all: &mut BTreeMap<String, Self>, owner: String) -> &mut Self {
        all.entry(owner)
            .or_insert_with_key(|owner| Self::new(owner.clone()))
    }
}

/// How what an organisation has compares with what it is to have.
enum Standing {
    /// It says all that.
    Known,
    /// It is to say more, or graver things.
    Wider(Change),
    /// There is none that is open; the id of a new one.
    New(String),
}

impl Desk {
    /// The filed records of a kind about a vulnerability of any of these names, in the order of owner and id.
    pub(super) fn about(
        &self,
        kind: &Form,
        owner: Option<&str>,
        names: &[String],
    ) -> Result<Vec<Found>, Refusal> {
        let query = Query {
            owner: owner.map(Name::new).transpose().map_err(refused)?,
            state: Some(Name::new("filed").map_err(refused)?),
            filters: vec![filter(
                "names",
                Test::OneOf(names.iter().map(|name| indexed(name)).collect()),
            )?],
            ..Query::of(stored(&kind.id)?)
        };
        let all = self.every(query);
        all.map(|version| opened(kind, &version?)).collect()
    }

    /// Lets those have their record who are to, or brings theirs up to date; gives for how many that was new.
    pub(super) fn keep_items(
        &self,
        at: Timestamp,
        rashin: &Rashin,
        items: &Items<'_>,
        of: &[Item],
    ) -> Result<u64, Refusal> {
        const TRIES: usize = 5;
        let [first, others @ ..] = of else {
            return Ok(0);
        };
        // What one has is sought alone, what many have at once.
        let only = others.is_empty().then_some(&*first.owner);
        let mut kept = 0;
        let mut existing = self.each_about(items, only)?;
        for some in of.chunks(TOGETHER) {
            let mut tries = 0;
            kept += loop {
                let changes = self.item_changes(at, rashin, items, some, &existing)?;
                match self.store.commit_all(&changes) {
                    Ok(events) => break events.len() as u64,
                    // Somebody wrote to one of them meanwhile.
                    Err(Fault::Conflict { .. }) if tries < TRIES => {
                        existing = self.each_about(items, only)?;
                    }
                    Err(fault) => return Err(refused(fault)),
                }
                tries += 1;
            };
        }
        Ok(kept)
    }

    /// What each organisation has about it.
    fn each_about(
        &self,
        items: &Items<'_>,
        only: Option<&str>,
    ) -> Result<BTreeMap<String, Vec<Found>>, Refusal> {
        let mut all: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for found in self.about(items.kind, only, &items.facts.names)? {
            all.entry(found.owner.clone()).or_default().push(found);
        }
        Ok(all)
    }

    /// What is written so that they have it, each in its own organisation's chain.
    fn item_changes(
        &self,
        at: Timestamp,
        rashin: &Rashin,
        items: &Items<'_>,
        of: &[Item],
        existing: &BTreeMap<String, Vec<Found>>,
    ) -> Result<Vec<Change>, Refusal> {
        let visit = program(at);
        let (mut changes, mut new) = (vec![], vec![]);
        for item in of {
            let has = existing.get(&item.owner).map_or(&[][..], Vec::as_slice);
            match self.item_stands(&visit, rashin, items, item, has)? {
                Standing::Known => {}
                Standing::Wider(change) => changes.push(change),
                Standing::New(id) => new.push((item, id, items.record(item, Record::default()))),
            }
        }
        let filed = new
            .iter()
            .map(|(item, id, record)| Filed::of(&item.owner, id, record));
        let opened = self.open_cases(&visit, rashin, items.kind, &filed.collect::<Vec<_>>())?;
        let opened = opened.map_err(|faults| {
            let fault = faults.into_iter().next();
            fault.map_or_else(super::super::unknown, |fault| {
                Refusal::new("faults", fault.ja, fault.en)
            })
        })?;
        for ((item, id, record), carried) in new.iter().zip(opened) {
            let filed = drafted(&visit, items.kind, &item.owner, id, 0, RecordState::Filed, record)?;
            let drafts = [vec![filed], carried.drafts].concat();
            changes.push(items.change(&visit, item, (id, "open"), drafts, carried.jobs)?);
        }
        Ok(changes)
    }

    /// Whether an organisation has to be told something, and of what it has already.
    fn item_stands(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        items: &Items<'_>,
        item: &Item,
        has: &[Found],
    ) -> Result<Standing, Refusal> {
        let (kind, owner) = (items.kind, &*item.owner);
        let mut covered = BTreeSet::new();
        for found in has {
            let file = self.case_file(rashin, kind, owner, &found.id)?;
            let over = file
                .as_ref()
                .is_some_and(|file| file.state().is_none_or(|state| state.last));
            let news = items.news(item, &found.record);
            if over {
                // What ended because it was withdrawn was dealt with by nobody.
                let lapsed = file
                    .and_then(|file| file.kept)
                    .is_some_and(|kept| has_lapsed(&kept.value));
                if news.grave.is_le() && !lapsed {
                    covered.extend(linked(&found.record, items.about));
                }
                continue;
            }
            if !news.any() {
                return Ok(Standing::Known);
            }
            let record = items.record(item, found.record.clone());
            let id = &*found.id;
            let filed = RecordState::Filed;
            let mut drafts = vec![drafted(visit, kind, owner, id, found.version, filed, &record)?];
            let mut jobs = vec![];
            let carried = if news.grave.is_gt() || news.more {
                self.moved_on(visit, rashin, (kind, owner, id), &record, "widen")?
            } else {
                None
            };
            match carried {
                Some(carried) => {
                    drafts.extend(carried.drafts);
                    jobs = carried.jobs;
                }
                None => drafts.extend(self.case_follows(visit, rashin, kind, owner, id, &record)?),
            }
            let change = items.change(visit, item, (id, "widen"), drafts, jobs)?;
            return Ok(Standing::Wider(change));
        }
        if item.links.is_subset(&covered) {
            return Ok(Standing::Known);
        }
        let mut id = sha256(items.facts.names.first().map_or("", String::as_str).as_bytes());
        id.truncate(16);
        if !has.is_empty() {
            id = format!("{id}.{}", has.len() + 1);
        }
        Ok(Standing::New(id))
    }
}

fn has_lapsed(case: &Case) -> bool {
    let moves = case.history.iter().rev().filter_map(|event| match &event.what {
        What::Moved { transition, .. } => Some(transition.as_str()),
        _ => None,
    });
    moves.take(1).any(|transition| transition == LAPSE)
}

/// What a record does not say yet.
struct News {
    /// A name that was not known.
    named: bool,
    /// Something more that it concerns.
    more: bool,
    /// Greater where it is exploited now or more severe, less where it is less severe.
    grave: Ordering,
}

impl News {
    fn any(&self) -> bool {
        self.named || self.more || self.grave.is_ne()
    }
}

impl Items<'_> {
    fn news(&self, item: &Item, record: &Record) -> News {
        let names: BTreeSet<String> = texts(record, "names").into_iter().collect();
        let place = |severity: &str| SEVERITIES.iter().position(|one| *one == severity);
        let severity = place(&text(record, "severity")).cmp(&place(self.facts.severity));
        let exploited = self.facts.exploited && text(record, "exploited") != "yes";
        News {
            named: self.facts.names.iter().any(|name| !names.contains(name)),
            more: !item.links.is_subset(&linked(record, self.about))
                || item.sure && text(record, CERTAINTY) == TO_CHECK,
            grave: if exploited { Ordering::Greater } else { severity },
        }
    }

    /// What is written in its owner's chain.
    fn change(
        &self,
        visit: &Visit,
        item: &Item,
        (id, what): (&str, &str),
        drafts: Vec<Draft>,
        jobs: Vec<Job>,
    ) -> Result<Change, Refusal> {
        let by = (visit.at, visit.actor(), Action::KeepCases);
        let detail = json!({ "kind": self.kind.id, "record": id, "what": what });
        change(by, &item.owner, detail, drafts, jobs)
    }

    /// What the record says from now on; what its owner wrote stays.
    fn record(&self, item: &Item, mut record: Record) -> Record {
        let facts = self.facts;
        let title = match record.fields.get("name") {
            Some(Value::Text(title)) => title.clone(),
            _ => facts.names.first().cloned().unwrap_or_default(),
        };
        let list = |values: Vec<Value>| (!values.is_empty()).then_some(Value::List(values));
        let words = |texts: BTreeSet<String>| list(texts.into_iter().map(Value::Text).collect());
        let names = texts(&record, "names")
            .into_iter()
            .chain(facts.names.iter().cloned());
        let links: BTreeSet<String> = linked(&record, self.about)
            .into_iter()
            .chain(item.links.iter().cloned())
            .collect();
        let links = links
            .into_iter()
            .map(|id| Value::Link(RecordLink { owner: None, id }));
        let makers = texts(&record, "makers")
            .into_iter()
            .chain(item.makers.iter().cloned());
        let summary = (!facts.summary.is_empty()).then(|| Value::Text(facts.summary.clone()));
        let severity = Value::Text(facts.severity.to_owned());
        let certainty = (self.kind.id == RESPONSE).then(|| {
            let sure = item.sure || text(&record, CERTAINTY) == CERTAIN;
            Value::Text(if sure { CERTAIN } else { TO_CHECK }.to_owned())
        });
        let says = [
            ("name", Some(Value::Text(title))),
            ("names", words(names.collect())),
            ("summary", summary),
            ("exploited", Some(Value::Flag(facts.exploited))),
            ("severity", Some(severity)),
            (self.about, list(links.collect())),
            ("makers", words(makers.collect())),
            (CERTAINTY, certainty),
        ];
        for (field, value) in says {
            if let Some(value) = value {
                record.fields.insert(field.to_owned(), value);
            }
        }
        record
    }
}

/// Ids of the owner's own records that a field names.
pub(super) fn linked(record: &Record, field: &str) -> BTreeSet<String> {
    let values = record.fields.get(field).into_iter().flat_map(Value::each);
    let id = |value: &Value| match value {
        Value::Link(link) => Some(link.id.clone()),
        _ => None,
    };
    values.filter_map(id).collect()
}
