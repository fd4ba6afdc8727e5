//! An index of many values and several blocks: what changes of all sizes leave behind is what a plain list says.

use std::collections::BTreeMap;

use serde_json::json;
use store::contract::killed::choose;
use store::contract::{change, draft};
use store::{Direction, Filter, Index, Name, Query, Store as _, Test, verify};
use store_sqlite::{Limits, Sqlite};

const RECORDS: usize = 9_000;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

#[test]
fn leaves_are_split_changed_and_emptied() {
    let folder = tempfile::tempdir().unwrap();
    // Orders are walked, and spans are sets.
    let limits = Limits {
        gathered: 0,
        gathered_with_values: 0,
        spanned: 100_000,
    };
    let store = Sqlite::open(&folder.path().join("a.db"))
        .unwrap()
        .with_limits(limits);
    let field = name("f");
    let mut model: BTreeMap<String, (u32, String)> = BTreeMap::new();
    // The second change fills what the first began, a piece of its own, and begins the next; the last ones touch what is there.
    for (turn, records) in [
        (0, 0..3_000),
        (1, 3_000..RECORDS),
        (2, 0..2_500),
        (3, 8_000..8_400),
        (4, 70..71),
    ] {
        let drafts = records.map(|record| {
            let id = record.to_string();
            let value = match choose(turn, &id, 4) {
                0 => "x".to_owned(),
                1 => format!("y{}", choose(turn, &id, 50)),
                _ => format!("羅針{:05}", choose(turn + 9, &id, 40_000)),
            };
            let seen = model.get(&id).map_or(0, |(seen, _)| *seen);
            model.insert(id.clone(), (seen + 1, value.clone()));
            let mut draft = draft(&id, seen, json!(value));
            draft.index = Index {
                keys: vec![(field.clone(), value)],
                ..Index::default()
            };
            draft
        });
        store.commit(&change("a", drafts.collect())).unwrap();
        for (test, passes) in [
            (Test::From(String::new()), (|_| true) as fn(&str) -> bool),
            (Test::Is("x".into()), |value| value == "x"),
            (Test::Is("y7".into()), |value| value == "y7"),
            (Test::Prefix("y1".into()), |value| value.starts_with("y1")),
            (Test::To("羅針00999".into()), |value| value <= "羅針00999"),
            (Test::Between("y3".into(), "羅針2".into()), |value| {
                ("y3"..="羅針2").contains(&value)
            }),
            (Test::From("針".into()), |_| false),
        ] {
            // Numbers follow the order in which records were first written.
            let mut expected: Vec<(&String, usize)> = model
                .iter()
                .filter(|(_, (_, value))| passes(value))
                .map(|(id, (_, value))| (value, id.parse().unwrap()))
                .collect();
            expected.sort_unstable();
            for direction in [Direction::Up, Direction::Down] {
                let query = Query {
                    filters: vec![Filter {
                        field: field.clone(),
                        test: test.clone(),
                    }],
                    order: Some((field.clone(), direction)),
                    limit: 300,
                    ..Query::of(name("note"))
                };
                let found = store.list(&query).unwrap();
                let found: Vec<usize> = found
                    .iter()
                    .map(|version| version.key.id.as_str().parse().unwrap())
                    .collect();
                let ids = expected.iter().map(|(_, id)| *id);
                let expected: Vec<usize> = match direction {
                    Direction::Up => ids.take(300).collect(),
                    Direction::Down => ids.rev().take(300).collect(),
                };
                assert_eq!(found, expected, "{turn} {test:?} {direction:?}");
                assert_eq!(
                    store.count(&query, 10_000).unwrap(),
                    model.values().filter(|(_, value)| passes(value)).count() as u64
                );
            }
        }
    }
    verify(&store, &[]).unwrap();
}
