//! Statements that read. Each function runs inside its caller's transaction, so it sees one moment.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use postgres::Row as Columns;
use postgres::types::{FromSqlOwned, ToSql};
use serde::de::DeserializeOwned;
use store::{
    Blob, Event, EventQuery, Fault, Head, Key, Link, Name, Query, Row, Strikes, Token, TokenPurpose, Unsent,
    Version,
};

use crate::work::{Values, Work};

const EVENT: &str = "owner, seq, at, actor, action, detail, written, erased, blobs, seal";
const TOKEN: &str = "hash, account, created, seen, expires, note";
const VERSION: &str = "owner, kind, id, version, parent, state, body, sha256, event";

pub(crate) fn head(work: &mut Work<'_>, owner: &Name) -> Result<Option<Head>, Fault> {
    let sql = "SELECT owner, seq, seal FROM chain WHERE owner = $1";
    Ok(work.all(sql, &[&owner.as_str()], as_head)?.pop())
}

/// The end of an owner's chain, as the next event needs it.
/// The ends of these chains, of those that have begun.
pub(crate) fn last_links<'a>(
    work: &mut Work<'_>,
    owners: impl Iterator<Item = &'a Name>,
) -> Result<HashMap<Name, Link>, Fault> {
    let owners: Vec<&str> = owners.map(Name::as_str).collect();
    // The seal of a long event lies behind all that it wrote; the chain's end says the same.
    let sql = "SELECT c.owner, e.seq, e.at, c.seal FROM chain c JOIN event e USING (owner, seq) WHERE c.owner = ANY ($1::text[])";
    let found = work.all(sql, &[&owners], |row| {
        let link = Link {
            seq: number(row, 1)?,
            at: time(row, 2)?,
            seal: get(row, 3)?,
        };
        Ok((name(row, 0)?, link))
    })?;
    Ok(found.into_iter().collect())
}

/// Where a record stands in lists.
pub(crate) struct Stands {
    pub(crate) version: u32,
    pub(crate) parent: Option<Name>,
    pub(crate) state: Option<Name>,
    /// Its number in the index.
    pub(crate) n: Option<i64>,
}

/// Where records stand, those that are there.
pub(crate) fn places(work: &mut Work<'_>, keys: &[&Key]) -> Result<HashMap<Key, Stands>, Fault> {
    let owners: Vec<&str> = keys.iter().map(|key| key.owner.as_str()).collect();
    let kinds: Vec<&str> = keys.iter().map(|key| key.kind.as_str()).collect();
    let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    let sql = "SELECT r.owner, r.kind, r.id, r.version, r.parent, r.state, r.n
        FROM unnest($1::text[], $2::text[], $3::text[]) AS k (owner, kind, id)
        CROSS JOIN LATERAL (
          SELECT * FROM record WHERE owner = k.owner AND kind = k.kind AND id = k.id OFFSET 0) r";
    let found = work.all(sql, &[&owners, &kinds, &ids], |row| {
        let place = Stands {
            version: number(row, 3)?,
            parent: maybe(row, 4)?,
            state: maybe(row, 5)?,
            n: get(row, 6)?,
        };
        Ok((key(row)?, place))
    })?;
    Ok(found.into_iter().collect())
}

pub(crate) fn versions(work: &mut Work<'_>, key: &Key, limit: u32) -> Result<Vec<Version>, Fault> {
    let sql = format!(
        "SELECT {VERSION} FROM version WHERE owner = $1 AND kind = $2 AND id = $3 ORDER BY version DESC LIMIT $4"
    );
    work.all(
        &sql,
        &[
            &key.owner.as_str(),
            &key.kind.as_str(),
            &key.id.as_str(),
            &i64::from(limit),
        ],
        as_version,
    )
}

