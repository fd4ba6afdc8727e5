//! The API's description, as OpenAPI 3.1 and as a page for readers. Every address is a page's own with
//! another ending, so the list stands once, in `ADDRESSES`.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Answer, answer, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::site::Site;
use crate::ui::{Link, Section, Shell};

/// One address: its path without ending, the message that says what it is, its forms, an example, and the query it takes.
struct Address {
    path: &'static str,
    says: &'static str,
    forms: &'static [&'static str],
    example: &'static str,
    query: &'static [(&'static str, &'static str)],
}

const ALL: &[&str] = &[".json", ".csv", ".xlsx"];
const JSON: &[&str] = &[".json"];

/// Everything that can be had as data.
const ADDRESSES: [Address; 14] = [
    Address {
        path: "/index",
        says: "api-index",
        forms: JSON,
        example: "/index.json",
        query: &[],
    },
    Address {
        path: "/plan",
        says: "api-plan",
        forms: ALL,
        example: "/plan.json",
        query: &[],
    },
    Address {
        path: "/plan/{id}",
        says: "api-node",
        forms: JSON,
        example: "/plan/policy-1.json",
        query: &[],
    },
    Address {
        path: "/indicators",
        says: "api-indicators",
        forms: ALL,
        example: "/indicators.csv",
        query: &[],
    },
    Address {
        path: "/indicators/{id}",
        says: "api-indicator",
        forms: ALL,
        example: "/indicators/kgi1.json?growth=5%25",
        query: &[
            ("at", "api-query-at"),
            ("as_of", "api-query-as-of"),
            ("set", "api-query-set"),
        ],
    },
    Address {
        path: "/findings",
        says: "api-findings",
        forms: ALL,
        example: "/findings.json",
        query: &[],
    },
    Address {
        path: "/coverage",
        says: "api-coverage",
        forms: ALL,
        example: "/coverage.xlsx",
        query: &[],
    },
    Address {
        path: "/series",
        says: "api-all-series",
        forms: ALL,
        example: "/series.csv",
        query: &[],
    },
    Address {
        path: "/series/{id}",
        says: "api-series",
        forms: ALL,
        example: "/series/concentration.json",
        query: &[],
    },
    Address {
        path: "/sources",
        says: "api-sources",
        forms: ALL,
        example: "/sources.json",
        query: &[],
    },
    Address {
        path: "/sources/{id}",
        says: "api-source",
        forms: ALL,
        example: "/sources/interim-2026.json",
        query: &[],
    },
    Address {
        path: "/meetings",
        says: "api-meetings",
        forms: ALL,
        example: "/meetings.csv",
        query: &[],
    },
    Address {
        path: "/terms",
        says: "api-terms",
        forms: ALL,
        example: "/terms.json",
        query: &[],
    },
    Address {
        path: "/workbench",
        says: "api-workbench",
        forms: JSON,
        example: "/workbench.json?unit=%E4%BB%B6/%E5%B9%B4",
        query: &[("node", "api-query-node"), ("history", "api-query-history")],
    },
];

#[derive(Template)]
#[template(path = "pages/api.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    rows: Vec<Row>,
    lists: Vec<Link>,
}

struct Row {
    path: String,
    forms: String,
    says: String,
    example: Link,
    query: Vec<(String, String)>,
}

/// `GET /api`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let t = site.texts(reader.lang);
        let rows = ADDRESSES.iter().map(|one| Row {
            path: one.path.to_owned(),
            forms: one.forms.join(" "),
            says: t.text(one.says),
            example: Link::to(one.example, t.path(one.example)),
            query: one
                .query
                .iter()
                .map(|(name, key)| ((*name).to_owned(), t.text(key)))
                .collect(),
        });
        let lists = [
            ("/series", "series-title"),
            ("/sources", "sources-title"),
            ("/meetings", "meetings-title"),
            ("/terms", "terms-title"),
        ];
        Answer::page(&Page {
            t,
            rows: rows.collect(),
            lists: lists
                .map(|(path, key)| Link::to(t.text(key), t.path(path)))
                .to_vec(),
            shell: shell(site, reader, t.text("api-title"), Section::Data, vec![]),
        })
    })
    .await
}

