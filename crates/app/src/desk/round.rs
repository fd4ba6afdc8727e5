//! A survey round: one survey in one year, from opening to settlement. It holds who is asked, who was reminded and what was published,
//! never an answer.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Sight, Subject, sight};
use jiff::civil::Date;
use plan::{Survey, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::{Lang, Number, Period, Quantity, Refusal};

use super::answer::{Answer, in_unit};
use super::import::tidy;
use super::{DIRECTORY, Desk, Edit, Kept, Kind, MINISTRY, Organisation, Visit, Which, unknown};
use crate::ask::Rashin;

/// A survey round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Id of the survey in the plan.
    pub survey: String,
    /// The year that is asked about.
    pub period: Period,
    /// Where it stands.
    pub state: RoundState,
    /// First day.
    pub opened: Date,
    /// Day by which firms answer.
    pub due: Date,
    /// Who is asked.
    pub firms: Vec<Firm>,
    /// When silent firms were reminded.
    pub reminders: Vec<Reminder>,
    /// What was settled, the last one last.
    pub tables: Vec<RoundTable>,
}

/// Where a round stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundState {
    /// Firms may answer.
    Open,
    /// No first answers any more; corrections still.
    Closed,
}

/// A firm that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firm {
    /// Id of its organisation.
    pub organisation: String,
    /// Part of the survey.
    pub part: String,
    /// Its size as known before the survey.
    pub size: Quantity,
}

/// A firm to be asked, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmRow {
    /// Id of its organisation.
    pub organisation: String,
    /// Part of the survey.
    pub part: String,
    /// Its size; without a unit in that of the survey's question.
    pub size: String,
}

/// Silent firms were reminded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// Day.
    pub on: Date,
    /// Who did it.
    pub by: String,
    /// Organisations that had not answered.
    pub organisations: Vec<String>,
}

/// Totals as they were handed in for approval, and which answers stood behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundTable {
    /// Id of the batch that carries them into the books.
    pub batch: String,
    /// Day.
    pub on: Date,
    /// Version of each firm's answer.
    pub standing: BTreeMap<String, u32>,
    /// Its totals.
    pub cells: Vec<Cell>,
}

/// One total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Part of the survey.
    pub part: String,
    /// Series that it is an observation of.
    pub series: String,
    /// The rounded total; none if it is withheld.
    pub value: Option<Quantity>,
    /// What it was rounded to; none where it is exact.
    pub quantum: Option<Quantity>,
    /// Why it is withheld, in Japanese and English.
    pub withheld: Option<(String, String)>,
}

impl Kind for Round {
    const KIND: &'static str = "round";

    fn parent(&self) -> Option<String> {
        Some(self.survey.clone())
    }

    fn state(&self) -> Option<String> {
        Some(
            match self.state {
                RoundState::Open => "open",
                RoundState::Closed => "closed",
            }
            .into(),
        )
    }
}

impl Round {
    pub(super) fn firm(&self, organisation: &str) -> Option<&Firm> {
        self.firms.iter().find(|firm| firm.organisation == organisation)
    }

    pub(super) fn part<'a>(&'a self, part: &'a str) -> impl Iterator<Item = &'a Firm> {
        self.firms.iter().filter(move |firm| firm.part == part)
    }
}

/// A round in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RoundCard {
    /// Id.
    pub id: String,
    /// Name of the survey.
    pub title: Text,
    /// The year that is asked about.
    pub period: Period,
    /// Where it stands.
    pub state: RoundState,
    /// Day by which firms answer.
    pub due: Date,
}

/// How far a round has come.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    /// By part.
    pub parts: Vec<PartProgress>,
    /// Whether totals were settled.
    pub settled: bool,
    /// Organisations whose answer is new or changed since the last settlement; none before the first.
    pub since: Vec<String>,
}

/// How far a part has come.
#[derive(Debug, Clone, Serialize)]
pub struct PartProgress {
    /// Part of the survey.
    pub part: String,
    /// Its name.
    pub title: Text,
    /// Firms that are asked.
    pub asked: usize,
    /// Organisations that answered.
    pub answered: Vec<String>,
    /// Organisations that did not.
    pub silent: Vec<String>,
    /// Share of all sizes that belongs to those that answered, in %.
    pub covered: String,
}

