//! Passages: words in which every figure is a live reference.
//!
//! A digit that was typed outlives the figure that it was copied from, so none is accepted: a figure stands as `{formula}`, a year as
//! `{FY2040}`. Digits that belong to a name of the plan (第3期, KGI 2, §5) are words.

use std::ops::Range;

use formula::{Fault as FormulaFault, Scope, Type};
use vocab::Unit;
use vocab::unit::fold_width;

use super::Reader;
use super::prove::PlanScope;
use crate::fault::Fault;
use crate::graph::{Key, resolve};
use crate::model::{Class, Formula, Passage, Plan, Segment};
use crate::raw;

impl Plan {
    /// Reads the words of a passage.
    ///
    /// # Errors
    /// Every mistake, with its place in `text`; the name of the file is left empty.
    pub fn words(&self, text: &str) -> Result<Vec<Segment>, Vec<Fault>> {
        let mut words = Words {
            plan: self,
            names: names(self),
            segments: vec![],
            faults: vec![],
        };
        let mut at = 0;
        while let Some(open) = text[at..].find(['{', '}']).map(|found| at + found) {
            words.plain(text, at..open);
            let close = text[open..].find('}').filter(|length| *length > 0);
            let Some(close) = close.map(|length| open + length) else {
                words.faults.push(fault(
                    open..open + 1,
                    "bad-placeholder",
                    "{ と } が対になっていません。",
                    "this brace has no partner.",
                    "値は {kgi1[FY2024]} のように書いてください。 / Write a figure as {kgi1[FY2024]}.",
                ));
                at = open + 1;
                continue;
            };
            words.figure(text, open + 1..close);
            at = close + 1;
        }
        words.plain(text, at..text.len());
        if words.faults.is_empty() {
            Ok(words.segments)
        } else {
            Err(words.faults)
        }
    }

    /// Whether a passage may be about this.
    pub fn is_topic(&self, about: &str) -> bool {
        about == Passage::SUMMARY || self.node(about).is_some() || self.indicator(about).is_some()
    }
}

impl Reader<'_> {
    /// Every passage is about something, and has no typed figure.
    pub(super) fn passages(&mut self, plan: &mut Plan, files: Vec<(&str, Vec<raw::Passage>)>) {
        // A formula is typed by the entries that it names: while those have mistakes, only they are told.
        let whole = self.faults.is_empty();
        for (file, passages) in files {
            self.file = file.into();
            for raw in passages {
                let about = raw.about.get_ref();
                if !plan.is_topic(about) && whole {
                    let topics = plan.nodes.iter().map(|node| node.id.as_str());
                    let topics = topics.chain(plan.indicators.iter().map(|one| one.id.as_str()));
                    let hint = formula::nearest(about, topics.chain([Passage::SUMMARY])).map_or_else(
                        || "計画の項目か指標の id、または summary を書いてください。 / Give the id of a node or an indicator, or summary.".into(),
                        |near| format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                    );
                    let (ja, en) = (
                        format!("項目か指標「{about}」がありません。"),
                        format!("there is no node or indicator `{about}`."),
                    );
                    self.fault(&raw.about, "unknown-reference", &ja, &en, &hint);
                }
                let (ja, en) = (self.words(plan, &raw.ja, whole), self.words(plan, &raw.en, whole));
                if let (Some(ja), Some(en)) = (ja, en) {
                    let about = about.clone();
                    plan.passages.push(Passage { about, ja, en });
                }
            }
        }
    }

    fn words(&mut self, plan: &Plan, word: &raw::Word, whole: bool) -> Option<Vec<Segment>> {
        if word.get_ref().trim().is_empty() {
            self.fault(
                word,
                "missing-translation",
                "文が空です。",
                "the text is empty.",
                "日本語（ja）と英語（en）の両方を書いてください。 / Write both ja and en.",
            );
            return None;
        }
        let place = self.place(word);
        let written = self
            .files
            .text(&place.file)
            .and_then(|text| text.get(place.span.clone()));
        // With escapes in the string its bytes do not stand where those of the text do.
        let exact = written == Some(word.get_ref());
        let faults = match plan.words(word.get_ref()) {
            Ok(segments) => return Some(segments),
            Err(faults) => faults,
        };
        for fault in faults.into_iter().filter(|_| whole) {
            let span = if exact {
                place.span.start + fault.span.start..place.span.start + fault.span.end
            } else {
                place.span.clone()
            };
            self.faults.push(Fault {
                file: place.file.clone(),
                span,
                ..fault
            });
        }
        None
    }
}

