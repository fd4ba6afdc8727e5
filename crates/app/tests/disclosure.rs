//! Somebody who holds everything that was ever published tries to work out what one firm answered. The attack knows nothing of how totals
//! were kept safe: it reads published editions as anybody may, writes down what each rounded total says of the answers behind it, and asks a
//! linear programme for the least and the most that an answer, or its correction, can be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use std::collections::{BTreeMap, BTreeSet};

use app::demo::{DemoFirm, DemoSpread, firms};
use app::{AnswerForm, Desk, FirmRow, Submitted};
use desk::{approver, member, office_with, public, secretariat, typed};
use indicator::Edition;
use plan::{Files, Plan};
use vocab::Period;

const YEAR: Period = Period::fiscal(2025);

/// p of the plan's survey: nobody may narrow an answer, or a change of one, to less than this share of it to either side.
const P: f64 = 0.1;

/// What stood behind one publication: each firm's answer then. The attacker is given who answered, and whether the answer was the same as
/// before, which is more than is published.
type Behind = BTreeMap<String, f64>;

/// What one publication says: the total, give or take half its rounding.
struct Told {
    low: f64,
    high: f64,
    behind: Behind,
}

/// Firms answer, three editions are published, and between them answers are corrected and one firm is late.
struct Year<'d> {
    desk: &'d Desk,
    round: String,
    answers: Behind,
    seen: BTreeMap<String, u32>,
    told: Vec<Told>,
}

impl Year<'_> {
    fn answer(&mut self, firm: &DemoFirm, investment: f64, day: &str) {
        let organisation = firm.organisation.as_str();
        let seen = self.seen.entry(organisation.into()).or_default();
        let reason = if *seen == 0 {
            ""
        } else {
            "集計の範囲を改めました。"
        };
        let form = AnswerForm {
            typed: typed(&[
                ("investment", &investment.to_string()),
                ("sales", &firm.sales.to_string()),
            ]),
            reason: reason.into(),
            confirmed: true,
        };
        let taken = self
            .desk
            .submit_answer(
                &member(organisation, day),
                &self.round,
                organisation,
                *seen,
                &form,
            )
            .unwrap();
        *seen += 1;
        assert_eq!(taken, Submitted::Taken(*seen));
        self.answers.insert(organisation.into(), investment);
    }

    fn version(&self, day: &str) -> u32 {
        self.desk.round(&secretariat(day), &self.round).unwrap().version
    }

    /// Totals are settled and approved, then an edition is published; what it says anew is what anybody reads in its file.
    fn publish(&mut self, day: &str, follows: Option<&str>) -> String {
        let batch = self
            .desk
            .settle(&secretariat(day), &self.round, self.version(day))
            .unwrap();
        let kept = self.desk.batch(&approver(day), &batch).unwrap();
        self.desk
            .approve_batch(&approver(day), &batch, kept.version)
            .unwrap();
        let id = self
            .desk
            .start_edition(&secretariat(day), YEAR, day.parse().unwrap(), follows)
            .unwrap();
        self.desk.hand_in(&secretariat(day), &id).unwrap();
        self.desk.publish(&approver(day), &id).unwrap();
        let edition = Edition::parse(&self.desk.export(&public(day), &id).unwrap()).unwrap();
        let plan = Plan::read(Files::from_texts(edition.files)).unwrap();
        let totals = plan
            .observations
            .iter()
            .filter(|one| one.series == "domestic_investment_usd" && one.period == YEAR);
        let totals: Vec<_> = totals.collect();
        if totals.len() > self.told.len() {
            let total = totals.last().unwrap();
            let value = total.value.in_unit().to_f64();
            let half = total.rounding.as_ref().unwrap().in_unit().to_f64() / 2.0;
            self.told.push(Told {
                low: value - half,
                high: value + half,
                behind: self.answers.clone(),
            });
        }
        id
    }
}

