//! What a round says in total: the estimate for each part, and the settlement that hands the totals in for approval.
//!
//! Whoever may not see single answers is shown the settled totals and how uncertain the estimate is in whole percents, never the live
//! estimate: watching that move would tell the answer that moved it.

use authz::{Action, Subject, allows};
use formula::Value;
use indicator::is_missing;
use plan::{Survey, SurveyPart, Text};
use serde::Serialize;
use serde_json::json;
use vocab::{Lang, Quantity, Refusal};

use super::answer::same_standing;
use super::batch::{Batch, BatchRow, BatchState, UNSIGNED};
use super::disclose::{Submitted, cells, submitted};
use super::round::{Cell, Round, RoundState, RoundTable, survey_of, versions};
use super::{Desk, Edit, MINISTRY, Visit, Which};
use crate::ask::Rashin;
use crate::survey::{SurveyAnswer, survey as estimated};

/// The estimate of one part of a round.
#[derive(Debug, Clone, Serialize)]
pub struct PartEstimate {
    /// Part of the survey.
    pub part: String,
    /// Its name.
    pub title: Text,
    /// Unit of the estimated total.
    pub unit: String,
    /// Firms that were asked.
    pub asked: usize,
    /// Firms whose answers count here.
    pub answered: usize,
    /// By every method, with its interval and the bounds for non-response; for the secretariat only.
    pub figures: Option<SurveyAnswer>,
    /// Ends of the recommended interval beside its estimate, in whole percents.
    pub interval: Option<(i64, i64)>,
    /// Why there is no estimate, or why it stops at the firms that were asked.
    pub problem: Option<Refusal>,
    /// The totals as they were last settled.
    pub cells: Vec<Cell>,
}

impl Desk {
    /// The estimate of each part: from the answers that count now for the secretariat, from the last settlement for others.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, those of the store.
    pub fn estimate(&self, visit: &Visit, id: &str) -> Result<Vec<PartEstimate>, Refusal> {
        Self::authorise(visit, Action::ReadEstimate, Subject::default())?;
        let kept = self.known_round(id)?;
        let round = &kept.value;
        let live = allows(visit.caller.as_ref(), Action::ReadAnswer, Subject::default());
        let answers = match (live, round.tables.last()) {
            (true, _) => submitted(&self.standing(id)?),
            (false, Some(table)) => self.behind(id, table)?,
            (false, None) => Submitted::new(),
        };
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, round)?;
        let parts = survey.parts.iter().map(|part| {
            let cells: Vec<Cell> = round.tables.last().map_or(vec![], |table| {
                let mine = table.cells.iter().filter(|cell| cell.part == part.name);
                mine.cloned().collect()
            });
            let withheld = !live && cells.iter().any(|cell| cell.withheld.is_some());
            let mut estimate = part_estimate(&rashin, survey, round, part, &answers);
            if !live {
                estimate.figures = None;
                if withheld || round.tables.is_empty() {
                    estimate.interval = None;
                    estimate.problem = Some(Refusal::new(
                        "not-settled",
                        "公表できる合計がまだまとめられていません。",
                        "No total that may be published has been settled yet.",
                    ));
                }
            }
            PartEstimate { cells, ..estimate }
        });
        Ok(parts.collect())
    }

    /// Settles a closed round: makes its totals a batch that is handed in for approval, and gives the batch's id.
    ///
    /// # Errors
    /// `pending` while an earlier settlement waits, `unchanged` if nothing would change, `withheld` if no total may be published, `state`,
    /// `conflict`, and as [`Desk::round`].
    pub fn settle(&self, visit: &Visit, id: &str, version: u32) -> Result<String, Refusal> {
        let kept = self.round_to_keep(visit, id, version, RoundState::Closed)?;
        let round = &kept.value;
        self.nothing_pending(id)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, round)?;
        let standing = self.standing(id)?;
        let published = self.published_tables(id, round)?;
        let again = published
            .last()
            .is_some_and(|(table, _)| same_standing(&standing, &table.standing));
        if again {
            return Err(unchanged());
        }
        let cells = cells(&rashin, survey, round, &submitted(&standing), &published)?;
        let mut confidential = cells
            .iter()
            .filter(|cell| cell.quantum.is_some() || cell.withheld.is_some());
        if confidential.clone().all(|cell| cell.withheld.is_some()) {
            let (ja, en) = confidential
                .find_map(|cell| cell.withheld.clone())
                .unwrap_or_default();
            return Err(Refusal::new("withheld", ja, en));
        }
        let rows = rows(&rashin, survey, round, &cells);
        if rows.is_empty() {
            return Err(unchanged());
        }
        self.sound(visit, &rows, UNSIGNED)?;
        let title = format!("{}（{}）", survey.title.ja, round.period.label(Lang::Ja));
        let (batch, first) = self.first_batch(visit, &title, rows, Some(id.into()), BatchState::HandedIn)?;
        let mut settled = round.clone();
        settled.tables.push(RoundTable {
            batch: batch.clone(),
            on: visit.today(),
            standing: versions(&standing),
            cells,
        });
        self.write(
            visit,
            Action::KeepRound,
            MINISTRY,
            json!({ "round": id, "what": "settle", "batch": batch }),
            vec![first, Edit::next(&kept, &settled)?],
        )?;
        Ok(batch)
    }

    /// Refuses while a settlement of the round is on its way: two at once could not be judged beside each other.
    fn nothing_pending(&self, id: &str) -> Result<(), Refusal> {
        let batches = self.all::<Batch>(&Which {
            owner: Some(MINISTRY),
            parent: Some(id),
            state: None,
        })?;
        let waits = |state| {
            matches!(
                state,
                BatchState::HandedIn | BatchState::SentBack | BatchState::Draft
            )
        };
        if batches.iter().any(|batch| waits(batch.value.state)) {
            return Err(Refusal::new(
                "pending",
                "前にまとめた合計が、まだ承認も取り下げもされていません。先にそちらを終えてください。",
                "The totals settled before are neither approved nor withdrawn. Finish that first.",
            ));
        }
        Ok(())
    }
}

