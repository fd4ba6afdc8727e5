//! The API's description, as OpenAPI 3.1 and as a page for readers. Every address is a page's own with
//! another ending, so the list stands once, in `ADDRESSES`; what is written by program is described by `writes.rs`.

mod writes;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use vocab::Refusal;

use super::{Answer, Here, at_desk, shell};
use crate::house::House;
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
    /// Whether one has to be signed in.
    private: bool,
}

const ALL: &[&str] = &[".json", ".csv", ".xlsx"];
const JSON: &[&str] = &[".json"];
const REPORT: &[&str] = &[".json", ".xlsx", ".sdmx.csv"];
const DEVICE: &[&str] = &[".json", ".csv", ".xlsx", ".csaf.json", ".cdx.json"];

/// Whether what an example names is there only once people have made it, so that the page cannot link to it.
fn is_made_by_people(one: &Address) -> bool {
    [
        "/editions/{id}",
        "/registers/{kind}/{owner}",
        "/cyber/advisories/{id}",
        "/cyber/devices/{owner}",
    ]
    .iter()
    .any(|made| one.path.starts_with(made))
}

/// Everything that can be had as data.
const ADDRESSES: [Address; 44] = [
    Address {
        path: "/index",
        says: "api-index",
        forms: JSON,
        example: "/index.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/plan",
        says: "api-plan",
        forms: ALL,
        example: "/plan.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/plan/{id}",
        says: "api-node",
        forms: JSON,
        example: "/plan/policy-1.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/indicators",
        says: "api-indicators",
        forms: ALL,
        example: "/indicators.csv",
        query: &[],
        private: false,
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
        private: false,
    },
    Address {
        path: "/findings",
        says: "api-findings",
        forms: ALL,
        example: "/findings.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/coverage",
        says: "api-coverage",
        forms: ALL,
        example: "/coverage.xlsx",
        query: &[],
        private: false,
    },
    Address {
        path: "/series",
        says: "api-all-series",
        forms: ALL,
        example: "/series.csv",
        query: &[],
        private: false,
    },
    Address {
        path: "/series/{id}",
        says: "api-series",
        forms: ALL,
        example: "/series/concentration.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/sources",
        says: "api-sources",
        forms: ALL,
        example: "/sources.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/sources/{id}",
        says: "api-source",
        forms: ALL,
        example: "/sources/interim-2026.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/meetings",
        says: "api-meetings",
        forms: ALL,
        example: "/meetings.csv",
        query: &[],
        private: false,
    },
    Address {
        path: "/terms",
        says: "api-terms",
        forms: ALL,
        example: "/terms.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/workbench",
        says: "api-workbench",
        forms: JSON,
        example: "/workbench.json?unit=%E4%BB%B6/%E5%B9%B4",
        query: &[("node", "api-query-node"), ("history", "api-query-history")],
        private: false,
    },
    Address {
        path: "/procedures",
        says: "api-procedures",
        forms: ALL,
        example: "/procedures.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/procedures/{id}",
        says: "api-procedure",
        forms: ALL,
        example: "/procedures/supply-report.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/supply",
        says: "api-supply",
        forms: ALL,
        example: "/supply.csv",
        query: &[
            ("phase", "api-query-supply-phase"),
            ("year", "api-query-supply-year"),
            ("type", "api-query-supply-type"),
            ("cause", "api-query-supply-cause"),
            ("prefecture", "api-query-supply-prefecture"),
            ("jmdn", "api-query-supply-jmdn"),
            ("table", "api-query-supply-table"),
            ("q", "api-query-words"),
        ],
        private: false,
    },
    Address {
        path: "/supply/mine",
        says: "api-supply-mine",
        forms: ALL,
        example: "/supply/mine.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/cyber/disclosed",
        says: "api-cyber-disclosed",
        forms: ALL,
        example: "/cyber/disclosed.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/cyber",
        says: "api-cyber",
        forms: ALL,
        example: "/cyber.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/cyber/mine",
        says: "api-cyber-mine",
        forms: ALL,
        example: "/cyber/mine.json",
        query: &[("as_of", "api-query-as-of")],
        private: true,
    },
    Address {
        path: "/cyber/work",
        says: "api-cyber-work",
        forms: ALL,
        example: "/cyber/work.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/cyber/findings",
        says: "api-cyber-findings",
        forms: ALL,
        example: "/cyber/findings.json?sort=severity&exploited=yes",
        query: &[
            ("sort", "api-query-finding-sort"),
            ("exploited", "api-query-finding-exploited"),
            ("severity", "api-query-finding-severity"),
            ("unanswered", "api-query-finding-unanswered"),
            ("maker", "api-query-finding-maker"),
            ("device", "api-query-finding-device"),
            ("component", "api-query-finding-component"),
            ("advisory", "api-query-finding-advisory"),
            ("after", "api-query-after"),
        ],
        private: true,
    },
    Address {
        path: "/cyber/advisories/{id}",
        says: "api-cyber-advisory",
        forms: ALL,
        example: "/cyber/advisories/EXAMPLE-2026-0001.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/cyber/devices/{owner}/{id}",
        says: "api-cyber-device",
        forms: DEVICE,
        example: "/cyber/devices/demo-maker/0123456789abcdef.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/cases",
        says: "api-cases",
        forms: ALL,
        example: "/cases.json",
        query: &[
            ("q", "api-query-words"),
            ("procedure", "api-query-case-procedure"),
            ("state", "api-query-case-state"),
            ("turn", "api-query-case-turn"),
            ("after", "api-query-after"),
        ],
        private: true,
    },
    Address {
        path: "/registers",
        says: "api-registers",
        forms: ALL,
        example: "/registers.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/registers/{kind}",
        says: "api-register",
        forms: ALL,
        example: "/registers/device.json?q=%E6%9E%B6%E7%A9%BA",
        query: &[
            ("q", "api-query-words"),
            ("sort", "api-query-sort"),
            ("down", "api-query-down"),
            ("after", "api-query-after"),
        ],
        private: false,
    },
    Address {
        path: "/registers/{kind}/schema",
        says: "api-register-schema",
        forms: JSON,
        example: "/registers/device/schema.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/registers/{kind}/{owner}/{id}",
        says: "api-record",
        forms: ALL,
        example: "/registers/device/demo-maker/0123456789abcdef.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/editions",
        says: "api-editions",
        forms: JSON,
        example: "/editions.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/editions/{id}",
        says: "api-edition",
        forms: JSON,
        example: "/editions/fy2026.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/editions/{id}/report",
        says: "api-report",
        forms: REPORT,
        example: "/editions/fy2026/report.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/editions/{id}/compare/{other}",
        says: "api-compare",
        forms: JSON,
        example: "/editions/fy2026-2/compare/fy2026.json",
        query: &[],
        private: false,
    },
    Address {
        path: "/today",
        says: "api-today",
        forms: JSON,
        example: "/today.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/rounds",
        says: "api-rounds",
        forms: ALL,
        example: "/rounds.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/rounds/{id}",
        says: "api-round",
        forms: JSON,
        example: "/rounds/kgi2-FY2025.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/rounds/{id}/answer",
        says: "api-answer",
        forms: JSON,
        example: "/rounds/kgi2-FY2025/answer.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/rounds/{id}/answers",
        says: "api-answers",
        forms: ALL,
        example: "/rounds/kgi2-FY2025/answers.xlsx",
        query: &[],
        private: true,
    },
    Address {
        path: "/batches",
        says: "api-batches",
        forms: ALL,
        example: "/batches.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/batches/{id}",
        says: "api-batch",
        forms: ALL,
        example: "/batches/template.xlsx",
        query: &[],
        private: true,
    },
    Address {
        path: "/people",
        says: "api-people",
        forms: ALL,
        example: "/people.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/organisations",
        says: "api-organisations",
        forms: ALL,
        example: "/organisations.json",
        query: &[],
        private: true,
    },
    Address {
        path: "/audit",
        says: "api-audit",
        forms: ALL,
        example: "/audit.json",
        query: &[],
        private: true,
    },
];

