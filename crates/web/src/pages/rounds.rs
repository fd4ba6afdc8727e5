//! Survey rounds: what is open, who answered and who is silent, what the answers come to, and the settlement that hands totals in for approval.

use std::sync::Arc;

use app::{Action, FirmRow, Kept, PartEstimate, Progress, Round, RoundCard, RoundState};
use axum::extract::{Path, State};
use axum::response::Response;
use vocab::{Period, Quantity, Refusal};

use super::words::{downloads, figure, range};
use super::work::{Part, Work, seen, seen_version};
use super::{Answer, Here, at_desk, name_of};
use crate::form::{Done, Entry, Posted, submit};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Choice, Column, Field, FieldKind, Link, PostForm, Table, Term};

/// What a state is called.
pub(crate) fn state_name(t: Texts<'_>, state: RoundState) -> String {
    t.text(match state {
        RoundState::Open => "round-open",
        RoundState::Closed => "round-closed",
    })
}

/// `GET /rounds`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, |here| build_list(here, &Entry::default())).await
}

fn build_list(here: &Here<'_>, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let list = here.desk.rounds(&here.visit)?;
    if here.reader.form != Form::Page {
        return Answer::data(here.reader.form, "rounds", &list, || vec![list_sheet(t, &list)]);
    }
    let row = |card: &RoundCard| {
        vec![
            Link::to(name(t, card), address(here, card)),
            Link::plain(state_name(t, card.state)),
            Link::plain(t.date(card.due)),
        ]
    };
    let forms = if here.may(Action::KeepRound) {
        vec![open_form(here, entry)?]
    } else {
        vec![]
    };
    let page = Work {
        lead: t.text("rounds-lead"),
        table: Some(Table {
            id: "rounds".into(),
            caption: t.text("rounds-title"),
            columns: vec![
                Column::words(t.text("round")),
                Column::short(t.text("column-state")),
                Column::short(t.text("round-due")),
            ],
            rows: list.iter().rev().map(row).collect(),
        }),
        empty: t.text("rounds-none"),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("rounds-title"), vec![])
    };
    Answer::page(&page.with_forms(entry, forms))
}

fn name(t: Texts<'_>, card: &RoundCard) -> String {
    t.with(
        "round-name",
        &[
            ("title", card.title.get(t.lang()).into()),
            ("year", card.period.label(t.lang()).as_str().into()),
        ],
    )
}

/// Where a round leads: a firm to its own answer.
pub(crate) fn address(here: &Here<'_>, card: &RoundCard) -> String {
    let tail = if here.may(Action::WriteAnswer) {
        "/answer"
    } else {
        ""
    };
    here.t.path(&format!("/rounds/{}{tail}", card.id))
}

/// The form that opens a round: the year, the last day, and the firms as pasted from a table.
fn open_form(here: &Here<'_>, entry: &Entry) -> Result<PostForm, Refusal> {
    let t = here.t;
    let plan = here.site.rashin().plan();
    let surveys = plan
        .surveys
        .iter()
        .map(|survey| Choice::new(survey.id.as_str(), survey.title.get(t.lang())));
    let field = |name: &str, label: &str, support: String| Field {
        required: true,
        support,
        ..entry.field(t, name, t.text(label))
    };
    let mut firms = field(
        "frame",
        "round-firms",
        t.with1("round-firms-support", "parts", parts(here).as_str()),
    );
    firms.kind = FieldKind::Area;
    if entry.is_blank() {
        firms.value = suggested_frame(here)?;
    }
    Ok(PostForm {
        id: "open".into(),
        title: t.text("round-start"),
        note: t.text("round-start-note"),
        action: t.path("/rounds"),
        fields: vec![
            Field {
                kind: FieldKind::Select,
                choices: surveys.collect(),
                ..field("survey", "round-survey", String::new())
            },
            field("period", "round-period", t.text("round-period-support")),
            field("due", "round-due", t.text("round-due-support")),
            firms,
        ],
        button: t.text("round-start-go"),
        solid: true,
        ..PostForm::default()
    })
}

