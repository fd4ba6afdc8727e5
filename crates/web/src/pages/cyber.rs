//! The security of devices: what a hospital has to deal with, what a maker has to answer, the ministry's overview, one device and one advisory. Who acts does so
//! on the page of the record; these pages gather, and the desk decides who sees what of them.

pub mod findings;

use std::collections::BTreeMap;

use app::{
    AdvisoryPage, Because, ComponentRow, ComponentStanding, Confidence, DeviceFinding, DeviceSecurity,
    FeedView, HandoutForm, LifePart, LifeStage, MakerAnswer, MakerItem, OwnAsset, SecurityBoard,
    SecurityInbox, SecurityItem, SecurityWork, Spoken, SupplyForHolder, SupportEnd, Wording,
};
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use serde::Serialize;
use vocab::{Lang, Refusal};

use super::supply::{Names, prefectures};
use super::words::downloads;
use super::work::{Part, Search, Work, moment};
use super::{Answer, Here, at_desk, name_of};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Column, Download, Field, Link, Table, Term};

/// The kind of what is handed in for a device version.
const DEVICE: &str = "device-security";
/// The kind of what a maker says of a vulnerability.
const ANSWER: &str = "vulnerability-answer";
/// The kind of what a hospital does about one.
const RESPONSE: &str = "vulnerability-response";
/// Rows of a table on a page; the files have all.
const SHOWN: usize = 300;

/// A hospital's inbox with what is short.
#[derive(Serialize)]
struct Mine<'a> {
    #[serde(flatten)]
    inbox: &'a SecurityInbox,
    short: &'a [SupplyForHolder],
}

/// `GET /cyber/mine`
pub async fn mine(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_mine).await
}

fn build_mine(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let typed = here.reader.value("as_of").unwrap_or_default().trim().to_owned();
    let asked = day_asked(&typed);
    // Who may not ask is told so first, whatever they typed.
    let asked_for = asked.as_ref().map_or(None, |day| *day);
    let inbox = here
        .desk
        .security_inbox(&here.visit, asked_for, read_in_full(here))?;
    let as_of = asked?;
    let short = match as_of {
        None => here.desk.supply_for_me(&here.visit)?,
        Some(_) => vec![],
    };
    let names = Names::of_kind(here, ANSWER);
    let vulnerable = item_table(here, &names, &inbox.items);
    if here.reader.form != Form::Page {
        let mine = Mine {
            inbox: &inbox,
            short: &short,
        };
        return Answer::data(here.reader.form, "cyber-mine", &mine, || {
            vec![sheet(&vulnerable), sheet(&support_table(t, &inbox.support))]
        });
    }
    let none = inbox.items.is_empty() && inbox.support.is_empty() && short.is_empty();
    let mut parts = vec![];
    if !inbox.items.is_empty() {
        let note = t.text("cyber-vulnerable-note");
        parts.push(listed(t, "cyber-vulnerable", note, vulnerable, inbox.all));
    }
    if !short.is_empty() {
        parts.push(Part {
            title: t.text("cyber-short"),
            lines: short
                .iter()
                .map(|one| format!("{}（{}）", one.report.name, one.report.state.get(t.lang())))
                .collect(),
            link: Some(Link::to(t.text("supply-mine-title"), t.path("/supply/mine"))),
            ..Part::default()
        });
    }
    if !inbox.support.is_empty() {
        let note = t.text("cyber-support-note");
        let support = support_table(t, &inbox.support);
        parts.push(listed(t, "cyber-support", note, support, 0));
    }
    Answer::page(&Work {
        lead: match as_of {
            Some(day) => t.with1("cyber-as-of-lead", "day", t.date(day)),
            None => t.text("cyber-mine-lead"),
        },
        next: if none {
            t.text("cyber-mine-none")
        } else {
            String::new()
        },
        search: Some(Search {
            title: t.text("cyber-earlier"),
            action: t.path("/cyber/mine"),
            fields: vec![Field {
                name: "as_of".into(),
                label: t.text("cyber-as-of"),
                support: t.text("cyber-as-of-support"),
                value: typed,
                ..Field::default()
            }],
            views: vec![],
            again: as_of.map(|_| Link::to(t.text("cyber-now"), t.path("/cyber/mine"))),
        }),
        parts,
        way: Some(Link::to(
            t.text("supply-mine-assets"),
            t.path("/registers/hospital-asset"),
        )),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("cyber-mine-title"), vec![])
    })
}

fn day_asked(typed: &str) -> Result<Option<Date>, Refusal> {
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| {
        Refusal::new(
            "as_of",
            "いつの時点かは、2026-11-23 のような日付で指定してください。",
            "Say as of which day like 2026-11-23.",
        )
    })
}

/// How urgent something is, in words.
fn urgency(t: Texts<'_>, names: &Names<'_>, exploited: bool, severity: &str) -> String {
    let severity = names.say("severity", severity);
    if exploited {
        t.with1("cyber-exploited", "severity", severity)
    } else {
        severity
    }
}

/// What makers say, in a line.
fn said(t: Texts<'_>, names: &Names<'_>, answers: &[MakerAnswer]) -> String {
    if answers.is_empty() {
        return t.text("cyber-unanswered");
    }
    let one = |answer: &MakerAnswer| {
        let status = names.say("status", &answer.status);
        let words = [
            names.say("justification", &answer.justification),
            answer.action.clone(),
            answer.fixed_in.clone(),
            answer.impact.clone(),
        ];
        let words: Vec<String> = words.into_iter().filter(|text| !text.is_empty()).collect();
        if words.is_empty() {
            status
        } else {
            format!("{status}: {}", words.join(" / "))
        }
    };
    answers.iter().map(one).collect::<Vec<_>>().join("；")
}

