//! Tests of version ranges in branches: written as `vers:` or, as a fallback, as its constraints alone ("vls"), and what overlaps what.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::json::Json;
use super::status::{Group, by_product};
use super::{Advisory, Edition, Sink};
use crate::vers::{Comparator, Scheme, Vers};
use crate::version::{Order, Version, sort_by};

const RANGE: &str = "product_version_range";

/// "All versions" as the specification writes it, and as drafts of it did.
const ALL: [&str; 2] = ["vers:all/*", "vers:/all"];

/// A range as far as it can be read.
struct Range<'j> {
    is_vers: bool,
    /// Nothing where versions of this type cannot be compared.
    order: Option<Order>,
    /// Nothing for every version.
    constraints: Option<Vec<(Comparator, &'j str)>>,
}

/// Reads a range by its form alone; what is wrong with it otherwise.
fn read(text: &str) -> Result<Range<'_>, (String, String)> {
    if ALL.contains(&text) {
        return Ok(Range {
            is_vers: true,
            order: None,
            constraints: None,
        });
    }
    let (scheme, list) = match text.strip_prefix("vers:") {
        Some(rest) => {
            let (name, list) = rest.split_once('/').unwrap_or((rest, ""));
            let named = !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-+".contains(&b));
            if !named {
                return Err(wrong(
                    "「vers:型/条件」の形で書いてください",
                    "write it as `vers:type/constraints`",
                ));
            }
            if let Some(scheme) = Scheme::find(name) {
                let parsed = Vers::parse(text).and_then(|vers| vers.check());
                parsed.map_err(|refusal| (refusal.ja, refusal.en))?;
                (Some(scheme), list)
            } else {
                (None, list)
            }
        }
        None => (None, text),
    };
    let is_vers = text.starts_with("vers:");
    if is_vers && list == "*" {
        return Ok(Range {
            is_vers,
            order: None,
            constraints: None,
        });
    }
    let constraints: Option<Vec<_>> = list.split('|').map(constraint).collect();
    let Some(constraints) = constraints else {
        return Err(wrong(
            "「>=1.0|<2.0」のように、比較記号と版を | でつないで書いてください",
            "write comparators and versions joined by | such as >=1.0|<2.0",
        ));
    };
    let order = if is_vers {
        scheme.and_then(Scheme::order)
    } else {
        Some(Order::Generic)
    };
    Ok(Range {
        is_vers,
        order,
        constraints: Some(constraints),
    })
}

fn wrong(ja: &str, en: &str) -> (String, String) {
    (format!("{ja}。"), en.to_owned())
}

fn constraint(part: &str) -> Option<(Comparator, &str)> {
    let signs = [
        (">=", Comparator::GreaterEqual),
        ("<=", Comparator::LessEqual),
        ("!=", Comparator::NotEqual),
        (">", Comparator::Greater),
        ("<", Comparator::Less),
        ("=", Comparator::Equal),
    ];
    let found = signs
        .iter()
        .find_map(|(sign, comparator)| Some((*comparator, part.strip_prefix(sign)?)));
    let (comparator, version) = found.unwrap_or((Comparator::Equal, part));
    let plain = !version.is_empty() && !version.contains(|c: char| c.is_whitespace() || "<>=!*|".contains(c));
    plain.then_some((comparator, version))
}

/// 6.1.31
pub(super) fn in_version(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    const WORDS: [&str; 7] = ["after", "all", "before", "earlier", "later", "prior", "versions"];
    for (path, name) in advisory.branch_names("product_version") {
        let lower = name.to_lowercase();
        let worded = match advisory.edition {
            Edition::V20 => WORDS.iter().any(|word| lower.contains(word)),
            Edition::V21 => lower.split_whitespace().any(|word| WORDS.contains(&word)),
        };
        if worded || lower.contains(['<', '>']) {
            sink.say(
                path,
                format!("「{name}」は一つの版ではなく範囲です。product_version_range を使ってください。"),
                format!("`{name}` is a range, not a version: use product_version_range"),
            );
        }
    }
}

