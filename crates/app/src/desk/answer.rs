//! A firm's answer in a survey round: typed, checked, submitted, corrected. Nobody but the firm and the secretariat sees it, and no event
//! says what is in it.
//!
//! An answer belongs to its firm. What counts is its last submission; what is typed afterwards counts when it is submitted.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Subject};
use jiff::civil::Date;
use plan::{Survey, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::{Number, Period, Quantity, Refusal, Unit};

use super::import::{Column, Row, RowFault, RowName, Sheets, Table, tidy};
use super::import_staging::{Examined, blank};
use super::kept::unmoved;
use super::round::{Firm, Round, RoundState, survey_of, versions};
use super::{Desk, Edit, Kept, Kind, Visit, unknown};

/// How many times another value a value may be before one is asked whether it is right.
const UNUSUAL: i64 = 10;

/// A firm's answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub round: String,
    /// Fields as typed.
    pub typed: BTreeMap<String, String>,
    /// Whether something was typed since the last submission.
    pub pending: bool,
    pub submission: Option<Submission>,
}

/// An answer as it was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Version of the answer's record that submitted it.
    pub version: u32,
    /// Day.
    pub on: Date,
    /// Account.
    pub by: String,
    /// Values by question.
    pub values: BTreeMap<String, Quantity>,
    /// Why it corrects an earlier one; empty for the first.
    pub reason: String,
}

impl Kind for Answer {
    const KIND: &'static str = "answer";

    fn parent(&self) -> Option<String> {
        Some(self.round.clone())
    }

    fn state(&self) -> Option<String> {
        let state = match (&self.submission, self.pending) {
            (None, _) => "draft",
            (Some(_), true) => "correcting",
            (Some(_), false) => "submitted",
        };
        Some(state.into())
    }
}

/// A firm's answer with what the firm needs to know of the round. For the firm and the secretariat only.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// Id of the round.
    pub round: String,
    /// Id of the firm's organisation.
    pub organisation: String,
    /// Id of the survey in the plan.
    pub survey: String,
    /// The year that is asked about.
    pub period: Period,
    /// Day by which firms answer.
    pub due: Date,
    /// Whether a first answer is still taken; a correction always is.
    pub open: bool,
    /// Whether the secretariat has reminded the firm.
    pub reminded: bool,
    /// The firm's part of the survey.
    pub part: Text,
    /// Version of the answer; 0 if there is none yet.
    pub version: u32,
    /// Fields as typed.
    pub typed: BTreeMap<String, String>,
    /// Whether something was typed since the last submission.
    pub pending: bool,
    /// Every submission, the newest first.
    pub submissions: Vec<Submission>,
}

/// What came of submitting an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Submitted {
    /// It counts, as this version.
    Taken(u32),
    /// Nothing was written: these have to be mended.
    Faults(Vec<RowFault>),
    /// Nothing was written: these look unusual and have to be confirmed.
    Confirm(Vec<RowFault>),
}

/// What a firm types.
#[derive(Debug, Clone, Default)]
pub struct AnswerForm {
    /// Fields by question.
    pub typed: BTreeMap<String, String>,
    /// Why an earlier answer is corrected.
    pub reason: String,
    /// Whether unusual values were confirmed.
    pub confirmed: bool,
}

/// A firm's place in a round, with its answer.
struct Place<'r> {
    round: &'r Round,
    firm: &'r Firm,
    answer: Option<Kept<Answer>>,
}

impl Place<'_> {
    fn version(&self) -> u32 {
        self.answer.as_ref().map_or(0, |answer| answer.version)
    }

    fn submission(&self) -> Option<&Submission> {
        self.answer.as_ref()?.value.submission.as_ref()
    }
}