fn item_table(here: &Here<'_>, names: &Names<'_>, items: &[SecurityItem]) -> Table {
    let t = here.t;
    let row = |item: &SecurityItem| {
        let assets: Vec<String> = item
            .assets
            .iter()
            .map(|asset| match asset.department.as_str() {
                "" => asset.name.clone(),
                department => format!("{}（{department}）", asset.name),
            })
            .collect();
        let page = format!("/registers/{RESPONSE}/{}/{}", item.owner, item.id);
        vec![
            Link::to(item.name.clone(), t.path(&page)),
            Link::plain(urgency(t, names, item.exploited, &item.severity)),
            Link::plain(item.summary.clone()),
            Link::plain(if item.to_check {
                t.with1("cyber-to-check", "assets", assets.join("、"))
            } else {
                assets.join("、")
            }),
            Link::plain(said(t, names, &item.answers)),
            Link::plain(item.state.get(t.lang())),
            Link::plain(moment(t, item.told)),
        ]
    };
    Table {
        id: "vulnerable".into(),
        caption: t.text("cyber-vulnerable"),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::short(t.text("cyber-urgency")),
            Column::words(t.text("cyber-summary")),
            Column::words(t.text("cyber-assets")),
            Column::words(t.text("cyber-answer")),
            Column::short(t.text("cyber-state")),
            Column::short(t.text("cyber-told")),
        ],
        rows: items.iter().map(row).collect(),
    }
}

/// A stage of a device's life, in words.
fn stage_of(t: Texts<'_>, stage: LifeStage) -> String {
    t.text(match stage {
        LifeStage::Supported => "cyber-stage-supported",
        LifeStage::EolNotice => "cyber-stage-eol-notice",
        LifeStage::Limited => "cyber-stage-limited",
        LifeStage::EosNotice => "cyber-stage-eos-notice",
        LifeStage::Unsupported => "cyber-stage-unsupported",
    })
}

fn day_of(t: Texts<'_>, day: Option<Date>) -> String {
    day.map_or_else(|| t.text("cyber-unsaid"), |day| t.date(day))
}

fn support_table(t: Texts<'_>, ends: &[SupportEnd]) -> Table {
    let row = |end: &SupportEnd| {
        let page = format!("{}（{}）", end.asset.name, end.asset.department);
        vec![
            Link::plain(page.replace("（）", "")),
            Link::plain(stage_of(t, end.stage)),
            Link::plain(day_of(t, end.days.eol)),
            Link::plain(day_of(t, end.days.eos)),
            Link::plain(end.contact.clone()),
        ]
    };
    Table {
        id: "support".into(),
        caption: t.text("cyber-support"),
        columns: vec![
            Column::words(t.text("cyber-assets")),
            Column::words(t.text("cyber-stage")),
            Column::short(t.text("cyber-eol")),
            Column::short(t.text("cyber-eos")),
            Column::words(t.text("cyber-contact")),
        ],
        rows: ends.iter().map(row).collect(),
    }
}

/// The life of a device version, from its first part to its last; the part that is now is said in words.
fn life_table(t: Texts<'_>, device: &DeviceSecurity) -> Table {
    let row = |(place, part): (usize, &LifePart)| {
        let next = device.life.get(place + 1).and_then(|next| next.from);
        let until = next.and_then(|day| day.yesterday().ok());
        let said = |day: Option<Date>| day.map_or_else(String::new, |day| t.date(day));
        vec![
            Link::plain(stage_of(t, part.stage)),
            Link::plain(said(part.from)),
            Link::plain(said(until)),
            Link::plain(if part.now {
                t.text("cyber-life-now")
            } else {
                String::new()
            }),
        ]
    };
    Table {
        id: "life".into(),
        caption: t.text("cyber-life"),
        columns: vec![
            Column::words(t.text("cyber-stage")),
            Column::short(t.text("cyber-life-from")),
            Column::short(t.text("cyber-life-until")),
            Column::short(t.text("cyber-life-today")),
        ],
        rows: device.life.iter().enumerate().map(row).collect(),
    }
}

/// A table as a sheet.
fn sheet(table: &Table) -> Sheet {
    let cells = |row: &Vec<Link>| row.iter().map(|cell| Cell::text(&cell.text)).collect();
    Sheet {
        name: table.caption.clone(),
        columns: table.columns.iter().map(|column| column.title.clone()).collect(),
        rows: table.rows.iter().map(cells).collect(),
    }
}

/// How many of a list are read in full: what a page shows of it, or all for a file.
fn read_in_full(here: &Here<'_>) -> usize {
    if here.reader.form == Form::Page {
        SHOWN
    } else {
        usize::MAX
    }
}

/// A note that a page shows the first rows alone of a list of so many, after another note.
fn shown(t: Texts<'_>, note: String, all: usize) -> String {
    if all <= SHOWN {
        return note;
    }
    let figures = [("all", all.to_string().into()), ("n", SHOWN.to_string().into())];
    format!("{note} {}", t.with("cyber-shown", &figures))
        .trim()
        .to_owned()
}

/// A part with the first rows of a table, which has so many of them, if more than are in it; its files have all.
fn listed(t: Texts<'_>, title: &str, note: String, mut table: Table, all: usize) -> Part {
    let note = shown(t, note, all.max(table.rows.len()));
    table.rows.truncate(SHOWN);
    Part {
        title: t.text(title),
        note,
        table: Some(table),
        ..Part::default()
    }
}

