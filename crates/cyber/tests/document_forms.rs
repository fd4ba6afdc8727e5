//! Documents of every form, made up for the purpose: recognised, read into the one model, and held against their rules. And the laws: no
//! bytes make a reader panic, and nothing over a limit is kept.

#![expect(
    clippy::unwrap_used,
    reason = "a document of these tests that cannot be read fails them"
)]

use cyber::document::{
    Bill, Document, Limits, Minimum, Report, Statement, Status, Target, Verdict, check, read,
};
use jiff::Timestamp;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn document(text: &str) -> Document {
    read(text.as_bytes(), &Limits::UPLOAD).unwrap()
}

fn report(text: &str) -> Report {
    check(&document(text), NOW, &Limits::UPLOAD)
}

const CYCLONEDX_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" xmlns:x="urn:example:x" serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79" version="1">
  <metadata>
    <timestamp>2026-03-31T09:00:00+09:00</timestamp>
    <authors><author><name>架空 花子</name></author></authors>
    <component type="firmware" bom-ref="pump"><name>輸液ポンプ &amp; 制御</name><version>2.1</version></component>
  </metadata>
  <components>
    <component type="library" bom-ref="zlib">
      <supplier><name>架空ソフト</name></supplier>
      <name>zlib</name>
      <version>1.3.1</version>
      <hashes><hash alg="SHA-256">9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23</hash></hashes>
      <licenses><license><id>Zlib</id></license></licenses>
      <purl>pkg:generic/zlib@1.3.1</purl>
      <components><component type="file"><name>crc32.c</name></component></components>
      <x:note>anything</x:note>
    </component>
  </components>
  <dependencies>
    <dependency ref="pump"><dependency ref="zlib"/></dependency>
  </dependencies>
  <vulnerabilities>
    <vulnerability>
      <id>CVE-2026-0001</id>
      <analysis>
        <state>not_affected</state>
        <justification>code_not_reachable</justification>
        <responses><response>update</response></responses>
        <detail>圧縮は使わない</detail>
      </analysis>
      <affects><target><ref>zlib</ref></target></affects>
    </vulnerability>
  </vulnerabilities>
</bom>"#;

#[test]
fn cyclonedx_xml_is_read_whole() {
    let report = report(CYCLONEDX_XML);
    assert_eq!(report.findings, []);
    let document = document(CYCLONEDX_XML);
    let bill = Bill::of(&document).unwrap();
    assert_eq!(bill.subject.as_ref().unwrap().name, "輸液ポンプ & 制御");
    let names: Vec<_> = bill
        .components
        .iter()
        .map(|c| (c.name.as_str(), c.parent))
        .collect();
    assert_eq!(names, [("zlib", None), ("crc32.c", Some(0))]);
    let zlib = &bill.components[0];
    assert_eq!(zlib.supplier.as_deref(), Some("架空ソフト"));
    assert_eq!(
        (zlib.purls.len(), zlib.hashes.len(), &zlib.licences[..]),
        (1, 1, &["Zlib".to_owned()][..])
    );
    let missing: Vec<_> = bill
        .missing()
        .iter()
        .map(|missing| (missing.element, missing.component))
        .collect();
    assert_eq!(
        missing,
        [
            (Minimum::Supplier, Some(1)),
            (Minimum::Version, Some(1)),
            (Minimum::UniqueIdentifier, Some(1))
        ]
    );
    let statements = Statement::all(&document);
    let [statement] = &statements[..] else {
        panic!("one statement")
    };
    assert_eq!(statement.status, Status::NotAffected);
    assert_eq!(statement.products[0].names, ["pkg:generic/zlib@1.3.1"]);
    assert_eq!(statement.action.as_deref(), Some("update"));
}

