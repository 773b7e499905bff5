//! Plots as SVG: the estimates of a family with their intervals, and curves over rounds.
//!
//! The colours below stand for roles. The page's style sheet replaces each of them by one that
//! suits the light or the dark theme. Coordinates are whole pixels and numbers are rounded first, so
//! a plot does not depend on how a processor rounds.

use crate::{
    format::{RenderError, number, safe},
    summary::{ProbeSummary, family_of},
};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use scorers::metric::{Estimate, MetricResult, Point, Range};

pub(in crate::format) const INK: RGBColor = RGBColor(0x10, 0x10, 0x10);
pub(in crate::format) const MUTED: RGBColor = RGBColor(0x80, 0x80, 0x80);
pub(in crate::format) const GRID: RGBColor = RGBColor(0xd0, 0xd0, 0xd0);
pub(in crate::format) const GOOD: RGBColor = RGBColor(0x10, 0x80, 0x40);
pub(in crate::format) const BAD: RGBColor = RGBColor(0xb0, 0x20, 0x20);
pub(in crate::format) const ACCENT: RGBColor = RGBColor(0x20, 0x60, 0xc0);

/// The library divides by 1.24 what it is given: this is 12 pixels.
const FONT: f64 = 14.88;
/// Pixels of the axis of a forest plot; its labels take as much more as they need.
pub(in crate::format) const AXIS: u32 = 470;
pub(in crate::format) const ROW: u32 = 26;
/// Rows of one forest plot; more than that nobody reads as a plot.
pub(in crate::format) const MOST_ROWS: usize = 60;

/// One figure.
pub(super) struct Plot {
    /// `forest` or `curve`: the class of its figure.
    pub(super) kind: &'static str,
    pub(super) caption: String,
    /// A whole `svg` element; every text in it is escaped.
    pub(super) svg: String,
}

/// The figures of one family.
pub(super) fn of_family(family: &str, probes: &[&ProbeSummary]) -> Result<Vec<Plot>, RenderError> {
    let estimates: Vec<(String, &Estimate)> = probes
        .iter()
        .flat_map(|probe| {
            probe.metrics.iter().filter_map(|(name, result)| match result {
                MetricResult::Estimated(estimate) => {
                    Some((format!("{} · {name}", short_id(&probe.id)), estimate))
                }
                MetricResult::ValueOnly(_) | MetricResult::Unavailable { .. } => None,
            })
        })
        .collect();
    let mut plots = Vec::new();
    for what in PANELS {
        let rows: Vec<Row> = estimates
            .iter()
            .filter(|(_, estimate)| panel(estimate.range) == what)
            .map(|(label, estimate)| Row::of(label, estimate))
            .take(MOST_ROWS)
            .collect();
        if !rows.is_empty() {
            let caption = format!("{}: {what}, with 95 % intervals", safe::line(family));
            let svg = forest(&rows).map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
            plots.push(Plot { kind: "forest", caption, svg });
        }
    }
    for (label, estimate) in estimates.iter().filter(|(_, estimate)| estimate.series.len() > 1) {
        let caption = format!("{} over rounds", safe::line(label));
        let svg = curve(estimate).map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
        plots.push(Plot { kind: "curve", caption, svg });
    }
    Ok(plots)
}

/// One forest plot each: values that share an axis stand together.
const PANELS: [&str; 3] = ["shares", "differences of shares", "other quantities"];

fn panel(range: Range) -> &'static str {
    match range {
        Range::Share => PANELS[0],
        Range::ShareDifference => PANELS[1],
        Range::Positive | Range::Real => PANELS[2],
    }
}

pub(in crate::format) fn short_id(probe: &str) -> &str {
    probe.strip_prefix(family_of(probe)).and_then(|rest| rest.strip_prefix('.')).unwrap_or(probe)
}

/// One line of a forest plot.
struct Row {
    label: String,
    value: f64,
    low: f64,
    high: f64,
    range: Range,
}

