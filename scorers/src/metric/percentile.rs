//! Percentile: how a case goes at its best or worst, averaged over cases.

use super::{
    Metric, NUMBERS, Prepared, Range, Selector, Sources, cells,
    select::{Cell, Grades, Together},
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The percentile over the samples of one case (in one arm and round), averaged over cases.
///
/// Between two grades it is interpolated linearly (definition 7 of Hyndman & Fan 1996,
/// <https://doi.org/10.1080/00031305.1996.10473566>; numpy's default). The interval is Student's t over clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Which grades.
    pub of: Selector,
    /// Which percentile, from 0 to 100; between two grades it is interpolated linearly.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub percent: f64,
}

impl Metric for Percentile {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if (0.0..=100.0).contains(&self.percent) {
            Ok(())
        } else {
            Err(ConfigError::new("percent", format!("{} is not between 0 and 100", self.percent)))
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, NUMBERS)?;
        over_cases(&grades, Range::Real, |cell| sample_percentile(&cell.values, self.percent))
    }
}

/// The mean over cases of a location of their samples; for flags it lies between 0 and 1.
pub(super) fn over_cases(
    grades: &Grades,
    range: Range,
    inner: impl Fn(&Cell) -> Option<f64>,
) -> Result<Prepared, String> {
    let flags = grades.kind == ValueKind::Flag;
    let (range, bounds) = if flags { (Range::Share, Some((0.0, 1.0))) } else { (range, None) };
    cells::mean_over(&grades.cells(Together::Samples), inner, range, bounds, "no case has a grade")
}

/// A percentile (0 to 100) of sorted numbers, interpolated linearly; none of no numbers.
pub(crate) fn sample_percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let place = (percent / 100.0).clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64;
    let below = *sorted.get(place as usize)?;
    let above = sorted.get(place as usize + 1).copied().unwrap_or(below);
    Some(below + (above - below) * place.fract())
}
