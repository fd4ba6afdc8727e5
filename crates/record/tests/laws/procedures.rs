//! Cases on their way: the whole supply report as a person reads it, what is refused and how, what clocks do, who sees and is told what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::date;
use plan::{Counterpart, Kind, Plan, Procedure, Reason, Who};
use record::procedure::{
    Actor, By, Case, Command, Event, Recipient, What, apply, choices, decide, diagram, due, follow, history,
    tells, waits_for,
};
use record::{Record, Value};

use crate::calendars::CALENDAR;
use crate::cases::{
    PLAN, about, deputy_for, everybody, full, kind_of, named, noon, note, of_the_plan, person, ready, run,
    say, step, viewer,
};
use crate::samples::{example, plan_of};

fn recipients(who: &[Recipient]) -> String {
    let names: Vec<String> = who
        .iter()
        .map(|who| match who {
            Recipient::Who(Who::Role(role)) => (*role).to_owned(),
            Recipient::Who(who) => format!("{who:?}").to_lowercase(),
            Recipient::Organisation(id) => format!("of {id}"),
        })
        .collect();
    names.join(", ")
}

fn assert_said(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "said", omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_supply_report_goes_its_whole_way() {
    let (procedure, kind) = of_the_plan("supply-report");
    let way = [
        (date(2026, 9, 16), "maker-1", "file", ""),
        (date(2026, 9, 17), "clerk-1", "return", "販売名を直してください。"),
        (date(2026, 9, 18), "maker-1", "file-again", ""),
        (date(2026, 9, 24), "clerk-1", "take-up", ""),
        (date(2026, 10, 1), "maker-1", "report-impact", ""),
        (date(2026, 10, 2), "clerk-1", "ask-makers", ""),
        (
            date(2026, 10, 9),
            "clerk-1",
            "makers-answered",
            "2社から増産の回答がありました。",
        ),
        (date(2026, 11, 6), "maker-1", "societies-told", ""),
        (date(2026, 11, 9), "clerk-1", "propose", "代替品で賄えます。"),
        (
            date(2026, 11, 10),
            "head-1",
            "request-continuation",
            "代替品が足りません。",
        ),
        (date(2026, 11, 20), "maker-1", "answer-request", ""),
        (date(2026, 11, 24), "clerk-2", "propose", "半年の継続で足ります。"),
        (date(2026, 11, 25), "head-1", "accept", "案のとおりとします。"),
        (date(2026, 12, 24), "maker-1", "update", "12月分を出荷しました。"),
        (date(2027, 1, 20), "clerk-1", "close", ""),
    ];
    let mut case = Case::new(
        &procedure.id,
        procedure.number.write(vocab::Period::fiscal(2026), 7),
    );
    let mut told = format!("{}\n", case.number);
    for (day, who, id, reason) in way {
        let record = ready(kind, procedure.transition(id).unwrap());
        let subject = about(procedure, kind, &record);
        let events = decide(
            &subject,
            &case,
            &named(who),
            &step(id, reason),
            noon(day),
            &CALENDAR,
        )
        .unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        case = run(case, &events);
        let state = procedure.state(case.state.as_deref().unwrap()).unwrap();
        let public = state.public.as_ref().map_or("-", |text| &text.ja);
        writeln!(told, "\n{day} {who}: {id} → {} (公表: {public})", state.title.ja).unwrap();
        for notice in events.iter().flat_map(|event| tells(procedure, &case, event)) {
            let mark = if notice.urgent { "!" } else { " " };
            writeln!(told, "  {mark} {}: {}", recipients(&notice.who), notice.text.ja).unwrap();
        }
        for due in due(procedure, &case, day, &CALENDAR) {
            let by = due.by.map_or("-".to_owned(), |by| by.to_string());
            writeln!(told, "    {}: {by} ({})", due.clock.title.ja, due.left).unwrap();
        }
    }
    assert_said("supply-report-way", &told);
    let state = procedure.state(case.state.as_deref().unwrap()).unwrap();
    assert!(state.last && due(procedure, &case, date(2027, 2, 1), &CALENDAR).is_empty());
}

/// A case in which these steps have been taken, each on the next day.
fn after(procedure: &Procedure, kind: &Kind, steps: &[(&str, &str)]) -> Case {
    let mut case = Case::new(&procedure.id, "X-1");
    let mut day = date(2026, 6, 1);
    for (who, id) in steps {
        let transition = procedure.transition(id).unwrap();
        let record = ready(kind, transition);
        let subject = about(procedure, kind, &record);
        let reason = if transition.reason == Reason::Required {
            "理由"
        } else {
            ""
        };
        let events = decide(
            &subject,
            &case,
            &named(who),
            &step(id, reason),
            noon(day),
            &CALENDAR,
        );
        case = run(case, &events.unwrap());
        day = day.tomorrow().unwrap();
    }
    case
}

const TO_DECISION: [(&str, &str); 6] = [
    ("maker-1", "file"),
    ("clerk-1", "take-up"),
    ("maker-1", "report-impact"),
    ("clerk-1", "skip-makers"),
    ("maker-1", "societies-told"),
    ("clerk-1", "propose"),
];

/// What is refused, and how it is said.
fn refused<'a>(name: &str, cases: impl IntoIterator<Item = (&'a str, &'a Case, &'a Record, Actor, Command)>) {
    let (procedure, kind) = of_the_plan("supply-report");
    let mut told = String::new();
    for (what, case, record, actor, command) in cases {
        let at = noon(date(2026, 6, 20));
        match decide(
            &about(procedure, kind, record),
            case,
            &actor,
            &command,
            at,
            &CALENDAR,
        ) {
            Ok(events) => panic!("{what}: {events:?}"),
            Err(refusal) => {
                writeln!(
                    told,
                    "{what} [{}]\n  {}\n  {}",
                    refusal.kind, refusal.ja, refusal.en
                )
                .unwrap();
            }
        }
    }
    assert_said(name, &told);
}

