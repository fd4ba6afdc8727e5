//! Tables in a file: from a key to bytes, found by reading one bucket and the value, never the whole. Every piece has a checksum that is
//! kept by what points to it, so a damaged byte is refused where it is read and never answers "nothing is known".

use vocab::Refusal;

/// Where the bytes of a file are; positional, so that a large file is never read whole.
pub trait Source {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Reads bytes from a place; asked only for what lies within the size.
    ///
    /// # Errors
    ///
    /// What the file system says.
    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>>;
}

/// A file that is in memory.
impl Source for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        let piece = self.get(from..from.saturating_add(length));
        piece
            .map(<[u8]>::to_vec)
            .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// A piece of the file and its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    at: u64,
    length: u64,
    sum: u64,
}

impl Span {
    /// Bytes of a span as it is written.
    pub const SIZE: usize = 24;

    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (place, number) in bytes.chunks_exact_mut(8).zip([self.at, self.length, self.sum]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        match (numbers, rest) {
            ([at, length, sum], []) => Some(Self {
                at: u64::from_le_bytes(*at),
                length: u64::from_le_bytes(*length),
                sum: u64::from_le_bytes(*sum),
            }),
            _ => None,
        }
    }

    /// A number that is another when the piece holds something else: what was read once need not be read again to know that it is the same.
    pub fn says(self) -> u64 {
        fnv([self.length, self.sum].into_iter())
    }

    /// Reads the piece and proves it.
    pub fn read(self, source: &impl Source) -> Result<Vec<u8>, Refusal> {
        let bytes = self.read_unproved(source)?;
        if sum(&bytes) == self.sum {
            Ok(bytes)
        } else {
            Err(damaged())
        }
    }

    /// The first bytes of a file, which nothing points to.
    pub fn first(length: usize) -> Self {
        Self {
            at: 0,
            length: length as u64,
            sum: 0,
        }
    }

    /// Reads the piece without holding it against its checksum.
    pub fn read_unproved(self, source: &impl Source) -> Result<Vec<u8>, Refusal> {
        let end = self.at.checked_add(self.length);
        if end.is_none_or(|end| end > source.size()) {
            return Err(damaged());
        }
        let length = usize::try_from(self.length).map_err(|_| damaged())?;
        source.read(self.at, length).map_err(|error| {
            Refusal::new(
                "unreadable_database",
                format!("脆弱性データベースを読めません（{error}）。ファイルの場所と権限を確かめてください。"),
                format!("the vulnerability database cannot be read ({error}). Check where it is and who may open it."),
            )
        })
    }
}

/// What a file is refused with that was changed or cut after it was written.
pub(super) fn damaged() -> Refusal {
    Refusal::new(
        "damaged_database",
        "脆弱性データベースが壊れています。ファイルを消して rashin cyber load で作り直してください。",
        "the vulnerability database is damaged. Delete the file and make it anew with `rashin cyber load`.",
    )
}

/// FNV-1a in words of eight bytes: tells every change of one word. It guards against accidents, not against forgers, who could write a whole
/// other database.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    fnv(words.chain(rest.iter().copied().map(u64::from)))
}

fn fnv(parts: impl Iterator<Item = u64>) -> u64 {
    parts.fold(0xcbf2_9ce4_8422_2325, |sum, part| {
        (sum ^ part).wrapping_mul(0x0100_0000_01b3)
    })
}

/// By single bytes, which spreads similar keys evenly.
fn bucket_of(key: &str, buckets: usize) -> usize {
    let place = fnv(key.bytes().map(u64::from)) % (buckets as u64).max(1);
    usize::try_from(place).unwrap_or_default()
}

/// Writes values and tables one after another.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    /// Keys in a bucket, on average.
    const FILL: usize = 16;

    /// Writes a value.
    pub fn put(&mut self, value: &[u8]) -> Span {
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(value);
        Span {
            at,
            length: value.len() as u64,
            sum: sum(value),
        }
    }

    /// Writes a table of values that are written already; several keys may have one value.
    pub fn table<'k>(&mut self, entries: impl ExactSizeIterator<Item = (&'k str, Span)>) -> Span {
        let mut buckets = vec![Vec::new(); entries.len().div_ceil(Self::FILL)];
        let count = buckets.len();
        for (key, span) in entries {
            if let Some(bucket) = buckets.get_mut(bucket_of(key, count)) {
                bucket.extend((key.len() as u64).to_le_bytes());
                bucket.extend(key.as_bytes());
                bucket.extend(span.to_bytes());
            }
        }
        let directory: Vec<u8> = buckets
            .iter()
            .flat_map(|bucket| self.put(bucket).to_bytes())
            .collect();
        self.put(&directory)
    }
}

/// A table as it is opened: its buckets' places, nothing of what is in them.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Vec<Span>,
}

impl Table {
    pub fn open(source: &impl Source, directory: Span) -> Result<Self, Refusal> {
        let bytes = directory.read(source)?;
        let spans = bytes.chunks(Span::SIZE).map(Span::from_bytes);
        let buckets = spans.collect::<Option<_>>().ok_or_else(damaged)?;
        Ok(Self { buckets })
    }

    /// The value of a key.
    pub fn get(&self, source: &impl Source, key: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(bucket) = self.buckets.get(bucket_of(key, self.buckets.len())) else {
            return Ok(None);
        };
        let bytes = bucket.read(source)?;
        for entry in Entries(&bytes) {
            let (found, span) = entry?;
            if found == key {
                return span.read(source).map(Some);
            }
        }
        Ok(None)
    }

    /// Hands over every key with its value, in the order of the file.
    pub fn each(
        &self,
        source: &impl Source,
        mut take: impl FnMut(&str, Vec<u8>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.places(source, |key, span| take(key, span.read(source)?))
    }

    /// Hands over every key with the place of its value, which is not read.
    pub fn places(
        &self,
        source: &impl Source,
        mut take: impl FnMut(&str, Span) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for bucket in &self.buckets {
            let bytes = bucket.read(source)?;
            for entry in Entries(&bytes) {
                let (key, span) = entry?;
                take(key, span)?;
            }
        }
        Ok(())
    }
}

/// The keys of a bucket and where their values are.
struct Entries<'b>(&'b [u8]);

impl<'b> Entries<'b> {
    fn entry(&mut self) -> Option<(&'b str, Span)> {
        let (length, rest) = self.0.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (key, rest) = rest.split_at_checked(length)?;
        let (span, rest) = rest.split_at_checked(Span::SIZE)?;
        self.0 = rest;
        Some((std::str::from_utf8(key).ok()?, Span::from_bytes(span)?))
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = Result<(&'b str, Span), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.is_empty()).then(|| self.entry().ok_or_else(damaged))
    }
}
