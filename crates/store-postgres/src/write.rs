//! Statements that write. Each function runs inside its caller's transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use store::{
    Blob, Change, Entry, Event, Fault, Head, Indexed, Key, Name, Place, Row, Strikes, Token, Unsent,
    canonical,
};

use crate::work::Work;
use crate::{index, jobs, read};

/// How many rows one statement writes.
const MANY: usize = 4_000;

const PUT_CHAINS: &str = "INSERT INTO chain (owner, seq, seal)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
    ON CONFLICT (owner) DO UPDATE SET seq = EXCLUDED.seq, seal = EXCLUDED.seal";
const INSERT_EVENTS: &str =
    "INSERT INTO event (owner, seq, at, actor, action, detail, written, erased, blobs, seal)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::text[])";
const INSERT_VERSIONS: &str =
    "INSERT INTO version (owner, kind, id, version, parent, state, body, sha256, event)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::bigint[])";
const PUT_RECORDS: &str = "INSERT INTO record (owner, kind, id, version, parent, state, n)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
    ON CONFLICT (owner, kind, id) DO UPDATE
    SET version = EXCLUDED.version, parent = EXCLUDED.parent, state = EXCLUDED.state, n = EXCLUDED.n";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = $1 AND kind = $2 AND id = $3 AND version = $4";

pub(crate) fn commit_all(work: &mut Work<'_>, changes: &[Change]) -> Result<Vec<Event>, Fault> {
    // All of them before anything is written: whoever waits for a chain holds nothing that the one who has it may need.
    hold_chains(work, &changes.iter().map(|change| &change.owner).collect())?;
    let mut events = Vec::with_capacity(changes.len());
    for run in Change::runs(changes) {
        events.extend(commit(work, run)?);
    }
    Ok(events)
}

/// Writes changes of which each is another owner's, whose chains are held.
fn commit(work: &mut Work<'_>, changes: &[Change]) -> Result<Vec<Event>, Fault> {
    let links = read::last_links(work, changes.iter().map(|change| &change.owner))?;
    let drafted: Vec<Key> = changes.iter().flat_map(drafted).collect();
    let erased = changes.iter().flat_map(|change| &change.erase);
    let keys: Vec<&Key> = drafted.iter().chain(erased.map(|(key, _)| key)).collect();
    let before = read::places(work, &keys)?;
    let newest = |key: &Key| before.get(key).map_or(0, |place| place.version);
    let mut events = Vec::with_capacity(changes.len());
    for change in changes {
        events.push(Event::after(links.get(&change.owner), change, |key| {
            Ok(newest(key))
        })?);
    }
    let written = events.iter().zip(changes);
    let indexed: Vec<Indexed<'_>> = written
        .flat_map(|((event, _), change)| event.indexed(change, newest))
        .collect();
    let numbers = index::replace(work, &indexed, &before)?;
    let heads: Vec<Head> = events.iter().map(|(event, _)| event.head()).collect();
    put_heads(work, &heads)?;
    put_events(work, &events.iter().map(|(event, _)| event).collect::<Vec<_>>())?;
    // A record is written with its number at once: to write it again would cost every index on it again.
    let names = indexed.iter().map(|now| now.key.names());
    let numbered: HashMap<_, Option<i64>> = names.zip(numbers).collect();
    let entries: Vec<Entry<'_>> = events
        .iter()
        .flat_map(|(event, texts)| event.entries(texts))
        .collect();
    for entries in entries.chunks(MANY) {
        put_versions(work, entries)?;
        let places = entries
            .iter()
            .map(|Entry { place, .. }| (*place, numbered.get(&place.names()).copied().flatten()));
        put_places(work, places)?;
    }
    for change in changes {
        for Blob { sha256, bytes } in &change.blobs {
            put_blob(work, &change.owner, sha256, bytes)?;
        }
    }
    for (event, _) in &events {
        for (kind, id, version) in &event.erased {
            let owner = event.owner.as_str();
            let version = i64::from(*version);
            work.run(ERASE, &[&owner, &kind.as_str(), &id.as_str(), &version])?;
        }
    }
    let forgotten = changes.iter().flat_map(|change| &change.erase);
    let forgotten = forgotten.filter_map(|(key, _)| Some((key, *numbered.get(&key.names())?)));
    index::number(work, forgotten)?;
    for job in changes.iter().flat_map(|change| &change.jobs) {
        jobs::put(work, job)?;
    }
    Ok(events.into_iter().map(|(event, _)| event).collect())
}

