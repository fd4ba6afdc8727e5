//! What people ask of the register, each question about a record that is there, and what they write. What is found is held against
//! what was asked before any time is told.

use std::error::Error;

use serde_json::{Value, json};
use store::{After, Direction, Draft, Filter, Index, Key, Query, Store, Test, Version};

use super::draw::{draw, skewed};
use super::made::{Nation, change, device_key, name, tokens, word};

type Done<T> = Result<T, Box<dyn Error>>;

/// A question with a number that says about which record, put to a store.
pub type Question = fn(&dyn Store, &Nation, u64) -> Done<()>;

const PAGE: u32 = 50;
/// What a page says at most of how many there are.
const COUNTED: u64 = 1_000;

/// Everything that is asked, by what it is called.
pub const QUESTIONS: &[(&str, Question)] = &[
    ("list", |store, _, _| list(store, &filtered("device", vec![])?)),
    ("list of a state", |store, nation, n| {
        let state = Some(name(at(nation, n).state())?);
        list(
            store,
            &Query {
                state,
                ..filtered("device", vec![])?
            },
        )
    }),
    ("list of a parent", |store, nation, n| {
        let parent = Some(name(at(nation, n).family())?);
        list(
            store,
            &Query {
                parent,
                ..filtered("device", vec![])?
            },
        )
    }),
    ("filter by maker", |store, nation, n| {
        list(
            store,
            &filtered("device", vec![is("maker", at(nation, n).maker())?])?,
        )
    }),
    ("filter by class", |store, nation, n| {
        list(
            store,
            &filtered("device", vec![is("class", at(nation, n).class())?])?,
        )
    }),
    ("filter by class and code", |store, nation, n| {
        let at = at(nation, n);
        list(
            store,
            &filtered("device", vec![is("class", at.class())?, is("code", at.code())?])?,
        )
    }),
    ("filter by class, code and days", |store, nation, n| {
        let at = at(nation, n);
        let days = test("approved", Test::Between(at.approved(), "2030-01-01".into()))?;
        list(
            store,
            &filtered(
                "device",
                vec![is("class", at.class())?, is("code", at.code())?, days],
            )?,
        )
    }),
    ("filter by one of three codes", |store, nation, n| {
        let codes = [n, n + 1, n + 2].map(|n| at(nation, n).code());
        list(
            store,
            &filtered("device", vec![test("code", Test::OneOf(codes.into()))?])?,
        )
    }),
    ("filter by prefix of a name", |store, nation, n| {
        let prefix = at(nation, n).name().chars().take(5).collect();
        list(
            store,
            &filtered("device", vec![test("name", Test::Prefix(prefix))?])?,
        )
    }),
    ("sort by name", |store, _, _| {
        list(
            store,
            &ordered("name", Direction::Up, filtered("device", vec![])?)?,
        )
    }),
    ("sort by day, of a maker", |store, nation, n| {
        let query = filtered("device", vec![is("maker", at(nation, n).maker())?])?;
        list(store, &ordered("approved", Direction::Down, query)?)
    }),
    ("sort by name, of a class and days", |store, nation, n| {
        let at = at(nation, n);
        let days = test("approved", Test::From(at.approved()))?;
        let query = filtered("device", vec![is("class", at.class())?, days])?;
        list(store, &ordered("name", Direction::Up, query)?)
    }),
    ("sort by day, of a code", |store, nation, n| {
        let query = filtered("device", vec![is("code", at(nation, n).code())?])?;
        list(store, &ordered("approved", Direction::Down, query)?)
    }),
    ("sort by day, of a prefix of a name", |store, nation, n| {
        let prefix = at(nation, n).name().chars().take(4).collect();
        let query = filtered("device", vec![test("name", Test::Prefix(prefix))?])?;
        list(store, &ordered("approved", Direction::Up, query)?)
    }),
    ("search for a word", |store, nation, n| {
        list(store, &searched("device", &[at(nation, n).words[1]])?)
    }),
    ("search for two words", |store, nation, n| {
        let words = at(nation, n).words;
        list(store, &searched("device", &[words[0], words[3]])?)
    }),
    ("search for a word, by day, of a class", |store, nation, n| {
        let at = at(nation, n);
        let query = Query {
            filters: vec![is("class", at.class())?],
            ..searched("device", &[at.words[2]])?
        };
        list(store, &ordered("approved", Direction::Down, query)?)
    }),
    ("who refers to a maker", |store, nation, n| {
        let to = Key::new("registry", "organisation", at(nation, n).maker())?;
        let refers = Some((None, to));
        list(
            store,
            &Query {
                refers,
                ..filtered("device", vec![])?
            },
        )
    }),
    ("page in the middle", |store, nation, n| {
        let at = at(nation, n);
        let after = Some(After {
            owner: name(at.owner())?,
            id: name(at.id())?,
            value: at.approved(),
        });
        let query = ordered("approved", Direction::Down, filtered("device", vec![])?)?;
        list(store, &Query { after, ..query })
    }),
    ("count of a class, to 10,000", |store, _, _| {
        some(store.count(&filtered("device", vec![is("class", "3")?])?, 10_000)?)
    }),
    ("one record", |store, nation, n| {
        let key = at(nation, n).key()?;
        let found = store.newest(&key)?.ok_or("a record is missing")?;
        if found.key == key {
            Ok(())
        } else {
            Err("another record".into())
        }
    }),
    ("institutions of a prefecture and kind", |store, _, n| {
        let prefecture = format!("{:02}", 1 + skewed(n, 91, 20));
        let filters = vec![is("prefecture", prefecture)?, is("kind", "clinic")?];
        list(store, &filtered("medical-institution", filters)?)
    }),
    ("search for an institution", |store, _, n| {
        // The words of its name, as it was made.
        let words = [70, 71].map(|what| draw(n % 900, what, 3_000));
        list(store, &searched("medical-institution", &words)?)
    }),
    ("open cases by due, with their count", |store, _, n| {
        let turn = ["role:ministry", "role:triage"][usize::from(n % 2 == 0)];
        let query = filtered("case", vec![is("turn", turn)?, is("procedure", "supply-report")?])?;
        some(store.count(&query, COUNTED)?)?;
        list(store, &ordered("due", Direction::Up, query)?)
    }),
    ("cases of a maker by due, with their count", |store, nation, n| {
        let maker = nation.case(n % nation.cases).owner;
        let query = filtered("case", vec![is("part", format!("organisation:{maker}"))?])?;
        some(store.count(&query, COUNTED)?)?;
        list(store, &ordered("due", Direction::Up, query)?)
    }),
    ("what a hospital holds", |store, nation, n| {
        let owner = Some(name(hospital(nation, n))?);
        list(
            store,
            &Query {
                owner,
                ..filtered("hospital-asset", vec![])?
            },
        )
    }),
    ("holders of a device", |store, nation, n| {
        let device = nation.asset(n % nation.assets).device;
        let limit = PAGE;
        list(
            store,
            &Query {
                limit,
                ..held(is("device", device_key(&device))?)?
            },
        )
    }),
    (
        "holders of a device, 1,000 at once, as jobs read",
        |store, nation, n| {
            let device = nation.asset(n % nation.assets).device;
            list(store, &held(is("device", device_key(&device))?)?)
        },
    ),
    ("one report against what a hospital holds", |store, nation, n| {
        let report = nation.case(n % nation.cases);
        let owner = Some(name(hospital(nation, n))?);
        let compared = [
            is("device", report.device_key())?,
            is("gtin", report.device.gtin())?,
            is("name", report.device.name())?,
        ];
        for filter in compared {
            let owner = owner.clone();
            met(
                &Query {
                    owner,
                    ..held(filter.clone())?
                },
                store,
            )?;
        }
        Ok(())
    }),
    ("what touches this hospital", |store, nation, n| {
        let holds = Query {
            owner: Some(name(hospital(nation, n))?),
            limit: 1_000,
            ..filtered("hospital-asset", vec![])?
        };
        let holds = met(&holds, store)?;
        some(holds.len() as u64)?;
        let devices = holds.iter().flat_map(|asset| texts(asset, "device")).collect();
        met(
            &filtered("supply-report", vec![test("device", Test::OneOf(devices))?])?,
            store,
        )?;
        Ok(())
    }),
    ("a device is written", |store, nation, n| {
        let device = nation.device(n);
        let drafts = vec![device.draft(stands(store, &device.key()?)?)?];
        store.commit(&change("agency-0", drafts)?)?;
        Ok(())
    }),
    ("a case goes on, with a notice", |store, nation, n| {
        let case = nation.case(n);
        let expected = stands(store, &case.key()?)?;
        let notice = Draft {
            kind: name("notice")?,
            id: name(format!("{}.7.{expected}", case.case_id()))?,
            expected: 0,
            parent: None,
            state: None,
            body: json!({ "to": ["role:ministry"], "text": "架空のお知らせです。", "number": n }),
            index: Index {
                keys: vec![
                    (name("to")?, "role:ministry".into()),
                    (name("at")?, "2026-04-01".into()),
                ],
                ..Index::default()
            },
        };
        let drafts = vec![case.draft(expected)?, notice];
        store.commit(&change(&case.owner, drafts)?)?;
        Ok(())
    }),
];

