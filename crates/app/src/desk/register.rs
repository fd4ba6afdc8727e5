//! Registers: records of the kinds that the plan defines. Who may do what stands in the kind; what a record may say, who sees which field and
//! what finds it follows from the kind too. Nothing here knows any one kind, and nobody is shown a field that is not theirs to see, be it in a
//! list, by a filter or in what changed.

use std::collections::BTreeSet;

use authz::{Action, Grant, Role, Scope, Sight, Subject, holds, sight_by};
use jiff::Timestamp;
use plan::{Confidentiality, Field, Kind, Shape, Text};
use record::{Completeness, Fault as RecordFault, Moved, Record, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{After, Direction, Draft, Fault, Filter, Index, Job, Key, Name, Query, Test, Version};
use vocab::{Lang, Refusal};

use super::case::{Carried, CaseView, File, Filed};
use super::kept::{change, refused};
use super::merge::{MergeNote, Standing};
use super::named::Names;
use super::sent::{Sent, sent_otherwise};
use super::unsent::FormOf;
use super::{Account, DIRECTORY, Desk, MINISTRY, Visit, closed, unknown};
use crate::ask::Rashin;

/// Rows of a page of a list.
const PAGE: u32 = 50;

/// A register, as somebody who may look into it or add to it is told.
#[derive(Debug, Clone, Serialize)]
pub struct Register {
    /// Its definition.
    pub kind: Kind,
    /// Whether the one who asks may add records.
    pub may_add: bool,
}

impl Register {
    /// The fields by which this person's lists are narrowed and sorted.
    pub fn narrows<'k>(&'k self, visit: &Visit) -> Vec<&'k Field> {
        let fields = self.kind.fields.iter();
        fields.filter(|field| narrows(visit, &self.kind, field)).collect()
    }
}

fn narrows(visit: &Visit, kind: &Kind, field: &Field) -> bool {
    field.indexed && field.deprecated_since.is_none() && public_to(visit, kind, field)
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Being written: only the organisation that writes it sees it.
    Draft,
    /// Complete.
    Filed,
    /// Merged into another record, which stays in its place; no list has it.
    Merged,
}

impl RecordQuery {
    /// Records are counted up to this; beyond it a list says "more than".
    pub const COUNTED: u64 = 1_000;
}

impl RecordState {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Filed => "filed",
            Self::Merged => "merged",
        }
    }
}

/// A record as it is kept: what it says, and who wrote this version when.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    state: RecordState,
    by: String,
    at: Timestamp,
    record: Value,
    /// What this version has to do with a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merge: Option<MergeNote>,
}

/// A record as somebody sees it.
#[derive(Debug, Clone)]
pub struct RegisterEntry {
    /// The organisation to which it belongs.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Where it stands.
    pub state: RecordState,
    /// What it says, as far as the one who asks may see it.
    pub record: Record,
}

/// What one version changed, as far as the one who asks may see it.
#[derive(Debug, Clone)]
pub struct RecordChange {
    /// The version.
    pub version: u32,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it; none for those who may not see the organisation's people.
    pub by: Option<String>,
    /// Where the record stood from then on.
    pub state: RecordState,
    /// What it changed; everything, for the first that the one who asks sees.
    pub moved: Vec<Moved>,
    /// What it has to do with a merge, for those who may see who wrote it.
    pub merge: Option<MergeNote>,
}

/// A record with what is around it.
#[derive(Debug, Clone)]
pub struct RecordPage {
    /// Its kind.
    pub kind: Kind,
    /// The record.
    pub view: RegisterEntry,
    /// Its versions, the newest first.
    pub history: Vec<RecordChange>,
    /// Records that refer to it, by the id of their kind, as far as the one who asks may see them.
    pub referring: Vec<(String, RegisterEntry)>,
    /// Whether the one who asks may change it.
    pub may_change: bool,
    /// The record that stays in its place, if it was merged into one that the one who asks may see.
    pub stays: Option<Standing>,
    /// Whether the one who asks may take the merge back.
    pub may_part: bool,
    /// Records that were merged into it, as far as the one who asks may see them: owner, id and name.
    pub merged: Vec<Standing>,
    /// How it is dealt with, for those who take part; none where its kind goes through no procedure.
    pub case: Option<CaseView>,
    /// What everybody may know of how it is dealt with.
    pub public_state: Option<Text>,
}

/// Which records to list.
#[derive(Debug, Clone, Default)]
pub struct RecordQuery {
    /// Words that all have to be found.
    pub words: String,
    /// Fields and what they have to be: a value, the beginning of a text, or `from..to`.
    pub filters: Vec<(String, String)>,
    /// A field to sort by, and whether the greatest comes first.
    pub order: Option<(String, bool)>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// Only drafts, instead of only complete records.
    pub drafts: bool,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct RecordList {
    /// The records.
    pub rows: Vec<RegisterEntry>,
    /// How many there are in all, counted up to a thousand.
    pub found: u64,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

/// What came of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum SavedRecord {
    /// It was kept: owner and id.
    Kept(String, String),
    /// It was not: every mistake.
    Faults(Vec<RecordFault>),
}

/// A record that a form was made from: owner, id and the version that was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Owner.
    pub owner: &'a str,
    /// Id.
    pub id: &'a str,
    /// Version.
    pub version: u32,
}

fn grants(list: &[plan::Grant]) -> Vec<Grant> {
    let role = |grant: &plan::Grant| match grant.role {
        None => Some(None),
        // A role that is not known grants nothing.
        Some(code) => Role::parse(code).map(Some),
    };
    let known = list.iter().filter_map(|grant| {
        let scope = if grant.own { Scope::Own } else { Scope::Any };
        Some(Grant {
            role: role(grant)?,
            scope,
        })
    });
    known.collect()
}

