//! A Llama (Touvron et al., arXiv:2302.13971): the architecture that inference engines load by that name,
//! with the tensor names of its checkpoints, trainable.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::ops::{Rotary, causal_attention, cross_entropy, rms_norm, swiglu};

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
            hidden_size: 160,
            intermediate_size: 416,
            num_hidden_layers: 5,
            num_attention_heads: 5,
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
        let mut tensors = vec![("model.embed_tokens.weight".to_owned(), vec![self.vocab_size, width])];
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
        tensors.push(("model.norm.weight".to_owned(), vec![width]));
        tensors.push(("lm_head.weight".to_owned(), vec![self.vocab_size, width]));
        tensors
    }

    fn validate(&self) -> Result<()> {
        let heads = self.num_attention_heads;
        if heads == 0 || !self.hidden_size.is_multiple_of(2 * heads) {
            let message = format!("a width of {} does not split into {heads} even heads", self.hidden_size);
            return Err(Error::Invalid(message));
        }
        Ok(())
    }
}

struct Layer {
    attention_gain: Var,
    queries: Var,
    keys: Var,
    values: Var,
    mixture: Var,
    inner_gain: Var,
    gate: Var,
    up: Var,
    down: Var,
}

/// A trainable model on the CPU, in F32.
pub struct Llama {
    config: Config,
    variables: Vec<(String, Var)>,
    embedding: Var,
    layers: Vec<Layer>,
    gain: Var,
    head: Var,
    rotary: Arc<Rotary>,
}

impl Llama {
    /// A new model with weights drawn from `seed`.
    ///
    /// Weights are uniform with a standard deviation of 0.02 for embedding and output and of one over the root
    /// of the fan-in elsewhere; the two projections that write into the residual stream are divided by the
    /// root of twice the number of layers (as in GPT-2), and gains are one.
    ///
    /// # Errors
    /// When the shape makes no sense.
    pub fn new(config: Config, seed: u64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let depth = (2.0 * config.num_hidden_layers as f64).sqrt();
        let mut tensors = HashMap::new();
        for (name, shape) in config.tensors() {
            let deviation = match (name.as_str(), shape.as_slice()) {
                (_, [_]) => 0.0,
                ("model.embed_tokens.weight" | "lm_head.weight", _) => 0.02,
                (_, [.., fan_in]) => {
                    let residual = name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight");
                    1.0 / (*fan_in as f64).sqrt() / if residual { depth } else { 1.0 }
                }
                (_, []) => 0.0,
            };
            let limit = (deviation * 3.0_f64.sqrt()) as f32;
            let count = shape.iter().product();
            let values: Vec<f32> = if shape.len() == 1 {
                vec![1.0; count]
            } else {
                (0..count).map(|_| random.random_range(-limit..limit)).collect()
            };
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        Self::from_tensors(config, &tensors)
    }

    /// A model with the weights given, converted to F32.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape than `config` says.
    pub fn from_tensors(config: Config, tensors: &HashMap<String, Tensor>) -> Result<Self> {
        config.validate()?;
        let mut variables = Vec::new();
        for (name, shape) in config.tensors() {
            let tensor = tensors.get(&name).ok_or_else(|| Error::Invalid(format!("no tensor {name}")))?;
            if tensor.dims() != shape {
                let message = format!("tensor {name} is {:?}, not {shape:?}", tensor.dims());
                return Err(Error::Invalid(message));
            }
            // A copy: two models must never train one storage.
            variables.push((name, Var::from_tensor(&tensor.to_dtype(DType::F32)?.copy()?)?));
        }
        let mut next = variables.iter().map(|(_, var)| var.clone());
        let mut take = || next.next().ok_or_else(|| Error::Invalid("a tensor is missing".to_owned()));
        let embedding = take()?;
        let mut layers = Vec::new();
        for _ in 0..config.num_hidden_layers {
            layers.push(Layer {
                attention_gain: take()?,
                queries: take()?,
                keys: take()?,
                values: take()?,
                mixture: take()?,
                inner_gain: take()?,
                gate: take()?,
                up: take()?,
                down: take()?,
            });
        }
        let (gain, head) = (take()?, take()?);
        let rotary = Rotary::new(config.head_dim(), config.max_position_embeddings, config.rope_theta);
        Ok(Self { config, embedding, layers, gain, head, rotary: Arc::new(rotary), variables })
    }

    /// The shape.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The weights by name, in the order of [`Config::tensors`].
    #[must_use]
    pub fn variables(&self) -> &[(String, Var)] {
        &self.variables
    }

    /// The number of weights.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.variables.iter().map(|(_, var)| var.elem_count()).sum()
    }