/// `GET /cyber/work`
pub async fn work(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_work).await
}

fn build_work(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let SecurityWork { items, all, open } = here.desk.security_work(&here.visit, read_in_full(here))?;
    let names = Names::of_kind(here, ANSWER);
    let table = work_table(here, &names, &items);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "cyber-work", &items, || vec![sheet(&table)]);
    }
    let devices = here.desk.security_devices(&here.visit)?;
    let device = |one: &app::TouchedDevice| {
        vec![
            Link::to(
                format!("{} {}", one.name, one.version),
                t.path(&format!("/cyber/devices/{}/{}", one.maker, one.id)),
            ),
            Link::plain(here.organisation_name(&one.maker)),
            Link::plain(stage_of(t, one.stage)),
            Link::plain(day_of(t, one.days.eol)),
            Link::plain(day_of(t, one.days.eos)),
        ]
    };
    Answer::page(&Work {
        lead: shown(t, t.text("cyber-work-lead"), all),
        next: t.with(
            if open == 0 {
                "cyber-work-none"
            } else {
                "cyber-work-open"
            },
            &[("n", open.to_string().into())],
        ),
        table: Some(table),
        empty: t.text("cyber-work-empty"),
        parts: vec![Part {
            title: t.text("cyber-devices"),
            note: shown(t, String::new(), devices.len()),
            table: (!devices.is_empty()).then(|| Table {
                id: "devices".into(),
                caption: t.text("cyber-devices"),
                columns: vec![
                    Column::words(t.text("cyber-device")),
                    Column::words(t.text("cyber-maker")),
                    Column::short(t.text("cyber-stage")),
                    Column::short(t.text("cyber-eol")),
                    Column::short(t.text("cyber-eos")),
                ],
                rows: devices.iter().take(SHOWN).map(device).collect(),
            }),
            link: Some(Link::to(
                t.text("cyber-devices-all"),
                t.path(&format!("/registers/{DEVICE}")),
            )),
            ..Part::default()
        }],
        way: Some(Link::to(t.text("cyber-list-title"), t.path("/cyber/findings"))),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("cyber-work-title"), vec![])
    })
}

fn work_table(here: &Here<'_>, names: &Names<'_>, list: &[MakerItem]) -> Table {
    let t = here.t;
    let row = |item: &MakerItem| {
        let devices: Vec<&str> = item.devices.iter().map(|(_, name)| name.as_str()).collect();
        let by = item.by.map_or_else(String::new, |day| {
            let key = if item.overdue { "today-late" } else { "today-by" };
            t.with1(key, "by", t.date(day))
        });
        let answer: Vec<MakerAnswer> = item.answer.iter().cloned().collect();
        vec![
            Link::to(
                item.name.clone(),
                t.path(&format!("/registers/{ANSWER}/{}/{}", item.maker, item.id)),
            ),
            Link::plain(urgency(t, names, item.exploited, &item.severity)),
            Link::plain(item.summary.clone()),
            Link::plain(here.organisation_name(&item.maker)),
            Link::plain(devices.join("、")),
            Link::plain(said(t, names, &answer)),
            Link::plain(item.state.get(t.lang())),
            Link::plain(t.with1("cyber-days", "n", item.age.to_string())),
            Link::plain(by),
            Link::plain(item.asked.to_string()),
        ]
    };
    Table {
        id: "work".into(),
        caption: t.text("cyber-work-title"),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::short(t.text("cyber-urgency")),
            Column::words(t.text("cyber-summary")),
            Column::words(t.text("cyber-maker")),
            Column::words(t.text("cyber-devices")),
            Column::words(t.text("cyber-answer")),
            Column::short(t.text("cyber-state")),
            Column::short(t.text("cyber-age")),
            Column::short(t.text("cyber-by")),
            Column::figures(t.text("cyber-asked")),
        ],
        rows: list.iter().map(row).collect(),
    }
}

/// `GET /cyber`
pub async fn board(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_board).await
}

fn build_board(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let board = here.desk.security_board(&here.visit)?;
    let makers = maker_table(here, &board);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "cyber", &board, || vec![sheet(&makers)]);
    }
    let names = Names::of_kind(here, ANSWER);
    let urgencies = |code: &str| match code {
        "exploited" => t.text("cyber-exploited-plain"),
        code => names.say("severity", code),
    };
    let states = here.site.rashin().plan().procedure_of(RESPONSE);
    let state = |code: &str| {
        states
            .and_then(|procedure| procedure.state(code))
            .map_or_else(|| code.to_owned(), |state| state.title.get(t.lang()).to_owned())
    };
    let [components, matched, clean, unassessable] = board.components;
    let term = |key: &str, n: usize| Term::new(t.text(key), n.to_string());
    let mut completeness = vec![
        term("cyber-devices", board.devices[0]),
        term("cyber-devices-matched", board.devices[1]),
        term("cyber-unreadable", board.unreadable),
        term("cyber-components", components),
        term("cyber-matched", matched),
        term("cyber-clean", clean),
        term("cyber-unassessable", unassessable),
    ];
    if let Some(known) = &board.known {
        completeness.push(term("cyber-known", known.records));
        completeness.push(term("cyber-kev", known.kev));
    }
    let causes: BTreeMap<String, usize> = board
        .causes
        .iter()
        .map(|(cause, count)| (cause_of(t, cause), *count))
        .collect();
    let tables = [
        (
            "cyber-open",
            count_table(
                t,
                "open",
                "cyber-open",
                board.urgencies.iter().map(|(code, n)| (urgencies(code), *n)),
            ),
        ),
        (
            "cyber-responses",
            count_table(
                t,
                "responses",
                "cyber-responses",
                board.responses.iter().map(|(code, n)| (state(code), *n)),
            ),
        ),
        (
            "cyber-stages",
            count_table(
                t,
                "stages",
                "cyber-stages",
                board.stages.iter().map(|(stage, n)| (stage_of(t, *stage), *n)),
            ),
        ),
        ("cyber-by-maker", makers),
        (
            "cyber-causes",
            count_table(t, "causes", "cyber-causes", causes.into_iter()),
        ),
    ];
    let mut parts: Vec<Part> = tables
        .into_iter()
        .filter(|(_, table)| !table.rows.is_empty())
        .map(|(key, table)| listed(t, key, String::new(), table, 0))
        .collect();
    parts.extend(feed_part(t, &board.feeds));
    parts.push(Part {
        title: t.text("cyber-completeness"),
        note: t.text("cyber-completeness-note"),
        facts: completeness,
        ..Part::default()
    });
    Answer::page(&Work {
        lead: t.text("cyber-lead"),
        next: if board.ready {
            String::new()
        } else {
            t.text("cyber-not-ready")
        },
        parts,
        way: Some(Link::to(t.text("cyber-list-title"), t.path("/cyber/findings"))),
        files: downloads(t, here.reader),
        ..Work::new(
            here,
            t.text("cyber-title"),
            vec![Link::to(t.text("cyber-work-title"), t.path("/cyber/work"))],
        )
    })
}