/// Its name in the store: apart from the kinds that the program itself keeps.
pub(super) fn stored(kind: &str) -> Result<Name, Refusal> {
    Name::new(format!("of.{kind}")).map_err(refused)
}

impl Desk {
    /// The registers that the one who asks may look into or add to.
    ///
    /// # Errors
    /// Those of the store.
    pub fn registers(&self, visit: &Visit) -> Result<Vec<Register>, Refusal> {
        let rashin = self.rashin()?;
        let list = rashin.plan().kinds.iter().map(|kind| Register {
            may_add: may_add(visit, kind),
            kind: kind.clone(),
        });
        Ok(list
            .filter(|one| one.may_add || reading(visit, &one.kind) != Sight::Nothing)
            .collect())
    }

    /// One register.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn register(&self, visit: &Visit, kind: &str) -> Result<Register, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(kind).ok_or_else(unknown)?;
        let may_add = may_add(visit, kind);
        if !may_add && reading(visit, kind) == Sight::Nothing {
            return Err(closed(visit));
        }
        Ok(Register {
            kind: kind.clone(),
            may_add,
        })
    }

    /// A page of a register.
    ///
    /// # Errors
    /// As [`Desk::register`]; the name of a field by which one cannot filter or sort, or whose value cannot be read.
    pub fn records(&self, visit: &Visit, kind: &str, asked: &RecordQuery) -> Result<RecordList, Refusal> {
        self.record_page(visit, kind, asked, PAGE)
    }

    /// A page of so many.
    pub(super) fn record_page(
        &self,
        visit: &Visit,
        kind: &str,
        asked: &RecordQuery,
        size: u32,
    ) -> Result<RecordList, Refusal> {
        let rashin = self.rashin()?;
        let kind = self.register(visit, kind)?.kind;
        let sight = match asked.drafts {
            true if may_add(visit, &kind) => Sight::Organisation(new_owner(visit, &kind)?),
            true => Sight::Nothing,
            false => reading(visit, &kind),
        };
        let owner = match sight {
            Sight::All => None,
            Sight::Organisation(own) => Some(Name::new(own).map_err(refused)?),
            Sight::Nothing => {
                return Ok(RecordList {
                    rows: vec![],
                    found: 0,
                    next: None,
                });
            }
        };
        let state = if asked.drafts {
            RecordState::Draft
        } else {
            RecordState::Filed
        };
        let order = asked
            .order
            .as_ref()
            .map(|(field, down)| {
                let field = sortable_field(visit, &kind, field)?;
                let direction = if *down { Direction::Down } else { Direction::Up };
                Ok((Name::new(&*field.name).map_err(refused)?, direction))
            })
            .transpose()?;
        let mut query = Query {
            owner,
            state: Some(Name::new(state.code()).map_err(refused)?),
            filters: asked
                .filters
                .iter()
                .map(|(field, text)| {
                    let field = sortable_field(visit, &kind, field)?;
                    match field.shape {
                        Shape::Organisation { .. } => {
                            filter(field, &self.organisation_called(text, &mut Names::default())??)
                        }
                        _ => filter(field, text),
                    }
                })
                .collect::<Result<_, _>>()?,
            tokens: record::terms(&asked.words),
            order,
            limit: size + 1,
            ..Query::of(stored(&kind.id)?)
        };
        let found = self.store.count(&query, RecordQuery::COUNTED).map_err(refused)?;
        query.after = asked.after.as_deref().map(after).transpose()?;
        let mut page = self.store.list(&query).map_err(refused)?;
        let more = page.len() > size as usize;
        page.truncate(size as usize);
        let next = page
            .last()
            .filter(|_| more)
            .map(|last| Self::cursor(&kind, last, query.order.as_ref().map(|(field, _)| field)))
            .transpose()?;
        let rows = page.into_iter().filter(|version| version.body.is_some());
        Ok(RecordList {
            rows: rows
                .map(|version| self.view(visit, &rashin, &kind, opened(&kind, &version)?))
                .collect::<Result<_, Refusal>>()?,
            found,
            next,
        })
    }

    /// A record with its history and what refers to it. Of what is known because its case is public, or because the record makes the
    /// organisation of the one who asks a party, only the newest version is shown.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn record(&self, visit: &Visit, kind: &str, owner: &str, id: &str) -> Result<RecordPage, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(kind).ok_or_else(unknown)?;
        let newest = self.seen_record(visit, &rashin, kind, owner, id)?;
        let file = self.case_file(&rashin, kind, owner, id)?;
        let granted = may_see(visit, kind, &newest);
        let case = file
            .as_ref()
            .filter(|file| takes_part_in(visit, file, &newest))
            .map(|file| Self::case_view(visit, &rashin, file, &newest));
        let public_state = file.as_ref().and_then(|file| file.state()?.public.clone());
        let history = if granted {
            self.history_of(visit, kind, owner, id)?
        } else {
            vec![]
        };
        let own = key(kind, owner, id)?;
        let merged = self.merged_into(visit, &rashin, kind, &own)?;
        let mut referring = self.referring(visit, &own)?;
        // What refers to a record that was merged refers to the one that stays.
        for one in &merged {
            referring.extend(self.referring(visit, &key(kind, &one.owner, &one.id)?)?);
        }
        Ok(RecordPage {
            kind: kind.clone(),
            stays: self.stays(visit, &rashin, kind, &newest)?,
            may_part: may_part(visit, kind, &newest),
            merged,
            may_change: may_change(visit, kind, &newest)
                && file.as_ref().is_none_or(|file| file.changeable().is_ok()),
            view: self.view(visit, &rashin, kind, newest)?,
            history,
            referring,
            case,
            public_state,
        })
    }

    /// The versions of a record that the one who asks is granted, the newest first.
    fn history_of(
        &self,
        visit: &Visit,
        kind: &Kind,
        owner: &str,
        id: &str,
    ) -> Result<Vec<RecordChange>, Refusal> {
        let versions = self.store.versions(&key(kind, owner, id)?).map_err(refused)?;
        let home = is_home(visit, kind, owner);
        let mut all = vec![];
        for version in versions.into_iter().filter(|version| version.body.is_some()) {
            let one = opened(kind, &version)?;
            // What was typed before it was filed stays with those who typed it.
            if home || one.entry.state != RecordState::Draft {
                all.push(one);
            }
        }
        let people = visit.may(Action::ReadOrganisations)
            && visit
                .caller
                .as_ref()
                .is_some_and(|caller| caller.organisation == owner || !caller.is(Role::Member));
        // Whoever is granted the history answers for the owner or for the ministry, or sees what everybody does.
        let seen: Vec<Record> = all
            .iter()
            .map(|one| record::redact(kind, &one.owner, &one.record, &viewer(visit), &BTreeSet::new()))
            .collect();
        let nothing = Record::default();
        let change = |(place, one): (usize, &Found)| RecordChange {
            version: one.version,
            at: one.entry.at,
            by: people.then(|| self.written_by(&one.entry.by)),
            state: one.entry.state,
            moved: record::difference(kind, seen.get(place + 1).unwrap_or(&nothing), &seen[place]),
            merge: one.entry.merge.clone().filter(|_| people),
        };
        Ok(all.iter().enumerate().map(change).collect())
    }

    /// A record that the one who asks may see, by the grants of its kind, because they take part in its case, or because its case is public.
    pub(super) fn seen_record(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        owner: &str,
        id: &str,
    ) -> Result<Found, Refusal> {
        let version = self.store.newest(&key(kind, owner, id)?).map_err(refused)?;
        let found = version
            .filter(|version| version.body.is_some())
            .map(|version| opened(kind, &version))
            .transpose()?;
        let Some(found) = found else {
            return Err(self.no_record(visit, kind));
        };
        if may_see(visit, kind, &found) {
            return Ok(found);
        }
        if found.entry.state != RecordState::Draft
            && let Some(file) = self.case_file(rashin, kind, owner, id)?
            && (file.is_public() || takes_part_in(visit, &file, &found))
        {
            return Ok(found);
        }
        Err(self.no_record(visit, kind))
    }

    /// What is said of a record that is not there for the one who asks: whoever is not signed in may have to be for a register that is not open.
    fn no_record(&self, visit: &Visit, kind: &Kind) -> Refusal {
        self.register(visit, &kind.id).err().unwrap_or_else(unknown)
    }

    /// Keeps what was typed: a new record, or the next version of the one that was seen. A draft may have blanks; what is complete is filed, and
    /// does not become a draft again.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `conflict` if somebody else changed it first, and those of the store.
    pub fn save_record(
        &self,
        visit: &Visit,
        kind: &str,
        seen: Option<Seen<'_>>,
        controls: &[(String, String)],
        completeness: Completeness,
    ) -> Result<SavedRecord, Refusal> {
        let saved = self.save(visit, kind, seen, Sent::Form(controls), completeness)?;
        self.sent_form(visit, kind, seen, None, &saved);
        Ok(saved)
    }

    /// Keeps one part of a form in a draft, or begins a draft with it. What the other parts say stays as it is, and so does what is wrong with it.
    ///
    /// # Errors
    /// As [`Desk::save_record`]; `not-found` for a part that the kind does not have.
    pub fn save_part(
        &self,
        visit: &Visit,
        kind: &str,
        seen: Option<Seen<'_>>,
        part: &str,
        controls: &[(String, String)],
    ) -> Result<SavedRecord, Refusal> {
        let parts = self.register(visit, kind)?.kind.parts;
        if !parts.iter().any(|one| one.id == part) {
            return Err(closed(visit));
        }
        let saved = self.save(visit, kind, seen, Sent::Part(controls, part), Completeness::Draft)?;
        self.sent_form(visit, kind, seen, Some(part), &saved);
        Ok(saved)
    }

    /// What was typed into a form is not needed once it is saved. Where it cannot be forgotten it is offered once more, which is no reason to call
    /// refused what is saved.
    fn sent_form(
        &self,
        visit: &Visit,
        kind: &str,
        seen: Option<Seen<'_>>,
        part: Option<&str>,
        saved: &SavedRecord,
    ) {
        let record = seen.map(|seen| (seen.owner, seen.id));
        if matches!(saved, SavedRecord::Kept(..)) {
            self.drop_unsent(visit, FormOf { kind, record, part }).ok();
        }
    }

    /// Files a draft as it stands, once everything that is required is there.
    ///
    /// # Errors
    /// As [`Desk::save_record`].
    pub fn file_draft(&self, visit: &Visit, kind: &str, seen: Seen<'_>) -> Result<SavedRecord, Refusal> {
        self.save(visit, kind, Some(seen), Sent::AsItStands, Completeness::Final)
    }

    /// The same of a record's body, as a program sends it. A new record that is sent with the key `again` is kept once, however often it is sent.
    ///
    /// # Errors
    /// As [`Desk::save_record`]; `idempotency` if something else was sent with this key.
    pub fn save_record_body(
        &self,
        visit: &Visit,
        kind: &str,
        seen: Option<Seen<'_>>,
        body: &Value,
        completeness: Completeness,
        again: Option<&str>,
    ) -> Result<SavedRecord, Refusal> {
        self.save(visit, kind, seen, Sent::Body(body, again), completeness)
    }

    fn save(
        &self,
        visit: &Visit,
        kind: &str,
        seen: Option<Seen<'_>>,
        sent: Sent<'_>,
        completeness: Completeness,
    ) -> Result<SavedRecord, Refusal> {
        let rashin = self.rashin()?;
        let Register { kind, may_add } = self.register(visit, kind)?;
        let before = self.written_over(visit, &kind, may_add, seen, sent)?;
        let owner = match &before {
            Some(found) => found.owner.clone(),
            None => new_owner(visit, &kind)?,
        };
        let filed = before
            .as_ref()
            .is_some_and(|found| found.entry.state == RecordState::Filed);
        let completeness = if filed { Completeness::Final } else { completeness };
        let nothing = Record::default();
        let earlier = before.as_ref().map_or(&nothing, |found| &found.record);
        let fill = record::fillable(&kind, &owner, earlier, &viewer(visit));
        let on_form = |name: &&str| sent.shows(&kind, name);
        let shown: BTreeSet<&str> = fill.iter().copied().filter(on_form).collect();
        let controls = sent.controls(&kind);
        // Whether nothing is missing is judged on all that was typed, or on the whole record where a form shows less.
        let of_typed = if sent.is_whole() {
            completeness
        } else {
            Completeness::Draft
        };
        let mut list = controls.list.to_vec();
        let unnamed = self.named_by_id(visit, &kind, (&owner, earlier), &mut list, &mut Names::default())?;
        let typed = record::read_form(&kind, &list, of_typed);
        let visible = match before.clone().filter(|_| sent.by_program()) {
            Some(found) => self.view(visit, &rashin, &kind, found)?.record,
            None => Record::default(),
        };
        let read = [unnamed, typed.faults].concat();
        let mut faults = controls.faults(&kind, &shown, read, &typed.record, &visible);
        let record = record::keep_unseen(earlier, typed.record, &shown);
        if completeness != of_typed {
            let missing = record::complete(&kind, &record).into_iter();
            faults.extend(missing.filter(|fault| fill.contains(fault.field.as_str())));
        }
        let state = match completeness {
            Completeness::Draft => RecordState::Draft,
            Completeness::Final => RecordState::Filed,
        };
        let again = match before {
            None => sent.new_id(visit.caller.as_ref(), &kind),
            Some(_) => None,
        };
        if let Some(id) = &again
            && let Some(first) = self.first_version(&kind, &owner, id)?
        {
            let same = faults.is_empty() && first.entry.state == state && first.record == record;
            return same
                .then_some(SavedRecord::Kept(owner, first.id))
                .ok_or_else(sent_otherwise);
        }
        let own = before.as_ref().map(|found| found.id.as_str());
        let links = self.broken_links(visit, &kind, (&owner, own), &record)?;
        let files = self.broken_files(visit, &owner, earlier, &record)?;
        let mut faults = [faults, links, files].concat();
        if state == RecordState::Draft && !sent.is_whole() {
            faults.retain(|fault| fault.field.is_empty() || shown.contains(fault.field.as_str()));
        }
        if !faults.is_empty() {
            return Ok(SavedRecord::Faults(faults));
        }
        // Going through the parts of a draft without changing them makes no versions.
        if let Some(found) = &before
            && !sent.is_whole()
            && (found.state(), &found.record) == (state, &record)
        {
            return Ok(SavedRecord::Kept(owner, found.id.clone()));
        }
        let id = before
            .as_ref()
            .map(|found| found.id.clone())
            .or_else(|| again.clone())
            .unwrap_or_else(|| store::hex(&self.random::<8>()));
        let expected = seen.map_or(0, |seen| seen.version);
        let mut drafts = vec![drafted(visit, &kind, &owner, &id, expected, state, &record)?];
        let mut jobs = vec![];
        if filed {
            drafts.extend(self.case_follows(visit, &rashin, &kind, &owner, &id, &record)?);
        } else if state == RecordState::Filed {
            let filed = Filed::of(&owner, &id, &record);
            match self.open_cases(visit, &rashin, &kind, &[filed])? {
                Ok(carried) => (drafts, jobs) = Carried::all(drafts, carried),
                Err(faults) => return Ok(SavedRecord::Faults(faults)),
            }
        }
        let detail = json!({ "kind": kind.id, "record": id, "what": if before.is_some() { "changed" } else { "added" } });
        match self.commit_records(visit, vec![Writing::of(&owner, detail, drafts, jobs)]) {
            // The same was being kept at the same time: what came of that is told.
            Err(refusal) if refusal.kind == "conflict" && again.is_some() => {
                let first = self.first_version(&kind, &owner, &id)?.ok_or(refusal)?;
                (first.entry.state == state && first.record == record)
                    .then_some(SavedRecord::Kept(owner, id))
                    .ok_or_else(sent_otherwise)
            }
            done => done.map(|()| SavedRecord::Kept(owner, id)),
        }
    }

    /// The record that is written over, for whoever may; none where a new one is added.
    fn written_over(
        &self,
        visit: &Visit,
        kind: &Kind,
        may_add: bool,
        seen: Option<Seen<'_>>,
        sent: Sent<'_>,
    ) -> Result<Option<Found>, Refusal> {
        let Some(seen) = seen else {
            return if may_add { Ok(None) } else { Err(closed(visit)) };
        };
        let key = key(kind, seen.owner, seen.id)?;
        let version = self.store.newest(&key).map_err(refused)?;
        let found = opened(kind, &version.ok_or_else(unknown)?)?;
        if !may_change(visit, kind, &found) {
            return Err(closed(visit));
        }
        // A form is told what is wrong with it before it is told that it is old; what a program sends is held against what it saw.
        if sent.by_program() && seen.version != found.version {
            return Err(refused(Fault::Conflict {
                key,
                expected: seen.version,
                found: found.version,
            }));
        }
        Ok(Some(found))
    }

    fn first_version(&self, kind: &Kind, owner: &str, id: &str) -> Result<Option<Found>, Refusal> {
        let versions = self.store.versions(&key(kind, owner, id)?).map_err(refused)?;
        let first = versions.into_iter().rfind(|version| version.body.is_some());
        first.map(|version| opened(kind, &version)).transpose()
    }

    /// The fields of somebody's form of a record, or of a new one.
    pub fn fields_to_fill<'k>(
        visit: &Visit,
        kind: &'k Kind,
        entry: Option<&RegisterEntry>,
    ) -> BTreeSet<&'k str> {
        let nothing = Record::default();
        let home = new_owner(visit, kind).unwrap_or_default();
        let (owner, record) = entry.map_or((&home, &nothing), |entry| (&entry.owner, &entry.record));
        record::fillable(kind, owner, record, &viewer(visit))
    }

    /// Brings lists and searches to what the plan's kinds and procedures say now: after one was changed, or a database restored. Gives how many
    /// records were read again; none, at little cost, where nothing has changed.
    ///
    /// # Errors
    /// Those of the store.
    pub fn index_registers(&self) -> Result<usize, Refusal> {
        let rashin = self.rashin()?;
        let mut read = 0;
        for kind in &rashin.plan().kinds {
            read += self.index_anew(stored(&kind.id)?.as_str(), kind, |version| {
                let found = opened(kind, &version).map_err(|refusal| changed(kind, &version, refusal))?;
                index_of(kind, &found).map(Some)
            })?;
        }
        Ok(read + self.index_cases()? + self.index_notices()?)
    }

    /// Indexes all of one kind anew, if it was not indexed by this definition yet.
    pub(super) fn index_anew(
        &self,
        kind: &str,
        definition: &impl Serialize,
        index: impl Fn(Version) -> Result<Option<Index>, Refusal>,
    ) -> Result<usize, Refusal> {
        const TOGETHER: usize = 1_000;
        let name = Name::new(kind).map_err(refused)?;
        let definition = serde_json::to_value(definition).map_err(|error| refused(Fault::engine(error)))?;
        let stamp = store::sha256(store::canonical(&definition).as_bytes());
        if self.store.index_stamp(&name).map_err(refused)?.as_ref() == Some(&stamp) {
            return Ok(0);
        }
        let (mut read, mut entries) = (0, vec![]);
        for version in self.every(Query::of(name.clone())) {
            let version = version?;
            let (key, number) = (version.key.clone(), version.version);
            entries.extend(index(version)?.map(|index| (key, number, index)));
            if entries.len() == TOGETHER {
                read += entries.len();
                self.store.index(&std::mem::take(&mut entries)).map_err(refused)?;
            }
        }
        read += entries.len();
        self.store.index(&entries).map_err(refused)?;
        self.store.set_index_stamp(&name, &stamp).map_err(refused)?;
        Ok(read)
    }

    /// What the record refers to and cannot be found by the one who writes: told at its field.
    pub(super) fn broken_links(
        &self,
        visit: &Visit,
        kind: &Kind,
        (owner, own): (&str, Option<&str>),
        record: &Record,
    ) -> Result<Vec<RecordFault>, Refusal> {
        let rashin = self.rashin()?;
        let mut faults = vec![];
        for (field, to, of, id) in record::index(kind, owner, record).references {
            let to = rashin.plan().kind(&to).ok_or_else(unknown)?;
            let there = match self.seen_record(visit, &rashin, to, &of, &id) {
                Ok(_) => true,
                Err(refusal) if ["not-found", "sign-in"].contains(&refusal.kind) => false,
                Err(refusal) => return Err(refusal),
            };
            let fault = |code, ja: String, en: String| RecordFault {
                name: field.clone(),
                field: field.split('.').next().unwrap_or_default().to_owned(),
                row: None,
                code,
                ja,
                en,
            };
            if !there {
                faults.push(fault(
                    "no_record",
                    format!("「{id}」という記録はありません。一覧で番号を確かめてください。"),
                    format!("There is no record “{id}”. Look its id up in the list."),
                ));
            } else if let Some(own) = own
                && to.id == kind.id
                && self.leads_to(kind, &field, key(kind, &of, &id)?, &key(kind, owner, own)?)?
            {
                faults.push(fault(
                    "circle",
                    "この記録自身か、この記録をたどって行き着く記録です。ほかの記録を選んでください。".into(),
                    "This is the record itself, or leads back to it. Choose another.".into(),
                ));
            }
        }
        Ok(faults)
    }

    /// Whether a record leads to another by the same field, from record to record.
    fn leads_to(&self, kind: &Kind, field: &str, from: Key, to: &Key) -> Result<bool, Refusal> {
        const STEPS: usize = 50;
        let mut next = vec![from];
        for _ in 0..STEPS {
            let Some(at) = next.pop() else { return Ok(false) };
            if at == *to {
                return Ok(true);
            }
            let version = self.store.newest(&at).map_err(refused)?;
            let Some(version) = version.filter(|version| version.body.is_some()) else {
                continue;
            };
            let found = opened(kind, &version)?;
            for (by, _, of, id) in record::index(kind, &found.owner, &found.record).references {
                if by == field {
                    next.push(key(kind, &of, &id)?);
                }
            }
        }
        Ok(false)
    }

    fn written_by(&self, account: &str) -> String {
        let found = self.find::<Account>(DIRECTORY, account).ok().flatten();
        found.map_or_else(|| account.to_owned(), |kept| kept.value.name)
    }

    fn referring(&self, visit: &Visit, to: &Key) -> Result<Vec<(String, RegisterEntry)>, Refusal> {
        let rashin = self.rashin()?;
        let mut list = vec![];
        for Register { kind, .. } in self.registers(visit)? {
            // Only what this person is granted is read, so that what others have does not take its place.
            let owner = match reading(visit, &kind) {
                Sight::All => None,
                Sight::Organisation(own) => Some(Name::new(own).map_err(refused)?),
                Sight::Nothing => continue,
            };
            let fields = kind.fields.iter().filter(|field| refers(field));
            for field in fields.filter(|field| public_to(visit, &kind, field)) {
                let query = Query {
                    refers: Some((Some(Name::new(&*field.name).map_err(refused)?), to.clone())),
                    owner: owner.clone(),
                    state: Some(Name::new(RecordState::Filed.code()).map_err(refused)?),
                    limit: PAGE,
                    ..Query::of(stored(&kind.id)?)
                };
                for version in self.store.list(&query).map_err(refused)? {
                    let found = opened(&kind, &version)?;
                    if may_see(visit, &kind, &found) {
                        list.push((kind.id.clone(), self.view(visit, &rashin, &kind, found)?));
                    }
                }
            }
        }
        Ok(list)
    }

    /// A record as the one who asks sees it. An organisation that it names sees what is for parties once it takes part.
    pub(super) fn view(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        found: Found,
    ) -> Result<RegisterEntry, Refusal> {
        let named = record::parties(kind, &found.record);
        let own = visit.caller.as_ref().map(|caller| caller.organisation.as_str());
        let file = match own {
            Some(own) if named.contains(own) => self.case_file(rashin, kind, &found.owner, &found.id)?,
            _ => None,
        };
        let joined = |one: &&str| file.as_ref().is_none_or(|file| file.involves(&found.record, one));
        let parties: BTreeSet<&str> = named.into_iter().filter(joined).collect();
        Ok(RegisterEntry {
            record: record::redact(kind, &found.owner, &found.record, &viewer(visit), &parties),
            owner: found.owner,
            id: found.id,
            version: found.version,
            state: found.entry.state,
        })
    }

    fn cursor(kind: &Kind, last: &Version, order: Option<&Name>) -> Result<String, Refusal> {
        let value = match order {
            None => String::new(),
            Some(field) => {
                let found = opened(kind, last)?;
                let index = indexed(kind, &found.owner, &found.record)?;
                index.least(field).unwrap_or_default().to_owned()
            }
        };
        Ok(format!("{}/{}/{value}", last.key.owner, last.key.id))
    }

    /// Writes records together: all of them or none.
    pub(super) fn commit_records(&self, visit: &Visit, all: Vec<Writing>) -> Result<(), Refusal> {
        let mut changes = vec![];
        for one in all {
            // The kind has been asked; the action is asked as well, so that a plan never grants more than the policy does.
            Self::authorise(visit, Action::KeepRecords, Subject::of(&one.owner))?;
            let by = (visit.at, visit.actor(), Action::KeepRecords);
            let matched = Self::matched_later(&one.owner, &one.drafts, visit.at)?;
            let changed = Self::changed_later(&one.owner, &one.drafts, visit.at)?;
            let jobs = [one.jobs, matched, changed].concat();
            changes.push(change(
                by,
                &one.owner,
                visit.signed(one.detail),
                one.drafts,
                jobs,
            )?);
        }
        self.store.commit_all(&changes).map_err(refused)?;
        self.supply_changed();
        Ok(())
    }
}

