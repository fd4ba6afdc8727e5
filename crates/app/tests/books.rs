//! Observations on their way into the books: entered, imported, proved, approved by somebody else, and then seen everywhere.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::fmt::Write as _;

use app::{BatchRow, BatchState, Purpose, RowName, Taken};
use authz::Role;
use desk::{approver, office, public, row, secretariat, visit};
use indicator::decimal;
use rust_xlsxwriter::Workbook;
use vocab::{Lang, Period};

const DAY: &str = "2027-01-20";

/// KGI 3's count of a fiscal year as the desk's plan has it now.
fn count(office: &desk::Office, year: i32) -> Option<String> {
    let rashin = office.desk.rashin().unwrap();
    let engine = rashin.engine(None);
    engine
        .observation("c_category_count", Period::fiscal(year))
        .map(|seen| decimal(&seen.value))
}

fn approved(office: &desk::Office, rows: Vec<BatchRow>, day: &str) {
    let (me, other) = (secretariat(day), approver(day));
    let id = office.desk.start_batch(&me, "確定値", rows).unwrap();
    let version = office.desk.hand_in_batch(&me, &id, 1).unwrap();
    office.desk.approve_batch(&other, &id, version).unwrap();
}

#[test]
fn approved_observations_are_part_of_the_plan() {
    let office = office();
    let before = office.desk.rashin().unwrap();
    assert_eq!(count(&office, 2025).as_deref(), Some("4"));

    let id = office
        .desk
        .start_batch(
            &secretariat(DAY),
            "C区分の確定値",
            vec![
                row("c_category_count", "令和7年度", "5"),
                row("c_category_count", "FY2026", "3件/年"),
            ],
        )
        .unwrap();
    let check = office.desk.check_batch(&secretariat(DAY), &id).unwrap();
    assert!(check.faults.is_empty(), "{:?}", check.faults);
    let told: Vec<_> = check
        .moves
        .iter()
        .filter(|one| one.indicator == "kgi3")
        .map(|one| (one.at.to_string(), one.before.clone(), one.after.clone()))
        .collect();
    assert!(
        told.contains(&("FY2025".into(), Some("4".into()), Some("5".into()))),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|one| one.0 == "FY2026" && one.2.as_deref() == Some("3")),
        "{told:?}"
    );

    // Nothing counts before it is approved, and saving drafts does not open the plan anew.
    let version = office.desk.hand_in_batch(&secretariat(DAY), &id, 1).unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &office.desk.rashin().unwrap()));
    office.desk.approve_batch(&approver(DAY), &id, version).unwrap();
    assert_eq!(count(&office, 2025).as_deref(), Some("5"));

    let rashin = office.desk.rashin().unwrap();
    let then = rashin.engine(Some("2027-01-19".parse().unwrap()));
    let old = then
        .observation("c_category_count", Period::fiscal(2025))
        .unwrap();
    assert_eq!(
        decimal(&old.value),
        "4",
        "an engine as of the day before does not see it"
    );
    let seen = rashin.plan().observations.last().unwrap();
    assert_eq!((seen.author.as_str(), seen.approver.as_str()), ("sato", "suzuki"));
    assert!(
        rashin.files().text("approved/observations.toml").is_some(),
        "an edition pins it"
    );

    // Corrections of the same day, and a clock that ran backwards, come after what is there.
    approved(&office, vec![row("c_category_count", "FY2025", "6")], DAY);
    assert_eq!(count(&office, 2025).as_deref(), Some("6"));
    approved(
        &office,
        vec![row("c_category_count", "FY2025", "7")],
        "2027-01-02",
    );
    assert_eq!(count(&office, 2025).as_deref(), Some("7"));
}

