//! The minimum elements of a bill of materials and where one lacks them: author, timestamp, and of each component its supplier,
//! name, version, another unique identifier and its place among the dependencies. The ledger lists, it does not judge: who must have
//! what is policy.

use std::collections::HashSet;

use serde::Serialize;

use super::Bill;

/// A minimum element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Minimum {
    /// Who made the bill; a tool alone is not who.
    Author,
    /// When it was made.
    Timestamp,
    /// Who supplies a component.
    Supplier,
    /// Its name.
    Name,
    /// Its version.
    Version,
    /// A package URL, CPE, SWID tag, digest or the like.
    UniqueIdentifier,
    /// Whether it depends on or is part of anything.
    Dependency,
}

impl Minimum {
    /// What is missing and what to do, in Japanese and English.
    pub fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Author => (
                "SBOM の作成者（組織または個人）を書いてください。",
                "say who (organisation or person) made the SBOM",
            ),
            Self::Timestamp => ("SBOM の作成日時を書いてください。", "say when the SBOM was made"),
            Self::Supplier => (
                "部品の供給者を書いてください。",
                "name the supplier of the component",
            ),
            Self::Name => ("部品の名前を書いてください。", "name the component"),
            Self::Version => (
                "部品のバージョンを書いてください。",
                "give the version of the component",
            ),
            Self::UniqueIdentifier => (
                "部品の識別子（purl、CPE、SWID、ハッシュ値など）を書いてください。",
                "give an identifier of the component: purl, CPE, SWID tag or digest",
            ),
            Self::Dependency => (
                "部品の依存関係（何に含まれ、何に依存するか）を書いてください。",
                "say what the component depends on or is part of",
            ),
        }
    }
}

/// A minimum element that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Which element.
    pub element: Minimum,
    /// Place in [`Bill::components`]; nothing for the bill as a whole.
    pub component: Option<usize>,
    /// Where in the document.
    pub path: String,
}

impl Bill {
    /// Each minimum element that is missing, the bill's own first, then component by component.
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        let mut lack = |absent: bool, element, component, path: &str| {
            if absent {
                missing.push(Missing {
                    element,
                    component,
                    path: path.to_owned(),
                });
            }
        };
        lack(self.authors.is_empty(), Minimum::Author, None, "");
        lack(self.timestamp.is_none(), Minimum::Timestamp, None, "");
        let related: HashSet<&str> = self
            .dependencies
            .iter()
            .flat_map(|dependency| dependency.to.iter().chain([&dependency.from]))
            .map(String::as_str)
            .collect();
        for (index, component) in self.components.iter().enumerate() {
            let at = Some(index);
            let path = component.path.as_str();
            let known = component
                .reference
                .as_deref()
                .is_some_and(|reference| related.contains(reference));
            let identified = !(component.purls.is_empty()
                && component.cpes.is_empty()
                && component.identifiers.is_empty()
                && component.hashes.is_empty());
            lack(component.supplier.is_none(), Minimum::Supplier, at, path);
            lack(component.name.is_empty(), Minimum::Name, at, path);
            lack(component.version.is_none(), Minimum::Version, at, path);
            lack(!identified, Minimum::UniqueIdentifier, at, path);
            lack(
                !known && component.parent.is_none(),
                Minimum::Dependency,
                at,
                path,
            );
        }
        missing
    }
}