#[test]
fn a_step_that_cannot_be_taken_is_refused_with_what_to_do() {
    let (procedure, kind) = of_the_plan("supply-report");
    let none = &Case::new(&procedure.id, "X-1");
    let filed = &after(procedure, kind, &TO_DECISION[..1]);
    let decision = &after(procedure, kind, &TO_DECISION);
    let empty = &Record::default();
    let all = &ready(kind, procedure.transition("take-up").unwrap());
    let opinion = Command::Move {
        transition: "take-up".into(),
        reason: String::new(),
        dissent: "反対です。".into(),
    };
    // Whoever has proposed may have become one who decides.
    let promoted = person("clerk-1", "approver", "ministry");
    let deputy = deputy_for(person("clerk-2", "approver", "ministry"), "clerk-1");
    let [maker, clerk] = ["maker-1", "clerk-1"].map(|who| move || named(who));
    refused(
        "case-steps-refused",
        [
            ("no such step", filed, all, clerk(), step("take-upp", "")),
            ("not opened", none, all, clerk(), step("take-up", "")),
            ("moved on", filed, all, maker(), step("file", "")),
            ("of another", filed, all, maker(), step("take-up", "")),
            (
                "a stranger",
                filed,
                all,
                named("stranger"),
                step("withdraw", "誤り"),
            ),
            (
                "a clock without time over",
                filed,
                all,
                Actor::Clock,
                step("take-up", ""),
            ),
            ("incomplete", none, empty, maker(), step("file", "")),
            ("needs", filed, empty, clerk(), step("take-up", "")),
            ("without a reason", filed, all, clerk(), step("return", " \n ")),
            ("with a reason", filed, all, clerk(), step("take-up", "よい")),
            ("with an opinion", filed, all, clerk(), opinion),
            ("four eyes", decision, all, promoted, step("accept", "よい")),
            ("a deputy's eyes", decision, all, deputy, step("accept", "よい")),
            (
                "too long",
                filed,
                all,
                clerk(),
                step("return", &"あ".repeat(200_000)),
            ),
        ],
    );
}