impl Desk {
    /// Opens a round and gives its id.
    ///
    /// # Errors
    /// `sign-in`, `not-found`; `exists` if the year was opened before; `period`, `due`, `frame` for what cannot be.
    pub fn open_round(
        &self,
        visit: &Visit,
        survey: &str,
        period: Period,
        due: Date,
        firms: &[FirmRow],
    ) -> Result<String, Refusal> {
        Self::authorise(visit, Action::KeepRound, Subject::default())?;
        let rashin = self.rashin()?;
        let survey = rashin.plan().survey(survey).ok_or_else(unknown)?;
        if period.calendar != survey.calendar || period.start() > visit.today() {
            return Err(Refusal::new(
                "period",
                "この調査で尋ねられる年ではありません。すでに始まった年（年度の調査なら年度）を選んでください。",
                "This survey cannot ask about that year. Choose a year of its kind that has begun.",
            ));
        }
        fits_due(visit, due)?;
        let id = format!("{}-{period}", survey.id);
        if self.find::<Round>(MINISTRY, &id)?.is_some() {
            return Err(Refusal::new(
                "exists",
                "この年の調査はすでに始まっています。一覧から開いてください。",
                "The survey of this year was opened already. Open it from the list.",
            ));
        }
        let round = Round {
            survey: survey.id.clone(),
            period,
            state: RoundState::Open,
            opened: visit.today(),
            due,
            firms: self.frame(survey, firms)?,
            reminders: vec![],
            tables: vec![],
        };
        self.write(
            visit,
            Action::KeepRound,
            MINISTRY,
            json!({ "round": id, "what": "open", "firms": round.firms.len() }),
            vec![Edit::first(&id, &round)?],
        )?;
        Ok(id)
    }

    /// The rounds that the caller may see: a firm those in which it is asked.
    ///
    /// # Errors
    /// `sign-in`, those of the store.
    pub fn rounds(&self, visit: &Visit) -> Result<Vec<RoundCard>, Refusal> {
        let sees = sight(visit.caller.as_ref(), Action::ReadRound);
        if sees == Sight::Nothing {
            Self::authorise(visit, Action::ReadRound, Subject::default())?;
        }
        let rashin = self.rashin()?;
        let rounds = self.all::<Round>(&Which {
            owner: Some(MINISTRY),
            ..Which::default()
        })?;
        let shown = rounds.into_iter().filter(|round| match &sees {
            Sight::All => true,
            Sight::Organisation(own) => round.value.firm(own).is_some(),
            Sight::Nothing => false,
        });
        Ok(shown
            .filter_map(|round| {
                Some(RoundCard {
                    title: rashin.plan().survey(&round.value.survey)?.title.clone(),
                    id: round.id,
                    period: round.value.period,
                    state: round.value.state,
                    due: round.value.due,
                })
            })
            .collect())
    }

    /// One round with its frame: not for the firms, who see [`Desk::answer`].
    ///
    /// # Errors
    /// `sign-in`, `not-found`, those of the store.
    pub fn round(&self, visit: &Visit, id: &str) -> Result<Kept<Round>, Refusal> {
        Self::authorise(visit, Action::ReadRound, Subject::default())?;
        self.known_round(id)
    }

