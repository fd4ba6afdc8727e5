//! The laws of every procedure of the plan, on random walks: only what the plan says happens, a case is its history, and clocks count every day once.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use plan::{Length, Procedure, Reason, Transition};
use proptest::prelude::*;
use record::procedure::{Actor, Case, Change, Event, What, choices, decide, due};
use record::{Record, Value, in_japan};

use crate::calendars::CALENDAR;
use crate::cases::{PLAN, about, everybody, full, kind_of, noon, run, step};
use crate::samples::records;

/// A step of a random walk: whose, of which kind, with which words, how many hours later, on which record.
type Step = (
    prop::sample::Index,
    prop::sample::Index,
    bool,
    bool,
    bool,
    i64,
    Record,
);

fn walks() -> impl Strategy<Value = (&'static Procedure, Vec<Step>)> {
    proptest::sample::select(PLAN.procedures.iter().collect::<Vec<_>>()).prop_flat_map(|procedure| {
        let kind = kind_of(procedure);
        let record = prop_oneof![4 => Just(full(kind)), 1 => records(kind)];
        let phase = any::<prop::sample::Index>();
        let record = (record, phase).prop_map(|(mut record, index)| {
            if record.fields.contains_key("phase") {
                let phases = ["anticipated", "actual", "avoided", "resolved"];
                record
                    .fields
                    .insert("phase".into(), Value::Text((*index.get(&phases)).into()));
                record.fields.insert("consent".into(), Value::Flag(true));
            }
            record
        });
        let step = (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            prop::bool::weighted(0.8),
            any::<bool>(),
            prop::bool::weighted(0.1),
            // Now and then somebody's clock was set back.
            prop_oneof![1 => -240..0_i64, 4 => 0..24 * 30_i64],
            record,
        );
        (Just(procedure), proptest::collection::vec(step, 1..60))
    })
}