/// What was done in somebody's place says so, and that one does not look at it as another would.
#[test]
fn a_deputys_work_is_that_of_the_one_who_was_away() {
    let (procedure, kind) = of_the_plan("supply-report");
    let mut case = after(procedure, kind, &TO_DECISION[..5]);
    let propose = procedure.transition("propose").unwrap();
    let record = ready(kind, propose);
    let subject = about(procedure, kind, &record);
    let deputy = deputy_for(named("clerk-2"), "head-1");
    let at = noon(date(2026, 6, 20));
    let events = decide(&subject, &case, &deputy, &step("propose", "理由"), at, &CALENDAR).unwrap();
    let marked = |event: &Event| matches!(&event.by, By::Person { account, deputy_for, .. } if account == "clerk-2" && *deputy_for == ["head-1"]);
    assert!(marked(&events[0]), "{:?}", events[0]);
    for event in &events {
        case = apply(case, event);
    }
    let record = ready(kind, procedure.transition("accept").unwrap());
    let subject = about(procedure, kind, &record);
    let can = |who: &str| {
        let open = choices(&subject, &case, &named(who));
        open.iter().any(|choice| choice.transition.id == "accept")
    };
    assert!(!can("head-1"));
    assert!(can("head-2"));
    let seen = history(&subject, &case, &viewer("maker-1"));
    let told = |event: &Event| matches!(&event.by, By::Person { deputy_for, .. } if !deputy_for.is_empty());
    assert!(!seen.iter().any(told), "who was away is the ministry's own");
}

#[test]
fn a_message_that_cannot_be_sent_is_refused_with_what_to_do() {
    let (procedure, kind) = of_the_plan("supply-report");
    let none = &Case::new(&procedure.id, "X-1");
    let filed = &after(procedure, kind, &TO_DECISION[..1]);
    let all = &full(kind);
    let file = format!("{} 10 pdf 資料.pdf", "0".repeat(64));
    let many = Command::Note {
        text: "内部".into(),
        files: vec![file.parse().unwrap(); 11],
    };
    let large = Command::Note {
        text: "内部".into(),
        files: vec![file.replace(" 10 ", " 30000000 ").parse().unwrap()],
    };
    refused(
        "case-messages-refused",
        [
            ("to whom", filed, all, named("clerk-1"), say(None, "どうですか。")),
            (
                "to a stranger",
                filed,
                all,
                named("clerk-1"),
                say(Some("other"), "どうですか。"),
            ),
            (
                "from a stranger",
                filed,
                all,
                named("stranger"),
                say(None, "どうですか。"),
            ),
            (
                "to each other",
                filed,
                all,
                named("rival-1"),
                say(Some("maker"), "どうですか。"),
            ),
            (
                "before it is filed",
                none,
                all,
                named("maker-1"),
                say(None, "どうですか。"),
            ),
            ("nothing", filed, all, named("maker-1"), say(None, "  ")),
            ("a clock", filed, all, Actor::Clock, say(None, "どうですか。")),
            ("not the ministry", filed, all, named("maker-1"), note("内部")),
            ("many files", filed, all, named("clerk-1"), many),
            ("a large file", filed, all, named("clerk-1"), large),
        ],
    );
}

#[test]
fn every_state_is_reached_and_every_step_taken() {
    for procedure in &PLAN.procedures {
        let kind = kind_of(procedure);
        let mut open = vec![Case::new(&procedure.id, "X-1")];
        let (mut reached, mut taken) = (BTreeSet::new(), BTreeSet::new());
        while let Some(case) = open.pop() {
            // Long enough for any clock.
            let at = case.since.unwrap_or(noon(date(2026, 4, 1))) + (24 * 400).hours();
            let until = case.clocks.values().filter_map(|timer| timer.until).max();
            let at = until.map_or(at, |day| at.max(noon(day)));
            for transition in procedure.leaving(case.state.as_deref()) {
                let record = ready(kind, transition);
                let subject = about(procedure, kind, &record);
                let reason = if transition.reason == Reason::None {
                    ""
                } else {
                    "理由"
                };
                let command = step(&transition.id, reason);
                let mut actors = everybody().into_iter();
                let events =
                    actors.find_map(|actor| decide(&subject, &case, &actor, &command, at, &CALENDAR).ok());
                let events =
                    events.unwrap_or_else(|| panic!("{}: nobody can {}", procedure.id, transition.id));
                taken.insert(transition.id.clone());
                if reached.insert(transition.to.clone()) {
                    open.push(run(case.clone(), &events));
                }
            }
        }
        assert_eq!(reached.len(), procedure.states.len(), "{}", procedure.id);
        assert_eq!(taken.len(), procedure.transitions.len(), "{}", procedure.id);
    }
}

