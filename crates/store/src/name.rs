//! Names of owners, kinds, records and actors: short, printable, the same in every database and in an address.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::fault::Fault;

/// A name: 1 to 100 of `a-z A-Z 0-9 . _ : -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// The longest name, in bytes.
    pub const LONGEST: usize = 100;

    /// Takes a text as a name.
    ///
    /// # Errors
    /// [`Fault::BadName`] if it is empty, too long or has another character.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(plain) {
            return Err(Fault::BadName(text));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::new(text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which record: its owning organisation first, so that a sharded database can take it as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The organisation that the record belongs to.
    pub owner: Name,
    /// What it is.
    pub kind: Name,
    /// Its id among the owner's records of that kind.
    pub id: Name,
}

impl Key {
    /// A key from three texts.
    ///
    /// # Errors
    /// [`Fault::BadName`] as [`Name::new`].
    pub fn new(
        owner: impl Into<String>,
        kind: impl Into<String>,
        id: impl Into<String>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            owner: Name::new(owner)?,
            kind: Name::new(kind)?,
            id: Name::new(id)?,
        })
    }

    /// Owner, kind and id.
    pub const fn names(&self) -> (&Name, &Name, &Name) {
        (&self.owner, &self.kind, &self.id)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.kind, self.id)
    }
}
