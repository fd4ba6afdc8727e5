//! `rashin cyber device-match`: which registered devices advisories concern, by maker, name and version. The list of devices is a table in
//! CSV with a header row in Japanese or English; it is limited as every other file is.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::vocab::Refusal;
use cyber::device::{Confidence, Device, Devices, Doubtful, Match, Outcome};
use cyber::document::Advisory;

use super::super::{print, print_json};
use super::{database, handed};
use crate::failure::Failure;

/// Bytes of a list of devices.
const TABLE: usize = 256 << 20;
/// Devices in a list.
const ROWS: usize = 2_000_000;

/// Header cells of each column.
const COLUMNS: [(&str, &[&str]); 6] = [
    (
        "maker",
        &[
            "maker",
            "manufacturer",
            "製造業者",
            "製造販売業者",
            "製造販売業者名",
            "メーカー",
        ],
    ),
    (
        "name",
        &["name", "product", "device", "販売名", "製品名", "機器名", "名称"],
    ),
    ("model", &["model", "型番", "型式", "モデル"]),
    ("version", &["version", "バージョン", "版"]),
    ("udi_di", &["udi_di", "udi-di", "udi", "di"]),
    ("jmdn", &["jmdn", "jmdnコード", "一般的名称コード", "jmdn_code"]),
];

pub fn run(
    advisories: &[PathBuf],
    devices: &Path,
    db: Option<&Path>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let devices = Devices::new(table(devices, json)?);
    let mut outcomes = Vec::new();
    for path in advisories {
        let document = handed::document(path, json)?;
        let advisory = Advisory::of(&document).ok_or_else(|| {
            let name = document.format.name();
            let refusal = Refusal::new(
                "no_advisory",
                format!("{name} の文書で、識別子のある CSAF ではありません。CSAF のセキュリティ情報を指定してください。"),
                format!("a document in {name}, not CSAF with an identifier. Name an advisory in CSAF."),
            );
            database::named(path, refusal, json)
        })?;
        let outcome = devices.against(&advisory);
        outcomes.push(outcome.map_err(|refusal| database::named(path, refusal, json))?);
    }
    if let Some(db) = db {
        let database = database::open(db, json)?;
        database
            .advisories(|advisory| {
                outcomes.push(devices.against(&advisory)?);
                Ok(())
            })
            .map_err(|refusal| database::named(db, refusal, json))?;
    }
    outcomes.sort_by(|a, b| a.advisory.cmp(&b.advisory));
    if json {
        return Ok(print_json(&outcomes));
    }
    let texts: Vec<String> = outcomes.iter().map(text).collect();
    Ok(print(&texts.join("\n")))
}

fn table(path: &Path, json: bool) -> Result<Vec<Device>, Failure> {
    let bytes = handed::bytes(path, TABLE, json)?;
    let refused = |refusal| database::named(path, refusal, json);
    if bytes.len() > TABLE {
        return Err(refused(too_large()));
    }
    read(&bytes).map_err(refused)
}

fn read(bytes: &[u8]) -> Result<Vec<Device>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Refusal::new(
            "not_utf8",
            "文字コードが UTF-8 ではありません。「CSV UTF-8」の形式で保存し直してください。",
            "it is not in UTF-8. Save it again as `CSV UTF-8`.",
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| bad_row(&error))?;
    let place = |names: &[&str]| {
        let cell = |cell: &str| names.contains(&cell.trim().to_lowercase().as_str());
        header.iter().position(cell)
    };
    let places = COLUMNS.map(|(_, names)| place(names));
    if let [_, None, ..] = places {
        return Err(Refusal::new(
            "no_header",
            "1 行目に見出し（maker・name・model・version、または 製造販売業者・販売名・型番・バージョン）を書いてください。販売名は必ず要ります。",
            "the first row must name the columns: maker, name, model, version (udi_di, jmdn). There must be a name.",
        ));
    }
    let mut devices = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| bad_row(&error))?;
        if devices.len() == ROWS {
            return Err(too_large());
        }
        let [maker, name, model, version, udi_di, jmdn] = places.map(|place| {
            let cell = place.and_then(|place| row.get(place));
            cell.unwrap_or_default().trim().to_owned()
        });
        devices.push(Device {
            maker,
            name,
            model,
            version,
            udi_di,
            jmdn,
        });
    }
    Ok(devices)
}

fn bad_row(error: &csv::Error) -> Refusal {
    let line = error.position().map_or(1, csv::Position::line);
    Refusal::new(
        "bad_row",
        format!("{line} 行目を CSV の行として読めません。引用符の閉じ忘れがないか確かめてください。"),
        format!("line {line} is no row of CSV. Check its quotation marks."),
    )
}

fn too_large() -> Refusal {
    Refusal::new(
        "too_large",
        "機器の一覧が大きすぎます（上限 256 MiB、200 万件）。分けて指定してください。",
        "the list of devices is too large (at most 256 MiB and 2,000,000 devices). Split it.",
    )
}

fn text(outcome: &Outcome) -> String {
    let Outcome {
        advisory,
        title,
        matches,
        person,
        outside,
        unreadable,
    } = outcome;
    let title = title
        .as_deref()
        .unwrap_or_default()
        .replace(char::is_control, " ");
    let (found, asked, spared) = (matches.len(), person.len(), outside.len());
    let mut lines = vec![
        format!(
            "{advisory} {title}: 該当 {found} 台、人の確認が必要 {asked} 台、バージョンが対象外 {spared} 台"
        ),
        format!("{advisory} {title}: {found} affected, {asked} for a person, {spared} in other versions"),
    ];
    lines.extend(matches.iter().map(matched));
    lines.extend(person.iter().map(doubtful));
    let unreadable = unreadable.iter().map(|product| {
        let product = product.replace(char::is_control, " ");
        format!("?\t{product}\tバージョンの書き方を範囲として読めません / its version text cannot be read as a range")
    });
    lines.extend(unreadable);
    lines.join("\n")
}

fn shown(device: &Device) -> String {
    let cells = [
        &device.udi_di,
        &device.maker,
        &device.name,
        &device.model,
        &device.version,
    ];
    let cells = cells
        .map(|cell| if cell.is_empty() { "-" } else { cell })
        .map(|cell| cell.replace(char::is_control, " "));
    cells.join("\t")
}

fn matched(found: &Match) -> String {
    let confidence = match found.confidence {
        Confidence::Certain => "確実 / certain",
        Confidence::Likely => "有力 / likely",
        Confidence::Possible => "可能性あり / possible",
    };
    let proof = format!("{} / {}", found.proof.ja, found.proof.en).replace(char::is_control, " ");
    format!(
        "{confidence}\t{}\t{}\n  {proof}",
        shown(&found.device),
        found.vulnerabilities.join(" "),
    )
}

fn doubtful(found: &Doubtful) -> String {
    let proof = format!("{} / {}", found.proof.ja, found.proof.en).replace(char::is_control, " ");
    format!(
        "人 / person\t{}\t{}\n  {proof}",
        shown(&found.device),
        found.cause
    )
}
