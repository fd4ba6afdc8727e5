//! Who is told what by an event. How it reaches them, at once or with the day's other messages, is the caller's business.

use std::collections::BTreeSet;

use plan::{Counterpart, MINISTRY, Procedure, Text, Who};

use super::case::{By, Case, Event, What};

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub who: Vec<Recipient>,
    /// What; the number of the case and the name of the record are told with it.
    pub text: Text,
    /// At once.
    pub urgent: bool,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Those whom the plan names.
    Who(Who),
    /// Members of one organisation.
    Organisation(String),
}

/// What follows from an event; `case` is the case after it.
pub fn tells(procedure: &Procedure, case: &Case, event: &Event) -> Vec<Notice> {
    match &event.what {
        What::Moved { transition, .. } => procedure
            .transition(transition)
            .into_iter()
            .flat_map(|transition| &transition.tells)
            .map(|tell| Notice {
                who: tell.who.iter().copied().map(Recipient::Who).collect(),
                text: tell.text.clone(),
                urgent: tell.urgent,
            })
            .collect(),
        What::Said { with, .. } => {
            let by_itself = match &event.by {
                By::Person {
                    organisation,
                    ministry,
                    ..
                } => !ministry && organisation.as_ref() == Some(with),
                By::Clock => false,
            };
            let who = match (by_itself, procedure.messages) {
                (false, _) => vec![Recipient::Organisation(with.clone())],
                (true, Counterpart::Owner) => vec![Recipient::Who(Who::Owner)],
                (true, Counterpart::Ministry) => {
                    desk(procedure, case).into_iter().map(Recipient::Who).collect()
                }
            };
            let text = Text {
                ja: "メッセージが届いています。".to_owned(),
                en: "There is a message for you.".to_owned(),
            };
            vec![Notice {
                who,
                text,
                urgent: false,
            }]
        }
        What::Timed { .. } | What::Noted { .. } => vec![],
    }
}

/// Those of the ministry who can do something with the case as it stands; where nobody can, those who deal with such cases at all.
fn desk(procedure: &Procedure, case: &Case) -> Vec<Who> {
    let of_the_ministry = |who: &&Who| matches!(who, Who::Role(role) if MINISTRY.contains(role));
    let now = procedure.leaving(case.state.as_deref()).flat_map(|one| &one.by);
    let mut desk: BTreeSet<Who> = now.filter(of_the_ministry).copied().collect();
    if desk.is_empty() {
        let ever = procedure.transitions.iter().flat_map(|one| &one.by);
        desk = ever.filter(of_the_ministry).copied().collect();
    }
    desk.into_iter().collect()
}
