//! Tests of extensions: objects of another schema within a document. No extension is known here beyond its frame, and none is
//! registered yet, so their own content cannot be judged: the tests that need it say so.

use super::super::json::Json;
use super::super::rules::object;
use super::{Advisory, Origin, Sink};

const NAME: &str = "x_extensions";

/// Every extension with its path.
fn all<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'j Json)> {
    let mut found: Vec<(String, &Json)> = advisory.json.items_at("", NAME).collect();
    found.extend(advisory.document.items_at("/document", NAME));
    for product in &advisory.products {
        found.extend(product.json.items_at(&product.path, NAME));
    }
    for vulnerability in advisory.vulnerabilities() {
        found.extend(vulnerability.json.items_at(&vulnerability.path, NAME));
        for metric in advisory.metrics(&vulnerability) {
            found.extend(metric.content.items_at(&metric.at, NAME));
        }
    }
    found
}

/// 6.1.60.1
pub(super) fn content(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = advisory.edition.rules() else {
        return;
    };
    for (path, extension) in all(advisory) {
        for finding in object::check_at(rules, "extension", extension, &path, sink.most) {
            sink.say(finding.path, finding.ja, finding.en);
        }
    }
}

/// 6.1.60.2 and 6.1.60.3 ask what an extension's own schema and metadata say. None is known here, so this only says what was not checked.
pub(super) fn declared(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, extension) in all(advisory) {
        let schema = extension.text_at("$schema").unwrap_or_default();
        sink.warn(
            path,
            format!("拡張「{schema}」の中身は検査していません（この拡張に対応していません）。"),
            format!("the content of the extension `{schema}` was not checked: it is not supported"),
        );
    }
}

/// Products that critical extensions define, as the specification's own do: a `full_product_name` with its `product_id`.
pub(super) fn products<'j>(advisory: &Advisory<'j>) -> Vec<&'j str> {
    let mut found = Vec::new();
    let mut open: Vec<&Json> = all(advisory)
        .into_iter()
        .filter(|(_, extension)| *extension.at("critical") == Json::Bool(true))
        .map(|(_, extension)| extension.at("content"))
        .collect();
    while let Some(json) = open.pop() {
        found.extend(json.path(&["full_product_name", "product_id"]).text());
        open.extend(json.items());
        open.extend(json.members().iter().map(|(_, member)| member));
    }
    found
}

fn each(
    advisory: &Advisory<'_>,
    sink: &mut Sink<'_>,
    picks: impl Fn(&str, &Json) -> bool,
    ja: &str,
    en: &str,
) {
    for (path, extension) in all(advisory) {
        if picks(&path, extension) {
            let schema = extension.text_at("$schema").unwrap_or_default();
            sink.say(
                path,
                format!("拡張「{schema}」{ja}。"),
                format!("the extension `{schema}` {en}"),
            );
        }
    }
}

/// 6.2.54.1
pub(super) fn unregistered(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    each(
        advisory,
        sink,
        |_, extension| !is_official(extension),
        "は登録されていません",
        "is not registered",
    );
}

/// Addresses of the TC's own extensions. Those in its folder of test data are examples of such.
fn is_official(extension: &Json) -> bool {
    let schema = extension.text_at("$schema").unwrap_or_default();
    schema.starts_with("https://docs.oasis-open.org/csaf/")
}

/// 6.2.54.2
pub(super) fn unofficial(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    each(
        advisory,
        sink,
        |_, extension| !is_official(extension),
        "は公式のものではありません",
        "is not official",
    );
}

/// 6.2.54.3
pub(super) fn critical(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |_: &str, extension: &Json| *extension.at("critical") == Json::Bool(true);
    each(
        advisory,
        sink,
        picks,
        "は必須の検査に関わります（critical）",
        "is critical",
    );
}

/// 6.2.54.4
pub(super) fn experimental_clear(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_clear() {
        each(
            advisory,
            sink,
            |_, extension| !is_official(extension),
            "は試験的なものです",
            "is experimental",
        );
    }
}

/// 6.3.21.2
pub(super) fn experimental_closed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if !advisory.is_clear() {
        each(
            advisory,
            sink,
            |_, extension| !is_official(extension),
            "は試験的なものです",
            "is experimental",
        );
    }
}

/// 6.2.39.5
pub(super) fn in_ended(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if matches!(advisory.category(), "csaf_withdrawn" | "csaf_superseded") {
        each(
            advisory,
            sink,
            |_, _| true,
            "はこの分類の文書に書けません",
            "should not be in a document of this category",
        );
    }
}

/// 6.3.21.1
pub(super) fn essential(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |_: &str, extension: &Json| extension.text_at("category") == Some("essential");
    each(
        advisory,
        sink,
        picks,
        "を知らないと文書を正しく読めません（essential）",
        "is essential for reading the document",
    );
}

fn at(advisory: &Advisory<'_>, sink: &mut Sink<'_>, start: &str) {
    each(
        advisory,
        sink,
        |path, _| path.starts_with(start),
        "がここにあります",
        "stands here",
    );
}

/// 6.3.21.3
pub(super) fn at_document(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    at(advisory, sink, "/document/");
}

fn at_products(advisory: &Advisory<'_>, sink: &mut Sink<'_>, origin: Origin) {
    for product in advisory
        .products
        .iter()
        .filter(|product| product.origin == origin)
    {
        for (path, _) in product.json.items_at(&product.path, NAME) {
            sink.say(path, "製品の定義に拡張があります。", "a product has an extension");
        }
    }
}

/// 6.3.21.4
pub(super) fn at_branches(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    at_products(advisory, sink, Origin::Branch);
}

/// 6.3.21.5
pub(super) fn at_names(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    at_products(advisory, sink, Origin::Name);
}

/// 6.3.21.6
pub(super) fn at_paths(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    at_products(advisory, sink, Origin::Path);
}

/// 6.3.21.7
pub(super) fn at_metrics(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |path: &str, _: &Json| path.starts_with("/vulnerabilities/") && path.contains("/metrics/");
    each(
        advisory,
        sink,
        picks,
        "が metrics にあります",
        "stands in metrics",
    );
}

/// 6.3.21.8
pub(super) fn at_vulnerabilities(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let picks = |path: &str, _: &Json| path.starts_with("/vulnerabilities/") && !path.contains("/metrics/");
    each(
        advisory,
        sink,
        picks,
        "が脆弱性にあります",
        "stands in a vulnerability",
    );
}

/// 6.3.21.9
pub(super) fn at_root(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    at(advisory, sink, "/x_extensions/");
}
