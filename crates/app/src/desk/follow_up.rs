//! Editions: the yearly follow-up from its first draft to the day it is published, and what is read of it afterwards.
//!
//! Words are kept as they were typed, with their faults named; figures in them are live until the edition is published. Publishing takes
//! another pair of eyes than those that wrote, and publishes what was handed in, to the byte. Nothing here changes a published edition.

use std::sync::{Arc, PoisonError};

use authz::{Action, Subject, allows};
use indicator::{Difference, Edition, differences};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Files, Plan, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Blob, Head, Name, hex};
use vocab::{Calendar, Lang, Period, Refusal};

use super::kept::refused;
use super::{DIRECTORY, Desk, Edit, Kept, Kind, MINISTRY, Visit, Which, unknown};
use crate::report::{Report, broken};

/// Where an edition's words stand among the plan's files: before the standing words, in the order of paths.
const PASSAGES: &str = "edition/passages.toml";

/// The most passages of one edition.
const MOST_PASSAGES: usize = 200;

/// The longest text of a passage or a comment, in characters.
const LONGEST: usize = 4_000;

/// How far an edition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Words are being written.
    Draft,
    /// The council comments; words can still change.
    Comments,
    /// Handed in for publication; nothing changes any more.
    HandedIn,
    /// Published for ever.
    Published,
}

impl Stage {
    const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Comments => "comments",
            Self::HandedIn => "handed-in",
            Self::Published => "published",
        }
    }
}

/// Words as they were typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// Id of a node or an indicator, or `summary`.
    pub about: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// What publishing left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// SHA-256 of the edition inside the file: its seal.
    pub seal: String,
    /// SHA-256 of the file.
    pub file: String,
    /// When.
    pub at: Timestamp,
    /// Who published it.
    pub approver: String,
    /// The ends of the chains known then: whoever has the edition can tell a chain that was rewritten later.
    pub heads: Vec<Head>,
}

/// An edition as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The fiscal year that it is about.
    pub fiscal_year: Period,
    /// Day up to which observations are known.
    pub as_of: Date,
    /// The edition before it.
    pub follows: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// Accounts that wrote its words: none of them publishes it.
    pub writers: Vec<String>,
    /// Its words.
    pub passages: Vec<Typed>,
    /// Seal of what was handed in.
    pub handed_in: Option<String>,
    /// Why it was sent back, if it was.
    pub sent_back: Option<String>,
    /// What publishing left behind.
    pub published: Option<Publication>,
}

impl Kind for FollowUp {
    const KIND: &'static str = "edition";

    fn state(&self) -> Option<String> {
        Some(self.stage.code().into())
    }
}

/// A comment on an edition before it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The edition.
    pub edition: String,
    /// Id of a node or an indicator, or `summary`.
    pub about: String,
    /// What is said.
    pub text: String,
    /// Who says it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What the secretariat answered; it closes the comment.
    pub answer: Option<Answer>,
}

/// The secretariat's answer to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What is answered.
    pub text: String,
    /// Who answers.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Kind for Comment {
    const KIND: &'static str = "comment";

    fn parent(&self) -> Option<String> {
        Some(self.edition.clone())
    }

    fn state(&self) -> Option<String> {
        Some(if self.answer.is_some() { "answered" } else { "open" }.into())
    }
}

/// An edition in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionLine {
    /// Id, also its address.
    pub id: String,
    /// The fiscal year that it is about.
    pub fiscal_year: Period,
    /// Day up to which observations are known.
    pub as_of: Date,
    /// The edition before it.
    pub follows: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// What publishing left behind.
    pub published: Option<Publication>,
}

impl EditionLine {
    fn of(kept: &Kept<FollowUp>) -> Self {
        let FollowUp {
            fiscal_year,
            as_of,
            follows,
            stage,
            published,
            ..
        } = &kept.value;
        Self {
            id: kept.id.clone(),
            fiscal_year: *fiscal_year,
            as_of: *as_of,
            follows: follows.clone(),
            stage: *stage,
            published: published.clone(),
        }
    }
}

