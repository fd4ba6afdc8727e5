//! A command on a case becomes events, or a refusal that says what to do. The definition alone says what can be done; here it is held to.

use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Clock, Counterpart, FILE_TYPES, Reason, Shape, Transition};
use vocab::Refusal;

use super::case::{Case, Change, Event, Timer, What, apply};
use super::choice::{missing, saw_it_before};
use super::due::due;
use super::who::{Actor, Subject};
use crate::calendar::{Calendar, in_japan};
use crate::check::{holds, too_many};
use crate::sight::{answers_for, of_the_ministry};
use crate::value::{Attachment, Value};

/// The most files of one message.
const FILES: usize = 10;
/// The largest file of a message, in megabytes.
const MEGABYTES: u32 = 20;
/// So many fields are named where some are missing.
const NAMED: usize = 3;

/// What somebody wants to do with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make a transition.
    Move {
        /// Its id.
        transition: String,
        /// Why.
        reason: String,
        /// An opinion that dissents.
        dissent: String,
    },
    /// Speak: an organisation with the counterpart of all, or that one with it.
    Say {
        /// The organisation; that of whoever speaks where the counterpart does not.
        with: Option<String>,
        /// What.
        text: String,
        /// Files; the caller has proved that they are there and are what they are said to be.
        files: Vec<Attachment>,
    },
    /// Note something for the ministry alone.
    Note {
        /// What.
        text: String,
        /// Files, as above.
        files: Vec<Attachment>,
    },
}

/// What happens by a command, in order.
///
/// # Errors
/// Why it cannot be done, and what to do.
pub fn decide(
    subject: &Subject<'_>,
    case: &Case,
    actor: &Actor,
    command: &Command,
    at: Timestamp,
    calendar: &Calendar,
) -> Result<Vec<Event>, Refusal> {
    // A clock that was set back does not turn a case around.
    let at = case.history.last().map_or(at, |last| at.max(last.at));
    let happened = match command {
        Command::Move {
            transition,
            reason,
            dissent,
        } => {
            let transition = subject
                .procedure
                .transition(transition)
                .ok_or_else(no_transition)?;
            may(subject, case, actor, transition, in_japan(at).date(), calendar)?;
            ready(subject, transition)?;
            let reason = reason_of(transition, reason)?;
            let dissent = dissent_of(transition, dissent)?;
            moved(subject, case, transition, reason, dissent)
        }
        Command::Say { with, text, files } => {
            let with = listener(subject, case, actor, with.as_deref())?;
            let (text, files) = words(text, files)?;
            vec![What::Said { with, text, files }]
        }
        Command::Note { text, files } => {
            noting(case, actor)?;
            let (text, files) = words(text, files)?;
            vec![What::Noted { text, files }]
        }
    };
    let by = actor.by();
    let event = |what| Event {
        at,
        by: by.clone(),
        what,
    };
    let mut events: Vec<Event> = happened.into_iter().map(event).collect();
    let after = events.iter().fold(case.clone(), apply);
    events.extend(follow(subject, &after, actor, at));
    Ok(events)
}

/// What becomes of the clocks that run until a day of the record, now that the record says what it says.
pub fn follow(subject: &Subject<'_>, case: &Case, actor: &Actor, at: Timestamp) -> Vec<Event> {
    let at = case.history.last().map_or(at, |last| at.max(last.at));
    let set = |clock: &Clock| {
        let field = clock.length.field()?;
        let timer = case.clocks.get(&clock.id).filter(|timer| timer.runs())?;
        let Some(Value::Date(day)) = subject.record.fields.get(field) else {
            return None;
        };
        (timer.until != Some(*day)).then(|| Event {
            at,
            by: actor.by(),
            what: What::Timed {
                clock: clock.id.clone(),
                change: Change::Until(*day),
            },
        })
    };
    subject.procedure.clocks.iter().filter_map(set).collect()
}

