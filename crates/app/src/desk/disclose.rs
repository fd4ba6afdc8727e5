//! From answers to totals that may be published: each rounded so that neither the total nor its difference from any earlier published total
//! of the same cell gives an answer away.

use std::collections::BTreeMap;

use indicator::stats::disclosure::{DisclosureRule, Published, smallest_step};
use plan::{DisclosureParameters, Survey, SurveyPart, SurveyTotal, TotalOf};
use store::Fault;
use vocab::{Number, Quantity, Refusal};

use super::answer::Answer;
use super::batch::{Batch, BatchState};
use super::kept::refused;
use super::round::{Cell, Round, RoundTable};
use super::{Desk, Kept, MINISTRY};
use crate::ask::Rashin;

/// Values that were submitted, by organisation and question.
pub(super) type Submitted = BTreeMap<String, BTreeMap<String, Quantity>>;

/// The submitted values of answers.
pub(super) fn submitted(standing: &[Kept<Answer>]) -> Submitted {
    standing
        .iter()
        .filter_map(|answer| {
            let submission = answer.value.submission.as_ref()?;
            Some((answer.owner.clone(), submission.values.clone()))
        })
        .collect()
}

impl Desk {
    /// The tables of a round that are in the books, the oldest first, each with the answers that stood behind it.
    pub(super) fn published_tables<'r>(
        &self,
        id: &str,
        round: &'r Round,
    ) -> Result<Vec<(&'r RoundTable, Submitted)>, Refusal> {
        let mut tables = vec![];
        for table in &round.tables {
            let batch = self.find::<Batch>(MINISTRY, &table.batch)?;
            if batch.is_some_and(|batch| batch.value.state == BatchState::Approved) {
                tables.push((table, self.behind(id, table)?));
            }
        }
        Ok(tables)
    }

    /// The answers that stood behind a table.
    pub(super) fn behind(&self, id: &str, table: &RoundTable) -> Result<Submitted, Refusal> {
        let mut now = submitted_versions(self.standing(id)?);
        let mut answers = BTreeMap::new();
        for (organisation, version) in &table.standing {
            let values = match now.remove(organisation) {
                Some((same, values)) if same == *version => values,
                _ => self.submission_at(id, organisation, *version)?,
            };
            answers.insert(organisation.clone(), values);
        }
        Ok(answers)
    }

    fn submission_at(
        &self,
        id: &str,
        organisation: &str,
        version: u32,
    ) -> Result<BTreeMap<String, Quantity>, Refusal> {
        self.history::<Answer>(organisation, id)?
            .into_iter()
            .filter_map(|kept| kept.value.submission)
            .find(|submission| submission.version == version)
            .map(|submission| submission.values)
            .ok_or_else(|| {
                refused(Fault::Corrupt(format!(
                    "round {id}: answer version {version} is missing"
                )))
            })
    }
}

fn submitted_versions(standing: Vec<Kept<Answer>>) -> BTreeMap<String, (u32, BTreeMap<String, Quantity>)> {
    standing
        .into_iter()
        .filter_map(|answer| {
            let submission = answer.value.submission?;
            Some((answer.owner, (submission.version, submission.values)))
        })
        .collect()
}

/// Every total of a round, from the answers that count now and beside what was published before.
pub(super) fn cells(
    rashin: &Rashin,
    survey: &Survey,
    round: &Round,
    answers: &Submitted,
    published: &[(&RoundTable, Submitted)],
) -> Result<Vec<Cell>, Refusal> {
    let rule = rule_of(&survey.disclosure);
    let mut cells = vec![];
    for part in &survey.parts {
        let mut withheld = None;
        let first = cells.len();
        for total in &part.totals {
            let found = match &total.of {
                TotalOf::Question(question) => Some(confidential(
                    survey, round, part, total, question, answers, published, &rule,
                )?),
                TotalOf::FrameSize => frame_size(rashin, round, part, total)?,
                TotalOf::Asked => Some(count(part, total, round.part(&part.name).count())),
                TotalOf::Answered => {
                    let answered = round
                        .part(&part.name)
                        .filter(|firm| answers.contains_key(&firm.organisation));
                    Some(count(part, total, answered.count()))
                }
            };
            let reason = found.as_ref().and_then(|cell: &Cell| cell.withheld.clone());
            withheld = withheld.or(reason);
            cells.extend(found);
        }
        // Totals of one part are divided by one another: either all of them speak of the same firms, or none is renewed.
        let renewed = cells[first..].iter_mut();
        for cell in renewed.filter(|cell| withheld.is_some() && speaks_of_answers(part, cell)) {
            cell.value = None;
            cell.quantum = None;
            cell.withheld.clone_from(&withheld);
        }
    }
    Ok(cells)
}

