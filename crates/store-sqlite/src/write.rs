//! Statements that write. Each function runs inside its caller's transaction.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use store::{Change, Event, Fault, Key, Name, Row, Strikes, Token, Written, canonical, sha256};

use crate::read;

const INSERT_EVENT: &str =
    "INSERT INTO event (owner, seq, at, actor, action, detail, written, erased, blobs, seal)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const INSERT_VERSION: &str =
    "INSERT INTO version (owner, kind, id, version, parent, state, body, sha256, event)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const PUT_RECORD: &str =
    "INSERT INTO record (owner, kind, id, version, parent, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (owner, kind, id) DO UPDATE SET version = ?4, parent = ?5, state = ?6";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const PUT_CHAIN: &str = "INSERT INTO chain (owner, seq, seal) VALUES (?1, ?2, ?3)
    ON CONFLICT (owner) DO UPDATE SET seq = ?2, seal = ?3";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = ?1 AND kind = ?2 AND id = ?3 AND version = ?4";

pub(crate) fn commit(transaction: &Transaction<'_>, change: &Change) -> Result<Event, Fault> {
    let owner = &change.owner;
    let last = read::last_event(transaction, owner)?;
    let (seq, at) = last
        .as_ref()
        .map_or((1, change.at), |last| (last.seq + 1, change.at.max(last.at)));
    let mut written = Vec::with_capacity(change.drafts.len());
    for draft in &change.drafts {
        let key = Key {
            owner: owner.clone(),
            kind: draft.kind.clone(),
            id: draft.id.clone(),
        };
        let found = read::newest_number(transaction, &key)?;
        if found != draft.expected {
            return Err(Fault::Conflict {
                key,
                expected: draft.expected,
                found,
            });
        }
        let body = canonical(&draft.body);
        let entry = Written {
            kind: draft.kind.clone(),
            id: draft.id.clone(),
            version: found + 1,
            parent: draft.parent.clone(),
            state: draft.state.clone(),
            sha256: sha256(body.as_bytes()),
        };
        insert_version(transaction, owner, &entry, Some(&body), seq)?;
        put_record(
            transaction,
            &key,
            entry.version,
            entry.parent.as_ref(),
            entry.state.as_ref(),
        )?;
        written.push(entry);
    }
    let mut erased = Vec::with_capacity(change.erase.len());
    for (key, version) in &change.erase {
        run(
            transaction,
            ERASE,
            params![owner.as_str(), key.kind.as_str(), key.id.as_str(), version],
        )?;
        erased.push((key.kind.clone(), key.id.clone(), *version));
    }
    for blob in &change.blobs {
        run(
            transaction,
            PUT_BLOB,
            params![owner.as_str(), blob.sha256, blob.bytes],
        )?;
    }
    let mut event = Event {
        owner: owner.clone(),
        seq,
        at,
        actor: change.actor.clone(),
        action: change.action.clone(),
        detail: change.detail.clone(),
        written,
        erased,
        blobs: change.blobs.iter().map(|blob| blob.sha256.clone()).collect(),
        seal: String::new(),
    };
    event.seal = event.seal_after(last.as_ref().map(|last| last.seal.as_str()));
    insert_event(transaction, &event)?;
    put_chain(transaction, owner, seq, &event.seal)?;
    Ok(event)
}

pub(crate) fn load(
    transaction: &Transaction<'_>,
    rows: &mut dyn Iterator<Item = Result<Row, Fault>>,
) -> Result<(), Fault> {
    let empty: bool = transaction
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM chain)", [], |row| row.get(0))
        .map_err(Fault::engine)?;
    if !empty {
        return Err(Fault::NotEmpty);
    }
    for row in rows {
        match row? {
            Row::Head(head) => put_chain(transaction, &head.owner, head.seq, &head.seal)?,
            Row::Event(event) => insert_event(transaction, &event)?,
            Row::Version(version) => {
                let written = Written {
                    kind: version.key.kind,
                    id: version.key.id,
                    version: version.version,
                    parent: version.parent,
                    state: version.state,
                    sha256: version.sha256,
                };
                let body = version.body.as_ref().map(canonical);
                insert_version(
                    transaction,
                    &version.key.owner,
                    &written,
                    body.as_deref(),
                    version.event,
                )?;
            }
            Row::Listed {
                key,
                version,
                parent,
                state,
            } => put_record(transaction, &key, version, parent.as_ref(), state.as_ref())?,
            Row::Blob { owner, sha256, bytes } => {
                run(transaction, PUT_BLOB, params![owner.as_str(), sha256, bytes])?;
            }
        }
    }
    Ok(())
}

fn insert_event(transaction: &Transaction<'_>, event: &Event) -> Result<(), Fault> {
    let list = |value: &serde_json::Result<serde_json::Value>| -> Result<String, Fault> {
        value
            .as_ref()
            .map(canonical)
            .map_err(|error| Fault::Corrupt(error.to_string()))
    };
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
            list(&serde_json::to_value(&event.written))?,
            list(&serde_json::to_value(&event.erased))?,
            list(&serde_json::to_value(&event.blobs))?,
            event.seal,
        ],
    )
}

fn insert_version(
    transaction: &Transaction<'_>,
    owner: &Name,
    written: &Written,
    body: Option<&str>,
    event: u64,
) -> Result<(), Fault> {
    run(
        transaction,
        INSERT_VERSION,
        params![
            owner.as_str(),
            written.kind.as_str(),
            written.id.as_str(),
            written.version,
            written.parent.as_ref().map(Name::as_str),
            written.state.as_ref().map(Name::as_str),
            body,
            written.sha256,
            event,
        ],
    )
}

fn put_record(
    transaction: &Transaction<'_>,
    key: &Key,
    version: u32,
    parent: Option<&Name>,
    state: Option<&Name>,
) -> Result<(), Fault> {
    run(
        transaction,
        PUT_RECORD,
        params![
            key.owner.as_str(),
            key.kind.as_str(),
            key.id.as_str(),
            version,
            parent.map(Name::as_str),
            state.map(Name::as_str),
        ],
    )
}

fn put_chain(transaction: &Transaction<'_>, owner: &Name, seq: u64, seal: &str) -> Result<(), Fault> {
    run(transaction, PUT_CHAIN, params![owner.as_str(), seq, seal])
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
    let taken = transaction
        .execute("DELETE FROM token WHERE hash = ?1", [hash])
        .map_err(Fault::engine)?;
    Ok(taken == 1)
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
    let count = transaction
        .query_row(
            "INSERT INTO strike (name, count, last) VALUES (?1, 1, ?2)
             ON CONFLICT (name) DO UPDATE SET count = count + 1, last = ?2 RETURNING count",
            params![name, now.as_microsecond()],
            |row| row.get(0),
        )
        .optional()
        .map_err(Fault::engine)?
        .unwrap_or(1);
    Ok(Strikes { count, last: now })
}

pub(crate) fn clear_strikes(transaction: &Transaction<'_>, name: &str) -> Result<(), Fault> {
    run(transaction, "DELETE FROM strike WHERE name = ?1", params![name])
}

fn run(transaction: &Transaction<'_>, sql: &str, values: impl rusqlite::Params) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached(sql).map_err(Fault::engine)?;
    statement.execute(values).map_err(Fault::engine)?;
    Ok(())
}
