//! What is counted for an indicator beside the plan's own figures: counts by year, each opening to the very devices or reports, and what cannot be
//! counted with its cause.

use app::{
    Count, CountedYear, CoveredDevice, DeviceCount, ReportCount, ReportYear, SupplyReport, Uncounted,
    UncountedDevice,
};
use plan::{Kind, Shape};

use crate::i18n::Texts;
use crate::ui::{Column, Link, Table};

/// Devices that a page lists; the data have all of them.
const LISTED: usize = 100;

/// The section of the page.
pub(super) struct Counted {
    /// Its heading.
    pub title: String,
    /// What is counted, and how.
    pub lead: String,
    /// How it stands to the plan's figures.
    pub note: String,
    /// Years with what was counted and the plan's figure.
    pub years: Table,
    /// The devices of each year: summary and list.
    pub devices: Vec<(String, Table)>,
    /// What cannot be counted.
    pub uncounted: Option<(String, Table)>,
    /// What does not count, in sentences.
    pub others: Vec<String>,
    /// Where all of it is listed.
    pub link: Option<Link>,
}

/// The section; `reports` is the kind of a supply report, if the plan has one.
pub(super) fn section(t: Texts<'_>, count: &Count, reports: Option<&Kind>) -> Counted {
    match count {
        Count::Devices(count) => devices(t, count),
        Count::Reports(count) => of_reports(t, count, reports),
    }
}

fn of_reports(t: Texts<'_>, count: &ReportCount, kind: Option<&Kind>) -> Counted {
    let phases = match kind
        .and_then(|kind| kind.field("phase"))
        .map(|field| &field.shape)
    {
        Some(Shape::Choice(options)) => options.as_slice(),
        _ => &[],
    };
    let row = |year: &ReportYear| {
        let board = |phase: &str| {
            let more = if phase.is_empty() {
                String::new()
            } else {
                format!("&phase={phase}")
            };
            t.path(&format!("/supply?year={}{more}#reports-h", year.at.year))
        };
        let figure = |count: u64, phase: &str| match (year.filed, count) {
            (None, _) => Link::plain(""),
            (_, 0) => Link::plain("0"),
            _ => Link::to(count.to_string(), board(phase)),
        };
        let filed = year.filed.map_or_else(
            || Link::plain(t.text("counted-reports-no-report")),
            |filed| Link::to(filed.to_string(), board("")),
        );
        let stands = phases.iter().map(|phase| {
            let number = year.phases.get(&phase.code).copied().unwrap_or_default();
            figure(number, &phase.code)
        });
        let bare = |count: u64| Link::plain(year.filed.map_or_else(String::new, |_| count.to_string()));
        [Link::plain(year.at.label(t.lang())), filed]
            .into_iter()
            .chain(stands)
            .chain([
                bare(year.unsaid),
                figure(year.withdrawn, SupplyReport::WITHDRAWN),
                bare(year.not_public),
                Link::plain(year.plan.map(|plan| plan.to_string()).unwrap_or_default()),
            ])
            .collect()
    };
    let head = [
        Column::short(t.text("year")),
        Column::figures(t.text("counted-reports-filed")),
    ];
    let stands = phases
        .iter()
        .map(|phase| Column::figures(phase.title.get(t.lang())));
    let more = [
        "supply-unknown",
        "supply-withdrawn",
        "counted-reports-not-public",
        "counted-plan",
    ];
    Counted {
        title: t.text("counted-reports-title"),
        lead: t.text("counted-reports-lead"),
        note: t.text("counted-reports-note"),
        years: Table {
            id: "counted-years".into(),
            caption: t.text("counted-reports-caption"),
            columns: head
                .into_iter()
                .chain(stands)
                .chain(more.map(|key| Column::figures(t.text(key))))
                .collect(),
            rows: count.years.iter().map(row).collect(),
        },
        devices: vec![],
        uncounted: None,
        others: if count.years.is_empty() {
            vec![t.text("counted-reports-none")]
        } else {
            vec![]
        },
        link: count.reads_all.then(|| {
            Link::to(
                t.text("counted-reports-all"),
                t.path("/cases?procedure=supply-report"),
            )
        }),
    }
}

