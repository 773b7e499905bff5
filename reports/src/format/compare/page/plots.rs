//! Plots of a comparison: differences with their intervals and margins, and curves of both versions over rounds.
//!
//! As in a run's plots, colours stand for roles that the style sheet fills, coordinates are whole pixels, and numbers
//! are rounded first.

use crate::{
    compare::{MetricComparison, SeriesPoint, Verdict, Versus},
    format::{
        RenderError,
        compare::metrics,
        html::plots::{ACCENT, AXIS, BAD, GOOD, GRID, INK, MOST_ROWS, MUTED, ROW, reason, short_id, text},
        number, safe,
    },
    summary::family_of,
};
use indexmap::IndexMap;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use scorers::metric::Range;
use std::collections::BTreeMap;

/// Pixels to the right of the axis, for the verdicts.
const VERDICTS: u32 = 90;

/// One figure.
pub(super) struct Plot {
    /// `forest` or `curve`: the class of its figure.
    pub(super) kind: &'static str,
    pub(super) caption: String,
    /// A whole `svg` element; every text in it is escaped.
    pub(super) svg: String,
}

/// One difference.
struct Row {
    label: String,
    value: f64,
    ends: Option<(f64, f64)>,
    margin: Option<f64>,
    verdict: Verdict,
    gated: bool,
    unit: Unit,
}

/// Differences that can share an axis. The others are told apart by their powers of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Shares,
    Upto1,
    Upto10,
    Upto100,
    More,
}

impl Unit {
    fn words(self) -> &'static str {
        match self {
            Self::Shares => "differences of shares",
            Self::Upto1 => "other differences, up to 1",
            Self::Upto10 => "other differences, up to 10",
            Self::Upto100 => "other differences, up to 100",
            Self::More => "other differences, beyond 100",
        }
    }
}

impl Row {
    /// `probe` is what the label calls it.
    fn of(probe: &str, name: &str, metric: &MetricComparison) -> Option<Self> {
        let numbers = metric.numbers()?;
        let rounded = |(low, high): (f64, f64)| (number::rounded(low), number::rounded(high));
        let mut row = Self {
            label: format!(
                "{}{}",
                if metric.standing.is_gated() { "◆ " } else { "" },
                safe::excerpt(&format!("{probe} · {name}"), 56)
            ),
            value: number::rounded(numbers.difference.value),
            ends: numbers.difference.ends().map(rounded),
            margin: metric.margin.map(number::rounded),
            verdict: metric.verdict,
            gated: metric.standing.is_gated(),
            unit: Unit::Shares,
        };
        if !matches!(metric.range, Some(Range::Share | Range::ShareDifference)) {
            row.unit = match row.extent() {
                extent if extent <= 1.0 => Unit::Upto1,
                extent if extent <= 10.0 => Unit::Upto10,
                extent if extent <= 100.0 => Unit::Upto100,
                _ => Unit::More,
            };
        }
        Some(row)
    }

    /// The largest distance from 0 that has to be drawn.
    fn extent(&self) -> f64 {
        let ends = self.ends.into_iter().flat_map(|(low, high)| [low, high]);
        let all = ends.chain(self.margin).chain([self.value]).filter(|value| value.is_finite());
        all.map(f64::abs).fold(0.0, f64::max)
    }
}

/// The figures of one head.
pub(super) struct Figures {
    /// The differences of the metrics that the policy names, all families together.
    pub(super) gated: Vec<Plot>,
    /// The differences of the judged metrics of each family, gated ones first, by its name.
    pub(super) families: IndexMap<String, Vec<Plot>>,
    /// Curves of both versions over rounds.
    pub(super) curves: Vec<Plot>,
}

pub(super) fn of_head(versus: &Versus) -> Result<Figures, RenderError> {
    let mut families: IndexMap<&str, Vec<Row>> = IndexMap::new();
    let mut gated = Vec::new();
    for (probe, name, metric) in metrics(versus).filter(|(.., metric)| metric.standing.is_judged()) {
        families.entry(family_of(probe)).or_default().extend(Row::of(short_id(probe), name, metric));
        gated.extend(Row::of(probe, name, metric).filter(|row| row.gated));
    }
    let mut figures =
        Figures { gated: forests("gated", gated)?, families: IndexMap::new(), curves: Vec::new() };
    for (family, mut rows) in families {
        rows.sort_by_key(|row| !row.gated);
        figures.families.insert(family.to_owned(), forests(&safe::line(family), rows)?);
    }
    for (probe, name, metric) in metrics(versus) {
        let series = metric.numbers().map_or(&[][..], |numbers| numbers.series.as_slice());
        if series.len() < 2 {
            continue;
        }
        let caption = safe::line(&format!("{probe} · {name} over rounds"));
        let svg = curve(series, metric.range)
            .map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
        figures.curves.push(Plot { kind: "curve", caption, svg });
    }
    Ok(figures)
}

/// Rows in their order, a plot for those that can share an axis.
fn forests(what: &str, rows: Vec<Row>) -> Result<Vec<Plot>, RenderError> {
    let mut units: BTreeMap<Unit, Vec<Row>> = BTreeMap::new();
    for row in rows {
        units.entry(row.unit).or_default().push(row);
    }
    let plot = |(unit, mut rows): (Unit, Vec<Row>)| {
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let more = if left_out > 0 { format!(" ({left_out} more in the table)") } else { String::new() };
        let caption = format!("{what}: {}{more}", unit.words());
        let svg = forest(&rows).map_err(|reason| RenderError::Plot { plot: caption.clone(), reason })?;
        Ok(Plot { kind: "forest", caption, svg })
    };
    units.into_iter().map(plot).collect()
}

