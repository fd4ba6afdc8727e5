//! Records as sheets: what is given out and taken in again changes nothing, what a file does not have stays, and what stands in the way of a row is told
//! before anything is taken.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use app::{Completeness, FileFor, Purpose, RecordQuery, SavedRecord, Staged, Table, Taken, Visit};
use vocab::Lang;

mod desk;

use desk::{Office, member, office_of, plan_files, workbook};

const KIND: &str = "device-loan";
const FIRM: &str = "firm-a";
const DAY: &str = "2026-06-01";

/// A kind with a table, a period and a file that has to be there.
const FORM: &str = r#"
[[kind]]
id = "device-loan"
title = { ja = "機器の貸出", en = "Device loan" }
intro = { ja = "貸し出した試作機を登録します。", en = "Registers prototypes that are on loan." }
minutes = 5
prepare = []
section = "§6 (2) ③"
owner = "author"
title_field = "name"
confidentiality = "public"
create = ["member:own"]
read = ["everybody"]
change = ["member:own", "secretariat"]
version = 1
[[kind.field]]
name = "name"
type = "text"
title = { ja = "機器の名称", en = "Name of the device" }
required = true
[[kind.field]]
name = "purpose"
type = "choice"
title = { ja = "目的", en = "Purpose" }
[[kind.field.option]]
code = "trial"
title = { ja = "試用", en = "Trial" }
[[kind.field.option]]
code = "other"
title = { ja = "その他", en = "Other" }
[[kind.field]]
name = "span"
type = "period"
title = { ja = "貸出期間", en = "Time of the loan" }
[[kind.field]]
name = "checks"
type = "table"
title = { ja = "点検の記録", en = "Checks" }
[[kind.field.column]]
name = "day"
type = "date"
title = { ja = "点検日", en = "Day" }
[[kind.field.column]]
name = "remark"
type = "text"
title = { ja = "所見", en = "Remark" }
PAPER
"#;

const PAPER: &str = r#"
[[kind.field]]
name = "paper"
type = "attachment"
title = { ja = "契約書", en = "Agreement" }
types = ["csv"]
megabytes = 1
required = true
"#;

const PROCEDURE: &str = r#"
[[procedure]]
id = "device-loan"
title = { ja = "機器の貸出の確認", en = "Confirmation of device loans" }
intro = { ja = "貸出の届出を確認します。", en = "Loans that are notified are confirmed." }
section = "§6 (2) ③"
kind = "device-loan"
number = "DL-{fiscal_year}-{number:04}"
[[procedure.state]]
id = "notified"
title = { ja = "届出済み", en = "Notified" }
last = true
[[procedure.transition]]
id = "notify"
title = { ja = "届け出る", en = "Notify" }
to = "notified"
by = ["owner"]
needs = ["purpose is trial"]
"#;

fn office(form: &str, procedure: bool) -> Office {
    let files = plan_files().with("kinds/device-loan.toml", form);
    office_of(if procedure {
        files.with("procedures/device-loan.toml", PROCEDURE)
    } else {
        files
    })
}

