//! A Llama (Touvron et al., arXiv:2302.13971): the architecture that inference engines load by that name,
//! with the tensor names of its checkpoints, trainable.
//!
//! A new model is *tied*: one matrix is the output projection and, times a constant, the input embedding
//! (Press and Wolf, arXiv:1608.05859). So a head that passes a token on makes just that token likelier, and
//! copying a word from the dialogue is learned for all words at once. Outside this file there are always two
//! matrices, which every engine understands; a model read from them is not tied.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::batch::Batch;
use crate::config::{Config, EMBEDDING, GAIN, HEAD};
use crate::error::{Error, Result};
use crate::ops::{Rotary, causal_attention, cross_entropy, rms_norm, swiglu};

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

impl Layer {
    /// In the order of [`Config::tensors`].
    fn variables(&self) -> [&Var; 9] {
        [
            &self.attention_gain,
            &self.queries,
            &self.keys,
            &self.values,
            &self.mixture,
            &self.inner_gain,
            &self.gate,
            &self.up,
            &self.down,
        ]
    }
}

/// A trainable F32 copy of a tensor: two models must never train one storage.
fn variable(tensors: &HashMap<String, Tensor>, name: &str, shape: &[usize]) -> Result<Var> {
    let tensor = tensors.get(name).ok_or_else(|| Error::Invalid(format!("no tensor {name}")))?;
    if tensor.dims() != shape {
        return Err(Error::Invalid(format!("tensor {name} is {:?}, not {shape:?}", tensor.dims())));
    }
    Ok(Var::from_tensor(&tensor.to_dtype(DType::F32)?.copy()?)?)
}

/// How tokens enter and leave.
enum Ends {
    /// One matrix, times [`INPUT_SCALE`] on the way in.
    Tied(Var),
    /// Embedding and output projection.
    Apart(Var, Var),
}

/// What a tied matrix is multiplied by to become the embedding: a token must not drown in what the layers
/// add to it, while the logits of a new model are to be small.
const INPUT_SCALE: f64 = 8.0;

/// Standard deviation of a new tied matrix.
const TIED_DEVIATION: f64 = 0.05;

/// A trainable model on the CPU, in F32.
pub struct Llama {
    config: Config,
    variables: Vec<Var>,
    ends: Ends,
    layers: Vec<Layer>,
    gain: Var,
    rotary: Arc<Rotary>,
}

impl Llama {
    /// A new, tied model with weights drawn from `seed`.
    ///
    /// Weights are uniform with a standard deviation of one over the root of the fan-in; the two projections
    /// that write into the residual stream are divided by the root of twice the number of layers (as in
    /// GPT-2), and gains are one.
    ///
    /// # Errors
    /// When the shape makes no sense.
    pub fn new(config: Config, seed: u64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let depth = (2.0 * config.num_hidden_layers as f64).sqrt();
        let mut tensors = HashMap::new();
        for (name, shape) in config.tensors() {
            let count = shape.iter().product();
            let values: Vec<f32> = if let [_, fan_in] = shape.as_slice() {
                let residual = name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight");
                let deviation = match name.as_str() {
                    EMBEDDING => TIED_DEVIATION,
                    _ if residual => 1.0 / (*fan_in as f64).sqrt() / depth,
                    _ => 1.0 / (*fan_in as f64).sqrt(),
                };
                let limit = (deviation * 3.0_f64.sqrt()) as f32;
                (0..count).map(|_| random.random_range(-limit..limit)).collect()
            } else {
                vec![1.0; count]
            };
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        let tied = variable(&tensors, EMBEDDING, &[config.vocab_size, config.hidden_size])?;
        Self::assemble(config, &tensors, Ends::Tied(tied))
    }

    /// A model with the weights given, converted to F32; it is not tied.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape than `config` says.
    pub fn from_tensors(config: Config, tensors: &HashMap<String, Tensor>) -> Result<Self> {
        let shape = [config.vocab_size, config.hidden_size];
        let ends = Ends::Apart(variable(tensors, EMBEDDING, &shape)?, variable(tensors, HEAD, &shape)?);
        Self::assemble(config, tensors, ends)
    }

    fn assemble(config: Config, tensors: &HashMap<String, Tensor>, ends: Ends) -> Result<Self> {
        config.validate()?;
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let mut layers = Vec::new();
        for layer in 0..config.num_hidden_layers {
            let take = |part: &str, shape: &[usize]| {
                variable(tensors, &format!("model.layers.{layer}.{part}.weight"), shape)
            };
            layers.push(Layer {
                attention_gain: take("input_layernorm", &[width])?,
                queries: take("self_attn.q_proj", &[width, width])?,
                keys: take("self_attn.k_proj", &[width, width])?,
                values: take("self_attn.v_proj", &[width, width])?,
                mixture: take("self_attn.o_proj", &[width, width])?,
                inner_gain: take("post_attention_layernorm", &[width])?,
                gate: take("mlp.gate_proj", &[inner, width])?,
                up: take("mlp.up_proj", &[inner, width])?,
                down: take("mlp.down_proj", &[width, inner])?,
            });
        }
        let gain = variable(tensors, GAIN, &[width])?;
        let mut variables = match &ends {
            Ends::Tied(both) => vec![both.clone()],
            Ends::Apart(embedding, head) => vec![embedding.clone(), head.clone()],
        };
        variables.extend(layers.iter().flat_map(Layer::variables).cloned());
        variables.push(gain.clone());
        let rotary = Rotary::new(config.head_dim(), config.max_position_embeddings, config.rope_theta);
        Ok(Self { config, ends, layers, gain, rotary: Arc::new(rotary), variables })
    }

    /// The shape.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What training changes, always in the same order.
    #[must_use]
    pub fn variables(&self) -> &[Var] {
        &self.variables
    }

    /// How many of the first of [`Self::variables`] are embedding and output projection.
    #[must_use]
    pub fn ends(&self) -> usize {
        match self.ends {
            Ends::Tied(_) => 1,
            Ends::Apart(..) => 2,
        }
    }

    /// The weights as a checkpoint has them: one tensor for every name in [`Config::tensors`], in that order.
    ///
    /// # Errors
    /// When a tensor cannot be allocated.
    pub fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let (embedding, head) = match &self.ends {
            Ends::Tied(both) => ((both.as_tensor() * INPUT_SCALE)?, both.as_tensor().clone()),
            Ends::Apart(embedding, head) => (embedding.as_tensor().clone(), head.as_tensor().clone()),
        };
        let inner = self.layers.iter().flat_map(Layer::variables).map(|var| var.as_tensor().clone());
        let all = std::iter::once(embedding).chain(inner).chain([self.gain.as_tensor().clone(), head]);
        Ok(self.config.tensors().into_iter().map(|(name, _)| name).zip(all).collect())
    }

