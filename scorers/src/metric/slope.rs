//! Slope: by how much a measure rises or falls from round to round.

use super::{Metric, NUMBERS, Prepared, Range, Selector, Sources, formula::Formula, mean, sums::Sums};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Change per round: the slope of the least-squares line through all grades over the numbers of their rounds.
///
/// The interval is Student's t with clusters - 1 degrees of freedom and the cluster-robust standard error, so that it does not matter how
/// the rounds of one case resemble each other. A measure that changes at once and then stays has a slope, too: look at the curve, and at
/// `change_point`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slope {
    /// Which grades; they must have rounds, so the selector names none.
    pub of: Selector,
}

impl Metric for Slope {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        match self.of.round {
            None => Ok(()),
            Some(_) => Err(ConfigError::new("of", "a slope needs all rounds, so the selector names none")),
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        self.validate().map_err(|error| error.to_string())?;
        let grades = sources.grades(&self.of, NUMBERS)?;
        let rounds: Vec<u32> = grades.by_round().into_keys().collect();
        let (Some(first), true) = (rounds.first(), rounds.len() >= 2) else {
            return Err(format!("a slope needs at least 2 rounds, and `{}` has {}", self.of, rounds.len()));
        };
        let mut sums = Sums::new(WIDTH);
        for grade in &grades.scored {
            let Some(round) = grade.place.round else { continue };
            // Counted from the first round, so that squares stay small.
            let x = f64::from(round.saturating_sub(*first));
            let terms = [1.0, x, grade.value, x * x, x * grade.value];
            sums.row(grade.cluster, 0).iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        let mut slope = Prepared::averaged(sums.statistic(1, Arc::new(LeastSquares)), Range::Real, None)?;
        slope.series = Prepared::by_round(&grades, &self.of, mean::mean)?.series;
        Ok(slope)
    }
}

/// n, Σx, Σy, Σx², Σxy.
const WIDTH: usize = 5;

struct LeastSquares;

impl Formula for LeastSquares {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let [n, x, y, xx, xy] = totals else { return None };
        let spread = n * xx - x * x;
        // Grades that all lie in one round have no slope.
        (spread > 1e-9 * n * xx).then(|| (n * xy - x * y) / spread).filter(|slope| slope.is_finite())
    }

    fn undefined(&self) -> String {
        "all grades lie in one round".to_owned()
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        let slope = self.value(totals)?;
        let [n, x, y, xx, xy] = totals else { return None };
        let spread = n * xx - x * x;
        let slopes = [
            (xy - slope * xx) / spread,
            (2.0 * slope * x - y) / spread,
            -x / spread,
            -slope * n / spread,
            n / spread,
        ];
        gradient.iter_mut().zip(slopes).for_each(|(place, slope)| *place = slope);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{Grade, MetricResult, Observation};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use serde_json::json;

    fn entered(kind: ValueKind, grades: impl IntoIterator<Item = (u32, u32, f64)>) -> Fixture {
        let mut fixture = Fixture::new();
        for (cluster, round, value) in grades {
            let place = Place { round: Some(round), branch: None };
            let grade = Grade::Number(value);
            fixture.enter("s", kind, Observation { cluster, case: cluster, arm: 0, sample: 0, place, grade });
        }
        fixture
    }

    // tests/fixtures/series.py: numpy.polyfit, and the cluster-robust standard error by its formula with G / (G - 1).
    #[test]
    fn as_in_numpy() {
        let values = [
            [3.0, 2.5, 2.0, 1.0],
            [4.0, 4.0, 3.5, 3.0],
            [2.0, 2.5, 1.5, 1.0],
            [5.0, 3.0, 2.0, 2.5],
            [3.5, 3.0, 3.5, 2.0],
        ];
        let grades = (0..)
            .zip(values)
            .flat_map(|(cluster, row)| (1..).zip(row).map(move |(round, value)| (cluster, round, value)));
        let slope = entered(ValueKind::Number, grades).estimate(json!({ "m": { "slope": { "of": "s" } } }));
        assert_near(&ends(&slope), &[-0.5300000000000006, -0.795582612218718, -0.2644173877812832], 1e-9);
        assert_eq!(slope.series.len(), 4);
    }

    #[test]
    fn what_has_no_rounds_has_no_slope() {
        let metric = json!({ "m": { "slope": { "of": "s" } } });
        let one = entered(ValueKind::Number, [(0, 2, 1.0), (1, 2, 3.0)]);
        assert_eq!(one.reason(metric), "a slope needs at least 2 rounds, and `s` has 1");
        assert_eq!(Slope { of: "s#1".parse().unwrap() }.validate().unwrap_err().parameter, "of");
    }

    /// Cases that differ in level and in slope: the truth is the mean slope.
    #[test]
    fn intervals_hold_the_truth() {
        const RUNS: u32 = 300;
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let (mut held, mut without) = (0, 0);
        for _ in 0..RUNS {
            let mut grades = Vec::new();
            for cluster in 0..40 {
                let (level, own): (f64, f64) = (random.random::<f64>() * 4.0, random.random::<f64>() - 0.5);
                for round in 1..=5 {
                    let noise = random.random::<f64>() - 0.5;
                    grades.push((cluster, round, level + (own - 0.3) * f64::from(round) + noise));
                }
            }
            match &entered(ValueKind::Number, grades).results(json!({ "m": { "slope": { "of": "s" } } }))["m"]
            {
                MetricResult::Estimated(slope) => held += u32::from(slope.low <= -0.3 && -0.3 <= slope.high),
                // By chance, few cases lie far from the others.
                _ => without += 1,
            }
        }
        assert!(without < RUNS / 20, "{without} of {RUNS} have no interval");
        let share = 100.0 * f64::from(held) / f64::from(RUNS - without);
        assert!((91.0..=98.5).contains(&share), "{share} % of intervals hold the truth");
    }
}
