//! `rashin calc`: exact results, one JSON object a line.

use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use formula::Value;
use serde::Serialize;

use crate::failure::Failure;

#[derive(Serialize)]
struct Answer<'a> {
    expr: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The value as a fraction, where no decimal can say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

#[derive(Serialize)]
struct Error {
    code: &'static str,
    ja: String,
    en: String,
    /// First and last byte of the part that is wrong.
    span: (usize, usize),
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<(String, String)>,
}

pub fn run(expressions: Vec<String>) -> Result<ExitCode, Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut faults = 0_usize;
    let from_stdin = expressions.is_empty();
    let arguments = expressions.into_iter().map(Ok);
    let lines: Box<dyn Iterator<Item = std::io::Result<String>>> = if from_stdin {
        Box::new(std::io::stdin().lock().lines())
    } else {
        Box::new(arguments)
    };
    for line in lines {
        let line = line.map_err(|error| Failure::file(std::path::Path::new("-"), &error, true))?;
        if from_stdin && line.trim().is_empty() {
            continue;
        }
        let answer = answer(&line);
        faults += usize::from(answer.error.is_some());
        let written = serde_json::to_writer(&mut out, &answer).is_ok() && out.write_all(b"\n").is_ok();
        if !written {
            break;
        }
    }
    let _ = out.flush();
    Ok(if faults == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn answer(expr: &str) -> Answer<'_> {
    let empty = Answer {
        expr,
        value: None,
        unit: None,
        exact: None,
        error: None,
    };
    match formula::calc(expr) {
        Ok(Value::Quantity(quantity, _)) => {
            let number = quantity.in_unit();
            let (value, exact) = (number.to_decimal(), number.exact_text());
            Answer {
                value: Some(value),
                unit: Some(quantity.unit().to_string()),
                exact,
                ..empty
            }
        }
        Ok(other) => Answer {
            value: Some(plain(&other)),
            unit: Some(String::new()),
            ..empty
        },
        Err(fault) => {
            let hint = fault.hint_ja.as_deref().zip(fault.hint_en.as_deref());
            let error = Error {
                code: fault.kind,
                span: (fault.span.start, fault.span.end),
                hint: hint.map(|(ja, en)| (ja.into(), en.into())),
                ja: fault.ja,
                en: fault.en,
            };
            Answer {
                error: Some(error),
                ..empty
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) => text.clone(),
        Value::Period(period) => period.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Quantity(quantity, _) => quantity.to_string(),
        Value::Series(_) | Value::Table(_) => String::new(),
    }
}
