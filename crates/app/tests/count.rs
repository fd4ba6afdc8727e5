//! KGI 3 counted from made-up device records: each device once, in its year; what cannot be counted with its cause; beside the plan's figures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use std::path::Path;
use std::sync::Arc;

use app::{Ask, Completeness, Count, Desk, DeviceCount, MINISTRY, SavedRecord, Seen};
use desk::{member, office, public, secretariat};
use plan::Files;
use store_sqlite::Sqlite;

const DAY: &str = "2026-11-02";

fn add(desk: &Desk, completeness: Completeness, fields: &[(&str, &str)]) -> String {
    let controls: Vec<(String, String)> = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let saved = desk.save_record(&secretariat(DAY), "device", None, &controls, completeness);
    match saved.unwrap() {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:#?}"),
    }
}

fn family(desk: &Desk, name: &str, more: &[(&str, &str)]) -> String {
    let fields = [&[("name", name), ("level", "family")], more].concat();
    add(desk, Completeness::Final, &fields)
}

fn model(desk: &Desk, name: &str, parent: &str, more: &[(&str, &str)]) -> String {
    let fields = [&[("name", name), ("level", "model"), ("parent", parent)], more].concat();
    add(desk, Completeness::Final, &fields)
}

fn counted(desk: &Desk, indicator: &str) -> Option<DeviceCount> {
    let view = desk.rashin().unwrap().view(indicator, &Ask::default()).unwrap();
    match desk.counted(&public(DAY), &view).unwrap()? {
        Count::Devices(count) => Some(count),
        Count::Reports(count) => panic!("{count:?}"),
    }
}

const JAPAN: [(&str, &str); 2] = [("origin", "japan"), ("origin_confirmed_on", "2026-04-01")];
const ABROAD: [(&str, &str); 2] = [("origin", "abroad"), ("origin_confirmed_on", "2026-04-01")];
const NEW: [(&str, &str); 1] = [("application_class", "new")];
const CLINICAL: [(&str, &str); 1] = [("application_class", "improved-clinical")];

const fn covered<'a>(category: &'a str, day: &'a str) -> [(&'static str, &'a str); 2] {
    [("coverage_category", category), ("covered_on", day)]
}

#[test]
fn each_device_counts_once_in_the_year_of_its_first_coverage() {
    let office = office();
    let desk = &office.desk;
    let one = |name, parts: &[&[(&str, &str)]]| family(desk, name, &parts.concat());
    one(
        "架空A 年度の終わり",
        &[&NEW, &JAPAN, &covered("C1", "2025-03-31")],
    );
    one(
        "架空B 年度の始め",
        &[&CLINICAL, &JAPAN, &covered("C2", "2025-04-01")],
    );
    // Said once for the family, covered model by model: one device, in the year of the first.
    let parent = one("架空C 製品群", &[&NEW, &JAPAN]);
    model(desk, "架空C 型式2", &parent, &covered("C1", "2025-06-01"));
    let first = model(desk, "架空C 型式1", &parent, &covered("C1", "2024-06-01"));
    // Its own class goes before that of the family.
    let fields = [
        covered("C1", "2023-06-01"),
        [("application_class", "improved"), ("model_number", "3")],
    ]
    .concat();
    model(desk, "架空C 型式3", &parent, &fields);
    one(
        "架空D 起源が未確認",
        &[&NEW, &[("origin", "unconfirmed")], &covered("C1", "2025-07-01")],
    );
    one("架空E 申請区分も起源もない", &[&covered("C2", "2025-08-01")]);
    one(
        "架空F 後発",
        &[
            &[("application_class", "generic")],
            &JAPAN,
            &covered("C1", "2025-08-01"),
        ],
    );
    one("架空G 海外", &[&NEW, &ABROAD, &covered("C1", "2025-08-01")]);
    one("架空H 区分B", &[&NEW, &JAPAN, &covered("B1", "2025-08-01")]);
    let draft = add(
        desk,
        Completeness::Draft,
        &[&[("name", "架空I 下書き"), ("level", "family")][..], &NEW, &JAPAN].concat(),
    );
    model(
        desk,
        "架空I 型式",
        &draft,
        &[&NEW[..], &JAPAN, &covered("C1", "2025-08-01")].concat(),
    );
    // A draft is not counted, nor told.
    add(
        desk,
        Completeness::Draft,
        &[
            &[("name", "架空J 下書き"), ("level", "family")][..],
            &NEW,
            &JAPAN,
            &covered("C1", "2025-08-01"),
        ]
        .concat(),
    );
    let count = counted(desk, "kgi3").unwrap();
    let devices: Vec<&str> = count.years[0].devices.iter().map(|one| one.id.as_str()).collect();
    assert!(devices.contains(&first.as_str()), "{devices:?}");
    insta::assert_snapshot!(serde_json::to_string_pretty(&count).unwrap());
}

