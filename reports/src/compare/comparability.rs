//! What else differs between two records than the model.

use super::coupled::Coupled;
use schemars::JsonSchema;
use scorers::names::nearest;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

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
    /// Whether pairs of trials share their randomness.
    #[serde(default)]
    pub coupled: Coupled,
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
    /// The date in prompts.
    Date,
    /// The engine.
    Engine,
    /// The engine's version.
    EngineVersion,
    /// Who plays the speakers beside the model under test.
    Cast,
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
    /// The model's configuration.
    Configuration,
    /// The length of the context.
    Context,
    /// The version of Grice.
    GriceVersion,
    /// The seed.
    Seed,
    /// One of the runs did not come to its end.
    Incomplete,
}

impl Difference {
    /// Whether it stands in the way of a comparison.
    pub fn refuses(&self) -> bool {
        self.severity == Severity::Refuse && !self.allowed
    }
}

impl DifferenceName {
    /// All names.
    pub const ALL: [Self; 23] = [
        Self::Cases,
        Self::Arms,
        Self::Dialogue,
        Self::Scorers,
        Self::Metrics,
        Self::Sampling,
        Self::ChatTemplate,
        Self::Date,
        Self::Engine,
        Self::EngineVersion,
        Self::Cast,
        Self::Device,
        Self::Dtype,
        Self::Probes,
        Self::MetricsMissing,
        Self::Samples,
        Self::SpecText,
        Self::Tokenizer,
        Self::Configuration,
        Self::Context,
        Self::GriceVersion,
        Self::Seed,
        Self::Incomplete,
    ];

    /// Whether such a difference changes what is measured. Probes, metrics and samples that only one record has do
    /// not, since only what both have is compared.
    pub fn severity(self) -> Severity {
        match self {
            Self::Cases
            | Self::Arms
            | Self::Dialogue
            | Self::Scorers
            | Self::Metrics
            | Self::Sampling
            | Self::ChatTemplate
            | Self::Date
            | Self::Engine
            | Self::EngineVersion
            | Self::Cast
            | Self::Device
            | Self::Dtype => Severity::Refuse,
            Self::Probes
            | Self::MetricsMissing
            | Self::Samples
            | Self::SpecText
            | Self::Tokenizer
            | Self::Configuration
            | Self::Context
            | Self::GriceVersion
            | Self::Seed
            | Self::Incomplete => Severity::Note,
        }
    }

    /// The name that `--allow` and policies use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cases => "cases",
            Self::Arms => "arms",
            Self::Dialogue => "dialogue",
            Self::Scorers => "scorers",
            Self::Metrics => "metrics",
            Self::Sampling => "sampling",
            Self::ChatTemplate => "chat-template",
            Self::Date => "date",
            Self::Engine => "engine",
            Self::EngineVersion => "engine-version",
            Self::Cast => "cast",
            Self::Device => "device",
            Self::Dtype => "dtype",
            Self::Probes => "probes",
            Self::MetricsMissing => "metrics-missing",
            Self::Samples => "samples",
            Self::SpecText => "spec-text",
            Self::Tokenizer => "tokenizer",
            Self::Configuration => "configuration",
            Self::Context => "context",
            Self::GriceVersion => "grice-version",
            Self::Seed => "seed",
            Self::Incomplete => "incomplete",
        }
    }

    /// What such a difference means, as a phrase.
    pub fn about(self) -> &'static str {
        match self {
            Self::Cases => "the cases",
            Self::Arms => "the arms, or what they set",
            Self::Dialogue => "what is said in the dialogue",
            Self::Scorers => "the parameters of a score",
            Self::Metrics => "the definition of a metric",
            Self::Sampling => "the sampling parameters",
            Self::ChatTemplate => "the chat template",
            Self::Date => "the date in prompts",
            Self::Engine => "the engine",
            Self::EngineVersion => "the version of the engine",
            Self::Cast => "who plays the speakers beside the model",
            Self::Device => "the kind of device",
            Self::Dtype => "the number format of the weights",
            Self::Probes => "a probe that only one record has",
            Self::MetricsMissing => "a metric or score that only one record defines",
            Self::Samples => "the samples per case; those that both have are compared",
            Self::SpecText => "the spec's text, in nothing that is measured",
            Self::Tokenizer => "the tokenizer, and so what a limit on tokens means",
            Self::Configuration => "the model's configuration, in the files that are named",
            Self::Context => "the length of the context",
            Self::GriceVersion => "the version of Grice",
            Self::Seed => "the seed",
            Self::Incomplete => "a run that was cut short",
        }
    }
}

impl std::fmt::Display for DifferenceName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for DifferenceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| {
            let near = nearest(text, Self::ALL.into_iter().map(Self::as_str));
            format!("no difference is called `{text}`{}", perhaps(near))
        })
    }
}

/// `; did you mean …?` where a name is near.
pub(super) fn perhaps(near: Option<&str>) -> String {
    near.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_file_format() {
        for name in DifferenceName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            assert_eq!(name.as_str().parse(), Ok(name));
        }
        let error = "chat_template".parse::<DifferenceName>().unwrap_err();
        assert_eq!(error, "no difference is called `chat_template`; did you mean `chat-template`?");
        assert_eq!("xyz".parse::<DifferenceName>().unwrap_err(), "no difference is called `xyz`");
    }
}
