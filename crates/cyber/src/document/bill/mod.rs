//! One model for every software bill of materials. Each component of the document is in it, nested ones too, in the order of the
//! document; what a document leaves out stays empty here and is never filled in.

mod cyclonedx;
mod minimum;
mod spdx;
mod spdx3;

use serde::Serialize;

use super::recognise::{Document, Format, Tree};

pub use minimum::{Minimum, Missing};

/// A software bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// The format it was handed in.
    pub format: Format,
    /// Identifier of the document: serial number or namespace.
    pub serial: Option<String>,
    /// Revision of the document under that identifier.
    pub revision: Option<String>,
    /// Persons and organisations who made it.
    pub authors: Vec<String>,
    /// Tools that made it.
    pub tools: Vec<String>,
    /// When it was made, as written.
    pub timestamp: Option<String>,
    /// What the bill is of, where it says so. It is not in `components` (SPDX has it there as well).
    pub subject: Option<Component>,
    /// Every component.
    pub components: Vec<Component>,
    /// Who depends on or contains what, by references of components.
    pub dependencies: Vec<Dependency>,
}

/// A component as the document has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Component {
    /// Where it stands in the document.
    pub path: String,
    /// Its reference within the document, where it has one.
    pub reference: Option<String>,
    /// Place in `components` of the one it is nested in.
    pub parent: Option<usize>,
    /// Its kind in the words of the format (`library`, `operating-system` …).
    pub kind: Option<String>,
    /// Group or namespace.
    pub group: Option<String>,
    /// Name.
    pub name: String,
    /// Version; nothing where the document leaves it open.
    pub version: Option<String>,
    /// Who supplies it.
    pub supplier: Option<String>,
    /// Package URLs, as written.
    pub purls: Vec<String>,
    /// CPE names, as written.
    pub cpes: Vec<String>,
    /// Other identifiers (SWID tag, SWHID, `OmniBOR` …).
    pub identifiers: Vec<String>,
    /// Digests: algorithm and value.
    pub hashes: Vec<(String, String)>,
    /// Licence identifiers, names or expressions.
    pub licences: Vec<String>,
}

/// That one component needs or holds others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Reference of the dependent.
    pub from: String,
    /// References of what it needs; empty means that it needs nothing.
    pub to: Vec<String>,
}

impl Bill {
    /// The bill in a document; nothing if the document is no bill of materials.
    pub fn of(document: &Document) -> Option<Self> {
        let format = document.format.clone();
        match (&document.format, &document.tree) {
            (Format::CycloneDxJson(_), Tree::Json(json)) => Some(cyclonedx::json(json, format)),
            (Format::CycloneDxXml(_), Tree::Xml(root)) => Some(cyclonedx::xml(root, format)),
            (Format::SpdxJson(_) | Format::SpdxTagValue(_), Tree::Json(json)) => {
                Some(spdx::bill(json, format))
            }
            (Format::Spdx3(_), Tree::Json(json)) => Some(spdx3::bill(json, format)),
            _ => None,
        }
    }

    fn empty(format: Format) -> Self {
        Self {
            format,
            serial: None,
            revision: None,
            authors: Vec::new(),
            tools: Vec::new(),
            timestamp: None,
            subject: None,
            components: Vec::new(),
            dependencies: Vec::new(),
        }
    }
}

/// A text that says something: trimmed, and nothing for blank or SPDX's two ways of saying nothing.
fn said(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!matches!(text, "" | "NOASSERTION" | "NONE")).then(|| text.to_owned())
}
