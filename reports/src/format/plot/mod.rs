//! Plots as SVG, of runs and of comparisons alike: rows of values with their intervals, and curves over rounds.
//!
//! Colours stand for roles: the page's style sheet replaces each of them by one that
//! suits the light or the dark theme. Coordinates are whole pixels and numbers are rounded first, so
//! a plot does not depend on how a processor rounds.

mod curve;
mod forest;
mod style;

use super::RenderError;
pub(super) use curve::{Curve, Line};
pub(super) use forest::{Forest, Row};
pub(super) use style::{ACCENT, BAD, GOOD, GRID, INK, MUTED, axis, reason, text};

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
