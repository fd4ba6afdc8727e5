//! Lists of a query that asks for what the index knows. A planner that guesses from statistics guesses badly here, so the way
//! is chosen by trying and counting: a short walk along the order fills the page of a query that many records meet; otherwise those that meet the part
//! of it that fewest meet are gathered and sorted; if they are too many for that, the walk goes on in growing steps, which fill the page the sooner
//! the more they are. The database tests and sorts either way: what comes here is the page.

use std::borrow::Cow;
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
            gathered: 8_000,
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
    let found = if let ([Some(value)], true) = (search.keys.as_slice(), search.spans.is_empty()) {
        with_one_of(work, &query.kind, value, up_to)?
    } else if search.spans.is_empty() {
        let mut values = Values::default();
        let sql = format!(
            "SELECT 1 FROM item i WHERE {} LIMIT",
            search.has_terms(&mut values)
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

/// How many records have one of some values of a field, up to a bound. A record has each value once: among so many times the bound as there are
/// values, there are as many records.
fn with_one_of(work: &mut Work<'_>, kind: &Name, (field, any): &OneOf<'_>, up_to: i64) -> Result<i64, Fault> {
    let sql = "SELECT count(DISTINCT n) FROM (
          SELECT n FROM key WHERE kind = $1 AND field = $2 AND value = ANY ($3) LIMIT $4) found";
    let most = up_to.saturating_mul(i64::try_from(any.len()).unwrap_or(i64::MAX));
    let values: Vec<&[u8]> = any.iter().map(|value| value.as_bytes()).collect();
    let values: [&(dyn ToSql + Sync); 4] = [&kind.as_str(), &field.as_ref(), &values, &most];
    Ok(work.all(sql, &values, |row| get(row, 0))?.pop().unwrap_or(0))
}

/// How many times one of some values of a field stands in a record, up to a bound. Read from the values' own order, which stops at the bound; the
/// inverted index gathers all of a term first.
fn having(work: &mut Work<'_>, kind: &Name, (field, any): &OneOf<'_>, up_to: i64) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM (
          SELECT 1 FROM key WHERE kind = $1 AND field = $2 AND value = ANY ($3) LIMIT $4) found";
    let values: Vec<&[u8]> = any.iter().map(|value| value.as_bytes()).collect();
    let values: [&(dyn ToSql + Sync); 4] = [&kind.as_str(), &field.as_ref(), &values, &up_to];
    Ok(work.all(sql, &values, |row| get(row, 0))?.pop().unwrap_or(0))
}

/// A field, and values of which a record has one.
type OneOf<'a> = (Cow<'a, str>, Vec<Cow<'a, str>>);

/// The field and the values, where all the terms are values of one field.
fn one_of<'a>(terms: &[Term<'a>]) -> Option<OneOf<'a>> {
    let field = terms.first().filter(|term| term.is_key())?.field.clone();
    let is_of_it = |term: &Term<'a>| term.field == field;
    let values = || terms.iter().map(|term| term.value.clone()).collect();
    terms.iter().all(is_of_it).then(|| (field.clone(), values()))
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

/// A place in the query's order: a record's owner and id, or a value and the number of a record that has it.
enum At {
    Key(String, String),
    Value(Vec<u8>, i64),
}

/// A part of the order: after one place, and not after another.
type Part<'a> = (Option<&'a At>, Option<&'a At>);

/// How far a walk along the order has come.
struct Walk {
    /// The place that was passed last; none before the first.
    at: Option<At>,
    /// The values that are walked.
    reach: Span,
    found: Vec<Place>,
    /// How many places were passed.
    passed: i64,
    is_over: bool,
}

impl Walk {
    /// True if there is nothing more to be found, or to be looked for.
    const fn is_full(&self, limit: usize) -> bool {
        self.is_over || self.found.len() >= limit
    }

    /// How many places farther on so many will have been found, if those ahead lie as those passed; nobody knows before one was.
    fn ahead(&self, limit: usize) -> Option<i64> {
        let found = i64::try_from(self.found.len()).ok().filter(|found| *found > 0)?;
        let left = i64::try_from(limit).ok()? - found;
        Some((left * self.passed / found).max(1))
    }
}

