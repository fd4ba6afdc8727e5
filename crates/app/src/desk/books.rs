//! The plan as it stands: its files with every approved observation laid over them as one more file, in the order of approval.
//!
//! Whatever is approved is proved by the plan's own reader first, so an edition pins it, an engine as of a day sees it, and a fault cannot
//! come into the books. The order of approval is one record, the ledger: of two approvals at once the later one is refused.

use std::sync::{Arc, PoisonError};

use plan::{Fault as Mistake, Files};
use serde::{Deserialize, Serialize};
use store::{Fault, Head, Name};
use vocab::Refusal;

use super::batch::{Batch, Entry};
use super::kept::refused;
use super::{Desk, Kept, Kind, MINISTRY, Which};
use crate::ask::Rashin;

/// The file of approved observations, among the plan's files.
const APPROVED: &str = "approved/observations.toml";

/// An opened plan and what it rests on.
pub(super) struct Books {
    head: Option<Head>,
    stand: Stand,
    rashin: Arc<Rashin>,
}

/// Which state of the ministry's records the books show; the plan is opened anew when it moves.
#[derive(Clone, PartialEq, Eq)]
struct Stand {
    /// Version of the ledger.
    ledger: u32,
    /// The edition that was published last.
    edition: Option<String>,
}

/// Approved batches, in the order of approval.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub batches: Vec<String>,
}

impl Kind for Ledger {
    const KIND: &'static str = "ledger";
}

impl Ledger {
    /// There is one ledger.
    pub const ID: &'static str = "books";
}

/// A mistake in one of the observations that were to be added.
pub(super) struct EntryFault {
    pub entry: usize,
    pub field: &'static str,
    pub ja: String,
    pub en: String,
}

impl Desk {
    /// The opened plan, opened anew if what it rests on changed.
    pub(super) fn open_books(&self) -> Result<Arc<Rashin>, Refusal> {
        let ministry = Name::new(MINISTRY).map_err(refused)?;
        let head = self.store.head(&ministry).map_err(refused)?;
        let kept = self.books.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(books) = kept.as_ref().filter(|books| books.head == head) {
            return Ok(Arc::clone(&books.rashin));
        }
        let before = kept
            .as_ref()
            .map(|books| (books.stand.clone(), Arc::clone(&books.rashin)));
        drop(kept);
        let ledger = self.ledger()?;
        let edition = self.last_published()?;
        let stand = Stand {
            ledger: ledger.version,
            edition: edition.as_ref().map(|kept| kept.id.clone()),
        };
        let rashin = match before {
            Some((same, rashin)) if same == stand => rashin,
            _ => {
                let rendered = rendered(&self.entries(&ledger.value)?)?;
                let rashin = Rashin::open(rendered.over(&self.files))
                    .map_err(|faults| refused(Fault::Corrupt(faults.to_string())))?;
                let edition = edition.map(|kept| self.contents(&kept)).transpose()?;
                Arc::new(rashin.with_edition(edition))
            }
        };
        *self.books.write().unwrap_or_else(PoisonError::into_inner) = Some(Books {
            head,
            stand,
            rashin: Arc::clone(&rashin),
        });
        Ok(rashin)
    }

    pub(super) fn ledger(&self) -> Result<Kept<Ledger>, Refusal> {
        let found = self.find::<Ledger>(MINISTRY, Ledger::ID)?;
        Ok(found.unwrap_or_else(|| Kept {
            owner: MINISTRY.into(),
            id: Ledger::ID.into(),
            version: 0,
            value: Ledger::default(),
        }))
    }

    /// Every approved observation, in the order of approval.
    pub(super) fn entries(&self, ledger: &Ledger) -> Result<Vec<Entry>, Refusal> {
        if ledger.batches.is_empty() {
            return Ok(vec![]);
        }
        let approved = self.all::<Batch>(&Which {
            owner: Some(MINISTRY),
            parent: None,
            state: Some("approved"),
        })?;
        let missing = |id: &String| refused(Fault::Corrupt(format!("ledger: {id}")));
        let mut entries = vec![];
        for id in &ledger.batches {
            let batch = approved
                .iter()
                .find(|batch| batch.id == *id)
                .ok_or_else(|| missing(id))?;
            let approval = batch.value.approval.as_ref().ok_or_else(|| missing(id))?;
            entries.extend(approval.entries.iter().cloned());
        }
        Ok(entries)
    }

