//! `rashin cyber`: versions and ranges, line by line.

use std::io::Write as _;

use super::{Ran, rashin};

#[test]
fn versions_are_compared() {
    let input = "1.0\t1.0.post1\n1.0rc1\t1.0\n1!0\t2\n1.0\t1.0.0\nhorsea\t0.1\n1.0\n".as_bytes();
    let Ran(code, out, err) = rashin(&["cyber", "compare", "--ecosystem", "PyPI"], input);
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!("cyber_compare", out);
    let Ran(code, out, _) = rashin(
        &["--json", "cyber", "compare", "--ecosystem", "npm"],
        b"1.0.0\t1.0.1\nlatest\t1.0.0\n",
    );
    assert_eq!(code, 1);
    insta::assert_snapshot!("cyber_compare_json", out);
}

#[test]
fn every_ecosystem_has_an_order_or_a_reason() {
    for (name, code, answer) in [
        ("Debian:12", 0, "<"),
        ("red hat", 0, "<"),
        ("alpm", 0, "<"),
        ("Android", 1, "error"),
    ] {
        let Ran(found, out, _) = rashin(&["cyber", "compare", "--ecosystem", name], b"1.0-1\t1.1-1\n");
        assert_eq!(found, code, "{name}");
        assert!(out.starts_with(answer), "{name}: {out}");
    }
    let Ran(code, _, err) = rashin(&["cyber", "compare", "--ecosystem", "unheard"], b"");
    assert_eq!(code, 2);
    insta::assert_snapshot!("cyber_unknown_ecosystem", err);
}

#[test]
fn versions_lie_in_ranges_or_not() {
    let input = "vers:npm/1.2.3|>=2.0.0|<5.0.0\t2.1.0\nvers:npm/1.2.3|>=2.0.0|<5.0.0\t1.2.4\nvers:npm/ 1\t1\nvers:unheard/1\t1\n";
    let Ran(code, out, err) = rashin(&["cyber", "vers"], input.as_bytes());
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!("cyber_vers", out);
    let Ran(code, out, _) = rashin(&["--json", "cyber", "vers"], b"vers:deb/<1.0\t0.9\n");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_vers_json", out);
}

#[test]
fn native_ranges_become_vers() {
    let input = "^1.2.9\n<3.11 || >= 4 <4.5\n1.2.x\n*\nlatest\n".as_bytes();
    let Ran(code, out, _) = rashin(&["cyber", "vers", "--from-native", "npm"], input);
    assert_eq!(code, 1);
    insta::assert_snapshot!("cyber_from_native", out);
    let Ran(code, _, err) = rashin(&["cyber", "vers", "--from-native", "unheard"], b"");
    assert_eq!(code, 2);
    assert!(err.contains("npm"), "{err}");
}

const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "library", "name": "demo", "version": "1.0", "purl": "pkg:pypi/demo@1.0"},
    {"type": "library", "name": "other", "version": "1.0", "purl": "pkg:pypi/other@1.0"},
    {"type": "library", "name": "nameless", "version": "1.0"}]}"#;

const RECORD: &str = r#"{"id": "PYSEC-1", "modified": "2025-01-01T00:00:00Z", "aliases": ["CVE-2025-0001"],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "demo"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}"#;