#[test]
fn words_that_look_like_a_plan_stay_words() {
    let office = office();
    let mut sly = row("c_category_count", "FY2025", "5");
    sly.printed = "\"\n[[observation]]\nseries = \"x\"".into();
    sly.note_ja = "\n[[series]]\nid = \"x\"".into();
    sly.note_en = "\"\"\" ''' \\".into();
    let mut second = row("c_category_count", "FY2026", "x");
    second.note_ja = "注".into();
    let id = office
        .desk
        .start_batch(&secretariat(DAY), "確定値", vec![sly.clone(), second])
        .unwrap();
    let faults = office.desk.check_batch(&secretariat(DAY), &id).unwrap().faults;
    let places: Vec<_> = faults
        .iter()
        .map(|fault| (fault.place.row, fault.field.clone().unwrap()))
        .collect();
    assert_eq!(places, [(2, "note_en".into()), (2, "value".into())]);
    approved(&office, vec![sly], DAY);
    assert_eq!(count(&office, 2025).as_deref(), Some("5"));
}

#[test]
fn every_mistake_is_told_at_its_row_and_field() {
    let office = office();
    let mut rows = vec![
        row("c_category_counts", "FY2026", "3"),
        row("c_category_count", "CY2026", "3"),
        row("c_category_count", "FY2026", "三"),
        row("c_category_count", "FY2026", "3兆円"),
        row("concentration", "FY2024", "0.72"),
        row("c_category_count", "FY2040", "3"),
        row("c_category_count", "FY2026", "4"),
    ];
    rows.push(BatchRow {
        source: "somewhere".into(),
        ..row("c_category_count", "FY2025", "5")
    });
    rows.push(BatchRow {
        rounding: "-1".into(),
        ..row("sales_large_firms", "FY2025", "7.4")
    });
    let id = office
        .desk
        .start_batch(&secretariat(DAY), "確定値", rows)
        .unwrap();
    let check = office.desk.check_batch(&secretariat(DAY), &id).unwrap();
    assert!(check.moves.is_empty());
    let mut told = String::new();
    for fault in &check.faults {
        let _ = writeln!(told, "{}: {}", fault.place(Lang::Ja), fault.ja);
        let _ = writeln!(told, "{}: {}", fault.place(Lang::En), fault.en);
    }
    insta::assert_snapshot!(told);
    let refusal = office.desk.hand_in_batch(&secretariat(DAY), &id, 1).unwrap_err();
    assert_eq!(refusal.kind, "faults");
}

#[test]
fn four_eyes_and_who_may_what() {
    let office = office();
    let desk = &office.desk;
    let both = visit("sato", app::MINISTRY, Role::Approver, DAY);
    let rows = vec![row("c_category_count", "FY2025", "5")];
    let id = desk
        .start_batch(&secretariat(DAY), "確定値", rows.clone())
        .unwrap();

    for (who, kind) in [
        (public(DAY), "sign-in"),
        (visit("m", "demo-domestic-01", Role::Member, DAY), "not-found"),
        (visit("c", "council", Role::Council, DAY), "not-found"),
        (visit("a", app::MINISTRY, Role::Administrator, DAY), "not-found"),
    ] {
        assert_eq!(desk.batch(&who, &id).unwrap_err().kind, kind);
        assert_eq!(desk.batches(&who).unwrap_err().kind, kind);
        assert_eq!(desk.start_batch(&who, "x", rows.clone()).unwrap_err().kind, kind);
        assert_eq!(
            desk.stage(&who, Purpose::Batch, "x.csv", vec![])
                .unwrap_err()
                .kind,
            kind
        );
    }
    assert_eq!(
        desk.approve_batch(&approver(DAY), &id, 1).unwrap_err().kind,
        "state"
    );
    let version = desk.hand_in_batch(&secretariat(DAY), &id, 1).unwrap();
    assert_eq!(
        desk.approve_batch(&both, &id, version).unwrap_err().kind,
        "four-eyes"
    );
    assert_eq!(
        desk.approve_batch(&secretariat(DAY), &id, version)
            .unwrap_err()
            .kind,
        "not-found"
    );
    assert_eq!(
        desk.send_batch_back(&approver(DAY), &id, version, " ")
            .unwrap_err()
            .kind,
        "empty"
    );
    let version = desk
        .send_batch_back(&approver(DAY), &id, version, "出典の箇所を書いてください。")
        .unwrap();

    // Whoever edits it in between is an author too.
    let third = visit("tanaka", app::MINISTRY, Role::Secretariat, DAY);
    let version = desk.save_batch(&third, &id, version, "確定値", rows).unwrap();
    let version = desk.hand_in_batch(&third, &id, version).unwrap();
    assert_eq!(
        desk.approve_batch(&both, &id, version).unwrap_err().kind,
        "four-eyes"
    );
    desk.approve_batch(&approver(DAY), &id, version).unwrap();
    assert_eq!(
        desk.approve_batch(&approver(DAY), &id, version + 1)
            .unwrap_err()
            .kind,
        "state"
    );
    let batch = desk.batch(&secretariat(DAY), &id).unwrap().value;
    assert_eq!(batch.approved(), Some(("suzuki", DAY.parse().unwrap())));
    assert_eq!((batch.state, batch.reasons.len()), (BatchState::Approved, 1));
}

