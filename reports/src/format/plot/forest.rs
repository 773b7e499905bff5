//! Rows of values with their intervals on one axis.

use super::style::{ACCENT, GRID, INK, MUTED, reason, text};
use crate::format::number;
use plotters::{prelude::*, style::text_anchor::HPos};

/// Pixels of the axis; its labels take as much more as they need.
const AXIS: u32 = 470;
/// Pixels of a row.
const ROW: u32 = 26;

/// Rows of values on one axis.
pub(in crate::format) struct Forest {
    pub(in crate::format) rows: Vec<Row>,
    /// Ends of the axis.
    pub(in crate::format) axis: (f64, f64),
    /// So many numbers stand at the axis, about.
    pub(in crate::format) ticks: usize,
    /// A value that says that nothing is the case.
    pub(in crate::format) neutral: Option<f64>,
    /// Pixels to the right of the axis, for the words of the rows.
    pub(in crate::format) words: u32,
}

/// One value.
pub(in crate::format) struct Row {
    pub(in crate::format) label: String,
    pub(in crate::format) value: f64,
    pub(in crate::format) ends: Option<(f64, f64)>,
    /// Differences up to this size do not matter.
    pub(in crate::format) margin: Option<f64>,
    pub(in crate::format) colour: RGBColor,
    pub(in crate::format) word: Option<&'static str>,
}

impl Row {
    /// A value alone.
    pub(in crate::format) fn new(label: String, value: f64) -> Self {
        Self { label, value, ends: None, margin: None, colour: ACCENT, word: None }
    }
}

impl Forest {
    pub(super) fn svg(&self) -> Result<String, String> {
        let (rows, words) = (&self.rows, self.words);
        let height = ROW * rows.len() as u32 + 44;
        let longest = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
        let labels = (longest as u32 * 7 + 24).max(90);
        let (left, right) = self.axis;
        let clamp = |value: f64| if value.is_nan() { left } else { value.clamp(left, right) };
        let mut svg = String::new();
        {
            let size = (labels + AXIS + words, height);
            let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            let bottom = rows.len() as f64 - 0.5;
            let mut chart = ChartBuilder::on(&root)
                .margin_top(6)
                .margin_right(24 + words)
                .margin_bottom(4)
                .x_label_area_size(32)
                .y_label_area_size(labels)
                .build_cartesian_2d(left..right, bottom..-0.5)
                .map_err(reason)?;
            chart
                .configure_mesh()
                .disable_y_mesh()
                .y_labels(0)
                .x_labels(self.ticks)
                .axis_style(GRID)
                .bold_line_style(GRID)
                .light_line_style(TRANSPARENT)
                .x_label_style(text(&MUTED, HPos::Center))
                .x_label_formatter(&|value| number::short(*value))
                .draw()
                .map_err(reason)?;
            let margins = (0..).zip(rows).filter_map(|(index, row)| {
                let (y, margin) = (f64::from(index), clamp(row.margin?));
                Some(Rectangle::new([(-margin, y - 0.38), (margin, y + 0.38)], MUTED.mix(0.2).filled()))
            });
            chart.draw_series(margins).map_err(reason)?;
            if let Some(neutral) = self.neutral {
                let line = PathElement::new([(neutral, bottom), (neutral, -0.5)], MUTED);
                chart.draw_series([line]).map_err(reason)?;
            }
            for (index, row) in (0..).zip(rows) {
                let (y, value, colour) = (f64::from(index), clamp(row.value), row.colour);
                if let Some((low, high)) = row.ends {
                    let line = PathElement::new([(clamp(low), y), (clamp(high), y)], colour.stroke_width(2));
                    let ends = [low, high].map(|x| {
                        PathElement::new([(clamp(x), y - 0.16), (clamp(x), y + 0.16)], colour.stroke_width(2))
                    });
                    chart.draw_series([line].into_iter().chain(ends)).map_err(reason)?;
                }
                chart.draw_series([Circle::new((value, y), 4, colour.filled())]).map_err(reason)?;
                let (_, pixel) = chart.backend_coord(&(left, y));
                let place = (labels as i32 - 10, pixel);
                root.draw(&Text::new(row.label.clone(), place, text(&INK, HPos::Right))).map_err(reason)?;
                if let Some(word) = row.word {
                    let place = ((labels + AXIS - 12) as i32, pixel);
                    root.draw(&Text::new(word, place, text(&colour, HPos::Left))).map_err(reason)?;
                }
            }
            root.present().map_err(reason)?;
        }
        Ok(svg)
    }
}
