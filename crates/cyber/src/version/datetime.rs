//! Instants of RFC 3339 as `vers:datetime` has them: upper-case `T` and `Z`, ordered by the instant.

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Datetime {
    second: jiff::Timestamp,
    /// Digits of the second's fraction without trailing zeros.
    fraction: Box<str>,
}

impl Datetime {
    pub fn parse(text: &str) -> Option<Self> {
        let (local, rest) = text.split_at_checked(19)?;
        let shape = local.bytes().zip("dddd-dd-ddTdd:dd:dd".bytes());
        let fits = shape.clone().all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            mark => byte == mark,
        });
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                (digits > 0).then(|| rest.split_at(digits))?
            }
            None => ("", rest),
        };
        let offset = zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':';
        if !fits || !(offset || zone == "Z") {
            return None;
        }
        Some(Self {
            second: format!("{local}{zone}").parse().ok()?,
            fraction: fraction.trim_end_matches('0').into(),
        })
    }
}