fn unchanged() -> Refusal {
    Refusal::new(
        "unchanged",
        "公表済みの値から変わるものがありません。新しい回答か訂正があってからまとめてください。",
        "Nothing would change. Settle again once there are new answers or corrections.",
    )
}

fn part_estimate(
    rashin: &Rashin,
    survey: &Survey,
    round: &Round,
    part: &SurveyPart,
    answers: &Submitted,
) -> PartEstimate {
    let unit = survey
        .question(&survey.amount)
        .map(|question| question.unit.to_string());
    let number = |value: &Quantity| value.in_unit().to_f64();
    let mut pairs = vec![];
    let mut frame_total = 0.0;
    for firm in round.part(&part.name) {
        let given = answers.get(&firm.organisation);
        let size = given
            .and_then(|values| values.get(&survey.size))
            .unwrap_or(&firm.size);
        frame_total += number(size);
        if let Some(amount) = given.and_then(|values| values.get(&survey.amount)) {
            pairs.push((number(amount), number(size)));
        }
    }
    let asked = round.part(&part.name).count();
    let (beyond, mut problem) = match beyond(rashin, survey, round, part) {
        Ok(beyond) => (beyond, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let head = &rashin.plan().head;
    let figures = estimated(
        &pairs,
        frame_total,
        asked,
        beyond,
        head.confidence.to_f64(),
        head.seed,
    );
    let figures = figures.map_err(|refusal| problem = Some(refusal)).ok();
    PartEstimate {
        part: part.name.clone(),
        title: part.title.clone(),
        unit: unit.unwrap_or_default(),
        asked,
        answered: pairs.len(),
        interval: figures.as_ref().and_then(relative),
        figures,
        problem,
        cells: vec![],
    }
}

/// The size of the firms beyond those that are asked, in the unit of the survey's sizes; none if the part has no such firms.
fn beyond(
    rashin: &Rashin,
    survey: &Survey,
    round: &Round,
    part: &SurveyPart,
) -> Result<Option<f64>, Refusal> {
    let (Some(formula), Some(size)) = (&part.beyond, survey.question(&survey.size)) else {
        return Ok(None);
    };
    let engine = rashin.engine(None);
    match engine.run(round.period).eval(None, formula) {
        Ok(Value::Quantity(value, _)) => Ok(Some(value.shown_in(&size.unit)?.in_unit().to_f64())),
        Ok(_) => Ok(None),
        Err(refusal) if is_missing(&refusal) => Err(Refusal::new(
            "no-frame",
            "調査対象の外の企業の規模がまだ分からないため、推計は対象企業までです。この年の規模の統計を登録すると、全体まで推計します。",
            "The size of the firms that are not asked is not known yet, so the estimate stops at those that are. It covers all of them once \
             that year's statistics are recorded.",
        )),
        Err(refusal) => Err(refusal),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole percents, clamped")]
fn relative(figures: &SurveyAnswer) -> Option<(i64, i64)> {
    let best = &figures.recommended;
    let total: f64 = best.total.parse().ok()?;
    let percent = |end: &str| {
        let end: f64 = end.parse().ok()?;
        Some(((end / total - 1.0) * 100.0).clamp(-1e6, 1e6).round() as i64)
    };
    Some((percent(&best.interval.low)?, percent(&best.interval.high)?))
}

/// The observations that a settlement hands in: totals that the books do not say already.
fn rows(rashin: &Rashin, survey: &Survey, round: &Round, cells: &[Cell]) -> Vec<BatchRow> {
    let engine = rashin.engine(None);
    let text = |value: &Quantity, series: &str| {
        let unit = rashin.plan().series.get(series).map(|series| &series.unit);
        let shown = unit.and_then(|unit| value.shown_in(unit).ok());
        shown.unwrap_or_else(|| value.clone()).to_string()
    };
    let fresh = cells.iter().filter_map(|cell| {
        let value = cell.value.as_ref()?;
        let known = engine.observation(&cell.series, round.period);
        let same = known.is_some_and(|known| {
            let rounding = |one: &Option<Quantity>| one.as_ref().map(|one| one.number().clone());
            known.value.number() == value.number() && rounding(&known.rounding) == rounding(&cell.quantum)
        });
        let coarse = cell.quantum.as_ref().map(|quantum| text(quantum, &cell.series));
        let (note_ja, note_en) = match &coarse {
            Some(step) => (
                format!("会社ごとの回答が分からないよう、{step}の単位に丸めています。"),
                format!("Rounded to {step} so that no firm's answer can be told."),
            ),
            None => Default::default(),
        };
        (!same).then(|| BatchRow {
            series: cell.series.clone(),
            period: round.period.to_string(),
            value: text(value, &cell.series),
            rounding: coarse.unwrap_or_default(),
            source: survey.source.clone(),
            section: survey.section.clone(),
            note_ja,
            note_en,
            ..BatchRow::default()
        })
    });
    fresh.collect()
}
