//! Random histories: what several organisations might have written over the years, good and bad, in any order.

use proptest::prelude::*;
use serde_json::Value;

use super::{change, draft, name, time};
use crate::{Blob, Fault, Key, Name, Store};

/// One step of a history. Numbers choose among few owners, kinds and records, so that records are met again.
#[derive(Debug, Clone)]
pub struct Step {
    owner: u8,
    at: i64,
    drafts: Vec<(u8, u8, Option<u8>, Value)>,
    stale: bool,
    erase: Option<(u8, u8)>,
    blob: Option<Vec<u8>>,
}

/// JSON of every kind, nested a little.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Histories of up to so many steps.
pub fn any_history(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    let drafts = prop::collection::vec((0..2_u8, 0..4_u8, prop::option::of(0..3_u8), any_json()), 0..3);
    let erase = prop::option::weighted(0.2, (0..2_u8, 0..4_u8));
    let blob = prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 0..40));
    let step = (
        0..3_u8,
        -50..50_i64,
        drafts,
        prop::bool::weighted(0.1),
        erase,
        blob,
    )
        .prop_map(|(owner, at, drafts, stale, erase, blob)| Step {
            owner,
            at,
            drafts,
            stale,
            erase,
            blob,
        });
    prop::collection::vec(step, 1..steps)
}

fn pick(from: &str, which: u8) -> Name {
    name(&format!("{from}-{which}"))
}

/// Plays a history; gives how many of its steps were acknowledged.
pub fn play(store: &dyn Store, history: &[Step]) -> u64 {
    history.iter().filter(|step| take(store, step)).count() as u64
}

fn take(store: &dyn Store, step: &Step) -> bool {
    let owner = pick("owner", step.owner);
    let key = |kind, id| Key {
        owner: owner.clone(),
        kind: pick("kind", kind),
        id: pick("id", id),
    };
    let newest = |key: &Key| store.newest(key).unwrap().map_or(0, |found| found.version);
    let mut change = change(owner.as_str(), vec![]);
    change.at = time(step.at);
    for (kind, id, place, body) in &step.drafts {
        let key = key(*kind, *id);
        let before = change
            .drafts
            .iter()
            .filter(|other| other.kind == key.kind && other.id == key.id)
            .count();
        let expected = newest(&key) + u32::try_from(before).unwrap() + u32::from(step.stale);
        let mut draft = draft(key.id.as_str(), expected, body.clone());
        draft.kind = key.kind;
        (draft.parent, draft.state) = (
            place.map(|at| pick("parent", at)),
            place.map(|at| pick("state", at)),
        );
        change.drafts.push(draft);
    }
    if let Some((kind, id)) = step.erase {
        let key = key(kind, id);
        let version = newest(&key);
        change.erase.extend((version > 0).then_some((key, version)));
    }
    change.blobs.extend(step.blob.clone().map(Blob::new));
    match store.commit(&change) {
        Ok(_) => true,
        Err(Fault::Conflict { .. }) if step.stale => false,
        Err(fault) => panic!("{fault}"),
    }
}