/// What is written of one organisation's records.
pub(super) struct Writing {
    owner: String,
    /// For the audit log.
    detail: Value,
    drafts: Vec<Draft>,
    jobs: Vec<Job>,
}

impl Writing {
    pub(super) fn of(owner: &str, detail: Value, drafts: Vec<Draft>, jobs: Vec<Job>) -> Self {
        Self {
            owner: owner.to_owned(),
            detail,
            drafts,
            jobs,
        }
    }
}

/// A version as it was read.
#[derive(Clone)]
pub(super) struct Found {
    pub owner: String,
    pub id: String,
    pub version: u32,
    entry: Entry,
    pub record: Record,
}

impl Found {
    /// When this version was written.
    pub fn written(&self) -> Timestamp {
        self.entry.at
    }

    /// The account that wrote it.
    pub fn by(&self) -> &str {
        &self.entry.by
    }

    /// Where it stands.
    pub fn state(&self) -> RecordState {
        self.entry.state
    }

    /// What this version has to do with a merge.
    pub fn merge(&self) -> Option<&MergeNote> {
        self.entry.merge.as_ref()
    }

    /// Owner and id.
    pub fn name(&self) -> (String, String) {
        (self.owner.clone(), self.id.clone())
    }
}

pub(super) fn opened(kind: &Kind, version: &Version) -> Result<Found, Refusal> {
    let corrupt = |error: String| refused(Fault::Corrupt(format!("{}: {error}", version.key)));
    let body = version.body.clone().ok_or_else(unknown)?;
    let entry: Entry = serde_json::from_value(body).map_err(|error| corrupt(error.to_string()))?;
    let record = record::from_body(kind, &entry.record)
        .map_err(|faults| corrupt(faults.first().map(|fault| fault.en.clone()).unwrap_or_default()))?;
    Ok(Found {
        owner: version.key.owner.to_string(),
        id: version.key.id.to_string(),
        version: version.version,
        entry,
        record,
    })
}

