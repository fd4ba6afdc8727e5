//! Bodies read back as the records that they were, also those of earlier versions, and are what the schema says.

use plan::Kind;
use proptest::prelude::*;
use record::{complete, difference, from_body, json_schema, sound, to_body, upcast};
use serde_json::{Value as Json, json};

use crate::samples::{any_record, plan_of, records, sample};

fn first() -> Kind {
    plan_of(include_str!("kinds/first.toml")).kinds.remove(0)
}

fn third() -> Kind {
    plan_of(include_str!("kinds/third.toml")).kinds.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_body_reads_back((kind, record) in any_record()) {
        let body = to_body(&kind, &record);
        prop_assert_eq!(from_body(&kind, &body).unwrap(), record.clone());
        prop_assert_eq!(sound(&kind, &record), vec![]);
        prop_assert_eq!(faults_by_schema(&json_schema(&kind), &body, "body"), Vec::<String>::new());
    }

    #[test]
    fn a_difference_is_the_whole_difference((kind, old, new) in any_record().prop_flat_map(|(kind, old)| {
        let new = records(&kind);
        (Just(kind), Just(old), new)
    })) {
        prop_assert_eq!(difference(&kind, &old, &old), vec![]);
        let mut moved = old.clone();
        for one in difference(&kind, &old, &new) {
            prop_assert_ne!(&one.before, &one.after);
            match one.after {
                Some(value) => drop(moved.fields.insert(one.field, value)),
                None => drop(moved.fields.remove(&one.field)),
            }
        }
        prop_assert_eq!(moved, new);
    }

    #[test]
    fn old_bodies_stay_readable(record in records(&first())) {
        let (first, third) = (first(), third());
        let body = to_body(&first, &record);
        let read = from_body(&third, &body).unwrap();
        prop_assert_eq!(sound(&third, &read), vec![]);
        // What is missing is what was missing then, and what was not asked then.
        let missing: Vec<String> = complete(&third, &read).into_iter().map(|fault| fault.field).collect();
        let title = record.fields.contains_key("title");
        let wanted: &[&str] = if title { &["maker"] } else { &["headline", "maker"] };
        prop_assert_eq!(missing, wanted);
        // Nothing is lost.
        let fax = record.fields.get("fax").and_then(record::Value::text);
        prop_assert_eq!(read.former.get("fax").and_then(Json::as_str).map(str::to_owned), fax);
        prop_assert_eq!(from_body(&third, &to_body(&third, &read)).unwrap(), read);
    }

    #[test]
    fn no_body_brings_it_down(text in "[\\[\\]{}\":,a-z0-9]{0,40}", version in 0..4_u32, odd in odd_json()) {
        let kind = sample();
        let _ = from_body(&kind, &odd);
        let _ = from_body(&third(), &json!({ "kind_version": version, "fields": odd, "former": odd }));
        let _ = serde_json::from_str::<Json>(&text).map(|json| from_body(&kind, &json));
    }
}

