//! CPE names: well-formed names of NISTIR 7695, read from either binding, `cpe:/…` of CPE 2.2 and `cpe:2.3:…`, and written as both. What they mean
//! beside each other is NISTIR 7696 ([`Value::relation`]); what a record says by one, and of which component, is `named`.
//!
//! Bills write names more freely than the specification: an empty field is ANY, and a sign that should be escaped stands for itself. What is no
//! name at all is refused.

mod named;
mod relation;

use std::fmt;

use vocab::Refusal;

pub(crate) use named::{Named, WIDE, key, of_component};
pub use relation::Relation;

use crate::percent;

/// What of a product a CPE name tells, in the order of the formatted string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// Application, operating system or hardware: `a`, `o`, `h`.
    Part,
    /// Who makes it.
    Vendor,
    /// Its name.
    Product,
    /// Its version.
    Version,
    /// Update or service pack.
    Update,
    /// Edition, as CPE 2.2 had it.
    Edition,
    /// Language of its face.
    Language,
    /// Edition for a market or class of users.
    SoftwareEdition,
    /// The software that it runs in.
    TargetSoftware,
    /// The instruction set that it runs on.
    TargetHardware,
    /// What else tells it apart.
    Other,
}

impl Attribute {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Part,
        Self::Vendor,
        Self::Product,
        Self::Version,
        Self::Update,
        Self::Edition,
        Self::Language,
        Self::SoftwareEdition,
        Self::TargetSoftware,
        Self::TargetHardware,
        Self::Other,
    ];
}

/// A CPE name: a value for each attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpe([Value; 11]);

/// What a name says of an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Every value.
    #[default]
    Any,
    /// There is none.
    NotApplicable,
    /// This one, or those that it is a pattern of.
    Text(Text),
}

/// A text without escapes in lower case, and what may stand before and after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    before: Wild,
    literal: Box<str>,
    after: Wild,
}

/// What stands for signs that are left open at an end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wild {
    /// Nothing.
    No,
    /// `?` so many times: as many signs or fewer.
    UpTo(u8),
    /// `*`: any signs.
    Any,
}

/// A sign of a bound text, and whether it is a wild card.
type Sign = (char, bool);

/// Names of more signs are refused.
const LONGEST: usize = 1024;

/// Bytes of text a sign, escapes and wild cards counted, that are looked at at all.
const WIDEST: usize = 8;

impl Value {
    /// The value that a plain text is.
    pub fn plain(text: &str) -> Self {
        match text.to_lowercase().as_str() {
            "" => Self::Any,
            "-" => Self::NotApplicable,
            literal => Self::Text(Text {
                before: Wild::No,
                literal: literal.into(),
                after: Wild::No,
            }),
        }
    }

    /// Its text, if it names one value and no pattern.
    pub fn exact(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_wild() => Some(&text.literal),
            _ => None,
        }
    }

    /// A value of bound signs; nothing if a wild card stands between others, or a sign is none of a name.
    fn read(signs: &[Sign]) -> Option<Self> {
        match signs {
            [] | [('*', true)] => return Some(Self::Any),
            [('-', _)] => return Some(Self::NotApplicable),
            _ => {}
        }
        let marks = |signs: &mut dyn Iterator<Item = &Sign>| match signs.next() {
            Some(('*', true)) => (1, Wild::Any),
            Some(('?', true)) => {
                let more = signs.take_while(|sign| **sign == ('?', true)).count() + 1;
                (more, Wild::UpTo(u8::try_from(more).unwrap_or(u8::MAX)))
            }
            _ => (0, Wild::No),
        };
        let (first, before) = marks(&mut signs.iter());
        let rest = signs.get(first..)?;
        let (last, after) = marks(&mut rest.iter().rev());
        let middle = rest.get(..rest.len().checked_sub(last)?)?;
        let literal = middle.iter().map(|(sign, wild)| {
            let sound = sign.is_ascii_graphic() && !wild;
            sound.then_some(sign.to_ascii_lowercase())
        });
        let literal = literal.collect::<Option<String>>()?.into_boxed_str();
        let sound = !literal.is_empty() || after == Wild::No;
        sound.then_some(Self::Text(Text {
            before,
            literal,
            after,
        }))
    }

    /// The value with its signs as a binding writes them, and its marks.
    fn write(&self, [any, one, many]: [&str; 3], sign: impl Fn(char) -> String) -> String {
        let marks = |wild: Wild| match wild {
            Wild::No => String::new(),
            Wild::UpTo(count) => one.repeat(count.into()),
            Wild::Any => many.to_owned(),
        };
        match self {
            Self::Any => any.to_owned(),
            Self::NotApplicable => "-".to_owned(),
            Self::Text(text) => {
                let literal: String = text.literal.chars().map(sign).collect();
                format!("{}{literal}{}", marks(text.before), marks(text.after))
            }
        }
    }
}

