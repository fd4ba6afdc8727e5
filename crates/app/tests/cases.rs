//! Cases, from the filing of a record to the end of its procedure: who can do what when, who sees what, who is told, what is due.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(
    clippy::too_many_lines,
    reason = "a way is told whole, from its beginning to its end"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use app::{
    Acted, Ask, CaseAct, CaseQuery, Command, Completeness, Count, Happened, Post, RecordPage, SavedRecord,
    Seen, SupplyQuery, Visit,
};
use authz::Role;

mod desk;

use desk::{Office, approver, member, office_with, public, secretariat, visit};

const KIND: &str = "supply-report";
const ORGANISATIONS: [&str; 4] = ["firm-a", "maker-b", "hospital-h", "hospital-x"];

fn controls(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect()
}

fn report() -> Vec<(String, String)> {
    controls(&[
        ("name", "架空カテーテルB"),
        ("product_codes", "09501101020917"),
        ("report_type", "stock-out"),
        ("need", "400"),
        ("contact", "架空 担当者"),
    ])
}

fn save(
    office: &Office,
    visit: &Visit,
    kind: &str,
    controls: &[(String, String)],
    how: Completeness,
) -> String {
    match office.desk.save_record(visit, kind, None, controls, how).unwrap() {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

fn file(office: &Office, day: &str) -> String {
    save(
        office,
        &member("firm-a", day),
        KIND,
        &report(),
        Completeness::Final,
    )
}

fn page(office: &Office, visit: &Visit, id: &str) -> RecordPage {
    office.desk.record(visit, KIND, "firm-a", id).unwrap()
}

fn go(
    office: &Office,
    visit: &Visit,
    id: &str,
    transition: &str,
    reason: &str,
    list: &[(&str, &str)],
) -> Acted {
    try_go(office, visit, id, transition, reason, list).unwrap()
}

fn try_go(
    office: &Office,
    visit: &Visit,
    id: &str,
    transition: &str,
    reason: &str,
    list: &[(&str, &str)],
) -> Result<Acted, vocab::Refusal> {
    while office.desk.work(&|| visit.at, &|| true).unwrap() {}
    let seen = office.desk.record(visit, KIND, "firm-a", id)?;
    office.desk.act(
        visit,
        &CaseAct {
            kind: KIND,
            owner: "firm-a",
            id,
            version: seen.case.map_or(0, |case| case.version),
            command: Command::Move {
                transition: transition.into(),
                reason: reason.into(),
                dissent: String::new(),
            },
            controls: &controls(list),
        },
    )
}

fn state(office: &Office, visit: &Visit, id: &str) -> String {
    page(office, visit, id).case.unwrap().state.unwrap().id
}

fn turns(office: &Office, visit: &Visit) -> usize {
    let asked = CaseQuery {
        turn: true,
        ..CaseQuery::default()
    };
    office.desk.cases(visit, &asked).unwrap().rows.len()
}

fn told(office: &Office, visit: &Visit) -> Vec<String> {
    let list = office.desk.notices(visit).unwrap();
    list.into_iter().map(|notice| notice.text.en).collect()
}

fn asset(office: &Office, hospital: &str, name: &str, gtin: &str) {
    let fields = controls(&[
        ("name", name),
        ("gtin", gtin),
        ("quantity", "3"),
        ("department", "架空病棟"),
    ]);
    save(
        office,
        &member(hospital, "2026-05-01"),
        "hospital-asset",
        &fields,
        Completeness::Final,
    );
}

#[test]
fn a_supply_report_goes_its_whole_way() {
    let office = office_with(ORGANISATIONS);
    asset(&office, "hospital-h", "病院での呼び名", "09501101020917");
    asset(&office, "hospital-x", "別の製品", "04901234567894");
    let day = "2026-06-01";
    let (firm, ministry, head) = (member("firm-a", day), secretariat(day), approver(day));
    let (maker, hospital, stranger) = (
        member("maker-b", day),
        member("hospital-h", day),
        member("hospital-x", day),
    );

    // Filed: it is the ministry's turn, and nobody else knows.
    let id = file(&office, day);
    let seen = page(&office, &firm, &id).case.unwrap();
    assert_eq!(seen.number, "SR-2026-00001");
    assert_eq!(seen.state.unwrap().id, "filed");
    assert!(!seen.turn);
    assert_eq!(
        (
            turns(&office, &ministry),
            turns(&office, &firm),
            turns(&office, &maker)
        ),
        (1, 0, 0)
    );
    assert_eq!(
        told(&office, &ministry),
        ["A supply report was filed. Look it through."]
    );
    for other in [&maker, &hospital, &stranger] {
        assert_eq!(
            office.desk.record(other, KIND, "firm-a", &id).unwrap_err().kind,
            "not-found"
        );
        assert!(office.desk.supply_for_me(other).unwrap().is_empty());
    }
    assert_eq!(
        office
            .desk
            .record(&public(day), KIND, "firm-a", &id)
            .unwrap_err()
            .kind,
        "sign-in"
    );
    assert!(
        office
            .desk
            .supply_board(&public(day), &SupplyQuery::default())
            .unwrap()
            .reports
            .is_empty()
    );

    // Returned and filed again.
    assert_eq!(
        go(
            &office,
            &ministry,
            &id,
            "return",
            "製品コードを確かめてください。",
            &[]
        ),
        Acted::Done
    );
    assert_eq!((turns(&office, &ministry), turns(&office, &firm)), (0, 1));
    assert_eq!(go(&office, &firm, &id, "file-again", "", &[]), Acted::Done);

    // Taking it up needs two fields, which are filled in with it.
    let Acted::Faults(faults) = go(&office, &ministry, &id, "take-up", "", &[]) else {
        panic!("taken up without its fields");
    };
    let named: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(named, ["phase", "severity"]);
    assert_eq!(
        go(
            &office,
            &ministry,
            &id,
            "take-up",
            "",
            &[("phase", "actual"), ("severity", "high")]
        ),
        Acted::Done
    );
    // What one cannot see one cannot fill in.
    assert_eq!(
        try_go(&office, &hospital, &id, "return", "x", &[])
            .unwrap_err()
            .kind,
        "not-found"
    );

    // It is public now, as far as its fields are; the hospital that holds it is told, the other is not.
    while office.desk.work(&|| ministry.at, &|| true).unwrap() {}
    let open = page(&office, &public(day), &id);
    assert!(open.case.is_none() && open.history.is_empty() && open.public_state.is_some());
    assert!(open.view.record.fields.contains_key("name"));
    for hidden in ["need", "contact", "severity"] {
        assert!(!open.view.record.fields.contains_key(hidden), "{hidden}");
    }
    assert_eq!(told(&office, &hospital).len(), 1);
    assert!(told(&office, &stranger).is_empty());
    let mine = office.desk.supply_for_me(&hospital).unwrap();
    assert_eq!((mine.len(), mine[0].quantity), (1, 3));
    assert_eq!(mine[0].assets[0].name, "病院での呼び名");
    assert!(office.desk.supply_for_me(&stranger).unwrap().is_empty());

    let impact = [
        ("affected.from", "2026-06-01"),
        ("affected.to", "2026-12-31"),
        ("causes", "materials"),
        ("substitutable", "others"),
        ("measures", "在庫を割り当てます。"),
    ];
    let done = go(&office, &firm, &id, "report-impact", "", &impact);
    assert_eq!(done, Acted::Done, "{done:?}");

    // Makers are asked with consent alone, which is the firm's to give. They are named as people call them.
    let unknown = go(
        &office,
        &ministry,
        &id,
        "ask-makers",
        "",
        &[("asked", "架空の無い組織")],
    );
    let Acted::Faults(faults) = unknown else {
        panic!("nobody was asked: {unknown:?}");
    };
    assert_eq!(
        (faults[0].field.as_str(), faults[0].code),
        ("asked", "no_organisation")
    );
    let asked = [("asked", "架空の組織　ＭＡＫＥＲ－Ｂ"), ("consent", "yes")];
    let Acted::Faults(faults) = go(&office, &ministry, &id, "ask-makers", "", &asked) else {
        panic!("asked without consent");
    };
    assert_eq!(faults[0].field, "consent");
    let mut whole = report();
    whole.extend(controls(&impact));
    whole.extend(controls(&[("consent", "yes"), ("phase", "actual")]));
    let version = page(&office, &firm, &id).view.version;
    let seen = Seen {
        owner: "firm-a",
        id: &id,
        version,
    };
    let saved = office
        .desk
        .save_record(&firm, KIND, Some(seen), &whole, Completeness::Final)
        .unwrap();
    assert!(matches!(saved, SavedRecord::Kept(..)), "{saved:?}");
    assert_eq!(turns(&office, &maker), 0);
    assert_eq!(go(&office, &ministry, &id, "ask-makers", "", &asked), Acted::Done);

    // The maker that is asked takes part from now on, and sees what is for parties and not what is the firm's own.
    assert_eq!(turns(&office, &maker), 1);
    let part = page(&office, &maker, &id);
    assert!(
        !part.view.record.fields.contains_key("asked"),
        "who else is asked is for the firm and the ministry"
    );
    assert!(!part.view.record.fields.contains_key("need"));
    let case = part.case.unwrap();
    assert_eq!(case.speaks, ["maker-b"]);
    let say = |visit: &Visit, with: Option<&str>, text: &str| {
        let version = page(&office, visit, &id).case.map_or(0, |case| case.version);
        office.desk.act(
            visit,
            &CaseAct {
                kind: KIND,
                owner: "firm-a",
                id: &id,
                version,
                command: Command::Say {
                    with: with.map(str::to_owned),
                    text: text.into(),
                    files: vec![],
                },
                controls: &[],
            },
        )
    };
    assert_eq!(
        say(&maker, None, "月に200本まで増やせます。").unwrap(),
        Acted::Done
    );
    // Having answered, it is not awaited any more, until it is asked again.
    assert_eq!(turns(&office, &maker), 0);
    assert!(!page(&office, &maker, &id).case.unwrap().turn);
    assert_eq!(
        say(&ministry, Some("maker-b"), "いつからでしょうか。").unwrap(),
        Acted::Done
    );
    assert_eq!(turns(&office, &maker), 1);
    say(&maker, None, "来月からです。").unwrap();
    let heard = |visit: &Visit| {
        let history = page(&office, visit, &id).case.unwrap().history;
        history
            .iter()
            .any(|event| matches!(&event.what, Happened::Said { .. }))
    };
    assert!(heard(&ministry) && heard(&maker) && !heard(&firm));
    assert_eq!(
        say(&hospital, None, "聞こえますか").unwrap_err().kind,
        "not-found"
    );

    assert_eq!(
        go(&office, &ministry, &id, "makers-answered", "", &[]),
        Acted::Done
    );
    assert_eq!(
        go(
            &office,
            &firm,
            &id,
            "societies-told",
            "",
            &[("societies", "架空学会")]
        ),
        Acted::Done
    );
    let words = [
        ("assessment", "代替品がある。"),
        ("severity", "high"),
        ("notice", "代替品をお使いください。"),
    ];
    assert_eq!(
        go(&office, &ministry, &id, "propose", "代替品で足りる。", &words),
        Acted::Done
    );

    // What the ministry says within itself the firm does not read.
    let within = format!("{:?}", page(&office, &firm, &id).case.unwrap().history);
    assert!(!within.contains("代替品で足りる。"), "{within}");

    // Four eyes: whoever proposed does not decide, be they an approver too.
    let both = visit("sato", app::MINISTRY, Role::Approver, day);
    assert_eq!(
        try_go(&office, &both, &id, "accept", "よい。", &[])
            .unwrap_err()
            .kind,
        "four_eyes"
    );
    assert_eq!(go(&office, &head, &id, "accept", "よい。", &[]), Acted::Done);
    assert_eq!(state(&office, &firm, &id), "monitoring");
    // What is public and is changed outside a step is told to those who hold the product and to the ministry; what is not public is told to nobody.
    let change = |more: &[(&str, &str)], new: bool| {
        while office.desk.work(&|| ministry.at, &|| true).unwrap() {}
        let before = (told(&office, &hospital).len(), told(&office, &ministry).len());
        let current = page(&office, &firm, &id).view;
        let mut list: Vec<(String, String)> =
            record::pairs(&office.desk.register(&firm, KIND).unwrap().kind, &current.record);
        list.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        list.extend(controls(more));
        let seen = Seen {
            owner: "firm-a",
            id: &id,
            version: current.version,
        };
        let saved = office
            .desk
            .save_record(&firm, KIND, Some(seen), &list, Completeness::Final);
        assert!(matches!(saved.unwrap(), SavedRecord::Kept(..)));
        while office.desk.work(&|| ministry.at, &|| true).unwrap() {}
        let after = (told(&office, &hospital).len(), told(&office, &ministry).len());
        let one = usize::from(new);
        assert_eq!(after, (before.0 + one, before.1 + one), "{more:?}");
    };
    change(&[("recovery", "2028-03-31")], true);
    change(&[("recovery_plan", "架空の計画")], false);
    let done = go(
        &office,
        &firm,
        &id,
        "update",
        "",
        &[
            ("phase", "resolved"),
            ("affected.from", "2026-06-01"),
            ("affected.to", "2026-10-31"),
        ],
    );
    assert_eq!(done, Acted::Done, "{done:?}");
    assert_eq!(go(&office, &ministry, &id, "close", "", &[]), Acted::Done);
    assert_eq!(state(&office, &ministry, &id), "closed");
    assert_eq!(
        (
            turns(&office, &ministry),
            turns(&office, &firm),
            turns(&office, &maker)
        ),
        (0, 0, 0)
    );

    let board = office
        .desk
        .supply_board(&public(day), &SupplyQuery::default())
        .unwrap();
    assert_eq!(board.reports.len(), 1);
    assert_eq!(board.phases.get("resolved"), Some(&1));
    assert!(board.prefectures.is_empty());
    while office.desk.work(&|| ministry.at, &|| true).unwrap() {}
    assert!(told(&office, &hospital).len() >= 3);
    insta::assert_snapshot!("what_a_hospital_is_told", told(&office, &hospital).join("\n"));
}

#[test]
fn a_name_noted_for_later_tells_its_organisation_nothing() {
    let office = office_with(ORGANISATIONS);
    let day = "2026-06-01";
    let (ministry, maker) = (secretariat(day), member("maker-b", day));
    let id = file(&office, day);
    let up = [("phase", "actual"), ("severity", "high")];
    assert_eq!(go(&office, &ministry, &id, "take-up", "", &up), Acted::Done);
    // The report is public, and the ministry writes down whom it will ask.
    let mut whole = report();
    whole.extend(controls(&up));
    whole.extend(controls(&[("asked", "maker-b"), ("asked", "hospital-x")]));
    let seen = Seen {
        owner: "firm-a",
        id: &id,
        version: page(&office, &ministry, &id).view.version,
    };
    let saved = office
        .desk
        .save_record(&ministry, KIND, Some(seen), &whole, Completeness::Final);
    assert!(matches!(saved.unwrap(), SavedRecord::Kept(..)));
    assert!(
        page(&office, &ministry, &id)
            .view
            .record
            .fields
            .contains_key("asked")
    );
    let open = page(&office, &maker, &id);
    assert!(open.case.is_none() && !open.view.record.fields.contains_key("asked"));
    assert_eq!(turns(&office, &maker), 0);
}

#[test]
fn a_report_that_was_public_is_withdrawn_in_public() {
    let office = office_with(ORGANISATIONS);
    asset(&office, "hospital-h", "病院での呼び名", "09501101020917");
    let day = "2026-06-01";
    let (firm, ministry, hospital) = (member("firm-a", day), secretariat(day), member("hospital-h", day));
    let early = file(&office, day);
    assert_eq!(
        go(&office, &firm, &early, "withdraw", "誤って提出した。", &[]),
        Acted::Done
    );
    let id = file(&office, day);
    let up = [("phase", "anticipated"), ("severity", "low")];
    assert_eq!(go(&office, &ministry, &id, "take-up", "", &up), Acted::Done);
    assert_eq!(
        try_go(&office, &firm, &id, "withdraw", "解決した。", &[])
            .unwrap_err()
            .kind,
        "moved_on"
    );
    assert_eq!(go(&office, &firm, &id, "retract", "解決した。", &[]), Acted::Done);
    while office.desk.work(&|| ministry.at, &|| true).unwrap() {}
    assert_eq!(
        told(&office, &hospital)[0],
        "There is news on the supply of a product that you hold (The report was withdrawn)."
    );
    let board = office
        .desk
        .supply_board(&public(day), &SupplyQuery::default())
        .unwrap();
    assert_eq!(board.reports.len(), 1, "what was never public stays so");
    assert!(board.reports[0].is_settled());
}

#[test]
fn reports_count_in_the_year_in_which_they_came_and_stand_apart() {
    let office = office_with(ORGANISATIONS);
    let count = |visit: &Visit| {
        let view = office
            .desk
            .rashin()
            .unwrap()
            .view("ref4", &Ask::default())
            .unwrap();
        match office.desk.counted(visit, &view).unwrap() {
            Some(Count::Reports(count)) => count,
            other => panic!("{other:?}"),
        }
    };
    let day = "2026-06-01";
    // Nobody has reported: no year, and not a year with zero.
    assert_eq!(count(&public(day)).years, []);
    let (firm, ministry) = (member("firm-a", day), secretariat(day));
    // The last day of a fiscal year in Japan.
    file(&office, "2025-03-31");
    let up = |id: &str, phase: &str| {
        let fields = [("phase", phase), ("severity", "low")];
        assert_eq!(go(&office, &ministry, id, "take-up", "", &fields), Acted::Done);
    };
    up(&file(&office, day), "anticipated");
    up(&file(&office, day), "actual");
    let public_once = file(&office, day);
    up(&public_once, "actual");
    go(&office, &firm, &public_once, "retract", "解決した。", &[]);
    let never_public = file(&office, day);
    go(&office, &firm, &never_public, "withdraw", "誤り。", &[]);
    file(&office, day);
    let seen = count(&public(day));
    assert!(!seen.reads_all && count(&ministry).reads_all);
    assert_eq!(seen.years, count(&firm).years, "everybody is told the same");
    insta::assert_snapshot!(serde_json::to_string_pretty(&seen).unwrap());
    // A count opens its reports, and a month in which nobody reported is in the series without figures.
    let board = |asked: &SupplyQuery| office.desk.supply_board(&public(day), asked).unwrap();
    for (phase, reports) in [
        ("anticipated", 1),
        ("actual", 1),
        ("withdrawn", 1),
        ("avoided", 0),
    ] {
        let asked = SupplyQuery {
            phase: phase.into(),
            year: "2026".into(),
            ..SupplyQuery::default()
        };
        assert_eq!(board(&asked).reports.len(), reports, "{phase}");
    }
    let later = file(&office, "2026-08-31");
    let fields = [("phase", "resolved"), ("severity", "low")];
    go(
        &office,
        &secretariat("2026-08-31"),
        &later,
        "take-up",
        "",
        &fields,
    );
    insta::assert_snapshot!(
        serde_json::to_string(&board(&SupplyQuery::default()).months).unwrap(),
        @r#"{"2026-06":{"actual":1,"anticipated":1,"withdrawn":1},"2026-07":{},"2026-08":{"resolved":1}}"#
    );
}

#[test]
fn whoever_acts_on_an_old_page_is_told() {
    let office = office_with(ORGANISATIONS);
    let day = "2026-06-01";
    let id = file(&office, day);
    let ministry = secretariat(day);
    let version = page(&office, &ministry, &id).case.unwrap().version;
    let act = |version| {
        office.desk.act(
            &ministry,
            &CaseAct {
                kind: KIND,
                owner: "firm-a",
                id: &id,
                version,
                command: Command::Note {
                    text: "電話で確かめた。".into(),
                    files: vec![],
                },
                controls: &[],
            },
        )
    };
    assert_eq!(act(version).unwrap(), Acted::Done);
    // Whoever presses twice has said it once; what is said meanwhile stands in nobody's way, a step does.
    assert_eq!(act(version).unwrap(), Acted::Done);
    let notes = |who: &Visit| {
        let history = page(&office, who, &id).case.unwrap().history;
        let noted = history
            .iter()
            .filter(|event| matches!(event.what, Happened::Noted { .. }));
        noted.count()
    };
    assert_eq!(notes(&ministry), 1);
    let with = |who: &Visit, command: Command| {
        let act = CaseAct {
            kind: KIND,
            owner: "firm-a",
            id: &id,
            version,
            command,
            controls: &[],
        };
        office.desk.act(who, &act)
    };
    let firm = member("firm-a", day);
    let say = Command::Say {
        with: None,
        text: "明日までに補足します。".into(),
        files: vec![],
    };
    assert_eq!(with(&firm, say).unwrap(), Acted::Done);
    let moves = |transition: &str| Command::Move {
        transition: transition.into(),
        reason: "架空の理由".into(),
        dissent: String::new(),
    };
    assert_eq!(with(&ministry, moves("return")).unwrap(), Acted::Done);
    assert_eq!(with(&firm, moves("withdraw")).unwrap_err().kind, "conflict");
    // Notes are the ministry's.
    let firm = page(&office, &member("firm-a", day), &id).case.unwrap();
    assert!(
        !firm
            .history
            .iter()
            .any(|event| matches!(event.what, Happened::Noted { .. }))
    );
    assert!(!firm.notes);
}

#[test]
fn clocks_remind_once_and_escalate_once() {
    let office = office_with(ORGANISATIONS);
    let id = file(&office, "2026-06-01");
    let run = |day: &str| office.desk.run_clocks(secretariat(day).at).unwrap();
    let reminded = |day: &str| {
        let list = told(&office, &secretariat(day));
        list.iter().filter(|text| text.contains("is due by")).count()
    };
    // Two business days from Monday, reminded one before.
    run("2026-06-01");
    assert_eq!(reminded("2026-06-01"), 0);
    assert_eq!(run("2026-06-02"), 1);
    assert_eq!(run("2026-06-02"), 0);
    assert_eq!(reminded("2026-06-02"), 1);
    assert_eq!(run("2026-06-03"), 0);
    assert!(told(&office, &approver("2026-06-03")).is_empty());
    assert_eq!(run("2026-06-04"), 1);
    assert_eq!(run("2026-06-05"), 0);
    let late = told(&office, &approver("2026-06-05"));
    assert_eq!(late, ["“Looking the report through” is overdue."]);
    let case = page(&office, &secretariat("2026-06-05"), &id).case.unwrap();
    assert!(case.clocks[0].overdue);
    assert_eq!(case.clocks[0].by.unwrap().to_string(), "2026-06-03");
    let today = office.desk.today(&secretariat("2026-06-05")).unwrap();
    assert_eq!(today[0].due.unwrap().to_string(), "2026-06-03");
}

#[test]
fn numbers_go_on_within_a_year_and_begin_anew_with_the_next() {
    let office = office_with(ORGANISATIONS);
    let number = |day: &str| {
        let id = file(&office, day);
        page(&office, &member("firm-a", day), &id).case.unwrap().number
    };
    assert_eq!(number("2027-03-30"), "SR-2026-00001");
    assert_eq!(number("2027-03-31"), "SR-2026-00002");
    assert_eq!(number("2027-04-01"), "SR-2027-00001");
}

#[test]
fn a_draft_has_no_case_yet() {
    let office = office_with(ORGANISATIONS);
    let firm = member("firm-a", "2026-06-01");
    let id = save(
        &office,
        &firm,
        KIND,
        &controls(&[("name", "架空")]),
        Completeness::Draft,
    );
    let case = page(&office, &firm, &id).case.unwrap();
    assert!(case.state.is_none() && case.steps.is_empty() && case.number.is_empty());
    assert_eq!(turns(&office, &secretariat("2026-06-01")), 0);
}

#[test]
fn letters_are_one_a_day_and_one_an_hour_for_what_is_urgent() {
    let sent = Arc::new(Mutex::new(vec![]));
    let kept = Arc::clone(&sent);
    let post: Post = Box::new(move |letter| {
        let told = letter.notices.len();
        kept.lock()
            .unwrap()
            .push((letter.to.clone(), letter.urgent, told, letter.tasks.len()));
        Ok(())
    });
    let office = office_with(ORGANISATIONS).with_post(post);
    office.account("sato", app::MINISTRY, "secretariat");
    office.account("firm-a-tanto", "firm-a", "member");
    let at = |time: &str| -> jiff::Timestamp { time.parse().unwrap() };
    let run = |time: &str, whole: bool| {
        office.desk.call_letters(at(time), whole).unwrap();
        while office.desk.send(&|| at(time), &|| true).unwrap() {}
        std::mem::take(&mut *sent.lock().unwrap())
    };
    // 6 in the morning in Japan: too early for the day's letter, and nothing is urgent.
    assert_eq!(run("2026-06-01T21:00:00Z", true), []);
    // The day's letter has nothing to say. A report is filed at noon: urgent for the ministry, not for the firm.
    assert_eq!(run("2026-06-01T22:30:00Z", true), []);
    file(&office, "2026-06-02");
    let secretariat = ("sato@rashin.example".to_owned(), true, 1, 0);
    let noon = run("2026-06-02T03:01:00Z", true);
    assert!(noon.contains(&secretariat), "{noon:?}");
    assert_eq!(run("2026-06-02T03:02:00Z", false), [], "neither is sent twice");
    // Another within the hour waits for the next.
    let later = Visit {
        at: at("2026-06-02T03:20:00Z"),
        ..member("firm-a", "2026-06-02")
    };
    save(&office, &later, KIND, &report(), Completeness::Final);
    assert_eq!(run("2026-06-02T03:30:00Z", false), []);
    assert_eq!(run("2026-06-02T04:00:10Z", false), [secretariat]);
    assert_eq!(run("2026-06-02T05:00:10Z", false), []);
    // The next morning the day's letter says what waits and what happened since the last.
    let morning = run("2026-06-02T22:00:00Z", true);
    let mut whom: Vec<_> = morning
        .iter()
        .map(|(to, urgent, told, tasks)| (to.as_str(), *urgent, *told, *tasks))
        .collect();
    whom.sort_unstable();
    assert_eq!(
        whom,
        [
            ("firm-a-tanto@rashin.example", false, 2, 0),
            ("sato@rashin.example", false, 2, 2)
        ]
    );
}

#[test]
fn what_a_letter_was_to_tell_is_told_by_the_next_one_that_can_be_sent() {
    let (sent, down) = (Arc::new(Mutex::new(vec![])), Arc::new(AtomicBool::new(false)));
    let (kept, dead) = (Arc::clone(&sent), Arc::clone(&down));
    let post: Post = Box::new(move |letter| {
        if dead.load(Ordering::Relaxed) {
            return Err("no answer".into());
        }
        kept.lock().unwrap().push((letter.urgent, letter.notices.len()));
        Ok(())
    });
    let office = office_with(ORGANISATIONS).with_post(post);
    office.account("firm-a-tanto", "firm-a", "member");
    let at = |time: &str| -> jiff::Timestamp { time.parse().unwrap() };
    let run = |time: &str| {
        office.desk.call_letters(at(time), true).unwrap();
        while office.desk.send(&|| at(time), &|| true).unwrap() {}
        std::mem::take(&mut *sent.lock().unwrap())
    };
    assert_eq!(run("2026-06-01T22:30:00Z"), []);
    // A report is filed after the day's letter, and the server is not there for days.
    file(&office, "2026-06-02");
    assert_eq!(run("2026-06-05T22:30:00Z"), [(false, 1)]);
    assert_eq!(run("2026-06-06T22:30:00Z"), []);
    // Another is filed, and the mail server does not answer until the letter is given up.
    file(&office, "2026-06-07");
    down.store(true, Ordering::Relaxed);
    for hour in 0..20 {
        let day = if hour < 2 { "2026-06-07T22" } else { "2026-06-08T0" };
        let hour = if hour < 2 {
            format!("{day}:{}5:00Z", hour + 3)
        } else {
            format!("{day}{}:{}5:00Z", hour / 3, hour % 3)
        };
        assert_eq!(run(&hour), []);
    }
    down.store(false, Ordering::Relaxed);
    assert_eq!(run("2026-06-08T22:30:00Z"), [(false, 1)]);
    // What is urgent and stands in the day's letter is not written twice.
    office.account("sato", app::MINISTRY, "secretariat");
    file(&office, "2026-06-10");
    assert_eq!(run("2026-06-10T22:30:00Z").len(), 2);
}

/// Two servers share one queue: each letter is sent by one of them, and what one that was killed had begun is sent by the
/// other once its lease has run out, not before and not again.
#[test]
fn what_a_killed_server_had_begun_another_one_ends() {
    let sent = Arc::new(Mutex::new(vec![]));
    let post = || -> Post {
        let kept = Arc::clone(&sent);
        Box::new(move |letter| {
            kept.lock().unwrap().push(letter.to.clone());
            Ok(())
        })
    };
    // What kills the first server does so in the midst of its first letter: nothing after it is done.
    let killed = AtomicBool::new(false);
    let first = post();
    let office = office_with(ORGANISATIONS).with_post(Box::new(move |letter| {
        assert!(killed.swap(true, Ordering::Relaxed), "killed");
        first(letter)
    }));
    let other = office.another().with_post(Some(post()));
    office.account("sato", app::MINISTRY, "secretariat");
    office.account("suzuki", app::MINISTRY, "secretariat");
    file(&office, "2026-06-02");
    let at = |time: &str| -> jiff::Timestamp { time.parse().unwrap() };
    let noon = at("2026-06-02T03:01:00Z");
    std::thread::scope(|scope| {
        for desk in [&office.desk, &other] {
            scope.spawn(move || desk.call_letters(noon, false).unwrap());
        }
    });
    let cut = || office.desk.send(&|| noon, &|| true);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(cut)).is_err());

    let all = |desk: &app::Desk, time: &str| {
        while desk.send(&|| at(time), &|| true).unwrap() {}
        let mut whom = std::mem::take(&mut *sent.lock().unwrap());
        whom.sort_unstable();
        whom
    };
    assert_eq!(
        all(&other, "2026-06-02T03:01:01Z").len(),
        1,
        "the one that nobody has"
    );
    assert_eq!(all(&other, "2026-06-02T03:10:59Z").len(), 0, "the lease holds");
    assert_eq!(all(&other, "2026-06-02T03:11:00Z").len(), 1, "it has run out");
    for desk in [&office.desk, &other] {
        assert_eq!(
            all(desk, "2026-06-02T04:59:00Z").len(),
            0,
            "neither is sent twice"
        );
    }
}
