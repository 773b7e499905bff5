//! Mean: the average of grades that are numbers.

use super::{
    Metric, NUMBERS, Prepared, Range, Selector, Sources,
    cluster::{MeanOf, Sums},
    rate,
    select::Grades,
};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The average of the scored grades, and its curve where there are rounds.
///
/// The interval is Student's t with clusters - 1 degrees of freedom and the cluster-robust standard error (see
/// [`super::cluster::Statistic::standard_error`]). Flags count as 0 or 1 and are treated as a rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mean {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Mean {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        let grades = sources.grades(&self.of, NUMBERS)?;
        let mut whole = mean(&grades)?;
        if self.of.round.is_none() {
            for round in grades.rounds() {
                let grades = grades.of_round(round);
                whole.series.push((round, grades.scored.len() as u64, mean(&grades)?));
            }
        }
        Ok(whole)
    }
}

fn mean(grades: &Grades) -> Result<Prepared, String> {
    if grades.kind == ValueKind::Flag {
        return rate::share(grades);
    }
    let mut sums = Sums::new(2);
    for grade in &grades.scored {
        if let [sum, count] = sums.row(grade.cluster, 0) {
            *sum += grade.value;
            *count += 1.0;
        }
    }
    Prepared::averaged(sums.statistic(1, Arc::new(MeanOf)), Range::Real, None)
}
