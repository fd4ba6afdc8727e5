//! Exact rational numbers. A figure of the plan is never rounded on the way: decimals, quotients and whole powers stay exact, and
//! only an irrational power is cut, to 50 significant digits, after which the number says so. It must never pass through a float
//! unless it is asked for one, and never grow without bound.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, Mul, Neg, Sub};
use std::str::FromStr;

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use dashu_int::ops::{Abs, BitTest, DivRem, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use dashu_ratio::RBig;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::refusal::Refusal;

/// Significant digits that an irrational power keeps.
pub const POWER_DIGITS: usize = 50;
/// Significant digits that [`Number::to_decimal`] writes when the decimal does not end.
pub const DECIMAL_DIGITS: usize = 34;

/// Numerators and denominators beyond this many bits (some 6,000 digits) are refused, so that `9^9^9` answers at once.
const MAX_BITS: usize = 20_000;
/// An inexact number with more bits than this is cut to [`INEXACT_DIGITS`]: it has no more right digits than that to lose.
const INEXACT_BITS: usize = 512;
/// [`POWER_DIGITS`] and ten to guard them in what is computed further.
const INEXACT_DIGITS: usize = POWER_DIGITS + 10;
/// Working precision, in bits, of an irrational power: 50 digits, the 20 bits that the size of an exponent may cost, and guard bits.
const POWER_BITS: usize = 320;

/// A rational number and whether every step that led to it was exact.
///
/// Equality, order and hash look at the value alone.
#[derive(Debug, Clone)]
pub struct Number {
    value: RBig,
    exact: bool,
}

impl Number {
    /// 0
    pub const ZERO: Self = Self {
        value: RBig::ZERO,
        exact: true,
    };
    /// 1
    pub const ONE: Self = Self {
        value: RBig::ONE,
        exact: true,
    };

    /// `numerator / denominator`, or `None` if the denominator is 0.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0).then(|| {
            Self::exactly(RBig::from_parts_signed(
                IBig::from(numerator),
                IBig::from(denominator),
            ))
        })
    }

    /// 10 to a whole power.
    pub fn power_of_ten(exponent: i32) -> Self {
        Self::exactly(ten_to(exponent as isize))
    }

    /// The float's shortest decimal, marked inexact; `None` if it is infinite or not a number.
    pub fn from_f64(value: f64) -> Option<Self> {
        let number: Self = value.is_finite().then(|| format!("{value:e}").parse().ok())??;
        Some(Self {
            exact: false,
            ..number
        })
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        self.value.to_f64().value()
    }

    /// False once an irrational power, or a float, went into the number.
    pub const fn is_exact(&self) -> bool {
        self.exact
    }

    /// Is it 0?
    pub const fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Is it below 0?
    pub fn is_negative(&self) -> bool {
        self.value.sign() == Sign::Negative && !self.is_zero()
    }

    /// Is it a whole number?
    pub const fn is_integer(&self) -> bool {
        self.value.is_int()
    }

    /// The number as a machine integer, if it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.value
            .is_int()
            .then(|| i64::try_from(self.value.numerator()).ok())?
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self {
            value: self.value.clone().abs(),
            exact: self.exact,
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// `too_large`.
    pub fn plus(&self, other: &Self) -> Result<Self, Refusal> {
        guarded(&self.value + &other.value, self.exact && other.exact)
    }

    /// The difference.
    ///
    /// # Errors
    /// `too_large`.
    pub fn minus(&self, other: &Self) -> Result<Self, Refusal> {
        guarded(&self.value - &other.value, self.exact && other.exact)
    }

    /// The product.
    ///
    /// # Errors
    /// `too_large`.
    pub fn times(&self, other: &Self) -> Result<Self, Refusal> {
        guarded(&self.value * &other.value, self.exact && other.exact)
    }

    /// The quotient.
    ///
    /// # Errors
    /// `division_by_zero`, `too_large`.
    pub fn over(&self, other: &Self) -> Result<Self, Refusal> {
        if other.is_zero() {
            return Err(division_by_zero());
        }
        guarded(&self.value / &other.value, self.exact && other.exact)
    }

    /// `self` to the power `exponent`: exact where the result is rational, else rounded half to even at [`POWER_DIGITS`]
    /// significant digits and marked inexact. `0^0` is 1.
    ///
    /// # Errors
    /// `division_by_zero` for 0 to a negative power, `negative_root` for a fractional power of a negative number, `too_large`.
    pub fn pow(&self, exponent: &Self) -> Result<Self, Refusal> {
        let exact = self.exact && exponent.exact;
        if exponent.is_zero() {
            return Ok(Self {
                value: RBig::ONE,
                exact,
            });
        }
        if self.is_zero() {
            return if exponent.is_negative() {
                Err(division_by_zero())
            } else {
                Ok(Self {
                    value: RBig::ZERO,
                    exact,
                })
            };
        }
        if self.is_negative() && !exponent.is_integer() {
            return Err(Refusal::new(
                "negative_root",
                "負の数の、整数でない乗は実数になりません。底の符号を確かめてください。",
                "A fractional power of a negative number is not a real number. Check the sign of the base.",
            ));
        }
        if self.value.numerator().clone().unsigned_abs().is_one() && self.value.is_int() {
            let negative = self.is_negative() && exponent.value.numerator().bit(0);
            return Ok(Self {
                value: if negative { RBig::NEG_ONE } else { RBig::ONE },
                exact,
            });
        }
        if let Some(root) = exact_root(&self.value, exponent.value.denominator()) {
            match whole_power(&root, exponent.value.numerator()) {
                // An inexact base has long digits that mean nothing; its powers are not too large for that.
                Err(_) if !self.exact => {}
                power => return guarded(power?, exact),
            }
        }
        let value = irrational_power(&self.value.clone().abs(), &exponent.value)?;
        let negative = self.is_negative() && exponent.value.numerator().bit(0);
        let value = significant(&value, POWER_DIGITS, HalfTo::Even);
        guarded(if negative { -value } else { value }, false)
    }

    /// The nearest multiple of `quantum`, halves away from zero (四捨五入), as statistics are printed. A quantum of 0 leaves the
    /// number as it is.
    #[must_use]
    pub fn round_to(&self, quantum: &Self) -> Self {
        if quantum.is_zero() {
            return self.clone();
        }
        let steps = round_half(&(&self.value / &quantum.value), HalfTo::Away);
        Self {
            value: RBig::from(steps) * &quantum.value,
            exact: self.exact,
        }
    }

    /// The largest whole number not above it.
    #[must_use]
    pub fn floor(&self) -> Self {
        Self {
            value: RBig::from(self.value.floor()),
            exact: self.exact,
        }
    }

    /// Rounded to `digits` significant digits, halves away from zero.
    #[must_use]
    pub fn round_significant(&self, digits: usize) -> Self {
        Self {
            value: significant(&self.value, digits.max(1), HalfTo::Away),
            exact: self.exact,
        }
    }

    /// Digits after the point if the decimal ends, `None` if it does not.
    pub fn decimal_places(&self) -> Option<usize> {
        let mut rest = self.value.denominator().clone();
        let twos = rest.remove(&UBig::from(2u8)).unwrap_or(0);
        let fives = rest.remove(&UBig::from(5u8)).unwrap_or(0);
        rest.is_one().then_some(twos.max(fives))
    }

    /// Decimal text: all digits if the number is exact and its decimal ends, else [`DECIMAL_DIGITS`] significant ones. Never in
    /// exponent form.
    pub fn to_decimal(&self) -> String {
        match self.decimal_places() {
            Some(places) if self.exact => write_decimal(&self.value, places),
            _ => self.to_significant(DECIMAL_DIGITS),
        }
    }

    /// Decimal text with at most so many significant digits, without trailing zeros after the point.
    pub fn to_significant(&self, digits: usize) -> String {
        let rounded = self.round_significant(digits);
        write_decimal(&rounded.value, rounded.decimal_places().unwrap_or(0))
    }

    /// `1/3` where the number is exact and no decimal can say it; `None` where [`to_decimal`](Self::to_decimal) says it all.
    pub fn exact_text(&self) -> Option<String> {
        (self.exact && self.decimal_places().is_none()).then(|| self.value.to_string())
    }

    /// Numerator and denominator as decimal integers.
    pub fn fraction(&self) -> (String, String) {
        (
            self.value.numerator().to_string(),
            self.value.denominator().to_string(),
        )
    }

    const fn exactly(value: RBig) -> Self {
        Self { value, exact: true }
    }
}

