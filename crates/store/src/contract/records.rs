//! Laws of records, events and files.

use std::sync::Barrier;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::{Open, change, draft, name, note, rows, time};
use crate::{After, Blob, Change, Event, EventQuery, Fault, Key, Name, Query, Version, verify};

/// A record's versions are added one by one; each stays as it was written.
pub fn versions_only_grow(open: Open<'_>) {
    let store = open();
    assert_eq!(store.newest(&note("a", "1")).unwrap(), None);
    assert_eq!(store.versions(&note("a", "1")).unwrap(), []);
    assert_eq!(store.head(&name("a")).unwrap(), None);
    for seen in 0..4 {
        let event = store
            .commit(&change("a", vec![draft("1", seen, json!({ "n": seen }))]))
            .unwrap();
        assert_eq!(
            (event.seq, event.written[0].version),
            (u64::from(seen) + 1, seen + 1)
        );
        let head = store.head(&name("a")).unwrap().unwrap();
        assert_eq!((head.seq, head.seal), (event.seq, event.seal));
        let versions = store.versions(&note("a", "1")).unwrap();
        let expected: Vec<_> = (0..=seen)
            .rev()
            .map(|n| (n + 1, Some(json!({ "n": n })), u64::from(n) + 1))
            .collect();
        let found: Vec<_> = versions
            .iter()
            .map(|one| (one.version, one.body.clone(), one.event))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(store.newest(&note("a", "1")).unwrap().as_ref(), versions.first());
    }
    assert_eq!(store.newest(&note("b", "1")).unwrap(), None, "another owner's");
    assert_eq!(
        store.newest(&Key::new("a", "other", "1").unwrap()).unwrap(),
        None,
        "another kind"
    );
}

/// Whoever comes second is told which version is there, and nothing of the change is written.
pub fn a_conflict_names_what_is_there_and_writes_nothing(open: Open<'_>) {
    let store = open();
    store.commit(&change("a", vec![draft("1", 0, json!(1))])).unwrap();
    store.commit(&change("a", vec![draft("1", 1, json!(2))])).unwrap();
    let before = rows(&*store);
    let erasing = |owner: &str, key: Key, version| {
        let mut change = change(owner, vec![draft("9", 0, json!(9))]);
        change.erase.push((key, version));
        change
    };
    let cases = [
        (change("a", vec![draft("1", 0, json!(3))]), ("a/note/1", 0, 2)),
        (change("a", vec![draft("1", 1, json!(3))]), ("a/note/1", 1, 2)),
        (change("a", vec![draft("1", 3, json!(3))]), ("a/note/1", 3, 2)),
        (change("a", vec![draft("2", 1, json!(3))]), ("a/note/2", 1, 0)),
        (change("b", vec![draft("1", 2, json!(3))]), ("b/note/1", 2, 0)),
        (
            change("a", vec![draft("3", 0, json!(3)), draft("1", 1, json!(3))]),
            ("a/note/1", 1, 2),
        ),
        (erasing("a", note("a", "1"), 3), ("a/note/1", 3, 2)),
        (erasing("a", note("a", "1"), 0), ("a/note/1", 0, 2)),
        (erasing("b", note("a", "1"), 1), ("a/note/1", 1, 0)),
    ];
    for (change, told) in cases {
        let fault = store.commit(&change).unwrap_err();
        let Fault::Conflict { key, expected, found } = &fault else {
            panic!("{fault:?}")
        };
        assert_eq!((key.to_string().as_str(), *expected, *found), told);
        assert_eq!(rows(&*store), before);
    }
}

/// Changes of many owners are as if each was made alone, in their order; where one cannot be made, none is.
pub fn changes_of_many_owners_are_written_together_or_not_at_all(open: Open<'_>) {
    let (store, alone) = (open(), open());
    let many = |seen: u32| {
        let mut changes: Vec<Change> = ["b", "a", "c", "a"]
            .into_iter()
            .map(|owner| change(owner, vec![]))
            .collect();
        for (place, change) in changes.iter_mut().enumerate() {
            let twice = u32::from(place == 3);
            change.drafts = vec![
                draft("1", 2 * seen + twice, json!(place)),
                draft(&format!("{place}-{seen}"), 0, json!({})),
            ];
            // Of the owner that comes once there is one version a turn.
            if place % 2 == 0 {
                change.drafts[0].expected = seen;
            }
        }
        changes
    };
    assert_eq!(store.commit_all(&[]).unwrap(), []);
    for seen in 0..3 {
        let changes = many(seen);
        let written = store.commit_all(&changes).unwrap();
        let expected: Vec<Event> = changes.iter().map(|one| alone.commit(one).unwrap()).collect();
        assert_eq!(written, expected);
        assert_eq!(rows(&*store), rows(&*alone));
    }
    // The last of them comes too late, or the one before it does not nest.
    let before = rows(&*store);
    let mut late = many(3);
    late[3].drafts[0].expected = 6;
    let fault = store.commit_all(&late).unwrap_err();
    assert!(
        matches!(&fault, Fault::Conflict { key, expected: 6, found: 7 } if key == &note("a", "1")),
        "{fault:?}"
    );
    assert_eq!(rows(&*store), before);
    store.commit_all(&many(3)).unwrap();
    verify(&*store, &[]).unwrap();
}

