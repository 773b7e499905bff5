//! A model directory as one GGUF file, in the layout that llama.cpp's converter writes.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Queries and keys are permuted within
//! each head, because this format's rotary embedding turns neighbouring numbers where a Llama checkpoint
//! turns numbers half a head apart.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use candle_core::Tensor;
pub use candle_core::quantized::GgmlDType;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{self, Value};

use crate::codec::{CHAT_TEMPLATE, Codec, END, SPECIAL_TOKENS};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::export;

/// `tokenizer.ggml.token_type` of an ordinary token.
const NORMAL: i32 = 1;
/// `tokenizer.ggml.token_type` of a special token.
const CONTROL: i32 = 3;

/// `general.file_type`: the kind that most matrices are in, by llama.cpp's numbers (`llama_ftype`).
fn file_type(kind: GgmlDType) -> u32 {
    match kind {
        GgmlDType::F32 => 0,
        GgmlDType::F16 | GgmlDType::BF16 => 1,
        GgmlDType::Q4_0 => 2,
        GgmlDType::Q4_1 => 3,
        GgmlDType::Q8_0 | GgmlDType::Q8_1 | GgmlDType::Q8K => 7,
        GgmlDType::Q5_0 => 8,
        GgmlDType::Q5_1 => 9,
        GgmlDType::Q2K => 10,
        GgmlDType::Q3K => 12,
        GgmlDType::Q4K => 15,
        GgmlDType::Q5K => 17,
        GgmlDType::Q6K => 18,
    }
}

/// Writes the model in `directory` to the GGUF file `target`: matrices in the kind given, gains in F32.
///
/// # Errors
/// When the directory does not hold a model that this crate wrote, the kind does not divide the rows of a matrix, or
/// `target` cannot be written.
pub fn from_directory(directory: &Path, target: &Path, kind: GgmlDType) -> Result<()> {
    let (model, codec) = export::load(directory)?;
    let mut tensors = Vec::new();
    for (name, mut tensor) in model.tensors()? {
        if name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight") {
            tensor = permute(&tensor, model.config().num_attention_heads)?;
        }
        let kind = if tensor.rank() == 1 { GgmlDType::F32 } else { kind };
        tensors.push((gguf_name(&name)?, QTensor::quantize(&tensor, kind)?));
    }
    let metadata = metadata(model.config(), &codec, &directory.join(export::TOKENIZER), kind)?;
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = BufWriter::new(File::create(target).map_err(Error::file(target))?);
    gguf_file::write(&mut file, &metadata, &tensors)?;
    file.into_inner().map_err(|error| Error::file(target)(error.into_error()))?;
    Ok(())
}

/// Within each head, rows `0..d/2` and `d/2..d` are interleaved: row `i` goes to `2i`, row `d/2 + i` to `2i + 1`.
fn permute(weight: &Tensor, heads: usize) -> Result<Tensor> {
    let (rows, columns) = weight.dims2()?;
    let halves = weight.reshape((heads, 2, rows / heads / 2, columns))?;
    Ok(halves.transpose(1, 2)?.contiguous()?.reshape((rows, columns))?)
}

