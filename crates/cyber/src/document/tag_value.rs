//! SPDX tag-value put into the shape of SPDX in JSON, so that there is one reader and one set of rules for both.
//! Tags that nobody knows are kept as members of their own name: the rules then say that they are unknown.

use vocab::Refusal;

use super::json::Json;
use super::limits::{Limits, Meter};

/// Reads a document; nothing if it does not begin as tag-value does.
///
/// # Errors
/// It is over a limit, not UTF-8, or a `<text>` does not end.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Option<Json>, Refusal> {
    let Ok(source) = std::str::from_utf8(bytes) else {
        return Ok(None);
    };
    if !is_tag_value(source) {
        return Ok(None);
    }
    let mut reader = Reader::default();
    for (tag, value) in pairs(source, &mut limits.meter())? {
        reader.pair(tag, value);
    }
    Ok(Some(reader.finish()))
}

/// Whether a text begins as an SPDX document in tag-value form does: the version of SPDX is among its first tags.
pub fn is_tag_value(source: &str) -> bool {
    const FIRST: usize = 20;
    let lines = source
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let tags = lines.filter_map(|line| line.split_once(':'));
    tags.take(FIRST).any(|(tag, _)| tag.trim() == "SPDXVersion")
}

/// The tags with their values, in order.
fn pairs<'s>(source: &'s str, meter: &mut Meter) -> Result<Vec<(&'s str, &'s str)>, Refusal> {
    let mut pairs = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let plain = line.trim();
        let split = plain.split_once(':').filter(|_| !plain.starts_with('#'));
        let Some((tag, value)) = split else {
            rest = &rest[line.len()..];
            continue;
        };
        meter.take(1)?;
        let value = value.trim();
        let Some(start) = line.find("<text>").filter(|_| value.starts_with("<text>")) else {
            pairs.push((tag.trim(), value));
            rest = &rest[line.len()..];
            continue;
        };
        let start = start + "<text>".len();
        let Some(end) = rest[start..].find("</text>") else {
            return Err(Refusal::new(
                "not_tag_value",
                format!(
                    "「{}」の <text> が閉じていません。</text> を書いてください。",
                    tag.trim()
                ),
                format!("<text> of {} does not end: write </text>", tag.trim()),
            ));
        };
        pairs.push((tag.trim(), &rest[start..start + end]));
        rest = &rest[start + end + "</text>".len()..];
    }
    Ok(pairs)
}

/// What a value becomes.
#[derive(Clone, Copy)]
enum As {
    Text,
    List,
    Flag,
    Checksum,
    Verification,
    Reference,
    External,
    Bytes,
    Lines,
}

/// Which part of the document a tag belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Document,
    Creation,
    Package,
    File,
    Snippet,
    Licence,
    Relationship,
    Annotation,
    Review,
}

