//! The schema and its steps. A step is never changed once it was released: expand first, contract in a later one.

use postgres::Client;
use postgres::error::SqlState;
use store::Fault;

use crate::fault;

/// Each step brings the schema from its place in the list to the next. Texts sort by their bytes, as in SQLite.
const STEPS: [&str; 4] = [
    r#"
CREATE TABLE chain (owner TEXT COLLATE "C" PRIMARY KEY, seq BIGINT NOT NULL, seal TEXT NOT NULL);
CREATE TABLE event (
  owner TEXT COLLATE "C" NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  detail TEXT NOT NULL, written TEXT NOT NULL, erased TEXT NOT NULL, blobs TEXT NOT NULL, seal TEXT NOT NULL,
  PRIMARY KEY (owner, seq));
CREATE INDEX event_time ON event (at, owner, seq);
CREATE TABLE version (
  owner TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL,
  parent TEXT COLLATE "C", state TEXT COLLATE "C", body TEXT, sha256 TEXT NOT NULL, event BIGINT NOT NULL,
  PRIMARY KEY (owner, kind, id, version));
CREATE TABLE record (
  owner TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL,
  parent TEXT COLLATE "C", state TEXT COLLATE "C", PRIMARY KEY (owner, kind, id));
CREATE INDEX record_parent ON record (kind, parent, owner, id);
CREATE INDEX record_state ON record (kind, state, owner, id);
CREATE TABLE blob (
  owner TEXT COLLATE "C" NOT NULL, sha256 TEXT COLLATE "C" NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (owner, sha256));
CREATE TABLE token (
  hash TEXT COLLATE "C" PRIMARY KEY, purpose TEXT NOT NULL, account TEXT COLLATE "C" NOT NULL, created BIGINT NOT NULL,
  seen BIGINT NOT NULL, expires BIGINT NOT NULL, note TEXT NOT NULL);
CREATE INDEX token_account ON token (account);
-- Bytes and not text: whatever somebody typed is counted, and PostgreSQL's text has no NUL.
CREATE TABLE strike (name BYTEA PRIMARY KEY, count BIGINT NOT NULL, last BIGINT NOT NULL);
"#,
    r#"
-- The index is a read model: it can be made anew from the records. A record that is not in it has no number.
ALTER TABLE record ADD COLUMN n BIGINT;
CREATE INDEX record_kind ON record (kind, owner, id, n);
CREATE SEQUENCE item_n;
CREATE TABLE item (
  n BIGINT PRIMARY KEY, owner TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, keys TEXT NOT NULL,
  terms BIGINT[] NOT NULL);
CREATE INDEX item_terms ON item USING gin (terms);
-- Bytes and not text: a value may hold any character, and PostgreSQL's text has no NUL.
CREATE TABLE key (
  kind TEXT COLLATE "C" NOT NULL, field TEXT COLLATE "C" NOT NULL, value BYTEA NOT NULL, n BIGINT NOT NULL,
  PRIMARY KEY (kind, field, value, n));
CREATE TABLE stamp (kind TEXT COLLATE "C" PRIMARY KEY, stamp TEXT NOT NULL);
CREATE TABLE job (
  key TEXT COLLATE "C" PRIMARY KEY, queue TEXT COLLATE "C" NOT NULL, payload TEXT NOT NULL, not_before BIGINT NOT NULL,
  state TEXT NOT NULL, attempt BIGINT NOT NULL, due BIGINT, done BIGINT NOT NULL, total BIGINT NOT NULL, text TEXT NOT NULL);
CREATE INDEX job_due ON job (queue, due, key) WHERE due IS NOT NULL;
"#,
    r#"
CREATE TABLE unsent (
  account TEXT COLLATE "C" NOT NULL, form TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL,
  fields TEXT NOT NULL, PRIMARY KEY (account, form));
CREATE INDEX unsent_at ON unsent (at);
"#,
    "
-- The values of a record beside its terms, each as its field, a NUL, and the value: the index is made anew.
DELETE FROM key;
DELETE FROM item;
DELETE FROM stamp;
UPDATE record SET n = NULL WHERE n IS NOT NULL;
ALTER TABLE item DROP COLUMN keys, ADD COLUMN vals BYTEA[] NOT NULL;
",
];

/// Brings a database to the newest schema; an empty one is made Rashin's.
pub(crate) fn prepare(client: &mut Client) -> Result<(), Fault> {
    if found(client)?.is_none() {
        let made = client.batch_execute("CREATE TABLE IF NOT EXISTS schema (version BIGINT NOT NULL)");
        // Two that make it at the same moment collide in PostgreSQL's own catalogue: it is there then.
        let there = |error: &postgres::Error| {
            [
                &SqlState::UNIQUE_VIOLATION,
                &SqlState::DUPLICATE_TABLE,
                &SqlState::DUPLICATE_OBJECT,
            ]
            .into_iter()
            .any(|code| error.code() == Some(code))
        };
        made.or_else(|error| if there(&error) { Ok(()) } else { Err(error) })
            .map_err(fault)?;
    }
    let mut transaction = client.transaction().map_err(fault)?;
    transaction
        .batch_execute("LOCK TABLE schema IN ACCESS EXCLUSIVE MODE")
        .map_err(fault)?;
    let row = transaction
        .query_opt("SELECT max(version) FROM schema", &[])
        .map_err(fault)?;
    let found = number(row.and_then(|row| row.get(0)));
    not_newer(found)?;
    for step in STEPS.iter().skip(found as usize) {
        transaction.batch_execute(step).map_err(fault)?;
    }
    if found < newest() {
        transaction
            .batch_execute(&format!(
                "DELETE FROM schema; INSERT INTO schema VALUES ({})",
                newest()
            ))
            .map_err(fault)?;
    }
    transaction.commit().map_err(fault)
}

/// Refuses a database that is not Rashin's, or not of this schema.
pub(crate) fn check(client: &mut Client) -> Result<(), Fault> {
    let found = found(client)?.ok_or(Fault::Foreign)?;
    not_newer(found)?;
    if found < newest() {
        Err(Fault::TooOld)
    } else {
        Ok(())
    }
}

/// The schema of a database; none if there is no table in it at all.
fn found(client: &mut Client) -> Result<Option<u32>, Fault> {
    let sql = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()";
    let rows = client.query(sql, &[]).map_err(fault)?;
    if rows.is_empty() {
        return Ok(None);
    }
    if !rows.iter().any(|row| row.get::<_, String>(0) == "schema") {
        return Err(Fault::Foreign);
    }
    let row = client
        .query_one("SELECT max(version) FROM schema", &[])
        .map_err(fault)?;
    Ok(Some(number(row.get(0))))
}

fn not_newer(found: u32) -> Result<(), Fault> {
    let known = newest();
    if found > known {
        return Err(Fault::TooNew { found, known });
    }
    Ok(())
}

fn number(version: Option<i64>) -> u32 {
    u32::try_from(version.unwrap_or(0)).unwrap_or(u32::MAX)
}

fn newest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}
