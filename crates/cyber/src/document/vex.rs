//! VEX statements of every format in one model: which vulnerability, which product, what status, and why. A document's own words are kept;
//! nothing is concluded from a statement that is not there.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::bill::Bill;
use super::csaf::model::{Advisory, Product};
use super::json::Json;
use super::recognise::{Document, Format, Tree};
use super::xml::Element;
use crate::cpe::{Attribute, Cpe, Value};
use crate::purl::Purl;

/// What is said of a product with regard to a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Where it stands in the document.
    pub path: String,
    /// Identifiers of the vulnerability, the main one first.
    pub vulnerabilities: Vec<String>,
    /// What it is about. Empty where nothing is named.
    pub products: Vec<Target>,
    /// The status.
    pub status: Status,
    /// Why the product is not affected, in the words of its format.
    pub justification: Option<String>,
    /// What the vulnerability means for the product.
    pub impact: Option<String>,
    /// What is to be done, or what the maker will do.
    pub action: Option<String>,
    /// When it was said, as written.
    pub timestamp: Option<String>,
}

/// What a statement is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Names of the product, each of which identifies it: package URLs, bom-refs, links to a bill, product IDs as written.
    pub names: Vec<String>,
    /// The versions that it is about, single ones and `vers:` ranges; empty is every one that the names leave open.
    pub versions: Vec<String>,
    /// Names of each component that it is about within the product; empty is the product as a whole.
    pub parts: Vec<Vec<String>>,
}

/// The four statuses of VEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The product is not affected.
    NotAffected,
    /// Action is advised.
    Affected,
    /// The product contains a fix.
    Fixed,
    /// It is not known yet.
    UnderInvestigation,
}

impl Status {
    /// The status of a list of products in CSAF.
    pub(super) fn of_csaf(list: &str) -> Option<Self> {
        Some(match list {
            "known_affected" | "first_affected" | "last_affected" => Self::Affected,
            "known_not_affected" => Self::NotAffected,
            "fixed" | "first_fixed" => Self::Fixed,
            "under_investigation" => Self::UnderInvestigation,
            _ => return None,
        })
    }

    /// Of two the one that asks for more care.
    #[must_use]
    pub fn graver(self, other: Self) -> Self {
        let care = |status| match status {
            Self::NotAffected => 0,
            Self::Fixed => 1,
            Self::UnderInvestigation => 2,
            Self::Affected => 3,
        };
        if care(other) > care(self) { other } else { self }
    }
}

/// Who speaks in a document, as far as it says so.
pub fn author(document: &Document) -> Option<String> {
    match (&document.format, &document.tree) {
        (Format::OpenVex(_), Tree::Json(json)) => owned(json.text_at("author")),
        (Format::Csaf(_), Tree::Json(json)) => owned(json.path(&["document", "publisher", "name"]).text()),
        _ => joined(Bill::of(document)?.authors.iter().map(String::as_str)),
    }
}

