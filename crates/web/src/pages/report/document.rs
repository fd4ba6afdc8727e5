//! The report as a page: which words and figures stand where. How they look is the style sheet's.

use std::collections::HashMap;

use app::{Change, EditionLine, Entry, Goal, Mark, Piece, Report, Said, Stage};
use askama::Template;
use vocab::Period;

use super::line::{Grid, Line, Plate};
use crate::chart::{About, Change as Bar, ChangeKind, Waterfall, waterfall};
use crate::i18n::Texts;
use crate::pages::indicator::course_chart;
use crate::pages::words::{chance_words, class_of, code_of, digits, figure, node_text, rate, state_of};
use crate::ui::ColumnKind;

#[derive(Template)]
#[template(path = "pages/report.html")]
pub struct Page<'a> {
    t: Texts<'a>,
    title: String,
    style: String,
    back: String,
    draft: bool,
    cover: Vec<(String, Line)>,
    plan: Line,
    subtitle: Line,
    year: Line,
    status: Line,
    parts: Vec<Part>,
}

/// A numbered part of the report.
struct Part {
    id: String,
    number: String,
    title: Line,
    /// Words at its beginning.
    passages: Vec<Line>,
    blocks: Vec<Block>,
}

/// What stands in a part.
#[derive(Default)]
struct Block {
    id: String,
    /// Section number; empty for a block without a heading of its own.
    number: String,
    title: Line,
    facts: Vec<(String, Line)>,
    passages: Vec<Line>,
    plate: Option<Plate>,
    findings: Vec<Finding>,
    grid: Option<Grid>,
    note: Line,
}

struct Finding {
    title: Line,
    say: Line,
    hint: Option<Line>,
    section: Line,
}

pub fn build<'a>(t: Texts<'a>, edition: &EditionLine, report: &Report) -> Page<'a> {
    let lang = t.lang();
    let cover = &report.cover;
    let facts = [
        ("report-as-of", Line::named(t.date(cover.as_of), Mark::Day)),
        ("report-edition", Line::named(&edition.id, Mark::Code)),
        ("report-seal", Line::named(&cover.seal, Mark::Code)),
        ("report-seed", Line::named(cover.seed.to_string(), Mark::Code)),
    ];
    let mut parts = vec![summary(t, report)];
    parts.extend(report.chapters.iter().map(|chapter| policy(t, chapter)));
    parts.push(references(t, report));
    parts.push(situation(t, report));
    parts.extend(changes(t, report));
    parts.push(sources(t, report));
    parts.push(annex(t, &report.annex));
    for (number, part) in (1..).zip(&mut parts) {
        part.number = format!("{number}.");
        let headed = part.blocks.iter_mut().filter(|block| !block.title.is_empty());
        for (inner, block) in (1..).zip(headed) {
            block.number = format!("{number}.{inner}");
        }
    }
    Page {
        title: t.with(
            "report-running",
            &[
                ("plan", cover.title.get(lang).into()),
                ("year", cover.fiscal_year.label(lang).into()),
            ],
        ),
        style: t.path(&format!("/editions/{}/report.css", edition.id)),
        back: t.path(&format!("/editions/{}", edition.id)),
        draft: edition.stage != Stage::Published,
        cover: facts.map(|(key, line)| (t.text(key), line)).into(),
        plan: Line::named(cover.title.get(lang), Mark::Name),
        subtitle: Line::named(cover.subtitle.get(lang), Mark::Name),
        status: Line::named(cover.status.get(lang), Mark::Name),
        year: Line::named(t.period(cover.fiscal_year), Mark::Year),
        parts,
        t,
    }
}

fn part(id: &str, title: Line) -> Part {
    Part {
        id: id.into(),
        number: String::new(),
        title,
        passages: vec![],
        blocks: vec![],
    }
}

fn lines(t: Texts<'_>, sentences: &[app::Sentence]) -> Vec<Line> {
    sentences
        .iter()
        .map(|one| Line::from(one.get(t.lang())))
        .collect()
}

