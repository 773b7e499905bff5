//! Aptitude: how well a case goes when it goes well.

use super::{NUMBERS, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 90th percentile over the samples of one case, averaged over cases (arXiv:2505.06120).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aptitude {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Aptitude {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }
}