/// The records that a change writes.
fn drafted(change: &Change) -> impl Iterator<Item = Key> {
    change.drafts.iter().map(|draft| Key {
        owner: change.owner.clone(),
        kind: draft.kind.clone(),
        id: draft.id.clone(),
    })
}

/// Waits until no other transaction writes to these chains, which may be new, and keeps others waiting until this one ends.
fn hold_chains(work: &mut Work<'_>, owners: &BTreeSet<&Name>) -> Result<(), Fault> {
    let names: Vec<&str> = owners.iter().map(|owner| owner.as_str()).collect();
    work.run(
        "INSERT INTO chain (owner, seq, seal) SELECT owner, 0, '' FROM unnest($1::text[]) AS new (owner)
         ON CONFLICT DO NOTHING",
        &[&names],
    )?;
    lock_chains(work, owners)
}

/// The same of chains that stand. In their order, so that two who do this do not wait for each other.
pub(crate) fn lock_chains(work: &mut Work<'_>, owners: &BTreeSet<&Name>) -> Result<(), Fault> {
    let names: Vec<&str> = owners.iter().map(|owner| owner.as_str()).collect();
    work.run(
        "SELECT 1 FROM chain WHERE owner = ANY ($1::text[]) ORDER BY owner FOR UPDATE",
        &[&names],
    )?;
    Ok(())
}

pub(crate) fn load(
    work: &mut Work<'_>,
    rows: &mut dyn Iterator<Item = Result<Row, Fault>>,
) -> Result<(), Fault> {
    // Whoever writes, or loads too, waits.
    work.run("LOCK TABLE chain IN SHARE ROW EXCLUSIVE MODE", &[])?;
    if !read::is_empty(work)? {
        return Err(Fault::NotEmpty);
    }
    loop {
        let some: Vec<Row> = (&mut *rows).take(MANY).collect::<Result<_, _>>()?;
        if some.is_empty() {
            return Ok(());
        }
        put(work, &some)?;
    }
}

/// Writes rows: of those of which there may be many, in one statement each.
fn put(work: &mut Work<'_>, rows: &[Row]) -> Result<(), Fault> {
    let (mut heads, mut events, mut versions, mut places) = (vec![], vec![], vec![], vec![]);
    for row in rows {
        match row {
            Row::Version(version) => versions.push(Entry::from(version)),
            Row::Listed {
                key,
                version,
                parent,
                state,
            } => {
                let place = Place {
                    owner: &key.owner,
                    kind: &key.kind,
                    id: &key.id,
                    version: *version,
                    parent: parent.as_ref(),
                    state: state.as_ref(),
                };
                places.push((place, None));
            }
            Row::Head(head) => heads.push(head.clone()),
            Row::Event(event) => events.push(event),
            Row::Blob { owner, sha256, bytes } => put_blob(work, owner, sha256, bytes)?,
        }
    }
    put_heads(work, &heads)?;
    put_events(work, &events)?;
    put_versions(work, &versions)?;
    put_places(work, places.into_iter())
}

fn put_heads(work: &mut Work<'_>, heads: &[Head]) -> Result<(), Fault> {
    if heads.is_empty() {
        return Ok(());
    }
    let owners: Vec<&str> = heads.iter().map(|head| head.owner.as_str()).collect();
    let seals: Vec<&str> = heads.iter().map(|head| head.seal.as_str()).collect();
    let numbers: Vec<i64> = heads
        .iter()
        .map(|head| number(head.seq))
        .collect::<Result<_, _>>()?;
    work.run(PUT_CHAINS, &[&owners, &numbers, &seals])?;
    Ok(())
}

