//! Merging of duplicates: what is taken over, what points where, who may, what counts once, and how it is taken back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use app::{
    Ask, Completeness, Count, MINISTRY, MergeForm, MergeStep, RecordPage, RecordQuery, RecordState,
    SavedRecord, Seen, Visit,
};

mod desk;

use desk::{Office, approver, member, office_with, public, secretariat};

const DAY: &str = "2026-06-01";
const DEVICE: &str = "device";

fn add(office: &Office, visit: &Visit, kind: &str, fields: &[(&str, &str)]) -> String {
    let controls: Vec<(String, String)> = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let saved = office
        .desk
        .save_record(visit, kind, None, &controls, Completeness::Final);
    match saved.unwrap() {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:#?}"),
    }
}

/// A device that counts for KGI 3, but for what `more` leaves to say.
fn device(office: &Office, name: &str, more: &[(&str, &str)]) -> String {
    let fields = [
        &[("name", name), ("level", "family"), ("application_class", "new")][..],
        &[("coverage_category", "C1"), ("covered_on", "2025-06-01")],
        &[("origin", "japan"), ("origin_confirmed_on", "2026-04-01")],
        more,
    ]
    .concat();
    add(office, &secretariat(DAY), DEVICE, &fields)
}

fn page(office: &Office, visit: &Visit, id: &str) -> RecordPage {
    office.desk.record(visit, DEVICE, MINISTRY, id).unwrap()
}

fn merge(
    office: &Office,
    visit: &Visit,
    gone: &str,
    stays: &str,
    taken: &[&str],
) -> Result<(), vocab::Refusal> {
    let version = |id: &str| page(office, visit, id).view.version;
    let seen = |id| Seen {
        owner: MINISTRY,
        id,
        version: version(id),
    };
    let taken: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    office.desk.merge(
        visit,
        &MergeForm {
            kind: DEVICE,
            gone: seen(gone),
            stays: seen(stays),
            taken: &taken,
            reason: "同じ製品が二度登録されていた。",
        },
    )
}

