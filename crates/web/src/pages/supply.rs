//! The supply of devices: the national picture, open to everybody, and what of it touches the devices that a hospital holds.

use std::collections::BTreeMap;

use app::{SupplyBoard, SupplyForHolder, SupplyQuery, SupplyReport};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use plan::{Kind, Shape};
use vocab::{Lang, Refusal};

use super::words::downloads;
use super::work::{Part, Work, narrowing};
use super::{Answer, Here, at_desk, shell};
use crate::chart::{About, Stack, StackedBars, Tile, TileMap, stacked_bars, tile_map};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Chart, Choice, Column, Download, Field, Link, Section, Shell, Table, Term};

/// The kind of a report.
const REPORT: &str = "supply-report";
/// Rows of the tables of counts.
const RANKED: usize = 20;
/// Months that the chart shows; the data have all of them.
const MONTHS: usize = 24;

/// So many reports are listed on the page; all of them are in its files.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "pages/supply.html")]
struct Board<'a> {
    /// Whether somebody looks for some of them: then these come first.
    narrowed: bool,
    t: Texts<'a>,
    shell: Shell,
    action: String,
    words: Field,
    filters: Vec<Field>,
    filtered: bool,
    again: Option<Link>,
    found: String,
    reports: Table,
    cut: String,
    map: Option<Chart>,
    months: Option<Chart>,
    counts: Vec<Table>,
    files: Vec<Download>,
}

/// `GET /supply`
pub async fn board(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_board).await
}

fn build_board(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let value = |name: &str| here.reader.value(name).unwrap_or_default().to_owned();
    let asked = SupplyQuery {
        phase: value("phase"),
        year: value("year"),
        report_type: value("type"),
        cause: value("cause"),
        prefecture: value("prefecture"),
        jmdn: value("jmdn"),
        words: value("q"),
    };
    let board = here.desk.supply_board(&here.visit, &asked)?;
    let names = Names::of(here);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "supply", &board, || {
            let mut sheets = vec![
                sheet(t, &names, board.reports.iter()),
                months_sheet(t, &names, &board),
            ];
            // A file of one sheet alone holds the first.
            if value("table") == "months" {
                sheets.reverse();
            }
            sheets
        });
    }
    let n = board.reports.len();
    let key = if n == 0 {
        "supply-found-none"
    } else {
        "supply-found"
    };
    let narrowed = here
        .reader
        .query
        .iter()
        .any(|(_, value)| !value.trim().is_empty());
    Answer::page(&Board {
        t,
        shell: shell(
            here.site,
            here.reader,
            t.text("supply-title"),
            Section::Supply,
            vec![],
        ),
        action: t.path("/supply"),
        words: Field {
            name: "q".into(),
            label: t.text("register-words"),
            support: t.text("supply-words-support"),
            value: asked.words.clone(),
            ..Field::default()
        },
        filters: filters(here, &names, &asked),
        filtered: narrowed
            && here
                .reader
                .query
                .iter()
                .any(|(name, value)| name != "q" && !value.trim().is_empty()),
        again: narrowed.then(|| Link::to(t.text("register-all"), t.path("/supply"))),
        found: t.with(key, &[("n", n.to_string().into())]),
        narrowed,
        reports: table(t, &names, "reports", board.reports.iter().take(SHOWN)),
        cut: if n > SHOWN {
            t.with1("supply-first", "n", SHOWN)
        } else if board.cut {
            t.text("supply-cut")
        } else {
            String::new()
        },
        map: (n > 0).then(|| map(here, &board)),
        months: (n > 0).then(|| months(t, &names, &board)),
        counts: counts(t, &names, &board),
        files: files(here),
    })
}

/// The list in every form, and the months in the one that holds a single table.
fn files(here: &Here<'_>) -> Vec<Download> {
    let t = here.t;
    let kept = here
        .reader
        .query
        .iter()
        .filter(|(name, value)| name != "table" && !value.trim().is_empty());
    let pairs = kept.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let pairs: Vec<String> = pairs.chain(["table=months".to_owned()]).collect();
    let months = Download {
        link: Link::to(
            t.text("supply-months"),
            format!("{}?{}", t.path("/supply.csv"), pairs.join("&")),
        ),
        kind: "CSV".into(),
        note: String::new(),
    };
    downloads(t, here.reader).into_iter().chain([months]).collect()
}

/// The words of the plan for the codes of a kind of records.
pub(super) struct Names<'a> {
    kind: Option<&'a Kind>,
    lang: Lang,
}

impl<'a> Names<'a> {
    fn of(here: &Here<'a>) -> Self {
        Self::of_kind(here, REPORT)
    }