/// Why a record cannot be read by its kind, where it was written by the same version of the kind: that was changed in its place.
fn changed(kind: &Kind, version: &Version, refusal: Refusal) -> Refusal {
    let body = version.body.clone();
    let entry = body.and_then(|body| serde_json::from_value::<Entry>(body).ok());
    let faults = entry.and_then(|entry| record::from_body(kind, &entry.record).err());
    let Some(first) = faults.and_then(|faults| faults.into_iter().next()) else {
        return refusal;
    };
    let (id, key, number) = (&kind.id, &version.key, version.version);
    let (owner, record) = (&key.owner, &key.id);
    Refusal::new(
        "kind-changed",
        format!(
            "登録の種類「{id}」は、すでに登録された記録 {owner}/{record}（版 {number}）を読めない形に変わっています: {} plan/kinds/ のその種類の version を上げ、[[kind.upcast]] で前の版からの移し替えを書くか、変更を元に戻してください。",
            first.ja
        ),
        format!(
            "The kind `{id}` was changed so that the record {owner}/{record} (version {number}) cannot be read any more: {} Raise its `version` in plan/kinds/ and say by [[kind.upcast]] how records of the version before become those of the next, or take the change back.",
            first.en
        ),
    )
}

pub(super) fn drafted(
    visit: &Visit,
    kind: &Kind,
    owner: &str,
    id: &str,
    expected: u32,
    state: RecordState,
    record: &Record,
) -> Result<Draft, Refusal> {
    let entry = Entry {
        state,
        by: visit.actor().to_owned(),
        at: visit.at,
        record: record::to_body(kind, record),
        merge: None,
    };
    draft_of(kind, id, expected, &entry, indexed(kind, owner, record)?)
}

