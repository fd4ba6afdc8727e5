//! Registers as their use cases tell them, with the real plan's kinds on SQLite: who sees and writes what, drafts and filing, lists, searches,
//! filters and pages, history, and an index that can be made again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use app::{
    Completeness, Desk, FileFor, MergeForm, Purpose, RecordQuery, RecordState, SavedRecord, Seen, Taken,
    Visit,
};
use authz::Role;
use desk::{Office, answers, approver, member, office_with, public, secretariat, visit, workbook};
use plan::{Kind, Shape};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use vocab::Lang;

const DAY: &str = "2026-11-02";
const MAKER: &str = "demo-maker";
const OTHER: &str = "demo-other";
/// Whom records name.
const PARTY: &str = "demo-party";

fn office() -> Office {
    office_with([MAKER, OTHER, PARTY])
}

fn kinds(desk: &Desk) -> Vec<Kind> {
    desk.rashin().unwrap().plan().kinds.clone()
}

fn with(mut answers: Vec<(String, String)>, name: &str, text: &str) -> Vec<(String, String)> {
    answers.retain(|(field, _)| field != name);
    answers.push((name.into(), text.into()));
    answers
}

fn kept(saved: SavedRecord) -> (String, String) {
    match saved {
        SavedRecord::Kept(owner, id) => (owner, id),
        SavedRecord::Faults(faults) => panic!("{faults:#?}"),
    }
}

fn device(desk: &Desk, name: &str, class: &str) -> (String, String) {
    let kind = kinds(desk).into_iter().find(|kind| kind.id == "device").unwrap();
    let answers = with(with(answers(&kind, MAKER), "name", name), "risk_class", class);
    kept(
        desk.save_record(&member(MAKER, DAY), "device", None, &answers, Completeness::Final)
            .unwrap(),
    )
}

fn everybody() -> Vec<(&'static str, Visit)> {
    vec![
        ("public", public(DAY)),
        ("its maker", member(MAKER, DAY)),
        ("whom it names", member(PARTY, DAY)),
        ("another firm", member(OTHER, DAY)),
        ("secretariat", secretariat(DAY)),
        ("approver", approver(DAY)),
        ("council", visit("c", "council", Role::Council, DAY)),
        ("auditor", visit("k", app::MINISTRY, Role::Auditor, DAY)),
        (
            "administrator",
            visit("a", app::MINISTRY, Role::Administrator, DAY),
        ),
    ]
}

/// Who adds records of a kind.
fn author(desk: &Desk, kind: &Kind) -> Visit {
    let mut owners = [member(MAKER, DAY), secretariat(DAY)].into_iter();
    let found = owners.find(|who| {
        desk.register(who, &kind.id)
            .is_ok_and(|register| register.may_add)
    });
    found.unwrap_or_else(|| panic!("nobody adds to {}", kind.id))
}

/// Beside what is typed: a reference to a record that is there, and files for each field that somebody may fill.
fn links_and_files(
    desk: &Desk,
    who: &Visit,
    kind: &Kind,
    there: &BTreeMap<String, String>,
    record: Option<(&str, &str)>,
) -> Vec<(String, String)> {
    let given = kind.fields.iter().filter_map(|field| {
        let text = match &field.shape {
            Shape::Reference(of) => there.get(of)?.clone(),
            Shape::Attachment { types, .. } => {
                let (name, bytes) = if types.contains(&"pdf") {
                    ("架空.pdf", "%PDF-1.7\n% made up")
                } else {
                    ("架空.json", "{}")
                };
                let place = FileFor {
                    kind: &kind.id,
                    record,
                    field: Some(&field.name),
                };
                // Whoever may not fill the field hands in nothing for it.
                let kept = desk.keep_file(who, &place, name, bytes.into());
                kept.ok()?.to_string()
            }
            _ => return None,
        };
        Some((field.name.clone(), text))
    });
    given.collect()
}

