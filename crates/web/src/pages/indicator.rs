//! An indicator's page: where it stands and must go, what moves it, and everything it rests on.

use std::sync::Arc;

use app::{Ask, Control, IndicatorView, RecordView};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use indicator::{Band, Finding, Outlook, Point, Trace, TraceKind};
use vocab::{Lang, Period, Refusal};

use super::findings::{Notice, notice};
use super::words::{
    chance, class_of, code_of, digits, direction_of, downloads, figure, figure_or_none, frequency_of, rate,
};
use super::{Answer, answer, name_of, say, shell};
use crate::chart::{
    About, Bar, BarCounts, FanYear, LineFan, Mark, Swing, Tornado, bar_counts, line_fan, tornado,
};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Chart, Column, Download, Field, Figure, Link, Section, Shell, Table, Term, Tree, TreeNode};

#[derive(Template)]
#[template(path = "pages/indicator.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    code: String,
    headline: Figure,
    live: String,
    moved: bool,
    reset: String,
    facts: Vec<Term>,
    chart: Chart,
    course: Vec<String>,
    faults: Vec<Field>,
    fields: Vec<Field>,
    findings: Vec<Notice>,
    path: Table,
    trace: Vec<TreeNode>,
    tornado: Option<Chart>,
    method: Vec<String>,
    why: String,
    formula: String,
    about: Vec<Term>,
    assumptions: Vec<Term>,
    records: Table,
    restated: Table,
    problem: String,
    files: Vec<Download>,
}

impl Page<'_> {
    fn tree(&self) -> Tree<'_> {
        Tree { nodes: &self.trace }
    }
}

/// `GET /indicators/{id}`: `at` names the year, every other name in the query is an input to set.
pub async fn page(State(site): State<Arc<Site>>, reader: Reader, Path(file): Path<String>) -> Response {
    answer(site, reader, move |site, reader| {
        let id = name_of(&file);
        let asked = ask(reader);
        // A what-if that cannot be read keeps the page as the plan has it, and says what is wrong beside what was typed.
        let (view, refusal) = match asked.and_then(|ask| site.view(id, &ask)) {
            Ok(view) => (view, None),
            Err(refusal)
                if reader.form == Form::Page && refusal.kind != "not-found" && !reader.query.is_empty() =>
            {
                (site.view(id, &Ask::default())?, Some(refusal))
            }
            Err(refusal) => return Err(refusal),
        };
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, id, &*view, || sheets(t, &view));
        }
        let page = Answer::page(&build(site, reader, id, &view, refusal.as_ref()))?;
        Ok(if refusal.is_some() { page.refused() } else { page })
    })
    .await
}

/// What the query asks for.
fn ask(reader: &Reader) -> Result<Ask, Refusal> {
    let mut ask = Ask::default();
    for (name, value) in &reader.query {
        let value = value.trim();
        match name.as_str() {
            _ if value.is_empty() => {}
            "at" => ask.at = Some(year(value)?),
            "as_of" => {
                ask.as_of = Some(vocab::codes::parse_date(value)?);
            }
            _ => ask.set.push((name.clone(), value.to_owned())),
        }
    }
    Ok(ask)
}

fn year(text: &str) -> Result<Period, Refusal> {
    match text.parse::<Period>() {
        Ok(period) => Ok(period),
        Err(_) => Ok(text.parse::<vocab::codes::FiscalYear>()?.period()),
    }
}

