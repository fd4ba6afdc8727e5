//! Tests against lists that others keep: weaknesses (CWE) by version, and registered systems of vulnerability identifiers. The lists
//! are as of the day the tables were made; what is newer is not known here and is said to be so.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::super::json::Json;
use super::{Advisory, Edition, Sink, fnv, moment};

/// What CWE says of one weakness from one version on.
#[derive(Clone, Copy)]
struct Entry {
    since: usize,
    name: u32,
    /// a, r, d, p or -; x where the weakness is not there.
    usage: char,
    deprecated: bool,
}

#[derive(Default)]
struct Weaknesses {
    /// Versions with their day, oldest first.
    versions: Vec<(&'static str, &'static str)>,
    entries: HashMap<u32, Vec<Entry>>,
}

static CWE: LazyLock<Weaknesses> = LazyLock::new(|| {
    let mut all = Weaknesses::default();
    for line in include_str!("cwe.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default();
        if first == "version" {
            all.versions
                .push((words.next().unwrap_or_default(), words.next().unwrap_or_default()));
            continue;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for word in words {
            let Some((since, rest)) = word.split_once(':') else {
                continue;
            };
            let deprecated = rest.ends_with('!');
            let rest = rest.trim_end_matches('!');
            let (hash, usage) = rest.split_at(rest.len().saturating_sub(1));
            let before = entries.last().map_or(0, |entry| entry.name);
            entries.push(Entry {
                since: since.parse().unwrap_or_default(),
                name: u32::from_str_radix(hash, 16).unwrap_or(before),
                usage: usage.chars().next().unwrap_or('x'),
                deprecated,
            });
        }
        all.entries.insert(first.parse().unwrap_or_default(), entries);
    }
    all
});

impl Weaknesses {
    fn index(&self, version: &str) -> Option<usize> {
        self.versions.iter().position(|(known, _)| *known == version)
    }

    /// What a version says of a weakness.
    fn find(&self, id: &str, version: usize) -> Option<Entry> {
        let number: u32 = id.strip_prefix("CWE-")?.parse().ok()?;
        let entries = self.entries.get(&number)?;
        let entry = entries.iter().rev().find(|entry| entry.since <= version)?;
        (entry.usage != 'x').then_some(*entry)
    }
}

/// Each weakness that a document names, with its path.
fn weaknesses<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j Json)> {
    let mut found = Vec::new();
    for vulnerability in advisory.vulnerabilities() {
        if let Some(cwe) = vulnerability.json.get("cwe") {
            found.push((format!("{}/cwe", vulnerability.path), cwe));
        }
        found.extend(vulnerability.json.items_at(&vulnerability.path, "cwes"));
    }
    found
}

/// What the named version says of the weakness.
fn entry(cwe: &Json) -> Option<Entry> {
    let version = CWE.index(cwe.text_at("version")?)?;
    CWE.find(cwe.text_at("id")?, version)
}

/// 6.1.11. A document of 2.0 names no version: the name must be one that the weakness has had.
pub(super) fn weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, cwe) in weaknesses(advisory) {
        let (Some(id), Some(name)) = (cwe.text_at("id"), cwe.text_at("name")) else {
            continue;
        };
        let name = fnv(name);
        let right = match advisory.edition {
            Edition::V20 => (0..CWE.versions.len())
                .any(|version| CWE.find(id, version).is_some_and(|entry| entry.name == name)),
            Edition::V21 => entry(cwe).is_some_and(|entry| entry.name == name),
        };
        if !right {
            sink.say(
                path,
                format!("{id} の番号・名前・CWE の版が合いません（分類や閲覧用の項目は使えません）。"),
                format!("{id}, its name and the version of CWE do not agree (categories and views may not be used)"),
            );
        }
    }
}

fn each(advisory: &Advisory<'_>, sink: &mut Sink<'_>, picks: impl Fn(&Entry) -> bool, ja: &str, en: &str) {
    for (path, cwe) in weaknesses(advisory) {
        let id = cwe.text_at("id").unwrap_or_default();
        if entry(cwe).is_some_and(|entry| picks(&entry)) {
            sink.say(path, format!("{id} は{ja}。"), format!("{id} {en}"));
        }
    }
}

