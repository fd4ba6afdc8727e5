//! What CONTRIBUTING.md promises: a kind and a procedure written as it says there, without a line of Rust, have forms, lists, search, files, cases,
//! clocks and today's work.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use app::{Acted, CaseAct, CaseQuery, Command, Completeness, Desk, RecordQuery, SavedRecord, Seen, Visit};

mod desk;

use desk::{Office, approver, member, office_of, plan_files, public, secretariat};
use record::{Progress, form_parts};

const KIND: &str = "device-loan";
const FIRM: &str = "firm-a";

/// The first example of CONTRIBUTING.md that begins so.
fn example(beginning: &str) -> String {
    let text = include_str!("../../../CONTRIBUTING.md");
    let blocks = text
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let found = blocks.into_iter().find(|block| block.starts_with(beginning));
    found
        .unwrap_or_else(|| panic!("no example begins with {beginning}"))
        .to_owned()
}

fn office() -> Office {
    let files = plan_files()
        .with("kinds/device-loan.toml", example("[[kind]]"))
        .with("procedures/device-loan.toml", example("[[procedure]]"));
    office_of(files)
}

fn loan(office: &Office, visit: &Visit, name: &str) -> String {
    let controls = [
        ("name", name),
        ("purpose", "trial"),
        ("year", "2026年度"),
        ("fee", "3"),
    ];
    let controls: Vec<(String, String)> = controls
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect();
    match office
        .desk
        .save_record(visit, KIND, None, &controls, Completeness::Final)
        .unwrap()
    {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

#[test]
fn a_kind_and_a_procedure_need_no_rust() {
    let office = office();
    let (firm, ministry) = (member(FIRM, "2026-06-01"), secretariat("2026-06-01"));
    let id = loan(&office, &firm, "架空内視鏡 X-1");
    loan(&office, &firm, "架空内視鏡 Y-2");

    // Lists, search, filters, files.
    let asked = |words: &str| RecordQuery {
        words: words.into(),
        filters: vec![("purpose".into(), "trial".into())],
        ..RecordQuery::default()
    };
    let found = office
        .desk
        .records(&public("2026-06-01"), KIND, &asked("内視鏡 ｘ-1"))
        .unwrap();
    assert_eq!(found.rows.len(), 1);
    assert!(
        !found.rows[0].record.fields.contains_key("fee"),
        "the fee is the owner's"
    );
    let table = office.desk.record_table(&firm, KIND, Some(&asked(""))).unwrap();
    assert_eq!(table.rows.len(), 2);
    let kind = office.desk.register(&firm, KIND).unwrap().kind;
    assert!(record::json_schema(&kind).to_string().contains("other_purpose"));

    // The case, today's work, the clock.
    let asked = CaseQuery {
        turn: true,
        ..CaseQuery::default()
    };
    let waiting = office.desk.cases(&ministry, &asked).unwrap();
    assert_eq!(waiting.found, 2);
    assert_eq!(waiting.rows[0].number, "DL-2026-0001");
    assert_eq!(
        office.desk.today(&ministry).unwrap()[0].due.unwrap().to_string(),
        "2026-06-21"
    );
    assert_eq!(office.desk.run_clocks(secretariat("2026-06-17").at).unwrap(), 2);
    assert!(office.desk.notices(&secretariat("2026-06-17")).unwrap().len() >= 2);

    // Everybody reads the record; of its case they see what is public, and they say nothing in it.
    let page = office.desk.record(&ministry, KIND, FIRM, &id).unwrap();
    let case = page.case.unwrap();
    let say = |visit: &Visit| {
        let command = Command::Say {
            with: None,
            text: "架空".into(),
            files: vec![],
        };
        let version = case.version;
        office.desk.act(
            visit,
            &CaseAct {
                kind: KIND,
                owner: FIRM,
                id: &id,
                version,
                command,
                controls: &[],
            },
        )
    };
    for stranger in [public("2026-06-02"), member("firm-b", "2026-06-02")] {
        let page = office.desk.record(&stranger, KIND, FIRM, &id).unwrap();
        assert!(page.case.is_none());
        assert_eq!(page.public_state.unwrap().ja, "確認中");
        assert!(say(&stranger).is_err());
    }
    for part in [&firm, &approver("2026-06-02")] {
        assert!(office.desk.record(part, KIND, FIRM, &id).unwrap().case.is_some());
    }
    let nonsense = RecordQuery {
        filters: vec![("nonsense".into(), "1".into())],
        ..RecordQuery::default()
    };
    assert!(
        office.desk.records(&firm, KIND, &nonsense).is_err(),
        "a filter that is none is told"
    );
    let steps: Vec<_> = case
        .steps
        .iter()
        .map(|step| step.transition.id.as_str())
        .collect();
    assert_eq!(steps, ["return", "confirm"]);
    let acted = office.desk.act(
        &ministry,
        &CaseAct {
            kind: KIND,
            owner: FIRM,
            id: &id,
            version: case.version,
            command: Command::Move {
                transition: "confirm".into(),
                reason: String::new(),
                dissent: String::new(),
            },
            controls: &[],
        },
    );
    assert_eq!(acted.unwrap(), Acted::Done);
    assert_eq!(office.desk.cases(&ministry, &asked).unwrap().found, 1);
}

/// The same kind with two parts and as many fields as make a long form.
fn long() -> String {
    let more = (1..=8).map(|number| {
        format!("\n[[kind.field]]\npart = \"terms\"\nname = \"more_{number}\"\ntype = \"text\"\ntitle = {{ ja = \"条件{number}\", en = \"Term {number}\" }}\n")
    });
    let parts = "version = 1\n\n[[kind.part]]\nid = \"loan\"\ntitle = { ja = \"貸出\", en = \"Loan\" }\n\n[[kind.part]]\nid = \"terms\"\ntitle = { ja = \"条件\", en = \"Terms\" }\n";
    let mut text = example("[[kind]]").replace("version = 1\n", parts);
    for (name, part) in [
        ("name", "loan"),
        ("purpose", "loan"),
        ("other_purpose", "terms"),
        ("year", "terms"),
        ("fee", "terms"),
    ] {
        let field = format!("[[kind.field]]\nname = \"{name}\"\n");
        text = text.replace(&field, &format!("{field}part = \"{part}\"\n"));
    }
    text + &more.collect::<String>()
}

#[test]
fn a_long_form_is_filled_in_part_by_part_and_judged_whole() {
    let office = office_of(plan_files().with("kinds/device-loan.toml", long()));
    let firm = member(FIRM, "2026-06-01");
    let kind = office.desk.register(&firm, KIND).unwrap().kind;
    assert!(kind.is_long());
    let save = |seen: Option<(&str, u32)>, part: &str, typed: &[(&str, &str)]| {
        let controls: Vec<(String, String)> = typed
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect();
        let seen = seen.map(|(id, version)| Seen {
            owner: FIRM,
            id,
            version,
        });
        match office.desk.save_part(&firm, KIND, seen, part, &controls).unwrap() {
            SavedRecord::Kept(_, id) => id,
            SavedRecord::Faults(faults) => panic!("{faults:?}"),
        }
    };
    let id = save(None, "terms", &[("more_1", "架空の条件")]);
    let progress = || {
        let view = office.desk.record(&firm, KIND, FIRM, &id).unwrap().view;
        let fill = Desk::fields_to_fill(&firm, &kind, Some(&view));
        let parts = form_parts(&kind, &view.record, &fill);
        parts
            .iter()
            .map(|one| (one.progress, one.missing))
            .collect::<Vec<_>>()
    };
    assert_eq!(progress(), [(Progress::Blank, 1), (Progress::Done, 0)]);
    // An answer in one part asks for one in the other.
    save(
        Some((&id, 1)),
        "loan",
        &[("name", "架空内視鏡 X-1"), ("purpose", "other")],
    );
    assert_eq!(progress(), [(Progress::Done, 0), (Progress::Begun, 1)]);
    let file = |version| {
        let seen = Seen {
            owner: FIRM,
            id: &id,
            version,
        };
        office.desk.file_draft(&firm, KIND, seen).unwrap()
    };
    let SavedRecord::Faults(faults) = file(2) else {
        panic!("something is missing")
    };
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].field, "other_purpose");
    save(Some((&id, 2)), "terms", &[("other_purpose", "架空の展示")]);
    assert!(matches!(file(3), SavedRecord::Kept(..)));
    let view = office.desk.record(&firm, KIND, FIRM, &id).unwrap().view;
    assert!(
        !view.record.fields.contains_key("more_1"),
        "what a part's form leaves out is blank"
    );
    assert!(view.record.fields.contains_key("name"));
}

#[test]
fn a_faulty_one_is_refused_at_its_place() {
    let faulty = example("[[procedure]]").replace("to = \"confirmed\"", "to = \"confirmde\"");
    let files = plan_files()
        .with("kinds/device-loan.toml", example("[[kind]]"))
        .with("procedures/device-loan.toml", &faulty);
    let told = plan::Plan::read(files).err().unwrap().to_string();
    assert!(
        told.contains("procedures/device-loan.toml") && told.contains("confirmde") && told.contains('^'),
        "{told}"
    );
}