/// 6.1.50
pub(super) fn rules(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names(RANGE) {
        if let Err((ja, en)) = read(name) {
            sink.say(path, ja, en);
        }
    }
}

/// 6.1.59
pub(super) fn single(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names(RANGE) {
        let one = read(name)
            .ok()
            .and_then(|range| range.constraints)
            .is_some_and(|constraints| match constraints.as_slice() {
                [(Comparator::Equal, _)] => true,
                [(Comparator::GreaterEqual, low), (Comparator::LessEqual, high)] => low == high,
                _ => false,
            });
        if one {
            sink.say(
                path,
                "一つの版だけを指しています。product_version を使ってください。",
                "identifies one version only: use product_version",
            );
        }
    }
}

/// 6.2.18
pub(super) fn without_vers(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names(RANGE) {
        let letter = |b: u8| b.is_ascii_lowercase() || b".-+".contains(&b);
        let is_vers = name
            .strip_prefix("vers:")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(kind, rest)| {
                kind.bytes().next().is_some_and(letter)
                    && kind.bytes().all(|b| letter(b) || b.is_ascii_digit())
                    && !rest.is_empty()
            });
        if !is_vers {
            sink.say(
                path,
                "vers:（例：vers:npm/>=1.0.0|<2.0.0）で書けないか、版を列挙できないか確認してください。",
                "check whether it can be written as vers: or the versions enumerated; constraints alone are a fallback",
            );
        }
    }
}

/// 6.2.49
pub(super) fn open_ended(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names(RANGE) {
        let Ok(range) = read(name) else {
            continue;
        };
        let constraints = range.constraints.unwrap_or_default();
        let including = constraints
            .iter()
            .rev()
            .find(|(comparator, _)| *comparator != Comparator::NotEqual);
        if including.is_none_or(|(comparator, _)| {
            matches!(comparator, Comparator::Greater | Comparator::GreaterEqual)
        }) {
            sink.say(path, "範囲に上限がありません。", "the range has no upper end");
        }
    }
}

/// 6.2.51
pub(super) fn unknown_type(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names(RANGE) {
        let kind = name
            .strip_prefix("vers:")
            .map(|rest| rest.split('/').next().unwrap_or_default());
        if let Some(kind) = kind.filter(|kind| Scheme::find(kind).is_none() && !ALL.contains(&name)) {
            sink.say(
                path,
                format!("vers の型「{kind}」は登録されていません。"),
                format!("`{kind}` is no registered type of vers"),
            );
        }
    }
}

/// 6.3.10
pub(super) fn used(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, branch, _) in advisory.branches() {
        if branch.text_at("category") == Some(RANGE) {
            sink.say(
                format!("{path}/category"),
                "範囲ではなく、できるだけ版を列挙してください。",
                "enumerate versions rather than giving a range, where possible",
            );
        }
    }
}

/// 6.3.11
pub(super) fn v_prefix(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names("product_version") {
        let rest = name.strip_prefix(['v', 'V']);
        if rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            sink.say(
                path,
                "版の前の v は書かないでください。",
                "do not write a v before the version",
            );
        }
    }
}

/// A branch that names versions, beside others on its level.
struct Sibling<'j> {
    path: String,
    branch: &'j Json,
    name: &'j str,
    range: Option<Range<'j>>,
}

impl<'j> Sibling<'j> {
    /// The product IDs at or below it.
    fn products(&self) -> Vec<&'j str> {
        let mut found = Vec::new();
        let mut open = vec![self.branch];
        while let Some(node) = open.pop() {
            found.extend(node.path(&["product", "product_id"]).text());
            open.extend(node.at("branches").items());
        }
        found
    }

    fn is_leaf(&self) -> bool {
        self.branch.get("product").is_some()
    }
}

/// Pairs of siblings that are compared in one document, so that it takes no longer than its size deserves.
const MOST_PAIRS: usize = 200_000;