#[derive(Template)]
#[template(path = "pages/api.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    rows: Vec<Row>,
    lists: Vec<Link>,
    /// How one writes by program, a line each.
    keys: Vec<String>,
    /// A command that does.
    curl: String,
    /// The addresses to which one writes, and what for.
    writes: Vec<(String, String)>,
}

struct Row {
    path: String,
    forms: String,
    says: String,
    example: Link,
    query: Vec<(String, String)>,
}

/// `GET /api`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| {
        let (site, reader, t) = (here.site, here.reader, here.t);
        let rows = ADDRESSES.iter().map(|one| Row {
            path: one.path.to_owned(),
            forms: one.forms.join(" "),
            says: if one.private {
                format!("{} {}", t.text(one.says), t.text("api-private"))
            } else {
                t.text(one.says)
            },
            example: if one.private || is_made_by_people(one) {
                Link::plain(one.example)
            } else {
                Link::to(one.example, t.path(one.example))
            },
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
            keys: [
                "api-keys-1",
                "api-keys-2",
                "api-keys-3",
                "api-keys-4",
                "api-keys-5",
            ]
            .map(|key| t.text(key))
            .to_vec(),
            curl: writes::example(here),
            writes: writes::LIST
                .iter()
                .map(|(path, key)| ((*path).to_owned(), t.text(key)))
                .collect(),
            lists: lists
                .map(|(path, key)| Link::to(t.text(key), t.path(path)))
                .to_vec(),
            shell: shell(site, reader, t.text("api-title"), Section::Data, vec![]),
        })
    })
    .await
}

