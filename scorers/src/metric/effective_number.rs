//! Effective number: between how many answers a model is still undecided.

use super::{CATEGORIES, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two to the entropy (in bits) of the answers drawn from one prefix, averaged over prefixes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectiveNumber {
    /// Which labels or flags.
    pub of: Selector,
}

impl Metric for EffectiveNumber {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }
}
