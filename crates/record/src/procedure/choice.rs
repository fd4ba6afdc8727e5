//! What somebody can do with a case as it stands, what each of it still needs, and whether it is their turn: the buttons of a page, and today's work.

use plan::{Clause, Shape, Test, Transition, Who};
use vocab::{Lang, Refusal};

use super::case::Case;
use super::channel::has_answered;
use super::who::{Actor, Subject};
use crate::check::{complete, holds};
use crate::fault::{Fault, Place};
use crate::show::show;
use crate::value::Value;

/// Something that can be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<'p> {
    /// What.
    pub transition: &'p Transition,
    /// What has to be filled in before.
    pub missing: Vec<Fault>,
}

/// What somebody can do, in the order of the plan. What they may not do is not there.
pub fn choices<'p>(subject: &Subject<'p>, case: &Case, actor: &Actor) -> Vec<Choice<'p>> {
    subject
        .procedure
        .leaving(case.state.as_deref())
        .filter(|transition| subject.takes_part(case, actor, &transition.by))
        .filter(|transition| !saw_it_before(case, actor, transition))
        .map(|transition| Choice {
            transition,
            missing: missing(subject, transition),
        })
        .collect()
}

/// Whether it is somebody's turn: what stands in their work of today.
pub fn waits_for(subject: &Subject<'_>, case: &Case, actor: &Actor) -> bool {
    let state = case.state.as_deref().and_then(|id| subject.procedure.state(id));
    let Some(state) = state else { return false };
    let mut who = state.waits_for.clone();
    if let Actor::Person { viewer, .. } = actor
        && let Some(own) = viewer.organisation.as_deref()
        && has_answered(subject, case, own)
    {
        who.retain(|who| *who != Who::Party);
    }
    subject.takes_part(case, actor, &who)
}

/// Whether four eyes would be two: somebody has done what another has to look at.
pub(super) fn saw_it_before(case: &Case, actor: &Actor, transition: &Transition) -> bool {
    let Actor::Person {
        account, deputy_for, ..
    } = actor
    else {
        return false;
    };
    let those: Vec<&String> = std::iter::once(account).chain(deputy_for).collect();
    case.has_made(&those, &transition.not_by)
}

/// What has to be filled in before a transition, in the order of the fields.
pub(super) fn missing(subject: &Subject<'_>, transition: &Transition) -> Vec<Fault> {
    let mut faults = if transition.complete {
        complete(subject.kind, subject.record)
    } else {
        vec![]
    };
    for clause in &transition.needs {
        let told = faults.iter().any(|fault| fault.name == clause.field);
        if !told && !holds(subject.record.fields.get(&clause.field), &clause.test) {
            faults.push(needed(subject, clause));
        }
    }
    let order = |fault: &Fault| {
        subject
            .kind
            .fields
            .iter()
            .position(|field| field.name == fault.field)
    };
    faults.sort_by_key(order);
    faults
}

/// What a field has to be, as the person is told who can fill it in.
fn needed(subject: &Subject<'_>, clause: &Clause) -> Fault {
    let field = subject.kind.field(&clause.field);
    let title = |lang| field.map_or(clause.field.as_str(), |field| field.title.get(lang));
    let words = |code: &String, lang| match field {
        Some(field) if field.shape == Shape::Flag => show(field, &Value::Flag(code == "yes"), lang),
        Some(field) => show(field, &Value::Text(code.clone()), lang),
        None => code.clone(),
    };
    let (ja, en) = (title(Lang::Ja), title(Lang::En));
    Place::of(&clause.field).fault(match &clause.test {
        Test::Filled => Refusal::new(
            "needed",
            format!("「{ja}」を入力してください。"),
            format!("Enter “{en}”."),
        ),
        Test::Is(code) => Refusal::new(
            "needed",
            format!("「{ja}」が「{}」である必要があります。", words(code, Lang::Ja)),
            format!("“{en}” has to be “{}”.", words(code, Lang::En)),
        ),
        Test::IsNot(code) => Refusal::new(
            "needed",
            format!(
                "「{ja}」を、「{}」以外で入力してください。",
                words(code, Lang::Ja)
            ),
            format!("Enter “{en}”; it cannot be “{}”.", words(code, Lang::En)),
        ),
    })
}