fn build<'a>(
    site: &'a Site,
    reader: &Reader,
    id: &str,
    view: &IndicatorView,
    refusal: Option<&Refusal>,
) -> Page<'a> {
    let t = site.texts(reader.lang);
    let lang = reader.lang;
    let now = &view.evaluation;
    let unit = now.unit.as_str();
    let code = code_of(t, id, view.class);
    let rounded = now.rounded.as_ref().or(now.value.as_ref());
    let headline = Figure {
        name: t.with1("figure-in", "year", now.at.label(lang).as_str()),
        number: rounded.map_or_else(
            || t.text("no-value"),
            |value| crate::i18n::group_digits(&digits(value, 4)),
        ),
        unit: if rounded.is_some() {
            t.unit(unit)
        } else {
            String::new()
        },
    };
    let mut facts = vec![Term::new(
        t.text("value-exact"),
        figure_or_none(t, now.value.as_ref(), unit),
    )];
    if let Some(path) = now.printed_path.as_ref().filter(|_| !view.path.is_empty()) {
        facts.push(Term::new(t.text("value-path"), figure(t, path, unit)));
    }
    if let Some(printed) = &now.printed {
        facts.push(Term::new(t.text("value-printed"), figure(t, printed, unit)));
    }
    if let Some(interval) = &now.interval {
        let percent = interval.level.parse::<f64>().unwrap_or(0.0) * 100.0;
        let ends = format!(
            "{} – {}",
            digits(&interval.low, 4),
            figure(t, &interval.high, unit)
        );
        facts.push(Term::new(
            t.with1("value-interval", "level", format!("{percent:.0}").as_str()),
            ends,
        ));
    }
    if let Some(span) = &now.rounding {
        facts.push(Term::new(
            t.text("value-rounding"),
            format!("{} – {}", digits(&span.low, 4), figure(t, &span.high, unit)),
        ));
    }
    let (fields, faults) = fields(t, reader, view, refusal);
    let crumbs = vec![Link::to(t.text("nav-indicators"), t.path("/indicators"))];
    Page {
        code,
        live: format!("{}: {} {}", headline.name, headline.number, headline.unit),
        headline,
        moved: !view.set.is_empty(),
        reset: t.path(&reader.path),
        facts,
        chart: course_chart(t, id, view),
        course: course_words(t, view),
        faults,
        fields,
        findings: now
            .findings
            .iter()
            .map(|finding| notice_here(site, t, finding, id))
            .collect(),
        path: path_table(t, view),
        trace: vec![branch(t, &now.trace, 0)],
        tornado: tornado_chart(t, view),
        method: view.method.get(lang).split("\n\n").map(str::to_owned).collect(),
        why: say(&view.why, lang),
        formula: view.formula.clone(),
        about: about(t, view),
        assumptions: view
            .controls
            .iter()
            .filter_map(|control| {
                let why = control.why.as_ref()?.get(lang);
                Some(Term::new(
                    format!(
                        "{}: {}",
                        control.title.get(lang),
                        t.amount(&control.plan, &control.unit)
                    ),
                    why,
                ))
            })
            .collect(),
        records: records_table(t, "records", t.text("records-caption"), &view.records),
        restated: restated_table(t, view),
        problem: now
            .problem
            .as_ref()
            .map_or_else(String::new, |problem| problem.text(lang).to_owned()),
        files: downloads(t, reader),
        shell: shell(site, reader, say(&now.title, lang), Section::Indicators, crumbs),
        t,
    }
}

/// A finding on the page of an indicator, which need not be named there again.
fn notice_here(site: &Site, t: Texts<'_>, finding: &Finding, id: &str) -> Notice {
    let mut one = notice(site, t, finding);
    let here = t.path(&format!("/indicators/{id}"));
    one.about.retain(|link| link.href != here);
    one
}