/// A change of the document above, and a word of the finding that it must bring.
#[test]
fn cyclonedx_xml_faults() {
    let cases = [
        ("type=\"library\"", "type=\"libary\"", "libary"),
        ("type=\"library\" ", "", "`type` is missing"),
        (
            "<name>zlib</name>\n      <version>1.3.1</version>",
            "<version>1.3.1</version>\n      <name>zlib</name>",
            "`name` is missing or out of order",
        ),
        (
            "<version>1.3.1</version>",
            "<version>1.3.1</version><version>2</version>",
            "`version` must not stand here",
        ),
        ("bom-ref=\"zlib\"", "bom-ref=\"pump\"", "used twice"),
        ("9a93b2b7", "zz93b2b7", "does not have the form"),
        ("alg=\"SHA-256\"", "alg=\"SHA-255\"", "SHA-255"),
        ("<id>Zlib</id>", "<id>Zlib-ish</id>", "SPDX licence"),
        (
            "<id>Zlib</id>",
            "<id>Zlib</id><name>zlib</name>",
            "`name` must not stand here",
        ),
        ("<state>not_affected</state>", "<state>fine</state>", "fine"),
        (
            "2026-03-31T09:00:00+09:00",
            "2026-13-31T09:00:00+09:00",
            "date and time",
        ),
        ("<dependencies>", "stray<dependencies>", "text `stray`"),
        (
            "<x:note>anything</x:note>",
            "<note>anything</note>",
            "`note` must not stand here",
        ),
        ("version=\"1\">", "version=\"0\">", "at least 1"),
        (
            "serialNumber=\"urn:uuid:3e67",
            "serialNumber=\"urn:uuid:3E67",
            "does not have the form",
        ),
        ("bom/1.6", "bom/1.9", "no version of CycloneDX"),
        ("bom/1.6", "bom/1.3", "`vulnerabilities` must not stand here"),
    ];
    for (from, to, word) in cases {
        let changed = CYCLONEDX_XML.replacen(from, to, 1);
        assert_ne!(changed, CYCLONEDX_XML, "{from} is not in the document");
        let report = report(&changed);
        let told = report
            .findings
            .iter()
            .any(|finding| finding.en.contains(word) || finding.path.contains(word));
        assert!(told, "{to}: {:?}", report.findings);
        assert_eq!(report.verdict, Verdict::Invalid, "{to}");
    }
}

#[test]
fn xml_takes_no_entities() {
    for text in [
        "<!DOCTYPE bom [<!ENTITY a \"b\">]><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">&a;</bom>",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">&a;</bom>",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\" version=\"&a;\"/>",
        "<!DOCTYPE bom SYSTEM \"file:///etc/passwd\"><bom/>",
    ] {
        assert_eq!(
            read(text.as_bytes(), &Limits::UPLOAD).unwrap_err().kind,
            "entities",
            "{text}"
        );
    }
}

const TAG_VALUE: &str = "SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: pump
DocumentNamespace: https://example.com/pump
Creator: Organization: 架空メディカル株式会社
Creator: Tool: maker-1.0
Created: 2026-03-31T00:00:00Z
# the parts
PackageName: openssl
SPDXID: SPDXRef-openssl
PackageVersion: 3.0.13
PackageSupplier: Organization: 架空ソフト (psirt@example.com)
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PackageChecksum: SHA256: 88525753f79d3bec27d2fa7c66aa0b92b3aa9498dafd93d7cfa4b3780cdae313
PackageLicenseDeclared: Apache-2.0
PackageCopyrightText: <text>Copyright
of the makers</text>
ExternalRef: PACKAGE-MANAGER purl pkg:generic/openssl@3.0.13
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-openssl
";

#[test]
fn tag_value_is_read_as_json_is() {
    assert_eq!(report(TAG_VALUE).findings, []);
    let bill = Bill::of(&document(TAG_VALUE)).unwrap();
    assert_eq!(bill.authors, ["架空メディカル株式会社"]);
    assert_eq!(bill.tools, ["maker-1.0"]);
    let [openssl] = &bill.components[..] else {
        panic!("one package")
    };
    assert_eq!(openssl.version.as_deref(), Some("3.0.13"));
    assert_eq!(
        openssl.supplier.as_deref(),
        Some("架空ソフト (psirt@example.com)")
    );
    assert_eq!(openssl.purls, ["pkg:generic/openssl@3.0.13"]);
    assert_eq!(openssl.hashes.len(), 1);
    assert_eq!(bill.subject.unwrap().name, "openssl");
    for (from, to) in [
        ("SHA256:", "SHA255:"),
        ("PackageDownloadLocation: NOASSERTION\n", ""),
        ("FilesAnalyzed: false", "FilesAnalyzed: perhaps"),
        ("2026-03-31T00", "2026-02-31T00"),
        ("DESCRIBES", "DESCRIBE"),
    ] {
        assert_eq!(
            report(&TAG_VALUE.replacen(from, to, 1)).verdict,
            Verdict::Invalid,
            "{to}"
        );
    }
}