fn speaks_of_answers(part: &SurveyPart, cell: &Cell) -> bool {
    let total = part.totals.iter().find(|total| total.series == cell.series);
    total.is_some_and(|total| matches!(total.of, TotalOf::Question(_) | TotalOf::Answered))
}

fn rule_of(parameters: &DisclosureParameters) -> DisclosureRule {
    DisclosureRule {
        minimum_frequency: parameters.minimum_frequency as usize,
        dominance: (parameters.largest as usize, parameters.share.to_f64()),
        p_share: parameters.p.to_f64(),
    }
}

fn cell(part: &SurveyPart, total: &SurveyTotal, value: Option<Quantity>, quantum: Option<Quantity>) -> Cell {
    Cell {
        part: part.name.clone(),
        series: total.series.clone(),
        value,
        quantum,
        withheld: None,
    }
}

fn count(part: &SurveyPart, total: &SurveyTotal, firms: usize) -> Cell {
    let firms = i64::try_from(firms).unwrap_or(i64::MAX);
    let unit = vocab::Unit::word("社").unwrap_or_default();
    cell(part, total, Some(Quantity::new(&Number::from(firms), unit)), None)
}

/// Sizes are public: their sum is stated unless the books have it already.
fn frame_size(
    rashin: &Rashin,
    round: &Round,
    part: &SurveyPart,
    total: &SurveyTotal,
) -> Result<Option<Cell>, Refusal> {
    let engine = rashin.engine(None);
    if engine.observation(&total.series, round.period).is_some() {
        return Ok(None);
    }
    let sum = sum(round.part(&part.name).map(|firm| &firm.size))?;
    let value = match (sum, &total.precision) {
        (Some(sum), Some(precision)) => Some(sum.round_to(precision)?),
        (sum, _) => sum,
    };
    Ok(Some(cell(part, total, value, total.precision.clone())))
}

fn sum<'a>(values: impl Iterator<Item = &'a Quantity>) -> Result<Option<Quantity>, Refusal> {
    let mut total: Option<Quantity> = None;
    for value in values {
        total = Some(match total {
            Some(total) => total.plus(value)?,
            None => value.clone(),
        });
    }
    Ok(total)
}

#[expect(clippy::too_many_arguments, reason = "one cell with all that it is judged by")]
fn confidential(
    survey: &Survey,
    round: &Round,
    part: &SurveyPart,
    total: &SurveyTotal,
    question: &str,
    answers: &Submitted,
    published: &[(&RoundTable, Submitted)],
    rule: &DisclosureRule,
) -> Result<Cell, Refusal> {
    let unit = survey.question(question).map(|question| question.unit.clone());
    let finest = total
        .precision
        .clone()
        .or_else(|| unit.map(|unit| Quantity::new(&Number::ONE, unit)))
        .ok_or_else(super::unknown)?;
    let members: Vec<&str> = round
        .part(&part.name)
        .map(|firm| firm.organisation.as_str())
        .collect();
    let of = |answers: &Submitted| -> BTreeMap<String, Quantity> {
        let value = |firm: &&str| Some(((*firm).to_owned(), answers.get(*firm)?.get(question)?.clone()));
        members.iter().filter_map(value).collect()
    };
    // Contributions and steps count in units of the finest rounding.
    let steps = |values: &BTreeMap<String, Quantity>| -> BTreeMap<String, f64> {
        let step = |value: &Quantity| value.number().to_f64() / finest.number().to_f64();
        values
            .iter()
            .map(|(firm, value)| (firm.clone(), step(value)))
            .collect()
    };
    let earlier: Vec<Published> = published
        .iter()
        .filter_map(|(table, answers)| {
            let before = table
                .cells
                .iter()
                .find(|cell| cell.part == part.name && cell.series == total.series)?;
            before.value.as_ref()?;
            let quantum = before.quantum.as_ref()?;
            Some(Published {
                contributions: steps(&of(answers)),
                quantum: quantum.number().to_f64() / finest.number().to_f64(),
            })
        })
        .collect();
    let now = of(answers);
    match smallest_step(&earlier, &steps(&now), 1.0, rule) {
        Ok(step) => {
            let quantum = Quantity::from_base(
                &Number::from(i64::from(step)) * finest.number(),
                finest.unit().clone(),
            );
            let sum = sum(now.values())?;
            let value = sum.map(|sum| sum.round_to(&quantum)).transpose()?;
            Ok(cell(part, total, value, Some(quantum)))
        }
        Err(refusal) => Ok(Cell {
            withheld: Some((refusal.ja, refusal.en)),
            ..cell(part, total, None, None)
        }),
    }
}
