//! Tests of language and licence: tags that exist, translations that say of what, expressions that can be read.

use std::collections::HashSet;
use std::sync::LazyLock;

use language_tags::LanguageTag;

use super::super::licence;
use super::profile::{one_note, translated};
use super::{Advisory, Sink, fnv};

const TAGS: [&str; 2] = ["lang", "source_lang"];

fn tags<'j>(advisory: &Advisory<'j>) -> impl Iterator<Item = (String, &'j str)> {
    let document = advisory.document;
    TAGS.iter()
        .filter_map(move |name| Some((format!("/document/{name}"), document.text_at(name)?)))
}

fn is_between(text: &str, low: &str, high: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.len() == low.len() && (low..=high).contains(&text.as_str())
}

/// Whether a tag holds a subtag reserved for private use.
fn is_private(tag: &str) -> bool {
    let mut before_extension = tag.split('-').take_while(|subtag| subtag.len() > 1);
    let private = before_extension.any(|subtag| {
        is_between(subtag, "qaa", "qtz")
            || is_between(subtag, "qaaa", "qabx")
            || subtag != tag
                && (is_between(subtag, "qm", "qz")
                    || is_between(subtag, "xa", "xz")
                    || matches!(subtag, "AA" | "ZZ" | "aa" | "zz"))
    });
    let singleton = |subtag: &str| subtag.eq_ignore_ascii_case("x");
    private || tag.split('-').any(singleton)
}

/// 6.1.12
pub(super) fn language(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, tag) in tags(advisory) {
        let exists = LanguageTag::parse(tag).is_ok_and(|parsed| parsed.validate().is_ok())
            || is_private(tag) && LanguageTag::parse(tag).is_ok();
        if !exists {
            sink.say(
                path,
                format!("「{tag}」という言語はありません（例：ja、en-US）。"),
                format!("there is no language `{tag}` (such as ja or en-US)"),
            );
        }
    }
}

/// 6.1.15
pub(super) fn translator(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let category = advisory.document.path(&["publisher", "category"]).text();
    if category == Some("translator") {
        absent(advisory, sink, "source_lang");
    }
}

/// Says of a text that is missing or empty.
fn absent(advisory: &Advisory<'_>, sink: &mut Sink<'_>, name: &str) {
    let (ja, en) = match advisory.document.get(name) {
        None => ("がありません", "is missing"),
        Some(value) if value.text().is_none_or(str::is_empty) => ("が空です", "is there but empty"),
        Some(_) => return,
    };
    sink.say(
        format!("/document/{name}"),
        format!("{name} {ja}。"),
        format!("{name} {en}"),
    );
}

/// 6.1.28
pub(super) fn translation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let [lang, source] = TAGS.map(|name| advisory.document.text_at(name));
    if let (Some(lang), Some(source)) = (lang, source)
        && lang.eq_ignore_ascii_case(source)
    {
        sink.say(
            "/document/source_lang",
            "元の言語と文書の言語が同じです。",
            "the document and its source have the same language",
        );
    }
}

/// 6.2.12
pub(super) fn no_language(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    absent(advisory, sink, "lang");
}

/// 6.2.14
pub(super) fn private_language(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, tag) in tags(advisory).filter(|(_, tag)| is_private(tag)) {
        sink.say(
            path,
            format!("「{tag}」は私用のために取っておかれた言語タグです。"),
            format!("`{tag}` holds a subtag reserved for private use"),
        );
    }
}

/// 6.2.15
pub(super) fn default_language(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, _) in tags(advisory).filter(|(_, tag)| tag.eq_ignore_ascii_case("i-default")) {
        sink.say(
            path,
            "i-default ではなく、実際の言語を書いてください。",
            "name the language itself rather than i-default",
        );
    }
}

fn expression<'j>(advisory: &Advisory<'j>) -> Option<&'j str> {
    advisory.document.text_at("license_expression")
}

const LICENCE: &str = "/document/license_expression";

/// 6.1.54
pub(super) fn licence_expression(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if let Some(text) = expression(advisory)
        && licence::identifiers(text).is_none()
    {
        sink.say(
            LICENCE,
            "SPDX のライセンス式ではありません（例：CC-BY-4.0、MIT OR Apache-2.0）。",
            "not an SPDX licence expression such as CC-BY-4.0 or MIT OR Apache-2.0",
        );
    }
}

