//! Tests of what is said of products: their status, remediations and flags, and that these do not contradict each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::json::Json;
use super::{Advisory, Sink, Vulnerability};

/// A group of product statuses that excludes the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Affected,
    NotAffected,
    Fixed,
    UnderInvestigation,
    Unknown,
    /// Excludes nothing: any version may be recommended.
    Recommended,
}

/// The group of a member of `product_status`.
pub(super) fn group(name: &str) -> Option<Group> {
    Some(match name {
        "first_affected" | "known_affected" | "last_affected" => Group::Affected,
        "known_not_affected" => Group::NotAffected,
        "first_fixed" | "fixed" => Group::Fixed,
        "under_investigation" => Group::UnderInvestigation,
        "unknown" => Group::Unknown,
        "recommended" => Group::Recommended,
        _ => return None,
    })
}

/// Products of a vulnerability by group, each with the path where it is said.
pub(super) fn statuses<'j>(vulnerability: &Vulnerability<'j>) -> Vec<(String, Group, &'j str)> {
    let mut found = Vec::new();
    for (name, products) in vulnerability.json.at("product_status").members() {
        let Some(group) = group(name) else {
            continue;
        };
        for (index, product) in products.items().iter().enumerate() {
            if let Some(id) = product.text() {
                found.push((
                    format!("{}/product_status/{name}/{index}", vulnerability.path),
                    group,
                    id,
                ));
            }
        }
    }
    found
}

/// The products of one group.
pub(super) fn of_group<'j>(vulnerability: &Vulnerability<'j>, wanted: Group) -> BTreeSet<&'j str> {
    let found = statuses(vulnerability).into_iter();
    found
        .filter(|(_, group, _)| *group == wanted)
        .map(|(_, _, id)| id)
        .collect()
}

/// 6.1.6
pub(super) fn contradicting(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let mut first: BTreeMap<&str, Group> = BTreeMap::new();
        for (path, group, id) in statuses(&vulnerability) {
            if group != Group::Recommended && *first.entry(id).or_insert(group) != group {
                sink.say(
                    path,
                    format!("製品「{id}」の状態が矛盾しています。"),
                    format!("product `{id}` is a member of contradicting status groups"),
                );
            }
        }
    }
}

fn unbound(advisory: &Advisory<'_>, sink: &mut Sink<'_>, list: &str) {
    for vulnerability in advisory.vulnerabilities() {
        for (path, item) in vulnerability.json.items_at(&vulnerability.path, list) {
            if item.get("product_ids").is_none() && item.get("group_ids").is_none() {
                sink.say(
                    path,
                    "どの製品についてかを product_ids か group_ids で書いてください。",
                    "say by product_ids or group_ids which products this is about",
                );
            }
        }
    }
}

/// 6.1.29
pub(super) fn remediation_without_product(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    unbound(advisory, sink, "remediations");
}

/// 6.1.32
pub(super) fn flag_without_product(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    unbound(advisory, sink, "flags");
}

/// Flags that are justifications of VEX.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "inline_mitigations_already_exist",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_not_present",
];

/// 6.1.33
pub(super) fn flags(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let mut seen = BTreeSet::new();
        for (path, flag) in vulnerability.json.items_at(&vulnerability.path, "flags") {
            if !flag
                .text_at("label")
                .is_some_and(|label| JUSTIFICATIONS.contains(&label))
            {
                continue;
            }
            for id in advisory.members(flag) {
                if !seen.insert(id) {
                    sink.say(
                        &path,
                        format!("製品「{id}」に VEX の理由が二つ以上あります。"),
                        format!("product `{id}` has more than one VEX justification"),
                    );
                }
            }
        }
    }
}

fn each_remediation<'j>(
    advisory: &Advisory<'j>,
    vulnerability: &Vulnerability<'j>,
) -> Vec<(String, &'j str, &'j str)> {
    let mut found = Vec::new();
    for (path, item) in vulnerability.json.items_at(&vulnerability.path, "remediations") {
        let category = item.text_at("category").unwrap_or_default();
        for id in advisory.members(item) {
            found.push((path.clone(), category, id));
        }
    }
    found
}

/// Whether two remediation categories may stand beside each other for one product.
fn compatible(a: &str, b: &str) -> bool {
    let free = |category| matches!(category, "workaround" | "mitigation");
    let plan = |category| matches!(category, "vendor_fix" | "fix_planned" | "no_fix_planned");
    a == b || (free(a) && (free(b) || plan(b))) || (plan(a) && free(b))
}

