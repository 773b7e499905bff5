//! Why records cannot be compared, and what is wrong in a policy.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Why records cannot be compared.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CompareError {
    /// Nothing to compare with.
    #[error("a comparison needs at least two records")]
    OneRecord,
    /// A record that cannot be used.
    #[error("{side}: {error}")]
    Record {
        /// Name of the record.
        side: String,
        /// What is wrong with it.
        error: String,
    },
    /// The two have nothing in common.
    #[error("{base} and {head} have no trial in common (probe, case, arm and sample)")]
    NoCommonTrial {
        /// Name of the base.
        base: String,
        /// Name of the head.
        head: String,
    },
    /// A name that no difference has.
    #[error("{0}")]
    Allow(String),
    /// A policy that does not fit the records.
    #[error("the policy does not fit: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Policy(Vec<PolicyProblem>),
    /// A level or a power without sense.
    #[error("{0} is no {1}")]
    Setting(f64, &'static str),
}

/// Something wrong in a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyProblem {
    /// Where: `metrics[2].margin`.
    pub path: String,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}
