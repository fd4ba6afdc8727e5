//! Observations on their way into the books: entered as typed, proved, handed in, approved by somebody else.
//!
//! A batch may hold mistakes for as long as it is a draft. It is proved before it is handed in and again before it is approved, each
//! time with everything approved until then. Whoever edited it cannot approve it.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Role, Subject};
use indicator::{decimal, published};
use jiff::civil::Date;
use plan::{Plan, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::codes::FiscalYear;
use vocab::{Calendar, Lang, Period, Quantity, Refusal};

use super::books::Ledger;
use super::import::{Column, Row, RowFault, RowName, Sheets, Table, tidy};
use super::{Desk, Edit, Kept, Kind, MINISTRY, Visit, Which, unknown};
use crate::ask::Rashin;

/// The most rows of one batch.
const ROWS: usize = 10_000;

/// Observations that go into the books together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What they are, in the secretariat's words.
    pub title: String,
    /// Where it stands.
    pub state: BatchState,
    /// Its rows as typed.
    pub rows: Vec<BatchRow>,
    /// Every account that edited it; the last one handed it in.
    pub authors: Vec<String>,
    /// The survey round that it comes from: its rows were computed and cannot be edited.
    pub round: Option<String>,
    /// Why it was sent back, the last time last.
    pub reasons: Vec<Reason>,
    /// What came of it.
    pub(super) approval: Option<Approval>,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Being entered.
    Draft,
    /// Waits for a second pair of eyes.
    HandedIn,
    /// In the books.
    Approved,
    /// To be mended.
    SentBack,
    /// Given up.
    Withdrawn,
}

impl BatchState {
    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::HandedIn => "handed_in",
            Self::Approved => "approved",
            Self::SentBack => "sent_back",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why a batch was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Account.
    pub by: String,
    /// Day.
    pub on: Date,
    /// In its own words.
    pub text: String,
}

/// An approval: who, when, and the observations as they went into the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Approval {
    pub by: String,
    pub on: Date,
    pub entries: Vec<Entry>,
}

impl Batch {
    /// Who took it into the books, and the day from which its observations are known.
    pub fn approved(&self) -> Option<(&str, Date)> {
        self.approval
            .as_ref()
            .map(|approval| (approval.by.as_str(), approval.on))
    }
}

impl Kind for Batch {
    const KIND: &'static str = "batch";

    fn parent(&self) -> Option<String> {
        self.round.clone()
    }

    fn state(&self) -> Option<String> {
        Some(self.state.code().into())
    }
}

macro_rules! row {
    ($($field:ident: $ja:literal, $en:literal, $required:literal;)*) => {
        /// One observation as typed.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct BatchRow { $(#[doc = $en] pub $field: String,)* }

        impl BatchRow {
            /// The columns of its template, in order.
            pub fn columns() -> Vec<Column> {
                vec![$(Column {
                    name: stringify!($field).into(),
                    title: Text { ja: $ja.into(), en: $en.into() },
                    required: $required,
                },)*]
            }

            /// Its fields by name, in the order of the columns.
            pub fn cells(&self) -> [(&'static str, &str); [$(stringify!($field)),*].len()] {
                [$((stringify!($field), self.$field.as_str())),*]
            }

            /// A row from fields by name; white space around them falls away.
            pub fn from_cells(cells: &BTreeMap<String, String>) -> Self {
                let cell = |name: &str| cells.get(name).map(|text| tidy(text)).unwrap_or_default();
                Self { $($field: cell(stringify!($field)),)* }
            }
        }
    };
}

row! {
    series: "系列", "Series", true;
    period: "時期", "Period", true;
    value: "値", "Value", true;
    rounding: "丸め", "Rounding", false;
    source: "出典", "Source", true;
    via: "原典", "Underlying source", false;
    section: "箇所", "Section", true;
    printed: "原文の表記", "As printed", false;
    note_ja: "注（日本語）", "Note (Japanese)", false;
    note_en: "注（英語）", "Note (English)", false;
}

/// An observation as the plan's files write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    series: String,
    period: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounding: Option<String>,
    printed: String,
    source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    section: String,
    recorded: Date,
    order: u32,
    author: String,
    approver: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    ja: String,
    en: String,
}

