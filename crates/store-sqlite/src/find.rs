//! Lists of a query that asks for what the index knows. SQLite would not find a way here, so this chooses one: what the
//! query needs is brought down to a set of numbers; a small set is gathered and sorted, with a large one the order is walked
//! and what is not in the set is passed over.

use std::fmt::Write as _;
use std::ops::Bound;

use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};
use store::{Direction, Fault, Index, Key, Name, Need, Query, Span, Term, Version};

use crate::bits::{Block, Set};
use crate::fault;
use crate::index::parse;
use crate::read::{self, get, name};

/// When a list is gathered and sorted, and when its order is walked. Either way it is the same list.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most records that are gathered.
    pub gathered: usize,
    /// The same where their values must be read too.
    pub gathered_with_values: usize,
    /// How many rows of postings a span of values may have to become a set. A longer one is tested record by record.
    pub spanned: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            gathered: 5_000,
            gathered_with_values: 3_000,
            spanned: 10_000,
        }
    }
}

pub(crate) fn list(
    transaction: &Transaction<'_>,
    limits: Limits,
    query: &Query,
) -> Result<Vec<Version>, Fault> {
    if query.is_plain() {
        return read::list(transaction, query);
    }
    let found = Search::new(transaction, limits, query)?.find(query.limit as usize)?;
    let newest = |item: Item| {
        let key = Key {
            owner: item.owner,
            kind: query.kind.clone(),
            id: item.id,
        };
        read::newest(transaction, &key)
    };
    found.into_iter().map(newest).collect()
}

pub(crate) fn count(
    transaction: &Transaction<'_>,
    limits: Limits,
    query: &Query,
    up_to: u64,
) -> Result<u64, Fault> {
    let query = Query {
        order: None,
        after: None,
        ..query.clone()
    };
    if query.is_plain() {
        return read::count(transaction, &query, up_to);
    }
    let search = Search::new(transaction, limits, &query)?;
    let found = match &search.set {
        Some(set) if search.spans.is_empty() => set.len(),
        _ => search.find(usize::try_from(up_to).unwrap_or(usize::MAX))?.len(),
    };
    Ok(up_to.min(found as u64))
}

/// An indexed record.
struct Item {
    n: i64,
    owner: Name,
    id: Name,
    /// Its values, where they were needed; nothing else of it.
    index: Index,
}

struct Search<'a> {
    transaction: &'a Transaction<'a>,
    limits: Limits,
    query: &'a Query,
    /// Records that meet all needs but those of `spans`; none where no need could be brought down to a set.
    set: Option<Set>,
    /// What is tested record by record.
    spans: Vec<(&'a Name, Span)>,
}

impl<'a> Search<'a> {
    fn new(transaction: &'a Transaction<'a>, limits: Limits, query: &'a Query) -> Result<Self, Fault> {
        let mut search = Self {
            transaction,
            limits,
            query,
            set: None,
            spans: vec![],
        };
        for need in query.needs() {
            match need {
                Need::Terms(terms) => {
                    let mut found = Set::default();
                    for term in &terms {
                        search.add_term(term, &mut found)?;
                    }
                    search.narrow(found);
                }
                Need::Within(field, span) => match search.span(field, &span)? {
                    Some(found) => search.narrow(found),
                    None => search.spans.push((field, span)),
                },
            }
        }
        Ok(search)
    }

    fn narrow(&mut self, found: Set) {
        match &mut self.set {
            Some(set) => set.keep(&found),
            none => *none = Some(found),
        }
    }

