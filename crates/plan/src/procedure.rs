//! A procedure as the plan defines it: the states through which a case about a record goes, who may move it, what is needed and told, and the
//! clocks that run meanwhile. It holds no case, decides nothing and knows no calendar.

use serde::Serialize;
use vocab::Period;

use crate::kind::Clause;
use crate::model::Text;

/// Side effects that a transition may name; the program knows how each is done, once, however often it is tried.
///
/// `tell-holders`: hospitals that hold the product of the record are told what has changed for them. `run-gate`: the documents of a device are held
/// against the rules of the gate. `tell-answer`: hospitals are told what a maker says of a vulnerability. `tell-disclosed`: hospitals that hold the
/// products of the record are told what has become public about them.
pub const HOOKS: [&str; 4] = ["tell-holders", "run-gate", "tell-answer", "tell-disclosed"];

/// A procedure: how cases about records of one kind are dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Procedure {
    /// Stable id, also its address.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// What it is for.
    pub intro: Text,
    /// Section of the interim report, or the notice, on which it rests.
    pub section: String,
    /// Id of the kind of record that a case is about.
    pub kind: String,
    /// How cases are numbered.
    pub number: NumberPattern,
    /// With whom organisations speak.
    pub messages: Counterpart,
    /// Every state is reached by transitions, and a final one can be reached from it.
    pub states: Vec<State>,
    /// What can be done, in the order of the buttons.
    pub transitions: Vec<Transition>,
    /// What runs meanwhile.
    pub clocks: Vec<Clock>,
}

/// With whom the organisations that take part in a case speak; never with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counterpart {
    /// All of them with the ministry.
    #[default]
    Ministry,
    /// Parties with the organisation to which the record belongs.
    Owner,
}

impl Procedure {
    /// One state, by its id or by one that it had before.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states
            .iter()
            .find(|state| state.id == id || state.formerly.iter().any(|former| former == id))
    }

    /// One transition by id.
    pub fn transition(&self, id: &str) -> Option<&Transition> {
        self.transitions.iter().find(|transition| transition.id == id)
    }

    /// One clock by id.
    pub fn clock(&self, id: &str) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.id == id)
    }

    /// What can be done in a state; without one, what opens a case.
    pub fn leaving<'p>(&'p self, state: Option<&str>) -> impl Iterator<Item = &'p Transition> {
        let state = state.map(|id| self.state(id).map(|state| state.id.as_str()));
        self.transitions
            .iter()
            .filter(move |transition| match (state, transition.from.as_slice()) {
                (None, from) => from.is_empty(),
                (Some(state), from) => from.iter().any(|from| Some(from.as_str()) == state),
            })
    }
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Stable id.
    pub id: String,
    /// Its name, for those who take part.
    pub title: Text,
    /// What the public list says of such a case; a case in a state without it is not in that list.
    pub public: Option<Text>,
    /// Whether the case is over. Every clock stops.
    pub last: bool,
    /// Whether it is over because it was withdrawn.
    pub withdrawn: bool,
    /// Whether the record stays as it is for as long as the case is here, because somebody has judged it or is judging it: only steps change it.
    pub fixed: bool,
    /// Whose turn it is; empty only where the case is over.
    pub waits_for: Vec<Who>,
    /// Ids that it had before: cases that stand there stand here.
    pub formerly: Vec<String>,
}

/// Something that can be done with a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Stable id.
    pub id: String,
    /// The words on the button.
    pub title: Text,
    /// States in which it can be done; none for what opens a case.
    pub from: Vec<String>,
    /// The state that follows.
    pub to: String,
    /// Who may do it; nobody where a clock alone does.
    pub by: Vec<Who>,
    /// Four eyes: whoever did one of these transitions in the same case may not do this one.
    pub not_by: Vec<String>,
    /// Whether the record has to be complete.
    pub complete: bool,
    /// What else has to hold of the record.
    pub needs: Vec<Clause>,
    /// Whether a reason is given.
    pub reason: Reason,
    /// Whether an opinion that dissents may be written down.
    pub dissent: bool,
    /// Who is told what.
    pub tells: Vec<Tell>,
    /// What else is done: one of [`HOOKS`].
    pub hook: Option<&'static str>,
}

