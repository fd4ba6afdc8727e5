//! CSAF 2.0 and 2.1 held against the specification: structure, then its numbered tests. One function a test, in a table with its
//! number; a test looks at the document alone, so the same document always gets the same answer.

mod extensions;
mod history;
pub(crate) mod model;
mod product;
mod profile;
mod ranges;
mod registry;
mod scores;
mod ssvc;
mod status;
mod sundry;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;

use super::finding::{Finding, Level};
use super::json::Json;
use super::rules::{Rules, object};

/// The version of the specification that a document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edition {
    /// 2.0
    V20,
    /// 2.1
    V21,
}

impl Edition {
    fn of(version: &str) -> Option<Self> {
        match version {
            "2.0" => Some(Self::V20),
            "2.1" => Some(Self::V21),
            _ => None,
        }
    }

    fn rules(self) -> Option<&'static Rules> {
        static V20: LazyLock<Result<Rules, String>> =
            LazyLock::new(|| Rules::read(include_str!("../rules/csaf.rules"), "2.0"));
        static V21: LazyLock<Result<Rules, String>> =
            LazyLock::new(|| Rules::read(include_str!("../rules/csaf.rules"), "2.1"));
        match self {
            Self::V20 => V20.as_ref().ok(),
            Self::V21 => V21.as_ref().ok(),
        }
    }
}

/// What a document breaks: its structure first, then test by test.
pub(crate) fn check(json: &Json, version: &str, now: Timestamp, most: usize) -> Vec<Finding> {
    let Some(edition) = Edition::of(version) else {
        return vec![Finding::schema(
            "/document/csaf_version",
            format!("CSAF の版「{version}」は読めません。2.0 か 2.1 にしてください。"),
            format!("`{version}` is no version of CSAF known here: use 2.0 or 2.1"),
        )];
    };
    let mut found = Vec::new();
    if let Some(rules) = edition.rules() {
        found = object::check(rules, "csaf", json, most);
    }
    let advisory = Advisory::new(json, edition, now);
    if advisory.references() > MOST_REFERENCES {
        found.push(Finding::schema(
            "/product_tree/product_groups",
            "製品グループを通じた参照が多すぎて検査できません。文書を分けてください。",
            "too many references through product groups to be tested: split the document",
        ));
        return found;
    }
    for (number, level, editions, test) in TESTS {
        if editions.contains(&edition) && found.len() < most {
            let mut sink = Sink {
                test: number,
                level: *level,
                most,
                found: &mut found,
            };
            test(&advisory, &mut sink);
        }
    }
    found
}

/// References of items to products through groups that are followed. Nested, a small document could ask for any number.
const MOST_REFERENCES: usize = 2_000_000;

type Test = fn(&Advisory<'_>, &mut Sink<'_>);

const BOTH: &[Edition] = &[Edition::V20, Edition::V21];
const OLD: &[Edition] = &[Edition::V20];
const NEW: &[Edition] = &[Edition::V21];

