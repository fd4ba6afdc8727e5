//! A survey as the plan defines it: what is asked of whom, which totals it gives to which series, and how those are kept from giving an
//! answer away. It holds no answers and computes nothing.

use serde::Serialize;
use vocab::{Calendar, Number, Quantity, Unit};

use crate::model::{Formula, Text};

/// A survey that is repeated year by year.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Stable id.
    pub id: String,
    /// Name for those who are asked.
    pub title: Text,
    /// What it is for and how answers are treated.
    pub intro: Text,
    /// The indicator that rests on it.
    pub indicator: String,
    /// Whether a round speaks of a fiscal or a calendar year.
    pub calendar: Calendar,
    /// Source id of the observations that it gives.
    pub source: String,
    /// Section of the interim report.
    pub section: String,
    /// The question whose total is estimated.
    pub amount: String,
    /// The question that says how large a firm is.
    pub size: String,
    /// When a total may be published.
    pub disclosure: DisclosureParameters,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// Groups of firms, each with its own totals.
    pub parts: Vec<SurveyPart>,
}

/// The parameters of the disclosure rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisclosureParameters {
    /// Fewest contributors.
    pub minimum_frequency: u32,
    /// So many of the largest contributors …
    pub largest: u32,
    /// … hold at most this share of a total (0..=1).
    pub share: Number,
    /// No contributor may be bounded more closely than by this share of its value (0..=1).
    pub p: Number,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// Name of the field.
    pub name: String,
    /// What is asked, in short.
    pub title: Text,
    /// How to answer.
    pub help: Text,
    /// Unit of an answer that names none.
    pub unit: Unit,
    /// Whether an answer is not complete without it.
    pub required: bool,
}

/// A group of firms.
#[derive(Debug, Clone)]
pub struct SurveyPart {
    /// Name of the group.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// Size of the firms that are not asked and to which the estimate is extended, at the round's year.
    pub beyond: Option<Formula>,
    /// What is published.
    pub totals: Vec<SurveyTotal>,
}

/// A total that is published as an observation.
#[derive(Debug, Clone)]
pub struct SurveyTotal {
    /// Of what.
    pub of: TotalOf,
    /// Id of the series that it is an observation of.
    pub series: String,
    /// Finest rounding of a total of answers; none for what is exact.
    pub precision: Option<Quantity>,
}

/// What is added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TotalOf {
    /// The answers to a question: confidential one by one.
    Question(String),
    /// Firms that answered.
    Answered,
    /// Firms that were asked.
    Asked,
    /// Sizes of the firms that were asked, as known before the survey.
    FrameSize,
}

impl Survey {
    /// One question by name.
    pub fn question(&self, name: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.name == name)
    }

    /// One part by name.
    pub fn part(&self, name: &str) -> Option<&SurveyPart> {
        self.parts.iter().find(|part| part.name == name)
    }
}
