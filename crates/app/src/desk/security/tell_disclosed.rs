//! Whom a vulnerability concerns that was published here after its embargo: whoever holds a product that it names, by the registered device, its product
//! code, its name, or by maker and name as the published document writes them. They have an item as of any other vulnerability.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cyber::device::is_among;
use cyber::document::{Advisory as Document, Limits, read};
use jiff::Timestamp;
use plan::{Kind as Form, Text};
use record::procedure::Channel;
use record::{Record, Row, Value};
use serde_json::json;
use store::Progress;
use vocab::Refusal;

use super::super::Desk;
use super::super::notice::{Notice, Once};
use super::super::register::{key, opened};
use super::super::supply::{ASSET, text, texts};
use super::disclosed::{Disclosed, Publisher, REPORT, bytes, cell, public_since};
use super::facts::{Concerned, Facts};
use super::item::{Item, Items};
use super::tell::done;
use super::words::InWords;
use super::{RESPONSE, SEVERITIES};
use crate::ask::Rashin;
use crate::desk::kept::refused;

impl Desk {
    /// Lets those who hold what a published vulnerability concerns have their item of it, and tells of a correction whoever has one already; told once
    /// for one event, however often it is tried.
    pub(in crate::desk) fn tell_disclosed(
        &self,
        at: Timestamp,
        owner: &str,
        id: &str,
        event: usize,
    ) -> Result<Progress, Refusal> {
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        let (Some(report), Some(response), Some(asset)) =
            (plan.kind(REPORT), plan.kind(RESPONSE), plan.kind(ASSET))
        else {
            return Ok(Progress::default());
        };
        let file = self.case_file(&rashin, report, owner, id)?;
        let Some(kept) = file.as_ref().and_then(|file| file.kept.as_ref()) else {
            return Ok(Progress::default());
        };
        let version = self.store.newest(&key(report, owner, id)?).map_err(refused)?;
        let found = version.map(|version| opened(report, &version)).transpose()?;
        let (Some(found), Some(one)) = (found, self.disclosed_of(&rashin, kept)?) else {
            return Ok(Progress::default());
        };
        let facts = self.facts_of(&one)?;
        let mut holders = BTreeMap::new();
        for row in concerned_rows(&found.record) {
            self.each_held(asset, owner, &product(row), None, |held| {
                let version = text(&held.record, "software_version");
                let among = is_among(&cell(row, "version"), &version);
                if among != Some(false) {
                    let item = Item::of(&mut holders, held.owner);
                    item.links.insert(held.id);
                    item.sure |= among.is_some() && cell(row, "status") == "affected";
                }
            })?;
        }
        for held in self.held_in_words(asset, &in_words(&one)?, None)? {
            let item = Item::of(&mut holders, held.owner);
            item.links.insert(held.id);
            item.sure |= held.sure;
        }
        let makers: BTreeSet<String> = texts(&found.record, "makers").into_iter().collect();
        for item in holders.values_mut() {
            item.makers.clone_from(&makers);
        }
        let items = Items {
            kind: response,
            facts: &facts,
            about: "assets",
        };
        let of: Vec<Item> = holders.into_values().collect();
        let mut told = self.keep_items(at, &rashin, &items, &of)?;
        let since = file
            .as_ref()
            .and_then(|file| public_since(file.procedure, &kept.value));
        let came = kept.value.history.get(event).map(|event| event.at);
        if came > since {
            told += self.tell_corrected(at, &rashin, response, &facts, (id, event))?;
        }
        Ok(done(told))
    }

    /// What is published, with what the database of advisories knows of the same.
    pub(super) fn facts_of(&self, one: &Disclosed) -> Result<Facts, Refusal> {
        let advisory = &one.advisory;
        let severity = SEVERITIES.iter().find(|code| **code == one.severity);
        let mut facts = Facts {
            names: advisory.names.clone(),
            summary: advisory.title.clone(),
            exploited: false,
            severity: severity.copied().unwrap_or("unknown"),
        };
        facts.names.push(advisory.id.clone());
        let known = self.in_room(|room| {
            let names = facts.names.iter();
            let known = names
                .map(|name| room.facts(name))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(known)
        })?;
        for known in known.into_iter().flatten().flatten() {
            facts.exploited |= known.exploited;
            facts.names.extend(known.names);
        }
        facts
            .names
            .sort_by_key(|name| (!name.starts_with("CVE-"), name.clone()));
        facts.names.dedup();
        Ok(facts)
    }

    fn tell_corrected(
        &self,
        at: Timestamp,
        rashin: &Rashin,
        response: &Form,
        facts: &Facts,
        (id, event): (&str, usize),
    ) -> Result<u64, Refusal> {
        let mut all = vec![];
        for item in self.about(response, None, &facts.names)? {
            let file = self.case_file(rashin, response, &item.owner, &item.id)?;
            let Some(kept) = file.and_then(|file| file.kept) else {
                continue;
            };
            let number = kept.value.number;
            all.push(Once {
                name: format!("corrected.{id}.{event}.{}", item.id),
                detail: json!({ "kind": RESPONSE, "what": "told", "number": number }),
                notice: Notice {
                    to: vec![Channel::Organisation(item.owner.clone()).to_string()],
                    text: Text {
                        ja: "お持ちの機器の脆弱性について、公表された内容が訂正されました。".into(),
                        en: "What is public about a vulnerability of devices that you hold was corrected."
                            .into(),
                    },
                    urgent: true,
                    kind: response.id.clone(),
                    owner: item.owner.clone(),
                    id: item.id,
                    number,
                    at,
                },
                owner: item.owner,
            });
        }
        self.tell_once(at, all)
    }
}

/// The published document, as whoever takes it from the tree of files reads it.
fn in_words(one: &Disclosed) -> Result<Concerned, Refusal> {
    let publisher = Publisher {
        name: "-".into(),
        namespace: "https://localhost".into(),
    };
    let document = bytes(&one.advisory.document(&publisher, "https://localhost", ""))?;
    let document = Document::of(&read(&document, &Limits::UPLOAD)?);
    let first = document.as_ref().and_then(|document| {
        let first = document.vulnerabilities.first()?;
        Some(first.names.first().unwrap_or(&document.id).clone())
    });
    let in_words = document.zip(first);
    Ok(Concerned {
        in_words: in_words
            .map(|(document, first)| (Arc::new(InWords::of(document)), first))
            .into_iter()
            .collect(),
        ..Concerned::default()
    })
}

fn concerned_rows(report: &Record) -> impl Iterator<Item = &Row> {
    let rows = match report.fields.get("products") {
        Some(Value::Table(rows)) => &rows[..],
        _ => &[],
    };
    let concerns = |row: &&Row| ["affected", "under-investigation"].contains(&&*cell(row, "status"));
    rows.iter().filter(concerns)
}

/// A product that a report names, as a record of what hospitals may hold.
fn product(row: &Row) -> Record {
    let mut product = Record::default();
    for (column, field) in [
        ("name", "name"),
        ("device", "device"),
        ("product_code", "product_codes"),
    ] {
        if let Some(value) = row.get(column) {
            product.fields.insert(field.to_owned(), value.clone());
        }
    }
    product
}
