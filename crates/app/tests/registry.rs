//! Published lists taken into registers: made-up lists in the layouts of the real ones, what each changes, jobs that are cut off, and who may.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
#[path = "../../../tests/data.rs"]
mod sets;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use app::{Desk, Kept, List, ListImport, ListStanding, RecordQuery};
use authz::Role;
use desk::{approver, member, office, public, secretariat, visit};
use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;
use vocab::codes::MedicalInstitutionCode;

const DAY: &str = "2026-11-02";
const EDINET_TITLES: &str = "ＥＤＩＮＥＴコード,提出者種別,上場区分,連結の有無,資本金,決算日,提出者名,提出者名（英字）,提出者名（ヨミ）,所在地,提出者業種,証券コード,提出者法人番号";

/// A number of prefecture and institution whose check digit fits with this fee table alone, where it can.
fn number(prefecture: u32, serial: usize, table: char) -> String {
    let mut digits = (0..10).map(|last| format!("{serial:06}{last}"));
    let body = digits
        .find(|body| {
            format!("{prefecture:02}{table}{body}")
                .parse::<MedicalInstitutionCode>()
                .is_ok()
        })
        .unwrap();
    format!("{prefecture:02}{body}")
}

fn institution(number: &str, name: &str) -> String {
    format!(
        "{number},{},{name},1000000,架空市架空町１丁目１番１号\r\n",
        &number[2..]
    )
}

fn institutions(serials: impl IntoIterator<Item = usize>, version: &str) -> Vec<u8> {
    let rows = serials
        .into_iter()
        .map(|serial| institution(&number(20, serial, '1'), &format!("架空診療所{serial}{version}")));
    rows.collect::<String>().into_bytes()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn japanese(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

fn take(desk: &Desk, list: List, bytes: Vec<u8>) -> Kept<ListImport> {
    desk.import_list_now(&secretariat(DAY), list, "list.csv", bytes, false, &mut |_, _| {
        true
    })
    .unwrap()
}

/// Every record of a kind as lines of its fields, with its id and version.
fn shelf(desk: &Desk, kind: &str) -> String {
    let kind = desk.register(&public(DAY), kind).unwrap().kind;
    let mut asked = RecordQuery::default();
    let mut lines = BTreeMap::new();
    loop {
        let page = desk.records(&public(DAY), &kind.id, &asked).unwrap();
        for one in &page.rows {
            let mut line = format!("v{}", one.version);
            for (field, text) in record::row(&kind, &one.record) {
                if !text.is_empty() {
                    let _ = write!(line, " {field}={text}");
                }
            }
            lines.insert(one.id.clone(), line);
        }
        asked.after = page.next;
        if asked.after.is_none() {
            break;
        }
    }
    let line = |(id, line): (&String, &String)| format!("{id} {line}\n");
    lines.iter().map(line).collect()
}

fn told(import: &Kept<ListImport>) -> String {
    serde_json::to_string_pretty(&import.value.report).unwrap()
}

#[test]
fn institutions_come_change_and_go() {
    let office = office();
    let desk = &office.desk;
    let tokyo = number(13, 1001, '1');
    let (medical, dental) = (number(20, 1002, '1'), number(20, 1003, '3'));
    let mut list = String::new();
    list += &institution(&tokyo, "架空病院");
    list += &institution(&medical, "架空診療所");
    list += &institution(&dental, "架空歯科医院");
    list += &institution(&medical, "架空診療所");
    list += &institution(&medical, "架空の別の診療所");
    for serial in 1005..1007 {
        list += &institution(&number(1, serial, '1'), "架空医院");
    }
    list += "200000001,0000001,架空のまちがい,1000000,架空市\r\n";
    let _ = write!(list, "{tokyo},{},架空病院,100-000,架空市\r\n", &tokyo[2..]);
    list += "1,2,3\r\n";
    let file = zipped(&[("list.csv", list.as_bytes())]);
    let first = take(desk, List::MedicalInstitution, file);
    let mut second = institution(&medical, "架空診療所（移転）");
    // What cannot be read in the list is in the list all the same.
    let _ = write!(second, "{tokyo},{},架空病院,100-000,架空市\r\n", &tokyo[2..]);
    second += &institution(&number(1, 1005, '1'), "架空医院");
    second += &institution(&number(47, 1004, '1'), "架空クリニック");
    let second = take(desk, List::MedicalInstitution, second.into_bytes());
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        told(&first),
        told(&second),
        shelf(desk, "medical-institution")
    ));
}

