//! Registers as sheets: records are given out as rows and taken in again, each row through the same reading as a form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use store::{Draft, Job};
use vocab::Refusal;

use super::case::Filed;
use super::import::{Column, Row, RowFault, Sheets, Table};
use super::import_staging::{Examined, RowChange};
use super::kept::refused;
use super::named::Names;
use super::register::{
    Found, RecordQuery, RecordState, Register, Writing, drafted, key, may_add, may_change, new_owner, opened,
    viewer,
};
use super::{Desk, Visit};
use plan::Kind;
use record::{Completeness, Record};

/// A file holds at most so many records.
const ROWS: usize = 200_000;
/// So many are read at once.
const PAGE: u32 = 2_000;

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
    /// As [`Desk::records`]; `too_many` where it would be cut.
    pub fn record_table(
        &self,
        visit: &Visit,
        kind: &str,
        asked: Option<&RecordQuery>,
    ) -> Result<Table, Refusal> {
        let kind = self.register(visit, kind)?.kind;
        let mut cells = vec![];
        let mut tallest = record::TABLE_ROWS;
        let mut asked = asked.cloned();
        while let Some(query) = &mut asked {
            let page = self.record_page(visit, &kind.id, query, PAGE)?;
            for one in &page.rows {
                tallest = tallest.max(record::tallest(&one.record));
                let mut row = record::row(&kind, &one.record);
                row.insert(ID.to_owned(), format!("{}/{}", one.owner, one.id));
                cells.push(row);
            }
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
            if cells.len() >= ROWS {
                return Err(too_many());
            }
        }
        let columns = columns(&kind, tallest);
        let rows = cells.into_iter().map(|mut row| {
            let cells = columns.iter().map(|column| row.remove(&column.name));
            cells.map(Option::unwrap_or_default).collect()
        });
        let rows = rows.collect();
        Ok(Table {
            name: kind.title.clone(),
            columns,
            rows,
        })
    }

    /// The columns that a register's file may have.
    pub(super) fn record_columns(&self, visit: &Visit, kind: &str) -> Result<Vec<Column>, Refusal> {
        Ok(columns(
            &self.register(visit, kind)?.kind,
            record::MOST_TABLE_ROWS,
        ))
    }

    /// What is wrong with the rows of a file, and how many would change something.
    pub(super) fn record_faults(
        &self,
        visit: &Visit,
        kind: &str,
        sheets: &Sheets,
    ) -> Result<Examined, Refusal> {
        let Register { kind, .. } = self.register(visit, kind)?;
        let columns = columns(&kind, record::MOST_TABLE_ROWS);
        let rashin = self.rashin()?;
        let mut examined = Examined::default();
        let mut seen = BTreeSet::new();
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
                    let Incoming {
                        before,
                        owner,
                        record,
                    } = incoming;
                    let filed = before
                        .as_ref()
                        .filter(|found| found.state() == RecordState::Filed);
                    if filed.is_none() {
                        let id = before.as_ref().map_or("", |found| found.id.as_str());
                        let filed = Filed::of(&owner, id, &record);
                        let missing = Self::opening_faults(visit, &rashin, &kind, &filed);
                        examined.faults.extend(row_faults(row, sheets, &columns, missing));
                    }
                    let moved = before.map(|found| {
                        let moved = record::difference(&kind, &found.record, &record);
                        (found, moved)
                    });
                    let same = moved.as_ref().is_some_and(|(_, moved)| moved.is_empty());
                    examined.fresh += usize::from(!same && !twice);
                    if let Some((found, moved)) = moved.filter(|_| !same) {
                        examined.changes.push(RowChange {
                            place: row.place.clone(),
                            record: (found.owner, found.id),
                            moved,
                        });
                    }
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
        let columns = columns(&kind, record::MOST_TABLE_ROWS);
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
        // What the file has no column for stays as it is; what it leaves blank is blank.
        let mut cells: Vec<(String, String)> = record::row(kind, earlier)
            .into_iter()
            .filter(|(name, _)| !sheets.has(&row.place, name))
            .chain(row.cells.clone())
            .collect();
        let unnamed = self.named_by_id(visit, kind, (&owner, earlier), &mut cells, names)?;
        let typed = record::read_form(kind, &cells, Completeness::Final);
        let mut faults: Vec<_> = unnamed
            .into_iter()
            .chain(typed.faults)
            .filter(|fault| fault.field.is_empty() || fills.contains(fault.field.as_str()))
            .filter_map(|fault| without_file(kind, earlier, fault))
            .collect();
        let mut record = record::keep_unseen(earlier, typed.record, &fills);
        keep_files(kind, earlier, &mut record);
        let own = before.as_ref().map(|found| found.id.as_str());
        faults.extend(self.broken_links(visit, kind, (&owner, own), &record)?);
        if faults.is_empty() {
            return Ok(Ok(Incoming {
                before,
                owner,
                record,
            }));
        }
        Ok(Err(row_faults(row, sheets, columns, faults)))
    }
}

/// What is wrong with a record, at its row and columns; of one cell the first alone.
fn row_faults(row: &Row, sheets: &Sheets, columns: &[Column], faults: Vec<record::Fault>) -> Vec<RowFault> {
    let mut seen = BTreeSet::new();
    let told = faults.into_iter().filter_map(|fault| {
        let inside = |column: &&Column| column.name.split('.').next() == Some(&*fault.field);
        let column = columns.iter().find(|column| column.name == fault.name);
        let column = column.or_else(|| columns.iter().find(inside));
        let first = column.is_none_or(|column| seen.insert(column.name.clone()));
        first.then(|| sheets.fault(&row.place, column, fault.ja, fault.en))
    });
    told.collect()
}

/// Files are not in sheets: one that is there counts, and what needs one that is not cannot come by a sheet.
fn without_file(kind: &Kind, earlier: &Record, fault: record::Fault) -> Option<record::Fault> {
    let field = kind.field(&fault.field);
    let is_file = field.is_some_and(|field| matches!(field.shape, plan::Shape::Attachment { .. }));
    match field.filter(|_| is_file) {
        None => Some(fault),
        Some(field) if earlier.fields.contains_key(&field.name) => None,
        Some(field) => Some(record::Fault {
            ja: format!(
                "「{}」のファイルは表では渡せません。この記録はフォームから登録してください。",
                field.title.ja
            ),
            en: format!(
                "A sheet cannot bring the file “{}”. Add this record by the form.",
                field.title.en
            ),
            ..fault
        }),
    }
}

fn too_many() -> Refusal {
    Refusal::new(
        "too_many",
        format!(
            "件数が {ROWS} 件を超えるため、一つのファイルにできません。一覧を条件で絞り込んでから受け取ってください。"
        ),
        format!("There are more than {ROWS} records, too many for one file. Narrow the list and take that."),
    )
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

/// The columns of a kind's file, with so many rows of each table.
fn columns(kind: &Kind, table_rows: usize) -> Vec<Column> {
    let id = Column {
        name: ID.into(),
        title: plan::sheet::id_title(),
        required: false,
    };
    let fields = record::columns(kind, table_rows)
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