    pub(super) fn of_kind(here: &Here<'a>, kind: &str) -> Self {
        Self {
            kind: here.site.rashin().plan().kind(kind),
            lang: here.t.lang(),
        }
    }

    pub(super) fn options(&self, field: &str) -> Vec<Choice> {
        match self
            .kind
            .and_then(|kind| kind.field(field))
            .map(|field| &field.shape)
        {
            Some(Shape::Choice(options) | Shape::Choices(options)) => options
                .iter()
                .map(|option| Choice::new(&*option.code, option.title.get(self.lang)))
                .collect(),
            _ => vec![],
        }
    }

    /// Where supply can stand: the phases, and that the report was withdrawn.
    fn phases(&self, t: Texts<'_>) -> Vec<Choice> {
        let withdrawn = Choice::new(SupplyReport::WITHDRAWN, t.text("supply-withdrawn"));
        self.options("phase").into_iter().chain([withdrawn]).collect()
    }

    /// Where a report stands, in words.
    fn phase(&self, t: Texts<'_>, code: &str) -> String {
        match code {
            "" => t.text("supply-unknown"),
            SupplyReport::WITHDRAWN => t.text("supply-withdrawn"),
            _ => self.say("phase", code),
        }
    }

    pub(super) fn say(&self, field: &str, code: &str) -> String {
        let options = self.options(field);
        let found = options.into_iter().find(|option| option.value == code);
        found.map_or_else(|| code.to_owned(), |option| option.label)
    }

    pub(super) fn title(&self, field: &str) -> String {
        let found = self.kind.and_then(|kind| kind.field(field));
        found.map_or_else(String::new, |field| field.title.get(self.lang).to_owned())
    }
}

pub(super) fn prefectures(lang: Lang) -> Vec<(String, String)> {
    let all = vocab::codes::Prefecture::all();
    all.map(|one| (format!("{:02}", one.code()), one.name(lang).to_owned()))
        .collect()
}

fn filters(here: &Here<'_>, names: &Names<'_>, asked: &SupplyQuery) -> Vec<Field> {
    let t = here.t;
    let select = |name, label, chosen, options| narrowing(t, name, label, chosen, options);
    let places = prefectures(t.lang())
        .into_iter()
        .map(|(code, name)| Choice::new(code, name));
    vec![
        select("phase", names.title("phase"), &asked.phase, names.phases(t)),
        Field {
            name: "year".into(),
            label: t.text("supply-year"),
            support: t.text("supply-year-support"),
            value: asked.year.clone(),
            ..Field::default()
        },
        select(
            "type",
            names.title("report_type"),
            &asked.report_type,
            names.options("report_type"),
        ),
        select(
            "cause",
            names.title("causes"),
            &asked.cause,
            names.options("causes"),
        ),
        select(
            "prefecture",
            t.text("chart-prefecture"),
            &asked.prefecture,
            places.collect(),
        ),
        Field {
            name: "jmdn".into(),
            label: names.title("jmdn"),
            value: asked.jmdn.clone(),
            ..Field::default()
        },
    ]
}

fn period(t: Texts<'_>, report: &SupplyReport) -> String {
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| t.date(day));
    match &report.affected {
        Some(range) => t.with(
            "supply-period",
            &[("from", day(range.from).into()), ("to", day(range.to).into())],
        ),
        None => String::new(),
    }
}

fn table<'r>(
    t: Texts<'_>,
    names: &Names<'_>,
    id: &str,
    reports: impl Iterator<Item = &'r SupplyReport>,
) -> Table {
    let row = |report: &SupplyReport| {
        let instead: Vec<&str> = report.substitutes.iter().map(|one| one.name.as_str()).collect();
        let recovery = report
            .recovery
            .map_or_else(|| t.text("supply-unknown"), |day| t.date(day));
        vec![
            Link::to(report.name.clone(), t.path(&page_of(report))),
            Link::plain(names.say("report_type", &report.report_type)),
            Link::plain(names.phase(t, report.stands())),
            Link::plain(period(t, report)),
            Link::plain(recovery),
            Link::plain(if instead.is_empty() {
                t.text("supply-unknown")
            } else {
                instead.join("、")
            }),
            Link::plain(report.state.get(t.lang())),
        ]
    };
    Table {
        id: id.into(),
        caption: t.text("supply-reports"),
        columns: vec![
            Column::words(names.title("name")),
            Column::short(names.title("report_type")),
            Column::short(names.title("phase")),
            Column::words(names.title("affected")),
            Column::words(t.text("supply-recovery")),
            Column::words(names.title("substitutes")),
            Column::words(t.text("supply-handling")),
        ],
        rows: reports.map(row).collect(),
    }
}

fn page_of(report: &SupplyReport) -> String {
    format!("/registers/{REPORT}/{}/{}", report.owner, report.id)
}

