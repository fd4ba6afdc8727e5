//! Units as figures carry them: a product of base units with whole powers, and the scale in which people write it (兆円, 億ドル,
//! 円/ドル, %/年). The table of base units below is the one place that knows them. A unit never converts between currencies, and
//! never treats a day as a fraction of a month.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::number::Number;
use crate::refusal::Refusal;

/// What a base unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A currency, written with 千, 万, 百万, 十億, 億 or 兆.
    Money,
    /// A counted thing, written with 千, 万, 百万 or 億.
    Count,
    /// A stretch of time.
    Time,
}

struct BaseUnit {
    symbol: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
}

const fn base(symbol: &'static str, aliases: &'static [&'static str], kind: Kind) -> BaseUnit {
    BaseUnit {
        symbol,
        aliases,
        kind,
    }
}

/// Every base unit, in the order in which a product is written.
const BASES: &[BaseUnit] = &[
    base("円", &["JPY"], Kind::Money),
    base("ドル", &["USD", "米ドル"], Kind::Money),
    base("ユーロ", &["EUR"], Kind::Money),
    base("ポンド", &["GBP"], Kind::Money),
    base("スイスフラン", &["CHF"], Kind::Money),
    base("元", &["CNY", "人民元"], Kind::Money),
    base("ウォン", &["KRW"], Kind::Money),
    base("件", &[], Kind::Count),
    base("社", &[], Kind::Count),
    base("人", &["名"], Kind::Count),
    base("台", &[], Kind::Count),
    base("国", &["か国", "カ国", "ヶ国"], Kind::Count),
    base("施設", &[], Kind::Count),
    base("機関", &[], Kind::Count),
    base("団体", &[], Kind::Count),
    base("拠点", &[], Kind::Count),
    base("品目", &[], Kind::Count),
    base("製品", &[], Kind::Count),
    base("本", &[], Kind::Count),
    base("個", &[], Kind::Count),
    base("回", &[], Kind::Count),
    base("点", &[], Kind::Count),
    base("床", &[], Kind::Count),
    base("年", &[], Kind::Time),
    base("日", &[], Kind::Time),
    base("時間", &[], Kind::Time),
];

/// One base unit: an entry of the table, ordered as the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Base(u8);

impl Base {
    /// 円
    pub const YEN: Self = Self(0);
    /// 人
    pub const PERSON: Self = Self(named("人"));
    /// 年
    pub const YEAR: Self = Self(named("年"));

    /// The base unit of this name or alias, without a scale.
    pub fn find(name: &str) -> Option<Self> {
        let index = BASES
            .iter()
            .position(|base| base.symbol == name || base.aliases.contains(&name))?;
        u8::try_from(index).ok().map(Self)
    }

    /// The normal way to write it.
    pub fn symbol(self) -> &'static str {
        BASES[usize::from(self.0)].symbol
    }

    /// What it measures.
    pub fn kind(self) -> Kind {
        BASES[usize::from(self.0)].kind
    }
}

/// Position of a symbol in the table, at compile time: a symbol that is not there does not compile.
const fn named(symbol: &str) -> u8 {
    let mut index: u8 = 0;
    loop {
        let (left, right) = (BASES[index as usize].symbol.as_bytes(), symbol.as_bytes());
        let mut same = left.len() == right.len();
        let mut byte = 0;
        while same && byte < left.len() {
            same = left[byte] == right[byte];
            byte += 1;
        }
        if same {
            return index;
        }
        index += 1;
    }
}

/// The dimension of a quantity: base units with their powers, none of them 0. What two quantities must share to be added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dim(BTreeMap<Base, i32>);

impl Dim {
    /// A pure number.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// One base unit to a power.
    pub fn of(base: Base, power: i32) -> Self {
        Self((power != 0).then_some((base, power)).into_iter().collect())
    }