/// The colour of a verdict.
pub(in crate::format) fn colour(verdict: Verdict) -> RGBColor {
    match verdict {
        Verdict::Improved | Verdict::Gained => GOOD,
        Verdict::Regressed | Verdict::Changed => BAD,
        Verdict::Equivalent | Verdict::NotWorse => ACCENT,
        Verdict::Open | Verdict::Slipped | Verdict::Shifted | Verdict::Exploration => MUTED,
    }
}

fn forest(rows: &[Row]) -> Result<String, String> {
    let height = ROW * rows.len() as u32 + 44;
    let longest = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let labels = (longest as u32 * 7 + 24).max(90);
    let extent = rows.iter().map(Row::extent).fold(0.0, f64::max);
    let extent = if extent > 1e-9 { extent * 1.05 } else { 1.0 };
    let is_shares = rows.first().is_some_and(|row| row.unit == Unit::Shares);
    let extent = if is_shares { extent.min(1.0) } else { extent };
    let clamp = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(-extent, extent) };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (labels + AXIS + VERDICTS, height)).into_drawing_area();
        let bottom = rows.len() as f64 - 0.5;
        let mut chart = ChartBuilder::on(&root)
            .margin_top(6)
            .margin_right(24 + VERDICTS)
            .margin_bottom(4)
            .x_label_area_size(32)
            .y_label_area_size(labels)
            .build_cartesian_2d(-extent..extent, bottom..-0.5)
            .map_err(reason)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(7)
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
        let zero = PathElement::new([(0.0, bottom), (0.0, -0.5)], MUTED);
        chart.draw_series([zero]).map_err(reason)?;
        for (index, row) in (0..).zip(rows) {
            let (y, value, colour) = (f64::from(index), clamp(row.value), colour(row.verdict));
            if let Some((low, high)) = row.ends {
                let line = PathElement::new([(clamp(low), y), (clamp(high), y)], colour.stroke_width(2));
                let ends = [low, high].map(|x| {
                    PathElement::new([(clamp(x), y - 0.16), (clamp(x), y + 0.16)], colour.stroke_width(2))
                });
                chart.draw_series([line].into_iter().chain(ends)).map_err(reason)?;
            }
            chart.draw_series([Circle::new((value, y), 4, colour.filled())]).map_err(reason)?;
            let (_, pixel) = chart.backend_coord(&(0.0, y));
            let place = (labels as i32 - 10, pixel);
            root.draw(&Text::new(row.label.clone(), place, text(&INK, HPos::Right))).map_err(reason)?;
            let place = ((labels + AXIS - 12) as i32, pixel);
            let style = text(&colour, HPos::Left);
            root.draw(&Text::new(row.verdict.word(), place, style)).map_err(reason)?;
        }
        root.present().map_err(reason)?;
    }
    Ok(svg)
}

fn curve(series: &[SeriesPoint], range: Option<Range>) -> Result<String, String> {
    let points: Vec<Finite> = series.iter().filter_map(finite).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(String::new()) };
    let band = points.iter().filter_map(|point| point.3).flat_map(|(low, high)| [low, high]);
    let values = points.iter().flat_map(|point| [point.1, point.2]).chain(band);
    let (low, high) = crate::format::html::plots::axis(range.unwrap_or(Range::Real), values);
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
        let inside: Vec<(f64, (f64, f64))> =
            points.iter().filter_map(|point| Some((point.0, point.3?))).collect();
        let upper = inside.iter().map(|(round, (_, high))| (*round, clamp(*high)));
        let lower = inside.iter().rev().map(|(round, (low, _))| (*round, clamp(*low)));
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        if band.len() > 2 {
            chart.draw_series([Polygon::new(band, ACCENT.mix(0.18))]).map_err(reason)?;
        }
        let base = points.iter().map(|point| (point.0, clamp(point.1)));
        let dashes = DashedLineSeries::new(base.clone(), 5, 4, MUTED.stroke_width(2));
        chart.draw_series(dashes).map_err(reason)?;
        chart.draw_series(base.map(|place| Circle::new(place, 3, MUTED.filled()))).map_err(reason)?;
        let head = points.iter().map(|point| (point.0, clamp(point.2)));
        chart.draw_series(LineSeries::new(head.clone(), ACCENT.stroke_width(2))).map_err(reason)?;
        chart.draw_series(head.map(|place| Circle::new(place, 3, ACCENT.filled()))).map_err(reason)?;
        root.present().map_err(reason)?;
    }
    Ok(svg)
}

/// Round, base, head, and the ends of the interval of the difference.
type Finite = (f64, f64, f64, Option<(f64, f64)>);

/// Round, base, head, and the interval of the difference laid at the base; none where a value is not finite.
fn finite(point: &SeriesPoint) -> Option<Finite> {
    let [base, head] = [point.base, point.head].map(number::rounded);
    let band = point.interval.map(|(low, high)| (number::rounded(base + low), number::rounded(base + high)));
    let band = band.filter(|(low, high)| low.is_finite() && high.is_finite());
    (base.is_finite() && head.is_finite()).then_some((f64::from(point.round), base, head, band))
}
