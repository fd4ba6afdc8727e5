//! Forms and sheets read back as the records that they show, and tell every mistake where it was typed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use record::{Completeness, TABLE_ROWS, Value, columns, complete, pairs, read_form, read_row, row};
use serde_json::Value as Json;

use crate::samples::{any_record, kinds, real, sample};

fn typed(controls: &[(&str, &str)]) -> Vec<(String, String)> {
    controls
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect()
}

fn names() -> Vec<String> {
    sample().fields.into_iter().map(|field| field.name).collect()
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        Just(Json::from("2026-04-01/..")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let name = prop_oneof![
            prop::sample::select(names()),
            prop::sample::select(vec!["kind_version".to_owned(), "fields".to_owned()]),
            "[a-z]{1,4}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_form_reads_back((kind, record) in any_record()) {
        let read = read_form(&kind, &pairs(&kind, &record), Completeness::Draft);
        prop_assert_eq!(read.faults, vec![]);
        prop_assert_eq!(&read.record, &record);
        let read = read_form(&kind, &pairs(&kind, &record), Completeness::Final);
        prop_assert_eq!(read.faults, complete(&kind, &record));
    }

    /// What is given as JSON can be sent back as it is, and blanks said as `null` change nothing.
    #[test]
    fn what_a_program_reads_it_can_send((kind, record) in any_record()) {
        let mut fields = record::body_fields(&kind, &record::to_body(&kind, &record)).unwrap();
        for field in &kind.fields {
            fields.entry(field.name.clone()).or_insert(Json::Null);
        }
        let (controls, faults) = record::controls(&kind, &fields);
        prop_assert_eq!(faults, vec![]);
        let read = read_form(&kind, &controls, Completeness::Draft);
        prop_assert_eq!(read.faults, vec![]);
        prop_assert_eq!(read.record, record);
    }

    #[test]
    fn nothing_sent_brings_it_down(sent in any_json(), name in prop::sample::select(names())) {
        let kind = sample();
        let _ = record::body_fields(&kind, &sent);
        let fields = serde_json::Map::from_iter([(name, sent)]);
        let (controls, _) = record::controls(&kind, &fields);
        let read = read_form(&kind, &controls, Completeness::Final);
        prop_assert!(record::sound(&kind, &read.record).is_empty());
    }

    #[test]
    fn a_row_of_a_sheet_reads_back((kind, record) in any_record()) {
        let read = read_row(&kind, &row(&kind, &record), Completeness::Draft);
        prop_assert_eq!(read.faults, vec![]);
        let mut bare = record;
        bare.fields.retain(|_, value| !value.each().any(|one| matches!(one, Value::File(_))));
        prop_assert_eq!(read.record, bare);
    }

    #[test]
    fn every_control_of_a_record_has_a_column((kind, record) in any_record()) {
        let names: BTreeSet<String> = columns(&kind, 4).into_iter().map(|column| column.name).collect();
        for name in row(&kind, &record).into_keys().filter(|name| name != "fax") {
            prop_assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn nothing_typed_brings_it_down(texts in proptest::collection::vec(("[a-z_]{1,6}(\\.[0-9a-z]{1,3}){0,2}", "\\PC{0,20}"), 0..8), all in any::<String>()) {
        let kind = sample();
        let mut controls = texts;
        controls.extend(columns(&kind, 2).into_iter().map(|column| (column.name, all.clone())));
        let read = read_form(&kind, &controls, Completeness::Final);
        prop_assert!(read.typed.values().map(Vec::len).sum::<usize>() == controls.len());
        prop_assert!(record::sound(&kind, &read.record).is_empty());
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let kind = real().kind("supply-report").unwrap().clone();
    let controls = typed(&[
        ("report_type", "欠品"),
        ("jmdn", "3761801"),
        ("product_codes", "09501101020917；4512345678903"),
        ("affected.from", "令和8年7月1日"),
        ("affected.to", "2026-06-01"),
        ("causes", "品質、その他"),
        ("output_before", "１，２００"),
        ("output_after", "たくさん"),
        ("share", "120"),
        ("past_supply.3.quantity", "12.5"),
        ("substitutes.2.maker", "架空メディカル株式会社"),
        ("csrf-token", "0"),
    ]);
    let read = read_form(&kind, &controls, Completeness::Final);
    assert_eq!(read.typed["jmdn"], ["3761801"]);
    let lines: Vec<String> = read
        .faults
        .iter()
        .map(|fault| format!("{} [{}]\n  {}\n  {}", fault.name, fault.code, fault.ja, fault.en))
        .collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("mistakes", lines.join("\n"));
    });
    let draft = read_form(&kind, &controls, Completeness::Draft);
    assert!(draft.faults.iter().all(|fault| fault.code != "required"));
    let drafted: BTreeSet<_> = draft.faults.into_iter().collect();
    assert!(drafted.is_subset(&read.faults.into_iter().collect()));
}

#[test]
fn people_write_as_they_do() {
    let kind = sample();
    for (name, text, kept) in [
        ("title", "　架空\u{202e}の\t品　", "架空の 品"),
        ("cause", "その他、不明", "other"),
        ("cause", "ＰＡＲＴＳ", "parts"),
        ("count", "１，２００", "1200"),
        ("count", "1,200.50個/月", "1200.5"),
        ("count", "-0", "0"),
        ("count", "14400個/年", "1200"),
        ("year", "令和8年度", "FY2026"),
        ("price", "1.5億円", "150"),
        ("since", "R8.3.18", "2026-03-18"),
        ("maker", "３０１１００１０１５１１６", "3011001015116"),
        ("place", "東京", "13"),
        ("agreed", "○", "yes"),
        ("agreed", "いいえ", "no"),
        ("partner", " org-1 ", "org-1"),
    ] {
        let read = read_form(&kind, &typed(&[(name, text)]), Completeness::Draft);
        assert_eq!(read.faults, [], "{name}: {text}");
        let value = read.record.fields[name].text();
        assert_eq!(value.as_deref(), Some(kept), "{name}: {text}");
    }
    let read = read_form(
        &kind,
        &typed(&[
            ("areas", "診断、検査"),
            ("areas", "治療、看護"),
            ("like", "a; org/b"),
        ]),
        Completeness::Draft,
    );
    let each =
        |name: &str| -> Vec<String> { read.record.fields[name].each().filter_map(Value::text).collect() };
    assert_eq!(each("areas"), ["a", "b", "c"]);
    assert_eq!(each("like"), ["a", "org/b"]);
}

#[test]
fn what_is_wrong_is_refused() {
    let kind = sample();
    let long = "あ".repeat(201);
    for (name, text, code) in [
        ("title", long.as_str(), "too_long"),
        ("title", "\u{202e}", "empty"),
        ("cause", "steel", "option"),
        ("areas", "診断、steel", "option"),
        ("count", "1,2,3", "number"),
        ("count", "1e99999", "number"),
        ("count", "1/3", "number"),
        ("count", "12個", "unit"),
        // A twelfth of ten does not end.
        ("count", "10個/年", "number"),
        ("count", "0.1234", "decimals"),
        ("count", "1000000.5", "too_large"),
        ("count", "-1000000.5", "too_small"),
        ("price", "-1", "too_small"),
        ("price", "1ドル", "unit"),
        ("year", "2026-04", "format"),
        ("since", "2026-02-30", "no_such_day"),
        ("like", "a b", "id"),
        ("like", "a/b/c", "id"),
        ("partner", "架空", "id"),
        ("agreed", "たぶん", "flag"),
        ("papers", "x", "file"),
    ] {
        let read = read_form(&kind, &typed(&[(name, text)]), Completeness::Draft);
        let codes: Vec<_> = read
            .faults
            .iter()
            .map(|fault| (fault.name.as_str(), fault.code))
            .collect();
        assert_eq!(codes, [(name, code)], "{text}");
        assert!(read.record.fields.is_empty(), "{text}");
    }
    let hash = "0".repeat(64);
    for (text, code) in [
        (format!("{hash} 10 png 絵.png"), "file_type"),
        (format!("{hash} 2000001 pdf 資料.pdf"), "file_size"),
        (format!("{hash} 10 pdf ../資料.pdf"), "file"),
        (format!("{hash} 10 exe a.exe"), "file"),
    ] {
        let read = read_form(&kind, &typed(&[("papers", &text)]), Completeness::Draft);
        assert_eq!(read.faults[0].code, code, "{text}");
    }
    let huge = vec![("title".to_owned(), "a".repeat(1_000_001))];
    assert_eq!(
        read_form(&kind, &huge, Completeness::Draft).faults[0].code,
        "too_large"
    );
    let many: Vec<_> = (1..300)
        .map(|n| (format!("rows.{n}.label"), "a".to_owned()))
        .collect();
    assert_eq!(
        read_form(&kind, &many, Completeness::Draft).faults[0].code,
        "too_many"
    );
}

#[test]
fn what_is_required_depends() {
    let kind = sample();
    let missing = |controls: &[(&str, &str)]| -> Vec<String> {
        let read = read_form(&kind, &typed(controls), Completeness::Final);
        read.faults
            .into_iter()
            .map(|fault| format!("{} {}", fault.name, fault.code))
            .collect()
    };
    assert_eq!(missing(&[]), ["title required"]);
    assert_eq!(missing(&[("title", "a"), ("cause", "parts")]), [""; 0]);
    assert_eq!(
        missing(&[("title", "a"), ("cause", "other")]),
        ["other_cause required"]
    );
    assert_eq!(missing(&[("title", "a"), ("price", "5")]), ["year money_year"]);
    assert_eq!(
        missing(&[("title", "a"), ("price", "5"), ("year", "R8")]),
        [""; 0]
    );
    // A blank row is no row, and a row is known by the number under which it was typed.
    let rows = [("title", "a"), ("rows.2.label", " "), ("rows.7.number", "1")];
    assert_eq!(missing(&rows), ["rows.7.label required"]);
    // What could not be read is not also blank.
    assert_eq!(missing(&[("title", "\u{202e}")]), ["title empty"]);
}

#[test]
fn templates_fit_into_a_sheet() {
    for kind in kinds() {
        let list = columns(&kind, TABLE_ROWS);
        assert!(list.len() <= 100, "{}: {}", kind.id, list.len());
        let mut titles = BTreeSet::new();
        for column in &list {
            assert!(
                titles.insert(column.title.ja.clone()),
                "{}: {}",
                kind.id,
                column.title.ja
            );
        }
        assert!(list.iter().any(|column| column.required), "{}", kind.id);
    }
    let list = columns(&sample(), 1);
    let names: Vec<_> = list
        .iter()
        .map(|column| format!("{} {} / {}", column.name, column.title.ja, column.title.en))
        .collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("template", names.join("\n"));
    });
}
