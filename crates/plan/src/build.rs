//! From raw entries to a proved [`Plan`]: each word is read into its type where it stands, then the
//! references, texts, units and orders of the whole are checked. All mistakes are gathered; a plan
//! with one is not built.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use formula::{Basis, Scope, Type};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use toml::Spanned;
use vocab::{Calendar, Number, Period, Quantity, Unit};

use crate::fault::{Fault, Faults};
use crate::files::Files;
use crate::graph::{self, Key, NodeName};
use crate::model::{
    Assumption, Check, CheckKind, Class, Direction, Formula, Frequency, Group, Head, Implied, Indicator, Input,
    MeasureState, Meeting, Node, NodeKind, Observation, PathShape, Plan, Printed, Requirement, Series, Source,
    Spread, Step, Target, Term, Text,
};
use crate::raw::{self, Word};

const HEAD: &str = "plan.toml";

impl Plan {
    /// Reads and proves a plan.
    ///
    /// # Errors
    /// Every mistake that could be found, each with its place.
    pub fn read(files: Files) -> Result<Self, Box<Faults>> {
        let mut reader = Reader { files: &files, faults: vec![], file: String::new() };
        let plan = reader.plan();
        let faults = reader.faults;
        match plan {
            Some(plan) if faults.is_empty() => Ok(plan),
            _ => Err(Box::new(Faults::new(files, faults))),
        }
    }

    /// Reads and proves the plan in a folder.
    ///
    /// # Errors
    /// As [`Plan::read`], and a fault for each file that cannot be read.
    pub fn from_folder(folder: &std::path::Path) -> Result<Self, Box<Faults>> {
        match Files::from_folder(folder) {
            Ok(files) => Self::read(files),
            Err(faults) => Err(Box::new(Faults::new(Files::default(), faults))),
        }
    }
}

/// Where something was written, kept until references can be checked.
#[derive(Clone)]
struct Place {
    file: String,
    span: Range<usize>,
}

/// A reference that has to lead somewhere.
struct Reference {
    place: Place,
    id: String,
}

/// A formula that waits for its check, with the unit that it must have, if any.
struct Pending {
    place: Place,
    owner: Owner,
    formula: Formula,
    unit: Option<Unit>,
    truth: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Owner {
    Named(NodeName),
    Leaf(Option<String>),
}

struct Reader<'a> {
    files: &'a Files,
    faults: Vec<Fault>,
    file: String,
}

