//! What an advisory says, without what only its specification asks: which products, under which names and versions, and how each
//! vulnerability concerns them. Names and versions stay as written; nothing is concluded here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::json::Json;
use super::super::recognise::{Document, Format, Tree};
use super::super::vex::Status;
use super::{Edition, Origin};
use crate::cpe::{Attribute, Cpe, Value};
use crate::ecosystem::Ecosystem;
use crate::matching::file_name;
use crate::osv::{Affected, Package, Record, Severity};
use crate::purl::Purl;
use crate::range::{Event, Kind, Range};
use crate::vers::{Comparator, Vers};
use crate::version::Order;

/// A security advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Identifier that its publisher gives it.
    pub id: String,
    /// Title.
    pub title: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When it was first released, as written.
    pub published: Option<String>,
    /// When this state was released, as written.
    pub released: String,
    /// Whether it was withdrawn or another took its place: then it concerns nobody.
    pub withdrawn: bool,
    /// Every product that it defines.
    pub products: Vec<Product>,
    /// Vulnerabilities in its order.
    pub vulnerabilities: Vec<Vulnerability>,
}

/// A product as an advisory names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its reference within the document.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// Vendor, from the branches above it.
    pub vendor: Option<String>,
    /// Product name, from the branches above it.
    pub product: Option<String>,
    /// Version or range of versions, from the branches above it.
    pub version: Option<Text>,
    /// Package URLs.
    pub purls: Vec<String>,
    /// CPE names.
    pub cpes: Vec<String>,
    /// Digests of its files: algorithm and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<(String, String)>,
    /// Numbers of its models.
    pub models: Vec<String>,
    /// References of the component and of the product that it is in, where this is a component within another product.
    pub within: Option<(String, String)>,
}

/// The text of a version branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Whether the document says that it is a range.
    pub range: bool,
    /// The text as written.
    pub text: String,
}

/// A vulnerability of an advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vulnerability {
    /// Its identifiers, the CVE first.
    pub names: Vec<String>,
    /// How it concerns products, by their references; of two statuses the graver.
    pub products: BTreeMap<String, Status>,
    /// Scores that it is given.
    pub severity: Vec<Severity>,
}

impl Advisory {
    /// The advisory in a document; nothing if the document is none, or has no identifier.
    pub fn of(document: &Document) -> Option<Self> {
        match (&document.format, &document.tree) {
            (Format::Csaf(version), Tree::Json(json)) => read(json, version),
            _ => None,
        }
    }

    /// What it says of packages: a record a vulnerability, under the advisory's identifier and the vulnerability's name. A component within
    /// another product says nothing of that component elsewhere and makes none.
    pub fn records(&self) -> Vec<Record> {
        let products: HashMap<&str, &Product> = self
            .products
            .iter()
            .map(|product| (product.id.as_str(), product))
            .collect();
        let records = self.vulnerabilities.iter().enumerate();
        let records = records.map(|(index, vulnerability)| {
            let affected = vulnerability
                .products
                .iter()
                .filter(|(_, status)| **status == Status::Affected)
                .filter_map(|(id, _)| products.get(id.as_str()).copied());
            let name = vulnerability.names.first().cloned();
            Record {
                id: format!("{}/{}", self.id, name.unwrap_or_else(|| (index + 1).to_string())),
                modified: self.released.clone(),
                published: self.published.clone(),
                withdrawn: self.withdrawn.then(|| self.released.clone()),
                aliases: vulnerability.names.clone(),
                related: Vec::new(),
                upstream: Vec::new(),
                summary: self.title.clone(),
                details: None,
                severity: vulnerability.severity.clone(),
                affected: affected.flat_map(Product::affected).collect(),
                references: Vec::new(),
            }
        });
        records.filter(|record| !record.affected.is_empty()).collect()
    }
}

impl Product {
    /// What is affected of what it is, as records write it; a component within another product says nothing of that component elsewhere.
    fn affected(&self) -> impl Iterator<Item = Affected> {
        self.packages().chain(self.named()).chain(self.files())
    }

    /// The same by digests of its files: whatever has such a file has this product.
    fn files(&self) -> impl Iterator<Item = Affected> {
        let hashes = self.hashes.iter().filter(|_| self.within.is_none());
        hashes.filter_map(|(algorithm, digest)| {
            Some(Affected {
                package: Some(Package {
                    ecosystem: Ecosystem::file().to_string(),
                    name: file_name(algorithm, digest)?,
                    purl: None,
                }),
                severity: Vec::new(),
                ranges: Vec::new(),
                versions: Vec::new(),
            })
        })
    }