impl Entry {
    /// Its keys, but for the note's.
    pub(super) const FIELDS: [&'static str; 12] = [
        "series", "period", "value", "rounding", "printed", "source", "via", "section", "recorded", "order",
        "author", "approver",
    ];
}

/// Who wrote and approved entries, and their place in the order of recording.
struct Stamp<'a> {
    recorded: Date,
    order: u32,
    author: &'a str,
    approver: &'a str,
}

/// Stands for author and approver where neither is known yet.
pub(super) const UNSIGNED: (&str, &str) = ("author", "approver");

/// Observations as they would go into the books, and the books with them.
pub(super) struct Proof {
    ledger: Kept<Ledger>,
    recorded: Date,
    entries: Vec<Entry>,
    then: Rashin,
}

/// What a batch says and would change.
#[derive(Debug, Clone, Serialize)]
pub struct BatchCheck {
    /// What is wrong; empty if it can be handed in.
    pub faults: Vec<RowFault>,
    /// Every indicator's figure that would move; none while anything is wrong.
    pub moves: Vec<Move>,
}

/// One figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Indicator id.
    pub indicator: String,
    /// Its short name.
    pub title: Text,
    /// Year.
    pub at: Period,
    /// Unit of both.
    pub unit: String,
    /// As published now; none where there is no value.
    pub before: Option<String>,
    /// As it would be published.
    pub after: Option<String>,
}

impl Desk {
    /// Every batch.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, those of the store.
    pub fn batches(&self, visit: &Visit) -> Result<Vec<Kept<Batch>>, Refusal> {
        Self::authorise(visit, Action::ReadBatches, Subject::default())?;
        self.all(&Which {
            owner: Some(MINISTRY),
            ..Which::default()
        })
    }

    /// One batch.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, those of the store.
    pub fn batch(&self, visit: &Visit, id: &str) -> Result<Kept<Batch>, Refusal> {
        Self::authorise(visit, Action::ReadBatches, Subject::default())?;
        self.find(MINISTRY, id)?.ok_or_else(unknown)
    }

    /// A batch as a table; without an id the empty template.
    ///
    /// # Errors
    /// As [`Desk::batch`].
    pub fn batch_table(&self, visit: &Visit, id: Option<&str>) -> Result<Table, Refusal> {
        Self::authorise(visit, Action::ReadBatches, Subject::default())?;
        let rows = match id {
            Some(id) => self.batch(visit, id)?.value.rows,
            None => vec![],
        };
        Ok(Table {
            name: Text {
                ja: "観測値".into(),
                en: "Observations".into(),
            },
            columns: BatchRow::columns(),
            rows: rows
                .iter()
                .map(|row| row.cells().map(|(_, text)| text.to_owned()).to_vec())
                .collect(),
        })
    }

    /// Starts a batch and gives its id.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `too-large`, those of the store.
    pub fn start_batch(&self, visit: &Visit, title: &str, rows: Vec<BatchRow>) -> Result<String, Refusal> {
        Self::authorise(visit, Action::ProposeBatch, Subject::default())?;
        let (id, edit) = self.first_batch(visit, title, rows, None, BatchState::Draft)?;
        self.write(
            visit,
            Action::ProposeBatch,
            MINISTRY,
            json!({ "batch": id, "what": "start" }),
            vec![edit],
        )?;
        Ok(id)
    }

    /// A new batch, not written yet.
    pub(super) fn first_batch(
        &self,
        visit: &Visit,
        title: &str,
        rows: Vec<BatchRow>,
        round: Option<String>,
        state: BatchState,
    ) -> Result<(String, Edit), Refusal> {
        few_enough(&rows)?;
        let batch = Batch {
            title: tidy(title),
            state,
            rows,
            authors: vec![visit.actor().into()],
            round,
            reasons: vec![],
            approval: None,
        };
        let id = store::hex(&self.random::<16>());
        let edit = Edit::first(&id, &batch)?;
        Ok((id, edit))
    }