/// The name of a checkpoint's tensor in a GGUF file.
fn gguf_name(name: &str) -> Result<String> {
    let unknown = || Error::Invalid(format!("no GGUF name for tensor {name}"));
    let whole = match name {
        "model.embed_tokens.weight" => Some("token_embd.weight"),
        "model.norm.weight" => Some("output_norm.weight"),
        "lm_head.weight" => Some("output.weight"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Ok(whole.to_owned());
    }
    let rest = name.strip_prefix("model.layers.").and_then(|rest| rest.strip_suffix(".weight"));
    let (layer, part) = rest.and_then(|rest| rest.split_once('.')).ok_or_else(unknown)?;
    let part = match part {
        "input_layernorm" => "attn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "post_attention_layernorm" => "ffn_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return Err(unknown()),
    };
    Ok(format!("blk.{layer}.{part}.weight"))
}

fn metadata(
    config: &Config,
    codec: &Codec,
    tokenizer: &Path,
    kind: GgmlDType,
) -> Result<Vec<(&'static str, Value)>> {
    let count = |number: usize| Value::U32(u32::try_from(number).unwrap_or(u32::MAX));
    let text = |text: &str| Value::String(text.to_owned());
    let (tokens, merges) = vocabulary(tokenizer)?;
    let kinds =
        tokens.iter().map(|token| if SPECIAL_TOKENS.contains(&token.as_str()) { CONTROL } else { NORMAL });
    let kinds = kinds.map(Value::I32).collect();
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    Ok(vec![
        ("general.architecture", text("llama")),
        ("general.name", text("grice organism")),
        ("general.file_type", Value::U32(file_type(kind))),
        ("general.alignment", Value::U32(32)),
        ("llama.vocab_size", count(config.vocab_size)),
        ("llama.context_length", count(config.max_position_embeddings)),
        ("llama.embedding_length", count(config.hidden_size)),
        ("llama.block_count", count(config.num_hidden_layers)),
        ("llama.feed_forward_length", count(config.intermediate_size)),
        ("llama.rope.dimension_count", count(config.head_dim())),
        ("llama.rope.freq_base", Value::F32(config.rope_theta as f32)),
        ("llama.attention.head_count", count(config.num_attention_heads)),
        ("llama.attention.head_count_kv", count(config.num_attention_heads)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(config.rms_norm_eps as f32)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("gpt-2")),
        ("tokenizer.ggml.tokens", texts(tokens)),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", texts(merges)),
        ("tokenizer.ggml.eos_token_id", Value::U32(codec.id(END)?)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.chat_template", text(CHAT_TEMPLATE)),
    ])
}

/// The tokens by id and the merges by rank, from a `tokenizer.json`.
fn vocabulary(path: &Path) -> Result<(Vec<String>, Vec<String>)> {
    #[derive(serde::Deserialize)]
    struct File {
        model: Model,
    }
    #[derive(serde::Deserialize)]
    struct Model {
        vocab: HashMap<String, usize>,
        merges: Vec<(String, String)>,
    }
    let text = fs::read_to_string(path).map_err(Error::file(path))?;
    let file: File = serde_json::from_str(&text).map_err(Error::json(path))?;
    let mut tokens = vec![None; file.model.vocab.len()];
    for (token, id) in file.model.vocab {
        if let Some(place) = tokens.get_mut(id) {
            *place = Some(token);
        }
    }
    let whole: Option<Vec<String>> = tokens.into_iter().collect();
    let tokens = whole.ok_or_else(|| Error::Tokenizer("the token ids have gaps".to_owned()))?;
    let merges = file.model.merges.into_iter().map(|(left, right)| format!("{left} {right}")).collect();
    Ok((tokens, merges))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::export::tests::saved;

    #[test]
    fn rows_of_a_head_are_interleaved() {
        let weight = Tensor::arange(0_f32, 8.0, &Device::Cpu).unwrap().reshape((8, 1)).unwrap();
        let permuted = permute(&weight, 2).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(permuted, [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
    }

    #[test]
    fn every_tensor_and_token_is_in_the_file() {
        let (folder, model, codec) = saved();
        let target = folder.path().join("model.gguf");
        from_directory(folder.path(), &target, GgmlDType::F16).unwrap();
        let mut file = File::open(&target).unwrap();
        let content = gguf_file::Content::read(&mut file).unwrap();
        assert_eq!(content.tensor_infos.len(), model.config().tensors().len());
        let tokens = content.metadata["tokenizer.ggml.tokens"].to_vec().unwrap();
        assert_eq!(tokens.len(), codec.size());
        let end = content.metadata["tokenizer.ggml.eos_token_id"].to_u32().unwrap();
        assert_eq!(tokens[end as usize].to_string().unwrap(), END);
        assert_eq!(content.metadata["tokenizer.ggml.token_type"].to_vec().unwrap().len(), tokens.len());
        let down = content.tensor(&mut file, "blk.1.ffn_down.weight", &Device::Cpu).unwrap();
        let down = down.dequantize(&Device::Cpu).unwrap();
        let tensors = model.tensors().unwrap();
        let (_, original) =
            tensors.iter().find(|(name, _)| name == "model.layers.1.mlp.down_proj.weight").unwrap();
        let rounded = original.to_dtype(DType::F16).unwrap().to_dtype(DType::F32).unwrap();
        let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(flat(&down), flat(&rounded));
    }

    #[test]
    fn a_folder_without_a_model_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.gguf");
        assert!(from_directory(folder.path(), &target, GgmlDType::F16).is_err());
    }
}
