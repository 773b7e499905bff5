//! Plots as SVG, of runs and of comparisons alike: rows of values with their intervals, and curves over rounds.
//!
//! The colours below stand for roles. The page's style sheet replaces each of them by one that
//! suits the light or the dark theme. Coordinates are whole pixels and numbers are rounded first, so
//! a plot does not depend on how a processor rounds.

mod curve;
mod forest;

use super::RenderError;
pub(super) use curve::{Curve, Line};
pub(super) use forest::{Forest, Row};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use scorers::metric::Range;

pub(super) const INK: RGBColor = RGBColor(0x10, 0x10, 0x10);
pub(super) const MUTED: RGBColor = RGBColor(0x80, 0x80, 0x80);
pub(super) const GRID: RGBColor = RGBColor(0xd0, 0xd0, 0xd0);
pub(super) const GOOD: RGBColor = RGBColor(0x10, 0x80, 0x40);
pub(super) const BAD: RGBColor = RGBColor(0xb0, 0x20, 0x20);
pub(super) const ACCENT: RGBColor = RGBColor(0x20, 0x60, 0xc0);

/// The library divides by 1.24 what it is given: this is 12 pixels.
const FONT: f64 = 14.88;
/// Rows of one forest plot; more than that nobody reads as a plot.
pub(super) const MOST_ROWS: usize = 60;

/// One figure.
pub(super) struct Plot {
    /// `forest` or `curve`: the class of its figure.
    pub(super) kind: &'static str,
    pub(super) caption: String,
    /// A whole `svg` element; every text in it is escaped.
    pub(super) svg: String,
}

impl Plot {
    /// Rows of values.
    pub(super) fn of_forest(caption: String, forest: &Forest) -> Result<Self, RenderError> {
        let svg = forest.svg().map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
        Ok(Self { kind: "forest", caption, svg })
    }

    /// Values over rounds.
    pub(super) fn of_curve(caption: String, curve: &Curve) -> Result<Self, RenderError> {
        let svg = curve.svg().map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
        Ok(Self { kind: "curve", caption, svg })
    }
}

/// Ends of an axis that shows the whole range where it has ends, and all finite values else.
pub(super) fn axis(range: Range, values: impl Iterator<Item = f64>) -> (f64, f64) {
    match range {
        Range::Share => (0.0, 1.0),
        Range::ShareDifference => (-1.0, 1.0),
        Range::Positive | Range::Real => {
            let (low, high) = values
                .filter(|value| value.is_finite())
                .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
            let span = if high - low > 1e-9 { high - low } else { 1.0 };
            (if low < 0.0 { low - 0.05 * span } else { 0.0 }, high + 0.05 * span)
        }
    }
}

pub(super) fn text(color: &RGBColor, horizontal: HPos) -> TextStyle<'_> {
    ("sans-serif", FONT).into_font().color(color).pos(Pos::new(horizontal, VPos::Center))
}

pub(super) fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
}