/// The what-if form: the year and each input, kept as it was typed.
fn fields(
    t: Texts<'_>,
    reader: &Reader,
    view: &IndicatorView,
    refusal: Option<&Refusal>,
) -> (Vec<Field>, Vec<Field>) {
    let typed = |name: &str| {
        reader
            .query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let error = |name: &str, value: &str| match refusal {
        Some(refusal) if !value.trim().is_empty() && refusal.ja.contains(name) => {
            refusal.text(t.lang()).to_owned()
        }
        _ => String::new(),
    };
    let year = typed("at").unwrap_or_default();
    let mut fields = vec![Field {
        name: "at".into(),
        label: t.text("what-if-year"),
        support: t.with1(
            "what-if-year-support",
            "year",
            view.evaluation.at.label(t.lang()).as_str(),
        ),
        error: refusal
            .filter(|_| !year.is_empty() && self::year(&year).is_err())
            .map_or_else(String::new, |refusal| refusal.text(t.lang()).to_owned()),
        value: year,
        ..Field::default()
    }];
    fields.extend(view.controls.iter().map(|control| {
        let value = typed(&control.name).unwrap_or_default();
        Field {
            label: control.title.get(t.lang()).to_owned(),
            support: support(t, control),
            error: error(&control.name, &value),
            unit: t.unit(&control.unit),
            name: control.name.clone(),
            value,
            ..Field::default()
        }
    }));
    // A name that the page does not offer was typed into the address by hand.
    let told = fields.iter().any(|field| !field.error.is_empty());
    if let Some(refusal) = refusal.filter(|_| !told) {
        let stray = Field {
            name: "at".into(),
            label: t.text("what-if-address"),
            error: refusal.text(t.lang()).to_owned(),
            ..Field::default()
        };
        return (fields, vec![stray]);
    }
    let faults = fields
        .iter()
        .filter(|field| !field.error.is_empty())
        .cloned()
        .collect();
    (fields, faults)
}

fn support(t: Texts<'_>, control: &Control) -> String {
    let plan = t.amount(&control.plan, &control.unit);
    match (&control.low, &control.high) {
        (Some(low), Some(high)) => t.with(
            "what-if-support-range",
            &[
                ("plan", plan.as_str().into()),
                ("low", low.as_str().into()),
                ("high", t.amount(high, &control.unit).as_str().into()),
            ],
        ),
        _ => t.with1("what-if-support", "plan", plan.as_str()),
    }
}

fn course_chart(t: Texts<'_>, id: &str, view: &IndicatorView) -> Chart {
    let lang = t.lang();
    let course = &view.course;
    let unit = t.unit(&view.evaluation.unit);
    let title = t.with1("chart-course", "name", view.short.get(lang));
    let description = course_words(t, view).join(" ");
    let about = About {
        id: format!("course-{id}"),
        title,
        description,
        unit,
    };
    let calendar = course
        .observed
        .first()
        .or(course.required.first())
        .map_or(view.evaluation.at.calendar, |point| point.at.calendar);
    let pairs = |points: &[Point]| {
        points
            .iter()
            .map(|point| (point.at.year, point.value))
            .collect::<Vec<_>>()
    };
    let target = view.target.as_ref().and_then(|target| {
        Some(Mark {
            year: target.at.year,
            value: target.value.parse().ok()?,
            text: figure(t, &target.value, &view.evaluation.unit),
        })
    });
    if course.counts.is_some() {
        let bars = course.observed.iter().map(|point| Bar {
            year: point.at.year,
            count: whole(point.value),
            interval: point.interval,
            partial: partial(view, point.at),
        });
        return bar_counts(
            &BarCounts {
                about,
                calendar,
                bars: bars.collect(),
                required: pairs(&course.required),
                target,
            },
            t,
        );
    }
    let printed = course.printed.iter().map(|point| Mark {
        year: point.at.year,
        value: point.value,
        text: figure(t, &indicator::approx(point.value), &view.evaluation.unit),
    });
    let data = LineFan {
        about,
        calendar,
        observed: course
            .observed
            .iter()
            .map(|point| (point.at.year, Some(point.value)))
            .collect(),
        required: pairs(&course.required),
        implied: pairs(&course.implied),
        fan: course.fan.iter().map(fan_year).collect(),
        target,
        printed: printed.collect(),
    };
    line_fan(&data, t)
}

/// Whether a year's count was recorded before the year was over.
fn partial(view: &IndicatorView, at: Period) -> bool {
    view.records
        .iter()
        .any(|record| record.at == at && record.recorded < at.end())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small whole numbers"
)]
fn whole(value: f64) -> Option<u32> {
    (value >= 0.0 && value < f64::from(u32::MAX)).then(|| value.round() as u32)
}

