//! Vulnerabilities whose embargo is over, as everybody may read them. What is said here is what the public sees of the record, in its newest version;
//! a version that changed nothing of that is no revision.

use std::collections::{BTreeMap, BTreeSet};

use cyber::document::Status;
use cyber::provider::Product;
use cyber::provider::{self, Advisory};
pub use cyber::provider::{Product as AdvisoryProduct, Publisher};
use jiff::Timestamp;
use plan::{Kind as Form, Procedure};
use record::procedure::{Case, What};
use record::{FieldNeed, Record, Row, ShapeNeed, Value, ViewNeed, Viewer};
use store::{Fault, Name, Query, Test};
use vocab::Refusal;

use super::super::case::{about, filter};
use super::super::kept::{opened as kept_opened, refused};
use super::super::register::{RecordState, key, opened};
use super::super::supply::{text, texts};
use super::super::{Desk, Kept, Kind};
use crate::ask::Rashin;

/// The kind of a report of a vulnerability that is not public yet.
pub(super) const REPORT: &str = "vulnerability-report";

/// What this reads of the plan's kind.
pub(super) const NEED: ViewNeed = ViewNeed {
    engine: "security",
    kind: REPORT,
    fields: &[
        FieldNeed::new("name", ShapeNeed::Words, true),
        FieldNeed::new("names", ShapeNeed::SeveralWords, true),
        FieldNeed::new("summary", ShapeNeed::Words, false),
        FieldNeed::new("action", ShapeNeed::Words, false),
        FieldNeed::new("credit", ShapeNeed::Words, false),
        FieldNeed::new("vector", ShapeNeed::Words, false),
    ],
};

/// A vulnerability that was published.
#[derive(Debug, Clone)]
pub struct Disclosed {
    /// The organisation that reported it.
    pub owner: String,
    /// Id of its record.
    pub id: String,
    /// How grave it is, as the plan's kind has it; empty where that is not said.
    pub severity: String,
    /// What is published of it; where its page is, the caller knows.
    pub advisory: Advisory,
}

impl Disclosed {
    /// Whether a vulnerability of this name is meant.
    pub fn is_called(&self, name: &str) -> bool {
        self.advisory.id == name || self.advisory.names.iter().any(|own| own == name)
    }

    /// What it is and what is to be done.
    pub fn in_full(&self) -> String {
        let texts = [&self.advisory.summary, &self.advisory.action];
        let texts: Vec<&str> = texts
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        texts.join("\n\n")
    }
}

/// Below this path of the site everybody finds what is published as CSAF, for programs (CSAF 2.0, section 7).
const TREE: &str = "/.well-known/csaf";

/// A tree of published files, by their paths below its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsafTree {
    /// The files.
    pub files: BTreeMap<String, Vec<u8>>,
}

pub(super) fn bytes(document: &serde_json::Value) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec_pretty(document).map_err(|error| refused(Fault::Corrupt(error.to_string())))
}

pub(super) fn cell(row: &Row, name: &str) -> String {
    row.get(name).and_then(Value::text).unwrap_or_default()
}

impl Desk {
    /// Every vulnerability that was published, what changed last first; open to everybody.
    ///
    /// # Errors
    /// Those of the store.
    pub fn disclosed(&self) -> Result<Vec<Disclosed>, Refusal> {
        let rashin = self.rashin()?;
        let Some(procedure) = rashin.plan().procedure_of(REPORT) else {
            return Ok(vec![]);
        };
        let query = Query {
            filters: vec![
                filter("part", Test::Is("public".into()))?,
                filter("procedure", Test::Is(procedure.id.clone()))?,
            ],
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        let mut all = vec![];
        for version in self.every(query) {
            all.extend(self.disclosed_of(&rashin, &kept_opened::<Case>(version?)?)?);
        }
        all.sort_by(|one, other| {
            let newest = other.advisory.last().cmp(&one.advisory.last());
            newest.then_with(|| one.advisory.id.cmp(&other.advisory.id))
        });
        Ok(all)
    }

    /// Whether a vulnerability of one of these names was published here.
    pub(super) fn is_disclosed(&self, names: &[String]) -> Result<bool, Refusal> {
        let all = self.disclosed()?;
        Ok(all.iter().any(|one| names.iter().any(|name| one.is_called(name))))
    }

    /// The tree of what was published, as this publisher's site serves it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn csaf_tree(
        &self,
        at: Timestamp,
        publisher: &Publisher,
        version: &str,
    ) -> Result<CsafTree, Refusal> {
        let site = &publisher.namespace;
        let folder = format!("{site}{TREE}/white");
        let mut advisories = vec![];
        for one in self.disclosed()? {
            advisories.push(Advisory {
                page: format!("{site}/registers/{REPORT}/{}/{}", one.owner, one.id),
                ..one.advisory
            });
        }
        let last = advisories.iter().map(Advisory::last).max().unwrap_or(at);
        let metadata = format!("{site}{TREE}/provider-metadata.json");
        let metadata = publisher.metadata(&metadata, &folder, last);
        let mut files = BTreeMap::from([
            ("provider-metadata.json".to_owned(), bytes(&metadata)?),
            (
                "white/index.txt".to_owned(),
                provider::index(&advisories).into_bytes(),
            ),
            (
                "white/changes.csv".to_owned(),
                provider::changes(&advisories).into_bytes(),
            ),
        ]);
        for one in &advisories {
            let document = one.document(publisher, &folder, version);
            files.insert(format!("white/{}", one.path()), bytes(&document)?);
        }
        Ok(CsafTree { files })
    }

