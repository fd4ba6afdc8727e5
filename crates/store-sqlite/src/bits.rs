//! Sets of the numbers that indexed records have in this file, a block of 65,536 numbers at a time. A block lies in its row
//! as it is smallest: few numbers one by one, many as a bitmap.

use std::collections::HashMap;

use store::Fault;

/// How many numbers a block holds.
pub(crate) const SPAN: i64 = 65_536;

/// Bytes of a bitmap. A list of as many bytes or more is never written.
const BITMAP: usize = 8192;

/// Numbers of one block, a bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block(Box<[u64; 1024]>);

/// The block of a number, and its place there.
pub(crate) fn split(n: i64) -> (i64, u16) {
    let place = u16::try_from(n.rem_euclid(SPAN)).unwrap_or_default();
    (n.div_euclid(SPAN), place)
}

/// The number that has a place in a block.
pub(crate) fn join(at: i64, place: u16) -> i64 {
    at * SPAN + i64::from(place)
}

/// The row of a block that has these places, which rise.
pub(crate) fn write(places: impl ExactSizeIterator<Item = u16>) -> Vec<u8> {
    if places.len() * 2 < BITMAP {
        return list(places);
    }
    let mut block = Block::new();
    places.for_each(|place| block.set(place, true));
    block.write()
}

/// The places of a row that lists them one by one.
fn listed(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let (places, _) = bytes.as_chunks::<2>();
    places.iter().map(|place| u16::from_le_bytes(*place))
}

/// The places of a row, rising.
pub(crate) fn places(bytes: &[u8]) -> Result<Vec<u16>, Fault> {
    if bytes.len() == BITMAP || !bytes.len().is_multiple_of(2) {
        return Ok(Block::read(bytes)?.places());
    }
    Ok(listed(bytes).collect())
}

/// One row of several of which each has higher places than the one before.
pub(crate) fn joined<'a>(rows: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, Fault> {
    let size: usize = rows.clone().map(<[u8]>::len).sum();
    if size < BITMAP {
        return Ok(rows.flatten().copied().collect());
    }
    let mut block = Block::new();
    for row in rows {
        block.add(row)?;
    }
    Ok(block.write())
}

fn list(places: impl ExactSizeIterator<Item = u16>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(places.len() * 2);
    places.for_each(|place| bytes.extend(place.to_le_bytes()));
    bytes
}

impl Block {
    pub(crate) fn new() -> Self {
        Self(Box::new([0; 1024]))
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut block = Self::new();
        block.add(bytes)?;
        Ok(block)
    }

    /// Adds the numbers of a row.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.len() == BITMAP {
            let (words, _) = bytes.as_chunks::<8>();
            for (word, bytes) in self.0.iter_mut().zip(words) {
                *word |= u64::from_le_bytes(*bytes);
            }
            return Ok(());
        }
        if !bytes.len().is_multiple_of(2) {
            return Err(Fault::Corrupt("posting".into()));
        }
        for place in listed(bytes) {
            self.set(place, true);
        }
        Ok(())
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        if self.len() * 2 >= BITMAP {
            return self.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        }
        list(self.places().into_iter())
    }

    pub(crate) fn set(&mut self, place: u16, there: bool) {
        let bit = 1 << (place % 64);
        let word = &mut self.0[usize::from(place / 64)];
        *word = if there { *word | bit } else { *word & !bit };
    }

    pub(crate) fn has(&self, place: u16) -> bool {
        self.0[usize::from(place / 64)] >> (place % 64) & 1 == 1
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(other.0.iter())
            .for_each(|(word, other)| *word &= other);
    }

    /// The places, rising.
    pub(crate) fn places(&self) -> Vec<u16> {
        let mut places = Vec::with_capacity(self.len());
        for (word, bits) in (0..).zip(self.0.iter()) {
            let mut left = *bits;
            while left != 0 {
                places.extend(u16::try_from(left.trailing_zeros()).map(|bit| word * 64 + bit));
                left &= left - 1;
            }
        }
        places
    }
}

/// Numbers of any block.
#[derive(Debug, Default)]
pub(crate) struct Set(HashMap<i64, Block>);

impl Set {
    pub(crate) fn block(&self, at: i64) -> Option<&Block> {
        self.0.get(&at)
    }

    pub(crate) fn has(&self, n: i64) -> bool {
        let (at, place) = split(n);
        self.block(at).is_some_and(|block| block.has(place))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.values().map(Block::len).sum()
    }

    /// Adds the numbers of a row of a block.
    pub(crate) fn add(&mut self, at: i64, bytes: &[u8]) -> Result<(), Fault> {
        self.0.entry(at).or_insert_with(Block::new).add(bytes)
    }

    /// Keeps the numbers that are in `other` too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.0.retain(|at, block| {
            let Some(other) = other.block(*at) else {
                return false;
            };
            block.and(other);
            !block.is_empty()
        });
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        let of_block = |(at, block): (&i64, &Block)| {
            let at = *at;
            block.places().into_iter().map(move |place| join(at, place))
        };
        self.0.iter().flat_map(of_block)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn block(numbers: impl IntoIterator<Item = u16>) -> Block {
        let mut block = Block::new();
        numbers.into_iter().for_each(|place| block.set(place, true));
        block
    }

    #[test]
    fn a_block_is_read_as_it_was_written() {
        let sparse: Vec<u16> = vec![0, 63, 64, 65_535];
        let full = (0..=65_535).collect();
        for numbers in [vec![], sparse, (0..4095).collect(), (0..4096).collect(), full] {
            let block = block(numbers.iter().copied());
            let bytes = block.write();
            assert_eq!(bytes.len(), (numbers.len() * 2).min(BITMAP));
            assert_eq!(write(numbers.iter().copied()), bytes);
            assert_eq!(Block::read(&bytes).unwrap(), block);
            assert_eq!(block.places(), numbers);
            assert_eq!(places(&bytes).unwrap(), numbers);
            let parts = numbers.chunks(4096).map(|part| write(part.iter().copied()));
            let parts: Vec<Vec<u8>> = parts.collect();
            assert_eq!(joined(parts.iter().map(Vec::as_slice)).unwrap(), bytes);
            assert_eq!(
                (block.len(), block.is_empty()),
                (numbers.len(), numbers.is_empty())
            );
        }
        for bad in [&[1][..], &[1, 2, 3]] {
            assert!(matches!(Block::read(bad), Err(Fault::Corrupt(_))), "{bad:?}");
        }
    }

    #[test]
    fn sets_meet_and_join() {
        let (mut a, mut b) = (Set::default(), Set::default());
        for (at, places) in [(0, block([1, 2, 3])), (0, block([4])), (7, block([5]))] {
            a.add(at, &places.write()).unwrap();
        }
        b.add(0, &block([2, 4, 9]).write()).unwrap();
        assert_eq!(a.len(), 5);
        assert!(a.block(7).is_some() && a.block(1).is_none());
        assert!(a.has(7 * SPAN + 5) && !a.has(5));
        a.keep(&b);
        assert_eq!(a.numbers().collect::<BTreeSet<_>>(), BTreeSet::from([2, 4]));
        assert!(a.block(7).is_none());
        let mut one = block([1, 2]);
        one.set(2, false);
        assert_eq!(one.places(), [1]);
        assert_eq!(split(join(3, 1)), (3, 1));
    }
}