fn save(office: &Office, visit: &Visit, list: &[(&str, &str)]) -> String {
    let list: Vec<(String, String)> = list
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let saved = office
        .desk
        .save_record(visit, KIND, None, &list, Completeness::Final);
    match saved.unwrap() {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

/// A loan with five rows of checks.
fn loan(office: &Office, more: &[(&str, &str)]) -> String {
    let mut list = vec![
        ("name", "架空内視鏡 X-1"),
        ("span.from", "2026-04-01"),
        ("span.to", "2026-09-30"),
    ];
    list.extend([
        ("checks.1.day", "2026-04-01"),
        ("checks.2.day", "2026-05-01"),
        ("checks.3.day", "2026-06-01"),
        ("checks.4.day", "2026-07-01"),
        ("checks.5.day", "2026-08-01"),
        ("checks.5.remark", "最後の点検"),
    ]);
    list.extend(more);
    save(office, &member(FIRM, DAY), &list)
}

fn given_out(office: &Office) -> Table {
    let all = RecordQuery::default();
    office
        .desk
        .record_table(&member(FIRM, DAY), KIND, Some(&all))
        .unwrap()
}

fn staged(office: &Office, table: &Table) -> Staged {
    let purpose = Purpose::Records { kind: KIND.into() };
    let firm = member(FIRM, DAY);
    let id = office
        .desk
        .stage(&firm, purpose, "貸出.xlsx", workbook(table))
        .unwrap();
    office.desk.staged(&firm, &id).unwrap()
}

fn take(office: &Office, staged: &Staged) -> Taken {
    let id = &staged.staging.id;
    office.desk.take(&member(FIRM, DAY), id, &staged.faulty).unwrap()
}

/// The table with these columns alone.
fn only(table: &Table, names: &[&str]) -> Table {
    let keep: Vec<usize> = (0..table.columns.len())
        .filter(|place| names.contains(&table.columns[*place].name.as_str()))
        .collect();
    Table {
        columns: keep.iter().map(|place| table.columns[*place].clone()).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| keep.iter().map(|place| row[*place].clone()).collect())
            .collect(),
        ..table.clone()
    }
}

fn place(table: &Table, name: &str) -> usize {
    let mut columns = table.columns.iter();
    columns.position(|column| column.name == name).unwrap()
}

fn said(office: &Office, id: &str) -> record::Record {
    let page = office.desk.record(&member(FIRM, DAY), KIND, FIRM, id).unwrap();
    page.view.record
}

#[test]
fn what_a_file_does_not_have_stays_and_what_it_leaves_blank_goes() {
    let office = office(&FORM.replace("PAPER", ""), false);
    let id = loan(&office, &[("purpose", "trial")]);
    let before = said(&office, &id);
    let table = given_out(&office);
    // Every row of the table is given out, and comes back as it was.
    assert!(place(&table, "checks.5.remark") > 0);
    let same = staged(&office, &table);
    assert_eq!(
        (same.faults.len(), same.fresh, same.changes.len()),
        (0, 0, 0),
        "{:?}",
        same.faults
    );
    // A file of a few columns changes those alone.
    let mut few = only(&table, &["@id", "name", "checks.1.remark"]);
    let (name, remark) = (place(&few, "name"), place(&few, "checks.1.remark"));
    few.rows[0][name] = "架空内視鏡 X-2".into();
    few.rows[0][remark] = "異常なし".into();
    let changed = staged(&office, &few);
    let fields: Vec<&str> = changed.changes[0]
        .moved
        .iter()
        .map(|moved| &*moved.field)
        .collect();
    assert_eq!((changed.fresh, fields), (1, vec!["name", "checks"]));
    assert_eq!(take(&office, &changed), Taken::Records(1));
    let after = said(&office, &id);
    assert_eq!(after.fields["span"], before.fields["span"]);
    assert_eq!(after.fields["purpose"], before.fields["purpose"]);
    assert_eq!(record::tallest(&after), 5);
    // A blank cell of a column that is there is an answer taken back, and is shown before it is.
    let mut blank = only(&given_out(&office), &["@id", "name", "purpose"]);
    let purpose = place(&blank, "purpose");
    blank.rows[0][purpose] = String::new();
    let changed = staged(&office, &blank);
    let moved = &changed.changes[0].moved[0];
    assert_eq!((&*moved.field, moved.after.is_none()), ("purpose", true));
    take(&office, &changed);
    assert!(!said(&office, &id).fields.contains_key("purpose"));
}

#[test]
fn a_file_that_is_there_counts_and_one_that_is_not_is_asked_for_on_the_form() {
    let office = office(&FORM.replace("PAPER", PAPER), false);
    let firm = member(FIRM, DAY);
    let place_of = FileFor {
        kind: KIND,
        record: None,
        field: Some("paper"),
    };
    let file = office
        .desk
        .keep_file(&firm, &place_of, "契約.csv", b"a,b\n1,2\n".to_vec());
    let file = file.unwrap().to_string();
    let id = loan(&office, &[("paper", &file)]);
    let mut table = given_out(&office);
    let same = staged(&office, &table);
    assert_eq!((same.faults.len(), same.fresh), (0, 0), "{:?}", same.faults);
    let name = place(&table, "name");
    table.rows[0][name] = "架空内視鏡 X-2".into();
    let mut new = table.rows[0].clone();
    new[0] = String::new();
    table.rows.push(new);
    let changed = staged(&office, &table);
    let told: Vec<String> = changed.faults.iter().map(|fault| fault.ja.clone()).collect();
    assert_eq!(
        told,
        ["「契約書」のファイルは表では渡せません。この記録はフォームから登録してください。"]
    );
    assert_eq!(changed.faults[0].place.row, 3);
    assert_eq!(take(&office, &changed), Taken::Records(1));
    assert!(said(&office, &id).fields.contains_key("paper"));
}

#[test]
fn what_a_procedure_asks_of_a_row_is_told_before_it_is_taken() {
    let office = office(&FORM.replace("PAPER", ""), true);
    let mut table = office.desk.record_table(&member(FIRM, DAY), KIND, None).unwrap();
    let (name, purpose) = (place(&table, "name"), place(&table, "purpose"));
    for (number, choice) in ["試用", "その他", "試用"].iter().enumerate() {
        let mut row = vec![String::new(); table.columns.len()];
        row[name] = format!("架空内視鏡 {number}");
        row[purpose] = (*choice).to_owned();
        table.rows.push(row);
    }
    let file = staged(&office, &table);
    assert_eq!((file.faulty.len(), file.mendable), (1, true));
    let fault = &file.faults[0];
    assert_eq!(fault.place.row, 3);
    assert!(
        fault.place(Lang::Ja).contains("「目的」"),
        "{}",
        fault.place(Lang::Ja)
    );
    assert_eq!(take(&office, &file), Taken::Records(2));
}

#[test]
fn a_kind_that_was_changed_in_its_place_says_so_before_anything_is_served() {
    let first = office(&FORM.replace("PAPER", ""), false);
    let id = loan(&first, &[("purpose", "trial")]);
    assert!(first.desk.index_registers().is_ok());
    // A period becomes a day, without a new version.
    let changed = FORM
        .replace("type = \"period\"", "type = \"date\"")
        .replace("PAPER", "");
    let files = plan_files().with("kinds/device-loan.toml", &changed);
    let refusal = first.desk_of(files).index_registers().unwrap_err();
    assert_eq!(refusal.kind, "kind-changed");
    for part in [
        "device-loan",
        &format!("{FIRM}/{id}"),
        "version",
        "[[kind.upcast]]",
    ] {
        assert!(
            refusal.ja.contains(part) && refusal.en.contains(part),
            "{refusal:?}"
        );
    }
}