impl Desk {
    /// A firm's answer.
    ///
    /// # Errors
    /// `sign-in`; `not-found` for everybody but the firm and the secretariat.
    pub fn answer(&self, visit: &Visit, round: &str, organisation: &str) -> Result<AnswerView, Refusal> {
        Self::authorise(visit, Action::ReadAnswer, Subject::of(organisation))?;
        let kept = self.known_round(round)?;
        let place = self.place(&kept, organisation)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, place.round)?;
        let mut submissions: Vec<Submission> = self
            .history::<Answer>(organisation, round)?
            .into_iter()
            .filter_map(|version| version.value.submission)
            .collect();
        submissions.dedup_by_key(|one| one.version);
        let answer = place.answer.as_ref().map(|answer| &answer.value);
        Ok(AnswerView {
            round: round.into(),
            organisation: organisation.into(),
            survey: survey.id.clone(),
            period: place.round.period,
            due: place.round.due,
            open: place.round.state == RoundState::Open,
            reminded: place
                .round
                .reminders
                .iter()
                .any(|one| one.organisations.iter().any(|id| id == organisation)),
            part: survey.part(&place.firm.part).ok_or_else(unknown)?.title.clone(),
            version: place.version(),
            typed: answer.map(|answer| answer.typed.clone()).unwrap_or_default(),
            pending: answer.is_some_and(|answer| answer.pending),
            submissions,
        })
    }

    /// Keeps an answer as typed; it does not count yet. `version` is the one that the writer saw, 0 for none.
    ///
    /// # Errors
    /// `closed` if the round takes no first answers, `conflict`, and as [`Desk::answer`].
    pub fn save_answer(
        &self,
        visit: &Visit,
        round: &str,
        organisation: &str,
        version: u32,
        typed: &BTreeMap<String, String>,
    ) -> Result<u32, Refusal> {
        Self::authorise(visit, Action::WriteAnswer, Subject::of(organisation))?;
        let kept = self.known_round(round)?;
        let place = self.place_to_write(&kept, organisation, version)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, place.round)?;
        let answer = Answer {
            round: round.into(),
            typed: asked_only(survey, typed),
            pending: true,
            submission: place.submission().cloned(),
        };
        self.write_answer(visit, Action::WriteAnswer, organisation, &place, &answer, "save")
    }

    /// Submits an answer, or a correction of one.
    ///
    /// # Errors
    /// `reason` for a correction that does not say why, and as [`Desk::save_answer`].
    pub fn submit_answer(
        &self,
        visit: &Visit,
        round: &str,
        organisation: &str,
        version: u32,
        form: &AnswerForm,
    ) -> Result<Submitted, Refusal> {
        Self::authorise(visit, Action::WriteAnswer, Subject::of(organisation))?;
        let kept = self.known_round(round)?;
        let place = self.place_to_write(&kept, organisation, version)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, place.round)?;
        let typed = asked_only(survey, &form.typed);
        let at = RowName { sheet: None, row: 1 };
        let sheets = Sheets::default();
        let values = match values(survey, &typed, &at, &sheets) {
            Ok(values) => values,
            Err(faults) => return Ok(Submitted::Faults(faults)),
        };
        let unusual = self.unusual(survey, &place, &values, &at, &sheets)?;
        if !unusual.is_empty() && !form.confirmed {
            return Ok(Submitted::Confirm(unusual));
        }
        let reason = tidy(&form.reason);
        if place.submission().is_some() && reason.is_empty() {
            return Err(Refusal::new(
                "reason",
                "前の回答を訂正する理由を書いてください。",
                "Say why the earlier answer is corrected.",
            ));
        }
        let answer = submitted(visit, &place, round, typed, values, reason);
        self.write_answer(
            visit,
            Action::WriteAnswer,
            organisation,
            &place,
            &answer,
            "submit",
        )
        .map(Submitted::Taken)
    }

    /// Every firm's answer as a table, which reads back as it is; a silent firm's row is empty.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for everybody but the secretariat.
    pub fn answer_table(&self, visit: &Visit, round: &str) -> Result<Table, Refusal> {
        Self::authorise(visit, Action::ImportAnswers, Subject::default())?;
        let kept = self.known_round(round)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, &kept.value)?;
        let standing = self.standing(round)?;
        let rows = kept.value.firms.iter().map(|firm| {
            let answer = standing.iter().find(|answer| answer.owner == firm.organisation);
            let values = answer.and_then(|answer| answer.value.submission.as_ref());
            let cell = |name: &String| {
                values
                    .and_then(|submission| submission.values.get(name))
                    .map(ToString::to_string)
                    .unwrap_or_default()
            };
            std::iter::once(firm.organisation.clone())
                .chain(survey.questions.iter().map(|question| cell(&question.name)))
                .collect()
        });
        Ok(Table {
            name: Text {
                ja: "回答".into(),
                en: "Answers".into(),
            },
            columns: columns(survey),
            rows: rows.collect(),
        })
    }

    pub(super) fn answer_columns(&self, round: &str) -> Result<Vec<Column>, Refusal> {
        let kept = self.known_round(round)?;
        Ok(columns(survey_of(&*self.rashin()?, &kept.value)?))
    }

    /// What is wrong with, and unusual in, answers of a file.
    pub(super) fn answer_faults(&self, round: &str, sheets: &Sheets) -> Result<Examined, Refusal> {
        let kept = self.known_round(round)?;
        let rashin = self.rashin()?;
        let survey = survey_of(&rashin, &kept.value)?;
        let columns = columns(survey);
        let standing = self.standing(round)?;
        let mut examined = Examined::default();
        let mut seen = BTreeSet::new();
        for row in answered_rows(survey, &sheets.rows) {
            let organisation = organisation_of(row);
            let whole = |ja: &str, en: &str| sheets.fault(&row.place, columns.first(), ja.into(), en.into());
            let Some(firm) = kept.value.firm(&organisation) else {
                examined.faults.push(whole(
                    "この調査の対象にない組織です。番号を確かめるか、行を除いてください。",
                    "This organisation is not asked in this round. Check its id or leave the row out.",
                ));
                continue;
            };
            if !seen.insert(organisation.clone()) {
                examined.faults.push(whole(
                    "同じ組織の行が二つあります。どちらかを消してください。",
                    "This organisation has two rows. Remove one of them.",
                ));
                continue;
            }
            let values = match values(survey, &row.cells, &row.place, sheets) {
                Ok(values) => values,
                Err(faults) => {
                    examined.faults.extend(faults);
                    continue;
                }
            };
            let place = Place {
                round: &kept.value,
                firm,
                answer: standing
                    .iter()
                    .find(|answer| answer.owner == organisation)
                    .cloned(),
            };
            match place.submission() {
                Some(known) if known.values == values => continue,
                Some(_) => examined.faults.push(whole(
                    "この組織はすでに別の値で回答しています。訂正は組織が自分で行います。行を除いてください。",
                    "This organisation answered already, with other values. Corrections are its own; leave the row out.",
                )),
                None if kept.value.state == RoundState::Closed => examined.faults.push(whole(
                    "締め切った調査には、新しい回答を取り込めません。受付を再開するか、行を除いてください。",
                    "A closed round takes no new answers. Reopen it or leave the row out.",
                )),
                None => examined.fresh += 1,
            }
            examined
                .warnings
                .extend(self.unusual(survey, &place, &values, &row.place, sheets)?);
        }
        Ok(examined)
    }

    /// Writes the answers of a file that was found clean; those that are in already change nothing.
    pub(super) fn import_answers(&self, visit: &Visit, round: &str, rows: &[Row]) -> Result<usize, Refusal> {
        Self::authorise(visit, Action::ImportAnswers, Subject::default())?;
        let rashin = self.rashin()?;
        let kept = self.known_round(round)?;
        let survey = survey_of(&rashin, &kept.value)?;
        let sheets = Sheets::default();
        let mut count = 0;
        for row in answered_rows(survey, rows) {
            let organisation = organisation_of(row);
            let place = self.place(&kept, &organisation)?;
            let values = values(survey, &row.cells, &row.place, &sheets).map_err(|_| unknown())?;
            if place.submission().is_some() {
                continue;
            }
            let typed = asked_only(survey, &row.cells);
            let answer = submitted(visit, &place, round, typed, values, String::new());
            self.write_answer(
                visit,
                Action::ImportAnswers,
                &organisation,
                &place,
                &answer,
                "import",
            )?;
            count += 1;
        }
        Ok(count)
    }

    /// An answer's place in a round; not there for an organisation that is not asked.
    fn place<'r>(&self, round: &'r Kept<Round>, organisation: &str) -> Result<Place<'r>, Refusal> {
        Ok(Place {
            round: &round.value,
            firm: round.value.firm(organisation).ok_or_else(unknown)?,
            answer: self.find(organisation, &round.id)?,
        })
    }

    fn place_to_write<'r>(
        &self,
        round: &'r Kept<Round>,
        organisation: &str,
        version: u32,
    ) -> Result<Place<'r>, Refusal> {
        let place = self.place(round, organisation)?;
        if place.round.state == RoundState::Closed && place.submission().is_none() {
            return Err(Refusal::new(
                "closed",
                "この調査の受付は終わりました。回答を希望されるときは、計画事務局にお知らせください。",
                "This round is closed. Please tell the plan secretariat if you wish to answer.",
            ));
        }
        unmoved::<Answer>(organisation, &round.id, version, place.version())?;
        Ok(place)
    }

    fn write_answer(
        &self,
        visit: &Visit,
        action: Action,
        organisation: &str,
        place: &Place<'_>,
        answer: &Answer,
        did: &str,
    ) -> Result<u32, Refusal> {
        let edit = match &place.answer {
            Some(kept) => Edit::next(kept, answer)?,
            None => Edit::first(&answer.round, answer)?,
        };
        let detail = json!({ "round": answer.round, "what": did });
        self.write(visit, action, organisation, detail, vec![edit])?;
        Ok(place.version() + 1)
    }

    /// What looks unusual in an answer: against last year's, and against the firm's known size.
    fn unusual(
        &self,
        survey: &Survey,
        place: &Place<'_>,
        values: &BTreeMap<String, Quantity>,
        at: &RowName,
        sheets: &Sheets,
    ) -> Result<Vec<RowFault>, Refusal> {
        let last = format!("{}-{}", survey.id, place.round.period.shift(-1));
        let last = self
            .find::<Answer>(&place.firm.organisation, &last)?
            .and_then(|answer| answer.value.submission);
        let columns = columns(survey);
        let mut unusual = vec![];
        for (name, value) in values {
            let column = columns.iter().find(|column| column.name == *name);
            let before = last.as_ref().and_then(|last| last.values.get(name));
            if before.is_some_and(|before| far(value, before)) {
                unusual.push(
                    sheets.fault(
                        at,
                        column,
                        "前年の回答の10倍以上か、10分の1以下です。単位を確かめてください。".into(),
                        "This is ten times last year's answer or more, or a tenth or less. Check the unit."
                            .into(),
                    ),
                );
            }
            if *name == survey.size && far(value, &place.firm.size) {
                unusual.push(sheets.fault(
                    at,
                    column,
                    "公表資料から分かる規模の10倍以上か、10分の1以下です。単位を確かめてください。".into(),
                    "This is ten times the size known from publications or more, or a tenth or less. Check the unit.".into(),
                ));
            }
        }
        Ok(unusual)
    }
}

