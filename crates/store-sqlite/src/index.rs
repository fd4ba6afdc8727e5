//! The index as this file holds it: each indexed record has a number (`record.n`, `item`), and each term has the numbers
//! of the records that it finds (`posting`, many terms to a row). A change gathers what it does to each term and writes every leaf once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;

use rusqlite::{OptionalExtension as _, Transaction, params};
use store::{Fault, Index, Indexed, Key, Name, Term};

use crate::bits::{self, Block, split};
use crate::fault;
use crate::leaf::{self, Leaf};
use crate::pieces::{self, Piece, Pieces};
use crate::read::{self, Stands, get};

/// Replaces the index of records and gives the number of each, none where the index is empty: its row in `record` is to say
/// so. `before` gives where a record stood in lists before the change. `meanwhile` writes what else there is to write, while
/// another thread gathers the postings.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    indexed: &[Indexed<'_>],
    before: &HashMap<Key, Stands>,
    meanwhile: impl FnOnce(&[Option<i64>]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let pieces = Pieces::read(transaction)?;
    let mut next = pieces.last;
    let mut numbers = Vec::with_capacity(indexed.len());
    let mut concerned: Vec<(i64, &Indexed<'_>)> = Vec::with_capacity(indexed.len());
    let mut olds: HashMap<&Key, Index> = HashMap::new();
    for now in indexed {
        let numbered = before.get(&now.key).and_then(|stood| stood.n);
        let empty = now.index.is_empty();
        numbers.push(if empty { None } else { numbered.or(Some(next + 1)) });
        let Some(n) = numbered.or_else(|| numbers.last().copied().flatten()) else {
            continue;
        };
        next = next.max(n);
        if numbered.is_some() {
            olds.insert(&now.key, kept(transaction, n)?);
        }
        concerned.push((n, now));
    }
    let mut parts: BTreeMap<Piece, Vec<(i64, &Indexed<'_>)>> = BTreeMap::new();
    for (n, now) in concerned {
        parts.entry(pieces.of(n, next)).or_default().push((n, now));
    }
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let (parts, olds) = (&parts, &olds);
        scope.spawn(move || {
            let gathered = parts
                .iter()
                .map(|(piece, records)| (*piece, gather(records, olds, before)));
            // Whoever does not listen any more has met a fault.
            gathered.map(|part| send.send(part)).all(|sent| sent.is_ok())
        });
        for (n, now) in parts.values().flatten() {
            keep(transaction, &now.key, *n, !olds.contains_key(&now.key), now.index)?;
        }
        meanwhile(&numbers)?;
        for (piece, fields) in receive {
            let new = piece.first > pieces.last;
            for field in &fields {
                field.write(transaction, piece.id(), new)?;
            }
        }
        Ok::<_, Fault>(())
    })?;
    pieces::bring_together(transaction)
}

/// What a change does to the terms of a piece.
fn gather<'a>(
    records: &[(i64, &'a Indexed<'a>)],
    olds: &'a HashMap<&Key, Index>,
    before: &'a HashMap<Key, Stands>,
) -> Vec<SortedField<'a>> {
    let mut postings = Postings::default();
    for (n, now) in records {
        let Key { owner, kind, .. } = &now.key;
        let (_, place) = split(*n);
        let Some(old) = olds.get(&now.key) else {
            postings.add(
                kind,
                place,
                now.index.terms_as_they_come(owner, now.parent, now.state),
            );
            continue;
        };
        let stood = before.get(&now.key);
        let parent = stood.and_then(|stood| stood.parent.as_ref());
        let state = stood.and_then(|stood| stood.state.as_ref());
        let was = terms(old, owner, parent, state);
        let is = terms(now.index, owner, now.parent, now.state);
        postings.replace(kind, place, &was, &is);
    }
    postings.sorted()
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

/// Which value has a place from now on, or not any more.
type Change = (u32, u16, bool);

/// What a change does to the terms of one piece.
#[derive(Default)]
struct Postings<'a> {
    fields: Vec<Field<'a>>,
    /// How many values there are.
    values: u32,
    changes: Vec<Change>,
}

/// A field of a kind, with the values that occur and their numbers here.
struct Field<'a> {
    kind: &'a Name,
    name: Cow<'a, str>,
    values: HashMap<Cow<'a, str>, u32>,
}

impl<'a> Postings<'a> {
    /// Takes in a record that had no terms.
    fn add(&mut self, kind: &'a Name, place: u16, terms: impl Iterator<Item = Term<'a>>) {
        for term in terms {
            self.note(kind, place, term, true);
        }
    }

    /// Takes in a record that had others. Terms are in their order.
    fn replace(&mut self, kind: &'a Name, place: u16, was: &[Term<'a>], is: &[Term<'a>]) {
        for (terms, others, there) in [(was, is, false), (is, was, true)] {
            for term in terms.iter().filter(|term| others.binary_search(term).is_err()) {
                self.note(kind, place, term.clone(), there);
            }
        }
    }

    fn note(&mut self, kind: &'a Name, place: u16, Term { field, value }: Term<'a>, there: bool) {
        let known = self
            .fields
            .iter()
            .position(|of| of.name == field && of.kind == kind);
        let at = known.unwrap_or_else(|| {
            self.fields.push(Field {
                kind,
                name: field,
                values: HashMap::new(),
            });
            self.fields.len() - 1
        });
        let value = *self.fields[at].values.entry(value).or_insert_with(|| {
            self.values += 1;
            self.values - 1
        });
        self.changes.push((value, place, there));
    }