#[test]
fn a_clock_moves_a_case_when_its_time_is_over() {
    let (procedure, kind) = of_the_plan("strategic-insurance-consultation");
    let case = after(procedure, kind, &[("maker-1", "request"), ("clerk-1", "return")]);
    let record = full(kind);
    let subject = about(procedure, kind, &record);
    let lapse = |day| {
        decide(
            &subject,
            &case,
            &Actor::Clock,
            &step("lapse", ""),
            noon(day),
            &CALENDAR,
        )
    };
    // Returned on 2 June: the 30 days end on 2 July.
    let clocks = |day| due(procedure, &case, day, &CALENDAR);
    let correcting = |day| {
        clocks(day)
            .into_iter()
            .find(|due| due.clock.id == "correcting")
            .unwrap()
    };
    assert_eq!(correcting(date(2026, 6, 25)).by, Some(date(2026, 7, 2)));
    let reminded = [24, 25].map(|day| correcting(date(2026, 6, day)).remind);
    assert_eq!(reminded, [false, true]);
    assert_eq!(lapse(date(2026, 7, 2)).unwrap_err().kind, "not_yours");
    let events = lapse(date(2026, 7, 3)).unwrap();
    assert_eq!(events[0].by, By::Clock);
    assert_eq!(run(case.clone(), &events).state.as_deref(), Some("withdrawn"));
    // Meanwhile the other clock stands still: one of its twenty days is used.
    let holding = clocks(date(2026, 7, 2))
        .into_iter()
        .find(|due| due.clock.id == "holding")
        .unwrap();
    assert_eq!((holding.by, holding.left, holding.overdue), (None, 19, false));
    // Looked at as of the day before, none was.
    assert_eq!(clocks(date(2026, 6, 1))[0].left, 20);
}

#[test]
fn a_clock_runs_until_the_day_that_the_record_says() {
    let (procedure, kind) = of_the_plan("vulnerability-report");
    let steps = [
        ("maker-1", "report"),
        ("clerk-1", "coordinate"),
        ("clerk-1", "propose"),
    ];
    let mut case = after(procedure, kind, &steps);
    let mut record = full(kind);
    let mut say = |day| {
        record.fields.insert("publish_on".into(), Value::Date(day));
        record.clone()
    };
    let first = say(date(2026, 7, 1));
    let subject = about(procedure, kind, &first);
    let approved = decide(
        &subject,
        &case,
        &named("head-1"),
        &step("approve", ""),
        noon(date(2026, 6, 4)),
        &CALENDAR,
    );
    case = run(case, &approved.unwrap());
    let embargo = |case: &Case, day| {
        let clocks = due(procedure, case, day, &CALENDAR);
        let due = clocks.into_iter().find(|due| due.clock.id == "embargo").unwrap();
        (due.by.unwrap(), due.left, due.remind, due.overdue)
    };
    assert_eq!(
        embargo(&case, date(2026, 6, 24)),
        (date(2026, 6, 30), 6, false, false)
    );
    assert_eq!(
        embargo(&case, date(2026, 6, 30)),
        (date(2026, 6, 30), 0, true, false)
    );
    assert!(embargo(&case, date(2026, 7, 1)).3);
    // Nothing follows from a record that says the same, and a record that says nothing changes nothing.
    let follows = |case: &Case, record: &Record| {
        follow(
            &about(procedure, kind, record),
            case,
            &named("clerk-1"),
            noon(date(2026, 6, 5)),
        )
    };
    assert!(follows(&case, &first).is_empty());
    assert!(follows(&case, &Record::default()).is_empty());
    let later = say(date(2026, 7, 15));
    let moved = follows(&case, &later);
    assert_eq!(moved.len(), 1);
    case = run(case, &moved);
    assert_eq!(embargo(&case, date(2026, 7, 1)).0, date(2026, 7, 14));
    let publish = |case: &Case, day| {
        let subject = about(procedure, kind, &later);
        decide(
            &subject,
            case,
            &Actor::Clock,
            &step("publish", ""),
            noon(day),
            &CALENDAR,
        )
    };
    assert_eq!(publish(&case, date(2026, 7, 14)).unwrap_err().kind, "not_yours");
    let published = run(case.clone(), &publish(&case, date(2026, 7, 15)).unwrap());
    assert_eq!(published.state.as_deref(), Some("published"));
    assert!(follows(&published, &first).is_empty());
    // Nobody does it by hand.
    for actor in everybody().iter().filter(|actor| **actor != Actor::Clock) {
        let events = decide(
            &subject,
            &case,
            actor,
            &step("publish", ""),
            noon(date(2026, 7, 15)),
            &CALENDAR,
        );
        assert_eq!(events.unwrap_err().kind, "not_yours");
    }
}