impl Statement {
    /// The statements in a document, in its order; none if it makes none.
    pub fn all(document: &Document) -> Vec<Self> {
        match (&document.format, &document.tree) {
            (Format::CycloneDxJson(_), Tree::Json(json)) => cyclonedx(json, &declared(document)),
            (Format::CycloneDxXml(_), Tree::Xml(root)) => cyclonedx_xml(root, &declared(document)),
            (Format::OpenVex(_), Tree::Json(json)) => openvex(json),
            (Format::Csaf(_), Tree::Json(json)) => csaf(json, Advisory::of(document).as_ref()),
            _ => Vec::new(),
        }
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let all: Vec<&str> = texts.collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// What `CycloneDX` calls an analysis state. A false positive is a component that the vulnerability does not concern.
fn analysis_state(state: &str) -> Option<Status> {
    Some(match state {
        "resolved" | "resolved_with_pedigree" => Status::Fixed,
        "exploitable" => Status::Affected,
        "in_triage" => Status::UnderInvestigation,
        "false_positive" | "not_affected" => Status::NotAffected,
        _ => return None,
    })
}

/// The components that a document itself defines: their package URLs by reference.
fn declared(document: &Document) -> BTreeMap<String, Vec<String>> {
    let bill = Bill::of(document).into_iter();
    let components = bill.flat_map(|bill| bill.components.into_iter().chain(bill.subject));
    components
        .filter_map(|component| Some((component.reference?, component.purls)))
        .collect()
}

/// A target of `CycloneDX`. A reference to a component that the document itself identifies stands for that component alone: another
/// bill may use the same reference for something else.
fn target<'t>(
    reference: &str,
    versions: impl Iterator<Item = &'t str>,
    declared: &BTreeMap<String, Vec<String>>,
) -> Target {
    let purls = declared.get(reference).filter(|purls| !purls.is_empty());
    Target {
        names: purls.cloned().unwrap_or_else(|| vec![reference.to_owned()]),
        versions: versions.map(str::to_owned).collect(),
        parts: Vec::new(),
    }
}

fn cyclonedx(json: &Json, declared: &BTreeMap<String, Vec<String>>) -> Vec<Statement> {
    let made = json.path(&["metadata", "timestamp"]).text();
    let vulnerabilities = json.items_at("", "vulnerabilities");
    vulnerabilities
        .filter_map(|(path, item)| {
            let analysis = item.at("analysis");
            let references = item.at("references").items().iter();
            let detail = owned(analysis.text_at("detail"));
            let status = analysis_state(analysis.text_at("state")?)?;
            let response = joined(analysis.at("response").texts());
            let advice = owned(item.text_at("recommendation")).or(owned(item.text_at("workaround")));
            let times = [
                analysis.at("lastUpdated"),
                analysis.at("firstIssued"),
                item.at("updated"),
                item.at("published"),
            ];
            Some(Statement {
                path,
                vulnerabilities: item
                    .text_at("id")
                    .into_iter()
                    .chain(references.filter_map(|reference| reference.text_at("id")))
                    .map(str::to_owned)
                    .collect(),
                products: item
                    .at("affects")
                    .items()
                    .iter()
                    .filter_map(|item| {
                        let versions = item.at("versions").items().iter();
                        let versions =
                            versions.filter_map(|item| item.text_at("version").or(item.text_at("range")));
                        Some(target(&owned(item.text_at("ref"))?, versions, declared))
                    })
                    .collect(),
                status,
                justification: owned(analysis.text_at("justification")),
                impact: detail,
                action: response.or(advice),
                timestamp: times.iter().find_map(|time| owned(time.text())).or(owned(made)),
            })
        })
        .collect()
}

fn cyclonedx_xml(root: &Element, declared: &BTreeMap<String, Vec<String>>) -> Vec<Statement> {
    let made = root
        .child("metadata")
        .and_then(|metadata| metadata.text_of("timestamp"));
    let vulnerabilities = root.listed("vulnerabilities", "vulnerability").enumerate();
    vulnerabilities
        .filter_map(|(index, item)| {
            let analysis = item.child("analysis")?;
            let status = analysis_state(analysis.text_of("state")?)?;
            let ids = item.text_of("id").into_iter();
            let others = item
                .listed("references", "reference")
                .filter_map(|reference| reference.text_of("id"));
            let responses = analysis
                .listed("responses", "response")
                .map(|response| response.text.trim());
            let advice = item
                .text_of("recommendation")
                .or_else(|| item.text_of("workaround"));
            let time = analysis
                .text_of("lastUpdated")
                .or_else(|| analysis.text_of("firstIssued"));
            let time = time
                .or_else(|| item.text_of("updated"))
                .or_else(|| item.text_of("published"));
            Some(Statement {
                path: format!("/bom/vulnerabilities/vulnerability[{}]", index + 1),
                vulnerabilities: ids.chain(others).map(str::to_owned).collect(),
                products: item
                    .listed("affects", "target")
                    .filter_map(|item| {
                        let versions = item.listed("versions", "version");
                        let versions =
                            versions.filter_map(|item| item.text_of("version").or(item.text_of("range")));
                        Some(target(&owned(item.text_of("ref"))?, versions, declared))
                    })
                    .collect(),
                status,
                justification: owned(analysis.text_of("justification")),
                impact: owned(analysis.text_of("detail")),
                action: joined(responses).or(owned(advice)),
                timestamp: owned(time.or(made)),
            })
        })
        .collect()
}

/// The status in the words of VEX itself.
fn vex_status(status: &str) -> Option<Status> {
    Some(match status {
        "not_affected" => Status::NotAffected,
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        _ => return None,
    })
}

/// Identifiers of a product or subcomponent of `OpenVEX`; older documents have a text in its place.
fn openvex_ids(component: &Json) -> Vec<String> {
    let mut ids = Vec::new();
    ids.extend(owned(component.text()).or(owned(component.text_at("@id"))));
    for (_, identifier) in component.at("identifiers").members() {
        ids.extend(owned(identifier.text()).filter(|id| !ids.contains(id)));
    }
    ids
}

fn openvex(json: &Json) -> Vec<Statement> {
    let made = json.text_at("last_updated").or(json.text_at("timestamp"));
    let statements = json.items_at("", "statements");
    statements
        .filter_map(|(path, item)| {
            let vulnerability = item.at("vulnerability");
            let ids = [
                vulnerability.text(),
                vulnerability.text_at("name"),
                vulnerability.text_at("@id"),
            ];
            let products = item.at("products").items().iter().map(|product| Target {
                names: openvex_ids(product),
                versions: Vec::new(),
                parts: product
                    .at("subcomponents")
                    .items()
                    .iter()
                    .map(openvex_ids)
                    .collect(),
            });
            Some(Statement {
                path,
                vulnerabilities: ids
                    .into_iter()
                    .flatten()
                    .chain(vulnerability.at("aliases").texts())
                    .map(str::to_owned)
                    .collect(),
                products: products.collect(),
                status: vex_status(item.text_at("status")?)?,
                justification: owned(item.text_at("justification")),
                impact: owned(item.text_at("impact_statement")).or(owned(item.text_at("status_notes"))),
                action: owned(item.text_at("action_statement")),
                timestamp: owned(
                    item.text_at("last_updated")
                        .or(item.text_at("timestamp"))
                        .or(made),
                ),
            })
        })
        .collect()
}

/// Items of a list by the products that they name, directly and through groups; of references through groups as many as are followed
/// anywhere.
fn by_product<'j>(
    list: &'j Json,
    groups: &HashMap<&'j str, &'j Json>,
    budget: &mut usize,
) -> HashMap<&'j str, Vec<&'j Json>> {
    let mut found: HashMap<&str, Vec<&Json>> = HashMap::new();
    for item in list.items() {
        let through = item
            .at("group_ids")
            .texts()
            .filter_map(|id| groups.get(id))
            .flat_map(|ids| ids.texts());
        for id in item.at("product_ids").texts().chain(through) {
            if *budget == 0 {
                return found;
            }
            *budget -= 1;
            found.entry(id).or_default().push(item);
        }
    }
    found
}

