//! What is under embargo: whoever is not told of it finds it nowhere, until its day; then everybody does, without anybody doing anything.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use app::{
    Acted, CaseAct, CaseQuery, Command, Completeness, Letter, RecordQuery, SavedRecord, Seen, SupplyQuery,
    Visit,
};
use authz::Role;

mod desk;

use desk::{Office, approver, member, office_with, public, publisher, secretariat, visit};

const KIND: &str = "vulnerability-report";
const OWNER: &str = "finder-f";
/// A word that stands in the report alone.
const CANARY: &str = "霜柱金糸雀";
const HOSPITAL: &str = "hospital-h";

fn controls(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect()
}

fn report(device: &str) -> Vec<(String, String)> {
    let title = format!("架空輸液ポンプC {CANARY}");
    let device = format!("maker-b/{device}");
    controls(&[
        ("name", &title),
        ("names", CANARY),
        ("summary", CANARY),
        ("severity", "high"),
        ("vector", "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H"),
        ("products.1.name", "架空輸液ポンプC"),
        ("products.1.maker", "架空メディカル株式会社"),
        ("products.1.version", "2.4.1以前"),
        ("products.1.status", "affected"),
        ("products.1.product_code", "09501101020917"),
        ("products.1.device", &device),
        ("action", CANARY),
        ("detail", "内緒の再現方法"),
        ("contact", "psirt@rashin.example"),
    ])
}

fn save(
    office: &Office,
    who: &Visit,
    kind: &str,
    seen: Option<Seen<'_>>,
    list: &[(String, String)],
) -> SavedRecord {
    office
        .desk
        .save_record(who, kind, seen, list, Completeness::Final)
        .unwrap()
}

