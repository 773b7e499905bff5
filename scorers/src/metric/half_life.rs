//! Half-life: how soon what was agreed wears off.

use super::{FLAGS, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rounds until a share has fallen to half of its value in the first round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfLife {
    /// Which grades; they must have rounds, so the selector names none.
    pub of: Selector,
}

impl Metric for HalfLife {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, FLAGS)]
    }
}
