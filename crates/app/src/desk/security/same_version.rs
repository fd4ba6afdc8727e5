//! Versions of software as hospitals write them, held against those that makers hand in.

use record::fold;

/// Words that stand before the number of a version.
const BEFORE: [&str; 9] = [
    "version",
    "ver",
    "rev",
    "release",
    "software",
    "sw",
    "v",
    "バージョン",
    "ソフトウェア",
];

/// Whether two texts may name one version of the software. They do not only where both begin with numbers that differ: whoever wrote less, or
/// something else, is told rather than passed over.
pub(super) fn may_be_same(one: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Vec<String> {
        let text = fold(text);
        let mut rest = text.as_str();
        let between = |c: char| c.is_whitespace() || ['.', ':', '-', '_'].contains(&c);
        while let Some(after) = BEFORE.iter().find_map(|word| rest.strip_prefix(&*fold(word))) {
            rest = after.trim_start_matches(between);
        }
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let parts = rest
            .get(..end)
            .unwrap_or_default()
            .split('.')
            .filter(|part| !part.is_empty());
        parts
            .map(|part| part.trim_start_matches('0').to_owned())
            .collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    one.iter().zip(&other).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::may_be_same;

    #[test]
    fn a_version_is_another_only_where_its_numbers_say_so() {
        for same in [
            "2.4.1",
            "Ver.2.4.1",
            "ｖ２．４．１",
            "バージョン 2.4.1",
            "2.4.1 (build 7)",
            "2.4",
            "2.4.1a",
            "02.4.1.0",
            "R2",
            "",
            "春の版",
        ] {
            assert!(may_be_same(same, "2.4.1"), "{same}");
            assert!(may_be_same("2.4.1", same), "{same}");
        }
        for other in [
            "2.3",
            "バージョン2.3",
            "ソフトウェア Ver.3",
            "9.9",
            "Version 3",
            "v2.4.2",
            "24.1",
            "2.4.10",
        ] {
            assert!(!may_be_same(other, "2.4.1"), "{other}");
            assert!(!may_be_same("2.4.1", other), "{other}");
        }
    }
}
