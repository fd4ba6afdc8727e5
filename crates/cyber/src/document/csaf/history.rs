//! Tests of versions and times: the revision history in its order, and no date after the document's own.

use std::cmp::Ordering;

use jiff::{Timestamp, ToSpan};

use super::super::json::Json;
use super::super::rules::format;
use super::{Advisory, Sink, moment};
use crate::version::sort_by;

/// A document's version: an integer, or by semantic versioning.
#[derive(Debug, Clone)]
struct Number<'j> {
    parts: [u64; 3],
    pre: Option<&'j str>,
    build: Option<&'j str>,
    integer: bool,
}

impl<'j> Number<'j> {
    fn parse(text: &'j str) -> Option<Self> {
        let (rest, build) = text
            .split_once('+')
            .map_or((text, None), |(rest, build)| (rest, Some(build)));
        let (rest, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(rest, pre)| (rest, Some(pre)));
        let parts: Option<Vec<u64>> = rest.split('.').map(|part| part.parse().ok()).collect();
        match parts?.as_slice() {
            [major] => Some(Self {
                parts: [*major, 0, 0],
                pre,
                build,
                integer: true,
            }),
            [major, minor, patch] => Some(Self {
                parts: [*major, *minor, *patch],
                pre,
                build,
                integer: false,
            }),
            _ => None,
        }
    }

    fn compare(&self, other: &Self, with_pre: bool) -> Ordering {
        self.parts
            .cmp(&other.parts)
            .then_with(|| match (self.pre, other.pre) {
                _ if !with_pre => Ordering::Equal,
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => compare_pre(a, b),
            })
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

struct Revision<'j> {
    path: String,
    date: Option<Timestamp>,
    text: &'j str,
    number: Number<'j>,
}

/// Revisions that can be read, as written.
fn revisions<'j>(advisory: &Advisory<'j>) -> Vec<Revision<'j>> {
    let items = advisory
        .tracking
        .items_at("/document/tracking", "revision_history");
    items
        .filter_map(|(path, item)| {
            let text = item.text_at("number")?;
            Some(Revision {
                path,
                date: item.text_at("date").and_then(moment),
                text,
                number: Number::parse(text)?,
            })
        })
        .collect()
}

/// Revisions by date, then by number.
fn by_date<'j>(advisory: &Advisory<'j>) -> Vec<Revision<'j>> {
    let mut revisions = revisions(advisory);
    sort_by(&mut revisions, |a, b| {
        a.date
            .cmp(&b.date)
            .then_with(|| a.number.compare(&b.number, true))
    });
    revisions
}

fn newest(advisory: &Advisory<'_>) -> Option<Timestamp> {
    revisions(advisory)
        .iter()
        .filter_map(|revision| revision.date)
        .max()
}

fn version<'j>(advisory: &Advisory<'j>) -> Option<Number<'j>> {
    advisory.tracking.text_at("version").and_then(Number::parse)
}

const HISTORY: &str = "/document/tracking/revision_history";
const VERSION: &str = "/document/tracking/version";

/// 6.1.14
pub(super) fn sorted(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let revisions = by_date(advisory);
    let wrong = revisions
        .windows(2)
        .find(|pair| pair[0].number.compare(&pair[1].number, true) == Ordering::Greater);
    if let Some(pair) = wrong {
        sink.say(
            HISTORY,
            format!(
                "日付の順に並べると、番号 {} が {} より前に来ます。",
                pair[0].text, pair[1].text
            ),
            format!(
                "sorted by date, number {} comes before {}",
                pair[0].text, pair[1].text
            ),
        );
    }
}

/// 6.1.16
pub(super) fn latest(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let revisions = by_date(advisory);
    let (Some(version), Some(last)) = (version(advisory), revisions.last()) else {
        return;
    };
    let with_pre = advisory.status() != "draft";
    let same_form = version.integer == last.number.integer;
    if !same_form || version.compare(&last.number, with_pre) != Ordering::Equal {
        sink.say(
            VERSION,
            format!("文書の版が、最後の改訂の番号 {} と違います。", last.text),
            format!(
                "the document version differs from the last revision's number {}",
                last.text
            ),
        );
    }
}

/// 6.1.17
pub(super) fn draft(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let early = version(advisory).is_some_and(|version| version.parts[0] == 0 || version.pre.is_some());
    if early && advisory.status() != "draft" {
        sink.say(
            "/document/tracking/status",
            "版が 0 または試験版のときは、status を draft にしてください。",
            "with a version of 0 or a pre-release the status must be draft",
        );
    }
}