/// A version that has to do with a merge.
pub(super) fn drafted_in_merge(
    visit: &Visit,
    kind: &Kind,
    found: &Found,
    state: RecordState,
    record: &Record,
    note: MergeNote,
) -> Result<Draft, Refusal> {
    let index = match state {
        RecordState::Merged => super::merge::index(kind, &note)?,
        _ => indexed(kind, &found.owner, record)?,
    };
    let entry = Entry {
        state,
        by: visit.actor().to_owned(),
        at: visit.at,
        record: record::to_body(kind, record),
        merge: Some(note),
    };
    draft_of(kind, &found.id, found.version, &entry, index)
}

fn draft_of(kind: &Kind, id: &str, expected: u32, entry: &Entry, index: Index) -> Result<Draft, Refusal> {
    Ok(Draft {
        kind: stored(&kind.id)?,
        id: Name::new(id).map_err(refused)?,
        expected,
        parent: None,
        state: Some(Name::new(entry.state.code()).map_err(refused)?),
        body: serde_json::to_value(entry).map_err(|error| refused(Fault::engine(error)))?,
        index,
    })
}

/// What the store's lists see of a version that was read.
fn index_of(kind: &Kind, found: &Found) -> Result<Index, Refusal> {
    match &found.entry.merge {
        Some(note) if found.entry.state == RecordState::Merged => super::merge::index(kind, note),
        _ => indexed(kind, &found.owner, &found.record),
    }
}