/// The newest versions of records of a kind, by owner and id, in the order in which they are asked for.
pub(crate) fn newest(work: &mut Work<'_>, kind: &Name, keys: &[(&str, &str)]) -> Result<Vec<Version>, Fault> {
    let (owners, ids): (Vec<&str>, Vec<&str>) = keys.iter().copied().unzip();
    let sql = "SELECT v.owner, v.kind, v.id, v.version, v.parent, v.state, v.body, v.sha256, v.event
        FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS k (owner, id, turn)
        CROSS JOIN LATERAL (
          SELECT v.* FROM record r JOIN version v USING (owner, kind, id, version)
          WHERE r.owner = k.owner AND r.kind = $1 AND r.id = k.id OFFSET 0) v
        ORDER BY k.turn";
    work.all(sql, &[&kind.as_str(), &owners, &ids], as_version)
}

/// The list of a query that asks nothing of the index.
pub(crate) fn list(work: &mut Work<'_>, query: &Query) -> Result<Vec<Version>, Fault> {
    let (mut sql, mut values) = placed(query);
    if let Some(after) = &query.after {
        values.extend([after.owner.as_str(), after.id.as_str()]);
        let _ = write!(
            sql,
            " AND (r.owner, r.id) > (${}, ${})",
            values.len() - 1,
            values.len()
        );
    }
    // The inner LIMIT and OFFSET keep the planner from joining all records of a kind before it takes the first of them.
    let sql = format!(
        "SELECT v.owner, v.kind, v.id, v.version, v.parent, v.state, v.body, v.sha256, v.event
         FROM (SELECT r.owner, r.kind, r.id, r.version FROM record r{sql} ORDER BY r.owner, r.id LIMIT ${}) r
         CROSS JOIN LATERAL (
           SELECT * FROM version
           WHERE owner = r.owner AND kind = r.kind AND id = r.id AND version = r.version OFFSET 0) v
         ORDER BY r.owner, r.id",
        values.len() + 1
    );
    let limit = i64::from(query.limit);
    work.all(&sql, &bound(&values, &limit), as_version)
}

/// How many records such a query has, up to a bound.
pub(crate) fn count(work: &mut Work<'_>, query: &Query, up_to: u64) -> Result<u64, Fault> {
    let (sql, values) = placed(query);
    let last = values.len() + 1;
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM record r{sql} LIMIT ${last}) found");
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    let found = work.all(&sql, &bound(&values, &up_to), |row| number(row, 0))?;
    Ok(found.into_iter().next().unwrap_or(0))
}

/// The condition that a record is of the query's kind and stands where it asks, with its values.
fn placed(query: &Query) -> (String, Vec<&str>) {
    let mut sql = String::from(" WHERE r.kind = $1");
    let mut values = vec![query.kind.as_str()];
    let filters = [
        ("owner", &query.owner),
        ("parent", &query.parent),
        ("state", &query.state),
    ];
    for (column, wanted) in filters {
        if let Some(wanted) = wanted {
            values.push(wanted.as_str());
            let _ = write!(sql, " AND r.{column} = ${}", values.len());
        }
    }
    (sql, values)
}

/// Values of a statement: texts, and a bound at the end.
fn bound<'a>(texts: &'a [&'a str], last: &'a i64) -> Vec<&'a (dyn ToSql + Sync)> {
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![];
    for text in texts {
        values.push(text);
    }
    values.push(last);
    values
}

pub(crate) fn events(work: &mut Work<'_>, query: &EventQuery) -> Result<Vec<Event>, Fault> {
    let mut sql = format!("SELECT {EVENT} FROM event WHERE true");
    let limit = i64::from(query.limit);
    let owner = query.owner.as_ref().map(Name::as_str);
    let before = query.before.as_ref().map(|(at, owner, seq)| {
        let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
        (at.as_microsecond(), owner.as_str(), seq)
    });
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![];
    if let Some(owner) = &owner {
        values.push(owner);
        let _ = write!(sql, " AND owner = ${}", values.len());
    }
    if let Some((at, owner, seq)) = &before {
        values.push(at);
        values.push(owner);
        values.push(seq);
        let last = values.len();
        let _ = write!(
            sql,
            " AND (at, owner, seq) < (${}, ${}, ${last})",
            last - 2,
            last - 1
        );
    }
    values.push(&limit);
    let _ = write!(
        sql,
        " ORDER BY at DESC, owner DESC, seq DESC LIMIT ${}",
        values.len()
    );
    work.all(&sql, &values, as_event)
}