/// Where advisories come from, if that is set up.
fn feed_part(t: Texts<'_>, feeds: &[FeedView]) -> Option<Part> {
    (!feeds.is_empty()).then(|| Part {
        title: t.text("cyber-feeds"),
        note: t.text("cyber-feeds-note"),
        table: Some(feed_table(t, feeds)),
        ..Part::default()
    })
}

/// How the sources of advisories stand.
fn feed_table(t: Texts<'_>, feeds: &[FeedView]) -> Table {
    let row = |feed: &FeedView| {
        let stands = match &feed.failing {
            Some((since, why)) => t.with(
                "cyber-feed-failing",
                &[
                    ("since", moment(t, *since).into()),
                    ("why", why.get(t.lang()).into()),
                ],
            ),
            None if feed.news.refused > 0 => t.with(
                "cyber-feed-refused",
                &[
                    ("n", feed.news.refused.to_string().into()),
                    ("named", feed.news.named.join("、").into()),
                ],
            ),
            None => t.text("cyber-feed-well"),
        };
        let came = t.with(
            "cyber-feed-news",
            &[
                ("added", feed.news.added.to_string().into()),
                ("replaced", feed.news.replaced.to_string().into()),
            ],
        );
        vec![
            Link::plain(feed.source.clone()),
            Link::plain(stands),
            Link::plain(moment(t, feed.looked)),
            Link::plain(feed.changed.map_or_else(String::new, |at| moment(t, at))),
            Link::plain(if feed.news.lists {
                format!("{came} {}", t.text("cyber-feed-lists"))
            } else {
                came
            }),
        ]
    };
    Table {
        id: "feeds".into(),
        caption: t.text("cyber-feeds"),
        columns: vec![
            Column::words(t.text("cyber-feed")),
            Column::words(t.text("cyber-state")),
            Column::short(t.text("cyber-feed-looked")),
            Column::short(t.text("cyber-feed-changed")),
            Column::words(t.text("cyber-feed-came")),
        ],
        rows: feeds.iter().map(row).collect(),
    }
}

/// Why something could not be assessed, in words; a cause that has none is told by its code.
fn cause_of(t: Texts<'_>, cause: &str) -> String {
    let key = match cause {
        "no_purl" => "cyber-cause-no-purl",
        "no_version" => "cyber-cause-no-version",
        "no_database" => "cyber-cause-no-database",
        "unknown_type" => "cyber-cause-unknown-type",
        "bad_purl" => "cyber-cause-bad-purl",
        "bad_cpe" => "cyber-cause-bad-cpe",
        "vague_cpe" => "cyber-cause-vague-cpe",
        "wild_cpe" => "cyber-cause-wild-cpe",
        "bad_version" => "cyber-cause-bad-version",
        "moving_tag" => "cyber-cause-moving-tag",
        "own_build" => "cyber-cause-own-build",
        "no_order" => "cyber-cause-no-order",
        other => return other.to_owned(),
    };
    t.text(key)
}

fn count_table(t: Texts<'_>, id: &str, key: &str, rows: impl Iterator<Item = (String, usize)>) -> Table {
    Table {
        id: id.into(),
        caption: t.text(key),
        columns: vec![
            Column::words(t.text("cyber-what")),
            Column::figures(t.text("cyber-count")),
        ],
        rows: rows
            .map(|(name, count)| vec![Link::plain(name), Link::plain(count.to_string())])
            .collect(),
    }
}

fn maker_table(here: &Here<'_>, board: &SecurityBoard) -> Table {
    let t = here.t;
    let rows = board.makers.iter().map(|count| {
        let figures = [count.open, count.exploited, count.overdue, count.answered];
        std::iter::once(Link::plain(here.organisation_name(&count.maker)))
            .chain(figures.map(|n| Link::plain(n.to_string())))
            .chain([Link::plain(t.with1("cyber-days", "n", count.oldest.to_string()))])
            .collect()
    });
    Table {
        id: "makers".into(),
        caption: t.text("cyber-by-maker"),
        rows: rows.collect(),
        columns: vec![
            Column::words(t.text("cyber-maker")),
            Column::figures(t.text("cyber-open-short")),
            Column::figures(t.text("cyber-exploited-plain")),
            Column::figures(t.text("cyber-overdue")),
            Column::figures(t.text("cyber-answered")),
            Column::short(t.text("cyber-oldest")),
        ],
    }
}

