//! Tests of profiles: what a document of a category must and must not have.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::json::Json;
use super::status::{Group, named, of_group};
use super::{Advisory, Edition, Origin, Sink, Vulnerability};

const SECURITY: &[&str] = &[
    "csaf_security_advisory",
    "csaf_vex",
    "csaf_deprecated_security_advisory",
];
const ENDED: &[&str] = &["csaf_withdrawn", "csaf_superseded"];

fn is(advisory: &Advisory<'_>, categories: &[&str]) -> bool {
    categories.contains(&advisory.category())
}

/// Categories with a profile, base left out.
fn profiles(edition: Edition) -> &'static [&'static str] {
    const ALL: [&str; 7] = [
        "csaf_security_incident_response",
        "csaf_informational_advisory",
        "csaf_security_advisory",
        "csaf_vex",
        "csaf_deprecated_security_advisory",
        "csaf_withdrawn",
        "csaf_superseded",
    ];
    match edition {
        Edition::V20 => &ALL[..4],
        Edition::V21 => &ALL,
    }
}

/// A dash, underscore or blank in any of its graphical variants.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '_' | '\u{ad}' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'..='\u{2015}' | '\u{203f}'
            | '\u{2040}' | '\u{2053}' | '\u{2054}' | '\u{207b}' | '\u{208b}' | '\u{2212}' | '\u{2e17}' | '\u{2e1a}' | '\u{2e3a}'
            | '\u{2e3b}' | '\u{2e40}' | '\u{301c}' | '\u{3030}' | '\u{30a0}' | '\u{332}' | '\u{320}' | '\u{fe31}'..='\u{fe34}'
            | '\u{fe4d}'..='\u{fe4f}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{ff3f}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !is_separator(*c));
    kept.flat_map(char::to_lowercase).collect()
}

/// 6.1.26
pub(super) fn prohibited_category(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let category = advisory.category();
    let profiles = profiles(advisory.edition);
    if category == "csaf_base" || profiles.contains(&category) {
        return;
    }
    let given = plain(category);
    let taken = profiles.iter().any(|profile| {
        let value = plain(profile);
        given == value || Some(given.as_str()) == value.strip_prefix("csaf")
    });
    if taken || category.to_lowercase().starts_with("csaf_") {
        sink.say(
            "/document/category",
            format!("分類「{category}」は仕様書の名前と紛らわしいため使えません。"),
            format!("category `{category}` is reserved or too like the name of a profile"),
        );
    }
}

/// 6.2.38
pub(super) fn deprecated(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category().starts_with("csaf_deprecated_") {
        sink.say(
            "/document/category",
            "この分類は廃止される予定です。新しい分類を使ってください。",
            "this profile is deprecated: use a current one",
        );
    }
}

fn has_note(advisory: &Advisory<'_>, categories: &[&str]) -> bool {
    let notes = advisory.document.at("notes").items();
    notes.iter().any(|note| {
        note.text_at("category")
            .is_some_and(|category| categories.contains(&category))
    })
}

/// 6.1.27.1
pub(super) fn notes(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let applies = is(
        advisory,
        &["csaf_informational_advisory", "csaf_security_incident_response"],
    );
    if applies && !has_note(advisory, &["description", "details", "general", "summary"]) {
        sink.say(
            "/document/notes",
            "description、details、general、summary のいずれかの注記が必要です。",
            "a note of category description, details, general or summary is required",
        );
    }
}

/// 6.1.27.2
pub(super) fn references(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let references = advisory.document.at("references").items();
    let external = references
        .iter()
        .any(|item| item.text_at("category").unwrap_or("external") == "external");
    if is(
        advisory,
        &["csaf_informational_advisory", "csaf_security_incident_response"],
    ) && !external
    {
        sink.say(
            "/document/references",
            "category が external の参照が必要です。",
            "a reference of category external is required",
        );
    }
}

/// 6.1.27.3
pub(super) fn no_vulnerabilities(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let informational = advisory.category() == "csaf_informational_advisory";
    let ended = advisory.edition == Edition::V21 && is(advisory, ENDED);
    if (informational || ended) && advisory.json.get("vulnerabilities").is_some() {
        sink.say(
            "/vulnerabilities",
            "この分類の文書に vulnerabilities は書けません。",
            "a document of this category must not have vulnerabilities",
        );
    }
}

