//! A desk on a fresh SQLite file, and the people who come to it.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::panic, reason = "a helper of tests fails as a test does")]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::{Acted, BatchRow, CaseAct, Command, Desk, Publisher, Random, Table, Visit};
use authz::{Caller, Role};
use plan::{Field, Files, Kind, Procedure, Reason, Shape, Who};
use rust_xlsxwriter::Workbook;
use serde_json::json;
use store::{Change, Draft, Event, EventQuery, Index, Key, Name, Store};
use store_sqlite::Sqlite;

/// A desk and the folder of its database, which goes when it is dropped.
pub struct Office {
    pub desk: Desk,
    store: Arc<Sqlite>,
    _folder: tempfile::TempDir,
}

impl Office {
    /// Answers a field of a filed record as the program does, which nobody fills in.
    pub fn answer_for(&self, (kind, owner, id): (&str, &str, &str), field: &str, value: serde_json::Value) {
        let key = Key::new(owner, format!("of.{kind}"), id).unwrap();
        let newest = self.store.newest(&key).unwrap().unwrap();
        let mut body = newest.body.unwrap();
        body["record"]["fields"][field] = value;
        let draft = Draft {
            kind: key.kind,
            id: key.id,
            expected: newest.version,
            parent: None,
            state: Some(Name::new("filed").unwrap()),
            index: Index::default(),
            body,
        };
        let change = Change {
            owner: Name::new(owner).unwrap(),
            ..directory(vec![draft])
        };
        self.store.commit(&change).unwrap();
    }

    /// A desk over the same store, for a plan of these files.
    pub fn desk_of(&self, files: Files) -> Desk {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        Desk::new(files, store, Box::new(|bytes| bytes.fill(1)))
    }

    /// The same office, which writes letters.
    pub fn with_post(self, post: app::Post) -> Self {
        Self {
            desk: self.desk.with_post(Some(post)),
            ..self
        }
    }

    /// Another server on the same database.
    pub fn another(&self) -> Desk {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        Desk::new(plan_files(), store, numbered(u64::MAX / 2))
    }

    /// The same office, which watches advisories.
    pub fn with_advisories(self, advisories: impl app::Advisories + 'static) -> Self {
        Self {
            desk: self.desk.with_advisories(Some(Box::new(advisories))),
            ..self
        }
    }

    /// Lets somebody have an account of this id, which it would have drawn at random.
    pub fn account(&self, id: &str, organisation: &str, role: &str) {
        let draft = Draft {
            kind: Name::new("account").unwrap(),
            id: Name::new(id).unwrap(),
            expected: 0,
            parent: Some(Name::new(organisation).unwrap()),
            state: Some(Name::new("active").unwrap()),
            index: Index::default(),
            body: json!({
                "email": format!("{id}@rashin.example"), "name": "架空 担当者", "organisation": organisation,
                "roles": [role], "active": true, "language": "ja",
            }),
        };
        self.store.commit(&directory(vec![draft])).unwrap();
    }

    /// The whole audit log.
    pub fn events(&self) -> Vec<Event> {
        let query = EventQuery {
            owner: None,
            before: None,
            limit: 100_000,
        };
        self.store.events(&query).unwrap()
    }
}

/// A desk that knows these organisations by these ids, which it would have drawn at random, and by names with the ids in them.
pub fn office_with<'a>(organisations: impl IntoIterator<Item = &'a str>) -> Office {
    let office = office();
    let draft = |id: &str| Draft {
        kind: Name::new("organisation").unwrap(),
        id: Name::new(id).unwrap(),
        expected: 0,
        parent: None,
        state: None,
        index: Index::default(),
        body: json!({
            "ja": format!("架空の組織 {id}"), "en": format!("Made-up organisation {id}"), "kind": "manufacturer", "corporate_number": null,
        }),
    };
    let change = directory(organisations.into_iter().map(draft).collect());
    office.store.commit(&change).unwrap();
    office
}

/// A change of organisations or accounts.
fn directory(drafts: Vec<Draft>) -> Change {
    Change {
        owner: Name::new("directory").unwrap(),
        at: secretariat("2026-01-01").at,
        actor: Name::new("test").unwrap(),
        action: Name::new("organisation.keep").unwrap(),
        detail: json!({}),
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs: vec![],
    }
}

pub fn office() -> Office {
    office_of(plan_files())
}

/// The files of the real plan.
pub fn plan_files() -> Files {
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    Files::from_folder(&plan).unwrap()
}

/// A desk for a plan of these files.
pub fn office_of(files: Files) -> Office {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("rashin.db")).unwrap());
    Office {
        desk: Desk::new(files, Arc::clone(&store) as Arc<dyn Store>, numbered(0)),
        store,
        _folder: folder,
    }
}

/// Different each time, which is all that ids need in a test.
fn numbered(first: u64) -> Random {
    let count = AtomicU64::new(first);
    Box::new(move |bytes| {
        bytes.fill(0);
        let number = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes[..8].copy_from_slice(&number);
    })
}

pub fn visit(account: &str, organisation: &str, role: Role, day: &str) -> Visit {
    Visit {
        at: format!("{day}T03:00:00Z").parse().unwrap(),
        caller: Some(Caller {
            account: account.into(),
            organisation: organisation.into(),
            roles: vec![role],
            key: None,
            lent: None,
        }),
    }
}