/// The version at which a record stands, as whoever changes it reads it first.
pub fn stands(store: &dyn Store, key: &Key) -> Done<u32> {
    Ok(store.newest(key)?.map_or(0, |version| version.version))
}

fn at(nation: &Nation, n: u64) -> super::made::Device {
    nation.device(draw(n, 30, nation.devices))
}

fn hospital(nation: &Nation, n: u64) -> String {
    nation.hospital(draw(n, 92, nation.hospitals()))
}

/// What is held, as a report is compared with it.
fn held(filter: Filter) -> Done<Query> {
    Ok(Query {
        state: Some(name("filed")?),
        limit: 1_000,
        ..filtered("hospital-asset", vec![filter])?
    })
}

fn is(field: &str, value: impl Into<String>) -> Done<Filter> {
    test(field, Test::Is(value.into()))
}

fn test(field: &str, test: Test) -> Done<Filter> {
    Ok(Filter {
        field: name(field)?,
        test,
    })
}

fn filtered(kind: &str, filters: Vec<Filter>) -> Done<Query> {
    Ok(Query {
        filters,
        limit: PAGE,
        ..Query::of(name(kind)?)
    })
}

fn ordered(field: &str, direction: Direction, query: Query) -> Done<Query> {
    Ok(Query {
        order: Some((name(field)?, direction)),
        ..query
    })
}

