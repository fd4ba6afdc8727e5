//! Tests of the product tree: identifiers defined and referred to, branches, and what helps to identify a product.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::json::Json;
use super::{Advisory, Edition, Origin, Product, Sink, extensions};
use crate::purl::Purl;

/// Each reference to a product with its path.
fn references<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j str)> {
    let mut found = Vec::new();
    let mut list = |path: String, ids: &'j Json| {
        let ids = ids.items().iter().enumerate();
        found.extend(ids.filter_map(|(index, id)| Some((format!("{path}/{index}"), id.text()?))));
    };
    let tree = advisory.json.at("product_tree");
    for (path, note) in advisory.document.items_at("/document", "notes") {
        list(format!("{path}/product_ids"), note.at("product_ids"));
    }
    for (path, group) in tree.items_at("/product_tree", "product_groups") {
        list(format!("{path}/product_ids"), group.at("product_ids"));
    }
    for vulnerability in advisory.vulnerabilities() {
        let at = &vulnerability.path;
        let lists = [
            "first_known_exploitation_dates",
            "flags",
            "ids",
            "involvements",
            "notes",
            "remediations",
            "threats",
        ];
        for name in lists {
            for (path, item) in vulnerability.json.items_at(at, name) {
                list(format!("{path}/product_ids"), item.at("product_ids"));
            }
        }
        for name in ["metrics", "scores"] {
            for (path, item) in vulnerability.json.items_at(at, name) {
                list(format!("{path}/products"), item.at("products"));
            }
        }
        for (name, ids) in vulnerability.json.at("product_status").members() {
            list(format!("{at}/product_status/{name}"), ids);
        }
    }
    for (path, item) in tree.items_at("/product_tree", "relationships") {
        for name in ["product_reference", "relates_to_product_reference"] {
            found.extend(item.text_at(name).map(|id| (format!("{path}/{name}"), id)));
        }
    }
    for (path, item) in tree.items_at("/product_tree", "product_paths") {
        let name = "beginning_product_reference";
        found.extend(item.text_at(name).map(|id| (format!("{path}/{name}"), id)));
        for (path, subpath) in item.items_at(&path, "subpaths") {
            let name = "next_product_reference";
            found.extend(subpath.text_at(name).map(|id| (format!("{path}/{name}"), id)));
        }
    }
    found
}

/// 6.1.1. An extension that is marked critical is one that changes what mandatory tests say: what it defines counts as defined.
pub(super) fn missing_product(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut defined: HashSet<&str> = advisory.products.iter().map(|product| product.id).collect();
    defined.extend(extensions::products(advisory));
    for (path, id) in references(advisory) {
        if !defined.contains(id) {
            sink.say(
                path,
                format!("製品 ID「{id}」が product_tree に定義されていません。"),
                format!("product ID `{id}` is not defined in the product tree"),
            );
        }
    }
}

/// 6.1.2
pub(super) fn repeated_product(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for product in &advisory.products {
        if !seen.insert(product.id) {
            sink.say(
                format!("{}/product_id", product.path),
                format!("製品 ID「{}」が二度定義されています。", product.id),
                format!("product ID `{}` is defined twice", product.id),
            );
        }
    }
}

/// What each product made of others is made of.
fn made_of<'j>(advisory: &Advisory<'j>) -> HashMap<&'j str, Vec<&'j str>> {
    let tree = advisory.json.at("product_tree");
    let mut made: HashMap<&str, Vec<&str>> = HashMap::new();
    for item in tree
        .at("relationships")
        .items()
        .iter()
        .chain(tree.at("product_paths").items())
    {
        let Some(id) = item.path(&["full_product_name", "product_id"]).text() else {
            continue;
        };
        let names = [
            "product_reference",
            "relates_to_product_reference",
            "beginning_product_reference",
        ];
        let direct = names.iter().filter_map(|name| item.text_at(name));
        let next = item.at("subpaths").items().iter();
        let next = next.filter_map(|subpath| subpath.text_at("next_product_reference"));
        made.entry(id).or_default().extend(direct.chain(next));
    }
    made
}

