//! Surveys: read entry by entry, and proved against the series that their totals go to.

use vocab::{Calendar, Number, Unit};

use crate::model::Plan;
use crate::raw::{self, Word};
use crate::survey::{DisclosureParameters, Question, Survey, SurveyPart, SurveyTotal, TotalOf};

use super::Reader;
use super::entries::whole;
use super::seen::{Owner, Pending, References, SeenTotal};

impl Reader<'_> {
    pub(super) fn survey(
        &mut self,
        raw: raw::Survey,
        refs: &mut References,
        pending: &mut Vec<Pending>,
    ) -> Option<Survey> {
        refs.define("survey", self.place(&raw.id), raw.id.get_ref());
        refs.need("indicator", self.place(&raw.indicator), raw.indicator.get_ref());
        refs.need("source", self.place(&raw.source), raw.source.get_ref());
        let calendar = self.choice(
            &raw.calendar,
            &[("fiscal", Calendar::Fiscal), ("calendar", Calendar::Calendar)],
        );
        let questions: Vec<_> = raw.question.iter().map(|one| self.question(one)).collect();
        let (id, title, intro) = (self.name(&raw.id), self.text(&raw.title), self.text(&raw.intro));
        let disclosure = self.disclosure(&raw);
        self.each_once(raw.question.iter().map(|one| &one.name));
        self.each_once(raw.part.iter().map(|one| &one.name));
        let questions: Vec<Question> = questions.into_iter().collect::<Option<_>>()?;
        for word in [&raw.amount, &raw.size] {
            self.question_unit(word, &questions);
        }
        let size = questions
            .iter()
            .find(|one| one.name == *raw.size.get_ref())
            .map(|one| one.unit.clone());
        let calendar = calendar?;
        let mut context = Context {
            questions: &questions,
            size: size.as_ref(),
            calendar,
            refs,
            pending,
        };
        let parts: Vec<_> = raw
            .part
            .iter()
            .map(|part| self.survey_part(part, &mut context))
            .collect();
        Some(Survey {
            id: id?,
            title: title?,
            intro: intro?,
            indicator: raw.indicator.into_inner(),
            calendar,
            source: raw.source.into_inner(),
            section: raw.section,
            amount: raw.amount.into_inner(),
            size: raw.size.into_inner(),
            disclosure: disclosure?,
            parts: parts.into_iter().collect::<Option<_>>()?,
            questions,
        })
    }

    fn question(&mut self, raw: &raw::Question) -> Option<Question> {
        let (name, title, help) = (self.name(&raw.name), self.text(&raw.title), self.text(&raw.help));
        let unit = self.unit(&raw.unit);
        if ["answered", "asked", "frame_size"].contains(&raw.name.get_ref().as_str()) {
            self.fault(
                &raw.name,
                "reserved-name",
                "この名前は集計の種類を表すため、質問には使えません。",
                "this name stands for a kind of total and cannot name a question.",
                "別の名前にしてください。 / Choose another name.",
            );
        }
        Some(Question {
            name: name?,
            title: title?,
            help: help?,
            unit: unit?,
            required: raw.required,
        })
    }

    fn disclosure(&mut self, raw: &raw::Survey) -> Option<DisclosureParameters> {
        let dominance = raw.dominance.get_ref();
        let (share, p) = (self.share(&dominance.share), self.share(&raw.p));
        // Two contributors always know each other's answer, so fewer than three can never be told together.
        if *raw.minimum_frequency.get_ref() < 3 {
            self.fault_at(
                raw.minimum_frequency.span(),
                "bad-disclosure",
                "最小の回答数は 3 以上にしてください。",
                "the fewest contributors have to be three or more.",
                "2社の合計からは、互いの回答が分かります。 / In a total of two, each knows the other's answer.",
            );
        }
        if dominance.largest == 0 {
            self.fault_at(
                raw.dominance.span(),
                "bad-disclosure",
                "上位の社数は 1 以上にしてください。",
                "the number of largest contributors has to be one or more.",
                "例: { largest = 2, share = \"85%\" }",
            );
        }
        Some(DisclosureParameters {
            minimum_frequency: *raw.minimum_frequency.get_ref(),
            largest: dominance.largest,
            share: share?,
            p: p?,
        })
    }

    /// A share above 0 % and at most 100 %.
    fn share(&mut self, word: &Word) -> Option<Number> {
        let share = self.quantity(word)?;
        if share.dim().is_none() && *share.number() > Number::ZERO && *share.number() <= Number::ONE {
            return Some(share.number().clone());
        }
        self.fault(
            word,
            "bad-disclosure",
            "割合は 0% より大きく 100% 以下で書いてください。",
            "a share lies above 0% and is at most 100%.",
            "例: \"85%\"",
        );
        None
    }

    fn survey_part(&mut self, raw: &raw::SurveyPart, context: &mut Context<'_>) -> Option<SurveyPart> {
        let (name, title) = (self.name(&raw.name), self.text(&raw.title));
        let beyond = raw
            .beyond
            .as_ref()
            .map(|word| self.formula(word, Owner::Leaf(None), context.size.cloned(), context.pending));
        let totals: Vec<_> = raw
            .total
            .iter()
            .map(|total| self.survey_total(total, context))
            .collect();
        Some(SurveyPart {
            name: name?,
            title: title?,
            beyond: whole(beyond)?,
            totals: totals.into_iter().collect::<Option<_>>()?,
        })
    }

    fn survey_total(&mut self, raw: &raw::SurveyTotal, context: &mut Context<'_>) -> Option<SurveyTotal> {
        let firms = || Unit::word("社");
        let (of, unit) = match raw.of.get_ref().as_str() {
            "answered" => (TotalOf::Answered, firms()),
            "asked" => (TotalOf::Asked, firms()),
            "frame_size" => (TotalOf::FrameSize, context.size.cloned()),
            name => (
                TotalOf::Question(name.into()),
                self.question_unit(&raw.of, context.questions),
            ),
        };
        let place = self.place(&raw.series);
        context.refs.need("series", place.clone(), raw.series.get_ref());
        context
            .refs
            .define("survey total", place.clone(), raw.series.get_ref());
        let unit = unit?;
        let precision = raw
            .precision
            .as_ref()
            .map(|word| self.quantum_of(word, Some(&unit)));
        if raw.precision.is_none() && matches!(of, TotalOf::Question(_)) {
            self.fault(
                &raw.of,
                "no-precision",
                "回答の合計には、公表するときの最も細かい丸め（precision）が要ります。",
                "a total of answers needs the finest rounding in which it is published (`precision`).",
                "例: precision = \"1億ドル/年\"",
            );
        }
        context.refs.totals.push(SeenTotal {
            place,
            series: raw.series.get_ref().clone(),
            unit,
            calendar: context.calendar,
        });
        Some(SurveyTotal {
            of,
            series: raw.series.get_ref().clone(),
            precision: whole(precision)?,
        })
    }

    /// The unit of the question that a word names.
    fn question_unit(&mut self, word: &Word, questions: &[Question]) -> Option<Unit> {
        let name = word.get_ref();
        let found = questions.iter().find(|one| one.name == *name);
        if found.is_none() {
            let hint = match formula::nearest(name, questions.iter().map(|one| one.name.as_str())) {
                Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                None => "質問の name を確かめてください。 / Check the names of the questions.".into(),
            };
            self.fault(
                word,
                "unknown-reference",
                &format!("質問「{name}」がありません。"),
                &format!("there is no question `{name}`."),
                &hint,
            );
        }
        found.map(|one| one.unit.clone())
    }

    fn each_once<'w>(&mut self, words: impl Iterator<Item = &'w Word>) {
        let mut seen = std::collections::BTreeSet::new();
        for word in words {
            let name = word.get_ref();
            if !seen.insert(name) {
                self.fault(
                    word,
                    "duplicate",
                    &format!("「{name}」がこの調査に二つあります。"),
                    &format!("`{name}` stands twice in this survey."),
                    "どちらかの名前を変えてください。 / Rename one of them.",
                );
            }
        }
    }

    /// Every total fits the series that it goes to.
    pub(super) fn surveys(&mut self, plan: &Plan, refs: &References) {
        for total in &refs.totals {
            let Some(series) = plan.series.get(&total.series) else {
                continue;
            };
            if series.unit.dim() != total.unit.dim() {
                self.fault_in(
                    &total.place,
                    "unit-clash",
                    &format!(
                        "合計の単位「{}」が、系列の単位「{}」と合いません。",
                        total.unit, series.unit
                    ),
                    &format!(
                        "the total's unit `{}` does not fit the series' unit `{}`.",
                        total.unit, series.unit
                    ),
                    "質問の単位か系列を直してください。 / Mend the question's unit or the series.",
                );
            }
            if series.calendar != total.calendar {
                self.fault_in(
                    &total.place,
                    "calendar-clash",
                    "調査の年の種類（年度・暦年）が、系列と合いません。",
                    "the survey's kind of year (fiscal or calendar) is not that of the series.",
                    "調査の calendar か系列を直してください。 / Mend the survey's `calendar` or the series.",
                );
            }
        }
    }
}

/// What a part is read with.
struct Context<'a> {
    questions: &'a [Question],
    size: Option<&'a Unit>,
    calendar: Calendar,
    refs: &'a mut References,
    pending: &'a mut Vec<Pending>,
}