/// The goals at a glance.
fn summary(t: Texts<'_>, report: &Report) -> Part {
    let lang = t.lang();
    let goals = report.chapters.iter().flat_map(|chapter| &chapter.indicators);
    let rows = goals.map(|goal| {
        let view = &goal.chart.view;
        let dated = |found: &Option<(Period, app::Sentence)>| match found {
            Some((at, figure)) => {
                let mut pieces = vec![Piece::year(*at, lang), Piece::Words { text: " ".into() }];
                pieces.extend_from_slice(figure.get(lang));
                Line::from(&pieces[..])
            }
            None => Line::words(t.text("no-value")),
        };
        let chance = view.course.chance.map_or_else(
            || Line::words("–"),
            |chance| Line::figure(chance_words(t, &indicator::approx(chance)), &goal.chart.course),
        );
        vec![
            Line::named(
                heading(t, view.evaluation.id.as_str(), view.class, view.short.get(lang)),
                Mark::Name,
            ),
            dated(&goal.chart.latest),
            dated(&goal.target),
            chance,
        ]
    });
    Part {
        passages: lines(t, &report.summary),
        blocks: vec![Block {
            id: "goals".into(),
            grid: Some(Grid {
                id: "goals-table".into(),
                caption: Line::words(t.text("report-goals")),
                columns: vec![
                    (t.text("indicator"), ColumnKind::Words),
                    (t.text("latest"), ColumnKind::Figures),
                    (t.text("target"), ColumnKind::Figures),
                    (t.text("chance"), ColumnKind::Words),
                ],
                rows: rows.collect(),
                ..Grid::default()
            }),
            ..Block::default()
        }],
        ..part("summary", Line::words(t.text("report-summary")))
    }
}

fn heading(t: Texts<'_>, id: &str, class: ::plan::Class, name: &str) -> String {
    format!("{} {name}", code_of(t, id, class))
}

fn policy(t: Texts<'_>, chapter: &app::Chapter) -> Part {
    let lang = t.lang();
    let title = t.with(
        "report-policy",
        &[
            ("number", chapter.policy.number.as_str().into()),
            ("title", chapter.policy.title.get(lang).into()),
        ],
    );
    let mut blocks: Vec<Block> = chapter.indicators.iter().map(|one| goal(t, one)).collect();
    for (id, title) in &chapter.shown_before {
        let line = Line::named(heading(t, id, ::plan::Class::Kgi, title.get(lang)), Mark::Name);
        blocks.push(Block {
            id: format!("{}-{id}", chapter.policy.id),
            title: line,
            note: Line::words(t.text("report-shown-before")),
            ..Block::default()
        });
    }
    let rows = chapter.measures.iter().map(|measure| {
        let (state, _) = state_of(t, measure.state);
        let reason = measure.reason.as_ref().map_or("", |reason| reason.get(lang));
        vec![
            Line::named(node_text(&measure.node, lang), Mark::Name),
            Line::words(state),
            Line::named(reason, Mark::Name),
            Line::named(&measure.section, Mark::Section),
        ]
    });
    blocks.push(Block {
        id: format!("{}-measures", chapter.policy.id),
        title: Line::words(t.text("dashboard-measures")),
        grid: Some(Grid {
            id: format!("{}-measures-table", chapter.policy.id),
            caption: Line::words(t.text("report-measures")),
            columns: vec![
                (t.text("kind-measure"), ColumnKind::Words),
                (t.text("state"), ColumnKind::Short),
                (t.text("report-reason"), ColumnKind::Words),
                (t.text("section"), ColumnKind::Short),
            ],
            rows: rows.collect(),
            ..Grid::default()
        }),
        ..Block::default()
    });
    Part {
        passages: lines(t, &chapter.passages),
        blocks,
        ..part(&chapter.policy.id, Line::named(title, Mark::Name))
    }
}

