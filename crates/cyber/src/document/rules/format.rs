//! Formats of strings that rule tables name: dates, addresses, identifiers. Each function says only whether the text has the form.

use super::super::licence;

/// Whether the text has the format. A name that is no format here holds nothing (a test asks for each that a table names).
pub(super) fn holds(format: &str, text: &str) -> bool {
    match format {
        "" | "string" | "normalizedString" | "token" => true,
        "date-time" => date_time(text),
        "date" => date(text),
        "email" | "idn-email" => email(text),
        "uri" => uri(text),
        "iri-reference" | "anyURI" => reference(text),
        "iri" => text.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty()) && reference(text),
        "uuid" => uuid(text),
        "spdx-id" => licence::listed(text),
        "boolean" => matches!(text, "true" | "false" | "0" | "1"),
        "integer" => whole(text).is_some(),
        "positiveInteger" => whole(text).is_some_and(|negative| !negative) && !zero(text),
        "nonNegativeInteger" => whole(text).is_some_and(|negative| !negative || zero(text)),
        "decimal" => decimal(text),
        "dateTime" => xsd_date_time(text),
        "xsd-date" => date(text.trim_end_matches('Z')),
        _ => false,
    }
}

/// Whether a table may name the format.
#[cfg(test)]
pub(super) fn known(format: &str) -> bool {
    let examples = [
        "2026-03-31",
        "2026-03-31T09:00:00Z",
        "a@b",
        "a:b",
        "7",
        "true",
        "MIT",
        "00000000-0000-0000-0000-000000000000",
    ];
    examples.iter().any(|example| holds(format, example))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// `2024-02-29`.
pub(crate) fn date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// RFC 3339, with a time zone.
pub(crate) fn date_time(text: &str) -> bool {
    let Some((day, time)) = text.split_once(['T', 't']) else {
        return false;
    };
    let Some(zone) = time.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    date(day) && clock(&time[..zone], true) && offset(&time[zone..])
}

/// As XML Schema has it: the zone may be missing, midnight may be 24:00:00.
fn xsd_date_time(text: &str) -> bool {
    let Some((day, time)) = text.split_once('T') else {
        return false;
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let clock_fits = clock(&time[..zone], false)
        || time[..zone].trim_end_matches(['0', '.']) == "24:00:"
        || &time[..zone] == "24:00:00";
    date(day) && clock_fits && (zone == time.len() || offset(&time[zone..]))
}

fn clock(text: &str, leap: bool) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let fraction_fits =
        fraction.is_none_or(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let mut parts = whole.splitn(3, ':').map(|part| digits(part, 2));
    let (Some(Some(hour)), Some(Some(minute)), Some(Some(second))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let last = if leap { 60 } else { 59 };
    fraction_fits && hour <= 23 && minute <= 59 && second <= last
}

fn offset(text: &str) -> bool {
    if matches!(text, "Z" | "z") {
        return true;
    }
    let Some((hour, minute)) = text[1..].split_once(':') else {
        return false;
    };
    digits(hour, 2).is_some_and(|hour| hour <= 23) && digits(minute, 2).is_some_and(|m| m <= 59)
}

fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    !local.is_empty()
        && !domain.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && local.chars().all(|c| plain(c) && !"()<>[]:;,\\\"".contains(c))
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// A reference of RFC 3987: no blanks, no characters that stand for nothing, percent signs with two digits.
fn reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let escapes = bytes.iter().enumerate().all(|(at, byte)| {
        *byte != b'%'
            || bytes
                .get(at + 1..at + 3)
                .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
    });
    escapes
        && text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"<>\"{}|\\^`".contains(c))
        && text.matches('#').count() <= 1
}

/// An absolute address of RFC 3986: ASCII, with a scheme.
pub(crate) fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let authority_fits = rest.strip_prefix("//").is_none_or(|rest| {
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        host.starts_with('[')
            || host.split_once(':').map_or(!host.contains('['), |(host, port)| {
                !host.contains('[') && port.bytes().all(|b| b.is_ascii_digit())
            })
    });
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && text.is_ascii()
        && reference(text)
        && authority_fits
}

fn uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a whole number is written with a minus sign; nothing if it is no whole number.
fn whole(text: &str) -> Option<bool> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(negative)
}

fn zero(text: &str) -> bool {
    text.trim_start_matches(['-', '+']).bytes().all(|b| b == b'0')
}

fn decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    (whole.len() + fraction.len() > 0) && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
}