    /// Is it a pure number?
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Base units and powers, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (Base, i32)> + '_ {
        self.0.iter().map(|(&base, &power)| (base, power))
    }

    /// Does a currency occur in it?
    pub fn has_money(&self) -> bool {
        self.0.keys().any(|base| base.kind() == Kind::Money)
    }

    /// The currency of an amount: the one currency in it, to the power 1.
    pub fn currency(&self) -> Option<Base> {
        let mut money = self.iter().filter(|(base, _)| base.kind() == Kind::Money);
        match (money.next(), money.next()) {
            (Some((base, 1)), None) => Some(base),
            _ => None,
        }
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.combined(other, 1)
    }

    /// The quotient.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        self.combined(other, -1)
    }

    fn combined(&self, other: &Self, sign: i32) -> Self {
        let mut powers = self.0.clone();
        for (&base, &power) in &other.0 {
            let sum = powers
                .remove(&base)
                .unwrap_or(0)
                .saturating_add(power.saturating_mul(sign));
            if sum != 0 {
                powers.insert(base, sum);
            }
        }
        Self(powers)
    }

    /// The dimension to a rational power; `None` if a base unit would get a broken power, or one beyond any use.
    pub fn pow(&self, exponent: &Number) -> Option<Self> {
        let power = |power: i32| -> Option<i32> {
            let power = Number::from(power).times(exponent).ok()?.to_i64()?;
            i32::try_from(power).ok().filter(|power| power.abs() <= 99)
        };
        if exponent.is_zero() {
            return Some(Self::none());
        }
        self.iter()
            .map(|(base, old)| Some((base, power(old)?)))
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl fmt::Display for Dim {
    /// As a unit without scales: `円/ドル`; a pure number is `1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Unit::from(self);
        if unit.is_plain() {
            f.write_str("1")
        } else {
            unit.fmt(f)
        }
    }
}

/// A power of ten, or the twelfth part, in front of a base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scale {
    Ten(i32),
    Month,
}

/// Written scales and their powers of ten, longest text first, so that 百万 is not read as 百 and 万.
const SCALES: &[(&str, i32)] = &[
    ("百万", 6),
    ("十億", 9),
    ("千", 3),
    ("万", 4),
    ("億", 8),
    ("兆", 12),
];
const MONTH: &[&str] = &["月", "か月", "カ月", "ヶ月"];

impl Scale {
    const PLAIN: Self = Self::Ten(0);

    fn factor(self, power: i32) -> Number {
        match self {
            Self::Ten(tens) => Number::power_of_ten(tens.saturating_mul(power)),
            Self::Month => {
                let twelve = Number::from(12).pow(&Number::from(-power));
                twelve.unwrap_or(Number::ONE)
            }
        }
    }

    fn text(self, base: Base) -> String {
        match self {
            Self::Month => "月".to_owned(),
            Self::Ten(tens) => {
                let prefix = SCALES
                    .iter()
                    .find(|scale| scale.1 == tens)
                    .map_or("", |scale| scale.0);
                format!("{prefix}{}", base.symbol())
            }
        }
    }

    /// The largest scale that is written for `kind` and is not above 10^`tens`.
    fn nearest(kind: Kind, tens: i32) -> Self {
        let written = SCALES
            .iter()
            .map(|scale| scale.1)
            .filter(|&scale| allowed(kind, scale) && scale <= tens);
        Self::Ten(written.max().unwrap_or(0))
    }
}

fn allowed(kind: Kind, tens: i32) -> bool {
    match kind {
        Kind::Money => true,
        Kind::Count => matches!(tens, 3 | 4 | 6 | 8),
        Kind::Time => false,
    }
}

/// How a pure number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Ratio {
    #[default]
    Plain,
    Percent,
    PerMille,
    Times,
    Points,
}

/// Spellings of the pure units; the first of each is the normal form.
const RATIOS: &[(&str, Ratio)] = &[
    ("%", Ratio::Percent),
    ("‰", Ratio::PerMille),
    ("倍", Ratio::Times),
    ("ポイント", Ratio::Points),
    ("%pt", Ratio::Points),
];

impl Ratio {
    fn tens(self) -> i32 {
        match self {
            Self::Plain | Self::Times => 0,
            Self::Percent | Self::Points => -2,
            Self::PerMille => -3,
        }
    }

