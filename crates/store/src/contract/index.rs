//! Laws of what lists and searches see.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::records::check;
use super::{Open, change, draft, name, note, rows};
use crate::{
    After, Direction, Filter, Index, Key, Name, Query, Store, Test, Version, read_backup, verify,
    write_backup,
};

/// Values whose order differs between an alphabet and the bytes, and which some database might trip over.
const VALUES: [&str; 12] = [
    "",
    "a",
    "ab",
    "B",
    "b",
    "10",
    "9",
    "羅",
    "羅針",
    "\0",
    "a\0",
    "\u{10ffff}",
];

fn any_value() -> impl Strategy<Value = String> {
    let long = prop::sample::select(vec!["x".repeat(399) + "羅", "羅".repeat(3000)]);
    prop_oneof![20 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned), 1 => long]
}

fn one_of(from: &'static [&'static str]) -> impl Strategy<Value = Name> {
    prop::sample::select(from).prop_map(name)
}

fn any_owner() -> impl Strategy<Value = Name> {
    one_of(&["a", "B"])
}

fn any_id() -> impl Strategy<Value = Name> {
    one_of(&["1", "10", "2", "x", "X", "y"])
}

fn any_field() -> impl Strategy<Value = Name> {
    one_of(&["f", "g", "f:g"])
}

fn few() -> impl Strategy<Value = Option<Name>> {
    prop::option::weighted(0.3, one_of(&["p", "q"]))
}

fn any_key() -> impl Strategy<Value = Key> {
    (any_owner(), any_id()).prop_map(|(owner, id)| Key {
        owner,
        kind: name("note"),
        id,
    })
}

fn any_index() -> impl Strategy<Value = Index> {
    let keys = prop::collection::vec((any_field(), any_value()), 0..4);
    let references = prop::collection::vec((any_field(), any_key()), 0..3);
    let tokens = prop::collection::vec(any_value(), 0..4);
    let index = (keys, references, tokens).prop_map(|(keys, references, tokens)| Index {
        keys,
        references,
        tokens,
    });
    prop_oneof![1 => Just(Index::default()), 9 => index]
}

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Write(Name, Vec<(Name, Option<Name>, Option<Name>, Index)>),
    Forget(Name, Name),
    Index(Name, Name, Index, bool),
}

fn any_step() -> impl Strategy<Value = Step> {
    let draft = (any_id(), few(), few(), any_index());
    prop_oneof![
        8 => (any_owner(), prop::collection::vec(draft, 1..5)).prop_map(|(owner, drafts)| Step::Write(owner, drafts)),
        1 => (any_owner(), any_id()).prop_map(|(owner, id)| Step::Forget(owner, id)),
        2 => (any_owner(), any_id(), any_index(), any::<bool>())
            .prop_map(|(owner, id, index, stale)| Step::Index(owner, id, index, stale)),
    ]
}

fn any_query() -> impl Strategy<Value = Query> {
    let test = prop_oneof![
        any_value().prop_map(Test::Is),
        prop::collection::vec(any_value(), 0..4).prop_map(Test::OneOf),
        any_value().prop_map(Test::From),
        any_value().prop_map(Test::To),
        (any_value(), any_value()).prop_map(|(from, to)| Test::Between(from, to)),
        any_value().prop_map(Test::Prefix),
    ];
    let filter = (any_field(), test).prop_map(|(field, test)| Filter { field, test });
    let direction = prop_oneof![Just(Direction::Up), Just(Direction::Down)];
    (
        (prop::option::weighted(0.2, any_owner()), few(), few()),
        prop::collection::vec(filter, 0..3),
        prop::collection::vec(any_value(), 0..2),
        prop::option::weighted(0.2, (prop::option::of(any_field()), any_key())),
        prop::option::of((any_field(), direction)),
        1_u32..5,
    )
        .prop_map(
            |((owner, parent, state), filters, tokens, refers, order, limit)| Query {
                owner,
                parent,
                state,
                filters,
                tokens,
                refers,
                order,
                limit,
                ..Query::of(name("note"))
            },
        )
}

