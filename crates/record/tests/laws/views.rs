//! What engines need of the plan's kinds, and how answers are shown.

use record::{Completeness, FieldNeed, ShapeNeed, ViewNeed, read_form, satisfies, show};
use vocab::Lang;

use crate::samples::{example, plan_of, sample};

const fn need(name: &'static str, shape: ShapeNeed, indexed: bool) -> FieldNeed {
    FieldNeed {
        name,
        shape,
        indexed,
        always: false,
    }
}

/// What an engine needs of a kind that the samples do not have.
const ELSEWHERE: ViewNeed = ViewNeed {
    engine: "試験",
    kind: "elsewhere",
    fields: &[],
};

#[test]
fn a_plan_without_it_is_refused() {
    const WRONG: ViewNeed = ViewNeed {
        engine: "試験",
        kind: "sample",
        fields: &[
            need("title", ShapeNeed::Words, true),
            need("count", ShapeNeed::Figure("万個/年"), true),
            need("place", ShapeNeed::Code("prefecture"), false),
            need("count", ShapeNeed::Figure("円"), false),
            need("cause", ShapeNeed::Choice(&["steel"]), false),
            need("codes", ShapeNeed::Code("gtin"), false),
            need("story", ShapeNeed::Words, true),
            FieldNeed {
                always: true,
                ..need("since", ShapeNeed::Date, false)
            },
            need("absent", ShapeNeed::Flag, false),
        ],
    };
    let plan = plan_of(include_str!("kinds/sample.toml"));
    let kinds = satisfies(&plan, &ELSEWHERE).unwrap_err();
    assert_eq!(
        kinds.iter().map(|fault| fault.kind).collect::<Vec<_>>(),
        ["view_kind"]
    );
    let told: Vec<String> = satisfies(&plan, &WRONG)
        .unwrap_err()
        .into_iter()
        .map(|fault| fault.ja)
        .collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("views", told.join("\n"));
    });
}

#[test]
fn the_example_for_contributors_is_whole() {
    let plan = plan_of(example("Add a record kind"));
    assert_eq!(plan.kinds.len(), 1);
}

#[test]
fn answers_as_people_read_them() {
    let kind = sample();
    let controls = [
        ("cause", "other"),
        ("areas", "a;c"),
        ("count", "1234567.5個/年"),
        ("year", "2026"),
        ("price", "12億円"),
        ("since", "R8.3.18"),
        ("span.from", "2026-04-01"),
        ("place", "13"),
        ("agreed", "no"),
        ("rows.1.label", "甲"),
        ("rows.1.number", "1000"),
        ("rows.2.label", "乙"),
        ("rows.2.when.from", "2026-04-01"),
        ("rows.2.when.to", "2026-05-01"),
    ];
    let controls: Vec<_> = controls
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let read = read_form(&kind, &controls, Completeness::Draft);
    assert_eq!(read.faults, []);
    let lines: Vec<String> = kind
        .fields
        .iter()
        .filter_map(|field| {
            let value = read.record.fields.get(&field.name)?;
            Some(format!(
                "{} | {}",
                show(field, value, Lang::Ja),
                show(field, value, Lang::En)
            ))
        })
        .collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!("shown", lines.join("\n"));
    });
}