/// Anything, under names that the kinds have.
fn odd_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let name = proptest::sample::select(vec![
            "title",
            "rows",
            "name",
            "shelf",
            "cause",
            "areas",
            "codes",
            "count",
            "papers",
            "span",
            "fields",
            "kind_version",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map(name.prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[test]
fn each_step_is_taken() {
    let body = json!({ "kind_version": 1, "fields": {
        "title": "題名", "cause": "resin", "areas": ["x", "y"], "fax": "03-0000-0000",
        "rows": [{ "name": "甲", "shelf": "1" }, { "shelf": "2" }],
    }});
    let expected = json!({ "kind_version": 3, "fields": {
        "headline": "題名", "cause": "material", "fields": ["all"], "urgent": false,
        "items": [{ "label": "甲", "state": "new" }],
    }, "former": { "fax": "03-0000-0000", "rows.shelf": ["1", "2"] } });
    assert_eq!(upcast(&third(), &body).unwrap(), expected);
    let unknown = json!({ "kind_version": 2, "fields": { "cause": "unknown" } });
    assert_eq!(upcast(&third(), &unknown).unwrap()["fields"]["cause"], "other");
    for version in [json!(0), json!(4), json!("1"), Json::Null] {
        let body = json!({ "kind_version": version, "fields": {} });
        assert_eq!(upcast(&third(), &body).unwrap_err().kind, "kind_version");
    }
}

#[test]
fn a_body_is_read_strictly() {
    let kind = sample();
    for (fields, name, code) in [
        (json!({ "titel": "x" }), "titel", "unknown_field"),
        (json!({ "title": "" }), "title", "shape"),
        (json!({ "title": 1 }), "title", "shape"),
        (json!({ "title": null }), "title", "shape"),
        (json!({ "count": 1.5 }), "count", "shape"),
        (json!({ "count": "1.50" }), "count", "shape"),
        (json!({ "count": "1,000" }), "count", "number"),
        (json!({ "since": "2026-3-1" }), "since", "shape"),
        (json!({ "since": "2026-02-30" }), "since", "no_such_day"),
        (json!({ "year": "2026" }), "year", "period"),
        (json!({ "span": "2026-04-01" }), "span", "period"),
        (json!({ "agreed": "yes" }), "agreed", "shape"),
        (json!({ "areas": "a" }), "areas", "shape"),
        (json!({ "areas": [] }), "areas", "shape"),
        (json!({ "areas": ["a", "a"] }), "areas", "shape"),
        (json!({ "rows": [] }), "rows", "shape"),
        (json!({ "rows": [{}] }), "rows.1.", "shape"),
        (
            json!({ "rows": [{ "label": "a" }, { "lable": "b" }] }),
            "rows.2.lable",
            "unknown_field",
        ),
        (
            json!({ "papers": [{ "sha256": "00", "bytes": 1, "type": "pdf", "name": "a.pdf" }] }),
            "papers",
            "file",
        ),
    ] {
        let body = json!({ "kind_version": 1, "fields": fields });
        let faults = from_body(&kind, &body).unwrap_err();
        assert_eq!((faults[0].name.as_str(), faults[0].code), (name, code), "{body}");
    }
    for body in [
        json!([]),
        json!({ "kind_version": 1 }),
        json!({ "kind_version": 1, "fields": {}, "more": 1 }),
    ] {
        assert_eq!(from_body(&kind, &body).unwrap_err()[0].name, "", "{body}");
    }
}

#[test]
fn rules_that_changed_are_told_apart_from_what_cannot_be_read() {
    let kind = sample();
    for (fields, code) in [
        (json!({ "count": "1000001" }), "too_large"),
        (json!({ "count": "0.0001" }), "decimals"),
        (json!({ "cause": "steel" }), "option"),
        (json!({ "cause": "Parts" }), "not_normal"),
        (json!({ "maker": "3011001015117" }), "check_digit"),
        (json!({ "title": " a" }), "not_normal"),
    ] {
        let body = json!({ "kind_version": 1, "fields": fields });
        let record = from_body(&kind, &body).unwrap();
        assert_eq!(sound(&kind, &record)[0].code, code, "{body}");
    }
}

#[test]
fn the_schema_of_a_kind() {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("schema", serde_json::to_string_pretty(&json_schema(&sample())).unwrap());
    });
    let schema = json_schema(&sample());
    for (body, place) in [
        (json!({ "kind_version": 2, "fields": {} }), "body.kind_version"),
        (
            json!({ "kind_version": 1, "fields": { "titel": "x" } }),
            "body.fields.titel",
        ),
        (
            json!({ "kind_version": 1, "fields": { "cause": "steel" } }),
            "body.fields.cause",
        ),
        (
            json!({ "kind_version": 1, "fields": { "count": 1 } }),
            "body.fields.count",
        ),
        (
            json!({ "kind_version": 1, "fields": { "rows": [{}] } }),
            "body.fields.rows.0",
        ),
    ] {
        assert_eq!(faults_by_schema(&schema, &body, "body"), [place], "{body}");
    }
}

/// Where a value is not what a schema says, for the words of JSON Schema that are used here; patterns are left to their own readers.
fn faults_by_schema(schema: &Json, value: &Json, place: &str) -> Vec<String> {
    let here = |good: bool| if good { vec![] } else { vec![place.to_owned()] };
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64(),
        None => true,
        Some(other) => panic!("{other}"),
    };
    if !typed {
        return here(false);
    }
    let mut faults = vec![];
    if let Some(constant) = schema.get("const") {
        faults.extend(here(constant == value));
    }
    if let Some(options) = schema["enum"].as_array() {
        faults.extend(here(options.contains(value)));
    }
    let at_least = |name: &str, found: usize| schema[name].as_u64().is_none_or(|least| found as u64 >= least);
    if let Some(object) = value.as_object() {
        faults.extend(here(at_least("minProperties", object.len())));
        let wanted = schema["required"].as_array().into_iter().flatten();
        faults.extend(here(
            wanted
                .into_iter()
                .all(|name| object.contains_key(name.as_str().unwrap())),
        ));
        for (name, inner) in object {
            let place = format!("{place}.{name}");
            match schema["properties"].get(name) {
                Some(schema) => faults.extend(faults_by_schema(schema, inner, &place)),
                None if schema["additionalProperties"] == json!(false) => faults.push(place),
                None => {}
            }
        }
    }
    if let Some(items) = value.as_array() {
        faults.extend(here(at_least("minItems", items.len())));
        for (number, item) in items.iter().enumerate() {
            faults.extend(faults_by_schema(
                &schema["items"],
                item,
                &format!("{place}.{number}"),
            ));
        }
    }
    if let Some(text) = value.as_str() {
        faults.extend(here(at_least("minLength", text.len())));
    }
    faults
}
