//! Tests of SSVC: decisions by the registered decision points, their values and namespaces.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::json::Json;
use super::super::rules::object;
use super::{Advisory, Sink, moment};

/// A decision point as its namespace defines it.
struct Point {
    namespace: &'static str,
    key: &'static str,
    version: &'static str,
    day: &'static str,
    name: &'static str,
    /// Keys of the values with their names, in order.
    values: Vec<(&'static str, &'static str)>,
}

static POINTS: LazyLock<Vec<Point>> = LazyLock::new(|| {
    let lines = include_str!("ssvc.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some(Point {
                namespace: cells.next()?,
                key: cells.next()?,
                version: cells.next()?,
                day: cells.next()?,
                name: cells.next()?,
                values: cells.filter_map(|cell| cell.split_once('=')).collect(),
            })
        })
        .collect()
});

/// Registered names before any fragment or extension. Two are kept for examples and tests and define nothing.
const REGISTERED: [&str; 7] = ["ssvc", "cvss", "cisa", "basic", "nist", "example", "test"];
const FOR_TESTS: [&str; 2] = ["example", "test"];

/// A namespace with what follows its base.
struct Namespace<'j> {
    /// With its fragment: `nist#800-30`.
    base: &'j str,
    extension: Option<&'j str>,
}

impl<'j> Namespace<'j> {
    fn of(text: &'j str) -> Self {
        match text.split_once('/') {
            Some((base, extension)) => Self {
                base,
                extension: Some(extension),
            },
            None => Self {
                base: text,
                extension: None,
            },
        }
    }

    fn root(&self) -> &'j str {
        self.base.split('#').next().unwrap_or_default()
    }

    fn is_registered(&self) -> bool {
        REGISTERED.contains(&self.root())
    }

    fn is_for_tests(&self) -> bool {
        FOR_TESTS.contains(&self.root())
    }

    /// Whether the extension translates: its last language is another than English.
    fn is_translated(&self) -> bool {
        let language = self
            .extension
            .and_then(|extension| extension.rsplit(['/', '$']).next());
        language.is_some_and(|language| !language.is_empty() && !language.to_lowercase().starts_with("en"))
    }
}

struct Selection<'j> {
    path: String,
    json: &'j Json,
    namespace: Namespace<'j>,
    full: &'j str,
    /// Of the list of selections.
    timestamp: Option<&'j str>,
}

fn objects<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j Json, super::Vulnerability<'j>)> {
    let mut found = Vec::new();
    for vulnerability in advisory.vulnerabilities() {
        for metric in advisory.metrics(&vulnerability) {
            if let Some(ssvc) = metric.content.get("ssvc_v2") {
                let of = super::Vulnerability {
                    path: vulnerability.path.clone(),
                    json: vulnerability.json,
                };
                found.push((format!("{}/ssvc_v2", metric.at), ssvc, of));
            }
        }
    }
    found
}

fn of_object<'j>(path: &str, ssvc: &'j Json) -> Vec<Selection<'j>> {
    let selections = ssvc.items_at(path, "selections");
    selections
        .map(|(path, json)| {
            let full = json.text_at("namespace").unwrap_or_default();
            Selection {
                path,
                json,
                namespace: Namespace::of(full),
                full,
                timestamp: ssvc.text_at("timestamp"),
            }
        })
        .collect()
}

fn selections<'j>(advisory: &Advisory<'j>) -> Vec<Selection<'j>> {
    let objects = objects(advisory);
    objects
        .iter()
        .flat_map(|(path, ssvc, _)| of_object(path, ssvc))
        .collect()
}

/// 6.1.46
pub(super) fn schema(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = advisory.edition.rules() else {
        return;
    };
    for (path, ssvc, _) in objects(advisory) {
        for finding in object::check_at(rules, "ssvc", ssvc, &path, sink.most) {
            sink.say(finding.path, finding.ja, finding.en);
        }
    }
}

/// 6.1.47
pub(super) fn targets(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let several = advisory.json.at("vulnerabilities").items().len() > 1;
    let own = advisory.tracking.text_at("id");
    for (path, ssvc, vulnerability) in objects(advisory) {
        let ids = vulnerability.json.at("ids").items().iter();
        let known: HashSet<&str> = ids
            .filter_map(|item| item.text_at("text"))
            .chain(vulnerability.json.text_at("cve"))
            .collect();
        for (path, target) in ssvc.items_at(&path, "target_ids") {
            let id = target.text();
            if id.is_none_or(|id| !known.contains(id)) || (several && id == own) {
                sink.say(
                    path,
                    "target_ids は、この脆弱性の CVE か ids にある識別子にしてください。",
                    "a target ID must be the CVE or one of the ids of this vulnerability",
                );
            }
        }
    }
}

/// 6.1.48
pub(super) fn points(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for selection in selections(advisory) {
        let namespace = &selection.namespace;
        if !namespace.is_registered() || namespace.is_for_tests() {
            continue;
        }
        if let Some((ja, en)) = fault(&selection) {
            sink.say(selection.path, ja, en);
        }
    }
}