fn fan_year(band: &Band) -> FanYear {
    let [p2, p10, p25, p50, p75, p90, p97] = band.edges;
    FanYear {
        year: band.at.year,
        band95: (p2, p97),
        band80: (p10, p90),
        band50: (p25, p75),
        median: p50,
    }
}

/// The course in sentences: what is required, where it goes, what a year can tell.
fn course_words(t: Texts<'_>, view: &IndicatorView) -> Vec<String> {
    let lang = t.lang();
    let course: &Outlook = &view.course;
    let mut lines = vec![];
    if let (Some(target), Some(growth)) = (&view.target, course.growth_required) {
        lines.push(t.with(
            "course-required",
            &[
                ("year", target.at.label(lang).as_str().into()),
                (
                    "target",
                    figure(t, &target.value, &view.evaluation.unit).as_str().into(),
                ),
                ("rate", rate(&indicator::approx(growth)).as_str().into()),
            ],
        ));
    }
    if let (Some((model, _)), Some(probability)) = (&view.implied, course.chance) {
        lines.push(t.with(
            "course-chance",
            &[
                ("model", model.get(lang).into()),
                (
                    "chance",
                    chance(t, &indicator::approx(probability)).as_str().into(),
                ),
            ],
        ));
    }
    if let Some(counts) = &course.counts {
        let percent = |value: f64| format!("{:.0}%", value * 100.0);
        lines.push(t.with(
            "course-counts",
            &[
                (
                    "target",
                    digits(&indicator::approx(counts.target), 3).as_str().into(),
                ),
                ("miss", percent(counts.miss_at_target).as_str().into()),
                ("last", digits(&indicator::approx(counts.last), 3).as_str().into()),
                ("reach", percent(counts.reach_at_last).as_str().into()),
            ],
        ));
        lines.push(t.with(
            "course-rate",
            &[
                ("rate", digits(&indicator::approx(counts.rate), 3).as_str().into()),
                (
                    "low",
                    digits(&indicator::approx(counts.rate_low), 2).as_str().into(),
                ),
                (
                    "high",
                    digits(&indicator::approx(counts.rate_high), 3).as_str().into(),
                ),
            ],
        ));
        if let Some(year) = counts.detectable {
            lines.push(t.with1(
                "course-detectable",
                "year",
                Period::fiscal(year).label(lang).as_str(),
            ));
        }
    }
    match &course.backtest {
        _ if view.implied.is_none() => {}
        Ok(test) => lines.push(t.with(
            "course-backtest",
            &[
                (
                    "model",
                    rate(&indicator::approx(test.model_error)).as_str().into(),
                ),
                (
                    "naive",
                    rate(&indicator::approx(test.naive_error)).as_str().into(),
                ),
            ],
        )),
        Err(refusal) => lines.push(refusal.text(lang).to_owned()),
    }
    lines
}

fn tornado_chart(t: Texts<'_>, view: &IndicatorView) -> Option<Chart> {
    let base: f64 = view.evaluation.value.as_ref()?.parse().ok()?;
    let swings: Vec<Swing> = view
        .tornado
        .iter()
        .filter(|bar| (bar.at_high - bar.at_low).abs() > base.abs() * 1e-9)
        .take(10)
        .map(|bar| {
            let name = if t.lang() == Lang::Ja { &bar.ja } else { &bar.en };
            Swing {
                name: format!("{name} {}–{}", bar.low, bar.high),
                low: bar.at_low,
                high: bar.at_high,
            }
        })
        .collect();
    if swings.is_empty() {
        return None;
    }
    let title = t.with1(
        "chart-tornado",
        "year",
        view.evaluation.at.label(t.lang()).as_str(),
    );
    let widest = swings
        .first()
        .map_or_else(String::new, |swing| swing.name.clone());
    let description = t.with1("chart-tornado-says", "name", widest.as_str());
    let about = About {
        id: "tornado".into(),
        title,
        description,
        unit: t.unit(&view.evaluation.unit),
    };
    let mut chart = tornado(&Tornado { about, base, swings }, t);
    chart
        .table
        .columns
        .push(Column::figures(t.text("variance-share")));
    for (row, bar) in chart.table.rows.iter_mut().zip(&view.tornado) {
        row.push(Link::plain(if bar.share > 0.0 {
            format!("{:.0}%", bar.share * 100.0)
        } else {
            "–".into()
        }));
    }
    Some(chart)
}

