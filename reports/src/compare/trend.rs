//! What a history comes to: versions, and every metric over them. How it is computed stands in `history.rs`.

use super::{
    comparability::Comparability,
    result::{Direction, Quantity, Settings, SideSummary, TrialPairs, VerdictTally},
    word::Verdict,
};
use scorers::metric::{MetricResult, Range};
use serde::{Deserialize, Serialize};

/// Version of a history's serialized form; raised when an old reader would misread it.
pub const HISTORY_VERSION: u32 = 2;

/// Several records of one model over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// [`HISTORY_VERSION`] when written.
    pub format: u32,
    /// How changes were computed.
    pub settings: Settings,
    /// The records, in the order given.
    pub versions: Vec<Version>,
    /// Index of the record that all others are compared with.
    pub baseline: usize,
    /// Index of the best record: the one with the most improved less regressed metrics against the baseline; the
    /// baseline itself where none has more improved than regressed ones, and the first of equals.
    pub best: usize,
    /// The metrics, in the order of the specs.
    pub metrics: Vec<Trend>,
}

/// One record, and how it compares as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The record.
    pub side: SideSummary,
    /// Against the baseline; none for the baseline itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_baseline: Option<RecordComparison>,
    /// Against the version before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_previous: Option<RecordComparison>,
}

/// How one record compares with another as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordComparison {
    /// Index of the record that it is compared with.
    pub against: usize,
    /// What else differs than the model.
    pub comparability: Comparability,
    /// Trials of both.
    pub trials: TrialPairs,
    /// How many metrics have each verdict.
    pub tally: VerdictTally,
}

/// One metric over all versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// Id of the probe.
    pub probe: String,
    /// Name of the metric.
    pub metric: String,
    /// Whether it is the main metric of its probe.
    pub main: bool,
    /// Whether the policy names it.
    pub gated: bool,
    /// Which direction is better, where anybody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Direction>,
    /// Differences up to this size do not matter; in the metric's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The range that its values can take, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// A point a version, in their order.
    pub points: Vec<TrendPoint>,
    /// Index of the version with the best value; none where nobody said which direction is better, or where there is
    /// no value.
    pub best: Option<usize>,
}

/// One metric of one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendPoint {
    /// Its estimate over all of the record's grades; none where the record does not define the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<MetricResult>,
    /// The paired change against the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_baseline: Option<Change>,
    /// The paired change against the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_previous: Option<Change>,
}

/// A paired change from another version to this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// This version minus the other, over the grades that both have.
    pub difference: Quantity,
    /// The p-value of a difference beyond the margin (0 without one), adjusted for the other metrics; none of exploration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

impl TrendPoint {
    /// Value and ends of the 95 % interval, where there is an estimate.
    pub fn value(&self) -> Option<(f64, f64, f64)> {
        match self.estimate.as_ref()? {
            MetricResult::Estimated(estimate) => Some((estimate.value, estimate.low, estimate.high)),
            MetricResult::ValueOnly(_) | MetricResult::Unavailable { .. } => None,
        }
    }
}

/// Which metrics a history holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrendMetrics {
    /// Those that the policy names, and the main one of every probe.
    #[default]
    Main,
    /// All.
    All,
}