    /// The plan as it would stand with more observations, or what is wrong with them.
    pub(super) fn proved(
        &self,
        approved: &[Entry],
        fresh: &[Entry],
    ) -> Result<Result<Rashin, Vec<EntryFault>>, Refusal> {
        let all: Vec<Entry> = approved.iter().chain(fresh).cloned().collect();
        let rendered = rendered(&all)?;
        let faults = match Rashin::open(rendered.over(&self.files)) {
            Ok(rashin) => return Ok(Ok(rashin)),
            Err(faults) => faults,
        };
        faults
            .list
            .iter()
            .map(|mistake| {
                rendered
                    .place(mistake)
                    .and_then(|(entry, field)| Some((entry.checked_sub(approved.len())?, field)))
                    .map(|(entry, field)| told(mistake, entry, field))
                    .ok_or_else(|| refused(Fault::Corrupt(faults.to_string())))
            })
            .collect::<Result<_, _>>()
            .map(Err)
    }
}

/// A plan file of observations, and where each begins in it.
struct Rendered {
    text: String,
    starts: Vec<usize>,
}

#[derive(Serialize)]
struct File<'a> {
    observation: [&'a Entry; 1],
}

/// Each entry goes through the serializer by itself, so that a fault's place tells whose it is whatever its words are.
fn rendered(entries: &[Entry]) -> Result<Rendered, Refusal> {
    let mut text = String::from("# Approved observations, in the order of approval.\n");
    let mut starts = vec![];
    for entry in entries {
        text.push('\n');
        starts.push(text.len());
        let one = toml::to_string(&File { observation: [entry] });
        text.push_str(&one.map_err(|error| refused(Fault::engine(error)))?);
    }
    Ok(Rendered { text, starts })
}

impl Rendered {
    /// The plan's files with this one; without it if nothing was approved yet.
    fn over(&self, files: &Files) -> Files {
        if self.starts.is_empty() {
            return files.clone();
        }
        files.clone().with(APPROVED, &self.text)
    }

    /// The entry and the field in which a mistake stands.
    fn place(&self, mistake: &Mistake) -> Option<(usize, &'static str)> {
        if mistake.file != APPROVED {
            return None;
        }
        let entry = self
            .starts
            .partition_point(|start| *start <= mistake.span.start)
            .checked_sub(1)?;
        let before = self.text.get(self.starts[entry]..mistake.span.start)?;
        let fields = Entry::FIELDS.iter().filter_map(|field| {
            let key = format!("\n{field} = ");
            before.rfind(&key).map(|at| (at, *field))
        });
        Some((entry, fields.max().map_or("series", |(_, field)| field)))
    }
}

/// A mistake in the words of a form.
fn told(mistake: &Mistake, entry: usize, field: &'static str) -> EntryFault {
    let (ja, en) = match (mistake.code, field) {
        // In the books a correction has its day and order by itself, so only the same form can say a thing twice.
        ("duplicate", _) => (
            "同じ系列・同じ時期の行がほかにもあります。どちらかを消してください。".into(),
            "Another row has the same series and period. Remove one of them.".into(),
        ),
        ("recorded-too-early", _) => (
            "まだ始まっていない年です。時期を確かめてください。".into(),
            "That year has not begun yet. Check the period.".into(),
        ),
        _ => {
            // Hints hold both languages, divided by ` / `; an example stands in one alone.
            let (hint_ja, hint_en) = mistake.hint.split_once(" / ").unwrap_or((&mistake.hint, ""));
            (
                format!("{}{hint_ja}", mistake.ja),
                format!("{} {hint_en}", mistake.en).trim_end().to_owned(),
            )
        }
    };
    EntryFault {
        entry,
        field: match field {
            // The day is ours; what does not fit it is the period.
            "recorded" | "order" => "period",
            other => other,
        },
        ja,
        en,
    }
}