    fn symbol(self) -> &'static str {
        RATIOS
            .iter()
            .find(|ratio| ratio.1 == self)
            .map_or("", |ratio| ratio.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Part {
    power: i32,
    scale: Scale,
}

/// A unit as written: a [`Dim`] with the scale of each base unit, or with the way a pure number is shown.
///
/// Text form `兆円`, `円/ドル`, `%/年`, `人・年/社`; empty for a plain number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Unit {
    parts: BTreeMap<Base, Part>,
    ratio: Ratio,
}

impl Unit {
    /// A plain number.
    pub const fn plain() -> Self {
        Self {
            parts: BTreeMap::new(),
            ratio: Ratio::Plain,
        }
    }

    /// %
    pub const fn percent() -> Self {
        Self {
            parts: BTreeMap::new(),
            ratio: Ratio::Percent,
        }
    }

    /// %/年
    pub fn percent_a_year() -> Self {
        Self {
            parts: BTreeMap::from([(
                Base::YEAR,
                Part {
                    power: -1,
                    scale: Scale::PLAIN,
                },
            )]),
            ratio: Ratio::Percent,
        }
    }

    /// 年
    pub fn years() -> Self {
        Self::from(&Dim::of(Base::YEAR, 1))
    }

    /// One unit word with its scale, without `/`: `兆円`, `%`, `月`.
    pub fn word(text: &str) -> Option<Self> {
        if let Some(&(_, ratio)) = RATIOS.iter().find(|ratio| ratio.0 == text) {
            return Some(Self {
                ratio,
                ..Self::plain()
            });
        }
        let (base, scale) = scaled_base(text)?;
        Some(Self {
            parts: BTreeMap::from([(base, Part { power: 1, scale })]),
            ratio: Ratio::Plain,
        })
    }

    /// Normal forms and aliases of all unit words without scales, for hints.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let bases = BASES
            .iter()
            .flat_map(|base| std::iter::once(base.symbol).chain(base.aliases.iter().copied()));
        bases
            .chain(RATIOS.iter().map(|ratio| ratio.0))
            .chain(MONTH.iter().copied())
    }

    /// Is it a plain number, with nothing written after it?
    pub fn is_plain(&self) -> bool {
        *self == Self::plain()
    }

    /// Its dimension.
    pub fn dim(&self) -> Dim {
        Dim(self
            .parts
            .iter()
            .map(|(&base, part)| (base, part.power))
            .collect())
    }

    /// How many base units one of this unit is: 10^12 for 兆円, 1/100 for %.
    pub fn factor(&self) -> Number {
        let parts = self.parts.values().map(|part| part.scale.factor(part.power));
        parts.fold(Number::power_of_ten(self.ratio.tens()), |product, factor| {
            &product * &factor
        })
    }

    /// The unit in which a product is shown: scales go with their base units, what cancels hands its scale to what is left (億ドル
    /// × 円/ドル is 億円), and a % is kept only where nothing else is counted (%/年 × 年 is %, 兆円 × % is 兆円).
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.combined(other, 1)
    }

    /// The unit in which a quotient is shown, by the rules of [`times`](Self::times).
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        self.combined(other, -1)
    }

    fn combined(&self, other: &Self, sign: i32) -> Self {
        let dim = self.dim().combined(&other.dim(), sign);
        let mut left_over = 0;
        let mut parts = BTreeMap::new();
        for base in self
            .parts
            .keys()
            .chain(other.parts.keys())
            .copied()
            .collect::<BTreeSet<_>>()
        {
            let sides = [(self.parts.get(&base), 1), (other.parts.get(&base), sign)];
            let sides: Vec<(Part, i32)> = sides
                .iter()
                .filter_map(|(part, sign)| Some((*(*part)?, *sign)))
                .collect();
            let tens: i32 = sides
                .iter()
                .map(|(part, sign)| part.power * sign * tens_of(part.scale))
                .sum();
            let Some(&power) = dim.0.get(&base) else {
                left_over += tens;
                continue;
            };
            let month = sides.iter().all(|(part, _)| part.scale == Scale::Month);
            let scale = if month {
                Scale::Month
            } else {
                Scale::nearest(base.kind(), tens / power)
            };
            parts.insert(base, Part { power, scale });
        }
        let heir = parts
            .iter_mut()
            .find(|(base, part)| part.power == 1 && base.kind() != Kind::Time);
        if let Some((base, part)) = heir {
            part.scale = Scale::nearest(base.kind(), tens_of(part.scale) + left_over);
        }
        let pure = self.parts.is_empty() && other.parts.is_empty();
        let counted = parts.values().any(|part| part.power > 0);
        let ratio = match (self.ratio, other.ratio) {
            _ if pure || counted => Ratio::Plain,
            (ratio, Ratio::Plain) => ratio,
            (Ratio::Plain, ratio) if sign > 0 => ratio,
            _ => Ratio::Plain,
        };
        Self { parts, ratio }
    }

    /// The unit in which a power is shown; `None` where [`Dim::pow`] has none.
    pub fn pow(&self, exponent: &Number) -> Option<Self> {
        let dim = self.dim().pow(exponent)?;
        let parts = dim.iter().filter_map(|(base, power)| {
            let scale = self.parts.get(&base)?.scale;
            Some((base, Part { power, scale }))
        });
        Some(Self {
            parts: parts.collect(),
            ratio: Ratio::Plain,
        })
    }
}