/// What the model knows of a record.
#[derive(Debug, Clone)]
struct Known {
    version: Version,
    index: Index,
    /// Its turn among those that were indexed.
    turn: usize,
}

fn cut(text: &str) -> String {
    let mut cut = String::new();
    for character in text.chars() {
        if cut.len() + character.len_utf8() > Index::LONGEST {
            break;
        }
        cut.push(character);
    }
    cut
}

/// The values that a record has in a field.
fn values(known: &Known, field: &Name) -> Vec<String> {
    let keys = known.index.keys.iter().filter(|(of, _)| of == field);
    keys.map(|(_, value)| cut(value)).collect()
}

fn passes(test: &Test, value: &str) -> bool {
    let is = |text: &String| cut(text) == value;
    match test {
        Test::Is(text) => is(text),
        Test::OneOf(texts) => texts.iter().any(is),
        Test::From(from) => value >= cut(from).as_str(),
        Test::To(to) => value <= cut(to).as_str(),
        Test::Between(from, to) => (cut(from).as_str()..=cut(to).as_str()).contains(&value),
        Test::Prefix(prefix) => value.starts_with(&cut(prefix)),
    }
}

fn meets(query: &Query, known: &Known) -> bool {
    let Known { version, index, .. } = known;
    let is = |wanted: &Option<Name>, found: Option<&Name>| wanted.is_none() || wanted.as_ref() == found;
    let plain = query.filters.is_empty() && query.tokens.is_empty() && query.refers.is_none();
    let has = |token: &String| index.tokens.iter().any(|found| cut(found) == cut(token));
    is(&query.owner, Some(&version.key.owner))
        && is(&query.parent, version.parent.as_ref())
        && is(&query.state, version.state.as_ref())
        && (plain || !index.is_empty())
        && query.filters.iter().all(|filter| {
            values(known, &filter.field)
                .iter()
                .any(|value| passes(&filter.test, value))
        })
        && query.tokens.iter().all(has)
        && query.refers.iter().all(|(field, to)| {
            let mut references = index.references.iter();
            references.any(|(by, found)| found == to && field.as_ref().is_none_or(|field| field == by))
        })
}

fn expected(query: &Query, model: &BTreeMap<Key, Known>) -> Vec<Version> {
    let mut met: Vec<&Known> = model.values().filter(|known| meets(query, known)).collect();
    if let Some((field, direction)) = &query.order {
        met.retain(|known| !values(known, field).is_empty());
        met.sort_by_key(|known| (values(known, field).into_iter().min(), known.turn));
        if *direction == Direction::Down {
            met.reverse();
        }
    }
    met.into_iter().map(|known| known.version.clone()).collect()
}

/// Every page of a list, one after another.
fn pages(store: &dyn Store, query: &Query, model: &BTreeMap<Key, Known>) -> Vec<Version> {
    let mut query = query.clone();
    let mut all: Vec<Version> = vec![];
    loop {
        let page = store.list(&query).unwrap();
        assert!(page.len() <= query.limit as usize);
        let Some(last) = page.last() else { return all };
        let value = query
            .order
            .as_ref()
            .and_then(|(field, _)| model[&last.key].index.least(field));
        query.after = Some(After {
            value: value.unwrap_or_default().to_owned(),
            ..After::of(&last.key)
        });
        all.extend(page);
        assert!(all.len() <= model.len(), "pages that never end");
    }
}

