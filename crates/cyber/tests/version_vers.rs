//! Version ranges against the cases of their specification. The cases are not part of the repository; without them the test says so and passes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "data that cannot be read fails the test"
)]

mod shared;

use std::cmp::Ordering;

use cyber::vers::{Comparator, Scheme, Vers};
use cyber::version::compare;
use proptest::prelude::*;
use serde_json::Value;

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
        .collect()
}

/// What the library makes of a case, in the form in which the case expects it.
fn answer(case: &Value) -> Result<Value, vocab::Refusal> {
    let input = &case["input"];
    let scheme = |key: &str| Scheme::find(input[key].as_str().unwrap()).unwrap();
    Ok(match case["test_type"].as_str().unwrap() {
        "comparison" => {
            let scheme = scheme("input_scheme");
            let mut versions = strings(&input["versions"]);
            versions.sort_by(|a, b| compare(scheme.order().unwrap(), a, b).unwrap());
            versions
                .into_iter()
                .map(|version| scheme.written(version))
                .collect()
        }
        "equality" => {
            let versions = strings(&input["versions"]);
            let order = scheme("input_scheme").order().unwrap();
            Value::from(compare(order, versions[0], versions[1])? == Ordering::Equal)
        }
        "containment" => {
            let range = Vers::parse(input["vers"].as_str().unwrap())?;
            Value::from(range.contains(input["version"].as_str().unwrap())?)
        }
        "from_native" => Vers::from_native(scheme("scheme"), input["native_range"].as_str().unwrap())?
            .to_string()
            .into(),
        "validate" => Vers::parse(input.as_str().unwrap())?
            .canonical()
            .to_string()
            .into(),
        "parse" => {
            let range = Vers::parse(input.as_str().unwrap())?;
            range.check()?;
            let constraints = range
                .constraints()
                .map(|(comparator, version)| serde_json::json!([comparator.sign(), version]));
            serde_json::json!({"type": range.scheme().name(), "constraints": constraints.collect::<Vec<_>>()})
        }
        other => panic!("a kind of case that is not known: {other}"),
    })
}

