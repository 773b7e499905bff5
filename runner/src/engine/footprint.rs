//! How much memory a model needs, estimated from its files before it is loaded: enough to refuse what cannot
//! fit and to choose how many dialogues run at once.
//!
//! The engine does its own exact accounting while it loads; these estimates only come before it.

use super::{hub, model_files, reference::Checkpoint};
use crate::store;
use serde::Deserialize;
use std::path::Path;

/// Bytes of a half-precision number, in which caches of keys and values are kept on accelerators.
const HALF: u64 = 2;
/// Tokens of an average dialogue, for the estimate of how many fit: a few turns of a probe.
const DIALOGUE: u64 = 1024;
/// Share of the free memory that weights and caches may take; the rest is for intermediate results.
const USABLE: f64 = 0.85;

/// What is known of a model's size before it is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of the weights in the files.
    pub weights: u64,
    /// Bytes of a number of the weights in the files; none for quantised files.
    pub number: Option<u64>,
    /// Numbers that the keys and values of one token take, over all layers.
    pub per_token: Option<u64>,
    /// Positions that the model was made for.
    pub positions: Option<u32>,
    /// Widths of its matrices: of the residual stream and of the feed-forward layers.
    pub widths: [Option<u64>; 2],
}

/// The built-in models have one shape.
const BUILTIN: &str = include_str!("../../organisms/models/sft/config.json");

/// What `config.json` says about size.
#[derive(Debug, Default, Deserialize)]
struct Config {
    num_hidden_layers: Option<u64>,
    num_attention_heads: Option<u64>,
    num_key_value_heads: Option<u64>,
    hidden_size: Option<u64>,
    intermediate_size: Option<u64>,
    head_dim: Option<u64>,
    max_position_embeddings: Option<u32>,
    torch_dtype: Option<String>,
    dtype: Option<String>,
    /// Whatever it says: the weights are quantised already, so `dtype` is not theirs.
    quantization_config: Option<serde_json::Value>,
}

impl Footprint {
    /// Looks at the files of weights.
    pub(super) fn of_weights(checkpoint: &Checkpoint) -> Option<Self> {
        match checkpoint {
            Checkpoint::Directory(directory) => Some(Self::of_directory(directory)),
            Checkpoint::Gguf(file) => {
                let model_files::Gguf { positions, per_token, .. } = model_files::gguf(file);
                Some(Self { weights: store::file_size(file), positions, per_token, ..Self::default() })
            }
            Checkpoint::Uqff(file) => Some(Self::of_uqff(file.parent().unwrap_or(Path::new(".")))),
            Checkpoint::Builtin(_) => Some(Self::of_config(BUILTIN)),
            Checkpoint::Hub(id) => hub::snapshot(id).map(|directory| Self::of_directory(&directory)),
        }
    }

    fn of_directory(directory: &Path) -> Self {
        let text = store::read_text(&directory.join("config.json")).unwrap_or_default();
        Self { weights: store::weights_size(directory), ..Self::of_config(&text) }
    }

    /// The shape is in the folder of the files; the weights are already as they will lie in memory.
    fn of_uqff(directory: &Path) -> Self {
        let text = store::read_text(&directory.join("config.json")).unwrap_or_default();
        let files = store::files_with_extension(directory, "uqff");
        let quantised: u64 = files.iter().map(|file| store::file_size(file)).sum();
        let weights = quantised.saturating_add(store::file_size(&directory.join("residual.safetensors")));
        Self { weights, number: None, widths: [None; 2], ..Self::of_config(&text) }
    }

    fn of_config(text: &str) -> Self {
        // The engine reads the file for real; what cannot be read here is merely not estimated.
        let config: Config = serde_json::from_str(text).unwrap_or_default();
        let heads = config.num_key_value_heads.or(config.num_attention_heads);
        let width = config.head_dim.or_else(|| config.hidden_size?.checked_div(config.num_attention_heads?));
        let layers = config.num_hidden_layers;
        let per_token = layers.zip(heads).zip(width).and_then(|((layers, heads), width)| {
            layers.checked_mul(heads)?.checked_mul(width)?.checked_mul(2)
        });
        let number = match config.torch_dtype.or(config.dtype).as_deref() {
            _ if config.quantization_config.is_some() => None,
            Some("float32") => Some(4),
            Some("float16" | "bfloat16") => Some(HALF),
            _ => None,
        };
        let widths = [config.hidden_size, config.intermediate_size];
        Self { weights: 0, number, per_token, positions: config.max_position_embeddings, widths }
    }

