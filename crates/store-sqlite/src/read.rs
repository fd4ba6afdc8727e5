//! Statements that read. Each function runs inside its caller's transaction, so it sees one moment.

use std::fmt::Write as _;

use jiff::Timestamp;
use rusqlite::types::{FromSql, Value};
use rusqlite::{Row as Columns, Transaction, params, params_from_iter};
use serde::de::DeserializeOwned;
use store::{
    After, Blob, Event, EventQuery, Fault, Head, Key, Link, Name, Query, Row, Strikes, Token, TokenPurpose,
    Unsent, Version,
};

use crate::fault;

const EVENT: &str = "owner, seq, at, actor, action, detail, written, erased, blobs, seal";
const TOKEN: &str = "hash, account, created, seen, expires, note";
const VERSION: &str = "owner, kind, id, version, parent, state, body, sha256, event";
const NEWEST: &str = "SELECT v.owner, v.kind, v.id, v.version, v.parent, v.state, v.body, v.sha256, v.event
    FROM record r CROSS JOIN version v USING (owner, kind, id, version)";

/// The kinds that there are, each found by one look past the one before.
const KINDS: &str = "WITH RECURSIVE k (kind) AS (
    SELECT min(kind) FROM record UNION ALL SELECT (SELECT min(kind) FROM record WHERE kind > k.kind) FROM k WHERE kind IS NOT NULL)
    SELECT kind FROM k WHERE kind IS NOT NULL";

pub(crate) fn head(transaction: &Transaction<'_>, owner: &Name) -> Result<Option<Head>, Fault> {
    let found = all(
        transaction,
        "SELECT owner, seq, seal FROM chain WHERE owner = ?1",
        [owner.as_str()],
        as_head,
    )?;
    Ok(found.into_iter().next())
}

/// The end of an owner's chain, as the next event needs it.
pub(crate) fn last_link(transaction: &Transaction<'_>, owner: &Name) -> Result<Option<Link>, Fault> {
    // The seal of a long event lies behind all that it wrote; the chain's end says the same.
    let sql = "SELECT e.seq, e.at, c.seal FROM chain c JOIN event e USING (owner, seq) WHERE owner = ?1";
    let found = all(transaction, sql, [owner.as_str()], |row| {
        Ok(Link {
            seq: get(row, 0)?,
            at: time(row, 1)?,
            seal: get(row, 2)?,
        })
    })?;
    Ok(found.into_iter().next())
}

/// Where a record stands in lists.
pub(crate) struct Stands {
    pub(crate) version: u32,
    pub(crate) parent: Option<Name>,
    pub(crate) state: Option<Name>,
    /// Its number in the index.
    pub(crate) n: Option<i64>,
}

pub(crate) fn stands(transaction: &Transaction<'_>, key: &Key) -> Result<Option<Stands>, Fault> {
    let found = all(
        transaction,
        "SELECT version, parent, state, n FROM record WHERE owner = ?1 AND kind = ?2 AND id = ?3",
        [key.owner.as_str(), key.kind.as_str(), key.id.as_str()],
        |row| {
            Ok(Stands {
                version: get(row, 0)?,
                parent: maybe(row, 1)?,
                state: maybe(row, 2)?,
                n: get(row, 3)?,
            })
        },
    )?;
    Ok(found.into_iter().next())
}

pub(crate) fn versions(transaction: &Transaction<'_>, key: &Key, limit: u32) -> Result<Vec<Version>, Fault> {
    let sql = format!(
        "SELECT {VERSION} FROM version WHERE owner = ?1 AND kind = ?2 AND id = ?3 ORDER BY version DESC LIMIT ?4"
    );
    all(
        transaction,
        &sql,
        params![key.owner.as_str(), key.kind.as_str(), key.id.as_str(), limit],
        as_version,
    )
}

/// The newest version of a record that is there.
pub(crate) fn newest(transaction: &Transaction<'_>, key: &Key) -> Result<Version, Fault> {
    let sql = format!("{NEWEST} WHERE r.owner = ?1 AND r.kind = ?2 AND r.id = ?3");
    let values = [key.owner.as_str(), key.kind.as_str(), key.id.as_str()];
    let found = all(transaction, &sql, values, as_version)?.pop();
    found.ok_or_else(|| Fault::Corrupt(format!("{key}: listed and not there")))
}

