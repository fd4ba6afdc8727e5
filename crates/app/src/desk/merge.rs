//! Merging of duplicates: one of two records of a kind stays, answers of the other are taken over where somebody chose them, and the other is kept as
//! it was, in no list, pointing at the one that stays. Nothing is deleted, and the ministry can take a merge back. What was for its owner alone never
//! goes over to another organisation's record, and a record whose case is open is not merged away.

use std::collections::BTreeSet;

use plan::{Confidentiality, Field, Kind, Shape};
use record::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Draft, Filter, Index, Key, Name, Query, Test};
use vocab::Refusal;

use super::kept::refused;
use super::register::{
    Found, RecordQuery, RecordState, Writing, called, drafted_in_merge, key, may_change, may_part, opened,
    public_to, stored, viewer,
};
use super::{Desk, RegisterEntry, Seen, Visit, closed, unknown};
use crate::ask::Rashin;

/// By what a merged record refers to the one that stays; no field of a kind can be called so.
const INTO: &str = "merged-into";
/// Codes that say what sort of thing it is: two records that share one are not therefore the same.
const SORTS: [&str; 7] = [
    "jmdn",
    "emdn",
    "hs",
    "functional-category",
    "prefecture",
    "fiscal-year",
    "date",
];
/// So many that may be the same are offered.
const OFFERED: u32 = 20;
/// A merged record leads on to the one that stays by so many steps at most.
const STEPS: usize = 16;
/// The longest reason, in characters.
const REASON: usize = 2_000;

/// What a version of a record has to do with a merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeNote {
    /// What was done.
    pub step: MergeStep,
    /// The organisation to which the other record belongs.
    pub owner: String,
    /// Id of the other record.
    pub id: String,
    /// The version of the record that stays that the merge made.
    pub made: u32,
    /// Why.
    pub reason: String,
}

/// What was done in a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeStep {
    /// This record was merged into the other.
    Into,
    /// The other was merged into this one.
    Took,
    /// This record stands by itself again.
    Parted,
    /// This record was brought back to what it said before it took the other.
    GaveBack,
}

/// A record by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The organisation to which it belongs.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// Two records side by side, or those that may be the same as one.
#[derive(Debug, Clone)]
pub struct MergePage {
    /// Their kind.
    pub kind: Kind,
    /// The record that would be merged away.
    pub gone: RegisterEntry,
    /// Records that share a code or the name with it, and those that the words find: all may be changed by the one who asks.
    pub offered: Vec<RegisterEntry>,
    /// The record that would stay, if it was chosen.
    pub stays: Option<RegisterEntry>,
    /// Every field that either answers and the one who asks may see, in the order of the form.
    pub fields: Vec<MergeField>,
}

/// One field of two records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeField {
    /// Its name.
    pub name: String,
    /// Whether the answer of the record that goes can be taken over.
    pub choice: bool,
    /// Whether it is taken over unless somebody says otherwise: the record that stays has none.
    pub taken: bool,
}

/// What somebody decided on the page of two records.
#[derive(Debug, Clone, Copy)]
pub struct MergeForm<'a> {
    /// Id of the kind.
    pub kind: &'a str,
    /// The record that is merged away, as it was seen.
    pub gone: Seen<'a>,
    /// The record that stays, as it was seen.
    pub stays: Seen<'a>,
    /// Fields whose answer is taken over.
    pub taken: &'a BTreeSet<String>,
    /// Why.
    pub reason: &'a str,
}

/// What lists see of a merged record: where it leads to, and nothing else.
pub(super) fn index(kind: &Kind, note: &MergeNote) -> Result<Index, Refusal> {
    Ok(Index {
        references: vec![(
            Name::new(INTO).map_err(refused)?,
            key(kind, &note.owner, &note.id)?,
        )],
        ..Index::default()
    })
}

impl Desk {
    /// Where a reference to a record leads: to itself, or to the record that stays in its place.
    pub(super) fn followed(&self, kind: &Kind, key: Key) -> Result<Key, Refusal> {
        let mut at = key;
        for _ in 0..STEPS {
            let version = self.store.newest(&at).map_err(refused)?;
            // What is not merged is not read.
            let merged = |version: &store::Version| {
                let state = version.state.as_ref();
                state.is_some_and(|state| state.as_str() == RecordState::Merged.code())
            };
            let Some(version) = version.filter(merged) else {
                return Ok(at);
            };
            let found = opened(kind, &version)?;
            let Some(note) = found.merge() else {
                return Ok(at);
            };
            at = self::key(kind, &note.owner, &note.id)?;
        }
        Ok(at)
    }