fn required(advisory: &Advisory<'_>, sink: &mut Sink<'_>, name: &str) {
    if is(advisory, SECURITY) && advisory.json.get(name).is_none() {
        sink.say(
            format!("/{name}"),
            format!("この分類の文書には {name} が必要です。"),
            format!("a document of this category must have {name}"),
        );
    }
}

/// 6.1.27.4
pub(super) fn product_tree(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    required(advisory, sink, "product_tree");
}

/// 6.1.27.11
pub(super) fn vulnerabilities(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    required(advisory, sink, "vulnerabilities");
}

fn each(
    advisory: &Advisory<'_>,
    sink: &mut Sink<'_>,
    categories: &[&str],
    lacks: impl Fn(&Vulnerability<'_>) -> bool,
    what: &str,
) {
    if !is(advisory, categories) {
        return;
    }
    for vulnerability in advisory
        .vulnerabilities()
        .filter(|vulnerability| lacks(vulnerability))
    {
        sink.say(
            vulnerability.path,
            format!("この分類の文書では、脆弱性ごとに {what} が必要です。"),
            format!("in a document of this category each vulnerability must have {what}"),
        );
    }
}

/// 6.1.27.5
pub(super) fn vulnerability_notes(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    each(
        advisory,
        sink,
        SECURITY,
        |vulnerability| vulnerability.json.get("notes").is_none(),
        "notes",
    );
}

/// 6.1.27.6
pub(super) fn product_status(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let categories = ["csaf_security_advisory", "csaf_deprecated_security_advisory"];
    each(
        advisory,
        sink,
        &categories,
        |vulnerability| vulnerability.json.get("product_status").is_none(),
        "product_status",
    );
}

/// 6.1.27.7
pub(super) fn vex_status(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let states = [
        "fixed",
        "known_affected",
        "known_not_affected",
        "under_investigation",
    ];
    let lacks = |vulnerability: &Vulnerability<'_>| {
        let status = vulnerability.json.at("product_status");
        states.iter().all(|state| status.get(state).is_none())
    };
    each(
        advisory,
        sink,
        &["csaf_vex"],
        lacks,
        "fixed, known_affected, known_not_affected, under_investigation",
    );
}

/// 6.1.27.8
pub(super) fn vulnerability_id(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let lacks = |vulnerability: &Vulnerability<'_>| {
        let ids = vulnerability.json.at("ids").items();
        let bound = |item: &Json| item.get("product_ids").is_some() || item.get("group_ids").is_some();
        if vulnerability.json.get("cve").is_some() || ids.iter().any(|item| !bound(item)) {
            return false;
        }
        let assigned: BTreeSet<&str> = ids.iter().flat_map(|item| advisory.members(item)).collect();
        let status = vulnerability.json.at("product_status").members().iter();
        let mut named = status.flat_map(|(_, products)| products.texts());
        ids.is_empty() || named.any(|id| !assigned.contains(id))
    };
    each(advisory, sink, &["csaf_vex"], lacks, "cve, ids");
}

/// Says of each product of one status that nothing covers.
fn uncovered(
    sink: &mut Sink<'_>,
    vulnerability: &Vulnerability<'_>,
    status: &str,
    covered: &BTreeSet<&str>,
    ja: &str,
    en: &str,
) {
    let path = format!("{}/product_status", vulnerability.path);
    for (path, product) in vulnerability.json.at("product_status").items_at(&path, status) {
        let id = product.text().unwrap_or_default();
        if !covered.contains(id) {
            sink.say(
                path,
                format!("製品「{id}」{ja}"),
                format!("{en} for product `{id}`"),
            );
        }
    }
}

/// 6.1.27.9
pub(super) fn impact(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() != "csaf_vex" {
        return;
    }
    for vulnerability in advisory.vulnerabilities() {
        let is_impact = |threat: &Json| threat.text_at("category") == Some("impact");
        let mut covered = named(advisory, vulnerability.json.at("flags"), |_| true);
        covered.extend(named(advisory, vulnerability.json.at("threats"), is_impact));
        let ja = "が影響を受けない理由（flags または threats の impact）がありません。";
        uncovered(
            sink,
            &vulnerability,
            "known_not_affected",
            &covered,
            ja,
            "there is no impact statement",
        );
    }
}

/// 6.1.27.10
pub(super) fn action(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() != "csaf_vex" {
        return;
    }
    for vulnerability in advisory.vulnerabilities() {
        let covered = named(advisory, vulnerability.json.at("remediations"), |_| true);
        let ja = "は影響を受けますが、対応（remediations）がありません。";
        uncovered(
            sink,
            &vulnerability,
            "known_affected",
            &covered,
            ja,
            "there is no action statement",
        );
    }
}

