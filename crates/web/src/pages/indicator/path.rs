//! How a figure came about: its rounding path from part to part, and the trace as a tree that opens to the recorded values.

use app::IndicatorView;
use indicator::{Trace, TraceKind};
use vocab::Period;

use crate::i18n::Texts;
use crate::pages::words::{digits, figure};
use crate::ui::{Column, Link, Table, TreeNode};

pub(super) fn table(t: Texts<'_>, view: &IndicatorView) -> Table {
    let lang = t.lang();
    let number = |value: Option<&String>, unit: &str| {
        value.map_or_else(|| "–".into(), |value| t.amount(&digits(value, 5), unit))
    };
    let mut rows: Vec<Vec<Link>> = view
        .path
        .iter()
        .map(|row| {
            let printed = match (&row.printed, row.carried) {
                (Some(value), true) => format!("{} {}", figure(t, value, &row.unit), t.text("path-carried")),
                (Some(value), false) => figure(t, value, &row.unit),
                (None, _) => "–".into(),
            };
            vec![
                Link::plain(row.title.get(lang)),
                Link::plain(number(row.value.as_ref(), &row.unit)),
                Link::plain(number(row.path.as_ref(), &row.unit)),
                Link::plain(printed),
            ]
        })
        .collect();
    let now = &view.evaluation;
    rows.push(vec![
        Link::plain(t.with1("figure-in", "year", now.at.label(lang).as_str())),
        Link::plain(number(now.value.as_ref(), &now.unit)),
        Link::plain(number(now.printed_path.as_ref(), &now.unit)),
        Link::plain(
            now.printed
                .as_ref()
                .map_or_else(|| "–".into(), |value| figure(t, value, &now.unit)),
        ),
    ]);
    Table {
        id: "path".into(),
        caption: t.text("path-caption"),
        columns: vec![
            Column::words(t.text("path-part")),
            Column::figures(t.text("value-exact")),
            Column::figures(t.text("value-path")),
            Column::figures(t.text("value-printed")),
        ],
        rows,
    }
}

pub(super) fn branch(t: Texts<'_>, line: &Trace, depth: usize) -> TreeNode {
    let lang = t.lang();
    let year = match line.name.split_once('[') {
        Some((_, period)) => period
            .trim_end_matches(']')
            .parse::<Period>()
            .map_or_else(|_| String::new(), |period| format!(" {}", period.label(lang))),
        None => String::new(),
    };
    let mut notes = vec![];
    if let Some(printed) = &line.printed {
        notes.push(t.with1("trace-printed", "figure", figure(t, printed, &line.unit).as_str()));
    }
    if let Some(rounding) = line
        .rounding
        .as_ref()
        .filter(|_| line.kind == TraceKind::Observation)
    {
        notes.push(t.with1(
            "trace-rounding",
            "figure",
            figure(t, rounding, &line.unit).as_str(),
        ));
    }
    if line.set {
        notes.push(t.text("trace-set"));
    }
    if let Some(why) = &line.why {
        notes.push(why.get(lang).to_owned());
    }
    if let Some(problem) = &line.problem {
        notes.push(problem.text(lang).to_owned());
    }
    let source = line.origin.as_ref().map_or_else(Link::default, |origin| {
        let via = origin
            .via
            .as_ref()
            .map_or_else(String::new, |via| format!(" ← {}", via.get(lang)));
        let text = format!("{} {}{via}", origin.title.get(lang), origin.section);
        let series = line.name.split('[').next().unwrap_or_default();
        Link::to(text, t.path(&format!("/series/{series}")))
    });
    TreeNode {
        label: format!("{}{year}", line.title.get(lang)),
        value: line.value.as_ref().map_or_else(
            || t.text("no-value"),
            |value| t.amount(&digits(value, 6), &line.unit),
        ),
        formula: line
            .formula
            .as_ref()
            .map_or_else(String::new, |formula| formula.trim().to_owned()),
        note: notes.join(" "),
        source,
        children: line
            .inputs
            .iter()
            .map(|input| branch(t, input, depth + 1))
            .collect(),
        open: depth == 0,
    }
}