/// Those who write to the same chains in different orders all come to an end, and nothing is lost.
pub fn writers_of_many_chains_wait_for_each_other_in_turn(open: Open<'_>) {
    const TURNS: usize = 20;
    let store = open();
    let owners = ["a", "b", "c", "d"];
    std::thread::scope(|scope| {
        for writer in 0..owners.len() {
            let store = &store;
            scope.spawn(move || {
                for turn in 0..TURNS {
                    // New chains too: the order in which each comes to them is another.
                    let names =
                        (0..owners.len()).map(|place| owners[(place + writer) % owners.len()].to_owned());
                    let names = names.chain([format!("new-{turn}")]);
                    let id = format!("{writer}-{turn}");
                    let changes: Vec<Change> = names
                        .map(|owner| change(&owner, vec![draft(&id, 0, json!(turn))]))
                        .collect();
                    store.commit_all(&changes).unwrap();
                }
            });
        }
    });
    for owner in owners {
        let head = store.head(&name(owner)).unwrap().unwrap();
        assert_eq!(head.seq, (owners.len() * TURNS) as u64);
    }
    for turn in 0..TURNS {
        let head = store.head(&name(&format!("new-{turn}"))).unwrap().unwrap();
        assert_eq!(head.seq, owners.len() as u64);
    }
    verify(&*store, &[]).unwrap();
}

/// The drafts of one change follow one another.
pub fn one_change_may_write_a_record_twice(open: Open<'_>) {
    let store = open();
    let drafts = vec![
        draft("1", 0, json!(1)),
        draft("2", 0, json!(1)),
        draft("1", 1, json!(2)),
    ];
    let mut twice = change("a", drafts);
    twice.erase.push((note("a", "1"), 1));
    store.commit(&twice).unwrap();
    let bodies: Vec<_> = store
        .versions(&note("a", "1"))
        .unwrap()
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert_eq!(bodies, [Some(json!(2)), None]);
    let listed: Vec<_> = store
        .list(&Query::of(name("note")))
        .unwrap()
        .into_iter()
        .map(|one| one.version)
        .collect();
    assert_eq!(listed, [2, 1]);
    verify(&*store, &[]).unwrap();
}

/// Names whose order differs between an alphabet and the bytes.
const NAMES: [&str; 10] = ["a", "B", "b", "A", "a.1", "a-1", "a_1", "a:1", "10", "9"];

fn any_name() -> impl Strategy<Value = Name> {
    prop::sample::select(&NAMES[..]).prop_map(name)
}

fn few() -> impl Strategy<Value = Option<Name>> {
    prop::option::of(prop::sample::select(vec!["x", "y"]).prop_map(name))
}

type Written = (Name, Name, Option<Name>, Option<Name>);
type Asked = (
    Option<Name>,
    Option<Name>,
    Option<Name>,
    Option<(Name, Name)>,
    u32,
);

