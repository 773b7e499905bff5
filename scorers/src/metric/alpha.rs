//! Alpha: agreement of the draws from one prefix beyond what chance gives.

use super::{CATEGORIES, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Krippendorff's alpha for nominal data: prefixes are the units, draws from one prefix the coders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alpha {
    /// Which labels or flags.
    pub of: Selector,
}

impl Metric for Alpha {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }
}
