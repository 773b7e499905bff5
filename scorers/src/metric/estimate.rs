//! What estimating a metric gives: a value with its interval, or the reason why there is none.

use serde::{Deserialize, Serialize};

/// A value with its 95 % interval and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// How the interval was made, for people ("Wilson, effective n").
    pub method: String,
    /// Grades used.
    pub n: u64,
    /// Clusters (cases or pairs) that they fall into.
    pub clusters: u64,
    /// Grades that a scorer could not give.
    pub unscored: u64,
    /// Grades missing because a generation failed.
    pub failed: u64,
    /// The range that values can take.
    pub range: Range,
    /// The same quantity turn by turn, where the metric has such a curve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Point>,
}

/// The range that a metric's values can take; decides how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// From 0 to 1: a share.
    Share,
    /// From -1 to 1: a difference of shares.
    ShareDifference,
    /// From 0 upwards.
    Positive,
    /// Any number.
    Real,
}

/// One turn of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Round, from 1.
    pub round: u32,
    /// The quantity at that round.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Grades it rests on.
    pub n: u64,
}

/// A value of which nobody can say how far it may be off, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueOnly {
    /// The point estimate.
    pub value: f64,
    /// Why there is no interval, as a sentence without a full stop.
    pub reason: String,
    /// Grades used.
    pub n: u64,
    /// Clusters (cases or pairs) that they fall into.
    pub clusters: u64,
    /// Grades that a scorer could not give.
    pub unscored: u64,
    /// Grades missing because a generation failed.
    pub failed: u64,
    /// The range that values can take.
    pub range: Range,
    /// The same quantity turn by turn, where a round has an interval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Point>,
}

/// What estimating a metric came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricResult {
    /// There is an estimate.
    Estimated(Estimate),
    /// There is a value, but no interval that could be trusted: it is the same in every case, for instance.
    ValueOnly(ValueOnly),
    /// The grades do not allow one.
    Unavailable {
        /// Why not.
        reason: String,
        /// Grades that a scorer could not give.
        unscored: u64,
        /// Grades missing because a generation failed.
        failed: u64,
    },
}

impl MetricResult {
    /// The point estimate, with an interval or without; none where the grades do not allow one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Estimated(estimate) => Some(estimate.value),
            Self::ValueOnly(known) => Some(known.value),
            Self::Unavailable { .. } => None,
        }
    }
}