pub(crate) fn blob(work: &mut Work<'_>, owner: &Name, sha256: &str) -> Result<Option<Blob>, Fault> {
    // PostgreSQL's text has no NUL: nothing is kept under such a name.
    if sha256.contains('\0') {
        return Ok(None);
    }
    let sql = "SELECT sha256, bytes FROM blob WHERE owner = $1 AND sha256 = $2";
    let found = work.all(sql, &[&owner.as_str(), &sha256], |row| {
        Ok(Blob {
            sha256: get(row, 0)?,
            bytes: get(row, 1)?,
        })
    })?;
    Ok(found.into_iter().next())
}

pub(crate) fn token(
    work: &mut Work<'_>,
    purpose: TokenPurpose,
    hash: &str,
    now: Timestamp,
) -> Result<Option<Token>, Fault> {
    let sql = format!("SELECT {TOKEN} FROM token WHERE hash = $1 AND purpose = $2 AND expires > $3");
    let values: Values<'_> = &[&hash, &purpose.as_str(), &now.as_microsecond()];
    let found = work.all(&sql, values, |row| as_token(row, purpose))?;
    Ok(found.into_iter().next())
}

pub(crate) fn tokens(
    work: &mut Work<'_>,
    purpose: TokenPurpose,
    account: &Name,
    now: Timestamp,
) -> Result<Vec<Token>, Fault> {
    let sql = format!(
        "SELECT {TOKEN} FROM token WHERE account = $1 AND purpose = $2 AND expires > $3 ORDER BY seen DESC, hash COLLATE \"C\""
    );
    let values: Values<'_> = &[&account.as_str(), &purpose.as_str(), &now.as_microsecond()];
    work.all(&sql, values, |row| as_token(row, purpose))
}

pub(crate) fn unsent(work: &mut Work<'_>, account: &Name, form: Option<&str>) -> Result<Vec<Unsent>, Fault> {
    let sql = "SELECT account, form, version, at, fields FROM unsent
         WHERE account = $1 AND ($2::text IS NULL OR form = $2) ORDER BY at DESC, form";
    work.all(sql, &[&account.as_str(), &form], |row| {
        Ok(Unsent {
            account: name(row, 0)?,
            form: get(row, 1)?,
            version: number(row, 2)?,
            at: time(row, 3)?,
            fields: get(row, 4)?,
        })
    })
}

pub(crate) fn strikes(work: &mut Work<'_>, name: &str) -> Result<Option<Strikes>, Fault> {
    let sql = "SELECT count, last FROM strike WHERE name = $1";
    let found = work.all(sql, &[&name.as_bytes()], |row| {
        Ok(Strikes {
            count: number(row, 0)?,
            last: time(row, 1)?,
        })
    })?;
    Ok(found.into_iter().next())
}

pub(crate) fn is_empty(work: &mut Work<'_>) -> Result<bool, Fault> {
    let found: Vec<String> = work.all("SELECT owner FROM chain LIMIT 1", &[], |row| get(row, 0))?;
    Ok(found.is_empty())
}

/// The pages below are the server's own care (its checksums, `pg_amcheck`); an index that it gave up shows here.
pub(crate) fn inspect(work: &mut Work<'_>) -> Result<Vec<String>, Fault> {
    let sql = "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace ORDER BY 1";
    work.all(sql, &[], |row| Ok(format!("index {}", get::<String>(row, 0)?)))
}

