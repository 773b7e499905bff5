//! One finished trial.

use scorers::Transcript;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which trial: unique in a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialKey {
    /// The probe.
    pub probe: String,
    /// The case.
    pub case: String,
    /// The arm; empty where the probe has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arm: String,
    /// The sample, from 0.
    pub sample: u32,
}

impl fmt::Display for TrialKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} / {}", self.probe, self.case)?;
        if !self.arm.is_empty() {
            write!(formatter, " @ {}", self.arm)?;
        }
        write!(formatter, " #{}", self.sample)
    }
}

/// What was said in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialRecord {
    /// Which trial.
    pub key: TrialKey,
    /// What was said.
    pub transcript: Transcript,
}