/// `GET /openapi.json`
pub async fn openapi(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, _| {
        Answer::data(Form::Json, "openapi", &description(site), Vec::new)
    })
    .await
}

/// A few of the ids that an address takes.
fn ids(site: &Site, path: &str) -> Vec<String> {
    const SHOWN: usize = 5;
    let plan = site.rashin().plan();
    let ids: Box<dyn Iterator<Item = &String>> = match path.split('/').nth(1) {
        Some("plan") => Box::new(plan.nodes.iter().map(|node| &node.id)),
        Some("indicators") => Box::new(plan.indicators.iter().map(|indicator| &indicator.id)),
        Some("series") => Box::new(plan.series.keys()),
        _ => Box::new(plan.sources.keys()),
    };
    ids.take(SHOWN).cloned().collect()
}

/// The API as OpenAPI 3.1.
pub(crate) fn description(site: &Site) -> Value {
    let t = site.texts(vocab::Lang::En);
    let ja = site.texts(vocab::Lang::Ja);
    let mut paths = serde_json::Map::new();
    for one in &ADDRESSES {
        for ending in one.forms {
            let kind = match *ending {
                ".csv" => "text/csv",
                ".xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                _ => "application/json",
            };
            let schema = match *ending {
                ".json" if one.path == "/indicators/{id}" => {
                    json!({"$ref": "#/components/schemas/Indicator"})
                }
                ".json" => json!({"type": ["object", "array"]}),
                _ => json!({"type": "string"}),
            };
            let mut parameters: Vec<Value> = vec![];
            if one.path.contains("{id}") {
                parameters.push(json!({"name": "id", "in": "path", "required": true,
                    "schema": {"type": "string", "examples": ids(site, one.path)}}));
            }
            parameters.extend(one.query.iter().map(|(name, key)| {
                // `set` stands for any name of an input; it is described as a free-form object.
                if *name == "set" {
                    json!({"name": "set", "in": "query", "style": "form", "explode": true, "description": t.text(key),
                        "schema": {"type": "object", "additionalProperties": {"type": "string"}}})
                } else {
                    json!({"name": name, "in": "query", "description": t.text(key), "schema": {"type": "string"}})
                }
            }));
            let operation: String = format!("{}{ending}", one.path)
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join("-");
            let mut responses = json!({
                "200": {"description": t.text(one.says), "content": {kind: {"schema": schema}}},
            });
            if !parameters.is_empty() {
                let refused = json!({"description": t.text("api-refused"), "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refused"}}}});
                responses["404"] = refused.clone();
                responses["422"] = refused;
            }
            paths.insert(
                format!("{}{ending}", one.path),
                json!({"get": {"operationId": operation, "summary": t.text(one.says), "description": ja.text(one.says), "parameters": parameters, "responses": responses}}),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rashin",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": t.text("api-lead"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {
            "Decimal": {"type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "description": t.text("api-decimal")},
            "Refused": {"type": "object", "required": ["error"], "properties": {"error": {
                "type": "object", "required": ["kind", "ja", "en"],
                "properties": {"kind": {"type": "string"}, "ja": {"type": "string"}, "en": {"type": "string"}},
            }}},
            "Indicator": {"type": "object", "required": ["id", "at", "unit", "value", "findings", "trace"], "properties": {
                "id": {"type": "string"}, "at": {"type": "string"}, "unit": {"type": "string"},
                "value": {"$ref": "#/components/schemas/Decimal"},
                "rounded": {"$ref": "#/components/schemas/Decimal"},
                "printed_path": {"$ref": "#/components/schemas/Decimal"},
                "printed": {"$ref": "#/components/schemas/Decimal"},
                "interval": {"type": ["object", "null"], "properties": {"level": {"type": "string"}, "low": {"type": "string"}, "high": {"type": "string"}}},
                "rounding": {"type": ["object", "null"], "properties": {"low": {"type": "string"}, "high": {"type": "string"}}},
                "findings": {"type": "array", "items": {"type": "object"}},
                "trace": {"type": "object"},
            }},
        }},
    })
}
