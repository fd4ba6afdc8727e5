//! One entry of a file after the other, each word read into its type where it stands. References are noted, not followed.

use std::collections::BTreeSet;

use toml::Spanned;
use vocab::{Calendar, Number, Period, Quantity, Unit};

use crate::graph::NodeName;
use crate::model::{
    Assumption, COUNTS, Check, CheckKind, Class, Direction, Group, Implied, Indicator, MeasureState, Meeting,
    Node, NodeKind, Observation, PathShape, Printed, Series, Source, Spread, Step, Target,
};
use crate::raw::{self, Word};

use super::Reader;
use super::seen::{Inner, Owner, Pending, References, SeenObservation};

impl Reader<'_> {
    pub(super) fn node(&mut self, raw: raw::Node, refs: &mut References) -> Option<Node> {
        let place = self.place(&raw.id);
        refs.define("node", place.clone(), raw.id.get_ref());
        refs.tree_sections.push(raw.section.clone());
        let kind = self.choice(
            &raw.kind,
            &[
                ("vision", NodeKind::Vision),
                ("policy", NodeKind::Policy),
                ("focus", NodeKind::Focus),
                ("issue", NodeKind::Issue),
                ("measure", NodeKind::Measure),
                ("part", NodeKind::Part),
                ("task", NodeKind::Task),
            ],
        );
        let state = raw.state.as_ref().map(|state| {
            self.choice(
                state,
                &[
                    ("under_study", MeasureState::UnderStudy),
                    ("in_preparation", MeasureState::InPreparation),
                    ("running", MeasureState::Running),
                ],
            )
        });
        if let Some(parent) = &raw.parent {
            refs.need("node", self.place(parent), parent.get_ref());
        }
        for issue in &raw.answers {
            refs.need("issue", self.place(issue), issue.get_ref());
        }
        refs.places.insert(raw.id.get_ref().clone(), place);
        let state_reason = raw.state_reason.map(|text| self.text(&text));
        let (id, title, text) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.text));
        let kind = kind?;
        if !matches!(kind, NodeKind::Measure | NodeKind::Part) && (!raw.answers.is_empty() || state.is_some())
        {
            self.fault(
                &raw.id,
                "not-a-measure",
                "answers と state は施策（measure、part）だけに書けます。",
                "only a measure or part has answers and state.",
                "",
            );
        }
        Some(Node {
            id: id?,
            kind,
            number: raw.number,
            parent: raw.parent.map(Spanned::into_inner),
            title: title?,
            text: text?,
            section: raw.section,
            answers: raw.answers.into_iter().map(Spanned::into_inner).collect(),
            state: state.flatten(),
            state_reason: state_reason.flatten(),
        })
    }

    pub(super) fn meeting(&mut self, raw: &raw::Meeting) -> Option<Meeting> {
        let agenda: Vec<_> = raw.agenda.iter().filter_map(|item| self.text(item)).collect();
        let (id, body, date) = (self.id(&raw.id), self.text(&raw.body), self.date(&raw.date));
        Some(Meeting {
            id: id?,
            body: body?,
            number: raw.number,
            date: date?,
            agenda,
            section: raw.section.clone(),
        })
    }

    pub(super) fn source(&mut self, raw: &raw::Source) -> Option<Source> {
        let accessed = raw.accessed.as_ref().map(|date| self.date(date));
        let published = raw.published.as_ref().map(|date| self.date(date));
        let (id, title, publisher) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.publisher));
        Some(Source {
            id: id?,
            number: raw.number,
            title: title?,
            publisher: publisher?,
            url: raw.url.clone(),
            accessed: accessed.flatten(),
            published: published.flatten(),
        })
    }

    pub(super) fn one_series(&mut self, raw: &raw::Series) -> Option<Series> {
        let unit = self.unit(&raw.unit);
        let calendar = self.choice(
            &raw.calendar,
            &[("fiscal", Calendar::Fiscal), ("calendar", Calendar::Calendar)],
        );
        let frequency = self.frequency(&raw.frequency);
        let group = self.choice(
            &raw.group,
            &[
                ("data", Group::Data),
                ("exchange_rate", Group::ExchangeRate),
                ("frame", Group::Frame),
            ],
        );
        let basis = raw.basis.as_ref().map(|basis| self.basis(basis));
        let note = raw.note.as_ref().map(|note| self.text(note));
        let (id, title, owner) = (self.name(&raw.id), self.text(&raw.title), self.text(&raw.owner));
        Some(Series {
            id: id?,
            title: title?,
            unit: unit?,
            calendar: calendar?,
            basis: whole(basis)?,
            frequency: frequency?,
            lag_months: raw.lag_months,
            group: group?,
            owner: owner?,
            section: raw.section.clone(),
            note: note.flatten(),
        })
    }

    pub(super) fn observation(
        &mut self,
        raw: &raw::Observation,
        refs: &mut References,
    ) -> Option<Observation> {
        refs.need("series", self.place(&raw.series), raw.series.get_ref());
        refs.need("source", self.place(&raw.source), raw.source.get_ref());
        if let Some(via) = &raw.via {
            refs.need("source", self.place(via), via.get_ref());
        }
        if raw.author.get_ref() == raw.approver.get_ref() {
            self.fault(
                &raw.approver,
                "four-eyes",
                "記入者と承認者が同じです。",
                "author and approver are the same.",
                "別の人が承認してください。 / Let somebody else approve it.",
            );
        }
        let note = raw.note.as_ref().map(|note| self.text(note));
        let rounding = raw.rounding.as_ref().map(|rounding| self.quantum(rounding));
        let order = raw.order.as_ref().map_or(1, |order| *order.get_ref());
        let (period, value, recorded) = (
            self.period(&raw.period),
            self.quantity(&raw.value),
            self.date(&raw.recorded),
        );
        refs.observations.push(SeenObservation {
            series: raw.series.get_ref().clone(),
            period,
            period_place: self.place(&raw.period),
            value: value.clone(),
            value_place: self.place(&raw.value),
            rounding: rounding.clone().flatten(),
            rounding_place: raw.rounding.as_ref().map(|word| self.place(word)),
            recorded,
            recorded_place: self.place(&raw.recorded),
            order,
        });
        Some(Observation {
            series: raw.series.get_ref().clone(),
            period: period?,
            value: value?,
            rounding: rounding.flatten(),
            printed: raw.printed.clone(),
            source: raw.source.get_ref().clone(),
            via: raw.via.as_ref().map(|via| via.get_ref().clone()),
            section: raw.section.clone(),
            recorded: recorded?,
            order,
            author: raw.author.get_ref().clone(),
            approver: raw.approver.get_ref().clone(),
            note: note.flatten(),
        })
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one field after the other, in the order of the file"
    )]
    pub(super) fn indicator(
        &mut self,
        raw: raw::Indicator,
        refs: &mut References,
        pending: &mut Vec<Pending>,
    ) -> Option<Indicator> {
        refs.define("name", self.place(&raw.id), raw.id.get_ref());
        refs.indicators
            .insert(raw.id.get_ref().clone(), self.place(&raw.id));
        let id = self.name(&raw.id)?;
        for node in &raw.measures {
            refs.need("node", self.place(node), node.get_ref());
        }
        for source in &raw.sources {
            refs.need("source", self.place(source), source.get_ref());
        }
        if let Some(series) = &raw.observes {
            refs.need("series", self.place(series), series.get_ref());
        }
        let class = self.choice(
            &raw.class,
            &[
                ("kgi", Class::Kgi),
                ("reference", Class::Reference),
                ("situation", Class::Situation),
                ("history", Class::History),
                ("proposed", Class::Proposed),
            ],
        );
        let direction = self.choice(
            &raw.direction,
            &[
                ("up", Direction::Up),
                ("down", Direction::Down),
                ("steady", Direction::Steady),
                ("none", Direction::None),
            ],
        );
        let frequency = self.frequency(&raw.frequency);
        let unit = self.unit(&raw.unit);
        let round = raw
            .round
            .as_ref()
            .map(|round| self.quantum_of(round, unit.as_ref()));
        let baseline = raw.baseline.as_ref().map(|baseline| self.period(baseline));

        let mut names: BTreeSet<&str> = BTreeSet::new();
        for word in raw
            .step
            .iter()
            .map(|step| &step.name)
            .chain(raw.assumption.iter().map(|one| &one.name))
        {
            refs.inner.push(Inner {
                place: self.place(word),
                owner: id.clone(),
                name: word.get_ref().clone(),
            });
            if !names.insert(word.get_ref()) {
                let name = word.get_ref();
                self.fault(
                    word,
                    "duplicate",
                    &format!("「{name}」がこの指標に二つあります。"),
                    &format!("`{name}` stands twice in this indicator."),
                    "どちらかの名前を変えてください。 / Rename one of them.",
                );
            }
        }

        let named = |step: Option<&str>| {
            Owner::Named(NodeName {
                indicator: id.clone(),
                step: step.map(Into::into),
            })
        };
        let leaf = || Owner::Leaf(Some(id.clone()));
        let formula = self.formula(&raw.formula, named(None), unit.clone(), pending);
        let observed = raw
            .observed
            .as_ref()
            .map(|word| self.formula(word, named(None), unit.clone(), pending));
        let steps: Vec<_> = raw.step.iter().map(|step| {
            let unit = self.unit(&step.unit);
            let formula = self.formula(&step.formula, named(Some(step.name.get_ref())), unit.clone(), pending);
            let round = step.round.as_ref().map(|round| self.quantum_of(round, unit.as_ref()));
            let printed = step.printed.as_ref().map(|printed| self.quantity_of(printed, unit.as_ref()));
            let note = step.note.as_ref().map(|note| self.text(note));
            if step.carried && step.printed.is_none() && step.round.is_none() {
                self.fault(&step.name, "nothing-carried", "carried = true ですが、round も printed もありません。", "carried = true, but neither round nor printed is given.", "報告書が次に使う値の丸め方を round に書いてください。 / Say in `round` how the report rounds what it carries on.");
            }
            let (name, title) = (self.name(&step.name), self.text(&step.title));
            Some(Step {
                name: name?, title: title?, formula: formula?, unit: unit?, round: round.flatten(), printed: printed.flatten(),
                carried: step.carried, printed_text: step.printed_text.clone(), note: note.flatten(),
            })
        }).collect();
        let assumptions: Vec<_> = raw.assumption.iter().map(|one| self.assumption(one)).collect();
        let printed: Vec<_> = raw
            .printed
            .iter()
            .map(|one| {
                let (period, value) = (
                    self.period(&one.period),
                    self.quantity_of(&one.value, unit.as_ref()),
                );
                Some(Printed {
                    period: period?,
                    value: value?,
                    text: one.text.clone(),
                    section: one.section.clone(),
                })
            })
            .collect();
        let target = raw.target.map(|target| self.target(&target, unit.as_ref()));
        let implied = raw.implied.map(|implied| {
            let formula = self.formula(&implied.formula, leaf(), unit.clone(), pending);
            let (title, why) = (self.text(&implied.title), self.text(&implied.why));
            Some(Implied {
                formula: formula?,
                title: title?,
                why: why?,
                count: implied.count,
            })
        });
        let controls: Vec<_> = raw
            .controls
            .iter()
            .map(|control| {
                let input = self.input(control, &id)?;
                refs.inputs.push((self.place(control), input.clone()));
                Some(input)
            })
            .collect();
        let (title, short, owner) = (
            self.text(&raw.title),
            self.text(&raw.short),
            self.text(&raw.owner),
        );
        let (why, method) = (self.text(&raw.why), self.text(&raw.method));
        let counted = raw
            .counted
            .as_ref()
            .map(|word| self.choice(word, &COUNTS.map(|count| (count, count))));
        Some(Indicator {
            class: class?,
            number: raw.number,
            title: title?,
            short: short?,
            unit: unit?,
            direction: direction?,
            frequency: frequency?,
            lag_months: raw.lag_months,
            owner: owner?,
            measures: raw.measures.into_iter().map(Spanned::into_inner).collect(),
            section: raw.section,
            sources: raw.sources.into_iter().map(Spanned::into_inner).collect(),
            why: why?,
            method: method?,
            formula: formula?,
            observes: raw.observes.map(Spanned::into_inner),
            observed: whole(observed)?,
            counted: whole(counted)?,
            round: whole(round)?,
            baseline: whole(baseline)?,
            steps: steps.into_iter().collect::<Option<_>>()?,
            assumptions: assumptions.into_iter().collect::<Option<_>>()?,
            printed: printed.into_iter().collect::<Option<_>>()?,
            target: whole(target)?,
            implied: whole(implied)?,
            controls: controls.into_iter().collect::<Option<_>>()?,
            id,
        })
    }

    pub(super) fn assumption(&mut self, raw: &raw::Assumption) -> Option<Assumption> {
        let unit = self.unit(&raw.unit);
        let mut of = |word: &Option<Word>| word.as_ref().map(|word| self.quantity_of(word, unit.as_ref()));
        let (low, high, step) = (of(&raw.low), of(&raw.high), of(&raw.step));
        let value = self.quantity_of(&raw.value, unit.as_ref());
        let spread = raw
            .spread
            .as_ref()
            .map_or(Some(Spread::None), |spread| self.spread(spread, unit.as_ref()));
        if let (Some(Some(low)), Some(Some(high)), Some(value)) = (&low, &high, &value)
            && !(low.number() <= value.number() && value.number() <= high.number())
        {
            self.fault(
                &raw.value,
                "out-of-range",
                "値が low と high の間にありません。",
                "the value does not lie between low and high.",
                "low ≤ value ≤ high となるように直してください。 / Make low ≤ value ≤ high.",
            );
        }
        let (name, title, why) = (self.name(&raw.name), self.text(&raw.title), self.text(&raw.why));
        Some(Assumption {
            name: name?,
            title: title?,
            value: value?,
            unit: unit?,
            low: whole(low)?,
            high: whole(high)?,
            step: whole(step)?,
            why: why?,
            spread: spread?,
        })
    }

    pub(super) fn spread(&mut self, raw: &Spanned<raw::Spread>, unit: Option<&Unit>) -> Option<Spread> {
        let place = raw.span();
        let raw = raw.get_ref();
        let missing = |reader: &mut Self, field: &str| {
            reader.fault_at(place.clone(), "bad-spread", &format!("{field} がありません。"), &format!("`{field}` is missing."), "ばらつきの種類に要る値をすべて書いてください。 / Give every value that this kind of spread needs.");
        };
        let take = |reader: &mut Self, word: &Option<Word>, field: &str| {
            if word.is_none() {
                missing(reader, field);
            }
            word.as_ref().and_then(|word| reader.quantity_of(word, unit))
        };
        let ordered = |reader: &mut Self, a: &Quantity, b: &Quantity| {
            if a.number() <= b.number() {
                return true;
            }
            reader.fault_at(
                place.clone(),
                "bad-spread",
                "low が high より大きいか、mode が範囲の外です。",
                "low is above high, or mode is outside.",
                "low ≤ mode ≤ high の順に書いてください。 / Write low ≤ mode ≤ high.",
            );
            false
        };
        let positive = |reader: &mut Self, number: &Number, field: &str| {
            if *number > Number::ZERO {
                return true;
            }
            reader.fault_at(
                place.clone(),
                "bad-spread",
                &format!("{field} は 0 より大きい値にしてください。"),
                &format!("`{field}` has to be above zero."),
                "",
            );
            false
        };
        let kind = raw.kind.get_ref().as_str();
        match kind {
            "none" => Some(Spread::None),
            "uniform" => {
                let (low, high) = (take(self, &raw.low, "low"), take(self, &raw.high, "high"));
                let (low, high) = (low?, high?);
                ordered(self, &low, &high).then_some(Spread::Uniform { low, high })
            }
            "normal" => {
                let sd = take(self, &raw.sd, "sd")?;
                positive(self, sd.number(), "sd").then_some(Spread::Normal { sd })
            }
            "student_t" => {
                let scale = take(self, &raw.scale, "scale");
                if raw.df.is_none() {
                    missing(self, "df");
                }
                let df = *raw.df.as_ref()?.get_ref();
                let scale = scale?;
                let good = positive(self, scale.number(), "scale");
                if df.is_nan() || df <= 0.0 {
                    self.fault_at(
                        place.clone(),
                        "bad-spread",
                        "df は 0 より大きい値にしてください。",
                        "`df` has to be above zero.",
                        "",
                    );
                    return None;
                }
                good.then_some(Spread::StudentT { scale, df })
            }
            "triangular" => {
                let (low, mode, high) = (
                    take(self, &raw.low, "low"),
                    take(self, &raw.mode, "mode"),
                    take(self, &raw.high, "high"),
                );
                let (low, mode, high) = (low?, mode?, high?);
                (ordered(self, &low, &mode) && ordered(self, &mode, &high)).then_some(Spread::Triangular {
                    low,
                    mode,
                    high,
                })
            }
            _ => {
                self.unknown_choice(
                    &raw.kind,
                    &["none", "uniform", "normal", "student_t", "triangular"],
                );
                None
            }
        }
    }

    pub(super) fn target(&mut self, raw: &raw::Target, unit: Option<&Unit>) -> Option<Target> {
        let path = self.choice(
            &raw.path,
            &[
                ("constant_growth", PathShape::ConstantGrowth),
                ("linear", PathShape::Linear),
            ],
        );
        let (period, from) = (self.period(&raw.period), self.period(&raw.from));
        let (value, why) = (self.quantity_of(&raw.value, unit), self.text(&raw.why));
        if let (Some(period), Some(from)) = (period, from)
            && from.years_until(period).is_none_or(|years| years <= 0)
        {
            self.fault(&raw.period, "target-before-base", "目標の年が出発の年より後ではないか、年度と暦年が混ざっています。", "the target does not come after the year it starts from, or one is fiscal and the other is not.", "period を from より後の、同じ種類の年にしてください。 / Make period a later year of the same kind.");
        }
        Some(Target {
            period: period?,
            value: value?,
            path: path?,
            from: from?,
            why: why?,
        })
    }

    pub(super) fn check(
        &mut self,
        raw: &raw::Check,
        year: Period,
        refs: &mut References,
        pending: &mut Vec<Pending>,
    ) -> Option<Check> {
        for id in &raw.about {
            refs.need("indicator", self.place(id), id.get_ref());
        }
        let kind = self.choice(
            &raw.kind,
            &[("finding", CheckKind::Finding), ("note", CheckKind::Note)],
        );
        let at = raw.at.as_ref().map_or(Some(year), |at| self.period(at));
        let when = self.formula_of(&raw.when, Owner::Leaf(None), None, true, pending);
        let show: Vec<_> = raw
            .show
            .iter()
            .map(|(name, word)| {
                Some((
                    name.clone(),
                    self.formula_of(word, Owner::Leaf(None), None, false, pending)?,
                ))
            })
            .collect();
        let (id, title, say) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.say));
        let hint = raw.hint.as_ref().map(|hint| self.text(hint));
        if let Some(text) = &say {
            let used = [("ja", placeholders(&text.ja)), ("en", placeholders(&text.en))];
            let langs = |name: &str, has: bool| {
                let those = used
                    .iter()
                    .filter(|(_, names)| names.contains(name) == has)
                    .map(|(lang, _)| format!("say.{lang}"));
                those.collect::<Vec<_>>().join(", ")
            };
            let every: BTreeSet<&str> = used.iter().flat_map(|(_, names)| names.iter().copied()).collect();
            for name in every.into_iter().filter(|name| !raw.show.contains_key(*name)) {
                let langs = langs(name, true);
                self.fault_at(raw.say.span(), "unknown-placeholder", &format!("{langs} の {{{name}}} が show にありません。"), &format!("{{{name}}} in {langs} is not in `show`."), "show に式を加えるか、文から取り除いてください。 / Add it to `show` or take it out of the sentence.");
            }
            for (name, word) in &raw.show {
                let langs = langs(name, false);
                if !langs.is_empty() {
                    self.fault(word, "unused-placeholder", &format!("show の {name} を {langs} が使っていません。"), &format!("`{name}` in show is not used in {langs}."), "文に {名前} として書くか、show から消してください。 / Use it as {name} or take it out.");
                }
            }
        }
        Some(Check {
            id: id?,
            about: raw.about.iter().map(|id| id.get_ref().clone()).collect(),
            kind: kind?,
            at: at?,
            when: when?,
            show: show.into_iter().collect::<Option<_>>()?,
            title: title?,
            say: say?,
            hint: whole(hint)?,
            section: raw.section.clone(),
        })
    }
}

/// An optional field that was written must also be good.
#[expect(clippy::option_option, reason = "outer: written at all; inner: good")]
pub(super) fn whole<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(None) => None,
        Some(value) => Some(value),
    }
}

/// The names in `{…}` of a sentence.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}
