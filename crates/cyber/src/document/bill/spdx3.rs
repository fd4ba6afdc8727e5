//! SPDX 3 as a bill: the elements of the graph, found by their identifiers. Names may carry the profile before a slash
//! (`software_Package`), which says nothing that the type does not.

use std::collections::HashMap;

use super::super::json::Json;
use super::super::recognise::Format;
use super::{Bill, Component, Dependency, said};

pub(super) fn bill(json: &Json, format: Format) -> Bill {
    let graph = json.at("@graph");
    let elements: HashMap<&str, &Json> = graph
        .items()
        .iter()
        .filter_map(|element| Some((id(element)?, element)))
        .collect();
    let of_kind = |kinds: &'static [&'static str]| {
        json.items_at("", "@graph")
            .filter(move |(_, element)| kinds.contains(&kind(element)))
    };
    let name = |id: &str| elements.get(id).and_then(|element| said(element.text_at("name")));
    let mut bill = Bill::empty(format);
    if let Some((_, document)) = of_kind(&["SpdxDocument"]).next() {
        bill.serial = id(document).map(str::to_owned);
    }
    if let Some((_, creation)) = of_kind(&["CreationInfo"]).next() {
        bill.timestamp = said(creation.text_at("created"));
        bill.authors = creation.at("createdBy").texts().filter_map(name).collect();
        bill.tools = creation.at("createdUsing").texts().filter_map(name).collect();
    }
    for (path, element) in of_kind(&["software_Package", "software_File"]) {
        let mut component = component(&path, element);
        component.supplier = element.text_at("suppliedBy").and_then(name);
        bill.components.push(component);
    }
    for (_, relationship) in of_kind(&["Relationship", "LifecycleScopedRelationship"]) {
        let from = relationship.text_at("from");
        let needs = matches!(
            relationship.text_at("relationshipType"),
            Some("dependsOn" | "contains" | "hasDynamicLink" | "hasStaticLink" | "hasPrerequisite")
        );
        if let (Some(from), true) = (from, needs) {
            let to = relationship.at("to").texts().map(str::to_owned).collect();
            bill.dependencies.push(Dependency {
                from: from.to_owned(),
                to,
            });
        }
    }
    let roots = of_kind(&["software_Sbom", "Bom", "SpdxDocument"])
        .flat_map(|(_, collection)| collection.at("rootElement").texts());
    let roots: Vec<&str> = roots.collect();
    bill.subject = bill
        .components
        .iter()
        .find(|component| {
            component
                .reference
                .as_deref()
                .is_some_and(|id| roots.contains(&id))
        })
        .cloned();
    bill
}

fn id(element: &Json) -> Option<&str> {
    element.text_at("spdxId").or_else(|| element.text_at("@id"))
}

fn kind(element: &Json) -> &str {
    element
        .text_at("type")
        .or_else(|| element.text_at("@type"))
        .unwrap_or_default()
}

fn component(path: &str, element: &Json) -> Component {
    let mut component = Component {
        path: path.to_owned(),
        reference: id(element).map(str::to_owned),
        kind: said(element.text_at("software_primaryPurpose")),
        name: element.text_at("name").unwrap_or_default().trim().to_owned(),
        version: said(element.text_at("software_packageVersion")),
        purls: said(element.text_at("software_packageUrl")).into_iter().collect(),
        ..Component::default()
    };
    for identifier in element.at("externalIdentifier").items() {
        let Some(value) = said(identifier.text_at("identifier")) else {
            continue;
        };
        match identifier.text_at("externalIdentifierType").unwrap_or_default() {
            "packageUrl" | "purl" if component.purls.contains(&value) => {}
            "packageUrl" | "purl" => component.purls.push(value),
            "cpe22" | "cpe23" => component.cpes.push(value),
            _ => component.identifiers.push(value),
        }
    }
    let hash = |sum: &Json| Some((said(sum.text_at("algorithm"))?, said(sum.text_at("hashValue"))?));
    component.hashes = element
        .at("verifiedUsing")
        .items()
        .iter()
        .filter_map(hash)
        .collect();
    component
}