/// 6.1.27.12
pub(super) fn affected(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let lacks = |vulnerability: &Vulnerability<'_>| {
        vulnerability
            .json
            .path(&["product_status", "known_affected"])
            .is_null()
    };
    each(
        advisory,
        sink,
        &["csaf_security_advisory"],
        lacks,
        "product_status/known_affected",
    );
}

/// Branch categories that tell one version of a product from another.
const VERSIONS: [&str; 4] = [
    "product_version",
    "product_version_range",
    "patch_level",
    "service_pack",
];

/// What products are versions of.
struct Lines<'j> {
    /// Lines of products in branches.
    branched: HashMap<&'j str, String>,
    paths: HashMap<&'j str, &'j Json>,
}

impl<'j> Lines<'j> {
    fn new(advisory: &Advisory<'j>) -> Self {
        let line = |product: &super::Product<'j>| {
            let kept = product
                .branches
                .iter()
                .filter(|branch| !VERSIONS.contains(&branch.category));
            kept.flat_map(|branch| [branch.category, "=", branch.name, "/"])
                .collect()
        };
        let in_branches = advisory
            .products
            .iter()
            .filter(|product| product.origin == Origin::Branch);
        let items = advisory
            .json
            .path(&["product_tree", "product_paths"])
            .items()
            .iter();
        let of_item = |item: &'j Json| Some((item.path(&["full_product_name", "product_id"]).text()?, item));
        Self {
            branched: in_branches.map(|product| (product.id, line(product))).collect(),
            paths: items.filter_map(of_item).collect(),
        }
    }

    /// The line that a product is a version of, versions left out; of a path that ends in something installed with it, also the line
    /// before that. Paths of paths are followed a few steps only.
    fn of(&self, id: &str, depth: usize) -> Vec<String> {
        let Some(path) = self.paths.get(id).filter(|_| depth < 4) else {
            let line = self.branched.get(id).cloned();
            return vec![line.unwrap_or_else(|| "unbranched".to_owned())];
        };
        let beginning = path.text_at("beginning_product_reference").unwrap_or_default();
        let mut lines = Vec::new();
        for mut line in self.of(beginning, depth + 1) {
            for step in path.at("subpaths").items() {
                let kind = step.text_at("category").unwrap_or_default();
                if kind == "installed_with" {
                    lines.push(line.clone());
                }
                line = format!(
                    "{line} {kind}:{}",
                    step.text_at("next_product_reference").unwrap_or_default()
                );
            }
            lines.push(line);
        }
        lines
    }

    fn of_all(&self, ids: &BTreeSet<&str>) -> HashSet<String> {
        ids.iter().flat_map(|id| self.of(id, 0)).collect()
    }
}

/// 6.1.27.13
pub(super) fn corresponding_affected(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() != "csaf_security_advisory" {
        return;
    }
    let lines = Lines::new(advisory);
    for vulnerability in advisory.vulnerabilities() {
        let affected = lines.of_all(&of_group(&vulnerability, Group::Affected));
        for id in of_group(&vulnerability, Group::Fixed) {
            if !lines.of(id, 0).iter().any(|line| affected.contains(line)) {
                sink.say(
                    format!("{}/product_status", vulnerability.path),
                    format!("修正済みの製品「{id}」に対応する、影響を受ける版がありません。"),
                    format!("no affected version corresponds to the fixed product `{id}`"),
                );
            }
        }
    }
}

/// 6.2.39.1
pub(super) fn missing_fixed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() != "csaf_security_advisory" {
        return;
    }
    let lines = Lines::new(advisory);
    for vulnerability in advisory.vulnerabilities() {
        let fixed = lines.of_all(&of_group(&vulnerability, Group::Fixed));
        let remediations = vulnerability.json.at("remediations");
        let of = |categories: &[&str]| {
            named(advisory, remediations, |item| {
                item.text_at("category")
                    .is_some_and(|category| categories.contains(&category))
            })
        };
        let (none, some) = (
            of(&["fix_planned", "no_fix_planned", "none_available"]),
            of(&["vendor_fix"]),
        );
        for id in of_group(&vulnerability, Group::Affected) {
            let unfixed = none.contains(id) && !some.contains(id);
            if !unfixed && !lines.of(id, 0).iter().any(|line| fixed.contains(line)) {
                sink.say(
                    format!("{}/product_status", vulnerability.path),
                    format!("影響を受ける製品「{id}」に対応する、修正済みの版がありません。"),
                    format!("no fixed version corresponds to the affected product `{id}`"),
                );
            }
        }
    }
}