    /// Keeps a batch as typed. `version` is the one that the writer saw.
    ///
    /// # Errors
    /// `conflict` if somebody saved in between, `state` if it cannot be edited, and as [`Desk::start_batch`].
    pub fn save_batch(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        title: &str,
        rows: Vec<BatchRow>,
    ) -> Result<u32, Refusal> {
        Self::authorise(visit, Action::ProposeBatch, Subject::default())?;
        let kept = self.batch_in(id, version, &[BatchState::Draft, BatchState::SentBack])?;
        few_enough(&rows)?;
        if kept.value.round.is_some() {
            return Err(Refusal::new(
                "computed",
                "調査の結果から作られた値は書き換えられません。取り下げて、調査の画面からもう一度まとめてください。",
                "These values were computed from a survey round and cannot be edited. Withdraw them and settle the round again.",
            ));
        }
        let mut batch = Batch {
            title: tidy(title),
            state: BatchState::Draft,
            rows,
            ..kept.value.clone()
        };
        wrote(&mut batch.authors, visit);
        self.write_batch(visit, Action::ProposeBatch, &kept, &batch, "save")
    }

    /// What is wrong with a batch, and what it would change.
    ///
    /// # Errors
    /// As [`Desk::batch`].
    pub fn check_batch(&self, visit: &Visit, id: &str) -> Result<BatchCheck, Refusal> {
        let kept = self.batch(visit, id)?;
        let now = self.rashin()?;
        let rows = form_rows(&kept.value.rows);
        Ok(match self.proof(visit, &rows, &Sheets::default(), UNSIGNED)? {
            Ok(proof) => BatchCheck {
                faults: vec![],
                moves: moves(&now, &proof.then),
            },
            Err(faults) => BatchCheck {
                faults,
                moves: vec![],
            },
        })
    }

    /// Rows as observations in the books as they would stand with them, or what is wrong, each at its place. `signed` are author and
    /// approver.
    pub(super) fn proof(
        &self,
        visit: &Visit,
        rows: &[(RowName, BatchRow)],
        sheets: &Sheets,
        signed: (&str, &str),
    ) -> Result<Result<Proof, Vec<RowFault>>, Refusal> {
        // The ledger is read first: whoever approves meanwhile moves it on, and an approval that rests on this proof is refused.
        let ledger = self.ledger()?;
        let now = self.rashin()?;
        let stamp = next_stamp(now.plan(), visit, signed);
        let columns = BatchRow::columns();
        let told = |place: &RowName, field: &str, ja: String, en: String| {
            let column = columns.iter().find(|column| column.name == field);
            sheets.fault(place, column, ja, en)
        };
        let mut faults: Vec<RowFault> = vec![];
        let mut entries = vec![];
        for (place, row) in rows {
            let (entry, wrong) = entry(row, now.plan(), &stamp);
            faults.extend(
                wrong
                    .into_iter()
                    .map(|(field, ja, en)| told(place, field, ja, en)),
            );
            entries.push(entry);
        }
        let mistakes = match self.proved(&self.entries(&ledger.value)?, &entries)? {
            Ok(then) if faults.is_empty() => {
                return Ok(Ok(Proof {
                    ledger,
                    recorded: stamp.recorded,
                    entries,
                    then,
                }));
            }
            Ok(_) => vec![],
            Err(mistakes) => mistakes,
        };
        let known: BTreeSet<(RowName, Option<String>)> = faults
            .iter()
            .map(|fault| (fault.place.clone(), fault.field.clone()))
            .collect();
        let further = mistakes
            .into_iter()
            .filter_map(|one| Some(told(&rows.get(one.entry)?.0, one.field, one.ja, one.en)));
        faults.extend(further.filter(|one| !known.contains(&(one.place.clone(), one.field.clone()))));
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(Err(faults))
    }