    /// The records that were merged into one, be it by way of others.
    pub(super) fn merged_keys(&self, key: &Key) -> Result<Vec<Key>, Refusal> {
        let mut all: Vec<Key> = vec![];
        let mut next = vec![key.clone()];
        for _ in 0..STEPS {
            let mut found = vec![];
            for to in &next {
                let query = Query {
                    refers: Some((Some(Name::new(INTO).map_err(refused)?), to.clone())),
                    state: Some(Name::new(RecordState::Merged.code()).map_err(refused)?),
                    ..Query::of(key.kind.clone())
                };
                let page = self.store.list(&query).map_err(refused)?;
                found.extend(page.into_iter().map(|version| version.key));
            }
            if found.is_empty() {
                break;
            }
            all.extend(found.iter().cloned());
            next = found;
        }
        Ok(all)
    }

    /// The same by name, as far as the one who asks may see them.
    pub(super) fn merged_into(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        key: &Key,
    ) -> Result<Vec<Standing>, Refusal> {
        let keys = self.merged_keys(key)?.into_iter();
        let list = keys.map(|one| self.named(visit, rashin, kind, &one));
        list.filter_map(Result::transpose).collect()
    }

    /// The record that stays in the place of one that was merged.
    pub(super) fn stays(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        found: &Found,
    ) -> Result<Option<Standing>, Refusal> {
        if found.state() != RecordState::Merged {
            return Ok(None);
        }
        let at = self.followed(kind, key(kind, &found.owner, &found.id)?)?;
        self.named(visit, rashin, kind, &at)
    }