    fn add_term(&self, term: &Term<'_>, found: &mut Set) -> Result<(), Fault> {
        let sql = "SELECT block, bits FROM posting WHERE kind = ?1 AND field = ?2 AND value = ?3";
        let values = params![self.query.kind.as_str(), term.field, term.value];
        let mut statement = self.transaction.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query(values).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            found.add(get(row, 0)?, block(row, 1)?);
        }
        Ok(())
    }

    /// The records with a value in a span, if it is not too long.
    fn span(&self, field: &Name, span: &Span) -> Result<Option<Set>, Fault> {
        let mut found = Set::default();
        let mut rows = 0;
        let whole = self.postings(field, span, Direction::Up, |_, at, block| {
            rows += 1;
            found.add(at, block()?);
            Ok(rows < self.limits.spanned)
        })?;
        Ok(whole.then_some(found))
    }

    /// Gives postings of a field in the order of their values, as long as `visit` says to go on; true if it saw them all.
    fn postings(
        &self,
        field: &Name,
        span: &Span,
        direction: Direction,
        mut visit: impl FnMut(&str, i64, &dyn Fn() -> Result<Block, Fault>) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        let mut sql = String::from("SELECT value, block, bits FROM posting WHERE kind = ?1 AND field = ?2");
        let mut values = vec![
            Value::from(self.query.kind.to_string()),
            Value::from(field.to_string()),
        ];
        for (bound, included, excluded) in [(&span.0, ">=", ">"), (&span.1, "<=", "<")] {
            let (compare, value) = match bound {
                Bound::Included(value) => (included, value),
                Bound::Excluded(value) => (excluded, value),
                Bound::Unbounded => continue,
            };
            values.push(Value::from(value.clone()));
            let _ = write!(sql, " AND value {compare} ?{}", values.len());
        }
        sql += match direction {
            Direction::Up => " ORDER BY value, block",
            Direction::Down => " ORDER BY value DESC, block DESC",
        };
        let mut statement = self.transaction.prepare_cached(&sql).map_err(fault)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let value = row.get_ref(0).map_err(fault)?.as_str();
            let value = value.map_err(|error| Fault::Corrupt(error.to_string()))?;
            if !visit(value, get(row, 1)?, &|| block(row, 2))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// So many records that meet the query, in its order.
    fn find(&self, limit: usize) -> Result<Vec<Item>, Fault> {
        let gathered = if self.needs_values() {
            self.limits.gathered_with_values
        } else {
            self.limits.gathered
        };
        match (&self.set, &self.query.order) {
            _ if limit == 0 => Ok(vec![]),
            (Some(set), _) if set.len() <= gathered => self.gather(set, limit),
            (_, Some((field, direction))) => self.walk_values(field, *direction, limit),
            (_, None) => self.walk_keys(limit),
        }
    }

    fn needs_values(&self) -> bool {
        self.query.order.is_some() || !self.spans.is_empty()
    }

    fn item(&self, n: i64) -> Result<Item, Fault> {
        let sql = "SELECT owner, id, keys FROM item WHERE n = ?1";
        let mut statement = self.transaction.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query([n]).map_err(fault)?;
        let row = rows.next().map_err(fault)?;
        let row = row.ok_or_else(|| Fault::Corrupt(format!("index: {n}")))?;
        Ok(Item {
            n,
            owner: name(row, 0)?,
            id: name(row, 1)?,
            index: Index {
                keys: if self.needs_values() {
                    parse(&get::<String>(row, 2)?)?
                } else {
                    vec![]
                },
                ..Index::default()
            },
        })
    }

    /// True if a record meets what is tested record by record.
    fn fits(&self, item: &Item) -> bool {
        self.spans
            .iter()
            .all(|(field, span)| item.index.has_within(field, span))
    }

    /// Reads all of a set and sorts it.
    fn gather(&self, set: &Set, limit: usize) -> Result<Vec<Item>, Fault> {
        let mut items = set
            .numbers()
            .map(|n| self.item(n))
            .collect::<Result<Vec<_>, _>>()?;
        items.retain(|item| self.fits(item));
        let Some((field, direction)) = &self.query.order else {
            if let Some(after) = &self.query.after {
                items.retain(|item| (&item.owner, &item.id) > (&after.owner, &after.id));
            }
            items.sort_unstable_by(|a, b| (&a.owner, &a.id).cmp(&(&b.owner, &b.id)));
            items.truncate(limit);
            return Ok(items);
        };
        let after = self.after_value()?;
        let place = |item: &Item| item.index.least(field).map(|value| (value.to_owned(), item.n));
        let mut placed: Vec<_> = items
            .into_iter()
            .filter_map(|item| Some((place(&item)?, item)))
            .filter(|(place, _)| {
                after
                    .as_ref()
                    .is_none_or(|after| is_after(place, after, *direction))
            })
            .collect();
        placed.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if *direction == Direction::Down {
            placed.reverse();
        }
        placed.truncate(limit);
        Ok(placed.into_iter().map(|(_, item)| item).collect())
    }

    /// Where the page before ended in an order by value.
    fn after_value(&self) -> Result<Option<(String, i64)>, Fault> {
        let Some(after) = &self.query.after else {
            return Ok(None);
        };
        let key = Key {
            owner: after.owner.clone(),
            kind: self.query.kind.clone(),
            id: after.id.clone(),
        };
        let n = read::place(self.transaction, &key)?.and_then(|place| place.n);
        Ok(Some((after.value.clone(), n.unwrap_or(0))))
    }

    /// Walks all records of the kind in the order of owner and id.
    fn walk_keys(&self, limit: usize) -> Result<Vec<Item>, Fault> {
        let mut sql = String::from("SELECT n, owner, id FROM record INDEXED BY record_kind WHERE kind = ?1");
        let mut values = vec![Value::from(self.query.kind.to_string())];
        if let Some(owner) = &self.query.owner {
            values.push(Value::from(owner.to_string()));
            let _ = write!(sql, " AND owner = ?{}", values.len());
        }
        if let Some(after) = &self.query.after {
            values.extend([
                Value::from(after.owner.to_string()),
                Value::from(after.id.to_string()),
            ]);
            let _ = write!(
                sql,
                " AND (owner, id) > (?{}, ?{})",
                values.len() - 1,
                values.len()
            );
        }
        sql += " ORDER BY owner, id";
        let mut statement = self.transaction.prepare_cached(&sql).map_err(fault)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(fault)?;
        let mut items = vec![];
        while let Some(row) = rows.next().map_err(fault)? {
            let n: Option<i64> = get(row, 0)?;
            let Some(n) = n.filter(|n| self.set.as_ref().is_none_or(|set| set.has(*n))) else {
                continue;
            };
            let item = if self.spans.is_empty() {
                Item {
                    n,
                    owner: name(row, 1)?,
                    id: name(row, 2)?,
                    index: Index::default(),
                }
            } else {
                self.item(n)?
            };
            if self.fits(&item) {
                items.push(item);
                if items.len() == limit {
                    break;
                }
            }
        }
        Ok(items)
    }

    /// Walks the values of a field in their order.
    fn walk_values(&self, field: &Name, direction: Direction, limit: usize) -> Result<Vec<Item>, Fault> {
        let after = self.after_value()?;
        let mut items = vec![];
        self.postings(
            field,
            &self.reach(field, direction, after.as_ref())?,
            direction,
            |value, at, block| {
                let mut block = match &self.set {
                    None => block()?,
                    Some(set) => {
                        let Some(wanted) = set.block(at) else {
                            return Ok(true);
                        };
                        let mut block = block()?;
                        block.and(wanted);
                        block
                    }
                };
                if let Some((_, n)) = after.as_ref().filter(|(after, _)| after == value) {
                    block.keep_after(at, *n, direction == Direction::Up);
                }
                let mut numbers: Vec<i64> = block.numbers(at).collect();
                if direction == Direction::Down {
                    numbers.reverse();
                }
                for n in numbers {
                    let item = self.item(n)?;
                    // A record with several values stands at the least of them.
                    if self.fits(&item) && item.index.least(field) == Some(value) {
                        items.push(item);
                        if items.len() == limit {
                            return Ok(false);
                        }
                    }
                }
                Ok(true)
            },
        )?;
        Ok(items)
    }

    /// The values that are to be walked: within a span that the query asks for, and from the end of the page before.
    fn reach(
        &self,
        field: &Name,
        direction: Direction,
        after: Option<&(String, i64)>,
    ) -> Result<Span, Fault> {
        let mut reach = (Bound::Unbounded, Bound::Unbounded);
        if let Some((_, span)) = self.spans.iter().find(|(of, _)| *of == field) {
            let mut several = Set::default();
            self.add_term(&Term::several(field), &mut several)?;
            // One with several values may have one in the span and stand before it.
            if several.len() == 0 {
                reach = span.clone();
            }
        }
        if let Some((value, _)) = after {
            let end = match direction {
                Direction::Up => &mut reach.0,
                Direction::Down => &mut reach.1,
            };
            *end = Bound::Included(value.clone());
        }
        Ok(reach)
    }
}

/// True if a place comes after another.
fn is_after(place: &(String, i64), after: &(String, i64), direction: Direction) -> bool {
    match direction {
        Direction::Up => place > after,
        Direction::Down => place < after,
    }
}

fn block(row: &rusqlite::Row<'_>, column: usize) -> Result<Block, Fault> {
    let bytes = row.get_ref(column).map_err(fault)?;
    let bytes = bytes
        .as_blob()
        .map_err(|error| Fault::Corrupt(error.to_string()))?;
    Block::read(bytes)
}