fn take(store: &dyn Store, kind: &Name, model: &mut BTreeMap<Key, Known>, turns: &mut usize, step: &Step) {
    let key = |owner: &Name, id: &Name| Key {
        owner: owner.clone(),
        kind: kind.clone(),
        id: id.clone(),
    };
    let mut see = |model: &mut BTreeMap<Key, Known>, key: &Key, index: Index| {
        let before = model.get(key).filter(|known| !known.index.is_empty());
        let turn = before.map_or_else(
            || {
                *turns += 1;
                *turns
            },
            |known| known.turn,
        );
        let version = store.newest(key).unwrap().unwrap();
        let known = Known { version, index, turn };
        model.insert(key.clone(), known);
    };
    match step {
        Step::Write(owner, drafts) => {
            let mut change = change(owner.as_str(), vec![]);
            for (id, parent, state, index) in drafts {
                let before = change.drafts.iter().filter(|draft| draft.id == *id).count();
                let seen = model
                    .get(&key(owner, id))
                    .map_or(0, |known| known.version.version);
                let mut draft = draft(id.as_str(), seen + u32::try_from(before).unwrap(), json!(*id));
                (draft.kind, draft.parent, draft.state) = (kind.clone(), parent.clone(), state.clone());
                draft.index = index.clone();
                change.drafts.push(draft);
            }
            store.commit(&change).unwrap();
            let mut seen = vec![];
            for (id, ..) in drafts {
                let last = drafts.iter().rfind(|(of, ..)| of == id);
                if !seen.contains(&id) {
                    seen.push(id);
                    see(model, &key(owner, id), last.unwrap().3.clone());
                }
            }
        }
        Step::Forget(owner, id) => {
            let key = key(owner, id);
            if let Some(known) = model.get(&key) {
                let mut forget = change(owner.as_str(), vec![]);
                forget.erase.push((key.clone(), known.version.version));
                store.commit(&forget).unwrap();
                see(model, &key, Index::default());
            }
        }
        Step::Index(owner, id, index, stale) => {
            let key = key(owner, id);
            let seen = model.get(&key).map_or(0, |known| known.version.version);
            for _ in 0..2 {
                let version = seen + u32::from(*stale);
                store.index(&[(key.clone(), version, index.clone())]).unwrap();
            }
            if seen > 0 && !stale {
                see(model, &key, index.clone());
            }
        }
    }
}

/// Whatever was written, forgotten and indexed anew: filters, searches, references, orders, pages and counts are those of a
/// list that holds everything.
pub fn indexed_lists_agree_with_a_plain_model(open: Open<'_>) {
    let steps = prop::collection::vec(any_step(), 1..12);
    let queries = prop::collection::vec(any_query(), 16);
    let (store, mut kinds) = (open(), 0..);
    check(40, &(steps, queries), |(steps, queries)| {
        let kind = name(&format!("kind-{}", kinds.next().unwrap_or(0)));
        let (mut model, mut turns) = (BTreeMap::new(), 0);
        for step in &steps {
            take(&*store, &kind, &mut model, &mut turns, step);
        }
        for mut query in queries {
            query.kind = kind.clone();
            let expected = expected(&query, &model);
            prop_assert_eq!(pages(&*store, &query, &model), expected, "{:?}", query);
            let met = model.values().filter(|known| meets(&query, known)).count() as u64;
            for up_to in [0, 2, 100] {
                prop_assert_eq!(store.count(&query, up_to).unwrap(), met.min(up_to), "{:?}", query);
            }
        }
        Ok(())
    });
    verify(&*store, &[]).unwrap();
}

fn found(store: &dyn Store, token: &str) -> Vec<u32> {
    let query = Query {
        tokens: vec![token.into()],
        ..Query::of(name("note"))
    };
    let versions = store.list(&query).unwrap();
    versions.into_iter().map(|version| version.version).collect()
}

fn tokens(of: &[&str]) -> Index {
    Index {
        tokens: of.iter().map(|token| (*token).to_owned()).collect(),
        ..Index::default()
    }
}

