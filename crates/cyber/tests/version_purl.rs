//! Package URLs against the cases of their specification. The cases are not part of the repository; without them the test says so and passes.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use cyber::purl::{Parts, Purl};
use serde_json::Value;

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

fn build(input: &Value) -> Result<Purl, vocab::Refusal> {
    let qualifiers = input["qualifiers"].as_object();
    let value = |value: &Value| match value {
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(","),
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    Purl::build(Parts {
        kind: text(input, "type").unwrap_or_default(),
        namespace: text(input, "namespace"),
        name: text(input, "name").unwrap_or_default(),
        version: text(input, "version"),
        qualifiers: qualifiers
            .into_iter()
            .flatten()
            .map(|(key, found)| (key.clone(), value(found)))
            .collect(),
        subpath: text(input, "subpath"),
    })
}

/// The parts as the cases write them.
fn parts(purl: &Purl) -> Value {
    let qualifiers: serde_json::Map<_, _> = purl
        .qualifiers()
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect();
    serde_json::json!({
        "type": purl.kind(),
        "namespace": purl.namespace(),
        "name": purl.name(),
        "version": purl.version(),
        "qualifiers": if qualifiers.is_empty() { Value::Null } else { Value::Object(qualifiers) },
        "subpath": purl.subpath(),
    })
}

fn expected_parts(expected: &Value) -> Value {
    let mut expected = expected.clone();
    if expected["qualifiers"]
        .as_object()
        .is_some_and(serde_json::Map::is_empty)
    {
        expected["qualifiers"] = Value::Null;
    }
    let keys = ["type", "namespace", "name", "version", "qualifiers", "subpath"];
    Value::Object(
        keys.map(|key| (key.to_owned(), expected[key].clone()))
            .into_iter()
            .collect(),
    )
}

#[test]
fn cases_of_the_purl_specification_hold() {
    let mut wrong = Vec::new();
    for case in shared::cases("purl") {
        let (input, expected) = (&case["input"], &case["expected_output"]);
        let found = match case["test_type"].as_str().unwrap() {
            "parse" => {
                Purl::parse(input.as_str().unwrap()).map(|purl| (parts(&purl), expected_parts(expected)))
            }
            // Whoever validates is told the canonical form, so here what can be read is taken.
            "validate" => Purl::read(input.as_str().unwrap())
                .map(|purl| (Value::from(purl.to_string()), expected.clone())),
            "build" => build(input).map(|purl| (Value::from(purl.to_string()), expected.clone())),
            other => panic!("a kind of case that is not known: {other}"),
        };
        let right = match &found {
            Ok((found, expected)) => found == expected,
            Err(_) => case["expected_failure"] == true,
        };
        if !right || (case["expected_failure"] == true && found.is_ok()) {
            wrong.push(format!(
                "{} {input} => {expected}, not {found:?}",
                case["test_type"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn canonical_form_is_a_fixed_point() {
    for text in [
        "pkg:npm/%40angular/core@12.3.1?vcs_url=git:%2F%2Fexample.org#a/b",
        "pkg:generic/%E5%8C%BB%E7%99%82@1.0%20final",
        "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64",
    ] {
        assert_eq!(
            Purl::parse(text).map(|purl| purl.to_string()),
            Ok(text.to_owned())
        );
    }
}

#[test]
fn what_is_broken_is_named() {
    for (text, part) in [
        ("npm/core", "pkg:"),
        ("pkg:npm", "name"),
        ("pkg:3npm/core", "type"),
        ("pkg:npm/core?a=1&a=2", "twice"),
        ("pkg:npm/core?ab", "`=`"),
        ("pkg:npm/core@%zz", "percent"),
        ("pkg:npm/a%2Fb/core", "slash"),
        ("pkg:maven/core", "namespace"),
        ("pkg:cargo/a/core", "namespace"),
        ("pkg:julia/Dates", "uuid"),
        ("pkg:cocoapods/.hidden", "names"),
        ("pkg:swid/a/b/c/d?tag_id=x", "two"),
    ] {
        let refusal = Purl::parse(text).unwrap_err();
        assert!(refusal.en.contains(part), "{text}: {refusal}");
        assert!(!refusal.ja.is_empty());
    }
}