/// 6.1.18
pub(super) fn released(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if !advisory.is_released() {
        return;
    }
    for revision in revisions(advisory)
        .iter()
        .filter(|revision| revision.number.parts[0] == 0)
    {
        sink.say(
            format!("{}/number", revision.path),
            "公開された文書の改訂履歴に番号 0 は残せません。",
            "a released document's history must not keep a number of 0",
        );
    }
}

/// 6.1.19
pub(super) fn pre_release(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for revision in revisions(advisory)
        .iter()
        .filter(|revision| revision.number.pre.is_some())
    {
        sink.say(
            format!("{}/number", revision.path),
            "改訂履歴の番号に試験版の印（-…）は付けられません。",
            "a number in the history must not have a pre-release part",
        );
    }
}

/// 6.1.20
pub(super) fn non_draft(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_released() && version(advisory).is_some_and(|version| version.pre.is_some()) {
        sink.say(
            VERSION,
            "公開された文書の版に試験版の印（-…）は付けられません。",
            "a released document's version must not have a pre-release part",
        );
    }
}

/// 6.1.21
pub(super) fn gap(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let revisions = by_date(advisory);
    let present = |major: u64| revisions.iter().any(|revision| revision.number.parts[0] == major);
    let mut before: Option<u64> = None;
    for revision in &revisions {
        let major = revision.number.parts[0];
        let missing = match before {
            None if major > 1 => Some(1),
            Some(before) if major > before.saturating_add(1) => Some(before + 1),
            _ => None,
        };
        if let Some(missing) = missing {
            let (ja, en) = if present(missing) {
                (
                    "日付の順では抜けています（後ろの日付にあります）",
                    "missing in the order of dates (it has a later date)",
                )
            } else {
                ("改訂履歴にありません", "not in the revision history at all")
            };
            sink.say(
                HISTORY,
                format!("番号 {missing} が{ja}。"),
                format!("number {missing} is {en}"),
            );
        }
        before = Some(major);
    }
}

/// 6.1.22
pub(super) fn repeated(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen = std::collections::HashSet::new();
    for revision in revisions(advisory) {
        if !seen.insert(revision.text) {
            sink.say(
                format!("{}/number", revision.path),
                format!("番号 {} が二度使われています。", revision.text),
                format!("number {} is used twice", revision.text),
            );
        }
    }
}

/// 6.1.30
pub(super) fn mixed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut forms = revisions(advisory)
        .into_iter()
        .map(|revision| revision.number.integer)
        .chain(version(advisory).map(|version| version.integer));
    if let Some(first) = forms.next()
        && forms.any(|integer| integer != first)
    {
        sink.say(
            VERSION,
            "整数の番号と x.y.z の番号が混ざっています。どちらかにそろえてください。",
            "integer and semantic versioning are mixed: use one of them",
        );
    }
}

/// 6.2.4
pub(super) fn build(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for revision in revisions(advisory)
        .iter()
        .filter(|revision| revision.number.build.is_some())
    {
        sink.say(
            format!("{}/number", revision.path),
            "改訂履歴の番号に「+…」は付けないでください。",
            "a number in the history should not have build metadata",
        );
    }
}

/// 6.2.5
pub(super) fn initial(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let oldest = revisions(advisory)
        .iter()
        .filter_map(|revision| revision.date)
        .min();
    let stated = advisory.tracking.text_at("initial_release_date").and_then(moment);
    if let (Some(oldest), Some(stated)) = (oldest, stated)
        && stated < oldest
    {
        sink.say(
            "/document/tracking/initial_release_date",
            "最初の公開日が、改訂履歴の最初の日付より前です。",
            "the initial release is older than the oldest revision",
        );
    }
}

/// 6.2.6
pub(super) fn current(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let stated = advisory.tracking.text_at("current_release_date").and_then(moment);
    if let (Some(newest), Some(stated)) = (newest(advisory), stated)
        && stated < newest
    {
        sink.say(
            "/document/tracking/current_release_date",
            "現在の公開日が、改訂履歴の最後の日付より前です。",
            "the current release is older than the newest revision",
        );
    }
}

/// 6.2.21
pub(super) fn same_time(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen = std::collections::HashSet::new();
    for revision in revisions(advisory) {
        if let Some(date) = revision.date
            && !seen.insert(date)
        {
            sink.say(
                format!("{}/date", revision.path),
                "同じ日時の改訂が二つあります。",
                "two revisions have the same time",
            );
        }
    }
}