/// Something wrong with the words of an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordFault {
    /// Place of the passage, from 0.
    pub passage: usize,
    /// In which language's text; none for the passage as a whole.
    pub lang: Option<String>,
    /// Character at which it begins, from 1.
    pub column: usize,
    /// The words that are wrong.
    pub quote: String,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// What the one who looks can do with an edition now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Write words.
    Write,
    /// Mend words that cannot be published.
    Mend,
    /// Open it for comments.
    Open,
    /// Comment.
    Comment,
    /// Answer comments.
    Answer,
    /// Hand it in.
    HandIn,
    /// Publish it or send it back.
    Decide,
    /// Start the next edition.
    Follow,
}

/// An edition's page.
#[derive(Debug, Clone, Serialize)]
pub struct EditionView {
    /// What lists say of it.
    #[serde(flatten)]
    pub line: EditionLine,
    /// The version that a writer has seen.
    pub version: u32,
    /// Its words as typed; published words stand in the report.
    pub passages: Vec<Typed>,
    /// What is wrong with them.
    pub faults: Vec<WordFault>,
    /// What a passage can be about: id and title, in the order of the plan.
    pub topics: Vec<(String, Text)>,
    /// Comments, the oldest first; only for those who read drafts.
    pub comments: Vec<Kept<Comment>>,
    /// Why it was sent back, if it was.
    pub sent_back: Option<String>,
    /// What the one who looks can do.
    pub steps: Vec<Step>,
}

impl Desk {
    /// Starts an edition; with one that it follows, that one's words are copied as a start. Gives its id.
    ///
    /// # Errors
    /// `bad-edition` for a day or year that cannot be, `not-found` where the one to follow is not published.
    pub fn start_edition(
        &self,
        visit: &Visit,
        fiscal_year: Period,
        as_of: Date,
        follows: Option<&str>,
    ) -> Result<String, Refusal> {
        Self::authorise(visit, Action::WriteDraft, Subject::default())?;
        if fiscal_year.calendar != Calendar::Fiscal {
            return Err(Refusal::new(
                "bad-edition",
                "フォローアップの版は年度（例: FY2026）で作ってください。",
                "An edition is made for a fiscal year, such as FY2026.",
            ));
        }
        if as_of > visit.today() || as_of < fiscal_year.start() {
            return Err(Refusal::new(
                "bad-edition",
                format!(
                    "時点の日は、{}の始まりから今日（{}）までの間にしてください。",
                    fiscal_year.label(Lang::Ja),
                    visit.today()
                ),
                format!(
                    "The day has to lie between the beginning of {} and today ({}).",
                    fiscal_year.label(Lang::En),
                    visit.today()
                ),
            ));
        }
        let passages = match follows {
            Some(id) => self.published(id)?.value.passages,
            None => vec![],
        };
        let stem = fiscal_year.to_string().to_lowercase();
        let same_year = self
            .follow_ups()?
            .iter()
            .filter(|kept| kept.value.fiscal_year == fiscal_year)
            .count();
        let id = match same_year {
            0 => stem,
            earlier => format!("{stem}-{}", earlier + 1),
        };
        let value = FollowUp {
            fiscal_year,
            as_of,
            follows: follows.map(str::to_owned),
            stage: Stage::Draft,
            writers: vec![visit.actor().to_owned()],
            passages,
            handed_in: None,
            sent_back: None,
            published: None,
        };
        let detail = json!({ "edition": id, "what": "start", "as_of": as_of.to_string() });
        self.write(
            visit,
            Action::WriteDraft,
            MINISTRY,
            detail,
            vec![Edit::first(&id, &value)?],
        )?;
        Ok(id)
    }

