//! What the clocks of cases call for, day by day: reminders and escalations, each told once, and what a clock does by itself.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use plan::Text;
use record::procedure::{Actor, Case, Channel, Command, Due, Recipient, due, reached, waits};
use serde_json::json;
use store::{Name, Query, Test};
use vocab::{Lang, Refusal};

use super::write::notice;
use super::{File, filter};
use crate::ask::Rashin;
use crate::desk::kept::{opened as kept_opened, refused};
use crate::desk::notice::Notice;
use crate::desk::register::Found;
use crate::desk::{Desk, Kept, Kind, Visit};

/// Clocks whose end is further off, in days, remind nobody yet.
const AHEAD: i32 = 120;

impl Desk {
    /// Every case whose clocks call for something: reminders and escalations are told once, and what a clock does by itself is done. Gives how many
    /// cases something was done about.
    ///
    /// # Errors
    /// The first of those of the store, once all the others have been looked at.
    pub fn run_clocks(&self, at: Timestamp) -> Result<usize, Refusal> {
        let rashin = self.rashin()?;
        let today = record::in_japan(at).date();
        let until = today
            .checked_add(jiff::Span::new().days(AHEAD))
            .unwrap_or(Date::MAX);
        let query = Query {
            filters: vec![filter("due", Test::Between("0".into(), until.to_string()))?],
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        let (mut done, mut first) = (0, None);
        for version in self.every(query) {
            // One that cannot be read or written does not hold up the others.
            let ran = version
                .and_then(kept_opened::<Case>)
                .and_then(|kept| self.run_clocks_of(at, &rashin, &kept));
            match ran {
                Ok(ran) => done += usize::from(ran),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        first.map_or(Ok(done), Err)
    }

    fn run_clocks_of(&self, at: Timestamp, rashin: &Rashin, kept: &Kept<Case>) -> Result<bool, Refusal> {
        let Some(file) = File::of(rashin, kept) else {
            return Ok(false);
        };
        let today = record::in_japan(at).date();
        let calling: Vec<_> = due(file.procedure, &kept.value, today, rashin.calendar())
            .into_iter()
            .filter(|due| due.remind || due.overdue)
            .collect();
        if calling.is_empty() {
            return Ok(false);
        }
        let Some(found) = self.record_of(&file)? else {
            return Ok(false);
        };
        let mut drafts = vec![];
        let mut jobs = vec![];
        for due in &calling {
            let Some((id, to, text)) = call(&file, &found, due) else {
                continue;
            };
            if self.find::<Notice>(&file.owner, &id)?.is_none() {
                drafts.push(notice(&file, &kept.value, &to, text, due.overdue, at).draft(&id)?);
            }
        }
        let late = calling
            .iter()
            .filter(|due| due.overdue)
            .find_map(|due| due.clock.late.clone());
        if let Some(transition) = late {
            let visit = Visit { at, caller: None };
            let command = Command::Move {
                transition,
                reason: String::new(),
                dissent: String::new(),
            };
            // What cannot be done by itself, because the record lacks something, waits for a person.
            if let Ok(carried) = self.carry(&visit, rashin, &file, &found.record, &Actor::Clock, &command) {
                drafts.extend(carried.drafts);
                jobs.extend(carried.jobs);
            }
        }
        if drafts.is_empty() {
            return Ok(false);
        }
        let detail = json!({ "kind": file.kind.id, "record": file.id, "what": "clock" });
        match self.commit_case(at, "clock", &file.owner, detail, drafts, jobs) {
            // Somebody, or another server, was first: whatever is still to be done is found the next time.
            Err(refusal) if refusal.kind == "conflict" => Ok(false),
            done => done.map(|()| true),
        }
    }
}

/// What a clock tells whom; its id is the same however often it is told. None where nobody is to be told.
fn call(file: &File<'_>, found: &Found, due: &Due<'_>) -> Option<(String, BTreeSet<Channel>, Text)> {
    let case = &file.kept.as_ref()?.value;
    let subject = file.subject(&found.record);
    let title = &due.clock.title;
    let (what, to, text) = if due.overdue {
        let who: Vec<_> = due.clock.escalate.iter().copied().map(Recipient::Who).collect();
        let text = Text {
            ja: format!("「{}」の期限を過ぎました。", title.ja),
            en: format!("“{}” is overdue.", title.en),
        };
        ("late", reached(&subject, case, &who), text)
    } else {
        let by = due.by?;
        let text = Text {
            ja: format!("「{}」の期限（{}）が近づいています。", title.ja, Lang::Ja.day(by)),
            en: format!("“{}” is due by {}.", title.en, Lang::En.day(by)),
        };
        // A day that has moved is reminded of anew.
        (&*format!("soon.{by}"), waits(&subject, case), text)
    };
    let started = case.clocks.get(&due.clock.id)?.started;
    let id = format!("{}.{}.{what}.{started}", file.case_id(), due.clock.id);
    (!to.is_empty()).then_some((id, to, text))
}