fn year(seed: u64, mut attack: impl FnMut(&[Told])) {
    let spread = DemoSpread {
        sales: 2_000.0,
        ratio: 0.001,
        cv: 0.8,
    };
    let domestic = firms("domestic", 12, spread, seed).unwrap();
    let office = office_with(domestic.iter().map(|firm| firm.organisation.as_str()));
    let rows: Vec<FirmRow> = domestic
        .iter()
        .map(|firm| FirmRow {
            organisation: firm.organisation.clone(),
            part: "domestic".into(),
            size: firm.sales.to_string(),
        })
        .collect();
    let (opens, due) = ("2026-11-02", "2026-12-25".parse().unwrap());
    let round = office
        .desk
        .open_round(&secretariat(opens), "kgi2", YEAR, due, &rows)
        .unwrap();
    let mut year = Year {
        desk: &office.desk,
        round,
        answers: Behind::new(),
        seen: BTreeMap::new(),
        told: vec![],
    };
    for firm in &domestic[..9] {
        year.answer(firm, firm.investment, opens);
    }
    let closes = "2027-01-08";
    office
        .desk
        .close_round(&secretariat(closes), &year.round, year.version(closes))
        .unwrap();
    let first = year.publish(closes, None);

    // One firm alone corrects its answer: the difference of two totals is its correction.
    year.answer(&domestic[2], domestic[2].investment * 1.6 + 0.5, "2027-01-20");
    let second = year.publish("2027-01-22", Some(&first));

    // Another corrects, and a late firm answers.
    year.answer(&domestic[4], domestic[4].investment * 0.4, "2027-02-02");
    let until = "2027-02-20".parse().unwrap();
    office
        .desk
        .reopen_round(
            &secretariat("2027-02-03"),
            &year.round,
            year.version("2027-02-03"),
            until,
        )
        .unwrap();
    year.answer(&domestic[10], domestic[10].investment, "2027-02-04");
    office
        .desk
        .close_round(
            &secretariat("2027-02-21"),
            &year.round,
            year.version("2027-02-21"),
        )
        .unwrap();
    year.publish("2027-02-22", Some(&second));
    attack(&year.told);
}

#[test]
fn nobody_works_out_an_answer_from_all_that_was_published() {
    let mut publications = 0;
    for seed in 1..=4 {
        year(seed, |told| {
            publications += told.len();
            let attackers = told.iter().flat_map(|one| one.behind.keys().cloned().map(Some));
            let attackers: BTreeSet<Option<String>> = attackers.chain([None]).collect();
            for attacker in attackers {
                let found = narrowed(told, attacker.as_deref());
                assert_eq!(found, Vec::<String>::new(), "seed {seed}, {attacker:?}");
            }
        });
    }
    assert!(
        publications > 8,
        "{publications} totals: corrections were published too"
    );
}

#[test]
fn the_attack_finds_what_unrounded_totals_give_away() {
    year(1, |told| {
        let exact: Vec<Told> = told
            .iter()
            .map(|one| {
                let sum: f64 = one.behind.values().sum();
                Told {
                    low: sum,
                    high: sum,
                    behind: one.behind.clone(),
                }
            })
            .collect();
        assert!(!narrowed(&exact, None).is_empty());
    });
}

/// The answers and changes of answers that an attacker, who may be one of the firms, can narrow to less than ± p of their size.
fn narrowed(told: &[Told], attacker: Option<&str>) -> Vec<String> {
    // A firm's answer is one unknown for each distinct value.
    let mut unknowns: Vec<(&str, f64)> = vec![];
    for (firm, value) in told.iter().flat_map(|one| &one.behind) {
        if !unknowns
            .iter()
            .any(|(seen, known)| seen == firm && known.total_cmp(value).is_eq())
        {
            unknowns.push((firm, *value));
        }
    }
    let mut limits = vec![];
    for one in told {
        let row: Vec<f64> = unknowns
            .iter()
            .map(|(firm, value)| {
                let there = one
                    .behind
                    .get(*firm)
                    .is_some_and(|seen| seen.total_cmp(value).is_eq());
                f64::from(u8::from(there))
            })
            .collect();
        limits.push((row.iter().map(|x| -x).collect(), -one.low));
        limits.push((row, one.high));
    }
    for (place, (firm, value)) in unknowns.iter().enumerate() {
        if Some(*firm) == attacker {
            let mut row = vec![0.0; unknowns.len()];
            row[place] = 1.0;
            limits.push((row.clone(), *value));
            row[place] = -1.0;
            limits.push((row, -value));
        }
    }
    let mut found = vec![];
    for (place, (firm, value)) in unknowns.iter().enumerate() {
        if Some(*firm) == attacker {
            continue;
        }
        let mut goal = vec![0.0; unknowns.len()];
        goal[place] = 1.0;
        let earlier = unknowns[..place]
            .iter()
            .enumerate()
            .filter(|(_, (other, _))| other == firm);
        let changes: Vec<(usize, f64)> = earlier.map(|(at, (_, before))| (at, value - before)).collect();
        for (other, size) in
            std::iter::once((None, *value)).chain(changes.into_iter().map(|(at, d)| (Some(at), d)))
        {
            let mut goal = goal.clone();
            if let Some(at) = other {
                goal[at] = -1.0;
            }
            let opposite: Vec<f64> = goal.iter().map(|x| -x).collect();
            let width = greatest(&goal, &limits) + greatest(&opposite, &limits);
            if width / 2.0 < P * size.abs() - 1e-6 {
                found.push(format!("{firm}: {size:.2} ± {:.3}", width / 2.0));
            }
        }
    }
    found
}

