//! The body of a kind as JSON Schema (2020-12), for those who send records by program. It says what shape a body has. A draft may have blanks, so what is
//! required of a filed record stands beside it, in the plan's words (`x-required`), and so do bounds of figures, which are written as texts. Whether a
//! check digit is right is told when the body is handed in.

use plan::{Choice, Clause, Field, Kind, Required, Shape, Test};
use serde_json::{Map, Value as Json, json};

use crate::form::{ITEMS, ROWS, several};

/// The schema of a kind's canonical body.
pub fn json_schema(kind: &Kind) -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title.ja,
        "description": kind.title.en,
        "type": "object",
        "required": ["kind_version", "fields"],
        "additionalProperties": false,
        "properties": {
            "kind_version": { "const": kind.version },
            "fields": object(&kind.fields),
            "former": { "type": "object" },
        },
    })
}

fn object(fields: &[Field]) -> Json {
    let properties: Map<String, Json> = fields
        .iter()
        .map(|field| (field.name.clone(), property(field)))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn property(field: &Field) -> Json {
    let one = value(&field.shape);
    let mut schema = if several(field) {
        json!({ "type": "array", "items": one, "minItems": 1, "maxItems": ITEMS, "uniqueItems": true })
    } else {
        one
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".into(), field.title.ja.clone().into());
        schema.insert("description".into(), field.title.en.clone().into());
        if let Some(example) = &field.example {
            schema.insert("examples".into(), json!([example]));
        }
        if field.deprecated_since.is_some() {
            schema.insert("deprecated".into(), true.into());
        }
        if let Shape::Number(figure) | Shape::Money { figure, .. } = &field.shape {
            schema.insert("x-unit".into(), figure.unit.to_string().into());
            for (name, bound) in [("x-minimum", &figure.least), ("x-maximum", &figure.most)] {
                if let Some(bound) = bound {
                    schema.insert(name.into(), bound.to_string().into());
                }
            }
            if let Some(decimals) = figure.decimals {
                schema.insert("x-decimals".into(), decimals.into());
            }
        }
        let required = match &field.required {
            Required::No => None,
            Required::Always => Some("always".to_owned()),
            Required::When(clauses) => Some(when(clauses)),
        };
        if let Some(required) = required {
            schema.insert("x-required".into(), required.into());
        }
    }
    schema
}

/// A condition as the plan writes it.
fn when(clauses: &[Clause]) -> String {
    let one = |clause: &Clause| match &clause.test {
        Test::Filled => format!("{} filled", clause.field),
        Test::Is(code) => format!("{} is {code}", clause.field),
        Test::IsNot(code) => format!("{} is not {code}", clause.field),
    };
    format!(
        "when {}",
        clauses.iter().map(one).collect::<Vec<_>>().join(" and ")
    )
}

fn value(shape: &Shape) -> Json {
    match shape {
        Shape::Choice(options) | Shape::Choices(options) => json!({ "enum": codes(options) }),
        Shape::Number(_) | Shape::Money { .. } => {
            json!({ "type": "string", "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$" })
        }
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::FiscalYear => json!({ "type": "string", "pattern": "^FY[0-9]{4}$" }),
        Shape::Period => json!({
            "type": "string",
            "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|\.\.)/([0-9]{4}-[0-9]{2}-[0-9]{2}|\.\.)$",
        }),
        Shape::Person => json!({ "type": "string", "pattern": "^[A-Za-z0-9._:-]+$" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Attachment { types, .. } => json!({
            "type": "object",
            "required": ["sha256", "bytes", "type", "name"],
            "additionalProperties": false,
            "properties": {
                "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
                "bytes": { "type": "integer" },
                "type": { "enum": types },
                "name": { "type": "string", "minLength": 1 },
            },
        }),
        Shape::Table(columns) => {
            let mut row = object(columns);
            row["minProperties"] = 1.into();
            json!({ "type": "array", "items": row, "minItems": 1, "maxItems": ROWS })
        }
        // An organisation or a record: an id, or the name or number by which it is known.
        Shape::Reference(_) | Shape::Organisation { .. } | Shape::Text | Shape::LongText | Shape::Code(_) => {
            json!({ "type": "string", "minLength": 1 })
        }
    }
}

fn codes(options: &[Choice]) -> Vec<&str> {
    options.iter().map(|option| option.code.as_str()).collect()
}
