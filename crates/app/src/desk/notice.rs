//! Notices: what people are told because something happened to a case. A notice names a record and says what happened; what the record says is read
//! anew by whoever looks, as far as they may see it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use plan::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Change, Direction, Draft, Fault, Filter, Index, Name, Query, Test, Version};
use vocab::Refusal;

use authz::{Action, Subject};

use super::case::{channels, filter};
use super::kept::{TOGETHER, change, opened, refused};
use super::security::Feed;
use super::{Desk, Edit, Kind, MINISTRY, Visit};
use crate::ask::Rashin;

/// Notices are shown for so long.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 30);
/// So many are shown at once.
const SHOWN_AT_ONCE: u32 = 30;
/// And so many are counted.
const COUNTED: u64 = 1_000;

/// A notice as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Notice {
    /// Who is told, as channels are written.
    pub to: Vec<String>,
    /// What.
    pub text: Text,
    /// Whether it is mailed at once.
    pub urgent: bool,
    /// Kind, owner and id of the record.
    pub kind: String,
    pub owner: String,
    pub id: String,
    /// Reference number of its case.
    pub number: String,
    /// When it was written.
    pub at: Timestamp,
}

impl Kind for Notice {
    const KIND: &'static str = "notice";
}

/// A notice that is told once under its name, however often that is tried.
pub(super) struct Once {
    /// Whose records it is one of.
    pub owner: String,
    pub name: String,
    pub notice: Notice,
    /// For the audit log.
    pub detail: Value,
}

/// A notice as somebody reads it.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeView {
    /// What happened.
    pub text: Text,
    /// Whether it was mailed at once.
    pub urgent: bool,
    /// Kind of the record.
    pub kind: String,
    /// The organisation to which it belongs.
    pub owner: String,
    /// Id of the record.
    pub id: String,
    /// What the record is called.
    pub name: String,
    /// Reference number of its case.
    pub number: String,
    /// When.
    pub at: Timestamp,
}

impl NoticeView {
    /// Whether it is about a source of advisories, and not about a record.
    pub fn is_about_feed(&self) -> bool {
        self.kind == Feed::KIND
    }
}

impl Notice {
    /// The notice under its id, which is the same however often it is written.
    pub fn draft(&self, id: &str) -> Result<Draft, Refusal> {
        Ok(Edit::first(id, self)?.indexed(self.index()?).into_draft())
    }

    fn index(&self) -> Result<Index, Refusal> {
        let name = |text: &str| Name::new(text).map_err(refused);
        let mut keys = vec![(name("at")?, sortable(self.at))];
        for channel in &self.to {
            keys.push((name("to")?, channel.clone()));
        }
        if self.urgent {
            keys.push((name("urgent")?, "yes".into()));
        }
        Ok(Index {
            keys,
            ..Index::default()
        })
    }
}

/// A time as text that sorts as times do.
pub(super) fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// What was told after a time and up to another: letters that follow one another tell each notice once.
fn after_and_up_to(from: Timestamp, to: Timestamp) -> Result<Filter, Refusal> {
    let from = from.checked_add(SignedDuration::from_secs(1)).unwrap_or(from);
    filter("at", Test::Between(sortable(from), sortable(to)))
}

/// What somebody was told after one time and up to another.
fn told_to(visit: &Visit, from: Timestamp, to: Timestamp, urgent: bool) -> Result<Query, Refusal> {
    let mut filters = vec![
        filter("to", Test::OneOf(channels(visit)))?,
        after_and_up_to(from, to)?,
    ];
    if urgent {
        filters.push(filter("urgent", Test::Is("yes".into()))?);
    }
    Ok(Query {
        filters,
        ..Query::of(Name::new(Notice::KIND).map_err(refused)?)
    })
}

impl Desk {
    /// Tells what has not been told yet; gives how many were told now.
    pub(super) fn tell_once(&self, at: Timestamp, all: Vec<Once>) -> Result<u64, Refusal> {
        let mut changes: Vec<Change> = vec![];
        for one in all {
            if self.find::<Notice>(&one.owner, &one.name)?.is_none() {
                let by = (at, MINISTRY, Action::KeepCases);
                let draft = one.notice.draft(&one.name)?;
                changes.push(change(by, &one.owner, one.detail, vec![draft], vec![])?);
            }
        }
        let mut told = 0;
        for some in changes.chunks(TOGETHER) {
            told += match self.store.commit_all(some) {
                Ok(events) => events.len() as u64,
                Err(Fault::Conflict { .. }) => self.tell_others(some)?,
                Err(fault) => return Err(refused(fault)),
            };
        }
        Ok(told)
    }

