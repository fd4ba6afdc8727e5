//! `rashin eval`: one indicator at one year.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use app::{Ask, Evaluation};
use indicator::Trace;
use vocab::unit_name::group_digits;

use super::{print, print_json};
use crate::cli;
use crate::failure::Failure;
use crate::home;

pub fn run(plan: Option<&Path>, options: cli::Eval, json: bool) -> Result<ExitCode, Failure> {
    let rashin = home::rashin(plan, json)?;
    let cli::Eval {
        id,
        at,
        set,
        as_of,
        draws,
        seed,
        trace,
    } = options;
    let ask = Ask {
        at,
        set,
        as_of,
        draws,
        seed,
    };
    let answer = rashin
        .evaluate(&id, &ask)
        .map_err(|refusal| Failure::input(refusal, json))?;
    Ok(if json {
        print_json(&answer)
    } else {
        print(&text(&answer, trace))
    })
}

fn text(answer: &Evaluation, trace: bool) -> String {
    let mut text = format!("{}（{}） {}", answer.title.ja, answer.id, answer.at);
    let mut line = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            let _ = write!(text, "\n  {name}: {} {}", short(value), answer.unit);
        }
    };
    line("値（丸めなし） value", answer.value.as_ref());
    line("四捨五入した値 rounded", answer.rounded.as_ref());
    line("報告書の丸め方で計算 printed path", answer.printed_path.as_ref());
    line("報告書の値 printed", answer.printed.as_ref());
    if let Some(interval) = &answer.interval {
        let (low, high, unit) = (short(&interval.low), short(&interval.high), &answer.unit);
        let _ = write!(
            text,
            "\n  区間 interval（{}）: {low} – {high} {unit}",
            interval.level
        );
    }
    if let Some(span) = &answer.rounding {
        let (low, high, unit) = (short(&span.low), short(&span.high), &answer.unit);
        let _ = write!(
            text,
            "\n  入力の丸めだけによる幅 rounding span: {low} – {high} {unit}"
        );
    }
    if let Some(problem) = &answer.problem {
        let _ = write!(
            text,
            "\n  値がありません: {}\n  no value: {}",
            problem.ja, problem.en
        );
    }
    for finding in &answer.findings {
        let _ = write!(
            text,
            "\n  ・{}: {}\n    {}",
            finding.title.ja, finding.say.ja, finding.say.en
        );
    }
    if trace {
        text.push('\n');
        branch(&mut text, &answer.trace, 1);
    }
    text
}

fn branch(text: &mut String, line: &Trace, depth: usize) {
    let indent = "  ".repeat(depth);
    let value = line.value.as_deref().map_or_else(|| "—".into(), short);
    let _ = write!(
        text,
        "\n{indent}{} = {value} {}　{}",
        line.name, line.unit, line.title.ja
    );
    if let Some(formula) = &line.formula {
        let _ = write!(text, "\n{indent}  式 {}", formula.trim());
    }
    if let Some(printed) = &line.printed {
        let carried = if line.carried {
            "（次の計算に使う）"
        } else {
            ""
        };
        let _ = write!(
            text,
            "\n{indent}  報告書の値 {} {}{carried}",
            short(printed),
            line.unit
        );
    }
    if let Some(origin) = &line.origin {
        let via = origin
            .via
            .as_ref()
            .map_or_else(String::new, |via| format!(" ← {}", via.ja));
        let _ = write!(
            text,
            "\n{indent}  出典 {} {}{via}（{} 記録）",
            origin.title.ja, origin.section, origin.recorded
        );
    }
    for input in &line.inputs {
        branch(text, input, depth + 1);
    }
}

/// A decimal for reading: at most eight significant digits, grouped.
fn short(decimal: &str) -> String {
    decimal.parse::<vocab::Number>().map_or_else(
        |_| decimal.to_owned(),
        |number| group_digits(&number.to_significant(8)),
    )
}
