//! `rashin vocab`: identifiers from standard input, one answer a line.

use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use serde::Serialize;
use vocab::Refusal;
use vocab::codes::{KINDS, normalise};

use crate::failure::Failure;

#[derive(Serialize)]
struct Answer<'a> {
    input: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    normal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

pub fn run(kind: &str, json: bool) -> Result<ExitCode, Failure> {
    if normalise(kind, "").is_none() {
        let list = KINDS.join(", ");
        let refusal = Refusal::new(
            "unknown-kind",
            format!("「{kind}」という種類はありません。次のどれかを指定してください: {list}"),
            format!("there is no kind `{kind}`. Choose one of: {list}"),
        );
        return Err(Failure::input(refusal, json));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut refused = 0_usize;
    // Bytes, not lines of text: a code in another encoding is refused, not a reason to stop.
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.map_err(|error| Failure::file(std::path::Path::new("-"), &error, json))?;
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let Some(result) = normalise(kind, line) else {
            break;
        };
        refused += usize::from(result.is_err());
        let text = match (&result, json) {
            (Ok(normal), false) => format!("ok\t{normal}"),
            (Err(refusal), false) => {
                format!("error\t{} / {}", refusal.ja, refusal.en).replace(['\n', '\r'], " ")
            }
            (_, true) => {
                let (normal, error) = (result.as_ref().ok().cloned(), result.as_ref().err().cloned());
                serde_json::to_string(&Answer {
                    input: line,
                    ok: result.is_ok(),
                    normal,
                    error,
                })
                .unwrap_or_default()
            }
        };
        if writeln!(out, "{text}").is_err() {
            break;
        }
    }
    let _ = out.flush();
    Ok(if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