/// What is wrong with a selection in a registered namespace.
fn fault(selection: &Selection<'_>) -> Option<(String, String)> {
    let json = selection.json;
    let (key, version) = (json.text_at("key")?, json.text_at("version")?);
    let base = selection.namespace.base;
    let found = POINTS
        .iter()
        .filter(|point| point.namespace == base && point.key == key && point.version == version);
    let found: Vec<&Point> = found.collect();
    if found.is_empty() {
        return Some((
            format!("{base} に判断点 {key} の {version} はありません。"),
            format!("{base} has no decision point {key} of version {version}"),
        ));
    }
    let extended = selection.namespace.extension.is_some();
    let reasons: Vec<Option<(String, String)>> = found
        .iter()
        .map(|point| values_fault(point, json, extended, selection.namespace.is_translated()))
        .collect();
    if reasons.iter().any(Option::is_none) {
        return None;
    }
    reasons.into_iter().next().flatten()
}

fn values_fault(point: &Point, json: &Json, extended: bool, translated: bool) -> Option<(String, String)> {
    let named = json.text_at("name");
    if !extended && named.is_some_and(|name| name != point.name) {
        return Some((
            format!("判断点の名前は「{}」です。", point.name),
            format!("the decision point's name is `{}`", point.name),
        ));
    }
    let mut before = None;
    for value in json.at("values").items() {
        let key = value.text_at("key").unwrap_or_default();
        let Some(at) = point.values.iter().position(|(known, _)| *known == key) else {
            return Some((
                format!("判断点 {} に値 {key} はありません。", point.name),
                format!("the decision point {} has no value {key}", point.name),
            ));
        };
        let known = point.values[at].1;
        if !extended && value.text_at("name").is_some_and(|name| name != known) {
            return Some((
                format!("値 {key} の名前は「{known}」です。"),
                format!("the name of the value {key} is `{known}`"),
            ));
        }
        if !translated && before.is_some_and(|before| at <= before) {
            return Some((
                "値が定義の順に並んでいません。".into(),
                "the values are not in the order of their definition".into(),
            ));
        }
        before = Some(at);
    }
    None
}

fn each(
    advisory: &Advisory<'_>,
    sink: &mut Sink<'_>,
    picks: impl Fn(&Namespace<'_>) -> bool,
    ja: &str,
    en: &str,
) {
    for selection in selections(advisory) {
        if picks(&selection.namespace) {
            sink.say(
                format!("{}/namespace", selection.path),
                format!("名前空間「{}」は{ja}。", selection.full),
                format!("the namespace `{}` {en}", selection.full),
            );
        }
    }
}

/// 6.2.34
pub(super) fn unknown_base(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    each(
        advisory,
        sink,
        |namespace| !namespace.is_registered(),
        "登録されていません",
        "is not registered",
    );
}

/// 6.2.35
pub(super) fn unregistered_clear(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_clear() {
        each(
            advisory,
            sink,
            |namespace| namespace.base.starts_with("x_"),
            "登録されていません",
            "is unregistered",
        );
    }
}

/// 6.3.14
pub(super) fn unregistered_closed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if !advisory.is_clear() {
        each(
            advisory,
            sink,
            |namespace| namespace.base.starts_with("x_"),
            "登録されていません",
            "is unregistered",
        );
    }
}

/// 6.2.36
pub(super) fn extension_clear(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_clear() {
        each(
            advisory,
            sink,
            |namespace| namespace.extension.is_some(),
            "拡張されています",
            "has an extension",
        );
    }
}

/// 6.3.15
pub(super) fn extension_closed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if !advisory.is_clear() {
        each(
            advisory,
            sink,
            |namespace| namespace.extension.is_some(),
            "拡張されています",
            "has an extension",
        );
    }
}

/// 6.2.37
pub(super) fn without_resource(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, ssvc, _) in objects(advisory) {
        let resources = ssvc.at("decision_point_resources").items();
        for selection in of_object(&path, ssvc) {
            let namespace = &selection.namespace;
            let known =
                namespace.is_for_tests() || namespace.is_registered() && namespace.extension.is_none();
            let explained = resources.iter().any(|resource| {
                resource
                    .text_at("summary")
                    .is_some_and(|summary| summary.contains(selection.full))
            });
            if !known && !explained {
                sink.say(
                    format!("{}/namespace", selection.path),
                    format!(
                        "名前空間「{}」の説明（decision_point_resources）がありません。",
                        selection.full
                    ),
                    format!(
                        "no decision point resource explains the namespace `{}`",
                        selection.full
                    ),
                );
            }
        }
    }
}

/// 6.3.13
pub(super) fn old_point(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for selection in selections(advisory) {
        let (key, version) = (selection.json.text_at("key"), selection.json.text_at("version"));
        let (Some(key), Some(version), Some(time)) = (key, version, selection.timestamp.and_then(moment))
        else {
            continue;
        };
        let time = time.to_string();
        let day = time.get(..10).unwrap_or_default();
        let of_key = POINTS
            .iter()
            .filter(|point| point.namespace == selection.namespace.base && point.key == key);
        let available = of_key.filter(|point| point.day <= day);
        let latest = available.max_by_key(|point| numbers(point.version));
        if latest.is_some_and(|latest| latest.version != version) {
            sink.say(
                format!("{}/version", selection.path),
                "評価の時点で最新の版の判断点ではありません。",
                "is not the latest version of the decision point at that time",
            );
        }
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}
