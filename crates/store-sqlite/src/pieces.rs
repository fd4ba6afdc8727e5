//! Where postings lie. A full block of numbers has one piece for all of them. The last block, which is being filled, lies in smaller pieces, and
//! the last of those in still smaller ones, so that what adds a few records at the end rewrites little. What is full is brought together in one
//! piece of the next size. No number is ever in two pieces.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use store::Fault;

use crate::bits::{self, SPAN, split};
use crate::fault;
use crate::leaf::{self, Leaf};
use crate::read::{self, get};

/// How many numbers a piece holds, by its size: a whole block, and the smaller ones.
const SIZES: [i64; 3] = [SPAN, 4096, 256];

/// How far apart the ids of pieces of different sizes are.
const APART: i64 = 1 << 40;

/// Postings that lie together, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Piece {
    /// The first number that it may hold.
    pub(crate) first: i64,
    size: usize,
}

impl Piece {
    /// The piece of a size in which a number would be.
    fn around(n: i64, size: usize) -> Self {
        Self {
            first: n - n.rem_euclid(SIZES[size]),
            size,
        }
    }

    fn last(self) -> i64 {
        self.first + SIZES[self.size] - 1
    }

    /// What its rows are found by: the block, or below zero for a smaller piece, the later the lower.
    pub(crate) fn id(self) -> i64 {
        let at = self.first / SIZES[self.size];
        match self.size {
            0 => at,
            1 => -1 - at,
            _ => -1 - at - APART,
        }
    }

    /// The block that its numbers are of.
    pub(crate) fn block(self) -> i64 {
        split(self.first).0
    }
}

/// The pieces that there are before a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pieces {
    /// The greatest number; 0 if there is none.
    pub(crate) last: i64,
    /// The first and the last piece of each size, where there are some.
    ends: [Option<(Piece, Piece)>; 3],
}

impl Pieces {
    pub(crate) fn read(transaction: &Transaction<'_>) -> Result<Self, Fault> {
        let last = read::all(transaction, "SELECT max(n) FROM item", [], |row| {
            get::<Option<i64>>(row, 0)
        })?;
        let last = last.into_iter().next().flatten().unwrap_or(0);
        let mut ends = [None; 3];
        ends[0] = Some((Piece::around(0, 0), Piece::around(last, 0)));
        for (size, low, high) in [(1, -APART, 0), (2, -2 * APART, -APART)] {
            let end = |order: &str| {
                let sql = format!(
                    "SELECT block FROM posting WHERE block >= ?1 AND block < ?2 ORDER BY block {order} LIMIT 1"
                );
                let found = read::all(transaction, &sql, [low, high], |row| get::<i64>(row, 0))?;
                Ok::<_, Fault>(
                    found
                        .first()
                        .map(|id| Piece::around((high - 1 - id) * SIZES[size], size)),
                )
            };
            ends[size] = end("DESC")?.zip(end("ASC")?);
        }
        Ok(Self { last, ends })
    }

    /// All of them, rising.
    pub(crate) fn all(self) -> Vec<Piece> {
        let of_size = |(first, last): (Piece, Piece)| {
            let step = usize::try_from(SIZES[first.size]).unwrap_or(usize::MAX);
            (first.first..=last.first)
                .step_by(step)
                .map(move |n| Piece::around(n, first.size))
        };
        let mut pieces: Vec<Piece> = self.ends.into_iter().flatten().flat_map(of_size).collect();
        pieces.sort_unstable();
        pieces
    }

    /// Where a number lies or is to lie, by a change that gives out numbers up to `next`.
    pub(crate) fn of(self, n: i64, next: i64) -> Piece {
        let is_home = |piece: &Piece| {
            let is_begun = self.last > 0 && piece.first <= self.last;
            if !is_begun {
                return piece.last() <= next;
            }
            let within = |(_, last): &(Piece, Piece)| (piece.first..=piece.last()).contains(&last.first);
            !self.ends[piece.size + 1..].iter().flatten().any(within)
        };
        let smallest = Piece::around(n, SIZES.len() - 1);
        let mut larger = (0..SIZES.len() - 1).map(|size| Piece::around(n, size));
        larger.find(is_home).unwrap_or(smallest)
    }
}

/// Brings together the pieces of what is full.
pub(crate) fn bring_together(transaction: &Transaction<'_>) -> Result<(), Fault> {
    for size in (1..SIZES.len()).rev() {
        let pieces = Pieces::read(transaction)?;
        let Some((first, _)) = pieces.ends[size] else {
            continue;
        };
        let one = Piece::around(first.first, size - 1);
        if one.last() < pieces.last {
            join(transaction, size, one)?;
        }
    }
    Ok(())
}

