//! `CycloneDX` as a bill, from JSON and from XML. The two differ in names and nesting only.

use super::super::json::Json;
use super::super::recognise::Format;
use super::super::xml::Element;
use super::{Bill, Component, Dependency, said};

pub(super) fn json(json: &Json, format: Format) -> Bill {
    let metadata = json.at("metadata");
    let mut bill = Bill {
        serial: said(json.text_at("serialNumber")),
        revision: json.at("version").number().map(|number| number.to_string()),
        timestamp: said(metadata.text_at("timestamp")),
        ..Bill::empty(format)
    };
    let named = |value: &Json| said(value.text_at("name"));
    let makers = ["manufacturer", "manufacture", "supplier"];
    bill.authors = metadata
        .at("authors")
        .items()
        .iter()
        .filter_map(|author| named(author).or_else(|| said(author.text_at("email"))))
        .chain(makers.iter().filter_map(|maker| named(metadata.at(maker))))
        .collect();
    let tools = metadata.at("tools");
    let lists = [tools, tools.at("components"), tools.at("services")];
    bill.tools = lists
        .iter()
        .flat_map(|list| list.items())
        .filter_map(named)
        .collect();
    if let Some(subject) = metadata.get("component") {
        let path = "/metadata/component";
        bill.subject = Some(json_component(subject, path, None));
        nested(subject, path, None, &mut bill.components);
    }
    nested(json, "", None, &mut bill.components);
    for dependency in json.at("dependencies").items() {
        if let Some(from) = dependency.text_at("ref") {
            let to = dependency.at("dependsOn").texts().map(str::to_owned).collect();
            bill.dependencies.push(Dependency {
                from: from.to_owned(),
                to,
            });
        }
    }
    bill
}

fn nested(json: &Json, path: &str, parent: Option<usize>, out: &mut Vec<Component>) {
    for (path, component) in json.items_at(path, "components") {
        out.push(json_component(component, &path, parent));
        let at = out.len() - 1;
        nested(component, &path, Some(at), out);
    }
}

fn json_component(json: &Json, path: &str, parent: Option<usize>) -> Component {
    let supplier = [
        json.path(&["supplier", "name"]),
        json.path(&["manufacturer", "name"]),
        json.at("publisher"),
    ];
    let identifiers = [json.at("omniborId"), json.at("swhid")];
    let licences = json.at("licenses").items().iter().filter_map(|choice| {
        let licence = choice.at("license");
        let words = [licence.at("id"), licence.at("name"), choice.at("expression")];
        words.iter().find_map(|word| said(word.text()))
    });
    Component {
        path: path.to_owned(),
        reference: said(json.text_at("bom-ref")),
        parent,
        kind: said(json.text_at("type")),
        group: said(json.text_at("group")),
        name: json.text_at("name").unwrap_or_default().trim().to_owned(),
        version: said(json.text_at("version")),
        supplier: supplier.iter().find_map(|value| said(value.text())),
        purls: said(json.text_at("purl")).into_iter().collect(),
        cpes: said(json.text_at("cpe")).into_iter().collect(),
        identifiers: said(json.path(&["swid", "tagId"]).text())
            .into_iter()
            .chain(
                identifiers
                    .iter()
                    .flat_map(|list| list.texts())
                    .map(str::to_owned),
            )
            .collect(),
        hashes: json
            .at("hashes")
            .items()
            .iter()
            .filter_map(|hash| Some((said(hash.text_at("alg"))?, said(hash.text_at("content"))?)))
            .collect(),
        licences: licences.collect(),
    }
}

pub(super) fn xml(root: &Element, format: Format) -> Bill {
    let mut bill = Bill {
        serial: said(root.attribute("serialNumber")),
        revision: said(root.attribute("version")),
        ..Bill::empty(format)
    };
    if let Some(metadata) = root.child("metadata") {
        bill.timestamp = said(metadata.text_of("timestamp"));
        let authors = metadata.listed("authors", "author");
        let makers = ["manufacturer", "manufacture", "supplier"];
        let makers = makers.iter().filter_map(|maker| metadata.child(maker));
        bill.authors = authors
            .chain(makers)
            .filter_map(|who| said(who.text_of("name")).or_else(|| said(who.text_of("email"))))
            .collect();
        let tools = metadata.named("tools").flat_map(|tools| {
            tools
                .named("tool")
                .chain(tools.listed("components", "component"))
                .chain(tools.listed("services", "service"))
        });
        bill.tools = tools.filter_map(|tool| said(tool.text_of("name"))).collect();
        if let Some(subject) = metadata.child("component") {
            let path = "/bom/metadata/component";
            bill.subject = Some(xml_component(subject, path, None));
            nested_xml(subject, path, None, &mut bill.components);
        }
    }
    nested_xml(root, "/bom", None, &mut bill.components);
    for list in root.named("dependencies") {
        depends(list, &mut bill.dependencies);
    }
    bill
}

/// Dependencies may nest: each element says what the elements in it are needed by.
fn depends(list: &Element, out: &mut Vec<Dependency>) {
    for dependency in list.named("dependency") {
        let Some(from) = dependency.attribute("ref") else {
            continue;
        };
        let to = dependency
            .named("dependency")
            .filter_map(|inner| inner.attribute("ref"));
        out.push(Dependency {
            from: from.to_owned(),
            to: to.map(str::to_owned).collect(),
        });
        let mut inner = Vec::new();
        depends(dependency, &mut inner);
        out.extend(inner.into_iter().filter(|dependency| !dependency.to.is_empty()));
    }
}

fn nested_xml(node: &Element, path: &str, parent: Option<usize>, out: &mut Vec<Component>) {
    for (index, component) in node.listed("components", "component").enumerate() {
        let path = format!("{path}/components/component[{}]", index + 1);
        out.push(xml_component(component, &path, parent));
        let at = out.len() - 1;
        nested_xml(component, &path, Some(at), out);
    }
}

fn xml_component(node: &Element, path: &str, parent: Option<usize>) -> Component {
    let mut makers = ["supplier", "manufacturer"]
        .iter()
        .filter_map(|name| node.child(name));
    let supplier = makers.find_map(|maker| said(maker.text_of("name")));
    let mut licences: Vec<String> = Vec::new();
    for list in node.named("licenses") {
        for choice in &list.children {
            let word = match choice.name.local.as_str() {
                "expression" => said(Some(&choice.text)),
                "expression-detailed" => said(choice.attribute("expression")),
                _ => said(choice.text_of("id")).or_else(|| said(choice.text_of("name"))),
            };
            licences.extend(word);
        }
    }
    let texts = |name: &'static str| node.named(name).filter_map(|child| said(Some(&child.text)));
    let swid = node.child("swid").and_then(|swid| said(swid.attribute("tagId")));
    let hash = |hash: &Element| Some((said(hash.attribute("alg"))?, said(Some(&hash.text))?));
    Component {
        path: path.to_owned(),
        reference: said(node.attribute("bom-ref")),
        parent,
        kind: said(node.attribute("type")),
        group: said(node.text_of("group")),
        name: node.text_of("name").unwrap_or_default().to_owned(),
        version: said(node.text_of("version")),
        supplier: supplier.or_else(|| said(node.text_of("publisher"))),
        purls: texts("purl").collect(),
        cpes: texts("cpe").collect(),
        identifiers: swid
            .into_iter()
            .chain(texts("omniborId"))
            .chain(texts("swhid"))
            .collect(),
        hashes: node.listed("hashes", "hash").filter_map(hash).collect(),
        licences,
    }
}
