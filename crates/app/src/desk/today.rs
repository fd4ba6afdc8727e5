//! What waits for somebody: the next step of everything under way that this person can take.

use authz::{Action, Subject, allows};
use jiff::civil::Date;
use plan::Text;
use serde::Serialize;
use vocab::{Period, Refusal};

use super::batch::BatchState;
use super::case::{CaseLine, CaseQuery};
use super::follow_up::{Stage, Step};
use super::round::RoundState;
use super::{Desk, Visit};

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// What is to be done.
    pub what: What,
    /// Id of the round, batch or edition.
    pub id: String,
    /// What it is called, where it has a name of its own.
    pub title: Option<Text>,
    /// The year that it is about.
    pub year: Option<Period>,
    /// By when.
    pub due: Option<Date>,
    /// The case that waits, where one does.
    pub case: Option<CaseLine>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Answer a survey.
    Answer,
    /// The same, and the secretariat has reminded.
    AnswerReminded,
    /// Submit a correction that was begun.
    FinishCorrection,
    /// Close a round.
    CloseRound,
    /// Settle its totals, for the first time or again.
    SettleRound,
    /// Finish entering observations.
    FinishBatch,
    /// Mend observations that were sent back.
    MendBatch,
    /// Approve observations.
    ApproveBatch,
    /// Write an edition, or hand it in.
    WriteEdition,
    /// Answer comments on it.
    AnswerComments,
    /// Comment on it.
    CommentEdition,
    /// Publish it or send it back.
    PublishEdition,
    /// Take a case of a procedure on.
    Case,
}

impl Desk {
    /// What waits for the one who asks, what is due first.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn today(&self, visit: &Visit) -> Result<Vec<Task>, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Subject::default())?;
        let may = |action| visit.may(action);
        let mut tasks = vec![];
        if may(Action::ReadRound) {
            self.round_tasks(visit, &mut tasks)?;
        }
        if may(Action::ReadBatches) {
            self.batch_tasks(visit, &mut tasks)?;
        }
        if may(Action::ReadDraft) {
            self.edition_tasks(visit, &mut tasks)?;
        }
        self.case_tasks(visit, &mut tasks)?;
        tasks.sort_by_key(|task| (task.due.is_none(), task.due));
        Ok(tasks)
    }

    fn round_tasks(&self, visit: &Visit, tasks: &mut Vec<Task>) -> Result<(), Refusal> {
        let organisation = visit.caller.as_ref().map_or("", |caller| &caller.organisation);
        for card in self.rounds(visit)? {
            let mut task = |what, due| {
                tasks.push(Task {
                    what,
                    id: card.id.clone(),
                    title: Some(card.title.clone()),
                    year: Some(card.period),
                    due,
                    case: None,
                });
            };
            if allows(
                visit.caller.as_ref(),
                Action::WriteAnswer,
                Subject::of(organisation),
            ) && let Ok(view) = self.answer(visit, &card.id, organisation)
            {
                if view.submissions.is_empty() && view.open {
                    let what = if view.reminded {
                        What::AnswerReminded
                    } else {
                        What::Answer
                    };
                    task(what, Some(card.due));
                } else if view.pending && !view.submissions.is_empty() {
                    task(What::FinishCorrection, None);
                }
            }
            if visit.may(Action::KeepRound) {
                let progress = self.progress(visit, &card.id)?;
                let silent = progress.parts.iter().any(|part| !part.silent.is_empty());
                match card.state {
                    RoundState::Open if !silent || card.due < visit.today() => {
                        task(What::CloseRound, Some(card.due));
                    }
                    RoundState::Closed if !progress.settled || !progress.since.is_empty() => {
                        task(What::SettleRound, None);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn batch_tasks(&self, visit: &Visit, tasks: &mut Vec<Task>) -> Result<(), Refusal> {
        for kept in self.batches(visit)? {
            let batch = &kept.value;
            let approves = batch
                .authors
                .iter()
                .all(|author| allows(visit.caller.as_ref(), Action::ApproveBatch, Subject::by(author)));
            let what = match batch.state {
                BatchState::Draft if visit.may(Action::ProposeBatch) => What::FinishBatch,
                BatchState::SentBack if visit.may(Action::ProposeBatch) => What::MendBatch,
                BatchState::HandedIn if approves => What::ApproveBatch,
                _ => continue,
            };
            let title = (!batch.title.is_empty()).then(|| Text {
                ja: batch.title.clone(),
                en: batch.title.clone(),
            });
            tasks.push(Task {
                what,
                id: kept.id.clone(),
                title,
                year: None,
                due: None,
                case: None,
            });
        }
        Ok(())
    }

    fn edition_tasks(&self, visit: &Visit, tasks: &mut Vec<Task>) -> Result<(), Refusal> {
        for line in self.editions(visit)? {
            if line.stage == Stage::Published {
                continue;
            }
            let steps = self.edition(visit, &line.id)?.steps;
            let what = match steps.first() {
                Some(Step::Answer) => What::AnswerComments,
                Some(Step::Comment) => What::CommentEdition,
                Some(Step::Decide) => What::PublishEdition,
                Some(Step::Write | Step::Mend | Step::Open | Step::HandIn) => What::WriteEdition,
                Some(Step::Follow) | None => continue,
            };
            tasks.push(Task {
                what,
                id: line.id,
                title: None,
                year: Some(line.fiscal_year),
                due: None,
                case: None,
            });
        }
        Ok(())
    }

    /// The first page of the cases whose turn it is; the list of cases has them all.
    fn case_tasks(&self, visit: &Visit, tasks: &mut Vec<Task>) -> Result<(), Refusal> {
        let asked = CaseQuery {
            turn: true,
            ..CaseQuery::default()
        };
        tasks.extend(self.cases(visit, &asked)?.rows.into_iter().map(|line| Task {
            what: What::Case,
            id: line.number.clone(),
            title: None,
            year: None,
            due: line.due,
            case: Some(line),
        }));
        Ok(())
    }
}