/// Brings the pieces of a size together in the one around them.
fn join(transaction: &Transaction<'_>, size: usize, one: Piece) -> Result<(), Fault> {
    // By kind and field, the leaves of one piece after another.
    let mut fields: BTreeMap<(String, String), Vec<Vec<u8>>> = BTreeMap::new();
    let sql = "SELECT kind, field, leaf FROM posting WHERE block = ?1";
    let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
    let step = usize::try_from(SIZES[size]).unwrap_or(usize::MAX);
    for first in (one.first..=one.last()).step_by(step) {
        let mut rows = statement
            .query([Piece::around(first, size).id()])
            .map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let leaf = read::blob(row, 2)?.to_vec();
            fields.entry((get(row, 0)?, get(row, 1)?)).or_default().push(leaf);
        }
    }
    drop(statement);
    let (low, high) = (
        Piece::around(one.last(), size).id(),
        Piece::around(one.first, size).id(),
    );
    read::run(
        transaction,
        "DELETE FROM posting WHERE block BETWEEN ?1 AND ?2",
        [low, high],
    )?;
    for ((kind, field), leaves) in &fields {
        let mut entries = vec![];
        for leaf in leaves {
            entries.extend(leaf::entries(leaf)?);
        }
        // Sorted runs; equal values stay in the order of their pieces.
        entries.sort_by_key(|(value, _)| *value);
        let put = |leaf: &Leaf| {
            let sql = "INSERT INTO posting (block, kind, field, first, leaf) VALUES (?1, ?2, ?3, ?4, ?5)";
            read::run(
                transaction,
                sql,
                params![one.id(), kind, field, leaf.first, leaf.bytes],
            )
        };
        let mut leaf = Leaf::new(String::new());
        for same in entries.chunk_by(|(a, _), (b, _)| a == b) {
            let bits = bits::joined(same.iter().map(|(_, bits)| *bits))?;
            let value = same[0].0;
            if leaf.is_full(value, &bits) {
                put(&leaf)?;
                leaf = Leaf::new(value.to_owned());
            }
            leaf.push(value, &bits)?;
        }
        put(&leaf)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(last: i64, small: [Option<(i64, i64)>; 2]) -> Pieces {
        let of = |size: usize| small[size - 1].map(|(a, b)| (Piece::around(a, size), Piece::around(b, size)));
        let whole = (Piece::around(0, 0), Piece::around(last, 0));
        Pieces {
            last,
            ends: [Some(whole), of(1), of(2)],
        }
    }

    #[test]
    fn numbers_lie_in_small_pieces_until_what_is_around_them_is_full() {
        let size = |pieces: Pieces, n, next| pieces.of(n, next).size;
        let empty = pieces(0, [None, None]);
        assert_eq!(empty.all(), [Piece::around(0, 0)]);
        assert_eq!(empty.of(300, 300), Piece { first: 256, size: 2 });
        // What fills a piece by itself goes there at once, the rest to smaller ones.
        assert_eq!(size(empty, 1, 4094), 2);
        assert_eq!(size(empty, 1, 4095), 1);
        assert_eq!(size(empty, 4096, 4097), 2);
        assert_eq!(size(empty, 4095, 65_535), 0);
        assert_eq!(size(empty, 65_536, 65_536), 2);

        // One block is full; of the next, one piece of 4,096 and some of 256.
        let filling = pieces(65_536 + 4_500, [Some((65_536, 65_536)), Some((69_632, 69_888))]);
        assert_eq!(
            filling.all().iter().map(|piece| piece.id()).collect::<Vec<_>>(),
            [0, 1, -17, -273 - APART, -274 - APART]
        );
        assert!(filling.all()[1..].iter().all(|piece| piece.block() == 1));
        for (n, next, expected) in [
            (77, 70_100, 0),
            (65_600, 70_100, 1),
            (69_700, 70_100, 2),
            // The rest of the block is small even where it is filled now.
            (70_037, 140_000, 2),
            (73_728, 140_000, 1),
            (131_072, 140_000, 1),
            (139_999, 140_000, 2),
        ] {
            assert_eq!(size(filling, n, next), expected, "{n}");
        }
        // What was begun as one piece stays one.
        assert_eq!(size(pieces(70_000, [None, None]), 70_001, 70_001), 0);
    }
}
