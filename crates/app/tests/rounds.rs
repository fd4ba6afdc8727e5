//! The year of a survey round: opened, answered, reminded, estimated, settled, approved, corrected; and who sees what of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use app::demo::{DemoFirm, DemoSpread, firms};
use app::{AnswerForm, Desk, FirmRow, Purpose, RoundState, RowName, Submitted, Taken};
use authz::Role;
use desk::{Office, approver, member, office_with, public, secretariat, typed, visit, workbook};
use indicator::decimal;
use vocab::{Lang, Period};

const OPEN: &str = "2026-11-02";
const LATER: &str = "2027-01-20";
const YEAR: Period = Period::fiscal(2025);

/// Sizes like the report's 26 firms: 7.3兆円 in all, 41億ドル from nine.
const SPREAD: DemoSpread = DemoSpread {
    sales: 2_000.0,
    ratio: 0.001,
    cv: 0.5,
};

fn frame(domestic: &[DemoFirm], foreign: &[DemoFirm]) -> Vec<FirmRow> {
    let row = |part: &'static str| {
        move |firm: &DemoFirm| FirmRow {
            organisation: firm.organisation.clone(),
            part: part.into(),
            size: firm.sales.to_string(),
        }
    };
    domestic
        .iter()
        .map(row("domestic"))
        .chain(foreign.iter().map(row("foreign")))
        .collect()
}

/// A desk that knows every firm that may be asked.
fn office() -> Office {
    let domestic = (1..=500).map(|number| format!("demo-domestic-{number:02}"));
    let foreign = (1..=12).map(|number| format!("demo-foreign-{number:02}"));
    let firms: Vec<String> = domestic.chain(foreign).collect();
    office_with(firms.iter().map(String::as_str))
}

fn opened(desk: &Desk) -> (String, Vec<DemoFirm>, Vec<DemoFirm>) {
    let domestic = firms("domestic", 26, SPREAD, 7).unwrap();
    let foreign = firms("foreign", 12, SPREAD, 8).unwrap();
    let due = "2026-12-25".parse().unwrap();
    let id = desk
        .open_round(&secretariat(OPEN), "kgi2", YEAR, due, &frame(&domestic, &foreign))
        .unwrap();
    (id, domestic, foreign)
}

fn form(firm: &DemoFirm) -> AnswerForm {
    AnswerForm {
        typed: typed(&[
            ("investment", &firm.investment.to_string()),
            ("sales", &firm.sales.to_string()),
        ]),
        ..AnswerForm::default()
    }
}

fn answer(desk: &Desk, round: &str, firm: &DemoFirm, day: &str) {
    let me = member(&firm.organisation, day);
    let taken = desk
        .submit_answer(&me, round, &firm.organisation, 0, &form(firm))
        .unwrap();
    assert_eq!(taken, Submitted::Taken(1), "{firm:?}");
}

fn version(desk: &Desk, round: &str) -> u32 {
    desk.round(&secretariat(OPEN), round).unwrap().version
}

fn settled_and_approved(desk: &Desk, round: &str, day: &str) -> String {
    let batch = desk
        .settle(&secretariat(day), round, version(desk, round))
        .unwrap();
    let kept = desk.batch(&approver(day), &batch).unwrap();
    desk.approve_batch(&approver(day), &batch, kept.version).unwrap();
    batch
}

fn observed(office: &Office, series: &str) -> Option<String> {
    let rashin = office.desk.rashin().unwrap();
    let engine = rashin.engine(None);
    engine.observation(series, YEAR).map(|seen| decimal(&seen.value))
}

fn kgi2(office: &Office) -> Option<f64> {
    let rashin = office.desk.rashin().unwrap();
    let engine = rashin.engine(None);
    let value = engine.run(YEAR).value("kgi2").ok()?;
    Some(value.in_unit().to_f64())
}