/// `GET /cyber/devices/{owner}/{file}`
pub async fn device(
    State(house): State<House>,
    reader: Reader,
    Path((owner, file)): Path<(String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        for (ending, form, _) in HANDOUTS {
            if let Some(id) = file.strip_suffix(ending) {
                return hand_on(here, (&owner, id), form);
            }
        }
        build_device(here, &owner, name_of(&file))
    })
    .await
}

/// How a device version is handed on, by the ending of its address.
const HANDOUTS: [(&str, HandoutForm, &str); 2] = [
    (".csaf.json", HandoutForm::Csaf, "CSAF VEX"),
    (".cdx.json", HandoutForm::CycloneDx, "CycloneDX"),
];

fn hand_on(here: &Here<'_>, device: (&str, &str), form: HandoutForm) -> Result<Answer, Refusal> {
    let publisher = super::disclosed::publisher(here);
    let program = env!("CARGO_PKG_VERSION");
    let body = here
        .desk
        .device_handout(&here.visit, device, form, &publisher, program)?;
    let name = match form {
        HandoutForm::Csaf => "vex.csaf.json",
        HandoutForm::CycloneDx => "bom.cdx.json",
    };
    Ok(Answer::file(body, "application/json; charset=utf-8", name))
}

/// The files of a device version: what its page shows, and what other programs read. There is no VEX where nothing was found.
fn device_files(here: &Here<'_>, device: &DeviceSecurity) -> Vec<Download> {
    let t = here.t;
    let mut files = downloads(t, here.reader);
    let is_there = |form| match form {
        HandoutForm::Csaf => !device.findings.is_empty(),
        HandoutForm::CycloneDx => device.fault.is_none(),
    };
    for (ending, form, kind) in HANDOUTS
        .into_iter()
        .filter(|(_, form, _)| device.ready && is_there(*form))
    {
        let (text, note) = match form {
            HandoutForm::Csaf => ("cyber-handout-vex", "cyber-handout-vex-note"),
            HandoutForm::CycloneDx => ("cyber-handout-bill", "cyber-handout-bill-note"),
        };
        let address = format!("/cyber/devices/{}/{}{ending}", device.maker, device.id);
        files.push(Download {
            link: Link::to(t.text(text), t.path(&address)),
            kind: kind.to_owned(),
            note: t.text(note),
        });
    }
    files
}

fn build_device(here: &Here<'_>, owner: &str, id: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let device = here.desk.device_security(&here.visit, owner, id)?;
    let names = Names::of_kind(here, ANSWER);
    let findings = finding_table(here, &names, &device);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "cyber-device", &device, || {
            vec![
                sheet(&findings),
                sheet(&conflict_table(here, &names, &device)),
                sheet(&named_table(t, &device)),
                sheet(&ledger_table(t, &device.ledger.iter().collect::<Vec<_>>(), None)),
            ]
        });
    }
    let [components, matched, clean, unassessable] = device.components;
    let handed_in = Names::of_kind(here, DEVICE);
    let mut facts = vec![
        Term::new(t.text("cyber-maker"), here.organisation_name(&device.maker)),
        Term::new(t.text("cyber-eol"), day_of(t, device.eol)),
        Term::new(t.text("cyber-eos"), day_of(t, device.eos)),
        Term::new(t.text("cyber-contact"), device.contact.clone()),
        Term::new(
            t.text("cyber-components"),
            t.with(
                "cyber-components-of",
                &[
                    ("n", components.to_string().into()),
                    ("matched", matched.to_string().into()),
                    ("clean", clean.to_string().into()),
                    ("unassessable", unassessable.to_string().into()),
                ],
            ),
        ),
    ];
    if let Some(verdict) = &device.verdict {
        let code = serde_json::to_value(verdict.decision).ok();
        let code = code.and_then(|code| code.as_str().map(|code| code.replace('_', "-")));
        facts.push(Term::new(
            t.text("cyber-verdict"),
            handed_in.say("verdict", &code.unwrap_or_default()),
        ));
    }
    let mut parts = vec![];
    if device.life.len() > 1 {
        parts.push(Part {
            title: t.text("cyber-life"),
            table: Some(life_table(t, &device)),
            ..Part::default()
        });
    }
    if !findings.rows.is_empty() {
        let note = t.text("cyber-findings-note");
        parts.push(listed(t, "cyber-findings", note, findings, 0));
    }
    let conflicts = conflict_table(here, &names, &device);
    if !conflicts.rows.is_empty() {
        let note = t.text("cyber-conflicts-note");
        parts.push(listed(t, "cyber-conflicts", note, conflicts, 0));
    }
    if !device.named.is_empty() {
        let note = t.text("cyber-named-note");
        parts.push(listed(t, "cyber-named", note, named_table(t, &device), 0));
    }
    if let Some(verdict) = device
        .verdict
        .as_ref()
        .filter(|verdict| !verdict.reasons.is_empty())
    {
        let reasons = verdict.reasons.iter().map(|reason| match t.lang() {
            Lang::Ja => format!("{} {}", reason.ja, reason.todo_ja),
            Lang::En => format!("{} {}", sentence(&reason.en), sentence(&reason.todo_en)),
        });
        parts.push(Part {
            title: t.text("cyber-reasons"),
            lines: reasons.collect(),
            ..Part::default()
        });
    }
    parts.extend(ledger_parts(t, &device));
    let crumbs = vec![Link::to(t.text("cyber-work-title"), t.path("/cyber/work"))];
    Answer::page(&Work {
        lead: t.text("cyber-device-lead"),
        next: match (&device.fault, device.ready) {
            (Some(fault), _) => fault.text(t.lang()).to_owned(),
            (None, false) => t.text("cyber-not-ready"),
            (None, true) if device.findings.is_empty() && device.named.is_empty() => {
                t.text("cyber-no-findings")
            }
            (None, true) => String::new(),
        },
        facts,
        parts,
        way: Some(Link::to(
            t.text("cyber-device-record"),
            t.path(&format!("/registers/{DEVICE}/{owner}/{id}")),
        )),
        files: device_files(here, &device),
        ..Work::new(here, format!("{} {}", device.name, device.version), crumbs)
    })
}