    /// Keeps the words of a draft as they were typed, and names what is wrong with them. `version` is the one that the writer has seen.
    ///
    /// # Errors
    /// `conflict` if somebody else wrote since, `closed` if words can no longer change, `too-long`.
    pub fn save_passages(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        passages: Vec<Typed>,
    ) -> Result<Vec<WordFault>, Refusal> {
        Self::authorise(visit, Action::WriteDraft, Subject::default())?;
        let kept = self.open_edition(id)?;
        if kept.version != version {
            return Err(Refusal::new(
                "conflict",
                "ほかの人が先に保存しました。入力した文を手元に控え、ページを開き直して、もう一度書き込んでください。",
                "Somebody else saved first. Keep a copy of what you typed, open the page again and write it once more.",
            ));
        }
        let longest = passages.iter().flat_map(|one| [&one.ja, &one.en]);
        if passages.len() > MOST_PASSAGES || longest.into_iter().any(|text| too_long(text)) {
            return Err(Refusal::new(
                "too-long",
                format!(
                    "文は {MOST_PASSAGES} 件まで、一つの文は {LONGEST} 字までです。分けて書いてください。"
                ),
                format!(
                    "At most {MOST_PASSAGES} passages of {LONGEST} characters each; please split the text."
                ),
            ));
        }
        let faults = word_faults(self.rashin()?.plan(), &passages);
        let mut writers = kept.value.writers.clone();
        if writers.iter().all(|writer| writer != visit.actor()) {
            writers.push(visit.actor().to_owned());
        }
        let value = FollowUp {
            writers,
            passages,
            ..kept.value.clone()
        };
        self.step(visit, Action::WriteDraft, &kept, &value, "save")?;
        Ok(faults)
    }

    /// Opens a draft for comments.
    ///
    /// # Errors
    /// `closed` if it is no draft.
    pub fn open_for_comments(&self, visit: &Visit, id: &str) -> Result<(), Refusal> {
        Self::authorise(visit, Action::WriteDraft, Subject::default())?;
        let kept = self.at_stage(id, &[Stage::Draft])?;
        let value = FollowUp {
            stage: Stage::Comments,
            ..kept.value.clone()
        };
        self.step(visit, Action::WriteDraft, &kept, &value, "open")
    }

    /// Comments on an edition that is open for comments. Gives the comment's id.
    ///
    /// # Errors
    /// `closed`, `too-long`, `empty`, and `unknown-topic`.
    pub fn comment(&self, visit: &Visit, id: &str, about: &str, text: &str) -> Result<String, Refusal> {
        Self::authorise(visit, Action::Comment, Subject::default())?;
        self.at_stage(id, &[Stage::Comments])?;
        said(text)?;
        if !self.rashin()?.plan().is_topic(about) {
            return Err(Refusal::new(
                "unknown-topic",
                "何についてのコメントかを、一覧から選んでください。",
                "Choose from the list what the comment is about.",
            ));
        }
        let comment = hex(&self.random::<8>());
        let value = Comment {
            edition: id.to_owned(),
            about: about.to_owned(),
            text: text.trim().to_owned(),
            by: visit.actor().to_owned(),
            at: visit.at,
            answer: None,
        };
        let detail = json!({ "edition": id, "comment": comment });
        self.write(
            visit,
            Action::Comment,
            MINISTRY,
            detail,
            vec![Edit::first(&comment, &value)?],
        )?;
        Ok(comment)
    }

    /// Answers a comment, which closes it.
    ///
    /// # Errors
    /// `not-found`, `closed` if it was answered or the edition is handed in, `too-long`, `empty`.
    pub fn answer_comment(&self, visit: &Visit, id: &str, comment: &str, text: &str) -> Result<(), Refusal> {
        Self::authorise(visit, Action::WriteDraft, Subject::default())?;
        self.open_edition(id)?;
        said(text)?;
        let kept = self
            .find::<Comment>(MINISTRY, comment)?
            .filter(|kept| kept.value.edition == id)
            .ok_or_else(unknown)?;
        if kept.value.answer.is_some() {
            return Err(closed());
        }
        let value = Comment {
            answer: Some(Answer {
                text: text.trim().to_owned(),
                by: visit.actor().to_owned(),
                at: visit.at,
            }),
            ..kept.value.clone()
        };
        let detail = json!({ "edition": id, "comment": comment, "what": "answer" });
        self.write(
            visit,
            Action::WriteDraft,
            MINISTRY,
            detail,
            vec![Edit::next(&kept, &value)?],
        )?;
        Ok(())
    }