#[test]
fn filers_come_in_shift_jis_without_people() {
    let list = format!(
        "ダウンロード実行日,2026年11月02日現在,件数,4件\r\n{EDINET_TITLES}\r\n\
         E99990,内国法人・組合,上場,有,1491,3月31日,架空メディカル株式会社,\"IMAGINARY MEDICAL, INC.\",カクウメディカルカブシキガイシャ,架空区一丁目,精密機器,409A0,3011001015116\r\n\
         E99991,外国法人・組合,,,,,架空ホールディングス,-,カクウホールディングス,,外国法人・組合,,\r\n\
         E99992,個人（組合発行者を除く）,,,,,架空太郎,,カクウタロウ,,個人（組合発行者を除く）,,\r\n\
         E99993,内国法人・組合,上場,有,1491,3月31日,架空商事株式会社,,,,,,3011001015117\r\n"
    );
    let office = office();
    let import = take(&office.desk, List::Edinet, japanese(&list));
    let short = japanese(&list.replace("4件", "5件"));
    let refusal = List::Edinet.read(&short).unwrap_err();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{refusal}",
        told(&import),
        shelf(&office.desk, "securities-filer")
    ));
}

/// A row of the master: change, code, short name, basis, amount, day of change, full name.
fn material([change, code, name, basis, amount, day, full]: [&str; 7]) -> String {
    let mut cells = vec![""; 38];
    for (place, text) in [
        (0, change),
        (1, "T"),
        (2, code),
        (4, name),
        (10, basis),
        (11, amount),
        (27, day),
        (36, full),
    ] {
        cells[place] = text;
    }
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{cell}\"")).collect();
    cells.join(",") + "\r\n"
}

#[test]
fn an_update_changes_what_it_says_and_no_more() {
    let office = office();
    let desk = &office.desk;
    let list = [
        [
            "0",
            "710010001",
            "架空カテーテル",
            "1",
            "12587.00",
            "20240601",
            "架空カテーテル・標準型",
        ],
        [
            "0",
            "710010002",
            "架空フィルム",
            "2",
            "0.00",
            "20240601",
            "架空フィルム",
        ],
        [
            "0",
            "710010003",
            "架空補正",
            "5",
            "30.00",
            "20240601",
            "架空補正率",
        ],
    ];
    let list: String = list.into_iter().map(material).collect();
    let whole = take(
        desk,
        List::SpecifiedMaterial,
        zipped(&[("t.csv", &japanese(&list))]),
    );
    let update = [
        ["5", "710010001", "", "", "11763.00", "20260901", ""],
        ["5", "710010003", "", "", "40.00", "20260901", ""],
        ["9", "710010002", "", "", "", "", ""],
        [
            "3",
            "710010004",
            "架空ステント",
            "1",
            "98000.00",
            "20260901",
            "架空ステント",
        ],
        ["5", "710010005", "", "", "1.00", "20260901", ""],
        ["7", "710010001", "", "", "", "", ""],
        ["5", "710010004", "", "", "1.00", "20261399", ""],
    ];
    let update: String = update.into_iter().map(material).collect();
    let update = take(desk, List::SpecifiedMaterialUpdate, japanese(&update));
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        told(&whole),
        told(&update),
        shelf(desk, "specified-material")
    ));
}

#[test]
fn what_was_cut_off_goes_on_and_ends_the_same() {
    let (whole, cut) = (office(), office());
    let old = || institutions(0..1_500, "");
    let new = || institutions(700..3_200, "（新）");
    let all = take(&whole.desk, List::MedicalInstitution, old());
    assert_eq!(all.value.report.added, 1_500);
    let all = take(&whole.desk, List::MedicalInstitution, new());
    take(&cut.desk, List::MedicalInstitution, old());
    let mut times = 0;
    let part = cut
        .desk
        .import_list_now(
            &secretariat(DAY),
            List::MedicalInstitution,
            "list.csv",
            new(),
            false,
            &mut |_, _| {
                times += 1;
                times < 2
            },
        )
        .unwrap();
    assert!(!part.value.done && part.value.after.is_some(), "{part:?}");
    let rest = take(&cut.desk, List::MedicalInstitution, new());
    assert_eq!(rest.id, part.id);
    assert_eq!(rest.value, all.value);
    let report = &rest.value.report;
    assert_eq!((report.added, report.changed, report.gone), (1_700, 800, 700));
    assert_eq!(
        shelf(&cut.desk, "medical-institution"),
        shelf(&whole.desk, "medical-institution")
    );
}

