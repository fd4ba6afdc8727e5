//! The index as this file holds it: each indexed record has a number (`record.n`, `item`), and each term has the numbers
//! of the records that it finds (`posting`). A change gathers what it does to each term and writes every block once.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{OptionalExtension as _, Transaction, params};
use store::{Fault, Index, Indexed, Key, Name, Term};

use crate::bits::{Block, split};
use crate::fault;
use crate::read::{self, Place};

/// Replaces the index of records and gives the number of each, none where the index is empty: its row in `record` is to say
/// so. `before` gives where a record stood in lists before the change.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    indexed: &[Indexed<'_>],
    before: &HashMap<Key, Place>,
) -> Result<Vec<Option<i64>>, Fault> {
    let last = last_number(transaction)?;
    let mut next = last;
    let mut postings = Postings::default();
    let mut numbers = Vec::with_capacity(indexed.len());
    let places: Vec<Option<&Place>> = indexed.iter().map(|now| before.get(&now.key)).collect();
    let old: Vec<Index> = places
        .iter()
        .map(|place| {
            place
                .and_then(|place| place.n)
                .map_or_else(|| Ok(Index::default()), |n| kept(transaction, n))
        })
        .collect::<Result<_, _>>()?;
    for ((now, old), place) in indexed.iter().zip(&old).zip(places) {
        let numbered = place.and_then(|place| place.n);
        let empty = now.index.is_empty();
        numbers.push(if empty { None } else { numbered.or(Some(next + 1)) });
        let Some(n) = numbered.or_else(|| numbers.last().copied().flatten()) else {
            continue;
        };
        next = next.max(n);
        let Key { owner, kind, .. } = &now.key;
        let (parent, state) = place.map_or((None, None), |place| {
            (place.parent.as_ref(), place.state.as_ref())
        });
        let was = terms(old, owner, parent, state);
        postings.note(kind, n, &was, terms(now.index, owner, now.parent, now.state));
        keep(transaction, &now.key, n, numbered.is_none(), now.index)?;
    }
    postings.write(transaction, split(last).0)?;
    Ok(numbers)
}

/// The terms of an index; none of an empty one, since its record has no number that a place in lists could find.
fn terms<'a>(
    index: &'a Index,
    owner: &'a Name,
    parent: Option<&'a Name>,
    state: Option<&'a Name>,
) -> Vec<Term<'a>> {
    if index.is_empty() {
        return vec![];
    }
    index.terms(owner, parent, state)
}

fn last_number(transaction: &Transaction<'_>) -> Result<i64, Fault> {
    transaction
        .query_row("SELECT coalesce(max(n), 0) FROM item", [], |row| row.get(0))
        .map_err(fault)
}

