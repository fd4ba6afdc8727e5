//! What a document is, told from its content alone: never from a file name or a media type, which whoever uploads may choose.

use serde::Serialize;
use vocab::Refusal;

use super::cyclonedx;
use super::json::Json;
use super::limits::Limits;
use super::tag_value;
use super::xml::Element;

/// The format of a document with the version that it names (empty where it names none).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "format", content = "version")]
pub enum Format {
    /// `CycloneDX` in JSON, an SBOM or VEX or both.
    CycloneDxJson(String),
    /// `CycloneDX` in XML.
    CycloneDxXml(String),
    /// SPDX 2 in JSON.
    SpdxJson(String),
    /// SPDX 2 in tag-value form.
    SpdxTagValue(String),
    /// SPDX 3 in JSON-LD.
    Spdx3(String),
    /// A CSAF document, advisory or VEX.
    Csaf(String),
    /// An `OpenVEX` document.
    OpenVex(String),
    /// A record of the OSV schema.
    Osv(String),
}

impl Format {
    /// The name and version as a person says them: `CycloneDX 1.6 JSON`.
    pub fn name(&self) -> String {
        let (name, version, form) = match self {
            Self::CycloneDxJson(version) => ("CycloneDX", version, " JSON"),
            Self::CycloneDxXml(version) => ("CycloneDX", version, " XML"),
            Self::SpdxJson(version) => ("SPDX", version, " JSON"),
            Self::SpdxTagValue(version) => ("SPDX", version, " tag-value"),
            Self::Spdx3(version) => ("SPDX", version, " JSON-LD"),
            Self::Csaf(version) => ("CSAF", version, ""),
            Self::OpenVex(version) => ("OpenVEX", version, ""),
            Self::Osv(version) => ("OSV", version, ""),
        };
        format!("{name} {version}{form}")
    }
}

/// A document as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it is.
    pub format: Format,
    /// What it says. Tag-value is put into the shape of SPDX in JSON.
    pub tree: Tree,
}

/// A document's tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A JSON document, or one put into that shape.
    Json(Json),
    /// An XML document.
    Xml(Element),
}

/// Reads and recognises a document.
///
/// # Errors
/// It is over a limit, cannot be parsed, or is none of the formats known here.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    limits.bytes_fit(bytes)?;
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{' | b'[') => {
            let json = Json::read(bytes, limits)?;
            let format = json_format(&json).ok_or_else(unknown)?;
            Ok(Document {
                format,
                tree: Tree::Json(json),
            })
        }
        Some(b'<') => {
            let root = Element::read(bytes, limits)?;
            let format = xml_format(&root).ok_or_else(unknown)?;
            Ok(Document {
                format,
                tree: Tree::Xml(root),
            })
        }
        _ => {
            let json = tag_value::read(body, limits)?.ok_or_else(unknown)?;
            let version = spdx_version(&json);
            Ok(Document {
                format: Format::SpdxTagValue(version),
                tree: Tree::Json(json),
            })
        }
    }
}

fn unknown() -> Refusal {
    Refusal::new(
        "unknown_format",
        "SBOM・VEX・セキュリティ情報のどの形式でもありません。CycloneDX、SPDX、CSAF、OpenVEX、OSV のいずれかで提出してください。",
        "none of the formats known here: hand in CycloneDX, SPDX, CSAF, OpenVEX or OSV",
    )
}

fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn spdx_version(json: &Json) -> String {
    let version = json.text_at("spdxVersion").unwrap_or_default();
    version.strip_prefix("SPDX-").unwrap_or(version).to_owned()
}

fn json_format(json: &Json) -> Option<Format> {
    let document = json.at("document");
    let context = json.at("@context");
    let contexts = || context.text().into_iter().chain(context.texts());
    Some(
        if json.get("bomFormat").is_some() || json.get("specVersion").is_some() {
            Format::CycloneDxJson(owned(json.text_at("specVersion")))
        } else if json.get("spdxVersion").is_some() {
            Format::SpdxJson(spdx_version(json))
        } else if document.get("csaf_version").is_some() || document.get("tracking").is_some() {
            let schema = json.text_at("$schema").unwrap_or_default();
            let stated = document.text_at("csaf_version");
            let default = if schema.contains("/v2.1/") { "2.1" } else { "2.0" };
            Format::Csaf(stated.unwrap_or(default).to_owned())
        } else if contexts().any(|text| text.contains("openvex.dev/ns")) {
            let version = contexts()
                .find_map(|text| text.split_once("/ns/v"))
                .map(|(_, v)| v);
            Format::OpenVex(owned(version.map(|v| v.trim_end_matches('/'))))
        } else if contexts().any(|text| text.contains("spdx.org/rdf/3")) {
            let version = json
                .at("@graph")
                .items()
                .iter()
                .find_map(|node| node.text_at("specVersion"));
            Format::Spdx3(owned(version))
        } else if json.get("modified").is_some() && json.get("id").is_some() {
            Format::Osv(owned(json.text_at("schema_version")))
        } else {
            return None;
        },
    )
}

fn xml_format(root: &Element) -> Option<Format> {
    let space = root.name.space.strip_prefix(cyclonedx::SPACE);
    (root.name.local == "bom").then(|| Format::CycloneDxXml(owned(space)))
}
