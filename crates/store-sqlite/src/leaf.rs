//! Rows of postings. A leaf holds what a block has of a field between two values: each value with the places that have it. Many
//! values lie in one row, because a row costs more than a value: time to write, and space for its key.

use store::Fault;

/// Bytes from which a leaf takes no more values. SQLite keeps a row of this size within its page, four to a page.
const FULL: usize = 900;

/// A value with the row of its places.
pub(crate) type Entry<'a> = (&'a str, &'a [u8]);

/// The values of a leaf, rising.
pub(crate) fn entries(leaf: &[u8]) -> Result<Vec<Entry<'_>>, Fault> {
    let mut entries = Vec::with_capacity(leaf.len() / 24);
    let mut rest = leaf;
    while let Some((value, bits)) = next(&mut rest)? {
        entries.push((str::from_utf8(value).map_err(|_| corrupt())?, bits));
    }
    Ok(entries)
}

/// The places that a leaf has for a value.
pub(crate) fn find<'a>(leaf: &'a [u8], value: &str) -> Result<Option<&'a [u8]>, Fault> {
    let mut rest = leaf;
    while let Some((of, bits)) = next(&mut rest)? {
        if of >= value.as_bytes() {
            return Ok((of == value.as_bytes()).then_some(bits));
        }
    }
    Ok(None)
}

/// The same as bytes.
type Raw<'a> = (&'a [u8], &'a [u8]);

/// Takes the first entry off what is left of a leaf.
fn next<'a>(rest: &mut &'a [u8]) -> Result<Option<Raw<'a>>, Fault> {
    if rest.is_empty() {
        return Ok(None);
    }
    let (head, after) = rest.split_first_chunk::<4>().ok_or_else(corrupt)?;
    let [value, bits] =
        [[head[0], head[1]], [head[2], head[3]]].map(|size| usize::from(u16::from_le_bytes(size)));
    let (value, after) = after.split_at_checked(value).ok_or_else(corrupt)?;
    let (bits, after) = after.split_at_checked(bits).ok_or_else(corrupt)?;
    *rest = after;
    Ok(Some((value, bits)))
}

fn corrupt() -> Fault {
    Fault::Corrupt("posting".into())
}

/// A leaf as it is filled with rising values.
pub(crate) struct Leaf {
    /// What it is found by: at most its first value, and more than the last of the leaf before.
    pub(crate) first: String,
    pub(crate) bytes: Vec<u8>,
}

impl Leaf {
    pub(crate) fn new(first: String) -> Self {
        Self {
            first,
            bytes: Vec::with_capacity(FULL),
        }
    }

    /// True if a value with its places goes to another leaf.
    pub(crate) fn is_full(&self, value: &str, bits: &[u8]) -> bool {
        !self.bytes.is_empty() && self.bytes.len() + 4 + value.len() + bits.len() > FULL
    }

    pub(crate) fn push(&mut self, value: &str, bits: &[u8]) -> Result<(), Fault> {
        for size in [value.len(), bits.len()] {
            let size = u16::try_from(size).map_err(Fault::engine)?;
            self.bytes.extend(size.to_le_bytes());
        }
        self.bytes.extend(value.as_bytes());
        self.bytes.extend(bits);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_read_as_it_was_filled() {
        let filled: [Entry<'_>; 4] = [
            ("", &[1, 0]),
            ("a\0", &[]),
            ("羅針", &[1, 2, 3, 4]),
            ("羅針盤", &[7; 855]),
        ];
        let mut leaf = Leaf::new(String::new());
        assert!(
            !leaf.is_full("x", &[0; 1024]),
            "the first value always finds room"
        );
        for (value, bits) in filled {
            assert!(!leaf.is_full(value, bits));
            leaf.push(value, bits).unwrap();
        }
        assert!(leaf.is_full("x", &[1, 0]));
        assert_eq!(entries(&leaf.bytes).unwrap(), filled);
        assert_eq!(find(&leaf.bytes, "羅針").unwrap(), Some(filled[2].1));
        assert_eq!(find(&leaf.bytes, "羅").unwrap(), None);
        for bad in [
            &leaf.bytes[..leaf.bytes.len() - 1],
            &[1, 0, 0, 0, 0xff],
            &[0, 0, 0],
        ] {
            assert!(matches!(entries(bad), Err(Fault::Corrupt(_))), "{bad:?}");
        }
    }
}
