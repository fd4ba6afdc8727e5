//! How people type codes, and how a code stands in text. Full-width characters, the many hyphens of Japanese keyboards and
//! surrounding space are taken for what they mean; nothing that carries meaning is ever changed or filled in.

use crate::refusal::Refusal;

/// Full-width ASCII, ideographic space and hyphen look-alikes as plain ASCII; a byte-order mark vanishes; the ends are trimmed.
pub(crate) fn fold(text: &str) -> String {
    let folded: String = text
        .chars()
        .filter(|&c| c != '\u{feff}')
        .map(|c| match c {
            '\u{3000}' | '\u{a0}' => ' ',
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | 'ｰ' => '-',
            '！'..='～' => u32::from(c)
                .checked_sub(0xfee0)
                .and_then(char::from_u32)
                .unwrap_or(c),
            _ => c,
        })
        .collect();
    folded.trim().to_owned()
}

/// [`fold`], with capitals, and without single spaces and hyphens that merely group letters and digits.
pub(crate) fn compact(text: &str) -> String {
    without_separators(&fold(text).to_ascii_uppercase(), &[' ', '-'])
}

/// The text without those separators that stand between two letters or digits.
pub(crate) fn without_separators(text: &str, separators: &[char]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let between = |i: usize| {
        let plain = |j: Option<usize>| {
            j.and_then(|j| chars.get(j))
                .is_some_and(char::is_ascii_alphanumeric)
        };
        plain(i.checked_sub(1)) && plain(i.checked_add(1))
    };
    chars
        .iter()
        .enumerate()
        .filter(|&(i, c)| !(separators.contains(c) && between(i)))
        .map(|(_, c)| c)
        .collect()
}

/// Whether a text is so many ASCII digits.
pub(crate) fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit())
}

/// The values of the ASCII digits of a text; everything else is left out.
pub(crate) fn digit_values(text: &str) -> impl DoubleEndedIterator<Item = u32> + '_ {
    text.chars().filter_map(|c| c.to_digit(10))
}

/// What a code looks like: the sentence and the example that its refusals share.
pub(crate) struct Form {
    /// 「法人番号は13桁の数字です」
    pub(crate) ja: &'static str,
    /// "A corporate number is 13 digits"
    pub(crate) en: &'static str,
    /// A well-formed code.
    pub(crate) example: &'static str,
}

impl Form {
    /// Refuses a text that does not look like the code.
    pub(crate) fn refuse(&self, text: &str) -> Refusal {
        let Self { ja, en, example } = self;
        if text.is_empty() {
            return Refusal::new(
                "empty",
                format!("空です。{ja}。例: {example}"),
                format!("It is empty. {en}, such as {example}."),
            );
        }
        let shown = excerpt(text);
        let length = text.chars().count();
        Refusal::new(
            "format",
            format!("「{shown}」（{length}文字）は形が違います。{ja}。例: {example}"),
            format!("\"{shown}\" ({length} characters) has another form. {en}, such as {example}."),
        )
    }

    /// The compacted text, if it is digits of one of the lengths.
    pub(crate) fn digits(&self, text: &str, lengths: &[usize]) -> Result<String, Refusal> {
        let compact = compact(text);
        if lengths.iter().any(|&length| is_digits(&compact, length)) {
            Ok(compact)
        } else {
            Err(self.refuse(&compact))
        }
    }

    /// Refuses a number that only holds a place, such as all zeros.
    pub(crate) fn placeholder(&self, text: &str) -> Refusal {
        let Self { ja, en, example } = self;
        Refusal::new(
            "placeholder",
            format!(
                "「{text}」は実在の番号には使われません。本当の番号を書いてください。{ja}。例: {example}"
            ),
            format!("\"{text}\" is never assigned. Write the real number. {en}, such as {example}."),
        )
    }
}

/// Refuses a wrong check digit, saying which one the other digits ask for. Which digit is the wrong one cannot be known.
pub(crate) fn check_digit(place_ja: &str, place_en: &str, found: char, expected: char) -> Refusal {
    Refusal::new(
        "check_digit",
        format!(
            "検査数字が合いません。ほかの桁からは{place_ja}が「{expected}」になりますが「{found}」です。原本と照らし合わせてください。"
        ),
        format!(
            "The check digit does not fit: the other digits ask for '{expected}' as the {place_en}, not '{found}'. Compare with the original."
        ),
    )
}

/// At most 40 characters of a text, control characters made visible, for use in a sentence.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// Makes a type serialise as its `Display` and deserialise through its `FromStr`.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: std::borrow::Cow<'de, str> = serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Defines a code that is a string in normal form: the struct, `as_str`, `Display` and serde. Its rule is its `FromStr`.
macro_rules! code {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The normal form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::codes::text::serde_as_text!($name);
    };
}

pub(crate) use {code, serde_as_text};