struct Search<'a> {
    limits: Limits,
    query: &'a Query,
    /// Terms that a record must all have.
    all: Vec<i64>,
    /// Of each of these, one.
    any: Vec<Vec<i64>>,
    /// The same as values of fields, in whatever order; none of what is not a value of a field.
    keys: Vec<Option<OneOf<'a>>>,
    /// What is tested record by record.
    spans: Vec<(&'a Name, Span)>,
}

/// What is met by few enough to be gathered.
enum Few {
    /// The span at this place.
    Span(usize),
    /// All the terms, which so many records have at most.
    Terms(i64),
    /// Nothing that can be counted; all the terms together, it may be.
    Unknown,
    /// Nothing.
    None,
}

impl<'a> Search<'a> {
    fn new(limits: Limits, query: &'a Query) -> Self {
        let mut search = Self {
            limits,
            query,
            all: vec![],
            any: vec![],
            keys: vec![],
            spans: vec![],
        };
        for need in query.needs() {
            match need {
                Need::Terms(terms) => {
                    search.keys.push(one_of(&terms));
                    match terms.as_slice() {
                        [one] => search.all.push(one.number(&query.kind)),
                        several => {
                            let numbers = several.iter().map(|term| term.number(&query.kind));
                            search.any.push(numbers.collect());
                        }
                    }
                }
                Need::Within(field, span) => search.spans.push((field, span)),
            }
        }
        search
    }

    /// The condition that an item has the terms.
    fn has_terms(&self, values: &mut Values) -> String {
        let mut sql = String::from("true");
        if !self.all.is_empty() {
            let _ = write!(sql, " AND i.terms @> ${}", values.push(self.all.clone()));
        }
        for any in &self.any {
            let _ = write!(sql, " AND i.terms && ${}", values.push(any.clone()));
        }
        sql
    }

    /// The condition that an item has a value within each span but the one at a place, which is met already.
    fn has_values(&self, but: Option<usize>, values: &mut Values) -> String {
        let mut sql = String::from("true");
        for (_, (field, span)) in self
            .spans
            .iter()
            .enumerate()
            .filter(|(place, _)| Some(*place) != but)
        {
            let within = bounds("v", span, |value| {
                values.push(labelled(field.as_str(), value.as_bytes()))
            });
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
        let mut walk = Walk {
            at: self.from(work)?,
            reach: self.reach(work)?,
            found: vec![],
            passed: 0,
            is_over: false,
        };
        // A short walk fills no long page, and looks long for any of many terms.
        let walked = i64::from(self.limits.walked);
        let is_short = limit <= self.limits.walked as usize;
        if is_short && self.any.iter().all(|any| any.len() <= MANY_TERMS) {
            self.step(work, &mut walk, walked, limit)?;
            if walk.is_full(limit) {
                return Ok(walk.found);
            }
        }
        let few = match self.few(work, most + most / 2)? {
            // More than are gathered as a rule: where those met so far lie farther apart than they do, that is still the shorter way.
            (count, few) if count <= most || walk.ahead(limit).is_none_or(|ahead| ahead > count) => few,
            _ => Few::None,
        };
        // Where it is not known how many there are, it is walked farther: so far as to know it, and to the end where that is near.
        if matches!(few, Few::Unknown) && is_short {
            self.step(work, &mut walk, 4 * walked, limit)?;
            if let Some(ahead) = walk.ahead(limit).filter(|ahead| *ahead <= most) {
                self.step(work, &mut walk, ahead, limit)?;
            }
            if walk.is_full(limit) {
                return Ok(walk.found);
            }
        }
        // As many may be gathered as the walk would pass.
        let most = walk
            .ahead(limit)
            .unwrap_or(i64::MAX)
            .clamp(most / 2, most + most / 2);
        if let Some(found) = self.gather(work, &few, most, limit)? {
            return Ok(found);
        }
        let mut ahead = 4 * walked.max(1);
        while !walk.is_full(limit) {
            self.step(work, &mut walk, ahead, limit)?;
            ahead = walk
                .ahead(limit)
                .unwrap_or(i64::MAX)
                .clamp(walked.max(1), 2 * ahead);
        }
        Ok(walk.found)
    }

    /// What of the query fewest meet, and how many, if they are no more than `most`. Spans and values are counted in their own order, which stops where
    /// there are too many.
    fn few(&self, work: &mut Work<'_>, most: i64) -> Result<(i64, Few), Fault> {
        let mut few = (most + 1, Few::None);
        for (place, (field, span)) in self.spans.iter().enumerate() {
            let mut values = Values::default();
            let within = self.within(field, span, &mut values);
            let many = values.push(few.0);
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM key k WHERE {within} LIMIT ${many}) few");
            let count = work.all(&sql, &values.all(), |row| get(row, 0))?.pop();
            if let Some(count) = count.filter(|count| *count < few.0) {
                few = (count, Few::Span(place));
            }
        }
        for any in self.keys.iter().flatten() {
            let count = having(work, &self.query.kind, any, few.0)?;
            if count < few.0 {
                few = (count, Few::Terms(count));
            }
        }
        // Of one value it is known that too many have it.
        let is_told = matches!(self.keys.as_slice(), [] | [Some(_)]);
        Ok(match few.1 {
            Few::None if !is_told => (0, Few::Unknown),
            _ => few,
        })
    }

