//! Mean: the average of grades that are numbers.

use super::{NUMBERS, Metric, Selector};
use crate::ValueKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The average of the scored grades; a flag counts as 0 or 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mean {
    /// Which grades.
    pub of: Selector,
}

impl Metric for Mean {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, NUMBERS)]
    }
}