fn counted(office: &Office) -> usize {
    let view = office
        .desk
        .rashin()
        .unwrap()
        .view("kgi3", &Ask::default())
        .unwrap();
    match office.desk.counted(&public(DAY), &view).unwrap() {
        Some(Count::Devices(count)) => count.years.iter().map(|year| year.counted).sum(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_merged_record_leads_to_the_one_that_stays_and_can_be_taken_back() {
    let office = office_with(["firm-a", "hospital-h"]);
    let ministry = secretariat(DAY);
    let stays = device(&office, "架空ステント", &[("jmdn", "37618010")]);
    let gone = device(&office, "架空ｽﾃﾝﾄ", &[("generic_name", "架空の一般的名称")]);
    let link = format!("{MINISTRY}/{gone}");
    let asset = add(
        &office,
        &member("hospital-h", DAY),
        "hospital-asset",
        &[("name", "病棟での呼び名"), ("device", &link), ("quantity", "2")],
    );
    assert_eq!(counted(&office), 2);
    // The same name, however it is written, is offered; what is the same is not asked.
    let offered = office
        .desk
        .merging(&ministry, DEVICE, (MINISTRY, &gone), None, "")
        .unwrap();
    let ids: Vec<&str> = offered.offered.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, [&stays]);
    let pair = office
        .desk
        .merging(&ministry, DEVICE, (MINISTRY, &gone), Some((MINISTRY, &stays)), "")
        .unwrap();
    let chosen: Vec<(&str, bool)> = pair
        .fields
        .iter()
        .filter(|field| field.choice)
        .map(|field| (field.name.as_str(), field.taken))
        .collect();
    assert_eq!(chosen, [("name", false), ("generic_name", true)]);
    merge(&office, &ministry, &gone, &stays, &["generic_name"]).unwrap();

    let after = page(&office, &ministry, &stays);
    assert_eq!(
        after.view.record.fields["generic_name"].text().unwrap(),
        "架空の一般的名称"
    );
    assert_eq!(after.merged[0].id, gone);
    assert_eq!(after.history[0].merge.as_ref().unwrap().step, MergeStep::Took);
    let left = page(&office, &ministry, &gone);
    assert_eq!(left.view.state, RecordState::Merged);
    assert_eq!(left.stays.unwrap().id, stays);
    assert!(!left.may_change && left.may_part && !page(&office, &public(DAY), &gone).may_part);
    // References by the old id are told at the record that stays, to those who see them.
    let hospital = page(&office, &member("hospital-h", DAY), &stays);
    assert_eq!(hospital.referring[0].1.id, asset);
    // Lists and searches have one, and it counts once.
    let list = |words: &str| {
        let asked = RecordQuery {
            words: words.into(),
            ..RecordQuery::default()
        };
        office.desk.records(&public(DAY), DEVICE, &asked).unwrap().found
    };
    assert_eq!((list(""), list("ステント"), counted(&office)), (1, 1, 1));
    // The same after lists are made anew.
    assert!(office.desk.index_registers().unwrap() > 0);
    assert_eq!((list(""), list("ステント"), counted(&office)), (1, 1, 1));
    assert_eq!(page(&office, &ministry, &stays).merged[0].id, gone);

    // Whoever is not of the ministry, or saw another version, takes nothing back.
    let seen = Seen {
        owner: MINISTRY,
        id: &gone,
        version: left.view.version,
    };
    let part = |visit: &Visit, seen| office.desk.part(visit, DEVICE, seen, "別の製品だった。");
    assert_eq!(part(&public(DAY), seen).unwrap_err().kind, "sign-in");
    assert_eq!(part(&member("firm-a", DAY), seen).unwrap_err().kind, "not-found");
    assert_eq!(
        part(&ministry, Seen { version: 1, ..seen }).unwrap_err().kind,
        "conflict"
    );
    assert!(part(&ministry, seen).unwrap());
    let back = page(&office, &ministry, &stays);
    assert!(!back.view.record.fields.contains_key("generic_name") && back.merged.is_empty());
    assert_eq!(page(&office, &ministry, &gone).view.state, RecordState::Filed);
    assert_eq!((list(""), counted(&office)), (2, 2));
    // Nothing was deleted: each has all its versions.
    assert_eq!(
        (back.history.len(), page(&office, &ministry, &gone).history.len()),
        (3, 3)
    );
}

#[test]
fn a_merge_is_refused_where_it_would_lose_or_tell_something() {
    let office = office_with(["firm-a", "firm-b"]);
    let ministry = secretariat(DAY);
    let (one, other) = (device(&office, "架空A", &[]), device(&office, "架空B", &[]));
    let kind = |result: Result<(), vocab::Refusal>| result.unwrap_err().kind;
    assert_eq!(kind(merge(&office, &ministry, &one, &one, &[])), "with");
    assert_eq!(kind(merge(&office, &public(DAY), &one, &other, &[])), "sign-in");
    assert_eq!(
        kind(merge(&office, &approver(DAY), &one, &other, &[])),
        "not-found"
    );
    // What was changed since it was seen is not merged unseen.
    let taken = BTreeSet::new();
    let old = |id| Seen {
        owner: MINISTRY,
        id,
        version: 7,
    };
    let form = |reason| MergeForm {
        kind: DEVICE,
        gone: old(&one),
        stays: old(&other),
        taken: &taken,
        reason,
    };
    assert_eq!(kind(office.desk.merge(&ministry, &form("重複"))), "conflict");
    // The one that stays does not refer to the one that goes.
    let model = add(
        &office,
        &ministry,
        DEVICE,
        &[("name", "架空A"), ("level", "model"), ("parent", &one)],
    );
    assert_eq!(kind(merge(&office, &ministry, &one, &model, &[])), "with");

    // A report whose case is open stays, and what one firm told for itself alone does not go over to another.
    let report = [
        ("name", "架空カテーテル"),
        ("report_type", "stock-out"),
        ("need", "400"),
        ("cause_detail", "社外秘の事情"),
        ("company", "架空メディカル株式会社"),
    ];
    let a = add(&office, &member("firm-a", DAY), "supply-report", &report);
    let b = add(&office, &member("firm-b", DAY), "supply-report", &report[..3]);
    let look = |visit: &Visit, gone: (&str, &str), stays: (&str, &str)| {
        office.desk.merging(visit, "supply-report", gone, Some(stays), "")
    };
    let (a, b) = (("firm-a", a.as_str()), ("firm-b", b.as_str()));
    assert_eq!(look(&ministry, a, b).unwrap_err().kind, "case-open");
    // A firm does not even learn that there is another's.
    assert_eq!(look(&member("firm-b", DAY), b, a).unwrap_err().kind, "case-open");
    let withdraw = app::CaseAct {
        kind: "supply-report",
        owner: a.0,
        id: a.1,
        version: 1,
        command: app::Command::Move {
            transition: "withdraw".into(),
            reason: "重複".into(),
            dissent: String::new(),
        },
        controls: &[],
    };
    office.desk.act(&member("firm-a", DAY), &withdraw).unwrap();
    assert_eq!(look(&member("firm-a", DAY), a, b).unwrap_err().kind, "not-found");
    let fields = look(&ministry, a, b).unwrap().fields;
    let choice = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.choice)
    };
    assert_eq!(
        (choice("company"), choice("cause_detail")),
        (Some(true), Some(false))
    );
}
