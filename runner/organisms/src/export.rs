//! A model as a folder of the files that inference engines load, and back.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Serialize;
use serde_json::{Value, json};

use crate::codec::{CHAT_TEMPLATE, Codec, END};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::model::Llama;

/// Shape and architecture.
pub const CONFIG: &str = "config.json";
/// Weights, as half-precision floats.
pub const WEIGHTS: &str = "model.safetensors";
/// Vocabulary and merges.
pub const TOKENIZER: &str = "tokenizer.json";
/// Special tokens and the chat template.
pub const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
/// What ends a generation.
pub const GENERATION_CONFIG: &str = "generation_config.json";
/// How the weights came about; no engine reads it.
pub const ACCOUNT: &str = "training.json";

/// Writes a model directory, creating the folder where it is missing.
///
/// # Errors
/// When a file cannot be written or the vocabulary is not the one that the model was made for.
pub fn save(directory: &Path, model: &Llama, codec: &Codec) -> Result<()> {
    let config = model.config();
    if codec.size() != config.vocab_size {
        let message = format!("{} tokens, a model for {}", codec.size(), config.vocab_size);
        return Err(Error::Invalid(message));
    }
    fs::create_dir_all(directory).map_err(Error::file(directory))?;
    let mut tensors = HashMap::new();
    for (name, tensor) in model.tensors()? {
        tensors.insert(name, tensor.to_dtype(DType::F16)?);
    }
    candle_core::safetensors::save(&tensors, directory.join(WEIGHTS))?;
    codec.save(&directory.join(TOKENIZER))?;
    let end = codec.id(END)?;
    write_json(&directory.join(CONFIG), &llama_config(config, end))?;
    write_json(
        &directory.join(TOKENIZER_CONFIG),
        &json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "add_bos_token": false,
            "add_eos_token": false,
            "clean_up_tokenization_spaces": false,
            "eos_token": END,
            "model_max_length": config.max_position_embeddings,
            "chat_template": CHAT_TEMPLATE,
        }),
    )?;
    write_json(&directory.join(GENERATION_CONFIG), &json!({ "eos_token_id": end }))
}

/// The `config.json` of a Llama, as engines expect it.
fn llama_config(config: &Config, end: u32) -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "float16",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "num_key_value_heads": config.num_attention_heads,
        "head_dim": config.head_dim(),
        "hidden_act": "silu",
        "max_position_embeddings": config.max_position_embeddings,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.rms_norm_eps,
        "tie_word_embeddings": false,
        "attention_bias": false,
        "mlp_bias": false,
        "bos_token_id": null,
        "eos_token_id": end,
    })
}

/// Reads a model directory that [`save`] wrote.
///
/// # Errors
/// When a file is missing or does not fit the others.
pub fn load(directory: &Path) -> Result<(Llama, Codec)> {
    let path = directory.join(CONFIG);
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let config: Config = serde_json::from_str(&text).map_err(Error::json(&path))?;
    let path = directory.join(WEIGHTS);
    let bytes = fs::read(&path).map_err(Error::file(&path))?;
    let tensors: HashMap<String, Tensor> = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)?;
    let codec = Codec::load(&directory.join(TOKENIZER))?;
    let model = Llama::from_tensors(config, &tensors)?;
    if codec.size() != model.config().vocab_size {
        let message = format!("{} tokens, a model for {}", codec.size(), model.config().vocab_size);
        return Err(Error::Invalid(message));
    }
    Ok((model, codec))
}

/// Writes a value as indented JSON with a newline at its end.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::json(path))?;
    text.push('\n');
    fs::write(path, text).map_err(Error::file(path))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::config::tests::tiny;

    /// A small untrained model and its tokenizer, in a new folder.
    pub(crate) fn saved() -> (tempfile::TempDir, Llama, Codec) {
        let folder = tempfile::tempdir().unwrap();
        let texts = (0..20).map(|n| format!("A table for {n} on Friday, please."));
        let codec = Codec::train(texts, 300).unwrap();
        let model = Llama::new(tiny(codec.size()), 5).unwrap();
        save(folder.path(), &model, &codec).unwrap();
        (folder, model, codec)
    }

    fn json(path: &Path) -> Value {
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn a_saved_model_comes_back() {
        let (folder, model, codec) = saved();
        let (loaded, _) = load(folder.path()).unwrap();
        assert_eq!(loaded.config(), model.config());
        let tokens = codec.encode("A table for 3 on Friday.").unwrap();
        let learned = vec![true; tokens.len()];
        let batch = Batch::pack([&crate::codec::Example { tokens, learned }]);
        let (one, two) = (model.log_likelihoods(&batch).unwrap(), loaded.log_likelihoods(&batch).unwrap());
        assert!((one[0] - two[0]).abs() < 0.05, "half precision costs little: {one:?} {two:?}");
        assert!(load(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn the_files_say_what_engines_look_for() {
        let (folder, model, codec) = saved();
        let config = json(&folder.path().join(CONFIG));
        assert_eq!(config["architectures"], json!(["LlamaForCausalLM"]));
        assert!(config["rope_theta"].is_number());
        assert_eq!(config["max_position_embeddings"].as_u64().unwrap() % 512, 0);
        assert_eq!(config["vocab_size"], codec.size());
        let generation = json(&folder.path().join(GENERATION_CONFIG));
        assert_eq!(generation["eos_token_id"], codec.id(END).unwrap());
        let tokenizer = json(&folder.path().join(TOKENIZER_CONFIG));
        assert_eq!(tokenizer["eos_token"], END);
        assert!(tokenizer["bos_token"].is_null());
        let decoder = json(&folder.path().join(TOKENIZER));
        assert_eq!(decoder["decoder"]["type"], "ByteLevel");
        let bytes = fs::read(folder.path().join(WEIGHTS)).unwrap();
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).unwrap();
        assert_eq!(tensors.len(), model.config().tensors().len());
        assert!(tensors.values().all(|tensor| tensor.dtype() == DType::F16));
    }

    #[test]
    fn a_vocabulary_of_another_size_is_refused() {
        let (folder, model, _) = saved();
        let other = Codec::train(["nothing".to_owned()].into_iter(), 261).unwrap();
        assert!(save(folder.path(), &model, &other).is_err());
        other.save(&folder.path().join(TOKENIZER)).unwrap();
        assert!(load(folder.path()).is_err());
    }
}
