//! Single words of a plan, read into their types; each refusal says what would have been accepted.

use std::ops::Range;

use formula::Basis;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use toml::Spanned;
use vocab::{Number, Period, Quantity, Unit};

use crate::fault::Fault;
use crate::model::{Formula, Frequency, Input, Text};
use crate::raw::{self, Word};

use super::Reader;
use super::seen::{Owner, Pending, Place};

impl Reader<'_> {
    pub(super) fn formula_fault(&mut self, place: &Place, fault: &formula::Fault) {
        let hint = match (&fault.hint_ja, &fault.hint_en) {
            (Some(ja), Some(en)) => format!("{ja} / {en}"),
            (Some(one), None) | (None, Some(one)) => one.to_string(),
            (None, None) => String::new(),
        };
        self.fault_in(place, fault.kind, &fault.ja, &fault.en, &hint);
    }

    pub(super) fn formula(
        &mut self,
        word: &Word,
        owner: Owner,
        unit: Option<Unit>,
        pending: &mut Vec<Pending>,
    ) -> Option<Formula> {
        self.formula_of(word, owner, unit, false, pending)
    }

    pub(super) fn formula_of(
        &mut self,
        word: &Word,
        owner: Owner,
        unit: Option<Unit>,
        truth: bool,
        pending: &mut Vec<Pending>,
    ) -> Option<Formula> {
        let place = self.place(word);
        let text = word.get_ref().clone();
        match formula::parse(&text) {
            Ok(expr) => {
                let formula = Formula { text, expr };
                pending.push(Pending {
                    place,
                    owner,
                    formula: formula.clone(),
                    unit,
                    truth,
                });
                Some(formula)
            }
            Err(fault) => {
                let span = place.span.start + fault.span.start..place.span.start + fault.span.end;
                self.formula_fault(
                    &Place {
                        file: place.file,
                        span,
                    },
                    &fault,
                );
                None
            }
        }
    }

    pub(super) fn parse<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
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
                let mut names = message.split('`').skip(1).step_by(2);
                let near = names.next().filter(|_| code == "unknown-key");
                let near = near.and_then(|name| formula::nearest(name, names));
                let hint = near.map_or(String::new(), |near| {
                    format!("「{near}」のことですか。 / Did you mean `{near}`?")
                });
                self.fault_at(
                    error.span().unwrap_or(0..0),
                    code,
                    &format!("{ja}（{message}）。"),
                    &format!("{message}."),
                    &hint,
                );
                None
            }
        }
    }

    pub(super) fn text(&mut self, raw: &Spanned<raw::Text>) -> Option<Text> {
        let one = |reader: &mut Self, word: &Option<Word>, lang: &str, ja: &str| match word {
            Some(word) if !word.get_ref().trim().is_empty() => Some(word.get_ref().clone()),
            Some(word) => {
                reader.fault(
                    word,
                    "missing-translation",
                    &format!("{ja}の文が空です。"),
                    &format!("the {lang} text is empty."),
                    "日本語（ja）と英語（en）の両方を書いてください。 / Write both ja and en.",
                );
                None
            }
            None => {
                reader.fault_at(
                    raw.span(),
                    "missing-translation",
                    &format!("{ja}（{lang}）の文がありません。"),
                    &format!("`{lang}` is missing."),
                    "日本語（ja）と英語（en）の両方を書いてください。 / Write both ja and en.",
                );
                None
            }
        };
        let (ja, en) = (
            one(self, &raw.get_ref().ja, "ja", "日本語"),
            one(self, &raw.get_ref().en, "en", "英語"),
        );
        Some(Text { ja: ja?, en: en? })
    }

    pub(super) fn id(&mut self, word: &Word) -> Option<String> {
        self.spelled(
            word,
            "英小文字・数字・ハイフン",
            "lower-case letters, digits and hyphens",
            |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        )
    }

    pub(super) fn name(&mut self, word: &Word) -> Option<String> {
        self.spelled(
            word,
            "英小文字・数字・下線",
            "lower-case letters, digits and underscores",
            |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_',
        )
    }

    pub(super) fn spelled(
        &mut self,
        word: &Word,
        ja: &str,
        en: &str,
        good: impl Fn(char) -> bool,
    ) -> Option<String> {
        let text = word.get_ref();
        if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(good) {
            return Some(text.clone());
        }
        self.fault(
            word,
            "bad-id",
            &format!("名前は英小文字で始め、{ja}だけで書いてください。"),
            &format!("a name starts with a lower-case letter and has {en} only."),
            "",
        );
        None
    }

    pub(super) fn period(&mut self, word: &Word) -> Option<Period> {
        if let Ok(period) = word.get_ref().parse() {
            return Some(period);
        }
        self.fault(word, "bad-period", "年として読めません。", "this is not a year.", "年度は FY2024、暦年は CY2024 と書いてください。 / Write FY2024 for a fiscal and CY2024 for a calendar year.");
        None
    }

    pub(super) fn date(&mut self, word: &Word) -> Option<Date> {
        if let Ok(date) = word.get_ref().parse() {
            return Some(date);
        }
        self.fault(word, "bad-date", "日付として読めません。", "this is not a date.", "2026-03-18 のように、実在する日を書いてください。 / Write a day that exists, such as 2026-03-18.");
        None
    }

    pub(super) fn unit(&mut self, word: &Word) -> Option<Unit> {
        match word.get_ref().parse::<Unit>() {
            Ok(unit) => Some(unit),
            Err(_) => {
                self.fault(
                    word,
                    "bad-unit",
                    "知らない単位です。",
                    "this unit is not known.",
                    "例: 兆円、億ドル/年、件/年、% / For example: 兆円, 億ドル/年, 件/年, %",
                );
                None
            }
        }
    }

    pub(super) fn quantity(&mut self, word: &Word) -> Option<Quantity> {
        match word.get_ref().parse::<Quantity>() {
            Ok(quantity) => Some(quantity),
            Err(_) => {
                self.fault(
                    word,
                    "bad-quantity",
                    "数と単位として読めません。",
                    "this is not a number with a unit.",
                    "例: \"7.3兆円\"、\"4件/年\"、\"5.12%/年\" / For example \"7.3兆円\".",
                );
                None
            }
        }
    }

    /// A quantity that has to have the dimension of `unit`.
    pub(super) fn quantity_of(&mut self, word: &Word, unit: Option<&Unit>) -> Option<Quantity> {
        let quantity = self.quantity(word)?;
        let unit = unit?;
        if let Ok(quantity) = quantity.shown_in(unit) {
            return Some(quantity);
        }
        self.fault(
            word,
            "unit-clash",
            &format!("単位が「{unit}」と合いません。"),
            &format!("its unit does not fit `{unit}`."),
            "同じ種類の単位で書いてください。 / Use a unit of the same kind.",
        );
        None
    }

    pub(super) fn quantum(&mut self, word: &Word) -> Option<Quantity> {
        let quantity = self.quantity(word)?;
        if *quantity.number() > Number::ZERO {
            return Some(quantity);
        }
        self.fault(
            word,
            "bad-rounding",
            "丸めの幅は 0 より大きい値にしてください。",
            "a rounding has to be above zero.",
            "例: \"0.1兆円\"",
        );
        None
    }

    pub(super) fn quantum_of(&mut self, word: &Word, unit: Option<&Unit>) -> Option<Quantity> {
        self.quantity_of(word, unit)?;
        self.quantum(word)
    }

    pub(super) fn frequency(&mut self, word: &Word) -> Option<Frequency> {
        self.choice(
            word,
            &[
                ("yearly", Frequency::Yearly),
                ("once", Frequency::Once),
                ("irregular", Frequency::Irregular),
            ],
        )
    }

    pub(super) fn basis(&mut self, word: &Word) -> Option<Basis> {
        let text = word.get_ref();
        let real = text
            .strip_prefix("real")
            .and_then(|year| year.trim().parse().ok())
            .map(Basis::Real);
        let basis = if text == "nominal" {
            Some(Basis::Nominal)
        } else {
            real
        };
        if basis.is_none() {
            self.unknown_choice(word, &["nominal", "real 2020"]);
        }
        basis
    }

    pub(super) fn input(&mut self, word: &Word, indicator: &str) -> Option<Input> {
        let input = Input::parse(word.get_ref(), Some(indicator));
        if input.is_none() {
            self.fault(word, "bad-input", "動かせる入力の名前として読めません。", "this does not name something to move.", "手順か仮定の名前、または「系列[FY2024]」と書いてください。 / Name a step, an assumption, or `series[FY2024]`.");
        }
        input
    }

    pub(super) fn choice<T: Copy>(&mut self, word: &Word, choices: &[(&str, T)]) -> Option<T> {
        let found = choices
            .iter()
            .find(|(name, _)| name == word.get_ref())
            .map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.unknown_choice(word, &names);
        }
        found
    }

    pub(super) fn unknown_choice(&mut self, word: &Word, choices: &[&str]) {
        let list = choices.join(", ");
        self.fault(
            word,
            "unknown-choice",
            "選べる値ではありません。",
            "this is not one of the choices.",
            &format!("次のどれかを書いてください。 / One of: {list}"),
        );
    }

    /// Where the words of a string stand, without their quotes.
    pub(super) fn place(&self, word: &Word) -> Place {
        let span = word.span();
        let text = self
            .files
            .text(&self.file)
            .and_then(|text| text.get(span.clone()))
            .unwrap_or_default();
        let open = if text.starts_with("'''") || text.starts_with("\"\"\"") {
            3 + usize::from(text[3..].starts_with('\n'))
        } else {
            1
        };
        let close = if open > 1 { 3 } else { 1 };
        let inner = if text.len() >= open + close {
            span.start + open..span.end - close
        } else {
            span
        };
        Place {
            file: self.file.clone(),
            span: inner,
        }
    }

    pub(super) fn fault(&mut self, word: &Word, code: &'static str, ja: &str, en: &str, hint: &str) {
        let place = self.place(word);
        self.fault_in(&place, code, ja, en, hint);
    }

    pub(super) fn fault_at(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        ja: &str,
        en: &str,
        hint: &str,
    ) {
        let place = Place {
            file: self.file.clone(),
            span,
        };
        self.fault_in(&place, code, ja, en, hint);
    }

    pub(super) fn fault_in(&mut self, place: &Place, code: &'static str, ja: &str, en: &str, hint: &str) {
        self.faults.push(Fault {
            file: place.file.clone(),
            span: place.span.clone(),
            code,
            ja: ja.into(),
            en: en.into(),
            hint: hint.into(),
        });
    }
}
