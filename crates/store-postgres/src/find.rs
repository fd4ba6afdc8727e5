//! Lists of a query that asks for what the index knows. A planner that guesses from statistics guesses badly here, so the way
//! is chosen by trying: a short walk along the order fills the page of a query that many records meet; if it does not, the
//! inverted index gathers those that meet it, to be sorted; if they are too many for that, the walk goes on to the end.

use std::fmt::Write as _;
use std::ops::Bound;

use postgres::Row as Columns;
use postgres::types::ToSql;
use store::{Direction, Fault, Index, Key, Name, Need, Query, Span, Term, Version};

use crate::read::{self, get, name, parse};
use crate::work::Work;

/// How many terms, any of which will do, make it slow to test a record for them.
const MANY_TERMS: usize = 16;

/// How often as many records are gathered for a long page as for a short one, at most.
const LONG: i64 = 8;

/// How far a list is walked at first, and how many records are gathered. Either way it is the same list.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many records the first walk passes.
    pub walked: u32,
    /// The most records that are gathered for a page of up to 200; as many again for each further 200.
    pub gathered: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            walked: 250,
            gathered: 12_000,
        }
    }
}

pub(crate) fn list(work: &mut Work<'_>, limits: Limits, query: &Query) -> Result<Vec<Version>, Fault> {
    if query.is_plain() {
        return read::list(work, query);
    }
    let found = Search::new(limits, query).find(work, query.limit as usize)?;
    let keys: Vec<(&str, &str)> = found
        .iter()
        .map(|item| (item.owner.as_str(), item.id.as_str()))
        .collect();
    read::newest(work, &query.kind, &keys)
}

pub(crate) fn count(work: &mut Work<'_>, limits: Limits, query: &Query, up_to: u64) -> Result<u64, Fault> {
    let query = Query {
        order: None,
        after: None,
        ..query.clone()
    };
    if query.is_plain() {
        return read::count(work, &query, up_to);
    }
    let search = Search::new(limits, &query);
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    let found = if let (Some(value), true) = (&search.value, search.spans.is_empty()) {
        having(work, &query.kind, value, up_to)?
    } else if search.spans.is_empty() {
        let mut values = Values::default();
        let sql = format!("SELECT 1 FROM item i WHERE {} LIMIT", search.terms(&mut values));
        values.push(up_to);
        let sql = format!("SELECT count(*) FROM ({sql} ${}) found", values.len());
        work.all(&sql, &values.all(), |row| get(row, 0))?
            .pop()
            .unwrap_or(0)
    } else {
        let found = search.find(work, usize::try_from(up_to).unwrap_or(usize::MAX))?;
        i64::try_from(found.len()).unwrap_or(i64::MAX)
    };
    Ok(found.min(up_to).unsigned_abs())
}

/// How many records have a value, up to a bound. Read from the values' own order, which stops at the bound; the inverted index
/// gathers all of a term first.
fn having(work: &mut Work<'_>, kind: &Name, value: &Term<'_>, up_to: i64) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM (
          SELECT 1 FROM key WHERE kind = $1 AND field = $2 AND value = $3 LIMIT $4) found";
    let values: [&(dyn ToSql + Sync); 4] = [
        &kind.as_str(),
        &value.field.as_ref(),
        &value.value.as_bytes(),
        &up_to,
    ];
    Ok(work.all(sql, &values, |row| get(row, 0))?.pop().unwrap_or(0))
}

/// Values of a statement as it is put together.
#[derive(Default)]
struct Values(Vec<Box<dyn ToSql + Sync>>);

