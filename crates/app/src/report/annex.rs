//! The annex: how each figure of a report came about, each once.

use indicator::{Difference, Engine, Shown, ShownAs, Trace, TraceKind};
use jiff::civil::Date;
use plan::{Formula, Segment, Text};
use serde::Serialize;
use vocab::{Period, Refusal};

use super::words::{Mark, Piece, Sentence};

/// How one figure came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Unique in the report; what figures refer to.
    pub id: String,
    /// What the figure is.
    pub title: Sentence,
    /// The figure as printed; empty for what is not one figure.
    pub shown: Text,
    /// How it is found, in the plan's language; may be empty.
    pub formula: String,
    /// How it is found, in words, where a formula is not enough.
    pub method: Option<Text>,
    /// What it rests on, level by level.
    pub rows: Vec<Row>,
    /// Other entries on which it rests.
    pub rests_on: Vec<String>,
}

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// How deep it stands; 0 at the top.
    pub depth: usize,
    /// What it is.
    pub kind: TraceKind,
    /// Name in formulas.
    pub name: String,
    /// Name for readers.
    pub title: Text,
    /// Value, in `unit`, nothing rounded; none where it is missing.
    pub value: Option<String>,
    /// Unit.
    pub unit: String,
    /// The formula.
    pub formula: Option<String>,
    /// Why this value is taken.
    pub why: Option<Text>,
    /// Id and citation of its source, and the section.
    pub source: Option<(String, Text, String)>,
    /// Who wrote a record down, and who approved it.
    pub people: Option<(String, String)>,
    /// Day from which it was known.
    pub recorded: Option<Date>,
    /// Whether what it rests on was shown further up.
    pub seen: bool,
}

/// The annex while a report is being made.
pub(super) struct Annex<'e, 'p> {
    engine: &'e Engine<'p>,
    pub entries: Vec<Entry>,
}

impl<'e, 'p> Annex<'e, 'p> {
    pub(super) fn new(engine: &'e Engine<'p>) -> Self {
        Self {
            engine,
            entries: vec![],
        }
    }

    /// The published figure of an indicator in a year.
    pub(super) fn figure(&mut self, id: &str, at: Period) -> Result<Sentence, Refusal> {
        let text = format!("{id}[{at}]");
        let expr = formula::parse(&text).map_err(|fault| Refusal {
            kind: fault.kind,
            ja: fault.ja,
            en: fault.en,
        })?;
        self.formula(&Formula { text, expr }, self.engine.plan().head.vision_year)
    }

    /// What a formula gives; its trace becomes an entry.
    pub(super) fn formula(&mut self, formula: &Formula, at: Period) -> Result<Sentence, Refusal> {
        let shown = self.engine.show(formula, at)?;
        let mark = match shown.shown_as {
            ShownAs::Figure => {
                let id = self.entry(formula, at, &shown);
                return Ok(Sentence::of(|lang| {
                    vec![Piece::figure(shown.text.get(lang), id.clone())]
                }));
            }
            ShownAs::Year => Mark::Year,
            ShownAs::Day => Mark::Day,
            ShownAs::Missing => Mark::Missing,
        };
        Ok(Sentence::of(|lang| {
            vec![Piece::Mark {
                text: shown.text.get(lang).to_owned(),
                mark,
            }]
        }))
    }

    fn entry(&mut self, formula: &Formula, at: Period, shown: &Shown) -> String {
        let plan = self.engine.plan();
        let (id, title) = match &shown.figure_of {
            Some((indicator, at)) => (
                format!("trace-{indicator}-{at}").to_lowercase(),
                Sentence::of(|lang| {
                    let title = plan.indicator(indicator).map(|one| one.title.get(lang));
                    let open = Piece::Words { text: " ".into() };
                    vec![
                        Piece::named(title.unwrap_or(indicator), Mark::Name),
                        open,
                        Piece::year(*at, lang),
                    ]
                }),
            ),
            // The same formula gives the same figure wherever it stands.
            None => {
                let known = self
                    .entries
                    .iter()
                    .find(|entry| entry.formula == formula.text && entry.id.starts_with("trace-f"));
                if let Some(known) = known {
                    return known.id.clone();
                }
                let number = self.entries.len() + 1;
                let code = Piece::Mark {
                    text: formula.text.clone(),
                    mark: Mark::Code,
                };
                (
                    format!("trace-f{number}-{at}").to_lowercase(),
                    Sentence::of(|_| vec![code.clone()]),
                )
            }
        };
        self.put(Entry {
            id: id.clone(),
            title,
            shown: shown.text.clone(),
            formula: formula.text.clone(),
            method: None,
            rows: rows(&shown.inputs),
            rests_on: vec![],
        });
        id
    }

