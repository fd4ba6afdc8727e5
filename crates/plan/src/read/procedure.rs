//! Procedures: read entry by entry when every kind is known, then proved as a graph, as a policy and against the fields of their kind. Which cases
//! there are is never looked at.

use std::collections::BTreeSet;

use crate::kind::{Kind, MINISTRY, Owner, ROLES, Required, Shape};
use crate::model::Plan;
use crate::procedure::{
    Clock, Counterpart, HOOKS, Length, NumberPattern, Procedure, Reason, State, Tell, Transition, Who,
};
use crate::raw::{self, Word};

use super::Reader;
use super::entries::whole;
use super::seen::References;

mod flow;
mod need;
mod turn;

impl Reader<'_> {
    pub(super) fn procedures(
        &mut self,
        plan: &mut Plan,
        refs: &mut References,
        files: Vec<(&str, Vec<raw::Procedure>)>,
    ) {
        for (file, procedures) in files {
            self.file = file.into();
            for raw in procedures {
                refs.need("kind", self.place(&raw.kind), raw.kind.get_ref());
                refs.define("procedure of the kind", self.place(&raw.kind), raw.kind.get_ref());
                self.business_days(plan, &raw);
                let kind = plan.kinds.iter().find(|kind| kind.id == *raw.kind.get_ref());
                if let Some(procedure) = self.procedure(&raw, kind, refs) {
                    plan.procedures.push(procedure);
                }
            }
        }
    }

    fn procedure(
        &mut self,
        raw: &raw::Procedure,
        kind: Option<&Kind>,
        refs: &mut References,
    ) -> Option<Procedure> {
        let scope = raw.id.get_ref();
        refs.define("procedure", self.place(&raw.id), scope);
        refs.define("number", self.place(&raw.number), raw.number.get_ref());
        refs.sections
            .push((self.place(&raw.section), raw.section.get_ref().clone()));
        let states = raw.state.iter();
        for word in states.flat_map(|state| std::iter::once(&state.id).chain(&state.formerly)) {
            refs.define("state", self.place(word), &format!("{scope}.{}", word.get_ref()));
        }
        let inner = raw.transition.iter().map(|one| ("transition", &one.id));
        for (what, word) in inner.chain(raw.clock.iter().map(|one| ("clock", &one.id))) {
            refs.define(what, self.place(word), &format!("{scope}.{}", word.get_ref()));
        }
        let (id, title, intro) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.intro));
        let number = self.number_pattern(&raw.number);
        let messages = raw
            .messages
            .as_ref()
            .map_or(Some(Counterpart::default()), |word| {
                self.choice(
                    word,
                    &[("ministry", Counterpart::Ministry), ("owner", Counterpart::Owner)],
                )
            });
        let told = self.faults.len();
        let states: Vec<_> = raw.state.iter().map(|state| self.state(state, kind)).collect();
        let transitions: Vec<_> = raw
            .transition
            .iter()
            .map(|transition| self.transition(transition, raw, kind))
            .collect();
        let clocks: Vec<_> = raw
            .clock
            .iter()
            .map(|clock| self.clock(clock, raw, kind))
            .collect();
        // A graph with names that lead nowhere would only be told as broken twice.
        if self.faults.len() == told {
            self.flow(raw);
            if let Some(kind) = kind {
                self.turns(raw, kind);
            }
        }
        Some(Procedure {
            id: id?,
            title: title?,
            intro: intro?,
            section: raw.section.get_ref().clone(),
            kind: kind?.id.clone(),
            number: number?,
            messages: messages?,
            states: states.into_iter().collect::<Option<_>>()?,
            transitions: transitions.into_iter().collect::<Option<_>>()?,
            clocks: clocks.into_iter().collect::<Option<_>>()?,
        })
    }

    fn number_pattern(&mut self, word: &Word) -> Option<NumberPattern> {
        let pattern = NumberPattern::parse(word.get_ref());
        if pattern.is_none() {
            self.fault(
                word,
                "bad-number",
                "番号の決め方として読めません。",
                "this is not a pattern of numbers.",
                "英大文字で始め、英大文字・数字・ハイフンと {number:05}、必要なら {fiscal_year} で書いてください。例: SR-{fiscal_year}-{number:05} / Capitals, digits and hyphens with `{number:05}` and, if need be, `{fiscal_year}`.",
            );
        }
        pattern
    }

    fn state(&mut self, raw: &raw::State, kind: Option<&Kind>) -> Option<State> {
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let public = raw.public.as_ref().map(|public| self.text(public));
        let waits_for = self.who(&raw.waits_for, kind);
        let formerly: Vec<_> = raw.formerly.iter().map(|word| self.id(word)).collect();
        if raw.last != raw.waits_for.is_empty() {
            let (ja, en) = if raw.last {
                (
                    "終わりの状態では、だれの番でもありません。",
                    "a last state waits for nobody.",
                )
            } else {
                (
                    "この状態がだれの番か書かれていません。",
                    "this state does not say whose turn it is.",
                )
            };
            self.fault(
                &raw.id,
                "whose-turn",
                ja,
                en,
                "終わりでない状態だけに waits_for を書いてください。例: waits_for = [\"secretariat\"] / Give `waits_for` to states that are not `last`, and to those only.",
            );
        }
        if raw.withdrawn && !raw.last {
            self.fault(
                &raw.id,
                "withdrawn-goes-on",
                "取り下げられた状態なのに、終わりの状態ではありません。",
                "a state of what was withdrawn is not a last one.",
                "withdrawn = true の状態には last = true も書いてください。 / Give a state with `withdrawn = true` also `last = true`.",
            );
        }
        Some(State {
            id: id?,
            title: title?,
            public: whole(public)?,
            last: raw.last,
            withdrawn: raw.withdrawn,
            fixed: raw.fixed,
            waits_for: waits_for?,
            formerly: formerly.into_iter().collect::<Option<_>>()?,
        })
    }

    fn transition(
        &mut self,
        raw: &raw::Transition,
        procedure: &raw::Procedure,
        kind: Option<&Kind>,
    ) -> Option<Transition> {
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let from = self.states_named(&raw.from, procedure);
        let to = self.states_named(std::slice::from_ref(&raw.to), procedure);
        let by = self.who(&raw.by, kind);
        self.four_eyes(raw, procedure);
        let needs = self.needs(raw, by.as_deref().unwrap_or_default(), kind);
        let reason = raw.reason.as_ref().map_or(Some(Reason::None), |word| {
            self.choice(
                word,
                &[
                    ("required", Reason::Required),
                    ("optional", Reason::Optional),
                    ("none", Reason::None),
                ],
            )
        });
        let tells: Vec<_> = raw.tell.iter().map(|tell| self.tell(tell, kind)).collect();
        let hook = raw.hook.as_ref().map(|word| self.hook(word));
        let late = |clock: &raw::Clock| {
            clock
                .late
                .as_ref()
                .is_some_and(|late| late.get_ref() == raw.id.get_ref())
        };
        if raw.by.is_empty() && !procedure.clock.iter().any(late) {
            self.fault(
                &raw.id,
                "nobody-may",
                "だれがしてよいか書かれていません。",
                "nobody may do this.",
                "by に役割、owner、party、author を書くか、時計の late にこの id を書いてください。 / Name in `by` who may, or name it as `late` of a clock.",
            );
        }
        let (complete, needs) = needs?;
        Some(Transition {
            id: id?,
            title: title?,
            from: from?,
            to: to?.pop()?,
            by: by?,
            not_by: raw.not_by.iter().map(|word| word.get_ref().clone()).collect(),
            complete,
            needs,
            reason: reason?,
            dissent: raw.dissent,
            tells: tells.into_iter().collect::<Option<_>>()?,
            hook: whole(hook)?,
        })
    }

    fn tell(&mut self, raw: &raw::Tell, kind: Option<&Kind>) -> Option<Tell> {
        let (who, text) = (self.who(&raw.who, kind), self.text(&raw.text));
        Some(Tell {
            who: who?,
            text: text?,
            urgent: raw.urgent,
        })
    }

    fn hook(&mut self, word: &Word) -> Option<&'static str> {
        let hook = HOOKS.into_iter().find(|hook| hook == word.get_ref());
        if hook.is_none() {
            self.fault(
                word,
                "unknown-hook",
                "この名前の処理はプログラムにありません。",
                "the program has no hook of this name.",
                &format!("次のどれかを書いてください。 / One of: {}", HOOKS.join(", ")),
            );
        }
        hook
    }

    /// Four eyes look at what somebody else has done.
    fn four_eyes(&mut self, raw: &raw::Transition, procedure: &raw::Procedure) {
        for word in &raw.not_by {
            if word.get_ref() == raw.id.get_ref() {
                self.fault(
                    word,
                    "four-eyes",
                    "この操作自身は not_by に書けません。",
                    "a transition cannot stand in its own `not_by`.",
                    "ほかの人がするべき、前の操作の id を書いてください。 / Name an earlier transition that somebody else has to have done.",
                );
            } else {
                self.one_of(
                    "操作",
                    "transition",
                    word,
                    procedure.transition.iter().map(|one| &one.id),
                );
            }
        }
    }

    fn clock(&mut self, raw: &raw::Clock, procedure: &raw::Procedure, kind: Option<&Kind>) -> Option<Clock> {
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let starts_on = self.states_named(&raw.starts_on, procedure);
        let stops_on = self.states_named(&raw.stops_on, procedure);
        let pauses_in = self.states_named(&raw.pauses_in, procedure);
        let when = self.conditions_of(&raw.when, kind);
        let length = self.length(raw, procedure, kind);
        if let (Some(before), Some(least)) =
            (&raw.remind_before, length.as_ref().and_then(Length::least_days))
            && *before.get_ref() >= least
        {
            self.fault_at(
                before.span(),
                "bad-reminder",
                "お知らせが、時計が動き出すより前になります。",
                "the reminder would come before the clock starts.",
                "期間より短い日数にしてください。 / Give fewer days than the length.",
            );
        }
        let escalate = self.who(&raw.escalate, kind);
        if let Some(late) = &raw.late {
            self.late(late, procedure);
        }
        Some(Clock {
            id: id?,
            title: title?,
            starts_on: starts_on?,
            stops_on: stops_on?,
            pauses_in: pauses_in?,
            when: when?,
            length: length?,
            remind_before: raw.remind_before.as_ref().map(|days| *days.get_ref()),
            escalate: escalate?,
            late: raw.late.as_ref().map(|late| late.get_ref().clone()),
        })
    }

    /// How long a clock runs; what runs until a day of the record does not stand still.
    fn length(
        &mut self,
        raw: &raw::Clock,
        procedure: &raw::Procedure,
        kind: Option<&Kind>,
    ) -> Option<Length> {
        let length = Length::parse(raw.length.get_ref());
        let Some(length) = length else {
            self.fault(
                &raw.length,
                "bad-length",
                "期間として読めません。",
                "this is not a length of time.",
                "例: 20 days、5 business days、4 months from the first of the next month、until 項目（日付。前の日まで）、through 項目（日付。その日まで） / Write one of these (`until`: up to the day before; `through`: that day too).",
            );
            return None;
        };
        let Some(name) = length.field() else {
            return Some(length);
        };
        let kind = kind?;
        let Some(field) = kind.field(name) else {
            let names = kind.fields.iter().map(|field| field.name.as_str());
            let place = self.place(&raw.length);
            self.no_field(&place, name, names);
            return None;
        };
        if field.shape != Shape::Date || field.many {
            self.fault(
                &raw.length,
                "not-a-day",
                &format!("項目「{name}」は日付ではないため、期限にできません。"),
                &format!("`{name}` is not one day, so that nothing can be due by it."),
                "type = \"date\" で、many のない項目にしてください。 / Name a field of type `date` without `many`.",
            );
            return None;
        }
        if field.required != Required::Always {
            self.day_said(raw, procedure, name);
        }
        for word in &raw.pauses_in {
            self.fault(
                word,
                "until-pauses",
                "決まった日までの時計は、止めておけません。",
                "a clock that runs until a day cannot stand still.",
                "pauses_in を消すか、期間を日数で書いてください。 / Remove `pauses_in`, or give the length in days.",
            );
        }
        Some(length)
    }

    /// What a clock does by itself needs nobody to say why or to fill anything in.
    fn late(&mut self, word: &Word, procedure: &raw::Procedure) {
        if !self.one_of(
            "操作",
            "transition",
            word,
            procedure.transition.iter().map(|one| &one.id),
        ) {
            return;
        }
        let asks = |one: &raw::Transition| {
            one.id.get_ref() == word.get_ref()
                && (!one.needs.is_empty()
                    || one
                        .reason
                        .as_ref()
                        .is_some_and(|reason| reason.get_ref() == "required"))
        };
        if procedure.transition.iter().any(asks) {
            self.fault(
                word,
                "late-asks",
                "理由や入力を求める操作は、時計にはできません。",
                "a clock cannot do what asks for a reason or for answers.",
                "needs と、reason = \"required\" のない操作にしてください。 / Name a transition without `needs` and without a required reason.",
            );
        }
    }

    /// Business days are counted by the holidays of the plan.
    fn business_days(&mut self, plan: &Plan, raw: &raw::Procedure) {
        for clock in raw.clock.iter().filter(|_| plan.holidays.days.is_empty()) {
            if matches!(
                Length::parse(clock.length.get_ref()),
                Some(Length::BusinessDays(_))
            ) {
                self.fault(
                    &clock.length,
                    "no-holidays",
                    "営業日を数えるための休日（[[holiday]]）が計画にありません。",
                    "the plan has no `[[holiday]]` to count business days by.",
                    "holidays.toml に休日を書くか、暦日（days）で書いてください。 / Add holidays, or count in `days`.",
                );
            }
        }
    }

    /// Who takes part: roles of the policy, and those whom a record itself makes take part.
    fn who(&mut self, words: &[Word], kind: Option<&Kind>) -> Option<Vec<Who>> {
        let who: Vec<_> = words.iter().map(|word| self.one_who(word, kind)).collect();
        who.into_iter().collect()
    }

    fn one_who(&mut self, word: &Word, kind: Option<&Kind>) -> Option<Who> {
        let text = word.get_ref().as_str();
        let who = match text {
            "owner" => Who::Owner,
            "party" => Who::Party,
            "author" => Who::Author,
            _ => {
                let role = ROLES.into_iter().find(|role| *role == text);
                if role.is_none() {
                    let words = ROLES.into_iter().chain(["owner", "party", "author"]);
                    let hint = match formula::nearest(text, words.clone()) {
                        Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                        None => format!(
                            "次のどれかを書いてください。 / One of: {}",
                            words.collect::<Vec<_>>().join(", ")
                        ),
                    };
                    self.fault(
                        word,
                        "unknown-role",
                        &format!("役割「{text}」がありません。"),
                        &format!("there is no role `{text}`."),
                        &hint,
                    );
                }
                return role.map(Who::Role);
            }
        };
        let Some(kind) = kind else { return Some(who) };
        if who == Who::Owner && kind.owner == Owner::Ministry {
            self.fault(
                word,
                "no-owner",
                "この種類の記録は厚生労働省のもので、ほかに持ち主がいません。",
                "records of this kind belong to the ministry; there is no other owner.",
                &format!("役割を書いてください。 / Name a role: {}", MINISTRY.join(", ")),
            );
            return None;
        }
        if who == Who::Party && !names_parties(kind) {
            self.fault(
                word,
                "no-party",
                "この種類の記録には、関係者（party = true）になる組織の項目がありません。",
                "no field of this kind makes an organisation a party.",
                "種類に organisation の項目を足すか、party を消してください。 / Give the kind an `organisation` with `party = true`, or remove `party`.",
            );
            return None;
        }
        Some(who)
    }

    fn states_named(&mut self, words: &[Word], procedure: &raw::Procedure) -> Option<Vec<String>> {
        let known: Vec<_> = words
            .iter()
            .map(|word| {
                self.one_of(
                    "状態",
                    "state",
                    word,
                    procedure.state.iter().map(|state| &state.id),
                )
                .then(|| word.get_ref().clone())
            })
            .collect();
        known.into_iter().collect()
    }

    /// Whether a word is one of those written; a fault if not.
    fn one_of<'w>(&mut self, ja: &str, en: &str, word: &Word, words: impl Iterator<Item = &'w Word>) -> bool {
        let names: BTreeSet<&str> = words.map(|word| word.get_ref().as_str()).collect();
        let name = word.get_ref().as_str();
        if names.contains(name) {
            return true;
        }
        let hint = match formula::nearest(name, names) {
            Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
            None => "id を確かめてください。 / Check the id.".into(),
        };
        self.fault(
            word,
            "unknown-reference",
            &format!("{ja}「{name}」がありません。"),
            &format!("there is no {en} `{name}`."),
            &hint,
        );
        false
    }
}

fn names_parties(kind: &Kind) -> bool {
    let party = |shape: &Shape| *shape == Shape::Organisation { party: true };
    kind.fields.iter().any(|field| match &field.shape {
        Shape::Table(columns) => columns.iter().any(|column| party(&column.shape)),
        shape => party(shape),
    })
}