fn goal(t: Texts<'_>, goal: &Goal) -> Block {
    let lang = t.lang();
    let view = &goal.chart.view;
    let id = view.evaluation.id.as_str();
    let course = goal.chart.course.as_str();
    let mut facts = vec![];
    let mut dated = |key: &str, found: &Option<(Period, app::Sentence)>| {
        if let Some((at, figure)) = found {
            let mut pieces = vec![Piece::year(*at, lang), Piece::Words { text: " ".into() }];
            pieces.extend_from_slice(figure.get(lang));
            facts.push((t.text(key), Line::from(&pieces[..])));
        }
    };
    dated("latest", &goal.chart.latest);
    dated("target", &goal.target);
    if let Some(growth) = view.course.growth_required {
        let text = t.with1("a-year", "rate", rate(&indicator::approx(growth)).as_str());
        facts.push((t.text("growth-required"), Line::figure(text, course)));
    }
    if let (Some(chance), Some((model, _))) = (view.course.chance, &view.implied) {
        let chance = chance_words(t, &indicator::approx(chance));
        let line = Line::message(
            t,
            "report-chance",
            &[
                ("model", &[Piece::named(model.get(lang), Mark::Name)]),
                ("chance", &[Piece::figure(chance, course)]),
            ],
        );
        facts.push((t.text("chance"), line));
    }
    if let Some(interval) = &view.evaluation.interval {
        let percent = interval.level.parse::<f64>().unwrap_or(0.0) * 100.0;
        let ends = format!(
            "{}～{}",
            crate::i18n::group_digits(&digits(&interval.low, 4)),
            figure(t, &interval.high, &view.evaluation.unit)
        );
        let line = Line::message(
            t,
            "report-interval",
            &[
                ("year", &[Piece::year(view.evaluation.at, lang)]),
                ("ends", &[Piece::figure(ends, course)]),
                ("level", &[Piece::figure(format!("{percent:.0}%"), course)]),
            ],
        );
        facts.push((t.text("report-uncertainty"), line));
    }
    Block {
        id: id.into(),
        title: Line::named(
            heading(t, id, view.class, view.evaluation.title.get(lang)),
            Mark::Name,
        ),
        facts,
        passages: lines(t, &goal.passages),
        plate: course_chart(t, id, view).map(|chart| Plate::of(chart, course)),
        findings: findings(t, &goal.findings),
        ..Block::default()
    }
}

fn findings(t: Texts<'_>, list: &[Said]) -> Vec<Finding> {
    let lang = t.lang();
    list.iter()
        .map(|one| Finding {
            title: Line::from(one.title.get(lang)),
            say: Line::from(one.say.get(lang)),
            hint: one.hint.as_ref().map(|hint| Line::from(hint.get(lang))),
            section: Line::named(&one.section, Mark::Section),
        })
        .collect()
}

fn references(t: Texts<'_>, report: &Report) -> Part {
    let lang = t.lang();
    let blocks = report.references.iter().map(|chart| {
        let view = &chart.view;
        let id = view.evaluation.id.as_str();
        let latest = chart.latest.as_ref().map(|(at, figure)| {
            let mut pieces = vec![Piece::year(*at, lang), Piece::Words { text: " ".into() }];
            pieces.extend_from_slice(figure.get(lang));
            Line::from(&pieces[..])
        });
        let missing = latest.is_none();
        Block {
            id: id.into(),
            title: Line::named(
                heading(t, id, view.class, view.evaluation.title.get(lang)),
                Mark::Name,
            ),
            facts: vec![(
                t.text("latest"),
                latest.unwrap_or_else(|| Line::words(t.text("no-value"))),
            )],
            passages: lines(t, &chart.passages),
            plate: course_chart(t, id, view).map(|drawn| Plate::of(drawn, &chart.course)),
            note: if missing {
                Line::words(t.text("report-no-value"))
            } else {
                Line::default()
            },
            ..Block::default()
        }
    });
    Part {
        blocks: blocks.collect(),
        ..part("references", Line::words(t.text("class-reference")))
    }
}

fn situation(t: Texts<'_>, report: &Report) -> Part {
    let lang = t.lang();
    let rows = report.situation.iter().map(|line| {
        vec![
            Line::named(line.title.get(lang), Mark::Name),
            Line::named(class_of(t, line.class), Mark::Name),
            Line::named(line.at.label(lang), Mark::Year),
            Line::from(line.figure.get(lang)),
            Line::named(&line.section, Mark::Section),
        ]
    });
    Part {
        blocks: vec![Block {
            id: "situation-figures".into(),
            grid: Some(Grid {
                id: "situation-table".into(),
                caption: Line::words(t.text("report-situation-caption")),
                columns: vec![
                    (t.text("indicator"), ColumnKind::Words),
                    (t.text("column-class"), ColumnKind::Words),
                    (t.text("year"), ColumnKind::Short),
                    (t.text("value"), ColumnKind::Figures),
                    (t.text("section"), ColumnKind::Short),
                ],
                rows: rows.collect(),
                ..Grid::default()
            }),
            findings: findings(t, &report.findings),
            ..Block::default()
        }],
        ..part("situation", Line::words(t.text("report-situation")))
    }
}