fn tens_of(scale: Scale) -> i32 {
    match scale {
        Scale::Ten(tens) => tens,
        Scale::Month => 0,
    }
}

fn scaled_base(text: &str) -> Option<(Base, Scale)> {
    if MONTH.contains(&text) {
        return Some((Base::YEAR, Scale::Month));
    }
    if let Some(base) = Base::find(text) {
        return Some((base, Scale::PLAIN));
    }
    SCALES.iter().find_map(|&(prefix, tens)| {
        let base = Base::find(text.strip_prefix(prefix)?)?;
        allowed(base.kind(), tens).then_some((base, Scale::Ten(tens)))
    })
}

impl From<&Dim> for Unit {
    /// The dimension written without scales.
    fn from(dim: &Dim) -> Self {
        let parts = dim.iter().map(|(base, power)| {
            (
                base,
                Part {
                    power,
                    scale: Scale::PLAIN,
                },
            )
        });
        Self {
            parts: parts.collect(),
            ratio: Ratio::Plain,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |sign: i32| {
            let side = self
                .parts
                .iter()
                .filter(move |(_, part)| part.power.signum() == sign);
            side.flat_map(|(&base, part)| {
                std::iter::repeat_n(part.scale.text(base), part.power.unsigned_abs() as usize)
            })
        };
        let mut above: Vec<String> = words(1).collect();
        if self.ratio != Ratio::Plain {
            above.insert(0, self.ratio.symbol().to_owned());
        }
        let below: String = words(-1).flat_map(|word| ["/".to_owned(), word]).collect();
        let one = if above.is_empty() && !below.is_empty() {
            "1"
        } else {
            ""
        };
        f.pad(&format!("{one}{}{below}", above.join("・")))
    }
}

impl FromStr for Unit {
    type Err = Refusal;

    /// Reads what [`Display`](fmt::Display) writes, and the aliases: `億USD`, `JPY/USD`, `件/人/年`.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text: String = text.trim().chars().map(fold_width).collect();
        let word = |word: &str| Self::word(word.trim()).ok_or_else(|| unknown_unit(word.trim()));
        let mut sides = text.split('/');
        let above = sides.next().unwrap_or_default();
        let mut unit = Self::plain();
        if !(above.is_empty() || above.trim() == "1") {
            let mut factors = above.split('・');
            unit = word(factors.next().unwrap_or_default())?;
            for factor in factors {
                unit = unit.times(&word(factor)?);
            }
        }
        for divisor in sides {
            unit = unit.over(&word(divisor)?);
        }
        Ok(unit)
    }
}

fn unknown_unit(word: &str) -> Refusal {
    let word: String = word.chars().take(40).collect();
    Refusal::new(
        "unknown_unit",
        format!(
            "「{word}」という単位はありません。兆円、億ドル、円/ドル、%/年、件、社 のように書いてください。"
        ),
        format!("There is no unit “{word}”. Write units as 兆円, 億ドル, 円/ドル, %/年, 件 or 社."),
    )
}

/// Full-width forms (０-９ ％ （ ／ and the like), the ideographic space and the minus sign as their ASCII counterparts; any other
/// character as it is.
pub fn fold_width(character: char) -> char {
    match character {
        '\u{3000}' | '\u{a0}' => ' ',
        '−' => '-',
        '！'..='～' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
