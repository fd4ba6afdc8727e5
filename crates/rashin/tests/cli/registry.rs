//! Published lists on the command line: a report in words and as data, the same again, and what is refused.

use super::{Ran, json, rashin};

const LIST: &str = "200010029,0010029,架空診療所,1000000,架空市架空町１丁目\r\n\
                    010010055,0010055,架空医院,1000000,架空市架空町２丁目\r\n\
                    010010063,0010063,架空病院,100000,架空市架空町３丁目\r\n";

#[test]
fn a_list_is_taken_in_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (file, database) = (folder.path().join("list.csv"), folder.path().join("rashin.db"));
    std::fs::write(&file, LIST).unwrap();
    let import = |list| {
        let (file, database) = (file.to_str().unwrap(), database.to_str().unwrap());
        ["registry", "import", list, file, "--database", database].map(str::to_owned)
    };
    let run = |list, more: &[&str]| {
        let arguments = import(list);
        let arguments: Vec<&str> = arguments
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        rashin(&arguments, b"")
    };
    let Ran(code, out, _) = run("medical-institution", &[]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
    let arguments = import("medical-institution");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--json"]).collect();
    let again = json(&arguments);
    let report = &again["value"]["report"];
    assert_eq!(
        (&report["unchanged"], &report["added"], &report["refused"]),
        (&2.into(), &0.into(), &1.into())
    );
    // Left to a server, it waits.
    let Ran(code, out, _) = run("medical-institution", &["--later", "--json"]);
    assert_eq!((code, out.contains("\"done\": false")), (0, true));
    let Ran(code, _, err) = run("edinet", &[]);
    assert_eq!(code, 2);
    assert!(
        err.contains("EDINETコードリスト") && err.contains("EDINET's list"),
        "{err}"
    );
    let Ran(code, _, err) = run("hospitals", &[]);
    assert_eq!(code, 2);
    assert!(err.contains("medical-institution"), "{err}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run("medical-institution", &[]).0, 3);
}