fn put_events(work: &mut Work<'_>, events: &[&Event]) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    let names = |of: fn(&Event) -> &Name| events.iter().map(|event| of(event).as_str()).collect::<Vec<_>>();
    let (owners, actors) = (names(|event| &event.owner), names(|event| &event.actor));
    let actions = names(|event| &event.action);
    let numbers: Vec<i64> = events
        .iter()
        .map(|event| number(event.seq))
        .collect::<Result<_, _>>()?;
    let times: Vec<i64> = events.iter().map(|event| event.at.as_microsecond()).collect();
    let details: Vec<String> = events.iter().map(|event| canonical(&event.detail)).collect();
    let written: Vec<String> = events
        .iter()
        .map(|event| json(&event.written))
        .collect::<Result<_, _>>()?;
    let erased: Vec<String> = events
        .iter()
        .map(|event| json(&event.erased))
        .collect::<Result<_, _>>()?;
    let blobs: Vec<String> = events
        .iter()
        .map(|event| json(&event.blobs))
        .collect::<Result<_, _>>()?;
    let seals: Vec<&str> = events.iter().map(|event| event.seal.as_str()).collect();
    work.run(
        INSERT_EVENTS,
        &[
            &owners, &numbers, &times, &actors, &actions, &details, &written, &erased, &blobs, &seals,
        ],
    )?;
    Ok(())
}

fn put_blob(work: &mut Work<'_>, owner: &Name, sha256: &str, bytes: &[u8]) -> Result<(), Fault> {
    work.run(PUT_BLOB, &[&owner.as_str(), &sha256, &bytes])?;
    Ok(())
}

fn put_versions(work: &mut Work<'_>, entries: &[Entry<'_>]) -> Result<(), Fault> {
    if entries.is_empty() {
        return Ok(());
    }
    let places: Vec<Place<'_>> = entries.iter().map(|entry| entry.place).collect();
    let bodies: Vec<Option<&str>> = entries.iter().map(|entry| entry.body.as_deref()).collect();
    let hashes: Vec<&str> = entries.iter().map(|entry| entry.sha256).collect();
    let events: Vec<i64> = entries
        .iter()
        .map(|entry| number(entry.event))
        .collect::<Result<_, _>>()?;
    let Columns {
        owners,
        kinds,
        ids,
        versions,
        parents,
        states,
    } = Columns::of(&places);
    work.run(
        INSERT_VERSIONS,
        &[
            &owners, &kinds, &ids, &versions, &parents, &states, &bodies, &hashes, &events,
        ],
    )?;
    Ok(())
}

/// Writes where records stand in lists, and their numbers in the index.
fn put_places<'a>(
    work: &mut Work<'_>,
    places: impl Iterator<Item = (Place<'a>, Option<i64>)>,
) -> Result<(), Fault> {
    // Of a record that was written twice, the last place holds.
    let last: BTreeMap<_, _> = places
        .map(|(place, n)| ((place.owner, place.kind, place.id), (place, n)))
        .collect();
    let (places, numbers): (Vec<Place<'_>>, Vec<Option<i64>>) = last.into_values().unzip();
    if places.is_empty() {
        return Ok(());
    }
    let Columns {
        owners,
        kinds,
        ids,
        versions,
        parents,
        states,
    } = Columns::of(&places);
    work.run(
        PUT_RECORDS,
        &[&owners, &kinds, &ids, &versions, &parents, &states, &numbers],
    )?;
    Ok(())
}

/// Places, a column each.
struct Columns<'a> {
    owners: Vec<&'a str>,
    kinds: Vec<&'a str>,
    ids: Vec<&'a str>,
    versions: Vec<i64>,
    parents: Vec<Option<&'a str>>,
    states: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(places: &[Place<'a>]) -> Self {
        Self {
            owners: places.iter().map(|place| place.owner.as_str()).collect(),
            kinds: places.iter().map(|place| place.kind.as_str()).collect(),
            ids: places.iter().map(|place| place.id.as_str()).collect(),
            versions: places.iter().map(|place| i64::from(place.version)).collect(),
            parents: places
                .iter()
                .map(|place| place.parent.map(Name::as_str))
                .collect(),
            states: places.iter().map(|place| place.state.map(Name::as_str)).collect(),
        }
    }
}

pub(crate) fn put_token(work: &mut Work<'_>, token: &Token) -> Result<(), Fault> {
    work.run(
        "INSERT INTO token (hash, purpose, account, created, seen, expires, note) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &token.hash,
            &token.purpose.as_str(),
            &token.account.as_str(),
            &token.created.as_microsecond(),
            &token.seen.as_microsecond(),
            &token.expires.as_microsecond(),
            &token.note,
        ],
    )?;
    Ok(())
}

