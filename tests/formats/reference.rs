//! A Llama read from a GGUF file and computed in the plainest way there is: every matrix dequantised to F32, one dialogue
//! at a time, greedily. What engines say is held against it.
//!
//! Architecture: Touvron et al., arXiv:2302.13971, with grouped keys and values (arXiv:2305.13245) and the rotary
//! embedding of neighbouring numbers (arXiv:2104.09864) that GGUF files of this architecture are laid out for.

use candle_core::{
    D, DType, Device, Result, Tensor,
    quantized::gguf_file::{Content, Value},
};
use std::{collections::HashMap, fs::File, path::Path};

/// A model, dequantised.
pub(crate) struct Reference {
    tensors: HashMap<String, Tensor>,
    layers: usize,
    heads: usize,
    kv_heads: usize,
    epsilon: f64,
    base: f32,
}

/// A token of a greedy reply, and how far the runner-up was behind, in nats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// The token.
    pub token: u32,
    /// Its logit less the next best one.
    pub margin: f32,
}

/// Keys and values of the positions before, by layer.
type Cache = Vec<Option<(Tensor, Tensor)>>;

impl Reference {
    /// Reads and dequantises a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let content = Content::read(&mut file)?;
        let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
        let mut tensors = HashMap::new();
        for name in names {
            let tensor = content.tensor(&mut file, &name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
            tensors.insert(name, tensor.to_dtype(DType::F32)?);
        }
        let value = |key: &str| -> Result<&Value> {
            let key = format!("llama.{key}");
            content.metadata.get(&key).ok_or_else(|| candle_core::Error::Msg(format!("no {key}")))
        };
        let count = |key: &str| -> Result<usize> { Ok(value(key)?.to_u32()? as usize) };
        Ok(Self {
            layers: count("block_count")?,
            heads: count("attention.head_count")?,
            kv_heads: count("attention.head_count_kv")?,
            epsilon: f64::from(value("attention.layer_norm_rms_epsilon")?.to_f32()?),
            base: value("rope.freq_base").and_then(Value::to_f32).unwrap_or(10_000.0),
            tensors,
        })
    }

    /// The greedy continuation of a prompt, up to and with a token of `ends`.
    pub(crate) fn reply(&self, prompt: &[u32], most: usize, ends: &[u32]) -> Result<Vec<Choice>> {
        let mut cache: Cache = vec![None; self.layers];
        let mut reply = Vec::new();
        let mut logits = self.forward(prompt, 0, &mut cache)?;
        while reply.len() < most {
            let choice = best(&logits);
            reply.push(choice);
            if ends.contains(&choice.token) {
                break;
            }
            logits = self.forward(&[choice.token], prompt.len() + reply.len() - 1, &mut cache)?;
        }
        Ok(reply)
    }