/// How an identifier stands in the lists of SPDX and of `ScanCode`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Listed,
    Deprecated,
    /// Not on the list that its form says it is on.
    Absent,
    /// Of another database, or one's own.
    Elsewhere,
}

fn standing(id: &str) -> Standing {
    static SCANCODE: LazyLock<[HashSet<u32>; 2]> = LazyLock::new(|| {
        let (listed, deprecated) = include_str!("scancode.txt")
            .split_once("\n---\n")
            .unwrap_or_default();
        let read = |part: &str| {
            let lines = part.lines().filter(|line| !line.starts_with('#'));
            let words = lines.flat_map(str::split_whitespace);
            words
                .filter_map(|word| u32::from_str_radix(word, 16).ok())
                .collect()
        };
        [read(listed), read(deprecated)]
    });
    let scancode = ["LicenseRef-scancode-", "AdditionRef-scancode-"];
    if let Some(key) = scancode.iter().find_map(|prefix| id.strip_prefix(prefix)) {
        let [listed, deprecated] = &*SCANCODE;
        let key = fnv(key);
        return match (listed.contains(&key), deprecated.contains(&key)) {
            (true, _) => Standing::Listed,
            (_, true) => Standing::Deprecated,
            _ => Standing::Absent,
        };
    }
    if id.starts_with("LicenseRef-") || id.starts_with("AdditionRef-") {
        return Standing::Elsewhere;
    }
    match licence::deprecated(id) {
        None => Standing::Absent,
        Some(true) => Standing::Deprecated,
        Some(false) => Standing::Listed,
    }
}

fn identifiers<'j>(advisory: &Advisory<'j>) -> Vec<(&'j str, Standing)> {
    let ids = expression(advisory)
        .and_then(licence::identifiers)
        .unwrap_or_default();
    ids.into_iter().map(|id| (id, standing(id))).collect()
}

/// Whether a licence is of no list, so that its text must be given. A name that its list does not have is a mistake, not a licence.
fn has_unlisted(advisory: &Advisory<'_>) -> bool {
    let ids = identifiers(advisory);
    ids.iter().any(|(_, standing)| *standing == Standing::Elsewhere)
}

/// 6.1.55
pub(super) fn licence_text(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if advisory.is_english() && has_unlisted(advisory) {
        one_note(advisory, sink, "License", "legal_disclaimer");
    }
}

/// 6.2.43
pub(super) fn no_licence(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    absent(advisory, sink, "license_expression");
}

/// 6.2.44
pub(super) fn deprecated_licence(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (id, _) in identifiers(advisory)
        .iter()
        .filter(|(_, standing)| *standing == Standing::Deprecated)
    {
        sink.say(
            LICENCE,
            format!("ライセンス識別子「{id}」は廃止されています。"),
            format!("the licence identifier `{id}` is deprecated"),
        );
    }
}

/// 6.2.45
pub(super) fn unknown_licence(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (id, _) in identifiers(advisory)
        .iter()
        .filter(|(_, standing)| *standing == Standing::Absent)
    {
        sink.say(
            LICENCE,
            format!("ライセンス識別子「{id}」は一覧にありません。"),
            format!("the licence identifier `{id}` does not exist"),
        );
    }
}

/// 6.2.46
pub(super) fn translated_licence(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    if has_unlisted(advisory)
        && let Some(title) = translated(advisory, "License")
    {
        one_note(advisory, sink, title, "legal_disclaimer");
    }
}

/// 6.3.17
pub(super) fn unregistered_licence(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (id, standing) in identifiers(advisory) {
        if matches!(standing, Standing::Elsewhere | Standing::Absent) {
            sink.say(
                LICENCE,
                format!("ライセンス識別子「{id}」は SPDX にも ScanCode LicenseDB にもありません。"),
                format!("the licence identifier `{id}` is neither of SPDX nor of ScanCode LicenseDB"),
            );
        }
    }
}

/// 6.2.40
pub(super) fn product_description(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let title = if advisory.is_english() {
        Some("Product Description")
    } else {
        translated(advisory, "Product Description")
    };
    let Some(title) = title else {
        return;
    };
    for (path, note) in advisory.document.items_at("/document", "notes") {
        let describes =
            note.text_at("category") == Some("description") && note.text_at("title") == Some(title);
        if describes && note.get("product_ids").is_none() && note.get("group_ids").is_none() {
            sink.say(
                path,
                "どの製品の説明かを product_ids か group_ids で書いてください。",
                "say by product_ids or group_ids which products are described",
            );
        }
    }
}