/// Whether a reason is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has to be.
    Required,
    /// It may be.
    Optional,
    /// There is none.
    None,
}

/// Who takes part in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever has this role, of [`crate::ROLES`].
    Role(&'static str),
    /// Members of the organisation to which the record belongs.
    Owner,
    /// Members of an organisation that the record names as a party.
    Party,
    /// Whoever opened the case.
    Author,
}

/// A message that follows from a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tell {
    /// To whom.
    pub who: Vec<Who>,
    /// What.
    pub text: Text,
    /// At once, and not with the day's other messages.
    pub urgent: bool,
}

/// A time within which something should happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// Stable id.
    pub id: String,
    /// What it measures.
    pub title: Text,
    /// It starts when the case enters one of these states and it does not run yet.
    pub starts_on: Vec<String>,
    /// It stops when the case enters one of these; where the same state starts it, it begins anew.
    pub stops_on: Vec<String>,
    /// It stands still while the case is in one of these.
    pub pauses_in: Vec<String>,
    /// It starts only if all of these hold of the record.
    pub when: Vec<Clause>,
    /// How long there is.
    pub length: Length,
    /// How many days of its own measure before the end those whose turn it is are reminded.
    pub remind_before: Option<u32>,
    /// Who is told when the time is over.
    pub escalate: Vec<Who>,
    /// The transition that is then made.
    pub late: Option<String>,
}

/// How long a clock runs. The day on which it starts does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Days of the calendar.
    Days(u32),
    /// Days on which the ministry is open.
    BusinessDays(u32),
    /// Whole months from the first of the next month.
    MonthsFromNext(u32),
    /// Until the day begins that stands in this field of the record: the day before is the last.
    Until(String),
    /// Until the end of the day that stands in this field of the record.
    Through(String),
}

impl Length {
    /// The field of the record that says the day; none of a length in days.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Until(field) | Self::Through(field) => Some(field),
            Self::Days(_) | Self::BusinessDays(_) | Self::MonthsFromNext(_) => None,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(field) = text.strip_prefix("through ") {
            return Some(Self::Through(field.to_owned()));
        }
        if let Some(field) = text.strip_prefix("until ") {
            return Some(Self::Until(field.to_owned()));
        }
        let (number, rest) = text.split_once(' ')?;
        let number = number.parse().ok().filter(|number| (1..=3660).contains(number))?;
        match rest {
            "days" => Some(Self::Days(number)),
            "business days" => Some(Self::BusinessDays(number)),
            "months from the first of the next month" if number <= 120 => Some(Self::MonthsFromNext(number)),
            _ => None,
        }
    }

    /// The least number of days that it can be; none where a record alone says so.
    pub(crate) const fn least_days(&self) -> Option<u32> {
        match self {
            Self::Days(days) | Self::BusinessDays(days) => Some(*days),
            Self::MonthsFromNext(months) => Some(*months * 28),
            Self::Until(_) | Self::Through(_) => None,
        }
    }
}

/// How cases are numbered, such as `SR-{fiscal_year}-{number:05}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberPattern {
    before: String,
    digits: usize,
    after: String,
}

impl NumberPattern {
    const YEAR: &str = "{fiscal_year}";

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (before, rest) = text.split_once("{number:0")?;
        let (digits, after) = rest.split_once('}')?;
        let digits = digits.parse().ok().filter(|digits| (1..=9).contains(digits))?;
        let plain = format!("{before}{after}").replacen(Self::YEAR, "", 1);
        let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        (plain.chars().all(good) && plain.starts_with(|c: char| c.is_ascii_uppercase())).then(|| Self {
            before: before.to_owned(),
            digits,
            after: after.to_owned(),
        })
    }

    /// Whether numbers begin anew each fiscal year.
    pub fn yearly(&self) -> bool {
        self.before.contains(Self::YEAR) || self.after.contains(Self::YEAR)
    }

    /// The number of a case.
    pub fn write(&self, year: Period, number: u64) -> String {
        let Self {
            before,
            digits,
            after,
        } = self;
        format!("{before}{number:0digits$}{after}").replace(Self::YEAR, &year.year.to_string())
    }
}
