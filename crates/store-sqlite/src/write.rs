//! Statements that write. Each function runs inside its caller's transaction.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use store::{
    Blob, Change, Entry, Event, Fault, Head, Indexed, Key, Name, Place, Row, Strikes, Token, Unsent,
    canonical,
};

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
    ON CONFLICT (kind, owner, id) DO UPDATE SET version = ?4, parent = ?5, state = ?6, n = ?7";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = ?1 AND kind = ?2 AND id = ?3 AND version = ?4";

pub(crate) fn commit_all(transaction: &Transaction<'_>, changes: &[Change]) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::with_capacity(changes.len());
    for run in Change::runs(changes) {
        events.extend(commit(transaction, run)?);
    }
    Ok(events)
}

/// Writes changes of which each is another owner's.
fn commit(transaction: &Transaction<'_>, changes: &[Change]) -> Result<Vec<Event>, Fault> {
    let mut before = HashMap::new();
    let mut events = Vec::with_capacity(changes.len());
    for change in changes {
        let last = read::last_link(transaction, &change.owner)?;
        events.push(Event::after(last.as_ref(), change, |key| {
            let Some(stands) = read::stands(transaction, key)? else {
                return Ok(0);
            };
            Ok(before.entry(key.clone()).or_insert(stands).version)
        })?);
    }
    let newest = |key: &Key| before.get(key).map_or(0, |stands| stands.version);
    let written = events.iter().zip(changes);
    let indexed: Vec<Indexed<'_>> = written
        .flat_map(|((event, _), change)| event.indexed(change, newest))
        .collect();
    index::replace(transaction, &indexed, &before, |numbers| {
        let keys = indexed.iter().map(|now| now.key.names());
        let numbered: HashMap<_, Option<i64>> = keys.zip(numbers.iter().copied()).collect();
        for (event, texts) in &events {
            for entry in event.entries(texts) {
                let n = numbered.get(&entry.place.names());
                put_version(transaction, &entry)?;
                put_place(transaction, &entry.place, n.copied().flatten())?;
            }
            put_head(transaction, &event.head())?;
            put_event(transaction, event)?;
        }
        for (key, _) in changes.iter().flat_map(|change| &change.erase) {
            if let Some(n) = numbered.get(&key.names()) {
                index::number(transaction, key, *n)?;
            }
        }
        Ok(())
    })?;
    for change in changes {
        for Blob { sha256, bytes } in &change.blobs {
            put_blob(transaction, &change.owner, sha256, bytes)?;
        }
        for job in &change.jobs {
            jobs::put(transaction, job)?;
        }
    }
    for (event, _) in &events {
        for (kind, id, version) in &event.erased {
            run(
                transaction,
                ERASE,
                params![event.owner.as_str(), kind.as_str(), id.as_str(), version],
            )?;
        }
    }
    Ok(events.into_iter().map(|(event, _)| event).collect())
}

pub(crate) fn load(
    transaction: &Transaction<'_>,
    rows: &mut dyn Iterator<Item = Result<Row, Fault>>,
) -> Result<(), Fault> {
    if !read::is_empty(transaction)? {
        return Err(Fault::NotEmpty);
    }
    for row in rows {
        match row? {
            Row::Head(head) => put_head(transaction, &head),
            Row::Event(event) => put_event(transaction, &event),
            Row::Version(version) => put_version(transaction, &Entry::from(&version)),
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
                    version,
                    parent: parent.as_ref(),
                    state: state.as_ref(),
                };
                put_place(transaction, &place, None)
            }
            Row::Blob { owner, sha256, bytes } => put_blob(transaction, &owner, &sha256, &bytes),
        }?;
    }
    Ok(())
}

fn put_head(transaction: &Transaction<'_>, head: &Head) -> Result<(), Fault> {
    run(
        transaction,
        PUT_CHAIN,
        params![head.owner.as_str(), head.seq, head.seal],
    )
}

fn put_event(transaction: &Transaction<'_>, event: &Event) -> Result<(), Fault> {
    run(
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
    )
}

fn put_version(transaction: &Transaction<'_>, entry: &Entry<'_>) -> Result<(), Fault> {
    let place = &entry.place;
    run(
        transaction,
        INSERT_VERSION,
        params![
            place.owner.as_str(),
            place.kind.as_str(),
            place.id.as_str(),
            place.version,
            place.parent.map(Name::as_str),
            place.state.map(Name::as_str),
            entry.body,
            entry.sha256,
            entry.event,
        ],
    )
}

/// Writes where a record stands in lists, and its number in the index.
fn put_place(transaction: &Transaction<'_>, place: &Place<'_>, n: Option<i64>) -> Result<(), Fault> {
    run(
        transaction,
        PUT_RECORD,
        params![
            place.owner.as_str(),
            place.kind.as_str(),
            place.id.as_str(),
            place.version,
            place.parent.map(Name::as_str),
            place.state.map(Name::as_str),
            n,
        ],
    )
}

fn put_blob(transaction: &Transaction<'_>, owner: &Name, sha256: &str, bytes: &[u8]) -> Result<(), Fault> {
    run(transaction, PUT_BLOB, params![owner.as_str(), sha256, bytes])
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

pub(crate) fn keep_unsent(transaction: &Transaction<'_>, unsent: &Unsent, most: u32) -> Result<(), Fault> {
    run(
        transaction,
        "INSERT INTO unsent (account, form, version, at, fields) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, form) DO UPDATE SET version = excluded.version, at = excluded.at, fields = excluded.fields",
        params![
            unsent.account.as_str(),
            unsent.form,
            unsent.version,
            unsent.at.as_microsecond(),
            unsent.fields,
        ],
    )?;
    run(
        transaction,
        "DELETE FROM unsent WHERE account = ?1 AND form NOT IN
         (SELECT form FROM unsent WHERE account = ?1 ORDER BY at DESC, form LIMIT ?2)",
        params![unsent.account.as_str(), most],
    )
}

pub(crate) fn drop_unsent(transaction: &Transaction<'_>, account: &Name, form: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM unsent WHERE account = ?1 AND form = ?2";
    run(transaction, sql, params![account.as_str(), form])
}

pub(crate) fn clear_unsent(
    transaction: &Transaction<'_>,
    account: Option<&Name>,
    until: Timestamp,
) -> Result<(), Fault> {
    run(
        transaction,
        "DELETE FROM unsent WHERE at <= ?2 OR account = ?1",
        params![account.map(Name::as_str), until.as_microsecond()],
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

pub(crate) fn clear_strikes(
    transaction: &Transaction<'_>,
    name: Option<&str>,
    until: Timestamp,
) -> Result<(), Fault> {
    run(
        transaction,
        "DELETE FROM strike WHERE name = ?1 OR last <= ?2",
        params![name, until.as_microsecond()],
    )
}

fn json(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