    /// Bytes of the weights in memory: `number` bytes per number, or `bits` after quantisation.
    pub fn in_memory(&self, number: u64, bits: Option<u64>) -> u64 {
        let Some(in_files) = self.number.filter(|bytes| *bytes > 0) else { return self.weights };
        let count = self.weights / in_files;
        match bits {
            Some(bits) => count.saturating_mul(bits) / 8,
            None => count.saturating_mul(number),
        }
    }

    /// How many dialogues fit beside `weights` bytes of weights into `free` bytes, when the cache keeps
    /// `number` bytes per number; none where the model's shape is unknown.
    /// `context` is the most tokens of a dialogue, where that is limited.
    pub fn dialogues(&self, free: u64, weights: u64, number: u64, context: Option<u32>) -> Option<u64> {
        let usable = (free as f64 * USABLE) as u64;
        let tokens = context.map_or(DIALOGUE, |most| DIALOGUE.min(u64::from(most)));
        let dialogue = self.per_token?.checked_mul(number)?.checked_mul(tokens)?;
        usable.saturating_sub(weights).checked_div(dialogue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reference::ModelReference;

    /// Llama 3 8B: 32 layers, 8 heads of 128 for keys and values.
    const LLAMA: &str = r#"{"num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "hidden_size": 4096, "max_position_embeddings": 8192, "torch_dtype": "bfloat16", "rope_scaling": null}"#;

    #[test]
    fn a_token_of_an_8b_llama_takes_128_kib() {
        let footprint = Footprint { weights: 16_060_000_000, ..Footprint::of_config(LLAMA) };
        assert_eq!(footprint.per_token, Some(2 * 32 * 8 * 128));
        assert_eq!(footprint.per_token.unwrap() * HALF, 128 << 10);
        assert_eq!((footprint.number, footprint.positions), (Some(2), Some(8192)));
        assert_eq!(footprint.in_memory(2, None), 16_060_000_000);
        assert_eq!(footprint.in_memory(4, None), 32_120_000_000);
        assert_eq!(footprint.in_memory(2, Some(4)), 4_015_000_000);
        // (80 GB · 0.85 - 16.06 GB) / 128 MiB
        assert_eq!(footprint.dialogues(80_000_000_000, 16_060_000_000, HALF, None), Some(386));
        assert_eq!(footprint.dialogues(80_000_000_000, 16_060_000_000, HALF, Some(512)), Some(773));
        assert_eq!(footprint.dialogues(10_000_000_000, 16_060_000_000, HALF, None), Some(0));
    }

    #[test]
    fn a_uqff_file_has_the_shape_that_lies_beside_it() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("config.json"), LLAMA).unwrap();
        for (name, size) in [("q4k-0.uqff", 100), ("q4k-1.uqff", 20), ("residual.safetensors", 3)] {
            std::fs::write(place.path().join(name), vec![0; size]).unwrap();
        }
        let reference = ModelReference::parse(place.path().join("q4k-0.uqff").to_str().unwrap()).unwrap();
        let footprint = Footprint::of(&reference).unwrap();
        assert_eq!((footprint.weights, footprint.positions), (123, Some(8192)));
        assert_eq!(footprint.per_token, Some(2 * 32 * 8 * 128));
        assert_eq!(footprint.in_memory(4, None), 123, "whatever the format of the rest");
    }

    #[test]
    fn what_is_not_said_is_not_estimated() {
        for text in ["", "{", "{}", "[]", r#"{"num_hidden_layers": -1}"#] {
            let footprint = Footprint::of_config(text);
            assert_eq!((footprint.per_token, footprint.number), (None, None), "{text}");
            assert_eq!(footprint.dialogues(1 << 40, 0, HALF, None), None);
        }
        let quantised = Footprint { weights: 1000, ..Footprint::default() };
        assert_eq!(quantised.in_memory(2, None), 1000);
        let absurd =
            r#"{"num_hidden_layers": 18446744073709551615, "num_attention_heads": 0, "hidden_size": 1}"#;
        assert_eq!(Footprint::of_config(absurd).per_token, None);
    }
}