impl Reader<'_> {
    fn plan(&mut self) -> Option<Plan> {
        let head = self.head();
        let mut plan = Plan {
            head: head?,
            nodes: vec![],
            meetings: vec![],
            sources: BTreeMap::new(),
            series: BTreeMap::new(),
            observations: vec![],
            indicators: vec![],
            checks: vec![],
            requirements: vec![],
            terms: vec![],
            order: vec![],
            sha256: self.files.sha256(),
            places: HashMap::new(),
            types: HashMap::new(),
        };
        let mut refs = References::default();
        let mut pending = vec![];
        let files = self.files;
        for (path, text) in files.iter().filter(|(path, _)| *path != HEAD) {
            self.file = path.into();
            if let Some(entries) = self.parse::<raw::Entries>(text) {
                self.entries(entries, &mut plan, &mut refs, &mut pending);
            }
        }
        plan.meetings.sort_by_key(|meeting| meeting.date);
        plan.observations.sort_by(|a, b| (a.recorded, &a.series, a.period).cmp(&(b.recorded, &b.series, b.period)));
        self.references(&plan, &refs);
        self.tree(&mut plan, &refs);
        self.series(&plan, &refs);
        self.formulas(&mut plan, &pending);
        Some(plan)
    }

    fn head(&mut self) -> Option<Head> {
        self.file = HEAD.into();
        let Some(text) = self.files.text(HEAD) else {
            self.faults.push(Fault::file(
                HEAD,
                "no-head",
                "plan.toml がありません。",
                "plan.toml is missing.",
                "計画の題名、基準年度などを書いた plan.toml を置いてください。 / Add plan.toml with the plan's title and years.",
            ));
            return None;
        };
        let raw: raw::Head = self.parse(text)?;
        let confidence = self.quantity(&raw.confidence);
        if let Some(level) = &confidence {
            let inside = *level.number() > Number::ZERO && *level.number() < Number::ONE;
            if !inside || !level.dim().is_none() {
                self.fault(&raw.confidence, "bad-confidence", "信頼水準は 0% と 100% の間で書いてください。", "a confidence level lies between 0% and 100%.", "例: \"95%\"");
            }
        }
        Some(Head {
            id: self.id(&raw.id)?,
            title: self.text(&raw.title)?,
            subtitle: self.text(&raw.subtitle)?,
            vision_year: self.period(&raw.vision_year)?,
            base_year: self.period(&raw.base_year)?,
            confidence: confidence?.number().clone(),
            seed: raw.seed,
            published: self.date(&raw.published)?,
            source: raw.source.get_ref().clone(),
            status: self.text(&raw.status)?,
        })
    }

    fn entries(&mut self, raw: raw::Entries, plan: &mut Plan, refs: &mut References, pending: &mut Vec<Pending>) {
        for entry in raw.node {
            if let Some(node) = self.node(entry, refs) {
                plan.nodes.push(node);
            }
        }
        for entry in raw.meeting {
            refs.define("meeting", self.place(&entry.id), entry.id.get_ref());
            if let Some(meeting) = self.meeting(&entry) {
                plan.meetings.push(meeting);
            }
        }
        for entry in raw.source {
            refs.define("source", self.place(&entry.id), entry.id.get_ref());
            if let Some(source) = self.source(&entry) {
                plan.sources.insert(source.id.clone(), source);
            }
        }
        for entry in raw.series {
            refs.define("name", self.place(&entry.id), entry.id.get_ref());
            if let Some(series) = self.one_series(&entry) {
                plan.series.insert(series.id.clone(), series);
            }
        }
        for entry in raw.observation {
            if let Some(observation) = self.observation(&entry, refs) {
                plan.observations.push(observation);
            }
        }
        for entry in raw.indicator {
            if let Some(indicator) = self.indicator(entry, refs, pending) {
                plan.places.insert(indicator.id.clone(), plan.indicators.len());
                plan.indicators.push(indicator);
            }
        }
        for entry in raw.check {
            refs.define("check", self.place(&entry.id), entry.id.get_ref());
            if let Some(check) = self.check(&entry, plan.head.vision_year, refs, pending) {
                plan.checks.push(check);
            }
        }
        for entry in raw.requirement {
            refs.define("requirement", self.place(&entry.id), entry.id.get_ref());
            let (id, title, help) = (self.id(&entry.id), self.text(&entry.title), self.text(&entry.help));
            if let (Some(id), Some(title), Some(help)) = (id, title, help) {
                plan.requirements.push(Requirement { id, title, help });
            }
        }
        for entry in raw.term {
            refs.define("term", self.place(&entry.id), entry.id.get_ref());
            let (id, meaning) = (self.id(&entry.id), self.text(&entry.meaning));
            if let (Some(id), Some(meaning)) = (id, meaning) {
                let (ja, en) = (entry.ja.into_inner(), entry.en.into_inner());
                plan.terms.push(Term { id, ja, en, meaning });
            }
        }
    }

    fn node(&mut self, raw: raw::Node, refs: &mut References) -> Option<Node> {
        let place = self.place(&raw.id);
        refs.define("node", place.clone(), raw.id.get_ref());
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
        if !matches!(kind, NodeKind::Measure | NodeKind::Part) && (!raw.answers.is_empty() || state.is_some()) {
            self.fault(&raw.id, "not-a-measure", "answers と state は施策（measure、part）だけに書けます。", "only a measure or part has answers and state.", "");
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

    fn meeting(&mut self, raw: &raw::Meeting) -> Option<Meeting> {
        let agenda: Vec<_> = raw.agenda.iter().filter_map(|item| self.text(item)).collect();
        let (id, body, date) = (self.id(&raw.id), self.text(&raw.body), self.date(&raw.date));
        Some(Meeting { id: id?, body: body?, number: raw.number, date: date?, agenda, section: raw.section.clone() })
    }

    fn source(&mut self, raw: &raw::Source) -> Option<Source> {
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

    fn one_series(&mut self, raw: &raw::Series) -> Option<Series> {
        let unit = self.unit(&raw.unit);
        let calendar =
            self.choice(&raw.calendar, &[("fiscal", Calendar::Fiscal), ("calendar", Calendar::Calendar)]);
        let frequency = self.frequency(&raw.frequency);
        let group = self.choice(
            &raw.group,
            &[("data", Group::Data), ("exchange_rate", Group::ExchangeRate), ("frame", Group::Frame)],
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

    fn observation(&mut self, raw: &raw::Observation, refs: &mut References) -> Option<Observation> {
        refs.need("series", self.place(&raw.series), raw.series.get_ref());
        refs.need("source", self.place(&raw.source), raw.source.get_ref());
        if let Some(via) = &raw.via {
            refs.need("source", self.place(via), via.get_ref());
        }
        if raw.author.get_ref() == raw.approver.get_ref() {
            self.fault(&raw.approver, "four-eyes", "記入者と承認者が同じです。", "author and approver are the same.", "別の人が承認してください。 / Let somebody else approve it.");
        }
        let note = raw.note.as_ref().map(|note| self.text(note));
        let rounding = raw.rounding.as_ref().map(|rounding| self.quantum(rounding));
        let (period, value, recorded) = (self.period(&raw.period), self.quantity(&raw.value), self.date(&raw.recorded));
        refs.observations.push((
            raw.series.get_ref().clone(),
            self.place(&raw.period),
            period,
            self.place(&raw.value),
            value.clone(),
            raw.rounding.as_ref().map(|word| self.place(word)),
            rounding.clone().flatten(),
            recorded,
        ));
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
            author: raw.author.get_ref().clone(),
            approver: raw.approver.get_ref().clone(),
            note: note.flatten(),
        })
    }

    #[expect(clippy::too_many_lines, reason = "one field after the other, in the order of the file")]
    fn indicator(
        &mut self,
        raw: raw::Indicator,
        refs: &mut References,
        pending: &mut Vec<Pending>,
    ) -> Option<Indicator> {
        refs.define("name", self.place(&raw.id), raw.id.get_ref());
        refs.indicators.insert(raw.id.get_ref().clone(), self.place(&raw.id));
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
            &[("up", Direction::Up), ("down", Direction::Down), ("steady", Direction::Steady), ("none", Direction::None)],
        );
        let frequency = self.frequency(&raw.frequency);
        let unit = self.unit(&raw.unit);
        let round = raw.round.as_ref().map(|round| self.quantum_of(round, unit.as_ref()));
        let baseline = raw.baseline.as_ref().map(|baseline| self.period(baseline));

        let mut names: BTreeMap<&str, ()> = BTreeMap::new();
        for word in raw.step.iter().map(|step| &step.name).chain(raw.assumption.iter().map(|one| &one.name)) {
            refs.inner.push((self.place(word), word.get_ref().clone()));
            if names.insert(word.get_ref(), ()).is_some() {
                let name = word.get_ref();
                self.fault(word, "duplicate", &format!("「{name}」がこの指標に二つあります。"), &format!("`{name}` stands twice in this indicator."), "どちらかの名前を変えてください。 / Rename one of them.");
            }
        }

        let named = |step: Option<&str>| Owner::Named(NodeName { indicator: id.clone(), step: step.map(Into::into) });
        let leaf = || Owner::Leaf(Some(id.clone()));
        let formula = self.formula(&raw.formula, named(None), unit.clone(), pending);
        let observed = raw.observed.as_ref().map(|word| self.formula(word, named(None), unit.clone(), pending));
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
        let printed: Vec<_> = raw.printed.iter().map(|one| {
            let (period, value) = (self.period(&one.period), self.quantity_of(&one.value, unit.as_ref()));
            Some(Printed { period: period?, value: value?, text: one.text.clone(), section: one.section.clone() })
        }).collect();
        let target = raw.target.map(|target| self.target(&target, unit.as_ref()));
        let implied = raw.implied.map(|implied| {
            let formula = self.formula(&implied.formula, leaf(), unit.clone(), pending);
            let (title, why) = (self.text(&implied.title), self.text(&implied.why));
            Some(Implied { formula: formula?, title: title?, why: why?, count: implied.count })
        });
        let controls: Vec<_> = raw.controls.iter().map(|control| {
            let input = self.input(control, &id)?;
            refs.inputs.push((self.place(control), input.clone()));
            Some(input)
        }).collect();
        let (title, short, owner) = (self.text(&raw.title), self.text(&raw.short), self.text(&raw.owner));
        let (why, method) = (self.text(&raw.why), self.text(&raw.method));
        Some(Indicator {
            class: class?, number: raw.number, title: title?, short: short?, unit: unit?, direction: direction?,
            frequency: frequency?, lag_months: raw.lag_months, owner: owner?,
            measures: raw.measures.into_iter().map(Spanned::into_inner).collect(),
            section: raw.section,
            sources: raw.sources.into_iter().map(Spanned::into_inner).collect(),
            why: why?, method: method?, formula: formula?,
            observes: raw.observes.map(Spanned::into_inner),
            observed: whole(observed)?, round: whole(round)?, baseline: whole(baseline)?,
            steps: steps.into_iter().collect::<Option<_>>()?,
            assumptions: assumptions.into_iter().collect::<Option<_>>()?,
            printed: printed.into_iter().collect::<Option<_>>()?,
            target: whole(target)?, implied: whole(implied)?,
            controls: controls.into_iter().collect::<Option<_>>()?,
            id,
        })
    }

    fn assumption(&mut self, raw: &raw::Assumption) -> Option<Assumption> {
        let unit = self.unit(&raw.unit);
        let mut of = |word: &Option<Word>| word.as_ref().map(|word| self.quantity_of(word, unit.as_ref()));
        let (low, high, step) = (of(&raw.low), of(&raw.high), of(&raw.step));
        let value = self.quantity_of(&raw.value, unit.as_ref());
        let spread = raw.spread.as_ref().map_or(Some(Spread::None), |spread| self.spread(spread, unit.as_ref()));
        if let (Some(Some(low)), Some(Some(high)), Some(value)) = (&low, &high, &value)
            && !(low.number() <= value.number() && value.number() <= high.number())
        {
            self.fault(&raw.value, "out-of-range", "値が low と high の間にありません。", "the value does not lie between low and high.", "low ≤ value ≤ high となるように直してください。 / Make low ≤ value ≤ high.");
        }
        let (name, title, why) = (self.name(&raw.name), self.text(&raw.title), self.text(&raw.why));
        Some(Assumption {
            name: name?, title: title?, value: value?, unit: unit?,
            low: whole(low)?, high: whole(high)?, step: whole(step)?,
            why: why?, spread: spread?,
        })
    }

    fn spread(&mut self, raw: &Spanned<raw::Spread>, unit: Option<&Unit>) -> Option<Spread> {
        let place = raw.span();
        let raw = raw.get_ref();
        let missing = |reader: &mut Self, field: &str| {
            reader.fault_at(place.clone(), "bad-spread", &format!("{field} がありません。"), &format!("`{field}` is missing."), "ばらつきの種類に要る値をすべて書いてください。 / Give every value that this kind of spread needs.");
        };
        let take = |reader: &mut Self, word: &Option<Word>, field: &str| {
            if word.is_none() { missing(reader, field); }
            word.as_ref().and_then(|word| reader.quantity_of(word, unit))
        };
        let ordered = |reader: &mut Self, a: &Quantity, b: &Quantity| {
            if a.number() <= b.number() { return true; }
            reader.fault_at(place.clone(), "bad-spread", "low が high より大きいか、mode が範囲の外です。", "low is above high, or mode is outside.", "low ≤ mode ≤ high の順に書いてください。 / Write low ≤ mode ≤ high.");
            false
        };
        let positive = |reader: &mut Self, number: &Number, field: &str| {
            if *number > Number::ZERO { return true; }
            reader.fault_at(place.clone(), "bad-spread", &format!("{field} は 0 より大きい値にしてください。"), &format!("`{field}` has to be above zero."), "");
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
                if raw.df.is_none() { missing(self, "df"); }
                let df = *raw.df.as_ref()?.get_ref();
                let scale = scale?;
                let good = positive(self, scale.number(), "scale");
                if df.is_nan() || df <= 0.0 {
                    self.fault_at(place.clone(), "bad-spread", "df は 0 より大きい値にしてください。", "`df` has to be above zero.", "");
                    return None;
                }
                good.then_some(Spread::StudentT { scale, df })
            }
            "triangular" => {
                let (low, mode, high) = (take(self, &raw.low, "low"), take(self, &raw.mode, "mode"), take(self, &raw.high, "high"));
                let (low, mode, high) = (low?, mode?, high?);
                (ordered(self, &low, &mode) && ordered(self, &mode, &high)).then_some(Spread::Triangular { low, mode, high })
            }
            _ => {
                self.unknown_choice(&raw.kind, &["none", "uniform", "normal", "student_t", "triangular"]);
                None
            }
        }
    }

    fn target(&mut self, raw: &raw::Target, unit: Option<&Unit>) -> Option<Target> {
        let path = self.choice(&raw.path, &[("constant_growth", PathShape::ConstantGrowth), ("linear", PathShape::Linear)]);
        let (period, from) = (self.period(&raw.period), self.period(&raw.from));
        let (value, why) = (self.quantity_of(&raw.value, unit), self.text(&raw.why));
        if let (Some(period), Some(from)) = (period, from)
            && from.years_until(period).is_none_or(|years| years <= 0)
        {
            self.fault(&raw.period, "target-before-base", "目標の年が出発の年より後ではないか、年度と暦年が混ざっています。", "the target does not come after the year it starts from, or one is fiscal and the other is not.", "period を from より後の、同じ種類の年にしてください。 / Make period a later year of the same kind.");
        }
        Some(Target { period: period?, value: value?, path: path?, from: from?, why: why? })
    }

    fn check(&mut self, raw: &raw::Check, year: Period, refs: &mut References, pending: &mut Vec<Pending>) -> Option<Check> {
        for id in &raw.about {
            refs.need("indicator", self.place(id), id.get_ref());
        }
        let kind = self.choice(&raw.kind, &[("finding", CheckKind::Finding), ("note", CheckKind::Note)]);
        let at = raw.at.as_ref().map_or(Some(year), |at| self.period(at));
        let when = self.formula_of(&raw.when, Owner::Leaf(None), None, true, pending);
        let show: Vec<_> = raw.show.iter().map(|(name, word)| {
            Some((name.clone(), self.formula_of(word, Owner::Leaf(None), None, false, pending)?))
        }).collect();
        let (id, title, say) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.say));
        let hint = raw.hint.as_ref().map(|hint| self.text(hint));
        if let Some(text) = &say {
            for (lang, words) in [("ja", &text.ja), ("en", &text.en)] {
                let used = placeholders(words);
                for name in used.iter().filter(|name| !raw.show.contains_key(**name)) {
                    self.fault_at(raw.say.span(), "unknown-placeholder", &format!("say.{lang} の {{{name}}} が show にありません。"), &format!("{{{name}}} in say.{lang} is not in `show`."), "show に式を加えるか、文から取り除いてください。 / Add it to `show` or take it out of the sentence.");
                }
                for (name, word) in raw.show.iter().filter(|(name, _)| !used.contains(name.as_str())) {
                    self.fault(word, "unused-placeholder", &format!("show の {name} を say.{lang} が使っていません。"), &format!("`{name}` in show is not used in say.{lang}."), "文に {名前} として書くか、show から消してください。 / Use it as {name} or take it out.");
                }
            }
        }
        Some(Check {
            id: id?, about: raw.about.iter().map(|id| id.get_ref().clone()).collect(), kind: kind?, at: at?, when: when?,
            show: show.into_iter().collect::<Option<_>>()?, title: title?, say: say?, hint: whole(hint)?, section: raw.section.clone(),
        })
    }

    /// Every reference leads somewhere; every id stands once.
    fn references(&mut self, plan: &Plan, refs: &References) {
        for ((kind, id), places) in &refs.defined {
            for place in &places[1..] {
                self.fault_in(place, "duplicate", &format!("「{id}」がすでにあります。"), &format!("`{id}` stands already."), "別の名前にするか、どちらかを消してください。 / Rename it or remove one.");
            }
            let _ = kind;
        }
        let known = |kind: &str| -> BTreeSet<&str> {
            match kind {
                "node" => plan.nodes.iter().map(|node| node.id.as_str()).collect(),
                "issue" => plan.nodes.iter().filter(|node| node.kind == NodeKind::Issue).map(|node| node.id.as_str()).collect(),
                "source" => plan.sources.keys().map(String::as_str).collect(),
                "series" => plan.series.keys().map(String::as_str).collect(),
                _ => refs.indicators.keys().map(String::as_str).collect(),
            }
        };
        let mut tables: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let written: BTreeSet<(&str, &str)> = refs.defined.keys().map(|(kind, id)| (*kind, id.as_str())).collect();
        for (kind, reference) in &refs.needed {
            let table = tables.entry(kind).or_insert_with(|| known(kind));
            let id = reference.id.as_str();
            // An entry that exists but has a mistake of its own was told already.
            let told = match *kind {
                "series" | "indicator" => written.contains(&("name", id)),
                "issue" => written.contains(&("node", id)) && plan.node(id).is_none(),
                other => written.contains(&(other, id)),
            };
            if !table.contains(id) && !told {
                let hint = match nearest(id, table.iter().copied()) {
                    Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                    None => "id を確かめてください。 / Check the id.".into(),
                };
                let what = match *kind { "node" => "項目", "issue" => "課題", "source" => "出典", "series" => "系列", _ => "指標" };
                self.fault_in(&reference.place, "unknown-reference", &format!("{what}「{id}」がありません。"), &format!("there is no {kind} `{id}`."), &hint);
            }
        }
        if !plan.sources.contains_key(&plan.head.source) && !written.contains(&("source", plan.head.source.as_str())) {
            let id = &plan.head.source;
            self.faults.push(Fault::file(HEAD, "unknown-reference", &format!("出典「{id}」がありません。"), &format!("there is no source `{id}`."), "sources に加えてください。 / Add it to the sources."));
        }
        for (place, name) in &refs.inner {
            if plan.series.contains_key(name) || plan.indicator(name).is_some() {
                self.fault_in(place, "shadowed", &format!("「{name}」は系列か指標の名前として使われています。"), &format!("`{name}` is the name of a series or an indicator."), "別の名前にしてください。 / Choose another name.");
            }
        }
        for (place, input) in &refs.inputs {
            let fault = match input {
                Input::Named { indicator, name } => plan.indicator(indicator).is_some_and(|found| found.step(name).is_none() && found.assumption(name).is_none()),
                Input::Observed { series, period } => !plan.observations.iter().any(|seen| seen.series == *series && seen.period == *period),
            };
            if fault {
                self.fault_in(place, "unknown-reference", "動かせる入力として書かれた名前がありません。", "there is no such step, assumption or observation to move.", "手順か仮定の名前、または「系列[FY2024]」と書いてください。 / Name a step, an assumption, or `series[FY2024]`.");
            }
        }
    }

    /// One vision, every other node below a parent that leads to it, parents before children.
    fn tree(&mut self, plan: &mut Plan, refs: &References) {
        let visions: Vec<_> = plan.nodes.iter().filter(|node| node.kind == NodeKind::Vision).map(|node| node.id.clone()).collect();
        if visions.is_empty() && !plan.nodes.is_empty() {
            self.faults.push(Fault::file(HEAD, "no-vision", "将来像（kind = \"vision\"）がありません。", "there is no vision (kind = \"vision\").", "木の根になる将来像を一つ書いてください。 / Write one vision, the root of the tree."));
        }
        for id in visions.iter().skip(1) {
            if let Some(place) = refs.places.get(id) {
                self.fault_in(place, "second-vision", "将来像が二つあります。", "there is a second vision.", "将来像は一つにしてください。 / Keep one.");
            }
        }
        let parents: HashMap<&str, Option<&str>> = plan.nodes.iter().map(|node| (node.id.as_str(), node.parent.as_deref())).collect();
        let mut faults = vec![];
        for node in &plan.nodes {
            let mut above = node.parent.as_deref();
            let mut steps = 0;
            while let Some(id) = above {
                steps += 1;
                if steps > plan.nodes.len() { break; }
                above = parents.get(id).copied().flatten();
            }
            let place = refs.places.get(&node.id).cloned();
            if steps > plan.nodes.len() {
                faults.push((place, "parent-cycle", "親をたどると自分に戻ります。", "following the parents leads back here.", "親の指定を直してください。 / Mend the parents."));
            } else if node.parent.is_none() && node.kind != NodeKind::Vision {
                faults.push((place, "no-parent", "親がないため、どこからもたどり着けません。", "it has no parent, so nothing leads to it.", "parent に親の id を書いてください。 / Name its parent."));
            }
        }
        for (place, code, ja, en, hint) in faults {
            if let Some(place) = place { self.fault_in(&place, code, ja, en, hint); }
        }
        let mut ordered: Vec<Node> = Vec::with_capacity(plan.nodes.len());
        let mut open: Vec<String> = visions.into_iter().rev().collect();
        while let Some(id) = open.pop() {
            let Some(node) = plan.nodes.iter().find(|node| node.id == id) else { continue };
            if ordered.iter().any(|seen| seen.id == id) { continue; }
            ordered.push(node.clone());
            let below: Vec<_> = plan.children(&id).map(|node| node.id.clone()).collect();
            open.extend(below.into_iter().rev());
        }
        plan.nodes = ordered;
    }

    /// Observations fit their series: dimension, calendar, and a rounding of the same dimension.
    fn series(&mut self, plan: &Plan, refs: &References) {
        let mut seen = BTreeSet::new();
        for (id, period_place, period, value_place, value, rounding_place, rounding, recorded) in &refs.observations {
            let Some(series) = plan.series.get(id) else { continue };
            if let Some(value) = value && value.dim() != series.unit.dim() {
                self.fault_in(value_place, "unit-clash", &format!("単位「{}」の系列に、合わない単位の値があります。", series.unit), &format!("this value does not fit the series' unit `{}`.", series.unit), "系列の単位に直せる単位で書いてください。 / Write it in a unit that converts into the series' unit.");
            }
            if let (Some(place), Some(rounding), Some(value)) = (rounding_place, rounding, value) {
                if rounding.dim() != value.dim() {
                    self.fault_in(place, "unit-clash", "丸めの単位が値の単位と合いません。", "the rounding does not fit the value's unit.", "値と同じ種類の単位で書いてください。 / Use a unit of the same kind.");
                } else if rounding.number() > &value.number().abs() && !value.number().is_zero() {
                    self.fault_in(place, "rounding-too-wide", "丸めの幅が値より大きくなっています。", "the rounding is wider than the value.", "印刷された最後の桁の大きさを書いてください。 / Give the size of the last printed digit.");
                }
            }
            if let Some(period) = period {
                if period.calendar != series.calendar {
                    self.fault_in(period_place, "calendar-clash", "系列の年の種類（年度・暦年）と合いません。", "fiscal and calendar years are mixed in this series.", "年度は FY2024、暦年は CY2024 と書いてください。 / Write FY2024 for a fiscal and CY2024 for a calendar year.");
                }
                if let Some(recorded) = recorded && !seen.insert((id.clone(), *period, *recorded)) {
                    self.fault_in(period_place, "duplicate", "同じ系列・同じ時期・同じ記録日の値がすでにあります。", "the same series, period and day of recording stand already.", "訂正なら recorded を新しい日にしてください。 / For a correction give a later `recorded`.");
                }
            }
        }
    }

    /// Every name resolves, no formula needs itself, every unit agrees.
    fn formulas(&mut self, plan: &mut Plan, pending: &[Pending]) {
        let mut needs: BTreeMap<NodeName, Vec<NodeName>> = BTreeMap::new();
        for waiting in pending {
            let Owner::Named(name) = &waiting.owner else { continue };
            let list = needs.entry(name.clone()).or_default();
            for reference in formula::references(&waiting.formula.expr) {
                if let Some(Key::Formula(need)) = graph::resolve(plan, Some(&name.indicator), &reference.name) {
                    list.push(need);
                }
            }
        }
        let order = match graph::order(&needs) {
            Ok(order) => order,
            Err(cycle) => {
                let text = cycle.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → ");
                if let Some(waiting) = pending.iter().find(|waiting| matches!((&waiting.owner, cycle.first()), (Owner::Named(name), Some(first)) if name == first)) {
                    self.fault_in(&waiting.place, "cycle", &format!("式が自分自身を必要としています（{text}）。"), &format!("this formula needs itself ({text})."), "どれか一つを、ほかを使わない式に直してください。 / Make one of them independent of the others.");
                }
                return;
            }
        };
        let mut by_name: HashMap<&NodeName, Vec<&Pending>> = HashMap::new();
        for waiting in pending {
            if let Owner::Named(name) = &waiting.owner { by_name.entry(name).or_default().push(waiting); }
        }
        for name in &order {
            for waiting in by_name.get(name).into_iter().flatten() {
                if let Some(kind) = self.type_of(plan, Some(&name.indicator), waiting) {
                    plan.types.insert(name.clone(), kind);
                }
            }
        }
        for waiting in pending {
            if let Owner::Leaf(indicator) = &waiting.owner {
                self.type_of(plan, indicator.as_deref(), waiting);
            }
        }
        plan.order = order;
    }

    fn type_of(&mut self, plan: &Plan, indicator: Option<&str>, waiting: &Pending) -> Option<Type> {
        let scope = PlanScope { plan, indicator };
        let at = |span: Range<usize>| Place { file: waiting.place.file.clone(), span: waiting.place.span.start + span.start..waiting.place.span.start + span.end };
        match formula::check(&waiting.formula.expr, &scope) {
            Err(fault) => {
                // A name whose own formula is faulty has no type: that was told where it stands.
                let silent = formula::references(&waiting.formula.expr).iter().any(|reference| {
                    reference.span == fault.span
                        && matches!(graph::resolve(plan, indicator, &reference.name), Some(Key::Formula(name)) if !plan.types.contains_key(&name))
                });
                if !silent { self.formula_fault(&at(fault.span.clone()), &fault); }
                None
            }
            Ok(kind) => {
                let place = &waiting.place;
                match (&kind, &waiting.unit) {
                    (Type::Bool, None) if waiting.truth => {}
                    (_, None) if waiting.truth => self.fault_in(place, "not-a-truth-value", "「はい・いいえ」になる式ではありません。", "this is not a yes-or-no formula.", "比較（例: a != b）を書いてください。 / Write a comparison such as a != b."),
                    (Type::Bool | Type::Quantity(_) | Type::Text | Type::Period(_) | Type::Date, None) => {}
                    (Type::Quantity(measure), Some(unit)) if measure.dim == unit.dim() => {}
                    (_, Some(unit)) => self.fault_in(place, "unit-clash", &format!("式の単位が、宣言された単位「{unit}」になりません。"), &format!("the formula does not give the declared unit `{unit}` (it gives {kind})."), "式か unit を直してください。 / Mend the formula or the unit."),
                    (_, None) => self.fault_in(place, "not-a-value", "一つの値になる式ではありません。", "this formula does not give one value.", ""),
                }
                Some(kind)
            }
        }
    }

    fn formula_fault(&mut self, place: &Place, fault: &formula::Fault) {
        let hint = match (&fault.hint_ja, &fault.hint_en) {
            (Some(ja), Some(en)) => format!("{ja} / {en}"),
            (Some(one), None) | (None, Some(one)) => one.to_string(),
            (None, None) => String::new(),
        };
        self.fault_in(place, fault.kind, &fault.ja, &fault.en, &hint);
    }

    fn formula(&mut self, word: &Word, owner: Owner, unit: Option<Unit>, pending: &mut Vec<Pending>) -> Option<Formula> {
        self.formula_of(word, owner, unit, false, pending)
    }

    fn formula_of(&mut self, word: &Word, owner: Owner, unit: Option<Unit>, truth: bool, pending: &mut Vec<Pending>) -> Option<Formula> {
        let place = self.place(word);
        let text = word.get_ref().clone();
        match formula::parse(&text) {
            Ok(expr) => {
                let formula = Formula { text, expr };
                pending.push(Pending { place, owner, formula: formula.clone(), unit, truth });
                Some(formula)
            }
            Err(fault) => {
                let span = place.span.start + fault.span.start..place.span.start + fault.span.end;
                self.formula_fault(&Place { file: place.file, span }, &fault);
                None
            }
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = error.message();
                let (code, ja) = if message.starts_with("unknown field") {
                    ("unknown-key", "知らない項目があります")
                } else if message.starts_with("missing field") {
                    ("missing-key", "必要な項目がありません")
                } else if message.starts_with("invalid type") || message.starts_with("invalid value") {
                    ("wrong-type", "値の種類が違います")
                } else {
                    ("bad-toml", "TOML として読めません")
                };
                let message = message.lines().next().unwrap_or_default();
                self.fault_at(error.span().unwrap_or(0..0), code, &format!("{ja}（{message}）。"), &format!("{message}."), "");
                None
            }
        }
    }

    fn text(&mut self, raw: &Spanned<raw::Text>) -> Option<Text> {
        let one = |reader: &mut Self, word: &Option<Word>, lang: &str, ja: &str| match word {
            Some(word) if !word.get_ref().trim().is_empty() => Some(word.get_ref().clone()),
            Some(word) => {
                reader.fault(word, "missing-translation", &format!("{ja}の文が空です。"), &format!("the {lang} text is empty."), "日本語（ja）と英語（en）の両方を書いてください。 / Write both ja and en.");
                None
            }
            None => {
                reader.fault_at(raw.span(), "missing-translation", &format!("{ja}（{lang}）の文がありません。"), &format!("`{lang}` is missing."), "日本語（ja）と英語（en）の両方を書いてください。 / Write both ja and en.");
                None
            }
        };
        let (ja, en) = (one(self, &raw.get_ref().ja, "ja", "日本語"), one(self, &raw.get_ref().en, "en", "英語"));
        Some(Text { ja: ja?, en: en? })
    }

    fn id(&mut self, word: &Word) -> Option<String> {
        self.spelled(word, "英小文字・数字・ハイフン", "lower-case letters, digits and hyphens", |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }

    fn name(&mut self, word: &Word) -> Option<String> {
        self.spelled(word, "英小文字・数字・下線", "lower-case letters, digits and underscores", |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    }

    fn spelled(&mut self, word: &Word, ja: &str, en: &str, good: impl Fn(char) -> bool) -> Option<String> {
        let text = word.get_ref();
        if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(good) {
            return Some(text.clone());
        }
        self.fault(word, "bad-id", &format!("名前は英小文字で始め、{ja}だけで書いてください。"), &format!("a name starts with a lower-case letter and has {en} only."), "");
        None
    }

    fn period(&mut self, word: &Word) -> Option<Period> {
        if let Ok(period) = word.get_ref().parse() { return Some(period); }
        self.fault(word, "bad-period", "年として読めません。", "this is not a year.", "年度は FY2024、暦年は CY2024 と書いてください。 / Write FY2024 for a fiscal and CY2024 for a calendar year.");
        None
    }

    fn date(&mut self, word: &Word) -> Option<Date> {
        if let Ok(date) = word.get_ref().parse() { return Some(date); }
        self.fault(word, "bad-date", "日付として読めません。", "this is not a date.", "2026-03-18 のように、実在する日を書いてください。 / Write a day that exists, such as 2026-03-18.");
        None
    }

    fn unit(&mut self, word: &Word) -> Option<Unit> {
        match word.get_ref().parse::<Unit>() {
            Ok(unit) => Some(unit),
            Err(_) => {
                self.fault(word, "bad-unit", "知らない単位です。", "this unit is not known.", "例: 兆円、億ドル/年、件/年、% / For example: 兆円, 億ドル/年, 件/年, %");
                None
            }
        }
    }

    fn quantity(&mut self, word: &Word) -> Option<Quantity> {
        match word.get_ref().parse::<Quantity>() {
            Ok(quantity) => Some(quantity),
            Err(_) => {
                self.fault(word, "bad-quantity", "数と単位として読めません。", "this is not a number with a unit.", "例: \"7.3兆円\"、\"4件/年\"、\"5.12%/年\" / For example \"7.3兆円\".");
                None
            }
        }
    }

    /// A quantity that has to have the dimension of `unit`.
    fn quantity_of(&mut self, word: &Word, unit: Option<&Unit>) -> Option<Quantity> {
        let quantity = self.quantity(word)?;
        let unit = unit?;
        if let Ok(quantity) = quantity.shown_in(unit) {
            return Some(quantity);
        }
        self.fault(word, "unit-clash", &format!("単位が「{unit}」と合いません。"), &format!("its unit does not fit `{unit}`."), "同じ種類の単位で書いてください。 / Use a unit of the same kind.");
        None
    }

    fn quantum(&mut self, word: &Word) -> Option<Quantity> {
        let quantity = self.quantity(word)?;
        if *quantity.number() > Number::ZERO { return Some(quantity); }
        self.fault(word, "bad-rounding", "丸めの幅は 0 より大きい値にしてください。", "a rounding has to be above zero.", "例: \"0.1兆円\"");
        None
    }

    fn quantum_of(&mut self, word: &Word, unit: Option<&Unit>) -> Option<Quantity> {
        self.quantity_of(word, unit)?;
        self.quantum(word)
    }

    fn frequency(&mut self, word: &Word) -> Option<Frequency> {
        self.choice(word, &[("yearly", Frequency::Yearly), ("once", Frequency::Once), ("irregular", Frequency::Irregular)])
    }

    fn basis(&mut self, word: &Word) -> Option<Basis> {
        let text = word.get_ref();
        let real = text.strip_prefix("real").and_then(|year| year.trim().parse().ok()).map(Basis::Real);
        let basis = if text == "nominal" { Some(Basis::Nominal) } else { real };
        if basis.is_none() {
            self.unknown_choice(word, &["nominal", "real 2020"]);
        }
        basis
    }

    fn input(&mut self, word: &Word, indicator: &str) -> Option<Input> {
        let input = Input::parse(word.get_ref(), Some(indicator));
        if input.is_none() {
            self.fault(word, "bad-input", "動かせる入力の名前として読めません。", "this does not name something to move.", "手順か仮定の名前、または「系列[FY2024]」と書いてください。 / Name a step, an assumption, or `series[FY2024]`.");
        }
        input
    }

    fn choice<T: Copy>(&mut self, word: &Word, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| name == word.get_ref()).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.unknown_choice(word, &names);
        }
        found
    }

    fn unknown_choice(&mut self, word: &Word, choices: &[&str]) {
        let list = choices.join(", ");
        self.fault(word, "unknown-choice", "選べる値ではありません。", "this is not one of the choices.", &format!("次のどれかを書いてください。 / One of: {list}"));
    }

    /// Where the words of a string stand, without their quotes.
    fn place(&self, word: &Word) -> Place {
        let span = word.span();
        let text = self.files.text(&self.file).and_then(|text| text.get(span.clone())).unwrap_or_default();
        let open = if text.starts_with("'''") || text.starts_with("\"\"\"") { 3 + usize::from(text[3..].starts_with('\n')) } else { 1 };
        let close = if open > 1 { 3 } else { 1 };
        let inner = if text.len() >= open + close { span.start + open..span.end - close } else { span };
        Place { file: self.file.clone(), span: inner }
    }

    fn fault(&mut self, word: &Word, code: &'static str, ja: &str, en: &str, hint: &str) {
        let place = self.place(word);
        self.fault_in(&place, code, ja, en, hint);
    }

    fn fault_at(&mut self, span: Range<usize>, code: &'static str, ja: &str, en: &str, hint: &str) {
        let place = Place { file: self.file.clone(), span };
        self.fault_in(&place, code, ja, en, hint);
    }

    fn fault_in(&mut self, place: &Place, code: &'static str, ja: &str, en: &str, hint: &str) {
        self.faults.push(Fault { file: place.file.clone(), span: place.span.clone(), code, ja: ja.into(), en: en.into(), hint: hint.into() });
    }
}