#[test]
fn feeds_are_loaded_and_bills_matched() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (feeds, db, bill) = (at("feeds"), at("db"), at("bill.json"));
    std::fs::create_dir(&feeds).unwrap();
    std::fs::write(at("feeds/PYSEC-1.json"), RECORD).unwrap();
    std::fs::write(at("feeds/notes.txt"), "not a feed").unwrap();
    std::fs::write(&bill, SBOM).unwrap();
    let hide = |text: String| text.replace(folder.path().to_str().unwrap(), "FOLDER");
    let Ran(code, out, _) = rashin(&["cyber", "load", &feeds, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_load", hide(out));
    let first = std::fs::read(&db).unwrap();
    let Ran(code, out, _) = rashin(&["--json", "cyber", "load", &feeds, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_load_again", hide(out));
    assert_eq!(std::fs::read(&db).unwrap(), first);
    let Ran(code, out, _) = rashin(&["cyber", "match", &bill, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_match", hide(out));
    let Ran(code, out, _) = rashin(&["--json", "cyber", "match", &bill, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_match_json", hide(out));
    let lines = b"PyPI\tDemo\t1.0\nPyPI\tdemo\t2.0\nnpm\tdemo\t1.0.0\nPyPI\tdemo\n";
    let Ran(code, out, _) = rashin(&["cyber", "match", "--query", "--db", &db], lines);
    assert_eq!(code, 1);
    insta::assert_snapshot!("cyber_match_query", out);
    std::fs::write(&db, "something else altogether, longer than a head is").unwrap();
    let Ran(code, _, err) = rashin(&["cyber", "match", &bill, "--db", &db], b"");
    assert_eq!(code, 2);
    insta::assert_snapshot!("cyber_foreign_database", hide(err));
}

const VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/1", "author": "架空メディカル株式会社",
    "timestamp": "2026-02-01T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2025-0001"}, "products": [{"@id": "pkg:pypi/demo@1.0"}], "status": "not_affected",
     "justification": "vulnerable_code_not_present"},
    {"vulnerability": {"name": "CVE-2025-0009"}, "products": [{"@id": "pkg:pypi/demo@1.0"}], "status": "fixed"}]}"#;

const CSAF: &str = r#"{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "輸液ポンプ",
    "publisher": {"category": "vendor", "name": "架空メディカル株式会社", "namespace": "https://example.com"},
    "tracking": {"id": "K-2026-1", "current_release_date": "2026-03-31T00:00:00Z"}},
    "product_tree": {"branches": [{"category": "vendor", "name": "架空メディカル株式会社", "branches": [{"category": "product_name", "name": "輸液ポンプ KP-100",
        "branches": [{"category": "product_version_range", "name": "<= 2.1", "product": {"name": "KP-100 2.1 以前", "product_id": "A"}},
        {"category": "product_version_range", "name": "< spring", "product": {"name": "KP-100 春以前", "product_id": "B"}}]}]}]},
    "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"known_affected": ["A", "B"]}}]}"#;

const DEVICES: &str = "製造販売業者,販売名,型番,バージョン,UDI-DI\n架空メディカル（株）,輸液ポンプ,KP-100,2.0,04912345678904\n架空メディカル,輸液ポンプ,KP-100,３．０,\n架空メディカル,輸液ポンプ,KP-200,2.0,\n";

#[test]
fn statements_are_laid_beside_findings_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (feeds, db, bill, vex) = (at("feeds"), at("db"), at("bill.json"), at("vex.json"));
    std::fs::create_dir(&feeds).unwrap();
    std::fs::write(at("feeds/PYSEC-1.json"), RECORD).unwrap();
    std::fs::write(at("feeds/csaf.json"), CSAF).unwrap();
    std::fs::write(&bill, SBOM).unwrap();
    std::fs::write(&vex, VEX).unwrap();
    let hide = |text: String| text.replace(folder.path().to_str().unwrap(), "FOLDER");
    let Ran(code, out, _) = rashin(&["cyber", "load", &feeds, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_load_csaf", hide(out));
    let Ran(code, out, _) = rashin(&["cyber", "match", &bill, "--vex", &vex, "--db", &db], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_match_vex", hide(out));
    let Ran(code, out, _) = rashin(
        &[
            "cyber",
            "gate",
            &bill,
            "--vex",
            &vex,
            "--db",
            &db,
            "--papers",
            "policy,process",
        ],
        b"",
    );
    assert_eq!(code, 1);
    insta::assert_snapshot!("cyber_gate", hide(out));
    let Ran(code, out, _) = rashin(&["--json", "cyber", "gate", &bill, "--db", &db], b"");
    assert_eq!(code, 1);
    insta::assert_snapshot!("cyber_gate_json", hide(out));
    let Ran(code, _, err) = rashin(&["cyber", "match", &bill, "--vex", &bill, "--db", &db], b"");
    assert_eq!(code, 2);
    insta::assert_snapshot!("cyber_no_statement", hide(err));
}

#[test]
fn devices_are_found_by_name_and_version() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (csaf, devices) = (at("csaf.json"), at("devices.csv"));
    std::fs::write(&csaf, CSAF).unwrap();
    std::fs::write(&devices, DEVICES).unwrap();
    let hide = |text: String| text.replace(folder.path().to_str().unwrap(), "FOLDER");
    let Ran(code, out, _) = rashin(&["cyber", "device-match", &csaf, "--devices", &devices], b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_device_match", hide(out));
    let Ran(code, out, _) = rashin(
        &["--json", "cyber", "device-match", &csaf, "--devices", &devices],
        b"",
    );
    assert_eq!(code, 0);
    insta::assert_snapshot!("cyber_device_match_json", hide(out));
    for (table, kind) in [
        (&b"a,b\n1,2\n"[..], "no_header"),
        (b"name\n\x82\xa0\n", "not_utf8"),
    ] {
        std::fs::write(&devices, table).unwrap();
        let Ran(code, out, _) = rashin(
            &["--json", "cyber", "device-match", &csaf, "--devices", &devices],
            b"",
        );
        assert_eq!(code, 2);
        assert!(out.contains(kind), "{out}");
    }
}

#[test]
fn who_loads_at_the_same_time_loses_nothing() {
    const LOADERS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("db");
    let load = |place: usize| {
        let feed = folder.path().join(format!("feed-{place}"));
        std::fs::create_dir(&feed).unwrap();
        let record = RECORD.replace("PYSEC-1", &format!("PYSEC-{place}"));
        std::fs::write(feed.join("record.json"), record).unwrap();
        let command = [
            "cyber",
            "load",
            feed.to_str().unwrap(),
            "--db",
            db.to_str().unwrap(),
        ];
        let Ran(code, out, err) = rashin(&command, b"");
        assert_eq!(code, 0, "{out} {err}");
    };
    std::thread::scope(|scope| {
        for place in 0..LOADERS {
            let load = &load;
            scope.spawn(move || load(place));
        }
    });
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let command = [
        "--json",
        "cyber",
        "load",
        empty.to_str().unwrap(),
        "--db",
        db.to_str().unwrap(),
    ];
    let Ran(_, out, _) = rashin(&command, b"");
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(said["database"]["records"], LOADERS);
}

#[test]
fn what_is_packed_by_itself_is_read_within_limits() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pack = |name: &str, bytes: &[u8]| {
        let file = std::fs::File::create(at(name)).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap();
    };
    std::fs::create_dir(at("feeds")).unwrap();
    let scores =
        "#model_version:v1,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\nCVE-2025-0001,0.5,0.9\n";
    pack("feeds/scores.csv.gz", scores.as_bytes());
    pack("feeds/record.json.gz", RECORD.as_bytes());
    pack("feeds/bomb.json.gz", &vec![b' '; 65 << 20]);
    std::fs::write(at("feeds/torn.csv.gz"), "not packed").unwrap();
    let (feeds, db) = (at("feeds"), at("db"));
    let command = [
        "--json",
        "cyber",
        "load",
        feeds.to_str().unwrap(),
        "--db",
        db.to_str().unwrap(),
    ];
    let Ran(code, out, _) = rashin(&command, b"");
    assert_eq!(code, 1);
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&said["added"], &said["database"]["epss"]),
        (&1.into(), &1.into())
    );
    let refused = said["refused"]["files"].as_array().unwrap().iter();
    let refused: Vec<_> = refused
        .map(|one| {
            (
                one["file"].as_str().unwrap(),
                one["reason"]["kind"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        refused,
        [("bomb.json.gz", "too_large"), ("torn.csv.gz", "unreadable_file")]
    );
}
