//! A number with its unit, as the plan's figures are: `7.3兆円`, `149円/ドル`, `6.7%/年`. The number is kept in base units, the unit
//! remembers how people write it. Quantities of different dimension are never added or compared.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::number::Number;
use crate::refusal::Refusal;
use crate::unit::{Dim, Unit, fold_width};

/// An exact number of base units, shown in `unit`.
///
/// Two quantities are equal if both number and unit are: 1000円 is not *written* as 1千円 is. To compare amounts use
/// [`compare`](Self::compare).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quantity {
    number: Number,
    unit: Unit,
}

impl Quantity {
    /// Replaces the number, in base units; the unit stays.
    pub fn set_base(&mut self, number: Number) {
        self.number = number;
    }

    /// So many of a unit: `new(7.3, 兆円)`.
    pub fn new(in_unit: &Number, unit: Unit) -> Self {
        Self {
            number: in_unit * &unit.factor(),
            unit,
        }
    }

    /// So many base units, to be shown in `unit`.
    pub const fn from_base(number: Number, unit: Unit) -> Self {
        Self { number, unit }
    }

    /// A plain number.
    pub const fn plain(number: Number) -> Self {
        Self {
            number,
            unit: Unit::plain(),
        }
    }

    /// The number in base units (円, not 兆円; 0.5, not 50).
    pub const fn number(&self) -> &Number {
        &self.number
    }

    /// The unit in which it is shown.
    pub const fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Its dimension.
    pub fn dim(&self) -> Dim {
        self.unit.dim()
    }

    /// The number in the unit in which it is shown: 7.3 for 7.3兆円.
    pub fn in_unit(&self) -> Number {
        // A unit's factor is a product of powers of 10 and 12, never 0.
        self.number.over(&self.unit.factor()).unwrap_or(Number::ZERO)
    }

    /// The same amount shown in another unit of the same dimension.
    ///
    /// # Errors
    /// `unit`, if the dimensions differ.
    pub fn shown_in(&self, unit: &Unit) -> Result<Self, Refusal> {
        if self.dim() != unit.dim() {
            return Err(mismatch(&self.unit, unit));
        }
        Ok(Self {
            number: self.number.clone(),
            unit: unit.clone(),
        })
    }

    /// The sum, shown in the left unit.
    ///
    /// # Errors
    /// `unit`, `too_large`.
    pub fn plus(&self, other: &Self) -> Result<Self, Refusal> {
        self.alike(other)?;
        Ok(Self {
            number: self.number.plus(&other.number)?,
            unit: self.unit.clone(),
        })
    }

    /// The difference, shown in the left unit.
    ///
    /// # Errors
    /// `unit`, `too_large`.
    pub fn minus(&self, other: &Self) -> Result<Self, Refusal> {
        self.alike(other)?;
        Ok(Self {
            number: self.number.minus(&other.number)?,
            unit: self.unit.clone(),
        })
    }

    /// The product, shown as [`Unit::times`] says.
    ///
    /// # Errors
    /// `too_large`.
    pub fn times(&self, other: &Self) -> Result<Self, Refusal> {
        Ok(Self {
            number: self.number.times(&other.number)?,
            unit: self.unit.times(&other.unit),
        })
    }

    /// The quotient, shown as [`Unit::over`] says.
    ///
    /// # Errors
    /// `division_by_zero`, `too_large`.
    pub fn over(&self, other: &Self) -> Result<Self, Refusal> {
        Ok(Self {
            number: self.number.over(&other.number)?,
            unit: self.unit.over(&other.unit),
        })
    }

    /// A power. The exponent is a pure number, and whole where the base has a unit (or such that the unit's root exists).
    ///
    /// # Errors
    /// `exponent_unit`, `unit_power`, and those of [`Number::pow`].
    pub fn pow(&self, exponent: &Self) -> Result<Self, Refusal> {
        if !exponent.dim().is_none() {
            return Err(Refusal::new(
                "exponent_unit",
                format!(
                    "指数に単位「{}」が付いています。指数は単位のない数にしてください。",
                    exponent.unit
                ),
                format!(
                    "The exponent has the unit “{}”. An exponent is a number without a unit.",
                    exponent.unit
                ),
            ));
        }
        let unit = self.unit.pow(&exponent.number).ok_or_else(|| {
            let (unit, power) = (&self.unit, exponent.number.to_significant(6));
            Refusal::new(
                "unit_power",
                format!(
                    "単位「{unit}」の {power} 乗という単位はありません。先に単位のない比にしてください。"
                ),
                format!(
                    "The unit “{unit}” to the power {power} does not exist. Form a ratio without unit first."
                ),
            )
        })?;
        Ok(Self {
            number: self.number.pow(&exponent.number)?,
            unit,
        })
    }

