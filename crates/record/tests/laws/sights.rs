//! Who sees and answers which field: a table that a person can read, and the laws that go with it.

use std::collections::BTreeSet;
use std::fmt::Write;

use plan::Confidentiality;
use proptest::prelude::*;
use record::{Completeness, Record, Viewer, fillable, keep_unseen, pairs, parties, read_form, redact, sees};

use crate::samples::{any_record, sample};

fn viewer(role: &str, organisation: &str, party: bool) -> Viewer {
    Viewer {
        roles: vec![role.to_owned()],
        organisation: Some(organisation.to_owned()),
        party,
    }
}

fn viewers() -> Vec<(&'static str, Viewer)> {
    vec![
        ("public", Viewer::default()),
        ("member of another organisation", viewer("member", "other", false)),
        ("member of a party", viewer("member", "other", true)),
        (
            "member of an organisation named in the record",
            viewer("member", "named", false),
        ),
        ("member of the owner", viewer("member", "owner", false)),
        (
            "administrator of the owner",
            viewer("administrator", "owner", false),
        ),
        ("auditor", viewer("auditor", "ministry", false)),
        ("council", viewer("council", "council", false)),
        ("secretariat", viewer("secretariat", "ministry", false)),
        ("approver", viewer("approver", "ministry", false)),
    ]
}

#[test]
fn who_sees_what() {
    let levels = [
        ("public", Confidentiality::Public),
        ("parties", Confidentiality::Parties),
        ("owner", Confidentiality::Owner),
        ("ministry", Confidentiality::Ministry),
    ];
    let mut table = format!("{:48}", "");
    for (name, _) in levels {
        write!(table, "{name:10}").unwrap();
    }
    for (who, viewer) in viewers() {
        write!(table, "\n{who:48}").unwrap();
        for (_, level) in levels {
            let seen = sees(level, "owner", &BTreeSet::from(["named"]), &viewer);
            write!(table, "{:10}", if seen { "✔" } else { "·" }).unwrap();
        }
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("sight", table);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_one_does_not_see_stays((kind, record) in any_record()) {
        for (who, viewer) in viewers() {
            let seen = redact(&kind, "owner", &record, &viewer, &parties(&kind, &record));
            for (name, value) in &seen.fields {
                prop_assert_eq!(Some(value), record.fields.get(name));
            }
            // Handing the form in unchanged changes nothing, and emptying it empties only what was on it.
            let shown = fillable(&kind, "owner", &record, &viewer);
            let typed = read_form(&kind, &pairs(&kind, &seen), Completeness::Draft);
            prop_assert_eq!(&keep_unseen(&record, typed.record, &shown), &record, "{}", who);
            let emptied = keep_unseen(&record, Record::default(), &shown);
            prop_assert!(record.fields.keys().all(|name| emptied.fields.contains_key(name) != shown.contains(name.as_str())));
        }
    }
}

#[test]
fn nobody_writes_what_is_not_theirs() {
    let kind = sample();
    let controls = [
        ("title", "a"),
        ("verdict", "good"),
        ("confirmed", "yes"),
        ("fax", "1"),
        ("partner", "named"),
    ];
    let controls: Vec<_> = controls
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let typed = read_form(&kind, &controls, Completeness::Draft).record;
    assert_eq!(parties(&kind, &typed), BTreeSet::from(["named"]));
    let empty = Record::default();
    let kept = |viewer: &Viewer| -> Vec<String> {
        let shown = fillable(&kind, "owner", &empty, viewer);
        keep_unseen(&empty, typed.clone(), &shown)
            .fields
            .into_keys()
            .collect()
    };
    assert_eq!(kept(&viewer("member", "owner", false)), ["partner", "title"]);
    assert_eq!(
        kept(&viewer("secretariat", "ministry", false)),
        ["confirmed", "partner", "title", "verdict"]
    );
    let mut old = typed.clone();
    old.former.insert("telex".into(), "1".into());
    let former = |viewer: &Viewer| {
        redact(&kind, "owner", &old, viewer, &parties(&kind, &old))
            .former
            .len()
    };
    assert_eq!(former(&viewer("member", "owner", false)), 0);
    assert_eq!(former(&viewer("secretariat", "ministry", false)), 1);
}
