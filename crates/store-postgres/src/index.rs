//! The index as this database holds it: each indexed record has a number (`record.n`, `item`) and the numbers of its terms
//! in an array that an inverted index finds it by; values lie in order beside it (`key`). What a change does to many records
//! is one statement a table. A record's values stand beside its terms too, each behind its field, for a list that tests or sorts by them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use store::{Fault, Index, Indexed, Key, Name};

use crate::find::labelled;
use crate::read::{self, Stands, get};
use crate::work::Work;
use crate::write::lock_chains;

/// Replaces the index of records and gives the number of each, none where the index is empty: its row in `record` is to say
/// so. `before` gives where a record stood in lists before the change.
pub(crate) fn replace(
    work: &mut Work<'_>,
    indexed: &[Indexed<'_>],
    before: &HashMap<Key, Stands>,
) -> Result<Vec<Option<i64>>, Fault> {
    let numbered = |now: &Indexed<'_>| before.get(&now.key).and_then(|place| place.n);
    let new = indexed
        .iter()
        .filter(|now| numbered(now).is_none() && !now.index.is_empty());
    let mut fresh = fresh_numbers(work, new.count())?.into_iter();
    let numbers: Vec<Option<i64>> = indexed
        .iter()
        .map(|now| {
            let empty = now.index.is_empty();
            (!empty).then(|| numbered(now).or_else(|| fresh.next())).flatten()
        })
        .collect();
    let old: Vec<i64> = indexed.iter().filter_map(numbered).collect();
    let mut gone = stored_keys(work, &old)?;
    let mut items = Items::default();
    let mut new = vec![];
    for (now, n) in indexed.iter().zip(&numbers) {
        let Some(n) = *n else { continue };
        let Key { owner, kind, .. } = &now.key;
        let terms = now.index.terms(owner, now.parent, now.state);
        let numbers: Vec<String> = terms.iter().map(|term| term.number(kind).to_string()).collect();
        items.numbers.push(n);
        items.owners.push(owner.as_str());
        items.ids.push(now.key.id.as_str());
        // In their order: the first of a field is the least.
        let keys = terms.iter().filter(|term| term.is_key());
        let keys: Vec<String> = keys
            .map(|term| literal(&labelled(&term.field, term.value.as_bytes())))
            .collect();
        items.values.push(format!("{{{}}}", keys.join(",")));
        items.terms.push(format!("{{{}}}", numbers.join(",")));
        for term in terms.into_iter().filter(store::Term::is_key) {
            let value = term.value.as_bytes().to_vec();
            if !gone.remove(&(n, term.field.to_string(), value.clone())) {
                new.push((kind.as_str(), term.field.into_owned(), value, n));
            }
        }
    }
    // In the order in which they lie: neighbours are found together.
    new.sort_unstable();
    let mut keys = Keys::default();
    for (kind, field, value, n) in new {
        keys.push(kind, field, value, n);
    }
    let kinds: HashMap<i64, &str> = indexed
        .iter()
        .filter_map(|now| Some((numbered(now)?, now.key.kind.as_str())))
        .collect();
    let mut taken = Keys::default();
    for (n, field, value) in gone {
        taken.push(kinds.get(&n).copied().unwrap_or_default(), field, value, n);
    }
    taken.run(
        work,
        "DELETE FROM key k USING",
        "t WHERE (k.kind, k.field, k.value, k.n) = (t.kind, t.field, t.value, t.n)",
    )?;
    let left: Vec<i64> = indexed
        .iter()
        .filter(|now| now.index.is_empty())
        .filter_map(numbered)
        .collect();
    if !left.is_empty() {
        work.run("DELETE FROM item WHERE n = ANY($1)", &[&left])?;
    }
    items.write(work)?;
    keys.run(
        work,
        "INSERT INTO key (kind, field, value, n) SELECT kind, field, value, n FROM",
        "t",
    )?;
    Ok(numbers)
}

/// Numbers that no record had before.
fn fresh_numbers(work: &mut Work<'_>, count: usize) -> Result<Vec<i64>, Fault> {
    if count == 0 {
        return Ok(vec![]);
    }
    let count = i64::try_from(count).map_err(Fault::engine)?;
    let sql = "SELECT nextval('item_n') FROM generate_series(1, $1::bigint)";
    let mut numbers = work.all(sql, &[&count], |row| get(row, 0))?;
    numbers.sort_unstable();
    Ok(numbers)
}

/// The rows of `key` that records have: number, field and value.
fn stored_keys(work: &mut Work<'_>, old: &[i64]) -> Result<BTreeSet<(i64, String, Vec<u8>)>, Fault> {
    if old.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT n, unnest(vals) FROM item WHERE n = ANY($1)";
    let stored = work.all(sql, &[&old], |row| {
        Ok((get::<i64>(row, 0)?, get::<Vec<u8>>(row, 1)?))
    })?;
    let apart = |(n, value): (i64, Vec<u8>)| {
        let at = value.iter().position(|byte| *byte == 0);
        let (field, value) = at.and_then(|at| Some((value.get(..at)?, value.get(at + 1..)?)))?;
        Some((n, String::from_utf8(field.to_vec()).ok()?, value.to_vec()))
    };
    let corrupt = || Fault::Corrupt("index: a value without its field".into());
    stored
        .into_iter()
        .map(|one| apart(one).ok_or_else(corrupt))
        .collect()
}

/// Rows of `item`, a column each.
#[derive(Default)]
struct Items<'a> {
    numbers: Vec<i64>,
    owners: Vec<&'a str>,
    ids: Vec<&'a str>,
    values: Vec<String>,
    terms: Vec<String>,
}

