//! The sources from which the operator's database of advisories is brought up to date: when each was last looked at, what it brought, and since when it
//! fails. What a source holds is never looked at here.

use std::collections::BTreeMap;

use authz::Action;
use jiff::{SignedDuration, Timestamp};
use plan::Text;
use record::procedure::Channel;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::sha256;
use vocab::Refusal;

use super::super::kept::{change, refused};
use super::super::notice::Notice;
use super::super::{Desk, Edit, Kind, MINISTRY, Which};
use super::program;

/// The secretariat is told of a source that has failed for so long: the second time, where it is looked at once an hour.
const PATIENCE: SignedDuration = SignedDuration::from_mins(50);

/// What a look at a source brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedNews {
    /// Records that were not known.
    pub added: usize,
    /// Records that say something else than before.
    pub replaced: usize,
    /// Whether a catalogue of what is exploited, or scores, came in.
    pub lists: bool,
    /// Files and records that could not be read.
    pub refused: usize,
    /// The first of these, each with why.
    pub named: Vec<String>,
}

/// A source as it is kept: written when something about it changes, not whenever it is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::desk) struct Feed {
    source: String,
    /// When this was written.
    at: Timestamp,
    /// When it last brought something.
    changed: Option<Timestamp>,
    news: FeedNews,
    failing: Option<Failing>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Failing {
    since: Timestamp,
    ja: String,
    en: String,
    told: bool,
}

impl Kind for Feed {
    const KIND: &'static str = "feed";
}

/// A source as the ministry sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedView {
    /// A folder or an address.
    pub source: String,
    /// When it was last looked at, as far as this server knows.
    pub looked: Timestamp,
    /// When it last brought something.
    pub changed: Option<Timestamp>,
    /// What it brought then, and what of it cannot be read.
    pub news: FeedNews,
    /// Since when it fails, and why.
    pub failing: Option<(Timestamp, Text)>,
}

impl Feed {
    /// What a notice about it is called.
    pub fn name(&self) -> &str {
        &self.source
    }
}

fn id_of(source: &str) -> String {
    let mut id = sha256(source.as_bytes());
    id.truncate(16);
    id
}

impl Desk {
    /// Notes what a look at a source came to: something, nothing new, or why it cannot be had. The secretariat is told once when it goes on failing, and
    /// once when it is well again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn note_feed(
        &self,
        at: Timestamp,
        source: &str,
        came: Result<Option<FeedNews>, Refusal>,
    ) -> Result<(), Refusal> {
        self.watch.looked(source, at);
        let id = id_of(source);
        let kept = self.find::<Feed>(MINISTRY, &id)?;
        let before = kept.as_ref().map(|kept| &kept.value);
        let failing = before.and_then(|before| before.failing.clone());
        let mut next = before.cloned().unwrap_or_else(|| Feed {
            source: source.to_owned(),
            at,
            changed: None,
            news: FeedNews::default(),
            failing: None,
        });
        let mut notice = None;
        match came {
            Ok(news) => {
                if let Some(failing) = failing.filter(|failing| failing.told) {
                    notice = Some((format!("feed.{id}.{}.well", failing.since.as_second()), well()));
                }
                next.failing = None;
                if let Some(news) = news {
                    if news.added + news.replaced > 0 || news.lists {
                        next.changed = Some(at);
                    }
                    next.news = news;
                }
            }
            Err(refusal) => {
                let (since, told) = failing.map_or((at, false), |failing| (failing.since, failing.told));
                let tell = !told && at.duration_since(since) >= PATIENCE;
                if tell {
                    notice = Some((format!("feed.{id}.{}", since.as_second()), fails(&refusal)));
                }
                next.failing = Some(Failing {
                    since,
                    ja: refusal.ja,
                    en: refusal.en,
                    told: told || tell,
                });
            }
        }
        if before == Some(&next) {
            return Ok(());
        }
        next.at = at;
        let mut drafts =
            vec![Edit::after(&id, kept.as_ref().map_or(0, |kept| kept.version), &next)?.into_draft()];
        if let Some((name, text)) = notice {
            let notice = Notice {
                to: vec![Channel::Role("secretariat".into()).to_string()],
                text,
                urgent: false,
                kind: Feed::KIND.into(),
                owner: MINISTRY.into(),
                id,
                number: String::new(),
                at,
            };
            drafts.push(notice.draft(&name)?);
        }
        let visit = program(at);
        let by = (at, visit.actor(), Action::KeepCases);
        let change = change(
            by,
            MINISTRY,
            json!({ "what": "feed", "source": source }),
            drafts,
            vec![],
        )?;
        match self.store.commit(&change) {
            // Another server was first; the next look tells.
            Ok(_) | Err(store::Fault::Conflict { .. }) => Ok(()),
            Err(fault) => Err(refused(fault)),
        }
    }

    /// Every source that was ever looked at, by name.
    pub(super) fn feeds(&self) -> Result<Vec<FeedView>, Refusal> {
        let which = Which {
            owner: Some(MINISTRY),
            ..Which::default()
        };
        let looked: BTreeMap<String, Timestamp> = self.watch.all_looked();
        let view = |feed: Feed| FeedView {
            looked: looked.get(&feed.source).copied().unwrap_or(feed.at),
            changed: feed.changed,
            news: feed.news,
            failing: feed.failing.map(|failing| {
                let text = Text {
                    ja: failing.ja,
                    en: failing.en,
                };
                (failing.since, text)
            }),
            source: feed.source,
        };
        let mut list: Vec<FeedView> = self
            .all::<Feed>(&which)?
            .into_iter()
            .map(|kept| view(kept.value))
            .collect();
        list.sort_by(|one, other| one.source.cmp(&other.source));
        Ok(list)
    }
}

fn fails(why: &Refusal) -> Text {
    Text {
        ja: format!("脆弱性の情報を取り込めていません。{}", why.ja),
        en: format!("Advisories are not coming in. {}", why.en),
    }
}

fn well() -> Text {
    Text {
        ja: "脆弱性の情報を、ふたたび取り込めるようになりました。".into(),
        en: "Advisories are coming in again.".into(),
    }
}