#[test]
fn a_job_is_done_by_whoever_works_and_given_back_by_whoever_stops() {
    let office = office();
    let desk = &office.desk;
    let list = List::MedicalInstitution;
    let put = || {
        desk.import_list(
            &secretariat(DAY),
            list,
            "list.csv",
            institutions(0..2_100, ""),
            false,
        )
        .unwrap()
    };
    let id = put();
    assert_eq!(put(), id);
    let at = secretariat(DAY).at;
    let asked = Cell::new(0);
    let stopping = || {
        asked.set(asked.get() + 1);
        false
    };
    assert!(desk.work(&|| at, &stopping).unwrap());
    assert_eq!(asked.get(), 1);
    let import = || desk.list_import(&secretariat(DAY), &id).unwrap().value;
    assert!(!import().done && import().after.is_some());
    assert_eq!(desk.list_standing(&import()).unwrap(), ListStanding::Waiting);
    while desk.work(&|| at, &|| true).unwrap() {}
    assert!(import().done);
    assert_eq!(desk.list_standing(&import()).unwrap(), ListStanding::Done);
    assert_eq!(import().report.added, 2_100);
    let (lists, imports) = desk
        .list_imports(&secretariat(DAY), "medical-institution")
        .unwrap();
    assert_eq!(lists, [list]);
    assert_eq!(imports.iter().map(|one| &one.id).collect::<Vec<_>>(), [&id]);
    // The log says who handed it in, not who worked.
    let writers: Vec<String> = office
        .events()
        .iter()
        .map(|event| event.actor.to_string())
        .collect();
    assert!(writers.iter().all(|actor| actor == "sato"), "{writers:?}");
}

#[test]
fn the_secretariat_alone_takes_lists_in() {
    let office = office();
    let list = List::MedicalInstitution;
    let others = [
        public(DAY),
        member("demo-maker", DAY),
        approver(DAY),
        visit("k", app::MINISTRY, Role::Auditor, DAY),
        visit("a", app::MINISTRY, Role::Administrator, DAY),
    ];
    for who in others {
        let refusal = office
            .desk
            .import_list(&who, list, "list.csv", institutions(0..3, ""), false)
            .unwrap_err();
        assert!(["sign-in", "not-found"].contains(&refusal.kind), "{who:?}");
        let refusal = office.desk.list_import(&who, "none").unwrap_err();
        assert!(["sign-in", "not-found"].contains(&refusal.kind), "{who:?}");
        let refusal = office.desk.list_imports(&who, "medical-institution").unwrap_err();
        assert!(["sign-in", "not-found"].contains(&refusal.kind), "{who:?}");
    }
    assert_eq!(office.events(), []);
}

#[test]
fn a_list_with_fewer_rows_or_of_an_earlier_day_is_taken_where_that_is_meant() {
    let office = office();
    let desk = &office.desk;
    let hand_in = |list, bytes, anyway| {
        let heard = &mut |_, _| true;
        desk.import_list_now(&secretariat(DAY), list, "list.csv", bytes, anyway, heard)
    };
    let whole = List::MedicalInstitution;
    hand_in(whole, institutions(0..2_000, ""), false).unwrap();
    let cut = institutions(0..1_200, "");
    let refusal = hand_in(whole, cut.clone(), false).unwrap_err();
    assert_eq!(refusal.kind, "list-fewer");
    assert!(refusal.ja.contains("800 件少なく"), "{}", refusal.ja);
    // Some of a hundred go every month.
    assert_eq!(
        hand_in(whole, institutions(0..1_970, ""), false)
            .unwrap()
            .value
            .report
            .gone,
        30
    );
    assert_eq!(hand_in(whole, cut, true).unwrap().value.report.gone, 770);

    let row = |code: &str, day: &str| material(["0", code, "架空の材料", "1", "100", day, "架空の材料"]);
    let of = |day: &str| japanese(&format!("{}\n{}\n", row("710010001", day), row("710010002", day)));
    let newer = hand_in(List::SpecifiedMaterial, of("20250901"), false).unwrap();
    assert_eq!(newer.value.day.unwrap().to_string(), "2025-09-01");
    let older = hand_in(List::SpecifiedMaterial, of("20240601"), false).unwrap_err();
    assert_eq!(older.kind, "list-older");
    hand_in(List::SpecifiedMaterial, of("20250901"), false).unwrap();
    hand_in(List::SpecifiedMaterial, of("20240601"), true).unwrap();
}

