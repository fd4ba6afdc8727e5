//! Plans with one mistake each, and what the reader says of them. `faulty/cases.toml` holds the edits that
//! turn the whole plan in `faulty/base/` into each faulty one; the snapshot is what a person sees.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plan::{Files, Plan};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    why: String,
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    find: Option<String>,
    #[serde(default)]
    replace: String,
    spoil: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faulty")
}

fn base() -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder().join("base"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect()
}

/// The faulty plan, written where the reader reads it from.
fn spoiled(case: &Case) -> tempfile::TempDir {
    let mut files = base();
    for edit in &case.edit {
        let file = files.get_mut(&edit.file);
        match (edit.spoil.as_deref(), file) {
            (Some("absent"), None) => files.clear(),
            (Some("absent"), Some(_)) => drop(files.remove(&edit.file)),
            (Some("shift-jis"), Some(bytes)) => {
                let at = bytes
                    .windows(6)
                    .position(|window| window == "将来".as_bytes())
                    .unwrap();
                bytes.splice(at..at + 6, [0x8f, 0xab, 0x97, 0x88]);
            }
            (Some("too-large"), Some(bytes)) => {
                let room = usize::try_from(Files::LIMIT).unwrap();
                bytes.extend(std::iter::once(b'#').chain(std::iter::repeat_n(b'x', room)));
            }
            (None, Some(bytes)) => {
                let mut text = String::from_utf8(std::mem::take(bytes)).unwrap();
                match &edit.find {
                    Some(find) => {
                        assert_eq!(text.matches(find).count(), 1, "{}: {find}", case.name);
                        text = text.replace(find, &edit.replace);
                    }
                    None => text.push_str(&edit.replace),
                }
                *bytes = text.into_bytes();
            }
            (spoil, _) => panic!("{}: {spoil:?} of {}", case.name, edit.file),
        }
    }
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(place.path().join(name), bytes).unwrap();
    }
    place
}

#[test]
fn the_plan_without_a_mistake_is_whole() {
    let plan = Plan::from_folder(&folder().join("base")).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(plan.indicators.len(), 2);
    assert_eq!(plan.kinds.len(), 3);
    assert_eq!(plan.procedures.len(), 1);
    assert_eq!(plan.holidays.days.len(), 2);
}

#[test]
fn kinds_name_the_roles_of_the_policy() {
    assert_eq!(plan::ROLES, authz::Role::ALL.map(authz::Role::code));
}

#[test]
fn every_mistake_is_told_where_it_stands() {
    let cases: Cases = toml::from_str(&fs::read_to_string(folder().join("cases.toml")).unwrap()).unwrap();
    assert!(cases.case.len() >= 40);
    for case in cases.case {
        let place = spoiled(&case);
        let Err(faults) = Plan::from_folder(place.path()) else {
            panic!("{}: was taken for a whole plan", case.name);
        };
        let text = faults
            .to_string()
            .replace(&place.path().display().to_string(), "PLAN");
        let mut settings = insta::Settings::clone_current();
        settings.set_description(case.why);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_snapshot_path("faulty/said");
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(case.name.as_str(), text));
        for fault in &faults.list {
            assert!(!fault.ja.is_empty() && !fault.en.is_empty(), "{}", case.name);
            assert!(
                fault.ja.ends_with('。') && fault.en.ends_with(['.', '?']),
                "{}: {} {}",
                case.name,
                fault.ja,
                fault.en
            );
        }
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    // A plan cut off anywhere is refused or read, never a crash.
    let files: BTreeMap<String, String> = base()
        .into_iter()
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
        .collect();
    for (name, text) in &files {
        for cut in (0..text.len())
            .step_by(97)
            .filter(|cut| text.is_char_boundary(*cut))
        {
            let mut cut_files = files.clone();
            cut_files.insert(name.clone(), text[..cut].to_owned());
            if let Err(faults) = Plan::read(Files::from_texts(cut_files)) {
                let _ = faults.to_string();
            }
        }
    }
}