    /// Tells one by one, without those of which another worker was first.
    fn tell_others(&self, changes: &[Change]) -> Result<u64, Refusal> {
        let mut told = 0;
        for change in changes {
            match self.store.commit(change) {
                Ok(_) => told += 1,
                Err(Fault::Conflict { .. }) => {}
                Err(fault) => return Err(refused(fault)),
            }
        }
        Ok(told)
    }

    /// What the one who asks was told in the last thirty days, the newest first.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn notices(&self, visit: &Visit) -> Result<Vec<NoticeView>, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Subject::default())?;
        let from = visit.at.checked_sub(SHOWN).unwrap_or(Timestamp::MIN);
        self.notices_between(visit, from, visit.at, false)
    }

    /// How much more somebody was told in that time than [`Desk::notices`] gives, counted up to a thousand.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn more_news(&self, visit: &Visit) -> Result<u64, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Subject::default())?;
        let from = visit.at.checked_sub(SHOWN).unwrap_or(Timestamp::MIN);
        self.more_notices(visit, from, visit.at, false)
    }

    /// What somebody was told after one time and up to another, the newest first.
    pub(super) fn notices_between(
        &self,
        visit: &Visit,
        from: Timestamp,
        to: Timestamp,
        urgent: bool,
    ) -> Result<Vec<NoticeView>, Refusal> {
        let rashin = self.rashin()?;
        let query = Query {
            order: Some((Name::new("at").map_err(refused)?, Direction::Down)),
            limit: SHOWN_AT_ONCE,
            ..told_to(visit, from, to, urgent)?
        };
        let mut list = vec![];
        for version in self.store.list(&query).map_err(refused)? {
            let notice = opened::<Notice>(version)?.value;
            list.extend(self.read_notice(visit, &rashin, notice)?);
        }
        Ok(list)
    }

    /// How much more somebody was told in that time than is shown at once.
    pub(super) fn more_notices(
        &self,
        visit: &Visit,
        from: Timestamp,
        to: Timestamp,
        urgent: bool,
    ) -> Result<u64, Refusal> {
        let all = self.store.count(&told_to(visit, from, to, urgent)?, COUNTED);
        let all = all.map_err(refused)?;
        Ok(all.saturating_sub(SHOWN_AT_ONCE.into()))
    }

    /// Those who were told something urgent after one time and up to another, as channels are written.
    pub(super) fn told_urgently(&self, from: Timestamp, to: Timestamp) -> Result<BTreeSet<String>, Refusal> {
        let filters = vec![
            after_and_up_to(from, to)?,
            filter("urgent", Test::Is("yes".into()))?,
        ];
        let query = Query {
            filters,
            ..Query::of(Name::new(Notice::KIND).map_err(refused)?)
        };
        let mut told = BTreeSet::new();
        for version in self.store.list(&query).map_err(refused)? {
            told.extend(opened::<Notice>(version)?.value.to);
        }
        Ok(told)
    }

    /// A notice, if its reader may still see what it is about.
    fn read_notice(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        notice: Notice,
    ) -> Result<Option<NoticeView>, Refusal> {
        let view = |name: String, notice: Notice| NoticeView {
            name,
            text: notice.text,
            urgent: notice.urgent,
            kind: notice.kind,
            owner: notice.owner,
            id: notice.id,
            number: notice.number,
            at: notice.at,
        };
        // A source of advisories is no record: whoever was told of it may know its name.
        if notice.kind == Feed::KIND {
            let feed = self.find::<Feed>(&notice.owner, &notice.id)?;
            return Ok(feed.map(|feed| view(feed.value.name().to_owned(), notice)));
        }
        let Some(kind) = rashin.plan().kind(&notice.kind) else {
            return Ok(None);
        };
        match self.seen_record(visit, rashin, kind, &notice.owner, &notice.id) {
            Ok(found) => Ok(Some(view(super::register::called(kind, &found), notice))),
            Err(refusal) if ["not-found", "sign-in"].contains(&refusal.kind) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Brings the lists of notices to what this program looks them up by.
    pub(super) fn index_notices(&self) -> Result<usize, Refusal> {
        // The stamp changes with what is indexed.
        self.index_anew(Notice::KIND, &"to, at, urgent", |version: Version| {
            opened::<Notice>(version)?.value.index().map(Some)
        })
    }
}