fn changes(t: Texts<'_>, report: &Report) -> Option<Part> {
    let lang = t.lang();
    let changes = report.changes.as_ref()?;
    let since = Line::message(
        t,
        "report-since",
        &[
            ("edition", &[Piece::named(&changes.edition, Mark::Code)]),
            ("year", &[Piece::year(changes.fiscal_year, lang)]),
            ("day", &[Piece::named(t.date(changes.as_of), Mark::Day)]),
        ],
    );
    let mut passages = vec![since];
    if changes.moved.is_empty() {
        passages.push(Line::words(t.text("report-unmoved")));
    }
    Some(Part {
        passages,
        blocks: changes.moved.iter().map(|one| change(t, one)).collect(),
        ..part("changes", Line::words(t.text("report-changes")))
    })
}

/// Why one figure moved, as a waterfall with its words.
pub(crate) fn moved(t: Texts<'_>, one: &Change) -> (Line, Vec<Line>, Plate) {
    let lang = t.lang();
    let difference = &one.difference;
    let trace = one.trace.as_str();
    let amount = |decimal: &str| Piece::figure(figure(t, decimal, &difference.unit), trace);
    let title = Line::from(
        &[
            Piece::named(difference.title.get(lang), Mark::Name),
            Piece::Words { text: " ".into() },
            Piece::year(difference.at, lang),
        ][..],
    );
    let mut words = vec![Line::message(
        t,
        "report-moved",
        &[
            ("before", &[amount(&difference.before)]),
            ("after", &[amount(&difference.after)]),
            ("change", &[amount(&difference.change)]),
        ],
    )];
    let number = |decimal: &str| decimal.parse::<f64>().unwrap_or(0.0);
    let bar = |name: String, value: &str, kind| Bar {
        name,
        value: number(value),
        kind,
    };
    let mut bars = vec![bar(
        t.text("report-before"),
        &difference.before,
        ChangeKind::Total,
    )];
    for part in &difference.parts {
        let cause = part.title.get(lang);
        bars.push(bar(cause.to_owned(), &part.amount, ChangeKind::Change));
        let size = part.amount.trim_start_matches('-');
        let key = match (number(&part.amount) == 0.0, part.amount.starts_with('-')) {
            (true, _) => continue,
            (_, true) => "report-moved-down",
            (_, false) => "report-moved-up",
        };
        words.push(Line::message(
            t,
            key,
            &[
                ("cause", &[Piece::named(cause, Mark::Name)]),
                ("amount", &[amount(size)]),
            ],
        ));
    }
    bars.push(bar(t.text("report-after"), &difference.after, ChangeKind::Total));
    let drawn = waterfall(
        &Waterfall {
            about: About {
                id: format!("moved-{}-{}", difference.id, difference.at).to_lowercase(),
                title: t.text("report-waterfall"),
                description: difference
                    .parts
                    .iter()
                    .map(|part| part.say.get(lang))
                    .collect::<Vec<_>>()
                    .join(" "),
                unit: t.unit(&difference.unit),
            },
            changes: bars,
        },
        t,
    );
    (title, words, Plate::of(drawn, trace))
}

fn change(t: Texts<'_>, one: &Change) -> Block {
    let (title, words, plate) = moved(t, one);
    Block {
        id: format!("change-{}-{}", one.difference.id, one.difference.at).to_lowercase(),
        title,
        passages: words,
        plate: Some(plate),
        ..Block::default()
    }
}

fn sources(t: Texts<'_>, report: &Report) -> Part {
    let lang = t.lang();
    let rows = report.sources.iter().map(|source| {
        let number = source
            .number
            .map_or_else(String::new, |number| number.to_string());
        vec![
            Line::named(source.title.get(lang), Mark::Name),
            Line::named(source.publisher.get(lang), Mark::Name),
            Line::named(number, Mark::Name),
            Line::named(source.url.clone().unwrap_or_default(), Mark::Name),
        ]
    });
    Part {
        blocks: vec![Block {
            id: "source-list".into(),
            grid: Some(Grid {
                id: "sources-table".into(),
                caption: Line::words(t.text("report-sources-caption")),
                columns: vec![
                    (t.text("source"), ColumnKind::Words),
                    (t.text("publisher"), ColumnKind::Words),
                    (t.text("footnote"), ColumnKind::Short),
                    (t.text("address"), ColumnKind::Words),
                ],
                rows: rows.collect(),
                ..Grid::default()
            }),
            ..Block::default()
        }],
        ..part("sources", Line::words(t.text("source")))
    }
}