    /// Who answered and who is silent; no value of any answer.
    ///
    /// # Errors
    /// As [`Desk::round`].
    pub fn progress(&self, visit: &Visit, id: &str) -> Result<Progress, Refusal> {
        let kept = self.round(visit, id)?;
        let round = &kept.value;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, round)?;
        let standing = versions(&self.standing(id)?);
        let parts = survey.parts.iter().map(|part| {
            let (answered, silent): (Vec<&Firm>, Vec<&Firm>) = round
                .part(&part.name)
                .partition(|firm| standing.contains_key(&firm.organisation));
            // An empty sum of floats is −0, which would be shown.
            let sizes =
                |firms: &[&Firm]| firms.iter().map(|firm| firm.size.number().to_f64()).sum::<f64>() + 0.0;
            let (here, all) = (sizes(&answered), sizes(&answered) + sizes(&silent));
            let names = |firms: Vec<&Firm>| firms.into_iter().map(|firm| firm.organisation.clone()).collect();
            PartProgress {
                part: part.name.clone(),
                title: part.title.clone(),
                asked: answered.len() + silent.len(),
                covered: format!("{:.1}", if all > 0.0 { here / all * 100.0 } else { 0.0 }),
                answered: names(answered),
                silent: names(silent),
            }
        });
        let parts = parts.collect();
        let since = round.tables.last().map_or(vec![], |table| {
            let orgs: BTreeSet<&String> = table.standing.keys().chain(standing.keys()).collect();
            let changed = orgs
                .into_iter()
                .filter(|firm| table.standing.get(*firm) != standing.get(*firm));
            changed.cloned().collect()
        });
        Ok(Progress {
            parts,
            settled: !round.tables.is_empty(),
            since,
        })
    }

    /// Notes that the firms that are silent were reminded, and says which these are.
    ///
    /// # Errors
    /// `state` if the round is closed, `conflict`, and as [`Desk::round`].
    pub fn remind(&self, visit: &Visit, id: &str, version: u32) -> Result<Reminder, Refusal> {
        let kept = self.round_to_keep(visit, id, version, RoundState::Open)?;
        let standing = versions(&self.standing(id)?);
        let silent = kept
            .value
            .firms
            .iter()
            .map(|firm| firm.organisation.clone())
            .filter(|firm| !standing.contains_key(firm));
        let reminder = Reminder {
            on: visit.today(),
            by: visit.actor().into(),
            organisations: silent.collect(),
        };
        let mut round = kept.value.clone();
        round.reminders.push(reminder.clone());
        self.write_round(visit, &kept, &round, "remind")?;
        Ok(reminder)
    }

    /// Takes no first answers from now on.
    ///
    /// # Errors
    /// As [`Desk::remind`].
    pub fn close_round(&self, visit: &Visit, id: &str, version: u32) -> Result<(), Refusal> {
        let kept = self.round_to_keep(visit, id, version, RoundState::Open)?;
        let round = Round {
            state: RoundState::Closed,
            ..kept.value.clone()
        };
        self.write_round(visit, &kept, &round, "close")
    }

    /// Takes answers again, until another day.
    ///
    /// # Errors
    /// `due` if that day is past, and as [`Desk::remind`].
    pub fn reopen_round(&self, visit: &Visit, id: &str, version: u32, due: Date) -> Result<(), Refusal> {
        let kept = self.round_to_keep(visit, id, version, RoundState::Closed)?;
        fits_due(visit, due)?;
        let round = Round {
            state: RoundState::Open,
            due,
            ..kept.value.clone()
        };
        self.write_round(visit, &kept, &round, "reopen")
    }

    pub(super) fn known_round(&self, id: &str) -> Result<Kept<Round>, Refusal> {
        self.find(MINISTRY, id)?.ok_or_else(unknown)
    }

    /// Every answer of a round that was submitted; drafts do not count.
    pub(super) fn standing(&self, id: &str) -> Result<Vec<Kept<Answer>>, Refusal> {
        let answers = self.all::<Answer>(&Which {
            parent: Some(id),
            ..Which::default()
        })?;
        Ok(answers
            .into_iter()
            .filter(|answer| answer.value.submission.is_some())
            .collect())
    }

    pub(super) fn round_to_keep(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        state: RoundState,
    ) -> Result<Kept<Round>, Refusal> {
        Self::authorise(visit, Action::KeepRound, Subject::default())?;
        let kept = self.known_round(id)?.seen_at(version)?;
        if kept.value.state == state {
            return Ok(kept);
        }
        Err(Refusal::new(
            "state",
            "調査のいまの状態では、この操作はできません。画面を開き直して、受付中か締切後かを確かめてください。",
            "This cannot be done while the round is in its present state. Open the page again and see whether it is open or closed.",
        ))
    }

    fn write_round(
        &self,
        visit: &Visit,
        kept: &Kept<Round>,
        round: &Round,
        did: &str,
    ) -> Result<(), Refusal> {
        let detail = match round.reminders.last() {
            Some(reminder) if did == "remind" => {
                json!({ "round": kept.id, "what": did, "firms": reminder.organisations.len() })
            }
            _ => json!({ "round": kept.id, "what": did }),
        };
        self.write(
            visit,
            Action::KeepRound,
            MINISTRY,
            detail,
            vec![Edit::next(kept, round)?],
        )?;
        Ok(())
    }
}

