//! What quantised weight files hold, read from their beginnings: the kinds of quantisation, and of GGUF files the shape
//! of the model.
//!
//! The engine reads the files for real; what cannot be read here is merely not known.

use super::reference::{ModelReference, Source};
use crate::store;
use serde::Deserialize;
use std::{collections::HashMap, path::Path};

/// Bytes of a file that are looked at, at most: the vocabulary of a GGUF file stands before its list of tensors.
const BEGINNING: u64 = 64 << 20;

/// What a GGUF file says of its model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gguf {
    /// Kinds of its quantised matrices, by how many weights they hold, such as `q4k+q6k`; none where none is quantised.
    pub quantisation: Option<String>,
    /// Positions that the model was made for.
    pub positions: Option<u32>,
    /// Numbers that the keys and values of one token take, over all layers.
    pub per_token: Option<u64>,
}

/// The kind of quantisation that the files of a model hold; none where they hold none, or do not tell.
pub fn quantisation(reference: &ModelReference) -> Option<String> {
    match &reference.source {
        Source::Gguf(file) => gguf(file).quantisation,
        Source::Uqff(file) => uqff(file),
        Source::Directory(directory) => of_config(directory),
        Source::Hub(id) => of_config(&super::hub::snapshot(id)?),
        Source::Builtin(_) | Source::Scripted(_) => None,
    }
}

/// Looks into a GGUF file.
pub fn gguf(file: &Path) -> Gguf {
    let Ok(bytes) = store::read_beginning(file, BEGINNING) else { return Gguf::default() };
    parse(&mut Bytes(&bytes)).unwrap_or_default()
}

/// The engine's names of GGML's types, and the numbers of those that are not quantised.
const GGML: [(u32, &str); 12] = [
    (2, "q4_0"),
    (3, "q4_1"),
    (6, "q5_0"),
    (7, "q5_1"),
    (8, "q8_0"),
    (9, "q8_1"),
    (10, "q2k"),
    (11, "q3k"),
    (12, "q4k"),
    (13, "q5k"),
    (14, "q6k"),
    (15, "q8k"),
];
const PLAIN: [u32; 3] = [0, 1, 30];

fn ggml(kind: u32) -> Option<String> {
    if PLAIN.contains(&kind) {
        return None;
    }
    let known = GGML.iter().find(|(number, _)| *number == kind);
    Some(known.map_or_else(|| format!("ggml {kind}"), |(_, name)| (*name).to_owned()))
}

/// Names, those of the most weights first.
fn mixture(sizes: HashMap<String, u64>) -> Option<String> {
    let mut sizes: Vec<(String, u64)> = sizes.into_iter().collect();
    sizes.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    let names: Vec<String> = sizes.into_iter().map(|(name, _)| name).collect();
    (!names.is_empty()).then(|| names.join("+"))
}

/// Bytes that have not been read yet. Whatever a file says of its own lengths, nothing beyond its end is read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(length)
    }

    /// Reads a value of a type; what it is where that may be of interest.
    fn value(&mut self, kind: u32) -> Option<Value<'a>> {
        Some(match kind {
            4 => Value::Number(u64::from(self.u32()?)),
            10 => Value::Number(self.u64()?),
            8 => Value::Text(self.text()?),
            9 => {
                let (kind, count) = (self.u32()?, self.u64()?);
                match size(kind) {
                    Some(size) => drop(self.take(count.checked_mul(size)?)?),
                    None if kind == 8 => (0..count).try_for_each(|_| self.text().map(drop))?,
                    // Arrays of arrays are in no file that is known.
                    None => return None,
                }
                Value::Other
            }
            other => {
                self.take(size(other)?)?;
                Value::Other
            }
        })
    }
}

/// Bytes of a GGUF value of a fixed size.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

enum Value<'a> {
    Number(u64),
    Text(&'a [u8]),
    Other,
}

