//! Sum: what the questions of a grid come to together.

use super::{
    Metric, NUMBERS, Prepared, Range, Selector, Sources,
    formula::Formula,
    sums::{Sums, check_size},
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The sum over the items of a grid of the mean grade of each: of yes-no answers, Σ P(yes | item).
///
/// Where exactly one of the candidates can be meant, it is 1 for whoever has one in mind (arXiv:2505.10571):
/// necessary, and not sufficient, since a guesser that says yes to one in ten has it, too. Items are told apart by their branches, and each
/// counts with the grades that it has. The interval is Student's t with the cluster-robust standard error; cases have to have the same
/// items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Which grades: of a turn in a fork over items.
    pub of: Selector,
    /// How many samples the fork has of each item.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub samples: u32,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_one(samples: &u32) -> bool {
    *samples == 1
}

impl Metric for Sum {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        match self.samples {
            0 => Err(ConfigError::new("samples", "a fork has at least one sample of each item")),
            _ => Ok(()),
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        self.validate().map_err(|error| error.to_string())?;
        let grades = sources.grades(&self.of, NUMBERS)?;
        let item = |branch: u32| branch / self.samples.max(1);
        let items: BTreeSet<u32> =
            grades.scored.iter().filter_map(|grade| grade.place.branch).map(item).collect();
        if items.is_empty() {
            return Err(format!("`{}` stands in no fork, so there is nothing to add up", self.of));
        }
        let items: Vec<u32> = items.into_iter().collect();
        check_size(grades.clusters(), 2 * items.len())?;
        let mut sums = Sums::new(2 * items.len());
        for grade in &grades.scored {
            let place = grade.place.branch.and_then(|branch| items.binary_search(&item(branch)).ok());
            if let Some(place) = place
                && let Some([sum, n, ..]) = sums.row(grade.cluster, 0).get_mut(2 * place..)
            {
                *sum += grade.value;
                *n += 1.0;
            }
        }
        Prepared::averaged(sums.statistic(1, Arc::new(SumOfMeans)), Range::Real, None)
    }
}

/// The totals are pairs of a sum and the number of grades in it, a pair an item.
struct SumOfMeans;

impl Formula for SumOfMeans {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        totals.chunks_exact(2).try_fold(0.0, |sum, pair| match pair {
            [some, n] if *n > 0.0 => Some(sum + some / n),
            _ => None,
        })
    }

    fn undefined(&self) -> String {
        "an item has no grades".to_owned()
    }

    fn gradient(&self, totals: &[f64], gradient: &mut [f64]) -> Option<()> {
        for (slopes, pair) in gradient.chunks_exact_mut(2).zip(totals.chunks_exact(2)) {
            if let ([by_sum, by_n], [sum, n]) = (slopes, pair)
                && *n > 0.0
            {
                *by_sum = 1.0 / n;
                *by_n = -sum / (n * n);
            }
        }
        self.value(totals).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{Grade, Observation};
    use serde_json::json;

    fn grid(answers: &[&[f64]]) -> Fixture {
        let mut fixture = Fixture::new();
        for (case, row) in (0..).zip(answers) {
            for (branch, yes) in (0..).zip(*row) {
                let place = Place { round: None, branch: Some(branch) };
                let observation =
                    Observation { cluster: case, case, arm: 0, sample: 0, place, grade: Grade::Number(*yes) };
                fixture.enter("s", ValueKind::Flag, observation);
            }
        }
        fixture
    }

    // tests/fixtures/series.py: the mean of the cases' sums with scipy.stats.t, since every case answers every item once.
    #[test]
    fn with_all_answers_it_is_the_mean_of_the_cases_sums() {
        let fixture =
            grid(&[&[1.0, 0.0, 0.0], &[0.0, 1.0, 1.0], &[0.0, 0.0, 0.0], &[1.0, 0.0, 1.0], &[0.0, 0.0, 1.0]]);
        let sum = fixture.estimate(json!({ "m": { "sum": { "of": "s" } } }));
        assert_near(&ends(&sum), &[1.2, 0.16114936631643229, 2.2388506336835676], 1e-9);
    }

    #[test]
    fn samples_of_one_item_are_one_question() {
        // Two items with two samples: 1/2 and 1, in three cases that differ a little.
        let fixture = grid(&[
            &[1.0, 0.0, 1.0, 1.0],
            &[0.0, 1.0, 1.0, 1.0],
            &[1.0, 0.0, 1.0, 1.0],
            &[0.0, 0.0, 1.0, 1.0],
        ]);
        let sum = fixture.estimate(json!({ "m": { "sum": { "of": "s", "samples": 2 } } }));
        assert_near(&[sum.value], &[3.0 / 8.0 + 1.0], 1e-12);
    }

    #[test]
    fn what_is_in_no_fork_is_not_added_up() {
        let fixture = Fixture::new().flags("s", 0, 0, 1, 2);
        let reason = fixture.reason(json!({ "m": { "sum": { "of": "s" } } }));
        assert_eq!(reason, "`s` stands in no fork, so there is nothing to add up");
        assert_eq!(Sum { of: "s".parse().unwrap(), samples: 0 }.validate().unwrap_err().parameter, "samples");
    }
}
