//! Files of records and messages: what is taken, who sees which, and that nothing but a record that one sees opens one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use std::fmt::Write as _;

use app::{Acted, Attachment, CaseAct, Command, Completeness, FileFor, SavedRecord, Visit};
use desk::{Office, approver, member, office_of, plan_files, public, secretariat};

const DAY: &str = "2026-06-01";
const FIRM: &str = "firm-a";
const OTHER: &str = "firm-b";
const PDF: &[u8] = b"%PDF-1.7\n% made up";

const KIND: &str = r#"
[[kind]]
id = "paper"
title = { ja = "書類", en = "Paper" }
intro = { ja = "書類を届け出ます。", en = "Papers are handed in." }
minutes = 1
section = "§5"
owner = "author"
title_field = "name"
confidentiality = "public"
create = ["member:own"]
read = ["everybody"]
change = ["member:own", "secretariat"]
version = 1

[[kind.field]]
name = "name"
type = "text"
title = { ja = "名称", en = "Name" }
required = true

[[kind.field]]
name = "notice"
type = "attachment"
types = ["pdf"]
megabytes = 1
title = { ja = "案内", en = "Notice" }
required = true

[[kind.field]]
name = "evidence"
type = "attachment"
types = ["pdf", "csv"]
megabytes = 1
many = true
title = { ja = "根拠", en = "Evidence" }
confidentiality = "owner"

[[kind.field]]
name = "opinion"
type = "attachment"
types = ["pdf"]
megabytes = 1
title = { ja = "意見", en = "Opinion" }
confidentiality = "ministry"
filled_by = "ministry"
"#;

const PROCEDURE: &str = r#"
[[procedure]]
id = "paper"
title = { ja = "書類の確認", en = "Looking at papers" }
intro = { ja = "書類を確認します。", en = "Papers are looked at." }
section = "§5"
kind = "paper"
number = "P-{fiscal_year}-{number:05}"

[[procedure.state]]
id = "filed"
title = { ja = "確認中", en = "Being looked at" }
waits_for = ["secretariat"]

[[procedure.state]]
id = "closed"
title = { ja = "終了", en = "Closed" }
last = true

[[procedure.transition]]
id = "file"
title = { ja = "提出する", en = "File" }
to = "filed"
by = ["owner"]
needs = ["complete"]

[[procedure.transition]]
id = "close"
title = { ja = "終える", en = "Close" }
from = ["filed"]
to = "closed"
by = ["secretariat"]
"#;

fn office() -> Office {
    let files = plan_files()
        .with("kinds/paper.toml", KIND)
        .with("procedures/paper.toml", PROCEDURE);
    office_of(files)
}

fn new(field: &str) -> FileFor<'_> {
    FileFor {
        kind: "paper",
        record: None,
        field: Some(field),
    }
}

fn keep(office: &Office, who: &Visit, place: &FileFor<'_>, name: &str, bytes: &[u8]) -> Attachment {
    office.desk.keep_file(who, place, name, bytes.to_vec()).unwrap()
}

fn controls(files: &[(&str, &Attachment)]) -> Vec<(String, String)> {
    let files = files
        .iter()
        .map(|(field, file)| ((*field).to_owned(), file.to_string()));
    files
        .chain([("name".to_owned(), "架空の書類".to_owned())])
        .collect()
}

fn file(office: &Office, files: &[(&str, &Attachment)]) -> SavedRecord {
    office
        .desk
        .save_record(
            &member(FIRM, DAY),
            "paper",
            None,
            &controls(files),
            Completeness::Final,
        )
        .unwrap()
}