pub(crate) fn walk(
    work: &mut Work<'_>,
    visit: &mut dyn FnMut(Row) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let owners: Vec<String> = work.all(
        "SELECT owner FROM chain UNION SELECT owner FROM event UNION SELECT owner FROM version
         UNION SELECT owner FROM record UNION SELECT owner FROM blob ORDER BY 1",
        &[],
        |row| get(row, 0),
    )?;
    let event = format!("SELECT {EVENT} FROM event WHERE owner = $1 ORDER BY seq");
    let version = format!("SELECT {VERSION} FROM version WHERE owner = $1 ORDER BY event, kind, id, version");
    for owner in owners {
        let mut each = |sql: &str, as_row: &dyn Fn(&Columns) -> Result<Row, Fault>| {
            work.each(sql, &[&owner], |row| visit(as_row(row)?))
        };
        each("SELECT owner, seq, seal FROM chain WHERE owner = $1", &|row| {
            as_head(row).map(Row::Head)
        })?;
        each(&event, &|row| as_event(row).map(Row::Event))?;
        each(&version, &|row| as_version(row).map(Row::Version))?;
        each(
            "SELECT owner, kind, id, version, parent, state FROM record WHERE owner = $1 ORDER BY kind, id",
            &|row| {
                Ok(Row::Listed {
                    key: key(row)?,
                    version: number(row, 3)?,
                    parent: maybe(row, 4)?,
                    state: maybe(row, 5)?,
                })
            },
        )?;
        each(
            "SELECT owner, sha256, bytes FROM blob WHERE owner = $1 ORDER BY sha256",
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

fn as_head(row: &Columns) -> Result<Head, Fault> {
    Ok(Head {
        owner: name(row, 0)?,
        seq: number(row, 1)?,
        seal: get(row, 2)?,
    })
}

fn as_event(row: &Columns) -> Result<Event, Fault> {
    Ok(Event {
        owner: name(row, 0)?,
        seq: number(row, 1)?,
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

fn as_version(row: &Columns) -> Result<Version, Fault> {
    let body: Option<String> = get(row, 6)?;
    let (key, version): (_, u32) = (key(row)?, number(row, 3)?);
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
        event: number(row, 8)?,
    })
}

/// The key in the first three columns.
fn key(row: &Columns) -> Result<Key, Fault> {
    Ok(Key {
        owner: name(row, 0)?,
        kind: name(row, 1)?,
        id: name(row, 2)?,
    })
}

pub(crate) fn get<T: FromSqlOwned>(row: &Columns, column: usize) -> Result<T, Fault> {
    row.try_get(column)
        .map_err(|error| Fault::Corrupt(error.to_string()))
}

pub(crate) fn number<T: TryFrom<i64>>(row: &Columns, column: usize) -> Result<T, Fault> {
    let value: i64 = get(row, column)?;
    T::try_from(value).map_err(|_| Fault::Corrupt(value.to_string()))
}

pub(crate) fn name(row: &Columns, column: usize) -> Result<Name, Fault> {
    Name::new(get::<String>(row, column)?).map_err(|fault| Fault::Corrupt(fault.to_string()))
}

fn maybe(row: &Columns, column: usize) -> Result<Option<Name>, Fault> {
    get::<Option<String>>(row, column)?
        .map(Name::new)
        .transpose()
        .map_err(|fault| Fault::Corrupt(fault.to_string()))
}

pub(crate) fn time(row: &Columns, column: usize) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(get(row, column)?).map_err(|error| Fault::Corrupt(error.to_string()))
}

/// JSON in a column of an event.
fn json<T: DeserializeOwned>(row: &Columns, column: usize) -> Result<T, Fault> {
    let text: String = get(row, column)?;
    let (owner, seq): (String, i64) = (get(row, 0)?, get(row, 1)?);
    serde_json::from_str(&text).map_err(|error| Fault::Corrupt(format!("{owner}, event {seq}: {error}")))
}

fn as_token(row: &Columns, purpose: TokenPurpose) -> Result<Token, Fault> {
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
