//! The figures of a run: the estimates of a family with their intervals, and curves over rounds.

use crate::{
    format::{
        RenderError, number,
        plot::{ACCENT, Curve, Forest, Line, MOST_ROWS, Plot, Row, axis},
        safe,
    },
    summary::{ProbeSummary, family_of},
};
use scorers::metric::{Estimate, MetricResult, Point, Range};

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
        let panel = estimates.iter().filter(|(_, estimate)| panel(estimate.range) == what);
        let rows: Vec<(Row, Range)> =
            panel.map(|(label, estimate)| (row(label, estimate), estimate.range)).take(MOST_ROWS).collect();
        if let Some((_, range)) = rows.first() {
            let caption = format!("{}: {what}, with 95 % intervals", safe::line(family));
            plots.push(Plot::of_forest(caption, &forest(*range, rows))?);
        }
    }
    for (label, estimate) in estimates.iter().filter(|(_, estimate)| estimate.series.len() > 1) {
        plots.push(Plot::of_curve(format!("{} over rounds", safe::line(label)), &curve(estimate))?);
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

fn row(label: &str, estimate: &Estimate) -> Row {
    let ends = (number::rounded(estimate.low), number::rounded(estimate.high));
    Row { ends: Some(ends), ..Row::new(safe::excerpt(label, 46), number::rounded(estimate.value)) }
}

fn forest(range: Range, rows: Vec<(Row, Range)>) -> Forest {
    let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
    let values = rows.iter().flat_map(|row| {
        [Some(row.value), row.ends.map(|(low, _)| low), row.ends.map(|(_, high)| high)].into_iter().flatten()
    });
    Forest { axis: axis(range, values), ticks: 6, neutral: number::neutral(range), words: 0, rows }
}

fn curve(estimate: &Estimate) -> Curve {
    let points: Vec<(f64, f64, f64, f64)> = estimate.series.iter().filter_map(finite).collect();
    let axis = axis(estimate.range, points.iter().flat_map(|point| [point.1, point.2, point.3]));
    let line = points.iter().map(|point| (point.0, point.1)).collect();
    let band = points.iter().map(|point| (point.0, (point.2, point.3))).collect();
    Curve { lines: vec![Line { points: line, colour: ACCENT, dashed: false }], band, axis }
}

/// Round, value, low and high, rounded; none where one of them is not finite.
fn finite(point: &Point) -> Option<(f64, f64, f64, f64)> {
    let [value, low, high] = [point.value, point.low, point.high].map(number::rounded);
    let all = [value, low, high].iter().all(|number| number.is_finite());
    all.then(|| (f64::from(point.round), value, low, high))
}