    /// The number of weights of the checkpoint.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.config.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// The state after the last layer at the given `places` of a packed row of tokens, and from it the logits.
    ///
    /// # Errors
    /// When the lengths do not add up, or a token or place does not exist.
    pub fn logits(&self, tokens: &[u32], lengths: &Arc<[usize]>, places: &[u32]) -> Result<Tensor> {
        let epsilon = self.config.rms_norm_eps as f32;
        let tokens = Tensor::new(tokens, &Device::Cpu)?;
        let (mut state, head) = match &self.ends {
            Ends::Tied(both) => ((both.index_select(&tokens, 0)? * INPUT_SCALE)?, both),
            Ends::Apart(embedding, head) => (embedding.index_select(&tokens, 0)?, head),
        };
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
        Ok(rms_norm(&state, &self.gain, epsilon)?.matmul(&head.t()?)?)
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
mod tests {
    use super::*;
    use crate::config::tests::tiny;

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
        assert!((likelihood + 2.0 * 64.0_f64.ln()).abs() < 1.0, "{likelihood}");
    }

    #[test]
    fn a_tied_model_and_its_checkpoint_are_one_function() {
        let model = Llama::new(tiny(64), 1).unwrap();
        let names: Vec<String> = model.config().tensors().into_iter().map(|(name, _)| name).collect();
        let tensors = model.tensors().unwrap();
        assert!(tensors.iter().map(|(name, _)| name).eq(&names));
        let apart = Llama::from_tensors(tiny(64), &tensors.into_iter().collect()).unwrap();
        let logits = |model: &Llama| model.logits(&[3, 1, 2], &Arc::from([3]), &[0, 1, 2]).unwrap();
        let (one, two) = (logits(&model).to_vec2::<f32>().unwrap(), logits(&apart).to_vec2::<f32>().unwrap());
        assert!(one.iter().flatten().zip(two.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-5));
        assert_eq!(apart.variables().len(), model.variables().len() + 1);
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let model = Llama::new(tiny(64), 1).unwrap();
        let mut tensors: HashMap<String, Tensor> = model.tensors().unwrap().into_iter().collect();
        assert!(Llama::from_tensors(tiny(65), &tensors).is_err());
        tensors.remove(HEAD);
        assert!(Llama::from_tensors(tiny(64), &tensors).is_err());
        assert!(Llama::new(Config { num_attention_heads: 3, ..tiny(64) }, 1).is_err());
    }
}