    pub(super) fn disclosed_of(
        &self,
        rashin: &Rashin,
        kept: &Kept<Case>,
    ) -> Result<Option<Disclosed>, Refusal> {
        let Some((procedure, kind, id)) = about(rashin, kept) else {
            return Ok(None);
        };
        let Some(since) = public_since(procedure, &kept.value) else {
            return Ok(None);
        };
        let (seen, revisions) = self.revisions(kind, &kept.owner, id, since)?;
        Ok(seen.map(|record| Disclosed {
            owner: kept.owner.clone(),
            id: id.to_owned(),
            severity: text(&record, "severity"),
            advisory: Advisory {
                id: kept.value.number.clone(),
                title: text(&record, "name"),
                names: texts(&record, "names"),
                summary: text(&record, "summary"),
                action: text(&record, "action"),
                credit: text(&record, "credit"),
                vector: text(&record, "vector"),
                products: products(&record),
                revisions,
                page: String::new(),
            },
        }))
    }

    /// What the public sees of a record now, and when it first saw it and each time that it changed.
    fn revisions(
        &self,
        kind: &Form,
        owner: &str,
        id: &str,
        since: Timestamp,
    ) -> Result<(Option<Record>, Vec<Timestamp>), Refusal> {
        let mut versions = self.store.versions(&key(kind, owner, id)?).map_err(refused)?;
        versions.sort_by_key(|version| version.version);
        let mut seen: Option<Record> = None;
        let mut revisions = vec![since];
        for version in versions.iter().filter(|version| version.body.is_some()) {
            let found = opened(kind, version)?;
            if found.state() != RecordState::Filed {
                continue;
            }
            let public = record::redact(kind, owner, &found.record, &Viewer::default(), &BTreeSet::new());
            if found.written() > since && seen.as_ref() != Some(&public) {
                revisions.push(found.written());
            }
            seen = Some(public);
        }
        Ok((seen, revisions))
    }
}

/// When a case first came to where everybody may see it, if it is there.
pub(super) fn public_since(procedure: &Procedure, case: &Case) -> Option<Timestamp> {
    let public = |state: &str| procedure.state(state).is_some_and(|state| state.public.is_some());
    case.state.as_deref().filter(|state| public(state))?;
    let came = case.history.iter().find(|event| match &event.what {
        What::Moved { to, .. } => public(to),
        _ => false,
    });
    came.map(|event| event.at)
}

fn products(record: &Record) -> Vec<Product> {
    let Some(Value::Table(rows)) = record.fields.get("products") else {
        return vec![];
    };
    let status = |row: &Row| match cell(row, "status").as_str() {
        "affected" => Status::Affected,
        "not-affected" => Status::NotAffected,
        "fixed" => Status::Fixed,
        _ => Status::UnderInvestigation,
    };
    let one = |row: &Row| Product {
        maker: cell(row, "maker"),
        name: cell(row, "name"),
        version: cell(row, "version"),
        status: status(row),
        code: cell(row, "product_code"),
        remark: cell(row, "remark"),
    };
    rows.iter().map(one).collect()
}