/// The names of the parts of all surveys, as they are typed.
fn parts(here: &Here<'_>) -> String {
    let surveys = here.site.rashin().plan().surveys.iter();
    let parts = surveys.flat_map(|survey| &survey.parts);
    let names: Vec<_> = parts
        .map(|part| format!("{} = {}", part.name, part.title.get(here.t.lang())))
        .collect();
    names.join(&here.t.text("list-comma"))
}

/// The firms of the last round; before the first, every manufacturer, its part and size to be filled in. Each line ends with the firm's name.
fn suggested_frame(here: &Here<'_>) -> Result<String, Refusal> {
    let last = here.desk.rounds(&here.visit)?.pop();
    let lines: Vec<String> = match last {
        Some(card) => {
            let round = here.desk.round(&here.visit, &card.id)?.value;
            let line = |firm: &app::Firm| {
                let name = here.organisation_name(&firm.organisation);
                format!("{}\t{}\t{}\t{name}", firm.organisation, firm.part, firm.size)
            };
            round.firms.iter().map(line).collect()
        }
        None => {
            let list = here.desk.organisations(&here.visit)?;
            let makers = list.into_iter().filter(|kept| kept.value.kind.makes_devices());
            let lang = here.t.lang();
            makers
                .map(|kept| format!("{}\t\t\t{}", kept.id, kept.value.name(lang)))
                .collect()
        }
    };
    Ok(lines.join("\n"))
}

/// Firms as pasted: a line each, with tabs or commas between.
fn frame(text: &str) -> Vec<FirmRow> {
    let lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let split = if line.contains('\t') { '\t' } else { ',' };
            // What follows the size is for people: the firm's name.
            let most = if split == '\t' { 4 } else { 3 };
            let mut cells = line.splitn(most, split).map(|cell| cell.trim().to_owned());
            let mut next = || cells.next().unwrap_or_default();
            FirmRow {
                organisation: next(),
                part: next(),
                size: next(),
            }
        })
        .collect()
}

/// `POST /rounds`
pub async fn open(State(house): State<House>, reader: Reader, posted: Posted) -> Response {
    let act = |here: &Here<'_>, entry: &Entry| {
        let period = year(entry.value("period"))?;
        let due = vocab::codes::parse_date(entry.value("due")).map_err(|refusal| Refusal {
            kind: "due",
            ..refusal
        })?;
        let id = here.desk.open_round(
            &here.visit,
            entry.value("survey"),
            period,
            due,
            &frame(entry.value("frame")),
        )?;
        Ok(Done::to(here.t.path(&format!("/rounds/{id}?done=opened"))))
    };
    submit(house, reader, posted, act, build_list).await
}

/// A year as people write it: 2025年度, R7, FY2025.
pub(crate) fn year(text: &str) -> Result<Period, Refusal> {
    if let Ok(period) = text.parse::<Period>() {
        return Ok(period);
    }
    text.parse::<vocab::codes::FiscalYear>()
        .map(vocab::codes::FiscalYear::period)
        .map_err(|refusal| Refusal {
            kind: "period",
            ..refusal
        })
}

/// `GET /rounds/{id}`
pub async fn one(State(house): State<House>, reader: Reader, Path(file): Path<String>) -> Response {
    at_desk(house, reader, move |here| {
        build_one(here, name_of(&file), &Entry::default())
    })
    .await
}

