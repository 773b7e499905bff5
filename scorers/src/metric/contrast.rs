//! Contrast: one metric minus another.

use super::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The difference of two metrics of the same probe, paired by cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// Name of the metric that counts positively.
    pub plus: String,
    /// Name of the metric that is taken away.
    pub minus: String,
}

impl Metric for Contrast {
    fn metrics(&self) -> Vec<(&'static str, &str)> {
        vec![("plus", &self.plus), ("minus", &self.minus)]
    }
}