type SeenObservation = (String, Place, Option<Period>, Place, Option<Quantity>, Option<Place>, Option<Quantity>, Option<Date>);

/// What was named and what was defined, with places.
#[derive(Default)]
struct References {
    defined: BTreeMap<(&'static str, String), Vec<Place>>,
    needed: Vec<(&'static str, Reference)>,
    places: HashMap<String, Place>,
    indicators: HashMap<String, Place>,
    inner: Vec<(Place, String)>,
    inputs: Vec<(Place, Input)>,
    observations: Vec<SeenObservation>,
}

impl References {
    fn define(&mut self, kind: &'static str, place: Place, id: &str) {
        self.defined.entry((kind, id.into())).or_default().push(place);
    }

    fn need(&mut self, kind: &'static str, place: Place, id: &str) {
        self.needed.push((kind, Reference { place, id: id.into() }));
    }
}

/// The names that a formula of one indicator may use, with their types.
struct PlanScope<'a> {
    plan: &'a Plan,
    indicator: Option<&'a str>,
}

impl Scope for PlanScope<'_> {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.plan.type_of(self.indicator, name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.plan.series.keys().cloned().collect();
        names.extend(self.plan.indicators.iter().map(|indicator| indicator.id.clone()));
        if let Some(indicator) = self.indicator.and_then(|id| self.plan.indicator(id)) {
            names.extend(indicator.steps.iter().map(|step| step.name.clone()));
            names.extend(indicator.assumptions.iter().map(|assumption| assumption.name.clone()));
        }
        names
    }
}

/// An optional field that was written must also be good.
#[expect(clippy::option_option, reason = "outer: written at all; inner: good")]
fn whole<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(None) => None,
        Some(value) => Some(value),
    }
}

/// The names in `{…}` of a sentence.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names.map(|name| (distance(word, name), name)).filter(|(distance, _)| *distance <= 1 + word.len() / 4).min().map(|(_, name)| name)
}

/// Edit distance in characters (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
