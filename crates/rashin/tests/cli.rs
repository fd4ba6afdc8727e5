//! The command line as a person or a program meets it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[path = "cli/cyber.rs"]
mod cyber;
#[path = "cli/database.rs"]
mod database;
#[path = "cli/registry.rs"]
mod registry;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Exit code, standard output, standard error.
struct Ran(i32, String, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn rashin(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rashin"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may close its input before this is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran(
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json(arguments: &[&str]) -> Value {
    let Ran(code, out, err) = rashin(arguments, b"");
    assert_eq!(code, 0, "{arguments:?}: {out} {err}");
    serde_json::from_str(&out).unwrap()
}

fn number(value: &Value) -> f64 {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a decimal string"))
        .parse()
        .unwrap()
}

#[test]
fn eval_answers_with_the_keys_it_promises() {
    let kgi1 = json(&["eval", "kgi1", "--at", "FY2040", "--json"]);
    let keys = [
        "id",
        "at",
        "unit",
        "value",
        "printed_path",
        "printed",
        "interval",
        "findings",
        "trace",
    ];
    for key in keys {
        assert!(!kgi1[key].is_null(), "{key}");
    }
    assert_eq!(
        (kgi1["unit"].as_str(), kgi1["printed"].as_str()),
        (Some("兆円"), Some("28"))
    );
    assert!((number(&kgi1["value"]) - 28.46).abs() < 0.005);
    assert!((number(&kgi1["printed_path"]) - 28.23).abs() < 0.005);
    assert_eq!(kgi1["interval"]["level"].as_str(), Some("0.95"));
    assert!(number(&kgi1["interval"]["low"]) < number(&kgi1["value"]));
    assert!(kgi1["findings"].as_array().unwrap().len() >= 4);
    for (id, printed) in [("kgi2", "4.2"), ("kgi3", "8")] {
        assert_eq!(
            json(&["eval", id, "--json"])["printed"].as_str(),
            Some(printed),
            "{id}"
        );
    }
    for id in ["ref2", "ref3", "ref4"] {
        let answer = json(&["eval", id, "--json"]);
        assert!(
            answer["value"].is_null() && answer["problem"]["ja"].is_string(),
            "{id}"
        );
    }
}

#[test]
fn a_setting_moves_the_figure_and_the_seed_fixes_the_interval() {
    let moved = json(&["eval", "kgi1", "--set", "growth=5%", "--json"]);
    assert!((number(&moved["value"]) - 7.3 / 0.724 * 1.05_f64.powi(16)).abs() < 1e-6);
    let seeded =
        |seed: &str| json(&["eval", "kgi2", "--seed", seed, "--draws", "5000", "--json"])["interval"].clone();
    assert_eq!(seeded("1"), seeded("1"));
    assert_ne!(seeded("1"), seeded("2"));
    let early = json(&["eval", "kgi1", "--as-of", "2026-03-17", "--json"]);
    assert!(early["value"].is_null());
}

#[test]
fn the_trace_shows_each_input_with_its_source() {
    let Ran(code, out, _) = rashin(&["eval", "kgi1", "--trace"], b"");
    assert_eq!(code, 0);
    for word in [
        "sales_large_firms[FY2024]",
        "concentration[FY2023]",
        "meti_market[CY2050]",
        "出典",
        "2026-03-18",
    ] {
        assert!(out.contains(word), "{word}\n{out}");
    }
}

#[test]
fn calc_is_exact_and_answers_each_line() {
    let input = "10-3+2\n-2^2\n2^3^2\n1/3\n7.3兆円/72.4%\n１＋２×３\n\n1円+1ドル\n7^(16/30)\n";
    let Ran(code, out, _) = rashin(&["calc"], input.as_bytes());
    assert_eq!(code, 1, "one of them is refused");
    let answers: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let values: Vec<_> = answers
        .iter()
        .map(|one| one["value"].as_str().unwrap_or("refused"))
        .collect();
    assert_eq!(
        values[..4],
        ["9", "-4", "512", "0.3333333333333333333333333333333333"]
    );
    assert_eq!(answers[3]["exact"].as_str(), Some("1/3"));
    assert_eq!(
        (answers[4]["unit"].as_str(), answers[4]["exact"].as_str()),
        (Some("兆円"), Some("1825/181"))
    );
    assert_eq!(values[5], "7");
    assert_eq!(
        (values[6], answers[6]["error"]["code"].as_str()),
        ("refused", Some("unit"))
    );
    assert!(values[7].starts_with("2.82305249951281"));
}

#[test]
fn vocab_answers_one_line_each() {
    let Ran(code, out, _) = rashin(
        &["vocab", "corporate-number"],
        "3011001015116\n3011001015117\n３０１１００１０１５１１６\n".as_bytes(),
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (1, 3));
    assert_eq!(lines[0], "ok\t3011001015116");
    assert!(lines[1].starts_with("error\t"));
    assert_eq!(lines[2], "ok\t3011001015116");
    let kinds = "corporate-number medical-institution-code gtin gs1 hibc approval-number certification-number notification-number \
                 mah-licence jmdn emdn hs edinet-code securities-code prefecture fiscal-year date";
    for kind in kinds.split_whitespace() {
        let Ran(code, out, _) = rashin(&["vocab", kind], b"\xff\xfe no such code\n");
        assert_eq!((code, out.lines().count()), (1, 1), "{kind}");
    }
}

#[test]
fn survey_recommends_one_of_its_estimates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("架空.csv");
    let rows = "firm,y,x\nA社,12,100\nB社,30,250\nC社,4,60\nD社,55,400\nE社,20,150\n";
    std::fs::write(&file, format!("\u{feff}{rows}")).unwrap();
    let answer = json(&[
        "survey",
        file.to_str().unwrap(),
        "--frame-total",
        "3000",
        "--frame-n",
        "26",
        "--json",
    ]);
    let estimates = answer["estimates"].as_array().unwrap();
    assert!(estimates.contains(&answer["recommended"]));
    for one in estimates {
        assert!(number(&one["interval"]["low"]) <= number(&one["total"]), "{one}");
    }
    // 121/960 of 3000.
    assert!((number(&answer["recommended"]["total"]) - 378.125).abs() < 0.001);
}

#[test]
fn an_edition_is_made_once_verified_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, again, second) = (path("1.json"), path("1b.json"), path("2.json"));
    assert_eq!(rashin(&["edition", "make", "--out", &first], b"").0, 0);
    assert_eq!(rashin(&["edition", "make", "--out", &again], b"").0, 0);
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&again).unwrap());
    assert_eq!(
        rashin(&["edition", "make", "--out", &first], b"").0,
        3,
        "an edition is never overwritten"
    );
    assert!(
        json(&["edition", "verify", &first, "--json"])["ok"]
            .as_bool()
            .unwrap()
    );

    let plan = folder.path().join("plan");
    copy(&root().join("plan"), &plan);
    let correction = "[[observation]]\nseries = \"sales_large_firms\"\nperiod = \"FY2024\"\nvalue = \"8.0兆円\"\nsource = \"interim-2026\"\n\
                      section = \"架空\"\nrecorded = \"2026-10-01\"\nauthor = \"a\"\napprover = \"b\"\n";
    std::fs::write(plan.join("series/correction.toml"), correction).unwrap();
    let plan = plan.to_str().unwrap();
    assert_eq!(
        rashin(&["edition", "make", "--plan", plan, "--out", &second], b"").0,
        0
    );
    let list = json(&["edition", "diff", &first, &second, "--json"]);
    let kgi1 = list
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "kgi1" && one["at"] == "FY2040")
        .unwrap();
    assert_eq!(
        (
            kgi1["before"].as_str(),
            kgi1["after"].as_str(),
            kgi1["change"].as_str()
        ),
        (Some("28"), Some("31"), Some("3"))
    );
    let parts = kgi1["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| number(&part["amount"]))
        .sum::<f64>();
    assert!((parts - 3.0).abs() < 1e-9);

    let mut bytes = std::fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let broken = path("broken.json");
    std::fs::write(&broken, bytes).unwrap();
    assert_eq!(rashin(&["edition", "verify", &broken], b"").0, 1);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Every bad input gets a sentence in Japanese and one in English, an exit code of its own and no panic.
#[test]
fn check_finds_what_the_program_reads_and_a_kind_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("plan"), folder.path());
    let file = folder.path().join("kinds/device.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"covered_on\"", "\"covered_from\"")).unwrap();
    let plan = folder.path().to_str().unwrap();
    let told = rashin(&["check", plan], b"");
    assert_eq!(told.0, 1, "{}", told.1);
    for part in ["--> kinds/device.toml:", "^", "device.covered_on", "help:"] {
        assert!(told.1.contains(part), "{part}: {}", told.1);
    }
    let told = rashin(&["check", plan, "--json"], b"");
    let answer: Value = serde_json::from_str(&told.1).unwrap();
    assert_eq!(answer["faults"][0]["code"], "view_field");
}

