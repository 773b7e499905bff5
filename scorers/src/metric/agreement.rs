//! Agreement: do two draws from the same prefix say the same?

use super::{CATEGORIES, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The probability that two different draws from the same prefix agree, averaged over prefixes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Which labels or flags.
    pub of: Selector,
}

impl Metric for Agreement {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }
}
