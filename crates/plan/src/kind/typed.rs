//! One typed text read as the shape of a field: the one place that says what a field takes and what its normal form is. The examples of the
//! plan, the forms, the sheets and the stored bodies all go through it. It never guesses: what is unclear is refused.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use vocab::codes::{self, FiscalYear, parse_date};
use vocab::unit::fold_width;
use vocab::unit_name::{amount, group_digits, unit_label};
use vocab::{Lang, Number, Quantity, Refusal};

use super::{Choice, Figure, Shape};

/// The longest line, in characters.
const LINE: usize = 200;
/// The longest text of several lines, in characters.
const LONG: usize = 10_000;
/// The longest figure, in characters: more digits than any figure of the field has.
const DIGITS: usize = 40;
/// How much of a typed text is shown again in a sentence, in characters.
const SHOWN: usize = 40;
/// The longest name of an organisation, person or record, in bytes: that of the store.
const NAME: usize = 100;

impl Shape {
    /// The normal form of one answer, which reads back as itself. `text` is not blank.
    ///
    /// # Errors
    /// What is wrong with it and what to write. A table or an attachment is never one text.
    pub fn normal(&self, text: &str) -> Result<String, Refusal> {
        match self {
            Self::Text => within(one_line(text), LINE),
            Self::LongText => within(several_lines(text), LONG),
            Self::Choice(options) | Self::Choices(options) => chosen(options, text),
            Self::Number(figure) | Self::Money { figure, .. } => figure.normal(text),
            Self::Date => parse_date(text).map(|date| date.to_string()),
            Self::FiscalYear => text.parse::<FiscalYear>().map(|year| year.to_string()),
            Self::Period => text.parse::<DateRange>().map(|range| range.to_string()),
            Self::Code(kind) => {
                codes::normalise(kind, &within(one_line(text), LINE)?).unwrap_or_else(|| Err(not_one_text()))
            }
            Self::Reference(_) => text.parse::<RecordLink>().map(|link| link.to_string()),
            Self::Organisation { .. } | Self::Person => name(text.trim()).map(str::to_owned),
            Self::Flag => flag(text),
            Self::Attachment { .. } | Self::Table(_) => Err(not_one_text()),
        }
    }
}

/// What stands in a cell or a control beside words: nothing that is not shown, and nothing that turns the direction of reading.
fn visible(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{3000}' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| visible(*c))
        .collect();
    plain.trim().to_owned()
}

fn several_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let plain: String = text
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || visible(*c))
        .collect();
    plain.trim().to_owned()
}

fn within(text: String, most: usize) -> Result<String, Refusal> {
    let length = text.chars().count();
    if text.is_empty() {
        return Err(Refusal::new(
            "empty",
            "空です。文字を書いてください。",
            "It is empty. Write some words.",
        ));
    }
    if length > most {
        return Err(Refusal::new(
            "too_long",
            format!("長すぎます（{length}文字）。{most}文字以内で書いてください。"),
            format!("It is too long ({length} characters). Write at most {most}."),
        ));
    }
    Ok(text)
}

