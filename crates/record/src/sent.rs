//! Answers that a program sends as JSON, made into the controls of a form, so that what is sent is read by the same rules as what is typed. Their
//! shape is that of a record's body; that a value is written in its normal form is not asked of a program either. Nothing is judged here but the
//! shape.

use plan::{Field, Kind, Shape};
use serde_json::{Map, Value as Json};
use vocab::Refusal;

use crate::body::{from_json, not_a_body, not_the_shape, unknown_field};
use crate::fault::{Fault, Place};
use crate::form::several;
use crate::upcast::upcast;

/// The answers of a body of this or an earlier version of its kind, by name of field.
///
/// # Errors
/// `kind_version`, or `body` if it is not the body of a record.
pub fn body_fields(kind: &Kind, body: &Json) -> Result<Map<String, Json>, Refusal> {
    let Json::Object(mut parts) = upcast(kind, body)? else {
        return Err(not_a_body());
    };
    // What was answered to fields that are not asked any more stays as it is kept.
    let known = |name: &str| ["kind_version", "fields", "former"].contains(&name);
    match parts.remove("fields") {
        Some(Json::Object(fields)) if parts.keys().all(|name| known(name)) => Ok(fields),
        _ => Err(not_a_body()),
    }
}

/// The controls that say the same as these answers, and what has not the shape of its field. `null` is a blank.
pub fn controls(kind: &Kind, fields: &Map<String, Json>) -> (Vec<(String, String)>, Vec<Fault>) {
    let mut sending = Sending::default();
    for (name, json) in fields {
        let Some(field) = kind.field(name) else {
            sending.faults.push(Place::of(name).fault(unknown_field(name)));
            continue;
        };
        match (&field.shape, json) {
            (Shape::Table(columns), Json::Array(rows)) => {
                for (number, row) in (1..).zip(rows) {
                    sending.row(field, columns, number, row);
                }
            }
            (Shape::Table(_), Json::Null) => {}
            (Shape::Table(_), _) => sending
                .faults
                .push(Place::of(name).fault(not_the_shape(&field.shape))),
            _ => sending.answer(field, Place::of(name), json),
        }
    }
    (sending.controls, sending.faults)
}

#[derive(Default)]
struct Sending {
    controls: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Sending {
    fn row(&mut self, table: &Field, columns: &[Field], number: usize, row: &Json) {
        let Some(cells) = row.as_object() else {
            let place = Place::cell(&table.name, number, "");
            self.faults.push(place.fault(not_the_shape(&table.shape)));
            return;
        };
        for (name, json) in cells {
            let place = Place::cell(&table.name, number, name);
            match columns.iter().find(|column| column.name == *name) {
                Some(column) => self.answer(column, place, json),
                None => self.faults.push(place.fault(unknown_field(name))),
            }
        }
    }

    fn answer(&mut self, field: &Field, place: Place<'_>, json: &Json) {
        let items = match json {
            Json::Null => &[],
            Json::Array(items) if several(field) => items.as_slice(),
            _ if several(field) => {
                self.faults.push(place.fault(not_the_shape(&field.shape)));
                return;
            }
            one => std::slice::from_ref(one),
        };
        for item in items {
            match texts(&field.shape, item) {
                Ok(texts) => {
                    let name = place.name();
                    let named = texts
                        .into_iter()
                        .map(|(end, text)| (format!("{name}{end}"), text));
                    self.controls.extend(named);
                }
                Err(refusal) => {
                    self.faults.push(place.fault(refusal));
                    return;
                }
            }
        }
    }
}

/// What is typed into the controls of one answer, by the end of their name.
fn texts(shape: &Shape, json: &Json) -> Result<Vec<(&'static str, String)>, Refusal> {
    let refused = || not_the_shape(shape);
    match (shape, json) {
        (Shape::Flag, Json::Bool(flag)) => Ok(vec![("", if *flag { "yes" } else { "no" }.to_owned())]),
        (Shape::Attachment { .. }, Json::Object(_)) => {
            let text = from_json(shape, json)?.text().unwrap_or_default();
            Ok(vec![("", text)])
        }
        (Shape::Flag | Shape::Attachment { .. }, _) => Err(refused()),
        (Shape::Period, Json::String(text)) => {
            let (from, to) = text.split_once('/').ok_or_else(refused)?;
            let ends = [(".from", from), (".to", to)].into_iter();
            let closed = ends.filter(|(_, day)| *day != "..");
            Ok(closed.map(|(end, day)| (end, day.to_owned())).collect())
        }
        (_, Json::String(text)) => Ok(vec![("", text.clone())]),
        _ => Err(refused()),
    }
}
