//! The course of an indicator as a chart and in sentences: what was observed, what is required, where it goes, what one year can tell.

use app::IndicatorView;
use indicator::{Band, Outlook, Point};
use vocab::Period;

use crate::chart::{About, Bar, BarCounts, FanYear, LineFan, Mark, bar_counts, line_fan};
use crate::i18n::Texts;
use crate::pages::words::{chance_words, digits, figure, rate};
use crate::ui::Chart;

/// The chart; none where there is nothing to draw yet.
pub(crate) fn chart(t: Texts<'_>, id: &str, view: &IndicatorView) -> Option<Chart> {
    let lang = t.lang();
    let course = &view.course;
    let paths = [
        &course.observed,
        &course.required,
        &course.implied,
        &course.printed,
    ];
    if paths.iter().all(|points| points.is_empty()) && course.fan.is_empty() && view.target.is_none() {
        return None;
    }
    let unit = t.unit(&view.evaluation.unit);
    let title = t.with1("chart-course", "name", view.short.get(lang));
    let description = words(t, view).join(" ");
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
        return Some(bar_counts(
            &BarCounts {
                about,
                calendar,
                bars: bars.collect(),
                required: pairs(&course.required),
                target,
            },
            t,
        ));
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
    Some(line_fan(&data, t))
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
pub(super) fn words(t: Texts<'_>, view: &IndicatorView) -> Vec<String> {
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
                    chance_words(t, &indicator::approx(probability)).as_str().into(),
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