/// Whether somebody may make a transition now.
fn may(
    subject: &Subject<'_>,
    case: &Case,
    actor: &Actor,
    transition: &Transition,
    today: Date,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let granted = match actor {
        Actor::Clock => due(subject.procedure, case, today, calendar)
            .iter()
            .any(|due| due.overdue && due.clock.late.as_ref() == Some(&transition.id)),
        Actor::Person { .. } => subject.takes_part(case, actor, &transition.by),
    };
    if !granted {
        return Err(not_yours());
    }
    let state = case.state.as_deref();
    if !subject
        .procedure
        .leaving(state)
        .any(|one| one.id == transition.id)
    {
        return Err(moved_on(subject, case, transition));
    }
    if saw_it_before(case, actor, transition) {
        return Err(Refusal::new(
            "four_eyes",
            "この件の前の手続きをした人は、続けてこの操作をすることはできません。ほかの担当者に依頼してください。",
            "Whoever did the step before cannot do this one. Ask somebody else.",
        ));
    }
    Ok(())
}

/// Whether the record has what a transition needs.
fn ready(subject: &Subject<'_>, transition: &Transition) -> Result<(), Refusal> {
    let missing = missing(subject, transition);
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.iter().take(NAMED);
    let (mut ja, mut en): (Vec<_>, Vec<_>) = named.map(|fault| (fault.ja.clone(), fault.en.clone())).unzip();
    if let Some(more) = missing.len().checked_sub(NAMED).filter(|more| *more > 0) {
        ja.push(format!("ほかに{more}件あります。"));
        en.push(format!("There are {more} more."));
    }
    Err(Refusal::new("incomplete", ja.concat(), en.join(" ")))
}

fn reason_of(transition: &Transition, reason: &str) -> Result<Option<String>, Refusal> {
    match (given(reason)?, transition.reason) {
        (None, Reason::Required) => Err(Refusal::new(
            "reason",
            "理由を入力してください。",
            "Enter the reason.",
        )),
        (Some(_), Reason::None) => Err(Refusal::new(
            "reason",
            "この操作に理由は書けません。メッセージで伝えてください。",
            "This step takes no reason. Send a message instead.",
        )),
        (reason, _) => Ok(reason),
    }
}

fn dissent_of(transition: &Transition, dissent: &str) -> Result<Option<String>, Refusal> {
    match given(dissent)? {
        Some(_) if !transition.dissent => Err(Refusal::new(
            "dissent",
            "この操作に少数意見は書けません。",
            "This step takes no dissenting opinion.",
        )),
        dissent => Ok(dissent),
    }
}

/// Words that may be left out.
fn given(text: &str) -> Result<Option<String>, Refusal> {
    if text.trim().is_empty() {
        Ok(None)
    } else {
        Shape::LongText.normal(text).map(Some)
    }
}

fn words(text: &str, files: &[Attachment]) -> Result<(String, Vec<Attachment>), Refusal> {
    if files.len() > FILES {
        return Err(too_many(FILES));
    }
    let types = FILE_TYPES.map(|(name, _)| name);
    let files = files.iter().map(|file| file.clone().taken(&types, MEGABYTES));
    Ok((Shape::LongText.normal(text)?, files.collect::<Result<_, _>>()?))
}

/// What a file of a message or note has to be.
pub fn message_file() -> Shape {
    Shape::Attachment {
        types: FILE_TYPES.map(|(name, _)| name).to_vec(),
        megabytes: MEGABYTES,
    }
}

/// The organisation of a conversation, beside the one with whom all of them speak.
fn listener(
    subject: &Subject<'_>,
    case: &Case,
    actor: &Actor,
    with: Option<&str>,
) -> Result<String, Refusal> {
    let Actor::Person { viewer, .. } = actor else {
        return Err(not_yours());
    };
    let of_owner = subject.procedure.messages == Counterpart::Owner;
    let takes_part = |one: &str| {
        if of_owner {
            one != subject.owner && subject.names(case, one)
        } else {
            one == subject.owner || subject.names(case, one)
        }
    };
    let own = answers_for(viewer);
    let asks = if of_owner {
        own == Some(subject.owner)
    } else {
        of_the_ministry(viewer)
    };
    let own = own.filter(|one| viewer.party || takes_part(one));
    let with = match (asks, own, with) {
        (true, _, Some(with)) if takes_part(with) => with,
        (true, _, _) => return Err(no_listener(subject.procedure.messages)),
        (false, Some(own), with) if with.is_none_or(|with| with == own) => own,
        (false, ..) => return Err(not_yours()),
    };
    opened(case)?;
    Ok(with.to_owned())
}

