//! Made-up security (架空データ): bills of materials of some devices, and advisories that concern them. Packages, vulnerabilities and firms are invented,
//! so that nobody takes what is shown for a fact about a real one.

use cyber::database::Collection;
use cyber::osv::Record;
use cyber::priority::Catalogue;
use serde_json::{Value, json};
use vocab::Refusal;

use super::records;
use crate::desk::{Desk, FileFor, Visit};

/// So many of the devices that a hospital holds are handed in.
const DEVICES: usize = 5;
/// Made-up packages and the versions that bills have.
const PACKAGES: [(&str, [&str; 2]); 8] = [
    ("kakuu-http", ["1.2.0", "1.4.2"]),
    ("kakuu-tls", ["3.0.1", "3.0.9"]),
    ("kakuu-image", ["0.9.4", "1.0.0"]),
    ("kakuu-json", ["2.1.0", "2.1.0"]),
    ("kakuu-shell", ["5.0.0", "5.1.3"]),
    ("kakuu-log", ["1.0.0", "1.0.8"]),
    ("kakuu-clock", ["4.2.0", "4.2.0"]),
    ("kakuu-font", ["7.0.0", "7.0.0"]),
];
/// Made-up advisories: identifier, package, first version that is mended, vector of CVSS, in a line, whether it is exploited.
const ADVISORIES: [(&str, &str, &str, &str, &str, bool); 5] = [
    (
        "EXAMPLE-2026-0001",
        "kakuu-tls",
        "3.0.5",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "架空: 証明書の確認を回避できる",
        true,
    ),
    (
        "EXAMPLE-2026-0002",
        "kakuu-http",
        "1.4.0",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        "架空: 長いヘッダーで応答が止まる",
        false,
    ),
    (
        "EXAMPLE-2026-0003",
        "kakuu-image",
        "1.1.0",
        "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
        "架空: 細工された画像でコードが実行される",
        false,
    ),
    (
        "EXAMPLE-2026-0004",
        "kakuu-log",
        "1.0.5",
        "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N",
        "架空: 記録に余分な情報が残る",
        false,
    ),
    (
        "EXAMPLE-2026-0005",
        "kakuu-absent",
        "9.0.0",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
        "架空: どの機器にも含まれない部品の脆弱性",
        false,
    ),
];

/// The made-up advisories as a database, to be watched by a server over the made-up year.
///
/// # Errors
/// Never for these; what a collection refuses.
pub fn demo_advisories() -> Result<Vec<u8>, Refusal> {
    let mut collection = Collection::default();
    for (id, package, fixed, vector, summary, _) in ADVISORIES {
        let record = json!({
            "id": id, "modified": "2026-11-01T00:00:00Z", "published": "2026-11-01T00:00:00Z", "summary": summary,
            "details": format!("{summary}。{fixed}より前の版が影響を受けます（架空データ）。"),
            "severity": [{ "type": "CVSS_V3", "score": vector }],
            "affected": [{
                "package": { "ecosystem": "npm", "name": package },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
            }],
        });
        collection.add(&Record::parse(record.to_string().as_bytes())?);
    }
    let exploited = ADVISORIES.iter().filter(|(.., exploited)| *exploited);
    let entries: Vec<Value> = exploited
        .map(|(id, ..)| json!({ "cveID": id, "dateAdded": "2026-11-01" }))
        .collect();
    let catalogue = json!({ "dateReleased": "2026-11-01T00:00:00Z", "vulnerabilities": entries });
    if let Some(catalogue) = Catalogue::parse(catalogue.to_string().as_bytes()) {
        collection.add_exploited(catalogue);
    }
    collection.write().map(|(bytes, _)| bytes)
}

/// The bill of the device of this number: half of the devices have newer packages.
fn bill(name: &str, version: &str, number: usize) -> Value {
    let reference = |package: &str, version: &str| format!("pkg:npm/{package}@{version}");
    let packages = PACKAGES
        .iter()
        .enumerate()
        .filter(|(place, _)| !(place + number).is_multiple_of(3));
    let packages: Vec<(&str, &str)> = packages
        .map(|(_, (package, versions))| (*package, versions[number % 2]))
        .collect();
    let mut components: Vec<Value> = packages
        .iter()
        .map(|(package, version)| {
            let purl = reference(package, version);
            json!({
                "type": "library", "bom-ref": purl, "name": package, "version": version, "purl": purl,
                "supplier": { "name": "架空ソフトウェア" },
            })
        })
        .collect();
    // What has no version nor identifier cannot be assessed, and the page says so.
    components.push(json!({ "type": "firmware", "bom-ref": "firmware", "name": "架空ファームウェア" }));
    let parts: Vec<String> = packages
        .iter()
        .map(|(package, version)| reference(package, version))
        .chain(["firmware".to_owned()])
        .collect();
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": format!("urn:uuid:00000000-0000-4000-8000-{number:012}"),
        "metadata": {
            "timestamp": "2026-10-01T00:00:00Z",
            "authors": [{ "name": "架空 担当者" }],
            "component": { "type": "device", "bom-ref": "device", "name": name, "version": version },
        },
        "components": components,
        "dependencies": [{ "ref": "device", "dependsOn": parts }],
    })
}

impl Desk {
    /// Hands in made-up bills for the first devices that the made-up hospital holds.
    pub(super) fn fill_security(&self, firm: &Visit, seed: u64) -> Result<(), Refusal> {
        if self.rashin()?.plan().kind("device-security").is_none() {
            return Ok(());
        }
        for (number, asset) in records::assets(seed).into_iter().take(DEVICES).enumerate() {
            let name = asset.into_iter().find(|(field, _)| field == "name");
            let name = name.map(|(_, name)| name).unwrap_or_default();
            let version = format!("{}.{}", number + 1, number % 3);
            let bytes = bill(&name, &version, number).to_string().into_bytes();
            let place = FileFor {
                kind: "device-security",
                record: None,
                field: Some("sbom"),
            };
            let file = self.keep_file(firm, &place, &format!("sbom-{}.json", number + 1), bytes)?;
            let until = firm.today().year() + i16::try_from(number).unwrap_or(0);
            let form: Vec<(String, String)> = [
                ("name", name),
                ("version_name", version),
                ("sbom", file.to_string()),
                ("eol_on", format!("{until}-06-30")),
                ("eos_on", format!("{until}-12-31")),
                ("contact", "psirt@kakuu-device.example".to_owned()),
            ]
            .into_iter()
            .map(|(field, text)| (field.to_owned(), text))
            .collect();
            self.add_record(firm, "device-security", &form)?;
        }
        Ok(())
    }
}