fn sheet<'r>(t: Texts<'_>, names: &Names<'_>, reports: impl Iterator<Item = &'r SupplyReport>) -> Sheet {
    let day =
        |day: Option<jiff::civil::Date>| Cell::text(day.map_or_else(String::new, |day| day.to_string()));
    let row = |report: &SupplyReport| {
        let causes: Vec<String> = report
            .causes
            .iter()
            .map(|code| names.say("causes", code))
            .collect();
        let instead: Vec<&str> = report.substitutes.iter().map(|one| one.name.as_str()).collect();
        vec![
            Cell::text(&report.number),
            Cell::text(&report.name),
            Cell::text(&report.company),
            Cell::text(&report.jmdn),
            Cell::text(names.say("report_type", &report.report_type)),
            Cell::text(names.phase(t, report.stands())),
            Cell::text(causes.join(" / ")),
            Cell::text(report.prefectures.join(" ")),
            Cell::text(
                report
                    .affected
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            ),
            day(report.last_shipment),
            day(report.recovery),
            Cell::text(instead.join(" / ")),
            Cell::text(&report.notice),
            Cell::text(report.state.get(t.lang())),
            day(Some(report.reported)),
            day(Some(report.changed)),
        ]
    };
    let titled = [
        "name",
        "company",
        "jmdn",
        "report_type",
        "phase",
        "causes",
        "prefectures",
        "affected",
        "last_shipment",
        "recovery",
        "substitutes",
        "notice",
    ];
    let last = ["supply-handling", "supply-reported", "supply-changed"];
    Sheet {
        name: t.text("supply-title"),
        columns: std::iter::once(t.text("case-number"))
            .chain(titled.map(|field| names.title(field)))
            .chain(last.map(|key| t.text(key)))
            .collect(),
        rows: reports.map(row).collect(),
    }
}

fn map(here: &Here<'_>, board: &SupplyBoard) -> Chart {
    let t = here.t;
    let tile = |(code, name): (String, String)| Tile {
        code: code.parse().unwrap_or(0),
        value: board
            .prefectures
            .get(&code)
            .and_then(|count| u32::try_from(*count).ok())
            .map(f64::from),
        name,
    };
    let about = About {
        id: "supply-map".into(),
        title: t.text("supply-map"),
        description: t.text("supply-map-note"),
        unit: t.text("supply-unit"),
    };
    tile_map(
        &TileMap {
            about,
            tiles: prefectures(t.lang()).into_iter().map(tile).collect(),
        },
        t,
    )
}

/// Where reports of any month stand: the phases in the plan's order, then what else there is.
fn standings(t: Texts<'_>, names: &Names<'_>, board: &SupplyBoard) -> Vec<(String, String)> {
    let all = names.phases(t).into_iter().map(|one| (one.value, one.label));
    let unsaid = (String::new(), t.text("supply-unknown"));
    let there = |code: &str| !code.is_empty() || board.phases.contains_key("");
    all.chain([unsaid]).filter(|(code, _)| there(code)).collect()
}

fn months(t: Texts<'_>, names: &Names<'_>, board: &SupplyBoard) -> Chart {
    let parts = standings(t, names, board);
    let stack = |(month, of): (&String, &BTreeMap<String, usize>)| Stack {
        name: month.clone(),
        parts: parts
            .iter()
            .map(|(code, _)| {
                of.get(code)
                    .map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX))
            })
            .collect(),
    };
    let from = board.months.len().saturating_sub(MONTHS);
    let data = StackedBars {
        about: About {
            id: "supply-months".into(),
            title: t.text("supply-months"),
            description: t.text("supply-months-note"),
            unit: t.text("supply-unit"),
        },
        over: t.text("supply-month"),
        stacks: board.months.iter().skip(from).map(stack).collect(),
        parts: parts.iter().map(|(_, label)| label.clone()).collect(),
    };
    stacked_bars(&data, t)
}

/// A row for each month. One without a report has no figures: nobody having reported is not zero.
fn months_sheet(t: Texts<'_>, names: &Names<'_>, board: &SupplyBoard) -> Sheet {
    let parts = standings(t, names, board);
    let row = |(month, of): (&String, &BTreeMap<String, usize>)| {
        let figure = |count: usize| Cell::figure((!of.is_empty()).then(|| count.to_string()));
        let sizes = parts
            .iter()
            .map(|(code, _)| of.get(code).copied().unwrap_or_default());
        std::iter::once(Cell::text(month))
            .chain(sizes.map(figure))
            .chain([figure(of.values().sum())])
            .collect()
    };
    Sheet {
        name: t.text("supply-month"),
        columns: std::iter::once(t.text("supply-month"))
            .chain(parts.iter().map(|(_, label)| label.clone()))
            .chain([t.text("chart-sum")])
            .collect(),
        rows: board.months.iter().map(row).collect(),
    }
}

