//! Registers as sheets: records are given out as rows and taken in again, each row through the same reading as a form.

use std::collections::BTreeMap;

use serde_json::json;
use store::{Draft, Job};
use vocab::Refusal;

use super::case::Filed;
use super::import::{Column, Row, RowFault, Sheets, Table};
use super::import_staging::Examined;
use super::kept::refused;
use super::named::Names;
use super::register::{
    Found, RecordQuery, RecordState, Register, Writing, drafted, key, may_add, may_change, new_owner, opened,
    viewer,
};
use super::{Desk, Visit};
use plan::{Kind, Text};
use record::{Completeness, Record};

/// A file holds at most so many records, as many as can be taken in again.
const ROWS: usize = 10_000;

/// The column that says which record a row is: blank for a new one.
const ID: &str = "@id";

/// What is written for one organisation.
#[derive(Default)]
struct Written {
    records: usize,
    drafts: Vec<Draft>,
    jobs: Vec<Job>,
}

/// A row that can be taken.
struct Incoming {
    before: Option<Found>,
    owner: String,
    record: Record,
}

impl Desk {
    /// A register as a table; without a query it is the template, which has no rows.
    ///
    /// # Errors
    /// As [`Desk::records`].
    pub fn record_table(
        &self,
        visit: &Visit,
        kind: &str,
        asked: Option<&RecordQuery>,
    ) -> Result<Table, Refusal> {
        let kind = self.register(visit, kind)?.kind;
        let columns = columns(&kind);
        let mut rows = vec![];
        let mut asked = asked.cloned();
        while let Some(query) = &mut asked {
            let page = self.records(visit, &kind.id, query)?;
            rows.extend(page.rows.iter().map(|one| {
                let cells = record::row(&kind, &one.record);
                let cell = |column: &Column| match column.name.as_str() {
                    ID => format!("{}/{}", one.owner, one.id),
                    name => cells.get(name).cloned().unwrap_or_default(),
                };
                columns.iter().map(cell).collect()
            }));
            query.after = page.next;
            if query.after.is_none() || rows.len() >= ROWS {
                break;
            }
        }
        Ok(Table {
            name: kind.title.clone(),
            columns,
            rows,
        })
    }

    /// The columns of a register's file.
    pub(super) fn record_columns(&self, visit: &Visit, kind: &str) -> Result<Vec<Column>, Refusal> {
        Ok(columns(&self.register(visit, kind)?.kind))
    }

    /// What is wrong with the rows of a file, and how many would change something.
    pub(super) fn record_faults(
        &self,
        visit: &Visit,
        kind: &str,
        sheets: &Sheets,
    ) -> Result<Examined, Refusal> {
        let Register { kind, .. } = self.register(visit, kind)?;
        let columns = columns(&kind);
        let mut examined = Examined {
            fresh: 0,
            faults: vec![],
            warnings: vec![],
        };
        let mut seen = std::collections::BTreeSet::new();
        let mut names = Names::default();
        for row in rows(&sheets.rows) {
            match self.incoming(visit, &kind, &columns, (row, sheets), &mut names)? {
                Err(faults) => examined.faults.extend(faults),
                Ok(incoming) => {
                    let twice = incoming
                        .before
                        .as_ref()
                        .is_some_and(|found| !seen.insert(found.name()));
                    if twice {
                        examined.faults.push(sheets.fault(
                            &row.place,
                            columns.first(),
                            "同じ記録の行が二つあります。どちらかを消してください。".into(),
                            "This record has two rows. Remove one of them.".into(),
                        ));
                    }
                    let same = incoming
                        .before
                        .as_ref()
                        .is_some_and(|found| found.record == incoming.record);
                    examined.fresh += usize::from(!same && !twice);
                }
            }
        }
        Ok(examined)
    }

    /// Writes what the rows of a clean file change, one change for each organisation, all of them or none; `last` goes with that of `home`.
    pub(super) fn import_records(
        &self,
        visit: &Visit,
        kind: &str,
        sheets: &Sheets,
        home: &str,
        last: Draft,
    ) -> Result<usize, Refusal> {
        let Register { kind, .. } = self.register(visit, kind)?;
        let columns = columns(&kind);
        let rashin = self.rashin()?;
        let mut by_owner: BTreeMap<String, Written> = BTreeMap::new();
        // Records that are filed by this, whose cases are opened.
        let mut opening: Vec<(String, String, Record)> = vec![];
        let mut names = Names::default();
        let mut count = 0;
        for row in rows(&sheets.rows) {
            let Ok(incoming) = self.incoming(visit, &kind, &columns, (row, sheets), &mut names)? else {
                continue;
            };
            let Incoming {
                before,
                owner,
                record,
            } = incoming;
            if before.as_ref().is_some_and(|found| found.record == record) {
                continue;
            }
            let id = before
                .as_ref()
                .map_or_else(|| store::hex(&self.random::<8>()), |found| found.id.clone());
            let expected = before.as_ref().map_or(0, |found| found.version);
            let draft = drafted(visit, &kind, &owner, &id, expected, RecordState::Filed, &record)?;
            let written = by_owner.entry(owner.clone()).or_default();
            written.drafts.push(draft);
            written.records += 1;
            if before.is_some_and(|found| found.state() == RecordState::Filed) {
                let follows = self.case_follows(visit, &rashin, &kind, &owner, &id, &record)?;
                written.drafts.extend(follows);
            } else {
                opening.push((owner, id, record));
            }
            count += 1;
        }
        let filed: Vec<Filed<'_>> = opening
            .iter()
            .map(|(owner, id, record)| Filed::of(owner, id, record))
            .collect();
        // The rows were examined as complete records; what a procedure needs besides is told as a whole.
        let carried = self
            .open_cases(visit, &rashin, &kind, &filed)?
            .map_err(|faults| incomplete(&faults))?;
        for ((owner, ..), carried) in opening.iter().zip(carried) {
            let written = by_owner.entry(owner.clone()).or_default();
            written.drafts.extend(carried.drafts);
            written.jobs.extend(carried.jobs);
        }
        by_owner.entry(home.to_owned()).or_default().drafts.push(last);
        let writing = |(owner, written): (String, Written)| {
            let detail = json!({ "kind": kind.id, "what": "import", "records": written.records });
            Writing::of(&owner, detail, written.drafts, written.jobs)
        };
        self.commit_records(visit, by_owner.into_iter().map(writing).collect())?;
        Ok(count)
    }