    /// Gives a batch to a second pair of eyes.
    ///
    /// # Errors
    /// `faults` if something is wrong with it, `empty` if it has no rows, and as [`Desk::save_batch`].
    pub fn hand_in_batch(&self, visit: &Visit, id: &str, version: u32) -> Result<u32, Refusal> {
        Self::authorise(visit, Action::ProposeBatch, Subject::default())?;
        let kept = self.batch_in(id, version, &[BatchState::Draft])?;
        self.sound(visit, &kept.value.rows, UNSIGNED)?;
        let mut batch = Batch {
            state: BatchState::HandedIn,
            ..kept.value.clone()
        };
        wrote(&mut batch.authors, visit);
        self.write_batch(visit, Action::ProposeBatch, &kept, &batch, "hand in")
    }

    /// The proof of rows that have to be without faults.
    pub(super) fn sound(
        &self,
        visit: &Visit,
        rows: &[BatchRow],
        signed: (&str, &str),
    ) -> Result<Proof, Refusal> {
        if rows.is_empty() {
            return Err(Refusal::new(
                "empty",
                "観測値が一つもありません。値を記入してから提出してください。",
                "There is no observation yet. Enter values before handing in.",
            ));
        }
        self.proof(visit, &form_rows(rows), &Sheets::default(), signed)?
            .map_err(|faults| {
                let of = |lang, text: fn(&RowFault) -> &String| {
                    faults
                        .first()
                        .map_or_else(Default::default, |first| (first.place(lang), text(first).clone()))
                };
                let (place_ja, ja) = of(Lang::Ja, |fault| &fault.ja);
                let (place_en, en) = of(Lang::En, |fault| &fault.en);
                let count = faults.len();
                Refusal::new(
                    "faults",
                    format!("直すところが {count} 件あります。はじめの一つは{place_ja}です: {ja}"),
                    format!("{count} entries have to be mended; the first one is in {place_en}: {en}"),
                )
            })
    }

    /// Takes a batch into the books.
    ///
    /// # Errors
    /// `four-eyes` for whoever edited it, `faults` if the plan with it is not whole any more, `conflict`, and as [`Desk::batch`].
    pub fn approve_batch(&self, visit: &Visit, id: &str, version: u32) -> Result<(), Refusal> {
        let kept = self.batch_for_approval(visit, id, version)?;
        let author = kept.value.authors.last().map_or("", String::as_str);
        let proof = self.sound(visit, &kept.value.rows, (author, visit.actor()))?;
        let batch = Batch {
            state: BatchState::Approved,
            approval: Some(Approval {
                by: visit.actor().into(),
                on: proof.recorded,
                entries: proof.entries,
            }),
            ..kept.value.clone()
        };
        let mut ledger = proof.ledger.value.clone();
        ledger.batches.push(kept.id.clone());
        let ledger = Edit::next(&proof.ledger, &ledger)?;
        self.write(
            visit,
            Action::ApproveBatch,
            MINISTRY,
            json!({ "batch": id, "what": "approve", "observations": kept.value.rows.len() }),
            vec![Edit::next(&kept, &batch)?, ledger],
        )?;
        Ok(())
    }

    /// Sends a batch back to be mended.
    ///
    /// # Errors
    /// `empty` without a reason, and as [`Desk::approve_batch`].
    pub fn send_batch_back(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        reason: &str,
    ) -> Result<u32, Refusal> {
        let kept = self.batch_for_approval(visit, id, version)?;
        let text = tidy(reason);
        if text.is_empty() {
            return Err(Refusal::new(
                "empty",
                "差し戻す理由を書いてください。",
                "Say why it is sent back.",
            ));
        }
        let mut batch = Batch {
            state: BatchState::SentBack,
            ..kept.value.clone()
        };
        batch.reasons.push(Reason {
            by: visit.actor().into(),
            on: visit.today(),
            text,
        });
        self.write_batch(visit, Action::ApproveBatch, &kept, &batch, "send back")
    }