fn finding_table(here: &Here<'_>, names: &Names<'_>, device: &DeviceSecurity) -> Table {
    let t = here.t;
    let rows = device.findings.iter().map(|finding| {
        let [ja, en] = &finding.proof;
        let status = if finding.status.is_empty() {
            t.text("cyber-unanswered")
        } else {
            let by = match finding.said_by.as_str() {
                "" => String::new(),
                by => t.with1("cyber-said-by", "by", here.organisation_name(by)),
            };
            format!("{} {by}", stated(names, &finding.status, &finding.words))
        };
        let score = finding
            .score
            .map_or_else(String::new, |score| format!("{score:.1}"));
        let chance = finding
            .chance
            .map_or_else(String::new, |chance| format!("{:.1}%", chance * 100.0));
        vec![
            Link::to(
                finding.advisory.clone(),
                t.path(&format!("/cyber/advisories/{}", encoded(&finding.advisory))),
            ),
            Link::plain(urgency(t, names, finding.exploited, &finding.severity)),
            Link::plain(score),
            Link::plain(chance),
            Link::plain(finding.component.clone()),
            Link::plain(finding.summary.clone()),
            Link::plain(status.trim()),
            Link::plain(match t.lang() {
                Lang::Ja => ja.clone(),
                Lang::En => en.clone(),
            }),
        ]
    });
    Table {
        id: "findings".into(),
        caption: t.text("cyber-findings"),
        rows: rows.collect(),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::short(t.text("cyber-urgency")),
            Column::figures("CVSS"),
            Column::figures("EPSS"),
            Column::words(t.text("cyber-component")),
            Column::words(t.text("cyber-summary")),
            Column::words(t.text("cyber-answer")),
            Column::words(t.text("cyber-proof")),
        ],
    }
}

/// A proof or a cause, in the reader's language.
fn in_words(t: Texts<'_>, ja: &str, en: &str) -> String {
    match t.lang() {
        Lang::Ja => ja.to_owned(),
        Lang::En => sentence(en),
    }
}

/// How sure it is that an advisory means a device, or why a person must tell.
fn sureness(t: Texts<'_>, wording: &Wording) -> String {
    match (wording.confidence, &wording.cause) {
        (Some(Confidence::Certain), _) => t.text("cyber-sure-certain"),
        (Some(Confidence::Likely), _) => t.text("cyber-sure-likely"),
        (Some(Confidence::Possible), _) => t.text("cyber-sure-possible"),
        (None, Some(cause)) => in_words(t, &cause.ja, &cause.en),
        (None, None) => t.text("cyber-sure-no"),
    }
}

/// How advisories name the device itself, each vulnerability with how sure that is.
fn named_table(t: Texts<'_>, device: &DeviceSecurity) -> Table {
    let row = |wording: &Wording| {
        let vulnerability = &wording.vulnerability;
        vec![
            Link::to(
                vulnerability.clone(),
                t.path(&format!("/cyber/advisories/{}", encoded(vulnerability))),
            ),
            Link::plain(format!("{} {}", wording.advisory, wording.title).trim()),
            Link::plain(wording.product.clone()),
            Link::plain(sureness(t, wording)),
            Link::plain(in_words(t, &wording.proof.ja, &wording.proof.en)),
        ]
    };
    Table {
        id: "named".into(),
        caption: t.text("cyber-named"),
        rows: device.named.iter().map(row).collect(),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::words(t.text("cyber-source")),
            Column::words(t.text("cyber-product")),
            Column::words(t.text("cyber-sure")),
            Column::words(t.text("cyber-proof")),
        ],
    }
}

/// English words that stand in the middle of a line elsewhere, as a sentence of their own.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    let end = if words.ends_with(['.', '?', '!', ')']) {
        ""
    } else {
        "."
    };
    format!(
        "{}{}{end}",
        first.into_iter().flatten().collect::<String>(),
        letters.as_str()
    )
}

/// What a statement says, with its words.
fn stated(names: &Names<'_>, status: &str, words: &[String]) -> String {
    let words = words.iter().map(|word| names.say("justification", word));
    let words: Vec<String> = words.collect();
    format!("{} {}", names.say("status", status), words.join(" / "))
        .trim()
        .to_owned()
}

