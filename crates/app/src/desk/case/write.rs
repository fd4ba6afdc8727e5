//! What is written because of a case: its next version with what lists see of it, the notices that follow, the jobs of its hooks, its number.

use std::collections::BTreeSet;

use authz::Action;
use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Confidentiality, Kind as Form, Procedure, Text};
use record::procedure::{
    Actor, Case, Channel, Command, Event, Notice as Told, What, apply, choices, decide, due, follow, reached,
    takes_part, tells, waits,
};
use record::{Fault as RecordFault, Record};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Draft, Fault, Index, Job, Key, Name};
use vocab::{Period, Refusal};

use super::{File, actor};
use crate::ask::Rashin;
use crate::desk::kept::{change, refused};
use crate::desk::notice::Notice;
use crate::desk::register::stored;
use crate::desk::work::Work;
use crate::desk::{Desk, Edit, Kind, MINISTRY, Visit};

/// What is due after this stands last in every list.
const NEVER: &str = "9999-12-31";

/// How many cases of a procedure there are, in one year where it counts by the year.
#[derive(Serialize, Deserialize)]
struct Numbers {
    last: u64,
}

impl Kind for Numbers {
    const KIND: &'static str = "case-numbers";
}

/// The file of a record that has no case yet.
fn unopened<'a>(procedure: &'a Procedure, kind: &'a Form, filed: &Filed<'_>) -> File<'a> {
    File {
        procedure,
        kind,
        owner: filed.owner.to_owned(),
        id: filed.id.to_owned(),
        kept: None,
    }
}

/// What is written because of a case: its next version with what follows from it.
#[derive(Default)]
pub(in crate::desk) struct Carried {
    pub drafts: Vec<Draft>,
    pub jobs: Vec<Job>,
}

impl Carried {
    /// What is written of several together, after these drafts.
    pub fn all(mut drafts: Vec<Draft>, carried: Vec<Self>) -> (Vec<Draft>, Vec<Job>) {
        let mut jobs = vec![];
        for one in carried {
            drafts.extend(one.drafts);
            jobs.extend(one.jobs);
        }
        (drafts, jobs)
    }
}

/// A record that is filed now.
pub(in crate::desk) struct Filed<'a> {
    pub owner: &'a str,
    pub id: &'a str,
    pub record: &'a Record,
}

impl<'a> Filed<'a> {
    pub const fn of(owner: &'a str, id: &'a str, record: &'a Record) -> Self {
        Self { owner, id, record }
    }
}

impl Desk {
    /// What is written by a command on a case.
    pub(super) fn carry(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        file: &File<'_>,
        record: &Record,
        actor: &Actor,
        command: &Command,
    ) -> Result<Carried, Refusal> {
        let subject = file.subject(record);
        let blank = Case::new(&*file.procedure.id, "");
        let before = file.kept.as_ref().map_or(&blank, |kept| &kept.value);
        let events = decide(&subject, before, actor, command, visit.at, rashin.calendar())?;
        let start = match &file.kept {
            Some(kept) => kept.value.clone(),
            None => {
                let number = self.draw_numbers(visit, file.procedure, 1)?;
                Case::new(
                    &*file.procedure.id,
                    file.procedure
                        .number
                        .write(Period::containing(visit.today()), number),
                )
            }
        };
        carried(rashin, file, record, start, &events)
    }