impl Part {
    const LISTED: [(Part, &'static str); 7] = [
        (Part::Package, "packages"),
        (Part::File, "files"),
        (Part::Snippet, "snippets"),
        (Part::Licence, "hasExtractedLicensingInfos"),
        (Part::Relationship, "relationships"),
        (Part::Annotation, "annotations"),
        (Part::Review, "revieweds"),
    ];
}

/// Tag, the part it belongs to, the member it becomes, and how. The first tag of a part opens a new one.
const TAGS: [(&str, Part, &str, As); 66] = [
    ("SPDXVersion", Part::Document, "spdxVersion", As::Text),
    ("DataLicense", Part::Document, "dataLicense", As::Text),
    ("DocumentName", Part::Document, "name", As::Text),
    ("DocumentNamespace", Part::Document, "documentNamespace", As::Text),
    ("DocumentComment", Part::Document, "comment", As::Text),
    (
        "ExternalDocumentRef",
        Part::Document,
        "externalDocumentRefs",
        As::External,
    ),
    ("Creator", Part::Creation, "creators", As::List),
    ("Created", Part::Creation, "created", As::Text),
    ("CreatorComment", Part::Creation, "comment", As::Text),
    (
        "LicenseListVersion",
        Part::Creation,
        "licenseListVersion",
        As::Text,
    ),
    ("PackageName", Part::Package, "name", As::Text),
    ("PackageVersion", Part::Package, "versionInfo", As::Text),
    ("PackageFileName", Part::Package, "packageFileName", As::Text),
    ("PackageSupplier", Part::Package, "supplier", As::Text),
    ("PackageOriginator", Part::Package, "originator", As::Text),
    (
        "PackageDownloadLocation",
        Part::Package,
        "downloadLocation",
        As::Text,
    ),
    ("FilesAnalyzed", Part::Package, "filesAnalyzed", As::Flag),
    (
        "PackageVerificationCode",
        Part::Package,
        "packageVerificationCode",
        As::Verification,
    ),
    ("PackageChecksum", Part::Package, "checksums", As::Checksum),
    ("PackageHomePage", Part::Package, "homepage", As::Text),
    ("PackageSourceInfo", Part::Package, "sourceInfo", As::Text),
    (
        "PackageLicenseConcluded",
        Part::Package,
        "licenseConcluded",
        As::Text,
    ),
    (
        "PackageLicenseInfoFromFiles",
        Part::Package,
        "licenseInfoFromFiles",
        As::List,
    ),
    (
        "PackageLicenseDeclared",
        Part::Package,
        "licenseDeclared",
        As::Text,
    ),
    (
        "PackageLicenseComments",
        Part::Package,
        "licenseComments",
        As::Text,
    ),
    ("PackageCopyrightText", Part::Package, "copyrightText", As::Text),
    ("PackageSummary", Part::Package, "summary", As::Text),
    ("PackageDescription", Part::Package, "description", As::Text),
    ("PackageComment", Part::Package, "comment", As::Text),
    (
        "PackageAttributionText",
        Part::Package,
        "attributionTexts",
        As::List,
    ),
    (
        "PrimaryPackagePurpose",
        Part::Package,
        "primaryPackagePurpose",
        As::Text,
    ),
    ("ReleaseDate", Part::Package, "releaseDate", As::Text),
    ("BuiltDate", Part::Package, "builtDate", As::Text),
    ("ValidUntilDate", Part::Package, "validUntilDate", As::Text),
    ("ExternalRef", Part::Package, "externalRefs", As::Reference),
    ("FileName", Part::File, "fileName", As::Text),
    ("FileType", Part::File, "fileTypes", As::List),
    ("FileChecksum", Part::File, "checksums", As::Checksum),
    ("LicenseConcluded", Part::File, "licenseConcluded", As::Text),
    ("LicenseInfoInFile", Part::File, "licenseInfoInFiles", As::List),
    ("LicenseComments", Part::File, "licenseComments", As::Text),
    ("FileCopyrightText", Part::File, "copyrightText", As::Text),
    ("FileComment", Part::File, "comment", As::Text),
    ("FileNotice", Part::File, "noticeText", As::Text),
    ("FileContributor", Part::File, "fileContributors", As::List),
    ("FileAttributionText", Part::File, "attributionTexts", As::List),
    ("SnippetSPDXID", Part::Snippet, "SPDXID", As::Text),
    (
        "SnippetFromFileSPDXID",
        Part::Snippet,
        "snippetFromFile",
        As::Text,
    ),
    ("SnippetByteRange", Part::Snippet, "ranges", As::Bytes),
    ("SnippetLineRange", Part::Snippet, "ranges", As::Lines),
    (
        "SnippetLicenseConcluded",
        Part::Snippet,
        "licenseConcluded",
        As::Text,
    ),
    (
        "LicenseInfoInSnippet",
        Part::Snippet,
        "licenseInfoInSnippets",
        As::List,
    ),
    ("SnippetCopyrightText", Part::Snippet, "copyrightText", As::Text),
    ("SnippetName", Part::Snippet, "name", As::Text),
    ("LicenseID", Part::Licence, "licenseId", As::Text),
    ("ExtractedText", Part::Licence, "extractedText", As::Text),
    ("LicenseName", Part::Licence, "name", As::Text),
    ("LicenseCrossReference", Part::Licence, "seeAlsos", As::List),
    ("RelationshipComment", Part::Relationship, "comment", As::Text),
    ("Annotator", Part::Annotation, "annotator", As::Text),
    ("AnnotationDate", Part::Annotation, "annotationDate", As::Text),
    ("AnnotationType", Part::Annotation, "annotationType", As::Text),
    ("AnnotationComment", Part::Annotation, "comment", As::Text),
    ("Reviewer", Part::Review, "reviewer", As::Text),
    ("ReviewDate", Part::Review, "reviewDate", As::Text),
    ("ReviewComment", Part::Review, "comment", As::Text),
];

type Members = Vec<(String, Json)>;

#[derive(Default)]
struct Reader {
    document: Members,
    creation: Members,
    /// The parts so far, each with the list it goes to.
    parts: Vec<(&'static str, Members)>,
    /// The element that an `SPDXID` is for: the document until something is opened.
    subject: Option<usize>,
}

impl Reader {
    fn pair(&mut self, tag: &str, value: &str) {
        match tag {
            "SPDXID" => {
                let target = match self.subject {
                    Some(index) => &mut self.parts[index].1,
                    None => &mut self.document,
                };
                set(target, "SPDXID", Json::Text(value.to_owned()));
            }
            "Relationship" => self.relationship(value),
            "ExternalRefComment" => {
                let list = self
                    .last("packages")
                    .and_then(|package| member(package, "externalRefs"));
                if let Some(Json::List(items)) = list
                    && let Some(Json::Object(reference)) = items.last_mut()
                {
                    set(reference, "comment", Json::Text(value.to_owned()));
                }
            }
            "SnippetComment"
            | "SnippetLicenseComments"
            | "SnippetAttributionText"
            | "LicenseComment"
            | "FileDependency"
            | "SPDXREF"
            | "ArtifactOfProjectName"
            | "ArtifactOfProjectHomePage"
            | "ArtifactOfProjectURI" => {}
            _ => self.known(tag, value),
        }
    }

