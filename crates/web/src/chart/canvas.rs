//! The sheet that all charts are drawn on. It writes shapes with classes and coordinates, keeps every coordinate inside the sheet and
//! every text escaped, draws nothing where a coordinate is not a number, and knows nothing of what is drawn. Never a colour, never a style attribute.

use std::fmt::Write as _;

use super::scale::text_width;
use crate::ui::Markup;

/// Type size of everything written in a drawing, in its own units; the style sheet sets the same. At the sizes at which a drawing is
/// shown this is 12 px or more.
pub(super) const TYPE: f64 = 14.0;

/// Which of the two drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// For places of 620 px or more.
    Wide,
    /// For a phone.
    Narrow,
}

impl Layout {
    /// Width of the sheet.
    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Wide => 720.0,
            Self::Narrow => 340.0,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Wide => "chart-wide",
            Self::Narrow => "chart-narrow",
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Wide => "w",
            Self::Narrow => "n",
        }
    }
}

/// Draws a chart for both kinds of places.
pub(super) fn both(about: &super::About, draw: impl Fn(&mut Canvas)) -> Markup {
    let sheets = [Layout::Wide, Layout::Narrow].map(|layout| {
        let mut canvas = Canvas::new(&about.id, layout);
        draw(&mut canvas);
        canvas.finish(&about.title, &about.description)
    });
    Markup(sheets.concat())
}

/// Where a text stands by its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What stands before an entry of a legend.
#[derive(Debug, Clone, Copy)]
pub(super) enum Swatch {
    /// A stretch of line of a class.
    Line(&'static str),
    /// A filled field of a class.
    Field(&'static str),
    /// A field hatched by one of the patterns.
    Hatch(Hatch),
    /// A hollow diamond.
    Diamond(&'static str),
}

/// The patterns that tell fields apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hatch {
    /// Nothing was reported.
    Absent,
    /// Rising lines.
    Rising,
    /// Dots.
    Dots,
    /// Falling lines.
    Falling,
    /// A grid.
    Grid,
}

impl Hatch {
    const ALL: [Self; 5] = [Self::Absent, Self::Rising, Self::Dots, Self::Falling, Self::Grid];

    const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Rising => "rising",
            Self::Dots => "dots",
            Self::Falling => "falling",
            Self::Grid => "grid",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Absent | Self::Rising => "M0 8 8 0M-2 2 2-2M6 10 10 6",
            Self::Dots => "M2 4h2M6 0h2M6 8h2",
            Self::Falling => "M0 0 8 8M-2 6 2 10M6-2 10 2",
            Self::Grid => "M0 4h8M4 0v8",
        }
    }
}

/// One drawing under way.
#[derive(Debug)]
pub(super) struct Canvas {
    id: String,
    pub(super) layout: Layout,
    pub(super) width: f64,
    pub(super) height: f64,
    body: String,
}

impl Canvas {
    fn new(id: &str, layout: Layout) -> Self {
        let id = format!("{id}-{}", layout.suffix());
        Self {
            id,
            layout,
            width: layout.width(),
            height: 0.0,
            body: String::new(),
        }
    }

    /// Sets how high the sheet is; to be called before drawing.
    pub(super) fn set_height(&mut self, height: f64) {
        self.height = height;
    }

    /// A point as it is written: on the sheet, with one decimal. Nothing if it is not a number.
    fn point(&self, (x, y): (f64, f64)) -> Option<(String, String)> {
        let inside = |value: f64, end: f64| {
            let text = format!("{:.1}", value.clamp(0.0, end));
            text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
        };
        (x.is_finite() && y.is_finite()).then(|| (inside(x, self.width), inside(y, self.height)))
    }

