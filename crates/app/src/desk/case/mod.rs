//! Cases: records that go their way through a procedure of the plan. A case belongs to its record and stands beside it; what may be done, what is due
//! and who is told follow from the procedure. Nothing here knows any one procedure: side effects are hooks, done later from the queue.

mod clocks;
mod list;
mod write;

use std::collections::BTreeSet;

use authz::{Action, Caller, Role, Subject as Of};
use jiff::Timestamp;
use jiff::civil::Date;
use plan::{Kind as Form, Procedure, Required, State, Text, Transition, Who};
use record::procedure::{
    Actor, By, Case, Channel, Choice, Command, Event, Subject, What as Happened, choices, due, history,
    involves_parties, listens, takes_part, waits_for,
};
use record::{Fault as RecordFault, Record};
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{Draft, Fault, Filter, Job, Key, Name, Test};
use vocab::Refusal;

use super::kept::{change, refused};
use super::named::Names;
use super::register::{Found, RecordState, drafted, fillable, takes_part_in, viewer};
use super::sent::{Controls, Sent};
use super::{Desk, Kept, Kind, Visit, unknown};
use crate::ask::Rashin;

pub use list::{CaseLine, CaseList, CaseQuery};
pub(super) use write::{Carried, Filed};

impl Kind for Case {
    const KIND: &'static str = "case";

    fn state(&self) -> Option<String> {
        self.state.clone()
    }
}

/// A case as somebody sees it.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    /// How it is dealt with.
    pub procedure: Procedure,
    /// Its reference number.
    pub number: String,
    /// Its version, to be sent back with what is done about it.
    pub version: u32,
    /// Where it stands; none until it is opened.
    pub state: Option<State>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Whether it is the turn of the one who asks.
    pub turn: bool,
    /// What has happened, the oldest first, as far as the one who asks may see it.
    pub history: Vec<Event>,
    /// What the one who asks can do.
    pub steps: Vec<CaseStep>,
    /// What runs.
    pub clocks: Vec<CaseClock>,
    /// The organisations whose conversation the one who asks can take part in: those with which it can speak, or its own.
    pub speaks: Vec<String>,
    /// Whether one says to which of them.
    pub chooses: bool,
    /// Whether the one who asks may write a note for the ministry.
    pub notes: bool,
}

/// Something that can be done with a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseStep {
    /// What.
    pub transition: Transition,
    /// What has to be filled in for it.
    pub missing: Vec<RecordFault>,
    /// The fields that it needs and that the one who asks may fill in with it.
    pub fill: Vec<String>,
}

/// How one clock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseClock {
    /// What it measures.
    pub title: Text,
    /// The last day; none while it stands still.
    pub by: Option<Date>,
    /// Days that are left, in its own measure; negative where it is over.
    pub left: i32,
    /// Whether its days are those on which the ministry is open.
    pub business: bool,
    /// Whether the time is over.
    pub overdue: bool,
}

/// What somebody does about a case, on the page that they saw.
#[derive(Debug, Clone)]
pub struct CaseAct<'a> {
    /// Id of the kind of the record.
    pub kind: &'a str,
    /// The organisation to which the record belongs.
    pub owner: &'a str,
    /// Id of the record.
    pub id: &'a str,
    /// The version of the case that was seen; 0 where there was none.
    pub version: u32,
    /// What is done.
    pub command: Command,
    /// What was filled in with it.
    pub controls: &'a [(String, String)],
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// It was done.
    Done,
    /// It was not: what has to be filled in, or is filled in wrongly.
    Faults(Vec<RecordFault>),
}

/// A case with all that it stands on.
pub(super) struct File<'p> {
    pub procedure: &'p Procedure,
    pub kind: &'p Form,
    pub owner: String,
    pub id: String,
    pub kept: Option<Kept<Case>>,
}

impl<'p> File<'p> {
    /// The file of a case that is kept; none of a procedure that the plan does not have any more.
    fn of(rashin: &'p Rashin, kept: &Kept<Case>) -> Option<Self> {
        let (procedure, kind, id) = about(rashin, kept)?;
        Some(Self {
            procedure,
            kind,
            owner: kept.owner.clone(),
            id: id.to_owned(),
            kept: Some(kept.clone()),
        })
    }

    fn subject<'a>(&'a self, record: &'a Record) -> Subject<'a> {
        Subject {
            procedure: self.procedure,
            kind: self.kind,
            owner: &self.owner,
            record,
        }
    }

