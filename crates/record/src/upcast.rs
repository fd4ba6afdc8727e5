//! Bodies of earlier versions made into bodies of today, by the moves that the plan declares. What is not asked any more is kept under `former`;
//! nothing is thrown away and nothing is guessed.

use plan::{Field, Kind, Move, Shape};
use serde_json::{Map, Value as Json};
use vocab::Refusal;

use crate::form::several;

/// A body as the kind's version of today has it.
///
/// # Errors
/// `kind_version` if the body does not say its version, or one that the kind does not have yet.
pub fn upcast(kind: &Kind, body: &Json) -> Result<Json, Refusal> {
    let version = body
        .get("kind_version")
        .and_then(Json::as_u64)
        .and_then(|version| u32::try_from(version).ok())
        .filter(|version| (1..=kind.version).contains(version))
        .ok_or_else(|| {
            Refusal::new(
                "kind_version",
                format!(
                    "kind_version は 1 から {} までの版で書いてください。",
                    kind.version
                ),
                format!("Give kind_version as 1 to {}.", kind.version),
            )
        })?;
    let mut body = body.clone();
    if version == kind.version {
        return Ok(body);
    }
    for step in kind.upcasts.iter().filter(|step| step.from >= version) {
        for one in &step.moves {
            apply(kind, step.from, one, &mut body);
        }
    }
    body["kind_version"] = kind.version.into();
    Ok(body)
}

fn apply(kind: &Kind, from: u32, step: &Move, body: &mut Json) {
    match step {
        Move::Rename { from, to } => {
            let leaf = leaf(to);
            each(body, from, |object, name| {
                if let Some(value) = object.remove(name) {
                    object.insert(leaf.to_owned(), value);
                }
            });
        }
        Move::Drop { name } => {
            let mut taken = vec![];
            each(body, name, |object, name| taken.extend(object.remove(name)));
            if taken.is_empty() {
                return;
            }
            tidy_rows(body, name);
            let value = if name.contains('.') {
                taken.into()
            } else {
                taken.swap_remove(0)
            };
            if let Some(parts) = body.as_object_mut() {
                let former = parts.entry("former").or_insert_with(|| Map::new().into());
                if let Some(former) = former.as_object_mut() {
                    former.insert(name.clone(), value);
                }
            }
        }
        Move::Map { name, codes } => each(body, name, |object, name| {
            if let Some(value) = object.get_mut(name) {
                mapped(value, codes);
            }
        }),
        Move::Default { name, value } => {
            let field = field_of_today(kind, from, name);
            each(body, name, |object, name| {
                object.entry(name).or_insert_with(|| default_of(field, value));
            });
        }
    }
}

fn mapped(value: &mut Json, codes: &std::collections::BTreeMap<String, String>) {
    match value {
        Json::String(code) => {
            if let Some(new) = codes.get(code) {
                code.clone_from(new);
            }
        }
        Json::Array(items) => {
            for item in items.iter_mut() {
                mapped(item, codes);
            }
            // Two codes may have become one.
            let mut seen: Vec<Json> = vec![];
            items.retain(|item| {
                let fresh = !seen.contains(item);
                seen.push(item.clone());
                fresh
            });
        }
        _ => {}
    }
}

fn default_of(field: Option<&Field>, value: &str) -> Json {
    let one: Json = match field {
        Some(field) if field.shape == Shape::Flag => (value == "yes").into(),
        _ => value.into(),
    };
    match field {
        Some(field) if several(field) => vec![one].into(),
        _ => one,
    }
}

/// The field that a name of the version after `from` is called by today.
fn field_of_today<'k>(kind: &'k Kind, from: u32, name: &str) -> Option<&'k Field> {
    let mut name = name.to_owned();
    for step in kind.upcasts.iter().filter(|step| step.from > from) {
        for one in &step.moves {
            if let Move::Rename { from, to } = one {
                if name == *from {
                    name.clone_from(to);
                } else if let Some(column) = name.strip_prefix(&format!("{from}.")) {
                    name = format!("{to}.{column}");
                }
            }
        }
    }
    match name.split_once('.') {
        None => kind.field(&name),
        Some((table, column)) => match &kind.field(table)?.shape {
            Shape::Table(columns) => columns.iter().find(|field| field.name == column),
            _ => None,
        },
    }
}

fn leaf(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Every object of a body in which a name stands: its fields, or the rows of a table.
fn each(body: &mut Json, name: &str, mut change: impl FnMut(&mut Map<String, Json>, &str)) {
    let Some(fields) = body.get_mut("fields").and_then(Json::as_object_mut) else {
        return;
    };
    match name.split_once('.') {
        None => change(fields, name),
        Some((table, column)) => {
            let rows = fields.get_mut(table).and_then(Json::as_array_mut);
            for row in rows.into_iter().flatten().filter_map(Json::as_object_mut) {
                change(row, column);
            }
        }
    }
}

/// A row that lost its last answer is no row, and a table without rows is blank.
fn tidy_rows(body: &mut Json, name: &str) {
    let (Some((table, _)), Some(fields)) = (
        name.split_once('.'),
        body.get_mut("fields").and_then(Json::as_object_mut),
    ) else {
        return;
    };
    if let Some(rows) = fields.get_mut(table).and_then(Json::as_array_mut) {
        rows.retain(|row| row.as_object().is_none_or(|row| !row.is_empty()));
        if rows.is_empty() {
            fields.remove(table);
        }
    }
}