const SPDX3: &str = r#"{
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [
    {"type": "CreationInfo", "@id": "_:c", "created": "2026-03-31T00:00:00Z", "createdBy": ["urn:a:maker"], "specVersion": "3.0.1"},
    {"type": "Organization", "spdxId": "urn:a:maker", "creationInfo": "_:c", "name": "架空メディカル株式会社"},
    {"type": "SpdxDocument", "spdxId": "urn:a:document", "creationInfo": "_:c", "rootElement": ["urn:a:pump"]},
    {"type": "software_Package", "spdxId": "urn:a:pump", "creationInfo": "_:c", "name": "pump", "software_packageVersion": "2.1", "suppliedBy": "urn:a:maker"},
    {"type": "software_Package", "spdxId": "urn:a:zlib", "creationInfo": "_:c", "name": "zlib", "software_packageUrl": "pkg:generic/zlib@1.3.1"},
    {"type": "Relationship", "spdxId": "urn:a:r", "creationInfo": "_:c", "from": "urn:a:pump", "to": ["urn:a:zlib"], "relationshipType": "dependsOn"}
  ]
}"#;

#[test]
fn spdx_3_is_read() {
    assert_eq!(report(SPDX3).findings, []);
    let bill = Bill::of(&document(SPDX3)).unwrap();
    assert_eq!(bill.authors, ["架空メディカル株式会社"]);
    assert_eq!(
        bill.subject.as_ref().unwrap().supplier.as_deref(),
        Some("架空メディカル株式会社")
    );
    assert_eq!((bill.components.len(), bill.dependencies.len()), (2, 1));
    assert_eq!(
        report(&SPDX3.replacen("\"created\": ", "\"made\": ", 1)).verdict,
        Verdict::Invalid
    );
}

const OPENVEX: &str = r#"{
  "@context": "https://openvex.dev/ns/v0.2.0",
  "@id": "https://example.com/vex/1",
  "author": "架空メディカル株式会社",
  "timestamp": "2026-03-31T09:00:00+09:00",
  "version": 1,
  "statements": [
    {"vulnerability": {"name": "CVE-2026-0001", "aliases": ["GHSA-aaaa-bbbb-cccc"]},
     "products": [{"@id": "pkg:generic/pump@2.1", "subcomponents": [{"@id": "pkg:generic/zlib@1.3.1"}]}],
     "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"},
    {"vulnerability": {"name": "CVE-2026-0002"}, "products": [{"@id": "pkg:generic/pump@2.1"}],
     "status": "affected", "action_statement": "2.2 に更新してください"}
  ]
}"#;

#[test]
fn openvex_is_read() {
    assert_eq!(report(OPENVEX).findings, []);
    let statements = Statement::all(&document(OPENVEX));
    assert_eq!(
        statements[0].vulnerabilities,
        ["CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"]
    );
    assert_eq!(
        statements[0].products,
        [Target {
            names: vec!["pkg:generic/pump@2.1".to_owned()],
            versions: Vec::new(),
            parts: vec![vec!["pkg:generic/zlib@1.3.1".to_owned()]],
        }]
    );
    assert_eq!(statements[1].status, Status::Affected);
    assert_eq!(
        statements[1].timestamp.as_deref(),
        Some("2026-03-31T09:00:00+09:00")
    );
    for (from, to) in [
        (
            "\"justification\": \"vulnerable_code_not_in_execute_path\"",
            "\"status_notes\": \"none\"",
        ),
        ("\"version\": 1", "\"version\": 0"),
        ("\"action_statement\"", "\"status_notes\""),
    ] {
        assert_eq!(
            report(&OPENVEX.replacen(from, to, 1)).verdict,
            Verdict::Invalid,
            "{to}"
        );
    }
}