/// The index that a record has.
fn kept(transaction: &Transaction<'_>, n: i64) -> Result<Index, Fault> {
    let (keys, rest): (String, String) = transaction
        .prepare_cached("SELECT keys, rest FROM item WHERE n = ?1")
        .and_then(|mut statement| statement.query_row([n], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(fault)?;
    let (references, tokens) = parse(&rest)?;
    Ok(Index {
        keys: parse(&keys)?,
        references,
        tokens,
    })
}

/// Keeps the index of a record under its number, or lets go of it.
fn keep(transaction: &Transaction<'_>, key: &Key, n: i64, new: bool, index: &Index) -> Result<(), Fault> {
    if index.is_empty() {
        return read::run(transaction, "DELETE FROM item WHERE n = ?1", [n]);
    }
    let (keys, rest) = (json(&index.keys)?, json(&(&index.references, &index.tokens))?);
    if !new {
        let sql = "UPDATE item SET keys = ?2, rest = ?3 WHERE n = ?1";
        return read::run(transaction, sql, params![n, keys, rest]);
    }
    read::run(
        transaction,
        "INSERT INTO item (n, owner, id, keys, rest) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![n, key.owner.as_str(), key.id.as_str(), keys, rest],
    )
}

/// Writes the number of a record where lists find it.
pub(crate) fn number(transaction: &Transaction<'_>, key: &Key, n: Option<i64>) -> Result<(), Fault> {
    read::run(
        transaction,
        "UPDATE record SET n = ?4 WHERE owner = ?1 AND kind = ?2 AND id = ?3",
        params![key.owner.as_str(), key.kind.as_str(), key.id.as_str(), n],
    )
}

/// Numbers, each with whether it is to be there.
type Numbers = Vec<(i64, bool)>;

/// What a change does to each term of a kind: numbers that it finds from now on, and those that it does not any more.
#[derive(Default)]
struct Postings<'a>(HashMap<(&'a Name, Term<'a>), Numbers>);

impl<'a> Postings<'a> {
    fn note(&mut self, kind: &'a Name, n: i64, was: &[Term<'a>], is: Vec<Term<'a>>) {
        for term in was {
            if is.binary_search(term).is_err() {
                self.0.entry((kind, term.clone())).or_default().push((n, false));
            }
        }
        for term in is {
            if was.is_empty() || was.binary_search(&term).is_err() {
                self.0.entry((kind, term)).or_default().push((n, true));
            }
        }
    }

    /// Writes them in the order in which they lie. No block after `last` is there yet.
    fn write(self, transaction: &Transaction<'_>, last: i64) -> Result<(), Fault> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let prepare = |sql| transaction.prepare_cached(sql).map_err(fault);
        let mut read =
            prepare("SELECT bits FROM posting WHERE kind = ?1 AND field = ?2 AND value = ?3 AND block = ?4")?;
        let mut write = prepare(
            "INSERT INTO posting (kind, field, value, block, bits) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (kind, field, value, block) DO UPDATE SET bits = ?5",
        )?;
        let mut delete =
            prepare("DELETE FROM posting WHERE kind = ?1 AND field = ?2 AND value = ?3 AND block = ?4")?;
        for ((kind, term), mut numbers) in all {
            numbers.sort_by_key(|(n, _)| *n);
            for numbers in numbers.chunk_by(|(a, _), (b, _)| split(*a).0 == split(*b).0) {
                let at = split(numbers[0].0).0;
                let place = params![kind.as_str(), term.field, term.value, at];
                let there = if at > last {
                    None
                } else {
                    read.query_row(place, |row| row.get(0))
                        .optional()
                        .map_err(fault)?
                };
                let there = there.map(|bytes: Vec<u8>| Block::read(&bytes)).transpose()?;
                let mut block = there.unwrap_or_else(Block::new);
                for (n, there) in numbers {
                    block.set(split(*n).1, *there);
                }
                let values = params![kind.as_str(), term.field, term.value, at, block.write()];
                if block.is_empty() {
                    delete.execute(place)
                } else {
                    write.execute(values)
                }
                .map_err(fault)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn stamp(transaction: &Transaction<'_>, kind: &Name) -> Result<Option<String>, Fault> {
    let sql = "SELECT stamp FROM stamp WHERE kind = ?1";
    let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
    let found = statement.query_row([kind.as_str()], |row| row.get(0));
    found.optional().map_err(fault)
}

pub(crate) fn set_stamp(transaction: &Transaction<'_>, kind: &Name, stamp: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO stamp (kind, stamp) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET stamp = ?2";
    read::run(transaction, sql, [kind.as_str(), stamp])
}

/// Replaces the index of records that are at the version given with it.
pub(crate) fn index(transaction: &Transaction<'_>, entries: &[(Key, u32, Index)]) -> Result<(), Fault> {
    let mut before = HashMap::with_capacity(entries.len());
    let mut current = BTreeMap::new();
    for (key, version, index) in entries {
        if let Some(place) = read::place(transaction, key)?.filter(|place| place.version == *version) {
            before.insert(key.clone(), place);
            current.insert(key, index);
        }
    }
    let indexed: Vec<Indexed<'_>> = current
        .into_iter()
        .filter_map(|(key, index)| {
            let place = before.get(key)?;
            Some(Indexed {
                key: key.clone(),
                version: place.version,
                parent: place.parent.as_ref(),
                state: place.state.as_ref(),
                index,
            })
        })
        .collect();
    for (now, n) in indexed.iter().zip(replace(transaction, &indexed, &before)?) {
        number(transaction, &now.key, n)?;
    }
    Ok(())
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Corrupt(format!("index: {error}")))
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