/// A round with nine of 26 and ten of twelve answers, closed.
fn answered(desk: &Desk) -> (String, Vec<DemoFirm>, Vec<DemoFirm>) {
    let (round, domestic, foreign) = opened(desk);
    for firm in domestic.iter().take(9).chain(foreign.iter().take(10)) {
        answer(desk, &round, firm, OPEN);
    }
    desk.close_round(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    (round, domestic, foreign)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a year in its order")]
fn a_year_from_opening_to_a_correction_after_settlement() {
    let office = office();
    let desk = &office.desk;
    let (round, domestic, foreign) = opened(desk);
    assert_eq!(round, "kgi2-FY2025");
    let again = desk.open_round(
        &secretariat(OPEN),
        "kgi2",
        YEAR,
        "2026-12-25".parse().unwrap(),
        &frame(&domestic, &[]),
    );
    assert_eq!(again.unwrap_err().kind, "exists");

    // A firm types, comes back, and submits.
    let first = &domestic[0];
    let me = member(&first.organisation, OPEN);
    let org = first.organisation.as_str();
    assert_eq!(desk.rounds(&me).unwrap().len(), 1);
    desk.save_answer(&me, &round, org, 0, &typed(&[("investment", "まだ")]))
        .unwrap();
    let view = desk.answer(&me, &round, org).unwrap();
    assert_eq!(
        (
            view.version,
            view.typed["investment"].as_str(),
            view.submissions.len()
        ),
        (1, "まだ", 0)
    );
    assert_eq!(
        desk.progress(&approver(OPEN), &round).unwrap().parts[0]
            .answered
            .len(),
        0,
        "a draft does not count"
    );
    let Submitted::Faults(faults) = desk
        .submit_answer(
            &me,
            &round,
            org,
            1,
            &AnswerForm {
                typed: typed(&[("investment", "3円")]),
                ..AnswerForm::default()
            },
        )
        .unwrap()
    else {
        unreachable!()
    };
    assert_eq!(faults.len(), 2);
    let unit = AnswerForm {
        typed: typed(&[
            ("investment", &first.investment.to_string()),
            ("sales", &(first.sales * 100.0).to_string()),
        ]),
        ..AnswerForm::default()
    };
    let Submitted::Confirm(unusual) = desk.submit_answer(&me, &round, org, 1, &unit).unwrap() else {
        unreachable!()
    };
    assert_eq!(unusual[0].field.as_deref(), Some("sales"));
    assert_eq!(
        desk.submit_answer(&me, &round, org, 0, &form(first))
            .unwrap_err()
            .kind,
        "conflict"
    );
    assert_eq!(
        desk.submit_answer(&me, &round, org, 1, &form(first)).unwrap(),
        Submitted::Taken(2)
    );

    for firm in domestic[1..9].iter().chain(&foreign[..10]) {
        answer(desk, &round, firm, OPEN);
    }
    let reminder = desk
        .remind(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    assert_eq!(reminder.organisations.len(), 17 + 2);
    let progress = desk.progress(&approver(LATER), &round).unwrap();
    assert_eq!(
        (
            progress.parts[0].asked,
            progress.parts[0].answered.len(),
            progress.parts[0].silent.len()
        ),
        (26, 9, 17)
    );

    // The secretariat sees the estimate move; nobody else does before it is settled.
    let estimate = desk.estimate(&secretariat(LATER), &round).unwrap();
    let figures = estimate[0].figures.as_ref().unwrap();
    assert_eq!(
        (
            estimate[0].asked,
            estimate[0].answered,
            figures.estimates.len(),
            figures.non_response.len()
        ),
        (26, 9, 8, 5)
    );
    assert_eq!(
        estimate[0].problem.as_ref().unwrap().kind,
        "no-frame",
        "sales of fiscal 2025 are not in the books yet"
    );
    let hidden = desk.estimate(&approver(LATER), &round).unwrap();
    assert!(
        hidden
            .iter()
            .all(|part| part.figures.is_none() && part.interval.is_none())
    );

    assert_eq!(
        desk.settle(&secretariat(LATER), &round, version(desk, &round))
            .unwrap_err()
            .kind,
        "state"
    );
    desk.close_round(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    let late = member(&domestic[20].organisation, LATER);
    assert_eq!(
        desk.submit_answer(&late, &round, &domestic[20].organisation, 0, &form(&domestic[20]))
            .unwrap_err()
            .kind,
        "closed"
    );
    assert_eq!(observed(&office, "domestic_investment_usd"), None);
    let projected = kgi2(&office).unwrap();
    let batch = desk
        .settle(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    assert_eq!(
        desk.settle(&secretariat(LATER), &round, version(desk, &round))
            .unwrap_err()
            .kind,
        "pending"
    );
    let kept = desk.batch(&approver(LATER), &batch).unwrap();
    assert_eq!(
        desk.save_batch(&secretariat(LATER), &batch, kept.version, "x", vec![])
            .unwrap_err()
            .kind,
        "state"
    );
    let moves = desk.check_batch(&approver(LATER), &batch).unwrap().moves;
    assert!(
        moves
            .iter()
            .any(|one| one.indicator == "kgi2" && one.at == YEAR && one.before != one.after),
        "{moves:?}"
    );
    let same = visit("sato", app::MINISTRY, Role::Approver, LATER);
    assert_eq!(
        desk.approve_batch(&same, &batch, kept.version).unwrap_err().kind,
        "four-eyes"
    );
    desk.approve_batch(&approver(LATER), &batch, kept.version)
        .unwrap();

    // KGI 2 of that year is observed, from rounded totals.
    let sum: f64 = domestic[..9].iter().map(|firm| firm.investment).sum();
    let published: f64 = observed(&office, "domestic_investment_usd")
        .unwrap()
        .parse()
        .unwrap();
    assert!((published - sum).abs() <= 0.05 + 1e-9, "{published} {sum}");
    assert_eq!(observed(&office, "respondents").as_deref(), Some("9"));
    assert_eq!(observed(&office, "surveyed_firms").as_deref(), Some("26"));
    let before = kgi2(&office).unwrap();
    assert!(
        (before - projected).abs() > 1e-6,
        "no longer the projection from fiscal 2024"
    );
    assert!(
        desk.estimate(&approver(LATER), &round).unwrap()[0]
            .interval
            .is_some()
    );
    assert_eq!(
        desk.estimate(&secretariat(LATER), &round).unwrap()[0].problem,
        None
    );
    assert_eq!(
        desk.settle(&secretariat(LATER), &round, version(desk, &round))
            .unwrap_err()
            .kind,
        "unchanged"
    );
    assert_eq!(
        desk.progress(&secretariat(LATER), &round).unwrap().since,
        Vec::<String>::new()
    );

    // A manufacturer corrects its answer: the old one stays, the round says so, the new totals are coarser.
    let day = "2027-02-10";
    let me = member(org, day);
    let corrected = DemoFirm {
        investment: first.investment * 2.0,
        ..first.clone()
    };
    let silent = desk
        .submit_answer(&me, &round, org, 2, &form(&corrected))
        .unwrap_err();
    assert_eq!(silent.kind, "reason");
    let why = AnswerForm {
        reason: "子会社の分を加えました。".into(),
        ..form(&corrected)
    };
    assert_eq!(
        desk.submit_answer(&me, &round, org, 2, &why).unwrap(),
        Submitted::Taken(3)
    );
    assert_eq!(desk.answer(&me, &round, org).unwrap().submissions.len(), 2);
    assert_eq!(desk.progress(&secretariat(day), &round).unwrap().since, [org]);
    settled_and_approved(desk, &round, day);
    let after = kgi2(&office).unwrap();
    assert!(after > before, "{before} {after}");
    let table = desk
        .round(&secretariat(day), &round)
        .unwrap()
        .value
        .tables
        .pop()
        .unwrap();
    let cell = |series: &str| {
        table
            .cells
            .iter()
            .find(|cell| cell.series == series)
            .unwrap()
            .clone()
    };
    let quantum = cell("domestic_investment_usd").quantum.unwrap();
    let noise = f64::midpoint(0.1, decimal(&quantum).parse::<f64>().unwrap());
    assert!(
        noise >= 0.1 * first.investment,
        "the change of {} hides in ±{noise}",
        first.investment
    );
    assert_eq!(table.standing[org], 3);
}

#[test]
fn an_answer_is_seen_by_the_firm_and_the_secretariat_alone() {
    let office = office();
    let desk = &office.desk;
    let (round, domestic, _) = answered(desk);
    let org = domestic[0].organisation.as_str();
    assert!(desk.answer(&secretariat(LATER), &round, org).is_ok());
    assert!(desk.answer(&member(org, LATER), &round, org).is_ok());
    let stranger = member("demo-stranger-01", LATER);
    for (who, kind) in [
        (public(LATER), "sign-in"),
        (approver(LATER), "not-found"),
        (member(&domestic[1].organisation, LATER), "not-found"),
        (stranger.clone(), "not-found"),
        (visit("k", app::MINISTRY, Role::Auditor, LATER), "not-found"),
        (visit("c", "council", Role::Council, LATER), "not-found"),
        (visit("a", app::MINISTRY, Role::Administrator, LATER), "not-found"),
    ] {
        assert_eq!(desk.answer(&who, &round, org).unwrap_err().kind, kind);
        assert_eq!(desk.answer_table(&who, &round).unwrap_err().kind, kind);
        assert_eq!(
            desk.submit_answer(&who, &round, org, 1, &form(&domestic[0]))
                .unwrap_err()
                .kind,
            kind
        );
        assert_eq!(
            desk.save_answer(&who, &round, org, 1, &BTreeMap::new())
                .unwrap_err()
                .kind,
            kind
        );
        assert_eq!(desk.settle(&who, &round, 1).unwrap_err().kind, kind);
    }
    // The secretariat reads and imports, but does not write in a firm's place.
    assert_eq!(
        desk.submit_answer(&secretariat(LATER), &round, org, 1, &form(&domestic[0]))
            .unwrap_err()
            .kind,
        "not-found"
    );
    // A firm sees of the round what it is asked, not who else is.
    assert_eq!(
        desk.round(&member(org, LATER), &round).unwrap_err().kind,
        "not-found"
    );
    assert_eq!(
        desk.progress(&member(org, LATER), &round).unwrap_err().kind,
        "not-found"
    );
    assert_eq!(
        desk.estimate(&member(org, LATER), &round).unwrap_err().kind,
        "not-found"
    );
    assert_eq!(desk.rounds(&stranger).unwrap().len(), 0);
    assert_eq!(
        desk.answer(&stranger, &round, "demo-stranger-01")
            .unwrap_err()
            .kind,
        "not-found",
        "it is not asked"
    );
    assert_eq!(desk.rounds(&public(LATER)).unwrap_err().kind, "sign-in");
}

#[test]
fn a_cell_of_too_few_is_withheld_with_all_that_is_divided_by_it() {
    let office = office();
    let desk = &office.desk;
    let (round, domestic, foreign) = opened(desk);
    for firm in domestic.iter().take(9).chain(foreign.iter().take(2)) {
        answer(desk, &round, firm, OPEN);
    }
    desk.close_round(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    settled_and_approved(desk, &round, LATER);
    assert!(observed(&office, "domestic_investment_usd").is_some());
    assert_eq!(observed(&office, "foreign_investment_usd"), None);
    assert_eq!(observed(&office, "foreign_respondents"), None);
    let round = desk.round(&approver(LATER), &round).unwrap().value;
    let withheld: Vec<_> = round.tables[0]
        .cells
        .iter()
        .filter(|cell| cell.withheld.is_some())
        .collect();
    assert_eq!(withheld.len(), 2);
    assert!(
        withheld
            .iter()
            .all(|cell| cell.part == "foreign" && cell.value.is_none())
    );
}

#[test]
fn a_total_that_was_sent_back_was_never_published() {
    let office = office();
    let desk = &office.desk;
    let (round, domestic, _) = answered(desk);
    let batch = desk
        .settle(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    let kept = desk.batch(&approver(LATER), &batch).unwrap();
    let sent = desk
        .send_batch_back(&approver(LATER), &batch, kept.version, "対象を確かめてください。")
        .unwrap();
    let edit = desk.save_batch(&secretariat(LATER), &batch, sent, "x", vec![]);
    assert_eq!(edit.unwrap_err().kind, "computed");
    assert_eq!(
        desk.settle(&secretariat(LATER), &round, version(desk, &round))
            .unwrap_err()
            .kind,
        "pending"
    );
    desk.withdraw_batch(&secretariat(LATER), &batch, sent).unwrap();
    // Another firm answers; the total may be as fine as a first one.
    let due = "2027-02-01".parse().unwrap();
    desk.reopen_round(&secretariat(LATER), &round, version(desk, &round), due)
        .unwrap();
    answer(desk, &round, &domestic[12], LATER);
    desk.close_round(&secretariat(LATER), &round, version(desk, &round))
        .unwrap();
    assert_eq!(
        desk.round(&secretariat(LATER), &round).unwrap().value.state,
        RoundState::Closed
    );
    settled_and_approved(desk, &round, LATER);
    let table = desk
        .round(&secretariat(LATER), &round)
        .unwrap()
        .value
        .tables
        .pop()
        .unwrap();
    let cell = table
        .cells
        .iter()
        .find(|cell| cell.series == "domestic_investment_usd")
        .unwrap();
    assert_eq!(cell.quantum.as_ref().map(decimal).as_deref(), Some("0.1"));
}

// Files

#[test]
fn five_hundred_answers_with_twenty_faulty_rows() {
    let office = office();
    let desk = &office.desk;
    let me = secretariat(OPEN);
    let domestic = firms("domestic", 500, SPREAD, 3).unwrap();
    let due = "2026-12-25".parse().unwrap();
    let round = desk
        .open_round(&me, "kgi2", YEAR, due, &frame(&domestic, &[]))
        .unwrap();
    let mut table = desk.answer_table(&me, &round).unwrap();
    assert_eq!(table.rows.len(), 500);
    for (row, firm) in table.rows.iter_mut().zip(&domestic) {
        row[1] = firm.investment.to_string();
        row[2] = format!("{}億円", firm.sales);
    }
    // Every 25th row is spoilt, each in one of five ways.
    for (number, place) in (12..500).step_by(25).enumerate() {
        match number % 5 {
            0 => table.rows[place][1] = "約3億ドル".into(),
            1 => table.rows[place][2] = "500社".into(),
            2 => table.rows[place][0] = "demo-elsewhere-01".into(),
            3 => table.rows[place][1] = String::new(),
            _ => table.rows[place][1] = "-1".into(),
        }
    }
    let purpose = Purpose::Answers { round: round.clone() };
    let id = desk
        .stage(&me, purpose.clone(), "回答.xlsx", workbook(&table))
        .unwrap();
    let staged = desk.staged(&me, &id).unwrap();
    let mut told = String::new();
    for fault in &staged.faults {
        let _ = writeln!(told, "{}: {}", fault.place(Lang::Ja), fault.ja);
        let _ = writeln!(told, "{}: {}", fault.place(Lang::En), fault.en);
    }
    insta::assert_snapshot!(told);
    assert_eq!(
        (
            staged.rows,
            staged.faults.len(),
            staged.faulty.len(),
            staged.fresh
        ),
        (500, 20, 20, 480)
    );
    assert!(staged.mendable);
    let reading = visit("k", app::MINISTRY, Role::Approver, OPEN);
    assert_eq!(desk.staged(&reading, &id).unwrap_err().kind, "not-found");

    // Nothing is taken until all is clean, or until the faulty rows are left out by name.
    let one_less: Vec<RowName> = staged.faulty[1..].to_vec();
    for wrong in [&[][..], &one_less] {
        assert_eq!(desk.take(&me, &id, wrong).unwrap_err().kind, "faults");
    }
    assert_eq!(desk.progress(&me, &round).unwrap().parts[0].answered.len(), 0);
    assert_eq!(desk.take(&me, &id, &staged.faulty).unwrap(), Taken::Answers(480));
    assert_eq!(desk.progress(&me, &round).unwrap().parts[0].answered.len(), 480);

    // What is given out and taken in again changes nothing.
    let table = desk.answer_table(&me, &round).unwrap();
    let again = desk
        .stage(&me, purpose.clone(), "回答.xlsx", workbook(&table))
        .unwrap();
    let staged = desk.staged(&me, &again).unwrap();
    assert_eq!(
        (staged.faults.len(), staged.warnings.len(), staged.fresh),
        (0, 0, 0)
    );
    assert_eq!(desk.take(&me, &again, &[]).unwrap(), Taken::Answers(0));
    assert_eq!(desk.answer_table(&me, &round).unwrap(), table);

    // An answer that is there is not written over from a file.
    let mut other = table;
    other.rows[0][1] = "9.99億ドル/年".into();
    let id = desk.stage(&me, purpose, "回答.xlsx", workbook(&other)).unwrap();
    assert_eq!(desk.staged(&me, &id).unwrap().faulty.len(), 1);
}

#[test]
fn a_frame_that_cannot_be_is_told_by_its_row() {
    let office = office();
    let firm = |organisation: &str, part: &str, size: &str| FirmRow {
        organisation: organisation.into(),
        part: part.into(),
        size: size.into(),
    };
    let open = |rows: &[FirmRow], period: Period, due: &str| {
        office
            .desk
            .open_round(&secretariat(OPEN), "kgi2", period, due.parse().unwrap(), rows)
            .map_err(|refusal| (refusal.kind, refusal.ja))
    };
    let good = firm("demo-domestic-01", "domestic", "500");
    let mut told = String::new();
    for rows in [
        vec![],
        vec![good.clone(), firm("組織", "domestic", "500")],
        vec![good.clone(), good.clone()],
        vec![firm("demo-domestic-01", "inland", "500")],
        vec![firm("demo-domestic-01", "domestic", "500件")],
        vec![firm("demo-domestic-01", "domestic", "0")],
    ] {
        let (kind, ja) = open(&rows, YEAR, "2026-12-25").unwrap_err();
        let _ = writeln!(told, "{kind}: {ja}");
    }
    insta::assert_snapshot!(told);
    assert_eq!(
        open(std::slice::from_ref(&good), Period::fiscal(2030), "2026-12-25")
            .unwrap_err()
            .0,
        "period"
    );
    assert_eq!(
        open(std::slice::from_ref(&good), Period::calendar(2025), "2026-12-25")
            .unwrap_err()
            .0,
        "period"
    );
    assert_eq!(open(&[good], YEAR, "2026-10-01").unwrap_err().0, "due");
}

#[test]
fn nothing_in_the_audit_log_says_what_was_answered() {
    let office = office();
    let (round, domestic, _) = answered(&office.desk);
    settled_and_approved(&office.desk, &round, LATER);
    for event in office.events() {
        let text = serde_json::to_string(&event.detail).unwrap();
        let ours = event.action.as_str().starts_with("answer.");
        assert!(
            !ours
                || event
                    .detail
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|key| ["round", "what"].contains(&key.as_str())),
            "{text}"
        );
        for firm in &domestic {
            assert!(
                !text.contains(&firm.investment.to_string()) || firm.investment.fract() == 0.0,
                "{text}"
            );
        }
    }
}
