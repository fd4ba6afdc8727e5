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