    /// Hands an edition in: from now on it waits for publication and nothing in it changes.
    ///
    /// # Errors
    /// `faulty-words` while words have faults, `open-comments` while a comment waits for an answer, `closed`.
    pub fn hand_in(&self, visit: &Visit, id: &str) -> Result<(), Refusal> {
        Self::authorise(visit, Action::WriteDraft, Subject::default())?;
        let kept = self.open_edition(id)?;
        if self.comments(id)?.iter().any(|one| one.value.answer.is_none()) {
            return Err(Refusal::new(
                "open-comments",
                "答えていないコメントがあります。すべてに答えてから提出してください。",
                "Comments wait for an answer. Please answer them all first.",
            ));
        }
        let edition = self.made(&kept.value)?;
        let value = FollowUp {
            stage: Stage::HandedIn,
            handed_in: Some(edition.sha256().map_err(|fault| broken(&fault))?),
            sent_back: None,
            ..kept.value.clone()
        };
        self.step(visit, Action::WriteDraft, &kept, &value, "hand-in")
    }

    /// Sends an edition that was handed in back to its writers.
    ///
    /// # Errors
    /// `closed`, `empty` without a reason, `not-found` for a writer: four eyes.
    pub fn send_back(&self, visit: &Visit, id: &str, why: &str) -> Result<(), Refusal> {
        let kept = self.to_decide(visit, id)?;
        said(why)?;
        let value = FollowUp {
            stage: Stage::Draft,
            handed_in: None,
            sent_back: Some(why.trim().to_owned()),
            ..kept.value.clone()
        };
        self.step(visit, Action::Publish, &kept, &value, "send-back")
    }

    /// Publishes an edition for ever.
    ///
    /// # Errors
    /// `closed` if it was not handed in, `not-found` for a writer (four eyes), `moved` if what would be published is not what was handed in.
    pub fn publish(&self, visit: &Visit, id: &str) -> Result<Publication, Refusal> {
        let kept = self.to_decide(visit, id)?;
        let edition = self.made(&kept.value)?;
        let seal = edition.sha256().map_err(|fault| broken(&fault))?;
        if kept.value.handed_in.as_ref() != Some(&seal) {
            return Err(Refusal::new(
                "moved",
                "提出された後に、根拠の値か計画の文が変わりました。差し戻して、もう一度提出してもらってください。",
                "Values or texts of the plan changed after this was handed in. Please send it back to be handed in again.",
            ));
        }
        let blob = Blob::new(edition.to_bytes().map_err(|fault| broken(&fault))?);
        let mut heads = vec![];
        for owner in [MINISTRY, DIRECTORY] {
            heads.extend(
                self.store
                    .head(&Name::new(owner).map_err(refused)?)
                    .map_err(refused)?,
            );
        }
        let publication = Publication {
            seal,
            file: blob.sha256.clone(),
            at: visit.at,
            approver: visit.actor().to_owned(),
            heads,
        };
        let value = FollowUp {
            stage: Stage::Published,
            published: Some(publication.clone()),
            ..kept.value.clone()
        };
        let detail = json!({ "edition": id, "what": "publish", "seal": publication.seal });
        let edit = Edit::next(&kept, &value)?;
        self.write_with(visit, Action::Publish, MINISTRY, detail, vec![edit], vec![blob])?;
        Ok(publication)
    }