#[test]
fn bad_input_gets_a_clear_answer() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let word = csv("word.csv", b"firm,y,x\nA,1,10\nB,abc,5\n");
    let column = csv("column.csv", b"firm,y\nA,1\n");
    let twice = csv("twice.csv", b"firm,y,x\nA,1,10\nA,2,5\n");
    let sjis = csv("sjis.csv", b"firm,y,x\n\x8a\x94,1,10\n");
    let one = csv("one.csv", b"firm,y,x\nA,1,10\n");
    let three = csv("three.csv", b"firm,y,x\nA,1,10\nB,2,20\nC,1,8\n");
    let nowhere = folder.path().join("nowhere").to_str().unwrap().to_owned();
    let frame = ["--frame-total", "100", "--frame-n", "26"];
    let survey = |file: &str| {
        [&["survey", file][..], &frame[..]]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let cases = [
        words("eval kgi9"),
        words("eval kgi1 --set growth"),
        words("eval kgi1 --set growth=abc"),
        words("eval kgi1 --set growth=5円"),
        words("eval kgi1 --set nothing=1"),
        words("eval kgi1 --set meti_market=3兆円"),
        words("eval kgi1 --at 令和0年"),
        words("eval kgi1 --at CY2040"),
        words("eval kgi1 --as-of 2026-02-30"),
        words("eval kgi1 --draws 1"),
        vec!["check".into(), nowhere.clone()],
        survey(&word),
        survey(&column),
        survey(&twice),
        survey(&sjis),
        survey(&one),
        survey(&nowhere),
        words(&format!("survey {three} --frame-total 1 --frame-n 26")),
        words(&format!("survey {three} --frame-total nan --frame-n 26")),
        words("vocab nothing"),
        words(&format!("edition verify {three}")),
    ];
    let mut said = String::new();
    for case in cases {
        let arguments: Vec<&str> = case.iter().map(String::as_str).collect();
        let Ran(code, out, err) = rashin(&arguments, b"");
        assert!((1..=3).contains(&code), "{arguments:?} ended with {code}");
        let scratch = folder.path().to_str().unwrap();
        said.push_str(
            &format!("$ rashin {}\n{}{}[{code}]\n\n", case.join(" "), out, err).replace(scratch, "FOLDER"),
        );
    }
    insta::assert_snapshot!(said);
}
