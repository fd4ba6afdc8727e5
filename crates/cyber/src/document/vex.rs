//! VEX statements of every format in one model: which vulnerability, which product, what status, and why. A document's own words are kept;
//! nothing is concluded from a statement that is not there.

use serde::Serialize;

use super::json::Json;
use super::recognise::{Document, Format, Tree};
use super::xml::Element;

/// What is said of a product with regard to a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Where it stands in the document.
    pub path: String,
    /// Identifiers of the vulnerability, the main one first.
    pub vulnerabilities: Vec<String>,
    /// References of products: product IDs, bom-refs, package URLs or other identifiers as written. Empty where none is named.
    pub products: Vec<String>,
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

/// The four statuses of VEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
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

impl Statement {
    /// The statements in a document, in its order; none if it makes none.
    pub fn all(document: &Document) -> Vec<Self> {
        match (&document.format, &document.tree) {
            (Format::CycloneDxJson(_), Tree::Json(json)) => cyclonedx(json),
            (Format::CycloneDxXml(_), Tree::Xml(root)) => cyclonedx_xml(root),
            (Format::OpenVex(_), Tree::Json(json)) => openvex(json),
            (Format::Csaf(_), Tree::Json(json)) => csaf(json),
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

/// What CycloneDX calls an analysis state. A false positive is a component that the vulnerability does not concern.
fn analysis_state(state: &str) -> Option<Status> {
    Some(match state {
        "resolved" | "resolved_with_pedigree" => Status::Fixed,
        "exploitable" => Status::Affected,
        "in_triage" => Status::UnderInvestigation,
        "false_positive" | "not_affected" => Status::NotAffected,
        _ => return None,
    })
}

fn cyclonedx(json: &Json) -> Vec<Statement> {
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
                    .filter_map(|target| owned(target.text_at("ref")))
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

fn cyclonedx_xml(root: &Element) -> Vec<Statement> {
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
                    .filter_map(|target| owned(target.text_of("ref")))
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
fn openvex_ids(component: &Json, out: &mut Vec<String>) {
    out.extend(owned(component.text()).or(owned(component.text_at("@id"))));
    for (_, identifier) in component.at("identifiers").members() {
        out.extend(owned(identifier.text()).filter(|id| !out.contains(id)));
    }
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
            let mut products = Vec::new();
            for product in item.at("products").items() {
                let parts = product.at("subcomponents").items();
                openvex_ids(product, &mut products);
                for part in parts {
                    openvex_ids(part, &mut products);
                }
            }
            Some(Statement {
                path,
                vulnerabilities: ids
                    .into_iter()
                    .flatten()
                    .chain(vulnerability.at("aliases").texts())
                    .map(str::to_owned)
                    .collect(),
                products,
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

/// Each product with a status makes a statement, whatever the document's category: an advisory says as much as a VEX document.
fn csaf(json: &Json) -> Vec<Statement> {
    let made = json
        .path(&["document", "tracking", "current_release_date"])
        .text();
    let groups = json.path(&["product_tree", "product_groups"]).items();
    let names = |item: &Json, product: &str| {
        let through = item.at("group_ids").texts().any(|group| {
            let members = groups
                .iter()
                .filter(|candidate| candidate.text_at("group_id") == Some(group));
            members
                .flat_map(|group| group.at("product_ids").texts())
                .any(|id| id == product)
        });
        through || item.at("product_ids").texts().any(|id| id == product)
    };
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
        for (name, products) in vulnerability.at("product_status").members() {
            let status = match name.as_str() {
                "known_affected" | "first_affected" | "last_affected" => Status::Affected,
                "known_not_affected" => Status::NotAffected,
                "fixed" | "first_fixed" => Status::Fixed,
                "under_investigation" => Status::UnderInvestigation,
                _ => continue,
            };
            for (index, product) in products.texts().enumerate() {
                let of = |list: &str| {
                    vulnerability
                        .at(list)
                        .items()
                        .iter()
                        .filter(|item| names(item, product))
                        .collect::<Vec<_>>()
                };
                let (flags, threats, remediations) = (of("flags"), of("threats"), of("remediations"));
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
                    products: vec![product.to_owned()],
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