fn parse(bytes: &mut Bytes<'_>) -> Option<Gguf> {
    // Version 1 counts in other widths, and is long gone.
    if bytes.take(4)? != b"GGUF" || bytes.u32()? < 2 {
        return None;
    }
    let (tensors, values) = (bytes.u64()?, bytes.u64()?);
    let (mut numbers, mut architecture) = (HashMap::new(), None);
    for _ in 0..values {
        let (key, kind) = (bytes.text()?, bytes.u32()?);
        match bytes.value(kind)? {
            Value::Number(number) => drop(numbers.insert(key, number)),
            Value::Text(text) if key == b"general.architecture" => architecture = str::from_utf8(text).ok(),
            Value::Text(_) | Value::Other => {}
        }
    }
    let mut sizes: HashMap<String, u64> = HashMap::new();
    for _ in 0..tensors {
        bytes.text()?;
        let dimensions = bytes.u32()?;
        let mut count = 1_u64;
        for _ in 0..dimensions {
            count = count.saturating_mul(bytes.u64()?);
        }
        let kind = bytes.u32()?;
        bytes.u64()?;
        if let Some(name) = ggml(kind) {
            let size = sizes.entry(name).or_default();
            *size = size.saturating_add(count);
        }
    }
    let number = |key: &str| numbers.get(format!("{}.{key}", architecture?).as_bytes()).copied();
    let heads = number("attention.head_count");
    let width = number("attention.key_length").or_else(|| number("embedding_length")?.checked_div(heads?));
    let kept = number("attention.head_count_kv").or(heads);
    let per_token = number("block_count")
        .zip(kept)
        .zip(width)
        .and_then(|((layers, heads), width)| layers.checked_mul(heads)?.checked_mul(width)?.checked_mul(2));
    let positions = number("context_length").and_then(|length| u32::try_from(length).ok());
    Some(Gguf { quantisation: mixture(sizes), positions, per_token })
}

/// Place of a tensor in a safetensors file, behind its header.
#[derive(Deserialize)]
struct Tensor {
    data_offsets: [u64; 2],
}