impl Values {
    fn push(&mut self, value: impl ToSql + Sync + 'static) -> usize {
        self.0.push(Box::new(value));
        self.0.len()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn all(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.0.iter().map(Box::as_ref).collect()
    }
}

/// An indexed record.
struct Item {
    n: i64,
    owner: Name,
    id: Name,
    /// Its values; nothing else of it.
    index: Index,
}

fn as_item(row: &Columns) -> Result<Item, Fault> {
    Ok(Item {
        n: get(row, 0)?,
        owner: name(row, 1)?,
        id: name(row, 2)?,
        index: Index {
            keys: parse(&get::<String>(row, 3)?)?,
            ..Index::default()
        },
    })
}

/// Where a walk goes on: after a record's owner and id, or after a value and the number of a record that has it.
#[derive(Clone)]
enum From {
    Key(Name, Name),
    Value(String, i64),
}

struct Search<'a> {
    limits: Limits,
    query: &'a Query,
    /// Terms that a record must all have.
    all: Vec<i64>,
    /// Of each of these, one.
    any: Vec<Vec<i64>>,
    /// The one term, if there is one alone and it is the value of a field.
    value: Option<Term<'a>>,
    /// What is tested record by record.
    spans: Vec<(&'a Name, Span)>,
}

impl<'a> Search<'a> {
    fn new(limits: Limits, query: &'a Query) -> Self {
        let mut search = Self {
            limits,
            query,
            all: vec![],
            any: vec![],
            value: None,
            spans: vec![],
        };
        for need in query.needs() {
            match need {
                Need::Terms(terms) => match terms.as_slice() {
                    [one] => {
                        search.all.push(one.number(&query.kind));
                        search.value = Some(one.clone());
                    }
                    several => {
                        let numbers = several.iter().map(|term| term.number(&query.kind));
                        search.any.push(numbers.collect());
                    }
                },
                Need::Within(field, span) => search.spans.push((field, span)),
            }
        }
        let is_alone = search.all.len() == 1 && search.any.is_empty();
        search.value = search.value.filter(|term| is_alone && term.is_key());
        search
    }

    /// The condition that an item has the terms.
    fn terms(&self, values: &mut Values) -> String {
        let mut sql = String::from("true");
        if !self.all.is_empty() {
            let _ = write!(sql, " AND i.terms @> ${}", values.push(self.all.clone()));
        }
        for any in &self.any {
            let _ = write!(sql, " AND i.terms && ${}", values.push(any.clone()));
        }
        sql
    }

    /// True if a record meets what is tested record by record.
    fn fits(&self, item: &Item) -> bool {
        self.spans
            .iter()
            .all(|(field, span)| item.index.has_within(field, span))
    }

    /// So many records that meet the query, in its order.
    fn find(&self, work: &mut Work<'_>, limit: usize) -> Result<Vec<Item>, Fault> {
        if limit == 0 {
            return Ok(vec![]);
        }
        // A short walk fills no long page, and looks long for any of many terms.
        let is_common = self.any.iter().all(|any| any.len() <= MANY_TERMS);
        if is_common && limit <= self.limits.walked as usize {
            let first = self.walk(work, limit, Some(i64::from(self.limits.walked)))?;
            if first.len() == limit {
                return Ok(first);
            }
        }
        // The longer the page, the farther a walk goes for it, and the more may be gathered in its place.
        let pages = i64::try_from(limit / 200).map_or(LONG, |more| LONG.min(more + 1));
        let most = i64::from(self.limits.gathered) * pages;
        match self.gather(work, most, limit)? {
            Some(items) => Ok(items),
            None => self.walk(work, limit, None),
        }
    }

    /// The records that meet the query, in its order, if some part of it is met by so few that they can all be gathered.
    fn gather(&self, work: &mut Work<'_>, most: i64, limit: usize) -> Result<Option<Vec<Item>>, Fault> {
        // Spans first: they are read in order and left as soon as there are too many; a term's records are gathered whole.
        // Each is looked up by its number, which costs more than to read those of a term: half as many will do.
        for (field, span) in &self.spans {
            let mut values = Values::default();
            let within = self.within(field, span, &mut values);
            let sql = format!(
                "SELECT k.n FROM key k WHERE {within} LIMIT ${}",
                values.push(most / 2 + 1)
            );
            let few: Vec<i64> = work.all(&sql, &values.all(), |row| get(row, 0))?;
            if few.len() as u64 > (most / 2).unsigned_abs() {
                continue;
            }
            let mut values = Values::default();
            let terms = self.terms(&mut values);
            let sql = format!(
                "SELECT i.n, i.owner, i.id, i.keys FROM item i WHERE i.n = ANY(${}) AND {terms}",
                values.push(few)
            );
            let items = work.all(&sql, &values.all(), as_item)?;
            return self.sorted(work, items, limit).map(Some);
        }
        if self.all.is_empty() && self.any.is_empty() {
            return Ok(None);
        }
        if let Some(value) = &self.value
            && having(work, &self.query.kind, value, most + 1)? > most
        {
            return Ok(None);
        }
        if self.query.order.is_none() && self.spans.is_empty() {
            return self.first(work, most, limit);
        }
        // What is tested or sorted here is read whole: half as many will do.
        let most = most / 2;
        let mut values = Values::default();
        let terms = self.terms(&mut values);
        let sql = format!(
            "SELECT i.n, i.owner, i.id, i.keys FROM item i WHERE {terms} LIMIT ${}",
            values.push(most + 1)
        );
        let items = work.all(&sql, &values.all(), as_item)?;
        if items.len() as u64 > most.unsigned_abs() {
            return Ok(None);
        }
        self.sorted(work, items, limit).map(Some)
    }