    /// Gives a batch up.
    ///
    /// # Errors
    /// As [`Desk::save_batch`].
    pub fn withdraw_batch(&self, visit: &Visit, id: &str, version: u32) -> Result<u32, Refusal> {
        Self::authorise(visit, Action::ProposeBatch, Subject::default())?;
        let open = [BatchState::Draft, BatchState::HandedIn, BatchState::SentBack];
        let kept = self.batch_in(id, version, &open)?;
        let batch = Batch {
            state: BatchState::Withdrawn,
            ..kept.value.clone()
        };
        self.write_batch(visit, Action::ProposeBatch, &kept, &batch, "withdraw")
    }

    fn batch_for_approval(&self, visit: &Visit, id: &str, version: u32) -> Result<Kept<Batch>, Refusal> {
        let kept = self.batch(visit, id)?;
        for author in &kept.value.authors {
            let allowed = Self::authorise(visit, Action::ApproveBatch, Subject::by(author));
            let approver = visit
                .caller
                .as_ref()
                .is_some_and(|caller| caller.is(Role::Approver));
            if allowed.is_err() && approver {
                return Err(Refusal::new(
                    "four-eyes",
                    "自分が記入した観測値は承認できません。別の承認者に頼んでください。",
                    "You edited these observations and cannot approve them. Ask another approver.",
                ));
            }
            allowed?;
        }
        self.batch_in(id, version, &[BatchState::HandedIn])
    }

    /// A batch at the version that the caller saw, in one of the states.
    fn batch_in(&self, id: &str, version: u32, states: &[BatchState]) -> Result<Kept<Batch>, Refusal> {
        let kept: Kept<Batch> = self.find(MINISTRY, id)?.ok_or_else(unknown)?;
        let kept = kept.seen_at(version)?;
        if states.contains(&kept.value.state) {
            return Ok(kept);
        }
        Err(Refusal::new(
            "state",
            "いまの状態では、この操作はできません。画面を開き直して、状態を確かめてください。",
            "This cannot be done in its present state. Open the page again and look at its state.",
        ))
    }

    fn write_batch(
        &self,
        visit: &Visit,
        action: Action,
        kept: &Kept<Batch>,
        batch: &Batch,
        did: &str,
    ) -> Result<u32, Refusal> {
        self.write(
            visit,
            action,
            MINISTRY,
            json!({ "batch": kept.id, "what": did }),
            vec![Edit::next(kept, batch)?],
        )?;
        Ok(kept.version + 1)
    }
}

fn few_enough(rows: &[BatchRow]) -> Result<(), Refusal> {
    if rows.len() <= ROWS {
        return Ok(());
    }
    Err(Refusal::new(
        "too-large",
        format!("一度に記入できるのは {ROWS} 行までです。分けて記入してください。"),
        format!("At most {ROWS} rows can be entered at once. Split them."),
    ))
}

/// The rows of a form: they count from 1 and have no sheet.
fn form_rows(rows: &[BatchRow]) -> Vec<(RowName, BatchRow)> {
    (1..)
        .zip(rows)
        .map(|(row, one)| (RowName { sheet: None, row }, one.clone()))
        .collect()
}

/// The rows of a file.
pub(super) fn file_rows(rows: &[Row]) -> Vec<(RowName, BatchRow)> {
    rows.iter()
        .map(|row| (row.place.clone(), BatchRow::from_cells(&row.cells)))
        .collect()
}

fn wrote(authors: &mut Vec<String>, visit: &Visit) {
    authors.retain(|author| author != visit.actor());
    authors.push(visit.actor().into());
}

/// The place in the order of recording that the next approval takes: after everything known, whatever the clock says.
fn next_stamp<'a>(plan: &Plan, visit: &Visit, (author, approver): (&'a str, &'a str)) -> Stamp<'a> {
    let newest = plan.observations.last();
    let recorded = newest.map_or(visit.today(), |seen| seen.recorded.max(visit.today()));
    let order = newest
        .filter(|seen| seen.recorded == recorded)
        .map_or(1, |seen| seen.order + 1);
    Stamp {
        recorded,
        order,
        author,
        approver,
    }
}