/// A kind and a procedure with one clock, for what no procedure of the plan has.
fn with_clock(clock: &str) -> Plan {
    let kind = include_str!("kinds/sample.toml");
    let flow = include_str!("kinds/procedure.toml");
    plan_of(&format!("{kind}\n{flow}\n{clock}"))
}

#[test]
fn months_are_counted_from_the_first_of_the_next() {
    let plan =
        with_clock("length = \"4 months from the first of the next month\"\nwhen = [\"agreed is yes\"]");
    let (procedure, kind) = (&plan.procedures[0], &plan.kinds[0]);
    let mut record = Record::default();
    let started = |record: &Record, day| {
        let subject = about(procedure, kind, record);
        let opened = decide(
            &subject,
            &Case::new("p", "1"),
            &named("clerk-1"),
            &step("open", ""),
            noon(day),
            &CALENDAR,
        );
        run(Case::new("p", "1"), &opened.unwrap())
    };
    assert_eq!(
        due(
            procedure,
            &started(&record, date(2026, 4, 10)),
            date(2026, 4, 10),
            &CALENDAR
        ),
        []
    );
    record.fields.insert("agreed".into(), Value::Flag(true));
    let lasts = [
        (date(2026, 4, 10), date(2026, 8, 31)),
        (date(2026, 4, 1), date(2026, 8, 31)),
        (date(2026, 10, 31), date(2027, 2, 28)),
        (date(2027, 10, 1), date(2028, 2, 29)),
    ];
    for (day, last) in lasts {
        let due = due(procedure, &started(&record, day), day, &CALENDAR);
        assert_eq!(due[0].by, Some(last), "{day}");
    }
    // A pause of ten days moves the end by ten days.
    let mut case = started(&record, date(2026, 4, 10));
    let subject = about(procedure, kind, &record);
    for (id, day) in [("pause", date(2026, 5, 1)), ("resume", date(2026, 5, 11))] {
        let events = decide(
            &subject,
            &case,
            &named("clerk-1"),
            &step(id, ""),
            noon(day),
            &CALENDAR,
        );
        case = run(case, &events.unwrap());
    }
    assert_eq!(
        due(procedure, &case, date(2026, 6, 1), &CALENDAR)[0].by,
        Some(date(2026, 9, 10))
    );
}

#[test]
fn a_state_that_was_called_otherwise_goes_on() {
    let mut plan = with_clock("length = \"30 days\"");
    let record = Record::default();
    let case = after_opening(&plan, &record);
    let procedure = &mut plan.procedures[0];
    procedure.states[0].id = "running".into();
    procedure.states[0].formerly = vec!["open".into()];
    for transition in &mut procedure.transitions {
        let names = transition.from.iter_mut().chain([&mut transition.to]);
        names
            .filter(|name| *name == "open")
            .for_each(|name| "running".clone_into(name));
    }
    let subject = about(&plan.procedures[0], &plan.kinds[0], &record);
    let offered: Vec<_> = choices(&subject, &case, &named("clerk-1"))
        .into_iter()
        .map(|choice| choice.transition.id.clone())
        .collect();
    assert_eq!(offered, ["pause", "end"]);
}