/// The list of a query that asks nothing of the index; of one with a parent or a state, the records alone that have no number.
pub(crate) fn list(transaction: &Transaction<'_>, query: &Query) -> Result<Vec<Version>, Fault> {
    let (mut sql, mut values) = placed(query);
    if let Some(After { owner, id, .. }) = &query.after {
        values.extend([Value::from(owner.to_string()), Value::from(id.to_string())]);
        let _ = write!(
            sql,
            " AND (r.owner, r.id) > (?{}, ?{})",
            values.len() - 1,
            values.len()
        );
    }
    values.push(Value::from(query.limit));
    let newest = NEWEST.replace("record r", table(query));
    let sql = format!("{newest}{sql} ORDER BY r.owner, r.id LIMIT ?{}", values.len());
    all(transaction, &sql, params_from_iter(values), as_version)
}

/// How many records such a list has, up to a bound.
pub(crate) fn count(transaction: &Transaction<'_>, query: &Query, up_to: u64) -> Result<u64, Fault> {
    let (sql, mut values) = placed(query);
    values.push(Value::from(i64::try_from(up_to).unwrap_or(i64::MAX)));
    let last = values.len();
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {}{sql} LIMIT ?{last})",
        table(query)
    );
    let found = all(transaction, &sql, params_from_iter(values), |row| get(row, 0))?;
    Ok(found.into_iter().next().unwrap_or(0))
}

/// True if the query asks for a parent or a state: the index has those of the records with a number.
pub(crate) fn is_placed(query: &Query) -> bool {
    query.parent.is_some() || query.state.is_some()
}

/// Where such a list lies in its order.
fn table(query: &Query) -> &'static str {
    match (&query.parent, &query.state) {
        (Some(_), _) => "record r INDEXED BY record_parent",
        (None, Some(_)) => "record r INDEXED BY record_state",
        (None, None) => "record r",
    }
}

/// The condition that a record is of the query's kind and stands where it asks, with its values.
fn placed(query: &Query) -> (String, Vec<Value>) {
    let mut sql = String::from(" WHERE r.kind = ?1");
    let mut values = vec![Value::from(query.kind.to_string())];
    let filters = [
        ("owner", &query.owner),
        ("parent", &query.parent),
        ("state", &query.state),
    ];
    for (column, wanted) in filters {
        if let Some(wanted) = wanted {
            values.push(Value::from(wanted.to_string()));
            let _ = write!(sql, " AND r.{column} = ?{}", values.len());
        }
    }
    if is_placed(query) {
        sql += " AND r.n IS NULL";
    }
    (sql, values)
}

pub(crate) fn events(transaction: &Transaction<'_>, query: &EventQuery) -> Result<Vec<Event>, Fault> {
    let mut sql = format!("SELECT {EVENT} FROM event WHERE 1");
    let mut values = vec![];
    if let Some(owner) = &query.owner {
        values.push(Value::from(owner.to_string()));
        let _ = write!(sql, " AND owner = ?{}", values.len());
    }
    if let Some((at, owner, seq)) = &query.before {
        let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
        values.extend([
            Value::from(at.as_microsecond()),
            Value::from(owner.to_string()),
            Value::from(seq),
        ]);
        let last = values.len();
        let _ = write!(
            sql,
            " AND (at, owner, seq) < (?{}, ?{}, ?{last})",
            last - 2,
            last - 1
        );
    }
    values.push(Value::from(query.limit));
    let _ = write!(
        sql,
        " ORDER BY at DESC, owner DESC, seq DESC LIMIT ?{}",
        values.len()
    );
    all(transaction, &sql, params_from_iter(values), as_event)
}

pub(crate) fn file(transaction: &Transaction<'_>, owner: &Name, sha256: &str) -> Result<Option<Blob>, Fault> {
    let sql = "SELECT sha256, bytes FROM blob WHERE owner = ?1 AND sha256 = ?2";
    let found = all(transaction, sql, [owner.as_str(), sha256], |row| {
        Ok(Blob {
            sha256: get(row, 0)?,
            bytes: get(row, 1)?,
        })
    })?;
    Ok(found.into_iter().next())
}