    /// The same by its CPE names. Where these leave the version open, the branch tells it; one that cannot be read is an empty range.
    fn named(&self) -> impl Iterator<Item = Affected> {
        let cpes = self.cpes.iter().filter(|_| self.within.is_none());
        cpes.filter_map(|text| {
            let name = Cpe::parse(text).ok()?;
            let open = matches!(name.get(Attribute::Version), Value::Any | Value::NotApplicable);
            let (mut ranges, mut versions) = (Vec::new(), Vec::new());
            match self.version.as_ref().filter(|_| open) {
                Some(Text { range: false, text }) if !text.starts_with("vers:") => {
                    versions.push(text.clone());
                }
                Some(Text { text, .. }) => {
                    let vers = Vers::parse(text).ok();
                    let told = vers.filter(is_plain).and_then(|vers| events(&vers));
                    (ranges, versions) = told.unwrap_or_else(|| {
                        let unread = Range {
                            kind: Kind::Ecosystem,
                            events: Vec::new(),
                        };
                        (vec![unread], Vec::new())
                    });
                }
                None => {}
            }
            Some(Affected {
                package: Some(Package {
                    ecosystem: Ecosystem::cpe().to_string(),
                    name: name.to_string(),
                    purl: None,
                }),
                severity: Vec::new(),
                ranges,
                versions,
            })
        })
    }

    /// The same by its package URLs. A version that is not told exactly leaves the range empty, which matching hands to a person.
    fn packages(&self) -> impl Iterator<Item = Affected> {
        let purls = self.purls.iter().filter(|_| self.within.is_none());
        purls.filter_map(|text| {
            let purl = Purl::read(text).ok()?;
            let (ecosystem, name) = Ecosystem::of(&purl)?;
            let (mut ranges, mut versions) = (Vec::new(), Vec::new());
            match (purl.version(), &self.version) {
                (Some(version), _) => versions.push(version.to_owned()),
                (None, Some(Text { text, .. })) if text.starts_with("vers:") => {
                    (ranges, versions) = Vers::parse(text)
                        .ok()
                        .and_then(|vers| events(&vers))
                        .unwrap_or_default();
                }
                (None, Some(Text { range: false, text })) => versions.push(text.clone()),
                (None, _) => {}
            }
            Some(Affected {
                package: Some(Package {
                    ecosystem: ecosystem.to_string(),
                    name,
                    purl: Some(text.clone()),
                }),
                severity: Vec::new(),
                ranges,
                versions,
            })
        })
    }
}

/// Whether a range orders versions as products without an ecosystem are ordered.
fn is_plain(vers: &Vers) -> bool {
    let order = vers.scheme().order();
    matches!(order, None | Some(Order::Generic | Order::Intdot | Order::Semver))
}

/// A range as events and single versions; nothing where events cannot say it: a lower end that is left out, or single versions left out.
fn events(vers: &Vers) -> Option<(Vec<Range>, Vec<String>)> {
    let canonical = vers.clone().canonical();
    let (mut events, mut versions) = (Vec::new(), Vec::new());
    let mut open = false;
    for (comparator, version) in canonical.constraints() {
        let version = version.to_owned();
        if matches!(comparator, Comparator::Less | Comparator::LessEqual) && !open {
            events.push(Event::Introduced("0".to_owned()));
        }
        open = comparator == Comparator::GreaterEqual;
        match comparator {
            Comparator::GreaterEqual => events.push(Event::Introduced(version)),
            Comparator::Less => events.push(Event::Fixed(version)),
            Comparator::LessEqual => events.push(Event::LastAffected(version)),
            Comparator::Equal => versions.push(version),
            Comparator::Greater | Comparator::NotEqual => return None,
        }
    }
    if events.is_empty() && versions.is_empty() {
        events.push(Event::Introduced("0".to_owned()));
    }
    let range = (!events.is_empty()).then_some(Range {
        kind: Kind::Ecosystem,
        events,
    });
    Some((range.into_iter().collect(), versions))
}