/// Filters, order, pages and limits are those of a list that is sorted by the bytes of owner and id.
pub fn lists_agree_with_a_plain_model(open: Open<'_>) {
    let store = open();
    let mut kinds = 0..;
    let writes = prop::collection::vec((any_name(), any_name(), few(), few()), 1..30);
    let queries = prop::collection::vec(
        (
            prop::option::of(any_name()),
            few(),
            few(),
            prop::option::of((any_name(), any_name())),
            0_u32..12,
        ),
        8,
    );
    let run = |(writes, queries): (Vec<Written>, Vec<Asked>)| {
        let kind = name(&format!("kind-{}", kinds.next().unwrap_or(0)));
        let mut model: Vec<Version> = vec![];
        for (owner, id, parent, state) in writes {
            let key = Key {
                owner,
                kind: kind.clone(),
                id,
            };
            let old = model
                .iter()
                .position(|one| one.key == key)
                .map(|at| model.remove(at));
            let mut draft = draft(
                key.id.as_str(),
                old.map_or(0, |old| old.version),
                json!(model.len()),
            );
            (draft.kind, draft.parent, draft.state) = (kind.clone(), parent, state);
            store.commit(&change(key.owner.as_str(), vec![draft])).unwrap();
            model.push(store.newest(&key).unwrap().unwrap());
        }
        model.sort_by(|a, b| a.key.cmp(&b.key));
        for (owner, parent, state, after, limit) in queries {
            let is = |wanted: &Option<Name>, found: &Option<Name>| wanted.is_none() || wanted == found;
            let expected: Vec<Version> = model
                .iter()
                .filter(|one| owner.as_ref().is_none_or(|owner| *owner == one.key.owner))
                .filter(|one| is(&parent, &one.parent) && is(&state, &one.state))
                .filter(|one| {
                    after
                        .as_ref()
                        .is_none_or(|(owner, id)| (&one.key.owner, &one.key.id) > (owner, id))
                })
                .take(limit as usize)
                .cloned()
                .collect();
            let query = Query {
                owner,
                parent,
                state,
                after: after.map(|(owner, id)| After {
                    owner,
                    id,
                    value: String::new(),
                }),
                limit,
                ..Query::of(kind.clone())
            };
            prop_assert_eq!(store.list(&query).unwrap(), expected, "{:?}", query);
        }
        Ok(())
    };
    check(48, &(writes, queries), run);
}

/// Runs a property so many times.
pub(super) fn check<S: Strategy>(
    cases: u32,
    inputs: &S,
    mut run: impl FnMut(S::Value) -> Result<(), TestCaseError>,
) {
    let run = std::cell::RefCell::new(&mut run);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let checked = TestRunner::new(config).run(inputs, |input| (run.borrow_mut())(input));
    assert!(checked.is_ok(), "{}", checked.unwrap_err());
}

/// Events of all chains in one order of time, owner and number, whatever the size of a page.
pub fn events_come_newest_first_page_by_page(open: Open<'_>) {
    let store = open();
    let mut all: Vec<Event> = vec![];
    for (turn, at) in [5, 3, 9, 9, 9, 1, 12, 9, 0, 12, 12, 40].into_iter().enumerate() {
        let mut change = change(["a", "B", "b"][turn % 3], vec![]);
        change.at = time(at);
        all.push(store.commit(&change).unwrap());
    }
    let place = |event: &Event| (event.at, event.owner.clone(), event.seq);
    all.sort_by_key(|event| std::cmp::Reverse(place(event)));
    for owner in [None, Some(name("a")), Some(name("none"))] {
        let expected: Vec<_> = all
            .iter()
            .filter(|event| owner.as_ref().is_none_or(|owner| *owner == event.owner))
            .cloned()
            .collect();
        for limit in [1, 2, 5, 100] {
            let mut read: Vec<Event> = vec![];
            loop {
                let query = EventQuery {
                    owner: owner.clone(),
                    before: read.last().map(place),
                    limit,
                };
                let page = store.events(&query).unwrap();
                assert!(page.len() <= limit as usize);
                if page.is_empty() {
                    break;
                }
                read.extend(page);
            }
            assert_eq!(read, expected, "{limit} a page");
        }
    }
}

/// A clock that was set back does not reorder a chain.
pub fn time_never_runs_backwards_in_a_chain(open: Open<'_>) {
    let store = open();
    let at = |owner: &str, micros: i64| {
        let mut change = change(owner, vec![]);
        change.at = time(micros);
        store.commit(&change).unwrap().at
    };
    assert_eq!(at("a", 10), time(10));
    assert_eq!(at("a", -3_600_000_000), time(10));
    assert_eq!(at("b", 5), time(5), "each chain has its own time");
    assert_eq!(at("a", 11), time(11));
    verify(&*store, &[]).unwrap();
}

/// A body that was erased is nowhere; that it was there, and what it hashed to, stays proved.
pub fn what_is_erased_is_gone_and_its_hash_stays(open: Open<'_>) {
    let store = open();
    let secret = "架空の秘密";
    store
        .commit(&change("a", vec![draft("1", 0, json!(secret))]))
        .unwrap();
    let before = store
        .commit(&change("a", vec![draft("1", 1, json!("open"))]))
        .unwrap();
    let hash = store.versions(&note("a", "1")).unwrap()[1].sha256.clone();
    let mut erase = change("a", vec![]);
    erase.erase.push((note("a", "1"), 1));
    for again in 1..3 {
        let event = store.commit(&erase).unwrap();
        assert_eq!(
            event.seq,
            before.seq + again,
            "forgetting is an event, and harmless twice"
        );
        assert_eq!(event.erased, [(name("note"), name("1"), 1)]);
        let versions = store.versions(&note("a", "1")).unwrap();
        assert_eq!(versions[0].body, Some(json!("open")));
        assert_eq!((&versions[1].body, &versions[1].sha256), (&None, &hash));
        assert!(!format!("{:?}", rows(&*store)).contains(secret));
        verify(&*store, &[]).unwrap();
    }
}

