//! The figures of a comparison: differences with their intervals and margins, and curves of both versions over rounds.

use crate::{
    compare::{MetricComparison, SeriesPoint, Verdict, Versus},
    format::{
        RenderError,
        compare::metrics,
        html::plots::short_id,
        number,
        plot::{ACCENT, BAD, Curve, Forest, GOOD, Line, MOST_ROWS, MUTED, Plot, Row, axis},
        safe,
    },
    summary::family_of,
};
use indexmap::IndexMap;
use plotters::style::RGBColor;
use scorers::metric::Range;
use std::collections::BTreeMap;

/// Pixels to the right of the axis, for the verdicts.
const VERDICTS: u32 = 90;

/// One difference.
struct Difference {
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

impl Difference {
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
    let mut families: IndexMap<&str, Vec<Difference>> = IndexMap::new();
    let mut gated = Vec::new();
    for (probe, name, metric) in metrics(versus).filter(|(.., metric)| metric.standing.is_judged()) {
        families.entry(family_of(probe)).or_default().extend(Difference::of(short_id(probe), name, metric));
        gated.extend(Difference::of(probe, name, metric).filter(|row| row.gated));
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
        figures.curves.push(Plot::of_curve(caption, &curve(series, metric.range))?);
    }
    Ok(figures)
}

/// Rows in their order, a plot for those that can share an axis.
fn forests(what: &str, rows: Vec<Difference>) -> Result<Vec<Plot>, RenderError> {
    let mut units: BTreeMap<Unit, Vec<Difference>> = BTreeMap::new();
    for row in rows {
        units.entry(row.unit).or_default().push(row);
    }
    let plot = |(unit, mut rows): (Unit, Vec<Difference>)| {
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let more = if left_out > 0 { format!(" ({left_out} more in the table)") } else { String::new() };
        let caption = format!("{what}: {}{more}", unit.words());
        Plot::of_forest(caption, &forest(rows))
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

fn forest(rows: Vec<Difference>) -> Forest {
    let extent = rows.iter().map(Difference::extent).fold(0.0, f64::max);
    let extent = if extent > 1e-9 { extent * 1.05 } else { 1.0 };
    let is_shares = rows.first().is_some_and(|row| row.unit == Unit::Shares);
    let extent = if is_shares { extent.min(1.0) } else { extent };
    let row = |Difference { label, value, ends, margin, verdict, .. }: Difference| {
        let (colour, word) = (colour(verdict), Some(verdict.word()));
        Row { ends, margin, colour, word, ..Row::new(label, value) }
    };
    let rows = rows.into_iter().map(row).collect();
    Forest { rows, axis: (-extent, extent), ticks: 7, neutral: Some(0.0), words: VERDICTS }
}

fn curve(series: &[SeriesPoint], range: Option<Range>) -> Curve {
    let points: Vec<Finite> = series.iter().filter_map(finite).collect();
    let ends = points.iter().filter_map(|point| point.3).flat_map(|(low, high)| [low, high]);
    let values = points.iter().flat_map(|point| [point.1, point.2]).chain(ends);
    let axis = axis(range.unwrap_or(Range::Real), values);
    let base = points.iter().map(|point| (point.0, point.1)).collect();
    let head = points.iter().map(|point| (point.0, point.2)).collect();
    let lines = vec![
        Line { points: base, colour: MUTED, dashed: true },
        Line { points: head, colour: ACCENT, dashed: false },
    ];
    Curve { lines, band: points.iter().filter_map(|point| Some((point.0, point.3?))).collect(), axis }
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