    pub fn state(&self) -> Option<&State> {
        let case = &self.kept.as_ref()?.value;
        self.procedure.state(case.state.as_deref()?)
    }

    /// Refused as `fixed` while the record stays as it is, but for what a step changes.
    pub fn changeable(&self) -> Result<(), Refusal> {
        match self.state() {
            Some(state) if state.fixed => Err(Refusal::new(
                "fixed",
                format!(
                    "「{}」の間は、内容を変更できません。変更が必要なときは、手続きを前に戻してもらってください。",
                    state.title.ja
                ),
                format!(
                    "Nothing is changed while the case is “{}”. If it has to be, ask for the case to be taken back a step.",
                    state.title.en
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the procedure has something for one of the caller's roles to do, or for the organisation to which the record belongs.
    pub fn names(&self, caller: &Caller, owner: &str) -> bool {
        let Procedure {
            states,
            transitions,
            clocks,
            ..
        } = self.procedure;
        let waits = states.iter().flat_map(|state| &state.waits_for);
        let acts = transitions.iter().flat_map(|transition| &transition.by);
        let escalates = clocks.iter().flat_map(|clock| &clock.escalate);
        waits.chain(acts).chain(escalates).any(|who| match who {
            Who::Role(code) => Role::parse(code).is_some_and(|role| caller.is(role)),
            Who::Owner | Who::Author => caller.is(Role::Member) && caller.organisation == owner,
            Who::Party => false,
        })
    }

    /// Whether everybody may know that the case is there.
    pub fn is_public(&self) -> bool {
        self.state().is_some_and(|state| state.public.is_some())
    }

    /// Whether an organisation takes part because the record names it.
    pub fn involves(&self, record: &Record, organisation: &str) -> bool {
        self.kept
            .as_ref()
            .is_some_and(|kept| involves_parties(self.procedure, &kept.value))
            && record::parties(self.kind, record).contains(organisation)
    }

    fn case_id(&self) -> String {
        case_id(self.procedure, &self.id)
    }
}

fn case_id(procedure: &Procedure, id: &str) -> String {
    format!("{}.{id}", procedure.id)
}

fn actor(visit: &Visit) -> Actor {
    let lent = visit.caller.as_ref().and_then(|caller| caller.lent.as_ref());
    Actor::Person {
        account: visit.actor().to_owned(),
        viewer: viewer(visit),
        deputy_for: lent.map_or_else(Vec::new, |lent| lent.by.clone()),
    }
}

/// What somebody can do as themselves, and in the place of those for whom they stand in, in the order of the plan.
fn open_to<'p>(subject: &Subject<'p>, case: &Case, visit: &Visit) -> Vec<Choice<'p>> {
    let mut list = choices(subject, case, &actor(&visit.alone()));
    let own: Vec<String> = list.iter().map(|choice| choice.transition.id.clone()).collect();
    let lent = choices(subject, case, &actor(visit));
    list.extend(
        lent.into_iter()
            .filter(|choice| !own.contains(&choice.transition.id)),
    );
    list.sort_by_key(|choice| {
        subject
            .procedure
            .transitions
            .iter()
            .position(|one| one.id == choice.transition.id)
    });
    list
}

/// As whom somebody does something: as themselves wherever they can, else in the place of those for whom they stand in.
fn acting(visit: &Visit, file: &File<'_>, found: &Found, record: &Record, command: &Command) -> Actor {
    let alone = visit.alone();
    let own = match command {
        Command::Move { transition, .. } => {
            let blank = Case::new(&*file.procedure.id, "");
            let case = file.kept.as_ref().map_or(&blank, |kept| &kept.value);
            let own = choices(&file.subject(record), case, &actor(&alone));
            own.iter().any(|choice| choice.transition.id == *transition)
        }
        Command::Say { .. } | Command::Note { .. } => takes_part_in(&alone, file, found),
    };
    actor(if own { &alone } else { visit })
}

/// By what the one who asks is reached; nobody reaches the public.
pub(super) fn channels(visit: &Visit) -> Vec<String> {
    let Some(caller) = &visit.caller else {
        return vec![];
    };
    let listened = listens(&caller.account, &viewer(visit));
    listened.iter().map(Channel::to_string).collect()
}

impl Desk {
    /// The case of a record, whether or not it was opened; none where its kind goes through no procedure.
    pub(super) fn case_file<'p>(
        &self,
        rashin: &'p Rashin,
        kind: &'p Form,
        owner: &str,
        id: &str,
    ) -> Result<Option<File<'p>>, Refusal> {
        let Some(procedure) = rashin.plan().procedure_of(&kind.id) else {
            return Ok(None);
        };
        let kept = self.find::<Case>(owner, &case_id(procedure, id))?;
        Ok(Some(File {
            procedure,
            kind,
            owner: owner.to_owned(),
            id: id.to_owned(),
            kept,
        }))
    }

    /// A case as the one who asks, who takes part in it, sees it.
    pub(super) fn case_view(visit: &Visit, rashin: &Rashin, file: &File<'_>, found: &Found) -> CaseView {
        let subject = file.subject(&found.record);
        let blank = Case::new(&*file.procedure.id, "");
        let case = file.kept.as_ref().map_or(&blank, |kept| &kept.value);
        let actor = actor(visit);
        let viewer = viewer(visit);
        let filled = fillable(visit, file.kind, found);
        let step = |choice: Choice<'_>| CaseStep {
            fill: needed(choice.transition, file.kind, &filled),
            transition: choice.transition.clone(),
            missing: choice.missing,
        };
        let filed = found.state() == RecordState::Filed;
        let open = case.state.is_some() && filed;
        let own = viewer.organisation.clone().unwrap_or_default();
        let part: BTreeSet<String> = takes_part(&subject, case)
            .into_iter()
            .filter_map(|channel| match channel {
                Channel::Organisation(id) => Some(id),
                _ => None,
            })
            .collect();
        let ministry = visit.caller.as_ref().is_some_and(|caller| {
            caller
                .roles
                .iter()
                .any(|role| plan::MINISTRY.contains(&role.code()))
        });
        let of_owner = file.procedure.messages == plan::Counterpart::Owner;
        let asks = if of_owner { own == file.owner } else { ministry };
        let others = part.into_iter().filter(|one| !of_owner || *one != file.owner);
        let speaks = others.filter(|one| asks || *one == own).collect();
        CaseView {
            procedure: file.procedure.clone(),
            number: case.number.clone(),
            version: file.kept.as_ref().map_or(0, |kept| kept.version),
            state: file.state().cloned(),
            since: case.since,
            turn: waits_for(&subject, case, &actor),
            history: history(&subject, case, &viewer),
            steps: if filed {
                open_to(&subject, case, visit).into_iter().map(step).collect()
            } else {
                vec![]
            },
            clocks: due(file.procedure, case, visit.today(), rashin.calendar())
                .into_iter()
                .map(|due| CaseClock {
                    title: due.clock.title.clone(),
                    by: due.by,
                    left: due.left,
                    business: matches!(due.clock.length, plan::Length::BusinessDays(_)),
                    overdue: due.overdue,
                })
                .collect(),
            speaks: if open { speaks } else { vec![] },
            chooses: open && asks,
            notes: open && ministry,
        }
    }