/// A product of CSAF by what helps to identify it, else by its reference; a component within another product is a part of that one.
fn csaf_target(id: &str, identified: &HashMap<&str, &Product>) -> Target {
    let product = |id: &str| identified.get(id).copied();
    let helpers = |id: &str| {
        let product = product(id).into_iter();
        product.flat_map(|product| product.purls.iter().chain(&product.cpes))
    };
    let named = |ids: &[&str]| {
        let found: Vec<String> = ids.iter().flat_map(|id| helpers(id)).cloned().collect();
        let first = ids.first().map(|id| (*id).to_owned());
        if found.is_empty() {
            first.into_iter().collect()
        } else {
            found
        }
    };
    let within = identified.get(id).and_then(|product| product.within.as_ref());
    match within {
        Some((part, whole)) => Target {
            names: named(&[whole]),
            versions: Vec::new(),
            parts: vec![named(&[part, id])],
        },
        None => Target {
            // A name that leaves the version open does not stand for every version where the product is one of them.
            versions: product(id)
                .filter(|_| helpers(id).next().is_some() && helpers(id).all(|name| leaves_version(name)))
                .and_then(|product| Some(product.version.as_ref()?.text.clone()))
                .into_iter()
                .collect(),
            names: named(&[id]),
            ..Target::default()
        },
    }
}

fn leaves_version(name: &str) -> bool {
    match Cpe::parse(name) {
        Ok(cpe) => matches!(cpe.get(Attribute::Version), Value::Any | Value::NotApplicable),
        Err(_) => Purl::read(name).is_ok_and(|purl| purl.version().is_none()),
    }
}

/// Each product with a status makes a statement, whatever the document's category: an advisory says as much as a VEX document.
fn csaf(json: &Json, advisory: Option<&Advisory>) -> Vec<Statement> {
    let made = json
        .path(&["document", "tracking", "current_release_date"])
        .text();
    let groups = json.path(&["product_tree", "product_groups"]).items().iter();
    let groups: HashMap<&str, &Json> = groups
        .filter_map(|group| Some((group.text_at("group_id")?, group.at("product_ids"))))
        .collect();
    let products = advisory.into_iter().flat_map(|advisory| &advisory.products);
    let identified: HashMap<&str, &Product> =
        products.map(|product| (product.id.as_str(), product)).collect();
    let mut budget = 4_000_000;
    let mut found = Vec::new();
    for (path, vulnerability) in json.items_at("", "vulnerabilities") {
        let ids: Vec<String> = vulnerability
            .text_at("cve")
            .into_iter()
            .chain(
                vulnerability
                    .at("ids")
                    .items()
                    .iter()
                    .filter_map(|id| id.text_at("text")),
            )
            .map(str::to_owned)
            .collect();
        let [flags, threats, remediations] = ["flags", "threats", "remediations"]
            .map(|name| by_product(vulnerability.at(name), &groups, &mut budget));
        for (name, products) in vulnerability.at("product_status").members() {
            let Some(status) = Status::of_csaf(name) else {
                continue;
            };
            for (index, product) in products.texts().enumerate() {
                let [flags, threats, remediations] = [&flags, &threats, &remediations]
                    .map(|list| list.get(product).cloned().unwrap_or_default());
                let impacts = threats
                    .iter()
                    .filter(|threat| threat.text_at("category") == Some("impact"));
                let dates = flags
                    .iter()
                    .chain(&threats)
                    .chain(&remediations)
                    .filter_map(|item| item.text_at("date"));
                found.push(Statement {
                    path: format!("{path}/product_status/{name}/{index}"),
                    vulnerabilities: ids.clone(),
                    products: vec![csaf_target(product, &identified)],
                    status,
                    justification: flags.iter().find_map(|flag| owned(flag.text_at("label"))),
                    impact: joined(impacts.filter_map(|threat| threat.text_at("details"))),
                    action: joined(remediations.iter().filter_map(|item| item.text_at("details"))),
                    timestamp: owned(dates.max().or(made)),
                });
            }
        }
    }
    found
}
