//! The promise of the module: both languages say the same things, everything that is asked for exists, nothing lies about unused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

/// Key → variables, over all files of a language. Read from the text, not from the parser that the program uses.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in Files::iter().filter(|file| file.starts_with(&lang.to_string())) {
        let text = String::from_utf8(Files::get(&file).unwrap().data.into_owned()).unwrap();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                key = line.split('=').next().unwrap().trim().to_owned();
                assert!(!keys.contains_key(&key), "{file}: {key} twice");
                keys.insert(key.clone(), BTreeSet::new());
            }
            for variable in line.split('$').skip(1) {
                let name = variable
                    .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
                    .next()
                    .unwrap();
                keys.get_mut(&key).unwrap().insert(name.to_owned());
            }
        }
    }
    keys
}

/// Every source and template that may use a message.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if entry.is_dir() {
                walk(&entry, found);
            } else if entry
                .extension()
                .is_some_and(|kind| kind == "rs" || kind == "html")
                && !entry.ends_with("i18n/tests.rs")
            {
                found.push((entry.clone(), std::fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    walk(&root.join("templates"), &mut found);
    found
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    let (ja, en) = (keys(Lang::Ja), keys(Lang::En));
    assert!(!ja.is_empty());
    for (key, variables) in &ja {
        assert_eq!(en.get(key), Some(variables), "{key} in en");
    }
    for key in en.keys() {
        assert!(ja.contains_key(key), "{key} is missing in ja");
    }
}

#[test]
fn every_key_asked_for_exists() {
    let known = keys(Lang::Ja);
    for (file, text) in sources() {
        for call in [".text(\"", ".with(\"", ".with1(\""] {
            for rest in text.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(known.contains_key(key), "{} asks for {key}", file.display());
            }
        }
    }
}

#[test]
fn no_key_is_unused() {
    let sources = sources();
    let unused: Vec<_> = keys(Lang::Ja)
        .into_keys()
        .filter(|key| {
            !sources
                .iter()
                .any(|(_, text)| text.contains(&format!("\"{key}\"")))
        })
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn a_message_that_does_not_exist_shows_its_key() {
    let messages = Messages::load().unwrap();
    assert_eq!(
        messages.texts(Lang::En).text(["no", "such"].join("-").as_str()),
        "{no-such}"
    );
}

#[test]
fn dates_years_and_amounts_are_those_of_the_language() {
    let messages = Messages::load().unwrap();
    let (ja, en) = (messages.texts(Lang::Ja), messages.texts(Lang::En));
    let day = jiff::civil::date(2026, 3, 18);
    let table = [
        (ja.date(day), "2026年3月18日"),
        (en.date(day), "18 March 2026"),
        (ja.period(Period::fiscal(2024)), "2024年度（令和6年度）"),
        (
            en.period(Period::fiscal(2024)),
            "FY2024 (April 2024 to March 2025)",
        ),
        (ja.period(Period::calendar(2019)), "2019年（令和元年）"),
        (ja.amount("28.23", "兆円"), "28.23兆円"),
        (en.amount("28.23", "兆円"), "28.23 trillion yen"),
        (ja.amount("4757", "億円/年"), "4,757億円/年"),
        (en.amount("4757", "億円/年"), "475.7 billion yen per year"),
        (en.amount("5.12", "%/年"), "5.12% per year"),
        (en.amount("149", "円/ドル"), "149 yen per US dollar"),
        (en.amount("1.662", ""), "1.662"),
        (en.path("/"), "/en"),
        (en.path("/plan"), "/en/plan"),
        (ja.path("/plan"), "/plan"),
    ];
    for (got, expected) in table {
        assert_eq!(got, expected);
    }
}

#[test]
fn digits_are_grouped_before_the_point_only() {
    for (plain, grouped) in [
        ("6150", "6,150"),
        ("-1234567.8901", "-1,234,567.8901"),
        ("100", "100"),
        ("0.12345", "0.12345"),
        ("", ""),
        ("—", "—"),
    ] {
        assert_eq!(group_digits(plain), grouped);
    }
}
