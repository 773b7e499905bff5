//! Ratio: one metric as a multiple of another.

use super::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quotient of two metrics of the same probe, paired by cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Name of the metric above the line.
    pub of: String,
    /// Name of the metric below the line.
    pub to: String,
}

impl Metric for Ratio {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        vec![("of", &self.of), ("to", &self.to)]
    }
}
