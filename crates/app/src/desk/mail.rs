//! Mail: what waits and what happened, once a day, and at once only what is urgent, at most once an hour. A letter says what its reader would see on
//! the site and nothing else. It is put into the queue under a name for its day or hour, so that it is sent once, whichever server sends it.

use authz::Action;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Job, JobState, Name, Progress};
use vocab::{Lang, Refusal};

use super::case::channels;
use super::kept::{change, refused};
use super::notice::NoticeView;
use super::today::Task;
use super::work::Work;
use super::{Account, DIRECTORY, Desk, Kept, MINISTRY, Visit, Which};

/// The hour of the day in Japan from which the day's letter is sent.
const HOUR: i8 = 7;

/// An urgent letter, and the first that somebody is written, looks back so far.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A day's letter goes on from the last that was sent, so many days ago at most.
const DAYS: i64 = 30;

/// What somebody is written.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Their address.
    pub to: String,
    /// Their name.
    pub name: String,
    /// In which language.
    pub language: Lang,
    /// Whether it is sent at once, with what is urgent alone.
    pub urgent: bool,
    /// What waits for them; not in a letter that is sent at once.
    pub tasks: Vec<Task>,
    /// How many cases wait for them beside those.
    pub more_tasks: u64,
    /// What happened.
    pub notices: Vec<NoticeView>,
    /// How much more did.
    pub more_notices: u64,
}

/// Sends a letter, or says why it could not be sent.
pub type Post = Box<dyn Fn(&Letter) -> Result<(), String> + Send + Sync>;

impl Desk {
    /// Puts the letters that are due into the queue: each of an hour once, with what is urgent, and where `daily` asks for it, each of a day once.
    /// Gives how many are new.
    ///
    /// # Errors
    /// Those of the store.
    pub fn call_letters(&self, at: Timestamp, daily: bool) -> Result<usize, Refusal> {
        if self.post.is_none() {
            return Ok(0);
        }
        let there = record::in_japan(at);
        let daily = daily && there.hour() >= HOUR;
        let day_ago = at.checked_sub(DAY).unwrap_or(at);
        // All accounts are gone through once an hour, and when something urgent was told since they last were.
        let looked = self.letters_looked.lock().ok().and_then(|looked| *looked);
        let this_hour =
            |before: Timestamp| before.as_second().div_euclid(3600) == at.as_second().div_euclid(3600);
        if let Some(before) = looked.filter(|before| !daily && this_hour(*before)) {
            // What was told in the very second of that look may have been missed by it.
            let since = before.checked_sub(SignedDuration::from_secs(2)).unwrap_or(before);
            if self.told_urgently(since, at)?.is_empty() {
                return Ok(0);
            }
        }
        let urgent = self.told_urgently(day_ago, at)?;
        if !daily && urgent.is_empty() {
            self.letters_looked_at(at);
            return Ok(0);
        }
        let active = Which {
            state: Some("active"),
            ..Which::default()
        };
        let hour = at.as_second().div_euclid(3600);
        let mut jobs = vec![];
        for account in self.all::<Account>(&active)? {
            let of = |name: &str| format!("letter.{}.{name}", account.id);
            let key = of(&there.date().to_string());
            let mut told = self.letter(&key)?;
            if daily && told.is_none() {
                let days =
                    (1..=DAYS).filter_map(|ago| there.date().checked_sub(jiff::Span::new().days(ago)).ok());
                let from = self
                    .told_until(days.map(|day| of(&day.to_string())))?
                    .unwrap_or(day_ago);
                jobs.push(letter(&account, from, at, false).job(key, at)?);
                told = Some(at);
            }
            let visit = self.reader_of(&account, at)?;
            let key = of(&format!("at{hour}"));
            let concerned = channels(&visit).iter().any(|channel| urgent.contains(channel));
            if !concerned || self.letter(&key)?.is_some() {
                continue;
            }
            let hours = (1..=24).map(|ago| of(&format!("at{}", hour - ago)));
            // What stands in the day's letter is not written again.
            let from = self.told_until(hours)?.max(told).unwrap_or(day_ago);
            if !self.notices_between(&visit, from, at, true)?.is_empty() {
                jobs.push(letter(&account, from, at, true).job(key, at)?);
            }
        }
        let count = jobs.len();
        if count > 0 {
            self.call(at, jobs)?;
        }
        self.letters_looked_at(at);
        Ok(count)
    }