fn build_one(here: &Here<'_>, id: &str, entry: &Entry) -> Result<Answer, Refusal> {
    let t = here.t;
    let kept = here.desk.round(&here.visit, id)?;
    let progress = here.desk.progress(&here.visit, id)?;
    if here.reader.form != Form::Page {
        return Answer::data(Form::Json, "round", &(&kept, &progress), Vec::new);
    }
    let round = &kept.value;
    let survey = here.site.rashin().plan().survey(&round.survey);
    let title = survey.map_or_else(
        || round.survey.clone(),
        |survey| survey.title.get(t.lang()).to_owned(),
    );
    let year = round.period.label(t.lang());
    let title = t.with(
        "round-name",
        &[("title", title.as_str().into()), ("year", year.as_str().into())],
    );
    let mut facts = vec![
        Term::new(t.text("column-state"), state_name(t, round.state)),
        Term::new(t.text("round-due"), t.date(round.due)),
    ];
    for reminder in &round.reminders {
        facts.push(Term::new(
            t.with1("round-reminded-on", "date", t.date(reminder.on).as_str()),
            t.with1("round-firms-n", "n", reminder.organisations.len()),
        ));
    }
    let mut parts_shown: Vec<Part> = vec![];
    if here.may(Action::ReadEstimate) {
        for estimate in here.desk.estimate(&here.visit, id)? {
            parts_shown.push(estimate_part(t, here, &estimate));
        }
    }
    parts_shown.push(firms_part(here, id, round, &progress));
    let crumbs = vec![Link::to(t.text("rounds-title"), t.path("/rounds"))];
    let page = Work {
        next: next(here, round, &progress),
        facts,
        table: Some(progress_table(t, &progress)),
        parts: parts_shown,
        ..Work::new(here, title, crumbs)
    };
    let forms = forms(here, &kept, entry, &progress);
    Answer::page(&page.with_forms(entry, forms))
}

fn next(here: &Here<'_>, round: &Round, progress: &Progress) -> String {
    let t = here.t;
    if !here.may(Action::KeepRound) {
        return t.text("round-next-secretariat");
    }
    let silent: usize = progress.parts.iter().map(|part| part.silent.len()).sum();
    let today = here.visit.today();
    match round.state {
        RoundState::Open if silent == 0 => t.text("round-next-close-all"),
        RoundState::Open if round.due < today => t.with1("round-next-close-due", "n", silent),
        RoundState::Open => t.with(
            "round-next-wait",
            &[("n", silent.into()), ("date", t.date(round.due).into())],
        ),
        RoundState::Closed if round.tables.is_empty() => t.text("round-next-settle"),
        RoundState::Closed if !progress.since.is_empty() => {
            t.with1("round-next-settle-again", "n", progress.since.len())
        }
        RoundState::Closed => t.text("round-next-approval"),
    }
}

fn progress_table(t: Texts<'_>, progress: &Progress) -> Table {
    let row = |part: &app::PartProgress| {
        vec![
            Link::plain(part.title.get(t.lang())),
            Link::plain(part.asked.to_string()),
            Link::plain(part.answered.len().to_string()),
            Link::plain(part.silent.len().to_string()),
            Link::plain(format!("{}%", part.covered)),
        ]
    };
    Table {
        id: "progress".into(),
        caption: t.text("round-progress"),
        columns: vec![
            Column::words(t.text("round-part")),
            Column::figures(t.text("round-asked")),
            Column::figures(t.text("round-answered")),
            Column::figures(t.text("round-silent")),
            Column::figures(t.text("round-covered")),
        ],
        rows: progress.parts.iter().map(row).collect(),
    }
}

/// Every firm, whether it answered, and for those who may read it the way to its answer.
fn firms_part(here: &Here<'_>, id: &str, round: &Round, progress: &Progress) -> Part {
    let t = here.t;
    let reads = here.may(Action::ImportAnswers);
    let rows = round.firms.iter().map(|firm| {
        let part = progress.parts.iter().find(|part| part.part == firm.part);
        let answered = part.is_some_and(|part| part.answered.contains(&firm.organisation));
        let name = here.organisation_name(&firm.organisation);
        let first = if reads && answered {
            Link::to(
                name,
                t.path(&format!("/rounds/{id}/answers/{}", firm.organisation)),
            )
        } else {
            Link::plain(name)
        };
        let said = match (answered, progress.since.contains(&firm.organisation)) {
            (true, true) => "round-firm-since",
            (true, false) => "round-firm-answered",
            (false, _) => "round-firm-silent",
        };
        vec![
            first,
            Link::plain(part.map_or_else(String::new, |part| part.title.get(t.lang()).to_owned())),
            Link::plain(quantity(t, &firm.size)),
            Link::plain(t.text(said)),
        ]
    });
    Part {
        title: t.text("round-firms-title"),
        table: Some(Table {
            id: "firms".into(),
            caption: t.text("round-firms-title"),
            columns: vec![
                Column::words(t.text("organisation")),
                Column::words(t.text("round-part")),
                Column::figures(t.text("round-size")),
                Column::short(t.text("column-state")),
            ],
            rows: rows.collect(),
        }),
        link: reads.then(|| {
            Link::to(
                t.text("round-answers-xlsx"),
                t.path(&format!("/rounds/{id}/answers.xlsx")),
            )
        }),
        ..Part::default()
    }
}