/// A new version is found by its own index alone, a forgotten one not at all, and a late indexer changes nothing.
pub fn an_index_follows_the_newest_version(open: Open<'_>) {
    let store = open();
    let write = |seen: u32, index: Index| {
        let mut draft = draft("1", seen, json!(seen));
        draft.index = index;
        store.commit(&change("a", vec![draft])).unwrap();
    };
    write(0, tokens(&["羅", "針"]));
    assert_eq!((found(&*store, "羅"), found(&*store, "針")), (vec![1], vec![1]));
    write(1, tokens(&["針"]));
    assert_eq!((found(&*store, "羅"), found(&*store, "針")), (vec![], vec![2]));

    let stale = [
        (note("a", "1"), 1, tokens(&["羅"])),
        (note("a", "9"), 1, tokens(&["羅"])),
    ];
    store.index(&stale).unwrap();
    assert_eq!((found(&*store, "羅"), found(&*store, "針")), (vec![], vec![2]));

    let mut erase = change("a", vec![]);
    erase.erase.push((note("a", "1"), 1));
    store.commit(&erase).unwrap();
    assert_eq!(found(&*store, "針"), [2], "an older version was forgotten");
    erase.erase[0].1 = 2;
    store.commit(&erase).unwrap();
    assert_eq!(
        found(&*store, "針"),
        [] as [u32; 0],
        "what was forgotten is not found"
    );
    write(2, tokens(&["羅"]));
    assert_eq!(found(&*store, "羅"), [3]);

    let refused = store.commit(&change("a", vec![draft("1", 9, json!(0))]));
    assert!(refused.is_err());
    assert_eq!(
        found(&*store, "羅"),
        [3],
        "a change that was refused leaves the index alone"
    );
}

/// A record that has several of the values which a filter asks for is one record.
pub fn a_record_with_two_of_the_values_counts_once(open: Open<'_>) {
    let store = open();
    let both = [(name("f"), "1".to_owned()), (name("f"), "2".to_owned())];
    let drafts = [("1", &both[..]), ("2", &both[..1]), ("3", &both[1..])].map(|(id, keys)| {
        let mut draft = draft(id, 0, json!(0));
        draft.index.keys = keys.to_vec();
        draft
    });
    store.commit(&change("a", drafts.to_vec())).unwrap();
    let query = Query {
        filters: vec![Filter {
            field: name("f"),
            test: Test::OneOf(vec!["1".into(), "2".into()]),
        }],
        ..Query::of(name("note"))
    };
    for (up_to, count) in [(1, 1), (3, 3), (4, 3), (100, 3)] {
        assert_eq!(store.count(&query, up_to).unwrap(), count);
    }
}

/// A backup holds no index and a restored store none; made anew, it finds what it found. The stamp tells which is which.
pub fn an_index_is_no_part_of_what_is_kept_for_good(open: Open<'_>) {
    let store = open();
    let kind = name("note");
    let mut first = draft("1", 0, json!(1));
    let without = rows(&*{
        let store = open();
        store.commit(&change("a", vec![first.clone()])).unwrap();
        store
    });
    first.index = tokens(&["羅"]);
    store.commit(&change("a", vec![first])).unwrap();
    assert_eq!(store.index_stamp(&kind).unwrap(), None);
    for stamp in ["1", "架空の定義 2"] {
        store.set_index_stamp(&kind, stamp).unwrap();
        assert_eq!(store.index_stamp(&kind).unwrap().as_deref(), Some(stamp));
        assert_eq!(store.index_stamp(&name("other")).unwrap(), None);
    }
    assert_eq!(rows(&*store), without, "the rows say nothing of it");

    let mut backup = vec![];
    write_backup(&*store, &mut backup).unwrap();
    let restored = open();
    read_backup(&*restored, &mut backup.as_slice()).unwrap();
    assert_eq!(restored.index_stamp(&kind).unwrap(), None);
    assert_eq!(found(&*restored, "羅"), [] as [u32; 0]);
    restored.index(&[(note("a", "1"), 1, tokens(&["羅"]))]).unwrap();
    assert_eq!(found(&*restored, "羅"), [1]);
    verify(&*restored, &[]).unwrap();
}
