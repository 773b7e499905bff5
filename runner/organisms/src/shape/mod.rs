//! Models of real shapes with random weights, so that speed can be measured without a download.
//!
//! Configuration, tensors and chat template are those of the family; the numbers are noise, so what such a model says
//! is noise too. The tokenizer (`vocabulary`) has the family's size and none of its words.

mod template;
mod vocabulary;
mod weights;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::export::{self, write_json};

/// A family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Llama 3.
    Llama,
    /// Qwen 3.
    Qwen3,
}

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some hundred thousand weights, for tests.
    Tiny,
    /// About 0.1 billion weights.
    Tenth,
    /// About 1 billion weights.
    One,
    /// About 8 billion weights.
    Eight,
}

impl Family {
    /// All families with their names.
    pub const ALL: [(&'static str, Self); 2] = [("llama", Self::Llama), ("qwen3", Self::Qwen3)];
}

impl Size {
    /// All sizes with their names.
    pub const ALL: [(&'static str, Self); 4] =
        [("tiny", Self::Tiny), ("0.1b", Self::Tenth), ("1b", Self::One), ("8b", Self::Eight)];
}

/// The numbers of a `config.json` that decide about memory and speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The family.
    pub family: Family,
    /// Entries of the vocabulary.
    pub vocabulary: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Width of the feed-forward layers.
    pub inner: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Width of a head.
    pub head: usize,
    /// Whether the output projection is the embedding.
    pub tied: bool,
    /// Positions.
    pub positions: usize,
    /// Base of the rotary embedding.
    pub rope_theta: f64,
}

impl Shape {
    /// The shape of a family at a size. Those of 8B are Llama 3 8B and Qwen3 8B, Llama's of 1B is Llama 3.2 1B (without
    /// its scaling of positions), and Llama's of 0.1B is `SmolLM` 135M; Qwen3 has none of 0.1B and 1B, so these lie
    /// between its neighbours.
    #[must_use]
    pub fn of(family: Family, size: Size) -> Self {
        let (vocabulary, positions, rope_theta) = match family {
            Family::Llama => (128_256, 8192, 500_000.0),
            Family::Qwen3 => (151_936, 40_960, 1_000_000.0),
        };
        let (width, inner, layers, heads, kv_heads, head, tied) = match (family, size) {
            (Family::Llama, Size::Eight) => (4096, 14_336, 32, 32, 8, 128, false),
            (Family::Llama, Size::One) => (2048, 8192, 16, 32, 8, 64, true),
            (Family::Llama, Size::Tenth) => (576, 1536, 30, 9, 3, 64, true),
            (Family::Qwen3, Size::Eight) => (4096, 12_288, 36, 32, 8, 128, false),
            (Family::Qwen3, Size::One) => (1536, 4096, 28, 16, 8, 128, true),
            (Family::Qwen3, Size::Tenth) => (512, 1536, 12, 8, 4, 64, true),
            (_, Size::Tiny) => (64, 128, 2, 4, 2, 16, true),
        };
        let vocabulary = match (family, size) {
            (_, Size::Tiny) => 1536,
            (Family::Llama, Size::Tenth) => 49_152,
            _ => vocabulary,
        };
        let positions = if size == Size::Tiny { 2048 } else { positions };
        Self { family, vocabulary, width, inner, layers, heads, kv_heads, head, tied, positions, rope_theta }
    }

    /// Every tensor's name and shape, in the order of the layers.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (width, inner) = (self.width, self.inner);
        let (queries, keys) = (self.heads * self.head, self.kv_heads * self.head);
        let mut tensors = vec![("model.embed_tokens.weight".to_owned(), vec![self.vocabulary, width])];
        for layer in 0..self.layers {
            let mut parts = vec![
                ("input_layernorm", vec![width]),
                ("self_attn.q_proj", vec![queries, width]),
                ("self_attn.k_proj", vec![keys, width]),
                ("self_attn.v_proj", vec![keys, width]),
                ("self_attn.o_proj", vec![width, queries]),
                ("post_attention_layernorm", vec![width]),
                ("mlp.gate_proj", vec![inner, width]),
                ("mlp.up_proj", vec![inner, width]),
                ("mlp.down_proj", vec![width, inner]),
            ];
            if self.family == Family::Qwen3 {
                parts.push(("self_attn.q_norm", vec![self.head]));
                parts.push(("self_attn.k_norm", vec![self.head]));
            }
            let named = |(part, shape)| (format!("model.layers.{layer}.{part}.weight"), shape);
            tensors.extend(parts.into_iter().map(named));
        }
        tensors.push(("model.norm.weight".to_owned(), vec![width]));
        if !self.tied {
            tensors.push(("lm_head.weight".to_owned(), vec![self.vocabulary, width]));
        }
        tensors
    }

    /// How many weights.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// The `config.json`, as the family's own files have it.
    fn config(&self, ids: &vocabulary::Ids) -> Value {
        let mut config = json!({
            "torch_dtype": "bfloat16",
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head,
            "hidden_act": "silu",
            "max_position_embeddings": self.positions,
            "rope_theta": self.rope_theta,
            "tie_word_embeddings": self.tied,
            "attention_bias": false,
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
            "use_cache": true,
            "eos_token_id": ids.end,
        });
        let own = match self.family {
            Family::Llama => json!({
                "architectures": ["LlamaForCausalLM"],
                "model_type": "llama",
                "rms_norm_eps": 1e-5,
                "mlp_bias": false,
                "bos_token_id": ids.begin,
            }),
            Family::Qwen3 => json!({
                "architectures": ["Qwen3ForCausalLM"],
                "model_type": "qwen3",
                "rms_norm_eps": 1e-6,
                "max_window_layers": self.layers,
                "sliding_window": null,
                "use_sliding_window": false,
                "bos_token_id": ids.begin,
            }),
        };
        if let (Some(config), Value::Object(own)) = (config.as_object_mut(), own) {
            config.extend(own);
        }
        config
    }

    /// Writes the model into a directory, creating it where it is missing. Needs little memory, whatever the size: the
    /// weights are written as they are drawn.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path, seed: u64) -> Result<()> {
        fs::create_dir_all(directory).map_err(Error::file(directory))?;
        let ids = vocabulary::write(self, &directory.join(export::TOKENIZER))?;
        write_json(&directory.join(export::CONFIG), &self.config(&ids))?;
        let special = template::special(self.family);
        write_json(
            &directory.join(export::TOKENIZER_CONFIG),
            &json!({
                "tokenizer_class": "PreTrainedTokenizerFast",
                "add_bos_token": false,
                "add_eos_token": false,
                "clean_up_tokenization_spaces": false,
                "bos_token": special.begin,
                "eos_token": special.end,
                "model_max_length": self.positions,
                "chat_template": template::chat(self.family),
            }),
        )?;
        let generation = json!({ "eos_token_id": ids.end, "bos_token_id": ids.begin });
        write_json(&directory.join(export::GENERATION_CONFIG), &generation)?;
        weights::write(self, &directory.join(export::WEIGHTS), seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_the_weights_of_the_models_they_are_named_after() {
        let billions = |family, size| Shape::of(family, size).weights() as f64 / 1e9;
        // From the models' own pages: 8.03 B, 1.24 B, 134.5 M; 8.19 B.
        assert!((billions(Family::Llama, Size::Eight) - 8.030).abs() < 0.001);
        assert!((billions(Family::Llama, Size::One) - 1.236).abs() < 0.001);
        assert!((billions(Family::Llama, Size::Tenth) - 0.1345).abs() < 0.0001);
        assert!((billions(Family::Qwen3, Size::Eight) - 8.191).abs() < 0.001);
        assert!((billions(Family::Qwen3, Size::One) - 1.0).abs() < 0.05);
        assert!((billions(Family::Qwen3, Size::Tenth) - 0.1).abs() < 0.02);
    }

    #[test]
    fn heads_are_even_and_positions_are_in_steps_of_the_cache() {
        for (_, family) in Family::ALL {
            for (_, size) in Size::ALL {
                let shape = Shape::of(family, size);
                assert_eq!((shape.head % 2, shape.positions % 512, shape.heads % shape.kv_heads), (0, 0, 0));
            }
        }
    }
}
