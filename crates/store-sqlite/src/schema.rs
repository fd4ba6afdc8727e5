//! The schema and its steps. A step is never changed once it was released: expand first, contract in a later one.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use store::Fault;

use crate::{PATIENCE, fault};

/// Marks a file as Rashin's: "羅針" as two bytes each of its code points.
const APPLICATION: i32 = 0x7F85_91DD;

/// Each step brings the schema from its place in the list to the next.
const STEPS: [&str; 5] = ["
CREATE TABLE chain (owner TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, seal TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event (
  owner TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  detail TEXT NOT NULL, written TEXT NOT NULL, erased TEXT NOT NULL, blobs TEXT NOT NULL, seal TEXT NOT NULL,
  PRIMARY KEY (owner, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX event_time ON event (at, owner, seq);
CREATE TABLE version (
  owner TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, parent TEXT, state TEXT,
  body TEXT, sha256 TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (owner, kind, id, version)) STRICT;
CREATE TABLE record (
  owner TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, parent TEXT, state TEXT,
  PRIMARY KEY (owner, kind, id)) STRICT, WITHOUT ROWID;
CREATE INDEX record_parent ON record (kind, parent, owner, id);
CREATE INDEX record_state ON record (kind, state, owner, id);
CREATE TABLE blob (owner TEXT NOT NULL, sha256 TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (owner, sha256)) STRICT;
CREATE TABLE token (
  hash TEXT NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, account TEXT NOT NULL, created INTEGER NOT NULL,
  seen INTEGER NOT NULL, expires INTEGER NOT NULL, note TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX token_account ON token (account);
CREATE TABLE strike (name TEXT NOT NULL PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
", "
-- The index is a read model: it can be made anew from the records. A record that is not in it has no number.
ALTER TABLE record ADD COLUMN n INTEGER;
CREATE INDEX record_kind ON record (kind, owner, id, n);
CREATE TABLE item (n INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, keys TEXT NOT NULL, rest TEXT NOT NULL) STRICT;
CREATE TABLE posting (
  kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, block INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY (kind, field, value, block)) STRICT, WITHOUT ROWID;
CREATE TABLE stamp (kind TEXT NOT NULL PRIMARY KEY, stamp TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job (
  key TEXT NOT NULL PRIMARY KEY, queue TEXT NOT NULL, payload TEXT NOT NULL, not_before INTEGER NOT NULL, state TEXT NOT NULL,
  attempt INTEGER NOT NULL, due INTEGER, done INTEGER NOT NULL, total INTEGER NOT NULL, text TEXT NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX job_due ON job (queue, due, key) WHERE due IS NOT NULL;
", "
-- Postings by block first, and numbers rise: what an import adds lies together at the end, and nothing before it is touched.
-- Many values lie in a leaf. The index is made anew: nobody has noted how anything is indexed.
DROP TABLE posting;
DELETE FROM item;
DELETE FROM stamp;
CREATE TABLE posting (
  block INTEGER NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL, first TEXT NOT NULL, leaf BLOB NOT NULL,
  PRIMARY KEY (block, kind, field, first)) STRICT, WITHOUT ROWID;
-- A list of a kind is read as it lies. The index has the parents and states of those with a number.
CREATE TABLE listed (
  kind TEXT NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, parent TEXT, state TEXT, n INTEGER,
  PRIMARY KEY (kind, owner, id)) STRICT, WITHOUT ROWID;
INSERT INTO listed (kind, owner, id, version, parent, state)
  SELECT kind, owner, id, version, parent, state FROM record ORDER BY kind, owner, id;
DROP TABLE record;
ALTER TABLE listed RENAME TO record;
CREATE INDEX record_parent ON record (kind, parent, owner, id) WHERE n IS NULL;
CREATE INDEX record_state ON record (kind, state, owner, id) WHERE n IS NULL;
", "
-- Blocks of other sizes: the index is made anew.
DELETE FROM posting;
DELETE FROM item;
DELETE FROM stamp;
UPDATE record SET n = NULL WHERE n IS NOT NULL;
", "
CREATE TABLE unsent (
  account TEXT NOT NULL, form TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, fields TEXT NOT NULL,
  PRIMARY KEY (account, form)) STRICT;
CREATE INDEX unsent_at ON unsent (at);
"];

/// Brings a file to the newest schema; an empty one is made Rashin's.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), Fault> {
    let found = found(connection)?;
    if found == Some(newest()) {
        return Ok(());
    }
    turn_on_log(connection)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fault)?;
    // Read again under the lock: another process may have been first.
    let found = marks(&transaction)?.1;
    for step in STEPS.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(fault)?;
    }
    for (mark, value) in [
        ("user_version", newest().cast_signed()),
        ("application_id", APPLICATION),
    ] {
        transaction.pragma_update(None, mark, value).map_err(fault)?;
    }
    transaction.commit().map_err(fault)
}

/// Turns on the write-ahead log for good. SQLite does not wait while another process does the same, so this does.
fn turn_on_log(connection: &Connection) -> Result<(), Fault> {
    let mut waits = 0;
    loop {
        let turned = connection.pragma_update(None, "journal_mode", "WAL");
        let busy = turned.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
        if busy != Some(ErrorCode::DatabaseBusy) || waits == 500 {
            return turned.map_err(fault);
        }
        waits += 1;
        std::thread::sleep(PATIENCE / 500);
    }
}

/// Refuses a file that is not Rashin's, or not of this schema.
pub(crate) fn check(connection: &mut Connection) -> Result<(), Fault> {
    let found = found(connection)?.ok_or(Fault::Foreign)?;
    if found < newest() {
        Err(Fault::TooOld)
    } else {
        Ok(())
    }
}

/// The schema of a file; none if there is nothing in it at all.
fn found(connection: &mut Connection) -> Result<Option<u32>, Fault> {
    // One moment: another process may be making the file Rashin's.
    let transaction = connection.transaction().map_err(fault)?;
    let (application, found) = marks(&transaction)?;
    let empty: bool = transaction
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| {
            row.get(0)
        })
        .map_err(fault)?;
    let known = newest();
    match (application, empty) {
        (0, true) => Ok(None),
        (APPLICATION, _) if found > known => Err(Fault::TooNew { found, known }),
        (APPLICATION, _) => Ok(Some(found)),
        _ => Err(Fault::Foreign),
    }
}

fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

fn marks(connection: &Connection) -> Result<(i32, u32), Fault> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    let application = pragma("application_id").map_err(fault)?;
    let found: i32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(fault)?;
    Ok((application, u32::try_from(found).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use store::contract::{change, draft, rows};
    use store::{Index, Key, Name, Query, Store as _, verify};

    use super::*;
    use crate::Sqlite;

    /// A file as the program of each step before left it, with records in it, is brought up to date, proved, and used on.
    #[test]
    fn every_earlier_schema_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let (now, before) = (folder.path().join("now.db"), folder.path().join("before.db"));
        let store = Sqlite::open(&now).unwrap();
        for seen in 0..3 {
            store
                .commit(&change("a", vec![draft("1", seen, json!(seen))]))
                .unwrap();
            store
                .commit(&change("b", vec![draft(&seen.to_string(), 0, json!("羅針"))]))
                .unwrap();
        }
        let kept = rows(&store);
        for schema in 1..STEPS.len() {
            let mut old = Connection::open(&before).unwrap();
            turn_on_log(&old).unwrap();
            STEPS[..schema]
                .iter()
                .for_each(|step| old.execute_batch(step).unwrap());
            old.pragma_update(None, "user_version", schema).unwrap();
            old.pragma_update(None, "application_id", APPLICATION).unwrap();
            old.execute("ATTACH ?1 AS now", [now.to_str().unwrap()]).unwrap();
            for (table, columns) in [
                ("chain", "owner, seq, seal"),
                (
                    "event",
                    "owner, seq, at, actor, action, detail, written, erased, blobs, seal",
                ),
                (
                    "version",
                    "owner, kind, id, version, parent, state, body, sha256, event",
                ),
                ("record", "owner, kind, id, version, parent, state"),
            ] {
                let copy = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM now.{table}");
                old.execute_batch(&copy).unwrap();
            }
            assert!(matches!(check(&mut old), Err(Fault::TooOld)));
            drop(old);

            let store = Sqlite::open(&before).unwrap();
            assert_eq!(rows(&store), kept);
            assert_eq!(verify(&store, &[]).unwrap().events, 6);
            let kind = Name::new("note").unwrap();
            assert_eq!(store.list(&Query::of(kind.clone())).unwrap().len(), 4);
            let key = Key::new("a", "note", "1").unwrap();
            let index = Index {
                tokens: vec!["羅".into()],
                ..Index::default()
            };
            assert_eq!(store.index_stamp(&kind).unwrap(), None);
            store.index(&[(key.clone(), 3, index.clone())]).unwrap();
            let query = Query {
                tokens: index.tokens,
                ..Query::of(kind)
            };
            assert_eq!(
                store.list(&query).unwrap(),
                [store.newest(&key).unwrap().unwrap()]
            );
            store.commit(&change("a", vec![draft("1", 3, json!(3))])).unwrap();
            assert_eq!(store.list(&query).unwrap(), []);
            verify(&store, &[]).unwrap();
            std::fs::remove_file(&before).unwrap();
        }
    }
}