/// Statements that contradict each other, each with who says so and when, and why it counts or does not.
fn conflict_table(here: &Here<'_>, names: &Names<'_>, device: &DeviceSecurity) -> Table {
    let t = here.t;
    let all = device.findings.iter();
    let all = all.flat_map(|finding| finding.conflict.iter().map(move |spoken| (finding, spoken)));
    let row = |(finding, spoken): (&DeviceFinding, &Spoken)| {
        let by = match spoken.by.as_str() {
            "" => t.text("cyber-unsaid"),
            by => here.organisation_name(by),
        };
        let place = match spoken.document.as_str() {
            "" => t.text("cyber-conflict-here"),
            document => document.to_owned(),
        };
        let standing = t.text(match spoken.because {
            None => "cyber-conflict-counts",
            Some(Because::Newer) => "cyber-conflict-newer",
            Some(Because::Dated) => "cyber-conflict-dated",
            Some(Because::Graver) => "cyber-conflict-graver",
        });
        vec![
            Link::plain(finding.advisory.clone()),
            Link::plain(finding.component.clone()),
            Link::plain(stated(names, &spoken.status, &spoken.words)),
            Link::plain(by),
            Link::plain(place),
            Link::plain(
                spoken
                    .at
                    .map_or_else(|| t.text("cyber-unsaid"), |at| moment(t, at)),
            ),
            Link::plain(standing),
        ]
    };
    Table {
        id: "conflicts".into(),
        caption: t.text("cyber-conflicts"),
        rows: all.map(row).collect(),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::words(t.text("cyber-component")),
            Column::words(t.text("cyber-conflict-says")),
            Column::words(t.text("cyber-conflict-by")),
            Column::words(t.text("cyber-conflict-document")),
            Column::short(t.text("cyber-conflict-at")),
            Column::words(t.text("cyber-conflict-standing")),
        ],
    }
}

/// What became of each component: first what cannot be told, then what is matched, then what is clean.
fn ledger_parts(t: Texts<'_>, device: &DeviceSecurity) -> Vec<Part> {
    let of = |(standing, title, note): (ComponentStanding, &str, &str)| {
        let rows = device.ledger.iter().filter(|row| row.standing == standing);
        let rows: Vec<&ComponentRow> = rows.collect();
        let table = ledger_table(t, &rows, Some(standing));
        (!rows.is_empty()).then(|| listed(t, title, t.text(note), table, 0))
    };
    let parts = [
        (
            ComponentStanding::Unassessable,
            "cyber-ledger",
            "cyber-ledger-note",
        ),
        (
            ComponentStanding::Matched,
            "cyber-ledger-matched",
            "cyber-ledger-matched-note",
        ),
        (
            ComponentStanding::Clean,
            "cyber-ledger-clean",
            "cyber-ledger-clean-note",
        ),
    ];
    parts.into_iter().filter_map(of).collect()
}

/// What became of components: those of one standing, or all with what became of each.
fn ledger_table(t: Texts<'_>, rows: &[&ComponentRow], of: Option<ComponentStanding>) -> Table {
    let (id, caption) = match of {
        None => ("components", "cyber-components"),
        Some(ComponentStanding::Unassessable) => ("ledger", "cyber-ledger"),
        Some(ComponentStanding::Matched) => ("matched", "cyber-ledger-matched"),
        Some(ComponentStanding::Clean) => ("clean", "cyber-ledger-clean"),
    };
    // Of one standing each row has the same, and a clean component has no cause.
    let has_causes = of.is_none() || rows.iter().any(|row| row.cause.is_some());
    let row = |row: &&ComponentRow| {
        let version = row.version.as_deref().unwrap_or_default();
        let cause = row.cause.as_ref().map(|cause| match t.lang() {
            Lang::Ja => cause.ja.clone(),
            Lang::En => sentence(&cause.en),
        });
        let standing = t.text(match row.standing {
            ComponentStanding::Unassessable => "cyber-unassessable",
            ComponentStanding::Matched => "cyber-matched",
            ComponentStanding::Clean => "cyber-clean",
        });
        let mut cells = vec![Link::plain(format!("{} {version}", row.name).trim())];
        cells.extend(of.is_none().then(|| Link::plain(standing)));
        cells.extend(has_causes.then(|| Link::plain(cause.unwrap_or_default())));
        cells
    };
    let mut columns = vec![Column::words(t.text("cyber-component"))];
    columns.extend(
        of.is_none()
            .then(|| Column::short(t.text("cyber-component-standing"))),
    );
    columns.extend(has_causes.then(|| Column::words(t.text("cyber-cause"))));
    Table {
        id: id.into(),
        caption: t.text(caption),
        rows: rows.iter().map(row).collect(),
        columns,
    }
}

/// `GET /cyber/advisories/{file}`
pub async fn advisory(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| build_advisory(here, name_of(&file))).await
}

fn build_advisory(here: &Here<'_>, id: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let page = here.desk.advisory(&here.visit, id)?;
    let names = Names::of_kind(here, ANSWER);
    let touched = touched_table(here, &names, &page);
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "cyber-advisory", &page, || {
            vec![
                sheet(&touched),
                sheet(&own_table(t, &page)),
                sheet(&place_table(t, &page)),
            ]
        });
    }
    let mut parts = vec![];
    if !page.details.is_empty() {
        parts.push(Part {
            title: t.text("cyber-details"),
            note: page.details.clone(),
            lines: page.references.clone(),
            ..Part::default()
        });
    }
    if !page.own.is_empty() {
        parts.push(listed(
            t,
            "cyber-own",
            t.text("cyber-own-note"),
            own_table(t, &page),
            0,
        ));
    }
    if !page.answers.is_empty() {
        let answers = answer_table(here, &names, &page.answers);
        parts.push(listed(t, "cyber-answer", String::new(), answers, 0));
    }
    if !touched.rows.is_empty() {
        let note = if page.cut {
            t.text("cyber-cut")
        } else {
            String::new()
        };
        parts.push(listed(t, "cyber-touched", note, touched, 0));
    }
    if !page.prefectures.is_empty() {
        parts.push(Part {
            title: t.text("cyber-places"),
            note: t.text("cyber-places-note"),
            table: Some(place_table(t, &page)),
            ..Part::default()
        });
    }
    Answer::page(&Work {
        lead: page.summary.clone(),
        facts: vec![
            Term::new(
                t.text("cyber-urgency"),
                urgency(t, &names, page.exploited, &page.severity),
            ),
            Term::new(t.text("cyber-names"), page.names.join("、")),
        ],
        parts,
        way: page.item.as_ref().map(|(owner, id)| {
            Link::to(
                t.text("cyber-item"),
                t.path(&format!("/registers/{RESPONSE}/{owner}/{id}")),
            )
        }),
        files: downloads(t, here.reader),
        ..Work::new(here, page.name.clone(), vec![])
    })
}