const CSAF: &str = r#"{
  "document": {
    "category": "csaf_vex", "csaf_version": "2.0",
    "publisher": {"category": "vendor", "name": "架空メディカル株式会社", "namespace": "https://example.com"},
    "title": "輸液ポンプ",
    "tracking": {
      "current_release_date": "2026-03-31T00:00:00Z", "id": "KM-2026-1", "initial_release_date": "2026-03-31T00:00:00Z",
      "revision_history": [{"date": "2026-03-31T00:00:00Z", "number": "1", "summary": "初版"}],
      "status": "final", "version": "1"
    }
  },
  "product_tree": {
    "full_product_names": [{"name": "pump 2.0", "product_id": "P20"}, {"name": "pump 2.1", "product_id": "P21"}],
    "product_groups": [{"group_id": "G", "product_ids": ["P20", "P21"]}]
  },
  "vulnerabilities": [{
    "cve": "CVE-2026-0001",
    "notes": [{"category": "description", "text": "説明"}],
    "product_status": {"known_affected": ["P20"], "known_not_affected": ["P21"]},
    "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P21"]}],
    "remediations": [{"category": "mitigation", "details": "網から切り離す", "group_ids": ["G"]}]
  }]
}"#;

#[test]
fn csaf_makes_statements() {
    assert_eq!(report(CSAF).verdict, Verdict::Valid);
    let statements = Statement::all(&document(CSAF));
    let told: Vec<_> = statements
        .iter()
        .map(|s| {
            (
                s.products[0].names[0].as_str(),
                s.status,
                s.justification.as_deref(),
                s.action.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("P20", Status::Affected, None, Some("網から切り離す")),
            (
                "P21",
                Status::NotAffected,
                Some("vulnerable_code_not_present"),
                Some("網から切り離す")
            ),
        ]
    );
}

/// A change of the advisory above, and the number of the test that it fails.
#[test]
fn csaf_faults() {
    let cases = [
        (
            "\"known_affected\": [\"P20\"]",
            "\"known_affected\": [\"P9\"]",
            "6.1.1",
        ),
        ("\"product_id\": \"P21\"", "\"product_id\": \"P20\"", "6.1.2"),
        ("\"group_ids\": [\"G\"]", "\"group_ids\": [\"H\"]", "6.1.4"),
        (
            "\"known_affected\": [\"P20\"]",
            "\"known_affected\": [\"P20\", \"P21\"]",
            "6.1.6",
        ),
        ("\"version\": \"1\"", "\"version\": \"2\"", "6.1.16"),
        ("\"number\": \"1\"", "\"number\": \"0\"", "6.1.18"),
        ("\"number\": \"1\"", "\"number\": \"3\"", "6.1.21"),
        ("csaf_vex", "csaf_VEX", "6.1.26"),
        ("\"flags\"", "\"threats\"", "6.1.27.9"),
        ("\"cve\": \"CVE-2026-0001\",", "", "6.1.27.8"),
        (
            "\"group_ids\": [\"G\"]",
            "\"url\": \"https://example.com\"",
            "6.1.29",
        ),
        (
            "\"title\": \"輸液ポンプ\"",
            "\"title\": \"輸液ポンプ\", \"lang\": \"EZ\"",
            "6.1.12",
        ),
        ("\"csaf_version\": \"2.0\"", "\"csaf_version\": 2", "schema"),
    ];
    for (from, to, number) in cases {
        let changed = CSAF.replacen(from, to, 1);
        assert_ne!(changed, CSAF, "{from} is not in the document");
        let report = report(&changed);
        assert!(
            report.findings.iter().any(|finding| finding.test == number),
            "{to}: {:?}",
            report.findings
        );
        assert_eq!(report.verdict, Verdict::Invalid, "{to}");
    }
}

#[test]
fn limits_refuse() {
    let small = Limits {
        bytes: 100,
        depth: 5,
        items: 20,
        findings: 3,
    };
    let deep = format!("{}{}", "[".repeat(6), "]".repeat(6));
    let many = format!("[{}0]", "0,".repeat(30));
    let long = " ".repeat(101);
    for (text, kind) in [
        (deep.as_str(), "too_deep"),
        (&many, "too_many"),
        (&long, "too_large"),
        ("<a><a><a><a><a><a/></a></a></a></a></a>", "too_deep"),
    ] {
        assert_eq!(read(text.as_bytes(), &small).unwrap_err().kind, kind);
    }
    let abyss = "[".repeat(100_000);
    assert!(
        read(
            abyss.as_bytes(),
            &Limits {
                depth: usize::MAX,
                ..Limits::UPLOAD
            }
        )
        .is_err()
    );
}

/// Groups within a small document ask for very many references: it is refused, not followed.
#[test]
fn references_do_not_multiply() {
    let ids: Vec<String> = (0..3_000).map(|i| format!("\"P{i}\"")).collect();
    let remediation = r#"{"category": "mitigation", "details": "d", "group_ids": ["G"]}"#;
    let remediations = vec![remediation; 3_000].join(",");
    let bomb = CSAF
        .replacen(
            "\"product_ids\": [\"P20\", \"P21\"]",
            &format!("\"product_ids\": [{}]", ids.join(",")),
            1,
        )
        .replacen(remediation, &remediations, 1)
        .replacen(
            r#"{"category": "mitigation", "details": "網から切り離す", "group_ids": ["G"]}"#,
            &remediations,
            1,
        );
    let report = report(&bomb);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.en.contains("too many references"))
    );
    assert!(Statement::all(&document(&bomb)).len() == 2);
}