    fn incoming(
        &self,
        visit: &Visit,
        kind: &Kind,
        columns: &[Column],
        (row, sheets): (&Row, &Sheets),
        names: &mut Names,
    ) -> Result<Result<Incoming, Vec<RowFault>>, Refusal> {
        let whole =
            |ja: &str, en: &str| vec![sheets.fault(&row.place, columns.first(), ja.into(), en.into())];
        let before = match row.cells.get(ID).map(String::as_str).unwrap_or_default() {
            "" if may_add(visit, kind) => None,
            "" => {
                return Ok(Err(whole(
                    "この登録簿に新しい記録を加えることはできません。記録番号のある行だけにしてください。",
                    "You cannot add to this register. Keep only the rows that have a record id.",
                )));
            }
            id => {
                let found = id
                    .split_once('/')
                    .and_then(|(owner, id)| key(kind, owner, id).ok())
                    .map(|key| self.store.newest(&key).map_err(refused))
                    .transpose()?
                    .flatten()
                    .map(|version| opened(kind, &version))
                    .transpose()?;
                let Some(found) = found.filter(|found| may_change(visit, kind, found)) else {
                    return Ok(Err(whole(
                        "この番号の記録はありません。新しい記録なら空欄にしてください。",
                        "There is no record of this id. Leave it blank for a new record.",
                    )));
                };
                let rashin = self.rashin()?;
                if let Some(file) = self.case_file(&rashin, kind, &found.owner, &found.id)?
                    && let Err(fixed) = file.changeable()
                {
                    return Ok(Err(whole(&fixed.ja, &fixed.en)));
                }
                Some(found)
            }
        };
        let owner = match &before {
            Some(found) => found.owner.clone(),
            None => new_owner(visit, kind)?,
        };
        let nothing = Record::default();
        let earlier = before.as_ref().map_or(&nothing, |found| &found.record);
        let fills = record::fillable(kind, &owner, earlier, &viewer(visit));
        let mut cells: Vec<(String, String)> = row.cells.clone().into_iter().collect();
        let unnamed = self.named_by_id(visit, kind, (&owner, earlier), &mut cells, names)?;
        let typed = record::read_form(kind, &cells, Completeness::Final);
        let mut faults: Vec<_> = unnamed
            .into_iter()
            .chain(typed.faults)
            .filter(|fault| fault.field.is_empty() || fills.contains(fault.field.as_str()))
            .collect();
        let mut record = record::keep_unseen(earlier, typed.record, &fills);
        keep_files(kind, earlier, &mut record);
        faults.extend(self.broken_links(visit, kind, &owner, &record)?);
        if faults.is_empty() {
            return Ok(Ok(Incoming {
                before,
                owner,
                record,
            }));
        }
        let told = faults.into_iter().map(|fault| {
            let column = columns
                .iter()
                .find(|column| column.name == fault.name)
                .or_else(|| {
                    columns
                        .iter()
                        .find(|column| column.name.starts_with(&fault.field))
                });
            sheets.fault(&row.place, column, fault.ja, fault.en)
        });
        Ok(Err(told.collect()))
    }
}

fn incomplete(faults: &[record::Fault]) -> Refusal {
    let said = |text: fn(&record::Fault) -> &str| faults.iter().map(text).collect::<Vec<_>>().join(" ");
    Refusal::new("incomplete", said(|fault| &fault.ja), said(|fault| &fault.en))
}

/// Files are not in sheets, so a row leaves them as they were.
fn keep_files(kind: &Kind, before: &Record, record: &mut Record) {
    let files = kind
        .fields
        .iter()
        .filter(|field| matches!(field.shape, plan::Shape::Attachment { .. }));
    for field in files {
        if let Some(value) = before.fields.get(&field.name) {
            record.fields.insert(field.name.clone(), value.clone());
        }
    }
}

fn columns(kind: &Kind) -> Vec<Column> {
    let id = Column {
        name: ID.into(),
        title: Text {
            ja: "記録番号".into(),
            en: "Record id".into(),
        },
        required: false,
    };
    let fields = record::columns(kind, record::TABLE_ROWS)
        .into_iter()
        .map(|column| Column {
            name: column.name,
            title: column.title,
            required: column.required,
        });
    std::iter::once(id).chain(fields).collect()
}

/// The rows that say something.
fn rows(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter()
        .filter(|row| row.cells.values().any(|cell| !cell.is_empty()))
}
