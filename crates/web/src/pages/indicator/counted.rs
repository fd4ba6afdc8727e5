//! An indicator as the register counts it, beside the plan's own figures: counts by year, each opening to the very devices, and what cannot be counted
//! with its cause.

use app::{CountedYear, CoveredDevice, DeviceCount, Uncounted, UncountedDevice};

use crate::i18n::Texts;
use crate::ui::{Column, Link, Table};

/// Devices that a page lists; the data have all of them.
const LISTED: usize = 100;

/// The section of the page.
pub(super) struct Counted {
    /// Years with what was counted and the plan's figure.
    pub years: Table,
    /// The devices of each year: summary and list.
    pub devices: Vec<(String, Table)>,
    /// What cannot be counted.
    pub uncounted: Option<(String, Table)>,
    /// What does not count, in sentences.
    pub others: Vec<String>,
}

pub(super) fn section(t: Texts<'_>, count: &DeviceCount) -> Counted {
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