pub(crate) fn quantity(t: Texts<'_>, quantity: &Quantity) -> String {
    figure(t, &quantity.in_unit().to_decimal(), &quantity.unit().to_string())
}

/// What the answers of one part come to.
fn estimate_part(t: Texts<'_>, here: &Here<'_>, estimate: &PartEstimate) -> Part {
    let plan = here.site.rashin().plan();
    let title = t.with1("round-estimate", "part", estimate.title.get(t.lang()));
    let mut lines = vec![];
    if let Some(problem) = &estimate.problem {
        lines.push(problem.text(t.lang()).to_owned());
    }
    if let Some((low, high)) = estimate.interval {
        let (low, high) = (format!("{low:+}%"), format!("{high:+}%"));
        lines.push(t.with(
            "round-interval",
            &[("low", low.as_str().into()), ("high", high.as_str().into())],
        ));
    }
    if let Some(figures) = &estimate.figures {
        let bounds: Vec<_> = figures.non_response.iter().map(|(_, total)| total).collect();
        if let (Some(low), Some(high)) = (bounds.first(), bounds.last()) {
            let span = range3(t, low, high, &estimate.unit);
            lines.push(t.with1("round-non-response", "span", span.as_str()));
        }
    }
    let table = estimate.figures.as_ref().map(|figures| {
        let row = |one: &app::SurveyEstimate| {
            let (ja, en) = one.label;
            let label = match t.lang() {
                vocab::Lang::Ja => ja,
                vocab::Lang::En => en,
            };
            let mark = if one.method == figures.recommended.method {
                t.text("round-recommended")
            } else {
                String::new()
            };
            vec![
                Link::plain(format!("{label}{mark}")),
                Link::plain(figure3(t, &one.total, &estimate.unit)),
                Link::plain(range3(t, &one.interval.low, &one.interval.high, &estimate.unit)),
            ]
        };
        Table {
            id: format!("estimate-{}", estimate.part),
            caption: title.clone(),
            columns: vec![
                Column::words(t.text("round-method")),
                Column::figures(t.text("round-total")),
                Column::figures(t.text("round-interval-95")),
            ],
            rows: figures.estimates.iter().map(row).collect(),
        }
    });
    for cell in &estimate.cells {
        let series = plan.series.get(&cell.series).map_or_else(
            || cell.series.clone(),
            |series| series.title.get(t.lang()).to_owned(),
        );
        let said = match (&cell.value, &cell.withheld) {
            (Some(value), _) => quantity(t, value),
            (None, Some((ja, en))) => match t.lang() {
                vocab::Lang::Ja => ja.clone(),
                vocab::Lang::En => en.clone(),
            },
            (None, None) => t.text("no-value"),
        };
        lines.push(t.with(
            "round-settled-cell",
            &[
                ("series", series.as_str().into()),
                ("value", said.as_str().into()),
            ],
        ));
    }
    Part {
        title,
        lines,
        table,
        ..Part::default()
    }
}

fn figure3(t: Texts<'_>, decimal: &str, unit: &str) -> String {
    t.amount(&super::words::digits(decimal, 3), unit)
}

fn range3(t: Texts<'_>, low: &str, high: &str, unit: &str) -> String {
    range(
        t,
        &super::words::digits(low, 3),
        &super::words::digits(high, 3),
        unit,
    )
}