fn read(json: &Json, version: &str) -> Option<Advisory> {
    // The moment is asked by tests of dates alone.
    let edition = Edition::of(version).unwrap_or(Edition::V20);
    let read = super::Advisory::new(json, edition, Timestamp::UNIX_EPOCH);
    let owned = |json: &Json| {
        let text = json.text().map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let within = within(json);
    let products = read.products.iter().map(|product| {
        let branch = |categories: &[&str]| {
            let mut branches = product.branches.iter().rev();
            branches.find(|branch| categories.contains(&branch.category))
        };
        let name = |categories: &[&str]| branch(categories).map(|branch| branch.name.trim().to_owned());
        let helper = product.json.at("product_identification_helper");
        Product {
            id: product.id.to_owned(),
            name: owned(product.json.at("name")).unwrap_or_default(),
            vendor: name(&["vendor"]),
            product: name(&["product_name"]).or_else(|| name(&["product_family"])),
            version: branch(&["product_version", "product_version_range"]).map(|branch| Text {
                range: branch.category == "product_version_range",
                text: branch.name.trim().to_owned(),
            }),
            purls: super::product::purls(product)
                .into_iter()
                .map(|(_, purl)| purl.to_owned())
                .collect(),
            cpes: owned(helper.at("cpe")).into_iter().collect(),
            hashes: file_hashes(helper),
            models: helper.at("model_numbers").texts().map(str::to_owned).collect(),
            within: within
                .get(product.id)
                .filter(|_| product.origin == Origin::Path)
                .cloned(),
        }
    });
    let mut budget = 4_000_000;
    let vulnerabilities = read.vulnerabilities().map(|vulnerability| {
        let json = vulnerability.json;
        let mut products = BTreeMap::new();
        for (name, listed) in json.at("product_status").members() {
            let Some(status) = Status::of_csaf(name) else {
                continue;
            };
            for id in listed.texts() {
                if budget == 0 {
                    break;
                }
                budget -= 1;
                let kept = products.entry(id.to_owned()).or_insert(status);
                *kept = status.graver(*kept);
            }
        }
        let ids = json.at("ids").items().iter();
        let vectors: BTreeSet<(&str, &str)> = read
            .metrics(&vulnerability)
            .iter()
            .flat_map(|metric| metric.content.members())
            .filter_map(|(key, score)| {
                let kind = match key.as_str() {
                    "cvss_v2" => "CVSS_V2",
                    "cvss_v3" => "CVSS_V3",
                    "cvss_v4" => "CVSS_V4",
                    _ => return None,
                };
                Some((kind, score.text_at("vectorString")?))
            })
            .collect();
        Vulnerability {
            names: owned(json.at("cve"))
                .into_iter()
                .chain(ids.filter_map(|id| owned(id.at("text"))))
                .collect(),
            products,
            severity: vectors
                .into_iter()
                .map(|(kind, vector)| Severity {
                    kind: kind.to_owned(),
                    score: vector.to_owned(),
                })
                .collect(),
        }
    });
    let [id, title, released, published] = [
        read.tracking.at("id"),
        read.document.at("title"),
        read.tracking.at("current_release_date"),
        read.tracking.at("initial_release_date"),
    ];
    Some(Advisory {
        id: owned(id)?,
        title: owned(title),
        publisher: owned(read.document.path(&["publisher", "name"])),
        published: owned(published),
        released: owned(released).unwrap_or_default(),
        withdrawn: matches!(read.category(), "csaf_withdrawn" | "csaf_superseded"),
        products: products.collect(),
        vulnerabilities: vulnerabilities.collect(),
    })
}

fn file_hashes(helper: &Json) -> Vec<(String, String)> {
    let files = helper.at("hashes").items().iter();
    let hashes = files.flat_map(|file| file.at("file_hashes").items());
    let hash = |hash: &Json| {
        Some((
            hash.text_at("algorithm")?.to_owned(),
            hash.text_at("value")?.to_owned(),
        ))
    };
    hashes.filter_map(hash).collect()
}

/// References of products that are a component within another: the component's and the other's. A path of several steps ends in the product
/// that all of it is in.
fn within(json: &Json) -> BTreeMap<&str, (String, String)> {
    let tree = json.at("product_tree");
    let relations = tree.at("relationships").items().iter().filter_map(|item| {
        let whole = item.text_at("relates_to_product_reference")?;
        Some((item, item.text_at("product_reference")?, whole))
    });
    let paths = tree.at("product_paths").items().iter().filter_map(|item| {
        let whole = item.at("subpaths").items().last()?;
        let whole = whole.text_at("next_product_reference")?;
        Some((item, item.text_at("beginning_product_reference")?, whole))
    });
    let found = relations.chain(paths).filter_map(|(item, part, whole)| {
        let id = item.path(&["full_product_name", "product_id"]).text()?;
        Some((id, (part.to_owned(), whole.to_owned())))
    });
    found.collect()
}
