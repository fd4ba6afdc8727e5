//! Tests of single members: identifiers used twice, references, distribution, the order of names, and members that nobody knows.

use std::collections::HashSet;

use super::super::json::{Json, step};
use super::super::rules::object;
use super::{Advisory, Sink, moment};
use crate::alias::is_cve;

/// 6.1.23
pub(super) fn repeated_cve(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for vulnerability in advisory.vulnerabilities() {
        if let Some(cve) = vulnerability.json.text_at("cve")
            && !seen.insert(cve)
        {
            sink.say(
                format!("{}/cve", vulnerability.path),
                format!("{cve} が二つの脆弱性に使われています。"),
                format!("{cve} is used for two vulnerabilities"),
            );
        }
    }
}

/// 6.1.24
pub(super) fn repeated_involvement(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let mut seen = HashSet::new();
        for (path, item) in vulnerability.json.items_at(&vulnerability.path, "involvements") {
            let date = item.text_at("date").and_then(moment);
            if !seen.insert((item.text_at("party"), date)) {
                sink.say(
                    path,
                    "同じ関係者が同じ日時に二度書かれています。",
                    "the same party stands twice at one date",
                );
            }
        }
    }
}

/// 6.2.7
pub(super) fn involvement_date(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability.json.items_at(&vulnerability.path, "involvements") {
            if item.get("date").is_none() {
                sink.say(
                    path,
                    "関係者の行動の日付（date）がありません。",
                    "the involvement has no date",
                );
            }
        }
    }
}

/// 6.3.3
pub(super) fn no_cve(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        if vulnerability.json.get("cve").is_none() {
            sink.say(
                vulnerability.path,
                "CVE 番号がありません。採番を申し込むことを検討してください。",
                "there is no CVE: consider having one assigned",
            );
        }
    }
}

/// 6.2.17
pub(super) fn cve_in_ids(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability.json.items_at(&vulnerability.path, "ids") {
            if item.text_at("text").is_some_and(is_cve) {
                sink.say(
                    path,
                    "CVE 番号は ids ではなく cve に書いてください。",
                    "a CVE belongs into `cve`, not into `ids`",
                );
            }
        }
    }
}

const LABEL: &str = "/document/distribution/tlp/label";
const GROUP: &str = "/document/distribution/sharing_group";
const MAX: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn group<'j>(advisory: &Advisory<'j>) -> &'j Json {
    advisory.document.path(&["distribution", "sharing_group"])
}

/// 6.2.10
pub(super) fn tlp(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory
        .document
        .path(&["distribution", "tlp", "label"])
        .text()
        .is_none()
    {
        sink.say(LABEL, "TLP の区分がありません。", "there is no TLP label");
    }
}

/// 6.1.38
pub(super) fn max_uuid(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if group(advisory).text_at("id") == Some(MAX) && !advisory.is_clear() {
        sink.say(
            LABEL,
            "共有グループに最大の UUID を使えるのは TLP:CLEAR の文書だけです。",
            "the Max UUID may be used with TLP:CLEAR only",
        );
    }
}

/// 6.1.39
pub(super) fn public_group(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(id) = group(advisory).text_at("id").filter(|_| advisory.is_clear()) else {
        return;
    };
    let draft = id == NIL && advisory.status() == "draft";
    if id != MAX && !draft {
        sink.say(
            format!("{GROUP}/id"),
            "TLP:CLEAR の文書の共有グループは、最大の UUID にしてください。",
            "the sharing group of a TLP:CLEAR document must be the Max UUID",
        );
    }
}

const RESERVED: [(&str, &str); 2] = [(MAX, "Public"), (NIL, "No sharing allowed")];

/// 6.1.40
pub(super) fn group_name(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let group = group(advisory);
    for (id, name) in RESERVED {
        if group.text_at("name") == Some(name) && group.text_at("id") != Some(id) {
            sink.say(
                format!("{GROUP}/name"),
                format!("「{name}」は id が {id} のときだけ使えます。"),
                format!("`{name}` is reserved for the ID {id}"),
            );
        }
    }
}

/// 6.1.41
pub(super) fn missing_group_name(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let group = group(advisory);
    for (id, name) in RESERVED {
        if group.text_at("id") == Some(id) && group.text_at("name") != Some(name) {
            sink.say(
                format!("{GROUP}/name"),
                format!("この id のときの名前は「{name}」です。"),
                format!("the name for this ID must be `{name}`"),
            );
        }
    }
}

fn uses(advisory: &Advisory<'_>, sink: &mut Sink<'_>, id: &str) {
    if group(advisory).text_at("id") == Some(id) {
        sink.say(
            format!("{GROUP}/id"),
            "技術的な理由がないかぎり、この UUID は使わないでください。",
            "do not use this UUID without a technical reason",
        );
    }
}

/// 6.2.28
pub(super) fn uses_max_uuid(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    uses(advisory, sink, MAX);
}

/// 6.2.29
pub(super) fn uses_nil_uuid(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    uses(advisory, sink, NIL);
}

/// 6.2.30
pub(super) fn group_on_clear(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_clear() && !group(advisory).is_null() {
        sink.say(
            GROUP,
            "TLP:CLEAR の文書に共有グループは要りません。",
            "a TLP:CLEAR document needs no sharing group",
        );
    }
}

