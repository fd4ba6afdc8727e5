//! A procedure as a drawing: its states one below the other, each way of going on as an arrow. What leads on to the next state is straight; every
//! other way runs beside the states, one lane for each state that it leads to, dashed where it leads back.

use super::About;
use super::canvas::{Anchor, Canvas, Layout, TYPE, both};
use super::scale::text_width;
use crate::i18n::Texts;
use crate::ui::{Chart, Column, Link, Table};

/// One state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowState {
    /// What it is called.
    pub title: String,
    /// Whether it is an end.
    pub last: bool,
}

/// One way of going on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowEdge {
    /// What is done.
    pub title: String,
    /// By whom.
    pub by: String,
    /// Place of the state that it leaves; none where it begins.
    pub from: Option<usize>,
    /// Place of the state that it leads to.
    pub to: usize,
}

/// What [`flow`] draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Its title and words.
    pub about: About,
    /// The states, from the first to the last.
    pub states: Vec<FlowState>,
    /// The ways.
    pub edges: Vec<FlowEdge>,
}

const HEIGHT: f64 = 38.0;
const STEP: f64 = 62.0;
const TOP: f64 = 34.0;
const LANE: f64 = 13.0;
const ARROW: f64 = 5.0;

/// Draws the chart and its table.
pub fn flow(data: &Flow, t: Texts<'_>) -> Chart {
    Chart {
        title: data.about.title.clone(),
        drawing: both(&data.about, |canvas| draw(canvas, data)),
        table: table(data, t),
    }
}

fn draw(canvas: &mut Canvas, data: &Flow) {
    let lanes = lanes(data);
    let count = lanes.len() as f64;
    let most = if canvas.layout == Layout::Wide {
        420.0
    } else {
        canvas.width
    };
    let width = (canvas.width - (count + 1.0) * LANE - 8.0).min(most);
    let left = 1.0;
    let right = left + width;
    let top = |place: usize| TOP + place as f64 * STEP;
    canvas.set_height(top(data.states.len()) - (STEP - HEIGHT) + 4.0);
    let middle = left + width / 2.0;
    canvas.circle("flow-begin", (middle, 8.0), 6.0);
    for edge in &data.edges {
        let (to, height) = (edge.to, HEIGHT / 2.0);
        if edge.from.is_none() && to == 0 {
            arrow_down(canvas, middle, 14.0, top(0));
            continue;
        }
        if edge.from.is_some_and(|from| from + 1 == to) {
            arrow_down(canvas, middle, top(to - 1) + HEIGHT, top(to));
            continue;
        }
        let lane = lanes.iter().position(|lane| *lane == to).unwrap_or_default();
        let x = right + LANE * (lane as f64 + 1.0);
        let back = edge.from.is_some_and(|from| from >= to);
        let class = if back {
            "chart-line flow-back"
        } else {
            "chart-line flow-on"
        };
        let start = match edge.from {
            Some(from) => (right, top(from) + height + 7.0),
            None => (middle + 6.0, 8.0),
        };
        let end = (right + ARROW, top(to) + height - 7.0);
        canvas.polyline(class, &[start, (x, start.1), (x, end.1), end]);
        canvas.polygon(
            "flow-head",
            &[
                (right, end.1),
                (right + ARROW * 1.6, end.1 - ARROW),
                (right + ARROW * 1.6, end.1 + ARROW),
            ],
        );
    }
    for (place, state) in data.states.iter().enumerate() {
        let class = if state.last {
            "flow-state flow-last"
        } else {
            "flow-state"
        };
        canvas.rect(class, (left, top(place)), (right, top(place) + HEIGHT));
        let title = fitting(&state.title, width - 16.0);
        canvas.write(
            "",
            (middle, top(place) + HEIGHT / 2.0 + 5.0),
            Anchor::Middle,
            &title,
        );
    }
}

fn arrow_down(canvas: &mut Canvas, x: f64, from: f64, to: f64) {
    canvas.line("chart-line flow-on", (x, from), (x, to - ARROW));
    canvas.polygon(
        "flow-head",
        &[
            (x, to),
            (x - ARROW, to - ARROW * 1.6),
            (x + ARROW, to - ARROW * 1.6),
        ],
    );
}

/// The states that something leads to from elsewhere than just above, the lowest first: its lane is next to the states.
fn lanes(data: &Flow) -> Vec<usize> {
    let beside = data.edges.iter().filter(|edge| match edge.from {
        Some(from) => from + 1 != edge.to,
        None => edge.to != 0,
    });
    let mut lanes: Vec<usize> = beside.map(|edge| edge.to).collect();
    lanes.sort_unstable();
    lanes.dedup();
    lanes.reverse();
    lanes
}

/// The text, cut to a width.
fn fitting(text: &str, width: f64) -> String {
    if text_width(text, TYPE) <= width {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while text_width(&cut, TYPE) > width - TYPE && cut.pop().is_some() {}
    cut + "…"
}

fn table(data: &Flow, t: Texts<'_>) -> Table {
    let state = |place: usize| {
        data.states
            .get(place)
            .map_or_else(String::new, |state| state.title.clone())
    };
    let row = |edge: &FlowEdge| {
        let from = edge.from.map_or_else(|| t.text("procedure-begin"), state);
        [edge.title.clone(), from, state(edge.to), edge.by.clone()]
            .map(Link::plain)
            .into()
    };
    Table {
        id: format!("{}-table", data.about.id),
        caption: data.about.caption(),
        columns: ["procedure-step", "procedure-from", "procedure-to", "procedure-by"]
            .map(|key| Column::words(t.text(key)))
            .into(),
        rows: data.edges.iter().map(row).collect(),
    }
}