/// 6.1.3. What is made of products that are not on a circle cannot lead back to itself: those are taken away until none is left.
pub(super) fn circle(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let made = made_of(advisory);
    let mut used_by: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut open_parts: HashMap<&str, usize> = HashMap::new();
    for (id, parts) in &made {
        let parts = parts.iter().filter(|part| made.contains_key(*part));
        open_parts.insert(id, parts.clone().count());
        for part in parts {
            used_by.entry(part).or_default().push(id);
        }
    }
    let mut free: Vec<&str> = open_parts
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    while let Some(id) = free.pop() {
        open_parts.remove(id);
        for user in used_by.get(id).into_iter().flatten() {
            if let Some(count) = open_parts.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    free.push(user);
                }
            }
        }
    }
    for product in advisory
        .products
        .iter()
        .filter(|product| open_parts.contains_key(product.id))
    {
        sink.say(
            format!("{}/product_id", product.path),
            format!("製品 ID「{}」の定義が自分自身に戻ります。", product.id),
            format!("product ID `{}` is defined through itself", product.id),
        );
    }
}

/// 6.1.4
pub(super) fn missing_group(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut say = |path: &str, item: &Json| {
        for (index, id) in item.at("group_ids").items().iter().enumerate() {
            let id = id.text().unwrap_or_default();
            if !advisory.groups.contains_key(id) {
                sink.say(
                    format!("{path}/group_ids/{index}"),
                    format!("製品グループ ID「{id}」が product_tree に定義されていません。"),
                    format!("product group ID `{id}` is not defined in the product tree"),
                );
            }
        }
    };
    for (path, note) in advisory.document.items_at("/document", "notes") {
        say(&path, note);
    }
    for vulnerability in advisory.vulnerabilities() {
        for (name, list) in vulnerability.json.members() {
            for (index, item) in list.items().iter().enumerate() {
                say(&format!("{}/{name}/{index}", vulnerability.path), item);
            }
        }
    }
}

/// 6.1.5
pub(super) fn repeated_group(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for (path, group) in advisory
        .json
        .at("product_tree")
        .items_at("/product_tree", "product_groups")
    {
        let id = group.text_at("group_id").unwrap_or_default();
        if !seen.insert(id) {
            sink.say(
                format!("{path}/group_id"),
                format!("製品グループ ID「{id}」が二度定義されています。"),
                format!("product group ID `{id}` is defined twice"),
            );
        }
    }
}

fn helper<'j>(product: &Product<'j>) -> (&'j Json, String) {
    let name = "product_identification_helper";
    (product.json.at(name), format!("{}/{name}", product.path))
}

pub(super) fn purls<'j>(product: &Product<'j>) -> Vec<(String, &'j str)> {
    let (helper, path) = helper(product);
    let one = helper.text_at("purl").map(|purl| (format!("{path}/purl"), purl));
    let several = helper.items_at(&path, "purls");
    one.into_iter()
        .chain(several.filter_map(|(path, purl)| Some((path, purl.text()?))))
        .collect()
}

/// 6.1.13
pub(super) fn purl(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, purl) in advisory.products.iter().flat_map(purls) {
        if let Err(refusal) = Purl::parse(purl) {
            sink.say(path, refusal.ja, refusal.en);
        } else if advisory.edition == Edition::V21 && purl.starts_with("pkg:/") {
            sink.say(
                path,
                "purl は「pkg:型/…」の形で書いてください（「pkg:/」で始めない）。",
                "write the package URL as pkg:type/…, not with slashes after the scheme",
            );
        }
    }
}

/// 6.1.42
pub(super) fn purl_qualifiers(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in &advisory.products {
        let parsed = purls(product);
        let parsed = parsed
            .iter()
            .filter_map(|(path, purl)| Some((path, Purl::read(purl).ok()?)));
        let base = |purl: &Purl| {
            let parts = [
                purl.namespace(),
                Some(purl.name()),
                purl.version(),
                purl.subpath(),
            ];
            (purl.kind().to_owned(), parts.map(|part| part.map(str::to_owned)))
        };
        let mut first = None;
        for (path, purl) in parsed {
            let base = base(&purl);
            if first.get_or_insert_with(|| base.clone()) != &base {
                sink.say(
                    path,
                    "一つの製品の purl は、修飾子（?以降）だけが違うようにしてください。",
                    "the package URLs of one product may differ in their qualifiers only",
                );
            }
        }
    }
}