#[test]
fn what_was_confirmed_of_the_device_of_another_says_nothing_of_ones_own() {
    let office = office();
    let desk = &office.desk;
    let parts: [&[(&str, &str)]; 3] = [&NEW, &JAPAN, &covered("C1", "2025-06-01")];
    let confirmed = family(desk, "架空A", &parts.concat());
    let before = counted(desk, "kgi3").unwrap();
    let fields = [
        ("name", "架空A 他社の型式"),
        ("level", "model"),
        ("parent", &*format!("{MINISTRY}/{confirmed}")),
        ("coverage_category", "C1"),
        ("covered_on", "2021-05-01"),
    ];
    let controls: Vec<(String, String)> = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let saved = desk.save_record(
        &member("firm-b", DAY),
        "device",
        None,
        &controls,
        Completeness::Final,
    );
    assert!(matches!(saved.unwrap(), SavedRecord::Kept(..)));
    let after = counted(desk, "kgi3").unwrap();
    assert_eq!(after.years, before.years);
    assert!(after.uncounted[0].causes.contains(&app::Uncounted::NoneAbove));
}

#[test]
fn a_device_is_not_its_own_parent_nor_that_of_what_it_stands_below() {
    let office = office();
    let desk = &office.desk;
    let top = family(desk, "架空A", &[]);
    let below = model(desk, "架空A 型式", &top, &[]);
    for parent in [&top, &below] {
        let seen = Seen {
            owner: MINISTRY,
            id: &top,
            version: 1,
        };
        let controls = [("name", "架空A"), ("level", "family"), ("parent", parent)];
        let controls: Vec<(String, String)> = controls
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let saved = desk.save_record(
            &secretariat(DAY),
            "device",
            Some(seen),
            &controls,
            Completeness::Final,
        );
        let SavedRecord::Faults(faults) = saved.unwrap() else {
            panic!("{parent} was taken")
        };
        assert_eq!(faults[0].code, "circle");
    }
}

#[test]
fn other_indicators_are_not_counted() {
    let office = office();
    assert_eq!(counted(&office.desk, "kgi1"), None);
}

#[test]
fn a_plan_whose_kinds_lack_what_is_read_is_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    let whole = Files::from_folder(&root).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("rashin.db")).unwrap());
    let suffice = |files| Desk::new(files, store.clone(), Box::new(|bytes| bytes.fill(1))).kinds_suffice();
    assert_eq!(suffice(whole.clone()), Ok(()));
    let lacks = [
        (
            "kinds/device.toml",
            [("code = \"C2\"", "code = \"C3\"")].as_slice(),
        ),
        (
            "kinds/device.toml",
            &[
                ("name = \"origin\"\n", "name = \"provenance\"\n"),
                (
                    "when origin filled and origin is",
                    "when provenance filled and provenance is",
                ),
            ],
        ),
        (
            "kinds/medical-institution.toml",
            &[("name = \"postcode\"", "name = \"zip\"")],
        ),
    ];
    let told = lacks.map(|(file, changes)| {
        let mut text = whole.text(file).unwrap().to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        suffice(whole.clone().with(file, text)).unwrap_err().to_string()
    });
    insta::assert_snapshot!(told.join("\n"));
}
