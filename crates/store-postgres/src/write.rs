//! Statements that write. Each function runs inside its caller's transaction.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use store::{Change, Event, Fault, Key, Name, Row, Strikes, Token, Version, canonical};

use crate::work::Work;
use crate::{index, jobs, read};

/// How many rows one statement writes.
const MANY: usize = 4_000;

const PUT_CHAIN: &str = "INSERT INTO chain (owner, seq, seal) VALUES ($1, $2, $3)
    ON CONFLICT (owner) DO UPDATE SET seq = $2, seal = $3";
const INSERT_EVENT: &str =
    "INSERT INTO event (owner, seq, at, actor, action, detail, written, erased, blobs, seal)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const INSERT_VERSIONS: &str =
    "INSERT INTO version (owner, kind, id, version, parent, state, body, sha256, event)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::bigint[])";
const PUT_RECORDS: &str = "INSERT INTO record (owner, kind, id, version, parent, state)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    ON CONFLICT (owner, kind, id) DO UPDATE
    SET version = EXCLUDED.version, parent = EXCLUDED.parent, state = EXCLUDED.state";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = $1 AND kind = $2 AND id = $3 AND version = $4";

pub(crate) fn commit(work: &mut Work<'_>, change: &Change) -> Result<Event, Fault> {
    hold_chain(work, &change.owner)?;
    let last = read::last_link(work, &change.owner)?;
    let drafted: Vec<Key> = change
        .drafts
        .iter()
        .map(|draft| Key {
            owner: change.owner.clone(),
            kind: draft.kind.clone(),
            id: draft.id.clone(),
        })
        .collect();
    let erased = change.erase.iter().map(|(key, _)| key);
    let keys: Vec<&Key> = drafted.iter().chain(erased).collect();
    let before = if keys.is_empty() {
        HashMap::new()
    } else {
        read::places(work, &keys)?
    };
    let newest = |key: &Key| before.get(key).map_or(0, |place| place.version);
    let event = Event::after(last.as_ref(), change, |key| Ok(newest(key)))?;
    let indexed = event.indexed(change, newest);
    let numbers = index::replace(work, &indexed, &before)?;
    put_all(work, &mut event.rows(change).map(Ok))?;
    for (kind, id, version) in &event.erased {
        work.run(
            ERASE,
            &[
                &event.owner.as_str(),
                &kind.as_str(),
                &id.as_str(),
                &i64::from(*version),
            ],
        )?;
    }
    index::number(work, &indexed, &numbers, &before)?;
    for job in &change.jobs {
        jobs::put(work, job)?;
    }
    Ok(event)
}

