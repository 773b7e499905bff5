//! Random weights in BF16, written to a safetensors file as they are drawn.
//!
//! Format: <https://github.com/huggingface/safetensors#format>: the length of the header as eight bytes, the header as
//! JSON, and the tensors one after another.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, json};

use super::Shape;
use crate::error::{Error, Result};

/// Standard deviation of the weights, as the families initialise them.
const DEVIATION: f32 = 0.02;
/// Bytes of a number.
const NUMBER: usize = 2;
/// Numbers that are drawn at once.
const CHUNK: usize = 1 << 16;
/// 1 as BF16.
const UNIT: u16 = 0x3f80;

/// Writes the weights of a shape. Every tensor has a random stream of its own, so it does not depend on the others.
pub(super) fn write(shape: &Shape, path: &Path, seed: u64) -> Result<()> {
    let tensors = shape.tensors();
    let mut header = Map::new();
    let mut end = 0_usize;
    for (name, shape) in &tensors {
        let start = end;
        end += shape.iter().product::<usize>() * NUMBER;
        header.insert(name.clone(), json!({ "dtype": "BF16", "shape": shape, "data_offsets": [start, end] }));
    }
    let mut header = serde_json::to_vec(&header).map_err(Error::json(path))?;
    // The tensors begin at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    let file = File::create(path).map_err(Error::file(path))?;
    let mut out = BufWriter::with_capacity(CHUNK * NUMBER, file);
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(Error::file(path))?;
    out.write_all(&header).map_err(Error::file(path))?;
    for (stream, (_, shape)) in (0_u64..).zip(&tensors) {
        let count = shape.iter().product();
        // Gains are 1, everything else is drawn.
        let written =
            if shape.len() == 1 { ones(&mut out, count) } else { noise(&mut out, count, seed, stream) };
        written.map_err(Error::file(path))?;
    }
    out.flush().map_err(Error::file(path))
}

fn ones(out: &mut impl Write, count: usize) -> std::io::Result<()> {
    (0..count).try_for_each(|_| out.write_all(&UNIT.to_le_bytes()))
}

/// Uniform numbers of that standard deviation: products of hundreds of them are as good as normal, and they are drawn
/// several times as fast.
fn noise(out: &mut impl Write, count: usize, seed: u64, stream: u64) -> std::io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    let widest = DEVIATION * 3.0_f32.sqrt();
    let mut raw = vec![0_u8; CHUNK * NUMBER];
    let mut left = count;
    while left > 0 {
        let now = left.min(CHUNK);
        let bytes = &mut raw[..now * NUMBER];
        random.fill_bytes(bytes);
        for pair in bytes.chunks_exact_mut(NUMBER) {
            let drawn = f32::from(u16::from_le_bytes([pair[0], pair[1]]));
            let number = (drawn / 32_767.5 - 1.0) * widest;
            pair.copy_from_slice(&bf16(number).to_le_bytes());
        }
        out.write_all(bytes)?;
        left -= now;
    }
    Ok(())
}

/// The nearest BF16 number: the upper half of an F32 one, rounded. Only for finite numbers.
fn bf16(number: f32) -> u16 {
    let bits = number.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Family, Size};
    use candle_core::{DType, Device};

    #[test]
    fn rounding_is_to_the_nearest() {
        for (number, bits) in
            [(1.0, UNIT), (0.0, 0), (-2.0, 0xc000), (1.003_906_2, 0x3f80), (1.011_718_8, 0x3f82)]
        {
            assert_eq!(bf16(number), bits, "{number}");
        }
    }

    #[test]
    fn weights_have_their_shapes_and_their_spread_and_depend_on_the_seed_alone() {
        let place = tempfile::tempdir().unwrap();
        let shape = Shape::of(Family::Qwen3, Size::Tiny);
        let read = |seed| {
            let path = place.path().join("model.safetensors");
            write(&shape, &path, seed).unwrap();
            std::fs::read(path).unwrap()
        };
        let bytes = read(1);
        assert_eq!(bytes, read(1));
        assert_ne!(bytes, read(2));
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).unwrap();
        assert_eq!(tensors.len(), shape.tensors().len());
        for (name, dims) in shape.tensors() {
            let tensor = &tensors[&name];
            assert_eq!((tensor.dims(), tensor.dtype()), (dims.as_slice(), DType::BF16), "{name}");
            let numbers: Vec<f32> =
                tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap();
            let count = numbers.len() as f32;
            let mean = numbers.iter().sum::<f32>() / count;
            let spread = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt();
            match dims.len() {
                1 => assert!((mean - 1.0).abs() < 1e-6, "{name}"),
                _ => assert!(
                    mean.abs() < 0.002 && (spread - DEVIATION).abs() < 0.001,
                    "{name}: {mean} {spread}"
                ),
            }
        }
    }
}