/// The greatest `goal · x` over all `x ≥ 0` with `row · x ≤ limit` for each limit, by the simplex method with Bland's rule: infinite if nothing
/// bounds it. The limits must leave some `x`.
fn greatest(goal: &[f64], limits: &[(Vec<f64>, f64)]) -> f64 {
    const GRAIN: f64 = 1e-9;
    let (rows, width) = (limits.len(), goal.len());
    // Columns: unknowns, one slack a row, the distance from what is allowed, the limit.
    let (distance, limit) = (width + rows, width + rows + 1);
    let mut table: Vec<Vec<f64>> = limits
        .iter()
        .enumerate()
        .map(|(place, (row, most))| {
            let mut line = row.clone();
            line.resize(limit + 1, 0.0);
            line[width + place] = 1.0;
            line[distance] = -1.0;
            line[limit] = *most;
            line
        })
        .collect();
    let mut basis: Vec<usize> = (width..width + rows).collect();
    let pivot = |table: &mut Vec<Vec<f64>>, basis: &mut Vec<usize>, row: usize, column: usize| {
        let by = table[row][column];
        table[row].iter_mut().for_each(|x| *x /= by);
        let line = table[row].clone();
        for (_, other) in table.iter_mut().enumerate().filter(|(place, _)| *place != row) {
            let times = other[column];
            other.iter_mut().zip(&line).for_each(|(x, y)| *x -= times * y);
        }
        basis[row] = column;
    };
    let climb = |table: &mut Vec<Vec<f64>>, basis: &mut Vec<usize>, columns: usize| loop {
        let last = table.len() - 1;
        let Some(column) = (0..columns).find(|column| table[last][*column] < -GRAIN) else {
            return true;
        };
        let ratio = |row: usize| (table[row][column] > GRAIN).then(|| table[row][limit] / table[row][column]);
        let best = (0..last)
            .filter_map(|row| ratio(row).map(|ratio| (ratio, basis[row], row)))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((_, _, row)) = best else {
            return false;
        };
        pivot(table, basis, row, column);
    };
    let worst = (0..rows).min_by(|a, b| table[*a][limit].total_cmp(&table[*b][limit]));
    if let Some(worst) = worst.filter(|row| table[*row][limit] < 0.0) {
        let mut line = vec![0.0; limit + 1];
        line[distance] = 1.0;
        table.push(line);
        pivot(&mut table, &mut basis, worst, distance);
        climb(&mut table, &mut basis, distance + 1);
        let reached = table.pop().unwrap();
        assert!(reached[limit].abs() < 1e-6, "the truth is allowed");
        if let Some(row) = basis.iter().position(|column| *column == distance) {
            let column = (0..distance)
                .find(|column| table[row][*column].abs() > GRAIN)
                .unwrap();
            pivot(&mut table, &mut basis, row, column);
        }
    }
    let mut line: Vec<f64> = goal.iter().map(|x| -x).collect();
    line.resize(limit + 1, 0.0);
    for (row, column) in basis.iter().enumerate() {
        let times = line[*column];
        let rest = table[row].clone();
        line.iter_mut().zip(&rest).for_each(|(x, y)| *x -= times * y);
    }
    table.push(line);
    if climb(&mut table, &mut basis, distance) {
        table[rows][limit]
    } else {
        f64::INFINITY
    }
}
