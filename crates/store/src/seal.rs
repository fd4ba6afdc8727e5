//! Canonical text and seals. A seal is SHA-256 over the previous seal and the event's own canonical JSON, so a changed
//! byte anywhere in a chain breaks every link after it.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::record::Event;

/// The seal before the first event.
pub(crate) const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// JSON with sorted keys and no white space: the same value is the same text.
pub fn canonical(value: &Value) -> String {
    // `serde_json::Map` keeps its keys sorted.
    value.to_string()
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

impl Event {
    /// What the seal of this event must be after `previous`, the seal of the event before it (none for the first).
    pub fn seal_after(&self, previous: Option<&str>) -> String {
        let sealed = json!({
            "previous": previous.unwrap_or(FIRST),
            "owner": self.owner,
            "seq": self.seq,
            "at": self.at.as_microsecond(),
            "actor": self.actor,
            "action": self.action,
            "detail": self.detail,
            "written": self.written,
            "erased": self.erased,
            "blobs": self.blobs,
        });
        sha256(canonical(&sealed).as_bytes())
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
