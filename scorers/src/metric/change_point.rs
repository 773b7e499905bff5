//! Change point: the round from which a measure is another.

use super::{
    Metric, NUMBERS, Prepared, Range, Selector, Sources,
    formula::Formula,
    mean,
    sums::{Sums, check_size},
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The first round after a measure has changed: of all ways to cut the rounds in two, the one that leaves the least squares around the two
/// means, which is the likeliest one where noise is normal (Hinkley 1970, doi:10.1093/biomet/57.1.1).
///
/// The interval is a cluster bootstrap; where every resample changes in the same round, the round is given without one. There always is such a round, also where the measure only drifts, or nothing changes: the interval is
/// wide then, and the curve shows it. A `contrast` of the rounds before and after says whether they differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePoint {
    /// Which grades; they must have rounds, so the selector names none.
    pub of: Selector,
}

impl Metric for ChangePoint {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        match self.of.round {
            None => Ok(()),
            Some(_) => {
                Err(ConfigError::new("of", "a change point needs all rounds, so the selector names none"))
            }
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        self.validate().map_err(|error| error.to_string())?;
        let grades = sources.grades(&self.of, NUMBERS)?;
        let rounds: Vec<u32> = grades.by_round().into_keys().collect();
        if rounds.len() < 3 {
            return Err(format!(
                "a change point needs at least 3 rounds, and `{}` has {}",
                self.of,
                rounds.len()
            ));
        }
        check_size(grades.clusters(), 2 * rounds.len())?;
        let mut sums = Sums::new(2 * rounds.len());
        for grade in &grades.scored {
            let place = grade.place.round.and_then(|round| rounds.binary_search(&round).ok());
            if let Some(place) = place
                && let Some([sum, n, ..]) = sums.row(grade.cluster, 0).get_mut(2 * place..)
            {
                *sum += grade.value;
                *n += 1.0;
            }
        }
        let statistic = sums.statistic(1, Arc::new(TwoMeans { rounds }));
        let mut change = Prepared::resampled(statistic, Range::Positive)?;
        change.series = Prepared::by_round(&grades, &self.of, mean::mean)?.series;
        Ok(change)
    }
}

/// The totals are pairs of a sum and the number of grades in it, a pair a round.
struct TwoMeans {
    rounds: Vec<u32>,
}

impl Formula for TwoMeans {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let (mut all, mut of_all) = (0.0, 0.0);
        for pair in totals.chunks_exact(2) {
            if let [sum, n] = pair {
                all += sum;
                of_all += n;
            }
        }
        let mut best: Option<(f64, u32)> = None;
        let (mut before, mut of_before) = (0.0, 0.0);
        for (pair, round) in totals.chunks_exact(2).zip(&self.rounds) {
            let (after, of_after) = (all - before, of_all - of_before);
            if of_before > 0.0 && of_after > 0.0 {
                let apart = before / of_before - after / of_after;
                // The squares that the cut explains.
                let explained = apart * apart * of_before * of_after / of_all;
                // Rounding must not decide between cuts that explain the same: the first one counts.
                let better = best.is_none_or(|(most, _)| explained > most * (1.0 + 1e-12));
                if explained > 0.0 && better {
                    best = Some((explained, *round));
                }
            }
            if let [sum, n] = pair {
                before += sum;
                of_before += n;
            }
        }
        best.map(|(_, round)| f64::from(round))
    }

    fn undefined(&self) -> String {
        "the measure is the same in all rounds".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use crate::metric::fixture::{Fixture, assert_near};
    use crate::metric::{Grade, MetricResult, Observation};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use serde_json::json;

    // tests/fixtures/series.py: the least squares of all cuts, by brute force over single grades.
    #[test]
    fn as_by_brute_force() {
        let change = TwoMeans { rounds: vec![1, 2, 3, 4, 5, 6] };
        let totals = [9.0, 10.0, 8.5, 10.0, 9.5, 10.0, 5.0, 10.0, 2.0, 5.0, 2.5, 5.0];
        assert_near(&[change.value(&totals).unwrap()], &[4.0], 0.0);
        let rising = [1.0, 4.0, 2.0, 4.0, 3.0, 4.0, 4.0, 4.0, 9.0, 4.0, 9.5, 4.0];
        assert_near(&[change.value(&rising).unwrap()], &[5.0], 0.0);
        assert_eq!(change.value(&[2.0, 4.0, 1.0, 2.0, 2.0, 4.0, 2.0, 4.0, 1.0, 2.0, 0.5, 1.0]), None);
    }

    fn drawn(random: &mut ChaCha8Rng, change: u32) -> Fixture {
        let mut fixture = Fixture::new();
        for (cluster, round) in (0..30).flat_map(|cluster| (1..=8).map(move |round| (cluster, round))) {
            let value = if round < change { 0.4 } else { 0.0 } + random.random::<f64>() * 2.0;
            let place = Place { round: Some(round), branch: None };
            let grade = Grade::Number(value);
            let observation = Observation { cluster, case: cluster, arm: 0, sample: 0, place, grade };
            fixture.enter("s", ValueKind::Number, observation);
        }
        fixture
    }

    #[test]
    fn intervals_hold_the_round() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let metric = json!({ "m": { "change_point": { "of": "s" } } });
        let (mut held, mut sharp) = (0, 0);
        for run in 0..60 {
            let change = 3 + run % 4;
            let truth = f64::from(change);
            match &drawn(&mut random, change).results(metric.clone())["m"] {
                MetricResult::Estimated(found) => {
                    held += u32::from(found.low <= truth && truth <= found.high)
                }
                // Every resample changes in one round.
                MetricResult::ValueOnly(found) => sharp += u32::from((found.value - truth).abs() < 0.5),
                MetricResult::Unavailable { reason, .. } => panic!("{reason}"),
            }
        }
        assert!(
            held > 40 && held + sharp >= 55,
            "{held} of 60 intervals hold the round, and {sharp} are sharp"
        );
    }

    #[test]
    fn two_rounds_are_too_few() {
        let mut fixture = Fixture::new();
        for round in 1..=2 {
            let place = Place { round: Some(round), branch: None };
            let grade = Grade::Number(1.0);
            fixture.enter(
                "s",
                ValueKind::Number,
                Observation { cluster: 0, case: 0, arm: 0, sample: 0, place, grade },
            );
        }
        let reason = fixture.reason(json!({ "m": { "change_point": { "of": "s" } } }));
        assert_eq!(reason, "a change point needs at least 3 rounds, and `s` has 2");
        assert_eq!(ChangePoint { of: "s#1".parse().unwrap() }.validate().unwrap_err().parameter, "of");
    }
}