/// Ranges and versions by level, with the pairs that overlap: a range, and another range or a version.
struct Overlaps<'j> {
    siblings: Vec<Sibling<'j>>,
    pairs: Vec<(usize, usize)>,
}

impl<'j> Overlaps<'j> {
    fn of(advisory: &Advisory<'j>) -> Self {
        let mut siblings = Vec::new();
        let mut levels: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (path, branch, _) in advisory.branches() {
            let name = branch.text_at("name").unwrap_or_default();
            let range = match branch.text_at("category") {
                Some(RANGE) => match read(name) {
                    Ok(range) => Some(range),
                    Err(_) => continue,
                },
                Some("product_version") => None,
                _ => continue,
            };
            let level = path.rsplit_once('/').map_or("", |(level, _)| level).to_owned();
            levels.entry(level).or_default().push(siblings.len());
            siblings.push(Sibling {
                path,
                branch,
                name,
                range,
            });
        }
        let mut pairs = Vec::new();
        let mut left = MOST_PAIRS;
        for level in levels.values() {
            for a in level.iter().filter(|a| siblings[**a].range.is_some()) {
                for b in level.iter().filter(|b| a != *b) {
                    if left > 0 && overlap(&siblings[*a], &siblings[*b]) {
                        pairs.push((*a, *b));
                    }
                    left = left.saturating_sub(1);
                }
            }
        }
        Self { siblings, pairs }
    }

    fn iter(&self) -> impl Iterator<Item = (&Sibling<'j>, &Sibling<'j>)> {
        self.pairs
            .iter()
            .map(|(a, b)| (&self.siblings[*a], &self.siblings[*b]))
    }
}

/// Whether some version can be in both. Between two versions there is taken to be another.
fn overlap(a: &Sibling<'_>, b: &Sibling<'_>) -> bool {
    let Some(range) = &a.range else {
        return false;
    };
    let point = Some(vec![(Comparator::Equal, b.name)]);
    let (other, other_order) = match &b.range {
        Some(other) => (&other.constraints, other.order.filter(|_| other.is_vers)),
        None => (&point, None),
    };
    let own = range.order.filter(|_| range.is_vers);
    let order = match (own, other_order) {
        (Some(a), Some(b)) if a != b => return false,
        (Some(order), _) | (None, Some(order)) => order,
        (None, None) => Order::Generic,
    };
    let (Some(a), Some(b)) = (&range.constraints, other) else {
        return true;
    };
    let parse = |list: &[(Comparator, &str)]| -> Option<Vec<(Comparator, Version)>> {
        list.iter()
            .map(|(comparator, text)| Some((*comparator, Version::parse(order, text).ok()?)))
            .collect()
    };
    let (Some(a), Some(b)) = (parse(a), parse(b)) else {
        return false;
    };
    let mut versions: Vec<&Version> = a.iter().chain(&b).map(|(_, version)| version).collect();
    sort_by(&mut versions, |a, b| a.compare(b).unwrap_or(Ordering::Equal));
    versions.dedup_by(|a, b| a.compare(b) == Some(Ordering::Equal));
    let (a, b) = (places(&a, &versions), places(&b, &versions));
    a.iter().zip(&b).any(|(a, b)| *a && *b)
}