    /// Does something about a case: moves it, says or notes something. What was filled in with it becomes the record's next version in the same
    /// change.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `conflict` if somebody else was first, and why the procedure does not allow it.
    pub fn act(&self, visit: &Visit, act: &CaseAct<'_>) -> Result<Acted, Refusal> {
        self.act_again(visit, act, || Sent::Form(act.controls))
    }

    /// What is said stands beside what others say at the same moment: whoever was second says it again at once.
    fn act_again<'s>(
        &self,
        visit: &Visit,
        act: &CaseAct<'_>,
        sent: impl Fn() -> Sent<'s>,
    ) -> Result<Acted, Refusal> {
        const TRIES: usize = 20;
        let is_word = !matches!(act.command, Command::Move { .. });
        let mut tries = 0;
        loop {
            tries += 1;
            match self.act_on(visit, act, sent()) {
                Err(refusal) if refusal.kind == "conflict" && is_word && tries < TRIES => {}
                done => return done,
            }
        }
    }

    /// Whether a case has moved since somebody saw it; what was said and noted meanwhile moves nothing.
    fn has_moved(&self, file: &File<'_>, seen: u32) -> Result<bool, Refusal> {
        let moves = |case: &Case| {
            let moved = case
                .history
                .iter()
                .filter(|event| matches!(event.what, Happened::Moved { .. }));
            moved.count()
        };
        let Some(now) = &file.kept else {
            return Ok(seen != 0);
        };
        if now.version == seen {
            return Ok(false);
        }
        let before = self.history::<Case>(&file.owner, &file.case_id())?;
        let before = before.into_iter().find(|kept| kept.version == seen);
        Ok(before.is_none_or(|before| moves(&before.value) != moves(&now.value)))
    }

    /// The same with answers that a program sends, by name of field. What is sent and the step does not ask for is a fault.
    ///
    /// # Errors
    /// As [`Desk::act`].
    pub fn act_with_fields(
        &self,
        visit: &Visit,
        act: &CaseAct<'_>,
        fields: &Map<String, Value>,
    ) -> Result<Acted, Refusal> {
        self.act_again(visit, act, || Sent::Fields(fields))
    }

    fn act_on(&self, visit: &Visit, act: &CaseAct<'_>, sent: Sent<'_>) -> Result<Acted, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(act.kind).ok_or_else(unknown)?;
        let found = self.seen_record(visit, &rashin, kind, act.owner, act.id)?;
        let file = self
            .case_file(&rashin, kind, act.owner, act.id)?
            .ok_or_else(unknown)?;
        Self::authorise(visit, Action::KeepCases, Of::of(act.owner))?;
        // Whoever sees it as the public does takes no part in it.
        if found.state() != RecordState::Filed || !takes_part_in(visit, &file, &found) {
            return Err(unknown());
        }
        let is_move = matches!(act.command, Command::Move { .. });
        if is_move && self.has_moved(&file, act.version)? {
            let seen = file.kept.as_ref().map_or(0, |kept| kept.version);
            return Err(refused(Fault::Conflict {
                key: Key::new(act.owner, Case::KIND, file.case_id()).map_err(refused)?,
                expected: act.version,
                found: seen,
            }));
        }
        if !is_move && is_repeated(visit, &file, act) {
            return Ok(Acted::Done);
        }
        let mut drafts = vec![];
        let mut record = found.record.clone();
        if let Command::Move { transition, .. } = &act.command
            && let Some(transition) = file.procedure.transition(transition)
        {
            let fill = needed(transition, kind, &fillable(visit, kind, &found));
            let mut controls = sent.controls(kind);
            let mut list = controls.list.to_vec();
            let about = (&*found.owner, &found.record);
            let unnamed = self.named_by_id(visit, kind, about, &mut list, &mut Names::default())?;
            controls.list = list.into();
            let (typed, faults) = filled(kind, &found, &fill, &controls, unnamed);
            if !faults.is_empty() {
                return Ok(Acted::Faults(faults));
            }
            if typed != found.record {
                let before = record::complete(kind, &found.record);
                let mut faults = record::complete(kind, &typed);
                faults.retain(|fault| !before.contains(fault));
                faults.extend(self.broken_links(visit, kind, (act.owner, Some(act.id)), &typed)?);
                faults.extend(self.broken_files(visit, act.owner, &found.record, &typed)?);
                if !faults.is_empty() {
                    return Ok(Acted::Faults(faults));
                }
                drafts.push(drafted(
                    visit,
                    kind,
                    act.owner,
                    act.id,
                    found.version,
                    RecordState::Filed,
                    &typed,
                )?);
                record = typed;
            }
            let blank = Case::new(&*file.procedure.id, "");
            let case = file.kept.as_ref().map_or(&blank, |kept| &kept.value);
            let chosen = open_to(&file.subject(&record), case, visit)
                .into_iter()
                .find(|choice| choice.transition.id == transition.id);
            if let Some(choice) = chosen.filter(|choice| !choice.missing.is_empty()) {
                return Ok(Acted::Faults(choice.missing));
            }
        }
        if let Command::Say { files, .. } | Command::Note { files, .. } = &act.command {
            self.files_arrived(visit, act.owner, files)?;
        }
        let acting = acting(visit, &file, &found, &record, &act.command);
        let carried = self.carry(visit, &rashin, &file, &record, &acting, &act.command)?;
        drafts.extend(carried.drafts);
        let what = match &act.command {
            Command::Move { transition, .. } => transition.as_str(),
            Command::Say { .. } => "say",
            Command::Note { .. } => "note",
        };
        let detail = visit.signed(json!({ "kind": kind.id, "record": act.id, "what": what }));
        self.commit_case(visit.at, visit.actor(), act.owner, detail, drafts, carried.jobs)?;
        Ok(Acted::Done)
    }

    /// What is written when the program itself makes a transition on a record's case, as the ministry may; nothing where the case does not
    /// stand where that can be done.
    pub(super) fn moved_on(
        &self,
        visit: &Visit,
        rashin: &Rashin,
        found: (&Form, &str, &str),
        record: &Record,
        transition: &str,
    ) -> Result<Option<Carried>, Refusal> {
        let (kind, owner, id) = found;
        let Some(file) = self.case_file(rashin, kind, owner, id)? else {
            return Ok(None);
        };
        let state = file.state().map(|state| state.id.as_str());
        if !file.procedure.leaving(state).any(|one| one.id == transition) {
            return Ok(None);
        }
        let command = Command::Move {
            transition: transition.to_owned(),
            reason: String::new(),
            dissent: String::new(),
        };
        self.carry(visit, rashin, &file, record, &actor(visit), &command)
            .map(Some)
    }

    fn commit_case(
        &self,
        at: Timestamp,
        actor: &str,
        owner: &str,
        detail: Value,
        drafts: Vec<Draft>,
        jobs: Vec<Job>,
    ) -> Result<(), Refusal> {
        let change = change((at, actor, Action::KeepCases), owner, detail, drafts, jobs)?;
        self.store.commit(&change).map_err(refused)?;
        self.supply_changed();
        Ok(())
    }
}