pub fn secretariat(day: &str) -> Visit {
    visit("sato", app::MINISTRY, Role::Secretariat, day)
}

pub fn approver(day: &str) -> Visit {
    visit("suzuki", app::MINISTRY, Role::Approver, day)
}

pub fn member(organisation: &str, day: &str) -> Visit {
    visit(&format!("{organisation}-tanto"), organisation, Role::Member, day)
}

pub fn public(day: &str) -> Visit {
    Visit {
        caller: None,
        ..secretariat(day)
    }
}

/// Answers to every field of a kind that one can answer without another record or a file.
pub fn answers(kind: &Kind, owner: &str) -> Vec<(String, String)> {
    columns_of(&kind.fields, owner)
}

fn columns_of(fields: &[Field], owner: &str) -> Vec<(String, String)> {
    let mut list = vec![];
    for field in fields {
        let name = field.name.clone();
        if field.shape == Shape::Period {
            list.push((format!("{name}.from"), "2026-04-01".into()));
            continue;
        }
        if let Some(example) = &field.example {
            list.push((name, example.clone()));
            continue;
        }
        let text = match &field.shape {
            Shape::Text | Shape::LongText | Shape::Person => "架空の内容",
            Shape::Choice(options) | Shape::Choices(options) => options[0].code.as_str(),
            Shape::Number(_) | Shape::Money { .. } => "1",
            Shape::Date => "2026-04-01",
            Shape::FiscalYear => "2025年度",
            Shape::Organisation { .. } => owner,
            Shape::Flag => "yes",
            Shape::Table(columns) => {
                let row = columns_of(columns, owner).into_iter();
                list.extend(row.map(|(column, text)| (format!("{name}.1.{column}"), text)));
                continue;
            }
            Shape::Period | Shape::Code(_) | Shape::Reference(_) | Shape::Attachment { .. } => continue,
        };
        list.push((name, text.into()));
    }
    list
}

/// A state, and whether parties were asked on the way there.
pub type Place<'p> = (&'p str, bool);

/// A shortest way from nothing to each place that people can go, as ids of transitions.
pub fn ways(procedure: &Procedure) -> BTreeMap<Place<'_>, Vec<&str>> {
    let asks = |state: &str| {
        let state = procedure.states.iter().find(|one| one.id == state);
        state.is_some_and(|state| state.waits_for.contains(&Who::Party))
    };
    let mut ways: BTreeMap<Place<'_>, Vec<&str>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for first in procedure.transitions.iter().filter(|one| one.from.is_empty()) {
        let place = (first.to.as_str(), asks(&first.to));
        ways.insert(place, vec![]);
        queue.push_back(place);
    }
    while let Some(place) = queue.pop_front() {
        let way = ways[&place].clone();
        let (at, asked) = place;
        for next in procedure
            .transitions
            .iter()
            .filter(|one| !one.by.is_empty() && one.from.iter().any(|from| from == at))
        {
            let place = (next.to.as_str(), asked || asks(&next.to));
            if let Entry::Vacant(first) = ways.entry(place) {
                first.insert(way.iter().copied().chain([next.id.as_str()]).collect());
                queue.push_back(place);
            }
        }
    }
    ways
}

/// Takes a step as the first of these who is offered it, on the case as it stands; a reason is given where it may be.
pub fn step<'v>(desk: &Desk, people: impl IntoIterator<Item = &'v Visit>, act: &CaseAct<'_>) {
    let Command::Move {
        transition, reason, ..
    } = &act.command
    else {
        panic!("{act:?} is no step")
    };
    for who in people {
        let page = desk.record(who, act.kind, act.owner, act.id).ok();
        let Some(case) = page.and_then(|page| page.case) else {
            continue;
        };
        let Some(offered) = case.steps.iter().find(|step| step.transition.id == *transition) else {
            continue;
        };
        let done = desk.act(
            who,
            &CaseAct {
                version: case.version,
                command: Command::Move {
                    transition: transition.clone(),
                    reason: match offered.transition.reason {
                        Reason::None => String::new(),
                        Reason::Required | Reason::Optional => reason.clone(),
                    },
                    dissent: String::new(),
                },
                ..act.clone()
            },
        );
        match done.unwrap() {
            Acted::Done => return,
            Acted::Faults(faults) => panic!("{transition}: {faults:?}"),
        }
    }
    panic!("{transition}: nobody is offered it");
}

pub fn row(series: &str, period: &str, value: &str) -> BatchRow {
    BatchRow {
        series: series.into(),
        period: period.into(),
        value: value.into(),
        source: "interim-2026".into(),
        section: "§5".into(),
        ..BatchRow::default()
    }
}

pub fn typed(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect()
}

/// A table as the workbook that somebody hands in.
pub fn workbook(table: &Table) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(&table.name.ja).unwrap();
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string(0, place, &column.title.ja).unwrap();
    }
    for (row, cells) in (1..).zip(&table.rows) {
        for (place, cell) in (0..).zip(cells) {
            sheet.write_string(row, place, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Who publishes, in tests.
pub fn publisher() -> Publisher {
    Publisher {
        name: "架空の省".into(),
        namespace: "https://rashin.example".into(),
    }
}