fn searched(kind: &str, words: &[u64]) -> Done<Query> {
    let words = words.iter().flat_map(|number| tokens(&word(*number)));
    Ok(Query {
        tokens: words.collect(),
        ..filtered(kind, vec![])?
    })
}

/// A list in which there is something; of several filters there may be nothing that meets all.
fn list(store: &dyn Store, query: &Query) -> Done<()> {
    let found = met(query, store)?;
    if found.is_empty() && query.filters.len() < 3 {
        return Err(format!("nothing was found for {query:?}").into());
    }
    Ok(())
}

fn some(count: u64) -> Done<()> {
    if count == 0 {
        Err("nothing is counted".into())
    } else {
        Ok(())
    }
}

/// What a body says in a field: none where it does not say it in a field of that name.
fn texts(version: &Version, field: &str) -> Vec<String> {
    match version.body.as_ref().and_then(|body| body.get(field)) {
        Some(Value::String(text)) => vec![text.clone()],
        _ => vec![],
    }
}

/// A list of which every record meets the query, in its order.
fn met(query: &Query, store: &dyn Store) -> Done<Vec<Version>> {
    let found = store.list(query)?;
    for version in &found {
        for Filter { field, test } in &query.filters {
            let passes = |value: &String| match test {
                Test::Is(text) => value == text,
                Test::OneOf(texts) => texts.contains(value),
                Test::From(from) => value >= from,
                Test::To(to) => value <= to,
                Test::Between(from, to) => value >= from && value <= to,
                Test::Prefix(prefix) => value.starts_with(prefix.as_str()),
            };
            let values = texts(version, field.as_str());
            if !values.is_empty() && !values.iter().any(passes) {
                return Err(format!("{}: {values:?} was found for {test:?}", version.key).into());
            }
        }
        let called = version.body.as_ref().map(Value::to_string).unwrap_or_default();
        if let Some(token) = query.tokens.iter().find(|token| !called.contains(token.as_str())) {
            return Err(format!("{}: {called} was found for {token}", version.key).into());
        }
    }
    if let Some((field, direction)) = &query.order {
        let values: Vec<String> = found
            .iter()
            .flat_map(|version| texts(version, field.as_str()))
            .collect();
        let sorted = match direction {
            Direction::Up => values.is_sorted(),
            Direction::Down => values.iter().rev().is_sorted(),
        };
        if !sorted {
            return Err(format!("not in the order of {field}").into());
        }
    }
    Ok(found)
}