fn no_listener(messages: Counterpart) -> Refusal {
    let (ja, en) = match messages {
        Counterpart::Ministry => (
            "相手の組織を選んでください。記録の持ち主か、関係者とされた組織に送れます。",
            "Choose the organisation: the one to which the record belongs, or one that it names as a party.",
        ),
        Counterpart::Owner => (
            "相手の組織を選んでください。関係者とされた組織に、その順番が来てから送れます。",
            "Choose the organisation: one that the record names as a party, once it is its turn.",
        ),
    };
    Refusal::new("with", ja, en)
}

fn noting(case: &Case, actor: &Actor) -> Result<(), Refusal> {
    match actor {
        Actor::Person { viewer, .. } if of_the_ministry(viewer) => opened(case),
        _ => Err(not_yours()),
    }
}

fn opened(case: &Case) -> Result<(), Refusal> {
    if case.state.is_some() {
        return Ok(());
    }
    Err(Refusal::new(
        "not_opened",
        "まだ提出されていません。先に提出してください。",
        "This has not been handed in yet. Hand it in first.",
    ))
}

fn moved(
    subject: &Subject<'_>,
    case: &Case,
    transition: &Transition,
    reason: Option<String>,
    dissent: Option<String>,
) -> Vec<What> {
    let mut happened = vec![What::Moved {
        transition: transition.id.clone(),
        from: case.state.clone(),
        to: transition.to.clone(),
        reason,
        dissent,
    }];
    let last = subject
        .procedure
        .state(&transition.to)
        .is_some_and(|state| state.last);
    for clock in &subject.procedure.clocks {
        let timer = case.clocks.get(&clock.id).filter(|timer| timer.runs());
        for change in changes(subject, clock, timer, &transition.to, last) {
            let clock = clock.id.clone();
            happened.push(What::Timed { clock, change });
        }
    }
    happened
}

/// What entering a state does to a clock.
fn changes(subject: &Subject<'_>, clock: &Clock, timer: Option<&Timer>, to: &str, last: bool) -> Vec<Change> {
    let within = |states: &[String]| states.iter().any(|state| state == to);
    let mut changes = vec![];
    let mut paused = timer.map(Timer::is_paused);
    if paused.is_some() && (last || within(&clock.stops_on)) {
        changes.push(Change::Stopped);
        paused = None;
    }
    let applies = || {
        let fields = &subject.record.fields;
        clock
            .when
            .iter()
            .all(|clause| holds(fields.get(&clause.field), &clause.test))
    };
    if paused.is_none() && !last && within(&clock.starts_on) && applies() {
        changes.push(Change::Started);
        paused = Some(false);
    }
    match (paused, within(&clock.pauses_in)) {
        (Some(false), true) => changes.push(Change::Paused),
        (Some(true), false) => changes.push(Change::Resumed),
        _ => {}
    }
    changes
}

fn no_transition() -> Refusal {
    Refusal::new(
        "no_transition",
        "この操作はありません。画面を開き直してください。",
        "There is no such step. Open the page again.",
    )
}

fn not_yours() -> Refusal {
    Refusal::new(
        "not_yours",
        "この操作をする権限がありません。担当者に確かめてください。",
        "You may not do this. Ask those in charge.",
    )
}

fn moved_on(subject: &Subject<'_>, case: &Case, transition: &Transition) -> Refusal {
    let state = case.state.as_deref().and_then(|id| subject.procedure.state(id));
    let Some(state) = state else {
        return opened(case).err().unwrap_or_else(no_transition);
    };
    Refusal::new(
        "moved_on",
        format!(
            "今は「{}」のため、「{}」はできません。画面を開き直して確かめてください。",
            state.title.ja, transition.title.ja
        ),
        format!(
            "The case is now “{}”, where “{}” cannot be done. Open the page again.",
            state.title.en, transition.title.en
        ),
    )
}
