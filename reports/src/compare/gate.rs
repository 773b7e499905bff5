//! The gate: a policy, and what it makes of a comparison.

use super::verdict::{Better, Verdict};
use schemars::JsonSchema;
use scorers::metric::multiplicity::Multiplicity;
use serde::{Deserialize, Serialize};

/// What must not get worse, and what happens when nobody can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How p-values are adjusted over the metrics that the policy names.
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
    /// Differences below this size do not matter, in the metric's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub margin: Option<f64>,
    /// What must be shown.
    #[serde(default)]
    pub require: Requirement,
    /// What happens when it can be neither shown nor refuted.
    #[serde(default)]
    pub undecided: OnUndecided,
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

/// What an undecided metric does to the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUndecided {
    /// It passes.
    Pass,
    /// It passes, and is named.
    #[default]
    Warn,
    /// The gate is undecided, which has an exit code of its own.
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