fn path_table(t: Texts<'_>, view: &IndicatorView) -> Table {
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

fn branch(t: Texts<'_>, line: &Trace, depth: usize) -> TreeNode {
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
        formula: line.formula.as_ref().map_or_else(String::new, |formula| formula.trim().to_owned()),
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

fn about(t: Texts<'_>, view: &IndicatorView) -> Vec<Term> {
    let lang = t.lang();
    let nodes = view
        .measures
        .iter()
        .map(|(id, title)| Link::to(title.get(lang), t.path(&format!("/plan/{id}"))));
    let sources = view
        .sources
        .iter()
        .map(|(id, title)| Link::to(title.get(lang), t.path(&format!("/sources/{id}"))));
    let mut terms = vec![
        Term::new(t.text("column-class"), class_of(t, view.class)),
        Term {
            name: t.text("measures-nodes"),
            values: nodes.collect(),
        },
        Term::new(t.text("unit"), t.unit(&view.evaluation.unit)),
        Term::new(t.text("direction"), direction_of(t, view.direction)),
        Term::new(t.text("frequency"), frequency_of(t, view.frequency)),
        Term::new(
            t.text("lag"),
            t.with1("months", "n", usize::try_from(view.lag_months).unwrap_or(0)),
        ),
        Term::new(t.text("owner"), view.owner.get(lang)),
        Term::new(t.text("section"), view.section.clone()),
        Term {
            name: t.text("sources-title"),
            values: sources.collect(),
        },
    ];
    if let Some(target) = &view.target {
        let text = format!(
            "{} {}",
            target.at.label(lang),
            figure(t, &target.value, &view.evaluation.unit)
        );
        terms.push(Term {
            name: t.text("target"),
            values: vec![Link::plain(text), Link::plain(target.why.get(lang))],
        });
    }
    if let Some((model, why)) = &view.implied {
        terms.push(Term {
            name: t.text("implied-model"),
            values: vec![Link::plain(model.get(lang)), Link::plain(why.get(lang))],
        });
    }
    terms
}

/// Records as a table.
pub(crate) fn records_table(t: Texts<'_>, id: &str, caption: String, records: &[RecordView]) -> Table {
    let lang = t.lang();
    let rows = records.iter().map(|record| {
        let via = record
            .via
            .as_ref()
            .map_or_else(String::new, |(_, via)| format!(" ← {}", via.get(lang)));
        vec![
            Link::to(
                record.title.get(lang),
                t.path(&format!("/series/{}", record.series)),
            ),
            Link::plain(record.at.label(lang)),
            Link::plain(figure(t, &record.value, &record.unit)),
            Link::to(
                format!("{} {}{via}", record.source.1.get(lang), record.section),
                t.path(&format!("/sources/{}", record.source.0)),
            ),
            Link::plain(t.date(record.recorded)),
        ]
    });
    Table {
        id: id.into(),
        caption,
        columns: vec![
            Column::words(t.text("series")),
            Column::short(t.text("year")),
            Column::figures(t.text("value")),
            Column::words(t.text("source")),
            Column::short(t.text("recorded")),
        ],
        rows: rows.collect(),
    }
}

fn restated_table(t: Texts<'_>, view: &IndicatorView) -> Table {
    let all: Vec<RecordView> = view
        .restatements
        .iter()
        .flat_map(|one| one.versions.iter().cloned())
        .collect();
    records_table(t, "restated", t.text("restated-caption"), &all)
}

/// The year-by-year course, the rounding path and the records.
fn sheets(t: Texts<'_>, view: &IndicatorView) -> Vec<Sheet> {
    let course = &view.course;
    let heads = |keys: &[&str]| keys.iter().map(|key| t.text(key)).collect::<Vec<_>>();
    let mut years: Vec<Period> = [
        &course.observed,
        &course.required,
        &course.implied,
        &course.printed,
    ]
    .into_iter()
    .flatten()
    .map(|point| point.at)
    .collect();
    years.push(view.evaluation.at);
    years.sort_unstable();
    years.dedup();
    let at = |points: &[Point], year: Period| {
        points
            .iter()
            .find(|point| point.at == year)
            .map(|point| indicator::approx(point.value))
    };
    let rows = years.iter().map(|year| {
        let edges = course
            .fan
            .iter()
            .find(|band| band.at == *year)
            .map(|band| band.edges);
        let mut row = vec![
            Cell::text(year.to_string()),
            Cell::figure(at(&course.observed, *year)),
            Cell::figure(at(&course.required, *year)),
            Cell::figure(at(&course.implied, *year)),
        ];
        row.extend((0..7).map(|place| Cell::figure(edges.map(|edges| indicator::approx(edges[place])))));
        row.push(Cell::figure(at(&course.printed, *year)));
        row.push(Cell::text(&view.evaluation.unit));
        row
    });
    let mut columns = heads(&["year", "column-observed", "column-required", "column-implied"]);
    columns.extend(["2.5%", "10%", "25%", "50%", "75%", "90%", "97.5%"].map(str::to_owned));
    columns.extend(heads(&["value-printed", "unit"]));
    let course_sheet = Sheet {
        name: t.text("sheet-course"),
        columns,
        rows: rows.collect(),
    };
    let path_rows = view.path.iter().map(|row| {
        vec![
            Cell::text(&row.name),
            Cell::text(row.title.get(t.lang())),
            Cell::text(format!("式: {}", row.formula.trim())),
            Cell::figure(row.value.as_ref()),
            Cell::figure(row.path.as_ref()),
            Cell::figure(row.printed.as_ref()),
            Cell::text(&row.unit),
        ]
    });
    let path_sheet = Sheet {
        name: t.text("path-title"),
        columns: heads(&[
            "column-id",
            "path-part",
            "formula",
            "value-exact",
            "value-path",
            "value-printed",
            "unit",
        ]),
        rows: path_rows.collect(),
    };
    let record_sheet = records_sheet(t, t.text("records-title"), &view.records);
    vec![course_sheet, path_sheet, record_sheet]
}

/// Records as a sheet.
pub(crate) fn records_sheet(t: Texts<'_>, name: String, records: &[RecordView]) -> Sheet {
    let lang = t.lang();
    let row = |record: &RecordView| {
        vec![
            Cell::text(&record.series),
            Cell::text(record.title.get(lang)),
            Cell::text(record.at.to_string()),
            Cell::figure(Some(&record.value)),
            Cell::text(&record.unit),
            Cell::figure(record.rounding.as_ref()),
            Cell::text(record.source.1.get(lang)),
            Cell::text(record.via.as_ref().map_or("", |(_, via)| via.get(lang))),
            Cell::text(&record.section),
            Cell::text(record.recorded.to_string()),
            Cell::text(&record.author),
            Cell::text(&record.approver),
            Cell::text(record.note.as_ref().map_or("", |note| note.get(lang))),
        ]
    };
    let heads = [
        "column-id",
        "series",
        "year",
        "value",
        "unit",
        "column-rounding",
        "source",
        "column-via",
        "section",
        "recorded",
        "column-author",
        "column-approver",
        "column-note",
    ];
    Sheet {
        name,
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: records.iter().map(row).collect(),
    }
}