/// Each date of the document that has a place in it, with the path.
fn dates<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j str)> {
    let mut found = Vec::new();
    let mut take = |path: String, item: &'j Json, name: &str| {
        found.extend(item.text_at(name).map(|text| (format!("{path}/{name}"), text)));
    };
    let at = "/document/tracking";
    take(at.into(), advisory.tracking, "current_release_date");
    take(at.into(), advisory.tracking, "initial_release_date");
    take(
        format!("{at}/generator"),
        advisory.tracking.at("generator"),
        "date",
    );
    for (path, item) in advisory.tracking.items_at(at, "revision_history") {
        take(path, item, "date");
    }
    for vulnerability in advisory.vulnerabilities() {
        let path = &vulnerability.path;
        take(path.clone(), vulnerability.json, "disclosure_date");
        take(path.clone(), vulnerability.json, "discovery_date");
        for list in [
            "flags",
            "involvements",
            "remediations",
            "threats",
            "first_known_exploitation_dates",
        ] {
            for (path, item) in vulnerability.json.items_at(path, list) {
                take(path.clone(), item, "date");
                take(path, item, "exploitation_date");
            }
        }
        for metric in advisory.metrics(&vulnerability) {
            for name in ["epss", "ssvc_v2"] {
                take(
                    format!("{}/{name}", metric.at),
                    metric.content.at(name),
                    "timestamp",
                );
            }
        }
    }
    found
}

/// 6.1.37
pub(super) fn date_times(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, text) in dates(advisory) {
        let leap = text.get(17..19) == Some("60");
        let upper = text.contains('T') && !text.contains(['t', 'z']);
        if !format::date_time(text) || leap || !upper {
            sink.say(
                path,
                format!("「{text}」は日時の書き方ではありません（例：2026-03-31T09:00:00+09:00）。"),
                format!("`{text}` is not a date and time such as 2026-03-31T09:00:00+09:00"),
            );
        }
    }
}

/// Says of each such date that is later than the newest revision.
fn later(advisory: &Advisory<'_>, sink: &mut Sink<'_>, ends: &[&str], limit: impl Fn(Timestamp) -> bool) {
    let Some(newest) = newest(advisory) else {
        return;
    };
    for (path, text) in dates(advisory) {
        let late = moment(text).is_some_and(|date| date > newest && limit(date));
        if late && ends.iter().any(|end| path.ends_with(end)) {
            sink.say(
                path,
                "最後の改訂の日付より後の日付です。",
                "is later than the newest revision",
            );
        }
    }
}

/// 6.1.45
pub(super) fn disclosure(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_clear() && advisory.is_released() {
        later(advisory, sink, &["/disclosure_date"], |_| true);
    }
}

/// 6.1.49
pub(super) fn ssvc(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_released() {
        later(advisory, sink, &["/ssvc_v2/timestamp"], |_| true);
    }
}

/// 6.1.51
pub(super) fn epss(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_released() {
        later(advisory, sink, &["/epss/timestamp"], |_| true);
    }
}

/// 6.1.52
pub(super) fn exploitation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if !advisory.is_released() {
        return;
    }
    let Some(newest) = newest(advisory) else {
        return;
    };
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability
            .json
            .items_at(&vulnerability.path, "first_known_exploitation_dates")
        {
            for name in ["date", "exploitation_date"] {
                if item
                    .text_at(name)
                    .and_then(moment)
                    .is_some_and(|date| date > newest)
                {
                    sink.say(
                        format!("{path}/{name}"),
                        "最後の改訂の日付より後の日付です。",
                        "is later than the newest revision",
                    );
                }
            }
        }
    }
}

/// 6.1.53
pub(super) fn exploitation_order(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability
            .json
            .items_at(&vulnerability.path, "first_known_exploitation_dates")
        {
            let date = |name| item.text_at(name).and_then(moment);
            if let (Some(known), Some(exploited)) = (date("date"), date("exploitation_date"))
                && exploited > known
            {
                sink.say(
                    format!("{path}/exploitation_date"),
                    "悪用の日付が、それを知った日付（date）より後です。",
                    "the exploitation is later than the date at which it was known",
                );
            }
        }
    }
}

/// 6.2.33
pub(super) fn disclosure_past(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    later(advisory, sink, &["/disclosure_date"], |date| date <= advisory.now);
}

/// 6.2.41
pub(super) fn old_epss(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(newest) = newest(advisory).filter(|_| advisory.is_released()) else {
        return;
    };
    let Ok(oldest) = newest.checked_sub((15 * 24).hours()) else {
        return;
    };
    for vulnerability in advisory.vulnerabilities() {
        let metrics = advisory.metrics(&vulnerability).into_iter();
        let stated = metrics.filter_map(|metric| {
            let time = metric
                .content
                .path(&["epss", "timestamp"])
                .text()
                .and_then(moment)?;
            Some((time, format!("{}/epss/timestamp", metric.at)))
        });
        if let Some((date, path)) = stated.max()
            && date < oldest
        {
            sink.say(
                path,
                "EPSS の値が、最後の改訂より 15 日以上前のものです。",
                "the EPSS value is more than 15 days older than the newest revision",
            );
        }
    }
}