fn file_hashes<'j>(product: &Product<'j>) -> impl Iterator<Item = (String, &'j Json)> {
    let (helper, path) = helper(product);
    let hashes: Vec<_> = helper.items_at(&path, "hashes").collect();
    hashes
        .into_iter()
        .map(|(path, hash)| (format!("{path}/file_hashes"), hash.at("file_hashes")))
}

fn algorithms(hashes: &Json) -> Vec<&str> {
    hashes
        .items()
        .iter()
        .filter_map(|hash| hash.text_at("algorithm"))
        .collect()
}

/// 6.1.25
pub(super) fn repeated_hash(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, hashes) in advisory.products.iter().flat_map(file_hashes) {
        let mut seen = HashSet::new();
        for (index, algorithm) in algorithms(hashes).into_iter().enumerate() {
            if !seen.insert(algorithm) {
                sink.say(
                    format!("{path}/{index}"),
                    format!("ハッシュ関数「{algorithm}」が二度使われています。"),
                    format!("hash algorithm `{algorithm}` is used twice"),
                );
            }
        }
    }
}

fn only(advisory: &Advisory<'_>, sink: &mut Sink<'_>, weak: &str) {
    for (path, hashes) in advisory.products.iter().flat_map(file_hashes) {
        let algorithms = algorithms(hashes);
        if !algorithms.is_empty() && algorithms.iter().all(|algorithm| *algorithm == weak) {
            sink.say(
                path,
                format!("{weak} のほかに、より強いハッシュ値も書いてください。"),
                format!("give a stronger hash beside {weak}"),
            );
        }
    }
}

/// 6.2.8
pub(super) fn only_md5(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    only(advisory, sink, "md5");
}

/// 6.2.9
pub(super) fn only_sha1(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    only(advisory, sink, "sha1");
}

/// Names of digests that OpenSSL has.
const DIGESTS: [&str; 25] = [
    "blake2b512",
    "blake2s256",
    "md4",
    "md5",
    "md5-sha1",
    "mdc2",
    "ripemd",
    "ripemd160",
    "rmd160",
    "sha1",
    "sha224",
    "sha256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "sha384",
    "sha512",
    "sha512-224",
    "sha512-256",
    "shake128",
    "shake256",
    "sm3",
    "ssl3-md5",
    "ssl3-sha1",
];

/// 6.2.52
pub(super) fn unknown_hash(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, hashes) in advisory.products.iter().flat_map(file_hashes) {
        for (index, algorithm) in algorithms(hashes).into_iter().enumerate() {
            if !DIGESTS.contains(&algorithm) && algorithm != "whirlpool" {
                sink.say(
                    format!("{path}/{index}/algorithm"),
                    format!("「{algorithm}」は仕様書に挙げられたハッシュ関数ではありません。"),
                    format!("`{algorithm}` is not among the hash algorithms that the standard names"),
                );
            }
        }
    }
}

/// 6.3.5
pub(super) fn short_hash(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, hashes) in advisory.products.iter().flat_map(file_hashes) {
        for (index, hash) in hashes.items().iter().enumerate() {
            if hash.text_at("value").is_some_and(|value| value.len() < 64) {
                sink.say(
                    format!("{path}/{index}/value"),
                    "ハッシュ値が 64 文字より短いです。",
                    "the hash value is shorter than 64 characters",
                );
            }
        }
    }
}

fn stars(advisory: &Advisory<'_>, sink: &mut Sink<'_>, list: &str) {
    for product in &advisory.products {
        let (helper, path) = helper(product);
        for (path, text) in helper.items_at(&path, list) {
            let mut escaped = false;
            let mut count = 0;
            for character in text.text().unwrap_or_default().chars() {
                count += usize::from(character == '*' && !escaped);
                escaped = character == '\\' && !escaped;
            }
            if count > 1 {
                sink.say(
                    path,
                    "「*」は一つまでです（文字としての * は \\* と書いてください）。",
                    "at most one unescaped star may be used",
                );
            }
        }
    }
}

