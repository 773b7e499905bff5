//! Percentile: how a case goes at its best or worst, averaged over cases.

use super::{NUMBERS, Metric, Selector};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The percentile over the samples of one case (in one arm and round), averaged over cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Which grades.
    pub of: Selector,
    /// Which percentile, from 0 to 100; between two grades it is interpolated linearly.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub percent: f64,
}

impl Metric for Percentile {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if (0.0..=100.0).contains(&self.percent) {
            Ok(())
        } else {
            Err(ConfigError::new("percent", format!("{} is not between 0 and 100", self.percent)))
        }
    }
}