impl Row {
    fn of(label: &str, estimate: &Estimate) -> Self {
        Self {
            label: safe::excerpt(label, 46),
            value: number::rounded(estimate.value),
            low: number::rounded(estimate.low),
            high: number::rounded(estimate.high),
            range: estimate.range,
        }
    }
}

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

fn forest(rows: &[Row]) -> Result<String, String> {
    let height = ROW * rows.len() as u32 + 44;
    let longest = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let labels = (longest as u32 * 7 + 24).max(90);
    let range = rows.first().map_or(Range::Real, |row| row.range);
    let (left, right) = axis(range, rows.iter().flat_map(|row| [row.value, row.low, row.high]));
    let clamp = |value: f64| if value.is_nan() { left } else { value.clamp(left, right) };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (labels + AXIS, height)).into_drawing_area();
        let bottom = rows.len() as f64 - 0.5;
        let mut chart = ChartBuilder::on(&root)
            .margin_top(6)
            .margin_right(24)
            .margin_bottom(4)
            .x_label_area_size(32)
            .y_label_area_size(labels)
            .build_cartesian_2d(left..right, bottom..-0.5)
            .map_err(reason)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(6)
            .axis_style(GRID)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .x_label_style(text(&MUTED, HPos::Center))
            .x_label_formatter(&|value| number::short(*value))
            .draw()
            .map_err(reason)?;
        if let Some(neutral) = number::neutral(range) {
            let line = PathElement::new([(neutral, bottom), (neutral, -0.5)], MUTED);
            chart.draw_series([line]).map_err(reason)?;
        }
        for (index, row) in rows.iter().enumerate() {
            let y = index as f64;
            let (low, value, high) = (clamp(row.low), clamp(row.value), clamp(row.high));
            let interval = PathElement::new([(low, y), (high, y)], ACCENT.stroke_width(2));
            let ends =
                [low, high].map(|x| PathElement::new([(x, y - 0.16), (x, y + 0.16)], ACCENT.stroke_width(2)));
            chart.draw_series([interval].into_iter().chain(ends)).map_err(reason)?;
            chart.draw_series([Circle::new((value, y), 4, ACCENT.filled())]).map_err(reason)?;
            let (_, pixel) = chart.backend_coord(&(left, y));
            let place = (labels as i32 - 10, pixel);
            root.draw(&Text::new(row.label.clone(), place, text(&INK, HPos::Right))).map_err(reason)?;
        }
        root.present().map_err(reason)?;
    }
    Ok(svg)
}

fn curve(estimate: &Estimate) -> Result<String, String> {
    let points: Vec<(f64, f64, f64, f64)> = estimate.series.iter().filter_map(finite).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(String::new()) };
    let (low, high) = axis(estimate.range, points.iter().flat_map(|point| [point.1, point.2, point.3]));
    let clamp = |value: f64| value.clamp(low, high);
    let right = if last.0 > first.0 { last.0 } else { first.0 + 1.0 };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (370, 210)).into_drawing_area();
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
        let upper = points.iter().map(|point| (point.0, clamp(point.3)));
        let lower = points.iter().rev().map(|point| (point.0, clamp(point.2)));
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(band, ACCENT.mix(0.18))]).map_err(reason)?;
        let line = points.iter().map(|point| (point.0, clamp(point.1)));
        chart.draw_series(LineSeries::new(line.clone(), ACCENT.stroke_width(2))).map_err(reason)?;
        chart.draw_series(line.map(|place| Circle::new(place, 3, ACCENT.filled()))).map_err(reason)?;
        root.present().map_err(reason)?;
    }
    Ok(svg)
}

/// Round, value, low and high, rounded; none where one of them is not finite.
fn finite(point: &Point) -> Option<(f64, f64, f64, f64)> {
    let [value, low, high] = [point.value, point.low, point.high].map(number::rounded);
    let all = [value, low, high].iter().all(|number| number.is_finite());
    all.then(|| (f64::from(point.round), value, low, high))
}