    /// The same in the order in which it lies.
    fn sorted(mut self) -> Vec<SortedField<'a>> {
        self.changes.sort_unstable();
        self.changes.dedup();
        // Every value has some changes, so they lie in the order of its number.
        let of_values = self.changes.chunk_by(|(a, ..), (b, ..)| a == b);
        let mut of_values: Vec<Vec<Change>> = of_values.map(<[Change]>::to_vec).collect();
        self.fields
            .sort_unstable_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let sorted = |field: Field<'a>| {
            let values = field.values.into_iter();
            let mut values: Vec<_> = values
                .map(|(text, value)| (text, std::mem::take(&mut of_values[value as usize])))
                .collect();
            values.sort_unstable();
            SortedField {
                kind: field.kind,
                name: field.name,
                values,
            }
        };
        self.fields.into_iter().map(sorted).collect()
    }
}

/// What a change does to a field of a piece: rising values, each with its changes.
struct SortedField<'a> {
    kind: &'a Name,
    name: Cow<'a, str>,
    values: Vec<(Cow<'a, str>, Vec<Change>)>,
}

impl SortedField<'_> {
    fn write(&self, transaction: &Transaction<'_>, at: i64, new: bool) -> Result<(), Fault> {
        let leaves = Leaves {
            transaction,
            at,
            kind: self.kind,
            field: &self.name,
        };
        let mut left = self.values.as_slice();
        while let Some((value, _)) = left.first() {
            let found = if new {
                Found::default()
            } else {
                leaves.with(value)?
            };
            let next = found.next.as_deref();
            let here = left.partition_point(|(value, _)| next.is_none_or(|next| &**value < next));
            let (now, later) = left.split_at(here);
            leaves.change(found, now)?;
            left = later;
        }
        Ok(())
    }
}

/// A leaf as it stands; empty where there is none.
#[derive(Default)]
struct Found {
    first: String,
    bytes: Vec<u8>,
    /// Where the next one begins.
    next: Option<String>,
}

/// The leaves of a field in a piece.
struct Leaves<'a> {
    transaction: &'a Transaction<'a>,
    at: i64,
    kind: &'a Name,
    field: &'a str,
}

impl Leaves<'_> {
    /// The leaf in which a value is or would be.
    fn with(&self, value: &str) -> Result<Found, Fault> {
        let place = params![self.at, self.kind.as_str(), self.field, value];
        let leaf =
            "SELECT first, leaf FROM posting WHERE block = ?1 AND kind = ?2 AND field = ?3 AND first <= ?4
            ORDER BY first DESC LIMIT 1";
        let next = "SELECT first FROM posting WHERE block = ?1 AND kind = ?2 AND field = ?3 AND first > ?4
            ORDER BY first LIMIT 1";
        let leaf = read::all(self.transaction, leaf, place, |row| {
            Ok((get(row, 0)?, get(row, 1)?))
        })?;
        let (first, bytes) = leaf.into_iter().next().unwrap_or_default();
        let next = read::all(self.transaction, next, place, |row| get(row, 0))?.pop();
        Ok(Found { first, bytes, next })
    }

    /// Writes a leaf with some of its values changed; in several, if it grows too long.
    fn change(&self, found: Found, changes: &[(Cow<'_, str>, Vec<Change>)]) -> Result<(), Fault> {
        let old = leaf::entries(&found.bytes)?;
        let mut filled = Leaf::new(found.first);
        let mut old = old.into_iter().peekable();
        let mut put = |value: &str, bits: &[u8]| -> Result<(), Fault> {
            if filled.is_full(value, bits) {
                self.put(&filled)?;
                filled = Leaf::new(value.to_owned());
            }
            filled.push(value, bits)
        };
        for (value, changes) in changes {
            while let Some((before, bits)) = old.next_if(|(before, _)| *before < &**value) {
                put(before, bits)?;
            }
            let bits = match old.next_if(|(there, _)| there == value) {
                None => bits::write(changes.iter().map(|(_, place, _)| *place)),
                Some((_, bits)) => {
                    let mut block = Block::read(bits)?;
                    for (_, place, there) in changes {
                        block.set(*place, *there);
                    }
                    block.write()
                }
            };
            if !bits.is_empty() {
                put(value, &bits)?;
            }
        }
        for (value, bits) in old {
            put(value, bits)?;
        }
        self.put(&filled)
    }

    fn put(&self, leaf: &Leaf) -> Result<(), Fault> {
        let place = params![self.at, self.kind.as_str(), self.field, leaf.first];
        if leaf.bytes.is_empty() {
            let sql = "DELETE FROM posting WHERE block = ?1 AND kind = ?2 AND field = ?3 AND first = ?4";
            return read::run(self.transaction, sql, place);
        }
        read::run(
            self.transaction,
            "INSERT INTO posting (block, kind, field, first, leaf) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (block, kind, field, first) DO UPDATE SET leaf = ?5",
            params![self.at, self.kind.as_str(), self.field, leaf.first, leaf.bytes],
        )
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
        if let Some(place) = read::stands(transaction, key)?.filter(|place| place.version == *version) {
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
    replace(transaction, &indexed, &before, |numbers| {
        let mut numbered = indexed.iter().zip(numbers);
        numbered.try_for_each(|(now, n)| number(transaction, &now.key, *n))
    })
}

pub(crate) fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Corrupt(format!("index: {error}")))
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