fn counts(t: Texts<'_>, names: &Names<'_>, board: &SupplyBoard) -> Vec<Table> {
    let ranked = |id: &str, title: String, of: &BTreeMap<String, usize>, say: &dyn Fn(&str) -> String| {
        let mut order: Vec<_> = of.iter().collect();
        order.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
        let rows = order.into_iter().take(RANKED);
        count_table(t, id, title, rows.map(|(code, count)| (say(code), *count)))
    };
    let unsaid = |field: &'static str| {
        move |code: &str| {
            if code.is_empty() {
                t.text("supply-unknown")
            } else {
                names.say(field, code)
            }
        }
    };
    let tables = [
        ranked("by-phase", names.title("phase"), &board.phases, &|code| {
            names.phase(t, code)
        }),
        ranked(
            "by-type",
            names.title("report_type"),
            &board.types,
            &unsaid("report_type"),
        ),
        ranked(
            "by-cause",
            names.title("causes"),
            &board.causes,
            &unsaid("causes"),
        ),
        ranked(
            "by-jmdn",
            names.title("jmdn"),
            &board.generic_names,
            &str::to_owned,
        ),
    ];
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

fn count_table(t: Texts<'_>, id: &str, title: String, rows: impl Iterator<Item = (String, usize)>) -> Table {
    Table {
        id: id.into(),
        caption: t.with1("supply-by", "what", title.as_str()),
        columns: vec![Column::words(title), Column::figures(t.text("supply-count"))],
        rows: rows
            .map(|(name, count)| vec![Link::plain(name), Link::plain(count.to_string())])
            .collect(),
    }
}

/// `GET /supply/mine`
pub async fn mine(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_mine).await
}

fn build_mine(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let list = here.desk.supply_for_me(&here.visit)?;
    let names = Names::of(here);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "supply-mine", &list, || {
            vec![sheet(t, &names, list.iter().map(|one| &one.report))]
        });
    }
    let crumbs = vec![Link::to(t.text("supply-title"), t.path("/supply"))];
    let mut page = Work {
        lead: t.text("supply-mine-lead"),
        next: if list.is_empty() {
            t.text("supply-mine-none")
        } else {
            String::new()
        },
        parts: list.iter().map(|one| held(here, &names, one)).collect(),
        way: Some(Link::to(
            t.text("supply-mine-assets"),
            t.path("/registers/hospital-asset"),
        )),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("supply-mine-title"), crumbs)
    };
    page.shell.section = Section::Supply;
    Answer::page(&page)
}

/// What a hospital needs to know of one report: which of its devices, from when until when, what to use instead.
fn held(here: &Here<'_>, names: &Names<'_>, one: &SupplyForHolder) -> Part {
    let t = here.t;
    let report = &one.report;
    let line = |key: &str, value: String| Term::new(t.text(key), value);
    let known = |text: String| {
        if text.is_empty() {
            t.text("supply-unknown")
        } else {
            text
        }
    };
    let day = |day: Option<jiff::civil::Date>| known(day.map_or_else(String::new, |day| t.date(day)));
    let assets: Vec<String> = one
        .assets
        .iter()
        .map(|asset| match asset.department.as_str() {
            "" => asset.name.clone(),
            department => format!("{}（{department}）", asset.name),
        })
        .collect();
    let instead: Vec<String> = report
        .substitutes
        .iter()
        .map(|one| {
            [&*one.name, &*one.maker, &*one.product_code, &*one.limits]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let said = format!(
        "{} {}",
        names.say("report_type", &report.report_type),
        names.phase(t, report.stands())
    );
    let mut lines = vec![
        line(
            "supply-held",
            t.with(
                "supply-held-of",
                &[
                    ("assets", assets.join("、").into()),
                    ("n", one.quantity.to_string().into()),
                ],
            ),
        ),
        line("supply-what", known(said.trim().to_owned())),
        line("supply-when", known(period(t, report))),
        line("supply-recovery", day(report.recovery)),
        line("supply-instead", known(instead.join("、"))),
        line("supply-handling", report.state.get(t.lang()).to_owned()),
    ];
    if report.last_shipment.is_some() {
        lines.push(line("supply-last-shipment", day(report.last_shipment)));
    }
    lines.push(line("supply-changed", day(Some(report.changed))));
    Part {
        title: report.name.clone(),
        note: report.notice.clone(),
        facts: lines,
        link: Some(Link::to(t.text("supply-more"), t.path(&page_of(report)))),
        ..Part::default()
    }
}
