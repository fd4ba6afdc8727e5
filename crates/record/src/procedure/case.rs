//! A case and what has happened to it. Applying events needs no definition, so a case folds the same for ever, whatever becomes of its procedure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::in_japan;
use crate::value::Attachment;

/// One thing that has happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: By,
    /// What.
    pub what: What,
}

impl Event {
    /// The files that came with a message or note.
    pub fn files(&self) -> &[Attachment] {
        match &self.what {
            What::Said { files, .. } | What::Noted { files, .. } => files,
            What::Moved { .. } | What::Timed { .. } => &[],
        }
    }
}

/// By whom something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum By {
    /// By a clock whose time was over.
    Clock,
    /// By a person.
    Person {
        /// Their account; empty where whoever looks may not know.
        account: String,
        /// The organisation for which they acted.
        organisation: Option<String>,
        /// Whether they acted for the ministry.
        ministry: bool,
        /// The accounts of those in whose absence they acted, where they could not have done it as themselves.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deputy_for: Vec<String>,
    },
}

/// What can happen to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// It went from one state to another, or was opened.
    Moved {
        /// Id of the transition.
        transition: String,
        /// The state before; none where this opened the case.
        from: Option<String>,
        /// The state after.
        to: String,
        /// Why.
        reason: Option<String>,
        /// An opinion that dissents.
        dissent: Option<String>,
    },
    /// One of its clocks changed.
    Timed {
        /// Id of the clock.
        clock: String,
        /// How.
        change: Change,
    },
    /// One organisation and the counterpart of all of them spoke with each other.
    Said {
        /// The organisation, whichever of the two spoke.
        with: String,
        /// What was said.
        text: String,
        /// What was handed over.
        #[serde(with = "files")]
        files: Vec<Attachment>,
    },
    /// The ministry noted something for itself.
    Noted {
        /// What.
        text: String,
        /// Papers.
        #[serde(with = "files")]
        files: Vec<Attachment>,
    },
}

/// How a clock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It began, from nothing.
    Started,
    /// It stood still.
    Paused,
    /// It went on.
    Resumed,
    /// It ended.
    Stopped,
    /// It runs until this day begins, as the record says now.
    Until(Date),
}

/// A case as its events have made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Id of the procedure.
    pub procedure: String,
    /// Reference number.
    pub number: String,
    /// Id of the state, as it was called when the case came there; none until the case is opened.
    pub state: Option<String>,
    /// Since when it is there.
    pub since: Option<Timestamp>,
    /// Each clock's last run, by id of the clock.
    pub clocks: BTreeMap<String, Timer>,
    /// Everything that has happened, in order.
    pub history: Vec<Event>,
}

/// One run of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// The day on which it started.
    pub started: Date,
    /// When it stood still, in order; only the last may be open.
    pub pauses: Vec<Pause>,
    /// The day on which it stopped.
    pub stopped: Option<Date>,
    /// The day until which it runs, where the record says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A time in which a clock stood still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// From this day.
    pub from: Date,
    /// To this day; none while it lasts.
    pub to: Option<Date>,
}

impl Timer {
    /// Whether it has not stopped; it may stand still.
    pub const fn runs(&self) -> bool {
        self.stopped.is_none()
    }

    /// Whether it stands still.
    pub fn is_paused(&self) -> bool {
        self.runs() && self.pauses.last().is_some_and(|pause| pause.to.is_none())
    }

    fn change(&mut self, change: Change, day: Date) {
        let open = self.pauses.last_mut().filter(|pause| pause.to.is_none());
        match (change, open) {
            (Change::Paused, None) => self.pauses.push(Pause { from: day, to: None }),
            (Change::Resumed, Some(pause)) => pause.to = Some(day),
            (Change::Until(day), _) => self.until = Some(day),
            (Change::Stopped, pause) => {
                if let Some(pause) = pause {
                    pause.to = Some(day);
                }
                self.stopped = Some(day);
            }
            _ => {}
        }
    }
}

impl Case {
    /// A case that nobody has opened yet.
    pub fn new(procedure: impl Into<String>, number: impl Into<String>) -> Self {
        Self {
            procedure: procedure.into(),
            number: number.into(),
            state: None,
            since: None,
            clocks: BTreeMap::new(),
            history: vec![],
        }
    }

    /// How much has happened: what whoever writes has seen.
    pub const fn version(&self) -> usize {
        self.history.len()
    }

    /// Who opened it.
    pub fn author(&self) -> Option<&By> {
        self.history.first().map(|event| &event.by)
    }

    /// Whether one of these accounts has made one of these transitions, or somebody in its place.
    pub(super) fn has_made(&self, who: &[&String], transitions: &[String]) -> bool {
        self.history.iter().any(|event| match (&event.by, &event.what) {
            (
                By::Person {
                    account, deputy_for, ..
                },
                What::Moved { transition, .. },
            ) => {
                transitions.contains(transition)
                    && who.iter().any(|one| *one == account || deputy_for.contains(one))
            }
            _ => false,
        })
    }
}

/// The case after an event.
#[must_use]
pub fn apply(mut case: Case, event: &Event) -> Case {
    match &event.what {
        What::Moved { to, .. } => {
            case.state = Some(to.clone());
            case.since = Some(event.at);
        }
        What::Timed { clock, change } => {
            let day = in_japan(event.at).date();
            match (change, case.clocks.get_mut(clock)) {
                (Change::Started, _) => {
                    let timer = Timer {
                        started: day,
                        pauses: vec![],
                        stopped: None,
                        until: None,
                    };
                    case.clocks.insert(clock.clone(), timer);
                }
                (change, Some(timer)) if timer.runs() => timer.change(*change, day),
                _ => {}
            }
        }
        What::Said { .. } | What::Noted { .. } => {}
    }
    case.history.push(event.clone());
    case
}

/// Files as the body of a record has them.
mod files {
    use plan::Shape;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::body::{from_json, to_json};
    use crate::value::{Attachment, Value};

    pub fn serialize<S: Serializer>(files: &[Attachment], serializer: S) -> Result<S::Ok, S::Error> {
        let json: Vec<_> = files
            .iter()
            .map(|file| to_json(&Value::File(file.clone())))
            .collect();
        json.serialize(serializer)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<Attachment>, D::Error> {
        let shape = Shape::Attachment {
            types: vec![],
            megabytes: 0,
        };
        let json = Vec::<serde_json::Value>::deserialize(deserializer)?;
        json.iter()
            .map(|json| match from_json(&shape, json) {
                Ok(Value::File(file)) => Ok(file),
                Ok(_) => Err(D::Error::custom("not a file")),
                Err(refusal) => Err(D::Error::custom(refusal)),
            })
            .collect()
    }
}