/// Whether somebody has just said the same from the same page, as whoever presses a button twice does.
fn is_repeated(visit: &Visit, file: &File<'_>, act: &CaseAct<'_>) -> bool {
    const JUST: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
    let Some(kept) = file.kept.as_ref().filter(|kept| kept.version != act.version) else {
        return false;
    };
    let own = |event: &Event| {
        let by_them = matches!(&event.by, By::Person { account, .. } if account == visit.actor());
        by_them && visit.at.duration_since(event.at).abs() <= JUST
    };
    let mut recent = kept.value.history.iter().rev().take_while(|event| own(event));
    recent.any(|event| match (&event.what, &act.command) {
        (
            Happened::Said { text, files, .. },
            Command::Say {
                text: said,
                files: given,
                ..
            },
        )
        | (
            Happened::Noted { text, files },
            Command::Note {
                text: said,
                files: given,
            },
        ) => text == said && files == given,
        _ => false,
    })
}

/// The procedure of a case, the kind of its record and the record's id; none of what the plan does not have any more.
pub(super) fn about<'p, 'k>(
    rashin: &'p Rashin,
    kept: &'k Kept<Case>,
) -> Option<(&'p Procedure, &'p Form, &'k str)> {
    let procedure = rashin.plan().procedure(&kept.value.procedure)?;
    let id = kept.id.strip_prefix(&procedure.id)?.strip_prefix('.')?;
    Some((procedure, rashin.plan().kind(&procedure.kind)?, id))
}

