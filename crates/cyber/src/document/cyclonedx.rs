//! `CycloneDX` 1.2 to 1.7 held against the specification: structure of JSON by the strict rules, of XML by the schema's content models.

use std::sync::LazyLock;

use super::finding::{Finding, Level};
use super::json::Json;
use super::rules::{Rules, object, xml};
use super::xml::Element;

/// Versions whose rules are known.
pub(crate) const VERSIONS: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// Namespace of an XML document, to which its version is added.
pub(crate) const SPACE: &str = "http://cyclonedx.org/schema/bom/";

type Tables = [LazyLock<Result<Rules, String>>; 6];

macro_rules! tables {
    ($file:literal) => {
        [
            LazyLock::new(|| Rules::read(include_str!($file), "1.2")),
            LazyLock::new(|| Rules::read(include_str!($file), "1.3")),
            LazyLock::new(|| Rules::read(include_str!($file), "1.4")),
            LazyLock::new(|| Rules::read(include_str!($file), "1.5")),
            LazyLock::new(|| Rules::read(include_str!($file), "1.6")),
            LazyLock::new(|| Rules::read(include_str!($file), "1.7")),
        ]
    };
}

static JSON: Tables = tables!("rules/cyclonedx-json.rules");
static XML: Tables = tables!("rules/cyclonedx-xml.rules");

fn rules(tables: &'static Tables, version: &str) -> Option<&'static Rules> {
    let index = VERSIONS.iter().position(|known| *known == version)?;
    tables.get(index)?.as_ref().ok()
}

fn unknown(version: &str, path: &str) -> Vec<Finding> {
    vec![Finding::schema(
        path,
        format!("CycloneDX の版「{version}」は読めません。1.2 から 1.7 のいずれかにしてください。"),
        format!("`{version}` is no version of CycloneDX known here: use 1.2 to 1.7"),
    )]
}

/// What a JSON document breaks of the version it names.
pub(crate) fn check_json(json: &Json, version: &str, most: usize) -> Vec<Finding> {
    let Some(rules) = rules(&JSON, version) else {
        return unknown(version, "/specVersion");
    };
    let mut found = object::check(rules, "bom", json, most);
    references(json, most, &mut found);
    found
}

/// What an XML document breaks of the version its namespace names.
pub(crate) fn check_xml(root: &Element, version: &str, most: usize) -> Vec<Finding> {
    let Some(rules) = rules(&XML, version) else {
        return unknown(version, "/bom");
    };
    let space = format!("{SPACE}{version}");
    let mut found = xml::check(rules, "bom", &space, root, most);
    found.extend(xml::repeated(root, "bom-ref", most));
    found
}

/// What the prose asks of references and no schema of JSON can say: each `bom-ref` once.
fn references(json: &Json, most: usize, found: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![json];
    while let Some(value) = open.pop() {
        open.extend(value.items());
        for (name, member) in value.members() {
            open.push(member);
            if name == "bom-ref"
                && let Some(reference) = member.text()
                && !seen.insert(reference)
                && found.len() < most
            {
                found.push(Finding {
                    level: Level::Recommended,
                    ..Finding::schema(
                        "",
                        format!("bom-ref「{reference}」が二度使われています。重ならない値にしてください。"),
                        format!("bom-ref `{reference}` is used twice: it must be unique"),
                    )
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole_in_every_version() {
        for table in JSON.iter().chain(&XML) {
            let rules = table.as_ref().unwrap();
            assert_eq!(rules.faults(), Vec::<String>::new());
            assert!(rules.root("bom").is_some());
        }
    }
}
