//! Tables for tests.

use super::{Column, Estimate, Grade, MetricConfig, MetricResult, Observation, Table, estimate_all};
use crate::{Place, ValueKind};
use indexmap::IndexMap;

/// A table in the making. Clusters are cases unless said otherwise.
pub(super) struct Fixture(pub(super) Table);

impl Fixture {
    /// One arm without a name.
    pub(super) fn new() -> Self {
        Self::arms(&[""])
    }

    pub(super) fn arms(names: &[&str]) -> Self {
        Self(Table { arms: names.iter().map(|name| (*name).to_owned()).collect(), ..Table::default() })
    }

    /// Enters one grade as it is.
    pub(super) fn enter(&mut self, score: &str, kind: ValueKind, observation: Observation) {
        self.0.clusters = self.0.clusters.max(observation.cluster + 1);
        let column = self.0.columns.entry(score.to_owned()).or_insert_with(|| Column::new(kind));
        column.observations.push(observation);
    }

    /// Enters grades of one case in one arm, a sample each.
    pub(super) fn case(
        mut self,
        score: &str,
        kind: ValueKind,
        case: u32,
        arm: u32,
        grades: &[Grade],
    ) -> Self {
        for (grade, sample) in grades.iter().zip(0..) {
            let observation =
                Observation { cluster: case, case, arm, sample, place: Place::default(), grade: *grade };
            self.enter(score, kind, observation);
        }
        self
    }

    /// The same for numbers.
    pub(super) fn numbers(self, score: &str, case: u32, arm: u32, numbers: &[f64]) -> Self {
        let grades: Vec<Grade> = numbers.iter().copied().map(Grade::Number).collect();
        self.case(score, ValueKind::Number, case, arm, &grades)
    }

    /// The same for flags: so many true ones among so many.
    pub(super) fn flags(self, score: &str, case: u32, arm: u32, yes: usize, n: usize) -> Self {
        let grades: Vec<Grade> =
            (0..n).map(|sample| Grade::Number(f64::from(u8::from(sample < yes)))).collect();
        self.case(score, ValueKind::Flag, case, arm, &grades)
    }

    /// The same for labels, by index.
    pub(super) fn labels(self, score: &str, case: u32, arm: u32, labels: &[u32]) -> Self {
        let grades: Vec<Grade> = labels.iter().copied().map(Grade::Label).collect();
        self.case(score, ValueKind::Label, case, arm, &grades)
    }

    /// Estimates metrics written as JSON.
    pub(super) fn results(&self, metrics: serde_json::Value) -> IndexMap<String, MetricResult> {
        let metrics: IndexMap<String, MetricConfig> = serde_json::from_value(metrics).unwrap();
        estimate_all(&metrics, &self.0, 7)
    }

    /// The estimate of the metric `m` among metrics written as JSON.
    pub(super) fn estimate(&self, metrics: serde_json::Value) -> Estimate {
        match self.results(metrics).swap_remove("m") {
            Some(MetricResult::Estimated(estimate)) => estimate,
            other => panic!("no estimate: {other:?}"),
        }
    }

    /// Why there is no estimate, or no interval, of the metric `m`.
    pub(super) fn reason(&self, metrics: serde_json::Value) -> String {
        match self.results(metrics).swap_remove("m") {
            Some(MetricResult::Unavailable { reason, .. }) => reason,
            Some(MetricResult::ValueOnly(known)) => known.reason,
            other => panic!("there is an estimate: {other:?}"),
        }
    }
}

/// Whether numbers agree to a relative or absolute difference of `within`.
#[track_caller]
pub(super) fn assert_near(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (one, other) in found.iter().zip(expected) {
        assert!((one - other).abs() <= within * other.abs().max(1.0), "{found:?} is not near {expected:?}");
    }
}

/// Value, low and high.
pub(super) fn ends(estimate: &Estimate) -> [f64; 3] {
    [estimate.value, estimate.low, estimate.high]
}