/// `GET /openapi.json`
pub async fn openapi(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| {
        Answer::data(Form::Json, "openapi", &description(here)?, Vec::new)
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
        Some("sources") => Box::new(plan.sources.keys()),
        _ => return vec![],
    };
    ids.take(SHOWN).cloned().collect()
}

/// The API as OpenAPI 3.1: what everybody can read, and what whoever asks can write.
fn description(here: &Here<'_>) -> Result<Value, Refusal> {
    let site = here.site;
    let t = site.texts(vocab::Lang::En);
    let ja = site.texts(vocab::Lang::Ja);
    let mut paths = serde_json::Map::new();
    for one in &ADDRESSES {
        for ending in one.forms {
            let kind = match *ending {
                ".csv" | ".sdmx.csv" => "text/csv",
                ".xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                _ => "application/json",
            };
            let schema = match *ending {
                ".json" if one.path == "/indicators/{id}" => {
                    json!({"$ref": "#/components/schemas/Indicator"})
                }
                ".json" => json!({"type": ["object", "array"]}),
                ".csaf.json" | ".cdx.json" => json!({"type": "object"}),
                _ => json!({"type": "string"}),
            };
            let mut parameters: Vec<Value> = vec![];
            for name in one.path.split(['{', '}']).skip(1).step_by(2) {
                parameters.push(json!({"name": name, "in": "path", "required": true,
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
            let statuses: &[&str] = match (parameters.is_empty(), one.private) {
                (true, false) => &["401", "429", "503"],
                (true, true) => &["401", "403", "404", "429", "503"],
                (false, false) => &["401", "404", "422", "429", "503"],
                (false, true) => &["401", "403", "404", "422", "429", "503"],
            };
            for status in statuses {
                responses[*status] = refused(t);
            }
            paths.insert(
                format!("{}{ending}", one.path),
                json!({"get": {"operationId": operation, "summary": t.text(one.says), "description": ja.text(one.says), "parameters": parameters, "responses": responses}}),
            );
        }
    }
    let written = writes::of(here)?;
    paths.extend(written.paths);
    let mut description = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rashin",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": t.text("api-lead"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "security": [{}, {"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": t.text("api-keys-1")}}, "schemas": {
            "Decimal": {"type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "description": t.text("api-decimal")},
            "Refused": {"type": "object", "required": ["error"], "properties": {"error": {
                "type": "object", "required": ["kind", "ja", "en"],
                "properties": {
                    "kind": {"type": "string"}, "ja": {"type": "string"}, "en": {"type": "string"},
                    "faults": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
                    "newest": {"type": "object"},
                },
            }}},
            "Fault": {"type": "object", "required": ["field", "row", "column", "code", "ja", "en"], "properties": {
                "field": {"type": "string"}, "row": {"type": ["integer", "null"]}, "column": {"type": ["string", "null"]},
                "code": {"type": "string"}, "ja": {"type": "string"}, "en": {"type": "string"},
            }},
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
    });
    if let Some(schemas) = description["components"]["schemas"].as_object_mut() {
        schemas.extend(written.schemas);
    }
    Ok(description)
}

/// A refusal as a response.
fn refused(t: Texts<'_>) -> Value {
    let schema = json!({"$ref": "#/components/schemas/Refused"});
    json!({"description": t.text("api-refused"), "content": {"application/json": {"schema": schema}}})
}
