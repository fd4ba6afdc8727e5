//! Published lists taken into registers: handed in as a file that is kept, compared with what is there by the id of each record, and written in
//! changes that each say how far the list has come, so that what was cut off goes on from there and ends as if it had not been. A record that the
//! list no longer names is marked, never deleted.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use authz::{Action, Caller, Role, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::Kind as RecordKind;
use record::{Completeness, Record, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{After, Blob, Change, Draft, Fault, Filter, JobState, Name, Progress, Query, Test, Version};
use vocab::Refusal;

use super::import::tidy;
use super::kept::{Which, refused};
use super::register::{RecordState, Writing, drafted, key, may_add, opened};
use super::work::{Heard, Work};
use super::{Desk, Edit, Kept, Kind, MINISTRY, Visit, closed, unknown};
use crate::registry::{List, ListRow, Listed, RefusedRow};

/// Records of one change.
const BATCH: usize = 1_000;
/// Refused rows that a report names; of more it says how many.
const NAMED: usize = 1_000;
/// So few records may go from a whole list without anybody having to say that this is meant, and so few of a hundred.
const FEW: u64 = 20;
const FEW_OF_HUNDRED: u64 = 2;
/// Marks what the newest list names.
const LISTED: &str = "listed";

/// A list that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListImport {
    /// Which list.
    pub list: List,
    /// Name of the file, as its sender called it.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Who handed it in: an account.
    pub by: String,
    /// When; not noted by the first versions of the program.
    #[serde(default)]
    pub handed_in: Option<Timestamp>,
    /// The last day of which the list speaks, where it says one.
    #[serde(default)]
    pub day: Option<Date>,
    /// The job that takes it in, if one was asked to.
    #[serde(default)]
    pub job: Option<String>,
    /// Whether all of it is in.
    pub done: bool,
    /// Id of the record up to which it is in.
    pub after: Option<String>,
    /// What it has changed so far.
    pub report: ListReport,
}

/// How an import stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum ListStanding {
    /// It waits for its turn.
    Waiting,
    /// It is on its way in.
    Running {
        /// Rows that are in.
        done: u64,
        /// Rows of the list; 0 before the first were counted.
        total: u64,
    },
    /// All of it is in.
    Done,
    /// It broke off; the same file handed in again goes on from there.
    Stopped {
        /// Why, in Japanese; empty where nobody said.
        why: String,
    },
}

/// What a list changed. Its rows are those that were added, changed, unchanged, repeated, left out and refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReport {
    /// Records that are new.
    pub added: u64,
    /// Records that say something else than before.
    pub changed: u64,
    /// Records that say what they said.
    pub unchanged: u64,
    /// Records that the list no longer names: marked so.
    pub gone: u64,
    /// Rows that repeat another word for word.
    pub repeated: u64,
    /// Rows that are not for the register: natural persons.
    pub left_out: u64,
    /// How many rows were refused.
    pub refused: u64,
    /// The first thousand of them.
    pub refused_rows: Vec<RefusedRow>,
}

impl ListReport {
    /// Rows of the list.
    pub fn rows(&self) -> u64 {
        self.added + self.changed + self.unchanged + self.repeated + self.left_out + self.refused
    }

    fn refuse(&mut self, row: RefusedRow) {
        self.refused += 1;
        if self.refused_rows.len() < NAMED {
            self.refused_rows.push(row);
        }
    }

    /// In one line.
    fn says(&self) -> String {
        let Self {
            added,
            changed,
            unchanged,
            gone,
            repeated,
            left_out,
            refused,
            ..
        } = self;
        format!(
            "追加 added {added}, 変更 changed {changed}, 変更なし unchanged {unchanged}, 一覧からなくなったもの gone {gone}, \
             重複 repeated {repeated}, 対象外 left out {left_out}, 取り込めない行 refused {refused}"
        )
    }
}

impl Kind for ListImport {
    const KIND: &'static str = "list-import";

    fn parent(&self) -> Option<String> {
        Some(self.list.code().to_owned())
    }

    fn state(&self) -> Option<String> {
        Some(if self.done { "done" } else { "open" }.into())
    }
}

impl Desk {
    /// Hands in a list to be taken in by a job, and gives the id of the import. The same file again, before it is in, is the same import.
    ///
    /// # Errors
    /// `sign-in`, `not-found`; a file that cannot be read as this list; `list-short` if it lacks more than half of what is listed now. Unless it is to
    /// be taken `anyway`: `list-fewer` if it lacks some of a hundred of that, `list-older` if it is older than what was taken in.
    pub fn import_list(
        &self,
        visit: &Visit,
        list: List,
        file: &str,
        bytes: Vec<u8>,
        anyway: bool,
    ) -> Result<String, Refusal> {
        self.keep_list(visit, list, file, bytes, (true, anyway))
    }

