//! Which input moves an indicator's figure most.

use app::IndicatorView;
use indicator::Bar;
use vocab::{Lang, Quantity};

use crate::chart::{About, Swing, Tornado, tornado};
use crate::i18n::Texts;
use crate::pages::words::{digits, range};
use crate::ui::{Chart, Column, Link};

/// Inputs that are drawn; the rest move the figure by less than one can see.
const MOST: usize = 8;

pub(super) fn chart(t: Texts<'_>, view: &IndicatorView) -> Option<Chart> {
    let base: f64 = view.evaluation.value.as_ref()?.parse().ok()?;
    let bars: Vec<&Bar> = view
        .tornado
        .iter()
        .filter(|bar| (bar.at_high - bar.at_low).abs() > base.abs() * 1e-9)
        .take(MOST)
        .collect();
    let swings: Vec<Swing> = bars
        .iter()
        .map(|bar| Swing {
            name: format!("{} {}", name(t, bar), moved(t, bar)),
            low: bar.at_low,
            high: bar.at_high,
        })
        .collect();
    let widest = name(t, bars.first()?);
    let year = view.evaluation.at.label(t.lang());
    let about = About {
        id: "tornado".into(),
        title: t.with1("chart-tornado", "year", year.as_str()),
        description: t.with1("chart-tornado-says", "name", widest),
        unit: t.unit(&view.evaluation.unit),
    };
    let mut chart = tornado(&Tornado { about, base, swings }, t);
    chart
        .table
        .columns
        .push(Column::figures(t.text("variance-share")));
    for (row, bar) in chart.table.rows.iter_mut().zip(bars) {
        row.push(Link::plain(if bar.share > 0.0 {
            format!("{:.0}%", bar.share * 100.0)
        } else {
            "–".into()
        }));
    }
    Some(chart)
}

fn name<'a>(t: Texts<'_>, bar: &'a Bar) -> &'a str {
    match t.lang() {
        Lang::Ja => &bar.ja,
        Lang::En => &bar.en,
    }
}

/// The range over which an input is moved, its unit said once.
fn moved(t: Texts<'_>, bar: &Bar) -> String {
    let read = |text: &str| text.parse::<Quantity>().ok();
    match (read(&bar.low), read(&bar.high)) {
        (Some(low), Some(high)) if low.unit() == high.unit() => {
            let shown = |quantity: &Quantity| digits(&quantity.in_unit().to_decimal(), 4);
            range(t, &shown(&low), &shown(&high), &high.unit().to_string())
        }
        _ => range(t, &bar.low, &bar.high, ""),
    }
}