pub(crate) fn touch_token(
    work: &mut Work<'_>,
    hash: &str,
    seen: Timestamp,
    expires: Timestamp,
) -> Result<(), Fault> {
    work.run(
        "UPDATE token SET seen = $2, expires = $3 WHERE hash = $1",
        &[&hash, &seen.as_microsecond(), &expires.as_microsecond()],
    )?;
    Ok(())
}

pub(crate) fn take_token(work: &mut Work<'_>, hash: &str) -> Result<bool, Fault> {
    Ok(work.run("DELETE FROM token WHERE hash = $1", &[&hash])? == 1)
}

pub(crate) fn clear_tokens(work: &mut Work<'_>, account: Option<&Name>, now: Timestamp) -> Result<(), Fault> {
    work.run(
        "DELETE FROM token WHERE expires <= $2 OR account = $1",
        &[&account.map(Name::as_str), &now.as_microsecond()],
    )?;
    Ok(())
}

pub(crate) fn keep_unsent(work: &mut Work<'_>, unsent: &Unsent, most: u32) -> Result<(), Fault> {
    let account = unsent.account.as_str();
    work.run(
        "INSERT INTO unsent (account, form, version, at, fields) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account, form) DO UPDATE SET version = excluded.version, at = excluded.at, fields = excluded.fields",
        &[
            &account,
            &unsent.form,
            &i64::from(unsent.version),
            &unsent.at.as_microsecond(),
            &unsent.fields,
        ],
    )?;
    work.run(
        "DELETE FROM unsent WHERE account = $1 AND form NOT IN
         (SELECT form FROM unsent WHERE account = $1 ORDER BY at DESC, form LIMIT $2)",
        &[&account, &i64::from(most)],
    )?;
    Ok(())
}

pub(crate) fn drop_unsent(work: &mut Work<'_>, account: &Name, form: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM unsent WHERE account = $1 AND form = $2";
    work.run(sql, &[&account.as_str(), &form])?;
    Ok(())
}

pub(crate) fn clear_unsent(
    work: &mut Work<'_>,
    account: Option<&Name>,
    until: Timestamp,
) -> Result<(), Fault> {
    work.run(
        "DELETE FROM unsent WHERE at <= $2 OR account = $1",
        &[&account.map(Name::as_str), &until.as_microsecond()],
    )?;
    Ok(())
}

pub(crate) fn strike(work: &mut Work<'_>, name: &str, now: Timestamp) -> Result<Strikes, Fault> {
    work.run(
        "INSERT INTO strike (name, count, last) VALUES ($1, 1, $2)
         ON CONFLICT (name) DO UPDATE SET count = strike.count + 1, last = $2",
        &[&name.as_bytes(), &now.as_microsecond()],
    )?;
    read::strikes(work, name)?.ok_or_else(|| Fault::Corrupt("strike".into()))
}

pub(crate) fn clear_strikes(work: &mut Work<'_>, name: Option<&str>, until: Timestamp) -> Result<(), Fault> {
    work.run(
        "DELETE FROM strike WHERE name = $1 OR last <= $2",
        &[&name.map(str::as_bytes), &until.as_microsecond()],
    )?;
    Ok(())
}

/// PostgreSQL's whole numbers are signed.
fn number(value: u64) -> Result<i64, Fault> {
    i64::try_from(value).map_err(Fault::engine)
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