    /// Takes a list in at once. `heard` is told how much is done of how much, and stops it by false; handed in again, it goes on from there.
    ///
    /// # Errors
    /// As [`Desk::import_list`], and those of the store.
    pub fn import_list_now(
        &self,
        visit: &Visit,
        list: List,
        file: &str,
        bytes: Vec<u8>,
        anyway: bool,
        heard: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Kept<ListImport>, Refusal> {
        let id = self.keep_list(visit, list, file, bytes, (false, anyway))?;
        self.run_import(&id, visit.at, &mut |progress| {
            Ok(heard(progress.done, progress.total))
        })?;
        self.list_import(visit, &id)
    }

    /// An import as it stands.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn list_import(&self, visit: &Visit, id: &str) -> Result<Kept<ListImport>, Refusal> {
        Self::authorise(visit, Action::KeepRecords, Subject::of(MINISTRY))?;
        let found = self.find::<ListImport>(MINISTRY, id)?.ok_or_else(unknown)?;
        self.filled_kind(visit, found.value.list)?;
        Ok(found)
    }

    /// The lists that fill a kind, and what was handed in of them, the newest first.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for those who may not take lists in, and where no list fills the kind.
    pub fn list_imports(
        &self,
        visit: &Visit,
        kind: &str,
    ) -> Result<(Vec<List>, Vec<Kept<ListImport>>), Refusal> {
        Self::authorise(visit, Action::KeepRecords, Subject::of(MINISTRY))?;
        let lists: Vec<List> = List::filling(kind).collect();
        if lists.is_empty() {
            return Err(closed(visit));
        }
        let mut imports = vec![];
        for list in &lists {
            self.filled_kind(visit, *list)?;
            imports.extend(self.all::<ListImport>(&Which {
                owner: Some(MINISTRY),
                parent: Some(list.code()),
                state: None,
            })?);
        }
        imports.sort_by(|a, b| (b.value.handed_in, &b.id).cmp(&(a.value.handed_in, &a.id)));
        Ok((lists, imports))
    }

