//! What else differs between two records than the model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether two records measure the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparability {
    /// Whether some difference changes what is measured and was not allowed; then nothing is compared.
    pub refused: bool,
    /// Both runs have the same seed, so that pairs of trials share their seeds.
    pub same_seed: bool,
    /// Both runs have the same weights; none where either does not know them.
    pub same_weights: Option<bool>,
    /// Everything that differs, those that refuse first.
    pub differences: Vec<Difference>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Its name, by which it can be allowed.
    pub name: DifferenceName,
    /// The probe, where it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// Whether it changes what is measured.
    pub severity: Severity,
    /// Whether the user has allowed it.
    pub allowed: bool,
    /// What the base has, in a few words.
    pub base: String,
    /// What the head has, in a few words.
    pub head: String,
}

/// How much a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It changes what is measured: refused unless allowed by name, and printed in every report.
    Refuse,
    /// It is only stated.
    Note,
}

/// Everything that can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceName {
    /// Cases of a probe, their variables or their pairs.
    Cases,
    /// Arms of a probe, or what they set.
    Arms,
    /// What is said in a probe.
    Dialogue,
    /// Parameters of a score.
    Scorers,
    /// Definition of a metric.
    Metrics,
    /// Sampling parameters of a probe.
    Sampling,
    /// The chat template.
    ChatTemplate,
    /// The engine.
    Engine,
    /// The engine's version.
    EngineVersion,
    /// The kind of device.
    Device,
    /// The number format of the weights in memory.
    Dtype,
    /// Probes that only one record has.
    Probes,
    /// Metrics that only one record defines.
    MetricsMissing,
    /// Samples per case.
    Samples,
    /// The rest of a spec's text.
    SpecText,
    /// The tokenizer.
    Tokenizer,
    /// The length of the context.
    Context,
    /// The version of Grice.
    GriceVersion,
    /// The seed.
    Seed,
    /// One of the runs did not come to its end.
    Incomplete,
}