fn after_opening(plan: &Plan, record: &Record) -> Case {
    let subject = about(&plan.procedures[0], &plan.kinds[0], record);
    let case = Case::new("p", "1");
    let at = noon(date(2026, 4, 1));
    let events = decide(
        &subject,
        &case,
        &named("clerk-1"),
        &step("open", ""),
        at,
        &CALENDAR,
    );
    run(case, &events.unwrap())
}

#[test]
fn organisations_speak_with_the_ministry_alone() {
    let (procedure, kind) = of_the_plan("supply-report");
    let mut case = after(procedure, kind, &TO_DECISION[..1]);
    let record = full(kind);
    let subject = about(procedure, kind, &record);
    let talk = [
        ("maker-1", say(None, "持ち主から")),
        ("clerk-1", say(Some("maker"), "持ち主へ")),
        ("rival-1", say(Some("rival"), "関係者から")),
        ("clerk-1", note("内部のメモ")),
        ("clerk-1", step("return", "差し戻しの理由")),
    ];
    let mut told = vec![];
    for (who, command) in talk {
        let at = noon(date(2026, 6, 3));
        let events = decide(&subject, &case, &named(who), &command, at, &CALENDAR).unwrap();
        case = run(case, &events);
        let notices = events.iter().flat_map(|event| tells(procedure, &case, event));
        told.extend(notices.map(|notice| recipients(&notice.who)));
    }
    assert_eq!(told, ["secretariat", "of maker", "secretariat", "owner"]);
    let seen = |who: &str| -> Vec<String> {
        let shown = history(&subject, &case, &viewer(who));
        let words = |event: &Event| match &event.what {
            What::Said { text, .. } | What::Noted { text, .. } => Some(text.clone()),
            What::Moved { reason, .. } => reason.clone(),
            What::Timed { .. } => None,
        };
        shown.iter().filter_map(words).collect()
    };
    assert_eq!(
        seen("clerk-2"),
        [
            "持ち主から",
            "持ち主へ",
            "関係者から",
            "内部のメモ",
            "差し戻しの理由"
        ]
    );
    assert_eq!(seen("maker-1"), ["持ち主から", "持ち主へ", "差し戻しの理由"]);
    assert_eq!(seen("rival-1"), ["関係者から"]);
    assert!(history(&subject, &case, &viewer("stranger")).is_empty());
    assert!(history(&subject, &case, &viewer("watcher")).is_empty());
    let names = |who: &str| -> BTreeSet<String> {
        let shown = history(&subject, &case, &viewer(who));
        let account = |event: &Event| match &event.by {
            By::Person { account, .. } => Some(account.clone()),
            By::Clock => None,
        };
        shown.iter().filter_map(account).collect()
    };
    assert_eq!(names("maker-1"), ["", "maker-1"].map(str::to_owned).into());
    assert_eq!(names("rival-1"), ["", "rival-1"].map(str::to_owned).into());
}

#[test]
fn where_the_procedure_says_so_parties_speak_with_the_owner_alone() {
    let (procedure, kind) = of_the_plan("supply-report");
    let procedure = &Procedure {
        messages: Counterpart::Owner,
        ..procedure.clone()
    };
    let asked = [
        TO_DECISION[0],
        TO_DECISION[1],
        TO_DECISION[2],
        ("clerk-1", "ask-makers"),
    ];
    let mut case = after(procedure, kind, &asked);
    let mut record = full(kind);
    let rival = Value::List(vec![Value::Text("rival".into())]);
    record.fields.insert("asked".into(), rival);
    let subject = about(procedure, kind, &record);
    let at = noon(date(2026, 6, 30));
    let mut told = vec![];
    for (who, command) in [
        ("maker-1", say(Some("rival"), "持ち主から")),
        ("rival-1", say(None, "関係者から")),
    ] {
        let events = decide(&subject, &case, &named(who), &command, at, &CALENDAR).unwrap();
        case = run(case, &events);
        let notices = events.iter().flat_map(|event| tells(procedure, &case, event));
        told.extend(notices.map(|notice| recipients(&notice.who)));
    }
    assert_eq!(told, ["of rival", "owner"]);
    for (who, command, kind) in [
        ("maker-1", say(None, "だれに"), "with"),
        ("maker-1", say(Some("maker"), "自分に"), "with"),
        ("maker-1", say(Some("stranger"), "関係のない者に"), "with"),
        ("rival-1", say(Some("maker"), "持ち主の名で"), "not_yours"),
        ("clerk-1", say(Some("rival"), "厚生労働省から"), "not_yours"),
        ("stranger", say(None, "外から"), "not_yours"),
    ] {
        let refusal = decide(&subject, &case, &named(who), &command, at, &CALENDAR).unwrap_err();
        assert_eq!(refusal.kind, kind, "{who} {command:?}");
    }
    let seen = |who: &str| {
        let shown = history(&subject, &case, &viewer(who));
        let said = |event: &&Event| matches!(event.what, What::Said { .. });
        shown.iter().filter(said).count()
    };
    assert_eq!(
        ["clerk-1", "maker-1", "rival-1", "stranger"].map(seen),
        [2, 2, 2, 0]
    );
}