    fn letters_looked_at(&self, at: Timestamp) {
        if let Ok(mut looked) = self.letters_looked.lock() {
            *looked = Some(at);
        }
    }

    /// What somebody may see is what their letter may say.
    fn reader_of(&self, account: &Kept<Account>, at: Timestamp) -> Result<Visit, Refusal> {
        let caller = Some(self.caller_of(account, at)?);
        Ok(Visit { at, caller })
    }

    /// Until when the last of these letters, the newest first, tells what happened. What one that was given up was to tell is told by the next.
    fn told_until(&self, keys: impl Iterator<Item = String>) -> Result<Option<Timestamp>, Refusal> {
        for key in keys {
            if let Some(told) = self.letter(&key)? {
                return Ok(Some(told));
            }
        }
        Ok(None)
    }

    /// Until when a letter tells what happened, or from when it would have if it was given up; none if it was not called for.
    fn letter(&self, key: &str) -> Result<Option<Timestamp>, Refusal> {
        let key = Name::new(key).map_err(refused)?;
        let found = self.store.job(&key).map_err(refused)?;
        let told = found.map(|found| match serde_json::from_value(found.job.payload) {
            Ok(Work::Letter { from, .. }) if found.state == JobState::Failed => from,
            Ok(Work::Letter { to, .. }) => to,
            _ => Timestamp::MIN,
        });
        Ok(told)
    }

    fn call(&self, at: Timestamp, jobs: Vec<Job>) -> Result<(), Refusal> {
        let detail = json!({ "what": "letters", "count": jobs.len() });
        let change = change((at, "clock", Action::KeepCases), MINISTRY, detail, vec![], jobs)?;
        self.store.commit(&change).map_err(refused).map(|_| ())
    }

    /// Sends one letter, if there is something to say: nobody is written that nothing is new.
    pub(super) fn send_letter(
        &self,
        at: Timestamp,
        account: &str,
        (from, to): (Timestamp, Timestamp),
        urgent: bool,
    ) -> Result<Option<Progress>, Refusal> {
        let Some(post) = &self.post else { return Ok(None) };
        let kept = self.find::<Account>(DIRECTORY, account)?;
        let Some(kept) = kept.filter(|kept| kept.value.active) else {
            return Ok(Some(Progress::default()));
        };
        let visit = self.reader_of(&kept, at)?;
        let letter = Letter {
            to: kept.value.email().to_owned(),
            name: kept.value.name.clone(),
            language: kept.value.language,
            urgent,
            tasks: if urgent { vec![] } else { self.today(&visit)? },
            more_tasks: if urgent { 0 } else { self.more_turns(&visit)? },
            notices: self.notices_between(&visit, from, to, urgent)?,
            more_notices: self.more_notices(&visit, from, to, urgent)?,
        };
        let due = letter
            .tasks
            .iter()
            .any(|task| task.due.is_some_and(|due| due <= visit.today()));
        if letter.notices.is_empty() && !due {
            return Ok(Some(Progress::default()));
        }
        post(&letter).map_err(|why| {
            Refusal::new(
                "unavailable",
                format!("メールを送れませんでした（{why}）。"),
                format!("The letter could not be sent ({why})."),
            )
        })?;
        Ok(Some(Progress {
            done: 1,
            total: 1,
            text: String::new(),
        }))
    }
}

fn letter(account: &Kept<Account>, from: Timestamp, to: Timestamp, urgent: bool) -> Work {
    Work::Letter {
        account: account.id.clone(),
        from,
        to,
        urgent,
    }
}
