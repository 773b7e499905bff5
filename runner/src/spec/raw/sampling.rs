//! Sampling parameters as a spec writes them.

use reports::record::Coupling;
use schemars::JsonSchema;
use serde::Deserialize;

/// Sampling parameters; what is left out keeps its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sampling")]
pub struct RawSampling {
    /// Softmax temperature, from 0 (greedy) to 10; 1 when left out.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub temperature: Option<f64>,
    /// Most tokens of a reply, from 1 to 32768; 256 when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 32768))]
    pub max_tokens: Option<u32>,
    /// Nucleus: the smallest set of tokens with this probability, above 0 and up to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub top_p: Option<f64>,
    /// Only so many of the most probable tokens, at least 1.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub top_k: Option<u32>,
    /// Only tokens at least this share as probable as the best one, from 0 to below 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_p: Option<f64>,
    /// Strings that end a reply.
    #[serde(default)]
    pub stop: Option<Vec<String>>,
    /// Whether versions of a model share the randomness of their draws; `gumbel` when left out.
    #[serde(default)]
    pub coupling: Option<Coupling>,
}