/// What makers say of a vulnerability, a row an answer.
fn answer_table(here: &Here<'_>, names: &Names<'_>, answers: &[MakerAnswer]) -> Table {
    let t = here.t;
    let row = |answer: &MakerAnswer| {
        let why = [
            names.say("justification", &answer.justification),
            answer.impact.clone(),
        ];
        let todo = [answer.action.clone(), answer.fixed_in.clone()];
        let joined = |texts: [String; 2]| {
            let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            texts.join(" / ")
        };
        vec![
            Link::plain(here.organisation_name(&answer.maker)),
            Link::plain(names.say("status", &answer.status)),
            Link::plain(joined(why)),
            Link::plain(joined(todo)),
            Link::plain(moment(t, answer.at)),
        ]
    };
    Table {
        id: "answers".into(),
        caption: t.text("cyber-answer"),
        rows: answers.iter().map(row).collect(),
        columns: vec![
            Column::words(t.text("cyber-maker")),
            Column::short(t.text("cyber-status")),
            Column::words(t.text("cyber-why")),
            Column::words(t.text("cyber-todo")),
            Column::short(t.text("cyber-answered-at")),
        ],
    }
}

/// On the page of a hospital's or a maker's record: the way to the vulnerability that it is about.
pub(super) fn way_to_advisory(here: &Here<'_>, kind: &str, record: &record::Record) -> Option<Part> {
    let name = record.fields.get("name").and_then(record::Value::text);
    let name = name.filter(|_| [ANSWER, RESPONSE].contains(&kind))?;
    let t = here.t;
    Some(Part {
        title: t.text("cyber-about"),
        link: Some(Link::to(
            t.with1("cyber-about-link", "name", name.as_str()),
            t.path(&format!("/cyber/advisories/{}", encoded(&name))),
        )),
        ..Part::default()
    })
}

/// What a hospital holds that the advisory concerns, with how sure that is and why.
fn own_table(t: Texts<'_>, page: &AdvisoryPage) -> Table {
    let row = |own: &OwnAsset| {
        let name = match own.asset.department.as_str() {
            "" => own.asset.name.clone(),
            department => format!("{}（{department}）", own.asset.name),
        };
        let (sure, proof) = match own.named.first() {
            Some(wording) => (
                sureness(t, wording),
                in_words(t, &wording.proof.ja, &wording.proof.en),
            ),
            None => (t.text("cyber-sure-certain"), t.text("cyber-own-handed-in")),
        };
        vec![Link::plain(name), Link::plain(sure), Link::plain(proof)]
    };
    Table {
        id: "own".into(),
        caption: t.text("cyber-own"),
        rows: page.own.iter().map(row).collect(),
        columns: vec![
            Column::words(t.text("cyber-device")),
            Column::words(t.text("cyber-sure")),
            Column::words(t.text("cyber-proof")),
        ],
    }
}

fn touched_table(here: &Here<'_>, names: &Names<'_>, page: &AdvisoryPage) -> Table {
    let t = here.t;
    let rows = page.devices.iter().map(|device| {
        let answer: Vec<MakerAnswer> = device.answer.iter().cloned().collect();
        vec![
            Link::to(
                format!("{} {}", device.name, device.version),
                t.path(&format!("/cyber/devices/{}/{}", device.maker, device.id)),
            ),
            Link::plain(here.organisation_name(&device.maker)),
            Link::plain(match (device.doubtful, answer.is_empty()) {
                (true, true) => t.text("cyber-sure-no"),
                _ => said(t, names, &answer),
            }),
        ]
    });
    Table {
        id: "touched".into(),
        caption: t.text("cyber-touched"),
        rows: rows.collect(),
        columns: vec![
            Column::words(t.text("cyber-device")),
            Column::words(t.text("cyber-maker")),
            Column::words(t.text("cyber-answer")),
        ],
    }
}

fn place_table(t: Texts<'_>, page: &AdvisoryPage) -> Table {
    let places: BTreeMap<String, String> = prefectures(t.lang()).into_iter().collect();
    let rows = page.prefectures.iter().map(|(code, [all, acted])| {
        let name = places
            .get(code)
            .cloned()
            .unwrap_or_else(|| t.text("cyber-unsaid"));
        vec![
            Link::plain(name),
            Link::plain(all.to_string()),
            Link::plain(acted.to_string()),
        ]
    });
    Table {
        id: "places".into(),
        caption: t.text("cyber-places"),
        rows: rows.collect(),
        columns: vec![
            Column::words(t.text("chart-prefecture")),
            Column::figures(t.text("cyber-hospitals")),
            Column::figures(t.text("cyber-acted")),
        ],
    }
}