/// A record that was merged into another; none of a kind whose cases are open.
fn merged(
    desk: &Desk,
    author: &Visit,
    kind: &Kind,
    whole: &[(String, String)],
    stays: &str,
) -> Option<(String, String)> {
    let gone = kept(
        desk.save_record(author, &kind.id, None, whole, Completeness::Final)
            .unwrap(),
    );
    let (owner, id) = stays.split_once('/').unwrap();
    let seen = |owner, id| Seen {
        owner,
        id,
        version: 1,
    };
    let form = MergeForm {
        kind: &kind.id,
        gone: seen(&gone.0, &gone.1),
        stays: seen(owner, id),
        taken: &BTreeSet::new(),
        reason: "架空の二重登録",
    };
    match desk.merge(author, &form) {
        Ok(()) => Some(gone),
        Err(refusal) => {
            assert_eq!(refusal.kind, "case-open", "{}", kind.id);
            None
        }
    }
}

/// Who sees and writes what of each kind, state and field, found by doing it.
#[test]
fn the_matrix_of_kinds_states_and_fields_is_this() {
    let office = office();
    let desk = &office.desk;
    let mut told = String::new();
    let mut there = BTreeMap::new();
    for kind in kinds(desk) {
        let author = author(desk, &kind);
        let given = answers(&kind, PARTY);
        let (owner, id) = kept(
            desk.save_record(&author, &kind.id, None, &given, Completeness::Final)
                .unwrap(),
        );
        there.insert(kind.id, format!("{owner}/{id}"));
    }
    for kind in kinds(desk) {
        let _ = writeln!(told, "{}", kind.id);
        let author = &author(desk, &kind);
        let mut whole = answers(&kind, PARTY);
        whole.extend(links_and_files(desk, author, &kind, &there, None));
        let draft = kept(
            desk.save_record(author, &kind.id, None, &whole, Completeness::Draft)
                .unwrap(),
        );
        let filed = kept(
            desk.save_record(author, &kind.id, None, &whole, Completeness::Final)
                .unwrap(),
        );
        let merged = merged(desk, author, &kind, &whole, &there[&kind.id]);
        // What the ministry answers is there too.
        let seen = Seen {
            owner: &filed.0,
            id: &filed.1,
            version: 1,
        };
        if desk
            .record(&secretariat(DAY), &kind.id, &filed.0, &filed.1)
            .is_ok_and(|page| page.may_change)
        {
            let at = Some((filed.0.as_str(), filed.1.as_str()));
            let more = links_and_files(desk, &secretariat(DAY), &kind, &there, at);
            let named: BTreeSet<String> = whole.iter().map(|(name, _)| name.clone()).collect();
            whole.extend(more.into_iter().filter(|(name, _)| !named.contains(name)));
            kept(
                desk.save_record(
                    &secretariat(DAY),
                    &kind.id,
                    Some(seen),
                    &whole,
                    Completeness::Final,
                )
                .unwrap(),
            );
        }
        for (name, who) in everybody() {
            let register = desk.register(&who, &kind.id);
            let Ok(register) = register else {
                let _ = writeln!(told, "  {name}: nothing");
                continue;
            };
            let seen = |(owner, id): &(String, String)| desk.record(&who, &kind.id, owner, id).ok();
            let gone = merged.as_ref().map(|gone| seen(gone).is_some());
            let (draft, filed) = (seen(&draft), seen(&filed));
            let mark = |there: bool| if there { "✔" } else { "✘" };
            let _ = writeln!(
                told,
                "  {name}: add {}, draft {}, filed {}, change {}{}",
                mark(register.may_add),
                mark(draft.is_some()),
                mark(filed.is_some()),
                mark(filed.as_ref().is_some_and(|page| page.may_change)),
                gone.map_or_else(String::new, |gone| format!(", merged {}", mark(gone))),
            );
            let Some(page) = filed else { continue };
            let all: BTreeSet<&str> = whole
                .iter()
                .map(|(name, _)| name.split('.').next().unwrap())
                .collect();
            let sees = |field: &&str| page.view.record.fields.contains_key(*field);
            let hidden: Vec<&str> = all.iter().copied().filter(|field| !sees(field)).collect();
            let fills = Desk::fields_to_fill(&who, &kind, Some(&page.view));
            let fixed: Vec<&str> = all
                .iter()
                .copied()
                .filter(|field| sees(field) && !fills.contains(field))
                .collect();
            if !hidden.is_empty() {
                let _ = writeln!(told, "    hidden: {}", hidden.join(", "));
            }
            if page.may_change && !fixed.is_empty() {
                let _ = writeln!(told, "    seen but not written: {}", fixed.join(", "));
            }
            // What one may not see stands in no version of the history either.
            for change in &page.history {
                assert!(
                    change.moved.iter().all(|moved| sees(&moved.field.as_str())),
                    "{name}: {change:?}"
                );
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_draft_becomes_a_record_once_it_is_complete() {
    let office = office();
    let desk = &office.desk;
    let (me, other) = (member(MAKER, DAY), member(OTHER, DAY));
    let started = vec![("name".to_owned(), "架空ステントα".to_owned())];
    let SavedRecord::Faults(faults) = desk
        .save_record(&me, "device", None, &started, Completeness::Final)
        .unwrap()
    else {
        panic!("it is not complete")
    };
    assert!(faults.iter().any(|fault| fault.field == "level"), "{faults:?}");
    let (owner, id) = kept(
        desk.save_record(&me, "device", None, &started, Completeness::Draft)
            .unwrap(),
    );
    assert_eq!(owner, MAKER);
    assert_eq!(
        desk.record(&other, "device", &owner, &id).unwrap_err().kind,
        "not-found"
    );
    assert_eq!(
        desk.record(&public(DAY), "device", &owner, &id).unwrap_err().kind,
        "not-found"
    );
    let drafts = RecordQuery {
        drafts: true,
        ..RecordQuery::default()
    };
    assert_eq!(desk.records(&me, "device", &drafts).unwrap().rows.len(), 1);
    assert_eq!(desk.records(&other, "device", &drafts).unwrap().rows.len(), 0);
    assert_eq!(
        desk.records(&me, "device", &RecordQuery::default())
            .unwrap()
            .found,
        0
    );

    let seen = |version| {
        Some(Seen {
            owner: &owner,
            id: &id,
            version,
        })
    };
    let whole = with(started, "level", "family");
    let stale = desk.save_record(&me, "device", seen(7), &whole, Completeness::Final);
    assert_eq!(stale.unwrap_err().kind, "conflict");
    let foreign = desk.save_record(&other, "device", seen(1), &whole, Completeness::Final);
    assert_eq!(foreign.unwrap_err().kind, "not-found");
    kept(
        desk.save_record(&me, "device", seen(1), &whole, Completeness::Final)
            .unwrap(),
    );
    let page = desk.record(&public(DAY), "device", &owner, &id).unwrap();
    assert_eq!((page.view.version, page.view.state), (2, RecordState::Filed));
    assert!(
        page.history.iter().all(|change| change.by.is_none()),
        "the public learns no names"
    );
    assert_eq!(page.history.len(), 1, "nor what stood in the draft");
    let own = desk.record(&me, "device", &owner, &id).unwrap();
    assert!(own.history[0].by.is_some());
    assert_eq!(own.history[0].moved[0].field, "level");

    // What was filed stays filed.
    let blank = desk
        .save_record(&me, "device", seen(2), &[], Completeness::Draft)
        .unwrap();
    assert!(matches!(blank, SavedRecord::Faults(_)));
}

#[test]
fn what_the_ministry_answers_nobody_else_writes() {
    let office = office();
    let desk = &office.desk;
    let (owner, id) = device(desk, "架空カテーテル", "class-4");
    let page = desk.record(&secretariat(DAY), "device", &owner, &id).unwrap();
    assert!(
        !page.view.record.fields.contains_key("origin"),
        "the maker typed it in vain"
    );
    let typed = record::pairs(
        &desk.register(&secretariat(DAY), "device").unwrap().kind,
        &page.view.record,
    );
    let typed = with(
        with(typed, "origin", "japan"),
        "origin_confirmed_on",
        "2026-10-01",
    );
    let seen = Seen {
        owner: &owner,
        id: &id,
        version: 1,
    };
    kept(
        desk.save_record(
            &secretariat(DAY),
            "device",
            Some(seen),
            &typed,
            Completeness::Final,
        )
        .unwrap(),
    );
    // The maker's next version leaves it as it is.
    let seen = Seen {
        owner: &owner,
        id: &id,
        version: 2,
    };
    let typed = with(typed, "origin", "abroad");
    kept(
        desk.save_record(
            &member(MAKER, DAY),
            "device",
            Some(seen),
            &typed,
            Completeness::Final,
        )
        .unwrap(),
    );
    let page = desk.record(&public(DAY), "device", &owner, &id).unwrap();
    let origin = page.view.record.fields["origin"].text();
    assert_eq!(origin.as_deref(), Some("japan"));
}

#[test]
fn records_are_found_by_words_fields_and_page_by_page() {
    let office = office();
    let desk = &office.desk;
    for number in 0..120 {
        let class = ["class-1", "class-2", "class-3", "class-4"][number % 4];
        device(desk, &format!("架空ペースメーカー{number:03}"), class);
    }
    device(desk, "架空濱田式ｽﾃﾝﾄ Delta", "class-4");
    let who = public(DAY);
    let list = |asked: &RecordQuery| desk.records(&who, "device", asked).unwrap();
    let by_words = |words: &str| {
        list(&RecordQuery {
            words: words.into(),
            ..RecordQuery::default()
        })
        .found
    };
    assert_eq!(
        (
            by_words("ぺーすめーかー"),
            by_words("浜田"),
            by_words("ステント"),
            by_words("delta")
        ),
        (120, 1, 1, 1)
    );
    assert_eq!(
        (
            by_words("delt"),
            by_words("スパナ"),
            by_words("ペースメーカー 007")
        ),
        (1, 0, 1)
    );
    let fields = |filters: &[(&str, &str)]| RecordQuery {
        filters: filters
            .iter()
            .map(|(field, text)| ((*field).into(), (*text).into()))
            .collect(),
        ..RecordQuery::default()
    };
    assert_eq!(list(&fields(&[("risk_class", "class-4")])).found, 31);
    assert_eq!(
        list(&fields(&[("risk_class", "class-4"), ("name", "架空ペース")])).found,
        30
    );
    let bad = desk.records(&who, "device", &fields(&[("labour_evidence", "x")]));
    assert_eq!(bad.unwrap_err().kind, "filter");

    let mut asked = RecordQuery {
        order: Some(("name".into(), true)),
        ..RecordQuery::default()
    };
    let mut names = vec![];
    loop {
        let page = list(&asked);
        assert_eq!(page.found, 121);
        names.extend(
            page.rows
                .iter()
                .map(|one| one.record.fields["name"].text().unwrap()),
        );
        let Some(next) = page.next else { break };
        asked.after = Some(next);
    }
    assert_eq!(names.len(), 121);
    assert!(
        names.is_sorted_by(|a, b| record::fold(a) >= record::fold(b)),
        "{names:?}"
    );

    // The index follows from the records: made again it answers the same, and it is made again only when the kind has changed.
    assert_eq!(desk.index_registers().unwrap(), 121);
    assert_eq!(desk.index_registers().unwrap(), 0);
    assert_eq!(by_words("浜田"), 1);
}

#[test]
fn a_reference_leads_both_ways_and_never_to_nothing() {
    let office = office();
    let desk = &office.desk;
    let (owner, id) = device(desk, "架空の製品群", "class-2");
    let kind = desk.register(&member(MAKER, DAY), "device").unwrap().kind;
    let child = |parent: &str| {
        let answers = with(with(answers(&kind, MAKER), "level", "model"), "parent", parent);
        desk.save_record(&member(MAKER, DAY), "device", None, &answers, Completeness::Final)
            .unwrap()
    };
    let SavedRecord::Faults(faults) = child("demo-maker/nothing") else {
        panic!("there is nothing of that name")
    };
    assert_eq!(faults[0].field, "parent");
    let (_, model) = kept(child(&format!("{owner}/{id}")));
    let page = desk.record(&public(DAY), "device", &owner, &id).unwrap();
    let referring: Vec<&str> = page.referring.iter().map(|(_, view)| view.id.as_str()).collect();
    assert_eq!(referring, [model]);
}

#[test]
fn five_hundred_reports_with_twenty_faulty_rows() {
    let office = office();
    let desk = &office.desk;
    let me = member(MAKER, DAY);
    let kind = desk.register(&me, "supply-report").unwrap().kind;
    let mut table = desk.record_table(&me, "supply-report", None).unwrap();
    assert_eq!(table.rows.len(), 0);
    let answers: BTreeMap<String, String> = answers(&kind, MAKER).into_iter().collect();
    let place = |name: &str| {
        table
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap()
    };
    let (title, choice) = (place(&kind.title_field), place("report_type"));
    let date = table
        .columns
        .iter()
        .position(|column| {
            kind.field(&column.name)
                .is_some_and(|field| field.shape == Shape::Date)
        })
        .unwrap();
    for number in 0..500 {
        let cell = |column: &app::Column| answers.get(&column.name).cloned().unwrap_or_default();
        let mut row: Vec<String> = table.columns.iter().map(cell).collect();
        row[title] = format!("架空の製品{number:03}");
        table.rows.push(row);
    }
    // Every 25th row is spoilt, each in one of four ways.
    for (number, row) in (12..500).step_by(25).enumerate() {
        let row = &mut table.rows[row];
        match number % 4 {
            0 => row[title] = String::new(),
            1 => row[choice] = "なぞ".into(),
            2 => row[date] = "令和8年13月1日".into(),
            _ => row[0] = "demo-maker/0123".into(),
        }
    }
    let purpose = Purpose::Records {
        kind: kind.id.clone(),
    };
    let id = desk
        .stage(&me, purpose.clone(), "報告.xlsx", workbook(&table))
        .unwrap();
    let staged = desk.staged(&me, &id).unwrap();
    let mut told = String::new();
    for fault in &staged.faults {
        let _ = writeln!(told, "{}: {}", fault.place(Lang::Ja), fault.ja);
        let _ = writeln!(told, "{}: {}", fault.place(Lang::En), fault.en);
    }
    insta::assert_snapshot!(told);
    assert_eq!((staged.rows, staged.faulty.len(), staged.fresh), (500, 20, 480));
    // Nobody else sees the file, not even that it is there.
    for who in [member(OTHER, DAY), secretariat(DAY), approver(DAY)] {
        assert_eq!(desk.staged(&who, &id).unwrap_err().kind, "not-found");
        assert_eq!(
            desk.take(&who, &id, &staged.faulty).unwrap_err().kind,
            "not-found"
        );
    }
    assert_eq!(desk.staged(&public(DAY), &id).unwrap_err().kind, "sign-in");
    assert_eq!(desk.take(&me, &id, &[]).unwrap_err().kind, "faults");
    assert_eq!(
        desk.records(&me, &kind.id, &RecordQuery::default())
            .unwrap()
            .found,
        0
    );
    assert_eq!(desk.take(&me, &id, &staged.faulty).unwrap(), Taken::Records(480));
    assert_eq!(desk.take(&me, &id, &[]).unwrap_err().kind, "taken");

    // What is given out and taken in again changes nothing; a row that was mended changes its record.
    let mut table = desk
        .record_table(&me, &kind.id, Some(&RecordQuery::default()))
        .unwrap();
    assert_eq!(table.rows.len(), 480);
    let again = desk
        .stage(&me, purpose.clone(), "報告.xlsx", workbook(&table))
        .unwrap();
    let staged = desk.staged(&me, &again).unwrap();
    assert_eq!(
        (staged.faults.len(), staged.fresh),
        (0, 0),
        "{:?}",
        staged.faults.first()
    );
    table.rows[7][title] = "架空の改良品".into();
    let mended = desk.stage(&me, purpose, "報告.xlsx", workbook(&table)).unwrap();
    assert_eq!(desk.take(&me, &mended, &[]).unwrap(), Taken::Records(1));
    let found = RecordQuery {
        words: "改良品".into(),
        ..RecordQuery::default()
    };
    let found = desk.records(&me, &kind.id, &found).unwrap();
    assert_eq!((found.found, found.rows[0].version), (1, 2));
}

#[test]
fn a_view_is_kept_for_whoever_saved_it_and_is_only_an_address() {
    let office = office_with(["firm-a"]);
    let desk = &office.desk;
    let (firm, other) = (member("firm-a", DAY), visit("b", "firm-a", Role::Member, DAY));
    let query = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let narrowed = query(&[
        ("f.phase", "actual"),
        ("q", "架空"),
        ("f.contact", "x"),
        ("done", "saved"),
        ("after", "y"),
        ("sort", ""),
    ]);
    let path = "/registers/supply-report";
    desk.save_view(&firm, " 発生中 ", path, &narrowed).unwrap();
    let saved = desk.saved_views(&firm).unwrap();
    assert_eq!((saved[0].name.as_str(), saved[0].today), ("発生中", false));
    // What narrows nothing, and what nobody can narrow by, is no part of it.
    assert_eq!(saved[0].query, query(&[("f.phase", "actual"), ("q", "架空")]));
    assert_eq!(desk.saved_views(&other).unwrap(), []);
    assert_eq!(desk.saved_views(&public(DAY)).unwrap_err().kind, "sign-in");
    // The same name on the same list is the same view.
    desk.save_view(&firm, "発生中", path, &query(&[("f.phase", "resolved")]))
        .unwrap();
    let saved = desk.saved_views(&firm).unwrap();
    assert_eq!((saved.len(), saved[0].query[0].1.as_str()), (1, "resolved"));
    desk.change_view(&firm, &saved[0].id, "解消した", true).unwrap();
    assert!(desk.saved_views(&firm).unwrap()[0].today);

    let refused = |name: &str, path: &str, list: &[(&str, &str)]| {
        desk.save_view(&firm, name, path, &query(list)).unwrap_err().kind
    };
    let q = [("q", "x")];
    assert_eq!(refused("", path, &q), "name");
    assert_eq!(refused(&"長".repeat(61), path, &q), "name");
    assert_eq!(refused("x", path, &[("after", "y")]), "query");
    assert_eq!(refused("x", path, &[("q", &"y".repeat(2_000))]), "query");
    for foreign in [
        "/registers/unknown",
        "//example.org",
        "/people",
        "https://example.org/cases",
    ] {
        assert_eq!(refused("x", foreign, &q), "not-found", "{foreign}");
    }
    let id = saved[0].id.as_str();
    assert_eq!(
        desk.change_view(&other, id, "x", true).unwrap_err().kind,
        "not-found"
    );
    assert_eq!(desk.remove_view(&other, id).unwrap_err().kind, "not-found");
    for number in 1..50 {
        desk.save_view(
            &firm,
            &format!("条件{number}"),
            "/cases",
            &query(&[("turn", "yes")]),
        )
        .unwrap();
    }
    assert_eq!(refused("もう一つ", path, &q), "too-many");
    desk.remove_view(&firm, id).unwrap();
    assert_eq!(desk.saved_views(&firm).unwrap().len(), 49);

    // The plan's views narrow by nothing that their reader does not see.
    let kind = desk.register(&firm, "supply-report").unwrap().kind;
    let ids = |visit: &Visit| -> Vec<String> {
        let views = Desk::standing_views(visit, &kind);
        views.into_iter().map(|view| view.id.clone()).collect()
    };
    assert_eq!(ids(&firm), ["going-on", "ending", "no-substitute"]);
    assert_eq!(
        ids(&secretariat(DAY)),
        ["going-on", "ending", "grave", "no-substitute"]
    );
}

/// The controls of one part of a form.
fn of_part(kind: &Kind, part: &str, whole: &[(String, String)]) -> Vec<(String, String)> {
    let is_here = |control: &str| {
        let field = control.split('.').next().unwrap();
        kind.fields_of(part).any(|one| one.name == field)
    };
    let list = whole.iter().filter(|(name, _)| is_here(name));
    list.cloned().collect()
}

/// In whichever order the parts of a long form are saved, and however often, the record says in the end what the whole form says at once.
#[test]
fn parts_saved_one_by_one_make_the_record_of_the_whole_form() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    for kind in kinds(desk).iter().filter(|kind| kind.is_long()) {
        let Ok(register) = desk.register(&me, &kind.id) else {
            continue;
        };
        if !register.may_add {
            continue;
        }
        let whole = answers(kind, MAKER);
        let at_once = desk.save_record(&me, &kind.id, None, &whole, Completeness::Final);
        let (owner, id) = kept(at_once.unwrap());
        let expected = desk.record(&me, &kind.id, &owner, &id).unwrap().view.record;
        let ids: Vec<String> = kind.parts.iter().map(|part| part.id.clone()).collect();
        let order = (
            Just(ids.clone()).prop_shuffle(),
            proptest::sample::subsequence(ids, 0..=2),
        );
        let config = ProptestConfig {
            cases: 6,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let saved = TestRunner::new(config).run(&order, |(order, again)| {
            let mut draft: Option<(String, String)> = None;
            let newest = |(owner, id): &(String, String)| {
                let page = desk.record(&me, &kind.id, owner, id).unwrap();
                page.view.version
            };
            for part in order.iter().chain(&again) {
                let seen = draft.as_ref().map(|draft| Seen {
                    owner: &draft.0,
                    id: &draft.1,
                    version: newest(draft),
                });
                let controls = of_part(kind, part, &whole);
                draft = Some(kept(
                    desk.save_part(&me, &kind.id, seen, part, &controls).unwrap(),
                ));
            }
            let (owner, id) = draft.unwrap();
            let page = desk.record(&me, &kind.id, &owner, &id).unwrap();
            prop_assert_eq!(page.view.state, RecordState::Draft);
            prop_assert_eq!(&page.view.record, &expected);
            let later = page.history.iter().rev().skip(1);
            prop_assert!(later.into_iter().all(|change| !change.moved.is_empty()));
            let seen = Seen {
                owner: &owner,
                id: &id,
                version: page.view.version,
            };
            kept(desk.file_draft(&me, &kind.id, seen).unwrap());
            let page = desk.record(&me, &kind.id, &owner, &id).unwrap();
            prop_assert_eq!(page.view.state, RecordState::Filed);
            prop_assert_eq!(&page.view.record, &expected);
            Ok(())
        });
        saved.unwrap_or_else(|fault| panic!("{}: {fault}", kind.id));
    }
}

#[test]
fn a_part_says_nothing_of_the_others() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    let list = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect()
    };
    // What is not of the part is not taken from its form.
    let typed = list(&[("name", "架空ステントβ"), ("approval_number", "なし")]);
    let (owner, id) = kept(desk.save_part(&me, "device", None, "identity", &typed).unwrap());
    let seen = |version| Seen {
        owner: &owner,
        id: &id,
        version,
    };
    let record = desk.record(&me, "device", &owner, &id).unwrap().view.record;
    assert_eq!(record.fields.len(), 1, "{record:?}");
    // A draft that wants something cannot be filed, and is told all of it.
    let SavedRecord::Faults(faults) = desk.file_draft(&me, "device", seen(1)).unwrap() else {
        panic!("it is not complete")
    };
    assert!(faults.iter().any(|fault| fault.field == "level"), "{faults:?}");
    // A mistake in the part is told there.
    let wrong = list(&[("risk_class", "class-9")]);
    let SavedRecord::Faults(faults) = desk
        .save_part(&me, "device", Some(seen(1)), "regulation", &wrong)
        .unwrap()
    else {
        panic!("there is no such class")
    };
    assert_eq!(faults[0].field, "risk_class");
    // Whoever saw another version, is somebody else or names no part of the kind is told so.
    let right = list(&[("risk_class", "class-4")]);
    let save = |who: &Visit, version, part: &str| {
        desk.save_part(who, "device", Some(seen(version)), part, &right)
            .map_err(|refusal| refusal.kind)
    };
    assert_eq!(save(&me, 7, "regulation").unwrap_err(), "conflict");
    assert_eq!(
        save(&member(OTHER, DAY), 1, "regulation").unwrap_err(),
        "not-found"
    );
    assert_eq!(save(&me, 1, "nothing").unwrap_err(), "not-found");
    let level = list(&[("name", "架空ステントβ"), ("level", "family")]);
    kept(
        desk.save_part(&me, "device", Some(seen(1)), "identity", &level)
            .unwrap(),
    );
    let stale = desk.file_draft(&me, "device", seen(1));
    assert_eq!(stale.unwrap_err().kind, "conflict");
    kept(desk.file_draft(&me, "device", seen(2)).unwrap());
}

/// An organisation with a name of its own; gives its id.
fn organisation(office: &Office, ja: &str, number: &str) -> String {
    let draft = app::OrganisationDraft {
        ja: ja.into(),
        en: format!("{ja} Co."),
        kind: "manufacturer".into(),
        corporate_number: number.into(),
    };
    let by = visit("admin", app::MINISTRY, Role::Administrator, DAY);
    office.desk.add_organisation(&by, &draft).unwrap()
}

#[test]
fn organisations_are_named_as_people_call_them() {
    let office = office();
    let first = organisation(&office, "架空医療機器株式会社", "3011001015116");
    let twins = [(); 2].map(|()| organisation(&office, "架空双子 工業", ""));
    let firm = member(MAKER, DAY);
    let save = |seen: Option<(&str, u32)>, partners: &str| {
        let controls: Vec<(String, String)> = [("title", "架空の技術"), ("partners", partners)]
            .map(|(name, text)| (name.into(), text.into()))
            .into();
        let seen = seen.map(|(id, version)| Seen {
            owner: MAKER,
            id,
            version,
        });
        let saved = office
            .desk
            .save_record(&firm, "technology-seed", seen, &controls, Completeness::Draft);
        saved.unwrap()
    };
    let partners = |id: &str| {
        let page = office.desk.record(&firm, "technology-seed", MAKER, id).unwrap();
        let value = &page.view.record.fields["partners"];
        value.each().filter_map(record::Value::text).collect::<Vec<_>>()
    };
    // By name, by the other language's, by number in full width, by id; each is kept once as the same.
    for text in [
        "架空医療機器株式会社",
        "　架空医療機器株式会社 co. ",
        "３０１１００１０１５１１６",
        &first,
    ] {
        let (_, id) = kept(save(None, text));
        assert_eq!(partners(&id), [&*first], "{text}");
    }
    let (_, id) = kept(save(None, &format!("架空医療機器株式会社\n{}", twins[1])));
    assert_eq!(partners(&id), [&*first, &*twins[1]]);
    // What names nobody, or two, is told by its field, and nothing is kept.
    for (text, code) in [
        ("架空にない組織", "no_organisation"),
        ("架空双子 工業", "several_organisations"),
        ("3011001015117", "no_organisation"),
    ] {
        let SavedRecord::Faults(faults) = save(None, &format!("{first}\n{text}")) else {
            panic!("{text} was kept")
        };
        let told: Vec<_> = faults.iter().map(|fault| (&*fault.name, fault.code)).collect();
        assert_eq!(told, [("partners", code)]);
        assert!(faults[0].ja.contains(text) && faults[0].en.contains(text));
    }
    // It is read, and written again, by its name, unless two have that.
    let ids = [&*first, &*twins[0], "架空にない組織"].into_iter();
    let written = office.desk.organisations_written(ids, Lang::Ja).unwrap();
    assert_eq!(written, ["架空医療機器株式会社", &*twins[0], "架空にない組織"]);
    assert_eq!(
        office.desk.organisation_in_answer(&twins[0], Lang::Ja),
        "架空双子 工業"
    );
    assert!(!office.desk.knows_organisations(&firm) && office.desk.knows_organisations(&secretariat(DAY)));
}

#[test]
fn records_are_named_as_people_call_them() {
    let office = office();
    let (_, model) = device(&office.desk, "架空輸液ポンプ 壱型", "class-3");
    let (_, longer) = device(&office.desk, "架空輸液ポンプ 壱型改", "class-3");
    for _ in 0..2 {
        device(&office.desk, "架空の双子", "class-2");
    }
    let firm = member(MAKER, DAY);
    let save = |visit: &Visit, text: &str| {
        let controls: Vec<(String, String)> = [("name", "架空の版"), ("device", text)]
            .map(|(name, text)| (name.into(), text.into()))
            .into();
        let saved = office
            .desk
            .save_record(visit, "device-security", None, &controls, Completeness::Draft);
        saved.unwrap()
    };
    let linked = |id: &str| {
        let page = office.desk.record(&firm, "device-security", MAKER, id).unwrap();
        page.view.record.fields["device"].text().unwrap()
    };
    let at = |id: &str| format!("{MAKER}/{id}");
    for (text, id) in [
        ("架空輸液ポンプ 壱型", &model),
        ("架空輸液ポンプ　壱型改", &longer),
        (&*at(&model), &model),
    ] {
        let (_, kept) = kept(save(&firm, text));
        assert_eq!(linked(&kept), at(id), "{text}");
    }
    for (text, code) in [("架空の双子", "several_records"), ("架空輸液ポンプ", "no_record")] {
        let SavedRecord::Faults(faults) = save(&firm, text) else {
            panic!("{text} was kept")
        };
        let told: Vec<_> = faults.iter().map(|fault| (&*fault.name, fault.code)).collect();
        assert_eq!(told, [("device", code)]);
    }
}