    fn points(&self, points: &[(f64, f64)]) -> String {
        let pairs = points
            .iter()
            .filter_map(|&point| self.point(point))
            .map(|(x, y)| format!("{x},{y}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        if let (Some((x1, y1)), Some((x2, y2))) = (self.point(from), self.point(to)) {
            let _ = write!(
                self.body,
                r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#
            );
        }
    }

    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = self.points(points);
        if points.contains(' ') {
            let _ = write!(self.body, r#"<polyline class="{class}" points="{points}"/>"#);
        }
    }

    pub(super) fn polygon(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = self.points(points);
        if points.contains(' ') {
            let _ = write!(self.body, r#"<polygon class="{class}" points="{points}"/>"#);
        }
    }

    /// A rectangle between two corners, in whichever order.
    pub(super) fn rect(&mut self, class: &str, a: (f64, f64), b: (f64, f64)) {
        self.rect_with(class, a, b, "");
    }

    /// A rectangle filled with a pattern.
    pub(super) fn hatch(&mut self, hatch: Hatch, a: (f64, f64), b: (f64, f64)) {
        let fill = format!(r#" fill="url(#{}-{})""#, self.id, hatch.name());
        let class = if hatch == Hatch::Absent {
            "hatched hatched-absent"
        } else {
            "hatched"
        };
        self.rect_with(class, a, b, &fill);
    }

    fn rect_with(&mut self, class: &str, a: (f64, f64), b: (f64, f64), attributes: &str) {
        let (Some(a), Some(b)) = (self.point(a), self.point(b)) else {
            return;
        };
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        let span = |from: &str, to: &str| {
            let (from, to) = (number(from), number(to));
            (from.min(to), ((from - to).abs() * 10.0).round() / 10.0)
        };
        let ((x, width), (y, height)) = (span(&a.0, &b.0), span(&a.1, &b.1));
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"{attributes}/>"#
        );
    }

    pub(super) fn circle(&mut self, class: &str, center: (f64, f64), radius: f64) {
        if let Some((x, y)) = self.point(center) {
            let _ = write!(
                self.body,
                r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#
            );
        }
    }

    pub(super) fn diamond(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        self.polygon(
            class,
            &[(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)],
        );
    }

    /// A text on its baseline. One that would leave the sheet is moved back onto it.
    pub(super) fn write(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let width = text_width(text, TYPE);
        let (before, after) = match anchor {
            Anchor::Start => (0.0, width),
            Anchor::Middle => (width / 2.0, width / 2.0),
            Anchor::End => (width, 0.0),
        };
        // `clamp` keeps what is not a number; `min` and `max` would hide it.
        let x = at.0.clamp(
            before.min(self.width),
            (self.width - after).max(before.min(self.width)),
        );
        let Some((x, y)) = self.point((x, at.1)) else {
            return;
        };
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    /// How high a legend of these entries is.
    pub(super) fn legend_height(&self, entries: &[(Swatch, String)]) -> f64 {
        self.legend_places(entries).last().map_or(0.0, |(_, y)| y + 26.0)
    }

    fn legend_places(&self, entries: &[(Swatch, String)]) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (0.0, 0.0);
        entries
            .iter()
            .map(|(_, text)| {
                let width = 34.0 + text_width(text, TYPE);
                if x > 0.0 && x + width > self.width {
                    (x, y) = (0.0, y + 24.0);
                }
                let place = (x, y);
                x += width + 22.0;
                place
            })
            .collect()
    }

    /// A legend whose first line starts at `top`.
    pub(super) fn legend(&mut self, top: f64, entries: &[(Swatch, String)]) {
        for ((x, y), (swatch, text)) in self.legend_places(entries).into_iter().zip(entries) {
            self.legend_entry((x, top + y + 12.0), *swatch, text);
        }
    }

    /// A swatch and its words, around the middle line through a point.
    pub(super) fn legend_entry(&mut self, (x, middle): (f64, f64), swatch: Swatch, text: &str) {
        match swatch {
            Swatch::Line(class) => self.line(class, (x, middle), (x + 26.0, middle)),
            Swatch::Field(class) => self.rect(class, (x, middle - 7.0), (x + 26.0, middle + 7.0)),
            Swatch::Hatch(hatch) => self.hatch(hatch, (x, middle - 7.0), (x + 26.0, middle + 7.0)),
            Swatch::Diamond(class) => self.diamond(class, (x + 13.0, middle), 6.0),
        }
        self.write("chart-label", (x + 34.0, middle + 5.0), Anchor::Start, text);
    }

    fn finish(self, title: &str, description: &str) -> String {
        let Self {
            id,
            layout,
            width,
            height,
            body,
        } = self;
        let (title, description) = (escape(title), escape(description));
        let mut patterns = String::new();
        for hatch in Hatch::ALL {
            let (name, path) = (hatch.name(), hatch.path());
            let reference = format!("{id}-{name}");
            if body.contains(&format!("#{reference})")) {
                let _ = write!(
                    patterns,
                    r#"<pattern id="{reference}" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="hatch-ground hatch-{name}" width="8" height="8"/><path class="hatch-lines hatch-{name}" d="{path}"/></pattern>"#
                );
            }
        }
        if !patterns.is_empty() {
            patterns = format!("<defs>{patterns}</defs>");
        }
        format!(
            r#"<svg class="chart {}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-labelledby="{id}-title {id}-desc"><title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>{patterns}{body}</svg>"#,
            layout.class(),
        )
    }
}

/// Text as it may stand in SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