    /// How an import stands that the caller was given.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list_standing(&self, import: &ListImport) -> Result<ListStanding, Refusal> {
        if import.done {
            return Ok(ListStanding::Done);
        }
        let why = String::new();
        let Some(job) = &import.job else {
            return Ok(ListStanding::Stopped { why });
        };
        let status = self
            .store
            .job(&Name::new(job).map_err(refused)?)
            .map_err(refused)?;
        Ok(match status.map(|status| (status.state, status.progress)) {
            Some((JobState::Waiting, _)) => ListStanding::Waiting,
            Some((JobState::Running, Progress { done, total, .. })) => ListStanding::Running { done, total },
            Some((JobState::Failed, progress)) => ListStanding::Stopped { why: progress.text },
            _ => ListStanding::Stopped { why },
        })
    }

    /// The kind that a list fills, for those who may add to it.
    fn filled_kind(&self, visit: &Visit, list: List) -> Result<RecordKind, Refusal> {
        let rashin = self.rashin()?;
        let need = list.need();
        let kind = rashin.plan().kind(need.kind).ok_or_else(unknown)?;
        if kind.owner != plan::Owner::Ministry || !may_add(visit, kind) {
            return Err(closed(visit));
        }
        let lacks = record::satisfies(rashin.plan(), need).err();
        match lacks.and_then(|lacks| lacks.into_iter().next()) {
            None => Ok(kind.clone()),
            Some(first) => Err(first),
        }
    }

    fn keep_list(
        &self,
        visit: &Visit,
        list: List,
        file: &str,
        bytes: Vec<u8>,
        (later, anyway): (bool, bool),
    ) -> Result<String, Refusal> {
        Self::authorise(visit, Action::KeepRecords, Subject::of(MINISTRY))?;
        let kind = self.filled_kind(visit, list)?;
        // What cannot be read at all is said now, not by the job.
        let listed = list.read(&bytes)?;
        let (rows, day) = (listed.rows.len() as u64, listed.day());
        if list.is_whole() {
            self.not_too_short(&kind, rows, anyway)?;
        }
        if !anyway {
            self.not_older(&kind, day)?;
        }
        let blob = Blob::new(bytes);
        let open = self.all::<ListImport>(&Which {
            owner: Some(MINISTRY),
            parent: Some(list.code()),
            state: Some("open"),
        })?;
        let open = open.into_iter().find(|open| open.value.sha256 == blob.sha256);
        let (id, version) = open.as_ref().map_or_else(
            || (store::hex(&self.random::<16>()), 0),
            |open| (open.id.clone(), open.version),
        );
        // A job that was given up before does not keep its list from being handed in again.
        let name = format!("list-import.{id}.{version}");
        let job = later.then(|| name.clone());
        let edit = match &open {
            Some(open) => Edit::next(
                open,
                &ListImport {
                    job,
                    ..open.value.clone()
                },
            )?,
            None => Edit::first(
                &id,
                &ListImport {
                    list,
                    file: tidy(file),
                    sha256: blob.sha256.clone(),
                    by: visit.actor().to_owned(),
                    handed_in: Some(visit.at),
                    day,
                    job,
                    done: false,
                    after: None,
                    report: ListReport::default(),
                },
            )?,
        };
        let job = Work::ImportList { import: id.clone() }.job(name, visit.at)?;
        let change = Change {
            owner: Name::new(MINISTRY).map_err(refused)?,
            at: visit.at,
            actor: Name::new(visit.actor()).map_err(refused)?,
            action: Name::new(Action::KeepRecords.code()).map_err(refused)?,
            detail: json!({ "list": list.code(), "import": id, "what": "hand in", "sha256": blob.sha256 }),
            drafts: vec![edit.into_draft()],
            erase: vec![],
            blobs: vec![blob],
            jobs: if later { vec![job] } else { vec![] },
        };
        self.store.commit(&change).map_err(refused)?;
        Ok(id)
    }

    /// Refuses a list that would strike out more than half of what is listed: it was cut off, or is another list. One that would strike out some of a
    /// hundred is taken where somebody has said that this is meant.
    fn not_too_short(&self, kind: &RecordKind, rows: u64, anyway: bool) -> Result<(), Refusal> {
        let listed = Query {
            filters: vec![Filter {
                field: Name::new(LISTED).map_err(refused)?,
                test: Test::Is("yes".into()),
            }],
            ..Query::of(key(kind, MINISTRY, LISTED)?.kind)
        };
        let listed = self.store.count(&listed, 2 * rows + 1).map_err(refused)?;
        if listed > 2 * rows {
            return Err(Refusal::new(
                "list-short",
                format!(
                    "この一覧は {rows} 件で、いま登録されている件数の半分もありません。一部だけのファイルでないか確かめてください。"
                ),
                format!(
                    "This list has {rows} rows, less than half of what is listed now. Check that the file is whole."
                ),
            ));
        }
        let gone = listed.saturating_sub(rows);
        if anyway || gone <= FEW || gone * 100 <= listed * FEW_OF_HUNDRED {
            return Ok(());
        }
        Err(Refusal::new(
            "list-fewer",
            format!(
                "この一覧は {rows} 件で、いま登録されている {listed} 件より {gone} 件少なくなります。一部だけのファイルでないか確かめ、減ることが正しければ、そう指定して取り込んでください。"
            ),
            format!(
                "This list has {rows} rows, {gone} fewer than the {listed} that are listed now. Check that the file is whole; if it is, say so and take it in."
            ),
        ))
    }

    /// Refuses a list that speaks of earlier days than the newest that was taken into the kind: what has changed since would be undone.
    fn not_older(&self, kind: &RecordKind, day: Option<Date>) -> Result<(), Refusal> {
        let Some(day) = day else { return Ok(()) };
        let mut newest = None;
        for list in List::filling(&kind.id) {
            let done = self.all::<ListImport>(&Which {
                owner: Some(MINISTRY),
                parent: Some(list.code()),
                state: Some("done"),
            })?;
            newest = newest.max(done.iter().filter_map(|import| import.value.day).max());
        }
        match newest.filter(|newest| day < *newest) {
            None => Ok(()),
            Some(newest) => Err(Refusal::new(
                "list-older",
                format!(
                    "この一覧は {day} までのもので、すでに {newest} までの一覧を取り込んでいます。取り込むと、その後の変更が元に戻ります。正しければ、そう指定して取り込んでください。"
                ),
                format!(
                    "This list is of {day}; one of {newest} was taken in already, and what has changed since would be undone. If that is meant, say so and take it in."
                ),
            )),
        }
    }

    /// Takes in what is not in yet, and says what came of it; none if it was asked to stop.
    pub(super) fn run_import(
        &self,
        id: &str,
        at: Timestamp,
        heard: &mut Heard<'_>,
    ) -> Result<Option<Progress>, Refusal> {
        let import = self.find::<ListImport>(MINISTRY, id)?.ok_or_else(unknown)?;
        // Whoever handed it in was authorised then, to do this and no more.
        let visit = Visit {
            at,
            caller: Some(Caller {
                account: import.value.by.clone(),
                organisation: MINISTRY.to_owned(),
                roles: vec![Role::Secretariat],
                key: None,
                lent: None,
            }),
        };
        let list = import.value.list;
        let kind = self.filled_kind(&visit, list)?;
        let owner = Name::new(MINISTRY).map_err(refused)?;
        let blob = self
            .store
            .blob(&owner, &import.value.sha256)
            .map_err(refused)?
            .ok_or_else(|| refused(Fault::Corrupt(format!("list-import {id}: no file"))))?;
        let listed = list.read(&blob.bytes)?;
        let total = listed.rows.len() as u64;
        if import.value.done {
            return Ok(Some(import.value.progress(total)));
        }
        Intake::begin(self, visit, kind, import)?.run(&listed, heard)
    }
}