    /// The record to which a reference leads now, by name; none if the one who asks may not see it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn referred(
        &self,
        visit: &Visit,
        kind: &str,
        owner: &str,
        id: &str,
    ) -> Result<Option<Standing>, Refusal> {
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(kind) else {
            return Ok(None);
        };
        let at = self.followed(kind, key(kind, owner, id)?)?;
        self.named(visit, &rashin, kind, &at)
    }

    fn named(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        key: &Key,
    ) -> Result<Option<Standing>, Refusal> {
        match self.seen_record(visit, rashin, kind, key.owner.as_str(), key.id.as_str()) {
            Ok(found) => Ok(Some(Standing {
                name: called(kind, &found),
                owner: found.owner,
                id: found.id,
            })),
            Err(refusal) if ["not-found", "sign-in"].contains(&refusal.kind) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// A record beside those that may be the same, or beside the one that was chosen to stay. `words` find others of its kind.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, and why the two cannot be merged.
    pub fn merging(
        &self,
        visit: &Visit,
        kind: &str,
        (owner, id): (&str, &str),
        stays: Option<(&str, &str)>,
        words: &str,
    ) -> Result<MergePage, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(kind).ok_or_else(unknown)?;
        let gone = self.mergeable(visit, kind, owner, id)?;
        self.none_open(&rashin, kind, &gone)?;
        let (mut fields, mut offered, mut chosen) = (vec![], vec![], None);
        match stays {
            None => offered = self.offered(visit, &rashin, kind, &gone, words)?,
            Some((owner, id)) => {
                let stays = self.mergeable(visit, kind, owner, id)?;
                two(kind, &gone, &stays)?;
                fields = side_by_side(visit, kind, &gone, &stays);
                chosen = Some(self.view(visit, &rashin, kind, stays)?);
            }
        }
        Ok(MergePage {
            kind: kind.clone(),
            gone: self.view(visit, &rashin, kind, gone)?,
            offered,
            stays: chosen,
            fields,
        })
    }

    /// Merges a record into another.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `conflict`, `reason`, why the two cannot be merged, and what the record that stays would lack.
    pub fn merge(&self, visit: &Visit, form: &MergeForm<'_>) -> Result<(), Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(form.kind).ok_or_else(unknown)?;
        let gone = self.mergeable(visit, kind, form.gone.owner, form.gone.id)?;
        let stays = self.mergeable(visit, kind, form.stays.owner, form.stays.id)?;
        self.none_open(&rashin, kind, &gone)?;
        two(kind, &gone, &stays)?;
        unmoved(kind, &gone, form.gone)?;
        unmoved(kind, &stays, form.stays)?;
        let reason = reason(form.reason)?;
        let mut record = stays.record.clone();
        let fields = side_by_side(visit, kind, &gone, &stays);
        for field in fields
            .iter()
            .filter(|field| field.choice && form.taken.contains(&field.name))
        {
            if let Some(value) = gone.record.fields.get(&field.name) {
                let value = carried_over(value, &gone.owner, &stays.owner);
                record.fields.insert(field.name.clone(), value);
            }
        }
        let before = record::complete(kind, &stays.record);
        let mut faults = record::complete(kind, &record);
        faults.retain(|fault| !before.contains(fault));
        if let Some(fault) = faults.into_iter().next() {
            return Err(Refusal::new("incomplete", fault.ja, fault.en));
        }
        let note = |step, other: &Found| MergeNote {
            step,
            owner: other.owner.clone(),
            id: other.id.clone(),
            made: stays.version + 1,
            reason: reason.clone(),
        };
        let took = note(MergeStep::Took, &gone);
        let into = note(MergeStep::Into, &stays);
        let mut first = vec![drafted_in_merge(
            visit,
            kind,
            &stays,
            RecordState::Filed,
            &record,
            took,
        )?];
        first.extend(self.case_follows(visit, &rashin, kind, &stays.owner, &stays.id, &record)?);
        let mut then = vec![drafted_in_merge(
            visit,
            kind,
            &gone,
            RecordState::Merged,
            &gone.record,
            into,
        )?];
        then.extend(self.case_leaves(&rashin, kind, &gone.owner, &gone.id)?);
        let detail = json!({ "kind": kind.id, "record": gone.id, "into": stays.id, "what": "merged" });
        self.commit_two(visit, (&stays, first), (&gone, then), &detail)
    }

    /// Lets a merged record stand by itself again. The one that stayed is brought back to what it said before, unless it was changed since: then it
    /// keeps what it says. True if it was brought back.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `conflict`, `reason`.
    pub fn part(&self, visit: &Visit, kind: &str, seen: Seen<'_>, why: &str) -> Result<bool, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(kind).ok_or_else(unknown)?;
        let gone = self.opened_newest(kind, seen.owner, seen.id)?;
        let note = gone.as_ref().and_then(Found::merge).cloned();
        let (Some(gone), Some(note)) = (gone.filter(|found| may_part(visit, kind, found)), note) else {
            return Err(closed(visit));
        };
        unmoved(kind, &gone, seen)?;
        let reason = reason(why)?;
        let stays = self
            .opened_newest(kind, &note.owner, &note.id)?
            .ok_or_else(unknown)?;
        let told = |step, other: &Found| MergeNote {
            step,
            owner: other.owner.clone(),
            id: other.id.clone(),
            made: note.made,
            reason: reason.clone(),
        };
        let mut then = vec![drafted_in_merge(
            visit,
            kind,
            &gone,
            RecordState::Filed,
            &gone.record,
            told(MergeStep::Parted, &stays),
        )?];
        then.extend(self.case_follows(visit, &rashin, kind, &gone.owner, &gone.id, &gone.record)?);
        let mut first = vec![];
        let unchanged = stays.version == note.made && may_change(visit, kind, &stays);
        if unchanged {
            let versions = self
                .store
                .versions(&key(kind, &stays.owner, &stays.id)?)
                .map_err(refused)?;
            let before = versions.iter().find(|version| version.version + 1 == note.made);
            let before = before.map(|version| opened(kind, version)).transpose()?;
            let record = before.ok_or_else(unknown)?.record;
            let back = told(MergeStep::GaveBack, &gone);
            first.push(drafted_in_merge(
                visit,
                kind,
                &stays,
                RecordState::Filed,
                &record,
                back,
            )?);
            first.extend(self.case_follows(visit, &rashin, kind, &stays.owner, &stays.id, &record)?);
        }
        let detail = json!({ "kind": kind.id, "record": gone.id, "into": stays.id, "what": "parted" });
        self.commit_two(visit, (&stays, first), (&gone, then), &detail)?;
        Ok(unchanged)
    }

    fn commit_two(
        &self,
        visit: &Visit,
        (stays, first): (&Found, Vec<Draft>),
        (gone, then): (&Found, Vec<Draft>),
        detail: &serde_json::Value,
    ) -> Result<(), Refusal> {
        let writing = |owner: &str, drafts| Writing::of(owner, detail.clone(), drafts, vec![]);
        let mut all = vec![];
        if stays.owner == gone.owner {
            all.push(writing(&gone.owner, [first, then].concat()));
        } else {
            if !first.is_empty() {
                all.push(writing(&stays.owner, first));
            }
            all.push(writing(&gone.owner, then));
        }
        self.commit_records(visit, all)
    }

    /// A filed record that the one who asks may change.
    fn mergeable(&self, visit: &Visit, kind: &Kind, owner: &str, id: &str) -> Result<Found, Refusal> {
        let found = self.opened_newest(kind, owner, id)?;
        found
            .filter(|found| found.state() == RecordState::Filed && may_change(visit, kind, found))
            .ok_or_else(|| closed(visit))
    }

    fn opened_newest(&self, kind: &Kind, owner: &str, id: &str) -> Result<Option<Found>, Refusal> {
        let version = self.store.newest(&key(kind, owner, id)?).map_err(refused)?;
        let there = version.filter(|version| version.body.is_some());
        there.map(|version| opened(kind, &version)).transpose()
    }

    /// A record that is being dealt with stays where those who deal with it look for it.
    fn none_open(&self, rashin: &Rashin, kind: &Kind, gone: &Found) -> Result<(), Refusal> {
        let file = self.case_file(rashin, kind, &gone.owner, &gone.id)?;
        let open = file.filter(|file| file.kept.is_some() && !file.state().is_some_and(|state| state.last));
        let Some(number) = open.and_then(|file| Some(file.kept?.value.number)) else {
            return Ok(());
        };
        Err(Refusal::new(
            "case-open",
            format!(
                "この記録の手続き（{number}）が終わっていないため、ほかの記録に統合できません。手続きを終えるか、こちらを残す記録にしてください。"
            ),
            format!(
                "This record cannot be merged into another while its case ({number}) is open. End the case, or let this be the record that stays."
            ),
        ))
    }

    /// Records that share a code or the name, then those that the words find.
    fn offered(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Kind,
        gone: &Found,
        words: &str,
    ) -> Result<Vec<RegisterEntry>, Refusal> {
        let keys = record::index(kind, &gone.owner, &gone.record).keys;
        let mut list: Vec<RegisterEntry> = vec![];
        let mut seen = BTreeSet::from([gone.name()]);
        for field in kind.fields.iter().filter(|field| tells_apart(kind, field)) {
            let values: Vec<String> = keys
                .iter()
                .filter(|(name, value)| *name == field.name && !value.is_empty())
                .map(|(_, value)| value.clone())
                .collect();
            if values.is_empty() || !public_to(visit, kind, field) {
                continue;
            }
            let query = Query {
                state: Some(Name::new(RecordState::Filed.code()).map_err(refused)?),
                filters: vec![Filter {
                    field: Name::new(&*field.name).map_err(refused)?,
                    test: Test::OneOf(values),
                }],
                limit: OFFERED,
                ..Query::of(stored(&kind.id)?)
            };
            for version in self.store.list(&query).map_err(refused)? {
                let found = opened(kind, &version)?;
                if may_change(visit, kind, &found) && seen.insert(found.name()) {
                    list.push(self.view(visit, rashin, kind, found)?);
                }
            }
        }
        if words.trim().is_empty() {
            return Ok(list);
        }
        let asked = RecordQuery {
            words: words.to_owned(),
            ..RecordQuery::default()
        };
        for one in self.records(visit, &kind.id, &asked)?.rows {
            let Some(found) = self.opened_newest(kind, &one.owner, &one.id)? else {
                continue;
            };
            if may_change(visit, kind, &found) && seen.insert(found.name()) {
                list.push(one);
            }
        }
        Ok(list)
    }
}

