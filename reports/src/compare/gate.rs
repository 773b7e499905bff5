//! The gate: a policy, and what it makes of a comparison.

use super::word::Verdict;
use crate::record::Better;
use schemars::JsonSchema;
use scorers::metric::multiplicity::Multiplicity;
use serde::{Deserialize, Serialize};

/// What must not get worse, and what happens when nobody can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How tests of the margins are adjusted over the metrics that the policy names; those that could not reject in this
    /// design, whatever the grades, take nothing from the others.
    #[serde(default)]
    pub multiplicity: Multiplicity,
    /// How many grades may be missing.
    #[serde(default)]
    pub missing: MissingPolicy,
    /// The metrics; where two rules name the same metric, the last one holds.
    #[schemars(length(min = 1))]
    pub metrics: Vec<Rule>,
    /// Differences between the records that are allowed, by name.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// How many grades may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingPolicy {
    /// The largest share of places of a gated metric that may lack a grade in the base or in the head.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub at_most: f64,
}

impl Default for MissingPolicy {
    fn default() -> Self {
        Self { at_most: 0.02 }
    }
}

/// What is asked of one metric, or of all that a pattern names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `probe/metric`; `*` stands for any text, `?` for any character: `grounding.*/sensitivity`.
    pub metric: String,
    /// Which direction is better; without it, what the spec expects of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// Differences below this size do not matter, in the metric's own unit. Without a direction, a difference beyond it
    /// fails on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub margin: Option<f64>,
    /// What must be shown.
    #[serde(default)]
    pub require: Requirement,
    /// What happens when it can be neither shown nor refuted.
    #[serde(default)]
    pub undecided: OnUndecided,
    /// What happens when a metric is worse, but perhaps by no more than the margin or by chance; `fail` makes it a regression. Never
    /// milder than `undecided`.
    #[serde(default)]
    pub slipped: OnUndecided,
    /// How many grades of these metrics may be missing; without it, what the policy says for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingPolicy>,
}

/// What must be shown of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// That it is better, or not worse by the margin or more.
    #[default]
    NotWorse,
    /// That it is the same, within the margin.
    Equivalent,
    /// That it is better.
    Improved,
}

/// What a metric that is open or slipped does to the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUndecided {
    /// It passes.
    Pass,
    /// It passes, and is named.
    #[default]
    Warn,
    /// It does not pass: an open metric leaves the gate undecided, which has an exit code of its own; a slipped one is a
    /// regression.
    Fail,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateOutcome {
    /// The verdict over all heads: the worst of theirs.
    pub verdict: GateVerdict,
    /// Why, most important first, as sentences without a full stop; never empty.
    pub reasons: Vec<String>,
    /// What each rule came to, a line per head and metric, in the order of the comparison.
    pub metrics: Vec<GatedMetric>,
}

impl GateOutcome {
    /// How many gated metrics are open, and how many slipped without failing the gate; a gate that passes says so.
    pub fn unsure(&self) -> (usize, usize) {
        let passed = |metric: &&GatedMetric| metric.result.is_open();
        let of = |slipped: bool| {
            let is_slipped = |metric: &&GatedMetric| {
                matches!(metric.verdict, Verdict::Slipped | Verdict::Shifted) == slipped
            };
            self.metrics.iter().filter(passed).filter(is_slipped).count()
        };
        (of(false), of(true))
    }
}

/// The verdict of a gate, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateVerdict {
    /// Everything that the policy asks is shown, or may stay open.
    Pass,
    /// Something that must be shown is not.
    Undecided,
    /// Something got worse.
    Regression,
    /// The records do not measure the same, so nothing is judged.
    NotComparable,
}

/// What a rule came to for one metric of one head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatedMetric {
    /// Name of the head.
    pub head: String,
    /// Id of the probe.
    pub probe: String,
    /// Name of the metric.
    pub metric: String,
    /// Index of the rule in the policy, from 0.
    pub rule: usize,
    /// The verdict of the comparison under this policy.
    pub verdict: Verdict,
    /// What the gate makes of it.
    pub result: GatedResult,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// What the gate makes of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatedResult {
    /// What the rule asks is shown.
    Passed,
    /// It is not, and the rule lets that pass.
    PassedUndecided,
    /// It is not, and the rule wants it named.
    Warned,
    /// It is not, and the rule does not let that pass.
    Undecided,
    /// The contrary is shown.
    Regressed,
}

impl GatedResult {
    /// The one that is worse for the gate.
    pub(super) fn worst(self, other: Self) -> Self {
        let rank = |result: &Self| match result {
            Self::Passed => 0,
            Self::PassedUndecided => 1,
            Self::Warned => 2,
            Self::Undecided => 3,
            Self::Regressed => 4,
        };
        std::cmp::max_by_key(self, other, rank)
    }

    /// Whether more trials could change it.
    pub fn is_open(self) -> bool {
        match self {
            Self::PassedUndecided | Self::Warned | Self::Undecided => true,
            Self::Passed | Self::Regressed => false,
        }
    }
}