impl ListImport {
    fn progress(&self, total: u64) -> Progress {
        let report = &self.report;
        let done = report.added + report.changed + report.unchanged;
        Progress {
            done,
            total,
            text: report.says(),
        }
    }
}

/// A list on its way in: rows and records go by in the order of their ids, side by side.
struct Intake<'d> {
    desk: &'d Desk,
    visit: Visit,
    kind: RecordKind,
    import: Kept<ListImport>,
    /// Records that were read and have not gone by.
    shelf: VecDeque<Version>,
    /// Where reading goes on; none at the end.
    next: Option<Query>,
    drafts: Vec<Draft>,
}

impl<'d> Intake<'d> {
    fn begin(
        desk: &'d Desk,
        visit: Visit,
        kind: RecordKind,
        import: Kept<ListImport>,
    ) -> Result<Self, Refusal> {
        let after = import.value.after.as_deref();
        let after = after.map(|id| key(&kind, MINISTRY, id)).transpose()?;
        let next = Query {
            owner: Some(Name::new(MINISTRY).map_err(refused)?),
            after: after.as_ref().map(After::of),
            limit: 1_000,
            ..Query::of(key(&kind, MINISTRY, LISTED)?.kind)
        };
        Ok(Self {
            desk,
            visit,
            kind,
            import,
            shelf: VecDeque::new(),
            next: Some(next),
            drafts: vec![],
        })
    }

    fn run(mut self, listed: &Listed, heard: &mut Heard<'_>) -> Result<Option<Progress>, Refusal> {
        let total = listed.rows.len() as u64;
        // What is in the list and cannot be read is in the list all the same.
        let refused = listed
            .refused
            .iter()
            .filter_map(|row| row.id.as_deref())
            .collect();
        let begin = match &self.import.value.after {
            None => 0,
            Some(after) => listed.rows.partition_point(|row| row.id <= *after),
        };
        for (place, row) in listed.rows[begin..].iter().enumerate() {
            let before = self.up_to(row, &refused)?;
            self.take(row, before)?;
            self.import.value.after = Some(row.id.clone());
            if self.drafts.len() >= BATCH {
                self.write()?;
            }
            if place % BATCH == BATCH - 1 && !heard(&self.import.value.progress(total))? {
                return Ok(None);
            }
        }
        while self.reach()? {
            self.strike_out(&refused)?;
        }
        let value = &mut self.import.value;
        let report = &mut value.report;
        report.repeated = listed.repeated;
        report.left_out = listed.left_out;
        for row in &listed.refused {
            report.refuse(row.clone());
        }
        report.refused_rows.sort_by_key(|row| row.line);
        value.done = true;
        self.write()?;
        Ok(Some(self.import.value.progress(total)))
    }

    /// Whether there is another record to go by; it is then the first on the shelf.
    fn reach(&mut self) -> Result<bool, Refusal> {
        if self.shelf.is_empty()
            && let Some(query) = &mut self.next
        {
            let page = self.desk.store.list(query).map_err(refused)?;
            query.after = page.last().map(|last| After::of(&last.key));
            if page.len() < query.limit as usize {
                self.next = None;
            }
            self.shelf = page.into();
        }
        Ok(!self.shelf.is_empty())
    }