/// 6.1.27.14
pub(super) fn ending_notes(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if is(advisory, ENDED) && !has_note(advisory, &["description"]) {
        sink.say(
            "/document/notes",
            "description の注記が必要です。",
            "a note of category description is required",
        );
    }
}

/// 6.1.27.15
pub(super) fn ending_products(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if is(advisory, ENDED) && advisory.json.get("product_tree").is_some() {
        sink.say(
            "/product_tree",
            "この分類の文書に product_tree は書けません。",
            "a document of this category must not have a product tree",
        );
    }
}

/// 6.1.27.16
pub(super) fn ending_history(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if is(advisory, ENDED) && advisory.tracking.at("revision_history").items().len() < 2 {
        sink.say(
            "/document/tracking/revision_history",
            "改訂履歴が二つ以上必要です。",
            "the revision history must have at least two entries",
        );
    }
}

pub(super) fn one_note(advisory: &Advisory<'_>, sink: &mut Sink<'_>, title: &str, category: &str) {
    let notes = advisory.document.at("notes").items().iter();
    let titled: Vec<_> = notes
        .filter(|note| note.text_at("title") == Some(title))
        .collect();
    let right = titled.len() == 1
        && titled
            .iter()
            .all(|note| note.text_at("category") == Some(category));
    if !right {
        sink.say(
            "/document/notes",
            format!("題名「{title}」、分類 {category} の注記がちょうど一つ必要です。"),
            format!("exactly one note with the title `{title}` and category {category} is required"),
        );
    }
}

/// 6.1.27.17
pub(super) fn reason_withdrawal(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_withdrawn" && advisory.is_english() {
        one_note(advisory, sink, "Reasoning for Withdrawal", "description");
    }
}

/// 6.1.27.18
pub(super) fn reason_supersession(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_superseded" && advisory.is_english() {
        one_note(advisory, sink, "Reasoning for Supersession", "description");
    }
}

fn superseding_reference(advisory: &Advisory<'_>, sink: &mut Sink<'_>, start: &str) {
    let references = advisory.document.at("references").items();
    let found = references.iter().any(|item| {
        item.text_at("summary")
            .is_some_and(|summary| summary.starts_with(start))
            && item.text_at("category").unwrap_or("external") == "external"
    });
    if !found {
        sink.say(
            "/document/references",
            format!("summary が「{start}」で始まる external の参照が必要です。"),
            format!("an external reference whose summary begins with `{start}` is required"),
        );
    }
}

/// 6.1.27.19
pub(super) fn superseding(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_superseded" && advisory.is_english() {
        superseding_reference(advisory, sink, "Superseding Document");
    }
}

/// A term in the language of the document, if it is not English and a translation is known.
pub(super) fn translated(advisory: &Advisory<'_>, term: &str) -> Option<&'static str> {
    const TERMS: &[(&str, &str, &str)] = &[
        ("de", "License", "Lizenz"),
        ("de", "Product Description", "Produktbeschreibung"),
        ("de", "Reasoning for Supersession", "Begründung für die Ersetzung"),
        (
            "de",
            "Reasoning for Withdrawal",
            "Begründung für die Zurückziehung",
        ),
        ("de", "Superseding Document", "Ersetzendes Dokument"),
    ];
    let language = advisory.language()?;
    let found = TERMS
        .iter()
        .find(|(of, english, _)| language.eq_ignore_ascii_case(of) && *english == term);
    found.map(|(_, _, translation)| *translation)
}

/// 6.2.39.2
pub(super) fn translated_withdrawal(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_withdrawn"
        && let Some(title) = translated(advisory, "Reasoning for Withdrawal")
    {
        one_note(advisory, sink, title, "description");
    }
}

/// 6.2.39.3
pub(super) fn translated_supersession(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_superseded"
        && let Some(title) = translated(advisory, "Reasoning for Supersession")
    {
        one_note(advisory, sink, title, "description");
    }
}

/// 6.2.39.4
pub(super) fn translated_superseding(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_superseded"
        && let Some(start) = translated(advisory, "Superseding Document")
    {
        superseding_reference(advisory, sink, start);
    }
}
