//! A procedure as a graph: it can be entered, every state reached and left, nothing leaves the end, and each clock runs, stops and stands still where
//! a case can be.

use std::collections::BTreeSet;

use crate::raw::{self, Word};
use crate::read::Reader;

type Ids<'r> = BTreeSet<&'r str>;

fn ids(words: &[Word]) -> Ids<'_> {
    words.iter().map(|word| word.get_ref().as_str()).collect()
}

impl Reader<'_> {
    pub(super) fn flow(&mut self, raw: &raw::Procedure) {
        let opening: Ids<'_> = raw
            .transition
            .iter()
            .filter(|one| one.from.is_empty())
            .map(|one| one.to.get_ref().as_str())
            .collect();
        let last: Ids<'_> = raw
            .state
            .iter()
            .filter(|state| state.last)
            .map(|state| state.id.get_ref().as_str())
            .collect();
        if opening.is_empty() {
            self.fault(
                &raw.id,
                "no-opening",
                "始まりの操作がありません。",
                "nothing opens a case.",
                "from を書かない [[procedure.transition]] を一つ書いてください。 / Add a `[[procedure.transition]]` without `from`.",
            );
        } else {
            let reached = reach(raw, opening, |_| true);
            for state in &raw.state {
                if !reached.contains(state.id.get_ref().as_str()) {
                    self.fault(
                        &state.id,
                        "unreachable",
                        "この状態に至る操作がありません。",
                        "no transition leads to this state.",
                        "ここへ進む操作を足すか、状態を消してください。 / Add a transition to it, or remove it.",
                    );
                }
            }
        }
        for state in raw.state.iter().filter(|state| !state.last) {
            let onward = reach(raw, ids(std::slice::from_ref(&state.id)), |_| true);
            if onward.is_disjoint(&last) {
                self.fault(
                    &state.id,
                    "no-way-out",
                    "この状態から終わりの状態に進めません。",
                    "no last state can be reached from this one.",
                    "先へ進む操作を足すか、last = true を書いてください。 / Add a transition onward, or say `last = true`.",
                );
            }
        }
        for word in raw.transition.iter().flat_map(|one| &one.from) {
            if last.contains(word.get_ref().as_str()) {
                self.fault(
                    word,
                    "leaves-the-end",
                    "終わりの状態から進む操作は書けません。",
                    "nothing leaves a last state.",
                    "from から消すか、状態の last = true を消してください。 / Take it out of `from`, or `last = true` out of the state.",
                );
            }
        }
        for clock in &raw.clock {
            self.run(clock, raw, &last);
        }
    }

    fn run(&mut self, clock: &raw::Clock, raw: &raw::Procedure, last: &Ids<'_>) {
        let starts: Ids<'_> = ids(&clock.starts_on).difference(last).copied().collect();
        if starts.is_empty() {
            self.fault(
                &clock.id,
                "never-starts",
                "この時計は動き出しません。",
                "this clock never starts.",
                "starts_on に、終わりでない状態を書いてください。 / Name in `starts_on` states that are not `last`.",
            );
            return;
        }
        let stops = ids(&clock.stops_on);
        let runs = |state: &str| !last.contains(state) && (starts.contains(state) || !stops.contains(state));
        let running: Ids<'_> = reach(raw, starts.clone(), runs);
        for word in &clock.stops_on {
            let state = word.get_ref().as_str();
            let comes = raw.transition.iter().any(|one| {
                one.to.get_ref() == state
                    && one
                        .from
                        .iter()
                        .any(|from| running.contains(from.get_ref().as_str()))
            });
            if !comes {
                self.not_there(word);
            }
        }
        for word in &clock.pauses_in {
            if !running.contains(word.get_ref().as_str()) {
                self.not_there(word);
            }
        }
        let Some(late) = &clock.late else { return };
        let leaves = |one: &raw::Transition| {
            one.from
                .iter()
                .any(|from| running.contains(from.get_ref().as_str()))
        };
        let mut named = raw
            .transition
            .iter()
            .filter(|one| one.id.get_ref() == late.get_ref())
            .peekable();
        if named.peek().is_some() && !named.any(leaves) {
            self.not_there(late);
        }
    }

    fn not_there(&mut self, word: &Word) {
        self.fault(
            word,
            "not-running",
            "この時計が動いている間に、ここに来ることはありません。",
            "a case never gets here while this clock runs.",
            "starts_on と stops_on を確かめてください。 / Check `starts_on` and `stops_on`.",
        );
    }
}

/// The states from which on a case goes without leaving those that `within` takes, the first ones among them.
fn reach<'r>(raw: &'r raw::Procedure, first: Ids<'r>, within: impl Fn(&str) -> bool) -> Ids<'r> {
    let mut found = first;
    loop {
        let next: Ids<'_> = raw
            .transition
            .iter()
            .filter(|one| {
                one.from
                    .iter()
                    .any(|from| found.contains(from.get_ref().as_str()))
            })
            .map(|one| one.to.get_ref().as_str())
            .filter(|state| within(state) && !found.contains(state))
            .collect();
        if next.is_empty() {
            return found;
        }
        found.extend(next);
    }
}
