//! Statements that write. Each function runs inside its caller's transaction.

use jiff::Timestamp;
use store::{Change, Event, Fault, Name, Row, Strikes, Token, canonical};

use crate::read;
use crate::work::Work;

const PUT_CHAIN: &str = "INSERT INTO chain (owner, seq, seal) VALUES ($1, $2, $3)
    ON CONFLICT (owner) DO UPDATE SET seq = $2, seal = $3";
const INSERT_EVENT: &str =
    "INSERT INTO event (owner, seq, at, actor, action, detail, written, erased, blobs, seal)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const INSERT_VERSION: &str =
    "INSERT INTO version (owner, kind, id, version, parent, state, body, sha256, event)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const PUT_RECORD: &str =
    "INSERT INTO record (owner, kind, id, version, parent, state) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (owner, kind, id) DO UPDATE SET version = $4, parent = $5, state = $6";
const PUT_BLOB: &str = "INSERT INTO blob (owner, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const ERASE: &str =
    "UPDATE version SET body = NULL WHERE owner = $1 AND kind = $2 AND id = $3 AND version = $4";

pub(crate) fn commit(work: &mut Work<'_>, change: &Change) -> Result<Event, Fault> {
    hold_chain(work, &change.owner)?;
    let last = read::last_event(work, &change.owner)?;
    let event = Event::after(last.as_ref(), change, |key| read::newest_number(work, key))?;
    for row in event.rows(change) {
        put(work, &row)?;
    }
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
    for row in rows {
        put(work, &row?)?;
    }
    Ok(())
}

fn put(work: &mut Work<'_>, row: &Row) -> Result<(), Fault> {
    match row {
        Row::Head(head) => work.run(PUT_CHAIN, &[&head.owner.as_str(), &number(head.seq)?, &head.seal]),
        Row::Event(event) => work.run(
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
        ),
        Row::Version(version) => work.run(
            INSERT_VERSION,
            &[
                &version.key.owner.as_str(),
                &version.key.kind.as_str(),
                &version.key.id.as_str(),
                &i64::from(version.version),
                &version.parent.as_ref().map(Name::as_str),
                &version.state.as_ref().map(Name::as_str),
                &version.body.as_ref().map(canonical),
                &version.sha256,
                &number(version.event)?,
            ],
        ),
        Row::Listed {
            key,
            version,
            parent,
            state,
        } => work.run(
            PUT_RECORD,
            &[
                &key.owner.as_str(),
                &key.kind.as_str(),
                &key.id.as_str(),
                &i64::from(*version),
                &parent.as_ref().map(Name::as_str),
                &state.as_ref().map(Name::as_str),
            ],
        ),
        Row::Blob { owner, sha256, bytes } => work.run(PUT_BLOB, &[&owner.as_str(), sha256, bytes]),
    }?;
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