#[test]
fn of_two_who_save_the_later_is_told() {
    let office = office();
    let desk = &office.desk;
    let me = secretariat(DAY);
    let id = desk.start_batch(&me, "確定値", vec![]).unwrap();
    desk.save_batch(
        &me,
        &id,
        1,
        "確定値",
        vec![row("c_category_count", "FY2025", "5")],
    )
    .unwrap();
    let late = desk.save_batch(&me, &id, 1, "確定値", vec![]).unwrap_err();
    assert_eq!(late.kind, "conflict");
    assert_eq!(desk.batch(&me, &id).unwrap().value.rows.len(), 1);
    desk.withdraw_batch(&me, &id, 2).unwrap();
    assert_eq!(desk.hand_in_batch(&me, &id, 3).unwrap_err().kind, "state");
}

// Files

#[test]
fn files_are_read_by_their_titles_whatever_their_order_and_coding() {
    let office = office();
    let desk = &office.desk;
    let me = secretariat(DAY);
    let text = "（記入例）,,,,\r\nSource,時　期,値,系列,Section\r\n\r\ninterim-2026,FY2025,5,c_category_count,§5\r\n";
    let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    for bytes in [text.as_bytes().to_vec(), japanese.into_owned()] {
        let id = desk.stage(&me, Purpose::Batch, "確定値.csv", bytes).unwrap();
        let staged = desk.staged(&me, &id).unwrap();
        assert_eq!(staged.faults, []);
        let Taken::Batch(batch) = desk.take(&me, &id, &[]).unwrap() else {
            unreachable!()
        };
        let rows = desk.batch(&me, &batch).unwrap().value.rows;
        assert_eq!(rows, [row("c_category_count", "FY2025", "5")]);
        assert_eq!(desk.take(&me, &id, &[]).unwrap_err().kind, "taken");
    }
}