    fn known(&mut self, tag: &str, value: &str) {
        let Some((_, part, name, kind)) = TAGS.iter().find(|(known, ..)| *known == tag) else {
            set(&mut self.document, tag, Json::Text(value.to_owned()));
            return;
        };
        let target = match part {
            Part::Document => &mut self.document,
            Part::Creation => &mut self.creation,
            _ => {
                let opens = matches!(
                    tag,
                    "PackageName" | "FileName" | "SnippetSPDXID" | "LicenseID" | "Annotator" | "Reviewer"
                );
                let list = Part::LISTED.iter().find(|(listed, _)| listed == part);
                let list = list.map_or("packages", |(_, list)| *list);
                if opens {
                    self.parts.push((list, Vec::new()));
                    if matches!(part, Part::Package | Part::File | Part::Snippet) {
                        self.subject = Some(self.parts.len() - 1);
                    }
                }
                match self.last(list) {
                    Some(members) => members,
                    None => &mut self.document,
                }
            }
        };
        put(target, name, *kind, value);
    }

    /// The latest part of a list.
    fn last(&mut self, list: &str) -> Option<&mut Members> {
        let found = self.parts.iter_mut().rev().find(|(of, _)| *of == list);
        found.map(|(_, members)| members)
    }

    fn relationship(&mut self, value: &str) {
        let names = ["spdxElementId", "relationshipType", "relatedSpdxElement"];
        let words = value.split_whitespace().map(|word| Json::Text(word.to_owned()));
        let members = names.iter().map(|name| (*name).to_owned()).zip(words);
        self.parts.push(("relationships", members.collect()));
    }

    fn finish(self) -> Json {
        let mut document = self.document;
        document.push(("creationInfo".into(), Json::Object(self.creation)));
        for (_, list) in Part::LISTED {
            let of_list = self.parts.iter().filter(|(of, _)| *of == list);
            let items: Vec<Json> = of_list
                .map(|(_, members)| Json::Object(members.clone()))
                .collect();
            if !items.is_empty() {
                document.push((list.to_owned(), Json::List(items)));
            }
        }
        Json::Object(document)
    }
}

fn member<'m>(members: &'m mut Members, name: &str) -> Option<&'m mut Json> {
    let found = members.iter_mut().find(|(key, _)| key == name);
    found.map(|(_, value)| value)
}

fn set(members: &mut Members, name: &str, value: Json) {
    match member(members, name) {
        Some(present) => *present = value,
        None => members.push((name.to_owned(), value)),
    }
}

fn push(members: &mut Members, name: &str, item: Json) {
    match member(members, name) {
        Some(Json::List(items)) => items.push(item),
        _ => members.push((name.to_owned(), Json::List(vec![item]))),
    }
}

fn object(pairs: &[(&str, &str)]) -> Json {
    let member = |(name, value): &(&str, &str)| ((*name).to_owned(), Json::Text((*value).to_owned()));
    Json::Object(pairs.iter().map(member).collect())
}

fn checksum(value: &str) -> Json {
    let (algorithm, digest) = value.split_once(':').unwrap_or((value, ""));
    object(&[("algorithm", algorithm.trim()), ("checksumValue", digest.trim())])
}

fn put(members: &mut Members, name: &str, kind: As, value: &str) {
    match kind {
        As::Text => set(members, name, Json::Text(value.to_owned())),
        As::List => push(members, name, Json::Text(value.to_owned())),
        As::Flag => {
            let flag = match value.to_ascii_lowercase().as_str() {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                _ => Json::Text(value.to_owned()),
            };
            set(members, name, flag);
        }
        As::Checksum => push(members, name, checksum(value)),
        As::Verification => {
            let code = value.split_whitespace().next().unwrap_or_default();
            set(members, name, object(&[("packageVerificationCodeValue", code)]));
        }
        As::Reference => {
            let names = ["referenceCategory", "referenceType", "referenceLocator"];
            let pairs: Vec<_> = names.into_iter().zip(value.split_whitespace()).collect();
            push(members, name, object(&pairs));
        }
        As::External => {
            let mut words = value.splitn(3, char::is_whitespace);
            let (id, at) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let mut reference = object(&[("externalDocumentId", id), ("spdxDocument", at)]);
            if let Json::Object(pairs) = &mut reference {
                pairs.push(("checksum".into(), checksum(words.next().unwrap_or_default())));
            }
            push(members, name, reference);
        }
        As::Bytes => push(members, name, range(value, "offset", members)),
        As::Lines => push(members, name, range(value, "lineNumber", members)),
    }
}

/// `310:420`, within the file that the snippet names.
fn range(value: &str, unit: &str, members: &Members) -> Json {
    let file = members.iter().find(|(key, _)| key == "snippetFromFile");
    let file = file.map_or(Json::Text(String::new()), |(_, value)| value.clone());
    let (from, to) = value.split_once(':').unwrap_or((value, value));
    let pointer = |text: &str| {
        let number = text.trim().parse().map_or(Json::Null, Json::Number);
        Json::Object(vec![
            ("reference".into(), file.clone()),
            (unit.to_owned(), number),
        ])
    };
    Json::Object(vec![
        ("startPointer".into(), pointer(from)),
        ("endPointer".into(), pointer(to)),
    ])
}
