//! Entropy: how open a model's answer still is at one point of a dialogue.

use super::{CATEGORIES, Metric, Selector};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Shannon entropy of the answers drawn from one prefix, averaged over prefixes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entropy {
    /// Which labels or flags.
    pub of: Selector,
    /// Base of the logarithm: 2 gives bits.
    #[serde(default = "two")]
    #[schemars(range(min = 1.0))]
    pub base: f64,
    /// How the downward bias of few draws is met.
    #[serde(default)]
    pub correction: Correction,
}

/// What is added to the entropy of the observed shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Nothing: the entropy of the observed shares.
    #[default]
    None,
    /// (labels seen - 1) / (2 × draws) nats (Miller 1955).
    MillerMadow,
}

fn two() -> f64 {
    2.0
}

impl Metric for Entropy {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, CATEGORIES)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.base > 1.0 && self.base.is_finite() {
            Ok(())
        } else {
            Err(ConfigError::new("base", format!("{} is not a number above 1", self.base)))
        }
    }
}