struct Words<'a> {
    plan: &'a Plan,
    names: Vec<String>,
    segments: Vec<Segment>,
    faults: Vec<Fault>,
}

impl Words<'_> {
    /// Text outside braces: words and names.
    fn plain(&mut self, text: &str, part: Range<usize>) {
        let mut start = part.start;
        let mut at = part.start;
        while at < part.end {
            let here = &text[at..part.end];
            if let Some(length) = self.name(&text[..part.end], at) {
                self.push_words(&text[start..at]);
                self.segments
                    .push(Segment::Name(text[at..at + length].to_owned()));
                at += length;
                start = at;
                continue;
            }
            let typed = digits(here).or_else(|| counted(here));
            if let Some(length) = typed {
                self.faults.push(fault(
                    at..at + length,
                    "typed-figure",
                    "文の中に数字を直接書いています。",
                    "a figure is typed into the sentence.",
                    "値は {kgi1[FY2024]}、年は {FY2040} のように書くと、元の値が変わったときに文も変わります。 / Write a figure as {kgi1[FY2024]} and a year as {FY2040}: the sentence then follows the figure.",
                ));
                at += length;
                continue;
            }
            at += here.chars().next().map_or(1, char::len_utf8);
        }
        self.push_words(&text[start..part.end]);
    }

    fn push_words(&mut self, words: &str) {
        if !words.is_empty() {
            self.segments.push(Segment::Words(words.to_owned()));
        }
    }

    /// The length of the longest name of the plan that stands here.
    fn name(&self, text: &str, at: usize) -> Option<usize> {
        let (before, here) = (&text[..at], &text[at..]);
        let found = self.names.iter().find(|name| {
            here.strip_prefix(name.as_str()).is_some_and(|after| {
                // Not a piece of a longer number: there is no §5 in §55.
                !(name.starts_with(is_digit) && before.ends_with(is_digit)
                    || name.ends_with(is_digit) && after.starts_with(is_digit))
            })
        });
        found.map(String::len)
    }

    /// A formula in braces.
    fn figure(&mut self, text: &str, part: Range<usize>) {
        let written = &text[part.clone()];
        let mut refuse = |found: FormulaFault| {
            let hint = match (found.hint_ja, found.hint_en) {
                (Some(ja), Some(en)) => format!("{ja} / {en}"),
                (Some(one), None) | (None, Some(one)) => one.into_string(),
                (None, None) => String::new(),
            };
            let span = part.start + found.span.start..part.start + found.span.end;
            self.faults
                .push(fault(span, found.kind, &found.ja, &found.en, &hint));
        };
        let expr = match formula::parse(written) {
            Ok(expr) => expr,
            Err(found) => return refuse(found),
        };
        let kind = match formula::check(&expr, &PassageScope(self.plan)) {
            Ok(kind) => kind,
            Err(found) => return refuse(found),
        };
        let period = matches!(kind, Type::Period(_));
        if !period && !matches!(kind, Type::Quantity(_) | Type::Date) {
            return self.faults.push(fault(
                part,
                "not-a-value",
                "一つの値になる式ではありません。",
                "this formula does not give one value.",
                "値か年、日付になる式を書いてください。 / Write a formula that gives a value, a year or a day.",
            ));
        }
        if !period && formula::references(&expr).is_empty() {
            return self.faults.push(fault(
                part,
                "typed-figure",
                "計画の値を使わない数です。",
                "this number rests on nothing in the plan.",
                "指標か系列の名前を使ってください。 / Name an indicator or a series.",
            ));
        }
        self.segments.push(Segment::Figure(Formula {
            text: written.to_owned(),
            expr,
        }));
    }
}

