//! Values over rounds, with a band around one of them.

use super::style::{ACCENT, GRID, MUTED, reason, text};
use crate::format::number;
use plotters::{prelude::*, style::text_anchor::HPos};

/// Pixels of the whole figure.
const SIZE: (u32, u32) = (370, 210);

/// Values over rounds. All of them are finite.
pub(in crate::format) struct Curve {
    /// The lines, the hindmost first.
    pub(in crate::format) lines: Vec<Line>,
    /// Rounds with the ends of an interval.
    pub(in crate::format) band: Vec<(f64, (f64, f64))>,
    /// Ends of the axis.
    pub(in crate::format) axis: (f64, f64),
}

/// Values of every round.
pub(in crate::format) struct Line {
    /// Round and value.
    pub(in crate::format) points: Vec<(f64, f64)>,
    pub(in crate::format) colour: RGBColor,
    pub(in crate::format) dashed: bool,
}

impl Curve {
    /// Nothing where there is no point.
    pub(super) fn svg(&self) -> Result<String, String> {
        let points = self.lines.first().map_or(&[][..], |line| line.points.as_slice());
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(String::new()) };
        let (low, high) = self.axis;
        let clamp = |value: f64| value.clamp(low, high);
        let right = if last.0 > first.0 { last.0 } else { first.0 + 1.0 };
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            let mut chart = ChartBuilder::on(&root)
                .margin(8)
                .margin_right(16)
                .x_label_area_size(30)
                .y_label_area_size(46)
                .build_cartesian_2d(first.0..right, low..high)
                .map_err(reason)?;
            chart
                .configure_mesh()
                .disable_x_mesh()
                .x_labels(points.len().clamp(2, 8))
                .y_labels(5)
                .axis_style(GRID)
                .bold_line_style(GRID)
                .light_line_style(TRANSPARENT)
                .x_label_style(text(&MUTED, HPos::Center))
                .y_label_style(text(&MUTED, HPos::Right))
                .x_label_formatter(&|round| format!("{round:.0}"))
                .y_label_formatter(&|value| number::short(*value))
                .draw()
                .map_err(reason)?;
            let upper = self.band.iter().map(|(round, (_, high))| (*round, clamp(*high)));
            let lower = self.band.iter().rev().map(|(round, (low, _))| (*round, clamp(*low)));
            let band: Vec<(f64, f64)> = upper.chain(lower).collect();
            if band.len() > 2 {
                chart.draw_series([Polygon::new(band, ACCENT.mix(0.18))]).map_err(reason)?;
            }
            for line in &self.lines {
                let points = line.points.iter().map(|(round, value)| (*round, clamp(*value)));
                let style = line.colour.stroke_width(2);
                if line.dashed {
                    chart.draw_series(DashedLineSeries::new(points.clone(), 5, 4, style)).map_err(reason)?;
                } else {
                    chart.draw_series(LineSeries::new(points.clone(), style)).map_err(reason)?;
                }
                let dots = points.map(|place| Circle::new(place, 3, line.colour.filled()));
                chart.draw_series(dots).map_err(reason)?;
            }
            root.present().map_err(reason)?;
        }
        Ok(svg)
    }
}
