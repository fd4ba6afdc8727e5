//! Lists of cases: those in which somebody takes part, and what lists see of a case.

use authz::{Action, Subject as Of};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::Text;
use record::procedure::{Case, due};
use serde::Serialize;
use store::{Direction, Index, Name, Query, Test};
use vocab::Refusal;

use super::write::{due_key, indexed};
use super::{File, about, channels, filter};
use crate::ask::Rashin;
use crate::desk::kept::{opened as kept_opened, refused};
use crate::desk::register::{Found, RecordQuery, RecordState, after, called, key, opened};
use crate::desk::{Desk, Kept, Kind, Visit, unknown};

/// Rows of a page of cases.
const PAGE: u32 = 50;

/// One case of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLine {
    /// Id of the kind of its record.
    pub kind: String,
    /// The organisation to which the record belongs.
    pub owner: String,
    /// Id of the record.
    pub id: String,
    /// What the record is called.
    pub name: String,
    /// Reference number.
    pub number: String,
    /// What the procedure is called.
    pub procedure: Text,
    /// Where it stands.
    pub state: Text,
    /// Since when.
    pub since: Option<Timestamp>,
    /// By when something has to happen.
    pub due: Option<Date>,
}

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Id of a procedure.
    pub procedure: Option<String>,
    /// Id of a state of it.
    pub state: Option<String>,
    /// Only those in which it is the turn of the one who asks.
    pub turn: bool,
    /// Words, or a reference number.
    pub words: String,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A page of cases, what is due first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseList {
    /// The cases.
    pub rows: Vec<CaseLine>,
    /// How many there are in all, counted up to a thousand.
    pub found: u64,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

impl Desk {
    /// The cases in which the one who asks takes part, what is due first.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn cases(&self, visit: &Visit, asked: &CaseQuery) -> Result<CaseList, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Of::default())?;
        let rashin = self.rashin()?;
        let field = if asked.turn { "turn" } else { "part" };
        let mut filters = vec![filter(field, Test::OneOf(channels(visit)))?];
        if let Some(procedure) = &asked.procedure {
            filters.push(filter("procedure", Test::Is(procedure.clone()))?);
        }
        let mut query = Query {
            state: asked
                .state
                .clone()
                .map(Name::new)
                .transpose()
                .map_err(|_| unknown())?,
            filters,
            tokens: record::terms(&asked.words),
            order: Some((Name::new("due").map_err(refused)?, Direction::Up)),
            limit: PAGE + 1,
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        let found = self.store.count(&query, RecordQuery::COUNTED).map_err(refused)?;
        query.after = asked.after.as_deref().map(after).transpose()?;
        let mut page = self.store.list(&query).map_err(refused)?;
        let more = page.len() > PAGE as usize;
        page.truncate(PAGE as usize);
        let mut list = CaseList {
            found,
            ..CaseList::default()
        };
        for version in page {
            let key = version.key.clone();
            let kept = kept_opened::<Case>(version)?;
            // Where the next page begins does not depend on what this person sees of the last row.
            if more && let Some((procedure, ..)) = about(&rashin, &kept) {
                let due = due_key(&rashin, procedure, &kept.value);
                list.next = Some(format!("{}/{}/{due}", key.owner, key.id));
            }
            list.rows.extend(self.case_line(visit, &rashin, &kept)?);
        }
        Ok(list)
    }

    /// How many more cases wait for the one who asks than a page holds, counted up to a thousand.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn more_turns(&self, visit: &Visit) -> Result<u64, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Of::default())?;
        let query = Query {
            filters: vec![filter("turn", Test::OneOf(channels(visit)))?],
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        let all = self.store.count(&query, RecordQuery::COUNTED).map_err(refused)?;
        Ok(all.saturating_sub(PAGE.into()))
    }

    /// A case as one line, if the one who asks may see its record.
    fn case_line(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kept: &Kept<Case>,
    ) -> Result<Option<CaseLine>, Refusal> {
        let case = &kept.value;
        let Some((procedure, kind, id)) = about(rashin, kept) else {
            return Ok(None);
        };
        let found = match self.seen_record(visit, rashin, kind, &kept.owner, id) {
            Ok(found) => found,
            Err(refusal) if ["not-found", "sign-in"].contains(&refusal.kind) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let state = case.state.as_deref().and_then(|id| procedure.state(id));
        Ok(Some(CaseLine {
            kind: kind.id.clone(),
            owner: kept.owner.clone(),
            id: id.to_owned(),
            name: called(kind, &found),
            number: case.number.clone(),
            procedure: procedure.title.clone(),
            state: state.map_or_else(|| procedure.title.clone(), |state| state.title.clone()),
            since: case.since,
            due: due(procedure, case, visit.today(), rashin.calendar())
                .into_iter()
                .filter_map(|due| due.by)
                .min(),
        }))
    }

    /// The record that a case is about, as it stands.
    pub(super) fn record_of(&self, file: &File<'_>) -> Result<Option<Found>, Refusal> {
        let key = key(file.kind, &file.owner, &file.id)?;
        let version = self.store.newest(&key).map_err(refused)?;
        version.map(|version| opened(file.kind, &version)).transpose()
    }

    /// Brings the lists of cases to what the plan's procedures say now.
    pub(in crate::desk) fn index_cases(&self) -> Result<usize, Refusal> {
        let rashin = self.rashin()?;
        let plan = rashin.plan();
        self.index_anew(
            Case::KIND,
            &(
                &plan.procedures,
                &plan.kinds,
                &plan.holidays,
                "over, year, withdrawn, of",
            ),
            |version| {
                let kept = kept_opened::<Case>(version)?;
                // A case of a procedure that the plan does not have any more is in no list.
                let Some(file) = File::of(&rashin, &kept) else {
                    return Ok(Some(Index::default()));
                };
                let Some(found) = self.record_of(&file)? else {
                    return Ok(None);
                };
                // A record that was merged away takes its case out of the lists.
                if found.state() == RecordState::Merged {
                    return Ok(Some(Index::default()));
                }
                indexed(&rashin, &file, &found.record, &kept.value).map(Some)
            },
        )
    }
}