/// Reads and asks everything; only that it comes back counts.
fn everything(bytes: &[u8]) {
    let limits = Limits {
        bytes: 1 << 20,
        depth: 60,
        items: 100_000,
        findings: 50,
    };
    if let Ok(document) = read(bytes, &limits) {
        let report = check(&document, NOW, &limits);
        assert!(report.findings.len() <= 2 * limits.findings + 1);
        Statement::all(&document);
        if let Some(bill) = Bill::of(&document) {
            bill.missing();
        }
    }
}

const ALL: [&str; 6] = [CYCLONEDX_XML, TAG_VALUE, SPDX3, OPENVEX, CSAF, CYCLONEDX_JSON];

const CYCLONEDX_JSON: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1, "metadata": {"tools": {"components": [{"type": "application", "name": "maker"}]}},
"components": [{"type": "library", "name": "zlib", "bom-ref": "z", "licenses": [{"license": {"id": "Zlib"}}], "components": [{"type": "file", "name": "a"}]}],
"dependencies": [{"ref": "z", "dependsOn": []}], "vulnerabilities": [{"id": "CVE-2026-0001", "ratings": [{"score": 9.8, "method": "CVSSv31"}], "affects": [{"ref": "z", "versions": [{"version": "1"}]}]}]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mangled_documents_never_panic(which in 0..ALL.len(), cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12)) {
        let mut bytes = ALL[which].as_bytes().to_vec();
        for (at, byte, how) in cuts {
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.truncate(at.max(bytes.len() / 2)),
                2 => bytes.insert(at.min(bytes.len()), byte),
                _ if at < bytes.len() => {
                    let piece = bytes[at..(at + 40).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {}
            }
        }
        everything(&bytes);
    }

    /// Whole values put where others were: the shape stays JSON, what it means does not.
    #[test]
    fn exchanged_values_never_panic(which in 2..ALL.len(), swaps in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_usize), 1..8)) {
        let values = ["null", "{}", "[]", "\"\"", "-1e308", "[[]]", "{\"branches\":[{\"branches\":[{}]}]}", "\"\\u0000日本\""];
        let mut text = ALL[which].to_owned();
        for (at, value) in swaps {
            let colons: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
            if colons.is_empty() {
                break;
            }
            let from = colons[at.index(colons.len())];
            let mut stream = serde_json::Deserializer::from_str(&text[from..]).into_iter::<serde_json::Value>();
            if stream.next().is_some_and(|value| value.is_ok()) {
                let to = from + stream.byte_offset();
                text.replace_range(from..to, values[value]);
            }
        }
        everything(text.as_bytes());
    }
}
