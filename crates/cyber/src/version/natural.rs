//! Whole numbers of any length, as versions have them: dates, commit counts, numbers written by hand.

use std::cmp::Ordering;

/// A whole number from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Natural {
    Small(u64),
    /// Digits without leading zeros that do not fit in 64 bits.
    Big(Box<str>),
}

impl Natural {
    pub const ZERO: Self = Self::Small(0);

    /// Reads ASCII digits; anything else, also nothing, is no number.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(match text.parse() {
            Ok(small) => Self::Small(small),
            Err(_) => Self::Big(text.trim_start_matches('0').into()),
        })
    }

    /// The number one higher.
    pub fn next(&self) -> Self {
        let digits = match self {
            Self::Small(small) => match small.checked_add(1) {
                Some(next) => return Self::Small(next),
                None => small.to_string(),
            },
            Self::Big(digits) => digits.to_string(),
        };
        let kept = digits.trim_end_matches('9');
        let nines = digits.len() - kept.len();
        let head = match kept.as_bytes().split_last() {
            Some((last, head)) => format!("{}{}", String::from_utf8_lossy(head), last - b'0' + 1),
            None => "1".to_owned(),
        };
        Self::Big(format!("{head}{}", "0".repeat(nines)).into())
    }
}

impl std::fmt::Display for Natural {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Small(small) => small.fmt(f),
            Self::Big(digits) => f.write_str(digits),
        }
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(a), Self::Small(b)) => a.cmp(b),
            (Self::Small(_), Self::Big(_)) => Ordering::Less,
            (Self::Big(_), Self::Small(_)) => Ordering::Greater,
            (Self::Big(a), Self::Big(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        }
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares two lists as if the shorter ended in zeros.
pub(crate) fn padded(a: &[Natural], b: &[Natural]) -> Ordering {
    let at = |list: &[Natural], index: usize| list.get(index).cloned().unwrap_or(Natural::ZERO);
    (0..a.len().max(b.len()))
        .map(|index| at(a, index).cmp(&at(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Splits off the leading characters that fit.
pub(crate) fn span(text: &str, fits: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !fits(byte)).unwrap_or(text.len());
    // The end may lie inside a character of several bytes only if `fits` takes a part of one: then the whole text is taken.
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::Natural;

    #[test]
    fn grows_past_every_width() {
        let big = |text| Natural::parse(text).unwrap();
        assert_eq!(big("0009"), Natural::Small(9));
        assert_eq!(Natural::Small(u64::MAX).next(), big("18446744073709551616"));
        assert_eq!(big("99999999999999999999").next(), big("100000000000000000000"));
        assert!(big("0018446744073709551616") > big("18446744073709551615"));
        assert!(Natural::parse("").is_none() && Natural::parse("1a").is_none());
    }
}
