//! Percentile: how a case goes at its best or worst, averaged over cases.

use super::{
    Metric, NUMBERS, Prepared, Range, Selector, Sources, cells,
    select::{Cell, Grades, Together},
    sorted::sample_percentile,
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
        over_cases(&grades, &self.of, Range::Real, |cell| sample_percentile(&cell.values, self.percent))
    }
}

/// The mean over cases of a location of their samples; for flags it lies between 0 and 1.
pub(super) fn over_cases(
    grades: &Grades,
    of: &Selector,
    range: Range,
    inner: impl Fn(&Cell) -> Option<f64>,
) -> Result<Prepared, String> {
    let flags = grades.kind == ValueKind::Flag;
    let (range, bounds) = match range {
        _ if flags => (Range::Share, Some((0.0, 1.0))),
        Range::Positive => (range, Some((0.0, f64::INFINITY))),
        _ => (range, None),
    };
    Prepared::by_round(grades, of, |grades| {
        cells::mean_over(&grades.cells(Together::Samples), &inner, range, bounds, "no case has a grade")
    })
}

/// From so many samples a case on its best and worst tenth say something that its mean does not: of two samples, the
/// 90th percentile is the mean and four tenths of their distance.
pub(super) const LEAST_SAMPLES: u32 = 8;

/// Whether any case has samples enough for its best or worst tenth.
///
/// # Errors
/// When none has, saying how many there are.
pub(super) fn check_samples(grades: &Grades, of: &Selector) -> Result<(), String> {
    let most = cells::most_draws(&grades.cells(Together::Samples));
    if most >= f64::from(LEAST_SAMPLES) {
        return Ok(());
    }
    Err(format!(
        "`{of}` has {most} samples a case at most, and with fewer than {LEAST_SAMPLES} their best and worst tenth hang on their mean and on how many cases are split"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::{Fixture, assert_near};
    use serde_json::json;

    #[test]
    fn percentiles_are_taken_within_cases_and_then_averaged() {
        let fixture = Fixture::new()
            .numbers("s", 0, 0, &[0.0, 10.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0])
            .numbers("s", 1, 0, &[100.0])
            .numbers("s", 2, 0, &[20.0, 40.0]);
        let results = fixture.results(json!({
            "m": { "percentile": { "of": "s", "percent": 50 } },
            "best": { "aptitude": { "of": "s" } },
            "spread": { "unreliability": { "of": "s" } },
        }));
        let value = |name: &str| match &results[name] {
            crate::metric::MetricResult::Estimated(estimate) => (estimate.value, estimate.clusters),
            other => panic!("{other:?}"),
        };
        let short = Fixture::new().numbers("s", 0, 0, &[1.0; 7]).numbers("s", 1, 0, &[2.0; 7]);
        assert!(short.reason(json!({ "m": { "aptitude": { "of": "s" } } })).starts_with("`s` has 7 samples"));
        assert_near(&[value("m").0], &[(5.0 + 100.0 + 30.0) / 3.0], 1e-12);
        // numpy.percentile of the nine samples: 6 and 4.
        assert_near(&[value("best").0], &[(6.0 + 100.0 + 38.0) / 3.0], 1e-12);
        // One sample has no spread: the middle case is left out.
        assert_near(&[value("spread").0], &[(2.0 + 16.0) / 2.0], 1e-12);
        assert_eq!((value("best").1, value("spread").1), (3, 2));
    }

    #[test]
    fn flags_that_are_all_equal_keep_a_width() {
        let fixture = (0..10).fold(Fixture::new(), |table, case| table.flags("s", case, 0, 8, 8));
        let found = fixture.estimate(json!({ "m": { "aptitude": { "of": "s" } } }));
        // statsmodels.stats.proportion.proportion_confint(10, 10, method="wilson")
        assert_near(&[found.low, found.high], &[0.7224672001371107, 1.0], 1e-12);
    }

    #[test]
    fn a_percentage_beyond_hundred_is_an_error() {
        let percentile = Percentile { of: "s".parse().unwrap(), percent: 101.0 };
        assert_eq!(percentile.validate().unwrap_err().to_string(), "101 is not between 0 and 100");
    }
}