/// A file is found by its owner and its hash alone.
pub fn files_are_kept_once_for_each_owner(open: Open<'_>) {
    let store = open();
    let blobs = [
        Blob::new(vec![]),
        Blob::new(vec![0, 255, 10, 13]),
        Blob::new(vec![7; 300_000]),
    ];
    let mut change = change("a", vec![]);
    change.blobs = blobs.to_vec();
    store.commit(&change).unwrap();
    store.commit(&change).unwrap();
    for blob in &blobs {
        assert_eq!(store.blob(&name("a"), &blob.sha256).unwrap().as_ref(), Some(blob));
        assert_eq!(
            store.blob(&name("b"), &blob.sha256).unwrap(),
            None,
            "another owner's"
        );
    }
    for nothing in ["", "no hash", "\0", "';"] {
        assert_eq!(store.blob(&name("a"), nothing).unwrap(), None);
    }
    assert_eq!(verify(&*store, &[]).unwrap().blobs, 3);
}

/// What was acknowledged can be read again exactly; what could not be is refused.
pub fn what_is_given_back_is_what_is_read_back(open: Open<'_>) {
    let store = open();
    let bodies = [
        json!({ "z": 1, "a": [null, true, "\u{0}\u{1f}\"\\/ 羅針 𠮷"], "": {} }),
        json!([
            0.1 + 0.2,
            2.225_073_858_507_201e-308,
            f64::MAX,
            -0.0,
            u64::MAX,
            i64::MIN
        ]),
        (0..99).fold(json!(1), |inner, _| json!([inner])),
    ];
    for (id, body) in ["1", "2", "3"].into_iter().zip(bodies) {
        let mut change = change("a", vec![draft(id, 0, body.clone())]);
        change.detail = body.clone();
        change.at = "2026-04-01T09:00:00.123456789Z".parse().unwrap();
        let event = store.commit(&change).unwrap();
        assert_eq!(store.newest(&note("a", id)).unwrap().unwrap().body, Some(body));
        let query = EventQuery {
            owner: None,
            before: None,
            limit: 1,
        };
        assert_eq!(store.events(&query).unwrap(), [event]);
    }
    let before = rows(&*store);
    let deep = (0..101).fold(json!(1), |inner, _| json!({ "in": inner }));
    let refused = store.commit(&change("a", vec![draft("4", 0, deep)]));
    assert!(matches!(refused, Err(Fault::TooDeep)), "{refused:?}");
    assert_eq!(rows(&*store), before);
    verify(&*store, &[]).unwrap();
}

const WRITERS: usize = 6;

/// Gives what each of several threads, which begin together, was answered.
pub(super) fn together<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        let run = |turn| {
            let (barrier, work) = (&barrier, &work);
            move || {
                barrier.wait();
                work(turn)
            }
        };
        let threads: Vec<_> = (0..WRITERS).map(|turn| scope.spawn(run(turn))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Of several who write the same version of a record, exactly one is acknowledged.
pub fn one_writer_of_a_record_wins(open: Open<'_>) {
    let store = open();
    for seen in 0..8 {
        let answers = together(|turn| store.commit(&change("a", vec![draft("1", seen, json!(turn))])));
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for answer in lost {
            let conflict = matches!(answer, Err(Fault::Conflict { found, .. }) if found == seen + 1);
            assert!(conflict, "{answer:?}");
        }
    }
    assert_eq!(verify(&*store, &[]).unwrap().events, 8);
}

/// Those who write different records of one owner, or of several, are all acknowledged, one after another.
pub fn writers_of_different_records_all_win(open: Open<'_>) {
    let store = open();
    for owners in [["a"; WRITERS], ["a", "b", "c", "d", "e", "f"]] {
        for round in 0..4 {
            let id = |turn| format!("{}-{round}-{turn}", owners[1]);
            let answers =
                together(|turn| store.commit(&change(owners[turn], vec![draft(&id(turn), 0, json!(turn))])));
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
    }
    assert_eq!(verify(&*store, &[]).unwrap().versions, 8 * WRITERS as u64);
}

/// A thread writes the same token away while the others do.
pub(super) fn taken(take: impl Fn() -> bool + Sync) -> usize {
    together(|_| take()).into_iter().filter(|taken| *taken).count()
}