fn submitted(
    visit: &Visit,
    place: &Place<'_>,
    round: &str,
    typed: BTreeMap<String, String>,
    values: BTreeMap<String, Quantity>,
    reason: String,
) -> Answer {
    Answer {
        round: round.into(),
        typed,
        pending: false,
        submission: Some(Submission {
            version: place.version() + 1,
            on: visit.today(),
            by: visit.actor().into(),
            values,
            reason,
        }),
    }
}

/// The columns of a file of answers: the firm, and one a question.
fn columns(survey: &Survey) -> Vec<Column> {
    let organisation = Column {
        name: "organisation".into(),
        title: Text {
            ja: "組織".into(),
            en: "Organisation".into(),
        },
        required: true,
    };
    let questions = survey.questions.iter().map(|question| Column {
        name: question.name.clone(),
        title: question.title.clone(),
        required: question.required,
    });
    std::iter::once(organisation).chain(questions).collect()
}

fn organisation_of(row: &Row) -> String {
    row.cells.get("organisation").cloned().unwrap_or_default()
}

/// The rows that answer something: a silent firm's row is left as it is.
fn answered_rows<'a>(survey: &'a Survey, rows: &'a [Row]) -> impl Iterator<Item = &'a Row> {
    let questions: Vec<&str> = survey
        .questions
        .iter()
        .map(|question| question.name.as_str())
        .collect();
    rows.iter().filter(move |row| !blank(row, &questions))
}

