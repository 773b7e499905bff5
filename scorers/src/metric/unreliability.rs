//! Unreliability: how far apart a case's good and bad samples lie.

use super::{NUMBERS, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 90th minus the 10th percentile over the samples of one case, averaged over cases (arXiv:2505.06120).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unreliability {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Unreliability {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }
}
