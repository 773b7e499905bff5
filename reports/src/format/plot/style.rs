//! Colours, letters and axes of all plots.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use scorers::metric::Range;

pub(in crate::format) const INK: RGBColor = RGBColor(0x10, 0x10, 0x10);
pub(in crate::format) const MUTED: RGBColor = RGBColor(0x80, 0x80, 0x80);
pub(in crate::format) const GRID: RGBColor = RGBColor(0xd0, 0xd0, 0xd0);
pub(in crate::format) const GOOD: RGBColor = RGBColor(0x10, 0x80, 0x40);
pub(in crate::format) const BAD: RGBColor = RGBColor(0xb0, 0x20, 0x20);
pub(in crate::format) const ACCENT: RGBColor = RGBColor(0x20, 0x60, 0xc0);

/// The library divides by 1.24 what it is given: this is 12 pixels.
const FONT: f64 = 14.88;
/// Ends of an axis that shows the whole range where it has ends, and all finite values else.
pub(in crate::format) fn axis(range: Range, values: impl Iterator<Item = f64>) -> (f64, f64) {
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

pub(in crate::format) fn text(color: &RGBColor, horizontal: HPos) -> TextStyle<'_> {
    ("sans-serif", FONT).into_font().color(color).pos(Pos::new(horizontal, VPos::Center))
}

pub(in crate::format) fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
}