#[test]
fn a_procedure_is_laid_out_whole() {
    for procedure in &PLAN.procedures {
        let drawn = diagram(procedure);
        let layer: BTreeMap<&str, usize> = (0..)
            .zip(&drawn.layers)
            .flat_map(|(depth, layer)| layer.iter().map(move |state| (state.as_str(), depth)))
            .collect();
        assert_eq!(layer.len(), procedure.states.len());
        assert_eq!(drawn.layers.iter().flatten().count(), procedure.states.len());
        let ways: usize = procedure
            .transitions
            .iter()
            .map(|one| one.from.len().max(1))
            .sum();
        assert_eq!(drawn.edges.len(), ways);
        for edge in &drawn.edges {
            let transition = procedure.transition(&edge.transition).unwrap();
            assert_eq!(edge.to, transition.to);
            let from = edge.from.as_deref();
            assert!(from.map_or(transition.from.is_empty(), |from| {
                transition.from.iter().any(|one| one == from)
            }));
            let down = from.is_none_or(|from| layer[from] < layer[edge.to.as_str()]);
            assert!(down || edge.back, "{edge:?}");
        }
    }
    let (procedure, _) = of_the_plan("supply-report");
    let drawn = diagram(procedure);
    let mut told: Vec<String> = drawn.layers.iter().map(|layer| layer.join("  ")).collect();
    told.extend(drawn.edges.iter().filter(|edge| edge.back).map(|edge| {
        format!(
            "back: {} {} → {}",
            edge.transition,
            edge.from.as_deref().unwrap_or("-"),
            edge.to
        )
    }));
    assert_said("supply-report-diagram", &told.join("\n"));
}

#[test]
fn the_example_for_contributors_is_whole() {
    let text = format!("{}\n{}", example("Add a record kind"), example("Add a procedure"));
    let plan = plan_of(&text);
    let (procedure, kind) = (&plan.procedures[0], &plan.kinds[0]);
    let steps = [
        ("maker-1", "notify"),
        ("clerk-1", "return"),
        ("maker-1", "notify-again"),
        ("head-1", "confirm"),
    ];
    let case = after(procedure, kind, &steps);
    assert_eq!(case.state.as_deref(), Some("confirmed"));
    let record = ready(kind, procedure.transition("notify").unwrap());
    let turns = |case: &Case| -> Vec<String> {
        let subject = about(procedure, kind, &record);
        let theirs = everybody()
            .into_iter()
            .filter(|actor| waits_for(&subject, case, actor));
        let account = |actor| match actor {
            Actor::Person { account, .. } => account,
            Actor::Clock => "clock".to_owned(),
        };
        theirs.map(account).collect()
    };
    assert_eq!(
        turns(&after(procedure, kind, &steps[..1])),
        ["clerk-1", "clerk-2", "both"]
    );
    assert_eq!(turns(&after(procedure, kind, &steps[..2])), ["maker-1"]);
    assert!(turns(&case).is_empty() && turns(&Case::new("device-loan", "1")).is_empty());
}