/// What the store's lists see of a record. A blank field has an empty value, so that every record has its place in every order.
fn indexed(kind: &Kind, owner: &str, record: &Record) -> Result<Index, Refusal> {
    let index = record::index(kind, owner, record);
    let blank = kind
        .fields
        .iter()
        .filter(|field| field.indexed && !index.keys.iter().any(|(name, _)| *name == field.name))
        .map(|field| (field.name.clone(), String::new()));
    let keys: Vec<(String, String)> = index.keys.iter().cloned().chain(blank).collect();
    let name = |text: &str| Name::new(text).map_err(refused);
    Ok(Index {
        keys: keys
            .into_iter()
            .map(|(field, value)| Ok((name(&field)?, value)))
            .collect::<Result<_, Refusal>>()?,
        references: index
            .references
            .iter()
            .map(|(field, kind, owner, id)| {
                let key = Key {
                    owner: name(owner)?,
                    kind: stored(kind)?,
                    id: name(id)?,
                };
                Ok((name(field)?, key))
            })
            .collect::<Result<_, Refusal>>()?,
        tokens: index.tokens,
    })
}

pub(super) fn key(kind: &Kind, owner: &str, id: &str) -> Result<Key, Refusal> {
    // A text that cannot be a name names nothing.
    let name = |text: &str| Name::new(text).map_err(|_| unknown());
    Ok(Key {
        owner: name(owner)?,
        kind: stored(&kind.id)?,
        id: name(id)?,
    })
}