/// The kinds in a UQFF file, by the number of matrices of each: a safetensors file with a tensor of one byte that names
/// the kind of each matrix (onde-mistralrs-quant, `QuantizedSerdeType`).
fn uqff(file: &Path) -> Option<String> {
    let length = store::read_piece(file, 0, 8).ok()?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let header = store::read_piece(file, 8, length.min(BEGINNING)).ok()?;
    let mut header: HashMap<String, serde_json::Value> = serde_json::from_slice(&header).ok()?;
    header.remove("__metadata__");
    let read = |name: &str| {
        let tensor: Tensor = serde_json::from_value(header.get(name)?.clone()).ok()?;
        let [start, end] = tensor.data_offsets;
        let size = end.checked_sub(start).filter(|size| *size <= 8)?;
        store::read_piece(file, length.checked_add(8)?.checked_add(start)?, size).ok()
    };
    let number = |name: &str| {
        let bytes = read(name)?;
        let mut wide = [0; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(&bytes);
        u32::try_from(u64::from_le_bytes(wide)).ok()
    };
    let mut counts: HashMap<String, u64> = HashMap::new();
    for matrix in header.keys().filter_map(|name| name.strip_suffix(".format")) {
        let bits = || number(&format!("{matrix}.bits")).map_or(String::new(), |bits| bits.to_string());
        let kind = match number(&format!("{matrix}.format")) {
            Some(0) => number(&format!("{matrix}.dtype")).and_then(ggml),
            Some(2) => Some(format!("hqq{}", bits())),
            Some(3) => Some("fp8".to_owned()),
            Some(4) => Some(format!("afq{}", bits())),
            Some(5) => Some("f8q8".to_owned()),
            Some(6) => Some("mxfp4".to_owned()),
            _ => None,
        };
        if let Some(kind) = kind {
            *counts.entry(kind).or_default() += 1;
        }
    }
    mixture(counts)
}

/// What `config.json` says of weights that came quantised, such as `gptq 4 bit`.
fn of_config(directory: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Config {
        quantization_config: Option<Quantised>,
    }
    #[derive(Deserialize)]
    struct Quantised {
        quant_method: Option<String>,
        bits: Option<u32>,
    }
    let text = store::read_text(&directory.join("config.json")).ok()?;
    let Quantised { quant_method, bits } = serde_json::from_str::<Config>(&text).ok()?.quantization_config?;
    let method = quant_method.unwrap_or_else(|| "quantised".to_owned());
    Some(bits.map_or_else(|| method.clone(), |bits| format!("{method} {bits} bit")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }

    fn number(out: &mut Vec<u8>, key: &str, value: u32) {
        text(out, key);
        out.extend(4_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }

    /// A file with a vocabulary, a shape, and matrices of these kinds.
    fn file(kinds: &[(u32, u64)]) -> Vec<u8> {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend((kinds.len() as u64).to_le_bytes());
        out.extend(7_u64.to_le_bytes());
        text(&mut out, "general.architecture");
        out.extend(8_u32.to_le_bytes());
        text(&mut out, "llama");
        text(&mut out, "tokenizer.ggml.tokens");
        out.extend(9_u32.to_le_bytes());
        out.extend(8_u32.to_le_bytes());
        out.extend(2_u64.to_le_bytes());
        text(&mut out, "a");
        text(&mut out, "b");
        for (key, value) in [
            ("llama.context_length", 8192),
            ("llama.block_count", 32),
            ("llama.attention.head_count", 32),
            ("llama.attention.head_count_kv", 8),
            ("llama.embedding_length", 4096),
        ] {
            number(&mut out, key, value);
        }
        for (kind, width) in kinds {
            text(&mut out, "weight");
            out.extend(2_u32.to_le_bytes());
            out.extend(width.to_le_bytes());
            out.extend(width.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(0_u64.to_le_bytes());
        }
        out
    }

    #[test]
    fn a_gguf_file_tells_its_kinds_and_its_shape() {
        let bytes = file(&[(14, 10), (12, 20), (0, 99)]);
        let found = parse(&mut Bytes(&bytes)).unwrap();
        assert_eq!(found.quantisation.as_deref(), Some("q4k+q6k"));
        assert_eq!((found.positions, found.per_token), (Some(8192), Some(2 * 32 * 8 * 128)));
        let plain = parse(&mut Bytes(&file(&[(0, 1), (1, 1), (30, 1)]))).unwrap();
        assert_eq!(plain.quantisation, None);
        assert_eq!(parse(&mut Bytes(&file(&[(99, 1)]))).unwrap().quantisation.as_deref(), Some("ggml 99"));
    }

    #[test]
    fn a_damaged_gguf_file_tells_nothing() {
        let bytes = file(&[(12, 20)]);
        for end in 0..bytes.len() {
            assert_eq!(parse(&mut Bytes(&bytes[..end])), None, "{end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] = 0xff;
            // Whatever it says, it says it without a panic and without end.
            let _ = parse(&mut Bytes(&bytes));
        }
    }

    #[test]
    fn a_uqff_file_tells_its_kinds() {
        let place = tempfile::tempdir().unwrap();
        let header = r#"{"__metadata__":{"uqff.version":"1.2.0"},
            "a.weight.format":{"dtype":"U8","shape":[],"data_offsets":[0,1]},
            "a.weight.dtype":{"dtype":"U32","shape":[],"data_offsets":[1,5]},
            "b.weight.format":{"dtype":"U8","shape":[],"data_offsets":[5,6]},
            "b.weight.bits":{"dtype":"U8","shape":[],"data_offsets":[6,7]},
            "c.weight.format":{"dtype":"U8","shape":[],"data_offsets":[7,8]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0, 12, 0, 0, 0, 4, 8, 1]);
        let path = place.path().join("a.uqff");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(uqff(&path).as_deref(), Some("afq8+q4k"));
        for end in [0, 7, 8, 100] {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert_eq!(uqff(&path), None, "{end}");
        }
    }

    #[test]
    fn a_directory_tells_how_its_weights_came() {
        let place = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            std::fs::write(place.path().join("config.json"), text).unwrap();
            of_config(place.path())
        };
        let gptq = r#"{"quantization_config": {"quant_method": "gptq", "bits": 4, "sym": true}}"#;
        assert_eq!(of(gptq).as_deref(), Some("gptq 4 bit"));
        assert_eq!(of(r#"{"quantization_config": {"quant_method": "fp8"}}"#).as_deref(), Some("fp8"));
        assert_eq!((of("{}"), of("{")), (None, None));
    }
}
