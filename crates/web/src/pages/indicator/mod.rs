//! An indicator's page: where it stands and must go, what moves it, and everything it rests on.

mod counted;
mod course;
mod path;
mod records;
mod tornado;
mod what_if;

use app::{Ask, Count, IndicatorView};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use vocab::Refusal;

use super::findings::{Notice, notices};
use super::words::{
    class_of, code_of, digits, direction_of, downloads, figure, figure_or_none, frequency_of, range,
};
use super::{Answer, at_desk, name_of, say, shell};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::site::Site;
use crate::ui::{Chart, Download, Field, Figure, Link, Section, Shell, Table, Term, Tree, TreeNode};

pub(crate) use course::chart as course_chart;
pub(crate) use records::{records_sheet, records_table};

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
    chart: Option<Chart>,
    course: Vec<String>,
    faults: Vec<Field>,
    fields: Vec<Field>,
    records_fields: Vec<Field>,
    records_moved: bool,
    as_of: String,
    findings: Vec<Notice>,
    path: Option<Table>,
    trace: Vec<TreeNode>,
    tornado: Option<Chart>,
    counted: Option<counted::Counted>,
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
        Tree {
            nodes: &self.trace,
            prefix: "trace-of".into(),
        }
    }
}

/// An indicator as data.
#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    view: &'a IndicatorView,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Count>,
}

/// `GET /indicators/{id}`: `at` names the year, every other name in the query is an input to set.
pub async fn page(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        let (site, reader) = (here.site, here.reader);
        let id = name_of(&file);
        let asked = what_if::ask(reader);
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
        let counted = here.desk.counted(&here.visit, &view)?;
        if reader.form != Form::Page {
            let data = Data { view: &view, counted };
            return Answer::data(reader.form, id, &data, || records::sheets(t, &view));
        }
        let page = Page {
            counted: counted
                .map(|count| counted::section(t, &count, site.rashin().plan().kind("supply-report"))),
            ..build(site, reader, id, &view, refusal.as_ref())
        };
        let page = Answer::page(&page)?;
        Ok(if refusal.is_some() { page.refused() } else { page })
    })
    .await
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
        let ends = range(t, &digits(&interval.low, 4), &digits(&interval.high, 4), unit);
        facts.push(Term::new(
            t.with1("value-interval", "level", format!("{percent:.0}").as_str()),
            ends,
        ));
    }
    if let Some(span) = &now.rounding {
        facts.push(Term::new(
            t.text("value-rounding"),
            range(t, &digits(&span.low, 4), &digits(&span.high, 4), unit),
        ));
    }
    let (fields, faults) = what_if::fields(t, reader, view, refusal);
    // With neither a value nor an input there is nothing to try.
    let fields = if view.controls.is_empty() && now.value.is_none() && faults.is_empty() {
        vec![]
    } else {
        fields
    };
    // What the plan assumes comes first; what was recorded can be moved too.
    let series = &site.rashin().plan().series;
    let recorded = |field: &Field| series.contains_key(field.name.split('[').next().unwrap_or_default());
    let (records_fields, fields): (Vec<_>, Vec<_>) = fields.into_iter().partition(recorded);
    let crumbs = vec![Link::to(t.text("nav-indicators"), t.path("/indicators"))];
    Page {
        code,
        live: format!("{}: {} {}", headline.name, headline.number, headline.unit),
        headline,
        moved: !view.set.is_empty(),
        reset: t.path(&reader.path),
        facts,
        chart: course::chart(t, id, view),
        course: course::words(t, view),
        faults,
        fields,
        records_moved: records_fields.iter().any(|field| !field.value.is_empty()),
        records_fields,
        as_of: reader.value("as_of").unwrap_or_default().to_owned(),
        findings: notices(site, t, &now.findings, Some(id)),
        path: (!view.path.is_empty() || now.value.is_some()).then(|| path::table(t, view)),
        trace: vec![path::branch(t, &now.trace, 0)],
        tornado: tornado::chart(t, view),
        counted: None,
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
        restated: records::restated_table(t, view),
        problem: now
            .problem
            .as_ref()
            .map_or_else(String::new, |problem| problem.text(lang).to_owned()),
        files: downloads(t, reader),
        shell: shell(site, reader, say(&now.title, lang), Section::Indicators, crumbs),
        t,
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
