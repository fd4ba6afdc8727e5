//! What a document handed in may cost: bytes, depth, items and findings. Every reader counts against these limits before it keeps
//! anything, so no upload can take more memory or stack than they allow. A document over a limit is refused, never cut.

use vocab::Refusal;

/// Upper bounds for reading one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the document in bytes.
    pub bytes: usize,
    /// How deep lists, objects or elements may nest. Never more than [`Limits::DEEPEST`], whatever is asked.
    pub depth: usize,
    /// Values (JSON), elements and attributes (XML) or lines (tag-value).
    pub items: usize,
    /// Findings kept of one validation; the rest is not looked for.
    pub findings: usize,
}

impl Limits {
    /// Nesting that every reader and checker can follow on an ordinary thread's stack.
    pub const DEEPEST: usize = 120;

    /// Limits for a document that a person uploads: 64 MiB, 4 million items.
    pub const UPLOAD: Self = Self {
        bytes: 64 << 20,
        depth: 100,
        items: 4_000_000,
        findings: 500,
    };

    pub(crate) fn bytes_fit(&self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.len() <= self.bytes {
            return Ok(());
        }
        Err(Refusal::new(
            "too_large",
            format!(
                "ファイルが大きすぎます（{} バイト、上限 {} バイト）。分けて提出してください。",
                bytes.len(),
                self.bytes
            ),
            format!(
                "the file is too large ({} bytes, limit {}): hand it in as smaller files",
                bytes.len(),
                self.bytes
            ),
        ))
    }

    /// Counts what one document has used so far.
    pub(crate) fn meter(self) -> Meter {
        Meter {
            depth: self.depth.min(Self::DEEPEST),
            items: self.items,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::UPLOAD
    }
}

/// What is left of the limits while a document is read.
#[derive(Debug)]
pub(crate) struct Meter {
    depth: usize,
    items: usize,
}

impl Meter {
    /// Takes one item at a depth, or says which limit it breaks.
    pub(crate) fn take(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > self.depth {
            return Err(Refusal::new(
                "too_deep",
                format!(
                    "入れ子が深すぎます（上限 {} 段）。構造を確認してください。",
                    self.depth
                ),
                format!(
                    "nested too deeply (limit {} levels): check the structure",
                    self.depth
                ),
            ));
        }
        match self.items.checked_sub(1) {
            Some(left) => {
                self.items = left;
                Ok(())
            }
            None => Err(Refusal::new(
                "too_many",
                "要素の数が上限を超えています。分けて提出してください。",
                "too many values: hand them in as smaller files",
            )),
        }
    }
}
