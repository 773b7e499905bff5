//! How a reply is drawn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sampling parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Softmax temperature; 0 is greedy.
    pub temperature: f64,
    /// Most tokens of a reply.
    pub max_tokens: u32,
    /// Nucleus: the smallest set of tokens with this probability.
    pub top_p: Option<f64>,
    /// The most probable tokens only.
    pub top_k: Option<u32>,
    /// Tokens at least this share as probable as the best one.
    pub min_p: Option<f64>,
    /// Strings that end a reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Whether versions of a model share the randomness of their draws.
    pub coupling: Coupling,
}

impl Sampling {
    /// From all tokens by a temperature (0 is greedy), up to so many; the engine draws on its own.
    pub fn plain(temperature: f64, max_tokens: u32) -> Self {
        let (top_p, top_k, min_p) = (None, None, None);
        Self { temperature, max_tokens, top_p, top_k, min_p, stop: Vec::new(), coupling: Coupling::None }
    }
}

/// Whether equal seeds make two models draw alike (arXiv:2502.01754). It never changes what one model draws on
/// average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coupling {
    /// Every token is the one with the largest sum of log-probability and Gumbel noise, and the noise depends on
    /// the seed, the position in the reply and the token alone.
    Gumbel,
    /// The engine draws on its own.
    #[default]
    None,
}
