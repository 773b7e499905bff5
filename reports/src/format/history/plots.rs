//! A metric over versions as a plot: every version's estimate with its interval, and the baseline with its margin.
//!
//! As in a run's plots, colours stand for roles that the style sheet fills, coordinates are whole pixels, and numbers
//! are rounded first.

use crate::{
    compare::{History, Trend},
    format::{
        RenderError,
        compare::page::plots::colour,
        number,
        plot::{ACCENT, GRID, INK, MUTED, axis, reason, text},
        safe,
    },
};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use scorers::metric::Range;

/// Pixels from one version to the next, at least.
const STEP: u32 = 84;
/// Versions whose names fit; with more of them some stay without.
const NAMES: usize = 10;

/// A version's place, value, interval and colour.
struct Drawn {
    place: usize,
    value: f64,
    ends: (f64, f64),
    colour: RGBColor,
}

/// The plot of a metric; none where no version has a finite value.
pub(super) fn of(history: &History, trend: &Trend) -> Result<Option<String>, RenderError> {
    let points: Vec<Drawn> = trend
        .points
        .iter()
        .enumerate()
        .filter_map(|(place, point)| {
            let (value, low, high) = point.value()?;
            let [value, low, high] = [value, low, high].map(number::rounded);
            let finite = [value, low, high].iter().all(|number| number.is_finite());
            let verdict = point.from_baseline.as_ref().map(|change| change.verdict);
            let colour = verdict.map_or(INK, colour);
            finite.then_some(Drawn { place, value, ends: (low, high), colour })
        })
        .collect();
    if points.is_empty() {
        return Ok(None);
    }
    let plot = || safe::line(&super::words::title(trend));
    draw(history, trend, &points).map(Some).map_err(|reason| RenderError::Plot { plot: plot(), reason })
}

fn draw(history: &History, trend: &Trend, points: &[Drawn]) -> Result<String, String> {
    let count = history.versions.len();
    let range = trend.range.unwrap_or(Range::Real);
    let baseline = points.iter().find(|point| point.place == history.baseline).map(|point| point.value);
    let margin = trend.margin.map(number::rounded).filter(|margin| margin.is_finite());
    let margins = baseline.zip(margin).map(|(value, margin)| (value - margin, value + margin));
    let values = points.iter().flat_map(|point| [point.value, point.ends.0, point.ends.1]);
    let (low, high) = axis(range, values.chain(margins.into_iter().flat_map(|(low, high)| [low, high])));
    let clamp = |value: f64| value.clamp(low, high);
    let (left, right) = (-0.5, count as f64 - 0.5);
    let width = (STEP * count.min(12) as u32 + 80).max(420);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (width, 230)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(8)
            .margin_right(16)
            // The ring around the best value, at the top of the range, needs more room than a line.
            .margin_top(14)
            .x_label_area_size(28)
            .y_label_area_size(50)
            .build_cartesian_2d(left..right, low..high)
            .map_err(reason)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(5)
            .axis_style(GRID)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .y_label_style(text(&MUTED, HPos::Right))
            .y_label_formatter(&|value| number::short(*value))
            .draw()
            .map_err(reason)?;
        if let Some((bottom, top)) = margins {
            let band = Rectangle::new([(left, clamp(bottom)), (right, clamp(top))], MUTED.mix(0.2).filled());
            chart.draw_series([band]).map_err(reason)?;
        }
        if let Some(value) = baseline {
            let line = [(left, clamp(value)), (right, clamp(value))];
            let dashes = DashedLineSeries::new(line, 5, 4, MUTED.stroke_width(1));
            chart.draw_series(dashes).map_err(reason)?;
        }
        let line = points.iter().map(|point| (point.place as f64, clamp(point.value)));
        chart.draw_series(LineSeries::new(line, ACCENT.stroke_width(2))).map_err(reason)?;
        for point in points {
            let x = point.place as f64;
            let (bottom, top) = (clamp(point.ends.0), clamp(point.ends.1));
            let whisker = PathElement::new([(x, bottom), (x, top)], point.colour.stroke_width(2));
            let ends = [bottom, top]
                .map(|y| PathElement::new([(x - 0.06, y), (x + 0.06, y)], point.colour.stroke_width(2)));
            chart.draw_series([whisker].into_iter().chain(ends)).map_err(reason)?;
            let place = (x, clamp(point.value));
            chart.draw_series([Circle::new(place, 4, point.colour.filled())]).map_err(reason)?;
            if trend.best == Some(point.place) {
                let ring = Circle::new(place, 8, point.colour.stroke_width(2));
                chart.draw_series([ring]).map_err(reason)?;
            }
        }
        let every = count.div_ceil(NAMES).max(1);
        for (place, version) in history.versions.iter().enumerate().filter(|(place, _)| place % every == 0) {
            let (x, y) = chart.backend_coord(&(place as f64, low));
            let name = safe::excerpt(&version.side.name, 12);
            root.draw(&Text::new(name, (x, y + 16), text(&INK, HPos::Center))).map_err(reason)?;
        }
        root.present().map_err(reason)?;
    }
    Ok(svg)
}