/// Every test by its number. Tests whose outcome needs a network are told from what needs none: see each function.
const TESTS: &[(&str, Level, &[Edition], Test)] = {
    use Level::{Informative, Mandatory, Recommended};
    &[
        ("6.1.1", Mandatory, BOTH, product::missing_product),
        ("6.1.2", Mandatory, BOTH, product::repeated_product),
        ("6.1.3", Mandatory, BOTH, product::circle),
        ("6.1.4", Mandatory, BOTH, product::missing_group),
        ("6.1.5", Mandatory, BOTH, product::repeated_group),
        ("6.1.6", Mandatory, BOTH, status::contradicting),
        ("6.1.7", Mandatory, BOTH, scores::repeated),
        ("6.1.8", Mandatory, BOTH, scores::schema),
        ("6.1.9", Mandatory, BOTH, scores::computation),
        ("6.1.10", Mandatory, BOTH, scores::properties),
        ("6.1.11", Mandatory, BOTH, registry::weakness),
        ("6.1.12", Mandatory, BOTH, words::language),
        ("6.1.13", Mandatory, BOTH, product::purl),
        ("6.1.14", Mandatory, BOTH, history::sorted),
        ("6.1.15", Mandatory, BOTH, words::translator),
        ("6.1.16", Mandatory, BOTH, history::latest),
        ("6.1.17", Mandatory, BOTH, history::draft),
        ("6.1.18", Mandatory, BOTH, history::released),
        ("6.1.19", Mandatory, BOTH, history::pre_release),
        ("6.1.20", Mandatory, BOTH, history::non_draft),
        ("6.1.21", Mandatory, BOTH, history::gap),
        ("6.1.22", Mandatory, BOTH, history::repeated),
        ("6.1.23", Mandatory, BOTH, sundry::repeated_cve),
        ("6.1.24", Mandatory, BOTH, sundry::repeated_involvement),
        ("6.1.25", Mandatory, BOTH, product::repeated_hash),
        ("6.1.26", Mandatory, BOTH, profile::prohibited_category),
        ("6.1.27.1", Mandatory, BOTH, profile::notes),
        ("6.1.27.2", Mandatory, BOTH, profile::references),
        ("6.1.27.3", Mandatory, BOTH, profile::no_vulnerabilities),
        ("6.1.27.4", Mandatory, BOTH, profile::product_tree),
        ("6.1.27.5", Mandatory, BOTH, profile::vulnerability_notes),
        ("6.1.27.6", Mandatory, BOTH, profile::product_status),
        ("6.1.27.7", Mandatory, BOTH, profile::vex_status),
        ("6.1.27.8", Mandatory, BOTH, profile::vulnerability_id),
        ("6.1.27.9", Mandatory, BOTH, profile::impact),
        ("6.1.27.10", Mandatory, BOTH, profile::action),
        ("6.1.27.11", Mandatory, BOTH, profile::vulnerabilities),
        ("6.1.27.12", Mandatory, NEW, profile::affected),
        ("6.1.27.13", Mandatory, NEW, profile::corresponding_affected),
        ("6.1.27.14", Mandatory, NEW, profile::ending_notes),
        ("6.1.27.15", Mandatory, NEW, profile::ending_products),
        ("6.1.27.16", Mandatory, NEW, profile::ending_history),
        ("6.1.27.17", Mandatory, NEW, profile::reason_withdrawal),
        ("6.1.27.18", Mandatory, NEW, profile::reason_supersession),
        ("6.1.27.19", Mandatory, NEW, profile::superseding),
        ("6.1.28", Mandatory, BOTH, words::translation),
        ("6.1.29", Mandatory, BOTH, status::remediation_without_product),
        ("6.1.30", Mandatory, BOTH, history::mixed),
        ("6.1.31", Mandatory, BOTH, ranges::in_version),
        ("6.1.32", Mandatory, BOTH, status::flag_without_product),
        ("6.1.33", Mandatory, BOTH, status::flags),
        ("6.1.34", Mandatory, NEW, product::depth),
        ("6.1.35", Mandatory, NEW, status::remediations),
        ("6.1.36", Mandatory, NEW, status::prohibited_remediation),
        ("6.1.37", Mandatory, NEW, history::date_times),
        ("6.1.38", Mandatory, NEW, sundry::max_uuid),
        ("6.1.39", Mandatory, NEW, sundry::public_group),
        ("6.1.40", Mandatory, NEW, sundry::group_name),
        ("6.1.41", Mandatory, NEW, sundry::missing_group_name),
        ("6.1.42", Mandatory, NEW, product::purl_qualifiers),
        ("6.1.43", Mandatory, NEW, product::stars_in_model),
        ("6.1.44", Mandatory, NEW, product::stars_in_serial),
        ("6.1.45", Mandatory, NEW, history::disclosure),
        ("6.1.46", Mandatory, NEW, ssvc::schema),
        ("6.1.47", Mandatory, NEW, ssvc::targets),
        ("6.1.48", Mandatory, NEW, ssvc::points),
        ("6.1.49", Mandatory, NEW, history::ssvc),
        ("6.1.50", Mandatory, NEW, ranges::rules),
        ("6.1.51", Mandatory, NEW, history::epss),
        ("6.1.52", Mandatory, NEW, history::exploitation),
        ("6.1.53", Mandatory, NEW, history::exploitation_order),
        ("6.1.54", Mandatory, NEW, words::licence_expression),
        ("6.1.55", Mandatory, NEW, words::licence_text),
        ("6.1.56", Mandatory, NEW, scores::with_rating),
        ("6.1.57", Mandatory, NEW, product::stacked),
        ("6.1.58", Mandatory, NEW, product::version_and_range),
        ("6.1.59", Mandatory, NEW, ranges::single),
        ("6.1.60.1", Mandatory, NEW, extensions::content),
        ("6.1.60.2", Mandatory, NEW, extensions::declared),
        ("6.1.61", Mandatory, NEW, product::stars_in_sku),
        ("6.2.1", Recommended, BOTH, product::unused),
        ("6.2.2", Recommended, BOTH, status::missing_remediation),
        ("6.2.3", Recommended, BOTH, status::missing_metric),
        ("6.2.4", Recommended, BOTH, history::build),
        ("6.2.5", Recommended, BOTH, history::initial),
        ("6.2.6", Recommended, BOTH, history::current),
        ("6.2.7", Recommended, BOTH, sundry::involvement_date),
        ("6.2.8", Recommended, BOTH, product::only_md5),
        ("6.2.9", Recommended, BOTH, product::only_sha1),
        ("6.2.10", Recommended, OLD, sundry::tlp),
        ("6.2.11", Recommended, BOTH, sundry::canonical),
        ("6.2.12", Recommended, BOTH, words::no_language),
        ("6.2.13", Recommended, BOTH, sundry::sorting),
        ("6.2.14", Recommended, BOTH, words::private_language),
        ("6.2.15", Recommended, BOTH, words::default_language),
        ("6.2.16", Recommended, BOTH, product::no_helper),
        ("6.2.17", Recommended, BOTH, sundry::cve_in_ids),
        ("6.2.18", Recommended, BOTH, ranges::without_vers),
        ("6.2.19", Recommended, BOTH, scores::fixed),
        ("6.2.20", Recommended, BOTH, sundry::additional),
        ("6.2.21", Recommended, NEW, history::same_time),
        ("6.2.22", Recommended, NEW, sundry::id_in_title),
        ("6.2.23", Recommended, NEW, registry::deprecated_weakness),
        ("6.2.24", Recommended, NEW, registry::old_weakness),
        ("6.2.25", Recommended, NEW, registry::forbidden_weakness),
        ("6.2.26", Recommended, NEW, registry::reviewed_weakness),
        ("6.2.27", Recommended, NEW, status::discouraged_remediation),
        ("6.2.28", Recommended, NEW, sundry::uses_max_uuid),
        ("6.2.29", Recommended, NEW, sundry::uses_nil_uuid),
        ("6.2.30", Recommended, NEW, sundry::group_on_clear),
        ("6.2.31", Recommended, NEW, product::hardware),
        ("6.2.32", Recommended, NEW, product::same_helper),
        ("6.2.33", Recommended, NEW, history::disclosure_past),
        ("6.2.34", Recommended, NEW, ssvc::unknown_base),
        ("6.2.35", Recommended, NEW, ssvc::unregistered_clear),
        ("6.2.36", Recommended, NEW, ssvc::extension_clear),
        ("6.2.37", Recommended, NEW, ssvc::without_resource),
        ("6.2.38", Recommended, NEW, profile::deprecated),
        ("6.2.39.1", Recommended, NEW, profile::missing_fixed),
        ("6.2.39.2", Recommended, NEW, profile::translated_withdrawal),
        ("6.2.39.3", Recommended, NEW, profile::translated_supersession),
        ("6.2.39.4", Recommended, NEW, profile::translated_superseding),
        ("6.2.39.5", Recommended, NEW, extensions::in_ended),
        ("6.2.40", Recommended, NEW, words::product_description),
        ("6.2.41", Recommended, NEW, history::old_epss),
        ("6.2.42", Recommended, NEW, product::helper_differs),
        ("6.2.43", Recommended, NEW, words::no_licence),
        ("6.2.44", Recommended, NEW, words::deprecated_licence),
        ("6.2.45", Recommended, NEW, words::unknown_licence),
        ("6.2.46", Recommended, NEW, words::translated_licence),
        ("6.2.47", Recommended, NEW, scores::own_rating),
        ("6.2.48", Recommended, NEW, product::open_source_vendor),
        ("6.2.49", Recommended, NEW, ranges::open_ended),
        ("6.2.50.1", Recommended, NEW, ranges::contradicting_vers),
        ("6.2.50.2", Recommended, NEW, ranges::contradicting_vls),
        ("6.2.50.3", Recommended, NEW, ranges::contradicting_version),
        ("6.2.51", Recommended, NEW, ranges::unknown_type),
        ("6.2.52", Recommended, NEW, product::unknown_hash),
        ("6.2.53", Recommended, NEW, registry::id_text),
        ("6.2.54.1", Recommended, NEW, extensions::unregistered),
        ("6.2.54.2", Recommended, NEW, extensions::unofficial),
        ("6.2.54.3", Recommended, NEW, extensions::critical),
        ("6.2.54.4", Recommended, NEW, extensions::experimental_clear),
        ("6.3.1", Informative, BOTH, scores::only_v2),
        ("6.3.2", Informative, BOTH, scores::v3_0),
        ("6.3.3", Informative, BOTH, sundry::no_cve),
        ("6.3.4", Informative, BOTH, registry::no_weakness),
        ("6.3.5", Informative, BOTH, product::short_hash),
        ("6.3.6", Informative, BOTH, sundry::dead_links),
        ("6.3.7", Informative, BOTH, sundry::dead_self_links),
        ("6.3.9", Informative, BOTH, product::branch_categories),
        ("6.3.10", Informative, BOTH, ranges::used),
        ("6.3.11", Informative, BOTH, ranges::v_prefix),
        ("6.3.12", Informative, NEW, scores::no_v4),
        ("6.3.13", Informative, NEW, ssvc::old_point),
        ("6.3.14", Informative, NEW, ssvc::unregistered_closed),
        ("6.3.15", Informative, NEW, ssvc::extension_closed),
        ("6.3.17", Informative, NEW, words::unregistered_licence),
        ("6.3.18", Informative, NEW, scores::rating),
        ("6.3.19.1", Informative, NEW, ranges::same_vers),
        ("6.3.19.2", Informative, NEW, ranges::same_vls),
        ("6.3.19.3", Informative, NEW, ranges::same_version),
        ("6.3.19.4", Informative, NEW, ranges::branch_range),
        ("6.3.19.5", Informative, NEW, ranges::branch_version),
        ("6.3.20", Informative, NEW, registry::id_system),
        ("6.3.21.1", Informative, NEW, extensions::essential),
        ("6.3.21.2", Informative, NEW, extensions::experimental_closed),
        ("6.3.21.3", Informative, NEW, extensions::at_document),
        ("6.3.21.4", Informative, NEW, extensions::at_branches),
        ("6.3.21.5", Informative, NEW, extensions::at_names),
        ("6.3.21.6", Informative, NEW, extensions::at_paths),
        ("6.3.21.7", Informative, NEW, extensions::at_metrics),
        ("6.3.21.8", Informative, NEW, extensions::at_vulnerabilities),
        ("6.3.21.9", Informative, NEW, extensions::at_root),
        ("6.3.22", Informative, NEW, product::nested_path),
    ]
};