#[test]
fn numbers_dates_formulas_and_errors_of_a_workbook() {
    let office = office();
    let me = secretariat(DAY);
    let mut book = Workbook::new();
    book.add_worksheet()
        .set_name("説明")
        .unwrap()
        .write_string(0, 0, "記入のしかた")
        .unwrap();
    let sheet = book.add_worksheet().set_name("観測値").unwrap();
    for (place, title) in (0..).zip(["系列", "時期", "値", "出典", "箇所", "備考欄", "原文の表記"])
    {
        sheet.write_string(2, place, title).unwrap();
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_string(3, 0, "sales_large_firms").unwrap();
    sheet.write_number(3, 1, 2025.0).unwrap();
    sheet
        .write_formula(3, 2, rust_xlsxwriter::Formula::new("=7+0.4").set_result("7.4"))
        .unwrap();
    sheet.write_string(3, 3, "interim-2026").unwrap();
    sheet.write_string(3, 4, "§5").unwrap();
    sheet.write_number_with_format(3, 6, 46_000.0, &date).unwrap();
    sheet
        .write_formula(4, 2, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!"))
        .unwrap();
    sheet.write_string(4, 0, "sales_large_firms").unwrap();
    sheet.write_string(4, 9, "はみ出し").unwrap();
    let id = office
        .desk
        .stage(&me, Purpose::Batch, "観測値.xlsx", book.save_to_buffer().unwrap())
        .unwrap();
    let staged = office.desk.staged(&me, &id).unwrap();
    let mut told = String::new();
    for fault in &staged.faults {
        let _ = writeln!(told, "{}: {}", fault.place(Lang::Ja), fault.ja);
        let _ = writeln!(told, "{}: {}", fault.place(Lang::En), fault.en);
    }
    insta::assert_snapshot!(told);
    assert!(
        !staged.mendable,
        "a title that is not known is mended in the file"
    );
    assert_eq!(
        office.desk.take(&me, &id, &staged.faulty).unwrap_err().kind,
        "faults"
    );
}

#[test]
fn faulty_rows_are_left_out_only_where_they_are_named() {
    let office = office();
    let desk = &office.desk;
    let me = secretariat(DAY);
    let text = "系列,時期,値,出典,箇所\nc_category_count,FY2025,5,interim-2026,§5\nc_category_count,FY2026,x,interim-2026,§5\n";
    let id = desk.stage(&me, Purpose::Batch, "a.csv", text.into()).unwrap();
    let staged = desk.staged(&me, &id).unwrap();
    let faulty = RowName { sheet: None, row: 3 };
    assert_eq!(
        (staged.rows, &staged.faulty, staged.mendable),
        (2, &vec![faulty.clone()], true)
    );
    let good = RowName { sheet: None, row: 2 };
    for wrong in [vec![], vec![good.clone()], vec![good, faulty.clone()]] {
        assert_eq!(desk.take(&me, &id, &wrong).unwrap_err().kind, "faults");
    }
    let Taken::Batch(batch) = desk.take(&me, &id, &[faulty]).unwrap() else {
        unreachable!()
    };
    assert_eq!(desk.batch(&me, &batch).unwrap().value.rows.len(), 1);
}

#[test]
fn a_file_that_is_too_much_is_refused_before_it_is_built() {
    let office = office();
    let stage = |bytes: Vec<u8>| {
        let me = secretariat(DAY);
        office
            .desk
            .stage(&me, Purpose::Batch, "x", bytes)
            .unwrap_err()
            .kind
    };
    assert_eq!(stage(vec![b'a'; 6 * 1024 * 1024]), "too-large");
    assert_eq!(stage("系列,時期\n".repeat(10_200).into()), "too-large");
    assert_eq!(
        stage(format!("系列{}\n{}x\n", ",a".repeat(5_000), ",".repeat(4_500)).into()),
        "too-large"
    );
    assert_eq!(stage(b"\xd0\xcf\x11\xe0rest".to_vec()), "old-workbook");
    assert_eq!(stage(b"\xff\xfe\x00\x00".to_vec()), "bad-text");
    assert_eq!(stage("a,b\n1,2\n".into()), "no-header");

    // A bomb: little on disk, much once unpacked.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    bomb.start_file("xl/sharedStrings.xml", options).unwrap();
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..70 {
        std::io::Write::write_all(&mut bomb, &zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(stage(bomb.clone()), "too-large");
    // The same bomb that declares to be small.
    let size = u32::try_from(70 * 1024 * 1024).unwrap().to_le_bytes();
    let mut liar = bomb;
    while let Some(at) = liar.windows(4).position(|window| window == size) {
        liar[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    assert!(["too-large", "bad-workbook"].contains(&stage(liar)));
    // One cell, very far away.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "系列").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    assert_eq!(stage(book.save_to_buffer().unwrap()), "too-large");
}
