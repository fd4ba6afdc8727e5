//! `rashin survey`: a total from firm-level answers in a CSV file.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use app::SurveyAnswer;
use vocab::Refusal;

use super::{print, print_json};
use crate::cli;
use crate::failure::Failure;

/// More rows than any survey of firms has; a larger file was named by mistake.
const ROWS: usize = 100_000;

pub fn run(options: &cli::Survey, json: bool) -> Result<ExitCode, Failure> {
    let pairs = pairs(&options.file, json)?;
    let answer = app::survey(
        &pairs,
        options.frame_total,
        options.frame_n,
        options.out_of_frame,
        options.level,
        options.seed,
    )
    .map_err(|refusal| Failure::input(refusal, json))?;
    Ok(if json {
        print_json(&answer)
    } else {
        print(&text(&answer))
    })
}

fn text(answer: &SurveyAnswer) -> String {
    let mut text = String::from("方法 method: 合計 total［区間 interval］");
    for one in &answer.estimates {
        let star = if one.method == answer.recommended.method {
            "★"
        } else {
            "　"
        };
        let _ = write!(
            text,
            "\n{star}{}（{}）: {}［{} – {}］",
            one.label.0, one.method, one.total, one.interval.low, one.interval.high
        );
    }
    let _ = write!(
        text,
        "\n★ 推奨 recommended　回答の規模の割合 covered: {}",
        answer.covered
    );
    for (k, total) in &answer.non_response {
        let _ = write!(
            text,
            "\n  無回答企業が {k} 倍なら if the silent firms invest {k} times as much: {total}"
        );
    }
    text
}

fn pairs(path: &Path, json: bool) -> Result<Vec<(f64, f64)>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error, json))?;
    let name = path.display();
    let refuse = |row: usize, field: &str, ja: String, en: String| {
        let refusal = Refusal::new(
            "bad-row",
            format!("{name} {row} 行目 {field}: {ja}"),
            format!("{name}, row {row}, {field}: {en}"),
        );
        Failure::input(refusal, json)
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(file);
    let unreadable = |row: usize| {
        refuse(
            row,
            "CSV",
            "UTF-8 の CSV として読めません。Excel では「CSV UTF-8（コンマ区切り）」を選んで保存してください。".into(),
            "is not CSV in UTF-8. In Excel, save as “CSV UTF-8 (comma delimited)”.".into(),
        )
    };
    let heads = reader.headers().map_err(|_| unreadable(1))?.clone();
    let column = |wanted: &str| {
        heads
            .iter()
            .position(|head| head.trim_start_matches('\u{feff}') == wanted)
            .ok_or_else(|| {
                refuse(
                    1,
                    wanted,
                    format!("列「{wanted}」がありません。1 行目に firm,y,x と書いてください。"),
                    format!("there is no column `{wanted}`. Write firm,y,x in the first row."),
                )
            })
    };
    let (firm, y, x) = (column("firm")?, column("y")?, column("x")?);
    let mut pairs = vec![];
    let mut firms = std::collections::HashSet::new();
    for (place, record) in reader.records().enumerate() {
        let row = place + 2;
        let record = record.map_err(|_| unreadable(row))?;
        if pairs.len() == ROWS {
            return Err(refuse(
                row,
                "",
                format!("{ROWS} 行を超えています。"),
                format!("more than {ROWS} rows."),
            ));
        }
        let number = |place: usize, field: &str| -> Result<f64, Failure> {
            let text = record.get(place).unwrap_or_default();
            text.replace(',', "").parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
                refuse(
                    row,
                    field,
                    format!("「{text}」は数ではありません。半角の数字で書いてください。回答のない企業の行は消してください。"),
                    format!("`{text}` is not a number. Write digits; leave out firms that did not answer."),
                )
            })
        };
        let name = record.get(firm).unwrap_or_default().to_owned();
        if !name.is_empty() && !firms.insert(name.clone()) {
            return Err(refuse(
                row,
                "firm",
                format!("「{name}」が二度あります。どちらかの行を消してください。"),
                format!("`{name}` stands twice. Remove one of the rows."),
            ));
        }
        pairs.push((number(y, "y")?, number(x, "x")?));
    }
    Ok(pairs)
}
