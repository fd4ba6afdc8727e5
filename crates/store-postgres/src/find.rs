//! Lists of a query that asks for what the index knows. A planner that guesses from statistics guesses badly here, so the way
//! is chosen by trying: a short walk along the order fills the page of a query that many records meet, and tells how far it
//! would have to go on; if that is far, the inverted index gathers those that meet it, to be sorted; if they are too many for that,
//! the walk goes on to the end. The database tests and sorts either way: what comes here is the page.

use std::fmt::Write as _;
use std::ops::Bound;

use postgres::Row as Columns;
use postgres::types::ToSql;
use store::{Direction, Fault, Key, Name, Need, Query, Span, Term, Version};

use crate::read::{self, get, name};
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
        .map(|(owner, id)| (owner.as_str(), id.as_str()))
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
        let sql = format!(
            "SELECT 1 FROM item i WHERE {} LIMIT",
            search.fits(None, &mut values)
        );
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

/// Where an indexed record is.
type Place = (Name, Name);

fn as_place(row: &Columns) -> Result<Place, Fault> {
    Ok((name(row, 0)?, name(row, 1)?))
}

/// Where a page begins: after a record's owner and id, or after a value and the number of a record that has it.
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

    /// The condition that an item has the terms, and a value within each span but the one at a place, which is met already.
    fn fits(&self, but: Option<usize>, values: &mut Values) -> String {
        let mut sql = String::from("true");
        if !self.all.is_empty() {
            let _ = write!(sql, " AND i.terms @> ${}", values.push(self.all.clone()));
        }
        for any in &self.any {
            let _ = write!(sql, " AND i.terms && ${}", values.push(any.clone()));
        }
        for (_, (field, span)) in self
            .spans
            .iter()
            .enumerate()
            .filter(|(place, _)| Some(*place) != but)
        {
            let within = bounds("v", span, |value| values.push(labelled(field.as_str(), value)));
            let within = if within.is_empty() { "true" } else { &within };
            let of = of_field(field, values);
            let _ = write!(
                sql,
                " AND EXISTS (SELECT 1 FROM unnest(i.vals) v WHERE {of} AND {within})"
            );
        }
        sql
    }

    /// So many records that meet the query, in its order.
    fn find(&self, work: &mut Work<'_>, limit: usize) -> Result<Vec<Place>, Fault> {
        if limit == 0 {
            return Ok(vec![]);
        }
        // The longer the page, the farther a walk goes for it, and the more may be gathered in its place.
        let pages = i64::try_from(limit / 200).map_or(LONG, |more| LONG.min(more + 1));
        let most = i64::from(self.limits.gathered) * pages;
        // A short walk fills no long page, and looks long for any of many terms.
        let is_common = self.any.iter().all(|any| any.len() <= MANY_TERMS);
        let walked = self.limits.walked;
        if is_common && limit <= walked as usize {
            let first = self.walk(work, limit, Some(i64::from(walked)))?;
            if first.len() == limit {
                return Ok(first);
            }
            // As many as were met on the way so far are met farther on, or so: if that is no longer than gathering, it goes on twice as far.
            let ahead = (limit * walked as usize).checked_div(first.len());
            let ahead = ahead.and_then(|ahead| i64::try_from(ahead).ok());
            if let Some(ahead) = ahead.filter(|ahead| *ahead <= most / 2) {
                let first = self.walk(work, limit, Some(2 * ahead))?;
                if first.len() == limit {
                    return Ok(first);
                }
            }
        }
        match self.gather(work, most, limit)? {
            Some(found) => Ok(found),
            None => self.walk(work, limit, None),
        }
    }

    /// The records that meet the query, in its order, if some part of it is met by so few that they can all be gathered.
    fn gather(&self, work: &mut Work<'_>, most: i64, limit: usize) -> Result<Option<Vec<Place>>, Fault> {
        // Spans first: they are read in order and left as soon as there are too many; a term's records are gathered whole.
        // Each is looked up by its number, which costs more than to read those of a term: half as many will do.
        for (place, (field, span)) in self.spans.iter().enumerate() {
            let mut values = Values::default();
            let within = self.within(field, span, &mut values);
            let many = values.push(most / 2 + 1);
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM key k WHERE {within} LIMIT ${many}) few");
            let few: Option<i64> = work.all(&sql, &values.all(), |row| get(row, 0))?.pop();
            if few.is_some_and(|few| few > most / 2) {
                continue;
            }
            let mut values = Values::default();
            let within = self.within(field, span, &mut values);
            let fits = self.fits(Some(place), &mut values);
            let least = self.least(&mut values);
            // The inner OFFSETs keep the planner from any other way than one look at each record of the span.
            let few = format!(
                "SELECT i.n, i.owner, i.id, {least} AS value FROM (SELECT DISTINCT k.n FROM key k WHERE {within} OFFSET 0) k
                 CROSS JOIN LATERAL (SELECT * FROM item WHERE item.n = k.n OFFSET 0) i WHERE {fits}"
            );
            return self.first(work, &few, values, limit, i64::MAX);
        }
        if self.all.is_empty() && self.any.is_empty() {
            return Ok(None);
        }
        if let Some(value) = &self.value
            && having(work, &self.query.kind, value, most + 1)? > most
        {
            return Ok(None);
        }
        let mut values = Values::default();
        let fits = self.fits(None, &mut values);
        let least = self.least(&mut values);
        let many = values.push(most + 1);
        let few =
            format!("SELECT i.n, i.owner, i.id, {least} AS value FROM item i WHERE {fits} LIMIT ${many}");
        self.first(work, &few, values, limit, most)
    }

    /// The first of some records in the query's order, if there are no more than so many: the database sorts them, and what is not asked
    /// for is not read.
    fn first(
        &self,
        work: &mut Work<'_>,
        few: &str,
        mut values: Values,
        limit: usize,
        most: i64,
    ) -> Result<Option<Vec<Place>>, Fault> {
        let (order, mut after) = match &self.query.order {
            None => ("owner, id", String::from("true")),
            Some((_, Direction::Up)) => ("value, n", String::from("value IS NOT NULL")),
            Some((_, Direction::Down)) => ("value DESC, n DESC", String::from("value IS NOT NULL")),
        };
        match self.from(work)? {
            None => {}
            Some(From::Key(owner, id)) => {
                let (owner, id) = (values.push(owner.to_string()), values.push(id.to_string()));
                let _ = write!(after, " AND (owner, id) > (${owner}, ${id})");
            }
            Some(From::Value(value, n)) => {
                let (field, compare) = self.ordered();
                let (value, n) = (values.push(labelled(field, &value)), values.push(n));
                let _ = write!(after, " AND (value, n) {compare} (${value}, ${n})");
            }
        }
        let limit = values.push(i64::try_from(limit).unwrap_or(i64::MAX));
        // How many they are is told even if none of them is on the page.
        let sql = format!(
            "WITH few AS MATERIALIZED ({few})
             SELECT owner, id, whole FROM (SELECT count(*) AS whole FROM few) f
             LEFT JOIN (SELECT * FROM few WHERE {after} ORDER BY {order} LIMIT ${limit}) p ON true ORDER BY {order}"
        );
        let found = work.all(&sql, &values.all(), |row| {
            let there = get::<Option<String>>(row, 0)?.is_some();
            Ok((there.then(|| as_place(row)).transpose()?, get::<i64>(row, 2)?))
        })?;
        let is_whole = found.first().is_some_and(|(_, all)| *all <= most);
        Ok(is_whole.then(|| found.into_iter().filter_map(|(place, _)| place).collect()))
    }

    /// The condition that a key is of a field and within a span.
    fn within(&self, field: &Name, span: &Span, values: &mut Values) -> String {
        let (kind, of) = (
            values.push(self.query.kind.to_string()),
            values.push(field.to_string()),
        );
        let within = bounds("k.value", span, |value| values.push(value.as_bytes().to_vec()));
        let within = if within.is_empty() { "true" } else { &within };
        format!("k.kind = ${kind} AND k.field = ${of} AND {within}")
    }

    /// The value that an item stands at in the query's order, with its field: the least, if it has several. They are kept in their order, and an
    /// array is read out as it is stored.
    fn least(&self, values: &mut Values) -> String {
        let Some((field, _)) = &self.query.order else {
            return "NULL::bytea".into();
        };
        let of = of_field(field, values);
        format!("(SELECT v FROM unnest(i.vals) v WHERE {of} LIMIT 1)")
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

    /// The field that orders, and how a place in the order compares with one before it.
    fn ordered(&self) -> (&str, &'static str) {
        match &self.query.order {
            Some((field, Direction::Down)) => (field.as_str(), "<"),
            Some((field, Direction::Up)) => (field.as_str(), ">"),
            None => ("", ">"),
        }
    }

    /// Walks the order, past at most so many records.
    fn walk(&self, work: &mut Work<'_>, limit: usize, most: Option<i64>) -> Result<Vec<Place>, Fault> {
        let from = self.from(work)?;
        let reach = self.reach(work)?;
        let mut values = Values::default();
        let (path, order, stands) = match &self.query.order {
            None => (
                self.along_keys(from.as_ref(), &mut values),
                ["owner, id", "p.owner, p.id"],
                String::from("true"),
            ),
            Some((field, direction)) => {
                let path = self.along_values(field, from.as_ref(), &reach, &mut values);
                let order = match direction {
                    Direction::Up => ["value, n", "p.value, p.n"],
                    Direction::Down => ["value DESC, n DESC", "p.value DESC, p.n DESC"],
                };
                // A record with several values stands at the least of them.
                let least = self.least(&mut values);
                let label = values.push(labelled(field.as_str(), ""));
                (path, order, format!("{least} = ${label} || p.value"))
            }
        };
        let most = values.push(most);
        let fits = self.fits(None, &mut values);
        // The inner LIMIT and OFFSET keep the planner from any other way than one look at each record along the path.
        let sql = format!(
            "SELECT i.owner, i.id FROM ({path} ORDER BY {} LIMIT ${most}) p
             CROSS JOIN LATERAL (SELECT * FROM item WHERE item.n = p.n OFFSET 0) i
             WHERE {fits} AND {stands} ORDER BY {} LIMIT ${}",
            order[0],
            order[1],
            values.push(i64::try_from(limit).unwrap_or(i64::MAX))
        );
        work.all(&sql, &values.all(), as_place)
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

    fn along_values(&self, field: &Name, from: Option<&From>, reach: &Span, values: &mut Values) -> String {
        let mut sql = format!(
            "SELECT k.value, k.n FROM key k WHERE {}",
            self.within(field, reach, values)
        );
        if let Some(From::Value(value, n)) = from {
            let value = values.push(value.as_bytes().to_vec());
            let (_, compare) = self.ordered();
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

/// A value as an item keeps it, beside its field.
pub(crate) fn labelled(field: &str, value: &str) -> Vec<u8> {
    [field.as_bytes(), b"\0", value.as_bytes()].concat()
}

/// The condition that a value that an item keeps is of a field.
fn of_field(field: &Name, values: &mut Values) -> String {
    let from = values.push(labelled(field.as_str(), ""));
    let to = values.push([field.as_str().as_bytes(), b"\x01"].concat());
    format!("v >= ${from} AND v < ${to}")
}

/// The condition that a value is within a span; empty for all values.
fn bounds(value: &str, span: &Span, mut push: impl FnMut(&str) -> usize) -> String {
    let mut all = vec![];
    for (bound, included, excluded) in [(&span.0, ">=", ">"), (&span.1, "<=", "<")] {
        let (compare, bound) = match bound {
            Bound::Included(bound) => (included, bound),
            Bound::Excluded(bound) => (excluded, bound),
            Bound::Unbounded => continue,
        };
        all.push(format!("{value} {compare} ${}", push(bound)));
    }
    all.join(" AND ")
}
