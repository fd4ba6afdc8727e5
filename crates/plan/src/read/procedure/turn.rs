//! Whose turn it is can do something about it, and a clock that runs until a day of the record finds that day there.

use crate::kind::{Kind, MINISTRY};
use crate::raw::{self, Word};
use crate::read::Reader;

impl Reader<'_> {
    pub(super) fn turns(&mut self, raw: &raw::Procedure, kind: &Kind) {
        for state in raw.state.iter().filter(|state| !state.last) {
            let moves = |who: &Word| {
                raw.transition.iter().any(|one| {
                    let leaves = one.from.iter().any(|from| from.get_ref() == state.id.get_ref());
                    leaves && one.by.iter().any(|by| by.get_ref() == who.get_ref())
                })
            };
            for who in &state.waits_for {
                if !moves(who) && (state.fixed || !changes(kind, who.get_ref())) {
                    self.fault(
                        who,
                        "idle-turn",
                        &format!("「{}」は、この状態で何もできません。", who.get_ref()),
                        &format!("`{}` can do nothing in this state.", who.get_ref()),
                        "この状態から進む操作の by に加えるか、waits_for から消してください。 / Name it in `by` of a transition that leaves this state, or take it out of `waits_for`.",
                    );
                }
            }
        }
    }

    /// Every way into a state that starts such a clock asks for the day.
    pub(super) fn day_said(&mut self, clock: &raw::Clock, procedure: &raw::Procedure, field: &str) {
        let enters = |one: &&raw::Transition| {
            clock
                .starts_on
                .iter()
                .any(|state| state.get_ref() == one.to.get_ref())
        };
        let silent = procedure.transition.iter().filter(enters).find(|one| {
            let mut needs = one.needs.iter();
            !needs.any(|need| need.get_ref().as_str() == field)
        });
        if let Some(silent) = silent {
            self.fault(
                &clock.length,
                "day-may-be-missing",
                &format!("操作「{}」は項目「{field}」を求めないため、この時計に期限がないことがあります。", silent.id.get_ref()),
                &format!("`{}` does not need `{field}`, so that this clock may have no end.", silent.id.get_ref()),
                "その操作の needs に項目を書くか、種類で required = true としてください。 / Name the field in `needs` of that transition, or say `required = true` of it in the kind.",
            );
        }
    }
}

/// Whether they may change the record meanwhile, as whoever is asked for a part of it does; parties answer in messages.
fn changes(kind: &Kind, who: &str) -> bool {
    let role = match who {
        "party" => return true,
        "owner" | "author" => "member",
        role => role,
    };
    // What the ministry writes it decides by a transition.
    !MINISTRY.contains(&role) && kind.change.iter().any(|grant| grant.role == Some(role))
}