/// The fields that a transition needs, of those that somebody fills in, each followed by those that its answer may call for.
fn needed(transition: &Transition, kind: &Form, filled: &BTreeSet<&str>) -> Vec<String> {
    let needs: BTreeSet<&str> = transition
        .needs
        .iter()
        .map(|clause| clause.field.as_str())
        .collect();
    let calls_for = |field: &&plan::Field| match &field.required {
        Required::When(clauses) => clauses.iter().any(|clause| needs.contains(clause.field.as_str())),
        Required::No | Required::Always => false,
    };
    let called = kind.fields.iter().filter(calls_for);
    let called: Vec<&str> = called.map(|field| field.name.as_str()).collect();
    let mut fields: Vec<&str> = needs.into_iter().chain(called).collect();
    let mut seen = BTreeSet::new();
    fields.retain(|field| filled.contains(field) && seen.insert(*field));
    fields.into_iter().map(str::to_owned).collect()
}

/// The record with what was typed into these fields, and what is wrong with them. A field that was not on the form stays as it was.
fn filled(
    kind: &Form,
    found: &Found,
    fill: &[String],
    controls: &Controls<'_>,
    unnamed: Vec<RecordFault>,
) -> (Record, Vec<RecordFault>) {
    let sent = |field: &&str| {
        let inside = |name: &str| {
            name.strip_prefix(field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        controls.list.iter().any(|(name, _)| inside(name))
    };
    let shown: BTreeSet<&str> = fill.iter().map(String::as_str).filter(sent).collect();
    let typed = record::read_form(kind, &controls.list, record::Completeness::Draft);
    let read = [unnamed, typed.faults].concat();
    let faults = controls.faults(kind, &shown, read, &typed.record, &Record::default());
    (record::keep_unseen(&found.record, typed.record, &shown), faults)
}

pub(super) fn filter(field: &str, test: Test) -> Result<Filter, Refusal> {
    Ok(Filter {
        field: Name::new(field).map_err(refused)?,
        test,
    })
}