/// Where a test puts what it finds.
struct Sink<'f> {
    test: &'static str,
    level: Level,
    most: usize,
    found: &'f mut Vec<Finding>,
}

impl Sink<'_> {
    /// Says that a test could not be made: a warning, which leaves the document as valid as it is.
    fn warn(&mut self, path: impl Into<String>, ja: impl Into<String>, en: impl Into<String>) {
        let level = std::mem::replace(&mut self.level, Level::Recommended);
        self.say(path, ja, en);
        self.level = level;
    }

    fn say(&mut self, path: impl Into<String>, ja: impl Into<String>, en: impl Into<String>) {
        if self.found.len() < self.most {
            self.found.push(Finding {
                test: self.test,
                level: self.level,
                path: path.into(),
                ja: ja.into(),
                en: en.into(),
            });
        }
    }
}

/// A document with what most tests ask of it.
struct Advisory<'j> {
    json: &'j Json,
    edition: Edition,
    /// When the document is validated.
    now: Timestamp,
    /// `/document`
    document: &'j Json,
    /// `/document/tracking`
    tracking: &'j Json,
    /// Every product defined, in the order of the document.
    products: Vec<Product<'j>>,
    /// Product groups with their members.
    groups: HashMap<&'j str, Vec<&'j str>>,
}

