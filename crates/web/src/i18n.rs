//! The words of the interface in Japanese and English, from the Fluent files under `messages/`. What a plan says (titles, methods,
//! findings) is not here: that is data and carries its own languages. A key that does not exist is a fault that the tests find; it is
//! never replaced by another language's text.

use std::borrow::Cow;
use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::Date;
use rust_embed::Embed;
pub use vocab::unit_name::group_digits;
use vocab::{Calendar, Lang, Period, unit_name};

#[derive(Embed)]
#[folder = "messages"]
struct Files;

/// A message file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// The file is not Fluent.
    #[error("messages/{file}: {detail}; mend the syntax there")]
    Syntax {
        /// Path below `messages/`.
        file: String,
        /// What the parser says.
        detail: String,
    },
    /// Two files of one language give the same key.
    #[error("messages/{file}: {detail}; keep one of the two")]
    Duplicate {
        /// Path below `messages/` of the second one.
        file: String,
        /// Which key.
        detail: String,
    },
}

/// All messages, read once at start.
pub struct Messages {
    ja: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

impl Messages {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// A file that is not Fluent, or a key given twice.
    pub fn load() -> Result<Self, MessageFault> {
        Ok(Self {
            ja: bundle(Lang::Ja)?,
            en: bundle(Lang::En)?,
        })
    }

    /// The messages of one language.
    pub fn texts(&self, lang: Lang) -> Texts<'_> {
        let bundle = match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        };
        Texts { lang, bundle }
    }
}

fn bundle(lang: Lang) -> Result<FluentBundle<FluentResource>, MessageFault> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.to_string().parse().unwrap_or_default()]);
    // The isolation marks for right-to-left text would end up in titles, in copied text and in tests; neither language needs them.
    bundle.set_use_isolating(false);
    let folder = format!("{lang}/");
    for file in Files::iter().filter(|file| file.starts_with(&folder)) {
        let data = Files::get(&file).map(|file| file.data).unwrap_or_default();
        let resource =
            FluentResource::try_new(String::from_utf8_lossy(&data).into_owned()).map_err(|(_, faults)| {
                MessageFault::Syntax {
                    file: file.to_string(),
                    detail: join(&faults),
                }
            })?;
        bundle
            .add_resource(resource)
            .map_err(|faults| MessageFault::Duplicate {
                file: file.to_string(),
                detail: join(&faults),
            })?;
    }
    Ok(bundle)
}

fn join(faults: &[impl fmt::Display]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A value put into a message.
#[derive(Debug, Clone)]
pub struct Argument<'a>(FluentValue<'a>);

impl<'a> From<&'a str> for Argument<'a> {
    fn from(text: &'a str) -> Self {
        Self(FluentValue::String(Cow::Borrowed(text)))
    }
}

impl<'a> From<&'a String> for Argument<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Argument<'_> {
    fn from(text: String) -> Self {
        Self(FluentValue::String(Cow::Owned(text)))
    }
}

impl From<usize> for Argument<'_> {
    fn from(count: usize) -> Self {
        Self(FluentValue::from(count))
    }
}

impl From<&usize> for Argument<'_> {
    fn from(count: &usize) -> Self {
        Self::from(*count)
    }
}

impl From<i32> for Argument<'_> {
    fn from(count: i32) -> Self {
        Self(FluentValue::from(count))
    }
}

/// The messages of one language: what a page is written with.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    lang: Lang,
    bundle: &'a FluentBundle<FluentResource>,
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts")
            .field("lang", &self.lang)
            .finish_non_exhaustive()
    }
}

impl Texts<'_> {
    /// The language.
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// A message without variables.
    pub fn text(self, key: &str) -> String {
        self.format(key, None)
    }

    /// A message with its variables: `t.with("card-findings", &[("n", 3.into())])`.
    pub fn with(self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let mut named = FluentArgs::with_capacity(arguments.len());
        for (name, Argument(value)) in arguments {
            named.set(*name, value.clone());
        }
        self.format(key, Some(&named))
    }

    /// A message with one variable; the form that templates use most.
    pub fn with1<'v>(self, key: &str, name: &str, value: impl Into<Argument<'v>>) -> String {
        self.with(key, &[(name, value.into())])
    }

    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return format!("{{{key}}}");
        };
        let mut faults = Vec::new();
        self.bundle
            .format_pattern(pattern, arguments, &mut faults)
            .into_owned()
    }

    /// The address of a page in this language: Japanese pages stand at the root, English ones under `/en`.
    pub fn path(self, path: &str) -> String {
        match (self.lang, path) {
            (Lang::Ja, path) => path.to_owned(),
            (Lang::En, "/") => "/en".to_owned(),
            (Lang::En, path) => format!("/en{path}"),
        }
    }

    /// 2026年3月18日; 18 March 2026.
    pub fn date(self, date: Date) -> String {
        self.lang.day(date)
    }

    /// 2024年度（令和6年度）; FY2024 (April 2024 to March 2025). For places where the year is introduced; charts use its short label.
    pub fn period(self, period: Period) -> String {
        let label = period.label(self.lang);
        match (self.lang, period.calendar) {
            (Lang::Ja, _) => format!("{label}（{}）", period.era_label()),
            (Lang::En, Calendar::Fiscal) => {
                format!(
                    "{label} (April {} to March {})",
                    period.year,
                    period.year.saturating_add(1)
                )
            }
            (Lang::En, Calendar::Calendar) => label,
        }
    }

    /// A number and its unit as vocab prints them, for readers: 4,757億円; 4,757 hundred million yen.
    pub fn amount(self, number: &str, unit: &str) -> String {
        unit_name::amount(&group_digits(number), unit, self.lang)
    }

    /// The unit alone, for axes and table heads: 兆円/年; trillion yen per year.
    pub fn unit(self, unit: &str) -> String {
        unit_name::unit_label(unit, self.lang)
    }
}

#[cfg(test)]
mod tests;