/// Waits until no other transaction writes to a chain, and keeps others waiting until this one ends.
fn hold_chain(work: &mut Work<'_>, owner: &Name) -> Result<(), Fault> {
    work.run(
        "INSERT INTO chain (owner, seq, seal) VALUES ($1, 0, '') ON CONFLICT DO NOTHING",
        &[&owner.as_str()],
    )?;
    work.run(
        "SELECT 1 FROM chain WHERE owner = $1 FOR UPDATE",
        &[&owner.as_str()],
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
    put_all(work, rows)
}

fn put_all(work: &mut Work<'_>, rows: &mut dyn Iterator<Item = Result<Row, Fault>>) -> Result<(), Fault> {
    loop {
        let some: Vec<Row> = (&mut *rows).take(MANY).collect::<Result<_, _>>()?;
        if some.is_empty() {
            return Ok(());
        }
        put(work, &some)?;
    }
}

/// Writes rows: versions and places in lists, of which there may be many, in one statement each.
fn put(work: &mut Work<'_>, rows: &[Row]) -> Result<(), Fault> {
    let mut versions = vec![];
    let mut listed = BTreeMap::new();
    for row in rows {
        match row {
            Row::Version(version) => versions.push(version),
            // Of a record that was written twice, the last place holds.
            Row::Listed {
                key,
                version,
                parent,
                state,
            } => {
                listed.insert(key, (*version, parent, state));
            }
            Row::Head(head) => {
                work.run(PUT_CHAIN, &[&head.owner.as_str(), &number(head.seq)?, &head.seal])?;
            }
            Row::Event(event) => {
                work.run(
                    INSERT_EVENT,
                    &[
                        &event.owner.as_str(),
                        &number(event.seq)?,
                        &event.at.as_microsecond(),
                        &event.actor.as_str(),
                        &event.action.as_str(),
                        &canonical(&event.detail),
                        &json(&event.written)?,
                        &json(&event.erased)?,
                        &json(&event.blobs)?,
                        &event.seal,
                    ],
                )?;
            }
            Row::Blob { owner, sha256, bytes } => {
                work.run(PUT_BLOB, &[&owner.as_str(), sha256, bytes])?;
            }
        }
    }
    put_versions(work, &versions)?;
    put_records(work, &listed)
}

fn put_versions(work: &mut Work<'_>, versions: &[&Version]) -> Result<(), Fault> {
    if versions.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Version) -> &str| versions.iter().map(|version| of(version)).collect::<Vec<_>>();
    let maybe =
        |of: fn(&Version) -> Option<&str>| versions.iter().map(|version| of(version)).collect::<Vec<_>>();
    let numbers: Vec<i64> = versions
        .iter()
        .map(|version| i64::from(version.version))
        .collect();
    let bodies: Vec<Option<String>> = versions
        .iter()
        .map(|version| version.body.as_ref().map(canonical))
        .collect();
    let events: Vec<i64> = versions
        .iter()
        .map(|version| number(version.event))
        .collect::<Result<_, _>>()?;
    work.run(
        INSERT_VERSIONS,
        &[
            &column(|version| version.key.owner.as_str()),
            &column(|version| version.key.kind.as_str()),
            &column(|version| version.key.id.as_str()),
            &numbers,
            &maybe(|version| version.parent.as_ref().map(Name::as_str)),
            &maybe(|version| version.state.as_ref().map(Name::as_str)),
            &bodies,
            &column(|version| &version.sha256),
            &events,
        ],
    )?;
    Ok(())
}

type Listed<'a> = BTreeMap<&'a Key, (u32, &'a Option<Name>, &'a Option<Name>)>;

fn put_records(work: &mut Work<'_>, listed: &Listed<'_>) -> Result<(), Fault> {
    if listed.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Key) -> &Name| listed.keys().map(|key| of(key).as_str()).collect::<Vec<_>>();
    let versions: Vec<i64> = listed.values().map(|(version, ..)| i64::from(*version)).collect();
    let parents: Vec<Option<&str>> = listed
        .values()
        .map(|(_, parent, _)| parent.as_ref().map(Name::as_str))
        .collect();
    let states: Vec<Option<&str>> = listed
        .values()
        .map(|(.., state)| state.as_ref().map(Name::as_str))
        .collect();
    work.run(
        PUT_RECORDS,
        &[
            &column(|key| &key.owner),
            &column(|key| &key.kind),
            &column(|key| &key.id),
            &versions,
            &parents,
            &states,
        ],
    )?;
    Ok(())
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

pub(crate) fn strike(work: &mut Work<'_>, name: &str, now: Timestamp) -> Result<Strikes, Fault> {
    work.run(
        "INSERT INTO strike (name, count, last) VALUES ($1, 1, $2)
         ON CONFLICT (name) DO UPDATE SET count = strike.count + 1, last = $2",
        &[&name.as_bytes(), &now.as_microsecond()],
    )?;
    read::strikes(work, name)?.ok_or_else(|| Fault::Corrupt("strike".into()))
}

pub(crate) fn clear_strikes(work: &mut Work<'_>, name: &str) -> Result<(), Fault> {
    work.run("DELETE FROM strike WHERE name = $1", &[&name.as_bytes()])?;
    Ok(())
}

/// PostgreSQL's whole numbers are signed.
fn number(value: u64) -> Result<i64, Fault> {
    i64::try_from(value).map_err(Fault::engine)
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