    /// The records that meet the query, in its order, if they can be gathered.
    fn gather(
        &self,
        work: &mut Work<'_>,
        few: &Few,
        most: i64,
        limit: usize,
    ) -> Result<Option<Vec<Place>>, Fault> {
        let mut values = Values::default();
        let from = self.from(work)?;
        let part = (from.as_ref(), None);
        match few {
            Few::None => Ok(None),
            Few::Span(place) => {
                let Some((field, span)) = self.spans.get(*place) else {
                    return Ok(None);
                };
                let among = format!(
                    "SELECT k.n FROM key k WHERE {}",
                    self.within(field, span, &mut values)
                );
                let few = self.items(Some(&among), Some(*place), i64::MAX, &mut values);
                self.first(work, &few, values, part, limit, i64::MAX)
            }
            Few::Terms(_) | Few::Unknown => {
                let most = if let Few::Terms(count) = few { *count } else { most };
                let few = self.items(None, None, most + 1, &mut values);
                self.first(work, &few, values, part, limit, most)
            }
        }
    }

    /// Up to so many items that have the terms, each with the value at which it stands, and whether it has a value within each span but one; only those
    /// of these numbers, if such are given. They are looked up in the order of their numbers, which is about the order in which they lie.
    fn items(&self, among: Option<&str>, but: Option<usize>, most: i64, values: &mut Values) -> String {
        let least = self.least(values);
        let meets = self.has_values(but, values);
        let terms = self.has_terms(values);
        let among = among.map_or(String::new(), |among| format!("i.n = ANY (ARRAY ({among})) AND "));
        let most = values.push(most);
        format!(
            "SELECT i.n, i.owner, i.id, {least} AS value, {meets} AS meets FROM item i WHERE {among}{terms} LIMIT ${most}"
        )
    }