#[test]
fn a_list_of_institutions_is_read_by_its_titles_where_it_has_them() {
    let plain = institutions(0..3, "");
    let listed = List::MedicalInstitution.read(&plain).unwrap();
    let text = String::from_utf8(plain).unwrap();
    let mut titled = "名称,備考,所在地,郵便番号,医療機関番号,都道府県・医療機関番号\n".to_owned();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_end().split(',').collect();
        let [number, body, name, postcode, address] = cells[..] else {
            panic!("{line}")
        };
        let wide: String = number
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        let (head, tail) = postcode.split_at(3);
        let row = format!("{name},架空,{address},{head}-{tail},{body},{wide}\n,,,,,\n");
        titled.push_str(&row);
    }
    let read = List::MedicalInstitution.read(titled.as_bytes()).unwrap();
    assert_eq!(read.refused, []);
    for (row, plain) in read.rows.iter().zip(&listed.rows) {
        assert_eq!(row.cells, plain.cells);
    }
    assert_eq!(read.rows.len(), 3);
}

#[test]
fn a_file_that_is_no_such_list_is_refused_whole() {
    let office = office();
    let good = institutions(0..40, "");
    take(&office.desk, List::MedicalInstitution, good.clone());
    let bomb = zipped(&[("list.csv", &vec![b'0'; 65 * 1024 * 1024])]);
    let broken = zipped(&[("list.csv", &good)])[..200].to_vec();
    let cases: [(List, Vec<u8>); 8] = [
        (List::MedicalInstitution, vec![]),
        (List::MedicalInstitution, bomb),
        (List::MedicalInstitution, broken),
        (
            List::MedicalInstitution,
            zipped(&[("a.csv", &good), ("b.csv", &good)]),
        ),
        (List::MedicalInstitution, institutions(0..19, "")),
        (List::Edinet, good.clone()),
        (List::SpecifiedMaterial, good),
        (
            List::MedicalInstitution,
            format!("{EDINET_TITLES}\r\n").into_bytes(),
        ),
    ];
    let told: Vec<String> = cases
        .into_iter()
        .map(|(list, bytes)| {
            let refusal = office
                .desk
                .import_list(&secretariat(DAY), list, "list", bytes, false)
                .unwrap_err();
            format!("{}: {}\n{}", refusal.kind, refusal.ja, refusal.en)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn the_same_list_again_changes_nothing(
        old in proptest::collection::btree_set(0_usize..30, 1..30),
        new in proptest::collection::btree_set(0_usize..30, 15..30),
    ) {
        let office = office();
        let desk = &office.desk;
        let list = List::MedicalInstitution;
        take(desk, list, institutions(old.iter().copied(), ""));
        let first = take(desk, list, institutions(new.iter().copied(), "（新）")).value.report;
        let gone = old.difference(&new).count() as u64;
        prop_assert_eq!(first.gone, gone);
        prop_assert_eq!(first.changed, old.intersection(&new).count() as u64);
        prop_assert_eq!(first.added, new.difference(&old).count() as u64);
        let kept = shelf(desk, "medical-institution");
        let again = take(desk, list, institutions(new.iter().copied(), "（新）")).value.report;
        prop_assert_eq!((again.added, again.changed, again.gone), (0, 0, 0));
        prop_assert_eq!(again.unchanged, new.len() as u64);
        prop_assert_eq!(shelf(desk, "medical-institution"), kept);
    }
}

/// The real lists, where they are.
#[test]
fn the_real_lists_are_read_to_the_last_row() {
    let Some(folder) = sets::data("registry") else {
        return;
    };
    let bytes = std::fs::read(folder.join("medical-institutions-2025-08.zip")).unwrap();
    let listed = List::MedicalInstitution.read(&bytes).unwrap();
    assert_eq!(
        (listed.rows.len(), listed.repeated, listed.refused.len()),
        (96_488, 536, 0)
    );
    let dental = listed
        .rows
        .iter()
        .filter(|row| row.cells["code"].as_bytes()[2] == b'3');
    assert_eq!(dental.count(), 27);
    let edinet = std::fs::read(folder.join("edinet-codes.csv")).unwrap();
    let listed = List::Edinet.read(&edinet).unwrap();
    assert_eq!(
        (listed.rows.len(), listed.left_out, listed.refused.len()),
        (7_675, 2_994, 0)
    );
    let whole = std::fs::read(folder.join("specified-treatment-materials-2024-03.zip")).unwrap();
    assert_eq!(List::SpecifiedMaterial.read(&whole).unwrap().rows.len(), 1_334);
    let update = std::fs::read(folder.join("specified-treatment-materials-update-2025-08-29.csv")).unwrap();
    let update = List::SpecifiedMaterialUpdate.read(&update).unwrap();
    assert_eq!(update.rows.iter().filter(|row| row.partial).count(), 7);
    assert_eq!(update.rows.len(), 15);
}