impl Text {
    /// Whether it is a pattern.
    pub fn is_wild(&self) -> bool {
        (self.before, self.after) != (Wild::No, Wild::No)
    }
}

/// As the formatted string writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '-');
        f.write_str(&self.write(["*", "?", "*"], |sign| {
            if bare(sign) {
                sign.to_string()
            } else {
                format!("\\{sign}")
            }
        }))
    }
}

impl Cpe {
    /// Reads a name in either binding.
    ///
    /// # Errors
    ///
    /// `bad_cpe`, with what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let read = if text.len() > LONGEST * WIDEST {
            Err(TOO_LONG)
        } else if let Some(rest) = prefixed(text, "cpe:2.3:") {
            formatted(rest)
        } else if let Some(rest) = prefixed(text, "cpe:/") {
            uri(rest)
        } else {
            Err((
                "cpe:2.3: か cpe:/ で始めてください",
                "it must begin with `cpe:2.3:` or `cpe:/`",
            ))
        };
        read.and_then(|values| {
            let cpe = Self(values);
            let part = cpe.get(Attribute::Part);
            let signs = cpe.0.iter().map(|value| match value {
                Value::Text(text) => text.literal.len(),
                Value::Any | Value::NotApplicable => 1,
            });
            if signs.sum::<usize>() > LONGEST {
                return Err(TOO_LONG);
            }
            match part.exact() {
                None if *part == Value::Any => Ok(cpe),
                Some("a" | "o" | "h") => Ok(cpe),
                _ => Err((
                    "最初の欄は a、o、h のどれかです",
                    "its part must be `a`, `o` or `h`",
                )),
            }
        })
        .map_err(|(ja, en)| {
            let shown: String = text.chars().take(200).collect();
            Refusal::new(
                "bad_cpe",
                format!("「{shown}」は CPE 名として正しくありません: {ja}。"),
                format!("`{shown}` is not a valid CPE name: {en}."),
            )
        })
    }

    /// What it says of an attribute.
    pub fn get(&self, attribute: Attribute) -> &Value {
        &self.0[attribute as usize]
    }

    /// The same name with another value of an attribute.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: Value) -> Self {
        self.0[attribute as usize] = value;
        self
    }

    /// Whether it tells vendor and product themselves, and not by wild cards.
    pub(crate) fn is_told(&self) -> bool {
        let mut both = [Attribute::Vendor, Attribute::Product].into_iter();
        both.all(|attribute| self.get(attribute).exact().is_some())
    }

    /// Whether every product that the other names is one that this names, and vendor and product are told.
    pub fn covers(&self, other: &Self) -> bool {
        let mut values = self.0.iter().zip(&other.0);
        let holds = |(own, other): (&Value, &Value)| {
            matches!(own.relation(other), Relation::Superset | Relation::Equal)
        };
        self.is_told() && values.all(holds)
    }

    /// The URI of CPE 2.2, with what came later packed into its edition.
    pub fn uri(&self) -> String {
        let bare = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '-');
        let bind = |value: &Value| {
            value.write(["", "%01", "%02"], |sign| {
                percent::encode(sign.encode_utf8(&mut [0; 4]), |byte| bare(byte.into())).to_lowercase()
            })
        };
        let [
            part,
            vendor,
            product,
            version,
            update,
            edition,
            language,
            later @ ..,
        ] = &self.0;
        let packed = if later.iter().all(|value| *value == Value::Any) {
            bind(edition)
        } else {
            let later: Vec<String> = later.iter().map(bind).collect();
            format!("~{}~{}", bind(edition), later.join("~"))
        };
        let mut fields: Vec<String> = [part, vendor, product, version, update].map(bind).into();
        fields.extend([packed, bind(language)]);
        format!("cpe:/{}", fields.join(":").trim_end_matches(':'))
    }
}