/// Days that a clock has used, counted day by day from what has happened.
fn recount(case: &Case, clock: &str, length: &Length, today: Date) -> i32 {
    let mut used = 0;
    let mut since: Option<Date> = None;
    let mut add = |from: Option<Date>, to: Date| {
        let days = from.map(|from| from.series(1.day()).skip(1).take_while(move |day| *day <= to));
        let counts = |day: &Date| !matches!(length, Length::BusinessDays(_)) || CALENDAR.is_open(*day);
        used += days.into_iter().flatten().filter(counts).count();
        used
    };
    for event in &case.history {
        let What::Timed { clock: one, change } = &event.what else {
            continue;
        };
        if one != clock {
            continue;
        }
        let day = in_japan(event.at).date();
        match change {
            Change::Started => (since, _) = (Some(day), add(None, day)),
            Change::Resumed => since = Some(day),
            Change::Paused | Change::Stopped => (_, since) = (add(since, day), None),
            Change::Until(_) => {}
        }
    }
    i32::try_from(add(since, today)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn only_what_the_plan_says_happens((procedure, steps) in walks()) {
        let kind = kind_of(procedure);
        let mut case = Case::new(&procedure.id, "X-1");
        let mut at = noon(date(2026, 4, 1));
        for (who, which, offered, reason, odd, hours, record) in steps {
            at += hours.hours();
            let subject = about(procedure, kind, &record);
            let everybody = everybody();
            let today = case.history.iter().map(|event| event.at).chain([at]).max().map(|at| in_japan(at).date()).unwrap();
            let late = due(procedure, &case, today, &CALENDAR).into_iter().filter(|due| due.overdue);
            let late = late.filter_map(|due| procedure.transition(due.clock.late.as_ref()?));
            let sound: Vec<(&Actor, &Transition)> = everybody
                .iter()
                .flat_map(|actor| choices(&subject, &case, actor).into_iter().map(move |choice| (actor, choice)))
                .filter(|(_, choice)| choice.missing.is_empty())
                .map(|(actor, choice)| (actor, choice.transition))
                .chain(late.map(|transition| (&Actor::Clock, transition)))
                .filter(|(_, transition)| procedure.leaving(case.state.as_deref()).any(|one| one == *transition))
                .collect();
            // A walk that ends at once shows little.
            let onward: Vec<_> = sound.iter().filter(|(_, one)| procedure.state(&one.to).is_some_and(|state| !state.last)).collect();
            let (actor, transition) = if offered && !onward.is_empty() {
                **which.get(&onward)
            } else {
                (who.get(&everybody), which.get(&procedure.transitions))
            };
            let reason = if reason || transition.reason == Reason::Required { "理由" } else { "" };
            let name = if odd { format!("{}-x", transition.id) } else { transition.id.clone() };
            match decide(&subject, &case, actor, &step(&name, reason), at, &CALENDAR) {
                Err(refusal) => {
                    let could = !odd && sound.contains(&(actor, transition));
                    prop_assert!(!could || refusal.kind == "reason", "{} {}", name, refusal);
                }
                Ok(events) => {
                    let transition = procedure.transition(&name).unwrap();
                    let state = case.state.as_deref();
                    prop_assert!(procedure.leaving(state).any(|one| one.id == name));
                    prop_assert!(sound.contains(&(actor, transition)));
                    prop_assert!(events.windows(2).all(|two| two[0].at == two[1].at && two[0].by == two[1].by));
                    prop_assert!(case.history.last().is_none_or(|last| last.at <= events[0].at));
                    case = run(case, &events);
                    prop_assert_eq!(case.state.as_ref(), Some(&transition.to));
                }
            }
            let last = case.state.as_deref().and_then(|id| procedure.state(id)).is_some_and(|state| state.last);
            let clocks = due(procedure, &case, today, &CALENDAR);
            prop_assert!(!last || clocks.is_empty());
            for due in clocks {
                let length = &due.clock.length;
                let timer = &case.clocks[&due.clock.id];
                if let Length::Until(_) = length {
                    prop_assert_eq!(due.by.map(|by| by.tomorrow().unwrap()), timer.until);
                    prop_assert_eq!(due.overdue, timer.until.is_some_and(|until| today >= until));
                    continue;
                }
                if let Length::Through(_) = length {
                    prop_assert_eq!(due.by, timer.until);
                    prop_assert_eq!(due.overdue, timer.until.is_some_and(|until| today > until));
                    continue;
                }
                let started = case.history.iter().rposition(|event| {
                    event.what == What::Timed { clock: due.clock.id.clone(), change: Change::Started }
                });
                let run_alone = Case { history: case.history[started.unwrap()..].to_vec(), ..case.clone() };
                let used = recount(&run_alone, &due.clock.id, length, today);
                let (Length::Days(whole) | Length::BusinessDays(whole)) = length else { panic!("{length:?}") };
                prop_assert!(used >= 0);
                prop_assert_eq!(due.left, i32::try_from(*whole).unwrap() - used);
                prop_assert_eq!(due.by.is_none(), timer.is_paused());
                let paused = due.clock.pauses_in.contains(case.state.as_ref().unwrap());
                prop_assert_eq!(timer.is_paused(), paused);
                if let Some(by) = due.by.filter(|_| due.left >= 0) {
                    let left = match length {
                        Length::BusinessDays(_) => CALENDAR.business_days_between(today, by),
                        _ => (by - today).get_days(),
                    };
                    prop_assert!(due.left == left || (due.left == 0 && due.overdue));
                    prop_assert!(due.overdue == (today > by));
                }
                prop_assert!(due.left >= 0 || due.overdue);
            }
        }
        // The case is its history, also after it was kept.
        let kept: Vec<Event> = serde_json::from_str(&serde_json::to_string(&case.history).unwrap()).unwrap();
        prop_assert_eq!(&run(Case::new(&procedure.id, "X-1"), &kept), &case);
    }
}