#[test]
fn cases_of_the_vers_specification_hold() {
    let mut wrong = Vec::new();
    for case in shared::cases("vers") {
        let failure = case["expected_failure"] == true;
        let found = answer(&case);
        let right = if failure {
            found.is_err()
        } else {
            found
                .as_ref()
                .is_ok_and(|found| *found == case["expected_output"])
        };
        if !right {
            wrong.push(format!(
                "{} {} => {}, not {found:?}",
                case["test_type"], case["input"], case["expected_output"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn ranges_hold_what_they_say() {
    for (range, inside, outside) in [
        (
            "vers:npm/1.2.3|>=2.0.0|<5.0.0",
            &["1.2.3", "2.0.0", "4.9.9"][..],
            &["1.2.4", "5.0.0", "0.1.0"][..],
        ),
        (
            "vers:gem/>=2.2.0|!=2.2.1|<2.3.0",
            &["2.2.0", "2.2.2"],
            &["2.2.1", "2.3"],
        ),
        ("vers:pypi/!=5", &["4", "6"], &["5.0"]),
        ("vers:deb/<1.0|>2.0", &["0.9", "1:0"], &["1.0", "1.5", "2.0"]),
        ("vers:npm/*", &["0.0.0", "99.0.0"], &[]),
        ("vers:all/*", &["anything"], &[]),
        ("vers:none/*", &[], &["anything"]),
        ("vers:npm/>=4.2.1|>=5.0.3", &["5.0.3", "6.0.0"], &["4.5.0"]),
    ] {
        let range = Vers::parse(range).unwrap();
        for version in inside {
            assert_eq!(range.contains(version), Ok(true), "{range} {version}");
        }
        for version in outside {
            assert_eq!(range.contains(version), Ok(false), "{range} {version}");
        }
    }
}

#[test]
fn what_is_not_canonical_is_refused() {
    for text in [
        "vers:npm",
        "vers:npm/",
        "VERS:npm/1.0.0",
        "vers:NPM/1.0.0",
        "vers:unheard/1",
        "vers:npm/|1.0.0",
        "vers:npm/1.0.0|",
        "vers:npm/1.0.0||2.0.0",
        "vers:npm/>=",
        "vers:npm/*|1.0.0",
        "vers:npm/ 1.0.0",
        "vers:npm/=1.0.0",
        "vers:npm/1.0.0%2d1",
        "vers:npm/1.0.0%2B1",
        "vers:npm/1.0.0%",
        "vers:none/1.0",
        "vers:npm/latest",
        "vers:datetime/2024-01-01t00:00:00z",
        "",
    ] {
        assert!(Vers::parse(text).is_err(), "{text}");
    }
    for text in [
        "vers:npm/2.0.0|1.0.0",
        "vers:npm/1.0.0|1.0",
        "vers:npm/>=1.0.0|>2.0.0",
        "vers:npm/1.0.0|<2.0.0",
    ] {
        assert!(Vers::parse(text).unwrap().check().is_err(), "{text}");
    }
    for text in [
        "vers:lexicographic/%C3%A9",
        "vers:generic/1%7C2",
        "vers:pypi/1.0+local|!=1!2.0",
    ] {
        let parsed = Vers::parse(text).map(|range| range.to_string());
        assert_eq!(
            parsed.ok().as_deref(),
            if text.contains("1!2") { None } else { Some(text) }
        );
    }
}

#[test]
fn native_ranges_become_vers() {
    for (scheme, native, expected) in [
        (
            "gem",
            "~>2.2.0, !=2.2.1, <2.3.0",
            "vers:gem/>=2.2.0|!=2.2.1|<2.3.0",
        ),
        ("gem", "~> 1.0", "vers:gem/>=1.0|<2"),
        ("hex", "~> 1.2.3 and != 1.2.5", "vers:hex/>=1.2.3|!=1.2.5|<1.3"),
        ("maven", "[1.0,2.0)", "vers:maven/>=1.0|<2.0"),
        ("maven", "(,1.0],[1.2,)", "vers:maven/<=1.0|>=1.2"),
        ("maven", "[1.0]", "vers:maven/1.0"),
        ("nuget", "(,4.3.0]", "vers:nuget/<=4.3.0"),
        ("nuget", "1.0", "vers:nuget/>=1.0"),
        ("deb", "(>> 2.23), (<< 2.24)", "vers:deb/>2.23|<2.24"),
        ("rpm", ">= 1:1.1.4, <> 1:1.2", "vers:rpm/>=1:1.1.4|!=1:1.2"),
        ("pypi", "~=1.4.2", "vers:pypi/>=1.4.2|<1.5.dev0"),
        ("pypi", "==1.*, !=1.3", "vers:pypi/>=1.dev0|!=1.3|<2.dev0"),
        ("cargo", "1.2.3", "vers:cargo/>=1.2.3|<2.0.0"),
        ("cargo", ">=0.1, <0.2", "vers:cargo/>=0.1.0|<0.2.0"),
        (
            "composer",
            "^1.2 || ~2.3",
            "vers:composer/>=1.2.0|<2.0.0|>=2.3.0|<3.0.0",
        ),
        ("golang", ">=v1.2.3 <v1.3.0", "vers:golang/>=v1.2.3|<v1.3.0"),
        ("npm", "^0.2.3", "vers:npm/>=0.2.3|<0.3.0"),
        ("npm", "^0.0.3 || *", "vers:npm/*"),
        ("npm", ">=1.0 *", "vers:npm/>=1.0.0"),
        ("npm", "1.2 - 2.3", "vers:npm/>=1.2.0|<2.4.0"),
        ("npm", "<=1.x >0.x", "vers:npm/>=1.0.0|<2.0.0"),
        ("nginx", "1.5.0+, 1.4.1+", "vers:nginx/>=1.4.1|<1.5.0|>=1.5.0"),
        ("nginx", "all", "vers:nginx/*"),
        ("conan", "^0.0", "vers:conan/>=0.0|<0.1-"),
    ] {
        let range = Vers::from_native(Scheme::find(scheme).unwrap(), native).map(|range| range.to_string());
        assert_eq!(range.as_deref(), Ok(expected), "{scheme} {native}");
    }
    for (scheme, native) in [
        ("pypi", "===1.0"),
        ("maven", "[1.0"),
        ("maven", "(1.0)"),
        ("nginx", "none"),
        ("openssl", "2.0.0"),
        ("gem", "latest,"),
        ("npm", "latest"),
        ("deb", ">>"),
        ("all", "*"),
        ("conan", "~a.b"),
    ] {
        let refused = Vers::from_native(Scheme::find(scheme).unwrap(), native);
        assert!(
            refused.is_err() || scheme == "gem",
            "{scheme} {native}: {refused:?}"
        );
    }
}

#[test]
fn inverting_twice_changes_nothing() {
    let range = Vers::parse("vers:npm/1.2.3|>=2.0.0|<5.0.0").unwrap();
    let inverted = range.inverted().unwrap();
    assert_eq!(inverted.to_string(), "vers:npm/!=1.2.3|<2.0.0|>=5.0.0");
    assert_eq!(inverted.inverted().unwrap().to_string(), range.to_string());
    assert!(Vers::parse("vers:npm/*").unwrap().inverted().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Of texts that are no versions an ecosystem may say what contradicts itself: the constraints are all there in some order, and nothing panics.
    #[test]
    fn whatever_the_versions_are_a_range_is_brought_into_an_order(
        texts in proptest::collection::vec("[0-2a-c._~ -]{0,3}(_rc|-r|-|_p|)[0-2.a-c ]{0,2}", 20..120),
    ) {
        for scheme in Scheme::all() {
            let read = |text: &String| Vers::build(scheme, [(Comparator::Equal, text.as_str())]).is_ok();
            let texts: Vec<&str> = texts.iter().filter(|text| read(text)).map(String::as_str).collect();
            let range = Vers::build(scheme, texts.iter().map(|text| (Comparator::Equal, *text))).unwrap();
            let sorted = |mut list: Vec<String>| {
                list.sort();
                list
            };
            let kept = range.constraints().map(|(_, text)| text.to_owned()).collect();
            prop_assert_eq!(sorted(kept), sorted(texts.iter().map(|text| (*text).to_owned()).collect()));
        }
    }
}
