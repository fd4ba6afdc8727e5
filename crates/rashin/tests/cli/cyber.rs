//! `rashin cyber`: versions and ranges, line by line.

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