pub(super) fn after(text: &str) -> Result<After, Refusal> {
    let mut parts = text.splitn(3, '/');
    let mut part = || parts.next().ok_or_else(unknown);
    let name = |text: &str| Name::new(text).map_err(|_| unknown());
    Ok(After {
        owner: name(part()?)?,
        id: name(part()?)?,
        value: part()?.to_owned(),
    })
}

/// To whom a new record belongs.
pub(super) fn new_owner(visit: &Visit, kind: &Kind) -> Result<String, Refusal> {
    match kind.owner {
        plan::Owner::Ministry => Ok(MINISTRY.to_owned()),
        plan::Owner::Author => {
            let caller = visit.caller.as_ref().ok_or_else(|| closed(visit))?;
            Ok(caller.organisation.clone())
        }
    }
}

/// What belongs to the ministry may be handed in from elsewhere where the kind says so.
pub(super) fn may_add(visit: &Visit, kind: &Kind) -> bool {
    let Some(caller) = &visit.caller else { return false };
    holds(
        Some(caller),
        &grants(&kind.create),
        Subject::of(&caller.organisation),
    )
}

/// Whether one adds records of a kind, or changes any that may be there.
pub(super) fn may_write(visit: &Visit, kind: &Kind) -> bool {
    let own = visit.caller.as_ref().map(|caller| &*caller.organisation);
    let changes = |own| holds(visit.caller.as_ref(), &grants(&kind.change), Subject::of(own));
    may_add(visit, kind) || own.is_some_and(changes)
}

/// A draft is seen and changed by the organisation that writes it, and by nobody else who may change what is filed. What was merged stays as it was.
pub(super) fn may_change(visit: &Visit, kind: &Kind, found: &Found) -> bool {
    found.entry.state != RecordState::Merged && keeps(visit, kind, found)
}