/// The version of each firm's answer that counts.
pub(super) fn versions(standing: &[Kept<Answer>]) -> BTreeMap<String, u32> {
    standing
        .iter()
        .filter_map(|answer| Some((answer.owner.clone(), answer.value.submission.as_ref()?.version)))
        .collect()
}

pub(super) fn survey_of<'a>(rashin: &'a Rashin, round: &Round) -> Result<&'a Survey, Refusal> {
    rashin.plan().survey(&round.survey).ok_or_else(unknown)
}

fn fits_due(visit: &Visit, due: Date) -> Result<(), Refusal> {
    if due >= visit.today() {
        return Ok(());
    }
    Err(Refusal::new(
        "due",
        "回答の期限は、今日か今日より後の日にしてください。",
        "Set the day by which firms answer to today or later.",
    ))
}

impl Desk {
    /// The firms of a frame, or the first row that cannot be.
    fn frame(&self, survey: &Survey, rows: &[FirmRow]) -> Result<Vec<Firm>, Refusal> {
        let wrong = |row: usize, ja: String, en: String| {
            Refusal::new(
                "frame",
                format!("調査対象の {row} 行目: {ja}"),
                format!("Row {row} of the frame: {en}"),
            )
        };
        let unit = survey.question(&survey.size).map(|question| &question.unit);
        let mut firms: Vec<Firm> = vec![];
        for (number, row) in (1..).zip(rows) {
            let (organisation, part) = (tidy(&row.organisation), tidy(&row.part));
            if self.find::<Organisation>(DIRECTORY, &organisation)?.is_none() {
                return Err(wrong(
                    number,
                    format!("「{organisation}」という番号の組織はありません。組織の一覧から選んでください。"),
                    format!(
                        "there is no organisation “{organisation}”. Choose its id from the list of organisations."
                    ),
                ));
            }
            if firms.iter().any(|firm| firm.organisation == organisation) {
                return Err(wrong(
                    number,
                    format!("「{organisation}」が二度書かれています。どちらかを消してください。"),
                    format!("“{organisation}” stands twice. Remove one of them."),
                ));
            }
            let Some(found) = survey.part(&part) else {
                let list = |lang| {
                    survey
                        .parts
                        .iter()
                        .map(|part| format!("{}={}", part.name, part.title.get(lang)))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                return Err(wrong(
                    number,
                    format!(
                        "区分「{part}」はありません。{} から選んでください。",
                        list(Lang::Ja)
                    ),
                    format!("there is no part “{part}”. Choose one of {}.", list(Lang::En)),
                ));
            };
            let size = unit
                .ok_or_else(unknown)
                .and_then(|unit| in_unit(&row.size, unit))
                .map_err(|refusal| wrong(number, refusal.ja, refusal.en))?;
            if *size.number() <= Number::ZERO {
                return Err(wrong(
                    number,
                    "規模は 0 より大きい値にしてください。".into(),
                    "the size has to be above zero.".into(),
                ));
            }
            firms.push(Firm {
                organisation,
                part: found.name.clone(),
                size,
            });
        }
        if firms.is_empty() {
            return Err(Refusal::new(
                "frame",
                "調査対象の企業を一社以上選んでください。",
                "Choose at least one firm to ask.",
            ));
        }
        Ok(firms)
    }
}