/// The formatted string of CPE 2.3.
impl fmt::Display for Cpe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cpe:2.3")?;
        self.0.iter().try_for_each(|value| write!(f, ":{value}"))
    }
}

/// What is wrong, in both languages.
type Broken = (&'static str, &'static str);

const TOO_LONG: Broken = ("長すぎます", "it is too long");

const BAD_SIGN: Broken = (
    "使えない文字か、途中のワイルドカードがあります",
    "it has a sign that no name has, or a wild card between others",
);

/// What follows a prefix, whose case is not told apart.
fn prefixed<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The fields of a formatted string, each sign with whether it is a wild card.
pub(crate) fn fields(text: &str) -> Vec<Vec<Sign>> {
    let mut fields = vec![Vec::new()];
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        let sign = match sign {
            ':' => {
                fields.push(Vec::new());
                continue;
            }
            '\\' => signs.next().map(|sign| (sign, false)),
            sign => Some((sign, matches!(sign, '*' | '?'))),
        };
        if let Some(field) = fields.last_mut() {
            field.extend(sign);
        }
    }
    fields
}

fn formatted(text: &str) -> Result<[Value; 11], Broken> {
    let values = fields(text).into_iter().map(|field| Value::read(&field));
    let values: Vec<Value> = values.collect::<Option<_>>().ok_or(BAD_SIGN)?;
    values
        .try_into()
        .map_err(|_| ("欄が 11 ではありません", "it has not eleven fields"))
}

fn uri(text: &str) -> Result<[Value; 11], Broken> {
    let mut values: [Value; 11] = Default::default();
    let fields: Vec<&str> = text.split(':').collect();
    if fields.len() > 7 {
        return Err(("欄が 7 を超えています", "it has more than seven fields"));
    }
    for (at, field) in fields.into_iter().enumerate() {
        let packed = field
            .strip_prefix('~')
            .filter(|_| at == Attribute::Edition as usize);
        let Some(packed) = packed else {
            values[at] = uri_value(field)?;
            continue;
        };
        let packed: Vec<&str> = packed.split('~').collect();
        if packed.len() != 5 {
            return Err((
                "まとめた edition の欄が 5 ではありません",
                "its packed edition has not five fields",
            ));
        }
        let places = [at].into_iter().chain(Attribute::SoftwareEdition as usize..);
        for (place, field) in places.zip(packed) {
            values[place] = uri_value(field)?;
        }
    }
    Ok(values)
}

/// A field of the URI; `%01` and `%02` are its wild cards.
fn uri_value(field: &str) -> Result<Value, Broken> {
    let mut signs = Vec::new();
    let mut rest = field;
    while let Some(sign) = rest.chars().next() {
        let length = if sign == '%' { 3 } else { sign.len_utf8() };
        let (coded, after) = rest.split_at_checked(length).ok_or(BAD_SIGN)?;
        signs.push(match coded {
            "%01" => ('?', true),
            "%02" => ('*', true),
            coded => {
                let decoded = percent::decode(coded).ok_or(BAD_SIGN)?;
                (decoded.chars().next().ok_or(BAD_SIGN)?, false)
            }
        });
        rest = after;
    }
    Value::read(&signs).ok_or(BAD_SIGN)
}
