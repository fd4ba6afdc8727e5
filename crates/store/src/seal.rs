//! Canonical text and seals. A seal is SHA-256 over the previous seal and the event's own canonical JSON, so a changed
//! byte anywhere in a chain breaks every link after it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::name::Name;
use crate::record::{Event, Written};

/// The seal before the first event.
pub(crate) const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// JSON with sorted keys and no white space: the same value is the same text.
pub fn canonical(value: &Value) -> String {
    // `serde_json::Map` keeps its keys sorted. Displaying gives the same text, more slowly, and cannot fail.
    serde_json::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

/// What the seal of an event covers. Fields stand in the order of their names, so that the text is the canonical one without
/// a tree of what may be many thousand versions.
#[derive(Serialize)]
struct Sealed<'a> {
    action: &'a Name,
    actor: &'a Name,
    at: i64,
    blobs: &'a [String],
    detail: &'a Value,
    erased: &'a [(Name, Name, u32)],
    owner: &'a Name,
    previous: &'a str,
    seq: u64,
    written: Vec<SealedVersion<'a>>,
}

/// A version among them.
#[derive(Serialize)]
struct SealedVersion<'a> {
    id: &'a Name,
    kind: &'a Name,
    parent: Option<&'a Name>,
    sha256: &'a str,
    state: Option<&'a Name>,
    version: u32,
}

impl<'a> From<&'a Written> for SealedVersion<'a> {
    fn from(written: &'a Written) -> Self {
        Self {
            id: &written.id,
            kind: &written.kind,
            parent: written.parent.as_ref(),
            sha256: &written.sha256,
            state: written.state.as_ref(),
            version: written.version,
        }
    }
}

impl Event {
    /// What the seal of this event must be after `previous`, the seal of the event before it (none for the first).
    ///
    /// # Errors
    /// [`Fault::Engine`] if the event is not JSON, which its types rule out.
    pub fn seal_after(&self, previous: Option<&str>) -> Result<String, Fault> {
        let sealed = Sealed {
            action: &self.action,
            actor: &self.actor,
            at: self.at.as_microsecond(),
            blobs: &self.blobs,
            detail: &self.detail,
            erased: &self.erased,
            owner: &self.owner,
            previous: previous.unwrap_or(FIRST),
            seq: self.seq,
            written: self.written.iter().map(SealedVersion::from).collect(),
        };
        let text = serde_json::to_vec(&sealed).map_err(Fault::engine)?;
        Ok(sha256(&text))
    }
}

/// Bytes as hexadecimal text, for serde.
pub(crate) fn as_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

/// Undoes [`as_hex`].
pub(crate) fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let digits = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    };
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes
        .filter(|_| rest.is_empty())
        .ok_or_else(|| serde::de::Error::custom("not hexadecimal"))
}