    /// Adds an entry unless its id stands already.
    pub(super) fn put(&mut self, mut entry: Entry) {
        if entry.rows.is_empty() && entry.method.is_none() {
            entry.method = Some(Text {
                ja: "根拠となる記録はまだありません。".into(),
                en: "Nothing is recorded yet on which it could rest.".into(),
            });
        }
        if self.entries.iter().all(|known| known.id != entry.id) {
            self.entries.push(entry);
        }
    }

    /// The words of a passage.
    pub(super) fn words(&mut self, passage: &plan::Passage) -> Result<Sentence, Refusal> {
        Ok(Sentence {
            ja: self.segments(&passage.ja, |shown| shown.ja)?,
            en: self.segments(&passage.en, |shown| shown.en)?,
        })
    }

    fn segments(
        &mut self,
        segments: &[Segment],
        side: impl Fn(Sentence) -> Vec<Piece>,
    ) -> Result<Vec<Piece>, Refusal> {
        let at = self.engine.plan().head.vision_year;
        let mut pieces = vec![];
        for segment in segments {
            match segment {
                Segment::Words(text) => pieces.push(Piece::Words { text: text.clone() }),
                Segment::Name(text) => pieces.push(Piece::named(text, Mark::Name)),
                Segment::Figure(formula) => pieces.extend(side(self.formula(formula, at)?)),
            }
        }
        Ok(pieces)
    }

    /// The parts of a difference: where its figures are traced.
    pub(super) fn difference(&mut self, one: &Difference, rests_on: Vec<String>) -> String {
        let id = format!("difference-{}-{}", one.id, one.at).to_lowercase();
        let line = |title: &Text, value: &str, depth| Row {
            depth,
            kind: TraceKind::Step,
            name: one.id.clone(),
            title: title.clone(),
            value: Some(value.to_owned()),
            unit: one.unit.clone(),
            formula: None,
            why: None,
            source: None,
            people: None,
            recorded: None,
            seen: false,
        };
        let change = Text {
            ja: "変化".into(),
            en: "Change".into(),
        };
        let mut rows = vec![line(&change, &one.change, 0)];
        rows.extend(one.parts.iter().map(|part| line(&part.title, &part.amount, 1)));
        self.put(Entry {
            id: id.clone(),
            title: Sentence::of(|lang| {
                vec![
                    Piece::named(one.title.get(lang), Mark::Name),
                    Piece::Words { text: " ".into() },
                    Piece::year(one.at, lang),
                    Piece::Words {
                        text: match lang {
                            vocab::Lang::Ja => " 前の版からの変化".into(),
                            vocab::Lang::En => " since the previous edition".into(),
                        },
                    },
                ]
            }),
            shown: Text {
                ja: String::new(),
                en: String::new(),
            },
            formula: String::new(),
            method: Some(Text {
                ja: "前の版とこの版の間で変わったもの（データ、計算方法、仮定、為替レート、対象企業の範囲）を、あらゆる順番で一つずつ入れ替え、それぞれが動かした大きさを平均しました（シャープレイ値）。残りが四捨五入によるものです。合計は変化に一致します。".into(),
                en: "What changed between the two editions (data, method, assumptions, exchange rate, survey frame) was exchanged one by one in every order, and what each moved was averaged (Shapley values). What is left is rounding. The parts sum to the change.".into(),
            }),
            rows,
            rests_on,
        });
        id
    }
}

/// A trace line by line; what was shown further up is not shown again.
pub(super) fn rows(traces: &[Trace]) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![];
    let mut open: Vec<(&Trace, usize)> = traces.iter().rev().map(|trace| (trace, 0)).collect();
    while let Some((trace, depth)) = open.pop() {
        let seen = rows
            .iter()
            .any(|row| row.name == trace.name && row.value == trace.value);
        // A record that stands beside itself (a series and its last value) is one record.
        if seen && trace.inputs.is_empty() && rows.last().is_some_and(|row| row.name == trace.name) {
            continue;
        }
        let seen = seen && !trace.inputs.is_empty();
        if !seen {
            open.extend(trace.inputs.iter().rev().map(|input| (input, depth + 1)));
        }
        rows.push(Row {
            depth,
            kind: trace.kind,
            name: trace.name.clone(),
            title: trace.title.clone(),
            value: trace.value.clone(),
            unit: trace.unit.clone(),
            formula: trace.formula.clone(),
            why: trace.why.clone(),
            source: trace.origin.as_ref().map(|origin| {
                (
                    origin.source.clone(),
                    origin.title.clone(),
                    origin.section.clone(),
                )
            }),
            people: trace
                .origin
                .as_ref()
                .map(|origin| (origin.author.clone(), origin.approver.clone())),
            recorded: trace.origin.as_ref().map(|origin| origin.recorded),
            seen,
        });
    }
    rows
}