fn too_large() -> Refusal {
    Refusal::new(
        "too_large",
        "結果が大きすぎて扱えません（およそ 6,000 桁まで）。指数や桁を確かめてください。",
        "The result is too large (the limit is some 6,000 digits). Check the exponents and the digits.",
    )
}

fn division_by_zero() -> Refusal {
    Refusal::new(
        "division_by_zero",
        "0 で割ることはできません。分母を確かめてください。",
        "Division by zero. Check the denominator.",
    )
}

fn guarded(value: RBig, exact: bool) -> Result<Number, Refusal> {
    let bits = bits(&value);
    let value = if !exact && bits > INEXACT_BITS {
        significant(&value, INEXACT_DIGITS, HalfTo::Even)
    } else {
        value
    };
    if bits > MAX_BITS && self::bits(&value) > MAX_BITS {
        return Err(too_large());
    }
    Ok(Number { value, exact })
}

/// Size of the larger of numerator and denominator.
fn bits(value: &RBig) -> usize {
    value.numerator().bit_len().max(value.denominator().bit_len())
}

fn ten_to(exponent: isize) -> RBig {
    RBig::from(10u8).pow(exponent)
}

/// The `degree`-th root of a positive number (of any number if the degree is 1), if it is rational.
fn exact_root(value: &RBig, degree: &UBig) -> Option<RBig> {
    if degree.is_one() {
        return Some(value.clone());
    }
    let root = |whole: &UBig| -> Option<UBig> {
        if whole.is_one() {
            return Some(UBig::ONE);
        }
        // A root of a degree above the bit length lies strictly between 1 and 2.
        let degree = usize::try_from(degree)
            .ok()
            .filter(|&degree| degree < whole.bit_len())?;
        let root = whole.nth_root(degree);
        (root.pow(degree) == *whole).then_some(root)
    };
    let numerator = root(&value.numerator().unsigned_abs())?;
    Some(RBig::from_parts(numerator.into(), root(value.denominator())?))
}