    /// The editions that the one who asks may see, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn editions(&self, visit: &Visit) -> Result<Vec<EditionLine>, Refusal> {
        let drafts = allows(visit.caller.as_ref(), Action::ReadDraft, Subject::default());
        let mut list: Vec<_> = self
            .follow_ups()?
            .iter()
            .filter(|kept| drafts || kept.value.stage == Stage::Published)
            .map(EditionLine::of)
            .collect();
        list.sort_by(|a, b| (b.fiscal_year, b.id.len(), &b.id).cmp(&(a.fiscal_year, a.id.len(), &a.id)));
        Ok(list)
    }

    /// An edition's page.
    ///
    /// # Errors
    /// `not-found` for what is not there or not for the one who asks.
    pub fn edition(&self, visit: &Visit, id: &str) -> Result<EditionView, Refusal> {
        let kept = self.readable(visit, id)?;
        let may = |action, subject| allows(visit.caller.as_ref(), action, subject);
        let drafts = may(Action::ReadDraft, Subject::default());
        let rashin = self.rashin()?;
        let comments = if drafts { self.comments(id)? } else { vec![] };
        let value = &kept.value;
        let faults = if value.stage == Stage::Published {
            vec![]
        } else {
            word_faults(rashin.plan(), &value.passages)
        };
        let unanswered = comments.iter().any(|one| one.value.answer.is_none());
        let (write, comment) = (
            may(Action::WriteDraft, Subject::default()),
            may(Action::Comment, Subject::default()),
        );
        let decide = value
            .writers
            .iter()
            .all(|by| may(Action::Publish, Subject::by(by)));
        let (draft, commenting) = (value.stage == Stage::Draft, value.stage == Stage::Comments);
        let steps = [
            (Step::Mend, write && (draft || commenting) && !faults.is_empty()),
            (Step::Answer, write && commenting && unanswered),
            (Step::Write, write && (draft || commenting)),
            (Step::Open, write && draft),
            (
                Step::HandIn,
                write && (draft || commenting) && faults.is_empty() && !unanswered,
            ),
            (Step::Comment, comment && commenting),
            (Step::Decide, decide && value.stage == Stage::HandedIn),
            (Step::Follow, write && value.stage == Stage::Published),
        ];
        let plan = rashin.plan();
        let nodes = plan
            .nodes
            .iter()
            .map(|node| (node.id.clone(), node.title.clone()));
        let indicators = plan
            .indicators
            .iter()
            .map(|one| (one.id.clone(), one.title.clone()));
        Ok(EditionView {
            line: EditionLine::of(&kept),
            version: kept.version,
            passages: if drafts || value.stage == Stage::Published {
                value.passages.clone()
            } else {
                vec![]
            },
            faults,
            topics: nodes.chain(indicators).collect(),
            comments,
            sent_back: value.sent_back.clone().filter(|_| drafts),
            steps: steps
                .into_iter()
                .filter(|(_, can)| *can)
                .map(|(step, _)| step)
                .collect(),
        })
    }

    /// Why figures moved from one edition to another.
    ///
    /// # Errors
    /// As [`Desk::edition`].
    pub fn compare(&self, visit: &Visit, before: &str, after: &str) -> Result<Vec<Difference>, Refusal> {
        let before = self.contents(&self.readable(visit, before)?)?;
        let after = self.contents(&self.readable(visit, after)?)?;
        differences(&before, &after).map_err(|fault| broken(&fault))
    }

    /// The report of an edition, beside the one that it follows.
    ///
    /// # Errors
    /// As [`Desk::edition`].
    pub fn report(&self, visit: &Visit, id: &str) -> Result<Arc<Report>, Refusal> {
        let kept = self.readable(visit, id)?;
        let edition = self.contents(&kept)?;
        let before = match &kept.value.follows {
            Some(before) => Some((before.as_str(), self.contents(&self.published(before)?)?)),
            None => None,
        };
        let seal = |edition: &Edition| edition.sha256().map_err(|fault| broken(&fault));
        let key = match &before {
            Some((_, before)) => format!("{}/{}", seal(&edition)?, seal(before)?),
            None => seal(&edition)?,
        };
        let known = self
            .reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(report) = known {
            return Ok(report);
        }
        let before = before.as_ref().map(|(id, edition)| (*id, edition));
        let report = Arc::new(Report::make(&edition, before)?);
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() >= super::KEPT_REPORTS {
            reports.clear();
        }
        reports.insert(key, Arc::clone(&report));
        Ok(report)
    }

    /// The series of an edition as SDMX-CSV.
    ///
    /// # Errors
    /// As [`Desk::edition`].
    pub fn sdmx(&self, visit: &Visit, id: &str) -> Result<String, Refusal> {
        let report = self.report(visit, id)?;
        Ok(report.sdmx(&self.contents(&self.readable(visit, id)?)?))
    }

    /// A published edition's file, as it was published.
    ///
    /// # Errors
    /// `not-found` for what is not published.
    pub fn export(&self, visit: &Visit, id: &str) -> Result<Vec<u8>, Refusal> {
        Self::authorise(visit, Action::ReadPlan, Subject::default())?;
        self.published_file(&self.published(id)?)
    }

    /// The edition that was published last.
    pub(super) fn last_published(&self) -> Result<Option<Kept<FollowUp>>, Refusal> {
        let published = self.all::<FollowUp>(&Which {
            owner: Some(MINISTRY),
            state: Some(Stage::Published.code()),
            ..Which::default()
        })?;
        Ok(published
            .into_iter()
            .max_by_key(|kept| kept.value.published.as_ref().map(|one| one.at)))
    }

    fn follow_ups(&self) -> Result<Vec<Kept<FollowUp>>, Refusal> {
        self.all(&Which {
            owner: Some(MINISTRY),
            ..Which::default()
        })
    }

    /// What one may read: published editions, and drafts if one reads drafts. Nobody else learns that a draft is there.
    fn readable(&self, visit: &Visit, id: &str) -> Result<Kept<FollowUp>, Refusal> {
        let kept = self.find::<FollowUp>(MINISTRY, id)?.ok_or_else(unknown)?;
        let action = if kept.value.stage == Stage::Published {
            Action::ReadPlan
        } else {
            Action::ReadDraft
        };
        if allows(visit.caller.as_ref(), action, Subject::default()) {
            Ok(kept)
        } else {
            Err(unknown())
        }
    }

    fn published(&self, id: &str) -> Result<Kept<FollowUp>, Refusal> {
        let kept = self.find::<FollowUp>(MINISTRY, id)?;
        kept.filter(|kept| kept.value.stage == Stage::Published)
            .ok_or_else(unknown)
    }

    fn at_stage(&self, id: &str, stages: &[Stage]) -> Result<Kept<FollowUp>, Refusal> {
        let kept = self.find::<FollowUp>(MINISTRY, id)?.ok_or_else(unknown)?;
        if stages.contains(&kept.value.stage) {
            Ok(kept)
        } else {
            Err(closed())
        }
    }

    /// An edition whose words can still change.
    fn open_edition(&self, id: &str) -> Result<Kept<FollowUp>, Refusal> {
        self.at_stage(id, &[Stage::Draft, Stage::Comments])
    }

    /// An edition that was handed in, for one who did not write it.
    fn to_decide(&self, visit: &Visit, id: &str) -> Result<Kept<FollowUp>, Refusal> {
        let found = self.find::<FollowUp>(MINISTRY, id)?;
        // Without a writer to differ from, nobody is granted anything: what is not there looks like what one may not touch.
        let writers = found.as_ref().map_or(&[][..], |kept| &kept.value.writers);
        if writers.is_empty() {
            Self::authorise(visit, Action::Publish, Subject::default())?;
        }
        for writer in writers {
            Self::authorise(visit, Action::Publish, Subject::by(writer))?;
        }
        self.at_stage(id, &[Stage::HandedIn])
    }

    fn step(
        &self,
        visit: &Visit,
        action: Action,
        kept: &Kept<FollowUp>,
        value: &FollowUp,
        step: &str,
    ) -> Result<(), Refusal> {
        let detail = json!({ "edition": kept.id, "what": step });
        self.write(visit, action, MINISTRY, detail, vec![Edit::next(kept, value)?])?;
        Ok(())
    }

    fn comments(&self, id: &str) -> Result<Vec<Kept<Comment>>, Refusal> {
        let mut list = self.all::<Comment>(&Which {
            owner: Some(MINISTRY),
            parent: Some(id),
            state: None,
        })?;
        list.sort_by_key(|kept| kept.value.at);
        Ok(list)
    }

    /// The edition itself: the published file, or what a draft would be if it were published now, without the words that have faults.
    pub(super) fn contents(&self, kept: &Kept<FollowUp>) -> Result<Edition, Refusal> {
        if kept.value.stage == Stage::Published {
            return Edition::parse(&self.published_file(kept)?).map_err(|fault| broken(&fault));
        }
        let rashin = self.rashin()?;
        let faults = word_faults(rashin.plan(), &kept.value.passages);
        let sound = kept.value.passages.iter().enumerate();
        let sound = sound
            .filter(|(place, _)| faults.iter().all(|fault| fault.passage != *place))
            .map(|(_, passage)| passage.clone());
        self.made(&FollowUp {
            passages: sound.collect(),
            ..kept.value.clone()
        })
    }

    fn published_file(&self, kept: &Kept<FollowUp>) -> Result<Vec<u8>, Refusal> {
        let publication = kept.value.published.as_ref().ok_or_else(unknown)?;
        let owner = Name::new(MINISTRY).map_err(refused)?;
        let blob = self.store.blob(&owner, &publication.file).map_err(refused)?;
        Ok(blob.ok_or_else(unknown)?.bytes)
    }

    /// The edition of a follow-up as the books stand.
    fn made(&self, value: &FollowUp) -> Result<Edition, Refusal> {
        let rashin = self.rashin()?;
        let faults = word_faults(rashin.plan(), &value.passages);
        if let Some(fault) = faults.first() {
            let about = &value.passages[fault.passage].about;
            return Err(Refusal::new(
                "faulty-words",
                format!(
                    "直すところが {} か所あります。最初は「{about}」の文です: {}",
                    faults.len(),
                    fault.ja
                ),
                format!(
                    "{} places have to be mended; the first is in the words on `{about}`: {}",
                    faults.len(),
                    fault.en
                ),
            ));
        }
        let files = laid_over(rashin.files(), &value.passages)?;
        let plan = Plan::read(files.clone())
            .map_err(|faults| broken(&indicator::EditionFault::Plan(faults.to_string())))?;
        Ok(Edition::make(&plan, &files, value.fiscal_year, value.as_of))
    }
}