fn kept(saved: SavedRecord) -> String {
    match saved {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

fn go(office: &Office, who: &Visit, id: &str, transition: &str, reason: &str, list: &[(&str, &str)]) {
    let seen = office.desk.record(who, KIND, OWNER, id).unwrap();
    let act = CaseAct {
        kind: KIND,
        owner: OWNER,
        id,
        version: seen.case.unwrap().version,
        command: Command::Move {
            transition: transition.into(),
            reason: reason.into(),
            dissent: String::new(),
        },
        controls: &controls(list),
    };
    assert_eq!(office.desk.act(who, &act).unwrap(), Acted::Done, "{transition}");
    while office.desk.work(&|| who.at, &|| true).unwrap() {}
}

/// Everything that somebody can ask for, as text.
fn everything(office: &Office, who: &Visit, device: &str, id: &str) -> String {
    let desk = &office.desk;
    let words = RecordQuery {
        words: CANARY.into(),
        ..RecordQuery::default()
    };
    let mut all = vec![];
    for kind in &desk.rashin().unwrap().plan().kinds {
        for query in [&words, &RecordQuery::default()] {
            all.push(format!("{:?}", desk.records(who, &kind.id, query)));
        }
    }
    let cases = CaseQuery {
        words: CANARY.into(),
        ..CaseQuery::default()
    };
    for query in [cases, CaseQuery::default()] {
        all.push(format!("{:?}", desk.cases(who, &query)));
    }
    let tree = desk.csaf_tree(who.at, &publisher(), "0").unwrap();
    let tree: Vec<String> = tree
        .files
        .values()
        .map(|file| String::from_utf8(file.clone()).unwrap())
        .collect();
    all.push(format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        desk.record(who, KIND, OWNER, id).map(|page| page.view),
        desk.record(who, "device", "maker-b", device),
        desk.today(who),
        desk.notices(who),
        desk.security_board(who),
        desk.security_inbox(who, None, usize::MAX),
        desk.security_work(who, usize::MAX),
        desk.security_devices(who),
        desk.supply_board(who, &SupplyQuery::default()),
        desk.disclosed(),
        tree,
    ));
    all.concat()
}

struct Story {
    office: Office,
    letters: Arc<Mutex<Vec<String>>>,
    device: String,
    id: String,
}

/// A report that is approved to be published on 1 July.
fn scheduled() -> Story {
    let letters = Arc::new(Mutex::new(vec![]));
    let kept_letters = Arc::clone(&letters);
    let office =
        office_with([OWNER, "maker-b", "maker-x", HOSPITAL]).with_post(Box::new(move |letter: &Letter| {
            kept_letters.lock().unwrap().push(format!("{letter:?}"));
            Ok(())
        }));
    office.account("reader", "maker-x", "member");
    office.account("nurse", HOSPITAL, "member");
    let device = kept(save(
        &office,
        &member("maker-b", "2026-06-01"),
        "device",
        None,
        &controls(&[("name", "架空輸液ポンプC"), ("level", "family")]),
    ));
    let link = format!("maker-b/{device}");
    let asset = controls(&[
        ("name", "架空輸液ポンプC 3号機"),
        ("device", &link),
        ("quantity", "2"),
    ]);
    kept(save(
        &office,
        &member(HOSPITAL, "2026-06-01"),
        "hospital-asset",
        None,
        &asset,
    ));
    let id = kept(save(
        &office,
        &member(OWNER, "2026-06-01"),
        KIND,
        None,
        &report(&device),
    ));
    let clerk = secretariat("2026-06-02");
    go(&office, &clerk, &id, "coordinate", "", &[("makers", "maker-b")]);
    go(
        &office,
        &clerk,
        &id,
        "propose",
        "",
        &[("publish_on", "2026-07-01")],
    );
    go(&office, &approver("2026-06-03"), &id, "approve", "", &[]);
    Story {
        office,
        letters,
        device,
        id,
    }
}

fn outsiders(day: &str) -> Vec<Visit> {
    vec![
        public(day),
        member("maker-x", day),
        member(HOSPITAL, day),
        visit("c", "council", Role::Council, day),
        visit("k", app::MINISTRY, Role::Auditor, day),
        visit("a", app::MINISTRY, Role::Administrator, day),
    ]
}

#[test]
fn nobody_else_finds_anything_of_it_before_its_day_and_everybody_does_on_it() {
    let Story {
        office,
        letters,
        device,
        id,
    } = scheduled();
    for who in [
        member(OWNER, "2026-06-30"),
        member("maker-b", "2026-06-30"),
        secretariat("2026-06-30"),
    ] {
        let seen = everything(&office, &who, &device, &id);
        assert!(seen.contains(CANARY) && seen.contains("内緒の再現方法"));
    }
    for who in outsiders("2026-06-30") {
        let seen = everything(&office, &who, &device, &id);
        assert!(!seen.contains(CANARY) && !seen.contains(&id), "{:?}", who.caller);
    }
    // The last moment before its day in Japan, and the first of it.
    let at = |time: &str| -> jiff::Timestamp { time.parse().unwrap() };
    assert_eq!(
        office.desk.run_clocks(at("2026-06-30T14:59:59Z")).unwrap(),
        1,
        "the reminder"
    );
    assert!(office.desk.disclosed().unwrap().is_empty());
    let post = |time: &str| {
        office.desk.call_letters(at(time), true).unwrap();
        while office.desk.send(&|| at(time), &|| true).unwrap() {}
        std::mem::take(&mut *letters.lock().unwrap()).concat()
    };
    assert!(!post("2026-06-30T14:59:59Z").contains(&id));
    assert_eq!(office.desk.run_clocks(at("2026-06-30T15:00:00Z")).unwrap(), 1);
    while office
        .desk
        .work(&|| at("2026-06-30T15:00:01Z"), &|| true)
        .unwrap()
    {}
    for who in outsiders("2026-07-01") {
        let seen = everything(&office, &who, &device, &id);
        assert!(seen.contains(CANARY), "{:?}", who.caller);
        for hidden in ["内緒の再現方法", "psirt@rashin.example"] {
            assert!(!seen.contains(hidden), "{:?}", who.caller);
        }
    }
    // The hospital that holds the product has its item and is told, urgently; whoever does not hold it has none.
    let items = |who: &Visit| office.desk.security_inbox(who, None, 9).unwrap().items;
    let own = items(&member(HOSPITAL, "2026-07-01"));
    let number = office.desk.disclosed().unwrap().remove(0).advisory.id;
    assert!(
        own[0].names.contains(&number) && own[0].makers == ["maker-b"],
        "{own:?}"
    );
    assert!(own[0].to_check, "its version is not known");
    assert_eq!((own.len(), items(&member("maker-x", "2026-07-01")).len()), (1, 0));
    let page = office
        .desk
        .advisory(&member(HOSPITAL, "2026-07-01"), &number)
        .unwrap();
    assert!(page.details.contains(CANARY));
    let sent = post("2026-06-30T15:10:00Z");
    assert!(sent.contains("nurse@rashin.example") && !sent.contains("reader@rashin.example"));
}

#[test]
fn what_was_approved_stays_as_it_is_until_it_is_published() {
    let Story {
        office, device, id, ..
    } = scheduled();
    let version = |who: &Visit| office.desk.record(who, KIND, OWNER, &id).unwrap();
    for who in [member(OWNER, "2026-06-10"), secretariat("2026-06-10")] {
        let page = version(&who);
        assert!(!page.may_change);
        let seen = Seen {
            owner: OWNER,
            id: &id,
            version: page.view.version,
        };
        let mut list = report(&device);
        list[2].1 = "だれも承認していない概要".into();
        let refused = office
            .desk
            .save_record(&who, KIND, Some(seen), &list, Completeness::Final);
        assert_eq!(refused.unwrap_err().kind, "fixed");
    }
    // Taken back a step, it changes, and its day with it.
    go(
        &office,
        &secretariat("2026-06-10"),
        &id,
        "reconsider",
        "修正が遅れます。",
        &[],
    );
    assert!(version(&member(OWNER, "2026-06-10")).may_change);
    go(
        &office,
        &secretariat("2026-06-11"),
        &id,
        "propose",
        "",
        &[("publish_on", "2026-07-15")],
    );
    go(&office, &approver("2026-06-12"), &id, "approve", "", &[]);
    office.desk.run_clocks(secretariat("2026-07-14").at).unwrap();
    assert!(office.desk.disclosed().unwrap().is_empty());
    office.desk.run_clocks(secretariat("2026-07-15").at).unwrap();
    let first = office.desk.disclosed().unwrap().remove(0);
    assert_eq!(first.advisory.revisions, [secretariat("2026-07-15").at]);
    // What is public is changed by nobody alone: one proposes a correction, another makes it.
    for who in [
        member(OWNER, "2026-07-16"),
        secretariat("2026-07-16"),
        approver("2026-07-16"),
    ] {
        assert!(!version(&who).may_change);
    }
    let clerk = secretariat("2026-07-16");
    go(
        &office,
        &clerk,
        &id,
        "propose-correction",
        "概要の語を直します。",
        &[],
    );
    assert_eq!(
        office.desk.disclosed().unwrap().remove(0).advisory,
        first.advisory
    );
    let corrected = approver("2026-07-17");
    go(
        &office,
        &corrected,
        &id,
        "correct",
        "上申のとおり",
        &[("summary", "新しい概要")],
    );
    let now = office.desk.disclosed().unwrap().remove(0).advisory;
    assert_eq!(now.revisions, [secretariat("2026-07-15").at, corrected.at]);
    assert_eq!(now.summary, "新しい概要");
    let told = office.desk.notices(&member(HOSPITAL, "2026-07-17")).unwrap();
    assert!(
        told.iter().any(|notice| notice.text.en.contains("was corrected")),
        "{told:?}"
    );
    go(&office, &secretariat("2026-07-18"), &id, "close", "", &[]);
    assert!(!version(&member(OWNER, "2026-07-18")).may_change);
}

#[test]
fn it_is_published_at_once_where_it_has_leaked() {
    let Story { office, id, .. } = scheduled();
    go(
        &office,
        &approver("2026-06-10"),
        &id,
        "publish-now",
        "報道されました。",
        &[],
    );
    assert_eq!(office.desk.disclosed().unwrap().len(), 1);
    assert!(
        office
            .desk
            .record(&public("2026-06-10"), KIND, OWNER, &id)
            .is_ok()
    );
}