/// A mistake that only the form can make: field, Japanese, English.
type Wrong = (&'static str, String, String);

/// A row as the plan's files would write it, and what they could not tell.
fn entry(row: &BatchRow, plan: &Plan, stamp: &Stamp<'_>) -> (Entry, Vec<Wrong>) {
    let mut wrong = vec![];
    for (field, text) in row.cells() {
        if text.is_empty() && ["series", "period", "value", "source", "section"].contains(&field) {
            wrong.push((field, "記入してください。".into(), "Fill this in.".into()));
        }
    }
    let series = plan.series.get(&row.series);
    let mut amount = |field: &'static str, text: &str| {
        let Ok(bare) = text.parse::<Quantity>() else {
            return text.to_owned();
        };
        let Some(unit) = series
            .map(|series| &series.unit)
            .filter(|_| bare.unit().is_plain())
        else {
            return text.to_owned();
        };
        // Excel shows 0.05 as 5%: without a unit nobody can tell which was meant.
        if unit.to_string().contains('%') {
            wrong.push((
                field,
                format!("この系列の単位は「{unit}」です。5% のように単位を付けて書いてください。"),
                format!("The series is in “{unit}”. Write the unit too, as in 5%."),
            ));
            return text.to_owned();
        }
        Quantity::new(bare.number(), unit.clone()).to_string()
    };
    let value = amount("value", &row.value);
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let rounding = filled(&row.rounding).map(|text| amount("rounding", &text));
    let fiscal = series.is_some_and(|series| series.calendar == Calendar::Fiscal);
    let period = match row.period.parse::<FiscalYear>() {
        Ok(year) if fiscal => year.to_string(),
        _ => row.period.clone(),
    };
    let note = (!row.note_ja.is_empty() || !row.note_en.is_empty()).then(|| Note {
        ja: row.note_ja.clone(),
        en: row.note_en.clone(),
    });
    for (field, text) in note
        .iter()
        .flat_map(|note| [("note_ja", &note.ja), ("note_en", &note.en)])
    {
        if text.is_empty() {
            wrong.push((
                field,
                "注は日本語と英語の両方を書いてください。".into(),
                "Write a note in both Japanese and English.".into(),
            ));
        }
    }
    let entry = Entry {
        series: row.series.clone(),
        period,
        value,
        rounding,
        printed: row.printed.clone(),
        source: row.source.clone(),
        via: filled(&row.via),
        section: row.section.clone(),
        recorded: stamp.recorded,
        order: stamp.order,
        author: stamp.author.into(),
        approver: stamp.approver.into(),
        // Half a note was told above.
        note: note.filter(|note| !note.ja.is_empty() && !note.en.is_empty()),
    };
    (entry, wrong)
}

/// Every figure that differs between two states of the books, at every year at which an indicator is shown.
fn moves(now: &Rashin, then: &Rashin) -> Vec<Move> {
    let (before, after) = (now.engine(None), then.engine(None));
    let mut moves = vec![];
    for indicator in &then.plan().indicators {
        let mut years: BTreeSet<Period> = after.observed_periods(indicator).into_iter().collect();
        years.extend(before.observed_periods(indicator));
        years.extend(indicator.printed.iter().map(|printed| printed.period));
        years.extend([before.default_period(indicator), after.default_period(indicator)]);
        for at in years {
            let text = |engine| {
                let value = published(engine, indicator, at)?;
                Some(decimal(&value.shown_in(&indicator.unit).ok()?))
            };
            let (before, after) = (text(&before), text(&after));
            if before != after {
                moves.push(Move {
                    indicator: indicator.id.clone(),
                    title: indicator.short.clone(),
                    at,
                    unit: indicator.unit.to_string(),
                    before,
                    after,
                });
            }
        }
    }
    moves
}