/// What a passage may name. Nothing rests on a passage, so it may ask for an indicator in any year.
struct PassageScope<'a>(&'a Plan);

impl PassageScope<'_> {
    fn names(&self) -> PlanScope<'_> {
        PlanScope {
            plan: self.0,
            indicator: None,
        }
    }
}

impl Scope for PassageScope<'_> {
    fn lookup(&self, name: &str) -> Option<Type> {
        PassageScope::names(self).lookup(name)
    }

    fn names(&self) -> Vec<String> {
        PassageScope::names(self).names()
    }

    fn has_years(&self, name: &str) -> bool {
        matches!(resolve(self.0, None, name), Some(Key::Formula(_)))
    }
}

/// The names of the plan that have a digit in them, the longest first.
fn names(plan: &Plan) -> Vec<String> {
    let head = &plan.head;
    let mut names: Vec<String> = vec![];
    for text in [&head.title, &head.subtitle] {
        names.extend([text.ja.clone(), text.en.clone()]);
        names.extend(ordinals(&text.ja));
    }
    for node in &plan.nodes {
        names.extend([node.title.ja.clone(), node.title.en.clone(), node.section.clone()]);
    }
    for found in &plan.indicators {
        let texts = [&found.title, &found.short];
        names.extend(texts.iter().flat_map(|text| [text.ja.clone(), text.en.clone()]));
        names.push(found.section.clone());
        if found.class == Class::Kgi {
            let number: String = found.id.chars().filter(char::is_ascii_digit).collect();
            names.extend([format!("KGI {number}"), format!("KGI{number}")]);
        }
    }
    for meeting in &plan.meetings {
        names.push(format!("第{}回{}", meeting.number, meeting.body.ja));
    }
    names.extend(
        plan.terms
            .iter()
            .flat_map(|term| [term.ja.clone(), term.en.clone()]),
    );
    names.retain(|name| name.contains(is_digit));
    names.sort_by(|a, b| (b.len(), b).cmp(&(a.len(), a)));
    names.dedup();
    names
}

/// The ordinals in a title: 第3期.
fn ordinals(title: &str) -> Vec<String> {
    let found = title.match_indices('第').filter_map(|(start, _)| {
        let rest = &title[start + '第'.len_utf8()..];
        let number = digits(rest)?;
        let counter = rest[number..].chars().next()?;
        Some(title[start..start + '第'.len_utf8() + number + counter.len_utf8()].to_owned())
    });
    found.collect()
}

/// A digit of any script. Circled and Roman numerals are labels (①, クラスⅢ), not figures.
fn is_digit(c: char) -> bool {
    c.is_numeric()
        && !matches!(c, '\u{2160}'..='\u{217f}' | '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{277f}')
}

/// The length of the digits that stand here, with the marks between them.
fn digits(text: &str) -> Option<usize> {
    if !text.starts_with(is_digit) {
        return None;
    }
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if is_digit(c) {
            end = at + c.len_utf8();
        } else if !matches!(fold_width(c), '.' | ',') {
            break;
        }
    }
    Some(end)
}

/// The length of a number in Chinese characters that counts something: 九社, 百億円.
fn counted(text: &str) -> Option<usize> {
    const ONES: &str = "〇一二三四五六七八九十百千";
    let number = text
        .find(|c| !ONES.contains(c) && !"万億兆".contains(c))
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(number);
    let scaled = number.trim_end_matches(['万', '億', '兆']);
    if !scaled.starts_with(|c| ONES.contains(c)) {
        return None;
    }
    let unit = Unit::words()
        .chain(["割", "か月", "カ月", "ヶ月", "歳"])
        .filter(|unit| rest.starts_with(unit))
        .max_by_key(|unit| unit.len())?;
    Some(number.len() + unit.len())
}

fn fault(span: Range<usize>, code: &'static str, ja: &str, en: &str, hint: &str) -> Fault {
    Fault {
        file: String::new(),
        span,
        code,
        ja: ja.into(),
        en: en.into(),
        hint: hint.into(),
    }
}