    fn tensor(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| candle_core::Error::Msg(format!("no tensor {name}")))
    }

    fn of_layer(&self, layer: usize, part: &str) -> Result<&Tensor> {
        self.tensor(&format!("blk.{layer}.{part}.weight"))
    }

    /// Logits of the token after the last one, `[vocabulary]`.
    fn forward(&self, tokens: &[u32], from: usize, cache: &mut Cache) -> Result<Vec<f32>> {
        let embedding = self.tensor("token_embd.weight")?;
        let mut stream = embedding.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        for (layer, cache) in cache.iter_mut().enumerate() {
            let normed = self.norm(&stream, self.of_layer(layer, "attn_norm")?)?;
            stream = (stream + self.attention(&normed, layer, from, cache)?)?;
            let normed = self.norm(&stream, self.of_layer(layer, "ffn_norm")?)?;
            let gate = project(&normed, self.of_layer(layer, "ffn_gate")?)?.silu()?;
            let up = project(&normed, self.of_layer(layer, "ffn_up")?)?;
            stream = (stream + project(&(gate * up)?, self.of_layer(layer, "ffn_down")?)?)?;
        }
        let last = stream.narrow(0, tokens.len() - 1, 1)?;
        let last = self.norm(&last, self.tensor("output_norm.weight")?)?;
        let head = self.tensor("output.weight").unwrap_or(embedding);
        project(&last, head)?.squeeze(0)?.to_vec1()
    }

    fn norm(&self, stream: &Tensor, gain: &Tensor) -> Result<Tensor> {
        let mean = stream.sqr()?.mean_keepdim(D::Minus1)?;
        stream.broadcast_div(&(mean + self.epsilon)?.sqrt()?)?.broadcast_mul(gain)
    }

    fn attention(
        &self,
        normed: &Tensor,
        layer: usize,
        from: usize,
        cache: &mut Option<(Tensor, Tensor)>,
    ) -> Result<Tensor> {
        let length = normed.dim(0)?;
        // `[heads, length, width of a head]`
        let heads = |part: &str, count: usize| -> Result<Tensor> {
            let all = project(normed, self.of_layer(layer, part)?)?;
            let width = all.dim(1)? / count;
            all.reshape((length, count, width))?.transpose(0, 1)?.contiguous()
        };
        let queries = self.rotate(&heads("attn_q", self.heads)?, from)?;
        let mut keys = self.rotate(&heads("attn_k", self.kv_heads)?, from)?;
        let mut values = heads("attn_v", self.kv_heads)?;
        if let Some((before, of_before)) = cache.take() {
            keys = Tensor::cat(&[before, keys], 1)?;
            values = Tensor::cat(&[of_before, values], 1)?;
        }
        *cache = Some((keys.clone(), values.clone()));
        let (share, all, width) = (self.heads / self.kv_heads, keys.dim(1)?, keys.dim(2)?);
        let spread = |tensor: Tensor| -> Result<Tensor> {
            let shape = (self.kv_heads, share, all, width);
            tensor.unsqueeze(1)?.broadcast_as(shape)?.contiguous()?.reshape((self.heads, all, width))
        };
        let scores = queries.matmul(&spread(keys)?.transpose(1, 2)?.contiguous()?)?;
        let scores = (scores / (width as f64).sqrt())?;
        let seen = |position: usize| (0..all).map(move |other| other <= from + position);
        let mask: Vec<f32> =
            (0..length).flat_map(seen).map(|seen| if seen { 0.0 } else { f32::NEG_INFINITY }).collect();
        let scores = scores.broadcast_add(&Tensor::from_vec(mask, (length, all), &Device::Cpu)?)?;
        let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        let mixed = weights.matmul(&spread(values)?)?.transpose(0, 1)?.contiguous()?;
        project(&mixed.reshape((length, self.heads * width))?, self.of_layer(layer, "attn_output")?)
    }

    /// Turns numbers `2i` and `2i + 1` of each head by the angle of their position.
    fn rotate(&self, heads: &Tensor, from: usize) -> Result<Tensor> {
        let (count, length, width) = heads.dims3()?;
        let half = width / 2;
        let angle = |position: usize, index: usize| {
            (from + position) as f32 * self.base.powf(-2.0 * index as f32 / width as f32)
        };
        let angles: Vec<f32> = (0..length)
            .flat_map(|position| (0..half).map(move |index| (position, index)))
            .map(|(position, index)| angle(position, index))
            .collect();
        let angles = Tensor::from_vec(angles, (length, half), &Device::Cpu)?;
        let (cosine, sine) = (angles.cos()?, angles.sin()?);
        let pairs = heads.reshape((count, length, half, 2))?;
        let (even, odd) = (pairs.narrow(3, 0, 1)?.squeeze(3)?, pairs.narrow(3, 1, 1)?.squeeze(3)?);
        let turned_even = (even.broadcast_mul(&cosine)? - odd.broadcast_mul(&sine)?)?;
        let turned_odd = (even.broadcast_mul(&sine)? + odd.broadcast_mul(&cosine)?)?;
        Tensor::stack(&[turned_even, turned_odd], 3)?.reshape((count, length, width))
    }
}

fn project(input: &Tensor, matrix: &Tensor) -> Result<Tensor> {
    input.matmul(&matrix.t()?)
}

fn best(logits: &[f32]) -> Choice {
    let (mut first, mut second) = ((0, f32::NEG_INFINITY), f32::NEG_INFINITY);
    for (token, &logit) in (0_u32..).zip(logits) {
        if logit > first.1 {
            second = first.1;
            first = (token, logit);
        } else if logit > second {
            second = logit;
        }
    }
    Choice { token: first.0, margin: first.1 - second }
}