    /// Lets the records before a row go by, and gives the row's own.
    fn up_to(&mut self, row: &ListRow, refused: &BTreeSet<&str>) -> Result<Option<Version>, Refusal> {
        while self.reach()? {
            let order = self
                .shelf
                .front()
                .map(|version| version.key.id.as_str().cmp(&row.id));
            match order {
                Some(Ordering::Less) => self.strike_out(refused)?,
                Some(Ordering::Equal) => return Ok(self.shelf.pop_front()),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Takes a row over what its record said.
    fn take(&mut self, row: &ListRow, before: Option<Version>) -> Result<(), Refusal> {
        let list = self.import.value.list;
        let expected = before.as_ref().map_or(0, |version| version.version);
        let earlier = match before.filter(|version| version.body.is_some()) {
            Some(version) => Some(opened(&self.kind, &version)?),
            None => None,
        };
        // What somebody merged into another record is not brought back by the list that it came from.
        if earlier
            .as_ref()
            .is_some_and(|found| found.state() == RecordState::Merged)
        {
            return Ok(());
        }
        let earlier = earlier.map(|found| found.record);
        if row.partial && earlier.is_none() {
            self.import.value.report.refuse(RefusedRow {
                id: Some(row.id.clone()),
                line: row.line,
                column: None,
                ja: "変更する記録がまだありません。先に全件の一覧を取り込んでください。".into(),
                en: "has no record to change. Take in the whole list first.".into(),
            });
            return Ok(());
        }
        let mut cells: BTreeMap<String, String> = earlier
            .as_ref()
            .map(|record| record::row(&self.kind, record))
            .unwrap_or_default();
        for (field, text) in &row.cells {
            cells.insert((*field).to_owned(), text.clone());
        }
        list.settle(&mut cells);
        let typed = record::read_row(&self.kind, &cells, Completeness::Final);
        let report = &mut self.import.value.report;
        if let Some(fault) = typed.faults.into_iter().next() {
            let title = self.kind.field(&fault.field).map(|field| field.title.ja.clone());
            report.refuse(RefusedRow {
                id: Some(row.id.clone()),
                line: row.line,
                column: title,
                ja: fault.ja,
                en: fault.en,
            });
            return Ok(());
        }
        let record = Record {
            former: earlier
                .as_ref()
                .map(|record| record.former.clone())
                .unwrap_or_default(),
            ..typed.record
        };
        match &earlier {
            Some(earlier) if *earlier == record => {
                report.unchanged += 1;
                return Ok(());
            }
            Some(_) => report.changed += 1,
            None => report.added += 1,
        }
        self.put(&row.id, expected, &record)
    }

    /// Lets the first record of the shelf go by, and marks it if a whole list does not name it any more; one that never came from a list stays as it is.
    fn strike_out(&mut self, refused: &BTreeSet<&str>) -> Result<(), Refusal> {
        let Some(version) = self.shelf.pop_front() else {
            return Ok(());
        };
        let id = version.key.id.as_str();
        if !self.import.value.list.is_whole() || version.body.is_none() || refused.contains(id) {
            return Ok(());
        }
        let found = opened(&self.kind, &version)?;
        // What was merged stays as it was, and a draft is filed by whoever writes it.
        if found.state() != RecordState::Filed {
            return Ok(());
        }
        let mut record = found.record;
        if record.fields.get(LISTED) != Some(&Value::Flag(true)) {
            return Ok(());
        }
        record.fields.insert(LISTED.to_owned(), Value::Flag(false));
        self.import.value.report.gone += 1;
        self.put(id, version.version, &record)
    }

    fn put(&mut self, id: &str, expected: u32, record: &Record) -> Result<(), Refusal> {
        let state = RecordState::Filed;
        let draft = drafted(&self.visit, &self.kind, MINISTRY, id, expected, state, record)?;
        self.drafts.push(draft);
        Ok(())
    }

    /// Writes what has come together, and with it how far the list is.
    fn write(&mut self) -> Result<(), Refusal> {
        let mut drafts = std::mem::take(&mut self.drafts);
        let Kept { id, value, .. } = &self.import;
        let detail =
            json!({ "list": value.list.code(), "import": id, "what": "import", "records": drafts.len() });
        drafts.push(Edit::next(&self.import, value)?.into_draft());
        let writing = Writing::of(MINISTRY, detail, drafts, vec![]);
        self.desk.commit_records(&self.visit, vec![writing])?;
        self.import.version += 1;
        Ok(())
    }
}
