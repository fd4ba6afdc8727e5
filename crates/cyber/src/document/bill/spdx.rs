//! SPDX 2 as a bill. Packages are components; a package that the document describes is its subject as well.

use std::collections::HashSet;

use super::super::json::Json;
use super::super::recognise::Format;
use super::{Bill, Component, Dependency, said};

pub(super) fn bill(json: &Json, format: Format) -> Bill {
    let creation = json.at("creationInfo");
    let (tools, authors): (Vec<&str>, Vec<&str>) = creation
        .at("creators")
        .texts()
        .partition(|creator| creator.starts_with("Tool:"));
    let mut bill = Bill {
        serial: said(json.text_at("documentNamespace")),
        authors: authors.into_iter().filter_map(who).collect(),
        tools: tools.into_iter().filter_map(who).collect(),
        timestamp: said(creation.text_at("created")),
        components: json
            .items_at("", "packages")
            .map(|(path, package)| component(&path, package))
            .collect(),
        ..Bill::empty(format)
    };
    let mut described: HashSet<&str> = json.at("documentDescribes").texts().collect();
    for relationship in json.at("relationships").items() {
        let part = |name| relationship.text_at(name);
        let (Some(from), Some(kind), Some(to)) = (
            part("spdxElementId"),
            part("relationshipType"),
            part("relatedSpdxElement"),
        ) else {
            continue;
        };
        match kind {
            "DESCRIBES" => described.extend([to]),
            "DESCRIBED_BY" => described.extend([from]),
            _ => bill.dependencies.extend(dependency(from, kind, to)),
        }
    }
    bill.subject = bill
        .components
        .iter()
        .find(|component| {
            component
                .reference
                .as_deref()
                .is_some_and(|id| described.contains(id))
        })
        .cloned();
    bill
}

/// The dependency that a relationship says, always from the one that needs or holds.
fn dependency(from: &str, kind: &str, to: &str) -> Option<Dependency> {
    let (from, to) = match kind {
        "DEPENDS_ON" | "CONTAINS" | "DYNAMIC_LINK" | "STATIC_LINK" | "HAS_PREREQUISITE"
        | "GENERATED_FROM" => (from, to),
        "DEPENDENCY_OF"
        | "CONTAINED_BY"
        | "RUNTIME_DEPENDENCY_OF"
        | "BUILD_DEPENDENCY_OF"
        | "DEV_DEPENDENCY_OF"
        | "OPTIONAL_DEPENDENCY_OF"
        | "PROVIDED_DEPENDENCY_OF"
        | "TEST_DEPENDENCY_OF"
        | "PREREQUISITE_FOR"
        | "PACKAGE_OF"
        | "GENERATES"
        | "OPTIONAL_COMPONENT_OF" => (to, from),
        _ => return None,
    };
    let to = match to {
        "NONE" => Vec::new(),
        "NOASSERTION" => return None,
        to => vec![to.to_owned()],
    };
    Some(Dependency {
        from: from.to_owned(),
        to,
    })
}

/// `Organization: 架空メディカル (psirt@example.com)` without its kind and empty brackets.
fn who(text: &str) -> Option<String> {
    let name = text.split_once(':').map_or(text, |(_, name)| name);
    said(Some(name.trim().trim_end_matches("()")))
}

fn component(path: &str, package: &Json) -> Component {
    let mut component = Component {
        path: path.to_owned(),
        reference: said(package.text_at("SPDXID")),
        kind: said(package.text_at("primaryPackagePurpose")),
        name: package.text_at("name").unwrap_or_default().trim().to_owned(),
        version: said(package.text_at("versionInfo")),
        supplier: said(package.text_at("supplier")).and_then(|text| who(&text)),
        ..Component::default()
    };
    for reference in package.at("externalRefs").items() {
        let Some(locator) = said(reference.text_at("referenceLocator")) else {
            continue;
        };
        match reference.text_at("referenceType").unwrap_or_default() {
            "purl" => component.purls.push(locator),
            "cpe22Type" | "cpe23Type" => component.cpes.push(locator),
            "swid" | "swh" | "gitoid" => component.identifiers.push(locator),
            _ => {}
        }
    }
    let hash = |sum: &Json| {
        Some((
            said(sum.text_at("algorithm"))?,
            said(sum.text_at("checksumValue"))?,
        ))
    };
    component.hashes = package.at("checksums").items().iter().filter_map(hash).collect();
    let licences = [
        package.text_at("licenseConcluded"),
        package.text_at("licenseDeclared"),
    ];
    component.licences = licences.into_iter().filter_map(said).collect();
    component.licences.dedup();
    component
}