    /// The first of some records in a part of the query's order, if there are no more than so many: the database sorts them, and what is not asked
    /// for is not read.
    fn first(
        &self,
        work: &mut Work<'_>,
        few: &str,
        mut values: Values,
        (from, end): Part<'_>,
        limit: usize,
        most: i64,
    ) -> Result<Option<Vec<Place>>, Fault> {
        let (order, mut within) = match &self.query.order {
            None => ("owner, id", String::from("meets")),
            Some((_, Direction::Up)) => ("value, n", String::from("meets AND value IS NOT NULL")),
            Some((_, Direction::Down)) => ("value DESC, n DESC", String::from("meets AND value IS NOT NULL")),
        };
        let (field, after) = self.ordered();
        let until = if after == ">" { "<=" } else { ">=" };
        for (at, compare) in [(from, after), (end, until)] {
            match at {
                None => {}
                Some(At::Key(owner, id)) => {
                    let (owner, id) = (values.push(owner.clone()), values.push(id.clone()));
                    let _ = write!(within, " AND (owner, id) {compare} (${owner}, ${id})");
                }
                Some(At::Value(value, n)) => {
                    let (value, n) = (values.push(labelled(field, value)), values.push(*n));
                    let _ = write!(within, " AND (value, n) {compare} (${value}, ${n})");
                }
            }
        }
        let limit = values.push(i64::try_from(limit).unwrap_or(i64::MAX));
        // How many they are is told even if none of them is on the page.
        let sql = format!(
            "WITH few AS MATERIALIZED ({few})
             SELECT owner, id, whole FROM (SELECT count(*) AS whole FROM few) f
             LEFT JOIN (SELECT * FROM few WHERE {within} ORDER BY {order} LIMIT ${limit}) p ON true ORDER BY {order}"
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
    fn from(&self, work: &mut Work<'_>) -> Result<Option<At>, Fault> {
        let Some(after) = &self.query.after else {
            return Ok(None);
        };
        if self.query.order.is_none() {
            return Ok(Some(At::Key(after.owner.to_string(), after.id.to_string())));
        }
        let key = Key {
            owner: after.owner.clone(),
            kind: self.query.kind.clone(),
            id: after.id.clone(),
        };
        let n = read::places(work, &[&key])?
            .remove(&key)
            .and_then(|place| place.n);
        Ok(Some(At::Value(after.value.clone().into_bytes(), n.unwrap_or(0))))
    }

    /// The field that orders, and how a place in the order compares with one before it.
    fn ordered(&self) -> (&str, &'static str) {
        match &self.query.order {
            Some((field, Direction::Down)) => (field.as_str(), "<"),
            Some((field, Direction::Up)) => (field.as_str(), ">"),
            None => ("", ">"),
        }
    }

    /// Walks on past so many places of the order.
    fn step(&self, work: &mut Work<'_>, walk: &mut Walk, ahead: i64, limit: usize) -> Result<(), Fault> {
        if walk.is_full(limit) {
            return Ok(());
        }
        let end = self.place_ahead(work, walk, ahead)?;
        let mut values = Values::default();
        // A bound at the end would be tested of all that have the same owner or value; the number of them stops where it is reached.
        let along = self.along(walk, &mut values);
        let among = format!("SELECT n FROM {along} LIMIT ${}", values.push(ahead));
        let few = self.items(Some(&among), None, i64::MAX, &mut values);
        let part = (walk.at.as_ref(), end.as_ref());
        let left = limit - walk.found.len();
        if let Some(found) = self.first(work, &few, values, part, left, i64::MAX)? {
            walk.found.extend(found);
        }
        walk.passed += ahead;
        walk.is_over = end.is_none();
        walk.at = end;
        Ok(())
    }

    /// The place of the order that is so many ahead; none if it ends before.
    fn place_ahead(&self, work: &mut Work<'_>, walk: &Walk, ahead: i64) -> Result<Option<At>, Fault> {
        let mut values = Values::default();
        let along = self.along(walk, &mut values);
        let passed = values.push(ahead - 1);
        let columns = self.query.order.as_ref().map_or("owner, id", |_| "value, n");
        let sql = format!("SELECT {columns} FROM {along} OFFSET ${passed} LIMIT 1");
        let place = |row: &Columns| {
            Ok(match &self.query.order {
                None => At::Key(get(row, 0)?, get(row, 1)?),
                Some(_) => At::Value(get(row, 0)?, get(row, 1)?),
            })
        };
        Ok(work.all(&sql, &values.all(), place)?.pop())
    }

    /// What is walked along from here, as a table in its order.
    fn along(&self, walk: &Walk, values: &mut Values) -> String {
        let mut sql = if let Some((field, _)) = &self.query.order {
            format!("key k WHERE {}", self.within(field, &walk.reach, values))
        } else {
            let kind = values.push(self.query.kind.to_string());
            let mut sql = format!("record WHERE kind = ${kind} AND n IS NOT NULL");
            if let Some(owner) = &self.query.owner {
                let _ = write!(sql, " AND owner = ${}", values.push(owner.to_string()));
            }
            sql
        };
        let (_, after) = self.ordered();
        match &walk.at {
            None => {}
            Some(At::Key(owner, id)) => {
                let (owner, id) = (values.push(owner.clone()), values.push(id.clone()));
                let _ = write!(sql, " AND (owner, id) {after} (${owner}, ${id})");
            }
            Some(At::Value(value, n)) => {
                let (value, n) = (values.push(value.clone()), values.push(*n));
                let _ = write!(sql, " AND (value, n) {after} (${value}, ${n})");
            }
        }
        let order = match &self.query.order {
            None => "owner, id",
            Some((_, Direction::Up)) => "value, n",
            Some((_, Direction::Down)) => "value DESC, n DESC",
        };
        sql + " ORDER BY " + order
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
pub(crate) fn labelled(field: &str, value: &[u8]) -> Vec<u8> {
    [field.as_bytes(), b"\0", value].concat()
}

/// The condition that a value that an item keeps is of a field.
fn of_field(field: &Name, values: &mut Values) -> String {
    let from = values.push(labelled(field.as_str(), b""));
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