/// Words without what does not matter in them: width, case, white space.
fn folded(text: &str) -> String {
    text.chars()
        .map(fold_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// An option by its code or, as in a sheet, by its words in either language.
fn chosen(options: &[Choice], text: &str) -> Result<String, Refusal> {
    fn names(option: &Choice) -> [&str; 3] {
        [&option.code, &option.title.ja, &option.title.en]
    }
    let exactly = options.iter().find(|option| names(option).contains(&text));
    let nearly = || {
        let typed = folded(text);
        options
            .iter()
            .find(|option| names(option).map(folded).contains(&typed))
    };
    if let Some(option) = exactly.or_else(nearly) {
        return Ok(option.code.clone());
    }
    let offered = || options.iter().filter(|option| option.deprecated_since.is_none());
    let ja: Vec<_> = offered().map(|option| option.title.ja.as_str()).collect();
    let en: Vec<_> = offered().map(|option| option.title.en.as_str()).collect();
    let shown: String = one_line(text).chars().take(SHOWN).collect();
    Err(Refusal::new(
        "option",
        format!(
            "「{shown}」は選べません。次から選んでください: {}",
            ja.join(" / ")
        ),
        format!("“{shown}” is not an option. Choose from: {}", en.join(" / ")),
    ))
}

fn flag(text: &str) -> Result<String, Refusal> {
    match folded(text).as_str() {
        "yes" | "true" | "はい" | "有" | "あり" | "○" | "〇" => Ok("yes".into()),
        "no" | "false" | "いいえ" | "無" | "なし" | "×" => Ok("no".into()),
        _ => Err(Refusal::new(
            "flag",
            "「はい」か「いいえ」で答えてください。",
            "Answer yes or no.",
        )),
    }
}

impl Figure {
    /// A decimal in the field's unit: without separators of thousands, without trailing zeros.
    fn normal(&self, text: &str) -> Result<String, Refusal> {
        let unit = &self.unit;
        let folded: String = text.trim().chars().map(fold_width).collect();
        if folded.chars().count() > DIGITS {
            return within(folded, DIGITS);
        }
        let bare = folded.replace(',', "");
        let grouped = folded == bare || group_digits(&bare) == folded;
        // An exponent is a machine's way of writing: `1e9999` is short and its digits are not.
        let plain = !bare
            .trim_start_matches(['-', '+'])
            .starts_with(|c: char| !c.is_ascii_digit())
            && !bare.contains(['e', 'E', '~', '^']);
        let typed: Quantity = Some(&bare)
            .filter(|_| grouped && plain)
            .and_then(|bare| bare.parse().ok())
            .ok_or_else(|| {
                Refusal::new(
                    "number",
                    format!(
                        "数として読めません。12.3 のように数字で書いてください{}。",
                        in_ja(unit)
                    ),
                    format!(
                        "This is not a number. Write it in digits, as in 12.3{}.",
                        in_en(unit)
                    ),
                )
            })?;
        let number = if typed.unit().is_plain() {
            typed.number().clone()
        } else {
            let shown = typed.shown_in(unit).map_err(|_| {
                Refusal::new(
                    "unit",
                    format!(
                        "単位「{}」は使えません。「{unit}」で書いてください。",
                        typed.unit()
                    ),
                    format!("The unit “{}” does not fit. Write it in “{unit}”.", typed.unit()),
                )
            })?;
            shown.in_unit()
        };
        let places = number.decimal_places().ok_or_else(|| {
            Refusal::new(
                "number",
                "割り切れない数は、小数に丸めて書いてください。",
                "Round a fraction that does not end to a decimal.",
            )
        })?;
        if let Some(most) = self.decimals.filter(|most| places > *most as usize) {
            let (ja, en) = match most {
                0 => ("整数で書いてください。".into(), "Write a whole number.".into()),
                _ => (
                    format!("小数点より下は{most}桁までで書いてください。"),
                    format!("Write at most {most} digits after the point."),
                ),
            };
            return Err(Refusal::new("decimals", ja, en));
        }
        if let Some(least) = self.least.as_ref().filter(|least| number < **least) {
            return Err(Refusal::new(
                "too_small",
                format!("{}以上の値を書いてください。", self.said(least, Lang::Ja)),
                format!("Write {} or more.", self.said(least, Lang::En)),
            ));
        }
        if let Some(most) = self.most.as_ref().filter(|most| number > **most) {
            return Err(Refusal::new(
                "too_large",
                format!("{}以下の値を書いてください。", self.said(most, Lang::Ja)),
                format!("Write {} or less.", self.said(most, Lang::En)),
            ));
        }
        Ok(number.to_decimal())
    }

    fn said(&self, bound: &Number, lang: Lang) -> String {
        let number = group_digits(&bound.to_decimal());
        if self.unit.is_plain() {
            number
        } else {
            amount(&number, &self.unit.to_string(), lang)
        }
    }
}

fn in_ja(unit: &vocab::Unit) -> String {
    if unit.is_plain() {
        String::new()
    } else {
        format!("（単位は{unit}）")
    }
}

fn in_en(unit: &vocab::Unit) -> String {
    if unit.is_plain() {
        String::new()
    } else {
        format!(" (in {})", unit_label(&unit.to_string(), Lang::En))
    }
}

/// From one day to another, both inclusive; an open end is none. Text form as ISO 8601-2 has it: `2026-04-01/2026-09-30`, `2026-04-01/..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

impl DateRange {
    /// A range as two controls or two columns give it; a blank end is open.
    ///
    /// # Errors
    /// An end that is no day, ends in the wrong order, and two blanks.
    pub fn of(from: &str, to: &str) -> Result<Self, Refusal> {
        let end = |text: &str| match text.trim() {
            "" | ".." => Ok(None),
            day => parse_date(day).map(Some),
        };
        let range = Self {
            from: end(from)?,
            to: end(to)?,
        };
        match range {
            Self { from: None, to: None } => Err(Refusal::new(
                "period",
                "開始日か終了日を書いてください。",
                "Write the first day, the last day, or both.",
            )),
            Self {
                from: Some(from),
                to: Some(to),
            } if to < from => Err(Refusal::new(
                "period",
                "終了日が開始日より前です。どちらかを直してください。",
                "The last day is before the first. Correct one of them.",
            )),
            range => Ok(range),
        }
    }
}

impl FromStr for DateRange {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // A slash also stands inside dates as people write them; between two ends there is exactly one.
        let ends = text
            .split_once(['〜', '～', '~'])
            .or_else(|| text.split_once('/').filter(|(_, to)| !to.contains('/')));
        match ends {
            Some((from, to)) => Self::of(from, to),
            None => Err(Refusal::new(
                "period",
                "期間は 2026-04-01/2026-09-30 のように、開始日と終了日を / でつないで書いてください。決まっていない端は .. と書きます。",
                "Write a period as first and last day with / between them: 2026-04-01/2026-09-30. An open end is `..`.",
            )),
        }
    }
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |day: Option<Date>| day.map_or_else(|| "..".into(), |day| day.to_string());
        write!(f, "{}/{}", end(self.from), end(self.to))
    }
}

/// Another record, by its id among its owner's. Text form `owner/id`, or `id` alone for a record of the same owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordLink {
    /// The organisation to which it belongs; none for that of the record in which the link stands.
    pub owner: Option<String>,
    /// Its id.
    pub id: String,
}

impl FromStr for RecordLink {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (owner, id) = match text.trim().split_once('/') {
            Some((owner, id)) => (Some(name(owner)?.to_owned()), id),
            None => (None, text.trim()),
        };
        Ok(Self {
            owner,
            id: name(id)?.to_owned(),
        })
    }
}

impl fmt::Display for RecordLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = &self.owner {
            write!(f, "{owner}/")?;
        }
        f.write_str(&self.id)
    }
}

/// A name as the store takes it.
fn name(text: &str) -> Result<&str, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if !text.is_empty() && text.len() <= NAME && text.bytes().all(plain) {
        return Ok(text);
    }
    Err(Refusal::new(
        "id",
        "番号として読めません。一覧や画面に表示されている番号を、そのまま書いてください。",
        "This is not an id. Copy the id as lists and pages show it.",
    ))
}

fn not_one_text() -> Refusal {
    Refusal::new(
        "not_text",
        "この項目は一つの文字列では答えられません。",
        "This field is not answered by one text.",
    )
}
