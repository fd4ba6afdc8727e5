//! Lists of a query that asks for what the index knows. SQLite would not find a way here, so this chooses one: what the
//! query needs is brought down to a set of numbers; a small set is gathered and sorted, with a large one the order is walked
//! and what is not in the set is passed over.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::ops::Bound;

use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};
use serde::Deserialize;
use store::{Direction, Fault, Index, Key, Name, Need, Query, Span, Term, Version, within};

use crate::bits::{self, Set, join};
use crate::fault;
use crate::index::parse;
use crate::leaf;
use crate::pieces::{Piece, Pieces};
use crate::read::{self, blob, get, name};

/// A value of a field, and which numbers of its block have it.
type Posting = (String, Vec<u8>);

/// The same with its piece, as an order goes through all pieces.
type Placed = ((String, Piece), Vec<u8>);

/// When a list is gathered and sorted, and when its order is walked. Either way it is the same list.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most records that are gathered.
    pub gathered: usize,
    /// The same where their values must be read too.
    pub gathered_with_values: usize,
    /// How many values a span may have, counted in each block, to become a set. A longer one is tested record by record.
    pub spanned: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            gathered: 5_000,
            gathered_with_values: 3_000,
            spanned: 100_000,
        }
    }
}

pub(crate) fn list(
    transaction: &Transaction<'_>,
    limits: Limits,
    query: &Query,
) -> Result<Vec<Version>, Fault> {
    let mut plain = if query.is_plain() {
        read::list(transaction, query)?
    } else {
        vec![]
    };
    if query.is_plain() && !read::is_placed(query) {
        return Ok(plain);
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
    let found: Vec<Version> = found.into_iter().map(newest).collect::<Result<_, _>>()?;
    if plain.is_empty() {
        return Ok(found);
    }
    plain.extend(found);
    plain.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    plain.truncate(query.limit as usize);
    Ok(plain)
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
    let plain = if query.is_plain() {
        read::count(transaction, &query, up_to)?
    } else {
        0
    };
    if plain == up_to || query.is_plain() && !read::is_placed(&query) {
        return Ok(plain);
    }
    let search = Search::new(transaction, limits, &query)?;
    let found = match &search.set {
        Some(set) if search.spans.is_empty() => set.len(),
        _ => search.find(usize::try_from(up_to).unwrap_or(usize::MAX))?.len(),
    };
    Ok(up_to.min(plain + found as u64))
}

/// An indexed record.
struct Item {
    n: i64,
    owner: Name,
    id: Name,
    /// Its values, where they were needed; nothing else of it.
    index: Index,
}

/// Text of JSON, as it lies where it can be.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

struct Search<'a> {
    transaction: &'a Transaction<'a>,
    limits: Limits,
    query: &'a Query,
    /// All pieces that there are.
    pieces: Vec<Piece>,
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
            pieces: Pieces::read(transaction)?.all(),
            set: None,
            spans: vec![],
        };
        for need in query.needs() {
            match need {
                Need::Terms(terms) => {
                    let found = search.terms(&terms)?;
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

    /// The pieces in which there may be something.
    fn pieces(&self) -> impl Iterator<Item = Piece> {
        let may_have = |piece: &Piece| {
            self.set
                .as_ref()
                .is_none_or(|set| set.block(piece.block()).is_some())
        };
        self.pieces.iter().copied().filter(may_have)
    }

    /// The records with one of the terms, which are of one field.
    fn terms(&self, terms: &[Term<'_>]) -> Result<Set, Fault> {
        let mut found = Set::default();
        for piece in self.pieces() {
            // Where nothing has their field, many terms are not looked for one by one.
            let is_there = match terms {
                [first, _, ..] => self
                    .leaf(piece, &first.field, ">=", "", Direction::Up, |_, _| Ok(()))?
                    .is_some(),
                _ => true,
            };
            for term in terms.iter().filter(|_| is_there) {
                self.leaf(
                    piece,
                    &term.field,
                    "<=",
                    &term.value,
                    Direction::Down,
                    |_, leaf| {
                        leaf::find(leaf, &term.value)?.map_or(Ok(()), |bits| found.add(piece.block(), bits))
                    },
                )?;
            }
        }
        Ok(found)
    }

    /// Gives the leaf of a field in a piece that comes first in a direction, of those that begin so much before or after.
    fn leaf<T>(
        &self,
        piece: Piece,
        field: &str,
        compare: &str,
        first: &str,
        direction: Direction,
        visit: impl FnOnce(&str, &[u8]) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let order = match direction {
            Direction::Up => "first",
            Direction::Down => "first DESC",
        };
        let sql = format!(
            "SELECT first, leaf FROM posting WHERE block = ?1 AND kind = ?2 AND field = ?3 AND first {compare} ?4
             ORDER BY {order} LIMIT 1"
        );
        let mut statement = self.transaction.prepare_cached(&sql).map_err(fault)?;
        let values = params![piece.id(), self.query.kind.as_str(), field, first];
        let mut rows = statement.query(values).map_err(fault)?;
        let Some(row) = rows.next().map_err(fault)? else {
            return Ok(None);
        };
        let first = row.get_ref(0).map_err(fault)?.as_str();
        let first = first.map_err(|error| Fault::Corrupt(error.to_string()))?;
        visit(first, blob(row, 1)?).map(Some)
    }

    /// The records with a value in a span, if it is not too long.
    fn span(&self, field: &Name, span: &Span) -> Result<Option<Set>, Fault> {
        let mut found = Set::default();
        let mut seen = 0;
        for piece in self.pieces() {
            let mut path = Path::new(piece);
            while !path.ended {
                path.step(self, field, span, Direction::Up, |_, bits| {
                    seen += 1;
                    found.add(piece.block(), bits)
                })?;
                if seen >= self.limits.spanned {
                    return Ok(None);
                }
            }
        }
        Ok(Some(found))
    }

    /// Gives the postings of a field in the order of their values and pieces, as long as `visit` says to go on.
    fn postings(
        &self,
        field: &Name,
        span: &Span,
        direction: Direction,
        mut visit: impl FnMut(&str, Piece, &[u8]) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        // Each piece gives its own in that order, a leaf at a time; the first of all comes next.
        let mut ahead: HashMap<Piece, (Path, VecDeque<Posting>)> = HashMap::new();
        let mut first: BTreeMap<(String, Piece), Vec<u8>> = BTreeMap::new();
        let mut take = |piece: Piece| -> Result<Option<Placed>, Fault> {
            let (path, read) = ahead.entry(piece).or_insert((Path::new(piece), VecDeque::new()));
            while read.is_empty() && !path.ended {
                path.step(self, field, span, direction, |value, bits| {
                    read.push_back((value.to_owned(), bits.to_owned()));
                    Ok(())
                })?;
            }
            Ok(read.pop_front().map(|(value, bits)| ((value, piece), bits)))
        };
        for piece in self.pieces() {
            first.extend(take(piece)?);
        }
        loop {
            let next = match direction {
                Direction::Up => first.pop_first(),
                Direction::Down => first.pop_last(),
            };
            let Some(((value, piece), bits)) = next else {
                return Ok(());
            };
            if !visit(&value, piece, &bits)? {
                return Ok(());
            }
            first.extend(take(piece)?);
        }
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
                    let keys = row.get_ref(2).map_err(fault)?.as_str();
                    self.values(keys.map_err(|error| Fault::Corrupt(error.to_string()))?)?
                } else {
                    vec![]
                },
                ..Index::default()
            },
        })
    }

    /// Of the values of a record, those of the fields that the query orders or tests by.
    fn values(&self, keys: &str) -> Result<Vec<(Name, String)>, Fault> {
        let ordered = self.query.order.iter().map(|(field, _)| field);
        let fields: Vec<&Name> = ordered
            .chain(self.spans.iter().map(|(field, _)| *field))
            .collect();
        let all: Vec<(Borrowed<'_>, Borrowed<'_>)> = parse(keys)?;
        let of_query = |(of, value): (Borrowed<'_>, Borrowed<'_>)| {
            let field = fields.iter().find(|field| field.as_str() == of.0)?;
            Some(((*field).clone(), value.0.into_owned()))
        };
        Ok(all.into_iter().filter_map(of_query).collect())
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
        let n = read::stands(self.transaction, &key)?.and_then(|place| place.n);
        Ok(Some((after.value.clone(), n.unwrap_or(0))))
    }

    /// Walks all records of the kind in the order of owner and id.
    fn walk_keys(&self, limit: usize) -> Result<Vec<Item>, Fault> {
        let mut sql = String::from("SELECT n, owner, id FROM record WHERE kind = ?1");
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
            |value, piece, bits| {
                let rising = direction == Direction::Up;
                let passed = after
                    .as_ref()
                    .filter(|(after, _)| after == value)
                    .map(|(_, n)| *n);
                let wanted = |n: &i64| {
                    self.set.as_ref().is_none_or(|set| set.has(*n))
                        && passed.is_none_or(|passed| *n != passed && (*n > passed) == rising)
                };
                let places = bits::places(bits)?.into_iter();
                let mut numbers: Vec<i64> = places
                    .map(|place| join(piece.block(), place))
                    .filter(wanted)
                    .collect();
                if !rising {
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
            let several = self.terms(&[Term::several(field)])?;
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

/// A way through the leaves of a field in a piece.
struct Path {
    piece: Piece,
    /// What the last leaf is found by.
    last: Option<String>,
    ended: bool,
}

impl Path {
    fn new(piece: Piece) -> Self {
        Self {
            piece,
            last: None,
            ended: false,
        }
    }

    /// Gives the postings of the next leaf that are within a span.
    fn step(
        &mut self,
        search: &Search<'_>,
        field: &Name,
        span: &Span,
        direction: Direction,
        mut visit: impl FnMut(&str, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (begin, ahead) = match direction {
            Direction::Up => (&span.0, (Bound::Unbounded, span.1.clone())),
            Direction::Down => (&span.1, (span.0.clone(), Bound::Unbounded)),
        };
        let read = |first: &str, leaf: &[u8]| {
            let mut entries = leaf::entries(leaf)?;
            if direction == Direction::Down {
                entries.reverse();
            }
            let on = entries.last().is_some_and(|(value, _)| within(&ahead, value));
            for (value, bits) in entries.into_iter().filter(|(value, _)| within(span, value)) {
                visit(value, bits)?;
            }
            Ok((first.to_owned(), on))
        };
        let (at, field) = (self.piece, field.as_str());
        let found = match (&self.last, direction, begin) {
            (Some(last), Direction::Up, _) => search.leaf(at, field, ">", last, direction, read)?,
            (Some(last), Direction::Down, _) => search.leaf(at, field, "<", last, direction, read)?,
            (None, _, Bound::Unbounded) => search.leaf(at, field, ">=", "", direction, read)?,
            (None, _, Bound::Included(value) | Bound::Excluded(value)) => {
                let there = search.leaf(at, field, "<=", value, Direction::Down, |first, _| {
                    Ok(first.to_owned())
                })?;
                match (there, direction) {
                    (Some(first), _) => search.leaf(at, field, "=", &first, direction, read)?,
                    (None, Direction::Up) => search.leaf(at, field, ">", value, direction, read)?,
                    (None, Direction::Down) => None,
                }
            }
        };
        match found {
            Some((last, on)) => (self.last, self.ended) = (Some(last), !on),
            None => self.ended = true,
        }
        Ok(())
    }
}

/// True if a place comes after another.
fn is_after(place: &(String, i64), after: &(String, i64), direction: Direction) -> bool {
    match direction {
        Direction::Up => place > after,
        Direction::Down => place < after,
    }
}
