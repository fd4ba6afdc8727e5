//! Charts as SVG, drawn on the server. A chart is given plain figures and words, and gives back its drawing (one for wide places, one
//! for narrow ones; the style sheet shows the one that fits) and the same figures as a table. It must never compute what it shows, and
//! never carry a colour: colours, dashes and type live in `rashin.css`, and every difference is made twice, by colour and by form.

mod bar_counts;
mod canvas;
mod flow;
mod line_fan;
mod plot;
mod rows;
mod scale;
mod share_bar;
mod sparkline;
mod stacked_bars;
mod tile_map;
mod tornado;
mod waterfall;

pub use bar_counts::{Bar, BarCounts, bar_counts};
pub use flow::{Flow, FlowEdge, FlowState, flow};
pub use line_fan::{FanYear, LineFan, line_fan};
pub use scale::figure_text;
pub use share_bar::{Share, ShareBar, share_bar};
pub use sparkline::{Sparkline, sparkline};
pub use stacked_bars::{Stack, StackedBars, stacked_bars};
pub use tile_map::{Tile, TileMap, tile_map};
pub use tornado::{Swing, Tornado, tornado};
pub use waterfall::{Change, ChangeKind, Waterfall, waterfall};

/// A single figure worth a sign of its own: a target, a figure that the report prints.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark {
    /// The year it speaks of.
    pub year: i32,
    /// Where it stands, in the unit of the chart.
    pub value: f64,
    /// How it is written: `28兆円`.
    pub text: String,
}

/// What every chart needs to introduce itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Unique on the page: prefix of all ids in the drawing and in the table.
    pub id: String,
    /// Title, also the caption of the table.
    pub title: String,
    /// What a reader should see in it, in one sentence, for those who do not see it.
    pub description: String,
    /// Unit of the figures in the reader's language; empty if there is none.
    pub unit: String,
}

impl About {
    /// Caption of the table: the title with the unit.
    fn caption(&self) -> String {
        if self.unit.is_empty() {
            self.title.clone()
        } else {
            format!("{} [{}]", self.title, self.unit)
        }
    }
}

#[cfg(test)]
mod tests;