/// Which places a range covers: the gap before each version, the version itself, and the gap after the last.
fn places(constraints: &[(Comparator, Version)], versions: &[&Version]) -> Vec<bool> {
    let at = |version: &Version| {
        2 * versions
            .iter()
            .take_while(|other| other.compare(version) == Some(Ordering::Less))
            .count()
            + 1
    };
    let last = 2 * versions.len();
    let mut covered = vec![false; last + 1];
    let mut ends: Vec<(usize, Comparator)> = Vec::new();
    let mut excluded = Vec::new();
    for (comparator, version) in constraints {
        match comparator {
            Comparator::NotEqual => excluded.push(at(version)),
            Comparator::Equal => covered[at(version)] = true,
            other => ends.push((at(version), *other)),
        }
    }
    ends.sort_by_key(|(at, _)| *at);
    let mut from = None;
    for (index, (at, comparator)) in ends.iter().enumerate() {
        match comparator {
            Comparator::Greater => from = Some(at + 1),
            Comparator::GreaterEqual => from = Some(*at),
            _ => {
                let to = if *comparator == Comparator::Less {
                    at.saturating_sub(1)
                } else {
                    *at
                };
                let start = if index == 0 { Some(0) } else { from };
                if let Some(start) = start {
                    for place in covered.iter_mut().take(to + 1).skip(start) {
                        *place = true;
                    }
                }
                from = None;
            }
        }
    }
    if let Some(start) = from {
        for place in covered.iter_mut().skip(start) {
            *place = true;
        }
    }
    if ends.is_empty() && !excluded.is_empty() {
        covered.fill(true);
    }
    for at in excluded {
        covered[at] = false;
    }
    covered
}

/// Says of each overlap of leaves whose products have statuses that `wrong` picks.
fn by_status(
    advisory: &Advisory<'_>,
    sink: &mut Sink<'_>,
    picks: impl Fn(&Sibling<'_>) -> bool,
    wrong: impl Fn(Group, Group) -> bool,
) {
    let overlaps = Overlaps::of(advisory);
    for vulnerability in advisory.vulnerabilities() {
        let statuses = by_product(&vulnerability);
        for (a, b) in overlaps.iter().filter(|(_, b)| b.is_leaf() && picks(b)) {
            let of = |sibling: &Sibling<'_>| {
                let products = sibling.products().into_iter();
                let groups = products.filter_map(|id| statuses.get(id)).flatten();
                groups.copied().collect::<Vec<_>>()
            };
            let (own, other) = (of(a), of(b));
            if own
                .iter()
                .any(|own| other.iter().any(|other| wrong(*own, *other)))
            {
                sink.say(
                    format!("{}/product_status", vulnerability.path),
                    format!("「{}」と「{}」は重なっています。", a.name, b.name),
                    format!("`{}` and `{}` overlap", a.name, b.name),
                );
            }
        }
    }
}

fn contradicts(a: Group, b: Group) -> bool {
    a != b && a != Group::Recommended && b != Group::Recommended
}

fn is_vers(sibling: &Sibling<'_>) -> bool {
    sibling.range.as_ref().is_some_and(|range| range.is_vers)
}

fn is_vls(sibling: &Sibling<'_>) -> bool {
    sibling.range.as_ref().is_some_and(|range| !range.is_vers)
}

fn is_version(sibling: &Sibling<'_>) -> bool {
    sibling.range.is_none()
}

/// 6.2.50.1
pub(super) fn contradicting_vers(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_vers, contradicts);
}

/// 6.2.50.2
pub(super) fn contradicting_vls(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_vls, contradicts);
}

/// 6.2.50.3
pub(super) fn contradicting_version(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_version, contradicts);
}

/// 6.3.19.1
pub(super) fn same_vers(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_vers, |a, b| a == b);
}

/// 6.3.19.2
pub(super) fn same_vls(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_vls, |a, b| a == b);
}

/// 6.3.19.3
pub(super) fn same_version(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    by_status(advisory, sink, is_version, |a, b| a == b);
}

fn in_branches(advisory: &Advisory<'_>, sink: &mut Sink<'_>, picks: impl Fn(&Sibling<'_>) -> bool) {
    for (a, b) in Overlaps::of(advisory)
        .iter()
        .filter(|(_, b)| !b.is_leaf() && picks(b))
    {
        sink.say(
            format!("{}/name", b.path),
            format!("「{}」は「{}」と重なっています。", b.name, a.name),
            format!("`{}` overlaps with `{}`", b.name, a.name),
        );
    }
}

/// 6.3.19.4
pub(super) fn branch_range(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    in_branches(advisory, sink, |sibling| sibling.range.is_some());
}

/// 6.3.19.5
pub(super) fn branch_version(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    in_branches(advisory, sink, is_version);
}