/// 6.1.43
pub(super) fn stars_in_model(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    stars(advisory, sink, "model_numbers");
}

/// 6.1.44
pub(super) fn stars_in_serial(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    stars(advisory, sink, "serial_numbers");
}

/// 6.1.61
pub(super) fn stars_in_sku(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    stars(advisory, sink, "skus");
}

/// 6.1.34
pub(super) fn depth(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in advisory
        .products
        .iter()
        .filter(|product| product.branches.len() > 30)
    {
        sink.say(
            &product.path,
            "branches の入れ子は 30 段までにしてください。",
            "branches may nest at most 30 times",
        );
    }
}

/// 6.1.57
pub(super) fn stacked(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in &advisory.products {
        let mut seen = HashSet::new();
        for branch in &product.branches {
            if branch.category != "product_family" && !seen.insert(branch.category) {
                sink.say(
                    format!("{}/category", branch.path),
                    format!("branches の同じ道筋に「{}」が二度あります。", branch.category),
                    format!("category `{}` is used twice along one path", branch.category),
                );
            }
        }
    }
}

/// 6.1.58
pub(super) fn version_and_range(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in &advisory.products {
        let has = |category| product.branches.iter().any(|branch| branch.category == category);
        if has("product_version") && has("product_version_range") {
            sink.say(
                &product.path,
                "同じ道筋に product_version と product_version_range の両方があります。",
                "product_version and product_version_range are both used along one path",
            );
        }
    }
}

/// 6.2.1
pub(super) fn unused(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.category() == "csaf_informational_advisory" {
        return;
    }
    let used: HashSet<&str> = references(advisory).into_iter().map(|(_, id)| id).collect();
    for product in advisory
        .products
        .iter()
        .filter(|product| !used.contains(product.id))
    {
        sink.say(
            format!("{}/product_id", product.path),
            format!("製品 ID「{}」はどこからも参照されていません。", product.id),
            format!("product ID `{}` is defined and never used", product.id),
        );
    }
}

/// 6.2.16
pub(super) fn no_helper(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in &advisory.products {
        if product.json.get("product_identification_helper").is_none() {
            sink.say(
                &product.path,
                "製品を見分ける手がかり（purl、CPE、型番など）を書いてください。",
                "give something to identify the product by (purl, CPE, model number …)",
            );
        }
    }
}

/// 6.2.31
pub(super) fn hardware(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let made = made_of(advisory);
    let used: HashSet<&str> = made.values().flatten().copied().collect();
    for product in &advisory.products {
        let (helper, path) = helper(product);
        let is_hardware = ["serial_numbers", "model_numbers"]
            .iter()
            .any(|name| helper.get(name).is_some());
        if is_hardware && !used.contains(product.id) && product.origin != Origin::Path {
            sink.say(
                path,
                "型番や製造番号のある製品は、ソフトウェアと product_paths で結んでください。",
                "connect a product with model or serial numbers to its software by a product path",
            );
        }
    }
}

/// 6.2.32
pub(super) fn same_helper(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let mut seen: HashMap<(&str, String), &str> = HashMap::new();
    for product in &advisory.products {
        let (helper, path) = helper(product);
        for (name, value) in helper.members() {
            let values: BTreeSet<String> = match value {
                Json::List(items) => items.iter().map(unordered).collect(),
                other => [other.canonical()].into(),
            };
            for value in values {
                let other = seen.entry((name, value)).or_insert(product.id);
                if *other != product.id {
                    sink.say(
                        format!("{path}/{name}"),
                        format!("製品「{other}」と同じ値です。"),
                        format!("has the same value as product `{other}`"),
                    );
                }
            }
        }
    }
}

/// A value whose lists count as sets.
fn unordered(json: &Json) -> String {
    match json {
        Json::List(items) => {
            let items: BTreeSet<String> = items.iter().map(unordered).collect();
            format!("{items:?}")
        }
        Json::Object(members) => {
            let members: BTreeMap<&str, String> = members
                .iter()
                .map(|(name, value)| (name.as_str(), unordered(value)))
                .collect();
            format!("{members:?}")
        }
        other => other.canonical(),
    }
}