fn whole_power(base: &RBig, exponent: &IBig) -> Result<RBig, Refusal> {
    let exponent = isize::try_from(exponent).map_err(|_| too_large())?;
    // b bits to the n-th power need at least (b - 1)·n bits.
    if (bits(base) - 1).saturating_mul(exponent.unsigned_abs()) > MAX_BITS {
        return Err(too_large());
    }
    Ok(base.pow(exponent))
}

/// `base^exponent = e^(exponent · ln base)` for a positive base, to [`POWER_BITS`] less what the exponent's size costs.
fn irrational_power(base: &RBig, exponent: &RBig) -> Result<RBig, Refusal> {
    let log_two = base.numerator().bit_len() as f64 - base.denominator().bit_len() as f64;
    let size = exponent.to_f64().value().abs() * (log_two.abs() + 1.0);
    if !size.is_finite() || size > MAX_BITS as f64 {
        return Err(too_large());
    }
    let power = match newton_root(base, exponent.denominator()) {
        Some(root) => root.powi(exponent.numerator().clone()),
        None => (float(exponent) * float(base).ln()).exp(),
    };
    let (significand, exponent) = power.into_repr().into_parts();
    Ok(RBig::from(significand) * RBig::from(2u8).pow(exponent))
}

/// The root of a small degree by Newton's method, ten times faster than by logarithms. Each step doubles the right digits, less
/// the bits of the degree: 50, at least 90, 170 and 330 of them from a float's estimate.
fn newton_root(base: &RBig, degree: &UBig) -> Option<FBig<HalfEven, 2>> {
    let degree = u16::try_from(degree).ok().filter(|&degree| degree <= 1000)?;
    let estimate = base.to_f64().value().powf(1.0 / f64::from(degree));
    let normal = base.to_f64().value().is_normal() && estimate.is_normal();
    let mut root = FBig::try_from(estimate)
        .ok()
        .filter(|_| normal)?
        .with_precision(POWER_BITS)
        .value();
    let (base, degree) = (float(base), IBig::from(degree));
    for _ in 0..3 {
        let off = &base / root.powi(degree.clone()) - FBig::ONE;
        root += &root * off / FBig::from(degree.clone());
    }
    Some(root)
}

fn float(value: &RBig) -> FBig<HalfEven, 2> {
    let part = |whole: IBig| {
        FBig::<HalfEven, 2>::from(whole)
            .with_precision(POWER_BITS)
            .value()
    };
    part(value.numerator().clone()) / part(value.denominator().clone().into())
}

#[derive(Clone, Copy, PartialEq)]
enum HalfTo {
    Even,
    Away,
}

fn round_half(value: &RBig, half: HalfTo) -> IBig {
    let (sign, magnitude) = value.numerator().clone().into_parts();
    let (quotient, remainder) = magnitude.div_rem(value.denominator());
    let up = match (remainder << 1usize).cmp(value.denominator()) {
        Ordering::Less => false,
        Ordering::Equal => half == HalfTo::Away || quotient.bit(0),
        Ordering::Greater => true,
    };
    IBig::from_parts(sign, if up { quotient + UBig::ONE } else { quotient })
}