/// The plan's files with an edition's words among them.
fn laid_over(files: &Files, passages: &[Typed]) -> Result<Files, Refusal> {
    #[derive(Serialize)]
    struct Entries<'a> {
        passage: &'a [Typed],
    }
    if passages.is_empty() {
        return Ok(files.clone());
    }
    let text = toml::to_string(&Entries { passage: passages }).map_err(|error| {
        Refusal::new(
            "internal",
            format!("文を保存できる形にできませんでした（{error}）。"),
            format!("The words could not be written ({error})."),
        )
    })?;
    let texts = files
        .iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
    Ok(Files::from_texts(texts.chain([(PASSAGES.to_owned(), text)])))
}

fn word_faults(plan: &Plan, passages: &[Typed]) -> Vec<WordFault> {
    let mut faults = vec![];
    for (passage, typed) in passages.iter().enumerate() {
        if !plan.is_topic(&typed.about) {
            faults.push(WordFault {
                passage,
                lang: None,
                column: 1,
                quote: typed.about.clone(),
                ja: "計画にない項目についての文です。何についての文かを一覧から選んでください。".into(),
                en: "These words are about something that is not in the plan. Choose from the list.".into(),
            });
        }
        for (lang, text) in [(Lang::Ja, &typed.ja), (Lang::En, &typed.en)] {
            let mut put = |span: std::ops::Range<usize>, ja: String, en: String| {
                faults.push(WordFault {
                    passage,
                    lang: Some(lang.to_string()),
                    column: text
                        .get(..span.start)
                        .map_or(1, |before| before.chars().count() + 1),
                    quote: text.get(span).unwrap_or_default().to_owned(),
                    ja,
                    en,
                });
            };
            if text.trim().is_empty() {
                put(
                    0..0,
                    "文が空です。日本語と英語の両方を書いてください。".into(),
                    "The text is empty. Please write both languages.".into(),
                );
                continue;
            }
            for fault in plan.words(text).err().unwrap_or_default() {
                let (hint_ja, hint_en) = fault.hint.split_once(" / ").unwrap_or((&fault.hint, &fault.hint));
                put(
                    fault.span,
                    format!("{}{hint_ja}", fault.ja),
                    format!("{} {hint_en}", fault.en).trim_end().to_owned(),
                );
            }
        }
    }
    faults
}

fn too_long(text: &str) -> bool {
    text.chars().count() > LONGEST
}

/// A comment, an answer or a reason: something, and not too long.
fn said(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(
            "empty",
            "文が空です。内容を書いてください。",
            "The text is empty. Please write something.",
        ));
    }
    if too_long(text) {
        return Err(Refusal::new(
            "too-long",
            format!("{LONGEST} 字までで書いてください。"),
            format!("Please write at most {LONGEST} characters."),
        ));
    }
    Ok(())
}

fn closed() -> Refusal {
    Refusal::new(
        "closed",
        "この版では、その操作は今はできません。版のページで今の段階を確かめてください。",
        "This cannot be done with this edition now. Please see on its page how far it has come.",
    )
}