/// 6.2.48
pub(super) fn open_source_vendor(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name) in advisory.branch_names("vendor") {
        let plain: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        if plain.eq_ignore_ascii_case("opensource") {
            sink.say(
                path,
                "供給者の名前として Open Source とは書かず、実際の名前を書いてください。",
                "name the vendor itself, not `Open Source`",
            );
        }
    }
}

/// 6.3.9
pub(super) fn branch_categories(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in advisory
        .products
        .iter()
        .filter(|product| product.origin == Origin::Branch)
    {
        let mut wanted = ["vendor", "product_name", "product_version"]
            .into_iter()
            .peekable();
        for branch in &product.branches {
            wanted.next_if(|category| *category == branch.category);
        }
        if let Some(missing) = wanted.next() {
            sink.say(
                &product.path,
                format!("vendor → product_name → product_version の順の branches がありません（{missing}）。"),
                format!("the branches vendor, product_name, product_version are not there in this order ({missing})"),
            );
        }
    }
}

/// 6.3.22
pub(super) fn nested_path(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let of_path = advisory
        .products
        .iter()
        .filter(|product| product.origin == Origin::Path);
    let defined: HashSet<&str> = of_path.map(|product| product.id).collect();
    for (path, id) in references(advisory) {
        if path.starts_with("/product_tree/product_paths/") && defined.contains(id) {
            sink.say(
                path,
                format!("「{id}」は別の product_paths で定義された製品です。"),
                format!("`{id}` is itself defined by a product path"),
            );
        }
    }
}

/// Branch categories and the component of a CPE 2.3 name that says the same.
const COUNTERPARTS: [(&str, usize); 8] = [
    ("vendor", 3),
    ("product_name", 4),
    ("product_version", 5),
    ("patch_level", 6),
    ("service_pack", 6),
    ("language", 8),
    ("platform", 10),
    ("architecture", 11),
];

/// 6.2.42
pub(super) fn helper_differs(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for product in advisory
        .products
        .iter()
        .filter(|product| product.origin == Origin::Branch)
    {
        let (helper, path) = helper(product);
        let named = |category: &str| {
            let found = product.branches.iter().find(|branch| branch.category == category);
            found.map(|branch| branch.name)
        };
        if let Some(cpe) = helper.text_at("cpe").filter(|cpe| cpe.starts_with("cpe:2.3:")) {
            let fields = crate::cpe::fields(cpe).into_iter();
            let parts = fields.map(|field| field.into_iter().map(|(sign, _)| sign).collect());
            let parts: Vec<String> = parts.collect();
            for (category, at) in COUNTERPARTS {
                let part = parts.get(at).map_or("*", String::as_str);
                let others = COUNTERPARTS.iter().filter(|(_, other)| *other == at);
                let stated = others.filter_map(|(category, _)| named(category)).count() > 0;
                let name = named(category);
                let open = matches!(part, "*" | "-" | "");
                let differs = match name {
                    Some(_) if open => part != "-" || at == 5,
                    Some(name) if at == 5 => !version_agrees(part, name),
                    Some(_) => part.contains('*') || part.contains('?'),
                    None => !open && !stated && at != 5,
                };
                if differs {
                    sink.say(
                        format!("{path}/cpe"),
                        format!(
                            "CPE の「{part}」と branches の {category}（{}）が合いません。",
                            name.unwrap_or("なし")
                        ),
                        format!(
                            "`{part}` in the CPE and {category} ({}) of the branches do not agree",
                            name.unwrap_or("none")
                        ),
                    );
                }
            }
        }
        for (path, text) in purls(product) {
            let Ok(purl) = Purl::read(text) else {
                continue;
            };
            if let Some(version) = named("product_version")
                && !purl.version().is_some_and(|part| version_agrees(part, version))
            {
                sink.say(
                    path,
                    format!("purl の版と branches の product_version（{version}）が合いません。"),
                    format!("the version of the package URL and product_version ({version}) do not agree"),
                );
            }
        }
    }
}

fn version_agrees(part: &str, name: &str) -> bool {
    let plain = |text: &str| text.trim().trim_start_matches(['v', 'V']).to_lowercase();
    plain(part) == plain(name)
}