pub(crate) fn token(
    transaction: &Transaction<'_>,
    purpose: TokenPurpose,
    hash: &str,
    now: Timestamp,
) -> Result<Option<Token>, Fault> {
    let sql = format!("SELECT {TOKEN} FROM token WHERE hash = ?1 AND purpose = ?2 AND expires > ?3");
    let values = params![hash, purpose.as_str(), now.as_microsecond()];
    let found = all(transaction, &sql, values, |row| as_token(row, purpose))?;
    Ok(found.into_iter().next())
}

pub(crate) fn tokens(
    transaction: &Transaction<'_>,
    purpose: TokenPurpose,
    account: &Name,
    now: Timestamp,
) -> Result<Vec<Token>, Fault> {
    let sql = format!(
        "SELECT {TOKEN} FROM token WHERE account = ?1 AND purpose = ?2 AND expires > ?3 ORDER BY seen DESC, hash"
    );
    let values = params![account.as_str(), purpose.as_str(), now.as_microsecond()];
    all(transaction, &sql, values, |row| as_token(row, purpose))
}

pub(crate) fn unsent(
    transaction: &Transaction<'_>,
    account: &Name,
    form: Option<&str>,
) -> Result<Vec<Unsent>, Fault> {
    let sql = "SELECT account, form, version, at, fields FROM unsent
         WHERE account = ?1 AND (?2 IS NULL OR form = ?2) ORDER BY at DESC, form";
    all(transaction, sql, params![account.as_str(), form], |row| {
        Ok(Unsent {
            account: name(row, 0)?,
            form: get(row, 1)?,
            version: get(row, 2)?,
            at: time(row, 3)?,
            fields: get(row, 4)?,
        })
    })
}

pub(crate) fn strikes(transaction: &Transaction<'_>, name: &str) -> Result<Option<Strikes>, Fault> {
    let found = all(
        transaction,
        "SELECT count, last FROM strike WHERE name = ?1",
        [name],
        |row| {
            Ok(Strikes {
                count: get(row, 0)?,
                last: time(row, 1)?,
            })
        },
    )?;
    Ok(found.into_iter().next())
}

pub(crate) fn is_empty(transaction: &Transaction<'_>) -> Result<bool, Fault> {
    let found: Vec<String> = all(transaction, "SELECT owner FROM chain LIMIT 1", [], |row| {
        get(row, 0)
    })?;
    Ok(found.is_empty())
}