fn significant(value: &RBig, digits: usize, half: HalfTo) -> RBig {
    if value.is_zero() {
        return RBig::ZERO;
    }
    let quantum = ten_to(magnitude(value) - digits.cast_signed() + 1);
    RBig::from(round_half(&(value / &quantum), half)) * quantum
}

/// `m` with `10^m <= |value| < 10^(m+1)`, for a value other than 0.
fn magnitude(value: &RBig) -> isize {
    let value = value.clone().abs();
    let bits = value.numerator().bit_len() as f64 - value.denominator().bit_len() as f64;
    #[expect(clippy::cast_possible_truncation, reason = "at most some 6,000 digits")]
    let mut guess = (bits * std::f64::consts::LOG10_2).floor() as isize;
    while ten_to(guess) > value {
        guess -= 1;
    }
    while ten_to(guess + 1) <= value {
        guess += 1;
    }
    guess
}

/// Writes a number whose decimal has `places` digits after the point.
fn write_decimal(value: &RBig, places: usize) -> String {
    let scaled = round_half(&(value * ten_to(places.cast_signed())), HalfTo::Away);
    let digits = format!(
        "{:0>width$}",
        scaled.clone().unsigned_abs().to_string(),
        width = places + 1
    );
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if scaled.sign() == Sign::Negative && !scaled.is_zero() {
        "-"
    } else {
        ""
    };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

impl FromStr for Number {
    type Err = Refusal;

    /// Reads `7.3`, `-0.05`, `.5`, `1e3`, and what [`Display`](fmt::Display) writes: `1/3` and `~1.414…`. No separators of thousands.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if let Some(approximate) = text.strip_prefix('~') {
            return Ok(Self {
                exact: false,
                ..read_decimal(approximate)?
            });
        }
        match text.split_once('/') {
            Some((numerator, denominator)) => read_decimal(numerator)?.over(&read_decimal(denominator)?),
            None => read_decimal(text),
        }
    }
}

fn read_decimal(text: &str) -> Result<Number, Refusal> {
    let not_a_number = || {
        Refusal::new(
            "number",
            format!(
                "「{}」は数として読めません。7.3、-0.05、1e3 のように、桁区切りなしで書いてください。",
                excerpt(text)
            ),
            format!(
                "“{}” is not a number. Write 7.3, -0.05 or 1e3, without separators of thousands.",
                excerpt(text)
            ),
        )
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, unsigned) = match mantissa.strip_prefix(['-', '+']) {
        Some(rest) => (mantissa.starts_with('-'), rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(&digits) || !plain(exponent_digits) {
        return Err(not_a_number());
    }
    // Digits beyond the limit would only be read to be refused.
    if digits.len() > MAX_BITS || exponent_digits.trim_start_matches('0').len() > 5 {
        return Err(too_large());
    }
    let exponent: isize = exponent.parse().map_err(|_| not_a_number())?;
    if exponent.unsigned_abs() > MAX_BITS {
        return Err(too_large());
    }
    let magnitude = UBig::from_str(&digits).map_err(|_| not_a_number())?;
    let sign = if negative { Sign::Negative } else { Sign::Positive };
    guarded(
        RBig::from(IBig::from_parts(sign, magnitude)) * ten_to(exponent - fraction.len().cast_signed()),
        true,
    )
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Lossless text: a decimal where it ends, `1/3` where it does not, and `~` before a number that is not exact.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.exact { "" } else { "~" };
        let text = match self.decimal_places() {
            Some(places) => write_decimal(&self.value, places),
            None => self.value.to_string(),
        };
        f.pad(&format!("{mark}{text}"))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::exactly(RBig::from(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::exactly(RBig::from(value))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl Neg for &Number {
    type Output = Number;
    fn neg(self) -> Number {
        Number {
            value: -self.value.clone(),
            exact: self.exact,
        }
    }
}

/// Operators for numbers known to be of ordinary size; what comes from a formula goes through the guarded methods.
macro_rules! operator {
    ($($operation:ident $method:ident $symbol:tt),*) => {$(
        impl $operation for &Number {
            type Output = Number;
            fn $method(self, other: Self) -> Number {
                Number { value: &self.value $symbol &other.value, exact: self.exact && other.exact }
            }
        }
    )*};
}
operator!(Add add +, Sub sub -, Mul mul *);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
