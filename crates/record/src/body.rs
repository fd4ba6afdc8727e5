//! A record as JSON, and back. There is one body for a record: `{"kind_version": 2, "fields": {…}}`, with `former` where there is any; numbers are
//! decimal text, blanks are left out. Reading is strict about shape and lenient about rules that have changed since: [`sound`](crate::sound)
//! is asked for those.

use plan::{Field, Kind, Shape};
use serde_json::{Map, Value as Json, json};
use vocab::Refusal;

use crate::fault::{Fault, Place};
use crate::form::several;
use crate::upcast::upcast;
use crate::value::{Attachment, Record, Row, Value};

/// The canonical body of a record.
pub fn to_body(kind: &Kind, record: &Record) -> Json {
    let mut body = Map::new();
    body.insert("kind_version".into(), kind.version.into());
    body.insert("fields".into(), object(&record.fields));
    if !record.former.is_empty() {
        let former: Map<String, Json> = record.former.clone().into_iter().collect();
        body.insert("former".into(), former.into());
    }
    body.into()
}

fn object(row: &Row) -> Json {
    let fields: Map<String, Json> = row
        .iter()
        .map(|(name, value)| (name.clone(), to_json(value)))
        .collect();
    fields.into()
}

pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Flag(flag) => (*flag).into(),
        Value::File(file) => json!({
            "sha256": file.sha256,
            "bytes": file.bytes,
            "type": file.file_type,
            "name": file.name,
        }),
        Value::List(values) => values.iter().map(to_json).collect(),
        Value::Table(rows) => rows.iter().map(object).collect(),
        one => one.text().into(),
    }
}

/// The record of a body of this or an earlier version of its kind.
///
/// # Errors
/// Every part of the body that is not what its field holds.
pub fn from_body(kind: &Kind, body: &Json) -> Result<Record, Vec<Fault>> {
    let whole = |refusal: Refusal| vec![Place::of("").fault(refusal)];
    let body = upcast(kind, body).map_err(whole)?;
    let not_a_body = || whole(not_a_body());
    let parts = body.as_object().ok_or_else(not_a_body)?;
    let fields = parts
        .get("fields")
        .and_then(Json::as_object)
        .ok_or_else(not_a_body)?;
    let former = match parts.get("former") {
        None => Map::new(),
        Some(former) => former.as_object().cloned().ok_or_else(not_a_body)?,
    };
    let known = |name: &str| ["kind_version", "fields", "former"].contains(&name);
    if parts.keys().any(|name| !known(name)) {
        return Err(not_a_body());
    }
    let mut faults = vec![];
    let fields = read_object(&kind.fields, fields, &mut faults, &Place::of);
    if faults.is_empty() {
        Ok(Record {
            fields,
            former: former.into_iter().collect(),
        })
    } else {
        Err(faults)
    }
}

fn read_object<'a>(
    fields: &[Field],
    object: &'a Map<String, Json>,
    faults: &mut Vec<Fault>,
    place: &dyn Fn(&'a str) -> Place<'a>,
) -> Row {
    let mut row = Row::new();
    for (name, json) in object {
        let place = place(name);
        let Some(field) = fields.iter().find(|field| field.name == *name) else {
            faults.push(place.fault(unknown_field(name)));
            continue;
        };
        match (&field.shape, json) {
            (Shape::Table(columns), Json::Array(items)) if !items.is_empty() => {
                let mut rows = vec![];
                for (number, item) in (1..).zip(items) {
                    match item.as_object().filter(|item| !item.is_empty()) {
                        Some(item) => rows.push(read_object(columns, item, faults, &|column| {
                            Place::cell(name, number, column)
                        })),
                        None => faults.push(Place::cell(name, number, "").fault(not_the_shape(&field.shape))),
                    }
                }
                row.insert(name.clone(), Value::Table(rows));
            }
            (Shape::Table(_), _) => faults.push(place.fault(not_the_shape(&field.shape))),
            _ => match read(field, json) {
                Ok(value) => drop(row.insert(name.clone(), value)),
                Err(refusal) => faults.push(place.fault(refusal)),
            },
        }
    }
    row
}

