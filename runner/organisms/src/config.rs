//! The shape of a model, and the names that the tensors of a Llama checkpoint go by.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The input embedding, `[vocabulary, width]`.
pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
/// The gain of the last normalisation, `[width]`.
pub(crate) const GAIN: &str = "model.norm.weight";
/// The output projection, `[vocabulary, width]`.
pub(crate) const HEAD: &str = "lm_head.weight";

/// The shape of a model, in the words of a Llama `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Entries of the vocabulary.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width of the feed-forward layers.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Attention heads per layer; each is as wide as `hidden_size` over their number, which must be even.
    pub num_attention_heads: usize,
    /// Positions a sequence may have; a multiple of 512, the step in which engines grow their caches.
    pub max_position_embeddings: usize,
    /// Base of the rotary embedding.
    pub rope_theta: f64,
    /// Added under the root in each normalisation.
    pub rms_norm_eps: f64,
}

impl Config {
    /// The shape of the built-in models, for a vocabulary of `vocab_size`.
    #[must_use]
    pub fn organism(vocab_size: usize) -> Self {
        Self {
            vocab_size,
            hidden_size: 128,
            intermediate_size: 352,
            num_hidden_layers: 4,
            num_attention_heads: 4,
            max_position_embeddings: 1024,
            rope_theta: 10_000.0,
            rms_norm_eps: 1e-5,
        }
    }

    /// Numbers per attention head.
    #[must_use]
    pub fn head_dim(&self) -> usize {
        self.hidden_size.checked_div(self.num_attention_heads).unwrap_or(0)
    }

    /// Every tensor's name and shape, in the order of the layers.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (width, inner) = (self.hidden_size, self.intermediate_size);
        let mut tensors = vec![(EMBEDDING.to_owned(), vec![self.vocab_size, width])];
        for layer in 0..self.num_hidden_layers {
            let parts = [
                ("input_layernorm", vec![width]),
                ("self_attn.q_proj", vec![width, width]),
                ("self_attn.k_proj", vec![width, width]),
                ("self_attn.v_proj", vec![width, width]),
                ("self_attn.o_proj", vec![width, width]),
                ("post_attention_layernorm", vec![width]),
                ("mlp.gate_proj", vec![inner, width]),
                ("mlp.up_proj", vec![inner, width]),
                ("mlp.down_proj", vec![width, inner]),
            ];
            tensors.extend(parts.map(|(part, shape)| (format!("model.layers.{layer}.{part}.weight"), shape)));
        }
        tensors.push((GAIN.to_owned(), vec![width]));
        tensors.push((HEAD.to_owned(), vec![self.vocab_size, width]));
        tensors
    }

    /// Checks that the width splits into heads of even size.
    pub(crate) fn validate(&self) -> Result<()> {
        let heads = self.num_attention_heads;
        if heads == 0 || !self.hidden_size.is_multiple_of(2 * heads) {
            let message = format!("a width of {} does not split into {heads} even heads", self.hidden_size);
            return Err(Error::Invalid(message));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model small enough for a test to train.
    pub(crate) fn tiny(vocab_size: usize) -> Config {
        Config {
            vocab_size,
            hidden_size: 16,
            intermediate_size: 24,
            num_hidden_layers: 2,
            num_attention_heads: 2,
            max_position_embeddings: 512,
            rope_theta: 10_000.0,
            rms_norm_eps: 1e-5,
        }
    }

    #[test]
    fn the_organism_is_of_the_promised_size() {
        let config = Config::organism(1_280);
        let count: usize = config.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        assert!((1_000_000..3_000_000).contains(&count), "{count}");
        assert_eq!(config.max_position_embeddings % 512, 0);
        assert_eq!(config.head_dim() % 2, 0);
    }
}