fn asked_only(survey: &Survey, typed: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let field = |name: &String| Some((name.clone(), tidy(typed.get(name)?)));
    survey
        .questions
        .iter()
        .filter_map(|question| field(&question.name))
        .collect()
}

/// A typed amount; one without a unit is in `unit`.
pub(super) fn in_unit(text: &str, unit: &Unit) -> Result<Quantity, Refusal> {
    let text = tidy(text);
    let typed: Quantity = text.parse().map_err(|_| {
        Refusal::new(
            "number",
            format!("「{text}」は数として読めません。12.3 のように、桁区切りのない数字で書いてください（単位は{unit}）。"),
            format!("“{text}” is not a number. Write it in digits without separators, as in 12.3 (in {unit})."),
        )
    })?;
    if typed.unit().is_plain() && !unit.dim().is_none() {
        return Ok(Quantity::new(typed.number(), unit.clone()));
    }
    typed.shown_in(unit).map_err(|_| {
        Refusal::new(
            "unit",
            format!(
                "単位「{}」は使えません。「{unit}」で書いてください。",
                typed.unit()
            ),
            format!("The unit “{}” does not fit. Write it in “{unit}”.", typed.unit()),
        )
    })
}

/// The values of an answer, or every field that is wrong.
fn values(
    survey: &Survey,
    typed: &BTreeMap<String, String>,
    at: &RowName,
    sheets: &Sheets,
) -> Result<BTreeMap<String, Quantity>, Vec<RowFault>> {
    let columns = columns(survey);
    let mut values = BTreeMap::new();
    let mut faults = vec![];
    for question in &survey.questions {
        let text = typed
            .get(&question.name)
            .map(|text| tidy(text))
            .unwrap_or_default();
        let column = columns.iter().find(|column| column.name == question.name);
        let mut wrong = |ja: String, en: String| faults.push(sheets.fault(at, column, ja, en));
        if text.is_empty() {
            if question.required {
                let (ja, en) = (&question.title.ja, &question.title.en);
                wrong(
                    format!("「{ja}」を記入してください。ないときは 0 と書いてください。"),
                    format!("Enter “{en}”; write 0 if there is none."),
                );
            }
            continue;
        }
        match in_unit(&text, &question.unit) {
            Err(refusal) => wrong(refusal.ja, refusal.en),
            Ok(value) if value.number().is_negative() => wrong(
                "負の値は書けません。0 以上の値にしてください。".into(),
                "A negative value cannot be given. Write 0 or more.".into(),
            ),
            Ok(value) => drop(values.insert(question.name.clone(), value)),
        }
    }
    if faults.is_empty() {
        Ok(values)
    } else {
        Err(faults)
    }
}

/// Whether one amount is ten times the other or more, either way round.
fn far(one: &Quantity, other: &Quantity) -> bool {
    let (small, large) = if one.number() < other.number() {
        (one.number(), other.number())
    } else {
        (other.number(), one.number())
    };
    *large > Number::ZERO && *large >= small * &Number::from(UNUSUAL)
}

/// Whether the answers that count now are those that stood behind a table.
pub(super) fn same_standing(standing: &[Kept<Answer>], table: &BTreeMap<String, u32>) -> bool {
    versions(standing) == *table
}