pub(crate) fn inspect(transaction: &Transaction<'_>) -> Result<Vec<String>, Fault> {
    let said: Vec<String> = all(transaction, "PRAGMA integrity_check(20)", [], |row| get(row, 0))?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

pub(crate) fn walk(
    transaction: &Transaction<'_>,
    visit: &mut dyn FnMut(Row) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let owners: Vec<String> = all(
        transaction,
        "SELECT owner FROM chain UNION SELECT owner FROM event UNION SELECT owner FROM version
         UNION SELECT owner FROM record UNION SELECT owner FROM blob ORDER BY 1",
        [],
        |row| get(row, 0),
    )?;
    let kinds: Vec<String> = all(transaction, KINDS, [], |row| get(row, 0))?;
    let event = format!("SELECT {EVENT} FROM event WHERE owner = ?1 ORDER BY seq");
    let version = format!("SELECT {VERSION} FROM version WHERE owner = ?1 ORDER BY event, kind, id, version");
    for owner in owners {
        let mut each = |sql: &str,
                        of: &[&str],
                        as_row: &dyn Fn(&Columns<'_>) -> Result<Row, Fault>|
         -> Result<(), Fault> {
            let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
            let mut rows = statement.query(params_from_iter(of)).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                visit(as_row(row)?)?;
            }
            Ok(())
        };
        each(
            "SELECT owner, seq, seal FROM chain WHERE owner = ?1",
            &[&owner],
            &|row| as_head(row).map(Row::Head),
        )?;
        each(&event, &[&owner], &|row| as_event(row).map(Row::Event))?;
        each(&version, &[&owner], &|row| as_version(row).map(Row::Version))?;
        for kind in &kinds {
            each(
                "SELECT owner, kind, id, version, parent, state FROM record WHERE owner = ?1 AND kind = ?2 ORDER BY id",
                &[&owner, kind],
                &|row| {
                    Ok(Row::Listed {
                        key: key(row)?,
                        version: get(row, 3)?,
                        parent: maybe(row, 4)?,
                        state: maybe(row, 5)?,
                    })
                },
            )?;
        }
        each(
            "SELECT owner, sha256, bytes FROM blob WHERE owner = ?1 ORDER BY sha256",
            &[&owner],
            &|row| {
                Ok(Row::Blob {
                    owner: name(row, 0)?,
                    sha256: get(row, 1)?,
                    bytes: get(row, 2)?,
                })
            },
        )?;
    }
    Ok(())
}

pub(crate) fn all<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl Fn(&Columns<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(values).map_err(fault)?;
    let mut list = vec![];
    while let Some(row) = rows.next().map_err(fault)? {
        list.push(read(row)?);
    }
    Ok(list)
}

/// Runs a statement that gives nothing.
pub(crate) fn run(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<(), Fault> {
    changed(transaction, sql, values).map(|_| ())
}

/// Runs a statement that gives nothing; says how many rows it concerned.
pub(crate) fn changed(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<usize, Fault> {
    let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
    statement.execute(values).map_err(fault)
}

fn as_head(row: &Columns<'_>) -> Result<Head, Fault> {
    Ok(Head {
        owner: name(row, 0)?,
        seq: get(row, 1)?,
        seal: get(row, 2)?,
    })
}

fn as_event(row: &Columns<'_>) -> Result<Event, Fault> {
    Ok(Event {
        owner: name(row, 0)?,
        seq: get(row, 1)?,
        at: time(row, 2)?,
        actor: name(row, 3)?,
        action: name(row, 4)?,
        detail: json(row, 5)?,
        written: json(row, 6)?,
        erased: json(row, 7)?,
        blobs: json(row, 8)?,
        seal: get(row, 9)?,
    })
}

fn as_token(row: &Columns<'_>, purpose: TokenPurpose) -> Result<Token, Fault> {
    Ok(Token {
        hash: get(row, 0)?,
        purpose,
        account: name(row, 1)?,
        created: time(row, 2)?,
        seen: time(row, 3)?,
        expires: time(row, 4)?,
        note: get(row, 5)?,
    })
}

fn as_version(row: &Columns<'_>) -> Result<Version, Fault> {
    let body: Option<String> = get(row, 6)?;
    let (key, version) = (key(row)?, get(row, 3)?);
    Ok(Version {
        body: body
            .map(|body| serde_json::from_str(&body))
            .transpose()
            .map_err(|error| Fault::Corrupt(format!("{key}, {version}: {error}")))?,
        key,
        version,
        parent: maybe(row, 4)?,
        state: maybe(row, 5)?,
        sha256: get(row, 7)?,
        event: get(row, 8)?,
    })
}

/// The key in the first three columns.
fn key(row: &Columns<'_>) -> Result<Key, Fault> {
    Ok(Key {
        owner: name(row, 0)?,
        kind: name(row, 1)?,
        id: name(row, 2)?,
    })
}

pub(crate) fn get<T: FromSql>(row: &Columns<'_>, column: usize) -> Result<T, Fault> {
    row.get(column).map_err(|error| Fault::Corrupt(error.to_string()))
}

pub(crate) fn blob<'a>(row: &'a Columns<'_>, column: usize) -> Result<&'a [u8], Fault> {
    let bytes = row.get_ref(column).map_err(fault)?.as_blob();
    bytes.map_err(|error| Fault::Corrupt(error.to_string()))
}

pub(crate) fn name(row: &Columns<'_>, column: usize) -> Result<Name, Fault> {
    Name::new(get::<String>(row, column)?).map_err(|fault| Fault::Corrupt(fault.to_string()))
}

fn maybe(row: &Columns<'_>, column: usize) -> Result<Option<Name>, Fault> {
    get::<Option<String>>(row, column)?
        .map(Name::new)
        .transpose()
        .map_err(|fault| Fault::Corrupt(fault.to_string()))
}

pub(crate) fn time(row: &Columns<'_>, column: usize) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(get(row, column)?).map_err(|error| Fault::Corrupt(error.to_string()))
}

/// JSON in a column of an event.
fn json<T: DeserializeOwned>(row: &Columns<'_>, column: usize) -> Result<T, Fault> {
    let text: String = get(row, column)?;
    let (owner, seq): (String, u64) = (get(row, 0)?, get(row, 1)?);
    serde_json::from_str(&text).map_err(|error| Fault::Corrupt(format!("{owner}, event {seq}: {error}")))
}
