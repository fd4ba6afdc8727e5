//! A file that was handed in and waits for a decision: read and checked row by row, taken whole, or without the faulty rows where they are
//! named. The file is kept as it came; what is wrong with it is found anew each time, since the books may have moved.

use std::collections::BTreeSet;

use authz::{Action, Subject};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Blob, Fault, Name};
use vocab::Refusal;

use super::batch::{BatchRow, UNSIGNED, file_rows};
use super::import::{self, Row, RowFault, RowName, Sheets, tidy};
use super::kept::refused;
use super::register::may_write;
use super::{Desk, Edit, Kept, Kind, MINISTRY, Visit, closed, unknown};

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staging {
    /// Name of the file, as its sender called it.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What it is taken for.
    pub purpose: Purpose,
    /// Whether it was taken.
    pub taken: bool,
}

/// What a file is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Purpose {
    /// Observations: they become a batch.
    Batch,
    /// Firms' answers in a survey round.
    Answers {
        /// Id of the round.
        round: String,
    },
    /// Records of a register.
    Records {
        /// Id of the kind.
        kind: String,
    },
}

impl Kind for Staging {
    const KIND: &'static str = "staging";

    fn state(&self) -> Option<String> {
        Some(if self.taken { "taken" } else { "open" }.into())
    }
}

/// A file as it would be taken now.
#[derive(Debug, Clone, Serialize)]
pub struct Staged {
    /// The file.
    pub staging: Kept<Staging>,
    /// Rows in it.
    pub rows: usize,
    /// Rows that would change something if it were taken whole.
    pub fresh: usize,
    /// What these change of records that there are.
    pub changes: Vec<RowChange>,
    /// What is wrong; empty if it can be taken whole.
    pub faults: Vec<RowFault>,
    /// The rows with faults: leaving these out makes it clean, unless a row of titles is among the faults.
    pub faulty: Vec<RowName>,
    /// Whether leaving out the faulty rows is enough.
    pub mendable: bool,
    /// What looks unusual, though it may be right.
    pub warnings: Vec<RowFault>,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A batch of this id.
    Batch(String),
    /// So many answers.
    Answers(usize),
    /// So many records.
    Records(usize),
}

/// What a row changes of a record that there is.
#[derive(Debug, Clone, Serialize)]
pub struct RowChange {
    /// The row.
    #[serde(flatten)]
    pub place: RowName,
    /// The record's owner and id.
    pub record: (String, String),
    /// What it changes; a program reads which fields.
    #[serde(serialize_with = "names_of")]
    pub moved: Vec<record::Moved>,
}

fn names_of<S: serde::Serializer>(moved: &[record::Moved], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(moved.iter().map(|moved| &moved.field))
}

/// Rows and what was found in them.
#[derive(Default)]
pub(super) struct Examined {
    pub fresh: usize,
    pub changes: Vec<RowChange>,
    pub faults: Vec<RowFault>,
    pub warnings: Vec<RowFault>,
}

impl Purpose {
    fn action(&self) -> Action {
        match self {
            Self::Batch => Action::ProposeBatch,
            Self::Answers { .. } => Action::ImportAnswers,
            Self::Records { .. } => Action::KeepRecords,
        }
    }

    /// To whom a file belongs that waits: what is for the registers to the organisation that brought it, all else to the ministry.
    fn home(&self, visit: &Visit) -> String {
        match (self, &visit.caller) {
            (Self::Records { .. }, Some(caller)) => caller.organisation.clone(),
            _ => MINISTRY.to_owned(),
        }
    }
}

impl Desk {
    /// Takes a file in to be looked at, and gives the id under which it waits. Nothing of it counts yet.
    ///
    /// # Errors
    /// `sign-in`, `not-found`; `too-large`, `bad-workbook`, `old-workbook`, `bad-text`, `no-header` for files that cannot be read.
    pub fn stage(
        &self,
        visit: &Visit,
        purpose: Purpose,
        file: &str,
        bytes: Vec<u8>,
    ) -> Result<String, Refusal> {
        let (action, home) = (purpose.action(), purpose.home(visit));
        Self::authorise(visit, action, Subject::of(&home))?;
        import::read(&bytes, &self.columns_for(visit, &purpose)?)?;
        let blob = Blob::new(bytes);
        let staging = Staging {
            file: tidy(file),
            sha256: blob.sha256.clone(),
            purpose,
            taken: false,
        };
        let id = store::hex(&self.random::<16>());
        self.write_with(
            visit,
            action,
            &home,
            json!({ "staging": id, "what": "stage", "sha256": staging.sha256 }),
            vec![Edit::first(&id, &staging)?],
            vec![blob],
        )?;
        Ok(id)
    }

    /// A file that waits, as it would be taken now.
    ///
    /// # Errors
    /// As [`Desk::stage`].
    pub fn staged(&self, visit: &Visit, id: &str) -> Result<Staged, Refusal> {
        let (staging, sheets) = self.opened_staging(visit, id)?;
        let found = self.examined(visit, &staging.value.purpose, &sheets)?;
        let rows: BTreeSet<&RowName> = sheets.rows.iter().map(|row| &row.place).collect();
        let faulty: BTreeSet<&RowName> = found.faults.iter().map(|fault| &fault.place).collect();
        Ok(Staged {
            rows: sheets.rows.len(),
            fresh: found.fresh,
            changes: found.changes,
            mendable: faulty.iter().all(|place| rows.contains(place)),
            faulty: faulty.into_iter().cloned().collect(),
            warnings: found.warnings,
            faults: found.faults,
            staging,
        })
    }

