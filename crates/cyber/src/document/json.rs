//! JSON as a tree that keeps the order of names, read within [`Limits`]. It never panics and never keeps more than the limits allow.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use vocab::Refusal;

use super::limits::{Limits, Meter};

/// A JSON value. Of a name given twice the last value counts, as most readers have it.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number; whole numbers are exact to 2^53.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order it was written.
    Object(Vec<(String, Json)>),
}

/// What an absent member is.
static NOTHING: Json = Json::Null;

impl Json {
    /// Reads a document.
    ///
    /// # Errors
    /// It is over a limit, not UTF-8, or not JSON (with line and column).
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        limits.bytes_fit(bytes)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let state = RefCell::new(State {
            meter: limits.meter(),
            refusal: None,
        });
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let seed = Seed {
            state: &state,
            depth: 1,
        };
        let read = seed
            .deserialize(&mut reader)
            .and_then(|json| reader.end().map(|()| json));
        read.map_err(|error| {
            let refused = state.borrow_mut().refusal.take();
            refused.unwrap_or_else(|| {
                let (line, column) = (error.line(), error.column());
                Refusal::new(
                    "not_json",
                    format!("{line} 行 {column} 文字目が JSON として読めません。ファイルが壊れていないか確認してください。"),
                    format!("line {line}, column {column} is not JSON: check that the file is whole"),
                )
            })
        })
    }

    /// The member of that name; `Null` where there is none or this is no object.
    pub fn at(&self, name: &str) -> &Json {
        self.get(name).unwrap_or(&NOTHING)
    }

    /// The member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members()
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The value under a path of names.
    pub fn path(&self, names: &[&str]) -> &Json {
        names.iter().fold(self, |json, name| json.at(name))
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a member.
    pub fn text_at(&self, name: &str) -> Option<&str> {
        self.at(name).text()
    }

    /// The number, if this is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The items, none if this is no list.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a member, each with its path below `base`.
    pub(crate) fn items_at<'j>(&'j self, base: &str, name: &str) -> impl Iterator<Item = (String, &'j Json)> {
        let path = format!("{base}/{name}");
        self.at(name)
            .items()
            .iter()
            .enumerate()
            .map(move |(index, item)| (format!("{path}/{index}"), item))
    }

    /// The members in their order, none if this is no object.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// Whether there is nothing here.
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// The texts of a list, others left out.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Json::text)
    }

    /// A text that is the same for equal values whatever the order of their names.
    pub(crate) fn canonical(&self) -> String {
        let mut text = String::new();
        self.canonical_into(&mut text);
        text
    }

    fn canonical_into(&self, out: &mut String) {
        match self {
            Json::Null => out.push('~'),
            Json::Bool(value) => out.push(if *value { 't' } else { 'f' }),
            Json::Number(number) => {
                let _ = write!(out, "#{number}");
            }
            Json::Text(text) => counted(out, text),
            Json::List(items) => {
                out.push('[');
                for item in items {
                    item.canonical_into(out);
                    out.push(',');
                }
                out.push(']');
            }
            Json::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (name, value) in sorted {
                    counted(out, name);
                    value.canonical_into(out);
                    out.push(',');
                }
                out.push('}');
            }
        }
    }
}

/// A text after its length: nothing in it can be taken for what follows.
fn counted(out: &mut String, text: &str) {
    let _ = write!(out, "{}:", text.len());
    out.push_str(text);
}

/// One step of a JSON pointer, escaped.
pub(crate) fn step(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

struct State {
    meter: Meter,
    refusal: Option<Refusal>,
}

#[derive(Clone, Copy)]
struct Seed<'s> {
    state: &'s RefCell<State>,
    depth: usize,
}

impl Seed<'_> {
    fn take<E: serde::de::Error>(&self, depth: usize) -> Result<(), E> {
        let mut state = self.state.borrow_mut();
        state.meter.take(depth).map_err(|refusal| {
            let error = E::custom(&refusal.en);
            state.refusal = Some(refusal);
            error
        })
    }

    fn below(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        self.take(self.depth)?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self.below())? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self.below())?;
            if seen.insert(name.clone()) {
                members.push((name, value));
            } else if let Some(member) = members.iter_mut().find(|(key, _)| *key == name) {
                member.1 = value;
            }
        }
        Ok(Json::Object(members))
    }
}