fn annex(t: Texts<'_>, entries: &[Entry]) -> Part {
    let titles = entries.iter().map(|one| {
        let title: String = one.title.get(t.lang()).iter().map(Piece::text).collect();
        (one.id.as_str(), title)
    });
    let titles = titles.collect();
    let mut opened = HashMap::new();
    let blocks = entries
        .iter()
        .map(|one| entry(t, one, &titles, &mut opened))
        .collect();
    Part {
        passages: vec![Line::words(t.text("report-annex-lead"))],
        blocks,
        ..part("annex", Line::words(t.text("report-annex")))
    }
}

/// Where a value was opened down to its records: name and value to the id of the entry.
type Opened<'e> = HashMap<(&'e str, Option<&'e str>), &'e str>;

fn entry<'e>(
    t: Texts<'_>,
    entry: &'e Entry,
    titles: &HashMap<&str, String>,
    opened: &mut Opened<'e>,
) -> Block {
    let lang = t.lang();
    let id = entry.id.as_str();
    let mut facts = vec![];
    if !entry.shown.get(lang).is_empty() {
        facts.push((t.text("value"), Line::figure(entry.shown.get(lang), id)));
    }
    if !entry.formula.is_empty() {
        facts.push((t.text("formula"), Line::named(&entry.formula, Mark::Code)));
    }
    if let Some(method) = &entry.method {
        facts.push((t.text("method-title"), Line::named(method.get(lang), Mark::Name)));
    }
    if !entry.rests_on.is_empty() {
        let mut pieces = vec![];
        for other in &entry.rests_on {
            if !pieces.is_empty() {
                pieces.push(Piece::Words { text: ", ".into() });
            }
            let title = titles.get(other.as_str());
            pieces.push(Piece::figure(title.unwrap_or(other), other.as_str()));
        }
        facts.push((t.text("report-rests-on"), Line::from(&pieces[..])));
    }
    let mut rows = vec![];
    let mut hidden_below = usize::MAX;
    for (place, row) in entry.rows.iter().enumerate() {
        if row.depth > hidden_below {
            continue;
        }
        hidden_below = usize::MAX;
        let opens = entry
            .rows
            .get(place + 1)
            .is_some_and(|next| next.depth > row.depth);
        let elsewhere = if opens {
            let first = *opened.entry((&row.name, row.value.as_deref())).or_insert(id);
            Some(first).filter(|first| *first != id)
        } else {
            None
        };
        if elsewhere.is_some() {
            hidden_below = row.depth;
        }
        let value = row.value.as_ref().map_or_else(
            || t.text("no-value"),
            |value| t.amount(&digits(value, 6), &row.unit),
        );
        let how = match (elsewhere, &row.source, &row.formula) {
            (Some(other), ..) => Line::figure(t.with1("report-shown-at", "title", &titles[other]), other),
            _ if row.seen => Line::words(t.text("report-above")),
            (_, Some((_, title, section)), _) => {
                Line::named(format!("{} {section}", title.get(lang)), Mark::Name)
            }
            (_, None, Some(formula)) => Line::named(formula, Mark::Code),
            (_, None, None) => Line::named(row.why.as_ref().map_or("", |why| why.get(lang)), Mark::Name),
        };
        let indent = "　".repeat(row.depth);
        rows.push(vec![
            Line::named(format!("{indent}{}", row.title.get(lang)), Mark::Name),
            Line::named(&row.name, Mark::Code),
            Line::figure(value, id),
            how,
        ]);
    }
    let grid = Grid {
        id: format!("{id}-rows"),
        caption: Line::default(),
        columns: vec![
            (t.text("report-row"), ColumnKind::Words),
            (t.text("column-id"), ColumnKind::Words),
            (t.text("value"), ColumnKind::Figures),
            (t.text("report-how"), ColumnKind::Words),
        ],
        rows,
        ..Grid::default()
    };
    Block {
        id: id.into(),
        title: Line::from(entry.title.get(lang)),
        facts,
        grid: (!entry.rows.is_empty()).then_some(grid),
        ..Block::default()
    }
}