/// 6.1.35
pub(super) fn remediations(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (path, category, id) in each_remediation(advisory, &vulnerability) {
            let before = seen.entry(id).or_default();
            if let Some(other) = before.iter().find(|other| !compatible(other, category)) {
                sink.say(
                    path,
                    format!("製品「{id}」に、両立しない対応 {other} と {category} があります。"),
                    format!("product `{id}` has the contradicting remediations {other} and {category}"),
                );
            }
            before.push(category);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Allowed,
    Discouraged,
    Prohibited,
}

/// Whether a remediation suits a product that is affected, not affected, fixed, under investigation, or of unknown status.
const FITS: [(&str, [Fit; 5]); 7] = {
    const A: Fit = Fit::Allowed;
    const D: Fit = Fit::Discouraged;
    const P: Fit = Fit::Prohibited;
    [
        ("workaround", [A, P, P, D, D]),
        ("mitigation", [A, P, P, D, D]),
        ("vendor_fix", [A, P, P, D, D]),
        ("optional_patch", [P, A, D, A, A]),
        ("none_available", [A, P, P, A, A]),
        ("fix_planned", [A, D, P, D, D]),
        ("no_fix_planned", [A, D, P, A, A]),
    ]
};

/// A version of any status may be recommended, with any remediation.
fn fit(category: &str, group: Group) -> Fit {
    let row = FITS.iter().find(|(known, _)| *known == category);
    row.and_then(|(_, fits)| fits.get(group as usize))
        .copied()
        .unwrap_or(Fit::Allowed)
}

fn unfit(advisory: &Advisory<'_>, sink: &mut Sink<'_>, wanted: Fit) {
    for vulnerability in advisory.vulnerabilities() {
        let groups = by_product(&vulnerability);
        for (path, category, id) in each_remediation(advisory, &vulnerability) {
            let mut groups = groups.get(id).into_iter().flatten();
            if groups.any(|group| fit(category, *group) == wanted) {
                sink.say(
                    path,
                    format!("製品「{id}」の状態に対応 {category} は合いません。"),
                    format!("remediation {category} does not suit the status of product `{id}`"),
                );
            }
        }
    }
}

/// 6.1.36
pub(super) fn prohibited_remediation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    unfit(advisory, sink, Fit::Prohibited);
}

/// 6.2.27
pub(super) fn discouraged_remediation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    unfit(advisory, sink, Fit::Discouraged);
}

/// 6.2.2
pub(super) fn missing_remediation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let covered = named(advisory, vulnerability.json.at("remediations"), |_| true);
        for (path, group, id) in statuses(&vulnerability) {
            if matches!(group, Group::Affected | Group::UnderInvestigation) && !covered.contains(id) {
                sink.say(
                    path,
                    format!("製品「{id}」への対応（remediations）がありません。"),
                    format!("there is no remediation for product `{id}`"),
                );
            }
        }
    }
}

/// 6.2.3
pub(super) fn missing_metric(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let metrics = advisory.metrics(&vulnerability);
        let measured: BTreeSet<&str> = metrics
            .iter()
            .flat_map(|metric| metric.products.iter().copied())
            .collect();
        for (path, group, id) in statuses(&vulnerability) {
            if group == Group::Affected && !measured.contains(id) {
                sink.say(
                    path,
                    format!("製品「{id}」の深刻度（CVSS など）がありません。"),
                    format!("there is no metric for product `{id}`"),
                );
            }
        }
    }
}

/// Products that the suitable items of a list name.
pub(super) fn named<'j>(
    advisory: &Advisory<'j>,
    items: &'j Json,
    suits: impl Fn(&Json) -> bool,
) -> BTreeSet<&'j str> {
    let items = items.items().iter().filter(|item| suits(item));
    items.flat_map(|item| advisory.members(item)).collect()
}

/// The groups that each product is in.
pub(super) fn by_product<'j>(vulnerability: &Vulnerability<'j>) -> HashMap<&'j str, BTreeSet<Group>> {
    let mut found: HashMap<&str, BTreeSet<Group>> = HashMap::new();
    for (_, group, id) in statuses(vulnerability) {
        found.entry(id).or_default().insert(group);
    }
    found
}
