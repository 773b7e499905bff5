//! More than two records side by side: a matrix of metrics over versions.

use super::word::Verdict;
use serde::{Deserialize, Serialize};

/// Every metric in every record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Names of the records: first the base, then the heads in their order, which is that of the trend.
    pub versions: Vec<String>,
    /// Index of the record that all others are compared with.
    pub baseline: usize,
    /// Index of the best record: the one with the most improved less regressed metrics against the base; the base
    /// itself where none has more improved than regressed ones, and the first of equals.
    pub best: usize,
    /// A row a metric, in the order of the base.
    pub rows: Vec<MatrixRow>,
}

/// One metric over all records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixRow {
    /// Id of the probe.
    pub probe: String,
    /// Name of the metric.
    pub metric: String,
    /// A cell a record, in the order of [`Matrix::versions`]; none where the record has no value.
    pub cells: Vec<Option<MatrixCell>>,
    /// Index of the best record; none where nobody said which direction is better, or no record has a value.
    pub best: Option<usize>,
}

/// One metric in one record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixCell {
    /// The value over all grades of the record.
    pub value: f64,
    /// Its 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// The verdict against the base; none in the base itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}