    /// Opens the cases of records that are filed, as the one who files them may: what is written for each, in their order, in one change with the
    /// record. Their numbers are drawn at once. For a record whose case this person cannot open nothing is written: it waits for somebody who can.
    pub(in crate::desk) fn open_cases(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        records: &[Filed<'_>],
    ) -> Result<Result<Vec<Carried>, Vec<RecordFault>>, Refusal> {
        let mut all: Vec<Carried> = records.iter().map(|_| Carried::default()).collect();
        let Some(procedure) = rashin.plan().procedure_of(&kind.id) else {
            return Ok(Ok(all));
        };
        let actor = actor(visit);
        let mut opening = vec![];
        for (filed, carried) in records.iter().zip(&mut all) {
            let file = unopened(procedure, kind, filed);
            let blank = Case::new(&*procedure.id, "");
            let subject = file.subject(filed.record);
            let Some(choice) = choices(&subject, &blank, &actor).into_iter().next() else {
                continue;
            };
            if !choice.missing.is_empty() {
                return Ok(Err(choice.missing));
            }
            let command = Command::Move {
                transition: choice.transition.id.clone(),
                reason: String::new(),
                dissent: String::new(),
            };
            let events = decide(&subject, &blank, &actor, &command, visit.at, rashin.calendar())?;
            opening.push((file, filed.record, events, carried));
        }
        if opening.is_empty() {
            return Ok(Ok(all));
        }
        let first = self.draw_numbers(visit, procedure, opening.len() as u64)?;
        for (number, (file, record, events, carry)) in (first..).zip(opening) {
            let text = procedure.number.write(Period::containing(visit.today()), number);
            let case = Case::new(&*procedure.id, text);
            *carry = carried(rashin, &file, record, case, &events)?;
        }
        Ok(Ok(all))
    }

    /// What a record lacks for its case to be opened by the one who files it.
    pub(in crate::desk) fn opening_faults(
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        filed: &Filed<'_>,
    ) -> Vec<RecordFault> {
        let Some(procedure) = rashin.plan().procedure_of(&kind.id) else {
            return vec![];
        };
        let file = unopened(procedure, kind, filed);
        let blank = Case::new(&*procedure.id, "");
        let choice = choices(&file.subject(filed.record), &blank, &actor(visit))
            .into_iter()
            .next();
        choice.map_or_else(Vec::new, |choice| choice.missing)
    }

    /// The case of a record that was changed, so that those who take part by what it says now find it, and clocks run until the days that it says.
    /// Refused as `fixed` where the record stays as it is.
    pub(in crate::desk) fn case_follows(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        kind: &Form,
        owner: &str,
        id: &str,
        record: &Record,
    ) -> Result<Option<Draft>, Refusal> {
        let Some(file) = self.case_file(rashin, kind, owner, id)? else {
            return Ok(None);
        };
        let Some(kept) = file.kept.clone() else {
            return Ok(None);
        };
        file.changeable()?;
        let by = actor(&visit.alone());
        let events = follow(&file.subject(record), &kept.value, &by, visit.at);
        let case = events.iter().fold(kept.value.clone(), apply);
        let index = indexed(rashin, &file, record, &case)?;
        Ok(Some(Edit::next(&kept, &case)?.indexed(index).into_draft()))
    }

    /// The case of a record that was merged away: those who take part find it at the record no more, and it is not counted again.
    pub(in crate::desk) fn case_leaves(
        &self,
        rashin: &Rashin,
        kind: &Form,
        owner: &str,
        id: &str,
    ) -> Result<Option<Draft>, Refusal> {
        let file = self.case_file(rashin, kind, owner, id)?;
        let Some(kept) = file.and_then(|file| file.kept) else {
            return Ok(None);
        };
        Ok(Some(Edit::next(&kept, &kept.value)?.into_draft()))
    }

    /// The first of so many numbers that nobody else is given. They are drawn before they are used, so that a case that cannot be opened leaves a
    /// gap and never a number that two have.
    fn draw_numbers(&self, visit: &Visit, procedure: &Procedure, count: u64) -> Result<u64, Refusal> {
        const TRIES: usize = 50;
        let year = procedure
            .number
            .yearly()
            .then(|| Period::containing(visit.today()).year);
        let id = year.map_or_else(|| procedure.id.clone(), |year| format!("{}.{year}", procedure.id));
        let mut tries = 0;
        loop {
            let kept = self.find::<Numbers>(MINISTRY, &id)?;
            let last = kept.as_ref().map_or(0, |kept| kept.value.last);
            let next = Numbers { last: last + count };
            let edit = Edit::after(&id, kept.map_or(0, |kept| kept.version), &next)?;
            let by = (visit.at, visit.actor(), Action::KeepCases);
            let detail = visit.signed(json!({ "procedure": procedure.id, "what": "number", "count": count }));
            let change = change(by, MINISTRY, detail, vec![edit.into_draft()], vec![])?;
            tries += 1;
            match self.store.commit(&change) {
                Ok(_) => return Ok(last + 1),
                Err(Fault::Conflict { .. }) if tries < TRIES => {}
                Err(fault) => return Err(refused(fault)),
            }
        }
    }
}

fn carried(
    rashin: &Rashin,
    file: &File<'_>,
    record: &Record,
    start: Case,
    events: &[Event],
) -> Result<Carried, Refusal> {
    let mut carried = Carried::default();
    let mut case = start;
    for event in events {
        let place = case.history.len();
        case = apply(case, event);
        let subject = file.subject(record);
        for (number, Told { who, text, urgent }) in
            tells(file.procedure, &case, event).into_iter().enumerate()
        {
            let to = reached(&subject, &case, &who);
            if to.is_empty() {
                continue;
            }
            let id = format!("{}.{place}.{number}", file.case_id());
            carried
                .drafts
                .push(notice(file, &case, &to, text, urgent, event.at).draft(&id)?);
        }
        if let What::Moved { transition, .. } = &event.what
            && let Some(hook) = file.procedure.transition(transition).and_then(|one| one.hook)
        {
            let work = Work::Hook {
                hook: hook.to_owned(),
                owner: file.owner.clone(),
                id: file.id.clone(),
                event: place,
            };
            let key = format!("{hook}.{}.{}.{place}", file.owner, file.case_id());
            carried.jobs.push(work.job(key, event.at)?);
        }
    }
    let index = indexed(rashin, file, record, &case)?;
    let seen = file.kept.as_ref().map_or(0, |kept| kept.version);
    let edit = Edit::after(&file.case_id(), seen, &case)?.indexed(index);
    carried.drafts.push(edit.into_draft());
    Ok(carried)
}

pub(super) fn notice(
    file: &File<'_>,
    case: &Case,
    to: &BTreeSet<Channel>,
    text: Text,
    urgent: bool,
    at: Timestamp,
) -> Notice {
    Notice {
        to: to.iter().map(Channel::to_string).collect(),
        text,
        urgent,
        kind: file.kind.id.clone(),
        owner: file.owner.clone(),
        id: file.id.clone(),
        number: case.number.clone(),
        at,
    }
}

/// The next day on which something is due, as it sorts. It depends on the clocks alone, not on the day on which one asks.
pub(super) fn due_key(rashin: &Rashin, procedure: &Procedure, case: &Case) -> String {
    let day = case
        .since
        .map_or(Date::ZERO, |since| record::in_japan(since).date());
    let by = due(procedure, case, day, rashin.calendar());
    let by = by.iter().filter_map(|due| due.by).min();
    by.map_or_else(|| NEVER.to_owned(), |by| by.to_string())
}

/// What lists see of a case: whose turn it is, who takes part, the next day on which something is due.
pub(super) fn indexed(
    rashin: &Rashin,
    file: &File<'_>,
    record: &Record,
    case: &Case,
) -> Result<Index, Refusal> {
    let subject = file.subject(record);
    let name = |text: &str| Name::new(text).map_err(refused);
    let state = case.state.as_deref().and_then(|id| file.procedure.state(id));
    let is_over = state.is_some_and(|state| state.last);
    let mut keys = vec![
        (name("due")?, due_key(rashin, file.procedure, case)),
        (name("procedure")?, file.procedure.id.clone()),
        (name("over")?, if is_over { "yes" } else { "no" }.into()),
    ];
    if let Some(first) = case.history.first() {
        let year = Period::containing(record::in_japan(first.at).date()).year;
        keys.push((name("year")?, year.to_string()));
        let is_withdrawn = state.is_some_and(|state| state.withdrawn);
        keys.push((name("withdrawn")?, if is_withdrawn { "yes" } else { "no" }.into()));
    }
    // What everybody may see of the record and chooses from a few: cases are counted by it.
    let public = |field: &&plan::Field| {
        field.indexed
            && field.confidentiality == Confidentiality::Public
            && matches!(field.shape, plan::Shape::Choice(_))
    };
    for field in file.kind.fields.iter().filter(public) {
        if let Some(code) = record.fields.get(&field.name).and_then(record::Value::text) {
            keys.push((name(&format!("of.{}", field.name))?, code));
        }
    }
    for channel in waits(&subject, case) {
        keys.push((name("turn")?, channel.to_string()));
    }
    for channel in takes_part(&subject, case) {
        keys.push((name("part")?, channel.to_string()));
    }
    if state.is_some_and(|state| state.public.is_some()) {
        keys.push((name("part")?, "public".into()));
    }
    if let Some(since) = case.since {
        keys.push((name("since")?, since.to_string()));
    }
    let mut tokens: BTreeSet<String> = record::tokens(&case.number).into_iter().collect();
    let title = file.kind.field(&file.kind.title_field);
    if let Some(title) = title.filter(|field| field.confidentiality == Confidentiality::Public)
        && let Some(text) = record.fields.get(&title.name).and_then(record::Value::text)
    {
        tokens.extend(record::tokens(&text));
    }
    let about = Key {
        owner: name(&file.owner)?,
        kind: stored(&file.kind.id)?,
        id: name(&file.id)?,
    };
    Ok(Index {
        keys,
        references: vec![(name("record")?, about)],
        tokens: tokens.into_iter().collect(),
    })
}
