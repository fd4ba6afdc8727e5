//! Statements that write. Each function runs inside its caller's transaction.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use store::{Change, Event, Fault, Key, Name, Row, Strikes, Token, canonical};

use crate::read::{self, changed, run};
use crate::{index, jobs};

const PUT_CHAIN: &str = "INSERT INTO chain (owner, seq, seal) VALUES (?1, ?2, ?3)
    ON CONFLICT (owner) DO UPDATE SET seq = ?2, seal = ?3";
const INSERT_EVENT: &str =
    "INSERT INTO event (owner, seq, at, actor, action, detail, written, erased, blobs, seal)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const INSERT_VERSION: &str =
    "INSERT INTO version (owner, kind, id, version, parent, state, body, sha256, event)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const PUT_RECORD: &str =
    "INSERT INTO record (owner, kind, id, version, parent, state, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (owner, kind, id) DO UPDATE SET version = ?4, parent = ?5, state = ?6, n = ?7";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = ?1 AND kind = ?2 AND id = ?3 AND version = ?4";

pub(crate) fn commit(transaction: &Transaction<'_>, change: &Change) -> Result<Event, Fault> {
    let last = read::last_link(transaction, &change.owner)?;
    let mut before = HashMap::with_capacity(change.drafts.len());
    let event = Event::after(last.as_ref(), change, |key| {
        let Some(place) = read::place(transaction, key)? else {
            return Ok(0);
        };
        Ok(before.entry(key.clone()).or_insert(place).version)
    })?;
    let indexed = event.indexed(change, |key| before.get(key).map_or(0, |place| place.version));
    let numbers = index::replace(transaction, &indexed, &before)?;
    let numbers: HashMap<&Key, Option<i64>> = indexed.iter().map(|now| &now.key).zip(numbers).collect();
    for row in event.rows(change) {
        put(transaction, &row, &|key| numbers.get(key).copied().flatten())?;
    }
    for (key, _) in &change.erase {
        if let Some(n) = numbers.get(key) {
            index::number(transaction, key, *n)?;
        }
    }
    for job in &change.jobs {
        jobs::put(transaction, job)?;
    }
    for (kind, id, version) in &event.erased {
        run(
            transaction,
            ERASE,
            params![event.owner.as_str(), kind.as_str(), id.as_str(), version],
        )?;
    }
    Ok(event)
}

pub(crate) fn load(
    transaction: &Transaction<'_>,
    rows: &mut dyn Iterator<Item = Result<Row, Fault>>,
) -> Result<(), Fault> {
    if !read::is_empty(transaction)? {
        return Err(Fault::NotEmpty);
    }
    for row in rows {
        put(transaction, &row?, &|_| None)?;
    }
    Ok(())
}

/// Writes a row. `number` gives the number of a record in the index.
fn put(transaction: &Transaction<'_>, row: &Row, number: &dyn Fn(&Key) -> Option<i64>) -> Result<(), Fault> {
    match row {
        Row::Head(head) => run(
            transaction,
            PUT_CHAIN,
            params![head.owner.as_str(), head.seq, head.seal],
        ),
        Row::Event(event) => run(
            transaction,
            INSERT_EVENT,
            params![
                event.owner.as_str(),
                event.seq,
                event.at.as_microsecond(),
                event.actor.as_str(),
                event.action.as_str(),
                canonical(&event.detail),
                json(&event.written)?,
                json(&event.erased)?,
                json(&event.blobs)?,
                event.seal,
            ],
        ),
        Row::Version(version) => run(
            transaction,
            INSERT_VERSION,
            params![
                version.key.owner.as_str(),
                version.key.kind.as_str(),
                version.key.id.as_str(),
                version.version,
                version.parent.as_ref().map(Name::as_str),
                version.state.as_ref().map(Name::as_str),
                version.body.as_ref().map(canonical),
                version.sha256,
                version.event,
            ],
        ),
        Row::Listed {
            key,
            version,
            parent,
            state,
        } => run(
            transaction,
            PUT_RECORD,
            params![
                key.owner.as_str(),
                key.kind.as_str(),
                key.id.as_str(),
                version,
                parent.as_ref().map(Name::as_str),
                state.as_ref().map(Name::as_str),
                number(key),
            ],
        ),
        Row::Blob { owner, sha256, bytes } => {
            run(transaction, PUT_BLOB, params![owner.as_str(), sha256, bytes])
        }
    }
}

pub(crate) fn put_token(transaction: &Transaction<'_>, token: &Token) -> Result<(), Fault> {
    run(
        transaction,
        "INSERT INTO token (hash, purpose, account, created, seen, expires, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            token.hash,
            token.purpose.as_str(),
            token.account.as_str(),
            token.created.as_microsecond(),
            token.seen.as_microsecond(),
            token.expires.as_microsecond(),
            token.note,
        ],
    )
}

pub(crate) fn touch_token(
    transaction: &Transaction<'_>,
    hash: &str,
    seen: Timestamp,
    expires: Timestamp,
) -> Result<(), Fault> {
    run(
        transaction,
        "UPDATE token SET seen = ?2, expires = ?3 WHERE hash = ?1",
        params![hash, seen.as_microsecond(), expires.as_microsecond()],
    )
}

pub(crate) fn take_token(transaction: &Transaction<'_>, hash: &str) -> Result<bool, Fault> {
    Ok(changed(transaction, "DELETE FROM token WHERE hash = ?1", [hash])? == 1)
}

pub(crate) fn clear_tokens(
    transaction: &Transaction<'_>,
    account: Option<&Name>,
    now: Timestamp,
) -> Result<(), Fault> {
    run(
        transaction,
        "DELETE FROM token WHERE expires <= ?2 OR account = ?1",
        params![account.map(Name::as_str), now.as_microsecond()],
    )
}

pub(crate) fn strike(transaction: &Transaction<'_>, name: &str, now: Timestamp) -> Result<Strikes, Fault> {
    run(
        transaction,
        "INSERT INTO strike (name, count, last) VALUES (?1, 1, ?2)
         ON CONFLICT (name) DO UPDATE SET count = count + 1, last = ?2",
        params![name, now.as_microsecond()],
    )?;
    read::strikes(transaction, name)?.ok_or_else(|| Fault::Corrupt("strike".into()))
}

pub(crate) fn clear_strikes(transaction: &Transaction<'_>, name: &str) -> Result<(), Fault> {
    run(transaction, "DELETE FROM strike WHERE name = ?1", params![name])
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