    /// The state after the last layer at the given `places` of a packed row of tokens, and from it the logits.
    ///
    /// # Errors
    /// When the lengths do not add up, or a token or place does not exist.
    pub fn logits(&self, tokens: &[u32], lengths: &Arc<[usize]>, places: &[u32]) -> Result<Tensor> {
        let epsilon = self.config.rms_norm_eps as f32;
        let mut state = self.embedding.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        for layer in &self.layers {
            let qkv = Tensor::cat(&[&layer.queries, &layer.keys, &layer.values].map(|w| w.as_tensor()), 0)?;
            let normed = rms_norm(&state, &layer.attention_gain, epsilon)?;
            let mixed = causal_attention(
                &normed.matmul(&qkv.t()?)?,
                Arc::clone(lengths),
                self.config.num_attention_heads,
                Arc::clone(&self.rotary),
            )?;
            state = (state + mixed.matmul(&layer.mixture.t()?)?)?;
            let inner = Tensor::cat(&[layer.gate.as_tensor(), layer.up.as_tensor()], 0)?;
            let normed = rms_norm(&state, &layer.inner_gain, epsilon)?;
            state = (state + swiglu(&normed.matmul(&inner.t()?)?)?.matmul(&layer.down.t()?)?)?;
        }
        let state = state.index_select(&Tensor::new(places, &Device::Cpu)?, 0)?;
        Ok(rms_norm(&state, &self.gain, epsilon)?.matmul(&self.head.t()?)?)
    }

    /// The negative log-likelihood in nats of each learned token of a batch.
    ///
    /// # Errors
    /// When a token lies outside the vocabulary or a sequence is too long.
    pub fn losses(&self, batch: &Batch) -> Result<Tensor> {
        let logits = self.logits(&batch.tokens, &batch.lengths, &batch.places)?;
        Ok(cross_entropy(&logits, Arc::clone(&batch.targets))?)
    }

    /// The log-probability in nats of the learned tokens of each sequence of a batch, summed.
    ///
    /// # Errors
    /// As [`Self::losses`].
    pub fn log_likelihoods(&self, batch: &Batch) -> Result<Vec<f64>> {
        let losses = self.losses(batch)?.to_vec1::<f32>()?;
        let mut rest = losses.as_slice();
        Ok(batch
            .learned
            .iter()
            .map(|count| {
                let (own, others) = rest.split_at(*count);
                rest = others;
                -own.iter().map(|loss| f64::from(*loss)).sum::<f64>()
            })
            .collect())
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
    fn a_new_model_expects_every_token_alike() {
        let model = Llama::new(tiny(64), 1).unwrap();
        let batch = Batch {
            tokens: vec![1, 2, 3, 4, 5],
            lengths: Arc::from([5]),
            places: vec![0, 4],
            targets: Arc::from([2, 6]),
            learned: vec![2],
        };
        let likelihood = model.log_likelihoods(&batch).unwrap()[0];
        assert!((likelihood + 2.0 * 64.0_f64.ln()).abs() < 0.2, "{likelihood}");
    }

    #[test]
    fn the_organism_is_of_the_promised_size() {
        let config = Config::organism(768);
        let count: usize = config.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        assert!((1_000_000..3_000_000).contains(&count), "{count}");
        assert_eq!(config.max_position_embeddings % 512, 0);
        assert_eq!(config.head_dim() % 2, 0);
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let model = Llama::new(tiny(64), 1).unwrap();
        let mut tensors: HashMap<String, Tensor> =
            model.variables().iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        assert!(Llama::from_tensors(tiny(65), &tensors).is_err());
        tensors.remove("lm_head.weight");
        assert!(Llama::from_tensors(tiny(64), &tensors).is_err());
        assert!(Llama::new(Config { num_attention_heads: 3, ..tiny(64) }, 1).is_err());
    }
}