fn keeps(visit: &Visit, kind: &Kind, found: &Found) -> bool {
    holds(
        visit.caller.as_ref(),
        &grants(&kind.change),
        Subject::of(&found.owner),
    ) && (found.entry.state != RecordState::Draft || is_home(visit, kind, &found.owner))
}

/// The ministry takes a merge back, whoever made it.
pub(super) fn may_part(visit: &Visit, kind: &Kind, found: &Found) -> bool {
    let ministry = visit
        .caller
        .as_ref()
        .is_some_and(|caller| !caller.is(Role::Member));
    ministry && found.entry.state == RecordState::Merged && keeps(visit, kind, found)
}

/// Whether what one adds would belong to the same owner.
fn is_home(visit: &Visit, kind: &Kind, owner: &str) -> bool {
    visit.caller.is_some() && new_owner(visit, kind).is_ok_and(|home| home == owner) && may_add(visit, kind)
}

/// Whose records of a kind the one who asks may read.
pub(super) fn reading(visit: &Visit, kind: &Kind) -> Sight {
    sight_by(visit.caller.as_ref(), &grants(&kind.read))
}

fn may_see(visit: &Visit, kind: &Kind, found: &Found) -> bool {
    let reads = || {
        holds(
            visit.caller.as_ref(),
            &grants(&kind.read),
            Subject::of(&found.owner),
        )
    };
    keeps(visit, kind, found) || (found.entry.state != RecordState::Draft && reads())
}

/// Whether the one who asks takes part in a case: by the grants of its record's kind, because its procedure names their role, or because the record
/// is their organisation's or names it. Whoever reads the record because everybody does takes no part: of the case they see what is public.
pub(super) fn takes_part_in(visit: &Visit, file: &File<'_>, found: &Found) -> bool {
    let caller = visit.caller.as_ref();
    let answers = caller.filter(|caller| caller.is(Role::Member));
    let named: Vec<Grant> = grants(&file.kind.read)
        .into_iter()
        .filter(|grant| grant.role.is_some())
        .collect();
    let reads = found.entry.state != RecordState::Draft && holds(caller, &named, Subject::of(&found.owner));
    let acts = || caller.is_some_and(|caller| file.names(caller, &found.owner));
    reads
        || may_see(visit, file.kind, found) && acts()
        || keeps(visit, file.kind, found)
        || answers.is_some_and(|caller| file.involves(&found.record, &caller.organisation))
}

/// The fields that the one who asks can answer in a record that is there.
pub(super) fn fillable<'k>(visit: &Visit, kind: &'k Kind, found: &Found) -> BTreeSet<&'k str> {
    if may_change(visit, kind, found) {
        record::fillable(kind, &found.owner, &found.record, &viewer(visit))
    } else {
        BTreeSet::new()
    }
}

/// What a record is known by: its title, which the plan's reader has proved to be public.
pub(super) fn called(kind: &Kind, found: &Found) -> String {
    let field = kind.field(&kind.title_field);
    let shown = field.and_then(|field| {
        Some(record::show(
            field,
            found.record.fields.get(&field.name)?,
            Lang::Ja,
        ))
    });
    shown
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| found.id.clone())
}

pub(super) fn viewer(visit: &Visit) -> Viewer {
    visit
        .caller
        .as_ref()
        .map_or_else(Viewer::default, |caller| Viewer {
            roles: caller.roles.iter().map(|role| role.code().to_owned()).collect(),
            organisation: Some(caller.organisation.clone()),
            party: false,
        })
}

/// Whether somebody sees a field in whichever record of the kind: only by such a field may they filter, sort, or find what refers.
pub(super) fn public_to(visit: &Visit, kind: &Kind, field: &Field) -> bool {
    let viewer = viewer(visit);
    let nobody = BTreeSet::new();
    let own_only = match reading(visit, kind) {
        Sight::Organisation(own) => Some(own),
        _ => None,
    };
    field.confidentiality == Confidentiality::Public
        || record::sees(
            field.confidentiality,
            own_only.as_deref().unwrap_or_default(),
            &nobody,
            &viewer,
        )
}

fn refers(field: &Field) -> bool {
    matches!(field.shape, Shape::Reference(_))
}

fn sortable_field<'k>(visit: &Visit, kind: &'k Kind, name: &str) -> Result<&'k Field, Refusal> {
    let field = kind.field(name);
    let title = |lang| field.map_or(name, |field| field.title.get(lang));
    field.filter(|field| narrows(visit, kind, field)).ok_or_else(|| {
        let (ja, en) = (title(Lang::Ja), title(Lang::En));
        Refusal::new(
            "filter",
            format!("「{ja}」では絞り込みも並べ替えもできません。一覧の上にある項目から選んでください。"),
            format!("The list cannot be filtered or sorted by “{en}”. Choose one of the fields above it."),
        )
    })
}

/// What a field has to be, as it was typed: `from..to` with either end open, the beginning of a text, or a value.
fn filter(field: &Field, text: &str) -> Result<Filter, Refusal> {
    let sortable = |text: &str| {
        let value = record::Value::read(&field.shape, text)?;
        Ok(record::sortable(&field.shape, &value).unwrap_or_default())
    };
    let ends = text.split_once("..").map(|(from, to)| (from.trim(), to.trim()));
    let test = match (&field.shape, ends) {
        (Shape::Text, _) => Test::Prefix(record::fold(text.trim())),
        (_, Some(("", to))) => Test::To(sortable(to)?),
        (_, Some((from, ""))) => Test::From(sortable(from)?),
        (_, Some((from, to))) => Test::Between(sortable(from)?, sortable(to)?),
        (_, None) => Test::Is(sortable(text)?),
    };
    Ok(Filter {
        field: Name::new(&*field.name).map_err(refused)?,
        test,
    })
}