fn read(field: &Field, json: &Json) -> Result<Value, Refusal> {
    let refused = || not_the_shape(&field.shape);
    if !several(field) {
        return from_json(&field.shape, json);
    }
    let items = json
        .as_array()
        .filter(|items| !items.is_empty())
        .ok_or_else(refused)?;
    let values: Vec<Value> = items
        .iter()
        .map(|item| from_json(&field.shape, item))
        .collect::<Result<_, _>>()?;
    let twice = (1..values.len()).any(|place| values[..place].contains(&values[place]));
    if twice {
        return Err(refused());
    }
    Ok(Value::List(values))
}

pub(crate) fn from_json(shape: &Shape, json: &Json) -> Result<Value, Refusal> {
    let refused = || not_the_shape(shape);
    match (shape, json) {
        (Shape::Flag, Json::Bool(flag)) => Ok(Value::Flag(*flag)),
        (Shape::Flag, _) => Err(refused()),
        (Shape::Attachment { .. }, Json::Object(parts)) => {
            let text = |name: &str| parts.get(name).and_then(Json::as_str).unwrap_or_default();
            let bytes = parts.get("bytes").and_then(Json::as_u64).ok_or_else(refused)?;
            if parts.len() != 4 {
                return Err(refused());
            }
            let file: Attachment =
                format!("{} {bytes} {} {}", text("sha256"), text("type"), text("name")).parse()?;
            Ok(Value::File(file))
        }
        (_, Json::String(text)) if !text.is_empty() => {
            let value = Value::parse(shape, text)?;
            // One record has one body: `1.0` is not `1`.
            if value.text().as_ref() == Some(text) {
                Ok(value)
            } else {
                Err(refused())
            }
        }
        _ => Err(refused()),
    }
}

pub(crate) fn not_a_body() -> Refusal {
    Refusal::new(
        "body",
        "記録の本文の形が違います。{\"kind_version\": …, \"fields\": {…}} の形にしてください。",
        "This is not the body of a record. Give it as {\"kind_version\": …, \"fields\": {…}}.",
    )
}

pub(crate) fn unknown_field(name: &str) -> Refusal {
    let shown: String = name.chars().take(40).collect();
    Refusal::new(
        "unknown_field",
        format!("項目「{shown}」はありません。名前を確かめてください。"),
        format!("There is no field “{shown}”. Check its name."),
    )
}

/// What a field holds, for the person who writes a body by hand or by program.
pub(crate) fn not_the_shape(shape: &Shape) -> Refusal {
    let (ja, en) = match shape {
        Shape::Number(_) | Shape::Money { .. } => (
            "\"12.5\" のような小数の文字列",
            "a decimal as text, such as \"12.5\"",
        ),
        Shape::Date => (
            "\"2026-03-18\" のような文字列",
            "a day as text, such as \"2026-03-18\"",
        ),
        Shape::FiscalYear => (
            "\"FY2026\" のような文字列",
            "a fiscal year as text, such as \"FY2026\"",
        ),
        Shape::Period => (
            "\"2026-04-01/2026-09-30\" のような文字列",
            "a period as text, such as \"2026-04-01/2026-09-30\"",
        ),
        Shape::Flag => ("true か false", "true or false"),
        Shape::Choices(_) => ("選択肢のコードの並び", "a list of codes of options"),
        Shape::Attachment { .. } => (
            "sha256・bytes・type・name を持つもの",
            "an object with sha256, bytes, type and name",
        ),
        Shape::Table(_) => ("行の並び（空の行は除く）", "a list of rows, none of them empty"),
        _ => ("空でない文字列", "text that is not empty"),
    };
    Refusal::new(
        "shape",
        format!("値の形が違います。{ja}にしてください。複数の値は、重なりのない並びで書きます。"),
        format!("The value has another shape. Write {en}; several values are a list without repetition."),
    )
}