impl Items<'_> {
    fn write(&self, work: &mut Work<'_>) -> Result<(), Fault> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        work.run(
            "INSERT INTO item (n, owner, id, vals, terms)
             SELECT n, owner, id, vals::bytea[], terms::bigint[]
             FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS t (n, owner, id, vals, terms)
             ON CONFLICT (n) DO UPDATE SET vals = EXCLUDED.vals, terms = EXCLUDED.terms",
            &[&self.numbers, &self.owners, &self.ids, &self.values, &self.terms],
        )?;
        Ok(())
    }
}

/// Bytes as an element of an array is written.
fn literal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("\"\\\\x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }) + "\""
}

/// Rows of `key`, a column each.
#[derive(Default)]
struct Keys<'a> {
    kinds: Vec<&'a str>,
    fields: Vec<String>,
    values: Vec<Vec<u8>>,
    numbers: Vec<i64>,
}

impl<'a> Keys<'a> {
    fn push(&mut self, kind: &'a str, field: String, value: Vec<u8>, n: i64) {
        self.kinds.push(kind);
        self.fields.push(field);
        self.values.push(value);
        self.numbers.push(n);
    }

    /// Runs a statement with these rows between its beginning and its end.
    fn run(&self, work: &mut Work<'_>, begin: &str, end: &str) -> Result<(), Fault> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        let rows = "(SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[]) AS u (kind, field, value, n))";
        work.run(
            &format!("{begin} {rows} {end}"),
            &[&self.kinds, &self.fields, &self.values, &self.numbers],
        )?;
        Ok(())
    }
}

/// Writes the numbers of records where lists find them.
pub(crate) fn number<'a>(
    work: &mut Work<'_>,
    numbered: impl Iterator<Item = (&'a Key, Option<i64>)>,
) -> Result<(), Fault> {
    let (keys, numbers): (Vec<&Key>, Vec<Option<i64>>) = numbered.unzip();
    if keys.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Key) -> &Name| keys.iter().map(|key| of(key).as_str()).collect::<Vec<_>>();
    work.run(
        "UPDATE record r SET n = k.n FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS k (owner, kind, id, n)
         WHERE r.owner = k.owner AND r.kind = k.kind AND r.id = k.id",
        &[
            &column(|key| &key.owner),
            &column(|key| &key.kind),
            &column(|key| &key.id),
            &numbers,
        ],
    )?;
    Ok(())
}

pub(crate) fn stamp(work: &mut Work<'_>, kind: &Name) -> Result<Option<String>, Fault> {
    let sql = "SELECT stamp FROM stamp WHERE kind = $1";
    Ok(work.all(sql, &[&kind.as_str()], |row| get(row, 0))?.pop())
}

pub(crate) fn set_stamp(work: &mut Work<'_>, kind: &Name, stamp: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO stamp (kind, stamp) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET stamp = $2";
    work.run(sql, &[&kind.as_str(), &stamp])?;
    Ok(())
}

/// Replaces the index of records that are at the version given with it.
pub(crate) fn index(work: &mut Work<'_>, entries: &[(Key, u32, Index)]) -> Result<(), Fault> {
    // Nobody else writes these records meanwhile.
    lock_chains(work, &entries.iter().map(|(key, ..)| &key.owner).collect())?;
    let keys: Vec<&Key> = entries.iter().map(|(key, ..)| key).collect();
    let before = read::places(work, &keys)?;
    let is_current = |key: &Key, version: u32| before.get(key).is_some_and(|place| place.version == version);
    let current: BTreeMap<&Key, &Index> = entries
        .iter()
        .filter(|(key, version, _)| is_current(key, *version))
        .map(|(key, _, index)| (key, index))
        .collect();
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
    let numbers = replace(work, &indexed, &before)?;
    number(work, indexed.iter().map(|now| &now.key).zip(numbers))
}