/// 6.2.23
pub(super) fn deprecated_weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    each(
        advisory,
        sink,
        |entry| entry.deprecated,
        "この版で廃止されています",
        "is deprecated in this version",
    );
}

/// 6.2.25
pub(super) fn forbidden_weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |entry: &Entry| matches!(entry.usage, 'd' | 'p');
    each(
        advisory,
        sink,
        picks,
        "脆弱性の分類に使わないこととされています",
        "is not to be used for mapping vulnerabilities",
    );
}

/// 6.2.26
pub(super) fn reviewed_weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |entry: &Entry| entry.usage == 'r';
    each(
        advisory,
        sink,
        picks,
        "よく確認したうえで使うこととされています",
        "may be used for mapping only after review",
    );
}

/// 6.2.24
pub(super) fn old_weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let history = advisory.tracking.at("revision_history").items().iter();
    let Some(last) = history
        .filter_map(|item| item.text_at("date").and_then(moment))
        .max()
    else {
        return;
    };
    let last = last.to_string();
    let day = last.get(..10).unwrap_or_default();
    let latest = CWE
        .versions
        .iter()
        .filter(|(_, released)| *released <= day)
        .max_by_key(|(_, released)| *released);
    let Some((latest, _)) = latest else {
        return;
    };
    for (path, cwe) in weaknesses(advisory) {
        if cwe.text_at("version").is_some_and(|version| version != *latest) {
            sink.say(
                format!("{path}/version"),
                format!("最後の改訂の時点で最新の CWE は {latest} でした。"),
                format!("at the last revision the latest version of CWE was {latest}"),
            );
        }
    }
}

/// 6.3.4
pub(super) fn no_weakness(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        if vulnerability.json.get("cwe").is_none() && vulnerability.json.get("cwes").is_none() {
            sink.say(
                vulnerability.path,
                "弱点の種類（CWE）がありません。",
                "there is no CWE",
            );
        }
    }
}

/// Registered systems of identifiers and the form of theirs.
static SYSTEMS: LazyLock<Vec<(&str, Option<Regex>)>> = LazyLock::new(|| {
    [
        ("https://github.com/oasis-tcs/csaf", "^#[1-9][0-9]*$"),
        ("https://euvd.enisa.europa.eu", "^EUVD-[1-9][0-9]{3}-[0-9]{4,}$"),
    ]
    .map(|(name, pattern)| (name, Regex::new(pattern).ok()))
    .into()
});

fn ids<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j str, &'j str)> {
    let mut found = Vec::new();
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability.json.items_at(&vulnerability.path, "ids") {
            if let (Some(system), Some(text)) = (item.text_at("system_name"), item.text_at("text")) {
                found.push((path, system, text));
            }
        }
    }
    found
}

/// 6.2.53
pub(super) fn id_text(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, system, text) in ids(advisory) {
        let known = SYSTEMS.iter().find(|(name, _)| *name == system);
        let form = known.and_then(|(_, form)| form.as_ref());
        if form.is_some_and(|form| !form.is_match(text)) {
            sink.say(
                format!("{path}/text"),
                format!("「{text}」は {system} の識別子の書き方ではありません。"),
                format!("`{text}` does not have the form of identifiers of {system}"),
            );
        }
    }
}

/// 6.3.20
pub(super) fn id_system(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, system, _) in ids(advisory) {
        if !SYSTEMS.iter().any(|(name, _)| *name == system) {
            sink.say(
                format!("{path}/system_name"),
                format!("「{system}」は登録された識別子の体系ではありません。"),
                format!("`{system}` is no registered system of identifiers"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert!(CWE.entries.len() > 900 && CWE.versions.len() > 50);
        let latest = CWE.versions.len() - 1;
        let entry = CWE.find("CWE-79", latest).unwrap();
        let name = "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')";
        assert_eq!(entry.name, fnv(name));
        assert!(SYSTEMS.iter().all(|(_, form)| form.is_some()));
    }
}