fn forms(here: &Here<'_>, kept: &Kept<Round>, entry: &Entry, progress: &Progress) -> Vec<PostForm> {
    let t = here.t;
    let round = &kept.value;
    if !here.may(Action::KeepRound) {
        return vec![];
    }
    let action = t.path(&format!("/rounds/{}", kept.id));
    let form = |what: &str, title: &str, note: String, button: &str| PostForm {
        id: what.into(),
        title: t.text(title),
        note,
        action: action.clone(),
        hidden: vec![seen(kept), ("do".into(), what.into())],
        button: t.text(button),
        ..PostForm::default()
    };
    let silent: usize = progress.parts.iter().map(|part| part.silent.len()).sum();
    let mut forms = vec![];
    match round.state {
        RoundState::Open => {
            if silent > 0 {
                forms.push(form(
                    "remind",
                    "round-remind",
                    t.with1("round-remind-note", "n", silent),
                    "round-remind-go",
                ));
            }
            forms.push(PostForm {
                solid: silent == 0 || round.due < here.visit.today(),
                ..form(
                    "close",
                    "round-close",
                    t.text("round-close-note"),
                    "round-close-go",
                )
            });
        }
        RoundState::Closed => {
            if round.tables.is_empty() || !progress.since.is_empty() {
                forms.push(PostForm {
                    solid: true,
                    ..form(
                        "settle",
                        "round-settle",
                        t.text("round-settle-note"),
                        "round-settle-go",
                    )
                });
            }
            forms.push(PostForm {
                fields: vec![Field {
                    required: true,
                    support: t.text("round-due-support"),
                    ..entry.field(t, "due", t.text("round-due"))
                }],
                ..form(
                    "reopen",
                    "round-reopen",
                    t.text("round-reopen-note"),
                    "round-reopen-go",
                )
            });
        }
    }
    if round.state == RoundState::Open {
        let template = t.path(&format!("/rounds/{}/answers.xlsx", kept.id));
        let hidden = [("purpose", "answers"), ("round", kept.id.as_str())];
        forms.push(super::batches::upload(
            t,
            t.text("round-upload-note"),
            template,
            &hidden,
        ));
    }
    forms
}

/// `POST /rounds/{id}`: what to do is in `do`.
pub async fn change(
    State(house): State<House>,
    reader: Reader,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let id: Arc<str> = id.into();
    let shown = Arc::clone(&id);
    let act = move |here: &Here<'_>, entry: &Entry| {
        let (desk, visit, version) = (here.desk, &here.visit, seen_version(entry));
        let round = format!("/rounds/{id}");
        let address = match entry.value("do") {
            "remind" => desk
                .remind(visit, &id, version)
                .map(|_| format!("{round}?done=reminded"))?,
            "close" => desk
                .close_round(visit, &id, version)
                .map(|()| format!("{round}?done=closed"))?,
            "settle" => desk
                .settle(visit, &id, version)
                .map(|batch| format!("/batches/{batch}?done=handed-in"))?,
            _ => {
                let due = vocab::codes::parse_date(entry.value("due")).map_err(|refusal| Refusal {
                    kind: "due",
                    ..refusal
                })?;
                desk.reopen_round(visit, &id, version, due)
                    .map(|()| format!("{round}?done=opened"))?
            }
        };
        Ok(Done::to(here.t.path(&address)))
    };
    let page = move |here: &Here<'_>, entry: &Entry| build_one(here, &shown, entry);
    submit(house, reader, posted, act, page).await
}

fn list_sheet(t: Texts<'_>, list: &[RoundCard]) -> Sheet {
    let row = |card: &RoundCard| {
        vec![
            Cell::text(&card.id),
            Cell::text(name(t, card)),
            Cell::text(state_name(t, card.state)),
            Cell::text(card.due.to_string()),
        ]
    };
    Sheet {
        name: t.text("rounds-title"),
        columns: ["column-id", "round", "column-state", "round-due"]
            .map(|key| t.text(key))
            .to_vec(),
        rows: list.iter().map(row).collect(),
    }
}