/// A product definition.
struct Product<'j> {
    id: &'j str,
    path: String,
    json: &'j Json,
    /// Branches from the root to it: category and name. Empty outside branches.
    branches: Vec<Branch<'j>>,
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Branch,
    Name,
    /// A product path (2.1) or relationship (2.0).
    Path,
}

#[derive(Clone)]
struct Branch<'j> {
    category: &'j str,
    name: &'j str,
    path: String,
}

/// A vulnerability with its place.
struct Vulnerability<'j> {
    path: String,
    json: &'j Json,
}

impl<'j> Advisory<'j> {
    fn new(json: &'j Json, edition: Edition, now: Timestamp) -> Self {
        let tree = json.at("product_tree");
        let mut products = Vec::new();
        walk(
            tree,
            "/product_tree",
            &mut Vec::new(),
            &mut |path, branch, above| {
                if let Some(product) = branch.get("product") {
                    products.push(Product {
                        id: product.text_at("product_id").unwrap_or_default(),
                        path: format!("{path}/product"),
                        json: product,
                        branches: above.to_vec(),
                        origin: Origin::Branch,
                    });
                }
            },
        );
        let mut define = |path: String, product: &'j Json, origin| {
            products.push(Product {
                id: product.text_at("product_id").unwrap_or_default(),
                path,
                json: product,
                branches: Vec::new(),
                origin,
            });
        };
        for (path, product) in tree.items_at("/product_tree", "full_product_names") {
            define(path, product, Origin::Name);
        }
        for list in ["relationships", "product_paths"] {
            for (path, item) in tree.items_at("/product_tree", list) {
                if let Some(product) = item.get("full_product_name") {
                    define(format!("{path}/full_product_name"), product, Origin::Path);
                }
            }
        }
        let groups = tree.at("product_groups").items().iter();
        Self {
            json,
            edition,
            now,
            document: json.at("document"),
            tracking: json.path(&["document", "tracking"]),
            products,
            groups: groups
                .map(|group| {
                    let id = group.text_at("group_id").unwrap_or_default();
                    (id, group.at("product_ids").texts().collect())
                })
                .collect(),
        }
    }

    /// How many references to products there are through groups.
    fn references(&self) -> usize {
        let items = self
            .vulnerabilities()
            .flat_map(|vulnerability| vulnerability.json.members());
        let items = items.flat_map(|(_, list)| list.items());
        let groups = items.flat_map(|item| item.at("group_ids").texts());
        groups.filter_map(|id| self.groups.get(id)).map(Vec::len).sum()
    }

    fn category(&self) -> &'j str {
        self.document.text_at("category").unwrap_or_default()
    }

    fn status(&self) -> &'j str {
        self.tracking.text_at("status").unwrap_or_default()
    }

    fn is_released(&self) -> bool {
        matches!(self.status(), "final" | "interim")
    }

    fn is_clear(&self) -> bool {
        let label = self.document.path(&["distribution", "tlp", "label"]).text();
        matches!(label, Some("CLEAR" | "WHITE"))
    }

    fn vulnerabilities(&self) -> impl Iterator<Item = Vulnerability<'j>> {
        self.json
            .items_at("", "vulnerabilities")
            .map(|(path, json)| Vulnerability { path, json })
    }

    /// Products that an item names, directly and through groups.
    fn members(&self, item: &'j Json) -> BTreeSet<&'j str> {
        let groups = item.at("group_ids").texts();
        let through = groups.filter_map(|id| self.groups.get(id)).flatten().copied();
        item.at("product_ids").texts().chain(through).collect()
    }

    /// Each branch with its path and the branches from the root to it, itself last.
    fn branches(&self) -> Vec<(String, &'j Json, Vec<Branch<'j>>)> {
        let mut found = Vec::new();
        let tree = self.json.at("product_tree");
        walk(
            tree,
            "/product_tree",
            &mut Vec::new(),
            &mut |path, branch, above| {
                found.push((path.to_owned(), branch, above.to_vec()));
            },
        );
        found
    }

    /// Names of branches of one category, with their path.
    fn branch_names(&self, category: &str) -> Vec<(String, &'j str)> {
        let branches = self.branches().into_iter();
        branches
            .filter(|(_, branch, _)| branch.text_at("category") == Some(category))
            .filter_map(|(path, branch, _)| Some((format!("{path}/name"), branch.text_at("name")?)))
            .collect()
    }

    /// Metrics (2.1) or scores (2.0) of a vulnerability in one form.
    fn metrics(&self, vulnerability: &Vulnerability<'j>) -> Vec<Metric<'j>> {
        let old = self.edition == Edition::V20;
        let list = if old { "scores" } else { "metrics" };
        let items = vulnerability.json.items_at(&vulnerability.path, list);
        items
            .map(|(path, item)| Metric {
                content: if old { item } else { item.at("content") },
                at: if old {
                    path.clone()
                } else {
                    format!("{path}/content")
                },
                products: item.at("products").texts().collect(),
                source: item.text_at("source"),
                path,
            })
            .collect()
    }

    /// The language of the document without region and script, nothing if unspecified.
    fn language(&self) -> Option<&'j str> {
        let lang = self.document.text_at("lang")?;
        lang.split('-').next()
    }

    fn is_english(&self) -> bool {
        self.language().is_none_or(|lang| lang.eq_ignore_ascii_case("en"))
    }
}