    /// The first records with the terms by owner and id, if there are so few: the database sorts them, and what is not asked
    /// for is not read.
    fn first(&self, work: &mut Work<'_>, most: i64, limit: usize) -> Result<Option<Vec<Item>>, Fault> {
        let mut values = Values::default();
        let mut terms = self.terms(&mut values);
        if let Some(after) = &self.query.after {
            let owner = values.push(after.owner.to_string());
            let id = values.push(after.id.to_string());
            let _ = write!(terms, " AND (i.owner, i.id) > (${owner}, ${id})");
        }
        let many = values.push(most + 1);
        let limit = values.push(i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = format!(
            "WITH few AS MATERIALIZED (SELECT i.n, i.owner, i.id FROM item i WHERE {terms} LIMIT ${many})
             SELECT n, owner, id, '[]', (SELECT count(*) FROM few) FROM few ORDER BY owner, id LIMIT ${limit}"
        );
        let found = work.all(&sql, &values.all(), |row| {
            Ok((as_item(row)?, get::<i64>(row, 4)?))
        })?;
        let is_whole = found.first().is_none_or(|(_, all)| *all <= most);
        Ok(is_whole.then(|| found.into_iter().map(|(item, _)| item).collect()))
    }

    /// The condition that a key is of a field and within a span.
    fn within(&self, field: &Name, span: &Span, values: &mut Values) -> String {
        let mut sql = format!(
            "k.kind = ${} AND k.field = ${}",
            values.push(self.query.kind.to_string()),
            values.push(field.to_string())
        );
        for (bound, included, excluded) in [(&span.0, ">=", ">"), (&span.1, "<=", "<")] {
            let (compare, value) = match bound {
                Bound::Included(value) => (included, value),
                Bound::Excluded(value) => (excluded, value),
                Bound::Unbounded => continue,
            };
            let value = values.push(value.as_bytes().to_vec());
            let _ = write!(sql, " AND k.value {compare} ${value}");
        }
        sql
    }

    /// Those of some records that meet the query, in its order.
    fn sorted(&self, work: &mut Work<'_>, mut items: Vec<Item>, limit: usize) -> Result<Vec<Item>, Fault> {
        items.retain(|item| self.fits(item));
        let from = self.from(work)?;
        let Some((field, direction)) = &self.query.order else {
            items.retain(|item| match &from {
                Some(From::Key(owner, id)) => (&item.owner, &item.id) > (owner, id),
                _ => true,
            });
            items.sort_unstable_by(|a, b| (&a.owner, &a.id).cmp(&(&b.owner, &b.id)));
            items.truncate(limit);
            return Ok(items);
        };
        items.retain(|item| {
            let Some(value) = item.index.least(field) else {
                return false;
            };
            let place = (value, item.n);
            match (&from, direction) {
                (Some(From::Value(after, n)), Direction::Up) => place > (after.as_str(), *n),
                (Some(From::Value(after, n)), Direction::Down) => place < (after.as_str(), *n),
                _ => true,
            }
        });
        items.sort_by(|a, b| (a.index.least(field), a.n).cmp(&(b.index.least(field), b.n)));
        if *direction == Direction::Down {
            items.reverse();
        }
        items.truncate(limit);
        Ok(items)
    }

    /// Where the page begins.
    fn from(&self, work: &mut Work<'_>) -> Result<Option<From>, Fault> {
        let Some(after) = &self.query.after else {
            return Ok(None);
        };
        if self.query.order.is_none() {
            return Ok(Some(From::Key(after.owner.clone(), after.id.clone())));
        }
        let key = Key {
            owner: after.owner.clone(),
            kind: self.query.kind.clone(),
            id: after.id.clone(),
        };
        let n = read::places(work, &[&key])?
            .remove(&key)
            .and_then(|place| place.n);
        Ok(Some(From::Value(after.value.clone(), n.unwrap_or(0))))
    }

    /// Walks the order, past at most so many records.
    fn walk(&self, work: &mut Work<'_>, limit: usize, most: Option<i64>) -> Result<Vec<Item>, Fault> {
        let mut from = self.from(work)?;
        let reach = self.reach(work)?;
        let mut items: Vec<Item> = vec![];
        // What is tested here and not there may need more than one round, each longer than the one before.
        let mut round = i64::try_from(limit).unwrap_or(i64::MAX);
        loop {
            let found = self.stretch(work, from.as_ref(), &reach, most, round)?;
            let whole = i64::try_from(found.len()).is_ok_and(|found| found < round);
            let Some((last, at)) = found.last() else {
                return Ok(items);
            };
            from = Some(at.clone().map_or_else(
                || From::Key(last.owner.clone(), last.id.clone()),
                |value| From::Value(value, last.n),
            ));
            let fitting = found.into_iter().filter(|(item, at)| {
                // A record with several values stands at the least of them.
                let order = self.query.order.as_ref();
                let least = order.and_then(|(field, _)| item.index.least(field));
                least == at.as_deref() && self.fits(item)
            });
            items.extend(fitting.map(|(item, _)| item).take(limit - items.len()));
            if whole || most.is_some() || items.len() == limit {
                return Ok(items);
            }
            round = round.saturating_mul(4).min(10_000);
        }
    }

    /// The next records with the terms, along the order, with the value that they were found at if it is by value.
    fn stretch(
        &self,
        work: &mut Work<'_>,
        from: Option<&From>,
        reach: &Span,
        most: Option<i64>,
        round: i64,
    ) -> Result<Vec<(Item, Option<String>)>, Fault> {
        let mut values = Values::default();
        let (path, order) = match &self.query.order {
            None => (self.along_keys(from, &mut values), ("owner, id", "p.owner, p.id")),
            Some((field, direction)) => {
                let path = self.along_values(field, *direction, from, reach, &mut values);
                let order = match direction {
                    Direction::Up => ("value, n", "p.value, p.n"),
                    Direction::Down => ("value DESC, n DESC", "p.value DESC, p.n DESC"),
                };
                (path, order)
            }
        };
        let value = self.query.order.as_ref().map_or("NULL::bytea", |_| "p.value");
        let most = values.push(most);
        let terms = self.terms(&mut values);
        // The inner LIMIT and OFFSET keep the planner from any other way than one look at each record along the path.
        let sql = format!(
            "SELECT i.n, i.owner, i.id, i.keys, {value} FROM ({path} ORDER BY {} LIMIT ${most}) p
             CROSS JOIN LATERAL (SELECT * FROM item WHERE item.n = p.n OFFSET 0) i
             WHERE {terms} ORDER BY {} LIMIT ${}",
            order.0,
            order.1,
            values.push(round)
        );
        work.all(&sql, &values.all(), |row| {
            let value = get::<Option<Vec<u8>>>(row, 4)?.map(String::from_utf8).transpose();
            let value = value.map_err(|error| Fault::Corrupt(error.to_string()))?;
            Ok((as_item(row)?, value))
        })
    }

    fn along_keys(&self, from: Option<&From>, values: &mut Values) -> String {
        let kind = values.push(self.query.kind.to_string());
        let mut sql = format!("SELECT owner, id, n FROM record WHERE kind = ${kind} AND n IS NOT NULL");
        if let Some(owner) = &self.query.owner {
            let _ = write!(sql, " AND owner = ${}", values.push(owner.to_string()));
        }
        if let Some(From::Key(owner, id)) = from {
            let (owner, id) = (values.push(owner.to_string()), values.push(id.to_string()));
            let _ = write!(sql, " AND (owner, id) > (${owner}, ${id})");
        }
        sql
    }

    fn along_values(
        &self,
        field: &Name,
        direction: Direction,
        from: Option<&From>,
        reach: &Span,
        values: &mut Values,
    ) -> String {
        let mut sql = format!(
            "SELECT k.value, k.n FROM key k WHERE {}",
            self.within(field, reach, values)
        );
        if let Some(From::Value(value, n)) = from {
            let compare = if direction == Direction::Up { ">" } else { "<" };
            let value = values.push(value.as_bytes().to_vec());
            let _ = write!(
                sql,
                " AND (k.value, k.n) {compare} (${value}, ${})",
                values.push(*n)
            );
        }
        sql
    }

    /// The values that are to be walked: within a span that the query asks for.
    fn reach(&self, work: &mut Work<'_>) -> Result<Span, Fault> {
        let whole = (Bound::Unbounded, Bound::Unbounded);
        let Some((field, _)) = &self.query.order else {
            return Ok(whole);
        };
        let Some((_, span)) = self.spans.iter().find(|(of, _)| *of == field) else {
            return Ok(whole);
        };
        // One with several values may have one in the span and stand before it.
        let several = vec![Term::several(field).number(&self.query.kind)];
        let sql = "SELECT n FROM item WHERE terms @> $1 LIMIT 1";
        let found: Vec<i64> = work.all(sql, &[&several], |row| get(row, 0))?;
        Ok(if found.is_empty() { span.clone() } else { whole })
    }
}
