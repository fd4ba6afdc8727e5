//! `rashin registry`: a published list is taken into its register, here and now or by the server that runs. Whoever may open the database may do
//! this; the audit log says `system`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use app::{Caller, Desk, ListImport, MINISTRY, Role, Visit};

use super::{print, print_json};
use crate::cli;
use crate::edge;
use crate::failure::Failure;
use crate::home;

/// Refused rows that are shown; `--json` has more.
const SHOWN: usize = 20;

pub fn run(plan: Option<&Path>, command: &cli::Registry, json: bool) -> Result<ExitCode, Failure> {
    let cli::Registry::Import {
        list,
        file: path,
        later,
        anyway,
        database,
    } = command;
    let files = home::rashin(plan, json)?.files().clone();
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error, json))?;
    let desk = Desk::new(files, database.open(json)?, Box::new(edge::random));
    let input = |refusal| Failure::input(refusal, json);
    desk.index_registers().map_err(input)?;
    let visit = Visit {
        at: edge::now(),
        caller: Some(Caller {
            account: "system".to_owned(),
            organisation: MINISTRY.to_owned(),
            roles: vec![Role::Secretariat],
            key: None,
            lent: None,
        }),
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    if *later {
        let id = desk
            .import_list(&visit, *list, &name, bytes, *anyway)
            .map_err(input)?;
        return Ok(if json {
            print_json(&desk.list_import(&visit, &id).map_err(input)?)
        } else {
            print(&format!(
                "{name}: サーバーが取り込みます。 / The server takes it in. ({id})"
            ))
        });
    }
    let mut heard = |done: u64, total: u64| {
        // Whoever does not read this wants the report alone.
        let _ = writeln!(std::io::stderr(), "{done} / {total}");
        true
    };
    let import = desk
        .import_list_now(&visit, *list, &name, bytes, *anyway, &mut heard)
        .map_err(input)?;
    Ok(if json {
        print_json(&import)
    } else {
        print(&text(&import.value))
    })
}

fn text(import: &ListImport) -> String {
    let report = &import.report;
    let mut text = format!("{}: {} 行 rows", import.file, report.rows());
    let counts = [
        ("追加 added", report.added),
        ("変更 changed", report.changed),
        ("変更なし unchanged", report.unchanged),
        ("一覧からなくなったもの no longer listed", report.gone),
        ("重複した行 repeated", report.repeated),
        ("対象外（個人） left out (natural persons)", report.left_out),
        ("取り込めない行 refused", report.refused),
    ];
    for (name, count) in counts {
        let _ = write!(text, "\n  {count:>7}  {name}");
    }
    for row in report.refused_rows.iter().take(SHOWN) {
        let (ja, en) = row.place();
        let _ = write!(text, "\n{ja}: {}\n  {en}: {}", row.ja, row.en);
    }
    let rest = report.refused.saturating_sub(SHOWN as u64);
    if rest > 0 {
        let _ = write!(
            text,
            "\nほか {rest} 行（--json で見られます） / {rest} more, see --json"
        );
    }
    text
}