    /// Takes a file that waits. It has to be clean, or `leave_out` names every faulty row and no other.
    ///
    /// # Errors
    /// `faults` if a faulty row is not named or a good one is, `taken` if it was taken before, and as [`Desk::stage`].
    pub fn take(&self, visit: &Visit, id: &str, leave_out: &[RowName]) -> Result<Taken, Refusal> {
        let (staging, mut sheets) = self.opened_staging(visit, id)?;
        if staging.value.taken {
            return Err(Refusal::new(
                "taken",
                "このファイルはすでに取り込みました。",
                "This file was taken in already.",
            ));
        }
        let purpose = &staging.value.purpose;
        let named: BTreeSet<&RowName> = leave_out.iter().collect();
        let found = self.examined(visit, purpose, &sheets)?;
        let faulty: BTreeSet<&RowName> = found.faults.iter().map(|fault| &fault.place).collect();
        let rows: BTreeSet<&RowName> = sheets.rows.iter().map(|row| &row.place).collect();
        if named != faulty || !faulty.iter().all(|place| rows.contains(place)) {
            return Err(Refusal::new(
                "faults",
                format!(
                    "直すところのある行が {} 行あります。ファイルを直してもう一度取り込むか、その行だけを除くことを選んでください。",
                    faulty.len()
                ),
                format!(
                    "{} rows have to be mended. Mend the file and hand it in again, or choose to leave out exactly those rows.",
                    faulty.len()
                ),
            ));
        }
        sheets.rows.retain(|row| !named.contains(&row.place));
        // What was a fault of a row alone must not hide one of the rest together.
        sheets.faults.clear();
        let rest = self.examined(visit, purpose, &sheets)?;
        if let Some(first) = rest.faults.into_iter().next() {
            return Err(Refusal::new("faults", first.ja, first.en));
        }
        let ended = Edit::next(
            &staging,
            &Staging {
                taken: true,
                ..staging.value.clone()
            },
        )?;
        let detail = json!({ "staging": id, "what": "take", "left_out": leave_out.len() });
        match purpose {
            Purpose::Batch => {
                let rows: Vec<BatchRow> = file_rows(&sheets.rows).into_iter().map(|(_, row)| row).collect();
                let title = &staging.value.file;
                let (batch, edit) = self.first_batch(visit, title, rows, None, super::BatchState::Draft)?;
                self.write(visit, purpose.action(), MINISTRY, detail, vec![edit, ended])?;
                Ok(Taken::Batch(batch))
            }
            Purpose::Answers { round } => {
                // Each answer is its firm's own record, so each is its own change. A take that was cut off is taken again: what is in
                // already changes nothing.
                let count = self.import_answers(visit, round, &sheets.rows)?;
                self.write(visit, purpose.action(), MINISTRY, detail, vec![ended])?;
                Ok(Taken::Answers(count))
            }
            Purpose::Records { kind } => {
                let count = self.import_records(visit, kind, &sheets, &staging.owner, ended.into_draft())?;
                Ok(Taken::Records(count))
            }
        }
    }

    fn opened_staging(&self, visit: &Visit, id: &str) -> Result<(Kept<Staging>, Sheets), Refusal> {
        let caller = visit.caller.as_ref().ok_or_else(|| closed(visit))?;
        let mut found: Option<Kept<Staging>> = None;
        for home in [caller.organisation.as_str(), MINISTRY] {
            found = found.or(self.find(home, id)?);
        }
        // What it is for says who may look: the file itself tells nothing before.
        let staging = found.filter(|staging| staging.owner == staging.value.purpose.home(visit));
        let staging = staging.ok_or_else(unknown)?;
        Self::authorise(visit, staging.value.purpose.action(), Subject::of(&staging.owner))?;
        let home = Name::new(&*staging.owner).map_err(refused)?;
        let blob = self
            .store
            .blob(&home, &staging.value.sha256)
            .map_err(refused)?
            .ok_or_else(|| refused(Fault::Corrupt(format!("staging {id}: no file"))))?;
        let sheets = import::read(&blob.bytes, &self.columns_for(visit, &staging.value.purpose)?)?;
        Ok((staging, sheets))
    }

    fn columns_for(&self, visit: &Visit, purpose: &Purpose) -> Result<Vec<super::Column>, Refusal> {
        match purpose {
            Purpose::Batch => Ok(BatchRow::columns()),
            Purpose::Answers { round } => self.answer_columns(round),
            Purpose::Records { kind } => {
                // A sheet writes, so whoever only reads the register has none waiting and sees nobody's.
                if !may_write(visit, &self.register(visit, kind)?.kind) {
                    return Err(closed(visit));
                }
                self.record_columns(visit, kind)
            }
        }
    }

    fn examined(&self, visit: &Visit, purpose: &Purpose, sheets: &Sheets) -> Result<Examined, Refusal> {
        let mut found = match purpose {
            Purpose::Batch => Examined {
                fresh: sheets.rows.len(),
                faults: self
                    .proof(visit, &file_rows(&sheets.rows), sheets, UNSIGNED)?
                    .err()
                    .unwrap_or_default(),
                ..Examined::default()
            },
            Purpose::Answers { round } => self.answer_faults(round, sheets)?,
            Purpose::Records { kind } => self.record_faults(visit, kind, sheets)?,
        };
        // A cell that could not be read at all is told once.
        let unread: BTreeSet<(&RowName, &Option<String>)> = sheets
            .faults
            .iter()
            .map(|fault| (&fault.place, &fault.field))
            .collect();
        found
            .faults
            .retain(|fault| !unread.contains(&(&fault.place, &fault.field)));
        found.faults.extend(sheets.faults.iter().cloned());
        found.faults.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(found)
    }
}

/// Whether a row says nothing in the named fields.
pub(super) fn blank(row: &Row, fields: &[&str]) -> bool {
    fields
        .iter()
        .all(|field| row.cells.get(*field).is_none_or(String::is_empty))
}
