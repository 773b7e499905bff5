//! The grades of one trial, and why a trial does not belong to its record.

use crate::record::TrialKey;
use scorers::{Outcome, Place};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Every grade of one trial: a line of `scores.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialScores {
    /// The probe.
    pub probe: String,
    /// The case.
    pub case: String,
    /// The arm; empty where the probe has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arm: String,
    /// The sample, from 0.
    pub sample: u32,
    /// The grades, by score in the order of the spec, then along the transcript.
    pub scores: Vec<ScoreLine>,
}

/// One grade and the place that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreLine {
    /// Name of the score.
    pub score: String,
    /// The fork, where the graded turn stands in a branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<String>,
    /// The branch, from 0; none on the main line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
    /// The round, from 1; none outside a `repeat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Whether the reply was cut off at its limit on tokens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Whether the reply is what a scripted turn of the assistant before it says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copied: bool,
    /// What grading came to.
    pub outcome: Outcome,
}

impl ScoreLine {
    /// A grade of a reply that stands outside of forks and repeats, and was neither cut off nor copied.
    pub fn plain(score: impl Into<String>, outcome: Outcome) -> Self {
        let (fork, branch, round, cut, copied) = (None, None, None, false, false);
        Self { score: score.into(), fork, branch, round, cut, copied, outcome }
    }

    /// Where the graded turn stands.
    pub fn place(&self) -> Place {
        Place { round: self.round, branch: self.branch }
    }
}

impl TrialScores {
    /// The trial that they are of.
    pub fn key(&self) -> TrialKey {
        let (probe, case, arm) = (self.probe.clone(), self.case.clone(), self.arm.clone());
        TrialKey { probe, case, arm, sample: self.sample }
    }

    /// The same grades without what in the text decided them, as a baseline keeps them.
    #[must_use]
    pub fn without_evidence(mut self) -> Self {
        for line in &mut self.scores {
            if let Outcome::Scored { evidence, .. } = &mut line.outcome {
                evidence.clear();
            }
        }
        self
    }
}

/// A trial that does not belong to its record: somebody has edited one of the two.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GradeError {
    /// The header does not have the probe.
    #[error("the record has a trial of the probe `{0}`, which its header does not know")]
    Probe(String),
    /// The probe does not have the case.
    #[error("the record has a trial of {probe} with the case `{case}`, which its header does not know")]
    Case {
        /// The probe.
        probe: String,
        /// The unknown case.
        case: String,
    },
    /// The probe does not have the arm.
    #[error("the record has a trial of {probe} in the arm `{arm}`, which its header does not know")]
    Arm {
        /// The probe.
        probe: String,
        /// The unknown arm.
        arm: String,
    },
    /// There are two of it.
    #[error("the trial {0} stands there twice")]
    Doubled(Box<TrialKey>),
}
