//! From figures to places: nice ticks, years that fit, and how wide words are. No drawing here.

use crate::i18n::group_digits;

/// A linear scale from values to coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// Maps `values` onto `places`; the ends of `values` must differ, or all falls onto the first place.
    pub(super) fn new(values: (f64, f64), places: (f64, f64)) -> Self {
        Self { values, places }
    }

    /// Where a value stands.
    pub(super) fn at(&self, value: f64) -> f64 {
        let span = self.values.1 - self.values.0;
        let share = if span.abs() < f64::MIN_POSITIVE {
            0.0
        } else {
            (value - self.values.0) / span
        };
        self.places.0 + share * (self.places.1 - self.places.0)
    }
}

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten that enclose all the values given: at most `most` steps, at least one.
/// Values that are not finite are passed over; no values give 0 and 1.
pub(super) fn nice_ticks(values: impl IntoIterator<Item = f64>, most: usize) -> Vec<f64> {
    ticks(values, most, &[1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0])
}

/// The same for what is counted: whole numbers only.
pub(super) fn whole_ticks(values: impl IntoIterator<Item = f64>, most: usize) -> Vec<f64> {
    // Room up to the next whole step, so that a fraction of one is never needed.
    let values = values.into_iter().chain([0.0, most as f64]);
    ticks(values, most, &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
}

fn ticks(values: impl IntoIterator<Item = f64>, most: usize, factors: &[f64]) -> Vec<f64> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.into_iter().filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if high - low <= f64::EPSILON * high.abs().max(low.abs()) {
        high = low + low.abs().max(1.0);
    }
    let rough = (high - low) / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = |step: f64| (high / step - 1e-9).ceil() - (low / step + 1e-9).floor();
    let step = factors
        .iter()
        .map(|factor| factor * power)
        .find(|&step| steps(step) <= most.max(2) as f64)
        .unwrap_or(50.0 * power);
    let first = (low / step + 1e-9).floor();
    let mut ticks = Vec::new();
    // One more than asked for at most, however odd the numbers.
    for n in 0..=most.max(2) + 1 {
        ticks.push((first + n as f64) * step);
        if ticks[n] >= high - step * 1e-6 {
            break;
        }
    }
    ticks
}

/// Years to label between `first` and `last` when so much `room` is there for labels of a `width`: in even steps back from the last
/// year, because that one carries the target.
pub(super) fn year_ticks(first: i32, last: i32, room: f64, width: f64) -> Vec<i32> {
    let span = last.saturating_sub(first).max(0);
    let step = (1..=span)
        .find(|&step| f64::from(step) * room >= f64::from(span) * width)
        .unwrap_or(span.max(1));
    (0..=span / step).rev().map(|n| last - n * step).collect()
}

/// A tick as text: as many decimals as the step needs, digits grouped.
pub(super) fn tick_text(value: f64, step: f64) -> String {
    let decimals = (0..6).find(|&n| {
        let scaled = step * 10_f64.powi(n);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.abs()
    });
    let decimals = usize::try_from(decimals.unwrap_or(6)).unwrap_or(0);
    group_digits(&format!("{:.decimals$}", if value == 0.0 { 0.0 } else { value }))
}

/// A figure for a table under a chart: four significant digits or whole numbers, digits grouped, no trailing zeros.
/// What is not a number is a dash.
pub fn figure_text(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let decimals = match value.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    group_digits(if text == "-0" { "0" } else { text })
}

/// About how wide a text is at a type size: full width for Japanese, a little over half for the rest.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|c| if c.is_ascii() { 0.58 } else { 1.0 })
        .sum::<f64>()
        * size
}

/// What may not stand at the end of a line.
const OPENING: &str = "（「『［【";
/// What may not begin one.
const CLOSING: &str = "）」』］】、。，．・ー～々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";

/// Breaks a text into lines that fit; Latin text at spaces, Japanese anywhere but around brackets and marks.
pub(super) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut word = String::new();
    let mut place = |word: &mut String| {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() || text_width(line, size) + text_width(word.trim_end(), size) <= width {
                line.push_str(word);
            } else {
                lines.push(word.clone());
            }
        }
        word.clear();
    };
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        word.push(c);
        let bound = OPENING.contains(c) || rest.peek().is_some_and(|next| CLOSING.contains(*next));
        if c == ' ' || (!c.is_ascii() && !bound) {
            place(&mut word);
        }
    }
    place(&mut word);
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}