/// Whether an address is one under which this document may be found: https, ending in the file name that its identifier gives.
pub(super) fn is_canonical(advisory: &Advisory<'_>, url: &str) -> bool {
    let id = advisory.tracking.text_at("id").unwrap_or_default().to_lowercase();
    let mut name = String::new();
    for character in id.chars() {
        if character.is_ascii_lowercase() || character.is_ascii_digit() || "+-".contains(character) {
            name.push(character);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    url.starts_with("https://") && url.ends_with(&format!("/{name}.json"))
}

/// 6.2.11
pub(super) fn canonical(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let references = advisory.document.at("references").items();
    let found = references.iter().any(|item| {
        item.text_at("category") == Some("self")
            && item.text_at("url").is_some_and(|url| is_canonical(advisory, url))
    });
    if !found {
        sink.say(
            "/document/references",
            "文書自身の URL（category が self、https、決められたファイル名）がありません。",
            "there is no canonical URL: category self, https, and the file name that the ID gives",
        );
    }
}

/// 6.2.13
pub(super) fn sorting(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    fn unsorted<'j>(json: &'j Json, path: &str) -> Option<(String, &'j str)> {
        let members = json.members();
        if let Some(pair) = members.windows(2).find(|pair| pair[0].0 > pair[1].0) {
            return Some((step(path, &pair[1].0), &pair[1].0));
        }
        let inner = members
            .iter()
            .find_map(|(name, value)| unsorted(value, &step(path, name)));
        let mut items = json.items().iter().enumerate();
        inner.or_else(|| items.find_map(|(index, item)| unsorted(item, &format!("{path}/{index}"))))
    }
    if let Some((path, name)) = unsorted(advisory.json, "") {
        sink.say(
            path,
            format!("項目「{name}」がアルファベット順の位置にありません。"),
            format!("the key `{name}` is not in alphabetical order"),
        );
    }
}

/// 6.2.20
pub(super) fn additional(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = advisory.edition.rules() else {
        return;
    };
    let mut say = |root: &str, json: &Json, path: &str| {
        for finding in object::unknown_members(rules, root, json, path, sink.most) {
            sink.say(finding.path, finding.ja, finding.en);
        }
    };
    say("csaf", advisory.json, "");
    for vulnerability in advisory.vulnerabilities() {
        for metric in advisory.metrics(&vulnerability) {
            for name in ["cvss_v2", "cvss_v3", "cvss_v4", "ssvc_v2"] {
                if let Some(object) = metric.content.get(name) {
                    let root = if name == "ssvc_v2" {
                        "ssvc".to_owned()
                    } else {
                        name.replace('_', "-")
                    };
                    say(&root, object, &format!("{}/{name}", metric.at));
                }
            }
        }
    }
}

/// 6.2.22
pub(super) fn id_in_title(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let id = advisory.tracking.text_at("id").filter(|id| !id.is_empty());
    if let (Some(id), Some(title)) = (id, advisory.document.text_at("title"))
        && title.contains(id)
    {
        sink.say(
            "/document/title",
            "題名に文書の番号を入れないでください。",
            "the title should not contain the tracking ID",
        );
    }
}

/// Whether an address cannot lead anywhere, whatever a network says: its host is under a name kept for that, or is none.
fn is_dead(url: &str) -> bool {
    const NEVER: [&str; 4] = ["invalid", "test", "example", "localhost"];
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    matches!(scheme, "http" | "https") && (host.is_empty() || NEVER.contains(&last))
}

fn links<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j str, bool)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), advisory.json)];
    while let Some((path, json)) = open.pop() {
        for (name, value) in json.members() {
            let place = step(&path, name);
            let is_link = matches!(name.as_str(), "url" | "namespace")
                || path.ends_with("/urls")
                || path.ends_with("/sbom_urls");
            if let Some(text) = value.text().filter(|_| is_link) {
                found.push((
                    place.clone(),
                    text,
                    json.text_at("category") == Some("self") && path.contains("/references/"),
                ));
            }
            for (index, item) in value.items().iter().enumerate() {
                let place = format!("{place}/{index}");
                if let Some(text) = item
                    .text()
                    .filter(|_| matches!(name.as_str(), "urls" | "sbom_urls"))
                {
                    found.push((place.clone(), text, false));
                }
                open.push((place, item));
            }
            open.push((place, value));
        }
    }
    found.sort();
    found
}

fn dead(advisory: &Advisory<'_>, sink: &mut Sink<'_>, own: bool) {
    for (path, url, _) in links(advisory)
        .into_iter()
        .filter(|(_, url, is_own)| *is_own == own && is_dead(url))
    {
        sink.say(
            path,
            format!("「{url}」にはどこからもつながりません。"),
            format!("`{url}` leads nowhere"),
        );
    }
}

/// 6.3.6, without a network: addresses that cannot resolve anywhere.
pub(super) fn dead_links(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    dead(advisory, sink, false);
}

/// 6.3.7, without a network: addresses that cannot resolve anywhere.
pub(super) fn dead_self_links(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    dead(advisory, sink, true);
}