/// Whether two records that say the same here may well be the same: by its name, or by a code of one thing.
pub(super) fn tells_apart(kind: &Kind, field: &Field) -> bool {
    let own = match &field.shape {
        Shape::Code(code) => !SORTS.contains(code),
        _ => field.name == kind.title_field,
    };
    own && field.indexed
}

/// Two records of which one can be merged into the other.
fn two(kind: &Kind, gone: &Found, stays: &Found) -> Result<(), Refusal> {
    if gone.name() == stays.name() {
        return Err(Refusal::new(
            "with",
            "同じ記録です。別の記録を選んでください。",
            "This is the same record. Choose another.",
        ));
    }
    let refers = record::index(kind, &stays.owner, &stays.record).references;
    if refers
        .iter()
        .any(|(_, to, owner, id)| *to == kind.id && (owner, id) == (&gone.owner, &gone.id))
    {
        return Err(Refusal::new(
            "with",
            "残す記録が、統合する記録を参照しています。先に参照を直すか、残す記録を入れ替えてください。",
            "The record that would stay refers to the one that would go. Change that first, or let the other one stay.",
        ));
    }
    Ok(())
}

/// Every field that either record answers, as far as somebody sees it.
fn side_by_side(visit: &Visit, kind: &Kind, gone: &Found, stays: &Found) -> Vec<MergeField> {
    let viewer = viewer(visit);
    let nobody = BTreeSet::new();
    let sees = |field: &Field, owner: &str| record::sees(field.confidentiality, owner, &nobody, &viewer);
    let fills = record::fillable(kind, &stays.owner, &stays.record, &viewer);
    let abroad = gone.owner != stays.owner;
    let answered = kind.fields.iter().filter(|field| {
        [gone, stays]
            .iter()
            .any(|one| one.record.fields.contains_key(&field.name) && sees(field, &one.owner))
    });
    let one = |field: &Field| {
        let (from, to) = (
            gone.record.fields.get(&field.name),
            stays.record.fields.get(&field.name),
        );
        // What was for its owner alone stays with its owner, and so do files.
        let stays_home = abroad
            && (field.confidentiality != Confidentiality::Public
                || matches!(field.shape, Shape::Attachment { .. }));
        let itself = from.is_some_and(|value| names(value, &gone.owner, stays));
        let choice = from.is_some()
            && from != to
            && fills.contains(field.name.as_str())
            && sees(field, &gone.owner)
            && !stays_home
            && !itself;
        MergeField {
            name: field.name.clone(),
            choice,
            taken: choice && to.is_none(),
        }
    };
    answered.map(one).collect()
}