fn kept(saved: SavedRecord) -> String {
    match saved {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

/// Whether somebody is given the file.
fn opens(office: &Office, who: &Visit, id: &str, file: &Attachment) -> bool {
    let given = office.desk.record_file(who, "paper", FIRM, id, &file.sha256);
    if let Ok((named, bytes)) = &given {
        assert_eq!((named, bytes.len() as u64), (file, file.bytes));
    }
    given.is_ok()
}

#[test]
fn a_file_is_seen_by_whoever_sees_what_names_it() {
    let office = office();
    let (firm, ministry) = (member(FIRM, DAY), secretariat(DAY));
    let notice = keep(&office, &firm, &new("notice"), "案内.pdf", PDF);
    let evidence = keep(
        &office,
        &firm,
        &new("evidence"),
        "根拠.csv",
        "架空,1\n".as_bytes(),
    );
    let id = kept(file(&office, &[("notice", &notice), ("evidence", &evidence)]));
    let there = FileFor {
        kind: "paper",
        record: Some((FIRM, &id)),
        field: Some("opinion"),
    };
    assert_eq!(
        office
            .desk
            .keep_file(&firm, &there, "意見.pdf", PDF.to_vec())
            .unwrap_err()
            .kind,
        "not-found",
        "the ministry's field is not the firm's"
    );
    let opinion = keep(&office, &ministry, &there, "意見.pdf", b"%PDF-1.7 opinion");
    let seen = app::Seen {
        owner: FIRM,
        id: &id,
        version: 1,
    };
    let all = controls(&[
        ("notice", &notice),
        ("evidence", &evidence),
        ("opinion", &opinion),
    ]);
    kept(
        office
            .desk
            .save_record(&ministry, "paper", Some(seen), &all, Completeness::Final)
            .unwrap(),
    );
    for (who, sees) in [
        (&firm, [true, true, false]),
        (&ministry, [true, true, true]),
        (&approver(DAY), [true, true, true]),
        (&member(OTHER, DAY), [true, false, false]),
        (&public(DAY), [true, false, false]),
    ] {
        let opened = [&notice, &evidence, &opinion].map(|file| opens(&office, who, &id, file));
        assert_eq!(opened, sees, "{who:?}");
    }
    // The hash of another record's file opens nothing here.
    let other = keep(&office, &firm, &new("notice"), "別.pdf", b"%PDF-1.7 other");
    assert!(!opens(&office, &ministry, &id, &other));
}

#[test]
fn a_file_comes_with_a_message_and_is_seen_as_the_message_is() {
    let office = office();
    let (firm, ministry) = (member(FIRM, DAY), secretariat(DAY));
    let notice = keep(&office, &firm, &new("notice"), "案内.pdf", PDF);
    let id = kept(file(&office, &[("notice", &notice)]));
    let place = FileFor {
        kind: "paper",
        record: Some((FIRM, &id)),
        field: None,
    };
    let stranger = office
        .desk
        .keep_file(&member(OTHER, DAY), &place, "a.pdf", PDF.to_vec());
    assert_eq!(stranger.unwrap_err().kind, "not-found");
    let act = |who: &Visit, command: Command| {
        let version = office
            .desk
            .record(who, "paper", FIRM, &id)
            .unwrap()
            .case
            .unwrap()
            .version;
        let act = CaseAct {
            kind: "paper",
            owner: FIRM,
            id: &id,
            version,
            command,
            controls: &[],
        };
        office.desk.act(who, &act)
    };
    let letter = keep(&office, &firm, &place, "手紙.pdf", b"%PDF-1.7 letter");
    let say = |files: Vec<Attachment>| Command::Say {
        with: None,
        text: "添付を見てください。".into(),
        files,
    };
    assert!(matches!(
        act(&firm, say(vec![letter.clone()])).unwrap(),
        Acted::Done
    ));
    let memo = keep(&office, &ministry, &place, "メモ.pdf", b"%PDF-1.7 memo");
    let note = Command::Note {
        text: "内部のメモです。".into(),
        files: vec![memo.clone()],
    };
    assert!(matches!(act(&ministry, note).unwrap(), Acted::Done));
    for (who, sees) in [
        (&firm, [true, false]),
        (&ministry, [true, true]),
        (&member(OTHER, DAY), [false, false]),
        (&public(DAY), [false, false]),
    ] {
        assert_eq!(
            [&letter, &memo].map(|file| opens(&office, who, &id, file)),
            sees,
            "{who:?}"
        );
    }
    let invented = Attachment {
        sha256: "0".repeat(64),
        ..letter
    };
    assert_eq!(act(&firm, say(vec![invented])).unwrap_err().kind, "files");
}

#[test]
fn what_was_not_handed_in_is_named_by_no_record() {
    let office = office();
    let notice = keep(&office, &member(FIRM, DAY), &new("notice"), "案内.pdf", PDF);
    let others = keep(
        &office,
        &member(OTHER, DAY),
        &new("notice"),
        "他社.pdf",
        b"%PDF-1.7 others",
    );
    let longer = Attachment {
        bytes: notice.bytes + 1,
        ..notice.clone()
    };
    let renamed = Attachment {
        name: "案内\u{202e}fdp.hta".into(),
        ..notice.clone()
    };
    // Somebody else of the same organisation's record handed it in: the ministry, for the ministry alone.
    let id = kept(file(&office, &[("notice", &notice)]));
    let place = FileFor {
        kind: "paper",
        record: Some((FIRM, &id)),
        field: Some("opinion"),
    };
    let opinion = keep(
        &office,
        &secretariat(DAY),
        &place,
        "意見.pdf",
        b"%PDF-1.7 opinion",
    );
    for (field, wrong) in [
        ("notice", &others),
        ("notice", &longer),
        ("notice", &renamed),
        ("notice", &opinion),
    ] {
        let SavedRecord::Faults(faults) = file(&office, &[(field, wrong)]) else {
            panic!("{wrong:?} was taken")
        };
        assert_eq!(
            faults
                .iter()
                .map(|fault| (&*fault.field, fault.code))
                .collect::<Vec<_>>(),
            [("notice", "no_file")]
        );
    }
    kept(file(&office, &[("notice", &notice)]));
}

#[test]
fn a_file_that_a_field_does_not_take_is_refused_with_its_name() {
    let office = office();
    let firm = member(FIRM, DAY);
    let mut told = String::new();
    let large = [PDF, &vec![b' '; 1_000_000]].concat();
    for (place, name, bytes) in [
        (new("notice"), "表.csv", "架空,1\n".as_bytes()),
        (new("notice"), "案内.pdf", b"MZ\x90\x00"),
        (new("notice"), "案内.pdf", b"<html><script>alert(1)</script>"),
        (new("notice"), "大きい.pdf", &large),
    ] {
        let refusal = office
            .desk
            .keep_file(&firm, &place, name, bytes.to_vec())
            .unwrap_err();
        let _ = writeln!(told, "{}: {}\n{}", refusal.kind, refusal.ja, refusal.en);
    }
    insta::assert_snapshot!(told);
    for who in [&public(DAY), &approver(DAY)] {
        let refusal = office
            .desk
            .keep_file(who, &new("notice"), "案内.pdf", PDF.to_vec())
            .unwrap_err();
        assert!(["sign-in", "not-found"].contains(&refusal.kind));
    }
    let refusal = office
        .desk
        .keep_file(&firm, &new("name"), "案内.pdf", PDF.to_vec())
        .unwrap_err();
    assert_eq!(refusal.kind, "not-found");
}