fn devices(t: Texts<'_>, count: &DeviceCount) -> Counted {
    let opened = count.years.iter().filter(|year| year.counted > 0);
    let devices = opened.map(|year| {
        let name = year.at.label(t.lang());
        let summary = t.with(
            "counted-devices",
            &[("year", name.as_str().into()), ("n", year.counted.into())],
        );
        let rows = year.devices.iter().take(LISTED).map(|one| device(t, one));
        (
            summary.clone(),
            list(
                t,
                &format!("counted-{}", year.at),
                summary,
                rows.collect(),
                vec![],
            ),
        )
    });
    let uncounted = (!count.uncounted.is_empty()).then(|| {
        let summary = t.with1("counted-not", "n", count.uncounted.len());
        let rows = count.uncounted.iter().take(LISTED).map(|one| {
            let mut row = device(t, &one.device);
            row.push(Link::plain(causes(t, one)));
            row
        });
        let cause = Column::words(t.text("counted-cause"));
        (
            summary.clone(),
            list(t, "uncounted", summary, rows.collect(), vec![cause]),
        )
    });
    let mut others = vec![t.with(
        "counted-others",
        &[
            ("class", count.other_class.into()),
            ("origin", count.other_origin.into()),
        ],
    )];
    let longest = count.years.iter().map(|year| year.counted).max();
    if longest.max(Some(count.uncounted.len())) > Some(LISTED) {
        others.push(t.with1("counted-all", "n", LISTED));
    }
    Counted {
        title: t.text("counted-title"),
        lead: t.text("counted-lead"),
        note: t.text("counted-note"),
        link: None,
        others,
        years: years(t, &count.years),
        devices: devices.collect(),
        uncounted,
    }
}

fn years(t: Texts<'_>, years: &[CountedYear]) -> Table {
    let row = |year: &CountedYear| {
        let difference = match year.difference {
            None => String::new(),
            Some(0) => "0".to_owned(),
            Some(difference) => format!("{difference:+}"),
        };
        vec![
            Link::plain(year.at.label(t.lang())),
            Link::plain(year.counted.to_string()),
            Link::plain(year.plan.map(|plan| plan.to_string()).unwrap_or_default()),
            Link::plain(difference),
        ]
    };
    Table {
        id: "counted-years".into(),
        caption: t.text("counted-caption"),
        columns: vec![
            Column::short(t.text("year")),
            Column::figures(t.text("counted-register")),
            Column::figures(t.text("counted-plan")),
            Column::figures(t.text("counted-difference")),
        ],
        rows: years.iter().map(row).collect(),
    }
}

fn device(t: Texts<'_>, one: &CoveredDevice) -> Vec<Link> {
    let path = t.path(&format!("/registers/device/{}/{}", one.owner, one.id));
    vec![
        Link::to(&*one.name, path),
        Link::plain(&*one.category),
        Link::plain(one.covered_on.map(|day| day.to_string()).unwrap_or_default()),
    ]
}

fn list(t: Texts<'_>, id: &str, caption: String, rows: Vec<Vec<Link>>, more: Vec<Column>) -> Table {
    let mut columns = vec![
        Column::words(t.text("counted-device")),
        Column::short(t.text("counted-category")),
        Column::short(t.text("counted-day")),
    ];
    columns.extend(more);
    Table {
        id: id.to_owned(),
        caption,
        columns,
        rows,
    }
}

fn causes(t: Texts<'_>, one: &UncountedDevice) -> String {
    let words = one.causes.iter().map(|cause| {
        t.text(match cause {
            Uncounted::NoDate => "counted-no-date",
            Uncounted::NoClass => "counted-no-class",
            Uncounted::NoOrigin => "counted-no-origin",
            Uncounted::NoneAbove => "counted-none-above",
        })
    });
    words.collect::<Vec<_>>().join(" ")
}