/// Whether a value refers to a record.
fn names(value: &Value, owner: &str, to: &Found) -> bool {
    value.each().any(|one| match one {
        Value::Link(link) => link.owner.as_deref().unwrap_or(owner) == to.owner && link.id == to.id,
        _ => false,
    })
}

/// A value as it is written in a record of another owner: a reference without an owner is to a record of the same one.
fn carried_over(value: &Value, from: &str, to: &str) -> Value {
    let inside = |value: &Value| carried_over(value, from, to);
    match value {
        Value::Link(link) => {
            let mut link = link.clone();
            let owner = link.owner.take().unwrap_or_else(|| from.to_owned());
            link.owner = Some(owner).filter(|owner| owner != to);
            Value::Link(link)
        }
        Value::List(list) => Value::List(list.iter().map(inside).collect()),
        Value::Table(rows) => Value::Table(
            rows.iter()
                .map(|row| {
                    row.iter()
                        .map(|(name, value)| (name.clone(), inside(value)))
                        .collect()
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn unmoved(kind: &Kind, found: &Found, seen: Seen<'_>) -> Result<(), Refusal> {
    if found.version == seen.version {
        return Ok(());
    }
    Err(refused(store::Fault::Conflict {
        key: key(kind, &found.owner, &found.id)?,
        expected: seen.version,
        found: found.version,
    }))
}

fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON {
        return Err(Refusal::new(
            "reason",
            format!("理由を{REASON}字までで書いてください。"),
            format!("Say why, in up to {REASON} characters."),
        ));
    }
    Ok(text.to_owned())
}