/// What is measured of a vulnerability for some products.
struct Metric<'j> {
    path: String,
    /// Path of `content`.
    at: String,
    content: &'j Json,
    products: Vec<&'j str>,
    source: Option<&'j str>,
}

/// Visits every branch below a node: its path, itself, and the branches down to it.
fn walk<'j>(
    node: &'j Json,
    path: &str,
    above: &mut Vec<Branch<'j>>,
    visit: &mut dyn FnMut(&str, &'j Json, &[Branch<'j>]),
) {
    for (path, branch) in node.items_at(path, "branches") {
        above.push(Branch {
            category: branch.text_at("category").unwrap_or_default(),
            name: branch.text_at("name").unwrap_or_default(),
            path: path.clone(),
        });
        visit(&path, branch, above);
        walk(branch, &path, above, visit);
        above.pop();
    }
}

/// A moment, if the text is one.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// FNV-1a, by which the tables keep names without their text.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        for edition in BOTH {
            assert_eq!(edition.rules().unwrap().faults(), Vec::<String>::new());
        }
    }

    #[test]
    fn numbers_are_in_order_and_once() {
        let key = |number: &str| {
            number
                .split('.')
                .map(|part| part.parse::<u32>().unwrap())
                .collect::<Vec<_>>()
        };
        assert!(TESTS.windows(2).all(|pair| key(pair[0].0) < key(pair[1].0)));
    }
}