    /// The quantity with its sign turned.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self {
            number: -&self.number,
            unit: self.unit.clone(),
        }
    }

    /// The quantity without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self {
            number: self.number.abs(),
            unit: self.unit.clone(),
        }
    }

    /// Which amount is larger.
    ///
    /// # Errors
    /// `unit`, if the dimensions differ.
    pub fn compare(&self, other: &Self) -> Result<Ordering, Refusal> {
        self.alike(other)?;
        Ok(self.number.cmp(&other.number))
    }

    /// The nearest multiple of `quantum`, halves away from zero (四捨五入).
    ///
    /// # Errors
    /// `unit`, if the dimensions differ.
    pub fn round_to(&self, quantum: &Self) -> Result<Self, Refusal> {
        self.alike(quantum)?;
        Ok(Self {
            number: self.number.round_to(&quantum.number),
            unit: self.unit.clone(),
        })
    }

    fn alike(&self, other: &Self) -> Result<(), Refusal> {
        if self.dim() == other.dim() {
            Ok(())
        } else {
            Err(mismatch(&self.unit, &other.unit))
        }
    }
}

fn mismatch(left: &Unit, right: &Unit) -> Refusal {
    let name = |unit: &Unit, plain: &str| {
        if unit.is_plain() {
            plain.to_owned()
        } else {
            format!("“{unit}”")
        }
    };
    let ja = |unit: &Unit| name(unit, "単位なし").replace('“', "「").replace('”', "」");
    Refusal::new(
        "unit",
        format!("単位が合いません: 左は{}、右は{}です。", ja(left), ja(right)),
        format!(
            "The units differ: {} on the left, {} on the right.",
            name(left, "no unit"),
            name(right, "no unit")
        ),
    )
}

/// How far the last written digit of a figure reaches: `0.1兆円` for `7.3兆円`. Half of it, either way, is what its rounding hides.
///
/// # Errors
/// Those of reading the figure.
pub fn literal_quantum(text: &str) -> Result<Quantity, Refusal> {
    let (number, unit) = read(text)?;
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((&number, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let quantum: Number = format!("1e{exponent}").parse()?;
    let places = i32::try_from(places).unwrap_or(i32::MAX);
    Ok(Quantity::new(&(&quantum * &Number::power_of_ten(-places)), unit))
}

/// Length in bytes of the unsigned decimal number at the start of ASCII digits: `7.3`, `.5`, `1e3`; 0 if there is none.
pub fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let whole = digits(0);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if end == 0 || !matches!(bytes.get(end), Some(b'e' | b'E')) {
        return end;
    }
    let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
    match bytes.get(end + 1 + sign..).map(|_| digits(end + 1 + sign)) {
        Some(exponent) if exponent > 0 => end + 1 + sign + exponent,
        _ => end,
    }
}

fn read(text: &str) -> Result<(String, Unit), Refusal> {
    let text: String = text.trim().chars().map(fold_width).collect();
    let sign = usize::from(text.starts_with(['-', '+', '~']));
    let mut length = sign + number_length(&text[sign..]);
    // A fraction, as Display writes what no decimal can say.
    if let Some(rest) = text[length..].strip_prefix('/') {
        let denominator = number_length(rest);
        length += if denominator > 0 { 1 + denominator } else { 0 };
    }
    let (number, unit) = text.split_at(length);
    Ok((number.to_owned(), unit.parse()?))
}

impl FromStr for Quantity {
    type Err = Refusal;

    /// Reads a signed figure with an optional unit: `7.3兆円`, `41 億ドル`, `-5.12%/年`, `２．５％`, `2`.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (number, unit) = read(text)?;
        Ok(Self::new(&number.parse()?, unit))
    }
}

/// Lossless: reads back as the same quantity. A unit that starts with a digit (`1/年`) stands after a space.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.to_string();
        let space = if unit.starts_with('1') { " " } else { "" };
        f.pad(&format!("{}{space}{unit}", self.in_unit()))
    }
}

impl From<i64> for Quantity {
    fn from(value: i64) -> Self {
        Self::plain(Number::from(value))
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
